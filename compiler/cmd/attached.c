/* SPDX-License-Identifier: MIT */
/* Filters of a running process, through ptrace(2). */
#include "cmd/attached.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

/* -1: failed, errno tells. */
static long read_one(int pid, size_t n, struct fp_attached *out)
{
	void *index = (void *)(uintptr_t)n; /* an address by the form of the call alone */
	long count = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, index, NULL);

	if (count <= 0)
		return count;
	struct sock_filter *code = calloc((size_t)count, sizeof(*code));
	if (!code)
		return -1;
	if (ptrace(PTRACE_SECCOMP_GET_FILTER, pid, index, code) != count) {
		free(code);
		return -1;
	}
	snprintf(out->at[n].name, sizeof(out->at[n].name), "filter %zu of process %d", n + 1, pid);
	out->at[n].code = code;
	out->at[n].len = (size_t)count * sizeof(*code);
	out->n = n + 1;
	return count;
}

static const char *reason(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return "the filters of a process are shown to CAP_SYS_ADMIN alone";
	case EINVAL:
		return "the process has no filter";
	case EMEDIUMTYPE:
		return "one of its filters is no classic BPF";
	default:
		return strerror(error);
	}
}

static const char *read_all(int pid, struct fp_attached *out)
{
	for (size_t n = 0; n < FP_ATTACHED_MAX; n++) {
		errno = 0;
		if (read_one(pid, n, out) > 0)
			continue;
		return errno == ENOENT && n ? NULL
		       : errno == ENOENT    ? reason(EINVAL)
					    : reason(errno);
	}
	return "the process has more filters than a kernel takes";
}

const char *fp_attached_read(int pid, struct fp_attached *out)
{
	int status;

	out->n = 0;
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL))
		return strerror(errno);
	const char *why = "it cannot be stopped";
	if (!ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) && waitpid(pid, &status, __WALL) == pid)
		why = WIFSTOPPED(status) ? read_all(pid, out) : "it has ended";
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	return why;
}

void fp_attached_free(struct fp_attached *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->at[i].code);
}
