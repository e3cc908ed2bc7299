/* SPDX-License-Identifier: MIT */
/* Inside of the cgroup2 back end: files of a cgroup, lines of a systemd drop-in, and the claims. */
#ifndef FP_BACKENDS_CGROUP2_CGROUP2_H
#define FP_BACKENDS_CGROUP2_CGROUP2_H

#include "backends/backend.h"

struct fp_cg_line {
	const char *text; /* without the newline */
	FP_VEC(const struct fp_rule *) rules;
};

struct fp_cg_lines {
	FP_VEC(struct fp_cg_line) v;
};

struct fp_cg_file {
	const char *name; /* as in the cgroup: "memory.max" */
	struct fp_cg_lines lines;
};

struct fp_cg_plan {
	struct fp_arena *arena;
	const struct fp_ir *ir;
	const struct fp_target *target;
	bool has_files;  /* the target's hosts have the controllers in the unified hierarchy */
	bool has_dropin; /* the target has systemd */
	FP_VEC(struct fp_cg_file) files;
	struct fp_cg_lines dropin; /* of the section [Service] */
	struct fp_claim *claims;   /* by rule id */
};

/* Both return the line; `rule` may be NULL. Appending to a file creates it. */
struct fp_cg_line *fp_cg_file_line(struct fp_cg_plan *p, const char *file, const char *text,
				   const struct fp_rule *rule);
struct fp_cg_line *fp_cg_dropin_line(struct fp_cg_plan *p, const char *text,
				     const struct fp_rule *rule);
void fp_cg_line_rule(struct fp_cg_plan *p, struct fp_cg_line *line, const struct fp_rule *rule);

void fp_cg_claim(struct fp_cg_plan *p, const struct fp_rule *rule, enum fp_claim_kind kind,
		 const char *reason);

/* "524288000", or `unlimited` for UINT64_MAX. */
const char *fp_cg_number(struct fp_cg_plan *p, uint64_t value, const char *unlimited);

void fp_cg_lower_limits(struct fp_cg_plan *p);
void fp_cg_lower_io(struct fp_cg_plan *p);
void fp_cg_lower_devices(struct fp_cg_plan *p);

#endif
