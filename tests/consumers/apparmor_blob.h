/* SPDX-License-Identifier: MIT */
/* Reads what apparmor_parser hands to the kernel, and answers as the kernel would. */
#ifndef FP_TESTS_CONSUMERS_APPARMOR_BLOB_H
#define FP_TESTS_CONSUMERS_APPARMOR_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Layout: security/apparmor/policy_unpack.c and match.c of Linux 6.12 and 7.2. Everything is
 * checked when it is read (aab_open), so that matching needs no checks.
 */
#define AAB_EXEC   0x00001u
#define AAB_WRITE  0x00002u
#define AAB_READ   0x00004u
#define AAB_APPEND 0x00008u
#define AAB_CREATE 0x00010u
#define AAB_DELETE 0x00020u
#define AAB_CHMOD  0x01000u
#define AAB_LOCK   0x08000u /* of a link pair: its rights must be a subset of the target's */
#define AAB_MMAP   0x10000u
#define AAB_LINK   0x40000u

enum aab_class {
	AAB_CLASS_MOUNT = 7,
	AAB_CLASS_PTRACE = 9,
	AAB_CLASS_SIGNAL = 10,
	AAB_CLASS_NET8 = 14,
	AAB_CLASS_NET9 = 15,
	AAB_CLASS_USERNS = 21,
	AAB_CLASS_IO_URING = 22
};

struct aab_perms {
	uint32_t allow, deny, xindex;
};

struct aab_dfa {
	uint32_t states, slots, start;
	uint32_t *accept, *accept2, *base, *def, *next, *check;
	uint8_t equivalent[256];
	struct aab_perms *perms; /* NULL: accept holds permission bits of the old form */
	uint32_t perms_count, perms_version;
};

struct aab {
	char name[256];
	uint32_t mode, path_flags;
	uint64_t caps;
	uint32_t rlimit_mask;
	uint64_t rlimits[16];
	struct aab_dfa policy, files;
	bool has_policy, has_files;
};

/* The first profile of the stream. NULL and a reason in `why` when it is not well formed. */
struct aab *aab_open(const uint8_t *data, size_t len, const char **why);
void aab_free(struct aab *a);

uint32_t aab_step(const struct aab_dfa *d, uint32_t state, uint8_t byte);
uint32_t aab_walk(const struct aab_dfa *d, uint32_t state, const void *data, size_t len);

/* What the owner of the file, or any other, may do at that state. */
uint32_t aab_file(const struct aab_dfa *d, uint32_t state, bool is_owner);

/* Whether the class is mediated at all: where it is not, all is allowed. */
bool aab_mediates(const struct aab *a, enum aab_class class);

/* Permissions of a class after its own match string. */
uint32_t aab_query(const struct aab *a, enum aab_class class, const void *data, size_t len);

#endif
