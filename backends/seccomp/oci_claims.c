/* SPDX-License-Identifier: MIT */
/* What runtimes that compile the OCI form enforce of each rule. */
#include "backends/seccomp/oci.h"

#include <errno.h>

/*
 * Every libseccomp since 2.5.0 (2020) numbers the calls up to Linux 5.8. Runtimes leave out a
 * name that theirs does not number, without a word.
 */
#define NAMES_KNOWN FP_SINCE(5, 8)

static void claim(struct fp_scmp *o, const struct fp_rule *r, enum fp_claim_kind kind,
		  const char *reason)
{
	o->claims[r->id] = (struct fp_claim){ .kind = kind, .reason = reason };
}

/* The newest a call of the set is, on kernels that the target can run. */
static const struct fp_sysdef *droppable(const struct fp_scmp *o, const struct fp_call_set *calls)
{
	uint16_t kernel = FP_SINCE(o->target->kernel.major, o->target->kernel.minor);

	for (size_t i = 0; i < calls->n; i++) {
		const struct fp_sysdef *sys = fp_sys_at(calls->at[i]);
		for (unsigned abi = 0; abi < FP_ABI_N; abi++)
			if ((o->c->open >> abi & 1) && sys->nr[abi] >= 0 &&
			    sys->since[abi] > NAMES_KNOWN && sys->since[abi] <= kernel)
				return sys;
	}
	return NULL;
}

/* What an action loses on the way through a runtime. */
static bool claim_action(struct fp_scmp *o, const struct fp_rule *r, struct fp_decision d)
{
	if (d.action == FP_ACT_KILL && !fp_scmp_has_kill(o)) {
		claim(o, r, FP_CLAIM_WIDER,
		      fp_arena_printf(&o->u->arena, "ends the thread only: %s",
				      fp_target_why(o->target, FP_FEAT_OCI_SECCOMP_KILL_PROCESS)));
		return true;
	}
	if (d.action == FP_ACT_NOTIFY) {
		claim(o, r, FP_CLAIM_NARROWER,
		      "no listener is configured, so the call fails with ENOSYS");
		return true;
	}
	if (d.action == FP_ACT_ERRNO && d.data != EPERM &&
	    !fp_target_has(o->target, FP_FEAT_OCI_SECCOMP_ERRNO_RET)) {
		claim(o, r, FP_CLAIM_NARROWER,
		      fp_target_why(o->target, FP_FEAT_OCI_SECCOMP_ERRNO_RET));
		return true;
	}
	return false;
}

/* The multiplexer through which a call can also be made, if the list closes it; or NULL. */
static const struct fp_sysdef *closed_way(const struct fp_scmp *o, const struct fp_sysdef *sys)
{
	for (unsigned abi = 0; abi < FP_ABI_N; abi++) {
		const struct fp_sysdef *mux;
		uint32_t sub;

		if ((o->c->open >> abi & 1) &&
		    fp_sys_multiplexed(sys, (enum fp_abi)abi, &mux, &sub) &&
		    fp_scmp_is_closed(o, mux))
			return mux;
	}
	return NULL;
}

static void claim_call(struct fp_scmp *o, const struct fp_rule *r)
{
	const struct fp_rule_call *call = &r->u.call;
	const char *narrower = NULL, *wider = NULL;

	for (size_t i = 0; i < call->calls.n; i++) {
		const struct fp_scmp_verdict *v = &o->verdicts[call->calls.at[i]];
		narrower = narrower ? narrower : v->narrower;
		wider = wider ? wider : v->wider;
		const struct fp_sysdef *mux = closed_way(o, fp_sys_at(call->calls.at[i]));
		if (mux && o->verdicts[mux->index].narrower) {
			narrower = FP_SCMP_CLOSED;
			wider = wider ? wider : o->verdicts[mux->index].wider;
		}
	}
	const struct fp_claim *blob = &o->claims[r->id];
	if (blob->kind == FP_CLAIM_WIDER || blob->kind == FP_CLAIM_NONE)
		return;
	const struct fp_sysdef *sys = droppable(o, &call->calls);
	int order = fp_decision_cmp(fp_scmp_said(o, call->decision), o->rest);
	if (wider)
		claim(o, r, FP_CLAIM_WIDER, wider);
	else if (claim_action(o, r, call->decision))
		return;
	else if (sys && order < 0 && call->decision.action < o->rest.action)
		claim(o, r, FP_CLAIM_WIDER,
		      fp_arena_printf(&o->u->arena, "a libseccomp that does not know %s drops it",
				      sys->name));
	else if (narrower)
		claim(o, r, FP_CLAIM_NARROWER, narrower);
	else if (sys && order)
		claim(o, r, FP_CLAIM_NARROWER,
		      fp_arena_printf(&o->u->arena, "a libseccomp that does not know %s drops it",
				      sys->name));
}

static void claim_default(struct fp_scmp *o)
{
	const struct fp_rule *r = fp_ir_only(o->ir, FP_KIND_CALL_DEFAULT);
	struct fp_decision d = fp_scmp_said(o, o->ir->call_default);

	if (claim_action(o, r, o->ir->call_default))
		return;
	for (size_t i = 0; i < fp_sys_count(); i++) {
		const struct fp_scmp_verdict *v = &o->verdicts[i];
		if (!(fp_sys_at(i)->flags & FP_SYS_MULTIPLEXER) || !v->narrower)
			continue;
		if (v->wider && d.action < FP_ACT_ERRNO)
			claim(o, r, FP_CLAIM_WIDER, v->wider);
		else if (d.action > FP_ACT_ERRNO)
			claim(o, r, FP_CLAIM_NARROWER, v->narrower);
	}
	if (fp_decision_cmp(d, o->rest) < 0 && d.action < o->rest.action)
		claim(o, r, FP_CLAIM_WIDER,
		      "calls whose names libseccomp does not know get the "
		      "answer of unknown ones");
	else if (!fp_scmp_is_default_sayable(o, d))
		claim(o, r, FP_CLAIM_NARROWER,
		      "listed call by call; names that libseccomp does "
		      "not know get EPERM");
}

/* runc puts a test for large numbers in front unless the default answers ENOSYS or lets through. */
static void claim_unknown(struct fp_scmp *o)
{
	const struct fp_rule *r = fp_ir_only(o->ir, FP_KIND_CALL_UNKNOWN);
	struct fp_decision d = fp_scmp_said(o, o->ir->call_unknown);
	bool is_enosys = d.action == FP_ACT_ERRNO && d.data == ENOSYS;

	if (claim_action(o, r, o->ir->call_unknown))
		return;
	if (fp_decision_cmp(d, o->rest)) {
		bool is_wider = d.action < o->rest.action;
		const char *why =
			o->is_short
				? "a list that tells them apart is longer than a kernel takes"
				: fp_target_why(o->target, FP_FEAT_OCI_SECCOMP_DEFAULT_ERRNO_RET);
		claim(o, r, is_wider ? FP_CLAIM_WIDER : FP_CLAIM_NARROWER,
		      fp_arena_printf(&o->u->arena, "answered as the default action: %s", why));
	} else if (d.action < FP_ACT_ERRNO &&
		   !fp_target_has(o->target, FP_FEAT_OCI_SECCOMP_NO_PROLOGUE)) {
		claim(o, r, FP_CLAIM_WIDER,
		      "runc answers ENOSYS above the largest number that is listed");
	} else if (d.action == FP_ACT_ERRNO && !is_enosys &&
		   !fp_target_has(o->target, FP_FEAT_OCI_SECCOMP_NO_PROLOGUE)) {
		claim(o, r, FP_CLAIM_NARROWER,
		      "runc answers ENOSYS above the largest number that is listed");
	}
}

static void claim_audit(struct fp_scmp *o, const struct fp_rule *r)
{
	if (!r->u.audit.denied)
		return;
	if (fp_target_has(o->target, FP_FEAT_OCI_SECCOMP_FLAGS))
		claim(o, r, FP_CLAIM_EXACT, "its own refusals, by SECCOMP_FILTER_FLAG_LOG");
	else
		claim(o, r, FP_CLAIM_NONE, fp_target_why(o->target, FP_FEAT_OCI_SECCOMP_FLAGS));
}

void fp_scmp_claim(struct fp_scmp *o)
{
	size_t rules = o->ir->rule_count;

	o->claims = FP_NEW_ARRAY(&o->u->arena, rules, struct fp_claim);
	memcpy(o->claims, fp_seccomp_claims(o->c), rules * sizeof(*o->claims));
	fp_ir_each (o->ir, FP_KIND_CALL, r)
		claim_call(o, r);
	fp_ir_each (o->ir, FP_KIND_AUDIT, r)
		claim_audit(o, r);
	claim_default(o);
	claim_unknown(o);
	claim(o, fp_ir_only(o->ir, FP_KIND_CALL_ABI), FP_CLAIM_WIDER,
	      "libseccomp ends the thread, not the process, on a foreign ABI");
	o->result->claims = o->claims;
}
