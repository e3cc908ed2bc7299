/* SPDX-License-Identifier: MIT */
/* The OCI form in the making: what is listed, how it is written, what is claimed for it. */
#ifndef FP_BACKENDS_SECCOMP_OCI_H
#define FP_BACKENDS_SECCOMP_OCI_H

#include "backends/seccomp/cubes.h"
#include "backends/seccomp/plan.h"

/* One rule for libseccomp: a call and a cube, or a call whatever its arguments. */
struct fp_scmp_entry {
	struct fp_decision decision;
	const struct fp_cube *cube; /* NULL: always */
	const struct fp_sysdef *sys;
	bool is_first; /* must be given to libseccomp before the rest */
};

/* What became of a call: reasons, or NULL where the list says what the rules say. */
struct fp_scmp_verdict {
	const char *narrower, *wider;
	enum fp_action caught; /* the loosest answer that meets other calls than were meant */
};

struct fp_scmp {
	struct fp_call_context *c;
	struct fp_unit *u;
	const struct fp_ir *ir;
	const struct fp_target *target;
	struct fp_decision rest; /* the default action */
	bool is_short;           /* error numbers gave way to the length of the list */
	size_t cubes_max;        /* rules that one call may take */
	FP_VEC(struct fp_scmp_entry) entries;
	struct fp_scmp_verdict *verdicts; /* by call */
	int32_t last[FP_ABI_N];           /* above it runc answers ENOSYS; INT32_MAX: nowhere */
	struct fp_claim *claims;          /* by rule */
	struct fp_seccomp_oci *result;
};

#define FP_SCMP_CLOSED "socketcall and ipc are closed: libseccomp drops conditions there"

/* Whether a runtime of the target ends the process where a rule says so; else the thread. */
bool fp_scmp_has_kill(const struct fp_scmp *o);

/* What a runtime of the target makes of a rule's decision. */
struct fp_decision fp_scmp_said(const struct fp_scmp *o, struct fp_decision d);

/* Whether every runtime takes it as the default action. */
bool fp_scmp_is_default_sayable(const struct fp_scmp *o, struct fp_decision d);

/* Whether the list has one rule for the multiplexer in place of one for each selector. */
bool fp_scmp_is_closed(const struct fp_scmp *o, const struct fp_sysdef *mux);

/* Entries that compare equal are one rule. */
int fp_scmp_compare(const struct fp_scmp_entry *a, const struct fp_scmp_entry *b);

/* Sorts the entries; fills result->rules and result->entries. */
void fp_scmp_map(struct fp_scmp *o);

/* Fills result->claims. */
void fp_scmp_claim(struct fp_scmp *o);

#endif
