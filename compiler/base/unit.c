/* SPDX-License-Identifier: MIT */
/* One compilation. */
#include "base/unit.h"

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

const struct fp_str *fp_name(struct fp_unit *u, const char *text)
{
	return fp_intern(&u->names, text, strlen(text));
}
