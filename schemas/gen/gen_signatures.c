/* SPDX-License-Identifier: MIT */
/* Signatures: signatures.tsv, laid out in argument words for every ABI. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen.h"

#define POOL_SIZE  (1u << 15) /* bytes of parameter and family names; offsets are 16 bits wide */
#define PARAMS_MAX 6u         /* arguments a system call has */
#define NO_FAMILY  0u         /* the pool opens with an empty string */

struct pool {
	char text[POOL_SIZE];
	size_t used;
};

/* What a type word means; 0 bytes: as wide as a register of the ABI. */
struct type {
	const char *name, *kind;
	unsigned bytes;
	bool is_signed;
};

static const struct type types[] = {
	{ "u8", "FP_PARAM_INT", 1, false },     { "u16", "FP_PARAM_INT", 2, false },
	{ "i32", "FP_PARAM_INT", 4, true },     { "u32", "FP_PARAM_INT", 4, false },
	{ "i64", "FP_PARAM_INT", 8, true },     { "u64", "FP_PARAM_INT", 8, false },
	{ "long", "FP_PARAM_INT", 0, true },    { "ulong", "FP_PARAM_INT", 0, false },
	{ "size", "FP_PARAM_INT", 0, false },   { "ptr", "FP_PARAM_POINTER", 0, false },
	{ "path", "FP_PARAM_PATH", 0, false },  { "memory", "FP_PARAM_MEMORY", 0, false },
	{ "pad", "FP_PARAM_UNUSED", 0, false },
};

struct parameter {
	const struct type *type;
	size_t name, family;
	bool is_enum;
};

struct signature {
	size_t n;
	struct parameter at[PARAMS_MAX];
};

static size_t intern(struct pool *p, const struct tsv *t, const char *text)
{
	const size_t len = strlen(text) + 1;

	for (size_t at = 0; at < p->used; at += strlen(p->text + at) + 1) {
		if (!strcmp(p->text + at, text))
			return at;
	}
	if (p->used + len > POOL_SIZE)
		tsv_fail(t, NULL, "too many names", text);
	memcpy(p->text + p->used, text, len);
	p->used += len;
	return p->used - len;
}

/* Whether all constants of a family enumerate; fails for a family without constants. */
static bool family_is_enum(const struct tables *g, const struct tsv *t, const struct tsv_row *row,
			   const char *family)
{
	size_t members = 0;
	size_t enums = 0;

	for (size_t i = 0; i < g->constants.n; i++) {
		if (strcmp(g->constants.row[i].cell[1], family))
			continue;
		members++;
		enums += !strcmp(g->constants.row[i].cell[2], "enum");
	}
	if (!members)
		tsv_fail(t, row, "no such family in constants.tsv", family);
	return enums == members;
}

static const struct type *type_find(const struct tsv *t, const struct tsv_row *row,
				    const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (name && !strcmp(types[i].name, name))
			return &types[i];
	}
	tsv_fail(t, row, "not a type", name ? name : row->cell[2]);
}

static void parse(const struct tables *g, struct pool *p, const struct tsv *t,
		  const struct tsv_row *row, struct signature *out)
{
	char *rest = row->cell[2];
	char *words;

	out->n = 0;
	if (!strcmp(rest, "-"))
		return;
	while ((words = tsv_piece(&rest, ','))) {
		struct parameter *q = &out->at[out->n];
		const char *name;
		const char *family;

		if (out->n++ == PARAMS_MAX)
			tsv_fail(t, row, "too many parameters", row->cell[0]);
		words += *words == ' ';
		name = tsv_piece(&words, ' ');
		q->type = type_find(t, row, tsv_piece(&words, ' '));
		family = tsv_piece(&words, ' ');
		if (words || !*name || !strcmp(name, "-") != !strcmp(q->type->name, "pad"))
			tsv_fail(t, row, "not `name type [constants]`", name);
		q->name = intern(p, t, name);
		q->family = family ? intern(p, t, family) : NO_FAMILY;
		q->is_enum = family && family_is_enum(g, t, row, family);
	}
}

/* Writes the parameters as words of a register width; a wide one takes two arguments on 32 bits. */
static void lay_out(const struct tsv *t, const struct tsv_row *row, const struct signature *s,
		    unsigned word_bytes)
{
	unsigned arg = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct parameter *q = &s->at[i];
		const unsigned bytes = q->type->bytes ? q->type->bytes : word_bytes;
		const bool is_split = bytes > word_bytes;
		const unsigned lo = 2 * arg;
		const unsigned hi = bytes <= 4 ? 0xff : is_split ? lo + 2 : lo + 1;

		arg += is_split ? 2 : 1;
		if (arg > PARAMS_MAX)
			tsv_fail(t, row, "more arguments than registers", row->cell[0]);
		printf("\t{ %zu, %zu, %s, %u, %d, %d, %u, %u },\n", q->name, q->family,
		       q->type->kind, bytes, q->type->is_signed, q->is_enum, lo, hi);
	}
}

struct placed {
	unsigned first, n;
};

static void place(const struct tables *g, const struct tsv *t, const struct tsv_row *row,
		  const struct signature *s, struct placed (*at)[ABI_MAX], unsigned *used)
{
	const size_t sys = gen_sys_index(g, t, row, row->cell[0]);
	const unsigned set = gen_abi_set(g, t, row, row->cell[1]);
	unsigned first[2] = { 0, 0 };

	for (size_t a = 0; a < g->abis.n; a++) {
		const int is_wide = !strcmp(g->abis.row[a].cell[6], "64");
		const bool is_there =
			strcmp(g->syscalls.row[sys].cell[SYS_ABI_COLUMN(a)], "-") != 0;

		if (!(set & 1u << a))
			continue;
		if (!is_there && !strcmp(row->cell[1], "*"))
			continue;
		if (!is_there || at[sys][a].first)
			tsv_fail(t, row, "no such call there, or two signatures",
				 g->abis.row[a].cell[0]);
		if (!first[is_wide]) {
			first[is_wide] = *used + 1;
			lay_out(t, row, s, is_wide ? 8 : 4);
			*used += (unsigned)s->n;
		}
		at[sys][a] = (struct placed){ first[is_wide], (unsigned)s->n };
	}
}

/* Every call has a signature wherever it has a number, unless none is known (NOSIG). */
static void check_complete(const struct tables *g, struct placed (*at)[ABI_MAX])
{
	for (size_t s = 0; s < g->syscalls.n; s++) {
		const struct tsv_row *r = &g->syscalls.row[s];
		const bool has_none = !strcmp(r->cell[1], "NOSIG");

		for (size_t a = 0; a < g->abis.n; a++) {
			if (strcmp(r->cell[SYS_ABI_COLUMN(a)], "-") && !at[s][a].first != has_none)
				tsv_fail(&g->syscalls, r, "signature missing, or given for NOSIG",
					 g->abis.row[a].cell[0]);
		}
	}
}

void gen_signatures(const struct tables *g)
{
	static struct pool pool = { .used = 1 };
	struct tsv t = tsv_load(g->dir, "signatures.tsv", "call abis parameters source");
	struct placed(*at)[ABI_MAX] = calloc(g->syscalls.n, sizeof(*at));
	unsigned used = 0;

	if (!at)
		tsv_fail(&t, NULL, "cannot place", "out of memory");
	printf("static const struct param params[] = {\n");
	for (size_t i = 0; i < t.n; i++) {
		struct signature s;

		if (i && strcmp(t.row[i - 1].cell[0], t.row[i].cell[0]) > 0)
			tsv_fail(&t, &t.row[i], "not sorted", t.row[i].cell[0]);
		parse(g, &pool, &t, &t.row[i], &s);
		place(g, &t, &t.row[i], &s, at, &used);
	}
	check_complete(g, at);
	printf("};\nstatic const struct signature signatures[][FP_ABI_N] = {\n");
	for (size_t s = 0; s < g->syscalls.n; s++) {
		printf("\t{");
		for (size_t a = 0; a < g->abis.n; a++)
			printf(" { %u, %u },", at[s][a].first ? at[s][a].first - 1 : 0, at[s][a].n);
		printf(" },\n");
	}
	printf("};\nstatic const char names[] =");
	for (size_t n = 0; n < pool.used; n += strlen(pool.text + n) + 1)
		printf("\n\t\"%s\\0\"", pool.text + n);
	printf(";\n");
	free(at);
}
