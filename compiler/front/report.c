/* SPDX-License-Identifier: MIT */
/* The grammar's errors in words: what was found, what may stand there, and a way out. */
#include "base/ipaddr.h"
#include "front/parser.h"
#include "parse.tab.h"

/* Alternatives a message lists; more of them are no help. */
#define LISTED 5u

/* Bytes of the source a message repeats. */
#define SHOWN 40u

struct found {
	const char *text;
	int len;
};

static struct found found_text(const struct fp_parser *p, struct fp_span span)
{
	const char *text = p->src->data + (span.begin - p->src->base);
	size_t n = span.end - span.begin;

	if (n > SHOWN)
		for (n = SHOWN; n && ((unsigned char)text[n] & 0xc0) == 0x80;)
			n--;
	return (struct found){ text, (int)n };
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

static bool found_keyword(const struct fp_parser *p)
{
	return is_keyword(fp_token_name(p->last.kind));
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

static void help_nearest(struct fp_parser *p, const char *const *names, size_t n)
{
	struct found found = found_text(p, p->last.span);
	struct fp_nearest nearest;

	if (found.len == 0 || !is_letter(*found.text) || is_expected(names, n, "a name"))
		return;
	fp_nearest_init(&nearest, found.text, (size_t)found.len);
	for (size_t i = 0; i < n; i++)
		if (is_keyword(names[i]))
			fp_nearest_offer(&nearest, names[i]);
	fp_diag_nearest(p->u, &nearest);
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

/* A statement broken off at the end of its line, the next keyword below it. */
static bool report_semicolon(struct fp_parser *p, const char *const *names, size_t n)
{
	const char *from = p->src->data + (p->before.span.end - p->src->base);
	size_t between = p->last.span.begin - p->before.span.end;
	struct fp_span after = { p->before.span.end, p->before.span.end };

	if (!is_expected(names, n, "';'") || !found_keyword(p) || !memchr(from, '\n', between))
		return false;
	struct found before = found_text(p, p->before.span);
	fp_diag(p->u, FP_E_SYNTAX, after, "expected ';' after '%.*s'", before.len, before.text);
	fp_diag_help(p->u, "every statement ends with ';'");
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
	struct found found = found_text(p, p->last.span);
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

static bool is_word(const struct fp_token *t)
{
	return t->kind == FP_T_WORD || is_keyword(fp_token_name(t->kind));
}

/* Two things of one list side by side. */
static bool help_comma(struct fp_parser *p, struct found found)
{
	struct found before = found_text(p, p->before.span);

	if (p->before.kind != p->last.kind && !(is_word(&p->before) && is_word(&p->last)))
		return false;
	fp_diag_help(p->u, "lists have commas: `%.*s, %.*s`", before.len, before.text, found.len,
		     found.text);
	return true;
}

static void help_peer(struct fp_parser *p, struct found found)
{
	struct fp_prefix prefix;
	size_t len = (size_t)found.len - (p->last.kind == FP_T_TEXT ? 2 : 0);

	if (p->last.kind == FP_T_TEXT &&
	    fp_prefix_parse(found.text + 1, len, &prefix) != FP_PREFIX_SYNTAX) {
		fp_diag_help(p->u, "write the address without quotes: %.*s", (int)len,
			     found.text + 1);
		return;
	}
	fp_diag_help(p->u, "no names: nothing in the kernel knows them, and what they stand for "
			   "changes; write an address or prefix, 192.0.2.7 or 10.20.0.0/16, or "
			   "`param peer : prefix;` and ${peer}");
}

static bool is_unit(struct found found)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "ms", "s", "m", "h" };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i]) == (size_t)found.len &&
		    !memcmp(units[i], found.text, (size_t)found.len))
			return true;
	return false;
}

/* A number with the unit that its place wants. */
static bool help_unit(struct fp_parser *p, const char *const *names, size_t n, struct found found)
{
	const char *unit = NULL;

	if (p->last.kind == FP_T_NUMBER && is_expected(names, n, "a duration"))
		unit = "s";
	else if (p->last.kind == FP_T_NUMBER && is_expected(names, n, "a size"))
		unit = "MiB";
	else if (p->last.kind == FP_T_NUMBER && is_expected(names, n, "a rate"))
		unit = "MiB/s";
	else if (p->last.kind == FP_T_SIZE && is_expected(names, n, "a rate"))
		unit = "/s";
	if (unit)
		fp_diag_help(p->u, "say the unit: %.*s%s", found.len, found.text, unit);
	return unit != NULL;
}

/* A value in another spelling than its place wants. */
static bool help_spelling(struct fp_parser *p, const char *const *names, size_t n,
			  struct found found)
{
	struct found before = found_text(p, p->before.span);
	bool is_literal = p->last.kind == FP_T_PATH ||
			  ((p->last.kind == FP_T_NUMBER || p->last.kind == FP_T_DECIMAL) &&
			   !is_expected(names, n, "a set"));
	bool names_stand = is_expected(names, n, "a name");

	if (p->last.kind == FP_T_TEXT && (names_stand || is_expected(names, n, "a number")))
		fp_diag_help(p->u, "write the %s without quotes", names_stand ? "name" : "number");
	else if (is_expected(names, n, "a string") &&
		 (is_literal || (is_word(&p->last) && !is_expected(names, n, "','"))))
		fp_diag_help(p->u, "put it in quotes: \"%.*s\"", found.len, found.text);
	else if (p->last.kind == FP_T_SETNAME && is_expected(names, n, "a string"))
		fp_diag_help(p->u, "a set cannot stand here: write its members");
	else if ((p->last.kind == '=' || p->last.kind == ':') && is_expected(names, n, "a number"))
		fp_diag_help(p->u, "leave it out: the value follows after a space");
	else if (p->last.kind == '-' && is_expected(names, n, ".."))
		fp_diag_help(p->u, "a range has two dots: %.*s..LAST", before.len, before.text);
	else if (p->before.kind == FP_T_NUMBER && is_unit(found))
		fp_diag_help(p->u, "write it without the space: %.*s%.*s", before.len, before.text,
			     found.len, found.text);
	else
		return help_unit(p, names, n, found);
	return true;
}

/* After these an identity stands. */
static bool is_identity(const struct fp_token *before)
{
	return before->kind == FP_T_K_USER || before->kind == ':' || before->kind == FP_T_K_USERS ||
	       before->kind == FP_T_K_GROUPS;
}

/* What is said with other words elsewhere. */
static bool help_habit(struct fp_parser *p, const char *const *names, size_t n, struct found found)
{
	if (p->last.kind == '=' && is_expected(names, n, "=="))
		fp_diag_help(p->u, "write '==' to compare");
	else if (p->last.kind == FP_T_K_FROM && is_expected(names, n, "to"))
		fp_diag_help(p->u, "what goes out goes `to` a peer; what comes in stands in "
				   "`ingress`, `from` one");
	else if (p->last.kind == FP_T_K_TO && is_expected(names, n, "from"))
		fp_diag_help(p->u, "what comes in comes `from` a peer; what goes out stands in "
				   "`egress`, `to` one");
	else if (is_expected(names, n, "an address") &&
		 (is_word(&p->last) || p->last.kind == FP_T_TEXT))
		help_peer(p, found);
	else if (is_expected(names, n, "char") && !is_expected(names, n, "a name"))
		fp_diag_help(p->u, "write `char MAJOR:MINOR` or `block MAJOR:MINOR`");
	else if (is_expected(names, n, "none") && is_statement_place(names, n))
		fp_diag_help(p->u, "what no `allow` names is dropped: `allow A, B;` or `none;`");
	else if (is_expected(names, n, "':'") && p->before.kind == FP_T_NUMBER)
		fp_diag_help(p->u, "two numbers stand here, as in `65534:65534`");
	else if (is_expected(names, n, "a number") && is_word(&p->last) && is_identity(&p->before))
		fp_diag_help(p->u, "identities are numbers, as in `user 65534:65534`: names are "
				   "the image's own");
	else
		return false;
	return true;
}

static void help(struct fp_parser *p, const char *const *names, size_t n)
{
	struct found found = found_text(p, p->last.span);

	if (!p->blocks)
		help_outside(p);
	if (help_habit(p, names, n, found))
		return;
	if (is_statement_place(names, n)) {
		help_nearest(p, names, n);
		help_statements(p, names, n);
		return;
	}
	if (!help_spelling(p, names, n, found) &&
	    !(is_expected(names, n, "','") && help_comma(p, found)))
		help_nearest(p, names, n);
}

/* In a condition: the one place where '~' may stand and no rule ends. */
static bool report_memory(struct fp_parser *p, const char *const *names, size_t n)
{
	if (p->last.kind != FP_T_TEXT || !is_expected(names, n, "'~'"))
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
	struct found found = found_text(p, p->last.span);

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
