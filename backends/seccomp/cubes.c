/* SPDX-License-Identifier: MIT */
/* Diagram to cubes: one for every path and every masked prefix on it. */
#include "backends/seccomp/cubes.h"
#include "target/tables.h"

#define STEPS_MAX 16384u
#define FEW       16u /* values of a range that are listed one by one */

static int cmp_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

int fp_cube_cmp(const struct fp_cube *a, const struct fp_cube *b)
{
	int c = 0;

	for (unsigned i = 0; !c && i < 6; i++) {
		c = cmp_u64(a->arg[i].op, b->arg[i].op);
		c = c ? c : cmp_u64(a->arg[i].mask, b->arg[i].mask);
		c = c ? c : cmp_u64(a->arg[i].value, b->arg[i].value);
	}
	return c;
}

/* Something with this decision falls to `rest`. */
static void lose(struct fp_cubes *c, struct fp_decision d)
{
	int order = fp_decision_cmp(d, c->rest);

	c->is_wider |= order < 0 && d.action != c->rest.action;
	c->is_narrower |= order > 0 || (order < 0 && d.action == c->rest.action);
}

static bool is_rest(const struct fp_cubes *c, struct fp_decision d)
{
	if (c->is_errno_free && d.action == FP_ACT_ERRNO && c->rest.action == FP_ACT_ERRNO)
		return true;
	return !fp_decision_cmp(d, c->rest);
}

static bool holds(const struct fp_cmp *cmp, uint64_t v)
{
	switch (cmp->op) {
	case FP_CMP_ANY:
		break;
	case FP_CMP_MASKED:
		return (v & cmp->mask) == cmp->value;
	case FP_CMP_LE:
		return v <= cmp->value;
	case FP_CMP_GE:
		return v >= cmp->value;
	}
	return true;
}

enum meet {
	MEET_OK,
	MEET_EMPTY,
	MEET_UNSAYABLE
};

/* Both comparisons as one in `a`. */
static enum meet meet(struct fp_cmp *a, const struct fp_cmp *b)
{
	bool is_point = a->op == FP_CMP_MASKED && a->mask == UINT64_MAX;

	if (a->op == FP_CMP_ANY || b->op == FP_CMP_ANY) {
		*a = a->op == FP_CMP_ANY ? *b : *a;
		return MEET_OK;
	}
	if (is_point)
		return holds(b, a->value) ? MEET_OK : MEET_EMPTY;
	if (b->op == FP_CMP_MASKED && b->mask == UINT64_MAX) {
		if (!holds(a, b->value))
			return MEET_EMPTY;
		*a = *b;
		return MEET_OK;
	}
	if (a->op != FP_CMP_MASKED || b->op != FP_CMP_MASKED)
		return MEET_UNSAYABLE;
	if ((a->value ^ b->value) & a->mask & b->mask)
		return MEET_EMPTY;
	a->mask |= b->mask;
	a->value |= b->value;
	return MEET_OK;
}

/* Half a word's constraint, moved to where it stands in its argument. */
static enum meet meet_word(struct fp_cube *q, uint8_t word, uint32_t mask, uint32_t value)
{
	unsigned shift = word % 2 ? 32 : 0;
	struct fp_cmp b = { FP_CMP_MASKED, (uint64_t)mask << shift, (uint64_t)value << shift };

	return mask ? meet(&q->arg[word / 2], &b) : MEET_OK;
}

static unsigned count_ordered(const struct fp_cube *q)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 6; i++)
		n += q->arg[i].op == FP_CMP_LE || q->arg[i].op == FP_CMP_GE;
	return n;
}

static void add(struct fp_cubes *c, const struct fp_cube *q)
{
	unsigned ordered = count_ordered(q);

	if (ordered + c->is_ordered > 1) {
		lose(c, q->decision);
		return;
	}
	if (c->at.n == c->max) {
		c->is_spent = true;
		return;
	}
	c->is_ordered |= ordered > 0;
	fp_vec_push(c->arena, &c->at, *q);
}

/* Masks of 64 bits, from argument `i` on, in words that fit: an upper bound, or all values listed.
 */
static void add_sayable(struct fp_cubes *c, const struct fp_cube *q, unsigned i)
{
	struct fp_cube copy = *q;

	for (; i < 6; i++) {
		struct fp_cmp *a = &copy.arg[i];
		uint64_t open = ~a->mask;
		if (a->value >> 63 && (a->op != FP_CMP_GE || a->value != FP_CUBE_TOP)) {
			lose(c, q->decision);
			return;
		}
		if (a->op != FP_CMP_MASKED || !(a->mask >> 63) || !open)
			continue;
		if (!a->value && !(open & (open + 1))) {
			*a = (struct fp_cmp){ .op = FP_CMP_LE, .value = open };
			continue;
		}
		if (__builtin_popcountll(open) > 4) {
			lose(c, q->decision);
			return;
		}
		uint64_t base = a->value, sub = 0;
		do { /* all subsets of the open bits, ascending */
			*a = (struct fp_cmp){ FP_CMP_MASKED, UINT64_MAX, base | sub };
			add_sayable(c, &copy, i + 1);
			sub = (sub - open) & open;
		} while (sub);
		return;
	}
	add(c, &copy);
}

struct walk {
	struct fp_cubes *c;
	const struct fp_diagram *d;
};

static void walk(const struct walk *w, uint32_t node, const struct fp_cube *q);

/* All that `node` decides is left to `rest`. */
static void lose_all(const struct walk *w, uint32_t node)
{
	const struct fp_diagram_node *n = &w->d->nodes.at[node];

	if (n->field == FP_DIAGRAM_LEAF) {
		lose(w->c, fp_diagram_decision(w->d, node));
		return;
	}
	for (uint32_t i = 0; i < n->n && !w->c->is_spent; i++) {
		w->c->is_spent = ++w->c->steps > STEPS_MAX;
		lose_all(w, w->d->edges.at[n->edge + i].to);
	}
}

static void go_on(const struct walk *w, uint32_t to, const struct fp_cube *q, enum meet m)
{
	if (m == MEET_OK)
		walk(w, to, q);
	else if (m == MEET_UNSAYABLE)
		lose_all(w, to);
}

static void go_compare(const struct walk *w, uint32_t to, const struct fp_cube *q, unsigned arg,
		       struct fp_cmp cmp)
{
	struct fp_cube copy = *q;
	enum meet m = meet(&copy.arg[arg], &cmp);

	go_on(w, to, &copy, m);
}

/* first..last of a whole 64-bit argument: one comparison, or a few values. */
static void go_range(const struct walk *w, uint32_t to, const struct fp_cube *q, unsigned arg,
		     uint64_t first, uint64_t last)
{
	if (!first && last == UINT64_MAX)
		walk(w, to, q);
	else if (!first && last <= UINT64_MAX >> 1)
		go_compare(w, to, q, arg, (struct fp_cmp){ .op = FP_CMP_LE, .value = last });
	else if (last == UINT64_MAX && first <= FP_CUBE_TOP)
		go_compare(w, to, q, arg, (struct fp_cmp){ .op = FP_CMP_GE, .value = first });
	else if (last - first < FEW)
		for (uint64_t v = first; v - first <= last - first; v++)
			go_compare(w, to, q, arg, (struct fp_cmp){ FP_CMP_MASKED, UINT64_MAX, v });
	else
		lose_all(w, to);
}

/* first..last of a masked field, cut into blocks that fix the upper bits and leave the lower. */
static void go_blocks(const struct walk *w, uint32_t to, const struct fp_cube *q,
		      const struct fp_field *f, uint64_t first, uint64_t last)
{
	for (bool more = true; more && first <= last && !w->c->is_spent;) {
		uint64_t open = 0;
		for (uint64_t bit; (bit = (f->mask & ~open) & -(f->mask & ~open)); open |= bit)
			if ((first & bit) || (first | open | bit) > last)
				break;
		struct fp_cube copy = *q;
		uint64_t mask = f->mask & ~open;
		enum meet m = meet_word(&copy, f->lo, (uint32_t)mask, (uint32_t)first);
		if (m == MEET_OK && f->hi != FP_WORD_NONE)
			m = meet_word(&copy, f->hi, (uint32_t)(mask >> 32),
				      (uint32_t)(first >> 32));
		go_on(w, to, &copy, m);
		more = (first | open) < f->mask &&
		       fp_mask_next((first | open) + 1, f->mask, &first);
	}
}

static uint64_t last_of(const struct fp_diagram *d, const struct fp_diagram_node *n, uint32_t i,
			uint64_t mask)
{
	return i + 1 < n->n ? d->edges.at[n->edge + i + 1].start - 1 : mask;
}

static void walk_edges(const struct walk *w, const struct fp_diagram_node *n,
		       const struct fp_cube *q)
{
	const struct fp_field *f = &w->d->fields.at[n->field];
	const struct fp_diagram_edge *e = &w->d->edges.at[n->edge];
	bool is_whole = f->hi != FP_WORD_NONE && f->lo % 2 == 0 && f->hi == f->lo + 1 &&
			f->mask == UINT64_MAX;

	for (uint32_t i = 0; i < n->n && !w->c->is_spent; i++) {
		uint64_t last = last_of(w->d, n, i, f->mask);
		if (is_whole)
			go_range(w, e[i].to, q, f->lo / 2u, e[i].start, last);
		else
			go_blocks(w, e[i].to, q, f, e[i].start, last);
	}
}

static void walk(const struct walk *w, uint32_t node, const struct fp_cube *q)
{
	const struct fp_diagram_node *n = &w->d->nodes.at[node];
	struct fp_cube copy = *q;

	if (++w->c->steps > STEPS_MAX)
		w->c->is_spent = true;
	if (w->c->is_spent)
		return;
	if (n->field != FP_DIAGRAM_LEAF) {
		walk_edges(w, n, q);
		return;
	}
	copy.decision = fp_diagram_decision(w->d, node);
	if (is_rest(w->c, copy.decision))
		lose(w->c, copy.decision);
	else
		add_sayable(w->c, &copy, 0);
}

void fp_cubes_make(struct fp_cubes *c, const struct fp_diagram *d, uint32_t root)
{
	const struct walk w = { .c = c, .d = d };
	const struct fp_cube all = { .decision = c->rest };

	walk(&w, root, &all);
}

/* The bits of a word that the cube fixes. */
static uint64_t fixed_word(const struct fp_cube *q, uint8_t word, uint64_t *value)
{
	const struct fp_cmp *a = &q->arg[word / 2];
	unsigned shift = word % 2 ? 32 : 0;

	if (a->op != FP_CMP_MASKED)
		return 0;
	*value = a->value >> shift & UINT32_MAX;
	return a->mask >> shift & UINT32_MAX;
}

static bool may_hold(const struct fp_cube *q, const struct fp_test *t)
{
	uint64_t lo = 0, hi = 0, fixed = fixed_word(q, t->lo, &lo), mask = t->mask;

	if (t->hi == FP_WORD_NONE)
		mask &= UINT32_MAX;
	else
		fixed |= fixed_word(q, t->hi, &hi) << 32;
	fixed &= mask;
	uint64_t least = (hi << 32 | lo) & fixed, most = least | (mask & ~fixed);
	if (t->is_negated)
		return least < t->min || most > t->max;
	if (t->min == t->max && (t->min ^ least) & fixed)
		return false;
	return least <= t->max && most >= t->min;
}

bool fp_cube_meets(const struct fp_cube *q, const struct fp_pred *p)
{
	bool is_or = p->op == FP_PRED_OR;

	switch (p->op) {
	case FP_PRED_FALSE:
		return false;
	case FP_PRED_TRUE:
		return true;
	case FP_PRED_TEST:
		return may_hold(q, &p->test);
	case FP_PRED_AND:
	case FP_PRED_OR:
		break;
	}
	for (size_t i = 0; i < p->n; i++)
		if (fp_cube_meets(q, p->kids[i]) == is_or)
			return is_or;
	return !is_or;
}
