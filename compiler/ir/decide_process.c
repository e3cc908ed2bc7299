/* SPDX-License-Identifier: MIT */
/* What a policy lets a process be, beyond another: capabilities, identity, privileges, namespaces.
 */
#include "ir/decide.h"

static const struct fp_rule *holding(const struct fp_ir *ir, const struct fp_cap *cap)
{
	const struct fp_rule *found = NULL;

	fp_ir_each (ir, FP_KIND_CAPABILITY, r)
		if (r->u.caps.set >> cap->bit & 1)
			found = r;
	return found;
}

static void capabilities(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
			 struct fp_excesses *out)
{
	const size_t first = out->list.n;
	size_t count = 0;

	for (size_t i = 0; i < fp_cap_count(); i++) {
		const struct fp_cap *cap = fp_cap_at(i);
		if (!((a->caps & ~b->caps) >> cap->bit & 1) || (count++ && !out->wants_all))
			continue;
		fp_excess_add(p, out,
			      (struct fp_excess){ .example = fp_arena_printf(
							  &p->u->arena, "capability %s", cap->name),
						  .allows = holding(a, cap),
						  .denies = fp_ir_only(b, FP_KIND_CAPABILITY) });
	}
	if (count > 1 && !out->wants_all)
		out->list.at[first].more = fp_arena_printf(&p->u->arena, "and %zu more", count - 1);
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
	FP_VEC(const char *) examples = { 0 };

	if (!x || !y)
		return;
	const struct fp_rule_user *mine = &x->u.user, *theirs = &y->u.user;
	if (!mine->uid && theirs->uid)
		fp_vec_push(&p->u->arena, &examples, "being user 0, root");
	if (has_group(mine, 0) && !has_group(theirs, 0))
		fp_vec_push(&p->u->arena, &examples, "being in group 0, root's");
	for (size_t i = 0; i < mine->group_count; i++)
		if (mine->groups[i] && mine->groups[i] != mine->gid &&
		    !has_group(theirs, mine->groups[i]))
			fp_vec_push(&p->u->arena, &examples,
				    fp_arena_printf(&p->u->arena, "being in group %u",
						    mine->groups[i]));
	for (size_t i = 0; i < examples.n && (!i || out->wants_all); i++)
		fp_excess_add(
			p, out,
			(struct fp_excess){ .example = examples.at[i], .allows = x, .denies = y });
}

static void privileges(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
		       struct fp_excesses *out)
{
	const struct fp_rule *x = fp_ir_only(a, FP_KIND_NO_NEW_PRIVILEGES);
	const struct fp_rule *y = fp_ir_only(b, FP_KIND_NO_NEW_PRIVILEGES);

	if (x && y && !x->u.flag && y->u.flag)
		fp_excess_add(p, out,
			      (struct fp_excess){ .example = "new privileges by execve",
						  .allows = x,
						  .denies = y });
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
		/* The language implies a new one of each kind but `time`. */
		if ((x && x->u.ns.is_new) || !y || !y->u.ns.is_new)
			continue;
		fp_excess_add(p, out,
			      (struct fp_excess){ .example = fp_arena_printf(
							  &p->u->arena, "the host's %s namespace",
							  fp_namespace_names[ns]),
						  .allows = x,
						  .denies = y });
		if (!out->wants_all)
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
		if (!out->wants_all)
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
