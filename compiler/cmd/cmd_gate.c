/* SPDX-License-Identifier: MIT */
/* fpolicyc gate: a new policy passes if it is no wider, or if the base's owner signed just that. */
#include "cmd/cmd.h"
#include "cmd/pair.h"
#include "cmd/sshsig.h"

#include <dirent.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define APPROVAL_MAX  ((size_t)8 << 20)  /* bytes of an approval */
#define SIGNATURE_MAX ((size_t)64 << 10) /* bytes of a signature */
#define SIGNERS_MAX   ((size_t)8 << 20)  /* bytes of the file of signers */
#define SUFFIX        ".approval"

struct options {
	const char *signatures, *signers;
	bool quiet;
};

static const char usage[] =
	"usage: fpolicyc gate BASE NEW [options]\n"
	"\n"
	"BASE and NEW as for `fpolicyc diff`. NEW passes if it permits nothing that BASE does not,\n"
	"or if the owner of BASE signed exactly what it permits beyond: `fpolicyc approve` writes\n"
	"the text, NAME.approval, and ssh-keygen -Y sign -n fpolicy-approval@v1 the signature,\n"
	"NAME.approval.sig.\n"
	"\n"
	"  --signatures=DIR        where approvals and their signatures are\n"
	"  --allowed-signers=FILE  whose keys they are, as ssh-keygen(1) says\n"
	"  -D NAME=VALUE           give a parameter its value, on both sides\n"
	"  -I DIR                  a root for imports, of a revision a folder in it; repeatable\n"
	"  --policy=NAME           the policy to judge, where a file holds several\n"
	"  --today=DATE            the day for `until` and for the validity of keys\n"
	"  -q, --quiet             print errors and warnings only\n"
	"\n"
	"exit codes: 0 it passes; 1 it does not; 2 usage or input; 3 undecided; 4 internal error\n";

enum {
	OPT_SIGNATURES = FP_PAIR_OWN,
	OPT_SIGNERS
};

static const struct option long_options[] = {
	FP_INPUT_LONG,
	{ "signatures", required_argument, NULL, OPT_SIGNATURES },
	{ "allowed-signers", required_argument, NULL, OPT_SIGNERS },
	{ "quiet", no_argument, NULL, 'q' },
	FP_PAIR_HELP,
	{ NULL, 0, NULL, 0 },
};

static bool take_option(void *own, int c, bool *ok)
{
	struct options *o = own;

	(void)ok;
	switch (c) {
	case 'q':
		o->quiet = true;
		return true;
	case OPT_SIGNATURES:
		o->signatures = optarg;
		return true;
	case OPT_SIGNERS:
		o->signers = optarg;
		return true;
	default:
		return false;
	}
}

/* ---- one approval ---- */

struct gate {
	const struct options *o;
	struct fp_pair *pair;
	struct fp_file_data signers;
	char today[11]; /* YYYY-MM-DD; "": nobody said */
	const char *owner;
};

/* The date on its line of the head, before the first empty one: "" without; false: no date. */
static bool read_until(const char *text, char until[11])
{
	const char *end = strstr(text, "\n\n"), *at = strstr(text, "\nuntil: ");

	until[0] = '\0';
	if (!at || (end && at > end))
		return true;
	at += strlen("\nuntil: ");
	if (strcspn(at, "\n") != 10)
		return false;
	memcpy(until, at, 10);
	until[10] = '\0';
	return true;
}

/* Whether the text is that of the change at hand, and still counts. */
static const char *check_text(const struct gate *g, const struct fp_file_data *text)
{
	struct fpolicy_approval want = { 0 };
	char until[11];

	if (strlen(text->data) != text->len || !read_until(text->data, until))
		return "it is no approval";
	if (fpolicy_approve(g->pair->policy[0], g->pair->policy[1], until[0] ? until : NULL,
			    &want) != FPOLICY_OK)
		return "it is no approval";
	if (!want.text || want.len != text->len || memcmp(want.text, text->data, text->len))
		return "it is of another change, or of another owner";
	if (want.needs_today)
		return "it has an end: say --today";
	return want.has_ended ? "its end is past" : NULL;
}

static const char *check_file(const struct gate *g, const char *name, char why[256])
{
	struct fp_file_data text = { 0 }, signature = { 0 };
	char *sig = NULL;

	const char *reason = fp_fs_read_plain(g->o->signatures, name, APPROVAL_MAX, &text);
	reason = reason ? reason : check_text(g, &text);
	if (!reason && asprintf(&sig, "%s.sig", name) < 0)
		reason = "out of memory";
	if (!reason && fp_fs_read_plain(g->o->signatures, sig, SIGNATURE_MAX, &signature))
		reason = "there is no signature beside it that can be read";
	if (!reason)
		reason = fp_sshsig_verify(&g->signers, g->owner, FPOLICY_APPROVAL_NAMESPACE,
					  &signature, &text, g->today[0] ? g->today : NULL, why);
	free(text.data);
	free(signature.data);
	free(sig);
	return reason;
}

/* ---- all of them ---- */

static int is_approval(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > strlen(SUFFIX) && !strcmp(d->d_name + n - strlen(SUFFIX), SUFFIX);
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int look(struct gate *g)
{
	struct dirent **names = NULL;
	char why[256] = "";
	bool found = false;
	int n = scandir(g->o->signatures, &names, is_approval, by_bytes);

	if (n < 0)
		return fp_cmd_error("%s: cannot be listed", g->o->signatures);
	for (int i = 0; i < n; i++) {
		const char *reason = found ? NULL : check_file(g, names[i]->d_name, why);
		if (reason)
			fprintf(stderr, "fpolicyc: %s/%s does not count: %s\n", g->o->signatures,
				names[i]->d_name, reason);
		else if (!found && !g->o->quiet)
			printf("approved by %s: %s/%s\n", g->owner, g->o->signatures,
			       names[i]->d_name);
		found |= !reason;
		free(names[i]);
	}
	free(names);
	if (found)
		return FP_EXIT_OK;
	fp_cmd_error("the new policy is wider, and %s has not approved it", g->owner);
	return FP_EXIT_FINDINGS;
}

static int ask_owner(struct gate *g)
{
	const char *why;

	if (!g->o->signatures) {
		fp_cmd_error("the new policy is wider: %s must approve it (`fpolicyc approve`)",
			     g->owner);
		return FP_EXIT_FINDINGS;
	}
	const char *slash = strrchr(g->o->signers, '/');
	char *dir =
		slash ? strndup(g->o->signers, (size_t)(slash - g->o->signers) + 1) : strdup(".");
	why = dir ? fp_fs_read_plain(dir, slash ? slash + 1 : g->o->signers, SIGNERS_MAX,
				     &g->signers)
		  : "out of memory";
	free(dir);
	if (why)
		return fp_cmd_error("%s: %s", g->o->signers, why);
	return look(g);
}

static int judge(const void *own, struct fp_pair *pair)
{
	const struct options *o = own;
	struct gate g = { .o = o, .pair = pair };
	const struct fpolicy_question question = { .require = FPOLICY_REQUIRE_NARROWER };
	struct fpolicy_comparison found = { 0 };
	struct fpolicy_approval want = { 0 };

	if (!o->signatures != !o->signers)
		return fp_cmd_error("--signatures and --allowed-signers go together");
	enum fpolicy_status status = fpolicy_approve(pair->policy[0], pair->policy[1], NULL, &want);
	if (status != FPOLICY_OK && status != FPOLICY_UNDECIDED)
		return fp_cmd_finish(pair->policy[1], status);
	g.owner = want.owner;
	status = fpolicy_diff(pair->policy[0], pair->policy[1], &question, &found);

	if (found.text && !o->quiet)
		fputs(found.text, stdout);
	fflush(stdout); /* the reasons come after */
	if (status != FPOLICY_FINDINGS)
		return fp_cmd_finish(pair->policy[1], status);
	fpolicy_today(pair->policy[1], g.today);
	int code = ask_owner(&g);
	free(g.signers.data);
	return code;
}

int fp_cmd_gate(int argc, char **argv)
{
	static const struct fp_pair_command command = { "gate",       "BASE",      ":D:I:q", usage,
							long_options, take_option, judge };
	struct options o = { 0 };

	return fp_pair_main(&command, &o, argc, argv);
}
