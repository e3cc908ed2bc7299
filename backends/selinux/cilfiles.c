/* SPDX-License-Identifier: MIT */
/* Types of files in CIL, and what each lets the job do. */
#include "backends/selinux/selinux.h"

#include <string.h>

#define MAKES   0x10000u /* names may be made in such a directory */
#define REMOVES 0x20000u
#define PASS    (FP_RIGHT_ALL | SE_SEARCH | MAKES | REMOVES)
#define USE_CHR (SE_CHR_READ | SE_CHR_WRITE)
#define USE_BLK (SE_BLK_READ | SE_BLK_WRITE)
#define TOUCH   (FP_RIGHT_READ | FP_RIGHT_WRITE | FP_RIGHT_APPEND)

/* A permission goes with any of the rights; security/selinux/hooks.c checks them. By class and
 * name. */
static const struct {
	const char *cls, *perm;
	uint32_t rights;
} file_perms[] = {
	{ "blk_file", "append", SE_BLK_WRITE },
	{ "blk_file", "create", SE_BLK_MKNOD },
	{ "blk_file", "getattr", USE_BLK },
	{ "blk_file", "ioctl", USE_BLK },
	{ "blk_file", "open", USE_BLK },
	{ "blk_file", "read", SE_BLK_READ },
	{ "blk_file", "write", SE_BLK_WRITE },
	{ "chr_file", "append", SE_CHR_WRITE },
	{ "chr_file", "create", SE_CHR_MKNOD },
	{ "chr_file", "getattr", USE_CHR },
	{ "chr_file", "ioctl", USE_CHR },
	{ "chr_file", "map", SE_CHR_READ },
	{ "chr_file", "open", USE_CHR },
	{ "chr_file", "read", SE_CHR_READ },
	{ "chr_file", "write", SE_CHR_WRITE },
	{ "dir", "add_name", FP_RIGHT_CREATE | MAKES },
	{ "dir", "create", FP_RIGHT_CREATE },
	{ "dir", "getattr", PASS },
	{ "dir", "lock", FP_RIGHT_LOCK },
	{ "dir", "open", FP_RIGHT_READ },
	{ "dir", "read", FP_RIGHT_READ },
	{ "dir", "remove_name", FP_RIGHT_DELETE | REMOVES },
	{ "dir", "rename", FP_RIGHT_DELETE },
	{ "dir", "reparent", FP_RIGHT_DELETE },
	{ "dir", "rmdir", FP_RIGHT_DELETE },
	{ "dir", "search", PASS },
	{ "dir", "setattr", FP_RIGHT_ATTRIBUTES },
	{ "dir", "write", FP_RIGHT_CREATE | FP_RIGHT_DELETE | MAKES | REMOVES },
	{ "fifo_file", "append", FP_RIGHT_APPEND },
	{ "fifo_file", "create", FP_RIGHT_CREATE },
	{ "fifo_file", "getattr", FP_RIGHT_ALL },
	{ "fifo_file", "link", FP_RIGHT_LINK },
	{ "fifo_file", "lock", FP_RIGHT_LOCK },
	{ "fifo_file", "open", TOUCH },
	{ "fifo_file", "read", FP_RIGHT_READ },
	{ "fifo_file", "rename", FP_RIGHT_DELETE },
	{ "fifo_file", "setattr", FP_RIGHT_ATTRIBUTES },
	{ "fifo_file", "unlink", FP_RIGHT_DELETE },
	{ "fifo_file", "write", FP_RIGHT_WRITE },
	{ "file", "append", FP_RIGHT_APPEND },
	{ "file", "create", FP_RIGHT_CREATE },
	{ "file", "entrypoint", FP_RIGHT_EXECUTE },
	{ "file", "execute", FP_RIGHT_EXECUTE },
	{ "file", "execute_no_trans", FP_RIGHT_EXECUTE },
	{ "file", "getattr", FP_RIGHT_ALL },
	{ "file", "link", FP_RIGHT_LINK },
	{ "file", "lock", FP_RIGHT_LOCK },
	{ "file", "map", FP_RIGHT_READ | FP_RIGHT_EXECUTE },
	{ "file", "open", TOUCH | FP_RIGHT_EXECUTE },
	{ "file", "read", FP_RIGHT_READ },
	{ "file", "rename", FP_RIGHT_DELETE },
	{ "file", "setattr", FP_RIGHT_ATTRIBUTES },
	{ "file", "unlink", FP_RIGHT_DELETE },
	{ "file", "write", FP_RIGHT_WRITE },
	{ "lnk_file", "create", FP_RIGHT_CREATE },
	{ "lnk_file", "getattr", FP_RIGHT_ALL | SE_SEARCH },
	{ "lnk_file", "link", FP_RIGHT_LINK },
	{ "lnk_file", "read", FP_RIGHT_ALL | SE_SEARCH },
	{ "lnk_file", "rename", FP_RIGHT_DELETE },
	{ "lnk_file", "setattr", FP_RIGHT_ATTRIBUTES },
	{ "lnk_file", "unlink", FP_RIGHT_DELETE },
	{ "sock_file", "create", FP_RIGHT_CREATE },
	{ "sock_file", "getattr", FP_RIGHT_ALL },
	{ "sock_file", "link", FP_RIGHT_LINK },
	{ "sock_file", "rename", FP_RIGHT_DELETE },
	{ "sock_file", "setattr", FP_RIGHT_ATTRIBUTES },
	{ "sock_file", "unlink", FP_RIGHT_DELETE },
	{ "sock_file", "write", FP_RIGHT_WRITE },
};

#define FILE_PERMS (sizeof(file_perms) / sizeof(file_perms[0]))

/* One rule for each class that has permissions with these rights and none of `without`. */
static void write_perms(struct se_writer *w, const char *statement, const struct se_type *t,
			uint32_t rights, uint32_t without)
{
	for (size_t i = 0; i < FILE_PERMS;) {
		const char *cls = file_perms[i].cls;
		struct fp_buf perms;
		fp_buf_init(&perms, w->buf.arena);
		for (; i < FILE_PERMS && !strcmp(file_perms[i].cls, cls); i++) {
			if (!(file_perms[i].rights & rights) || file_perms[i].rights & without)
				continue;
			fp_buf_printf(&perms, "%s%s", perms.len ? " " : "", file_perms[i].perm);
		}
		if (perms.len)
			se_line(w, "  (%s process %s (%s (%s)))", statement, t->name, cls,
				fp_buf_text(&perms));
	}
}

static void write_type(struct se_writer *w, const struct se_type *t)
{
	uint32_t rights =
		t->rights | (t->makes_names ? MAKES : 0) | (t->removes_names ? REMOVES : 0);
	size_t begin = w->buf.len;

	se_line(w, "  (type %s)", t->name);
	se_line(w, "  (roletype object_r %s)", t->name);
	se_line(w, "  (typeattributeset file_type (%s))", t->name);
	se_line(w, "  (typeattributeset files (%s))", t->name);
	write_perms(w, "allow", t, rights, 0);
	if (t->denied)
		write_perms(w, "neverallow", t, t->denied, rights);
	for (size_t i = 0; i < t->rules.n; i++)
		se_mark(w, begin, t->rules.at[i]);
}

static void write_named(struct se_writer *w, const struct se_named *n)
{
	static const char *const classes[] = { "dir", "fifo_file", "file", "lnk_file",
					       "sock_file" };
	const struct se_paths *p = &w->plan->paths;
	const struct se_pattern *one = &p->patterns.at[n->pattern];
	size_t begin = w->buf.len;

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		se_line(w, "  (typetransition process %s %s \"%s\" %s)", p->types.at[n->dir].name,
			classes[i], n->name, p->types.at[n->type].name);
	for (size_t i = 0; i < one->rules.n; i++)
		se_mark(w, begin, one->rules.at[i]);
}

void se_write_files(struct se_writer *w)
{
	const struct se_paths *p = &w->plan->paths;

	se_line(w, "  (typeattribute files)");
	for (size_t i = 0; i < p->types.n; i++)
		write_type(w, &p->types.at[i]);
	for (size_t i = 0; i < p->named.n; i++)
		write_named(w, &p->named.at[i]);
}
