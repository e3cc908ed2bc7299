/* SPDX-License-Identifier: MIT */
/* Path patterns against a matcher that tries everything, on short paths over few letters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ir/glob.h"
#include "random.h"

static struct fp_unit u;

static int setup(void **state)
{
	(void)state;
	fp_unit_init(&u, (size_t)512 << 20);
	if (setjmp(u.recover))
		abort();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fp_unit_free(&u);
	return 0;
}

static const struct fp_glob *parse(const char *text)
{
	return fp_glob_parse(&u, text, strlen(text), (struct fp_span){ 0, 0 });
}

/*
 * A pattern with its braces multiplied out. A letter stands for itself, and: ? one byte, 1 a star,
 * 2 two stars, and capital letters for the classes below.
 */
#define EXPANSIONS 64
#define LENGTH     64

struct drawn {
	char text[LENGTH * 4];
	unsigned n;
	char expanded[EXPANSIONS][LENGTH];
	bool is_tree;
};

static const struct {
	char code;
	const char *text, *members;
} classes[] = {
	{ 'A', "[ab]", "ab" },       { 'B', "[^a]", "bc.,*]-" }, { 'C', "[a-b]", "ab" },
	{ 'D', "[!b-c]", "a.,*]-" }, { 'E', "[]a]", "a]" },      { 'F', "[a-]", "a-" },
	{ 'G', "[.-a]", "a.]" },
};

static const char *members_of(char code)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (classes[i].code == code)
			return classes[i].members;
	return NULL;
}

static bool matches(const char *pattern, const char *path)
{
	const char *set = members_of(*pattern);

	if (!*pattern)
		return !*path;
	if (*pattern == '1' || *pattern == '2') {
		for (;; path++) {
			if (matches(pattern + 1, path))
				return true;
			if (!*path || (*pattern == '1' && *path == '/'))
				return false;
		}
	}
	if (!*path || (*pattern == '?' && *path == '/'))
		return false;
	if (set ? !strchr(set, *path) : *pattern != '?' && *pattern != *path)
		return false;
	return matches(pattern + 1, path + 1);
}

static bool drawn_matches(const struct drawn *d, const char *path)
{
	for (unsigned i = 0; i < d->n; i++) {
		const char *p = d->expanded[i];
		char cut[LENGTH];
		if (matches(p, path))
			return true;
		if (!d->is_tree)
			continue;
		/* "/d/" and two stars: /d itself too; alone below the root they match every path.
		 */
		memcpy(cut, p, strlen(p) - 2);
		cut[strlen(p) - 2] = '\0';
		if (!cut[0] || matches(cut, path))
			return true;
	}
	return false;
}

static void add(struct drawn *d, unsigned from, const char *text, const char *code)
{
	strncat(d->text, text, sizeof(d->text) - strlen(d->text) - 1);
	for (unsigned i = from; i < d->n; i++)
		strncat(d->expanded[i], code, LENGTH - strlen(d->expanded[i]) - 1);
}

static char last(const struct drawn *d)
{
	return d->text[0] ? d->text[strlen(d->text) - 1] : '\0';
}

static void draw_simple(struct drawn *d, unsigned from, bool in_braces)
{
	uint32_t kind = random_below(12);
	size_t k = random_below(sizeof(classes) / sizeof(classes[0]));
	char code[] = { classes[k].code, '\0' };

	if (kind < 2 && last(d) != '*')
		add(d, from, kind ? "**" : "*", kind ? "2" : "1");
	else if (kind == 2)
		add(d, from, "?", "?");
	else if (kind < 5)
		add(d, from, classes[k].text, code);
	else if (kind == 5)
		add(d, from, "\\*", "*");
	else if (kind == 6)
		add(d, from, in_braces ? "\\," : ",", ",");
	else if (kind == 7)
		add(d, from, "b", "b");
	else
		add(d, from, "a", "a");
}

/* Each expansion so far times each alternative. */
static void draw_braces(struct drawn *d)
{
	unsigned before = d->n, alternatives = 1 + random_below(3);
	char prefixes[EXPANSIONS][LENGTH];

	if (before * alternatives > EXPANSIONS)
		return;
	memcpy(prefixes, d->expanded, sizeof(prefixes));
	strncat(d->text, "{", sizeof(d->text) - strlen(d->text) - 1);
	for (unsigned a = 0; a < alternatives; a++) {
		unsigned from = a * before;
		if (a)
			strncat(d->text, ",", sizeof(d->text) - strlen(d->text) - 1);
		d->n = from + before;
		memcpy(d->expanded[from], prefixes, before * sizeof(prefixes[0]));
		for (uint32_t k = random_below(3); k; k--)
			draw_simple(d, from, true);
		if (random_below(4) == 0)
			add(d, from, "a/b", "a/b");
	}
	strncat(d->text, "}", sizeof(d->text) - strlen(d->text) - 1);
}

static void draw(struct drawn *d)
{
	memset(d, 0, sizeof(*d));
	d->n = 1;
	for (uint32_t parts = 1 + random_below(3); parts; parts--) {
		add(d, 0, "/", "/");
		for (uint32_t k = 1 + random_below(3); k; k--)
			if (random_below(6) == 0)
				draw_braces(d);
			else
				draw_simple(d, 0, false);
	}
	if (random_below(5) == 0)
		add(d, 0, "/**", "/2");
	size_t n = strlen(d->text);
	d->is_tree = n >= 3 && !strcmp(d->text + n - 3, "/**");
}

static void draw_path(char *out)
{
	static const char letters[] = "aaabbbc.,*]-";
	size_t n = 0;

	for (uint32_t parts = 1 + random_below(4); parts; parts--) {
		out[n++] = '/';
		for (uint32_t k = 1 + random_below(3); k; k--)
			out[n++] = letters[random_below(sizeof(letters) - 1)];
	}
	if (random_below(50) == 0)
		n = 1;
	out[n] = '\0';
}

static void test_against_trying_everything(void **state)
{
	unsigned matched = 0, refused = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct drawn d;
		char path[LENGTH];
		draw(&d);
		const struct fp_glob *g = parse(d.text), *again;
		if (!g) { /* a component that is empty or made of dots, by chance */
			refused++;
			continue;
		}
		assert_int_equal(g->is_tree, d.is_tree);
		again = parse(g->text);
		assert_non_null(again);
		assert_string_equal(again->text, g->text);
		for (int k = 0; k < 40; k++) {
			draw_path(path);
			bool want = drawn_matches(&d, path);
			if (fp_glob_match(g, path, strlen(path)) != want)
				fail_msg("'%s' and '%s': must %smatch", d.text, path,
					 want ? "" : "not ");
			assert_int_equal(fp_glob_match(again, path, strlen(path)), want);
			matched += want;
		}
	}
	assert_true(matched > 20000);
	assert_true(refused < 2000);
}

static void test_tables(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool matches;
	} cases[] = {
		{ "/**", "/", true },         { "/**", "/a/b", true },
		{ "/a/**", "/a", true },      { "/a/**", "/a/b/c", true },
		{ "/a/**", "/ab", false },    { "/a/**", "/", false },
		{ "/a/*", "/a", false },      { "/a/*", "/a/.b", true },
		{ "/a/*", "/a/b/c", false },  { "/a**", "/a/b", true },
		{ "/a**", "/b", false },      { "/*", "/", true },
		{ "/", "/", true },           { "/", "/a", false },
		{ "/a?", "/a/", false },      { "/a[^b]", "/a/", false },
		{ "/{a/**,b}", "/a", false }, { "/{a/**,b}", "/a/x", true },
		{ "/{,a}b", "/b", true },     { "/{,a}b", "/ab", true },
		{ "/{a}", "/a", true },       { "/{{a,b},c}", "/b", true },
		{ "/a\\{b", "/a{b", true },   { "/${p}", "/a", true },
		{ "/${p}", "/a/b", false },   { "/${p}x", "/x", false },
		{ "/${p}", "/", false },      { "/a/${p}/**", "/a/j", true },
		{ "/[\xc3]", "/\xc3", true }, { "/?", "/\xc3\xa9", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct fp_glob *g = parse(cases[i].pattern);
		assert_non_null(g);
		if (fp_glob_match(g, cases[i].path, strlen(cases[i].path)) != cases[i].matches)
			fail_msg("'%s' and '%s'", cases[i].pattern, cases[i].path);
	}
}

static void test_refusals(void **state)
{
	static const char *const bad[] = {
		"",     "a",       "a/b",    "//",    "/a//b",     "/a/",    "/.",      "/..",
		"/a/.", "/a/../b", "/a/./b", "/a***", "/a[",       "/a[]",   "/a[/]",   "/a[b-a]",
		"/a]",  "/a}",     "/a{",    "/a{b",  "/a{b,",     "/a\\",   "/$",      "/$a",
		"/${",  "/a\n",    "/\x7f",  "/\\..", "/\\.\\./a", "/a/\\.", "/\\${p}", "/\\$\\{p}"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint32_t before = u.diags.errors;
		if (parse(bad[i]))
			fail_msg("'%s' is a pattern", bad[i]);
		assert_int_equal(u.diags.errors, before + 1);
	}
	assert_null(fp_glob_parse(&u, "/a\0b", 4, (struct fp_span){ 0, 0 }));
}

/* What has one literal path names it as the kernel sees it. */
static void test_paths(void **state)
{
	static const char *const cases[][2] = {
		{ "/", "/" },       { "/a,b", "/a,b" },     { "/a\\,b", "/a,b" },
		{ "/a\\*", "/a*" }, { "/a\\\\b", "/a\\b" }, { "/${p}/b", "/${p}/b" },
		{ "/a*", NULL },    { "/a/**", NULL },      { "/{a}", NULL },
		{ "/[a]", NULL },   { "/a?", NULL },        { "/\\a", "/a" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct fp_glob *g = parse(cases[i][0]);
		assert_non_null(g);
		if (cases[i][1])
			assert_string_equal(g->path, cases[i][1]);
		else
			assert_null(g->path);
	}
}

/* Time is the product of the lengths: what makes a backtracking matcher hang ends at once. */
static void test_long_ones(void **state)
{
	static char pattern[FP_GLOB_MAX + 2], path[FP_GLOB_MAX];

	(void)state;
	pattern[0] = '/';
	for (size_t i = 1; i + 4 <= FP_GLOB_MAX; i += 3)
		memcpy(pattern + i, "*ab", 4);
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	const struct fp_glob *g = parse(pattern);
	assert_non_null(g);
	assert_false(fp_glob_match(g, path, sizeof(path)));
	memset(pattern + 1, ',', FP_GLOB_MAX);
	pattern[1] = '{';
	pattern[FP_GLOB_MAX - 1] = '}';
	pattern[FP_GLOB_MAX] = '\0';
	g = parse(pattern);
	assert_non_null(g);
	assert_true(fp_glob_match(g, "/", 1));
	assert_false(fp_glob_match(g, "/a", 2));
	memset(pattern + 1, 'a', FP_GLOB_MAX);
	assert_null(parse(pattern));
}

#define UNIT_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_against_trying_everything),
		UNIT_TEST(test_tables),
		UNIT_TEST(test_refusals),
		UNIT_TEST(test_paths),
		UNIT_TEST(test_long_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
