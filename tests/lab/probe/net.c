/* SPDX-License-Identifier: MIT */
/* Packets: a peer that answers is reached; and the peer itself. */
#include "probe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/icmp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE   1000 /* milliseconds for an answer */
#define MAX_SERVED 512
#define ECHO_V6    128 /* ICMPV6_ECHO_REQUEST */

bool parse_address(const char *text, const char *port, struct sockaddr_storage *out, socklen_t *len)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
	uint64_t n;

	memset(out, 0, sizeof(*out));
	if (!fp_probe_number(port, &n) || n > UINT16_MAX)
		return false;
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)n);
		*len = sizeof(*v4);
		return true;
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)n);
	*len = sizeof(*v6);
	return inet_pton(AF_INET6, text, &v6->sin6_addr) == 1;
}

/* ---- one peer ---- */

static bool wait_for(int fd, short what)
{
	struct pollfd p = { .fd = fd, .events = what };

	return poll(&p, 1, PATIENCE) == 1;
}

/* No route is no refusal; everything else that comes back at once or later is. */
static void refused(struct outcome *out, int error)
{
	if (error == ENETUNREACH || error == EADDRNOTAVAIL || error == EAFNOSUPPORT ||
	    error == EPROTONOSUPPORT)
		unable(out, strerrorname_np(error));
	else
		failed(out, error);
}

static void stream(int fd, const struct sockaddr_storage *to, socklen_t len, struct outcome *out)
{
	int error = 0;
	socklen_t n = sizeof(error);

	if (connect(fd, (const struct sockaddr *)to, len) && errno != EINPROGRESS)
		refused(out, errno);
	else if (!wait_for(fd, POLLOUT))
		failed(out, ETIMEDOUT);
	else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) || error)
		failed(out, error ? error : errno);
	else
		succeed_if(out, true);
}

static void datagram(int fd, const struct sockaddr_storage *to, socklen_t len, const void *data,
		     size_t size, struct outcome *out)
{
	char back[64];

	if (connect(fd, (const struct sockaddr *)to, len))
		refused(out, errno);
	else if (send(fd, data, size, 0) < 0)
		failed(out, errno);
	else if (!wait_for(fd, POLLIN))
		failed(out, ETIMEDOUT);
	else if (recv(fd, back, sizeof(back), 0) < 0)
		failed(out, errno);
	else
		succeed_if(out, true);
}

/* Both families' echo requests begin alike; the kernel fills id and sum of a ping socket. */
static void echo(const struct sockaddr_storage *to, socklen_t len, struct outcome *out)
{
	const bool v6 = to->ss_family == AF_INET6;
	const struct icmphdr ask = { .type = v6 ? ECHO_V6 : ICMP_ECHO };
	int fd = socket(to->ss_family, SOCK_DGRAM | SOCK_CLOEXEC,
			v6 ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP);

	if (fd < 0) {
		unable(out, "no ping socket");
		return;
	}
	datagram(fd, to, len, &ask, sizeof(ask), out);
	close(fd);
}

static int open_socket(const char *proto, int family)
{
	if (!strcmp(proto, "udp"))
		return socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		      strcmp(proto, "sctp") ? 0 : (int)IPPROTO_SCTP);
}

static void reach(const char *proto, const struct sockaddr_storage *to, socklen_t len,
		  const struct sockaddr_storage *from, struct outcome *out)
{
	const int yes = 1;

	if (!strcmp(proto, "icmp")) {
		echo(to, len, out);
		return;
	}
	int fd = open_socket(proto, to->ss_family);
	if (fd < 0) {
		refused(out, errno);
		return;
	}
	if (from && (setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &yes, sizeof(yes)) ||
		     bind(fd, (const struct sockaddr *)from, len)))
		unable(out, "cannot be the client");
	else if (!strcmp(proto, "udp"))
		datagram(fd, to, len, "fp", 2, out);
	else
		stream(fd, to, len, out);
	close(fd);
}

void act_egress(char **arg, const struct options *o, struct outcome *out)
{
	struct sockaddr_storage to;
	socklen_t len;

	(void)o;
	if (!parse_address(arg[1], arg[2], &to, &len))
		unable(out, "address");
	else
		reach(arg[0], &to, len, NULL, out);
}

/* Run by the peer: the client's address is what the probe names, the job's is an option. */
void act_ingress(char **arg, const struct options *o, struct outcome *out)
{
	struct sockaddr_storage from, to;
	socklen_t len, to_len;

	if (!o->address) {
		out->state = SKIPPED;
		snprintf(out->why, sizeof(out->why), "the peer's");
	} else if (!parse_address(arg[1], "0", &from, &len) ||
		   !parse_address(o->address, arg[2], &to, &to_len)) {
		unable(out, "address");
	} else if (from.ss_family != to.ss_family) {
		unable(out, "another family");
	} else {
		reach(arg[0], &to, to_len, &from, out);
	}
}

void act_socket(char **arg, const struct options *o, struct outcome *out)
{
	uint64_t family, type;

	(void)o;
	if (!fp_probe_number(arg[0], &family) || !fp_probe_number(arg[1], &type) ||
	    family > INT_MAX || type > INT_MAX) {
		unable(out, "number");
		return;
	}
	int fd = socket((int)family, (int)type | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		succeed_if(out, true);
	else if (errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT || errno == ESOCKTNOSUPPORT)
		unable(out, strerrorname_np(errno));
	else
		failed(out, errno);
	if (fd >= 0)
		close(fd);
}

/* ---- the peer ---- */

struct served {
	struct pollfd fds[MAX_SERVED];
	bool is_udp[MAX_SERVED];
	nfds_t n;
};

static bool is_served(const struct served *s, bool udp, int family, uint16_t port)
{
	for (nfds_t i = 0; i < s->n; i++) {
		struct sockaddr_storage at;
		socklen_t len = sizeof(at);
		if (s->is_udp[i] != udp ||
		    getsockname(s->fds[i].fd, (struct sockaddr *)&at, &len) ||
		    at.ss_family != family)
			continue;
		uint16_t own = family == AF_INET ? ((struct sockaddr_in *)&at)->sin_port
						 : ((struct sockaddr_in6 *)&at)->sin6_port;
		if (ntohs(own) == port)
			return true;
	}
	return false;
}

static void serve_port(struct served *s, bool udp, int family, uint16_t port)
{
	struct sockaddr_storage any = { .ss_family = (sa_family_t)family };
	const int yes = 1;
	char text[8];
	socklen_t len;

	if (s->n == MAX_SERVED || is_served(s, udp, family, port))
		return;
	snprintf(text, sizeof(text), "%u", port);
	parse_address(family == AF_INET ? "0.0.0.0" : "::", text, &any, &len);
	int fd = socket(family, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
	if (udp && family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &yes, sizeof(yes));
	/* The addresses are the route's, and no interface has them. */
	if (udp && family == AF_INET6) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &yes, sizeof(yes));
		setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &yes, sizeof(yes));
	}
	if (bind(fd, (struct sockaddr *)&any, len) || (!udp && listen(fd, 64))) {
		fprintf(stderr, "probe: port %u: %s\n", port, strerror(errno));
		close(fd);
		return;
	}
	s->is_udp[s->n] = udp;
	s->fds[s->n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

/* The answer goes out from the address that was asked: the message carries it back as it came. */
static void answer(int fd)
{
	char data[64], control[256];
	struct sockaddr_storage from;
	struct iovec iov = { data, sizeof(data) };
	struct msghdr m = { .msg_name = &from,
			    .msg_namelen = sizeof(from),
			    .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &m, 0);

	if (n < 0)
		return;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo *info = (struct in_pktinfo *)(void *)CMSG_DATA(c);
			info->ipi_spec_dst = info->ipi_addr;
			info->ipi_ifindex = 0;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo *info = (struct in6_pktinfo *)(void *)CMSG_DATA(c);
			info->ipi6_ifindex = 0;
		}
	iov.iov_len = (size_t)n;
	sendmsg(fd, &m, 0);
}

static void serve_line(struct served *s, const struct fp_probe_line *l)
{
	bool udp = !strcmp(l->field[7], "udp");
	int family = strchr(l->field[8], ':') ? AF_INET6 : AF_INET;
	uint64_t port;

	if ((udp || !strcmp(l->field[7], "tcp")) && fp_probe_number(l->field[9], &port) &&
	    port <= UINT16_MAX)
		serve_port(s, udp, family, (uint16_t)port);
}

int serve(char *table, bool ingress)
{
	static struct served s;
	struct fp_probe_line l;

	while (fp_probe_line(&table, &l))
		if (l.n == 10 && !strcmp(l.field[6], ingress ? "ingress" : "egress"))
			serve_line(&s, &l);
	printf("# serving %u\n", (unsigned)s.n);
	fflush(stdout);
	for (;;) {
		if (poll(s.fds, s.n, -1) < 0 && errno != EINTR)
			return 1;
		for (nfds_t i = 0; i < s.n; i++) {
			if (!(s.fds[i].revents & POLLIN))
				continue;
			if (s.is_udp[i])
				answer(s.fds[i].fd);
			else
				close(accept4(s.fds[i].fd, NULL, NULL, SOCK_CLOEXEC));
		}
	}
}
