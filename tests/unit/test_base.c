/* SPDX-License-Identifier: MIT */
/* base: each part against the C library, or against the slow way. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <time.h>

#include "base/date.h"
#include "base/index.h"
#include "base/ipaddr.h"
#include "base/num.h"
#include "base/unit.h"
#include "random.h"

#define LIMIT ((size_t)64 << 20)

static struct fp_unit u;

static int setup(void **state)
{
	(void)state;
	fp_unit_init(&u, LIMIT);
	/* Running out is no part of these tests: then the jump finds no frame, and aborts. */
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

/* ---- arena ---- */

static void test_arena_keeps_what_it_gave(void **state)
{
	enum {
		N = 4000
	};

	static unsigned char *at[N];
	static size_t size[N];

	(void)state;
	for (size_t i = 0; i < N; i++) {
		size[i] = i % 100 ? random_below(200) : random_below(3u << 20) >> (i % 500 ? 8 : 0);
		at[i] = fp_arena_alloc(&u.arena, size[i]);
		assert_int_equal((uintptr_t)at[i] % _Alignof(max_align_t), 0);
		for (size_t k = 0; k < size[i]; k++)
			assert_int_equal(at[i][k], 0);
		memset(at[i], (int)(i & 0xff), size[i]);
	}
	for (size_t i = 0; i < N; i++)
		for (size_t k = 0; k < size[i]; k++)
			assert_int_equal(at[i][k], i & 0xff);
	assert_true(u.arena.used <= LIMIT);
}

static void test_arena_grows(void **state)
{
	unsigned char *old = NULL, *last = NULL;
	size_t old_size = 0;

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		size_t size = old_size + random_below(100);
		unsigned char *p = fp_arena_grow(&u.arena, old, old_size, size);
		for (size_t k = 0; k < size; k++)
			assert_int_equal(p[k], k < old_size ? (k * 7) & 0xff : 0);
		for (size_t k = 0; k < size; k++)
			p[k] = (unsigned char)(k * 7);
		if (i % 3 == 0)
			last = memset(fp_arena_alloc(&u.arena, 5), 0xaa, 5);
		assert_int_equal(last[4], 0xaa);
		old = p;
		old_size = size;
	}
}

/* Whether the limit stops what asks for `size` bytes at once. */
static bool is_refused(struct fp_arena *a, size_t n, size_t size)
{
	jmp_buf here, *outer = a->recover;

	a->recover = &here;
	if (setjmp(here)) {
		a->recover = outer;
		return true;
	}
	fp_arena_array(a, n, size);
	a->recover = outer;
	return false;
}

static void test_arena_limits(void **state)
{
	struct fp_arena a;
	jmp_buf recover;

	(void)state;
	fp_arena_init(&a, 10000, &recover);
	assert_true(is_refused(&a, 1, 10001));
	assert_true(is_refused(&a, SIZE_MAX, 1));
	assert_true(is_refused(&a, SIZE_MAX, SIZE_MAX));
	assert_true(is_refused(&a, SIZE_MAX / 2 + 2, 2));
	assert_true(is_refused(&a, 1, SIZE_MAX - 15));
	assert_false(is_refused(&a, 1, 5000));
	unsigned more = 0;
	while (!is_refused(&a, 1, 100))
		assert_true(++more < 100);
	assert_true(more > 10);
	assert_true(a.used <= 10000);
	fp_arena_free(&a);
	assert_int_equal(a.used, 0);
}

static unsigned released[4], released_count;

static void release(void *object)
{
	released[released_count++] = *(unsigned *)object;
}

static void test_arena_owns(void **state)
{
	unsigned objects[] = { 1, 2, 3 };
	struct fp_arena a;
	jmp_buf recover;
	volatile bool jumped = false;

	(void)state;
	released_count = 0;
	fp_arena_init(&a, LIMIT, &recover);
	for (size_t i = 0; i < 3; i++)
		fp_arena_own(&a, release, &objects[i]);
	assert_int_equal(released_count, 0);
	fp_arena_free(&a);
	assert_int_equal(released_count, 3);
	assert_int_equal(released[0], 3);
	assert_int_equal(released[2], 1);
	/* No room to remember it: it is released at once, and the caller is told by the jump. */
	released_count = 0;
	fp_arena_init(&a, 8, &recover);
	if (setjmp(recover))
		jumped = true;
	else
		fp_arena_own(&a, release, &objects[1]);
	assert_true(jumped);
	assert_int_equal(released_count, 1);
	fp_arena_free(&a);
	assert_int_equal(released_count, 1);
}

/* ---- buf ---- */

static void test_buf_against_a_plain_one(void **state)
{
	static char want[1 << 16];
	struct fp_buf b;
	size_t len = 0;

	(void)state;
	fp_buf_init(&b, &u.arena);
	assert_string_equal(fp_buf_text(&b), "");
	while (len < sizeof(want) - 400) {
		char text[200];
		int n = (int)random_below(150);
		for (int i = 0; i < n; i++)
			text[i] = (char)('a' + random_below(26));
		text[n] = '\0';
		uint64_t number = random_bits() >> random_below(64);
		switch (random_below(5)) {
		case 0:
			fp_buf_puts(&b, text);
			len += (size_t)sprintf(want + len, "%s", text);
			break;
		case 1:
			fp_buf_putc(&b, '\0');
			want[len++] = '\0';
			break;
		case 2:
			fp_buf_printf(&b, "<%s %u %.*s>", text, 7u, 3, "abcdef");
			len += (size_t)sprintf(want + len, "<%s 7 abc>", text);
			break;
		case 3:
			fp_buf_number(&b, number);
			len += (size_t)sprintf(want + len, "%llu", (unsigned long long)number);
			break;
		default:
			fp_buf_add(&b, text, (size_t)n);
			memcpy(want + len, text, (size_t)n);
			len += (size_t)n;
		}
		assert_int_equal(b.len, len);
		assert_int_equal(b.data ? b.data[b.len] : 0, 0);
	}
	assert_memory_equal(b.data, want, len);
}

/* What printf tries first may be too small by any number of bytes. */
static void test_buf_printf_at_every_length(void **state)
{
	(void)state;
	for (int n = 0; n < 600; n++) {
		struct fp_buf b;
		fp_buf_init(&b, &u.arena);
		fp_buf_printf(&b, "%*s|", n, "");
		assert_int_equal(b.len, n + 1);
		assert_int_equal(b.data[n], '|');
		assert_int_equal(b.data[n + 1], 0);
		assert_int_equal(strlen(fp_arena_printf(&u.arena, "%*s|", n, "")), n + 1);
	}
}

/* ---- names ---- */

static void test_intern_and_index(void **state)
{
	enum {
		N = 5000
	};
	static const struct fp_str *names[N];
	struct fp_index index = { 0 };
	char text[32];

	(void)state;
	for (unsigned i = 0; i < N; i++) {
		int n = snprintf(text, sizeof(text), "%x", i * 2654435761u);
		names[i] = fp_intern(&u.names, text, (size_t)n);
		assert_null(fp_index_get(&index, names[i]));
		fp_index_put(&u.arena, &index, names[i], &names[i]);
	}
	for (unsigned i = 0; i < N; i++) {
		snprintf(text, sizeof(text), "%x", i * 2654435761u);
		assert_ptr_equal(fp_name(&u, text), names[i]);
		assert_string_equal(names[i]->text, text);
		assert_ptr_equal(fp_index_get(&index, names[i]), &names[i]);
		fp_index_put(&u.arena, &index, names[i], &names[0]);
		assert_ptr_equal(fp_index_get(&index, names[i]), &names[0]);
	}
	assert_int_equal(index.n, N);
	/* Prefixes, the empty name, and the order of names. */
	assert_ptr_not_equal(fp_intern(&u.names, "ab", 1), fp_intern(&u.names, "ab", 2));
	assert_int_equal(fp_intern(&u.names, "", 0)->len, 0);
	const struct fp_str *a = fp_name(&u, "a"), *ab = fp_name(&u, "ab"), *b = fp_name(&u, "b");
	const struct fp_str *high = fp_name(&u, "\xc3\xa9");
	assert_true(fp_str_cmp(a, ab) < 0 && fp_str_cmp(ab, b) < 0 && fp_str_cmp(b, high) < 0);
	assert_true(fp_str_cmp(ab, a) > 0 && fp_str_cmp(a, a) == 0);
}

/* ---- addresses ---- */

static unsigned bit_of(const uint8_t *addr, unsigned i)
{
	return addr[i / 8] >> (7 - i % 8) & 1;
}

static struct fp_prefix random_prefix(void)
{
	static const uint8_t words[] = { 0, 0, 0, 0x10, 0x20, 0xff, 0x80, 1 };
	struct fp_prefix p = { .family = random_below(2) ? FP_IPV4 : FP_IPV6 };
	unsigned width = p.family == FP_IPV4 ? 32 : 128;

	p.bits = (uint8_t)random_below(width + 1);
	for (unsigned i = 0; i < width / 8; i++)
		p.addr[i] = words[random_below(sizeof(words))];
	for (unsigned i = p.bits; i < width; i++)
		p.addr[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
	return p;
}

static void test_prefix_round_trip(void **state)
{
	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct fp_prefix p = random_prefix(), q;
		struct fp_buf b;
		fp_buf_init(&b, &u.arena);
		fp_prefix_print(&b, &p);
		if (fp_prefix_parse(fp_buf_text(&b), b.len, &q) != FP_PREFIX_OK)
			fail_msg("'%s' is not read back", fp_buf_text(&b));
		if (fp_prefix_cmp(&p, &q))
			fail_msg("'%s' reads as another", fp_buf_text(&b));
		/* The address is the C library's, and so is its text. */
		char text[INET6_ADDRSTRLEN];
		inet_ntop(p.family == FP_IPV4 ? AF_INET : AF_INET6, p.addr, text, sizeof(text));
		assert_memory_equal(text, fp_buf_text(&b), strlen(text));
	}
}

/* The C library's IN6_IS_ADDR_V4MAPPED decides; the length tells whether all addresses are. */
static void test_prefix_mapped_is_ipv4(void **state)
{
	static const char *const texts[] = { "::ffff:10.20.0.0/112",
					     "::ffff:0:0/96",
					     "::ffff:0:0/95",
					     "::/0",
					     "::fffe:10.0.0.0/104",
					     "::10.0.0.1",
					     "64:ff9b::a00:1",
					     "::ffff:169.254.169.254",
					     "10.0.0.0/8" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct fp_prefix p, v4;
		struct in6_addr a;
		fp_prefix_parse(texts[i], strlen(texts[i]), &p);
		memcpy(&a, p.addr, sizeof(a));
		bool want = p.family == FP_IPV6 && p.bits >= 96 && IN6_IS_ADDR_V4MAPPED(&a);
		assert_int_equal(fp_prefix_is_mapped(&p, &v4), want);
		if (!want)
			continue;
		assert_int_equal(v4.family, FP_IPV4);
		assert_int_equal(v4.bits, p.bits - 96);
		assert_memory_equal(v4.addr, p.addr + 12, 4);
	}
}

static void test_prefix_contains_by_bits(void **state)
{
	unsigned held = 0;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		struct fp_prefix a = random_prefix(), b = random_prefix();
		if (i % 2 && a.bits > 3) { /* one below the other is rare by chance */
			b = a;
			a.bits = (uint8_t)(a.bits - random_below(4));
			for (unsigned k = a.bits; k < (a.family == FP_IPV4 ? 32 : 128); k++)
				a.addr[k / 8] &= (uint8_t) ~(0x80u >> k % 8);
		}
		bool want = a.family == b.family && a.bits <= b.bits;
		for (unsigned k = 0; want && k < a.bits; k++)
			want = bit_of(a.addr, k) == bit_of(b.addr, k);
		assert_int_equal(fp_prefix_contains(&a, &b), want);
		held += want;
		int c = fp_prefix_cmp(&a, &b);
		assert_int_equal(c > 0, fp_prefix_cmp(&b, &a) < 0);
		assert_int_equal(c == 0, a.family == b.family && a.bits == b.bits &&
						 !memcmp(a.addr, b.addr, sizeof(a.addr)));
	}
	assert_true(held > 50000);
}

static void test_prefix_refusals(void **state)
{
	static const struct {
		const char *text;
		enum fp_prefix_error e;
	} cases[] = {
		{ "10.0.0.0/8", FP_PREFIX_OK },
		{ "0.0.0.0/0", FP_PREFIX_OK },
		{ "::/0", FP_PREFIX_OK },
		{ "::1", FP_PREFIX_OK },
		{ "::1/128", FP_PREFIX_OK },
		{ "10.0.0.1/8", FP_PREFIX_HOST_BITS },
		{ "::1/64", FP_PREFIX_HOST_BITS },
		{ "128.0.0.0/0", FP_PREFIX_HOST_BITS },
		{ "10.0.0.0/33", FP_PREFIX_LENGTH },
		{ "::/129", FP_PREFIX_LENGTH },
		{ "10.0.0.0/", FP_PREFIX_LENGTH },
		{ "10.0.0.0/08", FP_PREFIX_LENGTH },
		{ "10.0.0.0/-1", FP_PREFIX_LENGTH },
		{ "10.0.0.0/8 ", FP_PREFIX_LENGTH },
		{ "10.0.0.0/8/8", FP_PREFIX_LENGTH },
		{ "::/256", FP_PREFIX_LENGTH },
		{ "::/1000", FP_PREFIX_LENGTH },
		{ "10.0.0", FP_PREFIX_SYNTAX },
		{ "10.0.0.256", FP_PREFIX_SYNTAX },
		{ "010.0.0.1", FP_PREFIX_SYNTAX },
		{ "10.0.0.0.0", FP_PREFIX_SYNTAX },
		{ "1", FP_PREFIX_SYNTAX },
		{ "0x0a000001", FP_PREFIX_SYNTAX },
		{ " 10.0.0.1", FP_PREFIX_SYNTAX },
		{ "::1%lo", FP_PREFIX_SYNTAX },
		{ "1:2:3:4:5:6:7", FP_PREFIX_SYNTAX },
		{ "1::2::3", FP_PREFIX_SYNTAX },
		{ ":", FP_PREFIX_SYNTAX },
		{ "", FP_PREFIX_SYNTAX },
		{ "/8", FP_PREFIX_SYNTAX },
		{ "10.0.0.1\n", FP_PREFIX_SYNTAX },
	};
	struct fp_prefix p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (fp_prefix_parse(cases[i].text, strlen(cases[i].text), &p) != cases[i].e)
			fail_msg("'%s'", cases[i].text);
	assert_int_equal(fp_prefix_parse("10.0.0.1\0x", 10, &p), FP_PREFIX_SYNTAX);
	assert_int_equal(fp_prefix_parse("10.0.0.1xyz", 8, &p), FP_PREFIX_OK);
}

/* ---- dates ---- */

static void test_every_day(void **state)
{
	struct fp_date before = { 0 }, d, e;
	char text[16];

	(void)state;
	for (int64_t day = 0; day < 366 * 900; day++) {
		time_t t = (time_t)(day * 86400 + (int64_t)random_below(86400));
		struct tm tm;
		gmtime_r(&t, &tm);
		assert_true(fp_date_from_epoch((uint64_t)t, &d));
		assert_int_equal(d.year, tm.tm_year + 1900);
		assert_int_equal(d.month, tm.tm_mon + 1);
		assert_int_equal(d.day, tm.tm_mday);
		assert_true(!before.year || fp_date_cmp(before, d) < 0);
		before = d;
		snprintf(text, sizeof(text), "%04u-%02u-%02u", d.year, d.month, d.day);
		assert_true(fp_date_parse(text, 10, &e));
		assert_int_equal(fp_date_cmp(d, e), 0);
	}
}

/* Year, month and day as written, right if and only if timegm keeps them. */
static void test_dates_that_never_were(void **state)
{
	static const int years[] = { 1970, 1999, 2000, 2001, 2024, 2100, 2400, 9999 };
	struct fp_date d;
	char text[32];

	(void)state;
	for (size_t y = 0; y < sizeof(years) / sizeof(years[0]); y++)
		for (int m = 0; m < 20; m++)
			for (int day = 0; day < 40; day++) {
				struct tm tm = { .tm_year = years[y] - 1900,
						 .tm_mon = m - 1,
						 .tm_mday = day };
				struct tm kept = tm;
				timegm(&kept);
				bool want = kept.tm_mon == m - 1 && kept.tm_mday == day &&
					    kept.tm_year == tm.tm_year;
				snprintf(text, sizeof(text), "%04d-%02d-%02d", years[y], m, day);
				assert_int_equal(fp_date_parse(text, 10, &d), want);
			}
	const char *bad[] = {
		"1969-12-31", "2027-6-30",  "2027/06/30",  "20270630",    "2027-06-3x",
		"+027-06-30", "-027-06-30", "2027-06-30 ", " 2027-06-30", ""
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(fp_date_parse(bad[i], strlen(bad[i]), &d));
	assert_true(fp_date_from_epoch(253402300799u, &d));
	assert_int_equal(d.year, 9999);
	assert_false(fp_date_from_epoch(253402300800u, &d));
	assert_false(fp_date_from_epoch(UINT64_MAX, &d));
}

/* ---- numbers ---- */

static void test_numbers(void **state)
{
	static const char *const bad[] = { "",
					   "-1",
					   "+1",
					   " 1",
					   "1 ",
					   "0x",
					   "0X",
					   "1x",
					   "0xg",
					   "1e3",
					   "1.0",
					   "١",
					   "1_0",
					   "08x",
					   "18446744073709551616",
					   "0x10000000000000000" };
	uint64_t v;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (fp_num_parse(bad[i], strlen(bad[i]), &v))
			fail_msg("'%s' is a number", bad[i]);
	for (int i = 0; i < 20000; i++) {
		uint64_t n = i < 4 ? UINT64_MAX - (uint64_t)i : random_bits() >> random_below(64),
			 w;
		char text[32], size[32];
		snprintf(text, sizeof(text), i % 2 ? "%llu" : "0x%llx", (unsigned long long)n);
		assert_true(fp_num_parse(text, strlen(text), &v));
		assert_true(v == n);
		for (unsigned base = 2; base <= 16; base++) {
			char digits[72];
			size_t at = sizeof(digits);
			w = n;
			do
				digits[--at] = "0123456789abcdef"[w % base];
			while (w /= base);
			assert_true(fp_num_parse_base(digits + at, sizeof(digits) - at, base, &w));
			assert_true(w == n);
		}
		if (i % 3 == 0)
			n <<= 10 * random_below(5);
		fp_num_size_text(n, size);
		assert_true(strlen(size) < sizeof(size));
		assert_true(fp_num_parse_size(size, strlen(size), &v));
		assert_true(v == n);
	}
	assert_false(fp_num_parse_size("16777216TiB", 11, &v));
	assert_true(fp_num_parse_size("16777215TiB", 11, &v));
	assert_false(fp_num_parse_size("TiB", 3, &v));
	assert_false(fp_num_parse_size("1MB", 3, &v));
	char out[32];
	assert_string_equal(fp_num_size_text(0, out), "0");
	assert_string_equal(fp_num_size_text(1536, out), "1536B");
	assert_string_equal(fp_num_size_text(1 << 20, out), "1MiB");
}

/* ---- nearest names ---- */

#define MAX 9

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* The textbook's whole table: insert, delete, change, swap two neighbours. */
static unsigned distance(const char *a, size_t n, const char *b, size_t m)
{
	unsigned d[MAX + 1][MAX + 1];

	for (unsigned i = 0; i <= n; i++)
		for (unsigned j = 0; j <= m; j++) {
			d[i][j] = i && j ? d[i - 1][j - 1] + (a[i - 1] != b[j - 1]) : i + j;
			if (!i || !j)
				continue;
			d[i][j] = least(d[i][j], least(d[i - 1][j], d[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[n][m];
}

static void test_edit_distance(void **state)
{
	(void)state;
	for (int i = 0; i < 200000; i++) {
		char a[MAX], b[MAX];
		size_t n = random_below(MAX + 1), m = random_below(MAX + 1);
		unsigned limit = random_below(MAX);
		for (size_t k = 0; k < n; k++)
			a[k] = (char)('a' + random_below(3));
		for (size_t k = 0; k < m; k++)
			b[k] = (char)('a' + random_below(3));
		assert_int_equal(fp_edit_distance(a, n, b, m, limit),
				 least(distance(a, n, b, m), limit + 1));
	}
	char longer[65];
	memset(longer, 'x', sizeof(longer));
	assert_int_equal(fp_edit_distance(longer, 65, longer, 65, 3), 4);
	assert_int_equal(fp_edit_distance(longer, 64, longer, 64, 3), 0);
}

static void test_nearest(void **state)
{
	static const char *const names[] = { "write", "writev", "pwrite64",
					     "read",  "readv",  "openat" };
	static const char *const pairs[][2] = { { "wirte", "write" }, { "writ", "write" },
						{ "reda", "read" },   { "opneat", "openat" },
						{ "xyz", NULL },      { "w", NULL },
						{ "", NULL },         { "readx", "read" } };

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		for (size_t from = 0; from < 6; from++) { /* in any order */
			struct fp_nearest near;
			fp_nearest_init(&near, pairs[i][0], strlen(pairs[i][0]));
			for (size_t k = 0; k < 6; k++)
				fp_nearest_offer(&near, names[(from + k) % 6]);
			if (pairs[i][1])
				assert_string_equal(near.best, pairs[i][1]);
			else
				assert_null(near.best);
		}
}

/* ---- places ---- */

static void check_places(struct fp_source *src)
{
	uint32_t line = 1, column = 1;
	struct fp_place at;

	for (uint32_t o = 0; o <= src->len; o++) {
		bool continues = o < src->len && ((unsigned char)src->data[o] & 0xc0) == 0x80;
		assert_true(fp_source_place(&u.sources, src->base + o, &at));
		assert_ptr_equal(at.source, src);
		assert_int_equal(at.line, line);
		if (!continues)
			assert_int_equal(at.column, column);
		if (o < src->len && src->data[o] == '\n') {
			line++;
			column = 1;
		} else if (!continues || o + 1 == src->len ||
			   ((unsigned char)src->data[o + 1] & 0xc0) != 0x80) {
			column += !continues;
		}
	}
}

static void test_places(void **state)
{
	static char text[8000];
	struct fp_source *sources[6];
	struct fp_place at;

	(void)state;
	assert_false(fp_source_place(&u.sources, 0, &at));
	assert_false(fp_source_place(&u.sources, 1, &at));
	for (unsigned k = 0; k < 6; k++) {
		/* The empty file, short ones, one line over several marks, and many lines. */
		size_t len = k == 0 ? 0 : k == 1 ? 1 : k == 2 ? FP_SOURCE_MARK : 5000 + k;
		for (size_t i = 0; i < len; i++)
			text[i] = random_below(k == 3 ? 100000 : 40) == 0 ? '\n' : 'a';
		for (size_t i = 0; i + 2 < len; i += 2 + random_below(7))
			memcpy(text + i, "\xc3\xa9", 2);
		sources[k] =
			fp_source_add(&u.sources, "dir/name", text, len, (struct fp_span){ 0, 0 });
		assert_non_null(sources[k]);
		assert_string_equal(sources[k]->label, "name");
	}
	for (unsigned k = 0; k < 6; k++)
		check_places(sources[k]);
	assert_false(fp_source_place(&u.sources, sources[5]->base + sources[5]->len + 1, &at));
	assert_false(fp_source_place(&u.sources, UINT32_MAX, &at));
}

static void test_line_text(void **state)
{
	struct fp_place at;
	size_t len;

	(void)state;
	const struct fp_source *src =
		fp_source_add(&u.sources, "t", "one\n\nthree", 10, (struct fp_span){ 0, 0 });
	assert_true(fp_source_place(&u.sources, src->base, &at));
	assert_memory_equal(fp_source_line(src, 1, &len), "one", 3);
	assert_int_equal(len, 3);
	fp_source_line(src, 2, &len);
	assert_int_equal(len, 0);
	assert_memory_equal(fp_source_line(src, 3, &len), "three", 5);
	assert_int_equal(len, 5);
}

/* ---- diagnostics ---- */

static void test_floods_are_counted(void **state)
{
	struct fp_buf out;

	(void)state;
	for (unsigned i = 0; i < FP_DIAG_LIMIT + 10; i++) {
		fp_diag(&u, FP_E_USAGE, (struct fp_span){ 0, 0 }, "error %u", i);
		fp_diag_help(&u, "help %u", i);
	}
	fp_diag(&u, FP_W_UNUSED, (struct fp_span){ 0, 0 }, "a warning all the same");
	assert_int_equal(u.diags.errors, FP_DIAG_LIMIT + 10);
	fp_buf_init(&out, &u.arena);
	fp_diag_render(&u, &out, false);
	assert_non_null(strstr(fp_buf_text(&out), "help 49"));
	assert_null(strstr(fp_buf_text(&out), "help 50"));
	assert_non_null(strstr(fp_buf_text(&out), "10 more errors are not shown"));
	assert_non_null(strstr(fp_buf_text(&out), "a warning all the same"));
}

static void test_control_bytes_are_shown(void **state)
{
	struct fp_buf out;

	(void)state;
	fp_diag(&u, FP_E_USAGE, (struct fp_span){ 0, 0 }, "a %s b", "\033[2J\n\x7f");
	fp_buf_init(&out, &u.arena);
	fp_diag_render(&u, &out, false);
	assert_string_equal(fp_buf_text(&out), "fpolicyc: error: a \\x1b[2J\\x0a\\x7f b [E0002]\n");
}

#define UNIT_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_arena_keeps_what_it_gave),
		UNIT_TEST(test_arena_grows),
		UNIT_TEST(test_arena_limits),
		UNIT_TEST(test_arena_owns),
		UNIT_TEST(test_buf_against_a_plain_one),
		UNIT_TEST(test_buf_printf_at_every_length),
		UNIT_TEST(test_intern_and_index),
		UNIT_TEST(test_prefix_round_trip),
		UNIT_TEST(test_prefix_contains_by_bits),
		UNIT_TEST(test_prefix_mapped_is_ipv4),
		UNIT_TEST(test_prefix_refusals),
		UNIT_TEST(test_every_day),
		UNIT_TEST(test_dates_that_never_were),
		UNIT_TEST(test_numbers),
		UNIT_TEST(test_edit_distance),
		UNIT_TEST(test_nearest),
		UNIT_TEST(test_places),
		UNIT_TEST(test_line_text),
		UNIT_TEST(test_floods_are_counted),
		UNIT_TEST(test_control_bytes_are_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
