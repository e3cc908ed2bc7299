/* SPDX-License-Identifier: MIT */
/* Conditions on arguments: building them in normal form, evaluating, printing. */
#include "ir/pred.h"
#include "target/tables.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct fp_pred false_pred = { .op = FP_PRED_FALSE };
static const struct fp_pred true_pred = { .op = FP_PRED_TRUE };

const struct fp_pred *fp_pred_const(struct fp_arena *a, bool value)
{
	(void)a;
	return value ? &true_pred : &false_pred;
}

static uint64_t field_mask(const struct fp_test *t)
{
	return t->hi == FP_WORD_NONE ? UINT32_MAX : UINT64_MAX;
}

/* A test that no value, or every value, of the masked field can pass is a constant. */
const struct fp_pred *fp_pred_test(struct fp_arena *a, struct fp_test t)
{
	uint64_t top = t.mask & field_mask(&t);

	t.mask = top;
	if (t.min > t.max || t.min > top)
		return fp_pred_const(a, t.is_negated);
	if (t.max > top)
		t.max = top;
	if (t.min == 0 && t.max == top)
		return fp_pred_const(a, !t.is_negated);
	struct fp_pred *p = FP_NEW(a, struct fp_pred);
	p->op = FP_PRED_TEST;
	p->test = t;
	return p;
}

const struct fp_pred *fp_pred_not(struct fp_arena *a, const struct fp_pred *p)
{
	struct fp_test t = p->test;

	switch (p->op) {
	case FP_PRED_FALSE:
	case FP_PRED_TRUE:
		return fp_pred_const(a, p->op == FP_PRED_FALSE);
	case FP_PRED_TEST:
		t.is_negated = !t.is_negated;
		return fp_pred_test(a, t);
	case FP_PRED_AND:
	case FP_PRED_OR:
		break;
	}
	const struct fp_pred **kids = FP_NEW_ARRAY(a, p->n, const struct fp_pred *);
	for (size_t i = 0; i < p->n; i++)
		kids[i] = fp_pred_not(a, p->kids[i]);
	return fp_pred_join(a, p->op == FP_PRED_AND ? FP_PRED_OR : FP_PRED_AND, kids, p->n);
}

static int cmp_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int cmp_test(const struct fp_test *a, const struct fp_test *b)
{
	int c = a->lo - b->lo;

	c = c ? c : a->hi - b->hi;
	c = c ? c : cmp_u64(a->mask, b->mask);
	c = c ? c : cmp_u64(a->min, b->min);
	c = c ? c : cmp_u64(a->max, b->max);
	return c ? c : a->is_negated - b->is_negated;
}

int fp_pred_cmp(const struct fp_pred *a, const struct fp_pred *b)
{
	if (a == b)
		return 0;
	if (a->op != b->op)
		return a->op < b->op ? -1 : 1;
	if (a->op == FP_PRED_TEST)
		return cmp_test(&a->test, &b->test);
	for (size_t i = 0; i < a->n && i < b->n; i++) {
		int c = fp_pred_cmp(a->kids[i], b->kids[i]);
		if (c)
			return c;
	}
	return (a->n > b->n) - (a->n < b->n);
}

static int by_structure(const void *a, const void *b)
{
	return fp_pred_cmp(*(const struct fp_pred *const *)a, *(const struct fp_pred *const *)b);
}

/* Kids of the same operator are spliced in; the absorbing constant wins, the neutral one goes. */
const struct fp_pred *fp_pred_join(struct fp_arena *a, enum fp_pred_op op,
				   const struct fp_pred *const *kids, size_t n)
{
	enum fp_pred_op absorbing = op == FP_PRED_AND ? FP_PRED_FALSE : FP_PRED_TRUE;
	enum fp_pred_op neutral = op == FP_PRED_AND ? FP_PRED_TRUE : FP_PRED_FALSE;
	size_t total = 0, kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (kids[i]->op == absorbing)
			return kids[i];
		total += kids[i]->op == op ? kids[i]->n : 1;
	}
	const struct fp_pred **all = FP_NEW_ARRAY(a, total ? total : 1, const struct fp_pred *);
	for (size_t i = 0, at = 0; i < n; i++) {
		if (kids[i]->op == neutral)
			continue;
		if (kids[i]->op == op)
			for (size_t j = 0; j < kids[i]->n; j++)
				all[at++] = kids[i]->kids[j];
		else
			all[at++] = kids[i];
		kept = at;
	}
	if (!kept)
		return fp_pred_const(a, neutral == FP_PRED_TRUE);
	qsort(all, kept, sizeof(*all), by_structure);
	total = 1;
	for (size_t i = 1; i < kept; i++)
		if (fp_pred_cmp(all[i], all[total - 1]))
			all[total++] = all[i];
	if (total == 1)
		return all[0];
	struct fp_pred *p = FP_NEW(a, struct fp_pred);
	p->op = op;
	p->kids = all;
	p->n = total;
	return p;
}

static uint32_t word(const uint64_t args[6], unsigned index)
{
	return (uint32_t)(args[index / 2] >> (index % 2 ? 32 : 0));
}

bool fp_pred_holds(const struct fp_pred *p, const uint64_t args[6])
{
	uint64_t v;

	switch (p->op) {
	case FP_PRED_FALSE:
		return false;
	case FP_PRED_TRUE:
		return true;
	case FP_PRED_TEST:
		v = word(args, p->test.lo);
		if (p->test.hi != FP_WORD_NONE)
			v |= (uint64_t)word(args, p->test.hi) << 32;
		v &= p->test.mask;
		return (v >= p->test.min && v <= p->test.max) != p->test.is_negated;
	case FP_PRED_AND:
		for (size_t i = 0; i < p->n; i++)
			if (!fp_pred_holds(p->kids[i], args))
				return false;
		return true;
	case FP_PRED_OR:
		for (size_t i = 0; i < p->n; i++)
			if (fp_pred_holds(p->kids[i], args))
				return true;
		return false;
	}
	return false;
}

static void print_test(struct fp_buf *b, const struct fp_test *t)
{
	uint64_t all = field_mask(t);

	if (t->is_negated)
		fp_buf_puts(b, "not ");
	fp_buf_printf(b, "arg%u", t->lo / 2u);
	if (t->lo % 2)
		fp_buf_puts(b, ".hi");
	else if (t->hi == FP_WORD_NONE)
		fp_buf_puts(b, ".lo");
	else if (t->hi != t->lo + 1)
		fp_buf_printf(b, ":arg%u", t->hi / 2u);
	if (t->mask != all)
		fp_buf_printf(b, " & 0x%" PRIx64, t->mask);
	if (t->min == t->max)
		fp_buf_printf(b, " == 0x%" PRIx64, t->min);
	else
		fp_buf_printf(b, " in 0x%" PRIx64 "..0x%" PRIx64, t->min, t->max);
}

void fp_pred_print(struct fp_buf *b, const struct fp_pred *p)
{
	switch (p->op) {
	case FP_PRED_FALSE:
		fp_buf_puts(b, "never");
		return;
	case FP_PRED_TRUE:
		fp_buf_puts(b, "always");
		return;
	case FP_PRED_TEST:
		print_test(b, &p->test);
		return;
	case FP_PRED_AND:
	case FP_PRED_OR:
		break;
	}
	for (size_t i = 0; i < p->n; i++) {
		bool nested = p->kids[i]->op == FP_PRED_OR || p->kids[i]->op == FP_PRED_AND;
		fp_buf_puts(b, !i ? "" : p->op == FP_PRED_AND ? " and " : " or ");
		fp_buf_puts(b, nested ? "(" : "");
		fp_pred_print(b, p->kids[i]);
		fp_buf_puts(b, nested ? ")" : "");
	}
}
