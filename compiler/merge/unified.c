/* SPDX-License-Identifier: MIT */
/* linux.resources.unified: files of cgroup v2, which runtimes write last, so over the typed
 * members. */
#include "merge/internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NO_LIMIT  INT64_MAX
#define CPU_LIMIT 8192u /* NR_CPUS of the largest kernels */

/* "max", or a number to the end or a space; false for anything else. */
static bool parse(const char **text, int64_t *out)
{
	int64_t value = 0;

	if (!strncmp(*text, "max", 3) && (!(*text)[3] || (*text)[3] == ' ')) {
		*text += 3;
		*out = NO_LIMIT;
		return true;
	}
	if (**text < '0' || **text > '9')
		return false;
	for (; **text >= '0' && **text <= '9'; ++*text)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, **text - '0', &value))
			return false;
	*out = value;
	return !**text || **text == ' ';
}

static bool parse_one(const char *text, int64_t *out)
{
	return parse(&text, out) && !*text;
}

/* cpu.max: "QUOTA PERIOD" or "QUOTA". */
static bool parse_rate(const char *text, int64_t *quota, int64_t *period)
{
	*period = 100000;
	if (!parse(&text, quota))
		return false;
	if (!*text)
		return true;
	text++;
	return parse_one(text, period) && *period > 0 && *period != NO_LIMIT;
}

/* The narrower text, or NULL where they cannot be compared. */
static const char *narrower_rate(const char *a, const char *b)
{
	int64_t q, p, r, s;

	if (!parse_rate(a, &q, &p) || !parse_rate(b, &r, &s))
		return NULL;
	if (q == NO_LIMIT || r == NO_LIMIT)
		return r == NO_LIMIT ? a : b;
	return (unsigned __int128)(uint64_t)q * (uint64_t)s <
			       (unsigned __int128)(uint64_t)r * (uint64_t)p
		       ? a
		       : b;
}

static const char *narrower_number(const char *a, const char *b, bool wants_greater)
{
	int64_t x, y;

	if (!parse_one(a, &x) || !parse_one(b, &y))
		return NULL;
	return (wants_greater ? x > y : x < y) ? a : b;
}

static bool ends(const char *text, const char *end)
{
	size_t n = strlen(text), k = strlen(end);

	return n >= k && !strcmp(text + n - k, end);
}

static const char *narrower(struct fp_unit *u, const char *file, const char *a, const char *b)
{
	if (!strcmp(a, b))
		return b;
	if (!strcmp(file, "cpu.max"))
		return narrower_rate(a, b);
	if (!strncmp(file, "cpuset.", 7))
		return fp_merge_cpus(u, a, b);
	if (!strcmp(file, "memory.oom.group") || !strcmp(file, "cpu.idle"))
		return narrower_number(a, b, true);
	if (!strcmp(file, "io.max"))
		return NULL;
	if (ends(file, ".max") || ends(file, ".high") || ends(file, ".low") || ends(file, ".min") ||
	    ends(file, ".weight"))
		return narrower_number(a, b, false);
	return NULL;
}

static const char *number_text(struct fp_merge_state *m, int64_t value)
{
	return value == NO_LIMIT ? NULL : fp_merge_at(m, "%" PRId64, value);
}

/* What the base's typed members come to in the file, or NULL: the file would silently undo them. */
static const char *typed_value(struct fp_merge_state *m, const char *file)
{
	const char *at = "/linux/resources";
	json_t *res = json_object_get(json_object_get(m->base.root, "linux"), "resources");
	json_t *memory = json_object_get(res, "memory"), *cpu = json_object_get(res, "cpu");
	int64_t limit = fp_merge_bound_of(m, "/linux/resources/memory", memory, "limit");

	if (!strcmp(file, "memory.max"))
		return number_text(m, limit);
	if (!strcmp(file, "memory.low"))
		return number_text(m, fp_merge_bound_of(m, at, memory, "reservation"));
	if (!strcmp(file, "memory.swap.max")) {
		int64_t swap = fp_merge_bound_of(m, at, memory, "swap");

		return swap == NO_LIMIT || limit == NO_LIMIT
			       ? NULL
			       : number_text(m, swap > limit ? swap - limit : 0);
	}
	if (!strcmp(file, "pids.max"))
		return number_text(m, fp_merge_bound_of(m, "/linux/resources/pids",
							json_object_get(res, "pids"), "limit"));
	if (!strcmp(file, "cpuset.cpus") && *fp_merge_text_of(m, at, cpu, "cpus"))
		return fp_merge_text_of(m, at, cpu, "cpus");
	if (!strcmp(file, "cpu.max")) {
		int64_t quota = fp_merge_bound_of(m, at, cpu, "quota");
		int64_t period = fp_merge_bound_of(m, at, cpu, "period");

		return quota == NO_LIMIT ? NULL
					 : fp_merge_at(m, "%" PRId64 " %" PRId64, quota,
						       period == NO_LIMIT ? 100000 : period);
	}
	return NULL;
}

static json_t *merge_file(struct fp_merge_state *m, const char *at, const char *file, json_t *base,
			  json_t *ours)
{
	const char *typed = typed_value(m, file), *value = json_string_value(ours), *next;

	if (base && !json_is_string(base)) {
		fp_merge_conflict(m, at, base, ours, "it must be a string");
		return ours;
	}
	for (int i = 0; i < 2; i++) {
		const char *other = i ? typed : json_string_value(base);

		if (!other)
			continue;
		next = narrower(m->u, file, other, value);
		if (!next) {
			fp_merge_conflict(m, at, base ? base : fp_merge_new(m, json_string(typed)),
					  ours, "they cannot be compared, or exclude each other");
			return ours;
		}
		value = next;
	}
	return fp_merge_new(m, json_string(value));
}

json_t *fp_merge_unified(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	json_t *out = fp_merge_copy(m, base), *value;
	const char *file;

	json_object_foreach(ours, file, value)
	{
		const char *place = fp_merge_at(m, "%s/%s", at, file);

		if (!json_is_string(value))
			fp_merge_conflict(m, place, json_object_get(base, file), value,
					  "it must be a string");
		else
			fp_merge_set(
				m, out, file,
				merge_file(m, place, file, json_object_get(base, file), value));
	}
	if (json_object_get(out, "cpu.idle") && json_object_get(out, "cpu.weight"))
		fp_merge_conflict(m, fp_merge_at(m, "%s/cpu.idle", at),
				  json_object_get(out, "cpu.idle"),
				  json_object_get(out, "cpu.weight"),
				  "the kernel refuses cpu.weight beside cpu.idle");
	return out;
}

static bool add_range(uint64_t *set, unsigned first, unsigned last)
{
	if (first > last || last >= CPU_LIMIT)
		return false;
	for (unsigned i = first; i <= last; i++)
		set[i / 64] |= UINT64_C(1) << (i % 64);
	return true;
}

static bool read_cpu(const char **text, unsigned *out)
{
	*out = 0;
	if (**text < '0' || **text > '9')
		return false;
	for (; **text >= '0' && **text <= '9' && *out < CPU_LIMIT; ++*text)
		*out = *out * 10 + (unsigned)(**text - '0');
	return true;
}

static bool read_cpus(const char *text, uint64_t *set)
{
	unsigned first, last;

	while (read_cpu(&text, &first)) {
		last = first;
		if (*text == '-') {
			text++;
			if (!read_cpu(&text, &last))
				return false;
		}
		if (!add_range(set, first, last))
			return false;
		if (!*text)
			return true;
		if (*text++ != ',')
			return false;
	}
	return false;
}

static bool has_cpu(const uint64_t *set, unsigned i)
{
	return i < CPU_LIMIT && set[i / 64] >> (i % 64) & 1;
}

const char *fp_merge_cpus(struct fp_unit *u, const char *a, const char *b)
{
	uint64_t x[CPU_LIMIT / 64] = { 0 }, y[CPU_LIMIT / 64] = { 0 };
	struct fp_buf out;

	fp_buf_init(&out, &u->arena);
	if (!read_cpus(a, x) || !read_cpus(b, y))
		return NULL;
	for (size_t i = 0; i < CPU_LIMIT / 64; i++)
		x[i] &= y[i];
	for (unsigned i = 0; i < CPU_LIMIT; i++) {
		unsigned last = i;

		if (!has_cpu(x, i))
			continue;
		while (has_cpu(x, last + 1))
			last++;
		fp_buf_printf(&out, last > i ? "%s%u-%u" : "%s%u", out.len ? "," : "", i, last);
		i = last;
	}
	return out.len ? fp_buf_text(&out) : NULL;
}
