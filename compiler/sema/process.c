/* SPDX-License-Identifier: MIT */
/* The sections `capabilities`, `process` and `namespaces`. */
#include "base/num.h"
#include "sema/sema.h"

#include <stdlib.h>
#include <string.h>

#define LAST_ID 0xfffffffeu /* (uid_t)-1 means "no change" to setuid and chown */

void fp_sema_unknown_cap(struct fp_sema *s, const struct fp_ast *n)
{
	char *word = fp_arena_printf(&s->u->arena, "%s", n->name->text);
	struct fp_nearest near;

	for (char *c = word; *c; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
	word += !strncmp(word, "cap_", 4) ? 4 : 0;
	fp_diag(s->u, FP_E_UNKNOWN_WORD, n->span, "there is no capability '%s'", n->name->text);
	fp_nearest_init(&near, word, strlen(word));
	for (size_t i = 0; i < fp_cap_count(); i++)
		fp_nearest_offer(&near, fp_cap_at(i)->name);
	fp_diag_nearest(s->u, &near);
	if (!near.best)
		fp_diag_help(s->u, "capabilities(7) has all; each is named: there is no word for "
				   "every one");
}

static void capability(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *node,
		       const struct fp_ast *name)
{
	const struct fp_cap *cap = fp_cap_find(name->name->text, name->name->len);

	if (!cap) {
		fp_sema_unknown_cap(s, name);
		return;
	}
	struct fp_draft_rule *r =
		fp_sema_rule(s, sc, FP_KIND_CAPABILITY, node, NULL, "allow %s", cap->name);
	r->rule.u.caps.set = (uint64_t)1 << cap->bit;
}

static void capability_set(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *node,
			   const struct fp_ast *ref)
{
	const struct fp_set_def *set = fp_sema_members(s, ref, "capabilities");

	if (!set)
		return;
	for (size_t i = 0; i < set->n; i++) {
		if (set->leaves[i]->kind != FP_AST_NAME) {
			fp_diag(s->u, FP_E_SET_KIND, ref->span, "'%s' is no set of capabilities",
				ref->name->text);
			fp_diag_note(s->u, set->leaves[i]->span, "it holds this");
			return;
		}
		capability(s, sc, node, set->leaves[i]);
	}
}

static void capabilities(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *section)
{
	for (size_t i = 0; i < section->n; i++) {
		const struct fp_ast *n = section->kids[i];
		if (n->kind == FP_AST_NONE) {
			fp_sema_rule(s, sc, FP_KIND_CAPABILITY, n, NULL, "none");
			continue;
		}
		for (size_t j = 0; j < n->n && n->kids[j]->kind != FP_AST_TAIL; j++) {
			if (n->kids[j]->kind == FP_AST_SETREF)
				capability_set(s, sc, n, n->kids[j]);
			else
				capability(s, sc, n, n->kids[j]);
		}
	}
}

static bool read_id(struct fp_sema *s, const struct fp_ast *n, uint32_t *out)
{
	uint64_t id = n->value;

	if (n->kind == FP_AST_REFERENCE && !fp_sema_number(s, n, "number", &id))
		return false;
	if (id > LAST_ID || n->flags & FP_AST_FLAG_NEGATIVE) {
		fp_diag(s->u, FP_E_NUMBER, n->span, "an identity is 0..%u", LAST_ID);
		return false;
	}
	*out = (uint32_t)id;
	return true;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void user(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *n)
{
	struct fp_rule_user user = { 0 };
	uint32_t *groups = FP_NEW_ARRAY(&s->u->arena, n->n, uint32_t);
	struct fp_buf text;

	if (!read_id(s, n->kids[0], &user.uid) || !read_id(s, n->kids[1], &user.gid))
		return;
	for (size_t i = 2; i < n->n && n->kids[i]->kind == FP_AST_NUMBER; i++)
		if (!read_id(s, n->kids[i], &groups[user.group_count++]))
			return;
	qsort(groups, user.group_count, sizeof(*groups), by_number);
	user.groups = groups;
	fp_buf_init(&text, &s->u->arena);
	for (size_t i = 0; i < user.group_count; i++)
		fp_buf_printf(&text, "%s%u", i ? ", " : " groups ", groups[i]);
	struct fp_draft_rule *r = fp_sema_rule(s, sc, FP_KIND_USER, n, "", "user %u:%u%s", user.uid,
					       user.gid, fp_buf_text(&text));
	r->rule.u.user = user;
}

static void umask(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *n)
{
	const struct fp_ast *number = n->kids[0];
	uint64_t mask;

	if (!fp_num_parse_base(number->text->text, number->text->len, 8, &mask) || mask > 0777) {
		fp_diag(s->u, FP_E_NUMBER, number->span, "a umask is octal, 000..777");
		return;
	}
	struct fp_draft_rule *r =
		fp_sema_rule(s, sc, FP_KIND_UMASK, n, "", "umask %03o", (unsigned)mask);
	r->rule.u.number = (uint32_t)mask;
}

static void workdir(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *n)
{
	const struct fp_glob *g = fp_sema_glob(s, n->kids[0]);

	if (!g)
		return;
	if (!g->path) {
		fp_diag(s->u, FP_E_GLOB, n->kids[0]->span,
			"the working directory is one path, no pattern");
		return;
	}
	struct fp_draft_rule *r =
		fp_sema_rule(s, sc, FP_KIND_WORKDIR, n, "", "working-directory \"%s\"", g->text);
	r->rule.u.path = g->path;
}

static void process(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *section)
{
	for (size_t i = 0; i < section->n; i++) {
		const struct fp_ast *n = section->kids[i];
		bool on = n->flags & FP_AST_FLAG_NEGATED;
		if (n->kind == FP_AST_USER) {
			user(s, sc, n);
		} else if (n->kind == FP_AST_UMASK) {
			umask(s, sc, n);
		} else if (n->kind == FP_AST_WORKDIR) {
			workdir(s, sc, n);
		} else {
			struct fp_draft_rule *r =
				fp_sema_rule(s, sc, FP_KIND_NO_NEW_PRIVILEGES, n, "", "%s",
					     on ? "no-new-privileges" : "new-privileges");
			r->rule.u.flag = on;
		}
	}
}

static bool find_namespace(struct fp_sema *s, const struct fp_ast *n, enum fp_namespace *out)
{
	struct fp_nearest near;

	fp_nearest_init(&near, n->name->text, n->name->len);
	for (enum fp_namespace ns = 0; ns < FP_NS_N; ns++) {
		fp_nearest_offer(&near, fp_namespace_names[ns]);
		if (!strcmp(fp_namespace_names[ns], n->name->text)) {
			*out = ns;
			return true;
		}
	}
	fp_diag(s->u, FP_E_UNKNOWN_WORD, n->span, "there is no namespace '%s'", n->name->text);
	fp_diag_nearest(s->u, &near);
	fp_diag_help(s->u, "namespaces are pid, mount, network, ipc, uts, cgroup, user and time");
	return false;
}

static void namespace_list(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *n)
{
	bool is_new = !strcmp(n->name->text, "new");
	enum fp_namespace ns;

	for (size_t i = 0; i < n->n && n->kids[i]->kind == FP_AST_NAME; i++) {
		if (!find_namespace(s, n->kids[i], &ns))
			continue;
		struct fp_draft_rule *r =
			fp_sema_rule(s, sc, FP_KIND_NAMESPACE, n, fp_namespace_names[ns], "%s %s",
				     n->name->text, fp_namespace_names[ns]);
		r->rule.u.ns = (struct fp_rule_namespace){ .ns = ns, .is_new = is_new };
	}
}

static void id_map(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *n)
{
	const struct fp_ast *range = n->kids[0], *to = n->kids[1];
	uint32_t first, last, outside;

	if (!read_id(s, range->kids[0], &first) || !read_id(s, range->kids[1], &last) ||
	    !read_id(s, to, &outside))
		return;
	if (last < first) {
		fp_diag(s->u, FP_E_IDMAP, range->span, "the range of the map runs backwards");
		return;
	}
	if (last - first > LAST_ID - outside) {
		fp_diag(s->u, FP_E_IDMAP, to->span, "the map passes the last identity, %u",
			LAST_ID);
		fp_diag_help(s->u, "%u identities begin at %u at the latest", last - first + 1,
			     LAST_ID - (last - first));
		return;
	}
	const char *key = fp_arena_printf(&s->u->arena, "%s %u", n->name->text, first);
	struct fp_draft_rule *r = fp_sema_rule(s, sc, FP_KIND_ID_MAP, n, key, "map %s %u..%u to %u",
					       n->name->text, first, last, outside);
	r->rule.u.idmap = (struct fp_rule_idmap){ .is_group = !strcmp(n->name->text, "groups"),
						  .inside = first,
						  .outside = outside,
						  .count = last - first + 1 };
}

static void namespaces(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *section)
{
	for (size_t i = 0; i < section->n; i++) {
		if (section->kids[i]->kind == FP_AST_MAP)
			id_map(s, sc, section->kids[i]);
		else
			namespace_list(s, sc, section->kids[i]);
	}
}

void fp_sema_process(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *section)
{
	if (!strcmp(section->name->text, "capabilities"))
		capabilities(s, sc, section);
	else if (!strcmp(section->name->text, "process"))
		process(s, sc, section);
	else
		namespaces(s, sc, section);
}
