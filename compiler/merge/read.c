/* SPDX-License-Identifier: MIT */
/* Reading a configuration that nobody vouches for, and places in it. */
#include "merge/internal.h"

#include <string.h>

static void refuse(struct fp_unit *u, const struct fp_source *source, const json_error_t *error)
{
	uint32_t at = 0;

	if (error->position > 0)
		at = (uint32_t)error->position - 1;
	if (at > source->len)
		at = source->len;
	fp_diag(u, FP_E_JSON,
		(struct fp_span){ source->base + at, source->base + at + (at < source->len) },
		"not a JSON configuration: %s", error->text);
}

/* Values are what parsing costs memory for: a 64 MiB file of "[]," would take gigabytes. */
#define VALUE_LIMIT ((size_t)1 << 20)

static bool has_too_many_values(const char *text, size_t len)
{
	bool in_string = false;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\' && in_string)
			i++;
		else if (text[i] == '"')
			in_string = !in_string;
		else if (!in_string && (text[i] == ',' || text[i] == '{' || text[i] == '['))
			n++;
	}
	return n > VALUE_LIMIT;
}

void fp_merge_read(struct fp_unit *u, const struct fp_merge_text *text, struct fp_merge_tree *out)
{
	const struct fp_span nowhere = { 0, 0 };
	json_error_t error;
	json_t *root;

	*out = (struct fp_merge_tree){ .name = text->name };
	if (text->len > FP_MERGE_LIMIT) {
		fp_diag(u, FP_E_JSON, nowhere, "%s is larger than %zu MiB", text->name,
			FP_MERGE_LIMIT >> 20);
		return;
	}
	if (has_too_many_values(text->data, text->len)) {
		fp_diag(u, FP_E_JSON, nowhere, "%s holds more than %zu values", text->name,
			VALUE_LIMIT);
		return;
	}
	out->source = fp_source_add(&u->sources, text->name, text->data, text->len, nowhere);
	if (!out->source) {
		fp_diag(u, FP_E_JSON, nowhere, "%s is too large", text->name);
		return;
	}
	root = json_loadb(text->data, text->len, JSON_REJECT_DUPLICATES, &error);
	/* Running out has its own code, or in some places of jansson no text. */
	if (!root && (json_error_code(&error) == json_error_out_of_memory || !error.text[0]))
		longjmp(u->recover, 1);
	if (!root) {
		refuse(u, out->source, &error);
		return;
	}
	out->root = fp_json_own(u, root);
	if (!json_is_object(root)) {
		fp_diag(u, FP_E_JSON, fp_merge_place(out, ""), "a configuration is an object");
		out->root = NULL;
	}
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

/* The value of member `name` of the object at `at`; 0 where there is none. */
static size_t find_member(const char *s, size_t at, const char *name, size_t len)
{
	at = skip_space(s, at + 1);
	while (s[at] == '"') {
		size_t end = skip_string(s, at);
		bool is_it = end - at == len + 2 && !memcmp(s + at + 1, name, len);

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
