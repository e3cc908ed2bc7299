/* SPDX-License-Identifier: MIT */
/* Probes: what each expects is what the policy means, every rule is spoken of from both sides, and
 * a filter with one jump flipped does not pass them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/probes.h"
#include "base/num.h"
#include "libfpolicy.h"
#include "sema/sema.h"
#include "unit/seccomp_vm.h"

#define EXAMPLES "policies/examples/"

static int set_up(void **state)
{
	struct fp_unit *u = calloc(1, sizeof(*u));

	if (!u)
		return -1;
	fp_unit_init(u, FP_MEMORY_LIMIT);
	if (setjmp(u->recover))
		abort();
	*state = u;
	return 0;
}

static int tear_down(void **state)
{
	fp_unit_free(*state);
	free(*state);
	return 0;
}

/* ---- policies ---- */

static char *read_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *text = NULL;

	if (!f)
		fail_msg("%s cannot be read: run the tests from the project's folder", path);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	*len = (size_t)ftell(f);
	rewind(f);
	text = calloc(1, *len + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, *len, f), *len);
	fclose(f);
	return text;
}

static void make(struct fp_unit *u, const char *text, size_t len, const char *target,
		 struct fp_probes *out)
{
	const struct fp_source *s =
		fp_source_add(&u->sources, "test.policy", text, len, (struct fp_span){ 0, 0 });
	const struct fp_ir *ir = fp_resolve(u, s, NULL);
	const struct fp_target *t = fp_target_builtin(u, target);

	if (ir && t)
		fp_probes_make(u, ir, t, out);
	if (u->diags.errors) {
		struct fp_buf b;
		fp_buf_init(&b, &u->arena);
		fp_diag_render(u, &b, false);
		fail_msg("%s", fp_buf_text(&b));
	}
}

static void make_text(struct fp_unit *u, const char *text, struct fp_probes *out)
{
	make(u, text, strlen(text), "debian-12", out);
}

/* ---- the policy's own answer ---- */

static uint64_t number(const char *text)
{
	uint64_t n;

	assert_true(fp_num_parse(text, strlen(text), &n));
	return n;
}

static struct fp_decision decision_of(const struct fp_probes *p, const struct fp_probe *one)
{
	enum fp_abi abi;
	uint64_t args[6];

	assert_true(fp_abi_find(one->args[0], strlen(one->args[0]), &abi));
	for (size_t i = 0; i < 6; i++)
		args[i] = number(one->args[2 + i]);
	return fp_eval_call(p->ir, abi, (uint32_t)number(one->args[1]), args, p->kernel).decision;
}

/* By the kernel's list of actions, not by fp_answer.effect: a second way to the same. */
static bool call_is_right(const struct fp_probes *p, const struct fp_probe *one)
{
	const struct fp_decision d = decision_of(p, one);
	const struct fp_probe_outcome *e = &one->expect;

	if (d.action == FP_ACT_KILL)
		return !e->succeeds && e->how == FP_HOW_KILL;
	if (d.action == FP_ACT_KILL_THREAD)
		return !e->succeeds && e->how == FP_HOW_KILL_THREAD;
	if (d.action == FP_ACT_TRAP)
		return !e->succeeds && e->how == FP_HOW_TRAP && e->data == d.data;
	if (d.action == FP_ACT_ERRNO)
		return !e->succeeds && e->how == FP_HOW_ERRNO && e->data == d.data;
	return e->succeeds;
}

static bool path_is_right(const struct fp_probes *p, const struct fp_probe *one)
{
	for (size_t i = 0; fp_right_names[i].name; i++)
		if (!strcmp(fp_right_names[i].name, one->args[0]))
			return one->expect.succeeds ==
			       (fp_eval_path(p->ir, one->args[1], fp_right_names[i].bit).effect ==
				FP_ALLOW);
	return false;
}

static bool packet_is_right(const struct fp_probes *p, const struct fp_probe *one)
{
	struct fp_prefix at;
	enum fp_proto proto = FP_PROTO_TCP;

	assert_int_equal(fp_prefix_parse(one->args[1], strlen(one->args[1]), &at), FP_PREFIX_OK);
	while (strcmp(fp_proto_names[proto], one->args[0])) {
		proto++;
		assert_true(proto <= FP_PROTO_ICMP);
	}
	return one->expect.succeeds == (fp_eval_net(p->ir, one->action == FP_PROBE_EGRESS, proto,
						    &at, (uint16_t)number(one->args[2]))
						.effect == FP_ALLOW);
}

static bool socket_is_right(const struct fp_probes *p, const struct fp_probe *one)
{
	const uint64_t args[6] = { number(one->args[0]), number(one->args[1]) };
	const struct fp_sysdef *sys = fp_sys_find("socket", 6);

	return one->expect.succeeds ==
	       (fp_eval_call(p->ir, FP_ABI_X86_64, (uint32_t)sys->nr[FP_ABI_X86_64], args,
			     p->kernel)
			.effect == FP_ALLOW);
}

static bool is_right(const struct fp_probes *p, const struct fp_probe *one)
{
	switch (one->action) {
	case FP_PROBE_CALL:
		return call_is_right(p, one);
	case FP_PROBE_FILE:
		return path_is_right(p, one);
	case FP_PROBE_EGRESS:
	case FP_PROBE_INGRESS:
		return packet_is_right(p, one);
	case FP_PROBE_CAPABILITY:
		return one->expect.succeeds == (p->ir->caps >> number(one->args[0]) & 1);
	case FP_PROBE_SEE:
		return !one->expect.succeeds;
	case FP_PROBE_MASKED:
		return one->expect.succeeds;
	case FP_PROBE_SOCKET:
		return socket_is_right(p, one);
	case FP_PROBE_MOUNT:
	case FP_PROBE_FSTYPE:
	case FP_PROBE_FILL:
	case FP_PROBE_INODES:
	case FP_PROBE_USE_CAPABILITY:
	case FP_PROBE_NAMESPACE:
	case FP_PROBE_USER:
	case FP_PROBE_GROUP:
	case FP_PROBE_GROUPS:
	case FP_PROBE_NO_NEW_PRIVILEGES:
	case FP_PROBE_UMASK:
	case FP_PROBE_CWD:
	case FP_PROBE_IDMAP:
	case FP_PROBE_DEVICE:
	case FP_PROBE_TASKS:
	case FP_PROBE_MEMORY:
	case FP_PROBE_OPEN_FILES:
	case FP_PROBE_FILE_SIZE:
	case FP_PROBE_RLIMIT:
	case FP_PROBE_KNOB:
	case FP_PROBE_N:
		break;
	}
	return true;
}

static void look_at(const char *path, const char *target,
		    void (*look)(struct fp_probes *p, const char *path))
{
	struct fp_unit u;
	struct fp_probes p;
	size_t len;
	char *text = read_file(path, &len);

	fp_unit_init(&u, FP_MEMORY_LIMIT);
	if (setjmp(u.recover))
		abort();
	make(&u, text, len, target, &p);
	look(&p, path);
	fp_unit_free(&u);
	free(text);
}

static void each_example(void (*look)(struct fp_probes *p, const char *path))
{
	glob_t files;

	assert_int_equal(glob(EXAMPLES "*.policy", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++)
		look_at(files.gl_pathv[i], i % 2 ? "debian-12" : "debian-11", look);
	globfree(&files);
}

static void expectations_of(struct fp_probes *p, const char *path)
{
	assert_true(p->at.n > 1000);
	for (size_t i = 0; i < p->at.n; i++)
		if (!is_right(p, &p->at.at[i]))
			fail_msg("%s: probe %zu: %s %s %s", path, i,
				 fp_probe_word(p->at.at[i].action), p->at.at[i].args[0],
				 p->at.at[i].args[1] ? p->at.at[i].args[1] : "");
}

static void test_expectations_are_the_policy(void **state)
{
	(void)state;
	each_example(expectations_of);
}

/* ---- both sides of a rule ---- */

static bool has(const struct fp_probes *p, const struct fp_rule *r, bool succeeds)
{
	for (size_t i = 0; i < p->at.n; i++)
		if (p->at.at[i].rule == r && p->at.at[i].expect.succeeds == succeeds)
			return true;
	return false;
}

static bool is_excused(const struct fp_probes *p, const struct fp_rule *r)
{
	for (size_t i = 0; i < p->unprobed.n; i++)
		if (p->unprobed.at[i].rule == r)
			return true;
	return false;
}

static bool is_spoken_of(const struct fp_probes *p, const struct fp_rule *r)
{
	for (size_t i = 0; i < p->at.n; i++)
		if (p->at.at[i].rule == r || p->at.at[i].by == r)
			return true;
	return is_excused(p, r);
}

/* Grants of a kind that a policy with a closed default has on both sides. */
static bool is_two_sided(const struct fp_ir *ir, const struct fp_rule *r)
{
	const struct fp_rule *files = fp_ir_only(ir, FP_KIND_FILE_DEFAULT);
	const struct fp_rule *egress = fp_ir_only(ir, FP_KIND_EGRESS_DEFAULT);

	if (r->kind == FP_KIND_CALL)
		return r->u.call.decision.action == FP_ACT_ALLOW && !r->u.call.is_audit &&
		       ir->call_default.action == FP_ACT_ERRNO;
	if (r->kind == FP_KIND_FILE)
		return r->u.file.effect == FP_ALLOW && files && files->u.effect == FP_DENY;
	return r->kind == FP_KIND_EGRESS && r->u.net.effect == FP_ALLOW && egress &&
	       egress->u.effect == FP_DENY;
}

static size_t two_sided;

static void sides_of(struct fp_probes *p, const char *path)
{
	for (size_t i = 0; i < p->ir->rule_count; i++) {
		const struct fp_rule *r = &p->ir->rules[i];
		if (!is_spoken_of(p, r))
			fail_msg("%s: nothing is said of: %s", path, r->text);
		if (!is_two_sided(p->ir, r) || is_excused(p, r))
			continue;
		two_sided++;
		if (!has(p, r, true) || !has(p, r, false))
			fail_msg("%s: only one side of: %s", path, r->text);
	}
}

static void test_every_allow_has_both_sides(void **state)
{
	(void)state;
	two_sided = 0;
	each_example(sides_of);
	assert_true(two_sided > 20);
}

/* ---- neighbours ---- */

static const char small[] =
	"language 1;\n"
	"policy small {\n"
	"	tier untrusted;\n"
	"	owner \"tests\";\n"
	"	targets debian-12;\n"
	"	syscalls {\n"
	"		default deny errno EPERM;\n"
	"		allow read; allow socket(domain) where domain == AF_INET;\n"
	"		allow lseek(fd, offset, whence) where whence <= 2;\n"
	"	}\n"
	"	mounts { root readonly; tmpfs on \"/tmp\" size 1MiB, nosuid, nodev, noexec; }\n"
	"	files { allow read, write, create \"/tmp/**\"; allow read \"/etc/?osts\";\n"
	"	        deny read \"/tmp/no\"; }\n"
	"	egress { default deny; allow tcp to 10.0.0.0/30 port 80..81; }\n"
	"	limits { pids 7; open-files 9; file-size 11; }\n"
	"	never write \"/proc/sys/**\";\n"
	"	test { deny ptrace(); allow read(); }\n"
	"}\n";

/* The one probe with these arguments; fails where there is none. */
static const struct fp_probe *find(const struct fp_probes *p, enum fp_probe_action action,
				   const char *const *args)
{
	for (size_t i = 0; i < p->at.n; i++) {
		const struct fp_probe *one = &p->at.at[i];
		size_t k = 0;
		while (one->action == action && args[k] && !strcmp(one->args[k], args[k]))
			k++;
		if (one->action == action && !args[k])
			return one;
	}
	fail_msg("no probe %s %s %s %s", fp_probe_word(action), args[0], args[1] ? args[1] : "",
		 args[1] && args[2] ? args[2] : "");
	return NULL;
}

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

#define assert_expects(p, action, wanted, ...)                                                 \
	do {                                                                                   \
		const struct fp_probe *probe_ = find(p, FP_PROBE_##action, ARGS(__VA_ARGS__)); \
		assert_int_equal(probe_->expect.succeeds, wanted);                             \
	} while (0)

static void test_neighbours_of_calls(void **state)
{
	struct fp_probes p;

	make_text(*state, small, &p);
	assert_expects(&p, CALL, true, "x86_64", "41", "0x2", "0x0");
	assert_expects(&p, CALL, false, "x86_64", "41", "0x1", "0x0");
	assert_expects(&p, CALL, false, "x86_64", "41", "0x3", "0x0");
	assert_expects(&p, CALL, false, "x86_64", "41", "0x80000002", "0x0");
	assert_expects(&p, CALL, true, "x86_64", "41", "0xdeadbeef00000002", "0x0");
	assert_expects(&p, CALL, true, "x86_64", "8", "0x0", "0x0", "0x2");
	assert_expects(&p, CALL, false, "x86_64", "8", "0x0", "0x0", "0x3");
	assert_expects(&p, CALL, true, "x86_64", "0", "0x0");
	assert_expects(&p, CALL, false, "x86_64", "1", "0x0");
	assert_expects(&p, CALL, false, "i386", "3");
	assert_expects(&p, CALL, false, "x32", "0");
	assert_expects(&p, CALL, true, "aarch64", "63");
}

static void test_neighbours_of_paths(void **state)
{
	struct fp_probes p;

	make_text(*state, small, &p);
	assert_expects(&p, FILE, true, "read", "/tmp/r");
	assert_expects(&p, FILE, false, "read", "/tmpx/r");
	assert_expects(&p, FILE, false, "execute", "/tmp/x");
	assert_expects(&p, FILE, false, "delete", "/tmp/d");
	assert_expects(&p, FILE, false, "read", "/tmp/no");
	assert_expects(&p, FILE, true, "read", "/tmp/nox");
	assert_expects(&p, FILE, true, "read", "/etc/rosts");
	assert_expects(&p, FILE, false, "read", "/etc/rostsx");
	assert_expects(&p, FILE, false, "write", "/proc/sys/kernel/core_pattern");
	assert_expects(&p, MOUNT, true, "/tmp", "nodev");
	assert_expects(&p, MOUNT, true, "/", "readonly");
	assert_expects(&p, FILL, true, "/tmp", "983040");
	assert_expects(&p, FILL, false, "/tmp", "1052672");
	assert_expects(&p, SEE, false, "/proc/kcore");
	assert_expects(&p, MASKED, true, "/proc/kcore");
	assert_expects(&p, MOUNT, true, "/proc/sys", "readonly");
}

static void test_neighbours_of_packets(void **state)
{
	struct fp_probes p;

	make_text(*state, small, &p);
	assert_expects(&p, EGRESS, true, "tcp", "10.0.0.0", "80");
	assert_expects(&p, EGRESS, true, "tcp", "10.0.0.3", "81");
	assert_expects(&p, EGRESS, false, "tcp", "9.255.255.255", "80");
	assert_expects(&p, EGRESS, false, "tcp", "10.0.0.4", "80");
	assert_expects(&p, EGRESS, false, "tcp", "10.0.0.0", "79");
	assert_expects(&p, EGRESS, false, "tcp", "10.0.0.0", "82");
	assert_expects(&p, EGRESS, false, "tcp", "10.0.0.0", "22");
	assert_expects(&p, EGRESS, false, "udp", "10.0.0.0", "80");
	assert_expects(&p, EGRESS, false, "icmp", "198.51.100.1", "0");
	assert_expects(&p, INGRESS, false, "tcp", "2001:db8::1", "9");
	assert_expects(&p, SOCKET, true, "2", "1");
	assert_expects(&p, SOCKET, false, "10", "1");
	assert_expects(&p, SOCKET, false, "17", "3");
}

static void test_neighbours_of_limits(void **state)
{
	struct fp_probes p;

	make_text(*state, small, &p);
	assert_expects(&p, TASKS, true, "7");
	assert_expects(&p, TASKS, false, "8");
	assert_expects(&p, OPEN_FILES, true, "9");
	assert_expects(&p, OPEN_FILES, false, "10");
	assert_expects(&p, FILE_SIZE, true, "11");
	assert_expects(&p, FILE_SIZE, false, "12");
	for (unsigned bit = 0; bit <= 40; bit++) {
		char text[8];
		snprintf(text, sizeof(text), "%u", bit);
		assert_expects(&p, CAPABILITY, false, text);
	}
	assert_expects(&p, DEVICE, false, "c", "1", "7", "read");
}

/* The prober deletes last and risks its life last of all. */
static void test_order(void **state)
{
	struct fp_probes p;
	size_t deletes = 0;

	make_text(*state, small, &p);
	for (size_t i = 0; i < p.at.n; i++) {
		const struct fp_probe *one = &p.at.at[i];
		bool deletes_now = one->action == FP_PROBE_FILE && !strcmp(one->args[0], "delete");
		if (one->action == FP_PROBE_FILE && deletes)
			assert_true(deletes_now);
		deletes += deletes_now;
	}
	assert_true(deletes);
	assert_int_equal(p.at.at[p.at.n - 1].action, FP_PROBE_MEMORY);
	assert_false(p.at.at[p.at.n - 1].expect.succeeds);
}

/* ---- bytes ---- */

/* The table of a policy, by a compilation of its own; malloc'ed. */
static char *print(const char *text)
{
	struct fp_unit u;
	struct fp_probes p;
	struct fp_buf b;

	fp_unit_init(&u, FP_MEMORY_LIMIT);
	if (setjmp(u.recover))
		abort();
	make_text(&u, text, &p);
	fp_buf_init(&b, &u.arena);
	fp_probes_print(&p, &b);
	char *out = strdup(fp_buf_text(&b));
	assert_non_null(out);
	fp_unit_free(&u);
	return out;
}

static void expect_same(const char *one, const char *two)
{
	char *left = print(one), *right = print(two);

	assert_string_equal(left, right);
	free(left);
	free(right);
}

static void test_same_bytes(void **state)
{
	static const char form[] =
		"language 1;\npolicy small { owner \"tests\"; targets debian-12;\n"
		"syscalls { default deny errno EPERM; %s } test { deny write(); } }";
	char one[512], two[512];

	(void)state;
	expect_same(small, small);
	/* The order of rules and their wording do not show. */
	snprintf(one, sizeof(one), form, "allow read; deny write errno EACCES;");
	snprintf(two, sizeof(two), form, "deny write errno 13; allow read;");
	expect_same(one, two);
}

static void test_open_parameters_wait(void **state)
{
	struct fp_probes p;
	size_t waiting = 0;

	make_text(
		*state,
		"language 1;\nparam job : name;\npolicy small { owner \"tests\"; targets debian-12;\n"
		"syscalls { default deny errno EPERM; }\n"
		"files { allow read \"/in/${job}/a\"; } }",
		&p);
	for (size_t i = 0; i < p.unprobed.n; i++)
		waiting += strstr(p.unprobed.at[i].reason, "parameter") != NULL;
	assert_true(waiting);
	for (size_t i = 0; i < p.at.n; i++)
		for (size_t k = 0; k < fp_probe_arg_count(p.at.at[i].action); k++)
			assert_null(strstr(p.at.at[i].args[k], "${"));
}

/* ---- a filter that is not what it should be ---- */

struct compiled {
	struct fpolicy *p, *prober;
	const char *table, *claims;
	struct vm_filter filter;
};

static const void *artifact(const struct fpolicy *p, const char *path, size_t *len)
{
	for (size_t i = 0; i < fpolicy_artifact_count(p); i++)
		if (!strcmp(fpolicy_artifact_path(p, i), path))
			return fpolicy_artifact_data(p, i, len);
	fail_msg("no artifact %s", path);
	return NULL;
}

static void compile(struct compiled *c, const char *path)
{
	size_t len, n;
	char *text = read_file(path, &len);
	static char claims[1 << 20];

	c->p = fpolicy_new(0);
	assert_int_equal(fpolicy_add_target(c->p, "debian-12"), FPOLICY_OK);
	if (fpolicy_compile(c->p, path, text, len) != FPOLICY_OK)
		fail_msg("%s", fpolicy_diagnostics(c->p, false));
	const void *blob = artifact(c->p, "debian-12/seccomp/x86_64.bpf", &n);
	assert_true(vm_load(&c->filter, blob, n));
	const void *json = artifact(c->p, "debian-12/claims.json", &n);
	assert_true(n < sizeof(claims));
	memcpy(claims, json, n);
	claims[n] = '\0';
	c->claims = claims;
	c->prober = fpolicy_new(0);
	assert_int_equal(fpolicy_add_target(c->prober, "debian-12"), FPOLICY_OK);
	assert_int_equal(fpolicy_probes(c->prober, path, text, len, NULL, &c->table, &n),
			 FPOLICY_OK);
	free(text);
}

/* What the interpreter says of every call of x86_64's ABIs, as results. */
static void decide(const struct fp_probes *p, const struct vm_filter *f, FILE *out)
{
	fputs("# fpolicy-results 1\n# layers seccomp\n# kernel simulated\n", out);
	for (size_t i = 0; i < p->at.n; i++) {
		const struct fp_probe *one = &p->at.at[i];
		enum fp_abi abi;
		if (one->action != FP_PROBE_CALL ||
		    !fp_abi_find(one->args[0], strlen(one->args[0]), &abi) ||
		    fp_abi(abi)->arch != FP_ARCH_X86_64)
			continue;
		struct seccomp_data d = { .nr = (int)(number(one->args[1]) | fp_abi(abi)->nr_bit),
					  .arch = fp_abi(abi)->audit_arch };
		for (size_t k = 0; k < 6; k++)
			d.args[k] = number(one->args[2 + k]);
		const struct vm_result r = vm_run(f, &d);
		uint32_t data = r.value & SECCOMP_RET_DATA;
		assert_true(r.is_ok);
		switch (r.value & SECCOMP_RET_ACTION_FULL) {
		case SECCOMP_RET_KILL_PROCESS:
			fprintf(out, "%zu\tfail:kill\n", i);
			break;
		case SECCOMP_RET_KILL_THREAD:
			fprintf(out, "%zu\tfail:kill-thread\n", i);
			break;
		case SECCOMP_RET_TRAP:
			fprintf(out, "%zu\tfail:trap:%u\n", i, data);
			break;
		case SECCOMP_RET_ERRNO:
			fprintf(out, "%zu\tfail:%u\n", i, data);
			break;
		default:
			fprintf(out, "%zu\tsucceed\n", i);
		}
	}
	fputs("# done 1\n", out);
}

static size_t findings(struct fp_unit *u, const struct compiled *c, const struct fp_probes *p,
		       const struct vm_filter *f, struct fp_buf *said)
{
	char *results;
	size_t len;
	FILE *out = open_memstream(&results, &len);

	decide(p, f, out);
	fclose(out);
	const struct fp_probe_texts texts = { c->table, results, c->claims, NULL };
	size_t n = fp_probes_check(u, &texts, said);
	assert_int_equal(u->diags.errors, 0);
	free(results);
	return n;
}

static bool is_contradicted(const struct compiled *c, const struct fp_probes *p)
{
	struct fp_unit u;
	struct fp_buf said;

	fp_unit_init(&u, FP_MEMORY_LIMIT);
	if (setjmp(u.recover))
		abort();
	fp_buf_init(&said, &u.arena);
	size_t n = findings(&u, c, p, &c->filter, &said);
	bool names_it = strstr(fp_buf_text(&said), "contradicted: rule ") != NULL;
	fp_unit_free(&u);
	return n && names_it;
}

/* Every conditional jump with its ways exchanged: each must be contradicted by a probe. */
static void test_every_flipped_jump_is_seen(void **state)
{
	static struct compiled c;
	struct fp_probes p;
	struct fp_unit *u = *state;
	struct fp_buf said;
	size_t len, flipped = 0;

	compile(&c, EXAMPLES "lab.policy");
	char *text = read_file(EXAMPLES "lab.policy", &len);
	make(u, text, len, "debian-12", &p);
	fp_buf_init(&said, &u->arena);
	assert_int_equal(findings(u, &c, &p, &c.filter, &said), 0);
	for (size_t i = 0; i < c.filter.n; i++) {
		struct sock_filter *one = &c.filter.at[i];
		const struct sock_filter was = *one;
		if (BPF_CLASS(one->code) != BPF_JMP || BPF_OP(one->code) == BPF_JA ||
		    one->jt == one->jf)
			continue;
		one->jt = was.jf;
		one->jf = was.jt;
		if (!is_contradicted(&c, &p))
			fail_msg("instruction %zu with its jumps exchanged passes", i);
		*one = was;
		flipped++;
	}
	print_message("flipped %zu jumps, each contradicted\n", flipped);
	assert_true(flipped > 20);
	free(text);
	fpolicy_free(c.p);
	fpolicy_free(c.prober);
}

/* ---- the comparison ---- */

static const char table[] =
	"# fpolicy-probes 1\n# policy small\n# target debian-12\n# kernel 6.1\n# unprobed 3 why\n"
	"0\tseccomp,oci\t1\t0\tfail:1\tnear\tcall\tx86_64\t1\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\n"
	"1\tseccomp,oci\t1\t1\tsucceed\tin\tcall\tx86_64\t0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\n"
	"2\tapparmor,selinux,oci\t2\t2\tfail\tin\tfile\tread\t/a\n"
	"3\tseccomp,apparmor\t-\t0\tfail\tnever\tfile\tread\t/b\n"
	"4\tcgroup2\t3\t3\tfail\tone more\tmemory\t4097\n"
	"5\tseccomp,apparmor\t2\t0,1\tsucceed\tin\tfile\tread\t/c\n"
	"6\toci\t0\t0\tfail:kill\tsweep\tcall\tx86_64\t9\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\n"
	"7\toci\t2\t2\tsucceed\tflag\tmount\t/x\tnodev\n"
	"8\tapparmor,oci\t-\t1,0\tfail\tin\tfile\tread\t/d\n"
	"9\toci\t1\t1\tsucceed\tfile\tknob\tpids.max\t7\n"
	"10\toci\t1\t1\tsucceed\tflag\tmount\t/y\tnodev\n"
	"11\tseccomp\t2\t2\tsucceed\tin\tcall\tx86_64\t460\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\n"
	"# done 12\n";

#define CLAIM(id, s, a, o, c)                                                               \
	"{\"id\":" #id ",\"rule\":\"r" #id "\",\"claims\":{\"seccomp\":\"" s                \
	"\",\"apparmor\":\"" a "\",\"selinux\":\"none\",\"oci\":\"" o "\",\"cgroup2\":\"" c \
	"\",\"nftables\":\"none\"}}"

static const char claims[] = "{\"policy\":\"small\",\"target\":\"debian-12\",\"rules\":[" CLAIM(
	0, "exact", "narrower", "wider",
	"none") "," CLAIM(1, "exact", "none", "narrower",
			  "none") "," CLAIM(2, "none", "wider", "exact",
					    "none") "," CLAIM(3, "none", "none", "none",
							      "wider") "]}";

/* Findings of a run; -1 where the texts are refused. What was said is compared with `want`. */
static int check(const char *layers, const char *results, const char *baseline, const char *want)
{
	struct fp_unit u;
	struct fp_buf out;
	char text[1024], base[1024];

	snprintf(text, sizeof(text), "# fpolicy-results 1\n# layers %s\n%s", layers, results);
	snprintf(base, sizeof(base), "# fpolicy-results 1\n# layers none\n%s",
		 baseline ? baseline : "");
	fp_unit_init(&u, FP_MEMORY_LIMIT);
	if (setjmp(u.recover))
		abort();
	fp_buf_init(&out, &u.arena);
	const struct fp_probe_texts texts = { table, text, claims, baseline ? base : NULL };
	int n = (int)fp_probes_check(&u, &texts, &out);
	if (want && !strstr(fp_buf_text(&out), want))
		fail_msg("\"%s\" is not in:\n%s", want, fp_buf_text(&out));
	if (u.diags.errors)
		n = -1;
	fp_unit_free(&u);
	return n;
}

static void test_contradictions(void **state)
{
	(void)state;
	assert_int_equal(
		check("seccomp", "0\tfail:1\n1\tsucceed\n# done 2\n", NULL, "2 as claimed"), 0);
	assert_int_equal(check("seccomp", "0\tsucceed\n# done 1\n", NULL,
			       "contradicted: rule 1 \"r1\", layer seccomp (exact), probe 0"),
			 1);
	assert_int_equal(check("seccomp", "0\tfail:13\n# done 1\n", NULL, "got fail:13"), 1);
	assert_int_equal(check("seccomp", "1\tfail:1\n# done 1\n", NULL, "expected success"), 1);
	/* Claimed narrower, it may refuse; claimed wider or not at all, it may let through. */
	assert_int_equal(check("oci", "1\tfail:1\n0\tsucceed\n# done 2\n", NULL, NULL), 0);
	assert_int_equal(check("apparmor", "3\tsucceed\n# done 1\n", NULL, "(narrower)"), 1);
	/* A success may rest on a second rule, and needs no call that the filter refuses. */
	assert_int_equal(check("oci", "5\tfail:13\n# done 1\n", NULL, "0 filtered"), 0);
	assert_int_equal(check("seccomp", "5\tfail:13\n# done 1\n", NULL, "got fail:13"), 1);
	/* So may a refusal, which a layer that holds the second rule alone answers for. */
	assert_int_equal(check("apparmor", "8\tsucceed\n# done 1\n", NULL, "layer apparmor"), 1);
	/* What is so only under the policy is not excused by a run without it. */
	assert_int_equal(check("oci", "7\tfail\n# done 1\n", "7\tfail\n# done 1\n",
			       "rule 2 \"r2\", layer oci (exact), probe 7"),
			 1);
	assert_int_equal(check("oci", "10\tfail\n# done 1\n", NULL, "(narrower)"), 1);
	assert_int_equal(check("apparmor", "7\tfail\n# done 1\n", NULL, "1 as claimed"), 0);
	assert_int_equal(check("oci", "9\tfail\n# done 1\n", NULL, "1 as claimed"), 0);
	/* A call that the kernel has not is no matter of a runtime's filter. */
	assert_int_equal(check("oci", "11\tfail:38\n# done 1\n", NULL, "0 as claimed"), 0);
	/* All together are as good as the best of them. */
	assert_int_equal(check("apparmor,oci", "2\tsucceed\n# done 1\n", NULL, "layer oci"), 1);
}

static void test_wider_must_be_seen(void **state)
{
	(void)state;
	assert_int_equal(check("apparmor", "2\tfail:13\n# done 1\n", NULL, "not wider: rule 2"), 1);
	assert_int_equal(check("apparmor", "2\tsucceed\n# done 1\n", NULL, NULL), 0);
	assert_int_equal(check("oci", "6\tfail:kill\n# done 1\n", NULL, "not wider: rule 0"), 1);
	assert_int_equal(check("oci", "6\tfail:kill-thread\n# done 1\n", NULL, NULL), 0);
	/* Nothing was tried, or a side of the rule has no probe, or a baseline shows nothing. */
	assert_int_equal(check("apparmor", "2\tunable:ENOENT\n# done 1\n", NULL, "1 unable"), 0);
	assert_int_equal(check("cgroup2", "4\tbegin\n4\tfail:kill\n# done 1\n", NULL, NULL), 0);
	assert_int_equal(
		check("apparmor", "2\tfail:13\n# done 1\n", "2\tfail:13\n# done 1\n", "1 vacuous"),
		0);
}

static void test_runs_that_end_early(void **state)
{
	(void)state;
	assert_int_equal(check("cgroup2", "4\tbegin\n", NULL, "1 probes"), 0);
	assert_int_equal(check("seccomp", "0\tfail:1\n", NULL, NULL), -1);
	assert_int_equal(check("seccomp", "99\tfail:1\n# done 1\n", NULL, NULL), -1);
	assert_int_equal(check("seccomp", "0\tfail:1\n0\tsucceed\n# done 2\n", NULL, NULL), -1);
	assert_int_equal(check("seccomp", "0\tmaybe\n# done 1\n", NULL, NULL), -1);
	assert_int_equal(check("secomp", "# done 0\n", NULL, NULL), -1);
	assert_int_equal(check("none", "0\tsucceed\n# done 1\n", NULL, "0 findings"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expectations_are_the_policy),
		cmocka_unit_test(test_every_allow_has_both_sides),
		cmocka_unit_test_setup_teardown(test_neighbours_of_calls, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_neighbours_of_paths, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_neighbours_of_packets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_neighbours_of_limits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test_setup_teardown(test_open_parameters_wait, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_every_flipped_jump_is_seen, set_up, tear_down),
		cmocka_unit_test(test_contradictions),
		cmocka_unit_test(test_wider_must_be_seen),
		cmocka_unit_test(test_runs_that_end_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
