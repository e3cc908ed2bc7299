/* SPDX-License-Identifier: MIT */
/* The filter's meaning as OCI linux.seccomp, for the back end that writes runtime configurations.
 */
#ifndef FP_BACKENDS_SECCOMP_SECCOMP_H
#define FP_BACKENDS_SECCOMP_SECCOMP_H

#include "backends/backend.h"
#include "base/json.h"

struct fp_seccomp_entry { /* /syscalls/<index> says part of what the rule says */
	uint32_t index;
	uint32_t rule;
};

struct fp_seccomp_oci {
	const struct fp_scmp *list; /* see fp_seccomp_oci_tell() */
	uint32_t rules;             /* in the list */
	size_t insns_max;           /* that libseccomp makes of it, from above */
	/*
	 * By rule id: what a runtime that compiles the list with libseccomp enforces; a runtime
	 * that takes the blob enforces what the seccomp layer claims. Reasons live in the arena.
	 */
	const struct fp_claim *claims;
	FP_VEC(struct fp_seccomp_entry) entries; /* by index, then rule */
};

/* The members of linux.seccomp, into the object that is open. */
void fp_seccomp_oci_tell(const struct fp_seccomp_oci *oci, struct fp_json *j);

/* How many instructions the filters run, and which calls a kernel lets through without them. */
void fp_seccomp_report(struct fp_unit *u, const struct fp_ir *ir, const struct fp_target *t,
		       struct fp_buf *out);

const struct fp_seccomp_oci *fp_seccomp_oci(struct fp_unit *u, const struct fp_ir *ir,
					    const struct fp_target *t);

#endif
