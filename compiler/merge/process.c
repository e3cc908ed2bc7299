/* SPDX-License-Identifier: MIT */
/* process, linux.namespaces, linux.maskedPaths and their like. */
#include "merge/internal.h"

#include <stdlib.h>
#include <string.h>

const char *fp_merge_text_of(struct fp_merge_state *m, const char *at, const json_t *object,
			     const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!value || json_is_null(value))
		return "";
	if (!json_is_string(value)) {
		fp_merge_conflict(m, fp_merge_at(m, "%s/%s", at, key), value, NULL,
				  "it must be a string");
		return "";
	}
	return json_string_value(value);
}

int64_t fp_merge_bound_of(struct fp_merge_state *m, const char *at, const json_t *object,
			  const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!value || json_is_null(value))
		return INT64_MAX;
	if (!json_is_integer(value)) {
		fp_merge_conflict(m, fp_merge_at(m, "%s/%s", at, key), value, NULL,
				  "it must be an integer");
		return INT64_MAX;
	}
	return json_integer_value(value) > 0 ? json_integer_value(value) : INT64_MAX;
}

/* No profile gives way; another one cannot be joined with ours in a configuration. */
json_t *fp_merge_profile(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	const char *text = json_string_value(base);

	if (!text || !*text || !strcmp(text, "unconfined"))
		return ours;
	return fp_merge_same(m, at, base, ours);
}

/* "/" is what `spec` writes: nobody chose it. */
json_t *fp_merge_cwd(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	if (!base || !strcmp(json_string_value(base), "/"))
		return ours;
	return fp_merge_same(m, at, base, ours);
}

static bool is_root_default(const json_t *user)
{
	return !json_integer_value(json_object_get(user, "uid")) &&
	       !json_integer_value(json_object_get(user, "gid")) &&
	       !json_array_size(json_object_get(user, "additionalGids")) &&
	       !*(json_string_value(json_object_get(user, "username"))
			  ? json_string_value(json_object_get(user, "username"))
			  : "");
}

/*
 * Root without groups is what `spec` writes and gives way to the policy's identity as a whole;
 * another identity must be the same one. The masks join: a bit in either is taken away.
 */
json_t *fp_merge_user(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	json_t *out = fp_merge_copy(m, ours), *mask = json_object_get(base, "umask");
	static const char *const names[] = { "uid", "gid", "additionalGids", "username" };

	if (json_is_integer(mask)) {
		json_int_t both = json_integer_value(mask) |
				  json_integer_value(json_object_get(ours, "umask"));

		fp_merge_set(m, out, "umask", fp_merge_new(m, json_integer(both)));
	}
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

static bool holds_text(const json_t *array, const char *text)
{
	const json_t *value;
	size_t i;

	json_array_foreach(array, i,
			   value) if (json_is_string(value) &&
				      !strcmp(json_string_value(value), text)) return true;
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

static bool are_texts(struct fp_merge_state *m, const char *at, const json_t *array)
{
	const json_t *value;
	size_t i;

	if (array && !json_is_array(array)) {
		fp_merge_conflict(m, at, array, NULL, "it must be an array");
		return false;
	}
	json_array_foreach(array, i, value) if (!json_is_string(value))
	{
		fp_merge_conflict(m, fp_merge_at(m, "%s/%zu", at, i), value, NULL,
				  "it must be a string");
		return false;
	}
	return true;
}

json_t *fp_merge_union(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	json_t *both = fp_merge_new(m, json_array());

	if (!are_texts(m, at, base) || !are_texts(m, at, ours))
		return ours;
	if (base && json_array_extend(both, base))
		longjmp(m->u->recover, 1);
	if (json_array_extend(both, ours))
		longjmp(m->u->recover, 1);
	return sorted_set(m, both);
}

static json_t *intersect(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	json_t *out = fp_merge_new(m, json_array()), *value;
	size_t i;

	if (!are_texts(m, at, base) || !are_texts(m, at, ours))
		return out;
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
	const char *in = strcmp(set, "inheritable") ? set : "ambient";
	json_t *theirs = json_object_get(base, set);
	json_t *out = intersect(m, fp_merge_at(m, "%s/%s", at, set),
				json_array_size(theirs) ? theirs : json_object_get(base, in), ours);

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

	if (!base)
		return ours;
	out = fp_merge_copy(m, base);
	json_object_foreach(ours, set, value)
		fp_merge_set(m, out, set, cap_set(m, at, base, set, value));
	json_object_foreach(base, set, value) if (!json_object_get(ours, set))
		fp_merge_set(m, out, set, fp_merge_new(m, json_array()));
	return out;
}

static json_t *by_type(json_t *array, const char *type)
{
	json_t *value;
	size_t i;

	json_array_foreach(array, i, value)
	{
		const char *text = json_string_value(json_object_get(value, "type"));

		if (text && !strcmp(text, type))
			return value;
	}
	return NULL;
}

/* Reports a type that stands twice: which of them a runtime takes is its own affair. */
static void check_twice(struct fp_merge_state *m, const char *at, json_t *array)
{
	json_t *value;
	size_t i;

	json_array_foreach(array, i, value)
	{
		const char *place = fp_merge_at(m, "%s/%zu", at, i);
		const char *type = fp_merge_text_of(m, place, value, "type");

		if (by_type(array, type) != value)
			fp_merge_conflict(m, place, value, by_type(array, type),
					  "the type stands twice");
	}
}

static json_t *lower_of(struct fp_merge_state *m, const char *at, json_t *a, json_t *b,
			const char *key)
{
	json_t *x = json_object_get(a, key), *y = json_object_get(b, key);

	if (x && !json_is_integer(x)) {
		fp_merge_conflict(m, fp_merge_at(m, "%s/%s", at, key), x, y,
				  "it must be an integer");
		return y;
	}
	return x && json_integer_value(x) < json_integer_value(y) ? x : y;
}

json_t *fp_merge_rlimits(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	json_t *out = fp_merge_new(m, json_array()), *value;
	size_t i;

	check_twice(m, at, base);
	json_array_foreach(ours, i, value)
	{
		const char *place = fp_merge_at(m, "%s/%zu", at, i);
		const char *type = fp_merge_text_of(m, place, value, "type");
		json_t *limit = fp_merge_copy(m, value), *old = by_type(base, type);

		fp_merge_set(m, limit, "hard", lower_of(m, place, old, value, "hard"));
		fp_merge_set(m, limit, "soft", lower_of(m, place, old, value, "soft"));
		if (json_integer_value(json_object_get(limit, "soft")) >
		    json_integer_value(json_object_get(limit, "hard")))
			fp_merge_set(m, limit, "soft", json_object_get(limit, "hard"));
		fp_merge_push(m, out, limit);
	}
	json_array_foreach(base, i,
			   value) if (!by_type(ours, fp_merge_text_of(m, at, value, "type")))
		fp_merge_push(m, out, value);
	return out;
}

/*
 * A path joins a namespace that somebody made: for the network that is how interfaces get there
 * (the rules of nftables are loaded into the same one); for the others it is a widening.
 */
static void check_joined(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	const char *path = fp_merge_text_of(m, at, base, "path");
	const char *type = fp_merge_text_of(m, at, base, "type");

	if (!*path)
		return;
	if (!strcmp(type, "network") && strncmp(path, "/proc/", 6))
		fp_merge_note(m, "the network namespace is the one at %s: load nftables/ there",
			      path);
	else
		fp_merge_conflict(m, at, base, ours, "the policy asks for a new namespace");
}

json_t *fp_merge_namespaces(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	json_t *out = fp_merge_new(m, base ? json_copy(base) : json_array()), *value;
	size_t i;

	check_twice(m, at, base);
	json_array_foreach(base, i, value)
	{
		const char *place = fp_merge_at(m, "%s/%zu", at, i);
		json_t *mine = by_type(ours, fp_merge_text_of(m, place, value, "type"));

		if (mine)
			check_joined(m, place, value, mine);
	}
	json_array_foreach(ours, i,
			   value) if (!by_type(base, fp_merge_text_of(m, at, value, "type")))
		fp_merge_push(m, out, value);
	return out;
}
