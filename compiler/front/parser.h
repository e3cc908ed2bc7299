/* SPDX-License-Identifier: MIT */
/* Between scanner, token source, grammar and tree builder; nobody else includes this. */
#ifndef FP_FRONT_PARSER_H
#define FP_FRONT_PARSER_H

#include "base/utf8.h"
#include "front/ast.h"

/* Bytes a source may have; a policy is far smaller, and work on a refused file is none. */
#ifndef FP_SOURCE_MAX
#define FP_SOURCE_MAX (16u << 20)
#endif

/* Open braces whose place is remembered; a valid policy opens at most four. */
#define FP_OPEN_MAX 8u

/*
 * Words, keywords and operators have `str`; numbers, strings and the like are nodes at once. Of an
 * error token `flag` says that it has swallowed the end of its statement.
 */
union fp_token_value {
	const struct fp_str *str;
	struct fp_ast *node;
	uint8_t flag;
};

struct fp_token {
	int kind; /* FP_T_ of parse.tab.h, or the character itself */
	struct fp_span span;
	union fp_token_value value;
};

/*
 * One parse. Life cycle: fp_parse() fills it, fp_yyparse() pulls tokens through fp_yylex(), which
 * counts braces and, after an error, skips to where the grammar can go on.
 */
struct fp_parser {
	struct fp_unit *u;
	const struct fp_source *src;
	struct fp_ast *file;
	void *scanner;
	uint32_t at; /* offset of the next byte to scan */

	struct fp_token last, before; /* the two delivered last */
	struct fp_token queue[2];     /* read ahead, or to be delivered again */
	unsigned queued;
	int insert; /* a token the user forgot, delivered before the queue; 0: none */

	unsigned parens, braces; /* open now */
	unsigned blocks;         /* those braces that hold statements: fp_parser_open() */
	unsigned closing;        /* braces still to be closed for the user at the end of the file */
	struct fp_span opened[FP_OPEN_MAX];

	struct fp_ast *unread; /* the value of tokens that are skipped */

	bool header;   /* between `policy` and its brace */
	bool skip;     /* an error was reported: the next token is where to go on */
	bool skipping; /* looking for that token */
	bool stray;    /* the error is a brace that closes nothing */
	bool to_item;  /* go on only where a new item of the file begins */
	bool ended;    /* the scanner has reached the end */
	bool broken;   /* the end was met inside a block and that has been dealt with */
};

/* Copies the text for the scanner, two NULs at the end; refused bytes are reported and blanked. */
char *fp_encoding_check(struct fp_parser *p);

/* policy.l */
void *fp_lex_open(struct fp_parser *p, char *text, size_t len);
int fp_lex_next(struct fp_parser *p, union fp_token_value *value, struct fp_span *span);

/* lexutil.c: a lexeme to its kind and value; FP_T_ERROR once it has been reported as an error. */
struct fp_lexeme {
	struct fp_parser *p;
	const char *text;
	size_t len;
	struct fp_span span;
	union fp_token_value *out;
};

int fp_lex_word(const struct fp_lexeme *l);
int fp_lex_set(const struct fp_lexeme *l);
int fp_lex_reference(const struct fp_lexeme *l);
int fp_lex_number(const struct fp_lexeme *l);
int fp_lex_decimal(const struct fp_lexeme *l);
int fp_lex_size(const struct fp_lexeme *l);
int fp_lex_rate(const struct fp_lexeme *l);
int fp_lex_duration(const struct fp_lexeme *l);
int fp_lex_date(const struct fp_lexeme *l);
int fp_lex_prefix(const struct fp_lexeme *l);
int fp_lex_bad_number(const struct fp_lexeme *l);
int fp_lex_string(const struct fp_lexeme *l);
int fp_lex_open_string(const struct fp_lexeme *l);
int fp_lex_path(const struct fp_lexeme *l);
int fp_lex_bad_path(const struct fp_lexeme *l);
int fp_lex_operator(const struct fp_lexeme *l, int kind);
int fp_lex_bad_operator(const struct fp_lexeme *l);
int fp_lex_bad_character(const struct fp_lexeme *l);
void fp_lex_foreign_comment(const struct fp_lexeme *l);
int fp_lex_refuse(const struct fp_lexeme *l, enum fp_diag_id id, struct fp_span span,
		  const char *message, const char *help);
_Noreturn void fp_lex_fatal(struct fp_parser *p);

/* tokens.c: what the grammar tells the token source. */
void fp_parser_open(struct fp_parser *p);
void fp_parser_close(struct fp_parser *p);
bool fp_parser_start(struct fp_parser *p, struct fp_unit *u, const struct fp_source *src);
struct fp_token fp_parser_peek(struct fp_parser *p);
void fp_parser_again(struct fp_parser *p, struct fp_token t); /* delivers t next */

/* report.c: the grammar's errors in words. `expected` holds the names of policy.y's tokens. */
void fp_parser_report(struct fp_parser *p, const char *const *expected, size_t n);

struct fp_lexed {
	const char *text;
	int len;
};

struct fp_lexed fp_parser_text(const struct fp_parser *p, struct fp_span span); /* cut if long */
bool fp_token_is_word(const struct fp_token *t);                                /* keywords, too */

/* An error of the grammar on its way into words. */
struct fp_misread {
	struct fp_parser *p;
	const char *const *names; /* what could stand where p->last does */
	size_t n;
};

bool fp_parser_expects(const struct fp_misread *m, const char *name);

/* habits.c: a help for what is written otherwise elsewhere. Whether one was given. */
bool fp_habit_help(const struct fp_misread *m);
void fp_habit_help_list(const struct fp_misread *m); /* a comma that is missing */

void fp_parser_unclosed(struct fp_parser *p, struct fp_span end);
void fp_parser_too_deep(struct fp_parser *p, struct fp_span span);

/*
 * build.c: nodes. A node of kind FP_AST_N is a list on its way into its parent. NULL is a node that
 * was left out for an error: pushing or splicing it changes nothing.
 */
struct fp_ast *fp_ast_new(struct fp_parser *p, enum fp_ast_kind kind, struct fp_span span);
struct fp_ast *fp_ast_named(struct fp_parser *p, enum fp_ast_kind kind, struct fp_span span,
			    const struct fp_str *name, struct fp_span name_span);
struct fp_ast *fp_ast_texted(struct fp_parser *p, enum fp_ast_kind kind, struct fp_span span,
			     const struct fp_ast *from);
struct fp_ast *fp_ast_push(struct fp_parser *p, struct fp_ast *node, struct fp_ast *kid);
struct fp_ast *fp_ast_splice(struct fp_parser *p, struct fp_ast *node, const struct fp_ast *list);

/* Kids of which there may be one of each kind; the second is an error and is left out. */
struct fp_ast *fp_ast_tail(struct fp_parser *p, struct fp_ast *tail, struct fp_ast *item);
struct fp_ast *fp_ast_clause(struct fp_parser *p, struct fp_ast *list, struct fp_ast *clause);

struct fp_ast *fp_ast_policy(struct fp_parser *p, struct fp_ast *head,
			     const struct fp_ast *statements, struct fp_span span, uint8_t flags);
struct fp_ast *fp_ast_net_subject(struct fp_parser *p, struct fp_ast *node,
				  const struct fp_str *protocol, struct fp_ast *peer,
				  struct fp_ast *port);
struct fp_ast *fp_ast_memory_bound(struct fp_parser *p, struct fp_ast *list,
				   const struct fp_token *word, struct fp_ast *bytes);
void fp_ast_share_tail(struct fp_parser *p, const struct fp_ast *limits, struct fp_ast *tail);

#endif
