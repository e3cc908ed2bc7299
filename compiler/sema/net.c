/* SPDX-License-Identifier: MIT */
/* The sections `egress` and `ingress`: prefixes and ports. */
#include "sema/sema.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ALL_PORTS ((struct fp_ports){ 0, UINT16_MAX })

struct peers {
	FP_VEC(struct fp_prefix) list;
	bool any;
};

/* A layer that sees packets would let an IPv6 prefix of IPv4 addresses decide nothing. */
static bool add_unmapped(struct fp_sema *s, const struct fp_ast *n, const char *text,
			 const struct fp_prefix *p, struct peers *out)
{
	struct fp_prefix v4;
	struct fp_buf meant;

	if (!fp_prefix_is_mapped(p, &v4)) {
		fp_vec_push(&s->u->arena, &out->list, *p);
		return true;
	}
	fp_buf_init(&meant, &s->u->arena);
	fp_prefix_print(&meant, &v4);
	fp_diag(s->u, FP_E_PREFIX, n->span,
		"'%s' is IPv4 in the form of IPv6: sockets send IPv4 packets for it", text);
	fp_diag_help(s->u, "write the IPv4 prefix: %s", fp_buf_text(&meant));
	return false;
}

static bool add_prefix(struct fp_sema *s, const struct fp_ast *n, const char *text,
		       struct peers *out)
{
	struct fp_prefix p;
	struct fp_buf meant;

	switch (fp_prefix_parse(text, strlen(text), &p)) {
	case FP_PREFIX_OK:
		return add_unmapped(s, n, text, &p, out);
	case FP_PREFIX_SYNTAX:
		fp_diag(s->u, FP_E_PREFIX, n->span, "'%s' is no address", text);
		return false;
	case FP_PREFIX_LENGTH:
		fp_diag(s->u, FP_E_PREFIX, n->span, "'%s' has a prefix length out of range", text);
		return false;
	case FP_PREFIX_HOST_BITS:
		break;
	}
	fp_buf_init(&meant, &s->u->arena);
	fp_prefix_print(&meant, &p);
	fp_diag(s->u, FP_E_PREFIX, n->span, "'%s' has bits set beyond its length", text);
	fp_diag_help(s->u, "the network is %s; a single host has no length", fp_buf_text(&meant));
	return false;
}

static bool add_peer(struct fp_sema *s, const struct fp_ast *n, struct peers *out)
{
	if (n->kind == FP_AST_PREFIX)
		return add_prefix(s, n, n->text->text, out);
	if (n->kind == FP_AST_NAME && !strcmp(n->name->text, "any")) {
		out->any = true;
		return true;
	}
	if (n->kind == FP_AST_REFERENCE) {
		const struct fp_param_def *p = fp_sema_reference(s, n, "prefix", NULL);
		return p && add_prefix(s, n, p->value, out);
	}
	const struct fp_set_def *set = fp_sema_members(s, n, "prefixes");
	if (!set)
		return false;
	for (size_t i = 0; i < set->n; i++) {
		if (set->leaves[i]->kind != FP_AST_PREFIX) {
			fp_diag(s->u, FP_E_SET_KIND, n->span, "'%s' is no set of prefixes",
				n->name->text);
			fp_diag_note(s->u, set->leaves[i]->span, "it holds this");
			return false;
		}
		if (!add_prefix(s, set->leaves[i], set->leaves[i]->text->text, out))
			return false;
	}
	return true;
}

static int by_prefix(const void *a, const void *b)
{
	return fp_prefix_cmp(a, b);
}

/* Sorted, without those that another one contains. */
static size_t minimal(struct fp_prefix *p, size_t n)
{
	size_t k = 0;

	if (n)
		qsort(p, n, sizeof(*p), by_prefix);
	for (size_t i = 0; i < n; i++)
		if (!k || !fp_prefix_contains(&p[k - 1], &p[i]))
			p[k++] = p[i];
	return k;
}

static bool read_port(struct fp_sema *s, const struct fp_ast *n, uint16_t *out)
{
	uint64_t v = n->value;

	if (n->kind == FP_AST_REFERENCE && !fp_sema_number(s, n, "port", &v))
		return false;
	if (!v || v > UINT16_MAX || n->flags & FP_AST_FLAG_NEGATIVE) {
		fp_diag(s->u, FP_E_NUMBER, n->span, "%" PRIu64 " is no port: ports are 1..65535",
			v);
		fp_diag_help(s->u, "a range is `port 1024..65535`, every port `port any`");
		return false;
	}
	*out = (uint16_t)v;
	return true;
}

struct port_list {
	FP_VEC(struct fp_ports) list;
};

static bool add_port(struct fp_sema *s, const struct fp_ast *port, struct port_list *out)
{
	const struct fp_ast *n = port->kids[0];
	struct fp_ports r = ALL_PORTS;

	if (n->kind == FP_AST_RANGE) {
		if (!read_port(s, n->kids[0], &r.first) || !read_port(s, n->kids[1], &r.last))
			return false;
		if (r.last < r.first) {
			fp_diag(s->u, FP_E_NUMBER, n->span, "the range of ports runs backwards");
			return false;
		}
	} else if (n->kind != FP_AST_NAME || strcmp(n->name->text, "any")) {
		if (!read_port(s, n, &r.first))
			return false;
		r.last = r.first;
	}
	fp_vec_push(&s->u->arena, &out->list, r);
	return true;
}

static int by_port(const void *a, const void *b)
{
	const struct fp_ports *x = a, *y = b;

	return x->first != y->first ? (x->first < y->first ? -1 : 1)
				    : (x->last > y->last) - (x->last < y->last);
}

/* Sorted and disjoint; neighbours become one. */
static size_t merge_ports(struct fp_ports *p, size_t n)
{
	size_t k = 0;

	if (n)
		qsort(p, n, sizeof(*p), by_port);
	for (size_t i = 0; i < n; i++) {
		if (k && p[i].first <= (uint32_t)p[k - 1].last + 1) {
			if (p[i].last > p[k - 1].last)
				p[k - 1].last = p[i].last;
		} else {
			p[k++] = p[i];
		}
	}
	return k;
}

static bool find_proto(struct fp_sema *s, const struct fp_ast *n, enum fp_proto *out)
{
	struct fp_nearest near;

	fp_nearest_init(&near, n->text->text, n->text->len);
	for (enum fp_proto p = FP_PROTO_ANY; p <= FP_PROTO_ICMP; p++) {
		fp_nearest_offer(&near, fp_proto_names[p]);
		if (!strcmp(fp_proto_names[p], n->text->text)) {
			*out = p;
			return true;
		}
	}
	fp_diag(s->u, FP_E_UNKNOWN_WORD, n->span, "there is no protocol '%s'", n->text->text);
	fp_diag_nearest(s->u, &near);
	fp_diag_help(s->u, "protocols are tcp, udp, sctp, icmp and any");
	return false;
}

static const char *net_text(struct fp_sema *s, const struct fp_rule_net *r, bool egress)
{
	struct fp_buf b;

	fp_buf_init(&b, &s->u->arena);
	fp_buf_printf(&b, "%s %s ", fp_proto_names[r->proto], egress ? "to" : "from");
	if (!r->prefix_count)
		fp_buf_puts(&b, "any");
	for (size_t i = 0; i < r->prefix_count; i++) {
		fp_buf_puts(&b, i ? ", " : "");
		fp_prefix_print(&b, &r->prefixes[i]);
	}
	if (r->port_count == 1 && !r->ports[0].first)
		return fp_buf_text(&b);
	for (size_t i = 0; i < r->port_count; i++) {
		fp_buf_printf(&b, "%s%u", i ? ", " : " port ", r->ports[i].first);
		if (r->ports[i].last != r->ports[i].first)
			fp_buf_printf(&b, "..%u", r->ports[i].last);
	}
	return fp_buf_text(&b);
}

bool fp_sema_net_rule(struct fp_sema *s, const struct fp_ast *n, bool egress,
		      struct fp_rule_net *out, const char **text)
{
	struct peers peers = { 0 };
	struct port_list ports = { 0 };
	bool ok = find_proto(s, n, &out->proto);

	for (size_t i = 0; i < n->n; i++) {
		const struct fp_ast *kid = n->kids[i];
		if (kid->kind == FP_AST_TAIL)
			continue;
		ok &= kid->kind == FP_AST_PORT ? add_port(s, kid, &ports)
					       : add_peer(s, kid, &peers);
	}
	if (!ok)
		return false;
	if (ports.list.n && out->proto == FP_PROTO_ICMP) {
		fp_diag(s->u, FP_E_UNKNOWN_WORD, fp_ast_kid(n, FP_AST_PORT)->span,
			"icmp has no ports");
		fp_diag_help(s->u, "leave out `port ...`: the rule is about all of icmp");
		return false;
	}
	if (!ports.list.n)
		fp_vec_push(&s->u->arena, &ports.list, ALL_PORTS);
	out->prefixes = peers.list.at;
	out->prefix_count = peers.any ? 0 : minimal(peers.list.at, peers.list.n);
	out->ports = ports.list.at;
	out->port_count = merge_ports(ports.list.at, ports.list.n);
	*text = net_text(s, out, egress);
	return true;
}

void fp_sema_net(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *section)
{
	bool egress = !strcmp(section->name->text, "egress");

	for (size_t i = 0; i < section->n; i++) {
		const struct fp_ast *n = section->kids[i];
		enum fp_grant effect = !strcmp(n->name->text, "allow") ? FP_ALLOW : FP_DENY;
		const char *text;
		if (n->kind == FP_AST_DEFAULT) {
			struct fp_draft_rule *r = fp_sema_rule(
				s, sc, egress ? FP_KIND_EGRESS_DEFAULT : FP_KIND_INGRESS_DEFAULT, n,
				"", "default %s", n->name->text);
			r->rule.u.effect = effect;
			continue;
		}
		struct fp_rule_net net = { .effect = effect };
		if (!fp_sema_net_rule(s, n, egress, &net, &text))
			continue;
		struct fp_draft_rule *r =
			fp_sema_rule(s, sc, egress ? FP_KIND_EGRESS : FP_KIND_INGRESS, n, NULL,
				     "%s %s", n->name->text, text);
		r->rule.u.net = net;
	}
}
