/* SPDX-License-Identifier: MIT */
/* Policies for the seccomp tests: by hand, at random, and what they mean by definition. */
#ifndef FP_TESTS_SECCOMP_POLICY_H
#define FP_TESTS_SECCOMP_POLICY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backends/seccomp/plan.h"
#include "unit/seccomp_vm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

extern const struct fp_backend fp_backend_seccomp;

/* ---- a policy by hand ---- */

struct policy {
	struct fp_unit *u;
	struct fp_ir ir;
	FP_VEC(struct fp_rule) rules;
	FP_VEC(uint64_t) values; /* interesting argument values */
};

static const struct fp_decision allow = { FP_ACT_ALLOW, 0 }, eperm = { FP_ACT_ERRNO, EPERM },
				enosys = { FP_ACT_ERRNO, ENOSYS }, killed = { FP_ACT_KILL, 0 };

static inline struct fp_rule *add_rule(struct policy *p, enum fp_kind kind, const char *text)
{
	struct fp_rule r = { .kind = kind, .text = text };

	fp_vec_push(&p->u->arena, &p->rules, r);
	return &p->rules.at[p->rules.n - 1];
}

static inline uint16_t index_of(const char *name)
{
	const struct fp_sysdef *sys = fp_sys_find(name, strlen(name));

	if (!sys)
		fail_msg("no call %s", name);
	return sys->index;
}

/* Calls by name, NULL at the end, whatever their arguments. */
static inline void add_calls(struct policy *p, struct fp_decision d, const char *const *names)
{
	struct fp_rule *r = add_rule(p, FP_KIND_CALL, "");
	FP_VEC(uint16_t) at = { 0 };

	for (; *names; names++) {
		fp_vec_push(&p->u->arena, &at, index_of(*names));
		for (unsigned abi = 0; abi < FP_ABI_N; abi++)
			if (fp_sys_at(at.at[at.n - 1])->nr[abi] >= 0)
				r->u.call.when[abi] = fp_pred_const(&p->u->arena, true);
	}
	r->u.call.decision = d;
	r->u.call.calls = (struct fp_call_set){ at.at, at.n };
}

/* One call under one condition on every ABI that has it. */
static inline void add_when(struct policy *p, struct fp_decision d, const char *name,
			    const struct fp_pred *when)
{
	add_calls(p, d, (const char *const[]){ name, NULL });
	struct fp_rule *r = &p->rules.at[p->rules.n - 1];
	for (unsigned abi = 0; abi < FP_ABI_N; abi++)
		if (r->u.call.when[abi])
			r->u.call.when[abi] = when;
}

static const struct fp_pred *test(struct policy *p, uint8_t lo, uint8_t hi, uint64_t mask,
				  uint64_t min, uint64_t max)
{
	const uint64_t around[] = { min, min - 1, min + 1, max, max + 1, max - 1, mask, ~mask };

	for (size_t i = 0; i < sizeof(around) / sizeof(*around); i++)
		fp_vec_push(&p->u->arena, &p->values, around[i]);
	return fp_pred_test(
		&p->u->arena,
		(struct fp_test){ .lo = lo, .hi = hi, .mask = mask, .min = min, .max = max });
}

static const struct fp_pred *is32(struct policy *p, unsigned arg, uint32_t value)
{
	return test(p, (uint8_t)(2 * arg), FP_WORD_NONE, UINT32_MAX, value, value);
}

static const struct fp_pred *both(struct policy *p, enum fp_pred_op op, const struct fp_pred *a,
				  const struct fp_pred *b)
{
	const struct fp_pred *const kids[] = { a, b };

	return fp_pred_join(&p->u->arena, op, kids, 2);
}

static inline int by_kind(const void *a, const void *b)
{
	const struct fp_rule *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return fp_decision_cmp(x->u.call.decision, y->u.call.decision);
}

static const struct fp_ir *seal(struct policy *p, struct fp_decision rest,
				struct fp_decision unknown, uint8_t foreign)
{
	struct fp_ir *ir = &p->ir;
	struct fp_arena *a = &p->u->arena;

	add_rule(p, FP_KIND_CALL_DEFAULT, "default")->u.decision = rest;
	add_rule(p, FP_KIND_CALL_UNKNOWN, "unknown")->u.decision = unknown;
	add_rule(p, FP_KIND_CALL_ABI, "abi")->u.abis = foreign;
	/* CALL rules by strictness; other unions are not looked at by the order. */
	qsort(p->rules.at, p->rules.n, sizeof(*p->rules.at), by_kind);
	struct fp_call_plan *plans = FP_NEW_ARRAY(a, fp_sys_count(), struct fp_call_plan);
	for (size_t i = 0, k = 0; k <= FP_KIND_N; k++) {
		while (i < p->rules.n && p->rules.at[i].kind < k)
			i++;
		ir->first[k] = (uint32_t)i;
	}
	for (size_t c = 0; c < fp_sys_count(); c++) {
		FP_VEC(struct fp_clause) clauses = { 0 };
		for (size_t i = 0; i < p->rules.n; i++) {
			struct fp_rule *r = &p->rules.at[i];
			r->id = (uint32_t)i;
			for (size_t k = 0; r->kind == FP_KIND_CALL && k < r->u.call.calls.n; k++)
				if (r->u.call.calls.at[k] == c)
					fp_vec_push(a, &clauses,
						    ((struct fp_clause){ r, r->u.call.decision }));
		}
		plans[c] = (struct fp_call_plan){ clauses.at, clauses.n };
	}
	ir->name = "job";
	ir->rules = p->rules.at;
	ir->rule_count = p->rules.n;
	ir->calls = plans;
	ir->call_default = rest;
	ir->call_unknown = unknown;
	ir->foreign_abis = foreign;
	return ir;
}

/* ---- the definition ---- */

static inline bool is_unconditional(const struct fp_rule *r)
{
	for (unsigned i = 0; i < FP_ABI_N; i++)
		if (r->u.call.when[i] && r->u.call.when[i]->op != FP_PRED_TRUE)
			return false;
	return true;
}

/* The strictest clause that holds, or `rest`. */
static inline struct fp_decision first_clause(const struct fp_ir *ir, const struct fp_sysdef *sys,
					      enum fp_abi abi, const uint64_t args[6],
					      struct fp_decision rest)
{
	const struct fp_call_plan *plan = &ir->calls[sys->index];

	for (size_t i = 0; i < plan->n; i++) {
		const struct fp_pred *when = plan->at[i].rule->u.call.when[abi];
		if (when && fp_pred_holds(when, args))
			return plan->at[i].decision;
	}
	return rest;
}

/* `mux` carries `sys`: of every clause that could hold, and of `rest` if none is sure to. */
static inline struct fp_decision carried(const struct fp_ir *ir, const struct fp_sysdef *mux,
					 const struct fp_sysdef *sys, enum fp_abi abi,
					 const uint64_t args[6], struct fp_decision rest)
{
	const struct fp_decision none = { FP_ACT_N, 0 };
	const struct fp_call_plan *plan = &ir->calls[sys->index];
	struct fp_decision worst = first_clause(ir, mux, abi, args, none);
	bool is_sure = worst.action < FP_ACT_N;

	for (size_t i = 0; i < plan->n; i++) {
		const struct fp_rule *r = plan->at[i].rule;
		const struct fp_pred *when = r->u.call.when[abi];
		bool always =
			sys->nr[abi] < 0 ? is_unconditional(r) : when && when->op == FP_PRED_TRUE;
		bool never = sys->nr[abi] >= 0 && (!when || when->op == FP_PRED_FALSE);
		is_sure |= always;
		if (!never && fp_decision_cmp(plan->at[i].decision, worst) < 0)
			worst = plan->at[i].decision;
	}
	return !is_sure && fp_decision_cmp(rest, worst) < 0 ? rest : worst;
}

static inline struct fp_decision define(const struct fp_ir *ir, const struct fp_target *t,
					uint32_t arch, uint32_t nr, const uint64_t args[6])
{
	uint16_t kernel = FP_SINCE(t->kernel.major, t->kernel.minor);
	bool is_x32 =
		arch == fp_abi(FP_ABI_X32)->audit_arch && nr >= 0x40000000 && nr != UINT32_MAX;
	const struct fp_abi_def *def = NULL;
	enum fp_abi abi = FP_ABI_N;

	for (unsigned i = 0; i < FP_ABI_N; i++)
		if (fp_abi((enum fp_abi)i)->audit_arch == arch &&
		    is_x32 == !!fp_abi((enum fp_abi)i)->nr_bit)
			abi = (enum fp_abi)i;
	if (abi < FP_ABI_N)
		def = fp_abi(abi);
	if (!def || !t->archs[def->arch] || (!def->is_native && !(ir->foreign_abis >> abi & 1)))
		return killed;
	uint32_t plain = nr - def->nr_bit;
	const struct fp_sysdef *sys = plain > INT32_MAX ? NULL : fp_sys_by_nr(abi, plain);
	if (!sys)
		return ir->call_unknown;
	struct fp_decision rest =
		fp_ir_is_unknown(ir, sys, abi, kernel) ? ir->call_unknown : ir->call_default;
	for (size_t i = 0; sys->flags & FP_SYS_MULTIPLEXER && i < fp_sys_count(); i++) {
		const struct fp_sysdef *mux, *it = fp_sys_at(i);
		uint32_t sub;
		if (!fp_sys_multiplexed(it, abi, &mux, &sub) || mux != sys)
			continue;
		uint32_t selector = (uint32_t)args[0];
		if (!strcmp(sys->name, "ipc"))
			selector &= 0xffff;
		if (selector != sub)
			continue;
		bool is_new = it->nr[abi] >= 0 && fp_ir_is_unknown(ir, it, abi, kernel);
		return carried(ir, sys, it, abi, args,
			       is_new ? ir->call_unknown : ir->call_default);
	}
	return first_clause(ir, sys, abi, args, rest);
}

/* ---- making and running ---- */

struct test_state {
	struct fp_unit u;
	struct policy p;
};

static inline int set_up(void **state)
{
	struct test_state *s = calloc(1, sizeof(*s));

	if (!s)
		return -1;
	fp_unit_init(&s->u, FP_MEMORY_LIMIT);
	if (setjmp(s->u.recover))
		abort();
	s->p.u = &s->u;
	*state = s;
	return 0;
}

static inline int tear_down(void **state)
{
	struct test_state *s = *state;

	fp_unit_free(&s->u);
	free(s);
	return 0;
}

static inline struct fp_emission emit(struct fp_unit *u, const struct fp_ir *ir,
				      const struct fp_target *t)
{
	struct fp_emission e = { .unit = u, .ir = ir, .target = t };

	e.claims = FP_NEW_ARRAY(&u->arena, ir->rule_count, struct fp_claim);
	e.is_claimed = FP_NEW_ARRAY(&u->arena, ir->rule_count, bool);
	fp_backend_seccomp.emit(u, fp_backend_seccomp.lower(u, ir, t), &e);
	for (size_t i = 0; i < ir->rule_count; i++)
		assert_true(e.is_claimed[i]);
	return e;
}

static inline const struct fp_artifact *artifact(const struct fp_emission *e, const char *name)
{
	for (size_t i = 0; i < e->artifacts.n; i++)
		if (!strcmp(e->artifacts.at[i]->name, name))
			return e->artifacts.at[i];
	return NULL;
}

static const struct fp_target *target(struct fp_unit *u, const char *name)
{
	const struct fp_target *t = fp_target_builtin(u, name);

	assert_non_null(t);
	return t;
}

static uint64_t seed = 0x2545f4914f6cdd1du;

static inline uint64_t random64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x9e3779b97f4a7c15u;
}

static inline uint32_t below(uint32_t n)
{
	return (uint32_t)((random64() >> 33) % n);
}

/* Values at the edges of the policy's tests, with and without garbage in the other half. */
static inline uint64_t random_argument(const struct policy *p)
{
	uint64_t v = p->values.n ? p->values.at[below((uint32_t)p->values.n)] : random64();

	switch (below(6)) {
	case 0:
		return v ^ random64() << 32;
	case 1:
		return v << 32 | (random64() & 3);
	case 2:
		return random64() & 7;
	case 3:
		return v & p->values.at[below((uint32_t)p->values.n)];
	default:
		return v;
	}
}

static const char *const plain_names[] = { "read",
					   "write",
					   "close",
					   "openat",
					   "fstat",
					   "lseek",
					   "mmap",
					   "munmap",
					   "brk",
					   "futex",
					   "rt_sigaction",
					   "rt_sigprocmask",
					   "rt_sigreturn",
					   "exit",
					   "exit_group",
					   "getpid",
					   "gettid",
					   "epoll_wait",
					   "epoll_ctl",
					   "epoll_pwait",
					   "clock_gettime",
					   "nanosleep",
					   "statx",
					   "getrandom",
					   "sendto",
					   "recvfrom",
					   "bind",
					   "connect",
					   "listen",
					   "accept",
					   "accept4",
					   "execve",
					   "wait4",
					   "clone",
					   "set_tid_address",
					   "set_robust_list",
					   "rseq",
					   "prlimit64",
					   "fcntl",
					   "pread64",
					   NULL };

/* A service: plain calls, a family list, a denied ioctl, flags that must be absent. */
static inline void service(struct policy *p)
{
	const struct fp_pred *unix_ = is32(p, 0, 1), *inet = is32(p, 0, 2), *inet6 = is32(p, 0, 10);
	const struct fp_pred *family = both(p, FP_PRED_OR, unix_, both(p, FP_PRED_OR, inet, inet6));
	const struct fp_pred *type = test(p, 2, FP_WORD_NONE, 0xf, 1, 2);

	add_calls(p, allow, plain_names);
	add_calls(p, killed,
		  (const char *const[]){ "bpf", "ptrace", "init_module", "reboot", NULL });
	add_calls(p, enosys, (const char *const[]){ "clone3", NULL });
	add_when(p, allow, "socket", both(p, FP_PRED_AND, family, type));
	add_when(p, allow, "ioctl", fp_pred_not(&p->u->arena, is32(p, 1, 0x5412)));
	add_when(p, allow, "unshare", test(p, 0, 1, 0x7e020000, 0, 0));
	add_when(p, allow, "mprotect",
		 both(p, FP_PRED_AND, test(p, 4, 5, 4, 0, 0),
		      test(p, 2, 3, UINT64_MAX, 0, 1 << 30)));
	add_when(p, allow, "fchmod", test(p, 2, FP_WORD_NONE, 0xffff, 0, 0777));
	add_when(p, (struct fp_decision){ FP_ACT_LOG, 0 }, "personality", is32(p, 0, UINT32_MAX));
}

static const char *const targets[] = { "debian-11", "debian-12", "debian-13", "debian-sid" };

static const uint8_t foreign_sets[] = {
	0,
	1 << FP_ABI_I386,
	1 << FP_ABI_X32,
	1 << FP_ABI_I386 | 1 << FP_ABI_X32 | 1 << FP_ABI_ARM,
};

static const struct fp_pred *random_test(struct policy *p)
{
	static const uint64_t masks[] = { UINT64_MAX,          UINT32_MAX, 0xffff,     0xf0f0,
					  0x8000000000000001u, 0x7e020000, 0x80000000u };
	uint8_t arg = (uint8_t)(2 * below(3));
	bool is_wide = below(2);
	uint64_t mask = masks[below(7)], a = random64(), b = random64();

	a >>= below(64);
	b >>= below(64);

	if (below(3) == 0)
		b = a;
	if (below(4) == 0)
		a = 0;
	if (!is_wide) {
		mask &= UINT32_MAX;
		a &= UINT32_MAX;
		b &= UINT32_MAX;
	}
	a &= mask;
	b &= mask;
	/* A register pair of a 32-bit ABI is not one argument. */
	uint8_t hi = !is_wide ? FP_WORD_NONE : (uint8_t)(below(5) ? arg + 1 : arg + 2);
	const struct fp_pred *t = test(p, arg, hi, mask, a < b ? a : b, a < b ? b : a);
	return below(3) ? t : fp_pred_not(&p->u->arena, t);
}

static const struct fp_pred *random_condition(struct policy *p, unsigned depth)
{
	const struct fp_pred *kids[4];
	size_t n = 2 + below(3);

	if (!depth || !below(3))
		return random_test(p);
	for (size_t i = 0; i < n; i++)
		kids[i] = random_condition(p, depth - 1);
	return fp_pred_join(&p->u->arena, below(2) ? FP_PRED_AND : FP_PRED_OR, kids, n);
}

static inline void random_policy(struct policy *p, unsigned depth)
{
	static const struct fp_decision all[] = { { FP_ACT_KILL, 0 },   { FP_ACT_KILL_THREAD, 0 },
						  { FP_ACT_TRAP, 0 },   { FP_ACT_ERRNO, 1 },
						  { FP_ACT_ERRNO, 38 }, { FP_ACT_LOG, 0 },
						  { FP_ACT_ALLOW, 0 },  { FP_ACT_ALLOW, 0 } };
	static const char *const names[] = { "ioctl", "socket",     "prctl",    "fcntl",     "mmap",
					     "clone", "socketcall", "mprotect", "setsockopt" };

	for (unsigned i = 0; i < (depth < 3 ? 14 : 4); i++) {
		struct fp_decision d = all[below(8)];
		const char *name = names[below(9)];
		add_when(p, d, name, random_condition(p, depth));
	}
	add_calls(p, allow, plain_names);
}

/* Worst claim of the rules that speak of the call. */
static inline enum fp_claim_kind claim_of(const struct fp_ir *ir, const struct fp_claim *claims,
					  const struct fp_sysdef *sys)
{
	const struct fp_call_plan *plan = &ir->calls[sys->index];
	enum fp_claim_kind worst = FP_CLAIM_EXACT;

	for (size_t i = 0; i < plan->n; i++) {
		enum fp_claim_kind kind = claims[plan->at[i].rule->id].kind;
		worst = kind > worst ? kind : worst;
	}
	return worst;
}

#endif
