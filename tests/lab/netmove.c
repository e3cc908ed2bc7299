/* SPDX-License-Identifier: MIT */
/*
 * Moves a network interface into a process's network namespace, as `ip link set NAME netns PID`:
 * the busybox of debian-11 cannot. usage: netmove NAME PID. Source: rtnetlink(7).
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
	struct nlmsghdr head;
	struct ifinfomsg link;
	struct rtattr attr;
	uint32_t pid;
};

struct answer {
	struct nlmsghdr head;
	struct nlmsgerr error;
};

static int move(unsigned int link, uint32_t pid)
{
	struct request ask = { .head = { .nlmsg_len = sizeof(ask),
					 .nlmsg_type = RTM_SETLINK,
					 .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
			       .link = { .ifi_family = AF_UNSPEC, .ifi_index = (int)link },
			       .attr = { .rta_len = RTA_LENGTH(sizeof(pid)),
					 .rta_type = IFLA_NET_NS_PID },
			       .pid = pid };
	struct answer answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || send(fd, &ask, sizeof(ask), 0) != (ssize_t)sizeof(ask))
		return -1;
	/* The kernel sends the request back behind its answer: the rest of it is cut off. */
	if (recv(fd, &answer, sizeof(answer), 0) < (ssize_t)(sizeof(answer.head) + sizeof(int)))
		return -1;
	errno = -answer.error.error;
	return answer.error.error == 0 ? close(fd) : -1;
}

int main(int argc, char **argv)
{
	char *end = NULL;
	unsigned long pid = argc == 3 ? strtoul(argv[2], &end, 10) : 0;
	unsigned int link = argc == 3 ? if_nametoindex(argv[1]) : 0;

	if (pid == 0 || pid > 1UL << 22 || *end != '\0') {
		fputs("usage: netmove NAME PID\n", stderr);
		return 2;
	}
	if (link == 0 || move(link, (uint32_t)pid) != 0) {
		fprintf(stderr, "netmove: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	return 0;
}
