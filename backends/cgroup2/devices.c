/* SPDX-License-Identifier: MIT */
/* Device nodes: cgroups decide about them by attached programs, which systemd writes for a unit. */
#include "backends/cgroup2/cgroup2.h"

#include <inttypes.h>
#include <stdlib.h>

struct node {
	char type;
	uint32_t major, minor;
	uint8_t allowed, denied;
	FP_VEC(const struct fp_rule *) rules; /* that allow */
};

struct nodes {
	FP_VEC(struct node) v;
};

static int by_number(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	if (x->type != y->type)
		return x->type > y->type ? -1 : 1; /* character devices first */
	if (x->major != y->major)
		return x->major < y->major ? -1 : 1;
	return (x->minor > y->minor) - (x->minor < y->minor);
}

static struct node *node_of(struct fp_cg_plan *p, struct nodes *all, const struct fp_device *d)
{
	struct node new = { .type = d->type, .major = d->major, .minor = d->minor };

	for (size_t i = 0; i < all->v.n; i++)
		if (!by_number(&all->v.at[i], &new))
			return &all->v.at[i];
	fp_vec_push(p->arena, &all->v, new);
	return &all->v.at[all->v.n - 1];
}

static void gather(struct fp_cg_plan *p, struct nodes *all, const struct fp_rule *r)
{
	for (size_t i = 0; i < r->u.device.n; i++) {
		struct node *n = node_of(p, all, &r->u.device.at[i]);
		if (r->u.device.effect == FP_DENY) {
			n->denied |= r->u.device.rights;
		} else {
			n->allowed |= r->u.device.rights;
			fp_vec_push(p->arena, &n->rules, r);
		}
	}
}

/* By number, which is what the kernel compares: a path would be looked up on the host. */
static void print_node(struct fp_cg_plan *p, const struct node *n)
{
	uint8_t rights = n->allowed & (uint8_t)~n->denied;

	if (!rights)
		return;
	const char *text =
		fp_arena_printf(p->arena, "DeviceAllow=/dev/%s/%" PRIu32 ":%" PRIu32 " %s%s%s",
				n->type == 'b' ? "block" : "char", n->major, n->minor,
				rights & FP_DEV_READ ? "r" : "", rights & FP_DEV_WRITE ? "w" : "",
				rights & FP_DEV_MKNOD ? "m" : "");
	struct fp_cg_line *line = fp_cg_dropin_line(p, text, NULL);
	for (size_t i = 0; i < n->rules.n; i++)
		fp_cg_line_rule(p, line, n->rules.at[i]);
}

static const char *why_not(const struct fp_cg_plan *p)
{
	if (!p->has_dropin)
		return "cgroups have no file for devices, and the target no systemd";
	return p->has_files ? NULL : fp_target_why(p->target, FP_FEAT_CGROUP_UNIFIED);
}

static void claim_all(struct fp_cg_plan *p, enum fp_claim_kind kind,
		      enum fp_claim_kind kind_of_deny, const char *reason,
		      const char *reason_of_deny)
{
	fp_ir_each (p->ir, FP_KIND_DEVICE_DEFAULT, r)
		fp_cg_claim(p, r, kind, reason);
	fp_ir_each (p->ir, FP_KIND_DEVICE, r) {
		bool is_deny = r->u.device.effect == FP_DENY;
		fp_cg_claim(p, r, is_deny ? kind_of_deny : kind, is_deny ? reason_of_deny : reason);
	}
}

void fp_cg_lower_devices(struct fp_cg_plan *p)
{
	const struct fp_rule *fallback = fp_ir_only(p->ir, FP_KIND_DEVICE_DEFAULT);
	const char *why = why_not(p);
	struct nodes all = { { 0 } };

	if (why) {
		claim_all(p, FP_CLAIM_NONE, FP_CLAIM_NONE, why, why);
		return;
	}
	if (fallback && fallback->u.effect == FP_ALLOW) {
		claim_all(p, FP_CLAIM_EXACT, FP_CLAIM_NONE, NULL,
			  "with devices allowed by default, DeviceAllow= cannot take one away");
		return;
	}
	fp_ir_each (p->ir, FP_KIND_DEVICE, r)
		gather(p, &all, r);
	if (all.v.n)
		qsort(all.v.at, all.v.n, sizeof(*all.v.at), by_number);
	fp_cg_dropin_line(p, "DevicePolicy=strict", fallback);
	for (size_t i = 0; i < all.v.n; i++)
		print_node(p, &all.v.at[i]);
	claim_all(p, FP_CLAIM_EXACT, FP_CLAIM_EXACT,
		  "only DevicePolicy= and DeviceAllow= in the drop-in",
		  "only DevicePolicy= and DeviceAllow= in the drop-in");
}
