/* SPDX-License-Identifier: MIT */
/* Rules about limits: missing ones, and ones that cannot mean what they say. */
#include "analysis/lint.h"

#include <inttypes.h>
#include <string.h>

#define MIB ((uint64_t)1 << 20)

/* UINT64_MAX where nothing bounds it. */
static uint64_t value_of(const struct fp_lint *l, enum fp_limit limit)
{
	const struct fp_rule *r = fp_ir_limit(l->ir, limit);

	return r ? r->u.limit.value : UINT64_MAX;
}

static void above(struct fp_lint *l, enum fp_limit limit, uint64_t most)
{
	const struct fp_rule *r = fp_ir_limit(l->ir, limit);

	if (value_of(l, limit) > most)
		fp_lint_found(l, r, fp_limit_names[limit], "%s%s%s", l->row->summary, r ? ": " : "",
			      r ? r->text : "");
}

static void below(struct fp_lint *l, enum fp_limit limit, uint64_t least)
{
	const struct fp_rule *r = fp_ir_limit(l->ir, limit);

	if (value_of(l, limit) < least)
		fp_lint_found(l, r, fp_limit_names[limit], "%s: %s", l->row->summary, r->text);
}

void fp_lint_pids(struct fp_lint *l)
{
	above(l, FP_LIM_PIDS, UINT64_MAX - 1);
}

void fp_lint_many_pids(struct fp_lint *l)
{
	if (value_of(l, FP_LIM_PIDS) != UINT64_MAX)
		above(l, FP_LIM_PIDS, 32768);
}

void fp_lint_memory(struct fp_lint *l)
{
	above(l, FP_LIM_MEMORY, UINT64_MAX - 1);
}

void fp_lint_swap(struct fp_lint *l)
{
	if (value_of(l, FP_LIM_MEMORY) != UINT64_MAX)
		above(l, FP_LIM_SWAP, UINT64_MAX - 1);
}

void fp_lint_high(struct fp_lint *l)
{
	if (fp_ir_limit(l->ir, FP_LIM_MEMORY_HIGH) &&
	    value_of(l, FP_LIM_MEMORY_HIGH) >= value_of(l, FP_LIM_MEMORY))
		fp_lint_found(l, fp_ir_limit(l->ir, FP_LIM_MEMORY_HIGH), "memory-high", "%s",
			      l->row->summary);
}

void fp_lint_cpu(struct fp_lint *l)
{
	above(l, FP_LIM_CPU, UINT64_MAX - 1);
}

void fp_lint_core(struct fp_lint *l)
{
	above(l, FP_LIM_CORE, 0);
}

void fp_lint_open_files(struct fp_lint *l)
{
	above(l, FP_LIM_OPEN_FILES, MIB);
}

void fp_lint_locked(struct fp_lint *l)
{
	if (fp_ir_limit(l->ir, FP_LIM_LOCKED))
		above(l, FP_LIM_LOCKED, 64 * MIB);
}

void fp_lint_stack(struct fp_lint *l)
{
	if (fp_ir_limit(l->ir, FP_LIM_STACK))
		above(l, FP_LIM_STACK, 1024 * MIB);
}

void fp_lint_hugetlb(struct fp_lint *l)
{
	if (fp_ir_limit(l->ir, FP_LIM_HUGETLB))
		above(l, FP_LIM_HUGETLB, UINT64_MAX - 1);
}

void fp_lint_wall_clock(struct fp_lint *l)
{
	if (l->ir->tier != FP_TIER_STANDARD)
		above(l, FP_LIM_WALL_CLOCK, UINT64_MAX - 1);
}

static const struct fp_rule *writable_bind(const struct fp_lint *l)
{
	fp_ir_each (l->ir, FP_KIND_MOUNT, r)
		if (r->u.mount.type == FP_MOUNT_BIND && !(r->u.mount.flags & FP_MNT_READONLY))
			return r;
	return NULL;
}

void fp_lint_file_size(struct fp_lint *l)
{
	if (l->ir->tier != FP_TIER_STANDARD && writable_bind(l))
		above(l, FP_LIM_FILE_SIZE, UINT64_MAX - 1);
}

void fp_lint_io(struct fp_lint *l)
{
	const struct fp_rule *r = writable_bind(l);

	if (r && !fp_ir_limit(l->ir, FP_LIM_IO_WRITE) && !fp_ir_limit(l->ir, FP_LIM_IO_WRITE_OPS) &&
	    !fp_ir_limit(l->ir, FP_LIM_IO_WEIGHT))
		fp_lint_found(l, r, "io", "%s: %s", l->row->summary, r->text);
}

void fp_lint_small(struct fp_lint *l)
{
	below(l, FP_LIM_MEMORY, 4 * MIB);
	below(l, FP_LIM_PIDS, 2);
	below(l, FP_LIM_CPU, 50);
	below(l, FP_LIM_OPEN_FILES, 8);
}

/* Pages of a tmpfs are the job's memory: Documentation/admin-guide/cgroup-v2.rst, "memory". */
void fp_lint_tmpfs_memory(struct fp_lint *l)
{
	uint64_t memory = value_of(l, FP_LIM_MEMORY), sum = 0;
	const struct fp_rule *last = NULL;

	fp_ir_each (l->ir, FP_KIND_MOUNT, r)
		if (r->u.mount.type == FP_MOUNT_TMPFS && !(r->u.mount.flags & FP_MNT_READONLY) &&
		    !__builtin_add_overflow(sum, r->u.mount.size, &sum) && !r->is_implied)
			last = r;
	if (last && sum > memory)
		fp_lint_found(l, last, "tmpfs",
			      "the memory file systems may hold %" PRIu64
			      " bytes, and the job may have %" PRIu64,
			      sum, memory);
}

void fp_lint_file_over_memory(struct fp_lint *l)
{
	uint64_t stack = value_of(l, FP_LIM_STACK), memory = value_of(l, FP_LIM_MEMORY);

	if (fp_ir_limit(l->ir, FP_LIM_STACK) && stack != UINT64_MAX && stack > memory)
		fp_lint_found(l, fp_ir_limit(l->ir, FP_LIM_STACK), "stack", "%s", l->row->summary);
}
