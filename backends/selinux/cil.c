/* SPDX-License-Identifier: MIT */
/* The block of one job in CIL: its types and everything they may do. */
#include "backends/selinux/selinux.h"

#include <stdarg.h>
#include <string.h>

void se_line(struct se_writer *w, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fp_buf_vprintf(&w->buf, format, ap);
	va_end(ap);
	fp_buf_putc(&w->buf, '\n');
}

void se_mark(struct se_writer *w, size_t begin, uint32_t rule)
{
	struct fp_map m = { .begin = (uint32_t)begin, .end = (uint32_t)w->buf.len, .rule = rule };

	if (w->buf.len > begin)
		fp_vec_push(w->buf.arena, &w->map, m);
}

void se_mark_kind(struct se_writer *w, size_t begin, enum fp_kind kind)
{
	fp_ir_each (w->plan->ir, kind, r)
		se_mark(w, begin, r->id);
}

/* ---- who starts it ---- */

/* rlimitinh: without it the kernel takes the limits back at the change of domain. */
static void write_parent(struct se_writer *w, const char *parent, const char *indent)
{
	const struct fp_rule *nnp = fp_ir_only(w->plan->ir, FP_KIND_NO_NEW_PRIVILEGES);
	bool is_nnp = nnp && nnp->u.flag, is_nosuid = false;
	size_t begin;

	fp_ir_each (w->plan->ir, FP_KIND_MOUNT, r)
		is_nosuid |= (r->u.mount.flags & FP_MNT_NOSUID) != 0;
	se_line(w,
		"%s(allow %s process (process (getattr getsched rlimitinh setrlimit setsched sigchld "
		"siginh sigkill signal signull sigstop transition)))",
		indent, parent);
	begin = w->buf.len;
	if (is_nnp || is_nosuid)
		se_line(w, "%s(allow %s process (process2 (%s%s%s)))", indent, parent,
			is_nnp ? "nnp_transition" : "", is_nnp && is_nosuid ? " " : "",
			is_nosuid ? "nosuid_transition" : "");
	if (nnp)
		se_mark(w, begin, nnp->id);
	se_line(w, "%s(allow %s files (dir (getattr mounton open read relabelto search)))", indent,
		parent);
	se_line(w, "%s(allow %s files (file (getattr mounton open read relabelto)))", indent,
		parent);
	se_line(w, "%s(allow process %s (fd (use)))", indent, parent);
	se_line(w, "%s(allow process %s (fifo_file (append getattr ioctl read write)))", indent,
		parent);
	se_line(w, "%s(allow process %s (process (sigchld)))", indent, parent);
}

static void write_parents(struct se_writer *w, bool is_module)
{
	const struct se_parent_row *row;

	if (!is_module) {
		write_parent(w, "kernel_t", "  ");
		return;
	}
	for (size_t i = 0; (row = se_parent_at(i)); i++) {
		se_line(w, "  (optional started_by_%s", row->attribute);
		write_parent(w, row->attribute, "    ");
		se_line(w, "  )");
	}
}

void se_write_block(struct se_writer *w, bool is_module)
{
	se_line(w, "(block %s", w->plan->block);
	se_write_process(w, is_module);
	se_write_memory(w);
	se_write_capabilities(w);
	se_write_files(w);
	se_write_network(w, is_module);
	write_parents(w, is_module);
	se_line(w, ")");
}
