/* SPDX-License-Identifier: MIT */
/* IP prefixes. */
#include "base/ipaddr.h"

#include <arpa/inet.h>
#include <string.h>

static unsigned width(enum fp_family family)
{
	return family == FP_IPV4 ? 32 : 128;
}

static bool parse_bits(const char *text, size_t len, unsigned max, uint8_t *out)
{
	unsigned v = 0;

	if (len < 1 || len > 3 || (len > 1 && text[0] == '0'))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		v = v * 10 + (unsigned)(text[i] - '0');
	}
	*out = (uint8_t)v;
	return v <= max;
}

/* Clears the bits past the length; true if any was set. */
static bool clear_host_bits(struct fp_prefix *p)
{
	bool found = false;

	for (unsigned i = 0; i < width(p->family) / 8; i++) {
		unsigned keep = p->bits <= i * 8 ? 0 : p->bits - i * 8;
		uint8_t mask = (uint8_t)(keep >= 8 ? 0xffu : 0xff00u >> keep);
		found |= (p->addr[i] & ~mask) != 0;
		p->addr[i] = (uint8_t)(p->addr[i] & mask);
	}
	return found;
}

enum fp_prefix_error fp_prefix_parse(const char *text, size_t len, struct fp_prefix *out)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = memchr(text, '/', len);
	size_t n = slash ? (size_t)(slash - text) : len;

	memset(out, 0, sizeof(*out));
	if (n >= sizeof(address) || memchr(text, '\0', n))
		return FP_PREFIX_SYNTAX;
	memcpy(address, text, n);
	address[n] = '\0';
	out->family = memchr(text, ':', n) ? FP_IPV6 : FP_IPV4;
	if (inet_pton(out->family == FP_IPV6 ? AF_INET6 : AF_INET, address, out->addr) != 1)
		return FP_PREFIX_SYNTAX;
	out->bits = (uint8_t)width(out->family);
	if (slash && !parse_bits(slash + 1, len - n - 1, width(out->family), &out->bits))
		return FP_PREFIX_LENGTH;
	return clear_host_bits(out) ? FP_PREFIX_HOST_BITS : FP_PREFIX_OK;
}

void fp_prefix_print(struct fp_buf *b, const struct fp_prefix *p)
{
	char text[INET6_ADDRSTRLEN];

	if (!inet_ntop(p->family == FP_IPV6 ? AF_INET6 : AF_INET, p->addr, text, sizeof(text)))
		return;
	fp_buf_puts(b, text);
	if (p->bits < width(p->family))
		fp_buf_printf(b, "/%u", p->bits);
}

int fp_prefix_cmp(const struct fp_prefix *a, const struct fp_prefix *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	int c = memcmp(a->addr, b->addr, sizeof(a->addr));
	return c ? c : (a->bits > b->bits) - (a->bits < b->bits);
}

bool fp_prefix_contains(const struct fp_prefix *outer, const struct fp_prefix *inner)
{
	struct fp_prefix cut = *inner;

	if (outer->family != inner->family || outer->bits > inner->bits)
		return false;
	cut.bits = outer->bits;
	clear_host_bits(&cut);
	return !memcmp(cut.addr, outer->addr, sizeof(cut.addr));
}

bool fp_prefix_is_mapped(const struct fp_prefix *p, struct fp_prefix *v4)
{
	static const struct fp_prefix mapped = { FP_IPV6, 96, { [10] = 0xff, [11] = 0xff } };

	if (!fp_prefix_contains(&mapped, p))
		return false;
	*v4 = (struct fp_prefix){ FP_IPV4, (uint8_t)(p->bits - 96), { 0 } };
	memcpy(v4->addr, p->addr + 12, 4);
	return true;
}
