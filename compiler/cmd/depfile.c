/* SPDX-License-Identifier: MIT */
/* Dependency files, in the spelling GNU make reads names by. */
#include "cmd/depfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Backslashes before a quoted character are doubled, others stand for themselves. make has no
 * spelling for `;`, `=`, an end of line and a backslash at the end, nor in a target for a tab.
 */
static bool put_name(FILE *f, const char *name, bool is_target)
{
	size_t backslashes = 0;

	if (!*name || strpbrk(name, is_target ? ";=\n\t" : ";=\n") ||
	    name[strlen(name) - 1] == '\\')
		return fp_cmd_error("make has no spelling for the name '%s': -MD cannot list it",
				    name),
		       false;
	for (; *name; name++) {
		bool quoted = strchr(" \t#:*?[", *name) || *name == (is_target ? '%' : '|');
		for (size_t i = 0; quoted && i <= backslashes; i++)
			fputc('\\', f);
		if (*name == '$')
			fputc('$', f);
		fputc(*name, f);
		backslashes = *name == '\\' ? backslashes + 1 : 0;
	}
	return true;
}

static bool put_all(FILE *f, const char *out, const char *const *names, size_t n)
{
	bool ok = put_name(f, out, true);

	fputs("/manifest.json:", f);
	for (size_t i = 0; i < n && ok; i++) {
		fputs(" \\\n  ", f);
		ok = put_name(f, names[i], false);
	}
	fputc('\n', f);
	return ok;
}

bool fp_depfile_begin(struct fp_depfile *d, const char *out, const char *path,
		      const char *const *names, size_t n)
{
	size_t len, dir = strlen(out);
	FILE *f = open_memstream(&d->text, &len);

	while (dir > 1 && out[dir - 1] == '/')
		dir--;
	char *folder = strndup(out, dir);
	if (folder && asprintf(&d->path, "%s%s", path ? path : folder, path ? "" : ".d") < 0)
		d->path = NULL;
	bool ok = f && folder && put_all(f, folder, names, n);
	if (f && fclose(f))
		f = NULL;
	free(folder);
	if (!f || !d->path)
		return fp_cmd_error("out of memory"), false;
	d->file = ok ? fp_fs_file_begin(d->path, d->text, len) : NULL;
	return d->file != NULL;
}

bool fp_depfile_commit(struct fp_depfile *d)
{
	bool ok = !d->file || fp_fs_file_commit(d->file);

	d->file = NULL;
	return ok;
}

void fp_depfile_free(struct fp_depfile *d)
{
	if (d->file)
		fp_fs_file_abort(d->file);
	free(d->path);
	free(d->text);
}
