/* SPDX-License-Identifier: MIT */
/* fpolicyc merge: a runtime's config.json and a compiled target in, the narrower config.json out.
 */
#include "cmd/cmd.h"

#include <dirent.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* oci/config.json, and a patch for the LSM and one for the filter. */
#define MAX_FRAGMENTS 3

struct options {
	const char *out, *lsm, *arch;
	bool quiet, help;
};

struct input {
	struct fp_file_data data;
	char *name; /* malloc'ed */
};

static const char usage[] =
	"usage: fpolicyc merge CONFIG.json DIR/TARGET [-o FILE] [options]\n"
	"\n"
	"Folds DIR/TARGET/oci/config.json into a runtime's own configuration, which may only become\n"
	"narrower: what cannot be narrowed is an error that names both values, and nothing is written.\n"
	"\n"
	"  -o FILE        write the result there (also over CONFIG.json); else to standard output\n"
	"  --lsm=selinux  for a host that runs SELinux in place of AppArmor\n"
	"  --arch=ARCH    also hand crun the filter itself, for machines of this architecture\n"
	"  -q, --quiet    do not tell what was left out of CONFIG.json\n"
	"\n"
	"exit codes: 0 merged, 2 usage, input or conflict, 4 internal error\n";

enum {
	OPT_LSM = 256,
	OPT_ARCH,
	OPT_HELP
};

static const struct option long_options[] = {
	{ "lsm", required_argument, NULL, OPT_LSM },
	{ "arch", required_argument, NULL, OPT_ARCH },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static bool take_option(struct options *o, int c, int before, char **argv)
{
	switch (c) {
	case 'o':
		o->out = optarg;
		return true;
	case 'q':
		o->quiet = true;
		return true;
	case OPT_LSM:
		o->lsm = optarg;
		return true;
	case OPT_ARCH:
		o->arch = optarg;
		return true;
	case OPT_HELP:
		o->help = true;
		return true;
	default:
		return fp_cmd_bad_option(c, before, argv, "merge", long_options), false;
	}
}

__attribute__((format(printf, 1, 2))) static void help(const char *format, ...)
{
	va_list ap;

	fputs("fpolicyc: help: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* A word of a file name, not a path. */
static bool is_word(const char *text)
{
	return *text && !strchr(text, '/') && *text != '.';
}

static bool check_options(const struct options *o, int words)
{
	if (words != 2) {
		fp_cmd_error("a configuration and a target's folder are needed, and nothing else");
		help("fpolicyc merge config.json OUT/TARGET, where OUT is what `fpolicyc POLICY -o "
		     "OUT` wrote");
		return false;
	}
	if (o->lsm && strcmp(o->lsm, "selinux") && strcmp(o->lsm, "apparmor"))
		return fp_cmd_error("--lsm is apparmor or selinux, not %s", o->lsm), false;
	if (o->arch && !is_word(o->arch))
		return fp_cmd_error("--arch=%s names no architecture", o->arch), false;
	return true;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/*
 * What a folder offers in place of what is not there: names between `before` and `after` below
 * which `inside` is. Returns a text with commas, malloc'ed; NULL: nothing.
 */
static char *list_names(const char *dir, const char *before, const char *after, const char *inside)
{
	struct dirent **list;
	char *out = NULL, *path, *longer;
	size_t from = strlen(before), end = strlen(after);
	int n = scandir(dir, &list, is_visible, by_bytes);

	for (int i = 0; i < n; i++) {
		const char *name = list[i]->d_name;
		size_t len = strlen(name);
		bool is_one = len > from + end && !strncmp(name, before, from) &&
			      !strcmp(name + len - end, after);

		if (is_one && asprintf(&path, "%s/%s%s", dir, name, inside) >= 0) {
			if (!access(path, R_OK) &&
			    asprintf(&longer, "%s%s%.*s", out ? out : "", out ? ", " : "",
				     (int)(len - from - end), name + from) >= 0) {
				free(out);
				out = longer;
			}
			free(path);
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return out;
}

/* The usual slips: the folder above the targets, and another machine's architecture. */
static void suggest(const char *dir, const char *name)
{
	char *oci, *names = NULL;

	if (asprintf(&oci, "%s/oci", dir) < 0)
		return;
	if (!strncmp(name, "crun-", 5) && (names = list_names(oci, "crun-", ".json", "")))
		help("--arch is one that the policy was compiled for: %s", names);
	else if ((names = list_names(dir, "", "", "/oci/config.json")))
		help("%s holds several targets: name the folder of one (%s)", dir, names);
	else
		help("the folder is one target's, as `fpolicyc POLICY -o OUT` writes it: OUT/TARGET");
	free(names);
	free(oci);
}

/* DIR/oci/NAME.json. */
static bool read_fragment(struct input *in, const char *dir, const char *name)
{
	size_t len = strlen(dir);

	while (len > 1 && dir[len - 1] == '/')
		len--;
	if (asprintf(&in->name, "%.*s/oci/%s.json", (int)len, dir, name) < 0) {
		in->name = NULL;
		return fp_cmd_error("out of memory"), false;
	}
	if (fp_fs_read(in->name, &in->data))
		return true;
	suggest(dir, name);
	return false;
}

static bool read_inputs(const struct options *o, const char *config, const char *dir,
			struct input *in, size_t *n)
{
	char filter[64];

	in[0].name = strdup(config);
	if (!in[0].name || !fp_fs_read(config, &in[0].data))
		return false;
	if (!read_fragment(&in[1], dir, "config"))
		return false;
	*n = 1;
	if (o->lsm && !strcmp(o->lsm, "selinux"))
		if (!read_fragment(&in[++*n], dir, "selinux"))
			return false;
	if (!o->arch)
		return true;
	snprintf(filter, sizeof(filter), "crun-%.48s", o->arch);
	return read_fragment(&in[++*n], dir, filter);
}

static int merge(const struct options *o, const struct input *in, size_t n)
{
	struct fpolicy_text texts[1 + MAX_FRAGMENTS];
	struct fpolicy *p = fpolicy_new(0);
	struct fpolicy_merged merged;
	enum fpolicy_status status;
	int code;

	if (!p)
		return fp_cmd_error("out of memory");
	for (size_t i = 0; i <= n; i++)
		texts[i] = (struct fpolicy_text){ in[i].name, in[i].data.data, in[i].data.len };
	status = fpolicy_merge(p, &texts[0], &texts[1], n, &merged);
	code = fp_cmd_finish(p, status);
	if (status == FPOLICY_OK) {
		for (size_t i = 0; i < merged.note_count && !o->quiet; i++)
			fprintf(stderr, "fpolicyc: note: %s\n", merged.notes[i]);
		if (!fp_fs_write_file(o->out ? o->out : "-", merged.data, merged.len))
			code = FP_EXIT_INPUT;
	}
	fpolicy_free(p);
	return code;
}

int fp_cmd_merge(int argc, char **argv)
{
	struct input in[1 + MAX_FRAGMENTS] = { 0 };
	struct options o = { 0 };
	size_t n = 0;
	int c, before = 1, code = FP_EXIT_INPUT;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":o:q", long_options, NULL)) != -1) {
		if (!take_option(&o, c, before, argv))
			return FP_EXIT_INPUT;
		before = optind;
	}
	if (o.help) {
		fputs(usage, stdout);
		return FP_EXIT_OK;
	}
	if (!check_options(&o, argc - optind))
		return FP_EXIT_INPUT;
	if (read_inputs(&o, argv[optind], argv[optind + 1], in, &n))
		code = merge(&o, in, n);
	for (size_t i = 0; i <= MAX_FRAGMENTS; i++) {
		free(in[i].data.data);
		free(in[i].name);
	}
	return code;
}
