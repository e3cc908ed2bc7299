/* SPDX-License-Identifier: MIT */
/* Sockets and ports in CIL. */
#include "backends/selinux/selinux.h"

#include <string.h>

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

void se_write_network(struct se_writer *w, bool is_module)
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
