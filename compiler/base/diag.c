/* SPDX-License-Identifier: MIT */
/* Diagnostics: collecting them. */
#include "base/diag.h"
#include "base/unit.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DIAG(id, code, severity, summary) { code, severity, summary },
static const struct fp_diag_row rows[] = {
#include "base/diag.def"
};
#undef DIAG

const struct fp_diag_row *fp_diag_row(enum fp_diag_id id)
{
	return &rows[id];
}

void fp_diag_visible(struct fp_buf *out, const char *text, size_t len)
{
	char shown[5];

	for (size_t i = 0; i < len;) {
		i += fp_utf8_visible(text + i, len - i, shown);
		fp_buf_puts(out, shown);
	}
}

/* Control bytes would let a hostile name draw on the terminal: they are shown as \xHH. What is too
 * long is cut. */
__attribute__((format(printf, 2, 0))) static const char *formatted(struct fp_unit *u,
								   const char *format, va_list ap)
{
	char text[1024];
	struct fp_buf b;
	int n = vsnprintf(text, sizeof(text), format, ap);
	size_t len = n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;

	fp_buf_init(&b, &u->arena);
	fp_diag_visible(&b, text, len);
	fp_buf_puts(&b, (size_t)n > len ? "..." : "");
	return fp_buf_text(&b);
}

void fp_diag(struct fp_unit *u, enum fp_diag_id id, struct fp_span span, const char *format, ...)
{
	struct fp_diags *d = &u->diags;
	bool is_error = rows[id].severity == FP_SEV_ERROR;
	uint32_t seen = is_error ? d->errors++ : d->warnings++;
	va_list ap;

	d->last_kept = seen < FP_DIAG_LIMIT;
	if (!d->last_kept)
		return;
	va_start(ap, format);
	struct fp_diag new = { .id = id,
			       .span = span,
			       .text = formatted(u, format, ap),
			       .order = (uint32_t)d->list.n };
	va_end(ap);
	fp_vec_push(&u->arena, &d->list, new);
}

static void add_note(struct fp_unit *u, struct fp_span span, bool is_help, const char *text)
{
	struct fp_note note = { .span = span, .text = text, .is_help = is_help };

	fp_vec_push(&u->arena, &u->diags.list.at[u->diags.list.n - 1].notes, note);
}

void fp_diag_note(struct fp_unit *u, struct fp_span span, const char *format, ...)
{
	va_list ap;

	if (!u->diags.last_kept)
		return;
	va_start(ap, format);
	add_note(u, span, false, formatted(u, format, ap));
	va_end(ap);
}

void fp_diag_help(struct fp_unit *u, const char *format, ...)
{
	va_list ap;

	if (!u->diags.last_kept)
		return;
	va_start(ap, format);
	add_note(u, (struct fp_span){ 0, 0 }, true, formatted(u, format, ap));
	va_end(ap);
}

/* Restricted Damerau-Levenshtein over three rolling rows; names are at most NAME_MAX here. */
#define NAME_MAX_EDIT 64

unsigned fp_edit_distance(const char *a, size_t alen, const char *b, size_t blen, unsigned limit)
{
	unsigned row[3][NAME_MAX_EDIT + 1];
	unsigned *before = row[0], *last = row[1], *now = row[2];

	/* Each edit changes the length by one at most: most candidates end here. */
	size_t apart = alen > blen ? alen - blen : blen - alen;
	if (alen > NAME_MAX_EDIT || blen > NAME_MAX_EDIT || apart > limit)
		return limit + 1;
	for (unsigned j = 0; j <= blen; j++)
		last[j] = before[j] = j;
	for (unsigned i = 1; i <= alen; i++) {
		unsigned best = now[0] = i;
		for (unsigned j = 1; j <= blen; j++) {
			unsigned d = last[j - 1] + (a[i - 1] != b[j - 1]);
			if (d > last[j] + 1)
				d = last[j] + 1;
			if (d > now[j - 1] + 1)
				d = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d > before[j - 2] + 1)
				d = before[j - 2] + 1;
			now[j] = d;
			if (d < best)
				best = d;
		}
		if (best > limit)
			return limit + 1;
		unsigned *spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[blen] > limit ? limit + 1 : last[blen];
}

void fp_nearest_init(struct fp_nearest *n, const char *wanted, size_t len)
{
	*n = (struct fp_nearest){ .wanted = wanted, .len = len, .distance = (unsigned)len / 3 + 1 };
	if (n->distance > 4)
		n->distance = 4;
}

void fp_nearest_offer(struct fp_nearest *n, const char *candidate)
{
	unsigned limit = n->best ? n->distance : n->distance - 1;
	unsigned d = fp_edit_distance(n->wanted, n->len, candidate, strlen(candidate), limit);

	if (d > limit || (n->best && d == n->distance && strcmp(candidate, n->best) >= 0))
		return;
	n->best = candidate;
	n->distance = d;
}

void fp_diag_nearest(struct fp_unit *u, const struct fp_nearest *n)
{
	if (n->best)
		fp_diag_help(u, "did you mean '%s'?", n->best);
}
