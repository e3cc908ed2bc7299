/* SPDX-License-Identifier: MIT */
/* The one way JSON is written. */
#include "base/json.h"
#include "base/utf8.h"

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

void fp_json_write(struct fp_unit *u, const json_t *value, struct fp_buf *out)
{
	char *text = json_dumps(value, JSON_INDENT(2) | JSON_SORT_KEYS);

	if (!text)
		longjmp(u->recover, 1);
	fp_arena_own(&u->arena, free, text);
	fp_buf_puts(out, text);
	fp_buf_putc(out, '\n');
}

void fp_json_begin(struct fp_json *j, struct fp_unit *u, struct fp_buf *out)
{
	*j = (struct fp_json){ .unit = u, .out = out };
	fp_buf_putc(out, '{');
}

/* Only an opening bracket ends in itself: nothing was told at this depth yet. */
static bool is_empty(const struct fp_json *j)
{
	char c = j->out->data[j->out->len - 1];

	return c == '{' || c == '[';
}

static void new_line(struct fp_json *j, unsigned depth)
{
	static const char spaces[] = "\n                                ";

	_Static_assert(sizeof(spaces) - 1 == 1 + 2 * FP_JSON_DEPTH, "two spaces a level");
	fp_buf_add(j->out, spaces, 1 + 2 * depth);
}

void fp_json_end(struct fp_json *j)
{
	if (!is_empty(j))
		new_line(j, 0);
	fp_buf_puts(j->out, "}\n");
}

/* A run of bytes that stand for themselves. */
static size_t plain(const char *text)
{
	size_t n = 0;

	while ((unsigned char)text[n] >= ' ' && (unsigned char)text[n] < 0x80 && text[n] != '"' &&
	       text[n] != '\\')
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

static void put_string(struct fp_buf *out, const char *text)
{
	uint32_t point;

	fp_buf_putc(out, '"');
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
	fp_buf_putc(out, '"');
}

/* What stands before a value. */
static void lead(struct fp_json *j, const char *key)
{
	if (!is_empty(j))
		fp_buf_putc(j->out, ',');
	new_line(j, j->depth + 1);
	if (!key)
		return;
	const char **last = &j->last[j->depth];
	if (*last && strcmp(*last, key) >= 0)
		fp_diag(j->unit, FP_E_INTERNAL, (struct fp_span){ 0, 0 },
			"JSON member '%s' is told after '%s'", key, *last);
	*last = key;
	put_string(j->out, key);
	fp_buf_add(j->out, ": ", 2);
}

static void open_level(struct fp_json *j, const char *key, bool is_array)
{
	lead(j, key);
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

	if (!is_empty(j))
		new_line(j, j->depth + 1);
	fp_buf_putc(j->out, is_array ? ']' : '}');
}

void fp_json_put_text(struct fp_json *j, const char *key, const char *text)
{
	if (!text)
		return;
	lead(j, key);
	put_string(j->out, text);
}

void fp_json_put_number(struct fp_json *j, const char *key, uint64_t value)
{
	lead(j, key);
	fp_buf_number(j->out, value);
}

void fp_json_put_flag(struct fp_json *j, const char *key, bool value)
{
	lead(j, key);
	fp_buf_puts(j->out, value ? "true" : "false");
}
