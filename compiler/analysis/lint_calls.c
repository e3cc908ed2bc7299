/* SPDX-License-Identifier: MIT */
/* Rules about system calls that are more than one `never`. */
#include "analysis/lint.h"

#include <string.h>

static const struct fp_rule *first_rule(const struct fp_lint *l, const char *call)
{
	const struct fp_sysdef *sys = fp_sys_find(call, strlen(call));

	return sys && l->ir->calls[sys->index].n ? l->ir->calls[sys->index].at[0].rule : NULL;
}

/* Whether some rule of the call looks at its arguments. */
static bool is_filtered(const struct fp_lint *l, const char *call)
{
	const struct fp_sysdef *sys = fp_sys_find(call, strlen(call));
	const struct fp_call_plan *plan = &l->ir->calls[sys->index];

	for (size_t i = 0; i < plan->n; i++)
		for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
			const struct fp_pred *when = plan->at[i].rule->u.call.when[abi];
			if (when && when->op != FP_PRED_TRUE && when->op != FP_PRED_FALSE)
				return true;
		}
	return false;
}

static struct fp_decision decision_of(const struct fp_lint *l, const char *call)
{
	const struct fp_rule *r = first_rule(l, call);

	return r ? r->u.call.decision : l->ir->call_default;
}

/* ---- clone3, socketcall, ipc ---- */

void fp_lint_clone3(struct fp_lint *l)
{
	struct fp_counter c;

	if (!is_filtered(l, "clone") || !fp_lint_call(l, "clone3", &c))
		return;
	fp_lint_found(l, c.rule, "clone3", "%s: %s is permitted", l->row->summary, c.example);
	fp_lint_help(l, "deny clone3 errno ENOSYS; libraries fall back to clone");
}

void fp_lint_clone3_errno(struct fp_lint *l)
{
	const uint16_t nosys = fp_errno_find("ENOSYS", 6);
	struct fp_decision d = decision_of(l, "clone3");
	struct fp_counter c;

	if (fp_lint_call(l, "clone3", NULL) || !fp_lint_call(l, "clone", &c) ||
	    (d.action == FP_ACT_ERRNO && d.data == nosys))
		return;
	const struct fp_rule *r = first_rule(l, "clone3");
	fp_lint_found(
		l, r ? r : fp_ir_only(l->ir, FP_KIND_CALL_DEFAULT), "clone3",
		"clone3 is refused otherwise than with ENOSYS, so that no thread can be made");
	fp_lint_help(l, "deny clone3 errno ENOSYS because \"libraries fall back to clone\";");
}

void fp_lint_socketcall(struct fp_lint *l)
{
	struct fp_counter c;

	if (is_filtered(l, "socket") && fp_lint_call(l, "socketcall", &c))
		fp_lint_found(l, c.rule, "socketcall", "%s: %s is permitted", l->row->summary,
			      c.example);
}

void fp_lint_ipc(struct fp_lint *l)
{
	struct fp_counter c;

	if ((is_filtered(l, "shmat") || !fp_lint_call(l, "shmget", NULL)) &&
	    fp_lint_call(l, "ipc", &c))
		fp_lint_found(l, c.rule, "ipc", "%s: %s is permitted", l->row->summary, c.example);
}

void fp_lint_new_mounts(struct fp_lint *l)
{
	if (!fp_lint_call(l, "mount", NULL))
		fp_lint_subjects(l);
}

/* ---- ABIs ---- */

static void foreign(struct fp_lint *l, const enum fp_abi *abis, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (l->ir->foreign_abis & 1u << abis[i])
			fp_lint_found(l, fp_ir_only(l->ir, FP_KIND_CALL_ABI), fp_abi(abis[i])->name,
				      "%s: %s", l->row->summary, fp_abi(abis[i])->name);
}

void fp_lint_x32(struct fp_lint *l)
{
	foreign(l, (const enum fp_abi[]){ FP_ABI_X32 }, 1);
}

void fp_lint_compat(struct fp_lint *l)
{
	foreign(l, (const enum fp_abi[]){ FP_ABI_I386, FP_ABI_ARM }, 2);
}

/* ---- defaults and actions ---- */

void fp_lint_default_allow(struct fp_lint *l)
{
	const struct fp_rule *r = fp_ir_only(l->ir, FP_KIND_CALL_DEFAULT);

	if (l->ir->call_default.action >= FP_ACT_NOTIFY)
		fp_lint_found(l, r, "default", "%s: %s", l->row->summary, r->text);
}

void fp_lint_unknown_allow(struct fp_lint *l)
{
	if (l->ir->call_unknown.action >= FP_ACT_NOTIFY)
		fp_lint_found(l, fp_ir_only(l->ir, FP_KIND_CALL_UNKNOWN), "unknown", "%s: %s",
			      l->row->summary, fp_action_name(l->ir->call_unknown.action));
}

void fp_lint_unknown_errno(struct fp_lint *l)
{
	struct fp_decision d = l->ir->call_unknown;

	if (d.action >= FP_ACT_NOTIFY ||
	    (d.action == FP_ACT_ERRNO && d.data == fp_errno_find("ENOSYS", 6)))
		return;
	fp_lint_found(
		l, fp_ir_only(l->ir, FP_KIND_CALL_UNKNOWN), "unknown",
		"a call that is newer than the tables gets %s, on which libraries do not fall back",
		fp_action_name(d.action));
	fp_lint_help(l, "unknown deny errno ENOSYS;");
}

static void with_action(struct fp_lint *l, enum fp_action action)
{
	const struct fp_rule *def = fp_ir_only(l->ir, FP_KIND_CALL_DEFAULT);

	fp_ir_each (l->ir, FP_KIND_CALL, r)
		if (r->u.call.decision.action == action && !r->u.call.is_audit)
			fp_lint_found(l, r, fp_sys_at(r->u.call.calls.at[0])->name, "%s: %s",
				      l->row->summary, r->text);
	if (l->ir->call_default.action == action)
		fp_lint_found(l, def, "default", "%s: %s", l->row->summary, def->text);
}

void fp_lint_trace(struct fp_lint *l)
{
	with_action(l, FP_ACT_TRACE);
}

void fp_lint_log(struct fp_lint *l)
{
	if (l->ir->tier != FP_TIER_STANDARD)
		with_action(l, FP_ACT_LOG);
}

/* The supervisor reads memory that the job can change after it was read. */
void fp_lint_notify(struct fp_lint *l)
{
	fp_ir_each (l->ir, FP_KIND_CALL, r) {
		const struct fp_sysdef *sys = fp_sys_at(r->u.call.calls.at[0]);
		struct fp_param p;
		bool is_pointer = false;
		for (size_t i = 0; fp_sys_param(sys, FP_ABI_X86_64, i, &p); i++)
			is_pointer |= p.kind == FP_PARAM_PATH || p.kind == FP_PARAM_MEMORY;
		if (r->u.call.decision.action == FP_ACT_NOTIFY && is_pointer)
			fp_lint_found(l, r, sys->name, "%s: %s", l->row->summary, r->text);
	}
}

/* A rule that says what would happen anyway, for every call it names. */
void fp_lint_as_default(struct fp_lint *l)
{
	fp_ir_each (l->ir, FP_KIND_CALL, r) {
		bool is_alone = !r->u.call.is_audit &&
				!fp_decision_cmp(r->u.call.decision, l->ir->call_default);
		for (size_t i = 0; is_alone && i < r->u.call.calls.n; i++)
			is_alone = l->ir->calls[r->u.call.calls.at[i]].n == 1;
		if (is_alone)
			fp_lint_found(l, r, fp_sys_at(r->u.call.calls.at[0])->name, "%s: %s",
				      l->row->summary, r->text);
	}
}

void fp_lint_unfilterable(struct fp_lint *l)
{
	fp_ir_each (l->ir, FP_KIND_CALL, r)
		for (size_t i = 0;
		     r->u.call.decision.action <= FP_ACT_ERRNO && i < r->u.call.calls.n; i++) {
			const struct fp_sysdef *sys = fp_sys_at(r->u.call.calls.at[i]);
			if (sys->flags & FP_SYS_UNFILTERED)
				fp_lint_found(l, r, sys->name, "%s: %s", sys->name,
					      sys->filterable_note);
		}
}

/* ---- ways around ---- */

/* Calls that reach one effect: to refuse some and permit others refuses nothing. */
static const char *const families[][9] = {
	{ "fchmodat", "chmod", "fchmodat2" },
	{ "fchownat", "chown", "lchown" },
	{ "renameat2", "rename", "renameat" },
	{ "unlinkat", "unlink", "rmdir" },
	{ "linkat", "link" },
	{ "symlinkat", "symlink" },
	{ "mkdirat", "mkdir" },
	{ "mknodat", "mknod" },
	{ "setxattr", "lsetxattr", "fsetxattr", "setxattrat" },
	{ "kill", "tkill", "tgkill", "pidfd_send_signal", "rt_sigqueueinfo", "rt_tgsigqueueinfo" },
	{ "ptrace", "process_vm_writev" },
	{ "init_module", "finit_module" },
	{ "kexec_load", "kexec_file_load" },
	{ "settimeofday", "clock_settime" },
	{ "sched_setscheduler", "sched_setattr" },
	{ "setuid", "setreuid", "setresuid" },
	{ "setgid", "setregid", "setresgid" },
	{ "iopl", "ioperm" },
	{ "sendto", "sendmsg", "sendmmsg" },
	{ "recvfrom", "recvmsg", "recvmmsg" },
};

#define FAMILY_SIZE (sizeof(families[0]) / sizeof(families[0][0]))

/* A refusal that somebody wrote, whatever the arguments are. */
static const struct fp_rule *refusal_of(struct fp_lint *l, const char *call)
{
	const struct fp_rule *r = first_rule(l, call);

	if (!r || r->u.call.decision.action > FP_ACT_ERRNO || fp_lint_call(l, call, NULL))
		return NULL;
	return r;
}

void fp_lint_alternate(struct fp_lint *l)
{
	for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++)
		for (size_t i = 0; i < FAMILY_SIZE && families[f][i]; i++) {
			const struct fp_rule *r = refusal_of(l, families[f][i]);
			struct fp_counter c;
			for (size_t k = 0; r && k < FAMILY_SIZE && families[f][k]; k++)
				if (k != i && fp_lint_call(l, families[f][k], &c)) {
					fp_lint_found(l, r, families[f][i],
						      "%s is refused, and %s does the same: %s",
						      families[f][i], families[f][k], c.example);
					break;
				}
		}
}

static bool execution_is_bound(const struct fp_lint *l)
{
	const struct fp_rule *def = fp_ir_only(l->ir, FP_KIND_FILE_DEFAULT);

	return def && def->u.effect == FP_DENY;
}

void fp_lint_memfd(struct fp_lint *l)
{
	struct fp_counter c;

	if (execution_is_bound(l) && fp_lint_call(l, "execveat", NULL) &&
	    fp_lint_call(l, "memfd_create", &c))
		fp_lint_found(l, c.rule, "memfd_create", "%s: %s is permitted, and so is execveat",
			      l->row->summary, c.example);
}

void fp_lint_no_exec(struct fp_lint *l)
{
	if (!fp_lint_call(l, "execve", NULL) && !fp_lint_call(l, "execveat", NULL))
		fp_lint_found(l, first_rule(l, "execve"), "execve", "%s", l->row->summary);
}

void fp_lint_ioctl(struct fp_lint *l)
{
	const struct fp_rule *r = fp_ir_only(l->ir, FP_KIND_DEVICE);

	if (r && fp_lint_call_is_free(l, "ioctl"))
		fp_lint_found(l, first_rule(l, "ioctl"), "ioctl", "%s; granted is: %s",
			      l->row->summary, r->text);
}

void fp_lint_free_clone(struct fp_lint *l)
{
	if (fp_lint_call_is_free(l, "clone") && l->ir->call_default.action < FP_ACT_NOTIFY)
		fp_lint_found(l, first_rule(l, "clone"), "clone", "%s", l->row->summary);
}

void fp_lint_free_prctl(struct fp_lint *l)
{
	if (fp_lint_call_is_free(l, "prctl") && l->ir->call_default.action < FP_ACT_NOTIFY)
		fp_lint_found(l, first_rule(l, "prctl"), "prctl", "%s", l->row->summary);
}

void fp_lint_free_socket(struct fp_lint *l)
{
	if (fp_lint_call_is_free(l, "socket") && l->ir->call_default.action < FP_ACT_NOTIFY)
		fp_lint_found(l, first_rule(l, "socket"), "socket", "%s", l->row->summary);
}

void fp_lint_kill_thread(struct fp_lint *l)
{
	with_action(l, FP_ACT_KILL_THREAD);
}
