/* SPDX-License-Identifier: MIT */
/* The SELinux back end: patterns as regexes, types by rights, names of new files, ports, claims. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "backends/selinux/selinux.h"
#include "tests/unit/oci_ir.h"

#define R FP_RIGHT_READ
#define W FP_RIGHT_WRITE
#define X FP_RIGHT_EXECUTE
#define C FP_RIGHT_CREATE
#define D FP_RIGHT_DELETE

struct test {
	struct fp_unit unit;
	struct ir_builder b;
	struct fp_emission out;
};

static int set_up(void **state)
{
	struct test *t = calloc(1, sizeof(*t));

	if (!t)
		return -1;
	fp_unit_init(&t->unit, FP_MEMORY_LIMIT);
	if (setjmp(t->unit.recover))
		abort();
	t->b.u = &t->unit;
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct test *t = *state;

	fp_unit_free(&t->unit);
	free(t);
	return 0;
}

static void make_for(struct test *t, const struct fp_target *target)
{
	struct fp_unit *u = &t->unit;
	const struct fp_ir *ir = ir_seal(&t->b);

	t->b.ir.call_default.action = FP_ACT_ALLOW;
	t->out = (struct fp_emission){ .unit = u, .ir = ir, .target = target };
	t->out.claims = FP_NEW_ARRAY(&u->arena, ir->rule_count, struct fp_claim);
	t->out.is_claimed = FP_NEW_ARRAY(&u->arena, ir->rule_count, bool);
	fp_backend_selinux.emit(u, fp_backend_selinux.lower(u, ir, target), &t->out);
	assert_int_equal(u->diags.errors, 0);
	for (size_t i = 0; i < ir->rule_count; i++)
		assert_true(t->out.is_claimed[i]);
}

static void make(struct test *t, const char *target)
{
	const struct fp_target *found = fp_target_builtin(&t->unit, target);

	assert_non_null(found);
	make_for(t, found);
}

static const char *text(const struct test *t, const char *name)
{
	for (size_t i = 0; i < t->out.artifacts.n; i++)
		if (!strcmp(t->out.artifacts.at[i]->name, name))
			return t->out.artifacts.at[i]->data;
	fail_msg("no artifact %s", name);
	return "";
}

static bool has(const struct test *t, const char *name, const char *line)
{
	return strstr(text(t, name), line) != NULL;
}

#define MODULE     "selinux/module.cil"
#define STANDALONE "selinux/standalone.cil"
#define CONTEXTS   "selinux/file_contexts"
#define HOST       "selinux/file_contexts.host"

static void expect_line(const struct test *t, const char *name, const char *line)
{
	if (!has(t, name, line))
		fail_msg("%s lacks '%s':\n%s", name, line, text(t, name));
}

static void expect_no(const struct test *t, const char *name, const char *line)
{
	if (has(t, name, line))
		fail_msg("%s has '%s'", name, line);
}

static void expect_label(const struct test *t, const char *name, const char *regex,
			 const char *type)
{
	char line[256];

	snprintf(line, sizeof(line), "\n%s\tsystem_u:object_r:fpc_job.%s:s0\n", regex, type);
	expect_line(t, name, line);
}

static const struct fp_claim *claim_of(const struct test *t, enum fp_kind kind, const char *part)
{
	fp_ir_each (t->out.ir, kind, r)
		if (strstr(r->text, part))
			return &t->out.claims[r->id];
	fail_msg("no rule %s", part);
	return NULL;
}

static void expect_claim(const struct test *t, enum fp_kind kind, const char *part,
			 enum fp_claim_kind wanted)
{
	const struct fp_claim *c = claim_of(t, kind, part);

	if (c->kind != wanted)
		fail_msg("'%s' is %s (%s), not %s", part, fp_claim_names[c->kind],
			 c->reason ? c->reason : "", fp_claim_names[wanted]);
	assert_true(wanted == FP_CLAIM_EXACT || c->reason);
}

static void allow(struct test *t, uint16_t rights, const char *path)
{
	ir_paths(&t->b, FP_KIND_FILE, FP_ALLOW, rights, path);
}

static void deny(struct test *t, uint16_t rights, const char *path)
{
	ir_paths(&t->b, FP_KIND_FILE, FP_DENY, rights, path);
}

static void add_net(struct test *t, enum fp_kind kind, enum fp_grant effect, enum fp_proto proto,
		    const char *prefix, uint16_t first, uint16_t last, const char *name)
{
	struct fp_prefix *p = FP_NEW(&t->unit.arena, struct fp_prefix);
	struct fp_ports *ports = FP_NEW(&t->unit.arena, struct fp_ports);

	*ports = (struct fp_ports){ first, last };
	if (prefix)
		assert_int_equal(fp_prefix_parse(prefix, strlen(prefix), p), FP_PREFIX_OK);
	ir_add(&t->b, kind, name)->u.net =
		(struct fp_rule_net){ effect, proto, p, prefix ? 1 : 0, ports, 1 };
}

/* ---- patterns ---- */

static struct se_pattern pattern(struct fp_unit *u, const char *glob)
{
	const struct fp_glob *g = fp_glob_parse(u, glob, strlen(glob), (struct fp_span){ 0, 0 });
	struct se_pattern p = { .items = g->items, .n = g->n, .is_tree = g->is_tree };

	se_regex_fill(u, &p);
	return p;
}

static void test_regex(void **state)
{
	static const struct {
		const char *glob, *regex;
		bool is_literal;
	} rows[] = {
		{ "/a", "/a", true },
		{ "/a.b+c", "/a\\.b\\+c", true },
		{ "/a(b){c,d}", "/a\\(b\\)(c|d)", false },
		{ "/**", "/.*", false },
		{ "/a/**", "/a(/.*)?", false },
		{ "/a/*/b?", "/a/[^/]*/b[^/]", false },
		{ "/a/**/b", "/a/.*/b", false },
		{ "/a/${job}/b", "/a/[^/]+/b", false },
		{ "/a b", "/a[\\x20]b", false },
		{ "/[a-c.]", "/[\\x2ea-c]", false },
		{ "/#a", "/#a", true },
	};
	struct test *t = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct se_pattern p = pattern(&t->unit, rows[i].glob);
		assert_string_equal(p.regex, rows[i].regex);
		assert_int_equal(p.is_literal, rows[i].is_literal);
	}
}

static void test_relations(void **state)
{
	static const struct {
		const char *a, *b;
		bool overlaps, contains;
	} rows[] = {
		{ "/a/**", "/a", true, true },      { "/a/**", "/a/b/**", true, true },
		{ "/a/**", "/ab", false, false },   { "/a/*", "/a/b", true, true },
		{ "/a/*", "/a/b/c", false, false }, { "/a/*.key", "/a/x*", true, false },
		{ "/a/*", "/a/*.key", true, true }, { "/a/?", "/a/*", true, false },
		{ "/a/[ab]", "/a/b", true, true },  { "/a/[ab]", "/a/c", false, false },
		{ "/**/x", "/a/**/x", true, true }, { "/a/**/x", "/**/x", true, false },
		{ "/a*", "/${p}", true, false },    { "/*", "/${p}", true, true },
		{ "/*b", "/a*", true, false },      { "/*b", "/*c", false, false },
	};
	struct test *t = *state;
	struct se_paths p = { .u = &t->unit };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct se_pattern a = pattern(&t->unit, rows[i].a),
				  b = pattern(&t->unit, rows[i].b);
		assert_int_equal(se_overlaps(&p, &a, &b), rows[i].overlaps);
		assert_int_equal(se_overlaps(&p, &b, &a), rows[i].overlaps);
		assert_int_equal(se_contains(&p, &a, &b), rows[i].contains);
	}
}

/* ---- files ---- */

static void test_types(void **state)
{
	struct test *t = *state;

	allow(t, R | X, "/usr/**");
	allow(t, R, "/in/**");
	deny(t, R, "/in/**/*.key");
	allow(t, R | W | C, "/out/**");
	allow(t, FP_RIGHT_APPEND, "/log/a");
	make(t, "debian-12");
	expect_label(t, CONTEXTS, "/.*", "f_none");
	expect_label(t, CONTEXTS, "/", "f_path");
	expect_label(t, CONTEXTS, "/usr(/.*)?", "f_rx");
	expect_label(t, CONTEXTS, "/in(/.*)?", "f_r");
	expect_label(t, CONTEXTS, "/in/.*/[^/]*\\.key", "f_none");
	expect_label(t, CONTEXTS, "/out(/.*)?", "f_rwc");
	expect_label(t, CONTEXTS, "/log", "f_path");
	expect_label(t, CONTEXTS, "/log/a", "f_a");
	expect_line(
		t, MODULE,
		"  (allow process f_rx (file (entrypoint execute execute_no_trans getattr map open "
		"read)))\n");
	expect_line(t, MODULE, "  (allow process f_path (dir (getattr search)))\n");
	expect_line(t, MODULE, "  (allow process f_a (file (append getattr open)))\n");
	expect_no(t, MODULE, "(allow process f_none ");
	expect_no(t, MODULE, "relabelfrom");
	expect_claim(t, FP_KIND_FILE, "/usr", FP_CLAIM_EXACT);
	expect_claim(t, FP_KIND_FILE, "deny 1 /in", FP_CLAIM_EXACT);
}

/* A name that is made later gets its type by a rule of its own; a pattern cannot. */
static void test_new_files(void **state)
{
	struct test *t = *state;

	allow(t, R | W | C, "/out/**");
	deny(t, W, "/out/.verdict");
	deny(t, W, "/out/*.lock");
	make(t, "debian-12");
	expect_line(t, MODULE, "  (typetransition process f_rwc file \".verdict\" f_rc)\n");
	expect_no(t, MODULE, ".lock\"");
	expect_no(t, MODULE, "(typetransition process f_path");
	expect_claim(t, FP_KIND_FILE, "/out/.verdict", FP_CLAIM_EXACT);
	expect_claim(t, FP_KIND_FILE, "/out/*.lock", FP_CLAIM_WIDER);
	expect_claim(t, FP_KIND_FILE, "/out/**", FP_CLAIM_NARROWER);
}

/* A file keeps its type where it is moved: then a name protects nothing. */
static void test_moved_files(void **state)
{
	struct test *t = *state;

	allow(t, R | W | C | D, "/out/**");
	deny(t, W, "/out/.verdict");
	allow(t, C | R, "/box/**");
	make(t, "debian-12");
	expect_claim(t, FP_KIND_FILE, "/box/**", FP_CLAIM_WIDER);
	expect_line(t, MODULE, "(file (append create getattr map open read rename unlink write))");
}

static void test_plain_create(void **state)
{
	struct test *t = *state;

	allow(t, R | C | W, "/run/job.pid");
	allow(t, C, "/log/*.txt");
	make(t, "debian-12");
	expect_line(t, MODULE, "  (typetransition process f_path file \"job.pid\" f_rwc)\n");
	expect_line(t, MODULE, "  (allow process f_path (dir (add_name getattr search write)))\n");
	expect_claim(t, FP_KIND_FILE, "/log", FP_CLAIM_NARROWER);
}

/* Overlaps that no order settles get look-aheads behind the literal beginning. */
static void test_crossing(void **state)
{
	struct test *t = *state;

	allow(t, R, "/d/*.a");
	allow(t, X, "/d/b*");
	deny(t, R, "/e/x/**");
	allow(t, R, "/e/**/*.pub");
	make(t, "debian-12");
	expect_label(t, CONTEXTS, "/d/[^/]*\\.a", "f_r");
	expect_label(t, CONTEXTS, "/d/b(?!([^/]*\\.a)$)[^/]*", "f_x");
	expect_label(t, CONTEXTS, "/d/b(?=([^/]*\\.a)$)[^/]*", "f_rx");
	expect_claim(t, FP_KIND_FILE, "/d/*.a", FP_CLAIM_EXACT);
	expect_claim(t, FP_KIND_FILE, "/d/b*", FP_CLAIM_EXACT);
}

static void test_host_paths(void **state)
{
	struct test *t = *state;

	ir_mount(&t->b, FP_MOUNT_BIND, "/srv/${job}/in", "/in", 0);
	ir_mount(&t->b, FP_MOUNT_BIND, "/usr", "/usr", 0);
	ir_mount(&t->b, FP_MOUNT_TMPFS, NULL, "/tmp", 0);
	allow(t, R, "/in/**");
	allow(t, R | X, "/usr/**");
	allow(t, R | W, "/tmp/**");
	allow(t, R, "/proc/**");
	make(t, "debian-12");
	expect_label(t, HOST, "/srv/[^/]+/in(/.*)?", "f_r");
	expect_line(t, HOST, "# /usr belongs to the host and keeps its labels\n");
	expect_no(t, HOST, "\n/usr");
	expect_line(t, CONTEXTS,
		    "# tmpfs on /tmp: mount with rootcontext=system_u:object_r:fpc_job.f_rw:s0\n");
	expect_no(t, CONTEXTS, "\n/proc");
	expect_line(t, STANDALONE,
		    "(genfscon proc \"/\" (system_u object_r fpc_job.f_r (low low)))\n");
	expect_claim(t, FP_KIND_FILE, "/in", FP_CLAIM_EXACT);
	expect_claim(t, FP_KIND_FILE, "/usr", FP_CLAIM_NARROWER);
	expect_claim(t, FP_KIND_FILE, "/proc", FP_CLAIM_NARROWER);
}

/* ---- capabilities, classes ---- */

static void test_capabilities(void **state)
{
	struct test *t = *state;
	const struct fp_cap *raw = fp_cap_find("net_raw", 7), *bpf = fp_cap_find("bpf", 3);

	ir_add(&t->b, FP_KIND_CAPABILITY, "allow")->u.caps.set =
		1ull << raw->bit | 1ull << bpf->bit;
	t->b.ir.caps = 1ull << raw->bit | 1ull << bpf->bit;
	make(t, "debian-12");
	expect_line(t, MODULE, "(allow process self (capability (net_raw)))");
	expect_line(t, MODULE, "(allow process self (capability2 (bpf)))");
	expect_no(t, MODULE, "(allow process self (cap_userns");
	expect_claim(t, FP_KIND_CAPABILITY, "allow", FP_CLAIM_EXACT);
	ir_namespace(&t->b, FP_NS_USER, true);
	make(t, "debian-12");
	expect_line(t, MODULE, "(allow process self (cap_userns (net_raw)))");
	expect_line(t, MODULE, "(neverallow process self (capability (chown ");
	expect_no(t, MODULE, "(allow process self (capability (");
}

static void test_classes_by_target(void **state)
{
	struct test *t = *state;

	make(t, "debian-11");
	expect_no(t, STANDALONE, "(class user_namespace");
	expect_no(t, STANDALONE, "(class io_uring");
	make(t, "debian-12");
	expect_line(t, STANDALONE, "(class user_namespace (create))\n");
	expect_line(t, STANDALONE, "(class io_uring (cmd override_creds sqpoll))\n");
	expect_line(t, STANDALONE, "(allow process self (user_namespace (create)))");
	expect_line(t, MODULE, "  (optional class_user_namespace\n");
	expect_no(t, STANDALONE, "(class memfd_file");
	make(t, "debian-sid");
	expect_line(t, STANDALONE, "(class memfd_file (");
	expect_line(t, STANDALONE, "(class io_uring (allowed cmd override_creds sqpoll))\n");
}

static void test_sockets(void **state)
{
	struct test *t = *state;

	make(t, "debian-12");
	expect_no(t, MODULE, "(allow process self (tcp_socket");
	expect_line(t, MODULE, "(neverallow process self (tcp_socket (create)))");
	expect_line(t, MODULE, "(neverallow process self (alg_socket (create)))");
	expect_line(t, MODULE, "(neverallow process self (packet_socket (create)))");
	add_net(t, FP_KIND_EGRESS, FP_ALLOW, FP_PROTO_TCP, NULL, 7443, 7443, "tcp");
	make(t, "debian-12");
	expect_line(t, MODULE, "(allow process self (tcp_socket (");
	expect_line(t, MODULE, "(neverallow process self (udp_socket (create)))");
	expect_line(t, MODULE, "(neverallow process self (vsock_socket (create)))");
}

/* ---- network ---- */

static void test_ports(void **state)
{
	struct test *t = *state;
	struct fp_target other;

	add_net(t, FP_KIND_EGRESS, FP_ALLOW, FP_PROTO_TCP, NULL, 7443, 7443, "own");
	add_net(t, FP_KIND_EGRESS, FP_ALLOW, FP_PROTO_TCP, NULL, 443, 443, "shared");
	add_net(t, FP_KIND_EGRESS, FP_ALLOW, FP_PROTO_UDP, NULL, 53, 53, "dns");
	add_net(t, FP_KIND_EGRESS, FP_ALLOW, FP_PROTO_TCP, "10.0.0.0/8", 7443, 7443, "host");
	add_net(t, FP_KIND_EGRESS, FP_DENY, FP_PROTO_ANY, "10.9.9.9", 0, 65535, "metadata");
	add_net(t, FP_KIND_EGRESS, FP_DENY, FP_PROTO_TCP, NULL, 25, 25, "mail");
	make(t, "debian-12");
	expect_line(t, MODULE, "(portcon tcp 7443 (system_u object_r port_c ((s0) (s0))))");
	expect_line(t, MODULE, "    (allow process http_port_t (tcp_socket (name_connect)))\n");
	expect_no(t, STANDALONE, "http_port_t");
	expect_line(
		t, STANDALONE,
		"(nodecon (10.9.9.9) (255.255.255.255) (system_u object_r node_t (low low)))\n");
	expect_claim(t, FP_KIND_EGRESS, "own", FP_CLAIM_EXACT);
	expect_claim(t, FP_KIND_EGRESS, "shared", FP_CLAIM_WIDER);
	assert_non_null(strstr(claim_of(t, FP_KIND_EGRESS, "shared")->reason, "http_port_t"));
	expect_claim(t, FP_KIND_EGRESS, "dns", FP_CLAIM_WIDER);
	expect_claim(t, FP_KIND_EGRESS, "host", FP_CLAIM_WIDER);
	expect_claim(t, FP_KIND_EGRESS, "metadata", FP_CLAIM_NONE);
	expect_claim(t, FP_KIND_EGRESS, "mail", FP_CLAIM_EXACT);
	other = *fp_target_builtin(&t->unit, "debian-12");
	other.selinux.base = "of my own";
	make_for(t, &other);
	expect_no(t, MODULE, "http_port_t");
	expect_claim(t, FP_KIND_EGRESS, "own", FP_CLAIM_NARROWER);
}

static void test_all_ports(void **state)
{
	struct test *t = *state;

	add_net(t, FP_KIND_EGRESS, FP_ALLOW, FP_PROTO_TCP, NULL, 0, 65535, "all");
	add_net(t, FP_KIND_INGRESS, FP_ALLOW, FP_PROTO_TCP, NULL, 80, 80, "serve");
	make(t, "debian-12");
	expect_line(t, MODULE, "(allow process port_type (tcp_socket (name_connect)))");
	expect_line(t, MODULE, "(portcon tcp 80 (system_u object_r port_b ((s0) (s0))))");
	expect_line(t, MODULE, "(allow process node_type (tcp_socket (node_bind)))");
	expect_claim(t, FP_KIND_EGRESS, "all", FP_CLAIM_EXACT);
	expect_claim(t, FP_KIND_INGRESS, "serve", FP_CLAIM_WIDER);
	expect_line(t, STANDALONE,
		    "(nodecon (0.0.0.0) (0.0.0.0) (system_u object_r peer_t (low low)))\n");
}

/* ---- the whole ---- */

/* Rules in another order give the same bytes, claims and map. */
static void test_order(void **state)
{
	static const char *const globs[] = { "/a/**",  "/a/*.k", "/a/x*", "/b/${p}/c",
					     "/{c,d}", "/a/x.k", "/**/z" };
	struct test *t = *state;
	const char *first = NULL;

	for (unsigned turn = 0; turn < 3; turn++) {
		t->b = (struct ir_builder){ .u = &t->unit };
		for (unsigned i = 0; i < 7; i++) {
			unsigned at = (i * 3 + turn * 2) % 7;
			ir_paths(&t->b, FP_KIND_FILE, at % 3 ? FP_ALLOW : FP_DENY,
				 at % 2 ? R : R | X, globs[at]);
		}
		make(t, "debian-12");
		if (!first)
			first = text(t, CONTEXTS);
		assert_string_equal(text(t, CONTEXTS), first);
	}
}

/* Every path rule has the line of its pattern; every range is whole lines. */
static void test_map(void **state)
{
	struct test *t = *state;
	const struct fp_artifact *a = NULL;
	bool found = false;

	allow(t, R, "/in/**");
	make(t, "debian-12");
	for (size_t i = 0; i < t->out.artifacts.n; i++)
		if (!strcmp(t->out.artifacts.at[i]->name, CONTEXTS))
			a = t->out.artifacts.at[i];
	assert_non_null(a);
	for (size_t i = 0; i < a->map.n; i++) {
		const struct fp_map *m = &a->map.at[i];
		assert_true(m->begin < m->end && m->end <= a->len);
		assert_int_equal(a->data[m->end - 1], '\n');
		assert_true(m->begin == 0 || a->data[m->begin - 1] == '\n');
		found |= t->out.ir->rules[m->rule].kind == FP_KIND_FILE &&
			 !strncmp(a->data + m->begin, "/in(/.*)?\t", 10);
	}
	assert_true(found);
}

static void test_claims_of_others(void **state)
{
	struct test *t = *state;

	ir_limit(&t->b, FP_LIM_MEMORY, 1);
	ir_add(&t->b, FP_KIND_ROOT, "root")->u.root.is_readonly = true;
	ir_add(&t->b, FP_KIND_NO_NEW_PRIVILEGES, "nnp")->u.flag = true;
	ir_device(&t->b, FP_ALLOW, FP_DEV_READ, "/dev/null", 1, 3);
	make(t, "debian-12");
	expect_claim(t, FP_KIND_LIMIT, "memory", FP_CLAIM_NONE);
	expect_claim(t, FP_KIND_ROOT, "root", FP_CLAIM_NONE);
	expect_claim(t, FP_KIND_CALL_DEFAULT, "implied", FP_CLAIM_NONE);
	expect_claim(t, FP_KIND_DEVICE, "/dev/null", FP_CLAIM_NARROWER);
	expect_label(t, CONTEXTS, "/dev/null", "f_R");
	expect_line(t, MODULE, "(process2 (nnp_transition))");
	expect_line(t, MODULE, "rlimitinh");
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(test_regex),        CASE(test_relations),
		CASE(test_types),        CASE(test_new_files),
		CASE(test_moved_files),  CASE(test_plain_create),
		CASE(test_crossing),     CASE(test_host_paths),
		CASE(test_capabilities), CASE(test_classes_by_target),
		CASE(test_sockets),      CASE(test_ports),
		CASE(test_all_ports),    CASE(test_order),
		CASE(test_map),          CASE(test_claims_of_others),
	};

	return cmocka_run_group_tests_name("selinux", tests, NULL, NULL);
}
