/* SPDX-License-Identifier: MIT */
/* Questions a process asks of itself: identity, capabilities, namespaces. */
#include "probe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define SIZE_UNREAD 9 /* SYSLOG_ACTION_SIZE_UNREAD, syslog(2) */

/* ---- identity ---- */

void act_user(char **arg, const struct options *o, struct outcome *out)
{
	uid_t r, e, s;
	uint64_t want;

	(void)o;
	if (!fp_probe_number(arg[0], &want) || getresuid(&r, &e, &s))
		cannot_ask(out);
	else
		succeed_if(out, r == want && e == want && s == want);
}

void act_group(char **arg, const struct options *o, struct outcome *out)
{
	gid_t r, e, s;
	uint64_t want;

	(void)o;
	if (!fp_probe_number(arg[0], &want) || getresgid(&r, &e, &s))
		cannot_ask(out);
	else
		succeed_if(out, r == want && e == want && s == want);
}

static bool is_listed(const char *list, gid_t gid)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%u", gid);

	for (const char *at = list; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, text, (size_t)n) && (!at[n] || at[n] == ','))
			return true;
	}
	return false;
}

void act_groups(char **arg, const struct options *o, struct outcome *out)
{
	gid_t got[256];
	int n = getgroups(256, got);
	size_t want = strcmp(arg[0], "-") ? 1 : 0;

	(void)o;
	if (n < 0) {
		cannot_ask(out);
		return;
	}
	for (const char *at = arg[0]; *at; at++)
		want += *at == ',';
	bool same = (size_t)n == want;
	for (int i = 0; i < n; i++)
		same = same && is_listed(arg[0], got[i]);
	succeed_if(out, same);
}

/* "NoNewPrivs:\t1" of proc_pid_status(5), which takes no call that a filter tells from others. */
static bool status_line(const char *key, char out[32])
{
	char text[4096];

	if (!read_small("/proc/self/status", text, sizeof(text)))
		return false;
	const char *at = strstr(text, key);
	return at && sscanf(at + strlen(key), " %31s", out) == 1;
}

void act_no_new_privileges(char **arg, const struct options *o, struct outcome *out)
{
	char text[32];
	int on = status_line("\nNoNewPrivs:", text) ? !strcmp(text, "1")
						    : prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);

	(void)arg;
	(void)o;
	if (on < 0)
		cannot_ask(out);
	else
		succeed_if(out, on == 1);
}

void act_umask(char **arg, const struct options *o, struct outcome *out)
{
	char text[16];

	(void)o;
	snprintf(text, sizeof(text), "%o", umask(0));
	succeed_if(out, !strcmp(text, arg[0]));
}

void act_cwd(char **arg, const struct options *o, struct outcome *out)
{
	char at[PATH_MAX];

	(void)o;
	if (!getcwd(at, sizeof(at)))
		cannot_ask(out);
	else
		succeed_if(out, !strcmp(at, arg[0]));
}

/* ---- capabilities ---- */

static bool get_caps(uint64_t *all)
{
	static const char *const sets[] = { "\nCapInh:", "\nCapPrm:", "\nCapBnd:", "\nCapAmb:" };
	char text[40] = "0x";
	uint64_t one;

	*all = 0;
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		if (!status_line(sets[i], text + 2) || !fp_probe_number(text, &one))
			return false;
		*all |= one;
	}
	return true;
}

void act_capability(char **arg, const struct options *o, struct outcome *out)
{
	uint64_t bit, held;

	(void)o;
	if (!fp_probe_number(arg[0], &bit) || bit > 63)
		unable(out, "bit");
	else if (!get_caps(&held))
		unable(out, "/proc/self/status");
	else
		succeed_if(out, held >> bit & 1);
}

static bool use_chown(void)
{
	int ends[2];

	return !pipe2(ends, O_CLOEXEC) && !fchown(ends[0], geteuid() ^ 1u, (gid_t)-1);
}

static bool use_bind(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(1) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd >= 0 && !bind(fd, (struct sockaddr *)&at, sizeof(at));
}

static bool use_raw(void)
{
	return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0;
}

static bool use_lock(void)
{
	static char page[4096] __attribute__((aligned(4096)));
	const struct rlimit none = { 0, 0 };

	return !setrlimit(RLIMIT_MEMLOCK, &none) && !mlock(page, sizeof(page));
}

static bool use_nice(void)
{
	return !setpriority(PRIO_PROCESS, 0, -1);
}

/* The limit of queued signals has no ceiling of its own in fs.nr_open or the like. */
static bool use_resource(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_SIGPENDING, &r))
		return false;
	r.rlim_max++;
	return !setrlimit(RLIMIT_SIGPENDING, &r);
}

static bool use_hostname(void)
{
	struct utsname name;

	return !uname(&name) && !sethostname(name.nodename, strlen(name.nodename));
}

static bool use_setuid(void)
{
	return !setuid(geteuid() ^ 1u);
}

static bool use_setgid(void)
{
	return !setgid(getegid() ^ 1u);
}

static bool use_bounding(void)
{
	return !prctl(PR_CAPBSET_DROP, CAP_SETPCAP, 0, 0, 0);
}

static bool use_chroot(void)
{
	return !chroot("/");
}

static bool use_syslog(void)
{
	return syscall(SYS_syslog, SIZE_UNREAD, NULL, 0) >= 0;
}

void act_use_capability(char **arg, const struct options *o, struct outcome *out)
{
	static const struct {
		const char *name;
		bool (*use)(void);
	} acts[] = {
		{ "chown", use_chown },           { "setgid", use_setgid },
		{ "setuid", use_setuid },         { "setpcap", use_bounding },
		{ "net_bind_service", use_bind }, { "net_raw", use_raw },
		{ "ipc_lock", use_lock },         { "sys_chroot", use_chroot },
		{ "sys_nice", use_nice },         { "sys_resource", use_resource },
		{ "sys_admin", use_hostname },    { "syslog", use_syslog },
	};

	(void)o;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (!strcmp(acts[i].name, arg[1])) {
			if (acts[i].use())
				succeed_if(out, true);
			else
				failed(out, errno);
			return;
		}
	unable(out, "no act for it");
}

/* ---- namespaces ---- */

/* What stands behind "name:" in a comma-separated list; false if nothing does. */
static bool listed_inode(const char *list, const char *name, uint64_t *out)
{
	size_t n = strlen(name);

	for (const char *at = list; at; at = strchr(at, ',')) {
		char number[24];
		at += *at == ',';
		if (strncmp(at, name, n) || at[n] != ':')
			continue;
		snprintf(number, sizeof(number), "%.*s", (int)strcspn(at + n + 1, ","), at + n + 1);
		return fp_probe_number(number, out);
	}
	return false;
}

void act_namespace(char **arg, const struct options *o, struct outcome *out)
{
	/* PROC_*_INIT_INO of include/linux/proc_ns.h; 0 where the kernel counts them. */
	static const struct {
		const char *name, *file;
		uint64_t initial;
	} all[] = {
		{ "pid", "pid", 0xeffffffc },   { "mount", "mnt", 0 },
		{ "network", "net", 0 },        { "ipc", "ipc", 0xefffffff },
		{ "uts", "uts", 0xeffffffe },   { "cgroup", "cgroup", 0xeffffffb },
		{ "user", "user", 0xeffffffd }, { "time", "time", 0xeffffffa },
	};

	char path[64], text[64];
	size_t i = 0;

	while (i < sizeof(all) / sizeof(all[0]) && strcmp(all[i].name, arg[0]))
		i++;
	if (i == sizeof(all) / sizeof(all[0])) {
		unable(out, "unknown namespace");
		return;
	}
	uint64_t host = all[i].initial, here = 0;
	listed_inode(o->host_ns, arg[0], &host);
	snprintf(path, sizeof(path), "/proc/self/ns/%s", all[i].file);
	ssize_t n = readlinkat(AT_FDCWD, path, text, sizeof(text) - 1);
	if (n < 0) {
		cannot_ask(out);
		return;
	}
	text[n] = '\0';
	char *open = strchr(text, '['), *close = strchr(text, ']');
	if (close)
		*close = '\0';
	if (!host || !open || !fp_probe_number(open + 1, &here))
		unable(out, "the host's is not known");
	else
		succeed_if(out, here != host);
}

void act_idmap(char **arg, const struct options *o, struct outcome *out)
{
	char text[4096];
	const char *path = strcmp(arg[0], "user") ? "/proc/self/gid_map" : "/proc/self/uid_map";

	(void)o;
	if (!read_small(path, text, sizeof(text))) {
		cannot_ask(out);
		return;
	}
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		char inside[16], outside[16], count[16];
		if (sscanf(line, "%15s %15s %15s", inside, outside, count) == 3 &&
		    !strcmp(inside, arg[1]) && !strcmp(outside, arg[2]) && !strcmp(count, arg[3])) {
			succeed_if(out, true);
			return;
		}
	}
	succeed_if(out, false);
}
