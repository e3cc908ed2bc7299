/* SPDX-License-Identifier: MIT */
/* Rules about the policy as a document, and about what its layers add up to. */
#include "analysis/lint.h"

#include <string.h>

/* ---- assertions ---- */

static size_t count(const struct fp_lint *l, enum fp_assertion_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < l->ir->assertion_count; i++)
		n += l->ir->assertions[i].kind == kind;
	return n;
}

void fp_lint_no_test(struct fp_lint *l)
{
	if (!count(l, FP_ASSERT_TEST))
		fp_lint_found(l, NULL, "test", "%s", l->row->summary);
}

void fp_lint_no_never(struct fp_lint *l)
{
	if (!count(l, FP_ASSERT_NEVER))
		fp_lint_found(l, NULL, "never", "%s", l->row->summary);
}

void fp_lint_one_sided(struct fp_lint *l)
{
	size_t wanted[2] = { 0, 0 };

	for (size_t i = 0; i < l->ir->assertion_count; i++)
		if (l->ir->assertions[i].kind == FP_ASSERT_TEST)
			wanted[l->ir->assertions[i].wanted]++;
	if ((wanted[FP_ALLOW] == 0) != (wanted[FP_DENY] == 0))
		fp_lint_found(l, NULL, "test", "all tests say %s: %s",
			      wanted[FP_ALLOW] ? "allow" : "deny", l->row->summary);
}

/* ---- exceptions ---- */

void fp_lint_unenforced(struct fp_lint *l)
{
	for (size_t i = 0; i < l->ir->rule_count; i++)
		if (l->ir->rules[i].accepted)
			fp_lint_found(l, &l->ir->rules[i], fp_kind_section(l->ir->rules[i].kind),
				      "%s: %s", l->row->summary, l->ir->rules[i].text);
}

void fp_lint_no_end(struct fp_lint *l)
{
	for (size_t i = 0; i < l->ir->rule_count; i++) {
		const struct fp_rule *r = &l->ir->rules[i];
		if (r->is_widening && !r->until.year) {
			fp_lint_found(l, r, fp_kind_section(r->kind), "%s: %s", l->row->summary,
				      r->text);
			return;
		}
	}
}

void fp_lint_best_effort(struct fp_lint *l)
{
	for (enum fp_layer layer = 0; layer < FP_LAYER_N; layer++)
		if (l->ir->best_effort[layer] && l->ir->tier != FP_TIER_STANDARD)
			fp_lint_found(l, NULL, fp_layer_names[layer], "%s: %s", l->row->summary,
				      fp_layer_names[layer]);
}

void fp_lint_no_version(struct fp_lint *l)
{
	if (!l->ir->version[0])
		fp_lint_found(l, NULL, "version", "%s", l->row->summary);
}

void fp_lint_open_params(struct fp_lint *l)
{
	for (size_t i = 0; i < l->ir->open_param_count; i++)
		for (size_t k = 0; k < l->ir->rule_count; k++) {
			const struct fp_rule *r = &l->ir->rules[k];
			const char *mark =
				fp_arena_printf(&l->u->arena, "${%s}", l->ir->open_params[i]);
			if (r->kind == FP_KIND_MOUNT && r->u.mount.source &&
			    !strncmp(r->u.mount.source + 1, mark, strlen(mark)))
				fp_lint_found(l, r, l->ir->open_params[i], "%s: %s",
					      l->row->summary, r->text);
		}
}

void fp_lint_no_bound(struct fp_lint *l)
{
	if (l->ir->tier != FP_TIER_STANDARD && !l->ir->bound_count && l->ir->is_locked)
		fp_lint_found(l, NULL, "within", "%s", l->row->summary);
}

/* ---- layers ---- */

/* Targets on which fewer than two layers stop it, and what stops it on any of them. */
void fp_lint_one_layer(struct fp_lint *l)
{
	for (size_t i = 0; i < l->ir->assertion_count; i++) {
		const struct fp_assertion *a = &l->ir->assertions[i];
		const char *targets = NULL;
		unsigned by = 0;
		if (a->kind != FP_ASSERT_NEVER || !a->is_critical)
			continue;
		for (size_t k = 0; k < l->in->target_count; k++) {
			const struct fp_target_view *t = &l->in->targets[k];
			if (__builtin_popcount(t->stops[i]) > 1)
				continue;
			by |= t->stops[i];
			targets = targets ? fp_arena_printf(&l->u->arena, "%s, %s", targets,
							    t->target->name)
					  : t->target->name;
		}
		if (targets)
			fp_lint_found_at(l, a->span, fp_subject_section(a->subject.kind),
					 "`never %s` is critical, and %s alone stops it on %s",
					 a->text, fp_layers_text(&l->u->arena, by), targets);
	}
}

/* Kernels whose AppArmor lets the newer calls mount what the older one may not. */
void fp_lint_old_mount_rules(struct fp_lint *l)
{
	struct fp_counter c;

	if (!fp_lint_call(l, "move_mount", &c) && !fp_lint_call(l, "fsmount", &c))
		return;
	for (size_t i = 0; i < l->in->target_count; i++) {
		const struct fp_target_view *t = &l->in->targets[i];
		if (t->layers[FP_LAYER_APPARMOR].counts &&
		    !fp_target_has(t->target, FP_FEAT_AA_MOUNT_NEW_API))
			fp_lint_found(l, c.rule, t->target->name, "%s: %s on %s", l->row->summary,
				      c.example, t->target->name);
	}
}

void fp_lint_userns_layers(struct fp_lint *l)
{
	struct fp_counter c;

	for (size_t i = 0; i < l->subjects.n; i++) {
		const struct fp_assertion *a = l->subjects.at[i];
		if (!strstr(a->reason, "FPX011"))
			continue;
		c = fp_lint_ask(l, &a->subject);
		for (size_t k = 0; c.outcome == FP_FAILS && k < l->in->target_count; k++) {
			const struct fp_target_view *t = &l->in->targets[k];
			if (!t->layers[FP_LAYER_APPARMOR].counts ||
			    !fp_target_has(t->target, FP_FEAT_AA_USERNS))
				fp_lint_found(l, c.rule, t->target->name, "%s: %s on %s",
					      l->row->summary, c.example, t->target->name);
		}
		if (c.outcome == FP_FAILS)
			return;
	}
}

void fp_lint_uring_layers(struct fp_lint *l)
{
	struct fp_counter c;

	if (!fp_lint_call(l, "io_uring_setup", &c))
		return;
	for (size_t i = 0; i < l->in->target_count; i++) {
		const struct fp_target_view *t = &l->in->targets[i];
		if (!fp_target_has(t->target, FP_FEAT_AA_IO_URING) &&
		    !fp_target_has(t->target, FP_FEAT_SE_IO_URING_ALLOWED))
			fp_lint_found(l, c.rule, t->target->name, "%s: %s on %s", l->row->summary,
				      c.example, t->target->name);
	}
}

/* Path rules that only an LSM holds, where the target runs none. */
void fp_lint_paths_layers(struct fp_lint *l)
{
	for (size_t i = 0; i < l->in->target_count; i++) {
		const struct fp_target_view *t = &l->in->targets[i];
		fp_ir_each (l->ir, FP_KIND_FILE, r) {
			bool held = false;
			for (enum fp_layer k = 0; k < FP_LAYER_N; k++)
				held |= fp_layer_holds(t, k, r) && !l->ir->best_effort[k];
			if (held || r->accepted)
				continue;
			fp_lint_found(l, r, t->target->name, "%s on %s: %s", l->row->summary,
				      t->target->name, r->text);
			break;
		}
	}
}

/* Abstract sockets belong to the network namespace, not to the file system. */
void fp_lint_abstract_unix(struct fp_lint *l)
{
	struct fp_counter c;

	if (fp_lint_is_new(l, FP_NS_NETWORK) || !fp_lint_call(l, "socket", &c))
		return;
	for (size_t i = 0; i < l->subjects.n; i++) {
		if (strcmp(l->subjects.at[i]->reason, "FPF030"))
			continue;
		c = fp_lint_ask(l, &l->subjects.at[i]->subject);
		if (c.outcome == FP_FAILS)
			fp_lint_found(l, c.rule, "socket", "%s: %s", l->row->summary, c.example);
	}
}

/* True if a stricter rule decides before r whatever the arguments are, and is not there to take r
 * back. */
static bool is_covered(const struct fp_ir *ir, const struct fp_call_plan *plan,
		       const struct fp_rule *r)
{
	for (size_t k = 0; k < plan->n && plan->at[k].rule != r; k++)
		for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
			const struct fp_pred *w = plan->at[k].rule->u.call.when[abi];
			if (w && w->op == FP_PRED_TRUE &&
			    !fp_ir_is_taken_back(ir, r, plan->at[k].rule))
				return true;
		}
	return false;
}

/* A clause that no arguments reach: stricter rules of the call decide before it, always. */
void fp_lint_unreachable(struct fp_lint *l)
{
	fp_ir_each (l->ir, FP_KIND_CALL, r) {
		bool speaks = r->u.call.is_audit;
		for (size_t i = 0; i < r->u.call.calls.n && !speaks; i++)
			speaks = !is_covered(l->ir, &l->ir->calls[r->u.call.calls.at[i]], r);
		if (!speaks)
			fp_lint_found(l, r, fp_sys_at(r->u.call.calls.at[0])->name, "%s: %s",
				      l->row->summary, r->text);
	}
}
