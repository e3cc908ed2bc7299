/* SPDX-License-Identifier: MIT */
/* Typed growable arrays in an arena. */
#ifndef FP_BASE_VEC_H
#define FP_BASE_VEC_H

#include "base/arena.h"

#include <string.h>

/*
 * FP_VEC(type) declares the three members; an all-zero vector is empty. Growth doubles and leaves
 * the old array to the arena, so pointers into a vector die at the next push: keep indexes.
 */
#define FP_VEC(type)           \
	struct {               \
		type *at;      \
		size_t n, cap; \
	}

#define fp_vec_push(arena, v, value)                                                        \
	do {                                                                                \
		if ((v)->n == (v)->cap) {                                                   \
			size_t fp_cap_ = (v)->cap ? (v)->cap * 2 : 8;                       \
			void *fp_new_ = fp_arena_array((arena), fp_cap_, sizeof(*(v)->at)); \
			if ((v)->n)                                                         \
				memcpy(fp_new_, (v)->at, (v)->n * sizeof(*(v)->at));        \
			(v)->at = fp_new_;                                                  \
			(v)->cap = fp_cap_;                                                 \
		}                                                                           \
		(v)->at[(v)->n++] = (value);                                                \
	} while (0)

#endif
