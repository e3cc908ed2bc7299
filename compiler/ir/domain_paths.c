/* SPDX-License-Identifier: MIT */
/* Sets of paths as automata: subset construction over byte classes, on demand. */
#include "ir/domain_paths.h"

#include <stdlib.h>

/* Members of all state sets together: 24 MiB. */
#define MEMBERS_MAX 6000000u
#define PARAMS_MAX  30u

static const uint32_t every_byte[8] = { ~1u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u };
static const uint32_t but_slash[8] = { ~1u, ~(1u << ('/' & 31)), ~0u, ~0u, ~0u, ~0u, ~0u, ~0u };

void fp_walk_init(struct fp_walk *w, struct fp_arena *a, uint32_t budget, bool is_symbolic)
{
	*w = (struct fp_walk){ .arena = a, .budget = budget, .is_symbolic = is_symbolic };
}

/* ---- tails: what can follow, numbered ---- */

enum { /* beside those of fp_glob_step_op */
	HEAD_LOOP = FP_STEP_END + 1,
	HEAD_BODY
};

static uint64_t set_number(struct fp_walk *w, const uint32_t *set)
{
	size_t i = 0;

	while (i < w->sets.n && memcmp(w->sets.at[i], set, sizeof(every_byte)))
		i++;
	if (i == w->sets.n)
		fp_vec_push(w->arena, &w->sets, set);
	return i;
}

static struct fp_walk_tail *tail_place(const struct fp_walk *w, uint64_t head, uint64_t rest)
{
	uint64_t h = (head * 0x9e3779b97f4a7c15u ^ rest) * 0xbf58476d1ce4e5b9u;

	for (h ^= h >> 32;; h++) {
		struct fp_walk_tail *t = &w->tails[h & (w->tail_cap - 1)];
		if (!t->number || (t->head == head && t->rest == rest))
			return t;
	}
}

static uint32_t tail(struct fp_walk *w, unsigned op, uint64_t what, uint32_t a, uint32_t b)
{
	const uint64_t head = what << 8 | op, rest = (uint64_t)a << 32 | b;

	if (w->tail_count * 2 >= w->tail_cap) {
		const struct fp_walk_tail *old = w->tails;
		uint32_t n = w->tail_cap;
		w->tail_cap = n ? n * 4 : 256;
		w->tails = FP_NEW_ARRAY(w->arena, w->tail_cap, struct fp_walk_tail);
		for (uint32_t i = 0; i < n; i++)
			if (old[i].number)
				*tail_place(w, old[i].head, old[i].rest) = old[i];
	}
	struct fp_walk_tail *t = tail_place(w, head, rest);
	if (!t->number)
		*t = (struct fp_walk_tail){ head, rest, ++w->tail_count };
	return t->number;
}

/* ---- patterns to steps, from the end to the beginning ---- */

static uint32_t step(struct fp_walk *w, struct fp_walk_step s)
{
	fp_vec_push(w->arena, &w->steps, s);
	return (uint32_t)w->steps.n - 1;
}

static uint32_t tail_of(const struct fp_walk *w, uint32_t at)
{
	return w->steps.at[at].tail;
}

static uint32_t add_end(struct fp_walk *w, uint32_t tag)
{
	uint32_t none = tail(w, FP_STEP_END, 0, 0, 0);

	return step(w, (struct fp_walk_step){ .op = FP_STEP_END, .tag = tag, .tail = none });
}

static uint32_t add_set(struct fp_walk *w, const uint32_t *set, uint32_t next)
{
	uint32_t t = tail(w, FP_STEP_SET, set_number(w, set), tail_of(w, next), 0);

	return step(
		w, (struct fp_walk_step){ .op = FP_STEP_SET, .set = set, .next = next, .tail = t });
}

static uint32_t add_byte(struct fp_walk *w, unsigned char byte, uint32_t next)
{
	uint32_t t = tail(w, FP_STEP_BYTE, byte, tail_of(w, next), 0);

	return step(w, (struct fp_walk_step){
			       .op = FP_STEP_BYTE, .byte = byte, .next = next, .tail = t });
}

static uint32_t add_fork(struct fp_walk *w, uint32_t next, uint32_t other)
{
	uint32_t t = tail(w, FP_STEP_FORK, 0, tail_of(w, next), tail_of(w, other));

	return step(w, (struct fp_walk_step){
			       .op = FP_STEP_FORK, .next = next, .other = other, .tail = t });
}

/* A fork to its own body: the two are made in one go, as neither can be first. */
static uint32_t add_loop(struct fp_walk *w, const uint32_t *set, uint32_t next)
{
	uint64_t number = set_number(w, set);
	uint32_t after = tail_of(w, next), fork = (uint32_t)w->steps.n;

	step(w, (struct fp_walk_step){ .op = FP_STEP_FORK,
				       .next = fork + 1,
				       .other = next,
				       .tail = tail(w, HEAD_LOOP, number, after, 0) });
	step(w, (struct fp_walk_step){ .op = FP_STEP_SET,
				       .set = set,
				       .next = fork,
				       .tail = tail(w, HEAD_BODY, number, after, 0),
				       .is_forever = set == every_byte &&
						     w->steps.at[next].op == FP_STEP_END });
	return fork;
}

static uint32_t add_param(struct fp_walk *w, const char *name, size_t len, uint32_t next)
{
	size_t i = 0;

	w->has_params = true;
	if (!w->is_symbolic)
		return add_set(w, but_slash, add_loop(w, but_slash, next));
	while (i < w->params.n &&
	       (strlen(w->params.at[i]) != len || memcmp(w->params.at[i], name, len)))
		i++;
	if (i == w->params.n)
		fp_vec_push(w->arena, &w->params, fp_arena_text(w->arena, name, len));
	return add_byte(w, (unsigned char)(i + 1), next);
}

static uint32_t add_items(struct fp_walk *w, const struct fp_glob_item *items, size_t n,
			  uint32_t next);

static uint32_t add_item(struct fp_walk *w, const struct fp_glob_item *item, uint32_t next)
{
	uint32_t at;

	switch (item->op) {
	case FP_GLOB_BYTE:
		return add_byte(w, item->byte, next);
	case FP_GLOB_ANY1:
		return add_set(w, but_slash, next);
	case FP_GLOB_CLASS:
		return add_set(w, item->set, next);
	case FP_GLOB_STAR:
		return add_loop(w, but_slash, next);
	case FP_GLOB_STARSTAR:
		return add_loop(w, every_byte, next);
	case FP_GLOB_PARAM:
		return add_param(w, item->param, strlen(item->param), next);
	case FP_GLOB_ALT:
		break;
	}
	at = add_items(w, item->alts[0], item->alt_lens[0], next);
	for (size_t i = 1; i < item->alt_count; i++)
		at = add_fork(w, at, add_items(w, item->alts[i], item->alt_lens[i], next));
	return at;
}

static uint32_t add_items(struct fp_walk *w, const struct fp_glob_item *items, size_t n,
			  uint32_t next)
{
	while (n)
		next = add_item(w, &items[--n], next);
	return next;
}

static uint32_t add_below(struct fp_walk *w, uint32_t end)
{
	return add_fork(w, add_byte(w, '/', add_loop(w, every_byte, end)), end);
}

static void finish(struct fp_walk *w, size_t from, uint32_t start, bool is_needed)
{
	for (size_t i = from; i < w->steps.n; i++) {
		w->steps.at[i].is_needed = is_needed;
		w->steps.at[i].tag = w->steps.at[from].tag; /* the end comes first */
	}
	w->has_needed |= is_needed;
	fp_vec_push(w->arena, &w->starts, start);
}

void fp_walk_add_glob(struct fp_walk *w, const struct fp_glob *g, uint32_t tag, bool is_needed)
{
	size_t from = w->steps.n;
	uint32_t end = add_end(w, tag);

	finish(w, from, add_items(w, g->items, g->n, g->is_tree ? add_below(w, end) : end),
	       is_needed);
}

void fp_walk_add_tree(struct fp_walk *w, const char *dir, uint32_t tag, bool is_needed)
{
	size_t from = w->steps.n;
	uint32_t end = add_end(w, tag);
	uint32_t at = add_below(w, end);

	for (size_t i = dir[1] ? strlen(dir) : 0; i > 0; i--) {
		size_t open = i - 1;
		while (dir[i - 1] == '}' && open && dir[open] != '{')
			open--;
		if (open && open < i - 1 && dir[open - 1] == '$') {
			at = add_param(w, dir + open + 1, i - open - 2, at);
			i = open; /* at the '$'; the loop steps over it */
		} else {
			at = add_byte(w, (unsigned char)dir[i - 1], at);
		}
	}
	finish(w, from, at, is_needed);
}

/* ---- byte classes: bytes that no step tells apart ---- */

struct classes {
	uint8_t of[256];
	unsigned char shown[256]; /* by class: the byte that stands for it in a path */
	unsigned n;
};

static void split(struct classes *c, const uint32_t set[8])
{
	int to[256];
	unsigned n = c->n;

	memset(to, -1, sizeof(to));
	bool has_other[256] = { false };
	for (unsigned b = 1; b < 256; b++)
		if (!(set[b >> 5] >> (b & 31) & 1))
			has_other[c->of[b]] = true;
	for (unsigned b = 1; b < 256; b++) {
		unsigned old = c->of[b];
		if (!(set[b >> 5] >> (b & 31) & 1) || !has_other[old])
			continue;
		if (to[old] < 0)
			to[old] = (int)n++;
		c->of[b] = (uint8_t)to[old];
	}
	c->n = n;
}

/* split() with a set of one byte. */
static void split_byte(struct classes *c, unsigned char byte)
{
	unsigned char old = c->of[byte];
	unsigned peers = 0;

	for (unsigned b = 1; b < 256; b++)
		peers += c->of[b] == old;
	if (peers > 1)
		c->of[byte] = (uint8_t)c->n++;
}

/* Letters read best. */
static unsigned beauty(unsigned b)
{
	if (b >= 'a' && b <= 'z')
		return 3;
	if ((b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9'))
		return 2;
	return b > ' ' && b < 0x7f;
}

static bool is_wide(const uint32_t *set)
{
	return set == every_byte || set == but_slash;
}

static void make_classes(struct classes *c, const struct fp_walk *w)
{
	bool seen[256] = { false }, named[256] = { false };

	*c = (struct classes){ .n = 1 };
	split_byte(c, '/');
	split_byte(c, '.');
	named['/'] = named['.'] = true;
	for (size_t i = 0; i < w->steps.n; i++) {
		const struct fp_walk_step *s = &w->steps.at[i];
		if (s->op == FP_STEP_BYTE && !named[s->byte]) {
			named[s->byte] = true;
			split_byte(c, s->byte);
		}
		if (s->op == FP_STEP_SET && !is_wide(s->set))
			split(c, s->set);
	}
	for (unsigned b = 1; b < 256; b++) {
		unsigned k = c->of[b];
		if (!seen[k] || beauty(b) > beauty(c->shown[k]))
			c->shown[k] = (unsigned char)b;
		seen[k] = true;
	}
}

/* ---- the walk ---- */

/* Where a path stands among canonical ones. */
enum shape {
	SHAPE_START,
	SHAPE_ROOT,  /* "/" */
	SHAPE_NAME,  /* in a component that is neither . nor .. */
	SHAPE_DOT,   /* a component "." so far */
	SHAPE_DOTS,  /* ".." so far */
	SHAPE_SLASH, /* after a slash that is not the first */
	SHAPE_BAD
};

static enum shape shape_after(enum shape s, unsigned char c)
{
	if (c == '/')
		return s == SHAPE_START ? SHAPE_ROOT : s == SHAPE_NAME ? SHAPE_SLASH : SHAPE_BAD;
	if (s == SHAPE_START)
		return SHAPE_BAD;
	if (c != '.' || s == SHAPE_NAME || s == SHAPE_DOTS)
		return SHAPE_NAME;
	return s == SHAPE_DOT ? SHAPE_DOTS : SHAPE_DOT;
}

struct state {
	const uint32_t *members; /* steps that consume or end, ascending */
	uint32_t n, parent;
	unsigned char byte;
	uint8_t shape;
};

struct search {
	const struct fp_walk *w;
	struct classes classes;
	FP_VEC(struct state) states;
	uint32_t *table; /* state + 1 */
	size_t table_size, members;
	uint32_t *stamp, now; /* by step: in the set being built */
	FP_VEC(uint32_t) set, stack;
	FP_VEC(struct fp_walk_live) live;
	bool is_alive; /* the set being built holds something needed */
};

static void enter(struct search *s, uint32_t at)
{
	struct fp_arena *a = s->w->arena;

	s->stack.n = 0;
	fp_vec_push(a, &s->stack, at);
	while (s->stack.n) {
		at = s->stack.at[--s->stack.n];
		const struct fp_walk_step *step = &s->w->steps.at[at];
		if (s->stamp[at] == s->now)
			continue;
		s->stamp[at] = s->now;
		if (step->op == FP_STEP_FORK) {
			fp_vec_push(a, &s->stack, step->other);
			fp_vec_push(a, &s->stack, step->next);
			continue;
		}
		s->is_alive |= step->is_needed;
		fp_vec_push(a, &s->set, at);
	}
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void sort_set(struct search *s)
{
	for (size_t i = 1; i < s->set.n; i++)
		if (s->set.at[i - 1] > s->set.at[i]) {
			qsort(s->set.at, s->set.n, sizeof(uint32_t), by_number);
			return;
		}
}

static uint64_t hash_state(const uint32_t *members, size_t n, unsigned shape)
{
	uint64_t h = 0xcbf29ce484222325u ^ shape;

	for (size_t i = 0; i < n; i++)
		h = (h ^ members[i]) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 32;
}

static void rehash(struct search *s)
{
	s->table_size = s->table_size ? s->table_size * 4 : 256;
	s->table = FP_NEW_ARRAY(s->w->arena, s->table_size, uint32_t);
	for (size_t i = 0; i < s->states.n; i++) {
		const struct state *t = &s->states.at[i];
		uint64_t h = hash_state(t->members, t->n, t->shape);
		while (s->table[h & (s->table_size - 1)])
			h++;
		s->table[h & (s->table_size - 1)] = (uint32_t)i + 1;
	}
}

/* Keeps the set being built as a state; false once the budget is spent. */
static bool add_state(struct search *s, struct state t)
{
	sort_set(s);
	if ((s->states.n + 1) * 2 > s->table_size)
		rehash(s);
	uint64_t h = hash_state(s->set.at, s->set.n, t.shape);
	for (; s->table[h & (s->table_size - 1)]; h++) {
		const struct state *old = &s->states.at[s->table[h & (s->table_size - 1)] - 1];
		if (old->shape == t.shape && old->n == s->set.n &&
		    (!old->n || !memcmp(old->members, s->set.at, old->n * sizeof(uint32_t))))
			return true;
	}
	s->members += s->set.n;
	if (s->states.n >= s->w->budget || s->members > MEMBERS_MAX)
		return false;
	t.n = (uint32_t)s->set.n;
	t.members = fp_arena_copy(s->w->arena, s->set.at, s->set.n * sizeof(uint32_t));
	s->table[h & (s->table_size - 1)] = (uint32_t)s->states.n + 1;
	fp_vec_push(s->w->arena, &s->states, t);
	return true;
}

static bool consumes(const struct fp_walk_step *step, unsigned char c)
{
	return step->op == FP_STEP_BYTE  ? step->byte == c
	       : step->op == FP_STEP_SET ? step->set[c >> 5] >> (c & 31) & 1
					 : false;
}

/* The state after one more byte of a class. */
static bool follow(struct search *s, uint32_t from, unsigned class)
{
	const struct state at = s->states.at[from];
	unsigned char c = s->classes.shown[class];
	struct state t = { .parent = from, .byte = c };
	enum shape shape = shape_after((enum shape)at.shape, c);

	if (shape == SHAPE_BAD)
		return true;
	t.shape = (uint8_t)shape;
	s->set.n = 0;
	s->now++;
	s->is_alive = !s->w->has_needed;
	for (uint32_t i = 0; i < at.n; i++) {
		const struct fp_walk_step *step = &s->w->steps.at[at.members[i]];
		if (consumes(step, c))
			enter(s, step->next);
	}
	return s->is_alive ? add_state(s, t) : true;
}

/* Classes between which some member of the state tells, and the fairest of all others. */
static bool expand(struct search *s, uint32_t from)
{
	bool ask[256] = { false }, all = false;
	const struct classes *c = &s->classes;
	const struct state *at = &s->states.at[from];

	ask[c->of['/']] = ask[c->of['.']] = true;
	for (uint32_t i = 0; i < at->n; i++) {
		const struct fp_walk_step *step = &s->w->steps.at[at->members[i]];
		if (step->op == FP_STEP_BYTE)
			ask[c->of[step->byte]] = true;
		all |= step->op == FP_STEP_SET && !is_wide(step->set);
	}
	unsigned rest = c->n;
	for (unsigned k = 0; k < c->n; k++)
		if (!ask[k] && (rest == c->n || beauty(c->shown[k]) > beauty(c->shown[rest])))
			rest = k;
	for (unsigned k = 0; k < c->n; k++)
		if ((all || ask[k] || k == rest) && !follow(s, from, k))
			return false;
	return true;
}

static bool is_sought(struct search *s, uint32_t at, const struct fp_walk_goal *goal)
{
	const struct state *t = &s->states.at[at];

	if (t->shape != SHAPE_ROOT && t->shape != SHAPE_NAME)
		return false;
	s->set.n = 0;
	for (uint32_t i = 0; i < t->n; i++)
		if (s->w->steps.at[t->members[i]].op == FP_STEP_END)
			fp_vec_push(s->w->arena, &s->set, s->w->steps.at[t->members[i]].tag);
	sort_set(s);
	return goal->is_sought(goal->context, s->set.at, s->set.n);
}

static int by_tail(const void *a, const void *b)
{
	const struct fp_walk_live *x = a, *y = b;

	return x->tail != y->tail ? (x->tail > y->tail) - (x->tail < y->tail)
				  : (x->tag > y->tag) - (x->tag < y->tag);
}

static bool is_hopeless(struct search *s, uint32_t at, const struct fp_walk_goal *goal)
{
	const struct state *t = &s->states.at[at];

	s->live.n = 0;
	for (uint32_t i = 0; goal->is_hopeless && i < t->n; i++) {
		const struct fp_walk_step *step = &s->w->steps.at[t->members[i]];
		struct fp_walk_live it = { step->tail, step->tag, step->is_forever };
		if (step->op != FP_STEP_END)
			fp_vec_push(s->w->arena, &s->live, it);
	}
	if (!goal->is_hopeless)
		return false;
	if (s->live.n)
		qsort(s->live.at, s->live.n, sizeof(s->live.at[0]), by_tail);
	return goal->is_hopeless(goal->context, s->live.at, s->live.n);
}

static void print_path(const struct search *s, uint32_t at, struct fp_buf *path)
{
	FP_VEC(unsigned char) bytes = { 0 };

	for (; at; at = s->states.at[at].parent)
		fp_vec_push(s->w->arena, &bytes, s->states.at[at].byte);
	for (size_t i = bytes.n; i > 0; i--) {
		unsigned char c = bytes.at[i - 1];
		if (c && c <= s->w->params.n)
			fp_buf_printf(path, "${%s}", s->w->params.at[c - 1]);
		else
			fp_buf_putc(path, (char)c);
	}
}

enum fp_walk_result fp_walk_find(struct fp_walk *w, const struct fp_walk_goal *goal,
				 struct fp_buf *path)
{
	struct search s = { .w = w };

	if (w->params.n > PARAMS_MAX)
		return FP_WALK_UNDECIDED;
	make_classes(&s.classes, w);
	s.stamp = FP_NEW_ARRAY(w->arena, w->steps.n + 1, uint32_t);
	s.now = 1;
	for (size_t i = 0; i < w->starts.n; i++)
		enter(&s, w->starts.at[i]);
	if (!add_state(&s, (struct state){ .shape = SHAPE_START }))
		return FP_WALK_UNDECIDED;
	for (uint32_t i = 0; i < s.states.n; i++) {
		if (is_sought(&s, i, goal)) {
			path->len = 0;
			print_path(&s, i, path);
			if (!goal->goes_on || !goal->goes_on(goal->context, fp_buf_text(path)))
				return FP_WALK_FOUND;
		}
		if (!is_hopeless(&s, i, goal) && !expand(&s, i))
			return FP_WALK_UNDECIDED;
	}
	return FP_WALK_NONE;
}
