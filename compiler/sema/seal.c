/* SPDX-License-Identifier: MIT */
/* Sealing: contradictions decided, order removed, and what rules mean together written down. */
#include "ir/decide.h"
#include "ir/eval.h"
#include "sema/sema.h"

#include <stdlib.h>
#include <string.h>

static int by_text_or_none(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) : !a - !b;
}

/* What has no end first, then the latest. */
static int by_end(struct fp_date a, struct fp_date b)
{
	return a.year && b.year ? fp_date_cmp(b, a) : !b.year - !a.year;
}

/*
 * Of equal sentences the nearest speaks, and of those the one that lasts longest: what a reader is
 * told must not depend on which was written first.
 */
static int by_standing(const struct fp_draft_rule *x, const struct fp_draft_rule *y)
{
	int c = (x->level > y->level) - (x->level < y->level);

	c = c ? c : x->rule.is_implied - y->rule.is_implied;
	c = c ? c : x->rule.is_widening - y->rule.is_widening;
	c = c ? c : by_end(x->rule.until, y->rule.until);
	c = c ? c : by_text_or_none(x->rule.because, y->rule.because);
	c = c ? c : by_text_or_none(x->rule.accepted, y->rule.accepted);
	return c ? c
		 : (x->rule.span.begin > y->rule.span.begin) -
			       (x->rule.span.begin < y->rule.span.begin);
}

static int by_key(const void *a, const void *b)
{
	const struct fp_draft_rule *x = a, *y = b;
	int c = (int)x->rule.kind - (int)y->rule.kind;

	c = c ? c : strcmp(x->key ? x->key : "", y->key ? y->key : "");
	c = c ? c : (x->level > y->level) - (x->level < y->level);
	c = c ? c : strcmp(x->rule.text, y->rule.text);
	return c ? c : by_standing(x, y);
}

static void conflict(struct fp_sema *s, const struct fp_rule *a, const struct fp_rule *b)
{
	const struct fp_rule *first = a->span.begin <= b->span.begin ? a : b;
	const struct fp_rule *second = first == a ? b : a;

	fp_diag(s->u, FP_E_CONFLICT, second->span, "'%s' contradicts '%s'", second->text,
		first->text);
	fp_diag_note(s->u, first->span, "said here");
	fp_diag_help(s->u, "keep one of them: order never decides");
}

/* Of rules with one key, those nearest to the policy stand; what its bases said gives way. */
static void choose(struct fp_sema *s, struct fp_draft *d)
{
	size_t kept = 0;

	if (d->rules.n)
		qsort(d->rules.at, d->rules.n, sizeof(d->rules.at[0]), by_key);
	for (size_t i = 0; i < d->rules.n; i++) {
		const struct fp_draft_rule *r = &d->rules.at[i],
					   *last = &d->rules.at[kept - !!kept];
		if (kept && r->key && last->key && last->rule.kind == r->rule.kind &&
		    !strcmp(last->key, r->key)) {
			if (last->level == r->level && strcmp(last->rule.text, r->rule.text))
				conflict(s, &last->rule, &r->rule);
			continue;
		}
		d->rules.at[kept++] = *r;
	}
	d->rules.n = kept;
}

/* Kinds that are one statement in several rules: the nearest policy that speaks of them speaks
 * alone. */
static void nearest_only(struct fp_draft *d, enum fp_kind kind)
{
	unsigned level = ~0u;
	size_t kept = 0;

	for (size_t i = 0; i < d->rules.n; i++)
		if (d->rules.at[i].rule.kind == kind && d->rules.at[i].level < level)
			level = d->rules.at[i].level;
	for (size_t i = 0; i < d->rules.n; i++)
		if (d->rules.at[i].rule.kind != kind || d->rules.at[i].level == level)
			d->rules.at[kept++] = d->rules.at[i];
	d->rules.n = kept;
}

static void check_caps(struct fp_sema *s, struct fp_draft *d)
{
	const struct fp_rule *none = NULL, *some = NULL;

	for (size_t i = 0; i < d->rules.n; i++) {
		const struct fp_rule *r = &d->rules.at[i].rule;
		if (r->kind != FP_KIND_CAPABILITY)
			continue;
		d->ir->caps |= r->u.caps.set;
		if (r->u.caps.set)
			some = r;
		else
			none = r;
	}
	if (none && some)
		conflict(s, none, some);
}

static const struct fp_rule *limit_of(const struct fp_draft *d, enum fp_limit limit)
{
	for (size_t i = 0; i < d->rules.n; i++) {
		const struct fp_rule *r = &d->rules.at[i].rule;
		if (r->kind == FP_KIND_LIMIT && r->u.limit.limit == limit)
			return r;
	}
	return NULL;
}

/* Above the hard limit neither throttles nor protects; asked here, where parameters and bases have
 * been put in. */
static void check_memory(struct fp_sema *s, const struct fp_draft *d)
{
	static const enum fp_limit soft[] = { FP_LIM_MEMORY_HIGH, FP_LIM_MEMORY_LOW };
	const struct fp_rule *hard = limit_of(d, FP_LIM_MEMORY);

	for (size_t i = 0; i < sizeof(soft) / sizeof(soft[0]); i++) {
		const struct fp_rule *r = limit_of(d, soft[i]);
		if (!hard || !r || r->u.limit.value <= hard->u.limit.value)
			continue;
		fp_diag(s->u, FP_E_CONFLICT, r->span, "'%s' is above '%s' and would do nothing",
			r->text, hard->text);
		fp_diag_note(s->u, hard->span, "the limit is here");
		fp_diag_help(s->u, "say both in one statement: `memory LIMIT %s LESS;`",
			     soft[i] == FP_LIM_MEMORY_HIGH ? "high" : "low");
	}
}

#define MAX_ID_MAPS 340u /* of each file /proc/PID/{uid,gid}_map: UID_GID_MAP_MAX_EXTENTS */

static int by_device(const void *a, const void *b)
{
	const struct fp_rule *x = *(const struct fp_rule *const *)a;
	const struct fp_rule *y = *(const struct fp_rule *const *)b;
	int c = strcmp(x->u.limit.device, y->u.limit.device);

	return c ? c : strcmp(x->text, y->text);
}

/* A path has one number: with two, a policy would seem to keep a limit that its base set on the
 * other. */
static void check_devices(struct fp_sema *s, const struct fp_draft *d)
{
	FP_VEC(const struct fp_rule *) io = { 0 };

	for (size_t i = 0; i < d->rules.n; i++)
		if (d->rules.at[i].rule.kind == FP_KIND_LIMIT && d->rules.at[i].rule.u.limit.device)
			fp_vec_push(&s->u->arena, &io, &d->rules.at[i].rule);
	if (io.n)
		qsort(io.at, io.n, sizeof(io.at[0]), by_device);
	for (size_t i = 1; i < io.n; i++) {
		const struct fp_rule_limit *x = &io.at[i - 1]->u.limit, *y = &io.at[i]->u.limit;
		if (!strcmp(x->device, y->device) && (x->has_number != y->has_number ||
						      x->major != y->major || x->minor != y->minor))
			conflict(s, io.at[i - 1], io.at[i]);
	}
}

static bool overlap(uint32_t a, uint32_t b, uint32_t a_count, uint32_t b_count)
{
	return a < (uint64_t)b + b_count && b < (uint64_t)a + a_count;
}

/* The kernel refuses a map in which an identity, inside or outside, stands twice
 * (user_namespaces(7)). */
static void check_overlaps(struct fp_sema *s, const struct fp_draft *d)
{
	size_t first = 0, end;

	while (first < d->rules.n && d->rules.at[first].rule.kind != FP_KIND_ID_MAP)
		first++;
	for (end = first; end < d->rules.n && d->rules.at[end].rule.kind == FP_KIND_ID_MAP;)
		end++;
	if (end - first > MAX_ID_MAPS)
		fp_diag(s->u, FP_E_IDMAP, d->rules.at[end - 1].rule.span,
			"a map has at most %u lines", MAX_ID_MAPS);
	for (size_t i = first; i < end && end - first <= MAX_ID_MAPS; i++)
		for (size_t j = first; j < i; j++) {
			const struct fp_rule *a = &d->rules.at[j].rule, *b = &d->rules.at[i].rule;
			const struct fp_rule_idmap *x = &a->u.idmap, *y = &b->u.idmap;
			if (x->is_group != y->is_group)
				continue;
			bool is_inside = overlap(x->inside, y->inside, x->count, y->count);
			if (!is_inside && !overlap(x->outside, y->outside, x->count, y->count))
				continue;
			fp_diag(s->u, FP_E_IDMAP, b->span, "this map overlaps another one %s",
				is_inside ? "inside" : "on the host");
			fp_diag_note(s->u, a->span, "the other one");
		}
}

static void check_idmaps(struct fp_sema *s, struct fp_draft *d)
{
	bool host = false, users = false, groups = false;
	const struct fp_rule *explicit_map = NULL, *ns = NULL;
	size_t kept = 0;

	for (size_t i = 0; i < d->rules.n; i++) {
		const struct fp_rule *r = &d->rules.at[i].rule;
		if (r->kind == FP_KIND_NAMESPACE && r->u.ns.ns == FP_NS_USER) {
			host = !r->u.ns.is_new;
			ns = r;
		}
		if (r->kind == FP_KIND_ID_MAP) {
			*(r->u.idmap.is_group ? &groups : &users) = true;
			explicit_map = r->is_implied ? explicit_map : r;
		}
	}
	if (host && explicit_map) {
		fp_diag(s->u, FP_E_IDMAP, explicit_map->span,
			"the host's user namespace has no map of ours");
		fp_diag_note(s->u, ns->span, "the host's user namespace is kept here");
	} else if (!host && users != groups) {
		fp_diag(s->u, FP_E_IDMAP, explicit_map ? explicit_map->span : d->ir->span,
			"the map of %s is missing", users ? "groups" : "users");
		fp_diag_help(s->u, "a new user namespace needs both: map %s FIRST..LAST to HOST;",
			     users ? "groups" : "users");
	}
	for (size_t i = 0; i < d->rules.n && host; i++)
		if (d->rules.at[i].rule.kind != FP_KIND_ID_MAP)
			d->rules.at[kept++] = d->rules.at[i];
	d->rules.n = host ? kept : d->rules.n;
}

/* One rule says what is closed; it carries the whole set that is open. */
static void foreign_abis(struct fp_sema *s, struct fp_draft *d)
{
	struct fp_draft_rule closed = { .rule = { .kind = FP_KIND_CALL_ABI,
						  .is_implied = true,
						  .text = "every other foreign abi: kill" } };

	for (size_t i = 0; i < d->rules.n; i++)
		if (d->rules.at[i].rule.kind == FP_KIND_CALL_ABI)
			d->ir->foreign_abis |= d->rules.at[i].rule.u.abis;
	closed.rule.u.abis = d->ir->foreign_abis;
	closed.rule.span = d->ir->span;
	fp_vec_push(&s->u->arena, &d->rules, closed);
}

static void call_defaults(struct fp_draft *d)
{
	for (size_t i = 0; i < d->rules.n; i++) {
		const struct fp_rule *r = &d->rules.at[i].rule;
		if (r->kind == FP_KIND_CALL_DEFAULT)
			d->ir->call_default = r->u.decision;
		if (r->kind != FP_KIND_CALL_UNKNOWN)
			continue;
		d->ir->call_unknown = r->u.unknown.decision;
		d->ir->reviewed = r->u.unknown.reviewed;
	}
}

/* `unknown` unsaid is what `default` says: nothing is let through for being new. */
static void unknown_follows_default(struct fp_sema *s, struct fp_draft *d)
{
	struct fp_draft_rule r = { .rule = { .kind = FP_KIND_CALL_UNKNOWN,
					     .is_implied = true,
					     .text = "unknown: as default",
					     .span = d->ir->span } };

	for (size_t i = 0; i < d->rules.n; i++) {
		if (d->rules.at[i].rule.kind == FP_KIND_CALL_UNKNOWN)
			return;
		if (d->rules.at[i].rule.kind == FP_KIND_CALL_DEFAULT)
			r.rule.u.unknown.decision = d->rules.at[i].rule.u.decision;
	}
	fp_vec_push(&s->u->arena, &d->rules, r);
}

static bool has_call(const struct fp_call_set *set, uint16_t index)
{
	size_t lo = 0, hi = set->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (set->at[mid] < index)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < set->n && set->at[lo] == index;
}

/* Where a call is allowed on an ABI: the join of what allow and log rules say, or all by default.
 */
static const struct fp_pred *allowed_when(struct fp_sema *s, const struct fp_draft *d, size_t rules,
					  uint16_t call, enum fp_abi abi)
{
	FP_VEC(const struct fp_pred *) any = { 0 };

	if (d->ir->call_default.action == FP_ACT_ALLOW)
		return fp_pred_const(&s->u->arena, true);
	for (size_t i = 0; i < rules; i++) {
		const struct fp_rule *r = &d->rules.at[i].rule;
		if (r->kind == FP_KIND_CALL && r->u.call.decision.action == FP_ACT_ALLOW &&
		    r->u.call.when[abi] && has_call(&r->u.call.calls, call))
			fp_vec_push(&s->u->arena, &any, r->u.call.when[abi]);
	}
	return fp_pred_join(&s->u->arena, FP_PRED_OR, any.at, any.n);
}

/* `audit { allowed c; }`: what is allowed of c is logged. It permits nothing that was not. */
static void audit_calls(struct fp_sema *s, struct fp_draft *d)
{
	size_t rules = d->rules.n;

	for (size_t i = 0; i < rules; i++) {
		const struct fp_rule audit = d->rules.at[i].rule;
		if (audit.kind != FP_KIND_AUDIT)
			continue;
		for (size_t j = 0; j < audit.u.audit.allowed.n; j++) {
			uint16_t *call = FP_NEW(&s->u->arena, uint16_t);
			struct fp_draft_rule r = { .rule = audit };
			*call = audit.u.audit.allowed.at[j];
			r.rule.kind = FP_KIND_CALL;
			r.rule.text = fp_arena_printf(&s->u->arena, "log where allowed: %s",
						      fp_sys_at(*call)->name);
			r.rule.u.call = (struct fp_rule_call){ .decision = { .action = FP_ACT_LOG },
							       .calls = { .at = call, .n = 1 },
							       .is_audit = true };
			for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
				if (fp_sys_at(*call)->nr[abi] >= 0)
					r.rule.u.call.when[abi] =
						allowed_when(s, d, rules, *call, abi);
			fp_vec_push(&s->u->arena, &d->rules, r);
		}
	}
}

static int by_text(const void *a, const void *b)
{
	const struct fp_draft_rule *x = a, *y = b;
	int c = (int)x->rule.kind - (int)y->rule.kind;

	c = c ? c : strcmp(x->rule.text, y->rule.text);
	return c ? c : by_standing(x, y);
}

/* The same sentence twice is one rule; the reasons and dates of the nearest are kept. */
static void number_rules(struct fp_sema *s, struct fp_draft *d)
{
	struct fp_rule *rules = FP_NEW_ARRAY(&s->u->arena, d->rules.n, struct fp_rule);
	size_t n = 0;

	qsort(d->rules.at, d->rules.n, sizeof(d->rules.at[0]), by_text);
	for (size_t i = 0; i < d->rules.n; i++) {
		const struct fp_rule *r = &d->rules.at[i].rule;
		if (n && rules[n - 1].kind == r->kind && !strcmp(rules[n - 1].text, r->text)) {
			if (!rules[n - 1].because)
				rules[n - 1].because = r->because;
			if (!rules[n - 1].accepted)
				rules[n - 1].accepted = r->accepted;
			rules[n - 1].is_implied &= r->is_implied;
			continue;
		}
		rules[n] = *r;
		rules[n].id = (uint32_t)n;
		n++;
	}
	d->ir->rules = rules;
	d->ir->rule_count = n;
	for (size_t i = 0, k = 0; k <= FP_KIND_N; k++) {
		while (i < n && rules[i].kind < k)
			i++;
		d->ir->first[k] = (uint32_t)i;
	}
}

static bool is_unconditional(const struct fp_rule *r)
{
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
		if (r->u.call.when[abi] && r->u.call.when[abi]->op != FP_PRED_TRUE)
			return false;
	return true;
}

/* Two numbers for one refusal: nothing says which the caller should see. */
static void check_clauses(struct fp_sema *s, const struct fp_clause *c, size_t n)
{
	const struct fp_rule *first = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!is_unconditional(c[i].rule))
			continue;
		if (first && first->u.call.decision.action == c[i].decision.action &&
		    first->u.call.decision.data != c[i].decision.data)
			conflict(s, first, c[i].rule);
		first = c[i].rule;
	}
}

static void plan_calls(struct fp_sema *s, struct fp_ir *ir)
{
	ir->calls = fp_ir_plan_calls(&s->u->arena, ir);
	for (size_t i = 0; i < fp_sys_count(); i++)
		check_clauses(s, ir->calls[i].at, ir->calls[i].n);
}

static bool can_be_reached(const struct fp_ir *ir, const struct fp_sysdef *sys)
{
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
		if (sys->nr[abi] >= 0 && (fp_abi(abi)->is_native || ir->foreign_abis & 1u << abi))
			return true;
	return false;
}

/* Rules that name one call and can never speak: no open ABI has it, or a stricter rule always does
 * first. */
static void dead_rules(struct fp_sema *s, const struct fp_ir *ir)
{
	fp_ir_each (ir, FP_KIND_CALL, r) {
		if (r->u.call.calls.n != 1 || r->is_implied || r->u.call.is_audit)
			continue; /* what audit adds shadows nothing: it lets through, and tells */
		const struct fp_sysdef *sys = fp_sys_at(r->u.call.calls.at[0]);
		const struct fp_clause *over = ir->calls[sys->index].at;
		while (over->rule->u.call.is_audit)
			over++;
		if (!can_be_reached(ir, sys)) {
			fp_diag(s->u, FP_W_DEAD_RULE, r->span, "no open ABI has the call '%s'",
				sys->name);
			fp_diag_help(s->u,
				     "it exists on foreign ABIs only: open one with `abi`, or "
				     "remove the rule");
			continue;
		}
		if (over->rule == r || !is_unconditional(over->rule) ||
		    fp_ir_is_taken_back(ir, r, over->rule))
			continue;
		fp_diag(s->u, FP_W_DEAD_RULE, r->span, "this rule never speaks: '%s' is stricter",
			over->rule->text);
		fp_diag_note(s->u, over->rule->span, "said here");
	}
}

/* socketcall and ipc hide arguments behind a pointer: a rule on them would be walked around. */
static void multiplexed(struct fp_sema *s, const struct fp_ir *ir)
{
	const struct fp_sysdef *mux;
	uint32_t sub;

	for (size_t i = 0; i < fp_sys_count(); i++) {
		const struct fp_sysdef *sys = fp_sys_at(i);
		for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
			if (!(ir->foreign_abis & 1u << abi) ||
			    !fp_sys_multiplexed(sys, abi, &mux, &sub) || ir->calls[mux->index].n)
				continue;
			struct fp_unseen hidden = fp_eval_unseen(ir, sys, abi);
			if (!hidden.is_tested)
				continue;
			const struct fp_rule *r = hidden.rule;
			fp_diag(s->u, FP_E_MULTIPLEXED, r->span,
				"on %s programs can reach %s through %s, which hides its arguments",
				fp_abi(abi)->name, sys->name, mux->name);
			fp_diag_help(s->u,
				     "decide it: `deny %s errno ENOSYS;` closes that way, for "
				     "programs whose C library knows the direct call; `allow %s;` "
				     "opens it, whatever the arguments",
				     mux->name, mux->name);
		}
	}
}

static int by_assertion(const void *a, const void *b)
{
	const struct fp_assertion *x = a, *y = b;
	int c = (int)x->kind - (int)y->kind;

	c = c ? c : strcmp(x->text, y->text);
	return c ? c : (int)x->wanted - (int)y->wanted;
}

/* Equal ones too have an order: the first one's reason is told. */
static int by_assertion_and_reason(const void *a, const void *b)
{
	const struct fp_assertion *x = a, *y = b;
	int c = by_assertion(a, b);

	c = c ? c : by_end(x->until, y->until);
	return c ? c : by_text_or_none(x->reason, y->reason);
}

static int by_waiver(const void *a, const void *b)
{
	const struct fp_waiver *x = a, *y = b;
	int c = strcmp(x->lint, y->lint);

	c = c ? c : strcmp(x->place, y->place);
	c = c ? c : strcmp(x->reason, y->reason);
	c = c ? c : strcmp(x->by, y->by);
	return c ? c : fp_date_cmp(x->until, y->until);
}

static int by_bound(const void *a, const void *b)
{
	const struct fp_bound *x = a, *y = b;

	return x->is_base != y->is_base ? (x->is_base ? -1 : 1) : strcmp(x->name, y->name);
}

/* Sorted; the same sentence said twice (by a base, too) is asserted once. */
static void assertions(struct fp_draft *d)
{
	struct fp_assertion *a = d->assertions.at;
	size_t n = 0;

	if (d->assertions.n)
		qsort(a, d->assertions.n, sizeof(*a), by_assertion_and_reason);
	for (size_t i = 0; i < d->assertions.n; i++) {
		if (n && !by_assertion(&a[n - 1], &a[i])) {
			a[n - 1].is_critical |= a[i].is_critical;
			a[n - 1].is_query |= a[i].is_query;
		} else {
			a[n++] = a[i];
		}
	}
	d->ir->assertions = a;
	d->ir->assertion_count = n;
	if (d->waivers.n)
		qsort(d->waivers.at, d->waivers.n, sizeof(d->waivers.at[0]), by_waiver);
	d->ir->waivers = d->waivers.at;
	d->ir->waiver_count = d->waivers.n;
	if (d->bounds.n)
		qsort(d->bounds.at, d->bounds.n, sizeof(d->bounds.at[0]), by_bound);
	d->ir->bounds = d->bounds.at;
	d->ir->bound_count = d->bounds.n;
}

static void open_params(struct fp_sema *s, struct fp_ir *ir)
{
	const char **names = FP_NEW_ARRAY(&s->u->arena, s->params.n, const char *);
	size_t n = 0;

	for (size_t i = 0; i < s->params.n; i++) {
		const struct fp_param_def *p = s->params.at[i];
		if (p->value || !p->used)
			continue;
		size_t at = n++;
		for (; at && strcmp(names[at - 1], p->node->name->text) > 0; at--)
			names[at] = names[at - 1];
		names[at] = p->node->name->text;
	}
	ir->open_params = names;
	ir->open_param_count = n;
}

static void settle(struct fp_sema *s, struct fp_draft *d)
{
	choose(s, d);
	nearest_only(d, FP_KIND_CAPABILITY);
	nearest_only(d, FP_KIND_ID_MAP);
	check_caps(s, d);
	check_devices(s, d);
	check_memory(s, d);
	check_overlaps(s, d);
	check_idmaps(s, d);
	foreign_abis(s, d);
	unknown_follows_default(s, d);
	call_defaults(d);
	audit_calls(s, d);
	number_rules(s, d);
	plan_calls(s, d->ir);
}

/* Its own, not those of its bases. */
static bool is_own_widening(const struct fp_draft_rule *r)
{
	return r->rule.is_widening && !r->level;
}

/* The draft without its widen blocks; false if it has none. */
static bool without_widening(struct fp_sema *s, const struct fp_draft *d, struct fp_draft *out)
{
	size_t own = 0;

	for (size_t i = 0; i < d->rules.n; i++)
		own += is_own_widening(&d->rules.at[i]);
	if (!own)
		return false;
	*out = (struct fp_draft){ .ir = FP_NEW(&s->u->arena, struct fp_ir) };
	*out->ir = *d->ir;
	for (size_t i = 0; i < d->rules.n; i++)
		if (!is_own_widening(&d->rules.at[i]))
			fp_vec_push(&s->u->arena, &out->rules, d->rules.at[i]);
	return true;
}

/* What a policy is without its widen blocks is what has to be within its base. */
static void split_bases(struct fp_sema *s, struct fp_draft *d, struct fp_draft *narrow,
			bool is_wider)
{
	if (is_wider)
		settle(s, narrow);
	for (size_t i = 0; i < d->bounds.n; i++)
		if (d->bounds.at[i].is_base)
			d->bounds.at[i].without_widening = is_wider ? narrow->ir : d->ir;
}

const struct fp_ir *fp_sema_seal(struct fp_sema *s, struct fp_draft *d)
{
	struct fp_draft narrow;
	bool is_wider = without_widening(s, d, &narrow);

	settle(s, d);
	multiplexed(s, d->ir);
	if (s->u->diags.errors)
		return NULL;
	split_bases(s, d, &narrow, is_wider);
	assertions(d);
	open_params(s, d->ir);
	if (s->u->diags.errors)
		return NULL;
	if (s->main->node->name->text == d->ir->name) {
		dead_rules(s, d->ir);
		fp_eval_tests(s->u, d->ir);
		fp_decide(s->u, d->ir, NULL);
		if (!d->has_assertions)
			fp_diag(s->u, FP_W_NO_ASSERTION, d->ir->span,
				"the policy asserts nothing: no never, expect or test");
	}
	return s->u->diags.errors ? NULL : d->ir;
}
