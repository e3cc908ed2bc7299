/* SPDX-License-Identifier: MIT */
/* Bump allocator: everything of one compilation lives and dies together. */
#ifndef FP_BASE_ARENA_H
#define FP_BASE_ARENA_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Invariants: memory is zeroed, aligned for any type, and stays where it is until fp_arena_free(),
 * but for what fp_arena_grow() moves and fp_arena_trim() gives back: later growth reuses that.
 * Running out (of the limit, or of the system) is one longjmp to `recover`; no caller checks.
 * A caller that holds anything outside the arena registers it with fp_arena_own() first.
 */
struct fp_chunk;
struct fp_owned;
struct fp_spare;

#define FP_ARENA_SPARES 64 /* powers of 2 */

struct fp_arena {
	struct fp_chunk *chunks;
	struct fp_spare *spares[FP_ARENA_SPARES]; /* [n]: blocks of 2^n to 2^(n+1) - 1 bytes */
	struct fp_owned *owned;
	size_t used, limit; /* bytes taken from the system; `limit` is never passed */
	size_t chunk;       /* asked for at once; FP_ARENA_CHUNK, less for what stays small */
	jmp_buf *recover;
};

/* Size of a chunk, a power of 2; the test build shrinks it so that growth runs in every test. */
#ifndef FP_ARENA_CHUNK
#define FP_ARENA_CHUNK (2u << 20)
#endif

void fp_arena_init(struct fp_arena *a, size_t limit, jmp_buf *recover);

/* Runs the owned objects' release functions, newest first, then frees every chunk. */
void fp_arena_free(struct fp_arena *a);

void *fp_arena_alloc(struct fp_arena *a, size_t size);
void *fp_arena_array(struct fp_arena *a, size_t n, size_t size);

/*
 * The old bytes with more room behind them: in place where nothing was allocated since, else moved,
 * and nothing may point to where they were. `size` is not less than `old_size`; `old` may be NULL
 * if that is 0.
 */
void *fp_arena_grow(struct fp_arena *a, void *old, size_t old_size, size_t size);

/* The same, and what is new holds any bytes: for text that is written before it is read. */
void *fp_arena_extend(struct fp_arena *a, void *old, size_t old_size, size_t size);

/* Gives back what is behind the first `size` bytes of a block of `old_size`. Returns what remains.
 */
size_t fp_arena_trim(struct fp_arena *a, void *block, size_t old_size, size_t size);

void *fp_arena_copy(struct fp_arena *a, const void *from, size_t size);
char *fp_arena_text(struct fp_arena *a, const char *from, size_t len); /* adds the NUL */
char *fp_arena_printf(struct fp_arena *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Ties an object of a library (jansson, libsepol) to the arena: `release(object)` runs in
 * fp_arena_free(), also after a longjmp. Takes ownership even when it fails to allocate.
 */
void fp_arena_own(struct fp_arena *a, void (*release)(void *), void *object);

#define FP_NEW(arena, type)          ((type *)fp_arena_alloc(arena, sizeof(type)))
#define FP_NEW_ARRAY(arena, n, type) ((type *)fp_arena_array(arena, n, sizeof(type)))

#endif
