/* SPDX-License-Identifier: MIT */
/* fpolicyc approve: the text that lets a wider policy through the gate, once its owner signed it.
 */
#include "cmd/cmd.h"
#include "cmd/pair.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

struct options {
	const char *out, *until;
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
	OPT_UNTIL = FP_PAIR_OWN
};

static const struct option long_options[] = {
	FP_INPUT_LONG,
	{ "until", required_argument, NULL, OPT_UNTIL },
	FP_PAIR_HELP,
	{ NULL, 0, NULL, 0 },
};

static bool take_option(void *own, int c, bool *ok)
{
	struct options *o = own;

	(void)ok;
	if (c == 'o')
		o->out = optarg;
	else if (c == OPT_UNTIL)
		o->until = optarg;
	return c == 'o' || c == OPT_UNTIL;
}

static int approve(const void *own, struct fp_pair *pair)
{
	const struct options *o = own;
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
	static const struct fp_pair_command command = { "approve",    "BASE",      ":o:D:I:", usage,
							long_options, take_option, approve };
	struct options o = { 0 };

	return fp_pair_main(&command, &o, argc, argv);
}
