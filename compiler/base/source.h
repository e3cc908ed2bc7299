/* SPDX-License-Identifier: MIT */
/* Source files and places in them: offsets in one space for all files of a compilation. */
#ifndef FP_BASE_SOURCE_H
#define FP_BASE_SOURCE_H

#include "base/arena.h"
#include "base/vec.h"

#include <stdbool.h>

/*
 * Offset 0 is "no place"; the first file begins at 1. A span is half open and lies in one file.
 * A file's base + length is also a valid offset (end of file), so bases leave a gap of one.
 */
struct fp_span {
	uint32_t begin, end;
};

struct fp_source {
	const char *name;  /* as the user or an import wrote it; printed in diagnostics */
	const char *label; /* the same without a machine's folders: what artifacts may say */
	const char *data;  /* NUL-terminated copy */
	uint32_t base, len;
	struct fp_span imported_at; /* the `use` that brought it; {0,0} for the root */
	bool is_target;             /* a target file, not a policy */
	const uint32_t *lines;      /* offsets of line starts, filled on first use */
	size_t line_count;
	const uint32_t *points; /* code points before each FP_SOURCE_MARK bytes, likewise */
};

/* A column is counted over this many bytes at most, however long the line is. */
#define FP_SOURCE_MARK 1024u

struct fp_sources {
	struct fp_arena *arena;
	FP_VEC(struct fp_source *) files;
	uint32_t end;
};

/* A place for people: line and column count from 1; columns count code points, a tab is one. */
struct fp_place {
	const struct fp_source *source;
	uint32_t line, column;
};

/* NULL when the offset space (4 GiB) would overflow. Copies data; the label is the name's last
 * component. */
struct fp_source *fp_source_add(struct fp_sources *s, const char *name, const char *data,
				size_t len, struct fp_span imported_at);

/* False for "no place". */
bool fp_source_place(struct fp_sources *s, uint32_t offset, struct fp_place *out);

/* The line's text without its newline. */
const char *fp_source_line(const struct fp_source *src, uint32_t line, size_t *len);

#endif
