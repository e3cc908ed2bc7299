/* SPDX-License-Identifier: MIT */
/* Errors that come from the habits of other languages: what is meant, and how it is said here. */
#include "base/ipaddr.h"
#include "front/parser.h"
#include "parse.tab.h"

#define WORDS (-1)

#define HABIT(found, before, expected, unless, help) { found, before, expected, unless, help },

static const struct habit {
	int found, before;
	const char *expected, *unless, *help;
} habits[] = {

#include "front/habits.def"
};
#undef HABIT

static bool is_token(const struct fp_token *t, int kind)
{
	return !kind || (kind == WORDS ? fp_token_is_word(t) : t->kind == kind);
}

static bool help_habit(const struct fp_misread *m, struct fp_lexed found)
{
	for (size_t i = 0; i < sizeof(habits) / sizeof(habits[0]); i++) {
		const struct habit *h = &habits[i];
		if (!is_token(&m->p->last, h->found) || !is_token(&m->p->before, h->before) ||
		    (h->expected && !fp_parser_expects(m, h->expected)) ||
		    (h->unless && fp_parser_expects(m, h->unless)))
			continue;
		int head = (int)strcspn(h->help, "&");
		const char *tail = h->help + head + (h->help[head] == '&');
		fp_diag_help(m->p->u, "%.*s%.*s%s", head, h->help, *tail ? found.len : 0,
			     found.text, tail);
		return true;
	}
	return false;
}

static bool help_peer(const struct fp_misread *m, struct fp_lexed found)
{
	bool is_text = m->p->last.kind == FP_T_TEXT;
	struct fp_prefix prefix;
	int len = found.len - 2;

	if (!fp_parser_expects(m, "an address") || (!is_text && !fp_token_is_word(&m->p->last)))
		return false;
	if (is_text && len > 0 &&
	    fp_prefix_parse(found.text + 1, (size_t)len, &prefix) != FP_PREFIX_SYNTAX)
		fp_diag_help(m->p->u, "write the address without quotes: %.*s", len,
			     found.text + 1);
	else
		fp_diag_help(m->p->u,
			     "no names: nothing in the kernel knows them, and what they stand for "
			     "changes; write an address or prefix, 192.0.2.7 or 10.20.0.0/16, or "
			     "`param peer : prefix;` and ${peer}");
	return true;
}

static bool is_unit(struct fp_lexed found)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "ms", "s", "m", "h" };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i]) == (size_t)found.len &&
		    !memcmp(units[i], found.text, (size_t)found.len))
			return true;
	return false;
}

/* A number without the unit that its place wants, or apart from it. */
static bool help_unit(const struct fp_misread *m, struct fp_lexed before, struct fp_lexed found)
{
	bool is_number = m->p->last.kind == FP_T_NUMBER;
	const char *unit = NULL;

	if (is_number && fp_parser_expects(m, "a duration"))
		unit = "s";
	else if (is_number && fp_parser_expects(m, "a size"))
		unit = "MiB";
	else if (is_number && fp_parser_expects(m, "a rate"))
		unit = "MiB/s";
	else if (m->p->last.kind == FP_T_SIZE && fp_parser_expects(m, "a rate"))
		unit = "/s";
	if (unit)
		fp_diag_help(m->p->u, "say the unit: %.*s%s", found.len, found.text, unit);
	else if (m->p->before.kind == FP_T_NUMBER && is_unit(found))
		fp_diag_help(m->p->u, "write it without the space: %.*s%.*s", before.len,
			     before.text, found.len, found.text);
	else
		return false;
	return true;
}

bool fp_habit_help(const struct fp_misread *m)
{
	struct fp_lexed before = fp_parser_text(m->p, m->p->before.span);
	struct fp_lexed found = fp_parser_text(m->p, m->p->last.span);

	return help_peer(m, found) || help_unit(m, before, found) || help_habit(m, found);
}

/* Two things of one list side by side. */
void fp_habit_help_list(const struct fp_misread *m)
{
	const struct fp_token *last = &m->p->last, *first = &m->p->before;
	struct fp_lexed a = fp_parser_text(m->p, first->span);
	struct fp_lexed b = fp_parser_text(m->p, last->span);
	bool are_words = fp_token_is_word(first) && fp_token_is_word(last);

	if (are_words && fp_parser_expects(m, "errno") && b.text[0] == 'E')
		fp_diag_help(m->p->u, "write `errno %.*s`", b.len, b.text);
	else if (fp_parser_expects(m, "','") && (are_words || first->kind == last->kind))
		fp_diag_help(m->p->u, "lists have commas: `%.*s, %.*s`", a.len, a.text, b.len,
			     b.text);
}
