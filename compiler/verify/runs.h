/* SPDX-License-Identifier: MIT */
/* A function of one word that is told by intervals, as a diagram. */
#ifndef FP_VERIFY_RUNS_H
#define FP_VERIFY_RUNS_H

#include "base/vec.h"
#include "ir/domain_diagram.h"

struct fp_run { /* from here to where the next one begins */
	uint32_t from, node;
};

struct fp_runs {
	FP_VEC(struct fp_run) list; /* ascending; the first is from 0 */
};

/* Appends, unless the interval before is the same. */
void fp_runs_add(struct fp_arena *a, struct fp_runs *r, uint32_t from, uint32_t node);

/* The word's variables are var..var + 31, highest bit first; the nodes test later ones only. */
uint32_t fp_runs_node(struct fp_dd *d, const struct fp_runs *r, unsigned var);

#endif
