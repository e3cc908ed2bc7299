/* SPDX-License-Identifier: MIT */
/* Path patterns in AppArmor's glob language. */
#include "backends/apparmor/apparmor.h"

#include <string.h>

/*
 * The parser reads a quoted path twice: the lexer resolves \ooo, then the glob reader takes a
 * backslash as "the next byte is no operator". Where the two readings differ (a backslash before
 * the closing quote; the at sign, which no backslash protects from "@{variable}") we write octal
 * or a class of one.
 */
static void put_byte(struct fp_buf *b, unsigned char c)
{
	if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
		fp_buf_printf(b, "\\%03o", c);
	else if (c == '@')
		fp_buf_puts(b, "[@]");
	else if (strchr("*?[]{},^", c))
		fp_buf_printf(b, "\\%c", c);
	else
		fp_buf_putc(b, (char)c);
}

static bool in_set(const uint32_t set[8], unsigned c)
{
	return set[c >> 5] >> (c & 31) & 1;
}

/* The end of the block of bytes that may stand in brackets as a range; 0 for punctuation. */
static unsigned range_end(unsigned c)
{
	if (c < 0x20)
		return 0x1f;
	if (c >= 0x7f)
		return 0xff;
	if (c >= '0' && c <= '9')
		return '9';
	if (c >= 'A' && c <= 'Z')
		return 'Z';
	return c >= 'a' && c <= 'z' ? 'z' : 0;
}

static void put_ranges(struct fp_buf *b, const uint32_t set[8])
{
	for (unsigned c = 1; c < 256; c++) {
		unsigned end = range_end(c), last = c;
		if (!end || !in_set(set, c))
			continue;
		while (last < end && in_set(set, last + 1))
			last++;
		put_byte(b, (unsigned char)c);
		if (last > c + 1)
			fp_buf_putc(b, '-');
		if (last > c)
			put_byte(b, (unsigned char)last);
		c = last;
	}
}

/*
 * A class is spelled without its complement: [^x] of AppArmor matches a slash. Letters, digits and
 * bytes without a glyph go in brackets; punctuation, which brackets read in their own way, beside
 * them.
 */
static void put_class(struct fp_buf *b, const uint32_t set[8])
{
	struct fp_buf ranges;
	unsigned alone = 0;

	fp_buf_init(&ranges, b->arena);
	put_ranges(&ranges, set);
	for (unsigned c = 0x20; c < 0x7f; c++)
		alone += !range_end(c) && in_set(set, c);
	if (!alone && !ranges.len) { /* no byte at all: NUL stands in no path */
		fp_buf_puts(b, "[^\\001-\\377]");
		return;
	}
	bool braces = alone + (ranges.len != 0) > 1;
	const char *sep = "";
	fp_buf_puts(b, braces ? "{" : "");
	if (ranges.len) {
		fp_buf_printf(b, "[%s]", fp_buf_text(&ranges));
		sep = ",";
	}
	for (unsigned c = 0x20; c < 0x7f; c++) {
		if (range_end(c) || !in_set(set, c))
			continue;
		fp_buf_puts(b, sep);
		put_byte(b, (unsigned char)c);
		sep = ",";
	}
	fp_buf_puts(b, braces ? "}" : "");
}

static void put_items(struct fp_buf *b, const struct fp_glob_item *items, size_t n);

/* Braces around a single alternative are an error to the parser: it is written twice. */
static void put_alts(struct fp_buf *b, const struct fp_glob_item *item)
{
	fp_buf_putc(b, '{');
	for (size_t i = 0; i < item->alt_count; i++) {
		fp_buf_puts(b, i ? "," : "");
		put_items(b, item->alts[i], item->alt_lens[i]);
	}
	if (item->alt_count == 1) {
		fp_buf_putc(b, ',');
		put_items(b, item->alts[0], item->alt_lens[0]);
	}
	fp_buf_putc(b, '}');
}

/*
 * A * that fills a component matches at least one byte to the parser: so it does in a real path.
 * One behind a parameter would make two stars of its star; it adds nothing there.
 */
static void put_items(struct fp_buf *b, const struct fp_glob_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		switch (items[i].op) {
		case FP_GLOB_BYTE:
			put_byte(b, items[i].byte);
			break;
		case FP_GLOB_ANY1:
			fp_buf_putc(b, '?');
			break;
		case FP_GLOB_STAR:
			if (!i || items[i - 1].op != FP_GLOB_PARAM)
				fp_buf_putc(b, '*');
			break;
		case FP_GLOB_STARSTAR:
			fp_buf_puts(b, "**");
			break;
		case FP_GLOB_CLASS:
			put_class(b, items[i].set);
			break;
		case FP_GLOB_ALT:
			put_alts(b, &items[i]);
			break;
		case FP_GLOB_PARAM:
			fp_buf_puts(b, "?*");
			break;
		}
	}
}

/*
 * To the kernel "/d/" is the directory /d. A pattern whose last component can come out empty ("/d/"
 * and a star) would match it; the policy's pattern does not, because no path ends in a slash. The
 * functions below rewrite the end of a pattern so that it matches no string that ends in one.
 */
static bool is_nullable(const struct fp_glob_item *item);

static bool are_nullable(const struct fp_glob_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_nullable(&items[i]))
			return false;
	return true;
}

static bool is_nullable(const struct fp_glob_item *item)
{
	if (item->op != FP_GLOB_ALT)
		return item->op == FP_GLOB_STAR || item->op == FP_GLOB_STARSTAR;
	for (size_t i = 0; i < item->alt_count; i++)
		if (are_nullable(item->alts[i], item->alt_lens[i]))
			return true;
	return false;
}

/* One byte or more, and the last is no slash. */
static bool is_solid(const struct fp_glob_item *item)
{
	switch (item->op) {
	case FP_GLOB_BYTE:
		return item->byte != '/';
	case FP_GLOB_ANY1:
	case FP_GLOB_CLASS:
	case FP_GLOB_PARAM:
		return true;
	case FP_GLOB_STAR:
	case FP_GLOB_STARSTAR:
	case FP_GLOB_ALT:
		break;
	}
	return false;
}

struct ends {
	FP_VEC(const char *) list;
};

static void find_ends(struct fp_arena *a, const struct fp_glob_item *items, size_t n,
		      struct ends *out);

/* What the last item contributes when it is not empty. */
static void item_ends(struct fp_arena *a, const struct fp_glob_item *item, struct ends *out)
{
	struct fp_buf b;

	if (item->op == FP_GLOB_STAR) {
		fp_vec_push(a, &out->list, "?*");
	} else if (item->op == FP_GLOB_STARSTAR) {
		fp_vec_push(a, &out->list, "**?");
	} else if (item->op == FP_GLOB_ALT) {
		for (size_t i = 0; i < item->alt_count; i++)
			find_ends(a, item->alts[i], item->alt_lens[i], out);
	} else if (is_solid(item)) {
		fp_buf_init(&b, a);
		put_items(&b, item, 1);
		fp_vec_push(a, &out->list, fp_buf_text(&b));
	}
}

static const char *join(struct fp_arena *a, const struct fp_glob_item *items, size_t n,
			const struct ends *ends, bool or_nothing)
{
	bool braces = ends->list.n > 1 || or_nothing;
	struct fp_buf b;

	fp_buf_init(&b, a);
	put_items(&b, items, n);
	fp_buf_puts(&b, braces ? or_nothing ? "{," : "{" : "");
	for (size_t i = 0; i < ends->list.n; i++)
		fp_buf_printf(&b, "%s%s", i ? "," : "", ends->list.at[i]);
	fp_buf_puts(&b, braces ? "}" : "");
	return fp_buf_text(&b);
}

/* Adds texts that match the strings of the items which are not empty and end in no slash. */
static void find_ends(struct fp_arena *a, const struct fp_glob_item *items, size_t n,
		      struct ends *out)
{
	for (size_t i = n; i > 0; i--) {
		const struct fp_glob_item *last = &items[i - 1];
		bool may_vanish = is_nullable(last);
		bool may_stop = may_vanish && i > 1 && is_solid(last - 1);
		struct ends ends = { 0 };

		if (may_stop && last->op == FP_GLOB_STAR) {
			fp_vec_push(a, &out->list, join(a, items, i, &ends, false));
			return;
		}
		item_ends(a, last, &ends);
		if (ends.list.n)
			fp_vec_push(a, &out->list, join(a, items, i - 1, &ends, may_stop));
		if (may_stop && !ends.list.n)
			continue;
		if (!may_vanish || may_stop)
			return;
	}
}

/* The root is the one path that ends in a slash, so nothing above has kept it. */
void fp_aa_patterns(struct fp_unit *u, const struct fp_glob *g, struct fp_aa_patterns *out)
{
	struct ends ends = { 0 };
	struct fp_buf b;

	if (fp_glob_match(g, "/", 1) && g->n)
		fp_vec_push(&u->arena, &out->list, "/");
	if (g->is_tree) {
		fp_buf_init(&b, &u->arena);
		put_items(&b, g->items, g->n);
		fp_buf_puts(&b, "/{,**}");
		fp_vec_push(&u->arena, &out->list, fp_buf_text(&b));
		return;
	}
	find_ends(&u->arena, g->items, g->n, &ends);
	for (size_t i = 0; i < ends.list.n; i++)
		fp_vec_push(&u->arena, &out->list,
			    fp_arena_printf(&u->arena, "%s{,/}", ends.list.at[i]));
}

const char *fp_aa_literal(struct fp_unit *u, const char *path, const char *suffix)
{
	struct fp_buf b;

	fp_buf_init(&b, &u->arena);
	for (const char *c = path; *c; c++)
		put_byte(&b, (unsigned char)*c);
	fp_buf_puts(&b, suffix);
	return fp_buf_text(&b);
}
