/* SPDX-License-Identifier: MIT */
/* Two policies compared, domain by domain, and the verdict of all together. */
#include "analysis/diff.h"
#include "ir/canon.h"

#include <stdlib.h>
#include <string.h>

#define DOMAIN(id, name) name,

static const char *const domain_names[FP_DOMAIN_N] = {
#include "analysis/domains.def"
};

#undef DOMAIN

const char *fp_domain_name(enum fp_domain domain)
{
	return domain_names[domain];
}

const char *fp_verdict_name(enum fp_diff_outcome verdict)
{
	static const char *const names[] = { "identical", "same-access",  "narrower",
					     "wider",     "incomparable", "undecided" };

	return names[verdict];
}

enum fp_diff_outcome fp_diff_verdict(const struct fp_relation_known *k)
{
	if (k->is_wider && k->is_narrower)
		return FP_VERDICT_INCOMPARABLE;
	if ((k->may_be_wider && !k->is_wider) || (k->may_be_narrower && !k->is_narrower))
		return FP_VERDICT_UNDECIDED;
	if (k->is_wider)
		return FP_VERDICT_WIDER;
	if (k->is_narrower)
		return FP_VERDICT_NARROWER;
	return k->differs ? FP_VERDICT_SAME_ACCESS : FP_VERDICT_IDENTICAL;
}

void fp_diff_join(struct fp_relation_known *all, const struct fp_relation_known *one)
{
	all->is_wider |= one->is_wider;
	all->is_narrower |= one->is_narrower;
	all->differs |= one->differs;
	all->may_be_wider |= one->may_be_wider;
	all->may_be_narrower |= one->may_be_narrower;
}

static void learn(struct fp_relation_known *k, enum fp_change_kind kind)
{
	k->is_wider |= kind == FP_CHANGE_WIDER;
	k->is_narrower |= kind == FP_CHANGE_NARROWER;
	k->differs = true;
}

void fp_diff_add(struct fp_differ *d, struct fp_change c)
{
	fp_vec_push(d->arena, &d->out->changes, c);
	learn(&d->out->domains[c.domain], c.kind);
}

/* ---- what the engine of refinement finds ---- */

static enum fp_domain domain_of(const struct fp_excess *e, enum fp_domain otherwise)
{
	const struct fp_rule *r = e->allows ? e->allows : e->denies;

	if (otherwise != FP_DOMAIN_PROCESS || !r)
		return otherwise;
	if (r->kind == FP_KIND_CAPABILITY)
		return FP_DOMAIN_CAPABILITIES;
	if (r->kind == FP_KIND_NAMESPACE || r->kind == FP_KIND_ID_MAP)
		return FP_DOMAIN_NAMESPACES;
	return FP_DOMAIN_PROCESS;
}

static const char *said(struct fp_arena *a, const struct fp_rule *r, const char *pattern)
{
	if (pattern)
		return fp_arena_printf(a, "\"%s\"", pattern);
	return r ? r->text : "nothing is said";
}

/* `e` is what one policy permits beyond the other: the new one, or the old. */
static void tell(struct fp_differ *d, enum fp_domain domain, bool is_wider,
		 const struct fp_excess *e)
{
	const char *allows = said(
		d->arena, e->allows,
		e->pattern && e->allows && e->allows->kind == FP_KIND_FILE ? e->pattern : NULL);
	const char *denies = said(d->arena, e->denies, NULL);
	const char *now = is_wider ? allows : denies, *before = is_wider ? denies : allows;
	struct fp_change c = { .domain = domain_of(e, domain),
			       .kind = is_wider ? FP_CHANGE_WIDER : FP_CHANGE_NARROWER,
			       .witness = e->example,
			       .old_rule = is_wider ? e->denies : e->allows,
			       .new_rule = is_wider ? e->allows : e->denies };

	if (domain == FP_DOMAIN_LIMITS)
		c.sentence = fp_arena_printf(d->arena, "%s, before %s", now, before);
	else
		c.sentence = fp_arena_printf(d->arena, "%s %s (now %s, before %s)",
					     is_wider ? "permits" : "no longer permits", e->example,
					     now, before);
	fp_diff_add(d, c);
}

static void refine(struct fp_prover *p, enum fp_domain domain, const struct fp_ir *a,
		   const struct fp_ir *b, struct fp_excesses *out)
{
	switch (domain) {
	case FP_DOMAIN_PROCESS:
		fp_refine_process(p, a, b, out);
		return;
	case FP_DOMAIN_MOUNTS:
		fp_refine_mounts(p, a, b, FP_RELATION_EXTENDS, out);
		return;
	case FP_DOMAIN_PATHS:
		fp_refine_paths(p, a, b, out);
		return;
	case FP_DOMAIN_EGRESS:
	case FP_DOMAIN_INGRESS:
		fp_refine_net(p, a, b, domain == FP_DOMAIN_EGRESS, out);
		return;
	case FP_DOMAIN_DEVICES:
		fp_refine_devices(p, a, b, out);
		return;
	case FP_DOMAIN_LIMITS:
		fp_refine_limits(p, a, b, out);
		return;
	case FP_DOMAIN_CALLS:
	case FP_DOMAIN_CAPABILITIES:
	case FP_DOMAIN_NAMESPACES:
	case FP_DOMAIN_AUDIT:
	case FP_DOMAIN_TIER:
	case FP_DOMAIN_TARGETS:
	case FP_DOMAIN_OWNER:
	case FP_DOMAIN_ASSERTIONS:
	case FP_DOMAIN_EXCEPTIONS:
	case FP_DOMAIN_N:
		return; /* not the engine's, or part of process */
	}
}

static void both_ways(struct fp_differ *d, enum fp_domain domain)
{
	struct fp_excesses more = { .wants_all = true }, less = { .wants_all = true };
	struct fp_relation_known *k = &d->out->domains[domain];

	refine(d->p, domain, d->out->new, d->out->old, &more);
	refine(d->p, domain, d->out->old, d->out->new, &less);
	for (size_t i = 0; i < more.list.n; i++)
		tell(d, domain, true, &more.list.at[i]);
	for (size_t i = 0; i < less.list.n; i++)
		tell(d, domain, false, &less.list.at[i]);
	k->may_be_wider |= more.is_undecided;
	k->may_be_narrower |= less.is_undecided;
}

/* ---- what differs and permits neither more nor less ---- */

static const struct fp_rule *same_sentence(const struct fp_ir *ir, const struct fp_rule *like)
{
	fp_ir_each (ir, like->kind, r)
		if (!strcmp(r->text, like->text))
			return r;
	return NULL;
}

static bool is_told(const struct fp_differ *d, const struct fp_rule *r)
{
	for (size_t i = 0; r && i < d->out->changes.n; i++)
		if (d->out->changes.at[i].old_rule == r || d->out->changes.at[i].new_rule == r)
			return true;
	return false;
}

/* Of kinds with one rule the two belong together. */
static void other(struct fp_differ *d, enum fp_domain domain, const struct fp_rule *before,
		  const struct fp_rule *after)
{
	fp_diff_add(d,
		    (struct fp_change){ .domain = domain,
					.kind = FP_CHANGE_OTHER,
					.sentence = fp_arena_printf(d->arena, "%s, before %s",
								    said(d->arena, after, NULL),
								    said(d->arena, before, NULL)),
					.old_rule = before,
					.new_rule = after });
}

/* The rule about the same thing, where a kind has one rule a thing. */
static const struct fp_rule *same_thing(const struct fp_ir *ir, const struct fp_rule *like)
{
	if (like->kind == FP_KIND_ID_MAP || like->kind == FP_KIND_MASK ||
	    like->kind == FP_KIND_READONLY)
		return NULL;
	fp_ir_each (ir, like->kind, r) {
		if (like->kind == FP_KIND_MOUNT       ? !strcmp(r->u.mount.on, like->u.mount.on)
		    : like->kind == FP_KIND_NAMESPACE ? r->u.ns.ns == like->u.ns.ns
						      : true)
			return r;
	}
	return NULL;
}

static void compare_sentences(struct fp_differ *d, enum fp_kind kind, enum fp_domain domain)
{
	fp_ir_each (d->out->old, kind, r) {
		const struct fp_rule *now = same_thing(d->out->new, r);
		if (!same_sentence(d->out->new, r) && !is_told(d, r) && !is_told(d, now))
			other(d, domain, r, now);
	}
	fp_ir_each (d->out->new, kind, r)
		if (!same_thing(d->out->old, r) && !same_sentence(d->out->old, r) && !is_told(d, r))
			other(d, domain, NULL, r);
}

static void compare_oom(struct fp_differ *d)
{
	const struct fp_rule *before = fp_ir_limit(d->out->old, FP_LIM_OOM_GROUP);
	const struct fp_rule *after = fp_ir_limit(d->out->new, FP_LIM_OOM_GROUP);

	if (!before != !after)
		other(d, FP_DOMAIN_LIMITS, before, after);
}

static void compare_rest(struct fp_differ *d)
{
	static const struct {
		enum fp_kind kind;
		enum fp_domain domain;
	} kinds[] = {
		{ FP_KIND_USER, FP_DOMAIN_PROCESS },
		{ FP_KIND_UMASK, FP_DOMAIN_PROCESS },
		{ FP_KIND_WORKDIR, FP_DOMAIN_PROCESS },
		{ FP_KIND_NAMESPACE, FP_DOMAIN_NAMESPACES },
		{ FP_KIND_ID_MAP, FP_DOMAIN_NAMESPACES },
		{ FP_KIND_ROOT, FP_DOMAIN_MOUNTS },
		{ FP_KIND_MOUNT, FP_DOMAIN_MOUNTS },
		{ FP_KIND_MASK, FP_DOMAIN_MOUNTS },
		{ FP_KIND_READONLY, FP_DOMAIN_MOUNTS },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		compare_sentences(d, kinds[i].kind, kinds[i].domain);
	compare_oom(d);
}

/* ---- all of it ---- */

static int by_meaning(const void *a, const void *b)
{
	const struct fp_change *x = a, *y = b;
	int c = (int)x->domain - (int)y->domain;

	c = c ? c : (int)x->kind - (int)y->kind;
	c = c ? c : strcmp(x->sentence, y->sentence);
	return c ? c : strcmp(x->witness ? x->witness : "", y->witness ? y->witness : "");
}

static void sum_up(struct fp_diff *out)
{
	if (out->changes.n)
		qsort(out->changes.at, out->changes.n, sizeof(out->changes.at[0]), by_meaning);
	for (enum fp_domain i = 0; i < FP_DOMAIN_N; i++)
		fp_diff_join(&out->whole, &out->domains[i]);
}

static void digest(struct fp_prover *p, const struct fp_ir *ir, char out[FP_DIGEST_TEXT])
{
	if (!fp_canon_digest(&p->dd, ir, out))
		out[0] = '\0';
}

/* What only two policies have. */
static void compare_policies(struct fp_differ *d)
{
	static const enum fp_domain engine[] = { FP_DOMAIN_PROCESS, FP_DOMAIN_MOUNTS,
						 FP_DOMAIN_PATHS,   FP_DOMAIN_EGRESS,
						 FP_DOMAIN_INGRESS, FP_DOMAIN_DEVICES,
						 FP_DOMAIN_LIMITS };

	for (size_t i = 0; i < sizeof(engine) / sizeof(engine[0]); i++)
		both_ways(d, engine[i]);
	compare_rest(d);
	fp_diff_policy(d);
}

void fp_diff_inputs(struct fp_unit *u, const struct fp_diff_input sides[2],
		    const struct fp_budget *budget, struct fp_diff *out)
{
	struct fp_prover p;
	struct fp_differ d = { .sides = sides, .p = &p, .arena = &u->arena, .out = out };

	*out = (struct fp_diff){ .old = sides[0].ir, .new = sides[1].ir };
	fp_prover_init(&p, u, budget);
	if (out->old && out->new)
		compare_policies(&d);
	fp_diff_calls(&d); /* last: who spends the budget leaves nothing for others */
	if (out->old && !out->old->from_spec)
		digest(&p, out->old, out->old_digest);
	if (out->new && !out->new->from_spec)
		digest(&p, out->new, out->new_digest);
	fp_arena_free(p.paths);
	sum_up(out);
}

void fp_diff(struct fp_unit *u, const struct fp_ir *old, const struct fp_ir *new,
	     const struct fp_budget *budget, struct fp_diff *out)
{
	const struct fp_diff_input sides[] = { { .ir = old }, { .ir = new } };

	fp_diff_inputs(u, sides, budget, out);
}

/* What is let through without a record is found with the calls. */
bool fp_diff_is_compared(const struct fp_diff *diff, enum fp_domain domain)
{
	return (diff->old && diff->new) || domain == FP_DOMAIN_CALLS || domain == FP_DOMAIN_AUDIT;
}
