/* SPDX-License-Identifier: MIT */
/* SHA-256. */
#include "base/digest.h"

#include <nettle/base16.h>
#include <nettle/sha2.h>
#include <string.h>

_Static_assert(FP_DIGEST_TEXT == 7 + 2 * SHA256_DIGEST_SIZE + 1, "prefix, digits, NUL");

const char *fp_digest(const void *data, size_t len, char out[FP_DIGEST_TEXT])
{
	uint8_t raw[SHA256_DIGEST_SIZE];
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, len, data);
	sha256_digest(&ctx, sizeof(raw), raw);
	memcpy(out, "sha256:", 7);
	base16_encode_update(out + 7, sizeof(raw), raw);
	out[FP_DIGEST_TEXT - 1] = '\0';
	return out;
}
