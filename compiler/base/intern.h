/* SPDX-License-Identifier: MIT */
/* Interned strings: equal texts are one pointer, ordered only by their bytes. */
#ifndef FP_BASE_INTERN_H
#define FP_BASE_INTERN_H

#include "base/arena.h"

/* Buckets to begin with; the test build shrinks it so that rehashing runs in every test. */
#ifndef FP_INTERN_BUCKETS
#define FP_INTERN_BUCKETS 256u
#endif

struct fp_str {
	const char *text; /* NUL-terminated; holds no other NUL */
	size_t len;
};

struct fp_intern_slot {
	const struct fp_str *str;
	uint32_t hash;
};

struct fp_intern {
	struct fp_arena *arena;
	struct fp_intern_slot *slots;
	size_t n, cap; /* cap is a power of two, at most half full */
};

void fp_intern_init(struct fp_intern *in, struct fp_arena *arena);

/* Lives as long as the arena. There is no iteration: nothing may depend on addresses. */
const struct fp_str *fp_intern(struct fp_intern *in, const char *text, size_t len);

/* Byte order, then length: the only order names ever have. */
int fp_str_cmp(const struct fp_str *a, const struct fp_str *b);

#endif
