/* SPDX-License-Identifier: MIT */
/* One filter a machine: architecture, number, arguments, in that order. */
#include "backends/seccomp/plan.h"
#include "target/profile.h"

#include <linux/seccomp.h>
#include <stdlib.h>

/*
 * How often a comparison on the way to a number is paid for. The kernel asks the filter once and
 * remembers an allow that needs no argument (kernel/seccomp.c: seccomp_cache_prepare), so what it
 * remembers weighs nothing. Other calls weigh the same; with a profile its weight is shared out
 * on top of that. Numbers of x32 are never remembered, and hardly ever met: they must not
 * make x86_64's slow, with which they share a tree.
 */
#define WEIGHT_CALL    8u
#define WEIGHT_PROFILE 65536u

/* Numbers an ABI assigns, each with what the filter does there. */
struct numbered {
	uint32_t nr, to, weight;
	bool is_peak; /* the profile names it: it may get a test of its own */
};

struct numbers {
	struct numbered *at;
	size_t n;
	const uint16_t *rank; /* by call: its place in `at`, which is in the order of numbers */
};

struct call_number {
	int32_t nr;
	uint16_t call;
};

static int by_number(const void *x, const void *y)
{
	const struct call_number *a = x, *b = y;

	return (a->nr > b->nr) - (a->nr < b->nr);
}

/* The calls of an ABI by number are the same for all targets. */
static const uint16_t *ranks(struct fp_unit *u, enum fp_abi abi)
{
	static const char what[] = "ranks of calls";
	const uint16_t *kept = fp_unit_recall(u, what, fp_abi(abi), NULL);
	size_t n = 0;

	if (kept)
		return kept;
	struct call_number *calls = FP_NEW_ARRAY(&u->arena, fp_sys_count(), struct call_number);
	uint16_t *rank = FP_NEW_ARRAY(&u->arena, fp_sys_count(), uint16_t);
	for (size_t i = 0; i < fp_sys_count(); i++)
		if (fp_sys_at(i)->nr[abi] >= 0)
			calls[n++] = (struct call_number){ fp_sys_at(i)->nr[abi], (uint16_t)i };
	qsort(calls, n, sizeof(*calls), by_number);
	for (size_t i = 0; i < n; i++)
		rank[calls[i].call] = (uint16_t)i;
	fp_unit_keep(u, what, fp_abi(abi), NULL, rank);
	return rank;
}

bool fp_call_is_cached(const struct fp_call_context *c, enum fp_abi abi)
{
	const struct fp_call_abi *a = &c->abi[abi];

	return fp_target_has(c->target, FP_FEAT_SECCOMP_CONST_CACHE) && !fp_abi(abi)->nr_bit &&
	       a->is_plain && a->plain.action == FP_ACT_ALLOW;
}

static uint32_t weigh(const struct fp_call_context *c, enum fp_abi abi)
{
	const struct fp_profile *p = c->unit->options.profile;

	if (fp_call_is_cached(c, abi))
		return 0;
	if (fp_abi(abi)->nr_bit)
		return 1;
	if (!p)
		return WEIGHT_CALL;
	return WEIGHT_CALL +
	       (uint32_t)((uint64_t)p->weight[c->sys->index] * WEIGHT_PROFILE / p->sum);
}

static void number(struct fp_call_context *c, struct fp_seccomp_plan *plan, enum fp_abi abi,
		   struct numbers *numbers)
{
	const struct fp_call_abi *a = &c->abi[abi];
	struct fp_filter *f = &plan->filter[fp_abi(abi)->arch];
	struct numbered n = { .nr = (uint32_t)c->sys->nr[abi],
			      .to = fp_call_graph(c, abi, &f->graph) };

	n.weight = weigh(c, abi);
	n.is_peak = n.weight > WEIGHT_CALL;
	numbers->at[numbers->rank[c->sys->index]] = n;
	numbers->n++;
	if (a->is_plain)
		return;
	struct fp_call_code code = { .sys = c->sys, .abi = abi, .node = n.to };
	fp_vec_push(&c->unit->arena, &f->calls, code);
}

struct spans {
	struct fp_span32 *at;
	size_t n;
};

static void add_span(struct spans *s, uint32_t start, uint32_t to, uint32_t weight)
{
	s->at[s->n++] = (struct fp_span32){ .start = start, .to = to, .weight = weight };
}

/* The ABI's numbers and the gaps between them, from `bit` on. Returns where the rest begins. */
static uint32_t add_abi(struct spans *s, const struct numbers *n, uint32_t bit, uint32_t unknown)
{
	uint32_t next = 0;

	for (size_t i = 0; i < n->n; i++) {
		const struct numbered *it = &n->at[i];
		if (it->nr > next)
			add_span(s, bit + next, unknown, 0);
		add_span(s, bit + it->nr, it->to, it->weight);
		if (it->is_peak) {
			s->at[s->n - 1].peak = bit + it->nr;
			s->at[s->n - 1].peak_weight = it->weight;
		}
		next = it->nr + 1;
	}
	return bit + next;
}

/*
 * x86-64: numbers with bit 30 are x32's, but for -1, which is what a tracer leaves to skip a call
 * and no call at all. Where x32 is closed its numbers are one interval and cost nothing.
 */
#define X32_BEGIN 0x40000000u
#define NR_NONE   UINT32_MAX

static uint32_t dispatch(struct fp_call_context *c, struct fp_graph *g, const struct numbers *own,
			 const struct numbers *x32, bool has_x32, struct fp_tree_table **table)
{
	struct fp_tree_table **scratch = g->table;
	uint32_t unknown = fp_graph_ret(g, fp_decision_value(c->ir->call_unknown));
	uint32_t kill = fp_graph_ret(g, SECCOMP_RET_KILL_PROCESS);
	struct spans s = { 0 };

	s.at = FP_NEW_ARRAY(&c->unit->arena, 2 * (own->n + (x32 ? x32->n : 0)) + 8,
			    struct fp_span32);
	add_span(&s, add_abi(&s, own, 0, unknown), unknown, 0);
	if (x32 && has_x32)
		add_span(&s, add_abi(&s, x32, X32_BEGIN, unknown), unknown, 0);
	else if (x32)
		add_span(&s, X32_BEGIN, kill, 0);
	if (x32)
		add_span(&s, NR_NONE, unknown, 0);
	g->table = table;
	uint32_t root = fp_graph_tree(g, FP_DATA_NR, UINT32_MAX, s.at, s.n);
	g->table = scratch;
	return root;
}

/* Kept from target to target: kernels of one ABI differ in a few calls, the newest. */
static struct fp_tree_table **table_of(struct fp_call_context *c, enum fp_abi abi)
{
	static const char what[] = "tree of calls";
	struct fp_tree_table **const *kept = fp_unit_recall(c->unit, what, fp_abi(abi), NULL);

	if (!kept) {
		struct fp_tree_table ***fresh = FP_NEW(&c->unit->arena, struct fp_tree_table **);
		*fresh = FP_NEW(&c->unit->arena, struct fp_tree_table *);
		fp_unit_keep(c->unit, what, fp_abi(abi), NULL, fresh);
		kept = (struct fp_tree_table * *const *)fresh;
	}
	return *kept;
}

static uint32_t machine(struct fp_call_context *c, struct fp_graph *g, enum fp_arch arch,
			const struct numbers numbers[FP_ABI_N])
{
	uint32_t root = fp_graph_ret(g, SECCOMP_RET_KILL_PROCESS);

	for (unsigned i = FP_ABI_N; i-- > 0;) {
		const struct fp_abi_def *abi = fp_abi((enum fp_abi)i);
		bool is_x86 = i == FP_ABI_X86_64;
		if (abi->arch != arch || abi->nr_bit || !(c->open >> i & 1))
			continue;
		struct fp_graph_node test = { .op = FP_GRAPH_JEQ,
					      .word = FP_DATA_ARCH,
					      .mask = UINT32_MAX,
					      .k = abi->audit_arch };
		test.yes = dispatch(c, g, &numbers[i], is_x86 ? &numbers[FP_ABI_X32] : NULL,
				    c->open >> FP_ABI_X32 & 1, table_of(c, (enum fp_abi)i));
		test.no = root;
		root = fp_graph_test(g, &test);
	}
	return root;
}

void fp_filter_build(struct fp_call_context *c, struct fp_seccomp_plan *plan)
{
	struct numbers numbers[FP_ABI_N] = { 0 };

	for (unsigned i = 0; i < FP_ARCH_N; i++) {
		plan->filter[i].arch = (enum fp_arch)i;
		plan->filter[i].is_wanted = c->target->archs[i];
		if (plan->filter[i].is_wanted)
			fp_graph_init(&plan->filter[i].graph, &c->unit->arena, &c->table);
	}
	for (unsigned i = 0; i < FP_ABI_N; i++) {
		if (!(c->open >> i & 1))
			continue;
		numbers[i].at = FP_NEW_ARRAY(&c->unit->arena, fp_sys_count(), struct numbered);
		numbers[i].rank = ranks(c->unit, (enum fp_abi)i);
	}
	for (size_t i = 0; i < fp_sys_count(); i++) {
		fp_call_load(c, fp_sys_at(i));
		for (unsigned abi = 0; abi < FP_ABI_N; abi++)
			if (c->abi[abi].is_there)
				number(c, plan, (enum fp_abi)abi, &numbers[abi]);
	}
	for (unsigned i = 0; i < FP_ARCH_N; i++) {
		struct fp_filter *f = &plan->filter[i];
		if (!f->is_wanted)
			continue;
		f->code =
			fp_code_layout(&f->graph, machine(c, &f->graph, (enum fp_arch)i, numbers));
		f->is_too_long = f->code.n > FP_CBPF_MAX;
	}
}

/* A test of a call, by the word and a constant that its comparisons may use. */
struct mark {
	uint32_t word, k, rule;
};

struct marks {
	FP_VEC(struct mark) at;
};

static int by_constant(const void *x, const void *y)
{
	const struct mark *a = x, *b = y;

	if (a->word != b->word)
		return a->word < b->word ? -1 : 1;
	if (a->k != b->k)
		return a->k < b->k ? -1 : 1;
	return (a->rule > b->rule) - (a->rule < b->rule);
}

static void mark(struct fp_arena *a, struct marks *m, uint32_t word, uint32_t k, uint32_t rule)
{
	struct mark it = { FP_DATA_ARGS + word, k, rule };

	fp_vec_push(a, &m->at, it);
}

/* Constants at which a value of the field starts or stops to pass; see fp_graph_field(). */
static void mark_bound(struct fp_arena *a, struct marks *m, const struct fp_test *t, uint64_t v,
		       uint32_t rule)
{
	uint64_t mask = t->hi == FP_WORD_NONE ? t->mask & UINT32_MAX : t->mask, bound, next;

	if (!fp_mask_next(v, mask, &bound))
		return;
	mark(a, m, t->lo, (uint32_t)bound, rule);
	if (t->hi == FP_WORD_NONE)
		return;
	mark(a, m, t->hi, (uint32_t)(bound >> 32), rule);
	if (fp_mask_next((bound >> 32) + 1, mask >> 32, &next))
		mark(a, m, t->hi, (uint32_t)next, rule);
}

static void mark_tests(struct fp_arena *a, struct marks *m, const struct fp_pred *p, uint32_t rule)
{
	if (p->op == FP_PRED_TEST) {
		mark_bound(a, m, &p->test, p->test.min, rule);
		if (p->test.max != UINT64_MAX)
			mark_bound(a, m, &p->test, p->test.max + 1, rule);
		mark(a, m, p->test.lo, (uint32_t)p->test.mask, rule);
		if (p->test.hi != FP_WORD_NONE)
			mark(a, m, p->test.hi, (uint32_t)(p->test.mask >> 32), rule);
	}
	for (size_t i = 0; i < p->n; i++)
		mark_tests(a, m, p->kids[i], rule);
}

struct owner {
	uint32_t node, rule;
};

struct owners {
	struct fp_arena *arena;
	FP_VEC(struct owner) at;
	uint32_t *seen; /* by node: 1 + the last call whose walk met it */
	FP_VEC(uint32_t) stack;
};

static void own(struct owners *o, uint32_t node, uint32_t rule)
{
	struct owner it = { node, rule };

	fp_vec_push(o->arena, &o->at, it);
}

static void own_marked(struct owners *o, const struct marks *m, uint32_t id,
		       const struct fp_graph_node *n)
{
	size_t lo = 0, hi = m->at.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct mark *it = &m->at.at[mid];
		if (it->word < n->word || (it->word == n->word && it->k < n->k))
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < m->at.n && m->at.at[lo].word == n->word && m->at.at[lo].k == n->k; lo++)
		own(o, id, m->at.at[lo].rule);
}

/* Walks the tests of the n-th call of the filter, each once. */
static void own_tests(struct owners *o, const struct fp_filter *f, size_t call,
		      const struct marks *m)
{
	fp_vec_push(o->arena, &o->stack, f->calls.at[call].node);
	while (o->stack.n) {
		uint32_t id = o->stack.at[--o->stack.n];
		const struct fp_graph_node *n = &f->graph.nodes.at[id];
		if (o->seen[id] == call + 1 || n->op == FP_GRAPH_RET)
			continue;
		o->seen[id] = (uint32_t)call + 1;
		fp_vec_push(o->arena, &o->stack, n->yes);
		fp_vec_push(o->arena, &o->stack, n->no);
		own_marked(o, m, id, n);
	}
}

/* A multiplexer's selectors belong to the rules of the calls they carry, or to the default. */
static void mark_carried(struct fp_arena *a, struct marks *m, const struct fp_call_context *c,
			 const struct fp_call_code *call)
{
	uint32_t rest = fp_ir_only(c->ir, FP_KIND_CALL_DEFAULT)->id;

	for (size_t i = 0; i < fp_sys_count(); i++) {
		const struct fp_sysdef *mux;
		struct fp_test t = { .hi = FP_WORD_NONE, .mask = fp_mux_mask(call->sys) };
		uint32_t sub;

		if (!fp_sys_multiplexed(fp_sys_at(i), call->abi, &mux, &sub) || mux != call->sys)
			continue;
		const struct fp_call_plan *plan = &c->ir->calls[i];
		for (size_t r = 0; r < plan->n || !r; r++) {
			uint32_t rule = plan->n ? plan->at[r].rule->id : rest;
			mark_bound(a, m, &t, sub, rule);
			mark_bound(a, m, &t, (uint64_t)sub + 1, rule);
		}
	}
}

/* The tests of one call belong to the rules that ask for them. */
static void own_call(struct owners *o, const struct fp_call_context *c, const struct fp_filter *f,
		     size_t n)
{
	const struct fp_call_code *call = &f->calls.at[n];
	const struct fp_call_plan *plan = &c->ir->calls[call->sys->index];
	struct marks m = { 0 };

	for (size_t i = 0; i < plan->n; i++)
		if (plan->at[i].rule->u.call.when[call->abi])
			mark_tests(o->arena, &m, plan->at[i].rule->u.call.when[call->abi],
				   plan->at[i].rule->id);
	if (call->sys->flags & FP_SYS_MULTIPLEXER)
		mark_carried(o->arena, &m, c, call);
	if (!m.at.n)
		return;
	qsort(m.at.at, m.at.n, sizeof(*m.at.at), by_constant);
	own_tests(o, f, n, &m);
}

static void own_number(struct owners *o, const struct fp_call_context *c, uint32_t id,
		       enum fp_arch arch, uint32_t k)
{
	bool is_x32 = arch == FP_ARCH_X86_64 && k >= X32_BEGIN && k != NR_NONE;

	if (is_x32 && !(c->open >> FP_ABI_X32 & 1))
		own(o, id, fp_ir_only(c->ir, FP_KIND_CALL_ABI)->id);
	for (unsigned i = 0; i < FP_ABI_N; i++) {
		const struct fp_abi_def *abi = fp_abi((enum fp_abi)i);
		if (abi->arch != arch || !(c->open >> i & 1) || is_x32 != !!abi->nr_bit)
			continue;
		const struct fp_sysdef *sys = fp_sys_by_nr((enum fp_abi)i, k & ~abi->nr_bit);
		const struct fp_call_plan *plan = sys ? &c->ir->calls[sys->index] : NULL;
		for (size_t r = 0; plan && r < plan->n; r++)
			own(o, id, plan->at[r].rule->id);
		if (!sys)
			own(o, id, fp_ir_only(c->ir, FP_KIND_CALL_UNKNOWN)->id);
		else if (!plan->n)
			own(o, id, fp_ir_only(c->ir, FP_KIND_CALL_DEFAULT)->id);
	}
}

/* Numbers between which a test of bits of the number decides, and how many are looked at. */
struct between {
	uint32_t low, high;
};

#define BETWEEN_MAX 1024u

static void arrive(struct between *at, uint32_t node, uint32_t low, uint32_t high)
{
	at[node].low = low < at[node].low ? low : at[node].low;
	at[node].high = high > at[node].high ? high : at[node].high;
}

/* By node, from the root down: kids have smaller ids. */
static const struct between *find_between(struct fp_arena *a, const struct fp_filter *f)
{
	struct between *at = FP_NEW_ARRAY(a, f->graph.nodes.n, struct between);

	for (size_t i = 0; i < f->graph.nodes.n; i++)
		at[i].low = UINT32_MAX;
	at[f->code.node[0]] = (struct between){ 0, UINT32_MAX };
	for (uint32_t id = f->code.node[0] + 1; id-- > 0;) {
		const struct fp_graph_node *n = &f->graph.nodes.at[id];
		struct between b = at[id];
		if (b.low > b.high || n->op == FP_GRAPH_RET)
			continue;
		bool is_cut = n->word == FP_DATA_NR && n->op == FP_GRAPH_JGE && n->k;
		arrive(at, n->yes, is_cut && n->k > b.low ? n->k : b.low, b.high);
		arrive(at, n->no, b.low, is_cut && n->k - 1 < b.high ? n->k - 1 : b.high);
	}
	return at;
}

static void own_bits(struct owners *o, const struct fp_call_context *c, uint32_t id,
		     const struct fp_filter *f, struct between b)
{
	uint32_t bits = f->graph.nodes.at[id].k;

	for (uint32_t nr = b.low; nr <= b.high && nr - b.low < BETWEEN_MAX; nr++)
		if (nr & bits)
			own_number(o, c, id, f->arch, nr);
}

static void own_return(struct owners *o, const struct fp_call_context *c, uint32_t id, uint32_t k)
{
	fp_ir_each (c->ir, FP_KIND_CALL, r)
		if (fp_decision_value(r->u.call.decision) == k)
			own(o, id, r->id);
	if (fp_decision_value(c->ir->call_default) == k)
		own(o, id, fp_ir_only(c->ir, FP_KIND_CALL_DEFAULT)->id);
	if (fp_decision_value(c->ir->call_unknown) == k)
		own(o, id, fp_ir_only(c->ir, FP_KIND_CALL_UNKNOWN)->id);
	if (k == SECCOMP_RET_KILL_PROCESS)
		own(o, id, fp_ir_only(c->ir, FP_KIND_CALL_ABI)->id);
}

static int by_node(const void *x, const void *y)
{
	const struct owner *a = x, *b = y;

	if (a->node != b->node)
		return a->node < b->node ? -1 : 1;
	return (a->rule > b->rule) - (a->rule < b->rule);
}

static void own_all(struct owners *o, const struct fp_call_context *c, const struct fp_filter *f)
{
	const struct between *between = find_between(o->arena, f);

	for (size_t i = 0; i < f->calls.n; i++)
		own_call(o, c, f, i);
	for (size_t i = 0; i < f->code.n; i++) {
		uint32_t id = f->code.node[i];
		const struct fp_graph_node *n = &f->graph.nodes.at[id];
		bool is_new = !i || f->code.node[i - 1] != id;
		if (is_new && n->op == FP_GRAPH_RET)
			own_return(o, c, id, n->k);
		else if (is_new && n->word == FP_DATA_NR && n->op == FP_GRAPH_JSET)
			own_bits(o, c, id, f, between[id]);
		else if (is_new && n->word == FP_DATA_NR)
			own_number(o, c, id, f->arch, n->k);
		else if (is_new && n->word == FP_DATA_ARCH)
			own(o, id, fp_ir_only(c->ir, FP_KIND_CALL_ABI)->id);
	}
	if (o->at.n)
		qsort(o->at.at, o->at.n, sizeof(*o->at.at), by_node);
}

void fp_filter_map(const struct fp_call_context *c, const struct fp_filter *f,
		   struct fp_emission *out, struct fp_artifact *artifact)
{
	struct owners o = { .arena = &c->unit->arena };
	o.seen = FP_NEW_ARRAY(o.arena, f->graph.nodes.n, uint32_t);
	uint32_t *first = FP_NEW_ARRAY(o.arena, f->graph.nodes.n + 1, uint32_t);

	own_all(&o, c, f);
	for (size_t i = o.at.n; i-- > 0;)
		first[o.at.at[i].node] = (uint32_t)i + 1;
	for (size_t i = 0; i < f->code.n; i++) {
		uint32_t id = f->code.node[i], begin = (uint32_t)(8 * i);
		for (size_t k = first[id]; k && k <= o.at.n && o.at.at[k - 1].node == id; k++) {
			uint32_t rule = o.at.at[k - 1].rule;
			if (k > first[id] && o.at.at[k - 2].rule == rule)
				continue;
			fp_emit_map(out, artifact, begin, begin + 8, &c->ir->rules[rule]);
		}
	}
}
