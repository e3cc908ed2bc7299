/* SPDX-License-Identifier: MIT */
/* Probes of what a process is: capabilities, identity, namespaces. */
#include "analysis/probes.h"

#include <inttypes.h>
#include <string.h>

#define RUNTIME (1u << FP_LAYER_OCI)
#define CAPABLE (1u << FP_LAYER_OCI | 1u << FP_LAYER_APPARMOR | 1u << FP_LAYER_SELINUX)

#define USE(cap, call) { cap, call },

static const struct {
	const char *cap, *call;
} uses[] = {

#include "analysis/use_caps.def"
};

#undef USE

static void ask(struct fp_probes *p, const struct fp_rule *r, enum fp_probe_action action,
		const char *arg, const char *second, bool succeeds, const char *why)
{
	const struct fp_probe probe = {
		.layers = action == FP_PROBE_USE_CAPABILITY ? CAPABLE : RUNTIME,
		.rule = r,
		.by = r,
		.expect = fp_probe_outcome_of(succeeds),
		.why = why,
		.action = action,
		.args = { arg, second },
	};

	fp_probes_add(p, &probe);
}

/* ---- capabilities ---- */

/* Whether the call that the act goes through may happen: else a refusal would be the filter's. */
static bool is_open(const struct fp_probes *p, const char *call)
{
	const struct fp_sysdef *sys = fp_sys_find(call, strlen(call));
	const uint64_t args[6] = { 0 };

	for (enum fp_arch arch = 0; arch < FP_ARCH_N; arch++) {
		enum fp_abi abi = fp_arch_native(arch);
		if (p->target->archs[arch] &&
		    (sys->nr[abi] < 0 ||
		     fp_eval_call(p->ir, abi, (uint32_t)sys->nr[abi], args, p->kernel).effect ==
			     FP_DENY))
			return false;
	}
	return true;
}

static void capability(struct fp_probes *p, const struct fp_rule *r, const struct fp_cap *cap)
{
	const char *bit = fp_arena_printf(&p->u->arena, "%u", cap->bit);
	bool held = p->ir->caps >> cap->bit & 1;

	ask(p, r, FP_PROBE_CAPABILITY, bit, cap->name, held, held ? "held" : "not held");
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		if (strcmp(uses[i].cap, cap->name))
			continue;
		if (!held || is_open(p, uses[i].call))
			ask(p, r, FP_PROBE_USE_CAPABILITY, bit, cap->name, held,
			    held ? "used" : "not to be used");
	}
}

/* ---- identity ---- */

static const char *group_list(struct fp_probes *p, const struct fp_rule_user *user)
{
	struct fp_buf b;

	fp_buf_init(&b, &p->u->arena);
	for (size_t i = 0; i < user->group_count; i++)
		fp_buf_printf(&b, "%s%u", i ? "," : "", user->groups[i]);
	return b.len ? fp_buf_text(&b) : "-";
}

static void identity(struct fp_probes *p, const struct fp_rule *r)
{
	const struct fp_rule_user *user = &r->u.user;
	struct fp_arena *a = &p->u->arena;

	ask(p, r, FP_PROBE_USER, fp_arena_printf(a, "%u", user->uid), NULL, true, "the user");
	ask(p, r, FP_PROBE_USER, fp_arena_printf(a, "%u", user->uid ^ 1u), NULL, false,
	    "the next user");
	ask(p, r, FP_PROBE_GROUP, fp_arena_printf(a, "%u", user->gid), NULL, true, "the group");
	ask(p, r, FP_PROBE_GROUP, fp_arena_printf(a, "%u", user->gid ^ 1u), NULL, false,
	    "the next group");
	ask(p, r, FP_PROBE_GROUPS, group_list(p, user), NULL, true, "the other groups");
}

static void start(struct fp_probes *p)
{
	struct fp_arena *a = &p->u->arena;

	fp_ir_each (p->ir, FP_KIND_USER, r)
		identity(p, r);
	fp_ir_each (p->ir, FP_KIND_NO_NEW_PRIVILEGES, r)
		ask(p, r, FP_PROBE_NO_NEW_PRIVILEGES, NULL, NULL, r->u.flag, "no new privileges");
	fp_ir_each (p->ir, FP_KIND_UMASK, r) {
		ask(p, r, FP_PROBE_UMASK, fp_arena_printf(a, "%o", r->u.number), NULL, true,
		    "the umask");
		ask(p, r, FP_PROBE_UMASK, fp_arena_printf(a, "%o", r->u.number ^ 1u), NULL, false,
		    "one bit changed");
	}
	fp_ir_each (p->ir, FP_KIND_WORKDIR, r) {
		ask(p, r, FP_PROBE_CWD, r->u.path, NULL, true, "the working directory");
		ask(p, r, FP_PROBE_CWD, fp_arena_printf(a, "%sx", r->u.path), NULL, false,
		    "another directory");
	}
}

/* ---- namespaces ---- */

static void mapping(struct fp_probes *p, const struct fp_rule *r)
{
	const struct fp_rule_idmap *m = &r->u.idmap;
	struct fp_arena *a = &p->u->arena;
	struct fp_probe probe = {
		.layers = RUNTIME,
		.rule = r,
		.by = r,
		.expect = fp_probe_outcome_of(true),
		.why = "the mapping",
		.action = FP_PROBE_IDMAP,
		.args = { m->is_group ? "group" : "user", fp_arena_printf(a, "%u", m->inside),
			  fp_arena_printf(a, "%u", m->outside),
			  fp_arena_printf(a, "%u", m->count) },
	};

	fp_probes_add(p, &probe);
	probe.expect = fp_probe_outcome_of(false);
	probe.why = "one identity more";
	probe.args[3] = fp_arena_printf(a, "%" PRIu64, (uint64_t)m->count + 1);
	fp_probes_add(p, &probe);
}

void fp_probes_process(struct fp_probes *p)
{
	const struct fp_rule *caps = fp_ir_only(p->ir, FP_KIND_CAPABILITY);

	for (size_t i = 0; i < fp_cap_count(); i++)
		capability(p, caps, fp_cap_at(i));
	start(p);
	fp_ir_each (p->ir, FP_KIND_NAMESPACE, r)
		ask(p, r, FP_PROBE_NAMESPACE, fp_namespace_names[r->u.ns.ns], NULL, r->u.ns.is_new,
		    r->u.ns.is_new ? "new" : "the host's");
	fp_ir_each (p->ir, FP_KIND_ID_MAP, r)
		mapping(p, r);
}
