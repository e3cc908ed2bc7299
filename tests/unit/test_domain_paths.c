/* SPDX-License-Identifier: MIT */
/* Automata of path patterns against a matcher by derivatives and every path of a small alphabet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "analysis/diff.h"
#include "ir/decide.h"
#include "ir/domain_paths.h"
#include "ir/eval.h"
#include "random.h"
#include "sema/sema.h"

/* One unit for the questions, and one for each policy: a compilation has one. */
static struct fp_unit u, policies[5];
static size_t policy_count;

static void open_unit(struct fp_unit *unit)
{
	fp_unit_init(unit, (size_t)512 << 20);
	if (setjmp(unit->recover))
		abort();
}

static void begin(void)
{
	open_unit(&u);
}

static void end(void)
{
	while (policy_count)
		fp_unit_free(&policies[--policy_count]);
	fp_unit_free(&u);
}

/* ---- what a pattern means, from its text: J. Brzozowski, Derivatives of regular expressions ----
 */

static bool tail_matches(const char *g, const char *path);

static bool any_tail(const char *g, const char *path, bool slash_too)
{
	for (;; path++) {
		if (tail_matches(g, path))
			return true;
		if (!*path || (*path == '/' && !slash_too))
			return false;
	}
}

/* One of the alternatives {x,y}, then the rest; no braces in braces here. */
static bool alternative(const char *g, const char *path)
{
	const char *end = strchr(g, '}');
	char text[256];

	for (const char *from = g; from <= end;) {
		const char *to = from + strcspn(from, ",}");
		snprintf(text, sizeof(text), "%.*s%s", (int)(to - from), from, end + 1);
		if (tail_matches(text, path))
			return true;
		from = to + 1;
	}
	return false;
}

static bool class_has(const char *g, char c)
{
	bool negated = *g == '^', found = false;

	if (!c || c == '/')
		return false;
	for (g += negated; *g != ']'; g++)
		found |= *g == c;
	return found != negated;
}

static bool tail_matches(const char *g, const char *path)
{
	if (!strcmp(g, "/**"))
		return !*path || *path == '/';
	if (!*g)
		return !*path;
	if (g[0] == '*' && g[1] == '*')
		return any_tail(g + 2, path, true);
	if (*g == '*')
		return any_tail(g + 1, path, false);
	if (*g == '{')
		return alternative(g + 1, path);
	if (*g == '[')
		return class_has(g + 1, *path) && tail_matches(strchr(g, ']') + 1, path + 1);
	if (*g == '?')
		return *path && *path != '/' && tail_matches(g + 1, path + 1);
	return *g == *path && tail_matches(g + 1, path + 1);
}

/* The tree of the root alone has nothing before its slash. */
static bool matches(const char *g, const char *path)
{
	return tail_matches(g, path);
}

/* ---- all canonical paths of up to LONGEST bytes over /, a, b and a dot ---- */

#define LONGEST 6u

struct path_list {
	char (*at)[LONGEST + 1];
	size_t n;
};

static bool is_canonical(const char *p)
{
	if (p[0] != '/')
		return false;
	if (!p[1])
		return true;
	for (const char *from = p + 1;; from++) {
		size_t n = strcspn(from, "/");
		if (!n || (n == 1 && *from == '.') || (n == 2 && from[0] == '.' && from[1] == '.'))
			return false;
		from += n;
		if (!*from)
			return true;
	}
}

static void list_paths(struct path_list *l)
{
	static const char letters[] = "/ab.";
	size_t max = 0;

	for (size_t n = 1, count = 4; n <= LONGEST; n++, count *= 4)
		max += count;
	l->at = calloc(max, sizeof(l->at[0]));
	for (size_t n = 1, count = 4; n <= LONGEST; n++, count *= 4)
		for (size_t i = 0; i < count; i++) {
			char *p = l->at[l->n];
			for (size_t k = 0, rest = i; k < n; k++, rest /= 4)
				p[n - 1 - k] = letters[rest % 4];
			p[n] = '\0';
			if (is_canonical(p))
				l->n++;
			else
				memset(p, 0, LONGEST + 1);
		}
}

static struct path_list all;

/* ---- patterns ---- */

static const char *const pieces[] = { "a",     "b",      "*",  "?",  "**",   "[ab]", "[^a]",
				      "{a,b}", "{a,bb}", "ab", ".a", "{a,}", "a*" };

static const char *draw_glob(void)
{
	struct fp_buf b;
	size_t parts = 1 + random_below(3);

	fp_buf_init(&b, &u.arena);
	for (size_t i = 0; i < parts; i++) {
		size_t n = 1 + random_below(2);
		fp_buf_putc(&b, '/');
		if (i + 1 == parts && random_below(3) == 0) {
			fp_buf_puts(&b, "**");
			break;
		}
		for (size_t k = 0; k < n; k++) {
			const char *piece = pieces[random_below(13)];
			/* Two stars and one more are no pattern, nor is what may be empty. */
			if (b.data[b.len - 1] == '*' || (n == 1 && piece[0] == '{'))
				piece = "a";
			fp_buf_puts(&b, piece);
		}
	}
	return fp_buf_text(&b);
}

static const struct fp_glob *parse(const char *text)
{
	const struct fp_glob *g = fp_glob_parse(&u, text, strlen(text), (struct fp_span){ 0, 0 });

	if (!g)
		fail_msg("%s is no pattern", text);
	return g;
}

#define GLOBS 4u

struct formula { /* paths that one of the first two and not both of the others match */
	const char *text[GLOBS];
	unsigned kind;
};

static bool is_wanted(unsigned kind, unsigned set)
{
	switch (kind) {
	case 0:
		return (set & 1) && !(set & 2);
	case 1:
		return (set & 3) && (set & 12) != 12;
	case 2:
		return (set & 1) && (set & 2) && !(set & 4);
	default:
		return !(set & 1) && !(set & 2) && (set & 4);
	}
}

static bool by_tags(void *context, const uint32_t *tags, size_t n)
{
	unsigned set = 0;

	for (size_t i = 0; i < n; i++)
		set |= 1u << tags[i];
	return is_wanted(((const struct formula *)context)->kind, set);
}

static bool by_derivatives(const struct formula *f, const char *path)
{
	unsigned set = 0;

	for (unsigned i = 0; i < GLOBS; i++)
		set |= (unsigned)matches(f->text[i], path) << i;
	return is_wanted(f->kind, set);
}

static size_t found_count, none_count;

static void check_formula(struct formula *f)
{
	struct fp_walk w;
	struct fp_buf path;
	const char *shortest = NULL;

	fp_walk_init(&w, &u.arena, FP_WALK_BUDGET, false);
	for (unsigned i = 0; i < GLOBS; i++)
		fp_walk_add_glob(&w, parse(f->text[i]), i, false);
	fp_buf_init(&path, &u.arena);
	enum fp_walk_result r =
		fp_walk_find(&w, &(struct fp_walk_goal){ f, by_tags, NULL, NULL }, &path);
	assert_int_not_equal(r, FP_WALK_UNDECIDED);
	for (size_t i = 0; i < all.n && !shortest; i++)
		if (by_derivatives(f, all.at[i]))
			shortest = all.at[i];
	if (r == FP_WALK_NONE && shortest)
		fail_msg("%s, %s, %s, %s (%u): %s was not found", f->text[0], f->text[1],
			 f->text[2], f->text[3], f->kind, shortest);
	none_count += r == FP_WALK_NONE;
	if (r == FP_WALK_NONE)
		return;
	found_count++;
	/* The walk may use letters that the list has not; it is never longer than what the list
	 * has. */
	const char *it = fp_buf_text(&path);
	if (!is_canonical(it) || !by_derivatives(f, it))
		fail_msg("%s, %s, %s, %s (%u): %s is not what was asked for", f->text[0],
			 f->text[1], f->text[2], f->text[3], f->kind, it);
	if (shortest && strlen(it) > strlen(shortest))
		fail_msg("%s is longer than %s", it, shortest);
	for (unsigned i = 0; i < GLOBS; i++)
		assert_int_equal(fp_glob_match(parse(f->text[i]), it, strlen(it)),
				 matches(f->text[i], it));
}

static void walks_find_the_shortest_path(void **state)
{
	(void)state;
	for (int round = 0; round < 1500; round++) {
		struct formula f = { .kind = random_below(4) };
		begin();
		for (unsigned i = 0; i < GLOBS; i++)
			f.text[i] = draw_glob();
		check_formula(&f);
		end();
	}
	assert_true(found_count > 300 && none_count > 100);
	printf("measured: %zu questions about patterns, %zu with a path, 0 wrong by enumeration of "
	       "%zu paths\n",
	       found_count + none_count, found_count, all.n);
}

/* ---- policies ---- */

static const struct fp_ir *resolve(const char *statements)
{
	const char *text = fp_arena_printf(&u.arena,
					   "language 1;\nparam job : name;\nparam run : name;\n"
					   "policy p { owner \"o\"; targets debian-12;\n"
					   "test { deny bpf(0); }\n%s\n}\n",
					   statements);
	struct fp_unit *own = &policies[policy_count++];
	struct fp_buf out;

	open_unit(own);
	const struct fp_source *src = fp_source_add(&own->sources, "t.policy", text, strlen(text),
						    (struct fp_span){ 0, 0 });
	const struct fp_ir *ir = fp_resolve(own, src, NULL);
	fp_buf_init(&out, &own->arena);
	fp_diag_render(own, &out, false);
	if (!ir)
		fail_msg("%s\n%s", text, fp_buf_text(&out));
	return ir;
}

static const char *const rights[] = { "read", "write", "execute", "append", "create", "link" };
static const char *const places[] = { "/a", "/b", "/a/b", "/a/b/a", "/b/a" };

static const char *draw_policy(void)
{
	struct fp_buf b;
	size_t n = random_below(6);
	unsigned mounts = random_below(32);

	fp_buf_init(&b, &u.arena);
	fp_buf_printf(&b, "files { default %s;\n", random_below(4) ? "deny" : "allow");
	for (size_t i = 0; i < n; i++)
		fp_buf_printf(&b, "%s %s, %s \"%s\";\n", random_below(3) ? "allow" : "deny",
			      rights[random_below(3)], rights[3 + random_below(3)], draw_glob());
	fp_buf_printf(&b, "}\nmounts { root %s;\n", random_below(2) ? "readonly" : "writable");
	for (size_t i = 0; i < 5; i++)
		if (mounts >> i & 1)
			fp_buf_printf(&b, "tmpfs on \"%s\" size 1MiB%s%s;\n", places[i],
				      random_below(2) ? ", readonly" : "",
				      random_below(2) ? ", noexec" : "");
	if (random_below(3) == 0)
		fp_buf_printf(&b, "mask \"%s\";\n", places[random_below(5)]);
	if (random_below(3) == 0)
		fp_buf_printf(&b, "readonly \"%s\";\n", places[random_below(5)]);
	fp_buf_puts(&b, "}");
	return fp_buf_text(&b);
}

static bool permits(const struct fp_ir *ir, const char *path, uint16_t right)
{
	return fp_eval_path(ir, path, right).effect == FP_ALLOW;
}

static uint16_t right_of(const char *example)
{
	for (const struct fp_right_name *r = fp_right_names; r->name; r++)
		if (!strncmp(r->name, example, strlen(r->name)) && example[strlen(r->name)] == ' ')
			return r->bit;
	fail_msg("%s begins with no right", example);
	return 0;
}

/* The path in `read "/a"`. */
static const char *path_of(const char *example)
{
	const char *from = strchr(example, '"') + 1;

	return fp_arena_text(&u.arena, from, strlen(from) - 1);
}

static size_t asked, failed;

static void check_claim(struct fp_prover *p, const struct fp_ir *ir, bool is_never)
{
	const char *text = draw_glob();
	struct fp_subject s = { .kind = FP_SUBJECT_PATH,
				.path = parse(text),
				.rights = (uint16_t)(1u << random_below(9)) };
	struct fp_counter c = fp_decide_paths(p, ir, &s, is_never);

	asked++;
	assert_int_not_equal(c.outcome, FP_UNDECIDED);
	for (size_t i = 0; i < all.n && c.outcome == FP_HOLDS; i++)
		if (matches(text, all.at[i]) && permits(ir, all.at[i], s.rights) == is_never)
			fail_msg("%s \"%s\" does not hold on %s", is_never ? "never" : "expect",
				 text, all.at[i]);
	if (c.outcome == FP_HOLDS)
		return;
	failed++;
	assert_int_equal(right_of(c.example), s.rights);
	assert_true(matches(text, path_of(c.example)));
	assert_int_equal(permits(ir, path_of(c.example), s.rights), is_never);
	assert_ptr_equal(c.rule, fp_eval_path(ir, path_of(c.example), s.rights).rule);
}

static void claims_are_decided_as_evaluated(void **state)
{
	(void)state;
	for (int round = 0; round < 300; round++) {
		struct fp_prover p;
		begin();
		const struct fp_ir *ir = resolve(draw_policy());
		fp_prover_init(&p, &u, NULL);
		for (int i = 0; i < 4; i++)
			check_claim(&p, ir, i & 1);
		end();
	}
	assert_true(failed > 200 && asked - failed > 200);
	printf("measured: %zu never and expect of paths, %zu refuted, 0 wrong\n", asked, failed);
}

static size_t pairs, wider;

static void check_pair(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b)
{
	struct fp_excesses more = { 0 };

	fp_refine_paths(p, a, b, &more);
	pairs++;
	assert_false(more.is_undecided);
	for (size_t i = 0; i < all.n && !more.list.n; i++)
		for (uint16_t right = 1; right <= FP_RIGHT_APPEND; right = (uint16_t)(right << 1))
			if (permits(a, all.at[i], right) && !permits(b, all.at[i], right))
				fail_msg("%s was not found", all.at[i]);
	if (!more.list.n)
		return;
	wider++;
	const char *example = more.list.at[0].example;
	assert_true(is_canonical(path_of(example)));
	assert_true(permits(a, path_of(example), right_of(example)));
	assert_false(permits(b, path_of(example), right_of(example)));
	assert_ptr_equal(more.list.at[0].denies,
			 fp_eval_path(b, path_of(example), right_of(example)).rule);
}

static void refinement_is_decided_as_evaluated(void **state)
{
	(void)state;
	for (int round = 0; round < 250; round++) {
		struct fp_prover p;
		begin();
		const char *text = draw_policy();
		const struct fp_ir *a = resolve(text), *other = resolve(draw_policy());
		/* One deny more, one allow more. */
		const char *glob = draw_glob();
		const struct fp_ir *less = resolve(fp_arena_printf(
			&u.arena, "%s files { deny read, write \"%s\"; }", text, glob));
		const struct fp_ir *same = resolve(fp_arena_printf(
			&u.arena, "%s files { allow read, write \"%s\"; }", text, glob));
		fp_prover_init(&p, &u, NULL);
		check_pair(&p, a, other);
		check_pair(&p, other, a);
		check_pair(&p, same, a);
		struct fp_excesses more = { 0 };
		fp_refine_paths(&p, a, a, &more);
		fp_refine_paths(&p, less, a, &more);
		fp_refine_paths(&p, a, same, &more);
		if (more.list.n)
			fail_msg("%s with %s: %s", text, glob, more.list.at[0].example);
		end();
	}
	assert_true(wider > 200 && pairs - wider > 50);
	printf("measured: %zu refinements of paths, %zu refuted, 0 wrong\n", pairs, wider);
}

/* ---- verdicts, from the texts of the patterns alone ---- */

#define FILE_RULES 5u

struct file_policy {
	struct {
		const char *glob;
		unsigned right;
		bool denies;
	} rules[FILE_RULES];

	size_t n;
	const struct fp_ir *ir;
};

static const char *const some_rights[] = { "read", "execute", "create" };

static void draw_files(struct file_policy *p, const struct file_policy *like)
{
	struct fp_buf b;

	fp_buf_init(&b, &u.arena);
	p->n = 1 + random_below(FILE_RULES - 1);
	if (like) {
		*p = *like;
		p->n += p->n < FILE_RULES && random_below(2);
	}
	for (size_t i = 0; i < p->n; i++) {
		if (!like || i >= like->n || random_below(4) == 0) {
			p->rules[i].glob = draw_glob();
			p->rules[i].right = random_below(3);
			p->rules[i].denies = random_below(4) == 0;
		}
		fp_buf_printf(&b, "%s %s \"%s\"; ", p->rules[i].denies ? "deny" : "allow",
			      some_rights[p->rules[i].right], p->rules[i].glob);
	}
	/* Mounts that the language implies hold nothing of the alphabet. */
	p->ir = resolve(fp_arena_printf(&u.arena, "mounts { root writable; } files { %s }",
					fp_buf_text(&b)));
}

static bool grants(const struct file_policy *p, const char *path, unsigned right)
{
	bool granted = false;

	for (size_t i = 0; i < p->n; i++) {
		if (p->rules[i].right != right || !matches(p->rules[i].glob, path))
			continue;
		if (p->rules[i].denies)
			return false;
		granted = true;
	}
	return granted;
}

/* An example of a change names rights that the one policy grants on the path and the other not. */
static void check_example(const struct fp_change *c, const struct file_policy *more,
			  const struct file_policy *less)
{
	const char *path = path_of(c->witness), *quote = strchr(c->witness, '"');

	for (unsigned right = 0; right < 3; right++) {
		const char *word = strstr(c->witness, some_rights[right]);
		if (word && word < quote)
			assert_true(grants(more, path, right) && !grants(less, path, right));
	}
}

static void check_verdict(const struct file_policy *a, const struct file_policy *b,
			  const struct fp_diff *d)
{
	const struct fp_relation_known *k = &d->domains[FP_DOMAIN_PATHS];

	assert_false(k->may_be_wider || k->may_be_narrower);
	for (size_t i = 0; i < all.n; i++)
		for (unsigned right = 0; right < 3; right++) {
			bool was = grants(a, all.at[i], right), is = grants(b, all.at[i], right);
			if ((is && !was && !k->is_wider) || (was && !is && !k->is_narrower))
				fail_msg("%s of %s was not found", some_rights[right], all.at[i]);
		}
	for (size_t i = 0; i < d->changes.n; i++) {
		const struct fp_change *c = &d->changes.at[i];
		if (c->domain == FP_DOMAIN_PATHS)
			check_example(c, c->kind == FP_CHANGE_WIDER ? b : a,
				      c->kind == FP_CHANGE_WIDER ? a : b);
	}
}

#define VERDICTS 1200

static void verdicts_are_those_of_derivatives(void **state)
{
	size_t wide = 0, examples = 0;

	(void)state;
	for (int round = 0; round < VERDICTS; round++) {
		struct file_policy a = { 0 }, b = { 0 };
		struct fp_diff d;
		begin();
		draw_files(&a, NULL);
		draw_files(&b, random_below(5) ? &a : NULL);
		fp_diff(&u, a.ir, b.ir, NULL, &d);
		check_verdict(&a, &b, &d);
		wide += d.domains[FP_DOMAIN_PATHS].is_wider;
		examples += d.changes.n;
		end();
	}
	assert_true(wide > VERDICTS / 10 && wide < VERDICTS - VERDICTS / 10);
	printf("measured: %d pairs of random file policies by derivatives, %zu wider, %zu examples, 0 "
	       "wrong\n",
	       VERDICTS, wide, examples);
}

/* ---- parameters ---- */

static bool is_within(const char *a, const char *b, const char **example)
{
	struct fp_excesses more = { 0 };
	struct fp_prover p;

	fp_prover_init(&p, &u, NULL);
	fp_refine_paths(&p, resolve(a), resolve(b), &more);
	*example = more.list.n ? more.list.at[0].example : NULL;
	return !more.list.n && !more.is_undecided;
}

static void parameters_are_their_own(void **state)
{
	static const struct {
		const char *a, *b, *example;
	} rows[] = {
		{ "allow read \"/x/${job}/**\";", "allow read \"/x/${job}/**\";", NULL },
		{ "allow read \"/x/${job}/**\";", "allow read \"/x/*/**\";", NULL },
		{ "allow read \"/x/foo\";", "allow read \"/x/${job}\";", "read \"/x/foo\"" },
		{ "allow read \"/x/${job}\";", "allow read \"/x/${run}\";", "read \"/x/${job}\"" },
		{ "allow read \"/x/${job}\";", "allow read \"/x/**\"; deny read \"/x/secret\";",
		  "read \"/x/secret\"" },
		{ "allow read \"/x/**\"; deny read \"/x/${job}\";",
		  "allow read \"/x/**\"; deny read \"/x/foo\";", "read \"/x/foo\"" },
		{ "allow read \"/x/**\"; deny read \"/x/${job}\";",
		  "allow read \"/x/**\"; deny read \"/x/${job}\";", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *example;
		begin();
		const char *a = fp_arena_printf(&u.arena, "files { %s }", rows[i].a);
		const char *b = fp_arena_printf(&u.arena, "files { %s }", rows[i].b);
		assert_int_equal(is_within(a, b, &example), !rows[i].example);
		if (rows[i].example)
			assert_string_equal(example, rows[i].example);
		end();
	}
	begin();
	const char *example;
	assert_true(is_within("files { allow write \"/x/${job}/a\"; } mounts { tmpfs on "
			      "\"/x/${job}\" size 1MiB; }",
			      "files { allow write \"/x/${job}/**\"; } mounts { tmpfs on "
			      "\"/x/${job}\" size 1MiB; }",
			      &example));
	assert_false(is_within("files { allow write \"/x/${job}/a\"; } mounts { tmpfs on "
			       "\"/x/${job}\" size 1MiB; }",
			       "files { allow write \"/x/${job}/**\"; } mounts { tmpfs on "
			       "\"/x/${job}\" size 1MiB, readonly; }",
			       &example));
	assert_string_equal(example, "write \"/x/${job}/a\"");
	end();
}

/* ---- size ---- */

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* 2^20 subsets: more than any budget here. */
static void the_budget_holds(void **state)
{
	const struct fp_budget budget = { 1000, 1000 };
	struct fp_prover p;

	(void)state;
	begin();
	const struct fp_ir *ir = resolve("files { allow read \"/**a????????????????????\"; deny "
					 "read \"/**b????????????????????\"; }");
	struct fp_subject s = { .kind = FP_SUBJECT_PATH, .rights = FP_RIGHT_READ };
	s.path = parse("/**/c");
	fp_prover_init(&p, &u, &budget);
	double from = cpu();
	s.path = parse("/**a????????????????????c");
	assert_int_equal(fp_decide_paths(&p, ir, &s, true).outcome, FP_UNDECIDED);
	assert_true(cpu() - from < 1.0);
	end();
}

/* A number stands for #. */
static const char *const any_forms[] = { "/usr/lib/package-#/**", "/srv/*/data-#/*.db",
					 "/**/cache-#/*", "/etc/conf.d/#-[a-f]*" };
static const char *const deep_forms[] = { "/usr/lib/package-#/data-?/*.so", "/srv/#/[a-f]*/x",
					  "/opt/#/**/bin/*", "/home/user-#/.config/**" };
static const char *const tree_forms[] = { "/usr/lib/package-#/**", "/srv/#/**", "/opt/#/**",
					  "/home/*-#/**" };

static const char *many_paths(const char *const forms[4], size_t n, const char *more)
{
	struct fp_buf b;

	fp_buf_init(&b, &u.arena);
	fp_buf_puts(&b, "files {\n");
	for (size_t i = 0; i < n; i++) {
		const char *number = strchr(forms[i % 4], '#');
		fp_buf_printf(&b, "allow read \"%.*s%zu%s\";\n", (int)(number - forms[i % 4]),
			      forms[i % 4], i, number + 1);
	}
	fp_buf_printf(&b, "%s }", more);
	return fp_buf_text(&b);
}

static void measure(const char *what, const char *narrow, const char *wide, const char *beyond)
{
	struct fp_excesses more = { 0 };
	struct fp_prover p;

	const struct fp_ir *a = resolve(narrow), *b = resolve(wide);
	fp_prover_init(&p, &u, NULL);
	double from = cpu();
	size_t before = u.arena.used;
	fp_refine_paths(&p, a, b, &more);
	double took = cpu() - from;
	size_t bytes = u.arena.used - before + p.paths->used;
	assert_false(more.is_undecided);
	assert_int_equal(more.list.n, 0);
	printf("measured: %s: %.0f ms, %zu MiB\n", what, took * 1e3, bytes >> 20);
	assert_true(bytes < (size_t)64 << 20);
	fp_refine_paths(&p, b, a, &more);
	assert_int_equal(more.list.n, 1);
	assert_string_equal(more.list.at[0].example, beyond);
}

static void a_thousand_against_a_thousand(void **state)
{
	(void)state;
	begin();
	measure("1000 patterns against the same and one more", many_paths(any_forms, 1000, ""),
		many_paths(any_forms, 1000, "allow read \"/opt/**\";"), "read \"/opt\"");
	measure("1000 patterns against 1000 wider ones", many_paths(deep_forms, 1000, ""),
		many_paths(tree_forms, 1000, ""), "read \"/opt/2\"");
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks_find_the_shortest_path),
		cmocka_unit_test(claims_are_decided_as_evaluated),
		cmocka_unit_test(refinement_is_decided_as_evaluated),
		cmocka_unit_test(verdicts_are_those_of_derivatives),
		cmocka_unit_test(parameters_are_their_own),
		cmocka_unit_test(the_budget_holds),
		cmocka_unit_test(a_thousand_against_a_thousand),
	};

	list_paths(&all);
	int failures = cmocka_run_group_tests(tests, NULL, NULL);
	free(all.at);
	return failures;
}
