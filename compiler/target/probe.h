/* SPDX-License-Identifier: MIT */
/* A target file for a machine: what was found out there, and known versions for the rest. */
#ifndef FP_TARGET_PROBE_H
#define FP_TARGET_PROBE_H

#include "base/buf.h"
#include "target/target.h"

enum fp_answer {
	FP_ANSWER_UNKNOWN,
	FP_ANSWER_YES,
	FP_ANSWER_NO
};

/* An answer that was seen, and where: "/proc/self/ns/time is there". */
struct fp_seen {
	enum fp_answer answer;
	const char *how;
};

/* What compiler/cmd finds out. NULL: not there, or not to be read. All text is the caller's. */
struct fp_probe {
	const char *release; /* uname -r; never NULL */
	enum fp_arch arch;
	const char *lsms;        /* /sys/kernel/security/lsm: "lockdown,capability,apparmor" */
	const char *aa_features; /* text form; NULL where the kernel has no AppArmor */
	const char *aa_parser;   /* versions as the programs print them: "3.0.8" */
	const char *aa_abi;      /* newest policy abi installed: "3.0" */
	const char *selinux_base;
	uint32_t selinux_policyvers; /* 0: no selinuxfs */
	const char *systemd, *nft;
	const char *runtimes[FP_TARGET_RUNTIMES]; /* versions of crun, runc */
	const char *libseccomp;                   /* of runc, which tells; crun does not */
	struct fp_seen host[FP_FEAT_N];
	struct fp_seen runtime[FP_TARGET_RUNTIMES][FP_FEAT_N];
};

/*
 * Writes a target file that fp_target_parse() takes. A fact that was not seen is the worse one of
 * the builtin targets just below and just above the version found, and its source says so.
 */
void fp_probe_render(struct fp_unit *unit, const struct fp_probe *probe, struct fp_buf *out);
#endif
