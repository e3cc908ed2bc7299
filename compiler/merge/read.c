/* SPDX-License-Identifier: MIT */
/* Reading a configuration that nobody vouches for, and places in it. */
#include "merge/internal.h"

#include <string.h>

json_t *fp_merge_parse(struct fp_unit *u, const struct fp_source *source)
{
	struct fp_json_fault fault;
	json_t *root = fp_json_read(u, source->data, source->len, &fault);

	if (root && json_is_object(root))
		return root;
	if (root)
		fault = (struct fp_json_fault){ .text = "a configuration is an object" };
	uint32_t begin = source->base + (uint32_t)fault.at;
	fp_diag(u, FP_E_JSON, (struct fp_span){ begin, begin + (uint32_t)fault.len },
		"not a JSON configuration: %s", fault.text);
	if (fault.help)
		fp_diag_help(u, "%s", fault.help);
	return NULL;
}

void fp_merge_read(struct fp_unit *u, const struct fp_merge_text *text, struct fp_merge_tree *out)
{
	const struct fp_span nowhere = { 0, 0 };

	*out = (struct fp_merge_tree){ .name = text->name };
	if (text->len > FP_MERGE_LIMIT) {
		fp_diag(u, FP_E_JSON, nowhere, "%s is larger than %zu MiB", text->name,
			FP_MERGE_LIMIT >> 20);
		return;
	}
	out->source = fp_source_add(&u->sources, text->name, text->data, text->len, nowhere);
	if (!out->source) {
		fp_diag(u, FP_E_JSON, nowhere, "%s is too large", text->name);
		return;
	}
	out->root = fp_merge_parse(u, out->source);
}

/* The text below was parsed before: strings end, brackets match. */
static size_t skip_space(const char *s, size_t at)
{
	return at + strspn(s + at, " \t\r\n");
}

static size_t skip_string(const char *s, size_t at)
{
	for (at++; s[at] && s[at] != '"'; at++)
		if (s[at] == '\\' && s[at + 1])
			at++;
	return s[at] ? at + 1 : at;
}

static size_t skip_value(const char *s, size_t at)
{
	size_t depth = 0;

	do {
		if (s[at] == '"') {
			at = skip_string(s, at);
		} else if (s[at] == '{' || s[at] == '[') {
			depth++;
			at++;
		} else if (s[at] == '}' || s[at] == ']') {
			depth--;
			at++;
		} else {
			at += strcspn(s + at, " \t\r\n,]}[{\"");
		}
		if (depth)
			at += strspn(s + at, " \t\r\n,:");
	} while (depth && s[at]);
	return at;
}

/* Whether a member's name is the one of a pointer, in which ~1 is a slash and ~0 a tilde. */
static bool is_name(const char *key, size_t n, const char *name, size_t len)
{
	size_t i = 0, k = 0;

	for (; i < n && k < len; i++, k++) {
		char c = name[k];

		if (c == '~' && k + 1 < len)
			c = name[++k] == '1' ? '/' : '~';
		if (c != key[i])
			return false;
	}
	return i == n && k == len;
}

/* The value of member `name` of the object at `at`; 0 where there is none. */
static size_t find_member(const char *s, size_t at, const char *name, size_t len)
{
	at = skip_space(s, at + 1);
	while (s[at] == '"') {
		size_t end = skip_string(s, at);
		bool is_it = is_name(s + at + 1, end - at - 2, name, len);

		at = skip_space(s, end);
		at = skip_space(s, at + 1); /* the colon */
		if (is_it)
			return at;
		at = skip_space(s, skip_value(s, at));
		if (s[at] != ',')
			return 0;
		at = skip_space(s, at + 1);
	}
	return 0;
}

static size_t find_element(const char *s, size_t at, const char *name, size_t len)
{
	size_t left = 0;

	for (size_t i = 0; i < len && left < FP_MERGE_LIMIT; i++) {
		if (name[i] < '0' || name[i] > '9')
			return 0;
		left = left * 10 + (size_t)(name[i] - '0');
	}
	at = skip_space(s, at + 1);
	for (; left && s[at] && s[at] != ']'; left--) {
		at = skip_space(s, skip_value(s, at));
		if (s[at] == ',')
			at = skip_space(s, at + 1);
	}
	return left || s[at] == ']' ? 0 : at;
}

struct fp_span fp_merge_place(const struct fp_merge_tree *tree, const char *pointer)
{
	struct fp_span none = { 0, 0 };
	const char *s;
	size_t at, found;

	if (!tree->source)
		return none;
	s = tree->source->data;
	at = skip_space(s, 0);
	while (*pointer == '/') {
		size_t len = strcspn(++pointer, "/");

		found = s[at] == '{'   ? find_member(s, at, pointer, len)
			: s[at] == '[' ? find_element(s, at, pointer, len)
				       : 0;
		if (!found)
			break; /* the nearest thing around it */
		at = found;
		pointer += len;
	}
	if (at >= tree->source->len)
		return none;
	size_t end = s[at] == '{' || s[at] == '[' ? at + 1 : skip_value(s, at);
	return (struct fp_span){ tree->source->base + (uint32_t)at,
				 tree->source->base + (uint32_t)end };
}
