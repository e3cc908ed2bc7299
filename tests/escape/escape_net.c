/* SPDX-License-Identifier: MIT */
/* Attacks: socket families, and ways to send where the policy has nobody to send to. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "escape.h"

#define PROTO_MPTCP 262
#define FAST_OPEN   0x20000000

/* A family whose module is not there was asked for all the same. */
static int family(int domain, int type, int protocol)
{
	return escape_reached(socket(domain, type | SOCK_CLOEXEC, protocol), EAFNOSUPPORT);
}

int try_alg(const struct escape_scene *scene)
{
	(void)scene;
	return family(AF_ALG, SOCK_SEQPACKET, 0);
}

int try_vsock(const struct escape_scene *scene)
{
	(void)scene;
	return family(AF_VSOCK, SOCK_STREAM, 0);
}

int try_packet(const struct escape_scene *scene)
{
	(void)scene;
	return socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
}

int try_netfilter(const struct escape_scene *scene)
{
	(void)scene;
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
}

int try_raw(const struct escape_scene *scene)
{
	(void)scene;
	return socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
}

/* The first interface that is not lo: the job's eth0, or the host's. */
int try_frame(const struct escape_scene *scene)
{
	static const unsigned char frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_IP),
				  .sll_halen = ETH_ALEN };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	(void)scene;
	to.sll_ifindex = (int)if_nametoindex("eth0");
	if (to.sll_ifindex == 0)
		to.sll_ifindex = (int)if_nametoindex("e0");
	if (fd < 0 || to.sll_ifindex == 0)
		return -1;
	return sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to)) ==
			       sizeof(frame)
		       ? 0
		       : -1;
}

struct place {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} at;

	socklen_t len;
};

static struct place place(const char *address, uint16_t port)
{
	struct place p = { .len = sizeof(p.at.in) };

	memset(&p.at, 0, sizeof(p.at));
	p.at.in.sin_family = AF_INET;
	p.at.in.sin_port = htons(port);
	if (inet_pton(AF_INET, address, &p.at.in.sin_addr) == 1)
		return p;
	p.at.in6.sin6_family = AF_INET6; /* the port lies where it does in sockaddr_in */
	inet_pton(AF_INET6, address, &p.at.in6.sin6_addr);
	p.len = sizeof(p.at.in6);
	return p;
}

static int open_for(const struct place *p, int type, int protocol)
{
	const struct timeval second = { 1, 0 };
	int fd = socket(p->at.any.sa_family, type | SOCK_CLOEXEC, protocol);

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof(second)) != 0)
		return -1;
	return fd;
}

static int tcp_to(const char *address, uint16_t port, int protocol)
{
	struct place p = place(address, port);
	int fd = open_for(&p, SOCK_STREAM, protocol);

	return fd < 0 || connect(fd, &p.at.any, p.len) != 0 ? -1 : escape_echo(fd);
}

/* Without connect(2); the answer may come from any of the peer's addresses. */
static int udp_to(const char *address, uint16_t port)
{
	struct place p = place(address, port);
	struct pollfd ready = { .fd = open_for(&p, SOCK_DGRAM, 0), .events = POLLIN };
	char byte = 'x';

	if (ready.fd < 0 || sendto(ready.fd, &byte, 1, 0, &p.at.any, p.len) != 1)
		return -1;
	if (poll(&ready, 1, 1000) != 1) {
		errno = ETIMEDOUT;
		return -1;
	}
	return recv(ready.fd, &byte, 1, 0) == 1 ? 0 : -1;
}

int try_tcp(const struct escape_scene *scene)
{
	(void)scene;
	return tcp_to("203.0.113.7", 443, 0);
}

int try_tcp_port(const struct escape_scene *scene)
{
	(void)scene;
	return tcp_to("10.20.0.1", 22, 0);
}

int try_mptcp(const struct escape_scene *scene)
{
	(void)scene;
	return tcp_to("203.0.113.7", 443, PROTO_MPTCP);
}

int try_metadata(const struct escape_scene *scene)
{
	(void)scene;
	return tcp_to("169.254.169.254", 80, 0);
}

/* The host as docker0 shows it to containers, where a daemon would listen. */
int try_daemon_port(const struct escape_scene *scene)
{
	(void)scene;
	return tcp_to("172.17.0.1", 2375, 0);
}

int try_ipv6(const struct escape_scene *scene)
{
	(void)scene;
	return tcp_to("2001:db8::7", 443, 0);
}

int try_mapped(const struct escape_scene *scene)
{
	(void)scene;
	return tcp_to("::ffff:203.0.113.7", 443, 0);
}

int try_fast_open(const struct escape_scene *scene)
{
	struct place p = place("203.0.113.7", 443);
	struct pollfd ready = { .fd = open_for(&p, SOCK_STREAM, 0), .events = POLLIN };
	char byte = 'x';

	(void)scene;
	if (ready.fd < 0 || sendto(ready.fd, &byte, 1, FAST_OPEN, &p.at.any, p.len) != 1)
		return -1;
	if (poll(&ready, 1, 1000) != 1) {
		errno = ETIMEDOUT;
		return -1;
	}
	return recv(ready.fd, &byte, 1, 0) == 1 ? 0 : -1;
}

int try_udp(const struct escape_scene *scene)
{
	(void)scene;
	return udp_to("203.0.113.7", 123);
}

int try_dns(const struct escape_scene *scene)
{
	(void)scene;
	return udp_to("198.51.100.8", 53);
}

int try_dns_near(const struct escape_scene *scene)
{
	(void)scene;
	return udp_to("10.20.0.54", 53);
}

int try_ipv6_udp(const struct escape_scene *scene)
{
	(void)scene;
	return udp_to("2001:db8::8", 53);
}

/* An echo request; its checksum is over eight bytes of which only the type is not 0. */
int try_raw_ping(const struct escape_scene *scene)
{
	struct place p = place("203.0.113.7", 0);
	struct icmphdr ask = { .type = ICMP_ECHO, .checksum = htons(0xf7ff) };
	struct pollfd ready = { .fd = open_for(&p, SOCK_RAW, IPPROTO_ICMP), .events = POLLIN };

	(void)scene;
	if (ready.fd < 0 || sendto(ready.fd, &ask, sizeof(ask), 0, &p.at.any, p.len) != sizeof(ask))
		return -1;
	if (poll(&ready, 1, 1000) != 1) {
		errno = ETIMEDOUT;
		return -1;
	}
	return 0;
}
