/* SPDX-License-Identifier: MIT */
/* Findings as our own JSON (schemas/json/findings.schema.json) and as GitLab's code quality report.
 */
#include "base/json.h"
#include "cmd/report.h"

static void put_place(struct fp_json *j, const char *key, const struct fpolicy_place *at)
{
	if (!at->file)
		return;
	fp_json_open_object(j, key);
	fp_json_put_number(j, "column", at->column);
	fp_json_put_number(j, "endColumn", at->end_column);
	fp_json_put_number(j, "endLine", at->end_line);
	fp_json_put_text(j, "file", at->file);
	fp_json_put_number(j, "line", at->line);
	fp_json_close(j);
}

static void put_notes(struct fp_json *j, const struct fpolicy_finding *f)
{
	fp_json_open_array(j, "notes");
	for (size_t i = 0; i < f->note_count; i++) {
		fp_json_open_object(j, NULL);
		fp_json_put_flag(j, "help", f->notes[i].is_help);
		put_place(j, "place", &f->notes[i].place);
		fp_json_put_text(j, "text", f->notes[i].text);
		fp_json_close(j);
	}
	fp_json_close(j);
}

static void put_finding(struct fp_json *j, const struct fpolicy_finding *f)
{
	fp_json_open_object(j, NULL);
	fp_json_put_text(j, "example", f->example);
	fp_json_put_text(j, "fingerprint", f->print);
	fp_json_put_text(j, "level", fp_report_level(f->level));
	fp_json_put_text(j, "name", f->name);
	put_notes(j, f);
	put_place(j, "place", &f->place);
	fp_json_put_text(j, "rule", f->rule);
	fp_json_put_text(j, "text", f->text);
	if (f->waived_because) {
		fp_json_open_object(j, "waived");
		fp_json_put_text(j, "because", f->waived_because);
		fp_json_put_text(j, "by", f->waived_by);
		fp_json_close(j);
	}
	fp_json_close(j);
}

void fp_report_json(const struct fp_report *r, struct fp_buf *out)
{
	struct fp_report_walk at = { 0, 0 };
	const struct fpolicy_finding *f;
	struct fp_json j;

	fp_json_begin(&j, r->unit, out);
	fp_json_put_text(&j, "$schema", "findings.schema.json");
	fp_json_open_array(&j, "findings");
	while (fp_report_next(r, &at, &f))
		put_finding(&j, f);
	fp_json_close(&j);
	fp_json_put_text(&j, "version", fpolicy_version());
	fp_json_end(&j);
}

/* https://docs.gitlab.com/ci/testing/code_quality: a bare array, waived findings left out. */
void fp_report_gitlab(const struct fp_report *r, struct fp_buf *out)
{
	static const char *const severities[] = { "info", "minor", "critical" };
	struct fp_report_walk at = { 0, 0 };
	const struct fpolicy_finding *f;
	json_t *all = fp_json_own(r->unit, json_array());

	while (fp_report_next(r, &at, &f)) {
		if (f->waived_because)
			continue;
		json_t *one = json_object(), *place, *lines;
		fp_json_push(r->unit, all, one);
		fp_json_set(r->unit, one, "check_name", fp_json_text(r->unit, f->name));
		fp_json_set(r->unit, one, "description", fp_json_text(r->unit, f->text));
		fp_json_set(r->unit, one, "fingerprint", fp_json_text(r->unit, f->print));
		fp_json_set(r->unit, one, "severity", fp_json_text(r->unit, severities[f->level]));
		fp_json_set(r->unit, one, "location", place = json_object());
		fp_json_set(r->unit, place, "path", fp_json_text(r->unit, fp_report_file(f)));
		fp_json_set(r->unit, place, "lines", lines = json_object());
		fp_json_set(r->unit, lines, "begin",
			    json_integer(f->place.line ? f->place.line : 1));
	}
	fp_json_write(r->unit, all, out);
}
