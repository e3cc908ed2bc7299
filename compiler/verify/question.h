/* SPDX-License-Identifier: MIT */
/* Filters of anybody against a policy: code, profiles, and stacks of both. */
#ifndef FP_VERIFY_QUESTION_H
#define FP_VERIFY_QUESTION_H

#include "target/target.h"
#include "verify/verify.h"

struct fp_foreign { /* a file as it was read: code, or JSON for a runtime */
	const char *name, *data;
	size_t len;
};

enum fp_wanted {
	FP_WANTED_SAME,     /* the same decision for every call */
	FP_WANTED_NARROWER, /* no call goes farther than the policy lets it */
	FP_WANTED_WIDER     /* no call goes less far */
};

struct fp_question {
	const struct fp_ir *ir;
	const struct fp_target *target;
	enum fp_arch arch;
	enum fp_wanted wanted;
	const struct fp_foreign *filters; /* all are installed, in this order: the strictest wins */
	size_t n;
};

/*
 * Tells the answer as text. FP_HOLDS, FP_FAILS or FP_UNDECIDED; FP_NOT_CHECKED after a diagnostic:
 * a file is no filter.
 */
enum fp_outcome fp_verify_question(struct fp_unit *u, const struct fp_question *q,
				   struct fp_buf *out);

#endif
