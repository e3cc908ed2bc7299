/* SPDX-License-Identifier: MIT */
/* JSON text from trees, and as it is told. */
#include "base/json.h"
#include "base/num.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void release(void *value)
{
	json_decref(value);
}

json_t *fp_json_own(struct fp_unit *u, json_t *value)
{
	if (!value)
		longjmp(u->recover, 1);
	fp_arena_own(&u->arena, release, value);
	return value;
}

void fp_json_set(struct fp_unit *u, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value))
		longjmp(u->recover, 1);
}

void fp_json_push(struct fp_unit *u, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value))
		longjmp(u->recover, 1);
}

json_t *fp_json_text(struct fp_unit *u, const char *text)
{
	json_t *value = json_string(text);

	if (!value)
		longjmp(u->recover, 1);
	return value;
}

/* ---- numbers above INT64_MAX ---- */

#define COUNT_MARK '\xff'

json_t *fp_json_count(uint64_t value)
{
	char text[24] = { COUNT_MARK };
	int n;

	if (value <= INT64_MAX)
		return json_integer((json_int_t)value);
	n = snprintf(text + 1, sizeof(text) - 1, "%" PRIu64, value);
	return json_stringn_nocheck(text, (size_t)n + 1);
}

bool fp_json_count_of(const json_t *value, uint64_t *out)
{
	const char *text = json_string_value(value);

	if (json_is_integer(value) && json_integer_value(value) >= 0) {
		*out = (uint64_t)json_integer_value(value);
		return true;
	}
	return text && *text == COUNT_MARK && fp_num_parse(text + 1, strlen(text + 1), out);
}

/* ---- pieces ---- */

/* Bytes that do not stand for themselves, or end the text. */
static const bool is_special[256] = {
	[0 ... 0x1f] = true, ['"'] = true, ['\\'] = true, [0x80 ... 0xff] = true
};

static size_t plain(const char *text)
{
	size_t n = 0;

	while (!is_special[(unsigned char)text[n]])
		n++;
	return n;
}

/* RFC 8259, section 7. */
static void escape(struct fp_buf *out, char c)
{
	static const char named[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\";
	const char *at = strchr(named, c);

	if (at)
		fp_buf_printf(out, "\\%c", letters[at - named]);
	else
		fp_buf_printf(out, "\\u%04X", (unsigned)c);
}

/* The rest of a text, from its first special byte on. */
static void put_special(struct fp_buf *out, const char *text)
{
	uint32_t point;

	while (*text) {
		size_t n = plain(text);
		fp_buf_add(out, text, n);
		text += n;
		if ((unsigned char)*text >= 0x80) {
			n = fp_utf8_length(text, strnlen(text, 4), &point);
			fp_buf_add(out, n ? text : "\xef\xbf\xbd", n ? n : 3);
			text += n ? n : 1;
		} else if (*text) {
			escape(out, *text++);
		}
	}
}

static void put_string(struct fp_buf *out, const char *text)
{
	size_t n = plain(text);
	char *at = fp_buf_room(out, n + 2);

	*at++ = '"';
	memcpy(at, text, n);
	out->len += n + 1;
	if (text[n])
		put_special(out, text + n);
	fp_buf_putc(out, '"');
}

/* Only an opening bracket ends in itself: nothing was told at this depth yet. */
static bool is_empty(const struct fp_buf *out)
{
	char c = out->data[out->len - 1];

	return c == '{' || c == '[';
}

static char *new_line(char *at, size_t depth)
{
	*at++ = '\n';
	return (char *)memset(at, ' ', 2 * depth) + 2 * depth;
}

/* Before a value, and its key if it has one. */
static void lead(struct fp_buf *out, size_t depth, const char *key)
{
	size_t len = key ? plain(key) : 0;
	char *begin = fp_buf_room(out, 2 * depth + len + 6), *at = begin;

	if (!is_empty(out))
		*at++ = ',';
	at = new_line(at, depth);
	if (key) {
		*at++ = '"';
		at = (char *)memcpy(at, key, len) + len;
	}
	out->len += (size_t)(at - begin);
	if (!key)
		return;
	put_special(out, key + len);
	fp_buf_add(out, "\": ", 3);
}

static void close_bracket(struct fp_buf *out, size_t depth, char bracket)
{
	char *begin = fp_buf_room(out, 2 * depth + 2), *at = begin;

	if (!is_empty(out))
		at = new_line(at, depth);
	*at++ = bracket;
	*at = '\0';
	out->len += (size_t)(at - begin);
}

/* ---- trees ---- */

static void put_tree(struct fp_unit *u, struct fp_buf *out, size_t depth, json_t *value);

struct member {
	const char *key;
	json_t *value;
};

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct member *)a)->key, ((const struct member *)b)->key);
}

static void put_object(struct fp_unit *u, struct fp_buf *out, size_t depth, json_t *object)
{
	size_t n = json_object_size(object), i = 0;
	struct member *all = FP_NEW_ARRAY(&u->arena, n, struct member);

	for (void *it = json_object_iter(object); it; it = json_object_iter_next(object, it))
		all[i++] = (struct member){ json_object_iter_key(it), json_object_iter_value(it) };
	if (n)
		qsort(all, n, sizeof(all[0]), by_key);
	fp_buf_putc(out, '{');
	for (i = 0; i < n; i++) {
		lead(out, depth + 1, all[i].key);
		put_tree(u, out, depth + 1, all[i].value);
	}
	close_bracket(out, depth, '}');
}

static void put_array(struct fp_unit *u, struct fp_buf *out, size_t depth, const json_t *array)
{
	fp_buf_putc(out, '[');
	for (size_t i = 0; i < json_array_size(array); i++) {
		lead(out, depth + 1, NULL);
		put_tree(u, out, depth + 1, json_array_get(array, i));
	}
	close_bracket(out, depth, ']');
}

static void put_scalar(struct fp_unit *u, struct fp_buf *out, const json_t *value)
{
	char text[64]; /* of a number: 17 digits, sign, point and exponent */
	size_t n = json_dumpb(value, text, sizeof(text), JSON_ENCODE_ANY);

	/* jansson allocates even here, and running out is no text at all. */
	if (!n || n > sizeof(text))
		longjmp(u->recover, 1);
	fp_buf_add(out, text, n);
}

/* As deep as jansson reads: 2048 levels. */
static void put_tree(struct fp_unit *u, struct fp_buf *out, size_t depth, json_t *value)
{
	uint64_t count;

	if (json_is_object(value))
		put_object(u, out, depth, value);
	else if (json_is_array(value))
		put_array(u, out, depth, value);
	else if (fp_json_count_of(value, &count))
		fp_buf_number(out, count);
	else if (json_is_string(value))
		put_string(out, json_string_value(value));
	else
		put_scalar(u, out, value);
}

void fp_json_write(struct fp_unit *u, json_t *value, struct fp_buf *out)
{
	put_tree(u, out, 0, value);
	fp_buf_putc(out, '\n');
}

/* ---- documents as they are told ---- */

void fp_json_begin(struct fp_json *j, struct fp_unit *u, struct fp_buf *out)
{
	*j = (struct fp_json){ .unit = u, .out = out };
	fp_buf_putc(out, '{');
}

void fp_json_end(struct fp_json *j)
{
	close_bracket(j->out, 0, '}');
	fp_buf_putc(j->out, '\n');
}

static void next(struct fp_json *j, const char *key)
{
	const char **last = &j->last[j->depth];

	if (key && *last && strcmp(*last, key) >= 0)
		fp_diag(j->unit, FP_E_INTERNAL, (struct fp_span){ 0, 0 },
			"JSON member '%s' is told after '%s'", key, *last);
	*last = key;
	lead(j->out, j->depth + 1, key);
}

static void open_level(struct fp_json *j, const char *key, bool is_array)
{
	next(j, key);
	fp_buf_putc(j->out, is_array ? '[' : '{');
	if (++j->depth == FP_JSON_DEPTH)
		longjmp(j->unit->recover, 1);
	j->last[j->depth] = NULL;
	j->is_array[j->depth] = is_array;
}

void fp_json_open_object(struct fp_json *j, const char *key)
{
	open_level(j, key, false);
}

void fp_json_open_array(struct fp_json *j, const char *key)
{
	open_level(j, key, true);
}

void fp_json_close(struct fp_json *j)
{
	bool is_array = j->is_array[j->depth--];

	close_bracket(j->out, j->depth + 1, is_array ? ']' : '}');
}

void fp_json_put_text(struct fp_json *j, const char *key, const char *text)
{
	if (!text)
		return;
	next(j, key);
	put_string(j->out, text);
}

void fp_json_put_number(struct fp_json *j, const char *key, uint64_t value)
{
	next(j, key);
	fp_buf_number(j->out, value);
}

void fp_json_put_integer(struct fp_json *j, const char *key, int64_t value)
{
	next(j, key);
	if (value < 0)
		fp_buf_putc(j->out, '-');
	fp_buf_number(j->out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void fp_json_put_flag(struct fp_json *j, const char *key, bool value)
{
	next(j, key);
	fp_buf_puts(j->out, value ? "true" : "false");
}

void fp_json_put_null(struct fp_json *j, const char *key)
{
	next(j, key);
	fp_buf_puts(j->out, "null");
}
