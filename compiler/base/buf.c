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

void fp_buf_grow(struct fp_buf *b, size_t more)
{
	size_t cap = b->cap ? b->cap : 64;

	while (cap - b->len <= more)
		cap = cap > SIZE_MAX / 4 ? SIZE_MAX : cap * 2;
	b->data = fp_arena_extend(b->arena, b->data, b->cap, cap);
	b->cap = cap;
}

void fp_buf_trim(struct fp_buf *b)
{
	if (b->cap)
		b->cap = fp_arena_trim(b->arena, b->data, b->cap, b->len + 1);
}

void fp_buf_drop(struct fp_buf *b)
{
	if (b->cap)
		fp_arena_trim(b->arena, b->data, b->cap, 0);
	fp_buf_init(b, b->arena);
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
	char *at = fp_buf_room(b, 64);
	int n = vsnprintf(at, 64, format, ap);
	if (n >= 64) {
		at = fp_buf_room(b, (size_t)n);
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
		memset(fp_buf_room(b, n), ' ', n);
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

/* Text and numbers without width, as nearly all are. Returns past the conversion, or NULL. */
static const char *put_simple(struct fp_buf *b, const char *at, va_list *args)
{
	char digits[MAX_DIGITS];
	const char *text;
	size_t len;

	if (*at == 's') {
		text = va_arg(*args, const char *);
		len = strlen(text);
	} else if (*at == 'u') {
		text = to_digits(va_arg(*args, unsigned), digits, &len);
	} else {
		return NULL;
	}
	fp_buf_add(b, text, len);
	return at + 1;
}

/* No need to go through a stream. */
void fp_buf_vprintf(struct fp_buf *b, const char *format, va_list ap)
{
	struct conversion c;
	const char *after;
	va_list args;

	va_copy(args, ap);
	fp_buf_room(b, 0)[0] = '\0';
	for (;;) {
		size_t n = (size_t)(strchrnul(format, '%') - format);
		if (n)
			fp_buf_add(b, format, n);
		format += n;
		if (!*format)
			break;
		after = put_simple(b, format + 1, &args);
		if (!after && !is_plain(format + 1)) {
			print_rest(b, format, args);
			break;
		}
		if (!after) {
			after = read_conversion(format + 1, &c, &args);
			put_conversion(b, &c, &args);
		}
		format = after;
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
