/* SPDX-License-Identifier: MIT */
/* Reading from a git repository: a name becomes a commit once, then objects are read by number. */
#include "cmd/revision.h"
#include "cmd/child.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Objects as they were committed, from this repository alone; paths are no patterns. */
#define GIT                                                                                       \
	"git", "--no-replace-objects", "--literal-pathspecs", "-c", "protocol.allow=never", "-c", \
		"core.fsmonitor=false"

#define OBJECT_MAX 64 /* hexadecimal digits: SHA-1 has 40, SHA-256 64 */

bool fp_revision_is_meant(const char *word)
{
	return strchr(word, ':') && access(word, F_OK);
}

/* The line of hexadecimal digits that git prints for an object. */
static bool object_name(const struct fp_file_data *from, char to[OBJECT_MAX + 1])
{
	size_t n = from->data ? strspn(from->data, "0123456789abcdef") : 0;

	if ((n != 40 && n != 64) || from->len < n)
		return false;
	memcpy(to, from->data, n);
	to[n] = '\0';
	return true;
}

static bool find_commit(struct fp_revision *r)
{
	struct fp_file_data out = { 0 };
	char errors[256] = "", *commit = NULL;
	const char *why;
	bool ok = false;

	if (asprintf(&commit, "%s^{commit}", r->name) < 0)
		return fp_cmd_error("out of memory"), false;
	const char *const argv[] = { GIT, "rev-parse", "--verify", commit, NULL };
	const struct fp_child git = { argv, -1, 4096 };
	int code = fp_child_run(&git, &out, errors, &why);
	if (code < 0)
		fp_cmd_error("git: %s", why);
	else if (code || !object_name(&out, r->commit))
		fp_cmd_error("there is no revision '%s'%s%s", r->name,
			     errors[0] ? ": git says: " : "", errors);
	else
		ok = true;
	free(out.data);
	free(commit);
	return ok;
}

/* No empty, `.` or `..` component, and not absolute. */
static bool is_inside(const char *path)
{
	for (;;) {
		size_t n = strcspn(path, "/");
		if (!n || (n == 1 && path[0] == '.') || (n == 2 && !memcmp(path, "..", 2)))
			return false;
		if (!path[n])
			return true;
		path += n + 1;
	}
}

/* The number of the file's object, from "100644 blob NUMBER<tab>PATH". The reason, or NULL. */
static const char *find_blob(const struct fp_revision *r, const char *path,
			     char blob[OBJECT_MAX + 1])
{
	const char *const argv[] = { GIT,       "ls-tree", "-z", "--full-tree",
				     r->commit, "--",      path, NULL };
	const struct fp_child git = { argv, -1, 1u << 16 };
	struct fp_file_data out = { 0 };
	const char *why;

	int code = fp_child_run(&git, &out, NULL, &why);
	if (code < 0)
		return why;
	if (code)
		why = "git cannot list the revision";
	else if (!out.len)
		why = "no such file in the revision";
	else if (!strncmp(out.data, "120000", 6))
		why = "symbolic links are not followed in a revision";
	else if (strncmp(out.data, "100644 blob ", 12) && strncmp(out.data, "100755 blob ", 12))
		why = "not a regular file";
	else if (!object_name(&(struct fp_file_data){ out.data + 12, out.len - 12 }, blob))
		why = "git lists the revision in a form that is not known";
	free(out.data);
	return why;
}

static const char *read_path(const struct fp_revision *r, const char *path,
			     struct fp_file_data *out)
{
	char blob[OBJECT_MAX + 1];
	const char *const argv[] = { GIT, "cat-file", "blob", blob, NULL };
	const struct fp_child git = { argv, -1, FP_FILE_MAX };
	const char *why = find_blob(r, path, blob);

	if (why)
		return why;
	int code = fp_child_run(&git, out, NULL, &why);
	if (code > 0) {
		free(out->data);
		*out = (struct fp_file_data){ 0 };
		return "git cannot read the file of the revision";
	}
	if (code == 0 && !out->data) { /* an empty file */
		out->data = calloc(1, 1);
		return out->data ? NULL : "out of memory";
	}
	return why;
}

bool fp_revision_open(struct fp_revision *r, const char *word, struct fp_file_data *text)
{
	const char *path = strchr(word, ':') + 1, *slash = strrchr(path, '/');

	*r = (struct fp_revision){ 0 };
	r->name = strndup(word, (size_t)(path - 1 - word));
	r->folder = slash ? strndup(path, (size_t)(slash - path)) : strdup("");
	if (!r->name || !r->folder)
		return fp_cmd_error("out of memory"), false;
	if (!r->name[0] || r->name[0] == '-' || !is_inside(path))
		return fp_cmd_error("'%s': write REVISION:PATH, the path from the top of the "
				    "repository",
				    word),
		       false;
	if (!find_commit(r))
		return false;
	const char *why = read_path(r, path, text);
	if (why)
		fp_cmd_error("%s: %s", word, why);
	return !why;
}

void fp_revision_close(struct fp_revision *r)
{
	free(r->name);
	free(r->folder);
}

static const char *read_in(const struct fp_revision *r, const char *folder, const char *name,
			   struct fp_file_data *out, char **resolved)
{
	char *path = NULL;

	while (!strncmp(folder, "./", 2))
		folder += 2;
	bool at_top = !folder[0] || !strcmp(folder, ".");
	if (asprintf(&path, "%s%s%s", at_top ? "" : folder, at_top ? "" : "/", name) < 0)
		return "out of memory";
	const char *why =
		is_inside(path) ? read_path(r, path, out) : "a folder outside of the revision";
	if (!why && asprintf(resolved, "%s:%s", r->name, path) < 0)
		why = "out of memory";
	free(path);
	return why;
}

const char *fp_revision_read_below(const struct fp_revision *r, const char *const *roots, size_t n,
				   const char *name, struct fp_file_data *out, char **resolved)
{
	if (name[0] == '/')
		return "imports are named relative to an import root";
	if (!is_inside(name))
		return "the name has an empty, '.' or '..' component";
	const char *why = read_in(r, r->folder, name, out, resolved);
	for (size_t i = 0; i < n && why; i++)
		why = read_in(r, roots[i], name, out, resolved);
	return why;
}
