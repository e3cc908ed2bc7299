/* SPDX-License-Identifier: MIT */
/* Writing files: whole or not at all. */
#include "cmd/cmd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAGE ".fpolicyc-stage-"

/* How every manifest.json begins: by these bytes a folder is known as an output of ours. */
#define MARK "{\n  \"$schema\": \"manifest.schema.json\""

/* Names a stage may need before one is free: other runs sweep and make stages beside ours. */
#define STAGE_TRIES 100u

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

/* A new file; with `mode` it is synced and has exactly that mode, else 0644 less the umask. */
static bool write_at(int dir, const char *name, const void *data, size_t len, const mode_t *mode)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
			mode ? 0600 : 0644);

	if (fd < 0)
		return false;
	bool ok = write_all(fd, data, len) && (!mode || (!fchmod(fd, *mode) && !fsync(fd)));
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
		if (e->d_type == DT_DIR ||
		    (unlinkat(fd, e->d_name, 0) && (errno == EISDIR || errno == EPERM)))
			remove_tree(fd, e->d_name);
	}
	closedir(d);
	return !unlinkat(parent, name, AT_REMOVEDIR);
}

/* "PID-N" and nothing else: the stage of `out` must not pass for one of `out-2`. */
static bool is_stage_number(const char *text)
{
	size_t pid = strspn(text, "0123456789");

	return pid && text[pid] == '-' && text[pid + 1] &&
	       !text[pid + 1 + strspn(text + pid + 1, "0123456789")];
}

/* What an interrupted compile left: its lock is free, so its owner is gone. */
static void sweep(int parent, const char *prefix)
{
	int copy = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *e;

	while (d && (e = readdir(d))) {
		if (strncmp(e->d_name, prefix, strlen(prefix)) ||
		    !is_stage_number(e->d_name + strlen(prefix)))
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

static bool is_empty(int dir)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *e;
	bool empty = d != NULL;

	while (d && (e = readdir(d)))
		empty &= !strcmp(e->d_name, ".") || !strcmp(e->d_name, "..");
	if (d)
		closedir(d);
	return empty;
}

/* Other programs have a manifest.json, too: ours begins with the mark. */
static bool has_our_manifest(int dir)
{
	char text[sizeof(MARK) - 1];
	int fd = openat(dir, "manifest.json", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text)) : -1;

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)sizeof(text) && !memcmp(text, MARK, sizeof(text));
}

/* Absent, empty, or written by us before. */
static const char *check_old(int parent, const char *name, bool *exists)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	const char *why = NULL;

	*exists = fd >= 0;
	if (fd < 0)
		return errno == ENOENT ? NULL : strerror(errno);
	if (!has_our_manifest(fd) && !is_empty(fd))
		why = "is not empty and no earlier output (its manifest.json is not ours)";
	close(fd);
	return why;
}

struct fp_fs_tree {
	int parent, dir; /* the folder above, and the hidden one being filled */
	char *path, *name;
	char stage[NAME_MAX + 1];
	const char *given; /* as the user wrote it */
	bool exists;
	/* The folder that was written to last: files come sorted, so most go there too. */
	char *folder; /* relative to `dir` */
	int folder_fd;
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
	if (slash)
		*slash = '\0';
	t->parent = open(!slash             ? "."
			 : slash == t->path ? "/"
					    : t->path,
			 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return t->parent >= 0;
}

/* False with errno EAGAIN where another run took the folder for an orphan before it was locked. */
static bool lock_stage(struct fp_fs_tree *t)
{
	struct stat here, named;

	t->dir = openat(t->parent, t->stage, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (t->dir < 0) {
		errno = errno == ENOENT ? EAGAIN : errno;
		return false;
	}
	if (flock(t->dir, LOCK_EX | LOCK_NB) || fstat(t->dir, &here))
		return false;
	if (!fstatat(t->parent, t->stage, &named, AT_SYMLINK_NOFOLLOW) &&
	    here.st_ino == named.st_ino && here.st_dev == named.st_dev)
		return true;
	errno = EAGAIN;
	return false;
}

static bool make_stage(struct fp_fs_tree *t)
{
	char prefix[sizeof(STAGE) + 202];

	/* A long name is cut so that its stage is a legal name, too. */
	snprintf(prefix, sizeof(prefix), STAGE "%.200s-", t->name);
	sweep(t->parent, prefix);
	for (unsigned i = 0; i < STAGE_TRIES; i++) {
		snprintf(t->stage, sizeof(t->stage), "%s%d-%u", prefix, (int)getpid(), i);
		if (mkdirat(t->parent, t->stage, 0755)) {
			if (errno == EEXIST)
				continue;
			return false;
		}
		if (lock_stage(t))
			return true;
		if (t->dir >= 0)
			close(t->dir);
		t->dir = -1;
		if (errno != EAGAIN)
			return false;
	}
	return false;
}

static void leave_folder(struct fp_fs_tree *t)
{
	if (t->folder_fd >= 0)
		close(t->folder_fd);
	free(t->folder);
	t->folder = NULL;
	t->folder_fd = -1;
}

static void release(struct fp_fs_tree *t)
{
	leave_folder(t);
	if (t->dir >= 0)
		close(t->dir);
	if (t->parent >= 0)
		close(t->parent);
	free(t->path);
	free(t);
}

struct fp_fs_tree *fp_fs_tree_begin(const char *dir)
{
	struct fp_fs_tree *t = calloc(1, sizeof(*t));
	const char *why = NULL;

	if (!t)
		return fp_cmd_error("out of memory"), NULL;
	*t = (struct fp_fs_tree){ .parent = -1, .dir = -1, .given = dir, .folder_fd = -1 };
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

/* Makes the first `n` bytes of `path` the current folder. */
static bool enter_folder(struct fp_fs_tree *t, const char *path, size_t n)
{
	if (t->folder && strlen(t->folder) == n && !memcmp(t->folder, path, n))
		return true;
	leave_folder(t);
	if (!make_parents(t->dir, path))
		return false;
	char *folder = strndup(path, n);
	int fd = folder ? openat(t->dir, folder, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd < 0) {
		free(folder);
		return false;
	}
	t->folder = folder;
	t->folder_fd = fd;
	return true;
}

static bool add_file(struct fp_fs_tree *t, const char *path, const void *data, size_t len)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return write_at(t->dir, path, data, len, NULL);
	return enter_folder(t, path, (size_t)(slash - path)) &&
	       write_at(t->folder_fd, slash + 1, data, len, NULL);
}

bool fp_fs_tree_add(struct fp_fs_tree *t, const char *below, const char *path, const void *data,
		    size_t len)
{
	char *full = NULL;
	bool ok = asprintf(&full, "%s%s%s", below ? below : "", below ? "/" : "", path) >= 0;

	ok = ok && add_file(t, full, data, len);
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

/* Without an exchange: the old one aside, the new one in its place, or the old one back. */
static bool swap_slowly(const struct fp_fs_tree *t)
{
	char aside[sizeof(t->stage) + 1];

	snprintf(aside, sizeof(aside), "%s0", t->stage);
	if (renameat(t->parent, t->name, t->parent, aside))
		return false;
	if (renameat(t->parent, t->stage, t->parent, t->name)) {
		int saved = errno;
		renameat(t->parent, aside, t->parent, t->name);
		errno = saved;
		return false;
	}
	remove_tree(t->parent, aside);
	return true;
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
	return errno == EINVAL && swap_slowly(t);
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

/* ---- one file ---- */

struct fp_fs_file {
	char *path, *stage; /* what is replaced, links followed; the new contents beside it */
	const char *given;
	const void *data; /* not yet written: the file is a stream */
	size_t len;
};

static void file_free(struct fp_fs_file *f)
{
	free(f->path);
	free(f->stage);
	free(f);
}

/* A link keeps leading where it leads, and what was private stays private. */
static bool stage_file(struct fp_fs_file *f, const struct stat *old, const void *data, size_t len)
{
	mode_t mode = old ? old->st_mode & 07777 : 0;

	f->path = old ? realpath(f->given, NULL) : strdup(f->given);
	if (!f->path)
		return false;
	if (asprintf(&f->stage, "%s" STAGE "%d", f->path, (int)getpid()) < 0) {
		f->stage = NULL;
		return false;
	}
	unlink(f->stage);
	return write_at(AT_FDCWD, f->stage, data, len, old ? &mode : NULL);
}

struct fp_fs_file *fp_fs_file_begin(const char *path, const void *data, size_t len)
{
	struct fp_fs_file *f = calloc(1, sizeof(*f));
	struct stat old;

	if (!f)
		return fp_cmd_error("out of memory"), NULL;
	f->given = path;
	bool exists = !stat(path, &old);
	/* A device, a pipe or a socket is written to: to replace /dev/null would be a disaster. */
	if (!strcmp(path, "-") || (exists && !S_ISREG(old.st_mode) && !S_ISDIR(old.st_mode))) {
		f->data = data;
		f->len = len;
		return f;
	}
	errno = EISDIR;
	if (!(exists && S_ISDIR(old.st_mode)) && stage_file(f, exists ? &old : NULL, data, len))
		return f;
	fp_cmd_error("%s: %s; nothing was written", path, strerror(errno));
	fp_fs_file_abort(f);
	return NULL;
}

static bool write_stream(const struct fp_fs_file *f)
{
	bool std = !strcmp(f->given, "-");
	int fd = std ? STDOUT_FILENO : open(f->given, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	bool ok = fd >= 0 && write_all(fd, f->data, f->len);

	if (!ok)
		fp_cmd_error("%s: %s", std ? "standard output" : f->given, strerror(errno));
	if (fd >= 0 && !std)
		close(fd);
	return ok;
}

bool fp_fs_file_commit(struct fp_fs_file *f)
{
	bool ok = f->data ? write_stream(f) : !rename(f->stage, f->path);

	if (!ok && !f->data) {
		fp_cmd_error("%s: %s; it was not written", f->given, strerror(errno));
		unlink(f->stage);
	}
	file_free(f);
	return ok;
}

void fp_fs_file_abort(struct fp_fs_file *f)
{
	if (f->stage)
		unlink(f->stage);
	file_free(f);
}

bool fp_fs_write_file(const char *path, const void *data, size_t len)
{
	struct fp_fs_file *f = fp_fs_file_begin(path, data, len);

	return f && fp_fs_file_commit(f);
}
