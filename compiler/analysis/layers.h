/* SPDX-License-Identifier: MIT */
/* What the layers of a target hold of a policy: the claims, without the back ends that made them.
 */
#ifndef FP_ANALYSIS_LAYERS_H
#define FP_ANALYSIS_LAYERS_H

#include "ir/ir.h"
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
	const uint8_t *stops; /* by assertion, of a critical never: a bit per layer that stops it */
};

static inline bool fp_layer_holds(const struct fp_target_view *t, enum fp_layer layer,
				  const struct fp_rule *rule)
{
	const struct fp_layer_view *l = &t->layers[layer];

	return l->counts && (l->claims[rule->id].how == FP_HOLD_EXACT ||
			     l->claims[rule->id].how == FP_HOLD_NARROWER);
}

#endif
