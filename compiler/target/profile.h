/* SPDX-License-Identifier: MIT */
/* How often a job makes its calls: told by the user, for code that is fast where it is used. */
#ifndef FP_TARGET_PROFILE_H
#define FP_TARGET_PROFILE_H

#include "base/unit.h"

struct fp_profile {
	const uint32_t *weight; /* by call; 0 for those that the file does not name */
	uint64_t sum;           /* not 0 */
};

/*
 * A file of lines: the name of a call and a number up to 2^32 - 1, with blanks between; '#' begins
 * a comment. Only proportions count. NULL after diagnostics (FP_E_PROFILE).
 */
const struct fp_profile *fp_profile_parse(struct fp_unit *u, const char *name, const char *data,
					  size_t len);

#endif
