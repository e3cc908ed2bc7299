/* SPDX-License-Identifier: MIT */
/* Conditions in normal form: their value is that of the formula they were built from, their shape
 * is the one promised. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/unit.h"
#include "ir/pred.h"
#include "random.h"
#include "target/tables.h"

static struct fp_unit u;

static int setup(void **state)
{
	(void)state;
	fp_unit_init(&u, (size_t)64 << 20);
	if (setjmp(u.recover))
		abort();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fp_unit_free(&u);
	return 0;
}

/* A formula as it was drawn: nothing is simplified. */
struct formula {
	enum {
		IS_CONST,
		IS_TEST,
		IS_NOT,
		IS_AND,
		IS_OR
	} op;

	bool value;
	struct fp_test test;
	unsigned n;
	struct formula *kids[4];
};

/* Small fields and values meet often; the rest covers all 64 bits. */
static uint64_t value(void)
{
	switch (random_below(4)) {
	case 0:
		return random_below(4);
	case 1:
		return UINT64_MAX - random_below(3);
	case 2:
		return (uint64_t)1 << random_below(64);
	default:
		return random_bits() >> random_below(64);
	}
}

static struct fp_test draw_test(void)
{
	struct fp_test t = { .lo = (uint8_t)random_below(12), .hi = FP_WORD_NONE };

	t.lo = (uint8_t)random_below(3);
	if (random_below(2))
		t.hi = (uint8_t)random_below(4);
	t.is_negated = random_below(2);
	t.mask = random_below(2) ? UINT64_MAX : value();
	t.min = value();
	t.max = random_below(2) ? t.min : value();
	return t;
}

static struct formula *draw(unsigned depth)
{
	struct formula *f = FP_NEW(&u.arena, struct formula);
	uint32_t kind = depth ? random_below(8) : random_below(2);

	f->op = kind == 0 && random_below(6) == 0 ? IS_CONST
		: kind < 2                        ? IS_TEST
		: kind < 3                        ? IS_NOT
		: kind < 6                        ? IS_AND
						  : IS_OR;
	f->value = random_below(2);
	f->test = draw_test();
	f->n = f->op == IS_NOT ? 1 : f->op == IS_AND || f->op == IS_OR ? random_below(5) : 0;
	for (unsigned i = 0; i < f->n; i++)
		f->kids[i] = i && random_below(5) == 0 ? f->kids[i - 1] : draw(depth - 1);
	return f;
}

static const struct fp_pred *build(const struct formula *f)
{
	const struct fp_pred *kids[4];

	for (unsigned i = 0; i < f->n; i++)
		kids[i] = build(f->kids[i]);
	switch (f->op) {
	case IS_CONST:
		return fp_pred_const(&u.arena, f->value);
	case IS_TEST:
		return fp_pred_test(&u.arena, f->test);
	case IS_NOT:
		return fp_pred_not(&u.arena, kids[0]);
	case IS_AND:
	case IS_OR:
		break;
	}
	return fp_pred_join(&u.arena, f->op == IS_AND ? FP_PRED_AND : FP_PRED_OR, kids, f->n);
}

static bool test_holds(const struct fp_test *t, const uint64_t args[6])
{
	uint64_t field = args[t->lo / 2] >> (t->lo % 2 ? 32 : 0) & UINT32_MAX;

	if (t->hi != FP_WORD_NONE)
		field += (args[t->hi / 2] >> (t->hi % 2 ? 32 : 0) & UINT32_MAX) << 32;
	bool in = t->min <= (field & t->mask) && (field & t->mask) <= t->max;
	return t->is_negated ? !in : in;
}

static bool holds(const struct formula *f, const uint64_t args[6])
{
	bool all = true, any = false;

	if (f->op == IS_CONST)
		return f->value;
	if (f->op == IS_TEST)
		return test_holds(&f->test, args);
	for (unsigned i = 0; i < f->n; i++) {
		bool kid = holds(f->kids[i], args);
		all &= kid;
		any |= kid;
	}
	return f->op == IS_NOT ? !any : f->op == IS_AND ? all : any;
}

/* What pred.h promises of every predicate. */
static void check_shape(const struct fp_pred *p, bool is_top)
{
	switch (p->op) {
	case FP_PRED_FALSE:
	case FP_PRED_TRUE:
		assert_true(is_top);
		return;
	case FP_PRED_TEST:
		assert_true(p->test.min <= p->test.max && p->test.max <= p->test.mask);
		assert_false(p->test.min == 0 && p->test.max == p->test.mask);
		return;
	case FP_PRED_AND:
	case FP_PRED_OR:
		break;
	}
	assert_true(p->n >= 2);
	for (size_t i = 0; i < p->n; i++) {
		assert_true(p->kids[i]->op != p->op);
		assert_true(!i || fp_pred_cmp(p->kids[i - 1], p->kids[i]) < 0);
		check_shape(p->kids[i], false);
	}
}

static void draw_args(uint64_t args[6])
{
	for (unsigned i = 0; i < 6; i++)
		args[i] = random_below(2) ? value() : value() << 32 | (value() & UINT32_MAX);
}

static void test_value_and_shape(void **state)
{
	unsigned held = 0, told = 0;

	(void)state;
	for (int i = 0; i < 6000; i++) {
		const struct formula *f = draw(3);
		const struct fp_pred *p = build(f), *not_p = fp_pred_not(&u.arena, p);
		check_shape(p, true);
		check_shape(not_p, true);
		assert_int_equal(fp_pred_cmp(fp_pred_not(&u.arena, not_p), p), 0);
		for (int k = 0; k < 20; k++) {
			uint64_t args[6];
			draw_args(args);
			bool want = holds(f, args);
			assert_int_equal(fp_pred_holds(p, args), want);
			assert_int_equal(fp_pred_holds(not_p, args), !want);
			held += want;
			told++;
		}
	}
	/* A test of constants only would prove nothing. */
	assert_true(held > told / 10 && held < told - told / 10);
}

/* Order and repetition of operands do not show. */
static void test_order_of_operands(void **state)
{
	(void)state;
	for (int i = 0; i < 2000; i++) {
		enum fp_pred_op op = random_below(2) ? FP_PRED_AND : FP_PRED_OR;
		const struct fp_pred *kids[8];
		size_t n = 1 + random_below(6);
		for (size_t k = 0; k < n; k++)
			kids[k] = build(draw(1));
		const struct fp_pred *p = fp_pred_join(&u.arena, op, kids, n);
		kids[n] = kids[random_below((uint32_t)n)];
		for (size_t k = n; k > 0; k--) {
			size_t j = random_below((uint32_t)k + 1);
			const struct fp_pred *t = kids[k];
			kids[k] = kids[j];
			kids[j] = t;
		}
		assert_int_equal(fp_pred_cmp(p, fp_pred_join(&u.arena, op, kids, n + 1)), 0);
	}
}

static int sign(int c)
{
	return (c > 0) - (c < 0);
}

static void test_cmp_is_an_order(void **state)
{
	(void)state;
	for (int i = 0; i < 20000; i++) {
		const struct fp_pred *a = build(draw(2)), *b = build(draw(2)), *c = build(draw(2));
		assert_int_equal(sign(fp_pred_cmp(a, b)), -sign(fp_pred_cmp(b, a)));
		assert_int_equal(fp_pred_cmp(a, a), 0);
		if (fp_pred_cmp(a, b) <= 0 && fp_pred_cmp(b, c) <= 0)
			assert_true(fp_pred_cmp(a, c) <= 0);
	}
}

static const char *printed(struct fp_test t)
{
	struct fp_buf *b = FP_NEW(&u.arena, struct fp_buf);

	fp_buf_init(b, &u.arena);
	fp_pred_print(b, fp_pred_test(&u.arena, t));
	return fp_buf_text(b);
}

static void test_print(void **state)
{
	const uint64_t all = UINT64_MAX;

	(void)state;
	assert_string_equal(printed((struct fp_test){ 0, FP_WORD_NONE, false, all, 1, 1 }),
			    "arg0.lo == 0x1");
	assert_string_equal(printed((struct fp_test){ 3, FP_WORD_NONE, false, all, 1, 2 }),
			    "arg1.hi in 0x1..0x2");
	assert_string_equal(printed((struct fp_test){ 2, 3, true, all, 1, 1 }), "not arg1 == 0x1");
	assert_string_equal(printed((struct fp_test){ 2, 4, false, 6, 2, 2 }),
			    "arg1:arg2 & 0x6 == 0x2");
	/* Past the field there is nothing. */
	assert_string_equal(printed((struct fp_test){ 0, FP_WORD_NONE, false, all, 0, all }),
			    "always");
	assert_string_equal(printed((struct fp_test){ 0, FP_WORD_NONE, false, all, all, all }),
			    "never");
	assert_string_equal(printed((struct fp_test){ 0, FP_WORD_NONE, true, all, 2, 1 }),
			    "always");
	assert_string_equal(printed((struct fp_test){ 0, 1, false, 0, 0, 0 }), "always");
}

#define UNIT_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_value_and_shape),
		UNIT_TEST(test_order_of_operands),
		UNIT_TEST(test_cmp_is_an_order),
		UNIT_TEST(test_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
