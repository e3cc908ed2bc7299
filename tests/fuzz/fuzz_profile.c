/* SPDX-License-Identifier: MIT */
/* libFuzzer: any bytes as a profile, and a policy of three ABIs compiled with it. */
#include "libfpolicy.h"

#include <stdlib.h>

#define FUZZ_MEMORY ((size_t)256 << 20)

static const char policy[] =
	"language 1; policy p { owner \"o\"; tier standard;\n"
	"syscalls { default deny errno EPERM; unknown deny errno ENOSYS; abi i386, x32; log mount, bpf;\n"
	"  allow read, write, futex, close, connect; allow socket(domain) where domain == AF_UNIX;\n"
	"  deny socketcall errno ENOSYS; } never ptrace; }\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const targets[] = { "debian-11", "debian-12" };
	struct fpolicy *p = fpolicy_new(FUZZ_MEMORY);

	if (!p)
		return 0;
	enum fpolicy_status status = FPOLICY_OK;
	for (size_t i = 0; i < 2 && status == FPOLICY_OK; i++)
		status = fpolicy_add_target(p, targets[i]);
	if (status == FPOLICY_OK)
		status = fpolicy_set_profile(p, "fuzz.profile", (const char *)data, size);
	/* Any profile that is taken gives filters that are proved to mean the same. */
	/* A child process for each input would be most of the time. */
	if (status == FPOLICY_OK)
		status = fpolicy_set_proof(p, "filters");
	if (status == FPOLICY_OK)
		status = fpolicy_compile(p, "fuzz.policy", policy, sizeof(policy) - 1);
	if (status != FPOLICY_OK && status != FPOLICY_INPUT && status != FPOLICY_MEMORY)
		abort();
	if (status != FPOLICY_OK && (fpolicy_artifact_count(p) || !*fpolicy_diagnostics(p, true)))
		abort();
	fpolicy_free(p);
	return 0;
}
