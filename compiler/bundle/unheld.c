/* SPDX-License-Identifier: MIT */
/* Rules that nobody holds, at their place: what each layer does instead, and the way out. */
#include "bundle/bundle.h"

#include <string.h>

#define SHOWN 72 /* bytes of a rule in a message; its line stands below */

static const struct fp_span nowhere = { 0, 0 };

/* Text of the language on one line, without comments, and not much longer than is shown. */
static const char *squeeze(struct fp_unit *u, const char *at, const char *end)
{
	bool is_quoted = false, is_space = true;
	struct fp_buf b;

	fp_buf_init(&b, &u->arena);
	for (; at < end && b.len < 2 * SHOWN; at++) {
		is_quoted ^= *at == '"';
		if (*at == '#' && !is_quoted)
			while (at + 1 < end && *at != '\n')
				at++;
		bool was_space = is_space;
		is_space = *at && strchr(" \t\r\n", *at);
		if (!is_space)
			fp_buf_printf(&b, "%s%c", was_space && b.len ? " " : "", *at);
	}
	return fp_buf_text(&b);
}

/* The rule as its author wrote it, cut between words. */
static const char *as_written(struct fp_unit *u, const struct fp_rule *r)
{
	struct fp_place place;

	if (r->is_implied || !fp_source_place(&u->sources, r->span.begin, &place))
		return r->text;
	const char *at = place.source->data + (r->span.begin - place.source->base);
	const char *text = squeeze(u, at, at + (r->span.end - r->span.begin));
	size_t cut = fp_bundle_cut(text, SHOWN);
	return text[cut] ? fp_arena_printf(&u->arena, "%.*s ...", (int)cut, text) : text;
}

/* Nobody looks for a rule in the file of what silence means: the section, or the policy. */
static struct fp_span place_of(const struct fp_ir *ir, const struct fp_rule *r)
{
	if (!r->is_implied)
		return r->span;
	return ir->sections[r->kind].end ? ir->sections[r->kind] : ir->span;
}

static bool is_lsm(enum fp_layer layer)
{
	return layer == FP_LAYER_APPARMOR || layer == FP_LAYER_SELINUX;
}

/* One layer's share in it; true if there is anything to tell. */
static bool tell_layer(struct fp_unit *u, const struct fp_bundle_target *t, const struct fp_rule *r,
		       enum fp_layer layer)
{
	const struct fp_claim *c = &t->layers[layer].claims[r->id];
	const char *name = fp_layer_names[layer], *target = t->target->name;
	bool is_kept = c->kind == FP_CLAIM_EXACT || c->kind == FP_CLAIM_NARROWER;

	if (is_kept)
		fp_diag_note(u, nowhere, "%s would hold it, and %s does not run %s", name, target,
			     is_lsm(layer) ? "it" : "a container runtime");
	else if (c->kind == FP_CLAIM_WIDER && t->counts[layer])
		fp_diag_note(u, nowhere, "%s on %s lets more through: %s", name, target, c->reason);
	else if (c->kind == FP_CLAIM_WIDER)
		fp_diag_note(u, nowhere, "%s, which %s does not run, would let more through: %s",
			     name, target, c->reason);
	return is_kept || c->kind == FP_CLAIM_WIDER;
}

static void explain(struct fp_unit *u, const struct fp_bundle_target *t, const struct fp_rule *r)
{
	bool is_told = false;

	for (enum fp_layer l = 0; l < FP_LAYER_N; l++)
		is_told |= tell_layer(u, t, r, l);
	for (enum fp_layer l = 0; !is_told && l < FP_LAYER_N; l++)
		if (t->counts[l] && t->layers[l].claims[r->id].reason)
			fp_diag_note(u, nowhere, "%s on %s: %s", fp_layer_names[l], t->target->name,
				     t->layers[l].claims[r->id].reason);
}

/* A target that came from a file has no name by which it could be printed. */
static const char *to_start_from(struct fp_unit *u, const char *target)
{
	for (size_t i = 0; i < fp_target_builtin_count(); i++)
		if (!strcmp(fp_target_builtin_name(i), target))
			return fp_arena_printf(&u->arena,
					       ": `fpolicyc targets %s` prints one to start from",
					       target);
	return "";
}

static void help(struct fp_unit *u, const struct fp_ir *ir, const struct fp_bundle_target *t,
		 const struct fp_rule *r)
{
	for (enum fp_layer l = 0; l < FP_LAYER_N; l++) {
		const struct fp_claim *c = &t->layers[l].claims[r->id];
		if (t->counts[l] && c->help)
			fp_diag_help(u, "%s", c->help);
		if (!t->counts[l] && is_lsm(l) && c->kind <= FP_CLAIM_NARROWER)
			fp_diag_help(u,
				     "if the hosts do run %s, give a target file whose lsm.enabled "
				     "says so%s",
				     fp_layer_names[l], to_start_from(u, t->target->name));
	}
	if (r->is_implied)
		fp_diag_help(u,
			     "change the targets, or say: %s { %s accept unenforced because "
			     "\"...\"; }",
			     fp_kind_section(r->kind), r->text);
	else if (fp_ir_is_inherited(ir, r))
		fp_diag_help(u, "it is a base's: change the targets, or repeat it in the policy "
				"with: accept unenforced because \"...\"");
	else
		fp_diag_help(u, "change the rule or the targets, or say: accept unenforced because "
				"\"...\"");
}

static void report(struct fp_unit *u, const struct fp_ir *ir, const struct fp_bundle_target *t,
		   const struct fp_rule *r, const char *targets)
{
	fp_diag(u, FP_E_UNENFORCED, place_of(ir, r), "nothing enforces '%s'%s%s on %s",
		as_written(u, r), r->is_implied ? " of " : "",
		r->is_implied ? fp_kind_section(r->kind) : "", targets);
	if (r->is_implied)
		fp_diag_note(u, nowhere, "the policy does not say it: that is what silence means");
	explain(u, t, r);
	help(u, ir, t, r);
}

/* One statement may be several rules, which share what it accepts: memory, and its high. */
static bool is_one_statement(const struct fp_rule *a, const struct fp_rule *b)
{
	return a != b && a->accepted && b->accepted && a->span.begin < b->span.end &&
	       b->span.begin < a->span.end;
}

static bool is_held_everywhere(const struct fp_bundle *b, const struct fp_rule *r)
{
	bool best_effort;

	for (size_t i = 0; i < b->target_count; i++)
		if (!fp_bundle_is_held(b, &b->targets[i], r, &best_effort))
			return false;
	return true;
}

/* True if an acceptance has its use, or was told of, at another rule of the statement. */
static bool is_settled(const struct fp_bundle *b, const struct fp_rule *r)
{
	for (size_t i = 0; i < b->ir->rule_count; i++) {
		const struct fp_rule *other = &b->ir->rules[i];
		if (is_one_statement(r, other) &&
		    (other->id < r->id || !is_held_everywhere(b, other)))
			return true;
	}
	return false;
}

void fp_bundle_check_held(struct fp_unit *u, const struct fp_bundle *b, const struct fp_rule *r)
{
	const struct fp_bundle_target *first = NULL;
	struct fp_buf names;
	bool best_effort;

	fp_buf_init(&names, &u->arena);
	for (size_t i = 0; i < b->target_count; i++) {
		const struct fp_bundle_target *t = &b->targets[i];
		if (fp_bundle_is_held(b, t, r, &best_effort))
			continue;
		first = first ? first : t;
		fp_buf_printf(&names, "%s%s", names.len ? ", " : "", t->target->name);
	}
	if (first && !r->accepted) {
		report(u, b->ir, first, r, fp_buf_text(&names));
	} else if (!first && r->accepted && !is_settled(b, r)) {
		fp_diag(u, FP_W_UNUSED, r->span, "'%s' is enforced: there is nothing to accept",
			as_written(u, r));
		fp_diag_help(u, "remove `accept unenforced`");
	}
}
