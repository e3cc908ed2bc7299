/* SPDX-License-Identifier: MIT */
/* Policies: statements of a policy, its bases and the language's own, gathered into one draft. */
#include "sema/sema.h"

#include <stdlib.h>
#include <string.h>

/* Policies may build on each other this deep. */
#define BASE_DEPTH 32u

static const struct {
	const char *section;
	void (*resolve)(struct fp_sema *, const struct fp_scope *, const struct fp_ast *);
} sections[] = {
	{ "syscalls", fp_sema_syscalls }, { "capabilities", fp_sema_process },
	{ "process", fp_sema_process },   { "namespaces", fp_sema_process },
	{ "mounts", fp_sema_mounts },     { "files", fp_sema_files },
	{ "egress", fp_sema_net },        { "ingress", fp_sema_net },
	{ "devices", fp_sema_devices },   { "limits", fp_sema_limits },
	{ "audit", fp_sema_audit },
};

static void section(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *n)
{
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (!strcmp(sections[i].section, n->name->text)) {
			sections[i].resolve(s, sc, n);
			return;
		}
	fp_diag(s->u, FP_E_INTERNAL, n->span, "nobody reads the section '%s'", n->name->text);
}

struct said {
	const struct fp_ast *node;
	unsigned level;
};

struct header {
	struct said version, owner, tier, targets, layers[FP_LAYER_N];
};

static struct fp_policy_def *find_base(struct fp_sema *s, const struct fp_ast *ref)
{
	struct fp_policy_def *p = fp_sema_policy(s, ref->name);
	struct fp_nearest near;

	if (p)
		return p;
	fp_diag(s->u, FP_E_BASE, ref->span, "there is no policy '%s'", ref->name->text);
	fp_nearest_init(&near, ref->name->text, ref->name->len);
	for (size_t i = 0; i < s->policies.n; i++)
		fp_nearest_offer(&near, s->policies.at[i]->node->name->text);
	fp_diag_nearest(s->u, &near);
	fp_diag_help(s->u, "policies of other files come with `use`; the tiers' bases with "
			   "`use \"std/tiers.policy\";`");
	return NULL;
}

/* The statement nearest to the policy speaks; a second one beside it is an error. */
static bool is_first(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *n,
		     struct said *said)
{
	if (!said->node) {
		*said = (struct said){ .node = n, .level = sc->level };
		return true;
	}
	if (said->level == sc->level) {
		fp_diag(s->u, FP_E_DUPLICATE, n->span, "this stands twice");
		fp_diag_note(s->u, said->node->span, "first here");
	}
	return false;
}

static void read_tier(struct fp_sema *s, const struct fp_ast *n, enum fp_tier *out)
{
	struct fp_nearest near;

	fp_nearest_init(&near, n->name->text, n->name->len);
	for (enum fp_tier t = FP_TIER_STANDARD; t <= FP_TIER_HOSTILE; t++) {
		fp_nearest_offer(&near, fp_tier_name(t));
		if (!strcmp(fp_tier_name(t), n->name->text)) {
			*out = t;
			return;
		}
	}
	fp_diag(s->u, FP_E_UNKNOWN_WORD, n->name_span, "there is no tier '%s'", n->name->text);
	fp_diag_nearest(s->u, &near);
	fp_diag_help(s->u, "tiers are standard, untrusted and hostile");
}

static void read_targets(struct fp_sema *s, struct fp_ir *ir, const struct fp_ast *n)
{
	const char **names = FP_NEW_ARRAY(&s->u->arena, n->n, const char *);
	struct fp_span *spans = FP_NEW_ARRAY(&s->u->arena, n->n, struct fp_span);
	size_t count = 0;

	for (size_t i = 0; i < n->n; i++) {
		size_t at = 0;
		while (at < count && strcmp(names[at], n->kids[i]->name->text) < 0)
			at++;
		if (at < count && !strcmp(names[at], n->kids[i]->name->text)) {
			fp_diag(s->u, FP_E_DUPLICATE, n->kids[i]->span, "the target stands twice");
			continue;
		}
		memmove(&names[at + 1], &names[at], (count - at) * sizeof(*names));
		memmove(&spans[at + 1], &spans[at], (count - at) * sizeof(*spans));
		names[at] = n->kids[i]->name->text;
		spans[at] = n->kids[i]->span;
		count++;
	}
	ir->targets = names;
	ir->target_spans = spans;
	ir->target_count = count;
}

static void layer(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *n,
		  struct header *h)
{
	struct fp_tail tail = { 0 };
	struct fp_nearest near;

	fp_sema_read_reason(s, n, &tail);
	fp_nearest_init(&near, n->name->text, n->name->len);
	for (enum fp_layer l = 0; l < FP_LAYER_N; l++) {
		fp_nearest_offer(&near, fp_layer_names[l]);
		if (strcmp(fp_layer_names[l], n->name->text))
			continue;
		sc->draft->ir->best_effort[l] = true;
		if (!is_first(s, sc, n, &h->layers[l]))
			return;
		sc->draft->ir->best_effort_because[l] = tail.because;
		sc->draft->ir->best_effort_until[l] = tail.until;
		return;
	}
	fp_diag(s->u, FP_E_UNKNOWN_WORD, n->name_span, "there is no layer '%s'", n->name->text);
	fp_diag_nearest(s->u, &near);
	fp_diag_help(s->u, "layers are seccomp, apparmor, selinux, oci, cgroup2 and nftables");
}

static void waiver(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *n)
{
	const struct fp_ast *tail = fp_sema_tail(n);
	const struct fp_ast *why = tail ? fp_ast_kid(tail, FP_AST_BECAUSE) : NULL;
	const struct fp_ast *by = tail ? fp_ast_kid(tail, FP_AST_BY) : NULL;
	const struct fp_ast *until = tail ? fp_ast_kid(tail, FP_AST_UNTIL) : NULL;
	struct fp_waiver w = { .lint = n->name->text, .span = n->span };

	if (!why || !by || !until) {
		fp_diag(s->u, FP_E_REQUIRED, n->span,
			"a waiver needs a reason, an approver and an end");
		fp_diag_help(s->u, "waive %s because \"...\" by \"...\" until YYYY-MM-DD;",
			     n->name->text);
		return;
	}
	w.place = n->text ? n->text->text : "";
	w.reason = why->text->text;
	w.by = by->text->text;
	fp_date_parse(until->text->text, until->text->len, &w.until);
	if (s->u->options.today.year && !s->u->options.is_lint &&
	    fp_date_cmp(s->u->options.today, w.until) > 0)
		fp_sema_expired(s, until, "waiver");
	fp_vec_push(&s->u->arena, &sc->draft->waivers, w);
}

static void widen(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *n,
		  const struct fp_ast *policy)
{
	const struct fp_ast *base = fp_ast_kid(policy, FP_AST_EXTENDS);
	const struct fp_ast *tail = fp_sema_tail(n);
	struct fp_scope inner = *sc;
	struct fp_policy_def *def;

	if (!base) {
		fp_diag(s->u, FP_E_WIDEN, n->span,
			"this policy extends nothing: there is nothing to widen");
		fp_diag_help(s->u,
			     "write its sections without `widen`, or name a base: `policy %s "
			     "extends BASE`",
			     policy->name->text);
		return;
	}
	if (!tail || !fp_ast_kid(tail, FP_AST_BECAUSE)) {
		fp_diag(s->u, FP_E_REQUIRED, n->span, "a widening needs a reason");
		fp_diag_help(s->u, "widen { ... } because \"...\";");
	}
	def = fp_sema_policy(s, base->name);
	if (def && def->node->flags & FP_AST_FLAG_LOCKED) {
		fp_diag(s->u, FP_E_WIDEN, n->span, "'%s' is locked and cannot be widened",
			base->name->text);
		fp_diag_note(s->u, def->node->name_span, "locked here");
		fp_diag_help(s->u, "only its owner may weaken it: change the base itself");
	}
	inner.in_widen = true;
	inner.widen_tail = tail;
	for (size_t i = 0; i < n->n; i++)
		if (n->kids[i]->kind == FP_AST_SECTION)
			section(s, &inner, n->kids[i]);
}

/* Where a message about what the section does not say can point. */
static void note_section(const struct fp_scope *sc, const struct fp_ast *n)
{
	for (unsigned k = 0; sc->level == 0 && k < FP_KIND_N; k++)
		if (!sc->draft->ir->sections[k].end &&
		    !strcmp(fp_kind_section((enum fp_kind)k), n->name->text))
			sc->draft->ir->sections[k] = n->name_span;
}

static void statement(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *policy,
		      const struct fp_ast *n, struct header *h)
{
	struct fp_ir *ir = sc->draft->ir;

	if (n->kind == FP_AST_VERSION) {
		if (is_first(s, sc, n, &h->version))
			ir->version = n->text->text;
	} else if (n->kind == FP_AST_OWNER) {
		if (is_first(s, sc, n, &h->owner))
			ir->owner = n->text->text;
	} else if (n->kind == FP_AST_TIER) {
		if (is_first(s, sc, n, &h->tier))
			read_tier(s, n, &ir->tier);
	} else if (n->kind == FP_AST_TARGETS) {
		if (is_first(s, sc, n, &h->targets))
			read_targets(s, ir, n);
	} else if (n->kind == FP_AST_SECTION) {
		section(s, sc, n);
		note_section(sc, n);
	} else if (n->kind == FP_AST_WIDEN) {
		widen(s, sc, n, policy);
	} else if (n->kind == FP_AST_LAYER) {
		layer(s, sc, n, h);
	} else if (n->kind == FP_AST_WAIVE) {
		waiver(s, sc, n);
	} else if (n->kind == FP_AST_NEVER ||
		   (sc->level == 0 && n->kind != FP_AST_EXTENDS && n->kind != FP_AST_WITHIN)) {
		fp_sema_assertion(s, sc, n);
	}
}

/* A policy's statements, then its base's one level up; `never` is inherited, examples are not. */
static void gather(struct fp_sema *s, struct fp_draft *d, struct fp_policy_def *p, unsigned level,
		   struct header *h, const char *what)
{
	struct fp_origin *origin = FP_NEW(&s->u->arena, struct fp_origin);
	const struct fp_ast *base = fp_ast_kid(p->node, FP_AST_EXTENDS);
	struct fp_scope sc = {
		.draft = d, .origin = origin, .level = level, .is_implied = p == s->implied
	};

	if (p->open || (level > BASE_DEPTH && p != s->implied)) {
		fp_diag(s->u, FP_E_BASE, p->node->name_span, "'%s' extends itself%s",
			p->node->name->text, p->open ? "" : " or nests too deeply");
		return;
	}
	origin->span = p->node->name_span;
	origin->what = fp_arena_printf(&s->u->arena, "%s %s", what, p->node->name->text);
	p->open = true;
	for (size_t i = 0; i < p->node->n; i++)
		statement(s, &sc, p->node, p->node->kids[i], h);
	if (base) {
		struct fp_policy_def *b = find_base(s, base);
		if (b)
			gather(s, d, b, level + 1, h, "base");
	}
	p->open = false;
}

static void add_bound(struct fp_sema *s, struct fp_draft *d, const struct fp_ast *ref, bool is_base,
		      struct fp_span at)
{
	struct fp_policy_def *p = fp_sema_policy(s, ref->name);
	struct fp_bound b = { .name = ref->name->text, .is_base = is_base, .span = at };

	if (!p)
		return;
	b.is_locked = p->node->flags & FP_AST_FLAG_LOCKED;
	b.ir = fp_sema_policy_ir(s, p);
	if (b.ir)
		fp_vec_push(&s->u->arena, &d->bounds, b);
}

static bool is_bounded_by(const struct fp_draft *d, const struct fp_str *name)
{
	for (size_t i = 0; i < d->bounds.n; i++)
		if (!d->bounds.at[i].is_base && !strcmp(d->bounds.at[i].name, name->text))
			return true;
	return false;
}

/* What bounds a base bounds all that is built on it: a widening cannot leave the ceiling behind. */
static void inherited_bounds(struct fp_sema *s, struct fp_draft *d, const struct fp_ast *policy)
{
	const struct fp_ast *base = fp_ast_kid(policy, FP_AST_EXTENDS);
	const struct fp_policy_def *p = base ? fp_sema_policy(s, base->name) : NULL;
	struct fp_span at = base ? base->span : policy->span;

	for (; p; p = base ? fp_sema_policy(s, base->name) : NULL) {
		for (size_t i = 0; i < p->node->n; i++)
			if (p->node->kids[i]->kind == FP_AST_WITHIN &&
			    !is_bounded_by(d, p->node->kids[i]->name))
				add_bound(s, d, p->node->kids[i], false, at);
		base = fp_ast_kid(p->node, FP_AST_EXTENDS);
	}
}

static void bounds(struct fp_sema *s, struct fp_draft *d, const struct fp_ast *policy)
{
	for (size_t i = 0; i < policy->n; i++) {
		const struct fp_ast *n = policy->kids[i];
		if (n->kind == FP_AST_EXTENDS || n->kind == FP_AST_WITHIN)
			add_bound(s, d, n, n->kind == FP_AST_EXTENDS, n->span);
	}
	inherited_bounds(s, d, policy);
}

/* What is to be explained, read as if it stood in the policy. */
static void add_query(struct fp_sema *s, struct fp_draft *d)
{
	const char *text = fp_arena_printf(&s->u->arena, "policy query { test { deny\n%s\n; } }",
					   s->u->options.query);
	const struct fp_source *src = fp_source_add(&s->u->sources, "query", text, strlen(text),
						    (struct fp_span){ 0, 0 });
	const struct fp_scope sc = { .draft = d };
	size_t before = d->assertions.n;

	if (!src)
		return;
	const struct fp_ast *policy = fp_ast_kid(fp_parse(s->u, src), FP_AST_POLICY);
	const struct fp_ast *test = policy ? fp_ast_kid(policy, FP_AST_TEST) : NULL;
	if (test)
		fp_sema_assertion(s, &sc, test);
	for (size_t i = before; i < d->assertions.n; i++)
		d->assertions.at[i].is_query = true;
}

static void check_bases(struct fp_sema *s, const struct fp_ast *policy)
{
	for (size_t i = 0; i < policy->n; i++)
		if (policy->kids[i]->kind == FP_AST_WITHIN)
			find_base(s, policy->kids[i]);
}

const struct fp_ir *fp_sema_policy_ir(struct fp_sema *s, struct fp_policy_def *p)
{
	struct fp_ir *ir = FP_NEW(&s->u->arena, struct fp_ir);
	struct fp_draft d = { .ir = ir };
	struct header h = { 0 };

	if (p->ir)
		return p->ir;
	if (p->building) {
		fp_diag(s->u, FP_E_BASE, p->node->name_span, "'%s' is bounded by itself",
			p->node->name->text);
		return NULL;
	}
	if (s->bound_depth > FP_BOUND_DEPTH) {
		fp_diag(s->u, FP_E_BASE, p->node->name_span,
			"policies are nested more than %u deep", FP_BOUND_DEPTH);
		return NULL;
	}
	ir->name = p->node->name->text;
	ir->version = ir->owner = "";
	ir->tier = FP_TIER_HOSTILE;
	ir->is_locked = p->node->flags & FP_AST_FLAG_LOCKED;
	ir->span = p->node->name_span;
	gather(s, &d, p, 0, &h, "policy");
	if (s->u->options.query && p == s->main)
		add_query(s, &d);
	check_bases(s, p->node);
	if (s->implied && s->implied != p)
		gather(s, &d, s->implied, BASE_DEPTH + 1, &h, "language");
	if (s->u->diags.errors)
		return NULL;
	p->building = true;
	s->bound_depth++;
	bounds(s, &d, p->node);
	s->bound_depth--;
	p->building = false;
	return p->ir = s->u->diags.errors ? NULL : fp_sema_seal(s, &d);
}
