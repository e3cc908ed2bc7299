/* SPDX-License-Identifier: MIT */
/*
 * All of the network that a job could reach, in one program: it takes every TCP connection and
 * answers every datagram that the guest's redirection brings to its port. usage: world PORT; runs
 * until it is killed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char answer[] = "world\n";

static void die(const char *what)
{
	fprintf(stderr, "world: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int bind_both(int type, unsigned short port) /* IPv6 and IPv4 */
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6,
				    .sin6_port = htons(port),
				    .sin6_addr = in6addr_any };
	int off = 0, fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0 ||
	    bind(fd, (const struct sockaddr *)&any, sizeof(any)) != 0)
		die("bind");
	return fd;
}

static void greet(int listener)
{
	int fd = accept(listener, NULL, NULL);

	if (fd < 0)
		return;
	(void)!write(fd, answer, sizeof(answer) - 1);
	close(fd);
}

static void reply(int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	char text[2048];

	if (recvfrom(fd, text, sizeof(text), 0, (struct sockaddr *)&peer, &len) >= 0)
		(void)!sendto(fd, answer, sizeof(answer) - 1, 0, (const struct sockaddr *)&peer,
			      len);
}

int main(int argc, char **argv)
{
	char *end;
	unsigned long port = argc == 2 ? strtoul(argv[1], &end, 10) : 0;
	struct pollfd at[2] = { { .events = POLLIN }, { .events = POLLIN } };

	if (port < 1 || port > 65535 || *end != '\0') {
		fputs("usage: world PORT\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	at[0].fd = bind_both(SOCK_STREAM, (unsigned short)port);
	at[1].fd = bind_both(SOCK_DGRAM, (unsigned short)port);
	if (listen(at[0].fd, 64) != 0)
		die("listen");
	for (;;) {
		if (poll(at, 2, -1) < 0)
			die("poll");
		if (at[0].revents != 0)
			greet(at[0].fd);
		if (at[1].revents != 0)
			reply(at[1].fd);
	}
}
