/* SPDX-License-Identifier: MIT */
/* Probes of devices and of how much of each resource there is. */
#include "analysis/probes.h"

#include <inttypes.h>
#include <string.h>

#define DEVICE_LAYERS                                                            \
	(1u << FP_LAYER_CGROUP2 | 1u << FP_LAYER_OCI | 1u << FP_LAYER_APPARMOR | \
	 1u << FP_LAYER_SELINUX)
#define LIMIT_LAYERS (1u << FP_LAYER_CGROUP2 | 1u << FP_LAYER_OCI)
#define CAP_MKNOD    27u
#define PAGE         4096u
#define PERIOD       100000u /* microseconds: cpu.max of cgroup-v2.rst */

/* ---- devices ---- */

static const struct {
	uint8_t bit;
	const char *word;
} device_rights[] = {
	{ FP_DEV_READ, "read" },
	{ FP_DEV_WRITE, "write" },
	{ FP_DEV_MKNOD, "mknod" },
};

static bool names(const struct fp_rule_device *d, const struct fp_device *node, uint8_t right)
{
	for (size_t i = 0; i < d->n && d->rights & right; i++)
		if (d->at[i].type == node->type && d->at[i].major == node->major &&
		    d->at[i].minor == node->minor)
			return true;
	return false;
}

/* The default, unless a rule names it; a deny wins. */
static struct fp_answer device(const struct fp_ir *ir, const struct fp_device *node, uint8_t right)
{
	const struct fp_rule *def = fp_ir_only(ir, FP_KIND_DEVICE_DEFAULT);
	struct fp_answer a = { .effect = def ? def->u.effect : FP_DENY, .rule = def };

	fp_ir_each (ir, FP_KIND_DEVICE, r) {
		if (!names(&r->u.device, node, right))
			continue;
		a = (struct fp_answer){ .effect = r->u.device.effect, .rule = r };
		if (a.effect == FP_DENY)
			break;
	}
	return a;
}

static void ask_device(struct fp_probes *p, const struct fp_rule *r, const struct fp_device *node,
		       size_t right, const char *why)
{
	const struct fp_answer a = device(p->ir, node, device_rights[right].bit);
	struct fp_arena *arena = &p->u->arena;
	const struct fp_probe probe = {
		.layers = DEVICE_LAYERS,
		.rule = r,
		.by = a.rule,
		.expect = fp_probe_outcome_of(a.effect == FP_ALLOW),
		.why = why,
		.action = FP_PROBE_DEVICE,
		.args = { node->type == 'b' ? "b" : "c", fp_arena_printf(arena, "%u", node->major),
			  fp_arena_printf(arena, "%u", node->minor), device_rights[right].word,
			  node->path },
	};

	/* Making a node also takes the capability: without it, that would refuse in any case. */
	if (device_rights[right].bit == FP_DEV_MKNOD && !(p->ir->caps >> CAP_MKNOD & 1))
		return;
	fp_probes_add(p, &probe);
}

/* The nearest minor number with the other answer. */
static void beside(struct fp_probes *p, const struct fp_rule *r, const struct fp_device *node,
		   size_t right)
{
	enum fp_grant here = device(p->ir, node, device_rights[right].bit).effect;
	struct fp_device near = *node;

	near.path = "-";
	for (uint32_t d = 1; d < 64; d++) {
		const uint32_t minors[] = { node->minor + d, node->minor - d };
		for (size_t i = 0; i < 2; i++) {
			near.minor = minors[i];
			if (minors[i] > UINT32_MAX - 64 ||
			    device(p->ir, &near, device_rights[right].bit).effect == here)
				continue;
			ask_device(p, r, &near, right, "nearest minor outside");
			return;
		}
	}
}

void fp_probes_devices(struct fp_probes *p)
{
	static const struct fp_device unnamed[] = {
#define NODE(path, type, major, minor) { path, type, major, minor },
#include "analysis/kernel_nodes.def"
#undef NODE
	};

	fp_ir_each (p->ir, FP_KIND_DEVICE, r) {
		for (size_t i = 0; i < r->u.device.n; i++)
			for (size_t k = 0; k < 3; k++) {
				bool named = r->u.device.rights & device_rights[k].bit;
				ask_device(p, r, &r->u.device.at[i], k,
					   named ? "inside" : "one right more");
				if (named)
					beside(p, r, &r->u.device.at[i], k);
			}
	}
	fp_ir_each (p->ir, FP_KIND_DEVICE_DEFAULT, r) {
		for (size_t i = 0; i < sizeof(unnamed) / sizeof(unnamed[0]); i++)
			for (size_t k = 0; k < 2; k++)
				ask_device(p, r, &unnamed[i], k, "by the default");
	}
}

/* ---- limits ---- */

/* Of setrlimit(2): the others are counted by a control group. */
static bool is_of_process(enum fp_probe_action action)
{
	return action == FP_PROBE_RLIMIT || action == FP_PROBE_OPEN_FILES ||
	       action == FP_PROBE_FILE_SIZE;
}

static void ask(struct fp_probes *p, const struct fp_rule *r, enum fp_probe_action action,
		const char *arg, const char *second, bool succeeds, const char *why)
{
	const struct fp_probe probe = {
		.layers = LIMIT_LAYERS | (is_of_process(action) ? 1u << FP_LAYER_APPARMOR : 0),
		.rule = r,
		.by = r,
		.expect = fp_probe_outcome_of(succeeds),
		.why = why,
		.action = action,
		.args = { arg, second },
	};

	fp_probes_add(p, &probe);
}

static const char *number(struct fp_probes *p, uint64_t n)
{
	return n == UINT64_MAX ? "max" : fp_arena_printf(&p->u->arena, "%" PRIu64, n);
}

/* All of `inside` can be had, and not one step more than the limit. */
static void edge(struct fp_probes *p, const struct fp_rule *r, enum fp_probe_action action,
		 uint64_t inside, uint64_t over, const char *second)
{
	ask(p, r, action, number(p, inside), second, true, "the limit");
	ask(p, r, action, number(p, over), second, false, "one more");
}

static void knob(struct fp_probes *p, const struct fp_rule *r, const char *file, const char *value)
{
	ask(p, r, FP_PROBE_KNOB, file, value, true, "the kernel's own file");
}

static void rlimit(struct fp_probes *p, const struct fp_rule *r, const char *name)
{
	ask(p, r, FP_PROBE_RLIMIT, name, number(p, r->u.limit.value), true, "the limit");
	if (r->u.limit.value != UINT64_MAX)
		ask(p, r, FP_PROBE_RLIMIT, name, number(p, r->u.limit.value + 1), false,
		    "one more");
}

static void file_size(struct fp_probes *p, const struct fp_rule *r)
{
	const char *path = fp_probes_scratch(p);

	rlimit(p, r, "file-size");
	if (path && r->u.limit.value < INT64_MAX)
		edge(p, r, FP_PROBE_FILE_SIZE, r->u.limit.value, r->u.limit.value + 1, path);
}

static void io(struct fp_probes *p, const struct fp_rule *r, const char *key)
{
	const struct fp_rule_limit *l = &r->u.limit;

	if (!l->has_number) {
		fp_probes_skip(p, r, "the kernel's file needs the device's number");
		return;
	}
	knob(p, r, "io.max",
	     fp_arena_printf(&p->u->arena, "%u:%u %s=%s", l->major, l->minor, key,
			     number(p, l->value)));
}

static void cpu(struct fp_probes *p, const struct fp_rule *r)
{
	uint64_t milli = r->u.limit.value;
	const char *quota = milli == UINT64_MAX ? "max" : number(p, milli * (PERIOD / 1000));

	knob(p, r, "cpu.max", fp_arena_printf(&p->u->arena, "%s %u", quota, PERIOD));
}

static void limit(struct fp_probes *p, const struct fp_rule *r)
{
	const uint64_t value = r->u.limit.value;
	const char *text = number(p, value);
	bool unlimited = value == UINT64_MAX;

	switch (r->u.limit.limit) {
	case FP_LIM_CPU:
		cpu(p, r);
		break;
	case FP_LIM_CPU_WEIGHT:
		knob(p, r, "cpu.weight", text);
		break;
	case FP_LIM_CPU_SET:
		knob(p, r, "cpuset.cpus", r->u.limit.text);
		break;
	case FP_LIM_MEMORY:
		knob(p, r, "memory.max", text);
		/* The prober and what the kernel keeps for it need some of it. */
		if (!unlimited)
			edge(p, r, FP_PROBE_MEMORY, value / 2, value + PAGE, NULL);
		break;
	case FP_LIM_MEMORY_HIGH:
		knob(p, r, "memory.high", text);
		break;
	case FP_LIM_MEMORY_LOW:
		knob(p, r, "memory.low", text);
		break;
	case FP_LIM_SWAP:
		knob(p, r, "memory.swap.max", text);
		break;
	case FP_LIM_PIDS:
		knob(p, r, "pids.max", text);
		if (!unlimited)
			edge(p, r, FP_PROBE_TASKS, value, value + 1, NULL);
		break;
	case FP_LIM_OOM_GROUP:
		knob(p, r, "memory.oom.group", text);
		break;
	case FP_LIM_IO_WEIGHT:
		fp_probes_skip(p, r, "it shows under contention alone");
		break;
	case FP_LIM_IO_READ:
		io(p, r, "rbps");
		break;
	case FP_LIM_IO_WRITE:
		io(p, r, "wbps");
		break;
	case FP_LIM_IO_READ_OPS:
		io(p, r, "riops");
		break;
	case FP_LIM_IO_WRITE_OPS:
		io(p, r, "wiops");
		break;
	case FP_LIM_OPEN_FILES:
		rlimit(p, r, "open-files");
		if (!unlimited)
			edge(p, r, FP_PROBE_OPEN_FILES, value, value + 1, NULL);
		break;
	case FP_LIM_FILE_SIZE:
		file_size(p, r);
		break;
	case FP_LIM_CORE:
		rlimit(p, r, "core");
		break;
	case FP_LIM_STACK:
		rlimit(p, r, "stack");
		break;
	case FP_LIM_LOCKED:
		rlimit(p, r, "locked");
		break;
	case FP_LIM_WALL_CLOCK:
		fp_probes_skip(p, r, "whoever runs the job ends it; no probe waits so long");
		break;
	case FP_LIM_HUGETLB:
		knob(p, r, "hugetlb.2MB.max", text);
		break;
	case FP_LIM_N:
		break;
	}
}

void fp_probes_limits(struct fp_probes *p)
{
	fp_ir_each (p->ir, FP_KIND_LIMIT, r)
		limit(p, r);
}
