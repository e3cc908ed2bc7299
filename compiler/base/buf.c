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

static void grow(struct fp_buf *b, size_t more)
{
	size_t cap = b->cap ? b->cap : 64;

	while (cap - b->len <= more)
		cap = cap > SIZE_MAX / 4 ? SIZE_MAX : cap * 2;
	b->data = fp_arena_grow(b->arena, b->data, b->cap, cap);
	b->cap = cap;
}

/* Room for `more` bytes and the NUL. */
static inline char *reserve(struct fp_buf *b, size_t more)
{
	if (b->cap - b->len <= more)
		grow(b, more);
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

#define MAX_DIGITS 20 /* of 2^64 - 1 */

static const char *to_digits(uint64_t value, char digits[MAX_DIGITS], size_t *len)
{
	size_t at = MAX_DIGITS;

	do
		digits[--at] = (char)('0' + value % 10);
	while (value /= 10);
	*len = MAX_DIGITS - at;
	return digits + at;
}

void fp_buf_number(struct fp_buf *b, uint64_t value)
{
	char digits[MAX_DIGITS];
	size_t len;
	const char *text = to_digits(value, digits, &len);

	fp_buf_add(b, text, len);
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

/* %[-][width]{c,u,zu,s} and %[-][width].precision s. */
struct conversion {
	bool is_left, is_long;
	int width, precision; /* precision -1: none */
	char letter;
};

/* `*`, digits or nothing; `*` is filled in from the arguments. */
static const char *read_count(const char *at, int *out, va_list *args)
{
	if (*at == '*') {
		*out = va_arg(*args, int);
		return at + 1;
	}
	for (; *at >= '0' && *at <= '9'; at++)
		*out = *out * 10 + (*at - '0');
	return at;
}

static const char *skip_count(const char *at)
{
	if (*at == '*')
		return at + 1;
	while (*at >= '0' && *at <= '9')
		at++;
	return at;
}

/* Whether this is one of ours, before any argument is taken: no flag but `-`. */
static bool is_plain(const char *at)
{
	if (*at == '0')
		return false;
	at = skip_count(at + (*at == '-'));
	if (*at == '.') /* of texts only */
		return *skip_count(at + 1) == 's';
	at += *at == 'z' && at[1] == 'u';
	return *at == 's' || *at == 'u' || *at == 'c';
}

static const char *read_conversion(const char *at, struct conversion *c, va_list *args)
{
	*c = (struct conversion){ .precision = -1 };
	c->is_left = *at == '-';
	at = read_count(at + c->is_left, &c->width, args);
	if (c->width < 0) {
		c->is_left = true;
		c->width = -c->width;
	}
	if (*at == '.') {
		c->precision = 0;
		at = read_count(at + 1, &c->precision, args);
	}
	c->is_long = *at == 'z';
	at += c->is_long;
	c->letter = *at;
	return at + 1;
}

static void pad(struct fp_buf *b, size_t len, int width)
{
	if (width > 0 && (size_t)width > len) {
		size_t n = (size_t)width - len;
		memset(reserve(b, n), ' ', n);
		b->len += n;
		b->data[b->len] = '\0';
	}
}

static void put_conversion(struct fp_buf *b, const struct conversion *c, va_list *args)
{
	char digits[MAX_DIGITS], one;
	const char *text = &one;
	size_t len = 1;

	if (c->letter == 's') {
		text = va_arg(*args, const char *);
		len = c->precision < 0 ? strlen(text) : strnlen(text, (size_t)c->precision);
	} else if (c->letter == 'c') {
		one = (char)va_arg(*args, int);
	} else {
		text = to_digits(c->is_long ? va_arg(*args, size_t) : va_arg(*args, unsigned),
				 digits, &len);
	}
	if (!c->is_left)
		pad(b, len, c->width);
	fp_buf_add(b, text, len);
	if (c->is_left)
		pad(b, len, c->width);
}

/* Nearly all that is printed is texts and numbers: no need to go through a stream. */
void fp_buf_vprintf(struct fp_buf *b, const char *format, va_list ap)
{
	struct conversion c;
	va_list args;

	va_copy(args, ap);
	reserve(b, 0)[0] = '\0';
	for (;;) {
		size_t n = (size_t)(strchrnul(format, '%') - format);
		fp_buf_add(b, format, n);
		format += n;
		if (!*format)
			break;
		if (!is_plain(format + 1)) {
			print_rest(b, format, args);
			break;
		}
		format = read_conversion(format + 1, &c, &args);
		put_conversion(b, &c, &args);
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
