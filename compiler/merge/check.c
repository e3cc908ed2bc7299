/* SPDX-License-Identifier: MIT */
/* What a base may not say: misspelt members, annotations that set the policy aside, shared mounts.
 */
#include "merge/internal.h"

#include <string.h>

static const struct {
	const char *object, *names;
} keys[] = {

#define KEYS(object, names) { object, names },
#include "merge/keys.def"
#undef KEYS
};

static const struct {
	const char *prefix, *why;
} refused[] = {

#define REFUSED(prefix, why) { prefix, why },
#include "merge/refused.def"
#undef REFUSED
};

/*
 * encoding/json of Go, so runc, matches members without regard to case, by simple Unicode folding:
 * U+017F is an s and U+212A a k. Of two spellings the later wins there, and crun knows only ours.
 */
static size_t fold(const char *text, char *out, size_t room)
{
	size_t n = 0;

	for (const char *c = text; *c && n + 1 < room; c++) {
		if (!strncmp(c, "\xc5\xbf", 2)) {
			out[n++] = 's';
			c++;
		} else if (!strncmp(c, "\xe2\x84\xaa", 3)) {
			out[n++] = 'k';
			c += 2;
		} else {
			out[n++] = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
		}
	}
	out[n] = 0;
	return n;
}

static unsigned distance(const char *key, const char *name, size_t len)
{
	char a[64], b[64], known[64];
	unsigned limit = len >= 8 ? 2 : len >= 4 ? 1 : 0;

	if (strlen(key) >= sizeof(a) || len >= sizeof(known))
		return 3;
	memcpy(known, name, len);
	known[len] = 0;
	size_t n = fold(key, a, sizeof(a)), k = fold(known, b, sizeof(b));
	unsigned d = fp_edit_distance(a, n, b, k, limit);
	return d <= limit ? d : 3;
}

static void report(struct fp_merge_state *m, const char *at, const char *key, const char *name,
		   size_t len)
{
	fp_diag(m->u, FP_E_MERGE_KEY, fp_merge_place(&m->base, fp_merge_at(m, "%s/%s", at, key)),
		"%s/%s is no member of the runtime specification, but nearly one", at, key);
	fp_diag_help(m->u, "write \"%.*s\", or remove it: a runtime may ignore it, or read it so",
		     (int)len, name);
}

static void check_key(struct fp_merge_state *m, const char *at, const char *names, const char *key)
{
	const char *near = NULL;
	unsigned best = 3;
	size_t near_len = 0, len;

	for (const char *name = names; *name; name += len + (name[len] == ' ')) {
		len = strcspn(name, " ");
		if (strlen(key) == len && !memcmp(key, name, len))
			return;
		unsigned d = distance(key, name, len);

		if (d < best) {
			best = d;
			near = name;
			near_len = len;
		}
	}
	if (near)
		report(m, at, key, near, near_len);
}

/* Whether a pointer with indexes is of the form of a row. */
static bool is_object(const char *row, const char *at)
{
	while (*row && *at) {
		if (*row == '*') {
			row++;
			at += strcspn(at, "/");
		} else if (*row++ != *at++) {
			return false;
		}
	}
	return *row == *at;
}

static void check_object(struct fp_merge_state *m, const char *at, json_t *object)
{
	const char *key;
	json_t *value;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (is_object(keys[i].object, at))
			json_object_foreach(object, key, value)
				check_key(m, at, keys[i].names, key);
}

/* Depth is bounded by the rows: nothing deeper than the deepest of them is entered. */
#define DEEPEST 6

static void check_tree(struct fp_merge_state *m, const char *at, json_t *value, unsigned depth)
{
	const char *key;
	json_t *kid;
	size_t i;

	if (depth > DEEPEST)
		return;
	if (json_is_object(value)) {
		check_object(m, at, value);
		json_object_foreach(value, key, kid) if (json_is_object(kid) || json_is_array(kid))
			check_tree(m, fp_merge_at(m, "%s/%s", at, key), kid, depth + 1);
	} else {
		json_array_foreach(value, i, kid) if (json_is_object(kid))
			check_tree(m, fp_merge_at(m, "%s/%zu", at, i), kid, depth + 1);
	}
}

static void check_annotation(struct fp_merge_state *m, const char *key, json_t *value)
{
	json_t *ours = json_object_get(json_object_get(m->ours.root, "annotations"), key);

	if (ours && json_equal(ours, value))
		return;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (!strncmp(key, refused[i].prefix, strlen(refused[i].prefix)))
			fp_merge_conflict(m, fp_merge_at(m, "/annotations/%s", key), value, ours,
					  refused[i].why);
}

static void check_propagation(struct fp_merge_state *m)
{
	json_t *value =
		json_object_get(json_object_get(m->base.root, "linux"), "rootfsPropagation");
	const char *text = json_string_value(value);

	if (text && (!strcmp(text, "shared") || !strcmp(text, "rshared")))
		fp_merge_conflict(m, "/linux/rootfsPropagation", value, NULL,
				  "what the job mounts would appear on the host");
}

void fp_merge_check(struct fp_merge_state *m)
{
	json_t *annotations = json_object_get(m->base.root, "annotations"), *value;
	const char *key;

	check_tree(m, "", m->base.root, 0);
	json_object_foreach(annotations, key, value) check_annotation(m, key, value);
	check_propagation(m);
}
