/* SPDX-License-Identifier: MIT */
/* What a policy claims of itself, proved or refuted with an example. Nothing is sampled. */
#ifndef FP_IR_DECIDE_H
#define FP_IR_DECIDE_H

#include "base/unit.h"
#include "ir/domain_diagram.h"
#include "ir/ir.h"

struct fp_budget {
	uint32_t nodes;  /* of diagrams: of calls and packets, all questions together */
	uint32_t states; /* of automata: of paths, each question */
};

/*
 * Decides every `never` and `expect` of the policy, and that it is within its bounds and widens its
 * bases only where it says so. Sets the outcomes; reports what fails, with a witness and the rules
 * that make it so, and what is undecided because the budget was spent (NULL: the default one).
 */
void fp_decide(struct fp_unit *u, struct fp_ir *ir, const struct fp_budget *budget);

/* ---- for those who ask questions of their own ---- */

struct fp_prover {
	struct fp_unit *u;
	struct fp_arena *paths; /* emptied between questions */
	struct fp_dd dd;
	uint32_t states;
};

void fp_prover_init(struct fp_prover *p, struct fp_unit *u, const struct fp_budget *budget);

/* An answer to one question: an example against it, and the rule that made it so. */
struct fp_counter {
	enum fp_outcome outcome; /* HOLDS, FAILS or UNDECIDED */
	const char *example;     /* FAILS: "socket(AF_ALG, 0, 0) on x86_64" */
	const char *reason;      /* what no rule tells, or NULL */
	const struct fp_rule *rule;
};

/* `never` or `expect` of one subject, and by its kind. */
struct fp_counter fp_decide_subject(struct fp_prover *p, const struct fp_ir *ir,
				    const struct fp_subject *s, bool is_never);
struct fp_counter fp_decide_calls(struct fp_prover *p, const struct fp_ir *ir,
				  const struct fp_subject *s, bool is_never);
struct fp_counter fp_decide_paths(struct fp_prover *p, const struct fp_ir *ir,
				  const struct fp_subject *s, bool is_never);
struct fp_counter fp_decide_net(struct fp_prover *p, const struct fp_ir *ir,
				const struct fp_subject *s, bool is_never);

/*
 * What `a` permits and `b` does not. Of `within` the bound limits what may be done at a place, not
 * where the content of the place comes from; of `extends` a mount that the base lacks is more.
 */
enum fp_relation {
	FP_RELATION_WITHIN,
	FP_RELATION_EXTENDS
};

struct fp_excess {
	const char *example;          /* "tcp to 10.0.0.1 port 22" */
	const char *more;             /* other examples, in few words; or NULL */
	const struct fp_rule *allows; /* of a; NULL: nothing is written */
	const struct fp_rule *denies; /* of b; NULL: nothing is written */
	const char *pattern;          /* of paths, where all are wanted: the one that allows */
};

struct fp_excesses {
	FP_VEC(struct fp_excess) list; /* one a kind of thing, in the order of the kinds */
	bool is_undecided;             /* the list may lack some */
	bool wants_all;                /* set before: each one, and `more` stays empty */
};

void fp_refine(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
	       enum fp_relation relation, struct fp_excesses *out);

/* The parts of fp_refine(); they add to the list. */
void fp_refine_calls(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
		     struct fp_excesses *out);
void fp_refine_paths(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
		     struct fp_excesses *out);
void fp_refine_net(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b, bool egress,
		   struct fp_excesses *out);
void fp_refine_process(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
		       struct fp_excesses *out);
void fp_refine_mounts(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
		      enum fp_relation relation, struct fp_excesses *out);
void fp_refine_devices(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
		       struct fp_excesses *out);
void fp_refine_limits(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
		      struct fp_excesses *out);

void fp_excess_add(struct fp_prover *p, struct fp_excesses *out, struct fp_excess e);

#endif
