/* SPDX-License-Identifier: MIT */
/* Limits as files of a cgroup and properties of a unit (Documentation/admin-guide/cgroup-v2.rst,
 * systemd.resource-control(5), systemd.exec(5)). */
#include "backends/cgroup2/cgroup2.h"

#include <inttypes.h>
#include <string.h>

#define PAGE             4096u /* x86_64, riscv64, and aarch64 as distributions build it */
#define HUGE_PAGE        (2u << 20)
#define PERIOD           100000u  /* us; the kernel's default */
#define LONG_PERIOD      1000000u /* us; the longest the kernel takes */
#define LEAST_QUOTA      1000u /* us; less is EINVAL (kernel/sched/core.c, tg_set_cfs_bandwidth) */
#define CAP_SYS_NICE     23    /* include/uapi/linux/capability.h */
#define CAP_SYS_RESOURCE 24

enum form {
	FORM_NUMBER, /* as it is */
	FORM_PAGES,  /* bytes, kept in pages */
	FORM_HUGE,   /* bytes, kept in huge pages */
	FORM_CPU,    /* quota and period; percent of one CPU */
	FORM_TEXT,
	FORM_SWITCH, /* 0 or 1; a word to systemd */
	FORM_TIME,
	FORM_DEVICE /* see io.c */
};

/* NULL: there is no such file, or no such property. FP_FEAT_N: every target has it. */
static const struct knob {
	const char *file, *property;
	enum fp_feat file_needs, property_needs;
	enum form form;
	bool is_rlimit;
} knobs[FP_LIM_N] = {
	[FP_LIM_CPU] = { "cpu.max", "CPUQuota", FP_FEAT_N, FP_FEAT_N, FORM_CPU, false },
	[FP_LIM_CPU_WEIGHT] = { "cpu.weight", "CPUWeight", FP_FEAT_N, FP_FEAT_N, FORM_NUMBER,
				false },
	[FP_LIM_CPU_SET] = { "cpuset.cpus", "AllowedCPUs", FP_FEAT_CGROUP_CPUSET,
			     FP_FEAT_SD_ALLOWED_CPUS, FORM_TEXT, false },
	[FP_LIM_MEMORY] = { "memory.max", "MemoryMax", FP_FEAT_N, FP_FEAT_N, FORM_PAGES, false },
	[FP_LIM_MEMORY_HIGH] = { "memory.high", "MemoryHigh", FP_FEAT_N, FP_FEAT_N, FORM_PAGES,
				 false },
	[FP_LIM_MEMORY_LOW] = { "memory.low", "MemoryLow", FP_FEAT_N, FP_FEAT_N, FORM_PAGES,
				false },
	[FP_LIM_SWAP] = { "memory.swap.max", "MemorySwapMax", FP_FEAT_CGROUP_MEMORY_SWAP_MAX,
			  FP_FEAT_N, FORM_PAGES, false },
	[FP_LIM_PIDS] = { "pids.max", "TasksMax", FP_FEAT_N, FP_FEAT_N, FORM_NUMBER, false },
	[FP_LIM_OOM_GROUP] = { "memory.oom.group", "OOMPolicy", FP_FEAT_CGROUP_MEMORY_OOM_GROUP,
			       FP_FEAT_SD_OOM_POLICY, FORM_SWITCH, false },
	[FP_LIM_IO_WEIGHT] = { "io.weight", "IOWeight", FP_FEAT_CGROUP_IO_WEIGHT, FP_FEAT_N,
			       FORM_NUMBER, false },
	[FP_LIM_IO_READ] = { NULL, NULL, FP_FEAT_N, FP_FEAT_N, FORM_DEVICE, false },
	[FP_LIM_IO_WRITE] = { NULL, NULL, FP_FEAT_N, FP_FEAT_N, FORM_DEVICE, false },
	[FP_LIM_IO_READ_OPS] = { NULL, NULL, FP_FEAT_N, FP_FEAT_N, FORM_DEVICE, false },
	[FP_LIM_IO_WRITE_OPS] = { NULL, NULL, FP_FEAT_N, FP_FEAT_N, FORM_DEVICE, false },
	[FP_LIM_OPEN_FILES] = { NULL, "LimitNOFILE", FP_FEAT_N, FP_FEAT_N, FORM_NUMBER, true },
	[FP_LIM_FILE_SIZE] = { NULL, "LimitFSIZE", FP_FEAT_N, FP_FEAT_N, FORM_NUMBER, true },
	[FP_LIM_CORE] = { NULL, "LimitCORE", FP_FEAT_N, FP_FEAT_N, FORM_NUMBER, true },
	[FP_LIM_STACK] = { NULL, "LimitSTACK", FP_FEAT_N, FP_FEAT_N, FORM_NUMBER, true },
	[FP_LIM_LOCKED] = { NULL, "LimitMEMLOCK", FP_FEAT_N, FP_FEAT_N, FORM_NUMBER, true },
	[FP_LIM_WALL_CLOCK] = { NULL, "RuntimeMaxSec", FP_FEAT_N, FP_FEAT_N, FORM_TIME, false },
	[FP_LIM_HUGETLB] = { "hugetlb.2MB.max", NULL, FP_FEAT_CGROUP_HUGETLB, FP_FEAT_N, FORM_HUGE,
			     false },
};

static bool has(const struct fp_cg_plan *p, enum fp_feat feat)
{
	return feat == FP_FEAT_N || fp_target_has(p->target, feat);
}

const char *fp_cg_number(struct fp_cg_plan *p, uint64_t value, const char *unlimited)
{
	return value == UINT64_MAX ? unlimited : fp_arena_printf(p->arena, "%" PRIu64, value);
}

/* What the kernel would keep of the value. */
static uint64_t kept(enum form form, uint64_t value)
{
	if (value == UINT64_MAX)
		return value;
	if (form == FORM_PAGES)
		return value - value % PAGE;
	return form == FORM_HUGE ? value - value % HUGE_PAGE : value;
}

/* Microseconds in each period: 100 ms, or 1 s where a tenth of it would be less than the least
 * quota. */
static const char *cpu_file(struct fp_cg_plan *p, uint64_t milli)
{
	if (milli == UINT64_MAX)
		return fp_arena_printf(p->arena, "max %u", PERIOD);
	if (milli >= LEAST_QUOTA / (PERIOD / 1000))
		return fp_arena_printf(p->arena, "%" PRIu64 " %u", milli * (PERIOD / 1000), PERIOD);
	return fp_arena_printf(p->arena, "%" PRIu64 " %u", milli ? milli * 1000 : LEAST_QUOTA,
			       LONG_PERIOD);
}

static const char *cpu_property(struct fp_cg_plan *p, uint64_t milli)
{
	if (milli == UINT64_MAX)
		return ""; /* an empty assignment takes the quota away */
	if (milli % 10)
		return fp_arena_printf(p->arena, "%" PRIu64 ".%" PRIu64 "%%", milli / 10,
				       milli % 10);
	return fp_arena_printf(p->arena, "%" PRIu64 "%%", milli / 10);
}

static const char *file_value(struct fp_cg_plan *p, const struct fp_rule_limit *l)
{
	enum form form = knobs[l->limit].form;

	switch (form) {
	case FORM_CPU:
		return cpu_file(p, l->value);
	case FORM_TEXT:
		return l->text;
	case FORM_SWITCH:
	case FORM_NUMBER:
	case FORM_PAGES:
	case FORM_HUGE:
	case FORM_TIME:
	case FORM_DEVICE:
		break;
	}
	const char *number = fp_cg_number(p, kept(form, l->value), "max");
	return l->limit == FP_LIM_IO_WEIGHT ? fp_arena_printf(p->arena, "default %s", number)
					    : number;
}

static const char *property_value(struct fp_cg_plan *p, const struct fp_rule_limit *l)
{
	enum form form = knobs[l->limit].form;

	switch (form) {
	case FORM_CPU:
		return cpu_property(p, l->value);
	case FORM_TEXT:
		return l->text;
	case FORM_SWITCH:
		return l->value ? "kill" : "continue";
	case FORM_TIME:
		if (l->value == UINT64_MAX)
			return "infinity";
		return l->value % 1000 ? fp_arena_printf(p->arena, "%" PRIu64 "ms", l->value)
				       : fp_arena_printf(p->arena, "%" PRIu64 "s", l->value / 1000);
	case FORM_NUMBER:
	case FORM_PAGES:
	case FORM_HUGE:
	case FORM_DEVICE:
		break;
	}
	if (l->limit == FP_LIM_PIDS && !l->value)
		return "1"; /* TasksMax=0 is refused; with the one task that is there none can
			       follow */
	return fp_cg_number(p, kept(form, l->value), "infinity");
}

/* Swap is unlimited unless the file is written, and would carry the job past memory.max. */
static void close_swap(struct fp_cg_plan *p)
{
	const struct fp_rule *memory = fp_ir_limit(p->ir, FP_LIM_MEMORY);

	if (fp_ir_limit(p->ir, FP_LIM_SWAP) || !p->has_files ||
	    !has(p, FP_FEAT_CGROUP_MEMORY_SWAP_MAX))
		return;
	fp_cg_file_line(p, "memory.swap.max", "0", memory);
	if (p->has_dropin)
		fp_cg_dropin_line(p, "MemorySwapMax=0", memory);
}

/* What a rule's knob cannot do although it was set, or NULL. */
static const char *escape(const struct fp_cg_plan *p, const struct fp_rule_limit *l)
{
	if (l->value == UINT64_MAX && knobs[l->limit].form != FORM_TEXT)
		return NULL;
	if (l->limit == FP_LIM_IO_WEIGHT)
		return "io.weight acts only where the host enables io.cost.qos for the device";
	if (l->limit == FP_LIM_CPU && p->ir->caps >> CAP_SYS_NICE & 1)
		return "CAP_SYS_NICE: cpu.max does not bind real-time scheduling";
	if (knobs[l->limit].is_rlimit && p->ir->caps >> CAP_SYS_RESOURCE & 1)
		return "CAP_SYS_RESOURCE can raise resource limits";
	return NULL;
}

static bool is_swapless(const struct fp_cg_plan *p)
{
	const struct fp_rule *swap = fp_ir_limit(p->ir, FP_LIM_SWAP);

	return !swap || !swap->u.limit.value;
}

/* "memory.max; MemoryMax= in the drop-in", and what a reader should know besides. */
static const char *where(struct fp_cg_plan *p, const struct fp_rule_limit *l, bool is_file,
			 bool is_property)
{
	const struct knob *k = &knobs[l->limit];
	const char *note = "";

	if (l->limit == FP_LIM_MEMORY_HIGH && is_swapless(p))
		note = "; without swap this stalls the job rather than bounds it";
	else if (l->limit == FP_LIM_MEMORY_LOW)
		note = "; a protection, as far as the parent cgroups have it too";
	if (is_file && is_property)
		return fp_arena_printf(p->arena, "%s; %s= in the drop-in%s", k->file, k->property,
				       note);
	if (is_file)
		return fp_arena_printf(p->arena, "%s%s", k->file, note);
	return fp_arena_printf(p->arena, "only %s= in the drop-in; cgroups have no file for it",
			       k->property);
}

static const char *missing(struct fp_cg_plan *p, const struct knob *k)
{
	if (k->file && !p->has_files)
		return fp_target_why(p->target, FP_FEAT_CGROUP_UNIFIED);
	if (k->file)
		return fp_target_why(p->target, k->file_needs);
	return "cgroups have no file for it, and the target no systemd";
}

static void claim_set(struct fp_cg_plan *p, const struct fp_rule *r, const char *place)
{
	const struct fp_rule_limit *l = &r->u.limit;
	const char *past = escape(p, l);
	enum form form = knobs[l->limit].form;

	if (past)
		fp_cg_claim(p, r, FP_CLAIM_WIDER, past);
	else if (kept(form, l->value) != l->value)
		fp_cg_claim(p, r, FP_CLAIM_NARROWER,
			    fp_arena_printf(p->arena, "%s; the kernel counts pages of %u bytes",
					    place, form == FORM_HUGE ? HUGE_PAGE : PAGE));
	else
		fp_cg_claim(p, r, FP_CLAIM_EXACT, place);
}

static void lower_limit(struct fp_cg_plan *p, const struct fp_rule *r)
{
	const struct fp_rule_limit *l = &r->u.limit;
	const struct knob *k = &knobs[l->limit];
	bool is_file = k->file && p->has_files && has(p, k->file_needs);
	/* A property is no way around a file that the kernel lacks: systemd writes the same file.
	 */
	bool is_property =
		k->property && p->has_dropin && has(p, k->property_needs) && (is_file || !k->file);

	if (is_file)
		fp_cg_file_line(p, k->file, file_value(p, l), r);
	if (is_file &&
	    l->limit == FP_LIM_HUGETLB) /* reservations count when mapped, not when touched */
		fp_cg_file_line(p, "hugetlb.2MB.rsvd.max", file_value(p, l), r);
	if (is_property)
		fp_cg_dropin_line(
			p, fp_arena_printf(p->arena, "%s=%s", k->property, property_value(p, l)),
			r);
	if (is_property && l->limit == FP_LIM_WALL_CLOCK && l->value != UINT64_MAX) {
		/* at once, and all of it: SIGTERM would leave the job up to TimeoutStopSec= */
		fp_cg_dropin_line(p, "KillMode=control-group", r);
		fp_cg_dropin_line(p, "KillSignal=SIGKILL", r);
	}
	if (is_file || is_property)
		claim_set(p, r, where(p, l, is_file, is_property));
	else
		fp_cg_claim(p, r, FP_CLAIM_NONE, missing(p, k));
}

void fp_cg_lower_limits(struct fp_cg_plan *p)
{
	for (enum fp_limit limit = FP_LIM_CPU; limit < FP_LIM_N; limit++) {
		if (limit == FP_LIM_SWAP)
			close_swap(p);
		fp_ir_each (p->ir, FP_KIND_LIMIT, r)
			if (r->u.limit.limit == limit && knobs[limit].form != FORM_DEVICE)
				lower_limit(p, r);
	}
}
