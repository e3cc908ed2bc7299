/* SPDX-License-Identifier: MIT */
/* The base of the standalone policy: a host where all but the job is one trusted domain. */
#include "backends/selinux/selinux.h"

#include <stdio.h>
#include <string.h>

/* Categories that container engines choose from. */
#define CATEGORIES 1024u

static void write_classes(struct se_writer *w)
{
	const struct se_class_row *row;
	struct fp_buf order;

	fp_buf_init(&order, w->buf.arena);
	for (size_t i = 0; (row = se_class_at(i));) {
		const char *cls = row->cls;
		struct fp_buf perms;
		fp_buf_init(&perms, w->buf.arena);
		for (; row && !strcmp(row->cls, cls); row = se_class_at(++i))
			if (se_class_counts(w->plan->target, row))
				se_class_perms(&perms, row);
		if (*cls == '@' || !perms.len)
			continue;
		se_line(w, "(class %s (%s))", cls, fp_buf_text(&perms));
		fp_buf_printf(&order, "%s%s", order.len ? " " : "", cls);
	}
	se_line(w, "(classorder (%s))", fp_buf_text(&order));
}

static void write_sids(struct se_writer *w)
{
	const struct se_sid_row *row;
	struct fp_buf order;

	fp_buf_init(&order, w->buf.arena);
	for (size_t i = 0; (row = se_sid_at(i)); i++) {
		bool is_kernel = !strcmp(row->type, "kernel_t");
		se_line(w, "(sid %s)", row->sid);
		se_line(w, "(sidcontext %s (system_u %s %s (low %s)))", row->sid,
			is_kernel ? "system_r" : "object_r", row->type, is_kernel ? "high" : "low");
		fp_buf_printf(&order, "%s%s", order.len ? " " : "", row->sid);
	}
	se_line(w, "(sidorder (%s))", fp_buf_text(&order));
}

/* One text for all targets: it is a third of the policy. */
static const struct fp_buf *levels(struct fp_unit *u)
{
	const struct fp_buf *made = fp_unit_recall(u, "selinux levels", NULL, NULL);

	if (made)
		return made;
	struct fp_buf order, *out = FP_NEW(&u->arena, struct fp_buf);
	fp_buf_init(&order, &u->arena);
	fp_buf_init(out, &u->arena);
	fp_buf_puts(out, "(sensitivity s0)\n(sensitivityorder (s0))\n");
	for (unsigned i = 0; i < CATEGORIES; i++) {
		fp_buf_puts(out, "(category c");
		fp_buf_number(out, i);
		fp_buf_puts(out, ")\n");
		fp_buf_puts(&order, i ? " c" : "c");
		fp_buf_number(&order, i);
	}
	fp_buf_printf(out, "(categoryorder (%s))\n", fp_buf_text(&order));
	fp_buf_printf(out, "(sensitivitycategory s0 (range c0 c%u))\n", CATEGORIES - 1);
	fp_buf_puts(out, "(level low (s0))\n");
	fp_buf_printf(out, "(level high (s0 (range c0 c%u)))\n", CATEGORIES - 1);
	fp_unit_keep(u, "selinux levels", NULL, NULL, out);
	return out;
}

/* always_check_network is what makes node rules count; the others as distributions set them. */
static void write_policycaps(struct se_writer *w)
{
	static const struct {
		const char *name;
		enum fp_feat feat;
	} caps[] = {
		{ "always_check_network", FP_FEAT_SE_ALWAYS_CHECK_NETWORK },
		{ "cgroup_seclabel", FP_FEAT_N },
		{ "extended_socket_class", FP_FEAT_N },
		{ "network_peer_controls", FP_FEAT_N },
		{ "nnp_nosuid_transition", FP_FEAT_SE_NNP_NOSUID_TRANSITION },
		{ "open_perms", FP_FEAT_N },
	};

	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
		if (caps[i].feat == FP_FEAT_N || fp_target_has(w->plan->target, caps[i].feat))
			se_line(w, "(policycap %s)", caps[i].name);
}

static void write_types(struct se_writer *w)
{
	static const char *const attributes[] = {
		"all_t",     "domain",   "file_type", "filesystem_type", "mcs_constrained_type",
		"node_type", "port_type"
	};

	static const struct {
		const char *type, *attribute;
	} types[] = {
		{ "device_t", "file_type" },    { "fs_t", "file_type" },
		{ "kernel_t", "domain" },       { "netif_t", NULL },
		{ "netmsg_t", NULL },           { "node_t", "node_type" },
		{ "port_t", "port_type" },      { "proc_t", "file_type" },
		{ "root_t", "file_type" },      { "security_t", "file_type" },
		{ "sysfs_t", "file_type" },     { "tmpfs_t", "file_type" },
		{ "unlabeled_t", "file_type" },
	};

	se_line(w, "(user system_u)");
	se_line(w, "(role object_r)");
	se_line(w, "(role system_r)");
	se_line(w, "(userrole system_u object_r)");
	se_line(w, "(userrole system_u system_r)");
	se_line(w, "(userlevel system_u low)");
	se_line(w, "(userrange system_u (low high))");
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		se_line(w, "(typeattribute %s)", attributes[i]);
	se_line(w, "(typeattributeset all_t (all))");
	se_line(w, "(typeattributeset filesystem_type (device_t fs_t proc_t root_t security_t "
		   "sysfs_t tmpfs_t))");
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		bool is_domain = !strcmp(types[i].type, "kernel_t");
		se_line(w, "(type %s)", types[i].type);
		se_line(w, "(roletype %s %s)", is_domain ? "system_r" : "object_r", types[i].type);
		if (types[i].attribute)
			se_line(w, "(typeattributeset %s (%s))", types[i].attribute, types[i].type);
	}
}

/* A rule on the whole of /proc or /sys gives its root a type of the job. */
static bool is_taken(const struct se_plan *plan, const char *fs)
{
	const char *regex = !strcmp(fs, "proc")    ? "/proc(/.*)?"
			    : !strcmp(fs, "sysfs") ? "/sys(/.*)?"
						   : "";

	return se_paths_find(&plan->paths, regex) != SE_NONE;
}

static void write_filesystems(struct se_writer *w)
{
	const struct se_fs_row *row;

	for (size_t i = 0; (row = se_fs_at(i)); i++) {
		if (!strcmp(row->how, "genfs") && is_taken(w->plan, row->fs))
			continue;
		if (!strcmp(row->how, "genfs"))
			se_line(w, "(genfscon %s \"/\" (system_u object_r %s (low low)))", row->fs,
				row->type);
		else
			se_line(w, "(fsuse %s %s (system_u object_r %s (low low)))", row->how,
				row->fs, row->type);
	}
	se_line(w, "(allow file_type file_type (filesystem (associate)))");
}

/* The kernel's domain stands for the whole host. */
static void write_host(struct se_writer *w)
{
	const struct se_class_row *row;
	const char *last = "";

	for (size_t i = 0; (row = se_class_at(i)); i++) {
		if (*row->cls == '@' || !strcmp(last, row->cls) ||
		    !se_class_counts(w->plan->target, row))
			continue;
		se_line(w, "(allow kernel_t all_t (%s (all)))", row->cls);
		last = row->cls;
	}
	se_line(w, "(allow unlabeled_t netif_t (netif (egress ingress)))");
	se_line(w, "(allow unlabeled_t node_type (node (recvfrom sendto)))");
}

/* A process of one set of categories touches nothing of another's. */
static void write_constraints(struct se_writer *w)
{
	static const char *const rules[] = {
		"file (append create execute link open read rename setattr unlink write)",
		"dir (add_name create open read remove_name rename reparent rmdir search setattr write)",
		"lnk_file (create read rename setattr unlink)",
		"fifo_file (append create open read rename setattr unlink write)",
		"sock_file (create rename setattr unlink write)",
		"chr_file (append open read setattr write)",
		"blk_file (append open read setattr write)",
		"process (ptrace sigkill signal signull sigstop transition)",
		"unix_stream_socket (connectto)",
		"unix_dgram_socket (sendto)",
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		se_line(w, "(mlsconstrain (%s) (or (dom h1 h2) (neq t1 mcs_constrained_type)))",
			rules[i]);
}

static const char *mask_text(struct fp_arena *a, const struct fp_prefix *p)
{
	struct fp_prefix mask = { .family = p->family, .bits = p->family == FP_IPV4 ? 32 : 128 };
	struct fp_buf b;

	for (unsigned i = 0; i < p->bits; i++)
		mask.addr[i / 8] |= (uint8_t)(0x80u >> i % 8);
	fp_buf_init(&b, a);
	fp_prefix_print(&b, &mask);
	return fp_buf_text(&b);
}

static const char *address_text(struct fp_arena *a, const struct fp_prefix *p)
{
	struct fp_prefix one = *p;
	struct fp_buf b;

	one.bits = p->family == FP_IPV4 ? 32 : 128;
	fp_buf_init(&b, a);
	fp_prefix_print(&b, &one);
	return fp_buf_text(&b);
}

/* Packets are checked by the longest prefix that matches; the job's peers have a type of their own.
 */
static void write_nodes(struct se_writer *w)
{
	const struct se_net *net = &w->plan->net;

	se_line(w, "(type peer_t)");
	se_line(w, "(roletype object_r peer_t)");
	se_line(w, "(typeattributeset node_type (peer_t))");
	for (size_t i = 0; i < net->nodes.n; i++) {
		const struct se_node *n = &net->nodes.at[i];
		size_t begin = w->buf.len;
		se_line(w, "(nodecon (%s) (%s) (system_u object_r %s (low low)))",
			address_text(w->buf.arena, &n->prefix), mask_text(w->buf.arena, &n->prefix),
			n->is_peer ? "peer_t" : "node_t");
		for (size_t k = n->first; k < n->end; k++)
			if (net->names.at[k].rule)
				se_mark(w, begin, net->names.at[k].rule->id);
	}
	se_line(w, "(allow domain netif_t (netif (egress ingress)))");
	se_line(w, "(allow domain peer_t (node (recvfrom sendto)))");
	se_line(w, "(allow domain domain (peer (recv)))");
	se_line(w, "(allow domain netmsg_t (peer (recv)))");
	se_line(w, "(allow domain unlabeled_t (packet (recv send)))");
	se_line(w, "(allow domain unlabeled_t (peer (recv)))");
}

/*
 * Labels of /proc and /sys go by the beginning of the path, up to any byte: "/sys" names
 * /proc/sysrq-trigger, too. So a tree that grants something is what begins with its name and a
 * slash, and what only takes away may take from longer names as well. A single file that is
 * granted cannot be told from longer names and is left out.
 */
static void write_kernel_path(struct se_writer *w, const struct se_pattern *one)
{
	const char *top = se_kernel_tree(one), *block = w->plan->block;
	const char *fs = strcmp(top, "/proc") ? "sysfs" : "proc";
	const char *type = w->plan->paths.types.at[one->type].name;
	size_t begin = w->buf.len;
	struct fp_buf path;

	fp_buf_init(&path, w->buf.arena);
	for (size_t k = strlen(top); k < one->n; k++)
		fp_buf_putc(&path, (char)one->items[k].byte);
	const char *text = fp_buf_text(&path);
	if (strchr(text, '"') || (!one->is_tree && (one->allow || !one->deny || !path.len)))
		return;
	if (one->is_tree && one->rights) {
		se_line(w, "(genfscon %s \"%s/\" (system_u object_r %s.%s (low low)))", fs, text,
			block, type);
		type = "f_path";
	}
	if (path.len)
		se_line(w, "(genfscon %s \"%s\" (system_u object_r %s.%s (low low)))", fs, text,
			block, type);
	else if (!one->rights)
		se_line(w, "(genfscon %s \"/\" (system_u object_r %s.%s (low low)))", fs, block,
			type);
	for (size_t k = 0; k < one->rules.n; k++)
		se_mark(w, begin, one->rules.at[k]);
}

void se_write_kernel_trees(struct se_writer *w)
{
	const struct se_paths *p = &w->plan->paths;
	bool any = w->plan->has_proc_read;

	for (size_t i = 0; i < p->patterns.n; i++) {
		const struct se_pattern *one = &p->patterns.at[p->order[i]];
		if (!se_kernel_tree(one) || one->lead != one->n || !one->is_emitted)
			continue;
		write_kernel_path(w, one);
		any |= one->rights != 0;
	}
	if (!any)
		return;
	se_line(w, "(allow %s.process proc_t (dir (getattr search)))", w->plan->block);
	se_line(w, "(allow %s.process proc_t (lnk_file (read)))", w->plan->block);
	se_line(w, "(allow %s.process sysfs_t (dir (getattr search)))", w->plan->block);
}

static void write_head(struct se_writer *w)
{
	se_line(w, "(mls true)");
	se_line(w, "(handleunknown deny)");
	write_policycaps(w);
	write_classes(w);
	const struct fp_buf *text = levels(w->plan->paths.u);
	fp_buf_add(&w->buf, text->data, text->len);
	write_types(w);
	write_sids(w);
}

static void write_rules(struct se_writer *w)
{
	write_host(w);
	write_constraints(w);
}

/* What hangs on no more of a target than the features this back end asks for. */
static const struct fp_str *feature_set(struct fp_unit *u, const struct fp_target *t)
{
	struct fp_buf b;

	fp_buf_init(&b, &u->arena);
	for (const enum fp_feat *f = fp_backend_selinux.features; *f != FP_FEAT_N; f++)
		fp_buf_putc(&b, fp_target_has(t, *f) ? '1' : '0');
	return fp_name(u, fp_buf_text(&b));
}

/* A part that neither the policy changes nor the rest of the target, written once for all. */
static void write_shared(struct se_writer *w, const char *what, void (*part)(struct se_writer *w))
{
	struct fp_unit *u = w->plan->paths.u;
	const struct fp_str *set = feature_set(u, w->plan->target);
	const struct fp_buf *kept = fp_unit_recall(u, what, set, NULL);

	if (!kept) {
		struct se_writer fresh = { .plan = w->plan };
		struct fp_buf *made = FP_NEW(&u->arena, struct fp_buf);
		fp_buf_init(&fresh.buf, &u->arena);
		part(&fresh);
		*made = fresh.buf;
		fp_unit_keep(u, what, set, NULL, made);
		kept = made;
	}
	fp_buf_add(&w->buf, kept->data, kept->len);
}

void se_write_base(struct se_writer *w)
{
	write_shared(w, "head of the SELinux base", write_head);
	write_filesystems(w);
	write_shared(w, "rules of the SELinux base", write_rules);
	write_nodes(w);
}
