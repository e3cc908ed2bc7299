/* SPDX-License-Identifier: MIT */
/* How many layers stand between a job and what must never happen, each asked as if it were alone.
 */
#include "bundle/bundle.h"
#include "ir/decide.h"

#include <string.h>

static bool is_critical(const struct fp_assertion *a)
{
	return a->kind == FP_ASSERT_NEVER && a->is_critical;
}

/* The filter of the runtime and ours are one mechanism: for calls the runtime does not count. */
static void ask_layer(struct fp_prover *p, const struct fp_ir *ir, struct fp_bundle_target *t,
		      enum fp_layer layer)
{
	const struct fp_ir *share = NULL;

	for (size_t i = 0; i < ir->assertion_count; i++) {
		const struct fp_assertion *a = &ir->assertions[i];
		if (!is_critical(a) ||
		    (a->subject.kind == FP_SUBJECT_CALL && layer == FP_LAYER_OCI))
			continue;
		share = share ? share : fp_bundle_share(p->u, ir, t, layer);
		if (fp_decide_subject(p, share, &a->subject, true).outcome == FP_HOLDS)
			t->stops[i] |= (uint8_t)(1u << layer);
	}
}

static bool is_waived(const struct fp_ir *ir, const struct fp_assertion *a)
{
	const char *section = fp_subject_section(a->subject.kind);

	for (size_t i = 0; i < ir->waiver_count; i++) {
		const struct fp_waiver *w = &ir->waivers[i];
		if ((!strcmp(w->lint, "one-layer-only") || !strcmp(w->lint, "FPG008")) &&
		    (!w->place[0] || !strcmp(w->place, section)))
			return true;
	}
	return false;
}

/* A set is told once, by its first call that is stopped by too little. */
static bool was_told(struct fp_unit *u, const struct fp_bundle *b, size_t n)
{
	const struct fp_assertion *a = &b->ir->assertions[n];

	for (size_t i = 0; a->group && i < n; i++) {
		const struct fp_assertion *before = &b->ir->assertions[i];
		if (is_critical(before) && before->group && !strcmp(before->group, a->group) &&
		    fp_bundle_shallow(u, b, i))
			return true;
	}
	return false;
}

/* The lint has a finding for it, and waivers of its own. */
static void report(struct fp_unit *u, const struct fp_bundle *b, size_t n)
{
	const struct fp_assertion *a = &b->ir->assertions[n];
	const char *targets = fp_bundle_shallow(u, b, n);
	unsigned by = 0;

	if (!targets || u->options.is_lint || is_waived(b->ir, a) || was_told(u, b, n))
		return;
	for (size_t i = 0; i < b->target_count; i++)
		if (__builtin_popcount(b->targets[i].stops[n]) < 2)
			by |= b->targets[i].stops[n];
	fp_diag(u, FP_W_ONE_LAYER, a->span, "`never %s` is critical, and %s alone stops it on %s",
		a->text, fp_layers_text(&u->arena, by), targets);
	fp_diag_help(u,
		     "say what else does: waive one-layer-only on %s because \"...\" by \"...\" "
		     "until DATE;",
		     fp_subject_section(a->subject.kind));
}

void fp_bundle_depth(struct fp_unit *u, struct fp_bundle *b)
{
	struct fp_prover p;

	fp_prover_init(&p, u, NULL);
	for (size_t i = 0; i < b->target_count; i++) {
		struct fp_bundle_target *t = &b->targets[i];
		t->stops = FP_NEW_ARRAY(&u->arena, b->ir->assertion_count, uint8_t);
		for (enum fp_layer l = 0; l < FP_LAYER_N; l++)
			if (t->counts[l])
				ask_layer(&p, b->ir, t, l);
	}
	fp_arena_free(p.paths);
	for (size_t i = 0; i < b->ir->assertion_count; i++)
		if (is_critical(&b->ir->assertions[i]))
			report(u, b, i);
}

const char *fp_bundle_shallow(struct fp_unit *u, const struct fp_bundle *b, size_t never)
{
	const char *names = NULL;

	for (size_t i = 0; i < b->target_count; i++) {
		const struct fp_bundle_target *t = &b->targets[i];
		/* After an error no layer was asked. */
		if (t->stops && __builtin_popcount(t->stops[never]) > 1)
			continue;
		names = names ? fp_arena_printf(&u->arena, "%s, %s", names, t->target->name)
			      : t->target->name;
	}
	return names;
}
