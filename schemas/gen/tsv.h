/* SPDX-License-Identifier: MIT */
/* Reading of tab-separated tables for the generator: strict, and every refusal names file and line.
 */
#ifndef FP_GEN_TSV_H
#define FP_GEN_TSV_H

#include <stddef.h>
#include <stdint.h>

#define TSV_COLUMNS 24

struct tsv_row {
	unsigned line; /* in the file, from 1 */
	char *cell[TSV_COLUMNS];
};

/*
 * A table: `#` lines are comments, the first other line names the columns, each further line is a
 * row. No cell is empty; a last column `source` is never "-".
 */
struct tsv {
	const char *file; /* name without directory */
	struct tsv_row *row;
	size_t n;
};

/* Loads dir/file; `columns` are the names that its head must have, separated by spaces. */
struct tsv tsv_load(const char *dir, const char *file, const char *columns);

/* Prints "file:line: message" and ends the program with status 1. */
_Noreturn void tsv_fail(const struct tsv *t, const struct tsv_row *row, const char *message,
			const char *detail);

/* A decimal or 0x number of [min, max]; anything else fails. */
int64_t tsv_number(const struct tsv *t, const struct tsv_row *row, const char *text, int64_t min,
		   int64_t max);

/* "6.11" as 0x060b; "-" as 0. */
unsigned tsv_version(const struct tsv *t, const struct tsv_row *row, const char *text);

/* Fails unless the first `keys` columns ascend strictly in byte order. */
void tsv_sorted(const struct tsv *t, size_t keys);

/* The row whose first cell is `key`, or NULL; the table must be sorted by its first column. */
const struct tsv_row *tsv_find(const struct tsv *t, const char *key);

/* Cuts the next piece off a list, or returns NULL at its end; empty pieces are returned as "". */
char *tsv_piece(char **list, char separator);
#endif
