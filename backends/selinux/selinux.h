/* SPDX-License-Identifier: MIT */
/* Inside the SELinux back end: the rows of its tables and the plan that both policies are printed
 * from. */
#ifndef FP_BACKENDS_SELINUX_SELINUX_H
#define FP_BACKENDS_SELINUX_SELINUX_H

#include "backends/backend.h"
#include "ir/glob.h"

/* ---- rows of schemas/tables/selinux-*.tsv ---- */

struct se_class_row {
	const char *cls, *perms, *feature, *bases;
};

struct se_sid_row {
	const char *sid, *type;
};

struct se_fs_row {
	const char *how, *fs, *type;
};

struct se_socket_row {
	const char *cls;
	uint16_t family, type, protocol;
};

struct se_call_row {
	const char *cls, *perms, *call;
	uint64_t args[6];
};

struct se_port_row {
	const char *base;
	enum fp_proto proto;
	uint16_t first, last;
	const char *type;
};

struct se_hostdir_row {
	const char *path;
};

struct se_parent_row {
	const char *attribute;
};

/* The n-th row, or NULL past the last. */
const struct se_class_row *se_class_at(size_t n);
const struct se_sid_row *se_sid_at(size_t n);
const struct se_fs_row *se_fs_at(size_t n);
const struct se_socket_row *se_socket_at(size_t n);
const struct se_call_row *se_call_at(size_t n);
const struct se_port_row *se_port_at(size_t n);
const struct se_parent_row *se_parent_at(size_t n);
bool se_is_host_dir(const char *path);

/* Whether the target's kernel has the row's class with these permissions. */
bool se_class_counts(const struct fp_target *t, const struct se_class_row *row);

/* Prints the row's permissions, the @names spelled out; separated by spaces. */
void se_class_perms(struct fp_buf *b, const struct se_class_row *row);

/* ---- paths and their types ---- */

/* Rights beyond FP_RIGHT_*: passing through a directory; device nodes by class. */
#define SE_SEARCH    0x0200u
#define SE_CHR_READ  0x0400u
#define SE_CHR_WRITE 0x0800u
#define SE_CHR_MKNOD 0x1000u
#define SE_BLK_READ  0x2000u
#define SE_BLK_WRITE 0x4000u
#define SE_BLK_MKNOD 0x8000u

#define SE_NONE UINT32_MAX

/*
 * One alternative of a pattern of the IR (braces are taken apart), or a place that must be known:
 * a directory on the way to one, the root of a mount. `regex` is its identity.
 */
struct se_pattern {
	const struct fp_glob_item *items;
	size_t n;
	bool is_tree;      /* the directory the items name and all below */
	bool is_literal;   /* the regex has no metacharacter: libselinux prefers it to any other */
	bool is_emitted;   /* has a specification of its own in file_contexts */
	bool is_mount;     /* the tree of a bind mount */
	const char *spec;  /* the regex with its guards, as file_contexts takes it */
	const char *regex; /* without anchors and guards */
	uint32_t prefix;   /* bytes of `regex` before its first metacharacter */
	uint32_t lead;     /* the same in bytes of the path */
	uint32_t depth;    /* patterns known to contain it */
	uint32_t allow, deny;         /* by the rules that name it */
	uint32_t all_allow, all_deny; /* and by those whose patterns contain it */
	uint32_t rights;              /* what its paths get */
	uint32_t type;                /* index of se_paths.types */
	const char *above;            /* regex of the pattern of the directory above, or NULL */
	uint32_t over, under;         /* rights its paths may have or lack against the rules */
	const char *over_why, *under_why;
	FP_VEC(uint32_t) rules;    /* ids of the rules that name it */
	FP_VEC(uint32_t) inner;    /* patterns it contains that begin no longer */
	FP_VEC(uint32_t) partial;  /* patterns that overlap it, neither containing the other */
	FP_VEC(uint32_t) excludes; /* patterns whose paths its specification leaves to them */
};

/* A specification for the paths that are in two patterns at once. */
struct se_crossing {
	uint32_t a, b; /* the prefix of `a` is not the longer one */
	const char *spec;
	uint32_t prefix; /* of `b` */
	uint32_t depth;  /* of both: what lies within another crossing is deeper, and later */
	FP_VEC(uint32_t)
	excludes; /* patterns within one of them that begin no longer and stand apart */
	uint32_t type;
};

struct se_type {
	uint32_t rights;
	const char *name; /* "f_rx" */
	uint32_t denied;  /* rights that rules deny on one of its paths */
	bool makes_names; /* a rule lets the job create a plain name in such a directory */
	bool removes_names;
	uint32_t places;        /* patterns of this type */
	FP_VEC(uint32_t) rules; /* ids, ascending */
};

/* A new object `name` in a directory of type `dir` gets `type`. */
struct se_named {
	uint32_t dir, type, pattern;
	uint32_t rank; /* how many rights */
	const char *name;
};

struct se_paths {
	struct fp_unit *u;
	FP_VEC(struct se_pattern) patterns; /* by literal beginning */
	uint32_t *by_regex;                 /* the same by regex */
	uint32_t *order;                    /* the same by specification: the later one wins */
	FP_VEC(struct se_crossing) crossings;
	FP_VEC(struct se_type) types; /* by rights */
	FP_VEC(struct se_named) named;
	void *scratch[3]; /* of the comparisons */
	size_t scratch_size[3];
};

void se_paths_plan(struct fp_unit *u, const struct fp_ir *ir, struct se_paths *out);

/* Adds a pattern, its braces taken apart; `rule` may be NULL. Only before they are sorted. */
void se_paths_add(struct se_paths *p, const struct fp_glob_item *items, size_t n, bool is_tree,
		  uint32_t allow, uint32_t deny, const struct fp_rule *rule);

/* Merges equal patterns, numbers them and finds what every one contains and crosses. */
void se_paths_compare(struct se_paths *p);

/* What patterns grant together; passing through a directory goes with any other right. */
uint32_t se_rights(uint32_t allow, uint32_t deny);

/* Guards, crossings and the order of specifications. */
void se_paths_order(struct se_paths *p);

/* Types, new names and what labels cannot say. */
void se_paths_label(struct se_paths *p);

/* Pattern with that regex, or SE_NONE. */
uint32_t se_paths_find(const struct se_paths *p, const char *regex);

/* Index of the type with these rights; there must be one. */
uint32_t se_type_of(const struct se_paths *p, uint32_t rights);

/* Items of a path that may hold open parameters. */
size_t se_items_of(struct fp_unit *u, const char *path, const struct fp_glob_item **out);

/* Fills regex, prefix, lead and is_literal. */
void se_regex_fill(struct fp_unit *u, struct se_pattern *p);

void se_put_byte(struct fp_buf *b, unsigned char c);
void se_put_class(struct fp_buf *b, const uint32_t set[8]);

/* What `one` can go on with after the literal beginning of `after`, which is not the shorter:
 * alternatives. */
void se_rest_print(struct se_paths *p, const struct se_pattern *one, const struct se_pattern *after,
		   struct fp_buf *b);

/* Fills `spec` of every pattern and crossing. */
void se_regex_finish(struct se_paths *p);

/* At least `size` zeroed bytes that live until the next call for the same slot. */
void *se_scratch(struct se_paths *p, size_t slot, size_t size);

/* Whether a path can match both; whether every path of `inner` is one of `outer` (false: not
 * known). */
bool se_overlaps(struct se_paths *p, const struct se_pattern *a, const struct se_pattern *b);
bool se_contains(struct se_paths *p, const struct se_pattern *outer,
		 const struct se_pattern *inner);

/* ---- network ---- */

struct se_ports {
	enum fp_proto proto; /* TCP, UDP or SCTP */
	uint16_t first, last;
	bool may_connect, may_bind;
};

struct se_base_port { /* a type of the base that covers allowed ports */
	const struct se_port_row *row;
	bool may_connect, may_bind;
	bool connects_wider, binds_wider; /* the type has ports that no rule allows */
};

struct se_name { /* a rule that names the prefix; NULL: none has to */
	struct fp_prefix prefix;
	const struct fp_rule *rule;
};

struct se_node {
	struct fp_prefix prefix;
	bool is_peer;
	size_t first, end; /* its names */
};

struct se_net {
	FP_VEC(struct se_ports) ports;    /* allowed ranges, by protocol and number */
	FP_VEC(struct se_base_port) base; /* module only */
	FP_VEC(struct se_name) names;     /* by prefix, then rule */
	FP_VEC(struct se_node) nodes;     /* standalone only */
	bool connects[FP_PROTO_ICMP + 1], binds[FP_PROTO_ICMP + 1]; /* some rule allows it */
	bool connects_all[FP_PROTO_ICMP + 1],
		binds_all[FP_PROTO_ICMP + 1]; /* every port; not in `ports` */
	bool is_known_base;                   /* the target's base has port rows */
};

void se_net_plan(struct fp_unit *u, const struct fp_ir *ir, const struct fp_target *t,
		 struct se_net *out);

/* ---- what the system call rules let through ---- */

/* Whether a call with these arguments passes in one of the open ABIs of the target. */
bool se_call_passes(const struct fp_ir *ir, const struct fp_target *t, const char *call,
		    const uint64_t args[6]);
bool se_socket_passes(const struct fp_ir *ir, const struct fp_target *t, const char *cls);

/* ---- mounts ---- */

struct se_place {
	const struct fp_rule *rule;
	const char *on; /* regex of the path in the job's root */
	const char
		*source; /* regex of the host's path; NULL: no bind, or the host's own directory */
	uint32_t len;    /* of `on` */
};

/* ---- the plan ---- */

struct se_plan {
	const struct fp_ir *ir;
	const struct fp_target *target;
	const char *block; /* "fpc_<name>" */
	struct se_paths paths;
	struct se_net net;
	FP_VEC(struct se_place) places;
	FP_VEC(const char *) sockets; /* classes granted, by name */
	bool has_proc_read, has_proc_write;
};

extern const struct fp_backend fp_backend_selinux;

/* The plan of the policy on the target; made once. */
const struct se_plan *se_plan_of(struct fp_unit *u, const struct fp_ir *ir,
				 const struct fp_target *t);

/* rootcontext= of a mount that begins empty; NULL where it has or takes none. */
const char *se_root_label(struct fp_unit *u, const struct se_plan *plan,
			  const struct fp_rule *mount);

void se_places_plan(struct fp_unit *u, struct se_plan *plan);
const struct se_place *se_place_of(const struct se_plan *plan, const struct se_pattern *one);

/* "/proc" or "/sys" where the pattern lies in one: those get labels from the policy alone. */
const char *se_kernel_tree(const struct se_pattern *one);

/* ---- printing ---- */

struct se_writer {
	const struct se_plan *plan;
	struct fp_buf buf;
	FP_VEC(struct fp_map) map;
};

void se_line(struct se_writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What was written since `begin` comes from the rule. */
void se_mark(struct se_writer *w, size_t begin, uint32_t rule);
void se_mark_kind(struct se_writer *w, size_t begin, enum fp_kind kind);

/* Parts of the block. */
void se_write_process(struct se_writer *w, bool is_module);
void se_write_memory(struct se_writer *w);
void se_write_capabilities(struct se_writer *w);
void se_write_files(struct se_writer *w);
void se_write_network(struct se_writer *w, bool is_module);

void se_write_block(struct se_writer *w, bool is_module);
void se_write_base(struct se_writer *w);
void se_write_kernel_trees(struct se_writer *w);
void se_write_contexts(struct se_writer *w);
void se_write_host_contexts(struct se_writer *w);

void se_claim_all(struct fp_unit *u, const struct se_plan *plan, struct fp_emission *out);

#endif
