/* SPDX-License-Identifier: MIT */
/* Subcommands of fpolicyc and what they share. Only this folder touches files, the terminal and
 * exit codes. */
#ifndef FP_CMD_CMD_H
#define FP_CMD_CMD_H

#include "libfpolicy.h"

#include <stdbool.h>
#include <stddef.h>

/* Exit codes, the same for every subcommand. */
enum fp_exit {
	FP_EXIT_OK = 0,
	FP_EXIT_FINDINGS = 1,
	FP_EXIT_INPUT = 2,
	FP_EXIT_UNDECIDED = 3,
	FP_EXIT_INTERNAL = 4,
};

/* A row of cmd.def. `run` gets its own name as argv[0]. */
struct fp_cmd {
	const char *name, *summary;
	int (*run)(int argc, char **argv);
};

#define CMD(name, function, summary) int function(int argc, char **argv);
#include "cmd/cmd.def"
#undef CMD

/* "fpolicyc: error: ..." on stderr; returns FP_EXIT_INPUT. */
int fp_cmd_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct option;

/*
 * What getopt_long() refused: `c` is its answer ('?' or ':'), `before` was optind before the call,
 * `known` are the command's options. Returns FP_EXIT_INPUT.
 */
int fp_cmd_bad_option(int c, int before, char **argv, const char *command,
		      const struct option *known);

/*
 * `--color[=WHEN]` belongs to every command: takes it out of the arguments, wherever it stands
 * before
 * "--". False after printing what is wrong with it.
 */
bool fp_cmd_take_color(int *argc, char **argv);

/* Whether what goes to this descriptor is coloured: by --color, else on a terminal, unless
 * NO_COLOR. */
bool fp_cmd_wants_color(int fd);

/* Prints the handle's diagnostics on stderr and maps the status. */
int fp_cmd_finish(struct fpolicy *p, enum fpolicy_status status);

/* ---- fsread.c, fswrite.c ---- */

/* Bytes a file given on the command line may have. */
#define FP_FILE_MAX ((size_t)64 << 20)

struct fp_file_data {
	char *data; /* NUL-terminated, malloc'ed; NULL: nothing */
	size_t len;
};

/* "-" is standard input. False after printing the reason. */
bool fp_fs_read(const char *path, struct fp_file_data *out);

/*
 * Reads a regular file of a folder, no symbolic link, of at most `limit` bytes. The reason, or
 * NULL.
 */
const char *fp_fs_read_plain(const char *dir, const char *name, size_t limit,
			     struct fp_file_data *out);

/*
 * Reads `name` below one of the roots. Absolute names, `..` and symbolic links are refused: an
 * import cannot leave its root. Returns the reason, or NULL on success; `resolved` is malloc'ed.
 */
const char *fp_fs_read_below(const char *const *roots, size_t n, const char *name,
			     struct fp_file_data *out, char **resolved);

/*
 * A folder written whole: begin makes a hidden sibling, add fills it, commit syncs it and shows it
 * with one rename, abort removes it. A folder that is there must be empty or an earlier output (it
 * has a manifest.json), and is replaced. Every failure prints its reason and leaves things as they
 * were; after a failed add only abort may follow. `below` is a first folder, or NULL.
 */
struct fp_fs_tree;

struct fp_fs_tree *fp_fs_tree_begin(const char *dir);
bool fp_fs_tree_add(struct fp_fs_tree *t, const char *below, const char *path, const void *data,
		    size_t len);
bool fp_fs_tree_commit(struct fp_fs_tree *t);
void fp_fs_tree_abort(struct fp_fs_tree *t);

/*
 * One file, by rename: begin writes it beside its place, commit moves it there, abort forgets it.
 * "-" is standard output; it and what is no regular file (a device, a pipe) get the data at commit,
 * so `data` must live until then. NULL or false after printing the reason.
 */
struct fp_fs_file;

struct fp_fs_file *fp_fs_file_begin(const char *path, const void *data, size_t len);
bool fp_fs_file_commit(struct fp_fs_file *f);
void fp_fs_file_abort(struct fp_fs_file *f);

/* Both at once. */
bool fp_fs_write_file(const char *path, const void *data, size_t len);

#endif
