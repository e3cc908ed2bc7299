/* SPDX-License-Identifier: MIT */
/* Masked fields of one word or two, as trees of comparisons. */
#include "backends/seccomp/graph.h"
#include "target/tables.h"

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

static uint32_t field_word(struct fp_graph *g, uint8_t word, uint32_t mask,
			   const struct fp_span64 *s, size_t n, uint32_t before)
{
	struct fp_span32 *w = FP_NEW_ARRAY(g->arena, n + 1, struct fp_span32);
	size_t kept = 0;

	if (!n || (uint32_t)s[0].start)
		w[kept++] = (struct fp_span32){ .to = before, .weight = 1 };
	for (size_t i = 0; i < n; i++)
		w[kept++] = (struct fp_span32){ .start = (uint32_t)s[i].start,
						.to = s[i].to,
						.weight = 1 };
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
		w[kept++] = (struct fp_span32){ .start = h, .to = to, .weight = 1 };
		if (!fp_mask_next((uint64_t)h + 1, high, &next) ||
		    (end < n && next >= s[end].start >> 32))
			continue;
		w[kept++] = (struct fp_span32){ .start = (uint32_t)next,
						.to = s[end - 1].to,
						.weight = 1 };
	}
	return fp_graph_tree(g, (uint8_t)(FP_DATA_ARGS + hi), high, w, kept);
}
