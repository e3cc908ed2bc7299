/* SPDX-License-Identifier: MIT */
/* What the profile does about each rule of the policy. */
#include "backends/apparmor/apparmor.h"

#include <string.h>

struct call_row {
	const char *name;
	enum fp_feat feat;
	bool is_whole;
	const char *what;
};

#define WHOLE                         true
#define PART                          false
#define CALL(name, feat, whole, what) { name, FP_FEAT_AA_##feat, whole, what },
static const struct call_row call_rows[] = {
#include "backends/apparmor/calls.def"
};
#undef CALL

#define CALL_ROWS (sizeof(call_rows) / sizeof(call_rows[0]))

/* Calls of the mount interface that no AppArmor hook sees, or none before Linux 6.7. */
static const char *const mount_calls[] = { "fsmount",    "fsopen",        "fspick",
					   "move_mount", "mount_setattr", "open_tree" };

#define MOUNT_CALLS (sizeof(mount_calls) / sizeof(mount_calls[0]))

static void none(struct fp_emission *out, const struct fp_rule *r, const char *why)
{
	fp_emit_claim(out, r, FP_CLAIM_NONE, "%s", why);
}

/* What this file knows of a call. */
struct call {
	const struct call_row *row; /* or NULL */
	bool is_mount;              /* one of mount_calls */
};

/* By call; the same for all targets. */
static const struct call *known_calls(struct fp_unit *u)
{
	static const char what[] = "AppArmor's calls";
	const struct call *kept = fp_unit_recall(u, what, NULL, NULL);
	const struct fp_sysdef *sys;

	if (kept)
		return kept;
	struct call *calls = FP_NEW_ARRAY(&u->arena, fp_sys_count(), struct call);
	for (size_t i = 0; i < CALL_ROWS; i++)
		if ((sys = fp_sys_find(call_rows[i].name, strlen(call_rows[i].name))))
			calls[sys->index].row = &call_rows[i];
	for (size_t i = 0; i < MOUNT_CALLS; i++)
		if ((sys = fp_sys_find(mount_calls[i], strlen(mount_calls[i]))))
			calls[sys->index].is_mount = true;
	fp_unit_keep(u, what, NULL, NULL, calls);
	return calls;
}

/* CLONE_NEWUSER of include/uapi/linux/sched.h, from the tables. */
static bool may_make_userns(const struct fp_aa_plan *p, const struct fp_rule *r,
			    const struct fp_sysdef *sys)
{
	const struct fp_const *c = fp_const_find("CLONE_NEWUSER", strlen("CLONE_NEWUSER"));

	for (unsigned abi = 0; abi < FP_ABI_N; abi++) {
		const char *flags = !strcmp(sys->name, "unshare") ? "unshare_flags" : "clone_flags";
		const struct fp_pred *when = r->u.call.when[abi];
		struct fp_param param;
		uint64_t args[6] = { 0 };
		if (!when || !fp_aa_abi_is_open(p, (enum fp_abi)abi))
			continue;
		if (when->op == FP_PRED_TRUE || !c)
			return true;
		if (!fp_sys_param_find(sys, (enum fp_abi)abi, flags, strlen(flags), &param) &&
		    !fp_sys_param_find(sys, (enum fp_abi)abi, "flags", 5, &param))
			return true;
		args[param.lo / 2] = (uint64_t)c->value[abi];
		if (fp_pred_holds(when, args))
			return true;
	}
	return false;
}

static bool row_bounds(const struct fp_aa_plan *p, const struct fp_rule *r,
		       const struct call_row *row, const struct fp_sysdef *sys)
{
	if (!row || !fp_target_has(p->target, row->feat))
		return false;
	return row->feat != FP_FEAT_AA_USERNS || may_make_userns(p, r, sys);
}

/* What AppArmor makes of the calls of one rule. */
struct reach {
	const struct call_row *bound; /* the first one it bounds */
	const char *hole;             /* the first call to mount that it does not see */
	bool is_whole;                /* all are refused whatever the rule says */
};

static struct reach reach_of(const struct fp_aa_plan *p, const struct fp_rule *r)
{
	const struct fp_call_set *set = &r->u.call.calls;
	const struct call *calls = known_calls(p->unit);
	struct reach reach = { .is_whole = set->n > 0 };

	for (size_t i = 0; i < set->n; i++) {
		const struct fp_sysdef *sys = fp_sys_at(set->at[i]);
		const struct call_row *row = calls[sys->index].row;
		bool bounded = row_bounds(p, r, row, sys);
		reach.is_whole &= bounded && row->is_whole;
		if (bounded && !reach.bound)
			reach.bound = row;
		if (!bounded && !reach.hole && calls[sys->index].is_mount)
			reach.hole = sys->name;
	}
	return reach;
}

static bool is_socket_rule(const struct fp_rule *r)
{
	const struct fp_call_set *set = &r->u.call.calls;

	for (size_t i = 0; i < set->n; i++) {
		const char *name = fp_sys_at(set->at[i])->name;
		if (strcmp(name, "socket") && strcmp(name, "socketpair"))
			return false;
	}
	return set->n > 0;
}

static void claim_call(const struct fp_aa_plan *p, struct fp_emission *out, const struct fp_rule *r)
{
	struct reach reach = reach_of(p, r);
	bool is_allow = r->u.call.decision.action >= FP_ACT_NOTIFY;

	if (r->u.call.is_audit)
		none(out, r, "AppArmor records objects, not calls");
	else if (is_socket_rule(r))
		fp_aa_claim_socket(p, out, r);
	else if (is_allow && reach.bound)
		fp_emit_claim(out, r, FP_CLAIM_NARROWER, "%s: %s", reach.bound->name,
			      reach.bound->what);
	else if (!is_allow && reach.is_whole)
		fp_emit_claim(out, r, FP_CLAIM_EXACT, "%s", reach.bound->what);
	else if (reach.hole && !fp_target_has(p->target, FP_FEAT_AA_MOUNT_NEW_API))
		fp_emit_claim(out, r, FP_CLAIM_NONE, "AppArmor does not see %s: %s", reach.hole,
			      fp_target_why(p->target, FP_FEAT_AA_MOUNT_NEW_API));
	else
		none(out, r, "AppArmor mediates objects, not calls");
}

static void claim_call_default(struct fp_emission *out, const struct fp_rule *r)
{
	if (r->u.decision.action >= FP_ACT_NOTIFY)
		fp_emit_claim(out, r, FP_CLAIM_NARROWER,
			      "mounts, foreign processes, user namespaces and families of sockets "
			      "without a word are refused");
	else
		none(out, r, "AppArmor mediates objects, not calls");
}

/* Reasons of a file rule, the ones that open more first. */
static const struct {
	uint8_t bit;
	enum fp_grant effect;
	enum fp_claim_kind kind;
	const char *reason, *help;
} file_reasons[] = {
	{ FP_AA_OPEN_PARAM, FP_ALLOW, FP_CLAIM_WIDER,
	  "a parameter without a value is a pattern: every name matches it",
	  "give the parameter its value: -D NAME=VALUE" },
	{ FP_AA_COARSE_W, FP_ALLOW, FP_CLAIM_WIDER,
	  "w lets write, create, delete and change attributes together",
	  "AppArmor has one `w`: grant write, create, delete and attributes together" },
	{ FP_AA_EXEC_READS, FP_ALLOW, FP_CLAIM_WIDER,
	  "what is executed is mapped, and that takes r as well",
	  "AppArmor maps what it executes: grant read and execute together" },
	{ FP_AA_RENAME, FP_ALLOW, FP_CLAIM_NARROWER, "renaming away takes r as well", NULL },
	{ FP_AA_LINKS_LOST, FP_ALLOW, FP_CLAIM_NARROWER,
	  "no link is granted: too many pairs of new name and target", NULL },
	{ FP_AA_OPEN_PARAM, FP_DENY, FP_CLAIM_NARROWER,
	  "a parameter without a value is a pattern: every name matches it", NULL },
	{ FP_AA_COARSE_W, FP_DENY, FP_CLAIM_NARROWER,
	  "w refuses write, create, delete and change attributes together", NULL },
};

static void claim_file_default(const struct fp_aa_plan *p, struct fp_emission *out,
			       const struct fp_rule *r)
{
	if (r->u.effect == FP_DENY && fp_aa_claim_sockets(p, out, r, NULL))
		return;
	bool is_blind = r->u.effect == FP_DENY && fp_aa_misses_sockets(p);
	fp_emit_claim(
		out, r, FP_CLAIM_EXACT,
		"device rules and a devpts mount grant paths of their own%s",
		is_blind ? "; connecting to a socket on a bind mount is not seen before Linux 6.17"
			 : "");
}

static void claim_file(const struct fp_aa_plan *p, struct fp_emission *out, const struct fp_rule *r)
{
	if (r->u.file.effect == FP_DENY && r->u.file.rights & FP_RIGHT_READ &&
	    r->u.file.rights & FP_RIGHT_WRITE && fp_aa_claim_sockets(p, out, r, &r->u.file.paths))
		return;
	for (size_t i = 0; i < sizeof(file_reasons) / sizeof(file_reasons[0]); i++)
		if (p->coarse[r->id] & file_reasons[i].bit &&
		    r->u.file.effect == file_reasons[i].effect) {
			fp_emit_claim(out, r, file_reasons[i].kind, "%s", file_reasons[i].reason);
			fp_emit_help(out, r, file_reasons[i].help);
			return;
		}
	fp_emit_claim(out, r, FP_CLAIM_EXACT, NULL);
}

/* A path under a mount that can be written to. */
static bool is_on_writable_mount(const struct fp_ir *ir, const struct fp_glob *g)
{
	size_t best = 0; /* the innermost mount decides */
	bool writable = false;

	fp_ir_each (ir, FP_KIND_MOUNT, r) {
		size_t len = strlen(r->u.mount.on);
		if (len < best || strncmp(g->text, r->u.mount.on, len) ||
		    (g->text[len] && g->text[len] != '/'))
			continue;
		best = len;
		writable = !(r->u.mount.flags & FP_MNT_READONLY);
	}
	return writable;
}

/* A path that a rule lets be written to though it lies on the root. */
static const struct fp_glob *find_stray(const struct fp_ir *ir, const struct fp_rule *f)
{
	if (f->u.file.effect == FP_DENY || !(f->u.file.rights & (FP_AA_W | FP_RIGHT_APPEND)))
		return NULL;
	for (size_t i = 0; i < f->u.file.paths.n; i++)
		if (!is_on_writable_mount(ir, f->u.file.paths.at[i]))
			return f->u.file.paths.at[i];
	return NULL;
}

static void claim_root(const struct fp_aa_plan *p, struct fp_emission *out, const struct fp_rule *r)
{
	const struct fp_rule *otherwise = fp_ir_only(p->ir, FP_KIND_FILE_DEFAULT);

	if (!r->u.root.is_readonly) {
		none(out, r, "mounts are the runtime's");
		return;
	}
	if (!otherwise || otherwise->u.effect == FP_ALLOW) {
		none(out, r, "files are allowed by default");
		return;
	}
	fp_ir_each (p->ir, FP_KIND_FILE, f) {
		const struct fp_glob *stray = find_stray(p->ir, f);
		if (!stray)
			continue;
		fp_emit_claim(out, r, FP_CLAIM_WIDER,
			      "writing to %s is granted, and no writable mount holds it",
			      stray->text);
		return;
	}
	fp_emit_claim(out, r, FP_CLAIM_EXACT, "writing is granted on writable mounts alone");
}

static void claim_mount(const struct fp_aa_plan *p, struct fp_emission *out,
			const struct fp_rule *r)
{
	if (!fp_target_has(p->target, FP_FEAT_AA_MOUNT_NEW_API))
		for (size_t i = 0; i < MOUNT_CALLS; i++)
			if (fp_aa_call_is_open(p, mount_calls[i])) {
				fp_emit_claim(out, r, FP_CLAIM_NONE,
					      "made by the runtime; and the job may change it with "
					      "%s, which AppArmor does not see: %s",
					      mount_calls[i],
					      fp_target_why(p->target, FP_FEAT_AA_MOUNT_NEW_API));
				return;
			}
	none(out, r,
	     r->u.mount.type == FP_MOUNT_DEVPTS
		     ? "made by the runtime; the terminals in it may be read and written"
		     : "made by the runtime; the profile grants no change of it");
}

static void claim_device(struct fp_emission *out, const struct fp_rule *r)
{
	if (r->u.device.effect == FP_DENY)
		fp_emit_claim(out, r, FP_CLAIM_WIDER,
			      "refused by path: the same number elsewhere is not seen");
	else if (r->u.device.rights & (FP_DEV_WRITE | FP_DEV_MKNOD))
		fp_emit_claim(out, r, FP_CLAIM_WIDER,
			      "granted by path, whatever its number; and w lets the node be "
			      "deleted or its attributes changed as well");
	else
		fp_emit_claim(out, r, FP_CLAIM_WIDER, "granted by path, whatever its number");
}

static void claim_device_default(struct fp_emission *out, const struct fp_rule *r)
{
	if (r->u.effect == FP_DENY)
		fp_emit_claim(out, r, FP_CLAIM_WIDER,
			      "a device at a granted path is open, whatever its number");
	else
		fp_emit_claim(out, r, FP_CLAIM_NARROWER,
			      "a device at a path without a grant is refused");
}

static void claim_limit(const struct fp_aa_plan *p, struct fp_emission *out,
			const struct fp_rule *r)
{
	const char *why = fp_target_why(p->target, FP_FEAT_AA_RLIMIT);

	switch (r->u.limit.limit) {
	case FP_LIM_OPEN_FILES:
	case FP_LIM_FILE_SIZE:
	case FP_LIM_CORE:
	case FP_LIM_STACK:
	case FP_LIM_LOCKED:
		if (why || p->coarse[r->id] & FP_AA_LIMIT_LARGE)
			none(out, r, why ? why : "the parser knows no number that large");
		else
			fp_emit_claim(out, r, FP_CLAIM_EXACT,
				      "a ceiling, set when the job's first program starts");
		return;
	case FP_LIM_CPU:
	case FP_LIM_CPU_WEIGHT:
	case FP_LIM_CPU_SET:
	case FP_LIM_MEMORY:
	case FP_LIM_MEMORY_HIGH:
	case FP_LIM_MEMORY_LOW:
	case FP_LIM_SWAP:
	case FP_LIM_PIDS:
	case FP_LIM_OOM_GROUP:
	case FP_LIM_IO_WEIGHT:
	case FP_LIM_IO_READ:
	case FP_LIM_IO_WRITE:
	case FP_LIM_IO_READ_OPS:
	case FP_LIM_IO_WRITE_OPS:
	case FP_LIM_WALL_CLOCK:
	case FP_LIM_HUGETLB:
	case FP_LIM_N:
		break;
	}
	none(out, r, "no resource limit of a process");
}

static void claim_audit(struct fp_emission *out, const struct fp_rule *r)
{
	if (r->u.audit.denied)
		fp_emit_claim(out, r, FP_CLAIM_EXACT, "of what AppArmor refuses");
	else
		none(out, r, "AppArmor records objects, not calls");
}

static void claim_rule(const struct fp_aa_plan *p, struct fp_emission *out, const struct fp_rule *r)
{
	switch (r->kind) {
	case FP_KIND_CALL_DEFAULT:
		claim_call_default(out, r);
		return;
	case FP_KIND_CALL_UNKNOWN:
	case FP_KIND_CALL_ABI:
		none(out, r, "AppArmor mediates objects, not calls");
		return;
	case FP_KIND_CALL:
		claim_call(p, out, r);
		return;
	case FP_KIND_CAPABILITY:
		fp_emit_claim(out, r, FP_CLAIM_EXACT, NULL);
		return;
	case FP_KIND_USER:
	case FP_KIND_UMASK:
	case FP_KIND_WORKDIR:
	case FP_KIND_ID_MAP:
		none(out, r, "set by the runtime");
		return;
	case FP_KIND_NO_NEW_PRIVILEGES:
		none(out, r,
		     "set by the runtime; the profile has no transition that it would break");
		return;
	case FP_KIND_NAMESPACE:
		none(out, r, "made by the runtime");
		return;
	case FP_KIND_ROOT:
		claim_root(p, out, r);
		return;
	case FP_KIND_MOUNT:
		claim_mount(p, out, r);
		return;
	case FP_KIND_MASK:
		if (!fp_aa_claim_sockets(p, out, r, &r->u.file.paths))
			fp_emit_claim(out, r, FP_CLAIM_EXACT, NULL);
		return;
	case FP_KIND_READONLY:
		fp_emit_claim(out, r, FP_CLAIM_EXACT, NULL);
		return;
	case FP_KIND_FILE_DEFAULT:
		claim_file_default(p, out, r);
		return;
	case FP_KIND_FILE:
		claim_file(p, out, r);
		return;
	case FP_KIND_EGRESS_DEFAULT:
	case FP_KIND_INGRESS_DEFAULT:
		fp_aa_claim_net_default(p, out, r);
		return;
	case FP_KIND_EGRESS:
	case FP_KIND_INGRESS:
		fp_aa_claim_net(p, out, r);
		return;
	case FP_KIND_DEVICE_DEFAULT:
		claim_device_default(out, r);
		return;
	case FP_KIND_DEVICE:
		claim_device(out, r);
		return;
	case FP_KIND_LIMIT:
		claim_limit(p, out, r);
		return;
	case FP_KIND_AUDIT:
		claim_audit(out, r);
		return;
	case FP_KIND_N:
		break;
	}
}

void fp_aa_claim(const struct fp_aa_plan *p, struct fp_emission *out)
{
	const char *why = p->missing ? p->missing : p->unenforced;

	for (size_t i = 0; i < p->ir->rule_count; i++) {
		if (why)
			none(out, &p->ir->rules[i], why);
		else
			claim_rule(p, out, &p->ir->rules[i]);
	}
}
