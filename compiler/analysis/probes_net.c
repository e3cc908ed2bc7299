/* SPDX-License-Identifier: MIT */
/* Probes of packets: corners of each rectangle of addresses and ports, and what lies beside it. */
#include "analysis/probes.h"

#include <string.h>

#define NET_LAYERS (1u << FP_LAYER_NFTABLES | 1u << FP_LAYER_APPARMOR | 1u << FP_LAYER_SELINUX)

/* Addresses for documentation, RFC 5737 and RFC 3849: where a rule names none. */
static const struct fp_prefix examples[] = {
	{ FP_IPV4, 32, { 198, 51, 100, 1 } },
	{ FP_IPV6, 128, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
};

static unsigned width(const struct fp_prefix *a)
{
	return a->family == FP_IPV4 ? 4 : 16;
}

/* ---- sockets ---- */

/* The rule that lets sockets of some kinds be made, or NULL. */
static const struct fp_rule *socket_rule(const struct fp_probes *p, const struct fp_sysdef *sys)
{
	const struct fp_call_plan *plan = &p->ir->calls[sys->index];

	for (size_t i = 0; i < plan->n; i++)
		if (plan->at[i].decision.action == FP_ACT_ALLOW &&
		    !plan->at[i].rule->u.call.is_audit)
			return plan->at[i].rule;
	return NULL;
}

/*
 * By family and type, as the modules see them: a module that holds the rule makes no other socket,
 * whatever the call's own default says. Families and types have one number on every machine here.
 */
static void kind_of_socket(struct fp_probes *p, const struct fp_rule *rule, uint32_t nr,
			   enum fp_abi abi, uint64_t family, uint64_t type)
{
	const uint64_t args[6] = { family, type };
	const struct fp_answer a = fp_eval_call(p->ir, abi, nr, args, p->kernel);
	bool allowed = a.effect == FP_ALLOW;
	const struct fp_probe probe = {
		.layers = 1u << FP_LAYER_APPARMOR | 1u << FP_LAYER_SELINUX,
		.rule = rule,
		.by = a.rule,
		.also = allowed ? NULL : rule,
		.expect = fp_probe_outcome_of(allowed),
		.why = allowed ? "a socket of its kinds" : "another kind of socket",
		.action = FP_PROBE_SOCKET,
		.args = { fp_arena_printf(&p->u->arena, "%u", (unsigned)family),
			  fp_arena_printf(&p->u->arena, "%u", (unsigned)type) },
	};

	fp_probes_add(p, &probe);
}

void fp_probes_sockets(struct fp_probes *p)
{
	/* AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET; SOCK_STREAM, SOCK_DGRAM, SOCK_RAW */
	static const uint64_t families[] = { 1, 2, 10, 16, 17 }, types[] = { 1, 2, 3 };
	const struct fp_sysdef *sys = fp_sys_find("socket", 6);
	const struct fp_rule *rule = socket_rule(p, sys);
	enum fp_arch arch = 0;

	while (arch < FP_ARCH_N && !p->target->archs[arch])
		arch++;
	if (!rule || arch == FP_ARCH_N)
		return;
	const enum fp_abi abi = fp_arch_native(arch);
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++)
			kind_of_socket(p, rule, (uint32_t)sys->nr[abi], abi, families[i], types[k]);
}

/* ---- addresses ---- */

static struct fp_prefix first_of(const struct fp_prefix *p)
{
	struct fp_prefix a = *p;

	a.bits = (uint8_t)(width(p) * 8);
	return a;
}

static struct fp_prefix last_of(const struct fp_prefix *p)
{
	struct fp_prefix a = first_of(p);

	for (unsigned bit = p->bits; bit < width(p) * 8; bit++)
		a.addr[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
	return a;
}

/* One up or down; false past the end of the space. */
static bool move(struct fp_prefix *a, bool up)
{
	for (unsigned i = width(a); i-- > 0;) {
		a->addr[i] = (uint8_t)(up ? a->addr[i] + 1 : a->addr[i] - 1);
		if (a->addr[i] != (up ? 0x00 : 0xff))
			return true;
	}
	return false;
}

/* What a stack sends to another machine: not itself, not "this network", no multicast, no link. */
static bool is_routable(const struct fp_prefix *a)
{
	static const uint8_t loopback[16] = { [15] = 1 }, none[16];

	if (a->family == FP_IPV4)
		return a->addr[0] && a->addr[0] != 127 && a->addr[0] < 224;
	return memcmp(a->addr, loopback, 16) && memcmp(a->addr, none, 16) && a->addr[0] < 0xfe;
}

static const char *text_of(struct fp_probes *p, const struct fp_prefix *a)
{
	struct fp_buf b;

	fp_buf_init(&b, &p->u->arena);
	fp_prefix_print(&b, a);
	return fp_buf_text(&b);
}

/* ---- one packet ---- */

static enum fp_grant add(struct fp_probes *p, const struct fp_rule *r, bool egress,
			 enum fp_proto proto, const struct fp_prefix *address, uint16_t port,
			 const char *why)
{
	uint16_t used = proto == FP_PROTO_ICMP ? 0 : port;
	const struct fp_answer a = fp_eval_net(p->ir, egress, proto, address, used);
	const struct fp_probe probe = {
		.layers = NET_LAYERS,
		.rule = r,
		.by = a.rule,
		.expect = fp_probe_outcome_of(a.effect == FP_ALLOW),
		.why = why,
		.action = egress ? FP_PROBE_EGRESS : FP_PROBE_INGRESS,
		.args = { fp_proto_names[proto], text_of(p, address),
			  fp_arena_printf(&p->u->arena, "%u", used) },
	};

	if (is_routable(address))
		fp_probes_add(p, &probe);
	return a.effect;
}

/* ---- rectangles ---- */

struct area {
	const struct fp_rule *rule;
	const char *why; /* for assertions; NULL: by place */
	bool egress;
	enum fp_proto proto;
	struct fp_prefix first, last;
	struct fp_ports ports; /* 1..65535 */
};

static void corners(struct fp_probes *p, const struct area *a)
{
	const char *why = a->why ? a->why : "corner";

	add(p, a->rule, a->egress, a->proto, &a->first, a->ports.first, why);
	add(p, a->rule, a->egress, a->proto, &a->first, a->ports.last, why);
	add(p, a->rule, a->egress, a->proto, &a->last, a->ports.first, why);
	add(p, a->rule, a->egress, a->proto, &a->last, a->ports.last, why);
}

static void beside(struct fp_probes *p, const struct area *a)
{
	struct fp_prefix before = a->first, after = a->last;

	if (move(&before, false))
		add(p, a->rule, a->egress, a->proto, &before, a->ports.first, "address before");
	if (move(&after, true))
		add(p, a->rule, a->egress, a->proto, &after, a->ports.first, "address after");
	if (a->ports.first > 1 && a->proto != FP_PROTO_ICMP)
		add(p, a->rule, a->egress, a->proto, &a->first, (uint16_t)(a->ports.first - 1),
		    "port before");
	if (a->ports.last < UINT16_MAX && a->proto != FP_PROTO_ICMP)
		add(p, a->rule, a->egress, a->proto, &a->first, (uint16_t)(a->ports.last + 1),
		    "port after");
	add(p, a->rule, a->egress, a->proto == FP_PROTO_TCP ? FP_PROTO_UDP : FP_PROTO_TCP,
	    &a->first, a->ports.first, "another protocol");
}

/* Ports that are worth reaching, at an address of the rule: whatever is open beside its own. */
static void services(struct fp_probes *p, const struct area *a)
{
	static const uint16_t ports[] = { 22, 53, 80, 443, 2375, 10250 };

	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		add(p, a->rule, a->egress, FP_PROTO_TCP, &a->first, ports[i], "a service");
}

static void spread(struct fp_probes *p, struct area *a, const struct fp_rule_net *n,
		   const struct fp_prefix *prefix)
{
	static const enum fp_proto every[] = { FP_PROTO_TCP, FP_PROTO_UDP, FP_PROTO_ICMP };

	a->first = first_of(prefix);
	a->last = last_of(prefix);
	/* The ends of the whole space are no peers; any other address of it does. */
	for (size_t f = 0; f < 2; f++)
		if (fp_prefix_contains(prefix, &examples[f])) {
			a->first = is_routable(&a->first) ? a->first : examples[f];
			a->last = is_routable(&a->last) ? a->last : examples[f];
		}
	for (size_t i = 0; i < n->port_count; i++)
		for (size_t k = 0; k < 3; k++) {
			bool all = n->proto == FP_PROTO_ANY;
			if (!all && k)
				continue;
			a->proto = all ? every[k] : n->proto;
			a->ports = n->ports[i];
			if (a->proto == FP_PROTO_ICMP && a->ports.first)
				continue;
			a->ports.first = a->ports.first ? a->ports.first : 1;
			a->ports.last = a->ports.last ? a->ports.last : 1;
			corners(p, a);
			if (!a->why)
				beside(p, a);
		}
	if (!a->why)
		services(p, a);
}

static void rectangle(struct fp_probes *p, struct area *a, const struct fp_rule_net *n)
{
	for (size_t i = 0; i < n->prefix_count; i++)
		spread(p, a, n, &n->prefixes[i]);
	for (size_t f = 0; f < 2 && !n->prefix_count; f++)
		spread(p, a, n, &examples[f]);
}

static void defaults(struct fp_probes *p, const struct fp_rule *r, bool egress)
{
	for (size_t f = 0; f < 2; f++) {
		add(p, r, egress, FP_PROTO_TCP, &examples[f], 9, "no rule names it");
		add(p, r, egress, FP_PROTO_UDP, &examples[f], 9, "no rule names it");
		add(p, r, egress, FP_PROTO_ICMP, &examples[f], 0, "no rule names it");
	}
}

void fp_probes_net(struct fp_probes *p)
{
	struct area a = { .egress = true };

	fp_ir_each (p->ir, FP_KIND_EGRESS_DEFAULT, r)
		defaults(p, r, true);
	fp_ir_each (p->ir, FP_KIND_EGRESS, r) {
		a.rule = r;
		rectangle(p, &a, &r->u.net);
	}
	fp_ir_each (p->ir, FP_KIND_INGRESS_DEFAULT, r)
		defaults(p, r, false);
	a.egress = false;
	fp_ir_each (p->ir, FP_KIND_INGRESS, r) {
		a.rule = r;
		rectangle(p, &a, &r->u.net);
	}
}

void fp_probes_net_subject(struct fp_probes *p, const struct fp_assertion *as)
{
	struct area a = { .why = as->text, .egress = as->subject.kind == FP_SUBJECT_EGRESS };
	size_t before = p->at.n;

	rectangle(p, &a, &as->subject.net);
	/* A promise not kept would show here and nowhere else: it is what must hold. */
	for (size_t i = before; i < p->at.n && as->kind == FP_ASSERT_NEVER; i++)
		p->at.at[i].expect = fp_probe_outcome_of(false);
}
