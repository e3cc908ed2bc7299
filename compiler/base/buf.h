/* SPDX-License-Identifier: MIT */
/* Growing byte buffer in an arena; every artifact byte is written through one. */
#ifndef FP_BASE_BUF_H
#define FP_BASE_BUF_H

#include "base/arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

/* Invariant: data[len] is NUL whenever data is set; contents may hold NULs of their own. */
struct fp_buf {
	struct fp_arena *arena;
	char *data;
	size_t len, cap;
};

void fp_buf_init(struct fp_buf *b, struct fp_arena *arena);
void fp_buf_add(struct fp_buf *b, const void *data, size_t len);
void fp_buf_puts(struct fp_buf *b, const char *text);
void fp_buf_putc(struct fp_buf *b, char c);
void fp_buf_number(struct fp_buf *b, uint64_t value); /* decimal */

/* Locale-free for the conversions the project uses: %s %.*s %c %d %u %x %zu and the PRI macros. */
void fp_buf_printf(struct fp_buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

void fp_buf_vprintf(struct fp_buf *b, const char *format, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* The contents as text; "" for an empty buffer. Valid until the next write. */
const char *fp_buf_text(const struct fp_buf *b);

#endif
