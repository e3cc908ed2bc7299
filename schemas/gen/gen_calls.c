/* SPDX-License-Identifier: MIT */
/* Calls: syscalls.tsv, its indexes by number, and multiplex.tsv. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen.h"

#define NR_DENSE                                                                         \
	1024 /* numbers below have an array; ARM's private calls (0xf0000 and up) a list \
	      */

static int nr_of(const struct tables *g, size_t sys, size_t abi)
{
	const struct tsv_row *r = &g->syscalls.row[sys];
	const char *cell = r->cell[SYS_ABI_COLUMN(abi)];

	return strcmp(cell, "-") ? (int)tsv_number(&g->syscalls, r, cell, 0, 0xfffff) : -1;
}

/* The FP_SYS_* bit of a call; a call has at most one. */
static unsigned flag_of(const struct tsv *t, const struct tsv_row *r)
{
	static const char *const names[] = { "MULTIPLEXER", "UNFILTERED", "NOSIG" };

	for (unsigned i = 0; i < 3; i++) {
		if (!strcmp(names[i], r->cell[1]))
			return 1u << i;
	}
	if (strcmp(r->cell[1], "-"))
		tsv_fail(t, r, "an unknown flag", r->cell[1]);
	return 0;
}

/* "2.5.6" as FP_RELEASE(2, 5, 6). */
static uint32_t release_of(const struct tsv *t, const struct tsv_row *r)
{
	char copy[16];
	char *rest = copy;
	uint32_t release = 0;

	if (strlen(r->cell[2]) >= sizeof(copy))
		tsv_fail(t, r, "not a release", r->cell[2]);
	memcpy(copy, r->cell[2], strlen(r->cell[2]) + 1);
	for (unsigned i = 0; i < 3; i++) {
		const char *piece = tsv_piece(&rest, '.');

		if (!piece)
			tsv_fail(t, r, "not a release", r->cell[2]);
		release = release << 8 | (uint32_t)tsv_number(t, r, piece, 0, 255);
	}
	if (rest)
		tsv_fail(t, r, "not a release", r->cell[2]);
	return release;
}

/* The release of libseccomp that first numbers each call, by call and ABI. */
static uint32_t *load_releases(const struct tables *g)
{
	struct tsv t = tsv_load(g->dir, "libseccomp.tsv", "call abis release source");
	uint32_t *release = calloc(g->syscalls.n * ABI_MAX, sizeof(*release));

	if (!release)
		tsv_fail(&t, NULL, "cannot read", "out of memory");
	for (size_t i = 0; i < t.n; i++) {
		const struct tsv_row *r = &t.row[i];
		const size_t sys = gen_sys_index(g, &t, r, r->cell[0]);
		const unsigned set = gen_abi_set(g, &t, r, r->cell[1]);

		for (size_t a = 0; a < g->abis.n; a++) {
			if (!(set >> a & 1))
				continue;
			if (release[sys * ABI_MAX + a])
				tsv_fail(&t, r, "an ABI twice", r->cell[0]);
			release[sys * ABI_MAX + a] = release_of(&t, r);
		}
	}
	return release;
}

static void gen_call(const struct tables *g, const uint32_t *release, size_t sys)
{
	const struct tsv *t = &g->syscalls;
	const struct tsv_row *r = &t->row[sys];
	const bool has_note = strcmp(r->cell[2], "-") != 0;
	const bool is_unfiltered = !strcmp(r->cell[1], "UNFILTERED");

	printf("\t{ \"%s\", %zu, {", r->cell[0], sys);
	for (size_t a = 0; a < g->abis.n; a++)
		printf(" %d,", nr_of(g, sys, a));
	printf(" }, {");
	for (size_t a = 0; a < g->abis.n; a++) {
		char *const *cell = &r->cell[SYS_ABI_COLUMN(a)];
		const unsigned since = tsv_version(t, r, cell[1]);
		const bool is_there = strcmp(cell[0], "-") != 0;

		if (is_there != (since != 0) || is_there != (strcmp(cell[2], "-") != 0))
			tsv_fail(t, r, "a number needs its first kernel and a source", r->cell[0]);
		printf(" %u,", since);
	}
	if (has_note != is_unfiltered)
		tsv_fail(t, r, "UNFILTERED and only that needs a note", r->cell[0]);
	printf(" }, {");
	for (size_t a = 0; a < g->abis.n; a++)
		printf(" %uu,", (unsigned)release[sys * ABI_MAX + a]);
	printf(" }, %u, ", flag_of(t, r));
	if (has_note)
		gen_string(r->cell[2]);
	else
		printf("NULL");
	printf(" },\n");
}

static void gen_numbers(const struct tables *g, size_t abi)
{
	const char *name = g->abis.row[abi].cell[0];
	unsigned index[NR_DENSE];
	size_t n = 0;
	int max = 0;

	memset(index, 0xff, sizeof(index));
	printf("static const struct nr_high high_%s[] = {\n", name);
	for (size_t s = 0; s < g->syscalls.n; s++) {
		const int nr = nr_of(g, s, abi);

		max = nr > max ? nr : max;
		if (nr >= NR_DENSE) {
			printf("\t{ %d, %zu },\n", nr, s);
		} else if (nr >= 0) {
			if (index[nr] != UINT32_MAX)
				tsv_fail(&g->syscalls, &g->syscalls.row[s], "number given twice",
					 name);
			index[nr] = (unsigned)s;
			n = (size_t)nr >= n ? (size_t)nr + 1 : n;
		}
	}
	printf("\t{ -1, 0 }\n};\nstatic const uint16_t nr_%s[%zu] = {", name, n);
	for (size_t i = 0; i < n; i++)
		printf("%s%u,", i % 16 ? " " : "\n\t", index[i] & UINT16_MAX);
	printf("\n};\n#define NR_MAX_%s %du\n", name, max);
}

struct route {
	size_t call, mux;
	int64_t subcall;
};

static int by_call(const void *a, const void *b)
{
	const struct route *x = a;
	const struct route *y = b;

	return (x->call > y->call) - (x->call < y->call);
}

static void gen_routes(const struct tables *g)
{
	struct tsv t = tsv_load(g->dir, "multiplex.tsv", "mux subcall call source");
	struct route *route = calloc(t.n, sizeof(*route));

	if (!route)
		tsv_fail(&t, NULL, "cannot sort", "out of memory");
	for (size_t i = 0; i < t.n; i++) {
		const struct tsv_row *r = &t.row[i];

		route[i].mux = gen_sys_index(g, &t, r, r->cell[0]);
		route[i].call = gen_sys_index(g, &t, r, r->cell[2]);
		route[i].subcall = tsv_number(&t, r, r->cell[1], 1, UINT16_MAX);
		if (strcmp(g->syscalls.row[route[i].mux].cell[1], "MULTIPLEXER"))
			tsv_fail(&t, r, "not flagged MULTIPLEXER", r->cell[0]);
	}
	qsort(route, t.n, sizeof(*route), by_call);
	printf("static const struct route routes[] = {\n");
	for (size_t i = 0; i < t.n; i++) {
		if (i && route[i].call == route[i - 1].call)
			tsv_fail(&t, NULL, "carried twice", g->syscalls.row[route[i].call].cell[0]);
		printf("\t{ %zu, %zu, %u },\n", route[i].call, route[i].mux,
		       (unsigned)route[i].subcall);
	}
	printf("};\nstatic const uint8_t route_of[%zu] = {\n", g->syscalls.n);
	for (size_t i = 0; i < t.n; i++)
		printf("\t[%zu] = %zu,\n", route[i].call, i + 1);
	printf("};\n_Static_assert(%zu < UINT8_MAX, \"route_of\");\n", t.n);
	free(route);
}

void gen_syscalls(const struct tables *g)
{
	uint32_t *release = load_releases(g);

	for (size_t a = 0; a < g->abis.n; a++)
		gen_numbers(g, a);
	printf("static const struct nr_map nr_maps[FP_ABI_N] = {\n");
	for (size_t a = 0; a < g->abis.n; a++) {
		const char *name = g->abis.row[a].cell[0];

		printf("\t{ nr_%s, high_%s, sizeof(nr_%s) / sizeof(nr_%s[0]), NR_MAX_%s },\n", name,
		       name, name, name, name);
	}
	printf("};\n");
	gen_routes(g);
	printf("static const struct fp_sysdef calls[] = {\n");
	for (size_t s = 0; s < g->syscalls.n; s++)
		gen_call(g, release, s);
	printf("};\n");
	free(release);
}
