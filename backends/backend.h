/* SPDX-License-Identifier: MIT */
/* What a back end is: one struct; sealed meaning and target in, named bytes, claims and a source
 * map out. */
#ifndef FP_BACKENDS_BACKEND_H
#define FP_BACKENDS_BACKEND_H

#include "base/unit.h"
#include "ir/ir.h"
#include "target/target.h"

/*
 * A claim compares what the layer enforces on the target with what the rule says:
 * EXACT the same; NARROWER less is permitted than the rule says; WIDER more is permitted;
 * NONE the layer does nothing about the rule. WIDER and NONE carry a reason for the reader
 * ("needs Linux 5.14", "AppArmor rules name no ports"); the others may. Never claim EXACT for
 * what was not emitted. A deny rule is EXACT when just what it denies is denied.
 */
enum fp_claim_kind {
	FP_CLAIM_EXACT,
	FP_CLAIM_NARROWER,
	FP_CLAIM_WIDER,
	FP_CLAIM_NONE
};

extern const char *const fp_claim_names[]; /* "exact", "narrower", "wider", "none" */

struct fp_claim {
	enum fp_claim_kind kind;
	const char *reason; /* or NULL; lives in the arena or is constant */
	const char *help;   /* what a policy can say to have the rule held, or NULL; likewise */
};

/* Bytes begin..end of the artifact (text, binary), or the JSON pointer, come from the rule. */
struct fp_map {
	uint32_t begin, end;
	const char *pointer; /* JSON artifacts: "/linux/seccomp/syscalls/3"; else NULL */
	uint32_t rule;       /* fp_rule.id */
};

struct fp_artifact {
	const char *name; /* below out/<target>/: "seccomp/x86_64.bpf" */
	const char *data;
	size_t len;
	bool is_binary; /* then the next artifact is its readable twin, named "<name>.txt" */
	FP_VEC(struct fp_map) map;
};

struct fp_emission {
	struct fp_unit *unit;
	const struct fp_ir *ir;
	const struct fp_target *target;
	struct fp_claim *claims; /* one a rule, by id */
	bool *is_claimed;
	FP_VEC(struct fp_artifact *) artifacts;
};

struct fp_backend {
	const char *name, *summary;
	enum fp_layer layer;
	const enum fp_feat *features; /* the target features it may ask for; ends with FP_FEAT_N */
	/* Decides. The plan is the back end's own type, in the unit's arena. May report
	 * diagnostics. */
	const void *(*lower)(struct fp_unit *u, const struct fp_ir *ir, const struct fp_target *t);
	/* Prints artifacts and claims every rule of the IR exactly once. */
	void (*emit)(struct fp_unit *u, const void *plan, struct fp_emission *out);
	/* --dump=plan:NAME */
	void (*dump)(struct fp_unit *u, const void *plan, struct fp_buf *out);
};

/* The rows of backends.def, in the order of enum fp_layer; NULL past the last. */
const struct fp_backend *fp_backend_at(size_t n);
const struct fp_backend *fp_backend_find(const char *name);

/* Takes the buffer's bytes: write no more to it. Add map entries to what it returns. */
struct fp_artifact *fp_emit_file(struct fp_emission *e, const char *name, struct fp_buf *data,
				 bool is_binary);

void fp_emit_map(struct fp_emission *e, struct fp_artifact *a, uint32_t begin, uint32_t end,
		 const struct fp_rule *rule);
void fp_emit_pointer(struct fp_emission *e, struct fp_artifact *a, const char *pointer,
		     const struct fp_rule *rule);

/* `format` NULL: no reason. Claiming a rule twice, or not at all, is an internal error the driver
 * reports. */
void fp_emit_claim(struct fp_emission *e, const struct fp_rule *rule, enum fp_claim_kind kind,
		   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* For a claim that was made and may not be enough. */
void fp_emit_help(struct fp_emission *e, const struct fp_rule *rule, const char *help);

#endif
