/* SPDX-License-Identifier: MIT */
/* What a policy mounts beyond another. What may be done to paths is asked in decide_paths.c. */
#include "ir/decide.h"

#include <string.h>

static const struct fp_rule *mount_on(const struct fp_ir *ir, const char *on)
{
	fp_ir_each (ir, FP_KIND_MOUNT, r)
		if (!strcmp(r->u.mount.on, on))
			return r;
	return NULL;
}

/* The mount that holds a path, or the root's rule. */
static const struct fp_rule *holder(const struct fp_ir *ir, const char *path)
{
	const struct fp_rule *best = NULL;

	fp_ir_each (ir, FP_KIND_MOUNT, r)
		if (fp_path_is_below(path, r->u.mount.on) &&
		    (!best || strlen(r->u.mount.on) > strlen(best->u.mount.on)))
			best = r;
	return best ? best : fp_ir_only(ir, FP_KIND_ROOT);
}

static uint32_t flags_of(const struct fp_rule *holder)
{
	return holder && holder->kind == FP_KIND_MOUNT ? holder->u.mount.flags : 0;
}

/* 0 is no limit. */
static bool is_larger(uint64_t a, uint64_t b)
{
	return b && (!a || a > b);
}

/* How the content of a place is more than that of another; NULL: it is not. */
static const char *content(struct fp_arena *a, const struct fp_rule_mount *x,
			   const struct fp_rule_mount *y)
{
	if (x->type != y->type)
		return fp_arena_printf(a, "%s on \"%s\"", fp_mount_type_names[x->type], x->on);
	if (x->source && y->source && !fp_path_is_below(x->source, y->source))
		return fp_arena_printf(a, "\"%s\" of the host on \"%s\"", x->source, x->on);
	if (x->flags & FP_MNT_RECURSIVE && !(y->flags & FP_MNT_RECURSIVE))
		return fp_arena_printf(a, "mounts below the one on \"%s\"", x->on);
	if (is_larger(x->size, y->size) || is_larger(x->inodes, y->inodes) ||
	    is_larger(x->quota, y->quota))
		return fp_arena_printf(a, "a larger file system on \"%s\"", x->on);
	return NULL;
}

/* A tmpfs shows nothing that was not made by the job. */
static const char *additional(struct fp_arena *a, const struct fp_rule_mount *m)
{
	if (m->type == FP_MOUNT_TMPFS)
		return NULL;
	if (m->source)
		return fp_arena_printf(a, "\"%s\" of the host on \"%s\"", m->source, m->on);
	return fp_arena_printf(a, "%s on \"%s\"", fp_mount_type_names[m->type], m->on);
}

static const char *lost_flag(struct fp_arena *a, const char *at, uint32_t lost)
{
	return fp_arena_printf(a, "%s on \"%s\"",
			       lost & FP_MNT_NOSUID  ? "setuid programs"
			       : lost & FP_MNT_NODEV ? "device nodes"
						     : "symbolic links",
			       at);
}

/*
 * Between two mount points nothing changes: whatever holds a path in either policy is mounted on
 * it or above, so that the mount points of both are all the places there are.
 */
static bool flags_at(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
		     const char *at, struct fp_excesses *out)
{
	const uint32_t strict = FP_MNT_NOSUID | FP_MNT_NODEV | FP_MNT_NOSYMFOLLOW;
	const struct fp_rule *x = holder(a, at), *y = holder(b, at);

	for (uint32_t lost = flags_of(y) & ~flags_of(x) & strict; lost; lost &= lost - 1) {
		fp_excess_add(
			p, out,
			(struct fp_excess){ .example = lost_flag(&p->u->arena, at, lost & -lost),
					    .allows = x,
					    .denies = y });
		if (!out->wants_all)
			return true;
	}
	return false;
}

void fp_refine_mounts(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
		      enum fp_relation relation, struct fp_excesses *out)
{
	fp_ir_each (a, FP_KIND_MOUNT, r) {
		const struct fp_rule *other = mount_on(b, r->u.mount.on);
		const char *example = NULL;
		if (other)
			example = content(&p->u->arena, &r->u.mount, &other->u.mount);
		else if (relation == FP_RELATION_EXTENDS)
			example = additional(&p->u->arena, &r->u.mount);
		if (!example)
			continue;
		fp_excess_add(p, out,
			      (struct fp_excess){ .example = example,
						  .allows = r,
						  .denies = other ? other
								  : fp_ir_only(b, FP_KIND_ROOT) });
		if (!out->wants_all)
			break;
	}
	fp_ir_each (a, FP_KIND_MOUNT, r)
		if (flags_at(p, a, b, r->u.mount.on, out))
			return;
	fp_ir_each (b, FP_KIND_MOUNT, r)
		if (!mount_on(a, r->u.mount.on) && flags_at(p, a, b, r->u.mount.on, out))
			return;
}
