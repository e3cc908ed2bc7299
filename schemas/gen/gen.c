/* SPDX-License-Identifier: MIT */
/* fp-gen TABLESDIR: writes the tables of schemas/tables as C (tables.inc) to standard output. */
#include <stdio.h>
#include <string.h>

#include "gen.h"

unsigned gen_abi_set(const struct tables *g, const struct tsv *t, const struct tsv_row *row,
		     const char *list)
{
	char copy[128];
	char *rest = copy;
	const char *name;
	unsigned set = 0;

	if (!strcmp(list, "*"))
		return (1u << g->abis.n) - 1;
	if (strlen(list) >= sizeof(copy))
		tsv_fail(t, row, "a list of ABIs is too long", list);
	memcpy(copy, list, strlen(list) + 1);
	while ((name = tsv_piece(&rest, ','))) {
		size_t i = 0;

		while (i < g->abis.n && strcmp(g->abis.row[i].cell[0], name))
			i++;
		if (i == g->abis.n || set & 1u << i)
			tsv_fail(t, row, "an unknown ABI, or one twice", name);
		set |= 1u << i;
	}
	return set;
}

size_t gen_sys_index(const struct tables *g, const struct tsv *t, const struct tsv_row *row,
		     const char *name)
{
	const struct tsv_row *sys = tsv_find(&g->syscalls, name);

	if (!sys)
		tsv_fail(t, row, "no such call in syscalls.tsv", name);
	return (size_t)(sys - g->syscalls.row);
}

void gen_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('"');
}

static void upper(const char *name)
{
	for (; *name; name++)
		putchar(*name >= 'a' && *name <= 'z' ? *name - 'a' + 'A' : *name);
}

/* Order and number of the rows are checked by the designators and by the array's length. */
static void gen_abis(const struct tables *g)
{
	const struct tsv *t = &g->abis;

	if (t->n > ABI_MAX)
		tsv_fail(t, NULL, "too many ABIs", "raise ABI_MAX");
	printf("static const struct fp_abi_def abis[FP_ABI_N] = {\n");
	for (size_t i = 0; i < t->n; i++) {
		const struct tsv_row *r = &t->row[i];
		const bool is_native = !strcmp(r->cell[3], "yes");

		if (!is_native && strcmp(r->cell[3], "no"))
			tsv_fail(t, r, "neither yes nor no", r->cell[3]);
		tsv_number(t, r, r->cell[4], 0, UINT32_MAX);
		tsv_number(t, r, r->cell[5], 0, UINT32_MAX);
		printf("\t[FP_ABI_");
		upper(r->cell[0]);
		printf("] = { \"%s\", \"%s\", FP_ARCH_", r->cell[0], r->cell[1]);
		upper(r->cell[2]);
		printf(", %s, %su, %su, %s },\n", is_native ? "true" : "false", r->cell[4],
		       r->cell[5], r->cell[6]);
	}
	printf("};\n_Static_assert(FP_ABI_N == %zu, \"abis.tsv has a row for each\");\n", t->n);
}

int main(int argc, char **argv)
{
	struct tables g;

	if (argc != 2) {
		fprintf(stderr, "usage: fp-gen TABLESDIR > tables.inc\n");
		return 2;
	}
	g.dir = argv[1];
	g.abis = tsv_load(g.dir, "abis.tsv",
			  "name scmp arch native audit_arch nr_bit word_bits since source");
	g.syscalls = tsv_load(g.dir, "syscalls.tsv",
			      "name flags note x86_64 x86_64_since x86_64_source i386 i386_since "
			      "i386_source x32 x32_since x32_source aarch64 aarch64_since "
			      "aarch64_source arm arm_since arm_source riscv64 riscv64_since "
			      "riscv64_source");
	g.constants =
		tsv_load(g.dir, "constants.tsv", "name family kind abis value differs source");
	tsv_sorted(&g.syscalls, 1);
	tsv_sorted(&g.constants, 1);
	printf("/* Written by fp-gen from schemas/tables; not to be edited. */\n");
	gen_abis(&g);
	gen_syscalls(&g);
	gen_signatures(&g);
	gen_constants(&g);
	gen_small(&g);
	if (fflush(stdout) || ferror(stdout)) {
		perror("fp-gen");
		return 1;
	}
	return 0;
}
