/* SPDX-License-Identifier: MIT */
/* Why one call, path or packet is permitted or not: rule, layers, and where in an artifact it is
 * decided. */
#ifndef FP_BUNDLE_EXPLAIN_H
#define FP_BUNDLE_EXPLAIN_H

#include "bundle/bundle.h"
#include "ir/eval.h"

/* What decides about a query on one ABI (calls), or at all. */
struct fp_verdict_of {
	struct fp_answer answer; /* of the call, or of the whole query */
	bool has_path;           /* a call that is let through and takes a path */
	struct fp_answer path;
};

struct fp_verdict_of fp_explain_ask(const struct fp_ir *ir, const struct fp_subject *s,
				    enum fp_abi abi);

/* The queries of the IR (fp_assertion.is_query), explained for people. `abi` FP_ABI_N: every open
 * one. */
void fp_explain(struct fp_unit *u, const struct fp_bundle *b, enum fp_abi abi, struct fp_buf *out);

/*
 * A C program that does what the first query says and tells what came of it; exit code 0 if that is
 * what the policy says. Calls are made by number, for the ABI that is given.
 */
void fp_explain_repro(struct fp_unit *u, const struct fp_ir *ir, enum fp_abi abi,
		      struct fp_buf *out);

#endif
