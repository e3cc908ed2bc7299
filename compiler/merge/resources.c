/* SPDX-License-Identifier: MIT */
/* linux.resources: the smaller of two limits, in whichever of the two forms the base wrote it. */
#include "merge/internal.h"

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

/* A member that bounds; absent or not positive is no bound to the runtimes. */
static int64_t bound_of(const json_t *object, const char *key)
{
	int64_t n = fp_merge_number_of(object, key, 0);

	return n > 0 ? n : NO_LIMIT;
}

static int64_t bound(const json_t *value)
{
	return json_integer_value(value) > 0 ? json_integer_value(value) : NO_LIMIT;
}

json_t *fp_merge_limit(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	(void)at;
	return number(m, lower(bound(base), bound(ours)));
}

/* Whether the policy says it as a file of the cgroup, which is written over the typed member. */
static bool has_file(struct fp_merge_state *m, const char *file)
{
	return json_object_get(fp_merge_find(m, m->ours.root, "/linux/resources/unified"), file);
}

/* ---- memory ---- */

/* Swap beside memory: `swap` counts both. */
static int64_t beside(int64_t limit, int64_t swap)
{
	return swap == NO_LIMIT || limit == NO_LIMIT ? NO_LIMIT : swap > limit ? swap - limit : 0;
}

static void check_memory(struct fp_merge_state *m, const char *at, json_t *base)
{
	json_t *off = json_object_get(base, "disableOOMKiller");

	if (json_is_true(off))
		fp_merge_conflict(m, fp_merge_in(m, at, "disableOOMKiller"), off, NULL,
				  "the job would hang at its limit, and whoever waits for it");
}

json_t *fp_merge_memory(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	json_t *out = fp_merge_copy(m, base), *low = json_object_get(base, "reservation");
	int64_t a = bound_of(base, "limit"), b = bound_of(ours, "limit"), limit = lower(a, b);
	int64_t swap = lower(beside(a, bound_of(base, "swap")), beside(b, bound_of(ours, "swap")));

	check_memory(m, at, base);
	if (low && !json_object_get(ours, "reservation") && !has_file(m, "memory.low"))
		(void)fp_merge_keep(m, fp_merge_in(m, at, "reservation"), low,
				    "memory that others cannot have");
	if (!ours)
		return base;
	if (limit != NO_LIMIT || json_object_get(ours, "limit"))
		fp_merge_set(m, out, "limit", number(m, limit));
	if (limit != NO_LIMIT && json_object_get(ours, "swap"))
		fp_merge_set(m, out, "swap",
			     number(m, swap > NO_LIMIT - limit ? NO_LIMIT : limit + swap));
	if (json_object_get(ours, "reservation")) /* the less of it, the less others lack */
		fp_merge_set(m, out, "reservation",
			     number(m, lower(bound_of(ours, "reservation"),
					     bound_of(base, "reservation"))));
	return out;
}

/* ---- processors ---- */

/* quota / period, compared without division; both are below 2^63, so the products fit 128 bits. */
static bool is_less(int64_t quota, int64_t period, int64_t other_quota, int64_t other_period)
{
	if (quota == NO_LIMIT || other_quota == NO_LIMIT)
		return quota != NO_LIMIT;
	return (unsigned __int128)(uint64_t)quota * (uint64_t)other_period <
	       (unsigned __int128)(uint64_t)other_quota * (uint64_t)period;
}

static int64_t period_of(const json_t *cpu)
{
	int64_t period = bound_of(cpu, "period");

	return period == NO_LIMIT ? 100000 : period; /* the kernel's default, microseconds */
}

static void merge_cpu_list(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours,
			   json_t *out, const char *key)
{
	const char *a = fp_merge_text_of(base, key), *b = fp_merge_text_of(ours, key);
	const char *both;

	if (!*a || !*b)
		return;
	both = fp_merge_cpus(m->u, a, b);
	if (both)
		fp_merge_set(m, out, key, fp_merge_text(m, both));
	else
		fp_merge_conflict(m, fp_merge_in(m, at, key), json_object_get(base, key),
				  json_object_get(ours, key), "they have nothing in common");
}

/* Processor time beside the quota. */
static void check_cpu(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	static const char *const names[] = { "burst", "realtimeRuntime" };

	for (size_t i = 0; i < 2; i++) {
		json_t *value = json_object_get(base, names[i]);

		if (fp_merge_number_of(base, names[i], 0) > 0 && !json_object_get(ours, names[i]))
			fp_merge_conflict(m, fp_merge_in(m, at, names[i]), value, NULL,
					  i ? "the job would run before other programs of the host"
					    : "the job would run beyond its quota");
	}
}

/* Two runtimes make two weights of shares: beside cpu.weight they only confuse. */
static void merge_shares(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours,
			 json_t *out)
{
	json_t *shares = json_object_get(base, "shares");

	if (!shares)
		return;
	if (has_file(m, "cpu.weight")) {
		fp_merge_note(m, "left out: %s/shares: the policy has cpu.weight", at);
		json_object_del(out, "shares");
	} else if (json_object_get(ours, "shares")) {
		fp_merge_set(m, out, "shares",
			     number(m, lower(bound_of(base, "shares"), bound_of(ours, "shares"))));
	} else {
		(void)fp_merge_keep(m, fp_merge_in(m, at, "shares"), shares,
				    "a share, against what runs beside it");
	}
}

json_t *fp_merge_cpu(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	json_t *out = fp_merge_copy(m, base), *value;
	bool keeps_base = is_less(bound_of(base, "quota"), period_of(base), bound_of(ours, "quota"),
				  period_of(ours));
	const char *key;

	check_cpu(m, at, base, ours);
	json_object_foreach(ours, key, value)
	{
		bool is_rate = !strcmp(key, "quota") || !strcmp(key, "period");

		if (!is_rate || !keeps_base)
			fp_merge_set(m, out, key, value);
	}
	merge_shares(m, at, base, ours, out);
	merge_cpu_list(m, at, base, ours, out, "cpus");
	merge_cpu_list(m, at, base, ours, out, "mems");
	return out;
}

/* ---- devices ---- */

static bool is_deny(const json_t *entry)
{
	return !json_is_true(json_object_get(entry, "allow"));
}

/* Absent and -1 are any number, "a" and absent any type. */
static bool is_all(const json_t *entry)
{
	const char *type = fp_merge_text_of(entry, "type");
	const char *access = fp_merge_text_of(entry, "access");

	return (!*type || !strcmp(type, "a")) && fp_merge_number_of(entry, "major", -1) < 0 &&
	       fp_merge_number_of(entry, "minor", -1) < 0 &&
	       (!*access || (strchr(access, 'r') && strchr(access, 'w') && strchr(access, 'm')));
}

/*
 * Ours begin with what holds for all devices. A denial of the base still holds after ours; one of
 * everything is the beginning that we have, and would take ours away.
 */
json_t *fp_merge_devices(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	json_t *out, *value, *mine;
	size_t i, k;

	if (!ours)
		return base;
	out = fp_merge_new(m, json_copy(ours));
	json_array_foreach(base, i, value)
	{
		bool is_ours = false;

		json_array_foreach(ours, k, mine) is_ours |=
			json_equal(value, mine) ||
			(is_deny(value) && is_deny(mine) && is_all(value) && is_all(mine));
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

/* ---- lists of limits ---- */

struct limits {
	const char *keys[3]; /* what tells the elements apart, NULL at the end */
	const char *value;
	bool is_zero_none; /* 0 is no limit */
};

static bool is_same_key(const struct limits *l, const json_t *a, const json_t *b)
{
	for (size_t i = 0; l->keys[i]; i++)
		if (!json_equal(json_object_get(a, l->keys[i]), json_object_get(b, l->keys[i])))
			return false;
	return true;
}

static uint64_t limit_of(const struct limits *l, const json_t *element)
{
	uint64_t value = 0;

	if (!fp_json_count_of(json_object_get(element, l->value), &value))
		return UINT64_MAX;
	return value || !l->is_zero_none ? value : UINT64_MAX;
}

static json_t *by_key(const struct limits *l, json_t *array, const json_t *like)
{
	json_t *value;
	size_t i;

	json_array_foreach(array, i, value) if (is_same_key(l, value, like)) return value;
	return NULL;
}

/* The last one of a key wins where runtimes write them one after the other: ours are the last. */
static json_t *merge_list(struct fp_merge_state *m, const struct limits *l, const char *at,
			  json_t *base, json_t *ours)
{
	json_t *out = fp_merge_new(m, json_array()), *value, *old;
	size_t i;

	json_array_foreach(base, i, value)
	{
		if (by_key(l, base, value) != value)
			fp_merge_conflict(m, fp_merge_at(m, "%s/%zu", at, i), value,
					  by_key(l, base, value), "it stands twice");
		if (!by_key(l, ours, value))
			fp_merge_push(m, out, value);
	}
	json_array_foreach(ours, i, value)
	{
		old = by_key(l, base, value);
		fp_merge_push(m, out, old && limit_of(l, old) < limit_of(l, value) ? old : value);
	}
	return out;
}

json_t *fp_merge_throttle(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	static const struct limits l = { { "major", "minor", NULL }, "rate", true };

	return merge_list(m, &l, at, base, ours);
}

json_t *fp_merge_hugepages(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	static const struct limits l = { { "pageSize", NULL, NULL }, "limit", false };

	return merge_list(m, &l, at, base, ours);
}

json_t *fp_merge_io_weight(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	if (ours || !has_file(m, "io.weight"))
		return ours ? fp_merge_same(m, at, base, ours)
			    : fp_merge_keep(m, at, base, "a share, against what runs beside it");
	fp_merge_note(m, "left out: %s: the policy has io.weight", at);
	return NULL;
}
