/* SPDX-License-Identifier: MIT */
/* Conditions on the arguments of a call, in the words that a seccomp filter sees. */
#ifndef FP_IR_PRED_H
#define FP_IR_PRED_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>

/*
 * The field tested is hi:lo, two of the twelve 32-bit words of seccomp_data.args (2 * argument is
 * the low half). hi is FP_WORD_NONE for fields of 32 bits and less. The test holds when
 *     min <= (field & mask) <= max          (unsigned)
 * negated if is_negated. Everything the language can say is brought to this form: equality has
 * min == max; signed order is one or two ranges; `has F` is mask F, min = max = F.
 */
struct fp_test {
	uint8_t lo, hi;
	bool is_negated;
	uint64_t mask, min, max;
};

enum fp_pred_op {
	FP_PRED_FALSE,
	FP_PRED_TRUE,
	FP_PRED_TEST,
	FP_PRED_AND,
	FP_PRED_OR
};

/* Negation is pushed to the tests; AND and OR have at least two kids, none of its own kind. */
struct fp_pred {
	enum fp_pred_op op;
	struct fp_test test;
	const struct fp_pred *const *kids; /* sorted by fp_pred_cmp, no duplicates */
	size_t n;
};

const struct fp_pred *fp_pred_const(struct fp_arena *a, bool value);
const struct fp_pred *fp_pred_test(struct fp_arena *a, struct fp_test test);
const struct fp_pred *fp_pred_not(struct fp_arena *a, const struct fp_pred *p);
const struct fp_pred *fp_pred_join(struct fp_arena *a, enum fp_pred_op op,
				   const struct fp_pred *const *kids, size_t n);

/* Structural order: equal structures compare 0. */
int fp_pred_cmp(const struct fp_pred *a, const struct fp_pred *b);

/* The value on concrete arguments as the filter sees them (seccomp_data.args). */
bool fp_pred_holds(const struct fp_pred *p, const uint64_t args[6]);

/* "(arg0.lo & 0xf) in 0x1..0x2 and not arg1 == 0x0": for dumps and twins. */
void fp_pred_print(struct fp_buf *b, const struct fp_pred *p);

/* What was printed, read back; NULL: it is none. */
const struct fp_pred *fp_pred_parse(struct fp_arena *a, const char *text);

#endif
