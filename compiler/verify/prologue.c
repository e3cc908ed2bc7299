/* SPDX-License-Identifier: MIT */
/* What runc puts before a compiled profile. */
#include "ir/domain_calls.h"
#include "verify/list.h"
#include "verify/runs.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#define X32_BIT 0x40000000u

/* The largest number that the profile lists by a name the runtime knows; false if there is none. */
static bool find_last(const struct fp_list *p, enum fp_abi abi, const struct fp_target_runtime *rt,
		      uint32_t *last)
{
	bool is_any = false;

	*last = 0;
	for (size_t i = 0; i < p->rules.n; i++)
		for (size_t k = 0; k < p->rules.at[i].name_count; k++) {
			const char *name = p->rules.at[i].names[k];
			const struct fp_sysdef *sys = fp_sys_find(name, strlen(name));
			if (!sys || sys->nr[abi] < 0 || !fp_target_runtime_knows(rt, sys, abi))
				continue;
			is_any = true;
			if ((uint32_t)sys->nr[abi] > *last)
				*last = (uint32_t)sys->nr[abi];
		}
	*last |= fp_abi(abi)->nr_bit;
	return is_any;
}

/* 1 where the number is above the last one of the ABI, within its half of them on x86-64. */
static uint32_t above(struct fp_verifier *v, enum fp_abi abi, uint32_t last)
{
	bool is_halved = fp_abi(abi)->audit_arch == fp_abi(FP_ABI_X86_64)->audit_arch;
	struct fp_runs numbers = { 0 }, archs = { 0 };

	fp_runs_add(v->arena, &numbers, 0, FP_DD_FALSE);
	fp_runs_add(v->arena, &numbers, last + 1, FP_DD_TRUE);
	if (is_halved && !fp_abi(abi)->nr_bit) {
		fp_runs_add(v->arena, &numbers, X32_BIT, FP_DD_FALSE);
		fp_runs_add(v->arena, &numbers, 2 * X32_BIT, FP_DD_TRUE);
		fp_runs_add(v->arena, &numbers, 3 * X32_BIT, FP_DD_FALSE);
	} else if (is_halved) {
		fp_runs_add(v->arena, &numbers, 2 * X32_BIT, FP_DD_FALSE);
		fp_runs_add(v->arena, &numbers, 3 * X32_BIT, FP_DD_TRUE);
	}
	fp_runs_add(v->arena, &archs, 0, FP_DD_FALSE);
	fp_runs_add(v->arena, &archs, fp_abi(abi)->audit_arch,
		    fp_runs_node(&v->dd, &numbers, FP_DOMAIN_NR));
	fp_runs_add(v->arena, &archs, fp_abi(abi)->audit_arch + 1, FP_DD_FALSE);
	return fp_runs_node(&v->dd, &archs, FP_DOMAIN_ARCH);
}

static bool has_prologue(const struct fp_list *p)
{
	struct fp_decision d = fp_bpf_decision(p->default_action);

	if (p->has_default_errno && d.action == FP_ACT_ERRNO && d.data == ENOSYS)
		return false;
	return d.action != FP_ACT_ALLOW && d.action != FP_ACT_LOG && d.action != FP_ACT_TRACE;
}

uint32_t fp_list_prologue(struct fp_verifier *v, const struct fp_list *p, enum fp_arch arch,
			  const struct fp_target_runtime *rt, uint32_t compiled)
{
	const struct fp_decision enosys = { FP_ACT_ERRNO, ENOSYS };
	uint32_t node = compiled, last;

	for (enum fp_abi abi = 0; abi < FP_ABI_N && has_prologue(p); abi++) {
		bool is_listed = fp_abi(abi)->is_native || p->abis >> abi & 1;
		if (fp_abi(abi)->arch == arch && is_listed && find_last(p, abi, rt, &last))
			node = fp_dd_if(&v->dd, above(v, abi, last),
					fp_dd_leaf(&v->dd, fp_domain_leaf(enosys)), node);
	}
	return node;
}
