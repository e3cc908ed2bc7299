/* SPDX-License-Identifier: MIT */
/* process: identity, capabilities, limits, and what comes before other programs' share. */
#include "merge/internal.h"

#include <stdlib.h>
#include <string.h>

/* No profile gives way; another one cannot be joined with ours in a configuration. */
json_t *fp_merge_profile(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	const char *text = base ? json_string_value(base) : "";

	if (ours && (!*text || !strcmp(text, "unconfined")))
		return ours;
	return fp_merge_same(m, at, base, ours);
}

/* "/" is what `spec` writes: nobody chose it. */
json_t *fp_merge_cwd(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	if (ours && base && !strcmp(json_string_value(base), "/"))
		return ours;
	return fp_merge_same(m, at, base, ours);
}

static bool is_root_default(const json_t *user)
{
	return !fp_merge_number_of(user, "uid", 0) && !fp_merge_number_of(user, "gid", 0) &&
	       !json_array_size(json_object_get(user, "additionalGids")) &&
	       !*fp_merge_text_of(user, "username");
}

/*
 * Root without groups is what `spec` writes and gives way to the policy's identity as a whole;
 * another identity must be the same one. The masks join: a bit in either is taken away.
 */
json_t *fp_merge_user(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	json_t *out = fp_merge_copy(m, ours), *mask = json_object_get(base, "umask");
	static const char *const names[] = { "uid", "gid", "additionalGids", "username" };

	if (!ours)
		return base;
	if (mask)
		fp_merge_set(m, out, "umask",
			     fp_merge_new(m, json_integer(json_integer_value(mask) |
							  fp_merge_number_of(ours, "umask", 0))));
	if (!base || is_root_default(base))
		return out;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		json_t *a = json_object_get(base, names[i]), *b = json_object_get(ours, names[i]);

		if ((a || b) && !(json_array_size(a) + json_array_size(b) == 0 && i == 2) &&
		    !(a && b && json_equal(a, b)))
			fp_merge_conflict(m, fp_merge_at(m, "%s/%s", at, names[i]), a, b,
					  "the job has one identity");
	}
	return out;
}

/* ---- sets of names ---- */

static bool holds_text(const json_t *array, const char *text)
{
	const json_t *value;
	size_t i;

	json_array_foreach(array, i,
			   value) if (!strcmp(json_string_value(value), text)) return true;
	return false;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(json_string_value(*(json_t *const *)a),
		      json_string_value(*(json_t *const *)b));
}

/* Sorted, each once. Elements are strings. */
static json_t *sorted_set(struct fp_merge_state *m, json_t *values)
{
	size_t n = json_array_size(values);
	json_t **list = FP_NEW_ARRAY(&m->u->arena, n, json_t *), *out;

	for (size_t i = 0; i < n; i++)
		list[i] = json_array_get(values, i);
	if (n)
		qsort(list, n, sizeof(list[0]), by_text);
	out = fp_merge_new(m, json_array());
	for (size_t i = 0; i < n; i++)
		if (!i || strcmp(json_string_value(list[i]), json_string_value(list[i - 1])))
			fp_merge_push(m, out, list[i]);
	return out;
}

json_t *fp_merge_union(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	json_t *both = fp_merge_new(m, json_array());

	(void)at;
	if ((base && json_array_extend(both, base)) || (ours && json_array_extend(both, ours)))
		longjmp(m->u->recover, 1);
	return sorted_set(m, both);
}

static json_t *intersect(struct fp_merge_state *m, json_t *base, json_t *ours)
{
	json_t *out = fp_merge_new(m, json_array()), *value;
	size_t i;

	json_array_foreach(ours, i, value) if (holds_text(base, json_string_value(value)))
		fp_merge_push(m, out, value);
	return sorted_set(m, out);
}

/*
 * A set that the base does not name is empty to both runtimes. What is ambient must be inheritable
 * (capabilities(7)): `runc spec` asks for the one without the other, and gets neither.
 */
static json_t *cap_set(struct fp_merge_state *m, const char *at, json_t *base, const char *set,
		       json_t *ours)
{
	json_t *theirs = json_object_get(base, set), *out;

	if (!strcmp(set, "inheritable"))
		theirs = fp_merge_union(m, at, theirs, json_object_get(base, "ambient"));
	out = intersect(m, theirs, ours);
	if (!strcmp(set, "ambient") && json_array_size(out) < json_array_size(ours))
		fp_merge_note(m,
			      "%s/ambient leaves out what the base does not hand on: a user "
			      "other than 0 will not have it",
			      at);
	return out;
}

json_t *fp_merge_capabilities(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	json_t *out, *value;
	const char *set;

	if (!base || !ours)
		return base ? base : ours;
	out = fp_merge_copy(m, NULL);
	json_object_foreach(ours, set, value)
		fp_merge_set(m, out, set, cap_set(m, at, base, set, value));
	json_object_foreach(base, set, value) if (!json_object_get(ours, set))
		fp_merge_set(m, out, set, fp_merge_new(m, json_array()));
	return out;
}

/* Nothing of the base's that the policy does not have. */
json_t *fp_merge_none(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	if (!ours && json_array_size(base))
		fp_merge_conflict(m, at, base, NULL, "they turn protections of memory off");
	return fp_merge_same(m, at, base, ours);
}

/* ---- resource limits ---- */

/* setrlimit(2); both runtimes take these names only. */
static const char *const resources[] = {
	"RLIMIT_AS",     "RLIMIT_CORE",   "RLIMIT_CPU",        "RLIMIT_DATA",
	"RLIMIT_FSIZE",  "RLIMIT_LOCKS",  "RLIMIT_MEMLOCK",    "RLIMIT_MSGQUEUE",
	"RLIMIT_NICE",   "RLIMIT_NOFILE", "RLIMIT_NPROC",      "RLIMIT_RSS",
	"RLIMIT_RTPRIO", "RLIMIT_RTTIME", "RLIMIT_SIGPENDING", "RLIMIT_STACK",
};

static bool is_resource(const char *type)
{
	for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++)
		if (!strcmp(type, resources[i]))
			return true;
	return false;
}

/* Which of two a runtime takes is its own affair. */
static void check_rlimits(struct fp_merge_state *m, const char *at, json_t *array)
{
	json_t *value;
	size_t i;

	json_array_foreach(array, i, value)
	{
		const char *place = fp_merge_at(m, "%s/%zu", at, i);
		const char *type = fp_merge_text_of(value, "type");

		if (!is_resource(type))
			fp_merge_conflict(m, place, value, NULL, "it has no type of setrlimit(2)");
		else if (!json_object_get(value, "soft") || !json_object_get(value, "hard"))
			fp_merge_conflict(m, place, value, NULL, "it needs both soft and hard");
		else if (fp_merge_by_type(array, type) != value)
			fp_merge_conflict(m, place, value, fp_merge_by_type(array, type),
					  "the type stands twice");
	}
}

static json_t *lower_of(json_t *a, json_t *b, const char *key)
{
	json_t *x = json_object_get(a, key), *y = json_object_get(b, key);
	uint64_t n = 0, k = 0;

	if (fp_json_count_of(x, &n) && fp_json_count_of(y, &k))
		return n < k ? x : y;
	return y;
}

json_t *fp_merge_rlimits(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	json_t *out = fp_merge_new(m, json_array()), *value;
	size_t i;

	check_rlimits(m, at, base);
	json_array_foreach(base, i,
			   value) if (!fp_merge_by_type(ours, fp_merge_text_of(value, "type")))
		fp_merge_push(m, out,
			      fp_merge_keep(m, fp_merge_at(m, "%s/%zu", at, i), value,
					    "the job would have the runtime's own"));
	json_array_foreach(ours, i, value)
	{
		json_t *old = fp_merge_by_type(base, fp_merge_text_of(value, "type"));
		json_t *limit = fp_merge_copy(m, value);

		fp_merge_set(m, limit, "soft", lower_of(old, value, "soft"));
		fp_merge_set(m, limit, "hard", lower_of(old, value, "hard"));
		fp_merge_push(m, out, limit);
	}
	return out;
}

/* ---- before others ---- */

/* Below 0 the kernel kills other programs in the job's place (Documentation/filesystems/proc.rst).
 */
json_t *fp_merge_oom_score(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	if (!ours && json_integer_value(base) < 0)
		fp_merge_conflict(m, at, base, NULL,
				  "other programs of the host would be killed in the job's place");
	return fp_merge_same(m, at, base, ours);
}

/* Of sched(7), what never runs before a program of the default policy. */
static bool is_ordinary(json_t *scheduler)
{
	static const char *const policies[] = { "SCHED_OTHER", "SCHED_BATCH", "SCHED_IDLE" };
	static const char *const numbers[] = { "priority", "runtime", "deadline", "period" };
	const char *policy = fp_merge_text_of(scheduler, "policy");
	json_t *flag;
	bool is_one = false;
	size_t i;

	for (i = 0; i < 3; i++)
		is_one |= !strcmp(policy, policies[i]);
	for (i = 0; i < 4; i++)
		is_one &= !fp_merge_number_of(scheduler, numbers[i], 0);
	json_array_foreach(json_object_get(scheduler, "flags"), i, flag) is_one &=
		!strcmp(json_string_value(flag), "SCHED_FLAG_RESET_ON_FORK");
	return is_one && fp_merge_number_of(scheduler, "nice", 0) >= 0;
}

json_t *fp_merge_scheduler(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	if (!ours && !is_ordinary(base))
		fp_merge_conflict(m, at, base, NULL,
				  "the job would run before other programs of the host");
	return fp_merge_same(m, at, base, ours);
}

/* ioprio_set(2): best effort, 4, is what a program has whose nice value is 0. */
json_t *fp_merge_io_priority(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	const char *class = fp_merge_text_of(base, "class");
	bool is_late =
		!strcmp(class, "IOPRIO_CLASS_IDLE") ||
		(!strcmp(class, "IOPRIO_CLASS_BE") && fp_merge_number_of(base, "priority", 0) >= 4);

	if (!ours && !is_late)
		fp_merge_conflict(m, at, base, NULL,
				  "the job would read and write before other programs of the host");
	return fp_merge_same(m, at, base, ours);
}
