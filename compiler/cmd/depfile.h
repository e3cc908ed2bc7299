/* SPDX-License-Identifier: MIT */
/* Dependency files for make (-MD). */
#ifndef FP_CMD_DEPFILE_H
#define FP_CMD_DEPFILE_H

#include "cmd/cmd.h"

/* Staged by begin, in its place after commit; zeroed is "none", and free takes it in any state. */
struct fp_depfile {
	struct fp_fs_file *file;
	char *path, *text;
};

/*
 * `out`/manifest.json depends on the names. `path` NULL: `out` with ".d" behind it. False after
 * printing the reason; make has no spelling for some names.
 */
bool fp_depfile_begin(struct fp_depfile *d, const char *out, const char *path,
		      const char *const *names, size_t n);
bool fp_depfile_commit(struct fp_depfile *d);
void fp_depfile_free(struct fp_depfile *d);

#endif
