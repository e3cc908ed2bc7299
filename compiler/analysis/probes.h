/* SPDX-License-Identifier: MIT */
/* What a job must and must not be able to do, derived from the policy alone: docs/probes.md. */
#ifndef FP_ANALYSIS_PROBES_H
#define FP_ANALYSIS_PROBES_H

#include "base/buf.h"
#include "base/vec.h"
#include "ir/eval.h"
#include "ir/ir.h"
#include "target/target.h"

#define PROBE(id, word, args) FP_PROBE_##id,

enum fp_probe_action {
#include "analysis/probes.def"
	FP_PROBE_N
};

#undef PROBE

#define FP_PROBE_ARGS 8

/* How a refusal must look; ANY where only the refusal counts. */
enum fp_probe_how {
	FP_HOW_ANY,
	FP_HOW_ERRNO, /* data: 1..4095 */
	FP_HOW_KILL,
	FP_HOW_KILL_THREAD,
	FP_HOW_TRAP /* data: what the SIGSYS handler reads */
};

struct fp_probe_outcome {
	bool succeeds;
	enum fp_probe_how how;
	uint16_t data;
};

struct fp_probe {
	uint8_t layers;             /* bit per enum fp_layer that could hold it */
	const struct fp_rule *rule; /* made for; NULL: an assertion */
	const struct fp_rule *by;   /* decides; NULL: nothing written */
	const struct fp_rule *also; /* what success or refusal rests on besides; or NULL */
	struct fp_probe_outcome expect;
	const char *why;
	enum fp_probe_action action;
	const char *args[FP_PROBE_ARGS];
};

/* A rule, or a thing, that no probe speaks of. */
struct fp_unprobed {
	const struct fp_rule *rule; /* or NULL */
	const char *reason;
};

/* Probes under way; `at` is in the order in which they can be run when made. */
struct fp_probes {
	struct fp_unit *u;
	const struct fp_ir *ir;
	const struct fp_target *target;
	uint16_t kernel; /* the target's FP_SINCE */
	FP_VEC(struct fp_probe) at;
	FP_VEC(struct fp_unprobed) unprobed;
};

const char *fp_probe_word(enum fp_probe_action action);
size_t fp_probe_arg_count(enum fp_probe_action action);

/* What waits for the value of an open parameter has no probe, and is listed as such. */
void fp_probes_make(struct fp_unit *u, const struct fp_ir *ir, const struct fp_target *target,
		    struct fp_probes *out);
void fp_probes_print(const struct fp_probes *p, struct fp_buf *out);

/*
 * Compares what a run saw with the claims of the bundle. Texts are what `probe` printed and
 * claims.json; `baseline` (NULL: none) is a run without any policy. Writes one line a finding and
 * `measured:`; returns the number of findings. Reports FP_E_USAGE for a text it cannot read.
 */
struct fp_probe_texts {
	const char *table, *results, *claims, *baseline;
};

size_t fp_probes_check(struct fp_unit *u, const struct fp_probe_texts *texts, struct fp_buf *out);

/* ---- inside analysis/ ---- */

/* Adds a probe; `args` as many as the action has. The same again for the same rule is left out. */
void fp_probes_add(struct fp_probes *p, const struct fp_probe *probe);
void fp_probes_skip(struct fp_probes *p, const struct fp_rule *rule, const char *reason);
struct fp_probe_outcome fp_probe_outcome_of(bool succeeds);

void fp_probes_calls(struct fp_probes *p);
void fp_probes_call_subject(struct fp_probes *p, const struct fp_assertion *a);
void fp_probes_files(struct fp_probes *p);
void fp_probes_path_subject(struct fp_probes *p, const struct fp_assertion *a);
void fp_probes_mounts(struct fp_probes *p);
void fp_probes_process(struct fp_probes *p);
void fp_probes_net(struct fp_probes *p);
void fp_probes_sockets(struct fp_probes *p);
void fp_probes_net_subject(struct fp_probes *p, const struct fp_assertion *a);
void fp_probes_devices(struct fp_probes *p);
void fp_probes_limits(struct fp_probes *p);

/*
 * The shortest path that a pattern matches, `letter` wherever a byte is free; deterministic. Then
 * paths near it, the nearest first, that may or may not match. NULL past the last.
 */
const char *fp_glob_member(struct fp_arena *a, const struct fp_glob *g, char letter);
const char *fp_glob_near(struct fp_arena *a, const char *path, size_t n);

/* One right on one path, decided by the IR. */
void fp_probes_right(struct fp_probes *p, const struct fp_rule *rule, const char *path,
		     uint16_t right, const char *why);
const char *fp_right_word(uint16_t bit);

/* A path where the job may make a file and write it, or NULL. */
const char *fp_probes_scratch(struct fp_probes *p);

#endif
