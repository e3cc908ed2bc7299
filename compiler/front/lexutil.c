/* SPDX-License-Identifier: MIT */
/* What a lexeme is worth: numbers, strings, addresses, keywords; and what is wrong with it. */
#include "base/ipaddr.h"
#include "front/parser.h"
#include "parse.tab.h"

#define KW(token, word) { word, FP_T_##token },

static const struct keyword {
	const char *word;
	int token;
} keywords[] = {

#include "grammar/keywords.def"
};
#undef KW

/* Bytes of a lexeme that a message repeats. */
#define SHOWN 40

static int shown(const struct fp_lexeme *l)
{
	size_t n = l->len;

	if (n > SHOWN)
		for (n = SHOWN; n && ((unsigned char)l->text[n] & 0xc0) == 0x80;)
			n--;
	return (int)n;
}

/* In a statement that is being skipped more errors would only be echoes of the first. */
int fp_lex_refuse(const struct fp_lexeme *l, enum fp_diag_id id, struct fp_span span,
		  const char *message, const char *help)
{
	if (!l->p->skipping) {
		fp_diag(l->p->u, id, span, "%s", message);
		fp_diag_help(l->p->u, "%s", help);
	}
	return FP_T_ERROR;
}

/* "'lexeme' what" */
static int refuse(const struct fp_lexeme *l, enum fp_diag_id id, const char *what, const char *help)
{
	if (l->p->skipping)
		return FP_T_ERROR;
	const char *message =
		fp_arena_printf(&l->p->u->arena, "'%.*s' %s", shown(l), l->text, what);
	return fp_lex_refuse(l, id, l->span, message, help);
}

_Noreturn void fp_lex_fatal(struct fp_parser *p)
{
	longjmp(p->u->recover, 1);
}

static const struct fp_str *spelt(const struct fp_lexeme *l)
{
	return fp_intern(&l->p->u->names, l->text, l->len);
}

/* Nobody reads the tokens that are skipped: they share one node, so that they cost no memory. */
static struct fp_ast *leaf(const struct fp_lexeme *l, enum fp_ast_kind kind)
{
	struct fp_parser *p = l->p;

	if (p->skipping && !p->unread)
		p->unread = fp_ast_new(p, kind, l->span);
	l->out->node = p->skipping ? p->unread : fp_ast_new(p, kind, l->span);
	return l->out->node;
}

static int compare(const char *text, size_t len, const char *word)
{
	size_t n = strlen(word);
	int c = memcmp(text, word, len < n ? len : n);

	return c ? c : (len > n) - (len < n);
}

int fp_lex_word(const struct fp_lexeme *l)
{
	size_t lo = 0, hi = sizeof(keywords) / sizeof(keywords[0]);

	l->out->str = spelt(l);
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = compare(l->text, l->len, keywords[mid].word);
		if (!c)
			return keywords[mid].token;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return FP_T_WORD;
}

int fp_lex_set(const struct fp_lexeme *l)
{
	struct fp_ast *node = leaf(l, FP_AST_SETREF);

	node->name = spelt(l);
	node->name_span = l->span;
	return FP_T_SETNAME;
}

/* ${name}: a node of its own, so that ${any} is a parameter called any and never every peer. */
int fp_lex_reference(const struct fp_lexeme *l)
{
	struct fp_ast *node = leaf(l, FP_AST_REFERENCE);

	node->name = fp_intern(&l->p->u->names, l->text + 2, l->len - 3);
	node->name_span = l->span;
	return FP_T_REFERENCE;
}

int fp_lex_operator(const struct fp_lexeme *l, int kind)
{
	l->out->str = spelt(l);
	return kind;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Digits up to the first character that is none, over '_'; false when it passes 64 bits. */
static bool read_digits(const char **text, const char *end, unsigned base, uint64_t *value)
{
	const char *s = *text;
	uint64_t v = 0;
	bool fits = true;

	for (; s < end; s++) {
		int d = *s == '_' ? 0 : digit_value(*s);
		if (d < 0 || (unsigned)d >= base)
			break;
		if (*s != '_')
			fits = fits && !__builtin_mul_overflow(v, base, &v) &&
			       !__builtin_add_overflow(v, (uint64_t)d, &v);
	}
	*text = s;
	*value = v;
	return fits;
}

static int overflow(const struct fp_lexeme *l, const char *unit)
{
	const char *help = "";

	if (!l->p->skipping)
		help = fp_arena_printf(&l->p->u->arena, "the largest is 18446744073709551615%s",
				       unit);
	return refuse(l, FP_E_OVERFLOW, "does not fit into 64 bits", help);
}

int fp_lex_number(const struct fp_lexeme *l)
{
	bool is_hex = l->len > 2 && l->text[1] == 'x';
	const char *s = l->text + (is_hex ? 2 : 0);
	uint64_t value;

	if (!read_digits(&s, l->text + l->len, is_hex ? 16 : 10, &value))
		return overflow(l, "");
	struct fp_ast *node = leaf(l, FP_AST_NUMBER);
	node->value = value;
	node->text = spelt(l);
	return FP_T_NUMBER;
}

int fp_lex_decimal(const struct fp_lexeme *l)
{
	const char *s = l->text, *end = l->text + l->len;
	uint64_t whole, part = 0, value;
	bool fits = read_digits(&s, end, 10, &whole);
	const char *places = ++s;

	if (end - places > 3)
		return refuse(l, FP_E_PLACES, "has more than three decimal places",
			      "round it to thousandths");
	read_digits(&s, end, 10, &part);
	for (ptrdiff_t n = end - places; n < 3; n++)
		part *= 10;
	if (!fits || __builtin_mul_overflow(whole, 1000u, &value) ||
	    __builtin_add_overflow(value, part, &value))
		return overflow(l, " thousandths");
	struct fp_ast *node = leaf(l, FP_AST_DECIMAL);
	node->value = value;
	node->text = spelt(l);
	return FP_T_DECIMAL;
}

/* `factor` of a unit: bytes or milliseconds. */
static int scaled(const struct fp_lexeme *l, enum fp_ast_kind kind, int token,
		  uint64_t (*factor)(const char *unit), const char *unit_name)
{
	const char *s = l->text;
	uint64_t value;

	if (!read_digits(&s, l->text + l->len, 10, &value) ||
	    __builtin_mul_overflow(value, factor(s), &value))
		return overflow(l, unit_name);
	leaf(l, kind)->value = value;
	return token;
}

static uint64_t bytes_of(const char *unit)
{
	switch (*unit) {
	case 'K':
		return 1u << 10;
	case 'M':
		return 1u << 20;
	case 'G':
		return 1u << 30;
	case 'T':
		return (uint64_t)1 << 40;
	}
	return 1;
}

static uint64_t milliseconds_of(const char *unit)
{
	switch (*unit) {
	case 's':
		return 1000;
	case 'h':
		return 3600 * 1000;
	}
	return unit[1] == 's' ? 1 : 60 * 1000;
}

int fp_lex_size(const struct fp_lexeme *l)
{
	return scaled(l, FP_AST_SIZE, FP_T_SIZE, bytes_of, " bytes");
}

int fp_lex_rate(const struct fp_lexeme *l)
{
	return scaled(l, FP_AST_RATE, FP_T_RATE, bytes_of, " bytes a second");
}

int fp_lex_duration(const struct fp_lexeme *l)
{
	return scaled(l, FP_AST_DURATION, FP_T_DURATION, milliseconds_of, " milliseconds");
}

int fp_lex_date(const struct fp_lexeme *l)
{
	struct fp_date date;

	if (!fp_date_parse(l->text, l->len, &date))
		return refuse(l, FP_E_DATE, "is not a date",
			      "dates are written YYYY-MM-DD, as in 2027-06-30");
	leaf(l, FP_AST_UNTIL)->text = spelt(l);
	return FP_T_DATE;
}

/* Host bits past the length are for the meaning to judge, not for the syntax. */
int fp_lex_prefix(const struct fp_lexeme *l)
{
	struct fp_prefix prefix;
	enum fp_prefix_error e = fp_prefix_parse(l->text, l->len, &prefix);

	if (e == FP_PREFIX_SYNTAX && !memchr(l->text, '.', l->len) && !memchr(l->text, ':', l->len))
		return refuse(l, FP_E_MALFORMED, "is neither a number nor an address",
			      "a half is 0.5, a date 2027-06-30, a prefix has a whole address: "
			      "10.0.0.0/8");
	if (e == FP_PREFIX_SYNTAX)
		return refuse(l, FP_E_ADDRESS, "is not an IP address or prefix",
			      "write it like 10.0.0.1, 10.0.0.0/16 or 2001:db8::/32");
	if (e == FP_PREFIX_LENGTH)
		return refuse(l, FP_E_ADDRESS, "has a bad prefix length",
			      prefix.family == FP_IPV4 ? "it is 0 to 32" : "it is 0 to 128");
	leaf(l, FP_AST_PREFIX)->text = spelt(l);
	return FP_T_PREFIX;
}

/* 8MB, 8M and 8m mean different things to different tools; 5min and 5sec are no units here. */
static const char *meant_number(const struct fp_lexeme *l)
{
	size_t digits = strspn(l->text, "0123456789");
	const char *unit = l->text + digits;
	size_t n = l->len > digits ? l->len - digits : 0;
	struct fp_arena *a = &l->p->u->arena;

	if (memchr(l->text, ':', l->len))
		return "a port stands apart: `to 10.0.0.0/8 port 443`";
	if (n && *unit == '.')
		return "with a unit numbers are whole: take the next smaller unit, 1536MiB for "
		       "1.5GiB";
	if (n && n <= 2 && strchr("KMGTkg", *unit) && (n == 1 || strchr("Bb", unit[1])))
		return fp_arena_printf(a, "write %.*s%ciB: a KiB is 1024 bytes", (int)digits,
				       l->text, *unit & ~0x20);
	if (n == 3 && (!memcmp(unit, "min", 3) || !memcmp(unit, "sec", 3)))
		return fp_arena_printf(a, "write %.*s%c", (int)digits, l->text, *unit);
	return "sizes end in B, KiB, MiB, GiB or TiB (rates in /s after it), durations in ms, s, m "
	       "or h; hexadecimal begins with 0x";
}

int fp_lex_bad_number(const struct fp_lexeme *l)
{
	return refuse(l, FP_E_MALFORMED, "is not a number, size or duration",
		      l->p->skipping ? "" : meant_number(l));
}

int fp_lex_path(const struct fp_lexeme *l)
{
	leaf(l, FP_AST_PATH)->text = spelt(l);
	return FP_T_PATH;
}

int fp_lex_bad_path(const struct fp_lexeme *l)
{
	return refuse(l, FP_E_CHARACTER, "is a pattern outside a string", "put it in quotes");
}

int fp_lex_bad_operator(const struct fp_lexeme *l)
{
	return refuse(l, FP_E_CHARACTER, "is not an operator",
		      *l->text == '&'   ? "write 'and'"
		      : *l->text == '|' ? "write 'or'"
					: "write 'not'");
}

/* What the character is for elsewhere, and how that is said here. */
static const char *character_help(char c)
{
	switch (c) {
	case '@':
		return "a set is written @name or @name@edition";
	case '$':
		return "a parameter is written ${name}, where a value or text may stand";
	case '%':
		return "shares are numbers: half a CPU is `cpu 0.5`";
	case '*':
	case '?':
	case '[':
		return "patterns stand in double quotes; every peer, port or protocol is `any`";
	case '+':
		return "there is no addition: flags are joined with '|', lists with ','";
	}
	return "text stands in double quotes";
}

int fp_lex_bad_character(const struct fp_lexeme *l)
{
	return refuse(l, FP_E_CHARACTER, "begins nothing that the language knows",
		      character_help(*l->text));
}

/* Skipped like a comment: what follows is not to blame. */
void fp_lex_foreign_comment(const struct fp_lexeme *l)
{
	struct fp_span mark = { l->span.begin, l->span.begin + 2 };

	fp_lex_refuse(l, FP_E_CHARACTER, mark, "this begins no comment",
		      "comments begin with '#' and end with the line");
}
