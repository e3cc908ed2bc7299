/* SPDX-License-Identifier: MIT */
/* From a source to its tree. */
#include "front/parser.h"
#include "parse.tab.h"

const struct fp_ast *fp_parse(struct fp_unit *u, const struct fp_source *src)
{
	struct fp_parser *p = FP_NEW(&u->arena, struct fp_parser);

	/* The answer of the parser is no news: what failed was reported, what was understood stays.
	 */
	if (fp_parser_start(p, u, src))
		(void)fp_yyparse(p);
	return p->file;
}

static const char *kind_of_token(int kind)
{
	const char *name = fp_token_name(kind);

	if (!strncmp(name, "a ", 2))
		return name + 2;
	if (!strncmp(name, "an ", 3))
		return name + 3;
	return *name >= 'a' && *name <= 'z' ? "keyword" : "mark";
}

void fp_tokens_dump(struct fp_unit *u, const struct fp_source *src, struct fp_buf *out)
{
	struct fp_parser *p = FP_NEW(&u->arena, struct fp_parser);
	struct fp_token t = { 0 };

	if (!fp_parser_start(p, u, src))
		return;
	while ((t.kind = fp_lex_next(p, &t.value, &t.span)) != FP_T_END) {
		struct fp_place at;
		if (t.kind == FP_T_ERROR || !fp_source_place(&u->sources, t.span.begin, &at))
			continue;
		fp_buf_printf(out, "%u:%u %s ", at.line, at.column, kind_of_token(t.kind));
		fp_buf_add(out, src->data + (t.span.begin - src->base), t.span.end - t.span.begin);
		fp_buf_putc(out, '\n');
	}
}
