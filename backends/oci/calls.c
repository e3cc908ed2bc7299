/* SPDX-License-Identifier: MIT */
/* linux.seccomp: the seccomp back end's value, its claims and which rule each entry comes from. */
#include "backends/oci/oci.h"
#include "backends/seccomp/seccomp.h"

static bool is_call_kind(enum fp_kind kind)
{
	return kind == FP_KIND_CALL_DEFAULT || kind == FP_KIND_CALL_UNKNOWN ||
	       kind == FP_KIND_CALL_ABI || kind == FP_KIND_CALL || kind == FP_KIND_AUDIT;
}

void fp_oci_lower_calls(struct fp_oci_plan *p)
{
	const struct fp_seccomp_oci *calls = fp_seccomp_oci(p->u, p->ir, p->target);
	struct fp_oci_item item = { .pointer = "/linux/seccomp", .type = FP_OCI_TREE };

	item.tree = calls->seccomp;
	fp_vec_push(&p->u->arena, &p->items.list, item);
	p->needs_1_1 = true; /* errnoRet, defaultErrnoRet, SCMP_ACT_KILL_PROCESS */
	for (size_t i = 0; i < p->ir->rule_count; i++)
		if (is_call_kind(p->ir->rules[i].kind))
			p->claims[i] = calls->claims[i];
	for (size_t i = 0; i < calls->entries.n; i++) {
		struct fp_oci_mark mark = { .rule = &p->ir->rules[calls->entries.at[i].rule] };

		mark.pointer = fp_arena_printf(&p->u->arena, "/linux/seccomp/syscalls/%u",
					       calls->entries.at[i].index);
		fp_vec_push(&p->u->arena, &p->marks, mark);
	}
}
