/* SPDX-License-Identifier: MIT */
/*
 * The layout of policies. The author decides where lines end and what stands between blank lines;
 * indentation, blanks and columns follow from that.
 */
#include "front/fmt.h"

#include "front/ast.h"
#include "front/fmt_pieces.h"

/* Columns a block is indented by. */
#define INDENT 4u

/* ---- blanks and newlines ---- */

static bool is_tight_word(int kind)
{
	return kind != FP_T_K_WHERE && kind != FP_T_K_AND && kind != FP_T_K_OR &&
	       kind != FP_T_K_NOT && kind != FP_T_K_HAS && kind != FP_T_K_LACKS &&
	       kind != FP_T_K_ONLY && kind != FP_T_SETNAME;
}

static bool is_word(const struct fp_piece *t)
{
	return (t->text[0] >= 'A' && t->text[0] <= 'Z') ||
	       (t->text[0] >= 'a' && t->text[0] <= 'z') || t->text[0] == '_';
}

static const struct fp_piece *before(const struct fp_pieces *p, size_t i)
{
	while (i && p->list.at[--i].kind == FP_PIECE_COMMENT)
		;
	return &p->list.at[i];
}

/* Whether blanks may stand between a token and the one before it. */
static bool is_apart(const struct fp_pieces *p, size_t i)
{
	const struct fp_piece *t = &p->list.at[i], *last = &p->list.at[i - 1];
	bool is_colon = t->kind == ':' || last->kind == ':';

	if (t->kind == ',' || t->kind == ';' || t->kind == ')' || last->kind == '(')
		return false;
	if (t->kind == '(')
		return !is_word(last) || !is_tight_word(last->kind);
	if (t->kind == '}')
		return last->kind != '{';
	if (is_colon) /* 0:0 is a pair of numbers, `param x : name` is not */
		return (last->kind == ':' ? before(p, i - 1) : last)->kind != FP_T_NUMBER;
	return t->kind != FP_T_DOTDOT && last->kind != FP_T_DOTDOT && t->kind != '|' &&
	       last->kind != '|' && last->kind != '~' && last->kind != '-';
}

static uint8_t least(uint8_t a, uint8_t b)
{
	return a < b ? a : b;
}

/* Newlines before a token that is not first in the file and has no comment before it. */
static uint8_t token_breaks(const struct fp_pieces *p, size_t i)
{
	const struct fp_piece *t = &p->list.at[i], *last = &p->list.at[i - 1];
	bool is_first = last->kind == '{' && last->is_block;

	if (t->kind == '}' && t->is_block)
		return p->list.at[t->mate].is_wide;
	if (t->kind == '}' || t->kind == ')')
		return t->mate + 1 < i && p->list.at[t->mate + 1].breaks;
	if (t->starts && t->parent == FP_PIECE_NONE)
		return t->lines > 1 ? 2 : 1;
	if (is_first)
		return last->is_wide;
	if (t->kind == '{' || last->starts || (last->kind == '}' && last->is_block))
		return t->starts ? t->lines : 0;
	if (!t->inside)
		return is_apart(p, i) ? t->lines : 0;
	return is_apart(p, i) ? least(t->lines, 1) : 0;
}

static uint8_t count_breaks(const struct fp_pieces *p, size_t i)
{
	const struct fp_piece *t = &p->list.at[i], *last = i ? t - 1 : NULL;
	uint8_t most =
		t->inside || (last && last->kind == '{') || (t->kind == '}' && t->is_block) ? 1 : 2;

	if (!last)
		return 0;
	if (t->kind == FP_PIECE_COMMENT)
		return least(t->lines, most);
	if (last->kind == FP_PIECE_COMMENT)
		return t->lines > 1 ? most : 1;
	return least(token_breaks(p, i), most);
}

/* A block whose author broke it anywhere is broken at its braces. */
static void find_wide(struct fp_pieces *p)
{
	for (size_t i = p->list.n; i-- > 0;) {
		const struct fp_piece *t = &p->list.at[i];
		bool breaks = t->lines || t->kind == FP_PIECE_COMMENT;
		size_t up = t->kind == '}' ? t->mate : t->parent;

		while (breaks && up != FP_PIECE_NONE && !p->list.at[up].is_wide) {
			p->list.at[up].is_wide = true;
			up = p->list.at[up].parent;
		}
	}
}

/* ---- columns ---- */

/* Heads that look alike share columns. */
enum class {
	CLASS_NONE,
	CLASS_VERB,
	CLASS_ELSE,
	CLASS_ASSERTION,
	CLASS_PROPERTY,
	CLASS_BLOCK,
	CLASS_OTHER
};

static enum class class_of(const struct fp_pieces *p, size_t i) {
	const struct fp_piece *t = &p->list.at[i];

		if (t[1].kind == '{') return CLASS_BLOCK;
		switch (t->kind){ case FP_T_K_ALLOW : case FP_T_K_DENY : case FP_T_K_KILL : case
				  FP_T_K_KILL_THREAD : case FP_T_K_TRAP : case FP_T_K_NOTIFY : case
				  FP_T_K_TRACE : case FP_T_K_LOG : return CLASS_VERB;
				  case FP_T_K_DEFAULT : case FP_T_K_UNKNOWN : case
				  FP_T_K_ABI : return CLASS_ELSE;
				  case FP_T_K_NEVER : case FP_T_K_EXPECT : return CLASS_ASSERTION;
				  case FP_T_K_VERSION : case FP_T_K_OWNER : case FP_T_K_TIER : case
				  FP_T_K_TARGETS : return CLASS_PROPERTY;
}
return CLASS_OTHER;
}

/* Where the options of a mount begin, if all before is on one line; 0: nowhere. */
static size_t mount_options(const struct fp_pieces *p, size_t start)
{
	const struct fp_piece *at = p->list.at;
	size_t on = start + (at[start].kind == FP_T_K_BIND ? 2 : 1);

	if (on + 2 >= at[start].mate || at[on].kind != FP_T_K_ON || at[on + 1].kind != FP_T_TEXT)
		return 0;
	for (size_t i = start + 1; i <= on + 2; i++)
		if (at[i].breaks || at[i].kind == FP_PIECE_COMMENT)
			return 0;
	return on + 2;
}

/* What a run of statements aligns: pieces, and the width of what stands before each. */
struct column {
	enum class class;
	size_t at[64], width[64], n, most;
};

static void column_end(struct fp_pieces *p, struct column *c)
{
	for (size_t i = 0; i < c->n; i++)
		p->list.at[c->at[i]].pad = c->most - c->width[i];
	*c = (struct column){ .class = CLASS_NONE };
}

static void column_add(struct fp_pieces *p, struct column *c, enum class class, size_t at,
		       size_t width)
{
	if (c->class != class || c->n == sizeof(c->at) / sizeof(c->at[0]))
		column_end(p, c);
	c->class = class;
	c->at[c->n] = at;
	c->width[c->n++] = width;
	c->most = width > c->most ? width : c->most;
}

/* Alone on its lines, with something behind its head. */
static bool has_columns(const struct fp_pieces *p, size_t start)
{
	const struct fp_piece *at = p->list.at;
	size_t next = at[start].mate + 1;

	if (next < p->list.n && at[next].kind == FP_PIECE_COMMENT && !at[next].breaks)
		next++;
	return at[start].breaks && (next == p->list.n || at[next].breaks) &&
	       at[start + 1].kind != ';' && !at[start + 1].breaks &&
	       at[start + 1].kind != FP_PIECE_COMMENT && !at[start + 1].is_wide;
}

/* The columns of a block: what follows heads, sources of binds, places of mounts. */
struct columns {
	struct column heads, sources, places;
};

static void columns_end(struct fp_pieces *p, struct columns *c)
{
	column_end(p, &c->heads);
	column_end(p, &c->sources);
	column_end(p, &c->places);
}

static void columns_add(struct fp_pieces *p, struct columns *c, size_t i)
{
	bool is_bind = p->list.at[i].kind == FP_T_K_BIND;
	size_t options = mount_options(p, i);

	if (class_of(p, i) != c->heads.class)
		columns_end(p, c);
	column_add(p, &c->heads, class_of(p, i), i + 1, fp_piece_width(&p->list.at[i]));
	if (p->list.at[i].kind == FP_T_K_MAP)
		column_add(p, &c->sources, CLASS_OTHER, i + 2, fp_piece_width(&p->list.at[i + 1]));
	else if (options && is_bind)
		column_add(p, &c->sources, CLASS_VERB, i + 2, fp_piece_width(&p->list.at[i + 1]));
	else
		column_end(p, &c->sources);
	if (options)
		column_add(p, &c->places, is_bind ? CLASS_VERB : CLASS_OTHER, options,
			   fp_piece_width(&p->list.at[options - 1]));
	else
		column_end(p, &c->places);
}

static void align_block(struct fp_pieces *p, size_t i, size_t end)
{
	struct columns c = { .heads.class = CLASS_NONE };

	while (i < end) {
		const struct fp_piece *t = &p->list.at[i];
		bool fits = t->starts && has_columns(p, i);
		if (!fits || t->breaks > 1)
			columns_end(p, &c);
		if (fits)
			columns_add(p, &c, i);
		i = t->starts ? t->mate + 1 : i + 1;
		if (i < end && p->list.at[i].kind == FP_PIECE_COMMENT && !p->list.at[i].breaks)
			i++;
	}
	columns_end(p, &c);
}

/* ---- lines ---- */

struct line {
	size_t begin, end; /* in the text */
	size_t width;
	const struct fp_piece *comment;
};

struct layout {
	struct fp_unit *u;
	const struct fp_pieces *p;
	struct fp_buf text; /* lines without newlines and without comments behind code */
	FP_VEC(struct line) lines;
	size_t column, indent;   /* of the line that is written */
	size_t depth;            /* blocks open */
	size_t statement, where; /* columns of what follows the head, of operands of conditions */

	struct {
		size_t content, close;
	} inner[FP_PARSE_DEPTH + FP_OPEN_MAX]; /* columns of brackets inside a statement */

	size_t inner_n;
};

static void put(struct layout *l, const char *text, size_t len, size_t width)
{
	fp_buf_add(&l->text, text, len);
	l->column += width;
}

static void put_blanks(struct layout *l, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put(l, " ", 1, 1);
}

static void end_line(struct layout *l)
{
	struct line *now = &l->lines.at[l->lines.n - 1];

	now->end = l->text.len;
	now->width = l->column;
}

static void begin_line(struct layout *l, size_t indent)
{
	struct line new = { .begin = l->text.len };

	fp_vec_push(&l->u->arena, &l->lines, new);
	l->column = 0;
	l->indent = indent;
	put_blanks(l, indent);
}

/* Where a piece stands that begins a line. */
static size_t line_column(const struct layout *l, const struct fp_piece *t)
{
	if (t->kind == '}' && t->is_block)
		return INDENT * (l->depth - 1);
	if (!t->inside)
		return INDENT * l->depth;
	if (l->inner_n) {
		bool closes = t->kind == '}' || t->kind == ')';
		return closes ? l->inner[l->inner_n - 1].close : l->inner[l->inner_n - 1].content;
	}
	if ((t->kind == FP_T_K_AND || t->kind == FP_T_K_OR) && l->where > t->len)
		return l->where - t->len - 1;
	return l->statement;
}

static void open_bracket(struct layout *l, size_t i)
{
	const struct fp_piece *t = &l->p->list.at[i];

	if (t->is_block) {
		l->depth++;
		l->statement = l->indent + INDENT;
	} else if (t[1].breaks) {
		l->inner[l->inner_n].content = l->indent + INDENT;
		l->inner[l->inner_n++].close = l->indent;
	} else {
		l->inner[l->inner_n].content = l->column + (t->kind == '{');
		l->inner[l->inner_n++].close = l->column - 1;
	}
}

static void close_bracket(struct layout *l, const struct fp_piece *t)
{
	if (t->is_block)
		l->depth--;
	else
		l->inner_n--;
	if (t->is_block)
		l->statement = INDENT * (l->depth + 1);
}

static void put_token(struct layout *l, size_t i)
{
	const struct fp_piece *t = &l->p->list.at[i];

	if (t->starts) {
		l->statement = l->column + INDENT;
		l->where = 0;
	} else if (i && t[-1].starts && !t->breaks) {
		l->statement = l->column;
	}
	put(l, t->text, t->len, fp_piece_width(t));
	if (t->kind == FP_T_K_WHERE && !l->inner_n)
		l->where = l->column + 1;
	if (t->kind == '{' || t->kind == '(')
		open_bracket(l, i);
	else if (t->kind == '}' || t->kind == ')')
		close_bracket(l, t);
}

static void put_piece(struct layout *l, size_t i)
{
	const struct fp_piece *t = &l->p->list.at[i];

	if (t->kind == FP_PIECE_COMMENT && !t->breaks && i) {
		l->lines.at[l->lines.n - 1].comment = t;
		return;
	}
	for (uint8_t n = 0; n < t->breaks || !l->lines.n; n++) {
		if (l->lines.n)
			end_line(l);
		begin_line(l, n + 1 < t->breaks ? 0 : line_column(l, t));
	}
	if (i && !t->breaks)
		put_blanks(l, is_apart(l->p, i) + t->pad);
	if (t->kind == FP_PIECE_COMMENT)
		put(l, t->text, t->len, fp_piece_width(t));
	else
		put_token(l, i);
}

/* The widest of the lines from `i` on that have a comment behind their code. */
static size_t run_width(const struct layout *l, size_t i)
{
	size_t most = 0;

	for (; i < l->lines.n && l->lines.at[i].comment; i++)
		if (l->lines.at[i].width > most)
			most = l->lines.at[i].width;
	return most;
}

static void print_lines(const struct layout *l, struct fp_buf *out)
{
	size_t column = 0;

	for (size_t i = 0; i < l->lines.n; i++) {
		const struct line *now = &l->lines.at[i];
		if (!i || !now[-1].comment)
			column = run_width(l, i);
		fp_buf_add(out, l->text.data + now->begin, now->end - now->begin);
		for (size_t n = now->width; now->comment && n <= column; n++)
			fp_buf_putc(out, ' ');
		if (now->comment)
			fp_buf_add(out, now->comment->text, now->comment->len);
		fp_buf_putc(out, '\n');
	}
}

static void lay_out(struct fp_unit *u, struct fp_pieces *p, struct fp_buf *out)
{
	struct layout *l = FP_NEW(&u->arena, struct layout);

	*l = (struct layout){ .u = u, .p = p };
	fp_buf_init(&l->text, &u->arena);
	find_wide(p);
	for (size_t i = 0; i < p->list.n; i++)
		p->list.at[i].breaks = count_breaks(p, i);
	for (size_t i = 0; i < p->list.n; i++)
		if (p->list.at[i].kind == '{' && p->list.at[i].is_wide)
			align_block(p, i + 1, p->list.at[i].mate);
	for (size_t i = 0; i < p->list.n; i++)
		put_piece(l, i);
	if (l->lines.n)
		end_line(l);
	print_lines(l, out);
}

/* A layout that lost something, or that the next run would change, must not reach a file. */
static void check(struct fp_unit *u, const struct fp_source *src, const struct fp_pieces *p,
		  const struct fp_buf *out)
{
	struct fp_span nowhere = { 0, 0 };
	struct fp_pieces again = { 0 };
	struct fp_source *made =
		fp_source_add(&u->sources, src->name, fp_buf_text(out), out->len, nowhere);

	if (made)
		fp_pieces_scan(u, made, &again);
	if (!made || !fp_pieces_are_equal(p, &again))
		fp_diag(u, FP_E_INTERNAL, nowhere, "%s: the layout changes the policy", src->name);
}

bool fp_fmt(struct fp_unit *u, const struct fp_source *src, struct fp_buf *out)
{
	struct fp_pieces p = { 0 };

	fp_parse(u, src);
	if (u->diags.errors)
		return false;
	fp_pieces_scan(u, src, &p);
	fp_pieces_nest(&p);
	lay_out(u, &p, out);
	check(u, src, &p, out);
	return !u->diags.errors;
}
