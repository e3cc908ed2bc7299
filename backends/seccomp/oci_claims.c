/* SPDX-License-Identifier: MIT */
/* What runtimes that compile the OCI form enforce of each rule. */
#include "backends/seccomp/oci.h"

#include <errno.h>

static void claim(struct fp_scmp *o, const struct fp_rule *r, enum fp_claim_kind kind,
		  const char *reason)
{
	o->claims[r->id] = (struct fp_claim){ .kind = kind, .reason = reason };
}

/* What a job meets: a kernel without the call answers ENOSYS itself. */
static struct fp_decision met(const struct fp_scmp *o, const struct fp_sysdef *sys, enum fp_abi abi,
			      struct fp_decision d)
{
	uint16_t kernel = FP_SINCE(o->target->kernel.major, o->target->kernel.minor);

	if (d.action > FP_ACT_ERRNO && sys->since[abi] > kernel)
		return (struct fp_decision){ .action = FP_ACT_ERRNO, .data = ENOSYS };
	return d;
}

/*
 * runc puts a test for large numbers in front, unless the default action answers ENOSYS or lets
 * through (libcontainer/seccomp/patchbpf). It counts the names that its libseccomp knows.
 */
static void find_last(struct fp_scmp *o)
{
	const struct fp_target_runtime *runc = fp_target_runtime(o->target, "runc");
	bool is_enosys = o->rest.action == FP_ACT_ERRNO && o->rest.data == ENOSYS;
	bool is_there = runc && !is_enosys && o->rest.action <= FP_ACT_ERRNO &&
			!fp_target_has(o->target, FP_FEAT_OCI_SECCOMP_NO_PROLOGUE);

	for (unsigned abi = 0; abi < FP_ABI_N; abi++) {
		o->last[abi] = -1;
		for (size_t i = 0; is_there && i < o->entries.n; i++) {
			const struct fp_sysdef *sys = o->entries.at[i].sys;
			if (sys->nr[abi] > o->last[abi] &&
			    fp_target_runtime_knows(runc, sys, (enum fp_abi)abi))
				o->last[abi] = sys->nr[abi];
		}
		if (o->last[abi] < 0)
			o->last[abi] = INT32_MAX;
	}
}

struct dropped {
	const char *narrower, *wider; /* reasons, or NULL */
};

/* A call that meets `rest` where it was meant to meet `decision`. */
static void differ(const struct fp_scmp *o, const struct fp_sysdef *sys, enum fp_abi abi,
		   struct fp_decision decision, struct fp_decision rest, const char *reason,
		   struct dropped *out)
{
	struct fp_decision meant = met(o, sys, abi, fp_scmp_said(o, decision));
	struct fp_decision is = met(o, sys, abi, rest);
	const char **why = meant.action < is.action ? &out->wider : &out->narrower;

	if (fp_decision_cmp(meant, is) && !*why)
		*why = reason;
}

/*
 * A name that a runtime's libseccomp does not number is left out of its filter without a word, and
 * the default action is what its calls meet.
 */
static void drop(const struct fp_scmp *o, const struct fp_sysdef *sys, struct fp_decision decision,
		 struct dropped *out)
{
	for (unsigned i = 0; i < FP_ABI_N; i++) {
		enum fp_abi abi = (enum fp_abi)i;
		const struct fp_target_runtime *rt = fp_target_scmp_lacks(o->target, sys, abi);
		const struct fp_decision enosys = { .action = FP_ACT_ERRNO, .data = ENOSYS };
		if (!(o->c->open >> i & 1) || sys->nr[i] < 0)
			continue;
		if (rt)
			differ(o, sys, abi, decision, o->rest,
			       fp_arena_printf(
				       &o->u->arena,
				       "%s drops %s, which its libseccomp (%s) does not know",
				       rt->name, sys->name, rt->libseccomp.text),
			       out);
		if (sys->nr[i] > o->last[i])
			differ(o, sys, abi, decision, enosys,
			       fp_arena_printf(&o->u->arena,
					       "runc answers %s with ENOSYS: it is above the "
					       "largest number that is listed",
					       sys->name),
			       out);
	}
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
	if (d.action == FP_ACT_TRAP && d.data) {
		claim(o, r, FP_CLAIM_NARROWER, "a list has no number for the signal");
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

		if ((o->c->carrying >> abi & 1) &&
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
	struct dropped dropped = { 0 };

	for (size_t i = 0; i < call->calls.n; i++) {
		drop(o, fp_sys_at(call->calls.at[i]), call->decision, &dropped);
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
	wider = wider ? wider : dropped.wider;
	narrower = narrower ? narrower : dropped.narrower;
	if (wider)
		claim(o, r, FP_CLAIM_WIDER, wider);
	else if (!claim_action(o, r, call->decision) && narrower)
		claim(o, r, FP_CLAIM_NARROWER, narrower);
}

/* Whether no rule may match some call of it, and it is none of the unknown ones. */
static bool meets_default(const struct fp_scmp *o, const struct fp_sysdef *sys)
{
	uint16_t kernel = FP_SINCE(o->target->kernel.major, o->target->kernel.minor);

	for (unsigned i = 0; i < FP_ABI_N; i++) {
		enum fp_abi abi = (enum fp_abi)i;
		if (!(o->c->open >> i & 1) || fp_ir_is_unknown(o->ir, sys, abi, kernel))
			continue;
		if (!fp_eval_unseen(o->ir, sys, abi).is_sure)
			return true;
	}
	return false;
}

/* Where the list gives up a condition, something else speaks in place of the default, too. */
static void claim_part(struct fp_scmp *o, const struct fp_rule *r, struct fp_decision d,
		       const struct fp_scmp_verdict *v)
{
	const char *why = v->narrower ? v->narrower : v->wider;

	if (d.action < o->rest.action || d.action < v->caught)
		claim(o, r, FP_CLAIM_WIDER, v->wider ? v->wider : why);
	else if (o->claims[r->id].kind != FP_CLAIM_WIDER)
		claim(o, r, FP_CLAIM_NARROWER, why);
}

static void claim_default(struct fp_scmp *o)
{
	const struct fp_rule *r = fp_ir_only(o->ir, FP_KIND_CALL_DEFAULT);
	struct fp_decision d = fp_scmp_said(o, o->ir->call_default);

	if (claim_action(o, r, o->ir->call_default) && o->claims[r->id].kind == FP_CLAIM_WIDER)
		return;
	for (size_t i = 0; i < fp_sys_count(); i++) {
		const struct fp_scmp_verdict *v = &o->verdicts[i];
		bool is_mux = fp_sys_at(i)->flags & FP_SYS_MULTIPLEXER;
		bool is_part = meets_default(o, fp_sys_at(i));
		if (!is_mux && is_part && (v->narrower || v->wider))
			claim_part(o, r, d, v);
		if (!is_mux || !v->narrower)
			continue;
		if (v->wider && d.action < FP_ACT_ERRNO)
			claim(o, r, FP_CLAIM_WIDER, v->wider);
		else if (d.action > FP_ACT_ERRNO && o->claims[r->id].kind != FP_CLAIM_WIDER)
			claim(o, r, FP_CLAIM_NARROWER, v->narrower);
	}
	struct dropped dropped = { 0 };
	for (size_t i = 0; i < fp_sys_count(); i++)
		if (meets_default(o, fp_sys_at(i)))
			drop(o, fp_sys_at(i), o->ir->call_default, &dropped);
	if (dropped.wider)
		claim(o, r, FP_CLAIM_WIDER, dropped.wider);
	else if (dropped.narrower && o->claims[r->id].kind != FP_CLAIM_WIDER)
		claim(o, r, FP_CLAIM_NARROWER, dropped.narrower);
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

/* A kernel refuses the filter then, and the runtime the job. */
static void claim_length(struct fp_scmp *o)
{
	for (size_t i = 0; o->result->insns_max > FP_CBPF_MAX && i < o->ir->rule_count; i++)
		if (!fp_seccomp_silence(o->ir->rules[i].kind) &&
		    o->claims[i].kind == FP_CLAIM_EXACT)
			claim(o, &o->ir->rules[i], FP_CLAIM_NARROWER,
			      "libseccomp may make more of the list than a kernel takes: no job "
			      "starts then");
}

void fp_scmp_claim(struct fp_scmp *o)
{
	size_t rules = o->ir->rule_count;

	o->claims = FP_NEW_ARRAY(&o->u->arena, rules, struct fp_claim);
	memcpy(o->claims, fp_seccomp_claims(o->c), rules * sizeof(*o->claims));
	find_last(o);
	fp_ir_each (o->ir, FP_KIND_CALL, r)
		claim_call(o, r);
	fp_ir_each (o->ir, FP_KIND_AUDIT, r)
		claim_audit(o, r);
	claim_default(o);
	claim_unknown(o);
	claim(o, fp_ir_only(o->ir, FP_KIND_CALL_ABI), FP_CLAIM_WIDER,
	      "libseccomp ends the thread, not the process, on a foreign ABI");
	claim_length(o);
	o->result->claims = o->claims;
}
