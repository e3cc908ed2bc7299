/* SPDX-License-Identifier: MIT */
/*
 * nft(8) and the running kernel take the rulesets: parsed, loaded, and probed with real packets.
 *
 * Usage: nft [RULESET.nft ...]. The named files are checked with `nft -c` as well. Everything
 * happens in network namespaces of its own that end with the program. Prints what it ran and what
 * it skipped.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends/backend.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define WAIT_MS  150
#define MAX_NETS 12

extern const struct fp_backend fp_backend_nftables;

static unsigned failures, checks;

/* TAP, a line a check. */
static void report(bool is_ok, const char *what, const char *detail)
{
	checks++;
	failures += !is_ok;
	printf("%sok %u - nft: %s%s%s\n", is_ok ? "" : "not ", checks, what, *detail ? ": " : "",
	       detail);
}

/* Policies: a default for each direction and a few rules, as struct literals. */
struct net_row {
	enum fp_kind kind;
	enum fp_grant effect;
	enum fp_proto proto;
	const char *prefix; /* NULL: any */
	uint16_t first, last;
};

struct policy_row {
	const char *name;
	enum fp_grant egress, ingress;
	struct net_row nets[MAX_NETS];
};

#define OUT FP_KIND_EGRESS
#define IN  FP_KIND_INGRESS

static const struct policy_row policies[] = {
	{ "live",
	  FP_DENY,
	  FP_DENY,
	  { { OUT, FP_ALLOW, FP_PROTO_TCP, "10.77.0.2", 443, 443 },
	    { OUT, FP_ALLOW, FP_PROTO_TCP, "10.77.0.0/16", 8000, 8010 },
	    { OUT, FP_ALLOW, FP_PROTO_TCP, "169.254.0.0/16", 8000, 8010 },
	    { OUT, FP_ALLOW, FP_PROTO_UDP, "10.77.0.2", 53, 53 },
	    { OUT, FP_ALLOW, FP_PROTO_TCP, "fd77::2", 443, 443 },
	    { OUT, FP_DENY, FP_PROTO_ANY, "10.77.0.9", 0, 65535 },
	    { OUT, FP_DENY, FP_PROTO_ANY, "169.254.169.254", 0, 65535 },
	    { IN, FP_ALLOW, FP_PROTO_TCP, "10.77.0.2", 7777, 7777 } } },
	{ "closed", FP_DENY, FP_DENY, { { OUT, FP_DENY, FP_PROTO_ANY, NULL, 0, 65535 } } },
	{ "open",
	  FP_ALLOW,
	  FP_ALLOW,
	  { { OUT, FP_DENY, FP_PROTO_ANY, "169.254.169.254", 0, 65535 },
	    { OUT, FP_DENY, FP_PROTO_TCP, NULL, 25, 25 },
	    { OUT, FP_DENY, FP_PROTO_ANY, "fd00::/8", 53, 53 },
	    { IN, FP_DENY, FP_PROTO_ICMP, "::/0", 0, 65535 },
	    { IN, FP_DENY, FP_PROTO_SCTP, "10.0.0.0/8", 1, 1023 } } },
	{ "mixed-protocols",
	  FP_DENY,
	  FP_DENY,
	  { { OUT, FP_ALLOW, FP_PROTO_ANY, "10.0.0.0/8", 0, 65535 },
	    { OUT, FP_ALLOW, FP_PROTO_ANY, NULL, 853, 853 },
	    { OUT, FP_ALLOW, FP_PROTO_SCTP, "2001:db8::/32", 36412, 36412 },
	    { OUT, FP_ALLOW, FP_PROTO_ICMP, NULL, 0, 65535 },
	    { OUT, FP_ALLOW, FP_PROTO_UDP, "::ffff:0:0/96", 1, 65535 },
	    { OUT, FP_DENY, FP_PROTO_UDP, "10.1.2.3", 53, 53 },
	    { OUT, FP_DENY, FP_PROTO_ANY, "255.255.255.255", 0, 65535 },
	    { IN, FP_ALLOW, FP_PROTO_UDP, NULL, 1, 65535 },
	    { IN, FP_ALLOW, FP_PROTO_ANY, "fe80::/10", 0, 65535 } } },
};

#define N_POLICIES (sizeof(policies) / sizeof(policies[0]))

struct compiled {
	struct fp_ir ir;
	struct fp_rule rules[MAX_NETS + 3];
	struct fp_claim claims[MAX_NETS + 3];
	bool is_claimed[MAX_NETS + 3];
	struct fp_emission e;
};

static int by_kind(const void *a, const void *b)
{
	const struct fp_rule *x = a, *y = b;

	return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->text, y->text);
}

static struct fp_rule make_rule(struct fp_unit *u, const struct net_row *row, size_t n)
{
	struct fp_rule r = { .kind = row->kind };
	struct fp_prefix *prefix = FP_NEW(&u->arena, struct fp_prefix);
	struct fp_ports *ports = FP_NEW(&u->arena, struct fp_ports);

	r.text = fp_arena_printf(&u->arena, "rule %02zu", n);
	if (row->prefix && fp_prefix_parse(row->prefix, strlen(row->prefix), prefix))
		abort();
	*ports = (struct fp_ports){ row->first, row->last };
	r.u.net = (struct fp_rule_net){ row->effect,         row->proto, prefix,
					row->prefix ? 1 : 0, ports,      1 };
	return r;
}

static void compile(struct fp_unit *u, const struct policy_row *row, const struct fp_target *t,
		    struct compiled *c)
{
	size_t n = 0;

	c->rules[n++] = (struct fp_rule){ .kind = FP_KIND_EGRESS_DEFAULT,
					  .text = "",
					  .u.effect = row->egress };
	c->rules[n++] = (struct fp_rule){ .kind = FP_KIND_INGRESS_DEFAULT,
					  .text = "",
					  .u.effect = row->ingress };
	c->rules[n++] =
		(struct fp_rule){ .kind = FP_KIND_AUDIT, .text = "", .u.audit.denied = true };
	for (size_t i = 0; i < MAX_NETS && row->nets[i].kind; i++)
		c->rules[n++] = make_rule(u, &row->nets[i], i);
	qsort(c->rules, n, sizeof(*c->rules), by_kind);
	for (unsigned k = 0, i = 0; k <= FP_KIND_N; k++) {
		while (i < n && c->rules[i].kind < k) {
			c->rules[i].id = i;
			i++;
		}
		c->ir.first[k] = i;
	}
	c->ir.name = row->name;
	c->ir.rules = c->rules;
	c->ir.rule_count = n;
	c->e = (struct fp_emission){ .unit = u,
				     .ir = &c->ir,
				     .target = t,
				     .claims = c->claims,
				     .is_claimed = c->is_claimed };
	fp_backend_nftables.emit(u, fp_backend_nftables.lower(u, &c->ir, t), &c->e);
}

static const struct fp_artifact *artifact(const struct compiled *c, const char *name)
{
	for (size_t i = 0; i < c->e.artifacts.n; i++)
		if (!strcmp(c->e.artifacts.at[i]->name, name))
			return c->e.artifacts.at[i];
	return NULL;
}

/* Programs of the system. */
static bool run(const char *command)
{
	fflush(stdout);
	return system(command) == 0;
}

static bool feed(const char *command, const char *data, size_t len)
{
	FILE *f = popen(command, "w");

	if (!f)
		return false;
	bool is_ok = fwrite(data, 1, len, f) == len;
	return pclose(f) == 0 && is_ok;
}

static bool write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return false;
	bool is_ok = fputs(text, f) >= 0;
	return !fclose(f) && is_ok;
}

/* A network namespace of our own; without the right to one, in a user namespace of our own. */
static bool enter_namespace(void)
{
	char map[64];
	unsigned uid = geteuid(), gid = getegid();

	if (!unshare(CLONE_NEWNET))
		return true;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return false;
	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (!write_text("/proc/self/setgroups", "deny") || !write_text("/proc/self/uid_map", map))
		return false;
	snprintf(map, sizeof(map), "0 %u 1", gid);
	return write_text("/proc/self/gid_map", map);
}

static void check_policies(const struct compiled *all, bool has_egress_hook)
{
	for (size_t i = 0; i < N_POLICIES; i++)
		for (size_t k = 0; k < all[i].e.artifacts.n; k++) {
			const struct fp_artifact *a = all[i].e.artifacts.at[k];
			if (strstr(a->name, "l2") && !has_egress_hook)
				continue;
			report(feed("nft -c -f -", a->data, a->len), "nft -c", a->name);
			report(feed("nft -f -", a->data, a->len), "nft -f", a->name);
			report(feed("nft -f -", a->data, a->len), "nft -f again", a->name);
		}
	run("nft flush ruleset");
}

static void check_files(char **names, bool has_egress_hook)
{
	for (; *names; names++) {
		if (strstr(*names, "l2.nft") && !has_egress_hook)
			continue;
		pid_t pid = fork();
		if (!pid) {
			execlp("nft", "nft", "-c", "-f", *names, (char *)NULL);
			_exit(127);
		}
		int status = -1;
		waitpid(pid, &status, 0);
		report(status == 0, "nft -c -f", *names);
	}
}

/* Probes. `world` commands `job`, a process in another namespace, over a socket pair. */
enum op {
	OP_LOAD,
	OP_FLUSH,
	OP_CONNECT,
	OP_SEND,
	OP_RECEIVE,
	OP_FRAME,
	OP_FASTOPEN,
	OP_END
};

struct command {
	enum op op;
	char text[INET6_ADDRSTRLEN]; /* address, or name of an artifact */
	uint16_t port;
	int type, protocol;
	size_t size;
};

static socklen_t make_address(const char *text, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &in4.sin_addr) == 1) {
		memcpy(out, &in4, sizeof(in4));
		return sizeof(in4);
	}
	if (inet_pton(AF_INET6, text, &in6.sin6_addr) != 1)
		abort();
	memcpy(out, &in6, sizeof(in6));
	return sizeof(in6);
}

/* 0, an errno, or ETIMEDOUT after WAIT_MS. */
static int try_connect(const char *from, const struct command *c)
{
	struct sockaddr_storage to, source;
	socklen_t len = make_address(c->text, c->port, &to), n = sizeof(int);
	int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK, c->protocol), error = 0;

	if (fd < 0)
		return errno;
	if (from && bind(fd, (struct sockaddr *)&source, make_address(from, 0, &source)))
		error = errno;
	if (!error && connect(fd, (struct sockaddr *)&to, len))
		error = errno;
	if (error == EINPROGRESS) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		error = ETIMEDOUT;
		if (poll(&p, 1, WAIT_MS) > 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n))
			error = errno;
	}
	close(fd);
	return error;
}

static int send_datagram(const struct command *c, int *kept)
{
	static char data[8192];
	struct sockaddr_storage to;
	socklen_t len = make_address(c->text, c->port, &to);

	if (*kept >= 0)
		close(*kept);
	*kept = socket(to.ss_family, SOCK_DGRAM, 0);
	if (connect(*kept, (struct sockaddr *)&to, len) || send(*kept, data, c->size, 0) < 0)
		return errno;
	return 0;
}

static int receive(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char data[8192];

	if (poll(&p, 1, WAIT_MS) <= 0)
		return ETIMEDOUT;
	return recv(fd, data, sizeof(data), 0) < 0 ? errno : 0;
}

static int send_fastopen(const struct command *c)
{
	struct sockaddr_storage to;
	socklen_t len = make_address(c->text, c->port, &to);
	int fd = socket(to.ss_family, SOCK_STREAM, 0), error = 0;

	if (sendto(fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&to, len) < 0)
		error = errno;
	close(fd);
	return error;
}

/* A whole Ethernet frame with a UDP datagram, through AF_PACKET: no output hook sees it. */
static int send_frame(const struct command *c)
{
	struct {
		struct ether_header ether;
		struct iphdr ip;
		struct udphdr udp;
	} __attribute__((packed)) f = { 0 };
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)if_nametoindex("eth0") };
	int fd = socket(AF_PACKET, SOCK_RAW, 0), error = 0;
	uint32_t sum = 0;

	if (fd < 0)
		return errno;
	memcpy(f.ether.ether_dhost, "\2\0\0\0\0\2", 6);
	memcpy(f.ether.ether_shost, "\2\0\0\0\0\1", 6);
	f.ether.ether_type = htons(ETHERTYPE_IP);
	f.ip.version = 4;
	f.ip.ihl = 5;
	f.ip.ttl = 9;
	f.ip.protocol = IPPROTO_UDP;
	f.ip.tot_len = htons(sizeof(f.ip) + sizeof(f.udp));
	inet_pton(AF_INET, "10.77.0.1", &f.ip.saddr);
	inet_pton(AF_INET, c->text, &f.ip.daddr);
	for (size_t i = 0; i < sizeof(f.ip); i += 2) {
		uint16_t word;
		memcpy(&word, (const char *)&f.ip + i, 2);
		sum += word;
	}
	sum = (sum & 0xffff) + (sum >> 16);
	f.ip.check = (uint16_t) ~((sum & 0xffff) + (sum >> 16));
	f.udp.source = htons(9999);
	f.udp.dest = htons(c->port);
	f.udp.len = htons(sizeof(f.udp));
	if (sendto(fd, &f, sizeof(f), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		error = errno;
	close(fd);
	return error;
}

static int listen_on(uint16_t port, int type)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, type | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) ||
	    (type == SOCK_STREAM && listen(fd, 64)))
		abort();
	return fd;
}

static int obey(const struct command *c, const struct compiled *live, int *kept)
{
	const struct fp_artifact *a;

	switch (c->op) {
	case OP_LOAD:
		a = artifact(live, c->text);
		return a && feed("nft -f -", a->data, a->len) ? 0 : EINVAL;
	case OP_FLUSH:
		return run("nft flush ruleset") ? 0 : EINVAL;
	case OP_CONNECT:
		return try_connect(NULL, c);
	case OP_SEND:
		return send_datagram(c, kept);
	case OP_RECEIVE:
		return receive(*kept);
	case OP_FRAME:
		return send_frame(c);
	case OP_FASTOPEN:
		return send_fastopen(c);
	case OP_END:
		break;
	}
	_exit(0);
}

static void job(int control, const struct compiled *live)
{
	struct command c;
	int kept = -1, error = unshare(CLONE_NEWNET) ? errno : 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (write(control, &error, sizeof(error)) == sizeof(error) &&
	       read(control, &c, sizeof(c)) == sizeof(c)) {
		if (c.op == OP_LOAD && !*c.text) { /* the interface is there */
			error = run("ip link set lo up && ip link set eth0 up && "
				    "ip addr add 10.77.0.1/24 dev eth0 && "
				    "ip -6 addr add fd77::1/64 dev eth0 nodad && "
				    "ip route add default via 10.77.0.2")
					? 0
					: EINVAL;
			listen_on(7777, SOCK_STREAM);
			listen_on(7778, SOCK_STREAM);
			continue;
		}
		error = obey(&c, live, &kept);
	}
	_exit(1);
}

struct world {
	int control, udp53, udp54;
};

static int ask(const struct world *w, enum op op, const char *text, uint16_t port, size_t size,
	       int protocol)
{
	struct command c = { .op = op, .port = port, .size = size, .protocol = protocol };
	int answer = -1;

	snprintf(c.text, sizeof(c.text), "%s", text);
	if (write(w->control, &c, sizeof(c)) != sizeof(c) ||
	    read(w->control, &answer, sizeof(answer)) != sizeof(answer))
		return -1;
	return answer;
}

static void expect(int got, int wanted, const char *what)
{
	char detail[64] = "";

	if (got != wanted)
		snprintf(detail, sizeof(detail), "got error %d, not %d", got, wanted);
	report(got == wanted, what, detail);
}

static bool arrives(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char data[8192];
	bool is_there = poll(&p, 1, WAIT_MS) > 0;

	while (recv(fd, data, sizeof(data), 0) >= 0)
		;
	return is_there;
}

/* Sends back what arrived. */
static bool echo(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	char data[8192];

	if (poll(&p, 1, WAIT_MS) <= 0)
		return false;
	ssize_t n = recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&from, &len);
	return n > 0 && sendto(fd, data, (size_t)n, 0, (struct sockaddr *)&from, len) == n;
}

/* What every ruleset lets through. */
static void probe_permitted(const struct world *w)
{
	expect(ask(w, OP_CONNECT, "10.77.0.2", 443, 0, 0), 0, "tcp to the allowed port");
	expect(ask(w, OP_CONNECT, "10.77.0.3", 8000, 0, 0), 0, "tcp to the allowed range");
	expect(ask(w, OP_CONNECT, "fd77::2", 443, 0, 0), 0, "tcp over IPv6 to the allowed port");
	expect(ask(w, OP_SEND, "10.77.0.2", 53, 100, 0), 0, "udp to the allowed port");
	report(echo(w->udp53), "the datagram arrives", "");
	expect(ask(w, OP_RECEIVE, "", 0, 0, 0), 0, "the answer comes back");
	expect(ask(w, OP_SEND, "10.77.0.2", 53, 4000, 0), 0, "udp in fragments");
	report(echo(w->udp53), "the fragments arrive", "");
	expect(ask(w, OP_RECEIVE, "", 0, 0, 0), 0, "the answer in fragments comes back");
	struct command in = { .text = "10.77.0.1", .port = 7777 };
	expect(try_connect("10.77.0.2", &in), 0, "the allowed client reaches the job");
}

/* All of these have a listener: what is refused is refused by the ruleset, with `error`. */
static void probe_refused(const struct world *w, int error)
{
	static const struct {
		const char *address;
		uint16_t port;
		const char *what;
	} all[] = {
		{ "10.77.0.2", 444, "tcp to the port beside" },
		{ "10.77.0.3", 443, "tcp to the address beside" },
		{ "10.77.0.9", 8000, "tcp to the denied address" },
		{ "169.254.169.254", 8000, "tcp to the metadata address" },
		{ "fd77::2", 444, "tcp over IPv6 to the port beside" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		expect(ask(w, OP_CONNECT, all[i].address, all[i].port, 0, 0), error, all[i].what);
	ask(w, OP_SEND, "10.77.0.2", 54, 100, 0);
	report(!arrives(w->udp54), "no udp to the port beside", "");
	struct command beside = { .text = "10.77.0.1", .port = 7778 },
		       stranger = { .text = "10.77.0.1", .port = 7777 };
	expect(try_connect("10.77.0.2", &beside), ETIMEDOUT, "a client at the port beside");
	expect(try_connect("10.77.0.3", &stranger), ETIMEDOUT, "another client");
}

static void probe_unfiltered(const struct world *w)
{
	expect(ask(w, OP_CONNECT, "10.77.0.2", 444, 0, 0), 0, "unfiltered tcp");
	expect(ask(w, OP_CONNECT, "169.254.169.254", 8000, 0, 0), 0, "unfiltered metadata");
	expect(ask(w, OP_SEND, "10.77.0.2", 54, 1, 0), 0, "unfiltered udp");
	report(arrives(w->udp54), "unfiltered udp arrives", "");
	expect(ask(w, OP_FRAME, "10.77.0.2", 54, 0, 0), 0, "unfiltered frame");
	report(arrives(w->udp54), "unfiltered frame arrives", "");
}

static void probe_ways_past(const struct world *w)
{
	expect(ask(w, OP_FASTOPEN, "10.77.0.2", 444, 0, 0), ECONNREFUSED, "tcp fast open");
	int mptcp = ask(w, OP_CONNECT, "10.77.0.2", 444, 0, IPPROTO_MPTCP);
	if (mptcp == EPROTONOSUPPORT || mptcp == ENOPROTOOPT)
		printf("skip: nft: no MPTCP in this kernel\n");
	else
		expect(mptcp, ECONNREFUSED, "mptcp");
}

static void probe(const struct world *w, const struct compiled *live, bool has_egress_hook)
{
	const struct fp_artifact *host = artifact(live, "nftables/host.nft");

	probe_unfiltered(w);
	expect(ask(w, OP_LOAD, "nftables/egress.nft", 0, 0, 0), 0, "egress.nft loads");
	probe_permitted(w);
	probe_refused(w, ECONNREFUSED);
	probe_ways_past(w);
	expect(ask(w, OP_FRAME, "10.77.0.2", 54, 0, 0), 0, "a frame past egress.nft");
	report(arrives(w->udp54), "a frame past egress.nft arrives: that is l2.nft's to stop", "");
	if (has_egress_hook) {
		expect(ask(w, OP_LOAD, "nftables/l2.nft", 0, 0, 0), 0, "l2.nft loads");
		probe_permitted(w);
		ask(w, OP_FRAME, "10.77.0.2", 54, 0, 0);
		report(!arrives(w->udp54), "no frame past l2.nft", "");
		ask(w, OP_FRAME, "10.77.0.2", 53, 0, 0);
		report(arrives(w->udp53), "a frame that the rules allow", "");
	}
	expect(ask(w, OP_FLUSH, "", 0, 0, 0), 0, "flush");
	report(feed("nft -f -", host->data, host->len), "host.nft loads", "");
	probe_permitted(w);
	probe_refused(w, ETIMEDOUT);
	ask(w, OP_FRAME, "10.77.0.2", 54, 0, 0);
	report(!arrives(w->udp54), "no frame past host.nft", "");
}

static bool connect_namespaces(pid_t pid)
{
	char command[512];

	snprintf(
		command, sizeof(command),
		"ip link add fpol-w address 02:00:00:00:00:02 type veth "
		"peer name eth0 address 02:00:00:00:00:01 netns %d && "
		"ip link set lo up && ip link set fpol-w up && ip addr add 10.77.0.2/24 dev fpol-w && "
		"ip addr add 10.77.0.3/24 dev fpol-w && ip addr add 10.77.0.9/24 dev fpol-w && "
		"ip addr add 169.254.169.254/32 dev fpol-w && "
		"ip -6 addr add fd77::2/64 dev fpol-w nodad",
		(int)pid);
	return run(command);
}

static void probe_live(const struct compiled *live, bool has_egress_hook)
{
	int pair[2], ready = -1;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		abort();
	fflush(stdout);
	pid_t pid = fork();
	if (!pid)
		job(pair[1], live);
	close(pair[1]);
	struct world w = { .control = pair[0] };
	if (read(w.control, &ready, sizeof(ready)) != sizeof(ready) || ready) {
		printf("skip: nft: no second network namespace: %s\n", strerror(ready));
	} else if (!connect_namespaces(pid)) {
		printf("skip: nft: no veth pair to probe through\n");
	} else {
		w.udp53 = listen_on(53, SOCK_DGRAM);
		w.udp54 = listen_on(54, SOCK_DGRAM);
		listen_on(443, SOCK_STREAM);
		listen_on(444, SOCK_STREAM);
		listen_on(8000, SOCK_STREAM);
		expect(ask(&w, OP_LOAD, "", 0, 0, 0), 0, "the job's interface");
		probe(&w, live, has_egress_hook);
	}
	close(w.control);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static const char netdev_probe[] = "table netdev probe {\n\tchain c {\n\t\ttype filter hook egress "
				   "device \"eth0\" priority 0; policy drop;\n\t}\n}\n";

static void consume(struct fp_unit *u, char **files)
{
	static struct compiled all[N_POLICIES];
	static struct fp_target target;

	for (unsigned f = 0; f < FP_FEAT_N; f++)
		target.effect[f] = FP_EFFECT_YES;
	for (size_t i = 0; i < N_POLICIES; i++)
		compile(u, &policies[i], &target, &all[i]);
	if (!run("ip link add eth0 type veth peer name eth1")) {
		printf("skip: nft: the kernel makes no veth pair\n");
		return;
	}
	bool has_egress_hook =
		feed("nft -c -f - 2>/dev/null", netdev_probe, sizeof(netdev_probe) - 1);
	if (!has_egress_hook)
		printf("skip: nft: l2.nft: no netdev egress hook here\n");
	check_policies(all, has_egress_hook);
	check_files(files, has_egress_hook);
	run("ip link del eth0");
	probe_live(&all[0], has_egress_hook);
}

int main(int argc, char **argv)
{
	static struct fp_unit u;

	(void)argc;
	if (!run("nft --version >/dev/null 2>&1") || !run("ip -V >/dev/null 2>&1")) {
		printf("skip: nft: nft(8) or ip(8) is not installed\n");
		return 0;
	}
	if (!enter_namespace()) {
		printf("skip: nft: no network namespace: %s\n", strerror(errno));
		return 0;
	}
	run("printf 'consumer: '; nft --version");
	fp_unit_init(&u, FP_MEMORY_LIMIT);
	if (setjmp(u.recover))
		abort();
	consume(&u, argv + 1);
	fp_unit_free(&u);
	printf("1..%u\n", checks);
	return failures != 0;
}
