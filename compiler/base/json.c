/* SPDX-License-Identifier: MIT */
/* The one way JSON is written. */
#include "base/json.h"

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
