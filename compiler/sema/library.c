/* SPDX-License-Identifier: MIT */
/* The standard library: policies/lib, compiled in. */
#include "sema/sema.h"

#include <string.h>

static const struct fp_embedded library[] = {
#include "library.inc"
};

const struct fp_embedded *fp_library_find(const char *name)
{
	for (size_t i = 0; i < sizeof(library) / sizeof(library[0]); i++)
		if (!strcmp(library[i].name, name))
			return &library[i];
	return NULL;
}
