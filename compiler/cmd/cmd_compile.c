/* SPDX-License-Identifier: MIT */
/* fpolicyc compile: policies in, folders of artifacts out. */
#include "base/diag.h"
#include "cmd/cmd.h"
#include "cmd/depfile.h"
#include "cmd/input.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
	struct fp_input in;
	const char *out, *dump, *report, *artifact, *depfile, *profile, *prove;
	bool depends, quiet, help;
};

static const char usage[] =
	"usage: fpolicyc [compile] FILE.policy... -o DIR [options]\n"
	"\n"
	"  -o DIR             write the artifacts as the content of DIR, whole or not at all;\n"
	"                     with several files, one folder a policy below it\n"
	"  -o - --artifact=P  write one artifact (debian-12/oci/config.json) to standard output\n"
	"  --target=T         a built-in target or a target file; repeatable; overrides the policy's\n"
	"  -D NAME=VALUE      give a parameter its value\n"
	"  -I DIR             a root for imports, after the folder of the policy; repeatable\n"
	"  --policy=NAME      the policy to compile, where a file holds several\n"
	"  --today=DATE       compare `until` dates with DATE (else SOURCE_DATE_EPOCH, else not at all)\n"
	"  --profile=FILE     how often calls are made: filters are fastest for those\n"
	"  --dump=PHASE       print tokens, ast, ir or plan:BACKEND and write nothing\n"
	"  --report=filter    print what filters cost, and what a kernel caches; write nothing\n"
	"  --prove=filters    leave lists that a runtime gives to libseccomp NOT CHECKED (else all)\n"
	"  -MD [-MF FILE]     also write a make dependency file (DIR.d unless FILE is given)\n"
	"  -q, --quiet        print errors and warnings only\n"
	"\n"
	"exit codes: 0 clean, 2 usage or input, 3 undecided, 4 internal error; on any error nothing\n"
	"is written\n";

enum {
	OPT_DUMP = FP_OPT_OWN,
	OPT_REPORT,
	OPT_PROFILE,
	OPT_ARTIFACT,
	OPT_PROVE,
	OPT_HELP
};

static const struct option long_options[] = {
	FP_INPUT_LONG,
	{ "dump", required_argument, NULL, OPT_DUMP },
	{ "report", required_argument, NULL, OPT_REPORT },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "artifact", required_argument, NULL, OPT_ARTIFACT },
	{ "prove", required_argument, NULL, OPT_PROVE },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

/* -MD and -MF as compilers spell them; FILE may be glued to -MF or follow it. */
static bool depend_option(struct options *o, const char *arg, int argc, char **argv)
{
	if (!strcmp(arg, "D")) {
		o->depends = true;
		return true;
	}
	if (arg[0] != 'F')
		return fp_cmd_error("unknown option -M%s", arg), false;
	o->depfile = arg[1] ? arg + 1 : optind < argc ? argv[optind++] : NULL;
	return o->depfile || (fp_cmd_error("-MF needs a value"), false);
}

static bool take_option(struct options *o, int c, int before, int argc, char **argv)
{
	bool ok;

	if (fp_input_take(&o->in, c, &ok))
		return ok;
	switch (c) {
	case 'o':
		o->out = optarg;
		return true;
	case 'M':
		return depend_option(o, optarg, argc, argv);
	case 'q':
		o->quiet = true;
		return true;
	case OPT_DUMP:
		o->dump = optarg;
		return true;
	case OPT_REPORT:
		o->report = optarg;
		return true;
	case OPT_PROFILE:
		o->profile = optarg;
		return true;
	case OPT_ARTIFACT:
		o->artifact = optarg;
		return true;
	case OPT_PROVE:
		o->prove = optarg;
		return true;
	case OPT_HELP:
		o->help = true;
		return true;
	default:
		return fp_cmd_bad_option(c, before, argv, "compile", long_options), false;
	}
}

/* Something else than artifacts, and writes nothing. */
static bool is_printing(const struct options *o)
{
	return o->dump || o->report;
}

static bool check_options(const struct options *o, int files)
{
	bool to_stdout = o->out && !strcmp(o->out, "-");

	if (!files)
		return fp_cmd_error("no policy was given; try `fpolicyc --help`"), false;
	if (o->dump && o->report)
		return fp_cmd_error("--dump and --report each print something else"), false;
	if (!o->out && !is_printing(o))
		return fp_cmd_error("say where to write: -o DIR"), false;
	if (to_stdout && !o->artifact)
		return fp_cmd_error("-o - writes one artifact: name it with --artifact=PATH"),
		       false;
	if (o->artifact && !to_stdout)
		return fp_cmd_error("--artifact goes with -o -"), false;
	if (o->depfile && !o->depends)
		return fp_cmd_error("-MF goes with -MD"), false;
	if (o->depends && (to_stdout || is_printing(o)))
		return fp_cmd_error("-MD goes with -o DIR"), false;
	if (files > 1 && (to_stdout || is_printing(o) || o->in.policy || o->depends))
		return fp_cmd_error("-o -, --dump, --report, --policy and -MD take one policy"),
		       false;
	return true;
}

/* What is ready to be shown, once everything is. */
struct output {
	struct fp_fs_tree *tree; /* NULL: nothing goes to a folder */
	struct fp_depfile depends;
	FILE *told; /* what to say on standard output then; into `text` */
	char *text;
	size_t len;
};

/* ---- one compilation ---- */

static bool write_artifact(const struct fpolicy *p, const char *path)
{
	struct fp_nearest near;
	size_t len;

	fp_nearest_init(&near, path, strlen(path));
	for (size_t i = 0; i < fpolicy_artifact_count(p); i++) {
		fp_nearest_offer(&near, fpolicy_artifact_path(p, i));
		if (!strcmp(fpolicy_artifact_path(p, i), path)) {
			const void *data = fpolicy_artifact_data(p, i, &len);
			return fp_fs_write_file("-", data, len);
		}
	}
	fp_cmd_error("there is no artifact '%s'", path);
	if (near.best)
		fprintf(stderr, "fpolicyc: help: did you mean '%s'?\n", near.best);
	fputs("fpolicyc: help: compiled were:\n", stderr);
	for (size_t i = 0; i < fpolicy_artifact_count(p); i++)
		fprintf(stderr, "  %s\n", fpolicy_artifact_path(p, i));
	return false;
}

/* The policy, what it imports, and the target files. */
static bool stage_depends(struct output *out, const struct options *o, const char *file,
			  const struct fp_loader *l)
{
	struct fp_words names = { 0 };

	if (strcmp(file, "-"))
		names.at[names.n++] = file;
	for (size_t i = 0; i < l->opened.n; i++)
		names.at[names.n++] = l->opened.at[i];
	for (size_t i = 0; i < o->in.targets.n; i++)
		if (fp_input_is_target_file(o->in.targets.at[i]))
			names.at[names.n++] = o->in.targets.at[i];
	if (o->profile)
		names.at[names.n++] = o->profile;
	return fp_depfile_begin(&out->depends, o->out, o->depfile, names.at, names.n);
}

/* ---- all of them ---- */

static bool add_artifacts(const struct fpolicy *p, struct fp_fs_tree *tree, const char *below)
{
	for (size_t i = 0; i < fpolicy_artifact_count(p); i++) {
		size_t len;
		const void *data = fpolicy_artifact_data(p, i, &len);
		if (!fp_fs_tree_add(tree, below, fpolicy_artifact_path(p, i), data, len))
			return false;
	}
	return true;
}

static void count(FILE *f, size_t n, const char *what)
{
	if (n)
		fprintf(f, ", %zu %s", n, what);
}

static void tell(const struct fpolicy *p, const struct options *o, FILE *f, bool several)
{
	const char *name = fpolicy_policy_name(p);
	size_t warnings = fpolicy_warning_count(p);

	if (o->quiet)
		return;
	fprintf(f, "%s: %zu files in %s%s%s", name, fpolicy_artifact_count(p), o->out,
		several ? "/" : "", several ? name : "");
	count(f, warnings, warnings == 1 ? "warning" : "warnings");
	count(f, fpolicy_accepted_count(p), "accepted unenforced");
	count(f, fpolicy_best_effort_count(p), "held by best effort only");
	fprintf(f, "\n%s%s%s", fpolicy_open_parameters(p), fpolicy_proved(p),
		fpolicy_not_checked(p));
}

static enum fpolicy_status print(struct fpolicy *p, const struct options *o, const char *file,
				 const struct fp_file_data *text)
{
	const char *out;
	size_t len;
	enum fpolicy_status status =
		o->dump ? fpolicy_dump(p, file, text->data, text->len, o->dump, &out, &len)
			: fpolicy_report(p, file, text->data, text->len, o->report, &out, &len);

	if (status == FPOLICY_OK && !fp_fs_write_file("-", out, len))
		return FPOLICY_INPUT;
	return status;
}

static enum fpolicy_status set_profile(struct fpolicy *p, const char *name)
{
	struct fp_file_data text;

	if (!name)
		return FPOLICY_OK;
	if (!fp_fs_read(name, &text))
		return FPOLICY_INPUT;
	enum fpolicy_status status = fpolicy_set_profile(p, name, text.data, text.len);
	free(text.data);
	return status;
}

/* Compiles one file; its artifacts go into the tree, or to standard output. */
static int one(const struct options *o, const char *file, struct output *out, bool several)
{
	struct fp_loader l;
	enum fpolicy_status status;
	struct fpolicy *p = fp_input_open(&o->in, file, &l, &status);

	if (!p) {
		fp_input_close(&l);
		return FP_EXIT_INPUT;
	}
	if (status == FPOLICY_OK && o->prove)
		status = fpolicy_set_proof(p, o->prove);
	if (status == FPOLICY_OK)
		status = set_profile(p, o->profile);
	if (status == FPOLICY_OK)
		status = is_printing(o) ? print(p, o, file, &l.text)
					: fpolicy_compile(p, file, l.text.data, l.text.len);
	int code = fp_cmd_finish(p, status);
	bool ok = code == FP_EXIT_OK;
	if (ok && !is_printing(o) && o->artifact)
		ok = write_artifact(p, o->artifact);
	else if (ok && !is_printing(o))
		ok = add_artifacts(p, out->tree, several ? fpolicy_policy_name(p) : NULL);
	if (ok && o->depends)
		ok = stage_depends(out, o, file, &l);
	if (ok && out->tree)
		tell(p, o, out->told, several);
	fpolicy_free(p);
	fp_input_close(&l);
	return ok ? FP_EXIT_OK : code ? code : FP_EXIT_INPUT;
}

/* The mark by which a later run knows the folder as an output of ours. */
static const char several_manifest[] = "{\n  \"$schema\": \"manifest.schema.json\",\n"
				       "  \"manifests\": \"*/manifest.json\"\n}\n";

static bool begin(struct output *out, const struct options *o)
{
	if (is_printing(o) || o->artifact)
		return true;
	out->told = open_memstream(&out->text, &out->len);
	if (!out->told)
		return fp_cmd_error("out of memory"), false;
	out->tree = fp_fs_tree_begin(o->out);
	return out->tree != NULL;
}

/* The folder first: a dependency file must not speak of what was never made. */
static bool commit(struct output *out)
{
	bool ok = !fflush(out->told) && fp_fs_tree_commit(out->tree);

	out->tree = NULL;
	ok = ok && fp_depfile_commit(&out->depends);
	if (ok)
		fputs(out->text, stdout);
	return ok;
}

static void output_free(struct output *out)
{
	if (out->tree)
		fp_fs_tree_abort(out->tree);
	fp_depfile_free(&out->depends);
	if (out->told)
		fclose(out->told);
	free(out->text);
}

static int all(const struct options *o, char **files, int n)
{
	struct output out = { 0 };
	int worst = begin(&out, o) ? FP_EXIT_OK : FP_EXIT_INPUT;

	for (int i = 0; i < n && (out.tree || !worst); i++) {
		int code = one(o, files[i], &out, n > 1);
		worst = code > worst ? code : worst;
	}
	if (!worst && n > 1 &&
	    !fp_fs_tree_add(out.tree, NULL, "manifest.json", several_manifest,
			    sizeof(several_manifest) - 1))
		worst = FP_EXIT_INPUT;
	if (!worst && out.tree && !commit(&out))
		worst = FP_EXIT_INPUT;
	output_free(&out);
	return worst;
}

int fp_cmd_compile(int argc, char **argv)
{
	struct options o = { 0 };
	int c, before = 1;

	/* As the main command its own name is the program's; as `compile` it is argv[0]. */
	optind = 1;
	while ((c = getopt_long(argc, argv, ":o:D:I:M:q", long_options, NULL)) != -1) {
		if (!take_option(&o, c, before, argc, argv))
			return FP_EXIT_INPUT;
		before = optind;
	}
	if (o.help) {
		fputs(usage, stdout);
		return FP_EXIT_OK;
	}
	if (!check_options(&o, argc - optind))
		return FP_EXIT_INPUT;
	return all(&o, argv + optind, argc - optind);
}
