/* SPDX-License-Identifier: MIT */
/* Path patterns: matching, by running all alternatives side by side. */
#include "ir/glob.h"

#include <string.h>

/* A step is at most one set byte or one fork; every pattern byte yields at most four of them. */
#define STEPS_MAX (4u * FP_GLOB_MAX + 16u)

struct states {
	uint16_t at[STEPS_MAX];
	size_t n;
	uint32_t seen[STEPS_MAX / 32 + 1];
};

static void enter(struct states *s, uint16_t step)
{
	uint32_t bit = 1u << (step & 31);

	if (s->seen[step >> 5] & bit)
		return;
	s->seen[step >> 5] |= bit;
	s->at[s->n++] = step;
}

/* Forks are followed where they stand in the list, so the list is its own worklist. */
static void close_forks(const struct fp_glob *g, struct states *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct fp_glob_step *step = &g->steps[s->at[i]];
		if (step->op != FP_STEP_FORK)
			continue;
		enter(s, step->next);
		enter(s, step->other);
	}
}

static void clear(const struct fp_glob *g, struct states *s)
{
	s->n = 0;
	memset(s->seen, 0, (g->step_count / 32u + 1) * sizeof(s->seen[0]));
}

bool fp_glob_match(const struct fp_glob *g, const char *path, size_t len)
{
	struct states two[2], *now = &two[0], *next = &two[1];

	clear(g, now);
	enter(now, (uint16_t)(g->step_count - 1));
	close_forks(g, now);
	for (size_t i = 0; i < len && now->n; i++) {
		unsigned char c = (unsigned char)path[i];
		clear(g, next);
		for (size_t j = 0; j < now->n; j++) {
			const struct fp_glob_step *step = &g->steps[now->at[j]];
			if (step->op == FP_STEP_BYTE  ? step->byte == c
			    : step->op == FP_STEP_SET ? step->set[c >> 5] >> (c & 31) & 1
						      : false)
				enter(next, step->next);
		}
		close_forks(g, next);
		struct states *spare = now;
		now = next;
		next = spare;
	}
	for (size_t j = 0; j < now->n; j++)
		if (g->steps[now->at[j]].op == FP_STEP_END)
			return true;
	return false;
}
