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

/* --format: text or json. False after a message. */
bool fp_pair_format(const char *word, enum fpolicy_format *out);

#endif
