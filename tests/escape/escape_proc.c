/* SPDX-License-Identifier: MIT */
/* Attacks: on processes of the same job and outside it. */
#include <fcntl.h>
#include <linux/kcmp.h>
#include <mqueue.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "escape.h"

static int trace(pid_t pid)
{
	return pid < 0 ? -1 : (int)ptrace(PTRACE_SEIZE, pid, NULL, NULL);
}

int try_trace_sibling(const struct escape_scene *scene)
{
	(void)scene;
	return trace(escape_sleeper());
}

int try_trace_outsider(const struct escape_scene *scene)
{
	return trace(scene->outsider);
}

/* The outsider is this very program, static and at a fixed address. */
static int read_memory(pid_t pid)
{
	static char there = 'x';
	char here;
	struct iovec to = { &here, 1 }, from = { &there, 1 };

	return pid < 0 ? -1 : (int)process_vm_readv(pid, &to, 1, &from, 1, 0);
}

int try_vm_sibling(const struct escape_scene *scene)
{
	(void)scene;
	return read_memory(escape_sleeper());
}

int try_vm_outsider(const struct escape_scene *scene)
{
	return read_memory(scene->outsider);
}

static int take_descriptor(pid_t pid)
{
	long fd = pid < 0 ? -1 : syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, fd, 0, 0);
}

int try_getfd_sibling(const struct escape_scene *scene)
{
	(void)scene;
	return take_descriptor(escape_sleeper());
}

int try_getfd_outsider(const struct escape_scene *scene)
{
	return take_descriptor(scene->outsider);
}

/* To one that does not wait for it: nothing comes of this signal. */
int try_signal(const struct escape_scene *scene)
{
	return kill(scene->outsider, SIGCONT);
}

int try_kcmp(const struct escape_scene *scene)
{
	pid_t pid = escape_sleeper();

	(void)scene;
	return pid < 0 ? -1 : (int)syscall(SYS_kcmp, getpid(), pid, KCMP_VM, 0, 0);
}

int try_shm(const struct escape_scene *scene)
{
	(void)scene;
	return shmget(ESCAPE_SHM_KEY, 0, 0);
}

int try_queue(const struct escape_scene *scene)
{
	(void)scene;
	return mq_open(ESCAPE_QUEUE, O_RDONLY);
}
