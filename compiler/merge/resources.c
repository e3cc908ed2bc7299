/* SPDX-License-Identifier: MIT */
/* linux.resources: the smaller of two limits, in whichever of the two forms the base wrote it. */
#include "merge/internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NO_LIMIT INT64_MAX

static json_t *number(struct fp_merge_state *m, int64_t value)
{
	return fp_merge_new(m, json_integer(value == NO_LIMIT ? -1 : value));
}

static int64_t lower(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* An integer that bounds; not positive is no bound. */
static int64_t bound(const json_t *value)
{
	int64_t n = value ? json_integer_value(value) : 0;

	return n > 0 ? n : NO_LIMIT;
}

json_t *fp_merge_limit(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	(void)at;
	return number(m, lower(bound(base), bound(ours)));
}

/* Swap beside memory: `swap` counts both. */
static int64_t beside(int64_t limit, int64_t swap)
{
	return swap == NO_LIMIT || limit == NO_LIMIT ? NO_LIMIT : swap > limit ? swap - limit : 0;
}

json_t *fp_merge_memory(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	json_t *out = fp_merge_copy(m, base);
	int64_t a = fp_merge_bound_of(m, at, base, "limit"),
		b = bound(json_object_get(ours, "limit"));
	int64_t limit = lower(a, b);
	int64_t swap = lower(beside(a, fp_merge_bound_of(m, at, base, "swap")),
			     beside(b, bound(json_object_get(ours, "swap"))));
	json_t *low = json_object_get(ours, "reservation");

	if (limit != NO_LIMIT || json_object_get(ours, "limit"))
		fp_merge_set(m, out, "limit", number(m, limit));
	if (limit != NO_LIMIT && json_object_get(ours, "swap"))
		fp_merge_set(m, out, "swap",
			     number(m, swap > NO_LIMIT - limit ? NO_LIMIT : limit + swap));
	if (low) /* protection: the less of it, the less is taken from others */
		fp_merge_set(m, out, "reservation",
			     number(m, lower(bound(low),
					     fp_merge_bound_of(m, at, base, "reservation"))));
	return out;
}

/* quota / period, compared without division; both are below 2^63, so the products fit 128 bits. */
static bool is_less(int64_t quota, int64_t period, int64_t other_quota, int64_t other_period)
{
	if (quota == NO_LIMIT || other_quota == NO_LIMIT)
		return quota != NO_LIMIT;
	return (unsigned __int128)(uint64_t)quota * (uint64_t)other_period <
	       (unsigned __int128)(uint64_t)other_quota * (uint64_t)period;
}

static int64_t period_of(int64_t period)
{
	return period == NO_LIMIT ? 100000 : period; /* the kernel's default, microseconds */
}

static void merge_cpu_list(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours,
			   json_t *out, const char *key)
{
	const char *a = fp_merge_text_of(m, at, base, key), *b = fp_merge_text_of(m, at, ours, key);
	const char *both;

	if (!*a || !*b)
		return;
	both = fp_merge_cpus(m->u, a, b);
	if (both)
		fp_merge_set(m, out, key, fp_merge_new(m, json_string(both)));
	else
		fp_merge_conflict(m, fp_merge_at(m, "%s/%s", at, key), json_object_get(base, key),
				  json_object_get(ours, key), "they have nothing in common");
}

json_t *fp_merge_cpu(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	json_t *out = fp_merge_copy(m, base), *value;
	int64_t quota = fp_merge_bound_of(m, at, base, "quota");
	int64_t period = period_of(fp_merge_bound_of(m, at, base, "period"));
	bool keeps_base = is_less(quota, period, bound(json_object_get(ours, "quota")),
				  period_of(bound(json_object_get(ours, "period"))));
	const char *key;

	json_object_foreach(ours, key, value)
	{
		bool is_rate = !strcmp(key, "quota") || !strcmp(key, "period");

		if (is_rate && keeps_base)
			continue;
		if (!strcmp(key, "shares"))
			value = number(m, lower(bound(value), fp_merge_bound_of(m, at, base, key)));
		fp_merge_set(m, out, key, value);
	}
	merge_cpu_list(m, at, base, ours, out, "cpus");
	merge_cpu_list(m, at, base, ours, out, "mems");
	return out;
}

static bool is_deny(const json_t *entry)
{
	return !json_is_true(json_object_get(entry, "allow"));
}

/* Ours begin with a denial of everything; the base's own denials still hold after ours. */
json_t *fp_merge_devices(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	json_t *out = fp_merge_new(m, json_copy(ours)), *value, *mine;
	size_t i, k;

	json_array_foreach(base, i, value)
	{
		bool is_ours = false;

		json_array_foreach(ours, k, mine) is_ours |= json_equal(value, mine);
		if (is_ours)
			continue;
		if (is_deny(value))
			fp_merge_push(m, out, value);
		else
			fp_merge_note(m, "left out: %s/%zu, %s, which the policy does not allow",
				      at, i, fp_merge_show(m->u, value));
	}
	return out;
}

static bool is_same_key(const json_t *a, const json_t *b, const char *const *keys)
{
	for (; *keys; keys++)
		if (!json_equal(json_object_get(a, *keys), json_object_get(b, *keys)))
			return false;
	return true;
}

/* Lists of objects that `keys` tell apart and `value` bounds. */
static json_t *merge_list(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours,
			  const char *const *keys, const char *name)
{
	json_t *out = fp_merge_new(m, json_array()), *value, *old;
	size_t i, k;

	json_array_foreach(ours, i, value)
	{
		json_t *copy = fp_merge_copy(m, value);

		json_array_foreach(base, k, old)
		{
			if (!is_same_key(old, value, keys))
				continue;
			const char *place = fp_merge_at(m, "%s/%zu", at, k);

			fp_merge_set(m, copy, name,
				     number(m, lower(fp_merge_bound_of(m, place, old, name),
						     bound(json_object_get(copy, name)))));
		}
		fp_merge_push(m, out, copy);
	}
	json_array_foreach(base, i, value)
	{
		bool is_ours = false;

		json_array_foreach(ours, k, old) is_ours |= is_same_key(old, value, keys);
		if (!is_ours)
			fp_merge_push(m, out, value);
	}
	return out;
}

json_t *fp_merge_throttle(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	static const char *const keys[] = { "major", "minor", NULL };

	return merge_list(m, at, base, ours, keys, "rate");
}

json_t *fp_merge_hugepages(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	static const char *const keys[] = { "pageSize", NULL };

	return merge_list(m, at, base, ours, keys, "limit");
}
