/* SPDX-License-Identifier: MIT */
/* Rates on block devices: one line of io.max a device, all four rates in it. */
#include "backends/cgroup2/cgroup2.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define N_RATES 4

static const struct {
	enum fp_limit limit;
	const char *key, *property;
} rates[N_RATES] = {
	{ FP_LIM_IO_READ, "rbps", "IOReadBandwidthMax" },
	{ FP_LIM_IO_WRITE, "wbps", "IOWriteBandwidthMax" },
	{ FP_LIM_IO_READ_OPS, "riops", "IOReadIOPSMax" },
	{ FP_LIM_IO_WRITE_OPS, "wiops", "IOWriteIOPSMax" },
};

struct device {
	uint32_t major, minor;
	uint64_t value[N_RATES]; /* UINT64_MAX: unlimited */
	FP_VEC(const struct fp_rule *) rules;
};

struct devices {
	FP_VEC(struct device) v;
};

static unsigned rate_of(const struct fp_rule *r)
{
	unsigned n = 0;

	while (n < N_RATES && rates[n].limit != r->u.limit.limit)
		n++;
	return n;
}

/* What a unit file takes as it stands: no space, quote, backslash, percent or control character. */
static bool is_writable(const char *path)
{
	static const char marks[] = "/._:@+=-${}";

	for (const char *c = path; *c; c++)
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') &&
		    !(*c >= '0' && *c <= '9') && !strchr(marks, *c))
			return false;
	return *path == '/';
}

static struct device *device_of(struct fp_cg_plan *p, struct devices *all,
				const struct fp_rule_limit *l)
{
	struct device new = { .major = l->major, .minor = l->minor };

	for (size_t i = 0; i < all->v.n; i++)
		if (all->v.at[i].major == l->major && all->v.at[i].minor == l->minor)
			return &all->v.at[i];
	for (unsigned i = 0; i < N_RATES; i++)
		new.value[i] = UINT64_MAX;
	fp_vec_push(p->arena, &all->v, new);
	return &all->v.at[all->v.n - 1];
}

static int by_number(const void *a, const void *b)
{
	const struct device *x = a, *y = b;

	if (x->major != y->major)
		return x->major < y->major ? -1 : 1;
	return (x->minor > y->minor) - (x->minor < y->minor);
}

static void print_devices(struct fp_cg_plan *p, struct devices *all)
{
	if (all->v.n)
		qsort(all->v.at, all->v.n, sizeof(*all->v.at), by_number);
	for (size_t i = 0; i < all->v.n; i++) {
		const struct device *d = &all->v.at[i];
		struct fp_buf b;
		fp_buf_init(&b, p->arena);
		fp_buf_printf(&b, "%" PRIu32 ":%" PRIu32, d->major, d->minor);
		for (unsigned k = 0; k < N_RATES; k++)
			fp_buf_printf(&b, " %s=%s", rates[k].key,
				      fp_cg_number(p, d->value[k], "max"));
		struct fp_cg_line *line = fp_cg_file_line(p, "io.max", fp_buf_text(&b), NULL);
		for (size_t k = 0; k < d->rules.n; k++)
			fp_cg_line_rule(p, line, d->rules.at[k]);
	}
}

static void claim(struct fp_cg_plan *p, const struct fp_rule *r, bool is_file, bool is_property)
{
	const char *property = rates[rate_of(r)].property;

	if (r->u.limit.value == UINT64_MAX)
		fp_cg_claim(p, r, FP_CLAIM_EXACT, "no rate is bounded unless one is set");
	else if (!p->has_files)
		fp_cg_claim(p, r, FP_CLAIM_NONE, fp_target_why(p->target, FP_FEAT_CGROUP_UNIFIED));
	else if (!fp_target_has(p->target, FP_FEAT_CGROUP_IO_MAX))
		fp_cg_claim(p, r, FP_CLAIM_NONE, fp_target_why(p->target, FP_FEAT_CGROUP_IO_MAX));
	else if (is_file)
		fp_cg_claim(p, r, FP_CLAIM_EXACT,
			    is_property ? fp_arena_printf(p->arena, "io.max; %s= in the drop-in",
							  property)
					: "io.max");
	else if (is_property)
		fp_cg_claim(
			p, r, FP_CLAIM_EXACT,
			fp_arena_printf(p->arena,
					"only %s= in the drop-in: io.max needs the number of %s",
					property, r->u.limit.device));
	else
		fp_cg_claim(p, r, FP_CLAIM_NONE, "io.max needs the number of the device");
}

static void print_property(struct fp_cg_plan *p, const struct fp_rule *r)
{
	const struct fp_rule_limit *l = &r->u.limit;

	fp_cg_dropin_line(p,
			  fp_arena_printf(p->arena, "%s=%s %" PRIu64, rates[rate_of(r)].property,
					  l->device, l->value),
			  r);
}

void fp_cg_lower_io(struct fp_cg_plan *p)
{
	bool has_io = p->has_files && fp_target_has(p->target, FP_FEAT_CGROUP_IO_MAX);
	struct devices all = { { 0 } };

	fp_ir_each (p->ir, FP_KIND_LIMIT, r) {
		const struct fp_rule_limit *l = &r->u.limit;
		unsigned n = rate_of(r);
		if (n == N_RATES)
			continue;
		bool is_file = has_io && l->has_number;
		bool is_property = has_io && p->has_dropin && is_writable(l->device);
		if (is_file) {
			struct device *d = device_of(p, &all, l);
			if (l->value < d->value[n])
				d->value[n] = l->value;
			fp_vec_push(p->arena, &d->rules, r);
		}
		if (is_property && l->value != UINT64_MAX)
			print_property(p, r);
		claim(p, r, is_file, is_property);
	}
	print_devices(p, &all);
}
