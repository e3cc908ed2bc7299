/* SPDX-License-Identifier: MIT */
/* Reading files: within bounds, and never outside the roots. */
#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* NULL, or why not. The size is bounded while reading: a pipe or a growing file cannot fill memory.
 */
static const char *slurp(int fd, struct fp_file_data *out)
{
	size_t cap = 1u << 16, len = 0;
	char *data = malloc(cap + 1);

	while (data) {
		ssize_t n = read(fd, data + len, cap - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			free(data);
			return strerror(errno);
		}
		len += (size_t)n;
		if (!n) {
			data[len] = '\0';
			*out = (struct fp_file_data){ data, len };
			return NULL;
		}
		if (len < cap)
			continue;
		if (cap >= FP_FILE_MAX) {
			free(data);
			return "larger than 64 MiB";
		}
		char *more = realloc(data, cap * 2 + 1);
		if (!more)
			free(data);
		data = more;
		cap *= 2;
	}
	return "out of memory";
}

static const char *read_fd(int fd, struct fp_file_data *out)
{
	struct stat st;
	const char *why;

	if (fd < 0)
		return strerror(errno);
	if (!fstat(fd, &st) && S_ISDIR(st.st_mode))
		why = strerror(EISDIR);
	else
		why = slurp(fd, out);
	close(fd);
	return why;
}

bool fp_fs_read(const char *path, struct fp_file_data *out)
{
	const char *why = strcmp(path, "-") ? read_fd(open(path, O_RDONLY | O_CLOEXEC), out)
					    : slurp(STDIN_FILENO, out);

	if (why)
		fp_cmd_error("%s: %s", path, why);
	return !why;
}

const char *fp_fs_read_plain(const char *dir, const char *name, size_t limit,
			     struct fp_file_data *out)
{
	int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (at < 0)
		return strerror(errno);
	/* A pipe that nobody writes to would block. */
	int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int saved = errno;
	close(at);
	if (fd < 0)
		return saved == ELOOP ? "a symbolic link is not followed" : strerror(saved);
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && (uint64_t)st.st_size <= limit)
		return read_fd(fd, out);
	close(fd);
	return S_ISREG(st.st_mode) ? "it is too large" : "not a regular file";
}

/* One component after the other, none of them a symbolic link. */
static int open_below(const char *root, const char *name)
{
	int at = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	while (at >= 0) {
		char part[256];
		size_t n = strcspn(name, "/");
		bool last = !name[n];
		if (!n || n >= sizeof(part) || (n == 1 && name[0] == '.') ||
		    (n == 2 && name[0] == '.' && name[1] == '.')) {
			close(at);
			errno = EINVAL;
			return -1;
		}
		memcpy(part, name, n);
		part[n] = '\0';
		/* O_NONBLOCK: a FIFO in an import root must not hang the compile. */
		int next = openat(at, part,
				  O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
					  (last ? 0 : O_DIRECTORY));
		int saved = errno;
		close(at);
		errno = saved;
		if (last || next < 0)
			return next;
		at = next;
		name += n + 1;
	}
	return -1;
}

const char *fp_fs_read_below(const char *const *roots, size_t n, const char *name,
			     struct fp_file_data *out, char **resolved)
{
	const char *why = "no such file below the import roots";

	if (name[0] == '/')
		return "imports are named relative to an import root";
	for (size_t i = 0; i < n; i++) {
		int fd = open_below(roots[i], name);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0 && errno == EINVAL)
			return "the name has an empty, '.' or '..' component";
		if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
			return "symbolic links are not followed below an import root";
		struct stat st;
		if (fd >= 0 && !fstat(fd, &st) && !S_ISREG(st.st_mode)) {
			close(fd);
			return "not a regular file";
		}
		why = read_fd(fd, out);
		if (!why && asprintf(resolved, strcmp(roots[i], ".") ? "%2$s/%1$s" : "%1$s", name,
				     roots[i]) < 0)
			why = "out of memory";
		return why;
	}
	return why;
}
