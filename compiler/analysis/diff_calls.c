/* SPDX-License-Identifier: MIT */
/* Calls compared: their diagrams, ABI by ABI, and what changed told once for all calls alike. */
#include "analysis/diff.h"
#include "ir/domain_calls.h"
#include "ir/eval.h"

#include <string.h>

/* Rules that a call's arguments may be told apart by: more are not looked for. */
#define EXAMPLES_MAX 64u

enum { /* fp_dd_op.id; ir/domain_calls.c has those below */
	OP_UNRECORDED = 24,
	OP_DIFFERS
};

/* What a call may do differently. */
enum way {
	WAY_WIDER,
	WAY_NARROWER,
	WAY_UNRECORDED, /* let through as before, and no longer logged */
	WAY_RECORDED,
	WAY_OTHER,
	WAY_N
};

struct outcome {
	struct fp_decision decision;
	const struct fp_rule *rule;
};

/* Calls with one change on the same ABIs. */
struct group {
	enum way way;
	bool is_partial; /* for some arguments only */
	struct outcome before, after;
	uint8_t abis;
	FP_VEC(const char *) calls; /* by bytes */
	const char *witness;
};

struct call_differ {
	struct fp_differ *d;
	struct fp_dd *dd;
	const struct fp_ir *old, *new;
	FP_VEC(struct group) groups;
};

/* ---- decisions ---- */

static enum fp_action action_of(uint32_t leaf)
{
	return (enum fp_action)(leaf >> 16);
}

static struct fp_decision decision_of(uint32_t leaf)
{
	return (struct fp_decision){ .action = action_of(leaf), .data = (uint16_t)leaf };
}

static uint32_t leaf_unrecorded(uint32_t before, uint32_t after)
{
	return action_of(before) == FP_ACT_LOG && action_of(after) == FP_ACT_ALLOW;
}

static uint32_t leaf_differs(uint32_t a, uint32_t b)
{
	unsigned rank = fp_domain_rank(action_of(a));

	return a != b && rank < 2 && rank == fp_domain_rank(action_of(b));
}

/* 1 where a call goes this way, from the decision before to the one after. */
static uint32_t where(struct fp_dd *d, enum way way, uint32_t before, uint32_t after)
{
	static const struct fp_dd_op unrecorded = { OP_UNRECORDED, leaf_unrecorded };
	static const struct fp_dd_op differs = { OP_DIFFERS, leaf_differs };

	switch (way) {
	case WAY_WIDER:
		return fp_domain_wider(d, after, before);
	case WAY_NARROWER:
		return fp_domain_wider(d, before, after);
	case WAY_UNRECORDED:
		return fp_dd_apply(d, &unrecorded, before, after);
	case WAY_RECORDED:
		return fp_dd_apply(d, &unrecorded, after, before);
	case WAY_OTHER:
	case WAY_N:
		break;
	}
	return fp_dd_apply(d, &differs, before, after);
}

static uint32_t decisions(const struct call_differ *c, const struct fp_ir *ir,
			  const struct fp_sysdef *sys, enum fp_abi abi)
{
	const struct fp_decision kill = { .action = FP_ACT_KILL };

	return fp_domain_is_open(ir, abi) ? fp_domain_call(c->dd, ir, sys, abi, UINT16_MAX)
					  : fp_dd_leaf(c->dd, fp_domain_leaf(kill));
}

/* What audit adds only records: the rule that lets the call through is told. */
static const struct fp_rule *decider(const struct fp_ir *ir, const struct fp_sysdef *sys,
				     enum fp_abi abi, const uint64_t args[6])
{
	const struct fp_rule *r =
		fp_eval_call(ir, abi, (uint32_t)sys->nr[abi], args, UINT16_MAX).rule;
	const struct fp_call_plan *plan = &ir->calls[sys->index];

	if (!r || r->kind != FP_KIND_CALL || !r->u.call.is_audit)
		return r;
	for (size_t i = 0; i < plan->n; i++) {
		const struct fp_pred *when = plan->at[i].rule->u.call.when[abi];
		if (plan->at[i].decision.action == FP_ACT_ALLOW && when &&
		    fp_pred_holds(when, args))
			return plan->at[i].rule;
	}
	return fp_ir_only(ir, FP_KIND_CALL_DEFAULT);
}

/* ---- groups ---- */

static bool is_same_outcome(const struct outcome *a, const struct outcome *b)
{
	return a->rule == b->rule && a->decision.action == b->decision.action &&
	       a->decision.data == b->decision.data;
}

static bool is_alike(const struct group *a, const struct group *b)
{
	return a->way == b->way && a->is_partial == b->is_partial &&
	       is_same_outcome(&a->before, &b->before) && is_same_outcome(&a->after, &b->after);
}

static void put_in_group(struct call_differ *c, const struct group *g, const char *call)
{
	struct group *at = NULL;

	for (size_t i = 0; i < c->groups.n && !at; i++)
		if (is_alike(&c->groups.at[i], g) && c->groups.at[i].abis == g->abis)
			at = &c->groups.at[i];
	if (!at) {
		fp_vec_push(c->d->arena, &c->groups, *g);
		at = &c->groups.at[c->groups.n - 1];
	}
	fp_vec_push(c->d->arena, &at->calls, call);
}

/* Changes of one call while its ABIs are gone through. */
struct found {
	FP_VEC(struct group) list;
};

static void note(struct call_differ *c, struct found *f, struct group g)
{
	for (size_t i = 0; i < f->list.n; i++)
		if (is_alike(&f->list.at[i], &g)) {
			f->list.at[i].abis |= g.abis;
			return;
		}
	fp_vec_push(c->d->arena, &f->list, g);
}

/* ---- one call ---- */

/* Where the rule that told the last example does not speak: NULL when there is no such rule. */
static const struct fp_pred *told_by(const struct fp_sysdef *sys, enum fp_abi abi,
				     const struct group *g)
{
	const struct fp_rule *grants = g->way == WAY_NARROWER ? g->before.rule : g->after.rule;
	const struct fp_rule *other = g->way == WAY_NARROWER ? g->after.rule : g->before.rule;

	if (sys->flags & FP_SYS_MULTIPLEXER)
		return NULL;
	if (!grants || grants->kind != FP_KIND_CALL)
		grants = other;
	return grants && grants->kind == FP_KIND_CALL ? grants->u.call.when[abi] : NULL;
}

static void compare_one(struct call_differ *c, const struct fp_sysdef *sys, enum fp_abi abi,
			enum way way, const uint32_t both[2], struct found *f)
{
	uint32_t rest = where(c->dd, way, both[0], both[1]);
	struct fp_dd_set bits, dropped;
	uint64_t args[6];

	fp_domain_dropped(sys, abi, &dropped);
	rest = fp_dd_exists(c->dd, rest, &dropped);
	for (size_t i = 0; i < EXAMPLES_MAX && !c->dd->is_spent && rest != FP_DD_FALSE; i++) {
		struct group g = { .way = way, .abis = (uint8_t)(1u << abi) };
		g.is_partial = rest != FP_DD_TRUE;
		fp_dd_witness(c->dd, rest, &bits);
		fp_domain_args(&bits, args);
		g.before.decision = decision_of(fp_dd_eval(c->dd, both[0], &bits));
		g.after.decision = decision_of(fp_dd_eval(c->dd, both[1], &bits));
		g.before.rule = decider(c->old, sys, abi, args);
		g.after.rule = decider(c->new, sys, abi, args);
		g.witness = fp_arena_printf(c->d->arena, "%s on %s",
					    fp_domain_call_named(c->d->arena, sys, abi, args),
					    fp_abi(abi)->name);
		note(c, f, g);
		const struct fp_pred *told = told_by(sys, abi, &g);
		if (!told)
			return;
		rest = fp_dd_and(c->dd, rest, fp_dd_not(c->dd, fp_domain_pred(c->dd, told)));
	}
}

static void compare_call(struct call_differ *c, const struct fp_sysdef *sys)
{
	struct found f = { 0 };

	if (sys->flags & FP_SYS_UNFILTERED)
		return; /* permitted whatever anybody writes */
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
		if (sys->nr[abi] < 0 ||
		    (!fp_domain_is_open(c->old, abi) && !fp_domain_is_open(c->new, abi)))
			continue;
		const uint32_t both[] = { decisions(c, c->old, sys, abi),
					  decisions(c, c->new, sys, abi) };
		for (enum way way = 0; both[0] != both[1] && way < WAY_N; way++)
			compare_one(c, sys, abi, way, both, &f);
	}
	for (size_t i = 0; i < f.list.n; i++)
		put_in_group(c, &f.list.at[i], sys->name);
}

/* ---- numbers without a call ---- */

static struct outcome unknown(const struct fp_ir *ir, enum fp_abi abi)
{
	const struct fp_decision kill = { .action = FP_ACT_KILL };

	if (!fp_domain_is_open(ir, abi))
		return (struct outcome){ kill, fp_ir_only(ir, FP_KIND_CALL_ABI) };
	return (struct outcome){ ir->call_unknown, fp_ir_only(ir, FP_KIND_CALL_UNKNOWN) };
}

static void compare_unassigned(struct call_differ *c)
{
	struct found f = { 0 };

	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
		struct group g = { .abis = (uint8_t)(1u << abi),
				   .before = unknown(c->old, abi),
				   .after = unknown(c->new, abi) };
		const uint32_t before = fp_dd_leaf(c->dd, fp_domain_leaf(g.before.decision));
		const uint32_t after = fp_dd_leaf(c->dd, fp_domain_leaf(g.after.decision));
		while (g.way < WAY_N && where(c->dd, g.way, before, after) != FP_DD_TRUE)
			g.way++;
		g.witness = fp_arena_printf(c->d->arena, "call number %u on %s",
					    fp_sys_max_nr(abi) + 1, fp_abi(abi)->name);
		if (g.way < WAY_N)
			note(c, &f, g);
	}
	for (size_t i = 0; i < f.list.n; i++)
		put_in_group(c, &f.list.at[i], "calls without a name");
}

/* ---- sentences ---- */

static void put_decision(struct fp_buf *b, struct fp_decision d)
{
	static const char *const words[FP_ACT_N] = {
		[FP_ACT_KILL] = "killed",
		[FP_ACT_KILL_THREAD] = "killed with its thread",
		[FP_ACT_TRAP] = "refused with SIGSYS",
		[FP_ACT_ERRNO] = "refused with ",
		[FP_ACT_NOTIFY] = "left to a supervisor",
		[FP_ACT_TRACE] = "left to a tracer",
		[FP_ACT_LOG] = "allowed and recorded",
		[FP_ACT_ALLOW] = "allowed",
	};
	const char *name = d.action == FP_ACT_ERRNO ? fp_errno_name(d.data) : NULL;

	fp_buf_puts(b, words[d.action]);
	if (name)
		fp_buf_puts(b, name);
	else if (d.action == FP_ACT_ERRNO)
		fp_buf_printf(b, "errno %u", d.data);
	else if (d.data)
		fp_buf_printf(b, " (%u)", d.data);
}

static const char *sentence(struct call_differ *c, const struct group *g)
{
	const char *separator = " on ";
	struct fp_buf b;

	fp_buf_init(&b, c->d->arena);
	for (size_t i = 0; i < g->calls.n; i++)
		fp_buf_printf(&b, "%s%s", i ? ", " : "", g->calls.at[i]);
	if (g->is_partial)
		fp_buf_puts(&b, " with some arguments");
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
		if (g->abis >> abi & 1) {
			fp_buf_printf(&b, "%s%s", separator, fp_abi(abi)->name);
			separator = ", ";
		}
	fp_buf_puts(&b, ": ");
	put_decision(&b, g->after.decision);
	fp_buf_puts(&b, ", before ");
	put_decision(&b, g->before.decision);
	return fp_buf_text(&b);
}

static void tell(struct call_differ *c, const struct group *g)
{
	static const enum fp_change_kind kinds[WAY_N] = {
		[WAY_WIDER] = FP_CHANGE_WIDER,      [WAY_NARROWER] = FP_CHANGE_NARROWER,
		[WAY_UNRECORDED] = FP_CHANGE_WIDER, [WAY_RECORDED] = FP_CHANGE_NARROWER,
		[WAY_OTHER] = FP_CHANGE_OTHER,
	};

	bool is_audit = g->way == WAY_UNRECORDED || g->way == WAY_RECORDED;

	fp_diff_add(c->d,
		    (struct fp_change){ .domain = is_audit ? FP_DOMAIN_AUDIT : FP_DOMAIN_CALLS,
					.kind = kinds[g->way],
					.sentence = sentence(c, g),
					.witness = g->witness,
					.old_rule = g->before.rule,
					.new_rule = g->after.rule });
}

void fp_diff_calls(struct fp_differ *d)
{
	struct call_differ c = { .d = d, .dd = &d->p->dd, .old = d->out->old, .new = d->out->new };

	for (size_t i = 0; i < fp_sys_count(); i++)
		compare_call(&c, fp_sys_at(i));
	compare_unassigned(&c);
	for (size_t i = 0; i < c.groups.n; i++)
		tell(&c, &c.groups.at[i]);
	if (!c.dd->is_spent)
		return;
	d->out->domains[FP_DOMAIN_CALLS].may_be_wider = true;
	d->out->domains[FP_DOMAIN_CALLS].may_be_narrower = true;
}
