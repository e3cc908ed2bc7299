/* SPDX-License-Identifier: MIT */
/* The lint: rules of lint.def asked of a policy and of what its layers hold. docs/lint has a page
 * for each. */
#ifndef FP_ANALYSIS_LINT_H
#define FP_ANALYSIS_LINT_H

#include "analysis/layers.h"
#include "analysis/lint_finding.h"
#include "ir/decide.h"
#include "ir/eval.h"

struct fp_lint;

struct fp_lint_row {
	const char *id, *name; /* both are accepted where a rule is named */
	enum fp_level level;
	const char *section; /* of the policy that it is about, or "policy" */
	void (*check)(struct fp_lint *l);
	const char *summary; /* what is wrong when it fires, one clause */
};

const struct fp_lint_row *fp_lint_row_at(size_t n); /* by id; NULL past the last */
const struct fp_lint_row *fp_lint_row_find(const char *name);

/* The rule's page of docs/lint, Markdown; NULL: no such rule. */
const char *fp_lint_page(const char *id);

struct fp_lint_input {
	const struct fp_ir *ir;
	const struct fp_target_view *targets;
	size_t target_count;
	bool ignore_waivers;
};

/* Findings by place; waived ones have their waiver. */
void fp_lint(struct fp_unit *u, const struct fp_lint_input *in, struct fp_lint_findings *out);

/*
 * What follows -W: "all", "NAME", "no-NAME", "error", "error=NAME". Later ones win. Applied to
 * findings: levels change, and what is off goes; notes are off unless asked for.
 */
bool fp_lint_option_is_known(const char *word);
void fp_lint_choose(struct fp_lint_findings *f, const char *const *words, size_t n);

/* ---- inside analysis/ ---- */

struct fp_lint {
	struct fp_unit *u;
	const struct fp_lint_input *in;
	const struct fp_ir *ir;
	const struct fp_lint_row *row; /* whose check runs */
	struct fp_prover prover;
	FP_VEC(const struct fp_assertion *) subjects; /* of std/lint.policy */
	struct fp_lint_findings *out;
};

/*
 * A finding of the rule that runs, at a rule of the policy (NULL: at the policy). `thing` is what
 * it is about: a call, a capability, a path; a waiver may name it. The place of what a base or the
 * language itself says is the policy's head, with a note that leads there.
 */
void fp_lint_found(struct fp_lint *l, const struct fp_rule *at, const char *thing,
		   const char *format, ...) __attribute__((format(printf, 4, 5)));
void fp_lint_found_at(struct fp_lint *l, struct fp_span span, const char *thing, const char *format,
		      ...) __attribute__((format(printf, 4, 5)));
void fp_lint_help(struct fp_lint *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Reads the subjects of all rules from the library. */
void fp_lint_read_subjects(struct fp_lint *l);

/* A subject as a `never`: the example and the rule that permits it. */
struct fp_counter fp_lint_ask(struct fp_lint *l, const struct fp_subject *s);

/* Whether some way to use the call is permitted, in any open ABI. */
bool fp_lint_call(struct fp_lint *l, const char *name, struct fp_counter *out);
/* Whether every use of it is. */
bool fp_lint_call_is_free(struct fp_lint *l, const char *name);

/* Whether a packet of these is permitted; whether all are. `prefix` "0.0.0.0/0" and the like. */
bool fp_lint_net(struct fp_lint *l, bool egress, enum fp_proto proto, const char *prefix,
		 struct fp_ports ports, struct fp_counter *out);
bool fp_lint_net_all(struct fp_lint *l, bool egress, enum fp_proto proto, const char *prefix,
		     struct fp_ports ports);

/* Whether all of these rights are granted on one path that the pattern matches. */
bool fp_lint_path(struct fp_lint *l, uint16_t rights, const char *pattern, struct fp_counter *out);

bool fp_lint_holds_cap(const struct fp_lint *l, const char *name);
bool fp_lint_is_new(const struct fp_lint *l, enum fp_namespace ns);

/* After all other rules: what was undecided, and what waivers silence. */
void fp_lint_finish(struct fp_lint *l);

#define LINT(id, name, level, section, check, summary) void fp_lint_##check(struct fp_lint *l);
#include "analysis/lint.def"
#undef LINT

#endif
