/* SPDX-License-Identifier: MIT */
/* The plan of the OCI back end: members of config.json as (JSON pointer, value, rule), and claims.
 */
#ifndef FP_BACKENDS_OCI_OCI_H
#define FP_BACKENDS_OCI_OCI_H

#include "backends/backend.h"
#include "backends/seccomp/seccomp.h"
#include "ir/glob.h"

enum fp_oci_type {
	FP_OCI_TEXT,
	FP_OCI_NUMBER,
	FP_OCI_FLAG,
	FP_OCI_EMPTY,
	FP_OCI_NULL,
	FP_OCI_CALLS
};

/*
 * One leaf. Array elements have their index in the pointer and come in order; an EMPTY is an
 * array without elements; NULL takes a member away (patches only); CALLS is the whole list that the
 * seccomp back end made.
 */
struct fp_oci_item {
	const char *pointer;
	enum fp_oci_type type;
	const char *text;
	int64_t number;
	const struct fp_seccomp_oci *calls;
	const struct fp_rule *rule; /* NULL: the format asks for it, no rule does */
};

struct fp_oci_items {
	FP_VEC(struct fp_oci_item) list;
};

/* A place inside CALLS that comes from a rule. */
struct fp_oci_mark {
	const char *pointer;
	const struct fp_rule *rule;
};

/* A file beside config.json that replaces members of it (RFC 7396): "oci/selinux.json". */
struct fp_oci_patch {
	const char *name;
	struct fp_oci_items items;
};

struct fp_oci_plan {
	struct fp_unit *u;
	const struct fp_ir *ir;
	const struct fp_target *target;
	struct fp_oci_items items; /* of config.json; none where the target has no runtime */
	FP_VEC(struct fp_oci_mark) marks;
	FP_VEC(struct fp_oci_patch) patches;
	struct fp_claim *claims; /* by rule */
	bool needs_1_1;          /* a field of runtime-spec 1.1.0 is used */
	bool has_user_ns;
};

/* Members; the pointer is formatted. Values above INT64_MAX become INT64_MAX (JSON readers differ).
 */
void fp_oci_text(struct fp_oci_plan *p, const struct fp_rule *r, const char *value,
		 const char *pointer, ...) __attribute__((format(printf, 4, 5)));
void fp_oci_number(struct fp_oci_plan *p, const struct fp_rule *r, uint64_t value,
		   const char *pointer, ...) __attribute__((format(printf, 4, 5)));
void fp_oci_unlimited(struct fp_oci_plan *p, const struct fp_rule *r, const char *pointer);
void fp_oci_flag(struct fp_oci_plan *p, const struct fp_rule *r, bool value, const char *pointer,
		 ...) __attribute__((format(printf, 4, 5)));
void fp_oci_empty(struct fp_oci_plan *p, const struct fp_rule *r, const char *pointer);

void fp_oci_claim(struct fp_oci_plan *p, const struct fp_rule *r, enum fp_claim_kind kind,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* "needs ..." of the target's lack, never NULL. */
const char *fp_oci_why(const struct fp_oci_plan *p, enum fp_feat feat);

/* The parts; each claims the rules of its sections. */
void fp_oci_lower_process(struct fp_oci_plan *p);
void fp_oci_lower_namespaces(struct fp_oci_plan *p);
void fp_oci_lower_mounts(struct fp_oci_plan *p);
void fp_oci_lower_files(struct fp_oci_plan *p);
void fp_oci_lower_devices(struct fp_oci_plan *p);
void fp_oci_lower_limits(struct fp_oci_plan *p);
void fp_oci_lower_calls(struct fp_oci_plan *p);
void fp_oci_lower_labels(struct fp_oci_plan *p); /* after the mounts */

/* Whether identity `id` exists inside the new user namespace; true where there is none. */
bool fp_oci_is_mapped(const struct fp_oci_plan *p, bool is_group, uint32_t id);

/* Whether `path` is `dir` or lies in it; both canonical. */
bool fp_oci_is_below(const char *path, const char *dir);

/* The path a plain pattern names: an open parameter stays as ${name}, nothing is escaped. */
const char *fp_oci_glob_path(struct fp_unit *u, const struct fp_glob *g);

/* Whether the policy makes the namespace anew. */
bool fp_oci_is_new(const struct fp_oci_plan *p, enum fp_namespace ns);

void fp_oci_emit(struct fp_unit *u, const void *plan, struct fp_emission *out);
void fp_oci_dump(struct fp_unit *u, const void *plan, struct fp_buf *out);

#endif
