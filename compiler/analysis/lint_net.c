/* SPDX-License-Identifier: MIT */
/* Rules about peers. */
#include "analysis/lint.h"

#include <string.h>

#define EVERY_PORT ((struct fp_ports){ 1, 65535 })

static struct fp_ports port(uint16_t n)
{
	return (struct fp_ports){ n, n };
}

static const struct fp_rule *default_of(const struct fp_lint *l, bool egress)
{
	return fp_ir_only(l->ir, egress ? FP_KIND_EGRESS_DEFAULT : FP_KIND_INGRESS_DEFAULT);
}

static void by_default(struct fp_lint *l, bool egress)
{
	const struct fp_rule *r = default_of(l, egress);

	if (r->u.effect == FP_ALLOW)
		fp_lint_found(l, r, egress ? "egress" : "ingress", "%s: %s", l->row->summary,
			      r->text);
}

void fp_lint_egress_default(struct fp_lint *l)
{
	by_default(l, true);
}

void fp_lint_ingress_default(struct fp_lint *l)
{
	by_default(l, false);
}

static bool is_any(const struct fp_rule_net *n)
{
	for (size_t i = 0; i < n->prefix_count; i++)
		if (!n->prefixes[i].bits)
			return true;
	return !n->prefix_count;
}

static void any(struct fp_lint *l, enum fp_kind kind)
{
	fp_ir_each (l->ir, kind, r)
		if (r->u.net.effect == FP_ALLOW && is_any(&r->u.net))
			fp_lint_found(l, r, fp_proto_names[r->u.net.proto], "%s: %s",
				      l->row->summary, r->text);
}

void fp_lint_egress_any(struct fp_lint *l)
{
	any(l, FP_KIND_EGRESS);
}

void fp_lint_ingress_any(struct fp_lint *l)
{
	any(l, FP_KIND_INGRESS);
}

/* What ordinary hosts are refused by IPv4 and permitted, all of them, by IPv6. */
void fp_lint_ipv6_hole(struct fp_lint *l)
{
	static const struct {
		enum fp_proto proto;
		struct fp_ports ports;
	} ways[] = { { FP_PROTO_TCP, { 1, 65535 } }, { FP_PROTO_UDP, { 1, 65535 } } };

	for (size_t i = 0; i < 2; i++) {
		struct fp_counter c;
		if (fp_lint_net_all(l, true, ways[i].proto, "198.51.0.0/16", ways[i].ports) ||
		    !fp_lint_net_all(l, true, ways[i].proto, "2600::/12", ways[i].ports))
			continue;
		fp_lint_net(l, true, ways[i].proto, "2600::/12", ways[i].ports, &c);
		fp_lint_found(l, c.rule, fp_proto_names[ways[i].proto], "%s: %s is permitted",
			      l->row->summary, c.example);
	}
}

static void everywhere(struct fp_lint *l, enum fp_proto proto, uint16_t number)
{
	struct fp_counter c;

	if (!fp_lint_net_all(l, true, proto, "192.0.2.0/24", port(number)))
		return;
	fp_lint_net(l, true, proto, "192.0.2.0/24", port(number), &c);
	fp_lint_found(l, c.rule, fp_proto_names[proto], "%s: %s is permitted", l->row->summary,
		      c.example);
}

void fp_lint_dns(struct fp_lint *l)
{
	everywhere(l, FP_PROTO_UDP, 53);
	everywhere(l, FP_PROTO_TCP, 53);
	everywhere(l, FP_PROTO_TCP, 853);
}

static void any_protocol(struct fp_lint *l, enum fp_kind kind)
{
	fp_ir_each (l->ir, kind, r)
		if (r->u.net.effect == FP_ALLOW && r->u.net.proto == FP_PROTO_ANY)
			fp_lint_found(l, r, "any", "%s: %s", l->row->summary, r->text);
}

void fp_lint_any_protocol(struct fp_lint *l)
{
	any_protocol(l, FP_KIND_EGRESS);
	any_protocol(l, FP_KIND_INGRESS);
}

static void wide_ports(struct fp_lint *l, enum fp_kind kind)
{
	fp_ir_each (l->ir, kind, r) {
		uint32_t n = 0;
		for (size_t i = 0; i < r->u.net.port_count; i++)
			n += r->u.net.ports[i].last - r->u.net.ports[i].first + 1u;
		if (r->u.net.effect == FP_ALLOW && r->u.net.proto != FP_PROTO_ICMP && n > 1024)
			fp_lint_found(l, r, fp_proto_names[r->u.net.proto], "%s: %s",
				      l->row->summary, r->text);
	}
}

void fp_lint_wide_ports(struct fp_lint *l)
{
	wide_ports(l, FP_KIND_EGRESS);
	wide_ports(l, FP_KIND_INGRESS);
}

void fp_lint_wide_prefix(struct fp_lint *l)
{
	fp_ir_each (l->ir, FP_KIND_EGRESS, r)
		for (size_t i = 0; r->u.net.effect == FP_ALLOW && i < r->u.net.prefix_count; i++) {
			const struct fp_prefix *p = &r->u.net.prefixes[i];
			if (!p->bits || p->bits >= (p->family == FP_IPV4 ? 8 : 16))
				continue;
			fp_lint_found(l, r, fp_proto_names[r->u.net.proto], "%s: %s",
				      l->row->summary, r->text);
			break;
		}
}

/* An allow rule none of whose packets is permitted, or a refusal of what nothing permits. */
static void shadowed(struct fp_lint *l, enum fp_kind kind)
{
	bool egress = kind == FP_KIND_EGRESS;

	fp_ir_each (l->ir, kind, r) {
		const struct fp_subject s = { .kind = egress ? FP_SUBJECT_EGRESS
							     : FP_SUBJECT_INGRESS,
					      .net = r->u.net };
		if (r->u.net.effect == FP_ALLOW && fp_lint_ask(l, &s).outcome == FP_HOLDS)
			fp_lint_found(l, r, fp_proto_names[r->u.net.proto], "%s: %s",
				      l->row->summary, r->text);
	}
}

void fp_lint_shadowed(struct fp_lint *l)
{
	shadowed(l, FP_KIND_EGRESS);
	shadowed(l, FP_KIND_INGRESS);
}

static bool permits_nothing(struct fp_lint *l, bool egress)
{
	static const struct {
		enum fp_proto proto;
		const char *prefix;
	} all[] = { { FP_PROTO_ANY, "0.0.0.0/0" }, { FP_PROTO_ANY, "::/0" } };

	for (size_t i = 0; i < 2; i++)
		if (fp_lint_net(l, egress, all[i].proto, all[i].prefix,
				(struct fp_ports){ 0, 65535 }, NULL))
			return false;
	return true;
}

static bool has_sockets(struct fp_lint *l, struct fp_counter *c)
{
	for (size_t i = 0; i < l->subjects.n; i++) {
		const struct fp_assertion *a = l->subjects.at[i];
		if (strcmp(a->reason, "FPN026"))
			continue;
		*c = fp_lint_ask(l, &a->subject);
		if (c->outcome == FP_FAILS)
			return true;
	}
	return false;
}

void fp_lint_idle_sockets(struct fp_lint *l)
{
	struct fp_counter c;

	if (permits_nothing(l, true) && permits_nothing(l, false) && has_sockets(l, &c))
		fp_lint_found(l, c.rule, "socket", "%s: %s is permitted", l->row->summary,
			      c.example);
}

void fp_lint_dead_egress(struct fp_lint *l)
{
	struct fp_counter c;

	fp_ir_each (l->ir, FP_KIND_EGRESS, r)
		if (r->u.net.effect == FP_ALLOW &&
		    (!has_sockets(l, &c) || !fp_lint_call(l, "connect", NULL)))
			fp_lint_found(l, r, fp_proto_names[r->u.net.proto], "%s: %s",
				      l->row->summary, r->text);
}

void fp_lint_dead_ingress(struct fp_lint *l)
{
	struct fp_counter c;

	fp_ir_each (l->ir, FP_KIND_INGRESS, r)
		if (r->u.net.effect == FP_ALLOW &&
		    (!has_sockets(l, &c) || !fp_lint_call(l, "bind", NULL)))
			fp_lint_found(l, r, fp_proto_names[r->u.net.proto], "%s: %s",
				      l->row->summary, r->text);
}

/* No way out but the socket of somebody who has one. */
void fp_lint_bridge(struct fp_lint *l)
{
	if (!permits_nothing(l, true))
		return;
	fp_ir_each (l->ir, FP_KIND_MOUNT, r) {
		const char *source = r->u.mount.source;
		size_t n = source ? strlen(source) : 0;
		if (n && ((n > 5 && !strcmp(source + n - 5, ".sock")) ||
			  fp_path_is_below(source, "/run") || fp_path_is_below(source, "/var/run")))
			fp_lint_found(l, r, r->u.mount.on, "%s: %s", l->row->summary, r->text);
	}
}

/* Hosts and ports that one layer alone can tell apart. */
void fp_lint_egress_layers(struct fp_lint *l)
{
	fp_ir_each (l->ir, FP_KIND_EGRESS, r) {
		const char *targets = NULL;
		for (size_t i = 0; i < l->in->target_count; i++) {
			const struct fp_target_view *t = &l->in->targets[i];
			if (!t->layers[FP_LAYER_APPARMOR].counts ||
			    fp_target_has(t->target, FP_FEAT_AA_NETWORK_PEER) ||
			    !fp_layer_holds(t, FP_LAYER_NFTABLES, r) ||
			    fp_layer_holds(t, FP_LAYER_SELINUX, r))
				continue;
			targets = targets ? fp_arena_printf(&l->u->arena, "%s, %s", targets,
							    t->target->name)
					  : t->target->name;
		}
		if (targets && r->u.net.effect == FP_ALLOW && !is_any(&r->u.net))
			fp_lint_found(l, r, fp_proto_names[r->u.net.proto],
				      "AppArmor names no hosts on %s: nftables alone holds: %s",
				      targets, r->text);
	}
}
