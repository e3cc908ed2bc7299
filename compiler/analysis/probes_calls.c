/* SPDX-License-Identifier: MIT */
/* Probes of system calls: every number of every ABI, and arguments about the conditions. */
#include "analysis/probes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FIELDS  12    /* words of seccomp_data.args */
#define MAX_PRODUCT 256   /* combinations written out in full; more are walked one field a time */
#define MAX_SEARCH  65536 /* combinations looked at for one that a clause decides */
#define MAX_WITNESS 32    /* of one `never` on one ABI */
#define DENSE       1024  /* beyond it only assigned numbers: arm has a few near a million */
#define FAR_NUMBER  0x3ffffff0u /* below the x32 bit, past any table */

struct field {
	uint8_t lo, hi;
	FP_VEC(uint64_t) values;
};

struct fields {
	struct field at[MAX_FIELDS];
	size_t n;
};

/* ---- one probe ---- */

static struct fp_probe_outcome outcome_of(const struct fp_answer *a)
{
	struct fp_probe_outcome o = { .succeeds = a->effect == FP_ALLOW };

	switch (a->decision.action) {
	case FP_ACT_KILL:
		o.how = FP_HOW_KILL;
		break;
	case FP_ACT_KILL_THREAD:
		o.how = FP_HOW_KILL_THREAD;
		break;
	case FP_ACT_TRAP:
		o.how = FP_HOW_TRAP;
		o.data = a->decision.data;
		break;
	case FP_ACT_ERRNO:
		o.how = FP_HOW_ERRNO;
		o.data = a->decision.data;
		break;
	case FP_ACT_NOTIFY:
	case FP_ACT_TRACE:
	case FP_ACT_LOG:
	case FP_ACT_ALLOW:
	case FP_ACT_N:
		break;
	}
	return o;
}

static struct fp_answer ask(const struct fp_probes *p, enum fp_abi abi, uint32_t nr,
			    const uint64_t args[6])
{
	return fp_eval_call(p->ir, abi, nr, args, p->kernel);
}

/* A call that is allowed and not there answers ENOSYS, whether a runtime's filter knows it or not.
 */
static uint8_t layers_of(const struct fp_probes *p, enum fp_abi abi, uint32_t nr, bool is_allowed)
{
	const struct fp_sysdef *sys = fp_sys_by_nr(abi, nr);
	bool is_missing = is_allowed && sys && sys->since[abi] > p->kernel;

	return 1u << FP_LAYER_SECCOMP | (is_missing ? 0 : 1u << FP_LAYER_OCI);
}

static void add(struct fp_probes *p, const struct fp_rule *rule, enum fp_abi abi, uint32_t nr,
		const uint64_t args[6], const char *why)
{
	const struct fp_answer a = ask(p, abi, nr, args);
	struct fp_arena *arena = &p->u->arena;
	struct fp_probe probe = {
		.layers = layers_of(p, abi, nr, a.effect == FP_ALLOW),
		.rule = rule,
		.by = a.rule,
		.expect = outcome_of(&a),
		.why = why,
		.action = FP_PROBE_CALL,
		.args = { fp_abi(abi)->name, fp_arena_printf(arena, "%u", nr) },
	};

	for (size_t i = 0; i < 6; i++)
		probe.args[2 + i] = args[i] ? fp_arena_printf(arena, "0x%" PRIx64, args[i]) : "0x0";
	fp_probes_add(p, &probe);
}

/* ---- fields and their boundary values ---- */

static uint64_t width(const struct field *f)
{
	return f->hi == FP_WORD_NONE ? UINT32_MAX : UINT64_MAX;
}

static void set_word(uint64_t args[6], unsigned index, uint32_t value)
{
	unsigned shift = index % 2 ? 32 : 0;

	args[index / 2] &= ~((uint64_t)UINT32_MAX << shift);
	args[index / 2] |= (uint64_t)value << shift;
}

static void set(uint64_t args[6], const struct field *f, uint64_t value)
{
	set_word(args, f->lo, (uint32_t)value);
	if (f->hi != FP_WORD_NONE)
		set_word(args, f->hi, (uint32_t)(value >> 32));
}

static uint64_t get(const uint64_t args[6], const struct field *f)
{
	uint64_t v = (uint32_t)(args[f->lo / 2] >> (f->lo % 2 ? 32 : 0));

	if (f->hi != FP_WORD_NONE)
		v |= (uint64_t)(uint32_t)(args[f->hi / 2] >> (f->hi % 2 ? 32 : 0)) << 32;
	return v;
}

static struct field *field_of(struct fields *all, const struct fp_test *t)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->at[i].lo == t->lo && all->at[i].hi == t->hi)
			return &all->at[i];
	if (all->n == MAX_FIELDS)
		return NULL;
	all->at[all->n] = (struct field){ .lo = t->lo, .hi = t->hi };
	return &all->at[all->n++];
}

static void collect(struct fp_probes *p, struct fields *all, const struct fp_pred *pred)
{
	const struct fp_test *t = &pred->test;

	for (size_t i = 0; i < pred->n; i++)
		collect(p, all, pred->kids[i]);
	struct field *f = pred->op == FP_PRED_TEST ? field_of(all, t) : NULL;
	if (!f)
		return;
	const uint64_t values[] = { 0,
				    t->min,
				    t->max,
				    t->min - 1,
				    t->max + 1,
				    width(f),
				    t->min | ~t->mask,
				    t->mask,
				    t->max & t->mask };
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		fp_vec_push(&p->u->arena, &f->values, values[i] & width(f));
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static size_t combinations(struct fields *all)
{
	size_t total = 1;

	for (size_t i = 0; i < all->n; i++) {
		struct field *f = &all->at[i];
		size_t n = 0;
		qsort(f->values.at, f->values.n, sizeof(f->values.at[0]), by_value);
		for (size_t j = 0; j < f->values.n; j++)
			if (!n || f->values.at[n - 1] != f->values.at[j])
				f->values.at[n++] = f->values.at[j];
		f->values.n = n;
		total = total > MAX_SEARCH ? total : total * n;
	}
	return total > MAX_SEARCH ? MAX_SEARCH : total;
}

/* The n-th combination: the fields' values as digits. */
static void combine(const struct fields *all, size_t n, uint64_t args[6])
{
	memset(args, 0, 6 * sizeof(args[0]));
	for (size_t i = 0; i < all->n; i++) {
		const struct field *f = &all->at[i];
		set(args, f, f->values.at[n % f->values.n]);
		n /= f->values.n;
	}
}

/* ---- conditions of one call ---- */

struct call {
	const struct fp_sysdef *sys;
	enum fp_abi abi;
	uint32_t nr;
};

static bool is_tested(const struct fields *all, unsigned word)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->at[i].lo == word || all->at[i].hi == word)
			return true;
	return false;
}

/* Arguments that a clause decides, and all that differ from them by one bit or one value. */
static void around(struct fp_probes *p, const struct call *c, const struct fields *all,
		   const struct fp_rule *rule, const uint64_t base[6])
{
	uint64_t args[6];

	add(p, rule, c->abi, c->nr, base, "inside");
	for (size_t i = 0; i < all->n; i++) {
		const struct field *f = &all->at[i];
		memcpy(args, base, sizeof(args));
		for (unsigned bit = 0; bit < (f->hi == FP_WORD_NONE ? 32u : 64u); bit++) {
			set(args, f, get(base, f) ^ (uint64_t)1 << bit);
			add(p, rule, c->abi, c->nr, args, "one bit changed");
		}
		for (size_t j = 0; j < f->values.n; j++) {
			set(args, f, f->values.at[j]);
			add(p, rule, c->abi, c->nr, args, "boundary value");
		}
		/* What the kernel does not look at must not matter: the other half of a register.
		 */
		memcpy(args, base, sizeof(args));
		if (fp_abi(c->abi)->word_bits == 64 && !is_tested(all, f->lo ^ 1u)) {
			set_word(args, f->lo ^ 1u, 0xdeadbeefu);
			add(p, rule, c->abi, c->nr, args, "unread half set");
		}
	}
}

static bool has_condition(const struct fp_pred *when)
{
	return when && when->op != FP_PRED_TRUE && when->op != FP_PRED_FALSE;
}

/* Arguments that the rule decides; where a stricter one always does, some it would allow alike. */
static bool find_inside(struct fp_probes *p, const struct call *c, const struct fields *all,
			size_t total, const struct fp_rule *r, uint64_t args[6])
{
	const struct fp_pred *when = r->u.call.when[c->abi];
	const bool permits = r->u.call.decision.action >= FP_ACT_NOTIFY;
	size_t second = total;

	for (size_t i = 0; i < total && when; i++) {
		combine(all, i, args);
		struct fp_answer a = ask(p, c->abi, c->nr, args);
		if (a.rule == r)
			return true;
		if (second == total && fp_pred_holds(when, args) &&
		    permits == (a.effect == FP_ALLOW))
			second = i;
	}
	combine(all, second, args);
	return second < total;
}

static void conditions(struct fp_probes *p, const struct call *c)
{
	const struct fp_call_plan *plan = &p->ir->calls[c->sys->index];
	struct fields all = { 0 };
	uint64_t args[6];

	for (size_t i = 0; i < plan->n; i++)
		if (has_condition(plan->at[i].rule->u.call.when[c->abi]))
			collect(p, &all, plan->at[i].rule->u.call.when[c->abi]);
	if (!all.n)
		return;
	size_t total = combinations(&all);
	for (size_t i = 0; i < total && total <= MAX_PRODUCT; i++) {
		combine(&all, i, args);
		add(p, ask(p, c->abi, c->nr, args).rule, c->abi, c->nr, args, "combination");
	}
	for (size_t k = 0; k < plan->n; k++)
		if (find_inside(p, c, &all, total, plan->at[k].rule, args))
			around(p, c, &all, plan->at[k].rule, args);
}

/* ---- numbers ---- */

static bool is_filtered(const struct fp_sysdef *sys, enum fp_abi abi)
{
	return !sys || abi != FP_ABI_X86_64 || !(sys->flags & FP_SYS_UNFILTERED);
}

static const uint64_t zeros[6];

static void number(struct fp_probes *p, enum fp_abi abi, uint32_t nr)
{
	const struct fp_sysdef *sys = fp_sys_by_nr(abi, nr);
	const struct call c = { sys, abi, nr };

	if (!is_filtered(sys, abi)) {
		fp_probes_skip(p, NULL,
			       fp_arena_printf(&p->u->arena, "%s %u %s: %s", fp_abi(abi)->name, nr,
					       sys->name, sys->filterable_note));
		return;
	}
	const char *name = sys ? sys->name : "unassigned";
	add(p, ask(p, abi, nr, zeros).rule, abi, nr, zeros, name);
	/* A closed ABI is killed by its architecture; no argument is looked at. */
	if (!fp_abi(abi)->is_native && !(p->ir->foreign_abis & 1u << abi))
		return;
	const uint64_t all = fp_abi(abi)->word_bits == 32 ? UINT32_MAX : UINT64_MAX;
	const uint64_t ones[6] = { all, all, all, all, all, all };
	add(p, ask(p, abi, nr, ones).rule, abi, nr, ones, name);
	if (sys)
		conditions(p, &c);
}

/* The nearest number with the other answer, lower first. */
static void next_number(struct fp_probes *p, const struct fp_rule *r, enum fp_abi abi, uint32_t nr)
{
	enum fp_grant here = ask(p, abi, nr, zeros).effect;
	uint32_t max = fp_sys_max_nr(abi) + 1;

	for (uint32_t d = 1; d <= max; d++) {
		const uint32_t near[] = { nr - d, nr + d };
		for (size_t i = 0; i < 2; i++) {
			if (near[i] > max || !is_filtered(fp_sys_by_nr(abi, near[i]), abi) ||
			    ask(p, abi, near[i], zeros).effect == here)
				continue;
			add(p, r, abi, nr, zeros, "inside");
			add(p, r, abi, near[i], zeros, "nearest number outside");
			return;
		}
	}
}

static void neighbours(struct fp_probes *p, const struct fp_rule *r, enum fp_abi abi)
{
	const struct fp_call_set *set_of = &r->u.call.calls;

	if (!fp_abi(abi)->is_native && !(p->ir->foreign_abis & 1u << abi))
		return;
	for (size_t i = 0; i < set_of->n; i++) {
		const struct fp_sysdef *sys = fp_sys_at(set_of->at[i]);
		if (sys->nr[abi] < 0 || !is_filtered(sys, abi) ||
		    ask(p, abi, (uint32_t)sys->nr[abi], zeros).rule != r)
			continue;
		next_number(p, r, abi, (uint32_t)sys->nr[abi]);
		return;
	}
}

void fp_probes_calls(struct fp_probes *p)
{
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
		if (!p->target->archs[fp_abi(abi)->arch])
			continue;
		for (uint32_t nr = 0; nr <= fp_sys_max_nr(abi) + 1; nr++)
			if (nr < DENSE || fp_sys_by_nr(abi, nr))
				number(p, abi, nr);
		number(p, abi, FAR_NUMBER);
		fp_ir_each (p->ir, FP_KIND_CALL, r)
			neighbours(p, r, abi);
	}
	fp_ir_each (p->ir, FP_KIND_AUDIT, r)
		fp_probes_skip(p, r, "a record is no answer: what is allowed stays allowed");
}

/* ---- assertions ---- */

/* Arguments for which the condition of a `never` or `expect` holds. */
static void witnesses(struct fp_probes *p, const struct fp_assertion *a, const struct call *c)
{
	const struct fp_pred *when = a->subject.when[c->abi];
	struct fields all = { 0 };
	uint64_t args[6];
	size_t found = 0;

	if (!when)
		return;
	collect(p, &all, when);
	size_t total = combinations(&all);
	for (size_t i = 0; i < total && found < MAX_WITNESS; i++) {
		combine(&all, i, args);
		if (!fp_pred_holds(when, args))
			continue;
		add(p, NULL, c->abi, c->nr, args, a->text);
		found++;
		/* A promise not kept would show here and nowhere else: it is what must hold. */
		if (a->kind == FP_ASSERT_NEVER && p->at.at[p->at.n - 1].expect.succeeds)
			p->at.at[p->at.n - 1].expect = fp_probe_outcome_of(false);
	}
}

/* The rights that the call of a test needs on its path. */
static void path_of_test(struct fp_probes *p, const struct fp_assertion *a, enum fp_abi abi)
{
	const struct fp_subject *s = &a->subject;
	uint16_t rights = 0;

	for (size_t i = 0; s->path && fp_pathcall_at(i); i++)
		if (!strcmp(fp_pathcall_at(i)->call, s->call->name))
			rights = fp_pathcall_at(i)->by_flags
					 ? fp_eval_open_rights(abi, s->open_flags[abi])
					 : fp_pathcall_at(i)->rights;
	for (unsigned bit = 1; bit <= FP_RIGHT_ALL; bit <<= 1)
		if (rights & bit)
			fp_probes_right(p, NULL, s->path->text, (uint16_t)bit, a->text);
}

void fp_probes_call_subject(struct fp_probes *p, const struct fp_assertion *a)
{
	const struct fp_subject *s = &a->subject;

	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
		if (!p->target->archs[fp_abi(abi)->arch] || s->call->nr[abi] < 0 ||
		    !is_filtered(s->call, abi))
			continue;
		const struct call c = { s->call, abi, (uint32_t)s->call->nr[abi] };
		if (a->kind != FP_ASSERT_TEST) {
			witnesses(p, a, &c);
			continue;
		}
		add(p, NULL, abi, c.nr, s->args[abi], a->text);
		if (fp_abi(abi)->is_native)
			path_of_test(p, a, abi);
	}
}
