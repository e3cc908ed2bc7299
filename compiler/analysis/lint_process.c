/* SPDX-License-Identifier: MIT */
/* Rules about identity, capabilities and namespaces. */
#include "analysis/lint.h"

#include <string.h>

static const struct fp_rule *namespace_rule(const struct fp_lint *l, enum fp_namespace ns)
{
	fp_ir_each (l->ir, FP_KIND_NAMESPACE, r)
		if (r->u.ns.ns == ns)
			return r;
	return NULL;
}

static const struct fp_rule *cap_rule(const struct fp_lint *l, const char *name)
{
	const struct fp_cap *cap = fp_cap_find(name, strlen(name));

	fp_ir_each (l->ir, FP_KIND_CAPABILITY, r)
		if (r->u.caps.set >> cap->bit & 1)
			return r;
	return fp_ir_only(l->ir, FP_KIND_CAPABILITY);
}

/* ---- namespaces ---- */

static void host(struct fp_lint *l, enum fp_namespace ns)
{
	const struct fp_rule *r = namespace_rule(l, ns);

	if (r && !r->u.ns.is_new)
		fp_lint_found(l, r, fp_namespace_names[ns], "%s", l->row->summary);
}

void fp_lint_host_pid(struct fp_lint *l)
{
	host(l, FP_NS_PID);
}

void fp_lint_host_network(struct fp_lint *l)
{
	host(l, FP_NS_NETWORK);
}

void fp_lint_host_ipc(struct fp_lint *l)
{
	host(l, FP_NS_IPC);
}

void fp_lint_host_mount(struct fp_lint *l)
{
	host(l, FP_NS_MOUNT);
}

void fp_lint_host_names(struct fp_lint *l)
{
	host(l, FP_NS_UTS);
	host(l, FP_NS_CGROUP);
}

/* ---- identity ---- */

void fp_lint_new_privileges(struct fp_lint *l)
{
	const struct fp_rule *r = fp_ir_only(l->ir, FP_KIND_NO_NEW_PRIVILEGES);

	if (!r->u.flag)
		fp_lint_found(l, r, "new-privileges", "%s", l->row->summary);
}

static uint32_t outside_of(const struct fp_lint *l, bool is_group, uint32_t id)
{
	if (!fp_lint_is_new(l, FP_NS_USER))
		return id;
	fp_ir_each (l->ir, FP_KIND_ID_MAP, r)
		if (r->u.idmap.is_group == is_group && id >= r->u.idmap.inside &&
		    id - r->u.idmap.inside < r->u.idmap.count)
			return r->u.idmap.outside + (id - r->u.idmap.inside);
	return UINT32_MAX;
}

void fp_lint_host_root(struct fp_lint *l)
{
	const struct fp_rule *r = fp_ir_only(l->ir, FP_KIND_USER);

	if (!outside_of(l, false, r->u.user.uid))
		fp_lint_found(l, r, "user", "%s: %s", l->row->summary, r->text);
}

void fp_lint_inner_root(struct fp_lint *l)
{
	const struct fp_rule *r = fp_ir_only(l->ir, FP_KIND_USER);

	if (!r->u.user.uid && outside_of(l, false, 0))
		fp_lint_found(l, r, "user", "%s: %s", l->row->summary, r->text);
}

void fp_lint_map_host(struct fp_lint *l)
{
	fp_ir_each (l->ir, FP_KIND_ID_MAP, r)
		if (r->u.idmap.outside < 65536 && fp_lint_is_new(l, FP_NS_USER))
			fp_lint_found(l, r, "map", "%s: %s", l->row->summary, r->text);
}

void fp_lint_root_group(struct fp_lint *l)
{
	const struct fp_rule *r = fp_ir_only(l->ir, FP_KIND_USER);
	bool has = r->u.user.uid && !r->u.user.gid;

	for (size_t i = 0; i < r->u.user.group_count; i++)
		has |= !r->u.user.groups[i];
	if (has)
		fp_lint_found(l, r, "groups", "%s: %s", l->row->summary, r->text);
}

void fp_lint_host_user(struct fp_lint *l)
{
	const struct fp_rule *r = namespace_rule(l, FP_NS_USER);

	if (r && !r->u.ns.is_new && fp_ir_only(l->ir, FP_KIND_USER)->u.user.uid)
		fp_lint_found(l, r, "user", "%s", l->row->summary);
}

void fp_lint_umask(struct fp_lint *l)
{
	const struct fp_rule *r = fp_ir_only(l->ir, FP_KIND_UMASK);

	if ((r->u.number & 022) != 022)
		fp_lint_found(l, r, "umask", "%s: %s", l->row->summary, r->text);
}

void fp_lint_workdir_proc(struct fp_lint *l)
{
	const struct fp_rule *r = fp_ir_only(l->ir, FP_KIND_WORKDIR);

	if (fp_path_is_below(r->u.path, "/proc") || fp_path_is_below(r->u.path, "/dev") ||
	    fp_path_is_below(r->u.path, "/sys"))
		fp_lint_found(l, r, "working-directory", "%s: %s", l->row->summary, r->text);
}

/* ---- capabilities ---- */

void fp_lint_all_caps(struct fp_lint *l)
{
	for (size_t i = 0; i < fp_cap_count(); i++)
		if (!(l->ir->caps >> fp_cap_at(i)->bit & 1) && fp_cap_at(i)->bit < 38)
			return;
	fp_lint_found(l, fp_ir_only(l->ir, FP_KIND_CAPABILITY), "capabilities", "%s",
		      l->row->summary);
}

struct pair {
	const char *cap;
	enum fp_namespace ns; /* the host's makes it worse; FP_NS_N: none */
	const char *call;     /* that goes with it; or NULL */
	const char *why;
};

static const struct pair pairs[] = {
	{ "sys_ptrace", FP_NS_PID, NULL, "it can trace every process of the host" },
	{ "net_raw", FP_NS_NETWORK, NULL, "it can read and forge the host's packets" },
	{ "net_admin", FP_NS_NETWORK, NULL, "it can change the host's routes and firewall" },
	{ "net_bind_service", FP_NS_NETWORK, NULL, "it can take the host's low ports" },
	{ "kill", FP_NS_PID, NULL, "it can signal every process of the host" },
	{ "ipc_owner", FP_NS_IPC, NULL, "it can read the host's shared memory" },
	{ "sys_admin", FP_NS_CGROUP, NULL, "it can write release_agent" },
	{ "dac_read_search", FP_NS_N, "open_by_handle_at",
	  "it can open any file of the host by its handle" },
	{ "sys_chroot", FP_NS_N, "chroot", "a descriptor from outside leads out of the root" },
	{ "sys_admin", FP_NS_N, "mount", "it can show itself what is masked" },
	{ "sys_admin", FP_NS_N, "setns", "it can enter namespaces of the host" },
	{ "sys_module", FP_NS_N, "init_module", "it can load code into the kernel" },
	{ "bpf", FP_NS_N, "bpf", "it can load programs into the kernel" },
	{ "perfmon", FP_NS_N, "perf_event_open", "it can watch the kernel" },
	{ "mknod", FP_NS_N, "mknod", "it can make nodes of devices" },
};

void fp_lint_toxic(struct fp_lint *l)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		const struct pair *p = &pairs[i];
		if (!fp_lint_holds_cap(l, p->cap) ||
		    (p->ns != FP_NS_N && fp_lint_is_new(l, p->ns)) ||
		    (p->call && !fp_lint_call(l, p->call, NULL)))
			continue;
		fp_lint_found(l, cap_rule(l, p->cap), p->cap, "%s with %s%s: %s", p->cap,
			      p->call ? "the call " : "the host's ",
			      p->call ? p->call : fp_namespace_names[p->ns], p->why);
	}
}

#define CAP(cap, call) { cap, call },

static const struct {
	const char *cap, *call;
} gates[] = {

#include "analysis/cap_calls.def"
};
#undef CAP

#define GATES (sizeof(gates) / sizeof(gates[0]))

/* A capability whose every call of the table is refused. */
void fp_lint_dead_cap(struct fp_lint *l)
{
	for (size_t i = 0; i < GATES; i++) {
		bool is_first = !i || strcmp(gates[i - 1].cap, gates[i].cap) != 0, used = false;
		if (!is_first || !fp_lint_holds_cap(l, gates[i].cap) ||
		    !strcmp(gates[i].cap, "sys_admin"))
			continue;
		for (size_t k = i; k < GATES && !strcmp(gates[k].cap, gates[i].cap); k++)
			used |= fp_lint_call(l, gates[k].call, NULL);
		if (!used)
			fp_lint_found(l, cap_rule(l, gates[i].cap), gates[i].cap,
				      "%s is granted, and the filter refuses what needs it: %s",
				      gates[i].cap, gates[i].call);
	}
}

/* In a user namespace of its own a job may have every capability over what belongs to it. */
void fp_lint_dead_call(struct fp_lint *l)
{
	if (fp_lint_call(l, "unshare", NULL) || l->ir->call_default.action >= FP_ACT_NOTIFY)
		return;
	for (size_t i = 0; i < GATES; i++) {
		struct fp_counter c;
		if (!fp_lint_holds_cap(l, gates[i].cap) && fp_lint_call(l, gates[i].call, &c))
			fp_lint_found(
				l, c.rule, gates[i].call,
				"%s is let through, and does nothing without the capability %s",
				gates[i].call, gates[i].cap);
	}
}

void fp_lint_lsm(struct fp_lint *l)
{
	for (size_t i = 0; i < l->in->target_count; i++) {
		const struct fp_target_view *t = &l->in->targets[i];
		if (!t->layers[FP_LAYER_APPARMOR].counts && !t->layers[FP_LAYER_SELINUX].counts)
			fp_lint_found(l, NULL, t->target->name, "%s: %s", l->row->summary,
				      t->target->name);
	}
}
