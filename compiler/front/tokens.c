/* SPDX-License-Identifier: MIT */
/* The token source: counts braces for the grammar and, after an error, finds where to go on. */
#include "front/parser.h"
#include "parse.tab.h"

int fp_yylex(union fp_token_value *value, struct fp_span *span, struct fp_parser *p);

static struct fp_token made(const struct fp_parser *p, int kind)
{
	struct fp_span after = { p->last.span.end, p->last.span.end };

	return (struct fp_token){ .kind = kind, .span = after };
}

/* The next token as scanned. A flood of errors ends the file: nobody reads the rest of them. */
static struct fp_token raw(struct fp_parser *p)
{
	struct fp_token t = { .kind = FP_T_END, .span = { p->at, p->at } };

	if (p->queued) {
		t = p->queue[0];
		p->queue[0] = p->queue[1];
		p->queued--;
		return t;
	}
	if (!p->ended && p->u->diags.errors < FP_DIAG_LIMIT)
		t.kind = fp_lex_next(p, &t.value, &t.span);
	p->ended = t.kind == FP_T_END;
	return t;
}

void fp_parser_again(struct fp_parser *p, struct fp_token t)
{
	p->queue[1] = p->queue[0];
	p->queue[0] = t;
	p->queued++;
}

/* What is ahead may be of the next statement, so its errors are news even while skipping. */
struct fp_token fp_parser_peek(struct fp_parser *p)
{
	bool was_skipping = p->skipping;

	p->skipping = false;
	struct fp_token t = raw(p);
	p->skipping = was_skipping;
	fp_parser_again(p, t);
	return t;
}

void fp_parser_open(struct fp_parser *p)
{
	p->blocks++;
	p->header = false;
	p->skip = false;
}

/* After an error a brace may close a set a second time: bison went back to before its first. */
void fp_parser_close(struct fp_parser *p)
{
	p->blocks -= p->blocks > 0;
}

/* Inside a block the end of the file is an error; then the blocks are closed one by one. */
static struct fp_token at_end(struct fp_parser *p, struct fp_token t, bool is_known)
{
	if (!p->broken && p->braces) {
		p->broken = true;
		p->closing = p->blocks;
		if (!is_known && p->u->diags.errors < FP_DIAG_LIMIT)
			fp_parser_unclosed(p, t.span);
		if (!is_known)
			return (struct fp_token){ .kind = FP_T_ERROR, .span = t.span };
	}
	if (p->closing) {
		p->closing--;
		t.kind = '}';
	}
	return t;
}

static void open_brace(struct fp_parser *p, struct fp_span span)
{
	if (p->braces < FP_OPEN_MAX)
		p->opened[p->braces] = span;
	p->braces++;
}

/* Follows the nesting; may turn the token into another kind. */
static struct fp_token track(struct fp_parser *p, struct fp_token t)
{
	switch (t.kind) {
	case '(':
		if (++p->parens > FP_PARSE_DEPTH) {
			fp_parser_too_deep(p, t.span);
			t.kind = FP_T_ERROR;
			p->skip = true;
		}
		break;
	case ')':
		p->parens -= p->parens > 0;
		break;
	case '{':
		open_brace(p, t.span);
		break;
	case '}':
		if (p->braces && --p->braces >= p->blocks)
			t.kind = FP_T_END_SET;
		break;
	case ';':
		p->parens = 0;
		p->braces = p->blocks;
		p->header = false;
		break;
	case FP_T_K_POLICY:
		p->header = !p->blocks;
		break;
	case FP_T_ERROR:
		p->skip = !t.value.flag;
		p->insert = t.value.flag ? ';' : 0;
		break;
	case FP_T_END:
		return at_end(p, t, false);
	}
	return t;
}

static bool begins_item(int kind)
{
	return kind == FP_T_K_LANGUAGE || kind == FP_T_K_USE || kind == FP_T_K_PARAM ||
	       kind == FP_T_K_CONST || kind == FP_T_K_SET || kind == FP_T_K_POLICY ||
	       kind == FP_T_K_LOCKED || kind == FP_T_END;
}

/* What may follow a brace inside a statement, so that the statement goes on. */
static bool goes_on(int kind)
{
	return kind == ';' || kind == ',' || kind == ')' || kind == FP_T_K_AND ||
	       kind == FP_T_K_OR || kind == FP_T_K_BECAUSE || kind == FP_T_K_UNTIL ||
	       kind == FP_T_K_BY || kind == FP_T_K_ACCEPT;
}

/* Whether the grammar can go on after the `;` or block just skipped. */
static bool is_resumed(struct fp_parser *p)
{
	return !p->to_item || begins_item(fp_parser_peek(p).kind);
}

static bool is_block_over(struct fp_parser *p)
{
	return !goes_on(fp_parser_peek(p).kind) && is_resumed(p);
}

static bool is_statement_end(struct fp_token t)
{
	return t.kind == ';' || (t.kind == FP_T_ERROR && t.value.flag);
}

/* Skips balanced braces up to a `;` or the brace that closes the block, or to a policy's brace. */
static struct fp_token skip_on(struct fp_parser *p, unsigned opened)
{
	for (;;) {
		struct fp_token t = raw(p);
		if (t.kind == FP_T_END)
			return at_end(p, t, true);
		if (t.kind == '{') {
			if (p->header && !opened)
				return track(p, t);
			opened++;
		} else if (t.kind == '}' && opened) {
			if (--opened == 0 && is_block_over(p))
				return track(p, made(p, ';'));
		} else if (t.kind == '}' && p->braces > p->blocks) {
			p->braces--;
		} else if (t.kind == '}' && p->blocks) {
			return track(p, t);
		} else if (is_statement_end(t) && !opened && is_resumed(p)) {
			return track(p, made(p, ';'));
		}
	}
}

/* The first token after an error; p->last is the one the error was found at. */
static struct fp_token resume(struct fp_parser *p)
{
	unsigned opened = p->last.kind == '{';
	struct fp_token t;

	p->skip = false;
	p->skipping = true;
	p->braces -= opened && p->braces;
	if (p->stray && is_block_over(p))
		t = track(p, made(p, ';'));
	else if (!p->stray && (p->last.kind == ';' || p->last.kind == '}'))
		t = track(p, raw(p)); /* the grammar has taken it as the end of what is wrong */
	else
		t = skip_on(p, opened);
	p->skipping = false;
	p->stray = false;
	p->to_item = false;
	return t;
}

static struct fp_token next(struct fp_parser *p)
{
	int forgotten = p->insert;

	p->insert = 0;
	return track(p, forgotten ? made(p, forgotten) : raw(p));
}

int fp_yylex(union fp_token_value *value, struct fp_span *span, struct fp_parser *p)
{
	struct fp_token t = p->skip ? resume(p) : next(p);

	p->before = p->last;
	p->last = t;
	*value = t.value;
	*span = t.span;
	return t.kind;
}

bool fp_parser_start(struct fp_parser *p, struct fp_unit *u, const struct fp_source *src)
{
	struct fp_span all = { src->base, src->base + src->len };

	*p = (struct fp_parser){ .u = u, .src = src, .at = src->base };
	p->file = fp_ast_new(p, FP_AST_FILE, all);
	p->last.span = p->before.span = (struct fp_span){ src->base, src->base };
	if (src->len > FP_SOURCE_MAX) {
		fp_diag(u, FP_E_SOURCE_SIZE, src->imported_at,
			"'%s' has %u bytes; a source may have %u", src->name, src->len,
			FP_SOURCE_MAX);
		fp_diag_help(u, "split it into files brought together with 'use'");
		return false;
	}
	p->scanner = fp_lex_open(p, fp_encoding_check(p), src->len);
	return true;
}
