/* SPDX-License-Identifier: MIT */
/* Two policies compared layer by layer: what each permits by its claims, and all that count. */
#include "handle.h"

#include <string.h>

static enum fp_domain domain_of(enum fp_kind kind)
{
	switch (kind) {
	case FP_KIND_CALL_DEFAULT:
	case FP_KIND_CALL_UNKNOWN:
	case FP_KIND_CALL_ABI:
	case FP_KIND_CALL:
		return FP_DOMAIN_CALLS;
	case FP_KIND_CAPABILITY:
		return FP_DOMAIN_CAPABILITIES;
	case FP_KIND_USER:
	case FP_KIND_NO_NEW_PRIVILEGES:
	case FP_KIND_UMASK:
	case FP_KIND_WORKDIR:
		return FP_DOMAIN_PROCESS;
	case FP_KIND_NAMESPACE:
	case FP_KIND_ID_MAP:
		return FP_DOMAIN_NAMESPACES;
	case FP_KIND_ROOT:
	case FP_KIND_MOUNT:
		return FP_DOMAIN_MOUNTS;
	case FP_KIND_MASK:
	case FP_KIND_READONLY:
	case FP_KIND_FILE_DEFAULT:
	case FP_KIND_FILE:
		return FP_DOMAIN_PATHS;
	case FP_KIND_EGRESS_DEFAULT:
	case FP_KIND_EGRESS:
		return FP_DOMAIN_EGRESS;
	case FP_KIND_INGRESS_DEFAULT:
	case FP_KIND_INGRESS:
		return FP_DOMAIN_INGRESS;
	case FP_KIND_DEVICE_DEFAULT:
	case FP_KIND_DEVICE:
		return FP_DOMAIN_DEVICES;
	case FP_KIND_LIMIT:
		return FP_DOMAIN_LIMITS;
	case FP_KIND_AUDIT:
	case FP_KIND_N:
		break;
	}
	return FP_DOMAIN_N; /* what is recorded permits nothing */
}

/* The domains that a layer has to do with at all. */
static uint32_t domains_of(const struct fp_bundle *b, const struct fp_bundle_target *t,
			   enum fp_layer layer)
{
	uint32_t domains = 0;

	for (size_t i = 0; i < b->ir->rule_count; i++) {
		enum fp_domain d = domain_of(b->ir->rules[i].kind);
		if (d == FP_DOMAIN_N || t->layers[layer].claims[i].kind == FP_CLAIM_NONE)
			continue;
		domains |= 1u << d;
		/* A mount holds what is below it. */
		if (d == FP_DOMAIN_MOUNTS)
			domains |= 1u << FP_DOMAIN_PATHS;
	}
	return domains;
}

struct pair {
	struct fp_unit *u;
	const struct fp_bundle *bundles[2];
	const struct fp_bundle_target *targets[2];
};

static enum fp_diff_outcome compare(const struct pair *p, enum fp_layer layer, uint32_t domains)
{
	struct fp_diff *d = FP_NEW(&p->u->arena, struct fp_diff);
	const struct fp_ir *shares[2];
	struct fp_relation_known all = { 0 };

	for (size_t side = 0; side < 2; side++)
		shares[side] = fp_bundle_share(p->u, p->bundles[side]->ir, p->targets[side], layer);
	fp_diff(p->u, shares[0], shares[1], NULL, d);
	for (enum fp_domain i = 0; i < FP_DOMAIN_N; i++)
		if (domains >> i & 1)
			fp_diff_join(&all, &d->domains[i]);
	return fp_diff_verdict(&all);
}

static void compare_target(const struct pair *p, struct fp_diff_target *out)
{
	uint32_t together = 0;

	out->name = p->targets[1]->target->name;
	for (enum fp_layer l = 0; l < FP_LAYER_N; l++) {
		uint32_t domains = domains_of(p->bundles[0], p->targets[0], l) |
				   domains_of(p->bundles[1], p->targets[1], l);
		out->counts[l] = p->targets[0]->counts[l] && p->targets[1]->counts[l];
		out->layers[l] = compare(p, l, domains);
		if (out->counts[l])
			together |= domains;
	}
	out->together = compare(p, FP_LAYER_N, together);
}

static const struct fp_bundle_target *same_target(const struct fp_bundle *b, const char *name)
{
	for (size_t i = 0; i < b->target_count; i++)
		if (!strcmp(b->targets[i].target->name, name))
			return &b->targets[i];
	return NULL;
}

void fp_handle_compare_layers(struct fp_unit *u, const struct fp_bundle *old,
			      const struct fp_bundle *new, struct fp_diff_targets *out)
{
	struct pair p = { .u = u, .bundles = { old, new } };

	for (size_t i = 0; i < new->target_count; i++) {
		struct fp_diff_target t = { 0 };
		p.targets[1] = &new->targets[i];
		p.targets[0] = same_target(old, p.targets[1]->target->name);
		if (!p.targets[0])
			continue; /* the domain of targets tells it */
		compare_target(&p, &t);
		fp_vec_push(&u->arena, &out->list, t);
	}
}
