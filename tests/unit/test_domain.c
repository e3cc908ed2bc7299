/* SPDX-License-Identifier: MIT */
/* Decision diagrams: their values are those of what they were built from, equal functions are one
 * node, and the budget holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ir/domain_calls.h"
#include "ir/eval.h"
#include "random.h"
#include "sema/sema.h"

static struct fp_unit u;
static struct fp_dd dd;

static void begin(uint32_t budget)
{
	fp_unit_init(&u, (size_t)512 << 20);
	if (setjmp(u.recover))
		abort();
	fp_dd_init(&dd, &u.arena, budget);
}

/* ---- eight bits: every value ---- */

static struct fp_test draw_small(void)
{
	static const uint8_t masks[] = { 0xff, 0xff, 0x0f, 0xf0, 0x55, 0x81, 0x3c };
	struct fp_test t = { .lo = 0, .hi = FP_WORD_NONE, .is_negated = random_below(2) };

	t.mask = masks[random_below(sizeof(masks))];
	t.min = random_below(256);
	t.max = random_below(2) ? t.min : t.min + random_below(80);
	return t;
}

static const struct fp_pred *draw(struct fp_test (*leaf)(void), unsigned depth)
{
	const struct fp_pred *kids[3];
	size_t n = 1 + random_below(3);

	if (!depth || random_below(4) == 0)
		return fp_pred_test(&u.arena, leaf());
	for (size_t i = 0; i < n; i++)
		kids[i] = draw(leaf, depth - 1);
	const struct fp_pred *p =
		fp_pred_join(&u.arena, random_below(2) ? FP_PRED_AND : FP_PRED_OR, kids, n);
	return random_below(3) ? p : fp_pred_not(&u.arena, p);
}

struct truth {
	uint64_t word[4];
};

static struct truth truth_of(const struct fp_pred *p)
{
	struct truth t = { 0 };

	for (uint64_t v = 0; v < 256; v++) {
		const uint64_t args[6] = { random_bits() << 8 | v };
		if (fp_pred_holds(p, args))
			t.word[v / 64] |= (uint64_t)1 << v % 64;
	}
	return t;
}

static uint32_t value_at(uint32_t node, const uint64_t args[6])
{
	struct fp_dd_set bits;

	fp_domain_bits(args, &bits);
	return fp_dd_eval(&dd, node, &bits);
}

#define SMALL 400

/* Nodes are equal exactly if the tables are: canonical. */
static void equal_functions_are_one_node(void **state)
{
	static uint32_t nodes[SMALL];
	static struct truth truths[SMALL];

	(void)state;
	begin(FP_DD_BUDGET);
	for (size_t i = 0; i < SMALL; i++) {
		const struct fp_pred *p = draw(draw_small, 3);
		nodes[i] = fp_domain_pred(&dd, p);
		truths[i] = truth_of(p);
		for (uint64_t v = 0; v < 256; v++) {
			const uint64_t args[6] = { v };
			assert_int_equal(value_at(nodes[i], args),
					 truths[i].word[v / 64] >> v % 64 & 1);
		}
	}
	size_t same = 0;
	for (size_t i = 0; i < SMALL; i++)
		for (size_t j = 0; j < i; j++) {
			bool equal = !memcmp(&truths[i], &truths[j], sizeof(truths[i]));
			assert_int_equal(equal, nodes[i] == nodes[j]);
			same += equal;
		}
	assert_true(same > 0);
	assert_false(dd.is_spent);
	fp_unit_free(&u);
}

/* Quantifying bits away is the or over all their values; a witness makes it true. */
static void bits_are_quantified(void **state)
{
	(void)state;
	begin(FP_DD_BUDGET);
	for (int round = 0; round < 300; round++) {
		const struct fp_pred *p = draw(draw_small, 3);
		struct truth t = truth_of(p);
		uint64_t gone = random_below(256);
		struct fp_dd_set set = { 0 }, bits;
		for (unsigned bit = 0; bit < 8; bit++)
			if (gone >> bit & 1)
				fp_dd_set_add(&set, FP_DOMAIN_ARGS + 63 - bit);
		uint32_t some = fp_dd_exists(&dd, fp_domain_pred(&dd, p), &set);
		bool any = false;
		for (uint64_t v = 0; v < 256; v++) {
			const uint64_t args[6] = { v };
			bool want = false;
			for (uint64_t x = 0; x < 256; x++)
				want |= (x & gone) == x &&
					(t.word[((v & ~gone) | x) / 64] >> ((v & ~gone) | x) % 64 &
					 1);
			assert_int_equal(value_at(some, args), want);
			any |= want;
		}
		assert_int_equal(any, some != FP_DD_FALSE);
		if (some == FP_DD_FALSE)
			continue;
		fp_dd_witness(&dd, some, &bits);
		assert_int_equal(fp_dd_eval(&dd, some, &bits), 1);
	}
	fp_unit_free(&u);
}

/* ---- all words ---- */

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

/* Any two words may be the halves of a field: 32-bit ABIs split arguments. */
static struct fp_test draw_wide(void)
{
	struct fp_test t = { .lo = (uint8_t)random_below(4), .hi = FP_WORD_NONE };

	if (random_below(2))
		t.hi = (uint8_t)((t.lo + 1 + random_below(3)) % 4);
	t.is_negated = random_below(2);
	t.mask = random_below(2) ? UINT64_MAX : value();
	t.min = value();
	t.max = random_below(2) ? t.min : value();
	return t;
}

static void collect(const struct fp_pred *p, uint64_t *edges, size_t *n, size_t max)
{
	if (p->op == FP_PRED_TEST && *n + 2 <= max) {
		edges[(*n)++] = p->test.min;
		edges[(*n)++] = p->test.max;
	}
	for (size_t i = 0; i < p->n; i++)
		collect(p->kids[i], edges, n, max);
}

/* An edge of a test, or beside it, or its halves the other way round, or anything. */
static uint64_t near_edge(const uint64_t *edges, size_t n)
{
	uint64_t v = n ? edges[random_below((uint32_t)n)] : 0;

	switch (random_below(6)) {
	case 0:
		return v - 1;
	case 1:
		return v + 1;
	case 2:
		return v << 32 | v >> 32;
	case 3:
		return value();
	default:
		return v;
	}
}

static size_t compared;

static void predicates_keep_their_value(void **state)
{
	(void)state;
	for (int round = 0; round < 250; round++) {
		uint64_t edges[64];
		size_t n = 0;
		begin(FP_DD_BUDGET);
		const struct fp_pred *p = draw(draw_wide, 3);
		uint32_t node = fp_domain_pred(&dd, p);
		collect(p, edges, &n, 64);
		for (int i = 0; i < 200; i++) {
			uint64_t args[6];
			for (size_t k = 0; k < 6; k++)
				args[k] = near_edge(edges, n);
			assert_int_equal(value_at(node, args), fp_pred_holds(p, args));
			compared++;
		}
		/* What it holds on, it holds on; and what its negation does, too. */
		struct fp_dd_set bits;
		uint64_t args[6];
		for (int negated = 0; negated < 2; negated++) {
			uint32_t it = negated ? fp_dd_not(&dd, node) : node;
			if (it == FP_DD_FALSE)
				continue;
			fp_dd_witness(&dd, it, &bits);
			fp_domain_args(&bits, args);
			assert_int_equal(fp_pred_holds(p, args), !negated);
		}
		assert_int_equal(fp_domain_pred(&dd, fp_pred_not(&u.arena, p)),
				 fp_dd_not(&dd, node));
		assert_false(dd.is_spent);
		fp_unit_free(&u);
	}
	printf("measured: %zu values of random conditions, 0 wrong\n", compared);
}

/* ---- policies: what fp_eval_call() says, for every call ---- */

static const struct fp_ir *resolve(const char *statements)
{
	const char *text = fp_arena_printf(&u.arena,
					   "language 1;\nuse \"std/syscalls.policy\";\n"
					   "policy p { owner \"o\"; targets debian-12;\n"
					   "test { deny bpf(0); }\n%s\n}\n",
					   statements);
	const struct fp_source *src =
		fp_source_add(&u.sources, "t.policy", text, strlen(text), (struct fp_span){ 0, 0 });
	const struct fp_ir *ir = fp_resolve(&u, src, NULL);
	struct fp_buf out;

	fp_buf_init(&out, &u.arena);
	fp_diag_render(&u, &out, false);
	if (!ir)
		fail_msg("%s\n%s", text, fp_buf_text(&out));
	return ir;
}

static const struct {
	const char *word, *tail;
} verbs[] = {
	{ "kill", "" },   { "trap", "" },  { "deny", "" }, { "deny", " errno ENOSYS" },
	{ "notify", "" }, { "trace", "" }, { "log", "" },  { "allow", "" },
};

/* A number stands for each #. */
static const char *const rules[] = {
	"socket(domain) where domain in { #..# }",
	"socket(domain, type) where domain == # or type & 15 == #",
	"ioctl(request) where request >= # and request != #",
	"munmap(length) where length > # and length < 0x1000# or length == #",
	"mmap2(length, prot) where length > # and prot has PROT_EXEC or length == #",
	"lseek(offset) where offset < # or offset == 0x10000#",
	"_llseek(offset_high, offset_low) where offset_high < # and offset_low > #",
	"fallocate(offset) where offset <= 0x20000000# and not offset in { #..# }",
	"fchmod(mode) where mode & 0x1ff > # or mode == #",
	"setpriority(which, prio) where prio < # and which >= #",
	"accept4(flags) where flags == # or flags == #",
	"socketcall(call) where call in { #..# }",
	"semget(nsems) where nsems in { #..# }",
	"ipc(call) where call > # and call != #",
};

static const char *const plain_rules[] = {
	"socket, connect, accept", "ipc",         "socketcall",
	"send, recv, semop",       "mmap, clone", "landlock_create_ruleset",
	"copy_file_range",
};

static void put_rule(struct fp_buf *b, const char *rule)
{
	unsigned v = random_below(8), number = 1 + random_below(20);

	fp_buf_printf(b, "%s ", verbs[v].word);
	for (; *rule; rule++) {
		if (*rule != '#') {
			fp_buf_putc(b, *rule);
			continue;
		}
		fp_buf_printf(b, "%u", number);
		number += random_below(20);
	}
	fp_buf_printf(b, "%s;\n", verbs[v].tail);
}

static void put_default(struct fp_buf *b, const char *word)
{
	unsigned v = random_below(8);

	fp_buf_printf(b, "%s %s%s;\n", word, verbs[v].word, verbs[v].tail);
}

static const char *draw_policy(void)
{
	struct fp_buf b;
	size_t n = 1 + random_below(7);

	fp_buf_init(&b, &u.arena);
	fp_buf_puts(&b, "syscalls { abi i386, x32, arm;\n");
	put_default(&b, "default");
	put_default(&b, random_below(2) ? "unknown after linux 5.10" : "unknown");
	/* Multiplexers that hide arguments have to be decided. */
	put_rule(&b, "socketcall(call) where call < #");
	put_rule(&b, "ipc(call) where call < #");
	for (size_t i = 0; i < n; i++)
		put_rule(&b,
			 random_below(4) ? rules[random_below(14)] : plain_rules[random_below(7)]);
	fp_buf_puts(&b, "deny bpf; }");
	return fp_buf_text(&b);
}

static size_t calls_compared;

/* Small numbers meet conditions and selectors; what stands above them is often dropped. */
static uint64_t small_or_not(void)
{
	uint64_t v = random_below(48);

	switch (random_below(5)) {
	case 0:
		return value();
	case 1:
		return v | random_bits() << 32;
	case 2:
		return v | random_bits() << 16;
	default:
		return v;
	}
}

static void compare_call(const struct fp_ir *ir, const struct fp_sysdef *sys, enum fp_abi abi)
{
	uint32_t node = fp_domain_call(&dd, ir, sys, abi, UINT16_MAX),
		 permits = fp_domain_permits(&dd, node);

	for (int i = 0; i < 24; i++) {
		uint64_t args[6];
		for (size_t k = 0; k < 6; k++)
			args[k] = small_or_not();
		struct fp_answer a =
			fp_eval_call(ir, abi, (uint32_t)sys->nr[abi], args, UINT16_MAX);
		assert_int_equal(value_at(node, args), fp_domain_leaf(a.decision));
		assert_int_equal(value_at(permits, args), a.effect == FP_ALLOW);
		calls_compared++;
	}
}

static void policies_are_decided_as_evaluated(void **state)
{
	(void)state;
	for (int round = 0; round < 25; round++) {
		begin(FP_DD_BUDGET);
		const struct fp_ir *ir = resolve(draw_policy());
		for (size_t i = 0; i < fp_sys_count(); i++)
			for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
				if (fp_sys_at(i)->nr[abi] >= 0)
					compare_call(ir, fp_sys_at(i), abi);
		assert_false(dd.is_spent);
		fp_unit_free(&u);
	}
	printf("measured: %zu calls of random policies, diagram against evaluation, 0 wrong\n",
	       calls_compared);
}

/* Conditions of the language test no bit that the kernel drops; a foreign one is seen through. */
static void dropped_bits_do_not_matter(void **state)
{
	const struct fp_sysdef *socket = fp_sys_find("socket", 6);
	struct fp_dd_set dropped;

	(void)state;
	begin(FP_DD_BUDGET);
	const struct fp_ir *ir = resolve(
		"syscalls { allow socket(domain) where domain == 38; allow fchmod(mode) where mode "
		"== 7; }");
	fp_domain_dropped(socket, FP_ABI_X86_64, &dropped);
	uint32_t node =
		fp_domain_permits(&dd, fp_domain_call(&dd, ir, socket, FP_ABI_X86_64, UINT16_MAX));
	assert_int_equal(fp_dd_exists(&dd, node, &dropped), node);
	const struct fp_sysdef *fchmod = fp_sys_find("fchmod", 6);
	struct fp_dd_set bits;
	fp_domain_dropped(fchmod, FP_ABI_X86_64, &bits);
	/* clone takes the lower half of its flags, socket no fourth argument. */
	const struct fp_sysdef *clone = fp_sys_find("clone", 5);
	struct fp_dd_set of_clone;
	fp_domain_dropped(clone, FP_ABI_X86_64, &of_clone);
	assert_true(fp_dd_set_has(&of_clone, FP_DOMAIN_ARGS) &&
		    !fp_dd_set_has(&of_clone, FP_DOMAIN_ARGS + 32));
	assert_true(fp_dd_set_has(&dropped, FP_DOMAIN_ARGS + 3 * 64 + 63));
	/* mode is 16 bits of the second argument, the first one's lower half is a descriptor. */
	const unsigned args = FP_DOMAIN_ARGS;
	assert_true(fp_dd_set_has(&bits, args + 64 + 32) && !fp_dd_set_has(&bits, args + 64 + 48));
	assert_true(fp_dd_set_has(&bits, args) && !fp_dd_set_has(&bits, args + 32));
	/* A filter that compares 64 bits of an int: with the upper half free it permits 38 after
	 * all. */
	const struct fp_pred *wide = fp_pred_test(
		&u.arena, (struct fp_test){ 0, 1, false, UINT64_MAX, 0x100000026, 0x100000026 });
	const struct fp_pred *narrow = fp_pred_test(
		&u.arena, (struct fp_test){ 0, FP_WORD_NONE, false, UINT32_MAX, 38, 38 });
	assert_int_equal(fp_dd_exists(&dd, fp_domain_pred(&dd, wide), &dropped),
			 fp_domain_pred(&dd, narrow));
	fp_unit_free(&u);
}

/* Sums of random masks have no small diagram: the budget ends it, and says so. */
static struct fp_test draw_mask(void)
{
	uint64_t bits = (uint64_t)1 << random_below(64) | (uint64_t)1 << random_below(64) |
			(uint64_t)1 << random_below(64);

	return (struct fp_test){ (uint8_t)(2 * random_below(4)), 0, false, bits, bits, bits };
}

static void the_budget_holds(void **state)
{
	(void)state;
	for (uint32_t budget = 2; budget < 3000; budget = budget * 2 + 1) {
		begin(budget);
		uint32_t all = FP_DD_FALSE;
		for (int i = 0; i < 64; i++) {
			struct fp_test t = draw_mask();
			t.hi = (uint8_t)(t.lo + 1);
			const struct fp_pred *p = fp_pred_test(&u.arena, t);
			all = fp_dd_or(&dd, all, fp_domain_pred(&dd, p));
		}
		assert_true(dd.is_spent);
		assert_int_equal(all, FP_DD_FALSE);
		assert_true(dd.n <= budget);
		fp_unit_free(&u);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_functions_are_one_node),
		cmocka_unit_test(bits_are_quantified),
		cmocka_unit_test(predicates_keep_their_value),
		cmocka_unit_test(policies_are_decided_as_evaluated),
		cmocka_unit_test(dropped_bits_do_not_matter),
		cmocka_unit_test(the_budget_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
