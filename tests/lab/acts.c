/* SPDX-License-Identifier: MIT */
/*
 * Acts that a security module decides and the probe table has no words for: tries each and says
 * what came of it. usage: acts --in-guest OUTSIDER: the number of a process that is not under the
 * module's rules, or 0. Prints "ACT ok" or "ACT ERRNO", one a line. What an act makes goes away
 * with this process or is undone.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALL_FSOPEN   430 /* the numbers are the same on every architecture of the lab */
#define CALL_FSCONFIG 431
#define CALL_FSMOUNT  432
#define CALL_MOVE     429
#define CREATE_FS     6 /* FSCONFIG_CMD_CREATE */
#define EMPTY_FROM    4 /* MOVE_MOUNT_F_EMPTY_PATH */

static pid_t outsider;

static int try_mount(void)
{
	return mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
}

static int try_bind(void)
{
	return mount("/usr", "/tmp", NULL, MS_BIND, NULL);
}

static int try_remount(void)
{
	return mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL);
}

static int try_umount(void)
{
	return umount2("/proc", MNT_DETACH);
}

static int try_new_mount(void)
{
	long fs = syscall(CALL_FSOPEN, "tmpfs", 0), made;

	if (fs < 0 || syscall(CALL_FSCONFIG, fs, CREATE_FS, NULL, NULL, 0) != 0)
		return -1;
	made = syscall(CALL_FSMOUNT, fs, 0, 0);
	return made < 0 ? -1 : (int)syscall(CALL_MOVE, made, "", AT_FDCWD, "/tmp", EMPTY_FROM);
}

static int try_signal_outsider(void)
{
	return kill(outsider, SIGCONT);
}

static int try_signal_own(void)
{
	pid_t pid = fork();
	int status, ret;

	if (pid == 0)
		for (;;)
			pause();
	ret = pid < 0 ? -1 : kill(pid, SIGKILL);
	if (ret == 0 && waitpid(pid, &status, 0) != pid)
		return -1;
	return ret;
}

static int try_ptrace_outsider(void)
{
	return (int)ptrace(PTRACE_SEIZE, outsider, NULL, NULL);
}

static int try_mqueue(void)
{
	mqd_t q = mq_open("/fpolicy-lab", O_CREAT | O_RDWR, 0600, NULL);

	if (q < 0)
		return -1;
	return mq_unlink("/fpolicy-lab");
}

static int try_userns(void)
{
	return unshare(CLONE_NEWUSER);
}

static int try_io_uring(void)
{
	struct io_uring_params params = { .flags = 0 };

	return (int)syscall(SYS_io_uring_setup, 1, &params);
}

static int try_io_uring_sqpoll(void)
{
	struct io_uring_params params = { .flags = IORING_SETUP_SQPOLL };

	return (int)syscall(SYS_io_uring_setup, 1, &params);
}

static int try_packet(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static int try_raw(void)
{
	return socket(AF_INET, SOCK_RAW, 1);
}

static int try_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static int try_stream(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int try_unix(void)
{
	int pair[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static int try_chroot(void)
{
	return chroot("/usr");
}

static int try_hostname(void)
{
	return sethostname("lab", 3);
}

static int try_module(void)
{
	/* That there is no such module is said to those who may remove one. */
	return syscall(SYS_delete_module, "fpolicy_no_such_module", O_NONBLOCK) != 0 &&
			       errno == ENOENT
		       ? 0
		       : -1;
}

static const struct act {
	const char *name;
	int (*run)(void);
} acts[] = {
	{ "mount", try_mount },
	{ "bind", try_bind },
	{ "remount", try_remount },
	{ "mount-new-api", try_new_mount },
	{ "umount", try_umount },
	{ "signal-outsider", try_signal_outsider },
	{ "signal-own", try_signal_own },
	{ "ptrace-outsider", try_ptrace_outsider },
	{ "mqueue", try_mqueue },
	{ "userns", try_userns },
	{ "io-uring", try_io_uring },
	{ "io-uring-sqpoll", try_io_uring_sqpoll },
	{ "socket-packet", try_packet },
	{ "socket-raw", try_raw },
	{ "socket-netlink", try_netlink },
	{ "socket-stream", try_stream },
	{ "socketpair-unix", try_unix },
	{ "chroot", try_chroot },
	{ "hostname", try_hostname },
	{ "module", try_module },
};

/* In a child: one act leaves nothing behind for the next. */
static int outcome(const struct act *act)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		alarm(4);
		_exit(act->run() < 0 ? errno : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return EAGAIN;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int main(int argc, char **argv)
{
	if (argc != 3 || strcmp(argv[1], "--in-guest") != 0) {
		fputs("usage: acts --in-guest OUTSIDER\n", stderr);
		return 2;
	}
	outsider = (pid_t)strtol(argv[2], NULL, 10);
	for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++) {
		int error = outcome(&acts[i]);

		if (error < 0)
			printf("%s signal %d\n", acts[i].name, -error);
		else
			printf("%s %s\n", acts[i].name, error == 0 ? "ok" : strerrorname_np(error));
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
