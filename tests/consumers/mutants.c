/* SPDX-License-Identifier: MIT */
/*
 * Every field of every instruction of every golden filter changed in several ways. A mutant must be
 * unreadable, or refused with a call that an interpreter confirms, or proved and then equal to the
 * filter at all boundary values. usage: mutants FOLDER/POLICY/TARGET/seccomp/ARCH.bpf...
 */
#include <stdio.h>
#include <stdlib.h>

#include "ir/domain_calls.h"
#include "sema/sema.h"
#include "target/target.h"
#include "unit/seccomp_vm.h"
#include "verify/symbolic.h"
#include "verify/verify.h"

struct score {
	unsigned long all, unreadable, refused, equal, wrong;
};

static struct fp_unit u;
static struct fp_verifier verifier;
static struct fp_machine machine;
static uint32_t wanted;
static struct vm_filter original, mutant;

static char *slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *data = FP_NEW_ARRAY(&u.arena, 1 << 20, char);

	if (!f) {
		perror(path);
		exit(2);
	}
	*len = fread(data, 1, (1 << 20) - 1, f);
	fclose(f);
	return data;
}

/* ---- what the interpreter says ---- */

static bool answers(const struct vm_filter *f, const struct fp_bpf_data *d, struct fp_decision *out,
		    bool *is_constant)
{
	struct seccomp_data data = { .nr = (int)d->nr,
				     .arch = d->arch,
				     .instruction_pointer = d->ip };

	for (unsigned i = 0; i < 6; i++)
		data.args[i] = d->args[i];
	struct vm_result r = vm_run(f, &data);
	*out = fp_bpf_decision(r.value);
	*is_constant &= r.is_constant;
	return r.is_ok;
}

static bool is_same(struct fp_decision a, struct fp_decision b)
{
	return a.action == b.action && a.data == b.data;
}

static bool is_confirmed(const struct fp_verdict *r)
{
	struct fp_decision by_policy = fp_verify_policy_says(&verifier, machine, &r->call).decision;
	struct fp_decision before, after;
	bool is_constant;

	return answers(&original, &r->call, &before, &is_constant) &&
	       answers(&mutant, &r->call, &after, &is_constant) && is_same(before, by_policy) &&
	       !is_same(after, by_policy);
}

/* ---- all boundary values ---- */

#define VALUES 4096

struct values {
	uint32_t at[VALUES];
	size_t n;
};

static void add(struct values *v, uint32_t k)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->at[i] == k)
			return;
	if (v->n < VALUES)
		v->at[v->n++] = k;
}

static void add_around(struct values *v, uint32_t k)
{
	add(v, k - 1);
	add(v, k);
	add(v, k + 1);
}

/* Constants that `offset` is compared with, and those beside them, by a look at the code before. */
static void collect(const struct vm_filter *f, struct values *nr, struct values *arch,
		    struct values *args)
{
	uint32_t offset = 0;

	for (size_t pc = 0; pc < f->n; pc++) {
		const struct sock_filter *i = &f->at[pc];
		if (BPF_CLASS(i->code) == BPF_LD)
			offset = i->k;
		else if (BPF_CLASS(i->code) == BPF_RET || BPF_OP(i->code) == BPF_JA)
			continue;
		else if (offset == 0)
			add_around(nr, i->k);
		else if (offset == 4)
			add_around(arch, i->k);
		else
			add_around(args, i->k);
	}
}

/* Each word alone, and all words, with each of the values; once where no argument is read. */
static bool agree(struct fp_bpf_data *d, const struct values *args)
{
	struct fp_decision a, b;
	bool is_constant = true;

	for (size_t i = 0; i < args->n; i++)
		for (unsigned word = 0; word < 13; word++) {
			memset(d->args, 0, sizeof(d->args));
			for (unsigned w = 0; w < 12; w++)
				if (w == word || word == 12)
					d->args[w / 2] |= (uint64_t)args->at[i] << (w % 2 * 32);
			if (!answers(&original, d, &a, &is_constant) ||
			    !answers(&mutant, d, &b, &is_constant) || !is_same(a, b))
				return false;
			if (is_constant)
				return true;
		}
	return true;
}

static bool is_equal_everywhere(void)
{
	struct values nr = { .n = 0 }, arch = { .n = 0 }, args = { .n = 0 };

	collect(&original, &nr, &arch, &args);
	collect(&mutant, &nr, &arch, &args);
	add_around(&args, 0);
	for (size_t a = 0; a < arch.n; a++)
		for (size_t n = 0; n < nr.n; n++) {
			struct fp_bpf_data d = { .nr = nr.at[n], .arch = arch.at[a] };
			if (!agree(&d, &args))
				return false;
		}
	return true;
}

/* ---- mutants ---- */

static void judge(struct score *s, size_t pc, const char *field)
{
	struct fp_arena scratch;
	struct fp_bpf code;
	uint32_t got;

	s->all++;
	fp_arena_init(&scratch, (size_t)256 << 20, &u.recover);
	if (fp_bpf_decode(&scratch, mutant.at, mutant.n * sizeof(mutant.at[0]), &code)) {
		s->unreadable++;
		fp_arena_free(&scratch);
		return;
	}
	const char *why = fp_bpf_diagram(&verifier.dd, &scratch, &code, &got);
	struct fp_verdict r = { .outcome = FP_UNDECIDED };
	if (!why)
		r = fp_verify_nodes(&verifier, wanted, got);
	bool ok = r.outcome == FP_FAILS   ? is_confirmed(&r)
		  : r.outcome == FP_HOLDS ? is_equal_everywhere()
					  : false;
	s->refused += ok && r.outcome == FP_FAILS;
	s->equal += ok && r.outcome == FP_HOLDS;
	s->wrong += !ok;
	if (!ok)
		printf("# instruction %zu, %s: %s\n", pc, field, why ? why : r.example);
	fp_arena_free(&scratch);
}

/* Other opcodes that the interpreter of the tests knows. */
static const uint16_t codes[] = {
	BPF_LD | BPF_W | BPF_ABS,  BPF_JMP | BPF_JA,          BPF_JMP | BPF_JEQ | BPF_K,
	BPF_JMP | BPF_JGT | BPF_K, BPF_JMP | BPF_JGE | BPF_K, BPF_JMP | BPF_JSET | BPF_K,
	BPF_RET | BPF_K,
};

static void change(struct score *s, size_t pc)
{
	struct sock_filter *i = &mutant.at[pc];
	const struct sock_filter was = original.at[pc];
	const uint32_t ks[] = { was.k + 1, was.k - 1, was.k ^ 0x80000000u,
				BPF_CLASS(was.code) == BPF_LD ? was.k ^ 4 : was.k ^ 0x10000u };

	for (size_t n = 0; n < sizeof(codes) / sizeof(codes[0]); n++) {
		i->code = codes[n];
		if (i->code != was.code)
			judge(s, pc, "code");
	}
	i->code = was.code;
	for (size_t n = 0; n < sizeof(ks) / sizeof(ks[0]); n++) {
		i->k = ks[n];
		if (i->k != was.k)
			judge(s, pc, "k");
	}
	i->k = was.k;
	/* Where nothing jumps, nothing looks at them. */
	for (int n = BPF_CLASS(was.code) == BPF_JMP ? -1 : 1; n < 2; n += 2) {
		i->jt = (uint8_t)(was.jt + n);
		judge(s, pc, "jt");
		i->jt = was.jt;
		i->jf = (uint8_t)(was.jf + n);
		judge(s, pc, "jf");
		i->jf = was.jf;
	}
}

/* "golden/lab/debian-12/seccomp/x86_64.bpf": its policy, target and architecture. */
static bool set_up(const char *path)
{
	char policy[64], target[64], arch[64], source[128];
	size_t len;

	if (sscanf(path, "%*[^/]/%63[^/]/%63[^/]/seccomp/%63[^.].bpf", policy, target, arch) != 3)
		return false;
	snprintf(source, sizeof(source), "policies/examples/%s.policy", policy);
	const char *text = slurp(source, &len);
	const struct fp_source *src =
		fp_source_add(&u.sources, source, text, len, (struct fp_span){ 0, 0 });
	const struct fp_ir *ir = fp_resolve(&u, src, NULL);
	const struct fp_target *t = fp_target_builtin(&u, target);
	const char *code = slurp(path, &len);
	if (!ir || !t || !fp_arch_find(arch, strlen(arch), &machine.arch) ||
	    !vm_load(&original, code, len))
		return false;
	mutant = original;
	machine.kernel = FP_SINCE(t->kernel.major, t->kernel.minor);
	fp_verifier_begin(&verifier, &u, ir);
	wanted = fp_meaning(&verifier, machine);
	return true;
}

int main(int argc, char **argv)
{
	struct score s = { 0 };

	for (int n = 1; n < argc; n++) {
		fp_unit_init(&u, (size_t)1 << 30);
		if (setjmp(u.recover))
			abort();
		if (!set_up(argv[n])) {
			printf("not ok %d - %s can be read\n", n, argv[n]);
			return 2;
		}
		unsigned long before = s.wrong;
		for (size_t pc = 0; pc < original.n; pc++)
			change(&s, pc);
		printf("%sok %d - %s\n", s.wrong > before ? "not " : "", n, argv[n]);
		fp_unit_free(&u);
	}
	unsigned long killed = s.all - s.wrong;
	printf("measured: %lu mutants of %d filters: %lu unreadable, %lu refused with a witness, %lu equal; "
	       "%.2f %% found out\n",
	       s.all, argc - 1, s.unreadable, s.refused, s.equal,
	       s.all ? 100.0 * (double)killed / (double)s.all : 0);
	return s.wrong || !s.all;
}
