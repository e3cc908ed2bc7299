/* SPDX-License-Identifier: MIT */
/* The small tables: versions, capabilities, error numbers, device nodes and path calls. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen.h"

#define ERRNO_MAX 133 /* the largest of asm-generic/errno.h */

static int by_name(const void *a, const void *b)
{
	const struct tsv_row *const *x = a;
	const struct tsv_row *const *y = b;

	return strcmp((*x)->cell[1], (*y)->cell[1]);
}

/* The rows of errnos.tsv by name, all different; the caller frees. */
static const struct tsv_row **errnos_by_name(const struct tsv *t)
{
	const struct tsv_row **row = calloc(t->n, sizeof(*row));

	if (!row)
		tsv_fail(t, NULL, "cannot sort", "out of memory");
	for (size_t i = 0; i < t->n; i++)
		row[i] = &t->row[i];
	qsort(row, t->n, sizeof(*row), by_name);
	for (size_t i = 1; i < t->n; i++) {
		if (by_name(&row[i - 1], &row[i]) == 0)
			tsv_fail(t, row[i], "twice", row[i]->cell[1]);
	}
	return row;
}

static void gen_versions(const struct tables *g)
{
	struct tsv t = tsv_load(g->dir, "versions.tsv", "key value source");
	const struct tsv_row *kernel;

	tsv_sorted(&t, 1);
	kernel = tsv_find(&t, "kernel");
	if (!kernel)
		tsv_fail(&t, NULL, "no row", "kernel");
	tsv_version(&t, kernel, kernel->cell[1]);
	printf("static const char table_version[] = \"%s\";\n", kernel->cell[1]);
}

static void gen_caps(const struct tables *g)
{
	struct tsv t = tsv_load(g->dir, "caps.tsv", "name bit since source");

	printf("static const struct fp_cap caps[] = {\n");
	for (size_t i = 0; i < t.n; i++) {
		const struct tsv_row *r = &t.row[i];

		tsv_number(&t, r, r->cell[1], (int64_t)i, (int64_t)i);
		printf("\t{ \"%s\", %zu, %u },\n", r->cell[0], i, tsv_version(&t, r, r->cell[2]));
	}
	printf("};\n");
}

static void gen_errnos(const struct tables *g)
{
	struct tsv t = tsv_load(g->dir, "errnos.tsv", "number name kind source");
	const struct tsv_row **row = errnos_by_name(&t);
	int64_t last = 0;

	printf("static const char *const errno_names[%d] = {\n", ERRNO_MAX + 1);
	for (size_t i = 0; i < t.n; i++) {
		const struct tsv_row *r = &t.row[i];
		const bool is_alias = !strcmp(r->cell[2], "alias");
		const int64_t number = tsv_number(&t, r, r->cell[0], 1, ERRNO_MAX);

		if (!is_alias && strcmp(r->cell[2], "name"))
			tsv_fail(&t, r, "neither name nor alias", r->cell[2]);
		if (is_alias ? number != last : number <= last)
			tsv_fail(&t, r, "not sorted, or a number named twice", r->cell[1]);
		if (!is_alias)
			printf("\t[%d] = \"%s\",\n", (int)number, r->cell[1]);
		last = number;
	}
	printf("};\nstatic const struct errno_row errnos_by_name[] = {\n");
	for (size_t i = 0; i < t.n; i++)
		printf("\t{ \"%s\", %s },\n", row[i]->cell[1], row[i]->cell[0]);
	printf("};\n");
	free(row);
}

static void gen_devnodes(const struct tables *g)
{
	struct tsv t = tsv_load(g->dir, "devnodes.tsv", "path type major minor source");

	tsv_sorted(&t, 1);
	printf("static const struct fp_devnode devnodes[] = {\n");
	for (size_t i = 0; i < t.n; i++) {
		const struct tsv_row *r = &t.row[i];

		if (strcmp(r->cell[1], "c") && strcmp(r->cell[1], "b"))
			tsv_fail(&t, r, "neither c nor b", r->cell[1]);
		/* 12 bits of major and 20 of minor: include/linux/kdev_t.h */
		tsv_number(&t, r, r->cell[2], 1, 4095);
		tsv_number(&t, r, r->cell[3], 0, 1048575);
		printf("\t{ \"%s\", '%s', %s, %s },\n", r->cell[0], r->cell[1], r->cell[2],
		       r->cell[3]);
	}
	printf("};\n");
}

/* A list of rights as the FP_RIGHT_* set of compiler/ir/ir.h (tests/unit/test_tables.c compares).
 */
static unsigned rights_of(const struct tsv *t, const struct tsv_row *r)
{
	static const char *const words[] = { "read", "write", "create",     "delete", "execute",
					     "link", "lock",  "attributes", "append" };
	char *rest = r->cell[2];
	const char *word;
	unsigned set = 0;

	while ((word = tsv_piece(&rest, ','))) {
		size_t i = 0;

		while (i < sizeof(words) / sizeof(words[0]) && strcmp(words[i], word))
			i++;
		if (i == sizeof(words) / sizeof(words[0]))
			tsv_fail(t, r, "not a right", word);
		set |= 1u << i;
	}
	return set;
}

static void gen_pathcalls(const struct tables *g)
{
	struct tsv t = tsv_load(g->dir, "pathcalls.tsv", "call param rights by_flags source");

	tsv_sorted(&t, 2);
	printf("static const struct fp_pathcall pathcalls[] = {\n");
	for (size_t i = 0; i < t.n; i++) {
		const struct tsv_row *r = &t.row[i];

		gen_sys_index(g, &t, r, r->cell[0]);
		printf("\t{ \"%s\", \"%s\", ", r->cell[0], r->cell[1]);
		if (strcmp(r->cell[3], "-"))
			gen_string(r->cell[3]);
		else
			printf("NULL");
		printf(", 0x%x },\n", rights_of(&t, r));
	}
	printf("};\n");
}

void gen_small(const struct tables *g)
{
	gen_versions(g);
	gen_caps(g);
	gen_errnos(g);
	gen_devnodes(g);
	gen_pathcalls(g);
}
