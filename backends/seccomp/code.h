/* SPDX-License-Identifier: MIT */
/* A filter with addresses: cBPF instructions, and the graph node each came from. */
#ifndef FP_BACKENDS_SECCOMP_CODE_H
#define FP_BACKENDS_SECCOMP_CODE_H

#include "backends/seccomp/graph.h"
#include "base/buf.h"

#include <linux/filter.h>

/* Farthest jt or jf that is used; the field holds 255. The test build shrinks it to 3. */
#ifndef FP_CBPF_REACH
#define FP_CBPF_REACH 255u
#endif

_Static_assert(FP_CBPF_REACH >= 3 && FP_CBPF_REACH <= 255, "room for two trampolines");

/* BPF_MAXINSNS (include/uapi/linux/bpf_common.h). */
#define FP_CBPF_MAX 4096u

struct fp_code {
	const struct sock_filter *at;
	const uint32_t *node; /* by instruction */
	size_t n;             /* may pass FP_CBPF_MAX: the caller reports */
};

/* Lays out what `root` reaches. Loads only where the accumulator does not hold the word yet. */
struct fp_code fp_code_layout(const struct fp_graph *g, uint32_t root);

/* struct sock_filter[] as the kernel of a little-endian machine reads it. */
void fp_code_bytes(const struct fp_code *c, struct fp_buf *out);

/* Annotated disassembly of the bytes of one filter: nothing else is known to it. */
void fp_code_disassemble(const char *name, const char *data, size_t len, struct fp_buf *out);

#endif
