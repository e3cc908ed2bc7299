/* SPDX-License-Identifier: MIT */
/*
 * One call under a filter, made for real in a child: prints "killed", "errno N" or "returned".
 * usage: witness FILTER NUMBER ARGUMENT{6}
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct shared { /* the filter may forbid the child to tell in any other way */
	long result;
	int error;
	int is_installed, is_back;
};

static void child(struct sock_fprog *prog, long number, const unsigned long args[6],
		  struct shared *out)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, prog))
		_exit(1);
	out->is_installed = 1;
	out->result = syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]);
	out->error = errno;
	out->is_back = 1;
	_exit(0);
}

static int read_filter(const char *path, struct sock_fprog *prog)
{
	static struct sock_filter code[BPF_MAXINSNS];
	FILE *f = fopen(path, "rb");

	if (!f)
		return perror(path), 1;
	prog->len = (unsigned short)fread(code, sizeof(code[0]), BPF_MAXINSNS, f);
	prog->filter = code;
	fclose(f);
	return 0;
}

int main(int argc, char **argv)
{
	struct shared *s =
		mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct sock_fprog prog;
	unsigned long args[6];
	int status;

	if (argc != 9 || s == MAP_FAILED || read_filter(argv[1], &prog))
		return 2;
	for (int i = 0; i < 6; i++)
		args[i] = strtoul(argv[3 + i], NULL, 0);
	pid_t pid = fork();
	if (!pid)
		child(&prog, strtol(argv[2], NULL, 0), args, s);
	if (waitpid(pid, &status, 0) != pid || !s->is_installed)
		return 2;
	if (!s->is_back)
		puts("killed");
	else if (s->result == -1)
		printf("errno %d\n", s->error);
	else
		puts("returned");
	return 0;
}
