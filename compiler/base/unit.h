/* SPDX-License-Identifier: MIT */
/* One compilation: the first argument of everything that allocates or reports. There is no other
 * state. */
#ifndef FP_BASE_UNIT_H
#define FP_BASE_UNIT_H

#include "base/arena.h"
#include "base/date.h"
#include "base/diag.h"
#include "base/intern.h"
#include "base/source.h"

#include <stdarg.h>

struct fp_define { /* -D name=value */
	const char *name, *value;
	bool used;
};

/*
 * Fetches the text of an import or a target file. Returns false with a reason in `why` when there
 * is none; the text stays the loader's until the next call. `resolved` is the name to print.
 */
struct fp_loaded {
	const char *data, *resolved, *why;
	size_t len;
};

typedef bool (*fp_loader)(void *context, const char *name, struct fp_loaded *out);

struct fp_profile; /* target/profile.h */

struct fp_options {
	fp_loader load;
	void *load_context;
	FP_VEC(struct fp_define) defines;
	const char *query; /* what is to be explained, as a subject of `test`; NULL: nothing */
	const struct fp_profile *profile; /* NULL: none was given */
	struct fp_date today; /* year 0: dates are not compared, and the manifest says so */
	uint32_t proof_nodes; /* of diagrams, for all claims of a policy; 0: the default */
	bool is_lint;         /* it has findings for some diagnostics: ended waivers, thin layers */
	bool without_lists;   /* what runtimes compile themselves is NOT CHECKED */
};

/* A result that several parts need: what it is, and of what. Addresses are never printed. */
struct fp_kept {
	const char *what;
	const void *of[2], *value;
};

struct fp_unit {
	struct fp_arena arena;
	struct fp_intern names;
	struct fp_sources sources;
	struct fp_diags diags;
	struct fp_options options;
	FP_VEC(struct fp_kept) kept;
	jmp_buf recover;
};

/* Bytes a compilation may take in all, unless the caller says otherwise. */
#define FP_MEMORY_LIMIT ((size_t)1 << 30)

/*
 * The caller must setjmp(u->recover) before it uses the unit; a return of non-zero means out of
 * memory, and only fp_unit_free() may follow. Initialising cannot fail: it takes nothing.
 */
void fp_unit_init(struct fp_unit *u, size_t memory_limit);
void fp_unit_free(struct fp_unit *u);

/*
 * NULL until it was kept. A compilation keeps few: they are searched from end to end. What a result
 * is made of must not change afterwards.
 */
const void *fp_unit_recall(const struct fp_unit *u, const char *what, const void *a, const void *b);
void fp_unit_keep(struct fp_unit *u, const char *what, const void *a, const void *b,
		  const void *value);

const struct fp_str *fp_name(struct fp_unit *u,
			     const char *text); /* interned, NUL-terminated input */

/* The same of what is printed, cut after FP_NAME_PRINTED bytes. */
#define FP_NAME_PRINTED 511
const struct fp_str *fp_name_vprintf(struct fp_unit *u, const char *format, va_list ap)
	__attribute__((format(printf, 2, 0)));

#endif
