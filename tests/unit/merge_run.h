/* SPDX-License-Identifier: MIT */
/* One merge of texts, and what it must come to; for the tests of compiler/merge. */
#ifndef FP_TESTS_MERGE_RUN_H
#define FP_TESTS_MERGE_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/unit.h"
#include "merge/merge.h"

struct run {
	struct fp_unit unit;
	struct fp_merge_result result;
	char *errors; /* rendered */
	bool ok, ran_out;
};

static struct fp_merge_text text_of(const char *name, const char *data)
{
	return (struct fp_merge_text){ .name = name, .data = data, .len = strlen(data) };
}

static void run_texts(struct run *r, struct fp_merge_text base, const struct fp_merge_text *ours,
		      size_t n, size_t memory)
{
	struct fp_buf b;

	memset(r, 0, sizeof(*r));
	fp_unit_init(&r->unit, memory);
	if (setjmp(r->unit.recover)) {
		r->ran_out = true;
		return;
	}
	r->ok = fp_merge(&r->unit, &base, ours, n, &r->result);
	fp_buf_init(&b, &r->unit.arena);
	fp_diag_render(&r->unit, &b, false);
	r->errors = strdup(fp_buf_text(&b));
}

static void run(struct run *r, const char *base, const char *ours)
{
	struct fp_merge_text fragment = text_of("policy.json", ours);

	run_texts(r, text_of("config.json", base), &fragment, 1, FP_MEMORY_LIMIT);
}

static void end(struct run *r)
{
	free(r->errors);
	fp_unit_free(&r->unit);
}

/* `base` and `ours` give `want`, compared as JSON; the merge of `want` with `ours` changes nothing.
 */
__attribute__((unused)) static void merges(const char *base, const char *ours, const char *want)
{
	struct run r;
	json_t *a, *b;

	run(&r, base, ours);
	if (!r.ok)
		fail_msg("%s + %s: %s", base, ours, r.errors);
	a = json_loads(fp_buf_text(&r.result.text), 0, NULL);
	b = json_loads(want, 0, NULL);
	assert_non_null(a);
	assert_non_null(b);
	if (!json_equal(a, b))
		fail_msg("%s + %s is %s, not %s", base, ours, fp_buf_text(&r.result.text), want);
	json_decref(a);
	json_decref(b);
	end(&r);
	run(&r, want, ours);
	if (!r.ok)
		fail_msg("again, %s + %s: %s", want, ours, r.errors);
	a = json_loads(fp_buf_text(&r.result.text), 0, NULL);
	b = json_loads(want, 0, NULL);
	if (!json_equal(a, b))
		fail_msg("again, %s + %s is %s", want, ours, fp_buf_text(&r.result.text));
	json_decref(a);
	json_decref(b);
	end(&r);
}

/* Refused, nothing written, and the report holds both texts. */
__attribute__((unused)) static void refused(const char *base, const char *ours, const char *a,
					    const char *b)
{
	struct run r;

	run(&r, base, ours);
	if (r.ok)
		fail_msg("%s + %s was merged: %s", base, ours, fp_buf_text(&r.result.text));
	assert_int_equal(r.result.text.len, 0);
	if (!strstr(r.errors, a) || !strstr(r.errors, b))
		fail_msg("%s + %s: \"%s\" and \"%s\" are not both in: %s", base, ours, a, b,
			 r.errors);
	end(&r);
}

#define MERGES(name, ...)              \
	static void name(void **state) \
	{                              \
		(void)state;           \
		__VA_ARGS__            \
	}

/* Merged, and told: a note holds the text. */
__attribute__((unused)) static void notes(const char *base, const char *ours, const char *text)
{
	struct run r;
	bool is_told = false;

	run(&r, base, ours);
	if (!r.ok)
		fail_msg("%s + %s: %s", base, ours, r.errors);
	for (size_t i = 0; i < r.result.notes.n; i++)
		is_told |= strstr(r.result.notes.at[i], text) != NULL;
	if (!is_told)
		fail_msg("%s + %s: no note says %s", base, ours, text);
	end(&r);
}

/* A mount, and the two objects that most cases are of. */
#define MOUNT(on, type, source, options)                                         \
	"{\"destination\":\"" on "\",\"type\":\"" type "\",\"source\":\"" source \
	"\",\"options\":[" options "]}"
#define MOUNTS(list) "{\"mounts\":[" list "]}"
#define RES(list)    "{\"linux\":{\"resources\":{" list "}}}"

#endif
