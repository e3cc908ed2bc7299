/* SPDX-License-Identifier: MIT */
/* fpolicyc fmt: policies in their one layout. */
#include "cmd/cmd.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: fpolicyc fmt [--check] FILE.policy...\n"
	"\n"
	"Lays each policy out anew, in place; - is standard input to standard output. Where lines end is\n"
	"the author's; blanks, indentation and columns are not. A file with an error is left alone.\n"
	"\n"
	"  --check  write nothing; name the files that would change\n"
	"\n"
	"exit codes: 0 done, 1 files would change, 2 usage or input, 4 internal error\n";

enum {
	OPT_CHECK = 256,
	OPT_HELP
};

static const struct option long_options[] = {
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

/* What is laid out already is not written: its time stamp stays. */
static int deliver(const char *file, bool check, const struct fp_file_data *old,
		   const struct fpolicy_text *made)
{
	bool is_same = old->len == made->len && !memcmp(old->data, made->data, made->len);
	bool to_stdout = !strcmp(file, "-");

	if (check && !is_same)
		puts(to_stdout ? "<stdin>" : file);
	if (check)
		return is_same ? FP_EXIT_OK : FP_EXIT_FINDINGS;
	if (is_same && !to_stdout)
		return FP_EXIT_OK;
	return fp_fs_write_file(file, made->data, made->len) ? FP_EXIT_OK : FP_EXIT_INPUT;
}

static int one(const char *file, bool check)
{
	struct fp_file_data old;
	struct fpolicy_text made;

	if (!fp_fs_read(file, &old))
		return FP_EXIT_INPUT;
	struct fpolicy *p = fpolicy_new(0);
	int code = fp_cmd_finish(p, fpolicy_format(p, file, old.data, old.len, &made));
	if (code == FP_EXIT_OK)
		code = deliver(file, check, &old, &made);
	fpolicy_free(p);
	free(old.data);
	return code;
}

int fp_cmd_fmt(int argc, char **argv)
{
	int c, before = 1, worst = FP_EXIT_OK;
	bool check = false;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (c == OPT_HELP) {
			fputs(usage, stdout);
			return FP_EXIT_OK;
		}
		if (c != OPT_CHECK)
			return fp_cmd_bad_option(c, before, argv, "fmt", long_options);
		check = true;
		before = optind;
	}
	if (optind == argc)
		return fp_cmd_error("no policy was given; try `fpolicyc fmt --help`");
	for (int i = optind; i < argc; i++) {
		int code = one(argv[i], check);
		worst = code > worst ? code : worst;
	}
	return worst;
}
