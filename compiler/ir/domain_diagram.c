/* SPDX-License-Identifier: MIT */
/* Decision diagrams: nodes, operations, witnesses. */
#include "ir/domain_diagram.h"

#define SEGMENT_BITS 12u
#define SEGMENT      (1u << SEGMENT_BITS)
#define LEAF_VAR     UINT16_MAX
#define BUCKETS_MIN  (1u << 10)
#define BUCKETS_MAX  (1u << 20)
#define CACHE_MIN    (1u << 9)
#define CACHE_MAX    (1u << 17)

/* Operations of this file; 0 marks an empty place of the cache. */
enum {
	OP_IF = 1,
	OP_EXISTS
};

static uint64_t pack(unsigned var, uint32_t low, uint32_t high)
{
	return (uint64_t)var << 48 | (uint64_t)low << 24 | high;
}

static uint64_t at(const struct fp_dd *d, uint32_t node)
{
	return d->nodes[node >> SEGMENT_BITS][node & (SEGMENT - 1)];
}

static unsigned var_of(const struct fp_dd *d, uint32_t node)
{
	return (unsigned)(at(d, node) >> 48);
}

static uint32_t low_of(const struct fp_dd *d, uint32_t node)
{
	return at(d, node) >> 24 & FP_DD_LEAF_MAX;
}

static uint32_t high_of(const struct fp_dd *d, uint32_t node)
{
	return at(d, node) & FP_DD_LEAF_MAX;
}

/* splitmix64's finisher. */
static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

void fp_dd_init(struct fp_dd *d, struct fp_arena *a, uint32_t budget)
{
	uint32_t most = budget < FP_DD_LEAF_MAX ? budget : FP_DD_LEAF_MAX;

	/* Room for the two constants is not asked for. */
	most = most < 2 ? 2 : most;
	*d = (struct fp_dd){ .arena = a, .budget = most };
	d->nodes = FP_NEW_ARRAY(a, (most >> SEGMENT_BITS) + 1, uint64_t *);
	d->chain = FP_NEW_ARRAY(a, (most >> SEGMENT_BITS) + 1, uint32_t *);
	d->bucket_count = BUCKETS_MIN;
	d->buckets = FP_NEW_ARRAY(a, BUCKETS_MIN, uint32_t);
	d->cache_size = CACHE_MIN;
	d->cache = FP_NEW_ARRAY(a, CACHE_MIN, struct fp_dd_cached);
	fp_dd_leaf(d, 0);
	fp_dd_leaf(d, 1);
}

static void enter(struct fp_dd *d, uint32_t node)
{
	uint32_t *head = &d->buckets[mix(at(d, node)) & (d->bucket_count - 1)];

	d->chain[node >> SEGMENT_BITS][node & (SEGMENT - 1)] = *head;
	*head = node + 1;
}

/* Results are not carried over: what is asked again is computed again. */
static void grow(struct fp_dd *d)
{
	if (d->n >= d->bucket_count * 2 && d->bucket_count < BUCKETS_MAX) {
		d->bucket_count *= 4;
		d->buckets = FP_NEW_ARRAY(d->arena, d->bucket_count, uint32_t);
		for (uint32_t i = 0; i < d->n; i++)
			enter(d, i);
	}
	if (d->n >= d->cache_size * 4 && d->cache_size < CACHE_MAX) {
		d->cache_size *= 4;
		d->cache = FP_NEW_ARRAY(d->arena, d->cache_size, struct fp_dd_cached);
	}
}

static uint32_t intern(struct fp_dd *d, uint64_t node)
{
	uint32_t found = d->buckets[mix(node) & (d->bucket_count - 1)];

	for (; found; found = d->chain[(found - 1) >> SEGMENT_BITS][(found - 1) & (SEGMENT - 1)])
		if (at(d, found - 1) == node)
			return found - 1;
	if (d->n >= d->budget) {
		d->is_spent = true;
		return FP_DD_FALSE;
	}
	uint32_t segment = d->n >> SEGMENT_BITS;
	if (!d->nodes[segment]) {
		d->nodes[segment] = FP_NEW_ARRAY(d->arena, SEGMENT, uint64_t);
		d->chain[segment] = FP_NEW_ARRAY(d->arena, SEGMENT, uint32_t);
	}
	d->nodes[segment][d->n & (SEGMENT - 1)] = node;
	enter(d, d->n++);
	grow(d);
	return d->n - 1;
}

uint32_t fp_dd_leaf(struct fp_dd *d, uint32_t value)
{
	return intern(d, pack(LEAF_VAR, value, 0));
}

uint32_t fp_dd_node(struct fp_dd *d, unsigned var, uint32_t low, uint32_t high)
{
	return low == high ? low : intern(d, pack(var, low, high));
}

bool fp_dd_is_leaf(const struct fp_dd *d, uint32_t node)
{
	return var_of(d, node) == LEAF_VAR;
}

uint32_t fp_dd_value(const struct fp_dd *d, uint32_t leaf)
{
	return low_of(d, leaf);
}

unsigned fp_dd_var(const struct fp_dd *d, uint32_t node)
{
	return var_of(d, node);
}

uint32_t fp_dd_branch(const struct fp_dd *d, uint32_t node, bool high)
{
	return high ? high_of(d, node) : low_of(d, node);
}

/* ---- operations: cofactors on the first variable of the operands ---- */

static struct fp_dd_cached *slot(const struct fp_dd *d, uint32_t op, uint32_t a, uint32_t b,
				 uint32_t c)
{
	uint64_t h = mix((uint64_t)a << 32 | b) ^ mix((uint64_t)c << 32 | op);

	return &d->cache[h & (d->cache_size - 1)];
}

static bool is_cached(const struct fp_dd_cached *s, uint32_t op, uint32_t a, uint32_t b, uint32_t c)
{
	return s->op == op && s->a == a && s->b == b && s->c == c;
}

static uint32_t keep(struct fp_dd *d, uint32_t op, uint32_t a, uint32_t b, uint32_t c,
		     uint32_t result)
{
	if (!d->is_spent)
		*slot(d, op, a, b, c) = (struct fp_dd_cached){ a, b, c, op, result };
	return d->is_spent ? FP_DD_FALSE : result;
}

static unsigned first(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static uint32_t cofactor(const struct fp_dd *d, uint32_t node, unsigned var, bool high)
{
	if (var_of(d, node) != var)
		return node;
	return high ? high_of(d, node) : low_of(d, node);
}

uint32_t fp_dd_if(struct fp_dd *d, uint32_t c, uint32_t then, uint32_t otherwise)
{
	if (d->is_spent)
		return FP_DD_FALSE;
	if (c == FP_DD_TRUE || then == otherwise)
		return then;
	if (c == FP_DD_FALSE)
		return otherwise;
	if (then == FP_DD_TRUE && otherwise == FP_DD_FALSE)
		return c;
	const struct fp_dd_cached *s = slot(d, OP_IF, c, then, otherwise);
	if (is_cached(s, OP_IF, c, then, otherwise))
		return s->result;
	unsigned var = first(var_of(d, c), first(var_of(d, then), var_of(d, otherwise)));
	uint32_t low = fp_dd_if(d, cofactor(d, c, var, false), cofactor(d, then, var, false),
				cofactor(d, otherwise, var, false));
	uint32_t high = fp_dd_if(d, cofactor(d, c, var, true), cofactor(d, then, var, true),
				 cofactor(d, otherwise, var, true));
	return keep(d, OP_IF, c, then, otherwise, fp_dd_node(d, var, low, high));
}

uint32_t fp_dd_and(struct fp_dd *d, uint32_t a, uint32_t b)
{
	return fp_dd_if(d, a, b, FP_DD_FALSE);
}

uint32_t fp_dd_or(struct fp_dd *d, uint32_t a, uint32_t b)
{
	return fp_dd_if(d, a, FP_DD_TRUE, b);
}

uint32_t fp_dd_not(struct fp_dd *d, uint32_t a)
{
	return fp_dd_if(d, a, FP_DD_FALSE, FP_DD_TRUE);
}

uint32_t fp_dd_apply(struct fp_dd *d, const struct fp_dd_op *op, uint32_t a, uint32_t b)
{
	if (d->is_spent)
		return FP_DD_FALSE;
	if (fp_dd_is_leaf(d, a) && fp_dd_is_leaf(d, b))
		return fp_dd_leaf(d, op->leaf(fp_dd_value(d, a), fp_dd_value(d, b)));
	const struct fp_dd_cached *s = slot(d, op->id, a, b, 0);
	if (is_cached(s, op->id, a, b, 0))
		return s->result;
	unsigned var = first(var_of(d, a), var_of(d, b));
	uint32_t low = fp_dd_apply(d, op, cofactor(d, a, var, false), cofactor(d, b, var, false));
	uint32_t high = fp_dd_apply(d, op, cofactor(d, a, var, true), cofactor(d, b, var, true));
	return keep(d, op->id, a, b, 0, fp_dd_node(d, var, low, high));
}

/* The set is not part of the cache's key; `walk` keeps two questions apart. */
static uint32_t exists(struct fp_dd *d, uint32_t a, const struct fp_dd_set *gone, uint32_t walk)
{
	if (d->is_spent || fp_dd_is_leaf(d, a))
		return d->is_spent ? FP_DD_FALSE : a;
	const struct fp_dd_cached *s = slot(d, OP_EXISTS, a, walk, 0);
	if (is_cached(s, OP_EXISTS, a, walk, 0))
		return s->result;
	unsigned var = var_of(d, a);
	uint32_t low = exists(d, low_of(d, a), gone, walk);
	uint32_t high = exists(d, high_of(d, a), gone, walk);
	uint32_t result =
		fp_dd_set_has(gone, var) ? fp_dd_or(d, low, high) : fp_dd_node(d, var, low, high);
	return keep(d, OP_EXISTS, a, walk, 0, result);
}

uint32_t fp_dd_exists(struct fp_dd *d, uint32_t a, const struct fp_dd_set *gone)
{
	return exists(d, a, gone, ++d->walks);
}

void fp_dd_witness(const struct fp_dd *d, uint32_t a, struct fp_dd_set *out)
{
	*out = (struct fp_dd_set){ 0 };
	while (!fp_dd_is_leaf(d, a)) {
		bool high = low_of(d, a) == FP_DD_FALSE;
		if (high)
			fp_dd_set_add(out, var_of(d, a));
		a = high ? high_of(d, a) : low_of(d, a);
	}
}

uint32_t fp_dd_restrict(const struct fp_dd *d, uint32_t a, const struct fp_dd_set *at_bits,
			unsigned end)
{
	while (var_of(d, a) < end)
		a = fp_dd_set_has(at_bits, var_of(d, a)) ? high_of(d, a) : low_of(d, a);
	return a;
}

uint32_t fp_dd_eval(const struct fp_dd *d, uint32_t a, const struct fp_dd_set *at_bits)
{
	while (!fp_dd_is_leaf(d, a))
		a = fp_dd_set_has(at_bits, var_of(d, a)) ? high_of(d, a) : low_of(d, a);
	return fp_dd_value(d, a);
}
