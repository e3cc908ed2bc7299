/* SPDX-License-Identifier: MIT */
/* An interpreter: what a filter answers to one call. */
#include "verify/bpf.h"

#include <linux/seccomp.h>
#include <stddef.h>

struct machine {
	uint32_t a, x, m[FP_BPF_CELLS];
};

static uint32_t load(const struct fp_bpf_data *d, uint32_t offset)
{
	uint32_t arg = offset - (uint32_t)offsetof(struct seccomp_data, args);
	uint64_t v = d->ip;

	if (offset == offsetof(struct seccomp_data, nr))
		return d->nr;
	if (offset == offsetof(struct seccomp_data, arch))
		return d->arch;
	if (offset >= offsetof(struct seccomp_data, args))
		v = d->args[arg / 8];
	return (uint32_t)(offset % 8 ? v >> 32 : v);
}

/* False: not defined. `is_zero`: divided by 0, which ends the filter with 0. */
static bool compute(enum fp_bpf_op op, uint32_t *a, uint32_t v, bool *is_zero)
{
	*is_zero = op == FP_BPF_DIV && !v;
	if (*is_zero)
		return true;
	if ((op == FP_BPF_LSH || op == FP_BPF_RSH) && v >= 32)
		return false;
	if (op == FP_BPF_ADD)
		*a += v;
	else if (op == FP_BPF_SUB)
		*a -= v;
	else if (op == FP_BPF_MUL)
		*a *= v;
	else if (op == FP_BPF_DIV)
		*a /= v;
	else if (op == FP_BPF_AND)
		*a &= v;
	else if (op == FP_BPF_OR)
		*a |= v;
	else if (op == FP_BPF_XOR)
		*a ^= v;
	else if (op == FP_BPF_LSH)
		*a <<= v;
	else
		*a >>= v;
	return true;
}

static bool holds(enum fp_bpf_op op, uint32_t a, uint32_t v)
{
	if (op == FP_BPF_JEQ)
		return a == v;
	if (op == FP_BPF_JGT)
		return a > v;
	return op == FP_BPF_JGE ? a >= v : (a & v) != 0;
}

bool fp_bpf_run(const struct fp_bpf *b, const struct fp_bpf_data *d, uint32_t *value)
{
	struct machine r = { 0 };
	bool is_zero;

	for (uint32_t pc = 0;; pc++) {
		const struct fp_bpf_insn *i = &b->at[pc];
		uint32_t v = i->is_x ? r.x : i->k;

		switch (i->op) {
		case FP_BPF_LD:
			r.a = load(d, i->k);
			break;
		case FP_BPF_LD_IMM:
			r.a = i->k;
			break;
		case FP_BPF_LDX_IMM:
			r.x = i->k;
			break;
		case FP_BPF_LD_MEM:
			r.a = r.m[i->k];
			break;
		case FP_BPF_LDX_MEM:
			r.x = r.m[i->k];
			break;
		case FP_BPF_ST:
			r.m[i->k] = r.a;
			break;
		case FP_BPF_STX:
			r.m[i->k] = r.x;
			break;
		case FP_BPF_TAX:
			r.x = r.a;
			break;
		case FP_BPF_TXA:
			r.a = r.x;
			break;
		case FP_BPF_ADD:
		case FP_BPF_SUB:
		case FP_BPF_MUL:
		case FP_BPF_DIV:
		case FP_BPF_AND:
		case FP_BPF_OR:
		case FP_BPF_XOR:
		case FP_BPF_LSH:
		case FP_BPF_RSH:
			if (!compute(i->op, &r.a, v, &is_zero))
				return false;
			*value = 0;
			if (is_zero)
				return true;
			break;
		case FP_BPF_NEG:
			r.a = -r.a;
			break;
		case FP_BPF_JA:
			pc = i->to[0] - 1u;
			break;
		case FP_BPF_JEQ:
		case FP_BPF_JGT:
		case FP_BPF_JGE:
		case FP_BPF_JSET:
			pc = i->to[holds(i->op, r.a, v)] - 1u;
			break;
		case FP_BPF_RET:
		case FP_BPF_RET_A:
			*value = i->op == FP_BPF_RET ? i->k : r.a;
			return true;
		}
	}
}
