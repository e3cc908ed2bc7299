/* SPDX-License-Identifier: MIT */
/* What a policy's filter must compute: docs/language.md, syscalls. */
#include "ir/domain_calls.h"
#include "verify/runs.h"
#include "verify/verify.h"

/* Numbers with bit 30 are x32's, but for -1, which is no call: arch/x86/entry, __X32_SYSCALL_BIT.
 */
#define X32_BEGIN 0x40000000u
#define NR_NONE   UINT32_MAX

/* What is told of the rule that decides: its decision, or what `by_rule` gives to it. */
struct telling {
	struct fp_verifier *v;
	uint16_t kernel;
	const uint8_t *by_rule; /* or NULL */
	uint32_t killed, unknown;
};

static uint32_t leaf(const struct telling *t, enum fp_kind kind, struct fp_decision d)
{
	const struct fp_rule *rule = fp_ir_only(t->v->ir, kind);

	if (t->by_rule)
		return fp_dd_leaf(&t->v->dd, rule ? t->by_rule[rule->id] : 0);
	return fp_dd_leaf(&t->v->dd, fp_domain_leaf(d));
}

static uint32_t call(const struct telling *t, enum fp_abi abi, const struct fp_sysdef *sys)
{
	struct fp_verifier *v = t->v;
	bool is_unknown = fp_ir_is_unknown(v->ir, sys, abi, t->kernel);
	uint32_t **kept = &v->calls[abi][is_unknown];

	/* A kernel that lacks the call answers ENOSYS, whatever is said of it. */
	if (t->by_rule && sys->since[abi] > t->kernel)
		return fp_dd_leaf(&v->dd, FP_MAY_BE_WIDER);
	/* What a multiplexer says depends on the calls that it carries. */
	if (t->by_rule || sys->flags & FP_SYS_MULTIPLEXER)
		return fp_domain_call_by(&v->dd, v->ir, sys, abi, t->kernel, t->by_rule);
	if (!*kept)
		*kept = FP_NEW_ARRAY(v->arena, fp_sys_count(), uint32_t);
	uint32_t *node = &(*kept)[sys->index];
	if (!*node)
		*node = 1 + fp_domain_call(&v->dd, v->ir, sys, abi, t->kernel);
	return *node - 1;
}

static void add_abi(const struct telling *t, struct fp_runs *runs, enum fp_abi abi)
{
	uint32_t bit = fp_abi(abi)->nr_bit, next = 0;
	struct fp_arena *a = t->v->arena;
	size_t n;
	const struct fp_sysdef *const *calls = fp_verifier_calls(t->v, abi, &n);

	for (size_t i = 0; i < n; i++) {
		uint32_t nr = (uint32_t)calls[i]->nr[abi];
		if (nr > next)
			fp_runs_add(a, runs, bit + next, t->unknown);
		fp_runs_add(a, runs, bit + nr, call(t, abi, calls[i]));
		next = nr + 1;
	}
	fp_runs_add(a, runs, bit + next, t->unknown);
}

static uint32_t numbers(const struct telling *t, enum fp_abi abi)
{
	struct fp_runs runs = { 0 };

	add_abi(t, &runs, abi);
	if (abi == FP_ABI_X86_64 && fp_domain_is_open(t->v->ir, FP_ABI_X32))
		add_abi(t, &runs, FP_ABI_X32);
	else if (abi == FP_ABI_X86_64)
		fp_runs_add(t->v->arena, &runs, X32_BEGIN, t->killed);
	fp_runs_add(t->v->arena, &runs, NR_NONE, t->unknown);
	return fp_runs_node(&t->v->dd, &runs, FP_DOMAIN_NR);
}

/* The open ABIs of the architecture by what a filter sees as theirs, ascending; x32 has none. */
static size_t list_abis(const struct fp_verifier *v, enum fp_arch arch, enum fp_abi list[FP_ABI_N])
{
	size_t n = 0;

	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
		size_t at = n;
		if (fp_abi(abi)->arch != arch || fp_abi(abi)->nr_bit ||
		    !fp_domain_is_open(v->ir, abi))
			continue;
		for (; at && fp_abi(list[at - 1])->audit_arch > fp_abi(abi)->audit_arch; at--)
			list[at] = list[at - 1];
		list[at] = abi;
		n++;
	}
	return n;
}

uint32_t fp_meaning_by(struct fp_verifier *v, struct fp_machine m, const uint8_t *by_rule)
{
	struct telling t = { .v = v, .kernel = m.kernel, .by_rule = by_rule };
	enum fp_abi abis[FP_ABI_N];
	size_t n = list_abis(v, m.arch, abis);
	struct fp_runs runs = { 0 };

	t.killed = leaf(&t, FP_KIND_CALL_ABI, (struct fp_decision){ .action = FP_ACT_KILL });
	t.unknown = leaf(&t, FP_KIND_CALL_UNKNOWN, v->ir->call_unknown);
	fp_runs_add(v->arena, &runs, 0, t.killed);
	for (size_t i = 0; i < n; i++) {
		uint32_t audit = fp_abi(abis[i])->audit_arch;
		fp_runs_add(v->arena, &runs, audit, numbers(&t, abis[i]));
		fp_runs_add(v->arena, &runs, audit + 1, t.killed);
	}
	return fp_runs_node(&v->dd, &runs, FP_DOMAIN_ARCH);
}

uint32_t fp_meaning(struct fp_verifier *v, struct fp_machine m)
{
	return fp_meaning_by(v, m, NULL);
}

uint32_t fp_verify_call(struct fp_verifier *v, enum fp_abi abi, uint32_t nr)
{
	uint32_t audit = fp_abi(abi)->audit_arch;
	struct fp_runs numbers = { 0 }, archs = { 0 };

	fp_runs_add(v->arena, &numbers, 0, FP_DD_FALSE);
	if (!nr)
		numbers.list.n = 0;
	fp_runs_add(v->arena, &numbers, nr, FP_DD_TRUE);
	fp_runs_add(v->arena, &numbers, nr + 1, FP_DD_FALSE);
	fp_runs_add(v->arena, &archs, 0, FP_DD_FALSE);
	fp_runs_add(v->arena, &archs, audit, fp_runs_node(&v->dd, &numbers, FP_DOMAIN_NR));
	fp_runs_add(v->arena, &archs, audit + 1, FP_DD_FALSE);
	return fp_runs_node(&v->dd, &archs, FP_DOMAIN_ARCH);
}
