/* SPDX-License-Identifier: MIT */
/* SHA-256 as artifacts and pins spell it: FIPS 180-4, by libnettle. */
#ifndef FP_BASE_DIGEST_H
#define FP_BASE_DIGEST_H

#include <stddef.h>

/* "sha256:" and 64 lower-case hexadecimal digits. */
#define FP_DIGEST_TEXT 72

const char *fp_digest(const void *data, size_t len, char out[FP_DIGEST_TEXT]);

#endif
