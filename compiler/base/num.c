/* SPDX-License-Identifier: MIT */
/* Numbers from outside. */
#include "base/num.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static unsigned digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 99;
}

bool fp_num_parse_base(const char *text, size_t len, unsigned base, uint64_t *out)
{
	uint64_t v = 0;

	if (!len)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned d = digit(text[i]);
		if (d >= base || __builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, d, &v))
			return false;
	}
	*out = v;
	return true;
}

bool fp_num_parse(const char *text, size_t len, uint64_t *out)
{
	if (len > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return fp_num_parse_base(text + 2, len - 2, 16, out);
	return fp_num_parse_base(text, len, 10, out);
}

static const struct {
	const char *suffix;
	unsigned shift;
} units[] = { { "TiB", 40 }, { "GiB", 30 }, { "MiB", 20 }, { "KiB", 10 }, { "B", 0 } };

#define UNITS (sizeof(units) / sizeof(units[0]))

bool fp_num_parse_size(const char *text, size_t len, uint64_t *out)
{
	uint64_t v;

	for (size_t i = 0; i < UNITS; i++) {
		size_t n = strlen(units[i].suffix);
		if (len <= n || memcmp(text + len - n, units[i].suffix, n))
			continue;
		if (!fp_num_parse(text, len - n, &v) || v > UINT64_MAX >> units[i].shift)
			return false;
		*out = v << units[i].shift;
		return true;
	}
	return fp_num_parse(text, len, out);
}

const char *fp_num_size_text(uint64_t bytes, char out[32])
{
	size_t i = 0;

	while (i < UNITS - 1 && (!bytes || bytes & (((uint64_t)1 << units[i].shift) - 1)))
		i++;
	snprintf(out, 32, "%" PRIu64 "%s", bytes >> units[i].shift, bytes ? units[i].suffix : "");
	return out;
}
