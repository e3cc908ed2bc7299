/* SPDX-License-Identifier: MIT */
/* The three rulesets around the same sets: in the job's namespace, on its interface, on the host.
 */
#include "backends/nftables/nft.h"

static const struct fp_nft_view to_peer = { .address = "daddr",
					    .port = "dport",
					    .has_state = true };
static const struct fp_nft_view from_peer = { .address = "saddr",
					      .port = "dport",
					      .has_state = true };
static const struct fp_nft_view frame_to_peer = { .address = "daddr", .port = "dport" };
static const struct fp_nft_view frame_reply = { .address = "daddr",
						.port = "sport",
						.is_reply = true };

/* Says what the table is and replaces an older one in the same transaction. */
static void open_table(struct fp_nft_text *t, const struct fp_nft_plan *p, const char *family)
{
	fp_buf_printf(&t->buf, "table %s %s\ndelete table %s %s\ntable %s %s {\n", family, p->table,
		      family, p->table, family, p->table);
}

/*
 * Connections that were let through, the ICMP errors about them (not the connections that a
 * conntrack helper expects), and neighbour discovery, which conntrack does not follow and which a
 * router never forwards (hop limit 255, RFC 4861).
 */
static void print_exceptions(struct fp_nft_text *t, const struct fp_nft_plan *p, bool is_out,
			     bool has_state)
{
	if (has_state && fp_nft_permits(p))
		fp_buf_puts(&t->buf, "\t\tct state established accept\n"
				     "\t\tct state related meta l4proto { icmp, icmpv6 } accept\n");
	if (fp_nft_permits_v6(p))
		fp_buf_printf(&t->buf,
			      "\t\ticmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, %s } "
			      "ip6 hoplimit 255 accept\n",
			      is_out ? "nd-router-solicit" : "nd-router-advert");
}

/* The log is bounded: a job must not fill the host's. Counters count all. */
static void print_log(struct fp_nft_text *t, const struct fp_nft_plan *p, const char *what)
{
	size_t begin = t->buf.len;

	if (!p->audit)
		return;
	fp_buf_printf(&t->buf,
		      "\t\tlimit rate 5/second burst 20 packets log prefix "
		      "\"fpol %s %s denied: \" level info\n",
		      p->name, what);
	fp_nft_text_map(t, begin, p->audit);
}

/* The lines since `begin` refuse: they come from the default and from every deny rule. */
static void map_refusal(struct fp_nft_text *t, const struct fp_nft_side *s, size_t begin)
{
	enum fp_kind kind = s->is_egress ? FP_KIND_EGRESS : FP_KIND_INGRESS;

	fp_ir_each (t->ir, kind, r)
		if (r->u.net.effect == FP_DENY)
			fp_nft_text_map(t, begin, r);
	if (!s->is_default_allow)
		fp_nft_text_map(t, begin, s->fallback);
}

static void print_refusal(struct fp_nft_text *t, const struct fp_nft_side *s, const char *lines)
{
	size_t begin = t->buf.len;

	fp_buf_puts(&t->buf, lines);
	map_refusal(t, s, begin);
}

static void print_base(struct fp_nft_text *t, const char *chain, const char *hook,
		       const char *policy)
{
	fp_buf_printf(&t->buf, "\tchain %s {\n\t\ttype filter hook %s; policy %s;\n", chain, hook,
		      policy);
}

static void print_jump(struct fp_nft_text *t, const struct fp_nft_side *s, const char *chain)
{
	if (fp_nft_side_permits(s))
		fp_buf_printf(&t->buf, "\t\tjump %s\n", chain);
}

/* Chains of our own are not called "in" and "out": to nft 0.9.8 these are words of its grammar. */
void fp_nft_print_egress(struct fp_nft_text *t, const struct fp_nft_plan *p)
{
	fp_buf_printf(&t->buf,
		      "# %s: what the job may send and receive.\n"
		      "# Load it into the job's own network namespace before the job starts.\n",
		      p->name);
	open_table(t, p, "inet");
	fp_nft_print_sets(t, &p->egress);
	fp_nft_print_sets(t, &p->ingress);
	fp_nft_print_rules(t, &p->egress, "to_peers", &to_peer);
	fp_nft_print_rules(t, &p->ingress, "from_peers", &from_peer);
	print_base(t, "output", "output priority filter", "drop");
	fp_buf_puts(&t->buf, "\t\toifname \"lo\" accept\n");
	print_exceptions(t, p, true, true);
	print_jump(t, &p->egress, "to_peers");
	print_log(t, p, "egress");
	/* "icmpx type" and not "icmpx" alone: nft 0.9.8 knows only that form */
	print_refusal(t, &p->egress,
		      "\t\tmeta l4proto tcp counter reject with tcp reset\n"
		      "\t\tcounter reject with icmpx type admin-prohibited\n");
	fp_buf_puts(&t->buf, "\t}\n");
	print_base(t, "input", "input priority filter", "drop");
	fp_buf_puts(&t->buf, "\t\tiifname \"lo\" accept\n");
	print_exceptions(t, p, false, true);
	print_jump(t, &p->ingress, "from_peers");
	print_log(t, p, "ingress");
	print_refusal(t, &p->ingress, "\t\tcounter drop\n");
	fp_buf_puts(&t->buf, "\t}\n");
	print_base(t, "forward", "forward priority filter", "drop");
	fp_buf_puts(&t->buf, "\t\tcounter drop\n\t}\n}\n");
}

/*
 * Only the first fragment of a packet shows its ports, and without it the others are never put
 * together. They pass to peers that some rule permits anything with, and to no other.
 */
static void print_peers(struct fp_nft_text *t, const struct fp_nft_rects *peers,
			enum fp_family family)
{
	char digit = family == FP_IPV4 ? '4' : '6';

	if (!peers->v.n)
		return;
	fp_buf_printf(&t->buf, "\tset peers%c {\n\t\ttype ipv%c_addr\n\t\tflags interval\n", digit,
		      digit);
	fp_nft_print_elements(t, family, peers, false);
	fp_buf_puts(&t->buf, "\t}\n");
}

static void print_fragments(struct fp_nft_text *t, const struct fp_nft_rects peers[2])
{
	if (peers[FP_IPV4].v.n)
		fp_buf_puts(&t->buf, "\t\tip frag-off & 0x1fff != 0 ip daddr @peers4 accept\n");
	if (peers[FP_IPV6].v.n)
		fp_buf_puts(&t->buf, "\t\tfrag frag-off != 0 ip6 daddr @peers6 accept\n");
}

void fp_nft_print_l2(struct fp_nft_text *t, const struct fp_nft_plan *p)
{
	struct fp_nft_rects peers[2] = { { { 0 } } };

	for (unsigned f = 0; f < 2; f++)
		fp_nft_peers(t->arena, p, f, &peers[f]);
	fp_buf_printf(
		&t->buf,
		"# %s: the frames the job may send, AF_PACKET sockets included.\n"
		"# Load it into the job's own network namespace once its interface is there.\n"
		"define fpol_device = \"eth0\"\n",
		p->name);
	open_table(t, p, "netdev");
	fp_nft_print_sets(t, &p->egress);
	fp_nft_print_sets(t, &p->ingress);
	for (unsigned f = 0; f < 2; f++)
		print_peers(t, &peers[f], f);
	fp_nft_print_rules(t, &p->egress, "to_peers", &frame_to_peer);
	fp_nft_print_rules(t, &p->ingress, "reply", &frame_reply);
	print_base(t, "egress", "egress device $fpol_device priority filter", "drop");
	if (fp_nft_permits(p))
		fp_buf_puts(&t->buf, "\t\tether type arp accept\n");
	print_exceptions(t, p, true, false);
	print_fragments(t, peers);
	print_jump(t, &p->egress, "to_peers");
	print_jump(t, &p->ingress, "reply");
	print_refusal(t, &p->egress, "\t\tcounter drop\n");
	fp_buf_puts(&t->buf, "\t}\n}\n");
}

/* One direction of the host: what is not of a job is none of the ruleset's business. */
static void print_host_chain(struct fp_nft_text *t, const struct fp_nft_plan *p, bool is_out)
{
	const struct fp_nft_side *s = is_out ? &p->egress : &p->ingress;

	if (is_out) /* before any address translation: the address the job asked for */
		print_base(t, "from_job", "prerouting priority mangle", "accept");
	else
		print_base(t, "to_job", "postrouting priority mangle", "accept");
	fp_buf_printf(&t->buf, "\t\t%s != $fpol_jobs accept\n", is_out ? "iifname" : "oifname");
	print_exceptions(t, p, is_out, true);
	print_jump(t, s, is_out ? "to_peers" : "from_peers");
	print_log(t, p, is_out ? "egress" : "ingress");
	print_refusal(t, s, "\t\tcounter drop\n");
	fp_buf_puts(&t->buf, "\t}\n");
}

void fp_nft_print_host(struct fp_nft_text *t, const struct fp_nft_plan *p)
{
	fp_buf_printf(&t->buf,
		      "# %s: the same, enforced by the host on the interfaces of its jobs.\n"
		      "# Load it into the host's network namespace.\n"
		      "define fpol_jobs = \"fpol-*\"\n",
		      p->name);
	open_table(t, p, "inet");
	fp_nft_print_sets(t, &p->egress);
	fp_nft_print_sets(t, &p->ingress);
	fp_nft_print_rules(t, &p->egress, "to_peers", &to_peer);
	fp_nft_print_rules(t, &p->ingress, "from_peers", &from_peer);
	print_host_chain(t, p, true);
	print_host_chain(t, p, false);
	fp_buf_puts(&t->buf, "}\n");
}
