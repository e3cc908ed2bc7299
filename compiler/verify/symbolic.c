/* SPDX-License-Identifier: MIT */
/* Symbolic execution: every way through a filter, each place with the values that matter there. */
#include "verify/symbolic.h"
#include "ir/domain_calls.h"
#include "verify/runs.h"
#include "verify/values.h"

#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>

/*
 * Jumps lead forward, so places in order of address are places in order of time. A state is an
 * address and the values of the registers that are still read; there is one for many ways.
 *
 * Nearly every filter asks for architecture and number before anything else. As long as it does
 * so, a box of both (two intervals) is run as one, and comparisons cut it. Where only arguments
 * matter any more a box ends in a state. Filters of another shape are one state from the start.
 */
#define STATES_MAX (1u << 18)
#define STEPS_MAX  (1u << 23)
#define BOXES_MAX  (1u << 13)

/* What may be live: registers, memory, and the two words that boxes are of. */
#define LIVE_A      1u
#define LIVE_X      2u
#define LIVE_M(n)   (4u << (n))
#define LIVE_ARCH   (LIVE_M(FP_BPF_CELLS))
#define LIVE_NR     (LIVE_M(FP_BPF_CELLS + 1))
#define OFFSET_ARCH ((uint32_t)offsetof(struct seccomp_data, arch))
#define OFFSET_NR   ((uint32_t)offsetof(struct seccomp_data, nr))

enum { /* words of a state's key */
	AT_PC,
	AT_A,
	AT_X,
	AT_M /* a quad of quads of values */
};

struct state {
	uint32_t test, to[2]; /* nodes of the diagram and states; without a test both are equal */
	uint32_t result;      /* set at once for a return */
	uint32_t next;        /* 1 + the next state at the same address */
	bool is_return;
};

struct box {
	uint32_t low[2], high[2]; /* of architecture and number, inclusive */
	struct fp_key at;
	uint32_t state;
};

struct symbolic {
	struct fp_dd *dd;
	struct fp_arena *arena;
	const struct fp_bpf *b;
	struct fp_values values;
	struct fp_keys quads, keys; /* of memory; of states */
	FP_VEC(struct state) states;
	uint32_t *live, *first; /* by address; 1 + a state */
	FP_VEC(struct box) todo, boxes;
	uint32_t steps;
	const char *why;
};

/* ---- what matters where ---- */

static uint32_t reads(const struct fp_bpf_insn *i)
{
	switch (i->op) {
	case FP_BPF_LD:
		return i->k == OFFSET_ARCH ? LIVE_ARCH : i->k == OFFSET_NR ? LIVE_NR : 0;
	case FP_BPF_LD_IMM:
	case FP_BPF_LDX_IMM:
	case FP_BPF_JA:
	case FP_BPF_RET:
		return 0;
	case FP_BPF_LD_MEM:
	case FP_BPF_LDX_MEM:
		return LIVE_M(i->k);
	case FP_BPF_STX:
	case FP_BPF_TXA:
		return LIVE_X;
	case FP_BPF_ST:
	case FP_BPF_TAX:
	case FP_BPF_NEG:
	case FP_BPF_RET_A:
		return LIVE_A;
	case FP_BPF_ADD:
	case FP_BPF_SUB:
	case FP_BPF_MUL:
	case FP_BPF_DIV:
	case FP_BPF_AND:
	case FP_BPF_OR:
	case FP_BPF_XOR:
	case FP_BPF_LSH:
	case FP_BPF_RSH:
	case FP_BPF_JEQ:
	case FP_BPF_JGT:
	case FP_BPF_JGE:
	case FP_BPF_JSET:
		break;
	}
	return LIVE_A | (i->is_x ? LIVE_X : 0);
}

static uint32_t writes(const struct fp_bpf_insn *i)
{
	if (i->op == FP_BPF_ST || i->op == FP_BPF_STX)
		return LIVE_M(i->k);
	if (i->op == FP_BPF_LDX_IMM || i->op == FP_BPF_LDX_MEM || i->op == FP_BPF_TAX)
		return LIVE_X;
	return i->op < FP_BPF_JA ? LIVE_A : 0;
}

static bool is_jump(const struct fp_bpf_insn *i)
{
	return i->op >= FP_BPF_JA && i->op <= FP_BPF_JSET;
}

static void find_live(struct symbolic *s)
{
	for (uint32_t pc = s->b->n; pc-- > 0;) {
		const struct fp_bpf_insn *i = &s->b->at[pc];
		uint32_t after = 0;
		if (is_jump(i))
			after = s->live[i->to[0]] | s->live[i->to[1]];
		else if (i->op < FP_BPF_JA)
			after = s->live[pc + 1];
		s->live[pc] = (after & ~writes(i)) | reads(i);
	}
}

/* ---- memory ---- */

static uint32_t cell(const struct symbolic *s, uint32_t m, uint32_t n)
{
	return s->quads.list.at[s->quads.list.at[m].k[n / 4]].k[n % 4];
}

static uint32_t with_cell(struct symbolic *s, uint32_t m, uint32_t n, uint32_t value)
{
	struct fp_key all = s->quads.list.at[m], quad = s->quads.list.at[all.k[n / 4]];

	quad.k[n % 4] = value;
	all.k[n / 4] = fp_keys_number(s->arena, &s->quads, quad);
	return fp_keys_number(s->arena, &s->quads, all);
}

/* ---- states ---- */

/* The same with 0 in what nobody reads any more. */
static struct fp_key forget(struct symbolic *s, struct fp_key at)
{
	uint32_t live = s->live[at.k[AT_PC]];

	if (!(live & LIVE_A))
		at.k[AT_A] = 0;
	if (!(live & LIVE_X))
		at.k[AT_X] = 0;
	for (uint32_t n = 0; at.k[AT_M] && n < FP_BPF_CELLS; n++)
		if (!(live & LIVE_M(n)))
			at.k[AT_M] = with_cell(s, at.k[AT_M], n, 0);
	return at;
}

static uint32_t enter(struct symbolic *s, struct fp_key at)
{
	struct fp_key key = forget(s, at);
	uint32_t id = fp_keys_number(s->arena, &s->keys, key), pc = key.k[AT_PC];

	if (id < s->states.n)
		return id;
	struct state it = { .next = s->first[pc] };
	fp_vec_push(s->arena, &s->states, it);
	s->first[pc] = id + 1;
	return id;
}

static bool fail(struct symbolic *s, uint32_t pc, const char *why)
{
	s->why = fp_arena_printf(s->arena, "byte %u: %s", pc * 8, why);
	return false;
}

/* One instruction that goes on to the next one. */
static bool step(struct symbolic *s, struct fp_key *at, const struct fp_bpf_insn *i)
{
	uint32_t *a = &at->k[AT_A], *x = &at->k[AT_X], *m = &at->k[AT_M];

	switch (i->op) {
	case FP_BPF_LD:
		*a = fp_value_load(&s->values, i->k);
		return true;
	case FP_BPF_LD_IMM:
		*a = fp_value_const(&s->values, i->k);
		return true;
	case FP_BPF_LDX_IMM:
		*x = fp_value_const(&s->values, i->k);
		return true;
	case FP_BPF_LD_MEM:
		*a = cell(s, *m, i->k);
		return true;
	case FP_BPF_LDX_MEM:
		*x = cell(s, *m, i->k);
		return true;
	case FP_BPF_ST:
		*m = with_cell(s, *m, i->k, *a);
		return true;
	case FP_BPF_STX:
		*m = with_cell(s, *m, i->k, *x);
		return true;
	case FP_BPF_TAX:
		*x = *a;
		return true;
	case FP_BPF_TXA:
		*a = *x;
		return true;
	case FP_BPF_NEG:
		return fp_value_compute(&s->values, FP_BPF_SUB, 0, *a, a);
	case FP_BPF_ADD:
	case FP_BPF_SUB:
	case FP_BPF_MUL:
	case FP_BPF_DIV:
	case FP_BPF_AND:
	case FP_BPF_OR:
	case FP_BPF_XOR:
	case FP_BPF_LSH:
	case FP_BPF_RSH:
		return fp_value_compute(&s->values, i->op, *a,
					i->is_x ? *x : fp_value_const(&s->values, i->k), a);
	case FP_BPF_JA:
	case FP_BPF_JEQ:
	case FP_BPF_JGT:
	case FP_BPF_JGE:
	case FP_BPF_JSET:
	case FP_BPF_RET:
	case FP_BPF_RET_A:
		break;
	}
	return false;
}

static bool divides_by_zero(const struct symbolic *s, const struct fp_key *at,
			    const struct fp_bpf_insn *i)
{
	uint32_t k;

	return i->op == FP_BPF_DIV && i->is_x && fp_value_is_const(&s->values, at->k[AT_X], &k) &&
	       !k;
}

/* To the next comparison or return; `node` is what is returned. */
static bool walk(struct symbolic *s, struct fp_key *at, bool *is_return, uint32_t *node)
{
	for (;;) {
		uint32_t pc = at->k[AT_PC];
		const struct fp_bpf_insn *i = &s->b->at[pc];
		*is_return = true;
		if (++s->steps > STEPS_MAX)
			return fail(s, pc, "the budget of steps is spent");
		if (i->op == FP_BPF_RET || divides_by_zero(s, at, i)) {
			uint32_t value = i->op == FP_BPF_RET ? i->k : 0;
			*node = fp_dd_leaf(s->dd, fp_domain_leaf(fp_bpf_decision(value)));
			return true;
		}
		if (i->op == FP_BPF_RET_A)
			return fp_value_decision(&s->values, at->k[AT_A], node) ||
			       fail(s, pc, "returns a value with too many bits that vary");
		*is_return = false;
		if (i->op >= FP_BPF_JEQ && i->op <= FP_BPF_JSET)
			return true;
		if (i->op != FP_BPF_JA && !step(s, at, i))
			return fail(s, pc, "arithmetic that is not modelled");
		at->k[AT_PC] = i->op == FP_BPF_JA ? i->to[0] : pc + 1;
	}
}

static uint32_t operand(struct symbolic *s, const struct fp_key *at, const struct fp_bpf_insn *i)
{
	return i->is_x ? at->k[AT_X] : fp_value_const(&s->values, i->k);
}

static struct fp_key go(struct fp_key at, uint32_t pc)
{
	at.k[AT_PC] = pc;
	return at;
}

static bool expand(struct symbolic *s, uint32_t id)
{
	struct fp_key at = s->keys.list.at[id];
	struct state it = s->states.at[id];

	if (!walk(s, &at, &it.is_return, &it.result))
		return false;
	if (s->states.n > STATES_MAX)
		return fail(s, at.k[AT_PC], "the budget of states is spent");
	if (!it.is_return) {
		const struct fp_bpf_insn *i = &s->b->at[at.k[AT_PC]];
		it.test = fp_value_test(&s->values, i->op, at.k[AT_A], operand(s, &at, i));
		bool never = it.test == FP_DD_FALSE, always = it.test == FP_DD_TRUE;
		it.to[0] = enter(s, go(at, i->to[always]));
		it.to[1] = enter(s, go(at, i->to[!never]));
	}
	s->states.at[id] = it;
	return true;
}

static bool run_states(struct symbolic *s)
{
	for (uint32_t pc = 0; pc < s->b->n; pc++)
		for (uint32_t id = s->first[pc]; id; id = s->states.at[id - 1].next)
			if (!expand(s, id - 1))
				return false;
	for (uint32_t pc = s->b->n; pc-- > 0;)
		for (uint32_t id = s->first[pc]; id; id = s->states.at[id - 1].next) {
			struct state *it = &s->states.at[id - 1];
			if (!it->is_return)
				it->result =
					fp_dd_if(s->dd, it->test, s->states.at[it->to[1]].result,
						 s->states.at[it->to[0]].result);
		}
	return true;
}

/* ---- boxes ---- */

static bool is_boxed(const struct symbolic *s, uint32_t value)
{
	return fp_value_is_word(&s->values, value, OFFSET_ARCH) ||
	       fp_value_is_word(&s->values, value, OFFSET_NR);
}

/* Whether the box still makes a difference here. */
static bool is_relevant(const struct symbolic *s, const struct fp_key *at)
{
	uint32_t live = s->live[at->k[AT_PC]];
	bool found = live & (LIVE_ARCH | LIVE_NR) || (live & LIVE_A && is_boxed(s, at->k[AT_A])) ||
		     (live & LIVE_X && is_boxed(s, at->k[AT_X]));

	for (uint32_t n = 0; at->k[AT_M] && n < FP_BPF_CELLS && !found; n++)
		found = live & LIVE_M(n) && is_boxed(s, cell(s, at->k[AT_M], n));
	return found;
}

/* The part low..high of the box goes on at `pc`; an empty one does not. */
static void push(struct symbolic *s, struct box box, unsigned word, uint32_t low, uint32_t high,
		 uint32_t pc)
{
	if (low > high)
		return;
	box.low[word] = low;
	box.high[word] = high;
	box.at = go(box.at, pc);
	fp_vec_push(s->arena, &s->todo, box);
}

/* The comparison holds for from..to; upper parts are pushed first, so that lower ones come first.
 */
static void cut(struct symbolic *s, const struct box *box, unsigned word, uint32_t from,
		uint32_t to, const uint16_t ways[2])
{
	uint32_t low = box->low[word], high = box->high[word];

	if (from > to || high < from || low > to) {
		push(s, *box, word, low, high, ways[0]);
		return;
	}
	if (high > to)
		push(s, *box, word, to + 1, high, ways[0]);
	push(s, *box, word, low > from ? low : from, high < to ? high : to, ways[1]);
	if (low < from)
		push(s, *box, word, low, from - 1, ways[0]);
}

/* The next number of which it is otherwise whether it has one of the bits; 0: there is none. */
static uint32_t next_edge(uint32_t low, uint32_t bits)
{
	uint32_t met = low & bits;

	if (!met)
		return (low | ((bits & -bits) - 1)) + 1;
	while (met && low) {
		low = (low | (UINT32_MAX >> __builtin_clz(met))) + 1;
		met = low & bits;
	}
	return low;
}

static void cut_bits(struct symbolic *s, const struct box *box, unsigned word, uint32_t bits,
		     const uint16_t ways[2])
{
	uint32_t low = box->low[word], high = box->high[word],
		 edge = bits ? next_edge(low, bits) : 0;
	bool is_cut = edge && edge <= high;

	if (is_cut)
		push(s, *box, word, edge, high, box->at.k[AT_PC]);
	push(s, *box, word, low, is_cut ? edge - 1 : high, ways[low & bits ? 1 : 0]);
}

/* False where the comparison is not one of a boxed word with a number. */
static bool compare(struct symbolic *s, const struct box *box, const struct fp_bpf_insn *i)
{
	uint32_t k, value, a = box->at.k[AT_A];
	bool is_arch = fp_value_is_word(&s->values, a, OFFSET_ARCH);
	unsigned word = is_arch ? 0 : 1;

	if (!fp_value_is_const(&s->values, operand(s, &box->at, i), &k))
		return false;
	if (fp_value_is_const(&s->values, a, &value)) {
		bool holds =
			fp_value_test(&s->values, i->op, a, operand(s, &box->at, i)) == FP_DD_TRUE;
		push(s, *box, 0, box->low[0], box->high[0], i->to[holds]);
		return true;
	}
	if (!is_boxed(s, a))
		return false;
	if (i->op == FP_BPF_JEQ)
		cut(s, box, word, k, k, i->to);
	else if (i->op == FP_BPF_JGE)
		cut(s, box, word, k, UINT32_MAX, i->to);
	else if (i->op == FP_BPF_JGT && k == UINT32_MAX)
		cut(s, box, word, 1, 0, i->to);
	else if (i->op == FP_BPF_JGT)
		cut(s, box, word, k + 1, UINT32_MAX, i->to);
	else
		cut_bits(s, box, word, k, i->to);
	return true;
}

/* False where the filter has another shape: then nothing is known of it. */
static bool run_boxes(struct symbolic *s)
{
	struct box all = { .high = { UINT32_MAX, UINT32_MAX } };

	fp_vec_push(s->arena, &s->todo, all);
	while (s->todo.n) {
		struct box box = s->todo.at[--s->todo.n];
		bool is_return;
		uint32_t node;
		if (s->boxes.n > BOXES_MAX)
			return false;
		if (is_relevant(s, &box.at)) {
			if (!walk(s, &box.at, &is_return, &node))
				return false;
			if (!is_return && compare(s, &box, &s->b->at[box.at.k[AT_PC]]))
				continue;
			if (!is_return)
				return false;
		}
		box.state = enter(s, box.at);
		fp_vec_push(s->arena, &s->boxes, box);
	}
	return true;
}

/* Results that ask for architecture or number themselves are not for boxes. */
static bool are_separate(const struct symbolic *s)
{
	static const struct fp_dd_set none;

	for (size_t i = 0; i < s->boxes.n; i++) {
		uint32_t node = s->states.at[s->boxes.at[i].state].result;
		if (fp_dd_restrict(s->dd, node, &none, FP_DOMAIN_ARGS) != node)
			return false;
	}
	return true;
}

static int by_number(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return (a > b) - (a < b);
}

/* Boxes that hold one architecture come in the order of their numbers, without gaps. */
static uint32_t of_arch(struct symbolic *s, uint32_t arch)
{
	struct fp_runs runs = { 0 };

	for (size_t i = 0; i < s->boxes.n; i++) {
		const struct box *b = &s->boxes.at[i];
		if (b->low[0] <= arch && arch <= b->high[0])
			fp_runs_add(s->arena, &runs, b->low[1], s->states.at[b->state].result);
	}
	return fp_runs_node(s->dd, &runs, FP_DOMAIN_NR);
}

static uint32_t join_boxes(struct symbolic *s)
{
	FP_VEC(uint32_t) starts = { 0 };
	struct fp_runs runs = { 0 };

	for (size_t i = 0; i < s->boxes.n; i++)
		if (!i || s->boxes.at[i].low[0] != s->boxes.at[i - 1].low[0])
			fp_vec_push(s->arena, &starts, s->boxes.at[i].low[0]);
	qsort(starts.at, starts.n, sizeof(*starts.at), by_number);
	for (size_t i = 0; i < starts.n; i++)
		if (!i || starts.at[i] != starts.at[i - 1])
			fp_runs_add(s->arena, &runs, starts.at[i], of_arch(s, starts.at[i]));
	return fp_runs_node(s->dd, &runs, FP_DOMAIN_ARCH);
}

/* ---- both ---- */

static void begin(struct symbolic *s)
{
	const uint32_t n = s->b->n;

	*s = (struct symbolic){ .dd = s->dd, .arena = s->arena, .b = s->b };
	fp_values_init(&s->values, s->dd, s->arena);
	fp_keys_number(s->arena, &s->quads, (struct fp_key){ { 0 } });
	s->live = FP_NEW_ARRAY(s->arena, n, uint32_t);
	s->first = FP_NEW_ARRAY(s->arena, n, uint32_t);
	find_live(s);
}

const char *fp_bpf_diagram(struct fp_dd *d, struct fp_arena *a, const struct fp_bpf *b,
			   uint32_t *node)
{
	struct symbolic s = { .dd = d, .arena = a, .b = b };

	begin(&s);
	if (run_boxes(&s) && run_states(&s) && are_separate(&s)) {
		*node = join_boxes(&s);
	} else {
		begin(&s);
		uint32_t root = enter(&s, (struct fp_key){ { 0 } });
		if (run_states(&s))
			*node = s.states.at[root].result;
	}
	if (d->is_spent)
		return "the budget of nodes is spent";
	return s.why;
}
