/* SPDX-License-Identifier: MIT */
/*
 * Starts a program under chosen layers and nothing else: what a layer holds alone shows here.
 *
 * usage: cell [OPTION VALUE]... -- PROGRAM [ARGUMENT]...
 *   -c DIR      join this cgroup                      -n FILE  join this network namespace
 *   -r DIR      a mount namespace with this root      -a NAME  AppArmor profile at the exec
 *   -l CONTEXT  SELinux context at the exec           -u UID   user and group
 *   -p          no new privileges                     -d       drop every capability
 *   -s FILE     seccomp filter, as the kernel takes it
 * Exit code 125: the cell could not be made; 126: the program could not be started.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct cell {
	const char *cgroup, *net, *root, *profile, *context, *user, *filter;
	int keeps_privileges, keeps_caps;
};

static void die(const char *what)
{
	fprintf(stderr, "cell: %s: %s\n", what, strerror(errno));
	exit(125);
}

static void write_text(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len || close(fd) != 0)
		die(path);
}

static void join_cgroup(const char *dir)
{
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/cgroup.procs", dir);

	if (n < 0 || (size_t)n >= sizeof(path))
		die("cgroup path");
	write_text(path, "0", 1);
}

static void join_net(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET) != 0 || close(fd) != 0)
		die(path);
}

static void mount_at(const char *source, const char *target, const char *type, unsigned long flags)
{
	struct stat st;

	if (stat(target, &st) == 0 && mount(source, target, type, flags, NULL) != 0)
		die(target);
}

/* A job's paths are seen from the root of its mount namespace, by AppArmor too. */
static void enter_root(const char *dir)
{
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		die("mount namespace");
	if (mount(dir, dir, NULL, MS_BIND | MS_REC, NULL) != 0 || chdir(dir) != 0)
		die(dir);
	mount_at("proc", "proc", "proc", 0);
	mount_at("sysfs", "sys", "sysfs", 0);
	mount_at("cgroup2", "sys/fs/cgroup", "cgroup2", 0);
	if (syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", MNT_DETACH) != 0 ||
	    chdir("/") != 0)
		die("pivot_root");
}

static void ask_profile(const char *name)
{
	char text[256];
	int n = snprintf(text, sizeof(text), "exec %s", name);

	if (n < 0 || (size_t)n >= sizeof(text))
		die("profile name");
	write_text("/proc/self/attr/apparmor/exec", text, (size_t)n);
}

static void become(const char *user)
{
	char *end;
	unsigned long id = strtoul(user, &end, 10);

	if (*user == '\0' || *end != '\0' || id > 65535)
		errno = EINVAL, die("user");
	if (setgroups(0, NULL) != 0 || setresgid((gid_t)id, (gid_t)id, (gid_t)id) != 0 ||
	    setresuid((uid_t)id, (uid_t)id, (uid_t)id) != 0)
		die("user");
}

static void drop_caps(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0)
			die("bounding set");
	if (syscall(SYS_capset, &head, none) != 0)
		die("capset");
}

static struct sock_fprog read_filter(const char *path)
{
	static struct sock_filter code[BPF_MAXINSNS];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, code, sizeof(code));
	struct sock_fprog prog = { .len = 0, .filter = code };

	if (len <= 0 || (size_t)len % sizeof(*code) != 0 || close(fd) != 0)
		die(path);
	prog.len = (unsigned short)((size_t)len / sizeof(*code));
	return prog;
}

static void filter_calls(const struct sock_fprog *prog)
{
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, prog) != 0)
		die("seccomp");
}

static void confine(const struct cell *cell)
{
	if (cell->cgroup != NULL)
		join_cgroup(cell->cgroup);
	if (cell->net != NULL)
		join_net(cell->net);
	if (cell->root != NULL)
		enter_root(cell->root);
	if (cell->profile != NULL)
		ask_profile(cell->profile);
	if (cell->context != NULL)
		write_text("/proc/self/attr/exec", cell->context, strlen(cell->context) + 1);
	if (!cell->keeps_caps)
		drop_caps();
	if (cell->user != NULL)
		become(cell->user);
	if (!cell->keeps_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		die("no_new_privs");
}

static void read_options(struct cell *cell, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "+c:n:r:a:l:u:s:pd")) != -1) {
		switch (option) {
		case 'c':
			cell->cgroup = optarg;
			break;
		case 'n':
			cell->net = optarg;
			break;
		case 'r':
			cell->root = optarg;
			break;
		case 'a':
			cell->profile = optarg;
			break;
		case 'l':
			cell->context = optarg;
			break;
		case 'u':
			cell->user = optarg;
			break;
		case 's':
			cell->filter = optarg;
			break;
		case 'p':
			cell->keeps_privileges = 0;
			break;
		case 'd':
			cell->keeps_caps = 0;
			break;
		default:
			exit(125);
		}
	}
}

int main(int argc, char **argv)
{
	struct cell cell = { .keeps_privileges = 1, .keeps_caps = 1 };
	struct sock_fprog prog = { 0, NULL };

	read_options(&cell, argc, argv);
	if (optind >= argc) {
		fputs("usage: cell [OPTION VALUE]... -- PROGRAM [ARGUMENT]...\n", stderr);
		return 125;
	}
	if (cell.filter != NULL)
		prog = read_filter(cell.filter);
	confine(&cell);
	if (cell.filter != NULL)
		filter_calls(&prog);
	execv(argv[optind], argv + optind);
	fprintf(stderr, "cell: %s: %s\n", argv[optind], strerror(errno));
	return 126;
}
