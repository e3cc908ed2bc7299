/* SPDX-License-Identifier: MIT */
/* Everything a compile writes: back ends run for each target, and what they claim told three ways.
 */
#ifndef FP_BUNDLE_BUNDLE_H
#define FP_BUNDLE_BUNDLE_H

#include "backends/backend.h"

struct fp_file {
	const char *path; /* relative: "debian-12/seccomp/x86_64.bpf" */
	const char *data;
	size_t len;
};

struct fp_bundle_target {
	const struct fp_target *target;
	struct fp_emission layers[FP_LAYER_N];
	bool counts[FP_LAYER_N]; /* the target runs the layer: what it holds is held */
	/*
	 * By assertion, of a critical never: a bit for each layer that alone refuses all it
	 * describes, given what the layer's claims say it holds.
	 */
	uint8_t *stops;
};

/* What was decided from the bytes of an artifact. */
struct fp_proof {
	const char *path;
	const char *open; /* NULL: proved. Why it is NOT CHECKED; what fails is an error */
	bool is_list;     /* a runtime compiles it: proved within its claims */
};

struct fp_bundle {
	const struct fp_ir *ir;
	struct fp_bundle_target *targets; /* by name */
	size_t target_count;
	FP_VEC(struct fp_file) files;   /* sorted by path when done */
	FP_VEC(struct fp_proof) proofs; /* by path */
};

/*
 * Runs every back end on every target and gathers artifacts, claims, spec and manifest. Reports
 * rules that nobody holds, back ends that broke their promise, and what the back ends report. The
 * files are whole only if no error was reported.
 */
void fp_bundle_build(struct fp_unit *u, const struct fp_ir *ir,
		     const struct fp_target *const *targets, size_t n, struct fp_bundle *out);

/*
 * The policy as the layer alone would have it, or (FP_LAYER_N) all that count together: what is not
 * held there, exactly or more narrowly, is permitted. Claims must be made.
 */
const struct fp_ir *fp_bundle_share(struct fp_unit *u, const struct fp_ir *ir,
				    const struct fp_bundle_target *t, enum fp_layer layer);

/* ---- inside bundle/ ---- */

/* Takes the buffer's bytes. */
void fp_bundle_add(struct fp_unit *u, struct fp_bundle *b, const char *path, struct fp_buf *data);

/* The places of the names in the order of their bytes: how JSON members are told. At most 256. */
void fp_bundle_sort_names(const char *const *names, size_t n, uint8_t *order);

/* Exact or narrower, by a layer that counts; `best_effort` is what remains without required layers.
 */
bool fp_bundle_is_held(const struct fp_bundle *b, const struct fp_bundle_target *t,
		       const struct fp_rule *r, bool *only_best_effort);

/* Reports a rule that nobody holds on some target, or one that need not be accepted. */
void fp_bundle_check_held(struct fp_unit *u, const struct fp_bundle *b, const struct fp_rule *r);

/* Bytes of the text to show, at most `max`: all, or up to the end of a word. */
size_t fp_bundle_cut(const char *text, size_t max);

void fp_bundle_claims(struct fp_unit *u, struct fp_bundle *b, const struct fp_bundle_target *t);
void fp_bundle_srcmap(struct fp_unit *u, struct fp_bundle *b, const struct fp_bundle_target *t);
void fp_bundle_spec(struct fp_unit *u, struct fp_bundle *b);
void fp_bundle_manifest(struct fp_unit *u, struct fp_bundle *b);

/* Rules that on some target nobody holds, or best-effort layers only. */
size_t fp_bundle_count(const struct fp_bundle *b, bool by_best_effort);

/* "OPEN: ${job}: ...": one line; "" if every parameter has a value. */
const char *fp_bundle_open(struct fp_unit *u, const struct fp_ir *ir);

/* Decides every filter from its bytes. What is wrong or undecided is an error. */
void fp_bundle_prove(struct fp_unit *u, struct fp_bundle *b);

/* The part for lists that a runtime gives to libseccomp; `verifier` is a struct fp_verifier. */
struct fp_verifier;
void fp_bundle_prove_lists(struct fp_verifier *verifier, struct fp_bundle *b);

/* "PROVED: 3 never, 2 expect, within ..., 4 filters": one line; "" if there is nothing. */
const char *fp_bundle_proved(struct fp_unit *u, const struct fp_bundle *b);

/* "NOT CHECKED: debian-12/seccomp/seccomp.json: ...": a line each; "" if there is none. */
const char *fp_bundle_not_checked(struct fp_unit *u, const struct fp_bundle *b);

/* Fills `stops`; a critical never that fewer than two layers stop is a warning. */
void fp_bundle_depth(struct fp_unit *u, struct fp_bundle *b);

/* The targets on which fewer than two layers stop it: "debian-11, debian-12"; NULL: none. */
const char *fp_bundle_shallow(struct fp_unit *u, const struct fp_bundle *b, size_t never);

#endif
