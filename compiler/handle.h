/* SPDX-License-Identifier: MIT */
/* What a handle holds: for the files of the boundary alone. */
#ifndef FP_HANDLE_H
#define FP_HANDLE_H

#include "analysis/diff.h"
#include "analysis/lint.h"
#include "bundle/bundle.h"
#include "libfpolicy.h"

struct fpolicy {
	struct fp_unit unit;
	const char *policy, *name;   /* `name`: of what was loaded */
	struct fpolicy_text profile; /* no name: none was given */
	fpolicy_loader load;
	void *load_context;
	FP_VEC(const struct fp_target *) targets;
	const struct fp_ir *ir;
	const struct fp_call_source *calls; /* of what was loaded and is no policy */
	const struct fp_diff *diff;         /* from `diff_of`; kept, as it is asked for again */
	const struct fpolicy *diff_of;
	struct fp_bundle bundle;
	const char *open, *proved, *not_checked;
	size_t accepted, best_effort;
	struct fp_lint_findings findings;
	FP_VEC(struct fpolicy_finding) reported; /* diagnostics and findings */
	FP_VEC(const char *) lint_options;
	bool is_given;  /* a policy was: there is no second */
	bool is_done;   /* the files may be read */
	bool is_broken; /* out of memory: only free may follow */
};

/*
 * Runs the rest of the function; a jump back here is out of memory. setjmp must stand in the frame
 * that lives on, so this is a macro.
 */
#define FP_HANDLE_GUARD(p)                       \
	do {                                     \
		if (!(p) || (p)->is_broken)      \
			return FPOLICY_MEMORY;   \
		if (setjmp((p)->unit.recover)) { \
			(p)->is_broken = true;   \
			(p)->is_done = false;    \
			return FPOLICY_MEMORY;   \
		}                                \
	} while (0)

/* The source that is asked about; NULL after an error. */
struct fp_source *fp_handle_root(struct fpolicy *p, const char *name, const char *data, size_t len);

/* Artifacts and claims of what was loaded, for its targets; false after an error. */
bool fp_handle_build(struct fpolicy *p);

/* Of the targets that both have. */
void fp_handle_compare_layers(struct fp_unit *u, const struct fp_bundle *old,
			      const struct fp_bundle *new, struct fp_diff_targets *out);

/* Adds the targets that the loaded policy names, if none was set. */
void fp_handle_targets(struct fpolicy *p);

/* The outcome of what was reported so far. */
enum fpolicy_status fp_handle_status(const struct fpolicy *p);

#endif
