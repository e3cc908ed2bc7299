/* SPDX-License-Identifier: MIT */
/* Conditions as canonical text: operands of `and`, `or` and `in` in byte order, so that order never
 * shows. */
#include "sema/sema.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(struct fp_sema *s, const struct fp_ast *n);

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Kids from `first` on, sorted, without repetitions. */
static const char *joined(struct fp_sema *s, const struct fp_ast *n, size_t first, const char *by)
{
	size_t count = n->n - first;
	const char **texts = FP_NEW_ARRAY(&s->u->arena, count ? count : 1, const char *);
	struct fp_buf b;

	fp_buf_init(&b, &s->u->arena);
	for (size_t i = 0; i < count; i++) {
		const struct fp_ast *kid = n->kids[first + i];
		bool nested = n->kind == FP_AST_AND && kid->kind == FP_AST_OR;
		texts[i] = text_of(s, kid);
		if (nested)
			texts[i] = fp_arena_printf(&s->u->arena, "(%s)", texts[i]);
	}
	qsort(texts, count, sizeof(*texts), by_bytes);
	for (size_t i = 0; i < count; i++) {
		if (i && !strcmp(texts[i], texts[i - 1]))
			continue;
		fp_buf_puts(&b, i ? by : "");
		fp_buf_puts(&b, texts[i]);
	}
	return fp_buf_text(&b);
}

static const char *number_text(struct fp_sema *s, const struct fp_ast *n)
{
	return fp_arena_printf(&s->u->arena, n->value > 9999 ? "%s0x%" PRIx64 : "%s%" PRIu64,
			       n->flags & FP_AST_FLAG_NEGATIVE ? "-" : "", n->value);
}

static const char *binary(struct fp_sema *s, const struct fp_ast *n, const char *op)
{
	return fp_arena_printf(&s->u->arena, "%s %s %s", text_of(s, n->kids[0]), op,
			       text_of(s, n->kids[1]));
}

/* An operand of `&` or `~`. Equal texts are one rule, so the text must say what binds what. */
static const char *operand(struct fp_sema *s, const struct fp_ast *n, bool is_inverted)
{
	bool nested = n->kind == FP_AST_BITOR || (is_inverted && n->kind == FP_AST_BITAND);

	return nested ? fp_arena_printf(&s->u->arena, "(%s)", text_of(s, n)) : text_of(s, n);
}

static const char *text_of(struct fp_sema *s, const struct fp_ast *n)
{
	struct fp_arena *a = &s->u->arena;

	if (n->kind == FP_AST_NAME || n->kind == FP_AST_SETREF)
		return n->name->text;
	if (n->kind == FP_AST_NUMBER || n->kind == FP_AST_SIZE)
		return number_text(s, n);
	if (n->kind == FP_AST_AND || n->kind == FP_AST_OR)
		return joined(s, n, 0, n->kind == FP_AST_AND ? " and " : " or ");
	if (n->kind == FP_AST_NOT)
		return fp_arena_printf(a, "not (%s)", text_of(s, n->kids[0]));
	if (n->kind == FP_AST_COMPARE)
		return binary(s, n, n->name->text);
	if (n->kind == FP_AST_IN)
		return fp_arena_printf(a, "%s %sin { %s }", text_of(s, n->kids[0]),
				       n->flags & FP_AST_FLAG_NEGATED ? "not " : "",
				       joined(s, n, 1, ", "));
	if (n->kind == FP_AST_RANGE)
		return fp_arena_printf(a, "%s..%s", text_of(s, n->kids[0]), text_of(s, n->kids[1]));
	if (n->kind == FP_AST_BITAND)
		return fp_arena_printf(a, "%s & %s", operand(s, n->kids[0], false),
				       operand(s, n->kids[1], false));
	if (n->kind == FP_AST_BITOR)
		return joined(s, n, 0, " | ");
	if (n->kind == FP_AST_BITNOT)
		return fp_arena_printf(a, "~%s", operand(s, n->kids[0], true));
	return binary(s, n, fp_ast_kind_name(n->kind));
}

const char *fp_sema_condition_text(struct fp_sema *s, const struct fp_ast *condition)
{
	return text_of(s, condition);
}
