/* SPDX-License-Identifier: MIT */
/* Intervals of one word as a diagram. */
#include "verify/runs.h"

void fp_runs_add(struct fp_arena *a, struct fp_runs *r, uint32_t from, uint32_t node)
{
	struct fp_run it = { from, node };

	if (!r->list.n || r->list.at[r->list.n - 1].node != node)
		fp_vec_push(a, &r->list, it);
}

/* Of the values from..from + 2^bits - 1, which the runs cover. */
static uint32_t build(struct fp_dd *d, const struct fp_run *r, size_t n, unsigned var,
		      unsigned bits, uint32_t from)
{
	if (n == 1)
		return r->node;
	uint32_t middle = from + ((uint32_t)1 << (bits - 1));
	size_t k = 1; /* the first run of the upper half */
	while (k < n && r[k].from <= middle)
		k++;
	size_t low_end = r[k - 1].from == middle ? k - 1 : k;
	uint32_t low = build(d, r, low_end, var + 1, bits - 1, from);
	uint32_t high = build(d, r + k - 1, n - k + 1, var + 1, bits - 1, middle);
	return fp_dd_node(d, var, low, high);
}

uint32_t fp_runs_node(struct fp_dd *d, const struct fp_runs *r, unsigned var)
{
	return build(d, r->list.at, r->list.n, var, 32, 0);
}
