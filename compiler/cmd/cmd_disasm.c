/* SPDX-License-Identifier: MIT */
/* fpolicyc disasm: a filter for reading. */
#include "cmd/cmd.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"usage: fpolicyc disasm FILE.bpf\n"
	"\n"
	"Prints an instruction a line: what is tested, the calls its numbers are, what is answered.\n"
	"Of DIR/TARGET/seccomp/ARCH.bpf, which fpolicyc wrote, also the rules it comes from.\n"
	"\n"
	"exit codes: 0 printed, 2 usage or input, 4 internal error\n";

enum {
	OPT_HELP = 256
};

static const struct option long_options[] = {
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

struct origin {
	char *map, *claims; /* paths, malloc'ed */
	struct fp_file_data map_text, claims_text;
	const char *artifact;
};

/* The folder of the target, if the file stands in seccomp/ of one. */
static void find_origin(const char *file, struct origin *o)
{
	static const char folder[] = "seccomp/";
	const char *slash = strrchr(file, '/');
	size_t len = slash ? (size_t)(slash + 1 - file) : 0;

	if (len < sizeof(folder) - 1 ||
	    memcmp(file + len - (sizeof(folder) - 1), folder, sizeof(folder) - 1))
		return;
	len -= sizeof(folder) - 1;
	o->artifact = file + len;
	if (asprintf(&o->map, "%.*ssrcmap.tsv", (int)len, file) < 0)
		o->map = NULL;
	if (asprintf(&o->claims, "%.*sclaims.json", (int)len, file) < 0)
		o->claims = NULL;
}

static bool read_origin(struct origin *o)
{
	if (!o->map || !o->claims || access(o->map, R_OK) || access(o->claims, R_OK))
		return true;
	return fp_fs_read(o->map, &o->map_text) && fp_fs_read(o->claims, &o->claims_text);
}

static int print(const char *file, const struct fp_file_data *code, const struct origin *o)
{
	const struct fpolicy_text filter = { file, code->data, code->len };
	const struct fpolicy_origin origin = {
		o->artifact ? o->artifact : "",
		{ o->map, o->map_text.data, o->map_text.len },
		{ o->claims, o->claims_text.data, o->claims_text.len },
	};
	struct fpolicy *p = fpolicy_new(0);
	const char *text = "";
	int result = fp_cmd_finish(p, p ? fpolicy_disassemble(p, &filter, &origin, &text)
					: FPOLICY_MEMORY);

	if (result == FP_EXIT_OK)
		fputs(text, stdout);
	fpolicy_free(p);
	return result;
}

int fp_cmd_disasm(int argc, char **argv)
{
	struct fp_file_data code = { 0 };
	struct origin o = { 0 };
	int c, before = 1, result = FP_EXIT_INPUT;

	optind = 1;
	while ((c = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (c != OPT_HELP)
			return fp_cmd_bad_option(c, before, argv, "disasm", long_options);
		fputs(usage, stdout);
		return FP_EXIT_OK;
	}
	if (argc - optind != 1)
		return fp_cmd_error("disasm takes one filter; try `fpolicyc disasm --help`");
	find_origin(argv[optind], &o);
	if (fp_fs_read(argv[optind], &code) && read_origin(&o))
		result = print(argv[optind], &code, &o);
	free(code.data);
	free(o.map);
	free(o.claims);
	free(o.map_text.data);
	free(o.claims_text.data);
	return result;
}
