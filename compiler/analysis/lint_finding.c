/* SPDX-License-Identifier: MIT */
/* Findings: collecting, ordering and printing them. */
#include "analysis/lint_finding.h"
#include "base/digest.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define PRINT_DIGITS 32

const char *fp_level_name(enum fp_level level)
{
	static const char *const names[] = { "note", "warning", "error" };

	return names[level];
}

struct fp_lint_finding *fp_lint_finding_add(struct fp_unit *u, struct fp_lint_findings *f,
					    struct fp_lint_finding finding)
{
	fp_vec_push(&u->arena, &f->list, finding);
	return &f->list.at[f->list.n - 1];
}

__attribute__((format(printf, 4, 0))) static void add_note(struct fp_unit *u,
							   struct fp_lint_findings *f,
							   struct fp_note note, const char *format,
							   va_list ap)
{
	struct fp_buf b;

	fp_buf_init(&b, &u->arena);
	fp_buf_vprintf(&b, format, ap);
	note.text = fp_buf_text(&b);
	fp_vec_push(&u->arena, &f->list.at[f->list.n - 1].notes, note);
}

void fp_lint_finding_note(struct fp_unit *u, struct fp_lint_findings *f, struct fp_span span,
			  const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	add_note(u, f, (struct fp_note){ .span = span }, format, ap);
	va_end(ap);
}

void fp_lint_finding_help(struct fp_unit *u, struct fp_lint_findings *f, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	add_note(u, f, (struct fp_note){ .is_help = true }, format, ap);
	va_end(ap);
}

static int by_place(const void *a, const void *b)
{
	const struct fp_lint_finding *x = a, *y = b;
	int c;

	if (x->span.begin != y->span.begin)
		return x->span.begin < y->span.begin ? -1 : 1;
	c = strcmp(x->id, y->id);
	c = c ? c : strcmp(x->subject, y->subject);
	return c ? c : strcmp(x->text, y->text);
}

void fp_lint_findings_sort(struct fp_lint_findings *f)
{
	size_t n = 0;

	if (f->list.n)
		qsort(f->list.at, f->list.n, sizeof(f->list.at[0]), by_place);
	for (size_t i = 0; i < f->list.n; i++)
		if (!n || by_place(&f->list.at[n - 1], &f->list.at[i]))
			f->list.at[n++] = f->list.at[i];
	f->list.n = n;
}

const char *fp_lint_finding_print(struct fp_unit *u, const struct fp_ir *ir,
				  const struct fp_lint_finding *f)
{
	const char *text =
		fp_arena_printf(&u->arena, "%s\n%s\n%s", f->id, ir ? ir->name : "", f->subject);
	char digest[FP_DIGEST_TEXT];

	fp_digest(text, strlen(text), digest);
	return fp_arena_text(&u->arena, digest + strlen("sha256:"), PRINT_DIGITS);
}

void fp_lint_findings_render(struct fp_unit *u, const struct fp_lint_findings *f,
			     struct fp_buf *out, bool colour)
{
	for (size_t i = 0; i < f->list.n; i++) {
		const struct fp_lint_finding *it = &f->list.at[i];
		struct fp_remark remark = {
			.word = fp_level_name(it->level),
			.code = fp_arena_printf(&u->arena, "%s %s", it->id, it->name),
			.span = it->span,
			.text = it->text,
			.notes = it->notes.at,
			.note_count = it->notes.n,
		};
		if (!it->waiver)
			fp_remark_render(u, &remark, out, colour);
	}
}
