/* SPDX-License-Identifier: MIT */
/* The meaning of a policy as text of one form, and its digest. */
#ifndef FP_IR_CANON_H
#define FP_IR_CANON_H

#include "base/digest.h"
#include "ir/domain_diagram.h"
#include "ir/ir.h"

/*
 * Order, comments, names of policies, sets and constants, versions, reasons, tests and the form of
 * the text never show. Equal meanings have equal texts where a canonical node or a set says what
 * is meant: calls, packets, capabilities, namespaces, devices and limits. Of paths the rights of
 * each pattern are added up, and two lists of patterns that mean the same are two texts; mounts
 * are told one by one. Rows of the tables are in it: another table, another digest.
 *
 * False once the budget of the diagrams is spent: the text is not whole then.
 */
bool fp_canon_print(struct fp_dd *d, const struct fp_ir *ir, struct fp_buf *out);

/* What is said of one rule beside its place, its reason and its date. */
void fp_canon_rule(const struct fp_rule *r, struct fp_buf *out);

bool fp_canon_digest(struct fp_dd *d, const struct fp_ir *ir, char out[FP_DIGEST_TEXT]);

#endif
