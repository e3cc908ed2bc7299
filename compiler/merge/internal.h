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

typedef json_t *(*fp_merge_function)(struct fp_merge_state *m, const char *at, json_t *base,
				     json_t *ours);

#define RULE(pointer, type, function) \
	json_t *function(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours);
#include "merge/rules.def"
#undef RULE

/* Absent, or equal: anything else is a conflict. */
json_t *fp_merge_same(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours);

/* Parses and checks a configuration; reports and leaves `root` NULL. */
void fp_merge_read(struct fp_unit *u, const struct fp_merge_text *text, struct fp_merge_tree *out);

/* Misspelt members, refused annotations, and what no policy allows; on the base. */
void fp_merge_check(struct fp_merge_state *m);

/* The place of the value at a pointer; of the file's start where there is none. */
struct fp_span fp_merge_place(const struct fp_merge_tree *tree, const char *pointer);

/* "/process/cwd is ... here and ... in FILE: why". `ours` may be NULL. */
void fp_merge_conflict(struct fp_merge_state *m, const char *at, const json_t *base,
		       const json_t *ours, const char *why);

void fp_merge_note(struct fp_merge_state *m, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

char *fp_merge_at(struct fp_merge_state *m, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Compact, sorted, at most about 120 bytes; in the arena. */
const char *fp_merge_show(struct fp_unit *u, const json_t *value);

/* A new value the unit owns. */
json_t *fp_merge_new(struct fp_merge_state *m, json_t *value);

/* Shallow copy that the unit owns; an empty object or array for NULL. */
json_t *fp_merge_copy(struct fp_merge_state *m, json_t *value);

/* NULL leaves the member as it is. */
void fp_merge_set(struct fp_merge_state *m, json_t *object, const char *key, json_t *value);
void fp_merge_push(struct fp_merge_state *m, json_t *array, json_t *value);

/* The member as text; "" where it is absent. Reports what has another type. */
const char *fp_merge_text_of(struct fp_merge_state *m, const char *at, const json_t *object,
			     const char *key);

/* The member as a bound: INT64_MAX where it is absent or not positive (the runtimes' "no limit").
 */
int64_t fp_merge_bound_of(struct fp_merge_state *m, const char *at, const json_t *object,
			  const char *key);

/* The intersection of two CPU lists ("0-3,5"), or NULL: empty, or not lists. In the arena. */
const char *fp_merge_cpus(struct fp_unit *u, const char *a, const char *b);

#endif
