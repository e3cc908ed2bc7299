/* SPDX-License-Identifier: MIT */
/* Shared by the files that turn the text of a target file into a target. */
#ifndef FP_TARGET_TARGET_PARSE_H
#define FP_TARGET_TARGET_PARSE_H

#include "base/unit.h"
#include "target/target.h"

/* Rows that are no features. RUNTIME rows stand once per runtime, "runc:version". */
#define FP_META_ROWS(X)                            \
	X(SUMMARY, HOST, "summary")                \
	X(KERNEL, HOST, "kernel.version")          \
	X(ARCH, HOST, "arch")                      \
	X(LSM_BUILT, HOST, "lsm.built")            \
	X(LSM_ENABLED, HOST, "lsm.enabled")        \
	X(AA_PARSER, HOST, "apparmor.parser")      \
	X(AA_ABI, HOST, "apparmor.abi")            \
	X(AA_FEATURES, HOST, "apparmor.features")  \
	X(SE_VERSION, HOST, "selinux.policyvers")  \
	X(SE_BASE, HOST, "selinux.base")           \
	X(SE_USERSPACE, HOST, "selinux.userspace") \
	X(SYSTEMD, HOST, "systemd.version")        \
	X(NFT, HOST, "nft.version")                \
	X(RUNTIMES, HOST, "runtimes")              \
	X(RT_VERSION, RUNTIME, "version")          \
	X(RT_LIBSECCOMP, RUNTIME, "libseccomp")    \
	X(RT_OCI_MAX, RUNTIME, "oci.version_max")

enum fp_meta {
#define META(name, scope, key) FP_META_##name,
	FP_META_ROWS(META)
#undef META
	FP_META_N
};

/* Index of rows that belong to no runtime, where others have the runtime's. */
#define FP_TARGET_HOST FP_TARGET_RUNTIMES

struct fp_cell {
	const char *text; /* NUL-terminated copy */
	size_t len;
	struct fp_span span;
};

struct fp_target_parser {
	struct fp_unit *unit;
	struct fp_source *source;
	struct fp_target *target;
	FP_VEC(struct fp_target_row) rows;
	/* Offset of the row that set each key, 0 where none did: meta rows, then features. */
	uint32_t seen[FP_TARGET_RUNTIMES + 1][FP_META_N + FP_FEAT_N];
	bool has_runtime[FP_TARGET_RUNTIMES]; /* what the row `runtimes` lists */
	unsigned hint; /* files list keys in order, so the next key is likely the one after */
	bool failed;
};

#define fp_target_fail(p, span, ...)                                  \
	do {                                                          \
		fp_diag((p)->unit, FP_E_TARGET, (span), __VA_ARGS__); \
		(p)->failed = true;                                   \
	} while (0)

extern const char *const fp_target_runtime_names[FP_TARGET_RUNTIMES]; /* in byte order */

/* Value cells of one row; `runtime` is FP_TARGET_HOST for rows of the host. */
void fp_target_set_meta(struct fp_target_parser *p, size_t runtime, enum fp_meta meta,
			const struct fp_cell *value);
void fp_target_set_feature(struct fp_target_parser *p, size_t runtime, enum fp_feat feat,
			   const struct fp_cell *value);

/* When all rows are in: closes the list of runtimes, combines their effects, words the reasons. */
void fp_target_combine(struct fp_target_parser *p);
#endif
