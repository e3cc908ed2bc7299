/* SPDX-License-Identifier: MIT */
/* What a filter costs: instructions that run, and the calls for which a kernel runs none. */
#include "backends/seccomp/plan.h"

#include <linux/seccomp.h>

/* What can happen from an instruction on, whatever the words are that it looks at. */
struct onward {
	uint32_t longest;                   /* instructions */
	bool is_allowing, is_other_letting; /* ends that let the call through, by ALLOW or else */
};

struct report {
	const struct fp_seccomp_plan *plan;
	const struct fp_filter *filter;
	struct onward *onward; /* by instruction */
	struct fp_buf *out;
};

/* One call: run with its number and architecture as long as they decide. */
struct outcome {
	struct onward onward; /* `longest` from the first instruction on */
	bool is_constant;     /* they decide everything */
};

enum why {
	WHY_CACHED,
	WHY_ARGUMENTS,
	WHY_ACTION,
	WHY_ABI,
	WHY_KERNEL,
	WHY_REFUSED,
	WHY_N
};

static struct onward after_return(uint32_t value)
{
	uint32_t action = value & SECCOMP_RET_ACTION_FULL;

	return (struct onward){ .longest = 1,
				.is_allowing = value == SECCOMP_RET_ALLOW,
				.is_other_letting = action == SECCOMP_RET_LOG ||
						    action == SECCOMP_RET_TRACE ||
						    action == SECCOMP_RET_USER_NOTIF };
}

static struct onward join(struct onward a, struct onward b)
{
	return (struct onward){ a.longest > b.longest ? a.longest : b.longest,
				a.is_allowing || b.is_allowing,
				a.is_other_letting || b.is_other_letting };
}

/* From the end: jumps go forward only. */
static void find_onward(struct report *r)
{
	const struct fp_code *code = &r->filter->code;

	r->onward = FP_NEW_ARRAY(r->out->arena, code->n, struct onward);
	for (size_t i = code->n; i-- > 0;) {
		const struct sock_filter *f = &code->at[i];
		struct onward *o = &r->onward[i];
		if (BPF_CLASS(f->code) == BPF_RET) {
			*o = after_return(f->k);
			continue;
		}
		if (f->code == (BPF_JMP | BPF_JA))
			*o = r->onward[i + 1 + f->k];
		else if (BPF_CLASS(f->code) == BPF_JMP)
			*o = join(r->onward[i + 1 + f->jt], r->onward[i + 1 + f->jf]);
		else
			*o = r->onward[i + 1];
		o->longest++;
	}
}

static bool is_taken(const struct sock_filter *f, uint32_t a)
{
	switch (BPF_OP(f->code)) {
	case BPF_JEQ:
		return a == f->k;
	case BPF_JGE:
		return a >= f->k;
	default: /* the generator's other one */
		return a & f->k;
	}
}

/* As kernel/seccomp.c looks for constant actions: seccomp_is_const_allow(). */
static struct outcome run(const struct report *r, uint32_t arch, uint32_t nr)
{
	const struct sock_filter *at = r->filter->code.at;
	struct outcome o = { .is_constant = true };
	uint32_t a = 0, executed = 0;

	for (size_t pc = 0; o.is_constant; executed++) {
		const struct sock_filter *f = &at[pc++];
		if (f->code == (BPF_LD | BPF_W | BPF_ABS) && f->k >= 8)
			o.is_constant = false;
		else if (f->code == (BPF_LD | BPF_W | BPF_ABS))
			a = f->k == 4 * FP_DATA_NR ? nr : arch;
		else if (f->code == (BPF_ALU | BPF_AND | BPF_K))
			a &= f->k;
		else if (f->code == (BPF_JMP | BPF_JA))
			pc += f->k;
		else if (BPF_CLASS(f->code) == BPF_JMP)
			pc += is_taken(f, a) ? f->jt : f->jf;
		if (!o.is_constant || BPF_CLASS(f->code) == BPF_RET) {
			o.onward = r->onward[pc - 1];
			break;
		}
	}
	o.onward.longest += executed;
	return o;
}

static enum why explain(const struct report *r, enum fp_abi abi, const struct outcome *o)
{
	if (!o->onward.is_allowing && !o->onward.is_other_letting)
		return WHY_REFUSED;
	if (!o->is_constant)
		return WHY_ARGUMENTS;
	if (!o->onward.is_allowing)
		return WHY_ACTION;
	if (fp_abi(abi)->nr_bit)
		return WHY_ABI;
	return fp_target_has(r->plan->context.target, FP_FEAT_SECCOMP_CONST_CACHE) ? WHY_CACHED
										   : WHY_KERNEL;
}

struct tally {
	FP_VEC(const struct fp_sysdef *) calls[WHY_N];
	uint32_t run, sum, worst; /* calls that run the filter, and instructions at most */
};

static void count(const struct report *r, enum fp_abi abi, const struct fp_sysdef *sys,
		  struct tally *t)
{
	const struct fp_abi_def *def = fp_abi(abi);
	struct outcome o = run(r, def->audit_arch, (uint32_t)sys->nr[abi] | def->nr_bit);
	enum why why = explain(r, abi, &o);

	fp_vec_push(r->out->arena, &t->calls[why], sys);
	if (why == WHY_CACHED)
		return;
	t->run++;
	t->sum += o.onward.longest;
	t->worst = o.onward.longest > t->worst ? o.onward.longest : t->worst;
}

/* Names where there are few. */
#define NAMES_MAX 24u

static void print_why(const struct report *r, const struct tally *t, enum why why, const char *text)
{
	size_t n = t->calls[why].n;

	if (!n)
		return;
	fp_buf_printf(r->out, "    %zu not cached, %s", n, text);
	for (size_t i = 0; i < n && n <= NAMES_MAX; i++)
		fp_buf_printf(r->out, "%s%s", i ? ", " : ": ", t->calls[why].at[i]->name);
	fp_buf_putc(r->out, '\n');
}

static void print_abi(const struct report *r, enum fp_abi abi)
{
	const struct fp_target *target = r->plan->context.target;
	struct tally t = { .run = 0 };
	size_t all = 0, allowed;

	for (size_t i = 0; i < fp_sys_count(); i++)
		if (fp_sys_at(i)->nr[abi] >= 0) {
			count(r, abi, fp_sys_at(i), &t);
			all++;
		}
	allowed = all - t.calls[WHY_REFUSED].n;
	fp_buf_printf(r->out, "  %s: %zu calls, %zu let through, %zu of them cached\n",
		      fp_abi(abi)->name, all, allowed, t.calls[WHY_CACHED].n);
	print_why(r, &t, WHY_ARGUMENTS, "their arguments decide");
	print_why(r, &t, WHY_ACTION, "they are logged, traced or notified");
	print_why(r, &t, WHY_ABI, "the cache has no numbers of x32");
	print_why(r, &t, WHY_KERNEL, fp_target_why(target, FP_FEAT_SECCOMP_CONST_CACHE));
	if (t.run)
		fp_buf_printf(r->out,
			      "    the others run %u.%02u instructions on average, at most %u\n",
			      t.sum / t.run, t.sum % t.run * 100 / t.run, t.worst);
}

void fp_seccomp_report(struct fp_unit *u, const struct fp_ir *ir, const struct fp_target *t,
		       struct fp_buf *out)
{
	const struct fp_seccomp_plan *plan = fp_seccomp_plan(u, ir, t);

	for (unsigned i = 0; i < FP_ARCH_N; i++) {
		struct report r = { .plan = plan, .filter = &plan->filter[i], .out = out };
		if (!r.filter->is_wanted)
			continue;
		fp_buf_printf(out, "%s: %zu instructions\n", fp_arch_name((enum fp_arch)i),
			      r.filter->code.n);
		find_onward(&r);
		for (unsigned abi = 0; abi < FP_ABI_N; abi++)
			if (plan->context.open >> abi & 1 &&
			    fp_abi((enum fp_abi)abi)->arch == (enum fp_arch)i)
				print_abi(&r, (enum fp_abi)abi);
	}
}
