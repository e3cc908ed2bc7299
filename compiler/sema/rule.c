/* SPDX-License-Identifier: MIT */
/* Rules on their way into the IR: text, reasons, dates and origin. */
#include "sema/sema.h"

#include <stdarg.h>
#include <string.h>

const struct fp_ast *fp_sema_tail(const struct fp_ast *node)
{
	return fp_ast_kid(node, FP_AST_TAIL);
}

void fp_sema_expired(struct fp_sema *s, const struct fp_ast *until, const char *what)
{
	fp_diag(s->u, FP_E_EXPIRED, until->span, "this %s ended on %s", what, until->text->text);
	fp_diag_help(s->u, "review it: remove it, or give it a new date");
}

void fp_sema_read_tail(struct fp_sema *s, const struct fp_ast *tail, struct fp_tail *out)
{
	for (size_t i = 0; tail && i < tail->n; i++) {
		const struct fp_ast *t = tail->kids[i];
		if (t->kind == FP_AST_BECAUSE && !out->because)
			out->because = t->text->text;
		else if (t->kind == FP_AST_ACCEPT && !out->accepted)
			out->accepted = t->text->text;
		else if (t->kind == FP_AST_UNTIL && !out->until.year) {
			fp_date_parse(t->text->text, t->text->len, &out->until);
			if (s->u->options.today.year &&
			    fp_date_cmp(s->u->options.today, out->until) > 0)
				fp_sema_expired(s, t, "exception");
		} else if (t->kind == FP_AST_BY) {
			fp_diag(s->u, FP_E_UNKNOWN_WORD, t->span,
				"only a waiver names its approver");
			fp_diag_help(s->u, "say who in the reason: `because \"...\"`");
		}
	}
}

/* For what is no rule: nothing of it could be unenforced. */
void fp_sema_read_reason(struct fp_sema *s, const struct fp_ast *node, struct fp_tail *out)
{
	const struct fp_ast *tail = fp_sema_tail(node);

	fp_sema_read_tail(s, tail, out);
	if (out->accepted)
		fp_diag(s->u, FP_E_UNKNOWN_WORD, fp_ast_kid(tail, FP_AST_ACCEPT)->span,
			"only a rule can be accepted unenforced");
}

struct fp_draft_rule *fp_sema_rule(struct fp_sema *s, const struct fp_scope *sc, enum fp_kind kind,
				   const struct fp_ast *node, const char *key, const char *format,
				   ...)
{
	struct fp_tail tail = { 0 };
	struct fp_draft_rule new = { .key = key, .level = sc->level, .node = node };
	struct fp_buf text;
	va_list ap;

	fp_buf_init(&text, &s->u->arena);
	va_start(ap, format);
	fp_buf_vprintf(&text, format, ap);
	va_end(ap);
	new.rule.kind = kind;
	new.rule.text = fp_buf_text(&text);
	new.rule.span = node->span;
	new.rule.origin = sc->origin;
	new.rule.is_implied = sc->is_implied;
	new.rule.is_widening = sc->in_widen;
	/* The rule's own tail; what it leaves open, the widen block's fills. */
	fp_sema_read_tail(s, fp_sema_tail(node), &tail);
	fp_sema_read_tail(s, sc->widen_tail, &tail);
	new.rule.because = tail.because;
	new.rule.accepted = tail.accepted;
	new.rule.until = tail.until;
	fp_vec_push(&s->u->arena, &sc->draft->rules, new);
	return &sc->draft->rules.at[sc->draft->rules.n - 1];
}
