/* SPDX-License-Identifier: MIT */
/* The plan's members as JSON, with the rule of each; claims; the plan's dump. */
#include "backends/oci/oci.h"
#include "base/json.h"

#include <string.h>

static bool is_index(const char *token, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (token[i] < '0' || token[i] > '9')
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

static json_t *value_of(struct fp_unit *u, const struct fp_oci_item *item)
{
	switch (item->type) {
	case FP_OCI_TEXT:
		return fp_json_text(u, item->text);
	case FP_OCI_NUMBER:
		return json_integer(item->number);
	case FP_OCI_FLAG:
		return json_boolean(item->number);
	case FP_OCI_EMPTY:
		return json_array();
	case FP_OCI_NULL:
		return json_null();
	case FP_OCI_TREE:
		return json_incref(item->tree);
	}
	return NULL;
}

static json_t *child(json_t *parent, const char *name)
{
	return json_is_array(parent) ? json_array_get(parent, json_array_size(parent) - 1)
				     : json_object_get(parent, name);
}

static void attach(struct fp_unit *u, json_t *parent, const char *name, json_t *value)
{
	if (json_is_array(parent))
		fp_json_push(u, parent, value);
	else
		fp_json_set(u, parent, name, value);
}

/* An array element that the items have begun is the last one: they come in order. */
static bool has_child(json_t *parent, const char *token, size_t len, const char *name)
{
	if (!json_is_array(parent))
		return json_object_get(parent, name) != NULL;
	return strlen(name) == len && json_array_size(parent) > strtoul(token, NULL, 10);
}

static void place(struct fp_unit *u, json_t *root, const struct fp_oci_item *item)
{
	const char *at = item->pointer;
	json_t *parent = root;

	for (;;) {
		size_t len, next_len = 0;
		const char *token = next_token(at, &len), *next = token + len;
		const char *name = fp_arena_text(&u->arena, token, len);

		if (!*next) {
			attach(u, parent, name, value_of(u, item));
			return;
		}
		if (!has_child(parent, token, len, name)) {
			const char *following = next_token(next, &next_len);

			attach(u, parent, name,
			       is_index(following, next_len) ? json_array() : json_object());
		}
		parent = child(parent, name);
		at = next;
	}
}

json_t *fp_oci_build(struct fp_unit *u, const struct fp_oci_items *items)
{
	json_t *root = fp_json_own(u, json_object());

	for (size_t i = 0; i < items->list.n; i++)
		place(u, root, &items->list.at[i]);
	return root;
}

static struct fp_artifact *emit_file(struct fp_unit *u, struct fp_emission *out, const char *name,
				     const struct fp_oci_items *items)
{
	struct fp_artifact *a;
	struct fp_buf b;

	fp_buf_init(&b, &u->arena);
	fp_json_write(u, fp_oci_build(u, items), &b);
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

static void dump_items(struct fp_unit *u, const char *name, const struct fp_oci_items *items,
		       struct fp_buf *out)
{
	fp_buf_printf(out, "%s\n", name);
	for (size_t i = 0; i < items->list.n; i++) {
		const struct fp_oci_item *item = &items->list.at[i];
		json_t *value = fp_json_own(u, value_of(u, item));
		char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);

		if (!text)
			longjmp(u->recover, 1);
		fp_arena_own(&u->arena, free, text);
		fp_buf_printf(out, "  %s = %s", item->pointer, text);
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
