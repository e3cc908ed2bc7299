/* SPDX-License-Identifier: MIT */
/* Helpers of the attacks, and the other side that some of them need. */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "escape.h"

int escape_reached(long ret, int error)
{
	return ret >= 0 || errno == error ? 0 : -1;
}

int escape_read_byte(const char *path)
{
	char byte;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, &byte, 1);

	if (n == 0)
		errno = ENODATA;
	return n == 1 ? 0 : -1;
}

int escape_rewrite(const char *path)
{
	char text[256];
	int from = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = from < 0 ? -1 : read(from, text, sizeof(text));
	int to = n < 0 ? -1 : open(path, O_WRONLY | O_CLOEXEC);

	return to < 0 || write(to, text, (size_t)n) != n ? -1 : 0;
}

pid_t escape_sleeper(void)
{
	pid_t pid = fork();

	while (pid == 0)
		pause();
	return pid;
}

int escape_end_of(pid_t pid)
{
	int status = 0;

	if (waitpid(pid, &status, 0) != pid)
		return -1;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
	return errno == 0 ? 0 : -1;
}

int escape_echo(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char byte = 'x';

	if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1)
		return -1;
	if (poll(&ready, 1, 1000) != 1) {
		errno = ETIMEDOUT;
		return -1;
	}
	return recv(fd, &byte, 1, 0) == 1 ? 0 : -1;
}

static int listen_unix(const char *path, int is_abstract)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), n;
	socklen_t len;

	n = snprintf(at.sun_path + is_abstract, sizeof(at.sun_path) - 1, "%s", path);
	if (n < 0 || (size_t)n >= sizeof(at.sun_path) - 1)
		return -1;
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n + 1);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) != 0 || listen(fd, 64) != 0)
		return -1;
	return is_abstract ? fd : chmod(path, 0660);
}

int escape_be_neighbour(const char *root)
{
	char path[256];
	int n = snprintf(path, sizeof(path), "%s%s", root, ESCAPE_DAEMON);

	if (n < 0 || (size_t)n >= sizeof(path))
		return 1;
	shmget(ESCAPE_SHM_KEY, 4096, IPC_CREAT | 0600);
	mq_open(ESCAPE_QUEUE, O_CREAT | O_RDWR, 0600, NULL);
	if (listen_unix(path, 0) < 0 || listen_unix(ESCAPE_ABSTRACT, 1) < 0) {
		perror("escape: neighbour");
		return 1;
	}
	for (;;)
		pause();
}

enum {
	N_PORTS = 6
};

static const uint16_t ports[N_PORTS] = { 53, 80, 443, 22, 2375, 123 };

static int open_port(int type, uint16_t port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) != 0)
		return -1;
	return type == SOCK_STREAM && listen(fd, 64) != 0 ? -1 : fd;
}

static void echo_datagram(int fd)
{
	struct sockaddr_in6 peer;
	socklen_t len = sizeof(peer);
	char byte;

	if (recvfrom(fd, &byte, 1, 0, (struct sockaddr *)&peer, &len) == 1)
		sendto(fd, &byte, 1, 0, (struct sockaddr *)&peer, len);
}

/* One byte, within a second: a client that says nothing holds nobody up for long. */
static void echo_stream(int listener)
{
	const struct timeval second = { 1, 0 };
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	char byte;

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	if (recv(fd, &byte, 1, 0) == 1)
		send(fd, &byte, 1, MSG_NOSIGNAL);
	close(fd);
}

int escape_be_world(void)
{
	struct pollfd open_at[2 * N_PORTS];

	for (size_t i = 0; i < N_PORTS; i++) {
		open_at[i] =
			(struct pollfd){ .fd = open_port(SOCK_STREAM, ports[i]), .events = POLLIN };
		open_at[N_PORTS + i] =
			(struct pollfd){ .fd = open_port(SOCK_DGRAM, ports[i]), .events = POLLIN };
		if (open_at[i].fd < 0 || open_at[N_PORTS + i].fd < 0) {
			perror("escape: world");
			return 1;
		}
	}
	while (poll(open_at, 2 * N_PORTS, -1) >= 0)
		for (size_t i = 0; i < 2 * N_PORTS; i++)
			if (open_at[i].revents != 0 && i < N_PORTS)
				echo_stream(open_at[i].fd);
			else if (open_at[i].revents != 0)
				echo_datagram(open_at[i].fd);
	return 1;
}
