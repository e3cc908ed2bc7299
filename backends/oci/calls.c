/* SPDX-License-Identifier: MIT */
/* linux.seccomp, and beside it the filter itself for runtimes that load one. */
#include "backends/oci/oci.h"
#include "backends/seccomp/plan.h"

static bool is_call_kind(enum fp_kind kind)
{
	return kind == FP_KIND_CALL_DEFAULT || kind == FP_KIND_CALL_UNKNOWN ||
	       kind == FP_KIND_CALL_ABI || kind == FP_KIND_CALL || kind == FP_KIND_AUDIT;
}

/* RFC 4648, section 4. */
static const char *base64(struct fp_unit *u, const struct fp_buf *bytes)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = (const unsigned char *)bytes->data;
	struct fp_buf out;

	fp_buf_init(&out, &u->arena);
	for (size_t i = 0; i < bytes->len; i += 3) {
		size_t left = bytes->len - i;
		uint32_t word = (uint32_t)in[i] << 16;

		word |= left > 1 ? (uint32_t)in[i + 1] << 8 : 0;
		word |= left > 2 ? in[i + 2] : 0;
		fp_buf_putc(&out, digits[word >> 18]);
		fp_buf_putc(&out, digits[word >> 12 & 63]);
		fp_buf_putc(&out, left > 1 ? digits[word >> 6 & 63] : '=');
		fp_buf_putc(&out, left > 2 ? digits[word & 63] : '=');
	}
	return fp_buf_text(&out);
}

static bool takes_blobs(const struct fp_target *t)
{
	for (size_t i = 0; i < t->n_runtimes; i++)
		if (fp_target_runtime_has(t, i, FP_FEAT_OCI_SECCOMP_RAW_BPF))
			return true;
	return false;
}

/*
 * A blob is for one architecture and the fragment for all of them, so it stands in a patch. A
 * runtime that does not know the annotation takes linux.seccomp: no choice leaves the job without a
 * filter.
 */
static void lower_blobs(struct fp_oci_plan *p, const struct fp_seccomp_plan *plan)
{
	for (unsigned i = 0; i < FP_ARCH_N; i++) {
		struct fp_oci_item item = { .type = FP_OCI_TEXT };
		struct fp_oci_patch patch = { 0 };
		struct fp_buf bytes;

		if (!plan->filter[i].is_wanted || plan->filter[i].is_too_long)
			continue;
		fp_buf_init(&bytes, &p->u->arena);
		fp_code_bytes(&plan->filter[i].code, &bytes);
		item.pointer = "/annotations/run.oci.seccomp_bpf_data";
		item.text = base64(p->u, &bytes);
		patch.name = fp_arena_printf(&p->u->arena, "oci/crun-%s.json",
					     fp_arch_name((enum fp_arch)i));
		fp_vec_push(&p->u->arena, &patch.items.list, item);
		fp_vec_push(&p->u->arena, &p->patches, patch);
	}
}

static void lower_filter(struct fp_oci_plan *p, const struct fp_seccomp_oci *calls)
{
	struct fp_oci_item item = { .pointer = "/linux/seccomp",
				    .type = FP_OCI_CALLS,
				    .calls = calls };

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

void fp_oci_lower_calls(struct fp_oci_plan *p)
{
	const struct fp_seccomp_plan *plan = fp_seccomp_plan(p->u, p->ir, p->target);

	lower_filter(p, plan->oci);
	if (takes_blobs(p->target))
		lower_blobs(p, plan);
}
