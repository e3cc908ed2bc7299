/* SPDX-License-Identifier: MIT */
/* Patterns merged, compared and brought into the order in which specifications win. */
#include "backends/selinux/selinux.h"

#include <stdlib.h>
#include <string.h>

/* Overlapping patterns of one beyond which triples of them are not looked at one by one. */
#define PARTIAL_LIMIT 64u

static int by_regex(const void *a, const void *b)
{
	const struct se_pattern *x = a, *y = b;

	return strcmp(x->regex, y->regex);
}

static int cmp_u32(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

/* By the bytes they surely begin with; a beginning stands before what goes on. */
static int by_lead(const void *a, const void *b)
{
	const struct se_pattern *x = a, *y = b;
	uint32_t n = x->lead < y->lead ? x->lead : y->lead;

	for (uint32_t i = 0; i < n; i++)
		if (x->items[i].byte != y->items[i].byte)
			return x->items[i].byte - y->items[i].byte;
	int c = cmp_u32(x->lead, y->lead);
	return c ? c : strcmp(x->regex, y->regex);
}

static void merge(struct se_paths *p)
{
	size_t n = 0;

	qsort(p->patterns.at, p->patterns.n, sizeof(struct se_pattern), by_regex);
	for (size_t i = 0; i < p->patterns.n; i++) {
		struct se_pattern *one = &p->patterns.at[i];
		struct se_pattern *last = n ? &p->patterns.at[n - 1] : NULL;
		if (!last || strcmp(last->regex, one->regex)) {
			p->patterns.at[n++] = *one;
			continue;
		}
		last->allow |= one->allow;
		last->deny |= one->deny;
		last->is_emitted |= one->is_emitted;
		last->is_mount |= one->is_mount;
		last->over |= one->over;
		last->under |= one->under;
		for (size_t k = 0; k < one->rules.n; k++)
			fp_vec_push(&p->u->arena, &last->rules, one->rules.at[k]);
	}
	p->patterns.n = n;
}

uint32_t se_rights(uint32_t allow, uint32_t deny)
{
	uint32_t r = allow & ~deny;

	return r & ~SE_SEARCH ? r & ~SE_SEARCH : r;
}

static bool begins(const struct se_pattern *a, const struct se_pattern *b)
{
	if (a->lead > b->lead)
		return false;
	for (uint32_t i = 0; i < a->lead; i++)
		if (a->items[i].byte != b->items[i].byte)
			return false;
	return true;
}

static void inherit(struct se_paths *p, uint32_t outer, uint32_t inner)
{
	struct se_pattern *x = &p->patterns.at[outer], *y = &p->patterns.at[inner];

	y->depth++;
	y->all_allow |= x->allow;
	y->all_deny |= x->deny;
	if (x->prefix == y->prefix && !y->is_literal)
		fp_vec_push(&p->u->arena, &x->inner, inner);
}

static void relate(struct se_paths *p, uint32_t a, uint32_t b)
{
	struct se_pattern *x = &p->patterns.at[a], *y = &p->patterns.at[b];

	if (x->is_literal && (y->is_literal || x->lead != y->lead))
		return;
	if (se_contains(p, x, y))
		inherit(p, a, b);
	else if (x->lead == y->lead && se_contains(p, y, x))
		inherit(p, b, a);
	else if (!x->is_literal && !y->is_literal && se_overlaps(p, x, y)) {
		fp_vec_push(&p->u->arena, &x->partial, b);
		fp_vec_push(&p->u->arena, &y->partial, a);
	}
}

/* Only patterns where one's beginning begins the other can have a path in common. */
void se_paths_compare(struct se_paths *p)
{
	FP_VEC(uint32_t) open = { 0 };

	merge(p);
	qsort(p->patterns.at, p->patterns.n, sizeof(struct se_pattern), by_lead);
	for (uint32_t i = 0; i < p->patterns.n; i++) {
		struct se_pattern *one = &p->patterns.at[i];
		one->all_allow |= one->allow;
		one->all_deny |= one->deny;
		while (open.n && !begins(&p->patterns.at[open.at[open.n - 1]], one))
			open.n--;
		for (size_t k = 0; k < open.n; k++)
			relate(p, open.at[k], i);
		fp_vec_push(&p->u->arena, &open, i);
	}
	for (uint32_t i = 0; i < p->patterns.n; i++)
		p->patterns.at[i].rights =
			se_rights(p->patterns.at[i].all_allow, p->patterns.at[i].all_deny);
}

/* ---- which one wins ---- */

static uint32_t both(const struct se_pattern *a, const struct se_pattern *b)
{
	return se_rights(a->all_allow | b->all_allow, a->all_deny | b->all_deny);
}

static bool holds(const uint32_t *list, size_t n, uint32_t one)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == one)
			return true;
	return false;
}

/*
 * A crossing stands after all patterns that begin as its `b` does; it leaves those to themselves
 * that lie within one of its two.
 */
static void spare_inner(struct se_paths *p, struct se_crossing *c, uint32_t of, uint32_t other)
{
	const struct se_pattern *x = &p->patterns.at[of], *y = &p->patterns.at[other];

	for (size_t i = 0; i < x->inner.n; i++) {
		uint32_t in = x->inner.at[i];
		const struct se_pattern *one = &p->patterns.at[in];
		if (one->prefix != c->prefix || one->rights == c->type || !one->is_emitted ||
		    in == other || holds(c->excludes.at, c->excludes.n, in))
			continue;
		if (se_overlaps(p, y, one))
			fp_vec_push(&p->u->arena, &c->excludes, in);
	}
}

/*
 * `b` begins no shorter than `a`. A longer beginning wins by itself, in every libselinux; among
 * equal ones, and where neither says what both together mean, the crossing gets a specification of
 * its own, which `b` leaves alone.
 */
static void settle(struct se_paths *p, uint32_t a, uint32_t b)
{
	struct se_pattern *x = &p->patterns.at[a], *y = &p->patterns.at[b];
	uint32_t wanted = both(x, y);

	if (!x->is_emitted || !y->is_emitted)
		return;
	if (wanted == y->rights && (y->prefix > x->prefix || x->rights == wanted))
		return;
	if (wanted != y->rights)
		fp_vec_push(&p->u->arena, &y->excludes, a);
	struct se_crossing c = {
		.a = a, .b = b, .prefix = y->prefix, .depth = x->depth + y->depth, .type = wanted
	};
	spare_inner(p, &c, a, b);
	spare_inner(p, &c, b, a);
	fp_vec_push(&p->u->arena, &p->crossings, c);
}

static void blame(struct se_pattern *one, uint32_t over, uint32_t under)
{
	static const char why[] = "three patterns overlap where only two can be told apart";

	one->over |= over;
	one->under |= under;
	one->over_why = over ? why : one->over_why;
	one->under_why = under ? why : one->under_why;
}

/* Paths in three overlapping patterns get the type of a pair: right only if all pairs say the same.
 */
static void check_triple(struct se_paths *p, uint32_t a, uint32_t b, uint32_t c)
{
	struct se_pattern *x = &p->patterns.at[a], *y = &p->patterns.at[b], *z = &p->patterns.at[c];
	uint32_t wanted = se_rights(x->all_allow | y->all_allow | z->all_allow,
				    x->all_deny | y->all_deny | z->all_deny);
	uint32_t ab = both(x, y), ac = both(x, z), bc = both(y, z);

	if (ab == wanted && ac == wanted && bc == wanted)
		return;
	uint32_t over = (ab | ac | bc) & ~wanted, under = wanted & ~(ab & ac & bc);
	blame(x, over, under);
	blame(y, over, under);
	blame(z, over, under);
}

static void check_triples(struct se_paths *p, uint32_t at)
{
	struct se_pattern *one = &p->patterns.at[at];

	if (one->partial.n > PARTIAL_LIMIT) {
		blame(one, ~one->rights & UINT16_MAX, one->rights);
		return;
	}
	for (size_t i = 0; i < one->partial.n; i++)
		for (size_t k = i + 1; k < one->partial.n; k++) {
			uint32_t b = one->partial.at[i], c = one->partial.at[k];
			if (at < b && b < c &&
			    holds(p->patterns.at[b].partial.at, p->patterns.at[b].partial.n, c))
				check_triple(p, at, b, c);
		}
}

/* qsort passes no context: what orders two specifications is copied out first. */
struct rank {
	uint32_t index, prefix, depth;
	size_t len;
	const char *regex;
};

static int by_rank(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;
	int c = cmp_u32(x->prefix, y->prefix);

	c = c ? c : cmp_u32(x->depth, y->depth);
	c = c ? c : (x->len > y->len) - (x->len < y->len);
	return c ? c : strcmp(x->regex, y->regex);
}

static int by_name(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	return strcmp(x->regex, y->regex);
}

static int by_place(const void *a, const void *b)
{
	const struct se_crossing *x = a, *y = b;
	int c = cmp_u32(x->prefix, y->prefix);

	c = c ? c : cmp_u32(x->depth, y->depth);
	c = c ? c : cmp_u32(x->a, y->a);
	return c ? c : cmp_u32(x->b, y->b);
}

static uint32_t *sorted(struct se_paths *p, struct rank *ranks,
			int (*order)(const void *, const void *))
{
	uint32_t *out = FP_NEW_ARRAY(&p->u->arena, p->patterns.n, uint32_t);

	qsort(ranks, p->patterns.n, sizeof(*ranks), order);
	for (size_t i = 0; i < p->patterns.n; i++)
		out[i] = ranks[i].index;
	return out;
}

void se_paths_order(struct se_paths *p)
{
	struct rank *ranks = FP_NEW_ARRAY(&p->u->arena, p->patterns.n, struct rank);

	for (uint32_t i = 0; i < p->patterns.n; i++) {
		struct se_pattern *one = &p->patterns.at[i];
		for (size_t k = 0; k < one->partial.n; k++)
			if (one->partial.at[k] < i)
				settle(p, one->partial.at[k], i);
		check_triples(p, i);
	}
	for (uint32_t i = 0; i < p->patterns.n; i++) {
		const struct se_pattern *one = &p->patterns.at[i];
		ranks[i] =
			(struct rank){ i, one->prefix, one->depth, strlen(one->regex), one->regex };
	}
	if (p->crossings.n)
		qsort(p->crossings.at, p->crossings.n, sizeof(struct se_crossing), by_place);
	p->order = sorted(p, ranks, by_rank);
	p->by_regex = sorted(p, ranks, by_name);
	se_regex_finish(p);
}

uint32_t se_paths_find(const struct se_paths *p, const char *regex)
{
	size_t lo = 0, hi = p->patterns.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(p->patterns.at[p->by_regex[mid]].regex, regex);
		if (!c)
			return p->by_regex[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return SE_NONE;
}
