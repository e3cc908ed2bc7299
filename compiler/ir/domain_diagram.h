/* SPDX-License-Identifier: MIT */
/* Decision diagrams with any leaves: canonical, so that equal functions are one node. */
#ifndef FP_IR_DOMAIN_DIAGRAM_H
#define FP_IR_DOMAIN_DIAGRAM_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A function of up to FP_DD_VARS bits, tested in the order of their numbers. Nodes are numbers,
 * valid as long as the arena. Reduced and shared (R. E. Bryant, Graph-based algorithms for Boolean
 * function manipulation, 1986): two functions are equal exactly if their nodes are.
 *
 * Once the budget is spent every result is FP_DD_FALSE and is_spent stays set: whoever asks must
 * look at it before he believes an answer. Recursion is as deep as there are variables.
 */
#define FP_DD_VARS     512u
#define FP_DD_LEAF_MAX ((1u << 24) - 1)

#define FP_DD_FALSE 0u /* the leaves 0 and 1 */
#define FP_DD_TRUE  1u

/* Nodes unless the caller says otherwise; with all tables 54 MiB. At most 2^24. */
#define FP_DD_BUDGET 4000000u

struct fp_dd_set { /* of variables */
	uint64_t word[FP_DD_VARS / 64];
};

struct fp_dd_cached {
	uint32_t a, b, c, op, result;
};

struct fp_dd {
	struct fp_arena *arena;
	uint64_t **nodes; /* in segments: variable, low, high in 16, 24, 24 bits */
	uint32_t **chain; /* the next node of the same bucket, 0: none */
	uint32_t *buckets;
	uint32_t n, budget, bucket_count;
	struct fp_dd_cached *cache;
	uint32_t cache_size, walks;
	bool is_spent;
};

/* What becomes of two leaves. `id` tells operations apart in the cache: 16 and up are free. */
struct fp_dd_op {
	uint32_t id;
	uint32_t (*leaf)(uint32_t a, uint32_t b);
};

void fp_dd_init(struct fp_dd *d, struct fp_arena *a, uint32_t budget);

uint32_t fp_dd_leaf(struct fp_dd *d, uint32_t value);

/* `low` where the variable is 0, `high` where it is 1; both test later variables only. */
uint32_t fp_dd_node(struct fp_dd *d, unsigned var, uint32_t low, uint32_t high);

bool fp_dd_is_leaf(const struct fp_dd *d, uint32_t node);
uint32_t fp_dd_value(const struct fp_dd *d, uint32_t leaf);

/* What a node that is no leaf tests, and where it leads. */
unsigned fp_dd_var(const struct fp_dd *d, uint32_t node);
uint32_t fp_dd_branch(const struct fp_dd *d, uint32_t node, bool high);

/* `c` has no leaves but 0 and 1. */
uint32_t fp_dd_if(struct fp_dd *d, uint32_t c, uint32_t then, uint32_t otherwise);
uint32_t fp_dd_and(struct fp_dd *d, uint32_t a, uint32_t b);
uint32_t fp_dd_or(struct fp_dd *d, uint32_t a, uint32_t b);
uint32_t fp_dd_not(struct fp_dd *d, uint32_t a);

uint32_t fp_dd_apply(struct fp_dd *d, const struct fp_dd_op *op, uint32_t a, uint32_t b);

/* Whether some value of the variables in `gone` makes `a` (of leaves 0 and 1) true. */
uint32_t fp_dd_exists(struct fp_dd *d, uint32_t a, const struct fp_dd_set *gone);

/* The part of `a` that is left where its variables before `end` are as in `at`. */
uint32_t fp_dd_restrict(const struct fp_dd *d, uint32_t a, const struct fp_dd_set *at,
			unsigned end);

/* An assignment that makes `a` (of leaves 0 and 1, not FALSE) true: variables that are 1; as few
 * high ones as there must be, as untested ones are 0. */
void fp_dd_witness(const struct fp_dd *d, uint32_t a, struct fp_dd_set *out);

/* The leaf that an assignment reaches. */
uint32_t fp_dd_eval(const struct fp_dd *d, uint32_t a, const struct fp_dd_set *at);

static inline void fp_dd_set_add(struct fp_dd_set *s, unsigned var)
{
	s->word[var / 64] |= (uint64_t)1 << var % 64;
}

static inline bool fp_dd_set_has(const struct fp_dd_set *s, unsigned var)
{
	return s->word[var / 64] >> var % 64 & 1;
}

#endif
