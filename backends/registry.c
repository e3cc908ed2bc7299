/* SPDX-License-Identifier: MIT */
/* The table of back ends, and what they emit through. */
#include "backends/backend.h"

#include <stdarg.h>
#include <string.h>

const char *const fp_claim_names[] = { "exact", "narrower", "wider", "none" };

#define BACKEND(object) extern const struct fp_backend object;
#include "backends/backends.def"
#undef BACKEND

#define BACKEND(object) &object,
static const struct fp_backend *const table[] = {
#include "backends/backends.def"
};
#undef BACKEND

_Static_assert(sizeof(table) / sizeof(table[0]) == FP_LAYER_N, "one back end a layer");

const struct fp_backend *fp_backend_at(size_t n)
{
	return n < FP_LAYER_N ? table[n] : NULL;
}

const struct fp_backend *fp_backend_find(const char *name)
{
	for (size_t i = 0; i < FP_LAYER_N; i++)
		if (!strcmp(table[i]->name, name))
			return table[i];
	return NULL;
}

struct fp_artifact *fp_emit_file(struct fp_emission *e, const char *name, struct fp_buf *data,
				 bool is_binary)
{
	fp_buf_trim(data);
	struct fp_artifact *a = FP_NEW(&e->unit->arena, struct fp_artifact);

	a->name = fp_arena_text(&e->unit->arena, name, strlen(name));
	a->data = fp_buf_text(data);
	a->len = data->len;
	a->is_binary = is_binary;
	fp_vec_push(&e->unit->arena, &e->artifacts, a);
	return a;
}

void fp_emit_map(struct fp_emission *e, struct fp_artifact *a, uint32_t begin, uint32_t end,
		 const struct fp_rule *rule)
{
	struct fp_map m = { .begin = begin, .end = end, .rule = rule->id };

	fp_vec_push(&e->unit->arena, &a->map, m);
}

void fp_emit_pointer(struct fp_emission *e, struct fp_artifact *a, const char *pointer,
		     const struct fp_rule *rule)
{
	const char *copy = fp_arena_text(&e->unit->arena, pointer, strlen(pointer));
	struct fp_map m = { .pointer = copy, .rule = rule->id };

	fp_vec_push(&e->unit->arena, &a->map, m);
}

void fp_emit_claim(struct fp_emission *e, const struct fp_rule *rule, enum fp_claim_kind kind,
		   const char *format, ...)
{
	struct fp_claim *c = &e->claims[rule->id];
	va_list ap;

	if (e->is_claimed[rule->id]) {
		fp_diag(e->unit, FP_E_INTERNAL, rule->span, "the rule is claimed twice: %s",
			rule->text);
		return;
	}
	e->is_claimed[rule->id] = true;
	c->kind = kind;
	if (!format)
		return;
	va_start(ap, format);
	c->reason = fp_name_vprintf(e->unit, format, ap)->text;
	va_end(ap);
}

void fp_emit_help(struct fp_emission *e, const struct fp_rule *rule, const char *help)
{
	e->claims[rule->id].help = help;
}
