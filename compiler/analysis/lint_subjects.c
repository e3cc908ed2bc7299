/* SPDX-License-Identifier: MIT */
/* Rules that are a `never` of std/lint.policy: what it describes must not be permitted. */
#include "analysis/lint.h"
#include "sema/sema.h"

#include <string.h>

/* Apart, for each reading opens ABIs of its own; the user's -D and dates are not theirs. */
static void read_file(struct fp_lint *l, const char *name)
{
	const struct fp_embedded *file = fp_library_find(name);
	const struct fp_options options = l->u->options;
	const struct fp_span nowhere = { 0, 0 };

	l->u->options = (struct fp_options){ 0 };
	const struct fp_source *src =
		fp_source_add(&l->u->sources, name, file->text, file->len, nowhere);
	const struct fp_ir *ir = src ? fp_resolve(l->u, src, NULL) : NULL;
	for (size_t i = 0; ir && i < ir->assertion_count; i++)
		fp_vec_push(&l->u->arena, &l->subjects, &ir->assertions[i]);
	l->u->options = options;
}

void fp_lint_read_subjects(struct fp_lint *l)
{
	read_file(l, "std/lint.policy");
	read_file(l, "std/lint-mmap.policy");
}

/* Whether the rule is one of the words of a subject's reason. */
static bool is_of(const struct fp_assertion *a, const char *id)
{
	const char *at = a->reason ? strstr(a->reason, id) : NULL;

	return at && (!at[strlen(id)] || at[strlen(id)] == ' ');
}

/* What a waiver may call it: the call, the right, the direction, the capability. */
static const char *thing_of(struct fp_lint *l, const struct fp_assertion *a)
{
	size_t n = strcspn(a->text, " (");

	if (a->subject.kind == FP_SUBJECT_CAPABILITY)
		return fp_cap_at(a->subject.cap)->name;
	return fp_arena_text(&l->u->arena, a->text, n);
}

/* What one rule of the policy permits of all that a lint looks for. */
struct group {
	const struct fp_rule *rule;
	const char *things, *example, *reason;
	size_t count;
};

struct groups {
	FP_VEC(struct group) list;
};

static bool has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = words; (at = strstr(at, word)); at += n)
		if ((at == words || at[-1] == ' ') && (!at[n] || at[n] == ' '))
			return true;
	return false;
}

static void collect(struct fp_lint *l, struct groups *g, const struct fp_assertion *a,
		    const struct fp_counter *c)
{
	const char *thing = thing_of(l, a);

	for (size_t i = 0; i < g->list.n; i++) {
		struct group *it = &g->list.at[i];
		if (it->rule != c->rule)
			continue;
		if (!has_word(it->things, thing))
			it->things = fp_arena_printf(&l->u->arena, "%s %s", it->things, thing);
		it->count++;
		return;
	}
	struct group new = { c->rule, thing, c->example, c->reason, 1 };
	fp_vec_push(&l->u->arena, &g->list, new);
}

static void report(struct fp_lint *l, const struct group *g)
{
	const char *more =
		g->count > 1 ? fp_arena_printf(&l->u->arena, ", and %zu more", g->count - 1) : "";

	fp_lint_found(l, g->rule, g->things, "%s: %s is permitted%s", l->row->summary, g->example,
		      more);
	l->out->list.at[l->out->list.n - 1].example = g->example;
	if (g->reason)
		fp_lint_finding_note(l->u, l->out, (struct fp_span){ 0, 0 }, "%s", g->reason);
}

void fp_lint_subjects(struct fp_lint *l)
{
	struct groups g = { 0 };

	for (size_t i = 0; i < l->subjects.n; i++) {
		const struct fp_assertion *a = l->subjects.at[i];
		if (!is_of(a, l->row->id))
			continue;
		struct fp_counter c = fp_lint_ask(l, &a->subject);
		if (c.outcome == FP_FAILS)
			collect(l, &g, a, &c);
	}
	for (size_t i = 0; i < g.list.n; i++)
		report(l, &g.list.at[i]);
}
