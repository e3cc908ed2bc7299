/* SPDX-License-Identifier: MIT */
/* What the blobs do about each rule, and why a filter says nothing about most kinds. */
#include "backends/seccomp/plan.h"

#include <string.h>

static const char *const silence[FP_KIND_N] = {
	[FP_KIND_CAPABILITY] = "a filter sees no credentials",
	[FP_KIND_USER] = "a filter sees no credentials",
	[FP_KIND_NO_NEW_PRIVILEGES] = "the loader sets it before it attaches the filter",
	[FP_KIND_UMASK] = "an attribute of the process, not a call",
	[FP_KIND_WORKDIR] = "an attribute of the process, not a call",
	[FP_KIND_NAMESPACE] = "namespaces are made before the filter is attached",
	[FP_KIND_ID_MAP] = "identities are mapped before the filter is attached",
	[FP_KIND_ROOT] = "a filter sees no mounts",
	[FP_KIND_MOUNT] = "a filter sees no mounts",
	[FP_KIND_MASK] = "a filter sees pointers to paths, not paths",
	[FP_KIND_READONLY] = "a filter sees pointers to paths, not paths",
	[FP_KIND_FILE_DEFAULT] = "a filter sees pointers to paths, not paths",
	[FP_KIND_FILE] = "a filter sees pointers to paths, not paths",
	[FP_KIND_EGRESS_DEFAULT] = "a filter sees pointers to addresses, not addresses",
	[FP_KIND_EGRESS] = "a filter sees pointers to addresses, not addresses",
	[FP_KIND_INGRESS_DEFAULT] = "a filter sees pointers to addresses, not addresses",
	[FP_KIND_INGRESS] = "a filter sees pointers to addresses, not addresses",
	[FP_KIND_DEVICE_DEFAULT] = "a filter sees no device nodes",
	[FP_KIND_DEVICE] = "a filter sees no device nodes",
	[FP_KIND_LIMIT] = "a filter counts nothing",
};

const char *fp_seccomp_silence(enum fp_kind kind)
{
	return silence[kind];
}

struct judge {
	struct fp_call_context *c;
	struct fp_claim *claims;
};

static void claim(struct judge *j, const struct fp_rule *r, enum fp_claim_kind kind,
		  const char *reason)
{
	j->claims[r->id] = (struct fp_claim){ .kind = kind, .reason = reason };
}

/* Calls for which kernels skip every filter, by the feature that says so. */
static const struct {
	const char *name;
	enum fp_feat sees;
} unfiltered[] = {
	{ "uretprobe", FP_FEAT_SECCOMP_SEES_URETPROBE },
	{ "uprobe", FP_FEAT_SECCOMP_SEES_UPROBE },
};

/* Native numbers only: the kernel's exception is for neither i386 nor x32. */
static bool is_unfiltered(const struct fp_call_context *c, const struct fp_sysdef *sys)
{
	if (!(sys->flags & FP_SYS_UNFILTERED) || !c->target->archs[FP_ARCH_X86_64])
		return false;
	for (size_t i = 0; i < sizeof(unfiltered) / sizeof(*unfiltered); i++)
		if (!strcmp(unfiltered[i].name, sys->name))
			return !fp_target_has(c->target, unfiltered[i].sees);
	return sys->since[FP_ABI_X86_64] <=
	       FP_SINCE(c->target->kernel.major, c->target->kernel.minor);
}

static bool is_letting_through(struct fp_decision d)
{
	return d.action == FP_ACT_ALLOW || d.action == FP_ACT_LOG;
}

struct need {
	enum fp_feat feat;
	enum fp_claim_kind kind;
	const char *reason;
};

/* What older kernels make of an action: kernel/seccomp.c kills for values that it does not know. */
static const struct need needs[FP_ACT_N] = {
	[FP_ACT_KILL] = { FP_FEAT_SECCOMP_KILL_PROCESS, FP_CLAIM_WIDER, "ends the thread only" },
	[FP_ACT_NOTIFY] = { FP_FEAT_SECCOMP_USER_NOTIF, FP_CLAIM_NARROWER, "the call is killed" },
	[FP_ACT_LOG] = { FP_FEAT_SECCOMP_LOG, FP_CLAIM_NARROWER, "the call is killed" },
};

static bool claim_action(struct judge *j, const struct fp_rule *r, struct fp_decision d)
{
	const struct need *need = &needs[d.action];

	if (need->reason && !fp_target_has(j->c->target, need->feat)) {
		claim(j, r, need->kind,
		      fp_arena_printf(&j->c->unit->arena, "%s: %s", need->reason,
				      fp_target_why(j->c->target, need->feat)));
		return true;
	}
	return false;
}

static bool is_anywhere(const struct fp_call_context *c, const struct fp_call_set *calls)
{
	for (size_t i = 0; i < calls->n; i++)
		for (unsigned abi = 0; abi < FP_ABI_N; abi++)
			if ((c->open >> abi & 1) && fp_sys_at(calls->at[i])->nr[abi] >= 0)
				return true;
	return false;
}

/* Without a listener or a tracer the kernel answers ENOSYS: still no more than the rule says. */
static const char *remark(const struct judge *j, const struct fp_rule *r)
{
	const struct fp_rule_call *call = &r->u.call;

	if (!is_anywhere(j->c, &call->calls))
		return "no ABI that is open on the target has the call";
	if (call->decision.action == FP_ACT_NOTIFY)
		return "the loader takes the listener (seccomp/flags); without one the call fails "
		       "with ENOSYS";
	if (call->decision.action == FP_ACT_TRACE)
		return "without a tracer the call fails with ENOSYS";
	return NULL;
}

static void claim_call(struct judge *j, const struct fp_rule *r)
{
	const struct fp_rule_call *call = &r->u.call;

	claim(j, r, FP_CLAIM_EXACT, remark(j, r));
	if (claim_action(j, r, call->decision))
		return;
	for (size_t i = 0; i < call->calls.n; i++) {
		const struct fp_sysdef *sys = fp_sys_at(call->calls.at[i]);
		const char *abi, *mux;
		enum fp_hidden hidden = fp_call_hidden(j->c, sys, &abi, &mux);
		if (hidden == FP_HIDDEN_STRICTEST)
			claim(j, r, FP_CLAIM_NARROWER,
			      fp_arena_printf(&j->c->unit->arena,
					      "on %s %s can also be made through a call that hides "
					      "its arguments: that way gets its strictest outcome",
					      abi, sys->name));
		if (hidden == FP_HIDDEN_OPEN)
			claim(j, r, FP_CLAIM_EXACT,
			      fp_arena_printf(
				      &j->c->unit->arena,
				      "on %s a rule lets %s make it too, with arguments that "
				      "no filter sees",
				      abi, mux));
	}
	for (size_t i = 0; !is_letting_through(call->decision) && i < call->calls.n; i++) {
		const struct fp_sysdef *sys = fp_sys_at(call->calls.at[i]);
		if (is_unfiltered(j->c, sys))
			claim(j, r, FP_CLAIM_WIDER,
			      fp_arena_printf(&j->c->unit->arena, "%s: %s", sys->name,
					      sys->filterable_note ? sys->filterable_note
								   : "no filter sees it"));
	}
}

/* The default names no call, so it is not held against it that the kernel answers some itself. */
static void claim_default(struct judge *j)
{
	const struct fp_rule *r = fp_ir_only(j->c->ir, FP_KIND_CALL_DEFAULT);
	struct fp_buf names;

	fp_buf_init(&names, &j->c->unit->arena);
	for (size_t i = 0; !is_letting_through(j->c->ir->call_default) && i < fp_sys_count(); i++)
		if (is_unfiltered(j->c, fp_sys_at(i)) && !j->c->ir->calls[i].n)
			fp_buf_printf(&names, "%s%s", names.len ? ", " : "", fp_sys_at(i)->name);
	claim(j, r, FP_CLAIM_EXACT, NULL);
	if (names.len)
		claim(j, r, FP_CLAIM_EXACT,
		      fp_arena_printf(
			      &j->c->unit->arena,
			      "apart from %s, which no filter sees: outside the kernel's own "
			      "trampolines they raise SIGILL or fail",
			      fp_buf_text(&names)));
	claim_action(j, r, j->c->ir->call_default);
}

static void claim_audit(struct judge *j, const struct fp_rule *r)
{
	if (!r->u.audit.denied)
		claim(j, r, FP_CLAIM_EXACT, "as log actions");
	else if (!fp_target_has(j->c->target, FP_FEAT_SECCOMP_LOG))
		claim(j, r, FP_CLAIM_NONE, fp_target_why(j->c->target, FP_FEAT_SECCOMP_LOG));
	else
		claim(j, r, FP_CLAIM_EXACT,
		      "its own refusals, by SECCOMP_FILTER_FLAG_LOG (seccomp/flags)");
}

const struct fp_claim *fp_seccomp_claims(struct fp_call_context *c)
{
	struct judge j = { .c = c };

	if (c->claims)
		return c->claims;
	c->claims = j.claims = FP_NEW_ARRAY(&c->unit->arena, c->ir->rule_count, struct fp_claim);
	for (size_t i = 0; i < c->ir->rule_count; i++) {
		const struct fp_rule *r = &c->ir->rules[i];
		if (silence[r->kind])
			claim(&j, r, FP_CLAIM_NONE, silence[r->kind]);
		else if (r->kind == FP_KIND_CALL)
			claim_call(&j, r);
		else if (r->kind == FP_KIND_AUDIT)
			claim_audit(&j, r);
	}
	claim_default(&j);
	claim_action(&j, fp_ir_only(c->ir, FP_KIND_CALL_UNKNOWN), c->ir->call_unknown);
	claim_action(&j, fp_ir_only(c->ir, FP_KIND_CALL_ABI),
		     (struct fp_decision){ .action = FP_ACT_KILL });
	return j.claims;
}
