/* SPDX-License-Identifier: MIT */
/* What the parts of the generator share: the tables as read, and the strings they have in common.
 */
#ifndef FP_GEN_GEN_H
#define FP_GEN_GEN_H

#include <stdbool.h>

#include "tsv.h"

#define ABI_MAX 8 /* more than abis.tsv has rows */

struct tables {
	const char *dir;
	struct tsv abis;
	struct tsv syscalls;
	struct tsv constants;
};

/* Columns of syscalls.tsv before the first ABI, and per ABI: number, since, source. */
#define SYS_ABI_COLUMN(abi) (3 + 3 * (abi))

/* The ABIs of "*" or "i386,arm" as a bit set. */
unsigned gen_abi_set(const struct tables *g, const struct tsv *t, const struct tsv_row *row,
		     const char *list);

/* Index of a call in syscalls.tsv; fails for an unknown one. */
size_t gen_sys_index(const struct tables *g, const struct tsv *t, const struct tsv_row *row,
		     const char *name);

/* A C string literal. */
void gen_string(const char *text);

void gen_syscalls(const struct tables *g);
void gen_signatures(const struct tables *g);
void gen_constants(const struct tables *g);
void gen_small(const struct tables *g); /* versions, capabilities, errors, devices, path calls */
#endif
