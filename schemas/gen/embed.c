/* SPDX-License-Identifier: MIT */
/* Host program: prints files as rows `{ "NAME", "text", length },` of a C array, in byte order of
 * names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* fp-embed NAME=FILE... > rows.inc; the includer declares the array and its struct. */

struct item {
	const char *name, *path;
	size_t name_len;
};

#define LINE_BYTES 64 /* of source text per printed literal, so that no output line grows long */

static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	size_t common = x->name_len < y->name_len ? x->name_len : y->name_len;
	int order = memcmp(x->name, y->name, common);

	if (order)
		return order;
	return (x->name_len > y->name_len) - (x->name_len < y->name_len);
}

static void put_byte(int c)
{
	if (c == '\n')
		fputs("\\n", stdout);
	else if (c == '\t')
		fputs("\\t", stdout);
	else if (c == '"' || c == '\\' || c == '?' || c < ' ' || c > '~')
		printf("\\%03o", (unsigned)c);
	else
		putchar(c);
}

static int put_file(const struct item *it)
{
	FILE *f = fopen(it->path, "rb");
	size_t len = 0;
	int c;

	if (!f) {
		perror(it->path);
		return 0;
	}
	printf("{ \"%.*s\",\n\"", (int)it->name_len, it->name);
	while ((c = getc(f)) != EOF) {
		if (len && len % LINE_BYTES == 0)
			fputs("\"\n\"", stdout);
		put_byte(c);
		len++;
	}
	printf("\", %zu },\n", len);
	int failed = ferror(f);
	fclose(f);
	if (failed)
		fprintf(stderr, "%s: cannot be read\n", it->path);
	return !failed;
}

static int is_plain_name(const struct item *it)
{
	if (!it->name_len)
		return 0;
	for (size_t i = 0; i < it->name_len; i++)
		if (it->name[i] <= ' ' || it->name[i] > '~' || strchr("\"\\?", it->name[i]))
			return 0;
	return 1;
}

static int parse_arg(const char *arg, struct item *out)
{
	const char *equals = strchr(arg, '=');

	if (!equals)
		return 0;
	out->name = arg;
	out->name_len = (size_t)(equals - arg);
	out->path = equals + 1;
	return is_plain_name(out);
}

static int check_twins(const struct item *items, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (!compare_items(&items[i - 1], &items[i])) {
			fprintf(stderr, "fp-embed: two files are called %.*s\n",
				(int)items[i].name_len, items[i].name);
			return 0;
		}
	return 1;
}

int main(int argc, char **argv)
{
	size_t n = argc > 1 ? (size_t)argc - 1 : 0;
	struct item *items = calloc(n + 1, sizeof(*items));
	int ok = items != NULL;

	for (size_t i = 0; ok && i < n; i++)
		if (!parse_arg(argv[i + 1], &items[i])) {
			fprintf(stderr, "fp-embed: not NAME=FILE: %s\n", argv[i + 1]);
			ok = 0;
		}
	if (ok) {
		qsort(items, n, sizeof(*items), compare_items);
		ok = check_twins(items, n);
	}
	for (size_t i = 0; ok && i < n; i++)
		ok = put_file(&items[i]);
	free(items);
	return ok && fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
