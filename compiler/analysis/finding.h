/* SPDX-License-Identifier: MIT */
/* What an analysis has to tell: one sentence, its example and its places, for any formatter. */
#ifndef FP_ANALYSIS_FINDING_H
#define FP_ANALYSIS_FINDING_H

#include "base/unit.h"

enum fp_finding_severity {
	FP_FINDING_NOTE,
	FP_FINDING_WARNING,
	FP_FINDING_ERROR
};

/* A place in some source, resolved: findings may speak of two compilations. */
struct fp_finding_place {
	const char *role; /* "old", "new" */
	const char *file; /* NULL: none, the rule was not written */
	uint32_t line, column;
	const char *text; /* what stands there, in its canonical form; or NULL */
};

#define FP_FINDING_PLACES 2

struct fp_finding {
	const char *rule; /* "calls-wider": stable, by which it is counted and looked up */
	enum fp_finding_severity severity;
	const char *sentence; /* no place, no name that somebody chose */
	const char *witness;  /* a concrete example, or NULL */
	struct fp_finding_place places[FP_FINDING_PLACES];
	size_t place_count;
};

#endif
