/* SPDX-License-Identifier: MIT */
/* Random policies on one call, their conditions overlapping, judged by z3 from what was drawn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <z3.h>

#include "analysis/diff.h"
#include "backends/backend.h"
#include "ir/decide.h"
#include "ir/domain_calls.h"
#include "prover_unit.h"
#include "random.h"
#include "sema/sema.h"

static Z3_context z;

/* Every question was decided. */
static void end_decided(void)
{
	assert_false(prover.dd.is_spent);
	end();
}

static const struct fp_ir *resolve_calls(const char *rules)
{
	return resolve(fp_arena_printf(&u.arena, "syscalls { abi i386; %s }", rules));
}

/* ---- what is drawn ---- */

static const char *const calls[] = { "setpriority", "prctl",       "fallocate",       "lseek",
				     "fchmodat",    "personality", "sync_file_range", "semget" };

static const enum fp_abi abis[] = { FP_ABI_X86_64, FP_ABI_I386, FP_ABI_AARCH64 };

enum op {
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_IN,
	OP_AND,
	OP_OR,
	OP_NOT
};

struct formula {
	enum op op;
	const char *param;
	bool is_masked;
	uint64_t mask;
	int64_t value, last; /* OP_IN: value..last */
	struct formula *kids[2];
};

/* Parameters that are numbers on every ABI of the test. */
static struct fp_param draw_param(const struct fp_sysdef *sys)
{
	struct fp_param found[8];
	size_t n = 0;

	for (size_t i = 0; fp_sys_param(sys, FP_ABI_X86_64, i, &found[n]); i++) {
		struct fp_param other;
		if (found[n].kind != FP_PARAM_INT)
			continue;
		/* Constants must fit where registers are 32 bits wide. */
		if (sys->nr[FP_ABI_I386] >= 0 && fp_sys_param_find(sys, FP_ABI_I386, found[n].name,
								   strlen(found[n].name), &other))
			found[n].bytes =
				other.bytes < found[n].bytes ? other.bytes : found[n].bytes;
		n++;
	}
	assert_true(n > 0);
	return found[random_below((uint32_t)n)];
}

/* Few values, so that conditions meet, and the edges of words. */
static int64_t draw_value(const struct fp_param *p)
{
	unsigned bits = p->bytes * 8u - (p->is_signed || p->bytes == 8);
	uint64_t top = ((uint64_t)1 << (bits - 1)) - 1 + ((uint64_t)1 << (bits - 1));
	uint64_t v;

	switch (random_below(5)) {
	case 0:
		v = top - random_below(3);
		break;
	case 1:
		v = (uint64_t)1 << random_below(bits);
		break;
	case 2:
		v = p->bytes == 8 ? 0xfffffffeu + random_below(4) : random_below(256);
		break;
	default:
		v = random_below(24);
	}
	return p->is_signed && random_below(4) == 0 ? -(int64_t)(v & 0xff) - 1 : (int64_t)(v & top);
}

static uint64_t draw_mask(const struct fp_param *p)
{
	uint64_t all = p->bytes == 8 ? INT64_MAX : ((uint64_t)1 << p->bytes * 8) - 1;
	uint64_t m = random_below(2) ? random_below(256) : random_bits() & random_bits();

	m &= all;
	return m ? m : 1;
}

static struct formula *draw(const struct fp_sysdef *sys, unsigned depth)
{
	struct formula *f = FP_NEW(&u.arena, struct formula);

	if (depth && random_below(3)) {
		f->op = random_below(5) ? random_below(2) ? OP_AND : OP_OR : OP_NOT;
		f->kids[0] = draw(sys, depth - 1);
		f->kids[1] = f->op == OP_NOT ? NULL : draw(sys, depth - 1);
		return f;
	}
	struct fp_param p = draw_param(sys);
	f->param = p.name;
	f->is_masked = random_below(3) == 0;
	f->mask = draw_mask(&p);
	f->op = (enum op)random_below(OP_IN + 1);
	f->value = draw_value(&p);
	if (f->is_masked || f->op == OP_IN)
		f->value &= INT64_MAX;
	if (f->is_masked)
		f->value = (int64_t)((uint64_t)f->value & f->mask);
	if (f->op == OP_IN && !f->is_masked)
		f->value &= 0x7fff;
	f->last = f->op == OP_IN && !f->is_masked ? f->value + random_below(40) : f->value;
	if (p.bytes == 2 && f->last > 0xffff)
		f->last = 0xffff;
	return f;
}

static void print(struct fp_buf *b, const struct formula *f)
{
	static const char *const ops[] = { "==", "!=", "<", "<=", ">", ">=", "in" };

	if (f->op == OP_AND || f->op == OP_OR) {
		fp_buf_putc(b, '(');
		print(b, f->kids[0]);
		fp_buf_puts(b, f->op == OP_AND ? " and " : " or ");
		print(b, f->kids[1]);
		fp_buf_putc(b, ')');
		return;
	}
	if (f->op == OP_NOT) {
		fp_buf_puts(b, "not (");
		print(b, f->kids[0]);
		fp_buf_putc(b, ')');
		return;
	}
	fp_buf_puts(b, f->param);
	if (f->is_masked)
		fp_buf_printf(b, " & %llu", (unsigned long long)f->mask);
	fp_buf_printf(b, " %s ", ops[f->op]);
	if (f->op == OP_IN)
		fp_buf_printf(b, "{ %lld..%lld }", (long long)f->value, (long long)f->last);
	else
		fp_buf_printf(b, "%s%llu", f->value < 0 ? "-" : "",
			      (unsigned long long)(f->value < 0 ? -f->value : f->value));
}

static void params_of(const struct formula *f, const char **names, size_t *n)
{
	for (size_t i = 0; i < 2; i++)
		if (f->kids[i])
			params_of(f->kids[i], names, n);
	for (size_t i = 0; f->param && i < *n; i++)
		if (!strcmp(names[i], f->param))
			return;
	if (f->param)
		names[(*n)++] = f->param;
}

/* ---- the same for z3: words as a filter sees them ---- */

static Z3_ast words[12];

static void make_words(void)
{
	for (int i = 0; i < 12; i++)
		words[i] = Z3_mk_const(z, Z3_mk_int_symbol(z, i), Z3_mk_bv_sort(z, 32));
}

static Z3_ast parameter(const struct fp_sysdef *sys, enum fp_abi abi, const char *name,
			struct fp_param *p)
{
	assert_true(fp_sys_param_find(sys, abi, name, strlen(name), p));
	if (p->bytes == 8)
		return Z3_mk_concat(z, words[p->hi], words[p->lo]);
	return p->bytes == 4 ? words[p->lo] : Z3_mk_extract(z, p->bytes * 8u - 1, 0, words[p->lo]);
}

static Z3_ast number(const struct fp_param *p, uint64_t v)
{
	uint64_t all = p->bytes == 8 ? UINT64_MAX : ((uint64_t)1 << p->bytes * 8) - 1;

	return Z3_mk_unsigned_int64(z, v & all, Z3_mk_bv_sort(z, p->bytes * 8u));
}

static Z3_ast less(bool is_signed, Z3_ast a, Z3_ast b)
{
	return is_signed ? Z3_mk_bvslt(z, a, b) : Z3_mk_bvult(z, a, b);
}

static Z3_ast encode(const struct fp_sysdef *sys, enum fp_abi abi, const struct formula *f)
{
	struct fp_param p;
	Z3_ast two[2];

	if (f->kids[0]) {
		two[0] = encode(sys, abi, f->kids[0]);
		if (f->op == OP_NOT)
			return Z3_mk_not(z, two[0]);
		two[1] = encode(sys, abi, f->kids[1]);
		return f->op == OP_AND ? Z3_mk_and(z, 2, two) : Z3_mk_or(z, 2, two);
	}
	Z3_ast x = parameter(sys, abi, f->param, &p);
	Z3_ast v = number(&p, (uint64_t)f->value), last = number(&p, (uint64_t)f->last);
	bool is_signed = p.is_signed && !f->is_masked;
	if (f->is_masked)
		x = Z3_mk_bvand(z, x, number(&p, f->mask));
	switch (f->op) {
	case OP_EQ:
		return Z3_mk_eq(z, x, v);
	case OP_NE:
		return Z3_mk_not(z, Z3_mk_eq(z, x, v));
	case OP_LT:
		return less(is_signed, x, v);
	case OP_LE:
		return Z3_mk_not(z, less(is_signed, v, x));
	case OP_GT:
		return less(is_signed, v, x);
	case OP_GE:
		return Z3_mk_not(z, less(is_signed, x, v));
	case OP_IN:
		two[0] = Z3_mk_not(z, less(is_signed, x, v));
		two[1] = Z3_mk_not(z, less(is_signed, last, x));
		return Z3_mk_and(z, 2, two);
	case OP_AND:
	case OP_OR:
	case OP_NOT:
		break;
	}
	return NULL;
}

/* ---- policies ---- */

#define RULES 7u

static const struct {
	const char *word;
	unsigned rank;
} verbs[] = { { "allow", 2 },  { "allow", 2 }, { "log", 2 },  { "deny", 0 },
	      { "notify", 1 }, { "kill", 0 },  { "trace", 1 } };

struct policy {
	struct formula *rules[RULES];
	unsigned verb[RULES], rank; /* `rank`: of the default */
	size_t n;
	const struct fp_ir *ir;
};

static void put_rule(struct fp_buf *b, const char *verb, const struct fp_sysdef *sys,
		     const struct formula *f)
{
	const char *names[6];
	size_t n = 0;

	params_of(f, names, &n);
	fp_buf_printf(b, "%s %s(", verb, sys->name);
	for (size_t i = 0; i < n; i++)
		fp_buf_printf(b, "%s%s", i ? ", " : "", names[i]);
	fp_buf_puts(b, ") where ");
	print(b, f);
	fp_buf_puts(b, ";\n");
}

static void draw_policy(struct policy *p, const struct fp_sysdef *sys, const struct policy *like)
{
	struct fp_buf b;

	fp_buf_init(&b, &u.arena);
	p->n = 1 + random_below(RULES - 1);
	p->rank = random_below(4) ? 0 : 2;
	if (like) {
		/* Most changes to a policy are small. */
		*p = *like;
		p->n += p->n < RULES && random_below(2);
	}
	fp_buf_printf(&b,
		      "default %s;\ndeny socketcall(call) where call == 1; deny ipc(call) where "
		      "call == 2;\n",
		      p->rank ? "allow" : "deny");
	for (size_t i = 0; i < p->n; i++) {
		if (!like || i >= like->n || random_below(4) == 0) {
			p->rules[i] = draw(sys, 2);
			p->verb[i] = random_below(7);
		}
		put_rule(&b, verbs[p->verb[i]].word, sys, p->rules[i]);
	}
	p->ir = resolve_calls(fp_buf_text(&b));
}

/* The rank is at least `rank`: nothing stricter matches, and something does, or the default is. */
static Z3_ast at_least(const struct policy *p, const struct fp_sysdef *sys, enum fp_abi abi,
		       unsigned rank)
{
	Z3_ast stricter[RULES + 1], matching[RULES + 1], both[2];
	unsigned s = 0, m = 0;

	for (size_t i = 0; i < p->n; i++) {
		Z3_ast f = encode(sys, abi, p->rules[i]);
		if (verbs[p->verb[i]].rank < rank)
			stricter[s++] = f;
		else
			matching[m++] = f;
	}
	both[0] = Z3_mk_not(z, s ? Z3_mk_or(z, s, stricter) : Z3_mk_false(z));
	if (p->rank >= rank)
		return both[0];
	both[1] = m ? Z3_mk_or(z, m, matching) : Z3_mk_false(z);
	return Z3_mk_and(z, 2, both);
}

static Z3_lbool solve(Z3_ast question)
{
	Z3_solver s = Z3_mk_solver_for_logic(z, Z3_mk_string_symbol(z, "QF_BV"));

	Z3_solver_inc_ref(z, s);
	Z3_solver_assert(z, s, question);
	Z3_lbool answer = Z3_solver_check(z, s);
	Z3_solver_dec_ref(z, s);
	return answer;
}

static size_t asked, found;

static void expect_same(Z3_lbool truth, bool ours, const char *what)
{
	assert_int_not_equal(truth, Z3_L_UNDEF);
	asked++;
	found += ours;
	if ((truth == Z3_L_TRUE) != ours)
		fail_msg("%s: z3 says %s, the diagram %s", what, truth == Z3_L_TRUE ? "yes" : "no",
			 ours ? "yes" : "no");
}

/* Some rank that `a` reaches and `b` does not. */
static Z3_lbool reaches_more(const struct policy *a, const struct policy *b,
			     const struct fp_sysdef *sys, enum fp_abi abi)
{
	Z3_ast wider[2], both[2];

	for (unsigned rank = 1; rank <= 2; rank++) {
		both[0] = at_least(a, sys, abi, rank);
		both[1] = Z3_mk_not(z, at_least(b, sys, abi, rank));
		wider[rank - 1] = Z3_mk_and(z, 2, both);
	}
	return solve(Z3_mk_or(z, 2, wider));
}

static void compare(const struct policy *a, const struct policy *b, const struct fp_sysdef *sys,
		    enum fp_abi abi)
{
	uint32_t mine = fp_domain_call(&prover.dd, a->ir, sys, abi, UINT16_MAX);
	uint32_t theirs = fp_domain_call(&prover.dd, b->ir, sys, abi, UINT16_MAX);
	expect_same(reaches_more(a, b, sys, abi),
		    fp_domain_wider(&prover.dd, mine, theirs) != FP_DD_FALSE, sys->name);
}

/* Whether a change of this kind names the call and the ABI. */
static bool tells(const struct fp_diff *d, enum fp_change_kind kind, const char *call,
		  const char *abi)
{
	for (size_t i = 0; i < d->changes.n; i++) {
		const struct fp_change *c = &d->changes.at[i];
		const char *colon = strrchr(c->sentence, ':');
		if (c->domain != FP_DOMAIN_CALLS || c->kind != kind)
			continue;
		const char *name = strstr(c->sentence, call), *on = strstr(c->sentence, abi);
		if (name && name < colon && on && on < colon)
			return true;
	}
	return false;
}

/* What the comparison of two whole policies tells of the one call that they decide differently. */
static void compare_policies(const struct policy *a, const struct policy *b,
			     const struct fp_sysdef *sys, enum fp_abi abi)
{
	struct fp_diff d;

	fp_diff(&u, a->ir, b->ir, NULL, &d);
	assert_false(d.whole.may_be_wider || d.whole.may_be_narrower);
	bool wider = reaches_more(b, a, sys, abi) == Z3_L_TRUE;
	bool narrower = reaches_more(a, b, sys, abi) == Z3_L_TRUE;
	assert_int_equal(tells(&d, FP_CHANGE_WIDER, sys->name, fp_abi(abi)->name), wider);
	assert_int_equal(tells(&d, FP_CHANGE_NARROWER, sys->name, fp_abi(abi)->name), narrower);
	assert_true(!wider || d.whole.is_wider);
	assert_true(!narrower || d.whole.is_narrower);
	if (!strcmp(d.old_digest, d.new_digest))
		assert_false(wider || narrower);
}

/* `never` and `expect` of one more condition: the rule of a policy that has no other. */
static void claim(const struct policy *p, const struct fp_sysdef *sys, enum fp_abi abi)
{
	struct policy q = { .n = 1 };
	struct fp_subject s = { .kind = FP_SUBJECT_CALL, .call = sys };
	struct fp_buf b;
	Z3_ast both[2];

	q.rules[0] = draw(sys, 2);
	fp_buf_init(&b, &u.arena);
	fp_buf_puts(&b, "default deny; deny socketcall(call) where call == 1; deny ipc(call) where "
			"call == 2;");
	put_rule(&b, "allow", sys, q.rules[0]);
	q.ir = resolve_calls(fp_buf_text(&b));
	if (!q.ir->calls[sys->index].n)
		return; /* the condition can never hold */
	s.when[abi] = q.ir->calls[sys->index].at[0].rule->u.call.when[abi];
	both[0] = encode(sys, abi, q.rules[0]);
	both[1] = at_least(p, sys, abi, 1);
	expect_same(solve(Z3_mk_and(z, 2, both)),
		    fp_decide_calls(&prover, p->ir, &s, true).outcome == FP_FAILS, "never");
	both[1] = Z3_mk_not(z, both[1]);
	expect_same(solve(Z3_mk_and(z, 2, both)),
		    fp_decide_calls(&prover, p->ir, &s, false).outcome == FP_FAILS, "expect");
}

/* Rounds, and the seconds after which no other begins: a slow machine does fewer. */
#define ROUNDS     400
#define ROUNDS_MIN 40
#define SECONDS    8.0

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void z3_agrees(void **state)
{
	int rounds = 0;

	(void)state;
	for (; rounds < ROUNDS && (cpu() < SECONDS || rounds < ROUNDS_MIN); rounds++) {
		const char *name = calls[random_below(8)];
		const struct fp_sysdef *sys = fp_sys_find(name, strlen(name));
		enum fp_abi abi = abis[random_below(3)];
		struct policy a = { 0 }, b = { 0 };
		if (sys->nr[abi] < 0)
			abi = FP_ABI_X86_64;
		begin();
		draw_policy(&a, sys, NULL);
		draw_policy(&b, sys, random_below(5) ? &a : NULL);
		compare(&a, &b, sys, abi);
		compare(&b, &a, sys, abi);
		compare_policies(&a, &b, sys, abi);
		claim(&a, sys, abi);
		end_decided();
	}
	assert_true(found > asked / 5 && found < asked - asked / 10);
	printf("measured: %d pairs of random policies, %zu questions to z3 (%zu with an example), 0 "
	       "disagreements\n",
	       rounds, asked, found);
}

/* ---- the bytes of a filter, read for z3 alone ---- */

#define INSNS 4096u

/* By address: whether a call gets there, and what is in the accumulator then. */
static Z3_ast there[INSNS], held[INSNS];

static Z3_ast constant(uint32_t v)
{
	return Z3_mk_unsigned_int(z, v, Z3_mk_bv_sort(z, 32));
}

static void arrive(size_t pc, Z3_ast when, Z3_ast value)
{
	Z3_ast either[2] = { there[pc], when };

	held[pc] = there[pc] && value != held[pc] ? Z3_mk_ite(z, when, value, held[pc]) : value;
	there[pc] = there[pc] ? Z3_mk_or(z, 2, either) : when;
}

static void jump(const struct sock_filter *i, size_t pc)
{
	Z3_ast a = held[pc], k = constant(i->k), holds, on[2];

	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		holds = Z3_mk_eq(z, a, k);
		break;
	case BPF_JGT:
		holds = Z3_mk_bvugt(z, a, k);
		break;
	case BPF_JGE:
		holds = Z3_mk_bvuge(z, a, k);
		break;
	case BPF_JSET:
		holds = Z3_mk_not(z, Z3_mk_eq(z, Z3_mk_bvand(z, a, k), constant(0)));
		break;
	default:
		assert_int_equal(BPF_OP(i->code), BPF_JA);
		arrive(pc + 1 + i->k, there[pc], a);
		return;
	}
	on[0] = there[pc];
	on[1] = holds;
	arrive(pc + 1 + i->jt, Z3_mk_and(z, 2, on), a);
	on[1] = Z3_mk_not(z, holds);
	arrive(pc + 1 + i->jf, Z3_mk_and(z, 2, on), a);
}

/* seccomp_data of a call: number, architecture, the instruction pointer, six arguments. */
static Z3_ast load(uint32_t offset, uint32_t arch, uint32_t nr)
{
	assert_true(offset % 4 == 0 && offset < sizeof(struct seccomp_data));
	return offset == 0   ? constant(nr)
	       : offset == 4 ? constant(arch)
	       : offset < 16 ? constant(0)
			     : words[(offset - 16) / 4];
}

static unsigned rank_of_return(uint32_t value)
{
	switch (value & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
		return 2;
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_USER_NOTIF:
		return 1;
	default:
		return 0;
	}
}

/* reach[rank]: the filter lets the call go at least that far. */
static void run_filter(const struct sock_filter *f, size_t n, uint32_t arch, uint32_t nr,
		       Z3_ast reach[3])
{
	memset(there, 0, sizeof(there));
	there[0] = Z3_mk_true(z);
	held[0] = constant(0);
	reach[1] = reach[2] = Z3_mk_false(z);
	for (size_t pc = 0; pc < n; pc++) {
		const struct sock_filter *i = &f[pc];
		if (!there[pc])
			continue;
		if (BPF_CLASS(i->code) == BPF_JMP) {
			jump(i, pc);
		} else if (i->code == (BPF_LD | BPF_W | BPF_ABS)) {
			arrive(pc + 1, there[pc], load(i->k, arch, nr));
		} else if (i->code == (BPF_ALU | BPF_AND | BPF_K)) {
			arrive(pc + 1, there[pc], Z3_mk_bvand(z, held[pc], constant(i->k)));
		} else {
			assert_int_equal(i->code, BPF_RET | BPF_K);
			for (unsigned rank = 1; rank <= rank_of_return(i->k); rank++) {
				Z3_ast either[2] = { reach[rank], there[pc] };
				reach[rank] = Z3_mk_or(z, 2, either);
			}
		}
	}
}

/* The filter that is emitted for the policy's machine, by its bytes. */
static size_t emit_filter(const struct fp_ir *ir, enum fp_abi abi, struct sock_filter *out)
{
	extern const struct fp_backend fp_backend_seccomp;
	const struct fp_target *t = fp_target_builtin(&u, "debian-13");
	struct fp_emission e = { .unit = &u, .ir = ir, .target = t };
	const char *name =
		fp_arena_printf(&u.arena, "seccomp/%s.bpf", fp_arch_name(fp_abi(abi)->arch));

	assert_non_null(t);
	e.claims = FP_NEW_ARRAY(&u.arena, ir->rule_count, struct fp_claim);
	e.is_claimed = FP_NEW_ARRAY(&u.arena, ir->rule_count, bool);
	fp_backend_seccomp.emit(&u, fp_backend_seccomp.lower(&u, ir, t), &e);
	for (size_t i = 0; i < e.artifacts.n; i++) {
		const struct fp_artifact *a = e.artifacts.at[i];
		if (strcmp(a->name, name))
			continue;
		assert_in_range(a->len, 8, INSNS * sizeof(*out));
		memcpy(out, a->data, a->len);
		return a->len / sizeof(*out);
	}
	fail_msg("no %s", name);
	return 0;
}

/* Some call that the bytes let go another way than what was drawn says. */
static Z3_lbool bytes_differ(const struct policy *p, const struct fp_sysdef *sys, enum fp_abi abi,
			     const struct sock_filter *f, size_t n)
{
	uint32_t nr = (uint32_t)sys->nr[abi] | fp_abi(abi)->nr_bit;
	Z3_ast reach[3], other[2];

	run_filter(f, n, fp_abi(abi)->audit_arch, nr, reach);
	for (unsigned rank = 1; rank <= 2; rank++)
		other[rank - 1] = Z3_mk_xor(z, reach[rank], at_least(p, sys, abi, rank));
	return solve(Z3_mk_or(z, 2, other));
}

static void z3_agrees_on_bytes(void **state)
{
	static struct sock_filter f[INSNS];
	double until = cpu() + 5 * SECONDS;
	int rounds = 0, mutants = 0;

	(void)state;
	for (; rounds < 5 * ROUNDS && (cpu() < until || rounds < ROUNDS_MIN); rounds++) {
		const char *name = calls[random_below(8)];
		const struct fp_sysdef *sys = fp_sys_find(name, strlen(name));
		enum fp_abi abi = abis[random_below(3)];
		struct policy p = { 0 };
		if (sys->nr[abi] < 0)
			abi = FP_ABI_X86_64;
		begin();
		draw_policy(&p, sys, NULL);
		size_t n = emit_filter(p.ir, abi, f);
		Z3_lbool differs = bytes_differ(&p, sys, abi, f, n);
		if (differs != Z3_L_FALSE)
			fail_msg("%s on %s: the bytes say otherwise", name, fp_abi(abi)->name);
		/* A comparison turned around is seen, unless no call comes there. */
		struct sock_filter *turned = &f[random_below((uint32_t)n)];
		if (BPF_CLASS(turned->code) == BPF_JMP && turned->jt != turned->jf) {
			uint8_t jt = turned->jt;
			turned->jt = turned->jf;
			turned->jf = jt;
			mutants += bytes_differ(&p, sys, abi, f, n) == Z3_L_TRUE;
		}
		end_decided();
	}
	assert_true(mutants > rounds / 50);
	printf("measured: filters of %d random policies, their bytes read by z3 alone, 0 disagreements; "
	       "%d turned comparisons seen\n",
	       rounds, mutants);
}

/* ---- packets: prefixes, protocols and ports, from what was drawn ---- */

struct peer {
	bool is_six, any_family, denies;
	unsigned proto; /* 0..3: tcp, udp, sctp, icmp; 4: any */
	unsigned first, last, bits;
	uint8_t addr[16];
};

#define PEERS 6u

struct net_policy {
	struct peer peers[PEERS];
	size_t n;
	bool allows;
	const struct fp_ir *ir;
};

static void draw_peer(struct peer *p)
{
	static const uint8_t v4[3][4] = { { 10, 1, 2, 3 }, { 10, 129, 0, 1 }, { 192, 168, 7, 9 } };

	*p = (struct peer){ .is_six = random_below(3) == 0,
			    .any_family = random_below(8) == 0,
			    .denies = random_below(3) == 0,
			    .proto = random_below(5) };
	p->first = random_below(2) ? 1 : 20 + random_below(6);
	p->last = p->first + (random_below(3) ? random_below(5) : 0);
	if (random_below(4) == 0)
		p->last = 65535;
	p->bits = p->is_six ? 24 + random_below(105) : 6 + random_below(27);
	if (p->is_six) {
		p->addr[0] = 0x20;
		p->addr[1] = 0x01;
		p->addr[2] = (uint8_t)random_below(2);
		p->addr[15] = (uint8_t)random_below(4);
	} else {
		memcpy(p->addr, v4[random_below(3)], 4);
	}
	for (unsigned bit = p->bits; bit < (p->is_six ? 128u : 32u); bit++)
		p->addr[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
}

static void put_net_rule(struct fp_buf *b, const struct peer *p)
{
	static const char *const protos[] = { "tcp", "udp", "sctp", "icmp", "any" };

	fp_buf_printf(b, "%s %s to ", p->denies ? "deny" : "allow", protos[p->proto]);
	struct fp_prefix prefix = { .family = p->is_six ? FP_IPV6 : FP_IPV4,
				    .bits = (uint8_t)p->bits };
	memcpy(prefix.addr, p->addr, 16);
	if (p->any_family)
		fp_buf_puts(b, "any");
	else
		fp_prefix_print(b, &prefix);
	if (p->proto < 3)
		fp_buf_printf(b, " port %u..%u", p->first, p->last);
	fp_buf_puts(b, ";\n");
}

static void draw_net(struct net_policy *p, const struct net_policy *like)
{
	struct fp_buf b;

	fp_buf_init(&b, &u.arena);
	p->n = 1 + random_below(PEERS - 1);
	p->allows = random_below(4) == 0;
	if (like) {
		*p = *like;
		p->n += p->n < PEERS && random_below(2);
	}
	for (size_t i = 0; i < p->n; i++) {
		if (!like || i >= like->n || random_below(4) == 0)
			draw_peer(&p->peers[i]);
		put_net_rule(&b, &p->peers[i]);
	}
	p->ir = resolve_calls(
		fp_arena_printf(&u.arena, "deny socketcall errno ENOSYS; } egress { default %s; %s",
				p->allows ? "allow" : "deny", fp_buf_text(&b)));
}

/* Variables: address, port, protocol, family. */
static Z3_ast net_bits(unsigned which)
{
	static const unsigned widths[] = { 128, 16, 2, 1 };

	return Z3_mk_const(z, Z3_mk_int_symbol(z, 100 + (int)which),
			   Z3_mk_bv_sort(z, widths[which]));
}

static Z3_ast is_number(unsigned which, unsigned value)
{
	Z3_ast bits = net_bits(which);

	return Z3_mk_eq(z, bits, Z3_mk_unsigned_int64(z, value, Z3_get_sort(z, bits)));
}

static Z3_ast encode_peer(const struct peer *p)
{
	Z3_ast all[16 * 8 + 4];
	unsigned n = 0;

	for (unsigned bit = 0; bit < p->bits && !p->any_family; bit++) {
		unsigned value = p->addr[bit / 8] >> (7 - bit % 8) & 1;
		Z3_ast one = Z3_mk_extract(z, 127 - bit, 127 - bit, net_bits(0));
		all[n++] = Z3_mk_eq(z, one, Z3_mk_unsigned_int64(z, value, Z3_mk_bv_sort(z, 1)));
	}
	if (!p->any_family)
		all[n++] = is_number(3, p->is_six);
	if (p->proto < 4)
		all[n++] = is_number(2, p->proto);
	if (p->proto < 3) {
		Z3_sort word = Z3_mk_bv_sort(z, 16);
		all[n++] = Z3_mk_bvuge(z, net_bits(1), Z3_mk_unsigned_int64(z, p->first, word));
		all[n++] = Z3_mk_bvule(z, net_bits(1), Z3_mk_unsigned_int64(z, p->last, word));
	}
	return n ? Z3_mk_and(z, n, all) : Z3_mk_true(z);
}

static Z3_ast permits_packet(const struct net_policy *p)
{
	Z3_ast allowed[PEERS + 1], denied[PEERS + 1], both[2];
	unsigned a = 0, d = 0;

	for (size_t i = 0; i < p->n; i++) {
		if (p->peers[i].denies)
			denied[d++] = encode_peer(&p->peers[i]);
		else
			allowed[a++] = encode_peer(&p->peers[i]);
	}
	if (p->allows)
		allowed[a++] = Z3_mk_true(z);
	both[0] = a ? Z3_mk_or(z, a, allowed) : Z3_mk_false(z);
	both[1] = Z3_mk_not(z, d ? Z3_mk_or(z, d, denied) : Z3_mk_false(z));
	return Z3_mk_and(z, 2, both);
}

/* icmp has no port, the others have one; of version 4 the address is the first 32 bits. */
static Z3_ast is_packet(void)
{
	Z3_ast two[2], both[2];

	two[0] = is_number(3, 1);
	two[1] = Z3_mk_eq(z, Z3_mk_extract(z, 95, 0, net_bits(0)),
			  Z3_mk_unsigned_int64(z, 0, Z3_mk_bv_sort(z, 96)));
	both[0] = Z3_mk_or(z, 2, two);
	both[1] = Z3_mk_eq(z, is_number(1, 0), is_number(2, 3));
	return Z3_mk_and(z, 2, both);
}

static bool sends_more(const struct net_policy *a, const struct net_policy *b)
{
	Z3_ast all[] = { is_packet(), permits_packet(a), Z3_mk_not(z, permits_packet(b)) };
	Z3_lbool answer = solve(Z3_mk_and(z, 3, all));

	assert_int_not_equal(answer, Z3_L_UNDEF);
	return answer == Z3_L_TRUE;
}

#define NET_ROUNDS 2500

static void z3_agrees_on_packets(void **state)
{
	double from = cpu();
	size_t wider = 0;
	int rounds = 0;

	(void)state;
	for (; rounds < NET_ROUNDS && (cpu() - from < SECONDS || rounds < ROUNDS_MIN); rounds++) {
		struct net_policy a = { 0 }, b = { 0 };
		struct fp_diff d;
		begin();
		draw_net(&a, NULL);
		draw_net(&b, random_below(5) ? &a : NULL);
		fp_diff(&u, a.ir, b.ir, NULL, &d);
		const struct fp_relation_known *k = &d.domains[FP_DOMAIN_EGRESS];
		assert_false(k->may_be_wider || k->may_be_narrower);
		assert_int_equal(k->is_wider, sends_more(&b, &a));
		assert_int_equal(k->is_narrower, sends_more(&a, &b));
		/* One node, one digest. */
		assert_int_equal(strcmp(d.old_digest, d.new_digest) == 0,
				 !k->is_wider && !k->is_narrower);
		wider += k->is_wider;
		end_decided();
	}
	assert_true(wider > (size_t)rounds / 10);
	printf("measured: %d pairs of random egress, verdict by z3 (%zu wider), 0 disagreements\n",
	       rounds, wider);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(z3_agrees),
					    cmocka_unit_test(z3_agrees_on_packets),
					    cmocka_unit_test(z3_agrees_on_bytes) };
	Z3_config config = Z3_mk_config();

	z = Z3_mk_context(config);
	Z3_del_config(config);
	make_words();
	int failures = cmocka_run_group_tests(tests, NULL, NULL);
	Z3_del_context(z);
	return failures;
}
