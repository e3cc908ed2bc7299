/* SPDX-License-Identifier: MIT */
/* The tree as text, and small questions to it. */
#include "front/ast.h"

#include <inttypes.h>

#define KIND(id, name) name,
static const char *const names[] = {
#include "front/ast.def"
};
#undef KIND

const char *fp_ast_kind_name(enum fp_ast_kind kind)
{
	return names[kind];
}

const struct fp_ast *fp_ast_kid(const struct fp_ast *node, enum fp_ast_kind kind)
{
	for (size_t i = 0; i < node->n; i++)
		if (node->kids[i]->kind == kind)
			return node->kids[i];
	return NULL;
}

static void put_text(struct fp_buf *out, const struct fp_str *text)
{
	fp_buf_puts(out, " \"");
	for (size_t i = 0; i < text->len; i++) {
		char c = text->text[i];
		if (c == '"' || c == '\\')
			fp_buf_printf(out, "\\%c", c);
		else if ((unsigned char)c < 0x20 || c == 0x7f)
			fp_buf_printf(out, "\\x%02x", (unsigned)c);
		else
			fp_buf_putc(out, c);
	}
	fp_buf_putc(out, '"');
}

static bool has_value(enum fp_ast_kind kind)
{
	return kind == FP_AST_LANGUAGE || kind == FP_AST_NUMBER || kind == FP_AST_SIZE ||
	       kind == FP_AST_DURATION || kind == FP_AST_RATE || kind == FP_AST_DECIMAL;
}

static void put_flags(struct fp_buf *out, unsigned flags)
{
	static const struct {
		unsigned flag;
		const char *word;
	} words[] = {
		{ FP_AST_FLAG_LOCKED, " :locked" },
		{ FP_AST_FLAG_CRITICAL, " :critical" },
		{ FP_AST_FLAG_NEGATED, " :negated" },
		{ FP_AST_FLAG_NEGATIVE, " :negative" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (flags & words[i].flag)
			fp_buf_puts(out, words[i].word);
}

/* As deep as the tree, which the parser bounds. */
static void dump(const struct fp_ast *node, unsigned depth, struct fp_buf *out)
{
	for (unsigned i = 0; i < depth; i++)
		fp_buf_puts(out, "  ");
	fp_buf_printf(out, "(%s", fp_ast_kind_name(node->kind));
	if (node->name)
		fp_buf_printf(out, " %s", node->name->text);
	if (node->text)
		put_text(out, node->text);
	if (has_value(node->kind))
		fp_buf_printf(out, " %" PRIu64, node->value);
	put_flags(out, node->flags);
	for (size_t i = 0; i < node->n; i++) {
		fp_buf_putc(out, '\n');
		dump(node->kids[i], depth + 1, out);
	}
	fp_buf_putc(out, ')');
}

void fp_ast_dump(const struct fp_ast *node, struct fp_buf *out)
{
	dump(node, 0, out);
	fp_buf_putc(out, '\n');
}
