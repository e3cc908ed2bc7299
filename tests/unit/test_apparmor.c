/* SPDX-License-Identifier: MIT */
/* apparmor: profiles byte by byte, patterns, sockets, and a truthful claim for every rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/consumers/apparmor_make.h"

#define W (FP_RIGHT_WRITE | FP_RIGHT_CREATE | FP_RIGHT_DELETE | FP_RIGHT_ATTRIBUTES)

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

static const struct fp_target *target(void **state, const char *name)
{
	const struct fp_target *t = fp_target_builtin(*state, name);

	assert_non_null(t);
	return t;
}

static void begin(void **state, struct mk *m)
{
	mk_init(m, *state, "p");
	mk_effect(m, FP_KIND_FILE_DEFAULT, FP_DENY);
}

static const char *compile(struct mk *m, const struct fp_target *t)
{
	mk_seal(m);
	const struct fp_artifact *a = mk_emit(m, t);
	assert_non_null(a);
	for (size_t i = 0; i < m->ir.rule_count; i++)
		assert_true(m->out.is_claimed[i]);
	assert_int_equal(m->u->diags.errors, 0);
	return a->data;
}

/* The claim of the n-th rule of a kind. */
static const struct fp_claim *claim(const struct mk *m, enum fp_kind kind, uint32_t n)
{
	return &m->out.claims[m->ir.first[kind] + n];
}

static void assert_claim(const struct mk *m, enum fp_kind kind, enum fp_claim_kind wanted)
{
	const struct fp_claim *c = claim(m, kind, 0);

	assert_string_equal(fp_claim_names[c->kind], fp_claim_names[wanted]);
	if (wanted == FP_CLAIM_WIDER || wanted == FP_CLAIM_NONE)
		assert_true(c->reason && *c->reason);
}

static void assert_has(const char *text, const char *line)
{
	if (text && strstr(text, line))
		return;
	print_error("%s", text ? text : "");
	fail_msg("nothing says \"%s\"", line);
}

static void assert_lacks(const char *text, const char *line)
{
	if (text && !strstr(text, line))
		return;
	print_error("%s", text ? text : "");
	fail_msg("\"%s\" must not be there", line);
}

static void test_whole_profile(void **state)
{
	struct mk m;

	begin(state, &m);
	mk_file(&m, FP_ALLOW, FP_RIGHT_READ | FP_RIGHT_EXECUTE, "/usr/**");
	mk_file(&m, FP_ALLOW, FP_RIGHT_READ | W | FP_RIGHT_LOCK, "/out/**");
	mk_file(&m, FP_DENY, W, "/out/.verdict");
	m.ir.caps = 1u << 13;
	mk_rule(&m, FP_KIND_CAPABILITY, "net_raw")->u.caps.set = m.ir.caps;
	assert_string_equal(
		compile(&m, target(state, "debian-12")),
		"# fpolicy.p, compiled for debian-12: AppArmor parser 3.0.8, features of Linux "
		"6.1.176.\n"
		"abi <abi/3.0>,\n"
		"\n"
		"profile fpolicy.p flags=(attach_disconnected,mediate_deleted) {\n"
		"  # capabilities\n"
		"  capability net_raw,\n"
		"  # needed by the runtime and among the job's own processes\n"
		"  ptrace (read, readby) peer=fpolicy.p,\n"
		"  signal (receive, send) peer=fpolicy.p,\n"
		"  signal (receive) peer=crun,\n"
		"  signal (receive) peer=podman,\n"
		"  signal (receive) peer=runc,\n"
		"  signal (receive) peer=unconfined,\n"
		"  # paths as the job sees them\n"
		"  deny \"/out/.verdict{,/}\" wl,\n"
		"  \"/out/{,**}\" rwk,\n"
		"  \"/usr/{,**}\" rmix,\n"
		"}\n");
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(claim(&m, FP_KIND_FILE, i)->kind, FP_CLAIM_EXACT);
	assert_claim(&m, FP_KIND_FILE_DEFAULT, FP_CLAIM_EXACT);
	assert_claim(&m, FP_KIND_CAPABILITY, FP_CLAIM_EXACT);
}

static const struct {
	const char *pattern, *lines;
} patterns[] = {
	{ "/a", "  \"/a{,/}\" r,\n" },
	{ "/", "  \"/\" r,\n" },
	{ "/**", "  \"/{,**}\" r,\n" },
	{ "/a/**", "  \"/a/{,**}\" r,\n" },
	{ "/a/*", "  \"/a/?*{,/}\" r,\n" },
	{ "/a/x*", "  \"/a/x*{,/}\" r,\n" },
	{ "/a/*.c", "  \"/a/*.c{,/}\" r,\n" },
	{ "/a**", "  \"/a{,**?}{,/}\" r,\n" },
	{ "/a/**/b", "  \"/a/**/b{,/}\" r,\n" },
	{ "/a/{b,*}", "  \"/a/{b,?*}{,/}\" r,\n" },
	{ "/a{,/*}", "  \"/a{,/?*}{,/}\" r,\n" },
	{ "/a/{b}", "  \"/a/b{,/}\" r,\n" },
	{ "/a/{b}c", "  \"/a/{b,b}c{,/}\" r,\n" },
	{ "/a/*{,b}", "  \"/a/*b{,/}\" r,\n  \"/a/?*{,/}\" r,\n" },
	{ "/*", "  \"/\" r,\n  \"/?*{,/}\" r,\n" },
	{ "/a/${p}", "  \"/a/?*{,/}\" r,\n" },
	{ "/a/${p}*/b", "  \"/a/?*/b{,/}\" r,\n" },
	{ "/a/[a-cx]", "  \"/a/[a-cx]{,/}\" r,\n" },
	{ "/a/[x-]", "  \"/a/{[x],-}{,/}\" r,\n" },
	{ "/a/\\*\\?\\[\\]\\{\\}\\,\\\\", "  \"/a/\\*\\?\\[\\]\\{\\}\\,\\134{,/}\" r,\n" },
	{ "/a/@\\{b\\}\"^ #", "  \"/a/[@]\\{b\\}\\042\\^ #{,/}\" r,\n" },
	{ "/a/\xc3\xa9", "  \"/a/\\303\\251{,/}\" r,\n" },
};

static void test_patterns(void **state)
{
	const char *head = "  # paths as the job sees them\n";

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		struct mk m;
		begin(state, &m);
		mk_file(&m, FP_ALLOW, FP_RIGHT_READ, patterns[i].pattern);
		const char *text = compile(&m, target(state, "debian-12"));
		const char *at = strstr(text, head);
		assert_non_null(at);
		at += strlen(head);
		assert_string_equal(at, fp_arena_printf(&m.u->arena, "%s}\n", patterns[i].lines));
	}
}

/* A complement would match a slash: no class is written as one. */
static void test_no_negated_class(void **state)
{
	struct mk m;

	begin(state, &m);
	mk_file(&m, FP_ALLOW, FP_RIGHT_READ, "/a/[^x]*");
	assert_lacks(compile(&m, target(state, "debian-12")), "[^");
}

static void check_file(void **state, enum fp_grant effect, uint16_t rights, const char *path,
		       enum fp_claim_kind wanted, const char *line)
{
	struct mk m;

	begin(state, &m);
	mk_file(&m, effect, rights, path);
	const char *text = compile(&m, target(state, "debian-13"));
	assert_claim(&m, FP_KIND_FILE, wanted);
	assert_has(text, line);
}

static void test_file_claims(void **state)
{
	check_file(state, FP_ALLOW, FP_RIGHT_READ, "/a", FP_CLAIM_EXACT, "\"/a{,/}\" r,");
	check_file(state, FP_ALLOW, FP_RIGHT_WRITE, "/a", FP_CLAIM_WIDER, "\"/a{,/}\" w,");
	check_file(state, FP_ALLOW, FP_RIGHT_APPEND, "/a", FP_CLAIM_EXACT, "\"/a{,/}\" a,");
	check_file(state, FP_ALLOW, FP_RIGHT_EXECUTE, "/a", FP_CLAIM_WIDER, "\"/a{,/}\" rmix,");
	check_file(state, FP_ALLOW, W, "/a", FP_CLAIM_NARROWER, "\"/a{,/}\" w,");
	check_file(state, FP_ALLOW, FP_RIGHT_READ, "/${p}", FP_CLAIM_WIDER, "\"/?*{,/}\" r,");
	check_file(state, FP_DENY, FP_RIGHT_READ, "/${p}", FP_CLAIM_NARROWER,
		   "deny \"/?*{,/}\" r,");
	check_file(state, FP_DENY, FP_RIGHT_WRITE, "/a", FP_CLAIM_NARROWER, "deny \"/a{,/}\" w,");
	check_file(state, FP_DENY, FP_RIGHT_EXECUTE, "/a", FP_CLAIM_EXACT, "deny \"/a{,/}\" mx,");
	check_file(state, FP_ALLOW, FP_RIGHT_LOCK, "/a", FP_CLAIM_EXACT, "\"/a{,/}\" k,");
}

/* Rights of one path add up over rules: together the four make w exact. */
static void test_rights_add_up(void **state)
{
	struct mk m;

	begin(state, &m);
	mk_file(&m, FP_ALLOW, FP_RIGHT_READ | FP_RIGHT_WRITE | FP_RIGHT_CREATE, "/a/**");
	mk_file(&m, FP_ALLOW, FP_RIGHT_DELETE | FP_RIGHT_ATTRIBUTES, "/a/**");
	assert_has(compile(&m, target(state, "debian-12")), "\"/a/{,**}\" rw,");
	assert_int_equal(claim(&m, FP_KIND_FILE, 0)->kind, FP_CLAIM_EXACT);
	assert_int_equal(claim(&m, FP_KIND_FILE, 1)->kind, FP_CLAIM_EXACT);
}

static void test_links(void **state)
{
	struct mk m;

	begin(state, &m);
	mk_file(&m, FP_ALLOW, W | FP_RIGHT_READ, "/out/**");
	mk_file(&m, FP_ALLOW, FP_RIGHT_READ | FP_RIGHT_LINK, "/in/**");
	mk_file(&m, FP_DENY, FP_RIGHT_LINK, "/in/key");
	const char *text = compile(&m, target(state, "debian-12"));
	assert_has(text, "  link \"/out/{,**}\" -> \"/in/{,**}\",\n");
	assert_has(text, "  deny link \"/{,**}\" -> \"/in/key{,/}\",\n");
	assert_lacks(text, "l,\n");
}

static void test_too_many_links(void **state)
{
	struct mk m;

	begin(state, &m);
	for (int i = 0; i < 65; i++) {
		const char *path = fp_arena_printf(&m.u->arena, "/d%d", i);
		mk_file(&m, FP_ALLOW, W | FP_RIGHT_READ | FP_RIGHT_LINK, path);
	}
	assert_lacks(compile(&m, target(state, "debian-12")), "link");
	assert_claim(&m, FP_KIND_FILE, FP_CLAIM_NARROWER);
}

static void test_audited(void **state)
{
	struct mk m;

	begin(state, &m);
	mk_file(&m, FP_DENY, FP_RIGHT_READ, "/a");
	mk_rule(&m, FP_KIND_AUDIT, "denied")->u.audit.denied = true;
	assert_has(compile(&m, target(state, "debian-12")), "  audit deny \"/a{,/}\" r,\n");
	assert_claim(&m, FP_KIND_AUDIT, FP_CLAIM_EXACT);
}

static void test_masks(void **state)
{
	struct mk m;

	begin(state, &m);
	mk_paths(&m, FP_KIND_MASK, FP_DENY, 0, (const char *const[]){ "/sys/firmware", NULL });
	mk_paths(&m, FP_KIND_READONLY, FP_DENY, 0, (const char *const[]){ "/proc/sys", NULL });
	const char *text = compile(&m, target(state, "debian-12"));
	assert_has(text, "  deny \"/sys/firmware{,/**}\" rwmxkl,\n");
	assert_has(text, "  deny \"/proc/sys{,/**}\" wl,\n");
	assert_claim(&m, FP_KIND_MASK, FP_CLAIM_EXACT);
}

static void test_default_allow(void **state)
{
	struct mk m;

	mk_init(&m, *state, "p");
	mk_effect(&m, FP_KIND_FILE_DEFAULT, FP_ALLOW);
	const char *text = compile(&m, target(state, "debian-12"));
	assert_has(text, "  \"/{,**}\" rwmixk,\n");
	assert_has(text, "  link \"/{,**}\" -> \"/{,**}\",\n");
}

/* ---- sockets ---- */

static const struct fp_pred *domain_is(struct mk *m, const char *name)
{
	return mk_in(m, 0, 0, (const char *const[]){ name, NULL });
}

static const struct fp_pred *type_is(struct mk *m, uint32_t mask, const char *name)
{
	return mk_in(m, 1, mask, (const char *const[]){ name, NULL });
}

static const struct fp_pred *both(struct mk *m, const struct fp_pred *a, const struct fp_pred *b)
{
	const struct fp_pred *kids[2] = { a, b };

	return fp_pred_join(&m->u->arena, FP_PRED_AND, kids, 2);
}

static const char *const socket_call[] = { "socket", NULL };

static void test_sockets(void **state)
{
	struct mk m;

	begin(state, &m);
	mk_call(&m, FP_ACT_ALLOW,
		both(&m, domain_is(&m, "AF_INET"), type_is(&m, 15, "SOCK_STREAM")), socket_call);
	const char *text = compile(&m, target(state, "debian-12"));
	assert_has(text, "  network inet stream,\n");
	assert_lacks(text, "unix");
	assert_lacks(text, "dgram");
	assert_claim(&m, FP_KIND_CALL, FP_CLAIM_EXACT);
}

/* The flags beside the type are not AppArmor's to see: the same socket is open with any. */
static void test_socket_flags(void **state)
{
	struct mk m;

	begin(state, &m);
	mk_call(&m, FP_ACT_ALLOW, both(&m, domain_is(&m, "AF_INET"), type_is(&m, 0, "SOCK_STREAM")),
		socket_call);
	assert_has(compile(&m, target(state, "debian-12")), "  network inet stream,\n");
	assert_claim(&m, FP_KIND_CALL, FP_CLAIM_WIDER);
}

/* The kernel's features name no AF_DECnet, so nothing can allow it. */
static void test_socket_wordless(void **state)
{
	struct mk m;

	begin(state, &m);
	mk_call(&m, FP_ACT_ALLOW, type_is(&m, 15, "SOCK_STREAM"), socket_call);
	assert_has(compile(&m, target(state, "debian-12")), "  network vsock stream,\n");
	assert_claim(&m, FP_KIND_CALL, FP_CLAIM_NARROWER);
}

static void test_socket_protocol(void **state)
{
	struct mk m;
	const struct fp_test zero = { .lo = 4, .hi = FP_WORD_NONE, .mask = UINT32_MAX };

	begin(state, &m);
	mk_call(&m, FP_ACT_ALLOW,
		both(&m, domain_is(&m, "AF_NETLINK"), fp_pred_test(&m.u->arena, zero)),
		socket_call);
	assert_has(compile(&m, target(state, "debian-12")), "  network netlink,\n");
	assert_claim(&m, FP_KIND_CALL, FP_CLAIM_WIDER);
}

static void test_socket_refused(void **state)
{
	struct mk m;

	begin(state, &m);
	m.ir.call_default.action = FP_ACT_ALLOW;
	mk_call(&m, FP_ACT_KILL, domain_is(&m, "AF_ALG"), socket_call);
	mk_call(&m, FP_ACT_KILL, domain_is(&m, "AF_ALG"),
		(const char *const[]){ "socketpair", NULL });
	const char *text = compile(&m, target(state, "debian-12"));
	assert_has(text, "  network inet6,\n");
	assert_has(text, "  network packet,\n");
	assert_lacks(text, "network alg");
	assert_claim(&m, FP_KIND_CALL, FP_CLAIM_EXACT);
}

/* Without fine mediation the rule would only be downgraded; with it, network no longer means
 * AF_UNIX. */
static void test_unix(void **state)
{
	static const char *const names[] = { "debian-12", "debian-13", "debian-sid" };

	for (size_t i = 0; i < 3; i++) {
		struct mk m;
		begin(state, &m);
		mk_call(&m, FP_ACT_ALLOW,
			both(&m, domain_is(&m, "AF_UNIX"), type_is(&m, 15, "SOCK_STREAM")),
			socket_call);
		const char *text = compile(&m, target(state, names[i]));
		assert_has(text, "  network unix stream,\n");
		if (i == 2)
			assert_has(text, "  unix type=stream,\n");
		else
			assert_lacks(text, "  unix");
	}
}

static void test_no_abi(void **state)
{
	struct mk m;

	begin(state, &m);
	mk_call(&m, FP_ACT_ALLOW, domain_is(&m, "AF_INET"), socket_call);
	mk_effect(&m, FP_KIND_EGRESS_DEFAULT, FP_DENY);
	const char *text = compile(&m, target(state, "debian-11"));
	assert_lacks(text, "\nabi ");
	assert_has(text, "# The parser knows no abi rule");
	assert_has(text, "  network inet,\n");
	assert_claim(&m, FP_KIND_CALL, FP_CLAIM_NONE);
	assert_claim(&m, FP_KIND_EGRESS_DEFAULT, FP_CLAIM_NONE);
}

static struct fp_rule *add_net(struct mk *m, enum fp_kind kind, enum fp_grant effect,
			       enum fp_proto proto, const char *prefix)
{
	struct fp_prefix *p = FP_NEW(&m->u->arena, struct fp_prefix);
	struct fp_rule *r = mk_rule(m, kind, prefix);

	assert_int_equal(fp_prefix_parse(prefix, strlen(prefix), p), FP_PREFIX_OK);
	r->u.net = (struct fp_rule_net){ .effect = effect, .proto = proto, .prefixes = p };
	r->u.net.prefix_count = 1;
	return r;
}

static void check_net(void **state, enum fp_kind kind, enum fp_grant effect, enum fp_proto proto,
		      const char *prefix, enum fp_claim_kind wanted)
{
	struct mk m;

	begin(state, &m);
	mk_call(&m, FP_ACT_ALLOW,
		both(&m, domain_is(&m, "AF_INET"), type_is(&m, 15, "SOCK_STREAM")), socket_call);
	add_net(&m, kind, effect, proto, prefix);
	assert_lacks(compile(&m, target(state, "debian-13")), "peer=(");
	assert_claim(&m, kind, wanted);
}

static void test_peers_are_not_named(void **state)
{
	check_net(state, FP_KIND_EGRESS, FP_ALLOW, FP_PROTO_TCP, "10.0.0.0/8", FP_CLAIM_WIDER);
	check_net(state, FP_KIND_EGRESS, FP_ALLOW, FP_PROTO_UDP, "10.0.0.0/8", FP_CLAIM_NARROWER);
	check_net(state, FP_KIND_EGRESS, FP_ALLOW, FP_PROTO_TCP, "fd00::/8", FP_CLAIM_NARROWER);
	check_net(state, FP_KIND_EGRESS, FP_DENY, FP_PROTO_ANY, "10.0.0.1", FP_CLAIM_NONE);
	check_net(state, FP_KIND_EGRESS, FP_DENY, FP_PROTO_UDP, "10.0.0.1", FP_CLAIM_EXACT);
	check_net(state, FP_KIND_EGRESS, FP_DENY, FP_PROTO_ANY, "fd00::1", FP_CLAIM_EXACT);
	check_net(state, FP_KIND_INGRESS, FP_ALLOW, FP_PROTO_TCP, "10.0.0.0/8", FP_CLAIM_WIDER);
}

static void test_net_default(void **state)
{
	struct mk m;

	begin(state, &m);
	mk_effect(&m, FP_KIND_EGRESS_DEFAULT, FP_DENY);
	compile(&m, target(state, "debian-12"));
	assert_claim(&m, FP_KIND_EGRESS_DEFAULT, FP_CLAIM_EXACT);
	begin(state, &m);
	mk_call(&m, FP_ACT_ALLOW, domain_is(&m, "AF_INET6"), socket_call);
	mk_effect(&m, FP_KIND_EGRESS_DEFAULT, FP_DENY);
	compile(&m, target(state, "debian-12"));
	assert_claim(&m, FP_KIND_EGRESS_DEFAULT, FP_CLAIM_WIDER);
}

/* ---- calls, mounts, limits ---- */

static const struct fp_claim *call_claim(void **state, struct mk *m, const char *where,
					 enum fp_action action, const char *call)
{
	begin(state, m);
	mk_call(m, action, NULL, (const char *const[]){ call, NULL });
	compile(m, target(state, where));
	return claim(m, FP_KIND_CALL, 0);
}

static void test_calls(void **state)
{
	struct mk m;

	assert_int_equal(call_claim(state, &m, "debian-12", FP_ACT_ALLOW, "read")->kind,
			 FP_CLAIM_NONE);
	assert_int_equal(call_claim(state, &m, "debian-12", FP_ACT_KILL, "mount")->kind,
			 FP_CLAIM_EXACT);
	assert_int_equal(call_claim(state, &m, "debian-12", FP_ACT_ALLOW, "mount")->kind,
			 FP_CLAIM_NARROWER);
	assert_int_equal(call_claim(state, &m, "debian-12", FP_ACT_ALLOW, "unshare")->kind,
			 FP_CLAIM_NONE);
	assert_int_equal(call_claim(state, &m, "debian-13", FP_ACT_ALLOW, "unshare")->kind,
			 FP_CLAIM_NARROWER);
	assert_int_equal(call_claim(state, &m, "debian-13", FP_ACT_KILL, "move_mount")->kind,
			 FP_CLAIM_EXACT);
}

/* Before Linux 6.7 the new mount calls pass every mount rule, and the claim says so. */
static void test_mount_hole(void **state)
{
	struct mk m;
	const struct fp_claim *c = call_claim(state, &m, "debian-12", FP_ACT_KILL, "move_mount");

	assert_int_equal(c->kind, FP_CLAIM_NONE);
	assert_has(c->reason, "6.7");
	begin(state, &m);
	mk_call(&m, FP_ACT_ALLOW, NULL, (const char *const[]){ "fsopen", NULL });
	struct fp_rule *r = mk_rule(&m, FP_KIND_MOUNT, "tmpfs");
	r->u.mount = (struct fp_rule_mount){ .type = FP_MOUNT_TMPFS, .on = "/tmp" };
	compile(&m, target(state, "debian-12"));
	assert_has(claim(&m, FP_KIND_MOUNT, 0)->reason, "fsopen");
}

static void test_tracing(void **state)
{
	struct mk m;

	call_claim(state, &m, "debian-12", FP_ACT_ALLOW, "ptrace");
	assert_has(m.out.artifacts.at[0]->data, "ptrace (read, readby, trace, tracedby) peer=");
	call_claim(state, &m, "debian-12", FP_ACT_KILL, "ptrace");
	assert_has(m.out.artifacts.at[0]->data, "ptrace (read, readby) peer=");
}

static const char *with_limit(void **state, struct mk *m, enum fp_limit limit, uint64_t value)
{
	begin(state, m);
	mk_rule(m, FP_KIND_LIMIT, "x")->u.limit =
		(struct fp_rule_limit){ .limit = limit, .value = value };
	return compile(m, target(state, "debian-12"));
}

static void test_limits(void **state)
{
	struct mk m;

	assert_has(with_limit(state, &m, FP_LIM_FILE_SIZE, 64 << 20),
		   "  set rlimit fsize <= 67108864,\n");
	assert_claim(&m, FP_KIND_LIMIT, FP_CLAIM_EXACT);
	assert_lacks(with_limit(state, &m, FP_LIM_STACK, UINT64_MAX), "rlimit");
	assert_claim(&m, FP_KIND_LIMIT, FP_CLAIM_EXACT);
	assert_lacks(with_limit(state, &m, FP_LIM_CORE, UINT64_MAX - 1), "rlimit");
	assert_claim(&m, FP_KIND_LIMIT, FP_CLAIM_NONE);
	assert_lacks(with_limit(state, &m, FP_LIM_MEMORY, 1 << 20), "rlimit");
	assert_claim(&m, FP_KIND_LIMIT, FP_CLAIM_NONE);
}

static void test_devices(void **state)
{
	static const struct fp_device null = { "/dev/null", 'c', 1, 3 };
	struct mk m;

	begin(state, &m);
	mk_rule(&m, FP_KIND_DEVICE, "null")->u.device =
		(struct fp_rule_device){ FP_ALLOW, FP_DEV_READ | FP_DEV_WRITE, &null, 1 };
	mk_rule(&m, FP_KIND_MOUNT, "devpts")->u.mount =
		(struct fp_rule_mount){ .type = FP_MOUNT_DEVPTS, .on = "/dev/pts" };
	const char *text = compile(&m, target(state, "debian-12"));
	assert_has(text, "  \"/dev/null\" rw,\n");
	assert_has(text, "  \"/dev/pts/[0-9]*\" rw,\n");
	assert_claim(&m, FP_KIND_DEVICE, FP_CLAIM_WIDER);
}

static void test_root(void **state)
{
	struct mk m;

	for (int on_mount = 0; on_mount < 2; on_mount++) {
		begin(state, &m);
		mk_rule(&m, FP_KIND_ROOT, "readonly")->u.root.is_readonly = true;
		mk_rule(&m, FP_KIND_MOUNT, "tmpfs")->u.mount =
			(struct fp_rule_mount){ .type = FP_MOUNT_TMPFS, .on = "/tmp" };
		mk_file(&m, FP_ALLOW, W, on_mount ? "/tmp/**" : "/tmpx/**");
		compile(&m, target(state, "debian-12"));
		assert_claim(&m, FP_KIND_ROOT, on_mount ? FP_CLAIM_EXACT : FP_CLAIM_WIDER);
	}
}

/*
 * connect(2) to a socket asks for writing to it (net/unix/af_unix.c, unix_find_bsd), and AppArmor
 * has no hook there before Linux 6.17: a job that is handed /run reaches docker.sock.
 */
static void test_sockets_of_the_host(void **state)
{
	static const struct {
		const char *target, *family, *source, *path;
		enum fp_claim_kind fallback, rule;
	} rows[] = {
		{ "debian-11", "AF_UNIX", "/run", "/h/docker.sock", FP_CLAIM_WIDER,
		  FP_CLAIM_WIDER },
		{ "debian-12", "AF_UNIX", "/run", "/h/docker.sock", FP_CLAIM_WIDER,
		  FP_CLAIM_WIDER },
		{ "debian-13", "AF_UNIX", "/var/run/docker.sock", "/h", FP_CLAIM_WIDER,
		  FP_CLAIM_WIDER },
		{ "debian-13", "AF_UNIX", "/", "/**", FP_CLAIM_WIDER, FP_CLAIM_WIDER },
		{ "debian-12", "AF_UNIX", "/run", "/hx/**", FP_CLAIM_WIDER, FP_CLAIM_EXACT },
		{ "debian-12", "AF_UNIX", "/run", "/{a,h}/**", FP_CLAIM_WIDER, FP_CLAIM_WIDER },
		{ "debian-sid", "AF_UNIX", "/run", "/h/docker.sock", FP_CLAIM_EXACT,
		  FP_CLAIM_EXACT },
		{ "debian-12", "AF_INET", "/run", "/h/docker.sock", FP_CLAIM_EXACT,
		  FP_CLAIM_EXACT },
		{ "debian-12", "AF_UNIX", "/srv", "/h/**", FP_CLAIM_EXACT, FP_CLAIM_EXACT },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mk m;
		begin(state, &m);
		mk_call(&m, FP_ACT_ALLOW, domain_is(&m, rows[i].family),
			(const char *const[]){ "socket", NULL });
		mk_call(&m, FP_ACT_ALLOW, NULL, (const char *const[]){ "connect", NULL });
		mk_rule(&m, FP_KIND_MOUNT, "bind")->u.mount = (struct fp_rule_mount){
			.type = FP_MOUNT_BIND, .source = rows[i].source, .on = "/h"
		};
		mk_file(&m, FP_DENY, FP_RIGHT_READ | W, rows[i].path);
		compile(&m, target(state, rows[i].target));
		assert_claim(&m, FP_KIND_FILE_DEFAULT, rows[i].fallback);
		assert_claim(&m, FP_KIND_FILE, rows[i].rule);
	}
}

/* ---- the artifact as a whole ---- */

static void test_source_map(void **state)
{
	struct mk m;

	begin(state, &m);
	mk_file(&m, FP_ALLOW, FP_RIGHT_READ, "/a", "/b");
	m.ir.caps = 1;
	mk_rule(&m, FP_KIND_CAPABILITY, "chown")->u.caps.set = 1;
	compile(&m, target(state, "debian-12"));
	const struct fp_artifact *a = m.out.artifacts.at[0];
	assert_string_equal(a->name, "apparmor/fpolicy.p");
	assert_int_equal(a->map.n, 3);
	for (size_t i = 0; i < a->map.n; i++) {
		const struct fp_map *at = &a->map.at[i];
		assert_memory_equal(a->data + at->begin, "  ", 2);
		assert_memory_equal(a->data + at->end - 2, ",\n", 2);
		assert_null(memchr(a->data + at->begin, '\n', at->end - at->begin - 1));
		assert_int_equal(m.ir.rules[at->rule].kind, i ? FP_KIND_FILE : FP_KIND_CAPABILITY);
	}
}

static void test_order_is_nothing(void **state)
{
	const char *text[2];

	for (int turn = 0; turn < 2; turn++) {
		struct mk m;
		begin(state, &m);
		for (int i = 0; i < 40; i++) {
			int k = turn ? 39 - i : i;
			struct fp_rule *r = mk_file(&m, k % 3 ? FP_ALLOW : FP_DENY, FP_RIGHT_READ,
						    fp_arena_printf(&m.u->arena, "/d%d/*", k));
			r->text = fp_arena_printf(&m.u->arena, "rule %d", k);
		}
		text[turn] = compile(&m, target(state, "debian-sid"));
	}
	assert_string_equal(text[0], text[1]);
}

static void test_no_apparmor(void **state)
{
	struct fp_target t = *target(state, "debian-12");
	struct mk m;

	t.apparmor.features_len = 0;
	begin(state, &m);
	mk_file(&m, FP_ALLOW, FP_RIGHT_READ, "/a");
	mk_seal(&m);
	assert_null(mk_emit(&m, &t));
	assert_claim(&m, FP_KIND_FILE, FP_CLAIM_NONE);
	assert_claim(&m, FP_KIND_FILE_DEFAULT, FP_CLAIM_NONE);
}

/* What the profile holds once it runs; whether it counts is not the back end's to say. */
static void test_not_enabled(void **state)
{
	struct fp_target t = *target(state, "debian-12");
	struct mk m;

	t.n_lsm_enabled = 0;
	begin(state, &m);
	mk_file(&m, FP_ALLOW, FP_RIGHT_READ, "/a");
	compile(&m, &t);
	assert_claim(&m, FP_KIND_FILE, FP_CLAIM_EXACT);
}

static void test_name_is_no_path(void **state)
{
	struct mk m;

	mk_init(&m, *state, "/a//b c{");
	compile(&m, target(state, "debian-12"));
	assert_string_equal(m.out.artifacts.at[0]->name, "apparmor/fpolicy._a__b_c_");
}

/* No rule goes without a claim, whatever its kind. */
static void test_every_kind(void **state)
{
	static const char *const names[] = { "debian-11", "debian-12", "debian-13", "debian-sid" };

	for (size_t i = 0; i < 4; i++) {
		struct mk m;
		mk_init(&m, *state, "p");
		for (int kind = 0; kind < FP_KIND_N; kind++) {
			struct fp_rule *r = mk_rule(&m, (enum fp_kind)kind, "x");
			if (kind == FP_KIND_MOUNT)
				r->u.mount.on = "/x";
		}
		compile(&m, target(state, names[i]));
		for (size_t r = 0; r < m.ir.rule_count; r++)
			if (m.out.claims[r].kind == FP_CLAIM_NONE ||
			    m.out.claims[r].kind == FP_CLAIM_WIDER)
				assert_non_null(m.out.claims[r].reason);
	}
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_whole_profile),
		T(test_patterns),
		T(test_no_negated_class),
		T(test_file_claims),
		T(test_rights_add_up),
		T(test_links),
		T(test_too_many_links),
		T(test_audited),
		T(test_masks),
		T(test_default_allow),
		T(test_sockets),
		T(test_socket_flags),
		T(test_socket_wordless),
		T(test_socket_protocol),
		T(test_socket_refused),
		T(test_unix),
		T(test_no_abi),
		T(test_peers_are_not_named),
		T(test_net_default),
		T(test_calls),
		T(test_mount_hole),
		T(test_tracing),
		T(test_limits),
		T(test_devices),
		T(test_root),
		T(test_sockets_of_the_host),
		T(test_source_map),
		T(test_order_is_nothing),
		T(test_no_apparmor),
		T(test_not_enabled),
		T(test_name_is_no_path),
		T(test_every_kind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
