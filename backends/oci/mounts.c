/* SPDX-License-Identifier: MIT */
/* root, mounts, maskedPaths, readonlyPaths; and what they mean for rules on files. */
#include "backends/oci/oci.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/*
 * `ro` alone leaves submounts writable, `rro` alone is ignored by old runtimes: recursive mounts
 * get both. The recursive forms need mount_setattr(2); there is none of nosymfollow that every
 * runtime knows.
 */
static const struct {
	uint32_t flag;
	const char *plain, *recursive;
} flag_options[] = {
	{ FP_MNT_READONLY, "ro", "rro" },          { FP_MNT_NOSUID, "nosuid", "rnosuid" },
	{ FP_MNT_NODEV, "nodev", "rnodev" },       { FP_MNT_NOEXEC, "noexec", "rnoexec" },
	{ FP_MNT_NOATIME, "noatime", "rnoatime" }, { FP_MNT_NOSYMFOLLOW, "nosymfollow", NULL },
};

#define FLAG_OPTIONS (sizeof(flag_options) / sizeof(flag_options[0]))

/* Flags that say what the job may not do; they must hold on submounts too. */
#define STRICT_FLAGS (FP_MNT_READONLY | FP_MNT_NOSUID | FP_MNT_NODEV | FP_MNT_NOEXEC)

struct writer {
	struct fp_oci_plan *p;
	const struct fp_rule *r;
	size_t at, options; /* index of the mount; options written so far */
};

static void option(struct writer *w, const char *text)
{
	fp_oci_text(w->p, w->r, text, "/mounts/%zu/options/%zu", w->at, w->options++);
}

static void option_number(struct writer *w, const char *name, uint64_t value)
{
	option(w, fp_arena_printf(&w->p->u->arena, "%s=%" PRIu64, name, value));
}

static void option_mode(struct writer *w, uint16_t mode)
{
	option(w, fp_arena_printf(&w->p->u->arena, "mode=%04o", (unsigned)mode));
}

static bool has_nosymfollow(const struct fp_oci_plan *p)
{
	return fp_target_has(p->target, FP_FEAT_OCI_NOSYMFOLLOW) &&
	       fp_target_has(p->target, FP_FEAT_NOSYMFOLLOW);
}

static void flag_list(struct writer *w, bool is_recursive)
{
	for (size_t i = 0; i < FLAG_OPTIONS; i++) {
		if (!(w->r->u.mount.flags & flag_options[i].flag))
			continue;
		if (flag_options[i].flag == FP_MNT_NOSYMFOLLOW && !has_nosymfollow(w->p))
			continue;
		option(w, flag_options[i].plain);
		if (is_recursive && flag_options[i].recursive)
			option(w, flag_options[i].recursive);
	}
}

/*
 * crun 1.4.3 to 1.11 leaves the flags off a bind mount in a new user namespace unless it is
 * read-only (its NEWS, 1.11.1); recursive forms are set apart from the mount and hold there too.
 */
static bool needs_both(const struct writer *w)
{
	uint32_t flags = w->r->u.mount.flags;

	if (!(flags & STRICT_FLAGS))
		return false;
	if (flags & FP_MNT_RECURSIVE)
		return true;
	return !(flags & FP_MNT_READONLY) && w->p->has_user_ns &&
	       fp_target_has(w->p->target, FP_FEAT_OCI_RRO) &&
	       fp_target_has(w->p->target, FP_FEAT_MOUNT_SETATTR);
}

static void bind_options(struct writer *w)
{
	bool is_recursive = w->r->u.mount.flags & FP_MNT_RECURSIVE;

	option(w, is_recursive ? "rbind" : "bind");
	/* The runtimes' default is a slave: what the host mounts there later would appear. */
	option(w, is_recursive ? "rprivate" : "private");
	flag_list(w, needs_both(w));
}

static void tmpfs_options(struct writer *w)
{
	const struct fp_rule_mount *m = &w->r->u.mount;

	flag_list(w, false);
	if (m->mode)
		option_mode(w, m->mode);
	if (m->size)
		option_number(w, "size", m->size);
	if (m->inodes)
		option_number(w, "nr_inodes", m->inodes);
}

static void dev_options(struct writer *w)
{
	const struct fp_rule_mount *m = &w->r->u.mount;

	flag_list(w, false);
	option_mode(w, m->mode ? m->mode : 0755);
	option_number(w, "size", m->size ? m->size : 65536);
	if (m->inodes)
		option_number(w, "nr_inodes", m->inodes);
}

/* gid=5 (tty) is refused by the kernel where group 5 is not mapped into the user namespace. */
static void devpts_options(struct writer *w)
{
	flag_list(w, false);
	option(w, "newinstance");
	option(w, "ptmxmode=0666");
	option(w, "mode=0620");
	if (fp_oci_is_mapped(w->p, true, 5))
		option(w, "gid=5");
}

static void mount_options(struct writer *w)
{
	switch (w->r->u.mount.type) {
	case FP_MOUNT_BIND:
		bind_options(w);
		break;
	case FP_MOUNT_TMPFS:
		tmpfs_options(w);
		break;
	case FP_MOUNT_DEVTMPFS_LIKE:
		dev_options(w);
		break;
	case FP_MOUNT_DEVPTS:
		devpts_options(w);
		break;
	case FP_MOUNT_PROC:
	case FP_MOUNT_SYSFS:
	case FP_MOUNT_MQUEUE:
	case FP_MOUNT_CGROUP:
		flag_list(w, false);
		break;
	}
}

/* File systems as the runtimes name them; "dev" is a tmpfs that they fill with nodes. */
static const char *mount_type(enum fp_mount_type type)
{
	return type == FP_MOUNT_DEVTMPFS_LIKE ? "tmpfs" : fp_mount_type_names[type];
}

static bool can_recurse(const struct fp_oci_plan *p)
{
	return fp_target_has(p->target, FP_FEAT_OCI_RRO) &&
	       fp_target_has(p->target, FP_FEAT_MOUNT_SETATTR);
}

/* False: the mount is left out, since it would be writable (or worse) where the rule says not. */
static bool check_recursion(struct fp_oci_plan *p, const struct fp_rule *r)
{
	const struct fp_rule_mount *m = &r->u.mount;

	if (m->type != FP_MOUNT_BIND || !(m->flags & FP_MNT_RECURSIVE) ||
	    !(m->flags & STRICT_FLAGS) || can_recurse(p))
		return true;
	fp_oci_claim(p, r, FP_CLAIM_NONE,
		     "left out: its submounts would keep their own flags (%s); a bind without "
		     "recursion takes none along",
		     fp_oci_why(p, fp_target_has(p->target, FP_FEAT_OCI_RRO) ? FP_FEAT_MOUNT_SETATTR
									     : FP_FEAT_OCI_RRO));
	return false;
}

/* On a file system that begins empty the runtime makes the directory: no mode of an image is there.
 */
static bool is_on_fresh(const struct fp_oci_plan *p, const struct fp_rule *r)
{
	const struct fp_rule *best = NULL;

	fp_ir_each (p->ir, FP_KIND_MOUNT, m)
		if (m != r && fp_oci_is_below(r->u.mount.on, m->u.mount.on) &&
		    (!best || strlen(m->u.mount.on) > strlen(best->u.mount.on)))
			best = m;
	return best && (best->u.mount.type == FP_MOUNT_TMPFS ||
			best->u.mount.type == FP_MOUNT_DEVTMPFS_LIKE);
}

static void claim_tmpfs(struct fp_oci_plan *p, const struct fp_rule *r)
{
	const struct fp_rule_mount *m = &r->u.mount;

	fp_oci_claim(p, r, FP_CLAIM_EXACT, NULL);
	if (!m->size)
		fp_oci_claim(p, r, FP_CLAIM_NARROWER,
			     "no size is given: the kernel's own bound is half of the memory");
	if (m->mode && !is_on_fresh(p, r) && !fp_target_has(p->target, FP_FEAT_OCI_TMPFS_MODE))
		fp_oci_claim(p, r, m->mode == 01777 ? FP_CLAIM_NARROWER : FP_CLAIM_WIDER,
			     "the mode of the image's own directory wins (%s)",
			     fp_oci_why(p, FP_FEAT_OCI_TMPFS_MODE));
}

static void claim_mount(struct fp_oci_plan *p, const struct fp_rule *r)
{
	const struct fp_rule_mount *m = &r->u.mount;

	if (m->type == FP_MOUNT_TMPFS)
		claim_tmpfs(p, r);
	else
		fp_oci_claim(p, r, FP_CLAIM_EXACT, NULL);
	if (m->type == FP_MOUNT_SYSFS && p->has_user_ns && !fp_oci_is_new(p, FP_NS_NETWORK))
		fp_oci_claim(p, r, FP_CLAIM_NARROWER,
			     "the kernel mounts sysfs in a new user namespace only with a new "
			     "network namespace: the job does not start");
	if (m->flags & FP_MNT_NOSYMFOLLOW && !has_nosymfollow(p))
		fp_oci_claim(p, r, FP_CLAIM_WIDER, "nosymfollow: %s",
			     fp_oci_why(p, fp_target_has(p->target, FP_FEAT_NOSYMFOLLOW)
						   ? FP_FEAT_OCI_NOSYMFOLLOW
						   : FP_FEAT_NOSYMFOLLOW));
	else if (m->flags & FP_MNT_NOSYMFOLLOW && m->flags & FP_MNT_RECURSIVE)
		fp_oci_claim(p, r, FP_CLAIM_WIDER, "nosymfollow does not reach submounts");
	if (m->type == FP_MOUNT_BIND && m->quota)
		fp_oci_claim(p, r, FP_CLAIM_WIDER,
			     "no field of config.json bounds the bytes of a bind mount: give it a "
			     "file system or a project of that size");
}

static void lower_mount(struct fp_oci_plan *p, const struct fp_rule *r, size_t at)
{
	const struct fp_rule_mount *m = &r->u.mount;
	struct writer w = { .p = p, .r = r, .at = at };
	const char *type = mount_type(m->type);

	fp_oci_text(p, r, m->on, "/mounts/%zu/destination", at);
	fp_oci_text(p, r, type, "/mounts/%zu/type", at);
	fp_oci_text(p, r, m->source ? m->source : type, "/mounts/%zu/source", at);
	mount_options(&w);
	claim_mount(p, r);
}

static int by_destination(const void *a, const void *b)
{
	const struct fp_rule *x = *(const struct fp_rule *const *)a;
	const struct fp_rule *y = *(const struct fp_rule *const *)b;
	int order = strcmp(x->u.mount.on, y->u.mount.on);

	return order ? order : (x->id > y->id) - (x->id < y->id);
}

static void lower_mount_list(struct fp_oci_plan *p)
{
	size_t first = p->ir->first[FP_KIND_MOUNT];
	size_t n = p->ir->first[FP_KIND_MOUNT + 1] - first, at = 0;
	const struct fp_rule **list = FP_NEW_ARRAY(&p->u->arena, n, const struct fp_rule *);

	for (size_t i = 0; i < n; i++)
		list[i] = &p->ir->rules[first + i];
	/* Byte order puts a directory before what lies in it: no mount hides another. */
	if (n)
		qsort(list, n, sizeof(list[0]), by_destination);
	for (size_t i = 0; i < n; i++)
		if (check_recursion(p, list[i]))
			lower_mount(p, list[i], at++);
	if (!at)
		fp_oci_empty(p, NULL, "/mounts");
}

const char *fp_oci_glob_path(struct fp_unit *u, const struct fp_glob *g)
{
	struct fp_buf b;

	fp_buf_init(&b, &u->arena);
	for (size_t i = 0; i < g->n; i++) {
		if (g->items[i].op == FP_GLOB_BYTE)
			fp_buf_putc(&b, (char)g->items[i].byte);
		else if (g->items[i].op == FP_GLOB_PARAM)
			fp_buf_printf(&b, "${%s}", g->items[i].param);
	}
	return fp_buf_text(&b);
}

struct named_path {
	const char *path;
	const struct fp_rule *rule;
};

static int by_path(const void *a, const void *b)
{
	const struct named_path *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	return order ? order : (x->rule->id > y->rule->id) - (x->rule->id < y->rule->id);
}

static void lower_paths(struct fp_oci_plan *p, enum fp_kind kind, const char *member)
{
	FP_VEC(struct named_path) list = { 0 };
	size_t at = 0;

	fp_ir_each (p->ir, kind, r) {
		for (size_t i = 0; i < r->u.file.paths.n; i++) {
			struct named_path np = { fp_oci_glob_path(p->u, r->u.file.paths.at[i]), r };

			fp_vec_push(&p->u->arena, &list, np);
		}
		fp_oci_claim(p, r, FP_CLAIM_EXACT, NULL);
	}
	if (list.n)
		qsort(list.at, list.n, sizeof(list.at[0]), by_path);
	for (size_t i = 0; i < list.n; i++)
		if (!i || strcmp(list.at[i].path, list.at[i - 1].path))
			fp_oci_text(p, list.at[i].rule, list.at[i].path, "/linux/%s/%zu", member,
				    at++);
}

/* A runtime makes the directory read-only as one mount: mounts below it keep their own flags. */
static void claim_readonly_paths(struct fp_oci_plan *p)
{
	fp_ir_each (p->ir, FP_KIND_READONLY, r)
		for (size_t i = 0; i < r->u.file.paths.n; i++)
			fp_ir_each (p->ir, FP_KIND_MOUNT, m)
				if (!(m->u.mount.flags & FP_MNT_READONLY) &&
				    fp_oci_is_below(m->u.mount.on,
						    fp_oci_glob_path(p->u, r->u.file.paths.at[i])))
					fp_oci_claim(p, r, FP_CLAIM_WIDER,
						     "the mount on %s stays writable: say "
						     "readonly there",
						     m->u.mount.on);
}

void fp_oci_lower_mounts(struct fp_oci_plan *p)
{
	fp_ir_each (p->ir, FP_KIND_ROOT, r) {
		fp_oci_flag(p, r, r->u.root.is_readonly, "/root/readonly");
		fp_oci_claim(p, r, FP_CLAIM_EXACT, NULL);
	}
	lower_mount_list(p);
	lower_paths(p, FP_KIND_MASK, "maskedPaths");
	lower_paths(p, FP_KIND_READONLY, "readonlyPaths");
	claim_readonly_paths(p);
}
