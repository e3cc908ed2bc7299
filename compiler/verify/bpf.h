/* SPDX-License-Identifier: MIT */
/* Filters as the kernel takes them: bytes in, instructions out, or the reason why not. */
#ifndef FP_VERIFY_BPF_H
#define FP_VERIFY_BPF_H

#include "base/arena.h"
#include "ir/ir.h"

#include <stdbool.h>
#include <stdint.h>

/* Classic BPF as seccomp(2) takes it: kernel/seccomp.c, seccomp_check_filter(). */
enum fp_bpf_op {
	FP_BPF_LD,     /* A = word k of seccomp_data; k in bytes */
	FP_BPF_LD_IMM, /* A = k; also `ld len`, which is a constant here */
	FP_BPF_LDX_IMM,
	FP_BPF_LD_MEM, /* A = M[k] */
	FP_BPF_LDX_MEM,
	FP_BPF_ST, /* M[k] = A */
	FP_BPF_STX,
	FP_BPF_TAX,
	FP_BPF_TXA,
	FP_BPF_ADD, /* A = A op k, or op X */
	FP_BPF_SUB,
	FP_BPF_MUL,
	FP_BPF_DIV,
	FP_BPF_AND,
	FP_BPF_OR,
	FP_BPF_XOR,
	FP_BPF_LSH,
	FP_BPF_RSH,
	FP_BPF_NEG,
	FP_BPF_JA,
	FP_BPF_JEQ, /* A op k, or op X: to[1] if so, to[0] if not */
	FP_BPF_JGT,
	FP_BPF_JGE,
	FP_BPF_JSET,
	FP_BPF_RET, /* k */
	FP_BPF_RET_A
};

#define FP_BPF_MAX   4096u /* include/uapi/linux/bpf_common.h: BPF_MAXINSNS */
#define FP_BPF_CELLS 16u   /* BPF_MEMWORDS */

struct fp_bpf_insn {
	enum fp_bpf_op op;
	bool is_x;      /* the operand is X */
	uint16_t to[2]; /* jumps: absolute, always forward; FP_BPF_JA has both equal */
	uint32_t k;
};

struct fp_bpf {
	const struct fp_bpf_insn *at;
	uint32_t n;
};

/*
 * NULL on success. Else why a kernel refuses the bytes, with the offset: "byte 24: ...". Words are
 * little-endian, as on every architecture of the tables.
 */
const char *fp_bpf_decode(struct fp_arena *a, const void *bytes, size_t len, struct fp_bpf *out);

/* struct seccomp_data by its meaning. */
struct fp_bpf_data {
	uint32_t nr, arch;
	uint64_t ip, args[6];
};

/*
 * Runs a filter on one call. False where what happens differs between kernels: a shift by 32 and
 * more that only running tells.
 */
bool fp_bpf_run(const struct fp_bpf *b, const struct fp_bpf_data *d, uint32_t *value);

/* What the kernel makes of a returned value: __seccomp_filter(). */
struct fp_decision fp_bpf_decision(uint32_t value);

/* Whether the kernel knows the action of a returned value. */
bool fp_bpf_is_action(uint32_t value);

/* "ALLOW", "ERRNO(EPERM)", "KILL_PROCESS": the kernel's own words. */
const char *fp_bpf_decision_text(struct fp_arena *a, struct fp_decision d);

#endif
