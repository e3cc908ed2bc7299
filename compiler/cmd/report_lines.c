/* SPDX-License-Identifier: MIT */
/* Findings as GitHub's workflow commands, as JUnit's XML and as Markdown for a merge request. */
#include "cmd/report.h"

#include <inttypes.h>
#include <string.h>

/* What must not stand in a value, and what stands for it; ends with a NUL byte. */
struct escape {
	char byte;
	const char *text;
};

static void put_escaped(struct fp_buf *out, const char *text, const struct escape *escapes)
{
	for (; *text; text++) {
		const struct escape *e = escapes;
		while (e->byte && e->byte != *text)
			e++;
		if (e->byte)
			fp_buf_puts(out, e->text);
		else
			fp_buf_putc(out, *text);
	}
}

/* ---- GitHub ---- */

/* actions/toolkit, packages/core/src/command.ts: data and properties. */
static const struct escape github_data[] = {
	{ '%', "%25" }, { '\r', "%0D" }, { '\n', "%0A" }, { 0, NULL }
};
static const struct escape github_property[] = { { '%', "%25" }, { '\r', "%0D" }, { '\n', "%0A" },
						 { ':', "%3A" }, { ',', "%2C" },  { 0, NULL } };

void fp_report_github(const struct fp_report *r, struct fp_buf *out)
{
	static const char *const words[] = { "notice", "warning", "error" };
	struct fp_report_walk at = { 0, 0 };
	const struct fpolicy_finding *f;

	while (fp_report_next(r, &at, &f)) {
		if (f->waived_because)
			continue;
		fp_buf_printf(out, "::%s file=", words[f->level]);
		put_escaped(out, fp_report_file(f), github_property);
		fp_buf_printf(
			out, ",line=%u,endLine=%u,col=%u,endColumn=%u,title=%s %s::", f->place.line,
			f->place.end_line, f->place.column, f->place.end_column, f->rule, f->name);
		put_escaped(out, f->text, github_data);
		for (size_t i = 0; i < f->note_count; i++) {
			fp_buf_printf(out, "%%0A%s: ", f->notes[i].is_help ? "help" : "note");
			put_escaped(out, f->notes[i].text, github_data);
		}
		fp_buf_putc(out, '\n');
	}
}

/* ---- JUnit ---- */

static const struct escape xml[] = { { '&', "&amp;" },  { '<', "&lt;" },    { '>', "&gt;" },
				     { '"', "&quot;" }, { '\'', "&apos;" }, { 0, NULL } };

/* XML 1.0 has no control characters, escaped or not. */
static void put_xml(struct fp_buf *out, const char *text)
{
	size_t from = out->len;

	put_escaped(out, text, xml);
	for (size_t i = from; i < out->len; i++)
		if ((unsigned char)out->data[i] < 0x20)
			out->data[i] = ' ';
}

static size_t count(const struct fpolicy *p, bool all)
{
	size_t n = 0;

	for (size_t i = 0; i < fpolicy_finding_count(p); i++)
		n += all || !fpolicy_finding_at(p, i)->waived_because;
	return n;
}

static void junit_case(struct fp_buf *out, const struct fpolicy_finding *f)
{
	fp_buf_printf(out, "    <testcase name=\"%s %s\" classname=\"", f->rule, f->name);
	put_xml(out, fp_report_file(f));
	fp_buf_puts(out, "\">\n");
	if (f->waived_because) {
		fp_buf_puts(out, "      <skipped message=\"waived by ");
		put_xml(out, f->waived_by);
		fp_buf_puts(out, ": ");
		put_xml(out, f->waived_because);
		fp_buf_puts(out, "\"/>\n    </testcase>\n");
		return;
	}
	fp_buf_printf(out, "      <failure type=\"%s\" message=\"", fp_report_level(f->level));
	put_xml(out, f->text);
	fp_buf_puts(out, "\">");
	put_xml(out, fp_report_file(f));
	fp_buf_printf(out, ":%u:%u</failure>\n    </testcase>\n", f->place.line, f->place.column);
}

void fp_report_junit(const struct fp_report *r, struct fp_buf *out)
{
	fp_buf_puts(out,
		    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"fpolicyc\">\n");
	for (size_t i = 0; i < r->n; i++) {
		const struct fpolicy *p = r->runs[i].handle;
		size_t all = count(p, true), failed = count(p, false);
		fp_buf_puts(out, "  <testsuite name=\"");
		put_xml(out, r->runs[i].file);
		fp_buf_printf(out, "\" tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\">\n",
			      all ? all : 1, failed, all - failed);
		for (size_t k = 0; k < all; k++)
			junit_case(out, fpolicy_finding_at(p, k));
		if (!all)
			fp_buf_puts(out, "    <testcase name=\"all rules\"/>\n");
		fp_buf_puts(out, "  </testsuite>\n");
	}
	fp_buf_puts(out, "</testsuites>\n");
}

/* ---- Markdown ---- */

static const struct escape markdown[] = { { '|', "\\|" },   { '`', "\\`" },  { '*', "\\*" },
					  { '_', "\\_" },   { '<', "&lt;" }, { '[', "\\[" },
					  { '\\', "\\\\" }, { 0, NULL } };

void fp_report_markdown(const struct fp_report *r, struct fp_buf *out)
{
	struct fp_report_walk at = { 0, 0 };
	const struct fpolicy_finding *f;
	size_t n[3] = { 0, 0, 0 }, waived = 0;

	while (fp_report_next(r, &at, &f)) {
		waived += f->waived_because != NULL;
		n[f->level] += !f->waived_because;
	}
	fp_buf_printf(out, "### fpolicyc lint: %zu errors, %zu warnings, %zu notes, %zu waived\n",
		      n[FPOLICY_ERROR], n[FPOLICY_WARNING], n[FPOLICY_NOTE], waived);
	at = (struct fp_report_walk){ 0, 0 };
	for (bool first = true; fp_report_next(r, &at, &f); first = false) {
		if (first)
			fp_buf_puts(out, "\n| | rule | place | finding |\n|---|---|---|---|\n");
		fp_buf_printf(out, "| %s | %s %s | ",
			      f->waived_because ? "waived" : fp_report_level(f->level), f->rule,
			      f->name);
		put_escaped(out, fp_report_file(f), markdown);
		fp_buf_printf(out, ":%u | ", f->place.line);
		put_escaped(out, f->text, markdown);
		if (f->waived_because) {
			fp_buf_puts(out, "; waived by ");
			put_escaped(out, f->waived_by, markdown);
			fp_buf_puts(out, ": ");
			put_escaped(out, f->waived_because, markdown);
		}
		fp_buf_puts(out, " |\n");
	}
}
