/* SPDX-License-Identifier: MIT */
/* What a place of execution can do: kernel, LSMs, container runtimes, systemd, as rows with a
 * source. */
#ifndef FP_TARGET_TARGET_H
#define FP_TARGET_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target/tables.h"

struct fp_unit;

/* A version as far as it orders; `text` keeps the rest ("1.0.0-rc93"). */
struct fp_version {
	uint16_t major, minor, patch;
	const char *text;
};

enum fp_feat {
#define FEAT(name, scope, key, what, needs) FP_FEAT_##name,
#include "target/features.def"
#undef FEAT
	FP_FEAT_N
};

/* HOST: one answer per target. RUNTIME: one answer per container runtime of it. */
enum fp_feat_scope {
	FP_FEAT_SCOPE_HOST,
	FP_FEAT_SCOPE_RUNTIME
};

struct fp_feat_def {
	const char *key;   /* as in target files: "cgroup.kill", "oci.rro" */
	const char *what;  /* noun phrase: "rro and the other recursive mount options" */
	const char *needs; /* "Linux 5.14" */
	enum fp_feat_scope scope;
};

const struct fp_feat_def *fp_feat(enum fp_feat feat);

/*
 * What happens when the feature is used on the target. Only YES counts as having it. The others
 * differ in how they fail: REFUSED fails closed (the runtime, parser or kernel reports an error),
 * IGNORED fails open (accepted, without effect), OPPOSITE does the contrary of what was asked,
 * NO says only that it is not there.
 */
enum fp_effect {
	FP_EFFECT_YES,
	FP_EFFECT_NO,
	FP_EFFECT_IGNORED,
	FP_EFFECT_REFUSED,
	FP_EFFECT_OPPOSITE,
	FP_EFFECT_N
};

const char *fp_effect_name(enum fp_effect effect); /* as in target files: "yes", "ignored" */

/* The one that does more harm: YES, REFUSED, NO, IGNORED, OPPOSITE. */
enum fp_effect fp_effect_worst(enum fp_effect a, enum fp_effect b);

/* A line of a target file. Text is NUL-terminated and lives as long as the unit. */
struct fp_target_row {
	const char *key, *value, *source;
	uint32_t line; /* 1-based */
};

struct fp_target_runtime {
	const char *name; /* "runc" or "crun" */
	struct fp_version version;
	/* Compiles its filters. The release whose numbers of calls it has: distributions add some.
	 */
	struct fp_version libseccomp;
	/* The newest ociVersion it accepts, or NULL where it accepts any (FP_FEAT_OCI_VERSION_ANY).
	 */
	const char *oci_version_max;
	/* YES for HOST features: they are no runtime's to refuse. */
	enum fp_effect effect[FP_FEAT_N];
	const char *why[FP_FEAT_N]; /* NULL where the effect is YES */
};

#define FP_TARGET_RUNTIMES 2 /* runc, crun */
#define FP_TARGET_LSMS     16

struct fp_target {
	const char *name;    /* "debian-12" */
	const char *summary; /* one line */
	struct fp_version kernel;
	bool archs[FP_ARCH_N];

	struct fp_target_runtime runtimes[FP_TARGET_RUNTIMES]; /* by name: crun, runc */
	size_t n_runtimes;                                     /* 0 where none is installed */

	/* LSMs the kernel can run, and those it runs unless told otherwise at boot; by name. */
	const char *lsm_built[FP_TARGET_LSMS];
	size_t n_lsm_built;
	const char *lsm_enabled[FP_TARGET_LSMS];
	size_t n_lsm_enabled;

	struct {
		struct fp_version parser; /* text NULL: no parser known */
		/* "3.0" for `abi <abi/3.0>,`; NULL: no abi rule may be written. */
		const char *abi;
		const char *features_name; /* "linux-6.1.features", or "inline" */
		/* For `apparmor_parser -M`: the text form of securityfs apparmor/features. */
		const char *features;
		size_t features_len; /* 0 where the kernel has no AppArmor */
	} apparmor;

	struct {
		uint32_t policyvers; /* version to write; the kernel may read newer ones too */
		const char *base;    /* the distribution's policy: "refpolicy-2.20221101" */
		struct fp_version userspace; /* secilc, libsepol */
	} selinux;

	struct fp_version systemd; /* text NULL: no systemd */
	struct fp_version nft;     /* nft(8); text NULL: not installed */

	enum fp_effect effect[FP_FEAT_N]; /* the worst of the runtimes for RUNTIME features */
	const char *why[FP_FEAT_N];       /* NULL where the effect is YES */

	const struct fp_target_row *rows;    /* file order */
	const struct fp_target_row **sorted; /* by key bytes */
	size_t n_rows;

	/* What a digest of the target covers: "key\tvalue\n" of every row by key, then the
	 * features. */
	const char *digest_input;
	size_t digest_len;
};

/* True when the feature works on the target: on the host, and in every runtime of it. */
bool fp_target_has(const struct fp_target *target, enum fp_feat feat);

/*
 * Why the target lacks the feature: "needs Linux 5.14 (cgroup.kill)", "runc 1.0.0-rc93 ignores rro
 * ...". NULL where it has it. The text lives as long as the target.
 */
const char *fp_target_why(const struct fp_target *target, enum fp_feat feat);

/* The same for one runtime; `n` < target->n_runtimes. HOST features answer as the target does. */
bool fp_target_runtime_has(const struct fp_target *target, size_t n, enum fp_feat feat);
const char *fp_target_runtime_why(const struct fp_target *target, size_t n, enum fp_feat feat);

/* The runtime called `name`, or NULL where the target has none of that name. */
const struct fp_target_runtime *fp_target_runtime(const struct fp_target *target, const char *name);

/* Whether its libseccomp numbers the call on that ABI. */
bool fp_target_runtime_knows(const struct fp_target_runtime *rt, const struct fp_sysdef *sys,
			     enum fp_abi abi);

/*
 * The first runtime whose libseccomp does not number the call on that ABI, so that a rule of its
 * name is left out without a word; NULL where all do.
 */
const struct fp_target_runtime *fp_target_scmp_lacks(const struct fp_target *target,
						     const struct fp_sysdef *sys, enum fp_abi abi);

/* The row with that key ("cgroup.kill", "runc:oci.rro"), for its source; NULL if unknown. */
const struct fp_target_row *fp_target_row(const struct fp_target *target, const char *key);

bool fp_target_lsm_built(const struct fp_target *target, const char *lsm);
bool fp_target_lsm_enabled(const struct fp_target *target, const char *lsm);

/* A path in the AppArmor features: "network_v8/af_unix". Asks the text, not the rows. */
bool fp_target_aa_supports(const struct fp_target *target, const char *path);

/* -1, 0, 1 by major, minor, patch. For sorting and for nearest matches, never to decide a feature.
 */
int fp_version_compare(const struct fp_version *a, const struct fp_version *b);

/* Leading "N[.N[.N]]" of text; false where it does not start with a number or one exceeds 65535. */
bool fp_version_parse(const char *text, size_t len, struct fp_version *out);

/*
 * A target from the text of a target file (docs/targets.md). `name` is the target's name and, with
 * ".target", what diagnostics call the file. Reports every fault it finds and then returns NULL:
 * unknown, missing and repeated keys, bad values, anything but printable ASCII, more than 256 KiB.
 * The text is copied; the result lives in the unit's arena. "dir/NAME.target" is taken for NAME.
 */
const struct fp_target *fp_target_parse(struct fp_unit *unit, const char *name, const char *text,
					size_t len);

/* Targets compiled in, in byte order of their names. */
size_t fp_target_builtin_count(void);
const char *fp_target_builtin_name(size_t n); /* n < fp_target_builtin_count() */
const char *fp_target_builtin_text(size_t n, size_t *len);

/* Parses the builtin of that name; NULL without a diagnostic where there is none. */
const struct fp_target *fp_target_builtin(struct fp_unit *unit, const char *name);
#endif
