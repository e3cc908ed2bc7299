/* SPDX-License-Identifier: MIT */
/* Rules on files: config.json names no paths but mounts, and these sometimes settle a denial. */
#include "backends/oci/oci.h"

#include <string.h>

#define WRITE_RIGHTS                                                          \
	(FP_RIGHT_WRITE | FP_RIGHT_CREATE | FP_RIGHT_DELETE | FP_RIGHT_LINK | \
	 FP_RIGHT_ATTRIBUTES | FP_RIGHT_APPEND)

/* What a pattern can match lies below `dir` and begins with `text`. */
struct region {
	const char *text, *dir;
};

static struct region region_of(struct fp_unit *u, const struct fp_glob *g)
{
	struct region out;
	struct fp_buf b;
	size_t i;

	fp_buf_init(&b, &u->arena);
	for (i = 0; i < g->n && g->items[i].op == FP_GLOB_BYTE; i++)
		fp_buf_putc(&b, (char)g->items[i].byte);
	out.text = fp_arena_text(&u->arena, fp_buf_text(&b), b.len);
	if (i < g->n) { /* a name that is not finished: only its directory is sure */
		while (b.len && b.data[b.len - 1] != '/')
			b.len--;
	}
	while (b.len > 1 && b.data[b.len - 1] == '/')
		b.len--;
	out.dir = b.len ? fp_arena_text(&u->arena, b.data, b.len) : "/";
	return out;
}

/* Whether a mount may hold something that the region matches; open parameters match anything. */
static bool may_touch(const char *on, const char *text)
{
	const char *open = strstr(on, "${");
	size_t n = open ? (size_t)(open - on) : strlen(on), m = strlen(text);

	if (n >= m)
		return !strncmp(on, text, m);
	return open && !strncmp(on, text, n);
}

/* The mount that holds the region's directory, or NULL: the root does. */
static const struct fp_rule *holder(const struct fp_ir *ir, const char *dir)
{
	const struct fp_rule *best = NULL;

	fp_ir_each (ir, FP_KIND_MOUNT, r)
		if (!fp_text_is_template(r->u.mount.on) && fp_oci_is_below(dir, r->u.mount.on) &&
		    (!best || strlen(r->u.mount.on) > strlen(best->u.mount.on)))
			best = r;
	return best;
}

/* Whether every mount that the pattern can reach has the flag. */
static bool all_have(const struct fp_oci_plan *p, const struct fp_glob *g, uint32_t flag)
{
	struct region region = region_of(p->u, g);
	const struct fp_rule *root = fp_ir_only(p->ir, FP_KIND_ROOT);
	const struct fp_rule *m = holder(p->ir, region.dir);

	if (!m && (flag != FP_MNT_READONLY || !root || !root->u.root.is_readonly))
		return false;
	if (m && (!(m->u.mount.flags & flag) || p->claims[m->id].kind == FP_CLAIM_NONE))
		return false;
	fp_ir_each (p->ir, FP_KIND_MOUNT, r)
		if (!(r->u.mount.flags & flag) && may_touch(r->u.mount.on, region.text))
			return false;
	return true;
}

static bool is_masked(const struct fp_oci_plan *p, const struct fp_glob *g)
{
	struct region region = region_of(p->u, g);

	fp_ir_each (p->ir, FP_KIND_MASK, r)
		for (size_t i = 0; i < r->u.file.paths.n; i++) {
			const struct fp_glob *mask = r->u.file.paths.at[i];

			if (mask->is_plain &&
			    fp_oci_is_below(region.dir, region_of(p->u, mask).dir))
				return true;
		}
	return false;
}

static bool is_settled(const struct fp_oci_plan *p, const struct fp_rule_file *f, size_t i)
{
	const struct fp_glob *g = f->paths.at[i];

	if (is_masked(p, g))
		return true;
	if (!(f->rights & ~WRITE_RIGHTS))
		return all_have(p, g, FP_MNT_READONLY);
	if (!(f->rights & ~FP_RIGHT_EXECUTE))
		return all_have(p, g, FP_MNT_NOEXEC);
	return false;
}

static void claim_file(struct fp_oci_plan *p, const struct fp_rule *r)
{
	const struct fp_rule_file *f = &r->u.file;
	size_t n = 0;

	if (f->effect == FP_DENY)
		while (n < f->paths.n && is_settled(p, f, n))
			n++;
	if (n && n == f->paths.n)
		fp_oci_claim(p, r, FP_CLAIM_NARROWER,
			     "masked, or on mounts whose flags deny it everywhere");
	else
		fp_oci_claim(p, r, FP_CLAIM_NONE, "config.json names mounts, not files");
}

/* A network namespace that is new and never plugged holds nothing but lo. */
static void claim_net(struct fp_oci_plan *p, enum fp_kind kind, bool is_empty)
{
	fp_ir_each (p->ir, kind, r) {
		bool is_deny = kind == FP_KIND_EGRESS || kind == FP_KIND_INGRESS
				       ? r->u.net.effect == FP_DENY
				       : r->u.effect == FP_DENY;

		if (is_deny && is_empty)
			fp_oci_claim(p, r, FP_CLAIM_EXACT,
				     "the new network namespace holds nothing but lo");
		else
			fp_oci_claim(p, r, FP_CLAIM_NONE, "config.json names no peers");
	}
}

static bool grants_peers(const struct fp_ir *ir)
{
	static const enum fp_kind kinds[] = { FP_KIND_EGRESS, FP_KIND_INGRESS };

	static const enum fp_kind defaults[] = { FP_KIND_EGRESS_DEFAULT, FP_KIND_INGRESS_DEFAULT };

	for (size_t i = 0; i < 2; i++) {
		fp_ir_each (ir, kinds[i], r)
			if (r->u.net.effect == FP_ALLOW)
				return true;
		fp_ir_each (ir, defaults[i], r)
			if (r->u.effect == FP_ALLOW)
				return true;
	}
	return false;
}

void fp_oci_lower_files(struct fp_oci_plan *p)
{
	bool is_empty = fp_oci_is_new(p, FP_NS_NETWORK) && !grants_peers(p->ir);

	fp_ir_each (p->ir, FP_KIND_FILE_DEFAULT, r)
		fp_oci_claim(p, r, FP_CLAIM_NONE, "config.json names mounts, not files");
	fp_ir_each (p->ir, FP_KIND_FILE, r)
		claim_file(p, r);
	claim_net(p, FP_KIND_EGRESS_DEFAULT, is_empty);
	claim_net(p, FP_KIND_EGRESS, is_empty);
	claim_net(p, FP_KIND_INGRESS_DEFAULT, is_empty);
	claim_net(p, FP_KIND_INGRESS, is_empty);
	fp_ir_each (p->ir, FP_KIND_AUDIT, r)
		fp_oci_claim(p, r, FP_CLAIM_NONE, "config.json records nothing");
}
