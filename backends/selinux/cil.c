/* SPDX-License-Identifier: MIT */
/* The block of one job in CIL: its types and everything they may do. */
#include "backends/selinux/selinux.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void se_line(struct se_writer *w, const char *format, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, format);
	int n = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n < sizeof(text)) {
		fp_buf_puts(&w->buf, text);
	} else {
		char *big = fp_arena_alloc(w->buf.arena, (size_t)n + 1);
		va_start(ap, format);
		vsnprintf(big, (size_t)n + 1, format, ap);
		va_end(ap);
		fp_buf_puts(&w->buf, big);
	}
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
	fp_ir_each(w->plan->ir, kind, r) se_mark(w, begin, r->id);
}

/* ---- files ---- */

#define MAKES   0x10000u /* names may be made in such a directory */
#define REMOVES 0x20000u
#define PASS    (FP_RIGHT_ALL | SE_SEARCH | MAKES | REMOVES)
#define USE_CHR (SE_CHR_READ | SE_CHR_WRITE)
#define USE_BLK (SE_BLK_READ | SE_BLK_WRITE)
#define TOUCH   (FP_RIGHT_READ | FP_RIGHT_WRITE | FP_RIGHT_APPEND)

/* A permission goes with any of the rights; security/selinux/hooks.c checks them. By class and
 * name. */
static const struct {
	const char *cls, *perm;
	uint32_t rights;
} file_perms[] = {
	{ "blk_file", "append", SE_BLK_WRITE },
	{ "blk_file", "create", SE_BLK_MKNOD },
	{ "blk_file", "getattr", USE_BLK },
	{ "blk_file", "ioctl", USE_BLK },
	{ "blk_file", "open", USE_BLK },
	{ "blk_file", "read", SE_BLK_READ },
	{ "blk_file", "write", SE_BLK_WRITE },
	{ "chr_file", "append", SE_CHR_WRITE },
	{ "chr_file", "create", SE_CHR_MKNOD },
	{ "chr_file", "getattr", USE_CHR },
	{ "chr_file", "ioctl", USE_CHR },
	{ "chr_file", "map", SE_CHR_READ },
	{ "chr_file", "open", USE_CHR },
	{ "chr_file", "read", SE_CHR_READ },
	{ "chr_file", "write", SE_CHR_WRITE },
	{ "dir", "add_name", FP_RIGHT_CREATE | MAKES },
	{ "dir", "create", FP_RIGHT_CREATE },
	{ "dir", "getattr", PASS },
	{ "dir", "lock", FP_RIGHT_LOCK },
	{ "dir", "open", FP_RIGHT_READ },
	{ "dir", "read", FP_RIGHT_READ },
	{ "dir", "remove_name", FP_RIGHT_DELETE | REMOVES },
	{ "dir", "rename", FP_RIGHT_DELETE },
	{ "dir", "reparent", FP_RIGHT_DELETE },
	{ "dir", "rmdir", FP_RIGHT_DELETE },
	{ "dir", "search", PASS },
	{ "dir", "setattr", FP_RIGHT_ATTRIBUTES },
	{ "dir", "write", FP_RIGHT_CREATE | FP_RIGHT_DELETE | MAKES | REMOVES },
	{ "fifo_file", "append", FP_RIGHT_APPEND },
	{ "fifo_file", "create", FP_RIGHT_CREATE },
	{ "fifo_file", "getattr", FP_RIGHT_ALL },
	{ "fifo_file", "link", FP_RIGHT_LINK },
	{ "fifo_file", "lock", FP_RIGHT_LOCK },
	{ "fifo_file", "open", TOUCH },
	{ "fifo_file", "read", FP_RIGHT_READ },
	{ "fifo_file", "rename", FP_RIGHT_DELETE },
	{ "fifo_file", "setattr", FP_RIGHT_ATTRIBUTES },
	{ "fifo_file", "unlink", FP_RIGHT_DELETE },
	{ "fifo_file", "write", FP_RIGHT_WRITE },
	{ "file", "append", FP_RIGHT_APPEND },
	{ "file", "create", FP_RIGHT_CREATE },
	{ "file", "entrypoint", FP_RIGHT_EXECUTE },
	{ "file", "execute", FP_RIGHT_EXECUTE },
	{ "file", "execute_no_trans", FP_RIGHT_EXECUTE },
	{ "file", "getattr", FP_RIGHT_ALL },
	{ "file", "link", FP_RIGHT_LINK },
	{ "file", "lock", FP_RIGHT_LOCK },
	{ "file", "map", FP_RIGHT_READ | FP_RIGHT_EXECUTE },
	{ "file", "open", TOUCH | FP_RIGHT_EXECUTE },
	{ "file", "read", FP_RIGHT_READ },
	{ "file", "rename", FP_RIGHT_DELETE },
	{ "file", "setattr", FP_RIGHT_ATTRIBUTES },
	{ "file", "unlink", FP_RIGHT_DELETE },
	{ "file", "write", FP_RIGHT_WRITE },
	{ "lnk_file", "create", FP_RIGHT_CREATE },
	{ "lnk_file", "getattr", FP_RIGHT_ALL | SE_SEARCH },
	{ "lnk_file", "link", FP_RIGHT_LINK },
	{ "lnk_file", "read", FP_RIGHT_ALL | SE_SEARCH },
	{ "lnk_file", "rename", FP_RIGHT_DELETE },
	{ "lnk_file", "setattr", FP_RIGHT_ATTRIBUTES },
	{ "lnk_file", "unlink", FP_RIGHT_DELETE },
	{ "sock_file", "create", FP_RIGHT_CREATE },
	{ "sock_file", "getattr", FP_RIGHT_ALL },
	{ "sock_file", "link", FP_RIGHT_LINK },
	{ "sock_file", "rename", FP_RIGHT_DELETE },
	{ "sock_file", "setattr", FP_RIGHT_ATTRIBUTES },
	{ "sock_file", "unlink", FP_RIGHT_DELETE },
	{ "sock_file", "write", FP_RIGHT_WRITE },
};

#define FILE_PERMS (sizeof(file_perms) / sizeof(file_perms[0]))

/* One rule for each class that has permissions with these rights and none of `without`. */
static void write_perms(struct se_writer *w, const char *statement, const struct se_type *t,
			uint32_t rights, uint32_t without)
{
	for (size_t i = 0; i < FILE_PERMS;) {
		const char *cls = file_perms[i].cls;
		struct fp_buf perms;
		fp_buf_init(&perms, w->buf.arena);
		for (; i < FILE_PERMS && !strcmp(file_perms[i].cls, cls); i++) {
			if (!(file_perms[i].rights & rights) || file_perms[i].rights & without)
				continue;
			fp_buf_printf(&perms, "%s%s", perms.len ? " " : "", file_perms[i].perm);
		}
		if (perms.len)
			se_line(w, "  (%s process %s (%s (%s)))", statement, t->name, cls,
				fp_buf_text(&perms));
	}
}

static void write_type(struct se_writer *w, const struct se_type *t)
{
	uint32_t rights =
		t->rights | (t->makes_names ? MAKES : 0) | (t->removes_names ? REMOVES : 0);
	size_t begin = w->buf.len;

	se_line(w, "  (type %s)", t->name);
	se_line(w, "  (roletype object_r %s)", t->name);
	se_line(w, "  (typeattributeset file_type (%s))", t->name);
	se_line(w, "  (typeattributeset files (%s))", t->name);
	write_perms(w, "allow", t, rights, 0);
	if (t->denied)
		write_perms(w, "neverallow", t, t->denied, rights);
	for (size_t i = 0; i < t->rules.n; i++)
		se_mark(w, begin, t->rules.at[i]);
}

static void write_named(struct se_writer *w, const struct se_named *n)
{
	static const char *const classes[] = { "dir", "fifo_file", "file", "lnk_file",
					       "sock_file" };
	const struct se_paths *p = &w->plan->paths;
	const struct se_pattern *one = &p->patterns.at[n->pattern];
	size_t begin = w->buf.len;

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		se_line(w, "  (typetransition process %s %s \"%s\" %s)", p->types.at[n->dir].name,
			classes[i], n->name, p->types.at[n->type].name);
	for (size_t i = 0; i < one->rules.n; i++)
		se_mark(w, begin, one->rules.at[i]);
}

static void write_files(struct se_writer *w)
{
	const struct se_paths *p = &w->plan->paths;

	se_line(w, "  (typeattribute files)");
	for (size_t i = 0; i < p->types.n; i++)
		write_type(w, &p->types.at[i]);
	for (size_t i = 0; i < p->named.n; i++)
		write_named(w, &p->named.at[i]);
}

/* ---- the process ---- */

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
			const struct se_class_row *has = class_row(w->plan, cls, first->perms);
			if (!granted || !has)
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

static void write_process(struct se_writer *w, bool is_module)
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
	se_mark_kind(w, begin, FP_KIND_CALL);
	if (plan->has_proc_read) {
		se_line(w, "  (allow process self (dir (getattr open read search)))");
		se_line(w, "  (allow process self (file (getattr open read%s)))",
			plan->has_proc_write ? " append write" : "");
		se_line(w, "  (allow process self (lnk_file (getattr read)))");
	}
}

/* Memory files are made on the kernel's own tmpfs, whose type is the base's. */
static void write_memfd(struct se_writer *w)
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

static void write_caps(struct se_writer *w)
{
	const struct fp_ir *ir = w->plan->ir;
	bool is_inner = false;
	size_t begin = w->buf.len;

	fp_ir_each(ir, FP_KIND_NAMESPACE, r) is_inner |= r->u.ns.ns == FP_NS_USER && r->u.ns.is_new;
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

/* ---- sockets ---- */

static bool is_granted(const struct se_plan *plan, const char *cls)
{
	for (size_t i = 0; i < plan->sockets.n; i++)
		if (!strcmp(plan->sockets.at[i], cls))
			return true;
	return false;
}

static void write_socket(struct se_writer *w, const char *cls)
{
	const struct se_net *net = &w->plan->net;
	bool is_tcp = !strcmp(cls, "tcp_socket"), is_udp = !strcmp(cls, "udp_socket");
	bool is_sctp = !strcmp(cls, "sctp_socket"), is_unix = !strncmp(cls, "unix_", 5);
	bool is_route = !strcmp(cls, "netlink_route_socket");
	enum fp_proto proto = is_tcp    ? FP_PROTO_TCP
			      : is_udp  ? FP_PROTO_UDP
			      : is_sctp ? FP_PROTO_SCTP
					: FP_PROTO_ICMP;
	bool serves = is_unix || net->binds[proto];

	se_line(w,
		"  (allow process self (%s (%sappend %s%screate getattr getopt ioctl %s%sread "
		"setattr setopt shutdown write%s%s)))",
		cls, serves ? "accept " : "", serves || is_route ? "bind " : "",
		is_unix || net->connects[proto] ? "connect " : "", serves ? "listen " : "",
		is_route ? "nlmsg_read " : "",
		!strcmp(cls, "unix_stream_socket") ? " connectto" : "",
		!strcmp(cls, "unix_dgram_socket") ? " sendto" : "");
	if (!is_unix && !is_route && serves)
		se_line(w, "  (allow process node_type (%s (node_bind)))", cls);
}

/* What no job may ever hold; classes that some base lacks cannot be named in a module. */
static void write_refused(struct se_writer *w, bool is_module)
{
	const struct se_class_row *row;

	for (size_t i = 0; (row = se_class_at(i)); i++) {
		size_t len = strlen(row->cls);
		if (len < 7 || strcmp(row->cls + len - 7, "_socket") != 0 ||
		    is_granted(w->plan, row->cls) || !se_class_counts(w->plan->target, row) ||
		    (is_module && strcmp(row->bases, "all") != 0))
			continue;
		se_line(w, "  (neverallow process self (%s (create)))", row->cls);
	}
}

static const char *socket_of(enum fp_proto proto)
{
	switch (proto) {
	case FP_PROTO_TCP:
		return "tcp_socket";
	case FP_PROTO_UDP:
		return "udp_socket";
	case FP_PROTO_SCTP:
		return "sctp_socket";
	case FP_PROTO_ANY:
	case FP_PROTO_ICMP:
		break;
	}
	return "rawip_socket";
}

static void write_port_rule(struct se_writer *w, const char *indent, const char *type,
			    enum fp_proto proto, bool may_connect, bool may_bind)
{
	const char *cls = socket_of(proto);

	if (is_granted(w->plan, cls) && (may_connect || may_bind))
		se_line(w, "%s(allow process %s (%s (%s%s%s)))", indent, type, cls,
			may_bind ? "name_bind" : "", may_bind && may_connect ? " " : "",
			may_connect ? "name_connect" : "");
}

static const char *port_type(bool may_connect, bool may_bind)
{
	return may_connect && may_bind ? "port_cb" : may_connect ? "port_c" : "port_b";
}

static void write_port_types(struct se_writer *w)
{
	const struct se_net *net = &w->plan->net;

	for (unsigned kind = 1; kind < 4; kind++) {
		bool may_connect = kind & 1, may_bind = kind & 2, used[FP_PROTO_ICMP] = { false };
		const char *type = port_type(may_connect, may_bind);
		bool any = false;
		for (size_t i = 0; i < net->ports.n; i++)
			if (net->ports.at[i].may_connect == may_connect &&
			    net->ports.at[i].may_bind == may_bind)
				any = used[net->ports.at[i].proto] = true;
		if (!any)
			continue;
		se_line(w, "  (type %s)", type);
		se_line(w, "  (roletype object_r %s)", type);
		se_line(w, "  (typeattributeset port_type (%s))", type);
		for (unsigned p = FP_PROTO_TCP; p <= FP_PROTO_SCTP; p++)
			if (used[p])
				write_port_rule(w, "  ", type, (enum fp_proto)p, may_connect,
						may_bind);
	}
}

static void write_ports(struct se_writer *w, bool is_module)
{
	const struct se_net *net = &w->plan->net;

	for (unsigned p = FP_PROTO_TCP; p <= FP_PROTO_SCTP; p++)
		write_port_rule(w, "  ", "port_type", (enum fp_proto)p,
				net->connects_all[p] && p != FP_PROTO_UDP, net->binds_all[p]);
	write_port_types(w);
	for (size_t i = 0; i < net->ports.n; i++) {
		const struct se_ports *r = &net->ports.at[i];
		const char *type = port_type(r->may_connect, r->may_bind);
		const char *proto = fp_proto_names[r->proto];
		if (r->first == r->last)
			se_line(w, "  (portcon %s %u (system_u object_r %s ((s0) (s0))))", proto,
				r->first, type);
		else
			se_line(w, "  (portcon %s (%u %u) (system_u object_r %s ((s0) (s0))))",
				proto, r->first, r->last, type);
	}
	for (size_t i = 0; is_module && i < net->base.n; i++) {
		const struct se_base_port *b = &net->base.at[i];
		if (!is_granted(w->plan, socket_of(b->row->proto)))
			continue;
		se_line(w, "  (optional base_%s_%s", fp_proto_names[b->row->proto], b->row->type);
		write_port_rule(w, "    ", b->row->type, b->row->proto, b->may_connect,
				b->may_bind);
		se_line(w, "  )");
	}
}

static void write_network(struct se_writer *w, bool is_module)
{
	size_t begin = w->buf.len;

	for (size_t i = 0; i < w->plan->sockets.n; i++)
		write_socket(w, w->plan->sockets.at[i]);
	write_ports(w, is_module);
	se_mark_kind(w, begin, FP_KIND_EGRESS);
	se_mark_kind(w, begin, FP_KIND_EGRESS_DEFAULT);
	se_mark_kind(w, begin, FP_KIND_INGRESS);
	se_mark_kind(w, begin, FP_KIND_INGRESS_DEFAULT);
	write_refused(w, is_module);
}

/* ---- who starts it ---- */

/* rlimitinh: without it the kernel takes the limits back at the change of domain. */
static void write_parent(struct se_writer *w, const char *parent, const char *indent)
{
	const struct fp_rule *nnp = fp_ir_only(w->plan->ir, FP_KIND_NO_NEW_PRIVILEGES);
	bool is_nnp = nnp && nnp->u.flag, is_nosuid = false;
	size_t begin;

	fp_ir_each(w->plan->ir, FP_KIND_MOUNT, r) is_nosuid |=
		(r->u.mount.flags & FP_MNT_NOSUID) != 0;
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
	write_process(w, is_module);
	write_memfd(w);
	write_caps(w);
	write_files(w);
	write_network(w, is_module);
	write_parents(w, is_module);
	se_line(w, ")");
}
