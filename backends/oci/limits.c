/* SPDX-License-Identifier: MIT */
/* linux.resources and process.rlimits: typed members, and the same values in `unified`. */
#include "backends/oci/oci.h"

#include <inttypes.h>

#define UNLIMITED   UINT64_MAX
#define CPU_PERIOD  100000u  /* microseconds, the kernel's own default */
#define CPU_LONGEST 1000000u /* the longest period; cpu.max refuses quotas below 1000 */

struct limits {
	struct fp_oci_plan *p;
	bool is_unified; /* the runtimes write files of cgroup v2 by name */
	const struct fp_rule *memory, *swap;
};

/*
 * `unified` fixes the value where runtimes translate typed members differently; it is written last
 * by all of them. Typed members stay for readers that know nothing else, and for cgroup v1.
 */
static void unified(struct limits *l, const struct fp_rule *r, const char *file, const char *value)
{
	l->p->needs_1_1 = true;
	fp_oci_text(l->p, r, value, "/linux/resources/unified/%s", file);
}

static const char *number_text(struct limits *l, uint64_t value)
{
	return value == UNLIMITED ? "max" : fp_arena_printf(&l->p->u->arena, "%" PRIu64, value);
}

static void exact(struct limits *l, const struct fp_rule *r)
{
	fp_oci_claim(l->p, r, FP_CLAIM_EXACT, NULL);
}

static void lack(struct limits *l, const struct fp_rule *r, enum fp_feat feat)
{
	fp_oci_claim(l->p, r, FP_CLAIM_NONE, "%s", fp_oci_why(l->p, feat));
}

/* Says why where `unified` cannot be used; the value has no typed member. */
static bool needs_unified(struct limits *l, const struct fp_rule *r)
{
	if (l->is_unified)
		return true;
	lack(l, r,
	     fp_target_has(l->p->target, FP_FEAT_CGROUP_UNIFIED) ? FP_FEAT_OCI_UNIFIED
								 : FP_FEAT_CGROUP_UNIFIED);
	return false;
}

static bool needs_file(struct limits *l, const struct fp_rule *r, enum fp_feat feat)
{
	if (!needs_unified(l, r))
		return false;
	if (fp_target_has(l->p->target, feat))
		return true;
	lack(l, r, feat);
	return false;
}

static void typed(struct limits *l, const struct fp_rule *r, uint64_t value, const char *pointer)
{
	if (value == UNLIMITED)
		fp_oci_unlimited(l->p, r, pointer);
	else
		fp_oci_number(l->p, r, value, "%s", pointer);
}

static void lower_cpu(struct limits *l, const struct fp_rule *r)
{
	uint64_t milli = r->u.limit.value;
	uint64_t period = milli < 10 ? CPU_LONGEST : CPU_PERIOD;
	uint64_t quota = UNLIMITED;

	if (milli != UNLIMITED)
		quota = milli > INT64_MAX / period ? INT64_MAX : milli * (period / 1000);
	typed(l, r, quota, "/linux/resources/cpu/quota");
	fp_oci_number(l->p, r, period, "/linux/resources/cpu/period");
	if (l->is_unified)
		unified(l, r, "cpu.max",
			fp_arena_printf(&l->p->u->arena, "%s %" PRIu64, number_text(l, quota),
					period));
	exact(l, r);
}

/* Shares become weights by two formulas (39 or 100 for 1024): never beside cpu.weight. */
static void lower_cpu_weight(struct limits *l, const struct fp_rule *r)
{
	uint64_t weight = r->u.limit.value;

	exact(l, r);
	if (l->is_unified)
		unified(l, r, "cpu.weight", number_text(l, weight));
	else
		fp_oci_number(l->p, r, weight < 1 ? 2 : weight * 1024 / 100 + (weight * 1024 < 200),
			      "/linux/resources/cpu/shares");
}

static void lower_cpu_set(struct limits *l, const struct fp_rule *r)
{
	if (l->is_unified && !fp_target_has(l->p->target, FP_FEAT_CGROUP_CPUSET)) {
		lack(l, r, FP_FEAT_CGROUP_CPUSET);
		return;
	}
	fp_oci_text(l->p, r, r->u.limit.text, "/linux/resources/cpu/cpus");
	if (l->is_unified)
		unified(l, r, "cpuset.cpus", r->u.limit.text);
	exact(l, r);
}

/*
 * memory.swap counts memory and swap together. 0 means "no swap" to some runtimes and "no limit"
 * to others, and absent means unlimited: it is always written, equal to the limit for none.
 */
static void lower_swap(struct limits *l)
{
	const struct fp_rule *r = l->swap ? l->swap : l->memory;
	uint64_t memory = l->memory ? l->memory->u.limit.value : UNLIMITED;
	uint64_t swap = l->swap ? l->swap->u.limit.value : 0;
	uint64_t sum = swap == UNLIMITED || memory > INT64_MAX - 1 || swap > INT64_MAX - memory
			       ? UNLIMITED
			       : memory + swap;
	bool has_file =
		l->is_unified && fp_target_has(l->p->target, FP_FEAT_CGROUP_MEMORY_SWAP_MAX);

	if (!r)
		return;
	if (memory != UNLIMITED)
		typed(l, r, sum, "/linux/resources/memory/swap");
	if (has_file)
		unified(l, r, "memory.swap.max", number_text(l, swap));
	if (!l->swap)
		return;
	exact(l, r);
	if (!has_file && memory == UNLIMITED && swap != UNLIMITED)
		fp_oci_claim(l->p, r, FP_CLAIM_NONE,
			     "without a memory limit only memory.swap.max bounds swap (%s)",
			     l->is_unified ? fp_oci_why(l->p, FP_FEAT_CGROUP_MEMORY_SWAP_MAX)
					   : fp_oci_why(l->p, FP_FEAT_CGROUP_UNIFIED));
}

static void lower_memory(struct limits *l, const struct fp_rule *r)
{
	typed(l, r, r->u.limit.value, "/linux/resources/memory/limit");
	if (l->is_unified)
		unified(l, r, "memory.max", number_text(l, r->u.limit.value));
	exact(l, r);
}

static void lower_memory_low(struct limits *l, const struct fp_rule *r)
{
	if (!needs_unified(l, r))
		return;
	typed(l, r, r->u.limit.value, "/linux/resources/memory/reservation");
	unified(l, r, "memory.low", number_text(l, r->u.limit.value));
	exact(l, r);
}

static void lower_memory_high(struct limits *l, const struct fp_rule *r)
{
	if (!needs_unified(l, r))
		return;
	unified(l, r, "memory.high", number_text(l, r->u.limit.value));
	exact(l, r);
}

static void lower_oom_group(struct limits *l, const struct fp_rule *r)
{
	if (!needs_file(l, r, FP_FEAT_CGROUP_MEMORY_OOM_GROUP))
		return;
	unified(l, r, "memory.oom.group", r->u.limit.value ? "1" : "0");
	exact(l, r);
}

/* pids.limit 0 is "no limit" to nearly every runtime. */
static void lower_pids(struct limits *l, const struct fp_rule *r)
{
	if (!r->u.limit.value && !needs_unified(l, r))
		return;
	if (r->u.limit.value)
		typed(l, r, r->u.limit.value, "/linux/resources/pids/limit");
	if (l->is_unified)
		unified(l, r, "pids.max", number_text(l, r->u.limit.value));
	exact(l, r);
}

static void lower_io_weight(struct limits *l, const struct fp_rule *r)
{
	if (!needs_file(l, r, FP_FEAT_CGROUP_IO_WEIGHT))
		return;
	unified(l, r, "io.weight", number_text(l, r->u.limit.value));
	fp_oci_claim(l->p, r, FP_CLAIM_WIDER,
		     "io.weight acts only on devices whose io.cost.qos was enabled on the host");
}

static const char *io_member(enum fp_limit limit)
{
	if (limit == FP_LIM_IO_READ)
		return "throttleReadBpsDevice";
	if (limit == FP_LIM_IO_WRITE)
		return "throttleWriteBpsDevice";
	return limit == FP_LIM_IO_READ_OPS ? "throttleReadIOPSDevice" : "throttleWriteIOPSDevice";
}

/* Only typed: io.max is one file for all devices, and `unified` can write it only once. */
static void lower_io(struct limits *l, const struct fp_rule *r, size_t *at)
{
	const struct fp_rule_limit *m = &r->u.limit;
	const char *member = io_member(m->limit);

	if (!m->has_number) {
		fp_oci_claim(l->p, r, FP_CLAIM_NONE,
			     "the number of %s is not known: write it as block MAJOR:MINOR",
			     m->device);
		return;
	}
	if (l->is_unified && !fp_target_has(l->p->target, FP_FEAT_CGROUP_IO_MAX)) {
		lack(l, r, FP_FEAT_CGROUP_IO_MAX);
		return;
	}
	exact(l, r);
	if (m->value == UNLIMITED)
		return;
	fp_oci_number(l->p, r, m->major, "/linux/resources/blockIO/%s/%zu/major", member, *at);
	fp_oci_number(l->p, r, m->minor, "/linux/resources/blockIO/%s/%zu/minor", member, *at);
	fp_oci_number(l->p, r, m->value, "/linux/resources/blockIO/%s/%zu/rate", member, *at);
	++*at;
}

static void lower_hugetlb(struct limits *l, const struct fp_rule *r)
{
	if (l->is_unified && !fp_target_has(l->p->target, FP_FEAT_CGROUP_HUGETLB)) {
		lack(l, r, FP_FEAT_CGROUP_HUGETLB);
		return;
	}
	exact(l, r);
	if (r->u.limit.value == UNLIMITED)
		return;
	fp_oci_text(l->p, r, "2MB", "/linux/resources/hugepageLimits/0/pageSize");
	fp_oci_number(l->p, r, r->u.limit.value, "/linux/resources/hugepageLimits/0/limit");
	if (l->is_unified)
		unified(l, r, "hugetlb.2MB.max", number_text(l, r->u.limit.value));
}

static void lower_rlimit(struct limits *l, const struct fp_rule *r, const char *type, size_t *at)
{
	uint64_t value = r->u.limit.value;

	if (value == UNLIMITED) {
		fp_oci_claim(l->p, r, FP_CLAIM_NARROWER,
			     "left out: the job keeps the limit the runtime was started with");
		return;
	}
	fp_oci_text(l->p, r, type, "/process/rlimits/%zu/type", *at);
	fp_oci_number(l->p, r, value, "/process/rlimits/%zu/soft", *at);
	fp_oci_number(l->p, r, value, "/process/rlimits/%zu/hard", *at);
	++*at;
	exact(l, r);
}

static void lower_one(struct limits *l, const struct fp_rule *r, size_t *io, size_t *rlimit)
{
	enum fp_limit limit = r->u.limit.limit;

	switch (limit) {
	case FP_LIM_CPU:
		lower_cpu(l, r);
		break;
	case FP_LIM_CPU_WEIGHT:
		lower_cpu_weight(l, r);
		break;
	case FP_LIM_CPU_SET:
		lower_cpu_set(l, r);
		break;
	case FP_LIM_MEMORY:
		lower_memory(l, r);
		break;
	case FP_LIM_MEMORY_HIGH:
		lower_memory_high(l, r);
		break;
	case FP_LIM_MEMORY_LOW:
		lower_memory_low(l, r);
		break;
	case FP_LIM_SWAP:
		break; /* with memory, in lower_swap */
	case FP_LIM_PIDS:
		lower_pids(l, r);
		break;
	case FP_LIM_OOM_GROUP:
		lower_oom_group(l, r);
		break;
	case FP_LIM_IO_WEIGHT:
		lower_io_weight(l, r);
		break;
	case FP_LIM_IO_READ:
	case FP_LIM_IO_WRITE:
	case FP_LIM_IO_READ_OPS:
	case FP_LIM_IO_WRITE_OPS:
		lower_io(l, r, &io[limit - FP_LIM_IO_READ]);
		break;
	case FP_LIM_OPEN_FILES:
		lower_rlimit(l, r, "RLIMIT_NOFILE", rlimit);
		break;
	case FP_LIM_FILE_SIZE:
		lower_rlimit(l, r, "RLIMIT_FSIZE", rlimit);
		break;
	case FP_LIM_CORE:
		lower_rlimit(l, r, "RLIMIT_CORE", rlimit);
		break;
	case FP_LIM_STACK:
		lower_rlimit(l, r, "RLIMIT_STACK", rlimit);
		break;
	case FP_LIM_LOCKED:
		lower_rlimit(l, r, "RLIMIT_MEMLOCK", rlimit);
		break;
	case FP_LIM_WALL_CLOCK:
		fp_oci_claim(l->p, r, FP_CLAIM_NONE,
			     "no runtime counts wall-clock time: whoever starts it must");
		break;
	case FP_LIM_HUGETLB:
		lower_hugetlb(l, r);
		break;
	case FP_LIM_N:
		break;
	}
}

_Static_assert(FP_LIM_IO_WRITE_OPS - FP_LIM_IO_READ == 3, "four lists of throttled devices");

void fp_oci_lower_limits(struct fp_oci_plan *p)
{
	struct limits l = { .p = p };
	size_t io[4] = { 0 }, rlimit = 0;

	l.is_unified = fp_target_has(p->target, FP_FEAT_CGROUP_UNIFIED) &&
		       fp_target_has(p->target, FP_FEAT_OCI_UNIFIED);
	l.memory = fp_ir_limit(p->ir, FP_LIM_MEMORY);
	l.swap = fp_ir_limit(p->ir, FP_LIM_SWAP);
	fp_ir_each (p->ir, FP_KIND_LIMIT, r)
		lower_one(&l, r, io, &rlimit);
	lower_swap(&l);
}
