/* SPDX-License-Identifier: MIT */
/* A call's decisions as disjoint rules with one comparison an argument, as libseccomp takes them.
 */
#ifndef FP_BACKENDS_SECCOMP_CUBES_H
#define FP_BACKENDS_SECCOMP_CUBES_H

#include "backends/seccomp/diagram.h"

enum fp_cmp_op {
	FP_CMP_ANY,
	FP_CMP_MASKED,
	FP_CMP_LE,
	FP_CMP_GE
};

/* The one larger value: GE of it is written as GT of one less. */
#define FP_CUBE_TOP ((uint64_t)1 << 63)

struct fp_cmp {
	enum fp_cmp_op op;
	uint64_t mask, value; /* MASKED: (argument & mask) == value */
};

struct fp_cube {
	struct fp_decision decision;
	struct fp_cmp arg[6];
};

/* Rules of one call before it is given up. */
#ifndef FP_CUBES_MAX
#define FP_CUBES_MAX 128u
#endif

struct fp_cubes {
	struct fp_arena *arena;
	size_t max;              /* cubes, at most */
	struct fp_decision rest; /* what happens where no cube holds */
	bool is_errno_free;      /* errno answers other than `rest` need no cube */
	FP_VEC(struct fp_cube) at;
	size_t steps;
	bool is_ordered;            /* a cube has the one ordered comparison */
	bool is_spent;              /* too many: the cubes mean nothing */
	bool is_narrower, is_wider; /* something was left to `rest` that differs from it */
};

/*
 * What cannot be said is left to `rest` and reported in is_narrower or is_wider. Two things cannot:
 * an integer of more than 63 bits, which JSON readers do not hold; and more than one ordered
 * comparison a call, or an inequality, for which installed versions of libseccomp make code that
 * means something else.
 */
void fp_cubes_make(struct fp_cubes *c, const struct fp_diagram *d, uint32_t root);

/* False only where no arguments that the cube holds for pass the condition. */
bool fp_cube_meets(const struct fp_cube *q, const struct fp_pred *p);

/* By argument. */
int fp_cube_cmp(const struct fp_cube *a, const struct fp_cube *b);

#endif
