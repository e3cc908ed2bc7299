/* SPDX-License-Identifier: MIT */
/* Lists of processors or memory nodes, as cpuset files have them: "0-3,8". */
#include "merge/internal.h"

#define CPU_LIMIT 8192u /* NR_CPUS of the largest kernels */

static bool add_range(uint64_t *set, unsigned first, unsigned last)
{
	if (first > last || last >= CPU_LIMIT)
		return false;
	for (unsigned i = first; i <= last; i++)
		set[i / 64] |= UINT64_C(1) << (i % 64);
	return true;
}

static bool read_cpu(const char **text, unsigned *out)
{
	*out = 0;
	if (**text < '0' || **text > '9')
		return false;
	for (; **text >= '0' && **text <= '9' && *out < CPU_LIMIT; ++*text)
		*out = *out * 10 + (unsigned)(**text - '0');
	return true;
}

static bool read_cpus(const char *text, uint64_t *set)
{
	unsigned first, last;

	while (read_cpu(&text, &first)) {
		last = first;
		if (*text == '-') {
			text++;
			if (!read_cpu(&text, &last))
				return false;
		}
		if (!add_range(set, first, last))
			return false;
		if (!*text)
			return true;
		if (*text++ != ',')
			return false;
	}
	return false;
}

static bool has_cpu(const uint64_t *set, unsigned i)
{
	return i < CPU_LIMIT && set[i / 64] >> (i % 64) & 1;
}

const char *fp_merge_cpus(struct fp_unit *u, const char *a, const char *b)
{
	uint64_t x[CPU_LIMIT / 64] = { 0 }, y[CPU_LIMIT / 64] = { 0 };
	struct fp_buf out;

	fp_buf_init(&out, &u->arena);
	if (!read_cpus(a, x) || !read_cpus(b, y))
		return NULL;
	for (size_t i = 0; i < CPU_LIMIT / 64; i++)
		x[i] &= y[i];
	for (unsigned i = 0; i < CPU_LIMIT; i++) {
		unsigned last = i;

		if (!has_cpu(x, i))
			continue;
		while (has_cpu(x, last + 1))
			last++;
		fp_buf_printf(&out, last > i ? "%s%u-%u" : "%s%u", out.len ? "," : "", i, last);
		i = last;
	}
	return out.len ? fp_buf_text(&out) : NULL;
}
