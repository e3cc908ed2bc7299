/* SPDX-License-Identifier: MIT */
/* A filter on all calls at once: instructions in, the function they compute out. */
#ifndef FP_VERIFY_SYMBOLIC_H
#define FP_VERIFY_SYMBOLIC_H

#include "ir/domain_diagram.h"
#include "verify/bpf.h"

/*
 * The node of the diagram, over the variables of ir/domain_calls.h, that maps every seccomp_data to
 * what the filter answers, fp_domain_leaf(fp_bpf_decision()). NULL on success; else what is not
 * modelled ("byte 24: ..."), or that a budget was spent: then nothing is known.
 */
const char *fp_bpf_diagram(struct fp_dd *d, struct fp_arena *a, const struct fp_bpf *b,
			   uint32_t *node);

#endif
