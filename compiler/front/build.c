/* SPDX-License-Identifier: MIT */
/* Building the tree: what the actions of policy.y call. */
#include "front/parser.h"

struct fp_ast *fp_ast_new(struct fp_parser *p, enum fp_ast_kind kind, struct fp_span span)
{
	struct fp_ast *node = FP_NEW(&p->u->arena, struct fp_ast);

	node->kind = kind;
	node->span = span;
	return node;
}

struct fp_ast *fp_ast_named(struct fp_parser *p, enum fp_ast_kind kind, struct fp_span span,
			    const struct fp_str *name, struct fp_span name_span)
{
	struct fp_ast *node = fp_ast_new(p, kind, span);

	node->name = name;
	node->name_span = name_span;
	return node;
}

struct fp_ast *fp_ast_texted(struct fp_parser *p, enum fp_ast_kind kind, struct fp_span span,
			     const struct fp_ast *from)
{
	struct fp_ast *node = fp_ast_new(p, kind, span);

	node->text = from->text;
	return node;
}

/* The capacity follows from n: 4, then the next power of two; so a node needs no field for it. */
static bool is_full(size_t n)
{
	return n == 0 || (n >= 4 && (n & (n - 1)) == 0);
}

struct fp_ast *fp_ast_push(struct fp_parser *p, struct fp_ast *node, struct fp_ast *kid)
{
	if (!kid)
		return node;
	if (is_full(node->n)) {
		struct fp_ast **kids =
			FP_NEW_ARRAY(&p->u->arena, node->n ? node->n * 2 : 4, struct fp_ast *);
		if (node->n)
			memcpy(kids, node->kids, node->n * sizeof(*kids));
		node->kids = kids;
	}
	node->kids[node->n++] = kid;
	return node;
}

struct fp_ast *fp_ast_splice(struct fp_parser *p, struct fp_ast *node, const struct fp_ast *list)
{
	if (!list)
		return node;
	if (!node->n) {
		node->kids = list->kids;
		node->n = list->n;
		return node;
	}
	for (size_t i = 0; i < list->n; i++)
		fp_ast_push(p, node, list->kids[i]);
	return node;
}

static bool is_repeated(struct fp_parser *p, const struct fp_ast *node, const struct fp_ast *kid)
{
	const struct fp_ast *first = fp_ast_kid(node, kid->kind);

	if (!first)
		return false;
	fp_diag(p->u, FP_E_REPEATED, kid->span, "a second '%s' in one statement",
		fp_ast_kind_name(kid->kind));
	fp_diag_note(p->u, first->span, "the first is here");
	fp_diag_help(p->u, "write one of the two, or two statements");
	return true;
}

struct fp_ast *fp_ast_tail(struct fp_parser *p, struct fp_ast *tail, struct fp_ast *item)
{
	if (is_repeated(p, tail, item))
		return tail;
	if (!tail->n)
		tail->span.begin = item->span.begin;
	tail->span.end = item->span.end;
	return fp_ast_push(p, tail, item);
}

struct fp_ast *fp_ast_clause(struct fp_parser *p, struct fp_ast *list, struct fp_ast *clause)
{
	return is_repeated(p, list, clause) ? list : fp_ast_push(p, list, clause);
}

struct fp_ast *fp_ast_policy(struct fp_parser *p, struct fp_ast *head,
			     const struct fp_ast *statements, struct fp_span span, uint8_t flags)
{
	if (!head)
		return NULL;
	head->span = span;
	head->flags = flags;
	return fp_ast_splice(p, head, statements);
}

struct fp_ast *fp_ast_net_subject(struct fp_parser *p, struct fp_ast *node,
				  const struct fp_str *protocol, struct fp_ast *peer,
				  struct fp_ast *port)
{
	node->text = protocol ? protocol : fp_name(p->u, "any");
	return fp_ast_push(p, fp_ast_push(p, node, peer), port);
}

struct fp_ast *fp_ast_memory_bound(struct fp_parser *p, struct fp_ast *list,
				   const struct fp_token *word, struct fp_ast *bytes)
{
	const char *name = fp_arena_printf(&p->u->arena, "memory-%s", word->value.str->text);
	struct fp_span span = { word->span.begin, bytes->span.end };
	struct fp_ast *limit = fp_ast_named(p, FP_AST_LIMIT, span, fp_name(p->u, name), word->span);

	if (!list)
		list = fp_ast_new(p, FP_AST_N, span);
	for (size_t i = 0; i < list->n; i++) {
		if (list->kids[i]->name != limit->name)
			continue;
		fp_diag(p->u, FP_E_REPEATED, span, "a second '%s' in one statement",
			word->value.str->text);
		fp_diag_note(p->u, list->kids[i]->span, "the first is here");
		fp_diag_help(p->u, "write one of the two");
		return list;
	}
	return fp_ast_push(p, list, fp_ast_push(p, limit, bytes));
}

void fp_ast_share_tail(struct fp_parser *p, const struct fp_ast *limits, struct fp_ast *tail)
{
	for (size_t i = 0; i < limits->n; i++) {
		fp_ast_push(p, limits->kids[i], tail);
		limits->kids[i]->span.end = tail->span.end;
	}
}
