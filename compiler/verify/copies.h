/* SPDX-License-Identifier: MIT */
/* Where what was proved stands again: inside OCI configurations. */
#ifndef FP_VERIFY_COPIES_H
#define FP_VERIFY_COPIES_H

#include "base/json.h"

/* Whether linux.seccomp of the configuration is the list. */
bool fp_copy_is_list(struct fp_unit *u, const char *text, size_t len, const json_t *list);

/* Whether the annotation that hands a filter to crun has these bytes. */
bool fp_copy_is_filter(struct fp_unit *u, const char *text, size_t len, const void *filter,
		       size_t filter_len);

#endif
