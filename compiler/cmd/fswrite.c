/* SPDX-License-Identifier: MIT */
/* Writing files: whole or not at all. */
#include "cmd/cmd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAGE ".fpolicyc-stage-"

static bool write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static bool write_at(int dir, const char *name, const void *data, size_t len)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd < 0)
		return false;
	bool ok = write_all(fd, data, len);
	int saved = errno;
	if (close(fd) && ok) {
		ok = false;
		saved = errno;
	}
	errno = saved;
	return ok;
}

/* Makes the folders of a relative path below `dir`. */
static bool make_parents(int dir, const char *path)
{
	char part[512];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		size_t n = (size_t)(slash - path);
		if (n >= sizeof(part)) {
			errno = ENAMETOOLONG;
			return false;
		}
		memcpy(part, path, n);
		part[n] = '\0';
		if (mkdirat(dir, part, 0755) && errno != EEXIST)
			return false;
	}
	return true;
}

/* Removes a tree we made: folders and regular files, never through a link. */
static bool remove_tree(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while ((e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (unlinkat(fd, e->d_name, 0) && (errno == EISDIR || errno == EPERM))
			remove_tree(fd, e->d_name);
	}
	closedir(d);
	return !unlinkat(parent, name, AT_REMOVEDIR);
}

/* What an interrupted compile left: its lock is free, so its owner is gone. */
static void sweep(int parent, const char *prefix)
{
	int copy = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *e;

	while (d && (e = readdir(d))) {
		if (strncmp(e->d_name, prefix, strlen(prefix)))
			continue;
		int fd = openat(parent, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB))
			remove_tree(parent, e->d_name);
		if (fd >= 0)
			close(fd);
	}
	if (d)
		closedir(d);
}

/* Absent, empty, or written by us before. */
static const char *check_old(int parent, const char *name, bool *exists)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	const char *why = NULL;

	*exists = fd >= 0;
	if (fd < 0)
		return errno == ENOENT ? NULL : strerror(errno);
	if (faccessat(fd, "manifest.json", F_OK, AT_SYMLINK_NOFOLLOW)) {
		DIR *d = fdopendir(dup(fd));
		const struct dirent *e;
		while (d && (e = readdir(d)))
			if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
				why = "is not empty and no earlier output (it has no manifest.json)";
		if (d)
			closedir(d);
	}
	close(fd);
	return why;
}

struct fp_fs_tree {
	int parent, dir; /* the folder above, and the hidden one being filled */
	char *path, *name, *stage;
	const char *given; /* as the user wrote it */
	bool exists;
};

static bool find_place(const char *dir, struct fp_fs_tree *t)
{
	size_t n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		n--;
	t->path = strndup(dir, n);
	if (!t->path)
		return false;
	char *slash = strrchr(t->path, '/');
	t->name = slash ? slash + 1 : t->path;
	if (!t->name[0] || !strcmp(t->name, ".") || !strcmp(t->name, "..")) {
		errno = EINVAL;
		return false;
	}
	if (asprintf(&t->stage, STAGE "%s-%d", t->name, (int)getpid()) < 0)
		return false;
	if (slash)
		*slash = '\0';
	t->parent = open(!slash             ? "."
			 : slash == t->path ? "/"
					    : t->path,
			 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return t->parent >= 0;
}

static bool make_stage(struct fp_fs_tree *t)
{
	char prefix[300];

	snprintf(prefix, sizeof(prefix), STAGE "%s-", t->name);
	sweep(t->parent, prefix);
	if (mkdirat(t->parent, t->stage, 0755))
		return false;
	t->dir = openat(t->parent, t->stage, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return t->dir >= 0 && !flock(t->dir, LOCK_EX | LOCK_NB);
}

static void release(struct fp_fs_tree *t)
{
	if (t->dir >= 0)
		close(t->dir);
	if (t->parent >= 0)
		close(t->parent);
	free(t->path);
	free(t->stage);
	free(t);
}

struct fp_fs_tree *fp_fs_tree_begin(const char *dir)
{
	struct fp_fs_tree *t = calloc(1, sizeof(*t));
	const char *why = NULL;

	if (!t)
		return fp_cmd_error("out of memory"), NULL;
	*t = (struct fp_fs_tree){ .parent = -1, .dir = -1, .given = dir };
	bool ok = find_place(dir, t);
	if (ok)
		why = check_old(t->parent, t->name, &t->exists);
	if (ok && !why && make_stage(t))
		return t;
	fp_cmd_error("%s: %s; nothing was written", dir, why ? why : strerror(errno));
	if (t->dir >= 0)
		remove_tree(t->parent, t->stage);
	release(t);
	return NULL;
}

bool fp_fs_tree_add(struct fp_fs_tree *t, const char *below, const char *path, const void *data,
		    size_t len)
{
	char *full = NULL;
	bool ok = asprintf(&full, "%s%s%s", below ? below : "", below ? "/" : "", path) >= 0;

	ok = ok && make_parents(t->dir, full) && write_at(t->dir, full, data, len);
	if (!ok && errno == EEXIST)
		fp_cmd_error("%s: two policies write '%s'; nothing was written", t->given, full);
	else if (!ok)
		fp_cmd_error("%s: %s; nothing was written", t->given, strerror(errno));
	free(full);
	return ok;
}

void fp_fs_tree_abort(struct fp_fs_tree *t)
{
	remove_tree(t->parent, t->stage);
	release(t);
}

/* Exchanges old and new in one step; file systems without that get two renames. */
static bool publish(const struct fp_fs_tree *t)
{
	if (!t->exists)
		return !renameat2(t->parent, t->stage, t->parent, t->name, RENAME_NOREPLACE) ||
		       (errno == EINVAL && !renameat(t->parent, t->stage, t->parent, t->name));
	if (!renameat2(t->parent, t->stage, t->parent, t->name, RENAME_EXCHANGE)) {
		remove_tree(t->parent, t->stage);
		return true;
	}
	return errno == EINVAL && remove_tree(t->parent, t->name) &&
	       !renameat(t->parent, t->stage, t->parent, t->name);
}

bool fp_fs_tree_commit(struct fp_fs_tree *t)
{
	/* One sync for the whole tree: data before the rename that shows it. */
	bool ok = !syncfs(t->dir) && publish(t);

	if (!ok) {
		fp_cmd_error("%s: %s; nothing was written", t->given, strerror(errno));
		remove_tree(t->parent, t->stage);
	}
	release(t);
	return ok;
}

bool fp_fs_write_file(const char *path, const void *data, size_t len)
{
	char *stage = NULL;
	bool ok;

	if (!strcmp(path, "-")) {
		ok = write_all(STDOUT_FILENO, data, len);
		if (!ok)
			fp_cmd_error("standard output: %s", strerror(errno));
		return ok;
	}
	ok = asprintf(&stage, "%s" STAGE "%d", path, (int)getpid()) >= 0;
	if (ok)
		unlink(stage);
	ok = ok && write_at(AT_FDCWD, stage, data, len);
	ok = ok && !rename(stage, path);
	if (!ok) {
		fp_cmd_error("%s: %s; nothing was written", path, strerror(errno));
		if (stage)
			unlink(stage);
	}
	free(stage);
	return ok;
}
