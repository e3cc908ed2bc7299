/* SPDX-License-Identifier: MIT */
/* From a pattern to paths: one that matches, and those beside it. */
#include "analysis/probes.h"

#include <string.h>

static void member(struct fp_buf *b, const struct fp_glob_item *items, size_t n, char letter);

static char of_class(const uint32_t *set, char letter)
{
	unsigned char want = (unsigned char)letter;

	if (set[want >> 5] >> (want & 31) & 1)
		return letter;
	for (unsigned c = 0x21; c < 0x7f; c++)
		if (set[c >> 5] >> (c & 31) & 1)
			return (char)c;
	for (unsigned c = 1; c < 256; c++)
		if (set[c >> 5] >> (c & 31) & 1)
			return (char)c;
	return letter;
}

/* The shortest alternative; the first of the shortest. */
static void alternative(struct fp_buf *b, const struct fp_glob_item *item, char letter)
{
	size_t best = 0, length = SIZE_MAX;

	for (size_t i = 0; i < item->alt_count; i++) {
		struct fp_buf one;
		fp_buf_init(&one, b->arena);
		member(&one, item->alts[i], item->alt_lens[i], letter);
		if (one.len < length) {
			best = i;
			length = one.len;
		}
	}
	member(b, item->alts[best], item->alt_lens[best], letter);
}

static void member(struct fp_buf *b, const struct fp_glob_item *items, size_t n, char letter)
{
	for (size_t i = 0; i < n; i++)
		switch (items[i].op) {
		case FP_GLOB_BYTE:
			fp_buf_putc(b, (char)items[i].byte);
			break;
		case FP_GLOB_ANY1:
		case FP_GLOB_PARAM:
			fp_buf_putc(b, letter);
			break;
		case FP_GLOB_STAR:
		case FP_GLOB_STARSTAR:
			/* Nothing would do, but would leave no name after a slash. */
			if (b->len && b->data[b->len - 1] == '/')
				fp_buf_putc(b, letter);
			break;
		case FP_GLOB_CLASS:
			fp_buf_putc(b, of_class(items[i].set, letter));
			break;
		case FP_GLOB_ALT:
			alternative(b, &items[i], letter);
			break;
		}
}

const char *fp_glob_member(struct fp_arena *a, const struct fp_glob *g, char letter)
{
	struct fp_buf b;

	fp_buf_init(&b, a);
	member(&b, g->items, g->n, letter);
	/* A tree has a root of its own, a directory; a file in it is what rights are tried on. */
	if (g->is_tree) {
		if (!b.len || b.data[b.len - 1] != '/')
			fp_buf_putc(&b, '/');
		fp_buf_putc(&b, letter);
	}
	return fp_buf_text(&b);
}

const char *fp_glob_near(struct fp_arena *a, const char *path, size_t n)
{
	size_t len = strlen(path), base = (size_t)(strrchr(path, '/') - path) + 1;
	int dir = (int)base - 1; /* length of the directory, without its slash */

	switch (n) {
	case 0: /* one byte more */
		return fp_arena_printf(a, "%sx", path);
	case 1: /* another last byte */
		return fp_arena_printf(a, "%.*s%c", (int)len - 1, path,
				       path[len - 1] == 'x' ? 'y' : 'x');
	case 2: /* the directory's sibling */
		return fp_arena_printf(a, dir ? "%.*sx%s" : "%.*s/x%s", dir, path, path + dir);
	case 3: /* one level down */
		return fp_arena_printf(a, "%.*s/x%s", dir, path, path + dir);
	case 4: /* in the directory, under a name of its own */
		return fp_arena_printf(a, "%.*s/fp-x", dir, path);
	case 5: /* one level up */
		return dir ? fp_arena_printf(a, "%.*s/%s",
					     (int)((char *)memrchr(path, '/', (size_t)dir) - path),
					     path, path + base)
			   : "/fp-x";
	case 6:
		return "/fp-x";
	default:
		return NULL;
	}
}
