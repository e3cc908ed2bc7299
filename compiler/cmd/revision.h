/* SPDX-License-Identifier: MIT */
/* Policies as a revision of a git repository has them: "HEAD~1:lab.policy". Nothing is checked out.
 */
#ifndef FP_CMD_REVISION_H
#define FP_CMD_REVISION_H

#include "cmd/cmd.h"

struct fp_revision {
	char *name, *folder; /* "HEAD~1"; of the file, "" at the top */
	char commit[65];
};

/* Whether a word names a file of a revision: it has a colon, and there is no file of that name. */
bool fp_revision_is_meant(const char *word);

/*
 * Finds the commit and reads the file, by git, in the repository of the working directory. False
 * after printing the reason; close it then, too.
 */
bool fp_revision_open(struct fp_revision *r, const char *word, struct fp_file_data *text);
void fp_revision_close(struct fp_revision *r);

/*
 * As fp_fs_read_below(), of the same revision: `name` below the file's folder, then below the roots
 * as folders of the repository. Symbolic links and submodules are refused.
 */
const char *fp_revision_read_below(const struct fp_revision *r, const char *const *roots, size_t n,
				   const char *name, struct fp_file_data *out, char **resolved);

#endif
