/* SPDX-License-Identifier: MIT */
/* The grammar's errors in words: what was found, what may stand there, and a way out. */
#include "front/parser.h"
#include "parse.tab.h"

/* Alternatives a message lists; more of them are no help. */
#define LISTED 5u

/* Bytes of the source a message repeats. */
#define SHOWN 40u

struct fp_lexed fp_parser_text(const struct fp_parser *p, struct fp_span span)
{
	const char *text = p->src->data + (span.begin - p->src->base);
	size_t n = span.end - span.begin;

	if (n > SHOWN)
		for (n = SHOWN; n && ((unsigned char)text[n] & 0xc0) == 0x80;)
			n--;
	return (struct fp_lexed){ text, (int)n };
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Names of policy.y: "a name", "an address", "end of file" are kinds; '{' and ".." are marks. */
static bool is_kind(const char *name)
{
	return !strncmp(name, "a ", 2) || !strncmp(name, "an ", 3) || !strcmp(name, "end of file");
}

static bool is_keyword(const char *name)
{
	return !is_kind(name) && is_letter(*name);
}

static bool is_expected(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

bool fp_parser_expects(const struct fp_misread *m, const char *name)
{
	return is_expected(m->names, m->n, name);
}

bool fp_token_is_word(const struct fp_token *t)
{
	return t->kind == FP_T_WORD || is_keyword(fp_token_name(t->kind));
}

/* Names picked from those expected, in the order in which they are to be read. */
struct listing {
	struct fp_parser *p;
	const char *const *names;
	size_t n;
	const char **picked;
	size_t count;
};

static struct listing new_listing(struct fp_parser *p, const char *const *names, size_t n)
{
	const char **picked = FP_NEW_ARRAY(&p->u->arena, n, const char *);

	return (struct listing){ .p = p, .names = names, .n = n, .picked = picked };
}

static void pick(struct listing *l, const char *name)
{
	l->picked[l->count++] = name;
}

/* "a, b or c", and after `limit` of them "or others". */
static const char *joined(const struct listing *l, size_t limit)
{
	size_t shown = l->count < limit ? l->count : limit;
	struct fp_buf out;

	fp_buf_init(&out, &l->p->u->arena);
	for (size_t i = 0; i < shown; i++) {
		const char *name = l->picked[i];
		const char *quote = is_kind(name) || *name == '\'' ? "" : "'";
		if (i)
			fp_buf_puts(&out, i + 1 == l->count ? " or " : ", ");
		fp_buf_printf(&out, "%s%s%s", quote, name, quote);
	}
	if (l->count > shown)
		fp_buf_puts(&out, " or others");
	return fp_buf_text(&out);
}

/* The four words of a tail always come together: 'because' speaks for them. */
static bool is_told_by_because(const struct listing *l, const char *name)
{
	return (!strcmp(name, "until") || !strcmp(name, "accept") || !strcmp(name, "by")) &&
	       is_expected(l->names, l->n, "because");
}

static void pick_keywords(struct listing *l)
{
	if (is_expected(l->names, l->n, "a name"))
		return;
	for (size_t i = 0; i < l->n; i++)
		if (is_keyword(l->names[i]) && !is_told_by_because(l, l->names[i]))
			pick(l, l->names[i]);
}

/* The end of a statement first, then kinds, marks and keywords. Bison puts characters in quotes. */
static const char *listed(struct fp_parser *p, const char *const *names, size_t n)
{
	struct listing l = new_listing(p, names, n);

	if (is_expected(names, n, "';'"))
		pick(&l, "';'");
	for (size_t i = 0; i < n; i++)
		if (is_kind(names[i]))
			pick(&l, names[i]);
	for (size_t i = 0; i < n; i++)
		if (!is_kind(names[i]) && !is_keyword(names[i]) && strcmp(names[i], "';'") != 0)
			pick(&l, names[i]);
	pick_keywords(&l);
	return joined(&l, LISTED);
}

/* Where statements begin so much may stand that the list is a help of its own. */
static bool is_statement_place(const char *const *names, size_t n)
{
	size_t keywords = 0;

	if (!is_expected(names, n, "'}'") && !is_expected(names, n, "end of file"))
		return false;
	for (size_t i = 0; i < n; i++)
		keywords += is_keyword(names[i]);
	return keywords > 1 && !is_expected(names, n, "a name") && !is_expected(names, n, "';'");
}

static void help_statements(struct fp_parser *p, const char *const *names, size_t n)
{
	struct listing l = new_listing(p, names, n);

	pick_keywords(&l);
	fp_diag_help(p->u, "here one begins with %s", joined(&l, n));
}

static bool help_nearest(struct fp_parser *p, const char *const *names, size_t n)
{
	struct fp_lexed found = fp_parser_text(p, p->last.span);
	struct fp_nearest nearest;

	if (found.len == 0 || !is_letter(*found.text) || is_expected(names, n, "a name"))
		return false;
	fp_nearest_init(&nearest, found.text, (size_t)found.len);
	for (size_t i = 0; i < n; i++)
		if (is_keyword(names[i]))
			fp_nearest_offer(&nearest, names[i]);
	fp_diag_nearest(p->u, &nearest);
	return nearest.best != NULL;
}

static bool is_section(int kind)
{
	static const int sections[] = {
		FP_T_K_SYSCALLS, FP_T_K_CAPABILITIES, FP_T_K_PROCESS, FP_T_K_NAMESPACES,
		FP_T_K_MOUNTS,   FP_T_K_FILES,        FP_T_K_EGRESS,  FP_T_K_INGRESS,
		FP_T_K_DEVICES,  FP_T_K_LIMITS,       FP_T_K_AUDIT,
	};

	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (sections[i] == kind)
			return true;
	return false;
}

static bool begins_statement(int kind)
{
	return is_section(kind) || kind == FP_T_K_VERSION || kind == FP_T_K_OWNER ||
	       kind == FP_T_K_TIER || kind == FP_T_K_TARGETS || kind == FP_T_K_WIDEN ||
	       kind == FP_T_K_LAYER || kind == FP_T_K_NEVER || kind == FP_T_K_EXPECT ||
	       kind == FP_T_K_TEST || kind == FP_T_K_WAIVE || kind == FP_T_K_ALLOW ||
	       kind == FP_T_K_DENY || kind == FP_T_K_DEFAULT;
}

/* A statement broken off at the end of its line, the next keyword below it, or at its block's end.
 */
static bool report_semicolon(struct fp_parser *p, const char *const *names, size_t n)
{
	const char *from = p->src->data + (p->before.span.end - p->src->base);
	size_t between = p->last.span.begin - p->before.span.end;
	struct fp_span after = { p->before.span.end, p->before.span.end };

	bool is_next = is_keyword(fp_token_name(p->last.kind)) && memchr(from, '\n', between);

	if (!is_expected(names, n, "';'") || (!is_next && p->last.kind != '}'))
		return false;
	struct fp_lexed before = fp_parser_text(p, p->before.span);
	fp_diag(p->u, FP_E_SYNTAX, after, "expected ';' after '%.*s'", before.len, before.text);
	fp_diag_help(p->u, "every statement ends with ';'");
	p->skip = p->last.kind == '}'; /* the grammar takes it as the end of what is wrong */
	if (p->skip)
		return true;
	p->insert = ';';
	fp_parser_again(p, p->last);
	return true;
}

/* A section that begins where a section is open. */
static bool report_brace(struct fp_parser *p)
{
	int before = p->before.kind;

	if (p->blocks < 2 || !is_section(p->last.kind) ||
	    (before != ';' && before != '{' && before != '}') || fp_parser_peek(p).kind != '{')
		return false;
	struct fp_lexed found = fp_parser_text(p, p->last.span);
	fp_diag(p->u, FP_E_SYNTAX, p->last.span, "expected '}' before '%.*s'", found.len,
		found.text);
	fp_diag_note(p->u, p->opened[(p->blocks < FP_OPEN_MAX ? p->blocks : FP_OPEN_MAX) - 1],
		     "the section before it begins here");
	fp_diag_help(p->u, "close it with '}'");
	p->insert = '}';
	fp_parser_again(p, p->last);
	return true;
}

static void help_outside(struct fp_parser *p)
{
	p->stray = p->last.kind == '}';
	p->to_item = p->stray || begins_statement(p->last.kind);
	if (p->to_item)
		fp_diag_help(p->u, "no policy is open here; is there a '}' too many above?");
}

static void help(struct fp_parser *p, const char *const *names, size_t n)
{
	const struct fp_misread m = { p, names, n };

	if (!p->blocks)
		help_outside(p);
	if (fp_habit_help(&m))
		return;
	if (is_statement_place(names, n)) {
		help_nearest(p, names, n);
		help_statements(p, names, n);
	} else if (!help_nearest(p, names, n)) {
		fp_habit_help_list(&m);
	}
}

/* In a condition: the one place where '~' may stand. What looks like a name is only misspelt. */
static bool report_memory(struct fp_parser *p, const char *const *names, size_t n)
{
	struct fp_lexed found = fp_parser_text(p, p->last.span);

	if (p->last.kind != FP_T_TEXT || !is_expected(names, n, "'~'") || p->before.kind == '=' ||
	    is_letter(found.text[1]))
		return false;
	p->skip = true;
	fp_diag(p->u, FP_E_IN_MEMORY, p->last.span,
		"a string cannot be compared: text lives in memory, and a filter sees numbers");
	fp_diag_help(p->u, "say paths in `files { allow read \"/...\"; }`, peers in `egress`");
	return true;
}

void fp_parser_report(struct fp_parser *p, const char *const *names, size_t n)
{
	bool is_statement = is_statement_place(names, n);
	const char *expected = is_statement ? is_expected(names, n, "'}'")
						      ? "a statement or '}'"
						      : "a declaration or a policy"
					    : listed(p, names, n);
	struct fp_lexed found = fp_parser_text(p, p->last.span);

	if (p->u->diags.errors >= FP_DIAG_LIMIT || report_semicolon(p, names, n) ||
	    report_brace(p) || report_memory(p, names, n))
		return;
	p->skip = true;
	if (found.len)
		fp_diag(p->u, FP_E_SYNTAX, p->last.span, "expected %s, found '%.*s'", expected,
			found.len, found.text);
	else
		fp_diag(p->u, FP_E_SYNTAX, p->last.span, "expected %s, found the end of the file",
			expected);
	help(p, names, n);
}

void fp_parser_unclosed(struct fp_parser *p, struct fp_span end)
{
	unsigned innermost = p->braces < FP_OPEN_MAX ? p->braces : FP_OPEN_MAX;

	fp_diag(p->u, FP_E_UNCLOSED, end, "the file ends inside braces");
	fp_diag_note(p->u, p->opened[innermost - 1], "this one is not closed");
	fp_diag_help(p->u, "close it with '}'");
}

void fp_parser_too_deep(struct fp_parser *p, struct fp_span span)
{
	fp_diag(p->u, FP_E_DEPTH, span, "nested too deeply");
	fp_diag_help(p->u, "%d levels are enough; write sets or more rules instead",
		     FP_PARSE_DEPTH);
}
