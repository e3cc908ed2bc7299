/* SPDX-License-Identifier: MIT */
/* How many layers stand between a job and what must never happen, each asked as if it were alone.
 */
#include "bundle/bundle.h"
#include "ir/decide.h"

#include <string.h>

/* One layer's share of a policy while it is taken out. */
struct share {
	struct fp_unit *u;
	const struct fp_ir *ir;
	const struct fp_bundle_target *t;
	enum fp_layer layer;
	struct fp_ir out;
	struct fp_rule *rules;
};

static bool holds(const struct share *s, const struct fp_rule *r)
{
	enum fp_claim_kind how = s->t->layers[s->layer].claims[r->id].kind;

	return how == FP_CLAIM_EXACT || how == FP_CLAIM_NARROWER;
}

static bool refuses_call(const struct fp_rule *r)
{
	return r->u.call.decision.action <= FP_ACT_ERRNO;
}

static bool is_refusal(const struct fp_rule *r)
{
	switch (r->kind) {
	case FP_KIND_CALL:
		return refuses_call(r);
	case FP_KIND_FILE:
		return r->u.file.effect == FP_DENY;
	case FP_KIND_EGRESS:
	case FP_KIND_INGRESS:
		return r->u.net.effect == FP_DENY;
	case FP_KIND_MASK:
	case FP_KIND_READONLY:
		return true;
	case FP_KIND_CALL_DEFAULT:
	case FP_KIND_CALL_UNKNOWN:
	case FP_KIND_CALL_ABI:
	case FP_KIND_CAPABILITY:
	case FP_KIND_USER:
	case FP_KIND_NO_NEW_PRIVILEGES:
	case FP_KIND_UMASK:
	case FP_KIND_WORKDIR:
	case FP_KIND_NAMESPACE:
	case FP_KIND_ID_MAP:
	case FP_KIND_ROOT:
	case FP_KIND_MOUNT:
	case FP_KIND_FILE_DEFAULT:
	case FP_KIND_EGRESS_DEFAULT:
	case FP_KIND_INGRESS_DEFAULT:
	case FP_KIND_DEVICE_DEFAULT:
	case FP_KIND_DEVICE:
	case FP_KIND_LIMIT:
	case FP_KIND_AUDIT:
	case FP_KIND_N:
		break;
	}
	return false;
}

/* A default counts only if no grant of its kind is wider in the layer: it may be all there is. */
static bool is_closed(const struct share *s, enum fp_kind kind, enum fp_kind by_default)
{
	fp_ir_each (s->ir, kind, r)
		if (!is_refusal(r) && !holds(s, r))
			return false;
	fp_ir_each (s->ir, by_default, r)
		if (!holds(s, r))
			return false;
	return true;
}

static void open_default(const struct share *s, struct fp_rule *r, enum fp_kind kind)
{
	if (!is_closed(s, kind, r->kind))
		r->u.effect = FP_ALLOW;
}

/* The rule as the layer has it; false: not at all. */
static bool weaken(const struct share *s, struct fp_rule *r)
{
	bool held = holds(s, r);

	if (is_refusal(r))
		return held;
	if (r->kind == FP_KIND_ROOT && !held)
		r->u.root.is_readonly = false;
	else if (r->kind == FP_KIND_MOUNT && !held)
		r->u.mount.flags = 0;
	else if (r->kind == FP_KIND_FILE_DEFAULT)
		open_default(s, r, FP_KIND_FILE);
	else if (r->kind == FP_KIND_EGRESS_DEFAULT)
		open_default(s, r, FP_KIND_EGRESS);
	else if (r->kind == FP_KIND_INGRESS_DEFAULT)
		open_default(s, r, FP_KIND_INGRESS);
	return true;
}

static void take_rules(struct share *s)
{
	size_t n = 0;

	s->rules = FP_NEW_ARRAY(&s->u->arena, s->ir->rule_count, struct fp_rule);
	for (enum fp_kind kind = 0; kind < FP_KIND_N; kind++) {
		s->out.first[kind] = (uint32_t)n;
		fp_ir_each (s->ir, kind, r) {
			struct fp_rule mine = *r;
			if (!weaken(s, &mine))
				continue;
			mine.id = (uint32_t)n;
			s->rules[n++] = mine;
		}
	}
	s->out.first[FP_KIND_N] = (uint32_t)n;
	s->out.rules = s->rules;
	s->out.rule_count = n;
}

static void take_calls(struct share *s)
{
	const struct fp_decision allow = { .action = FP_ACT_ALLOW };
	struct fp_call_plan *plans =
		FP_NEW_ARRAY(&s->u->arena, fp_sys_count(), struct fp_call_plan);

	for (size_t i = 0; i < fp_sys_count(); i++) {
		const struct fp_call_plan *from = &s->ir->calls[i];
		struct fp_clause *to = FP_NEW_ARRAY(&s->u->arena, from->n, struct fp_clause);
		for (size_t k = 0; k < from->n; k++)
			if (!refuses_call(from->at[k].rule) || holds(s, from->at[k].rule))
				to[plans[i].n++] = from->at[k];
		plans[i].at = to;
	}
	s->out.calls = plans;
	if (!is_closed(s, FP_KIND_CALL, FP_KIND_CALL_DEFAULT))
		s->out.call_default = allow;
	if (!is_closed(s, FP_KIND_CALL, FP_KIND_CALL_UNKNOWN))
		s->out.call_unknown = allow;
}

/* What it does not hold is permitted. */
static const struct fp_ir *share_of(struct fp_unit *u, const struct fp_ir *ir,
				    const struct fp_bundle_target *t, enum fp_layer layer)
{
	struct share *s = FP_NEW(&u->arena, struct share);

	*s = (struct share){ .u = u, .ir = ir, .t = t, .layer = layer, .out = *ir };
	take_rules(s);
	take_calls(s);
	fp_ir_each (ir, FP_KIND_CAPABILITY, r)
		if (!holds(s, r))
			s->out.caps = UINT64_MAX;
	return &s->out;
}

static bool stops(struct fp_prover *p, const struct fp_ir *ir, const struct fp_subject *s)
{
	switch (s->kind) {
	case FP_SUBJECT_CALL:
		return fp_decide_calls(p, ir, s, true).outcome == FP_HOLDS;
	case FP_SUBJECT_PATH:
		return fp_decide_paths(p, ir, s, true).outcome == FP_HOLDS;
	case FP_SUBJECT_EGRESS:
	case FP_SUBJECT_INGRESS:
		return fp_decide_net(p, ir, s, true).outcome == FP_HOLDS;
	case FP_SUBJECT_CAPABILITY:
		break;
	}
	return !(ir->caps >> s->cap & 1);
}

static bool is_critical(const struct fp_assertion *a)
{
	return a->kind == FP_ASSERT_NEVER && a->is_critical;
}

/* The filter of the runtime and ours are one mechanism: for calls the runtime does not count. */
static void ask_layer(struct fp_prover *p, const struct fp_ir *ir, struct fp_bundle_target *t,
		      enum fp_layer layer)
{
	const struct fp_ir *share = NULL;

	for (size_t i = 0; i < ir->assertion_count; i++) {
		const struct fp_assertion *a = &ir->assertions[i];
		if (!is_critical(a) ||
		    (a->subject.kind == FP_SUBJECT_CALL && layer == FP_LAYER_OCI))
			continue;
		share = share ? share : share_of(p->u, ir, t, layer);
		if (stops(p, share, &a->subject))
			t->stops[i] |= (uint8_t)(1u << layer);
	}
}

static bool is_waived(const struct fp_ir *ir, const struct fp_assertion *a)
{
	const char *section = fp_subject_section(a->subject.kind);

	for (size_t i = 0; i < ir->waiver_count; i++) {
		const struct fp_waiver *w = &ir->waivers[i];
		if ((!strcmp(w->lint, "one-layer-only") || !strcmp(w->lint, "FPG008")) &&
		    (!w->place[0] || !strcmp(w->place, section)))
			return true;
	}
	return false;
}

/* A set is told once, by its first call that is stopped by too little. */
static bool was_told(struct fp_unit *u, const struct fp_bundle *b, size_t n)
{
	const struct fp_assertion *a = &b->ir->assertions[n];

	for (size_t i = 0; a->group && i < n; i++) {
		const struct fp_assertion *before = &b->ir->assertions[i];
		if (is_critical(before) && before->group && !strcmp(before->group, a->group) &&
		    fp_bundle_shallow(u, b, i))
			return true;
	}
	return false;
}

/* The lint has a finding for it, and waivers of its own. */
static void report(struct fp_unit *u, const struct fp_bundle *b, size_t n)
{
	const struct fp_assertion *a = &b->ir->assertions[n];
	const char *targets = fp_bundle_shallow(u, b, n);
	unsigned by = 0;

	if (!targets || u->options.is_lint || is_waived(b->ir, a) || was_told(u, b, n))
		return;
	for (size_t i = 0; i < b->target_count; i++)
		if (__builtin_popcount(b->targets[i].stops[n]) < 2)
			by |= b->targets[i].stops[n];
	fp_diag(u, FP_W_ONE_LAYER, a->span, "`never %s` is critical, and %s alone stops it on %s",
		a->text, fp_layers_text(&u->arena, by), targets);
	fp_diag_help(u,
		     "say what else does: waive one-layer-only on %s because \"...\" by \"...\" "
		     "until DATE;",
		     fp_subject_section(a->subject.kind));
}

void fp_bundle_depth(struct fp_unit *u, struct fp_bundle *b)
{
	struct fp_prover p;

	fp_prover_init(&p, u, NULL);
	for (size_t i = 0; i < b->target_count; i++) {
		struct fp_bundle_target *t = &b->targets[i];
		t->stops = FP_NEW_ARRAY(&u->arena, b->ir->assertion_count, uint8_t);
		for (enum fp_layer l = 0; l < FP_LAYER_N; l++)
			if (t->counts[l])
				ask_layer(&p, b->ir, t, l);
	}
	fp_arena_free(p.paths);
	for (size_t i = 0; i < b->ir->assertion_count; i++)
		if (is_critical(&b->ir->assertions[i]))
			report(u, b, i);
}

const char *fp_bundle_shallow(struct fp_unit *u, const struct fp_bundle *b, size_t never)
{
	const char *names = NULL;

	for (size_t i = 0; i < b->target_count; i++) {
		const struct fp_bundle_target *t = &b->targets[i];
		if (__builtin_popcount(t->stops[never]) > 1)
			continue;
		names = names ? fp_arena_printf(&u->arena, "%s, %s", names, t->target->name)
			      : t->target->name;
	}
	return names;
}
