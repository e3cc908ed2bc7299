/* SPDX-License-Identifier: MIT */
/* fpolicyc diff: two policies in, the verdict and every change with an example out. */
#include "cmd/cmd.h"
#include "cmd/input.h"
#include "cmd/pair.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

struct options {
	struct fpolicy_question question;
	bool quiet;
};

static const char usage[] =
	"usage: fpolicyc diff OLD NEW [options]\n"
	"\n"
	"OLD and NEW are policy files, output folders, or files of a git revision:\n"
	"HEAD~1:lab.policy. Of a filter (x86_64.bpf) or a seccomp profile (profile.json,\n"
	"config.json) calls alone are compared.\n"
	"\n"
	"  --require=narrower  NEW may permit nothing that OLD does not\n"
	"  --require=same      nor less\n"
	"  --layers            also what each layer of each target permits, and all together\n"
	"  --format=json       as diff.schema.json says (else text)\n"
	"  -D NAME=VALUE       give a parameter its value, on both sides\n"
	"  -I DIR              a root for imports, of a revision a folder in it; repeatable\n"
	"  --policy=NAME       the policy to compare, where a file holds several\n"
	"  --today=DATE        compare `until` dates with DATE (else SOURCE_DATE_EPOCH, else not)\n"
	"  -q, --quiet         print errors and warnings only\n"
	"\n"
	"exit codes: 0 compared, and what is required holds; 1 it does not; 2 usage or input;\n"
	"3 undecided; 4 internal error\n";

enum {
	OPT_REQUIRE = FP_PAIR_OWN,
	OPT_FORMAT,
	OPT_LAYERS
};

static const struct option long_options[] = {
	FP_INPUT_LONG,
	{ "require", required_argument, NULL, OPT_REQUIRE },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "layers", no_argument, NULL, OPT_LAYERS },
	{ "quiet", no_argument, NULL, 'q' },
	FP_PAIR_HELP,
	{ NULL, 0, NULL, 0 },
};

static bool take_require(struct options *o, const char *word)
{
	if (!strcmp(word, "narrower"))
		o->question.require = FPOLICY_REQUIRE_NARROWER;
	else if (!strcmp(word, "same"))
		o->question.require = FPOLICY_REQUIRE_SAME;
	else
		return fp_cmd_error("--require is narrower or same, not '%s'", word), false;
	return true;
}

static bool take_option(void *own, int c, bool *ok)
{
	struct options *o = own;

	switch (c) {
	case 'q':
		o->quiet = true;
		return true;
	case OPT_REQUIRE:
		*ok = take_require(o, optarg);
		return true;
	case OPT_FORMAT:
		*ok = fp_pair_format(optarg, &o->question.format);
		return true;
	case OPT_LAYERS:
		o->question.with_layers = true;
		return true;
	default:
		return false;
	}
}

static int compare(const void *own, struct fp_pair *pair)
{
	struct fpolicy_comparison found = { 0 };
	const struct options *o = own;
	enum fpolicy_status status =
		fpolicy_diff(pair->policy[0], pair->policy[1], &o->question, &found);

	if (found.text && !o->quiet)
		fputs(found.text, stdout);
	return fp_cmd_finish(pair->policy[1], status);
}

int fp_cmd_diff(int argc, char **argv)
{
	static const struct fp_pair_command command = { "diff",       "OLD",       ":D:I:q", usage,
							long_options, take_option, compare };
	struct options o = { 0 };

	return fp_pair_main(&command, &o, argc, argv);
}
