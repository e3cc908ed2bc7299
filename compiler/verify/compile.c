/* SPDX-License-Identifier: MIT */
/*
 * Profiles compiled by libseccomp, the way runc and crun do it. It runs in a child process and
 * nowhere else: whatever it does, takes or leaves behind ends with it.
 */
#include "verify/list.h"

#include <errno.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define WALL_MS     10000
#define CPU_SECONDS 8u
#define MEMORY_MAX  ((rlim_t)2 << 30)

/* From how many names on runc asks for a binary tree; it means the same. */
#define NAMES_LINEAR 32u

/* The newest level of 2.5: as on a kernel of today, whatever this one is. */
#define API_LEVEL 6u

_Static_assert(sizeof(struct fp_list_arg) == sizeof(struct scmp_arg_cmp), "handed on as it is");
_Static_assert((int)FP_LIST_NE == (int)SCMP_CMP_NE &&
		       (int)FP_LIST_MASKED_EQ == (int)SCMP_CMP_MASKED_EQ,
	       "operators are those of libseccomp");

/* What the child leaves: shared memory. */
struct result {
	int error;    /* 0, or -errno of libseccomp */
	uint32_t end; /* of its code in the file */
	bool is_done;
};

static bool has_argument_twice(const struct fp_list_rule *r)
{
	unsigned seen = 0;

	for (size_t i = 0; i < r->arg_count; i++) {
		if (seen >> r->args[i].index & 1)
			return true;
		seen |= 1u << r->args[i].index;
	}
	return false;
}

/* Runtimes add conditions on one argument one by one: any of them is enough then. */
static int add_rule(scmp_filter_ctx filter, const struct fp_list_rule *r, const char *name)
{
	const struct scmp_arg_cmp *args = (const void *)r->args;
	int call = seccomp_syscall_resolve_name(name), error = 0;

	if (call == __NR_SCMP_ERROR)
		return 0;
	if (!has_argument_twice(r))
		return seccomp_rule_add_array(filter, r->action, call, (unsigned)r->arg_count,
					      args);
	for (size_t i = 0; i < r->arg_count && !error; i++)
		error = seccomp_rule_add_array(filter, r->action, call, 1, &args[i]);
	return error;
}

/* Tokens are AUDIT_ARCH_*, but for x32, which has none of its own. */
static uint32_t token(enum fp_abi abi)
{
	return fp_abi(abi)->nr_bit ? SCMP_ARCH_X32 : fp_abi(abi)->audit_arch;
}

/* The machine's own architecture in place of this one's, and what is listed. */
static int set_archs(scmp_filter_ctx filter, const struct fp_list_job *job)
{
	uint32_t own = token(fp_arch_native(job->arch));
	int error = 0;

	if (own != seccomp_arch_native()) {
		error = seccomp_arch_add(filter, own);
		if (!error)
			error = seccomp_arch_remove(filter, SCMP_ARCH_NATIVE);
	}
	for (enum fp_abi abi = 0; abi < FP_ABI_N && (!error || error == -EEXIST); abi++)
		if (job->list->abis >> abi & 1)
			error = seccomp_arch_add(filter, token(abi));
	return error == -EEXIST ? 0 : error;
}

static int build(scmp_filter_ctx filter, const struct fp_list_job *job)
{
	const struct fp_list *p = job->list;
	int error = set_archs(filter, job);

	if (!error && p->call_count > NAMES_LINEAR)
		seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (size_t i = 0; i < p->rules.n && !error; i++) {
		const struct fp_list_rule *r = &p->rules.at[i];
		for (size_t k = 0; k < r->name_count && r->action != p->default_action && !error;
		     k++)
			error = add_rule(filter, r, r->names[k]);
	}
	return error;
}

static void limit(int resource, rlim_t most)
{
	const struct rlimit l = { most, most };

	setrlimit((__rlimit_resource_t)resource, &l);
}

static void run_child(const struct fp_list_job *jobs, size_t n, struct result *out, int file)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	limit(RLIMIT_CPU, CPU_SECONDS);
	limit(RLIMIT_CORE, 0);
#ifndef __SANITIZE_ADDRESS__ /* which maps terabytes */
	limit(RLIMIT_AS, MEMORY_MAX);
#endif
	seccomp_api_set(API_LEVEL);
	for (size_t i = 0; i < n; i++) {
		scmp_filter_ctx filter = seccomp_init(jobs[i].list->default_action);
		int error = filter ? build(filter, &jobs[i]) : -ENOMEM;
		if (!error)
			error = seccomp_export_bpf(filter, file);
		out[i].error = error;
		out[i].end = (uint32_t)lseek(file, 0, SEEK_CUR);
		out[i].is_done = true;
		seccomp_release(filter);
	}
}

/* ---- the parent ---- */

static void wait_for(pid_t pid, int pipe_end)
{
	struct pollfd p = { .fd = pipe_end, .events = POLLIN };
	int status, n;

	do
		n = poll(&p, 1, WALL_MS);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
}

static const char *reason(struct fp_unit *u, const struct result *r)
{
	if (!r->is_done)
		return "libseccomp took too long or too much memory, or crashed";
	return r->error ? fp_arena_printf(&u->arena, "libseccomp refuses it: %s",
					  strerror(-r->error))
			: NULL;
}

static void collect(struct fp_unit *u, struct fp_list_job *jobs, size_t n,
		    const struct result *results, int file)
{
	uint32_t begin = 0;

	for (size_t i = 0; i < n; begin = results[i].end, i++) {
		jobs[i].why = reason(u, &results[i]);
		if (jobs[i].why || results[i].end < begin)
			continue;
		jobs[i].len = results[i].end - begin;
		void *code = fp_arena_alloc(&u->arena, jobs[i].len);
		if (pread(file, code, jobs[i].len, (off_t)begin) != (ssize_t)jobs[i].len)
			jobs[i].why = "what libseccomp wrote cannot be read";
		jobs[i].code = code;
	}
}

static void run(struct fp_list_job *jobs, size_t n, struct result *results, int file)
{
	int ends[2];

	if (pipe(ends))
		return;
	pid_t pid = fork();
	if (!pid) {
		run_child(jobs, n, results, file);
		_exit(0);
	}
	close(ends[1]);
	if (pid > 0)
		wait_for(pid, ends[0]);
	close(ends[0]);
}

/* What is to be given back when the unit is, also after running out of memory. */
struct held {
	struct result *results;
	size_t size;
	int file;
};

static void release(void *held)
{
	const struct held *h = held;

	if (h->results != MAP_FAILED)
		munmap(h->results, h->size);
	if (h->file >= 0)
		close(h->file);
}

void fp_list_compile(struct fp_unit *u, struct fp_list_job *jobs, size_t n)
{
	struct held *h = FP_NEW(&u->arena, struct held);

	h->size = n * sizeof(struct result);
	h->file = memfd_create("filters", MFD_CLOEXEC);
	h->results = mmap(NULL, h->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	fp_arena_own(&u->arena, release, h);
	for (size_t i = 0; i < n; i++)
		jobs[i].why = "no child process can be made";
	if (h->file < 0 || h->results == MAP_FAILED)
		return;
	run(jobs, n, h->results, h->file);
	collect(u, jobs, n, h->results, h->file);
}

const char *fp_list_compiler(struct fp_unit *u)
{
	const struct scmp_version *v = seccomp_version();

	return fp_arena_printf(&u->arena, "libseccomp %u.%u.%u", v->major, v->minor, v->micro);
}
