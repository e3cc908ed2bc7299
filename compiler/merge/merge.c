/* SPDX-License-Identifier: MIT */
/* The walk over the fragment: each member meets the base's by its rule; then the whole is checked.
 */
#include "merge/internal.h"

#include "ir/ir.h"
#include "target/target.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *pointer;
	json_type type;
	fp_merge_function function;
} rules[] = {

#define RULE(pointer, type, function) { pointer, type, function },
#include "merge/rules.def"
#undef RULE
};

char *fp_merge_at(struct fp_merge_state *m, const char *format, ...)
{
	struct fp_buf b;
	char text[256];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	fp_buf_init(&b, &m->u->arena);
	fp_buf_puts(&b, n < 0 ? "" : text); /* longer ones are cut: they are for people */
	return fp_arena_text(&m->u->arena, fp_buf_text(&b), b.len);
}

json_t *fp_merge_new(struct fp_merge_state *m, json_t *value)
{
	return fp_json_own(m->u, value);
}

json_t *fp_merge_copy(struct fp_merge_state *m, json_t *value)
{
	return fp_merge_new(m, value ? json_copy(value) : json_object());
}

void fp_merge_set(struct fp_merge_state *m, json_t *object, const char *key, json_t *value)
{
	if (value)
		fp_json_set(m->u, object, key, json_incref(value));
}

void fp_merge_push(struct fp_merge_state *m, json_t *array, json_t *value)
{
	fp_json_push(m->u, array, json_incref(value));
}

const char *fp_merge_show(struct fp_unit *u, const json_t *value)
{
	char *text;
	size_t len;

	if (!value)
		return "absent";
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
	if (!text)
		longjmp(u->recover, 1);
	fp_arena_own(&u->arena, free, text);
	len = strlen(text);
	if (len <= 120)
		return text;
	for (len = 117; ((unsigned char)text[len] & 0xc0) == 0x80; len--)
		; /* not in the middle of a character */
	return fp_arena_printf(&u->arena, "%.*s...", (int)len, text);
}

void fp_merge_conflict(struct fp_merge_state *m, const char *at, const json_t *base,
		       const json_t *ours, const char *why)
{
	struct fp_span span = fp_merge_place(&m->base, at);

	if (ours)
		fp_diag(m->u, FP_E_MERGE_CONFLICT, span, "%s is %s here and %s in %s: %s", at,
			fp_merge_show(m->u, base), fp_merge_show(m->u, ours), m->ours.name, why);
	else
		fp_diag(m->u, FP_E_MERGE_CONFLICT, span,
			"%s is %s here, and the policy has none: %s", at, fp_merge_show(m->u, base),
			why);
}

void fp_merge_note(struct fp_merge_state *m, const char *format, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (n < 0)
		return;
	const char *copy = fp_arena_text(&m->u->arena, text, strlen(text));
	fp_vec_push(&m->u->arena, &m->result->notes, copy);
}

json_t *fp_merge_same(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	if (base && !json_equal(base, ours))
		fp_merge_conflict(m, at, base, ours, "they cannot both hold");
	return ours;
}

/* JSON_TRUE in the table stands for both truth values. */
static bool has_type(const json_t *value, json_type type)
{
	return type == JSON_TRUE ? json_is_boolean(value) : json_typeof(value) == type;
}

static const char *type_name(json_type type)
{
	switch (type) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
	case JSON_REAL:
		return "an integer";
	case JSON_TRUE:
	case JSON_FALSE:
		return "true or false";
	case JSON_NULL:
		return "null";
	}
	return "";
}

static bool check_type(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours,
		       json_type type)
{
	const char *why = fp_merge_at(m, "it must be %s", type_name(type));

	if ((!base || has_type(base, type)) && has_type(ours, type))
		return true;
	fp_merge_conflict(m, at, base, ours, why);
	return false;
}

static json_t *merge_value(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours);

/* The fragment's objects nest as deep as its reader allows; the walk only enters a few by rule. */
#define WALK_DEPTH 8

static json_t *merge_object(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	json_t *out = fp_merge_copy(m, base), *value;
	const char *key;

	json_object_foreach(ours, key, value)
	{
		const char *place = fp_merge_at(m, "%s/%s", at, key);

		fp_merge_set(m, out, key, merge_value(m, place, json_object_get(base, key), value));
	}
	return out;
}

static size_t depth_of(const char *at)
{
	size_t n = 0;

	for (; *at; at++)
		n += *at == '/';
	return n;
}

/* null is what Go decoders read as absent, and crun refuses: neither may decide. */
static json_t *merge_value(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	if (json_is_null(base))
		base = NULL;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (strcmp(rules[i].pointer, at))
			continue;
		if (!check_type(m, at, base, ours, rules[i].type))
			return ours;
		return rules[i].function(m, at, base, ours);
	}
	if (json_is_object(ours) && depth_of(at) <= WALK_DEPTH && strcmp(at, "/linux/seccomp")) {
		if (!check_type(m, at, base, ours, JSON_OBJECT))
			return ours;
		return merge_object(m, at, base, ours);
	}
	return fp_merge_same(m, at, base, ours);
}

/* Either says so. */
json_t *fp_merge_either(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	(void)m;
	(void)at;
	return json_is_true(base) ? base : ours;
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
	if (!base)
		return ours;
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
	fp_merge_check(&m);
	check_open(&m, "", m.ours.root, 0);
	merged = merge_object(&m, "", m.base.root, m.ours.root);
	check_maps(&m, merged);
	if (u->diags.errors)
		return false;
	fp_json_write(u, merged, &out->text);
	return true;
}
