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

static bool is_total(const struct fp_rule_net *n)
{
	return n->proto == FP_PROTO_ANY && n->port_count == 1 && n->ports[0].first <= 1 &&
	       n->ports[0].last == LAST_PORT;
}

/* What rules say about a prefix; it holds for all that lies in it. */
#define ALLOWED 1u /* some traffic */
#define DENIED  2u /* all of it */
#define INGRESS 2u /* bits further up for the other direction */

static unsigned says(const struct fp_rule *r)
{
	unsigned it = r->u.net.effect == FP_ALLOW ? ALLOWED : is_total(&r->u.net) ? DENIED : 0;

	return r->kind == FP_KIND_INGRESS ? it << INGRESS : it;
}

static bool is_peer(const struct fp_ir *ir, unsigned said)
{
	if (is_open(ir, FP_KIND_EGRESS_DEFAULT))
		said |= ALLOWED;
	if (is_open(ir, FP_KIND_INGRESS_DEFAULT))
		said |= ALLOWED << INGRESS;
	return (said & (ALLOWED | DENIED)) == ALLOWED ||
	       (said >> INGRESS & (ALLOWED | DENIED)) == ALLOWED;
}

static int cmp_name(const void *a, const void *b)
{
	const struct se_name *x = a, *y = b;
	int c = fp_prefix_cmp(&x->prefix, &y->prefix);

	if (c)
		return c;
	uint32_t i = x->rule ? x->rule->id + 1 : 0, k = y->rule ? y->rule->id + 1 : 0;
	return (i > k) - (i < k);
}

static void add_name(struct fp_unit *u, struct se_net *out, struct fp_prefix prefix,
		     const struct fp_rule *r)
{
	fp_vec_push(&u->arena, &out->names, ((struct se_name){ prefix, r }));
}

static void add_families(struct fp_unit *u, struct se_net *out, const struct fp_rule *r)
{
	add_name(u, out, (struct fp_prefix){ .family = FP_IPV4 }, r);
	add_name(u, out, (struct fp_prefix){ .family = FP_IPV6 }, r);
}

static void gather_names(struct fp_unit *u, const struct fp_ir *ir, struct se_net *out)
{
	static const enum fp_kind kinds[] = { FP_KIND_EGRESS, FP_KIND_INGRESS };

	add_families(u, out, NULL);
	for (size_t k = 0; k < 2; k++)
		fp_ir_each (ir, kinds[k], r) {
			for (size_t i = 0; i < r->u.net.prefix_count; i++)
				add_name(u, out, r->u.net.prefixes[i], r);
			if (!r->u.net.prefix_count)
				add_families(u, out, r);
		}
	qsort(out->names.at, out->names.n, sizeof(out->names.at[0]), cmp_name);
}

/*
 * Every prefix that a rule names, and both families as a whole; the longest that matches decides.
 * Sorted, a prefix comes after all that it lies in: those are on the stack.
 */
static void plan_nodes(struct fp_unit *u, const struct fp_ir *ir, struct se_net *out)
{
	struct outer {
		const struct fp_prefix *prefix;
		unsigned said;
	};

	FP_VEC(struct outer) stack = { 0 };

	gather_names(u, ir, out);
	for (size_t i = 0, end; i < out->names.n; i = end) {
		struct outer it = { .prefix = &out->names.at[i].prefix };
		while (stack.n && !fp_prefix_contains(stack.at[stack.n - 1].prefix, it.prefix))
			stack.n--;
		it.said = stack.n ? stack.at[stack.n - 1].said : 0;
		for (end = i;
		     end < out->names.n && !fp_prefix_cmp(&out->names.at[end].prefix, it.prefix);
		     end++)
			it.said |= out->names.at[end].rule ? says(out->names.at[end].rule) : 0;
		fp_vec_push(&u->arena, &stack, it);
		struct se_node node = { .prefix = *it.prefix,
					.is_peer = is_peer(ir, it.said),
					.first = i,
					.end = end };
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
