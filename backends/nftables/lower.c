/* SPDX-License-Identifier: MIT */
/* Decides what the rulesets say: groups of protocols, and for each the rectangles of the sweep. */
#include "backends/nftables/nft.h"

#include <string.h>

static bool is_full(struct fp_ports p)
{
	return p.first == 0 && p.last == UINT16_MAX;
}

static bool names_ports(const struct fp_rule_net *net)
{
	return net->port_count != 1 || !is_full(net->ports[0]);
}

/* The group that a protocol has of its own. */
static enum fp_nft_group group_of(enum fp_proto proto)
{
	switch (proto) {
	case FP_PROTO_TCP:
		return FP_NFT_TCP;
	case FP_PROTO_UDP:
		return FP_NFT_UDP;
	case FP_PROTO_SCTP:
		return FP_NFT_SCTP;
	case FP_PROTO_ICMP:
		return FP_NFT_ICMP;
	case FP_PROTO_ANY:
		break;
	}
	return FP_NFT_OTHER;
}

/* Whether the rule speaks of packets of the group. What has no port meets no rule that names ports.
 */
static bool applies(const struct fp_rule_net *net, enum fp_nft_group group)
{
	if (net->proto != FP_PROTO_ANY)
		return group_of(net->proto) == group;
	return (group != FP_NFT_ICMP && group != FP_NFT_OTHER) || !names_ports(net);
}

static unsigned own_groups(const struct fp_ir *ir, enum fp_kind kind)
{
	unsigned own = 1u << FP_NFT_OTHER;

	fp_ir_each (ir, kind, r) {
		const struct fp_rule_net *net = &r->u.net;
		own |= 1u << group_of(net->proto);
		if (net->proto == FP_PROTO_ANY && names_ports(net))
			own |= 1u << FP_NFT_PORTED;
	}
	return own;
}

unsigned __int128 fp_nft_max(enum fp_family family)
{
	return family == FP_IPV4 ? UINT32_MAX : ~(unsigned __int128)0;
}

static struct fp_nft_item item(const struct fp_rule *r, const struct fp_prefix *p, bool is_minus)
{
	unsigned bytes = p->family == FP_IPV4 ? 4 : 16;
	unsigned __int128 lo = 0, max = fp_nft_max(p->family);

	for (unsigned i = 0; i < bytes; i++)
		lo = lo << 8 | p->addr[i];
	/* a shift by the whole width is undefined: only a shorter prefix is shifted by */
	unsigned __int128 host = p->bits < bytes * 8 ? max >> p->bits : 0;
	return (struct fp_nft_item){ lo, lo | host, r, is_minus };
}

struct items {
	FP_VEC(struct fp_nft_item) v;
};

static void add_items(struct fp_arena *arena, struct items *to, const struct fp_rule *r,
		      enum fp_family family, bool is_minus)
{
	const struct fp_rule_net *net = &r->u.net;
	struct fp_prefix whole = { .family = family };

	if (!net->prefix_count)
		fp_vec_push(arena, &to->v, item(r, &whole, is_minus));
	for (size_t i = 0; i < net->prefix_count; i++)
		if (net->prefixes[i].family == family)
			fp_vec_push(arena, &to->v, item(r, &net->prefixes[i], is_minus));
}

static bool lower_set(struct fp_arena *arena, const struct fp_ir *ir, struct fp_nft_side *s,
		      enum fp_nft_group group, enum fp_family family)
{
	enum fp_kind kind = s->is_egress ? FP_KIND_EGRESS : FP_KIND_INGRESS;
	enum fp_grant plus = s->is_default_allow ? FP_DENY : FP_ALLOW;
	struct fp_nft_set *set = &s->sets[group][family];
	struct items items = { { 0 } };
	bool has_plus = false;

	fp_ir_each (ir, kind, r) {
		bool is_plus = r->u.net.effect == plus;
		if (!applies(&r->u.net, group) || (!is_plus && s->is_default_allow))
			continue;
		add_items(arena, &items, r, family, !is_plus);
		has_plus |= is_plus;
	}
	if (has_plus && !fp_nft_sweep(arena, items.v.at, items.v.n, family, &set->rects))
		return false;
	for (size_t i = 0; i < set->rects.v.n; i++)
		set->has_ports |= !is_full(set->rects.v.at[i].ports);
	s->permits[family] |= set->rects.v.n > 0;
	return true;
}

static bool lower_side(struct fp_unit *u, const struct fp_ir *ir, struct fp_nft_side *s)
{
	enum fp_kind kind = s->is_egress ? FP_KIND_EGRESS : FP_KIND_INGRESS;
	bool is_ok = true;

	s->fallback =
		fp_ir_only(ir, s->is_egress ? FP_KIND_EGRESS_DEFAULT : FP_KIND_INGRESS_DEFAULT);
	s->is_default_allow = s->fallback && s->fallback->u.effect == FP_ALLOW;
	s->own = own_groups(ir, kind);
	for (unsigned g = 0; g < FP_NFT_GROUP_N; g++)
		for (unsigned f = 0; f < 2; f++)
			if (s->own & 1u << g)
				is_ok &= lower_set(&u->arena, ir, s, g, f);
	s->permits[FP_IPV4] |= s->is_default_allow;
	s->permits[FP_IPV6] |= s->is_default_allow;
	if (!is_ok)
		fp_diag(u, FP_E_LIMIT, ir->rules[ir->first[kind]].span,
			"these %s rules cut addresses and ports into more than %u rectangles",
			s->is_egress ? "egress" : "ingress", FP_NFT_MAX_RECTS);
	return is_ok;
}

/* Names of tables and log prefixes: what every nft takes unquoted, cut to `max` bytes. */
static const char *plain(struct fp_arena *arena, const char *prefix, const char *name, size_t max)
{
	struct fp_buf b;

	fp_buf_init(&b, arena);
	fp_buf_puts(&b, prefix);
	for (size_t i = 0; name[i] && i < max; i++) {
		char c = name[i];
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
				(c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
		fp_buf_putc(&b, is_plain ? c : '_');
	}
	return fp_buf_text(&b);
}

static bool has_own_network(const struct fp_ir *ir)
{
	fp_ir_each (ir, FP_KIND_NAMESPACE, r)
		if (r->u.ns.ns == FP_NS_NETWORK && !r->u.ns.is_new)
			return false;
	return true;
}

static const void *lower(struct fp_unit *u, const struct fp_ir *ir, const struct fp_target *t)
{
	struct fp_nft_plan *p = FP_NEW(&u->arena, struct fp_nft_plan);

	p->table = plain(&u->arena, "fpol_", ir->name, 200); /* kernel: NFT_NAME_MAXLEN is 256 */
	p->name = plain(&u->arena, "", ir->name, 64);        /* kernel: NF_LOG_PREFIXLEN is 128 */
	p->egress.is_egress = true;
	if (!has_own_network(ir))
		p->why_not = "the job shares the host's network namespace: a ruleset would bind "
			     "the whole host";
	else if (!fp_target_has(t, FP_FEAT_NFT_CONCAT_INTERVALS))
		p->why_not = fp_target_why(t, FP_FEAT_NFT_CONCAT_INTERVALS);
	if (p->why_not)
		return p;
	bool is_ok = lower_side(u, ir, &p->egress);
	is_ok &= lower_side(u, ir, &p->ingress);
	if (!is_ok)
		p->why_not = "too many rectangles";
	p->has_l2 = fp_target_has(t, FP_FEAT_NFT_NETDEV_EGRESS);
	fp_ir_each (ir, FP_KIND_AUDIT, r)
		if (r->u.audit.denied)
			p->audit = r;
	return p;
}

bool fp_nft_side_permits(const struct fp_nft_side *s)
{
	return s->permits[FP_IPV4] || s->permits[FP_IPV6];
}

bool fp_nft_permits_v6(const struct fp_nft_plan *p)
{
	return p->egress.permits[FP_IPV6] || p->ingress.permits[FP_IPV6];
}

bool fp_nft_permits(const struct fp_nft_plan *p)
{
	return fp_nft_side_permits(&p->egress) || fp_nft_side_permits(&p->ingress);
}

typedef void (*print_fn)(struct fp_nft_text *t, const struct fp_nft_plan *p);

static void emit_file(struct fp_emission *e, const struct fp_nft_plan *p, const char *name,
		      print_fn print)
{
	struct fp_nft_text t = { .arena = &e->unit->arena, .ir = e->ir };

	fp_buf_init(&t.buf, t.arena);
	print(&t, p);
	struct fp_artifact *a = fp_emit_file(e, name, &t.buf, false);
	for (size_t i = 0; i < t.map.n; i++)
		fp_emit_map(e, a, t.map.at[i].begin, t.map.at[i].end,
			    &e->ir->rules[t.map.at[i].rule]);
}

static void emit(struct fp_unit *u, const void *plan, struct fp_emission *e)
{
	const struct fp_nft_plan *p = plan;

	(void)u;
	if (!p->why_not) {
		emit_file(e, p, "nftables/egress.nft", fp_nft_print_egress);
		emit_file(e, p, "nftables/host.nft", fp_nft_print_host);
		if (p->has_l2)
			emit_file(e, p, "nftables/l2.nft", fp_nft_print_l2);
	}
	fp_nft_claim(e, p);
}

static void dump_side(struct fp_buf *out, const struct fp_nft_side *s)
{
	static const char *const names[] = { "tcp", "udp", "sctp", "ported", "icmp", "other" };

	_Static_assert(sizeof(names) / sizeof(names[0]) == FP_NFT_GROUP_N, "a name a group");
	fp_buf_printf(out, "%s default %s\n", s->is_egress ? "egress" : "ingress",
		      s->is_default_allow ? "allow, refused:" : "deny, permitted:");
	for (unsigned g = 0; g < FP_NFT_GROUP_N; g++)
		for (unsigned f = 0; f < 2; f++)
			for (size_t i = 0; i < s->sets[g][f].rects.v.n; i++) {
				const struct fp_nft_rect *r = &s->sets[g][f].rects.v.at[i];
				fp_buf_printf(out, "  %s ", names[g]);
				fp_nft_print_range(out, f, r->lo, r->hi);
				fp_buf_printf(out, " %u-%u rules", r->ports.first, r->ports.last);
				for (size_t k = 0; k < r->n_rules; k++)
					fp_buf_printf(out, " %u", r->rules[k]);
				fp_buf_putc(out, '\n');
			}
}

static void dump(struct fp_unit *u, const void *plan, struct fp_buf *out)
{
	const struct fp_nft_plan *p = plan;

	(void)u;
	fp_buf_printf(out, "table %s\nl2 %s\n", p->table, p->has_l2 ? "yes" : "no");
	if (p->why_not) {
		fp_buf_printf(out, "nothing: %s\n", p->why_not);
		return;
	}
	dump_side(out, &p->egress);
	dump_side(out, &p->ingress);
}

static const enum fp_feat features[] = { FP_FEAT_NFT_CONCAT_INTERVALS, FP_FEAT_NFT_NETDEV_EGRESS,
					 FP_FEAT_N };

const struct fp_backend fp_backend_nftables = {
	.name = "nftables",
	.summary = "packet filters for the job's network namespace, its interface and the host",
	.layer = FP_LAYER_NFTABLES,
	.features = features,
	.lower = lower,
	.emit = emit,
	.dump = dump,
};
