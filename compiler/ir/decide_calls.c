/* SPDX-License-Identifier: MIT */
/* Questions about system calls. */
#include "ir/decide.h"
#include "ir/domain_calls.h"
#include "ir/eval.h"

static bool is_unfiltered(const struct fp_sysdef *sys)
{
	return sys->flags & FP_SYS_UNFILTERED;
}

static const struct fp_rule *rule_of(const struct fp_ir *ir, const struct fp_sysdef *sys,
				     enum fp_abi abi, const uint64_t args[6])
{
	return fp_eval_call(ir, abi, (uint32_t)sys->nr[abi], args, UINT16_MAX).rule;
}

/* The calls in `bad`, if there are any, against a question about `sys`. */
static struct fp_counter counter(struct fp_prover *p, const struct fp_ir *ir,
				 const struct fp_sysdef *sys, enum fp_abi abi, uint32_t bad)
{
	struct fp_counter c = { .outcome = FP_HOLDS };
	struct fp_dd_set bits, dropped;
	uint64_t args[6];

	/* A no-op on predicates of the language, and a wall against any that is not in kernel view.
	 */
	fp_domain_dropped(sys, abi, &dropped);
	bad = fp_dd_exists(&p->dd, bad, &dropped);
	if (p->dd.is_spent)
		c.outcome = FP_UNDECIDED;
	if (p->dd.is_spent || bad == FP_DD_FALSE)
		return c;
	fp_dd_witness(&p->dd, bad, &bits);
	fp_domain_args(&bits, args);
	c.outcome = FP_FAILS;
	c.example = fp_domain_call_text(&p->u->arena, sys, abi, args);
	c.rule = rule_of(ir, sys, abi, args);
	return c;
}

static struct fp_counter direct(struct fp_prover *p, const struct fp_ir *ir,
				const struct fp_subject *s, enum fp_abi abi, bool is_never)
{
	uint32_t condition = fp_domain_pred(&p->dd, s->when[abi]);
	uint32_t permits = FP_DD_TRUE;

	if (!is_unfiltered(s->call))
		permits = fp_domain_permits(&p->dd,
					    fp_domain_call(&p->dd, ir, s->call, abi, UINT16_MAX));
	if (!is_never)
		permits = fp_dd_not(&p->dd, permits);
	struct fp_counter c = counter(p, ir, s->call, abi, fp_dd_and(&p->dd, condition, permits));
	if (c.outcome == FP_FAILS && is_never && is_unfiltered(s->call)) {
		c.reason = s->call->filterable_note;
		c.rule = NULL;
	}
	return c;
}

/*
 * The call behind a multiplexer, whose arguments no filter sees: whatever the condition asks for
 * may be among them.
 */
static struct fp_counter carried(struct fp_prover *p, const struct fp_ir *ir,
				 const struct fp_subject *s, enum fp_abi abi)
{
	const struct fp_sysdef *mux;
	uint32_t subcall;

	if (!fp_sys_multiplexed(s->call, abi, &mux, &subcall) ||
	    (s->when[abi] && s->when[abi]->op == FP_PRED_FALSE))
		return (struct fp_counter){ .outcome = FP_HOLDS };
	struct fp_test is = fp_domain_selector(mux, abi, subcall);
	const struct fp_pred selects = { .op = FP_PRED_TEST, .test = is };
	uint32_t permits =
		fp_domain_permits(&p->dd, fp_domain_call(&p->dd, ir, mux, abi, UINT16_MAX));
	struct fp_counter c = counter(p, ir, mux, abi,
				      fp_dd_and(&p->dd, permits, fp_domain_pred(&p->dd, &selects)));
	if (c.outcome == FP_FAILS)
		c.reason = fp_arena_printf(&p->u->arena,
					   "%s carries %s there, and no filter sees its arguments",
					   mux->name, s->call->name);
	return c;
}

struct fp_counter fp_decide_calls(struct fp_prover *p, const struct fp_ir *ir,
				  const struct fp_subject *s, bool is_never)
{
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
		struct fp_counter c = { .outcome = FP_HOLDS };
		if (!fp_domain_is_open(ir, abi))
			continue;
		if (s->call->nr[abi] >= 0 && s->when[abi])
			c = direct(p, ir, s, abi, is_never);
		if (c.outcome == FP_HOLDS && is_never)
			c = carried(p, ir, s, abi);
		if (c.outcome != FP_HOLDS)
			return c;
	}
	return (struct fp_counter){ .outcome = FP_HOLDS };
}

/* ---- refinement ---- */

struct calls {
	struct fp_prover *p;
	const struct fp_ir *a, *b;
	struct fp_excess first;
	size_t count; /* calls of which `a` lets more through */
};

/* Whether no argument decides, and what is decided then. */
static bool is_plain(const struct fp_ir *ir, const struct fp_sysdef *sys, enum fp_abi abi,
		     struct fp_decision *out)
{
	const struct fp_call_plan *plan = &ir->calls[sys->index];

	*out = fp_ir_is_unknown(ir, sys, abi, UINT16_MAX) ? ir->call_unknown : ir->call_default;
	if (sys->flags & FP_SYS_MULTIPLEXER)
		return false;
	for (size_t i = 0; i < plan->n; i++) {
		const struct fp_pred *when = plan->at[i].rule->u.call.when[abi];
		if (!when || when->op == FP_PRED_FALSE)
			continue;
		*out = plan->at[i].decision;
		return when->op == FP_PRED_TRUE;
	}
	return true;
}

static uint32_t decisions(const struct calls *c, const struct fp_ir *ir,
			  const struct fp_sysdef *sys, enum fp_abi abi)
{
	const struct fp_decision kill = { .action = FP_ACT_KILL };

	return fp_domain_is_open(ir, abi) ? fp_domain_call(&c->p->dd, ir, sys, abi, UINT16_MAX)
					  : fp_dd_leaf(&c->p->dd, fp_domain_leaf(kill));
}

/* False where `a` lets nothing more through than `b`. */
static bool compare(struct calls *c, const struct fp_sysdef *sys, enum fp_abi abi)
{
	struct fp_decision a, b;
	struct fp_dd_set bits;
	uint64_t args[6];

	if (is_unfiltered(sys))
		return false; /* nothing anybody writes makes a difference */
	if (is_plain(c->a, sys, abi, &a) && is_plain(c->b, sys, abi, &b) &&
	    fp_domain_is_open(c->b, abi) && fp_domain_rank(a.action) <= fp_domain_rank(b.action))
		return false;
	uint32_t more = fp_domain_wider(&c->p->dd, decisions(c, c->a, sys, abi),
					decisions(c, c->b, sys, abi));
	struct fp_counter at = counter(c->p, c->a, sys, abi, more);
	if (at.outcome != FP_FAILS)
		return false;
	fp_dd_witness(&c->p->dd, more, &bits);
	fp_domain_args(&bits, args);
	if (!c->count)
		c->first = (struct fp_excess){ .example = at.example,
					       .allows = at.rule,
					       .denies = rule_of(c->b, sys, abi, args) };
	return true;
}

/* Numbers that no table row has: all of them are `unknown`. */
static bool compare_unassigned(struct calls *c, enum fp_abi abi)
{
	const struct fp_decision kill = { .action = FP_ACT_KILL };
	bool is_open = fp_domain_is_open(c->b, abi);
	struct fp_decision b = is_open ? c->b->call_unknown : kill;

	if (fp_domain_rank(c->a->call_unknown.action) <= fp_domain_rank(b.action))
		return false;
	if (!c->count)
		c->first = (struct fp_excess){
			.example = fp_arena_printf(&c->p->u->arena,
						   "call number %u, which nobody knows, on %s",
						   fp_sys_max_nr(abi) + 1, fp_abi(abi)->name),
			.allows = fp_ir_only(c->a, FP_KIND_CALL_UNKNOWN),
			.denies =
				fp_ir_only(c->b, is_open ? FP_KIND_CALL_UNKNOWN : FP_KIND_CALL_ABI)
		};
	return true;
}

/* A call counts once, whatever the ABIs; the first ABI's example is shown. */
static void compare_all(struct calls *c)
{
	bool unassigned = false;

	for (size_t i = 0; i < fp_sys_count(); i++) {
		bool more = false;
		for (enum fp_abi abi = 0; abi < FP_ABI_N && !more; abi++)
			more = fp_domain_is_open(c->a, abi) && fp_sys_at(i)->nr[abi] >= 0 &&
			       compare(c, fp_sys_at(i), abi);
		c->count += more;
	}
	for (enum fp_abi abi = 0; abi < FP_ABI_N && !unassigned; abi++)
		unassigned = fp_domain_is_open(c->a, abi) && compare_unassigned(c, abi);
	c->count += unassigned;
}

void fp_refine_calls(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
		     struct fp_excesses *out)
{
	struct calls c = { .p = p, .a = a, .b = b };

	compare_all(&c);
	out->is_undecided |= p->dd.is_spent;
	if (!c.count)
		return;
	if (c.count > 1)
		c.first.more = fp_arena_printf(&p->u->arena, "and %zu more", c.count - 1);
	fp_excess_add(p, out, c.first);
}
