/* SPDX-License-Identifier: MIT */
/* UTF-8, as sources, names and JSON texts must be. */
#ifndef FP_BASE_UTF8_H
#define FP_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length of the code point at s, 0 if it is not UTF-8. At least one byte must be there. */
size_t fp_utf8_length(const char *s, size_t left, uint32_t *point);

/* Bidirectional controls make a reader see another text than there is (UAX #9). */
bool fp_utf8_is_bidi(uint32_t point);

/*
 * The first character of a text from outside, as it may be shown: itself, or \xHH for a byte that
 * is a control, part of one, or no UTF-8. Returns the bytes of the text it stands for.
 */
size_t fp_utf8_visible(const char *s, size_t left, char out[5]);

#endif
