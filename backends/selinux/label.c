/* SPDX-License-Identifier: MIT */
/* One type for each set of rights, names that new files get theirs by, and what labels cannot say.
 */
#include "backends/selinux/selinux.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	uint32_t bit;
	char letter;
} letters[] = {
	{ FP_RIGHT_READ, 'r' },   { FP_RIGHT_WRITE, 'w' },  { FP_RIGHT_APPEND, 'a' },
	{ FP_RIGHT_CREATE, 'c' }, { FP_RIGHT_DELETE, 'd' }, { FP_RIGHT_EXECUTE, 'x' },
	{ FP_RIGHT_LINK, 'l' },   { FP_RIGHT_LOCK, 'k' },   { FP_RIGHT_ATTRIBUTES, 'm' },
	{ SE_CHR_READ, 'R' },     { SE_CHR_WRITE, 'W' },    { SE_CHR_MKNOD, 'N' },
	{ SE_BLK_READ, 'S' },     { SE_BLK_WRITE, 'T' },    { SE_BLK_MKNOD, 'U' },
};

static const char moved[] =
	"a file renamed or linked into it keeps the type of the place it came from";
static const char made[] =
	"a file made later takes the type of its directory; only a plain name can be given another";
static const char twice[] =
	"a new file gets its type by name and type of directory, in every such directory";

/* To write is to append as well: the letter of both is w, and o for writing that must not append.
 */
static const char *type_name(struct fp_unit *u, uint32_t rights)
{
	bool is_whole = rights & FP_RIGHT_WRITE && rights & FP_RIGHT_APPEND;
	struct fp_buf b;

	if (!rights)
		return "f_none";
	if (rights == SE_SEARCH)
		return "f_path";
	fp_buf_init(&b, &u->arena);
	fp_buf_puts(&b, "f_");
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		if (!(rights & letters[i].bit) || (is_whole && letters[i].bit == FP_RIGHT_APPEND))
			continue;
		bool is_odd = letters[i].bit == FP_RIGHT_WRITE && !is_whole;
		fp_buf_putc(&b, is_odd ? 'o' : letters[i].letter);
	}
	return fp_buf_text(&b);
}

static int by_rights(const void *a, const void *b)
{
	const struct se_type *x = a, *y = b;

	return (x->rights > y->rights) - (x->rights < y->rights);
}

uint32_t se_type_of(const struct se_paths *p, uint32_t rights)
{
	struct se_type key = { .rights = rights };
	const struct se_type *at = bsearch(&key, p->types.at, p->types.n, sizeof(key), by_rights);

	return at ? (uint32_t)(at - p->types.at) : 0;
}

static void push_rights(struct se_paths *p, uint32_t rights)
{
	struct se_type t = { .rights = rights };

	/* The rows are few: most patterns repeat the rights of the one before. */
	for (size_t i = p->types.n; i-- > 0;)
		if (p->types.at[i].rights == rights)
			return;
	fp_vec_push(&p->u->arena, &p->types, t);
}

static int cmp_id(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void sort_rules(struct se_type *t)
{
	size_t n = 0;

	if (!t->rules.n)
		return;
	qsort(t->rules.at, t->rules.n, sizeof(uint32_t), cmp_id);
	for (size_t i = 0; i < t->rules.n; i++)
		if (!n || t->rules.at[n - 1] != t->rules.at[i])
			t->rules.at[n++] = t->rules.at[i];
	t->rules.n = n;
}

static void make_types(struct se_paths *p)
{
	push_rights(p, 0);
	push_rights(p, SE_SEARCH);
	for (size_t i = 0; i < p->patterns.n; i++)
		push_rights(p, p->patterns.at[i].rights);
	for (size_t i = 0; i < p->crossings.n; i++)
		push_rights(p, p->crossings.at[i].type);
	qsort(p->types.at, p->types.n, sizeof(struct se_type), by_rights);
	for (size_t i = 0; i < p->types.n; i++)
		p->types.at[i].name = type_name(p->u, p->types.at[i].rights);
	for (size_t i = 0; i < p->patterns.n; i++) {
		struct se_pattern *one = &p->patterns.at[i];
		one->type = se_type_of(p, one->rights);
		struct se_type *t = &p->types.at[one->type];
		t->places += one->is_literal ? 1 : 2;
		t->denied |= one->all_deny & ~one->rights;
		for (size_t k = 0; k < one->rules.n; k++)
			fp_vec_push(&p->u->arena, &t->rules, one->rules.at[k]);
	}
	for (size_t i = 0; i < p->types.n; i++)
		sort_rules(&p->types.at[i]);
	for (size_t i = 0; i < p->crossings.n; i++)
		p->crossings.at[i].type = se_type_of(p, p->crossings.at[i].type);
}

/* The last component where it is plain and can stand in a CIL string, else NULL. */
static const char *plain_name(struct se_paths *p, const struct se_pattern *one)
{
	struct fp_buf b;
	size_t at = one->n;

	while (at && !(one->items[at - 1].op == FP_GLOB_BYTE && one->items[at - 1].byte == '/')) {
		const struct fp_glob_item *item = &one->items[--at];
		if (item->op != FP_GLOB_BYTE || item->byte < ' ' || item->byte >= 0x7f ||
		    item->byte == '"')
			return NULL;
	}
	if (at == one->n)
		return NULL;
	fp_buf_init(&b, &p->u->arena);
	for (; at < one->n; at++)
		fp_buf_putc(&b, (char)one->items[at].byte);
	return fp_buf_text(&b);
}

static struct se_pattern *parent_of(struct se_paths *p, const struct se_pattern *one)
{
	uint32_t at = one->above ? se_paths_find(p, one->above) : SE_NONE;

	return at == SE_NONE ? NULL : &p->patterns.at[at];
}

static void exceed(struct se_pattern *one, uint32_t over, uint32_t under, const char *why)
{
	over &= ~SE_SEARCH;
	under &= ~SE_SEARCH;
	if (over && !one->over)
		one->over_why = why;
	if (under && !one->under)
		one->under_why = why;
	one->over |= over;
	one->under |= under;
}

/*
 * Names come and go in the directory above: its type must let them. The top of a tree is there
 * before the job is, and stays: its directory stays closed.
 */
static void open_parents(struct se_paths *p)
{
	for (size_t i = 0; i < p->patterns.n; i++) {
		struct se_pattern *one = &p->patterns.at[i], *up = parent_of(p, one);
		if (!up || up->type == one->type || !one->is_emitted || one->is_tree)
			continue;
		struct se_type *dir = &p->types.at[up->type];
		if (one->rights & FP_RIGHT_CREATE && plain_name(p, one))
			dir->makes_names = true;
		if (one->rights & FP_RIGHT_DELETE)
			dir->removes_names = true;
	}
}

static int by_name(const void *a, const void *b)
{
	const struct se_named *x = a, *y = b;

	if (x->dir != y->dir)
		return x->dir < y->dir ? -1 : 1;
	int c = strcmp(x->name, y->name);
	if (c)
		return c;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return (x->type > y->type) - (x->type < y->type);
}

/* Two places may want different types for the same name: the one with fewest rights is taken. */
static void settle_names(struct se_paths *p)
{
	size_t n = 0;

	if (!p->named.n)
		return;
	qsort(p->named.at, p->named.n, sizeof(struct se_named), by_name);
	for (size_t i = 0; i < p->named.n; i++) {
		const struct se_named *one = &p->named.at[i];
		const struct se_named *last = n ? &p->named.at[n - 1] : NULL;
		if (!last || last->dir != one->dir || strcmp(last->name, one->name)) {
			p->named.at[n++] = *one;
			continue;
		}
		uint32_t got = p->types.at[last->type].rights;
		uint32_t wanted = p->types.at[one->type].rights;
		exceed(&p->patterns.at[one->pattern], got & ~wanted, wanted & ~got, twice);
	}
	p->named.n = n;
}

/* What a file made later at such a path gets. */
static void consider_new(struct se_paths *p, uint32_t at, uint32_t *over, uint32_t *under)
{
	struct se_pattern *one = &p->patterns.at[at], *up = parent_of(p, one);
	const char *name = plain_name(p, one);

	if (!up || up->type == one->type || !one->is_emitted)
		return;
	const struct se_type *dir = &p->types.at[up->type];
	bool job_makes = dir->rights & FP_RIGHT_CREATE || dir->makes_names;
	if (name && job_makes) {
		struct se_named fresh = { .dir = up->type,
					  .type = one->type,
					  .pattern = at,
					  .rank = (uint32_t)__builtin_popcount(one->rights),
					  .name = name };
		fp_vec_push(&p->u->arena, &p->named, fresh);
		if (dir->places > 1) {
			over[up->type] |= one->rights & ~dir->rights;
			under[up->type] |= dir->rights & ~one->rights;
		}
	} else if (dir->rights & FP_RIGHT_CREATE) {
		exceed(one, dir->rights & ~one->rights, one->rights & ~dir->rights, made);
	} else if (one->rights & FP_RIGHT_CREATE && !one->is_tree) {
		exceed(one, 0, FP_RIGHT_CREATE, made);
	}
}

static uint32_t moved_into(const struct se_paths *p, const struct se_type *into)
{
	uint32_t extra = 0;

	if (!(into->rights & FP_RIGHT_CREATE) && !into->makes_names)
		return 0;
	for (size_t i = 0; i < p->types.n; i++)
		if (p->types.at[i].rights & (FP_RIGHT_DELETE | FP_RIGHT_LINK))
			extra |= p->types.at[i].rights & ~into->rights;
	return extra;
}

void se_paths_label(struct se_paths *p)
{
	make_types(p);
	uint32_t *over = FP_NEW_ARRAY(&p->u->arena, p->types.n, uint32_t);
	uint32_t *under = FP_NEW_ARRAY(&p->u->arena, p->types.n, uint32_t);

	open_parents(p);
	for (uint32_t i = 0; i < p->patterns.n; i++)
		consider_new(p, i, over, under);
	settle_names(p);
	for (size_t i = 0; i < p->patterns.n; i++) {
		struct se_pattern *one = &p->patterns.at[i];
		exceed(one, over[one->type], under[one->type], twice);
		exceed(one, moved_into(p, &p->types.at[one->type]), 0, moved);
	}
}
