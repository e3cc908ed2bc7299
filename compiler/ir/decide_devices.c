/* SPDX-License-Identifier: MIT */
/* Which device nodes a policy opens beyond another. The kernel compares numbers, not paths. */
#include "ir/decide.h"

static bool is_same(const struct fp_device *a, const struct fp_device *b)
{
	return a->type == b->type && a->major == b->major && a->minor == b->minor;
}

/* A deny wins; where no rule names the device the default speaks (`d` NULL: of all others). */
static uint8_t rights_on(const struct fp_ir *ir, const struct fp_device *d,
			 const struct fp_rule **last)
{
	const struct fp_rule *def = fp_ir_only(ir, FP_KIND_DEVICE_DEFAULT);
	uint8_t granted =
		def && def->u.effect == FP_ALLOW ? FP_DEV_READ | FP_DEV_WRITE | FP_DEV_MKNOD : 0;
	uint8_t denied = 0;

	*last = def;
	fp_ir_each (ir, FP_KIND_DEVICE, r)
		for (size_t i = 0; d && i < r->u.device.n; i++) {
			if (!is_same(&r->u.device.at[i], d))
				continue;
			*(r->u.device.effect == FP_ALLOW ? &granted : &denied) |=
				r->u.device.rights;
			*last = r;
		}
	return granted & (uint8_t)~denied;
}

static const char *right_name(uint8_t rights)
{
	return rights & FP_DEV_READ ? "read" : rights & FP_DEV_WRITE ? "write" : "mknod";
}

/* True once nothing else is wanted. */
static bool compare(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
		    const struct fp_device *d, struct fp_excesses *out)
{
	const struct fp_rule *allows, *denies;
	uint8_t mine = rights_on(a, d, &allows);
	uint8_t more = mine & (uint8_t)~rights_on(b, d, &denies);

	for (; more; more &= (uint8_t)(more - 1)) {
		fp_excess_add(p, out,
			      (struct fp_excess){ .example = fp_arena_printf(
							  &p->u->arena, "%s of device %s",
							  right_name(more & (uint8_t)-more),
							  d ? d->path : "nodes no rule names"),
						  .allows = allows,
						  .denies = denies });
		if (!out->wants_all)
			return true;
	}
	return false;
}

/* Whether a rule before this place names the device, too. */
static bool is_told(const struct fp_ir *const both[2], const struct fp_device *d)
{
	for (size_t side = 0; side < 2; side++)
		fp_ir_each (both[side], FP_KIND_DEVICE, r)
			for (size_t i = 0; i < r->u.device.n; i++) {
				if (&r->u.device.at[i] == d)
					return false;
				if (is_same(&r->u.device.at[i], d))
					return true;
			}
	return false;
}

void fp_refine_devices(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
		       struct fp_excesses *out)
{
	const struct fp_ir *const both[] = { a, b };

	if (compare(p, a, b, NULL, out))
		return;
	for (size_t side = 0; side < 2; side++)
		fp_ir_each (both[side], FP_KIND_DEVICE, r)
			for (size_t i = 0; i < r->u.device.n; i++)
				if (!is_told(both, &r->u.device.at[i]) &&
				    compare(p, a, b, &r->u.device.at[i], out))
					return;
}
