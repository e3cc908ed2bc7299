/* SPDX-License-Identifier: MIT */
/* Reads back and runs the rulesets of the nftables back end; shares no code with it. For one test
 * file: all is static. */
#ifndef FP_TESTS_UNIT_NFT_READER_H
#define FP_TESTS_UNIT_NFT_READER_H

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct nft_packet {
	bool is_v6;
	uint8_t address[16]; /* of the peer; IPv4 in the last four bytes */
	uint8_t proto;       /* IPPROTO_* */
	uint16_t port;       /* where the protocol has one */
};

struct nft_element {
	uint8_t lo[16], hi[16];
	uint32_t first, last; /* ports; 0..65535 in a set of addresses */
};

struct nft_set {
	char name[32];
	bool is_v6;
	struct nft_element *elements;
	size_t n;
};

struct nft_ruleset {
	char *text;
	struct nft_set sets[32];
	size_t n_sets;
};

#define NFT_LINE 512

/* Copies the line without its tabs; returns the start of the next one. */
static const char *next_line(const char *at, char line[NFT_LINE])
{
	const char *end = strchr(at, '\n');
	size_t n = 0;

	assert_non_null(end);
	for (; at < end; at++)
		if (*at != '\t' && n < NFT_LINE - 1)
			line[n++] = *at;
	line[n] = '\0';
	return end + 1;
}

static void read_address(const char *text, size_t len, bool is_v6, uint8_t out[16])
{
	char copy[64] = { 0 };

	assert_true(len < sizeof(copy));
	memcpy(copy, text, len);
	memset(out, 0, 16);
	assert_int_equal(inet_pton(is_v6 ? AF_INET6 : AF_INET, copy, is_v6 ? out : out + 12), 1);
}

/* "10.0.0.0/8", "10.0.0.1-10.0.0.9", "10.0.0.1". */
static void read_range(const char *text, size_t len, bool is_v6, struct nft_element *e)
{
	const char *dash = memchr(text, '-', len), *slash = memchr(text, '/', len);
	size_t n = dash ? (size_t)(dash - text) : slash ? (size_t)(slash - text) : len;

	read_address(text, n, is_v6, e->lo);
	memcpy(e->hi, e->lo, 16);
	if (dash)
		read_address(dash + 1, len - n - 1, is_v6, e->hi);
	if (!slash)
		return;
	int bits = atoi(slash + 1) + (is_v6 ? 0 : 96);
	for (int i = bits; i < 128; i++) {
		assert_int_equal(e->lo[i / 8] >> (7 - i % 8) & 1, 0);
		e->hi[i / 8] = (uint8_t)(e->hi[i / 8] | 1u << (7 - i % 8));
	}
}

static void read_element(struct nft_set *s, const char *line)
{
	const char *dot = strstr(line, " . ");
	size_t len = strcspn(line, " ,");
	struct nft_element e = { .first = 0, .last = 65535 };

	read_range(line, len, s->is_v6, &e);
	assert_true(memcmp(e.lo, e.hi, 16) <= 0);
	if (dot) {
		char *end;
		e.first = (uint32_t)strtoul(dot + 3, &end, 10);
		e.last = *end == '-' ? (uint32_t)strtoul(end + 1, NULL, 10) : e.first;
		assert_true(e.first <= e.last && e.last <= 65535);
	}
	if (!(s->n & (s->n - 1)))
		s->elements = realloc(s->elements, (s->n ? s->n * 2 : 1) * sizeof(e));
	assert_non_null(s->elements);
	s->elements[s->n++] = e;
}

static const char *read_set(struct nft_ruleset *rs, const char *head, const char *at)
{
	struct nft_set *s = &rs->sets[rs->n_sets++];
	size_t len = strcspn(head + 4, " ");
	char line[NFT_LINE];

	assert_true(rs->n_sets < 32 && len < sizeof(s->name));
	memcpy(s->name, head + 4, len);
	at = next_line(at, line);
	s->is_v6 = !strncmp(line, "type ipv6_addr", 14);
	assert_true(s->is_v6 || !strncmp(line, "type ipv4_addr", 14));
	at = next_line(at, line);
	assert_string_equal(line, "flags interval");
	at = next_line(at, line);
	assert_string_equal(line, "elements = {");
	for (;;) {
		at = next_line(at, line);
		if (!strcmp(line, "}"))
			break;
		read_element(s, line);
	}
	assert_true(s->n > 0); /* nft refuses "elements = { }" */
	at = next_line(at, line);
	assert_string_equal(line, "}");
	return at;
}

/* Fails the test on anything it does not understand. */
static void nft_read(struct nft_ruleset *rs, const char *text, size_t len)
{
	const char *at;
	char line[NFT_LINE];

	memset(rs, 0, sizeof(*rs));
	rs->text = calloc(len + 1, 1);
	assert_non_null(rs->text);
	memcpy(rs->text, text, len);
	for (at = rs->text; *at;) {
		at = next_line(at, line);
		if (!strncmp(line, "set ", 4))
			at = read_set(rs, line, at);
	}
}

static void nft_free(struct nft_ruleset *rs)
{
	for (size_t i = 0; i < rs->n_sets; i++)
		free(rs->sets[i].elements);
	free(rs->text);
}

static const char *find_chain(const struct nft_ruleset *rs, const char *chain)
{
	char head[64] = "\tchain ";

	strncat(head, chain, sizeof(head) - 12);
	strncat(head, " {\n", sizeof(head) - strlen(head) - 1);
	const char *at = strstr(rs->text, head);
	return at ? at + strlen(head) : NULL;
}

static uint8_t proto_number(const char *name, size_t len)
{
	static const struct {
		const char *name;
		uint8_t number;
	} all[] = { { "tcp", 6 },  { "udp", 17 },      { "sctp", 132 }, { "dccp", 33 },
		    { "icmp", 1 }, { "udplite", 136 }, { "icmpv6", 58 } };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strlen(all[i].name) == len && !memcmp(all[i].name, name, len))
			return all[i].number;
	fail_msg("unknown protocol %.*s", (int)len, name);
	return 0;
}

/* "{ tcp, udp } rest": whether the list holds the protocol; moves past it. */
static bool in_list(const char **at, uint8_t proto)
{
	bool found = false;

	assert_int_equal(**at, '{');
	*at += 2;
	while (**at != '}') {
		size_t len = strcspn(*at, " ,");
		found |= proto_number(*at, len) == proto;
		*at += len;
		*at += strspn(*at, " ,");
	}
	*at += 2;
	return found;
}

static bool in_set(const struct nft_ruleset *rs, const char *name, size_t len,
		   const struct nft_packet *p, uint16_t port)
{
	for (size_t i = 0; i < rs->n_sets; i++) {
		const struct nft_set *s = &rs->sets[i];
		if (strlen(s->name) != len || memcmp(s->name, name, len))
			continue;
		assert_int_equal(s->is_v6, p->is_v6);
		for (size_t k = 0; k < s->n; k++)
			if (memcmp(p->address, s->elements[k].lo, 16) >= 0 &&
			    memcmp(p->address, s->elements[k].hi, 16) <= 0 &&
			    port >= s->elements[k].first && port <= s->elements[k].last)
				return true;
		return false;
	}
	fail_msg("no set %.*s", (int)len, name);
	return false;
}

static bool eat(const char **at, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*at, word, len))
		return false;
	*at += len;
	return true;
}

/* "ip daddr . tcp dport @out4_tcp " and "ip daddr @out4_tcp ". */
static bool match_address(const struct nft_ruleset *rs, const char **at, const struct nft_packet *p)
{
	bool is_v6 = eat(at, "ip6 "), is_ours = is_v6 == p->is_v6;

	assert_true(is_v6 || eat(at, "ip "));
	assert_true(eat(at, "daddr ") || eat(at, "saddr "));
	if (eat(at, ". ")) {
		size_t len = strcspn(*at, " ");
		bool is_th = len == 2 && !memcmp(*at, "th", 2);
		is_ours &= is_th || proto_number(*at, len) == p->proto;
		*at += len + 1;
		assert_true(eat(at, "dport ") || eat(at, "sport "));
	}
	assert_true(eat(at, "@"));
	size_t len = strcspn(*at, " ");
	bool holds = is_ours && in_set(rs, *at, len, p, p->port);
	*at += len + 1;
	return holds;
}

/* One statement; true when all its matches hold, and then `verdict` is what follows. */
static bool run_rule(const struct nft_ruleset *rs, const char *line, const struct nft_packet *p,
		     const char **verdict)
{
	const char *at = line;
	bool holds = true;

	while (*at && strcmp(at, "accept") && strcmp(at, "return")) {
		if (eat(&at, "meta l4proto != "))
			holds &= !in_list(&at, p->proto);
		else if (eat(&at, "meta l4proto "))
			holds &= in_list(&at, p->proto);
		else if (eat(&at, "ct state new,untracked ") ||
			 eat(&at, "meta protocol { ip, ip6 } "))
			continue;
		else if (eat(&at, "tcp flags & (syn | ack) == syn "))
			holds = false;
		else if (!strncmp(at, "ip", 2))
			holds &= match_address(rs, &at, p);
		else
			fail_msg("not understood: %s", at);
	}
	*verdict = at;
	return holds;
}

/*
 * Whether the chain accepts the packet: one that conntrack calls new, and no SYN. The packet's
 * address and port stand for what the chain looks at, be it saddr or daddr.
 */
static bool nft_accepts(const struct nft_ruleset *rs, const char *chain, const struct nft_packet *p)
{
	const char *at = find_chain(rs, chain), *verdict;
	char line[NFT_LINE];

	if (!at)
		return false; /* not printed: nothing is permitted */
	for (;;) {
		at = next_line(at, line);
		if (!strcmp(line, "}"))
			return false;
		if (run_rule(rs, line, p, &verdict))
			return !strcmp(verdict, "accept");
	}
}

#endif
