/* SPDX-License-Identifier: MIT */
/*
 * Reads the seccomp filter that a process runs under, as whoever started it installed it
 * (ptrace(2), PTRACE_SECCOMP_GET_FILTER). usage: filter PID >BLOB. Exit code 3: there is not just
 * one.
 */
#include <errno.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

static void die(const char *what)
{
	fprintf(stderr, "filter: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void stop(pid_t pid)
{
	int status;

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) != 0 ||
	    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) != 0)
		die("attach");
	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		die("wait");
}

int main(int argc, char **argv)
{
	static struct sock_filter code[BPF_MAXINSNS];
	char *end;
	long pid = argc == 2 ? strtol(argv[1], &end, 10) : 0;
	long len;

	if (pid <= 0 || *end != '\0') {
		fputs("usage: filter PID >BLOB\n", stderr);
		return 2;
	}
	stop((pid_t)pid);
	if (ptrace(PTRACE_SECCOMP_GET_FILTER, (pid_t)pid, 1UL, NULL) >= 0) {
		fputs("filter: the process has several\n", stderr);
		return 3;
	}
	len = ptrace(PTRACE_SECCOMP_GET_FILTER, (pid_t)pid, 0UL, code);
	if (len <= 0)
		die("no filter");
	if (fwrite(code, sizeof(*code), (size_t)len, stdout) != (size_t)len || fflush(stdout) != 0)
		die("write");
	return 0;
}
