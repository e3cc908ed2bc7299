/* SPDX-License-Identifier: MIT */
/* fpolicyc compile: policies in, folders of artifacts out. */
#include "cmd/cmd.h"
#include "cmd/depfile.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_OPTIONS 64 /* of each repeatable option; more is a mistake, not a use */

#define MAX_IMPORTS 64
#define MAX_WORDS   (MAX_OPTIONS + MAX_IMPORTS + 1)

struct words {
	const char *at[MAX_WORDS];
	size_t n;
};

struct options {
	struct words roots, targets, defines;
	const char *out, *dump, *today, *policy, *artifact, *depfile;
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
	"  --dump=PHASE       print tokens, ast, ir or plan:BACKEND and write nothing\n"
	"  -MD [-MF FILE]     also write a make dependency file (DIR.d unless FILE is given)\n"
	"  -q, --quiet        print errors and warnings only\n"
	"\n"
	"exit codes: 0 clean, 2 usage or input, 4 internal error; on any error nothing is written\n";

static bool add_word(struct words *w, const char *word)
{
	if (w->n == MAX_OPTIONS)
		return fp_cmd_error("more than %d of one option", MAX_OPTIONS), false;
	w->at[w->n++] = word;
	return true;
}

enum {
	OPT_TARGET = 256,
	OPT_DUMP,
	OPT_TODAY,
	OPT_POLICY,
	OPT_ARTIFACT,
	OPT_HELP
};

static const struct option long_options[] = {
	{ "target", required_argument, NULL, OPT_TARGET },
	{ "dump", required_argument, NULL, OPT_DUMP },
	{ "today", required_argument, NULL, OPT_TODAY },
	{ "policy", required_argument, NULL, OPT_POLICY },
	{ "artifact", required_argument, NULL, OPT_ARTIFACT },
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

static bool take_option(struct options *o, int c, int argc, char **argv)
{
	switch (c) {
	case 'o':
		o->out = optarg;
		return true;
	case 'D':
		return add_word(&o->defines, optarg);
	case 'I':
		return add_word(&o->roots, optarg);
	case 'M':
		return depend_option(o, optarg, argc, argv);
	case 'q':
		o->quiet = true;
		return true;
	case OPT_TARGET:
		return add_word(&o->targets, optarg);
	case OPT_DUMP:
		o->dump = optarg;
		return true;
	case OPT_TODAY:
		o->today = optarg;
		return true;
	case OPT_POLICY:
		o->policy = optarg;
		return true;
	case OPT_ARTIFACT:
		o->artifact = optarg;
		return true;
	case OPT_HELP:
		o->help = true;
		return true;
	case ':':
		return fp_cmd_error("%s needs a value", argv[optind - 1]), false;
	default:
		return fp_cmd_error("unknown option %s; try `fpolicyc compile --help`",
				    argv[optind - 1]),
		       false;
	}
}

static bool check_options(const struct options *o, int files)
{
	bool to_stdout = o->out && !strcmp(o->out, "-");

	if (!files)
		return fp_cmd_error("no policy was given; try `fpolicyc --help`"), false;
	if (!o->out && !o->dump)
		return fp_cmd_error("say where to write: -o DIR"), false;
	if (to_stdout && !o->artifact)
		return fp_cmd_error("-o - writes one artifact: name it with --artifact=PATH"),
		       false;
	if (o->artifact && !to_stdout)
		return fp_cmd_error("--artifact goes with -o -"), false;
	if (o->depfile && !o->depends)
		return fp_cmd_error("-MF goes with -MD"), false;
	if (o->depends && (to_stdout || o->dump))
		return fp_cmd_error("-MD goes with -o DIR"), false;
	if (files > 1 && (to_stdout || o->dump || o->policy || o->depends))
		return fp_cmd_error("-o -, --dump, --policy and -MD take one policy"), false;
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

struct loader {
	const char *const *roots;
	size_t n;
	struct words opened; /* for the dependency file; names are malloc'ed */
	struct fp_file_data last;
};

/* Takes `name` over; the one that stays, since a file may be asked for many times. NULL: too many.
 */
static const char *note_opened(struct loader *l, char *name)
{
	for (size_t i = 0; i < l->opened.n; i++)
		if (!strcmp(l->opened.at[i], name)) {
			free(name);
			return l->opened.at[i];
		}
	if (l->opened.n == MAX_IMPORTS) {
		free(name);
		return NULL;
	}
	return l->opened.at[l->opened.n++] = name;
}

static bool load(void *context, const char *name, struct fpolicy_source *out)
{
	struct loader *l = context;
	char *path = NULL;

	free(l->last.data);
	l->last = (struct fp_file_data){ 0 };
	out->why = fp_fs_read_below(l->roots, l->n, name, &l->last, &path);
	if (out->why)
		return false;
	const char *resolved = note_opened(l, path);
	if (!resolved) {
		out->why = "a policy may import 64 files";
		return false;
	}
	*out = (struct fpolicy_source){ .data = l->last.data,
					.resolved = resolved,
					.len = l->last.len };
	return true;
}

static void loader_free(struct loader *l)
{
	for (size_t i = 0; i < l->opened.n; i++)
		free((char *)(uintptr_t)l->opened.at[i]);
	free(l->last.data);
}

/* A name without '/' or ".target" is a built-in target; anything else is a file. */
static bool is_target_file(const char *target)
{
	return strchr(target, '/') || strstr(target, ".target");
}

static enum fpolicy_status add_target(struct fpolicy *p, const char *target)
{
	struct fp_file_data text;

	for (size_t i = 0; i < fpolicy_target_count(); i++)
		if (!strcmp(fpolicy_target_name(i), target))
			return fpolicy_add_target(p, target);
	if (!is_target_file(target))
		return fpolicy_add_target(p, target);
	if (!fp_fs_read(target, &text))
		return FPOLICY_INPUT;
	enum fpolicy_status status = fpolicy_add_target_text(p, target, text.data, text.len);
	free(text.data);
	return status;
}

static enum fpolicy_status define(struct fpolicy *p, const char *word)
{
	const char *eq = strchr(word, '=');
	char name[128];

	if (!eq || eq == word || (size_t)(eq - word) >= sizeof(name)) {
		fp_cmd_error("-D %s: write NAME=VALUE", word);
		return FPOLICY_INPUT;
	}
	memcpy(name, word, (size_t)(eq - word));
	name[eq - word] = '\0';
	return fpolicy_define(p, name, eq + 1);
}

/* Seconds since 1970 as a date, by the library's own calendar: the clock is never read. */
static enum fpolicy_status set_today(struct fpolicy *p, const struct options *o)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");

	if (o->today)
		return fpolicy_set_today(p, o->today);
	if (!epoch || !epoch[0])
		return FPOLICY_OK;
	return fpolicy_set_epoch(p, epoch);
}

static enum fpolicy_status configure(struct fpolicy *p, const struct options *o)
{
	enum fpolicy_status status = set_today(p, o);

	for (size_t i = 0; i < o->defines.n && status == FPOLICY_OK; i++)
		status = define(p, o->defines.at[i]);
	for (size_t i = 0; i < o->targets.n && status == FPOLICY_OK; i++)
		status = add_target(p, o->targets.at[i]);
	if (o->policy && status == FPOLICY_OK)
		status = fpolicy_set_policy(p, o->policy);
	return status;
}

static bool write_artifact(const struct fpolicy *p, const char *path)
{
	size_t len;

	for (size_t i = 0; i < fpolicy_artifact_count(p); i++)
		if (!strcmp(fpolicy_artifact_path(p, i), path)) {
			const void *data = fpolicy_artifact_data(p, i, &len);
			return fp_fs_write_file("-", data, len);
		}
	fp_cmd_error("there is no artifact '%s'; compiled were:", path);
	for (size_t i = 0; i < fpolicy_artifact_count(p); i++)
		fprintf(stderr, "  %s\n", fpolicy_artifact_path(p, i));
	return false;
}

/* The policy, what it imports, and the target files. */
static bool stage_depends(struct output *out, const struct options *o, const char *file,
			  const struct loader *l)
{
	struct words names = { 0 };

	if (strcmp(file, "-"))
		names.at[names.n++] = file;
	for (size_t i = 0; i < l->opened.n; i++)
		names.at[names.n++] = l->opened.at[i];
	for (size_t i = 0; i < o->targets.n; i++)
		if (is_target_file(o->targets.at[i]))
			names.at[names.n++] = o->targets.at[i];
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

static void tell(const struct fpolicy *p, const struct options *o, FILE *f)
{
	if (o->quiet)
		return;
	fprintf(f, "%s: %zu files in %s", fpolicy_policy_name(p), fpolicy_artifact_count(p),
		o->out);
	if (fpolicy_warning_count(p))
		fprintf(f, ", %zu warnings", fpolicy_warning_count(p));
	fprintf(f, "\n%s", fpolicy_not_checked(p));
}

static enum fpolicy_status dump(struct fpolicy *p, const struct options *o, const char *file,
				const struct fp_file_data *text)
{
	const char *out;
	size_t len;
	enum fpolicy_status status =
		fpolicy_dump(p, file, text->data, text->len, o->dump, &out, &len);

	if (status == FPOLICY_OK && !fp_fs_write_file("-", out, len))
		return FPOLICY_INPUT;
	return status;
}

/* Compiles one file; its artifacts go into the tree, or to standard output. */
static int one(const struct options *o, const char *file, struct output *out, bool several)
{
	const char *roots[MAX_OPTIONS + 1];
	struct loader l = { .roots = roots };
	struct fp_file_data text;
	char *folder = NULL;

	if (!fp_fs_read(file, &text))
		return FP_EXIT_INPUT;
	const char *slash = strrchr(file, '/');
	folder = slash ? strndup(file, slash == file ? 1 : (size_t)(slash - file)) : strdup(".");
	roots[l.n++] = folder ? folder : ".";
	for (size_t i = 0; i < o->roots.n; i++)
		roots[l.n++] = o->roots.at[i];
	struct fpolicy *p = fpolicy_new(0);
	fpolicy_set_loader(p, load, &l);
	enum fpolicy_status status = p ? configure(p, o) : FPOLICY_MEMORY;
	if (status == FPOLICY_OK)
		status = o->dump ? dump(p, o, file, &text)
				 : fpolicy_compile(p, file, text.data, text.len);
	int code = fp_cmd_finish(p, status);
	bool ok = code == FP_EXIT_OK;
	if (ok && !o->dump && o->artifact)
		ok = write_artifact(p, o->artifact);
	else if (ok && !o->dump)
		ok = add_artifacts(p, out->tree, several ? fpolicy_policy_name(p) : NULL);
	if (ok && o->depends)
		ok = stage_depends(out, o, file, &l);
	if (ok && out->tree)
		tell(p, o, out->told);
	fpolicy_free(p);
	loader_free(&l);
	free(folder);
	free(text.data);
	return ok ? FP_EXIT_OK : code ? code : FP_EXIT_INPUT;
}

/* The mark by which a later run knows the folder as an output of ours. */
static const char several_manifest[] = "{\n  \"$schema\": \"manifest.schema.json\",\n"
				       "  \"manifests\": \"*/manifest.json\"\n}\n";

static bool begin(struct output *out, const struct options *o)
{
	if (o->dump || o->artifact)
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
	int c;

	/* As the main command its own name is the program's; as `compile` it is argv[0]. */
	optind = 1;
	while ((c = getopt_long(argc, argv, ":o:D:I:M:q", long_options, NULL)) != -1)
		if (!take_option(&o, c, argc, argv))
			return FP_EXIT_INPUT;
	if (o.help) {
		fputs(usage, stdout);
		return FP_EXIT_OK;
	}
	if (!check_options(&o, argc - optind))
		return FP_EXIT_INPUT;
	return all(&o, argv + optind, argc - optind);
}
