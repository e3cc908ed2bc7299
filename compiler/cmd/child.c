/* SPDX-License-Identifier: MIT */
/* Running another program. */
#include "cmd/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct stream {
	int fd;
	char *data;
	size_t len, cap, limit;
};

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* False at the end, or when there is no room. */
static bool take(struct stream *s, const char **why)
{
	if (s->len == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 4096;
		char *more = s->cap > s->limit ? NULL : realloc(s->data, cap + 1);
		if (!more) {
			*why = s->cap > s->limit ? "it says too much" : "out of memory";
			return false;
		}
		s->data = more;
		s->cap = cap;
	}
	ssize_t n = read(s->fd, s->data + s->len, s->cap - s->len);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	s->len += (size_t)n;
	return n > 0;
}

static void shut(struct stream *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

/* Reads both until they end. A stream of errors that is too long is cut, not a failure. */
static void drain(struct stream both[2], const char **why)
{
	const long end = now_ms() + FP_CHILD_SECONDS * 1000L;
	const char *ignored;

	while ((both[0].fd >= 0 || both[1].fd >= 0) && !*why) {
		struct pollfd p[] = { { both[0].fd, POLLIN, 0 }, { both[1].fd, POLLIN, 0 } };
		long left = end - now_ms();
		if (left <= 0 || poll(p, 2, (int)left) == 0) {
			*why = "it takes too long";
			return;
		}
		for (int i = 0; i < 2; i++)
			if (p[i].revents && !take(&both[i], i ? &ignored : why))
				shut(&both[i]);
	}
}

static bool spawn(const struct fp_child *c, const int out[2], const int err[2], pid_t *pid)
{
	posix_spawn_file_actions_t a;
	bool ok;

	if (posix_spawn_file_actions_init(&a))
		return false;
	ok = (c->input < 0 ? !posix_spawn_file_actions_addopen(&a, 0, "/dev/null", O_RDONLY, 0)
			   : !posix_spawn_file_actions_adddup2(&a, c->input, 0)) &&
	     !posix_spawn_file_actions_adddup2(&a, out[1], 1) &&
	     !posix_spawn_file_actions_adddup2(&a, err[1], 2) &&
	     /* argv is not written to: the prototype is older than const. */
	     !posix_spawnp(pid, c->argv[0], &a, NULL, (char *const *)(uintptr_t)c->argv, environ);
	posix_spawn_file_actions_destroy(&a);
	return ok;
}

static int wait_for(pid_t pid, const char **why)
{
	int status;

	if (*why)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	if (!*why && !WIFEXITED(status))
		*why = "it was killed";
	return *why ? -1 : WEXITSTATUS(status);
}

static void first_line(const struct stream *s, char line[256])
{
	size_t n = 0;

	while (n < s->len && n < 255 && s->data[n] >= ' ' && s->data[n] < 0x7f) {
		line[n] = s->data[n];
		n++;
	}
	line[n] = '\0';
}

int fp_child_run(const struct fp_child *c, struct fp_file_data *out, char errors[256],
		 const char **why)
{
	struct stream both[2] = { { .fd = -1, .limit = c->limit }, { .fd = -1, .limit = 4096 } };
	int to[2] = { -1, -1 }, err[2] = { -1, -1 }, code = -1;
	pid_t pid = -1;

	*why = NULL;
	if (pipe2(to, O_CLOEXEC) || pipe2(err, O_CLOEXEC) || !spawn(c, to, err, &pid))
		*why = "it cannot be started";
	both[0].fd = to[0];
	both[1].fd = err[0];
	if (to[1] >= 0)
		close(to[1]);
	if (err[1] >= 0)
		close(err[1]);
	if (pid > 0) {
		drain(both, why);
		code = wait_for(pid, why);
	}
	shut(&both[0]);
	shut(&both[1]);
	if (errors)
		first_line(&both[1], errors);
	free(both[1].data);
	if (code < 0) {
		free(both[0].data);
		return -1;
	}
	if (both[0].data)
		both[0].data[both[0].len] = '\0';
	*out = (struct fp_file_data){ both[0].data, both[0].len };
	return code;
}
