/* SPDX-License-Identifier: MIT */
/* What the rulesets do about each rule, and how a job could send what they do not see. */
#include "backends/nftables/nft.h"

#include <string.h>

#define CAP_NET_ADMIN 12 /* include/uapi/linux/capability.h */
#define CAP_NET_RAW   13

/* 127.0.0.0/8, ::1, and the unspecified addresses: the kernel connects those to loopback. */
static bool is_loopback(const struct fp_prefix *p)
{
	static const uint8_t zero[16] = { 0 }, one[16] = { [15] = 1 };

	if (p->family == FP_IPV4)
		return (p->bits >= 8 && p->addr[0] == 127) ||
		       (p->bits == 32 && !memcmp(p->addr, zero, 4));
	return p->bits == 128 &&
	       (!memcmp(p->addr, one, sizeof(one)) || !memcmp(p->addr, zero, sizeof(zero)));
}

static size_t loopbacks(const struct fp_rule_net *net)
{
	size_t n = 0;

	for (size_t i = 0; i < net->prefix_count; i++)
		n += is_loopback(&net->prefixes[i]);
	return n;
}

/* A way past what refuses, or NULL. Nothing but capabilities in the job's namespace opens one. */
static const char *way_past(const struct fp_emission *e, const struct fp_nft_plan *p,
			    bool is_egress)
{
	uint64_t caps = e->ir->caps;

	if (caps >> CAP_NET_ADMIN & 1)
		return "CAP_NET_ADMIN can change the rulesets of the job's namespace; host.nft is "
		       "out of its reach";
	if (!(caps >> CAP_NET_RAW & 1))
		return NULL;
	if (!is_egress)
		return "CAP_NET_RAW: AF_PACKET sockets read frames before the input hook; only "
		       "host.nft stops them";
	if (p->has_l2)
		return "CAP_NET_RAW: AF_XDP sockets send frames past l2.nft; only host.nft stops "
		       "them";
	return fp_arena_printf(&e->unit->arena,
			       "CAP_NET_RAW: AF_PACKET sockets send frames past the output hook; "
			       "only host.nft stops them (l2.nft: %s)",
			       fp_target_why(e->target, FP_FEAT_NFT_NETDEV_EGRESS));
}

static void claim_refusal(struct fp_emission *e, const struct fp_nft_plan *p,
			  const struct fp_rule *r, bool is_egress)
{
	const char *past = way_past(e, p, is_egress);

	if (past)
		fp_emit_claim(e, r, FP_CLAIM_WIDER, "%s", past);
	else
		fp_emit_claim(e, r, FP_CLAIM_EXACT, "besides traffic on lo%s%s",
			      fp_nft_permits(p) ? ", ARP" : "",
			      fp_nft_permits_v6(p) ? ", IPv6 neighbour discovery" : "");
}

static void claim_net(struct fp_emission *e, const struct fp_nft_plan *p, const struct fp_rule *r,
		      bool is_egress)
{
	const struct fp_rule_net *net = &r->u.net;
	size_t on_lo = loopbacks(net);

	if (net->effect == FP_ALLOW)
		fp_emit_claim(e, r, FP_CLAIM_EXACT, NULL);
	else if (on_lo && on_lo == net->prefix_count)
		fp_emit_claim(e, r, FP_CLAIM_NONE,
			      "traffic on lo stays in the job's namespace and is let through");
	else if (on_lo)
		fp_emit_claim(e, r, FP_CLAIM_WIDER,
			      "traffic on lo, which stays in the job's namespace, is let through");
	else
		claim_refusal(e, p, r, is_egress);
}

static void claim_default(struct fp_emission *e, const struct fp_nft_plan *p,
			  const struct fp_rule *r, bool is_egress)
{
	if (r->u.effect == FP_ALLOW)
		fp_emit_claim(e, r, FP_CLAIM_EXACT, NULL);
	else
		claim_refusal(e, p, r, is_egress);
}

static void claim_rule(struct fp_emission *e, const struct fp_nft_plan *p, const struct fp_rule *r)
{
	bool is_ours = r->kind >= FP_KIND_EGRESS_DEFAULT && r->kind <= FP_KIND_INGRESS;

	if ((is_ours || r->kind == FP_KIND_AUDIT) && p->why_not)
		fp_emit_claim(e, r, FP_CLAIM_NONE, "%s", p->why_not);
	else if (r->kind == FP_KIND_EGRESS || r->kind == FP_KIND_INGRESS)
		claim_net(e, p, r, r->kind == FP_KIND_EGRESS);
	else if (is_ours)
		claim_default(e, p, r, r->kind == FP_KIND_EGRESS_DEFAULT);
	else if (r->kind == FP_KIND_AUDIT && r->u.audit.denied)
		fp_emit_claim(
			e, r, FP_CLAIM_WIDER,
			"logs refused packets only, at most 5 a second; in the job's namespace "
			"only where net.netfilter.nf_log_all_netns is 1; counters count all");
	else
		fp_emit_claim(e, r, FP_CLAIM_NONE, "nftables decides about packets only");
}

void fp_nft_claim(struct fp_emission *e, const struct fp_nft_plan *p)
{
	for (size_t i = 0; i < e->ir->rule_count; i++)
		claim_rule(e, p, &e->ir->rules[i]);
}
