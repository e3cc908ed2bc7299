/* SPDX-License-Identifier: MIT */
/* Graph to cBPF: order, loads, jump offsets and trampolines. */
#include "backends/seccomp/code.h"

/* Ways into a test: its load, its mask, its comparison. A jump takes the last one that is right. */
enum entry {
	ENTRY_LOAD,
	ENTRY_MASK,
	ENTRY_TEST,
	ENTRY_N
};

/*
 * cBPF jumps forward only, so code is made from its end: kids are placed before parents, and all
 * distances are known when a jump is written. `height` counts instructions from an entry to the
 * end.
 */
struct layout {
	const struct fp_graph *g;
	struct fp_arena *arena;
	uint8_t (*needs)[ENTRY_N];
	uint32_t (*height)[ENTRY_N];
	FP_VEC(struct sock_filter) code; /* last instruction first */
	FP_VEC(uint32_t) node;
};

static void put(struct layout *l, uint32_t node, uint16_t op, uint32_t k)
{
	struct sock_filter f = { .code = op, .k = k };

	fp_vec_push(l->arena, &l->code, f);
	fp_vec_push(l->arena, &l->node, node);
}

/* What the accumulator holds after `parent` decides how its kid is entered. */
static enum entry entry_of(const struct fp_graph_node *parent, const struct fp_graph_node *kid)
{
	if (kid->op == FP_GRAPH_RET)
		return ENTRY_TEST;
	if (parent->word != kid->word)
		return ENTRY_LOAD;
	if (parent->mask == kid->mask)
		return ENTRY_TEST;
	return parent->mask == UINT32_MAX ? ENTRY_MASK : ENTRY_LOAD;
}

static bool is_far(const struct layout *l, uint32_t node, enum entry e)
{
	return l->code.n - l->height[node][e] > FP_CBPF_REACH;
}

/* Something near that leads there: another copy of a return, or a jump. */
static void bring_near(struct layout *l, uint32_t node, enum entry e)
{
	const struct fp_graph_node *n = &l->g->nodes.at[node];

	if (n->op == FP_GRAPH_RET)
		put(l, node, BPF_RET | BPF_K, n->k);
	else
		put(l, node, BPF_JMP | BPF_JA, (uint32_t)l->code.n - l->height[node][e]);
	l->height[node][e] = (uint32_t)l->code.n;
}

static uint16_t opcode(enum fp_graph_op op)
{
	switch (op) {
	case FP_GRAPH_JEQ:
		return BPF_JMP | BPF_JEQ | BPF_K;
	case FP_GRAPH_JGE:
		return BPF_JMP | BPF_JGE | BPF_K;
	case FP_GRAPH_JSET:
		return BPF_JMP | BPF_JSET | BPF_K;
	case FP_GRAPH_RET:
		break;
	}
	return BPF_RET | BPF_K;
}

static void place_test(struct layout *l, uint32_t id)
{
	const struct fp_graph_node *n = &l->g->nodes.at[id];
	enum entry yes = entry_of(n, &l->g->nodes.at[n->yes]);
	enum entry no = entry_of(n, &l->g->nodes.at[n->no]);

	while (is_far(l, n->yes, yes) || is_far(l, n->no, no)) {
		if (is_far(l, n->no, no))
			bring_near(l, n->no, no);
		else
			bring_near(l, n->yes, yes);
	}
	struct sock_filter f = { .code = opcode(n->op), .k = n->k };
	f.jt = (uint8_t)(l->code.n - l->height[n->yes][yes]);
	f.jf = (uint8_t)(l->code.n - l->height[n->no][no]);
	fp_vec_push(l->arena, &l->code, f);
	fp_vec_push(l->arena, &l->node, id);
	l->height[id][ENTRY_TEST] = (uint32_t)l->code.n;
	bool is_masked = n->mask != UINT32_MAX;
	if (is_masked && (l->needs[id][ENTRY_MASK] || l->needs[id][ENTRY_LOAD]))
		put(l, id, BPF_ALU | BPF_AND | BPF_K, n->mask);
	l->height[id][ENTRY_MASK] = (uint32_t)l->code.n;
	if (l->needs[id][ENTRY_LOAD])
		put(l, id, BPF_LD | BPF_W | BPF_ABS, 4u * n->word);
	l->height[id][ENTRY_LOAD] = (uint32_t)l->code.n;
}

static void place(struct layout *l, uint32_t id)
{
	if (l->g->nodes.at[id].op != FP_GRAPH_RET) {
		place_test(l, id);
		return;
	}
	put(l, id, BPF_RET | BPF_K, l->g->nodes.at[id].k);
	l->height[id][ENTRY_TEST] = (uint32_t)l->code.n;
}

/* Kids first, without recursion: a node stays on the stack until its kids are placed. */
static void place_all(struct layout *l, uint32_t root)
{
	FP_VEC(uint32_t) stack = { 0 };
	uint8_t *seen = FP_NEW_ARRAY(l->arena, l->g->nodes.n, uint8_t);

	fp_vec_push(l->arena, &stack, root);
	while (stack.n) {
		uint32_t id = stack.at[stack.n - 1];
		const struct fp_graph_node *n = &l->g->nodes.at[id];
		bool is_open = !seen[id] && n->op != FP_GRAPH_RET;
		if (is_open) {
			seen[id] = 1;
			if (!seen[n->no])
				fp_vec_push(l->arena, &stack, n->no);
			if (!seen[n->yes])
				fp_vec_push(l->arena, &stack, n->yes);
			continue;
		}
		stack.n--;
		if (seen[id] == 2)
			continue;
		seen[id] = 2;
		place(l, id);
	}
}

/* Which entries are used at all; ascending ids are topological, so reachability goes downwards. */
static void find_needs(struct layout *l, uint32_t root)
{
	bool *is_reached = FP_NEW_ARRAY(l->arena, root + 1u, bool);

	is_reached[root] = true;
	l->needs[root][ENTRY_LOAD] = 1;
	for (uint32_t id = root + 1; id-- > 0;) {
		const struct fp_graph_node *n = &l->g->nodes.at[id];
		if (!is_reached[id] || n->op == FP_GRAPH_RET)
			continue;
		is_reached[n->yes] = is_reached[n->no] = true;
		l->needs[n->yes][entry_of(n, &l->g->nodes.at[n->yes])] = 1;
		l->needs[n->no][entry_of(n, &l->g->nodes.at[n->no])] = 1;
	}
}

struct fp_code fp_code_layout(const struct fp_graph *g, uint32_t root)
{
	struct layout l = { .g = g, .arena = g->arena };

	l.needs = fp_arena_array(g->arena, g->nodes.n, sizeof(*l.needs));
	l.height = fp_arena_array(g->arena, g->nodes.n, sizeof(*l.height));
	find_needs(&l, root);
	place_all(&l, root);
	for (size_t i = 0, j = l.code.n; i + 1 < j--; i++) {
		struct sock_filter f = l.code.at[i];
		uint32_t node = l.node.at[i];
		l.code.at[i] = l.code.at[j];
		l.code.at[j] = f;
		l.node.at[i] = l.node.at[j];
		l.node.at[j] = node;
	}
	return (struct fp_code){ .at = l.code.at, .node = l.node.at, .n = l.code.n };
}

void fp_code_bytes(const struct fp_code *c, struct fp_buf *out)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct sock_filter *f = &c->at[i];
		const uint8_t b[8] = { (uint8_t)f->code,
				       (uint8_t)(f->code >> 8),
				       f->jt,
				       f->jf,
				       (uint8_t)f->k,
				       (uint8_t)(f->k >> 8),
				       (uint8_t)(f->k >> 16),
				       (uint8_t)(f->k >> 24) };
		fp_buf_add(out, b, sizeof(b));
	}
}
