/* SPDX-License-Identifier: MIT */
/* Every claim of a policy put to its question, and the answers reported. */
#include "ir/decide.h"
#include "ir/domain_paths.h"

static void release(void *arena)
{
	fp_arena_free(arena);
}

void fp_prover_init(struct fp_prover *p, struct fp_unit *u, const struct fp_budget *budget)
{
	*p = (struct fp_prover){ .u = u, .states = budget ? budget->states : FP_WALK_BUDGET };
	p->paths = FP_NEW(&u->arena, struct fp_arena);
	fp_arena_init(p->paths, 0, u->arena.recover); /* each walk gets what is left */
	p->paths->chunk = FP_ARENA_CHUNK / 16;
	fp_arena_own(&u->arena, release, p->paths);
	uint32_t nodes = u->options.proof_nodes ? u->options.proof_nodes : FP_DD_BUDGET;

	fp_dd_init(&p->dd, &u->arena, budget ? budget->nodes : nodes);
}

void fp_excess_add(struct fp_prover *p, struct fp_excesses *out, struct fp_excess e)
{
	fp_vec_push(&p->u->arena, &out->list, e);
}

void fp_refine(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b,
	       enum fp_relation relation, struct fp_excesses *out)
{
	*out = (struct fp_excesses){ 0 };
	fp_refine_calls(p, a, b, out);
	fp_refine_process(p, a, b, out);
	fp_refine_mounts(p, a, b, relation, out);
	fp_refine_paths(p, a, b, out);
	fp_refine_net(p, a, b, true, out);
	fp_refine_net(p, a, b, false, out);
	fp_refine_devices(p, a, b, out);
	fp_refine_limits(p, a, b, out);
}

/* ---- never and expect ---- */

static struct fp_counter capability(struct fp_prover *p, const struct fp_ir *ir,
				    const struct fp_subject *s, bool is_never)
{
	bool held = ir->caps >> s->cap & 1;
	struct fp_counter c = { .outcome = held == is_never ? FP_FAILS : FP_HOLDS };

	fp_ir_each (ir, FP_KIND_CAPABILITY, r)
		if (!c.rule || r->u.caps.set >> s->cap & 1)
			c.rule = r;
	for (size_t i = 0; i < fp_cap_count(); i++)
		if (fp_cap_at(i)->bit == s->cap)
			c.example =
				fp_arena_printf(&p->u->arena, "capability %s", fp_cap_at(i)->name);
	return c;
}

struct fp_counter fp_decide_subject(struct fp_prover *p, const struct fp_ir *ir,
				    const struct fp_subject *s, bool is_never)
{
	switch (s->kind) {
	case FP_SUBJECT_CALL:
		return fp_decide_calls(p, ir, s, is_never);
	case FP_SUBJECT_PATH:
		return fp_decide_paths(p, ir, s, is_never);
	case FP_SUBJECT_EGRESS:
	case FP_SUBJECT_INGRESS:
		return fp_decide_net(p, ir, s, is_never);
	case FP_SUBJECT_CAPABILITY:
		break;
	}
	return capability(p, ir, s, is_never);
}

static void undecided(struct fp_prover *p, struct fp_span span, const char *what, const char *of)
{
	fp_diag(p->u, FP_E_UNDECIDED, span, "'%s %s' is undecided: the budget was spent", what, of);
	fp_diag_note(p->u, (struct fp_span){ 0, 0 },
		     "%u nodes of diagrams, and %u states of automata for each question",
		     p->dd.budget, p->states);
	fp_diag_help(p->u, "fewer conditions that overlap on one call, or patterns with fewer "
			   "wildcards before the end, are decided");
}

static void note_rule(struct fp_prover *p, struct fp_span otherwise, const char *how,
		      const struct fp_rule *r)
{
	if (r)
		fp_diag_note(p->u, r->span.end ? r->span : otherwise, "%s: %s", how, r->text);
}

static void assertion(struct fp_prover *p, const struct fp_ir *ir, struct fp_assertion *a)
{
	bool is_never = a->kind == FP_ASSERT_NEVER;
	const char *word = is_never ? "never" : "expect";
	struct fp_counter c = fp_decide_subject(p, ir, &a->subject, is_never);

	a->outcome = c.outcome;
	a->because = c.rule ? c.rule->text : NULL;
	if (c.outcome == FP_UNDECIDED)
		undecided(p, a->span, word, a->text);
	if (c.outcome != FP_FAILS)
		return;
	fp_diag(p->u, FP_E_CLAIM, a->span, "%s fails: %s is %s", word, c.example,
		is_never ? "permitted" : "refused");
	if (c.reason)
		fp_diag_note(p->u, a->span, "%s", c.reason);
	note_rule(p, a->span, "by", c.rule);
}

/* ---- bounds ---- */

static void report(struct fp_prover *p, const struct fp_bound *b, const struct fp_excess *e,
		   bool is_locked)
{
	struct fp_span at = b->span;
	const char *what = e->example;

	if (e->more)
		what = fp_arena_printf(&p->u->arena, "%s, %s", what, e->more);
	if (is_locked)
		fp_diag(p->u, FP_E_NOT_WIDENED, at, "the locked base '%s' is widened: %s", b->name,
			what);
	else if (b->is_base)
		fp_diag(p->u, FP_E_NOT_WIDENED, at,
			"outside of `widen` this is more than '%s' permits: %s", b->name, what);
	else
		fp_diag(p->u, FP_E_NOT_WITHIN, at, "this is not within '%s': it permits %s",
			b->name, what);
	note_rule(p, at, "permitted by", e->allows);
	note_rule(p, at, fp_arena_printf(&p->u->arena, "and '%s' has", b->name), e->denies);
	if (is_locked)
		fp_diag_help(p->u,
			     "take it out of the widening: only the owner of '%s' may weaken "
			     "it",
			     b->name);
	else if (b->is_base)
		fp_diag_help(p->u, "what goes beyond a base stands in `widen { ... } because "
				   "\"...\";`");
	else
		fp_diag_help(p->u,
			     "narrow it to what '%s' has, or have its owner permit it there: "
			     "a bound has no `widen`",
			     b->name);
}

static void refined(struct fp_prover *p, const struct fp_ir *ir, struct fp_bound *b, bool is_locked)
{
	struct fp_excesses more;

	fp_refine(p, ir, b->ir, b->is_base ? FP_RELATION_EXTENDS : FP_RELATION_WITHIN, &more);
	for (size_t i = 0; i < more.list.n; i++)
		report(p, b, &more.list.at[i], is_locked);
	if (more.list.n)
		b->outcome = FP_FAILS;
	else if (more.is_undecided)
		b->outcome = FP_UNDECIDED;
	else if (b->outcome == FP_NOT_CHECKED)
		b->outcome = FP_HOLDS;
	if (b->outcome == FP_UNDECIDED)
		undecided(p, b->span, b->is_base ? "extends" : "within", b->name);
}

static struct fp_bound *base_of(const struct fp_ir *ir)
{
	for (size_t i = 0; i < ir->bound_count; i++)
		if (ir->bounds[i].is_base)
			return &ir->bounds[i];
	return NULL;
}

/*
 * The policy against its base, that against its own, and so on: what a base in between widened is
 * told as well, and no chain of them leads around a lock.
 */
static void bases(struct fp_prover *p, const struct fp_ir *ir)
{
	for (const struct fp_ir *at = ir; base_of(at); at = base_of(at)->ir) {
		struct fp_bound *b = base_of(at);
		refined(p, b->without_widening, b, false);
		if (b->is_locked && b->outcome == FP_HOLDS && at != ir)
			refined(p, ir, b, true);
	}
}

void fp_decide(struct fp_unit *u, struct fp_ir *ir, const struct fp_budget *budget)
{
	struct fp_prover p;

	fp_prover_init(&p, u, budget);
	for (size_t i = 0; i < ir->assertion_count; i++)
		if (ir->assertions[i].kind != FP_ASSERT_TEST)
			assertion(&p, ir, &ir->assertions[i]);
	for (size_t i = 0; i < ir->bound_count; i++)
		if (!ir->bounds[i].is_base)
			refined(&p, ir, &ir->bounds[i], false);
	bases(&p, ir);
	fp_arena_free(p.paths);
}
