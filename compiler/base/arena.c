/* SPDX-License-Identifier: MIT */
/* Bump allocator. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fp_chunk {
	struct fp_chunk *next;
	size_t used, cap;
	max_align_t data[];
};

struct fp_owned {
	struct fp_owned *next;
	void (*release)(void *);
	void *object;
};

void fp_arena_init(struct fp_arena *a, size_t limit, jmp_buf *recover)
{
	*a = (struct fp_arena){ .limit = limit, .recover = recover };
}

void fp_arena_free(struct fp_arena *a)
{
	for (const struct fp_owned *o = a->owned; o; o = o->next)
		o->release(o->object);
	a->owned = NULL;
	while (a->chunks) {
		struct fp_chunk *next = a->chunks->next;
		free(a->chunks);
		a->chunks = next;
	}
	a->used = 0;
}

static void fail(const struct fp_arena *a)
{
	longjmp(*a->recover, 1);
}

static struct fp_chunk *grow(struct fp_arena *a, size_t size)
{
	size_t cap = size > FP_ARENA_CHUNK ? size : FP_ARENA_CHUNK;
	size_t left = a->limit - a->used;

	if (cap > left)
		cap = size;
	if (cap > left)
		fail(a);
	struct fp_chunk *c = calloc(1, sizeof(*c) + cap);
	if (!c)
		fail(a);
	c->cap = cap;
	c->next = a->chunks;
	a->chunks = c;
	a->used += cap;
	return c;
}

void *fp_arena_alloc(struct fp_arena *a, size_t size)
{
	const size_t align = _Alignof(max_align_t);

	if (size > SIZE_MAX / 2)
		fail(a);
	size = (size + align - 1) & ~(align - 1);
	struct fp_chunk *c = a->chunks;
	if (!c || c->cap - c->used < size)
		c = grow(a, size);
	void *p = (char *)c->data + c->used;
	c->used += size;
	return p;
}

void *fp_arena_array(struct fp_arena *a, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		fail(a);
	return fp_arena_alloc(a, total);
}

void *fp_arena_copy(struct fp_arena *a, const void *from, size_t size)
{
	void *p = fp_arena_alloc(a, size);

	if (size)
		memcpy(p, from, size);
	return p;
}

char *fp_arena_text(struct fp_arena *a, const char *from, size_t len)
{
	char *p = fp_arena_alloc(a, len + 1);

	if (len)
		memcpy(p, from, len);
	return p;
}

char *fp_arena_printf(struct fp_arena *a, const char *format, ...)
{
	va_list ap, again;

	va_start(ap, format);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (n < 0) {
		va_end(again);
		fail(a);
	}
	char *p = fp_arena_alloc(a, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, format, again);
	va_end(again);
	return p;
}

void fp_arena_own(struct fp_arena *a, void (*release)(void *), void *object)
{
	jmp_buf here, *outer = a->recover;
	struct fp_owned *volatile o = NULL;

	/* The node itself may be what runs out of memory: then the object goes first. */
	a->recover = &here;
	if (!setjmp(here))
		o = fp_arena_alloc(a, sizeof(*o));
	a->recover = outer;
	if (!o) {
		release(object);
		fail(a);
	}
	*o = (struct fp_owned){ .next = a->owned, .release = release, .object = object };
	a->owned = o;
}
