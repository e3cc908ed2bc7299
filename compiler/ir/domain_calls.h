/* SPDX-License-Identifier: MIT */
/* System calls as diagrams: what a policy decides for every value of the six arguments. */
#ifndef FP_IR_DOMAIN_CALLS_H
#define FP_IR_DOMAIN_CALLS_H

#include "ir/domain_diagram.h"
#include "ir/ir.h"

/*
 * Variables are the bits of seccomp_data: the architecture, the number, the arguments one by one,
 * the instruction pointer; the highest bit of each first. Leaves of a policy's diagram are
 * decisions, fp_domain_leaf(). Everything is asked as fp_eval_call() would answer on `kernel`
 * (FP_SINCE; UINT16_MAX where none is named: there is nothing to decide where a call is missing).
 */
#define FP_DOMAIN_ARCH 0u
#define FP_DOMAIN_NR   32u
#define FP_DOMAIN_ARGS 64u
#define FP_DOMAIN_IP   448u

static inline uint32_t fp_domain_leaf(struct fp_decision d)
{
	return (uint32_t)d.action << 16 | d.data;
}

/* How far an action lets a call go: 0 refused, 1 others decide, 2 made. */
unsigned fp_domain_rank(enum fp_action action);

bool fp_domain_is_open(const struct fp_ir *ir, enum fp_abi abi);

/* 1 where the predicate holds. */
uint32_t fp_domain_pred(struct fp_dd *d, const struct fp_pred *p);

/* What happens to a call that the ABI numbers. */
uint32_t fp_domain_call(struct fp_dd *d, const struct fp_ir *ir, const struct fp_sysdef *sys,
			enum fp_abi abi, uint16_t kernel);

/* The same, with what `by_rule` gives to the rule that decides, by its id, in place of decisions.
 */
uint32_t fp_domain_call_by(struct fp_dd *d, const struct fp_ir *ir, const struct fp_sysdef *sys,
			   enum fp_abi abi, uint16_t kernel, const uint8_t *by_rule);

/* 1 where the decision lets the call go some way; where `wide` lets it go farther than `narrow`. */
uint32_t fp_domain_permits(struct fp_dd *d, uint32_t decisions);
uint32_t fp_domain_wider(struct fp_dd *d, uint32_t wide, uint32_t narrow);

/*
 * The bits that the kernel drops before it looks, by the signature. Predicates of the language do
 * not test them; a filter of somebody else may.
 */
void fp_domain_dropped(const struct fp_sysdef *sys, enum fp_abi abi, struct fp_dd_set *out);

void fp_domain_args(const struct fp_dd_set *bits, uint64_t args[6]);
void fp_domain_bits(const uint64_t args[6], struct fp_dd_set *out);

/* The selector of a carried call in the multiplexer's first argument, as a condition. */
struct fp_test fp_domain_selector(const struct fp_sysdef *mux, enum fp_abi abi, uint32_t subcall);

/* "socket(AF_ALG, 0, 0) on x86_64"; "socket(domain AF_ALG, type 0, protocol 0)". */
const char *fp_domain_call_text(struct fp_arena *a, const struct fp_sysdef *sys, enum fp_abi abi,
				const uint64_t args[6]);
const char *fp_domain_call_named(struct fp_arena *a, const struct fp_sysdef *sys, enum fp_abi abi,
				 const uint64_t args[6]);

#endif
