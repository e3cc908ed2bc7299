/* SPDX-License-Identifier: MIT */
/* What a target has once all rows are in, and in words why it lacks the rest. */
#include "target/target_parse.h"

#include <string.h>

static const char *effect_verb(enum fp_effect effect)
{
	switch (effect) {
	case FP_EFFECT_YES:
		return "has";
	case FP_EFFECT_NO:
		return "lacks";
	case FP_EFFECT_IGNORED:
		return "ignores";
	case FP_EFFECT_REFUSED:
		return "refuses";
	case FP_EFFECT_OPPOSITE:
		return "does the opposite of";
	case FP_EFFECT_N:
		break;
	}
	return "";
}

/* Who would have to have the feature, by the first part of its key. */
static const char *host_of(struct fp_target_parser *p, const char *key)
{
	const struct fp_target *t = p->target;
	struct fp_arena *arena = &p->unit->arena;

	if (!strncmp(key, "apparmor.", 9))
		return fp_arena_printf(arena, "AppArmor parser %s%s%s on Linux %s",
				       t->apparmor.parser.text ? t->apparmor.parser.text : "(none)",
				       t->apparmor.abi ? " with abi/" : "",
				       t->apparmor.abi ? t->apparmor.abi : "", t->kernel.text);
	if (!strncmp(key, "systemd.", 8))
		return fp_arena_printf(arena, "systemd %s",
				       t->systemd.text ? t->systemd.text : "(none)");
	return fp_arena_printf(arena, "Linux %s", t->kernel.text);
}

static const char *explain_host(struct fp_target_parser *p, enum fp_feat feat)
{
	const struct fp_feat_def *def = fp_feat(feat);
	enum fp_effect effect = p->target->effect[feat];
	struct fp_arena *arena = &p->unit->arena;

	if (effect == FP_EFFECT_YES)
		return NULL;
	if (effect == FP_EFFECT_NO)
		return fp_arena_printf(arena, "needs %s (%s)", def->needs, def->what);
	return fp_arena_printf(arena, "%s %s %s; needs %s", host_of(p, def->key),
			       effect_verb(effect), def->what, def->needs);
}

static const char *explain_runtime(struct fp_target_parser *p, const struct fp_target_runtime *rt,
				   enum fp_feat feat)
{
	const struct fp_feat_def *def = fp_feat(feat);
	enum fp_effect effect = rt->effect[feat];

	if (effect == FP_EFFECT_YES)
		return NULL;
	return fp_arena_printf(&p->unit->arena, "%s %s %s %s; needs %s", rt->name, rt->version.text,
			       effect_verb(effect), def->what, def->needs);
}

/* A runtime feature of the target: the most harmful effect, the reasons of all. */
static void combine_runtimes(struct fp_target_parser *p, enum fp_feat feat)
{
	struct fp_target *t = p->target;

	t->effect[feat] = t->n_runtimes ? FP_EFFECT_YES : FP_EFFECT_NO;
	t->why[feat] = t->n_runtimes ? NULL : "the target has no container runtime";
	for (size_t i = 0; i < t->n_runtimes; i++) {
		struct fp_target_runtime *rt = &t->runtimes[i];
		const char *why = rt->why[feat] = explain_runtime(p, rt, feat);
		if (!why)
			continue;
		t->effect[feat] = fp_effect_worst(t->effect[feat], rt->effect[feat]);
		t->why[feat] =
			t->why[feat] ? fp_arena_printf(&p->unit->arena, "%s; %s", t->why[feat], why)
				     : why;
	}
}

void fp_target_combine(struct fp_target_parser *p)
{
	struct fp_target *t = p->target;

	for (size_t i = 0; i < FP_TARGET_RUNTIMES; i++) {
		if (!p->has_runtime[i])
			continue;
		t->runtimes[t->n_runtimes] = t->runtimes[i];
		t->runtimes[t->n_runtimes++].name = fp_target_runtime_names[i];
	}
	for (size_t i = t->n_runtimes; i < FP_TARGET_RUNTIMES; i++)
		memset(&t->runtimes[i], 0, sizeof(t->runtimes[i]));
	for (unsigned i = 0; i < FP_FEAT_N; i++) {
		enum fp_feat feat = (enum fp_feat)i;
		if (fp_feat(feat)->scope == FP_FEAT_SCOPE_RUNTIME)
			combine_runtimes(p, feat);
		else
			t->why[feat] = explain_host(p, feat);
	}
}
