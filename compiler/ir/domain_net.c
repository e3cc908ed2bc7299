/* SPDX-License-Identifier: MIT */
/* Packets as diagrams. */
#include "ir/domain_net.h"

/* Variables, in their order. */
enum {
	VAR_FAMILY,
	VAR_PROTO,
	VAR_PORT = VAR_PROTO + 2,
	VAR_ADDRESS = VAR_PORT + 16
};

/* Two bits: FP_PROTO_TCP is 0. */
static unsigned proto_code(enum fp_proto proto)
{
	return (unsigned)proto - FP_PROTO_TCP;
}

/* The top `bits` bits of a big-endian number are those of `value`. */
static uint32_t starts_with(struct fp_dd *d, unsigned first, const uint8_t *value, unsigned bits,
			    uint32_t then)
{
	for (unsigned i = bits; i > 0; i--) {
		bool one = value[(i - 1) / 8] >> (7 - (i - 1) % 8) & 1;
		then = one ? fp_dd_node(d, first + i - 1, FP_DD_FALSE, then)
			   : fp_dd_node(d, first + i - 1, then, FP_DD_FALSE);
	}
	return then;
}

static uint32_t is_prefix(struct fp_dd *d, const struct fp_prefix *p)
{
	uint32_t address = starts_with(d, VAR_ADDRESS, p->addr, p->bits, FP_DD_TRUE);

	return p->family == FP_IPV4 ? fp_dd_node(d, VAR_FAMILY, address, FP_DD_FALSE)
				    : fp_dd_node(d, VAR_FAMILY, FP_DD_FALSE, address);
}

static uint32_t is_proto(struct fp_dd *d, enum fp_proto proto)
{
	const uint8_t code = (uint8_t)(proto_code(proto) << 6);

	return proto == FP_PROTO_ANY ? FP_DD_TRUE : starts_with(d, VAR_PROTO, &code, 2, FP_DD_TRUE);
}

/* port >= from */
static uint32_t port_from(struct fp_dd *d, uint32_t from)
{
	uint32_t r = FP_DD_TRUE;

	for (unsigned bit = 0; bit < 16; bit++) {
		unsigned var = VAR_PORT + 15 - bit;
		r = from >> bit & 1 ? fp_dd_node(d, var, FP_DD_FALSE, r)
				    : fp_dd_node(d, var, r, FP_DD_TRUE);
	}
	return from > UINT16_MAX ? FP_DD_FALSE : r;
}

static uint32_t ports(struct fp_dd *d, const struct fp_ports *p)
{
	return fp_dd_and(d, port_from(d, p->first), fp_dd_not(d, port_from(d, p->last + 1u)));
}

uint32_t fp_domain_packets(struct fp_dd *d)
{
	const struct fp_ports none = { 0, 0 };
	uint32_t no_port = ports(d, &none);

	return fp_dd_if(d, is_proto(d, FP_PROTO_ICMP), no_port, fp_dd_not(d, no_port));
}

uint32_t fp_domain_peers(struct fp_dd *d, const struct fp_rule_net *rule)
{
	uint32_t there = rule->prefix_count ? FP_DD_FALSE : FP_DD_TRUE, port = FP_DD_FALSE;

	for (size_t i = 0; i < rule->prefix_count; i++)
		there = fp_dd_or(d, there, is_prefix(d, &rule->prefixes[i]));
	for (size_t i = 0; i < rule->port_count; i++)
		port = fp_dd_or(d, port, ports(d, &rule->ports[i]));
	return fp_dd_and(d, there, fp_dd_and(d, port, is_proto(d, rule->proto)));
}

uint32_t fp_domain_net(struct fp_dd *d, const struct fp_ir *ir, bool egress)
{
	const struct fp_rule *def =
		fp_ir_only(ir, egress ? FP_KIND_EGRESS_DEFAULT : FP_KIND_INGRESS_DEFAULT);
	uint32_t allowed = def && def->u.effect == FP_ALLOW ? FP_DD_TRUE : FP_DD_FALSE;
	uint32_t denied = FP_DD_FALSE;

	fp_ir_each (ir, egress ? FP_KIND_EGRESS : FP_KIND_INGRESS, r) {
		uint32_t *side = r->u.net.effect == FP_ALLOW ? &allowed : &denied;
		*side = fp_dd_or(d, *side, fp_domain_peers(d, &r->u.net));
	}
	allowed = fp_dd_and(d, allowed, fp_dd_not(d, denied));
	return fp_dd_and(d, fp_domain_packets(d), allowed);
}

static unsigned number(const struct fp_dd_set *bits, unsigned first, unsigned count)
{
	unsigned n = 0;

	for (unsigned i = 0; i < count; i++)
		n = n << 1 | fp_dd_set_has(bits, first + i);
	return n;
}

void fp_domain_packet(const struct fp_dd_set *bits, struct fp_packet *out)
{
	bool six = fp_dd_set_has(bits, VAR_FAMILY);

	*out = (struct fp_packet){ .peer = { .family = six ? FP_IPV6 : FP_IPV4,
					     .bits = six ? 128 : 32 } };
	out->proto = (enum fp_proto)(FP_PROTO_TCP + number(bits, VAR_PROTO, 2));
	out->port = (uint16_t)number(bits, VAR_PORT, 16);
	for (unsigned i = 0; i < out->peer.bits / 8u; i++)
		out->peer.addr[i] = (uint8_t)number(bits, VAR_ADDRESS + 8 * i, 8);
}

static void put_number(struct fp_dd_set *bits, unsigned first, unsigned count, unsigned value)
{
	for (unsigned i = 0; i < count; i++)
		if (value >> (count - 1 - i) & 1)
			fp_dd_set_add(bits, first + i);
}

void fp_domain_packet_bits(const struct fp_packet *p, struct fp_dd_set *out)
{
	*out = (struct fp_dd_set){ 0 };
	put_number(out, VAR_FAMILY, 1, p->peer.family == FP_IPV6);
	put_number(out, VAR_PROTO, 2, proto_code(p->proto));
	put_number(out, VAR_PORT, 16, p->port);
	for (unsigned i = 0; i < p->peer.bits / 8u; i++)
		put_number(out, VAR_ADDRESS + 8 * i, 8, p->peer.addr[i]);
}

const char *fp_domain_packet_text(struct fp_arena *a, const struct fp_packet *p, bool egress)
{
	struct fp_buf b;

	fp_buf_init(&b, a);
	fp_buf_printf(&b, "%s %s ", fp_proto_names[p->proto], egress ? "to" : "from");
	fp_prefix_print(&b, &p->peer);
	if (p->port)
		fp_buf_printf(&b, " port %u", (unsigned)p->port);
	return fp_buf_text(&b);
}
