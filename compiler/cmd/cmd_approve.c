/* SPDX-License-Identifier: MIT */
/* fpolicyc approve: the text that lets a wider policy through the gate, once its owner signed it.
 */
#include "cmd/cmd.h"
#include "cmd/pair.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

struct options {
	struct fp_input in;
	const char *out, *until;
	bool help;
};

static const char usage[] =
	"usage: fpolicyc approve BASE NEW [-o NAME.approval] [options]\n"
	"\n"
	"BASE and NEW as for `fpolicyc diff`. Prints what NEW permits beyond BASE, as the owner of\n"
	"BASE signs it: ssh-keygen -Y sign -n fpolicy-approval@v1 -f KEY NAME.approval.\n"
	"\n"
	"  -o FILE        write the text there, too\n"
	"  --until=DATE   the last day on which the approval counts (else it has no end)\n"
	"  -D NAME=VALUE  give a parameter its value, on both sides\n"
	"  -I DIR         a root for imports, of a revision a folder in it; repeatable\n"
	"  --policy=NAME  the policy to judge, where a file holds several\n"
	"  --today=DATE   compare `until` dates with DATE (else SOURCE_DATE_EPOCH, else not at all)\n"
	"\n"
	"exit codes: 0 clean, 2 usage or input, 3 undecided, 4 internal error\n";

enum {
	OPT_UNTIL = FP_OPT_OWN,
	OPT_HELP
};

static const struct option long_options[] = {
	FP_INPUT_LONG,
	{ "until", required_argument, NULL, OPT_UNTIL },
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
	case OPT_UNTIL:
		o->until = optarg;
		return true;
	case OPT_HELP:
		o->help = true;
		return true;
	default:
		return fp_cmd_bad_option(c, before, argv, "approve", long_options), false;
	}
}

static int approve(const struct options *o, const struct fp_pair *pair)
{
	struct fpolicy_approval a = { 0 };
	enum fpolicy_status status =
		fpolicy_approve(pair->policy[0], pair->policy[1], o->until, &a);
	int code = fp_cmd_finish(pair->policy[1], status);

	if (code == FP_EXIT_UNDECIDED)
		fp_cmd_error("what the new policy permits is undecided: it cannot be approved");
	if (code != FP_EXIT_OK)
		return code;
	if (!a.text) {
		fputs("there is nothing to approve: the new policy is no wider\n", stderr);
		return FP_EXIT_OK;
	}
	if (o->out && strcmp(o->out, "-") && !fp_fs_write_file(o->out, a.text, a.len))
		return FP_EXIT_INPUT;
	fputs(a.text, stdout);
	fflush(stdout);
	if (o->out)
		fprintf(stderr, "to approve it, %s signs: ssh-keygen -Y sign -n %s -f KEY %s\n",
			a.owner, FPOLICY_APPROVAL_NAMESPACE, o->out);
	return FP_EXIT_OK;
}

int fp_cmd_approve(int argc, char **argv)
{
	struct options o = { 0 };
	struct fp_pair pair;
	int c, before = 1;

	optind = 1;
	while ((c = getopt_long(argc, argv, ":o:D:I:", long_options, NULL)) != -1) {
		if (!take_option(&o, c, before, argv))
			return FP_EXIT_INPUT;
		before = optind;
	}
	if (o.help) {
		fputs(usage, stdout);
		return FP_EXIT_OK;
	}
	if (argc - optind != 2)
		return fp_cmd_error("approve takes BASE and NEW; try `fpolicyc approve --help`");
	c = fp_pair_open(&pair, &o.in, argv + optind);
	if (c == FP_EXIT_OK)
		c = approve(&o, &pair);
	fp_pair_close(&pair);
	return c;
}
