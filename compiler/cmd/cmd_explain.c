/* SPDX-License-Identifier: MIT */
/* fpolicyc explain: why one call, path, packet or capability is permitted or not. */
#include "cmd/input.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: fpolicyc explain FILE.policy QUERY... [options]\n"
	"\n"
	"QUERY is what may stand in `test { }`: socket(AF_PACKET, SOCK_RAW, 0), write /etc/passwd,\n"
	"connect tcp to 192.0.2.1 port 443, capability net_raw. Its words may be several arguments; a\n"
	"path needs no quotes then.\n"
	"\n"
	"  --abi=ABI          only this ABI, also if it is closed; else every open one\n"
	"  --repro            print a C program that does it and tells whether the policy is right\n"
	"  -o FILE            write there; else to standard output\n"
	"  --target=T, -D NAME=VALUE, -I DIR, --policy=NAME, --today=DATE\n"
	"                     as for compile\n"
	"\n"
	"exit codes: 0 explained, 2 usage or input, 3 undecided, 4 internal error\n";

struct options {
	struct fp_input in;
	struct fpolicy_query query;
	const char *out;
	bool help;
};

enum {
	OPT_ABI = FP_OPT_OWN,
	OPT_REPRO,
	OPT_HELP
};

static const struct option long_options[] = {
	FP_INPUT_LONG,
	{ "abi", required_argument, NULL, OPT_ABI },
	{ "repro", no_argument, NULL, OPT_REPRO },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static bool take_option(struct options *o, int c, int before, char **argv)
{
	bool ok;

	if (fp_input_take(&o->in, c, &ok))
		return ok;
	switch (c) {
	case 'o':
		o->out = optarg;
		return true;
	case OPT_ABI:
		o->query.abi = optarg;
		return true;
	case OPT_REPRO:
		o->query.wants_program = true;
		return true;
	case OPT_HELP:
		o->help = true;
		return true;
	default:
		return fp_cmd_bad_option(c, before, argv, "explain", long_options), false;
	}
}

/* Words as one text; a bare path becomes a string. malloc'ed, or NULL. */
static char *joined(char **words, int n)
{
	size_t len = 0;
	char *text = NULL;
	FILE *f = open_memstream(&text, &len);

	for (int i = 0; f && i < n; i++) {
		bool is_path = words[i][0] == '/' && !strpbrk(words[i], "\"\\");
		fprintf(f, is_path ? "%s\"%s\"" : "%s%s", i ? " " : "", words[i]);
	}
	if (!f || fclose(f)) {
		free(text);
		fp_cmd_error("out of memory");
		return NULL;
	}
	return text;
}

static int explain(const struct options *o, const char *file)
{
	struct fp_loader l;
	enum fpolicy_status status;
	struct fpolicy_text text = { 0 };
	struct fpolicy *p = fp_input_open(&o->in, file, &l, &status);
	int code = FP_EXIT_INPUT;

	if (p && status == FPOLICY_OK)
		status = fpolicy_explain(p, file, l.text.data, l.text.len, &o->query, &text);
	/* Warnings are about the policy, which was not what was asked. */
	if (p)
		code = status == FPOLICY_OK ? FP_EXIT_OK : fp_cmd_finish(p, status);
	if (p && status == FPOLICY_OK &&
	    !fp_fs_write_file(o->out ? o->out : "-", text.data, text.len))
		code = FP_EXIT_INPUT;
	fpolicy_free(p);
	fp_input_close(&l);
	return code;
}

int fp_cmd_explain(int argc, char **argv)
{
	struct options o = { 0 };
	int c, before = 1;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":o:D:I:", long_options, NULL)) != -1) {
		if (!take_option(&o, c, before, argv))
			return FP_EXIT_INPUT;
		before = optind;
	}
	if (o.help) {
		fputs(usage, stdout);
		return FP_EXIT_OK;
	}
	if (argc - optind < 2)
		return fp_cmd_error(
			"a policy and a query are needed; try `fpolicyc explain --help`");
	char *query = joined(argv + optind + 1, argc - optind - 1);
	o.query.text = query;
	int code = query ? explain(&o, argv[optind]) : FP_EXIT_INPUT;
	free(query);
	return code;
}
