/* SPDX-License-Identifier: MIT */
/* fpolicyc lint: what is wrong with policies, in every form a CI reads. */
#include "cmd/input.h"
#include "cmd/report.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"usage: fpolicyc lint FILE.policy... [options]\n"
	"       fpolicyc lint --explain RULE\n"
	"\n"
	"  --format=F         text, json, sarif, github, gitlab, junit or markdown\n"
	"  -o FILE            write the report there; else to standard output\n"
	"  --fail-on=LEVEL    exit 1 from this level on: error (as if nothing is said), warning, note,\n"
	"                     or never\n"
	"  -W RULE, -Wall     also tell a note, or all of them; rules go by id or name\n"
	"  -W no-RULE         do not tell it\n"
	"  -W error[=RULE]    warnings, or findings of a rule, are errors\n"
	"  --no-waivers       tell what is waived, too\n"
	"  --explain RULE     print the rule's page; `all` lists the rules\n"
	"  --target=T, -D NAME=VALUE, -I DIR, --policy=NAME, --today=DATE\n"
	"                     as for compile\n"
	"\n"
	"exit codes: 0 clean, 1 findings, 2 usage or input, 3 undecided, 4 internal error\n";

#define FILES_MAX 1024

struct options {
	struct fp_input in;
	struct fp_words lints;
	const struct fp_report_format *format;
	const char *out, *explain;
	unsigned fail_on; /* enum fpolicy_level; past the last: never */
	bool no_waivers, help;
};

enum {
	OPT_FORMAT = FP_OPT_OWN,
	OPT_FAIL_ON,
	OPT_NO_WAIVERS,
	OPT_EXPLAIN,
	OPT_HELP
};

static const struct option long_options[] = {
	FP_INPUT_LONG,
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "fail-on", required_argument, NULL, OPT_FAIL_ON },
	{ "no-waivers", no_argument, NULL, OPT_NO_WAIVERS },
	{ "explain", required_argument, NULL, OPT_EXPLAIN },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static bool take_level(struct options *o, const char *word)
{
	static const char *const words[] = { "note", "warning", "error", "never" };

	for (unsigned i = 0; i < 4; i++)
		if (!strcmp(word, words[i])) {
			o->fail_on = i;
			return true;
		}
	return fp_cmd_error("--fail-on=%s: write error, warning, note or never", word), false;
}

static bool take_option(struct options *o, int c, int before, char **argv)
{
	bool ok;

	if (fp_input_take(&o->in, c, &ok))
		return ok;
	switch (c) {
	case 'o':
		o->out = optarg;
		return true;
	case 'W':
		return fp_words_add(&o->lints, optarg);
	case OPT_FORMAT:
		o->format = fp_report_format_find(optarg);
		return o->format ||
		       (fp_cmd_error("--format=%s: write %s", optarg, fp_report_format_names()),
			false);
	case OPT_FAIL_ON:
		return take_level(o, optarg);
	case OPT_NO_WAIVERS:
		o->no_waivers = true;
		return true;
	case OPT_EXPLAIN:
		o->explain = optarg;
		return true;
	case OPT_HELP:
		o->help = true;
		return true;
	default:
		return fp_cmd_bad_option(c, before, argv, "lint", long_options), false;
	}
}

static int explain(const char *name)
{
	struct fpolicy_rule rule;

	if (!strcmp(name, "all")) {
		for (size_t i = 0; fpolicy_rule_at(i, &rule); i++)
			printf("%s  %-22s  %-7s  %s\n", rule.id, rule.name,
			       fp_report_level(rule.level), rule.summary);
		return FP_EXIT_OK;
	}
	if (!fpolicy_rule_find(name, &rule))
		return fp_cmd_error("there is no rule '%s'; --explain=all lists them", name);
	fputs(rule.page, stdout);
	return FP_EXIT_OK;
}

/* ---- runs ---- */

struct run {
	struct fp_loader loader;
	int code;
};

static int lint(const struct options *o, const char *file, struct run *run, struct fpolicy **p)
{
	enum fpolicy_status status;

	*p = fp_input_open(&o->in, file, &run->loader, &status);
	if (!*p)
		return FP_EXIT_INPUT;
	for (size_t i = 0; i < o->lints.n; i++)
		if (!fpolicy_lint_option(*p, o->lints.at[i]))
			return fp_cmd_error("-W%s: there is no such rule; --explain=all lists them",
					    o->lints.at[i]);
	if (status == FPOLICY_OK)
		status = fpolicy_lint(*p, file, run->loader.text.data, run->loader.text.len,
				      o->no_waivers);
	return fp_cmd_finish(*p, status);
}

static bool fails(const struct options *o, const struct fpolicy *p)
{
	const struct fpolicy_finding *f;

	for (size_t i = 0; (f = fpolicy_finding_at(p, i)); i++)
		if (!f->waived_because && (unsigned)f->level >= o->fail_on)
			return true;
	return false;
}

static bool write_report(const struct options *o, const struct fp_report_run *runs, size_t n)
{
	struct fp_unit u;
	struct fp_report r = { .unit = &u, .runs = runs, .n = n };
	struct fp_buf out;

	r.colour = !o->out && fp_cmd_wants_color(STDOUT_FILENO);
	fp_unit_init(&u, FP_MEMORY_LIMIT);
	if (setjmp(u.recover)) {
		fp_unit_free(&u);
		return fp_cmd_error("out of memory"), false;
	}
	fp_buf_init(&out, &u.arena);
	o->format->print(&r, &out);
	bool ok = fp_fs_write_file(o->out ? o->out : "-", fp_buf_text(&out), out.len);
	fp_unit_free(&u);
	return ok;
}

static int all(const struct options *o, char **files, size_t n)
{
	struct fp_report_run *reports = calloc(n, sizeof(*reports));
	struct run *runs = calloc(n, sizeof(*runs));
	int worst = reports && runs ? FP_EXIT_OK : fp_cmd_error("out of memory");

	for (size_t i = 0; i < n && reports && runs; i++) {
		struct run *run = &runs[i];
		reports[i].file = files[i];
		run->code = lint(o, files[i], run, &reports[i].handle);
		if (run->code == FP_EXIT_OK && fails(o, reports[i].handle))
			run->code = FP_EXIT_FINDINGS;
		worst = run->code > worst ? run->code : worst;
	}
	if (reports && runs && !write_report(o, reports, n))
		worst = FP_EXIT_INPUT;
	for (size_t i = 0; i < n && reports && runs; i++) {
		fpolicy_free(reports[i].handle);
		fp_input_close(&runs[i].loader);
	}
	free(reports);
	free(runs);
	return worst;
}

int fp_cmd_lint(int argc, char **argv)
{
	struct options o = { .fail_on = FPOLICY_ERROR, .format = fp_report_format_find("text") };
	int c, before = 1;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":o:D:I:W:", long_options, NULL)) != -1) {
		if (!take_option(&o, c, before, argv))
			return FP_EXIT_INPUT;
		before = optind;
	}
	if (o.help) {
		fputs(usage, stdout);
		return FP_EXIT_OK;
	}
	if (o.explain)
		return explain(o.explain);
	if (optind == argc)
		return fp_cmd_error("no policy was given; try `fpolicyc lint --help`");
	if (argc - optind > FILES_MAX)
		return fp_cmd_error("more than %d policies; lint them in several runs", FILES_MAX);
	return all(&o, argv + optind, (size_t)(argc - optind));
}
