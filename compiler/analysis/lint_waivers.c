/* SPDX-License-Identifier: MIT */
/* Waivers: what they silence, and those that silence nothing, have ended or say too much. */
#include "analysis/lint.h"

#include <string.h>

/* Rules about what all others said: fp_lint_finish(). */
void fp_lint_later(struct fp_lint *l)
{
	(void)l;
}

static bool names(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (; *words; words += strspn(words, " ")) {
		size_t len = strcspn(words, " ");
		if (len == n && !memcmp(words, word, n))
			return true;
		words += len;
	}
	return false;
}

static bool has_ended(const struct fp_lint *l, const struct fp_waiver *w)
{
	struct fp_date today = l->u->options.today;

	return today.year && fp_date_cmp(today, w->until) > 0;
}

static bool covers(const struct fp_waiver *w, const struct fp_lint_finding *f)
{
	return (!strcmp(w->lint, f->id) || !strcmp(w->lint, f->name)) &&
	       (!w->place[0] || names(f->places, w->place));
}

static size_t silence(struct fp_lint *l, const struct fp_waiver *w)
{
	size_t n = 0;

	for (size_t i = 0; i < l->out->list.n; i++)
		if (covers(w, &l->out->list.at[i])) {
			l->out->list.at[i].waiver = w;
			n++;
		}
	return n;
}

static void found(struct fp_lint *l, const char *id, const struct fp_waiver *w, const char *text)
{
	l->row = fp_lint_row_find(id);
	fp_lint_found_at(l, w->span, fp_arena_printf(&l->u->arena, "%s %s", w->lint, w->place),
			 "%s", text);
}

static void unknown(struct fp_lint *l, const struct fp_waiver *w)
{
	struct fp_nearest near;

	found(l, "FPG036", w,
	      fp_arena_printf(&l->u->arena, "there is no rule '%s' to waive", w->lint));
	fp_nearest_init(&near, w->lint, strlen(w->lint));
	for (size_t i = 0; fp_lint_row_at(i); i++)
		fp_nearest_offer(&near, fp_lint_row_at(i)->name);
	if (near.best)
		fp_lint_help(l, "did you mean '%s'?", near.best);
}

static void judge(struct fp_lint *l, const struct fp_waiver *w)
{
	if (!fp_lint_row_find(w->lint)) {
		unknown(l, w);
		return;
	}
	if (has_ended(l, w)) {
		found(l, "FPG027", w,
		      fp_arena_printf(&l->u->arena, "the waiver of '%s' ended on %04u-%02u-%02u",
				      w->lint, w->until.year, w->until.month, w->until.day));
		return;
	}
	if (!w->place[0])
		found(l, "FPG029", w,
		      fp_arena_printf(
			      &l->u->arena,
			      "the waiver of '%s' names no place: it also silences what comes later",
			      w->lint));
	if (!silence(l, w))
		found(l, "FPG028", w,
		      fp_arena_printf(&l->u->arena, "the waiver of '%s' silences nothing",
				      w->lint));
}

void fp_lint_finish(struct fp_lint *l)
{
	if (l->out->is_undecided) {
		l->row = fp_lint_row_find("FPG006");
		fp_lint_found(l, NULL, "policy", "%s", l->row->summary);
	}
	for (size_t i = 0; i < l->ir->waiver_count && !l->in->ignore_waivers; i++)
		judge(l, &l->ir->waivers[i]);
}
