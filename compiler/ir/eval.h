/* SPDX-License-Identifier: MIT */
/* Single questions to a sealed IR, answered by its definition: the reference every other judge is
 * held to. */
#ifndef FP_IR_EVAL_H
#define FP_IR_EVAL_H

#include "ir/glob.h"
#include "ir/ir.h"

/* An answer and the rule it rests on (NULL: nothing was written, the default of the kind spoke). */
struct fp_answer {
	enum fp_grant effect;
	struct fp_decision decision; /* calls only */
	const struct fp_rule *rule;
	const struct fp_rule *also; /* paths only: what would refuse without it, or NULL */
};

/*
 * One call on one ABI, with the arguments as a filter sees them. `nr` is without nr_bit; numbers
 * the table does not assign are unknown. `kernel` is the target's FP_SINCE, or UINT16_MAX for
 * "any". ALLOW, LOG, TRACE and NOTIFY count as FP_ALLOW: the call may happen.
 */
struct fp_answer fp_eval_call(const struct fp_ir *ir, enum fp_abi abi, uint32_t nr,
			      const uint64_t args[6], uint16_t kernel);

/* What the rules of a call say while its arguments are out of sight. */
struct fp_unseen {
	const struct fp_rule *rule;  /* the strictest that may speak; NULL: none does */
	struct fp_decision decision; /* its; ALLOW where there is none */
	bool is_sure;                /* some rule speaks whatever the arguments are */
	bool is_tested;              /* the arguments decide, or would if they were seen */
};

/*
 * A multiplexer carries calls whose arguments no filter sees. For such a selector rules of the
 * carried call speak, each where it may apply, and rules of the multiplexer, each where it does:
 * the strictest wins. What speaks where no rule is (fp_eval_rest() of the carried call) has a say
 * only if none of them is sure to apply.
 */
struct fp_unseen fp_eval_unseen(const struct fp_ir *ir, const struct fp_sysdef *sys,
				enum fp_abi abi);

/* `unknown` or `default`: what happens to the call where no rule speaks. */
struct fp_answer fp_eval_rest(const struct fp_ir *ir, const struct fp_sysdef *sys, enum fp_abi abi,
			      uint16_t kernel);

/*
 * Whether all of `rights` are granted on the path: by files rules (deny wins, the default last),
 * and by mounts, the root's mode, masks and read-only paths, which take rights away.
 */
struct fp_answer fp_eval_path(const struct fp_ir *ir, const char *path, uint16_t rights);

/* One packet: protocol (not ANY), address, port (0 for protocols without). */
struct fp_answer fp_eval_net(const struct fp_ir *ir, bool egress, enum fp_proto proto,
			     const struct fp_prefix *address, uint16_t port);

/* Rights that open(2) with these flags asks for, by the ABI's constants. */
uint16_t fp_eval_open_rights(enum fp_abi abi, uint64_t flags);

/* Decides the policy's own tests; sets outcome and because. */
void fp_eval_tests(struct fp_unit *u, struct fp_ir *ir);

#endif
