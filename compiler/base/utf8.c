/* SPDX-License-Identifier: MIT */
/* Decodes UTF-8 strictly: no overlong forms, no surrogates (RFC 3629). */
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

size_t fp_utf8_length(const char *s, size_t left, uint32_t *point)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char c = (unsigned char)*s;
	size_t n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
	uint32_t v = n == 1 ? c : c & (0x7fu >> n);

	if (!n || n > left)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | ((unsigned char)s[i] & 0x3f);
	}
	*point = v;
	return v < least[n] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff) ? 0 : n;
}

bool fp_utf8_is_bidi(uint32_t c)
{
	return c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

size_t fp_utf8_visible(const char *s, size_t left, char out[5])
{
	uint32_t c;
	size_t n = fp_utf8_length(s, left, &c);

	if (!n || c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xfeff || fp_utf8_is_bidi(c)) {
		snprintf(out, 5, "\\x%02x", (unsigned char)*s);
		return 1;
	}
	memcpy(out, s, n);
	out[n] = '\0';
	return n;
}
