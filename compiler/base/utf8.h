/* SPDX-License-Identifier: MIT */
/* UTF-8, as sources, names and JSON texts must be. */
#ifndef FP_BASE_UTF8_H
#define FP_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Length of the code point at s, 0 if it is not UTF-8. At least one byte must be there. */
size_t fp_utf8_length(const char *s, size_t left, uint32_t *point);

#endif
