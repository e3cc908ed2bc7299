/* SPDX-License-Identifier: MIT */
/* Typed growable arrays in an arena. */
#ifndef FP_BASE_VEC_H
#define FP_BASE_VEC_H

#include "base/arena.h"

#include <string.h>

/*
 * FP_VEC(type) declares the three members; an all-zero vector is empty. Growth doubles and may
 * move the array, so pointers into a vector die at the next push: keep indexes.
 */
#define FP_VEC(type)           \
	struct {               \
		type *at;      \
		size_t n, cap; \
	}

#define fp_vec_push(arena, v, value)                                               \
	do {                                                                       \
		if ((v)->n == (v)->cap) {                                          \
			size_t fp_cap_ = (v)->cap ? (v)->cap * 2 : 8;              \
			(v)->at = fp_vec_grow((arena), (v)->at, (v)->cap, fp_cap_, \
					      sizeof(*(v)->at));                   \
			(v)->cap = fp_cap_;                                        \
		}                                                                  \
		(v)->at[(v)->n++] = (value);                                       \
	} while (0)

/* For fp_vec_push(). */
static inline void *fp_vec_grow(struct fp_arena *a, void *old, size_t n, size_t to, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(to, size, &bytes))
		bytes = SIZE_MAX; /* more than any arena has */
	return fp_arena_grow(a, old, n * size, bytes);
}

#endif
