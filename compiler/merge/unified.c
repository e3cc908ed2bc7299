/* SPDX-License-Identifier: MIT */
/* linux.resources.unified: files of cgroup v2, which runtimes write last, so over the typed
 * members. */
#include "merge/internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NO_LIMIT INT64_MAX

enum order {
	LESS,
	MORE,
	RATE,
	CPUS,
	SAME
};

static const struct file {
	const char *name;
	enum order order;
	enum fp_merge_how alone;
	const char *why;
} files[] = {

#define FILE(name, order, alone, why) { name, order, FP_MERGE_##alone, why },
#include "merge/files.def"
#undef FILE
};

static bool matches(const char *pattern, const char *name)
{
	while (*pattern && (*pattern == '*' || *pattern == *name))
		if (*pattern++ == '*')
			name += strcspn(name, ".");
		else
			name++;
	return !*pattern && !*name;
}

static const struct file *find(const char *name)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (matches(files[i].name, name))
			return &files[i];
	return NULL;
}

/* ---- two texts of one file ---- */

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

static const char *narrower(struct fp_unit *u, const struct file *file, const char *a,
			    const char *b)
{
	if (!strcmp(a, b))
		return b;
	switch (file->order) {
	case LESS:
		return narrower_number(a, b, false);
	case MORE:
		return narrower_number(a, b, true);
	case RATE:
		return narrower_rate(a, b);
	case CPUS:
		return fp_merge_cpus(u, a, b);
	case SAME:
		break;
	}
	return NULL;
}

/* ---- what typed members come to in a file ---- */

struct typed {
	struct fp_merge_state *m;
	json_t *resources;
};

static json_t *part(const struct typed *t, const char *pointer)
{
	return fp_merge_find(t->m, t->resources, pointer);
}

/* Not positive is no limit; what is absent is nothing. */
static const char *number_text(const struct typed *t, const char *object, const char *key)
{
	int64_t value = fp_merge_number_of(part(t, object), key, 0);

	return value > 0 ? fp_merge_at(t->m, "%" PRId64, value) : NULL;
}

static const char *swap_text(const struct typed *t)
{
	int64_t limit = fp_merge_number_of(part(t, "/memory"), "limit", 0);
	int64_t swap = fp_merge_number_of(part(t, "/memory"), "swap", 0);

	if (swap <= 0 || limit <= 0)
		return NULL;
	return fp_merge_at(t->m, "%" PRId64, swap > limit ? swap - limit : 0);
}

static const char *rate_text(const struct typed *t)
{
	int64_t quota = fp_merge_number_of(part(t, "/cpu"), "quota", 0);
	int64_t period = fp_merge_number_of(part(t, "/cpu"), "period", 0);

	return quota <= 0 ? NULL
			  : fp_merge_at(t->m, "%" PRId64 " %" PRId64, quota,
					period > 0 ? period : 100000);
}

static const char *list_text(const struct typed *t, const char *key)
{
	const char *text = fp_merge_text_of(part(t, "/cpu"), key);

	return *text ? text : NULL;
}

/* Of "hugetlb.2MB.max" and "hugetlb.2MB.rsvd.max": the limit of the size. */
static const char *huge_text(const struct typed *t, const char *file)
{
	json_t *value;
	size_t i, len = strcspn(file + strlen("hugetlb."), ".");

	json_array_foreach(part(t, "/hugepageLimits"), i, value)
	{
		const char *size = fp_merge_text_of(value, "pageSize");

		if (strlen(size) == len && !memcmp(size, file + strlen("hugetlb."), len))
			return fp_merge_show(t->m->u, json_object_get(value, "limit"));
	}
	return NULL;
}

/* io.max is a line a device: the lists and the file are only shown, never compared. */
static const char *throttle_text(const struct typed *t)
{
	static const char *const lists[] = { "/blockIO/throttleReadBpsDevice",
					     "/blockIO/throttleWriteBpsDevice",
					     "/blockIO/throttleReadIOPSDevice",
					     "/blockIO/throttleWriteIOPSDevice" };

	for (size_t i = 0; i < 4; i++)
		if (json_array_size(part(t, lists[i])))
			return fp_merge_show(t->m->u, part(t, lists[i]));
	return NULL;
}

static const char *typed_value(const struct typed *t, const char *file)
{
	if (!strcmp(file, "memory.max"))
		return number_text(t, "/memory", "limit");
	if (!strcmp(file, "memory.low"))
		return number_text(t, "/memory", "reservation");
	if (!strcmp(file, "memory.swap.max"))
		return swap_text(t);
	if (!strcmp(file, "pids.max"))
		return number_text(t, "/pids", "limit");
	if (!strcmp(file, "cpu.max"))
		return rate_text(t);
	if (!strcmp(file, "cpu.idle"))
		return number_text(t, "/cpu", "idle");
	if (!strcmp(file, "cpuset.cpus"))
		return list_text(t, "cpus");
	if (!strcmp(file, "cpuset.mems"))
		return list_text(t, "mems");
	if (!strcmp(file, "io.max"))
		return throttle_text(t);
	if (fp_merge_begins(file, "hugetlb."))
		return huge_text(t, file);
	return NULL;
}

/* Shares and weights are two scales: the policy's shares and a weight of the base's, or the like.
 */
static const char *other_scale(const struct typed *t, const char *file)
{
	if (!strcmp(file, "cpu.weight") && json_object_get(part(t, "/cpu"), "shares"))
		return fp_merge_at(t->m, "shares %" PRId64,
				   fp_merge_number_of(part(t, "/cpu"), "shares", 0));
	if (!strcmp(file, "io.bfq.weight") && *fp_merge_text_of(part(t, "/unified"), "io.weight"))
		return fp_merge_at(t->m, "io.weight %s",
				   fp_merge_text_of(part(t, "/unified"), "io.weight"));
	return NULL;
}

/* ---- a file ---- */

/* The base's, where the policy has no value of its own. */
static json_t *merge_alone(struct fp_merge_state *m, const struct file *file, const char *at,
			   json_t *base)
{
	if (file->alone == FP_MERGE_NOTES)
		return fp_merge_keep(m, at, base, file->why);
	if (file->alone == FP_MERGE_REFUSES)
		fp_merge_conflict(m, at, base, NULL, file->why);
	return base;
}

static json_t *merge_file(struct fp_merge_state *m, const char *at, const char *name, json_t *base,
			  json_t *ours)
{
	const struct typed a = { m, fp_merge_find(m, m->base.root, "/linux/resources") };
	const struct typed b = { m, fp_merge_find(m, m->ours.root, "/linux/resources") };
	const struct file *file = find(name);
	const char *texts[] = { base ? json_string_value(base) : NULL, typed_value(&a, name),
				ours ? json_string_value(ours) : NULL, typed_value(&b, name) };
	const char *value = texts[2] ? texts[2] : texts[3] ? texts[3] : other_scale(&b, name);

	if (!file) {
		fp_merge_conflict(m, at, base, ours, "no such file is known to limit anything");
		return ours;
	}
	if (!value)
		return merge_alone(m, file, at, base);
	for (size_t i = 0; i < 4; i++) {
		const char *next = texts[i] ? narrower(m->u, file, texts[i], value) : value;

		if (!next) {
			fp_merge_conflict(m, at, fp_merge_text(m, texts[i]),
					  fp_merge_text(m, value),
					  "they cannot be compared, or exclude each other");
			return ours;
		}
		value = next;
	}
	return fp_merge_text(m, value);
}

json_t *fp_merge_unified(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	json_t *out = fp_merge_copy(m, NULL), *value;
	const char *file;

	json_object_foreach(base, file, value) fp_merge_set(
		m, out, file,
		merge_file(m, fp_merge_in(m, at, file), file, value, json_object_get(ours, file)));
	json_object_foreach(ours, file, value) if (!json_object_get(base, file)) fp_merge_set(
		m, out, file, merge_file(m, fp_merge_in(m, at, file), file, NULL, value));
	if (json_object_get(out, "cpu.idle") && json_object_get(out, "cpu.weight"))
		fp_merge_conflict(m, fp_merge_at(m, "%s/cpu.idle", at),
				  json_object_get(out, "cpu.idle"),
				  json_object_get(out, "cpu.weight"),
				  "the kernel refuses cpu.weight beside cpu.idle");
	return out;
}
