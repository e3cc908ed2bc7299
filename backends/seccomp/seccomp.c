/* SPDX-License-Identifier: MIT */
/* The seccomp back end: decides, then prints blobs, twins, flags and the OCI form. */
#include "backends/seccomp/plan.h"
#include "base/json.h"

#include <inttypes.h>
#include <linux/seccomp.h>

/* Constants of newer kernels than the headers of the build machine (include/uapi/linux/seccomp.h).
 */
#define FLAG_TSYNC              (1u << 0)
#define FLAG_LOG                (1u << 1)
#define FLAG_NEW_LISTENER       (1u << 3)
#define FLAG_TSYNC_ESRCH        (1u << 4)
#define FLAG_WAIT_KILLABLE_RECV (1u << 5)

static bool is_notifying(const struct fp_ir *ir)
{
	bool found = ir->call_default.action == FP_ACT_NOTIFY ||
		     ir->call_unknown.action == FP_ACT_NOTIFY;

	fp_ir_each (ir, FP_KIND_CALL, r)
		found |= r->u.call.decision.action == FP_ACT_NOTIFY;
	return found;
}

static bool is_logging(const struct fp_ir *ir)
{
	fp_ir_each (ir, FP_KIND_AUDIT, r)
		if (r->u.audit.denied)
			return true;
	return false;
}

static void report_length(struct fp_unit *u, const struct fp_filter *f)
{
	fp_diag(u, FP_E_LIMIT, (struct fp_span){ 0, 0 },
		"the filter for %s has %zu instructions, and the kernel takes %u",
		fp_arch_name(f->arch), f->code.n, FP_CBPF_MAX);
	fp_diag_help(u, "test fewer values: a range or a mask in place of a list, or fewer ABIs");
}

const struct fp_seccomp_plan *fp_seccomp_plan(struct fp_unit *u, const struct fp_ir *ir,
					      const struct fp_target *t)
{
	const struct fp_seccomp_plan *made = fp_unit_recall(u, "seccomp plan", ir, t);

	if (made)
		return made;
	struct fp_seccomp_plan *plan = FP_NEW(&u->arena, struct fp_seccomp_plan);
	fp_call_context_init(&plan->context, u, ir, t);
	fp_filter_build(&plan->context, plan);
	plan->claims = fp_seccomp_claims(&plan->context);
	plan->oci = fp_seccomp_oci_with(&plan->context);
	plan->is_logging = is_logging(ir);
	plan->is_notifying = is_notifying(ir);
	fp_unit_keep(u, "seccomp plan", ir, t, plan);
	return plan;
}

static void report_list(struct fp_unit *u, const struct fp_ir *ir, const struct fp_target *t,
			size_t insns)
{
	fp_diag(u, FP_W_LONG_LIST, ir->span,
		"on %s libseccomp may make %zu instructions of linux.seccomp, and the kernel takes %u",
		t->name, insns, FP_CBPF_MAX);
	fp_diag_help(u, "test fewer values or open fewer ABIs; crun can take the filter itself: "
			"merge --arch=ARCH");
}

static const void *lower(struct fp_unit *u, const struct fp_ir *ir, const struct fp_target *t)
{
	const struct fp_seccomp_plan *plan = fp_seccomp_plan(u, ir, t);

	for (unsigned i = 0; i < FP_ARCH_N; i++)
		if (plan->filter[i].is_too_long)
			report_length(u, &plan->filter[i]);
	if (t->n_runtimes && plan->oci->insns_max > FP_CBPF_MAX)
		report_list(u, ir, t, plan->oci->insns_max);
	return plan;
}

static void emit_filter(struct fp_unit *u, const struct fp_seccomp_plan *plan,
			const struct fp_filter *f, struct fp_emission *out)
{
	const char *name = fp_arena_printf(&u->arena, "seccomp/%s.bpf", fp_arch_name(f->arch));
	struct fp_buf bytes, twin;

	fp_buf_init(&bytes, &u->arena);
	fp_buf_init(&twin, &u->arena);
	fp_code_bytes(&f->code, &bytes);
	fp_code_disassemble(name, fp_buf_text(&bytes), bytes.len, &twin);
	struct fp_artifact *a = fp_emit_file(out, name, &bytes, true);
	fp_filter_map(&plan->context, f, out, a);
	fp_emit_file(out, fp_arena_printf(&u->arena, "%s.txt", name), &twin, false);
}

static void flag(struct fp_buf *out, const char *name, uint32_t value)
{
	fp_buf_printf(out, "SECCOMP_FILTER_FLAG_%s 0x%" PRIx32 "\n", name, value);
}

/*
 * What to pass to seccomp(2) beside the blob, by value. Never SPEC_ALLOW: it gives up a
 * mitigation. TSYNC and a listener go together only with TSYNC_ESRCH.
 */
static void emit_flags(struct fp_unit *u, const struct fp_seccomp_plan *plan,
		       struct fp_emission *out)
{
	const struct fp_target *t = plan->context.target;
	bool has_esrch = fp_target_has(t, FP_FEAT_SECCOMP_TSYNC_ESRCH);
	struct fp_buf b;

	fp_buf_init(&b, &u->arena);
	if (!plan->is_notifying || has_esrch)
		flag(&b, "TSYNC", FLAG_TSYNC);
	if (plan->is_logging && fp_target_has(t, FP_FEAT_SECCOMP_LOG))
		flag(&b, "LOG", FLAG_LOG);
	if (plan->is_notifying) {
		flag(&b, "NEW_LISTENER", FLAG_NEW_LISTENER);
		if (has_esrch)
			flag(&b, "TSYNC_ESRCH", FLAG_TSYNC_ESRCH);
		if (fp_target_has(t, FP_FEAT_SECCOMP_WAIT_KILLABLE))
			flag(&b, "WAIT_KILLABLE_RECV", FLAG_WAIT_KILLABLE_RECV);
	}
	struct fp_artifact *a = fp_emit_file(out, "seccomp/flags", &b, false);
	fp_ir_each (plan->context.ir, FP_KIND_AUDIT, r)
		if (r->u.audit.denied)
			fp_emit_map(out, a, 0, (uint32_t)b.len, r);
}

static void emit_json(struct fp_unit *u, const struct fp_seccomp_plan *plan,
		      struct fp_emission *out)
{
	struct fp_json j;
	struct fp_buf b;

	fp_buf_init(&b, &u->arena);
	fp_json_begin(&j, u, &b);
	fp_seccomp_oci_tell(plan->oci, &j);
	fp_json_end(&j);
	struct fp_artifact *a = fp_emit_file(out, "seccomp/seccomp.json", &b, false);
	for (size_t i = 0; i < plan->oci->entries.n; i++) {
		const struct fp_seccomp_entry *e = &plan->oci->entries.at[i];
		fp_emit_pointer(out, a, fp_arena_printf(&u->arena, "/syscalls/%" PRIu32, e->index),
				&plan->context.ir->rules[e->rule]);
	}
}

static bool is_emitted(const struct fp_seccomp_plan *plan)
{
	bool is_any = false;

	for (unsigned i = 0; i < FP_ARCH_N; i++) {
		if (plan->filter[i].is_too_long)
			return false;
		is_any |= plan->filter[i].is_wanted;
	}
	return is_any;
}

static void emit(struct fp_unit *u, const void *plan_, struct fp_emission *out)
{
	const struct fp_seccomp_plan *plan = plan_;
	const struct fp_ir *ir = plan->context.ir;
	bool is_whole = is_emitted(plan);

	for (unsigned i = 0; is_whole && i < FP_ARCH_N; i++)
		if (plan->filter[i].is_wanted)
			emit_filter(u, plan, &plan->filter[i], out);
	if (is_whole) {
		emit_flags(u, plan, out);
		emit_json(u, plan, out);
	}
	for (size_t i = 0; i < ir->rule_count; i++) {
		const struct fp_claim *c = &plan->claims[i];
		if (!is_whole && c->kind != FP_CLAIM_NONE)
			fp_emit_claim(out, &ir->rules[i], FP_CLAIM_NONE,
				      "the filter is longer than the kernel takes");
		else
			fp_emit_claim(out, &ir->rules[i], c->kind, c->reason ? "%s" : NULL,
				      c->reason);
	}
}

static size_t count_nodes(const struct fp_filter *f, enum fp_graph_op op)
{
	size_t n = 0;

	for (size_t i = 0; i < f->code.n; i++)
		n += f->graph.nodes.at[f->code.node[i]].op == op;
	return n;
}

static void dump(struct fp_unit *u, const void *plan_, struct fp_buf *out)
{
	const struct fp_seccomp_plan *plan = plan_;

	(void)u;
	for (unsigned i = 0; i < FP_ARCH_N; i++) {
		const struct fp_filter *f = &plan->filter[i];
		if (!f->is_wanted)
			continue;
		fp_buf_printf(out,
			      "filter %s: %zu instructions, %zu returns, %zu calls by argument\n",
			      fp_arch_name((enum fp_arch)i), f->code.n,
			      count_nodes(f, FP_GRAPH_RET), f->calls.n);
		for (size_t k = 0; k < f->calls.n; k++)
			fp_buf_printf(out, "  %s %s\n", fp_abi(f->calls.at[k].abi)->name,
				      f->calls.at[k].sys->name);
	}
	fp_buf_printf(out, "oci: %" PRIu32 " rules\n", plan->oci->rules);
}

static const enum fp_feat features[] = {
	FP_FEAT_SECCOMP_KILL_PROCESS,    FP_FEAT_SECCOMP_LOG,
	FP_FEAT_SECCOMP_USER_NOTIF,      FP_FEAT_SECCOMP_TSYNC_ESRCH,
	FP_FEAT_SECCOMP_WAIT_KILLABLE,   FP_FEAT_SECCOMP_CONST_CACHE,
	FP_FEAT_SECCOMP_SEES_URETPROBE,  FP_FEAT_SECCOMP_SEES_UPROBE,
	FP_FEAT_OCI_SECCOMP_FLAGS,       FP_FEAT_OCI_SECCOMP_KILL_PROCESS,
	FP_FEAT_OCI_SECCOMP_ERRNO_RET,   FP_FEAT_OCI_SECCOMP_DEFAULT_ERRNO_RET,
	FP_FEAT_OCI_SECCOMP_NO_PROLOGUE, FP_FEAT_N,
};

const struct fp_backend fp_backend_seccomp = {
	.name = "seccomp",
	.summary = "system call filters: cBPF for each machine, and the same as OCI linux.seccomp",
	.layer = FP_LAYER_SECCOMP,
	.features = features,
	.lower = lower,
	.emit = emit,
	.dump = dump,
};
