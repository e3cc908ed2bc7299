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

/*
 * A call that a multiplexer of the ABI carries: its arguments are out of sight, so it gets the
 * strictest of what its rules may say. A rule on the multiplexer itself may be stricter still.
 */
struct fp_answer fp_eval_carried(const struct fp_ir *ir, const struct fp_sysdef *sys,
				 enum fp_abi abi, uint16_t kernel);

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
