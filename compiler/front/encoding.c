/* SPDX-License-Identifier: MIT */
/* What a source may not hold anywhere, comments included: bytes that hide something from a
 * reviewer. */
#include "front/parser.h"

#include <inttypes.h>

static void refuse_point(struct fp_parser *p, uint32_t point, struct fp_span span)
{
	if (point == 0) {
		fp_diag(p->u, FP_E_NUL, span, "a NUL byte");
		fp_diag_help(p->u, "a policy is text; remove the byte");
	} else if (fp_utf8_is_bidi(point)) {
		fp_diag(p->u, FP_E_BIDI, span, "the bidirectional control U+%04" PRIX32, point);
		fp_diag_help(p->u, "it makes text look different from what it is; remove it");
	} else if (point == 0xfeff) {
		fp_diag(p->u, FP_E_BOM, span, "a byte order mark");
		fp_diag_help(p->u, "save the file as UTF-8 without a byte order mark");
	} else if (point == '\r') {
		fp_diag(p->u, FP_E_CONTROL, span, "a carriage return without a newline");
		fp_diag_help(p->u, "end lines with a newline");
	} else {
		fp_diag(p->u, FP_E_CONTROL, span, "the control character U+%04" PRIX32, point);
		fp_diag_help(p->u, "remove it; in a string write \\x%02" PRIx32, point);
	}
}

static bool is_refused(uint32_t point, char next)
{
	if (point == '\t' || point == '\n' || (point == '\r' && next == '\n'))
		return false;
	return point < 0x20 || point == 0x7f || point == 0xfeff || fp_utf8_is_bidi(point);
}

/* Bytes that need no look: printable ASCII, tabs and newlines. */
static size_t plain_run(const char *text, size_t left)
{
	size_t n = 0;

	while (n < left &&
	       ((text[n] >= ' ' && text[n] < 0x7f) || text[n] == '\n' || text[n] == '\t'))
		n++;
	return n;
}

/* One run of bytes that are not UTF-8 is one error. Returns its length. */
static size_t refuse_bytes(struct fp_parser *p, size_t at)
{
	const struct fp_source *src = p->src;
	size_t n = 1;
	uint32_t point;

	while (at + n < src->len && (unsigned char)src->data[at + n] >= 0x80 &&
	       !fp_utf8_length(src->data + at + n, src->len - at - n, &point))
		n++;
	struct fp_span span = { src->base + (uint32_t)at, src->base + (uint32_t)(at + n) };
	fp_diag(p->u, FP_E_UTF8, span, "the byte 0x%02x is not valid UTF-8",
		(unsigned char)src->data[at]);
	fp_diag_help(p->u, "save the file as UTF-8; in a string only UTF-8 can be written");
	return n;
}

char *fp_encoding_check(struct fp_parser *p)
{
	const struct fp_source *src = p->src;
	char *text = fp_arena_alloc(&p->u->arena, (size_t)src->len + 2);

	memcpy(text, src->data, src->len);
	for (size_t i = 0; p->u->diags.errors < FP_DIAG_LIMIT;) {
		uint32_t point = 0;
		i += plain_run(src->data + i, src->len - i);
		if (i == src->len)
			break;
		size_t n = fp_utf8_length(src->data + i, src->len - i, &point);
		struct fp_span span = { src->base + (uint32_t)i, src->base + (uint32_t)(i + n) };
		if (n && !is_refused(point, src->data[i + n])) {
			i += n;
			continue;
		}
		if (n)
			refuse_point(p, point, span);
		else
			n = refuse_bytes(p, i);
		memset(text + i, 1, n);
		i += n;
	}
	return text;
}
