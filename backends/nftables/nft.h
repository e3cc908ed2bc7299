/* SPDX-License-Identifier: MIT */
/* Inside of the nftables back end: permitted packets as disjoint rectangles of addresses and ports.
 */
#ifndef FP_BACKENDS_NFTABLES_NFT_H
#define FP_BACKENDS_NFTABLES_NFT_H

#include "backends/backend.h"

/*
 * Packets fall into groups by what can be said about them. A protocol has a group of its own only
 * where a rule names it. PORTED is what is left of the protocols with ports (tcp, udp, sctp, dccp,
 * udplite), and apart from OTHER only where an any-protocol rule names ports.
 */
enum fp_nft_group {
	FP_NFT_TCP,
	FP_NFT_UDP,
	FP_NFT_SCTP,
	FP_NFT_PORTED,
	FP_NFT_ICMP,
	FP_NFT_OTHER,
	FP_NFT_GROUP_N
};

/* Both ends are included; an IPv4 address is its 32-bit value. */
struct fp_nft_rect {
	unsigned __int128 lo, hi;
	struct fp_ports ports;
	const uint32_t *rules; /* ids of the rules it comes from, ascending */
	size_t n_rules;
};

/* Disjoint; sorted by (lo, ports.first). A function of the region alone: equal regions, equal
 * rectangles. */
struct fp_nft_rects {
	FP_VEC(struct fp_nft_rect) v;
};

/* One prefix of one rule. Prefixes nest or are disjoint, which the sweep relies on. */
struct fp_nft_item {
	unsigned __int128 lo, hi;
	const struct fp_rule *rule; /* EGRESS or INGRESS */
	bool is_minus;              /* takes away from what the others give */
};

/* More rectangles than this in one set are refused: such a set takes seconds to load. */
#ifndef FP_NFT_MAX_RECTS
#define FP_NFT_MAX_RECTS (1u << 20)
#endif

/* The union of the plus items less the union of the minus items. Sorts `items`. False: too many. */
bool fp_nft_sweep(struct fp_arena *arena, struct fp_nft_item *items, size_t n,
		  enum fp_family family, struct fp_nft_rects *out);

struct fp_nft_set {
	struct fp_nft_rects rects;
	bool has_ports; /* else every rectangle spans all ports, and only addresses are printed */
};

/* Egress or ingress. The sets hold what is permitted, or what is refused where the default is
 * allow. */
struct fp_nft_side {
	bool is_egress, is_default_allow;
	const struct fp_rule *fallback;            /* the default rule, or NULL */
	unsigned own;                              /* bit per group that stands apart from OTHER */
	struct fp_nft_set sets[FP_NFT_GROUP_N][2]; /* by group and family */
	bool permits[2];                           /* by family: anything at all */
};

struct fp_nft_plan {
	struct fp_nft_side egress, ingress;
	const char *table;           /* "fpol_lab" */
	const char *name;            /* the policy's, cut to what a log prefix holds */
	const struct fp_rule *audit; /* refused packets are logged, or NULL */
	bool has_l2;
	const char *why_not; /* nothing is emitted, because; or NULL */
};

bool fp_nft_side_permits(const struct fp_nft_side *s); /* anything at all */
bool fp_nft_permits(const struct fp_nft_plan *p);      /* on either side */
bool fp_nft_permits_v6(const struct fp_nft_plan *p);   /* then neighbour discovery must pass */

/* Addresses that some set permits anything with, by merged ranges; none where egress is by default
 * allowed. */
void fp_nft_peers(struct fp_arena *arena, const struct fp_nft_plan *p, enum fp_family family,
		  struct fp_nft_rects *out);

unsigned __int128 fp_nft_max(enum fp_family family);
void fp_nft_print_range(struct fp_buf *b, enum fp_family family, unsigned __int128 lo,
			unsigned __int128 hi);

/* Text on its way to an artifact, with the places that rules go to. */
struct fp_nft_text {
	struct fp_arena *arena;
	const struct fp_ir *ir;
	struct fp_buf buf;
	FP_VEC(struct fp_map) map;
};

void fp_nft_text_map(struct fp_nft_text *t, size_t begin, const struct fp_rule *rule);

/* Which packets a chain asks about: the peer is the destination, or the source; likewise the port.
 */
struct fp_nft_view {
	const char *address, *port; /* "daddr", "dport" */
	bool has_state;             /* conntrack can be asked */
	bool is_reply;              /* of l2.nft: tcp may not open a connection */
};

void fp_nft_print_elements(struct fp_nft_text *t, enum fp_family family,
			   const struct fp_nft_rects *rects, bool has_ports);
void fp_nft_print_sets(struct fp_nft_text *t, const struct fp_nft_side *s);
void fp_nft_print_rules(struct fp_nft_text *t, const struct fp_nft_side *s, const char *chain,
			const struct fp_nft_view *view);

void fp_nft_print_egress(struct fp_nft_text *t, const struct fp_nft_plan *p);
void fp_nft_print_l2(struct fp_nft_text *t, const struct fp_nft_plan *p);
void fp_nft_print_host(struct fp_nft_text *t, const struct fp_nft_plan *p);

void fp_nft_claim(struct fp_emission *e, const struct fp_nft_plan *p);

#endif
