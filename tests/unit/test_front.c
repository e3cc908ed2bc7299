/* SPDX-License-Identifier: MIT */
/* The front end: trees, diagnostics with their places, recovery, spans, and hostile input. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "front/parser.h"

#define SAMPLE "tests/lang/sample.policy"
#define GROUPS "tests/lang/syntax.test"

/* Memory a parse of these tests may take. */
#define LIMIT \
	((size_t)512 << 20) /* chunks of 64 bytes, in the shrunken build, cost their headers */

struct parsed {
	struct fp_unit u;
	const struct fp_source *src;
	const struct fp_ast *file;
};

static void parse_bytes(struct parsed *r, const char *data, size_t len)
{
	fp_unit_init(&r->u, LIMIT);
	if (setjmp(r->u.recover))
		fail_msg("a parse ran out of memory");
	r->src = fp_source_add(&r->u.sources, "t.policy", data, len, (struct fp_span){ 0, 0 });
	r->file = fp_parse(&r->u, r->src);
	assert_int_equal(r->file->kind, FP_AST_FILE);
}

static void parse_text(struct parsed *r, const char *text)
{
	parse_bytes(r, text, strlen(text));
}

static char *read_file(const char *name, size_t *len)
{
	FILE *f = fopen(name, "rb");
	char *data = malloc(1 << 20);

	assert_non_null(f);
	assert_non_null(data);
	*len = fread(data, 1, (1 << 20) - 1, f);
	data[*len] = '\0';
	fclose(f);
	return data;
}

static void add_folded(struct fp_buf *out, const char *text)
{
	for (; *text; text++) {
		bool is_break = *text == '\n';
		if (!is_break)
			fp_buf_putc(out, *text);
		else if (text[1])
			fp_buf_putc(out, ' ');
		while (is_break && text[1] == ' ')
			text++;
	}
}

/* The dump on one line, one blank between nodes. */
static const char *folded(struct parsed *r)
{
	struct fp_buf dump, out;

	fp_buf_init(&dump, &r->u.arena);
	fp_buf_init(&out, &r->u.arena);
	fp_ast_dump(r->file, &dump);
	add_folded(&out, fp_buf_text(&dump));
	return fp_buf_text(&out);
}

static void assert_tree(struct parsed *r, const char *part)
{
	if (!strstr(folded(r), part))
		fail_msg("no '%s' in\n%s", part, folded(r));
}

/* "E0101 1:2 text" */
static const char *diagnostic(struct parsed *r, const struct fp_diag *d)
{
	struct fp_place at = { 0 };

	fp_source_place(&r->u.sources, d->span.begin, &at);
	return fp_arena_printf(&r->u.arena, "%s %u:%u %s", fp_diag_row(d->id)->code, at.line,
			       at.column, d->text);
}

static const char *diagnostics(struct parsed *r)
{
	struct fp_buf out;

	fp_buf_init(&out, &r->u.arena);
	for (size_t i = 0; i < r->u.diags.list.n; i++)
		fp_buf_printf(&out, "%s\n", diagnostic(r, &r->u.diags.list.at[i]));
	return fp_buf_text(&out);
}

static void assert_diagnostics(struct parsed *r, const char *expected)
{
	if (strcmp(diagnostics(r), expected) != 0)
		fail_msg("expected\n%sgot\n%s", expected, diagnostics(r));
}

static void assert_help(struct parsed *r, size_t i, const char *part)
{
	assert_true(i < r->u.diags.list.n);
	const struct fp_diag *d = &r->u.diags.list.at[i];

	for (size_t k = 0; k < d->notes.n; k++)
		if (strstr(d->notes.at[k].text, part))
			return;
	fail_msg("no help '%s' with: %s", part, d->text);
}

/* The sample of the design, whole. */

static void test_sample(void **state)
{
	static const char *const parts[] = {
		"(file (language 1) (use \"std/syscalls.policy\") (param job \"name\")"
		" (policy verification-runner :locked (within untrusted-ceiling) (version \"1.4.0\")"
		" (owner \"security-platform\") (tier untrusted) (targets (name debian-11)",
		"(section syscalls (default deny (errno errno (name EPERM)) (tail))"
		" (unknown deny (errno errno (name ENOSYS)) (tail))",
		"(calls allow (call socket (name domain) (name type)) (where (and"
		" (in (name domain) (name AF_UNIX) (name AF_INET) (name AF_INET6))"
		" (in (and-bits (name type) (name SOCK_TYPE_MASK)) (name SOCK_STREAM)"
		" (name SOCK_DGRAM)))) (tail))",
		"(call clone (name flags)) (where (lacks (name flags) (set-ref @CLONE_NEW)))",
		"(calls kill (set-ref @kernel-module) (set-ref @reboot) (call bpf) (call ptrace)"
		" (tail (because \"no lab needs them; an attempt is an attack\")))",
		"(section process (user (number \"65534\" 65534) (number \"65534\" 65534) (tail))"
		" (new-privileges :negated (tail)) (umask (number \"077\" 77) (tail))",
		"(mount bind (text \"/srv/lab/${job}/out\") (text \"/out\") (option nosuid)"
		" (option nodev) (option noexec) (option quota (size 1073741824)) (tail))",
		"(mount tmpfs (text \"/tmp\") (option size (size 67108864))",
		"(net allow \"tcp\" (prefix \"10.20.0.0/16\") (port (number \"443\" 443))"
		" (tail (because \"artifact store\") (until \"2027-06-30\")))",
		"(rights allow (name read) (name write) (device \"/dev/null\") (device \"/dev/zero\")",
		"(limit memory (size 536870912) (tail)) (limit memory-high (size 469762048) (tail))",
		"(io (text \"/dev/vda\") (option read (rate 52428800)) (option write (rate 20971520))",
		"(limit wall-clock (duration 300000) (tail))",
		"(section audit (denied (tail)) (allowed (call socket) (tail)))",
		"(never :critical (net-subject egress \"any\" (prefix \"169.254.169.254\")) (tail))",
		"(expect (path-subject read (text \"/in/**\")) (net-subject egress \"tcp\"",
		"(test (test-deny (call-subject socket (name AF_PACKET) (name SOCK_RAW)",
		"(waive one-layer-only \"egress\" (tail (because \"the proxy is the second\")"
		" (by \"sec@forgea\") (until \"2027-03-01\")))))",
	};
	struct parsed r;
	size_t len;
	char *text = read_file(SAMPLE, &len);

	(void)state;
	parse_bytes(&r, text, len);
	assert_diagnostics(&r, "");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		assert_tree(&r, parts[i]);
	fp_unit_free(&r.u);
	free(text);
}

/* The groups of syntax.test. */

static size_t unescape(const char *line, char *out)
{
	size_t n = 0;

	for (; *line; line++) {
		if (*line != '\\') {
			out[n++] = *line;
			continue;
		}
		switch (*++line) {
		case 'n':
			out[n++] = '\n';
			break;
		case 'r':
			out[n++] = '\r';
			break;
		case 't':
			out[n++] = '\t';
			break;
		case 'x': {
			char hex[] = { line[1], line[2], '\0' };
			out[n++] = (char)strtol(hex, NULL, 16);
			line += 2;
			break;
		}
		default:
			assert_int_equal(*line, '\\');
			out[n++] = '\\';
		}
	}
	return n;
}

/* Tells what is wrong and goes on, so that one run shows every failing group. */
static bool is_as_expected(struct parsed *r, const char *expected, unsigned line)
{
	if (*expected != '(') {
		if (!strcmp(diagnostics(r), expected))
			return true;
		print_error(GROUPS ":%u: expected\n%sgot\n%s", line, expected, diagnostics(r));
		return false;
	}
	if (r->u.diags.errors)
		print_error(GROUPS ":%u: %s", line, diagnostics(r));
	for (const char *at = expected; *at;) {
		const char *end = strchr(at, '\n');
		const char *part = fp_arena_text(&r->u.arena, at, (size_t)(end - at));
		if (!strstr(folded(r), part)) {
			print_error(GROUPS ":%u: no\n%s\nin\n%s", line, part, folded(r));
			return false;
		}
		at = end + 1;
	}
	return !r->u.diags.errors;
}

static bool run_group(const char *source, size_t len, const char *expected, unsigned line)
{
	struct parsed r;

	parse_bytes(&r, source, len);
	bool is_right = is_as_expected(&r, expected, line);
	fp_unit_free(&r.u);
	return is_right;
}

static void test_groups(void **state)
{
	static char source[4096], expected[8192];
	size_t len, used = 0, source_len = 0;
	unsigned line = 0, at = 0, groups = 0, wrong = 0;
	char *text = read_file(GROUPS, &len), *rest = text;

	(void)state;
	for (char *s; (s = strsep(&rest, "\n"));) {
		line++;
		if (!at && *s && *s != '%') {
			at = line;
			assert_true(strlen(s) < sizeof(source));
			source_len = unescape(s, source);
			used = 0;
		} else if (at && *s) {
			assert_true(used + strlen(s) + 2 < sizeof(expected));
			used += (size_t)snprintf(expected + used, sizeof(expected) - used, "%s\n",
						 s);
		} else if (at) {
			wrong += !run_group(source, source_len, expected, at);
			at = 0;
			groups++;
		}
	}
	assert_int_equal(wrong, 0);
	assert_true(groups > 40);
	free(text);
}

/* Keywords. */

static const char *const keywords[] = {
#define KW(token, word) word,
#include "grammar/keywords.def"
#undef KW
};

#define KEYWORDS (sizeof(keywords) / sizeof(keywords[0]))

static bool is_operator(const char *word)
{
	static const char *const operators[] = { "or", "and", "not", "in", "has", "lacks", "only" };

	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (!strcmp(operators[i], word))
			return true;
	return false;
}

/* '$' is the word. */
static void fill(char *out, size_t size, const char *template, const char *word)
{
	size_t n = 0, len = strlen(word);

	for (; *template; template ++) {
		assert_true(n + len + 1 < size);
		if (*template == '$')
			memcpy(out + n, word, len);
		else
			out[n] = *template;
		n += *template == '$' ? len : 1;
	}
	out[n] = '\0';
}

static void expect_tree(const char *source, const char *part, const char *word)
{
	struct parsed r;
	char text[512], want[512];

	fill(text, sizeof(text), source, word);
	fill(want, sizeof(want), part, word);
	parse_text(&r, text);
	if (r.u.diags.errors)
		fail_msg("%s: %s", text, diagnostics(&r));
	assert_tree(&r, want);
	fp_unit_free(&r.u);
}

static void test_keywords_are_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEYWORDS; i++) {
		const char *w = keywords[i];
		expect_tree("policy p { syscalls { allow $, $($), x; deny $ errno $; } }",
			    "(call $) (call $ (name $)) (call x) (tail)) (calls deny (call $)"
			    " (errno errno (name $)) (tail))",
			    w);
		expect_tree("param $ : $ = $; const $ = 1; policy $ extends $ within $ {}",
			    "(param $ \"$\" (name $)) (const $ (number \"1\" 1))"
			    " (policy $ (extends $) (within $))",
			    w);
		expect_tree("policy p { files { allow $ \"/x\"; } never $, $($), $ \"/x\"; }",
			    "(rights allow (name $) (text \"/x\") (tail))) (never (call-subject $)"
			    " (call-subject $ (name $)) (path-subject $ (text \"/x\"))",
			    w);
		expect_tree("policy p { egress { allow $ to any; } audit { allowed $, $; }"
			    " test { deny $; } waive $ on $; }",
			    "(net allow \"$\" (name any) (tail))) (section audit"
			    " (allowed (call $) (call $) (tail))) (test (test-deny"
			    " (call-subject $))) (waive $ \"$\" (tail))",
			    w);
		if (!is_operator(w))
			expect_tree(
				"policy p { syscalls { allow f where $ == $ & $ and not $ > 1; } }",
				"(and (compare == (name $) (and-bits (name $) (name $)))"
				" (not (compare > (name $)",
				w);
	}
}

static void test_keywords_are_sorted(void **state)
{
	(void)state;
	for (size_t i = 1; i < KEYWORDS; i++)
		assert_true(strcmp(keywords[i - 1], keywords[i]) < 0);
}

/* Spans: what a node covers is what its tokens are. */

struct tokens {
	struct fp_token at[8192];
	size_t n;
};

static void scan(struct fp_unit *u, const struct fp_source *src, struct tokens *out)
{
	struct fp_parser *p = FP_NEW(&u->arena, struct fp_parser);

	out->n = 0;
	assert_true(fp_parser_start(p, u, src));
	for (;;) {
		struct fp_token *t = &out->at[out->n];
		t->kind = fp_lex_next(p, &t->value, &t->span);
		t->span.begin -= src->base;
		t->span.end -= src->base;
		if (!t->kind)
			break;
		assert_true(++out->n < sizeof(out->at) / sizeof(out->at[0]));
	}
}

static void check_round_trip(struct parsed *r, const struct fp_ast *node, const struct tokens *all)
{
	static struct tokens own;
	uint32_t begin = node->span.begin - r->src->base, end = node->span.end - r->src->base;
	struct parsed piece;
	size_t k = 0;

	parse_bytes(&piece, "", 0);
	scan(&piece.u,
	     fp_source_add(&piece.u.sources, "n", r->src->data + begin, end - begin,
			   (struct fp_span){ 0, 0 }),
	     &own);
	for (size_t i = 0; i < all->n; i++) {
		const struct fp_token *t = &all->at[i];
		if (t->span.end <= begin || t->span.begin >= end)
			continue;
		assert_true(t->span.begin >= begin && t->span.end <= end); /* none is cut */
		assert_true(k < own.n);
		assert_int_equal(own.at[k].kind, t->kind);
		assert_int_equal(own.at[k].span.begin + begin, t->span.begin);
		k++;
	}
	assert_int_equal(k, own.n);
	if (own.n && node->kind != FP_AST_FILE) { /* no blanks at the ends */
		assert_int_equal(own.at[0].span.begin, 0);
		assert_int_equal(own.at[own.n - 1].span.end, end - begin);
	}
	fp_unit_free(&piece.u);
	for (size_t i = 0; i < node->n; i++)
		check_round_trip(r, node->kids[i], all);
}

static void test_spans_round_trip(void **state)
{
	static struct tokens all;
	struct parsed r;
	size_t len;
	char *text = read_file(SAMPLE, &len);

	(void)state;
	parse_bytes(&r, text, len);
	scan(&r.u, r.src, &all);
	assert_true(all.n > 300);
	check_round_trip(&r, r.file, &all);
	fp_unit_free(&r.u);
	free(text);
}

/* What ast.h promises of every tree, also one with errors in it. */

static size_t least_kids(enum fp_ast_kind kind)
{
	if (kind == FP_AST_OR || kind == FP_AST_AND || kind == FP_AST_COMPARE ||
	    kind == FP_AST_IN || kind == FP_AST_RANGE || kind == FP_AST_HAS ||
	    kind == FP_AST_LACKS || kind == FP_AST_ONLY || kind == FP_AST_BITAND ||
	    kind == FP_AST_CALLS || kind == FP_AST_ABI || kind == FP_AST_LIMIT ||
	    kind == FP_AST_MOUNT || kind == FP_AST_NEVER || kind == FP_AST_NAMESPACES)
		return 2;
	if (kind == FP_AST_USER || kind == FP_AST_MAP || kind == FP_AST_RIGHTS || kind == FP_AST_IO)
		return 3;
	return kind == FP_AST_NOT || kind == FP_AST_WHERE || kind == FP_AST_ERRNO ||
	       kind == FP_AST_PORT || kind == FP_AST_SUBJECT_NET || kind == FP_AST_CONST;
}

static void check_tree(const struct fp_ast *node, unsigned depth)
{
	uint32_t last = node->span.begin;

	assert_true(depth < 2000);
	assert_true((unsigned)node->kind < FP_AST_N);
	assert_true(node->span.begin <= node->span.end);
	assert_true(node->n >= least_kids(node->kind));
	if (node->name)
		assert_true(node->name_span.begin >= node->span.begin &&
			    node->name_span.end <= node->span.end);
	for (size_t i = 0; i < node->n; i++) {
		const struct fp_ast *kid = node->kids[i];
		assert_non_null(kid);
		assert_true(kid->span.begin >= last && kid->span.end <= node->span.end);
		last = kid->span.begin;
		check_tree(kid, depth + 1);
	}
}

/* xorshift: the same inputs on every machine. */
static uint32_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 24);
}

static void check_input(const char *data, size_t len)
{
	struct parsed r;
	struct fp_buf out;

	parse_bytes(&r, data, len);
	check_tree(r.file, 0);
	fp_buf_init(&out, &r.u.arena);
	fp_ast_dump(r.file, &out);
	for (size_t i = 0; i < r.u.diags.list.n; i++) {
		const struct fp_diag *d = &r.u.diags.list.at[i];
		assert_true(d->span.begin >= r.src->base);
		assert_true(d->span.end >= d->span.begin);
		assert_true(d->span.end <= r.src->base + r.src->len);
	}
	fp_diag_render(&r.u, &out, false);
	fp_unit_free(&r.u);
}

static void test_random_bytes(void **state)
{
	uint64_t seed = 0x9e3779b97f4a7c15u;
	char data[256];

	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		size_t len = next_random(&seed) % sizeof(data);
		for (size_t i = 0; i < len; i++)
			data[i] = (char)(round % 3 ? next_random(&seed) % 96 + 32
						   : next_random(&seed));
		check_input(data, len);
	}
}

/* A piece of the text goes, comes twice, or moves; or a byte or a word changes. */
static size_t mutate(char *out, const char *text, size_t len, uint64_t *seed)
{
	static const char marks[] = "{}();:,.\"@#/-=&|~<>!0\\\n";
	size_t a = next_random(seed) % len, b = next_random(seed) % len;
	size_t n = next_random(seed) % 24 + 1;

	n = n > len - a ? len - a : n;
	n = n > len - b ? len - b : n;
	memcpy(out, text, len);
	switch (next_random(seed) % 5) {
	case 0:
		memmove(out + a, out + a + n, len - a - n);
		return len - n;
	case 1:
		memmove(out + b + n, out + b, len - b);
		memcpy(out + b, text + a, n);
		return len + n;
	case 2:
		memcpy(out + b, text + a, n);
		return len;
	case 3:
		out[a] = marks[next_random(seed) % (sizeof(marks) - 1)];
		return len;
	}
	n = strlen(keywords[b % KEYWORDS]);
	memmove(out + a + n, out + a, len - a);
	memcpy(out + a, keywords[b % KEYWORDS], n);
	return len + n;
}

static void test_mutated_sample(void **state)
{
	uint64_t seed = 0xd1b54a32d192ed03u;
	size_t len;
	char *text = read_file(SAMPLE, &len);
	char *one = malloc(len + 64), *two = malloc(len + 128);

	(void)state;
	assert_non_null(one);
	assert_non_null(two);
	for (unsigned round = 0; round < 1500; round++) {
		size_t n = mutate(one, text, len, &seed);
		check_input(one, n);
		n = mutate(two, one, n, &seed);
		check_input(two, n);
	}
	for (size_t n = 0; n < len; n += 7) /* cut short anywhere */
		check_input(text, n);
	free(one);
	free(two);
	free(text);
}

/* Recovery: as many errors as there are, and what is right between them stays. */

static void check_recovery(const char *head, const char *good, const char *bad, const char *tail,
			   enum fp_ast_kind kept)
{
	struct parsed r;
	struct fp_buf b;
	struct fp_arena arena;
	jmp_buf out_of_memory;
	const unsigned n = 7;

	fp_arena_init(&arena, LIMIT, &out_of_memory);
	fp_buf_init(&b, &arena);
	fp_buf_puts(&b, head);
	for (unsigned i = 0; i < n; i++)
		fp_buf_printf(&b, "%s %s\n", good, bad);
	fp_buf_printf(&b, "%s %s", good, tail);
	parse_bytes(&r, fp_buf_text(&b), b.len);
	if (r.u.diags.errors != n)
		fail_msg("%u errors in\n%s\n%s", r.u.diags.errors, fp_buf_text(&b),
			 diagnostics(&r));
	const struct fp_ast *node = fp_ast_kid(r.file, FP_AST_POLICY);
	if (fp_ast_kid(node, FP_AST_SECTION))
		node = fp_ast_kid(node, FP_AST_SECTION);
	else if (fp_ast_kid(node, FP_AST_TEST))
		node = fp_ast_kid(node, FP_AST_TEST);
	size_t count = 0;
	for (size_t i = 0; i < node->n; i++)
		count += node->kids[i]->kind == kept;
	assert_int_equal(count, n + 1);
	fp_unit_free(&r.u);
	fp_arena_free(&arena);
}

static void test_recovery(void **state)
{
	static const struct {
		const char *head, *good, *bad, *tail;
		enum fp_ast_kind kept;
	} rows[] = {
		{ "policy p {", "never x;", "nevr y;", "}", FP_AST_NEVER },
		{ "policy p {", "tier a;", "sycalls { allow x; deny y where a in { 1 }; }", "}",
		  FP_AST_TIER },
		{ "policy p {", "waive x;", "waive x until 2027-02-30;", "}", FP_AST_WAIVE },
		{ "policy p { test {", "allow f();", "kill g(1;", "} }", FP_AST_TEST_ALLOW },
		{ "policy p { syscalls {", "allow a where x in {1};", "deny b whre x in { 1, 2 };",
		  "} }", FP_AST_CALLS },
		{ "policy p { syscalls {", "kill a;", "kill b where ((x == 1;", "} }",
		  FP_AST_CALLS },
		{ "policy p { syscalls {", "kill a;", "kill b where x in {1, 2;", "} }",
		  FP_AST_CALLS },
		{ "policy p { syscalls {\n", "kill a;", "kill b\n", "} }", FP_AST_CALLS },
		{ "policy p { capabilities {", "none;", "all;", "} }", FP_AST_NONE },
		{ "policy p { process {", "umask 1;", "umask \"1\";", "} }", FP_AST_UMASK },
		{ "policy p { process {", "umask 1;", "working-directory \"/x;", "\n} }",
		  FP_AST_UMASK },
		{ "policy p { namespaces {", "new pid;", "old pid;", "} }", FP_AST_NAMESPACES },
		{ "policy p { mounts {", "mask \"/x\";", "bind \"/a\" to \"/b\";", "} }",
		  FP_AST_MASK },
		{ "policy p { files {", "default deny;", "allow read /x/**;", "} }",
		  FP_AST_DEFAULT },
		{ "policy p { egress {", "deny any to any;", "deny any to 1.2.3;", "} }",
		  FP_AST_NET },
		{ "policy p { ingress {", "deny any;", "deny any port;", "} }", FP_AST_NET },
		{ "policy p { devices {", "allow read /dev/x;", "allow read /dev/x char;", "} }",
		  FP_AST_RIGHTS },
		{ "policy p { limits {", "pids 5;", "pids 5 MiB;", "} }", FP_AST_LIMIT },
		{ "policy p { audit {", "denied;", "permitted;", "} }", FP_AST_AUDIT_DENIED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_recovery(rows[i].head, rows[i].good, rows[i].bad, rows[i].tail, rows[i].kept);
}

static void test_helps(void **state)
{
	struct parsed r;

	(void)state;
	parse_text(&r, "policy p { egres { default deny; } files { allow read /usr; }\n"
		       "syscalls { allow f unti 2027-01-01; capabilities { none; } }\n"
		       "} tier x;");
	assert_int_equal(r.u.diags.errors, 5);
	assert_help(&r, 0, "did you mean 'egress'?");
	assert_help(&r, 0, "here one begins with 'audit', 'capabilities'");
	assert_help(&r, 1, "put it in quotes: \"/usr\"");
	assert_help(&r, 2, "did you mean 'until'?");
	assert_help(&r, 3, "the section before it begins here");
	assert_help(&r, 4, "no policy is open here; is there a '}' too many above?");
	fp_unit_free(&r.u);
}

/* Hostile sizes. */

static char *repeated(const char *head, const char *unit, size_t n, const char *tail, size_t *len)
{
	size_t u = strlen(unit), h = strlen(head), t = strlen(tail);
	char *text = malloc(h + n * u + t + 1);

	assert_non_null(text);
	memcpy(text, head, h);
	for (size_t i = 0; i < n; i++)
		memcpy(text + h + i * u, unit, u);
	memcpy(text + h + n * u, tail, t + 1);
	*len = h + n * u + t;
	return text;
}

static void check_repeated(const char *head, const char *unit, size_t n, const char *tail,
			   const char *expected)
{
	struct parsed r;
	size_t len;
	char *text = repeated(head, unit, n, tail, &len);

	parse_bytes(&r, text, len);
	check_tree(r.file, 0);
	assert_diagnostics(&r, expected);
	fp_unit_free(&r.u);
	free(text);
}

static void test_deep(void **state)
{
	const char *head = "policy p { syscalls { allow f where ";
	const char *tail = "; deny g; } } policy q {}";

	(void)state;
	check_repeated(head, "(", 10000, tail, "E0103 1:237 nested too deeply\n");
	check_repeated(head, "not (", 10000, tail, "E0103 1:1041 nested too deeply\n");
	check_repeated(head, "not ", 10000, tail, "E0103 1:7981 nested too deeply\n");
	check_repeated("const a = ", "~", 10000, "1;", "E0103 1:2005 nested too deeply\n");
	check_repeated("", "policy p { ", 10000, "",
		       "E0101 1:12 expected a statement or '}', found 'policy'\n");
	check_repeated("policy p { ", "{", 10000, "",
		       "E0101 1:12 expected a statement or '}', found '{'\n");
	check_repeated("policy p { syscalls { allow f where x in ", "{", 10000, "",
		       "E0101 1:43 expected a name, a number, a set, '(', '~' or others, found "
		       "'{'\n");
}

static void test_deep_enough(void **state)
{
	struct parsed r;
	struct fp_buf b;
	struct fp_arena arena;
	jmp_buf out_of_memory;

	(void)state;
	fp_arena_init(&arena, LIMIT, &out_of_memory);
	fp_buf_init(&b, &arena);
	fp_buf_puts(&b, "policy p { syscalls { allow f where ");
	for (unsigned i = 0; i < FP_PARSE_DEPTH; i++)
		fp_buf_puts(&b, "a == 1 or b == 2 or a == 1 and not (");
	fp_buf_puts(&b, "c == 3");
	for (unsigned i = 0; i < FP_PARSE_DEPTH; i++)
		fp_buf_putc(&b, ')');
	fp_buf_puts(&b, "; } }");
	parse_bytes(&r, fp_buf_text(&b), b.len);
	assert_diagnostics(&r, "");
	fp_unit_free(&r.u);
	fp_arena_free(&arena);
}

static void test_long_lists(void **state)
{
	struct parsed r;
	size_t len;
	char *text =
		repeated("policy p { files { allow read \"/a\"", ", \"/b\"", 10000, "; } }", &len);

	(void)state;
	parse_bytes(&r, text, len);
	assert_diagnostics(&r, "");
	const struct fp_ast *section = r.file->kids[0]->kids[0];
	assert_int_equal(section->kids[0]->n, 10000 + 3);
	assert_true(r.u.arena.used < (24u << 20));
	fp_unit_free(&r.u);
	free(text);
	text = repeated("policy p { files { ", "deny read \"/a\";\n", 100000, "} }", &len);
	parse_bytes(&r, text, len);
	assert_diagnostics(&r, "");
	assert_int_equal(r.file->kids[0]->kids[0]->n, 100000);
	fp_unit_free(&r.u);
	free(text);
}

static void test_size_limit(void **state)
{
	struct parsed r;
	size_t len;
	char *text = repeated("#", "x", FP_SOURCE_MAX - 1, "", &len);

	(void)state;
	parse_bytes(&r, text, len);
	assert_diagnostics(&r, "");
	fp_unit_free(&r.u);
	parse_bytes(&r, text, len + 1); /* with its NUL: one byte too many, and not looked at */
	assert_diagnostics(&r,
			   "E0104 0:0 't.policy' has 16777217 bytes; a source may have 16777216\n");
	assert_int_equal(r.file->n, 0);
	fp_unit_free(&r.u);
	free(text);
}

/* A flood of errors ends at the limit of diagnostics, whatever kind they are. */
static void test_floods(void **state)
{
	static const char *const units[] = { "@ ", "x;", "}", "\xff ", "\"\n", "1x ", "{;}", "a " };

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct parsed r;
		size_t len;
		char *text = repeated("", units[i], 1000000, "", &len);
		parse_bytes(&r, text, len);
		assert_in_range(r.u.diags.errors, 1, FP_DIAG_LIMIT + 1);
		fp_unit_free(&r.u);
		free(text);
	}
}

/* What is skipped costs no memory beyond the text itself. */
static void test_skipped_is_free(void **state)
{
	static const char *const units[] = {
		"@", "1 ", "1x ", "\"\\q\" ", "\"\\x41\" ", "@a ", "${a} ", "99999999999999999999 "
	};

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct parsed r;
		size_t len;
		char *text = repeated("policy p { x ", units[i], 200000, "; y; }", &len);
		parse_bytes(&r, text, len);
		assert_int_equal(r.u.diags.errors, 2);
		/* The least allocation for each would take 3.2 MB. */
		assert_in_range(r.u.arena.used, 2 * len, 2 * len + 300000 + FP_ARENA_CHUNK);
		fp_unit_free(&r.u);
		free(text);
	}
}

/* Every point at which memory can run out is one jump. */
static void test_out_of_memory(void **state)
{
	size_t len;
	char *text = read_file(SAMPLE, &len);
	unsigned jumps = 0;

	(void)state;
	for (size_t limit = 0; limit < 200000; limit += 97) {
		struct fp_unit u;
		fp_unit_init(&u, limit);
		if (setjmp(u.recover)) {
			jumps++;
		} else {
			const struct fp_source *src =
				fp_source_add(&u.sources, "t", text, len, (struct fp_span){ 0, 0 });
			fp_parse(&u, src);
		}
		fp_unit_free(&u);
	}
	assert_true(jumps > 100);
	free(text);
}

static void test_second_source(void **state)
{
	struct parsed r;
	struct fp_place at;

	(void)state;
	parse_text(&r, "language 1;");
	const struct fp_source *second =
		fp_source_add(&r.u.sources, "u.policy", "\nuse x;", 7, (struct fp_span){ 1, 2 });
	fp_parse(&r.u, second);
	assert_diagnostics(&r, "E0101 2:5 expected a string, found 'x'\n");
	assert_true(fp_source_place(&r.u.sources, r.u.diags.list.at[0].span.begin, &at));
	assert_ptr_equal(at.source, second);
	fp_unit_free(&r.u);
}

static void test_tokens_dump(void **state)
{
	struct parsed r;
	struct fp_buf out;

	(void)state;
	parse_text(&r, "");
	const struct fp_source *src = fp_source_add(
		&r.u.sources, "t",
		"allow\tf(x-y.1) >= 0x1f # c\n..\"a b\" @s@1 1.5 5s 1B/s ::1 /d;",
		strlen("allow\tf(x-y.1) >= 0x1f # c\n..\"a b\" @s@1 1.5 5s 1B/s ::1 /d;"),
		(struct fp_span){ 0, 0 });
	fp_buf_init(&out, &r.u.arena);
	fp_tokens_dump(&r.u, src, &out);
	assert_string_equal(fp_buf_text(&out),
			    "1:1 keyword allow\n1:7 name f\n1:8 mark (\n"
			    "1:9 name x-y.1\n1:14 mark )\n1:16 mark >=\n"
			    "1:19 number 0x1f\n2:1 mark ..\n2:3 string \"a b\"\n"
			    "2:9 set @s@1\n2:14 decimal number 1.5\n"
			    "2:18 duration 5s\n2:21 rate 1B/s\n2:26 address ::1\n"
			    "2:30 path /d\n2:32 mark ;\n");
	assert_diagnostics(&r, "");
	fp_unit_free(&r.u);
}

static void test_kinds(void **state)
{
	struct parsed r;

	(void)state;
	for (unsigned i = 0; i < FP_AST_N; i++)
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(fp_ast_kind_name((enum fp_ast_kind)i),
						fp_ast_kind_name((enum fp_ast_kind)k));
	parse_text(&r, "language 1; use \"a\"; use \"b\";");
	assert_ptr_equal(fp_ast_kid(r.file, FP_AST_USE), r.file->kids[1]);
	assert_null(fp_ast_kid(r.file, FP_AST_POLICY));
	fp_unit_free(&r.u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_keywords_are_names),
		cmocka_unit_test(test_keywords_are_sorted),
		cmocka_unit_test(test_spans_round_trip),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_mutated_sample),
		cmocka_unit_test(test_recovery),
		cmocka_unit_test(test_helps),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_deep_enough),
		cmocka_unit_test(test_long_lists),
		cmocka_unit_test(test_size_limit),
		cmocka_unit_test(test_floods),
		cmocka_unit_test(test_skipped_is_free),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_second_source),
		cmocka_unit_test(test_tokens_dump),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests_name("front", tests, NULL, NULL);
}
