/* SPDX-License-Identifier: MIT */
/* Numbers for keys of four words: equal keys have one number, in the order they first came. */
#ifndef FP_VERIFY_KEYS_H
#define FP_VERIFY_KEYS_H

#include "base/vec.h"

#include <stdint.h>

struct fp_key {
	uint32_t k[4];
};

struct fp_keys {
	FP_VEC(struct fp_key) list;
	uint32_t *slots; /* 1 + number; 0: free */
	size_t slot_count;
};

uint32_t fp_keys_number(struct fp_arena *a, struct fp_keys *keys, struct fp_key key);

#endif
