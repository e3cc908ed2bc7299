/* SPDX-License-Identifier: MIT */
/* The strict reader of tab-separated tables. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tsv.h"

_Noreturn void tsv_fail(const struct tsv *t, const struct tsv_row *row, const char *message,
			const char *detail)
{
	fprintf(stderr, "%s:%u: %s: %s\n", t->file, row ? row->line : 0, message, detail);
	exit(1);
}

char *tsv_piece(char **list, char separator)
{
	char *piece = *list;
	char *end;

	if (!piece)
		return NULL;
	end = strchr(piece, separator);
	*list = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	return piece;
}

static char *read_all(const struct tsv *t, const char *dir)
{
	size_t size = 1u << 21; /* more than any table; a longer one is refused */
	size_t n;
	char path[4096];
	char *text = malloc(size);
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", dir, t->file);
	in = fopen(path, "rb");
	if (!in || !text)
		tsv_fail(t, NULL, "cannot read", strerror(errno));
	n = fread(text, 1, size, in);
	if (ferror(in) || n == size || n == 0 || text[n - 1] != '\n')
		tsv_fail(t, NULL, "cannot read", "too long, or its last line does not end");
	fclose(in);
	text[n - 1] = '\0';
	if (strlen(text) != n - 1)
		tsv_fail(t, NULL, "cannot read", "a NUL byte");
	return text;
}

/* Cuts a line into as many cells as there are columns. */
static void cut(const struct tsv *t, struct tsv_row *row, char *line, size_t columns)
{
	size_t i = 0;
	char *cell;

	while ((cell = tsv_piece(&line, '\t'))) {
		if (i == columns)
			tsv_fail(t, row, "too many cells", cell);
		if (!*cell)
			tsv_fail(t, row, "an empty cell", row->cell[0]);
		row->cell[i++] = cell;
	}
	if (i != columns)
		tsv_fail(t, row, "too few cells", row->cell[0]);
}

static size_t check_head(const struct tsv *t, const char *columns, char *line)
{
	size_t n = 1;

	for (char *c = line; *c; c++) {
		n += *c == '\t';
		*c = *c == '\t' ? ' ' : *c;
	}
	if (strcmp(line, columns) || n > TSV_COLUMNS)
		tsv_fail(t, NULL, "the columns must be", columns);
	return n;
}

struct tsv tsv_load(const char *dir, const char *file, const char *columns)
{
	struct tsv t = { .file = file };
	const bool has_source =
		strlen(columns) > 7 && !strcmp(columns + strlen(columns) - 7, " source");
	size_t ncolumns = 0;
	size_t room = 0;
	unsigned number = 0;
	char *text = read_all(&t, dir);
	char *line;

	while ((line = tsv_piece(&text, '\n'))) {
		number++;
		if (*line == '#')
			continue;
		if (!ncolumns) {
			ncolumns = check_head(&t, columns, line);
			continue;
		}
		if (t.n == room) {
			room = room ? room * 2 : 512;
			t.row = realloc(t.row, room * sizeof(*t.row));
			if (!t.row)
				tsv_fail(&t, NULL, "cannot read", "out of memory");
		}
		t.row[t.n] = (struct tsv_row){ .line = number };
		cut(&t, &t.row[t.n], line, ncolumns);
		if (has_source && !strcmp(t.row[t.n].cell[ncolumns - 1], "-"))
			tsv_fail(&t, &t.row[t.n], "no source", t.row[t.n].cell[0]);
		t.n++;
	}
	return t;
}

int64_t tsv_number(const struct tsv *t, const struct tsv_row *row, const char *text, int64_t min,
		   int64_t max)
{
	int base = !strncmp(text, "0x", 2) ? 16 : 10;
	char *end;
	int64_t v;

	errno = 0;
	v = (int64_t)(*text == '-' ? strtoll(text, &end, base)
				   : (int64_t)strtoull(text, &end, base));
	if (errno || *end || !*text || strchr(" +", *text) || v < min || v > max)
		tsv_fail(t, row, "not a number in range", text);
	return v;
}

unsigned tsv_version(const struct tsv *t, const struct tsv_row *row, const char *text)
{
	char copy[16];
	char *rest = copy;
	const char *major;

	if (!strcmp(text, "-"))
		return 0;
	if (strlen(text) >= sizeof(copy) || !strchr(text, '.'))
		tsv_fail(t, row, "not a kernel version", text);
	memcpy(copy, text, strlen(text) + 1);
	major = tsv_piece(&rest, '.');
	return (unsigned)(tsv_number(t, row, major, 3, 255) << 8 |
			  tsv_number(t, row, rest, 0, 255));
}

void tsv_sorted(const struct tsv *t, size_t keys)
{
	for (size_t i = 1; i < t->n; i++) {
		int order = 0;

		for (size_t k = 0; k < keys && !order; k++)
			order = strcmp(t->row[i - 1].cell[k], t->row[i].cell[k]);
		if (order >= 0)
			tsv_fail(t, &t->row[i], order ? "not sorted" : "twice", t->row[i].cell[0]);
	}
}

const struct tsv_row *tsv_find(const struct tsv *t, const char *key)
{
	size_t lo = 0;
	size_t hi = t->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = strcmp(t->row[mid].cell[0], key);

		if (!order)
			return &t->row[mid];
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}
