/* SPDX-License-Identifier: MIT */
/* What the layers of a target hold of a policy: the claims, without the back ends that made them.
 */
#ifndef FP_ANALYSIS_LAYERS_H
#define FP_ANALYSIS_LAYERS_H

#include "ir/decide.h"
#include "target/target.h"

/* As enum fp_claim_kind of backends/backend.h. */
enum fp_hold {
	FP_HOLD_EXACT,
	FP_HOLD_NARROWER,
	FP_HOLD_WIDER,
	FP_HOLD_NONE
};

struct fp_layer_view {
	bool counts; /* the target runs the layer */

	struct {
		enum fp_hold how;
		const char *reason; /* or NULL */
	} * claims;                 /* by rule id */
};

struct fp_target_view {
	const struct fp_target *target;
	struct fp_layer_view layers[FP_LAYER_N];
};

bool fp_layer_holds(const struct fp_target_view *t, enum fp_layer layer,
		    const struct fp_rule *rule);

/*
 * The layers that each alone refuse all a `never` describes: a bit per enum fp_layer. A layer is
 * asked as if the others were not there: what it does not hold is permitted. The filter of the
 * runtime and ours are one mechanism, so that for calls the runtime does not count.
 */
unsigned fp_layers_that_stop(struct fp_prover *p, const struct fp_ir *ir,
			     const struct fp_target_view *t, const struct fp_assertion *never);

/* "seccomp and apparmor", "nothing". */
const char *fp_layers_text(struct fp_arena *a, unsigned layers);

#endif
