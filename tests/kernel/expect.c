/* SPDX-License-Identifier: MIT */
/* Prints what a policy decides on a target's calls, by evaluating its IR, for tests/kernel/probe.
 */
/* expect FILE.policy TARGET ARCH: native numbers, and the foreign ones of the machine. */
#include "base/unit.h"
#include "ir/eval.h"
#include "sema/sema.h"
#include "target/target.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const struct fp_ir *policy;
static uint16_t kernel;

/* Imports are looked for in the library only: examples need no other. */
static bool no_files(void *context, const char *name, struct fp_loaded *out)
{
	(void)context;
	(void)name;
	out->why = "not in the library";
	return false;
}

static const char *word(struct fp_decision d)
{
	switch (d.action) {
	case FP_ACT_KILL:
		return "kill";
	case FP_ACT_KILL_THREAD:
		return "kill-thread";
	case FP_ACT_TRAP:
		return "trap";
	case FP_ACT_ERRNO:
		return "errno";
	case FP_ACT_NOTIFY:
	case FP_ACT_TRACE:
	case FP_ACT_LOG:
	case FP_ACT_ALLOW:
	case FP_ACT_N:
		break;
	}
	return "pass";
}

/* A 32-bit register has no upper half; the kernel's uprobe calls skip every filter where it has
 * them. */
static void print(enum fp_abi abi, uint32_t nr, const uint64_t args[6])
{
	const struct fp_sysdef *sys = fp_sys_by_nr(abi, nr);
	bool is_hidden = sys && sys->flags & FP_SYS_UNFILTERED && fp_abi(abi)->is_native;
	uint64_t a[6];

	for (unsigned i = 0; i < 6; i++)
		a[i] = fp_abi(abi)->word_bits == 32 ? (uint32_t)args[i] : args[i];
	struct fp_decision d = fp_eval_call(policy, abi, nr, a, kernel).decision;
	printf("%s %" PRIu32, fp_abi(abi)->is_native ? "native" : fp_abi(abi)->name, nr);
	for (unsigned i = 0; i < 6; i++)
		printf(" %" PRIx64, a[i]);
	bool has_data = d.action == FP_ACT_ERRNO || d.action == FP_ACT_TRAP;
	printf(" %s %u\n", is_hidden ? "any" : word(d), has_data && !is_hidden ? d.data : 0u);
}

/* `value` into the masked field of the test, garbage in all that the test does not look at. */
static void set_field(uint64_t args[6], const struct fp_test *t, uint64_t value, uint64_t garbage)
{
	uint64_t all = (value & t->mask) | (garbage & ~t->mask);
	const uint8_t words[2] = { t->lo, t->hi };

	for (unsigned i = 0; i < 2; i++) {
		if (words[i] == FP_WORD_NONE)
			continue;
		unsigned shift = words[i] % 2 ? 32 : 0;
		uint64_t *arg = &args[words[i] / 2];
		*arg &= ~((uint64_t)UINT32_MAX << shift);
		*arg |= (uint64_t)(uint32_t)(all >> (i ? 32 : 0)) << shift;
	}
	if (t->hi == FP_WORD_NONE && t->lo % 2 == 0)
		args[t->lo / 2] |= garbage << 32;
}

/* Every test of the condition at its boundaries, the others as `args` has them. */
static void print_tests(enum fp_abi abi, uint32_t nr, const struct fp_pred *p,
			const uint64_t args[6])
{
	const uint64_t garbage[] = { 0, 0xa5a5a5a5deadbeefu };

	for (size_t i = 0; i < p->n; i++)
		print_tests(abi, nr, p->kids[i], args);
	if (p->op != FP_PRED_TEST)
		return;
	const uint64_t values[] = { p->test.min, p->test.max, p->test.min - 1, p->test.max + 1 };
	for (unsigned i = 0; i < 8; i++) {
		uint64_t copy[6];
		for (unsigned k = 0; k < 6; k++)
			copy[k] = args[k];
		set_field(copy, &p->test, values[i / 2], garbage[i % 2]);
		print(abi, nr, copy);
	}
}

/* Arguments with which the condition's tests all take their least value: others vary from there. */
static void least(const struct fp_pred *p, uint64_t args[6])
{
	for (size_t i = 0; i < p->n; i++)
		least(p->kids[i], args);
	if (p->op == FP_PRED_TEST)
		set_field(args, &p->test, p->test.min, 0);
}

static void print_abi(enum fp_abi abi)
{
	const uint64_t none[6] = { 0 };
	bool is_open = fp_abi(abi)->is_native || (policy->foreign_abis >> abi & 1);
	const uint64_t ones[6] = { UINT64_MAX, UINT64_MAX, UINT64_MAX,
				   UINT64_MAX, UINT64_MAX, UINT64_MAX };

	for (uint32_t nr = 0; nr < 600; nr++) {
		const struct fp_sysdef *sys = fp_sys_by_nr(abi, nr);
		print(abi, nr, none);
		if (!is_open) /* killed by its number: a child a probe */
			continue;
		print(abi, nr, ones);
		for (size_t i = 0; sys && i < policy->calls[sys->index].n; i++) {
			const struct fp_rule *r = policy->calls[sys->index].at[i].rule;
			const struct fp_pred *when = r->u.call.when[abi];
			uint64_t args[6] = { 0 };
			if (!when || sys->flags & FP_SYS_MULTIPLEXER)
				continue;
			print_tests(abi, nr, when, args);
			least(when, args);
			print_tests(abi, nr, when, args);
		}
	}
}

static const struct fp_source *read_source(struct fp_unit *u, const char *path)
{
	static char text[1 << 20];
	FILE *f = fopen(path, "rb");

	if (!f)
		return NULL;
	size_t n = fread(text, 1, sizeof(text), f);
	fclose(f);
	return fp_source_add(&u->sources, path, text, n, (struct fp_span){ 0, 0 });
}

static int run(struct fp_unit *u, char **argv)
{
	const struct fp_source *source = read_source(u, argv[1]);
	const struct fp_target *target = fp_target_builtin(u, argv[2]);
	enum fp_arch arch;

	policy = source ? fp_resolve(u, source, NULL) : NULL;
	if (!policy || !target || !fp_arch_find(argv[3], strlen(argv[3]), &arch)) {
		struct fp_buf b;
		fp_buf_init(&b, &u->arena);
		fp_diag_render(u, &b, false);
		fprintf(stderr, "expect: cannot use %s\n%s", argv[1], fp_buf_text(&b));
		return 2;
	}
	kernel = FP_SINCE(target->kernel.major, target->kernel.minor);
	for (unsigned abi = 0; abi < FP_ABI_N; abi++)
		if (fp_abi((enum fp_abi)abi)->arch == arch && abi != FP_ABI_ARM)
			print_abi((enum fp_abi)abi);
	return 0;
}

int main(int argc, char **argv)
{
	static struct fp_unit u;

	if (argc != 4) {
		fprintf(stderr, "usage: expect FILE.policy TARGET ARCH\n");
		return 2;
	}
	fp_unit_init(&u, FP_MEMORY_LIMIT);
	u.options.load = no_files;
	int rc = setjmp(u.recover) ? 2 : run(&u, argv);
	fp_unit_free(&u);
	return rc;
}
