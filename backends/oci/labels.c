/* SPDX-License-Identifier: MIT */
/* Labels for SELinux: the process's, and those of file systems that begin empty. */
#include "backends/oci/oci.h"
#include "backends/selinux/selinux.h"

#include <string.h>

/* The name a back end gives its policy: what its language's names cannot hold becomes '_'. */
static const char *policy_name(struct fp_oci_plan *p, const char *prefix, const char *others)
{
	char *name = fp_arena_printf(&p->u->arena, "%s%s", prefix, p->ir->name);

	for (char *c = name + strlen(prefix); *c; c++)
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') &&
		    !(*c >= '0' && *c <= '9') && !strchr(others, *c))
			*c = '_';
	return name;
}

static bool is_of_mount(const struct fp_oci_item *item, size_t at)
{
	static const char head[] = "/mounts/";
	const char *digits = item->pointer + sizeof(head) - 1;
	uint64_t n = 0;

	if (strncmp(item->pointer, head, sizeof(head) - 1))
		return false;
	for (; *digits >= '0' && *digits <= '9'; digits++)
		n = n * 10 + (uint64_t)(*digits - '0');
	return n == at;
}

/* After the options of mount `at`, whose rule is `r` and which has `options` of them. */
static void add_label(struct fp_oci_plan *p, const struct se_plan *labels, const struct fp_rule *r,
		      size_t at, size_t options, struct fp_oci_items *out)
{
	const char *label = se_root_label(p->u, labels, r);
	struct fp_oci_item item = { .type = FP_OCI_TEXT, .rule = r };

	if (!label)
		return;
	item.pointer = fp_arena_printf(&p->u->arena, "/mounts/%zu/options/%zu", at, options);
	item.text = fp_arena_printf(&p->u->arena, "rootcontext=%s", label);
	fp_vec_push(&p->u->arena, &out->list, item);
}

/* A patch replaces an array whole (RFC 7396), so it has every mount. */
static void label_mounts(struct fp_oci_plan *p, struct fp_oci_items *out, bool is_patch)
{
	const struct se_plan *labels = se_plan_of(p->u, p->ir, p->target);
	size_t n = p->items.list.n;

	for (size_t i = 0, at = 0; i < n;) {
		size_t options = 0, first = i;
		for (; i < n && is_of_mount(&p->items.list.at[i], at); i++) {
			options += strstr(p->items.list.at[i].pointer, "/options/") != NULL;
			if (is_patch)
				fp_vec_push(&p->u->arena, &out->list, p->items.list.at[i]);
		}
		if (i == first)
			i++;
		else
			add_label(p, labels, p->items.list.at[first].rule, at++, options, out);
	}
}

/*
 * AppArmor and SELinux are exclusive: one of them runs, and a runtime refuses the other's member.
 * config.json names what the target runs unless told otherwise at boot; for a host that was told
 * otherwise there is a patch.
 */
void fp_oci_lower_labels(struct fp_oci_plan *p)
{
	struct fp_oci_item label = { .pointer = "/process/selinuxLabel", .type = FP_OCI_TEXT };
	struct fp_oci_item gone = { .pointer = "/process/apparmorProfile", .type = FP_OCI_NULL };
	struct fp_oci_patch patch = { .name = "oci/selinux.json" };
	bool has_apparmor = fp_target_lsm_enabled(p->target, "apparmor");

	if (has_apparmor)
		fp_oci_text(p, NULL, policy_name(p, "fpolicy.", ".-_"), "/process/apparmorProfile");
	if (!fp_target_lsm_built(p->target, "selinux"))
		return;
	label.text = fp_arena_printf(&p->u->arena, "system_u:system_r:%s.process:s0",
				     policy_name(p, "fpc_", "-_"));
	if (!has_apparmor && fp_target_lsm_enabled(p->target, "selinux")) {
		fp_vec_push(&p->u->arena, &p->items.list, label);
		label_mounts(p, &p->items, false);
		return;
	}
	fp_vec_push(&p->u->arena, &patch.items.list, gone);
	fp_vec_push(&p->u->arena, &patch.items.list, label);
	label_mounts(p, &patch.items, true);
	fp_vec_push(&p->u->arena, &p->patches, patch);
}
