/* SPDX-License-Identifier: MIT */
/* Comparison trees: right for every value, and none costs less, by trying all first comparisons. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backends/seccomp/graph.h"
#include "base/unit.h"
#include "unit/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUES 64u
#define SPANS  40u

static struct fp_unit u;

/* A word of 64 values at most: those with bits of the mask only. */
struct word {
	uint32_t mask;
	struct fp_span32 s[SPANS];
	size_t n;
};

static bool is_value(const struct word *w, uint32_t v)
{
	return !(v & ~w->mask);
}

static size_t interval_of(const struct word *w, uint32_t v)
{
	size_t i = w->n - 1;

	while (w->s[i].start > v)
		i--;
	return i;
}

static unsigned values_of(const struct word *w, size_t i)
{
	unsigned n = 0;

	for (uint32_t v = 0; v < VALUES; v++)
		n += is_value(w, v) && interval_of(w, v) == i;
	return n;
}

/* One value of the interval, with a part of its weight; all of it, if there is no other. */
static void draw_peak(struct word *w, size_t i)
{
	struct fp_span32 *s = &w->s[i];

	s->peak = s->start;
	for (uint32_t v = s->start; v < VALUES; v++)
		if (is_value(w, v) && interval_of(w, v) == i && random_below(3) == 0)
			s->peak = v;
	s->peak_weight = random_below(2) * random_below(60);
	s->weight = s->peak_weight + (values_of(w, i) > 1 ? s->weight : 0);
}

/* Neighbours differ, as they do once equal ones are merged. */
static void draw(struct word *w, size_t want, bool has_peaks)
{
	static const uint32_t masks[] = { 0x3f, 0x3f, 0x2d, 0x38, 0x17 };
	unsigned kinds = 2 + random_below(3);

	*w = (struct word){ .mask = masks[random_below(5)] };
	for (uint32_t v = 0; v < VALUES && w->n < want; v++) {
		uint32_t to = random_below(kinds);
		if (!is_value(w, v) || (w->n && (random_below(3) || w->s[w->n - 1].to == to)))
			continue;
		w->s[w->n++] = (struct fp_span32){ .start = v,
						   .to = to,
						   .weight = random_below(2) * random_below(20) };
	}
	for (size_t i = 0; has_peaks && i < w->n; i++)
		draw_peak(w, i);
}

/* The same beginning, as another kernel's table has. */
static void change_end(struct word *w)
{
	struct fp_span32 *last = &w->s[w->n - 1];

	switch (random_below(4)) {
	case 0:
		last->weight += values_of(w, w->n - 1) > 1 ? 3 : 0;
		return;
	case 1:
		if (w->n > 2 && w->s[w->n - 2].to != 7)
			last->to = 7;
		return;
	case 2: /* the interval ends earlier */
		for (uint32_t v = last->start + 1; v < VALUES && w->n < SPANS; v++) {
			if (!is_value(w, v) || v <= last->peak || random_below(3) == 0)
				continue;
			w->s[w->n++] = (struct fp_span32){ .start = v, .to = last->to ^ 1 };
			if (last->peak_weight && values_of(w, w->n - 2) == 1)
				last->weight = last->peak_weight;
			return;
		}
		return;
	default:
		w->n--;
	}
}

/* ---- the least cost, by all first comparisons ---- */

static uint32_t least[SPANS][SPANS], rest[SPANS][SPANS]; /* `rest`: the heaviest peak is out */

static uint32_t weigh(const struct word *w, size_t i, size_t j)
{
	uint32_t sum = FP_TREE_INSN;

	for (; i <= j; i++)
		sum += w->s[i].weight;
	return sum;
}

static bool is_hole(const struct word *w, size_t i)
{
	return values_of(w, i) == 1 && w->s[i - 1].to == w->s[i + 1].to;
}

/* What the values of i..j with one of the bits lead to, and those without: a bit an end. */
static void split(const struct word *w, size_t i, size_t j, uint32_t bits, uint32_t ends[2])
{
	ends[0] = ends[1] = 0;
	for (uint32_t v = 0; v < VALUES; v++) {
		size_t at = is_value(w, v) ? interval_of(w, v) : w->n;
		if (i <= at && at <= j)
			ends[v & bits ? 1 : 0] |= 1u << w->s[at].to;
	}
}

/* The bits tell one end from another, but for an interval of a single value. */
static bool is_set(const struct word *w, size_t i, size_t j, uint32_t bits, uint32_t *cost)
{
	uint32_t ends[2], left = 0;

	*cost = 0;
	split(w, i, j, bits, ends);
	if (__builtin_popcount(ends[1]) != 1 || !(ends[0] & ~ends[1]) ||
	    __builtin_popcount(ends[0] | ends[1]) != 2)
		return false;
	for (size_t at = i; at <= j; at++) {
		uint32_t own[2];
		split(w, at, at, bits, own);
		bool is_left = own[0] == ends[1];
		if (is_left && values_of(w, at) > 1)
			return false;
		left += is_left;
		if (own[0])
			*cost += w->s[at].weight;
	}
	*cost = left ? *cost + FP_TREE_INSN : 0;
	return left <= 1;
}

static uint32_t try_rest(const struct word *w, size_t i, size_t j)
{
	uint32_t best = UINT32_MAX;
	size_t m = i;

	for (size_t k = i; k <= j; k++)
		m = w->s[k].peak_weight > w->s[m].peak_weight ? k : m;
	for (size_t c = i + 1; c <= j; c++) {
		uint32_t sum = m < c ? rest[i][c - 1] + least[c][j] : least[i][c - 1] + rest[c][j];
		best = sum < best ? sum : best;
	}
	if (j == i + 2 && is_hole(w, i + 1))
		best = 0;
	return weigh(w, i, j) - w->s[m].peak_weight + best;
}

static uint32_t try_all(const struct word *w, size_t i, size_t j)
{
	uint32_t best = rest[i][j], cost;

	if (j == i + 2 && is_hole(w, i + 1))
		return weigh(w, i, j);
	for (size_t c = i + 1; c <= j; c++)
		if (least[i][c - 1] + least[c][j] < best)
			best = least[i][c - 1] + least[c][j];
	for (uint32_t bits = 1; j - i < FP_TREE_SET && bits < VALUES; bits++)
		if (is_set(w, i, j, bits, &cost) && cost < best)
			best = cost;
	return weigh(w, i, j) + best;
}

static uint32_t brute_force(const struct word *w)
{
	for (size_t i = w->n; i-- > 0;) {
		least[i][i] = rest[i][i] = 0;
		for (size_t j = i + 1; j < w->n; j++) {
			rest[i][j] = try_rest(w, i, j);
			least[i][j] = try_all(w, i, j);
		}
	}
	return least[0][w->n - 1];
}

/* ---- what was built ---- */

static bool holds(const struct fp_graph_node *n, uint32_t v)
{
	switch (n->op) {
	case FP_GRAPH_JEQ:
		return (v & n->mask) == n->k;
	case FP_GRAPH_JGE:
		return (v & n->mask) >= n->k;
	case FP_GRAPH_JSET:
		return v & n->k;
	case FP_GRAPH_RET:
		break;
	}
	fail_msg("a return has no condition");
	return false;
}

/* Where a value ends, after how many comparisons. */
static uint32_t walk(const struct fp_graph *g, uint32_t root, uint32_t v, unsigned *comparisons)
{
	const struct fp_graph_node *n = &g->nodes.at[root];

	for (*comparisons = 0; n->op != FP_GRAPH_RET; ++*comparisons)
		n = &g->nodes.at[holds(n, v) ? n->yes : n->no];
	return n->k;
}

/* Comparisons are shared where they are equal; here each place counts. */
static uint32_t places(const struct fp_graph *g, uint32_t root)
{
	const struct fp_graph_node *n = &g->nodes.at[root];

	return n->op == FP_GRAPH_RET ? 0 : 1 + places(g, n->yes) + places(g, n->no);
}

static uint32_t cost_of(const struct fp_graph *g, uint32_t root, const struct word *w)
{
	uint32_t cost = FP_TREE_INSN * places(g, root);
	unsigned comparisons;

	for (size_t i = 0; i < w->n; i++) {
		const struct fp_span32 *s = &w->s[i];
		uint32_t other = s->start;
		while (s->peak_weight && values_of(w, i) > 1 &&
		       (other == s->peak || !is_value(w, other)))
			other++;
		walk(g, root, other, &comparisons);
		cost += comparisons * (s->weight - s->peak_weight);
		walk(g, root, s->peak, &comparisons);
		cost += comparisons * s->peak_weight;
	}
	return cost;
}

static uint32_t check(const struct word *w, struct fp_tree_table **kept)
{
	struct fp_span32 s[SPANS];
	struct fp_graph g;
	unsigned comparisons;

	fp_graph_init(&g, &u.arena, kept);
	for (size_t i = 0; i < w->n; i++) {
		s[i] = w->s[i];
		s[i].to = fp_graph_ret(&g, w->s[i].to);
	}
	uint32_t root = fp_graph_tree(&g, FP_DATA_ARGS, w->mask, s, w->n);
	for (uint32_t v = 0; v < VALUES; v++)
		if (is_value(w, v) && walk(&g, root, v | (~w->mask & (uint32_t)random_bits()),
					   &comparisons) != w->s[interval_of(w, v)].to)
			fail_msg("%u of mask %x goes to the wrong end", v, w->mask);
	return cost_of(&g, root, w);
}

static size_t trees;

/* One word and what becomes of it, each from an empty table and from the one before. */
static void check_some(size_t intervals, bool has_peaks)
{
	struct fp_tree_table *kept = NULL;
	struct word w;

	fp_unit_init(&u, FP_MEMORY_LIMIT);
	if (setjmp(u.recover))
		abort();
	draw(&w, intervals, has_peaks);
	for (int same = 0; same < 5; same++) {
		struct fp_tree_table *fresh = NULL;
		uint32_t want = brute_force(&w);
		assert_int_equal(check(&w, &fresh), want);
		assert_int_equal(check(&w, &kept), want);
		trees++;
		if (w.n > 1)
			change_end(&w);
	}
	fp_unit_free(&u);
}

static void no_tree_costs_less(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 3000; round++)
		check_some(2 + random_below(round % 20 ? 10 : SPANS - 1), round % 2);
	printf("measured: %zu trees, none costs more than the least of all\n", trees);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_tree_costs_less),
	};

	return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
