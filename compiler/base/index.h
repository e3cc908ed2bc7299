/* SPDX-License-Identifier: MIT */
/* Map from interned strings (or any address) to pointers. */
#ifndef FP_BASE_INDEX_H
#define FP_BASE_INDEX_H

#include "base/arena.h"

struct fp_index_slot {
	const void *key;
	void *value;
};

/* All zero is empty. There is no iteration: nothing may depend on addresses. */
struct fp_index {
	struct fp_index_slot *slots;
	size_t n, cap; /* cap is 0 or a power of two, at most half full */
};

void *fp_index_get(const struct fp_index *m, const void *key); /* NULL: absent */

/* Replaces what the key had. `key` is not NULL. */
void fp_index_put(struct fp_arena *a, struct fp_index *m, const void *key, void *value);

#endif
