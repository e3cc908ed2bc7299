/* SPDX-License-Identifier: MIT */
/* libFuzzer: any bytes laid out: refused with a reason, or a layout that is its own layout. */
#include "libfpolicy.h"

#include <stdlib.h>
#include <string.h>

#define FUZZ_MEMORY ((size_t)256 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fpolicy *laid_out(const char *data, size_t size, enum fpolicy_status *status,
				struct fpolicy_text *out)
{
	struct fpolicy *p = fpolicy_new(FUZZ_MEMORY);

	if (!p)
		abort();
	*status = fpolicy_format(p, "fuzz.policy", data, size, out);
	return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fpolicy_text once = { 0 }, twice = { 0 };
	enum fpolicy_status first, second;
	struct fpolicy *p = laid_out((const char *)data, size, &first, &once), *again;

	/* A layout that lost a token or a comment is FPOLICY_INTERNAL. */
	if (first == FPOLICY_INTERNAL || (first != FPOLICY_OK && !*fpolicy_diagnostics(p, false)))
		abort();
	if (first == FPOLICY_OK) {
		again = laid_out(once.data, once.len, &second, &twice);
		if (second != FPOLICY_OK || once.len != twice.len ||
		    memcmp(once.data, twice.data, once.len) != 0)
			abort();
		fpolicy_free(again);
	}
	fpolicy_free(p);
	return 0;
}
