/* SPDX-License-Identifier: MIT */
/* String lexemes: escapes, and what a string may hold. */
#include "front/parser.h"
#include "parse.tab.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One escape at s, after the backslash. Returns its length, 0 if there is no such escape. */
static size_t unescape(const char *s, const char *end, struct fp_buf *out)
{
	static const char plain[] = "\"\\nt", meaning[] = "\"\\\n\t";
	const char *at = strchr(plain, *s);

	if (*s && at) {
		fp_buf_putc(out, meaning[at - plain]);
		return 1;
	}
	if (*s != 'x' || end - s < 3 || hex_digit(s[1]) < 0 || hex_digit(s[2]) < 0)
		return 0;
	fp_buf_putc(out, (char)(hex_digit(s[1]) << 4 | hex_digit(s[2])));
	return 3;
}

static bool refuse_escape(const struct fp_lexeme *l, size_t at)
{
	uint32_t begin = l->span.begin + (uint32_t)at, point = 0;
	size_t n = fp_utf8_length(l->text + at + 1, l->len - at - 1, &point);
	struct fp_span span = { begin, begin + 1 + (uint32_t)n };
	const char *message =
		fp_arena_printf(&l->p->u->arena, "unknown escape '%.*s'", (int)n + 1, l->text + at);

	fp_lex_refuse(l, FP_E_ESCAPE, span, message,
		      "escapes are \\\", \\\\, \\n, \\t and \\xHH; a backslash is \\\\");
	return false;
}

static bool refuse_contents(const struct fp_lexeme *l, enum fp_diag_id id, const char *message)
{
	fp_lex_refuse(l, id, l->span, message, "remove the escape that brings it in");
	return false;
}

/* Escapes must not bring in what the source may not hold. */
static bool check_contents(const struct fp_lexeme *l, const struct fp_buf *b)
{
	const char *s = fp_buf_text(b);

	for (size_t i = 0; i < b->len;) {
		uint32_t point = 0;
		size_t n = fp_utf8_length(s + i, b->len - i, &point);
		if (!n)
			return refuse_contents(l, FP_E_UTF8,
					       "the string holds bytes that are not UTF-8");
		if (!point)
			return refuse_contents(l, FP_E_NUL, "the string holds a NUL byte");
		if (fp_utf8_is_bidi(point))
			return refuse_contents(l, FP_E_BIDI,
					       "the string holds a bidirectional control");
		i += n;
	}
	return true;
}

static bool unescape_all(const struct fp_lexeme *l, struct fp_buf *out)
{
	const char *end = l->text + l->len - 1;

	for (const char *s = l->text + 1; s < end;) {
		const char *next = memchr(s, '\\', (size_t)(end - s));
		fp_buf_add(out, s, (size_t)((next ? next : end) - s));
		if (!next)
			break;
		size_t n = unescape(next + 1, end, out);
		if (!n)
			return refuse_escape(l, (size_t)(next - l->text));
		s = next + 1 + n;
	}
	return check_contents(l, out);
}

int fp_lex_string(const struct fp_lexeme *l)
{
	const char *text = l->text + 1;
	size_t len = l->len - 2;
	struct fp_buf b;

	if (l->p->skipping)
		return FP_T_TEXT;
	if (memchr(text, 1, len)) /* a refused byte, reported already */
		return FP_T_ERROR;
	if (memchr(text, '\\', len)) {
		fp_buf_init(&b, &l->p->u->arena);
		if (!unescape_all(l, &b))
			return FP_T_ERROR;
		text = fp_buf_text(&b);
		len = b.len;
	}
	l->out->node = fp_ast_new(l->p, FP_AST_TEXT, l->span);
	l->out->node->text = fp_intern(&l->p->u->names, text, len);
	return FP_T_TEXT;
}

/* The statement's end is most likely in the string: the next line begins a new one. */
int fp_lex_open_string(const struct fp_lexeme *l)
{
	struct fp_span quote = { l->span.begin, l->span.begin + 1 };

	l->out->flag = memchr(l->text, ';', l->len) != NULL;
	return fp_lex_refuse(l, FP_E_STRING, quote, "the string does not end on its line",
			     "close it with '\"'; a newline in a string is \\n");
}
