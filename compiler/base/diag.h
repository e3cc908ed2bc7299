/* SPDX-License-Identifier: MIT */
/* Diagnostics: collected with their place, sorted, rendered with a caret and a way out. */
#ifndef FP_BASE_DIAG_H
#define FP_BASE_DIAG_H

#include "base/buf.h"
#include "base/source.h"

struct fp_unit;

enum fp_severity {
	FP_SEV_ERROR,
	FP_SEV_WARNING
};

#define DIAG(id, code, severity, summary) id,

enum fp_diag_id {
#include "base/diag.def"
	FP_DIAG_N
};

#undef DIAG

struct fp_diag_row {
	const char *code; /* "E0201": stable, never reused; its section is in docs/diagnostics.md */
	enum fp_severity severity;
	const char *summary; /* what it is about, for the index */
};

struct fp_note {
	struct fp_span span; /* {0,0}: none, the note stands alone */
	const char *text;
	bool is_help; /* a way out rather than a related place */
};

struct fp_diag {
	enum fp_diag_id id;
	struct fp_span span;
	const char *text;
	FP_VEC(struct fp_note) notes;
	uint32_t order; /* of reporting; breaks ties */
};

/* Past this many errors only the count goes on; a flood helps nobody and memory is bounded. */
#ifndef FP_DIAG_LIMIT
#define FP_DIAG_LIMIT 50u
#endif

struct fp_diags {
	FP_VEC(struct fp_diag) list;
	uint32_t errors, warnings; /* counted past the limit too */
	bool last_kept;            /* whether notes go to the last diagnostic or nowhere */
};

const struct fp_diag_row *fp_diag_row(enum fp_diag_id id);

/* Reports and goes on. A span of {0,0} has no place. Control bytes in the text are escaped. */
void fp_diag(struct fp_unit *u, enum fp_diag_id id, struct fp_span span, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Text from outside, controls and what is no UTF-8 as \xHH. */
void fp_diag_visible(struct fp_buf *out, const char *text, size_t len);

/* Adds to the diagnostic reported last: a related place, or what to write instead. */
void fp_diag_note(struct fp_unit *u, struct fp_span span, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void fp_diag_help(struct fp_unit *u, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * A candidate for "did you mean": offer every known name, then report. Costs nothing until
 * the first offer; the nearest by edit distance within a third of the length wins, ties by bytes.
 */
struct fp_nearest {
	const char *wanted, *best;
	size_t len;
	unsigned distance;
};

void fp_nearest_init(struct fp_nearest *n, const char *wanted, size_t len);
void fp_nearest_offer(struct fp_nearest *n, const char *candidate);
void fp_diag_nearest(struct fp_unit *u,
		     const struct fp_nearest *n); /* a help line, if there is one */

/* Edit distance with transpositions; at most `limit` + 1 is returned. */
unsigned fp_edit_distance(const char *a, size_t alen, const char *b, size_t blen, unsigned limit);

/* What stands at a place: `word` is error, warning or note. */
struct fp_remark {
	const char *word, *code;
	struct fp_span span;
	const char *text;
	const struct fp_note *notes;
	size_t note_count;
};

void fp_remark_render(struct fp_unit *u, const struct fp_remark *r, struct fp_buf *out,
		      bool colour);

/* gcc's form: file:line:col: error: text [E0201], the line, a caret range, notes. By place. */
void fp_diag_render(struct fp_unit *u, struct fp_buf *out, bool colour);

#endif
