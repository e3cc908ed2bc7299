/* SPDX-License-Identifier: MIT */
/* Interned strings: open addressing, doubled at half load. */
#include "base/intern.h"

#include <string.h>

void fp_intern_init(struct fp_intern *in, struct fp_arena *arena)
{
	*in = (struct fp_intern){ .arena = arena };
}

/* FNV-1a, 32 bits. */
static uint32_t hash_bytes(const char *text, size_t len)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)text[i]) * 16777619u;
	return h;
}

static struct fp_intern_slot *probe(const struct fp_intern *in, uint32_t hash, const char *text,
				    size_t len)
{
	for (size_t i = hash & (in->cap - 1);; i = (i + 1) & (in->cap - 1)) {
		struct fp_intern_slot *s = &in->slots[i];
		if (!s->str)
			return s;
		if (s->hash == hash && s->str->len == len && !memcmp(s->str->text, text, len))
			return s;
	}
}

static void grow(struct fp_intern *in)
{
	const struct fp_intern_slot *old = in->slots;
	size_t n = in->cap;

	in->cap = n ? n * 2 : FP_INTERN_BUCKETS;
	in->slots = FP_NEW_ARRAY(in->arena, in->cap, struct fp_intern_slot);
	for (size_t i = 0; i < n; i++)
		if (old[i].str)
			*probe(in, old[i].hash, old[i].str->text, old[i].str->len) = old[i];
}

const struct fp_str *fp_intern(struct fp_intern *in, const char *text, size_t len)
{
	uint32_t hash = hash_bytes(text, len);

	if ((in->n + 1) * 2 > in->cap)
		grow(in);
	struct fp_intern_slot *s = probe(in, hash, text, len);
	if (s->str)
		return s->str;
	in->n++;
	struct fp_str *str = FP_NEW(in->arena, struct fp_str);
	str->text = fp_arena_text(in->arena, text, len);
	str->len = len;
	*s = (struct fp_intern_slot){ .str = str, .hash = hash };
	return str;
}

int fp_str_cmp(const struct fp_str *a, const struct fp_str *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int c = len ? memcmp(a->text, b->text, len) : 0;

	return c ? c : (a->len > b->len) - (a->len < b->len);
}
