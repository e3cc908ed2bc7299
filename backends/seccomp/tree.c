/* SPDX-License-Identifier: MIT */
/* Comparison trees over the intervals of a word, and of a field of two words. */
#include "backends/seccomp/graph.h"
#include "target/tables.h"

#include <string.h>

/* Ranges i..j of intervals by their end, then their start: see at(). */
struct fp_tree_table {
	size_t cap; /* intervals there is room for */
	uint32_t *cost;
	uint16_t *cut; /* the best first comparison */
	uint32_t *row; /* row[j]: the cost of i..j for the i that is being solved */
	uint32_t *sum; /* sum[i]: weights before interval i */
};

/* `cut` c < n: JGE start[c] first. CUT_HOLE + c: JEQ start[c], with equal neighbours on both sides.
 */
#define CUT_HOLE 0x8000u

struct tree {
	struct fp_graph *graph;
	uint8_t word;
	uint32_t mask;
	const struct fp_span32 *s;
	size_t n;
	struct fp_tree_table *table;
};

bool fp_mask_next(uint64_t v, uint64_t mask, uint64_t *out)
{
	uint64_t stray = v & ~mask;

	if (!stray) {
		*out = v;
		return true;
	}
	/* Everything up to the highest stray bit starts anew, one masked step further up. */
	uint64_t low = UINT64_MAX >> __builtin_clzll(stray);
	uint64_t up = ((v | ~mask | low) + 1) & mask & ~low;
	if (up <= (v & ~low))
		return false;
	*out = up;
	return true;
}

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

static uint32_t weigh(const struct tree *t, size_t i, size_t j)
{
	return t->table->sum[j + 1] - t->table->sum[i] + FP_TREE_INSN;
}

/* Where i..j stands: ranges with the same end stand in a row. */
static size_t at(size_t i, size_t j)
{
	return j * (j + 1) / 2 + i;
}

/* The cuts of shorter ranges bound where to look (Knuth, TAOCP 6.2.2). */
static uint32_t search(const struct tree *t, size_t i, size_t j, size_t *best)
{
	const uint32_t *row = t->table->row, *above = &t->table->cost[at(0, j)];
	size_t from = i + 1, to = j;
	uint32_t least = UINT32_MAX;

	if (j > i + 1) {
		size_t left = t->table->cut[at(i, j - 1)] & ~CUT_HOLE;
		size_t right = t->table->cut[at(i + 1, j)] & ~CUT_HOLE;
		from = left > i + 2 ? left - 1 : i + 1;
		to = right + 1 < j ? right + 1 : j;
		to = to < from ? from : to;
	}
	for (size_t c = from; c <= to; c++) {
		uint32_t sum = row[c - 1] + above[c];
		*best = sum < least ? c : *best;
		least = sum < least ? sum : least;
	}
	return least;
}

/* One range from its parts. */
static void solve(const struct tree *t, size_t i, size_t j, const bool *holes)
{
	uint32_t cost = weigh(t, i, j);
	size_t best = CUT_HOLE | (i + 1);

	if (j != i + 2 || !holes[i + 1])
		cost += search(t, i, j, &best);
	t->table->row[j] = t->table->cost[at(i, j)] = cost;
	t->table->cut[at(i, j)] = (uint16_t)best;
}

static void prepare(struct tree *t)
{
	struct fp_tree_table *table = *t->graph->table;
	struct fp_arena *arena = t->graph->arena;
	size_t cap = t->n < 64 ? 64 : t->n;

	if (!table || table->cap < t->n) {
		table = FP_NEW(arena, struct fp_tree_table);
		table->cap = cap;
		table->cost = FP_NEW_ARRAY(arena, cap * (cap + 1) / 2, uint32_t);
		table->cut = FP_NEW_ARRAY(arena, cap * (cap + 1) / 2, uint16_t);
		table->row = FP_NEW_ARRAY(arena, cap, uint32_t);
		table->sum = FP_NEW_ARRAY(arena, cap + 1, uint32_t);
		*t->graph->table = table;
	}
	t->table = table;
	for (size_t i = 0; i < t->n; i++)
		table->sum[i + 1] = table->sum[i] + t->s[i].weight;
}

/* Depth is at most the number of intervals: FP_TREE_EXACT. */
static uint32_t build_best(const struct tree *t, size_t i, size_t j)
{
	if (i == j)
		return t->s[i].to;
	size_t c = t->table->cut[at(i, j)];
	if (c & CUT_HOLE) {
		c &= ~(size_t)CUT_HOLE;
		return compare(t, FP_GRAPH_JEQ, c, t->s[c].to, t->s[c - 1].to);
	}
	uint32_t no = build_best(t, i, c - 1);
	uint32_t yes = build_best(t, c, j);
	return compare(t, FP_GRAPH_JGE, c, yes, no);
}

static uint32_t best(struct tree *t)
{
	bool holes[FP_TREE_EXACT];

	prepare(t);
	for (size_t i = 0; i < t->n; i++)
		holes[i] = is_hole(t, i);
	for (size_t i = t->n; i-- > 0;) {
		t->table->row[i] = t->table->cost[at(i, i)] = 0;
		t->table->cut[at(i, i)] = (uint16_t)i;
		for (size_t j = i + 1; j < t->n; j++)
			solve(t, i, j, holes);
	}
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

uint32_t fp_graph_tree(struct fp_graph *g, uint8_t word, uint32_t mask, struct fp_span32 *s,
		       size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (kept && s[kept - 1].to == s[i].to)
			s[kept - 1].weight += s[i].weight;
		else
			s[kept++] = s[i];
	}
	struct tree t = { .graph = g, .word = word, .mask = mask, .s = s, .n = kept };
	return kept <= FP_TREE_EXACT ? best(&t) : halve(&t, 0, kept - 1);
}

static uint32_t field_word(struct fp_graph *g, uint8_t word, uint32_t mask,
			   const struct fp_span64 *s, size_t n, uint32_t before)
{
	struct fp_span32 *w = FP_NEW_ARRAY(g->arena, n + 1, struct fp_span32);
	size_t kept = 0;

	if (!n || (uint32_t)s[0].start)
		w[kept++] = (struct fp_span32){ .to = before, .weight = 1 };
	for (size_t i = 0; i < n; i++)
		w[kept++] = (struct fp_span32){ (uint32_t)s[i].start, s[i].to, 1 };
	return fp_graph_tree(g, (uint8_t)(FP_DATA_ARGS + word), mask, w, kept);
}

uint32_t fp_graph_field(struct fp_graph *g, uint8_t lo, uint8_t hi, uint64_t mask,
			const struct fp_span64 *s, size_t n)
{
	uint32_t high = (uint32_t)(mask >> 32);
	struct fp_span32 *w;
	size_t kept = 0;

	if (hi == FP_WORD_NONE || !high)
		return field_word(g, lo, (uint32_t)mask, s, n, 0);
	w = FP_NEW_ARRAY(g->arena, 2 * n, struct fp_span32);
	for (size_t i = 0, end; i < n; i = end) {
		uint32_t h = (uint32_t)(s[i].start >> 32);
		uint64_t next;

		for (end = i + 1; end < n && (uint32_t)(s[end].start >> 32) == h; end++)
			;
		uint32_t before = i ? s[i - 1].to : s[0].to;
		uint32_t to = field_word(g, lo, (uint32_t)mask, s + i, end - i, before);
		w[kept++] = (struct fp_span32){ h, to, 1 };
		if (!fp_mask_next((uint64_t)h + 1, high, &next) ||
		    (end < n && next >= s[end].start >> 32))
			continue;
		w[kept++] = (struct fp_span32){ (uint32_t)next, s[end - 1].to, 1 };
	}
	return fp_graph_tree(g, (uint8_t)(FP_DATA_ARGS + hi), high, w, kept);
}
