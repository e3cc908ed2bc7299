/* SPDX-License-Identifier: MIT */
/* Which limits a policy loosens against another: an order for each knob, no limit at its top. */
#include "base/num.h"
#include "ir/decide.h"

#include <string.h>

/* What the kernel does where nothing is said (cgroup-v2.rst): weights are 100, nothing protected.
 */
#define WEIGHT_DEFAULT 100u

static bool is_io(enum fp_limit limit)
{
	return limit == FP_LIM_IO_READ || limit == FP_LIM_IO_WRITE || limit == FP_LIM_IO_READ_OPS ||
	       limit == FP_LIM_IO_WRITE_OPS;
}

/* The kernel knows a device by its number, systemd by its path: where one differs, so may disks. */
static bool is_same_device(const struct fp_rule_limit *a, const struct fp_rule_limit *b)
{
	bool is_other =
		a->has_number && b->has_number && (a->major != b->major || a->minor != b->minor);

	return !is_other && !strcmp(a->device, b->device);
}

/* The rule of a knob, of the same device where it has one. */
static const struct fp_rule *same_knob(const struct fp_ir *ir, const struct fp_rule *like)
{
	fp_ir_each (ir, FP_KIND_LIMIT, r)
		if (r->u.limit.limit == like->u.limit.limit &&
		    (!is_io(r->u.limit.limit) || is_same_device(&r->u.limit, &like->u.limit)))
			return r;
	return NULL;
}

static uint64_t value_of(const struct fp_ir *ir, enum fp_limit limit, const struct fp_rule *r)
{
	const struct fp_rule *memory;

	if (r)
		return r->u.limit.value;
	if (limit == FP_LIM_CPU_WEIGHT || limit == FP_LIM_IO_WEIGHT)
		return WEIGHT_DEFAULT;
	if (limit == FP_LIM_MEMORY_LOW)
		return 0;
	/* Nobody gets to a throttle that lies above what can be had. */
	memory = limit == FP_LIM_MEMORY_HIGH ? fp_ir_limit(ir, FP_LIM_MEMORY) : NULL;
	return memory ? memory->u.limit.value : UINT64_MAX;
}

/* Whether "0-3,5" names a CPU. */
static bool has_cpu(const char *list, uint64_t cpu)
{
	for (const char *at = list;; at++) {
		size_t n = strspn(at, "0123456789");
		uint64_t first = 0, last = 0;
		if (fp_num_parse_base(at, n, 10, &first))
			last = first;
		at += n;
		if (*at == '-') {
			n = strspn(++at, "0123456789");
			if (!fp_num_parse_base(at, n, 10, &last))
				return false;
			at += n;
		}
		if (n && cpu >= first && cpu <= last)
			return true;
		if (*at != ',')
			return false;
	}
}

#define CPUS_MAX 8192u /* NR_CPUS at most (lib/Kconfig, arch/x86/Kconfig) */

/* A CPU of `mine` that is not in `theirs`; CPUS_MAX: there is none. */
static unsigned other_cpu(const char *mine, const char *theirs)
{
	unsigned cpu = 0;

	while (cpu < CPUS_MAX && (!has_cpu(mine, cpu) || has_cpu(theirs, cpu)))
		cpu++;
	return cpu;
}

static const char *looser_set(struct fp_arena *a, const struct fp_rule *mine,
			      const struct fp_rule *theirs)
{
	if (!theirs)
		return NULL;
	if (!mine)
		return "every CPU";
	unsigned cpu = other_cpu(mine->u.limit.text, theirs->u.limit.text);
	return cpu < CPUS_MAX ? fp_arena_printf(a, "CPU %u", cpu) : NULL;
}

static const char *looser(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
			  const struct fp_rule *mine, const struct fp_rule *theirs)
{
	const struct fp_rule_limit *l = mine ? &mine->u.limit : &theirs->u.limit;
	struct fp_arena *arena = &p->u->arena;

	if (l->limit == FP_LIM_CPU_SET)
		return looser_set(arena, mine, theirs);
	if (l->limit == FP_LIM_OOM_GROUP)
		return NULL; /* how a job dies permits nothing */
	if (value_of(a, l->limit, mine) <= value_of(b, l->limit, theirs))
		return NULL;
	if (mine)
		return mine->text;
	return fp_arena_printf(arena, "%s%s%s without a limit", fp_limit_names[l->limit],
			       l->device ? " of " : "", l->device ? l->device : "");
}

void fp_refine_limits(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
		      struct fp_excesses *out)
{
	FP_VEC(struct fp_excess) all = { 0 };
	const char *example;

	fp_ir_each (a, FP_KIND_LIMIT, r) {
		const struct fp_rule *theirs = same_knob(b, r);
		example = looser(p, a, b, r, theirs);
		struct fp_excess e = { .example = example, .allows = r, .denies = theirs };
		if (example)
			fp_vec_push(&p->u->arena, &all, e);
	}
	fp_ir_each (b, FP_KIND_LIMIT, r) {
		example = same_knob(a, r) ? NULL : looser(p, a, b, NULL, r);
		struct fp_excess e = { .example = example, .denies = r };
		if (example)
			fp_vec_push(&p->u->arena, &all, e);
	}
	if (all.n > 1 && !out->wants_all)
		all.at[0].more = fp_arena_printf(&p->u->arena, "and %zu more", all.n - 1);
	for (size_t i = 0; i < all.n && (!i || out->wants_all); i++)
		fp_excess_add(p, out, all.at[i]);
}
