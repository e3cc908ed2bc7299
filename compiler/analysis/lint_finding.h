/* SPDX-License-Identifier: MIT */
/* What an analysis says about a policy: one structure for the lint, for differences and for all
 * reports. */
#ifndef FP_ANALYSIS_LINT_FINDING_H
#define FP_ANALYSIS_LINT_FINDING_H

#include "ir/ir.h"

enum fp_level {
	FP_LEVEL_NOTE,
	FP_LEVEL_WARNING,
	FP_LEVEL_ERROR
};

struct fp_lint_finding {
	const char *id, *name; /* "FPS001", "io-uring" */
	enum fp_level level;
	struct fp_span span; /* always a place in a file of the user */
	const char *text;    /* one sentence */
	const char *example; /* a call, path or packet that shows it; or NULL */
	const char *places;  /* words that `waive NAME on WORD` may use: "syscalls socket" */
	const char *subject; /* what it is about, whatever lines are: part of the fingerprint */
	FP_VEC(struct fp_note) notes;
	const struct fp_waiver *waiver; /* that silences it; or NULL */
};

struct fp_lint_findings {
	FP_VEC(struct fp_lint_finding) list;
	bool is_undecided; /* some question was not answered within its budget */
};

const char *fp_level_name(enum fp_level level); /* "note", "warning", "error" */

/* Starts a finding and returns it: valid until the next one. */
struct fp_lint_finding *fp_lint_finding_add(struct fp_unit *u, struct fp_lint_findings *f,
					    struct fp_lint_finding finding);

/* To the finding that was added last: a related place ({0,0}: none), or a way out. */
void fp_lint_finding_note(struct fp_unit *u, struct fp_lint_findings *f, struct fp_span span,
			  const char *format, ...) __attribute__((format(printf, 4, 5)));
void fp_lint_finding_help(struct fp_unit *u, struct fp_lint_findings *f, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* By place, then by name and subject; doubles go. */
void fp_lint_findings_sort(struct fp_lint_findings *f);

/*
 * 32 hexadecimal digits: of the rule, the policy and the subject. Lines, order and wording of the
 * rest of the policy do not change it.
 */
const char *fp_lint_finding_print(struct fp_unit *u, const struct fp_ir *ir,
				  const struct fp_lint_finding *f);

/* As diagnostics are: gcc's form. Waived ones are left out. */
void fp_lint_findings_render(struct fp_unit *u, const struct fp_lint_findings *f,
			     struct fp_buf *out, bool colour);

#endif
