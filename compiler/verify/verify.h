/* SPDX-License-Identifier: MIT */
/* Whether an artifact means what a policy says: decided from its bytes, with an example if not. */
#ifndef FP_VERIFY_VERIFY_H
#define FP_VERIFY_VERIFY_H

#include "base/unit.h"
#include "ir/domain_diagram.h"
#include "ir/eval.h"
#include "verify/bpf.h"

/* Nodes of all diagrams of one verifier: with all tables 30 MiB. */
#define FP_VERIFY_BUDGET 2000000u

/* Asks about one policy. Holds what several artifacts share. */
struct fp_verifier {
	struct fp_unit *u;
	struct fp_arena *arena; /* given back by fp_verifier_end() */
	const struct fp_ir *ir;
	struct fp_dd dd;
	uint32_t *calls[FP_ABI_N][2]; /* 1 + node, by call: known and unknown to the kernel */
	const struct fp_sysdef **by_number[FP_ABI_N];
	size_t call_count[FP_ABI_N];
};

void fp_verifier_begin(struct fp_verifier *v, struct fp_unit *u, const struct fp_ir *ir);
void fp_verifier_end(struct fp_verifier *v);

/* The calls of an ABI in the order of their numbers. */
const struct fp_sysdef *const *fp_verifier_calls(struct fp_verifier *v, enum fp_abi abi, size_t *n);

/* What is asked of a filter: to be the policy's on machines of one kind. */
struct fp_machine {
	enum fp_arch arch;
	uint16_t kernel; /* FP_SINCE */
};

/* The policy as a function of seccomp_data: what its filter for the machine must compute. */
uint32_t fp_meaning(struct fp_verifier *v, struct fp_machine m);

/* How far an artifact may be from the rule that decides, by what is claimed of it. */
enum fp_allowance {
	FP_MUST_BE_SAME,
	FP_MAY_BE_NARROWER, /* or refuse in another way */
	FP_MAY_BE_WIDER
};

/* The same function with `by_rule[rule id]`, allowances, in place of decisions. */
uint32_t fp_meaning_by(struct fp_verifier *v, struct fp_machine m, const uint8_t *by_rule);

/* 1 for the call of this number (nr_bit included) and for nothing else. */
uint32_t fp_verify_call(struct fp_verifier *v, enum fp_abi abi, uint32_t nr);

/* 1 where the decisions differ. */
uint32_t fp_verify_differs(struct fp_verifier *v, uint32_t a, uint32_t b);

struct fp_verdict {
	enum fp_outcome outcome; /* HOLDS, FAILS, UNDECIDED */
	const char *why;         /* UNDECIDED: what was too much; lives in the unit's arena */
	/* FAILS: */
	struct fp_bpf_data call;
	const char *example; /* "socket(AF_ALG, 0, 0) on x86_64" */
	struct fp_decision wanted, got;
};

/* `b` was decoded. A counterexample was run by the interpreter and asked of fp_eval_call(). */
struct fp_verdict fp_verify_filter(struct fp_verifier *v, struct fp_machine m,
				   const struct fp_bpf *b);

/* The same for two nodes: where they differ, the call that is told most briefly. */
struct fp_verdict fp_verify_nodes(struct fp_verifier *v, uint32_t wanted, uint32_t got);

/* The same where it matters alone: `bad` is 1 there. */
struct fp_verdict fp_verify_where(struct fp_verifier *v, uint32_t wanted, uint32_t got,
				  uint32_t bad);

/* What the policy says to the call, by evaluation. */
struct fp_answer fp_verify_policy_says(const struct fp_verifier *v, struct fp_machine m,
				       const struct fp_bpf_data *d);

/* HOLDS also where they differ as far as `allowed`, fp_meaning_by(), says. */
struct fp_verdict fp_verify_claims(struct fp_verifier *v, uint32_t wanted, uint32_t got,
				   uint32_t allowed);

/* "byte 24: ..." or NULL. */
const char *fp_verify_decode(struct fp_verifier *v, const void *bytes, size_t len,
			     struct fp_bpf *out);

#endif
