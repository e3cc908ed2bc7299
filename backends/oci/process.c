/* SPDX-License-Identifier: MIT */
/* process and linux.namespaces: identity, capabilities, profile, namespaces and their identity
 * maps. */
#include "backends/oci/oci.h"

#include <string.h>

bool fp_oci_is_new(const struct fp_oci_plan *p, enum fp_namespace ns)
{
	fp_ir_each (p->ir, FP_KIND_NAMESPACE, r)
		if (r->u.ns.ns == ns)
			return r->u.ns.is_new;
	return false;
}

bool fp_oci_is_mapped(const struct fp_oci_plan *p, bool is_group, uint32_t id)
{
	if (!p->has_user_ns)
		return true;
	fp_ir_each (p->ir, FP_KIND_ID_MAP, r) {
		const struct fp_rule_idmap *m = &r->u.idmap;

		if (m->is_group == is_group && id >= m->inside && id - m->inside < m->count)
			return true;
	}
	return false;
}

static bool has_maps(const struct fp_oci_plan *p)
{
	return p->ir->first[FP_KIND_ID_MAP] < p->ir->first[FP_KIND_ID_MAP + 1];
}

static void lower_user(struct fp_oci_plan *p, const struct fp_rule *r)
{
	const struct fp_rule_user *user = &r->u.user;

	fp_oci_number(p, r, user->uid, "/process/user/uid");
	fp_oci_number(p, r, user->gid, "/process/user/gid");
	for (size_t i = 0; i < user->group_count; i++)
		fp_oci_number(p, r, user->groups[i], "/process/user/additionalGids/%zu", i);
	fp_oci_claim(p, r, FP_CLAIM_EXACT, NULL);
	if (has_maps(p) &&
	    (!fp_oci_is_mapped(p, false, user->uid) || !fp_oci_is_mapped(p, true, user->gid)))
		fp_oci_claim(p, r, FP_CLAIM_NARROWER,
			     "the identity is outside the map: the runtime will not start the job");
}

static const char *cap_name(struct fp_oci_plan *p, const char *name)
{
	char *text = fp_arena_printf(&p->u->arena, "CAP_%s", name);

	for (char *c = text; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	return text;
}

/* The rule that speaks of this capability: rules hold one bit each, or the whole set. */
static const struct fp_rule *cap_rule(const struct fp_oci_plan *p, uint8_t bit)
{
	fp_ir_each (p->ir, FP_KIND_CAPABILITY, r)
		if (r->u.caps.set == UINT64_C(1) << bit)
			return r;
	return fp_ir_only(p->ir, FP_KIND_CAPABILITY);
}

static void lower_cap_set(struct fp_oci_plan *p, const char *set, uint64_t caps)
{
	size_t n = 0;

	for (size_t i = 0; i < fp_cap_count(); i++) {
		const struct fp_cap *cap = fp_cap_at(i);

		if (caps >> cap->bit & 1)
			fp_oci_text(p, cap_rule(p, cap->bit), cap_name(p, cap->name),
				    "/process/capabilities/%s/%zu", set, n++);
	}
	if (!n)
		fp_oci_empty(p, fp_ir_only(p->ir, FP_KIND_CAPABILITY),
			     fp_arena_printf(&p->u->arena, "/process/capabilities/%s", set));
}

/*
 * All five sets are written: what is absent is the runtime's choice. execve gives user 0 what is in
 * the bounding set, and any other user nothing but the ambient set, which must be inheritable
 * (capabilities(7), "Transformation of capabilities during execve"). Not more is handed on than
 * that: an inheritable set of user 0 could only serve files.
 */
static void lower_caps(struct fp_oci_plan *p)
{
	const struct fp_rule *user = fp_ir_only(p->ir, FP_KIND_USER);
	uint64_t handed = user && user->u.user.uid ? p->ir->caps : 0;

	lower_cap_set(p, "bounding", p->ir->caps);
	lower_cap_set(p, "effective", p->ir->caps);
	lower_cap_set(p, "permitted", p->ir->caps);
	lower_cap_set(p, "inheritable", handed);
	lower_cap_set(p, "ambient", handed);
	fp_ir_each (p->ir, FP_KIND_CAPABILITY, r)
		fp_oci_claim(p, r, FP_CLAIM_EXACT, NULL);
}

static void lower_umask(struct fp_oci_plan *p, const struct fp_rule *r)
{
	if (!fp_target_has(p->target, FP_FEAT_OCI_UMASK)) {
		fp_oci_claim(p, r, FP_CLAIM_NONE, "%s", fp_oci_why(p, FP_FEAT_OCI_UMASK));
		return;
	}
	fp_oci_number(p, r, r->u.number, "/process/user/umask");
	fp_oci_claim(p, r, FP_CLAIM_EXACT, NULL);
}

void fp_oci_lower_process(struct fp_oci_plan *p)
{
	fp_ir_each (p->ir, FP_KIND_USER, r)
		lower_user(p, r);
	fp_ir_each (p->ir, FP_KIND_UMASK, r)
		lower_umask(p, r);
	fp_ir_each (p->ir, FP_KIND_NO_NEW_PRIVILEGES, r) {
		fp_oci_flag(p, r, r->u.flag, "/process/noNewPrivileges");
		fp_oci_claim(p, r, FP_CLAIM_EXACT, NULL);
	}
	fp_ir_each (p->ir, FP_KIND_WORKDIR, r) {
		fp_oci_text(p, r, r->u.path, "/process/cwd");
		fp_oci_claim(p, r, FP_CLAIM_EXACT, NULL);
	}
	lower_caps(p);
}

static void lower_maps(struct fp_oci_plan *p, bool is_group)
{
	const char *name = is_group ? "gidMappings" : "uidMappings";
	size_t n = 0;

	fp_ir_each (p->ir, FP_KIND_ID_MAP, r) {
		const struct fp_rule_idmap *m = &r->u.idmap;

		if (m->is_group != is_group)
			continue;
		if (!p->has_user_ns) {
			fp_oci_claim(p, r, FP_CLAIM_NONE, "the user namespace is the host's");
			continue;
		}
		fp_oci_number(p, r, m->inside, "/linux/%s/%zu/containerID", name, n);
		fp_oci_number(p, r, m->outside, "/linux/%s/%zu/hostID", name, n);
		fp_oci_number(p, r, m->count, "/linux/%s/%zu/size", name, n);
		fp_oci_claim(p, r, FP_CLAIM_EXACT, NULL);
		n++;
	}
}

/* False where the namespace cannot be made on the target; claims then. */
static bool can_make(struct fp_oci_plan *p, const struct fp_rule *r)
{
	if (r->u.ns.ns != FP_NS_TIME)
		return true;
	enum fp_feat lack =
		fp_target_has(p->target, FP_FEAT_TIME_NS) ? FP_FEAT_OCI_TIME_NS : FP_FEAT_TIME_NS;

	if (fp_target_has(p->target, lack)) {
		p->needs_1_1 = true;
		return true;
	}
	fp_oci_claim(p, r, FP_CLAIM_NONE, "%s", fp_oci_why(p, lack));
	return false;
}

void fp_oci_lower_namespaces(struct fp_oci_plan *p)
{
	size_t n = 0;

	fp_ir_each (p->ir, FP_KIND_NAMESPACE, r) {
		enum fp_namespace ns = r->u.ns.ns;

		fp_oci_claim(p, r, FP_CLAIM_EXACT, NULL);
		if (!r->u.ns.is_new && ns != FP_NS_MOUNT)
			continue; /* a type that is not listed is shared with the runtime */
		if (!can_make(p, r))
			continue;
		fp_oci_text(p, r, fp_namespace_names[ns], "/linux/namespaces/%zu/type", n++);
		if (!r->u.ns.is_new)
			fp_oci_claim(p, r, FP_CLAIM_NARROWER,
				     "a container has a mount namespace of its own");
		if (ns == FP_NS_USER && !has_maps(p))
			fp_oci_claim(p, r, FP_CLAIM_EXACT,
				     "no identity map is given: the runtime's own configuration "
				     "must bring one or the job does not start");
	}
	lower_maps(p, false);
	lower_maps(p, true);
}
