/* SPDX-License-Identifier: MIT */
/* The process in CIL: itself, its kind, its capabilities. */
#include "backends/selinux/selinux.h"

#include <string.h>

/* The row that gives the class the first of the permissions on the target; NULL where it lacks it.
 */
static const struct se_class_row *class_row(const struct se_plan *plan, const char *cls,
					    const char *perms)
{
	const struct se_class_row *row;
	size_t len = strcspn(perms, ",");

	for (size_t i = 0; (row = se_class_at(i)); i++) {
		if (strcmp(row->cls, cls) != 0 || !se_class_counts(plan->target, row))
			continue;
		struct fp_buf all;
		fp_buf_init(&all, &plan->paths.u->arena);
		se_class_perms(&all, row);
		for (const char *at = fp_buf_text(&all); *at; at += strspn(at, " ")) {
			size_t n = strcspn(at, " ");
			if (n == len && !memcmp(at, perms, n))
				return row;
			at += n;
		}
	}
	return NULL;
}

/* A statement of its own feature: a base without the class drops it alone. */
static void write_own(struct se_writer *w, bool is_module, const struct se_class_row *row,
		      const char *perms)
{
	const char *cls = row->cls;
	bool may_lack = is_module && strcmp(row->bases, "all") != 0;

	if (may_lack)
		se_line(w, "  (optional class_%s", cls);
	se_line(w, "%s  (allow process self (%s (%s)))", may_lack ? "  " : "", cls, perms);
	if (may_lack)
		se_line(w, "  )");
}

static bool same_grant(const struct se_call_row *a, const struct se_call_row *b)
{
	return a && b && !strcmp(a->cls, b->cls) && !strcmp(a->perms, b->perms);
}

/* Rows of one class stand together, rows of one set of permissions, too. */
static void write_calls(struct se_writer *w, bool is_module)
{
	const struct se_call_row *row;

	for (size_t i = 0; (row = se_call_at(i));) {
		struct fp_buf perms;
		const char *cls = row->cls;
		const struct se_class_row *known = NULL;
		fp_buf_init(&perms, w->buf.arena);
		while ((row = se_call_at(i)) && !strcmp(row->cls, cls)) {
			const struct se_call_row *first = row;
			bool granted = false;
			for (; same_grant(first, row); row = se_call_at(++i))
				granted |= se_call_passes(w->plan->ir, w->plan->target, row->call,
							  row->args);
			const struct se_class_row *has =
				granted ? class_row(w->plan, cls, first->perms) : NULL;
			if (!has)
				continue;
			known = has;
			for (const char *at = first->perms; *at;) {
				size_t len = strcspn(at, ",");
				fp_buf_printf(&perms, "%s%.*s", perms.len ? " " : "", (int)len, at);
				at += len + (at[len] == ',');
			}
		}
		if (known)
			write_own(w, is_module, known, fp_buf_text(&perms));
	}
}

/* statfs(2) asks for the file system's own label, whatever path leads there. */
static void write_statfs(struct se_writer *w, bool is_module)
{
	static const char *const calls[] = { "statfs", "fstatfs", "statfs64", "fstatfs64",
					     "ustat" };
	static const uint64_t none[6];
	const struct se_plan *plan = w->plan;
	bool passes = false;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		passes |= se_call_passes(plan->ir, plan->target, calls[i], none);
	if (!passes)
		return;
	se_line(w, "  (allow process files (filesystem (getattr)))");
	if (is_module)
		se_line(w, "  (optional file_systems");
	se_line(w, "%s  (allow process filesystem_type (filesystem (getattr)))",
		is_module ? "  " : "");
	if (is_module)
		se_line(w, "  )");
}

void se_write_process(struct se_writer *w, bool is_module)
{
	const struct se_plan *plan = w->plan;
	size_t begin = w->buf.len;

	se_line(w, "  (type process)");
	se_line(w, "  (roletype system_r process)");
	se_line(w, "  (typeattributeset domain (process))");
	se_line(w, "  (typeattributeset mcs_constrained_type (process))");
	se_line(w, "  (allow process self (process (getattr sigchld)))");
	se_line(w, "  (allow process self (fd (use)))");
	se_line(w, "  (allow process self (fifo_file (append getattr ioctl lock read write)))");
	write_calls(w, is_module);
	write_statfs(w, is_module);
	se_mark_kind(w, begin, FP_KIND_CALL);
	if (plan->has_proc_read) {
		se_line(w, "  (allow process self (dir (getattr open read search)))");
		se_line(w, "  (allow process self (file (getattr open read%s)))",
			plan->has_proc_write ? " append write" : "");
		se_line(w, "  (allow process self (lnk_file (getattr read)))");
	}
}

/* Memory files are made on the kernel's own tmpfs, whose type is the base's. */
void se_write_memory(struct se_writer *w)
{
	static const uint64_t none[6];
	const struct se_plan *plan = w->plan;

	if (!se_call_passes(plan->ir, plan->target, "memfd_create", none))
		return;
	se_line(w, "  (type memory)");
	se_line(w, "  (roletype object_r memory)");
	se_line(w, "  (typeattributeset file_type (memory))");
	se_line(w, "  (optional memory_files");
	se_line(w, "    (typetransition process tmpfs_t file memory)");
	se_line(w, "    (allow process memory (file (append getattr map open read write)))");
	se_line(w, "  )");
}

void se_write_capabilities(struct se_writer *w)
{
	const struct fp_ir *ir = w->plan->ir;
	bool is_inner = false;
	size_t begin = w->buf.len;

	fp_ir_each (ir, FP_KIND_NAMESPACE, r)
		is_inner |= r->u.ns.ns == FP_NS_USER && r->u.ns.is_new;
	for (unsigned inner = 0; inner < 2; inner++)
		for (unsigned high = 0; high < 2; high++) {
			static const char *const names[2][2] = { { "capability", "capability2" },
								 { "cap_userns", "cap2_userns" } };
			const char *cls = names[inner][high];
			struct fp_buf held, rest;
			fp_buf_init(&held, w->buf.arena);
			fp_buf_init(&rest, w->buf.arena);
			for (size_t i = 0; i < fp_cap_count(); i++) {
				const struct fp_cap *c = fp_cap_at(i);
				if ((c->bit >= 32) != high)
					continue;
				bool has = ir->caps >> c->bit & 1 && (inner != 0) == is_inner;
				struct fp_buf *b = has ? &held : &rest;
				fp_buf_printf(b, "%s%s", b->len ? " " : "", c->name);
			}
			if (held.len)
				se_line(w, "  (allow process self (%s (%s)))", cls,
					fp_buf_text(&held));
			if (rest.len)
				se_line(w, "  (neverallow process self (%s (%s)))", cls,
					fp_buf_text(&rest));
		}
	se_mark_kind(w, begin, FP_KIND_CAPABILITY);
}
