/* SPDX-License-Identifier: MIT */
/* What guards a policy, compared: who owns it, where it may run, what it claims, what it lets pass.
 */
#include "analysis/diff.h"
#include "ir/canon.h"

#include <stdlib.h>
#include <string.h>

static const struct fp_span nowhere;

static void add(struct fp_differ *d, enum fp_domain domain, enum fp_change_kind kind,
		const char *sentence)
{
	fp_diff_add(d, (struct fp_change){ .domain = domain, .kind = kind, .sentence = sentence });
}

/* Of a thing that guards: gone is wider, come is narrower; of a thing that permits the reverse. */
static void came_or_went(struct fp_differ *d, enum fp_domain domain, bool guards, bool came,
			 const char *what, struct fp_span span)
{
	struct fp_change c = { .domain = domain,
			       .kind = guards == came ? FP_CHANGE_NARROWER : FP_CHANGE_WIDER };

	c.sentence = fp_arena_printf(d->arena, "%s is %s", what,
				     came ? "said now" : "not said any more");
	*(came ? &c.new_span : &c.old_span) = span;
	fp_diff_add(d, c);
}

static void head(struct fp_differ *d)
{
	const struct fp_ir *old = d->out->old, *new = d->out->new;

	if (old->tier != new->tier)
		add(d, FP_DOMAIN_TIER, new->tier < old->tier ? FP_CHANGE_WIDER : FP_CHANGE_NARROWER,
		    fp_arena_printf(d->arena, "tier %s, before %s", fp_tier_name(new->tier),
				    fp_tier_name(old->tier)));
	if (strcmp(old->owner, new->owner))
		add(d, FP_DOMAIN_OWNER, FP_CHANGE_WIDER,
		    fp_arena_printf(d->arena, "the owner is \"%s\", before \"%s\"", new->owner,
				    old->owner));
	if (old->is_locked != new->is_locked)
		came_or_went(d, FP_DOMAIN_OWNER, true, new->is_locked, "locked",
			     new->is_locked ? new->span : old->span);
}

static bool has_text(const char *const *list, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i], text))
			return true;
	return false;
}

static void targets(struct fp_differ *d)
{
	const struct fp_ir *both[] = { d->out->old, d->out->new };

	for (size_t side = 0; side < 2; side++)
		for (size_t i = 0; i < both[side]->target_count; i++) {
			const char *name = both[side]->targets[i];
			if (!has_text(both[!side]->targets, both[!side]->target_count, name))
				came_or_went(d, FP_DOMAIN_TARGETS, false, side,
					     fp_arena_printf(d->arena, "target %s", name),
					     both[side]->target_spans[i]);
		}
}

static bool records_refusals(const struct fp_ir *ir)
{
	fp_ir_each (ir, FP_KIND_AUDIT, r)
		if (r->u.audit.denied)
			return true;
	return false;
}

/* ---- lists of things that are said, side by side ---- */

struct item {
	const char *text; /* by which the two sides are compared */
	struct fp_date until;
	const struct fp_rule *rule;
	struct fp_span span;
	bool is_accepted;
};

struct items {
	FP_VEC(struct item) list;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->text, ((const struct item *)b)->text);
}

/* The next text of either side: the items that have it, NULL where a side has none. */
static bool next_pair(struct items both[2], size_t at[2], const struct item *pair[2])
{
	for (size_t side = 0; side < 2; side++)
		pair[side] = at[side] < both[side].list.n ? &both[side].list.at[at[side]] : NULL;
	if (pair[0] && pair[1]) {
		int c = strcmp(pair[0]->text, pair[1]->text);
		if (c)
			pair[c < 0] = NULL;
	}
	for (size_t side = 0; side < 2; side++)
		while (pair[side] && at[side] < both[side].list.n &&
		       !strcmp(both[side].list.at[at[side]].text, pair[side]->text))
			at[side]++;
	return pair[0] || pair[1];
}

static void sort(struct items *l)
{
	if (l->list.n)
		qsort(l->list.at, l->list.n, sizeof(l->list.at[0]), by_text);
}

static const char *date_text(struct fp_differ *d, struct fp_date date)
{
	if (!date.year)
		return "for ever";
	return fp_arena_printf(d->arena, "until %04u-%02u-%02u", date.year, date.month, date.day);
}

/* No end is the latest. */
static bool is_later(struct fp_date a, struct fp_date b)
{
	return b.year && (!a.year || fp_date_cmp(a, b) > 0);
}

static void compare_dates(struct fp_differ *d, const struct item *const pair[2])
{
	bool is_longer = is_later(pair[1]->until, pair[0]->until);

	if (!is_longer && !is_later(pair[0]->until, pair[1]->until))
		return;
	fp_diff_add(d, (struct fp_change){ .domain = FP_DOMAIN_EXCEPTIONS,
					   .kind = is_longer ? FP_CHANGE_WIDER : FP_CHANGE_NARROWER,
					   .sentence = fp_arena_printf(
						   d->arena, "%s, before %s: %s",
						   date_text(d, pair[1]->until),
						   date_text(d, pair[0]->until), pair[1]->text),
					   .old_rule = pair[0]->rule,
					   .new_rule = pair[1]->rule });
}

/* ---- assertions ---- */

static const char *claim_text(struct fp_differ *d, const struct fp_assertion *a)
{
	const struct fp_subject *s = &a->subject;
	struct fp_buf b;

	/* A specification has sentences alone: then both sides are compared by them. */
	bool is_meant =
		!d->out->old->from_spec && !d->out->new->from_spec && s->kind == FP_SUBJECT_CALL;

	fp_buf_init(&b, d->arena);
	fp_buf_printf(&b, "%s %s", a->kind == FP_ASSERT_NEVER ? "never" : "expect",
		      is_meant ? s->call->name : a->text);
	for (enum fp_abi abi = 0; is_meant && abi < FP_ABI_N; abi++) {
		if (!s->when[abi] || s->when[abi]->op == FP_PRED_TRUE)
			continue;
		fp_buf_printf(&b, ", on %s where ", fp_abi(abi)->name);
		fp_pred_print(&b, s->when[abi]);
	}
	fp_buf_puts(&b, a->is_critical ? ", critical" : "");
	return fp_buf_text(&b);
}

static void add_claims(struct fp_differ *d, const struct fp_ir *ir, enum fp_assertion_kind kind,
		       struct items *out)
{
	for (size_t i = 0; i < ir->assertion_count; i++) {
		const struct fp_assertion *a = &ir->assertions[i];
		struct item it = { .span = a->span };
		if (a->kind != kind)
			continue;
		it.text = claim_text(d, a);
		fp_vec_push(d->arena, &out->list, it);
	}
	sort(out);
}

static void claims(struct fp_differ *d, enum fp_assertion_kind kind)
{
	struct items both[2] = { 0 };
	const struct item *pair[2];
	size_t at[2] = { 0 };

	add_claims(d, d->out->old, kind, &both[0]);
	add_claims(d, d->out->new, kind, &both[1]);
	while (next_pair(both, at, pair)) {
		bool came = pair[1] != NULL;
		const char *text = pair[came]->text;
		if (pair[0] && pair[1])
			continue;
		if (kind == FP_ASSERT_NEVER)
			came_or_went(d, FP_DOMAIN_ASSERTIONS, true, came, text, pair[came]->span);
		else
			add(d, FP_DOMAIN_ASSERTIONS, FP_CHANGE_OTHER,
			    fp_arena_printf(d->arena, "%s is %s", text,
					    came ? "said now" : "not said any more"));
	}
}

/* ---- bounds ---- */

/* FP_FAILS: it is gone, or permits more itself. */
static enum fp_outcome is_kept(struct fp_differ *d, const struct fp_bound *b,
			       const struct fp_ir *by)
{
	enum fp_outcome found = FP_FAILS;

	for (size_t i = 0; i < by->bound_count; i++) {
		struct fp_excesses more;
		if (by->bounds[i].is_base)
			continue;
		if (!b->ir || !by->bounds[i].ir) {
			/* Of a specification the name is all there is. */
			if (!strcmp(b->name, by->bounds[i].name))
				return FP_HOLDS;
			continue;
		}
		fp_refine(d->p, by->bounds[i].ir, b->ir, FP_RELATION_WITHIN, &more);
		if (!more.list.n && !more.is_undecided)
			return FP_HOLDS;
		if (!more.list.n)
			found = FP_UNDECIDED;
	}
	return found;
}

static void bounds(struct fp_differ *d)
{
	const struct fp_ir *both[] = { d->out->old, d->out->new };

	for (size_t side = 0; side < 2; side++)
		for (size_t i = 0; i < both[side]->bound_count; i++) {
			const struct fp_bound *b = &both[side]->bounds[i];
			enum fp_outcome kept = b->is_base ? FP_HOLDS : is_kept(d, b, both[!side]);
			struct fp_relation_known *k = &d->out->domains[FP_DOMAIN_ASSERTIONS];
			*(side ? &k->may_be_narrower : &k->may_be_wider) |= kept == FP_UNDECIDED;
			if (kept != FP_FAILS)
				continue;
			add(d, FP_DOMAIN_ASSERTIONS, side ? FP_CHANGE_NARROWER : FP_CHANGE_WIDER,
			    side ? "it is within a bound that is new or narrower"
				 : "a bound that it was within is gone or wider");
		}
}

/* ---- exceptions ---- */

/* What a rule is about: where a thing has one value, another value is not another thing. */
static const char *thing_of(struct fp_differ *d, const struct fp_rule *r)
{
	const struct fp_rule_limit *l = &r->u.limit;
	struct fp_buf b;

	if (r->kind == FP_KIND_MOUNT)
		return fp_arena_printf(d->arena, "the mount on \"%s\"", r->u.mount.on);
	if (r->kind == FP_KIND_LIMIT)
		return fp_arena_printf(d->arena, "the limit %s%s%s", fp_limit_names[l->limit],
				       l->device ? " of " : "", l->device ? l->device : "");
	fp_buf_init(&b, d->arena);
	fp_canon_rule(r, &b);
	return fp_buf_text(&b);
}

static void add_rules(struct fp_differ *d, const struct fp_ir *ir, struct items *out)
{
	for (size_t i = 0; i < ir->rule_count; i++) {
		const struct fp_rule *r = &ir->rules[i];
		struct item it = { .rule = r, .until = r->until, .is_accepted = r->accepted };
		it.text = thing_of(d, r);
		fp_vec_push(d->arena, &out->list, it);
	}
	sort(out);
}

static bool has_exceptions(const struct fp_ir *ir)
{
	for (size_t i = 0; i < ir->rule_count; i++)
		if (ir->rules[i].until.year || ir->rules[i].accepted)
			return true;
	return false;
}

static void rules(struct fp_differ *d)
{
	struct items both[2] = { 0 };
	const struct item *pair[2];
	size_t at[2] = { 0 };

	if (!has_exceptions(d->out->old) && !has_exceptions(d->out->new))
		return;
	add_rules(d, d->out->old, &both[0]);
	add_rules(d, d->out->new, &both[1]);
	while (next_pair(both, at, pair)) {
		bool was = pair[0] && pair[0]->is_accepted, is = pair[1] && pair[1]->is_accepted;
		if (was != is)
			came_or_went(d, FP_DOMAIN_EXCEPTIONS, false, is,
				     fp_arena_printf(d->arena, "accept unenforced of %s",
						     pair[is]->text),
				     pair[is]->rule->span);
		if (pair[0] && pair[1])
			compare_dates(d, pair);
	}
}

static void add_waivers(struct fp_differ *d, const struct fp_ir *ir, struct items *out)
{
	for (size_t i = 0; i < ir->waiver_count; i++) {
		const struct fp_waiver *w = &ir->waivers[i];
		struct item it = { .until = w->until, .span = w->span };
		it.text = fp_arena_printf(d->arena, "waive %s%s%s by \"%s\"", w->lint,
					  w->place[0] ? " on " : "", w->place, w->by);
		fp_vec_push(d->arena, &out->list, it);
	}
	sort(out);
}

static void waivers(struct fp_differ *d)
{
	struct items both[2] = { 0 };
	const struct item *pair[2];
	size_t at[2] = { 0 };

	add_waivers(d, d->out->old, &both[0]);
	add_waivers(d, d->out->new, &both[1]);
	while (next_pair(both, at, pair)) {
		bool came = pair[1] != NULL;
		if (pair[0] && pair[1])
			compare_dates(d, pair);
		else
			came_or_went(d, FP_DOMAIN_EXCEPTIONS, false, came, pair[came]->text,
				     pair[came]->span);
	}
}

static void best_effort(struct fp_differ *d)
{
	for (enum fp_layer l = 0; l < FP_LAYER_N; l++)
		if (d->out->old->best_effort[l] != d->out->new->best_effort[l])
			came_or_went(d, FP_DOMAIN_EXCEPTIONS, false, d->out->new->best_effort[l],
				     fp_arena_printf(d->arena, "layer %s best-effort",
						     fp_layer_names[l]),
				     nowhere);
}

void fp_diff_policy(struct fp_differ *d)
{
	bool before = records_refusals(d->out->old), after = records_refusals(d->out->new);

	if (before != after)
		came_or_went(d, FP_DOMAIN_AUDIT, true, after, "audit denied", nowhere);
	head(d);
	targets(d);
	claims(d, FP_ASSERT_NEVER);
	claims(d, FP_ASSERT_EXPECT);
	bounds(d);
	rules(d);
	waivers(d);
	best_effort(d);
}
