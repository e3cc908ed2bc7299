/* SPDX-License-Identifier: MIT */
/* A filter before it has addresses: tests of one 32-bit word each, and returns, equal ones shared.
 */
#ifndef FP_BACKENDS_SECCOMP_GRAPH_H
#define FP_BACKENDS_SECCOMP_GRAPH_H

#include "base/arena.h"
#include "base/vec.h"

#include <stdbool.h>

/* Words of struct seccomp_data (include/uapi/linux/seccomp.h), by offset / 4. */
#define FP_DATA_NR   0u
#define FP_DATA_ARCH 1u
#define FP_DATA_ARGS 4u

enum fp_graph_op {
	FP_GRAPH_RET, /* ret k */
	FP_GRAPH_JEQ, /* (word & mask) == k */
	FP_GRAPH_JGE, /* (word & mask) >= k */
	FP_GRAPH_JSET /* (word & k) != 0; mask is all ones */
};

/* Kids come before their parents in the vector, so ascending ids are a topological order. */
struct fp_graph_node {
	enum fp_graph_op op;
	uint8_t word;
	uint32_t mask, k;
	uint32_t yes, no;
};

/* Invariant: no two nodes are equal, and no test has equal kids. */
struct fp_graph {
	struct fp_arena *arena;
	FP_VEC(struct fp_graph_node) nodes;
	uint32_t *slots; /* id + 1; 0 is free; at most half full */
	size_t slot_count;
	struct fp_tree_table **table; /* of the tree builder, shared by graphs */
	FP_VEC(uint32_t) stack;       /* scratch of fp_graph_size() */
	FP_VEC(uint32_t) seen;        /* by node: the last walk that met it */
	uint32_t walks;
};

struct fp_tree_table;

void fp_graph_init(struct fp_graph *g, struct fp_arena *arena, struct fp_tree_table **table);
uint32_t fp_graph_ret(struct fp_graph *g, uint32_t value);
uint32_t fp_graph_test(struct fp_graph *g, const struct fp_graph_node *test);

/* Nodes that `root` reaches. */
size_t fp_graph_size(struct fp_graph *g, uint32_t root);

/* Interval i of a word: from `start` (masked value) up to the next start; ascending, the first is
 * 0. */
struct fp_span32 {
	uint32_t start, to;
	uint32_t weight; /* how much a comparison on the way there costs; all together below 2^22 */
	uint32_t peak,
		peak_weight; /* its heaviest value, and that one's part of it; 0: no matter */
};

/* The same on a field of two words. */
struct fp_span64 {
	uint64_t start;
	uint32_t to;
};

/* The least value >= v with no bit outside the mask; false where there is none. */
bool fp_mask_next(uint64_t v, uint64_t mask, uint64_t *out);

/*
 * A tree of comparisons over the intervals. Each comparison costs the weight of what lies below it,
 * and FP_TREE_INSN for the room it takes. Of all trees of these, none costs less:
 *
 *   JGE  in two at the start of an interval
 *   JEQ  a single value with equal neighbours on both sides
 *   JSET up to FP_TREE_SET intervals that lead to two ends: those with one of some bits, all to one
 *        end, and the rest, to the other but for a single value at most, for which JEQ follows
 *   JEQ  the heaviest peak; then JGE, and JEQ as above, without its weight
 *
 * Merges equal neighbours in place.
 */
uint32_t fp_graph_tree(struct fp_graph *g, uint8_t word, uint32_t mask, struct fp_span32 *s,
		       size_t n);

/* Decides (hi:lo & mask); hi is FP_WORD_NONE for fields of one word. Starts have bits of the mask
 * only. */
uint32_t fp_graph_field(struct fp_graph *g, uint8_t lo, uint8_t hi, uint64_t mask,
			const struct fp_span64 *s, size_t n);

#ifndef FP_TREE_INSN
#define FP_TREE_INSN 4u
#endif

/* Intervals of a range for which one JSET is tried, and one more. */
#ifndef FP_TREE_SET
#define FP_TREE_SET 9u
#endif

/* Up to this many intervals the tree is found by a dynamic programme, above by halving the weight.
 */
#ifndef FP_TREE_EXACT
#define FP_TREE_EXACT 256u
#endif

#endif
