/* SPDX-License-Identifier: MIT */
/* Growing byte buffer in an arena; every artifact byte is written through one. */
#ifndef FP_BASE_BUF_H
#define FP_BASE_BUF_H

#include "base/arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Invariant: data[len] is NUL whenever data is set; contents may hold NULs of their own. */
struct fp_buf {
	struct fp_arena *arena;
	char *data;
	size_t len, cap;
};

void fp_buf_init(struct fp_buf *b, struct fp_arena *arena);

/* For fp_buf_room(). */
void fp_buf_grow(struct fp_buf *b, size_t more);

/* Where the next `more` bytes and the NUL have room; they count when the caller adds to `len`. */
static inline char *fp_buf_room(struct fp_buf *b, size_t more)
{
	if (b->cap - b->len <= more)
		fp_buf_grow(b, more);
	return b->data + b->len;
}

static inline void fp_buf_add(struct fp_buf *b, const void *data, size_t len)
{
	char *at = fp_buf_room(b, len);

	if (len)
		memcpy(at, data, len);
	at[len] = '\0';
	b->len += len;
}

static inline void fp_buf_puts(struct fp_buf *b, const char *text)
{
	fp_buf_add(b, text, strlen(text));
}

static inline void fp_buf_putc(struct fp_buf *b, char c)
{
	char *at = fp_buf_room(b, 1);

	at[0] = c;
	at[1] = '\0';
	b->len++;
}

/* Gives back the room behind the contents, or all of it: once no more comes. */
void fp_buf_trim(struct fp_buf *b);
void fp_buf_drop(struct fp_buf *b);

void fp_buf_number(struct fp_buf *b, uint64_t value); /* decimal */

/* Locale-free for the conversions the project uses: %s %.*s %c %d %u %x %zu and the PRI macros. */
void fp_buf_printf(struct fp_buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

void fp_buf_vprintf(struct fp_buf *b, const char *format, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* The contents as text; "" for an empty buffer. Valid until the next write. */
const char *fp_buf_text(const struct fp_buf *b);

#endif
