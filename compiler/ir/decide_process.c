/* SPDX-License-Identifier: MIT */
/* What a policy lets a process be, beyond another: capabilities, identity, privileges, namespaces.
 */
#include "ir/decide.h"

static void capabilities(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
			 struct fp_excesses *out)
{
	const struct fp_rule *allows = NULL;
	const struct fp_cap *first = NULL;
	size_t more = 0;

	for (size_t i = 0; i < fp_cap_count(); i++) {
		const struct fp_cap *cap = fp_cap_at(i);
		if (!((a->caps & ~b->caps) >> cap->bit & 1))
			continue;
		more += first != NULL;
		first = first ? first : cap;
	}
	if (!first)
		return;
	fp_ir_each (a, FP_KIND_CAPABILITY, r)
		if (r->u.caps.set >> first->bit & 1)
			allows = r;
	fp_excess_add(
		p, out,
		(struct fp_excess){
			.example = fp_arena_printf(&p->u->arena, "capability %s", first->name),
			.more = more ? fp_arena_printf(&p->u->arena, "and %zu more", more) : NULL,
			.allows = allows,
			.denies = fp_ir_only(b, FP_KIND_CAPABILITY) });
}

static bool has_group(const struct fp_rule_user *u, uint32_t gid)
{
	bool found = u->gid == gid;

	for (size_t i = 0; i < u->group_count; i++)
		found |= u->groups[i] == gid;
	return found;
}

/*
 * One identity is no more than another, but for root's, and for supplementary groups, which come on
 * top.
 */
static void user(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
		 struct fp_excesses *out)
{
	const struct fp_rule *x = fp_ir_only(a, FP_KIND_USER), *y = fp_ir_only(b, FP_KIND_USER);
	const char *example = NULL;

	if (!x || !y)
		return;
	const struct fp_rule_user *mine = &x->u.user, *theirs = &y->u.user;
	for (size_t i = mine->group_count; i > 0; i--)
		if (mine->groups[i - 1] != mine->gid && !has_group(theirs, mine->groups[i - 1]))
			example = fp_arena_printf(&p->u->arena, "being in group %u",
						  mine->groups[i - 1]);
	if (has_group(mine, 0) && !has_group(theirs, 0))
		example = "being in group 0, root's";
	if (!mine->uid && theirs->uid)
		example = "being user 0, root";
	if (example)
		fp_excess_add(p, out, (struct fp_excess){ example, NULL, x, y });
}

static void privileges(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
		       struct fp_excesses *out)
{
	const struct fp_rule *x = fp_ir_only(a, FP_KIND_NO_NEW_PRIVILEGES);
	const struct fp_rule *y = fp_ir_only(b, FP_KIND_NO_NEW_PRIVILEGES);

	if (x && y && !x->u.flag && y->u.flag)
		fp_excess_add(p, out, (struct fp_excess){ "new privileges by execve", NULL, x, y });
}

static const struct fp_rule *namespace_rule(const struct fp_ir *ir, enum fp_namespace ns)
{
	fp_ir_each (ir, FP_KIND_NAMESPACE, r)
		if (r->u.ns.ns == ns)
			return r;
	return NULL;
}

static void namespaces(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
		       struct fp_excesses *out)
{
	for (enum fp_namespace ns = 0; ns < FP_NS_N; ns++) {
		const struct fp_rule *x = namespace_rule(a, ns), *y = namespace_rule(b, ns);
		if (!x || x->u.ns.is_new || !y || !y->u.ns.is_new)
			continue;
		fp_excess_add(p, out,
			      (struct fp_excess){ .example = fp_arena_printf(
							  &p->u->arena, "the host's %s namespace",
							  fp_namespace_names[ns]),
						  .allows = x,
						  .denies = y });
		return;
	}
}

/* The rule by which root of the host is somebody inside; or NULL. */
static const struct fp_rule *root_map(const struct fp_ir *ir, bool is_group)
{
	fp_ir_each (ir, FP_KIND_ID_MAP, r)
		if (r->u.idmap.is_group == is_group && !r->u.idmap.outside && r->u.idmap.count)
			return r;
	return NULL;
}

/* One range of identities is no more than another, but for the one with the host's root in it. */
static void identity_maps(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
			  struct fp_excesses *out)
{
	const struct fp_rule *ns = namespace_rule(b, FP_NS_USER);

	for (int is_group = 0; ns && ns->u.ns.is_new && is_group < 2; is_group++) {
		const struct fp_rule *x = root_map(a, is_group);
		if (!x || root_map(b, is_group))
			continue;
		fp_excess_add(p, out,
			      (struct fp_excess){ .example = is_group ? "group 0 of the host"
								      : "user 0 of the host",
						  .allows = x,
						  .denies = fp_ir_only(b, FP_KIND_ID_MAP) });
		return;
	}
}

void fp_refine_process(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
		       struct fp_excesses *out)
{
	capabilities(p, a, b, out);
	user(p, a, b, out);
	privileges(p, a, b, out);
	namespaces(p, a, b, out);
	identity_maps(p, a, b, out);
}
