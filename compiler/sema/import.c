/* SPDX-License-Identifier: MIT */
/* Imports: every file once, through the loader, and the declarations they hold. */
#include "base/digest.h"
#include "sema/sema.h"

#include <string.h>

#define LIBRARY "std/"
#define EDITION 1u
#define IMPLIED "std/implied.policy"
#define LINT    "std/lint"

/* The chain of files being loaded: how a cycle is seen and told. */
struct chain {
	const struct chain *outer;
	const char *name;
	struct fp_span at;
};

static void load_file(struct fp_sema *s, const struct fp_source *src, const struct chain *chain,
		      unsigned depth, bool in_root);

static const struct fp_source *already(struct fp_sema *s, const char *name)
{
	for (size_t i = s->first_source; i < s->u->sources.files.n; i++)
		if (!strcmp(s->u->sources.files.at[i]->name, name))
			return s->u->sources.files.at[i];
	return NULL;
}

static bool is_loading(const struct chain *chain, const char *name)
{
	for (; chain; chain = chain->outer)
		if (!strcmp(chain->name, name))
			return true;
	return false;
}

static void check_digest(struct fp_sema *s, const struct fp_ast *use, const char *data, size_t len)
{
	const struct fp_ast *pin = fp_ast_kid(use, FP_AST_DIGEST);
	char digest[FP_DIGEST_TEXT];

	if (!pin)
		return;
	if (!strcmp(pin->text->text, fp_digest(data, len, digest)))
		return;
	fp_diag(s->u, FP_E_IMPORT_DIGEST, pin->span, "\"%s\" has another digest", use->text->text);
	fp_diag_help(s->u, "its content is %s; review it before pinning that", digest);
}

static bool fetch(struct fp_sema *s, const struct fp_ast *use, struct fp_loaded *out)
{
	const char *name = use->text->text;
	const struct fp_options *o = &s->u->options;

	if (!strncmp(name, LIBRARY, strlen(LIBRARY))) {
		const struct fp_embedded *e = fp_library_find(name);
		if (e)
			*out = (struct fp_loaded){ .data = e->text,
						   .len = e->len,
						   .resolved = name };
		else
			out->why = "the standard library has no such file";
		return e != NULL;
	}
	if (!o->load) {
		out->why = "no import root was given";
		return false;
	}
	return o->load(o->load_context, name, out);
}

static void help_import(struct fp_sema *s, const char *name)
{
	const struct fp_embedded *e;
	struct fp_nearest near;
	struct fp_buf list;

	fp_nearest_init(&near, name, strlen(name));
	fp_buf_init(&list, &s->u->arena);
	for (size_t i = 0; (e = fp_library_at(i)); i++) {
		if (!strcmp(e->name, IMPLIED) || !strncmp(e->name, LINT, strlen(LINT)))
			continue; /* of no use to a policy */
		fp_nearest_offer(&near, e->name);
		fp_buf_printf(&list, "%s\"%s\"", list.len ? ", " : "", e->name);
	}
	fp_diag_nearest(s->u, &near);
	if (!strncmp(name, LIBRARY, strlen(LIBRARY)))
		fp_diag_help(s->u, "it has %s", fp_buf_text(&list));
	else
		fp_diag_help(s->u,
			     "imports are found beside the policy and below the folders given "
			     "with -I, by plain names: nothing absolute, no `..`, no symbolic "
			     "link; \"std/...\" comes with the compiler");
}

static void import(struct fp_sema *s, const struct fp_ast *use, const struct chain *chain,
		   unsigned depth)
{
	struct fp_loaded got = { 0 };

	if (!fetch(s, use, &got)) {
		fp_diag(s->u, FP_E_IMPORT, use->span, "cannot import \"%s\": %s", use->text->text,
			got.why);
		help_import(s, use->text->text);
		return;
	}
	check_digest(s, use, got.data, got.len);
	if (is_loading(chain, got.resolved)) {
		fp_diag(s->u, FP_E_IMPORT_CYCLE, use->span, "\"%s\" imports itself", got.resolved);
		for (const struct chain *c = chain; c && c->at.begin; c = c->outer)
			fp_diag_note(s->u, c->at, "\"%s\" is imported here", c->name);
		return;
	}
	if (already(s, got.resolved))
		return;
	if (depth == FP_IMPORT_DEPTH) {
		fp_diag(s->u, FP_E_IMPORT, use->span, "imports are nested more than %u deep",
			FP_IMPORT_DEPTH);
		return;
	}
	struct fp_source *src =
		fp_source_add(&s->u->sources, got.resolved, got.data, got.len, use->span);
	if (!src) {
		fp_diag(s->u, FP_E_IMPORT, use->span, "all sources together pass 4 GiB");
		return;
	}
	src->label = use->text->text;
	struct chain link = { .outer = chain, .name = src->name, .at = use->span };
	load_file(s, src, &link, depth + 1, false);
}

static const struct fp_str *set_name(struct fp_sema *s, const struct fp_str *spelt,
				     const struct fp_str **edition)
{
	const char *at = strchr(spelt->text + 1, '@');

	*edition = NULL;
	if (!at)
		return spelt;
	*edition = fp_intern(&s->u->names, at + 1, spelt->len - (size_t)(at + 1 - spelt->text));
	return fp_intern(&s->u->names, spelt->text, (size_t)(at - spelt->text));
}

static void again(struct fp_sema *s, const char *what, const struct fp_ast *second,
		  const struct fp_ast *first)
{
	fp_diag(s->u, FP_E_DUPLICATE, second->name_span, "%s '%s' is declared twice", what,
		second->name->text);
	fp_diag_note(s->u, first->name_span, "first here");
}

static void check_kind(struct fp_sema *s, const struct fp_ast *set)
{
	struct fp_nearest near;

	if (!set->text)
		return;
	fp_nearest_init(&near, set->text->text, set->text->len);
	for (const char *const *k = fp_set_kinds; *k; k++) {
		if (!strcmp(*k, set->text->text))
			return;
		fp_nearest_offer(&near, *k);
	}
	fp_diag(s->u, FP_E_SET_KIND, set->name_span, "there are no sets of '%s'", set->text->text);
	fp_diag_nearest(s->u, &near);
	fp_diag_help(s->u, "sets are of calls, capabilities, constants, flags, paths or prefixes");
}

static void declare_set(struct fp_sema *s, const struct fp_ast *n, bool from_library)
{
	struct fp_set_def *d = FP_NEW(&s->u->arena, struct fp_set_def);

	check_kind(s, n);
	d->node = n;
	d->name = set_name(s, n->name, &d->edition);
	d->from_library = from_library;
	const struct fp_set_def *old = fp_index_get(&s->set_by_spelling, n->name);
	struct fp_set_def *first = fp_index_get(&s->set_by_name, d->name);
	if (old) {
		again(s, "set", n, old->node);
		return;
	}
	if (!first)
		fp_index_put(&s->u->arena, &s->set_by_name, d->name, d);
	else if (!first->second)
		first->second = d;
	fp_index_put(&s->u->arena, &s->set_by_spelling, n->name, d);
	fp_vec_push(&s->u->arena, &s->sets, d);
}

/* Constants and parameters stand in the same places: one name, one value. */
static bool is_taken(struct fp_sema *s, const struct fp_ast *n, const char *what)
{
	const struct fp_const_def *c = fp_sema_const(s, n->name);
	const struct fp_param_def *p = fp_sema_param(s, n->name);
	const struct fp_const *kernel = fp_const_find(n->name->text, n->name->len);

	if (c || p) {
		again(s, what, n, c ? c->node : p->node);
		return true;
	}
	if (!kernel && strcmp(n->name->text, "NULL"))
		return false;
	fp_diag(s->u, FP_E_DUPLICATE, n->name_span,
		"'%s' is a constant of the kernel and keeps its value", n->name->text);
	return true;
}

static void declare_const(struct fp_sema *s, const struct fp_ast *n)
{
	if (is_taken(s, n, "constant"))
		return;
	struct fp_const_def *d = FP_NEW(&s->u->arena, struct fp_const_def);
	d->node = n;
	fp_vec_push(&s->u->arena, &s->consts, d);
	fp_index_put(&s->u->arena, &s->const_by_name, n->name, d);
}

static const char *const param_types[] = { "name", "number", "path", "port", "prefix", "size" };

static void declare_param(struct fp_sema *s, const struct fp_ast *n)
{
	struct fp_nearest near;

	if (is_taken(s, n, "parameter"))
		return;
	struct fp_param_def *d = FP_NEW(&s->u->arena, struct fp_param_def);
	d->node = n;
	fp_nearest_init(&near, n->text->text, n->text->len);
	for (size_t i = 0; i < sizeof(param_types) / sizeof(param_types[0]); i++) {
		fp_nearest_offer(&near, param_types[i]);
		if (!strcmp(param_types[i], n->text->text))
			d->type = param_types[i];
	}
	if (!d->type) {
		fp_diag(s->u, FP_E_PARAM, n->span, "parameters have no type '%s'", n->text->text);
		fp_diag_nearest(s->u, &near);
		fp_diag_help(s->u, "types are name, number, path, port, prefix and size");
		d->type = "name";
		d->is_bad = true;
	}
	fp_vec_push(&s->u->arena, &s->params, d);
	fp_index_put(&s->u->arena, &s->param_by_name, n->name, d);
}

static void declare_policy(struct fp_sema *s, const struct fp_ast *n, bool in_root)
{
	const struct fp_policy_def *old = fp_sema_policy(s, n->name);

	if (old) {
		again(s, "policy", n, old->node);
		return;
	}
	struct fp_policy_def *d = FP_NEW(&s->u->arena, struct fp_policy_def);
	d->node = n;
	d->in_root = in_root;
	fp_vec_push(&s->u->arena, &s->policies, d);
	fp_index_put(&s->u->arena, &s->policy_by_name, n->name, d);
}

static void check_edition(struct fp_sema *s, const struct fp_ast *file, const struct fp_source *src)
{
	const struct fp_ast *first = fp_ast_kid(file, FP_AST_LANGUAGE);
	struct fp_span top = { src->base, src->base };

	for (size_t i = 1; i < file->n && first; i++)
		if (file->kids[i]->kind == FP_AST_LANGUAGE) {
			fp_diag(s->u, FP_E_LANGUAGE, file->kids[i]->span,
				"the edition is said once, and first");
			return;
		}

	if (!first) {
		if (!s->u->diags.errors)
			fp_diag(s->u, FP_E_LANGUAGE, top,
				"the file does not say its language edition");
		else
			return;
		fp_diag_help(s->u, "begin it with `language %u;`", EDITION);
	} else if (first->value != EDITION) {
		fp_diag(s->u, FP_E_LANGUAGE, first->span,
			"this compiler knows language edition %u only", EDITION);
		fp_diag_help(s->u, "a later compiler reads it; here write `language %u;`", EDITION);
	}
}

static void load_file(struct fp_sema *s, const struct fp_source *src, const struct chain *chain,
		      unsigned depth, bool in_root)
{
	const struct fp_ast *file = fp_parse(s->u, src);
	bool library = !strncmp(src->name, LIBRARY, strlen(LIBRARY));

	check_edition(s, file, src);
	for (size_t i = 0; i < file->n; i++) {
		const struct fp_ast *n = file->kids[i];
		if (n->kind == FP_AST_USE)
			import(s, n, chain, depth);
		else if (n->kind == FP_AST_SET)
			declare_set(s, n, library);
		else if (n->kind == FP_AST_CONST)
			declare_const(s, n);
		else if (n->kind == FP_AST_PARAM)
			declare_param(s, n);
		else if (n->kind == FP_AST_POLICY)
			declare_policy(s, n, in_root);
	}
	fp_vec_push(&s->u->arena, &s->files, file);
}

/* What the language itself says where a policy is silent is a policy, too: read last, never used by
 * name. */
static void load_implied(struct fp_sema *s)
{
	const struct fp_embedded *e = fp_library_find(IMPLIED);
	struct fp_span none = { 0, 0 };

	if (already(s, IMPLIED) || !e)
		return;
	struct fp_source *src = fp_source_add(&s->u->sources, IMPLIED, e->text, e->len, none);
	struct chain link = { .name = IMPLIED };
	if (!src)
		return;
	src->label = IMPLIED;
	load_file(s, src, &link, 0, false);
}

void fp_sema_load(struct fp_sema *s, const struct fp_source *root)
{
	struct chain link = { .name = root->name };

	while (s->u->sources.files.at[s->first_source] != root)
		s->first_source++;
	load_file(s, root, &link, 0, true);
	load_implied(s);
	s->implied = fp_sema_policy(s, fp_name(s->u, "implied"));
	fp_sema_open_abis(s);
}
