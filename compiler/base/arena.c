/* SPDX-License-Identifier: MIT */
/* Bump allocator. */
#include "base/buf.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE (2u << 20) /* of x86-64, and of aarch64 with 4 KiB pages */

struct fp_chunk {
	struct fp_chunk *next;
	size_t used, cap;
	max_align_t data[];
};

/* At the beginning of the block. */
struct fp_spare {
	struct fp_spare *next;
};

struct fp_owned {
	struct fp_owned *next;
	void (*release)(void *);
	void *object;
};

void fp_arena_init(struct fp_arena *a, size_t limit, jmp_buf *recover)
{
	*a = (struct fp_arena){ .limit = limit, .chunk = FP_ARENA_CHUNK, .recover = recover };
}

void fp_arena_free(struct fp_arena *a)
{
	for (const struct fp_owned *o = a->owned; o; o = o->next)
		o->release(o->object);
	a->owned = NULL;
	memset(a->spares, 0, sizeof(a->spares));
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

/* Room for what stands alone: more than a chunk, or more than is worth beginning a new one for. */
static bool is_large(const struct fp_arena *a, size_t size)
{
	return size > a->chunk / 4 || a->chunk > a->limit - a->used;
}

static struct fp_chunk *take(struct fp_arena *a, size_t bytes)
{
	if (bytes > a->limit - a->used)
		fail(a);
	bool is_huge = FP_ARENA_CHUNK >= HUGE_PAGE && bytes == FP_ARENA_CHUNK;
	struct fp_chunk *c = is_huge ? aligned_alloc(bytes, bytes) : malloc(bytes);
	if (!c)
		fail(a);
	a->used += bytes;
	/* One fault in place of 512, where the kernel has a huge page. Before the first write. */
	if (is_huge)
		(void)madvise(c, bytes, MADV_HUGEPAGE);
	*c = (struct fp_chunk){ .cap = bytes - sizeof(*c) };
	return c;
}

/* The chunk that allocations come from stays the first. */
static struct fp_chunk *take_large(struct fp_arena *a, size_t size)
{
	struct fp_chunk *c = take(a, sizeof(*c) + size);

	if (a->chunks) {
		c->next = a->chunks->next;
		a->chunks->next = c;
	} else {
		a->chunks = c;
	}
	return c;
}

static struct fp_chunk *take_chunk(struct fp_arena *a)
{
	struct fp_chunk *c = take(a, a->chunk);

	c->next = a->chunks;
	a->chunks = c;
	return c;
}

static size_t rounded(const struct fp_arena *a, size_t size)
{
	const size_t align = _Alignof(max_align_t);

	if (size > SIZE_MAX / 2)
		fail(a);
	return (size + align - 1) & ~(align - 1);
}

/* Bytes of any value; `size` is rounded. */
static void *room(struct fp_arena *a, size_t size)
{
	struct fp_chunk *c = a->chunks;

	if (!c || c->cap - c->used < size)
		c = is_large(a, size) ? take_large(a, size) : take_chunk(a);
	void *p = (char *)c->data + c->used;
	c->used += size;
	return p;
}

void *fp_arena_alloc(struct fp_arena *a, size_t size)
{
	size = rounded(a, size);
	return memset(room(a, size), 0, size);
}

/* Whether the block is what was taken last from the chunk in use. */
static bool is_last(const struct fp_arena *a, const void *block, size_t size)
{
	const struct fp_chunk *c = a->chunks;

	return c && size && (const char *)block + size == (const char *)c->data + c->used;
}

static unsigned log2_floor(size_t size)
{
	return 63u - (unsigned)__builtin_clzll(size);
}

static void give_back(struct fp_arena *a, void *block, size_t size)
{
	struct fp_spare *spare = block;

	if (is_last(a, block, size)) {
		a->chunks->used -= size;
	} else if (size) {
		spare->next = a->spares[log2_floor(size)];
		a->spares[log2_floor(size)] = spare;
	}
}

/* A block that is large enough and not twice as large as that, or NULL. */
static void *take_spare(struct fp_arena *a, size_t size)
{
	struct fp_spare **list = &a->spares[log2_floor(size - 1) + 1];
	struct fp_spare *spare = *list;

	if (spare)
		*list = spare->next;
	return spare;
}

void *fp_arena_extend(struct fp_arena *a, void *old, size_t old_size, size_t size)
{
	struct fp_chunk *c = a->chunks;

	old_size = rounded(a, old_size);
	size = rounded(a, size);
	if (is_last(a, old, old_size) && size - old_size <= c->cap - c->used) {
		c->used += size - old_size;
		return old;
	}
	void *p = size ? take_spare(a, size) : NULL;
	if (!p)
		p = room(a, size);
	if (old_size)
		memcpy(p, old, old_size);
	give_back(a, old, old_size);
	return p;
}

void *fp_arena_grow(struct fp_arena *a, void *old, size_t old_size, size_t size)
{
	char *p = fp_arena_extend(a, old, old_size, size);

	old_size = rounded(a, old_size);
	memset(p + old_size, 0, rounded(a, size) - old_size);
	return p;
}

size_t fp_arena_trim(struct fp_arena *a, void *block, size_t old_size, size_t size)
{
	old_size = rounded(a, old_size);
	size = rounded(a, size);
	give_back(a, (char *)block + size, old_size - size);
	return size;
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
	struct fp_buf b;
	va_list ap;

	fp_buf_init(&b, a);
	va_start(ap, format);
	fp_buf_vprintf(&b, format, ap);
	va_end(ap);
	fp_buf_trim(&b);
	return b.data;
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
