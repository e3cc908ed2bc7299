/* SPDX-License-Identifier: MIT */
/* Two functions compared, and where they differ told by a call. */
#include "verify/verify.h"
#include "ir/domain_calls.h"
#include "ir/eval.h"
#include "verify/symbolic.h"

#include <inttypes.h>
#include <stdlib.h>

/* Numbers from here on are x32's, but for -1: fp_meaning(). */
#define X32_BEGIN 0x40000000u

enum {
	OP_DIFFERS = 24,
	OP_MORE,
	OP_BAD
};

static void release(void *arena)
{
	fp_arena_free(arena);
}

void fp_verifier_begin(struct fp_verifier *v, struct fp_unit *u, const struct fp_ir *ir)
{
	*v = (struct fp_verifier){ .u = u, .ir = ir, .arena = FP_NEW(&u->arena, struct fp_arena) };
	fp_arena_init(v->arena, u->arena.limit - u->arena.used, u->arena.recover);
	fp_arena_own(&u->arena, release, v->arena);
	fp_dd_init(&v->dd, v->arena, FP_VERIFY_BUDGET);
}

void fp_verifier_end(struct fp_verifier *v)
{
	fp_arena_free(v->arena);
}

struct numbered {
	int32_t nr;
	const struct fp_sysdef *sys;
};

static int by_number(const void *x, const void *y)
{
	const struct numbered *a = x, *b = y;

	return (a->nr > b->nr) - (a->nr < b->nr);
}

const struct fp_sysdef *const *fp_verifier_calls(struct fp_verifier *v, enum fp_abi abi, size_t *n)
{
	const struct fp_sysdef **calls = v->by_number[abi];
	size_t count = 0;

	*n = v->call_count[abi];
	if (calls)
		return calls;
	struct numbered *list = FP_NEW_ARRAY(v->arena, fp_sys_count(), struct numbered);
	for (size_t i = 0; i < fp_sys_count(); i++)
		if (fp_sys_at(i)->nr[abi] >= 0)
			list[count++] = (struct numbered){ fp_sys_at(i)->nr[abi], fp_sys_at(i) };
	qsort(list, count, sizeof(*list), by_number);
	calls = FP_NEW_ARRAY(v->arena, count, const struct fp_sysdef *);
	for (size_t i = 0; i < count; i++)
		calls[i] = list[i].sys;
	v->by_number[abi] = calls;
	*n = v->call_count[abi] = count;
	return calls;
}

const char *fp_verify_decode(struct fp_verifier *v, const void *bytes, size_t len,
			     struct fp_bpf *out)
{
	const char *why = fp_bpf_decode(v->arena, bytes, len, out);

	return why ? fp_arena_printf(&v->u->arena, "%s", why) : NULL;
}

static uint32_t differs(uint32_t a, uint32_t b)
{
	return a != b;
}

/* ---- the call that is told most briefly ---- */

static void put_word(struct fp_dd_set *s, unsigned var, uint32_t value)
{
	for (unsigned i = 0; i < 32; i++)
		if (value >> (31 - i) & 1)
			fp_dd_set_add(s, var + i);
}

static uint32_t get_word(const struct fp_dd_set *s, unsigned var)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < 32; i++)
		value = value << 1 | fp_dd_set_has(s, var + i);
	return value;
}

static struct fp_bpf_data data_of(const struct fp_dd_set *s)
{
	struct fp_bpf_data d = { .nr = get_word(s, FP_DOMAIN_NR),
				 .arch = get_word(s, FP_DOMAIN_ARCH) };

	d.ip = (uint64_t)get_word(s, FP_DOMAIN_IP) << 32 | get_word(s, FP_DOMAIN_IP + 32);
	fp_domain_args(s, d.args);
	return d;
}

static void set_of(const struct fp_bpf_data *d, struct fp_dd_set *s)
{
	fp_domain_bits(d->args, s);
	put_word(s, FP_DOMAIN_ARCH, d->arch);
	put_word(s, FP_DOMAIN_NR, d->nr);
	put_word(s, FP_DOMAIN_IP, (uint32_t)(d->ip >> 32));
	put_word(s, FP_DOMAIN_IP + 32, (uint32_t)d->ip);
}

/* Fills what `fixed` leaves open. False where the functions agree there. */
static bool witness(const struct fp_verifier *v, uint32_t diff, struct fp_dd_set fixed,
		    unsigned end, struct fp_bpf_data *out)
{
	uint32_t rest = fp_dd_restrict(&v->dd, diff, &fixed, end);
	struct fp_dd_set open;

	if (rest == FP_DD_FALSE)
		return false;
	fp_dd_witness(&v->dd, rest, &open);
	for (unsigned i = 0; i < FP_DD_VARS / 64; i++)
		fixed.word[i] |= open.word[i];
	*out = data_of(&fixed);
	return true;
}

/* Calls with a name first, natives before others; then numbers of known ABIs; then anything. */
static void find(struct fp_verifier *v, uint32_t diff, struct fp_bpf_data *out)
{
	const struct fp_dd_set none = { 0 };

	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
		size_t n;
		const struct fp_sysdef *const *calls = fp_verifier_calls(v, abi, &n);
		for (size_t i = 0; i < n; i++) {
			struct fp_dd_set at = { 0 };
			put_word(&at, FP_DOMAIN_ARCH, fp_abi(abi)->audit_arch);
			put_word(&at, FP_DOMAIN_NR,
				 (uint32_t)calls[i]->nr[abi] | fp_abi(abi)->nr_bit);
			if (witness(v, diff, at, FP_DOMAIN_ARGS, out))
				return;
		}
	}
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
		struct fp_dd_set at = { 0 };
		put_word(&at, FP_DOMAIN_ARCH, fp_abi(abi)->audit_arch);
		if (witness(v, diff, at, FP_DOMAIN_NR, out))
			return;
	}
	witness(v, diff, none, FP_DOMAIN_ARCH, out);
}

/* ---- how it is told ---- */

static bool find_abi(const struct fp_bpf_data *d, enum fp_abi *out)
{
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
		const struct fp_abi_def *def = fp_abi(abi);
		bool has_bit = d->nr >= X32_BEGIN && d->nr != UINT32_MAX;
		bool is_x86 = def->audit_arch == fp_abi(FP_ABI_X86_64)->audit_arch;
		if (def->audit_arch != d->arch || (is_x86 && has_bit != !!def->nr_bit))
			continue;
		*out = abi;
		return true;
	}
	return false;
}

static const struct fp_sysdef *find_call(const struct fp_bpf_data *d, enum fp_abi *abi)
{
	return find_abi(d, abi) ? fp_sys_by_nr(*abi, d->nr & ~fp_abi(*abi)->nr_bit) : NULL;
}

/* Whether the text by name and parameters tells all that is not 0. */
static bool is_told(const struct fp_bpf_data *d, const struct fp_sysdef *sys, enum fp_abi abi)
{
	struct fp_dd_set dropped, bits;
	uint64_t rest = d->ip;

	fp_domain_dropped(sys, abi, &dropped);
	fp_domain_bits(d->args, &bits);
	for (unsigned i = FP_DOMAIN_ARGS / 64; i < FP_DOMAIN_IP / 64; i++)
		rest |= bits.word[i] & dropped.word[i];
	return !rest && !(sys->flags & FP_SYS_NOSIG);
}

static const char *tell(struct fp_arena *a, const struct fp_bpf_data *d)
{
	enum fp_abi abi;
	const struct fp_sysdef *sys = find_call(d, &abi);
	bool is_known = sys || find_abi(d, &abi);
	struct fp_buf b;

	fp_buf_init(&b, a);
	if (sys)
		fp_buf_puts(&b, fp_domain_call_text(a, sys, abi, d->args));
	else if (is_known)
		fp_buf_printf(&b, "call number %" PRIu32 " on %s", d->nr, fp_abi(abi)->name);
	else
		fp_buf_printf(&b, "call number %" PRIu32 " on architecture 0x%" PRIx32, d->nr,
			      d->arch);
	if (sys && is_told(d, sys, abi))
		return fp_buf_text(&b);
	const char *separator = " (";
	for (unsigned i = 0; i < 6; i++) {
		if (!d->args[i])
			continue;
		fp_buf_printf(&b, "%sargument %u is 0x%" PRIx64, separator, i, d->args[i]);
		separator = ", ";
	}
	if (d->ip)
		fp_buf_printf(&b, "%sfrom address 0x%" PRIx64, separator, d->ip);
	fp_buf_puts(&b, d->ip || separator[0] == ',' ? ")" : "");
	return fp_buf_text(&b);
}

static struct fp_decision decision_at(const struct fp_verifier *v, uint32_t node,
				      const struct fp_bpf_data *d)
{
	struct fp_dd_set at;

	set_of(d, &at);
	uint32_t leaf = fp_dd_eval(&v->dd, node, &at);
	return (struct fp_decision){ (enum fp_action)(leaf >> 16), (uint16_t)leaf };
}

struct fp_verdict fp_verify_where(struct fp_verifier *v, uint32_t wanted, uint32_t got,
				  uint32_t bad)
{
	struct fp_verdict r = { .outcome = FP_HOLDS };

	if (v->dd.is_spent) {
		r.outcome = FP_UNDECIDED;
		r.why = "the budget of nodes is spent";
	} else if (bad != FP_DD_FALSE) {
		r.outcome = FP_FAILS;
		find(v, bad, &r.call);
		r.example = tell(&v->u->arena, &r.call);
		r.wanted = decision_at(v, wanted, &r.call);
		r.got = decision_at(v, got, &r.call);
	}
	return r;
}

uint32_t fp_verify_differs(struct fp_verifier *v, uint32_t a, uint32_t b)
{
	static const struct fp_dd_op op = { OP_DIFFERS, differs };

	return a == b ? FP_DD_FALSE : fp_dd_apply(&v->dd, &op, a, b);
}

struct fp_verdict fp_verify_nodes(struct fp_verifier *v, uint32_t wanted, uint32_t got)
{
	return fp_verify_where(v, wanted, got, fp_verify_differs(v, wanted, got));
}

/* What allowance the difference of two decisions needs. */
static uint32_t more(uint32_t wanted, uint32_t got)
{
	unsigned before = fp_domain_rank((enum fp_action)(wanted >> 16));

	if (wanted == got)
		return FP_MUST_BE_SAME;
	return fp_domain_rank((enum fp_action)(got >> 16)) > before ? FP_MAY_BE_WIDER
								    : FP_MAY_BE_NARROWER;
}

static uint32_t is_bad(uint32_t needed, uint32_t allowed)
{
	return needed > allowed;
}

struct fp_verdict fp_verify_claims(struct fp_verifier *v, uint32_t wanted, uint32_t got,
				   uint32_t allowed)
{
	static const struct fp_dd_op difference = { OP_MORE, more }, bad = { OP_BAD, is_bad };
	uint32_t needed = fp_dd_apply(&v->dd, &difference, wanted, got);

	return fp_verify_where(v, wanted, got, fp_dd_apply(&v->dd, &bad, needed, allowed));
}

/* ---- filters ---- */

static bool is_same(struct fp_decision a, struct fp_decision b)
{
	return a.action == b.action && a.data == b.data;
}

struct fp_answer fp_verify_policy_says(const struct fp_verifier *v, struct fp_machine m,
				       const struct fp_bpf_data *d)
{
	enum fp_abi abi;

	if (find_abi(d, &abi) && fp_abi(abi)->arch == m.arch)
		return fp_eval_call(v->ir, abi, d->nr & ~fp_abi(abi)->nr_bit, d->args, m.kernel);
	return (struct fp_answer){ .decision = { .action = FP_ACT_KILL },
				   .rule = fp_ir_only(v->ir, FP_KIND_CALL_ABI) };
}

/* A counterexample is believed when running it says the same, without any diagram. */
static void confirm(struct fp_verifier *v, struct fp_machine m, const struct fp_bpf *b,
		    const struct fp_verdict *r)
{
	struct fp_decision wanted = fp_verify_policy_says(v, m, &r->call).decision;
	uint32_t value = 0;
	bool is_run = fp_bpf_run(b, &r->call, &value);

	if (!is_run || !is_same(fp_bpf_decision(value), r->got) || !is_same(wanted, r->wanted))
		fp_diag(v->u, FP_E_INTERNAL, (struct fp_span){ 0, 0 },
			"the counterexample is not confirmed: %s", r->example);
}

struct fp_verdict fp_verify_filter(struct fp_verifier *v, struct fp_machine m,
				   const struct fp_bpf *b)
{
	struct fp_verdict r = { .outcome = FP_UNDECIDED };
	uint32_t got, wanted = fp_meaning(v, m);
	const char *why = fp_bpf_diagram(&v->dd, v->arena, b, &got);

	if (why) {
		r.why = fp_arena_printf(&v->u->arena, "%s", why);
		return r;
	}
	r = fp_verify_nodes(v, wanted, got);
	if (r.outcome == FP_FAILS)
		confirm(v, m, b, &r);
	return r;
}
