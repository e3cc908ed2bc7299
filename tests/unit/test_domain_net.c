/* SPDX-License-Identifier: MIT */
/* Packets as diagrams against evaluation, at every edge of random rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ir/decide.h"
#include "ir/domain_net.h"
#include "ir/eval.h"
#include "prover_unit.h"
#include "random.h"
#include "sema/sema.h"

/* Every question was decided. */
static void end_decided(void)
{
	assert_false(prover.dd.is_spent);
	end();
}

static const char *const protos[] = { "any", "tcp", "udp", "sctp", "icmp" };
static const char *const peers[] = { "any",         "10.0.0.0/8",    "10.1.0.0/16",
				     "10.1.2.3",    "0.0.0.0/1",     "128.0.0.0/1",
				     "::/0",        "2001:db8::/32", "2001:db8::17",
				     "0.0.0.0/0",   "fe80::/10",     "10.0.0.0/9",
				     "10.1.2.0/30", "2001:db8::/127" };
static const char *const port_sets[] = {
	"", " port 22", " port 1..1023", " port 80, 443..450", " port 1024..65535", " port 1..65535"
};

static void put_peer(struct fp_buf *b, const char *word)
{
	unsigned proto = random_below(5);

	fp_buf_printf(b, "%s %s %s%s", protos[proto], word, peers[random_below(14)],
		      proto == FP_PROTO_ICMP ? "" : port_sets[random_below(6)]);
}

static const char *draw_policy(void)
{
	struct fp_buf b;

	fp_buf_init(&b, &u.arena);
	for (int way = 0; way < 2; way++) {
		size_t n = random_below(6);
		fp_buf_printf(&b, "%s { default %s;\n", way ? "ingress" : "egress",
			      random_below(3) ? "deny" : "allow");
		for (size_t i = 0; i < n; i++) {
			fp_buf_puts(&b, random_below(3) ? "allow " : "deny ");
			put_peer(&b, way ? "from" : "to");
			fp_buf_puts(&b, ";\n");
		}
		fp_buf_puts(&b, "}\n");
	}
	return fp_buf_text(&b);
}

/* Addresses and ports beside every edge that rules have. */
static const char *const edges[] = {
	"0.0.0.0",      "9.255.255.255",   "10.0.0.0",     "10.0.255.255",
	"10.1.0.0",     "10.1.2.0",        "10.1.2.3",     "10.1.2.4",
	"10.1.255.255", "10.127.255.255",  "10.128.0.0",   "10.255.255.255",
	"11.0.0.0",     "127.255.255.255", "128.0.0.0",    "255.255.255.255",
	"::",           "2001:db7::1",     "2001:db8::",   "2001:db8::1",
	"2001:db8::2",  "2001:db8::17",    "2001:db8::18", "2001:db9::",
	"fe80::1",      "febf::",          "fec0::",       "ffff::"
};
static const uint16_t ports[] = { 1,   2,   21,  22,   23,   79,   80,    81,   442,
				  443, 450, 451, 1023, 1024, 1025, 65534, 65535 };

static size_t compared;

static bool permits(const struct fp_ir *ir, bool egress, const struct fp_packet *p)
{
	return fp_eval_net(ir, egress, p->proto, &p->peer, p->port).effect == FP_ALLOW;
}

static bool has(uint32_t node, const struct fp_packet *p)
{
	struct fp_dd_set bits;

	fp_domain_packet_bits(p, &bits);
	return fp_dd_eval(&prover.dd, node, &bits);
}

/* Calls back with every packet at an edge. */
static void each_packet(void (*take)(void *, const struct fp_packet *), void *context)
{
	struct fp_packet p;

	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		assert_int_equal(fp_prefix_parse(edges[i], strlen(edges[i]), &p.peer),
				 FP_PREFIX_OK);
		for (p.proto = FP_PROTO_TCP; p.proto <= FP_PROTO_SCTP; p.proto++)
			for (size_t k = 0; k < sizeof(ports) / sizeof(ports[0]); k++) {
				p.port = ports[k];
				take(context, &p);
			}
		p.proto = FP_PROTO_ICMP;
		p.port = 0;
		take(context, &p);
	}
}

struct both {
	const struct fp_ir *a, *b;
	const struct fp_rule_net *asked;
	uint32_t node;
	bool egress, is_never, any;
};

static void same_as_evaluated(void *context, const struct fp_packet *p)
{
	const struct both *c = context;

	if (has(c->node, p) != permits(c->a, c->egress, p))
		fail_msg("%s", fp_domain_packet_text(&u.arena, p, c->egress));
	compared++;
}

static void find_wider(void *context, const struct fp_packet *p)
{
	struct both *c = context;

	c->any |= permits(c->a, c->egress, p) && !permits(c->b, c->egress, p);
}

/* The first packet of a rule's text, back from an example. */
static struct fp_packet packet_of(const char *text)
{
	struct fp_packet p = { .proto = FP_PROTO_ANY };
	char proto[8] = "", address[64] = "";
	unsigned port = 0;

	sscanf(text, "%7s %*s %63s port %u", proto, address, &port);
	for (unsigned i = FP_PROTO_TCP; i <= FP_PROTO_ICMP; i++)
		if (!strcmp(proto, protos[i]))
			p.proto = (enum fp_proto)i;
	assert_int_not_equal(p.proto, FP_PROTO_ANY);
	assert_int_equal(fp_prefix_parse(address, strlen(address), &p.peer), FP_PREFIX_OK);
	p.port = (uint16_t)port;
	return p;
}

static size_t pairs, wider;

static void check_pair(struct both *c)
{
	struct fp_excesses more = { 0 };

	c->any = false;
	each_packet(find_wider, c);
	fp_refine_net(&prover, c->a, c->b, c->egress, &more);
	pairs++;
	if (c->any && !more.list.n)
		fail_msg("a packet was not found");
	if (!more.list.n)
		return;
	wider++;
	struct fp_packet p = packet_of(more.list.at[0].example);
	assert_true(permits(c->a, c->egress, &p));
	assert_false(permits(c->b, c->egress, &p));
}

static void packets_are_decided_as_evaluated(void **state)
{
	(void)state;
	for (int round = 0; round < 150; round++) {
		begin();
		struct both c = { .a = resolve(draw_policy()), .b = resolve(draw_policy()) };
		for (int way = 0; way < 2; way++) {
			c.egress = way;
			c.node = fp_domain_net(&prover.dd, c.a, c.egress);
			each_packet(same_as_evaluated, &c);
			check_pair(&c);
		}
		end_decided();
	}
	assert_true(wider > 50 && pairs - wider > 10);
	printf("measured: %zu packets of random rules, diagram against evaluation, 0 wrong\n",
	       compared);
	printf("measured: %zu refinements of packets, %zu refuted, 0 wrong\n", pairs, wider);
}

static size_t asked, refuted;

static bool is_asked(const struct fp_rule_net *r, const struct fp_packet *p)
{
	bool there = !r->prefix_count, port = false;

	for (size_t i = 0; i < r->prefix_count; i++)
		there |= fp_prefix_contains(&r->prefixes[i], &p->peer);
	for (size_t i = 0; i < r->port_count; i++)
		port |= p->port >= r->ports[i].first && p->port <= r->ports[i].last;
	return there && port && (r->proto == FP_PROTO_ANY || r->proto == p->proto);
}

static void find_against(void *context, const struct fp_packet *p)
{
	struct both *c = context;

	c->any |= is_asked(c->asked, p) && permits(c->a, c->egress, p) == c->is_never;
}

static void check_claim(struct both *c, const struct fp_ir *rules)
{
	/* What is asked about is a rule of another policy. */
	fp_ir_each (rules, FP_KIND_EGRESS, r) {
		struct fp_subject s = { .kind = FP_SUBJECT_EGRESS, .net = r->u.net };
		c->asked = &r->u.net;
		c->any = false;
		each_packet(find_against, c);
		struct fp_counter k = fp_decide_net(&prover, c->a, &s, c->is_never);
		asked++;
		assert_int_not_equal(k.outcome, FP_UNDECIDED);
		if (c->any)
			assert_int_equal(k.outcome, FP_FAILS);
		if (k.outcome != FP_FAILS)
			continue;
		refuted++;
		struct fp_packet p = packet_of(k.example);
		assert_true(is_asked(c->asked, &p));
		assert_int_equal(permits(c->a, true, &p), c->is_never);
		assert_ptr_equal(k.rule, fp_eval_net(c->a, true, p.proto, &p.peer, p.port).rule);
	}
}

static void claims_are_decided_as_evaluated(void **state)
{
	(void)state;
	for (int round = 0; round < 150; round++) {
		begin();
		struct both c = { .a = resolve(draw_policy()), .egress = true };
		const struct fp_ir *rules = resolve(draw_policy());
		check_claim(&c, rules);
		c.is_never = true;
		check_claim(&c, rules);
		end_decided();
	}
	assert_true(refuted > 100 && asked - refuted > 100);
	printf("measured: %zu never and expect of packets, %zu refuted, 0 wrong\n", asked, refuted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_are_decided_as_evaluated),
		cmocka_unit_test(claims_are_decided_as_evaluated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
