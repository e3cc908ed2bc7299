/* SPDX-License-Identifier: MIT */
/* Parts of the AppArmor back end: what the plan holds and which file decides what. */
#ifndef FP_BACKENDS_APPARMOR_APPARMOR_H
#define FP_BACKENDS_APPARMOR_APPARMOR_H

#include "backends/backend.h"
#include "base/vec.h"
#include "ir/glob.h"

/* What w of a file rule lets a job do, all at once (security/apparmor/lsm.c, aa_map_file_to_perms).
 */
#define FP_AA_W (FP_RIGHT_WRITE | FP_RIGHT_CREATE | FP_RIGHT_DELETE | FP_RIGHT_ATTRIBUTES)

/* Link rules are pairs of a new name and a target; past this many the plan gives up, and says so.
 */
#define FP_AA_LINKS_MAX 4096u

/* How a rule fares where AppArmor's words are coarser than the policy's: bits by rule. */
#define FP_AA_COARSE_W    0x01u /* w stands for rights that were not named */
#define FP_AA_EXEC_READS  0x02u /* r came with x */
#define FP_AA_OPEN_PARAM  0x04u /* a parameter without a value is a pattern */
#define FP_AA_RENAME      0x08u /* delete without read: a rename needs both */
#define FP_AA_LINKS_LOST  0x10u /* too many pairs */
#define FP_AA_LIMIT_LARGE 0x20u /* more than the parser's numbers hold */

enum fp_aa_section {
	FP_AA_LIMITS,
	FP_AA_CAPABILITIES,
	FP_AA_NETWORK,
	FP_AA_PEERS,
	FP_AA_FILES,
	FP_AA_LINKS,
	FP_AA_SECTION_N
};

/* One line of the profile without indent, comma and newline. */
struct fp_aa_line {
	const char *text;
	const struct fp_rule *const *rules; /* none: needed by runtimes or by the job itself */
	size_t rule_count;
};

struct fp_aa_lines {
	FP_VEC(struct fp_aa_line) list;
};

/* One family of sockets that the target's AppArmor knows; types are bits 1 << SOCK_x. */
struct fp_aa_family {
	const char *word; /* of network rules: "inet6" */
	uint32_t number;
	uint32_t types; /* that the call rules let through */
	bool is_every;  /* all types that have a word */
};

struct fp_aa_plan {
	struct fp_unit *unit;
	const struct fp_ir *ir;
	const struct fp_target *target;
	const char *name;       /* of the profile */
	const char *missing;    /* why there is no profile to write, or NULL */
	const char *unenforced; /* why nothing of the profile is enforced, or NULL */
	bool is_audited;        /* refusals by deny rules are recorded too */
	uint8_t *coarse;        /* FP_AA_* by rule id */
	struct fp_aa_lines sections[FP_AA_SECTION_N];
	const struct fp_sysdef *makers[2]; /* calls that make sockets: socket, socketpair */
	FP_VEC(struct fp_aa_family) families;
	FP_VEC(uint32_t) wordless; /* numbers of families that are none of them */
};

void fp_aa_add(struct fp_aa_plan *p, enum fp_aa_section section, const char *text,
	       const struct fp_rule *rule);

/*
 * Patterns in AppArmor's language that together match what the kernel calls the paths of `g`:
 * a directory with its trailing slash, anything else without. Fit between double quotes.
 */
struct fp_aa_patterns {
	FP_VEC(const char *) list;
};

void fp_aa_patterns(struct fp_unit *u, const struct fp_glob *g, struct fp_aa_patterns *out);

/* The same for a path and for everything below it; `path` holds no pattern characters. */
const char *fp_aa_literal(struct fp_unit *u, const char *path, const char *suffix);

void fp_aa_files(struct fp_aa_plan *p);
void fp_aa_limits(struct fp_aa_plan *p);
void fp_aa_network(struct fp_aa_plan *p);
void fp_aa_peers(struct fp_aa_plan *p);

/* Whether the call rules of the policy can let a call through at all, on any ABI of the target. */
bool fp_aa_call_is_open(const struct fp_aa_plan *p, const char *call);

/* Whether a machine of the target offers the ABI and the policy opens it. */
bool fp_aa_abi_is_open(const struct fp_aa_plan *p, enum fp_abi abi);

/* Claims of rules about sockets and peers. */
void fp_aa_claim_socket(const struct fp_aa_plan *p, struct fp_emission *out,
			const struct fp_rule *r);
void fp_aa_claim_net(const struct fp_aa_plan *p, struct fp_emission *out, const struct fp_rule *r);
void fp_aa_claim_net_default(const struct fp_aa_plan *p, struct fp_emission *out,
			     const struct fp_rule *r);

/*
 * Claims a refusal of these paths (NULL: of all) that sockets of the host's processes get round;
 * false where none does, and nothing is claimed then.
 */
bool fp_aa_claim_sockets(const struct fp_aa_plan *p, struct fp_emission *out,
			 const struct fp_rule *r, const struct fp_paths *paths);

/* Whether there may be sockets on bind mounts, whose paths AppArmor does not see. */
bool fp_aa_misses_sockets(const struct fp_aa_plan *p);

void fp_aa_claim(const struct fp_aa_plan *p, struct fp_emission *out);

#endif
