/* SPDX-License-Identifier: MIT */
/* Calendar dates. */
#include "base/date.h"

static unsigned days_in(unsigned year, unsigned month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

static bool digits(const char *text, size_t n, unsigned *out)
{
	unsigned v = 0;

	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		v = v * 10 + (unsigned)(text[i] - '0');
	}
	*out = v;
	return true;
}

bool fp_date_parse(const char *text, size_t len, struct fp_date *out)
{
	unsigned y, m, d;

	if (len != 10 || text[4] != '-' || text[7] != '-' || !digits(text, 4, &y) ||
	    !digits(text + 5, 2, &m) || !digits(text + 8, 2, &d))
		return false;
	if (y < 1970 || m < 1 || m > 12 || d < 1 || d > days_in(y, m))
		return false;
	*out = (struct fp_date){ .year = (uint16_t)y, .month = (uint8_t)m, .day = (uint8_t)d };
	return true;
}

int fp_date_cmp(struct fp_date a, struct fp_date b)
{
	uint32_t x = (uint32_t)a.year << 16 | (uint32_t)a.month << 8 | a.day;
	uint32_t y = (uint32_t)b.year << 16 | (uint32_t)b.month << 8 | b.day;

	return (x > y) - (x < y);
}

bool fp_date_from_epoch(uint64_t seconds, struct fp_date *out)
{
	uint64_t days = seconds / 86400;
	unsigned y = 1970, m = 1;

	for (; y <= 9999; y++) {
		unsigned n = days_in(y, 2) == 29 ? 366 : 365;
		if (days < n)
			break;
		days -= n;
	}
	if (y > 9999)
		return false;
	for (; days >= days_in(y, m); m++)
		days -= days_in(y, m);
	*out = (struct fp_date){ (uint16_t)y, (uint8_t)m, (uint8_t)(days + 1) };
	return true;
}
