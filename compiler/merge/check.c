/* SPDX-License-Identifier: MIT */
/*
 * Whether a configuration is one of the specification, member by member. Decoders differ in what
 * they make of anything else: encoding/json of Go takes "Process" for "process", crun does not.
 */
#include "merge/internal.h"

#include <string.h>

/* Lists are searched for every element of others: 10,000 squared is a second. */
#define LIST_LIMIT ((size_t)10000)

struct checker {
	struct fp_merge_state *m;
	struct fp_merge_tree *tree;
};

/* Reports beyond the limit are only counted: their places are not worth a search. */
static bool is_enough(const struct checker *c)
{
	return c->m->u->diags.errors >= FP_DIAG_LIMIT;
}

/* ---- members that have no row ---- */

/* At most a third of a name's letters differ, and two. */
static unsigned distance(const char *key, const char *name)
{
	char a[64], b[64];
	size_t len = strlen(name), n = fp_json_fold(key, a, sizeof(a)),
	       k = fp_json_fold(name, b, sizeof(b));
	unsigned limit = len >= 8 ? 2 : len >= 4 ? 1 : 0;
	unsigned d = strlen(key) < sizeof(a) ? fp_edit_distance(a, n, b, k, limit) : 3;

	return d <= limit ? d : 3;
}

static const char *nearest(const struct fp_merge_field *parent, const char *key)
{
	const char *best = NULL, *name;
	unsigned least = 3;

	for (size_t i = 0; (name = fp_merge_member_of(parent, i)); i++) {
		unsigned d = distance(key, name);

		if (d < least) {
			least = d;
			best = name;
		}
	}
	return best;
}

static void report_unknown(const struct checker *c, const struct fp_merge_field *parent,
			   const char *at, const char *key)
{
	struct fp_span place = { 0, 0 };
	const char *near = NULL;

	if (!is_enough(c)) {
		place = fp_merge_place(c->tree, at);
		near = nearest(parent, key);
	}
	if (near) {
		fp_diag(c->m->u, FP_E_MERGE_KEY, place,
			"%s is no member of the runtime specification, but nearly one", at);
		fp_diag_help(c->m->u,
			     "write \"%s\", or remove it: a runtime may ignore it, or read "
			     "it so",
			     near);
		return;
	}
	fp_diag(c->m->u, FP_E_MERGE_KEY, place, "%s is no member of the runtime specification", at);
	fp_diag_help(c->m->u, "remove it: what no row of the merge knows cannot be narrowed");
}

/* ---- values that have another type ---- */

static const char *type_name(enum fp_merge_type type)
{
	switch (type) {
	case FP_MERGE_OBJECT:
	case FP_MERGE_MAP:
		return "an object";
	case FP_MERGE_LIST:
		return "an array";
	case FP_MERGE_TEXTS:
		return "an array of strings";
	case FP_MERGE_TEXT:
		return "a string";
	case FP_MERGE_FLAG:
		return "true or false";
	case FP_MERGE_I32:
		return "an integer from -2147483648 to 2147483647";
	case FP_MERGE_I64:
		return "an integer up to 9223372036854775807";
	case FP_MERGE_U16:
		return "an integer from 0 to 65535";
	case FP_MERGE_U32:
		return "an integer from 0 to 4294967295";
	case FP_MERGE_U64:
		return "an integer, not negative";
	}
	return "";
}

static bool is_between(const json_t *value, int64_t low, int64_t high)
{
	return json_is_integer(value) && json_integer_value(value) >= low &&
	       json_integer_value(value) <= high;
}

static bool is_text(const json_t *value)
{
	uint64_t count;

	return json_is_string(value) && !fp_json_count_of(value, &count);
}

static bool has_type(const json_t *value, enum fp_merge_type type)
{
	uint64_t count;

	switch (type) {
	case FP_MERGE_OBJECT:
	case FP_MERGE_MAP:
		return json_is_object(value);
	case FP_MERGE_LIST:
	case FP_MERGE_TEXTS:
		return json_is_array(value);
	case FP_MERGE_TEXT:
		return is_text(value);
	case FP_MERGE_FLAG:
		return json_is_boolean(value);
	case FP_MERGE_I32:
		return is_between(value, INT32_MIN, INT32_MAX);
	case FP_MERGE_I64:
		return json_is_integer(value);
	case FP_MERGE_U16:
		return is_between(value, 0, UINT16_MAX);
	case FP_MERGE_U32:
		return is_between(value, 0, UINT32_MAX);
	case FP_MERGE_U64:
		return fp_json_count_of(value, &count);
	}
	return false;
}

static void report_type(const struct checker *c, const char *at, json_t *value,
			enum fp_merge_type type)
{
	uint64_t count;

	if (is_enough(c))
		return (void)fp_diag(c->m->u, FP_E_MERGE_TYPE, (struct fp_span){ 0, 0 }, "%s", at);
	fp_diag(c->m->u, FP_E_MERGE_TYPE, fp_merge_place(c->tree, at), "%s is %s: it must be %s",
		at, fp_merge_show(c->m->u, value), type_name(type));
	if (type == FP_MERGE_I64 && fp_json_count_of(value, &count))
		fp_diag_help(c->m->u, "\"no limit\" is -1 here");
	else
		fp_diag_help(c->m->u,
			     "change it, or remove it: runtimes disagree on what it means");
}

/* ---- the walk; its depth is that of the rows ---- */

static void check_value(const struct checker *c, const struct fp_merge_field *field, const char *at,
			json_t *value);

static void check_members(const struct checker *c, const struct fp_merge_field *field,
			  const char *at, json_t *object)
{
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe(object, next, key, value)
	{
		const struct fp_merge_field *row = fp_merge_field_of(field, key);
		const char *place = fp_merge_in(c->m, at, key);

		if (!row)
			report_unknown(c, field, place, key);
		else if (json_is_null(value))
			json_object_del(object, key);
		else
			check_value(c, row, place, value);
	}
}

static void check_list(const struct checker *c, const struct fp_merge_field *field, const char *at,
		       json_t *list)
{
	const struct fp_merge_field *row = fp_merge_field_of(field, "*");
	json_t *value;
	size_t i;

	if (json_array_size(list) > LIST_LIMIT) {
		fp_diag(c->m->u, FP_E_MERGE_TYPE, fp_merge_place(c->tree, at),
			"%s has more than %zu elements", at, LIST_LIMIT);
		fp_diag_help(c->m->u, "leave out what the job does not need");
		return;
	}
	json_array_foreach(list, i, value)
	{
		const char *place = fp_merge_at(c->m, "%s/%zu", at, i);

		if (row)
			check_value(c, row, place, value);
		else if (!is_text(value))
			report_type(c, place, value, FP_MERGE_TEXT);
	}
}

static void check_value(const struct checker *c, const struct fp_merge_field *field, const char *at,
			json_t *value)
{
	if (field->how == FP_MERGE_REFUSES)
		return; /* by the walk, whatever it holds */
	if (!has_type(value, field->type))
		report_type(c, at, value, field->type);
	else if (json_is_object(value))
		check_members(c, field, at, value);
	else if (json_is_array(value))
		check_list(c, field, at, value);
}

void fp_merge_check(struct fp_merge_state *m, struct fp_merge_tree *tree)
{
	const struct checker c = { m, tree };

	check_members(&c, fp_merge_root_field(), "", tree->root);
}
