/* SPDX-License-Identifier: MIT */
/* Numbers for keys: open addressing, doubled at half load. */
#include "verify/keys.h"

#define SLOTS_MIN 256u

static size_t hash(const struct fp_key *key)
{
	uint64_t h = ((uint64_t)key->k[0] << 32 | key->k[1]) * 0x9e3779b97f4a7c15u;

	h = (h ^ h >> 29 ^ ((uint64_t)key->k[2] << 32 | key->k[3])) * 0xbf58476d1ce4e5b9u;
	return (size_t)(h ^ h >> 32);
}

static uint32_t *slot(const struct fp_keys *keys, const struct fp_key *key)
{
	for (size_t i = hash(key);; i++) {
		uint32_t *s = &keys->slots[i & (keys->slot_count - 1)];
		if (!*s || !memcmp(&keys->list.at[*s - 1], key, sizeof(*key)))
			return s;
	}
}

static void grow(struct fp_arena *a, struct fp_keys *keys)
{
	keys->slot_count = keys->slot_count ? keys->slot_count * 2 : SLOTS_MIN;
	keys->slots = FP_NEW_ARRAY(a, keys->slot_count, uint32_t);
	for (size_t i = 0; i < keys->list.n; i++)
		*slot(keys, &keys->list.at[i]) = (uint32_t)i + 1;
}

uint32_t fp_keys_number(struct fp_arena *a, struct fp_keys *keys, struct fp_key key)
{
	if (keys->list.n * 2 >= keys->slot_count)
		grow(a, keys);
	uint32_t *s = slot(keys, &key);
	if (!*s) {
		fp_vec_push(a, &keys->list, key);
		*s = (uint32_t)keys->list.n;
	}
	return *s - 1;
}
