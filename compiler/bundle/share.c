/* SPDX-License-Identifier: MIT */
/* A policy as one layer has it, or all that count: by their claims, and nothing besides. */
#include "bundle/bundle.h"

/* One layer's share of a policy while it is taken out. */
struct share {
	struct fp_unit *u;
	const struct fp_ir *ir;
	const struct fp_bundle_target *t;
	enum fp_layer layer;
	struct fp_ir out;
	struct fp_rule *rules;
};

static bool layer_holds(const struct fp_bundle_target *t, enum fp_layer layer,
			const struct fp_rule *r)
{
	enum fp_claim_kind how = t->layers[layer].claims[r->id].kind;

	return how == FP_CLAIM_EXACT || how == FP_CLAIM_NARROWER;
}

static bool holds(const struct share *s, const struct fp_rule *r)
{
	if (s->layer < FP_LAYER_N)
		return layer_holds(s->t, s->layer, r);
	for (enum fp_layer l = 0; l < FP_LAYER_N; l++)
		if (s->t->counts[l] && layer_holds(s->t, l, r))
			return true;
	return false;
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
	case FP_KIND_DEVICE:
		return r->u.device.effect == FP_DENY;
	case FP_KIND_MASK:
	case FP_KIND_READONLY:
	case FP_KIND_LIMIT:
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
		r->u.mount = (struct fp_rule_mount){ .type = r->u.mount.type, .on = r->u.mount.on };
	else if (r->kind == FP_KIND_NAMESPACE && !held)
		r->u.ns.is_new = false;
	else if (r->kind == FP_KIND_NO_NEW_PRIVILEGES && !held)
		r->u.flag = false;
	else if (r->kind == FP_KIND_USER && !held)
		r->u.user = (struct fp_rule_user){ 0 };
	else if (r->kind == FP_KIND_DEVICE_DEFAULT)
		open_default(s, r, FP_KIND_DEVICE);
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

const struct fp_ir *fp_bundle_share(struct fp_unit *u, const struct fp_ir *ir,
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
