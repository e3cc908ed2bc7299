/* SPDX-License-Identifier: MIT */
/* What a policy's filter must compute: docs/language.md, syscalls. */
#include "ir/domain_calls.h"
#include "verify/runs.h"
#include "verify/verify.h"

/* Numbers with bit 30 are x32's, but for -1, which is no call: arch/x86/entry, __X32_SYSCALL_BIT.
 */
#define X32_BEGIN 0x40000000u
#define NR_NONE   UINT32_MAX

static uint32_t leaf(struct fp_verifier *v, struct fp_decision d)
{
	return fp_dd_leaf(&v->dd, fp_domain_leaf(d));
}

static uint32_t call(struct fp_verifier *v, enum fp_abi abi, const struct fp_sysdef *sys,
		     uint16_t kernel)
{
	bool is_unknown = fp_ir_is_unknown(v->ir, sys, abi, kernel);
	uint32_t **kept = &v->calls[abi][is_unknown];

	/* What a multiplexer says depends on the calls that it carries. */
	if (sys->flags & FP_SYS_MULTIPLEXER)
		return fp_domain_call(&v->dd, v->ir, sys, abi, kernel);
	if (!*kept)
		*kept = FP_NEW_ARRAY(v->arena, fp_sys_count(), uint32_t);
	uint32_t *node = &(*kept)[sys->index];
	if (!*node)
		*node = 1 + fp_domain_call(&v->dd, v->ir, sys, abi, kernel);
	return *node - 1;
}

static void add_abi(struct fp_verifier *v, struct fp_runs *runs, enum fp_abi abi, uint16_t kernel)
{
	uint32_t unknown = leaf(v, v->ir->call_unknown), bit = fp_abi(abi)->nr_bit, next = 0;
	size_t n;
	const struct fp_sysdef *const *calls = fp_verifier_calls(v, abi, &n);

	for (size_t i = 0; i < n; i++) {
		uint32_t nr = (uint32_t)calls[i]->nr[abi];
		if (nr > next)
			fp_runs_add(v->arena, runs, bit + next, unknown);
		fp_runs_add(v->arena, runs, bit + nr, call(v, abi, calls[i], kernel));
		next = nr + 1;
	}
	fp_runs_add(v->arena, runs, bit + next, unknown);
}

static uint32_t numbers(struct fp_verifier *v, enum fp_abi abi, uint16_t kernel)
{
	const struct fp_decision kill = { .action = FP_ACT_KILL };
	struct fp_runs runs = { 0 };

	add_abi(v, &runs, abi, kernel);
	if (abi == FP_ABI_X86_64 && fp_domain_is_open(v->ir, FP_ABI_X32))
		add_abi(v, &runs, FP_ABI_X32, kernel);
	else if (abi == FP_ABI_X86_64)
		fp_runs_add(v->arena, &runs, X32_BEGIN, leaf(v, kill));
	fp_runs_add(v->arena, &runs, NR_NONE, leaf(v, v->ir->call_unknown));
	return fp_runs_node(&v->dd, &runs, FP_DOMAIN_NR);
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

uint32_t fp_meaning(struct fp_verifier *v, struct fp_machine m)
{
	uint32_t kill = leaf(v, (struct fp_decision){ .action = FP_ACT_KILL });
	enum fp_abi abis[FP_ABI_N];
	size_t n = list_abis(v, m.arch, abis);
	struct fp_runs runs = { 0 };

	fp_runs_add(v->arena, &runs, 0, kill);
	for (size_t i = 0; i < n; i++) {
		uint32_t audit = fp_abi(abis[i])->audit_arch;
		fp_runs_add(v->arena, &runs, audit, numbers(v, abis[i], m.kernel));
		fp_runs_add(v->arena, &runs, audit + 1, kill);
	}
	return fp_runs_node(&v->dd, &runs, FP_DOMAIN_ARCH);
}
