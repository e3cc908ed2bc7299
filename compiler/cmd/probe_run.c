/* SPDX-License-Identifier: MIT */
/* Bounded reading of small files and of what a program prints. */
#include "cmd/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MS 5000

static char *const child_environment[] = { (char[]){ "LC_ALL=C" },
					   (char[]){ "PATH=/usr/sbin:/usr/bin:/sbin:/bin" }, NULL };

bool fp_cmd_read_text(const char *path, char *out, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0)
		return false;
	while (len < cap - 1 && n > 0) {
		n = read(fd, out + len, cap - 1 - len);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			len += (size_t)n;
	}
	close(fd);
	out[len] = '\0';
	return n >= 0;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Reads to the end; false when time or room runs out. */
static bool drain(int fd, char *out, size_t cap)
{
	int64_t end = now_ms() + LIMIT_MS;
	size_t len = 0;

	while (len < cap - 1) {
		int64_t left = end - now_ms();
		struct pollfd p = { .fd = fd, .events = POLLIN };
		if (left <= 0)
			return false;
		int ready = poll(&p, 1, (int)left);
		ssize_t n = ready > 0 ? read(fd, out + len, cap - 1 - len) : -1;
		if (ready < 0 || (ready > 0 && n < 0)) {
			if (errno == EINTR)
				continue;
			return false;
		}
		if (n == 0) {
			out[len] = '\0';
			return true;
		}
		if (n > 0)
			len += (size_t)n;
	}
	return false;
}

static bool spawn(char *const argv[], int output, pid_t *pid)
{
	posix_spawn_file_actions_t files;

	if (posix_spawn_file_actions_init(&files))
		return false;
	bool ok = !posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0) &&
		  !posix_spawn_file_actions_adddup2(&files, output, 1) &&
		  !posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0) &&
		  !posix_spawn(pid, argv[0], &files, NULL, argv, child_environment);
	posix_spawn_file_actions_destroy(&files);
	return ok;
}

bool fp_cmd_capture(char *const argv[], char *out, size_t cap)
{
	int fds[2], status = 0;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return false;
	bool ok = spawn(argv, fds[1], &pid);
	close(fds[1]);
	if (ok) {
		ok = drain(fds[0], out, cap);
		if (!ok)
			kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		ok = ok && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	close(fds[0]);
	return ok;
}
