/* SPDX-License-Identifier: MIT */
/* Forms of reports: which there are, and the one for people. */
#include "cmd/report.h"

#include <string.h>

/* Diagnostics of the compiler are on standard error already. */
static void text(const struct fp_report *r, struct fp_buf *out)
{
	for (size_t i = 0; i < r->n; i++)
		fp_buf_puts(out, fpolicy_findings(r->runs[i].handle, r->colour));
}

static const struct fp_report_format formats[] = {
	{ "text", text },
	{ "json", fp_report_json },
	{ "sarif", fp_report_sarif },
	{ "github", fp_report_github },
	{ "gitlab", fp_report_gitlab },
	{ "junit", fp_report_junit },
	{ "markdown", fp_report_markdown },
};

const struct fp_report_format *fp_report_format_find(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}

const char *fp_report_format_names(void)
{
	return "text, json, sarif, github, gitlab, junit, markdown";
}

bool fp_report_next(const struct fp_report *r, struct fp_report_walk *at,
		    const struct fpolicy_finding **out)
{
	for (; at->run < r->n; at->run++, at->finding = 0) {
		*out = fpolicy_finding_at(r->runs[at->run].handle, at->finding);
		if (!*out)
			continue;
		at->finding++;
		return true;
	}
	return false;
}

const char *fp_report_level(enum fpolicy_level level)
{
	static const char *const names[] = { "note", "warning", "error" };

	return names[level];
}

const char *fp_report_file(const struct fpolicy_finding *f)
{
	return f->place.file ? f->place.file : "<command line>";
}
