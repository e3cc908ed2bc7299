/* SPDX-License-Identifier: MIT */
/* Words that a filter computes with: each of the 32 bits is a function of the call. */
#ifndef FP_VERIFY_VALUES_H
#define FP_VERIFY_VALUES_H

#include "ir/domain_diagram.h"
#include "verify/bpf.h"
#include "verify/keys.h"

/* A value is its number; 0 is the constant 0. */
struct fp_bits {
	uint32_t at[32]; /* nodes with the leaves 0 and 1; the lowest bit first */
	uint32_t same;   /* the value's number, or that of the constant that it is */
};

struct fp_values {
	struct fp_dd *dd;
	struct fp_arena *arena;
	struct fp_keys keys; /* how each was made */
	FP_VEC(struct fp_bits) bits;
};

void fp_values_init(struct fp_values *v, struct fp_dd *d, struct fp_arena *a);

uint32_t fp_value_const(struct fp_values *v, uint32_t k);
uint32_t fp_value_load(struct fp_values *v, uint32_t offset);

/* False where it is not modelled: products and quotients of what is not constant. */
bool fp_value_compute(struct fp_values *v, enum fp_bpf_op op, uint32_t a, uint32_t b,
		      uint32_t *out);

bool fp_value_is_const(const struct fp_values *v, uint32_t value, uint32_t *k);

/* A whole word of seccomp_data as it was loaded, at this offset. */
bool fp_value_is_word(const struct fp_values *v, uint32_t value, uint32_t offset);

/* 1 where the comparison holds. */
uint32_t fp_value_test(struct fp_values *v, enum fp_bpf_op op, uint32_t a, uint32_t b);

/* What the filter decides when it returns the value; false with too many bits that vary. */
bool fp_value_decision(struct fp_values *v, uint32_t value, uint32_t *node);

#endif
