/* SPDX-License-Identifier: MIT */
/* Path patterns, parsed: what a pattern means does not depend on any back end's own glob language.
 */
#ifndef FP_IR_GLOB_H
#define FP_IR_GLOB_H

#include "base/buf.h"
#include "base/unit.h"

/*
 * A pattern is absolute and canonical (no empty, `.` or `..` component). Elements:
 *   literal bytes; ? one byte but /; * any bytes but /, also none; ** any bytes, / included, also
 * none; [a-z] one byte of the class, never /; {a,b} alternatives (elements again); ${p} an open
 * parameter: one or more bytes but / and NUL (values of `name` parameters). A pattern ends in no
 * slash: a directory is named like any other path. One spelling is special:
 * "/d/" followed by two stars matches everything below /d, and /d itself: a grant on a tree. The
 * two stars alone below the root ("/" and two stars) match every path. A * matches a leading dot.
 */
enum fp_glob_op {
	FP_GLOB_BYTE,
	FP_GLOB_ANY1,
	FP_GLOB_STAR,
	FP_GLOB_STARSTAR,
	FP_GLOB_CLASS,
	FP_GLOB_ALT,
	FP_GLOB_PARAM
};

struct fp_glob_item {
	enum fp_glob_op op;
	unsigned char byte;                     /* BYTE */
	const uint32_t *set;                    /* CLASS: 8 words, bit per byte */
	const char *param;                      /* PARAM: its name */
	const struct fp_glob_item *const *alts; /* ALT: each an item array */
	const size_t *alt_lens;
	size_t alt_count;
};

/* The same elements as a program for fp_glob_match: consume one byte, or fork without consuming. */
enum fp_glob_step_op {
	FP_STEP_BYTE,
	FP_STEP_SET,
	FP_STEP_FORK,
	FP_STEP_END
};

struct fp_glob_step {
	enum fp_glob_step_op op;
	unsigned char byte;   /* BYTE: the one it consumes */
	uint16_t next, other; /* FORK goes to both */
	const uint32_t *set;  /* SET: bytes it consumes */
};

/* Bytes in a pattern; PATH_MAX of the kernel. */
#define FP_GLOB_MAX 4096u
/* Braces in braces. */
#define FP_GLOB_DEPTH 8u

struct fp_glob {
	const char *text; /* canonical spelling */
	const char *path; /* the one path it names, ${p} as it stands; NULL: a pattern */
	const struct fp_glob_item *items;
	size_t n;
	bool is_plain; /* only BYTE items: names one path */
	bool is_tree;  /* ends in the two-star tree form: items hold only what precedes the slash */
	bool has_param;
	const struct fp_glob_step *steps;
	uint16_t step_count;
};

/* Parses; reports and returns NULL on a malformed pattern. `span` covers the text between the
 * quotes. */
const struct fp_glob *fp_glob_parse(struct fp_unit *u, const char *text, size_t len,
				    struct fp_span span);

/* Whether a canonical path (directory: without a trailing slash) matches. Linear in time, no
 * recursion on input. */
bool fp_glob_match(const struct fp_glob *g, const char *path, size_t len);

int fp_glob_cmp(const struct fp_glob *a, const struct fp_glob *b); /* by canonical text */

#endif
