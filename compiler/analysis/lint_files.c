/* SPDX-License-Identifier: MIT */
/* Rules about mounts, paths and devices. */
#include "analysis/lint.h"

#include <string.h>

static bool is_writable(const struct fp_rule *mount)
{
	return !(mount->u.mount.flags & FP_MNT_READONLY);
}

/* Mounts of a file system the job could fill with anything, and binds. */
static bool has_content(const struct fp_rule *mount)
{
	return mount->u.mount.type == FP_MOUNT_BIND || mount->u.mount.type == FP_MOUNT_TMPFS;
}

static void mount_found(struct fp_lint *l, const struct fp_rule *r)
{
	fp_lint_found(l, r, fp_mount_type_names[r->u.mount.type], "%s: %s", l->row->summary,
		      r->text);
}

static void without(struct fp_lint *l, uint32_t flag)
{
	fp_ir_each (l->ir, FP_KIND_MOUNT, r)
		if (has_content(r) && !(r->u.mount.flags & flag) && is_writable(r))
			mount_found(l, r);
}

void fp_lint_exec_mount(struct fp_lint *l)
{
	without(l, FP_MNT_NOEXEC);
}

void fp_lint_suid_mount(struct fp_lint *l)
{
	without(l, FP_MNT_NOSUID);
}

void fp_lint_dev_mount(struct fp_lint *l)
{
	without(l, FP_MNT_NODEV);
}

/* A set-id bit is nothing on a file system that ignores it. */
void fp_lint_set_id(struct fp_lint *l)
{
	bool works = !fp_ir_only(l->ir, FP_KIND_ROOT)->u.root.is_readonly;

	fp_ir_each (l->ir, FP_KIND_MOUNT, r)
		works |= has_content(r) && is_writable(r) && !(r->u.mount.flags & FP_MNT_NOSUID);
	if (works)
		fp_lint_subjects(l);
}

void fp_lint_tmpfs_size(struct fp_lint *l)
{
	fp_ir_each (l->ir, FP_KIND_MOUNT, r)
		if (r->u.mount.type == FP_MOUNT_TMPFS && is_writable(r) && !r->u.mount.size)
			mount_found(l, r);
}

void fp_lint_tmpfs_inodes(struct fp_lint *l)
{
	fp_ir_each (l->ir, FP_KIND_MOUNT, r)
		if (r->u.mount.type == FP_MOUNT_TMPFS && is_writable(r) && !r->u.mount.inodes)
			mount_found(l, r);
}

void fp_lint_quota(struct fp_lint *l)
{
	fp_ir_each (l->ir, FP_KIND_MOUNT, r)
		if (r->u.mount.type == FP_MOUNT_BIND && is_writable(r) && !r->u.mount.quota)
			mount_found(l, r);
}

void fp_lint_recursive(struct fp_lint *l)
{
	fp_ir_each (l->ir, FP_KIND_MOUNT, r)
		if (r->u.mount.type == FP_MOUNT_BIND && r->u.mount.flags & FP_MNT_RECURSIVE)
			mount_found(l, r);
}

void fp_lint_root_write(struct fp_lint *l)
{
	const struct fp_rule *r = fp_ir_only(l->ir, FP_KIND_ROOT);

	if (!r->u.root.is_readonly)
		fp_lint_found(l, r, "root", "%s", l->row->summary);
}

void fp_lint_cgroup_write(struct fp_lint *l)
{
	fp_ir_each (l->ir, FP_KIND_MOUNT, r)
		if (r->u.mount.type == FP_MOUNT_CGROUP && is_writable(r))
			mount_found(l, r);
}

void fp_lint_sysfs_write(struct fp_lint *l)
{
	fp_ir_each (l->ir, FP_KIND_MOUNT, r)
		if (r->u.mount.type == FP_MOUNT_SYSFS && is_writable(r))
			mount_found(l, r);
}

/* ---- what binds show of the host ---- */

#define HOST(rule, path, write) { rule, path, write },

static const struct {
	const char *rule, *path;
	bool write;
} host_paths[] = {

#include "analysis/host_paths.def"
};
#undef HOST

void fp_lint_host_root_bind(struct fp_lint *l)
{
	fp_ir_each (l->ir, FP_KIND_MOUNT, r)
		if (r->u.mount.source && !strcmp(r->u.mount.source, "/"))
			mount_found(l, r);
}

static void show(struct fp_lint *l, const struct fp_rule *r, const char *path)
{
	const char *source = r->u.mount.source;

	if (fp_path_is_below(path, source) || fp_path_is_below(source, path))
		fp_lint_found(l, r, r->u.mount.on, "%s: %s", l->row->summary, r->text);
}

void fp_lint_host_paths(struct fp_lint *l)
{
	fp_ir_each (l->ir, FP_KIND_MOUNT, r) {
		size_t before = l->out->list.n;
		/* The root shows everything and has a rule of its own. */
		for (size_t i = 0; r->u.mount.source && r->u.mount.source[1] &&
				   i < sizeof(host_paths) / sizeof(host_paths[0]);
		     i++)
			if (!strcmp(host_paths[i].rule, l->row->id) && l->out->list.n == before &&
			    (!host_paths[i].write || is_writable(r)))
				show(l, r, host_paths[i].path);
	}
}

/* One host directory in two places, with other rights: a rule about one is walked around by the
 * other. */
void fp_lint_alias(struct fp_lint *l)
{
	fp_ir_each (l->ir, FP_KIND_MOUNT, a)
		fp_ir_each (l->ir, FP_KIND_MOUNT, b) {
			if (a == b || !a->u.mount.source || !b->u.mount.source ||
			    !fp_path_is_below(b->u.mount.source, a->u.mount.source) ||
			    !is_writable(a) || is_writable(b))
				continue;
			fp_lint_found(l, b, b->u.mount.on, "%s: %s, and %s", l->row->summary,
				      b->text, a->text);
		}
}

/* A place that the job can replace by a link before the runtime mounts there. */
void fp_lint_mount_order(struct fp_lint *l)
{
	fp_ir_each (l->ir, FP_KIND_MOUNT, outer)
		fp_ir_each (l->ir, FP_KIND_MOUNT, inner)
			if (outer != inner && outer->u.mount.type == FP_MOUNT_BIND &&
			    is_writable(outer) &&
			    fp_path_is_below(inner->u.mount.on, outer->u.mount.on))
				fp_lint_found(l, inner, inner->u.mount.on, "%s: %s in %s",
					      l->row->summary, inner->text, outer->text);
}

/* ---- paths ---- */

void fp_lint_write_exec(struct fp_lint *l)
{
	struct fp_counter c;

	if (fp_lint_path(l, FP_RIGHT_WRITE | FP_RIGHT_EXECUTE, "/**", &c))
		fp_lint_found(l, c.rule, "files", "%s: %s is permitted, and so is execute",
			      l->row->summary, c.example);
}

/* In a namespace of its own the job sees its own processes. */
void fp_lint_proc_others(struct fp_lint *l)
{
	if (!fp_lint_is_new(l, FP_NS_PID))
		fp_lint_subjects(l);
}

static void file_default(struct fp_lint *l, uint16_t rights, const char *pattern)
{
	const struct fp_rule *r = fp_ir_only(l->ir, FP_KIND_FILE_DEFAULT);
	struct fp_counter c;

	if (r->u.effect == FP_ALLOW && fp_lint_path(l, rights, pattern, &c))
		fp_lint_found(l, r, "files", "%s: %s is permitted", l->row->summary, c.example);
}

void fp_lint_files_default(struct fp_lint *l)
{
	file_default(l, FP_RIGHT_READ, "/**");
}

void fp_lint_execute_any(struct fp_lint *l)
{
	file_default(l, FP_RIGHT_EXECUTE, "/**");
}

/* A pattern that begins with two stars, or after one component. */
static bool is_broad(const struct fp_glob *g)
{
	size_t components = 0;

	for (size_t i = 0; i < g->n; i++)
		components +=
			g->items[i].op == FP_GLOB_BYTE && g->items[i].byte == '/' && i + 1 < g->n;
	return !g->path && components == 0;
}

void fp_lint_broad_glob(struct fp_lint *l)
{
	const uint16_t changing = FP_RIGHT_WRITE | FP_RIGHT_CREATE | FP_RIGHT_DELETE;

	fp_ir_each (l->ir, FP_KIND_FILE, r)
		for (size_t i = 0; i < r->u.file.paths.n; i++)
			if (r->u.file.effect == FP_ALLOW && r->u.file.rights & changing &&
			    is_broad(r->u.file.paths.at[i]))
				fp_lint_found(l, r, "files", "%s: %s", l->row->summary, r->text);
}

static const char *const right_words[] = { "read", "write", "create", "delete", "execute" };

/* A grant none of whose paths keeps one of its rights: mounts, masks or refusals take it all away.
 */
static void dead_grants(struct fp_lint *l, uint16_t asked)
{
	fp_ir_each (l->ir, FP_KIND_FILE, r) {
		bool lives = false;
		if (r->u.file.effect != FP_ALLOW || !(r->u.file.rights & asked))
			continue;
		for (size_t i = 0; i < r->u.file.paths.n && !lives; i++) {
			const struct fp_subject s = { .kind = FP_SUBJECT_PATH,
						      .rights = asked,
						      .path = r->u.file.paths.at[i] };
			lives = fp_lint_ask(l, &s).outcome != FP_HOLDS;
		}
		if (!lives)
			fp_lint_found(l, r, right_words[asked == FP_RIGHT_WRITE ? 1 : 4], "%s: %s",
				      l->row->summary, r->text);
	}
}

void fp_lint_dead_write(struct fp_lint *l)
{
	dead_grants(l, FP_RIGHT_WRITE);
}

void fp_lint_dead_execute(struct fp_lint *l)
{
	dead_grants(l, FP_RIGHT_EXECUTE);
}

/* A directory and all below it, as a pattern. */
static const char *tree_of(struct fp_lint *l, const char *dir)
{
	struct fp_buf b;

	fp_buf_init(&b, &l->u->arena);
	for (; *dir; dir++)
		fp_buf_printf(&b, strchr("*?[]{}\\", *dir) ? "\\%c" : "%c", *dir);
	fp_buf_puts(&b, "/**");
	return fp_buf_text(&b);
}

/* Nothing below it may be read: the mount is there for nobody. */
void fp_lint_dead_mount(struct fp_lint *l)
{
	fp_ir_each (l->ir, FP_KIND_MOUNT, r) {
		const char *tree = tree_of(l, r->u.mount.on);
		if (has_content(r) && !r->is_implied && !fp_text_is_template(r->u.mount.on) &&
		    !fp_lint_path(l, FP_RIGHT_READ, tree, NULL) &&
		    !fp_lint_path(l, FP_RIGHT_WRITE, tree, NULL))
			mount_found(l, r);
	}
}

void fp_lint_workdir(struct fp_lint *l)
{
	const struct fp_rule *r = fp_ir_only(l->ir, FP_KIND_WORKDIR);

	if (!r->is_implied && !fp_text_is_template(r->u.path) &&
	    fp_eval_path(l->ir, r->u.path, FP_RIGHT_READ).effect == FP_DENY)
		fp_lint_found(l, r, "working-directory", "%s: %s", l->row->summary, r->text);
}

/* ---- devices ---- */

#define RISKY(rule, type, major, first, last, what) { rule, type, major, first, last, what },

static const struct {
	const char *rule;
	char type;
	uint32_t major, first, last;
	const char *what;
} risky[] = {

#include "analysis/risky_devices.def"
};
#undef RISKY

static void judge_device(struct fp_lint *l, const struct fp_rule *r, const struct fp_device *d)
{
	for (size_t i = 0; i < sizeof(risky) / sizeof(risky[0]); i++)
		if (!strcmp(risky[i].rule, l->row->id) && risky[i].type == d->type &&
		    risky[i].major == d->major && d->minor >= risky[i].first &&
		    d->minor <= risky[i].last)
			fp_lint_found(l, r, d->path, "%s: %s is %s", l->row->summary, d->path,
				      risky[i].what);
}

void fp_lint_devices(struct fp_lint *l)
{
	fp_ir_each (l->ir, FP_KIND_DEVICE, r)
		for (size_t i = 0; r->u.device.effect == FP_ALLOW && i < r->u.device.n; i++)
			judge_device(l, r, &r->u.device.at[i]);
}

void fp_lint_device_default(struct fp_lint *l)
{
	const struct fp_rule *r = fp_ir_only(l->ir, FP_KIND_DEVICE_DEFAULT);

	if (r->u.effect == FP_ALLOW)
		fp_lint_found(l, r, "devices", "%s", l->row->summary);
}

void fp_lint_device_mknod(struct fp_lint *l)
{
	fp_ir_each (l->ir, FP_KIND_DEVICE, r)
		if (r->u.device.effect == FP_ALLOW && r->u.device.rights & FP_DEV_MKNOD)
			fp_lint_found(l, r, r->u.device.at[0].path, "%s: %s", l->row->summary,
				      r->text);
}

/* Granted by its number and refused by its path. */
void fp_lint_dead_device(struct fp_lint *l)
{
	fp_ir_each (l->ir, FP_KIND_DEVICE, r)
		for (size_t i = 0; r->u.device.effect == FP_ALLOW && i < r->u.device.n; i++) {
			const char *path = r->u.device.at[i].path;
			fp_ir_each (l->ir, FP_KIND_FILE, f)
				for (size_t k = 0;
				     f->u.file.effect == FP_DENY && k < f->u.file.paths.n; k++)
					if (f->u.file.rights & (FP_RIGHT_READ | FP_RIGHT_WRITE) &&
					    fp_glob_match(f->u.file.paths.at[k], path,
							  strlen(path)))
						fp_lint_found(l, r, path, "%s: %s, by: %s",
							      l->row->summary, path, f->text);
		}
}
