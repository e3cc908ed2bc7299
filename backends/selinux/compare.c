/* SPDX-License-Identifier: MIT */
/* How two patterns relate, by walking both at once: overlap and containment. */
#include "backends/selinux/selinux.h"

#include <string.h>

/*
 * A pattern as a chain of atoms: a byte of a set, once or any number of times. Braces that were
 * not taken apart count as "anything": overlaps are then found too often, containment too rarely.
 */
struct atom {
	const uint32_t *set; /* NULL: exactly `byte` */
	unsigned char byte;
	bool is_loop;
};

struct chain {
	struct atom *at;
	size_t n;
	size_t mid; /* a match may also end here: the directory of a tree */
};

static const uint32_t any_byte[8] = { ~1u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u };
static const uint32_t no_slash[8] = { ~1u, ~(1u << ('/' & 31)), ~0u, ~0u, ~0u, ~0u, ~0u, ~0u };

static size_t put_atom(struct atom *out, const struct fp_glob_item *item)
{
	switch (item->op) {
	case FP_GLOB_BYTE:
		out[0] = (struct atom){ .byte = item->byte };
		return 1;
	case FP_GLOB_ANY1:
		out[0] = (struct atom){ .set = no_slash };
		return 1;
	case FP_GLOB_CLASS:
		out[0] = (struct atom){ .set = item->set };
		return 1;
	case FP_GLOB_STAR:
		out[0] = (struct atom){ .set = no_slash, .is_loop = true };
		return 1;
	case FP_GLOB_STARSTAR:
	case FP_GLOB_ALT:
		out[0] = (struct atom){ .set = any_byte, .is_loop = true };
		return 1;
	case FP_GLOB_PARAM:
		out[0] = (struct atom){ .set = no_slash };
		out[1] = (struct atom){ .set = no_slash, .is_loop = true };
		return 2;
	}
	return 0;
}

void *se_scratch(struct se_paths *p, size_t slot, size_t size)
{
	if (p->scratch_size[slot] < size) {
		p->scratch_size[slot] = size * 2;
		p->scratch[slot] = fp_arena_alloc(&p->u->arena, size * 2);
	}
	memset(p->scratch[slot], 0, size);
	return p->scratch[slot];
}

/* The part after the first `skip` items, which are bytes. At most two atoms an item, and two of a
 * tree. */
static struct chain chain_of(struct se_paths *p, const struct se_pattern *one, size_t skip,
			     size_t slot)
{
	size_t most = 2 * (one->n - skip) + 2;
	struct chain c = { .at = se_scratch(p, slot, most * sizeof(struct atom)) };

	for (size_t i = skip; i < one->n; i++)
		c.n += put_atom(c.at + c.n, &one->items[i]);
	c.mid = c.n;
	if (one->is_tree) {
		c.at[c.n++] = (struct atom){ .byte = '/' };
		c.at[c.n++] = (struct atom){ .set = any_byte, .is_loop = true };
	}
	return c;
}

static bool is_end(const struct chain *c, size_t i)
{
	return i == c->n || i == c->mid;
}

static bool set_has(const uint32_t *set, unsigned char c)
{
	return set[c >> 5] >> (c & 31) & 1;
}

static bool meets(const struct atom *a, const struct atom *b)
{
	if (!a->set && !b->set)
		return a->byte == b->byte;
	if (!a->set)
		return set_has(b->set, a->byte);
	if (!b->set)
		return set_has(a->set, b->byte);
	for (unsigned i = 0; i < 8; i++)
		if (a->set[i] & b->set[i])
			return true;
	return false;
}

/* Whether every byte of `in` is one of `out`. */
static bool covers(const struct atom *out, const struct atom *in)
{
	if (!out->set)
		return !in->set && in->byte == out->byte;
	if (!in->set)
		return set_has(out->set, in->byte);
	for (unsigned i = 0; i < 8; i++)
		if (in->set[i] & ~out->set[i])
			return false;
	return true;
}

/* Bytes both begin with, or -1 where these differ: then no path matches both. */
static long common_lead(const struct se_pattern *a, const struct se_pattern *b)
{
	size_t n = a->lead < b->lead ? a->lead : b->lead;

	for (size_t i = 0; i < n; i++)
		if (a->items[i].byte != b->items[i].byte)
			return -1;
	return (long)n;
}

/* Whether the outer is a plain tree; then `answer` says whether it contains the inner. */
static bool is_plain_tree(const struct se_pattern *outer, const struct se_pattern *inner,
			  bool *answer)
{
	if (!outer->is_tree || outer->lead != outer->n)
		return false;
	*answer = common_lead(outer, inner) == (long)outer->n &&
		  (inner->n == outer->n || (inner->items[outer->n].op == FP_GLOB_BYTE &&
					    inner->items[outer->n].byte == '/'));
	return true;
}

bool se_overlaps(struct se_paths *p, const struct se_pattern *a, const struct se_pattern *b)
{
	long lead = common_lead(a, b);

	if (lead < 0)
		return false;
	struct chain x = chain_of(p, a, (size_t)lead, 0), y = chain_of(p, b, (size_t)lead, 1);
	size_t w = y.n + 1;
	bool *seen = se_scratch(p, 2, (x.n + 1) * w);
	seen[0] = true;
	for (size_t i = 0; i <= x.n; i++) {
		for (size_t k = 0; k <= y.n; k++) {
			if (!seen[i * w + k])
				continue;
			if (is_end(&x, i) && is_end(&y, k))
				return true;
			bool loop_x = i < x.n && x.at[i].is_loop;
			bool loop_y = k < y.n && y.at[k].is_loop;
			if (loop_x)
				seen[(i + 1) * w + k] = true;
			if (loop_y)
				seen[i * w + k + 1] = true;
			if (i == x.n || k == y.n || !meets(&x.at[i], &y.at[k]))
				continue;
			/* Two loops that go round together end where skipping them ends. */
			seen[(loop_x ? i : i + 1) * w + (loop_y ? k : k + 1)] = true;
		}
	}
	return false;
}

/* can[i][k]: from atom i of the outer every rest of the inner from atom k can be read. */
bool se_contains(struct se_paths *p, const struct se_pattern *outer, const struct se_pattern *inner)
{
	long lead = common_lead(outer, inner);
	bool answer;

	if (is_plain_tree(outer, inner, &answer))
		return answer;
	if (lead < 0 || (outer->is_literal && !inner->is_literal))
		return false;
	struct chain x = chain_of(p, outer, (size_t)lead, 0);
	struct chain y = chain_of(p, inner, (size_t)lead, 1);
	size_t w = y.n + 1;
	bool *can = se_scratch(p, 2, (x.n + 1) * w);
	for (size_t k = y.n + 1; k-- > 0;) {
		for (size_t i = x.n + 1; i-- > 0;) {
			bool skip = i < x.n && x.at[i].is_loop && can[(i + 1) * w + k];
			bool good = true;
			if (is_end(&y, k))
				good = is_end(&x, i);
			if (good && k < y.n) {
				bool loop_x = i < x.n && x.at[i].is_loop;
				good = i < x.n && covers(&x.at[i], &y.at[k]) &&
				       (loop_x || !y.at[k].is_loop) &&
				       can[(loop_x ? i : i + 1) * w + k + 1];
			}
			can[i * w + k] = good || skip;
		}
	}
	return can[0];
}

/* ---- what of a pattern is left after some bytes ---- */

static void put_atoms(struct fp_buf *b, const struct chain *c, size_t from, bool is_tree)
{
	for (size_t i = from; i < (from <= c->mid ? c->mid : c->n); i++) {
		const struct atom *a = &c->at[i];
		if (!a->set)
			se_put_byte(b, a->byte);
		else if (a->set == any_byte)
			fp_buf_putc(b, '.');
		else if (a->set == no_slash)
			fp_buf_puts(b, "[^/]");
		else
			se_put_class(b, a->set);
		if (a->is_loop)
			fp_buf_putc(b, '*');
	}
	if (is_tree && from <= c->mid)
		fp_buf_puts(b, "(/.*)?");
}

static bool takes(const struct atom *a, unsigned char c)
{
	return a->set ? set_has(a->set, c) : a->byte == c;
}

/* One byte further: positions that were reached by skipping loops count as well. */
static void step(const struct chain *c, bool *at, bool *next, unsigned char byte)
{
	memset(next, 0, c->n + 1);
	for (size_t i = 0; i < c->n; i++) {
		if (!at[i])
			continue;
		if (c->at[i].is_loop)
			at[i + 1] = true;
		if (takes(&c->at[i], byte))
			next[c->at[i].is_loop ? i : i + 1] = true;
	}
	memcpy(at, next, c->n + 1);
}

void se_rest_print(struct se_paths *p, const struct se_pattern *one, const struct se_pattern *after,
		   struct fp_buf *b)
{
	struct chain c = chain_of(p, one, one->lead, 0);
	bool *at = se_scratch(p, 2, 2 * (c.n + 1)), is_first = true;

	at[0] = true;
	for (size_t i = one->lead; i < after->lead; i++)
		step(&c, at, at + c.n + 1, after->items[i].byte);
	for (size_t i = 0; i <= c.n; i++) {
		/* A loop reads what the position after it reads, too. */
		if (!at[i] || (i && at[i - 1] && c.at[i - 1].is_loop))
			continue;
		if (!is_first)
			fp_buf_putc(b, '|');
		is_first = false;
		put_atoms(b, &c, i, one->is_tree);
	}
}
