/* SPDX-License-Identifier: MIT */
/* Patterns as the regular expressions of file_contexts, and how two of them relate. */
#include "backends/selinux/selinux.h"

#include <string.h>

/*
 * libselinux anchors an expression at both ends and matches bytes, `.` any byte but NUL. Bytes that
 * its reader or its search for metacharacters takes for something else go into a class, as \x
 * escapes.
 */
static bool is_meta(unsigned char c)
{
	return strchr("\\.^$?*+|[](){}", c) != NULL && c;
}

static bool is_clean(unsigned char c)
{
	return c > ' ' && c < 0x7f;
}

static void put_class_byte(struct fp_buf *b, unsigned char c)
{
	if (is_clean(c) && !is_meta(c) && c != '-')
		fp_buf_putc(b, (char)c);
	else
		fp_buf_printf(b, "\\x%02x", c);
}

static bool has(const uint32_t set[8], unsigned c)
{
	return set[c >> 5] >> (c & 31) & 1;
}

void se_put_class(struct fp_buf *b, const uint32_t set[8])
{
	fp_buf_putc(b, '[');
	for (unsigned c = 1; c < 256; c++) {
		unsigned last = c;

		if (!has(set, c))
			continue;
		while (last < 255 && has(set, last + 1))
			last++;
		put_class_byte(b, (unsigned char)c);
		if (last > c + 1)
			fp_buf_putc(b, '-');
		if (last > c)
			put_class_byte(b, (unsigned char)last);
		c = last;
	}
	fp_buf_putc(b, ']');
}

void se_put_byte(struct fp_buf *b, unsigned char c)
{
	if (!is_clean(c))
		fp_buf_printf(b, "[\\x%02x]", c);
	else if (is_meta(c))
		fp_buf_printf(b, "\\%c", c);
	else
		fp_buf_putc(b, (char)c);
}

static void put_items(struct fp_buf *b, const struct fp_glob_item *items, size_t n);

static void put_alternatives(struct fp_buf *b, const struct fp_glob_item *item)
{
	fp_buf_puts(b, "(");
	for (size_t i = 0; i < item->alt_count; i++) {
		if (i)
			fp_buf_putc(b, '|');
		put_items(b, item->alts[i], item->alt_lens[i]);
	}
	fp_buf_putc(b, ')');
}

static void put_item(struct fp_buf *b, const struct fp_glob_item *item)
{
	switch (item->op) {
	case FP_GLOB_BYTE:
		se_put_byte(b, item->byte);
		return;
	case FP_GLOB_ANY1:
		fp_buf_puts(b, "[^/]");
		return;
	case FP_GLOB_STAR:
		fp_buf_puts(b, "[^/]*");
		return;
	case FP_GLOB_STARSTAR:
		fp_buf_puts(b, ".*");
		return;
	case FP_GLOB_CLASS:
		se_put_class(b, item->set);
		return;
	case FP_GLOB_PARAM:
		fp_buf_puts(b, "[^/]+");
		return;
	case FP_GLOB_ALT:
		put_alternatives(b, item);
		return;
	}
}

static void put_items(struct fp_buf *b, const struct fp_glob_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put_item(b, &items[i]);
}

void se_regex_fill(struct fp_unit *u, struct se_pattern *p)
{
	struct fp_buf b;
	size_t lead = 0;

	fp_buf_init(&b, &u->arena);
	while (lead < p->n && p->items[lead].op == FP_GLOB_BYTE && is_clean(p->items[lead].byte))
		lead++;
	put_items(&b, p->items, lead);
	p->prefix = (uint32_t)b.len;
	p->lead = (uint32_t)lead;
	put_items(&b, p->items + lead, p->n - lead);
	p->is_literal = lead == p->n && !p->is_tree;
	if (p->is_tree && !p->n) {
		fp_buf_putc(&b, '/'); /* the root: every path begins with it */
		p->prefix = 1;
	}
	if (p->is_tree)
		fp_buf_puts(&b, p->n ? "(/.*)?" : ".*");
	p->regex = fp_buf_text(&b);
}

/* Look-aheads stand where the pattern's own literal beginning ends, so that they never shorten it.
 */
static void put_looks(struct se_paths *p, const struct se_pattern *one, const uint32_t *others,
		      size_t n, const char *how, struct fp_buf *b)
{
	for (size_t i = 0; i < n; i++) {
		fp_buf_printf(b, "(?%s(", how);
		se_rest_print(p, &p->patterns.at[others[i]], one, b);
		fp_buf_puts(b, ")$)");
	}
}

void se_regex_finish(struct se_paths *p)
{
	struct fp_buf b;

	for (size_t i = 0; i < p->patterns.n; i++) {
		struct se_pattern *one = &p->patterns.at[i];
		one->spec = one->regex;
		if (!one->excludes.n)
			continue;
		fp_buf_init(&b, &p->u->arena);
		fp_buf_add(&b, one->regex, one->prefix);
		put_looks(p, one, one->excludes.at, one->excludes.n, "!", &b);
		fp_buf_puts(&b, one->regex + one->prefix);
		one->spec = fp_buf_text(&b);
	}
	for (size_t i = 0; i < p->crossings.n; i++) {
		struct se_crossing *x = &p->crossings.at[i];
		const struct se_pattern *one = &p->patterns.at[x->b];
		fp_buf_init(&b, &p->u->arena);
		fp_buf_add(&b, one->regex, one->prefix);
		put_looks(p, one, &x->a, 1, "=", &b);
		put_looks(p, one, x->excludes.at, x->excludes.n, "!", &b);
		fp_buf_puts(&b, one->regex + one->prefix);
		x->spec = fp_buf_text(&b);
	}
}
