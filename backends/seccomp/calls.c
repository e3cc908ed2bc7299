/* SPDX-License-Identifier: MIT */
/* What happens to each call on each ABI: clauses, unknown, default, and what multiplexers carry. */
#include "backends/seccomp/plan.h"

#include <linux/seccomp.h>
#include <string.h>

uint32_t fp_decision_value(struct fp_decision d)
{
	switch (d.action) {
	case FP_ACT_KILL:
		return SECCOMP_RET_KILL_PROCESS;
	case FP_ACT_KILL_THREAD:
		return SECCOMP_RET_KILL_THREAD;
	case FP_ACT_TRAP:
		return SECCOMP_RET_TRAP | d.data;
	case FP_ACT_ERRNO:
		return SECCOMP_RET_ERRNO | d.data;
	case FP_ACT_NOTIFY:
		return SECCOMP_RET_USER_NOTIF;
	case FP_ACT_TRACE:
		return SECCOMP_RET_TRACE | d.data;
	case FP_ACT_LOG:
		return SECCOMP_RET_LOG;
	case FP_ACT_ALLOW: /* no data: the kernel's cache takes this value only */
	case FP_ACT_N:
		break;
	}
	return SECCOMP_RET_ALLOW;
}

void fp_call_context_init(struct fp_call_context *c, struct fp_unit *u, const struct fp_ir *ir,
			  const struct fp_target *t)
{
	memset(c, 0, sizeof(*c));
	c->unit = u;
	c->ir = ir;
	c->target = t;
	for (unsigned i = 0; i < FP_ABI_N; i++) {
		const struct fp_abi_def *abi = fp_abi((enum fp_abi)i);
		if (t->archs[abi->arch] && (abi->is_native || (ir->foreign_abis >> i & 1)))
			c->open |= (uint8_t)(1u << i);
	}
	for (size_t k = 0; k < fp_sys_count(); k++)
		for (unsigned i = 0; fp_sys_at(k)->flags & FP_SYS_MULTIPLEXER && i < FP_ABI_N; i++)
			if (fp_sys_at(k)->nr[i] >= 0)
				c->carrying |= (uint8_t)(c->open & 1u << i);
}

static uint16_t target_kernel(const struct fp_call_context *c)
{
	return FP_SINCE(c->target->kernel.major, c->target->kernel.minor);
}

static struct fp_decision fallback(const struct fp_call_context *c, const struct fp_sysdef *sys,
				   enum fp_abi abi)
{
	return fp_eval_rest(c->ir, sys, abi, target_kernel(c)).decision;
}

static const struct fp_pred *condition(const struct fp_clause *clause, enum fp_abi abi)
{
	const struct fp_pred *when = clause->rule->u.call.when[abi];

	return when && when->op != FP_PRED_FALSE ? when : NULL;
}

uint32_t fp_mux_mask(const struct fp_sysdef *mux)
{
	struct fp_param selector;

	for (unsigned i = 0; i < FP_ABI_N; i++)
		if (fp_sys_param(mux, (enum fp_abi)i, 0, &selector) && selector.bytes < 4)
			return (1u << 8 * selector.bytes) - 1;
	return UINT32_MAX;
}

static bool is_multiplexer(const struct fp_sysdef *sys)
{
	return sys->flags & FP_SYS_MULTIPLEXER;
}

static struct fp_decision stricter(struct fp_decision a, struct fp_decision b)
{
	return fp_decision_cmp(a, b) <= 0 ? a : b;
}

static bool is_letting_through(struct fp_decision d)
{
	return d.action >= FP_ACT_NOTIFY;
}

enum fp_hidden fp_call_hidden(const struct fp_call_context *c, const struct fp_sysdef *sys,
			      const char **abi, const char **by)
{
	enum fp_hidden found = FP_HIDDEN_NOT;

	for (unsigned i = 0; c->carrying >> i && found != FP_HIDDEN_STRICTEST; i++) {
		const struct fp_sysdef *mux;
		uint32_t subcall;

		if (!(c->carrying >> i & 1) ||
		    !fp_sys_multiplexed(sys, (enum fp_abi)i, &mux, &subcall))
			continue;
		struct fp_unseen hidden = fp_eval_unseen(c->ir, sys, (enum fp_abi)i);
		struct fp_unseen own = fp_eval_unseen(c->ir, mux, (enum fp_abi)i);
		/* A rule of its own ends the matter where it is as strict as what is carried. */
		bool is_own = own.is_sure && !own.is_tested &&
			      fp_decision_cmp(own.decision, hidden.decision) <= 0;
		if (!hidden.is_tested || (is_own && !is_letting_through(own.decision)))
			continue;
		found = is_own ? FP_HIDDEN_OPEN : FP_HIDDEN_STRICTEST;
		*abi = fp_abi((enum fp_abi)i)->name;
		*by = mux->name;
	}
	return found;
}

/* The conditions of clauses at[from..to) as one: their tests then meet in one set per field. */
static struct fp_pred any_of(struct fp_call_context *c, enum fp_abi abi, size_t from, size_t to)
{
	const struct fp_call_plan *plan = &c->ir->calls[c->sys->index];
	FP_VEC(const struct fp_pred *) kids = { 0 };

	for (size_t i = from; i < to; i++) {
		const struct fp_pred *when = condition(&plan->at[i], abi);
		if (!when)
			continue;
		if (when->op == FP_PRED_TRUE)
			return *when;
		if (when->op != FP_PRED_OR)
			fp_vec_push(&c->unit->arena, &kids, when);
		for (size_t k = 0; when->op == FP_PRED_OR && k < when->n; k++)
			fp_vec_push(&c->unit->arena, &kids, when->kids[k]);
	}
	return (struct fp_pred){ .op = FP_PRED_OR, .kids = kids.at, .n = kids.n };
}

/* The clauses in order, then `rest`; none lets more through than `most`. */
static uint32_t chain(struct fp_call_context *c, enum fp_abi abi, struct fp_decision rest,
		      struct fp_decision most)
{
	const struct fp_call_plan *plan = &c->ir->calls[c->sys->index];
	uint32_t acc = fp_diagram_leaf(&c->diagram, rest);

	for (size_t to = plan->n, from; to > 0; to = from) {
		struct fp_decision it = plan->at[to - 1].decision;
		for (from = to - 1; from > 0; from--)
			if (fp_decision_cmp(plan->at[from - 1].decision, it))
				break;
		struct fp_pred p = any_of(c, abi, from, to);
		acc = fp_diagram_if(&c->diagram, &p,
				    fp_diagram_leaf(&c->diagram, stricter(it, most)), acc);
	}
	return acc;
}

struct fp_decision fp_call_bound(const struct fp_call_context *c, const struct fp_sysdef *sys,
				 enum fp_abi abi)
{
	struct fp_unseen own = fp_eval_unseen(c->ir, sys, abi);
	struct fp_decision best = own.decision;

	if (!own.is_sure)
		best = stricter(best, fallback(c, sys, abi));
	for (size_t i = 0; is_multiplexer(sys) && i < fp_sys_count(); i++) {
		const struct fp_sysdef *mux, *it = fp_sys_at(i);
		uint32_t subcall;

		if (!fp_sys_multiplexed(it, abi, &mux, &subcall) || mux != sys)
			continue;
		struct fp_unseen hidden = fp_eval_unseen(c->ir, it, abi);
		best = stricter(best, hidden.decision);
		if (!own.is_sure && !hidden.is_sure)
			best = stricter(best, fallback(c, it, abi));
	}
	return best;
}

/*
 * A multiplexer: rules of the carried call and rules of its own, the strictest wins. `default`
 * speaks only of selectors that no rule is sure to speak of.
 */
static uint32_t multiplex(struct fp_call_context *c, enum fp_abi abi)
{
	struct fp_diagram *d = &c->diagram;
	const struct fp_decision allow = { .action = FP_ACT_ALLOW };
	uint32_t acc = chain(c, abi, fallback(c, c->sys, abi), allow);

	for (size_t i = 0; i < fp_sys_count(); i++) {
		const struct fp_sysdef *mux, *sys = fp_sys_at(i);
		uint32_t subcall;

		if (!fp_sys_multiplexed(sys, abi, &mux, &subcall) || mux != c->sys)
			continue;
		struct fp_unseen hidden = fp_eval_unseen(c->ir, sys, abi);
		struct fp_decision rest = hidden.decision;
		if (!hidden.is_sure)
			rest = stricter(rest, fallback(c, sys, abi));
		struct fp_test test = { .lo = 0,
					.hi = FP_WORD_NONE,
					.mask = fp_mux_mask(mux),
					.min = subcall,
					.max = subcall };
		const struct fp_pred p = { .op = FP_PRED_TEST, .test = test };
		acc = fp_diagram_if(d, &p, chain(c, abi, rest, hidden.decision), acc);
	}
	return acc;
}

static void decide(struct fp_call_context *c, enum fp_abi abi)
{
	struct fp_call_abi *a = &c->abi[abi];

	if (is_multiplexer(c->sys))
		a->root = multiplex(c, abi);
	else
		a->root = chain(c, abi, fallback(c, c->sys, abi),
				(struct fp_decision){ .action = FP_ACT_ALLOW });
	a->is_plain = !c->diagram.is_spent && fp_diagram_is_leaf(&c->diagram, a->root);
	if (a->is_plain)
		a->plain = fp_diagram_decision(&c->diagram, a->root);
	if (c->diagram.is_spent && is_multiplexer(c->sys)) {
		a->is_plain = true;
		a->plain = fp_call_bound(c, c->sys, abi);
	}
}

/* Without a diagram where no clause has a condition: nearly all calls. */
static bool decide_plainly(struct fp_call_context *c, enum fp_abi abi)
{
	const struct fp_call_plan *plan = &c->ir->calls[c->sys->index];
	struct fp_call_abi *a = &c->abi[abi];

	if (is_multiplexer(c->sys))
		return false;
	a->is_plain = true;
	for (size_t i = 0; i < plan->n; i++) {
		const struct fp_pred *when = condition(&plan->at[i], abi);
		if (!when)
			continue;
		a->plain = plan->at[i].decision;
		return when->op == FP_PRED_TRUE;
	}
	a->plain = fallback(c, c->sys, abi);
	return true;
}

static void scan(struct fp_call_context *c)
{
	const struct fp_call_plan *plan = &c->ir->calls[c->sys->index];

	fp_diagram_reset(&c->diagram, &c->unit->arena);
	for (unsigned abi = 0; abi < FP_ABI_N; abi++)
		for (size_t i = 0; c->abi[abi].is_there && i < plan->n; i++)
			if (condition(&plan->at[i], (enum fp_abi)abi))
				fp_diagram_scan(&c->diagram, plan->at[i].rule->u.call.when[abi]);
	if (is_multiplexer(c->sys)) {
		struct fp_test test = { .lo = 0, .hi = FP_WORD_NONE, .mask = fp_mux_mask(c->sys) };
		const struct fp_pred p = { .op = FP_PRED_TEST, .test = test };
		fp_diagram_scan(&c->diagram, &p);
	}
	fp_diagram_sort(&c->diagram);
}

void fp_call_load(struct fp_call_context *c, const struct fp_sysdef *sys)
{
	bool is_all_plain = true;

	c->sys = sys;
	memset(c->abi, 0, sizeof(c->abi));
	for (unsigned i = 0; i < FP_ABI_N; i++) {
		struct fp_call_abi *a = &c->abi[i];
		a->is_there = (c->open >> i & 1) && sys->nr[i] >= 0;
		if (!a->is_there)
			continue;
		a->is_unknown = fp_ir_is_unknown(c->ir, sys, (enum fp_abi)i, target_kernel(c));
		is_all_plain &= decide_plainly(c, (enum fp_abi)i);
	}
	if (is_all_plain)
		return;
	scan(c);
	for (unsigned i = 0; i < FP_ABI_N; i++)
		if (c->abi[i].is_there)
			decide(c, (enum fp_abi)i);
}

/* Test by test, for conditions whose diagram would be too large. Linear in their size. */
static uint32_t plain_tests(struct fp_graph *g, const struct fp_pred *p, uint32_t yes, uint32_t no)
{
	struct fp_test t = p->test;
	uint64_t mask = t.hi == FP_WORD_NONE ? t.mask & UINT32_MAX : t.mask;
	struct fp_span64 s[3];
	uint64_t start, end;
	size_t n = 0;

	if (t.is_negated) {
		uint32_t other = yes;
		yes = no;
		no = other;
	}
	if (t.min > t.max || !fp_mask_next(t.min, mask, &start) || start > t.max)
		return no;
	if (start)
		s[n++] = (struct fp_span64){ 0, no };
	s[n++] = (struct fp_span64){ start, yes };
	if (t.max < mask && fp_mask_next(t.max + 1, mask, &end))
		s[n++] = (struct fp_span64){ end, no };
	return fp_graph_field(g, t.lo, t.hi, mask, s, n);
}

static uint32_t in_order(struct fp_graph *g, const struct fp_pred *p, uint32_t yes, uint32_t no)
{
	bool is_and = p->op == FP_PRED_AND;
	uint32_t acc = is_and ? yes : no;

	switch (p->op) {
	case FP_PRED_FALSE:
		return no;
	case FP_PRED_TRUE:
		return yes;
	case FP_PRED_TEST:
		return plain_tests(g, p, yes, no);
	case FP_PRED_AND:
	case FP_PRED_OR:
		break;
	}
	for (size_t i = p->n; i-- > 0;)
		acc = is_and ? in_order(g, p->kids[i], acc, no) : in_order(g, p->kids[i], yes, acc);
	return acc;
}

static uint32_t clause_by_clause(struct fp_call_context *c, enum fp_abi abi, struct fp_graph *g)
{
	const struct fp_call_plan *plan = &c->ir->calls[c->sys->index];
	uint32_t acc = fp_graph_ret(g, fp_decision_value(fallback(c, c->sys, abi)));

	for (size_t i = plan->n; i-- > 0;) {
		const struct fp_pred *when = condition(&plan->at[i], abi);
		if (when)
			acc = in_order(g, when,
				       fp_graph_ret(g, fp_decision_value(plan->at[i].decision)),
				       acc);
	}
	return acc;
}

/*
 * An ordered diagram is the shorter way through nearly every condition, and can be the larger
 * one by far for ranges on several arguments: then size decides.
 */
uint32_t fp_call_graph(struct fp_call_context *c, enum fp_abi abi, struct fp_graph *g)
{
	const struct fp_call_abi *a = &c->abi[abi];

	if (a->is_plain)
		return fp_graph_ret(g, fp_decision_value(a->plain));
	if (c->diagram.is_spent)
		return clause_by_clause(c, abi, g);
	uint32_t node = fp_diagram_graph(&c->diagram, a->root, g, fp_decision_value);
	size_t size = fp_graph_size(g, node);
	if (size < FP_CALL_LARGE || is_multiplexer(c->sys))
		return node;
	uint32_t other = clause_by_clause(c, abi, g);
	return fp_graph_size(g, other) < size ? other : node;
}
