/* SPDX-License-Identifier: MIT */
/* Names: sets, constants, parameters, and the text parameters stand in. */
#include "sema/sema.h"

#include <stdlib.h>
#include <string.h>

struct fp_const_def *fp_sema_const(struct fp_sema *s, const struct fp_str *name)
{
	return fp_index_get(&s->const_by_name, name);
}

struct fp_param_def *fp_sema_param(struct fp_sema *s, const struct fp_str *name)
{
	return fp_index_get(&s->param_by_name, name);
}

struct fp_policy_def *fp_sema_policy(struct fp_sema *s, const struct fp_str *name)
{
	return fp_index_get(&s->policy_by_name, name);
}

const char *fp_sema_set_text(struct fp_sema *s, const struct fp_set_def *set)
{
	if (!set->edition)
		return set->name->text;
	return fp_arena_printf(&s->u->arena, "%s@%s", set->name->text, set->edition->text);
}

const char *const fp_set_kinds[] = { "calls", "capabilities", "constants", "flags",
				     "paths", "prefixes",     NULL };

/* Whether a set of this kind may stand where one of the other is needed. NULL fits everywhere, and
 * so does a kind that was refused. */
static bool kind_fits(const char *is, const char *needed)
{
	bool is_known = false;

	for (const char *const *k = fp_set_kinds; *k && is; k++)
		is_known |= !strcmp(*k, is);
	return !is_known || !needed || !strcmp(is, needed) ||
	       (!strcmp(is, "flags") && !strcmp(needed, "constants"));
}

/* Sets of the library that a message lists where none has a name like the one asked for. */
#define LISTED 8u

static void help_library(struct fp_sema *s, const char *kind)
{
	struct fp_library_set std = { 0 };
	const char *path = NULL;
	bool is_used = false;
	struct fp_buf list;
	size_t n = 0;

	fp_buf_init(&list, &s->u->arena);
	while (fp_library_set(s->u, &std)) {
		if (!kind_fits(std.kind->text, kind) || (path && path != std.path))
			continue;
		path = std.path;
		is_used = fp_index_get(&s->set_by_name, std.name) != NULL;
		if (n++ < LISTED)
			fp_buf_printf(&list, "%s%s", list.len ? ", " : "", std.name->text);
	}
	if (path)
		fp_diag_help(s->u, is_used ? "\"%s\" has %s%s" : "`use \"%s\";` brings %s%s", path,
			     fp_buf_text(&list), n > LISTED ? " and others" : "");
}

/* What is in sight first, then what an import would bring into it. */
static void help_set(struct fp_sema *s, const struct fp_nearest *near, const char *kind)
{
	struct fp_set_def *def = fp_index_get(&s->set_by_name, fp_name(s->u, near->best));
	struct fp_library_set std = { 0 };

	if (def && strchr(near->wanted, '@') != strrchr(near->wanted, '@')) {
		fp_diag_help(s->u, "did you mean '%s'?", fp_sema_set_text(s, def));
		return;
	}
	while (!def && fp_library_set(s->u, &std)) {
		if (strcmp(std.name->text, near->best) != 0 || !kind_fits(std.kind->text, kind))
			continue;
		fp_diag_help(s->u,
			     near->distance ? "did you mean '%s', which comes with `use \"%s\";`?"
					    : "'%s' comes with `use \"%s\";`",
			     near->best, std.path);
		return;
	}
	fp_diag_nearest(s->u, near);
}

static void unknown_set(struct fp_sema *s, const struct fp_ast *ref, size_t len, const char *kind)
{
	struct fp_library_set std = { 0 };
	struct fp_nearest near;

	fp_diag(s->u, FP_E_UNKNOWN_SET, ref->span, "there is no set '%s'", ref->name->text);
	fp_nearest_init(&near, ref->name->text, len);
	for (size_t i = 0; i < s->sets.n; i++) {
		const struct fp_str *is = s->sets.at[i]->node->text;
		if (kind_fits(is ? is->text : NULL, kind))
			fp_nearest_offer(&near, s->sets.at[i]->name->text);
	}
	while (fp_library_set(s->u, &std))
		if (kind_fits(std.kind->text, kind))
			fp_nearest_offer(&near, std.name->text);
	if (near.best)
		help_set(s, &near, kind);
	else
		help_library(s, kind);
}

/* The set of a reference; `kind` is what may stand there, for the help. Reports. */
static struct fp_set_def *find_set(struct fp_sema *s, const struct fp_ast *ref, const char *kind)
{
	const char *spelt = ref->name->text, *at = strchr(spelt + 1, '@');
	size_t len = at ? (size_t)(at - spelt) : ref->name->len;
	struct fp_set_def *found =
		fp_index_get(at ? &s->set_by_spelling : &s->set_by_name, ref->name);
	const struct fp_set_def *second = found && !at ? found->second : NULL;

	if (!found) {
		unknown_set(s, ref, len, kind);
		return NULL;
	}
	if (second) {
		fp_diag(s->u, FP_E_SET_EDITION, ref->span, "'%s' has several editions", spelt);
		fp_diag_help(s->u, "name one of them: '%s' or '%s'", fp_sema_set_text(s, found),
			     fp_sema_set_text(s, second));
		return NULL;
	}
	found->used = true;
	return found;
}

static const char *leaf_text(const struct fp_ast *n)
{
	return n->name ? n->name->text : n->text->text;
}

static int by_text(const void *a, const void *b)
{
	const struct fp_ast *x = *(const struct fp_ast *const *)a;
	const struct fp_ast *y = *(const struct fp_ast *const *)b;
	int c = strcmp(leaf_text(x), leaf_text(y));

	return c ? c : (int)x->kind - (int)y->kind;
}

bool fp_sema_expand(struct fp_sema *s, struct fp_set_def *set, unsigned depth)
{
	FP_VEC(const struct fp_ast *) all = { 0 };
	const char *kind = set->node->text ? set->node->text->text : NULL;

	if (set->state == FP_SET_DONE)
		return true;
	if (set->state == FP_SET_OPEN || depth == FP_SET_DEPTH) {
		fp_diag(s->u, FP_E_SET_CYCLE, set->node->name_span,
			"the set '%s' contains itself%s", set->name->text,
			set->state == FP_SET_OPEN ? "" : " or nests too deeply");
		return false;
	}
	set->state = FP_SET_OPEN;
	for (size_t i = 0; i < set->node->n; i++) {
		const struct fp_ast *member = set->node->kids[i];
		if (member->kind != FP_AST_SETREF) {
			fp_vec_push(&s->u->arena, &all, member);
			continue;
		}
		struct fp_set_def *inner = find_set(s, member, kind);
		if (!inner || !fp_sema_expand(s, inner, depth + 1)) {
			set->state = FP_SET_DONE;
			return false;
		}
		for (size_t j = 0; j < inner->n; j++)
			fp_vec_push(&s->u->arena, &all, inner->leaves[j]);
	}
	if (all.n)
		qsort(all.at, all.n, sizeof(all.at[0]), by_text);
	size_t n = 0;
	for (size_t i = 0; i < all.n; i++)
		if (!n || by_text(&all.at[n - 1], &all.at[i]))
			all.at[n++] = all.at[i];
	set->leaves = all.at;
	set->n = n;
	set->state = FP_SET_DONE;
	return true;
}

static struct fp_param_def *use_param(struct fp_sema *s, struct fp_span span,
				      const struct fp_str *name, const char *type)
{
	struct fp_param_def *p = fp_sema_param(s, name);
	struct fp_nearest near;

	if (p) {
		p->used = true;
		return p;
	}
	fp_diag(s->u, FP_E_PARAM, span, "there is no parameter '%s'", name->text);
	fp_nearest_init(&near, name->text, name->len);
	for (size_t i = 0; i < s->params.n; i++)
		fp_nearest_offer(&near, s->params.at[i]->node->name->text);
	fp_diag_nearest(s->u, &near);
	fp_diag_help(s->u, "declare it: `param %s : %s;`", name->text, type);
	return NULL;
}

const struct fp_param_def *fp_sema_reference(struct fp_sema *s, const struct fp_ast *ref,
					     const char *type, const char *other)
{
	const struct fp_param_def *p = use_param(s, ref->span, ref->name, type);

	if (!p)
		return NULL;
	if (p->is_bad)
		return NULL;
	if (strcmp(p->type, type) && (!other || strcmp(p->type, other))) {
		fp_diag(s->u, FP_E_PARAM, ref->span, "'%s' is a %s; a %s is needed here",
			ref->name->text, p->type, type);
		fp_diag_note(s->u, p->node->name_span, "declared here");
		return NULL;
	}
	if (p->value)
		return p;
	fp_diag(s->u, FP_E_PARAM, ref->span, "'%s' has no value", ref->name->text);
	fp_diag_help(s->u, "numbers and addresses are compiled in: give it one with -D %s=...",
		     ref->name->text);
	return NULL;
}

bool fp_sema_number(struct fp_sema *s, const struct fp_ast *ref, const char *type, uint64_t *out)
{
	const struct fp_param_def *p = fp_sema_reference(s, ref, type, "number");

	if (p)
		*out = p->number;
	return p != NULL;
}

const char *fp_sema_text(struct fp_sema *s, const struct fp_ast *text)
{
	const char *at = text->text->text, *mark;
	struct fp_buf b;

	if (!strstr(at, "${"))
		return at;
	fp_buf_init(&b, &s->u->arena);
	while ((mark = strstr(at, "${"))) {
		const char *end = strchr(mark, '}');
		if (!end) {
			fp_diag(s->u, FP_E_PARAM, text->span, "'${' has no '}'");
			return NULL;
		}
		const struct fp_str *name =
			fp_intern(&s->u->names, mark + 2, (size_t)(end - mark - 2));
		const struct fp_param_def *p = use_param(s, text->span, name, "name");
		if (!p || p->is_bad)
			return NULL;
		fp_buf_add(&b, at, (size_t)(mark - at));
		if (p->value)
			fp_buf_puts(&b, p->value);
		else
			fp_buf_add(&b, mark, (size_t)(end + 1 - mark));
		at = end + 1;
	}
	fp_buf_puts(&b, at);
	return fp_buf_text(&b);
}

const struct fp_set_def *fp_sema_members(struct fp_sema *s, const struct fp_ast *ref,
					 const char *kind)
{
	struct fp_set_def *set = find_set(s, ref, kind);

	if (!set || !fp_sema_expand(s, set, 0))
		return NULL;
	if (kind_fits(set->node->text ? set->node->text->text : NULL, kind))
		return set;
	fp_diag(s->u, FP_E_SET_KIND, ref->span, "'%s' is a set of %s; %s are needed here",
		ref->name->text, set->node->text->text, kind);
	fp_diag_note(s->u, set->node->name_span, "declared here");
	return NULL;
}

/* Only what the root file itself declares: libraries are there to be used in part. */
void fp_sema_unused(struct fp_sema *s)
{
	const struct fp_source *root = s->u->sources.files.at[0];

	for (size_t i = 0; i < s->sets.n; i++) {
		const struct fp_ast *n = s->sets.at[i]->node;
		if (!s->sets.at[i]->used && n->span.begin < root->base + root->len)
			fp_diag(s->u, FP_W_UNUSED, n->name_span, "the set '%s' is never used",
				n->name->text);
	}
	for (size_t i = 0; i < s->params.n; i++) {
		const struct fp_ast *n = s->params.at[i]->node;
		if (!s->params.at[i]->used && n->span.begin < root->base + root->len)
			fp_diag(s->u, FP_W_UNUSED, n->name_span, "the parameter '%s' is never used",
				n->name->text);
	}
	for (size_t i = 0; i < s->consts.n; i++) {
		const struct fp_ast *n = s->consts.at[i]->node;
		if (!s->consts.at[i]->used && n->span.begin < root->base + root->len)
			fp_diag(s->u, FP_W_UNUSED, n->name_span, "the constant '%s' is never used",
				n->name->text);
	}
}
