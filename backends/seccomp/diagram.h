/* SPDX-License-Identifier: MIT */
/* What a call's arguments decide, as a shared ordered diagram over the fields that the rules test.
 */
#ifndef FP_BACKENDS_SECCOMP_DIAGRAM_H
#define FP_BACKENDS_SECCOMP_DIAGRAM_H

#include "backends/seccomp/graph.h"
#include "ir/ir.h"

/* A masked field of seccomp_data.args, as in struct fp_test. */
struct fp_field {
	uint8_t lo, hi;
	uint64_t mask;
	uint32_t tests; /* how many ask for it: the busiest comes first */
};

#define FP_DIAGRAM_LEAF 0xffu

struct fp_diagram_edge { /* values from `start` up to the next edge's */
	uint64_t start;
	uint32_t to;
};

struct fp_diagram_node {
	uint8_t field;    /* index into fields; a leaf has FP_DIAGRAM_LEAF */
	uint32_t edge, n; /* its edges; a leaf's `edge` is the decision, packed */
};

struct fp_diagram_slot {
	uint64_t key[2];
	uint32_t value; /* + 1; 0 is free */
};

/*
 * Invariant: fields rise from parent to kid, neighbours differ, equal nodes are one. So two
 * diagrams over one field order mean the same, fields taken as independent, exactly when their
 * roots are equal. is_spent: a budget ran out, and roots built since mean nothing.
 */
struct fp_diagram {
	struct fp_arena *arena;
	FP_VEC(struct fp_field) fields;
	FP_VEC(struct fp_diagram_node) nodes;
	FP_VEC(struct fp_diagram_edge) edges;
	FP_VEC(struct fp_diagram_edge) scratch;
	FP_VEC(uint64_t) bounds;
	struct fp_diagram_slot *unique, *memo;
	size_t unique_cap, memo_cap, memo_n;
	uint64_t epoch;
	bool is_spent;
};

/* Most edges of one call's diagram, and most fields. */
#ifndef FP_DIAGRAM_EDGES
#define FP_DIAGRAM_EDGES 65536u
#endif
#define FP_DIAGRAM_FIELDS 48u

/* Empties the diagram for the next call, keeping its memory. */
void fp_diagram_reset(struct fp_diagram *d, struct fp_arena *arena);

/* Registers the fields a condition tests. After the last: sort, then build. */
void fp_diagram_scan(struct fp_diagram *d, const struct fp_pred *p);
void fp_diagram_sort(struct fp_diagram *d);

uint32_t fp_diagram_leaf(struct fp_diagram *d, struct fp_decision decision);
struct fp_decision fp_diagram_decision(const struct fp_diagram *d, uint32_t leaf);
bool fp_diagram_is_leaf(const struct fp_diagram *d, uint32_t node);

/* p ? yes : no */
uint32_t fp_diagram_if(struct fp_diagram *d, const struct fp_pred *p, uint32_t yes, uint32_t no);

/* The stricter decision everywhere. */
uint32_t fp_diagram_min(struct fp_diagram *d, uint32_t a, uint32_t b);

/* What a 32-bit ABI makes of it, whose registers have no upper halves: fields of their low words.
 */
uint32_t fp_diagram_narrow(struct fp_diagram *d, uint32_t node);

/* The strictest decision that can be reached. */
struct fp_decision fp_diagram_strictest(const struct fp_diagram *d, uint32_t node);

/* As tests; `value(context, decision)` is what a leaf returns. */
uint32_t fp_diagram_graph(const struct fp_diagram *d, uint32_t node, struct fp_graph *g,
			  uint32_t (*value)(struct fp_decision decision));

#endif
