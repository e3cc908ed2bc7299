/* SPDX-License-Identifier: MIT */
/* The meaning of a policy: resolved, typed, sorted and sealed. Back ends and checkers see nothing
 * else. */
#ifndef FP_IR_IR_H
#define FP_IR_IR_H

#include "base/date.h"
#include "base/intern.h"
#include "base/ipaddr.h"
#include "base/source.h"
#include "base/unit.h"
#include "ir/pred.h"
#include "target/tables.h"

/*
 * Invariants after fp_ir_seal(): nothing changes any more; rules are sorted by (kind, text) and
 * `id` is the index; no pointer leads to syntax. The order and the wording of the source never
 * show: two policies that say the same have equal rules. Spans and origins are for people only and
 * must not reach an artifact. All strings are NUL-terminated and live in the unit's arena.
 */

enum fp_tier {
	FP_TIER_STANDARD,
	FP_TIER_UNTRUSTED,
	FP_TIER_HOSTILE
};

#define KIND(id, section, what) FP_KIND_##id,

enum fp_kind {
#include "ir/ir.def"
	FP_KIND_N
};

#undef KIND

/* Strictest first, in the kernel's own order (kernel/seccomp.c, seccomp_run_filters). */
enum fp_action {
	FP_ACT_KILL, /* the process */
	FP_ACT_KILL_THREAD,
	FP_ACT_TRAP,
	FP_ACT_ERRNO,
	FP_ACT_NOTIFY,
	FP_ACT_TRACE,
	FP_ACT_LOG, /* let through and recorded */
	FP_ACT_ALLOW,
	FP_ACT_N
};

/* `data` is the errno (1..4095), or the value a tracer or SIGSYS handler reads; else 0. */
struct fp_decision {
	enum fp_action action;
	uint16_t data;
};

/* Stricter first; of equal actions the smaller data. */
int fp_decision_cmp(struct fp_decision a, struct fp_decision b);

enum fp_grant {
	FP_DENY,
	FP_ALLOW
};

/* Rights on paths. Words of the language are rows of fp_right_names. */
#define FP_RIGHT_READ       0x001u
#define FP_RIGHT_WRITE      0x002u /* change contents, truncate */
#define FP_RIGHT_CREATE     0x004u /* make a new name: file, directory, symbolic link, rename to */
#define FP_RIGHT_DELETE     0x008u /* remove a name, rename from */
#define FP_RIGHT_EXECUTE    0x010u /* execve, and mapping executable */
#define FP_RIGHT_LINK       0x020u /* hard link to it */
#define FP_RIGHT_LOCK       0x040u /* flock, fcntl locks */
#define FP_RIGHT_ATTRIBUTES 0x080u /* chmod, chown, utimes, xattr */
#define FP_RIGHT_APPEND     0x100u /* write at the end only; write includes it */
#define FP_RIGHT_ALL        0x1ffu

struct fp_right_name {
	const char *name;
	uint16_t bit;
};

extern const struct fp_right_name fp_right_names[]; /* ends with a NULL name */

struct fp_call_set { /* indexes of fp_sys_at(), ascending */
	const uint16_t *at;
	size_t n;
};

struct fp_rule_call {
	struct fp_decision decision;
	struct fp_call_set calls;
	/*
	 * By ABI: when the rule applies, over the words that a filter sees and in kernel view (bits
	 * that the kernel drops are not tested). FP_PRED_TRUE always. NULL where the ABI lacks all
	 * the calls or is closed: nobody reads it there. A rule with a condition names exactly one
	 * call.
	 */
	const struct fp_pred *when[FP_ABI_N];
	bool is_audit; /* made from `audit { allowed ... }`: the calls were allowed by other rules
			*/
};

struct fp_rule_unknown {
	struct fp_decision decision;
	uint16_t reviewed; /* FP_SINCE of `after linux X.Y`; 0: what the tables hold is known */
};

struct fp_rule_caps { /* the whole set of the policy, one rule a capability; `none` is one rule */
	uint64_t set;
};

struct fp_rule_user {
	uint32_t uid, gid;
	const uint32_t *groups; /* supplementary, ascending */
	size_t group_count;
};

enum fp_namespace {
	FP_NS_PID,
	FP_NS_MOUNT,
	FP_NS_NETWORK,
	FP_NS_IPC,
	FP_NS_UTS,
	FP_NS_CGROUP,
	FP_NS_USER,
	FP_NS_TIME,
	FP_NS_N
};

extern const char *const fp_namespace_names[FP_NS_N];

struct fp_rule_namespace {
	enum fp_namespace ns;
	bool is_new; /* else the host's */
};

struct fp_rule_idmap { /* identities inside .. inside + count - 1 are outside .. on the host */
	bool is_group;
	uint32_t inside, outside, count;
};

#define FP_MNT_READONLY    0x001u
#define FP_MNT_NOSUID      0x002u
#define FP_MNT_NODEV       0x004u
#define FP_MNT_NOEXEC      0x008u
#define FP_MNT_RECURSIVE   0x010u /* rbind: submounts come along; readonly then means all of them */
#define FP_MNT_NOSYMFOLLOW 0x020u
#define FP_MNT_NOATIME     0x040u

enum fp_mount_type {
	FP_MOUNT_BIND,
	FP_MOUNT_TMPFS,
	FP_MOUNT_PROC,
	FP_MOUNT_SYSFS,
	FP_MOUNT_DEVTMPFS_LIKE,
	FP_MOUNT_DEVPTS,
	FP_MOUNT_MQUEUE,
	FP_MOUNT_CGROUP
};

extern const char *const fp_mount_type_names[]; /* "bind", "tmpfs", "proc", "sysfs", "dev",
						   "devpts", "mqueue", "cgroup" */

/* A string that may still hold an open parameter: `${job}`. See fp_text_is_template(). */
struct fp_rule_mount {
	enum fp_mount_type type;
	const char *source; /* host path of a bind; NULL otherwise */
	const char *on;  /* path in the job's root, canonical: no //, no ., no .. , no trailing / */
	uint32_t flags;  /* FP_MNT_* */
	uint64_t size;   /* tmpfs: bytes; 0 unlimited */
	uint64_t inodes; /* tmpfs: nr_inodes; 0 unlimited */
	uint64_t quota;  /* bind: bytes the job may write there; 0 none */
	uint16_t mode;   /* tmpfs: 01777 unless said; 0 unset */
};

struct fp_rule_root {
	bool is_readonly;
};

struct fp_paths { /* patterns or plain paths, sorted, no duplicates */
	const struct fp_glob *const *at;
	size_t n;
};

struct fp_rule_file {
	enum fp_grant effect;
	uint16_t rights;
	struct fp_paths paths; /* a mask or readonly rule has plain paths only */
};

/* Ports count 1..65535; 0..65535 is every port, also of protocols that have none. */
struct fp_ports {
	uint16_t first, last;
};

enum fp_proto {
	FP_PROTO_ANY,
	FP_PROTO_TCP,
	FP_PROTO_UDP,
	FP_PROTO_SCTP,
	FP_PROTO_ICMP
};

extern const char
	*const fp_proto_names[]; /* "any", "tcp", "udp", "sctp", "icmp" (of either family) */

struct fp_rule_net {
	enum fp_grant effect;
	enum fp_proto proto;
	const struct fp_prefix
		*prefixes; /* sorted; none (n == 0): every address of both families */
	size_t prefix_count;
	const struct fp_ports
		*ports; /* sorted, disjoint, never empty. Egress: the peer's; ingress: the job's */
	size_t port_count;
};

#define FP_DEV_READ  1u
#define FP_DEV_WRITE 2u
#define FP_DEV_MKNOD 4u

struct fp_device {
	const char *path;
	char type; /* 'c' or 'b' */
	uint32_t major, minor;
};

struct fp_rule_device {
	enum fp_grant effect;
	uint8_t rights;
	const struct fp_device *at; /* by path */
	size_t n;
};

/* LIMIT rows: FP_LIM_x, word of the language, unit of `value`. Ordered as listed. */
enum fp_limit {
	FP_LIM_CPU,         /* milli-CPUs */
	FP_LIM_CPU_WEIGHT,  /* 1..10000 */
	FP_LIM_CPU_SET,     /* text: list of CPUs "0-3,5" */
	FP_LIM_MEMORY,      /* bytes */
	FP_LIM_MEMORY_HIGH, /* bytes */
	FP_LIM_MEMORY_LOW,  /* bytes */
	FP_LIM_SWAP,        /* bytes of swap beside memory; 0 none */
	FP_LIM_PIDS,        /* tasks */
	FP_LIM_OOM_GROUP,   /* 1: kill the whole job */
	FP_LIM_IO_WEIGHT,   /* 1..10000 */
	FP_LIM_IO_READ,     /* bytes a second on a device */
	FP_LIM_IO_WRITE,
	FP_LIM_IO_READ_OPS, /* operations a second on a device */
	FP_LIM_IO_WRITE_OPS,
	FP_LIM_OPEN_FILES, /* RLIMIT_NOFILE */
	FP_LIM_FILE_SIZE,  /* RLIMIT_FSIZE, bytes */
	FP_LIM_CORE,       /* RLIMIT_CORE, bytes */
	FP_LIM_STACK,      /* RLIMIT_STACK, bytes */
	FP_LIM_LOCKED,     /* RLIMIT_MEMLOCK, bytes */
	FP_LIM_WALL_CLOCK, /* milliseconds */
	FP_LIM_HUGETLB,    /* bytes, of 2 MiB pages */
	FP_LIM_N
};

extern const char *const fp_limit_names[FP_LIM_N]; /* "cpu", "cpu-weight", ..., "io read", ... */

struct fp_rule_limit {
	enum fp_limit limit;
	uint64_t value;     /* UINT64_MAX: said to be unlimited */
	const char *device; /* io only: "/dev/vda" */
	bool has_number;    /* io only: the device number was given; the kernel's files need it */
	uint32_t major, minor;
	const char *text; /* FP_LIM_CPU_SET only */
};

struct fp_rule_audit {
	bool denied; /* every refusal is recorded; else one rule a call set, made a CALL rule too */
	struct fp_call_set allowed;
};

/* Where a rule came from: innermost first. */
struct fp_origin {
	struct fp_span span;
	const char *what; /* "policy verification-runner", "base untrusted-base", "set
			     @file-io@2026.1" */
	const struct fp_origin *next;
};

struct fp_rule {
	enum fp_kind kind;
	uint32_t id;      /* index in fp_ir.rules */
	const char *text; /* canonical sentence, unique in its kind: "allow tcp to 10.20.0.0/16 port
			     443" */
	bool is_implied;  /* nothing was written: the language's own strictest form */
	bool is_widening; /* stands in a widen block */
	const char *because;  /* or NULL */
	struct fp_date until; /* year 0: none */
	const char *accepted; /* `accept unenforced because "..."`, or NULL */
	struct fp_span span;
	const struct fp_origin *origin;

	union {
		struct fp_decision decision;    /* CALL_DEFAULT */
		struct fp_rule_unknown unknown; /* CALL_UNKNOWN */
		uint8_t abis; /* CALL_ABI: bit per foreign ABI the policy names; natives are always
				 in */
		struct fp_rule_call call;
		struct fp_rule_caps caps;
		struct fp_rule_user user;
		bool flag;        /* NO_NEW_PRIVILEGES: true is on */
		uint32_t number;  /* UMASK */
		const char *path; /* WORKDIR */
		struct fp_rule_namespace ns;
		struct fp_rule_idmap idmap;
		struct fp_rule_root root;
		struct fp_rule_mount mount;
		struct fp_rule_file file; /* FILE, MASK, READONLY */
		enum fp_grant
			effect; /* FILE_DEFAULT, EGRESS_DEFAULT, INGRESS_DEFAULT, DEVICE_DEFAULT */
		struct fp_rule_net net; /* EGRESS, INGRESS */
		struct fp_rule_device device;
		struct fp_rule_limit limit;
		struct fp_rule_audit audit;
	} u;
};

/* What happens to one call: clauses in order of strictness; the first whose predicate holds
 * decides. */
struct fp_clause {
	const struct fp_rule *rule; /* kind CALL */
	struct fp_decision decision;
};

struct fp_call_plan {
	const struct fp_clause *at;
	size_t n;
};

enum fp_assertion_kind {
	FP_ASSERT_NEVER,
	FP_ASSERT_EXPECT,
	FP_ASSERT_TEST
};

enum fp_subject_kind {
	FP_SUBJECT_CALL,
	FP_SUBJECT_PATH,
	FP_SUBJECT_EGRESS,
	FP_SUBJECT_INGRESS,
	FP_SUBJECT_CAPABILITY
};

/* One thing an assertion speaks of: a call, rights on a path, a packet. */
struct fp_subject {
	enum fp_subject_kind kind;
	const struct fp_sysdef *call;         /* CALL */
	const struct fp_pred *when[FP_ABI_N]; /* CALL: never/expect condition */
	const struct fp_glob *path;    /* PATH; CALL of a test whose path argument was given */
	uint16_t rights;               /* PATH */
	uint64_t args[FP_ABI_N][6];    /* CALL of a test: what a filter sees, by ABI */
	uint64_t open_flags[FP_ABI_N]; /* CALL of a test with a path and by_flags (see fp_pathcall)
					*/
	struct fp_rule_net net;        /* EGRESS, INGRESS */
	uint8_t cap;                   /* CAPABILITY: bit */
};

enum fp_outcome {
	FP_NOT_CHECKED,
	FP_HOLDS,
	FP_FAILS,
	FP_UNDECIDED /* the budget of the proof was spent */
};

struct fp_assertion {
	enum fp_assertion_kind kind;
	enum fp_grant wanted; /* TEST: allow or deny */
	bool is_critical;
	bool is_query;    /* TEST: asked for by the user, not said by the policy */
	const char *text; /* canonical sentence */
	struct fp_subject subject;
	struct fp_span span;
	enum fp_outcome outcome; /* TEST: by evaluating (eval.h); others: by proof (decide.h) */
	const char *because;     /* why it fails: the rule's text; or NULL */
	const char *group;       /* the set it was one call of, or NULL */
	const char *reason;      /* `because` of never and expect, or NULL */
	struct fp_date until;    /* year 0: none */
};

struct fp_waiver {
	const char *lint, *place, *reason, *by; /* place "" when none was given */
	struct fp_date until;
	struct fp_span span;
};

enum fp_layer {
	FP_LAYER_SECCOMP,
	FP_LAYER_APPARMOR,
	FP_LAYER_SELINUX,
	FP_LAYER_OCI,
	FP_LAYER_CGROUP2,
	FP_LAYER_NFTABLES,
	FP_LAYER_N
};

extern const char *const fp_layer_names[FP_LAYER_N];

/* "seccomp and apparmor", of a bit per layer; "no layer". */
const char *fp_layers_text(struct fp_arena *a, unsigned layers);

/* The section a waiver names: "syscalls", "files", ... */
const char *fp_subject_section(enum fp_subject_kind kind);

/* A refinement the policy claims: proved by decide.h for the policy that is compiled. */
struct fp_bound {
	const char *name;
	bool is_base; /* extends; else within */
	bool is_locked;
	struct fp_span span;
	const struct fp_ir *ir; /* the other policy, sealed */
	/* is_base: the policy itself as it would be without its `widen` blocks */
	const struct fp_ir *without_widening;
	enum fp_outcome outcome;
};

struct fp_ir {
	const char *name, *version, *owner; /* "" where the policy gives none */
	enum fp_tier tier;
	bool is_locked;
	bool from_spec; /* read back: bounds are names, subjects of assertions are sentences */
	struct fp_span span;
	struct fp_span sections[FP_KIND_N]; /* of the kind, in the policy itself; {0,0}: none */
	const char *const *targets;         /* names, sorted */
	const struct fp_span *target_spans;
	size_t target_count;
	const char *const
		*open_params; /* declared, given no value: ${name} stands in strings; sorted */
	size_t open_param_count;
	const struct fp_rule *rules;
	size_t rule_count;
	uint32_t first[FP_KIND_N + 1]; /* rules of kind k: first[k] .. first[k + 1] - 1 */
	const struct fp_call_plan
		*calls; /* by fp_sysdef index; n == 0: unknown or default decides */
	struct fp_decision call_default, call_unknown;
	uint16_t reviewed; /* FP_SINCE: calls first seen later are unknown; 0: what the tables hold
			      is known */
	uint8_t foreign_abis; /* bit per ABI */
	uint64_t caps;
	struct fp_assertion *assertions; /* sorted by (kind, text) */
	size_t assertion_count;
	const struct fp_waiver *waivers;
	size_t waiver_count;
	struct fp_bound *bounds;
	size_t bound_count;
	bool best_effort[FP_LAYER_N];
	const char *best_effort_because[FP_LAYER_N]; /* or NULL */
	struct fp_date best_effort_until[FP_LAYER_N];
};

#define fp_ir_each(ir, k, r)                                                        \
	for (const struct fp_rule *r = (ir)->rules + (ir)->first[k],                \
				  *fp_end_##r = (ir)->rules + (ir)->first[(k) + 1]; \
	     r < fp_end_##r; r++)

/* A base says it, or what every policy begins with; it stands elsewhere. */
bool fp_ir_is_inherited(const struct fp_ir *ir, const struct fp_rule *r);

/* A base's rule, and a stricter one that is not that base's: what extends it takes it back. */
bool fp_ir_is_taken_back(const struct fp_ir *ir, const struct fp_rule *r,
			 const struct fp_rule *over);

const char *fp_kind_section(enum fp_kind kind);
const char *fp_kind_what(enum fp_kind kind);
const char *fp_action_name(enum fp_action action); /* "kill", "kill-thread", "trap", "errno", ... */
const char *fp_tier_name(enum fp_tier tier);

bool fp_path_is_below(const char *path, const char *dir); /* or is it; both canonical */
bool fp_text_is_template(const char *text);               /* holds an open parameter */

/* What the rules say of each call, strictest first; for a policy whose rules are in order. */
const struct fp_call_plan *fp_ir_plan_calls(struct fp_arena *a, const struct fp_ir *ir);

/* The single rule of a kind that every policy has (written or implied): ROOT, UMASK, USER, ... */
const struct fp_rule *fp_ir_only(const struct fp_ir *ir, enum fp_kind kind);

/* A limit's rule, or NULL; for io knobs the first one. */
const struct fp_rule *fp_ir_limit(const struct fp_ir *ir, enum fp_limit limit);

/*
 * Whether a call the ABI numbers is "unknown": first seen after the reviewed kernel or after the
 * target's (`kernel`, an FP_SINCE), so that the C library's fallback needs `unknown`'s answer
 * rather than `default`'s. Says nothing of calls with clauses of their own: those decide first.
 */
bool fp_ir_is_unknown(const struct fp_ir *ir, const struct fp_sysdef *sys, enum fp_abi abi,
		      uint16_t kernel);

#endif
