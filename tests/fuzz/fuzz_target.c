/* SPDX-License-Identifier: MIT */
/* libFuzzer: any bytes as a target file, and a policy with every section compiled for it. */
#include "libfpolicy.h"

#include <stdlib.h>
#include <string.h>

#define FUZZ_MEMORY ((size_t)256 << 20)

static const char policy[] =
	"language 1; policy p { owner \"o\"; tier standard;\n"
	"syscalls { default deny errno EPERM; unknown deny errno ENOSYS; allow read, write;\n"
	"  allow socket(domain) where domain == AF_UNIX; kill bpf; abi i386; deny socketcall, ipc errno ENOSYS; }\n"
	"capabilities { allow chown; } namespaces { new pid; }\n"
	"mounts { bind \"/h\" on \"/m\" readonly, recursive; tmpfs on \"/t\" size 1MiB; mask \"/proc/kcore\"; }\n"
	"files { allow read, execute \"/usr/**\"; allow read, write \"/t/**\" accept unenforced because \"x\"; }\n"
	"egress { allow tcp to 10.0.0.0/8 port 443 accept unenforced because \"x\"; }\n"
	"ingress { allow tcp port 80 accept unenforced because \"x\"; } devices { allow read /dev/null; }\n"
	"limits { cpu 2.0; memory 64MiB high 48MiB; pids 9; io-weight 50 accept unenforced because \"x\";\n"
	"  io \"/dev/vda\" block 8:0 read 1MiB/s accept unenforced because \"x\"; }\n"
	"audit { denied; allowed socket; } never bpf; }\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fpolicy *p = fpolicy_new(FUZZ_MEMORY);

	if (!p)
		return 0;
	enum fpolicy_status status =
		fpolicy_add_target_text(p, "fuzz.target", (const char *)data, size);
	if (status == FPOLICY_OK)
		status = fpolicy_compile(p, "fuzz.policy", policy, sizeof(policy) - 1);
	if (status != FPOLICY_OK && status != FPOLICY_INPUT && status != FPOLICY_MEMORY)
		abort();
	if (status != FPOLICY_OK && (fpolicy_artifact_count(p) || !*fpolicy_diagnostics(p, true)))
		abort();
	fpolicy_free(p);
	return 0;
}
