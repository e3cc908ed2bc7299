/* SPDX-License-Identifier: MIT */
/* The one layout of policies. Tokens and comments stay; blanks and columns are ours. */
#ifndef FP_FRONT_FMT_H
#define FP_FRONT_FMT_H

#include "base/unit.h"

/*
 * Lays out one source; false after a syntax error, which is reported. Imports are not read and
 * names not resolved. The result has the tokens and comments of the source, which is checked, and
 * is its own layout.
 */
bool fp_fmt(struct fp_unit *u, const struct fp_source *src, struct fp_buf *out);

#endif
