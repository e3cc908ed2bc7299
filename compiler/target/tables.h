/* SPDX-License-Identifier: MIT */
/* The tables of schemas/tables as read-only C data: calls, their arguments, named constants, ... */
#ifndef FP_TARGET_TABLES_H
#define FP_TARGET_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An ABI is one numbering of system calls together with the audit architecture a filter sees
 * (include/uapi/linux/audit.h). x32 shares AUDIT_ARCH_X86_64 and sets bit 30 of the number.
 */
enum fp_abi {
	FP_ABI_X86_64,
	FP_ABI_I386,
	FP_ABI_X32,
	FP_ABI_AARCH64,
	FP_ABI_ARM,
	FP_ABI_RISCV64,
	FP_ABI_N
};

/* A machine architecture: one native ABI and the foreign ones that its kernels can offer. */
enum fp_arch {
	FP_ARCH_X86_64,
	FP_ARCH_AARCH64,
	FP_ARCH_RISCV64,
	FP_ARCH_N
};

/* A row of schemas/tables/abis.tsv. */
struct fp_abi_def {
	const char *name;    /* as written in policies: "x86_64", "i386", ... */
	const char *scmp;    /* OCI name: "SCMP_ARCH_X86_64" */
	enum fp_arch arch;   /* machine whose kernels offer it */
	bool is_native;      /* the machine's own ABI; others are foreign */
	uint32_t audit_arch; /* AUDIT_ARCH_* as in seccomp_data.arch */
	uint32_t nr_bit;     /* or-ed into every number: 0x40000000 on x32, else 0 */
	uint8_t word_bits;   /* width of a register as the kernel reads it: 32 or 64 */
};

#define FP_SINCE(major, minor) ((uint16_t)((major) << 8 | (minor)))

#define FP_RELEASE(major, minor, patch) ((uint32_t)((major) << 16 | (minor) << 8 | (patch)))

enum fp_param_kind {
	FP_PARAM_INT,     /* a number the filter can compare */
	FP_PARAM_POINTER, /* only NULL may be compared: a filter cannot see behind it */
	FP_PARAM_PATH,    /* pointer to a path name; tests and probes give it as a string */
	FP_PARAM_MEMORY,  /* pointer to a structure holding flags or a request (clone3, openat2) */
	FP_PARAM_UNUSED   /* padding word of a split 64-bit argument */
};

#define FP_WORD_NONE 0xffu

/*
 * One parameter on one ABI. Words index the twelve 32-bit halves of seccomp_data.args:
 * 2 * argument for the low half, 2 * argument + 1 for the high half, FP_WORD_NONE for none.
 * `bytes` is what the kernel looks at (umode_t: 2), not what the register holds.
 */
struct fp_param {
	const char *name;
	/*
	 * Family of named constants it expects ("O_", "AF_", ...), or NULL: a hint for messages, no
	 * bound, since pipe2 takes O_CLOEXEC and clone's flags hold a signal.
	 */
	const char *constants;
	enum fp_param_kind kind;
	uint8_t bytes; /* 1, 2, 4 or 8 */
	bool is_signed;
	/*
	 * All constants of its family enumerate: has/lacks/only are errors. In families that mix
	 * (SOCK_, O_, MAP_, FUTEX_) this is false and each constant's own is_enum decides.
	 */
	bool is_enum;
	uint8_t lo, hi; /* hi is FP_WORD_NONE for parameters of at most 4 bytes */
};

/* One system call name, over all ABIs. */
struct fp_sysdef {
	const char *name;
	uint16_t index;                /* dense, in byte order of names */
	int32_t nr[FP_ABI_N];          /* without nr_bit; -1 where the ABI has no such call */
	uint16_t since[FP_ABI_N];      /* FP_SINCE of the first kernel; (3, 0) also means earlier */
	uint32_t libseccomp[FP_ABI_N]; /* FP_RELEASE of the first that numbers it; 0: 2.5.0 */
	uint8_t flags;                 /* FP_SYS_* */
	const char *filterable_note;   /* for FP_SYS_UNFILTERED: why and since when; else NULL */
};

#define FP_SYS_MULTIPLEXER 1u /* socketcall, ipc: carries other calls behind a number */
#define FP_SYS_UNFILTERED  2u /* uretprobe, uprobe on x86_64: the kernel skips every filter */
#define FP_SYS_NOSIG       4u /* never implemented: arguments are not known, cannot be compared */

const struct fp_abi_def *fp_abi(enum fp_abi abi);
bool fp_abi_find(const char *name, size_t len, enum fp_abi *out);
enum fp_abi fp_arch_native(enum fp_arch arch);
const char *fp_arch_name(enum fp_arch arch);
bool fp_arch_find(const char *name, size_t len, enum fp_arch *out);

size_t fp_sys_count(void);
const struct fp_sysdef *fp_sys_at(size_t index);                   /* index < fp_sys_count() */
const struct fp_sysdef *fp_sys_find(const char *name, size_t len); /* NULL if unknown */

/* Numbers come without nr_bit: the call, or NULL if unassigned; the largest one on the ABI. */
const struct fp_sysdef *fp_sys_by_nr(enum fp_abi abi, uint32_t nr);
uint32_t fp_sys_max_nr(enum fp_abi abi);

const char *fp_sys_table_version(void); /* newest kernel the table was checked with: "7.1" */

/* The n-th parameter on an ABI; false past the last one or where the ABI lacks the call. */
bool fp_sys_param(const struct fp_sysdef *sys, enum fp_abi abi, size_t n, struct fp_param *out);
bool fp_sys_param_find(const struct fp_sysdef *sys, enum fp_abi abi, const char *name, size_t len,
		       struct fp_param *out);

/*
 * A call carried by a multiplexer (socketcall, ipc; net/socket.c, ipc/syscall.c): the sub-call
 * number that selects it in the multiplexer's first parameter, of which the kernel looks at that
 * parameter's bytes alone. False where `sys` has no such route on the ABI.
 */
bool fp_sys_multiplexed(const struct fp_sysdef *sys, enum fp_abi abi, const struct fp_sysdef **mux,
			uint32_t *subcall);

/* A named constant of the kernel's headers. `value[abi]` differs where the architectures do. */
struct fp_const {
	const char *name;
	const char *family; /* "AF_", "O_", "CLONE_", "SOCK_", "ioctl", ... */
	bool is_enum;       /* one of several values (1|2 is a third value, not a set) */
	int64_t value[FP_ABI_N];
	uint8_t present; /* bit per ABI: 1 << abi; the value is 0 elsewhere */
};

size_t fp_const_count(void);
const struct fp_const *fp_const_at(size_t index); /* byte order of names */
const struct fp_const *fp_const_find(const char *name, size_t len);

/* Capabilities: include/uapi/linux/capability.h. Names are lower case without CAP_: "net_raw". */
struct fp_cap {
	const char *name;
	uint8_t bit;
	uint16_t since;
};

size_t fp_cap_count(void);
const struct fp_cap *fp_cap_at(size_t index);                   /* by bit */
const struct fp_cap *fp_cap_find(const char *name, size_t len); /* CAP_NET_RAW or net_raw */

/*
 * errno names of asm-generic (1..133), aliases such as EWOULDBLOCK included; 0 for an unknown name,
 * NULL for an unknown number.
 */
uint16_t fp_errno_find(const char *name, size_t len);
const char *fp_errno_name(uint16_t number);

/* Well-known device nodes: Documentation/admin-guide/devices.txt. */
struct fp_devnode {
	const char *path;
	char type; /* 'c' or 'b' */
	uint32_t major, minor;
};

const struct fp_devnode *fp_devnode_find(const char *path, size_t len); /* NULL: number not fixed */
const struct fp_devnode *fp_devnode_at(size_t n);                       /* NULL: past the last */

/*
 * What a call does to the path in its parameter `param`: a set of FP_RIGHT_* (compiler/ir/ir.h)
 * that must be granted for it to succeed. Calls whose rights depend on open(2) flags have
 * `by_flags` naming the flags parameter.
 */
struct fp_pathcall {
	const char *call, *param, *by_flags; /* by_flags NULL: `rights` is exact */
	uint16_t rights;
};

const struct fp_pathcall *fp_pathcall_at(size_t n); /* NULL past the end; sorted by call */
#endif
