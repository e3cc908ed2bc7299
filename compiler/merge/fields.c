/* SPDX-License-Identifier: MIT */
/* The rows of fields.def, and the way from a row to those of its members. */
#include "merge/internal.h"

#include <string.h>

static const struct fp_merge_field fields[] = {

#define OBJECT(pointer)           { pointer, FP_MERGE_OBJECT, FP_MERGE_WALKS, NULL, NULL },
#define MAP(pointer)              { pointer, FP_MERGE_MAP, FP_MERGE_WALKS, NULL, NULL },
#define KEEPS(pointer, type, why) { pointer, FP_MERGE_##type, FP_MERGE_KEEPS, NULL, why },
#define NOTES(pointer, type, why) { pointer, FP_MERGE_##type, FP_MERGE_NOTES, NULL, why },
#define REFUSES(pointer, why)     { pointer, FP_MERGE_OBJECT, FP_MERGE_REFUSES, NULL, why },
#define PART(pointer, type)       { pointer, FP_MERGE_##type, FP_MERGE_IS_PART, NULL, NULL },
#define NARROWS(pointer, type, function, why) \
	{ pointer, FP_MERGE_##type, FP_MERGE_NARROWS, function, why },
#include "merge/fields.def"
#undef OBJECT
#undef MAP
#undef KEEPS
#undef NOTES
#undef REFUSES
#undef PART
#undef NARROWS
};

#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

const struct fp_merge_field *fp_merge_root_field(void)
{
	return &fields[0];
}

/* What follows the parent's pointer in a row's, or NULL: the row is not of a member of it. */
static const char *last_name(const struct fp_merge_field *parent, const char *pointer)
{
	const char *row = parent->pointer;

	for (; *row && *row == *pointer; row++, pointer++)
		;
	return !*row && *pointer == '/' && !strchr(pointer + 1, '/') ? pointer + 1 : NULL;
}

static const struct fp_merge_field *find(const struct fp_merge_field *parent, const char *key)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const char *name = last_name(parent, fields[i].pointer);

		if (name && !strcmp(name, key))
			return &fields[i];
	}
	return NULL;
}

const struct fp_merge_field *fp_merge_field_of(const struct fp_merge_field *parent, const char *key)
{
	const struct fp_merge_field *row = NULL;

	if (parent->type == FP_MERGE_OBJECT && strcmp(key, "*"))
		row = find(parent, key);
	return row ? row : find(parent, "*");
}

const char *fp_merge_member_of(const struct fp_merge_field *parent, size_t n)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const char *name = last_name(parent, fields[i].pointer);

		if (name && !n--)
			return name;
	}
	return NULL;
}
