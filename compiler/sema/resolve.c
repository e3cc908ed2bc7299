/* SPDX-License-Identifier: MIT */
/* The entry of sema: parameters bound, the policy chosen, its IR sealed. */
#include "base/num.h"
#include "sema/sema.h"

#include <string.h>

/* A `name` value must be one path component and harmless in every artifact. */
static bool is_name(const char *v, size_t n)
{
	if (!n || n > 64 || v[0] == '.' || v[0] == '-')
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = v[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			  (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
		if (!ok)
			return false;
	}
	return true;
}

static bool is_path(const char *v, size_t n)
{
	if (!n || n > 1024 || v[0] != '/' || (n > 1 && v[n - 1] == '/'))
		return false;
	for (size_t from = 1, i = 1; i <= n && n > 1; i++) {
		if (i < n && v[i] != '/')
			continue;
		if (!is_name(v + from, i - from))
			return false;
		from = i + 1;
	}
	return true;
}

static bool value_fits(struct fp_param_def *p, const char *v)
{
	size_t n = strlen(v);
	struct fp_prefix prefix;

	if (!strcmp(p->type, "name"))
		return is_name(v, n);
	if (!strcmp(p->type, "path"))
		return is_path(v, n);
	if (!strcmp(p->type, "prefix"))
		return fp_prefix_parse(v, n, &prefix) == FP_PREFIX_OK;
	if (!strcmp(p->type, "size"))
		return fp_num_parse_size(v, n, &p->number);
	if (!fp_num_parse(v, n, &p->number))
		return false;
	return strcmp(p->type, "port") || (p->number >= 1 && p->number <= UINT16_MAX);
}

static const char *default_of(struct fp_sema *s, const struct fp_ast *n)
{
	if (n->kind == FP_AST_SIZE || n->kind == FP_AST_NUMBER)
		return fp_arena_printf(&s->u->arena, "%s%llu",
				       n->flags & FP_AST_FLAG_NEGATIVE ? "-" : "",
				       (unsigned long long)n->value);
	return n->name ? n->name->text : n->text->text;
}

/* What a value of the type looks like. */
static const char *form_of(const char *type)
{
	if (!strcmp(type, "name"))
		return "1..64 of letters, digits, '.', '_' and '-', and does not begin with '.' or "
		       "'-'";
	if (!strcmp(type, "path"))
		return "absolute, of components that are names, without a slash at the end: "
		       "/srv/jobs";
	if (!strcmp(type, "prefix"))
		return "an address or a network without host bits: 192.0.2.7, 10.20.0.0/16, "
		       "2001:db8::/32";
	if (!strcmp(type, "size"))
		return "bytes, or a number of KiB, MiB, GiB or TiB: 64MiB";
	return !strcmp(type, "port") ? "1..65535"
				     : "0..18446744073709551615, or in hexadecimal 0x..";
}

/* Bytes of a refused value that a message repeats. */
#define SHOWN 64

static void bind_param(struct fp_sema *s, struct fp_param_def *p)
{
	const struct fp_ast *def = p->node->n ? p->node->kids[0] : NULL;

	for (size_t i = 0; i < s->u->options.defines.n; i++) {
		struct fp_define *d = &s->u->options.defines.at[i];
		if (strcmp(d->name, p->node->name->text))
			continue;
		d->used = true;
		p->value = d->value;
	}
	bool given = p->value != NULL;
	if (p->is_bad)
		return;
	if (!given && def)
		p->value = default_of(s, def);
	if (!p->value || value_fits(p, p->value))
		return;
	fp_diag(s->u, FP_E_PARAM, given ? p->node->span : def->span, "'%.*s%s' is no %s for '%s'%s",
		SHOWN, p->value, strlen(p->value) > SHOWN ? "..." : "", p->type,
		p->node->name->text, given ? " (given with -D)" : "");
	fp_diag_help(s->u, "a %s is %s", p->type, form_of(p->type));
	p->value = NULL;
	p->is_bad = true;
}

static void help_params(struct fp_sema *s)
{
	struct fp_buf list;

	fp_buf_init(&list, &s->u->arena);
	for (size_t i = 0; i < s->params.n; i++)
		fp_buf_printf(&list, "%s%s", i ? ", " : "", s->params.at[i]->node->name->text);
	fp_diag_help(s->u,
		     s->params.n ? "it declares %s"
				 : "it declares none; one is `param NAME : name;`%s",
		     fp_buf_text(&list));
}

static void bind_params(struct fp_sema *s)
{
	const struct fp_span nowhere = { 0, 0 };

	for (size_t i = 0; i < s->params.n; i++)
		bind_param(s, s->params.at[i]);
	for (size_t i = 0; i < s->u->options.defines.n; i++) {
		const struct fp_define *d = &s->u->options.defines.at[i];
		struct fp_nearest near;
		if (d->used)
			continue;
		fp_diag(s->u, FP_E_PARAM, nowhere,
			"-D %.*s=...: the policy declares no such parameter", SHOWN, d->name);
		fp_nearest_init(&near, d->name, strlen(d->name));
		for (size_t j = 0; j < s->params.n; j++)
			fp_nearest_offer(&near, s->params.at[j]->node->name->text);
		fp_diag_nearest(s->u, &near);
		if (!near.best)
			help_params(s);
	}
}

static void mark_built_on(struct fp_sema *s)
{
	for (size_t i = 0; i < s->policies.n; i++) {
		const struct fp_ast *n = s->policies.at[i]->node;
		for (size_t j = 0; j < n->n; j++) {
			if (n->kids[j]->kind != FP_AST_EXTENDS && n->kids[j]->kind != FP_AST_WITHIN)
				continue;
			struct fp_policy_def *p = fp_sema_policy(s, n->kids[j]->name);
			if (p && p != s->policies.at[i])
				p->is_built_on = true;
		}
	}
}

/* Names may be missing that were written. */
static bool has_syntax_errors(const struct fp_unit *u)
{
	for (size_t i = 0; i < u->diags.list.n; i++)
		if (u->diags.list.at[i].id >= FP_E_SYNTAX && u->diags.list.at[i].id <= FP_E_PLACES)
			return true;
	return false;
}

/* Every policy of the file is built on by another. */
static void circle(struct fp_sema *s)
{
	const struct fp_ast *first = NULL;

	for (size_t i = 0; i < s->policies.n; i++) {
		const struct fp_ast *n = s->policies.at[i]->node;
		if (!s->policies.at[i]->in_root)
			continue;
		if (first) {
			fp_diag_note(s->u, n->name_span, "and '%s'", n->name->text);
			continue;
		}
		first = n;
		fp_diag(s->u, FP_E_BASE, n->name_span,
			"every policy of the file is what another one extends or is within: '%s'",
			n->name->text);
	}
	fp_diag_help(s->u, "break the circle, or choose one: --policy=%s", first->name->text);
}

static void unknown_policy(struct fp_sema *s, const struct fp_source *root, const char *name)
{
	const struct fp_span nowhere = { 0, 0 };
	struct fp_nearest near;
	struct fp_buf list;

	fp_diag(s->u, FP_E_NO_POLICY, nowhere, "there is no policy '%.*s' in %s", SHOWN, name,
		root->name);
	fp_nearest_init(&near, name, strlen(name));
	fp_buf_init(&list, &s->u->arena);
	for (size_t i = 0; i < s->policies.n; i++) {
		const char *has = s->policies.at[i]->node->name->text;
		fp_nearest_offer(&near, has);
		if (s->policies.at[i]->in_root)
			fp_buf_printf(&list, "%s%s", list.len ? ", " : "", has);
	}
	fp_diag_nearest(s->u, &near);
	if (list.len)
		fp_diag_help(s->u, "policies of the file: %s", fp_buf_text(&list));
}

/* The policy asked for, or the only one of the root file that no other builds on. */
static struct fp_policy_def *choose_policy(struct fp_sema *s, const struct fp_source *root,
					   const char *name)
{
	struct fp_span top = { root->base, root->base };
	struct fp_policy_def *found = NULL;
	bool is_read = !has_syntax_errors(s->u);
	size_t in_root = 0;

	mark_built_on(s);
	for (size_t i = 0; i < s->policies.n; i++) {
		struct fp_policy_def *p = s->policies.at[i];
		in_root += p->in_root;
		if (name ? strcmp(p->node->name->text, name) : !p->in_root || p->is_built_on)
			continue;
		if (found && !is_read)
			return NULL;
		if (found) {
			fp_diag(s->u, FP_E_NO_POLICY, p->node->name_span,
				"the file holds several policies to compile");
			fp_diag_note(s->u, found->node->name_span, "'%s' is another",
				     found->node->name->text);
			fp_diag_help(s->u, "choose one: --policy=%s", p->node->name->text);
			return NULL;
		}
		found = p;
	}
	if (found || !is_read)
		return found;
	if (name)
		unknown_policy(s, root, name);
	else if (in_root)
		circle(s);
	else
		fp_diag(s->u, FP_E_NO_POLICY, top, "the file holds no policy to compile");
	return found;
}

static void required(struct fp_sema *s, const struct fp_ast *policy, const struct fp_ir *ir)
{
	if (!ir->owner[0]) {
		fp_diag(s->u, FP_E_REQUIRED, policy->name_span, "the policy has no owner");
		fp_diag_help(s->u, "say who decides: owner \"security-team\";");
	}
}

const struct fp_ir *fp_resolve(struct fp_unit *u, const struct fp_source *root, const char *policy)
{
	struct fp_sema s = { .u = u };

	fp_sema_load(&s, root);
	bind_params(&s);
	struct fp_policy_def *p = choose_policy(&s, root, policy);
	if (!p)
		return NULL;
	s.main = p;
	const struct fp_ir *ir = fp_sema_policy_ir(&s, p);
	if (ir)
		required(&s, p->node, ir);
	if (ir && !u->diags.errors)
		fp_sema_unused(&s);
	return u->diags.errors ? NULL : ir;
}
