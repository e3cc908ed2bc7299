/* SPDX-License-Identifier: MIT */
/* Values, places as people read them, and the two kinds of report. */
#include "merge/internal.h"

#include <stdarg.h>
#include <string.h>

char *fp_merge_at(struct fp_merge_state *m, const char *format, ...)
{
	char text[256];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap); /* longer ones are cut: they are for people */
	return fp_arena_text(&m->u->arena, text, n < 0 ? 0 : strlen(text));
}

const char *fp_merge_in(struct fp_merge_state *m, const char *at, const char *key)
{
	struct fp_buf b;

	fp_buf_init(&b, &m->u->arena);
	fp_buf_puts(&b, at);
	fp_buf_putc(&b, '/');
	for (; *key; key++)
		if (*key == '/' || *key == '~')
			fp_buf_puts(&b, *key == '/' ? "~1" : "~0");
		else
			fp_buf_putc(&b, *key);
	return fp_buf_text(&b);
}

json_t *fp_merge_new(struct fp_merge_state *m, json_t *value)
{
	return fp_json_own(m->u, value);
}

json_t *fp_merge_text(struct fp_merge_state *m, const char *text)
{
	return fp_merge_new(m, json_string(text));
}

json_t *fp_merge_copy(struct fp_merge_state *m, json_t *value)
{
	return fp_merge_new(m, value ? json_copy(value) : json_object());
}

void fp_merge_set(struct fp_merge_state *m, json_t *object, const char *key, json_t *value)
{
	if (value)
		fp_json_set(m->u, object, key, json_incref(value));
}

void fp_merge_push(struct fp_merge_state *m, json_t *array, json_t *value)
{
	fp_json_push(m->u, array, json_incref(value));
}

const char *fp_merge_text_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return value ? json_string_value(value) : "";
}

int64_t fp_merge_number_of(const json_t *object, const char *key, int64_t absent)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : value ? INT64_MAX : absent;
}

json_t *fp_merge_find(struct fp_merge_state *m, json_t *value, const char *pointer)
{
	while (*pointer == '/' && value) {
		size_t len = strcspn(++pointer, "/");

		value = json_object_get(value, fp_arena_text(&m->u->arena, pointer, len));
		pointer += len;
	}
	return value;
}

json_t *fp_merge_by_type(json_t *array, const char *type)
{
	json_t *value;
	size_t i;

	json_array_foreach(array, i,
			   value) if (!strcmp(fp_merge_text_of(value, "type"), type)) return value;
	return NULL;
}

const char *fp_merge_path(struct fp_merge_state *m, const char *text)
{
	struct fp_buf b;

	fp_buf_init(&b, &m->u->arena);
	if (*text != '/')
		return NULL;
	while (*text) {
		size_t len = strcspn(text, "/");

		if (len == 2 && !memcmp(text, "..", 2))
			return NULL;
		if (len && !(len == 1 && *text == '.')) {
			fp_buf_putc(&b, '/');
			fp_buf_add(&b, text, len);
		}
		text += len + (text[len] == '/');
	}
	return b.len ? fp_buf_text(&b) : "/";
}

bool fp_merge_begins(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

/* ---- reports ---- */

/* Of what fp_json_write() printed: no white space between tokens. */
static void squeeze(struct fp_buf *b)
{
	bool in_string = false;
	size_t n = 0;

	for (size_t i = 0; i < b->len; i++) {
		char c = b->data[i];

		if (!in_string && (c == ' ' || c == '\n'))
			continue;
		if (c == '"')
			in_string = !in_string;
		b->data[n++] = c;
		if (c == '\\')
			b->data[n++] = b->data[++i];
	}
	b->len = n;
	b->data[n] = '\0';
}

const char *fp_merge_show(struct fp_unit *u, json_t *value)
{
	struct fp_buf b;
	size_t len = 117;

	if (!value)
		return "absent";
	fp_buf_init(&b, &u->arena);
	fp_json_write(u, value, &b);
	squeeze(&b);
	if (b.len <= 120)
		return fp_buf_text(&b);
	while (((unsigned char)b.data[len] & 0xc0) == 0x80)
		len--; /* not in the middle of a character */
	return fp_arena_printf(&u->arena, "%.*s...", (int)len, b.data);
}

void fp_merge_conflict(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours,
		       const char *why)
{
	struct fp_span span = { 0, 0 };

	if (m->u->diags.errors < FP_DIAG_LIMIT) /* places are searched for from the start */
		span = fp_merge_place(&m->base, at);
	if (ours)
		fp_diag(m->u, FP_E_MERGE_CONFLICT, span, "%s is %s here and %s in %s: %s", at,
			fp_merge_show(m->u, base), fp_merge_show(m->u, ours), m->ours.name, why);
	else
		fp_diag(m->u, FP_E_MERGE_CONFLICT, span,
			"%s is %s here, and the policy has none: %s", at, fp_merge_show(m->u, base),
			why);
	if (ours)
		fp_diag_help(m->u, "make both the same: here, or in the policy");
	else
		fp_diag_help(m->u, "remove it here");
}

void fp_merge_note(struct fp_merge_state *m, const char *format, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (n < 0)
		return;
	for (char *c = text; *c; c++) /* a hostile name must not draw on the terminal */
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	const char *copy = fp_arena_text(&m->u->arena, text, strlen(text));
	fp_vec_push(&m->u->arena, &m->result->notes, copy);
}

json_t *fp_merge_keep(struct fp_merge_state *m, const char *at, json_t *base, const char *why)
{
	fp_merge_note(m, "kept: %s is %s, on which the policy has no word: %s", at,
		      fp_merge_show(m->u, base), why);
	return base;
}
