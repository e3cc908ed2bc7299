/* SPDX-License-Identifier: MIT */
/* Sets and the chains that look into them, as nft text every version from 0.9.8 reads. */
#include "backends/nftables/nft.h"

#include <string.h>

static const struct {
	const char *name, *l4; /* keyword of nft's own grammar: needs no /etc/protocols */
} groups[FP_NFT_GROUP_N] = {
	[FP_NFT_TCP] = { "tcp", "tcp" },
	[FP_NFT_UDP] = { "udp", "udp" },
	[FP_NFT_SCTP] = { "sctp", "sctp" },
	[FP_NFT_PORTED] = { "ported", "dccp, udplite" },
	[FP_NFT_ICMP] = { "icmp", "icmp, icmpv6" },
	[FP_NFT_OTHER] = { "other", NULL },
};

void fp_nft_text_map(struct fp_nft_text *t, size_t begin, const struct fp_rule *rule)
{
	struct fp_map m = { .begin = (uint32_t)begin, .end = (uint32_t)t->buf.len };

	if (!rule)
		return;
	m.rule = rule->id;
	fp_vec_push(t->arena, &t->map, m);
}

static void print_address(struct fp_buf *b, enum fp_family family, unsigned __int128 at,
			  unsigned bits)
{
	unsigned bytes = family == FP_IPV4 ? 4 : 16;
	struct fp_prefix p = { .family = family, .bits = (uint8_t)bits };

	for (unsigned i = bytes; i--; at >>= 8)
		p.addr[i] = (uint8_t)at;
	fp_prefix_print(b, &p);
}

void fp_nft_print_range(struct fp_buf *b, enum fp_family family, unsigned __int128 lo,
			unsigned __int128 hi)
{
	unsigned bits = family == FP_IPV4 ? 32 : 128, length = bits;
	unsigned __int128 host = lo ^ hi; /* of a prefix: all ones, and none of them in lo */

	if ((host & (host + 1)) == 0 && (lo & host) == 0) {
		for (; host; host >>= 1)
			length--;
		print_address(b, family, lo, length);
		return;
	}
	print_address(b, family, lo, bits);
	fp_buf_putc(b, '-');
	print_address(b, family, hi, bits);
}

static void print_element(struct fp_nft_text *t, enum fp_family family, const struct fp_nft_rect *r,
			  bool has_ports, bool is_last)
{
	size_t begin = t->buf.len;

	fp_buf_puts(&t->buf, "\t\t\t");
	fp_nft_print_range(&t->buf, family, r->lo, r->hi);
	if (has_ports)
		fp_buf_printf(&t->buf, " . %u", r->ports.first);
	if (has_ports && r->ports.last != r->ports.first)
		fp_buf_printf(&t->buf, "-%u", r->ports.last);
	fp_buf_puts(&t->buf, is_last ? "\n" : ",\n");
	for (size_t i = 0; i < r->n_rules; i++)
		fp_nft_text_map(t, begin, &t->ir->rules[r->rules[i]]);
}

void fp_nft_print_elements(struct fp_nft_text *t, enum fp_family family,
			   const struct fp_nft_rects *rects, bool has_ports)
{
	fp_buf_puts(&t->buf, "\t\telements = {\n");
	for (size_t i = 0; i < rects->v.n; i++)
		print_element(t, family, &rects->v.at[i], has_ports, i + 1 == rects->v.n);
	fp_buf_puts(&t->buf, "\t\t}\n");
}

static void print_set_name(struct fp_buf *b, const struct fp_nft_side *s, unsigned group,
			   unsigned family)
{
	fp_buf_printf(b, "%s%c_%s", s->is_egress ? "out" : "in", family == FP_IPV4 ? '4' : '6',
		      groups[group].name);
}

static void print_set(struct fp_nft_text *t, const struct fp_nft_side *s, unsigned group,
		      enum fp_family family)
{
	const struct fp_nft_set *set = &s->sets[group][family];

	fp_buf_puts(&t->buf, "\tset ");
	print_set_name(&t->buf, s, group, family);
	fp_buf_printf(&t->buf, " {\n\t\ttype %s%s\n\t\tflags interval\n",
		      family == FP_IPV4 ? "ipv4_addr" : "ipv6_addr",
		      set->has_ports ? " . inet_service" : "");
	fp_nft_print_elements(t, family, &set->rects, set->has_ports);
	fp_buf_puts(&t->buf, "\t}\n");
}

void fp_nft_print_sets(struct fp_nft_text *t, const struct fp_nft_side *s)
{
	for (unsigned g = 0; g < FP_NFT_GROUP_N; g++)
		for (unsigned f = 0; f < 2; f++)
			if (s->sets[g][f].rects.v.n)
				print_set(t, s, g, f);
}

static void add_l4(struct fp_buf *b, enum fp_nft_group g)
{
	fp_buf_printf(b, "%s%s", b->len ? ", " : "", groups[g].l4);
}

/* "meta l4proto ..." that picks the group's protocols; "" where OTHER is every protocol. */
static const char *l4_match(struct fp_arena *arena, const struct fp_nft_side *s,
			    enum fp_nft_group group)
{
	bool is_split = s->own & 1u << FP_NFT_PORTED, is_ported = group == FP_NFT_PORTED;
	struct fp_buf list;

	if (group != FP_NFT_PORTED && group != FP_NFT_OTHER)
		return fp_arena_printf(arena, "meta l4proto { %s } ", groups[group].l4);
	fp_buf_init(&list, arena);
	for (enum fp_nft_group g = FP_NFT_TCP; g <= FP_NFT_ICMP; g++) {
		bool is_own = s->own & 1u << g;
		if (is_ported ? g != FP_NFT_ICMP && (g == FP_NFT_PORTED || !is_own)
			      : is_own || (is_split && g != FP_NFT_ICMP))
			add_l4(&list, g);
	}
	if (!list.len)
		return "";
	return fp_arena_printf(arena, "meta l4proto %s{ %s } ",
			       is_ported ? "" : "!= ", fp_buf_text(&list));
}

/* What tells a packet of the set, up to the verdict. */
static void print_match(struct fp_nft_text *t, const struct fp_nft_side *s, unsigned group,
			unsigned family, const struct fp_nft_view *view)
{
	const char *ip = family == FP_IPV4 ? "ip" : "ip6";
	bool is_plain = group <= FP_NFT_SCTP, has_ports = s->sets[group][family].has_ports;

	fp_buf_puts(&t->buf, "\t\t");
	if (!has_ports || !is_plain)
		fp_buf_puts(&t->buf, l4_match(t->arena, s, group));
	fp_buf_printf(&t->buf, "%s %s ", ip, view->address);
	if (has_ports)
		fp_buf_printf(&t->buf, ". %s %s ", is_plain ? groups[group].name : "th",
			      view->port);
	fp_buf_putc(&t->buf, '@');
	print_set_name(&t->buf, s, group, family);
	fp_buf_putc(&t->buf, ' ');
}

/*
 * A regular chain that accepts what the side permits and returns to its caller, which refuses,
 * with the rest. Packets of no valid state are the rest too: nothing is known of their connection.
 */
void fp_nft_print_rules(struct fp_nft_text *t, const struct fp_nft_side *s, const char *chain,
			const struct fp_nft_view *view)
{
	const char *state = view->has_state ? "ct state new,untracked " : "";

	if (!fp_nft_side_permits(s))
		return;
	fp_buf_printf(&t->buf, "\tchain %s {\n", chain);
	if (view->is_reply) /* no SYN without ACK: a reply opens nothing */
		fp_buf_puts(&t->buf, "\t\ttcp flags & (syn | ack) == syn return\n");
	for (unsigned g = 0; g < FP_NFT_GROUP_N; g++)
		for (unsigned f = 0; f < 2; f++) {
			if (!s->sets[g][f].rects.v.n)
				continue;
			print_match(t, s, g, f, view);
			if (s->is_default_allow)
				fp_buf_puts(&t->buf, "return\n");
			else
				fp_buf_printf(&t->buf, "%saccept\n", state);
		}
	if (s->is_default_allow) {
		size_t begin = t->buf.len;
		fp_buf_printf(&t->buf, "\t\t%saccept\n",
			      view->has_state ? state : "meta protocol { ip, ip6 } ");
		fp_nft_text_map(t, begin, s->fallback);
	}
	fp_buf_puts(&t->buf, "\t}\n");
}
