/* SPDX-License-Identifier: MIT */
/* Ordered diagrams over argument fields: building, combining, asking. */
#include "backends/seccomp/diagram.h"

#include <stdlib.h>

#define FIELD_ALL(f) ((f)->hi == FP_WORD_NONE ? (uint64_t)UINT32_MAX : UINT64_MAX)

void fp_diagram_reset(struct fp_diagram *d, struct fp_arena *arena)
{
	if (!d->unique) {
		d->arena = arena;
		d->unique_cap = d->memo_cap = 256;
		d->unique = FP_NEW_ARRAY(arena, d->unique_cap, struct fp_diagram_slot);
		d->memo = FP_NEW_ARRAY(arena, d->memo_cap, struct fp_diagram_slot);
	}
	memset(d->unique, 0, d->unique_cap * sizeof(*d->unique));
	memset(d->memo, 0, d->memo_cap * sizeof(*d->memo));
	d->fields.n = d->nodes.n = d->edges.n = d->scratch.n = d->bounds.n = 0;
	d->memo_n = 0;
	d->epoch = 0;
	d->is_spent = false;
}

static size_t field_at(struct fp_diagram *d, uint8_t lo, uint8_t hi, uint64_t mask)
{
	for (size_t i = 0; i < d->fields.n; i++) {
		const struct fp_field *f = &d->fields.at[i];
		if (f->lo == lo && f->hi == hi && f->mask == mask)
			return i;
	}
	if (d->fields.n == FP_DIAGRAM_FIELDS) {
		d->is_spent = true;
		return 0;
	}
	struct fp_field f = { .lo = lo, .hi = hi, .mask = mask };
	fp_vec_push(d->arena, &d->fields, f);
	return d->fields.n - 1;
}

static size_t field_of(struct fp_diagram *d, const struct fp_test *t)
{
	return field_at(d, t->lo, t->hi, t->mask & FIELD_ALL(t));
}

/* Recursion is as deep as conditions nest, which the parser bounds. */
void fp_diagram_scan(struct fp_diagram *d, const struct fp_pred *p)
{
	if (p->op == FP_PRED_TEST) {
		size_t i = field_of(d, &p->test);
		if (!d->is_spent)
			d->fields.at[i].tests++;
	}
	for (size_t i = 0; i < p->n; i++)
		fp_diagram_scan(d, p->kids[i]);
}

static int busiest_first(const void *x, const void *y)
{
	const struct fp_field *a = x, *b = y;

	if (a->tests != b->tests)
		return a->tests > b->tests ? -1 : 1;
	if (a->lo != b->lo)
		return a->lo < b->lo ? -1 : 1;
	if (a->hi != b->hi)
		return a->hi < b->hi ? -1 : 1;
	return (a->mask < b->mask) - (a->mask > b->mask);
}

void fp_diagram_sort(struct fp_diagram *d)
{
	if (d->fields.n)
		qsort(d->fields.at, d->fields.n, sizeof(*d->fields.at), busiest_first);
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t h = (a ^ (a >> 32)) * 0x9e3779b97f4a7c15u;

	h = (h ^ (h >> 29) ^ b) * 0xbf58476d1ce4e5b9u;
	return h ^ (h >> 32);
}

static struct fp_diagram_slot *memo_find(struct fp_diagram *d, uint64_t a, uint64_t b)
{
	size_t at = mix(a, b) & (d->memo_cap - 1);

	while (d->memo[at].value && (d->memo[at].key[0] != a || d->memo[at].key[1] != b))
		at = (at + 1) & (d->memo_cap - 1);
	return &d->memo[at];
}

static uint32_t memo_put(struct fp_diagram *d, uint64_t a, uint64_t b, uint32_t value)
{
	struct fp_diagram_slot *old = d->memo;
	size_t n = d->memo_cap;

	if (++d->memo_n * 2 > d->memo_cap) {
		d->memo_cap *= 2;
		d->memo = FP_NEW_ARRAY(d->arena, d->memo_cap, struct fp_diagram_slot);
		for (size_t i = 0; i < n; i++)
			if (old[i].value)
				*memo_find(d, old[i].key[0], old[i].key[1]) = old[i];
	}
	*memo_find(d, a, b) = (struct fp_diagram_slot){ { a, b }, value + 1 };
	return value;
}

static bool is_same(const struct fp_diagram *d, const struct fp_diagram_node *n, uint8_t field,
		    const struct fp_diagram_edge *e, size_t count)
{
	if (n->field != field || n->n != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (d->edges.at[n->edge + i].start != e[i].start ||
		    d->edges.at[n->edge + i].to != e[i].to)
			return false;
	return true;
}

static void unique_insert(struct fp_diagram *d, uint64_t h, uint32_t node)
{
	size_t at = h & (d->unique_cap - 1);

	while (d->unique[at].value)
		at = (at + 1) & (d->unique_cap - 1);
	d->unique[at] = (struct fp_diagram_slot){ { h, 0 }, node + 1 };
}

static void unique_grow(struct fp_diagram *d)
{
	struct fp_diagram_slot *old = d->unique;
	size_t n = d->unique_cap;

	d->unique_cap *= 2;
	d->unique = FP_NEW_ARRAY(d->arena, d->unique_cap, struct fp_diagram_slot);
	for (size_t i = 0; i < n; i++)
		if (old[i].value)
			unique_insert(d, old[i].key[0], old[i].value - 1);
}

/* The node with these edges; a leaf has none and `value` in place of them. */
static uint32_t share(struct fp_diagram *d, uint8_t field, const struct fp_diagram_edge *e,
		      size_t count, uint32_t value)
{
	uint64_t h = mix(field, value);

	for (size_t i = 0; i < count; i++)
		h = mix(h ^ e[i].start, e[i].to);
	for (size_t at = h & (d->unique_cap - 1); d->unique[at].value;
	     at = (at + 1) & (d->unique_cap - 1)) {
		uint32_t id = d->unique[at].value - 1;
		if (d->unique[at].key[0] == h && is_same(d, &d->nodes.at[id], field, e, count) &&
		    (count || d->nodes.at[id].edge == value))
			return id;
	}
	if (d->edges.n + count > FP_DIAGRAM_EDGES) {
		d->is_spent = true;
		return 0;
	}
	struct fp_diagram_node n = { .field = field, .n = (uint32_t)count };
	n.edge = count ? (uint32_t)d->edges.n : value;
	for (size_t i = 0; i < count; i++)
		fp_vec_push(d->arena, &d->edges, e[i]);
	fp_vec_push(d->arena, &d->nodes, n);
	if (d->nodes.n * 2 > d->unique_cap)
		unique_grow(d);
	unique_insert(d, h, (uint32_t)d->nodes.n - 1);
	return (uint32_t)d->nodes.n - 1;
}

/* Closes the edges pushed on the scratch since `base`. */
static uint32_t close_edges(struct fp_diagram *d, uint8_t field, size_t base)
{
	const struct fp_diagram_edge *e = d->scratch.at + base;
	size_t n = d->scratch.n - base;

	d->scratch.n = base;
	return n == 1 ? e[0].to : share(d, field, e, n, 0);
}

static void push_edge(struct fp_diagram *d, size_t base, uint64_t start, uint32_t to)
{
	struct fp_diagram_edge e = { start, to };

	if (d->scratch.n > base && d->scratch.at[d->scratch.n - 1].to == to)
		return;
	fp_vec_push(d->arena, &d->scratch, e);
}

uint32_t fp_diagram_leaf(struct fp_diagram *d, struct fp_decision decision)
{
	return share(d, FP_DIAGRAM_LEAF, NULL, 0, (uint32_t)decision.action << 16 | decision.data);
}

bool fp_diagram_is_leaf(const struct fp_diagram *d, uint32_t node)
{
	return d->nodes.at[node].field == FP_DIAGRAM_LEAF;
}

struct fp_decision fp_diagram_decision(const struct fp_diagram *d, uint32_t leaf)
{
	uint32_t value = d->nodes.at[leaf].edge;

	return (struct fp_decision){ .action = (enum fp_action)(value >> 16),
				     .data = (uint16_t)value };
}

/* Walks one node along a field: itself where it tests another field. */
struct cursor {
	uint32_t node, edge, end; /* edge == end: constant */
};

static struct cursor cursor(const struct fp_diagram *d, uint32_t node, uint8_t field)
{
	const struct fp_diagram_node *n = &d->nodes.at[node];

	if (n->field != field)
		return (struct cursor){ node, 0, 0 };
	return (struct cursor){ node, n->edge, n->edge + n->n };
}

static uint32_t cursor_to(const struct fp_diagram *d, const struct cursor *c)
{
	return c->edge == c->end ? c->node : d->edges.at[c->edge].to;
}

/* Start of the next edge; false at the last. */
static bool cursor_next(const struct fp_diagram *d, const struct cursor *c, uint64_t *at)
{
	if (c->edge == c->end || c->edge + 1 == c->end)
		return false;
	if (d->edges.at[c->edge + 1].start < *at)
		*at = d->edges.at[c->edge + 1].start;
	return true;
}

static void cursor_seek(const struct fp_diagram *d, struct cursor *c, uint64_t at)
{
	while (c->edge + 1 < c->end && d->edges.at[c->edge + 1].start <= at)
		c->edge++;
}

/* Values of one field: `n` bounds at which membership changes, from outside on. */
struct set {
	uint8_t field;
	size_t at, n;
};

static uint32_t choose(struct fp_diagram *d, const struct set *s, uint32_t yes, uint32_t no)
{
	uint8_t yes_field = d->nodes.at[yes].field, no_field = d->nodes.at[no].field;
	uint8_t top = yes_field < no_field ? yes_field : no_field;
	uint64_t key[2] = { d->epoch << 8 | 1, (uint64_t)yes << 32 | no };

	if (yes == no || d->is_spent)
		return yes;
	struct fp_diagram_slot *m = memo_find(d, key[0], key[1]);
	if (m->value)
		return m->value - 1;
	bool is_here = s->field <= top;
	uint8_t field = is_here ? s->field : top;
	struct cursor y = cursor(d, yes, field), n = cursor(d, no, field);
	size_t base = d->scratch.n, bound = 0;
	for (uint64_t at = 0;;) {
		cursor_seek(d, &y, at);
		cursor_seek(d, &n, at);
		while (is_here && bound < s->n && d->bounds.at[s->at + bound] <= at)
			bound++;
		uint32_t to = !is_here ? choose(d, s, cursor_to(d, &y), cursor_to(d, &n))
				       : cursor_to(d, bound % 2 ? &y : &n);
		push_edge(d, base, at, to);
		uint64_t next = UINT64_MAX;
		bool more = cursor_next(d, &y, &next);
		more |= cursor_next(d, &n, &next);
		if (is_here && bound < s->n) {
			more = true;
			if (d->bounds.at[s->at + bound] < next)
				next = d->bounds.at[s->at + bound];
		}
		if (!more)
			break;
		at = next;
	}
	return memo_put(d, key[0], key[1], close_edges(d, field, base));
}

uint32_t fp_diagram_min(struct fp_diagram *d, uint32_t a, uint32_t b)
{
	uint8_t a_field = d->nodes.at[a].field, b_field = d->nodes.at[b].field;
	uint8_t top = a_field < b_field ? a_field : b_field;
	uint64_t key = (uint64_t)(a < b ? a : b) << 32 | (a < b ? b : a);

	if (a == b || d->is_spent)
		return a;
	if (top == FP_DIAGRAM_LEAF)
		return d->nodes.at[a].edge < d->nodes.at[b].edge ? a : b;
	struct fp_diagram_slot *m = memo_find(d, 2, key);
	if (m->value)
		return m->value - 1;
	struct cursor x = cursor(d, a, top), y = cursor(d, b, top);
	size_t base = d->scratch.n;
	for (uint64_t at = 0;;) {
		cursor_seek(d, &x, at);
		cursor_seek(d, &y, at);
		uint32_t to = fp_diagram_min(d, cursor_to(d, &x), cursor_to(d, &y));
		push_edge(d, base, at, to);
		uint64_t next = UINT64_MAX;
		bool more = cursor_next(d, &x, &next);
		more |= cursor_next(d, &y, &next);
		if (!more)
			break;
		at = next;
	}
	return memo_put(d, 2, key, close_edges(d, top, base));
}

struct range { /* half open; end 0 is past the last value */
	uint64_t start, end;
};

static int by_start(const void *x, const void *y)
{
	const struct range *a = x, *b = y;

	return (a->start > b->start) - (a->start < b->start);
}

/* The masked values a test accepts, complemented if asked: up to two ranges. */
static size_t ranges_of(const struct fp_test *t, bool complement, struct range out[2])
{
	uint64_t mask = t->mask & FIELD_ALL(t), start = 0, end = 0;
	size_t n = 0;
	bool is_empty = t->min > t->max || !fp_mask_next(t->min, mask, &start) || start > t->max;

	if (!is_empty && (t->max >= mask || !fp_mask_next(t->max + 1, mask, &end)))
		end = 0;
	if (complement == t->is_negated) {
		if (!is_empty)
			out[n++] = (struct range){ start, end };
		return n;
	}
	if (is_empty) {
		out[n++] = (struct range){ 0, 0 };
		return n;
	}
	if (start)
		out[n++] = (struct range){ 0, start };
	if (end)
		out[n++] = (struct range){ end, 0 };
	return n;
}

/* The union of the ranges as bounds. */
static struct set set_of(struct fp_diagram *d, uint8_t field, struct range *r, size_t n)
{
	struct set s = { .field = field, .at = d->bounds.n };

	qsort(r, n, sizeof(*r), by_start);
	for (size_t i = 0; i < n;) {
		uint64_t end = r[i].end;
		fp_vec_push(d->arena, &d->bounds, r[i].start);
		for (i++; i < n && end && r[i].start <= end; i++)
			if (!r[i].end || r[i].end > end)
				end = r[i].end;
		if (!end)
			break;
		fp_vec_push(d->arena, &d->bounds, end);
	}
	s.n = d->bounds.n - s.at;
	return s;
}

/*
 * The tests among the kids that share one field, as one set; for AND by De Morgan: the union of
 * what they refuse. Marks them in `done`.
 */
static struct set gather(struct fp_diagram *d, const struct fp_pred *p, size_t first, bool *done)
{
	size_t field = field_of(d, &p->kids[first]->test), n = 0;
	struct range *r = FP_NEW_ARRAY(d->arena, 2 * (p->n - first), struct range);

	for (size_t i = first; i < p->n; i++) {
		const struct fp_pred *k = p->kids[i];
		if (done[i] || k->op != FP_PRED_TEST || field_of(d, &k->test) != field)
			continue;
		done[i] = true;
		n += ranges_of(&k->test, p->op == FP_PRED_AND, r + n);
	}
	return set_of(d, (uint8_t)field, r, n);
}

static uint32_t test_set(struct fp_diagram *d, const struct set *s, uint32_t yes, uint32_t no)
{
	d->epoch++;
	return s->n ? choose(d, s, yes, no) : no;
}

static uint32_t join(struct fp_diagram *d, const struct fp_pred *p, uint32_t yes, uint32_t no)
{
	bool is_and = p->op == FP_PRED_AND;
	bool *done = FP_NEW_ARRAY(d->arena, p->n, bool);
	uint32_t acc = is_and ? yes : no;

	for (size_t i = 0; i < p->n; i++) {
		if (done[i])
			continue;
		if (p->kids[i]->op != FP_PRED_TEST) {
			acc = is_and ? fp_diagram_if(d, p->kids[i], acc, no)
				     : fp_diagram_if(d, p->kids[i], yes, acc);
			continue;
		}
		struct set s = gather(d, p, i, done);
		acc = is_and ? test_set(d, &s, no, acc) : test_set(d, &s, yes, acc);
	}
	return acc;
}

uint32_t fp_diagram_if(struct fp_diagram *d, const struct fp_pred *p, uint32_t yes, uint32_t no)
{
	struct range r[2];
	struct set s;

	if (d->is_spent)
		return no;
	switch (p->op) {
	case FP_PRED_FALSE:
		return no;
	case FP_PRED_TRUE:
		return yes;
	case FP_PRED_TEST:
		s = set_of(d, (uint8_t)field_of(d, &p->test), r, ranges_of(&p->test, false, r));
		return test_set(d, &s, yes, no);
	case FP_PRED_AND:
	case FP_PRED_OR:
		break;
	}
	return join(d, p, yes, no);
}

uint32_t fp_diagram_narrow(struct fp_diagram *d, uint32_t node)
{
	struct fp_diagram_slot *m = memo_find(d, 3, node);
	struct fp_diagram_node n = d->nodes.at[node];

	if (n.field == FP_DIAGRAM_LEAF || d->is_spent)
		return node;
	if (m->value)
		return m->value - 1;
	struct fp_field f = d->fields.at[n.field];
	/* A field made of an upper half alone is zero; one that ends in it loses it. */
	bool is_upper = f.lo % 2;
	uint64_t mask = is_upper ? 0 : f.mask;
	if (f.hi != FP_WORD_NONE && f.hi % 2) {
		mask &= UINT32_MAX;
		f.hi = FP_WORD_NONE;
	}
	uint32_t acc = 0;
	size_t field = mask ? field_at(d, f.lo, f.hi, mask) : 0;
	for (uint32_t i = n.n; i-- > 0 && !d->is_spent;) {
		struct fp_diagram_edge e = d->edges.at[n.edge + i];
		if (i && (!mask || e.start > mask))
			continue;
		uint32_t to = fp_diagram_narrow(d, e.to);
		bool is_last = i + 1 == n.n || !mask || d->edges.at[n.edge + i + 1].start > mask;
		struct set s = { .field = (uint8_t)field, .at = d->bounds.n, .n = 1 };
		if (is_last) {
			acc = to;
			continue;
		}
		fp_vec_push(d->arena, &d->bounds, d->edges.at[n.edge + i + 1].start);
		acc = test_set(d, &s, acc, to);
	}
	return memo_put(d, 3, node, acc);
}

/* Marks what can be reached; kids have smaller ids than their parents. */
static bool *reach(const struct fp_diagram *d, uint32_t node)
{
	bool *is_reached = FP_NEW_ARRAY(d->arena, node + 1u, bool);

	is_reached[node] = true;
	for (uint32_t id = node + 1; id-- > 0;) {
		const struct fp_diagram_node *n = &d->nodes.at[id];
		for (uint32_t i = 0; is_reached[id] && i < n->n; i++)
			is_reached[d->edges.at[n->edge + i].to] = true;
	}
	return is_reached;
}

struct fp_decision fp_diagram_strictest(const struct fp_diagram *d, uint32_t node)
{
	const bool *is_reached = reach(d, node);
	struct fp_decision best = { .action = FP_ACT_ALLOW };

	for (uint32_t id = 0; id <= node; id++) {
		if (!is_reached[id] || !fp_diagram_is_leaf(d, id))
			continue;
		struct fp_decision it = fp_diagram_decision(d, id);
		if (fp_decision_cmp(it, best) < 0)
			best = it;
	}
	return best;
}

static uint32_t graph_node(const struct fp_diagram *d, const struct fp_diagram_node *n,
			   struct fp_graph *g, const uint32_t *made)
{
	const struct fp_field *f = &d->fields.at[n->field];
	struct fp_span64 *s = FP_NEW_ARRAY(g->arena, n->n, struct fp_span64);

	for (uint32_t i = 0; i < n->n; i++) {
		const struct fp_diagram_edge *e = &d->edges.at[n->edge + i];
		s[i] = (struct fp_span64){ e->start, made[e->to] };
	}
	return fp_graph_field(g, f->lo, f->hi, f->mask, s, n->n);
}

uint32_t fp_diagram_graph(const struct fp_diagram *d, uint32_t node, struct fp_graph *g,
			  uint32_t (*value)(struct fp_decision decision))
{
	const bool *is_reached = reach(d, node);
	uint32_t *made = FP_NEW_ARRAY(d->arena, node + 1u, uint32_t);

	for (uint32_t id = 0; id <= node; id++) {
		if (!is_reached[id])
			continue;
		made[id] = fp_diagram_is_leaf(d, id)
				   ? fp_graph_ret(g, value(fp_diagram_decision(d, id)))
				   : graph_node(d, &d->nodes.at[id], g, made);
	}
	return made[node];
}
