/* SPDX-License-Identifier: MIT */
/* The standard library: policies/lib, compiled in. */
#include "sema/sema.h"

#include <string.h>

static const struct fp_embedded library[] = {
#include "library.inc"
};

#define FILES (sizeof(library) / sizeof(library[0]))

const struct fp_embedded *fp_library_find(const char *name)
{
	for (size_t i = 0; i < FILES; i++)
		if (!strcmp(library[i].name, name))
			return &library[i];
	return NULL;
}

const struct fp_embedded *fp_library_at(size_t n)
{
	return n < FILES ? &library[n] : NULL;
}

/* Every set of the library begins a line: `set @name@edition of kind {`. */
bool fp_library_set(struct fp_unit *u, struct fp_library_set *set)
{
	static const char begin[] = "\nset @", middle[] = " of ";
	const char *at = set->at ? set->at : library[0].text;

	while (!(at = strstr(at, begin))) {
		if (++set->file == FILES)
			return false;
		at = library[set->file].text;
	}
	at += sizeof(begin) - 2;
	set->at = strstr(at, middle) + sizeof(middle) - 1;
	set->path = library[set->file].name;
	set->name = fp_intern(&u->names, at, 1 + strcspn(at + 1, "@ "));
	set->kind = fp_intern(&u->names, set->at, strcspn(set->at, " "));
	return true;
}
