/* SPDX-License-Identifier: MIT */
/* spec.json of an earlier output, back to what its policy means. */
#ifndef FP_ANALYSIS_SPEC_READ_H
#define FP_ANALYSIS_SPEC_READ_H

#include "base/unit.h"
#include "ir/ir.h"

#include <jansson.h>

/*
 * Everything but what no specification holds: bases and bounds are names (`ir` of a bound is NULL),
 * and subjects of assertions are sentences. `from_spec` of the result is set. NULL after an error
 * was reported: it is no specification, or has names that this compiler does not know.
 */
const struct fp_ir *fp_spec_read(struct fp_unit *u, const json_t *root,
				 const struct fp_source *src);

#endif
