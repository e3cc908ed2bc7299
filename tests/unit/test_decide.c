/* SPDX-License-Identifier: MIT */
/* Refinement: its laws on random policies, its order for each kind of rule, and its budget. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "analysis/diff.h"
#include "ir/canon.h"
#include "ir/decide.h"
#include "ir/domain_calls.h"
#include "ir/eval.h"
#include "prover_unit.h"
#include "random.h"
#include "sema/sema.h"

static const struct fp_excesses *refine(const struct fp_ir *a, const struct fp_ir *b,
					enum fp_relation relation)
{
	struct fp_excesses *more = FP_NEW(&u.arena, struct fp_excesses);

	fp_refine(&prover, a, b, relation, more);
	assert_false(more->is_undecided);
	return more;
}

static bool is_within(const struct fp_ir *a, const struct fp_ir *b)
{
	return !refine(a, b, FP_RELATION_WITHIN)->list.n;
}

/* ---- random policies ---- */

static const char *pick(const char *const *from, size_t n)
{
	return from[random_below((uint32_t)n)];
}

#define PICK(list) pick(list, sizeof(list) / sizeof((list)[0]))

static const char *const conditions[] = {
	"socket(domain) where domain in { AF_UNIX, AF_INET }",
	"socket(domain, type) where domain == AF_INET and type & 15 == 1",
	"ioctl(request) where request < 0x5400 or request == 0x5413",
	"clone(flags) where flags lacks CLONE_NEWUSER",
	"mprotect(prot) where prot has PROT_EXEC and prot has PROT_WRITE",
	"setpriority(prio) where prio > -5 and prio < 5",
	"fchmod(mode) where mode only { S_IRUSR, S_IWUSR }",
	"lseek(offset) where offset < 0x10000000",
};
static const char *const names[] = {
	"read, write",   "socket", "ptrace, clone", "mount",
	"openat, close", "ioctl",  "uretprobe",     "socketcall, ipc"
};
static const char *const verbs[] = { "allow", "deny", "kill", "log", "notify" };
static const char *const files[] = { "\"/usr/**\"", "\"/tmp/*\"", "\"/etc/passwd\"", "\"/**/key\"",
				     "\"/usr/lib/*.so\"" };
static const char *const peers[] = { "any", "10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32" };
static const char *const caps[] = { "chown", "kill, setuid", "net_raw", "net_admin, chown" };
static const char *const devices[] = { "/dev/null", "/dev/zero, /dev/full",
				       "/dev/fuse char 10:229" };
static const char *const limits[] = { "pids 10",        "cpu 2.0",         "open-files 100",
				      "file-size 1MiB", "stack unlimited", "core 0" };

/* Statements that add up; none of them twice where that would contradict. */
static const char *statement(const char *verb)
{
	const char *v = verb ? verb : PICK(verbs);
	bool denies = *v == 'd' || *v == 'k';

	switch (random_below(7)) {
	case 0:
	case 1:
		return fp_arena_printf(&u.arena, "syscalls { %s %s; }\n", v, PICK(conditions));
	case 2:
		return fp_arena_printf(&u.arena, "syscalls { %s %s; }\n", v, PICK(names));
	case 3:
		return fp_arena_printf(&u.arena, "files { %s %s %s; }\n", denies ? "deny" : "allow",
				       random_below(2) ? "read" : "write, execute", PICK(files));
	case 4:
		return fp_arena_printf(&u.arena, "egress { %s tcp to %s port %u; }\n",
				       denies ? "deny" : "allow", PICK(peers),
				       20 + random_below(4));
	case 5:
		return fp_arena_printf(&u.arena, "ingress { %s udp from %s; }\n",
				       denies ? "deny" : "allow", PICK(peers));
	default:
		return fp_arena_printf(&u.arena, "devices { %s read %s; }\n",
				       denies ? "deny" : "allow", PICK(devices));
	}
}

static const char *draw_policy(void)
{
	struct fp_buf b;
	size_t n = random_below(9);

	fp_buf_init(&b, &u.arena);
	for (size_t i = 0; i < n; i++)
		fp_buf_puts(&b, statement(NULL));
	fp_buf_printf(&b,
		      "syscalls { default %s; %s deny socketcall(call) where call == 1; deny "
		      "ipc(call) where call == 2; }\n",
		      random_below(3) ? "deny" : "allow", random_below(2) ? "abi i386;" : "");
	if (random_below(2))
		fp_buf_printf(&b, "capabilities { allow %s; }\n", PICK(caps));
	if (random_below(2))
		fp_buf_printf(&b, "limits { %s; }\n", PICK(limits));
	if (random_below(3) == 0)
		fp_buf_puts(&b, "namespaces { host network; }\n");
	if (random_below(3) == 0)
		fp_buf_puts(&b, "process { new-privileges; }\n");
	if (random_below(2))
		fp_buf_puts(&b, "mounts { root writable; }\n");
	return fp_buf_text(&b);
}

static size_t pairs, related;

static void laws(void **state)
{
	(void)state;
	for (int round = 0; round < 150; round++) {
		begin();
		const char *text = draw_policy();
		const char *deny = fp_arena_printf(&u.arena, "%s%s", text, statement("deny"));
		const char *both = fp_arena_printf(&u.arena, "%s%s", deny, statement("kill"));
		const struct fp_ir *p = resolve(text), *less = resolve(deny),
				   *least = resolve(both);
		const struct fp_ir *more =
			resolve(fp_arena_printf(&u.arena, "%s%s", text, statement("allow")));
		const struct fp_ir *other = resolve(draw_policy());
		/* Reflexive; a deny never widens, an allow never narrows; transitive. */
		assert_true(is_within(p, p) && is_within(other, other));
		assert_true(is_within(less, p) && is_within(least, less) && is_within(least, p));
		assert_true(is_within(p, more) && is_within(least, more));
		bool in = is_within(other, p), out = is_within(p, other);
		pairs += 2;
		related += (size_t)in + (size_t)out;
		if (out)
			assert_true(is_within(least, other));
		if (in)
			assert_true(is_within(other, more));
		/* What holds for a bound holds for a base, but for mounts: and these have none. */
		assert_int_equal(refine(other, p, FP_RELATION_EXTENDS)->list.n == 0, in);
		end();
	}
	printf("measured: %zu pairs of random policies, %zu refinements, 0 laws broken\n", pairs,
	       related);
}

/* ---- the laws of comparison, and its examples put to evaluation ---- */

static struct fp_diff *compare(const struct fp_ir *old, const struct fp_ir *new)
{
	struct fp_diff *d = FP_NEW(&u.arena, struct fp_diff);

	fp_diff(&u, old, new, NULL, d);
	assert_false(d->whole.may_be_wider || d->whole.may_be_narrower);
	return d;
}

/* "CONST|0x10" of an argument, as print_value() tells it. */
static uint64_t value_of(const char *text, size_t n, enum fp_abi abi)
{
	uint64_t value = 0;

	for (const char *at = text, *end = text + n; at < end;) {
		const char *bar = memchr(at, '|', (size_t)(end - at));
		size_t len = (size_t)((bar ? bar : end) - at);
		const struct fp_const *c = fp_const_find(at, len);
		value |= c ? (uint64_t)c->value[abi] : strtoull(at, NULL, 0);
		at += len + 1;
	}
	return value;
}

/* "socket(domain AF_ALG, type 0) on x86_64" back to a call. */
static const struct fp_sysdef *call_of(const char *text, enum fp_abi *abi, uint64_t args[6])
{
	const char *open = strchr(text, '('), *on = strstr(text, ") on ");
	const struct fp_sysdef *sys = fp_sys_find(text, (size_t)(open - text));

	assert_non_null(sys);
	assert_true(fp_abi_find(on + 5, strlen(on + 5), abi));
	memset(args, 0, 6 * sizeof(args[0]));
	for (const char *at = open + 1; at < on;) {
		const char *space = strchr(at, ' ');
		const char *end = space + strcspn(space, ",)");
		struct fp_param p;
		assert_true(fp_sys_param_find(sys, *abi, at, (size_t)(space - at), &p));
		uint64_t v = value_of(space + 1, (size_t)(end - space - 1), *abi);
		args[p.lo / 2] |= (v & UINT32_MAX) << (p.lo % 2 ? 32 : 0);
		if (p.hi != FP_WORD_NONE)
			args[p.hi / 2] |= v >> 32 << (p.hi % 2 ? 32 : 0);
		at = end + 2;
	}
	return sys;
}

static size_t confirmed;

static void confirm_call(const struct fp_change *c, const struct fp_ir *more,
			 const struct fp_ir *less)
{
	uint64_t args[6];
	enum fp_abi abi;

	if (!strncmp(c->witness, "call number", 11))
		return;
	uint32_t nr = (uint32_t)call_of(c->witness, &abi, args)->nr[abi];
	struct fp_decision a = fp_eval_call(more, abi, nr, args, UINT16_MAX).decision;
	struct fp_decision b = fp_eval_call(less, abi, nr, args, UINT16_MAX).decision;
	unsigned mine = fp_domain_rank(a.action), theirs = fp_domain_rank(b.action);
	if (c->kind == FP_CHANGE_OTHER)
		assert_true(mine == theirs && (a.action != b.action || a.data != b.data));
	else if (c->domain == FP_DOMAIN_AUDIT)
		assert_true(a.action == FP_ACT_ALLOW && b.action == FP_ACT_LOG);
	else
		assert_true(mine > theirs);
	confirmed++;
}

static void confirm_path(const struct fp_change *c, const struct fp_ir *more,
			 const struct fp_ir *less)
{
	const char *quote = strchr(c->witness, '"') + 1;
	const char *path = fp_arena_text(&u.arena, quote, strlen(quote) - 1);

	for (const struct fp_right_name *r = fp_right_names; r->name; r++) {
		const char *word = strstr(c->witness, r->name);
		if (!word || word >= quote)
			continue;
		assert_true(fp_eval_path(more, path, r->bit).effect == FP_ALLOW &&
			    fp_eval_path(less, path, r->bit).effect == FP_DENY);
		confirmed++;
	}
}

/* "tcp to 10.0.0.1 port 22" */
static void confirm_packet(const struct fp_change *c, const struct fp_ir *more,
			   const struct fp_ir *less)
{
	bool egress = c->domain == FP_DOMAIN_EGRESS;
	const char *peer = strstr(c->witness, egress ? " to " : " from ") + (egress ? 4 : 6);
	const char *port = strstr(peer, " port ");
	size_t n = port ? (size_t)(port - peer) : strlen(peer);
	enum fp_proto proto = FP_PROTO_TCP;
	struct fp_prefix address;
	uint16_t number = port ? (uint16_t)strtoul(port + 6, NULL, 10) : 0;

	while (strncmp(c->witness, fp_proto_names[proto], strlen(fp_proto_names[proto])))
		proto++;
	assert_int_equal(fp_prefix_parse(peer, n, &address), FP_PREFIX_OK);
	assert_true(fp_eval_net(more, egress, proto, &address, number).effect == FP_ALLOW &&
		    fp_eval_net(less, egress, proto, &address, number).effect == FP_DENY);
	confirmed++;
}

static void confirm(const struct fp_diff *d)
{
	for (size_t i = 0; i < d->changes.n; i++) {
		const struct fp_change *c = &d->changes.at[i];
		const struct fp_ir *more = c->kind == FP_CHANGE_NARROWER ? d->old : d->new;
		const struct fp_ir *less = more == d->new ? d->old : d->new;
		if (!c->witness)
			continue;
		if (c->domain == FP_DOMAIN_CALLS || c->domain == FP_DOMAIN_AUDIT)
			confirm_call(c, more, less);
		else if (c->domain == FP_DOMAIN_PATHS)
			confirm_path(c, more, less);
		else if (c->domain == FP_DOMAIN_EGRESS || c->domain == FP_DOMAIN_INGRESS)
			confirm_packet(c, more, less);
	}
}

static enum fp_diff_outcome mirrored(enum fp_diff_outcome v)
{
	return v == FP_VERDICT_WIDER      ? FP_VERDICT_NARROWER
	       : v == FP_VERDICT_NARROWER ? FP_VERDICT_WIDER
					  : v;
}

/* Each change has its mirror image, with the same example where the order does not choose one. */
static void check_mirror(const struct fp_diff *there, const struct fp_diff *back)
{
	size_t n[2][3] = { 0 };

	for (enum fp_domain k = 0; k < FP_DOMAIN_N; k++)
		assert_int_equal(mirrored(fp_diff_verdict(&there->domains[k])),
				 fp_diff_verdict(&back->domains[k]));
	for (size_t i = 0; i < there->changes.n; i++)
		n[0][there->changes.at[i].kind]++;
	for (size_t i = 0; i < back->changes.n; i++)
		n[1][back->changes.at[i].kind]++;
	assert_int_equal(n[0][FP_CHANGE_WIDER] != 0, n[1][FP_CHANGE_NARROWER] != 0);
	assert_int_equal(n[0][FP_CHANGE_NARROWER] != 0, n[1][FP_CHANGE_WIDER] != 0);
	assert_string_equal(there->old_digest, back->new_digest);
}

/* What goes into a gate. */
static bool passes(const struct fp_diff *d)
{
	return !d->whole.is_wider;
}

/* The sections of a policy in another order. */
static const char *shuffled(const char *text)
{
	const char *lines[64];
	size_t lengths[64], n = 0;
	struct fp_buf b;

	for (const char *at = text; *at && n < 64; n++) {
		lines[n] = at;
		lengths[n] = strcspn(at, "\n") + 1;
		at += lengths[n];
	}
	fp_buf_init(&b, &u.arena);
	for (; n; n--) {
		size_t i = random_below((uint32_t)n);
		fp_buf_add(&b, lines[i], lengths[i]);
		lines[i] = lines[n - 1];
		lengths[i] = lengths[n - 1];
	}
	return fp_buf_text(&b);
}

#define COMPARISONS 500

static void comparisons_have_their_laws(void **state)
{
	size_t verdicts[6] = { 0 }, chains = 0;

	(void)state;
	for (int round = 0; round < COMPARISONS; round++) {
		begin();
		const char *text = draw_policy();
		const struct fp_ir *p = resolve(text), *same = resolve(shuffled(text));
		const struct fp_ir *q = resolve(
			random_below(3) ? fp_arena_printf(&u.arena, "%s%s", text, statement(NULL))
					: draw_policy());
		const struct fp_ir *r = resolve(draw_policy());
		const struct fp_diff *itself = compare(p, same), *there = compare(p, q),
				     *back = compare(q, p), *on = compare(q, r),
				     *over = compare(p, r);
		assert_int_equal(fp_diff_verdict(&itself->whole), FP_VERDICT_IDENTICAL);
		assert_int_equal(itself->changes.n, 0);
		assert_string_equal(itself->old_digest, itself->new_digest);
		check_mirror(there, back);
		if (passes(there) && passes(on)) {
			assert_true(passes(over));
			chains++;
		}
		if (!strcmp(there->old_digest, there->new_digest))
			assert_int_equal(fp_diff_verdict(&there->whole), FP_VERDICT_IDENTICAL);
		/* The gate agrees with the engine that compiles. */
		if (passes(there))
			assert_true(!refine(q, p, FP_RELATION_EXTENDS)->list.n);
		verdicts[fp_diff_verdict(&there->whole)]++;
		confirm(there);
		confirm(on);
		end();
	}
	assert_true(verdicts[FP_VERDICT_WIDER] > 40 && verdicts[FP_VERDICT_NARROWER] > 40 &&
		    verdicts[FP_VERDICT_INCOMPARABLE] > 40 && verdicts[FP_VERDICT_IDENTICAL] > 10);
	printf("measured: %d pairs of random policies, %zu wider, %zu narrower, %zu both; %zu chains; "
	       "%zu examples, 0 refuted\n",
	       COMPARISONS * 5, verdicts[FP_VERDICT_WIDER], verdicts[FP_VERDICT_NARROWER],
	       verdicts[FP_VERDICT_INCOMPARABLE], chains, confirmed);
}

/* ---- an allow that nothing shadows widens, with an example that evaluation confirms ---- */

static size_t widened;

/* Every call of which `a` lets more through: put to evaluation. */
static size_t wider_calls(const struct fp_ir *a, const struct fp_ir *b)
{
	size_t n = 0;

	for (size_t i = 0; i < fp_sys_count(); i++)
		for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
			const struct fp_sysdef *sys = fp_sys_at(i);
			struct fp_dd_set bits;
			uint64_t args[6];
			if (sys->nr[abi] < 0 || !fp_domain_is_open(a, abi) ||
			    !fp_domain_is_open(b, abi) || sys->flags & FP_SYS_UNFILTERED)
				continue;
			uint32_t more = fp_domain_wider(
				&prover.dd, fp_domain_call(&prover.dd, a, sys, abi, UINT16_MAX),
				fp_domain_call(&prover.dd, b, sys, abi, UINT16_MAX));
			if (more == FP_DD_FALSE)
				continue;
			n++;
			fp_dd_witness(&prover.dd, more, &bits);
			fp_domain_args(&bits, args);
			uint32_t nr = (uint32_t)sys->nr[abi];
			unsigned mine = fp_domain_rank(
				fp_eval_call(a, abi, nr, args, UINT16_MAX).decision.action);
			unsigned theirs = fp_domain_rank(
				fp_eval_call(b, abi, nr, args, UINT16_MAX).decision.action);
			assert_true(mine > theirs);
		}
	return n;
}

static void an_allow_widens(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
		struct fp_excesses more = { 0 };
		begin();
		const struct fp_ir *b = resolve("syscalls { default deny; allow read; }");
		const struct fp_ir *a = resolve(fp_arena_printf(
			&u.arena, "syscalls { default deny; allow read; allow %s; }",
			conditions[i]));
		size_t n = wider_calls(a, b);
		assert_true(n > 0);
		assert_int_equal(wider_calls(b, a), 0);
		fp_refine_calls(&prover, a, b, &more);
		assert_int_equal(more.list.n, 1);
		size_t len = strcspn(conditions[i], "(");
		assert_memory_equal(more.list.at[0].example, conditions[i], len);
		widened += n;
		/* Shadowed by a deny of all of the call it does not. */
		const struct fp_ir *shadowed = resolve(fp_arena_printf(
			&u.arena, "syscalls { default deny; allow read; allow %s; deny %.*s; }",
			conditions[i], (int)len, conditions[i]));
		assert_int_equal(wider_calls(shadowed, b), 0);
		end();
	}
	for (int round = 0; round < 100; round++) {
		struct fp_excesses more = { 0 };
		begin();
		const struct fp_ir *a = resolve(draw_policy()), *b = resolve(draw_policy());
		size_t n = wider_calls(a, b);
		fp_refine_calls(&prover, a, b, &more);
		bool found = more.list.n && strncmp(more.list.at[0].example, "call number", 11);
		if (a->foreign_abis == b->foreign_abis)
			assert_int_equal(n != 0, found);
		widened += n;
		end();
	}
	printf("measured: %zu examples of calls, 0 refuted by evaluation\n", widened);
}

/* ---- the order of each kind ---- */

struct order {
	const char *more, *less; /* sections of two policies: the first permits more */
	const char *example;     /* NULL: it does not after all */
	bool extends;
};

static const struct order orders[] = {
	{ "capabilities { allow chown, kill; }", "capabilities { allow kill; }", "capability chown",
	  false },
	{ "process { user 0:1; }", "", "being user 0, root", false },
	{ "process { user 1:0; }", "", "being in group 0, root's", false },
	{ "process { user 1:1 groups 5, 7; }", "process { user 2:2 groups 5; }", "being in group 7",
	  false },
	{ "process { user 1:1 groups 5; }", "process { user 2:5; }", NULL, false },
	{ "process { user 1000:1000; }", "", NULL, false },
	{ "process { new-privileges; }", "", "new privileges by execve", false },
	{ "process { umask 000; working-directory \"/tmp\"; }", "", NULL, false },
	{ "namespaces { host ipc; }", "", "the host's ipc namespace", false },
	{ "namespaces { map users 0..9 to 0; map groups 0..9 to 100000; }", "",
	  "user 0 of the host", false },
	{ "namespaces { map users 0..9 to 5; map groups 0..9 to 7; }", "", NULL, false },
	{ "mounts { root writable; } files { allow write \"/a\"; }",
	  "files { allow write \"/a\"; }", "write \"/a\"", false },
	{ "mounts { root writable; }", "", NULL, false },
	{ "mounts { bind \"/srv\" on \"/a\"; }", "", NULL, false },
	{ "mounts { bind \"/srv\" on \"/a\"; }", "", "\"/srv\" of the host on \"/a\"", true },
	{ "mounts { tmpfs on \"/a\"; }", "", NULL, true },
	{ "mounts { bind \"/srv\" on \"/a\"; }", "mounts { bind \"/srv/x\" on \"/a\"; }",
	  "\"/srv\" of the host on \"/a\"", false },
	{ "mounts { bind \"/srv/x\" on \"/a\"; }", "mounts { bind \"/srv\" on \"/a\"; }", NULL,
	  true },
	{ "mounts { bind \"/srv\" on \"/a\" recursive; }", "mounts { bind \"/srv\" on \"/a\"; }",
	  "mounts below the one on \"/a\"", false },
	{ "mounts { tmpfs on \"/a\" size 2MiB; }", "mounts { tmpfs on \"/a\" size 1MiB; }",
	  "a larger file system on \"/a\"", false },
	{ "mounts { tmpfs on \"/a\"; }", "mounts { tmpfs on \"/a\" size 1MiB; }",
	  "a larger file system on \"/a\"", false },
	{ "mounts { tmpfs on \"/a\"; }", "mounts { tmpfs on \"/a\" nosuid; }",
	  "setuid programs on \"/a\"", false },
	{ "mounts { tmpfs on \"/a\" nosuid; tmpfs on \"/a/b\" nodev; }",
	  "mounts { tmpfs on \"/a\" nosuid, nodev; }", "device nodes on \"/a\"", false },
	{ "mounts { tmpfs on \"/a\" nosuid; tmpfs on \"/a/b\"; }",
	  "mounts { tmpfs on \"/a\" nosuid; tmpfs on \"/a/b\" nosuid; }",
	  "setuid programs on \"/a/b\"", false },
	{ "", "mounts { tmpfs on \"/a\" nosymfollow; }", "symbolic links on \"/a\"", false },
	{ "files { allow execute \"/a\"; } mounts { tmpfs on \"/a\"; }",
	  "files { allow execute \"/a\"; } mounts { tmpfs on \"/a\" noexec; }", "execute \"/a\"",
	  false },
	{ "devices { allow read, mknod /dev/null; }", "devices { allow read /dev/null; }",
	  "mknod of device /dev/null", false },
	{ "devices { default allow; deny read /dev/null; }", "devices { allow read /dev/null; }",
	  "read of device nodes no rule names", false },
	{ "devices { allow read /dev/null; }",
	  "devices { default allow; deny read /dev/null, /dev/zero; }", "read of device /dev/null",
	  false },
	{ "devices { allow read /dev/zero; deny read /dev/zero; }", "", NULL, false },
	{ "limits { pids 65; }", "", "pids 65", false },
	{ "limits { pids 64; }", "", NULL, false },
	{ "limits { memory unlimited; }", "", "memory unlimited", false },
	{ "", "limits { file-size 1MiB; }", "file-size without a limit", false },
	{ "limits { memory 64MiB; }", "limits { memory 64MiB high 32MiB; }",
	  "memory-high without a limit", false },
	{ "limits { memory 16MiB; }", "limits { memory 64MiB high 32MiB; }", NULL, false },
	{ "limits { memory 64MiB low 1MiB; }", "limits { memory 64MiB; }", "memory-low 1MiB",
	  false },
	{ "limits { cpu-weight 101; }", "", "cpu-weight 101", false },
	{ "limits { cpu-weight 99; }", "", NULL, false },
	{ "", "limits { cpu-weight 99; }", "cpu-weight without a limit", false },
	{ "limits { cpu-set \"0-4\"; }", "limits { cpu-set \"0,1-3,5\"; }", "CPU 4", false },
	{ "limits { cpu-set \"1-2\"; }", "limits { cpu-set \"0-3\"; }", NULL, false },
	{ "", "limits { cpu-set \"0-3\"; }", "every CPU", false },
	{ "limits { io \"/dev/vda\" block 254:0 read 2MiB/s; }",
	  "limits { io \"/dev/vda\" block 254:0 read 1MiB/s; }",
	  "io \"/dev/vda\" block 254:0 read 2MiB/s", false },
	{ "limits { io \"/dev/vdb\" block 254:1 read 1MiB/s; }",
	  "limits { io \"/dev/vda\" block 254:0 read 1MiB/s; }",
	  "io read of /dev/vda without a limit", false },
	{ "limits { io \"/dev/vdb\" block 254:0 read 1MiB/s; }",
	  "limits { io \"/dev/vda\" block 254:0 read 1MiB/s; }",
	  "io read of /dev/vda without a limit", false },
	{ "syscalls { abi i386; default allow; }", "syscalls { default allow; }", "_llseek",
	  false },
	{ "syscalls { notify read; }", "syscalls { allow read; }", NULL, false },
	{ "syscalls { log read; }", "syscalls { notify read; }", "read(0, 0, 0) on x86_64", false },
	{ "syscalls { log read; } audit { denied; }", "syscalls { allow read; }", NULL, false },
	{ "syscalls { deny read; }", "", NULL, false },
	{ "syscalls { unknown allow; }", "", "call number", false },
	{ "syscalls { allow uprobe; }", "", NULL, false },
	{ "syscalls { allow socket(domain) where domain == AF_ALG; }", "",
	  "socket(AF_ALG, 0, 0) on x86_64", false },
	{ "syscalls { allow setpriority(prio) where prio < 0; }", "",
	  "setpriority(0, 0, 0x80000000) on x86_64", false },
};

static void kinds_have_their_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		const struct order *o = &orders[i];
		begin();
		const struct fp_excesses *more =
			refine(resolve(o->more), resolve(o->less),
			       o->extends ? FP_RELATION_EXTENDS : FP_RELATION_WITHIN);
		const char *got = more->list.n ? more->list.at[0].example : "nothing";
		const char *want = o->example ? o->example : "nothing";
		if (strncmp(got, want, strlen(want)))
			fail_msg("'%s' beyond '%s': got %s, want %s", o->more, o->less, got, want);
		end();
	}
}

/* ---- the budget ---- */

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Masks of three random bits of four arguments: no order of the bits makes them small. */
static const char *hard_policy(void)
{
	static const char *const params[] = { "length", "prot", "flags" };
	struct fp_buf b;

	fp_buf_init(&b, &u.arena);
	fp_buf_puts(&b, "syscalls { default deny; allow mmap(length, prot, flags, offset) where\n");
	for (int i = 0; i < 64; i++) {
		uint64_t masks[2];
		for (int k = 0; k < 2; k++)
			masks[k] = 1ull << random_below(30) | 1ull << random_below(30);
		fp_buf_printf(&b, "%s %s & 0x%llx == 0x%llx and offset & 0x%llx == 0x%llx\n",
			      i ? "or" : "", params[random_below(3)], (unsigned long long)masks[0],
			      (unsigned long long)masks[0], (unsigned long long)masks[1],
			      (unsigned long long)masks[1]);
	}
	fp_buf_puts(&b, "; }");
	return fp_buf_text(&b);
}

static void the_budget_holds(void **state)
{
	const struct fp_budget small = { 20000, 1000 };
	struct fp_excesses more = { 0 };

	(void)state;
	begin();
	const struct fp_ir *a = resolve(hard_policy());
	const struct fp_ir *b = resolve("syscalls { default deny; }");
	fp_prover_init(&prover, &u, &small);
	double from = cpu();
	size_t before = u.arena.used;
	fp_refine_calls(&prover, a, b, &more);
	assert_true(more.is_undecided && prover.dd.is_spent);
	assert_int_equal(more.list.n, 0);
	assert_true(cpu() - from < 1.0);
	assert_true(u.arena.used - before < (size_t)4 << 20);
	/* What needs no diagram is decided all the same. */
	fp_refine_limits(&prover, a, b, &more);
	assert_int_equal(more.list.n, 0);
	end();

	begin();
	a = resolve(hard_policy());
	b = resolve("syscalls { default deny; }");
	from = cpu();
	before = u.arena.used;
	memset(&more, 0, sizeof(more));
	fp_refine_calls(&prover, a, b, &more);
	double took = cpu() - from;
	size_t bytes = u.arena.used - before;
	printf("measured: 64 pairs of random masks: %s, %.2f s, %u nodes, %zu MiB\n",
	       more.is_undecided ? "undecided" : "decided", took, prover.dd.n, bytes >> 20);
	assert_true(bytes < (size_t)64 << 20);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(laws),
		cmocka_unit_test(comparisons_have_their_laws),
		cmocka_unit_test(an_allow_widens),
		cmocka_unit_test(kinds_have_their_order),
		cmocka_unit_test(the_budget_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
