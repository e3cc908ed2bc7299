/* SPDX-License-Identifier: MIT */
/* Numbers from outside: whole, checked, never signed by surprise. */
#ifndef FP_BASE_NUM_H
#define FP_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal or 0x hexadecimal digits and nothing else. False: malformed, or past 64 bits. */
bool fp_num_parse(const char *text, size_t len, uint64_t *out);

/* Digits of one base, 2..16. */
bool fp_num_parse_base(const char *text, size_t len, unsigned base, uint64_t *out);

/* A number with B, KiB, MiB, GiB or TiB behind it, or without. */
bool fp_num_parse_size(const char *text, size_t len, uint64_t *out);

/* "512MiB", "1000B": the largest unit that leaves no rest. Writes at most 32 bytes. */
const char *fp_num_size_text(uint64_t bytes, char out[32]);

#endif
