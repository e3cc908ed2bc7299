/* SPDX-License-Identifier: MIT */
/* Runs a table of probes where a job would run, or asks the kernel about a filter: docs/probes.md.
 */
#include "probe/probe.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_TABLE ((size_t)64 << 20)
#define TOGETHER  64 /* probes of packets that wait for an answer at the same time */

static const char usage[] =
	"usage: probe --in-guest TABLE [--layers=LIST] [--host-ns=LIST] [--nonce=N]\n"
	"       probe --prepare=ROOT TABLE [--owner=UID:GID]\n"
	"       probe --serve[=ingress] TABLE\n"
	"       probe --ingress=ADDRESS TABLE [--layers=LIST] [--nonce=N]\n"
	"       probe --decide BLOB TABLE\n";

/* ---- outcomes ---- */

void failed(struct outcome *out, int error)
{
	out->error = error;
	out->state = FAILED;
}

void succeed_if(struct outcome *out, bool yes)
{
	if (yes)
		out->state = SUCCEEDED;
	else
		failed(out, 0);
}

void unable(struct outcome *out, const char *why)
{
	snprintf(out->why, sizeof(out->why), "%s", why);
	out->state = UNABLE;
}

void cannot_ask(struct outcome *out)
{
	unable(out, strerrorname_np(errno));
}

void failed_path(struct outcome *out, int error)
{
	const char *name = strerrorname_np(error);

	if (error == ENOENT || error == ENOTDIR || error == EISDIR || error == EEXIST ||
	    error == ELOOP || error == ETXTBSY || error == ENAMETOOLONG)
		unable(out, name);
	else
		failed(out, error);
}

/* ---- actions: the words of the table ---- */

#define PROBE(id, word, args) FP_PROBE_##id,

enum {
#include "analysis/probes.def"
	ACTIONS
};

#undef PROBE

#define PROBE(id, word, args) { word, args },

static const struct {
	const char *word;
	size_t args;
} actions[] = {

#include "analysis/probes.def"
};

#undef PROBE

/* `call` has none: --decide answers it. */
static const act_fn acts[ACTIONS] = {
	[FP_PROBE_FILE] = act_file,
	[FP_PROBE_SEE] = act_see,
	[FP_PROBE_MASKED] = act_masked,
	[FP_PROBE_MOUNT] = act_mount,
	[FP_PROBE_FSTYPE] = act_fstype,
	[FP_PROBE_FILL] = act_fill,
	[FP_PROBE_INODES] = act_inodes,
	[FP_PROBE_CAPABILITY] = act_capability,
	[FP_PROBE_USE_CAPABILITY] = act_use_capability,
	[FP_PROBE_NAMESPACE] = act_namespace,
	[FP_PROBE_USER] = act_user,
	[FP_PROBE_GROUP] = act_group,
	[FP_PROBE_GROUPS] = act_groups,
	[FP_PROBE_NO_NEW_PRIVILEGES] = act_no_new_privileges,
	[FP_PROBE_UMASK] = act_umask,
	[FP_PROBE_CWD] = act_cwd,
	[FP_PROBE_IDMAP] = act_idmap,
	[FP_PROBE_EGRESS] = act_egress,
	[FP_PROBE_INGRESS] = act_ingress,
	[FP_PROBE_SOCKET] = act_socket,
	[FP_PROBE_DEVICE] = act_device,
	[FP_PROBE_TASKS] = act_tasks,
	[FP_PROBE_MEMORY] = act_memory,
	[FP_PROBE_OPEN_FILES] = act_open_files,
	[FP_PROBE_FILE_SIZE] = act_file_size,
	[FP_PROBE_RLIMIT] = act_rlimit,
	[FP_PROBE_KNOB] = act_knob,
};

/* ---- the runner ---- */

struct slot {
	pid_t pid; /* 0: free */
	const char *id;
};

static struct outcome *outcomes; /* one a slot, shared with its child */
static struct slot slots[TOGETHER];
static size_t answered;

static void tell(const char *id, const struct outcome *o)
{
	switch (o->state) {
	case SUCCEEDED:
		printf("%s\tsucceed\n", id);
		break;
	case FAILED:
		if (o->error)
			printf("%s\tfail:%d\n", id, o->error);
		else
			printf("%s\tfail\n", id);
		break;
	case UNABLE:
		printf("%s\tunable:%s\n", id, o->why);
		break;
	case SKIPPED:
		printf("%s\tskip:%s\n", id, o->why);
		break;
	case NO_ANSWER:
		printf("%s\tunable:no answer\n", id);
		break;
	}
	answered++;
}

/* A signal of the kernel's is an answer; one of a program that was started is none of ours. */
static void tell_end(const char *id, struct outcome *o, int status)
{
	int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (number == SIGSYS || number == SIGKILL) {
		printf("%s\tfail:kill\n", id);
		answered++;
		return;
	}
	if (number == SIGALRM)
		unable(o, "time");
	else if (number && o->state == NO_ANSWER)
		unable(o, sigabbrev_np(number));
	tell(id, o);
}

static void wait_one(void)
{
	int status;
	pid_t pid = waitpid(-1, &status, 0);

	for (size_t i = 0; i < TOGETHER; i++)
		if (slots[i].pid && (pid < 0 || slots[i].pid == pid)) {
			tell_end(slots[i].id, &outcomes[i], pid < 0 ? 0 : status);
			slots[i].pid = 0;
		}
}

static size_t busy(void)
{
	size_t n = 0;

	for (size_t i = 0; i < TOGETHER; i++)
		n += slots[i].pid != 0;
	return n;
}

static size_t free_slot(void)
{
	size_t i = 0;

	while (slots[i].pid)
		i++;
	return i;
}

/* A filter that lets nobody fork gets its probes in this process: all but a program's start. */
static void try_here(const struct fp_probe_line *l, act_fn run, const struct options *o,
		     struct outcome *out)
{
	if (!strcmp(l->field[6], "file") && !strcmp(l->field[7], "execute"))
		unable(out, "no fork");
	else
		run((char **)(uintptr_t)&l->field[7], o, out);
	tell(l->field[0], out);
}

static void run_line(struct fp_probe_line *l, size_t k, const struct options *o)
{
	struct options mine = *o;

	/* Packets wait for answers, and may do so side by side. */
	const bool together = k == FP_PROBE_EGRESS || k == FP_PROBE_INGRESS;

	while (busy() && (!together || busy() == TOGETHER))
		wait_one();
	size_t i = free_slot();
	outcomes[i] = (struct outcome){ .state = NO_ANSWER };
	if (k == FP_PROBE_MEMORY)
		printf("%s\tbegin\n", l->field[0]);
	fflush(stdout);
	pid_t pid = fork();
	if (!pid) {
		alarm(SECONDS);
		mine.must_succeed = !strcmp(l->field[4], "succeed");
		acts[k](&l->field[7], &mine, &outcomes[i]);
		_exit(0);
	}
	if (pid < 0) {
		try_here(l, acts[k], o, &outcomes[i]);
		return;
	}
	slots[i] = (struct slot){ pid, l->field[0] };
	if (!together)
		wait_one();
}

static void header(const struct options *o)
{
	struct utsname host;

	if (uname(&host))
		snprintf(host.release, sizeof(host.release), "?");
	printf("# fpolicy-results 1\n# layers %s\n# kernel %s\n", o->layers, host.release);
	if (o->nonce)
		printf("# nonce %s\n", o->nonce);
}

static int run(char *table, const struct options *o, const char *only)
{
	struct fp_probe_line l;

	outcomes = mmap(NULL, TOGETHER * sizeof(*outcomes), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (outcomes == MAP_FAILED)
		return 2;
	header(o);
	while (fp_probe_line(&table, &l)) {
		size_t k = 0;
		while (k < ACTIONS && (l.n < 7 || strcmp(actions[k].word, l.field[6])))
			k++;
		if (k == ACTIONS || l.n != 7 + actions[k].args) {
			fprintf(stderr, "probe: not a row of a table: %s\n", l.field[0]);
			return 2;
		}
		if (!acts[k] || (only && strcmp(only, actions[k].word)))
			continue;
		run_line(&l, k, o);
	}
	while (busy())
		wait_one();
	printf("# done %zu\n", answered);
	return fflush(stdout) ? 2 : 0;
}

/* ---- filters ---- */

static char *slurp(const char *path, size_t *len)
{
	int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	size_t cap = 1u << 16;
	char *data = malloc(cap + 1);
	ssize_t n = -1;

	*len = 0;
	while (fd >= 0 && data && *len < MAX_TABLE && (n = read(fd, data + *len, cap - *len)) > 0) {
		*len += (size_t)n;
		if (*len == cap) {
			cap *= 2;
			data = realloc(data, cap + 1);
		}
	}
	if (fd >= 0)
		close(fd);
	if (!data || n != 0) {
		fprintf(stderr, "probe: %s: %s\n", path, n ? strerror(errno) : "out of memory");
		free(data);
		return NULL;
	}
	data[*len] = '\0';
	return data;
}

static int decide(const char *blob, char *table, const struct options *o)
{
	size_t len, n;
	char *filter = slurp(blob, &len);

	struct options here = *o;

	if (!filter)
		return 2;
	here.layers = "seccomp";
	header(&here);
	const char *why = fp_catch_table(filter, len, table, stdout, &n);
	if (why)
		fprintf(stderr, "probe: %s: %s\n", blob, why);
	else
		printf("# done %zu\n", n);
	free(filter);
	return why || fflush(stdout) ? 2 : 0;
}

/* ---- the command line ---- */

static const char *value_of(const char *arg, const char *option)
{
	size_t n = strlen(option);

	return !strncmp(arg, option, n) ? arg + n : NULL;
}

static bool owner(const char *text, struct options *o)
{
	char uid[16];
	const char *colon = strchr(text, ':');
	uint64_t u, g;

	snprintf(uid, sizeof(uid), "%.*s", (int)strcspn(text, ":"), text);
	if (!colon || !fp_probe_number(uid, &u) || !fp_probe_number(colon + 1, &g) ||
	    u > UINT32_MAX || g > UINT32_MAX)
		return false;
	o->uid = (uint32_t)u;
	o->gid = (uint32_t)g;
	return true;
}

static bool parse_options(int argc, char **argv, int from, struct options *o)
{
	for (int i = from; i < argc; i++) {
		const char *v;
		if ((v = value_of(argv[i], "--layers=")))
			o->layers = v;
		else if ((v = value_of(argv[i], "--host-ns=")))
			o->host_ns = v;
		else if ((v = value_of(argv[i], "--nonce=")))
			o->nonce = v;
		else if (!(v = value_of(argv[i], "--owner=")) || !owner(v, o))
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct options o = { .layers = "none", .host_ns = "" };
	const char *mode = argc > 2 ? argv[1] : "", *root = value_of(mode, "--prepare=");
	bool decides = !strcmp(mode, "--decide");
	size_t len;

	o.address = value_of(mode, "--ingress=");
	/* Fixtures belong below a job's root, never all over a machine. */
	if (argc < (decides ? 4 : 3) || !parse_options(argc, argv, decides ? 4 : 3, &o) ||
	    (root && (root[0] != '/' || !root[1 + strspn(root + 1, "/.")]))) {
		fputs(usage, stderr);
		return 2;
	}
	char *table = slurp(argv[decides ? 3 : 2], &len);
	int code = 2;
	if (table && decides)
		code = decide(argv[2], table, &o);
	else if (table && !strcmp(mode, "--in-guest"))
		code = run(table, &o, NULL);
	else if (table && root)
		code = prepare(table, root, &o);
	else if (table && o.address)
		code = run(table, &o, "ingress");
	else if (table && (!strcmp(mode, "--serve") || !strcmp(mode, "--serve=ingress")))
		code = serve(table, mode[7] == '=');
	else if (table)
		fputs(usage, stderr);
	free(table);
	return code;
}
