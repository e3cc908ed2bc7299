/* SPDX-License-Identifier: MIT */
/* The SELinux tables as C rows: `fp-gen-selinux schemas/tables > selinux.inc`; the row types are in
 * backends/selinux. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tsv.h"

/*
 * One letter a column but `source`: s text, n number, p transport protocol, a six words of
 * arguments (`-`: all zero), - not printed.
 */
struct table {
	const char *name, *file, *columns, *shape;
	size_t keys; /* columns that sort it; 0: the order has a meaning of its own */
};

static const struct table tables[] = {
	{ "class_rows", "selinux-classes.tsv", "class perms feature bases source", "ssss", 2 },
	{ "sid_rows", "selinux-sids.tsv", "sid type source", "ss", 0 },
	{ "fs_rows", "selinux-fs.tsv", "how fs type source", "sss", 2 },
	{ "socket_rows", "selinux-sockets.tsv", "class family type protocol source", "snnn", 0 },
	{ "call_rows", "selinux-calls.tsv", "class perms call args source", "sssa", 3 },
	{ "port_rows", "selinux-ports.tsv", "base proto first last type source", "spnns", 5 },
	{ "hostdir_rows", "selinux-hostdirs.tsv", "path source", "s", 1 },
	{ "parent_rows", "selinux-parents.tsv", "attribute source", "s", 1 },
};

/* Tables hold names and paths: nothing that a C string must escape. */
static void print_text(const struct tsv *t, const struct tsv_row *row, const char *text)
{
	if (strpbrk(text, "\"\\?"))
		tsv_fail(t, row, "a byte that no name has", text);
	printf("\"%s\"", text);
}

static void print_proto(const struct tsv *t, const struct tsv_row *row, const char *text)
{
	static const char *const names[][2] = { { "tcp", "FP_PROTO_TCP" },
						{ "udp", "FP_PROTO_UDP" },
						{ "sctp", "FP_PROTO_SCTP" } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(text, names[i][0])) {
			fputs(names[i][1], stdout);
			return;
		}
	}
	tsv_fail(t, row, "unknown protocol", text);
}

static void print_args(const struct tsv *t, const struct tsv_row *row, char *text)
{
	char *piece;
	size_t n = 0;

	fputs("{ ", stdout);
	while (strcmp(text, "-") != 0 && (piece = tsv_piece(&text, ','))) {
		size_t len = strlen(piece);
		bool hex = len > 2 && len <= 18 && piece[0] == '0' && piece[1] == 'x' &&
			   strspn(piece + 2, "0123456789abcdef") == len - 2;
		bool decimal = len && len <= 9 && strspn(piece, "0123456789") == len;
		if (n++ == 6 || !(hex || decimal))
			tsv_fail(t, row, "not an argument", piece);
		printf("%s%s", n > 1 ? ", " : "", piece);
		if (!text)
			break;
	}
	fputs(n ? " }" : "0 }", stdout);
}

static void print_cell(const struct tsv *t, const struct tsv_row *row, char shape, char *text)
{
	switch (shape) {
	case 'n':
		printf("%lld", (long long)tsv_number(t, row, text, 0, 65535));
		return;
	case 'p':
		print_proto(t, row, text);
		return;
	case 'a':
		print_args(t, row, text);
		return;
	default:
		print_text(t, row, text);
	}
}

static void print_table(const struct table *table, const char *dir)
{
	struct tsv t = tsv_load(dir, table->file, table->columns);

	if (table->keys)
		tsv_sorted(&t, table->keys);
	printf("\nstatic const struct se_%.*s %s[] = {\n", (int)strlen(table->name) - 1,
	       table->name, table->name);
	for (size_t i = 0; i < t.n; i++) {
		fputs("\t{ ", stdout);
		for (size_t k = 0; table->shape[k]; k++) {
			fputs(k ? ", " : "", stdout);
			print_cell(&t, &t.row[i], table->shape[k], t.row[i].cell[k]);
		}
		puts(" },");
	}
	puts("};");
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: fp-gen-selinux TABLES\n", stderr);
		return 2;
	}
	puts("/* Made by schemas/gen/gen-selinux.c from schemas/tables/selinux-*.tsv. */");
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		print_table(&tables[i], argv[1]);
	return fflush(stdout) != 0;
}
