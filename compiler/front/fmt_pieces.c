/* SPDX-License-Identifier: MIT */
/* The formatter's view of a source: tokens, the comments between them, statements and brackets. */
#include "front/fmt_pieces.h"

/* Between two tokens there are blanks and comments only: the scanner skips nothing else. */
static uint8_t scan_gap(struct fp_unit *u, const char *s, const char *end, struct fp_pieces *out)
{
	unsigned lines = 0;

	while (s < end) {
		if (*s != '#') {
			lines += *s++ == '\n';
			continue;
		}
		const char *newline = memchr(s, '\n', (size_t)(end - s));
		const char *stop = newline ? newline : end;
		struct fp_piece c = { .kind = FP_PIECE_COMMENT, .text = s };

		c.lines = (uint8_t)(lines < 2 ? lines : 2);
		for (c.len = (size_t)(stop - s); strchr(" \t\r", s[c.len - 1]);)
			c.len--;
		fp_vec_push(&u->arena, &out->list, c);
		lines = 0;
		s = stop;
	}
	return (uint8_t)(lines < 2 ? lines : 2);
}

void fp_pieces_scan(struct fp_unit *u, const struct fp_source *src, struct fp_pieces *out)
{
	struct fp_parser p;
	struct fp_span span = { src->base, src->base };
	const char *at = src->data;
	union fp_token_value value;
	int kind;

	if (!fp_parser_start(&p, u, src))
		return;
	do {
		kind = fp_lex_next(&p, &value, &span);
		struct fp_piece t = { .kind = kind, .text = src->data + (span.begin - src->base) };
		t.len = span.end - span.begin;
		t.lines = scan_gap(u, at, t.text, out);
		at = t.text + t.len;
		if (kind != FP_T_END)
			fp_vec_push(&u->arena, &out->list, t);
	} while (kind != FP_T_END);
}

/* ---- nesting ---- */

struct nesting {
	struct fp_pieces *p;
	size_t open; /* the innermost bracket */
	size_t head; /* the first token of the statement that is open, or FP_PIECE_NONE */
};

static int kind_at(const struct nesting *n, size_t i)
{
	return i < n->p->list.n ? n->p->list.at[i].kind : FP_T_END;
}

/* The kind of the token after piece `i`. */
static int kind_after(const struct nesting *n, size_t i)
{
	while (kind_at(n, ++i) == FP_PIECE_COMMENT)
		;
	return kind_at(n, i);
}

static bool holds_members(const struct nesting *n)
{
	return kind_at(n, n->head) == FP_T_K_SET;
}

/* What ends in its block is a policy, a set, or a word and its block: `files {`. */
static bool is_block(const struct nesting *n, size_t i)
{
	int head = kind_at(n, n->head);
	size_t second = n->head + 1;

	while (kind_at(n, second) == FP_PIECE_COMMENT)
		second++;
	return head == FP_T_K_POLICY || head == FP_T_K_LOCKED || head == FP_T_K_SET || i == second;
}

static void end_statement(struct nesting *n, size_t last)
{
	n->p->list.at[n->head].mate = last;
	n->head = FP_PIECE_NONE;
}

/* After a block only a widening goes on, with its reason. */
static bool goes_on(const struct nesting *n, size_t close)
{
	int next = kind_after(n, close);

	return next == ';' || (kind_at(n, n->head) == FP_T_K_WIDEN &&
			       (next == FP_T_K_BECAUSE || next == FP_T_K_UNTIL ||
				next == FP_T_K_ACCEPT || next == FP_T_K_BY));
}

static void close_bracket(struct nesting *n, size_t i)
{
	struct fp_piece *close = &n->p->list.at[i], *open = &n->p->list.at[n->open];

	close->mate = n->open;
	close->is_block = open->is_block;
	open->mate = i;
	n->open = close->parent = open->parent;
	if (!close->is_block)
		return;
	/* The block's own statement is the last start before its brace at the same nesting. */
	for (n->head = close->mate; !n->p->list.at[n->head].starts;)
		n->head--;
	if (!goes_on(n, i))
		end_statement(n, i);
}

static void open_bracket(struct nesting *n, size_t i)
{
	struct fp_piece *open = &n->p->list.at[i];

	open->is_block = open->kind == '{' && is_block(n, i);
	n->open = i;
	if (open->is_block && !holds_members(n))
		n->head = FP_PIECE_NONE;
}

void fp_pieces_nest(struct fp_pieces *p)
{
	struct nesting n = { p, FP_PIECE_NONE, FP_PIECE_NONE };

	for (size_t i = 0; i < p->list.n; i++) {
		struct fp_piece *t = &p->list.at[i];
		bool in_block = n.open != FP_PIECE_NONE && p->list.at[n.open].is_block;

		t->parent = n.open;
		t->inside = n.head != FP_PIECE_NONE && !(holds_members(&n) && in_block);
		if (t->kind == FP_PIECE_COMMENT)
			continue;
		if (n.head == FP_PIECE_NONE && t->kind != '}') {
			t->starts = true;
			n.head = i;
		}
		if (t->kind == '}' || t->kind == ')')
			close_bracket(&n, i);
		else if (t->kind == '{' || t->kind == '(')
			open_bracket(&n, i);
		else if (t->kind == ';')
			end_statement(&n, i);
	}
}

bool fp_pieces_are_equal(const struct fp_pieces *a, const struct fp_pieces *b)
{
	if (a->list.n != b->list.n)
		return false;
	for (size_t i = 0; i < a->list.n; i++) {
		const struct fp_piece *x = &a->list.at[i], *y = &b->list.at[i];
		if (x->kind != y->kind || x->len != y->len || memcmp(x->text, y->text, x->len))
			return false;
	}
	return true;
}

size_t fp_piece_width(const struct fp_piece *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->len; i++)
		n += ((unsigned char)p->text[i] & 0xc0) != 0x80;
	return n;
}
