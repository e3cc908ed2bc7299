/* SPDX-License-Identifier: MIT */
/* Calendar dates as policies write them: YYYY-MM-DD, Gregorian, no time zone. */
#ifndef FP_BASE_DATE_H
#define FP_BASE_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fp_date {
	uint16_t year; /* 1970..9999; 0 is "none" */
	uint8_t month, day;
};

bool fp_date_parse(const char *text, size_t len, struct fp_date *out); /* false: no such day */
int fp_date_cmp(struct fp_date a, struct fp_date b);
bool fp_date_from_epoch(uint64_t seconds, struct fp_date *out); /* UTC; SOURCE_DATE_EPOCH */

#endif
