/* SPDX-License-Identifier: MIT */
/* How JSON is written: sorted keys, two spaces, one newline at the end. Trees that are read, merged
 * or handed on are jansson's; documents with a line for every rule are written as they are told. */
#ifndef FP_BASE_JSON_H
#define FP_BASE_JSON_H

#include "base/unit.h"

#include <jansson.h>

/*
 * A fresh value the unit owns: released when the unit is freed, also after running out of memory.
 * Only roots need this: give a child to its parent first and fill it afterwards, so that nothing
 * is loose when memory runs out. NULL in (jansson ran out) is the unit's out-of-memory jump.
 */
json_t *fp_json_own(struct fp_unit *u, json_t *value);

/* Setters that jump on failure; they take over `value`. */
void fp_json_set(struct fp_unit *u, json_t *object, const char *key, json_t *value);
void fp_json_push(struct fp_unit *u, json_t *array, json_t *value);
json_t *fp_json_text(struct fp_unit *u,
		     const char *text); /* borrowed by nobody: give it to a setter */

/*
 * jansson's integers end at INT64_MAX. A greater number is a text that begins with a byte no UTF-8
 * has; it is written as the number. It is json_is_string(): ask fp_json_count_of() first.
 */
json_t *fp_json_count(uint64_t value);                     /* NULL: out of memory */
bool fp_json_count_of(const json_t *value, uint64_t *out); /* false: negative, or no number */

/*
 * RFC 8259, strictly; `text` has a NUL behind its `len` bytes. The unit owns the tree. NULL with
 * the fault: malformed, a name twice in an object, a fraction, a number beyond 64 bits, more than
 * 64 levels or a million values. Running out of memory is the unit's jump and never a fault.
 */
struct fp_json_fault {
	size_t at, len; /* bytes of the text */
	char text[160];
	const char *help; /* what to write instead; NULL: nothing to say */
};

json_t *fp_json_read(struct fp_unit *u, const char *text, size_t len, struct fp_json_fault *fault);

/*
 * A member's name as Go compares it: without regard to case, by simple Unicode folding (U+017F is
 * an s, U+212A a k). Of two spellings the later one wins there. Returns the length, below `room`.
 */
size_t fp_json_fold(const char *text, char *out, size_t room);

void fp_json_write(struct fp_unit *u, json_t *value, struct fp_buf *out);

/*
 * The same bytes without a tree. Members are told in the order of their keys' bytes; one that comes
 * late is an internal error. `key` is NULL in an array. Bytes of a text that are not UTF-8 become
 * U+FFFD.
 */
#define FP_JSON_DEPTH 16

struct fp_json {
	struct fp_unit *unit;
	struct fp_buf *out;
	unsigned depth;
	const char *last[FP_JSON_DEPTH]; /* by depth: the key before, NULL at first */
	bool is_array[FP_JSON_DEPTH];
};

/* Opens the document's object; end closes it. */
void fp_json_begin(struct fp_json *j, struct fp_unit *u, struct fp_buf *out);
void fp_json_end(struct fp_json *j);

void fp_json_open_object(struct fp_json *j, const char *key);
void fp_json_open_array(struct fp_json *j, const char *key);
void fp_json_close(struct fp_json *j); /* the innermost of both */

void fp_json_put_text(struct fp_json *j, const char *key, const char *text); /* NULL: nothing */
void fp_json_put_number(struct fp_json *j, const char *key, uint64_t value);
void fp_json_put_integer(struct fp_json *j, const char *key, int64_t value);
void fp_json_put_flag(struct fp_json *j, const char *key, bool value);
void fp_json_put_null(struct fp_json *j, const char *key);

#endif
