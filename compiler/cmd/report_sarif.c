/* SPDX-License-Identifier: MIT */
/* Findings as SARIF 2.1.0 (OASIS, 27 March 2020): regions, fingerprints and suppressions on every
 * result. */
#include "base/json.h"
#include "cmd/report.h"

#include <string.h>

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

static const char *const scores[] = { "2.0", "6.0", "9.0" };

/* A path as a URI reference: RFC 3986, 2.1 and 3.3. */
static void put_uri(struct fp_json *j, const char *path)
{
	static const char plain[] = "-._~/@!$&'()*+,;=";
	struct fp_buf uri;

	fp_buf_init(&uri, &j->unit->arena);
	for (const char *s = path; *s; s++) {
		unsigned char c = (unsigned char)*s;
		bool is_plain = (c >= '0' && c <= '9') ||
				((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || strchr(plain, c);
		if (is_plain && c < 0x80)
			fp_buf_putc(&uri, (char)c);
		else
			fp_buf_printf(&uri, "%%%02X", c);
	}
	fp_json_put_text(j, "uri", fp_buf_text(&uri));
}

static void put_message(struct fp_json *j, const char *key, const char *text)
{
	fp_json_open_object(j, key);
	fp_json_put_text(j, "text", text);
	fp_json_close(j);
}

/* What lies beside a place that has none: the first byte of what was read. */
static void put_physical(struct fp_json *j, const struct fpolicy_place *at, const char *file)
{
	fp_json_open_object(j, "physicalLocation");
	fp_json_open_object(j, "artifactLocation");
	put_uri(j, file);
	fp_json_close(j);
	fp_json_open_object(j, "region");
	fp_json_put_number(j, "endColumn", at->line ? at->end_column : 1);
	fp_json_put_number(j, "endLine", at->line ? at->end_line : 1);
	fp_json_put_number(j, "startColumn", at->line ? at->column : 1);
	fp_json_put_number(j, "startLine", at->line ? at->line : 1);
	fp_json_close(j);
	fp_json_close(j);
}

static void put_related(struct fp_json *j, const struct fpolicy_finding *f)
{
	fp_json_open_array(j, "relatedLocations");
	for (size_t i = 0; i < f->note_count; i++) {
		const struct fpolicy_note *n = &f->notes[i];
		fp_json_open_object(j, NULL);
		put_message(j, "message", n->text);
		if (n->place.file)
			put_physical(j, &n->place, n->place.file);
		fp_json_close(j);
	}
	fp_json_close(j);
}

static void put_waiver(struct fp_json *j, const struct fpolicy_finding *f)
{
	fp_json_open_array(j, "suppressions");
	if (f->waived_because) {
		fp_json_open_object(j, NULL);
		fp_json_put_text(j, "justification", f->waived_because);
		fp_json_put_text(j, "kind", "inSource");
		fp_json_open_object(j, "properties");
		fp_json_put_text(j, "approvedBy", f->waived_by);
		fp_json_close(j);
		fp_json_put_text(j, "status", "accepted");
		fp_json_close(j);
	}
	fp_json_close(j);
}

static void put_result(struct fp_json *j, const struct fpolicy_finding *f)
{
	fp_json_open_object(j, NULL);
	fp_json_put_text(j, "level", fp_report_level(f->level));
	fp_json_open_array(j, "locations");
	fp_json_open_object(j, NULL);
	put_physical(j, &f->place, fp_report_file(f));
	fp_json_close(j);
	fp_json_close(j);
	put_message(j, "message", f->text);
	fp_json_open_object(j, "partialFingerprints");
	fp_json_put_text(j, "fpolicy/v1", f->print);
	fp_json_close(j);
	put_related(j, f);
	fp_json_put_text(j, "ruleId", f->rule);
	put_waiver(j, f);
	fp_json_close(j);
}

static void put_rule(struct fp_json *j, const struct fpolicy_rule *rule)
{
	fp_json_open_object(j, NULL);
	fp_json_open_object(j, "defaultConfiguration");
	fp_json_put_text(j, "level", fp_report_level(rule->level));
	fp_json_close(j);
	fp_json_open_object(j, "help");
	fp_json_put_text(j, "markdown", rule->page);
	fp_json_put_text(j, "text", rule->page);
	fp_json_close(j);
	fp_json_put_text(j, "id", rule->id);
	fp_json_put_text(j, "name", rule->name);
	fp_json_open_object(j, "properties");
	fp_json_put_text(j, "security-severity", scores[rule->level]);
	fp_json_open_array(j, "tags");
	fp_json_put_text(j, NULL, "security");
	fp_json_put_text(j, NULL, rule->section);
	fp_json_close(j);
	fp_json_close(j);
	put_message(j, "shortDescription", rule->summary);
	fp_json_close(j);
}

static void put_driver(struct fp_json *j)
{
	struct fpolicy_rule rule;

	fp_json_open_object(j, "tool");
	fp_json_open_object(j, "driver");
	fp_json_put_text(j, "name", "fpolicyc");
	fp_json_open_array(j, "rules");
	for (size_t i = 0; fpolicy_rule_at(i, &rule); i++)
		put_rule(j, &rule);
	fp_json_close(j);
	fp_json_put_text(j, "semanticVersion", fpolicy_version());
	fp_json_close(j);
	fp_json_close(j);
}

void fp_report_sarif(const struct fp_report *r, struct fp_buf *out)
{
	struct fp_report_walk at = { 0, 0 };
	const struct fpolicy_finding *f;
	struct fp_json j;

	fp_json_begin(&j, r->unit, out);
	fp_json_put_text(&j, "$schema", SCHEMA);
	fp_json_open_array(&j, "runs");
	fp_json_open_object(&j, NULL);
	fp_json_put_text(&j, "columnKind", "unicodeCodePoints");
	fp_json_open_array(&j, "results");
	while (fp_report_next(r, &at, &f))
		put_result(&j, f);
	fp_json_close(&j);
	put_driver(&j);
	fp_json_close(&j);
	fp_json_close(&j);
	fp_json_put_text(&j, "version", "2.1.0");
	fp_json_end(&j);
}
