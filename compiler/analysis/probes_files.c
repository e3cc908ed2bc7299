/* SPDX-License-Identifier: MIT */
/* Probes of paths: rights inside and beside each pattern; mounts, masks, read-only paths, the root.
 */
#include "analysis/probes.h"

#include <inttypes.h>
#include <string.h>

#define PATH_LAYERS (1u << FP_LAYER_APPARMOR | 1u << FP_LAYER_SELINUX | 1u << FP_LAYER_OCI)

/* Larger ones are left to those who set them: a guest has less memory than that. */
#define MAX_FILL ((uint64_t)256 << 20)
#define PAGE     4096u

#define PATH(text) text,

static const char *const kernel_paths[] = {
#include "analysis/kernel_paths.def"
};

#undef PATH

#define KERNEL_PATHS (sizeof(kernel_paths) / sizeof(kernel_paths[0]))

const char *fp_right_word(uint16_t bit)
{
	for (size_t i = 0; fp_right_names[i].name; i++)
		if (fp_right_names[i].bit == bit)
			return fp_right_names[i].name;
	return "";
}

/* A right's own letter, so that what one probe does to its file does not meet another. */
static char letter_of(uint16_t bit)
{
	return bit == FP_RIGHT_EXECUTE      ? 'x'
	       : bit == FP_RIGHT_LOCK       ? 'k'
	       : bit == FP_RIGHT_ATTRIBUTES ? 'm'
					    : fp_right_word(bit)[0];
}

/* ---- where a path lies ---- */

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && (!path[n] || path[n] == '/');
}

static const struct fp_rule *mount_of(const struct fp_ir *ir, const char *path)
{
	const struct fp_rule *best = NULL;

	fp_ir_each (ir, FP_KIND_MOUNT, r) {
		if (is_below(path, r->u.mount.on) &&
		    (!best || strlen(r->u.mount.on) > strlen(best->u.mount.on)))
			best = r;
	}
	return best;
}

/* On file systems whose names the kernel makes: nothing can be put there. */
static bool is_kernels(enum fp_mount_type type)
{
	switch (type) {
	case FP_MOUNT_PROC:
	case FP_MOUNT_SYSFS:
	case FP_MOUNT_DEVPTS:
	case FP_MOUNT_MQUEUE:
	case FP_MOUNT_CGROUP:
		return true;
	case FP_MOUNT_BIND:
	case FP_MOUNT_TMPFS:
	case FP_MOUNT_DEVTMPFS_LIKE:
		break;
	}
	return false;
}

static bool is_on_kernels(const struct fp_ir *ir, const char *path)
{
	const struct fp_rule *m = mount_of(ir, path);

	return m && is_kernels(m->u.mount.type);
}

/* ---- one right ---- */

/* Other rights that the prober needs as well: a name for the link, a descriptor for the lock. */
static bool can_be_tried(const struct fp_probes *p, const char *path, uint16_t right)
{
	const struct fp_ir *ir = p->ir;

	if (right == FP_RIGHT_LINK)
		return fp_eval_path(ir, fp_arena_printf(&p->u->arena, "%s.fp-link", path),
				    FP_RIGHT_CREATE | FP_RIGHT_DELETE)
			       .effect == FP_ALLOW;
	if (right == FP_RIGHT_LOCK)
		return fp_eval_path(ir, path, FP_RIGHT_READ).effect == FP_ALLOW ||
		       fp_eval_path(ir, path, FP_RIGHT_WRITE).effect == FP_ALLOW;
	return true;
}

void fp_probes_right(struct fp_probes *p, const struct fp_rule *rule, const char *path,
		     uint16_t right, const char *why)
{
	const struct fp_answer a = fp_eval_path(p->ir, path, right);
	const struct fp_probe probe = {
		.layers = PATH_LAYERS,
		.rule = rule,
		.by = a.rule,
		.also = a.effect == FP_ALLOW ? mount_of(p->ir, path) : a.also,
		.expect = fp_probe_outcome_of(a.effect == FP_ALLOW),
		.why = why,
		.action = FP_PROBE_FILE,
		.args = { fp_right_word(right), path },
	};

	/* Only reading and opening for writing leave such a file system as it was. */
	if (is_on_kernels(p->ir, path) &&
	    right & ~(uint32_t)(FP_RIGHT_READ | FP_RIGHT_WRITE | FP_RIGHT_APPEND))
		return;
	if (!probe.expect.succeeds || can_be_tried(p, path, right))
		fp_probes_add(p, &probe);
}

/* A path the pattern matches and the rule decides as it says; else any that it matches. */
static const char *inside(const struct fp_probes *p, const struct fp_glob *g, uint16_t right,
			  enum fp_grant wanted)
{
	struct fp_arena *arena = &p->u->arena;
	const char *first = fp_glob_member(arena, g, letter_of(right));

	if (g->is_plain && !g->is_tree)
		return first;
	for (size_t i = 0; i < KERNEL_PATHS; i++)
		if (is_on_kernels(p->ir, first) &&
		    fp_glob_match(g, kernel_paths[i], strlen(kernel_paths[i])) &&
		    fp_eval_path(p->ir, kernel_paths[i], right).effect == wanted)
			return kernel_paths[i];
	if (fp_eval_path(p->ir, first, right).effect == wanted)
		return first;
	for (char c = 'a'; c <= 'z'; c++) {
		const char *other = fp_glob_member(arena, g, c);
		if (fp_eval_path(p->ir, other, right).effect == wanted)
			return other;
	}
	return first;
}

static bool matches_any(const struct fp_paths *paths, const char *path)
{
	for (size_t i = 0; i < paths->n; i++)
		if (fp_glob_match(paths->at[i], path, strlen(path)))
			return true;
	return false;
}

/* The nearest path that the rule does not name and that gets the other answer. */
static void outside(struct fp_probes *p, const struct fp_rule *r, const char *path, uint16_t right)
{
	enum fp_grant here = fp_eval_path(p->ir, path, right).effect;
	const char *near;

	for (size_t n = 0; (near = fp_glob_near(&p->u->arena, path, n)); n++) {
		if (matches_any(&r->u.file.paths, near) || is_on_kernels(p->ir, near) ||
		    fp_eval_path(p->ir, near, right).effect == here)
			continue;
		fp_probes_right(p, r, near, right, "nearest path outside");
		return;
	}
}

static void pattern(struct fp_probes *p, const struct fp_rule *r, const struct fp_glob *g)
{
	for (unsigned bit = 1; bit <= FP_RIGHT_ALL; bit <<= 1) {
		uint16_t right = (uint16_t)bit;
		bool named = r->u.file.rights & right;
		enum fp_grant wanted = named                          ? r->u.file.effect
				       : r->u.file.effect == FP_ALLOW ? FP_DENY
								      : FP_ALLOW;
		const char *path = inside(p, g, right, wanted);
		fp_probes_right(p, r, path, right, named ? "inside" : "one right more");
		if (named)
			outside(p, r, path, right);
	}
}

void fp_probes_files(struct fp_probes *p)
{
	fp_ir_each (p->ir, FP_KIND_FILE, r) {
		for (size_t i = 0; i < r->u.file.paths.n; i++)
			if (r->u.file.paths.at[i]->has_param)
				fp_probes_skip(p, r, "it waits for the value of a parameter");
			else
				pattern(p, r, r->u.file.paths.at[i]);
	}
	fp_ir_each (p->ir, FP_KIND_FILE_DEFAULT, r) {
		fp_probes_right(p, r, "/fp-x", FP_RIGHT_READ, "a path that no rule names");
		fp_probes_right(p, r, "/fp-x", FP_RIGHT_WRITE, "a path that no rule names");
	}
}

void fp_probes_path_subject(struct fp_probes *p, const struct fp_assertion *a)
{
	const struct fp_subject *s = &a->subject;
	enum fp_grant wanted = a->kind == FP_ASSERT_NEVER ? FP_DENY : FP_ALLOW;

	for (unsigned bit = 1; bit <= FP_RIGHT_ALL; bit <<= 1) {
		if (!(s->rights & bit) || s->path->has_param)
			continue;
		size_t before = p->at.n;
		fp_probes_right(p, NULL, inside(p, s->path, (uint16_t)bit, wanted), (uint16_t)bit,
				a->text);
		/* A promise not kept would show here and nowhere else: it is what must hold. */
		if (a->kind == FP_ASSERT_NEVER && p->at.n > before)
			p->at.at[before].expect = fp_probe_outcome_of(false);
	}
}

/* ---- mounts ---- */

/* Only looking at a file is a matter of the modules: the rest is mounted by the runtime. */
static void ask_mount(struct fp_probes *p, const struct fp_rule *r, enum fp_probe_action action,
		      const char *path, const char *what, bool succeeds, const char *why)
{
	const struct fp_probe probe = {
		.layers = action == FP_PROBE_SEE ? PATH_LAYERS : 1u << FP_LAYER_OCI,
		.rule = r,
		.by = r,
		.expect = fp_probe_outcome_of(succeeds),
		.why = why,
		.action = action,
		.args = { path, what },
	};

	fp_probes_add(p, &probe);
}

static void flags(struct fp_probes *p, const struct fp_rule *r)
{
	static const struct {
		uint32_t bit;
		const char *word;
	} words[] = {
		{ FP_MNT_READONLY, "readonly" }, { FP_MNT_NOSUID, "nosuid" },
		{ FP_MNT_NODEV, "nodev" },       { FP_MNT_NOEXEC, "noexec" },
		{ FP_MNT_NOATIME, "noatime" },   { FP_MNT_NOSYMFOLLOW, "nosymfollow" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (r->u.mount.flags & words[i].bit)
			ask_mount(p, r, FP_PROBE_MOUNT, r->u.mount.on, words[i].word, true,
				  "flag of the mount");
}

static bool may_fill(const struct fp_probes *p, const char *dir)
{
	const char *path = fp_arena_printf(&p->u->arena, "%s/fp-fill", dir);

	return fp_eval_path(p->ir, path, FP_RIGHT_CREATE | FP_RIGHT_WRITE).effect == FP_ALLOW;
}

/* Names and contents that are there take some of it: a sixteenth is left to them. */
static void bounded(struct fp_probes *p, const struct fp_rule *r, enum fp_probe_action action,
		    uint64_t limit, uint64_t step)
{
	struct fp_arena *arena = &p->u->arena;

	if (!limit)
		return;
	if (!may_fill(p, r->u.mount.on) || (action == FP_PROBE_FILL && limit > MAX_FILL)) {
		fp_probes_skip(p, r,
			       limit > MAX_FILL && action == FP_PROBE_FILL
				       ? "more bytes than a guest has"
				       : "the files section lets nobody fill it");
		return;
	}
	ask_mount(p, r, action, r->u.mount.on,
		  fp_arena_printf(arena, "%" PRIu64, limit - limit / 16), true, "below the size");
	ask_mount(p, r, action, r->u.mount.on, fp_arena_printf(arena, "%" PRIu64, limit + step),
		  false, "the step over the size");
}

static void mount(struct fp_probes *p, const struct fp_rule *r)
{
	const struct fp_rule_mount *m = &r->u.mount;
	struct fp_arena *arena = &p->u->arena;

	flags(p, r);
	if (m->type != FP_MOUNT_BIND)
		ask_mount(p, r, FP_PROBE_FSTYPE, m->on,
			  m->type == FP_MOUNT_DEVTMPFS_LIKE ? "tmpfs"
							    : fp_mount_type_names[m->type],
			  true, "type of the mount");
	/* A runtime fills /dev itself: a fixture would not be seen there. */
	if (is_kernels(m->type) || m->type == FP_MOUNT_DEVTMPFS_LIKE)
		return;
	fp_probes_right(p, r, fp_arena_printf(arena, "%s/w", m->on), FP_RIGHT_WRITE,
			"write on the mount");
	fp_probes_right(p, r, fp_arena_printf(arena, "%s/c", m->on), FP_RIGHT_CREATE,
			"create on the mount");
	fp_probes_right(p, r, fp_arena_printf(arena, "%s/x", m->on), FP_RIGHT_EXECUTE,
			"execute on the mount");
	bounded(p, r, FP_PROBE_FILL, m->size, PAGE);
	bounded(p, r, FP_PROBE_INODES, m->inodes, 1);
	if (m->quota)
		fp_probes_skip(p, r, "the quota is the file system's");
}

void fp_probes_mounts(struct fp_probes *p)
{
	const struct fp_rule *root = fp_ir_only(p->ir, FP_KIND_ROOT);

	fp_ir_each (p->ir, FP_KIND_MOUNT, r)
		mount(p, r);
	if (root) {
		ask_mount(p, root, FP_PROBE_MOUNT, "/", "readonly", root->u.root.is_readonly,
			  "mode of the root");
		fp_probes_right(p, root, "/fp-c", FP_RIGHT_CREATE, "create on the root");
		fp_probes_right(p, root, "/fp-w", FP_RIGHT_WRITE, "write on the root");
	}
	/* The modes of the kernel's files refuse most jobs: the mount over them is asked for, too.
	 */
	fp_ir_each (p->ir, FP_KIND_MASK, r) {
		const char *path = r->u.file.paths.at[0]->text;
		ask_mount(p, r, FP_PROBE_SEE, path, NULL, false, "masked");
		ask_mount(p, r, FP_PROBE_MASKED, path, NULL, true, "by a mount");
	}
	fp_ir_each (p->ir, FP_KIND_READONLY, r) {
		const char *path = r->u.file.paths.at[0]->text;
		fp_probes_right(p, r, path, FP_RIGHT_WRITE, "inside the read-only path");
		ask_mount(p, r, FP_PROBE_MOUNT, path, "readonly", true, "by a mount");
	}
}

const char *fp_probes_scratch(struct fp_probes *p)
{
	fp_ir_each (p->ir, FP_KIND_MOUNT, r) {
		if (!is_kernels(r->u.mount.type) && may_fill(p, r->u.mount.on))
			return fp_arena_printf(&p->u->arena, "%s/fp-scratch", r->u.mount.on);
	}
	fp_ir_each (p->ir, FP_KIND_FILE, r) {
		for (size_t i = 0; i < r->u.file.paths.n; i++) {
			const char *path = fp_glob_member(&p->u->arena, r->u.file.paths.at[i], 's');
			if (fp_eval_path(p->ir, path, FP_RIGHT_CREATE | FP_RIGHT_WRITE).effect ==
			    FP_ALLOW)
				return path;
		}
	}
	return NULL;
}
