/* SPDX-License-Identifier: MIT */
/* Asks the running kernel what a seccomp filter decides, call by call, and executes none of them.
 */
#ifndef FP_CMD_CATCHER_H
#define FP_CMD_CATCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A line of a table or of results (docs/probes.md), cut in place. */
#define FP_PROBE_FIELDS 16

struct fp_probe_line {
	char *field[FP_PROBE_FIELDS]; /* escapes resolved */
	size_t n;
};

/* The next line that is no note; cuts `*at` up. False at the end. */
bool fp_probe_line(char **at, struct fp_probe_line *line);

/* Whole numbers, decimal or 0x; false for anything else. */
bool fp_probe_number(const char *text, uint64_t *out);

/*
 * Decides every `call` line of `table`, which is cut up, against the filter in `blob`, as the
 * machine's kernel stores it. Prints a result a line to `out` and tells how many were decided.
 * Children of this process do the probing; the process itself is left as it was. NULL, or why it
 * failed.
 */
const char *fp_catch_table(const void *blob, size_t len, char *table, FILE *out, size_t *decided);

/* "x86_64": the machine's name in tables and artifacts; "" where this program has no catcher. */
const char *fp_catch_machine(void);

#endif
