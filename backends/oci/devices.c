/* SPDX-License-Identifier: MIT */
/* linux.resources.devices and linux.devices: which device numbers open, and which nodes exist. */
#include "backends/oci/oci.h"

#include <string.h>

/* Nodes that every runtime makes by itself (runtime-spec, config-linux.md, "Default Devices"). */
static const char *const default_nodes[] = { "/dev/full",   "/dev/null", "/dev/ptmx",
					     "/dev/random", "/dev/tty",  "/dev/urandom",
					     "/dev/zero" };

static bool is_default_node(const char *path)
{
	for (size_t i = 0; i < sizeof(default_nodes) / sizeof(default_nodes[0]); i++)
		if (!strcmp(path, default_nodes[i]))
			return true;
	return false;
}

static const char *access_text(struct fp_oci_plan *p, uint8_t rights)
{
	return fp_arena_printf(&p->u->arena, "%s%s%s", rights & FP_DEV_READ ? "r" : "",
			       rights & FP_DEV_WRITE ? "w" : "", rights & FP_DEV_MKNOD ? "m" : "");
}

static void lower_entry(struct fp_oci_plan *p, const struct fp_rule *r, const struct fp_device *d,
			size_t at)
{
	const char *type = d->type == 'b' ? "b" : "c";

	fp_oci_flag(p, r, r->u.device.effect == FP_ALLOW, "/linux/resources/devices/%zu/allow", at);
	fp_oci_text(p, r, type, "/linux/resources/devices/%zu/type", at);
	fp_oci_number(p, r, d->major, "/linux/resources/devices/%zu/major", at);
	fp_oci_number(p, r, d->minor, "/linux/resources/devices/%zu/minor", at);
	fp_oci_text(p, r, access_text(p, r->u.device.rights), "/linux/resources/devices/%zu/access",
		    at);
}

/* A granted number without a node would grant nothing. */
static void lower_node(struct fp_oci_plan *p, const struct fp_rule *r, const struct fp_device *d,
		       size_t *at)
{
	uint8_t rights = r->u.device.rights;
	uint64_t mode = (rights & FP_DEV_READ ? 0444u : 0u) | (rights & FP_DEV_WRITE ? 0222u : 0u);

	if (r->u.device.effect != FP_ALLOW || !mode || is_default_node(d->path))
		return;
	fp_oci_text(p, r, d->path, "/linux/devices/%zu/path", *at);
	fp_oci_text(p, r, d->type == 'b' ? "b" : "c", "/linux/devices/%zu/type", *at);
	fp_oci_number(p, r, d->major, "/linux/devices/%zu/major", *at);
	fp_oci_number(p, r, d->minor, "/linux/devices/%zu/minor", *at);
	fp_oci_number(p, r, mode, "/linux/devices/%zu/fileMode", *at);
	++*at;
}

/* The later entry wins in both runtimes: the default, what is allowed, then what is denied. */
static void lower_rules(struct fp_oci_plan *p, enum fp_grant effect, size_t *at, size_t *nodes)
{
	fp_ir_each (p->ir, FP_KIND_DEVICE, r) {
		if (r->u.device.effect != effect)
			continue;
		for (size_t i = 0; i < r->u.device.n; i++) {
			lower_entry(p, r, &r->u.device.at[i], (*at)++);
			lower_node(p, r, &r->u.device.at[i], nodes);
		}
	}
}

/*
 * Both runtimes append their own entries after ours (runc libcontainer/specconv AllowedDevices,
 * crun src/libcrun/cgroup-resources.c): the default nodes, console and pts open, and mknod of any.
 */
static void claim_devices(struct fp_oci_plan *p)
{
	fp_ir_each (p->ir, FP_KIND_DEVICE_DEFAULT, r) {
		if (r->u.effect == FP_ALLOW)
			fp_oci_claim(p, r, FP_CLAIM_EXACT, NULL);
		else
			fp_oci_claim(p, r, FP_CLAIM_WIDER,
				     "runc and crun always open null, zero, full, random, urandom, "
				     "tty, console, ptmx and pts");
	}
	fp_ir_each (p->ir, FP_KIND_DEVICE, r) {
		bool is_undone = false;

		for (size_t i = 0; i < r->u.device.n; i++)
			is_undone |= r->u.device.effect == FP_DENY &&
				     is_default_node(r->u.device.at[i].path);
		if (is_undone)
			fp_oci_claim(p, r, FP_CLAIM_WIDER,
				     "runc and crun open their default devices after all denials");
		else
			fp_oci_claim(p, r, FP_CLAIM_EXACT, NULL);
	}
}

void fp_oci_lower_devices(struct fp_oci_plan *p)
{
	const struct fp_rule *first = fp_ir_only(p->ir, FP_KIND_DEVICE_DEFAULT);
	size_t at = 0, nodes = 0;

	if (first) {
		fp_oci_flag(p, first, first->u.effect == FP_ALLOW,
			    "/linux/resources/devices/0/allow");
		fp_oci_text(p, first, "rwm", "/linux/resources/devices/0/access");
		at = 1;
	}
	lower_rules(p, FP_ALLOW, &at, &nodes);
	lower_rules(p, FP_DENY, &at, &nodes);
	claim_devices(p);
}
