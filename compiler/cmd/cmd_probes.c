/* SPDX-License-Identifier: MIT */
/* fpolicyc probes: what a job must and must not be able to do, and whether a run of it agrees. */
#include "cmd/catcher.h"
#include "cmd/cmd.h"
#include "cmd/input.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

struct options {
	struct fp_input in;
	const char *out, *check, *claims, *baseline, *run;
	bool help;
};

static const char usage[] =
	"usage: fpolicyc probes FILE.policy --target=T [-o FILE] [options]\n"
	"       fpolicyc probes FILE.policy|TABLE --check=RESULTS --claims=FILE [--baseline=RESULTS]\n"
	"       fpolicyc probes FILE.policy|TABLE --run=DIR/TARGET\n"
	"\n"
	"  -o FILE             where the table goes (else standard output)\n"
	"  --check=RESULTS     compare what the prober printed with the claims\n"
	"  --claims=FILE       claims.json of the target\n"
	"  --baseline=RESULTS  a run without any layer: what fails there shows nothing\n"
	"  --run=DIR/TARGET    ask this machine's kernel what the compiled filter decides, call by\n"
	"                      call, executing none, and compare that with the claims\n"
	"  --target=T          a built-in target or a target file; --run knows its own\n"
	"  -D NAME=VALUE       give a parameter its value\n"
	"  -I DIR              a root for imports, after the folder of the policy; repeatable\n"
	"  --policy=NAME       the policy to read, where a file holds several\n"
	"  --today=DATE        compare `until` dates with DATE\n"
	"\n"
	"exit codes: 0 clean, 1 a claim was contradicted, 2 usage or input, 4 internal error\n";

enum {
	OPT_CHECK = FP_OPT_OWN,
	OPT_CLAIMS,
	OPT_BASELINE,
	OPT_RUN,
	OPT_HELP
};

static const struct option long_options[] = {
	FP_INPUT_LONG,
	{ "check", required_argument, NULL, OPT_CHECK },
	{ "claims", required_argument, NULL, OPT_CLAIMS },
	{ "baseline", required_argument, NULL, OPT_BASELINE },
	{ "run", required_argument, NULL, OPT_RUN },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static bool take_option(struct options *o, int c, char **argv)
{
	bool ok;

	if (fp_input_take(&o->in, c, &ok))
		return ok;
	switch (c) {
	case 'o':
		o->out = optarg;
		return true;
	case OPT_CHECK:
		o->check = optarg;
		return true;
	case OPT_CLAIMS:
		o->claims = optarg;
		return true;
	case OPT_BASELINE:
		o->baseline = optarg;
		return true;
	case OPT_RUN:
		o->run = optarg;
		return true;
	case OPT_HELP:
		o->help = true;
		return true;
	case ':':
		return fp_cmd_error("%s needs a value", argv[optind - 1]), false;
	default:
		return fp_cmd_error("unknown option %s; try `fpolicyc probes --help`",
				    argv[optind - 1]),
		       false;
	}
}

static bool check_options(const struct options *o, int files)
{
	if (files != 1)
		return fp_cmd_error("probes takes one policy or table"), false;
	if (o->check && o->run)
		return fp_cmd_error("--check has results, --run makes them: give one"), false;
	if (!o->check != !o->claims)
		return fp_cmd_error("--check and --claims go together"), false;
	if (o->baseline && !o->check)
		return fp_cmd_error("--baseline goes with --check"), false;
	if (o->out && (o->check || o->run))
		return fp_cmd_error("-o goes with a table"), false;
	return true;
}

/* ---- a run's texts ---- */

struct texts {
	struct fp_file_data results, claims, baseline;
};

static void texts_free(struct texts *t)
{
	free(t->results.data);
	free(t->claims.data);
	free(t->baseline.data);
}

static struct fpolicy_text as_text(const char *name, const struct fp_file_data *d)
{
	return (struct fpolicy_text){ name, d->data, d->len };
}

static bool read_joined(const char *dir, const char *name, struct fp_file_data *out)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return fp_cmd_error("out of memory"), false;
	bool ok = fp_fs_read(path, out);
	free(path);
	return ok;
}

/* The last part of DIR/TARGET; a target's folder is named like it. */
static const char *target_of(const char *dir)
{
	const char *slash = strrchr(dir, '/');

	return slash ? slash + 1 : dir;
}

static enum fpolicy_status compare(struct fpolicy *p, const struct options *o, const char *file,
				   const struct fp_file_data *input, const struct texts *t,
				   const char **text)
{
	const struct fpolicy_probe_run run = { as_text("results", &t->results),
					       as_text("claims", &t->claims),
					       as_text(o->baseline, &t->baseline) };
	size_t len;

	return fpolicy_probes(p, file, input->data, input->len, &run, text, &len);
}

/* ---- on this machine ---- */

/* Results of all `call` lines of the table, as the prober would print them. */
static bool decide(const char *table, const struct fp_file_data *blob, struct fp_file_data *out,
		   const char *release, size_t *decided)
{
	FILE *f = open_memstream(&out->data, &out->len);
	char *copy = strdup(table);

	if (!f || !copy) {
		if (f)
			fclose(f);
		free(copy);
		return fp_cmd_error("out of memory"), false;
	}
	fprintf(f, "# fpolicy-results 1\n# layers seccomp\n# kernel %s\n", release);
	const char *why = fp_catch_table(blob->data, blob->len, copy, f, decided);
	fprintf(f, "# done %zu\n", *decided);
	free(copy);
	if (fclose(f) && !why)
		why = "out of memory";
	if (why)
		fp_cmd_error("the filter cannot be asked: %s", why);
	return !why;
}

/* The findings without the last line, which counts what a run of every layer would. */
static size_t print_findings(const char *text)
{
	size_t n = 0;

	for (; *text && strncmp(text, "measured: ", 10); n++) {
		size_t len = strcspn(text, "\n");
		printf("%.*s\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
	return n;
}

static int run_here(struct fpolicy *p, const struct options *o, const char *file,
		    const struct fp_file_data *input)
{
	struct fp_file_data blob = { 0 };
	struct texts t = { 0 };
	struct utsname host;
	const char *text = "";
	char name[64];
	size_t len, decided = 0;

	if (!fp_catch_machine()[0] || uname(&host))
		return fp_cmd_error("this machine cannot be asked");
	snprintf(name, sizeof(name), "seccomp/%s.bpf", fp_catch_machine());
	enum fpolicy_status status =
		fpolicy_probes(p, file, input->data, input->len, NULL, &text, &len);
	if (status != FPOLICY_OK)
		return fp_cmd_finish(p, status);
	bool ok = read_joined(o->run, name, &blob) &&
		  read_joined(o->run, "claims.json", &t.claims) &&
		  decide(text, &blob, &t.results, host.release, &decided);
	int code = FP_EXIT_INPUT;
	if (ok) {
		struct fp_file_data table = { (char *)(uintptr_t)text, len };
		code = fp_cmd_finish(p, compare(p, o, file, &table, &t, &text));
	}
	if (code <= FP_EXIT_FINDINGS) {
		size_t wrong = print_findings(text);
		printf("measured: %zu decisions on Linux %s, %zu wrong\n", decided, host.release,
		       wrong);
	}
	free(blob.data);
	texts_free(&t);
	return code;
}

/* ---- the rest ---- */

static int check_results(struct fpolicy *p, const struct options *o, const char *file,
			 const struct fp_file_data *input)
{
	struct texts t = { 0 };
	const char *text = "";
	int code = FP_EXIT_INPUT;

	if (fp_fs_read(o->check, &t.results) && fp_fs_read(o->claims, &t.claims) &&
	    (!o->baseline || fp_fs_read(o->baseline, &t.baseline)))
		code = fp_cmd_finish(p, compare(p, o, file, input, &t, &text));
	if (code <= FP_EXIT_FINDINGS)
		fputs(text, stdout);
	texts_free(&t);
	return code;
}

static int print_table(struct fpolicy *p, const struct options *o, const char *file,
		       const struct fp_file_data *input)
{
	const char *text = "";
	size_t len = 0;
	int code = fp_cmd_finish(
		p, fpolicy_probes(p, file, input->data, input->len, NULL, &text, &len));

	if (code == FP_EXIT_OK && !fp_fs_write_file(o->out ? o->out : "-", text, len))
		return FP_EXIT_INPUT;
	return code;
}

static int probes(const struct options *o, const char *file)
{
	struct fp_input in = o->in;
	enum fpolicy_status status;
	struct fp_loader l;

	if (o->run && !in.targets.n)
		fp_words_add(&in.targets, target_of(o->run));
	struct fpolicy *p = fp_input_open(&in, file, &l, &status);
	int code = FP_EXIT_INPUT;
	if (p && status != FPOLICY_OK)
		code = fp_cmd_finish(p, status);
	else if (p)
		code = o->run     ? run_here(p, o, file, &l.text)
		       : o->check ? check_results(p, o, file, &l.text)
				  : print_table(p, o, file, &l.text);
	fpolicy_free(p);
	fp_input_close(&l);
	return code;
}

int fp_cmd_probes(int argc, char **argv)
{
	struct options o = { 0 };
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, ":o:D:I:", long_options, NULL)) != -1)
		if (!take_option(&o, c, argv))
			return FP_EXIT_INPUT;
	if (o.help) {
		fputs(usage, stdout);
		return FP_EXIT_OK;
	}
	if (!check_options(&o, argc - optind))
		return FP_EXIT_INPUT;
	return probes(&o, argv[optind]);
}
