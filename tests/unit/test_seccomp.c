/* SPDX-License-Identifier: MIT */
/* Filters of the seccomp back end, run by an interpreter of their own, against the IR's definition.
 */
#include "unit/seccomp_policy.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct counts {
	size_t tried, wrong;
};

static void compare(const struct policy *p, const struct fp_target *t, const struct vm_filter *f,
		    const struct seccomp_data *d, struct counts *c)
{
	uint64_t args[6];

	for (unsigned i = 0; i < 6; i++)
		args[i] = d->args[i];
	struct fp_decision want = define(&p->ir, t, d->arch, (uint32_t)d->nr, args);
	struct vm_result got = vm_run(f, d);
	c->tried++;
	if (got.is_ok && got.value == fp_decision_value(want))
		return;
	if (!c->wrong++)
		print_error("arch %x nr %x args %" PRIx64 " %" PRIx64 " %" PRIx64
			    ": want %x got %x\n",
			    d->arch, (uint32_t)d->nr, args[0], args[1], args[2],
			    fp_decision_value(want), got.value);
}

static const uint32_t odd_numbers[] = { 983040,     983041,     983042,
					983045,     983046,     983047,
					983048,     0x3fffffff, 0x40000000 + 983041,
					0x7fffffff, 0x80000000, 0xbfffffff,
					0xc0000000, 0xfffffffe, 0xffffffff };

static void compare_numbers(const struct policy *p, const struct fp_target *t,
			    const struct vm_filter *f, enum fp_arch machine, struct counts *c)
{
	const uint32_t strange[] = { 0, 0xffffffff, 0x40000028 ^ 1, 0xc000003f };
	struct seccomp_data d = { 0 };

	for (unsigned i = 0; i < FP_ABI_N + 4; i++) {
		bool is_known = i < FP_ABI_N;
		/* A machine's kernel never reports another machine's architecture. */
		if (is_known && fp_abi((enum fp_abi)i)->arch != machine)
			continue;
		d.arch = is_known ? fp_abi((enum fp_abi)i)->audit_arch : strange[i - FP_ABI_N];
		for (uint32_t nr = 0; nr < 2048 + sizeof(odd_numbers) / 4; nr++) {
			uint32_t n = nr < 1024 ? nr : nr - 1024 + 0x40000000;
			d.nr = (int)(nr < 2048 ? n : odd_numbers[nr - 2048]);
			for (unsigned v = 0; v < 3; v++) {
				for (unsigned k = 0; k < 6; k++)
					d.args[k] = v == 2 ? random64() : 0ull - v;
				compare(p, t, f, &d, c);
			}
		}
	}
}

static void compare_arguments(const struct policy *p, const struct fp_target *t,
			      const struct vm_filter *f, enum fp_arch machine, unsigned rounds,
			      struct counts *c)
{
	struct seccomp_data d = { 0 };

	for (size_t i = 0; i < fp_sys_count(); i++) {
		const struct fp_sysdef *sys = fp_sys_at(i);
		bool is_mux = sys->flags & FP_SYS_MULTIPLEXER;
		for (unsigned abi = 0; abi < FP_ABI_N; abi++) {
			const struct fp_abi_def *def = fp_abi((enum fp_abi)abi);
			if (def->arch != machine || sys->nr[abi] < 0)
				continue;
			if (!is_mux && !p->ir.calls[i].n)
				continue;
			d.arch = def->audit_arch;
			d.nr = (int)((uint32_t)sys->nr[abi] | def->nr_bit);
			for (unsigned r = 0; r < rounds; r++) {
				for (unsigned k = 0; k < 6; k++)
					d.args[k] = random_argument(p);
				if (is_mux && below(2))
					d.args[0] = below(3 << 16) & 0x3001f;
				compare(p, t, f, &d, c);
			}
		}
	}
}

static struct counts check_blobs(struct policy *p, const struct fp_target *t,
				 const struct fp_emission *e, unsigned rounds)
{
	struct vm_filter *f = malloc(sizeof(*f));
	struct counts c = { 0 };

	assert_non_null(f);
	for (unsigned i = 0; i < FP_ARCH_N; i++) {
		char name[64];
		snprintf(name, sizeof(name), "seccomp/%s.bpf", fp_arch_name((enum fp_arch)i));
		const struct fp_artifact *a = artifact(e, name);
		assert_int_equal(!!a, t->archs[i]);
		if (!a)
			continue;
		assert_true(a->is_binary && vm_load(f, a->data, a->len));
		assert_true(f->n <= BPF_MAXINSNS);
		compare_numbers(p, t, f, (enum fp_arch)i, &c);
		compare_arguments(p, t, f, (enum fp_arch)i, rounds, &c);
	}
	free(f);
	assert_int_equal(c.wrong, 0);
	assert_true(c.tried > 1000);
	return c;
}

static void blob_means_the_policy(void **state)
{
	struct test_state *s = *state;
	size_t tried = 0;

	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++)
		for (size_t k = 0; k < sizeof(foreign_sets); k++) {
			struct policy p = { .u = &s->u };
			const struct fp_target *t = target(&s->u, targets[i]);
			service(&p);
			const struct fp_ir *ir = seal(&p, eperm, enosys, foreign_sets[k]);
			struct fp_emission e = emit(&s->u, ir, t);
			tried += check_blobs(&p, t, &e, 200).tried;
		}
	print_message("%zu calls of a service compared\n", tried);
}

static void blob_means_random_policies(void **state)
{
	size_t tried = 0, instructions = 0;

	(void)state;
	for (unsigned round = 0; round < 120; round++) {
		struct test_state *s;
		assert_int_equal(set_up((void **)&s), 0);
		const struct fp_target *t = target(&s->u, "debian-sid");
		random_policy(&s->p, round % 4);
		const struct fp_ir *ir = seal(&s->p, round & 4 ? eperm : allow,
					      round & 8 ? enosys : killed, foreign_sets[round % 4]);
		struct fp_emission e = emit(&s->u, ir, t);
		tried += check_blobs(&s->p, t, &e, 400).tried;
		instructions += artifact(&e, "seccomp/x86_64.bpf")->len / 8;
		tear_down((void **)&s);
	}
	print_message("%zu calls of 120 random policies compared, %zu instructions for x86_64\n",
		      tried, instructions);
}

/* ---- single facts ---- */

/* Everything that is allowed whatever its arguments is allowed without looking at them. */
static void allows_are_cacheable(void **state)
{
	struct test_state *s = *state;
	const struct fp_target *t = target(&s->u, "debian-12");
	struct vm_filter *f = malloc(sizeof(*f));
	size_t cached = 0;

	service(&s->p);
	struct fp_emission e = emit(&s->u, seal(&s->p, eperm, enosys, 1 << FP_ABI_I386), t);
	const struct fp_artifact *a = artifact(&e, "seccomp/x86_64.bpf");
	assert_true(f && vm_load(f, a->data, a->len));
	for (const char *const *n = plain_names; *n; n++)
		for (unsigned abi = 0; abi < FP_ABI_X32; abi++) {
			struct seccomp_data d = { .arch = fp_abi((enum fp_abi)abi)->audit_arch };
			d.nr = fp_sys_at(index_of(*n))->nr[abi];
			struct vm_result r = vm_run(f, &d);
			assert_true(d.nr < 0 || (r.is_constant && r.value == SECCOMP_RET_ALLOW));
			cached += d.nr >= 0;
		}
	free(f);
	assert_true(cached > 70);
}

/* seccomp(2) itself: its checker takes the filter. The child then calls nothing: all may be denied.
 */
static bool kernel_accepts(const struct fp_artifact *a)
{
	volatile int *result =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct sock_filter *code = malloc(a->len);
	struct sock_fprog prog = { .len = (unsigned short)(a->len / 8), .filter = code };

	assert_true(result != MAP_FAILED && code);
	memcpy(code, a->data, a->len);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		bool is_refused = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
				  syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
		*result = is_refused ? -1 : 1;
		for (;;)
			;
	}
	for (unsigned i = 0; !*result && i < 5000; i++)
		usleep(1000);
	bool is_accepted = *result == 1;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	munmap((void *)(uintptr_t)result, 4096);
	free(code);
	return is_accepted;
}

static void kernel_takes_blobs(void **state)
{
	struct test_state *s = *state;
	const struct fp_target *t = target(&s->u, "debian-sid");

	service(&s->p);
	struct fp_emission e = emit(&s->u, seal(&s->p, eperm, enosys, foreign_sets[3]), t);
	for (size_t i = 0; i < e.artifacts.n; i++)
		if (e.artifacts.at[i]->is_binary)
			assert_true(kernel_accepts(e.artifacts.at[i]));
}

static void same_bytes_twice(void **state)
{
	struct test_state *s = *state;
	const struct fp_target *t = target(&s->u, "debian-12");

	random_policy(&s->p, 3);
	const struct fp_ir *ir = seal(&s->p, eperm, enosys, foreign_sets[3]);
	struct fp_emission a = emit(&s->u, ir, t), b = emit(&s->u, ir, t);
	assert_int_equal(a.artifacts.n, b.artifacts.n);
	for (size_t i = 0; i < a.artifacts.n; i++) {
		assert_int_equal(a.artifacts.at[i]->len, b.artifacts.at[i]->len);
		assert_memory_equal(a.artifacts.at[i]->data, b.artifacts.at[i]->data,
				    a.artifacts.at[i]->len);
	}
}

static enum fp_claim_kind claim_about(const struct fp_ir *ir, const struct fp_claim *claims,
				      const char *name)
{
	return claim_of(ir, claims, fp_sys_at(index_of(name)));
}

static void hidden_calls_are_claimed(void **state)
{
	struct test_state *s = *state;

	add_calls(&s->p, eperm, (const char *const[]){ "uprobe", NULL });
	add_calls(&s->p, killed, (const char *const[]){ "bpf", NULL });
	const struct fp_ir *ir = seal(&s->p, allow, enosys, 0);
	struct fp_emission old = emit(&s->u, ir, target(&s->u, "debian-12"));
	struct fp_emission new = emit(&s->u, ir, target(&s->u, "debian-sid"));
	assert_int_equal(claim_about(ir, old.claims, "uprobe"), FP_CLAIM_EXACT);
	assert_int_equal(claim_about(ir, new.claims, "uprobe"), FP_CLAIM_WIDER);
	assert_non_null(new.claims[ir->calls[index_of("uprobe")].at[0].rule->id].reason);
	assert_int_equal(claim_about(ir, new.claims, "bpf"), FP_CLAIM_EXACT);
}

static void multiplexed_calls_are_claimed(void **state)
{
	struct test_state *s = *state;
	const struct fp_target *t = target(&s->u, "debian-12");
	struct policy closed = { .u = &s->u };

	add_when(&s->p, allow, "socket", is32(&s->p, 0, 1));
	add_calls(&s->p, allow, (const char *const[]){ "accept", NULL });
	const struct fp_ir *ir = seal(&s->p, eperm, enosys, 1 << FP_ABI_I386);
	struct fp_emission e = emit(&s->u, ir, t);
	assert_int_equal(claim_about(ir, e.claims, "socket"), FP_CLAIM_NARROWER);
	assert_int_equal(claim_about(ir, e.claims, "accept"), FP_CLAIM_EXACT);
	check_blobs(&s->p, t, &e, 500);
	assert_int_equal(claim_about(ir, fp_seccomp_oci(&s->u, ir, t)->claims, "socket"),
			 FP_CLAIM_NARROWER);

	add_when(&closed, allow, "socket", is32(&closed, 0, 1));
	add_calls(&closed, enosys, (const char *const[]){ "socketcall", NULL });
	ir = seal(&closed, eperm, enosys, 1 << FP_ABI_I386);
	e = emit(&s->u, ir, t);
	assert_int_equal(claim_about(ir, e.claims, "socket"), FP_CLAIM_EXACT);
	check_blobs(&closed, t, &e, 500);
}

static void every_kind_has_an_answer(void **state)
{
	struct test_state *s = *state;
	unsigned decided = 0;

	(void)s;
	for (unsigned k = 0; k < FP_KIND_N; k++)
		decided += !fp_seccomp_silence((enum fp_kind)k);
	/* CALL, CALL_DEFAULT, CALL_UNKNOWN, CALL_ABI and AUDIT. */
	assert_int_equal(decided, 5);
}

static void too_long_is_an_error(void **state)
{
	struct test_state *s = *state;
	const struct fp_pred **kids = FP_NEW_ARRAY(&s->u.arena, 6000, const struct fp_pred *);

	for (uint32_t i = 0; i < 6000; i++)
		kids[i] = is32(&s->p, 1, 3 * i);
	add_when(&s->p, allow, "ioctl", fp_pred_join(&s->u.arena, FP_PRED_OR, kids, 6000));
	const struct fp_ir *ir = seal(&s->p, eperm, enosys, 0);
	struct fp_emission e = emit(&s->u, ir, target(&s->u, "debian-12"));
	assert_int_equal(s->u.diags.list.at[0].id, FP_E_LIMIT);
	assert_int_equal(e.artifacts.n, 0);
	assert_int_equal(claim_about(ir, e.claims, "ioctl"), FP_CLAIM_NONE);
}

/* Every instruction has a rule, and a range of the bytes. */
static void map_covers_the_blob(void **state)
{
	struct test_state *s = *state;

	service(&s->p);
	const struct fp_ir *ir = seal(&s->p, eperm, enosys, 1 << FP_ABI_I386);
	struct fp_emission e = emit(&s->u, ir, target(&s->u, "debian-12"));
	const struct fp_artifact *a = artifact(&e, "seccomp/x86_64.bpf");
	for (uint32_t at = 0; at < a->len; at += 8) {
		bool is_mapped = false;
		for (size_t i = 0; i < a->map.n; i++)
			is_mapped |= a->map.at[i].begin <= at && at + 8 <= a->map.at[i].end &&
				     a->map.at[i].rule < ir->rule_count;
		if (!is_mapped)
			fail_msg("instruction %u has no rule", at / 8);
	}
}

static void twin_names_things(void **state)
{
	struct test_state *s = *state;
	static const char *const wanted[] = { "AUDIT_ARCH_X86_64", "AUDIT_ARCH_I386",
					      "arg0.lo",           "errno EPERM",
					      "errno ENOSYS",      "kill process",
					      "; socket",          "allow" };

	service(&s->p);
	struct fp_emission e = emit(&s->u, seal(&s->p, eperm, enosys, 1 << FP_ABI_I386),
				    target(&s->u, "debian-12"));
	const struct fp_artifact *a = artifact(&e, "seccomp/x86_64.bpf.txt");
	assert_non_null(a);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		if (!strstr(a->data, wanted[i]))
			fail_msg("no `%s` in %s", wanted[i], a->data);
}

static void flags_follow_the_audit(void **state)
{
	struct test_state *s = *state;
	struct policy quiet = { .u = &s->u };

	service(&s->p);
	add_rule(&s->p, FP_KIND_AUDIT, "denied")->u.audit.denied = true;
	struct fp_emission e =
		emit(&s->u, seal(&s->p, eperm, enosys, 0), target(&s->u, "debian-12"));
	assert_string_equal(artifact(&e, "seccomp/flags")->data,
			    "SECCOMP_FILTER_FLAG_TSYNC 0x1\nSECCOMP_FILTER_FLAG_LOG 0x2\n");
	service(&quiet);
	e = emit(&s->u, seal(&quiet, eperm, enosys, 0), target(&s->u, "debian-12"));
	assert_string_equal(artifact(&e, "seccomp/flags")->data, "SECCOMP_FILTER_FLAG_TSYNC 0x1\n");
}

/* Diagrams that would be too large become code test by test, and it means the same. */
static void spent_diagrams_still_mean_it(void **state)
{
	struct test_state *s = *state;
	const struct fp_target *t = target(&s->u, "debian-12");
	const struct fp_pred *kids[60];

	for (unsigned i = 0; i < 60; i++)
		kids[i] = test(&s->p, (uint8_t)(2 * (i % 6)), FP_WORD_NONE, ~(1u << i % 32) ^ i,
			       5 * i, 500 * i + 7);
	add_when(&s->p, allow, "ioctl", fp_pred_join(&s->u.arena, FP_PRED_OR, kids, 60));
	add_when(&s->p, killed, "ioctl", fp_pred_join(&s->u.arena, FP_PRED_AND, kids, 60));
	struct fp_emission e = emit(&s->u, seal(&s->p, eperm, enosys, 1 << FP_ABI_I386), t);
	check_blobs(&s->p, t, &e, 3000);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(blob_means_the_policy),
		T(blob_means_random_policies),
		T(allows_are_cacheable),
		T(kernel_takes_blobs),
		T(same_bytes_twice),
		T(hidden_calls_are_claimed),
		T(multiplexed_calls_are_claimed),
		T(every_kind_has_an_answer),
		T(too_long_is_an_error),
		T(map_covers_the_blob),
		T(twin_names_things),
		T(flags_follow_the_audit),
		T(spent_diagrams_still_mean_it),
	};

	return cmocka_run_group_tests_name("seccomp", tests, NULL, NULL);
}
