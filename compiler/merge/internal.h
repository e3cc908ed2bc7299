/* SPDX-License-Identifier: MIT */
/* What the files of compiler/merge share: the two trees, places in them, and one function a member.
 */
#ifndef FP_MERGE_INTERNAL_H
#define FP_MERGE_INTERNAL_H

#include "base/json.h"
#include "merge/merge.h"

struct fp_merge_tree {
	const char *name;
	const struct fp_source *source; /* NULL where patches made the tree */
	json_t *root;
};

/* All values that functions return are owned by the unit; give them away with json_incref(). */
struct fp_merge_state {
	struct fp_unit *u;
	struct fp_merge_tree base, ours;
	struct fp_merge_result *result;
};

/* ---- what a member is: rows of fields.def ---- */

enum fp_merge_type {
	FP_MERGE_OBJECT, /* its members are known */
	FP_MERGE_MAP,    /* any members, all of one kind */
	FP_MERGE_LIST,
	FP_MERGE_TEXTS, /* a list of them */
	FP_MERGE_TEXT,
	FP_MERGE_FLAG,
	FP_MERGE_I32,
	FP_MERGE_I64,
	FP_MERGE_U16,
	FP_MERGE_U32,
	FP_MERGE_U64
};

enum fp_merge_how {
	FP_MERGE_WALKS,
	FP_MERGE_NARROWS,
	FP_MERGE_KEEPS,
	FP_MERGE_NOTES,
	FP_MERGE_REFUSES,
	FP_MERGE_IS_PART
};

/*
 * The narrower of two values that have the row's type; either may be NULL, which is absent. What
 * cannot be narrowed is reported. NULL out leaves the member out.
 */
typedef json_t *(*fp_merge_function)(struct fp_merge_state *m, const char *at, json_t *base,
				     json_t *ours);

struct fp_merge_field {
	const char *pointer;
	enum fp_merge_type type;
	enum fp_merge_how how;
	fp_merge_function function; /* of what narrows */
	const char *why;
};

#define OBJECT(pointer)
#define MAP(pointer)
#define KEEPS(pointer, type, why)
#define NOTES(pointer, type, why)
#define REFUSES(pointer, why)
#define PART(pointer, type)
#define NARROWS(pointer, type, function, why) \
	json_t *function(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours);
#include "merge/fields.def"
#undef OBJECT
#undef MAP
#undef KEEPS
#undef NOTES
#undef REFUSES
#undef PART
#undef NARROWS

/* The row of a configuration itself, and of a member or element of what has a row; NULL: none. */
const struct fp_merge_field *fp_merge_root_field(void);
const struct fp_merge_field *fp_merge_field_of(const struct fp_merge_field *parent,
					       const char *key);

/* The n-th name of its members, in the order of fields.def; NULL: no more. */
const char *fp_merge_member_of(const struct fp_merge_field *parent, size_t n);

/* ---- reading and checking ---- */

/* Parses a configuration; reports and leaves `root` NULL. */
void fp_merge_read(struct fp_unit *u, const struct fp_merge_text *text, struct fp_merge_tree *out);

/* NULL: reported. */
json_t *fp_merge_parse(struct fp_unit *u, const struct fp_source *source);

/*
 * Reports members without a row, of another type, or out of its range; members that are null, which
 * Go reads as absent and crun refuses, are taken out. What passes has the types of fields.def.
 */
void fp_merge_check(struct fp_merge_state *m, struct fp_merge_tree *tree);

/* The place of the value at a pointer; of the file's start where there is none. */
struct fp_span fp_merge_place(const struct fp_merge_tree *tree, const char *pointer);

/* ---- reports ---- */

/* "/process/cwd is ... here and ... in FILE: why". `ours` may be NULL. A way out follows. */
void fp_merge_conflict(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours,
		       const char *why);

void fp_merge_note(struct fp_merge_state *m, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* "kept: /linux/sysctl/x is 1, on which the policy has no word: why"; the value itself. */
json_t *fp_merge_keep(struct fp_merge_state *m, const char *at, json_t *base, const char *why);

/* Compact, sorted, at most about 120 bytes; in the arena. */
const char *fp_merge_show(struct fp_unit *u, json_t *value);

/* ---- values ---- */

char *fp_merge_at(struct fp_merge_state *m, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The place of a member: RFC 6901, so a slash of the key is ~1. */
const char *fp_merge_in(struct fp_merge_state *m, const char *at, const char *key);

/* What only one says, or both; anything else is a conflict. */
json_t *fp_merge_same(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours);

json_t *fp_merge_text(struct fp_merge_state *m, const char *text); /* a new value the unit owns */

/* A new value the unit owns. */
json_t *fp_merge_new(struct fp_merge_state *m, json_t *value);

/* Shallow copy that the unit owns; an empty object for NULL. */
json_t *fp_merge_copy(struct fp_merge_state *m, json_t *value);

/* NULL leaves the member as it is. */
void fp_merge_set(struct fp_merge_state *m, json_t *object, const char *key, json_t *value);
void fp_merge_push(struct fp_merge_state *m, json_t *array, json_t *value);

/* A member of what passed the check: "" and `absent` where it is not there. */
const char *fp_merge_text_of(const json_t *object, const char *key);
int64_t fp_merge_number_of(const json_t *object, const char *key, int64_t absent);

/* A value along member names from `value` on; NULL: not there. */
json_t *fp_merge_find(struct fp_merge_state *m, json_t *value, const char *pointer);

/* The first element with that "type"; NULL: none. */
json_t *fp_merge_by_type(json_t *array, const char *type);

/* Absolute, one slash between names, none at the end; NULL where it is relative or climbs. */
const char *fp_merge_path(struct fp_merge_state *m, const char *text);

bool fp_merge_begins(const char *text, const char *prefix);

/* The options that both give a mount of `type`, base's first; NULL: reported. See options.def. */
json_t *fp_merge_options(struct fp_merge_state *m, const char *at, const char *type, json_t *base,
			 json_t *ours);

/* The intersection of two CPU lists ("0-3,5"), or NULL: empty, or not lists. In the arena. */
const char *fp_merge_cpus(struct fp_unit *u, const char *a, const char *b);

#endif
