/* SPDX-License-Identifier: MIT */
/* Two sides of a comparison, read alike. */
#ifndef FP_CMD_PAIR_H
#define FP_CMD_PAIR_H

#include "cmd/input.h"

struct fp_pair {
	struct fpolicy *policy[2]; /* old, new */
	struct fp_loader loader[2];
	char *spec[2]; /* of an output folder; or NULL */
};

/* Loads both, and prints what is wrong with either. The exit code; close it whatever that is. */
int fp_pair_open(struct fp_pair *p, const struct fp_input *in, char **words);
void fp_pair_close(struct fp_pair *p);

/* A subcommand that takes two sides: its words, and what it does with them. */
struct fp_pair_command {
	const char *name, *first, *letters, *usage; /* `first`: what the old side is called */
	const struct option *options;               /* FP_INPUT_LONG, FP_PAIR_HELP, its own */
	bool (*take)(void *own, int c, bool *ok);   /* as fp_input_take() */
	int (*run)(const void *own, struct fp_pair *pair);
};

/* Values of a command's own options begin at FP_PAIR_OWN. */
enum {
	FP_PAIR_OPT_HELP = FP_OPT_OWN,
	FP_PAIR_OWN
};

#define FP_PAIR_HELP                                        \
	{                                                   \
		"help", no_argument, NULL, FP_PAIR_OPT_HELP \
	}

int fp_pair_main(const struct fp_pair_command *command, void *own, int argc, char **argv);

/* --format: text or json. False after a message. */
bool fp_pair_format(const char *word, enum fpolicy_format *out);

#endif
