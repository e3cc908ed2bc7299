/* SPDX-License-Identifier: MIT */
/* The walk over the fragment: each member meets the base's by its rule; then the whole is checked.
 */
#include "merge/internal.h"

#include "ir/ir.h"
#include "target/target.h"

#include <string.h>

json_t *fp_merge_same(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	if (base && ours && !json_equal(base, ours))
		fp_merge_conflict(m, at, base, ours, "they cannot both hold");
	return ours ? ours : base;
}

/* What says nothing needs no note. */
static bool is_empty(const json_t *value)
{
	return !json_array_size(value) && !json_object_size(value) && !json_string_length(value) &&
	       !json_is_number(value);
}

static json_t *merge_object(struct fp_merge_state *m, const struct fp_merge_field *field,
			    const char *at, json_t *base, json_t *ours);

static json_t *merge_value(struct fp_merge_state *m, const struct fp_merge_field *field,
			   const char *at, json_t *base, json_t *ours)
{
	switch (field->how) {
	case FP_MERGE_WALKS:
		return merge_object(m, field, at, base, ours);
	case FP_MERGE_NARROWS:
		return field->function(m, at, base, ours);
	case FP_MERGE_NOTES:
		if (!ours && !is_empty(base))
			return fp_merge_keep(m, at, base, field->why);
		return fp_merge_same(m, at, base, ours);
	case FP_MERGE_REFUSES:
		fp_merge_conflict(m, at, base, ours, field->why);
		return ours;
	case FP_MERGE_KEEPS:
	case FP_MERGE_IS_PART:
		break;
	}
	return fp_merge_same(m, at, base, ours);
}

static json_t *merge_object(struct fp_merge_state *m, const struct fp_merge_field *field,
			    const char *at, json_t *base, json_t *ours)
{
	json_t *out = fp_merge_copy(m, NULL), *value;
	const char *key;

	json_object_foreach(base, key, value)
		fp_merge_set(m, out, key,
			     merge_value(m, fp_merge_field_of(field, key), fp_merge_in(m, at, key),
					 value, json_object_get(ours, key)));
	json_object_foreach(ours, key, value) if (!json_object_get(base, key))
		fp_merge_set(m, out, key,
			     merge_value(m, fp_merge_field_of(field, key), fp_merge_in(m, at, key),
					 NULL, value));
	return out;
}

/* Either says so. */
json_t *fp_merge_either(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	(void)m;
	(void)at;
	return json_is_true(base) || !ours ? base : ours;
}

static void version_of(const json_t *value, struct fp_version *out)
{
	const char *text = json_string_value(value);

	*out = (struct fp_version){ 0, 0, 0, NULL };
	(void)fp_version_parse(text, strlen(text), out);
}

/* The fragment's is the lowest that has its members; the base's may need a newer one. */
json_t *fp_merge_version(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	struct fp_version a, b;

	(void)m;
	(void)at;
	if (!base || !ours)
		return base ? base : ours;
	version_of(base, &a);
	version_of(ours, &b);
	return fp_version_compare(&a, &b) < 0 ? ours : base;
}

/* RFC 7396, on the fragment; depth is bounded by the reader. */
static void patch(struct fp_merge_state *m, json_t *target, json_t *changes)
{
	json_t *value;
	const char *key;

	json_object_foreach(changes, key, value)
	{
		json_t *old = json_object_get(target, key);

		if (json_is_null(value))
			json_object_del(target, key);
		else if (json_is_object(value) && json_is_object(old))
			patch(m, old, value);
		else
			fp_merge_set(m, target, key, value);
	}
}

#define WALK_DEPTH 8 /* the rows of fields.def are no deeper */

/* Every string that still waits for a parameter. */
static void check_open(struct fp_merge_state *m, const char *at, json_t *value, unsigned depth)
{
	const char *text = json_string_value(value), *key;
	json_t *kid;
	size_t i;

	if (depth > WALK_DEPTH)
		return;
	if (text && fp_text_is_template(text)) {
		const char *name = strstr(text, "${") + 2;

		fp_diag(m->u, FP_E_MERGE_OPEN, fp_merge_place(&m->ours, at),
			"%s still holds an open parameter: %s", at, fp_merge_show(m->u, value));
		fp_diag_help(m->u, "compile the policy with -D %.*s=VALUE for this job",
			     (int)strcspn(name, "}"), name);
	}
	json_object_foreach(value, key, kid)
		check_open(m, fp_merge_at(m, "%s/%s", at, key), kid, depth + 1);
	json_array_foreach(value, i, kid)
		check_open(m, fp_merge_at(m, "%s/%zu", at, i), kid, depth + 1);
}

/* A new user namespace without a map is a container that does not start. */
static void check_maps(struct fp_merge_state *m, const json_t *out)
{
	json_t *linux_part = json_object_get(out, "linux"), *ns;
	size_t i;

	json_array_foreach(json_object_get(linux_part, "namespaces"), i, ns)
	{
		const char *type = json_string_value(json_object_get(ns, "type"));

		if (!type || strcmp(type, "user") || json_object_get(ns, "path"))
			continue;
		if (!json_array_size(json_object_get(linux_part, "uidMappings")) ||
		    !json_array_size(json_object_get(linux_part, "gidMappings")))
			fp_merge_conflict(m, "/linux/uidMappings",
					  json_object_get(linux_part, "uidMappings"), ns,
					  "a new user namespace needs both maps");
	}
}

static bool read_all(struct fp_merge_state *m, const struct fp_merge_text *base,
		     const struct fp_merge_text *fragments, size_t n)
{
	fp_merge_read(m->u, base, &m->base);
	fp_merge_read(m->u, &fragments[0], &m->ours);
	for (size_t i = 1; i < n; i++) {
		struct fp_merge_tree change;

		fp_merge_read(m->u, &fragments[i], &change);
		if (!change.root || !m->ours.root)
			continue;
		patch(m, m->ours.root, change.root);
		m->ours.source = NULL;
	}
	return !m->u->diags.errors;
}

bool fp_merge(struct fp_unit *u, const struct fp_merge_text *base,
	      const struct fp_merge_text *fragments, size_t fragment_count,
	      struct fp_merge_result *out)
{
	struct fp_merge_state m = { .u = u, .result = out };
	json_t *merged;

	*out = (struct fp_merge_result){ 0 };
	fp_buf_init(&out->text, &u->arena);
	if (!read_all(&m, base, fragments, fragment_count))
		return false;
	fp_merge_check(&m, &m.base);
	fp_merge_check(&m, &m.ours);
	if (u->diags.errors)
		return false; /* what follows relies on the types */
	check_open(&m, "", m.ours.root, 0);
	merged = merge_object(&m, fp_merge_root_field(), "", m.base.root, m.ours.root);
	check_maps(&m, merged);
	if (u->diags.errors)
		return false;
	fp_json_write(u, merged, &out->text);
	return true;
}
