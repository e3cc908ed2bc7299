/* SPDX-License-Identifier: MIT */
/* Growing byte buffer. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void fp_buf_init(struct fp_buf *b, struct fp_arena *arena)
{
	*b = (struct fp_buf){ .arena = arena };
}

/* Room for `more` bytes and the NUL. */
static char *reserve(struct fp_buf *b, size_t more)
{
	if (b->cap - b->len <= more) {
		size_t cap = b->cap ? b->cap : 64;
		while (cap - b->len <= more)
			cap = cap > SIZE_MAX / 4 ? SIZE_MAX : cap * 2;
		b->data = fp_arena_grow(b->arena, b->data, b->cap, cap);
		b->cap = cap;
	}
	return b->data + b->len;
}

void fp_buf_add(struct fp_buf *b, const void *data, size_t len)
{
	char *at = reserve(b, len);

	if (len)
		memcpy(at, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void fp_buf_puts(struct fp_buf *b, const char *text)
{
	fp_buf_add(b, text, strlen(text));
}

void fp_buf_putc(struct fp_buf *b, char c)
{
	char *at = reserve(b, 1);

	at[0] = c;
	at[1] = '\0';
	b->len++;
}

void fp_buf_number(struct fp_buf *b, uint64_t value)
{
	char digits[20]; /* of 2^64 - 1 */
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + value % 10);
	while (value /= 10);
	fp_buf_add(b, digits + at, sizeof(digits) - at);
}

/* The rest of a format, by the C library. */
__attribute__((format(printf, 2, 0))) static void print_rest(struct fp_buf *b, const char *format,
							     va_list ap)
{
	va_list again;

	va_copy(again, ap);
	char *at = reserve(b, 64);
	int n = vsnprintf(at, 64, format, ap);
	if (n >= 64) {
		at = reserve(b, (size_t)n);
		vsnprintf(at, (size_t)n + 1, format, again);
	}
	va_end(again);
	if (n > 0)
		b->len += (size_t)n;
}

/* Nearly all that is printed is texts and numbers as they are: no need to go through a stream. */
void fp_buf_vprintf(struct fp_buf *b, const char *format, va_list ap)
{
	va_list args;

	va_copy(args, ap);
	reserve(b, 0)[0] = '\0';
	for (;;) {
		size_t n = strcspn(format, "%");
		fp_buf_add(b, format, n);
		format += n;
		if (!*format)
			break;
		if (format[1] == 's') {
			fp_buf_puts(b, va_arg(args, const char *));
		} else if (format[1] == 'u') {
			fp_buf_number(b, va_arg(args, unsigned));
		} else if (format[1] == 'c') {
			fp_buf_putc(b, (char)va_arg(args, int));
		} else if (format[1] == 'z' && format[2] == 'u') {
			fp_buf_number(b, va_arg(args, size_t));
			format++;
		} else {
			print_rest(b, format, args);
			break;
		}
		format += 2;
	}
	va_end(args);
}

void fp_buf_printf(struct fp_buf *b, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fp_buf_vprintf(b, format, ap);
	va_end(ap);
}

const char *fp_buf_text(const struct fp_buf *b)
{
	return b->data ? b->data : "";
}
