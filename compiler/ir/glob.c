/* SPDX-License-Identifier: MIT */
/* Path patterns: the parser. */
#include "ir/glob.h"
#include "base/vec.h"

#include <string.h>

/* Bytes of a pattern that a message quotes. */
#define SHOWN 100u

struct parser {
	struct fp_unit *u;
	const char *text;
	size_t len, at;
	struct fp_span span;
	struct fp_buf canonical;
	bool failed, has_param, is_plain;
};

struct items {
	FP_VEC(struct fp_glob_item) list;
};

static void refuse(struct parser *p, size_t from, size_t to, const char *what)
{
	struct fp_span span = p->span;

	if (p->failed)
		return;
	p->failed = true;
	/* The span covers the contents byte for byte unless the text was escaped or substituted. */
	if (span.end - span.begin == p->len)
		span = (struct fp_span){ p->span.begin + (uint32_t)from,
					 p->span.begin + (uint32_t)to };
	size_t shown = p->len > SHOWN ? SHOWN : p->len;
	while (shown < p->len && shown && ((unsigned char)p->text[shown] & 0xc0) == 0x80)
		shown--;
	fp_diag(p->u, FP_E_GLOB, span, "the pattern \"%.*s%s\" %s", (int)shown, p->text,
		shown < p->len ? "..." : "", what);
}

static bool is_special(unsigned char c)
{
	return c && strchr("*?[]{},\\$", c);
}

static void put_literal(struct parser *p, unsigned char c)
{
	if (is_special(c))
		fp_buf_putc(&p->canonical, '\\');
	fp_buf_putc(&p->canonical, (char)c);
}

static void set_add(uint32_t set[8], unsigned char c)
{
	set[c >> 5] |= 1u << (c & 31);
}

/* [abc], [a-z], [^...]; the class never contains a slash. `at` is past the bracket. */
static void parse_class(struct parser *p, struct fp_glob_item *item)
{
	size_t from = p->at - 1;
	bool negated = p->at < p->len && (p->text[p->at] == '^' || p->text[p->at] == '!');
	uint32_t *set = FP_NEW_ARRAY(&p->u->arena, 8, uint32_t);
	bool any = false;

	p->at += negated;
	item->op = FP_GLOB_CLASS;
	item->set = set;
	while (p->at < p->len && (p->text[p->at] != ']' || !any)) {
		unsigned char lo = (unsigned char)p->text[p->at++], hi = lo;
		if (lo == '/') {
			refuse(p, from, p->at, "has a '/' in a class; a class never matches one");
			return;
		}
		if (p->at + 1 < p->len && p->text[p->at] == '-' && p->text[p->at + 1] != ']') {
			hi = (unsigned char)p->text[p->at + 1];
			p->at += 2;
		}
		if (hi < lo) {
			refuse(p, from, p->at, "has a range that runs backwards");
			return;
		}
		for (unsigned c = lo; c <= hi; c++)
			set_add(set, (unsigned char)c);
		any = true;
	}
	if (p->at >= p->len) {
		refuse(p, from, p->len, "has a '[' without its ']'");
		return;
	}
	p->at++;
	if (negated)
		for (unsigned i = 0; i < 8; i++)
			set[i] = ~set[i];
	set[0] &= ~1u;
	set['/' >> 5] &= ~(1u << ('/' & 31));
	fp_buf_add(&p->canonical, p->text + from, p->at - from);
}

static void parse_param(struct parser *p, struct fp_glob_item *item)
{
	const char *end = memchr(p->text + p->at, '}', p->len - p->at);
	size_t from = p->at - 1;

	if (p->at >= p->len || p->text[p->at] != '{' || !end) {
		refuse(p, from, p->at, "has a '$' that begins no ${parameter}");
		return;
	}
	const char *name = p->text + p->at + 1;
	item->op = FP_GLOB_PARAM;
	item->param = fp_intern(&p->u->names, name, (size_t)(end - name))->text;
	p->at = (size_t)(end - p->text) + 1;
	p->has_param = true;
	fp_buf_add(&p->canonical, p->text + from, p->at - from);
}

static void parse_items(struct parser *p, struct items *out, unsigned depth);

static void parse_braces(struct parser *p, struct fp_glob_item *item, unsigned depth)
{
	FP_VEC(const struct fp_glob_item *) alts = { 0 };
	FP_VEC(size_t) lens = { 0 };
	size_t from = p->at - 1;

	if (depth == FP_GLOB_DEPTH) {
		refuse(p, from, p->at, "nests braces too deeply");
		return;
	}
	fp_buf_putc(&p->canonical, '{');
	for (bool more = true; more && !p->failed;) {
		struct items alt = { 0 };
		parse_items(p, &alt, depth + 1);
		if (p->at >= p->len) {
			refuse(p, from, p->len, "has a '{' without its '}'");
			return;
		}
		more = p->text[p->at++] == ',';
		fp_buf_putc(&p->canonical, more ? ',' : '}');
		fp_vec_push(&p->u->arena, &alts, alt.list.at);
		fp_vec_push(&p->u->arena, &lens, alt.list.n);
	}
	item->op = FP_GLOB_ALT;
	item->alts = alts.at;
	item->alt_lens = lens.at;
	item->alt_count = alts.n;
}

static bool parse_item(struct parser *p, struct fp_glob_item *item, unsigned depth)
{
	unsigned char c = (unsigned char)p->text[p->at];

	if (depth && (c == ',' || c == '}'))
		return false;
	p->at++;
	p->is_plain &= !is_special(c) || c == ',' || c == '\\';
	if (c == '*') {
		bool two = p->at < p->len && p->text[p->at] == '*';
		p->at += two;
		item->op = two ? FP_GLOB_STARSTAR : FP_GLOB_STAR;
		fp_buf_puts(&p->canonical, two ? "**" : "*");
		if (p->at < p->len && p->text[p->at] == '*')
			refuse(p, p->at - 1, p->at + 1, "has more than two stars in a row");
	} else if (c == '?') {
		item->op = FP_GLOB_ANY1;
		fp_buf_putc(&p->canonical, '?');
	} else if (c == '[') {
		parse_class(p, item);
	} else if (c == '{') {
		parse_braces(p, item, depth);
	} else if (c == '$') {
		parse_param(p, item);
	} else if (c == ']' || c == '}') {
		refuse(p, p->at - 1, p->at, "closes what was never opened");
	} else {
		if (c == '\\') {
			if (p->at >= p->len) {
				refuse(p, p->at - 1, p->at, "ends in a backslash");
				return false;
			}
			c = (unsigned char)p->text[p->at++];
		}
		item->op = FP_GLOB_BYTE;
		item->byte = c;
		put_literal(p, c);
	}
	return !p->failed;
}

static void parse_items(struct parser *p, struct items *out, unsigned depth)
{
	while (p->at < p->len && !p->failed) {
		struct fp_glob_item item = { 0 };
		if (!parse_item(p, &item, depth))
			return;
		fp_vec_push(&p->u->arena, &out->list, item);
	}
}

/* Absolute, no empty, . or .. component, no slash at the end; asked of both spellings. */
static void check_shape(struct parser *p, const char *t, size_t n)
{
	if (!n || t[0] != '/') {
		refuse(p, 0, n, "does not begin with '/'");
		fp_diag_help(p->u, "paths are absolute, as the job sees them: no folder is the "
				   "current one or home, and there is no environment");
		return;
	}
	if (n > FP_GLOB_MAX) {
		refuse(p, 0, n, "is longer than 4096 bytes");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		size_t rest = n - i - 1;
		if ((unsigned char)t[i] < 0x20 || t[i] == 0x7f)
			refuse(p, i, i + 1, "holds a control character");
		if (t[i] != '/')
			continue;
		if (rest && t[i + 1] == '/')
			refuse(p, i, i + 2, "has an empty component");
		bool dot = rest && t[i + 1] == '.' && (rest == 1 || t[i + 2] == '/');
		bool dots = rest > 1 && t[i + 1] == '.' && t[i + 2] == '.' &&
			    (rest == 2 || t[i + 3] == '/');
		if (dot || dots)
			refuse(p, i + 1, i + 2 + dots, "has a '.' or '..' component");
	}
	if (n > 1 && t[n - 1] == '/') {
		refuse(p, n - 1, n, "ends in '/'");
		fp_diag_help(p->u,
			     "write the directory without it, or its whole tree as "
			     "\"%.*s**\"",
			     (int)n, t);
	}
}

/* "/a/{,b}" leaves "/a/", and "/a/{,b}/c" "/a//c": what no path is called, so not what was meant.
 */
static void check_alternatives(struct parser *p, const struct fp_glob_item *items, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		const struct fp_glob_item *item = &items[i], *next = i + 1 < n ? item + 1 : NULL;
		bool is_component = items[i - 1].op == FP_GLOB_BYTE && items[i - 1].byte == '/' &&
				    (next ? next->op == FP_GLOB_BYTE && next->byte == '/' : i > 1);
		for (size_t j = 0; j < item->alt_count && is_component && !p->failed; j++) {
			if (item->alt_lens[j])
				continue;
			refuse(p, 0, p->len, "has an empty alternative for a whole component");
			fp_diag_help(p->u, "put the slash into the braces: \"/a{,/b}\" is /a and "
					   "/a/b");
		}
	}
}

/* ---- the program for fp_glob_match ---- */

struct program {
	struct fp_arena *arena;
	FP_VEC(struct fp_glob_step) steps;
};

static uint16_t step(struct program *g, struct fp_glob_step s)
{
	fp_vec_push(g->arena, &g->steps, s);
	return (uint16_t)(g->steps.n - 1);
}

static const uint32_t every_byte[8] = { ~1u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u };
static const uint32_t but_slash[8] = { ~1u, ~(1u << ('/' & 31)), ~0u, ~0u, ~0u, ~0u, ~0u, ~0u };

/* Steps are built back to front: each item gets the step that follows it. */
static uint16_t compile(struct program *g, const struct fp_glob_item *items, size_t n,
			uint16_t next);

static uint16_t compile_loop(struct program *g, const uint32_t *set, uint16_t next)
{
	uint16_t fork = step(g, (struct fp_glob_step){ .op = FP_STEP_FORK, .other = next });
	uint16_t body =
		step(g, (struct fp_glob_step){ .op = FP_STEP_SET, .set = set, .next = fork });

	g->steps.at[fork].next = body;
	return fork;
}

static uint16_t compile_item(struct program *g, const struct fp_glob_item *item, uint16_t next)
{
	struct fp_glob_step one = { .op = FP_STEP_SET, .next = next, .set = but_slash };
	uint16_t at;

	switch (item->op) {
	case FP_GLOB_BYTE:
		one.op = FP_STEP_BYTE;
		one.byte = item->byte;
		return step(g, one);
	case FP_GLOB_ANY1:
		return step(g, one);
	case FP_GLOB_CLASS:
		one.set = item->set;
		return step(g, one);
	case FP_GLOB_STAR:
		return compile_loop(g, but_slash, next);
	case FP_GLOB_STARSTAR:
		return compile_loop(g, every_byte, next);
	case FP_GLOB_PARAM:
		one.next = compile_loop(g, but_slash, next);
		return step(g, one);
	case FP_GLOB_ALT:
		at = compile(g, item->alts[0], item->alt_lens[0], next);
		for (size_t i = 1; i < item->alt_count; i++) {
			uint16_t alt = compile(g, item->alts[i], item->alt_lens[i], next);
			at = step(g, (struct fp_glob_step){
					     .op = FP_STEP_FORK, .next = at, .other = alt });
		}
		return at;
	}
	return next;
}

static uint16_t compile(struct program *g, const struct fp_glob_item *items, size_t n,
			uint16_t next)
{
	while (n)
		next = compile_item(g, &items[--n], next);
	return next;
}

/* The first step is the last of the array. A tree adds an optional slash and anything after it. */
static void compile_glob(struct fp_arena *a, struct fp_glob *glob)
{
	struct program g = { .arena = a };
	uint16_t end = step(&g, (struct fp_glob_step){ .op = FP_STEP_END });
	uint16_t start = end;

	if (glob->is_tree) {
		uint16_t below = compile_loop(&g, every_byte, end);
		uint16_t sep = step(&g, (struct fp_glob_step){
						.op = FP_STEP_BYTE, .byte = '/', .next = below });
		start = step(
			&g, (struct fp_glob_step){ .op = FP_STEP_FORK, .next = sep, .other = end });
	}
	start = compile(&g, glob->items, glob->n, start);
	step(&g, (struct fp_glob_step){ .op = FP_STEP_FORK, .next = start, .other = start });
	glob->steps = g.steps.at;
	glob->step_count = (uint16_t)g.steps.n;
}

static const char *path_of(struct fp_arena *a, const struct fp_glob *g)
{
	struct fp_buf b;

	fp_buf_init(&b, a);
	for (size_t i = 0; i < g->n; i++) {
		const struct fp_glob_item *item = &g->items[i];
		if (item->op == FP_GLOB_BYTE)
			fp_buf_putc(&b, (char)item->byte);
		else if (item->op == FP_GLOB_PARAM)
			fp_buf_printf(&b, "${%s}", item->param);
		else
			return NULL;
	}
	return g->is_tree ? NULL : fp_buf_text(&b);
}

const struct fp_glob *fp_glob_parse(struct fp_unit *u, const char *text, size_t len,
				    struct fp_span span)
{
	struct parser p = { .u = u, .text = text, .len = len, .span = span, .is_plain = true };
	struct items items = { 0 };

	fp_buf_init(&p.canonical, &u->arena);
	check_shape(&p, text, len);
	if (!p.failed)
		parse_items(&p, &items, 0);
	if (!p.failed)
		check_shape(&p, fp_buf_text(&p.canonical), p.canonical.len);
	if (!p.failed)
		check_alternatives(&p, items.list.at, items.list.n);
	if (!p.failed && (strstr(fp_buf_text(&p.canonical), "\\$\\{") ||
			  strstr(fp_buf_text(&p.canonical), "\\${")))
		refuse(&p, 0, len,
		       "holds a \"${\" that is no parameter, and would be taken for one");
	if (p.failed)
		return NULL;
	struct fp_glob *g = FP_NEW(&u->arena, struct fp_glob);
	g->text = fp_intern(&u->names, fp_buf_text(&p.canonical), p.canonical.len)->text;
	g->items = items.list.at;
	g->n = items.list.n;
	g->is_tree = g->n >= 2 && g->items[g->n - 1].op == FP_GLOB_STARSTAR &&
		     g->items[g->n - 2].op == FP_GLOB_BYTE && g->items[g->n - 2].byte == '/';
	if (g->is_tree)
		g->n -= 2;
	g->is_plain = p.is_plain;
	g->has_param = p.has_param;
	g->path = path_of(&u->arena, g);
	compile_glob(&u->arena, g);
	return g;
}

int fp_glob_cmp(const struct fp_glob *a, const struct fp_glob *b)
{
	return strcmp(a->text, b->text);
}
