/* SPDX-License-Identifier: MIT */
/* Peers and ports: which ranges a job may connect to or bind, and which hosts it may speak with. */
#include "backends/selinux/selinux.h"

#include <stdlib.h>
#include <string.h>

#define LAST_PORT 65535u

static bool speaks(const struct fp_rule_net *n, enum fp_proto proto)
{
	return n->proto == proto || n->proto == FP_PROTO_ANY;
}

static bool has_port(const struct fp_rule_net *n, unsigned port)
{
	for (size_t i = 0; i < n->port_count; i++)
		if (port >= n->ports[i].first && port <= n->ports[i].last)
			return true;
	return false;
}

static bool is_open(const struct fp_ir *ir, enum fp_kind kind)
{
	const struct fp_rule *r = fp_ir_only(ir, kind);

	return r && r->u.effect == FP_ALLOW;
}

/* Whether some peer may be spoken with at the port: a rule that denies one host alone leaves it so.
 */
static bool port_allowed(const struct fp_ir *ir, enum fp_kind kind, enum fp_kind def,
			 enum fp_proto proto, unsigned port)
{
	bool allowed = is_open(ir, def);

	fp_ir_each (ir, kind, r) {
		const struct fp_rule_net *n = &r->u.net;
		if (!speaks(n, proto) || !has_port(n, port))
			continue;
		if (n->effect == FP_DENY && !n->prefix_count)
			return false;
		if (n->effect == FP_ALLOW)
			allowed = true;
	}
	return allowed;
}

static int cmp_edge(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void add_range(struct fp_unit *u, struct se_net *out, struct se_ports range)
{
	struct se_ports *last = out->ports.n ? &out->ports.at[out->ports.n - 1] : NULL;

	if (!range.may_connect && !range.may_bind)
		return;
	if (last && last->proto == range.proto && last->last + 1u == range.first &&
	    last->may_connect == range.may_connect && last->may_bind == range.may_bind) {
		last->last = range.last;
		return;
	}
	fp_vec_push(&u->arena, &out->ports, range);
}

struct edges {
	FP_VEC(uint32_t) at;
};

/* Ports where some rule begins or has ended, sorted. */
static struct edges edges_of(struct fp_unit *u, const struct fp_ir *ir)
{
	static const enum fp_kind kinds[] = { FP_KIND_EGRESS, FP_KIND_INGRESS };
	struct edges e = { 0 };

	fp_vec_push(&u->arena, &e.at, 1);
	fp_vec_push(&u->arena, &e.at, LAST_PORT + 1);
	for (size_t k = 0; k < 2; k++)
		fp_ir_each (ir, kinds[k], r)
			for (size_t i = 0; i < r->u.net.port_count; i++) {
				fp_vec_push(&u->arena, &e.at, r->u.net.ports[i].first);
				fp_vec_push(&u->arena, &e.at, r->u.net.ports[i].last + 1u);
			}
	qsort(e.at.at, e.at.n, sizeof(uint32_t), cmp_edge);
	return e;
}

/* A right to every port goes by the attribute of all ports, not by ranges. */
static void drop_full(struct se_net *out, enum fp_proto proto, size_t from)
{
	size_t n = from;

	for (size_t i = from; i < out->ports.n; i++) {
		struct se_ports *r = &out->ports.at[i];
		r->may_connect &= !out->connects_all[proto];
		r->may_bind &= !out->binds_all[proto];
		if (r->may_connect || r->may_bind)
			out->ports.at[n++] = *r;
	}
	out->ports.n = n;
}

/* SELinux checks no peer port of UDP. */
static void plan_ports(struct fp_unit *u, const struct fp_ir *ir, enum fp_proto proto,
		       struct se_net *out)
{
	struct edges e = edges_of(u, ir);
	size_t from = out->ports.n;
	bool all_out = true, all_in = true;

	for (size_t i = 0; i + 1 < e.at.n; i++) {
		uint32_t first = e.at.at[i], end = e.at.at[i + 1];
		if (!first || first == end || first > LAST_PORT)
			continue;
		bool out_ok =
			port_allowed(ir, FP_KIND_EGRESS, FP_KIND_EGRESS_DEFAULT, proto, first);
		bool in_ok =
			port_allowed(ir, FP_KIND_INGRESS, FP_KIND_INGRESS_DEFAULT, proto, first);
		out->connects[proto] |= out_ok;
		out->binds[proto] |= in_ok;
		all_out &= out_ok;
		all_in &= in_ok;
		add_range(u, out,
			  (struct se_ports){ proto, (uint16_t)first, (uint16_t)(end - 1),
					     out_ok && proto != FP_PROTO_UDP, in_ok });
	}
	out->connects_all[proto] = all_out;
	out->binds_all[proto] = all_in;
	drop_full(out, proto, from);
}

static bool is_icmp_open(const struct fp_ir *ir)
{
	bool allowed = is_open(ir, FP_KIND_EGRESS_DEFAULT) || is_open(ir, FP_KIND_INGRESS_DEFAULT);

	fp_ir_each (ir, FP_KIND_EGRESS, r)
		allowed |= r->u.net.effect == FP_ALLOW && speaks(&r->u.net, FP_PROTO_ICMP);
	fp_ir_each (ir, FP_KIND_INGRESS, r)
		allowed |= r->u.net.effect == FP_ALLOW && speaks(&r->u.net, FP_PROTO_ICMP);
	return allowed;
}

/* ---- ports of a distribution base ---- */

static bool all_allowed(const struct se_net *net, const struct se_port_row *row, bool connect)
{
	unsigned next = row->first;

	for (size_t i = 0; i < net->ports.n; i++) {
		const struct se_ports *r = &net->ports.at[i];
		if (r->proto != row->proto || !(connect ? r->may_connect : r->may_bind))
			continue;
		if (r->first <= next && r->last >= next)
			next = r->last + 1u;
	}
	return next > row->last;
}

/* Whether every port of the base's type is allowed, too. */
static bool type_allowed(const struct se_net *net, const struct fp_target *t,
			 const struct se_port_row *row, bool connect)
{
	const struct se_port_row *other;

	for (size_t i = 0; (other = se_port_at(i)); i++)
		if (!strcmp(other->type, row->type) && other->proto == row->proto &&
		    !strncmp(t->selinux.base, other->base, strlen(other->base)) &&
		    !all_allowed(net, other, connect))
			return false;
	return true;
}

static void add_base(struct fp_unit *u, struct se_net *net, struct se_base_port b)
{
	for (size_t i = 0; i < net->base.n; i++) {
		struct se_base_port *had = &net->base.at[i];
		if (strcmp(had->row->type, b.row->type) || had->row->proto != b.row->proto)
			continue;
		had->may_connect |= b.may_connect;
		had->may_bind |= b.may_bind;
		had->connects_wider |= b.connects_wider;
		had->binds_wider |= b.binds_wider;
		return;
	}
	fp_vec_push(&u->arena, &net->base, b);
}

/*
 * Where two portcons overlap the one with fewer ports wins; at equal ranges the base's does. So the
 * base's type covers what of our range lies in an entry that is not larger.
 */
static void plan_base(struct fp_unit *u, const struct fp_target *t, struct se_net *net)
{
	const struct se_port_row *row;

	for (size_t i = 0; t->selinux.base && (row = se_port_at(i)); i++) {
		if (strncmp(t->selinux.base, row->base, strlen(row->base)) != 0)
			continue;
		net->is_known_base = true;
		for (size_t k = 0; k < net->ports.n; k++) {
			const struct se_ports *r = &net->ports.at[k];
			if (r->proto != row->proto || r->last < row->first ||
			    r->first > row->last || r->last - r->first < row->last - row->first)
				continue;
			struct se_base_port b = { .row = row,
						  .may_connect = r->may_connect,
						  .may_bind = r->may_bind };
			b.connects_wider = b.may_connect && !type_allowed(net, t, row, true);
			b.binds_wider = b.may_bind && !type_allowed(net, t, row, false);
			add_base(u, net, b);
		}
	}
}

/* ---- hosts ---- */

static bool covers(const struct fp_rule_net *n, const struct fp_prefix *p)
{
	for (size_t i = 0; i < n->prefix_count; i++)
		if (fp_prefix_contains(&n->prefixes[i], p))
			return true;
	return !n->prefix_count;
}

static bool is_total(const struct fp_rule_net *n)
{
	return n->proto == FP_PROTO_ANY && n->port_count == 1 && n->ports[0].first <= 1 &&
	       n->ports[0].last == LAST_PORT;
}

static bool peers(const struct fp_ir *ir, enum fp_kind kind, enum fp_kind def,
		  const struct fp_prefix *p)
{
	bool allowed = is_open(ir, def);

	fp_ir_each (ir, kind, r) {
		if (!covers(&r->u.net, p))
			continue;
		if (r->u.net.effect == FP_DENY && is_total(&r->u.net))
			return false;
		allowed |= r->u.net.effect == FP_ALLOW;
	}
	return allowed;
}

static int cmp_prefix(const void *a, const void *b)
{
	return fp_prefix_cmp(a, b);
}

/* Every prefix that a rule names, and both families as a whole; the longest that matches decides.
 */
static void plan_nodes(struct fp_unit *u, const struct fp_ir *ir, struct se_net *out)
{
	static const enum fp_kind kinds[] = { FP_KIND_EGRESS, FP_KIND_INGRESS };

	FP_VEC(struct fp_prefix) all = { 0 };

	fp_vec_push(&u->arena, &all, (struct fp_prefix){ .family = FP_IPV4 });
	fp_vec_push(&u->arena, &all, (struct fp_prefix){ .family = FP_IPV6 });
	for (size_t k = 0; k < 2; k++)
		fp_ir_each (ir, kinds[k], r)
			for (size_t i = 0; i < r->u.net.prefix_count; i++)
				fp_vec_push(&u->arena, &all, r->u.net.prefixes[i]);
	qsort(all.at, all.n, sizeof(struct fp_prefix), cmp_prefix);
	for (size_t i = 0; i < all.n; i++) {
		struct se_node node = { .prefix = all.at[i] };
		if (i && !fp_prefix_cmp(&all.at[i - 1], &all.at[i]))
			continue;
		node.is_peer = peers(ir, FP_KIND_EGRESS, FP_KIND_EGRESS_DEFAULT, &all.at[i]) ||
			       peers(ir, FP_KIND_INGRESS, FP_KIND_INGRESS_DEFAULT, &all.at[i]);
		fp_vec_push(&u->arena, &out->nodes, node);
	}
}

void se_net_plan(struct fp_unit *u, const struct fp_ir *ir, const struct fp_target *t,
		 struct se_net *out)
{
	plan_ports(u, ir, FP_PROTO_TCP, out);
	plan_ports(u, ir, FP_PROTO_UDP, out);
	plan_ports(u, ir, FP_PROTO_SCTP, out);
	out->connects[FP_PROTO_ICMP] = is_icmp_open(ir);
	plan_base(u, t, out);
	plan_nodes(u, ir, out);
}
