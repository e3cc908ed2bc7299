/* SPDX-License-Identifier: MIT */
/* One compilation. */
#include "base/unit.h"
#include "base/buf.h"

#include <string.h>

void fp_unit_init(struct fp_unit *u, size_t memory_limit)
{
	memset(u, 0, sizeof(*u));
	fp_arena_init(&u->arena, memory_limit, &u->recover);
	u->sources.arena = &u->arena;
	u->names.arena = &u->arena;
}

void fp_unit_free(struct fp_unit *u)
{
	fp_arena_free(&u->arena);
}

const void *fp_unit_recall(const struct fp_unit *u, const char *what, const void *a, const void *b)
{
	for (size_t i = 0; i < u->kept.n; i++) {
		const struct fp_kept *k = &u->kept.at[i];
		if (k->of[0] == a && k->of[1] == b && !strcmp(k->what, what))
			return k->value;
	}
	return NULL;
}

void fp_unit_keep(struct fp_unit *u, const char *what, const void *a, const void *b,
		  const void *value)
{
	struct fp_kept k = { .what = what, .of = { a, b }, .value = value };

	fp_vec_push(&u->arena, &u->kept, k);
}

const struct fp_str *fp_name(struct fp_unit *u, const char *text)
{
	return fp_intern(&u->names, text, strlen(text));
}

const struct fp_str *fp_name_vprintf(struct fp_unit *u, const char *format, va_list ap)
{
	const struct fp_str *name;
	struct fp_buf b;

	fp_buf_init(&b, &u->arena);
	fp_buf_vprintf(&b, format, ap);
	name = fp_intern(&u->names, b.data, b.len < FP_NAME_PRINTED ? b.len : FP_NAME_PRINTED);
	fp_buf_drop(&b);
	return name;
}
