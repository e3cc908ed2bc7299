/* SPDX-License-Identifier: MIT */
/* Findings in the forms that tools read. */
#ifndef FP_CMD_REPORT_H
#define FP_CMD_REPORT_H

#include "base/unit.h"
#include "libfpolicy.h"

/* What was found in one file that was given. */
struct fp_report_run {
	const char *file;
	struct fpolicy *handle; /* owns the findings */
};

struct fp_report {
	struct fp_unit *unit; /* for text under way */
	const struct fp_report_run *runs;
	size_t n;
	bool colour;
};

/* A row of report_formats: `name` is what follows --format=. */
struct fp_report_format {
	const char *name;
	void (*print)(const struct fp_report *r, struct fp_buf *out);
};

const struct fp_report_format *fp_report_format_find(const char *name); /* NULL: none */
const char *fp_report_format_names(void);                               /* "text, json, ..." */

/* ---- inside the reports ---- */

void fp_report_json(const struct fp_report *r, struct fp_buf *out);
void fp_report_sarif(const struct fp_report *r, struct fp_buf *out);
void fp_report_gitlab(const struct fp_report *r, struct fp_buf *out);
void fp_report_github(const struct fp_report *r, struct fp_buf *out);
void fp_report_junit(const struct fp_report *r, struct fp_buf *out);
void fp_report_markdown(const struct fp_report *r, struct fp_buf *out);

/* Every finding of every file, in order. False past the last; start with all-zero state. */
struct fp_report_walk {
	size_t run, finding;
};

bool fp_report_next(const struct fp_report *r, struct fp_report_walk *at,
		    const struct fpolicy_finding **out);

const char *fp_report_level(enum fpolicy_level level);       /* "note", "warning", "error" */
const char *fp_report_file(const struct fpolicy_finding *f); /* never NULL */

#endif
