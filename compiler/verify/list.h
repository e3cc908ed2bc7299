/* SPDX-License-Identifier: MIT */
/* Filters that a runtime compiles itself: OCI linux.seccomp and Docker's form of it, read. */
#ifndef FP_VERIFY_PROFILE_H
#define FP_VERIFY_PROFILE_H

#include "base/json.h"
#include "target/target.h"
#include "verify/verify.h"

/* Operators as libseccomp numbers them: enum scmp_compare, seccomp_rule_add(3). */
enum fp_list_op {
	FP_LIST_NE = 1,
	FP_LIST_LT,
	FP_LIST_LE,
	FP_LIST_EQ,
	FP_LIST_GE,
	FP_LIST_GT,
	FP_LIST_MASKED_EQ
};

/* Laid out as struct scmp_arg_cmp: libseccomp is given it as it is. */
struct fp_list_arg {
	uint32_t index, op; /* 0..5; enum fp_list_op */
	uint64_t value, value_two;
};

struct fp_list_rule {
	uint32_t action; /* SECCOMP_RET_*, with its data */
	const char *const *names;
	size_t name_count;
	const struct fp_list_arg *args;
	size_t arg_count;
};

struct fp_list {
	uint32_t default_action;
	bool has_default_errno;
	uint8_t abis; /* bit per ABI: listed, besides the machine's own */
	FP_VEC(struct fp_list_rule) rules;
	size_t call_count; /* names of all rules */
};

#define FP_LIST_SIZE_MAX ((size_t)16 << 20)
#define FP_LIST_DEPTH    16u
#define FP_LIST_CALLS    100000u

/* What Docker's form depends on. */
struct fp_list_host {
	enum fp_arch arch;
	uint16_t kernel;
	uint64_t caps;
};

/*
 * The JSON text of a profile: linux.seccomp itself, a config.json with it, or Docker's form. NULL
 * on success; else why a runtime would refuse it, with the place. `u` owns what is returned.
 */
const char *fp_list_parse(struct fp_unit *u, const char *text, size_t len, json_t **root);
const char *fp_list_read(struct fp_unit *u, json_t *root, const struct fp_list_host *host,
			 struct fp_list *out);

/* ---- what libseccomp makes of it ---- */

struct fp_list_job {
	const struct fp_list *list;
	enum fp_arch arch;
	/* out: */
	const void *code;
	size_t len;
	const char *why; /* not NULL: there is no code */
};

/*
 * Compiles each as runtimes do, by the libseccomp that this is built with, in one child process
 * that is held to time and memory.
 */
void fp_list_compile(struct fp_unit *u, struct fp_list_job *jobs, size_t n);

const char *fp_list_compiler(struct fp_unit *u); /* "libseccomp 2.5.4" */

/* Names that the built-in libseccomp does not know, in a list of their own under other names. */
struct fp_stand_in {
	const struct fp_sysdef *sys, *by;
};

struct fp_stand_ins {
	FP_VEC(struct fp_stand_in) names;
	struct fp_list list;
};

void fp_list_stand_in(struct fp_unit *u, const struct fp_list *p, enum fp_arch arch,
		      struct fp_stand_ins *out);

/* The diagrams of what libseccomp made of both. */
struct fp_compiled {
	uint32_t list, stand_ins;
};

/* What the runtime loads: `c` by the names that its own libseccomp knows. */
uint32_t fp_list_settle(struct fp_verifier *v, const struct fp_list *p, enum fp_arch arch,
			const struct fp_stand_ins *s, const struct fp_target_runtime *rt,
			struct fp_compiled c);

/*
 * runc answers ENOSYS above the largest number that the profile lists for an ABI, unless the
 * default action does or lets calls through (libcontainer/seccomp/patchbpf). `compiled` is the
 * diagram of what libseccomp made.
 */
uint32_t fp_list_prologue(struct fp_verifier *v, const struct fp_list *p, enum fp_arch arch,
			  const struct fp_target_runtime *rt, uint32_t compiled);

#endif
