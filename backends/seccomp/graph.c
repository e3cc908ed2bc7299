/* SPDX-License-Identifier: MIT */
/* Hash-consing of tests and returns. */
#include "backends/seccomp/graph.h"

#include <string.h>

void fp_graph_init(struct fp_graph *g, struct fp_arena *arena, struct fp_tree_table **table)
{
	memset(g, 0, sizeof(*g));
	g->arena = arena;
	g->table = table;
	g->slot_count = 1024;
	g->slots = FP_NEW_ARRAY(arena, g->slot_count, uint32_t);
}

static uint32_t hash(const struct fp_graph_node *n)
{
	uint64_t h = (uint64_t)n->op << 8 | n->word;

	h = (h ^ n->mask) * 0x9e3779b97f4a7c15u;
	h = (h ^ (h >> 29) ^ n->k) * 0xbf58476d1ce4e5b9u;
	h = (h ^ (h >> 31) ^ ((uint64_t)n->yes << 32 | n->no)) * 0x94d049bb133111ebu;
	return (uint32_t)(h >> 32);
}

static bool is_equal(const struct fp_graph_node *a, const struct fp_graph_node *b)
{
	return a->op == b->op && a->word == b->word && a->mask == b->mask && a->k == b->k &&
	       a->yes == b->yes && a->no == b->no;
}

static void grow(struct fp_graph *g)
{
	size_t cap = g->slot_count * 2;
	uint32_t *slots = FP_NEW_ARRAY(g->arena, cap, uint32_t);

	for (size_t i = 0; i < g->nodes.n; i++) {
		size_t at = hash(&g->nodes.at[i]) & (cap - 1);
		while (slots[at])
			at = (at + 1) & (cap - 1);
		slots[at] = (uint32_t)i + 1;
	}
	g->slots = slots;
	g->slot_count = cap;
}

static uint32_t share(struct fp_graph *g, const struct fp_graph_node *n)
{
	size_t at = hash(n) & (g->slot_count - 1);

	for (; g->slots[at]; at = (at + 1) & (g->slot_count - 1))
		if (is_equal(&g->nodes.at[g->slots[at] - 1], n))
			return g->slots[at] - 1;
	fp_vec_push(g->arena, &g->nodes, *n);
	g->slots[at] = (uint32_t)g->nodes.n;
	if (g->nodes.n * 2 > g->slot_count)
		grow(g);
	return (uint32_t)g->nodes.n - 1;
}

uint32_t fp_graph_ret(struct fp_graph *g, uint32_t value)
{
	const struct fp_graph_node n = { .op = FP_GRAPH_RET, .k = value };

	return share(g, &n);
}

uint32_t fp_graph_test(struct fp_graph *g, const struct fp_graph_node *test)
{
	return test->yes == test->no ? test->yes : share(g, test);
}

size_t fp_graph_size(struct fp_graph *g, uint32_t root)
{
	size_t n = 0;

	g->walks++;
	while (g->seen.n < g->nodes.n)
		fp_vec_push(g->arena, &g->seen, 0);
	g->stack.n = 0;
	fp_vec_push(g->arena, &g->stack, root);
	while (g->stack.n) {
		uint32_t id = g->stack.at[--g->stack.n];
		const struct fp_graph_node *it = &g->nodes.at[id];
		if (g->seen.at[id] == g->walks)
			continue;
		g->seen.at[id] = g->walks;
		n++;
		if (it->op == FP_GRAPH_RET)
			continue;
		fp_vec_push(g->arena, &g->stack, it->yes);
		fp_vec_push(g->arena, &g->stack, it->no);
	}
	return n;
}
