/* SPDX-License-Identifier: MIT */
/* Packets as diagrams: family, protocol, port and address of a peer. */
#ifndef FP_IR_DOMAIN_NET_H
#define FP_IR_DOMAIN_NET_H

#include "ir/domain_diagram.h"
#include "ir/ir.h"

/* Every packet there is: tcp, udp and sctp have ports 1..65535, icmp has none and port 0. */
uint32_t fp_domain_packets(struct fp_dd *d);

/* Those a rule or an assertion speaks of; what a policy permits, one direction. */
uint32_t fp_domain_peers(struct fp_dd *d, const struct fp_rule_net *rule);
uint32_t fp_domain_net(struct fp_dd *d, const struct fp_ir *ir, bool egress);

struct fp_packet {
	enum fp_proto proto;
	uint16_t port; /* 0: icmp */
	struct fp_prefix peer;
};

void fp_domain_packet(const struct fp_dd_set *bits, struct fp_packet *out);
void fp_domain_packet_bits(const struct fp_packet *p, struct fp_dd_set *out);

/* "tcp to 10.2.0.1 port 22", "icmp from ::1". */
const char *fp_domain_packet_text(struct fp_arena *a, const struct fp_packet *p, bool egress);

#endif
