/* SPDX-License-Identifier: MIT */
/* What one policy permits and another does not, and the reverse: exact, with an example each. */
#ifndef FP_ANALYSIS_DIFF_H
#define FP_ANALYSIS_DIFF_H

#include "analysis/finding.h"
#include "base/digest.h"
#include "ir/decide.h"
#include "ir/ir.h"

#define DOMAIN(id, name) FP_DOMAIN_##id,

enum fp_domain {
#include "analysis/domains.def"
	FP_DOMAIN_N
};

#undef DOMAIN

const char *fp_domain_name(enum fp_domain domain);

/*
 * IDENTICAL: nothing differs. SAME_ACCESS: something does, and permits neither more nor less (an
 * errno, an umask). WIDER: the new policy permits more or guards less; NARROWER the reverse;
 * INCOMPARABLE both. UNDECIDED: the budget was spent before one of these was certain.
 */
enum fp_diff_outcome {
	FP_VERDICT_IDENTICAL,
	FP_VERDICT_SAME_ACCESS,
	FP_VERDICT_NARROWER,
	FP_VERDICT_WIDER,
	FP_VERDICT_INCOMPARABLE,
	FP_VERDICT_UNDECIDED
};

const char *fp_verdict_name(enum fp_diff_outcome verdict);

enum fp_change_kind {
	FP_CHANGE_WIDER,
	FP_CHANGE_NARROWER,
	FP_CHANGE_OTHER
};

struct fp_change {
	enum fp_domain domain;
	enum fp_change_kind kind;
	const char *sentence;                      /* depends on the two meanings alone */
	const char *witness;                       /* or NULL */
	const struct fp_rule *old_rule, *new_rule; /* NULL: nothing is written, or no rule is */
	struct fp_span old_span, new_span;         /* of what is no rule */
};

/* What is known of one domain, or of all together. */
struct fp_relation_known {
	bool is_wider, is_narrower, differs;
	bool may_be_wider, may_be_narrower; /* not decided */
};

/*
 * What decides calls and is no policy: a filter, a profile. Its decisions are diagrams over the
 * variables of ir/domain_calls.h, in the prover's.
 */
struct fp_call_source {
	void *context;
	uint8_t abis; /* that it speaks of, bit per ABI: others are not compared */
	/* Diagrams may also ask for capabilities that the job holds: variables FP_DIFF_CAPABILITY
	 * on. */
	bool has_capabilities;
	/* Once, before the others; NULL or why nothing can be said. May be NULL. */
	const char *(*begin)(void *context, struct fp_dd *d);
	uint32_t (*call)(void *context, struct fp_dd *d, const struct fp_sysdef *sys,
			 enum fp_abi abi);
	/* Of numbers without a call, by the bits of the number. */
	uint32_t (*number)(void *context, struct fp_dd *d, enum fp_abi abi);
	const char *why; /* set by those: why what they said may be wrong */
};

#define FP_DIFF_CAPABILITY 448u /* in place of the instruction pointer, which no profile sees */

/* One of both. */
struct fp_diff_input {
	const struct fp_ir *ir;
	const struct fp_call_source *calls;
};

struct fp_diff {
	const struct fp_ir *old, *new;    /* NULL: it is no policy, and calls alone are compared */
	const char *why;                  /* why calls are undecided, where it is not the budget */
	FP_VEC(struct fp_change) changes; /* by domain, wider ones first, then by sentence */
	struct fp_relation_known domains[FP_DOMAIN_N], whole;
	char old_digest[FP_DIGEST_TEXT], new_digest[FP_DIGEST_TEXT]; /* "": undecided */
};

/*
 * Compares two sealed policies, of one compilation or of two; the result lives in `u`. `budget`
 * NULL: the default one. Reports nothing.
 */
void fp_diff(struct fp_unit *u, const struct fp_ir *old, const struct fp_ir *new,
	     const struct fp_budget *budget, struct fp_diff *out);

/* The same where a side, old or new, need not be a policy. */
void fp_diff_inputs(struct fp_unit *u, const struct fp_diff_input sides[2],
		    const struct fp_budget *budget, struct fp_diff *out);

bool fp_diff_is_compared(const struct fp_diff *diff, enum fp_domain domain);

enum fp_diff_outcome fp_diff_verdict(const struct fp_relation_known *k);

/* What is known of two together. */
void fp_diff_join(struct fp_relation_known *all, const struct fp_relation_known *one);

/* What the layers of a target permit, by their claims: each as if it were alone, and together. */
struct fp_diff_target {
	const char *name;
	bool counts[FP_LAYER_N]; /* the target runs the layer */
	enum fp_diff_outcome layers[FP_LAYER_N], together;
};

struct fp_diff_targets {
	FP_VEC(struct fp_diff_target) list;
};

/* Where a side was written, and what to call it. */
struct fp_diff_side {
	struct fp_sources *sources;
	const char *name;
};

/* What may differ without being told as an error. */
enum fp_diff_require {
	FP_REQUIRE_NOTHING,
	FP_REQUIRE_NARROWER, /* narrower, same access or identical */
	FP_REQUIRE_SAME      /* same access or identical */
};

/* Each change as a finding; what `require` refuses is an error. */
struct fp_findings {
	FP_VEC(struct fp_finding) list;
	size_t errors;
};

void fp_diff_findings(struct fp_unit *u, const struct fp_diff *diff,
		      const struct fp_diff_side sides[2], enum fp_diff_require require,
		      struct fp_findings *out);

/* `targets` may be empty: layers were not asked for. */
void fp_diff_print(const struct fp_diff *diff, const struct fp_diff_side sides[2],
		   const struct fp_findings *findings, const struct fp_diff_targets *targets,
		   struct fp_buf *out);

/* By schemas/json/diff.schema.json. */
void fp_diff_json(struct fp_unit *u, const struct fp_diff *diff, const struct fp_diff_side sides[2],
		  const struct fp_findings *findings, const struct fp_diff_targets *targets,
		  struct fp_buf *out);

/*
 * The text that the owner of the old policy signs, to let the wider changes through: a function of
 * the two meanings, the owner's name and the date alone (year 0: for ever). False where there is
 * nothing to let through, or where not all of it is certain.
 */
bool fp_approval_print(const struct fp_diff *diff, struct fp_date until, struct fp_buf *out);

/* ---- inside analysis/ ---- */

/* Texts of a policy's author stay on their line: control bytes are shown as \xHH. */
void fp_diff_put(struct fp_buf *b, const char *text);

struct fp_differ {
	const struct fp_diff_input *sides; /* old, new */
	struct fp_prover *p;
	struct fp_arena *arena;
	struct fp_diff *out;
};

void fp_diff_add(struct fp_differ *d, struct fp_change c);

/* 1 where the bits of a word that are in the mask are those of the value; what a word is. */
uint32_t fp_diff_word(struct fp_dd *d, unsigned first, uint32_t mask, uint32_t value);
uint32_t fp_diff_word_of(const struct fp_dd_set *bits, unsigned first);

void fp_diff_calls(struct fp_differ *d);
void fp_diff_policy(struct fp_differ *d); /* what is no access: tier, targets, owner, claims, ... */

#endif
