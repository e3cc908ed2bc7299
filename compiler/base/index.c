/* SPDX-License-Identifier: MIT */
/* Map by address: open addressing, doubled at half load. */
#include "base/index.h"
#include "base/intern.h"

static struct fp_index_slot *probe(const struct fp_index *m, const void *key)
{
	/* Fibonacci hashing; the low bits of addresses are alignment. */
	size_t i = (size_t)((uint64_t)(uintptr_t)key * 0x9e3779b97f4a7c15u >> 32);

	for (;; i++) {
		struct fp_index_slot *s = &m->slots[i & (m->cap - 1)];
		if (!s->key || s->key == key)
			return s;
	}
}

static void grow(struct fp_arena *a, struct fp_index *m)
{
	const struct fp_index_slot *old = m->slots;
	size_t n = m->cap;

	m->cap = n ? n * 2 : FP_INTERN_BUCKETS;
	m->slots = FP_NEW_ARRAY(a, m->cap, struct fp_index_slot);
	for (size_t i = 0; i < n; i++)
		if (old[i].key)
			*probe(m, old[i].key) = old[i];
}

void *fp_index_get(const struct fp_index *m, const void *key)
{
	return m->cap ? probe(m, key)->value : NULL;
}

void fp_index_put(struct fp_arena *a, struct fp_index *m, const void *key, void *value)
{
	if ((m->n + 1) * 2 > m->cap)
		grow(a, m);
	struct fp_index_slot *s = probe(m, key);
	m->n += !s->key;
	*s = (struct fp_index_slot){ .key = key, .value = value };
}
