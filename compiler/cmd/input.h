/* SPDX-License-Identifier: MIT */
/* What every subcommand that reads a policy is given: the options that choose it and its imports.
 */
#ifndef FP_CMD_INPUT_H
#define FP_CMD_INPUT_H

#include "cmd/cmd.h"
#include "cmd/revision.h"

#define FP_OPTION_MAX 64 /* of each repeatable option; more is a mistake, not a use */
#define FP_IMPORT_MAX 64
#define FP_WORDS_MAX  (FP_OPTION_MAX + FP_IMPORT_MAX + 2)

struct fp_words {
	const char *at[FP_WORDS_MAX];
	size_t n;
};

/* An option's value; false, with a message, past FP_OPTION_MAX. */
bool fp_words_add(struct fp_words *w, const char *word);

/* -I, --target, -D, --today and --policy. */
struct fp_input {
	struct fp_words roots, targets, defines;
	const char *today, *policy;
};

/* Values of getopt_long for the long ones; a command's own begin at FP_OPT_OWN. */
enum {
	FP_OPT_TARGET = 256,
	FP_OPT_TODAY,
	FP_OPT_POLICY,
	FP_OPT_OWN
};

#define FP_INPUT_LONG                                               \
	{ "target", required_argument, NULL, FP_OPT_TARGET },       \
		{ "today", required_argument, NULL, FP_OPT_TODAY }, \
	{                                                           \
		"policy", required_argument, NULL, FP_OPT_POLICY    \
	}

/* Takes one of them. True when `c` was one; `ok` is then whether its value was. */
bool fp_input_take(struct fp_input *in, int c, bool *ok);

/* Whether a --target names a file rather than a built-in: it has a '/' or ".target". */
bool fp_input_is_target_file(const char *target);

/* One policy being read. */
struct fp_loader {
	const char *roots[FP_OPTION_MAX + 1];
	size_t n;
	struct fp_words opened; /* the imports, for a dependency file; names are malloc'ed */
	struct fp_file_data text, last;
	char *folder;
	struct fp_revision revision;
	bool is_revision; /* imports come from there */
};

/*
 * Reads `file`, and makes a handle that finds its imports below its folder and the roots, with the
 * options set; `status` tells what they came to. NULL without a file or memory, after a message.
 * Free the handle, then the loader; the loader also after NULL.
 */
struct fpolicy *fp_input_open(const struct fp_input *in, const char *file, struct fp_loader *l,
			      enum fpolicy_status *status);

/* The same of a file or of a file in a revision; `memory_limit` as fpolicy_new() takes it. */
struct fpolicy *fp_input_open_side(const struct fp_input *in, const char *word, size_t memory_limit,
				   struct fp_loader *l, enum fpolicy_status *status);
void fp_input_close(struct fp_loader *l);

#endif
