/* SPDX-License-Identifier: MIT */
/* A sweep over addresses that turns prefixes with ports into few disjoint rectangles. */
#include "backends/nftables/nft.h"

#include <stdlib.h>
#include <string.h>

/*
 * Prefixes form a forest, so the sweep walks it with a stack. Each level holds the ports given and
 * taken so far; the ports left at an address are those of the innermost level. Runs of ports that
 * stay the same from one strip of addresses to the next stay open and grow into one rectangle.
 * A change takes time in the runs of the strip, not in the rules: near-linear for real policies.
 */
struct runs { /* sorted, with gaps between them */
	FP_VEC(struct fp_ports) v;
};

struct open_run {
	struct fp_ports ports;
	unsigned __int128 start;
	FP_VEC(uint32_t) rules;
	bool is_new;
};

struct open_runs { /* sorted by port */
	FP_VEC(struct open_run) v;
};

struct level {
	unsigned __int128 hi;
	const struct fp_nft_item *items;
	size_t n;
	bool is_seen; /* its rules were added to the runs open since */
	struct runs plus, minus, left;
};

#define MAX_LEVELS 130 /* lengths 0..128, and the ground */

struct sweep {
	struct fp_arena *arena;
	struct fp_nft_rects *out;
	struct level levels[MAX_LEVELS];
	size_t depth; /* levels in use; level 0 is the ground: nothing given */
	struct open_runs open, spare;
	struct runs scratch;
	unsigned __int128 pos; /* the state has held since here, and is not committed yet */
	bool is_full;
};

static int compare_items(const void *a, const void *b)
{
	const struct fp_nft_item *x = a, *y = b;

	if (x->lo != y->lo)
		return x->lo < y->lo ? -1 : 1;
	if (x->hi != y->hi)
		return x->hi > y->hi ? -1 : 1;
	return (x->rule->id > y->rule->id) - (x->rule->id < y->rule->id);
}

static int compare_ports(const void *a, const void *b)
{
	const struct fp_ports *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return (x->last > y->last) - (x->last < y->last);
}

static int compare_ids(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int compare_rects(const void *a, const void *b)
{
	const struct fp_nft_rect *x = a, *y = b;

	if (x->lo != y->lo)
		return x->lo < y->lo ? -1 : 1;
	return compare_ports(&x->ports, &y->ports);
}

/* Appends a run that starts no earlier than the last one. */
static void add_run(struct fp_arena *arena, struct runs *to, struct fp_ports p)
{
	struct fp_ports *last = to->v.n ? &to->v.at[to->v.n - 1] : NULL;

	if (last && p.first <= (uint32_t)last->last + 1) {
		if (p.last > last->last)
			last->last = p.last;
		return;
	}
	fp_vec_push(arena, &to->v, p);
}

static void unite(struct fp_arena *arena, struct runs *out, const struct runs *a,
		  const struct runs *b)
{
	size_t i = 0, j = 0;

	out->v.n = 0;
	while (i < a->v.n || j < b->v.n)
		if (j == b->v.n || (i < a->v.n && a->v.at[i].first <= b->v.at[j].first))
			add_run(arena, out, a->v.at[i++]);
		else
			add_run(arena, out, b->v.at[j++]);
}

static void subtract(struct fp_arena *arena, struct runs *out, const struct runs *a,
		     const struct runs *b)
{
	size_t j = 0;

	out->v.n = 0;
	for (size_t i = 0; i < a->v.n; i++) {
		uint32_t first = a->v.at[i].first, last = a->v.at[i].last;
		while (j < b->v.n && b->v.at[j].last < first)
			j++;
		for (size_t k = j; k < b->v.n && b->v.at[k].first <= last && first <= last; k++) {
			if (b->v.at[k].first > first) {
				struct fp_ports p = { (uint16_t)first,
						      (uint16_t)(b->v.at[k].first - 1) };
				fp_vec_push(arena, &out->v, p);
			}
			first = (uint32_t)b->v.at[k].last + 1;
		}
		if (first <= last) {
			struct fp_ports p = { (uint16_t)first, (uint16_t)last };
			fp_vec_push(arena, &out->v, p);
		}
	}
}

/* The ports of a level's items of one sign, on top of what the level below has. */
static void gather(struct sweep *w, struct runs *out, const struct runs *below,
		   const struct level *l, bool is_minus)
{
	struct runs *s = &w->scratch, sorted = { { 0 } };

	s->v.n = 0;
	for (size_t i = 0; i < l->n; i++) {
		const struct fp_rule_net *net = &l->items[i].rule->u.net;
		if (l->items[i].is_minus != is_minus)
			continue;
		for (size_t k = 0; k < net->port_count; k++)
			fp_vec_push(w->arena, &s->v, net->ports[k]);
	}
	if (s->v.n > 1)
		qsort(s->v.at, s->v.n, sizeof(*s->v.at), compare_ports);
	for (size_t i = 0; i < s->v.n; i++) /* in place: the result is never ahead of the source */
		if (!i) {
			sorted.v.at = s->v.at;
			sorted.v.n = 1;
			sorted.v.cap = s->v.cap;
		} else {
			add_run(w->arena, &sorted, s->v.at[i]);
		}
	unite(w->arena, out, below, &sorted);
}

static void close_run(struct sweep *w, struct open_run *r, unsigned __int128 hi)
{
	struct fp_nft_rect rect = { .lo = r->start, .hi = hi, .ports = r->ports };
	uint32_t *ids = r->rules.at;
	size_t n = 0;

	if (w->out->v.n == FP_NFT_MAX_RECTS) {
		w->is_full = true;
		return;
	}
	if (r->rules.n > 1)
		qsort(ids, r->rules.n, sizeof(*ids), compare_ids);
	for (size_t i = 0; i < r->rules.n; i++)
		if (!i || ids[i] != ids[n - 1])
			ids[n++] = ids[i];
	rect.rules = ids;
	rect.n_rules = n;
	fp_vec_push(w->arena, &w->out->v, rect);
}

static bool touches(const struct fp_rule_net *net, struct fp_ports p)
{
	size_t lo = 0, hi = net->port_count; /* the first range that ends at or after p */

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (net->ports[mid].last < p.first)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < net->port_count && net->ports[lo].first <= p.last;
}

/* Adds to the open runs the rules that give their ports: all to a new run, else those just entered.
 */
static void attribute(struct sweep *w)
{
	for (size_t r = 0; r < w->open.v.n; r++) {
		struct open_run *run = &w->open.v.at[r];
		for (size_t l = 1; l < w->depth; l++) {
			const struct level *level = &w->levels[l];
			if (level->is_seen && !run->is_new)
				continue;
			for (size_t i = 0; i < level->n; i++)
				if (!level->items[i].is_minus &&
				    touches(&level->items[i].rule->u.net, run->ports))
					fp_vec_push(w->arena, &run->rules,
						    level->items[i].rule->id);
		}
		run->is_new = false;
	}
	for (size_t l = 1; l < w->depth; l++)
		w->levels[l].is_seen = true;
}

/* The ports left from `pos` on are those of the top level: closes what ended, opens what began. */
static void commit(struct sweep *w)
{
	const struct runs *now = &w->levels[w->depth - 1].left;
	struct open_runs old = w->open;
	size_t i = 0;

	w->spare.v.n = 0;
	for (size_t j = 0; j < now->v.n; j++) {
		struct fp_ports p = now->v.at[j];
		while (i < old.v.n && compare_ports(&old.v.at[i].ports, &p) < 0)
			close_run(w, &old.v.at[i++], w->pos - 1);
		if (i < old.v.n && !compare_ports(&old.v.at[i].ports, &p)) {
			fp_vec_push(w->arena, &w->spare.v, old.v.at[i]);
			i++;
		} else {
			struct open_run r = { .ports = p, .start = w->pos, .is_new = true };
			fp_vec_push(w->arena, &w->spare.v, r);
		}
	}
	while (i < old.v.n)
		close_run(w, &old.v.at[i++], w->pos - 1);
	w->open = w->spare;
	w->spare = old;
	attribute(w);
}

static void move_to(struct sweep *w, unsigned __int128 pos)
{
	if (pos == w->pos)
		return;
	commit(w);
	w->pos = pos;
}

static void enter(struct sweep *w, const struct fp_nft_item *items, size_t n)
{
	const struct level *below = &w->levels[w->depth - 1];
	struct level *l = &w->levels[w->depth];

	move_to(w, items->lo);
	l->hi = items->hi;
	l->items = items;
	l->n = n;
	l->is_seen = false;
	gather(w, &l->plus, &below->plus, l, false);
	gather(w, &l->minus, &below->minus, l, true);
	subtract(w->arena, &l->left, &l->plus, &l->minus);
	w->depth++;
}

/* Leaves the levels that end before `lo`. */
static void leave(struct sweep *w, unsigned __int128 lo)
{
	while (w->depth > 1 && w->levels[w->depth - 1].hi < lo) {
		move_to(w, w->levels[w->depth - 1].hi + 1);
		w->depth--;
	}
}

/* Leaves what ends before the last address, and closes at it what does not. */
static void finish(struct sweep *w, unsigned __int128 max)
{
	leave(w, max);
	commit(w);
	for (size_t i = 0; i < w->open.v.n; i++)
		close_run(w, &w->open.v.at[i], max);
}

bool fp_nft_sweep(struct fp_arena *arena, struct fp_nft_item *items, size_t n,
		  enum fp_family family, struct fp_nft_rects *out)
{
	struct sweep *w = FP_NEW(arena, struct sweep);

	w->arena = arena;
	w->out = out;
	w->depth = 1;
	if (n)
		qsort(items, n, sizeof(*items), compare_items);
	for (size_t i = 0, j; i < n && !w->is_full; i = j) {
		for (j = i + 1; j < n && items[j].lo == items[i].lo && items[j].hi == items[i].hi;)
			j++;
		leave(w, items[i].lo);
		enter(w, items + i, j - i);
	}
	finish(w, fp_nft_max(family));
	if (out->v.n)
		qsort(out->v.at, out->v.n, sizeof(*out->v.at), compare_rects);
	return !w->is_full;
}

static void merge_ids(struct fp_arena *arena, struct fp_nft_rect *into,
		      const struct fp_nft_rect *from)
{
	uint32_t *ids = FP_NEW_ARRAY(arena, into->n_rules + from->n_rules, uint32_t);
	size_t n = 0, i = 0, j = 0;

	while (i < into->n_rules || j < from->n_rules) {
		bool is_left = j == from->n_rules ||
			       (i < into->n_rules && into->rules[i] <= from->rules[j]);
		uint32_t id = is_left ? into->rules[i++] : from->rules[j++];
		if (!n || ids[n - 1] != id)
			ids[n++] = id;
	}
	into->rules = ids;
	into->n_rules = n;
}

static void add_peers(struct fp_arena *arena, const struct fp_nft_side *s, enum fp_family family,
		      struct fp_nft_rects *out)
{
	for (unsigned g = 0; g < FP_NFT_GROUP_N && !s->is_default_allow; g++)
		for (size_t i = 0; i < s->sets[g][family].rects.v.n; i++)
			fp_vec_push(arena, &out->v, s->sets[g][family].rects.v.at[i]);
}

void fp_nft_peers(struct fp_arena *arena, const struct fp_nft_plan *p, enum fp_family family,
		  struct fp_nft_rects *out)
{
	struct fp_nft_rects all = { { 0 } };

	if (p->egress.is_default_allow)
		return;
	add_peers(arena, &p->egress, family, &all);
	add_peers(arena, &p->ingress, family, &all);
	if (all.v.n)
		qsort(all.v.at, all.v.n, sizeof(*all.v.at), compare_rects);
	for (size_t i = 0; i < all.v.n; i++) {
		struct fp_nft_rect *last = out->v.n ? &out->v.at[out->v.n - 1] : NULL;
		const struct fp_nft_rect *r = &all.v.at[i];
		if (!last || (r->lo > last->hi && r->lo - last->hi > 1)) {
			fp_vec_push(arena, &out->v, *r);
			continue;
		}
		if (r->hi > last->hi)
			last->hi = r->hi;
		merge_ids(arena, last, r);
	}
}
