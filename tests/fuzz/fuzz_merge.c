/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer: a hostile config.json, and hostile fragments. The input is texts with NUL bytes
 * between them: the configuration, then the fragments; where there is none, a compiled one stands
 * in.
 */
#include "libfpolicy.h"

#include <stdlib.h>
#include <string.h>

#define FUZZ_MEMORY ((size_t)256 << 20)
#define MAX_TEXTS   4

static const char policy[] =
	"language 1; policy p { owner \"o\"; tier standard; targets debian-12;\n"
	"syscalls { default allow; deny bpf; } files { default allow; } devices { default allow; }\n"
	"mounts { bind \"/h\" on \"/m\" readonly, nosuid; tmpfs on \"/t\" size 1MiB; mask \"/x\"; readonly \"/y\"; }\n"
	"limits { cpu 2.0; memory 64MiB; pids 9; open-files 32; } process { user 1:1; } never bpf; }\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Compiled once; what the fuzzer holds is no leak. */
static struct fpolicy_text fragment(void)
{
	static struct fpolicy *p;
	static struct fpolicy_text text;

	if (p)
		return text;
	p = fpolicy_new(0);
	if (!p || fpolicy_compile(p, "p.policy", policy, sizeof(policy) - 1) != FPOLICY_OK)
		abort();
	for (size_t i = 0; i < fpolicy_artifact_count(p); i++) {
		if (!strstr(fpolicy_artifact_path(p, i), "/oci/config.json"))
			continue;
		text.name = "fragment.json";
		text.data = fpolicy_artifact_data(p, i, &text.len);
	}
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fpolicy_text texts[MAX_TEXTS];
	struct fpolicy_merged merged;
	size_t n = 0, from = 0;
	char *copy = malloc(size + 1);

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	copy[size] = '\0';
	for (size_t i = 0; i <= size && n < MAX_TEXTS; i++)
		if (!copy[i]) {
			texts[n++] = (struct fpolicy_text){ "fuzz.json", copy + from, i - from };
			from = i + 1;
		}
	if (n == 1)
		texts[n++] = fragment();
	struct fpolicy *p = fpolicy_new(FUZZ_MEMORY);
	if (p) {
		enum fpolicy_status status = fpolicy_merge(p, &texts[0], &texts[1], n - 1, &merged);
		if (status != FPOLICY_OK && status != FPOLICY_INPUT && status != FPOLICY_MEMORY)
			abort();
		if (status != FPOLICY_OK && !*fpolicy_diagnostics(p, true))
			abort();
		if (status == FPOLICY_OK && (!merged.len || strlen(merged.data) != merged.len))
			abort();
	}
	fpolicy_free(p);
	free(copy);
	return 0;
}
