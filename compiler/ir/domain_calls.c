/* SPDX-License-Identifier: MIT */
/* System calls as diagrams. */
#include "ir/domain_calls.h"
#include "ir/eval.h"

#include <inttypes.h>
#include <string.h>

enum {
	OP_PERMITS = 16,
	OP_WIDER
};

unsigned fp_domain_rank(enum fp_action action)
{
	switch (action) {
	case FP_ACT_KILL:
	case FP_ACT_KILL_THREAD:
	case FP_ACT_TRAP:
	case FP_ACT_ERRNO:
		return 0;
	case FP_ACT_NOTIFY:
	case FP_ACT_TRACE:
		return 1;
	case FP_ACT_LOG:
	case FP_ACT_ALLOW:
	case FP_ACT_N:
		break;
	}
	return 2;
}

bool fp_domain_is_open(const struct fp_ir *ir, enum fp_abi abi)
{
	return fp_abi(abi)->is_native || ir->foreign_abis & 1u << abi;
}

/* ---- predicates ---- */

static unsigned first_var(unsigned word)
{
	return FP_DOMAIN_ARGS + word / 2 * 64 + (word % 2 ? 0 : 32);
}

struct three { /* where the field is below, at and above a number */
	uint32_t less, equal, more;
};

/* One word against `to`, all its variables before those of `t`: built from the lowest bit up. */
static uint32_t compare_word(struct fp_dd *d, unsigned word, uint32_t mask, uint32_t to,
			     struct three t)
{
	uint32_t r = t.equal;

	for (unsigned bit = 0; bit < 32; bit++) {
		unsigned var = first_var(word) + 31 - bit;
		bool one = to >> bit & 1;
		if (mask >> bit & 1)
			r = one ? fp_dd_node(d, var, t.less, r) : fp_dd_node(d, var, r, t.more);
		else if (one)
			r = t.less;
	}
	return r;
}

static uint32_t compare(struct fp_dd *d, const struct fp_test *f, uint64_t to, struct three t)
{
	const struct three less = { FP_DD_TRUE, FP_DD_FALSE, FP_DD_FALSE };
	const struct three equal = { FP_DD_FALSE, FP_DD_TRUE, FP_DD_FALSE };
	uint32_t high_mask = (uint32_t)(f->mask >> 32), high = (uint32_t)(to >> 32);
	struct three upper = t;

	uint32_t low = compare_word(d, f->lo, (uint32_t)f->mask, (uint32_t)to, t);
	if (f->hi == FP_WORD_NONE)
		return low;
	upper.equal = low;
	if (first_var(f->hi) < first_var(f->lo))
		return compare_word(d, f->hi, high_mask, high, upper);
	/* The halves of a split argument: the high one comes after the low one. */
	uint32_t is_less = compare_word(d, f->hi, high_mask, high, less);
	uint32_t is_equal = compare_word(d, f->hi, high_mask, high, equal);
	return fp_dd_if(d, is_less, t.less, fp_dd_if(d, is_equal, low, t.more));
}

static uint32_t test(struct fp_dd *d, const struct fp_test *t)
{
	const struct three equal = { FP_DD_FALSE, FP_DD_TRUE, FP_DD_FALSE };
	const struct three from = { FP_DD_FALSE, FP_DD_TRUE, FP_DD_TRUE };
	const struct three to = { FP_DD_TRUE, FP_DD_TRUE, FP_DD_FALSE };
	uint32_t r = t->min == t->max
			     ? compare(d, t, t->min, equal)
			     : fp_dd_and(d, compare(d, t, t->min, from), compare(d, t, t->max, to));

	return t->is_negated ? fp_dd_not(d, r) : r;
}

uint32_t fp_domain_pred(struct fp_dd *d, const struct fp_pred *p)
{
	bool all = p->op == FP_PRED_AND;
	uint32_t r = all ? FP_DD_TRUE : FP_DD_FALSE;

	switch (p->op) {
	case FP_PRED_FALSE:
	case FP_PRED_TRUE:
		return p->op == FP_PRED_TRUE ? FP_DD_TRUE : FP_DD_FALSE;
	case FP_PRED_TEST:
		return test(d, &p->test);
	case FP_PRED_AND:
	case FP_PRED_OR:
		break;
	}
	for (size_t i = 0; i < p->n; i++) {
		uint32_t kid = fp_domain_pred(d, p->kids[i]);
		r = all ? fp_dd_and(d, r, kid) : fp_dd_or(d, r, kid);
	}
	return r;
}

/* ---- policies ---- */

/* The stricter of two that may speak; of equals the first. */
static struct fp_answer stricter(struct fp_answer a, struct fp_answer b)
{
	return fp_decision_cmp(a.decision, b.decision) <= 0 ? a : b;
}

/* Its decision, or what `by_rule` gives to its rule. */
static uint32_t leaf_of(struct fp_dd *d, struct fp_answer a, const uint8_t *by_rule)
{
	if (!by_rule)
		return fp_dd_leaf(d, fp_domain_leaf(a.decision));
	return fp_dd_leaf(d, a.rule ? by_rule[a.rule->id] : 0);
}

/* Clauses, strictest first, over what speaks where none of them does; `most` bounds each. */
static uint32_t clauses(struct fp_dd *d, const struct fp_call_plan *plan, enum fp_abi abi,
			struct fp_answer rest, struct fp_answer most, const uint8_t *by_rule)
{
	uint32_t r = leaf_of(d, rest, by_rule);
	size_t end = 0;

	/* Nothing behind a clause that always holds is asked. */
	while (end < plan->n) {
		const struct fp_pred *when = plan->at[end++].rule->u.call.when[abi];
		if (when && when->op == FP_PRED_TRUE)
			break;
	}
	for (size_t i = end; i > 0; i--) {
		const struct fp_pred *when = plan->at[i - 1].rule->u.call.when[abi];
		struct fp_answer it = { .decision = plan->at[i - 1].decision,
					.rule = plan->at[i - 1].rule };
		if (when)
			r = fp_dd_if(d, fp_domain_pred(d, when),
				     leaf_of(d, stricter(it, most), by_rule), r);
	}
	return r;
}

struct fp_test fp_domain_selector(const struct fp_sysdef *mux, enum fp_abi abi, uint32_t subcall)
{
	struct fp_test t = { .hi = FP_WORD_NONE, .mask = UINT32_MAX, .min = subcall };
	struct fp_param p;

	if (fp_sys_param(mux, abi, 0, &p) && p.bytes == 2)
		t.mask = UINT16_MAX;
	t.max = t.min;
	return t;
}

uint32_t fp_domain_call_by(struct fp_dd *d, const struct fp_ir *ir, const struct fp_sysdef *sys,
			   enum fp_abi abi, uint16_t kernel, const uint8_t *by_rule)
{
	const struct fp_answer allow = { .decision = { .action = FP_ACT_ALLOW } };
	const struct fp_call_plan *plan = &ir->calls[sys->index];
	struct fp_answer rest = fp_eval_rest(ir, sys, abi, kernel);
	uint32_t r = clauses(d, plan, abi, rest, allow, by_rule);

	for (size_t i = 0; sys->flags & FP_SYS_MULTIPLEXER && i < fp_sys_count(); i++) {
		const struct fp_sysdef *mux, *it = fp_sys_at(i);
		uint32_t subcall;
		if (!fp_sys_multiplexed(it, abi, &mux, &subcall) || mux != sys)
			continue;
		struct fp_test is = fp_domain_selector(mux, abi, subcall);
		struct fp_unseen hidden = fp_eval_unseen(ir, it, abi);
		struct fp_answer most = { .decision = hidden.decision, .rule = hidden.rule };
		rest = fp_eval_rest(ir, it, abi, kernel);
		if (hidden.rule)
			rest = hidden.is_sure ? most : stricter(most, rest);
		r = fp_dd_if(d, test(d, &is), clauses(d, plan, abi, rest, most, by_rule), r);
	}
	return r;
}

uint32_t fp_domain_call(struct fp_dd *d, const struct fp_ir *ir, const struct fp_sysdef *sys,
			enum fp_abi abi, uint16_t kernel)
{
	return fp_domain_call_by(d, ir, sys, abi, kernel, NULL);
}

static unsigned rank_of(uint32_t leaf)
{
	return fp_domain_rank((enum fp_action)(leaf >> 16));
}

static uint32_t leaf_permits(uint32_t a, uint32_t b)
{
	(void)b;
	return rank_of(a) > 0;
}

static uint32_t leaf_wider(uint32_t a, uint32_t b)
{
	return rank_of(a) > rank_of(b);
}

uint32_t fp_domain_permits(struct fp_dd *d, uint32_t decisions)
{
	static const struct fp_dd_op op = { OP_PERMITS, leaf_permits };

	return fp_dd_apply(d, &op, decisions, decisions);
}

uint32_t fp_domain_wider(struct fp_dd *d, uint32_t wide, uint32_t narrow)
{
	static const struct fp_dd_op op = { OP_WIDER, leaf_wider };

	return fp_dd_apply(d, &op, wide, narrow);
}

/* ---- what the kernel looks at ---- */

static void add_bits(struct fp_dd_set *s, unsigned word, unsigned from, unsigned to)
{
	for (unsigned bit = from; bit < to; bit++)
		fp_dd_set_add(s, first_var(word) + 31 - bit);
}

void fp_domain_dropped(const struct fp_sysdef *sys, enum fp_abi abi, struct fp_dd_set *out)
{
	struct fp_dd_set seen = { 0 };
	struct fp_param p;

	*out = (struct fp_dd_set){ 0 };
	if (sys->flags & FP_SYS_NOSIG)
		return;
	for (size_t n = 0; fp_sys_param(sys, abi, n, &p); n++) {
		if (p.kind == FP_PARAM_UNUSED)
			continue;
		add_bits(&seen, p.lo, 0, p.bytes < 4 ? p.bytes * 8u : 32);
		if (p.hi != FP_WORD_NONE)
			add_bits(&seen, p.hi, 0, 32);
	}
	for (unsigned i = 0; i < FP_DD_VARS / 64; i++)
		out->word[i] = ~seen.word[i];
}

/* ---- witnesses ---- */

static uint64_t reversed(uint64_t v)
{
	uint64_t r = 0;

	for (unsigned i = 0; i < 64; i++)
		r |= (v >> i & 1) << (63 - i);
	return r;
}

void fp_domain_args(const struct fp_dd_set *bits, uint64_t args[6])
{
	for (unsigned i = 0; i < 6; i++)
		args[i] = reversed(bits->word[FP_DOMAIN_ARGS / 64 + i]);
}

void fp_domain_bits(const uint64_t args[6], struct fp_dd_set *out)
{
	*out = (struct fp_dd_set){ 0 };
	for (unsigned i = 0; i < 6; i++)
		out->word[FP_DOMAIN_ARGS / 64 + i] = reversed(args[i]);
}

static const struct fp_const *named(const char *family, enum fp_abi abi, uint64_t value)
{
	for (size_t i = 0; family && i < fp_const_count(); i++) {
		const struct fp_const *c = fp_const_at(i);
		if (c->present & 1u << abi && (uint64_t)c->value[abi] == value &&
		    !strcmp(c->family, family))
			return c;
	}
	return NULL;
}

/* Single bits by name, what has none as a number. */
static void print_flags(struct fp_buf *b, const char *family, enum fp_abi abi, uint64_t value)
{
	uint64_t rest = value;
	const char *separator = "";

	for (unsigned bit = 0; family && bit < 64; bit++) {
		const struct fp_const *c =
			value >> bit & 1 ? named(family, abi, (uint64_t)1 << bit) : NULL;
		if (!c || c->is_enum)
			continue;
		fp_buf_printf(b, "%s%s", separator, c->name);
		separator = "|";
		rest &= ~((uint64_t)1 << bit);
	}
	if (rest)
		fp_buf_printf(b, "%s0x%" PRIx64, separator, rest);
}

static void print_value(struct fp_buf *b, enum fp_abi abi, const struct fp_param *p, uint64_t value)
{
	const struct fp_const *c = value ? named(p->constants, abi, value) : NULL;

	if (c)
		fp_buf_puts(b, c->name);
	else if (!value)
		fp_buf_putc(b, '0');
	else
		print_flags(b, p->constants, abi, value);
}

static void print_call(struct fp_buf *b, const struct fp_sysdef *sys, enum fp_abi abi,
		       const uint64_t args[6], bool is_named)
{
	const char *separator = "(";
	struct fp_param p;

	fp_buf_puts(b, sys->name);
	for (size_t n = 0; fp_sys_param(sys, abi, n, &p); n++) {
		if (p.kind == FP_PARAM_UNUSED)
			continue;
		uint64_t v = args[p.lo / 2] >> (p.lo % 2 ? 32 : 0) & UINT32_MAX;
		if (p.hi != FP_WORD_NONE)
			v |= (args[p.hi / 2] >> (p.hi % 2 ? 32 : 0) & UINT32_MAX) << 32;
		if (p.bytes < 4)
			v &= ((uint64_t)1 << p.bytes * 8) - 1;
		fp_buf_puts(b, separator);
		if (is_named)
			fp_buf_printf(b, "%s ", p.name);
		print_value(b, abi, &p, v);
		separator = ", ";
	}
	fp_buf_puts(b, separator[0] == '(' ? "()" : ")");
}

const char *fp_domain_call_text(struct fp_arena *a, const struct fp_sysdef *sys, enum fp_abi abi,
				const uint64_t args[6])
{
	struct fp_buf b;

	fp_buf_init(&b, a);
	print_call(&b, sys, abi, args, false);
	fp_buf_printf(&b, " on %s", fp_abi(abi)->name);
	return fp_buf_text(&b);
}

const char *fp_domain_call_named(struct fp_arena *a, const struct fp_sysdef *sys, enum fp_abi abi,
				 const uint64_t args[6])
{
	struct fp_buf b;

	fp_buf_init(&b, a);
	print_call(&b, sys, abi, args, true);
	return fp_buf_text(&b);
}
