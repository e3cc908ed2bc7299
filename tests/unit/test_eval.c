/* SPDX-License-Identifier: MIT */
/* Single questions to an IR: random policies, judged here from what was written, rule by rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ir/eval.h"
#include "random.h"
#include "sema/sema.h"

static struct fp_unit u;

/* Running out is no part of these tests: then the jump finds no frame, and aborts. */
static void begin(void)
{
	fp_unit_init(&u, (size_t)512 << 20);
	if (setjmp(u.recover))
		abort();
}

static const struct fp_ir *resolve(const char *statements)
{
	const char *text = fp_arena_printf(
		&u.arena,
		"language 1;\npolicy p { owner \"o\"; tier standard; targets debian-12;\n"
		"never capability sys_boot;\n%s\n}\n",
		statements);
	const struct fp_source *src =
		fp_source_add(&u.sources, "t.policy", text, strlen(text), (struct fp_span){ 0, 0 });
	const struct fp_ir *ir = fp_resolve(&u, src, NULL);
	struct fp_buf out;

	fp_buf_init(&out, &u.arena);
	fp_diag_render(&u, &out, false);
	if (!ir)
		fail_msg("%s\n%s", text, fp_buf_text(&out));
	return ir;
}

/* ---- calls: the strictest rule that matches, in any order ---- */

struct call_rule {
	enum fp_action action;
	bool is_conditional;
	unsigned first, last; /* of `domain` */
};

static const struct {
	const char *word;
	enum fp_action action;
	uint16_t data;
} verbs[] = {
	{ "kill", FP_ACT_KILL, 0 },     { "kill-thread", FP_ACT_KILL_THREAD, 0 },
	{ "trap", FP_ACT_TRAP, 0 },     { "deny", FP_ACT_ERRNO, 1 },
	{ "notify", FP_ACT_NOTIFY, 0 }, { "trace", FP_ACT_TRACE, 0 },
	{ "log", FP_ACT_LOG, 0 },       { "allow", FP_ACT_ALLOW, 0 },
};

static enum fp_action strictest(const struct call_rule *rules, size_t n, unsigned domain,
				enum fp_action def)
{
	bool any = false;
	enum fp_action best = FP_ACT_ALLOW;

	for (size_t i = 0; i < n; i++) {
		if (rules[i].is_conditional && (domain < rules[i].first || domain > rules[i].last))
			continue;
		any = true;
		best = rules[i].action < best ? rules[i].action : best;
	}
	return any ? best : def;
}

static void test_calls(void **state)
{
	const uint32_t nr = (uint32_t)fp_sys_find("socket", 6)->nr[FP_ABI_X86_64];

	(void)state;
	for (int round = 0; round < 150; round++) {
		struct call_rule rules[6];
		size_t n = random_below(6), def = random_below(8);
		struct fp_buf b;
		begin();
		fp_buf_init(&b, &u.arena);
		fp_buf_printf(&b, "syscalls { default %s; ", verbs[def].word);
		for (size_t i = 0; i < n; i++) {
			size_t v = random_below(8);
			struct call_rule r = { verbs[v].action, random_below(3) > 0,
					       random_below(8), 0 };
			r.last = r.first + random_below(4);
			fp_buf_printf(&b, "%s socket(domain)", verbs[v].word);
			if (r.is_conditional)
				fp_buf_printf(&b, " where domain in { %u..%u }", r.first, r.last);
			fp_buf_puts(&b, "; ");
			rules[i] = r;
		}
		fp_buf_puts(&b, "}");
		const struct fp_ir *ir = resolve(fp_buf_text(&b));
		for (unsigned domain = 0; domain < 12; domain++) {
			/* The upper half of the register is noise: the kernel drops it. */
			const uint64_t args[6] = { random_bits() << 32 | domain, random_bits() };
			enum fp_action want = strictest(rules, n, domain, verbs[def].action);
			struct fp_answer a = fp_eval_call(ir, FP_ABI_X86_64, nr, args, UINT16_MAX);
			if (a.decision.action != want)
				fail_msg("%s with %u: %s", fp_buf_text(&b), domain,
					 fp_action_name(a.decision.action));
			assert_int_equal(a.effect, want >= FP_ACT_NOTIFY ? FP_ALLOW : FP_DENY);
		}
		fp_unit_free(&u);
	}
}

static void test_unknown_and_foreign(void **state)
{
	const uint64_t args[6] = { 0 };
	const struct fp_sysdef *old = fp_sys_find("read", 4), *new = fp_sys_find("statmount", 9);

	(void)state;
	begin();
	const struct fp_ir *ir =
		resolve("syscalls { default allow; unknown after linux 6.1 deny errno ENOSYS;"
			" deny bpf errno EIO; abi i386; deny socketcall, ipc errno ENOSYS; }");
	struct fp_answer a = fp_eval_call(ir, FP_ABI_X86_64, 100000, args, UINT16_MAX);
	assert_int_equal(a.decision.data, 38); /* ENOSYS */
	a = fp_eval_call(ir, FP_ABI_X86_64, (uint32_t) new->nr[FP_ABI_X86_64], args, UINT16_MAX);
	assert_int_equal(a.decision.data, 38);
	a = fp_eval_call(ir, FP_ABI_X86_64, (uint32_t)old->nr[FP_ABI_X86_64], args, UINT16_MAX);
	assert_int_equal(a.effect, FP_ALLOW);
	a = fp_eval_call(ir, FP_ABI_I386, (uint32_t)old->nr[FP_ABI_I386], args, UINT16_MAX);
	assert_int_equal(a.effect, FP_ALLOW);
	a = fp_eval_call(ir, FP_ABI_X32, (uint32_t)old->nr[FP_ABI_X32], args, UINT16_MAX);
	assert_int_equal(a.decision.action, FP_ACT_KILL);
	fp_unit_free(&u);
	/* A kernel older than the call does not know it, whatever was reviewed. */
	begin();
	ir = resolve("syscalls { default allow; unknown deny errno ENOSYS; }");
	a = fp_eval_call(ir, FP_ABI_X86_64, (uint32_t) new->nr[FP_ABI_X86_64], args, UINT16_MAX);
	assert_int_equal(a.effect, FP_ALLOW);
	a = fp_eval_call(ir, FP_ABI_X86_64, (uint32_t) new->nr[FP_ABI_X86_64], args,
			 FP_SINCE(5, 10));
	assert_int_equal(a.decision.data, 38);
	fp_unit_free(&u);
}

/* ---- multiplexers ---- */

struct mux_rule {
	unsigned verb;
	bool is_mux, is_conditional;
	unsigned selector; /* of socketcall: 1 is socket, 2 is bind */
};

static const char *const muxed[] = { "socket", "socket(domain) where domain == AF_UNIX" };

static struct mux_rule draw_mux_rule(struct fp_buf *b, bool is_mux)
{
	struct mux_rule r = { .verb = random_below(8),
			      .is_mux = is_mux,
			      .is_conditional = random_below(2),
			      .selector = 1 + random_below(2) };
	const char *what = muxed[r.is_conditional];

	if (is_mux)
		what = !r.is_conditional ? "socketcall"
		       : r.selector == 1 ? "socketcall(call) where call == 1"
					 : "socketcall(call) where call == 2";
	fp_buf_printf(b, "%s %s%s;\n", verbs[r.verb].word, what,
		      verbs[r.verb].action == FP_ACT_ERRNO ? " errno EPERM" : "");
	return r;
}

/*
 * The strictest of what was written: of socket's rules each, of socketcall's those that hold, and
 * the default unless one holds whatever the arguments are.
 */
static enum fp_action judge_mux(const struct mux_rule *rules, size_t n, enum fp_action rest,
				unsigned selector)
{
	enum fp_action strictest = FP_ACT_N;
	bool is_sure = false;

	for (size_t i = 0; i < n; i++) {
		const struct mux_rule *r = &rules[i];
		bool speaks =
			r->is_mux ? !r->is_conditional || r->selector == selector : selector == 1;
		if (!speaks)
			continue;
		is_sure |= r->is_mux || !r->is_conditional;
		if (verbs[r->verb].action < strictest)
			strictest = verbs[r->verb].action;
	}
	return is_sure || strictest < rest ? strictest : rest;
}

static void test_multiplexers(void **state)
{
	const uint32_t nr = (uint32_t)fp_sys_find("socketcall", 10)->nr[FP_ABI_I386];

	(void)state;
	for (unsigned round = 0; round < 600; round++) {
		struct mux_rule rules[5];
		struct fp_buf b;
		size_t n = 1 + random_below(5);
		begin();
		fp_buf_init(&b, &u.arena);
		unsigned rest = random_below(8);
		fp_buf_printf(&b, "syscalls { abi i386; default %s%s;\n", verbs[rest].word,
			      verbs[rest].action == FP_ACT_ERRNO ? " errno EPERM" : "");
		for (size_t i = 0; i < n; i++) /* the last one: E0308 wants a decision */
			rules[i] = draw_mux_rule(&b, i + 1 == n || random_below(2));
		fp_buf_puts(&b, "}");
		const struct fp_ir *ir = resolve(fp_buf_text(&b));
		for (unsigned selector = 1; selector <= 2; selector++) {
			const uint64_t args[6] = { selector, 0xbeef, 0xbeef };
			struct fp_answer a = fp_eval_call(ir, FP_ABI_I386, nr, args, UINT16_MAX);
			if (a.decision.action != judge_mux(rules, n, verbs[rest].action, selector))
				fail_msg("%s\nselector %u: %s", fp_buf_text(&b), selector,
					 fp_action_name(a.decision.action));
		}
		fp_unit_free(&u);
	}
}

/* ---- paths ---- */

static const char *const places[] = { "/a", "/a/b", "/a/b/c", "/b", "/b/a", "/ab" };

#define PLACES (sizeof(places) / sizeof(places[0]))

/* Any of three shapes: the path itself, its tree, what is directly below. */
struct file_rule {
	bool allow;
	uint16_t rights;
	const char *place;
	unsigned shape;
};

static const char *const shapes[] = { "", "/**", "/*" };

static bool is_at_or_below(const char *path, const char *place)
{
	size_t n = strlen(place);

	return !strncmp(path, place, n) && (!path[n] || path[n] == '/');
}

static bool shape_matches(const struct file_rule *r, const char *path)
{
	size_t n = strlen(r->place);

	if (r->shape == 0)
		return !strcmp(path, r->place);
	if (r->shape == 1)
		return is_at_or_below(path, r->place);
	return is_at_or_below(path, r->place) && path[n] && !strchr(path + n + 1, '/');
}

static const char *rights_text(uint16_t rights)
{
	struct fp_buf b;

	fp_buf_init(&b, &u.arena);
	for (const struct fp_right_name *r = fp_right_names; r->name; r++)
		if (rights & r->bit)
			fp_buf_printf(&b, "%s%s", b.len ? ", " : "", r->name);
	return fp_buf_text(&b);
}

struct tree {
	struct file_rule rules[5];
	size_t n;
	bool allow_rest, is_readonly;
	const char *mask, *readonly, *mount, *within; /* `within` is a mount in the mount */
	bool mount_ro, mount_noexec;
};

#define WRITING                                                               \
	(FP_RIGHT_WRITE | FP_RIGHT_CREATE | FP_RIGHT_DELETE | FP_RIGHT_LINK | \
	 FP_RIGHT_ATTRIBUTES | FP_RIGHT_APPEND)

static bool path_wanted(const struct tree *t, const char *path, uint16_t right)
{
	bool granted = t->allow_rest;

	for (size_t i = 0; i < t->n; i++) {
		uint16_t rights = t->rules[i].rights;
		if (!shape_matches(&t->rules[i], path))
			continue;
		bool is_named =
			rights & right || (right == FP_RIGHT_APPEND && rights & FP_RIGHT_WRITE);
		if (!t->rules[i].allow && is_named)
			return false;
		granted |= t->rules[i].allow && is_named;
	}
	if (!granted || is_at_or_below(path, t->mask))
		return false;
	if (is_at_or_below(path, t->readonly) && right & WRITING)
		return false;
	if (is_at_or_below(path, t->within))
		return true;
	if (is_at_or_below(path, t->mount))
		return !(t->mount_ro && right & WRITING) &&
		       !(t->mount_noexec && right == FP_RIGHT_EXECUTE);
	return !(t->is_readonly && right & WRITING);
}

static const char *draw_tree(struct tree *t)
{
	struct fp_buf b;

	*t = (struct tree){ .n = random_below(6),
			    .allow_rest = random_below(2),
			    .is_readonly = random_below(2),
			    .mount_ro = random_below(2),
			    .mount_noexec = random_below(2),
			    .mask = random_below(2) ? places[random_below(PLACES)] : "/none",
			    .readonly = random_below(2) ? places[random_below(PLACES)] : "/none" };
	t->mount = random_below(2) ? "/a" : "/b";
	t->within = fp_arena_printf(&u.arena, "%s/b", t->mount);
	fp_buf_init(&b, &u.arena);
	fp_buf_printf(
		&b,
		"mounts { root %s; mask \"%s\"; readonly \"%s\"; bind \"/h\" on \"%s\"%s%s%s; tmpfs on \"%s\"; }\n",
		t->is_readonly ? "readonly" : "writable", t->mask, t->readonly, t->mount,
		t->mount_ro ? " readonly" : "", t->mount_ro && t->mount_noexec ? "," : "",
		t->mount_noexec ? " noexec" : "", t->within);
	fp_buf_printf(&b, "files { default %s;\n", t->allow_rest ? "allow" : "deny");
	for (size_t i = 0; i < t->n; i++) {
		struct file_rule *r = &t->rules[i];
		*r = (struct file_rule){ random_below(2),
					 (uint16_t)(1 + random_below(FP_RIGHT_ALL)),
					 places[random_below(PLACES)], random_below(3) };
		fp_buf_printf(&b, "%s %s \"%s%s\";\n", r->allow ? "allow" : "deny",
			      rights_text(r->rights), r->place, shapes[r->shape]);
	}
	fp_buf_puts(&b, "}\n");
	return fp_buf_text(&b);
}

static void test_paths(void **state)
{
	static const char *const asked[] = { "/a", "/a/b", "/a/b/c", "/a/b/c/d", "/a/x",
					     "/b", "/b/a", "/b/b/x", "/ab",      "/c" };
	unsigned allowed = 0, told = 0;

	(void)state;
	for (int round = 0; round < 400; round++) {
		struct tree t;
		begin();
		const char *text = draw_tree(&t);
		const struct fp_ir *ir = resolve(text);
		for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
			for (const struct fp_right_name *r = fp_right_names; r->name; r++) {
				bool want = path_wanted(&t, asked[i], r->bit);
				struct fp_answer a = fp_eval_path(ir, asked[i], r->bit);
				if ((a.effect == FP_ALLOW) != want)
					fail_msg("%s%s %s must be %s", text, r->name, asked[i],
						 want ? "allowed" : "denied");
				allowed += want;
				told++;
			}
		fp_unit_free(&u);
	}
	assert_true(allowed > told / 20 && allowed < told / 2);
}

/* Several rights are granted where each one is. */
static void test_rights_together(void **state)
{
	(void)state;
	begin();
	const struct fp_ir *ir = resolve(
		"mounts { root writable; } files { allow read \"/a\"; allow write \"/a\"; deny execute \"/a\"; }");
	assert_int_equal(fp_eval_path(ir, "/a", FP_RIGHT_READ | FP_RIGHT_WRITE).effect, FP_ALLOW);
	assert_int_equal(fp_eval_path(ir, "/a", FP_RIGHT_READ | FP_RIGHT_APPEND).effect, FP_ALLOW);
	assert_int_equal(fp_eval_path(ir, "/a", FP_RIGHT_READ | FP_RIGHT_EXECUTE).effect, FP_DENY);
	assert_int_equal(fp_eval_path(ir, "/a", FP_RIGHT_READ | FP_RIGHT_DELETE).effect, FP_DENY);
	fp_unit_free(&u);
}

/* ---- packets ---- */

struct net_rule {
	bool allow;
	enum fp_proto proto;
	const char *prefix;
	uint16_t first, last; /* 0: no port was said */
};

static bool net_wanted(const struct net_rule *rules, size_t n, bool def, enum fp_proto proto,
		       const char *address, uint16_t port)
{
	bool granted = def;

	for (size_t i = 0; i < n; i++) {
		const struct net_rule *r = &rules[i];
		size_t len = strlen(r->prefix);
		/* The prefixes below end at a whole byte: text tells. */
		bool there = !strcmp(r->prefix, "any") || !strncmp(r->prefix, address, len);
		if (!there || (r->proto != FP_PROTO_ANY && r->proto != proto) ||
		    (r->first && (port < r->first || port > r->last)))
			continue;
		if (!r->allow)
			return false;
		granted = true;
	}
	return granted;
}

static const char *prefix_text(const char *start)
{
	if (!strcmp(start, "any"))
		return start;
	if (!strcmp(start, "10."))
		return "10.0.0.0/8";
	if (!strcmp(start, "10.1."))
		return "10.1.0.0/16";
	return "2001:db8::/32";
}

static void test_packets(void **state)
{
	static const char *const starts[] = { "any", "10.", "10.1.", "2001:db8:" };
	static const char *const addresses[] = { "10.0.0.1", "10.1.0.1", "11.0.0.1",
						 "2001:db8:1::1", "2001:db9::1" };
	static const uint16_t ports[] = { 1, 5, 9, 10, 65535 };

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct net_rule rules[5];
		size_t n = random_below(6);
		bool def = random_below(2), egress = random_below(2);
		struct fp_buf b;
		begin();
		fp_buf_init(&b, &u.arena);
		fp_buf_printf(&b, "%s { default %s; ", egress ? "egress" : "ingress",
			      def ? "allow" : "deny");
		for (size_t i = 0; i < n; i++) {
			struct net_rule r = { random_below(2), random_below(4),
					      starts[random_below(4)], 0, 0 };
			fp_buf_printf(&b, "%s %s %s %s", r.allow ? "allow" : "deny",
				      fp_proto_names[r.proto], egress ? "to" : "from",
				      prefix_text(r.prefix));
			if (random_below(3)) {
				r.first = (uint16_t)(1 + random_below(9));
				r.last = (uint16_t)(r.first + random_below(4));
				fp_buf_printf(&b, " port %u..%u", r.first, r.last);
			}
			fp_buf_puts(&b, "; ");
			rules[i] = r;
		}
		fp_buf_puts(&b, "}");
		const struct fp_ir *ir = resolve(fp_buf_text(&b));
		for (size_t i = 0; i < 5 * 5 * 3; i++) {
			enum fp_proto proto = (enum fp_proto)(1 + i / 25);
			const char *address = addresses[i % 5];
			uint16_t port = ports[i / 5 % 5];
			struct fp_prefix p;
			assert_int_equal(fp_prefix_parse(address, strlen(address), &p),
					 FP_PREFIX_OK);
			bool want = net_wanted(rules, n, def, proto, address, port);
			if ((fp_eval_net(ir, egress, proto, &p, port).effect == FP_ALLOW) != want)
				fail_msg("%s: %s %s port %u must be %s", fp_buf_text(&b),
					 fp_proto_names[proto], address, port,
					 want ? "allowed" : "denied");
			/* The other direction was not spoken of: it is closed. */
			assert_int_equal(fp_eval_net(ir, !egress, proto, &p, port).effect, FP_DENY);
		}
		fp_unit_free(&u);
	}
}

/* ---- the policy's own tests ---- */

static void fails(const char *statements, const char *because)
{
	begin();
	const char *text = fp_arena_printf(
		&u.arena,
		"language 1;\npolicy p { owner \"o\"; tier standard; targets debian-12;\n%s }\n",
		statements);
	const struct fp_source *src =
		fp_source_add(&u.sources, "t.policy", text, strlen(text), (struct fp_span){ 0, 0 });
	struct fp_buf out;
	assert_null(fp_resolve(&u, src, NULL));
	fp_buf_init(&out, &u.arena);
	fp_diag_render(&u, &out, false);
	if (!strstr(fp_buf_text(&out), because))
		fail_msg("'%s':\n%s", statements, fp_buf_text(&out));
	fp_unit_free(&u);
}

static void holds(const char *statements)
{
	begin();
	resolve(statements);
	fp_unit_free(&u);
}

static void test_own_tests(void **state)
{
	(void)state;
	holds("syscalls { allow socket(domain) where domain == AF_UNIX; } "
	      "test { allow socket(AF_UNIX); deny socket(AF_INET); deny bpf; }");
	fails("syscalls { allow socket(domain) where domain == AF_UNIX; } test { allow socket(AF_INET); }",
	      "[E0601]");
	/* Paths with bytes that patterns quote. */
	holds("files { allow read \"/a,b\", \"/c\\\\*d\"; } "
	      "test { allow read \"/a,b\", read \"/c\\\\*d\"; deny read \"/cxd\"; }");
	holds("syscalls { allow openat; } files { allow read \"/in/**\"; } "
	      "test { allow openat(\"/in/a,b\", O_RDONLY); deny openat(\"/in/a\", O_WRONLY); }");
	fails("syscalls { allow openat; } test { deny openat(\"/in/*\", O_RDONLY); }",
	      "a test names one path");
	fails("test { deny read \"/in/*\"; }", "a test names one path");
	holds("egress { allow tcp to 10.0.0.0/8 port 443; } "
	      "test { allow connect tcp to 10.0.0.1 port 443; deny connect tcp to 10.0.0.1 port 80; }");
	fails("test { deny egress tcp to 10.0.0.0/8 port 443; }", "a test names one address");
	holds("capabilities { allow chown; } test { allow capability chown; deny capability kill; }");
	fails("capabilities { allow chown; } test { deny capability chown; }", "it is allowed by");
	/* Two masks, one within the other, and a mount on top of nothing. */
	holds("files { default allow; } mounts { root writable; mask \"/m\"; } "
	      "test { deny read \"/m\", read \"/m/x\"; allow read \"/mm\"; }");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),           cmocka_unit_test(test_unknown_and_foreign),
		cmocka_unit_test(test_multiplexers),    cmocka_unit_test(test_paths),
		cmocka_unit_test(test_rights_together), cmocka_unit_test(test_packets),
		cmocka_unit_test(test_own_tests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
