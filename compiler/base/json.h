/* SPDX-License-Identifier: MIT */
/* The one way JSON is written: jansson, sorted keys, two spaces, one newline at the end. */
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

void fp_json_write(struct fp_unit *u, const json_t *value, struct fp_buf *out);

#endif
