/* SPDX-License-Identifier: MIT */
/* Profiles as sides of a comparison: what libseccomp compiles from the same list decides the same.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <seccomp.h>

#include "analysis/profile.h"
#include "api_filter.h"
#include "base/json.h"
#include "random.h"

static struct fp_unit u;

static void begin(void)
{
	fp_unit_init(&u, (size_t)512 << 20);
	if (setjmp(u.recover))
		abort();
}

static const char *const calls[] = { "socket", "personality", "ioctl", "prctl", "lseek", "clone" };

static const struct {
	const char *name;
	enum scmp_compare op;
} ops[] = { { "SCMP_CMP_EQ", SCMP_CMP_EQ },
	    { "SCMP_CMP_NE", SCMP_CMP_NE },
	    { "SCMP_CMP_LT", SCMP_CMP_LT },
	    { "SCMP_CMP_LE", SCMP_CMP_LE },
	    { "SCMP_CMP_GT", SCMP_CMP_GT },
	    { "SCMP_CMP_GE", SCMP_CMP_GE },
	    { "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ } };

/* One list, told to both: as JSON, and by libseccomp as runc tells it. */
struct drawn {
	struct fp_buf json;
	scmp_filter_ctx ctx;
};

static void draw_rule(struct drawn *d, const char *call)
{
	struct scmp_arg_cmp cmp[3];
	unsigned first = random_below(3), n = random_below(4) ? 1 + random_below(2) : 0;

	fp_buf_printf(&d->json,
		      "%s{\"names\": [\"%s\", \"no_such_call\"], \"action\": "
		      "\"SCMP_ACT_ALLOW\", \"args\": [",
		      d->json.data[d->json.len - 1] == '[' ? "" : ",", call);
	for (unsigned i = 0; i < n; i++) {
		unsigned op = random_below(3) ? random_below(2) * 6 : random_below(7);
		uint64_t value = random_below(3) ? random_below(64) : random_bits() >> 33;
		uint64_t two = op == 6 ? value & random_bits() : 0;
		cmp[i] = SCMP_CMP64(first + i, ops[op].op, value, two);
		fp_buf_printf(
			&d->json,
			"%s{\"index\": %u, \"op\": \"%s\", \"value\": %llu, \"valueTwo\": %llu}",
			i ? "," : "", first + i, ops[op].name, (unsigned long long)value,
			(unsigned long long)two);
	}
	fp_buf_puts(&d->json, "]}");
	int nr = seccomp_syscall_resolve_name(call);
	/* What is already there is no error to runc either. */
	int rc = seccomp_rule_add_array(d->ctx, SCMP_ACT_ALLOW, nr, n, cmp);
	assert_true(!rc || rc == -EEXIST);
}

static const struct fp_call_source *compiled(scmp_filter_ctx ctx)
{
	static char bytes[1 << 18];
	FILE *f = tmpfile();

	assert_non_null(f);
	assert_int_equal(seccomp_export_bpf(ctx, fileno(f)), 0);
	ssize_t n = pread(fileno(f), bytes, sizeof(bytes), 0);
	fclose(f);
	return fp_filter_read(&u, "x.bpf", bytes, (size_t)n);
}

static const struct fp_call_source *read_json(const char *text)
{
	json_error_t error;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (!root)
		fail_msg("%s: %s", error.text, text);
	return fp_profile_read(&u, fp_json_own(&u, root), (struct fp_span){ 0, 0 });
}

static const struct fp_diff *compare(const struct fp_call_source *a, const struct fp_call_source *b)
{
	const struct fp_diff_input sides[] = { { .calls = a }, { .calls = b } };
	struct fp_diff *d = FP_NEW(&u.arena, struct fp_diff);

	assert_non_null(a);
	assert_non_null(b);
	fp_diff_inputs(&u, sides, NULL, d);
	return d;
}

#define ROUNDS 400

/* A libseccomp filter has the machine's own architecture alone; other ABIs it kills. */
static void libseccomp_decides_the_same(void **state)
{
	size_t rules = 0, decided = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct drawn d;
		begin();
		fp_buf_init(&d.json, &u.arena);
		fp_buf_puts(&d.json, "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [");
		d.ctx = seccomp_init(SCMP_ACT_ERRNO(1));
		assert_int_equal(
			seccomp_attr_set(d.ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), 0);
		for (unsigned i = 1 + random_below(6); i > 0; i--, rules++)
			draw_rule(&d, calls[random_below(6)]);
		fp_buf_puts(&d.json, "]}");
		const struct fp_diff *diff =
			compare(read_json(fp_buf_text(&d.json)), compiled(d.ctx));
		decided += !diff->why;
		for (size_t i = 0; i < diff->changes.n && !diff->why; i++)
			fail_msg("%s (%s): %s", diff->changes.at[i].sentence,
				 diff->changes.at[i].witness, fp_buf_text(&d.json));
		seccomp_release(d.ctx);
		fp_unit_free(&u);
	}
	assert_true(decided > ROUNDS / 2);
	printf("measured: %d random profiles of %zu rules, %zu decided, 0 otherwise than by "
	       "libseccomp\n",
	       ROUNDS, rules, decided);
}

/* ---- what a profile asks of its job and its machine ---- */

static const char *profile(const char *rules)
{
	return fp_arena_printf(
		&u.arena, "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [%s]}", rules);
}

static void check(const char *old, const char *new, const char *expected)
{
	struct fp_buf b;

	begin();
	fp_buf_init(&b, &u.arena);
	const struct fp_diff *d = compare(read_json(profile(old)), read_json(profile(new)));
	for (size_t i = 0; i < d->changes.n; i++)
		fp_buf_printf(&b, "%s; ", d->changes.at[i].witness);
	fp_buf_puts(&b, fp_diff_is_compared(d, FP_DOMAIN_PATHS) ? "paths" : "");
	assert_string_equal(fp_buf_text(&b), expected);
	fp_unit_free(&u);
}

static void capabilities_and_machines_are_cases(void **state)
{
	(void)state;
	check("{\"names\": [\"bpf\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"caps\": "
	      "[\"CAP_BPF\"]}}",
	      "{\"names\": [\"bpf\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"caps\": "
	      "[\"CAP_SYS_ADMIN\"]}}",
	      "bpf(cmd 0, attr 0, size 0) on x86_64, holding sys_admin; "
	      "bpf(cmd 0, attr 0, size 0) on x86_64, holding bpf; ");
	check("",
	      "{\"names\": [\"bpf\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"arches\": "
	      "[\"arm64\", \"s390\"]}}",
	      "bpf(cmd 0, attr 0, size 0) on aarch64; ");
	check("",
	      "{\"names\": [\"bpf\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"arches\": "
	      "[\"s390\"]}}",
	      "");
	check("{\"names\": [\"bpf\"], \"action\": \"SCMP_ACT_ALLOW\"}",
	      "{\"names\": [\"bpf\"], \"action\": \"SCMP_ACT_ALLOW\", \"excludes\": {\"caps\": "
	      "[\"CAP_BPF\"]}}",
	      "bpf(cmd 0, attr 0, size 0) on x86_64, holding bpf; ");
	/* Bits that the kernel drops let a call around a comparison of 64 bits: no difference. */
	check("{\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\"}",
	      "{\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, "
	      "\"op\": \"SCMP_CMP_NE\", \"value\": 16}]}",
	      "");
	/* Two conditions on one argument are two rules. */
	check("",
	      "{\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, "
	      "\"op\": \"SCMP_CMP_EQ\", \"value\": 1}, {\"index\": 0, \"op\": \"SCMP_CMP_EQ\", "
	      "\"value\": 2}]}",
	      "socket(domain AF_LOCAL, type 0, protocol 0) on x86_64; ");
}

static void overlaps_are_told(void **state)
{
	const char *two = "{\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
			  "[{\"index\": 0, \"op\": \"SCMP_CMP_LT\", \"value\": 9}]}, {\"names\": "
			  "[\"socket\"], \"action\": \"SCMP_ACT_TRAP\", \"args\": [{\"index\": 1, "
			  "\"op\": \"SCMP_CMP_EQ\", \"value\": 3}]}";
	struct fp_diff d;

	(void)state;
	begin();
	const struct fp_diff_input sides[] = { { .calls = read_json(profile(two)) },
					       { .calls = read_json(profile(two)) } };
	fp_diff_inputs(&u, sides, NULL, &d);
	assert_int_equal(fp_diff_verdict(&d.whole), FP_VERDICT_UNDECIDED);
	assert_non_null(strstr(d.why, "socket"));
	fp_unit_free(&u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libseccomp_decides_the_same),
		cmocka_unit_test(capabilities_and_machines_are_cases),
		cmocka_unit_test(overlaps_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
