/* SPDX-License-Identifier: MIT */
/* The standard library and the examples: they compile clean, cover the tables, and mean what they
 * say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "bundle/bundle.h"
#include "ir/eval.h"
#include "sema/sema.h"

#define LIBRARY  "policies/lib/"
#define EXAMPLES "policies/examples/"
#define EDITIONS "tests/policies/editions.txt"
#define DOCKER   "tests/policies/docker-default.txt"

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

static const struct fp_source *add_text(struct fp_unit *u, const char *name, const char *text,
					size_t len)
{
	const struct fp_span none = { 0, 0 };
	const struct fp_source *s = fp_source_add(&u->sources, name, text, len, none);

	assert_non_null(s);
	return s;
}

static const char *read_file(struct fp_unit *u, const char *path, size_t *len)
{
	FILE *f = fopen(path, "r");
	struct fp_buf b;
	char chunk[4096];
	size_t n;

	if (!f)
		fail_msg("%s cannot be read: run the tests from the project's folder", path);
	fp_buf_init(&b, &u->arena);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		fp_buf_add(&b, chunk, n);
	fclose(f);
	*len = b.len;
	return fp_buf_text(&b);
}

static const struct fp_source *add_file(struct fp_unit *u, const char *path)
{
	size_t len;
	const char *text = read_file(u, path, &len);

	return add_text(u, path, text, len);
}

static void expect_silence(struct fp_unit *u, const char *what)
{
	struct fp_buf b;

	if (!u->diags.errors && !u->diags.warnings)
		return;
	fp_buf_init(&b, &u->arena);
	fp_diag_render(u, &b, false);
	fail_msg("%s:\n%s", what, fp_buf_text(&b));
}

/* ---- sets ---- */

/* All files of the library, read as one policy that uses them would read them. */
static void load_library(struct fp_unit *u, struct fp_sema *s)
{
	struct fp_buf b;
	glob_t files;

	fp_buf_init(&b, &u->arena);
	fp_buf_puts(&b, "language 1;\n");
	assert_int_equal(glob(LIBRARY "*.policy", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++)
		fp_buf_printf(&b, "use \"std/%s\";\n", files.gl_pathv[i] + strlen(LIBRARY));
	globfree(&files);
	*s = (struct fp_sema){ .u = u };
	fp_sema_load(s, add_text(u, "all.policy", b.data, b.len));
	for (size_t i = 0; i < s->sets.n; i++)
		fp_sema_expand(s, s->sets.at[i], 0);
	expect_silence(u, "the library");
	assert_true(s->sets.n > 50);
}

static const char *spelling(const struct fp_ast *leaf)
{
	return leaf->name ? leaf->name->text : leaf->text->text;
}

static bool is_constant(const struct fp_ast *leaf, bool wants_flag)
{
	const char *text = spelling(leaf);
	const struct fp_const *c = fp_const_find(text, strlen(text));

	return leaf->kind == FP_AST_NUMBER ? !wants_flag : c && c->is_enum != wants_flag;
}

static bool is_of_kind(struct fp_unit *u, const struct fp_ast *leaf, const char *kind)
{
	const char *text = spelling(leaf);
	struct fp_prefix prefix;

	if (!strcmp(kind, "calls"))
		return leaf->kind == FP_AST_NAME && fp_sys_find(text, strlen(text));
	if (!strcmp(kind, "flags") || !strcmp(kind, "constants"))
		return is_constant(leaf, kind[0] == 'f');
	if (!strcmp(kind, "capabilities"))
		return leaf->kind == FP_AST_NAME && fp_cap_find(text, strlen(text));
	if (!strcmp(kind, "prefixes"))
		return leaf->kind == FP_AST_PREFIX &&
		       fp_prefix_parse(text, strlen(text), &prefix) == FP_PREFIX_OK;
	return !strcmp(kind, "paths") && leaf->kind == FP_AST_TEXT &&
	       fp_glob_parse(u, text, strlen(text), leaf->span);
}

static void members_are_of_their_kind(void **state)
{
	struct fp_unit *u = *state;
	struct fp_sema s;

	load_library(u, &s);
	for (size_t i = 0; i < s.sets.n; i++) {
		const struct fp_set_def *set = s.sets.at[i];
		if (!set->edition)
			fail_msg("%s has no edition", set->name->text);
		if (!set->node->text)
			fail_msg("%s does not say what it is a set of", set->name->text);
		assert_true(set->n > 0);
		for (size_t j = 0; j < set->n; j++)
			if (!is_of_kind(u, set->leaves[j], set->node->text->text))
				fail_msg("%s: '%s' is none of its %s", set->name->text,
					 spelling(set->leaves[j]), set->node->text->text);
	}
}

static bool has_call(const struct fp_set_def *set, const char *call)
{
	for (size_t i = 0; i < set->n && !strcmp(set->node->text->text, "calls"); i++)
		if (!strcmp(spelling(set->leaves[i]), call))
			return true;
	return false;
}

static bool is_in_some_set(const struct fp_sema *s, const char *call)
{
	for (size_t i = 0; i < s->sets.n; i++)
		if (has_call(s->sets.at[i], call))
			return true;
	return false;
}

/* A grant of a multiplexer opens what it carries: a set has all of that, too, so that a reader sees
 * it. */
static void sets_have_what_multiplexers_carry(void **state)
{
	const struct fp_sysdef *mux;
	struct fp_sema s;
	uint32_t subcall;
	size_t sets = 0;

	load_library(*state, &s);
	for (size_t i = 0; i < s.sets.n; i++) {
		const struct fp_set_def *set = s.sets.at[i];
		/* The one that had socketcall alone; it has a later edition. */
		bool is_old = !strcmp(fp_sema_set_text(&s, set), "@by-argument@2026.1");
		for (size_t k = 0; !is_old && k < fp_sys_count(); k++) {
			if (!fp_sys_multiplexed(fp_sys_at(k), FP_ABI_I386, &mux, &subcall) ||
			    !has_call(set, mux->name))
				continue;
			sets++;
			if (!has_call(set, fp_sys_at(k)->name))
				fail_msg("%s has %s and not %s", fp_sema_set_text(&s, set),
					 mux->name, fp_sys_at(k)->name);
		}
	}
	assert_true(sets > 0);
}

static void every_call_is_in_a_set(void **state)
{
	struct fp_sema s;
	size_t missing = 0;

	load_library(*state, &s);
	for (size_t i = 0; i < fp_sys_count(); i++)
		if (!is_in_some_set(&s, fp_sys_at(i)->name)) {
			print_error("%s is in no set of std/syscalls.policy\n", fp_sys_at(i)->name);
			missing++;
		}
	assert_int_equal(missing, 0);
}

/* "@base@2026.1 calls 97 sha256:...": the digest is of the members, one a line. */
static const char *edition_line(struct fp_sema *s, const struct fp_set_def *set)
{
	char digest[FP_DIGEST_TEXT];
	struct fp_buf b;

	fp_buf_init(&b, &s->u->arena);
	for (size_t i = 0; i < set->n; i++)
		fp_buf_printf(&b, "%s\n", spelling(set->leaves[i]));
	return fp_arena_printf(&s->u->arena, "%s %s %zu %s", fp_sema_set_text(s, set),
			       set->node->text->text, set->n, fp_digest(b.data, b.len, digest));
}

static bool has_line(const char *text, const char *line)
{
	size_t n = strlen(line);

	for (const char *at = text; at; at = (at = strchr(at, '\n')) ? at + 1 : NULL)
		if (!strncmp(at, line, n) && (at[n] == '\n' || !at[n]))
			return true;
	return false;
}

/* Policies out there rest on what a set held when they were reviewed: see policies/README.md. */
static void editions_never_change(void **state)
{
	struct fp_sema s;
	size_t len, recorded = 0, wrong = 0;

	load_library(*state, &s);
	const char *text = read_file(*state, EDITIONS, &len);
	for (const char *at = text; *at; at = strchr(at, '\n') + 1) {
		recorded += *at == '@';
		if (!strchr(at, '\n'))
			fail_msg(EDITIONS " does not end its last line");
	}
	for (size_t i = 0; i < s.sets.n; i++) {
		const char *line = edition_line(&s, s.sets.at[i]);
		if (has_line(text, line))
			continue;
		print_error("%s\n", line);
		wrong++;
	}
	if (wrong)
		fail_msg("%zu sets are not as " EDITIONS " has them: a set never changes under its "
			 "edition. Give the change a new edition beside the old one; record that.",
			 wrong);
	assert_int_equal(recorded, s.sets.n); /* nor does an edition go away */
}

/* ---- policies ---- */

static const struct fp_ir *resolve(struct fp_unit *u, const char *path, const char *policy)
{
	const struct fp_ir *ir = fp_resolve(u, add_file(u, path), policy);

	expect_silence(u, path);
	assert_non_null(ir);
	return ir;
}

static size_t lines_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* Every claim is proved. */
static void expect_proved(struct fp_unit *u, const struct fp_ir *ir)
{
	for (size_t i = 0; i < ir->assertion_count; i++)
		assert_int_equal(ir->assertions[i].outcome, FP_HOLDS);
	for (size_t i = 0; i < ir->bound_count; i++)
		assert_int_equal(ir->bounds[i].outcome, FP_HOLDS);
	assert_int_equal(lines_of(fp_bundle_proved(u, &(struct fp_bundle){ .ir = ir })), 1);
}

static void compile(struct fp_unit *u, const struct fp_ir *ir, const char *what)
{
	const struct fp_target *targets[8];
	struct fp_bundle bundle;

	assert_int_equal(ir->target_count, fp_target_builtin_count());
	assert_in_range(ir->target_count, 1, 8);
	for (size_t i = 0; i < ir->target_count; i++) {
		targets[i] = fp_target_builtin(u, ir->targets[i]);
		assert_non_null(targets[i]);
	}
	fp_bundle_build(u, ir, targets, ir->target_count, &bundle);
	expect_silence(u, what);
	assert_true(bundle.files.n > 20 * ir->target_count);
	expect_proved(u, ir);
}

static size_t assertions_of(const struct fp_ir *ir, enum fp_assertion_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < ir->assertion_count; i++)
		n += ir->assertions[i].kind == kind;
	return n;
}

static const char *const tier_policies[] = {
	"standard-ceiling", "untrusted-ceiling", "hostile-ceiling",
	"standard-base",    "untrusted-base",    "hostile-base",
};

#define TIER_POLICIES (sizeof(tier_policies) / sizeof(tier_policies[0]))

/* The bases of the tiers; a unit each, as one compilation has one policy. */
static void the_tiers_compile(void **state)
{
	(void)state;
	for (size_t i = 0; i < TIER_POLICIES; i++) {
		void *own;
		assert_int_equal(set_up(&own), 0);
		const struct fp_ir *ir = resolve(own, LIBRARY "tiers.policy", tier_policies[i]);
		compile(own, ir, tier_policies[i]);
		assert_true(assertions_of(ir, FP_ASSERT_TEST) > 0);
		assert_int_equal(ir->is_locked, strstr(tier_policies[i], "ceiling") != NULL);
		tear_down(&own);
	}
}

static void define(struct fp_unit *u, const char *name, const char *value)
{
	struct fp_define d = { .name = name, .value = value };

	fp_vec_push(&u->arena, &u->options.defines, d);
}

static void one_example(const char *path, const char *name, const char *value)
{
	void *own;

	assert_int_equal(set_up(&own), 0);
	if (name)
		define(own, name, value);
	const struct fp_ir *ir = resolve(own, path, NULL);
	compile(own, ir, path);
	assert_true(ir->version[0] && ir->owner[0]);
	assert_true(assertions_of(ir, FP_ASSERT_TEST) > 0);
	assert_true(assertions_of(ir, FP_ASSERT_EXPECT) > 0);
	if (name)
		assert_int_equal(ir->open_param_count, 0);
	tear_down(&own);
}

static void the_examples_compile(void **state)
{
	glob_t files;

	(void)state;
	assert_int_equal(glob(EXAMPLES "*.policy", 0, NULL, &files), 0);
	assert_true(files.gl_pathc >= 8);
	for (size_t i = 0; i < files.gl_pathc; i++)
		one_example(files.gl_pathv[i], NULL, NULL);
	globfree(&files);
	one_example(EXAMPLES "lab.policy", "job", "4711");
	one_example(EXAMPLES "compiler-sandbox.policy", "project", "hello");
	one_example(EXAMPLES "web-service.policy", "database", "2001:db8::5");
	one_example(EXAMPLES "fetcher.policy", "resolver", "192.0.2.53");
}

/* Only in audit.policy is it the purpose that all goes through. */
static void only_the_audit_profile_logs_by_default(void **state)
{
	const struct fp_ir *ir = resolve(*state, EXAMPLES "audit.policy", NULL);

	assert_int_equal(ir->call_default.action, FP_ACT_LOG);
	for (size_t i = 0; i < fp_sys_count(); i++)
		for (size_t j = 0; j < ir->calls[i].n; j++)
			assert_true(ir->calls[i].at[j].decision.action >= FP_ACT_LOG);
}

/* ---- a policy is within its bounds, where sampled ---- */

/* Values of an argument that rules of the library tell apart, and their neighbours. */
static const uint64_t samples[] = {
	0,      1,      2,       3,          4,          5,       6,          7,
	8,      10,     16,      17,         38,         39,      40,         0x1000,
	0x2000, 0x6000, 0x8000,  0xc000,     0x5401,     0x5402,  0x5412,     0x5413,
	0x541c, 0x540e, 0x40000, 0x10000000, 0x7e020000, 0x20008, 0xffffffff, UINT64_MAX,
};

#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

static bool is_allowed(const struct fp_ir *ir, enum fp_abi abi, const struct fp_sysdef *sys,
		       const uint64_t args[6])
{
	return fp_eval_call(ir, abi, (uint32_t)sys->nr[abi], args, UINT16_MAX).effect == FP_ALLOW;
}

static void calls_within(const struct fp_ir *a, const struct fp_ir *b, const struct fp_sysdef *sys)
{
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
		for (size_t i = 0; sys->nr[abi] >= 0 && i < SAMPLES * SAMPLES; i++) {
			const uint64_t args[6] = { samples[i / SAMPLES], samples[i % SAMPLES],
						   samples[i % SAMPLES] };
			if (is_allowed(a, abi, sys, args) && !is_allowed(b, abi, sys, args))
				fail_msg("%s permits %s(0x%llx, 0x%llx) and its bound %s does not",
					 a->name, sys->name, (unsigned long long)args[0],
					 (unsigned long long)args[1], b->name);
		}
}

static const char *const sample_paths[] = {
	"/",
	"/usr/bin/env",
	"/lib/x.so",
	"/etc/passwd",
	"/etc/shadow",
	"/tmp/x",
	"/tmp/a/b",
	"/proc/sys/kernel/core_pattern",
	"/proc/kcore",
	"/proc/self/maps",
	"/sys/kernel/x",
	"/home/user/x",
	"/dev/shm/x",
	"/in/a.c",
	"/out/.verdict",
	"/out/x",
	"/build/t",
	"/src/Makefile",
	"/var/spool/web/1",
	"/boot/vmlinuz",
	"/root/.ssh/id",
	"/etc/ssl/private/key",
};

static void paths_within(const struct fp_ir *a, const struct fp_ir *b)
{
	for (size_t i = 0; i < sizeof(sample_paths) / sizeof(sample_paths[0]); i++)
		for (uint16_t right = 1; right <= FP_RIGHT_APPEND; right = (uint16_t)(right << 1))
			if (fp_eval_path(a, sample_paths[i], right).effect == FP_ALLOW &&
			    fp_eval_path(b, sample_paths[i], right).effect != FP_ALLOW)
				fail_msg("%s permits right 0x%x on %s and its bound %s does not",
					 a->name, right, sample_paths[i], b->name);
}

static const char *const sample_peers[] = { "169.254.169.254", "169.254.1.1",   "10.20.0.53",
					    "10.20.0.1",       "198.51.100.7",  "192.0.2.1",
					    "127.0.0.1",       "fd00:ec2::254", "2001:db8:100::1",
					    "fe80::1" };
static const uint16_t sample_ports[] = { 22, 25, 53, 80, 443, 1023, 1024, 5432, 8443, 65535 };

static void packets_within(const struct fp_ir *a, const struct fp_ir *b, bool egress)
{
	for (size_t i = 0; i < sizeof(sample_peers) / sizeof(sample_peers[0]); i++)
		for (size_t j = 0; j < sizeof(sample_ports) / sizeof(sample_ports[0]); j++)
			for (enum fp_proto p = FP_PROTO_TCP; p <= FP_PROTO_SCTP; p++) {
				struct fp_prefix peer;
				assert_int_equal(fp_prefix_parse(sample_peers[i],
								 strlen(sample_peers[i]), &peer),
						 FP_PREFIX_OK);
				if (fp_eval_net(a, egress, p, &peer, sample_ports[j]).effect ==
					    FP_ALLOW &&
				    fp_eval_net(b, egress, p, &peer, sample_ports[j]).effect !=
					    FP_ALLOW)
					fail_msg(
						"%s permits %s %s port %u and its bound %s does not",
						a->name, egress ? "egress to" : "ingress from",
						sample_peers[i], sample_ports[j], b->name);
			}
}

/* A limit that the bound has, the policy has, and it is no higher; shares and floors are no limits.
 */
static void limits_within(const struct fp_ir *a, const struct fp_ir *b)
{
	for (enum fp_limit l = 0; l < FP_LIM_N; l++) {
		const struct fp_rule *mine = fp_ir_limit(a, l), *roof = fp_ir_limit(b, l);
		if (!roof || roof->is_implied || l == FP_LIM_CPU_WEIGHT || l == FP_LIM_IO_WEIGHT ||
		    l == FP_LIM_MEMORY_LOW || l == FP_LIM_OOM_GROUP)
			continue;
		if (!mine || mine->u.limit.value > roof->u.limit.value)
			fail_msg("%s: %s passes '%s' of its bound %s", a->name,
				 mine ? mine->text : "no limit", roof->text, b->name);
	}
}

static size_t bounds_hold(const char *path, const char *policy)
{
	void *own;

	assert_int_equal(set_up(&own), 0);
	const struct fp_ir *ir = resolve(own, path, policy);
	size_t n = 0;
	for (size_t i = 0; i < ir->bound_count; i++) {
		const struct fp_ir *roof = ir->bounds[i].ir;
		if (ir->bounds[i].is_base)
			continue;
		n++;
		for (size_t j = 0; j < fp_sys_count(); j++)
			calls_within(ir, roof, fp_sys_at(j));
		paths_within(ir, roof);
		packets_within(ir, roof, true);
		packets_within(ir, roof, false);
		limits_within(ir, roof);
		assert_int_equal(ir->caps & ~roof->caps, 0);
		assert_true(ir->tier >= roof->tier);
	}
	tear_down(&own);
	return n;
}

static void policies_are_within_their_bounds(void **state)
{
	size_t n = 0;
	glob_t files;

	(void)state;
	for (size_t i = 0; i < TIER_POLICIES; i++)
		n += bounds_hold(LIBRARY "tiers.policy", tier_policies[i]);
	assert_int_equal(n, TIER_POLICIES - 1); /* all but the outermost */
	assert_int_equal(glob(EXAMPLES "*.policy", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++)
		n += bounds_hold(files.gl_pathv[i], NULL);
	globfree(&files);
	assert_true(n >= TIER_POLICIES + 3);
}

/* ---- Docker's default ---- */

struct docker_line {
	char word[16], name[64], op[8];
	unsigned arg;
	unsigned long long value;
	int fields;
};

/* The next line that says something; NULL at the end. */
static const char *docker_next(const char *at, struct docker_line *out)
{
	for (; *at; at = strchr(at, '\n') + 1) {
		memset(out, 0, sizeof(*out));
		out->fields = sscanf(at, "%15[a-z] %63s %u %7[a-z] %llu", out->word, out->name,
				     &out->arg, out->op, &out->value);
		if (out->fields >= 2)
			return strchr(at, '\n') + 1;
	}
	return NULL;
}

static bool docker_matches(const struct docker_line *l, const uint64_t args[6])
{
	uint64_t a = args[l->arg];

	if (!strcmp(l->op, "lt"))
		return a < l->value;
	if (!strcmp(l->op, "gt"))
		return a > l->value;
	if (!strcmp(l->op, "mask"))
		return !(a & l->value);
	assert_string_equal(l->op, "eq");
	return a == l->value;
}

static struct fp_decision docker_says(const char *text, const char *call, const uint64_t args[6])
{
	struct fp_decision d = { .action = FP_ACT_ERRNO, .data = 1 };
	struct docker_line l;

	for (const char *at = text; (at = docker_next(at, &l));) {
		if (strcmp(l.name, call))
			continue;
		if (!strcmp(l.word, "errno"))
			d.data = (uint16_t)l.arg;
		else if (!strcmp(l.word, "allow") ||
			 (!strcmp(l.word, "when") && docker_matches(&l, args)))
			d = (struct fp_decision){ .action = FP_ACT_ALLOW };
	}
	return d;
}

static void docker_call(const struct fp_ir *ir, const char *text, const struct fp_sysdef *sys,
			const uint64_t args[6])
{
	const struct fp_decision want = docker_says(text, sys->name, args);

	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
		if (sys->nr[abi] < 0)
			continue;
		struct fp_answer got =
			fp_eval_call(ir, abi, (uint32_t)sys->nr[abi], args, UINT16_MAX);
		if (got.decision.action != want.action || got.decision.data != want.data)
			fail_msg("%s(0x%llx) on %s: %s %u here, %s %u there", sys->name,
				 (unsigned long long)args[0], fp_abi(abi)->name,
				 fp_action_name(got.decision.action), got.decision.data,
				 fp_action_name(want.action), want.data);
	}
}

/* Every call of the tables on every ABI: whole, and by every value of its first argument that
 * matters. */
static void docker_default_means_the_same(void **state)
{
	struct fp_unit *u = *state;
	const struct fp_ir *ir = resolve(u, EXAMPLES "docker-default.policy", NULL);
	size_t len;
	const char *text = read_file(u, DOCKER, &len);

	for (size_t i = 0; i < fp_sys_count(); i++) {
		const struct fp_sysdef *sys = fp_sys_at(i);
		uint64_t args[6] = { 0 };
		docker_call(ir, text, sys, args);
		bool checked = !strcmp(sys->name, "socket") || !strcmp(sys->name, "clone") ||
			       !strcmp(sys->name, "personality");
		for (; checked && args[0] < 64; args[0]++)
			docker_call(ir, text, sys, args);
		for (unsigned bit = 6; checked && bit < 32; bit++) {
			args[0] = (uint64_t)1 << bit;
			docker_call(ir, text, sys, args);
			args[0] |= 0x20008; /* a personality's, and signal 8 of a clone */
			docker_call(ir, text, sys, args);
		}
		args[0] = 0xffffffff;
		docker_call(ir, text, sys, args);
	}
}

static bool hides(const struct fp_ir *ir, enum fp_kind kind, const char *path)
{
	fp_ir_each (ir, kind, r)
		if (!strcmp(r->u.file.paths.at[0]->text, path))
			return true;
	return false;
}

static void docker_default_holds_and_hides_the_same(void **state)
{
	struct fp_unit *u = *state;
	const struct fp_ir *ir = resolve(u, EXAMPLES "docker-default.policy", NULL);
	uint64_t caps = 0;
	struct docker_line l;
	size_t len, hidden = 0;

	for (const char *at = read_file(u, DOCKER, &len); (at = docker_next(at, &l));) {
		const struct fp_cap *cap = fp_cap_find(l.name, strlen(l.name));
		if (!strcmp(l.word, "capability")) {
			assert_non_null(cap);
			caps |= (uint64_t)1 << cap->bit;
		} else if (!strcmp(l.word, "mask") || !strcmp(l.word, "readonly")) {
			hidden++;
			if (!hides(ir, l.word[0] == 'm' ? FP_KIND_MASK : FP_KIND_READONLY, l.name))
				fail_msg("%s is not hidden", l.name);
		}
	}
	assert_true(ir->caps == caps);
	assert_int_equal(__builtin_popcountll(caps), 14);
	assert_int_equal(hidden, 17);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(members_are_of_their_kind),
		TEST(every_call_is_in_a_set),
		TEST(sets_have_what_multiplexers_carry),
		TEST(editions_never_change),
		TEST(the_tiers_compile),
		TEST(the_examples_compile),
		TEST(only_the_audit_profile_logs_by_default),
		TEST(policies_are_within_their_bounds),
		TEST(docker_default_means_the_same),
		TEST(docker_default_holds_and_hides_the_same),
	};

	return cmocka_run_group_tests_name("policies", tests, NULL, NULL);
}
