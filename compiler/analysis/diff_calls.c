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
	OP_DIFFERS,
	OP_MADE
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
	const struct fp_diff_input *sides; /* old, new */
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

static uint32_t leaf_made(uint32_t a, uint32_t b)
{
	(void)b;
	return fp_domain_rank(action_of(a)) == 2;
}

/* Where a decision lets the call go at least so far: 1 is to somebody else, 2 is made. */
static uint32_t goes(struct fp_dd *d, uint32_t decisions, unsigned rank)
{
	static const struct fp_dd_op made = { OP_MADE, leaf_made };

	return rank == 1 ? fp_domain_permits(d, decisions)
			 : fp_dd_apply(d, &made, decisions, decisions);
}

/*
 * Where one lets a call go farther than the other, whatever stands in the bits that the kernel
 * drops: who may set them gets through a filter that looks at them.
 */
static uint32_t farther(struct fp_dd *d, uint32_t one, uint32_t other,
			const struct fp_dd_set *dropped)
{
	uint32_t r = FP_DD_FALSE;

	for (unsigned rank = 1; rank <= 2; rank++) {
		uint32_t a = fp_dd_exists(d, goes(d, one, rank), dropped);
		uint32_t b = fp_dd_exists(d, goes(d, other, rank), dropped);
		r = fp_dd_or(d, r, fp_dd_and(d, a, fp_dd_not(d, b)));
	}
	return r;
}

/* 1 where a call goes this way, from the decision before to the one after. */
static uint32_t where(struct fp_dd *d, enum way way, uint32_t before, uint32_t after,
		      const struct fp_dd_set *dropped)
{
	static const struct fp_dd_op unrecorded = { OP_UNRECORDED, leaf_unrecorded };
	static const struct fp_dd_op differs = { OP_DIFFERS, leaf_differs };

	switch (way) {
	case WAY_WIDER:
		return farther(d, after, before, dropped);
	case WAY_NARROWER:
		return farther(d, before, after, dropped);
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

static uint32_t decisions(const struct call_differ *c, const struct fp_diff_input *side,
			  const struct fp_sysdef *sys, enum fp_abi abi)
{
	const struct fp_decision kill = { .action = FP_ACT_KILL };
	const struct fp_ir *ir = side->ir;

	if (!ir)
		return side->calls->call(side->calls->context, c->dd, sys, abi);
	return fp_domain_is_open(ir, abi) ? fp_domain_call(c->dd, ir, sys, abi, UINT16_MAX)
					  : fp_dd_leaf(c->dd, fp_domain_leaf(kill));
}

/* What audit adds only records: the rule that lets the call through is told. */
static const struct fp_rule *decider(const struct fp_ir *ir, const struct fp_sysdef *sys,
				     enum fp_abi abi, const uint64_t args[6])
{
	if (!ir)
		return NULL;
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

/* The decision on what a filter sees of a call; of all that it may see (`dropped`), the farthest.
 */
static struct fp_decision best(struct fp_dd *d, uint32_t decisions, const struct fp_dd_set *dropped,
			       const struct fp_dd_set *at)
{
	struct fp_dd_set bits = *at;
	uint32_t same = FP_DD_TRUE;

	for (unsigned var = FP_DD_VARS; dropped && var > 0; var--)
		if (!fp_dd_set_has(dropped, var - 1))
			same = fp_dd_set_has(at, var - 1)
				       ? fp_dd_node(d, var - 1, FP_DD_FALSE, same)
				       : fp_dd_node(d, var - 1, same, FP_DD_FALSE);
	for (unsigned rank = 2; dropped && rank > 0; rank--) {
		uint32_t found = fp_dd_and(d, same, goes(d, decisions, rank));
		if (found == FP_DD_FALSE)
			continue;
		fp_dd_witness(d, found, &bits);
		break;
	}
	return decision_of(fp_dd_eval(d, decisions, &bits));
}

/* A profile may ask what the job holds: its diagrams have those capabilities, which no call drops.
 */
static bool asks_for_capabilities(const struct call_differ *c)
{
	return (c->sides[0].calls && c->sides[0].calls->has_capabilities) ||
	       (c->sides[1].calls && c->sides[1].calls->has_capabilities);
}

static const char *example(const struct call_differ *c, const char *call, enum fp_abi abi,
			   const struct fp_dd_set *bits)
{
	const char *separator = ", holding ";
	struct fp_buf b;

	fp_buf_init(&b, c->d->arena);
	fp_buf_printf(&b, "%s on %s", call, fp_abi(abi)->name);
	for (size_t i = 0; asks_for_capabilities(c) && i < fp_cap_count(); i++)
		if (fp_dd_set_has(bits, FP_DIFF_CAPABILITY + fp_cap_at(i)->bit)) {
			fp_buf_printf(&b, "%s%s", separator, fp_cap_at(i)->name);
			separator = ", ";
		}
	return fp_buf_text(&b);
}

static void compare_one(struct call_differ *c, const struct fp_sysdef *sys, enum fp_abi abi,
			enum way way, const uint32_t both[2], struct found *f)
{
	struct fp_dd_set bits, dropped;
	uint64_t args[6];

	fp_domain_dropped(sys, abi, &dropped);
	if (asks_for_capabilities(c))
		dropped.word[FP_DIFF_CAPABILITY / 64] = 0;
	uint32_t rest =
		fp_dd_exists(c->dd, where(c->dd, way, both[0], both[1], &dropped), &dropped);
	for (size_t i = 0; i < EXAMPLES_MAX && !c->dd->is_spent && rest != FP_DD_FALSE; i++) {
		struct group g = { .way = way, .abis = (uint8_t)(1u << abi) };
		g.is_partial = rest != FP_DD_TRUE;
		fp_dd_witness(c->dd, rest, &bits);
		fp_domain_args(&bits, args);
		g.before.decision =
			best(c->dd, both[0], way == WAY_NARROWER ? &dropped : NULL, &bits);
		g.after.decision = best(c->dd, both[1], way == WAY_WIDER ? &dropped : NULL, &bits);
		g.before.rule = decider(c->sides[0].ir, sys, abi, args);
		g.after.rule = decider(c->sides[1].ir, sys, abi, args);
		g.witness =
			example(c, fp_domain_call_named(c->d->arena, sys, abi, args), abi, &bits);
		note(c, f, g);
		const struct fp_pred *told = told_by(sys, abi, &g);
		if (!told)
			return;
		rest = fp_dd_and(c->dd, rest, fp_dd_not(c->dd, fp_domain_pred(c->dd, told)));
	}
}

/* Not where both refuse all, or one does not speak of it. */
static bool is_compared(const struct call_differ *c, enum fp_abi abi)
{
	bool is_open = false;

	for (size_t side = 0; side < 2; side++) {
		const struct fp_diff_input *in = &c->sides[side];
		if (in->calls && !(in->calls->abis >> abi & 1))
			return false;
		is_open |= in->calls || fp_domain_is_open(in->ir, abi);
	}
	return is_open;
}

static void compare_call(struct call_differ *c, const struct fp_sysdef *sys)
{
	struct found f = { 0 };

	if (sys->flags & FP_SYS_UNFILTERED)
		return; /* permitted whatever anybody writes */
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
		if (sys->nr[abi] < 0 || !is_compared(c, abi))
			continue;
		const uint32_t both[] = { decisions(c, &c->sides[0], sys, abi),
					  decisions(c, &c->sides[1], sys, abi) };
		for (enum way way = 0; both[0] != both[1] && way < WAY_N; way++)
			compare_one(c, sys, abi, way, both, &f);
	}
	for (size_t i = 0; i < f.list.n; i++)
		put_in_group(c, &f.list.at[i], sys->name);
}

/* ---- numbers without a call ---- */

uint32_t fp_diff_word(struct fp_dd *d, unsigned first, uint32_t mask, uint32_t value)
{
	uint32_t r = FP_DD_TRUE;

	for (unsigned bit = 0; bit < 32; bit++) {
		unsigned var = first + 31 - bit;
		if (mask >> bit & 1)
			r = value >> bit & 1 ? fp_dd_node(d, var, FP_DD_FALSE, r)
					     : fp_dd_node(d, var, r, FP_DD_FALSE);
	}
	return r;
}

uint32_t fp_diff_word_of(const struct fp_dd_set *bits, unsigned first)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < 32; i++)
		value = value << 1 | fp_dd_set_has(bits, first + i);
	return value;
}

static struct outcome unknown(const struct fp_ir *ir, enum fp_abi abi)
{
	const struct fp_decision kill = { .action = FP_ACT_KILL };

	if (!fp_domain_is_open(ir, abi))
		return (struct outcome){ kill, fp_ir_only(ir, FP_KIND_CALL_ABI) };
	return (struct outcome){ ir->call_unknown, fp_ir_only(ir, FP_KIND_CALL_UNKNOWN) };
}

static uint32_t unassigned(const struct call_differ *c, const struct fp_diff_input *side,
			   enum fp_abi abi)
{
	if (side->calls)
		return side->calls->number(side->calls->context, c->dd, abi);
	return fp_dd_leaf(c->dd, fp_domain_leaf(unknown(side->ir, abi).decision));
}

/* 1 for the numbers of the ABI that have no call; x32 tells its own by a bit. */
static uint32_t without_call(struct fp_dd *d, enum fp_abi abi)
{
	uint32_t assigned = FP_DD_FALSE, bit = fp_abi(FP_ABI_X32)->nr_bit;

	for (size_t i = 0; i < fp_sys_count(); i++) {
		uint32_t nr = (uint32_t)fp_sys_at(i)->nr[abi] | fp_abi(abi)->nr_bit;
		if (fp_sys_at(i)->nr[abi] >= 0)
			assigned = fp_dd_or(d, assigned,
					    fp_diff_word(d, FP_DOMAIN_NR, UINT32_MAX, nr));
	}
	return fp_dd_and(d, fp_dd_not(d, assigned),
			 fp_diff_word(d, FP_DOMAIN_NR, bit, fp_abi(abi)->nr_bit));
}

static void compare_numbers(struct call_differ *c, enum fp_abi abi, enum way way, struct found *f)
{
	const uint32_t before = unassigned(c, &c->sides[0], abi);
	const uint32_t after = unassigned(c, &c->sides[1], abi);
	struct group g = { .way = way, .abis = (uint8_t)(1u << abi) };
	struct fp_dd_set bits = { 0 }, none = { 0 };
	uint32_t nr = fp_sys_max_nr(abi) + 1;

	uint32_t bad = where(c->dd, way, before, after, &none);
	if (bad != FP_DD_FALSE && bad != FP_DD_TRUE) {
		bad = fp_dd_and(c->dd, bad, without_call(c->dd, abi));
		fp_dd_witness(c->dd, bad, &bits);
		nr = fp_diff_word_of(&bits, FP_DOMAIN_NR) & ~fp_abi(abi)->nr_bit;
	}
	if (c->dd->is_spent || bad == FP_DD_FALSE)
		return;
	g.before.decision = decision_of(fp_dd_eval(c->dd, before, &bits));
	g.after.decision = decision_of(fp_dd_eval(c->dd, after, &bits));
	g.before.rule = c->sides[0].ir ? unknown(c->sides[0].ir, abi).rule : NULL;
	g.after.rule = c->sides[1].ir ? unknown(c->sides[1].ir, abi).rule : NULL;
	g.witness = fp_arena_printf(c->d->arena, "call number %u on %s", nr, fp_abi(abi)->name);
	note(c, f, g);
}

static void compare_unassigned(struct call_differ *c)
{
	struct found f = { 0 };

	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
		for (enum way way = 0; is_compared(c, abi) && way < WAY_N; way++)
			compare_numbers(c, abi, way, &f);
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
		fp_buf_puts(&b,
			    asks_for_capabilities(c) ? " in some cases" : " with some arguments");
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

static void nothing_is_known(struct fp_differ *d)
{
	d->out->domains[FP_DOMAIN_CALLS].may_be_wider = true;
	d->out->domains[FP_DOMAIN_CALLS].may_be_narrower = true;
}

/* NULL, or why nothing can be said. */
static const char *begin_sources(struct call_differ *c)
{
	bool is_any = false;

	for (size_t side = 0; side < 2; side++) {
		const struct fp_call_source *s = c->sides[side].calls;
		const char *why = s && s->begin ? s->begin(s->context, c->dd) : NULL;
		if (why)
			return why;
	}
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
		is_any |= is_compared(c, abi);
	return is_any ? NULL : "the two sides are of different machines";
}

/* What is found from here on would not be certain. */
static bool is_in_doubt(const struct call_differ *c)
{
	return c->dd->is_spent || (c->sides[0].calls && c->sides[0].calls->why) ||
	       (c->sides[1].calls && c->sides[1].calls->why);
}

void fp_diff_calls(struct fp_differ *d)
{
	struct call_differ c = { .d = d, .dd = &d->p->dd, .sides = d->sides };

	d->out->why = begin_sources(&c);
	if (d->out->why) {
		nothing_is_known(d);
		return;
	}
	for (size_t i = 0; i < fp_sys_count() && !is_in_doubt(&c); i++)
		compare_call(&c, fp_sys_at(i));
	compare_unassigned(&c);
	for (size_t i = 0; i < c.groups.n; i++)
		tell(&c, &c.groups.at[i]);
	for (size_t side = 0; side < 2 && !d->out->why; side++)
		d->out->why = d->sides[side].calls ? d->sides[side].calls->why : NULL;
	if (c.dd->is_spent || d->out->why)
		nothing_is_known(d);
}
