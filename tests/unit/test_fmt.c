/* SPDX-License-Identifier: MIT */
/* Laws of the layout, on every policy of the tree and on those with other blanks and comments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/ast.h"
#include "front/fmt.h"
#include "unit/random.h"

/* Other layouts of one policy that are tried. */
#define VARIANTS 12

struct text {
	char *data;
	size_t len;
};

static struct text read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	struct text t = { calloc(1, 1u << 20), 0 };

	assert_non_null(f);
	assert_non_null(t.data);
	t.len = fread(t.data, 1, (1u << 20) - 1, f);
	assert_true(feof(f));
	fclose(f);
	return t;
}

/* What the library makes of a text, in memory of ours; NULL if it is refused. */
enum work {
	LAYOUT,
	TOKENS
};

static bool work_in(struct fp_unit *u, enum work work, const char *data, size_t len,
		    struct fp_buf *out)
{
	const struct fp_span none = { 0, 0 };
	const struct fp_source *src = fp_source_add(&u->sources, "t.policy", data, len, none);

	fp_buf_init(out, &u->arena);
	if (work == LAYOUT)
		return fp_fmt(u, src, out);
	fp_tokens_dump(u, src, out);
	return true;
}

static char *result_of(enum work work, const char *data, size_t len)
{
	struct fp_unit u;
	struct fp_buf out;

	fp_unit_init(&u, FP_MEMORY_LIMIT);
	if (setjmp(u.recover))
		abort();
	char *copy = work_in(&u, work, data, len, &out) ? strdup(fp_buf_text(&out)) : NULL;
	fp_unit_free(&u);
	return copy;
}

/* Each line without its place, so that lists of two layouts compare. */
static char *token_list(const char *data, size_t len)
{
	char *dump = result_of(TOKENS, data, len), *to = dump;

	for (char *line = dump; *line;) {
		char *name = line + strcspn(line, " \t\n"), *end = line + strcspn(line, "\n");
		size_t n = (size_t)(end - name) + (*end == '\n');
		memmove(to, name, n);
		to += n;
		line = name + n;
	}
	*to = '\0';
	return dump;
}

/* Comments in order, without blanks at their ends, by a reader of its own. */
static char *comment_list(const char *s)
{
	char *out = calloc(1, strlen(s) + 2), *to = out;
	bool in_string = false;

	assert_non_null(out);
	for (; *s; s++) {
		if (in_string && *s == '\\' && s[1])
			s++;
		else if (*s == '"')
			in_string = !in_string;
		if (in_string || *s != '#')
			continue;
		while (*s && *s != '\n')
			*to++ = *s++;
		while (to > out && strchr(" \t\r", to[-1]))
			to--;
		*to++ = '\n';
		if (!*s)
			break;
	}
	*to = '\0';
	return out;
}

static void obey(const char *data, size_t len, const char *name)
{
	char *once = result_of(LAYOUT, data, len);
	if (!once) {
		print_message("%s\n%s\n", name, data);
		fail_msg("%s is refused", name);
	}
	char *twice = result_of(LAYOUT, once, strlen(once));
	char *lists[] = { token_list(data, len), token_list(once, strlen(once)), comment_list(data),
			  comment_list(once) };

	if (!twice || strcmp(once, twice))
		print_message("%s\n%s\n----\n%s\n", name, once, twice ? twice : "refused");
	assert_string_equal(once, twice);
	assert_string_equal(lists[0], lists[1]);
	assert_string_equal(lists[2], lists[3]);
	for (const char *s = once; *s; s++)
		assert_false(strchr(" \t\r", *s) && s[1] == '\n');
	assert_null(strchr(once, '\t'));
	assert_null(strstr(once, "\n\n\n"));
	for (size_t i = 0; i < 4; i++)
		free(lists[i]);
	free(once);
	free(twice);
}

/* ---- other blanks ---- */

static const char *const blanks[] = { " ", "  ", "\t", " \t  ", "" };
static const char *const gaps[] = { " ",    "   \t",          "\n",       " \n\n\n",
				    "\r\n", " # note ;{\"\n", "\n# é }\n" };

/* The length of a string, comment or ${name}, which stay as they are; 0: none of them. */
static size_t atom_length(const char *s)
{
	size_t n = 1;

	if (*s == '#')
		return strcspn(s, "\n");
	if (*s == '$')
		return strcspn(s, "}") + 1;
	if (*s != '"')
		return 0;
	while (s[n] != '"')
		n += s[n] == '\\' ? 2 : 1;
	return n + 1;
}

static char *put(char *to, const char *from, size_t n)
{
	memcpy(to, from, n);
	return to + n;
}

/* Where a gap is, or may be, another one is put; `lines` also moves newlines and adds comments. */
static struct text shuffled(const struct text *from, bool lines)
{
	struct text t = { calloc(1, from->len * 20 + 20), 0 };
	char *to = t.data;

	assert_non_null(t.data);
	for (const char *s = from->data, *next; *s; s = next) {
		size_t atom = atom_length(s), gap = strspn(s, " \t\n");
		bool breaks = memchr(s, '\n', gap);
		next = s + (atom ? atom : gap ? gap : 1);
		if (!gap || (breaks && !lines))
			to = put(to, s, (size_t)(next - s));
		if (breaks && lines)
			to = stpcpy(to, "\n"); /* it may end a comment */
		if (lines && (gap || (strchr("(),;{}", *s) && !random_below(4))))
			to = stpcpy(to, gaps[random_below(7)]);
		else if (!lines && !breaks && (gap || strchr("(),;{}", *s)))
			to = stpcpy(to, blanks[random_below(gap ? 4 : 5)]);
	}
	t.len = (size_t)(to - t.data);
	return t;
}

/* Blanks within lines are ours alone: whatever they were, the layout is the same. */
static void same_layout(const struct text *a, const struct text *b)
{
	char *x = result_of(LAYOUT, a->data, a->len), *y = result_of(LAYOUT, b->data, b->len);

	assert_non_null(x);
	assert_non_null(y);
	assert_string_equal(x, y);
	free(x);
	free(y);
}

static void try_file(const char *path)
{
	struct text t = read_file(path);
	char *plain = result_of(LAYOUT, t.data, t.len);

	if (plain) {
		obey(t.data, t.len, path);
		for (unsigned i = 0; i < VARIANTS && t.len < 40000; i++) {
			struct text moved = shuffled(&t, true), spread = shuffled(&t, false);
			obey(moved.data, moved.len, path);
			same_layout(&t, &spread);
			free(moved.data);
			free(spread.data);
		}
	}
	free(plain);
	free(t.data);
}

static void test_laws(void **state)
{
	static const char *const patterns[] = { "policies/*/*.policy", "tests/*/*.policy",
						"tests/*/*/*.policy" };
	glob_t g = { 0 };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(glob(patterns[i], i ? GLOB_APPEND : 0, NULL, &g), 0);
	assert_true(g.gl_pathc > 60);
	for (size_t i = 0; i < g.gl_pathc; i++)
		try_file(g.gl_pathv[i]);
	globfree(&g);
}

/* ---- the layout itself ---- */

static void is_laid_out(const char *text, const char *want)
{
	char *got = result_of(LAYOUT, text, strlen(text));

	assert_non_null(got);
	assert_string_equal(got, want);
	free(got);
}

static void test_columns(void **state)
{
	(void)state;
	is_laid_out("language   1 ;policy a{owner\"x\";files{default deny ;\n deny read \"/a\";\n"
		    "allow write \"/b\",\n\"/c\"; # why\nallow\nread \"/d\"; # not\n}}",
		    "language 1;\n"
		    "policy a {\n"
		    "    owner \"x\"; files {\n"
		    "        default deny;\n"
		    "        deny  read \"/a\";\n"
		    "        allow write \"/b\",\n"
		    "              \"/c\";      # why\n"
		    "        allow read \"/d\"; # not\n"
		    "    }\n"
		    "}\n");
	is_laid_out(
		"policy p { mounts {\nroot readonly;\nbind \"/a/b\" on \"/c\" readonly;\n"
		"bind \"/a\" on \"/c/d\" nosuid\nbecause \"x\";\n\n\n\ntmpfs on \"/t\" size 1MiB;}}",
		"policy p {\n"
		"    mounts {\n"
		"        root readonly;\n"
		"        bind \"/a/b\" on \"/c\"   readonly;\n"
		"        bind \"/a\"   on \"/c/d\" nosuid\n"
		"             because \"x\";\n"
		"\n"
		"        tmpfs on \"/t\" size 1MiB;\n"
		"    }\n"
		"}\n");
	is_laid_out(
		"policy p{syscalls{allow f (a , b)where a in{1,\n2}\nand(b==- 1 or b has A | B)\n"
		"or not(a&B==C)errno 0 ;}}",
		"policy p {\n"
		"    syscalls {\n"
		"        allow f(a, b) where a in { 1,\n"
		"                                   2 }\n"
		"                        and (b == -1 or b has A|B)\n"
		"                         or not (a & B == C) errno 0;\n"
		"    }\n"
		"}\n");
	is_laid_out(
		"set @a{ b ,c ,\n}\nparam x:name ;policy p{widen{limits{cpu 1.0;}}because \"x\";}",
		"set @a {\n    b, c,\n}\nparam x : name;\n"
		"policy p { widen { limits { cpu 1.0; } } because \"x\"; }\n");
	is_laid_out("", "");
	is_laid_out("# a", "# a\n");
}

static void test_refused(void **state)
{
	(void)state;
	assert_null(result_of(LAYOUT, "policy {", 8));
	assert_null(result_of(LAYOUT, "policy a { owner; }", 19));
	assert_null(result_of(LAYOUT, "policy a { \x01 }", 14));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_laws),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
