/* SPDX-License-Identifier: MIT */
/* From syntax to meaning: one entry, fp_resolve(). The rest of this header is shared inside sema/
 * only. */
#ifndef FP_SEMA_SEMA_H
#define FP_SEMA_SEMA_H

#include "base/index.h"
#include "front/ast.h"
#include "ir/glob.h"
#include "ir/ir.h"

/*
 * Parses the root source and all it uses, resolves the policy named (NULL: the one that no other
 * policy of the root file builds on) and seals its IR. NULL after errors; warnings may come with a
 * result. Everything lives in the unit's arena.
 */
const struct fp_ir *fp_resolve(struct fp_unit *u, const struct fp_source *root, const char *policy);

/* A file of the standard library ("std/..."), compiled in from policies/lib; NULL: no such file. */
struct fp_embedded {
	const char *name;
	const char *text;
	size_t len;
};

const struct fp_embedded *fp_library_find(const char *name);
const struct fp_embedded *fp_library_at(size_t n); /* by name; NULL: past the last */

/* The sets of all its files, one a call; zeroed before the first. False when there are no more. */
struct fp_library_set {
	const char *at;
	size_t file;
	const char *path; /* "std/network.policy" */
	const struct fp_str *name, *kind;
};

bool fp_library_set(struct fp_unit *u, struct fp_library_set *set);

/* Files an import chain may be deep, and sets in sets: more is an error, not a stack overflow. */
#define FP_IMPORT_DEPTH 32u
#define FP_SET_DEPTH    64u
/* Constants in constants, and policies within policies. */
#define FP_CONST_DEPTH 64u
#define FP_BOUND_DEPTH 32u

/* ---- inside sema/ ---- */

struct fp_set_def {
	const struct fp_ast *node;
	const struct fp_str *name, *edition; /* "@file-io"; "2026.1" or NULL */
	struct fp_set_def *second;           /* of the first declared: another edition, or NULL */

	enum {
		FP_SET_NEW,
		FP_SET_OPEN,
		FP_SET_DONE
	} state;

	bool used, from_library;
	const struct fp_ast *
		*leaves; /* members with sets replaced by theirs, by text, no duplicates */
	size_t n;
};

struct fp_const_def {
	const struct fp_ast *node;
	bool open, used, is_bad;
	uint8_t known, is_enum, is_absent; /* bit per ABI: the value was found, and what it is */
	int64_t value[FP_ABI_N];
};

struct fp_param_def {
	const struct fp_ast *node;
	const char *type;
	const char *value; /* from -D or the default; NULL: open */
	uint64_t number;   /* of a number, port or size with a value */
	bool used, is_bad; /* is_bad: what was given has been refused */
};

struct fp_policy_def {
	const struct fp_ast *node;
	bool open, building, in_root, is_built_on;
	const struct fp_ir *ir; /* as a policy of its own, once asked for */
};

/* A rule on its way into the IR: `level` counts bases, the language's own statements come last. */
struct fp_draft_rule {
	struct fp_rule rule;
	const char *key; /* equal keys of one kind exclude each other; NULL: rules add up */
	unsigned level;
	const struct fp_ast *node; /* CALL from audit: its statement */
};

struct fp_draft {
	FP_VEC(struct fp_draft_rule) rules;
	FP_VEC(struct fp_assertion) assertions;
	FP_VEC(struct fp_waiver) waivers;
	FP_VEC(struct fp_bound) bounds;
	struct fp_ir *ir;
	bool has_assertions;
};

struct fp_scope { /* where a statement stands */
	struct fp_draft *draft;
	const struct fp_origin *origin;
	unsigned level;
	bool in_widen, is_implied;
	const struct fp_ast *widen_tail;
};

struct fp_sema {
	struct fp_unit *u;
	FP_VEC(const struct fp_ast *) files;
	FP_VEC(struct fp_set_def *) sets;
	FP_VEC(struct fp_const_def *) consts;
	FP_VEC(struct fp_param_def *) params;
	FP_VEC(struct fp_policy_def *) policies;
	struct fp_index set_by_name;     /* the first declared, of any edition */
	struct fp_index set_by_spelling; /* "@file-io@2026.1" */
	struct fp_index const_by_name, param_by_name, policy_by_name;
	unsigned const_depth, bound_depth;
	size_t first_source;           /* of the unit's: what came before is another policy's */
	struct fp_policy_def *implied; /* std/implied.policy */
	struct fp_policy_def *main;    /* the one asked for */
	uint8_t open_abis;             /* native, or opened by a policy that was read */
};

/* import.c: fills files and the declarations. */
void fp_sema_load(struct fp_sema *s, const struct fp_source *root);

/* names.c */
/* What a set may hold, NULL at the end; a set that does not say may be used as any. */
extern const char *const fp_set_kinds[];
/* The set with its leaves, where one of this kind is needed; reports. */
const struct fp_set_def *fp_sema_members(struct fp_sema *s, const struct fp_ast *ref,
					 const char *kind);
bool fp_sema_expand(struct fp_sema *s, struct fp_set_def *set, unsigned depth);
const char *fp_sema_set_text(struct fp_sema *s,
			     const struct fp_set_def *set); /* "@file-io@2026.1" */
struct fp_const_def *fp_sema_const(struct fp_sema *s, const struct fp_str *name);
struct fp_param_def *fp_sema_param(struct fp_sema *s, const struct fp_str *name);
/* The value of a reference, ${name}, to a parameter of one of two types (NULL: of one); reports. */
const struct fp_param_def *fp_sema_reference(struct fp_sema *s, const struct fp_ast *ref,
					     const char *type, const char *other);
bool fp_sema_number(struct fp_sema *s, const struct fp_ast *ref, const char *type, uint64_t *out);
const char *fp_sema_text(struct fp_sema *s,
			 const struct fp_ast *text); /* parameters put in; NULL: reported */
void fp_sema_unused(struct fp_sema *s);

/* cond.c: a condition, for one ABI. `params` are the CALL node's names. NULL: reported. */
const struct fp_pred *fp_sema_condition(struct fp_sema *s, const struct fp_sysdef *sys,
					enum fp_abi abi, const struct fp_ast *call,
					const struct fp_ast *condition);
/* A constant expression; `family_is_enum` says whether its constants enumerate. */
bool fp_sema_value(struct fp_sema *s, enum fp_abi abi, const struct fp_ast *e, int64_t *out,
		   bool *is_enum, bool *is_absent);
const char *fp_sema_condition_text(struct fp_sema *s, const struct fp_ast *condition);

/* rule.c */
struct fp_draft_rule *fp_sema_rule(struct fp_sema *s, const struct fp_scope *sc, enum fp_kind kind,
				   const struct fp_ast *node, const char *key, const char *format,
				   ...) __attribute__((format(printf, 6, 7)));
const struct fp_ast *fp_sema_tail(const struct fp_ast *node);

/* What a tail says; what is set already stays. An `until` in the past is reported. */
struct fp_tail {
	const char *because, *accepted;
	struct fp_date until;
};

void fp_sema_expired(struct fp_sema *s, const struct fp_ast *until, const char *what); /* E0505 */
void fp_sema_read_tail(struct fp_sema *s, const struct fp_ast *tail, struct fp_tail *out);
void fp_sema_read_reason(struct fp_sema *s, const struct fp_ast *node, struct fp_tail *out);

/* One file a group of sections. */
void fp_sema_syscalls(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *section);
void fp_sema_audit(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *section);
void fp_sema_process(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *section);
void fp_sema_mounts(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *section);
void fp_sema_files(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *section);
void fp_sema_net(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *section);
void fp_sema_devices(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *section);
void fp_sema_limits(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *section);

/* "domain, type, protocol"; "": it takes none on this ABI. */
const char *fp_sema_params_text(struct fp_sema *s, const struct fp_sysdef *sys, enum fp_abi abi);
bool fp_sema_listed(struct fp_sema *s,
		    const struct fp_ast *call); /* its parameters exist; reports */
bool fp_sema_decision(struct fp_sema *s, const struct fp_ast *node, struct fp_decision *out);
bool fp_sema_call_set(struct fp_sema *s, const struct fp_ast *const *nodes, size_t n,
		      struct fp_call_set *out, const char **text);
bool fp_sema_net_rule(struct fp_sema *s, const struct fp_ast *node, bool egress,
		      struct fp_rule_net *out, const char **text);
void fp_sema_unknown_cap(struct fp_sema *s, const struct fp_ast *name);
uint16_t fp_sema_right(struct fp_sema *s, const struct fp_str *name, struct fp_span span);
const struct fp_glob *fp_sema_glob(struct fp_sema *s, const struct fp_ast *text);
const char *fp_sema_path(struct fp_sema *s,
			 const struct fp_ast *text); /* one path; NULL: reported */

/* assert.c */
void fp_sema_assertion(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *node);

/* syscalls.c: once all policies are read. On other ABIs every call is killed: conditions mean
 * nothing there. */
void fp_sema_open_abis(struct fp_sema *s);

/* policy.c */
struct fp_policy_def *fp_sema_policy(struct fp_sema *s, const struct fp_str *name);
const struct fp_ir *fp_sema_policy_ir(struct fp_sema *s, struct fp_policy_def *p);

/* seal.c */
const struct fp_ir *fp_sema_seal(struct fp_sema *s, struct fp_draft *d);

#endif
