/* SPDX-License-Identifier: MIT */
/* IP prefixes: one 128-bit space, IPv4 in its own half so that families never mix. */
#ifndef FP_BASE_IPADDR_H
#define FP_BASE_IPADDR_H

#include "base/buf.h"

enum fp_family {
	FP_IPV4,
	FP_IPV6
};

/* Network byte order; IPv4 uses bytes 0..3. Bits past `bits` are zero. */
struct fp_prefix {
	enum fp_family family;
	uint8_t bits; /* 0..32 or 0..128 */
	uint8_t addr[16];
};

enum fp_prefix_error {
	FP_PREFIX_OK,
	FP_PREFIX_SYNTAX,
	FP_PREFIX_LENGTH,
	FP_PREFIX_HOST_BITS
};

/* "10.0.0.0/16", "10.0.0.1", "2001:db8::/32". On HOST_BITS `out` holds the prefix that was meant.
 */
enum fp_prefix_error fp_prefix_parse(const char *text, size_t len, struct fp_prefix *out);

/* RFC 5952 text; the length is left out for a single address. */
void fp_prefix_print(struct fp_buf *b, const struct fp_prefix *p);

int fp_prefix_cmp(const struct fp_prefix *a, const struct fp_prefix *b); /* family, address, bits */
bool fp_prefix_contains(const struct fp_prefix *outer, const struct fp_prefix *inner);

/*
 * Whether the prefix lies in ::ffff:0:0/96 (RFC 4291, 2.5.5.2), with the IPv4 prefix it stands for.
 * No packet has such an address: an AF_INET6 socket that is told one sends IPv4.
 */
bool fp_prefix_is_mapped(const struct fp_prefix *p, struct fp_prefix *v4);

#endif
