/* SPDX-License-Identifier: MIT */
/* Diagnostics as text: gcc's form, the line and a caret below it. */
#include "base/unit.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

#define RED   "\033[1;31m"
#define PINK  "\033[1;35m"
#define BLUE  "\033[1;34m"
#define BOLD  "\033[1m"
#define PLAIN "\033[0m"

/* Columns of source shown; longer lines are cut around the caret. */
#define SHOWN 120u

struct printer {
	struct fp_unit *u;
	struct fp_buf *out;
	bool colour;
};

static void paint(const struct printer *p, const char *code, const char *text)
{
	fp_buf_puts(p->out, p->colour ? code : "");
	fp_buf_puts(p->out, text);
	fp_buf_puts(p->out, p->colour ? PLAIN : "");
}

/* One code point in one column: what a terminal must not get is a space or a question mark. */
static size_t put_char(struct fp_buf *out, const char *s, size_t len)
{
	unsigned char c = (unsigned char)*s;
	char shown[5];
	uint32_t point;
	size_t n = fp_utf8_length(s, len, &point);

	if (fp_utf8_visible(s, len, shown) != n || shown[0] != *s)
		fp_buf_putc(out, c < 0x80 ? ' ' : '?');
	else
		fp_buf_puts(out, shown);
	return n ? n : 1;
}

static void source_line(const struct printer *p, const struct fp_place *at, struct fp_span span)
{
	size_t len;
	const char *line = fp_source_line(at->source, at->line, &len);
	size_t byte = span.begin - at->source->base - (size_t)(line - at->source->data);
	size_t from = byte > SHOWN * 2 / 3 ? byte - SHOWN / 3 : 0;
	size_t to = len - from > SHOWN ? from + SHOWN : len;
	size_t marked = span.end > span.begin ? span.end - span.begin : 1;

	while (from && from < len && ((unsigned char)line[from] & 0xc0) == 0x80)
		from--;
	fp_buf_printf(p->out, "%5u | ", at->line);
	for (size_t i = from; i < to;)
		i += put_char(p->out, line + i, len - i);
	fp_buf_puts(p->out, "\n      | ");
	for (size_t i = from; i < byte; i++)
		if (((unsigned char)line[i] & 0xc0) != 0x80)
			fp_buf_putc(p->out, ' ');
	fp_buf_puts(p->out, p->colour ? BLUE "^" : "^");
	for (size_t i = byte + 1; i < byte + marked && i < to; i++)
		if (((unsigned char)line[i] & 0xc0) != 0x80)
			fp_buf_putc(p->out, '~');
	fp_buf_puts(p->out, p->colour ? PLAIN "\n" : "\n");
}

static void place(const struct printer *p, struct fp_span span, struct fp_place *at, bool *known)
{
	*known = fp_source_place(&p->u->sources, span.begin, at);
	if (*known && p->colour)
		fp_buf_puts(p->out, BOLD);
	if (*known) {
		fp_diag_visible(p->out, at->source->name, strlen(at->source->name));
		fp_buf_printf(p->out, ":%u:%u: ", at->line, at->column);
	} else {
		fp_buf_puts(p->out, "fpolicyc: ");
	}
	if (*known && p->colour)
		fp_buf_puts(p->out, PLAIN);
}

void fp_remark_render(struct fp_unit *u, const struct fp_remark *r, struct fp_buf *out, bool colour)
{
	const struct printer p = { .u = u, .out = out, .colour = colour };
	struct fp_place at;
	bool known;

	place(&p, r->span, &at, &known);
	paint(&p, r->word[0] == 'e' ? RED : r->word[0] == 'w' ? PINK : BLUE, r->word);
	fp_buf_printf(out, ": %s [%s]\n", r->text, r->code);
	if (known)
		source_line(&p, &at, r->span);
	for (size_t i = 0; i < r->note_count; i++) {
		const struct fp_note *n = &r->notes[i];
		place(&p, n->span.begin ? n->span : r->span, &at, &known);
		paint(&p, BLUE, n->is_help ? "help: " : "note: ");
		fp_buf_printf(out, "%s\n", n->text);
		if (known && n->span.begin)
			source_line(&p, &at, n->span);
	}
}

static void one(struct fp_unit *u, const struct fp_diag *d, struct fp_buf *out, bool colour)
{
	const struct fp_diag_row *row = fp_diag_row(d->id);
	const struct fp_remark r = { .word = row->severity == FP_SEV_ERROR ? "error" : "warning",
				     .code = row->code,
				     .span = d->span,
				     .text = d->text,
				     .notes = d->notes.at,
				     .note_count = d->notes.n };

	fp_remark_render(u, &r, out, colour);
}

static int by_place(const void *a, const void *b)
{
	const struct fp_diag *x = a, *y = b;

	if (x->span.begin != y->span.begin)
		return x->span.begin < y->span.begin ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

void fp_diag_render(struct fp_unit *u, struct fp_buf *out, bool colour)
{
	struct fp_diags *d = &u->diags;

	if (d->list.n)
		qsort(d->list.at, d->list.n, sizeof(d->list.at[0]), by_place);
	/* That it asserts nothing is said of a policy that compiles. */
	for (size_t i = 0; i < d->list.n; i++)
		if (!d->errors || d->list.at[i].id != FP_W_NO_ASSERTION)
			one(u, &d->list.at[i], out, colour);
	if (d->errors > FP_DIAG_LIMIT)
		fp_buf_printf(out, "fpolicyc: %u more errors are not shown\n",
			      d->errors - FP_DIAG_LIMIT);
	if (d->warnings > FP_DIAG_LIMIT)
		fp_buf_printf(out, "fpolicyc: %u more warnings are not shown\n",
			      d->warnings - FP_DIAG_LIMIT);
}
