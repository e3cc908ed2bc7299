/* SPDX-License-Identifier: MIT */
/* Attacks: files of the host, and files of the job that must not be changed or run. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "escape.h"

/* struct file_handle ends in an array of a length that the file system says. */
union handle {
	struct file_handle head;
	unsigned char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
};

static int handle_of_root(union handle *handle)
{
	int mount_id;

	memset(handle, 0, sizeof(*handle));
	handle->head.handle_bytes = MAX_HANDLE_SZ;
	return name_to_handle_at(AT_FDCWD, "/usr", &handle->head, &mount_id, 0);
}

int try_handle(const struct escape_scene *scene)
{
	union handle handle;

	(void)scene;
	return handle_of_root(&handle);
}

/* Who may not make a handle guesses one, as Shocker did: there is no file of it (ESTALE). */
int try_shocker(const struct escape_scene *scene)
{
	union handle handle;
	int mount_fd = open("/usr", O_RDONLY | O_CLOEXEC);

	(void)scene;
	if (handle_of_root(&handle) != 0) {
		handle.head.handle_bytes = 8;
		handle.head.handle_type = 1;
	}
	return escape_reached(open_by_handle_at(mount_fd, &handle.head, O_RDONLY), ESTALE);
}

static int open_node(dev_t device, mode_t type)
{
	static const char *const places[] = { "/tmp/node", "/out/node" };
	int fd = -1;

	for (size_t i = 0; i < 2 && fd < 0; i++) {
		if (mknod(places[i], type | 0600, device) != 0)
			continue;
		fd = open(places[i], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			fd = -errno;
		unlink(places[i]);
		if (fd < 0)
			errno = -fd;
	}
	return fd < 0 ? -1 : 0;
}

/* The lab's disk; its number is given out when the driver comes. */
static dev_t disk_number(void)
{
	unsigned int big = 254, small = 0;
	FILE *f = fopen("/proc/partitions", "re");
	char line[128], name[32], *end;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		unsigned long first = strtoul(line, &end, 10), second = strtoul(end, &end, 10);

		strtoul(end, &end, 10);
		snprintf(name, sizeof(name), "%.30s", end + (*end == ' '));
		if (strncmp(name, "vda", 3) == 0 && first < 4096) {
			big = (unsigned int)first;
			small = (unsigned int)(second & 0xfffff);
			break;
		}
	}
	if (f != NULL)
		fclose(f);
	return makedev(big, small);
}

int try_mknod_disk(const struct escape_scene *scene)
{
	(void)scene;
	return open_node(disk_number(), S_IFBLK);
}

int try_mknod_kmsg(const struct escape_scene *scene)
{
	(void)scene;
	return open_node(makedev(1, 11), S_IFCHR);
}

static int connect_unix(const char *name, size_t at)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(to.sun_path + at, name, len);
	return fd < 0 ? -1
		      : connect(fd, (struct sockaddr *)&to,
				(socklen_t)(sizeof(sa_family_t) + at + len + (at == 0)));
}

int try_docker_sock(const struct escape_scene *scene)
{
	(void)scene;
	return connect_unix(ESCAPE_DAEMON, 0);
}

int try_abstract(const struct escape_scene *scene)
{
	(void)scene;
	return connect_unix(ESCAPE_ABSTRACT, 1);
}

int try_leaked(const struct escape_scene *scene)
{
	(void)scene;
	return openat(ESCAPE_LEAKED_FD, "lab", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int open_of_outsider(const struct escape_scene *scene, const char *what, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)scene->outsider, what);
	return open(path, flags | O_CLOEXEC);
}

int try_runtime_exe(const struct escape_scene *scene)
{
	return open_of_outsider(scene, "exe", O_RDONLY);
}

int try_proc_root(const struct escape_scene *scene)
{
	return open_of_outsider(scene, "root/lab", O_RDONLY | O_DIRECTORY);
}

int try_proc_mem(const struct escape_scene *scene)
{
	return open_of_outsider(scene, "mem", O_RDWR);
}

int try_proc_environ(const struct escape_scene *scene)
{
	char byte;
	int fd = open_of_outsider(scene, "environ", O_RDONLY);

	return fd < 0 || read(fd, &byte, 1) < 0 ? -1 : 0;
}

int try_core_pattern(const struct escape_scene *scene)
{
	(void)scene;
	return escape_rewrite("/proc/sys/kernel/core_pattern");
}

int try_proc_sys(const struct escape_scene *scene)
{
	(void)scene;
	return escape_rewrite("/proc/sys/vm/overcommit_memory");
}

/* Opened only: a byte would be a command. */
int try_sysrq(const struct escape_scene *scene)
{
	(void)scene;
	return open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);
}

int try_kcore(const struct escape_scene *scene)
{
	(void)scene;
	return escape_read_byte("/proc/kcore");
}

/* Who may not know gets zeros. */
int try_kallsyms(const struct escape_scene *scene)
{
	char line[512];
	FILE *f = fopen("/proc/kallsyms", "re");

	(void)scene;
	if (f == NULL)
		return -1;
	while (fgets(line, sizeof(line), f) != NULL)
		if (strstr(line, " _stext\n") != NULL && strtoul(line, NULL, 16) != 0)
			return 0;
	errno = ENODATA;
	return -1;
}

int try_proc_keys(const struct escape_scene *scene)
{
	(void)scene;
	return escape_read_byte("/proc/keys");
}

int try_timer_list(const struct escape_scene *scene)
{
	(void)scene;
	return escape_read_byte("/proc/timer_list");
}

int try_sys_write(const struct escape_scene *scene)
{
	(void)scene;
	return escape_rewrite("/sys/kernel/rcu_expedited");
}

int try_firmware(const struct escape_scene *scene)
{
	DIR *dir = opendir("/sys/firmware");
	const struct dirent *entry;

	(void)scene;
	if (dir == NULL)
		return -1;
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			return 0;
	errno = ENODATA;
	return -1;
}

int try_cgroup(const struct escape_scene *scene)
{
	(void)scene;
	if (mkdir("/sys/fs/cgroup/escape", 0700) != 0)
		return -1;
	return rmdir("/sys/fs/cgroup/escape");
}

static int make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return fd < 0 ? -1 : unlink(path);
}

int try_write_usr(const struct escape_scene *scene)
{
	(void)scene;
	return make_file("/usr/bin/escape-made");
}

int try_write_in(const struct escape_scene *scene)
{
	(void)scene;
	return make_file("/in/escape-made");
}

int try_verdict(const struct escape_scene *scene)
{
	(void)scene;
	return open("/out/.verdict", O_WRONLY | O_CLOEXEC);
}

int try_hard_link(const struct escape_scene *scene)
{
	(void)scene;
	return link("/usr/bin/escape", "/out/link") != 0 ? -1 : unlink("/out/link");
}

/* As nobody: root would learn nothing from it. */
int try_setuid_program(const struct escape_scene *scene)
{
	char program[] = "/usr/bin/escape-setuid", word[] = "--am-i-root";
	char *const argv[] = { program, word, NULL };
	pid_t pid;

	(void)scene;
	if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
		return -1;
	pid = vfork();
	if (pid == 0) {
		execv(program, argv);
		_exit(errno);
	}
	return pid < 0 ? -1 : escape_end_of(pid);
}

int try_setcap(const struct escape_scene *scene)
{
	const struct vfs_cap_data cap = { .magic_etc = VFS_CAP_REVISION_2,
					  .data = { { 1U << CAP_SYS_CHROOT, 0 }, { 0, 0 } } };
	int fd = open("/out/capable", O_WRONLY | O_CREAT | O_CLOEXEC, 0700);

	(void)scene;
	return fd < 0 ? -1 : fsetxattr(fd, "security.capability", &cap, sizeof(cap), 0);
}

/* A copy of this program into a descriptor, closed before it is run. */
static int copy_self(int to)
{
	static char block[65536];
	int from = open("/usr/bin/escape", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (from < 0 || to < 0)
		return -1;
	while ((n = read(from, block, sizeof(block))) > 0)
		if (write(to, block, (size_t)n) != n)
			return -1;
	return n == 0 ? close(from) : -1;
}

static int run(const char *path)
{
	char name[] = "escape", word[] = "--true";
	char *const argv[] = { name, word, NULL };
	pid_t pid = vfork();

	if (pid == 0) {
		execv(path, argv);
		_exit(errno);
	}
	return pid < 0 ? -1 : escape_end_of(pid);
}

int try_memfd_exec(const struct escape_scene *scene)
{
	char path[64];
	int fd = memfd_create("escape", 0);

	(void)scene;
	if (fd < 0 || copy_self(fd) != 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fd = open(path, O_RDONLY); /* a file that is open for writing is not run */
	if (fd < 0)
		return -1;
	close((int)strtol(path + strlen("/proc/self/fd/"), NULL, 10));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return run(path);
}

static int run_copy(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700), ret;

	ret = copy_self(fd) != 0 || close(fd) != 0 ? -1 : run(path);
	if (ret != 0) {
		int error = errno;

		unlink(path);
		errno = error;
	}
	return ret;
}

int try_tmp_exec(const struct escape_scene *scene)
{
	(void)scene;
	return run_copy("/tmp/escape");
}

int try_out_exec(const struct escape_scene *scene)
{
	(void)scene;
	return run_copy("/out/escape");
}
