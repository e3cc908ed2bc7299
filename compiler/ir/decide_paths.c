/* SPDX-License-Identifier: MIT */
/* Questions about paths: what files rules grant and mounts take away, as fp_eval_path() defines. */
#include "ir/decide.h"
#include "ir/domain_paths.h"

#define WRITING                                                                                 \
	(FP_RIGHT_WRITE | FP_RIGHT_CREATE | FP_RIGHT_DELETE | FP_RIGHT_LINK | FP_RIGHT_APPEND | \
	 FP_RIGHT_ATTRIBUTES)

/* A walk is emptied of its memory before the next one, unless it took little. */
#define PATHS_KEPT ((size_t)16 << 20)

struct pattern {
	const struct fp_rule *rule;
	const char *text;
};

/* A policy in a walk: its patterns have the tags from `first` on. */
struct view {
	const struct fp_ir *ir;
	uint32_t first;
	FP_VEC(struct pattern) patterns;
};

/* Rights that were told to be granted by one pattern and refused by another. */
struct told {
	struct pattern in_a, in_b;
	uint16_t rights, fresh; /* of the path that was found last */
};

struct question {
	struct view a, b; /* b.ir NULL: about one policy */
	uint32_t subject; /* the tag of the pattern that is asked about */
	uint16_t rights;
	bool is_never;
	/* Where every example is wanted: one for each right that two patterns tell apart. */
	struct fp_prover *p;
	struct fp_excesses *all; /* NULL: the first is enough */
	FP_VEC(struct told) told;
	/* Of the path that was found: a right, and what decided about it. */
	uint16_t right;
	const struct fp_rule *in_a, *in_b;
};

/* To write is also to append: who may not write may not append either. */
static uint16_t rights_of(const struct fp_rule *r)
{
	uint16_t rights = r->u.file.rights;

	return rights & FP_RIGHT_WRITE ? rights | FP_RIGHT_APPEND : rights;
}

static bool default_allows(const struct fp_ir *ir)
{
	const struct fp_rule *r = fp_ir_only(ir, FP_KIND_FILE_DEFAULT);

	return r && r->u.effect == FP_ALLOW;
}

static uint32_t tag_for(struct fp_walk *w, struct view *v, const struct fp_rule *r,
			const char *text)
{
	struct pattern p = { r, text };

	fp_vec_push(w->arena, &v->patterns, p);
	return v->first + (uint32_t)v->patterns.n - 1;
}

/* Patterns that cannot matter to the rights asked about stay out. */
static void add_policy(struct fp_walk *w, struct view *v, uint32_t first, uint16_t rights,
		       bool is_needed)
{
	const enum fp_kind taking[] = { FP_KIND_MASK, FP_KIND_READONLY };

	v->first = first;
	fp_ir_each (v->ir, FP_KIND_FILE, r) {
		bool allows = r->u.file.effect == FP_ALLOW;
		for (size_t i = 0; rights_of(r) & rights && i < r->u.file.paths.n; i++)
			fp_walk_add_glob(w, r->u.file.paths.at[i],
					 tag_for(w, v, r, r->u.file.paths.at[i]->text),
					 is_needed && allows);
	}
	for (size_t k = 0; k < 2; k++)
		fp_ir_each (v->ir, taking[k], r)
			if (r->u.file.rights & rights)
				fp_walk_add_tree(w, r->u.file.paths.at[0]->path,
						 tag_for(w, v, r, r->text), false);
	fp_ir_each (v->ir, FP_KIND_MOUNT, r)
		fp_walk_add_tree(w, r->u.mount.on, tag_for(w, v, r, r->text), false);
}

/* Rights that the mount holding the path takes away, or the root where there is none. */
static uint16_t taken_by(const struct fp_ir *ir, const struct fp_rule *mount)
{
	const struct fp_rule *root = fp_ir_only(ir, FP_KIND_ROOT);
	uint32_t flags = mount ? mount->u.mount.flags : 0;
	uint16_t taken = 0;

	if (mount ? flags & FP_MNT_READONLY : root && root->u.root.is_readonly)
		taken |= WRITING;
	if (flags & FP_MNT_NOEXEC)
		taken |= FP_RIGHT_EXECUTE;
	return taken;
}

/* What rules add up to. */
struct sum {
	uint16_t granted, denied;
	const struct fp_rule *mount; /* the deepest */
	/* The first that denies what is asked about, the first that hides it, the last that grants.
	 */
	const struct fp_rule *denies, *hides, *grants;
};

static const struct fp_rule *rule_at(const struct view *v, uint32_t tag)
{
	bool is_its = tag >= v->first && tag - v->first < v->patterns.n;

	return is_its ? v->patterns.at[tag - v->first].rule : NULL;
}

static void add_rule(struct sum *s, const struct fp_rule *r, uint16_t asked)
{
	if (r->kind == FP_KIND_MOUNT) {
		if (!s->mount || strlen(r->u.mount.on) > strlen(s->mount->u.mount.on))
			s->mount = r;
	} else if (r->kind == FP_KIND_FILE && r->u.file.effect == FP_ALLOW) {
		s->granted |= rights_of(r);
		if (rights_of(r) & asked)
			s->grants = r;
	} else {
		const struct fp_rule **by = r->kind == FP_KIND_FILE ? &s->denies : &s->hides;
		s->denied |= rights_of(r);
		if (rights_of(r) & asked && !*by)
			*by = r;
	}
}

/* The rights of a path on which these patterns match, and what decides about those asked for. */
static uint16_t rights_at(const struct view *v, const uint32_t *tags, size_t n, uint16_t asked,
			  const struct fp_rule **by)
{
	const struct fp_rule *def = fp_ir_only(v->ir, FP_KIND_FILE_DEFAULT);
	struct sum s = { .granted = default_allows(v->ir) ? FP_RIGHT_ALL : 0 };

	for (size_t i = 0; i < n; i++)
		if (rule_at(v, tags[i]))
			add_rule(&s, rule_at(v, tags[i]), asked);
	uint16_t taken = taken_by(v->ir, s.mount);
	const struct fp_rule *holder = s.mount ? s.mount : fp_ir_only(v->ir, FP_KIND_ROOT);
	*by = s.denies             ? s.denies
	      : s.hides            ? s.hides
	      : taken & asked      ? holder
	      : asked & ~s.granted ? def
	      : s.grants           ? s.grants
				   : def;
	return s.granted & (uint16_t) ~(s.denied | taken);
}

/*
 * Rights that no continuation is without (`certain`), or that some may have: what goes on matching
 * counts for sure, the rest only against what is claimed.
 */
static uint16_t rights_below(const struct view *v, const struct fp_walk_live *live, size_t n,
			     bool certain)
{
	struct sum sure = { 0 }, perhaps = { 0 };
	bool mounts_follow = false;

	for (size_t i = 0; i < n; i++) {
		const struct fp_rule *r = rule_at(v, live[i].tag);
		if (!r)
			continue;
		if (live[i].is_forever)
			add_rule(&sure, r, 0);
		else if (r->kind == FP_KIND_MOUNT)
			mounts_follow = true;
		add_rule(&perhaps, r, 0);
	}
	uint16_t all = default_allows(v->ir) ? FP_RIGHT_ALL : 0;
	uint16_t taken = taken_by(v->ir, sure.mount);
	if (certain)
		return (all | sure.granted) &
		       (uint16_t) ~(perhaps.denied | (mounts_follow ? FP_RIGHT_ALL : taken));
	return (all | perhaps.granted) & (uint16_t) ~(sure.denied | (mounts_follow ? 0 : taken));
}

/* Rules of both policies at places with one tail: they match together from here on. */
struct together {
	uint16_t granted[2], taken[2]; /* by a, by b */
};

static bool is_same_mount(const struct fp_rule *a, const struct fp_rule *b)
{
	const uint32_t taking = FP_MNT_READONLY | FP_MNT_NOEXEC;

	return b && b->kind == FP_KIND_MOUNT && !strcmp(a->u.mount.on, b->u.mount.on) &&
	       !((a->u.mount.flags ^ b->u.mount.flags) & taking);
}

/* False where the mount of one policy is not one of the other. */
static bool add_together(const struct question *q, struct together *t,
			 const struct fp_walk_live *live, size_t n, uint32_t tag)
{
	const struct fp_rule *mine = rule_at(&q->a, tag), *theirs = rule_at(&q->b, tag);
	const struct fp_rule *r = mine ? mine : theirs;
	const struct view *other = mine ? &q->b : &q->a;
	bool found = false;

	if (!r)
		return true;
	if (r->kind == FP_KIND_FILE && r->u.file.effect == FP_ALLOW)
		t->granted[!mine] |= rights_of(r);
	else if (r->kind != FP_KIND_MOUNT)
		t->taken[!mine] |= rights_of(r);
	for (size_t i = 0; i < n && r->kind == FP_KIND_MOUNT && !found; i++)
		found = is_same_mount(r, rule_at(other, live[i].tag));
	return found || r->kind != FP_KIND_MOUNT;
}

/*
 * Whether what is yet to come is the same in both policies, or less in the first: every grant of
 * `a` has one of `b` with its tail, every refusal of `b` one of `a`, and mounts are equal.
 */
static bool is_alike(const struct question *q, const struct fp_walk_live *live, size_t n)
{
	uint16_t root = taken_by(q->b.ir, NULL) & (uint16_t)~taken_by(q->a.ir, NULL);

	if (root & q->rights || (default_allows(q->a.ir) && !default_allows(q->b.ir)))
		return false;
	for (size_t from = 0, to; from < n; from = to) {
		struct together t = { 0 };
		for (to = from; to < n && live[to].tail == live[from].tail;)
			to++;
		for (size_t i = from; i < to; i++)
			if (!add_together(q, &t, &live[from], to - from, live[i].tag))
				return false;
		if (q->rights & ((t.granted[0] & ~t.granted[1]) | (t.taken[1] & ~t.taken[0])))
			return false;
	}
	return true;
}

static bool is_hopeless(void *context, const struct fp_walk_live *live, size_t n)
{
	const struct question *q = context;

	if (q->b.ir)
		return is_alike(q, live, n) || !(q->rights & rights_below(&q->a, live, n, false) &
						 ~rights_below(&q->b, live, n, true));
	if (q->is_never)
		return q->rights & ~rights_below(&q->a, live, n, false);
	return !(q->rights & ~rights_below(&q->a, live, n, true));
}

static bool is_one(struct pattern a, struct pattern b)
{
	return a.rule == b.rule && a.text == b.text;
}

static struct told *told_of(struct question *q, struct pattern a, struct pattern b)
{
	struct told fresh = { .in_a = a, .in_b = b };

	for (size_t i = 0; i < q->told.n; i++)
		if (is_one(q->told.at[i].in_a, a) && is_one(q->told.at[i].in_b, b))
			return &q->told.at[i];
	fp_vec_push(&q->p->u->arena, &q->told, fresh);
	return &q->told.at[q->told.n - 1];
}

/* What decides about a right: the first pattern of the rule, or the rule alone. */
static struct pattern decider(const struct view *v, const uint32_t *tags, size_t n, uint16_t right)
{
	struct pattern by = { 0 };

	rights_at(v, tags, n, right, &by.rule);
	for (size_t i = 0; i < n; i++)
		if (by.rule && rule_at(v, tags[i]) == by.rule)
			return v->patterns.at[tags[i] - v->first];
	return by;
}

/* Whether some right of the path is refused by patterns that were not told yet. */
static bool is_news(struct question *q, const uint32_t *tags, size_t n, uint16_t bad)
{
	bool is_new = false;

	for (; bad; bad &= (uint16_t)(bad - 1)) {
		const uint16_t right = bad & (uint16_t)-bad;
		struct told *t =
			told_of(q, decider(&q->a, tags, n, right), decider(&q->b, tags, n, right));
		t->fresh |= right & (uint16_t)~t->rights;
		t->rights |= right;
		is_new |= t->fresh != 0;
	}
	return is_new;
}

static bool is_sought(void *context, const uint32_t *tags, size_t n)
{
	struct question *q = context;
	const struct fp_rule *rule;
	bool is_asked = q->b.ir != NULL;
	uint16_t bad;

	for (size_t i = 0; i < n; i++)
		is_asked |= tags[i] == q->subject;
	if (!is_asked)
		return false;
	uint16_t has = rights_at(&q->a, tags, n, 0, &rule);
	if (q->b.ir)
		bad = has & (uint16_t)~rights_at(&q->b, tags, n, 0, &rule) & q->rights;
	else if (q->is_never)
		bad = (q->rights & ~has) ? 0 : q->rights;
	else
		bad = q->rights & (uint16_t)~has;
	if (!bad)
		return false;
	if (q->all)
		return is_news(q, tags, n, bad);
	q->right = bad & (uint16_t)-bad;
	rights_at(&q->a, tags, n, q->right, &q->in_a);
	if (q->b.ir)
		rights_at(&q->b, tags, n, q->right, &q->in_b);
	return true;
}

static const char *right_name(uint16_t right)
{
	const struct fp_right_name *r = fp_right_names;

	while (r->bit != right)
		r++;
	return r->name;
}

static bool goes_on(void *context, const char *path)
{
	struct question *q = context;
	struct fp_arena *arena = &q->p->u->arena;

	for (size_t i = 0; i < q->told.n; i++) {
		struct told *t = &q->told.at[i];
		struct fp_buf names;
		fp_buf_init(&names, arena);
		for (const struct fp_right_name *r = fp_right_names; r->name; r++)
			if (t->fresh & r->bit)
				fp_buf_printf(&names, "%s%s", names.len ? ", " : "", r->name);
		if (t->fresh)
			fp_excess_add(q->p, q->all,
				      (struct fp_excess){
					      .example = fp_arena_printf(arena, "%s \"%s\"",
									 fp_buf_text(&names), path),
					      .allows = t->in_a.rule,
					      .denies = t->in_b.rule,
					      .pattern = t->in_a.text });
		t->fresh = 0;
	}
	return true;
}

static enum fp_walk_result walk(struct fp_prover *p, struct question *q, const struct fp_glob *path,
				bool is_symbolic, bool *has_params, struct fp_buf *found)
{
	struct fp_walk w;

	size_t left = p->u->arena.limit - p->u->arena.used;
	if (p->paths->used > PATHS_KEPT || p->paths->used > left)
		fp_arena_free(p->paths);
	p->paths->limit = left;
	fp_walk_init(&w, p->paths, p->states, is_symbolic);
	if (path)
		fp_walk_add_glob(&w, path, q->subject, true);
	q->a = (struct view){ .ir = q->a.ir };
	q->b = (struct view){ .ir = q->b.ir };
	add_policy(&w, &q->a, 1, q->rights, !path && !default_allows(q->a.ir));
	if (q->b.ir)
		add_policy(&w, &q->b, 1 + (uint32_t)q->a.patterns.n, q->rights, false);
	*has_params = w.has_params;
	/* What can grant nothing at all needs no walk. */
	if (!path && !w.has_needed && !default_allows(q->a.ir))
		return FP_WALK_NONE;
	const struct fp_walk_goal goal = { q, is_sought, is_hopeless, q->all ? goes_on : NULL };
	return fp_walk_find(&w, &goal, found);
}

/* Under both readings of what open parameters stand for. */
static enum fp_outcome ask(struct fp_prover *p, struct question *q, const struct fp_glob *path,
			   const char **example)
{
	bool has_params;
	struct fp_buf found;

	fp_buf_init(&found, &p->u->arena);
	enum fp_walk_result r = walk(p, q, path, true, &has_params, &found);
	if (r == FP_WALK_NONE && has_params)
		r = walk(p, q, path, false, &has_params, &found);
	if (r == FP_WALK_FOUND)
		*example = fp_arena_printf(&p->u->arena, "%s \"%s\"", right_name(q->right),
					   fp_buf_text(&found));
	return r == FP_WALK_NONE ? FP_HOLDS : r == FP_WALK_FOUND ? FP_FAILS : FP_UNDECIDED;
}

struct fp_counter fp_decide_paths(struct fp_prover *p, const struct fp_ir *ir,
				  const struct fp_subject *s, bool is_never)
{
	struct question q = { .a = { .ir = ir }, .rights = s->rights, .is_never = is_never };
	struct fp_counter c = { 0 };

	c.outcome = ask(p, &q, s->path, &c.example);
	c.rule = q.in_a;
	return c;
}

void fp_refine_paths(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
		     struct fp_excesses *out)
{
	struct question q = { .a = { .ir = a }, .b = { .ir = b }, .rights = FP_RIGHT_ALL };
	struct fp_excess e = { 0 };

	q.p = p;
	q.all = out->wants_all ? out : NULL;
	enum fp_outcome outcome = ask(p, &q, NULL, &e.example);

	out->is_undecided |= outcome == FP_UNDECIDED;
	if (outcome != FP_FAILS)
		return;
	e.allows = q.in_a;
	e.denies = q.in_b;
	fp_excess_add(p, out, e);
}
