/* SPDX-License-Identifier: MIT */
/* The filters of a running process. */
#ifndef FP_CMD_ATTACHED_H
#define FP_CMD_ATTACHED_H

#include <stddef.h>

/* Filters that one process may have: each takes four instructions of the 32768 beside its own. */
#define FP_ATTACHED_MAX 64u

struct fp_attached {
	struct {
		char name[48];
		void *code; /* malloc'ed */
		size_t len;
	} at[FP_ATTACHED_MAX];

	size_t n;
};

/*
 * Stops the process, reads its filters, oldest first, and lets it go on. NULL, or why it failed.
 * Free in either case. Linux: PTRACE_SECCOMP_GET_FILTER, for which CAP_SYS_ADMIN is needed.
 */
const char *fp_attached_read(int pid, struct fp_attached *out);
void fp_attached_free(struct fp_attached *a);

#endif
