/* SPDX-License-Identifier: MIT */
/* The sections `mounts` and `files`: paths and what may be done to them. */
#include "base/num.h"
#include "sema/sema.h"

#include <stdlib.h>
#include <string.h>

const struct fp_glob *fp_sema_glob(struct fp_sema *s, const struct fp_ast *n)
{
	const char *text = fp_sema_text(s, n);
	struct fp_span inner = { n->span.begin + 1, n->span.end - 1 };

	return text ? fp_glob_parse(s->u, text, strlen(text), inner) : NULL;
}

uint16_t fp_sema_right(struct fp_sema *s, const struct fp_str *name, struct fp_span span)
{
	struct fp_nearest near;

	fp_nearest_init(&near, name->text, name->len);
	for (const struct fp_right_name *r = fp_right_names; r->name; r++) {
		fp_nearest_offer(&near, r->name);
		if (!strcmp(r->name, name->text))
			return r->bit;
	}
	fp_diag(s->u, FP_E_UNKNOWN_WORD, span, "there is no right '%s' on paths", name->text);
	fp_diag_nearest(s->u, &near);
	fp_diag_help(s->u, "rights are read, write, create, delete, execute, append, link, lock "
			   "and attributes");
	return 0;
}

static int by_glob(const void *a, const void *b)
{
	return fp_glob_cmp(*(const struct fp_glob *const *)a, *(const struct fp_glob *const *)b);
}

struct globs {
	FP_VEC(const struct fp_glob *) list;
};

static bool add_paths(struct fp_sema *s, const struct fp_ast *n, struct globs *out)
{
	const struct fp_ast *const *leaves = &n;
	size_t count = 1;

	if (n->kind == FP_AST_SETREF) {
		const struct fp_set_def *set = fp_sema_members(s, n, "paths");
		if (!set)
			return false;
		leaves = set->leaves;
		count = set->n;
	}
	for (size_t i = 0; i < count; i++) {
		if (leaves[i]->kind != FP_AST_TEXT) {
			fp_diag(s->u, FP_E_SET_KIND, n->span, "'%s' is no set of paths",
				n->name->text);
			fp_diag_note(s->u, leaves[i]->span, "it holds this");
			return false;
		}
		const struct fp_glob *g = fp_sema_glob(s, leaves[i]);
		if (!g)
			return false;
		fp_vec_push(&s->u->arena, &out->list, g);
	}
	return true;
}

/* Every TEXT and SETREF of the node: sorted, once each; `text` names them as the reader knows them.
 */
static bool read_paths(struct fp_sema *s, const struct fp_ast *n, struct fp_paths *out,
		       const char **text)
{
	struct globs g = { 0 };
	struct fp_buf b;
	size_t k = 0;

	fp_buf_init(&b, &s->u->arena);
	for (size_t i = 0; i < n->n; i++) {
		const struct fp_ast *kid = n->kids[i];
		if (kid->kind != FP_AST_TEXT && kid->kind != FP_AST_SETREF)
			continue;
		if (!add_paths(s, kid, &g))
			return false;
	}
	qsort(g.list.at, g.list.n, sizeof(g.list.at[0]), by_glob);
	for (size_t i = 0; i < g.list.n; i++)
		if (!k || fp_glob_cmp(g.list.at[k - 1], g.list.at[i]))
			g.list.at[k++] = g.list.at[i];
	for (size_t i = 0; i < k; i++)
		fp_buf_printf(&b, "%s\"%s\"", i ? ", " : "", g.list.at[i]->text);
	out->at = g.list.at;
	out->n = k;
	*text = fp_buf_text(&b);
	return true;
}

static const char *rights_text(struct fp_sema *s, uint16_t rights)
{
	struct fp_buf b;

	fp_buf_init(&b, &s->u->arena);
	for (const struct fp_right_name *r = fp_right_names; r->name; r++)
		if (rights & r->bit)
			fp_buf_printf(&b, "%s%s", b.len ? ", " : "", r->name);
	return fp_buf_text(&b);
}

void fp_sema_files(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *section)
{
	for (size_t i = 0; i < section->n; i++) {
		const struct fp_ast *n = section->kids[i];
		bool allow = !strcmp(n->name->text, "allow");
		if (n->kind == FP_AST_DEFAULT) {
			struct fp_draft_rule *r = fp_sema_rule(s, sc, FP_KIND_FILE_DEFAULT, n, "",
							       "default %s", n->name->text);
			r->rule.u.effect = allow ? FP_ALLOW : FP_DENY;
			continue;
		}
		struct fp_rule_file f = { .effect = allow ? FP_ALLOW : FP_DENY };
		const char *text;
		bool ok = true;
		for (size_t j = 0; j < n->n && n->kids[j]->kind == FP_AST_NAME; j++) {
			uint16_t right = fp_sema_right(s, n->kids[j]->name, n->kids[j]->span);
			ok &= right != 0;
			f.rights |= right;
		}
		if (!read_paths(s, n, &f.paths, &text) || !ok)
			continue;
		struct fp_draft_rule *r =
			fp_sema_rule(s, sc, FP_KIND_FILE, n, NULL, "%s %s %s", n->name->text,
				     rights_text(s, f.rights), text);
		r->rule.u.file = f;
	}
}

/* ---- mounts ---- */

static const struct {
	const char *word;
	uint32_t flag;
} mount_flags[] = {
	{ "readonly", FP_MNT_READONLY },   { "nosuid", FP_MNT_NOSUID },
	{ "nodev", FP_MNT_NODEV },         { "noexec", FP_MNT_NOEXEC },
	{ "recursive", FP_MNT_RECURSIVE }, { "nosymfollow", FP_MNT_NOSYMFOLLOW },
	{ "noatime", FP_MNT_NOATIME },
};

#define MOUNT_FLAGS (sizeof(mount_flags) / sizeof(mount_flags[0]))

static bool mount_number(struct fp_sema *s, const struct fp_ast *o, struct fp_rule_mount *m)
{
	const char *word = o->name->text;
	const struct fp_ast *v = o->kids[0];
	bool tmpfs = m->type == FP_MOUNT_TMPFS, quota = !strcmp(word, "quota");
	uint64_t number = v->value;

	if (quota ? m->type != FP_MOUNT_BIND : !tmpfs) {
		fp_diag(s->u, FP_E_UNKNOWN_WORD, o->span, "a %s mount has no '%s'",
			fp_mount_type_names[m->type], word);
		fp_diag_help(s->u, "size, inodes and mode are a tmpfs's, quota is a bind's");
		return false;
	}
	if (!strcmp(word, "mode") && (!fp_num_parse_base(v->text->text, v->text->len, 8, &number) ||
				      !number || number > 07777)) {
		fp_diag(s->u, FP_E_NUMBER, v->span, "a mode is octal, 1..7777");
		return false;
	}
	if (!number || number > INT64_MAX) {
		fp_diag(s->u, FP_E_NUMBER, v->span, "'%s' is %s", word,
			number ? "larger than 63 bits" : "0: the least is 1");
		return false;
	}
	if (quota)
		m->quota = number;
	else if (!strcmp(word, "size"))
		m->size = number;
	else if (!strcmp(word, "inodes"))
		m->inodes = number;
	else
		m->mode = (uint16_t)number;
	return true;
}

static bool mount_option(struct fp_sema *s, const struct fp_ast *o, struct fp_rule_mount *m)
{
	if (o->n)
		return mount_number(s, o, m);
	for (size_t i = 0; i < MOUNT_FLAGS; i++) {
		if (strcmp(mount_flags[i].word, o->name->text))
			continue;
		if (m->flags & mount_flags[i].flag) {
			fp_diag(s->u, FP_E_DUPLICATE, o->span, "'%s' stands twice", o->name->text);
			return false;
		}
		m->flags |= mount_flags[i].flag;
	}
	if (m->flags & FP_MNT_RECURSIVE && m->type != FP_MOUNT_BIND) {
		fp_diag(s->u, FP_E_UNKNOWN_WORD, o->span, "only a bind mount is recursive");
		return false;
	}
	return true;
}

static const char *mount_text(struct fp_sema *s, const struct fp_rule_mount *m)
{
	char size[32];
	struct fp_buf b;

	fp_buf_init(&b, &s->u->arena);
	fp_buf_puts(&b, fp_mount_type_names[m->type]);
	if (m->source)
		fp_buf_printf(&b, " \"%s\"", m->source);
	fp_buf_printf(&b, " on \"%s\"", m->on);
	const char *sep = " ";
	for (size_t i = 0; i < MOUNT_FLAGS; i++)
		if (m->flags & mount_flags[i].flag) {
			fp_buf_printf(&b, "%s%s", sep, mount_flags[i].word);
			sep = ", ";
		}
	if (m->size)
		fp_buf_printf(&b, "%ssize %s", sep, fp_num_size_text(m->size, size));
	if (m->quota)
		fp_buf_printf(&b, "%squota %s", sep, fp_num_size_text(m->quota, size));
	sep = m->size || m->quota ? ", " : sep;
	if (m->inodes)
		fp_buf_printf(&b, "%sinodes %llu", sep, (unsigned long long)m->inodes);
	if (m->mode)
		fp_buf_printf(&b, "%smode %04o", m->inodes ? ", " : sep, m->mode);
	return fp_buf_text(&b);
}

/* "/d/" and two stars, nothing else special. */
static bool is_plain_tree(const struct fp_glob *g)
{
	size_t n = strlen(g->text);

	return g->is_tree && n > 3 && strcspn(g->text, "*?[{\\$") == n - 2;
}

static void not_a_path(struct fp_sema *s, struct fp_span span, const struct fp_glob *g)
{
	fp_diag(s->u, FP_E_GLOB, span, "one path is needed here, and \"%s\" is a pattern", g->text);
	if (is_plain_tree(g))
		fp_diag_help(s->u, "a directory stands for all below it: \"%.*s\"",
			     (int)strlen(g->text) - 3, g->text);
	else
		fp_diag_help(s->u, "write each path; patterns belong to `files`");
}

const char *fp_sema_path(struct fp_sema *s, const struct fp_ast *n)
{
	const struct fp_glob *g = fp_sema_glob(s, n);

	if (!g)
		return NULL;
	if (!g->path)
		not_a_path(s, n->span, g);
	return g->path;
}

static void mount(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *n)
{
	struct fp_rule_mount m = { 0 };
	size_t at = 0;

	while (strcmp(fp_mount_type_names[m.type], n->name->text))
		m.type++;
	if (m.type == FP_MOUNT_BIND && !(m.source = fp_sema_path(s, n->kids[at++])))
		return;
	const struct fp_ast *on = n->kids[at++];
	m.on = fp_sema_path(s, on);
	for (; at < n->n && n->kids[at]->kind == FP_AST_OPTION; at++)
		if (!mount_option(s, n->kids[at], &m))
			return;
	if (!m.on)
		return;
	if (!strcmp(m.on, "/")) {
		fp_diag(s->u, FP_E_GLOB, on->span,
			"the root is the image's; nothing is mounted on it");
		fp_diag_help(s->u, "say `root readonly;` or `root writable;`");
		return;
	}
	if (m.type == FP_MOUNT_TMPFS && !m.mode)
		m.mode = 01777;
	struct fp_draft_rule *r =
		fp_sema_rule(s, sc, FP_KIND_MOUNT, n, m.on, "%s", mount_text(s, &m));
	r->rule.u.mount = m;
}

static void hidden(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *n,
		   enum fp_kind kind)
{
	struct fp_paths all = { 0 };
	const char *text;

	if (!read_paths(s, n, &all, &text))
		return;
	for (size_t i = 0; i < all.n; i++) {
		if (!all.at[i]->path) {
			not_a_path(s, n->span, all.at[i]);
			return;
		}
	}
	for (size_t i = 0; i < all.n; i++) {
		struct fp_rule_file f = { .effect = FP_DENY };
		f.rights = kind == FP_KIND_MASK
				   ? FP_RIGHT_ALL
				   : FP_RIGHT_WRITE | FP_RIGHT_CREATE | FP_RIGHT_DELETE |
					     FP_RIGHT_APPEND | FP_RIGHT_ATTRIBUTES | FP_RIGHT_LINK;
		f.paths = (struct fp_paths){ .at = &all.at[i], .n = 1 };
		struct fp_draft_rule *r =
			fp_sema_rule(s, sc, kind, n, NULL, "%s \"%s\"",
				     kind == FP_KIND_MASK ? "mask" : "readonly", all.at[i]->text);
		r->rule.u.file = f;
	}
}

void fp_sema_mounts(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *section)
{
	for (size_t i = 0; i < section->n; i++) {
		const struct fp_ast *n = section->kids[i];
		if (n->kind == FP_AST_MASK) {
			hidden(s, sc, n, FP_KIND_MASK);
		} else if (n->kind == FP_AST_READONLY) {
			hidden(s, sc, n, FP_KIND_READONLY);
		} else if (n->kind == FP_AST_MOUNT) {
			mount(s, sc, n);
		} else {
			struct fp_draft_rule *r =
				fp_sema_rule(s, sc, FP_KIND_ROOT, n, "", "root %s", n->name->text);
			r->rule.u.root.is_readonly = !strcmp(n->name->text, "readonly");
		}
	}
}
