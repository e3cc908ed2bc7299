/* SPDX-License-Identifier: MIT */
/* The least tree of comparisons over the intervals of a word. */
#include "backends/seccomp/graph.h"

#include <string.h>

/* What the costs of ranges rest on, an interval. */
struct key {
	uint32_t start, weight, peak, peak_weight;
	uint32_t like; /* the first interval that leads to the same */
};

/*
 * By range i..j of intervals, at i * cap + j. It stays as the last tree left it: the calls of an
 * ABI on two kernels begin alike, and so do the costs.
 */
struct fp_tree_table {
	size_t cap; /* intervals there is room for */
	size_t n;   /* of the last tree */
	uint32_t mask;
	struct key *key;
	int32_t *cost;
	int32_t *rest;  /* after the peak is out: only of trees with peaks */
	uint8_t *first; /* enum first: the best first comparison */
	uint32_t *sum;  /* sum[i]: weights before interval i */
};

enum first {
	FIRST_CUT,  /* JGE, at the cut whose sides cost least */
	FIRST_HOLE, /* JEQ: one value with equal neighbours on both sides */
	FIRST_PEAK, /* JEQ: the heaviest peak of the range */
	FIRST_SET   /* JSET, see struct set; FIRST_SET + 1 for the other kind */
};

struct tree {
	struct fp_graph *graph;
	uint8_t word;
	uint32_t mask;
	const struct fp_span32 *s;
	size_t n;
	bool has_peaks;
	struct fp_tree_table *table;
};

/* Whether interval i holds one value of the masked word only. */
static bool is_single(const struct tree *t, size_t i)
{
	uint64_t next;

	if (!fp_mask_next((uint64_t)t->s[i].start + 1, t->mask, &next))
		return true;
	return i + 1 < t->n && next >= t->s[i + 1].start;
}

static bool is_hole(const struct tree *t, size_t i)
{
	return i && i + 1 < t->n && t->s[i - 1].to == t->s[i + 1].to && is_single(t, i);
}

static uint32_t compare(const struct tree *t, enum fp_graph_op op, size_t i, uint32_t yes,
			uint32_t no)
{
	struct fp_graph_node n = {
		.op = op, .word = t->word, .mask = t->mask, .k = t->s[i].start, .yes = yes, .no = no
	};

	/* Any bit set: JSET reads the word as loaded and spares the AND. */
	if (t->mask != UINT32_MAX && op == FP_GRAPH_JGE && n.k == (t->mask & -t->mask)) {
		n.op = FP_GRAPH_JSET;
		n.k = t->mask;
		n.mask = UINT32_MAX;
	}
	return fp_graph_test(t->graph, &n);
}

static int32_t weigh(const struct tree *t, size_t i, size_t j)
{
	return (int32_t)(t->table->sum[j + 1] - t->table->sum[i] + FP_TREE_INSN);
}

static size_t at(const struct tree *t, size_t i, size_t j)
{
	return i * t->table->cap + j;
}

/* Four costs at once; all costs are below 2^31. */
#define LANES __attribute__((vector_size(16)))

/*
 * Two neighbouring cuts of all ranges own[from..to): the costs of their left sides, and by the end
 * of the range those of their right sides.
 */
static void offer(int32_t *own, const int32_t left[2], const int32_t *const right[2], size_t from,
		  size_t to)
{
	int32_t a LANES, b LANES, best LANES;
	size_t j = from;

	for (; j + 4 <= to; j += 4) {
		memcpy(&a, right[0] + j, sizeof(a));
		memcpy(&b, right[1] + j, sizeof(b));
		memcpy(&best, own + j, sizeof(best));
		a += left[0];
		b += left[1];
		b ^= (a ^ b) & (a < b);
		best ^= (best ^ b) & (b < best);
		memcpy(own + j, &best, sizeof(best));
	}
	for (; j < to; j++)
		for (unsigned k = 0; k < 2; k++)
			if (left[k] + right[k][j] < own[j])
				own[j] = left[k] + right[k][j];
}

/* What the intervals of a range lead to, and the bits that values there may have. */
struct kinds {
	uint32_t to[2], bits[2];
	size_t n; /* 3: more than two */
};

static void add_kind(const struct tree *t, size_t i, struct kinds *k)
{
	uint32_t first = t->s[i].start, last = t->mask, fill = 0;
	size_t which = 0;

	while (which < k->n && which < 2 && k->to[which] != t->s[i].to)
		which++;
	if (which == 2)
		k->n = 3;
	if (k->n == 3)
		return;
	if (i + 1 < t->n)
		last = t->s[i + 1].start - 1;
	if (first != last)
		fill = UINT32_MAX >> __builtin_clz(first ^ last);
	if (which == k->n)
		k->bits[k->n++] = 0;
	k->to[which] = t->s[i].to;
	k->bits[which] |= (first | last | fill) & t->mask;
}

/*
 * A range of two kinds, decided by JSET: values with a bit that no value of one kind has are of the
 * other kind, and all of that one but at most a single value, for JEQ.
 */
struct set {
	uint32_t k; /* the bits */
	uint32_t kept, other;
	size_t hole;     /* the interval of the value without such a bit; t->n: none is */
	uint32_t weight; /* of what passes JEQ */
};

static bool find_set(const struct tree *t, size_t i, size_t j, const struct kinds *kinds,
		     unsigned which, struct set *set)
{
	uint32_t bits = kinds->bits[which];

	*set = (struct set){ .k = kinds->bits[!which] & ~bits,
			     .kept = kinds->to[which],
			     .other = kinds->to[!which],
			     .hole = t->n };
	for (size_t m = i; m <= j; m++) {
		uint64_t end = m + 1 < t->n ? t->s[m + 1].start : UINT64_MAX, first;
		set->weight += t->s[m].to == set->kept ? t->s[m].weight : 0;
		if (t->s[m].to == set->kept || !fp_mask_next(t->s[m].start, bits, &first) ||
		    first >= end)
			continue;
		if (set->hole < t->n || !is_single(t, m))
			return false;
		set->hole = m;
		set->weight += t->s[m].weight;
	}
	return set->k;
}

static void solve_by_set(const struct tree *t, size_t i, size_t j, const struct kinds *kinds,
			 int32_t *least, uint8_t *first)
{
	for (unsigned which = 0; which < 2; which++) {
		struct set set;
		if (!find_set(t, i, j, kinds, which, &set))
			continue;
		int32_t cost = set.hole < t->n ? (int32_t)(set.weight + FP_TREE_INSN) : 0;
		if (cost >= *least)
			continue;
		*least = cost;
		*first = (uint8_t)(FIRST_SET + which);
	}
}

/* Of peaks alike the first: it is the heaviest of each part of the range that it is in. */
static size_t heavier(const struct tree *t, size_t a, size_t b)
{
	return t->s[b].peak_weight > t->s[a].peak_weight ? b : a;
}

/* The sides of a cut, when the peak of interval m is out. */
static int32_t sides(const struct tree *t, size_t i, size_t c, size_t j, size_t m)
{
	const int32_t *left = m < c ? t->table->rest : t->table->cost;
	const int32_t *right = m < c ? t->table->cost : t->table->rest;

	return left[at(t, i, c - 1)] + right[at(t, c, j)];
}

static void solve_rest(const struct tree *t, size_t i, size_t j, size_t m)
{
	int32_t least = INT32_MAX;

	for (size_t c = i + 1; c <= j; c++) {
		int32_t sum = sides(t, i, c, j, m);
		least = sum < least ? sum : least;
	}
	if (j == i + 2 && is_hole(t, i + 1))
		least = 0;
	t->table->rest[at(t, i, j)] = weigh(t, i, j) - (int32_t)t->s[m].peak_weight + least;
}

/* One range, when all its cuts have been offered; `m` has the heaviest peak. */
static void solve(const struct tree *t, size_t i, size_t j, const struct kinds *kinds, size_t m)
{
	int32_t *cost = &t->table->cost[at(t, i, j)];
	uint8_t first = FIRST_CUT;

	if (j == i + 2 && is_hole(t, i + 1)) {
		first = FIRST_HOLE;
		*cost = 0;
	} else if (kinds->n == 2 && j > i + 1 && j < i + FP_TREE_SET) {
		solve_by_set(t, i, j, kinds, cost, &first);
	}
	if (t->has_peaks) {
		solve_rest(t, i, j, m);
		int32_t rest = t->table->rest[at(t, i, j)];
		first = rest < *cost ? FIRST_PEAK : first;
		*cost = rest < *cost ? rest : *cost;
	}
	*cost += weigh(t, i, j);
	t->table->first[at(t, i, j)] = first;
}

static void solve_from(const struct tree *t, size_t i, size_t known)
{
	int32_t *own = &t->table->cost[at(t, i, 0)];
	struct kinds kinds = { .n = 0 };
	size_t m = i, from = known; /* to shorter ranges the left side alone costs too much */

	add_kind(t, i, &kinds);
	own[i] = 0;
	if (t->has_peaks)
		t->table->rest[at(t, i, i)] = 0;
	for (size_t j = i + 1 > known ? i + 1 : known; j < t->n; j++)
		own[j] = INT32_MAX;
	for (size_t c = i + 1; c < t->n; c++) {
		m = t->has_peaks ? heavier(t, m, c) : m;
		if (c < i + FP_TREE_SET)
			add_kind(t, c, &kinds);
		if (c >= known) {
			own[c] = own[c - 1] < own[c] ? own[c - 1] : own[c];
			solve(t, i, c, &kinds, m);
		}
		if ((c - i) % 2 == 0)
			continue;
		const int32_t left[] = { own[c - 1], own[c] };
		const int32_t *const right[] = { own + t->table->cap * (c - i),
						 own + t->table->cap * (c + 1 - i) };
		from = c + 1 > from ? c + 1 : from;
		while (from < t->n && own[from] <= left[0])
			from++;
		if (from < t->n)
			offer(own, left, right, from, t->n);
	}
}

static struct fp_tree_table *table_for(const struct tree *t)
{
	struct fp_arena *arena = t->graph->arena;
	struct fp_tree_table *table = *t->graph->table;
	size_t cap = t->n + 32; /* room for the calls of newer kernels */

	if (table && table->cap >= t->n && (table->rest || !t->has_peaks))
		return table;
	table = FP_NEW(arena, struct fp_tree_table);
	table->cap = cap;
	table->key = FP_NEW_ARRAY(arena, cap, struct key);
	table->cost = FP_NEW_ARRAY(arena, cap * cap, int32_t);
	table->rest = t->has_peaks ? FP_NEW_ARRAY(arena, cap * cap, int32_t) : NULL;
	table->first = FP_NEW_ARRAY(arena, cap * cap, uint8_t);
	table->sum = FP_NEW_ARRAY(arena, cap + 1, uint32_t);
	*t->graph->table = table;
	return table;
}

/* How many intervals stand in ranges of known cost. Where one ends, the next one's start tells. */
static size_t prepare(struct tree *t)
{
	struct fp_tree_table *table = t->table = table_for(t);
	bool is_same = table->mask == t->mask;
	size_t known = 0, before = table->n;

	for (size_t i = 0; i < t->n; i++) {
		struct key key = { t->s[i].start, t->s[i].weight, t->s[i].peak, t->s[i].peak_weight,
				   0 };
		while (t->s[key.like].to != t->s[i].to)
			key.like++;
		is_same = is_same && i < before && !memcmp(&table->key[i], &key, sizeof(key));
		known += is_same;
		table->key[i] = key;
		table->sum[i + 1] = table->sum[i] + t->s[i].weight;
	}
	table->n = t->n;
	table->mask = t->mask;
	if (known && (known < t->n || known < before))
		known--;
	return known;
}

static uint32_t build_set(const struct tree *t, size_t i, size_t j, unsigned which)
{
	struct kinds kinds = { .n = 0 };
	struct set set;

	for (size_t m = i; m <= j; m++)
		add_kind(t, m, &kinds);
	find_set(t, i, j, &kinds, which, &set);
	uint32_t rest = set.kept;
	if (set.hole < t->n)
		rest = compare(t, FP_GRAPH_JEQ, set.hole, set.other, set.kept);
	/* JSET reads the word as loaded: its bits are bits of the mask. */
	const struct fp_graph_node n = { .op = FP_GRAPH_JSET,
					 .word = t->word,
					 .mask = UINT32_MAX,
					 .k = set.k,
					 .yes = set.other,
					 .no = rest };
	return fp_graph_test(t->graph, &n);
}

static uint32_t build_best(const struct tree *t, size_t i, size_t j);

static uint32_t build_cut(const struct tree *t, size_t i, size_t j)
{
	const int32_t *cost = t->table->cost;
	int32_t least = INT32_MAX;
	size_t best = j;

	for (size_t c = i + 1; c <= j; c++) {
		int32_t sum = cost[at(t, i, c - 1)] + cost[at(t, c, j)];
		best = sum < least ? c : best;
		least = sum < least ? sum : least;
	}
	uint32_t no = build_best(t, i, best - 1);
	uint32_t yes = build_best(t, best, j);
	return compare(t, FP_GRAPH_JGE, best, yes, no);
}

/* When the peak of interval m is out, if that is one of the range. */
static uint32_t build_rest(const struct tree *t, size_t i, size_t j, size_t m)
{
	int32_t least = INT32_MAX;
	size_t best = j;

	if (m < i || m > j)
		return build_best(t, i, j);
	if (i == j)
		return t->s[i].to;
	if (j == i + 2 && is_hole(t, i + 1))
		return compare(t, FP_GRAPH_JEQ, i + 1, t->s[i + 1].to, t->s[i].to);
	for (size_t c = i + 1; c <= j; c++) {
		int32_t sum = sides(t, i, c, j, m);
		best = sum < least ? c : best;
		least = sum < least ? sum : least;
	}
	uint32_t no = build_rest(t, i, best - 1, m);
	uint32_t yes = build_rest(t, best, j, m);
	return compare(t, FP_GRAPH_JGE, best, yes, no);
}

static uint32_t build_peak(const struct tree *t, size_t i, size_t j)
{
	size_t m = i;

	for (size_t k = i + 1; k <= j; k++)
		m = heavier(t, m, k);
	const struct fp_graph_node n = { .op = FP_GRAPH_JEQ,
					 .word = t->word,
					 .mask = t->mask,
					 .k = t->s[m].peak,
					 .yes = t->s[m].to,
					 .no = build_rest(t, i, j, m) };
	return fp_graph_test(t->graph, &n);
}

/* Depth is at most the number of intervals, twice: FP_TREE_EXACT. */
static uint32_t build_best(const struct tree *t, size_t i, size_t j)
{
	uint8_t first = t->table->first[at(t, i, j)];

	if (i == j)
		return t->s[i].to;
	if (first == FIRST_CUT)
		return build_cut(t, i, j);
	if (first == FIRST_HOLE)
		return compare(t, FP_GRAPH_JEQ, i + 1, t->s[i + 1].to, t->s[i].to);
	if (first == FIRST_PEAK)
		return build_peak(t, i, j);
	return build_set(t, i, j, first - FIRST_SET);
}

static uint32_t best(struct tree *t)
{
	for (size_t i = 0; i < t->n; i++)
		t->has_peaks |= t->s[i].peak_weight > 0;
	size_t known = prepare(t);

	for (size_t i = t->n; i-- > 0;)
		solve_from(t, i, known);
	return build_best(t, 0, t->n - 1);
}

/* Halves by count: depth is the logarithm. For word sets of hundreds of values. */
static uint32_t halve(const struct tree *t, size_t i, size_t j)
{
	if (i == j)
		return t->s[i].to;
	if (j == i + 2 && is_hole(t, i + 1))
		return compare(t, FP_GRAPH_JEQ, i + 1, t->s[i + 1].to, t->s[i].to);
	size_t c = i + (j - i + 1) / 2;
	/* A cut before a hole and after its neighbour would cost a comparison more. */
	if (is_hole(t, c) && c > i + 1)
		c--;
	uint32_t no = halve(t, i, c - 1);
	uint32_t yes = halve(t, c, j);
	return compare(t, FP_GRAPH_JGE, c, yes, no);
}

static void merge(struct fp_span32 *into, const struct fp_span32 *s)
{
	into->weight += s->weight;
	if (s->peak_weight > into->peak_weight) {
		into->peak = s->peak;
		into->peak_weight = s->peak_weight;
	}
}

uint32_t fp_graph_tree(struct fp_graph *g, uint8_t word, uint32_t mask, struct fp_span32 *s,
		       size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (kept && s[kept - 1].to == s[i].to)
			merge(&s[kept - 1], &s[i]);
		else
			s[kept++] = s[i];
	}
	struct tree t = { .graph = g, .word = word, .mask = mask, .s = s, .n = kept };
	return kept <= FP_TREE_EXACT ? best(&t) : halve(&t, 0, kept - 1);
}
