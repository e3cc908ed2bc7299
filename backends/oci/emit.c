/* SPDX-License-Identifier: MIT */
/* The plan's members as JSON, with the rule of each; claims; the plan's dump. */
#include "backends/oci/oci.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_index(const char *token, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_digit(token[i]))
			return false;
	return len > 0;
}

/* Tokens hold no "~" or "/": all names here are fixed or names of cgroup files. */
static const char *next_token(const char *at, size_t *len)
{
	at++;
	*len = strcspn(at, "/");
	return at;
}

/* The end of a name comes before what goes on. */
static int place_of(char c)
{
	return c == '\0' ? 0 : c == '/' ? 1 : 2 + (unsigned char)c;
}

/* Members by their names, elements by their numbers, and what holds both before what it holds. */
static int by_pointer(const void *a, const void *b)
{
	const char *x = (*(const struct fp_oci_item *const *)a)->pointer;
	const char *y = (*(const struct fp_oci_item *const *)b)->pointer;
	size_t n = 0, token = 0;

	for (; x[n] && x[n] == y[n]; n++)
		if (x[n] == '/')
			token = n + 1;
	if (is_digit(x[n]) || is_digit(y[n])) {
		size_t xn = strcspn(x + token, "/"), yn = strcspn(y + token, "/");
		if (xn != yn && is_index(x + token, xn) && is_index(y + token, yn))
			return xn < yn ? -1 : 1;
	}
	return place_of(x[n]) - place_of(y[n]);
}

static void put_value(struct fp_json *j, const char *key, const struct fp_oci_item *item)
{
	switch (item->type) {
	case FP_OCI_TEXT:
		fp_json_put_text(j, key, item->text);
		return;
	case FP_OCI_NUMBER:
		fp_json_put_integer(j, key, item->number);
		return;
	case FP_OCI_FLAG:
		fp_json_put_flag(j, key, item->number);
		return;
	case FP_OCI_EMPTY:
		fp_json_open_array(j, key);
		fp_json_close(j);
		return;
	case FP_OCI_NULL:
		fp_json_put_null(j, key);
		return;
	case FP_OCI_CALLS:
		fp_json_open_object(j, key);
		fp_seccomp_oci_tell(item->calls, j);
		fp_json_close(j);
		return;
	}
}

/* How many bytes of `pointer` name what holds `before`, too. */
static size_t shared(const char *before, const char *pointer)
{
	size_t n = 0, slash = 0;

	for (; before[n] && before[n] == pointer[n]; n++)
		if (before[n] == '/')
			slash = n;
	return slash;
}

static size_t count_slashes(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '/';
	return n;
}

/* Closes what does not hold this item, opens what does. */
static void put_item(struct fp_json *j, const char *before, const struct fp_oci_item *item)
{
	size_t same = shared(before, item->pointer), len;
	const char *at = item->pointer + same;

	for (size_t n = count_slashes(before + same); n > 1; n--)
		fp_json_close(j);
	for (;;) {
		const char *token = next_token(at, &len);
		const char *key = is_index(token, len) ? NULL : token;

		at = token + len;
		if (!*at) {
			put_value(j, key, item);
			return;
		}
		key = key ? fp_arena_text(&j->unit->arena, token, len) : NULL;
		token = next_token(at, &len);
		if (is_index(token, len))
			fp_json_open_array(j, key);
		else
			fp_json_open_object(j, key);
	}
}

static void put_items(struct fp_unit *u, const struct fp_oci_items *items, struct fp_buf *out)
{
	size_t n = items->list.n;
	const struct fp_oci_item **all = FP_NEW_ARRAY(&u->arena, n, const struct fp_oci_item *);
	const char *before = "";
	struct fp_json j;

	for (size_t i = 0; i < n; i++)
		all[i] = &items->list.at[i];
	if (n)
		qsort(all, n, sizeof(*all), by_pointer);
	fp_json_begin(&j, u, out);
	for (size_t i = 0; i < n; i++) {
		put_item(&j, before, all[i]);
		before = all[i]->pointer;
	}
	for (size_t left = count_slashes(before); left > 1; left--)
		fp_json_close(&j);
	fp_json_end(&j);
}

static struct fp_artifact *emit_file(struct fp_unit *u, struct fp_emission *out, const char *name,
				     const struct fp_oci_items *items)
{
	struct fp_artifact *a;
	struct fp_buf b;

	fp_buf_init(&b, &u->arena);
	put_items(u, items, &b);
	a = fp_emit_file(out, name, &b, false);
	for (size_t i = 0; i < items->list.n; i++)
		if (items->list.at[i].rule)
			fp_emit_pointer(out, a, items->list.at[i].pointer, items->list.at[i].rule);
	return a;
}

void fp_oci_emit(struct fp_unit *u, const void *plan, struct fp_emission *out)
{
	const struct fp_oci_plan *p = plan;

	if (p->items.list.n) {
		struct fp_artifact *a = emit_file(u, out, "oci/config.json", &p->items);

		for (size_t i = 0; i < p->marks.n; i++)
			fp_emit_pointer(out, a, p->marks.at[i].pointer, p->marks.at[i].rule);
	}
	for (size_t i = 0; i < p->patches.n; i++)
		(void)emit_file(u, out, p->patches.at[i].name, &p->patches.at[i].items);
	for (size_t i = 0; i < p->ir->rule_count; i++) {
		const struct fp_claim *c = &p->claims[i];

		if (c->reason)
			fp_emit_claim(out, &p->ir->rules[i], c->kind, "%s", c->reason);
		else
			fp_emit_claim(out, &p->ir->rules[i], c->kind, NULL);
	}
}

/* On one line. */
static const char *value_text(struct fp_unit *u, const struct fp_oci_item *item)
{
	struct fp_json j;
	struct fp_buf b;

	fp_buf_init(&b, &u->arena);
	fp_json_begin(&j, u, &b);
	put_value(&j, "value", item);
	fp_json_end(&j);
	struct fp_json_fault fault; /* of what was just written there is none */
	json_t *root = fp_json_read(u, b.data, b.len, &fault);
	char *text = json_dumps(json_object_get(root, "value"),
				JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
	if (!text)
		longjmp(u->recover, 1);
	fp_arena_own(&u->arena, free, text);
	return text;
}

static void dump_items(struct fp_unit *u, const char *name, const struct fp_oci_items *items,
		       struct fp_buf *out)
{
	fp_buf_printf(out, "%s\n", name);
	for (size_t i = 0; i < items->list.n; i++) {
		const struct fp_oci_item *item = &items->list.at[i];

		fp_buf_printf(out, "  %s = %s", item->pointer, value_text(u, item));
		if (item->rule)
			fp_buf_printf(out, "  # %s", item->rule->text);
		fp_buf_putc(out, '\n');
	}
}

void fp_oci_dump(struct fp_unit *u, const void *plan, struct fp_buf *out)
{
	const struct fp_oci_plan *p = plan;

	dump_items(u, "oci/config.json", &p->items, out);
	for (size_t i = 0; i < p->patches.n; i++)
		dump_items(u, p->patches.at[i].name, &p->patches.at[i].items, out);
}
