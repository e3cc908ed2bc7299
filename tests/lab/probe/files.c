/* SPDX-License-Identifier: MIT */
/* Acts on paths, mounts and device nodes. */
#include "probe.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define CHUNK        65536u
#define FILE_PART    ((uint64_t)8 << 20) /* of what fills: below any file-size worth a limit */
#define MQUEUE_MAGIC 0x19800202          /* ipc/mqueue.c */
#define DEPTH        4                   /* folders looked into for a first file */

/* ---- rights ---- */

static void opened(struct outcome *out, int fd)
{
	if (fd < 0) {
		failed_path(out, errno);
		return;
	}
	close(fd);
	succeed_if(out, true);
}

/* Opening for writing the first file below a directory: what a read-only tree must refuse. */
static int open_below(int dir, int depth)
{
	DIR *d = fdopendir(dir);
	struct dirent *e;
	int fd = -1, error = ENOENT;

	while (d && fd < 0 && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		if (e->d_type == DT_DIR && depth > 0) {
			int next = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			fd = next < 0 ? -1 : open_below(next, depth - 1);
		} else if (e->d_type == DT_REG) {
			struct stat st;
			if (fstatat(dirfd(d), e->d_name, &st, 0) || !(st.st_mode & S_IWUSR))
				continue;
			fd = openat(dirfd(d), e->d_name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
		} else {
			continue;
		}
		if (fd < 0 && errno != ENOENT) {
			error = errno;
			break;
		}
	}
	if (d)
		closedir(d);
	errno = error;
	return fd;
}

/* Opening tells: nothing is written to what may be a kernel's file. */
static void write_path(const char *path, int flags, struct outcome *out)
{
	int fd = openat(AT_FDCWD, path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | flags);

	if (fd < 0 && errno == EISDIR) {
		int dir = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		fd = dir < 0 ? -1 : open_below(dir, DEPTH);
	}
	opened(out, fd);
}

static void read_path(const char *path, struct outcome *out)
{
	char byte;
	int fd = openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && read(fd, &byte, 1) < 0 && errno != EISDIR && errno != EAGAIN)
		failed(out, errno);
	else
		opened(out, fd);
}

static void create_path(const char *path, struct outcome *out)
{
	int fd = openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	opened(out, fd);
	if (fd >= 0)
		unlinkat(AT_FDCWD, path, 0);
}

/* The outcome is told before: after an exec there is nobody to tell it. */
static void execute_path(const char *path, struct outcome *out)
{
	char *const argv[] = { (char *)(uintptr_t)path, NULL }, *const envp[] = { NULL };

	succeed_if(out, true);
	execve(path, argv, envp);
	if (errno != ENOEXEC)
		failed_path(out, errno);
}

static void link_path(const char *path, struct outcome *out)
{
	char to[PATH_MAX];

	if (snprintf(to, sizeof(to), "%s.fp-link", path) >= (int)sizeof(to)) {
		unable(out, "name too long");
		return;
	}
	unlinkat(AT_FDCWD, to, 0);
	if (linkat(AT_FDCWD, path, AT_FDCWD, to, 0)) {
		failed_path(out, errno);
		return;
	}
	unlinkat(AT_FDCWD, to, 0);
	succeed_if(out, true);
}

static void lock_path(const char *path, struct outcome *out)
{
	int fd = openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno != ENOENT)
		fd = openat(AT_FDCWD, path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB)) {
		failed(out, errno);
		close(fd);
		return;
	}
	opened(out, fd);
}

static void attributes_of(const char *path, struct outcome *out)
{
	struct stat st;

	/* Nobody but the owner may, whatever a layer says. */
	if (!fstatat(AT_FDCWD, path, &st, 0) && geteuid() && st.st_uid != geteuid())
		unable(out, "not the owner");
	else if (fchmodat(AT_FDCWD, path, 0666, 0))
		failed_path(out, errno);
	else
		succeed_if(out, true);
}

/* Where the job may make files itself, as on its own tmpfs, no fixture could be put before. */
static void make_fixture(const char *path)
{
	int fd = openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0)
		return;
	if (write(fd, "fp\n", 3) != 3)
		unlinkat(AT_FDCWD, path, 0);
	close(fd);
}

void act_file(char **arg, const struct options *o, struct outcome *out)
{
	const char *right = arg[0], *path = arg[1];

	(void)o;
	if (strcmp(right, "create") && faccessat(AT_FDCWD, path, F_OK, AT_EACCESS) &&
	    errno == ENOENT)
		make_fixture(path);
	if (!strcmp(right, "read"))
		read_path(path, out);
	else if (!strcmp(right, "write"))
		write_path(path, 0, out);
	else if (!strcmp(right, "append"))
		write_path(path, O_APPEND, out);
	else if (!strcmp(right, "create"))
		create_path(path, out);
	else if (!strcmp(right, "execute"))
		execute_path(path, out);
	else if (!strcmp(right, "link"))
		link_path(path, out);
	else if (!strcmp(right, "lock"))
		lock_path(path, out);
	else if (!strcmp(right, "attributes"))
		attributes_of(path, out);
	else if (strcmp(right, "delete"))
		unable(out, "unknown right");
	else if (unlinkat(AT_FDCWD, path, 0))
		failed_path(out, errno);
	else
		succeed_if(out, true);
}

/* ---- masks and mounts ---- */

void act_see(char **arg, const struct options *o, struct outcome *out)
{
	char byte;
	int fd = openat(AT_FDCWD, arg[0], O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	(void)o;
	if (fd < 0) {
		failed_path(out, errno);
		return;
	}
	ssize_t n = read(fd, &byte, 1);
	if (n < 0 && errno == EISDIR) {
		DIR *d = fdopendir(fd);
		struct dirent *e;
		while (d && n <= 0 && (e = readdir(d)))
			n = strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
	}
	if (n < 0)
		failed(out, errno);
	else
		succeed_if(out, n > 0);
}

static bool is_empty(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	size_t n = 0;

	while (d && (e = readdir(d)))
		n += strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
	if (d)
		closedir(d);
	return d && !n;
}

/* As runtimes do it: /dev/null over a file, an empty file system over a directory. */
void act_masked(char **arg, const struct options *o, struct outcome *out)
{
	struct statfs fs;
	struct stat st;

	(void)o;
	if (fstatat(AT_FDCWD, arg[0], &st, 0) || statfs(arg[0], &fs)) {
		cannot_ask(out);
		return;
	}
	if (S_ISDIR(st.st_mode))
		succeed_if(out, (long)fs.f_type == TMPFS_MAGIC && is_empty(arg[0]));
	else
		succeed_if(out, S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3));
}

void act_mount(char **arg, const struct options *o, struct outcome *out)
{
	/* ST_* of statfs(2). */
	static const struct {
		const char *word;
		unsigned long bit;
	} flags[] = {
		{ "readonly", 0x0001 }, { "nosuid", 0x0002 },  { "nodev", 0x0004 },
		{ "noexec", 0x0008 },   { "noatime", 0x0400 }, { "nosymfollow", 0x2000 },
	};
	struct statfs st;

	(void)o;
	if (statfs(arg[0], &st)) {
		cannot_ask(out);
		return;
	}
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (!strcmp(flags[i].word, arg[1])) {
			succeed_if(out, (unsigned long)st.f_flags & flags[i].bit);
			return;
		}
	unable(out, "unknown flag");
}

void act_fstype(char **arg, const struct options *o, struct outcome *out)
{
	static const struct {
		const char *word;
		long magic;
	} types[] = {
		{ "tmpfs", TMPFS_MAGIC },   { "proc", PROC_SUPER_MAGIC },
		{ "sysfs", SYSFS_MAGIC },   { "devpts", DEVPTS_SUPER_MAGIC },
		{ "mqueue", MQUEUE_MAGIC }, { "cgroup", CGROUP2_SUPER_MAGIC },
	};
	struct statfs st;

	(void)o;
	if (statfs(arg[0], &st)) {
		cannot_ask(out);
		return;
	}
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i].word, arg[1])) {
			succeed_if(out, (long)st.f_type == types[i].magic);
			return;
		}
	unable(out, "unknown type");
}

/* ---- how much ---- */

static bool has_memory(uint64_t bytes)
{
	struct sysinfo si;

	return !sysinfo(&si) && (uint64_t)si.freeram * si.mem_unit / 2 > bytes;
}

static bool write_part(const char *path, uint64_t bytes)
{
	static char zeros[CHUNK];
	int fd = openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	bool ok = fd >= 0;

	while (ok && bytes) {
		size_t n = bytes < CHUNK ? (size_t)bytes : CHUNK;
		ok = write(fd, zeros, n) == (ssize_t)n;
		bytes -= n;
	}
	int error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return ok;
}

void act_fill(char **arg, const struct options *o, struct outcome *out)
{
	char path[PATH_MAX];
	uint64_t bytes, parts = 0;
	bool ok = true;
	int error = 0;

	(void)o;
	if (!fp_probe_number(arg[1], &bytes) || !has_memory(bytes)) {
		unable(out, "memory");
		return;
	}
	for (uint64_t left = bytes; ok && left; parts++) {
		uint64_t n = left < FILE_PART ? left : FILE_PART;
		snprintf(path, sizeof(path), "%s/fp-fill-%u", arg[0], (unsigned)parts);
		ok = write_part(path, n);
		error = errno;
		left -= n;
	}
	for (uint64_t i = 0; i < parts; i++) {
		snprintf(path, sizeof(path), "%s/fp-fill-%u", arg[0], (unsigned)i);
		unlinkat(AT_FDCWD, path, 0);
	}
	if (ok)
		succeed_if(out, true);
	else
		failed_path(out, error);
}

void act_inodes(char **arg, const struct options *o, struct outcome *out)
{
	char path[PATH_MAX];
	uint64_t want, made = 0;
	int error = 0;

	(void)o;
	if (!fp_probe_number(arg[1], &want) || want > 1000000) {
		unable(out, "too many");
		return;
	}
	while (made < want && !error) {
		snprintf(path, sizeof(path), "%s/fp-inode-%u", arg[0], (unsigned)made);
		int fd = openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
		if (fd < 0) {
			error = errno;
			continue;
		}
		close(fd);
		made++;
	}
	for (uint64_t i = 0; i < made; i++) {
		snprintf(path, sizeof(path), "%s/fp-inode-%u", arg[0], (unsigned)i);
		unlinkat(AT_FDCWD, path, 0);
	}
	if (error)
		failed_path(out, error);
	else
		succeed_if(out, true);
}

void act_file_size(char **arg, const struct options *o, struct outcome *out)
{
	uint64_t bytes;

	(void)o;
	signal(SIGXFSZ, SIG_IGN);
	if (!fp_probe_number(arg[0], &bytes) || bytes < 1 || bytes > INT64_MAX) {
		unable(out, "size");
		return;
	}
	int fd = openat(AT_FDCWD, arg[1], O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0) {
		failed_path(out, errno);
		return;
	}
	if (pwrite(fd, "x", 1, (off_t)(bytes - 1)) != 1)
		failed(out, errno);
	else
		succeed_if(out, true);
	close(fd);
	unlinkat(AT_FDCWD, arg[1], 0);
}

/* ---- devices ---- */

const char *const node_places[NODE_PLACES] = { NODES, "/tmp" };

void node_name(char out[64], const char *place, char **arg)
{
	snprintf(out, 64, "%s/fp-%.1s-%.10s-%.10s", place, arg[0], arg[1], arg[2]);
}

static void make_node(char **arg, mode_t type, dev_t dev, struct outcome *out)
{
	static const char *const places[] = { NODES, "/tmp", "/dev/shm", "/dev" };
	char path[PATH_MAX];

	unable(out, "nowhere to make it");
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s/fp-new-%.1s-%.10s-%.10s", places[i], arg[0],
			 arg[1], arg[2]);
		if (!mknodat(AT_FDCWD, path, type | 0600, dev)) {
			unlinkat(AT_FDCWD, path, 0);
			succeed_if(out, true);
			return;
		}
		if (errno == EPERM) {
			failed(out, errno);
			return;
		}
	}
}

static bool is_node(const char *path, mode_t type, dev_t dev)
{
	struct stat st;

	return !fstatat(AT_FDCWD, path, &st, 0) && (st.st_mode & S_IFMT) == type &&
	       st.st_rdev == dev;
}

/* A driver's own refusal comes after the kernel let the open through. */
static bool is_drivers(int error)
{
	return error == ENXIO || error == ENODEV || error == EBUSY || error == EIO ||
	       error == ENOTTY || error == EINVAL || error == EAGAIN || error == ENOMEDIUM;
}

/* Leaves the outcome alone where there is no such node to open. */
static void open_node(const char *path, mode_t type, dev_t dev, int flags, struct outcome *out)
{
	struct statfs st;

	if (!is_node(path, type, dev) || statfs(path, &st) || st.f_flags & 0x0004)
		return;
	int fd = openat(AT_FDCWD, path, flags);
	if (fd < 0 && is_drivers(errno))
		succeed_if(out, true);
	else
		opened(out, fd);
}

void act_device(char **arg, const struct options *o, struct outcome *out)
{
	const mode_t type = arg[0][0] == 'b' ? S_IFBLK : S_IFCHR;
	uint64_t major, minor;
	char own[64];

	if (!fp_probe_number(arg[1], &major) || !fp_probe_number(arg[2], &minor)) {
		unable(out, "number");
		return;
	}
	const dev_t dev = makedev((unsigned)major, (unsigned)minor);
	if (!strcmp(arg[3], "mknod")) {
		make_node(arg, type, dev, out);
		return;
	}
	/* What must work does so at its path; what must not, nowhere. */
	const size_t places = o->must_succeed && strcmp(arg[4], "-") ? 0 : NODE_PLACES;
	const int flags = (strcmp(arg[3], "read") ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_CLOEXEC;
	unable(out, "no node");
	open_node(arg[4], type, dev, flags, out);
	for (size_t i = 0; i < places && out->state != SUCCEEDED; i++) {
		node_name(own, node_places[i], arg);
		open_node(own, type, dev, flags, out);
	}
}
