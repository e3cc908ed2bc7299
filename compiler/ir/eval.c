/* SPDX-License-Identifier: MIT */
/* Single questions to a sealed IR. */
#include "ir/eval.h"

#include <string.h>

static bool is_permitting(enum fp_action a)
{
	switch (a) {
	case FP_ACT_KILL:
	case FP_ACT_KILL_THREAD:
	case FP_ACT_TRAP:
	case FP_ACT_ERRNO:
		return false;
	case FP_ACT_NOTIFY:
	case FP_ACT_TRACE:
	case FP_ACT_LOG:
	case FP_ACT_ALLOW:
	case FP_ACT_N:
		break;
	}
	return true;
}

static struct fp_answer decided(struct fp_decision d, const struct fp_rule *rule)
{
	return (struct fp_answer){ .effect = is_permitting(d.action) ? FP_ALLOW : FP_DENY,
				   .decision = d,
				   .rule = rule };
}

struct fp_answer fp_eval_rest(const struct fp_ir *ir, const struct fp_sysdef *sys, enum fp_abi abi,
			      uint16_t kernel)
{
	/* A call that the ABI only carries is as old as what carries it. */
	if (sys->nr[abi] >= 0 && fp_ir_is_unknown(ir, sys, abi, kernel))
		return decided(ir->call_unknown, fp_ir_only(ir, FP_KIND_CALL_UNKNOWN));
	return decided(ir->call_default, fp_ir_only(ir, FP_KIND_CALL_DEFAULT));
}

enum sight {
	NEVER,
	MAYBE,
	ALWAYS
};

/*
 * Whether a rule speaks of a call whose arguments are out of sight. An ABI that only carries the
 * call has no parameters to test (`when` is NULL): then the rule's conditions elsewhere tell.
 */
static enum sight unseen(const struct fp_rule *r, const struct fp_sysdef *sys, enum fp_abi abi)
{
	const struct fp_pred *when = r->u.call.when[abi];

	if (when)
		return when->op == FP_PRED_FALSE  ? NEVER
		       : when->op == FP_PRED_TRUE ? ALWAYS
						  : MAYBE;
	if (sys->nr[abi] >= 0)
		return NEVER;
	for (enum fp_abi a = 0; a < FP_ABI_N; a++)
		if (r->u.call.when[a] && r->u.call.when[a]->op != FP_PRED_TRUE)
			return MAYBE;
	return ALWAYS;
}

struct fp_unseen fp_eval_unseen(const struct fp_ir *ir, const struct fp_sysdef *sys,
				enum fp_abi abi)
{
	const struct fp_call_plan *plan = &ir->calls[sys->index];
	struct fp_unseen it = { .decision = { .action = FP_ACT_ALLOW } };

	/* Strictest first: what stands behind a sure one does not count. */
	for (size_t i = 0; i < plan->n && !it.is_sure; i++) {
		enum sight is = unseen(plan->at[i].rule, sys, abi);
		if (is == NEVER)
			continue;
		if (!it.rule) {
			it.rule = plan->at[i].rule;
			it.decision = plan->at[i].decision;
		}
		it.is_sure = is == ALWAYS;
		it.is_tested |= is == MAYBE;
	}
	return it;
}

/* The call that `mux` carries with this selector; ipc(2) reads 16 bits of it (ipc/syscall.c). */
static const struct fp_sysdef *carried(const struct fp_sysdef *mux, enum fp_abi abi,
				       uint64_t selector)
{
	const struct fp_sysdef *by;
	uint32_t sub, seen = (uint32_t)selector;
	struct fp_param p;

	if (fp_sys_param(mux, abi, 0, &p) && p.bytes == 2)
		seen &= 0xffff;
	for (size_t i = 0; i < fp_sys_count(); i++)
		if (fp_sys_multiplexed(fp_sys_at(i), abi, &by, &sub) && by == mux && sub == seen)
			return fp_sys_at(i);
	return NULL;
}

struct fp_answer fp_eval_call(const struct fp_ir *ir, enum fp_abi abi, uint32_t nr,
			      const uint64_t args[6], uint16_t kernel)
{
	const struct fp_sysdef *sys = fp_sys_by_nr(abi, nr), *behind = NULL;
	const struct fp_decision kill = { .action = FP_ACT_KILL };
	struct fp_unseen hidden = { 0 };
	const struct fp_clause *said = NULL;

	if (!fp_abi(abi)->is_native && !(ir->foreign_abis & 1u << abi))
		return decided(kill, fp_ir_only(ir, FP_KIND_CALL_ABI));
	if (!sys)
		return decided(ir->call_unknown, fp_ir_only(ir, FP_KIND_CALL_UNKNOWN));
	const struct fp_call_plan *plan = &ir->calls[sys->index];
	for (size_t i = 0; i < plan->n && !said; i++) {
		const struct fp_pred *when = plan->at[i].rule->u.call.when[abi];
		if (when && fp_pred_holds(when, args))
			said = &plan->at[i];
	}
	if (sys->flags & FP_SYS_MULTIPLEXER)
		behind = carried(sys, abi, args[0]);
	if (behind)
		hidden = fp_eval_unseen(ir, behind, abi);
	if (said && (!hidden.rule || fp_decision_cmp(said->decision, hidden.decision) <= 0))
		return decided(said->decision, said->rule);
	struct fp_answer rest = fp_eval_rest(ir, behind ? behind : sys, abi, kernel);
	if (hidden.rule &&
	    (said || hidden.is_sure || fp_decision_cmp(hidden.decision, rest.decision) <= 0))
		return decided(hidden.decision, hidden.rule);
	return rest;
}

static bool any_match(const struct fp_paths *paths, const char *path, size_t len)
{
	for (size_t i = 0; i < paths->n; i++)
		if (fp_glob_match(paths->at[i], path, len))
			return true;
	return false;
}

#define WRITING                                                                                 \
	(FP_RIGHT_WRITE | FP_RIGHT_CREATE | FP_RIGHT_DELETE | FP_RIGHT_LINK | FP_RIGHT_APPEND | \
	 FP_RIGHT_ATTRIBUTES)

/* The mount that holds the path: the deepest one above it, or NULL for the root file system. */
static const struct fp_rule *mount_of(const struct fp_ir *ir, const char *path)
{
	const struct fp_rule *best = NULL;

	fp_ir_each (ir, FP_KIND_MOUNT, r)
		if (fp_path_is_below(path, r->u.mount.on) &&
		    (!best || strlen(r->u.mount.on) > strlen(best->u.mount.on)))
			best = r;
	return best;
}

static const struct fp_rule *taken_by_mounts(const struct fp_ir *ir, const char *path,
					     uint16_t rights)
{
	const struct fp_rule *mount = mount_of(ir, path);
	const struct fp_rule *root = fp_ir_only(ir, FP_KIND_ROOT);

	const enum fp_kind kinds[] = { FP_KIND_MASK, FP_KIND_READONLY };

	for (size_t k = 0; k < 2; k++)
		fp_ir_each (ir, kinds[k], r)
			if (rights & r->u.file.rights &&
			    fp_path_is_below(path, r->u.file.paths.at[0]->path))
				return r;
	if (mount && mount->u.mount.flags & FP_MNT_READONLY && rights & WRITING)
		return mount;
	if (mount && mount->u.mount.flags & FP_MNT_NOEXEC && rights & FP_RIGHT_EXECUTE)
		return mount;
	if (!mount && root && root->u.root.is_readonly && rights & WRITING)
		return root;
	return NULL;
}

/* To write is also to append: who may not write may not append either. */
static uint16_t file_rights(const struct fp_rule_file *f)
{
	return f->rights & FP_RIGHT_WRITE ? f->rights | FP_RIGHT_APPEND : f->rights;
}

struct fp_answer fp_eval_path(const struct fp_ir *ir, const char *path, uint16_t rights)
{
	size_t len = strlen(path);
	const struct fp_rule *def = fp_ir_only(ir, FP_KIND_FILE_DEFAULT);
	const struct fp_rule *last = def, *denies = NULL;
	uint16_t granted = def && def->u.effect == FP_ALLOW ? FP_RIGHT_ALL : 0;

	fp_ir_each (ir, FP_KIND_FILE, r) {
		uint16_t its = file_rights(&r->u.file);
		if (!any_match(&r->u.file.paths, path, len))
			continue;
		if (r->u.file.effect == FP_DENY) {
			denies = !denies && its & rights ? r : denies;
			continue;
		}
		last = its & rights ? r : last;
		granted |= its;
	}
	if (!denies)
		denies = taken_by_mounts(ir, path, rights);
	if (!denies && !(rights & ~granted))
		return (struct fp_answer){ .effect = FP_ALLOW, .rule = last };
	return (struct fp_answer){ .effect = FP_DENY,
				   .rule = denies ? denies : def,
				   .also = denies && rights & ~granted ? def : NULL };
}

static bool net_match(const struct fp_rule_net *r, enum fp_proto proto,
		      const struct fp_prefix *address, uint16_t port)
{
	bool there = !r->prefix_count;

	if (r->proto != FP_PROTO_ANY && r->proto != proto)
		return false;
	for (size_t i = 0; i < r->prefix_count && !there; i++)
		there = fp_prefix_contains(&r->prefixes[i], address);
	if (!there)
		return false;
	for (size_t i = 0; i < r->port_count; i++)
		if (port >= r->ports[i].first && port <= r->ports[i].last)
			return true;
	return false;
}

struct fp_answer fp_eval_net(const struct fp_ir *ir, bool egress, enum fp_proto proto,
			     const struct fp_prefix *address, uint16_t port)
{
	const struct fp_rule *def =
		fp_ir_only(ir, egress ? FP_KIND_EGRESS_DEFAULT : FP_KIND_INGRESS_DEFAULT);
	struct fp_answer a = { .effect = def ? def->u.effect : FP_DENY, .rule = def };

	fp_ir_each (ir, egress ? FP_KIND_EGRESS : FP_KIND_INGRESS, r) {
		if (!net_match(&r->u.net, proto, address, port))
			continue;
		a = (struct fp_answer){ .effect = r->u.net.effect, .rule = r };
		if (a.effect == FP_DENY)
			break;
	}
	return a;
}

static uint64_t constant(enum fp_abi abi, const char *name)
{
	const struct fp_const *c = fp_const_find(name, strlen(name));

	return c && c->present & 1u << abi ? (uint64_t)c->value[abi] : 0;
}

uint16_t fp_eval_open_rights(enum fp_abi abi, uint64_t flags)
{
	uint64_t mode =
		flags & 3; /* O_ACCMODE: include/uapi/asm-generic/fcntl.h, the same everywhere */
	uint16_t rights = (uint16_t)(mode == 1 ? 0 : FP_RIGHT_READ);

	if (flags & constant(abi, "O_PATH"))
		return FP_RIGHT_READ;
	if (mode)
		rights |= flags & constant(abi, "O_APPEND") ? FP_RIGHT_APPEND : FP_RIGHT_WRITE;
	if (flags & constant(abi, "O_TRUNC"))
		rights |= FP_RIGHT_WRITE;
	if (flags & constant(abi, "O_CREAT"))
		rights |= FP_RIGHT_CREATE;
	return rights;
}

/* ---- tests ---- */

/* Denied on every ABI that has it, or allowed on every one: a test means all of them. */
static void test_call(struct fp_unit *u, const struct fp_ir *ir, struct fp_assertion *t)
{
	const struct fp_subject *s = &t->subject;

	t->outcome = FP_HOLDS;
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
		if (s->call->nr[abi] < 0 ||
		    (!fp_abi(abi)->is_native && !(ir->foreign_abis & 1u << abi)))
			continue;
		struct fp_answer a =
			fp_eval_call(ir, abi, (uint32_t)s->call->nr[abi], s->args[abi], UINT16_MAX);
		const struct fp_pathcall *pc = NULL;
		for (size_t i = 0; s->path && fp_pathcall_at(i); i++)
			if (!strcmp(fp_pathcall_at(i)->call, s->call->name))
				pc = fp_pathcall_at(i);
		if (a.effect == FP_ALLOW && pc) {
			uint16_t rights = pc->by_flags
						  ? fp_eval_open_rights(abi, s->open_flags[abi])
						  : pc->rights;
			a = fp_eval_path(ir, s->path->path, rights);
		}
		if (a.effect == t->wanted)
			continue;
		t->outcome = FP_FAILS;
		t->because = fp_arena_printf(&u->arena, "on %s it is %s by: %s", fp_abi(abi)->name,
					     a.effect == FP_ALLOW ? "allowed" : "denied",
					     a.rule ? a.rule->text : "the default");
		return;
	}
}

static void settle(struct fp_unit *u, struct fp_assertion *t, struct fp_answer a)
{
	t->outcome = a.effect == t->wanted ? FP_HOLDS : FP_FAILS;
	if (t->outcome == FP_FAILS)
		t->because = fp_arena_printf(&u->arena, "it is %s by: %s",
					     a.effect == FP_ALLOW ? "allowed" : "denied",
					     a.rule ? a.rule->text : "the default");
}

/* A test gives single examples; its peer is one address with one port. */
static void test_net(struct fp_unit *u, const struct fp_ir *ir, struct fp_assertion *t)
{
	const struct fp_rule_net *n = &t->subject.net;
	const struct fp_prefix *p = n->prefixes;
	bool single = n->prefix_count == 1 && p->bits == (p->family == FP_IPV4 ? 32 : 128) &&
		      n->port_count == 1 && n->proto != FP_PROTO_ANY &&
		      (n->ports[0].first == n->ports[0].last || n->proto == FP_PROTO_ICMP);

	if (!single) {
		fp_diag(u, FP_E_TEST_FORM, t->span,
			"a test names one address, one protocol and one port");
		fp_diag_help(u, "ranges belong to `never` and `expect`");
		return;
	}
	settle(u, t,
	       fp_eval_net(ir, t->subject.kind == FP_SUBJECT_EGRESS, n->proto, p,
			   n->proto == FP_PROTO_ICMP ? 0 : n->ports[0].first));
}

static void test_path(struct fp_unit *u, const struct fp_ir *ir, struct fp_assertion *t)
{
	if (!t->subject.path->is_plain) {
		fp_diag(u, FP_E_TEST_FORM, t->span, "a test names one path");
		fp_diag_help(u, "patterns belong to `never` and `expect`");
		return;
	}
	settle(u, t, fp_eval_path(ir, t->subject.path->path, t->subject.rights));
}

void fp_eval_tests(struct fp_unit *u, struct fp_ir *ir)
{
	for (size_t i = 0; i < ir->assertion_count; i++) {
		struct fp_assertion *t = &ir->assertions[i];
		if (t->kind != FP_ASSERT_TEST)
			continue;
		switch (t->subject.kind) {
		case FP_SUBJECT_CALL:
			test_call(u, ir, t);
			break;
		case FP_SUBJECT_PATH:
			test_path(u, ir, t);
			break;
		case FP_SUBJECT_EGRESS:
		case FP_SUBJECT_INGRESS:
			test_net(u, ir, t);
			break;
		case FP_SUBJECT_CAPABILITY:
			settle(u, t,
			       (struct fp_answer){ .effect = ir->caps >> t->subject.cap & 1
								     ? FP_ALLOW
								     : FP_DENY,
						   .rule = fp_ir_only(ir, FP_KIND_CAPABILITY) });
			break;
		}
		if (t->outcome == FP_FAILS && !t->is_query) {
			fp_diag(u, FP_E_TEST, t->span, "test fails: %s must be %s", t->text,
				t->wanted == FP_ALLOW ? "allowed" : "denied");
			fp_diag_note(u, t->span, "%s", t->because);
		}
	}
}
