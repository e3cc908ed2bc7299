/* SPDX-License-Identifier: MIT */
/* nftables: the emitted chains, run by an independent reader, decide as the rules say. */
#include <stdio.h>

#include "tests/unit/nft_reader.h"

#include "backends/backend.h"

#define MAX_RULES 64

extern const struct fp_backend fp_backend_nftables;

struct policy {
	struct fp_ir ir;
	struct fp_rule rules[MAX_RULES];
	struct fp_target target;
};

struct emitted {
	struct fp_emission e;
	struct fp_claim claims[MAX_RULES];
	bool is_claimed[MAX_RULES];
};

static int set_up(void **state)
{
	struct fp_unit *u = calloc(1, sizeof(*u));

	if (!u)
		return -1;
	fp_unit_init(u, FP_MEMORY_LIMIT);
	if (setjmp(u->recover))
		abort();
	*state = u;
	return 0;
}

static int tear_down(void **state)
{
	fp_unit_free(*state);
	free(*state);
	return 0;
}

static int by_kind_and_text(const void *a, const void *b)
{
	const struct fp_rule *x = a, *y = b;

	return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->text, y->text);
}

/* What fp_ir_seal() promises. */
static void seal(struct policy *p, size_t n)
{
	qsort(p->rules, n, sizeof(*p->rules), by_kind_and_text);
	for (size_t i = 0; i < n; i++)
		p->rules[i].id = (uint32_t)i;
	for (unsigned k = 0, i = 0; k <= FP_KIND_N; k++) {
		while (i < n && p->rules[i].kind < k)
			i++;
		p->ir.first[k] = i;
	}
	p->ir.rules = p->rules;
	p->ir.rule_count = n;
	p->ir.name = "lab";
	for (unsigned f = 0; f < FP_FEAT_N; f++)
		p->target.effect[f] = FP_EFFECT_YES;
}

static struct fp_rule fallback(enum fp_kind kind, enum fp_grant effect)
{
	return (struct fp_rule){ .kind = kind, .text = "default", .u.effect = effect };
}

static const struct fp_ports all_ports[] = { { 0, 65535 } };

static struct fp_rule net(enum fp_kind kind, const char *text, struct fp_rule_net what)
{
	if (!what.ports) {
		what.ports = all_ports;
		what.port_count = 1;
	}
	return (struct fp_rule){ .kind = kind, .text = text, .u.net = what };
}

static struct fp_prefix *prefix(struct fp_unit *u, const char *text)
{
	struct fp_prefix *p = FP_NEW(&u->arena, struct fp_prefix);

	assert_int_equal(fp_prefix_parse(text, strlen(text), p), FP_PREFIX_OK);
	return p;
}

static struct fp_ports *port(struct fp_unit *u, uint16_t first, uint16_t last)
{
	struct fp_ports *p = FP_NEW(&u->arena, struct fp_ports);

	*p = (struct fp_ports){ first, last };
	return p;
}

static void compile(struct fp_unit *u, const struct policy *p, struct emitted *out)
{
	memset(out, 0, sizeof(*out));
	out->e.unit = u;
	out->e.ir = &p->ir;
	out->e.target = &p->target;
	out->e.claims = out->claims;
	out->e.is_claimed = out->is_claimed;
	fp_backend_nftables.emit(u, fp_backend_nftables.lower(u, &p->ir, &p->target), &out->e);
	for (size_t i = 0; i < p->ir.rule_count; i++) {
		assert_true(out->is_claimed[i]);
		if (out->claims[i].kind >= FP_CLAIM_WIDER)
			assert_non_null(out->claims[i].reason);
	}
	assert_int_equal(u->diags.errors, 0);
}

static const struct fp_artifact *artifact(const struct emitted *out, const char *name)
{
	for (size_t i = 0; i < out->e.artifacts.n; i++)
		if (!strcmp(out->e.artifacts.at[i]->name, name))
			return out->e.artifacts.at[i];
	return NULL;
}

/* The meaning, by brute force. */
static bool has_port(uint8_t proto)
{
	return proto == 6 || proto == 17 || proto == 132 || proto == 33 || proto == 136;
}

static bool speaks_of(const struct fp_rule_net *r, const struct nft_packet *p)
{
	static const uint8_t numbers[] = {
		[FP_PROTO_TCP] = 6, [FP_PROTO_UDP] = 17, [FP_PROTO_SCTP] = 132
	};
	struct fp_prefix one = { .family = p->is_v6 ? FP_IPV6 : FP_IPV4,
				 .bits = p->is_v6 ? 128 : 32 };
	bool peer = !r->prefix_count, port = false;

	if (r->proto == FP_PROTO_ICMP ? p->proto != 1 && p->proto != 58
				      : r->proto != FP_PROTO_ANY && p->proto != numbers[r->proto])
		return false;
	memcpy(one.addr, p->is_v6 ? p->address : p->address + 12, p->is_v6 ? 16 : 4);
	for (size_t i = 0; i < r->prefix_count; i++)
		peer |= fp_prefix_contains(&r->prefixes[i], &one);
	for (size_t i = 0; i < r->port_count; i++)
		port |= has_port(p->proto)
				? p->port >= r->ports[i].first && p->port <= r->ports[i].last
				: r->ports[i].first == 0 && r->ports[i].last == 65535;
	return peer && port;
}

static bool is_permitted(const struct fp_ir *ir, enum fp_kind kind, const struct nft_packet *p)
{
	bool allowed = false;

	fp_ir_each (ir, kind, r) {
		if (!speaks_of(&r->u.net, p))
			continue;
		if (r->u.net.effect == FP_DENY)
			return false;
		allowed = true;
	}
	enum fp_kind k = kind == FP_KIND_EGRESS ? FP_KIND_EGRESS_DEFAULT : FP_KIND_INGRESS_DEFAULT;
	return allowed || fp_ir_only(ir, k)->u.effect == FP_ALLOW;
}

/* A small generator: the same sequence everywhere. */
static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33) % n;
}

/* Prefixes from a small space, so that they nest, touch and repeat. */
static void random_prefix(struct fp_prefix *p)
{
	static const uint8_t lengths4[] = { 0, 1, 8, 24, 30, 31, 32 };
	static const uint8_t lengths6[] = { 0, 1, 32, 64, 126, 127, 128 };
	struct fp_prefix whole = { .family = random_below(2) ? FP_IPV4 : FP_IPV6 };
	bool is_v6 = whole.family == FP_IPV6;

	for (unsigned i = 0; i < (is_v6 ? 16 : 4); i++)
		whole.addr[i] = random_below(3) ? (uint8_t)(random_below(2) * 255) : 10;
	whole.addr[is_v6 ? 15 : 3] = (uint8_t)(random_below(2) * 248 + random_below(8));
	whole.bits = (is_v6 ? lengths6 : lengths4)[random_below(7)];
	for (unsigned i = whole.bits; i < (is_v6 ? 128 : 32); i++)
		whole.addr[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
	*p = whole;
}

static struct fp_rule random_rule(struct fp_unit *u, enum fp_kind kind, size_t n)
{
	static const uint16_t edges[] = { 1, 2, 52, 53, 54, 80, 443, 444, 1024, 65534, 65535 };
	struct fp_rule_net r = { .effect = random_below(3) ? FP_ALLOW : FP_DENY,
				 .proto = random_below(5) };
	struct fp_prefix *prefixes = FP_NEW_ARRAY(&u->arena, 4, struct fp_prefix);
	struct fp_ports *ports = FP_NEW_ARRAY(&u->arena, 2, struct fp_ports);

	r.prefix_count = random_below(4);
	for (size_t i = 0; i < r.prefix_count; i++)
		random_prefix(&prefixes[i]);
	r.prefixes = prefixes;
	if (r.proto != FP_PROTO_ICMP && random_below(3)) {
		size_t a = random_below(5), b = 5 + random_below(5);
		ports[0] =
			(struct fp_ports){ edges[a], edges[a + random_below((uint32_t)(5 - a))] };
		ports[1] =
			(struct fp_ports){ edges[b], edges[b + random_below((uint32_t)(11 - b))] };
		r.ports = ports;
		r.port_count = 1 + random_below(2);
	}
	return net(kind, fp_arena_printf(&u->arena, "rule %02zu", n), r);
}

static void step(uint8_t address[16], int by)
{
	for (size_t i = 16; i--;) {
		address[i] = (uint8_t)(address[i] + by);
		if (address[i] != (by > 0 ? 0 : 255))
			return;
	}
}

/* An address at, or one off, an edge of a prefix of the policy, or any. */
static void random_packet(const struct policy *p, struct nft_packet *out)
{
	static const uint8_t protos[] = { 6, 6, 17, 132, 33, 136, 1, 58, 47, 50 };
	static const uint16_t edges[] = { 0,    1,    2,    3,    51,    52,    53,   54,
					  55,   79,   80,   81,   442,   443,   444,  445,
					  1023, 1024, 1025, 9999, 65533, 65534, 65535 };
	const struct fp_rule_net *r = &p->rules[random_below((uint32_t)p->ir.rule_count)].u.net;
	struct fp_prefix edge;

	memset(out, 0, sizeof(*out));
	random_prefix(&edge);
	if (r->prefix_count && random_below(8))
		edge = r->prefixes[random_below((uint32_t)r->prefix_count)];
	out->is_v6 = edge.family == FP_IPV6;
	memcpy(out->is_v6 ? out->address : out->address + 12, edge.addr, out->is_v6 ? 16 : 4);
	if (random_below(2))
		for (unsigned i = edge.bits + (out->is_v6 ? 0 : 96u); i < 128; i++)
			out->address[i / 8] |= (uint8_t)(0x80u >> i % 8);
	uint32_t move = random_below(4);
	if (move < 2)
		step(out->address, move ? 1 : -1);
	if (!out->is_v6)
		memset(out->address, 0, 12);
	out->proto = protos[random_below(sizeof(protos))];
	out->port = edges[random_below(sizeof(edges) / sizeof(edges[0]))];
}

static void random_policy(struct fp_unit *u, struct policy *p)
{
	size_t n = 0, rules = 1 + random_below(24);

	memset(p, 0, sizeof(*p));
	p->rules[n++] = fallback(FP_KIND_EGRESS_DEFAULT, random_below(2) ? FP_ALLOW : FP_DENY);
	p->rules[n++] = fallback(FP_KIND_INGRESS_DEFAULT, random_below(2) ? FP_ALLOW : FP_DENY);
	for (size_t i = 0; i < rules; i++, n++)
		p->rules[n] = random_rule(u, random_below(3) ? FP_KIND_EGRESS : FP_KIND_INGRESS, i);
	seal(p, n);
}

static void check_disjoint(const struct nft_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = i + 1; k < s->n; k++) {
			const struct nft_element *a = &s->elements[i], *b = &s->elements[k];
			bool apart = memcmp(a->hi, b->lo, 16) < 0 || memcmp(b->hi, a->lo, 16) < 0 ||
				     a->last < b->first || b->last < a->first;
			assert_true(apart);
		}
}

static void check_chain(const struct policy *p, const struct nft_ruleset *rs, const char *chain,
			enum fp_kind kind)
{
	for (unsigned i = 0; i < 400; i++) {
		struct nft_packet packet;
		random_packet(p, &packet);
		bool wanted = is_permitted(&p->ir, kind, &packet);
		if (nft_accepts(rs, chain, &packet) != wanted)
			fail_msg("%s: proto %u port %u family %d address ...%02x%02x: want %d\n%s",
				 chain, packet.proto, packet.port, packet.is_v6 ? 6 : 4,
				 packet.address[14], packet.address[15], wanted, rs->text);
	}
}

static void check_file(const struct policy *p, const struct emitted *out, const char *name,
		       const char *ingress_chain)
{
	const struct fp_artifact *a = artifact(out, name);
	struct nft_ruleset rs;

	assert_non_null(a);
	nft_read(&rs, a->data, a->len);
	for (size_t i = 0; i < rs.n_sets; i++)
		check_disjoint(&rs.sets[i]);
	check_chain(p, &rs, "to_peers", FP_KIND_EGRESS);
	check_chain(p, &rs, ingress_chain, FP_KIND_INGRESS);
	nft_free(&rs);
}

static void decides_as_the_rules_say(void **state)
{
	struct policy p;
	struct emitted out;

	random_state = 42;
	for (unsigned i = 0; i < 150; i++) {
		random_policy(*state, &p);
		compile(*state, &p, &out);
		check_file(&p, &out, "nftables/egress.nft", "from_peers");
		check_file(&p, &out, "nftables/host.nft", "from_peers");
		check_file(&p, &out, "nftables/l2.nft", "reply");
	}
}

static const char *egress_text(struct fp_unit *u, const struct emitted *out)
{
	const struct fp_artifact *a = artifact(out, "nftables/egress.nft");

	return fp_arena_text(&u->arena, a->data, a->len);
}

/* Rules in another order, a rule said twice: the same bytes. */
static void order_and_repetition_do_not_show(void **state)
{
	struct policy p;
	struct emitted out;

	random_state = 7;
	for (unsigned i = 0; i < 50; i++) {
		random_policy(*state, &p);
		size_t n = p.ir.rule_count;
		compile(*state, &p, &out);
		const char *before = egress_text(*state, &out);
		for (size_t k = 2; k < n; k++) { /* the texts decide the order: reverse it */
			uint32_t id = p.rules[k].id;
			if (p.rules[k].kind == FP_KIND_EGRESS || p.rules[k].kind == FP_KIND_INGRESS)
				p.rules[k].text = fp_arena_printf(
					&((struct fp_unit *)*state)->arena, "rule %02zu", n - id);
		}
		p.rules[n] = p.rules[n - 1];
		p.rules[n].text = "twice";
		seal(&p, n + 1);
		compile(*state, &p, &out);
		assert_string_equal(egress_text(*state, &out), before);
	}
}

static void small_policy(struct fp_unit *u, struct policy *p)
{
	size_t n = 0;

	memset(p, 0, sizeof(*p));
	p->rules[n++] = fallback(FP_KIND_EGRESS_DEFAULT, FP_DENY);
	p->rules[n++] = fallback(FP_KIND_INGRESS_DEFAULT, FP_DENY);
	p->rules[n++] = net(FP_KIND_EGRESS, "allow tcp to 10.20.0.0/16 port 443",
			    (struct fp_rule_net){ FP_ALLOW, FP_PROTO_TCP, prefix(u, "10.20.0.0/16"),
						  1, port(u, 443, 443), 1 });
	p->rules[n++] = net(FP_KIND_EGRESS, "allow udp to 10.20.0.53 port 53",
			    (struct fp_rule_net){ FP_ALLOW, FP_PROTO_UDP, prefix(u, "10.20.0.53"),
						  1, port(u, 53, 53), 1 });
	p->rules[n++] = net(
		FP_KIND_EGRESS, "deny any to 10.20.0.7",
		(struct fp_rule_net){ FP_DENY, FP_PROTO_ANY, prefix(u, "10.20.0.7"), 1, NULL, 0 });
	p->rules[n] = (struct fp_rule){ .kind = FP_KIND_AUDIT, .text = "denied" };
	p->rules[n++].u.audit.denied = true;
	seal(p, n);
}

static void text_is_this(void **state)
{
	static const char wanted[] =
		"# lab: what the job may send and receive.\n"
		"# Load it into the job's own network namespace before the job starts.\n"
		"table inet fpol_lab\n"
		"delete table inet fpol_lab\n"
		"table inet fpol_lab {\n"
		"\tset out4_tcp {\n"
		"\t\ttype ipv4_addr . inet_service\n"
		"\t\tflags interval\n"
		"\t\telements = {\n"
		"\t\t\t10.20.0.0-10.20.0.6 . 443,\n"
		"\t\t\t10.20.0.8-10.20.255.255 . 443\n"
		"\t\t}\n"
		"\t}\n"
		"\tset out4_udp {\n"
		"\t\ttype ipv4_addr . inet_service\n"
		"\t\tflags interval\n"
		"\t\telements = {\n"
		"\t\t\t10.20.0.53 . 53\n"
		"\t\t}\n"
		"\t}\n"
		"\tchain to_peers {\n"
		"\t\tip daddr . tcp dport @out4_tcp ct state new,untracked accept\n"
		"\t\tip daddr . udp dport @out4_udp ct state new,untracked accept\n"
		"\t}\n"
		"\tchain output {\n"
		"\t\ttype filter hook output priority filter; policy drop;\n"
		"\t\toifname \"lo\" accept\n"
		"\t\tct state established accept\n"
		"\t\tct state related meta l4proto { icmp, icmpv6 } accept\n"
		"\t\tjump to_peers\n"
		"\t\tlimit rate 5/second burst 20 packets log prefix \"fpol lab egress denied: \" "
		"level info\n"
		"\t\tmeta l4proto tcp counter reject with tcp reset\n"
		"\t\tcounter reject with icmpx type admin-prohibited\n"
		"\t}\n"
		"\tchain input {\n"
		"\t\ttype filter hook input priority filter; policy drop;\n"
		"\t\tiifname \"lo\" accept\n"
		"\t\tct state established accept\n"
		"\t\tct state related meta l4proto { icmp, icmpv6 } accept\n"
		"\t\tlimit rate 5/second burst 20 packets log prefix \"fpol lab ingress denied: \" "
		"level info\n"
		"\t\tcounter drop\n"
		"\t}\n"
		"\tchain forward {\n"
		"\t\ttype filter hook forward priority filter; policy drop;\n"
		"\t\tcounter drop\n"
		"\t}\n"
		"}\n";
	struct policy p;
	struct emitted out;

	small_policy(*state, &p);
	compile(*state, &p, &out);
	assert_string_equal(artifact(&out, "nftables/egress.nft")->data, wanted);
}

static const char *rule_text(const struct policy *p, uint32_t id)
{
	return p->rules[id].text;
}

/* Whether some line with `needle` maps to the rule. */
static bool maps(const struct policy *p, const struct fp_artifact *a, const char *needle,
		 const char *rule)
{
	for (size_t i = 0; i < a->map.n; i++) {
		const struct fp_map *m = &a->map.at[i];
		const char *hit =
			memmem(a->data + m->begin, m->end - m->begin, needle, strlen(needle));
		assert_true(m->begin < m->end && m->end <= a->len && !m->pointer);
		assert_int_equal(a->data[m->end - 1], '\n');
		if (hit && !strcmp(rule_text(p, m->rule), rule))
			return true;
	}
	return false;
}

static void elements_know_their_rules(void **state)
{
	struct policy p;
	struct emitted out;

	small_policy(*state, &p);
	p.rules[p.ir.rule_count] =
		net(FP_KIND_EGRESS, "allow any to 10.20.0.53",
		    (struct fp_rule_net){ FP_ALLOW, FP_PROTO_ANY, prefix(*state, "10.20.0.53"), 1,
					  NULL, 0 });
	seal(&p, p.ir.rule_count + 1);
	compile(*state, &p, &out);
	const struct fp_artifact *a = artifact(&out, "nftables/egress.nft");
	const char *tcp = "allow tcp to 10.20.0.0/16 port 443", *any = "allow any to 10.20.0.53";
	assert_true(maps(&p, a, "10.20.0.0-10.20.0.6 . 443", tcp));
	assert_true(maps(&p, a, "10.20.0.53 . 0-65535", tcp));
	assert_true(maps(&p, a, "10.20.0.53 . 0-65535", any));
	assert_false(maps(&p, a, "10.20.0.0-10.20.0.6 . 443", any));
	assert_true(maps(&p, a, "\t\t\t10.20.0.53\n", "allow udp to 10.20.0.53 port 53"));
	assert_true(maps(&p, a, "reject with icmpx", "deny any to 10.20.0.7"));
	assert_true(maps(&p, a, "log prefix", "denied"));
}

static const struct fp_claim *claim_of(const struct policy *p, const struct emitted *out,
				       const char *text)
{
	for (size_t i = 0; i < p->ir.rule_count; i++)
		if (!strcmp(p->rules[i].text, text))
			return &out->claims[i];
	fail();
	return NULL;
}

static void claims_name_the_ways_past(void **state)
{
	const char *deny = "deny any to 10.20.0.7", *allow = "allow udp to 10.20.0.53 port 53";
	struct policy p;
	struct emitted out;

	small_policy(*state, &p);
	compile(*state, &p, &out);
	assert_int_equal(claim_of(&p, &out, deny)->kind, FP_CLAIM_EXACT);
	assert_non_null(artifact(&out, "nftables/l2.nft"));
	p.ir.caps = 1u << 13;
	p.target.effect[FP_FEAT_NFT_NETDEV_EGRESS] = FP_EFFECT_NO;
	p.target.why[FP_FEAT_NFT_NETDEV_EGRESS] = "needs Linux 5.16";
	compile(*state, &p, &out);
	assert_null(artifact(&out, "nftables/l2.nft"));
	assert_int_equal(claim_of(&p, &out, deny)->kind, FP_CLAIM_WIDER);
	assert_non_null(strstr(claim_of(&p, &out, deny)->reason, "AF_PACKET"));
	assert_non_null(strstr(claim_of(&p, &out, deny)->reason, "needs Linux 5.16"));
	assert_int_equal(claim_of(&p, &out, allow)->kind, FP_CLAIM_EXACT);
	p.ir.caps = 1u << 12;
	compile(*state, &p, &out);
	assert_int_equal(claim_of(&p, &out, "default")->kind, FP_CLAIM_WIDER);
	assert_non_null(strstr(claim_of(&p, &out, deny)->reason, "CAP_NET_ADMIN"));
}

static void host_network_is_left_alone(void **state)
{
	struct policy p;
	struct emitted out;
	size_t n;

	small_policy(*state, &p);
	n = p.ir.rule_count;
	p.rules[n] = (struct fp_rule){ .kind = FP_KIND_NAMESPACE, .text = "host network" };
	p.rules[n].u.ns.ns = FP_NS_NETWORK;
	seal(&p, n + 1);
	compile(*state, &p, &out);
	assert_int_equal(out.e.artifacts.n, 0);
	assert_int_equal(claim_of(&p, &out, "deny any to 10.20.0.7")->kind, FP_CLAIM_NONE);
}

/* What lo carries is let through, so a rule about it is not claimed. */
static void loopback_is_not_claimed(void **state)
{
	static const char *const peers[] = { "127.0.0.1", "127.0.0.0/9", "::1", "0.0.0.0", "::" };
	size_t peer_count = sizeof(peers) / sizeof(*peers);
	struct policy p;
	struct emitted out;
	size_t n;

	small_policy(*state, &p);
	n = p.ir.rule_count;
	for (size_t i = 0; i < peer_count; i++)
		p.rules[n + i] = net(FP_KIND_EGRESS, peers[i],
				     (struct fp_rule_net){ FP_DENY, FP_PROTO_ANY,
							   prefix(*state, peers[i]), 1, NULL, 0 });
	seal(&p, n + peer_count);
	compile(*state, &p, &out);
	for (size_t i = 0; i < peer_count; i++)
		assert_int_equal(claim_of(&p, &out, peers[i])->kind, FP_CLAIM_NONE);
}

static void names_are_made_safe(void **state)
{
	struct policy p;
	struct emitted out;

	small_policy(*state, &p);
	p.ir.name = "a b\"\n}${job}";
	compile(*state, &p, &out);
	const char *text = artifact(&out, "nftables/host.nft")->data;
	assert_non_null(strstr(text, "table inet fpol_a_b_____job_ {\n"));
	assert_non_null(strstr(text, "log prefix \"fpol a_b_____job_ egress denied: \""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(decides_as_the_rules_say, set_up, tear_down),
		cmocka_unit_test_setup_teardown(order_and_repetition_do_not_show, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(text_is_this, set_up, tear_down),
		cmocka_unit_test_setup_teardown(elements_know_their_rules, set_up, tear_down),
		cmocka_unit_test_setup_teardown(claims_name_the_ways_past, set_up, tear_down),
		cmocka_unit_test_setup_teardown(host_network_is_left_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(loopback_is_not_claimed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_are_made_safe, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
