/* SPDX-License-Identifier: MIT */
/* The least tree of comparisons over the intervals of a filter, by trying all first comparisons. */
#include "bench/filters.h"

#include "backends/seccomp/graph.h"

#include <linux/audit.h>

#define SPANS 512u

/* Numbers that the filter treats alike, up to where the next one starts. */
struct span {
	uint64_t start, weight,
		peak; /* `peak`: of the heaviest number, if it is one of a profile */
	uint32_t end; /* what they come to: see walk() */
};

struct spans {
	struct span at[SPANS + 1]; /* the last one's `start` is above all */
	size_t n;
	uint64_t sum[SPANS + 1], cost[SPANS][SPANS];
	uint64_t rest[SPANS][SPANS]; /* when the heaviest number of all has been asked for */
};

/* From the load of the number to a return, or to the first load of an argument. */
static uint32_t walk(const struct vm_filter *f, uint32_t nr, uint64_t *comparisons)
{
	uint32_t a = 0;
	bool taken;

	*comparisons = 0;
	for (uint32_t pc = 0;; pc++) {
		const struct sock_filter *i = &f->at[pc];
		if (i->code == (BPF_RET | BPF_K))
			return i->k;
		if (i->code == (BPF_LD | BPF_W | BPF_ABS) && i->k > 4)
			return 1 + pc; /* no action has such a value */
		if (i->code == (BPF_LD | BPF_W | BPF_ABS)) {
			a = i->k ? AUDIT_ARCH_X86_64 : nr;
			*comparisons = 0;
		} else if (i->code == (BPF_JMP | BPF_JA)) {
			pc += i->k;
		} else if (vm_jump(i, a, &taken)) {
			pc += taken ? i->jt : i->jf;
			++*comparisons;
		} else {
			bench_fail("an instruction that no generator makes");
		}
	}
}

/* Comparisons of the number, each place in the tree; `pc` is one, or what comes after. */
static uint64_t places(const struct vm_filter *f, size_t pc)
{
	const struct sock_filter *i = &f->at[pc];

	if (i->code == (BPF_JMP | BPF_JA))
		return places(f, pc + 1 + i->k);
	if (BPF_CLASS(i->code) != BPF_JMP)
		return 0;
	return 1 + places(f, pc + 1 + i->jt) + places(f, pc + 1 + i->jf);
}

static void add(struct spans *s, uint32_t start, uint32_t end, uint64_t weight)
{
	if (!s->n || s->at[s->n - 1].end != end)
		s->at[s->n++] = (struct span){ .start = start, .end = end };
	s->at[s->n - 1].weight += weight;
	if (weight > 8 && weight > s->at[s->n - 1].peak)
		s->at[s->n - 1].peak = weight;
	s->at[s->n].start = (uint64_t)1 << 32;
}

static bool is_single(const struct span *s)
{
	return s[1].start == s->start + 1;
}

/* All bits that a number of the span has. */
static uint32_t bits_of(const struct span *s)
{
	uint32_t first = (uint32_t)s->start, last = (uint32_t)(s[1].start - 1), bits = first | last;

	for (uint32_t bit = 1; bit && bit <= (first ^ last); bit <<= 1)
		bits |= bit;
	return bits;
}

/* Whether a number of the span has no other bits. */
static bool has_subset(const struct span *s, uint32_t bits)
{
	uint64_t v = s->start;

	while (v < s[1].start && (uint32_t)v & ~bits)
		v = (v | (UINT32_MAX >> __builtin_clz((uint32_t)v & ~bits))) + 1;
	return v < s[1].start;
}

/* JSET of the bits that no number with the end `kept` has: UINT64_MAX where that does not do. */
static uint64_t by_set(const struct spans *s, size_t i, size_t j, uint32_t kept)
{
	uint32_t bits = 0;
	uint64_t weight = 0;
	size_t left = 0;

	for (size_t k = i; k <= j; k++)
		bits |= s->at[k].end == kept ? bits_of(&s->at[k]) : 0;
	for (size_t k = i; k <= j; k++) {
		bool is_left = s->at[k].end != kept && has_subset(&s->at[k], bits);
		if (is_left && !is_single(&s->at[k]))
			return UINT64_MAX;
		left += is_left;
		weight += is_left || s->at[k].end == kept ? s->at[k].weight : 0;
	}
	return left > 1 ? UINT64_MAX : left ? weight + FP_TREE_INSN : 0;
}

static uint64_t rest_of(const struct spans *s, size_t i, size_t j)
{
	uint64_t best = UINT64_MAX;
	size_t m = i;

	for (size_t k = i; k <= j; k++)
		m = s->at[k].peak > s->at[m].peak ? k : m;
	for (size_t c = i + 1; c <= j; c++) {
		uint64_t sum = m < c ? s->rest[i][c - 1] + s->cost[c][j]
				     : s->cost[i][c - 1] + s->rest[c][j];
		best = sum < best ? sum : best;
	}
	if (j == i + 2 && s->at[i].end == s->at[j].end && is_single(&s->at[i + 1]))
		best = 0;
	return s->sum[j + 1] - s->sum[i] + FP_TREE_INSN - s->at[m].peak + best;
}

static uint64_t least_of(const struct spans *s, size_t i, size_t j)
{
	uint64_t own = s->sum[j + 1] - s->sum[i] + FP_TREE_INSN, best = s->rest[i][j];
	uint32_t ends[2] = { s->at[i].end, s->at[i + 1].end };
	bool is_set = j - i < FP_TREE_SET;

	if (j == i + 2 && s->at[i].end == s->at[j].end && is_single(&s->at[i + 1]))
		return own;
	for (size_t c = i + 1; c <= j; c++) {
		uint64_t sum = s->cost[i][c - 1] + s->cost[c][j];
		best = sum < best ? sum : best;
		is_set &= s->at[c].end == ends[0] || s->at[c].end == ends[1];
	}
	for (unsigned k = 0; is_set && k < 2; k++) {
		uint64_t sum = by_set(s, i, j, ends[k]);
		best = sum < best ? sum : best;
	}
	return own + best;
}

struct bench_costs bench_costs(const struct vm_filter *f, const uint32_t weight[BENCH_NUMBERS])
{
	static const uint32_t others[] = { BENCH_NUMBERS, 0x40000000, UINT32_MAX };
	struct spans *s = calloc(1, sizeof(*s));
	struct bench_costs c = { 0 };
	uint64_t comparisons;
	size_t first = 0;

	if (!s)
		bench_fail("no memory");
	for (uint32_t nr = 0; nr < BENCH_NUMBERS; nr++) {
		add(s, nr, walk(f, nr, &comparisons), weight[nr]);
		c.own += comparisons * weight[nr];
	}
	for (size_t i = 0; i < 3; i++)
		add(s, others[i], walk(f, others[i], &comparisons), 0);
	while (f->at[first].code != (BPF_LD | BPF_W | BPF_ABS) || f->at[first].k)
		first++;
	c.own += FP_TREE_INSN * places(f, first + 1);
	for (size_t i = 0; i < s->n; i++)
		s->sum[i + 1] = s->sum[i] + s->at[i].weight;
	for (size_t i = s->n; i-- > 0;)
		for (size_t j = i + 1; j < s->n; j++) {
			s->rest[i][j] = rest_of(s, i, j);
			s->cost[i][j] = least_of(s, i, j);
		}
	c.least = s->cost[0][s->n - 1];
	free(s);
	return c;
}
