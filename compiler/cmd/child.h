/* SPDX-License-Identifier: MIT */
/* Another program, run without a shell: its arguments are a list, its time and output are bounded.
 */
#ifndef FP_CMD_CHILD_H
#define FP_CMD_CHILD_H

#include "cmd/cmd.h"

/* Seconds a program may take. */
#define FP_CHILD_SECONDS 5

struct fp_child {
	const char *const *argv; /* found on PATH; ends with NULL */
	int input;               /* descriptor that it reads, or -1: nothing */
	size_t limit;            /* bytes of output */
};

/*
 * Runs it; `out` gets its standard output (free data), `errors` the first line of what it says on
 * the other, or NULL for "not wanted". Returns its exit code; -1 with a reason in `why` where it
 * could not be started, was killed, or passed a bound.
 */
int fp_child_run(const struct fp_child *c, struct fp_file_data *out, char errors[256],
		 const char **why);

#endif
