/* SPDX-License-Identifier: MIT */
/* Conditions: the predicate of every operator, width and sign is C's comparison of the value the
 * kernel sees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "sema/sema.h"

#define LIMIT ((size_t)512 << 20)

/* Running out is no part of these tests: then the jump finds no frame, and aborts. */
static void begin(struct fp_unit *u)
{
	fp_unit_init(u, LIMIT);
	if (setjmp(u->recover))
		abort();
}

/* One condition of the policy compiled; its line in the source is FIRST_LINE plus its number. */
enum op {
	EQ,
	NE,
	LT,
	LE,
	GT,
	GE,
	IN_TWO,
	IN_RANGE,
	NOT_IN,
	HAS,
	LACKS,
	ONLY,
	MASK_EQ,
	MASK_NE,
	MASK_LT,
	OPS
};

#define FIRST_LINE 3u
#define MAX_CASES  2000

struct condition {
	enum op op;
	uint64_t v, w; /* bits of the parameter's width */
};

struct set {
	struct condition at[MAX_CASES];
	size_t n;
};

static uint64_t mask_of(const struct fp_param *p)
{
	return p->bytes == 8 ? UINT64_MAX : ((uint64_t)1 << p->bytes * 8) - 1;
}

static int64_t as_signed(uint64_t v, const struct fp_param *p)
{
	uint64_t top = (uint64_t)1 << (p->bytes * 8 - 1);

	return (int64_t)(v & top ? v | ~mask_of(p) : v);
}

/* A value as a policy writes it: signed ones in decimal with their sign, now and then as bits. */
static const char *spelt(uint64_t v, const struct fp_param *p, bool as_bits, char out[32])
{
	int64_t s = as_signed(v, p);

	if (p->is_signed && !as_bits)
		snprintf(out, 32, s < 0 ? "-%llu" : "%llu",
			 (unsigned long long)(s < 0 ? 0 - (uint64_t)s : (uint64_t)s));
	else
		snprintf(out, 32, "0x%llx", (unsigned long long)v);
	return out;
}

static bool less(uint64_t a, uint64_t b, const struct fp_param *p)
{
	return p->is_signed ? as_signed(a, p) < as_signed(b, p) : a < b;
}

/* C's own answer, on the value truncated to the parameter's width. */
static bool wanted(const struct condition *c, uint64_t x, const struct fp_param *p)
{
	switch (c->op) {
	case EQ:
		return x == c->v;
	case NE:
		return x != c->v;
	case LT:
		return less(x, c->v, p);
	case LE:
		return !less(c->v, x, p);
	case GT:
		return less(c->v, x, p);
	case GE:
		return !less(x, c->v, p);
	case IN_TWO:
		return x == c->v || x == c->w;
	case IN_RANGE:
		return !less(x, c->v, p) && !less(c->w, x, p);
	case NOT_IN:
		return !(x == c->v || x == c->w);
	case HAS:
		return (x & c->v) == c->v;
	case LACKS:
		return (x & c->v) == 0;
	case ONLY:
		return (x & ~c->v & mask_of(p)) == 0;
	case MASK_EQ:
		return (x & c->w) == c->v;
	case MASK_NE:
		return (x & c->w) != c->v;
	case MASK_LT:
		return (x & c->w) < c->v;
	case OPS:
		break;
	}
	return false;
}

static void print(char *out, size_t size, const struct condition *c, const struct fp_param *p)
{
	static const char *const words[] = { "==", "!=", "<", "<=", ">", ">=" };
	char v[32], w[32], m[32];
	bool as_bits = c->op >= HAS || random_below(4) == 0;

	spelt(c->v, p, as_bits, v);
	spelt(c->w, p, as_bits, w);
	snprintf(m, sizeof(m), "0x%llx", (unsigned long long)c->w);
	switch (c->op) {
	case EQ:
	case NE:
	case LT:
	case LE:
	case GT:
	case GE:
		snprintf(out, size, "%s %s %s", p->name, words[c->op], v);
		return;
	case IN_TWO:
		snprintf(out, size, "%s in { %s, %s }", p->name, v, w);
		return;
	case IN_RANGE:
		snprintf(out, size, "%s in { %s..%s }", p->name, v, w);
		return;
	case NOT_IN:
		snprintf(out, size, "%s not in { %s, %s }", p->name, v, w);
		return;
	case HAS:
		snprintf(out, size, "%s has %s", p->name, v);
		return;
	case LACKS:
		snprintf(out, size, "%s lacks %s", p->name, v);
		return;
	case ONLY:
		snprintf(out, size, "%s only %s", p->name, v);
		return;
	case MASK_EQ:
		snprintf(out, size, "%s & %s == %s", p->name, m, v);
		return;
	case MASK_NE:
		snprintf(out, size, "%s & %s != %s", m, p->name, v);
		return;
	case MASK_LT:
		snprintf(out, size, "%s & %s < %s", p->name, m, v);
		return;
	case OPS:
		break;
	}
}

static void boundaries(const struct fp_param *p, uint64_t out[12])
{
	uint64_t all = mask_of(p), top = all / 2 + 1;
	const uint64_t values[12] = { 0,
				      1,
				      2,
				      top - 1,
				      top,
				      top + 1,
				      all - 1,
				      all,
				      0x55,
				      random_bits() & all,
				      random_bits() & all,
				      random_bits() & all >> 1 };

	memcpy(out, values, sizeof(values));
}

static void fill(struct set *s, const struct fp_param *p)
{
	uint64_t values[12];

	s->n = 0;
	boundaries(p, values);
	for (unsigned i = 0; i < 12; i++)
		for (enum op op = 0; op < OPS; op++) {
			struct condition c = { .op = op,
					       .v = values[i],
					       .w = values[random_below(12)] };
			if (op == IN_RANGE && less(c.w, c.v, p))
				c = (struct condition){ .op = op, .v = c.w, .w = c.v };
			s->at[s->n++] = c;
		}
}

/* The value in its words, everything else noise: a filter must not look there. */
static void place(uint64_t args[6], const struct fp_param *p, uint64_t x)
{
	for (unsigned i = 0; i < 6; i++)
		args[i] = random_bits();
	if (p->bytes < 4)
		x |= random_bits() << p->bytes * 8;
	args[p->lo / 2] &= ~((uint64_t)UINT32_MAX << (p->lo % 2 ? 32 : 0));
	args[p->lo / 2] |= (x & UINT32_MAX) << (p->lo % 2 ? 32 : 0);
	if (p->hi == FP_WORD_NONE)
		return;
	args[p->hi / 2] &= ~((uint64_t)UINT32_MAX << (p->hi % 2 ? 32 : 0));
	args[p->hi / 2] |= (x >> 32) << (p->hi % 2 ? 32 : 0);
}

static void check(const struct fp_pred *pred, const struct condition *c, const struct fp_param *p,
		  const char *call, const char *abi)
{
	uint64_t values[12], args[6];
	char text[160];

	boundaries(p, values);
	for (unsigned i = 0; i < 40; i++) {
		uint64_t x = i < 12   ? values[i]
			     : i < 24 ? c->v + i - 18
			     : i < 36 ? c->w + i - 30
				      : random_bits();
		x &= mask_of(p);
		place(args, p, x);
		if (fp_pred_holds(pred, args) == wanted(c, x, p))
			continue;
		print(text, sizeof(text), c, p);
		fail_msg("%s on %s: '%s' with 0x%llx must %shold", call, abi, text,
			 (unsigned long long)x, wanted(c, x, p) ? "" : "not ");
	}
}

static const char *policy_of(struct fp_unit *u, const struct fp_sysdef *sys,
			     const struct fp_param *p, const struct set *s)
{
	struct fp_buf b;
	char text[160];

	fp_buf_init(&b, &u->arena);
	fp_buf_puts(&b, "language 1;\npolicy p { owner \"o\"; tier standard; targets debian-12;\n");
	for (size_t i = 0; i < s->n; i++) {
		print(text, sizeof(text), &s->at[i], p);
		fp_buf_printf(&b, "never %s(%s) where %s;\n", sys->name, p->name, text);
	}
	fp_buf_puts(&b, "}\n");
	return fp_buf_text(&b);
}

static const struct fp_ir *resolve(struct fp_unit *u, const char *text)
{
	struct fp_source *src = fp_source_add(&u->sources, "t.policy", text, strlen(text),
					      (struct fp_span){ 0, 0 });
	const struct fp_ir *ir = fp_resolve(u, src, NULL);
	struct fp_buf out;

	fp_buf_init(&out, &u->arena);
	fp_diag_render(u, &out, false);
	if (!ir)
		fail_msg("%.2000s", fp_buf_text(&out));
	return ir;
}

/* Every condition is there by its line: the IR's own order is by text, and equal texts are one. */
static const struct fp_assertion *on_line(struct fp_unit *u, const struct fp_ir *ir, uint32_t line)
{
	struct fp_place at;

	for (size_t i = 0; i < ir->assertion_count; i++)
		if (fp_source_place(&u->sources, ir->assertions[i].span.begin, &at) &&
		    at.line == line)
			return &ir->assertions[i];
	return NULL;
}

/* A parameter's shape on an ABI must be the same on all, or the same text would mean two things. */
static bool is_same_shape(const struct fp_sysdef *sys, const struct fp_param *p)
{
	struct fp_param other;

	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
		if (sys->nr[abi] >= 0 &&
		    (!fp_sys_param_find(sys, abi, p->name, strlen(p->name), &other) ||
		     other.bytes != p->bytes || other.is_signed != p->is_signed ||
		     other.kind != p->kind))
			return false;
	return true;
}

static unsigned test_param(const struct fp_sysdef *sys, const struct fp_param *p)
{
	static struct fp_unit u;
	static struct set s;
	unsigned checked = 0;

	begin(&u);
	fill(&s, p);
	const struct fp_ir *ir = resolve(&u, policy_of(&u, sys, p, &s));
	for (size_t i = 0; i < s.n; i++) {
		const struct fp_assertion *a = on_line(&u, ir, FIRST_LINE + (uint32_t)i);
		for (enum fp_abi abi = 0; a && abi < FP_ABI_N; abi++) {
			struct fp_param q;
			if (!a->subject.when[abi])
				continue;
			assert_true(fp_sys_param_find(sys, abi, p->name, strlen(p->name), &q));
			check(a->subject.when[abi], &s.at[i], &q, sys->name, fp_abi(abi)->name);
			checked++;
		}
	}
	fp_unit_free(&u);
	return checked;
}

/* Calls of each width and sign, one and two registers wide: a few of each kind. */
static void test_every_operator(void **state)
{
	unsigned of_kind[9][2][2] = { 0 }, params = 0, kinds = 0, checked = 0;

	(void)state;
	for (size_t i = 0; i < fp_sys_count(); i++) {
		const struct fp_sysdef *sys = fp_sys_at(i);
		for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
			struct fp_param p;
			for (size_t k = 0; fp_sys_param(sys, abi, k, &p); k++) {
				bool is_split = p.hi != FP_WORD_NONE && p.hi != p.lo + 1;
				unsigned *seen = &of_kind[p.bytes][p.is_signed][is_split];
				if (p.kind != FP_PARAM_INT || *seen == 3 || !is_same_shape(sys, &p))
					continue;
				kinds += !*seen;
				++*seen;
				params++;
				checked += test_param(sys, &p);
			}
		}
	}
	/* uint32, int, uint64, int64 at least, and some are split. */
	assert_true(kinds >= 4);
	assert_true(params >= 10);
	assert_true(checked > 3000);
}

/* ---- what is refused ---- */

static void refused(const char *rule, enum fp_diag_id id)
{
	static struct fp_unit u;
	char text[1024];

	begin(&u);
	snprintf(
		text, sizeof(text),
		"language 1;\nconst OUR = 5;\npolicy p { owner \"o\"; tier standard; targets debian-12;\n"
		"syscalls { default allow; %s }\nnever capability sys_boot; }\n",
		rule);
	struct fp_source *src =
		fp_source_add(&u.sources, "t.policy", text, strlen(text), (struct fp_span){ 0, 0 });
	assert_null(fp_resolve(&u, src, NULL));
	if (u.diags.list.at[0].id != id)
		fail_msg("'%s': %s [%s]", rule, u.diags.list.at[0].text,
			 fp_diag_row(u.diags.list.at[0].id)->code);
	fp_unit_free(&u);
}

static void test_refusals(void **state)
{
	(void)state;
	refused("deny socket(domain) where domain == 0x100000000;", FP_E_CONST_RANGE);
	refused("deny socket(domain) where domain == -2147483649;", FP_E_CONST_RANGE);
	refused("deny socket(domain) where domain == -0xffffffffffffffff;", FP_E_CONST_RANGE);
	refused("deny socket(domain) where domain in { 5..3 };", FP_E_CONST_RANGE);
	refused("deny socket(domain) where domain in { 0..-1 };", FP_E_CONST_RANGE);
	refused("deny openat(filename) where filename == 5;", FP_E_CALL_PARAM);
	refused("deny openat(pathname) where pathname == 5;", FP_E_POINTER);
	refused("deny openat(pathname) where pathname & 0xff == 0;", FP_E_POINTER);
	refused("deny openat(pathname) where pathname < 5;", FP_E_POINTER);
	refused("deny openat(pathname) where pathname in { 0 };", FP_E_POINTER);
	refused("deny clone3(cl_args) where cl_args has CLONE_NEWUSER;", FP_E_IN_MEMORY);
	refused("deny socket(domain, type) where domain == type;", FP_E_CONDITION);
	refused("deny socket(domain, type) where domain & type == 0;", FP_E_CONDITION);
	refused("deny socket(domain) where AF_UNIX == 1;", FP_E_CONDITION);
	refused("deny socket where domain == 1;", FP_E_CONDITION);
	refused("deny socket, connect where domain == 1;", FP_E_CONDITION);
	refused("deny socket(type) where type has SOCK_STREAM;", FP_E_NOT_FLAGS);
	refused("deny socket(type) where type lacks { SOCK_STREAM, SOCK_DGRAM };", FP_E_NOT_FLAGS);
	refused("deny socket(nosuch);", FP_E_CALL_PARAM);
	refused("deny socket(domain) where domain == NOSUCH;", FP_E_UNKNOWN_CONST);
	refused("deny socket errno 4096;", FP_E_ACTION);
	refused("deny socket errno 0;", FP_E_ACTION);
	refused("allow socket errno EPERM;", FP_E_ACTION);
	refused("deny socket errno ENOSUCH;", FP_E_ACTION);
	refused("deny socket errno EPERM; deny socket errno EACCES;", FP_E_CONFLICT);
}

#define WIDEST \
	"language 1;\n%s\npolicy p { owner \"o\"; tier standard; targets debian-12;\nnever %s; }\n"

static const struct fp_pred *predicate(struct fp_unit *u, const char *declared, const char *subject)
{
	begin(u);
	const struct fp_ir *ir = resolve(u, fp_arena_printf(&u->arena, WIDEST, declared, subject));
	assert_int_equal(ir->assertion_count, 1);
	return ir->assertions[0].subject.when[FP_ABI_X86_64];
}

static void same(const char *declared, const char *one, const char *two)
{
	static struct fp_unit u, v;
	const struct fp_pred *p = predicate(&u, declared, one), *q = predicate(&v, declared, two);

	if (fp_pred_cmp(p, q))
		fail_msg("'%s' and '%s' are not the same", one, two);
	fp_unit_free(&u);
	fp_unit_free(&v);
}

static void test_same_meaning(void **state)
{
	(void)state;
	same("", "socket(domain) where domain == AF_INET", "socket(domain) where domain == 2");
	same("", "socket(domain) where 2 == domain", "socket(domain) where domain == 2");
	same("", "socket(domain) where 2 < domain", "socket(domain) where domain > 2");
	same("", "socket(domain) where not domain == 2", "socket(domain) where domain != 2");
	same("", "socket(domain) where not (not domain == 2)", "socket(domain) where domain == 2");
	same("", "socket(domain) where domain in { 2 }", "socket(domain) where domain == 2");
	same("const A = B | 1; const B = 2;", "openat(flags) where flags has A",
	     "openat(flags) where flags has 3");
	same("set @f { O_CREAT, O_EXCL }", "openat(flags) where flags has @f",
	     "openat(flags) where flags has O_CREAT | O_EXCL");
	same("set @f { O_CREAT, O_EXCL }", "openat(flags) where flags lacks @f",
	     "openat(flags) where flags lacks { O_EXCL, O_CREAT }");
	same("set @d { 1, 2, 10 }", "socket(domain) where domain in { @d, 3 }",
	     "socket(domain) where domain in { 10, 3, 2, 1 }");
	same("", "openat(flags) where flags only ~O_CREAT",
	     "openat(flags) where flags lacks O_CREAT");
	/* A flag that the mask takes away is never there. */
	same("", "openat(flags) where flags & 0xf has 0x10 or flags == 7",
	     "openat(flags) where flags == 7");
	same("", "openat(flags) where flags & 0xf lacks 0x10 and flags == 7",
	     "openat(flags) where flags == 7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_operator),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_same_meaning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
