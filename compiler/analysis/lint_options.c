/* SPDX-License-Identifier: MIT */
/* Which findings are told, and how loud. */
#include "analysis/lint.h"

#include <string.h>

static bool begins(const char *word, const char *prefix, const char **rest)
{
	size_t n = strlen(prefix);

	*rest = word + n;
	return !strncmp(word, prefix, n);
}

bool fp_lint_option_is_known(const char *word)
{
	const char *rest;

	if (!strcmp(word, "all") || !strcmp(word, "error"))
		return true;
	/* A rule's own name may begin with no-, as no-test does. */
	if (fp_lint_row_find(word))
		return true;
	return (begins(word, "error=", &rest) || begins(word, "no-", &rest)) &&
	       fp_lint_row_find(rest);
}

static bool names(const struct fp_lint_finding *f, const char *name)
{
	return !strcmp(f->id, name) || !strcmp(f->name, name);
}

static void apply(struct fp_lint_finding *f, const char *word, bool *told)
{
	const char *rest;

	if (!strcmp(word, "all") || names(f, word)) {
		*told = true;
	} else if (!strcmp(word, "error")) {
		if (f->level == FP_LEVEL_WARNING)
			f->level = FP_LEVEL_ERROR;
	} else if (begins(word, "error=", &rest) && names(f, rest)) {
		f->level = FP_LEVEL_ERROR;
		*told = true;
	} else if (begins(word, "no-", &rest) && names(f, rest)) {
		*told = false;
	}
}

void fp_lint_choose(struct fp_lint_findings *f, const char *const *words, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->list.n; i++) {
		struct fp_lint_finding *it = &f->list.at[i];
		bool told = it->level != FP_LEVEL_NOTE;
		for (size_t k = 0; k < n; k++)
			apply(it, words[k], &told);
		if (told)
			f->list.at[kept++] = *it;
	}
	f->list.n = kept;
}
