/* SPDX-License-Identifier: MIT */
/* Source files and places in them. */
#include "base/source.h"

#include <string.h>

struct fp_source *fp_source_add(struct fp_sources *s, const char *name, const char *data,
				size_t len, struct fp_span imported_at)
{
	if (!s->end)
		s->end = 1;
	if (len >= UINT32_MAX - s->end)
		return NULL;
	struct fp_source *src = FP_NEW(s->arena, struct fp_source);

	src->name = fp_arena_text(s->arena, name, strlen(name));
	const char *slash = strrchr(src->name, '/');
	src->label = slash ? slash + 1 : src->name;
	src->data = fp_arena_text(s->arena, data, len);
	src->base = s->end;
	src->len = (uint32_t)len;
	src->imported_at = imported_at;
	s->end += (uint32_t)len + 1;
	fp_vec_push(s->arena, &s->files, src);
	return src;
}

static struct fp_source *find_file(const struct fp_sources *s, uint32_t offset)
{
	size_t lo = 0, hi = s->files.n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (offset > s->files.at[mid]->base + s->files.at[mid]->len)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->files.n && offset >= s->files.at[lo]->base ? s->files.at[lo] : NULL;
}

static void index_lines(struct fp_sources *s, struct fp_source *src)
{
	size_t n = 1, i = 0;

	for (uint32_t o = 0; o < src->len; o++)
		n += src->data[o] == '\n';
	uint32_t *lines = FP_NEW_ARRAY(s->arena, n, uint32_t);
	lines[i++] = 0;
	for (uint32_t o = 0; o < src->len; o++)
		if (src->data[o] == '\n')
			lines[i++] = o + 1;
	src->lines = lines;
	src->line_count = n;
}

static uint32_t count_points(const char *text, uint32_t from, uint32_t to)
{
	uint32_t n = 0;

	for (; from < to; from++)
		n += ((unsigned char)text[from] & 0xc0) != 0x80;
	return n;
}

static void index_points(struct fp_sources *s, struct fp_source *src)
{
	size_t n = src->len / FP_SOURCE_MARK + 1;
	uint32_t *points = FP_NEW_ARRAY(s->arena, n, uint32_t);

	for (uint32_t i = 1; i < n; i++)
		points[i] = points[i - 1] +
			    count_points(src->data, (i - 1) * FP_SOURCE_MARK, i * FP_SOURCE_MARK);
	src->points = points;
}

static uint32_t points_before(const struct fp_source *src, uint32_t at)
{
	uint32_t mark = at / FP_SOURCE_MARK;

	return src->points[mark] + count_points(src->data, mark * FP_SOURCE_MARK, at);
}

static uint32_t points_between(const struct fp_source *src, uint32_t from, uint32_t to)
{
	if (to - from < FP_SOURCE_MARK)
		return count_points(src->data, from, to);
	return points_before(src, to) - points_before(src, from);
}

bool fp_source_place(struct fp_sources *s, uint32_t offset, struct fp_place *out)
{
	struct fp_source *src = offset ? find_file(s, offset) : NULL;

	if (!src)
		return false;
	if (!src->lines) {
		index_points(s, src);
		index_lines(s, src);
	}
	uint32_t at = offset - src->base;
	size_t lo = 0, hi = src->line_count;
	while (hi - lo > 1) {
		size_t mid = (lo + hi) / 2;
		if (src->lines[mid] <= at)
			lo = mid;
		else
			hi = mid;
	}
	uint32_t before = points_between(src, src->lines[lo], at);
	*out = (struct fp_place){ .source = src, .line = (uint32_t)lo + 1, .column = before + 1 };
	return true;
}

const char *fp_source_line(const struct fp_source *src, uint32_t line, size_t *len)
{
	const char *begin = src->data + src->lines[line - 1];
	const char *end = memchr(begin, '\n', (size_t)(src->data + src->len - begin));

	*len = (size_t)((end ? end : src->data + src->len) - begin);
	return begin;
}
