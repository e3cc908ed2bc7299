/* SPDX-License-Identifier: MIT */
/* Folds a policy's OCI fragment into a runtime's own config.json, which may only become narrower.
 */
#ifndef FP_MERGE_MERGE_H
#define FP_MERGE_MERGE_H

#include "base/unit.h"

/* Bytes a configuration may have; larger ones are refused before they are parsed. */
#define FP_MERGE_LIMIT ((size_t)64 << 20)

struct fp_merge_text {
	const char *name; /* printed in diagnostics */
	const char *data;
	size_t len;
};

struct fp_merge_result {
	struct fp_buf text; /* the merged config.json: sorted keys, one newline at the end */
	/* What was left out of the base, or kept without a word of the policy: one sentence each.
	 */
	FP_VEC(const char *) notes;
};

/*
 * `fragments[0]` is oci/config.json of the target; the others are patches to it (RFC 7396) such as
 * oci/selinux.json. What both say is narrowed: capabilities and CPU lists intersect, limits take
 * the smaller, flags the stricter, masked paths and namespaces join. What cannot be narrowed (two
 * filters, two identities) is a conflict: a diagnostic that names both values. All are reported.
 * What becomes of each member is a row of fields.def, options.def or files.def.
 * Returns false, with nothing in `out`, when anything was.
 */
bool fp_merge(struct fp_unit *u, const struct fp_merge_text *base,
	      const struct fp_merge_text *fragments, size_t fragment_count,
	      struct fp_merge_result *out);

#endif
