/* SPDX-License-Identifier: MIT */
/*
 * Takes the listener of a filter from a runtime and answers every call with an errno.
 * usage: listen SOCKET ERRNO. Sources: seccomp_unotify(2); linux.seccomp.listenerPath of the
 * runtime specification.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void die(const char *what)
{
	fprintf(stderr, "listen: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int accept_runtime(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, 1) != 0)
		die(path);
	fd = accept(fd, NULL, NULL);
	if (fd < 0)
		die("accept");
	return fd;
}

/* The state comes with it, as JSON, and is of no use here. */
static int take_listener(int from)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control;

	static char state[1 << 16];
	struct iovec iov = { state, sizeof(state) };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	int fd;

	if (recvmsg(from, &m, MSG_CMSG_CLOEXEC) < 0)
		die("recvmsg");
	const struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	if (c == NULL || c->cmsg_type != SCM_RIGHTS)
		die("no descriptor");
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

int main(int argc, char **argv)
{
	char *end;
	long error = argc == 3 ? strtol(argv[2], &end, 10) : 0;

	if (argc != 3 || *end != '\0' || error < 1 || error > 4095) {
		fputs("usage: listen SOCKET ERRNO\n", stderr);
		return 2;
	}
	int fd = take_listener(accept_runtime(argv[1]));
	for (;;) {
		struct seccomp_notif call = { 0 };
		if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) {
			if (errno == EINTR || errno == ENOENT)
				continue;
			return 0;
		}
		struct seccomp_notif_resp answer = { .id = call.id, .error = -(int)error };
		ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
}
