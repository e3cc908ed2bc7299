/* SPDX-License-Identifier: MIT */
/* Bytes that are written: formats like the C library's, JSON like jansson's, growth in place. */
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void start(struct fp_unit *u)
{
	fp_unit_init(u, FP_MEMORY_LIMIT);
}

#define SAME(...)                                                                   \
	do {                                                                        \
		struct fp_buf b_;                                                   \
		char want_[256];                                                    \
		fp_buf_init(&b_, &u.arena);                                         \
		fp_buf_printf(&b_, __VA_ARGS__);                                    \
		snprintf(want_, sizeof(want_), __VA_ARGS__);                        \
		assert_string_equal(fp_buf_text(&b_), want_);                       \
		assert_int_equal(b_.len, strlen(want_));                            \
		assert_string_equal(fp_arena_printf(&u.arena, __VA_ARGS__), want_); \
	} while (0)

static void test_formats(void **state)
{
	struct fp_unit u;

	(void)state;
	start(&u);
	if (setjmp(u.recover))
		fail();
	SAME("%s", "");
	SAME("plain");
	SAME("%s%s%s", "a", "", "bc");
	SAME("<%8s|%-8s|%2s>", "abc", "abc", "abc");
	SAME("<%*s|%-*s|%*s>", 6, "x", 6, "y", -6, "z");
	SAME("<%.2s|%.*s|%.*s|%.0s>", "abc", 1, "abc", -1, "abc", "abc");
	SAME("<%-6.2s|%6.2s>", "abc", "abc");
	SAME("%u %u %u", 0u, 10u, UINT32_MAX);
	SAME("%zu %zu", (size_t)0, SIZE_MAX);
	SAME("<%7u|%-7u|%c|%*c>", 42u, 42u, 'c', 3, 'd');
	SAME("%s %d %s %08x %s", "a", -5, "b", 0xbeefu, "c");
	SAME("%04u-%02u %u%%", 26u, 7u, 99u);
	SAME("%s %llu %s", "before", 1ull << 63, "after");
	SAME("%.3u %5.3u", 7u, 7u);
	fp_unit_free(&u);
}

/* More than the first room of a buffer, by text, by padding and by the C library. */
static void test_long_formats(void **state)
{
	struct fp_unit u;
	char text[200];

	(void)state;
	start(&u);
	if (setjmp(u.recover))
		fail();
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	SAME("%s", text);
	SAME("<%150s>", "a");
	SAME("%d %s", -1, text);
	fp_unit_free(&u);
}

static void assert_like_jansson(struct fp_unit *u, const char *text)
{
	json_t *tree = json_loads(text, JSON_DECODE_ANY, NULL);
	struct fp_buf out;

	assert_non_null(tree);
	fp_json_own(u, tree);
	char *want = json_dumps(tree, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	assert_non_null(want);
	fp_buf_init(&out, &u->arena);
	fp_json_write(u, tree, &out);
	assert_int_equal(out.len, strlen(want) + 1);
	assert_memory_equal(out.data, want, strlen(want));
	assert_int_equal(out.data[out.len - 1], '\n');
	free(want);
}

static void test_trees(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		"[[], {}, [[]], {\"a\": {}}]",
		"{\"b\": 1, \"a\": [1, -2, 9223372036854775807], \"ab\": null, \"\": true}",
		"[1.5, 1e300, -0.0, 1.0, 0.1]",
		"[\"\\u0001\\b\\f\\n\\r\\t\\\"\\\\/\\u007f\\u00e9\\u20ac\\ud83d\\ude00\"]",
		"{\"\\u00e9\\n\": {\"z\": {\"y\": {\"x\": {\"w\": [[[[[[[[[[[[[1]]]]]]]]]]]]]}}}}}",
		"\"[\"",
	};
	struct fp_unit u;

	(void)state;
	start(&u);
	if (setjmp(u.recover))
		fail();
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_like_jansson(&u, texts[i]);
	fp_unit_free(&u);
}

static void test_told(void **state)
{
	struct fp_unit u;
	struct fp_json j;
	struct fp_buf out;

	(void)state;
	start(&u);
	if (setjmp(u.recover))
		fail();
	fp_buf_init(&out, &u.arena);
	fp_json_begin(&j, &u, &out);
	fp_json_put_flag(&j, "a", true);
	fp_json_open_array(&j, "b");
	fp_json_put_number(&j, NULL, UINT64_MAX);
	fp_json_open_object(&j, NULL);
	fp_json_close(&j);
	fp_json_put_text(&j, NULL, "\xff[\xc3\xa9\xc3");
	fp_json_close(&j);
	fp_json_put_text(&j, "c", NULL);
	fp_json_open_array(&j, "d");
	fp_json_close(&j);
	fp_json_end(&j);
	assert_string_equal(fp_buf_text(&out), "{\n"
					       "  \"a\": true,\n"
					       "  \"b\": [\n"
					       "    18446744073709551615,\n"
					       "    {},\n"
					       "    \"\xef\xbf\xbd[\xc3\xa9\xef\xbf\xbd\"\n"
					       "  ],\n"
					       "  \"d\": []\n"
					       "}\n");
	assert_int_equal(u.diags.errors, 0);
	fp_unit_free(&u);
}

static void tell_two(const char *first, const char *second)
{
	struct fp_unit u;
	struct fp_json j;
	struct fp_buf out;

	start(&u);
	if (setjmp(u.recover))
		fail();
	fp_buf_init(&out, &u.arena);
	fp_json_begin(&j, &u, &out);
	fp_json_put_number(&j, first, 1);
	fp_json_put_number(&j, second, 2);
	fp_json_end(&j);
	assert_int_equal(u.diags.errors, 1);
	assert_int_equal(u.diags.list.at[0].id, FP_E_INTERNAL);
	fp_unit_free(&u);
}

/* Sorted by construction: what is told late, or twice, is an internal error. */
static void test_told_late(void **state)
{
	(void)state;
	tell_two("b", "a");
	tell_two("a", "a");
	tell_two("a", "A");
}

/* In place while it is the last; moved once something else was allocated; zeroed either way. */
static void test_growth(void **state)
{
	struct fp_unit u;

	(void)state;
	start(&u);
	if (setjmp(u.recover))
		fail();
	char *a = fp_arena_alloc(&u.arena, 32);
	memset(a, 'a', 32);
	char *grown = fp_arena_grow(&u.arena, a, 32, 64);
	if (FP_ARENA_CHUNK >= 4096) /* the shrunken build has no room to grow in place */
		assert_ptr_equal(grown, a);
	a = grown;
	assert_int_equal(a[31], 'a');
	for (size_t i = 32; i < 64; i++)
		assert_int_equal(a[i], 0);
	char *other = fp_arena_alloc(&u.arena, 16);
	char *moved = fp_arena_grow(&u.arena, a, 64, 128);
	assert_ptr_not_equal(moved, a);
	for (size_t i = 0; i < 32; i++)
		assert_int_equal(moved[i], 'a');
	for (size_t i = 32; i < 128; i++)
		assert_int_equal(moved[i], 0);
	assert_int_equal(other[0], 0);
	char *large = fp_arena_grow(&u.arena, moved, 128, 2 * (size_t)FP_ARENA_CHUNK);
	assert_int_equal(large[31], 'a');
	assert_int_equal(large[32], 0);
	assert_int_equal(large[2 * (size_t)FP_ARENA_CHUNK - 1], 0);
	/* What stands alone leaves the chunk before it in use, where there is more than a crumb of
	 * it. */
	const char *next = fp_arena_alloc(&u.arena, 16);
	if (FP_ARENA_CHUNK >= 4096)
		assert_ptr_equal(next, moved);
	fp_unit_free(&u);
}

/* What growth leaves and what is cut off serves later growth, zeroed, and nothing else. */
static void test_reuse(void **state)
{
	struct fp_unit u;

	(void)state;
	start(&u);
	if (setjmp(u.recover))
		fail();
	char *left = memset(fp_arena_alloc(&u.arena, 64), 'a', 64);
	assert_ptr_not_equal(fp_arena_alloc(&u.arena, 16), NULL);
	assert_ptr_not_equal(fp_arena_grow(&u.arena, left, 64, 256), left);
	assert_ptr_not_equal(fp_arena_alloc(&u.arena, 64), left);
	assert_ptr_not_equal(fp_arena_grow(&u.arena, NULL, 0, 80), left);
	char *again = fp_arena_grow(&u.arena, NULL, 0, 64);
	assert_ptr_equal(again, left);
	for (size_t i = 0; i < 64; i++)
		assert_int_equal(again[i], 0);
	char *cut = memset(fp_arena_alloc(&u.arena, 144), 'b', 144);
	assert_ptr_not_equal(fp_arena_alloc(&u.arena, 16), NULL);
	assert_int_equal(fp_arena_trim(&u.arena, cut, 144, 9), 16);
	assert_ptr_equal(fp_arena_grow(&u.arena, NULL, 0, 128), cut + 16);
	assert_int_equal(cut[15], 'b');
	assert_int_equal(cut[16], 0);
	fp_unit_free(&u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),   cmocka_unit_test(test_long_formats),
		cmocka_unit_test(test_trees),     cmocka_unit_test(test_told),
		cmocka_unit_test(test_told_late), cmocka_unit_test(test_growth),
		cmocka_unit_test(test_reuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
