/* SPDX-License-Identifier: MIT */
/* Compiled filters as sides of a comparison. */
#ifndef FP_API_FILTER_H
#define FP_API_FILTER_H

#include "analysis/diff.h"

/* The bytes of a seccomp filter; NULL after an error was reported. */
const struct fp_call_source *fp_filter_read(struct fp_unit *u, const char *name, const void *bytes,
					    size_t len);

#endif
