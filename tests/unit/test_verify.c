/* SPDX-License-Identifier: MIT */
/* The checker of filters: what it refuses to read, and that its answers are those of running. */
#include "bundle/bundle.h"
#include "ir/domain_calls.h"
#include "sema/sema.h"
#include "unit/random.h"
#include "verify/symbolic.h"
#include "verify/verify.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct fp_unit u;

static void begin(void)
{
	fp_unit_init(&u, (size_t)512 << 20);
	if (setjmp(u.recover))
		abort();
}

#define ABS  (BPF_LD | BPF_W | BPF_ABS)
#define JEQ  (BPF_JMP | BPF_JEQ | BPF_K)
#define RETK (BPF_RET | BPF_K)

static const uint16_t opcodes[] = {
	ABS,
	BPF_LD | BPF_IMM,
	BPF_LDX | BPF_IMM,
	BPF_LD | BPF_MEM,
	BPF_LDX | BPF_MEM,
	BPF_LD | BPF_W | BPF_LEN,
	BPF_LDX | BPF_W | BPF_LEN,
	BPF_ST,
	BPF_STX,
	BPF_MISC | BPF_TAX,
	BPF_MISC | BPF_TXA,
	BPF_ALU | BPF_ADD,
	BPF_ALU | BPF_SUB,
	BPF_ALU | BPF_MUL,
	BPF_ALU | BPF_DIV,
	BPF_ALU | BPF_AND,
	BPF_ALU | BPF_OR,
	BPF_ALU | BPF_XOR,
	BPF_ALU | BPF_LSH,
	BPF_ALU | BPF_RSH,
	BPF_ALU | BPF_NEG,
	BPF_ALU | BPF_ADD | BPF_X,
	BPF_ALU | BPF_AND | BPF_X,
	BPF_ALU | BPF_OR | BPF_X,
	BPF_ALU | BPF_LSH | BPF_X,
	BPF_JMP | BPF_JA,
	JEQ,
	BPF_JMP | BPF_JGT,
	BPF_JMP | BPF_JGE,
	BPF_JMP | BPF_JSET,
	BPF_JMP | BPF_JEQ | BPF_X,
	BPF_JMP | BPF_JGE | BPF_X,
	RETK,
	BPF_RET | BPF_A,
};

#define OPCODES (sizeof(opcodes) / sizeof(opcodes[0]))

/* ---- reading ---- */

struct refusal {
	struct sock_filter at[3];
	size_t n;
	const char *why;
};

static void what_a_kernel_refuses_is_refused(void **state)
{
	static const struct refusal refusals[] = {
		{ { { 0 } }, 0, "byte 0: there is no instruction" },
		{ { { ABS, 0, 0, 0 } }, 1, "byte 0: the last instruction does not return" },
		{ { { ABS, 0, 0, 2 }, { RETK, 0, 0, 0 } },
		  2,
		  "byte 0: loads what is no word of struct seccomp_data" },
		{ { { ABS, 0, 0, 64 }, { RETK, 0, 0, 0 } },
		  2,
		  "byte 0: loads what is no word of struct seccomp_data" },
		{ { { BPF_LD | BPF_H | BPF_ABS, 0, 0, 0 }, { RETK, 0, 0, 0 } },
		  2,
		  "byte 0: an opcode that seccomp does not take" },
		{ { { BPF_ALU | BPF_MOD, 0, 0, 3 }, { RETK, 0, 0, 0 } },
		  2,
		  "byte 0: an opcode that seccomp does not take" },
		{ { { RETK, 0, 0, 0 }, { JEQ, 1, 0, 0 }, { RETK, 0, 0, 0 } },
		  3,
		  "byte 8: jumps behind the end" },
		{ { { JEQ, 0, 255, 0 }, { RETK, 0, 0, 0 } }, 2, "byte 0: jumps behind the end" },
		{ { { BPF_JMP | BPF_JA, 0, 0, UINT32_MAX }, { RETK, 0, 0, 0 } },
		  2,
		  "byte 0: jumps behind the end" },
		{ { { BPF_ALU | BPF_DIV, 0, 0, 0 }, { RETK, 0, 0, 0 } },
		  2,
		  "byte 0: divides by 0" },
		{ { { BPF_ALU | BPF_LSH, 0, 0, 32 }, { RETK, 0, 0, 0 } },
		  2,
		  "byte 0: shifts by 32 and more" },
		{ { { BPF_ST, 0, 0, 16 }, { RETK, 0, 0, 0 } },
		  2,
		  "byte 0: there are 16 words of memory" },
		{ { { BPF_ST, 0, 0, 1 }, { BPF_LD | BPF_MEM, 0, 0, 2 }, { RETK, 0, 0, 0 } },
		  3,
		  "byte 8: reads memory that was not written on every way" },
	};
	struct fp_bpf b;

	(void)state;
	begin();
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *r = &refusals[i];
		assert_string_equal(fp_bpf_decode(&u.arena, r->at, r->n * 8, &b), r->why);
	}
	assert_string_equal(fp_bpf_decode(&u.arena, refusals[1].at, 7, &b),
			    "byte 0: the file ends inside an instruction");
	char *large = FP_NEW_ARRAY(&u.arena, 4097 * 8, char);
	assert_string_equal(fp_bpf_decode(&u.arena, large, 4097 * 8, &b),
			    "byte 32768: more than 4096 instructions");
	fp_unit_free(&u);
}

/* ---- random filters ---- */

#define LONGEST 24

/* Values that meet each other, so that comparisons go both ways. */
static uint32_t draw_value(void)
{
	static const uint32_t values[] = { 0,          1,          2,          7,
					   31,         0xff,       0x7fffffff, 0x80000000,
					   UINT32_MAX, 0xc000003e, 0x40000003, 0x40000000 };

	return random_below(3) ? values[random_below(sizeof(values) / sizeof(values[0]))]
			       : random_below(32);
}

/* Nearly always one that a kernel takes; `rough` ones less often. */
static size_t draw(struct sock_filter *f, bool rough)
{
	size_t n = 2 + random_below(LONGEST - 2);

	for (size_t pc = 0; pc < n; pc++) {
		uint16_t code = random_below(3) ? opcodes[random_below(OPCODES)] : ABS;
		uint32_t room = (uint32_t)(n - pc - 1);
		if (pc + 1 == n && (!rough || random_below(8)))
			code = RETK;
		else if (!rough && code == RETK && random_below(2))
			code = JEQ;
		f[pc] = (struct sock_filter){ .code = code, .k = draw_value() };
		if (code == ABS)
			f[pc].k = random_below(16) * 4;
		else if (code == RETK)
			f[pc].k = 0x7fff0000u - random_below(3) * 0x2fff0 - random_below(3);
		else if (BPF_CLASS(code) == BPF_ST || BPF_CLASS(code) == BPF_STX ||
			 BPF_MODE(code) == BPF_MEM)
			f[pc].k = random_below(rough ? 18 : 3);
		else if (BPF_OP(code) == BPF_LSH || BPF_OP(code) == BPF_RSH)
			f[pc].k = BPF_CLASS(code) == BPF_ALU ? random_below(rough ? 40 : 32) : 1;
		if (BPF_CLASS(code) != BPF_JMP || !room)
			continue;
		f[pc].jt = (uint8_t)random_below(room + (rough && !random_below(8)));
		f[pc].jf = (uint8_t)random_below(room + (rough && !random_below(8)));
		if (code == (BPF_JMP | BPF_JA))
			f[pc].k = random_below(room);
	}
	return n;
}

static struct fp_bpf_data draw_data(void)
{
	struct fp_bpf_data d = { .nr = draw_value(), .arch = draw_value(), .ip = draw_value() };

	for (unsigned i = 0; i < 6; i++)
		d.args[i] = (uint64_t)draw_value() << 32 | draw_value();
	return d;
}

static void set_of(const struct fp_bpf_data *d, struct fp_dd_set *s)
{
	const uint32_t words[] = { d->arch, d->nr, (uint32_t)(d->ip >> 32), (uint32_t)d->ip };
	const unsigned vars[] = { FP_DOMAIN_ARCH, FP_DOMAIN_NR, FP_DOMAIN_IP, FP_DOMAIN_IP + 32 };

	fp_domain_bits(d->args, s);
	for (unsigned w = 0; w < 4; w++)
		for (unsigned i = 0; i < 32; i++)
			if (words[w] >> (31 - i) & 1)
				fp_dd_set_add(s, vars[w] + i);
}

static void the_diagram_is_what_running_says(void **state)
{
	unsigned decided = 0, refused = 0, undecided = 0;

	(void)state;
	for (unsigned round = 0; round < 6000; round++) {
		struct sock_filter f[LONGEST];
		struct fp_bpf b;
		struct fp_dd dd;
		uint32_t node;

		begin();
		size_t n = draw(f, false);
		if (fp_bpf_decode(&u.arena, f, n * 8, &b)) {
			refused++;
			fp_unit_free(&u);
			continue;
		}
		fp_dd_init(&dd, &u.arena, 100000);
		if (fp_bpf_diagram(&dd, &u.arena, &b, &node)) {
			undecided++;
			fp_unit_free(&u);
			continue;
		}
		decided++;
		for (unsigned i = 0; i < 60; i++) {
			struct fp_bpf_data d = draw_data();
			struct fp_dd_set at;
			uint32_t value;
			if (!fp_bpf_run(&b, &d, &value))
				continue;
			set_of(&d, &at);
			assert_int_equal(fp_dd_eval(&dd, node, &at),
					 fp_domain_leaf(fp_bpf_decision(value)));
		}
		fp_unit_free(&u);
	}
	print_message("# %u decided, %u undecided, %u refused\n", decided, undecided, refused);
	assert_true(decided > 1500);
}

/* ---- the kernel ---- */

static bool kernel_takes(struct sock_filter *f, size_t n)
{
	struct sock_fprog prog = { (unsigned short)n, f };
	int status;
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		/* Whatever an accepted filter does to the way out, it is not exit code 7. */
		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) && errno == EINVAL)
			_exit(7);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return !WIFEXITED(status) || WEXITSTATUS(status) != 7;
}

static void the_kernel_takes_what_is_taken(void **state)
{
	struct sock_filter ret = { RETK, 0, 0, SECCOMP_RET_ALLOW };
	unsigned taken = 0, refused = 0;

	(void)state;
	if (!kernel_takes(&ret, 1)) {
		print_message("# no filters here\n");
		skip();
	}
	for (unsigned round = 0; round < 3000; round++) {
		struct sock_filter f[LONGEST];
		struct fp_bpf b;
		begin();
		size_t n = draw(f, true);
		bool is_taken = !fp_bpf_decode(&u.arena, f, n * 8, &b);
		assert_int_equal(is_taken, kernel_takes(f, n));
		taken += is_taken;
		refused += !is_taken;
		fp_unit_free(&u);
	}
	for (unsigned code = 0; code < 256; code++) {
		struct sock_filter f[] = { { (uint16_t)code, 0, 0, 0 }, ret, ret };
		struct fp_bpf b;
		begin();
		assert_int_equal(!fp_bpf_decode(&u.arena, f, sizeof(f), &b), kernel_takes(f, 3));
		fp_unit_free(&u);
	}
	print_message("# %u taken, %u refused by both\n", taken, refused);
	assert_true(taken > 200 && refused > 200);
}

/* ---- a compile that goes wrong ---- */

static const char policy[] =
	"language 1;\n"
	"policy p { owner \"o\"; targets debian-12; test { deny capability sys_boot; }\n"
	"syscalls { default kill; allow read, write; allow lseek(whence) where whence <= 2; }\n"
	"files { default allow; } devices { default allow; } }\n";

static const char *reported(enum fp_diag_id id)
{
	for (size_t i = 0; i < u.diags.list.n; i++)
		if (u.diags.list.at[i].id == id)
			return u.diags.list.at[i].text;
	return NULL;
}

static struct fp_artifact *compile(struct fp_bundle *b, const char *name)
{
	const struct fp_source *src = fp_source_add(&u.sources, "p.policy", policy,
						    sizeof(policy) - 1, (struct fp_span){ 0, 0 });
	const struct fp_ir *ir = fp_resolve(&u, src, NULL);
	const struct fp_target *t = fp_target_builtin(&u, "debian-12");

	fp_bundle_build(&u, ir, &t, 1, b);
	assert_int_equal(u.diags.errors, 0);
	const struct fp_emission *e = &b->targets[0].layers[FP_LAYER_SECCOMP];
	for (size_t i = 0; i < e->artifacts.n; i++)
		if (!strcmp(e->artifacts.at[i]->name, name))
			return e->artifacts.at[i];
	fail();
	return NULL;
}

/* E0004: the call that differs is named. */
static void a_wrong_artifact_is_an_error(void **state)
{
	struct fp_bundle b;

	(void)state;
	begin();
	struct fp_artifact *a = compile(&b, "seccomp/x86_64.bpf");
	char *copy = fp_arena_copy(&u.arena, a->data, a->len);
	a->data = copy;
	for (size_t i = 0; i < a->len; i += 8)
		if (copy[i] == 0x35 && copy[i + 4] == 3) /* jge 3: whence */
			copy[i + 4] = 4;
	fp_bundle_prove(&u, &b);
	assert_string_equal(reported(FP_E_ARTIFACT),
			    "debian-12/seccomp/x86_64.bpf answers lseek(0, 0, SEEK_DATA) on x86_64 "
			    "with ALLOW, and the policy says KILL_PROCESS");
	fp_unit_free(&u);
	begin();
	compile(&b, "seccomp/x86_64.bpf")->len = 12;
	fp_bundle_prove(&u, &b);
	assert_string_equal(reported(FP_E_ARTIFACT),
			    "debian-12/seccomp/x86_64.bpf is no filter: byte 8: the file ends "
			    "inside an instruction");
	fp_unit_free(&u);
}

/* The value that decides in the list is another one. */
static void change(struct fp_artifact *a)
{
	static const char member[] = "\"valueTwo\": ";
	char *copy = fp_arena_text(&u.arena, a->data, a->len);
	char *two = strstr(copy, "\"valueTwo\": 2");

	assert_non_null(two);
	two[sizeof(member) - 1] = '3';
	a->data = copy;
}

static struct fp_artifact *configuration(const struct fp_bundle *b)
{
	const struct fp_emission *e = &b->targets[0].layers[FP_LAYER_OCI];

	for (size_t i = 0; i < e->artifacts.n; i++)
		if (!strcmp(e->artifacts.at[i]->name, "oci/config.json"))
			return e->artifacts.at[i];
	fail();
	return NULL;
}

/* What libseccomp makes of a list must be what the claims of the oci layer tell. */
static void a_wrong_list_is_an_error(void **state)
{
	static const char name[] = "seccomp/seccomp.json";
	struct fp_bundle b;

	(void)state;
	begin();
	change(compile(&b, name));
	fp_bundle_prove(&u, &b);
	assert_string_equal(reported(FP_E_ARTIFACT), "debian-12/oci/config.json has another list "
						     "than seccomp/seccomp.json");
	fp_unit_free(&u);
	begin();
	change(compile(&b, name));
	change(configuration(&b));
	fp_bundle_prove(&u, &b);
	assert_string_equal(reported(FP_E_ARTIFACT),
			    "debian-12/seccomp/seccomp.json, as crun takes it, answers lseek(0, 0, "
			    "SEEK_END) on x86_64 with KILL_PROCESS; the policy says ALLOW, and no "
			    "claim tells");
	fp_unit_free(&u);
	begin();
	compile(&b, name);
	for (size_t i = 0; i < b.ir->rule_count; i++)
		b.targets[0].layers[FP_LAYER_OCI].claims[i].kind = FP_CLAIM_EXACT;
	fp_bundle_prove(&u, &b);
	assert_non_null(strstr(reported(FP_E_ARTIFACT),
			       "with KILL_THREAD; the policy says KILL_PROCESS, and no claim "
			       "tells"));
	fp_unit_free(&u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_kernel_refuses_is_refused),
		cmocka_unit_test(the_diagram_is_what_running_says),
		cmocka_unit_test(the_kernel_takes_what_is_taken),
		cmocka_unit_test(a_wrong_artifact_is_an_error),
		cmocka_unit_test(a_wrong_list_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
