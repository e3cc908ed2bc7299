/* SPDX-License-Identifier: MIT */
/*
 * Writes an initramfs (newc cpio, Documentation/driver-api/early-userspace/buffer-format.rst) from
 * a list.
 *
 * usage: cpio LIST >ARCHIVE. A line of LIST, with tabs between its fields:
 *   d PATH MODE | f PATH MODE SOURCE | l PATH TARGET | n PATH MODE MAJOR MINOR (a character device)
 * All belongs to root, has the time 0 and the inode of its line, so the same list and files give
 * the same bytes. The length is a multiple of 512: the kernel takes archives one after the other if
 * each begins at a multiple of 4.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FIELDS 5u

static unsigned long written; /* bytes */
static unsigned inode = 1;

static void die(const char *what, const char *why)
{
	fprintf(stderr, "cpio: %s: %s\n", what, why);
	exit(1);
}

static void put(const void *data, size_t len)
{
	if (fwrite(data, 1, len, stdout) != len)
		die("write", strerror(errno));
	written += len;
}

static void pad(unsigned long multiple)
{
	static const char zeros[512];

	put(zeros, (multiple - written % multiple) % multiple);
}

static void put_header(const char *path, unsigned mode, size_t size, unsigned major, unsigned minor)
{
	const char *name = *path == '/' ? path + 1 : path;
	size_t len = strlen(name) + 1;
	char head[128];
	int n = snprintf(head, sizeof(head),
			 "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X", inode++,
			 mode, 0u, 0u, S_ISDIR(mode) ? 2u : 1u, 0u, size, 0u, 0u, major, minor, len,
			 0u);

	if (n != 110)
		die(path, "does not fit a header");
	put(head, (size_t)n);
	put(name, len);
	pad(4);
}

static void put_file(const char *path, unsigned mode, const char *source)
{
	char block[65536];
	struct stat st;
	size_t n, left;
	FILE *in = fopen(source, "rb");

	if (in == NULL || fstat(fileno(in), &st) != 0)
		die(source, strerror(errno));
	left = (size_t)st.st_size;
	put_header(path, S_IFREG | mode, left, 0, 0);
	while ((n = fread(block, 1, sizeof(block), in)) > 0 && n <= left) {
		put(block, n);
		left -= n;
	}
	if (ferror(in) || n > 0 || left > 0)
		die(source, "changed while it was read");
	fclose(in);
	pad(4);
}

static void put_link(const char *path, const char *target)
{
	put_header(path, S_IFLNK | 0777, strlen(target), 0, 0);
	put(target, strlen(target));
	pad(4);
}

static unsigned number(const char *text, int base, unsigned long most)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, base);
	if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || value > most)
		die(text, "no number, or too large");
	return (unsigned)value;
}

static void put_entry(char *const *f, size_t n)
{
	if (n == 3 && strcmp(f[0], "d") == 0)
		put_header(f[1], S_IFDIR | number(f[2], 8, 07777), 0, 0, 0);
	else if (n == 4 && strcmp(f[0], "f") == 0)
		put_file(f[1], number(f[2], 8, 07777), f[3]);
	else if (n == 3 && strcmp(f[0], "l") == 0)
		put_link(f[1], f[2]);
	else if (n == 5 && strcmp(f[0], "n") == 0)
		put_header(f[1], S_IFCHR | number(f[2], 8, 07777), 0, number(f[3], 10, 4095),
			   number(f[4], 10, 1048575));
	else
		die(f[0], "no entry is written like this");
}

static void put_line(char *line)
{
	char *field[FIELDS] = { NULL }, *rest = line;
	size_t n = 0;

	line[strcspn(line, "\n")] = '\0';
	while (n < FIELDS && rest != NULL)
		field[n++] = strsep(&rest, "\t");
	if (rest != NULL)
		die(line, "too many fields");
	put_entry(field, n);
}

int main(int argc, char **argv)
{
	char *line = NULL;
	size_t size = 0;
	FILE *list;

	if (argc != 2) {
		fputs("usage: cpio LIST >ARCHIVE\n", stderr);
		return 2;
	}
	list = fopen(argv[1], "r");
	if (list == NULL)
		die(argv[1], strerror(errno));
	while (getline(&line, &size, list) > 0)
		put_line(line);
	free(line);
	if (ferror(list) || fclose(list) != 0)
		die(argv[1], strerror(errno));
	put_header("TRAILER!!!", 0, 0, 0, 0);
	pad(512);
	return fflush(stdout) == 0 ? 0 : 1;
}
