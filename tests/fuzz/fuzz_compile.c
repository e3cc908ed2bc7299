/* SPDX-License-Identifier: MIT */
/* libFuzzer: any bytes as a policy, through every phase and back end of one target, in 256 MiB. */
#include "libfpolicy.h"

#include <stdlib.h>
#include <string.h>

#define FUZZ_MEMORY ((size_t)256 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Imports come from the input, too: what follows its last NUL byte. */
static bool load(void *context, const char *name, struct fpolicy_source *out)
{
	const struct fpolicy_text *rest = context;

	*out = (struct fpolicy_source){
		.data = rest->data, .resolved = name, .why = "not there", .len = rest->len
	};
	return rest->data != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memrchr(data, 0, size) : NULL;
	struct fpolicy_text rest = { NULL, nul ? (const char *)nul + 1 : NULL,
				     nul ? (size_t)(data + size - nul - 1) : 0 };
	struct fpolicy *p = fpolicy_new(FUZZ_MEMORY);

	if (!p)
		return 0;
	fpolicy_set_loader(p, load, &rest);
	enum fpolicy_status status = fpolicy_add_target(p, "debian-12");
	/* A child process for each input would be most of the time. */
	if (status == FPOLICY_OK)
		status = fpolicy_set_proof(p, "filters");
	if (status == FPOLICY_OK)
		status = fpolicy_compile(p, "fuzz.policy", (const char *)data,
					 size - rest.len - (nul != NULL));
	/* No input may break a promise of the compiler to itself, fail without a word or half
	 * succeed. */
	if (status == FPOLICY_INTERNAL || status == FPOLICY_FINDINGS || status == FPOLICY_UNDECIDED)
		abort();
	if (status != FPOLICY_OK && (fpolicy_artifact_count(p) || !*fpolicy_diagnostics(p, false)))
		abort();
	if (status == FPOLICY_OK && (!fpolicy_artifact_count(p) || fpolicy_error_count(p)))
		abort();
	fpolicy_diagnostics(p, true);
	fpolicy_free(p);
	return 0;
}
