/* SPDX-License-Identifier: MIT */
/* Names of the IR's enumerations and small questions to a sealed IR. */
#include "ir/ir.h"

#include <stdlib.h>
#include <string.h>

#define KIND(id, section, what) { section, what },

static const struct {
	const char *section, *what;
} kinds[] = {

#include "ir/ir.def"
};
#undef KIND

const struct fp_right_name fp_right_names[] = {
	{ "read", FP_RIGHT_READ },       { "write", FP_RIGHT_WRITE },
	{ "create", FP_RIGHT_CREATE },   { "delete", FP_RIGHT_DELETE },
	{ "execute", FP_RIGHT_EXECUTE }, { "link", FP_RIGHT_LINK },
	{ "lock", FP_RIGHT_LOCK },       { "attributes", FP_RIGHT_ATTRIBUTES },
	{ "append", FP_RIGHT_APPEND },   { NULL, 0 },
};

const char *const fp_namespace_names[FP_NS_N] = { "pid", "mount",  "network", "ipc",
						  "uts", "cgroup", "user",    "time" };

const char *const fp_mount_type_names[] = { "bind", "tmpfs",  "proc",   "sysfs",
					    "dev",  "devpts", "mqueue", "cgroup" };

const char *const fp_proto_names[] = { "any", "tcp", "udp", "sctp", "icmp" };

const char *const fp_limit_names[FP_LIM_N] = {
	[FP_LIM_CPU] = "cpu",
	[FP_LIM_CPU_WEIGHT] = "cpu-weight",
	[FP_LIM_CPU_SET] = "cpu-set",
	[FP_LIM_MEMORY] = "memory",
	[FP_LIM_MEMORY_HIGH] = "memory-high",
	[FP_LIM_MEMORY_LOW] = "memory-low",
	[FP_LIM_SWAP] = "swap",
	[FP_LIM_PIDS] = "pids",
	[FP_LIM_OOM_GROUP] = "oom",
	[FP_LIM_IO_WEIGHT] = "io-weight",
	[FP_LIM_IO_READ] = "io read",
	[FP_LIM_IO_WRITE] = "io write",
	[FP_LIM_IO_READ_OPS] = "io read-ops",
	[FP_LIM_IO_WRITE_OPS] = "io write-ops",
	[FP_LIM_OPEN_FILES] = "open-files",
	[FP_LIM_FILE_SIZE] = "file-size",
	[FP_LIM_CORE] = "core",
	[FP_LIM_STACK] = "stack",
	[FP_LIM_LOCKED] = "locked-memory",
	[FP_LIM_WALL_CLOCK] = "wall-clock",
	[FP_LIM_HUGETLB] = "hugetlb",
};

const char *const fp_layer_names[FP_LAYER_N] = { "seccomp", "apparmor", "selinux",
						 "oci",     "cgroup2",  "nftables" };

int fp_decision_cmp(struct fp_decision a, struct fp_decision b)
{
	if (a.action != b.action)
		return a.action < b.action ? -1 : 1;
	return (a.data > b.data) - (a.data < b.data);
}

const char *fp_kind_section(enum fp_kind kind)
{
	return kinds[kind].section;
}

const char *fp_kind_what(enum fp_kind kind)
{
	return kinds[kind].what;
}

const char *fp_action_name(enum fp_action action)
{
	static const char *const names[FP_ACT_N] = { "kill",   "kill-thread", "trap", "errno",
						     "notify", "trace",       "log",  "allow" };

	return names[action];
}

const char *fp_tier_name(enum fp_tier tier)
{
	static const char *const names[] = { "standard", "untrusted", "hostile" };

	return names[tier];
}

bool fp_path_is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && (n == 1 || !path[n] || path[n] == '/');
}

bool fp_text_is_template(const char *text)
{
	return strstr(text, "${") != NULL;
}

bool fp_ir_is_inherited(const struct fp_ir *ir, const struct fp_rule *r)
{
	return r->origin && r->origin->span.begin != ir->span.begin;
}

bool fp_ir_is_taken_back(const struct fp_ir *ir, const struct fp_rule *r,
			 const struct fp_rule *over)
{
	return fp_ir_is_inherited(ir, r) && r->origin != over->origin;
}

const struct fp_rule *fp_ir_only(const struct fp_ir *ir, enum fp_kind kind)
{
	return ir->first[kind] < ir->first[kind + 1] ? &ir->rules[ir->first[kind]] : NULL;
}

const struct fp_rule *fp_ir_limit(const struct fp_ir *ir, enum fp_limit limit)
{
	fp_ir_each (ir, FP_KIND_LIMIT, r)
		if (r->u.limit.limit == limit)
			return r;
	return NULL;
}

bool fp_ir_is_unknown(const struct fp_ir *ir, const struct fp_sysdef *sys, enum fp_abi abi,
		      uint16_t kernel)
{
	if (sys->nr[abi] < 0)
		return true;
	return sys->since[abi] > kernel || (ir->reviewed && sys->since[abi] > ir->reviewed);
}

const char *fp_layers_text(struct fp_arena *a, unsigned layers)
{
	const char *text = NULL;

	for (enum fp_layer l = FP_LAYER_N; l-- > 0;)
		if (layers >> l & 1)
			text = !text ? fp_layer_names[l]
				     : fp_arena_printf(a, "%s%s%s", fp_layer_names[l],
						       strstr(text, " and ") ? ", " : " and ",
						       text);
	return text ? text : "no layer";
}

const char *fp_subject_section(enum fp_subject_kind kind)
{
	switch (kind) {
	case FP_SUBJECT_CALL:
		return "syscalls";
	case FP_SUBJECT_PATH:
		return "files";
	case FP_SUBJECT_EGRESS:
		return "egress";
	case FP_SUBJECT_INGRESS:
		return "ingress";
	case FP_SUBJECT_CAPABILITY:
		break;
	}
	return "capabilities";
}

static int by_strictness(const void *a, const void *b)
{
	const struct fp_clause *x = a, *y = b;
	int c = fp_decision_cmp(x->decision, y->decision);

	return c ? c : (x->rule->id > y->rule->id) - (x->rule->id < y->rule->id);
}

const struct fp_call_plan *fp_ir_plan_calls(struct fp_arena *a, const struct fp_ir *ir)
{
	struct fp_call_plan *plans = FP_NEW_ARRAY(a, fp_sys_count(), struct fp_call_plan);
	struct fp_clause **fill = FP_NEW_ARRAY(a, fp_sys_count(), struct fp_clause *);

	fp_ir_each (ir, FP_KIND_CALL, r)
		for (size_t i = 0; i < r->u.call.calls.n; i++)
			plans[r->u.call.calls.at[i]].n++;
	for (size_t i = 0; i < fp_sys_count(); i++)
		plans[i].at = fill[i] = FP_NEW_ARRAY(a, plans[i].n, struct fp_clause);
	fp_ir_each (ir, FP_KIND_CALL, r)
		for (size_t i = 0; i < r->u.call.calls.n; i++)
			*fill[r->u.call.calls.at[i]]++ =
				(struct fp_clause){ .rule = r, .decision = r->u.call.decision };
	for (size_t i = 0; i < fp_sys_count(); i++)
		if (plans[i].n)
			qsort(fill[i] - plans[i].n, plans[i].n, sizeof(struct fp_clause),
			      by_strictness);
	return plans;
}
