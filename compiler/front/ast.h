/* SPDX-License-Identifier: MIT */
/* Syntax as written: one node type, kinds in ast.def. Nothing here knows what a name means. */
#ifndef FP_FRONT_AST_H
#define FP_FRONT_AST_H

#include "base/unit.h"

#define KIND(id, name) FP_AST_##id,

enum fp_ast_kind {
#include "front/ast.def"
	FP_AST_N
};

#undef KIND

#define FP_AST_FLAG_LOCKED   1u
#define FP_AST_FLAG_CRITICAL 2u
#define FP_AST_FLAG_NEGATED  4u
#define FP_AST_FLAG_NEGATIVE 8u

/*
 * Invariants: `span` covers the node's whole text; kids lie inside it, in source order; a node with
 * a syntax error is left out by the parser, so every node that exists has the kids ast.def names.
 * Nodes live in the unit's arena.
 */
struct fp_ast {
	enum fp_ast_kind kind;
	uint8_t flags;
	struct fp_span span;
	struct fp_span name_span;  /* of `name`, where it is set */
	const struct fp_str *name; /* interned */
	const struct fp_str *text;
	uint64_t value;
	struct fp_ast **kids;
	size_t n;
};

/*
 * Parses one source. Always returns a FILE node holding what could be understood; syntax errors
 * are diagnostics, and parsing resumes at the next `;` or `}`.
 */
const struct fp_ast *fp_parse(struct fp_unit *u, const struct fp_source *src);

/* S-expression, one node a line, two spaces a level: --dump=ast. */
void fp_ast_dump(const struct fp_ast *node, struct fp_buf *out);

/* --dump=tokens: place, token name, text; one a line. */
void fp_tokens_dump(struct fp_unit *u, const struct fp_source *src, struct fp_buf *out);

/* First kid of a kind, or NULL. */
const struct fp_ast *fp_ast_kid(const struct fp_ast *node, enum fp_ast_kind kind);

const char *fp_ast_kind_name(enum fp_ast_kind kind);

/* Nesting the parser accepts: parentheses and braces; deeper is an error, not a stack overflow. */
#ifndef FP_PARSE_DEPTH
#define FP_PARSE_DEPTH 200
#endif

#endif
