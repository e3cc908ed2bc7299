/* SPDX-License-Identifier: MIT */
/* Conditions read back from what fp_pred_print() wrote. */
#include "base/vec.h"
#include "ir/pred.h"
#include "target/tables.h"

#include <string.h>

#define DEPTH_MAX 64u

struct reader {
	struct fp_arena *arena;
	const char *at; /* NULL once it cannot be read */
	unsigned depth;
};

static bool skip(struct reader *r, const char *word)
{
	size_t n = strlen(word);

	if (!r->at || strncmp(r->at, word, n))
		return false;
	r->at += n;
	return true;
}

static void need(struct reader *r, const char *word)
{
	if (!skip(r, word))
		r->at = NULL;
}

static unsigned argument(struct reader *r)
{
	need(r, "arg");
	if (!r->at || r->at[0] < '0' || r->at[0] > '5') {
		r->at = NULL;
		return 0;
	}
	return (unsigned)(*r->at++ - '0');
}

static uint64_t hexadecimal(struct reader *r)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t value = 0;
	size_t n = 0;

	need(r, "0x");
	for (; r->at && *r->at && strchr(digits, *r->at); r->at++, n++)
		value = value << 4 | (uint64_t)(strchr(digits, *r->at) - digits);
	if (!n || n > 16)
		r->at = NULL;
	return value;
}

static const struct fp_pred *test(struct reader *r)
{
	struct fp_test t = { .is_negated = skip(r, "not ") };
	unsigned arg = argument(r);

	t.lo = (uint8_t)(2 * arg);
	t.hi = (uint8_t)(2 * arg + 1);
	if (skip(r, ".hi")) {
		t.lo++;
		t.hi = FP_WORD_NONE;
	} else if (skip(r, ".lo")) {
		t.hi = FP_WORD_NONE;
	} else if (skip(r, ":")) {
		t.hi = (uint8_t)(2 * argument(r));
	}
	t.mask = skip(r, " & ") ? hexadecimal(r) : UINT64_MAX;
	if (skip(r, " == ")) {
		t.min = t.max = hexadecimal(r);
	} else {
		need(r, " in ");
		t.min = hexadecimal(r);
		need(r, "..");
		t.max = hexadecimal(r);
	}
	return fp_pred_test(r->arena, t);
}

static const struct fp_pred *formula(struct reader *r);

static const struct fp_pred *item(struct reader *r)
{
	if (skip(r, "never"))
		return fp_pred_const(r->arena, false);
	if (skip(r, "always"))
		return fp_pred_const(r->arena, true);
	if (!skip(r, "("))
		return test(r);
	const struct fp_pred *p = formula(r);
	need(r, ")");
	return p;
}

/* Items joined by one word: a mixture stands in parentheses. */
static const struct fp_pred *formula(struct reader *r)
{
	FP_VEC(const struct fp_pred *) kids = { 0 };

	if (++r->depth > DEPTH_MAX)
		r->at = NULL;
	fp_vec_push(r->arena, &kids, item(r));
	bool all = r->at && !strncmp(r->at, " and ", 5);
	while (r->at && skip(r, all ? " and " : " or "))
		fp_vec_push(r->arena, &kids, item(r));
	r->depth--;
	return fp_pred_join(r->arena, all ? FP_PRED_AND : FP_PRED_OR, kids.at, kids.n);
}

const struct fp_pred *fp_pred_parse(struct fp_arena *a, const char *text)
{
	struct reader r = { .arena = a, .at = text };
	const struct fp_pred *p = formula(&r);

	return r.at && !*r.at ? p : NULL;
}
