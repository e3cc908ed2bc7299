/* SPDX-License-Identifier: MIT */
/* manifest.json: what was read, what was written, with what, and what was not checked. */
#include "base/digest.h"
#include "base/json.h"
#include "bundle/bundle.h"

static const char *digest(struct fp_unit *u, const char *data, size_t len)
{
	return fp_digest(data, len, fp_arena_alloc(&u->arena, FP_DIGEST_TEXT));
}

static json_t *child(struct fp_unit *u, json_t *parent, const char *key, json_t *value)
{
	fp_json_set(u, parent, key, value);
	return value;
}

static json_t *element(struct fp_unit *u, json_t *array)
{
	json_t *o = json_object();

	fp_json_push(u, array, o);
	return o;
}

static void sources(struct fp_unit *u, json_t *root)
{
	json_t *all = child(u, root, "sources", json_array());

	for (size_t i = 0; i < u->sources.files.n; i++) {
		const struct fp_source *s = u->sources.files.at[i];
		if (s->is_target)
			continue;
		json_t *o = element(u, all);
		fp_json_set(u, o, "name", fp_json_text(u, s->label));
		fp_json_set(u, o, "digest", fp_json_text(u, digest(u, s->data, s->len)));
	}
}

/* Where each rule was written. Only here do lines appear: artifacts do not change when rules move.
 */
static void places(struct fp_unit *u, json_t *root, const struct fp_ir *ir)
{
	json_t *all = child(u, root, "places", json_array());

	for (size_t i = 0; i < ir->rule_count; i++) {
		struct fp_place at;
		if (!fp_source_place(&u->sources, ir->rules[i].span.begin, &at))
			continue;
		fp_json_push(
			u, all,
			fp_json_text(u, fp_arena_printf(&u->arena, "%zu %s:%u:%u", i,
							at.source->label, at.line, at.column)));
	}
}

static void artifacts(struct fp_unit *u, json_t *root, const struct fp_bundle *b)
{
	json_t *all = child(u, root, "artifacts", json_array());

	for (size_t i = 0; i < b->files.n; i++) {
		const struct fp_file *f = &b->files.at[i];
		json_t *o = element(u, all);
		fp_json_set(u, o, "path", fp_json_text(u, f->path));
		fp_json_set(u, o, "digest", fp_json_text(u, digest(u, f->data, f->len)));
		fp_json_set(u, o, "size", json_integer((json_int_t)f->len));
	}
}

static void layer_counts(struct fp_unit *u, json_t *layers, const struct fp_bundle *b,
			 const struct fp_bundle_target *t, enum fp_layer l)
{
	json_t *o = child(u, layers, fp_layer_names[l], json_object());
	json_int_t n[4] = { 0 };

	for (size_t i = 0; i < b->ir->rule_count; i++)
		n[t->layers[l].claims[i].kind]++;
	for (size_t k = 0; k < 4; k++)
		fp_json_set(u, o, fp_claim_names[k], json_integer(n[k]));
	fp_json_set(u, o, "counted", json_boolean(t->counts[l]));
	fp_json_set(u, o, "bestEffort", json_boolean(b->ir->best_effort[l]));
}

static void targets(struct fp_unit *u, json_t *root, const struct fp_bundle *b)
{
	json_t *all = child(u, root, "targets", json_array());

	for (size_t i = 0; i < b->target_count; i++) {
		const struct fp_bundle_target *t = &b->targets[i];
		json_t *o = element(u, all);
		fp_json_set(u, o, "name", fp_json_text(u, t->target->name));
		fp_json_set(
			u, o, "digest",
			fp_json_text(u, digest(u, t->target->digest_input, t->target->digest_len)));
		json_t *layers = child(u, o, "claims", json_object());
		for (enum fp_layer l = 0; l < FP_LAYER_N; l++)
			layer_counts(u, layers, b, t, l);
		json_t *accepted = child(u, o, "acceptedUnenforced", json_array());
		json_t *cost = child(u, o, "heldByBestEffortOnly", json_array());
		for (size_t j = 0; j < b->ir->rule_count; j++) {
			bool best_effort;
			bool held = fp_bundle_is_held(b, t, &b->ir->rules[j], &best_effort);
			if (!held)
				fp_json_push(u, accepted, json_integer((json_int_t)j));
			if (best_effort)
				fp_json_push(u, cost, json_integer((json_int_t)j));
		}
	}
}

static const char *const relations[] = { "within", "extends" };

/* Calls back with every sentence that waits for the decision engine. */
static void each_open(struct fp_unit *u, const struct fp_ir *ir,
		      void (*take)(struct fp_unit *, void *, const char *), void *context)
{
	for (size_t i = 0; i < ir->assertion_count; i++) {
		const struct fp_assertion *a = &ir->assertions[i];
		if (a->outcome == FP_NOT_CHECKED)
			take(u, context,
			     fp_arena_printf(&u->arena, "%s %s",
					     a->kind == FP_ASSERT_NEVER ? "never" : "expect",
					     a->text));
	}
	for (size_t i = 0; i < ir->bound_count; i++) {
		const struct fp_bound *n = &ir->bounds[i];
		if (n->outcome == FP_NOT_CHECKED)
			take(u, context,
			     fp_arena_printf(&u->arena, "%s %s%s", relations[n->is_base],
					     n->is_locked ? "locked " : "", n->name));
	}
}

static void push_text(struct fp_unit *u, void *array, const char *text)
{
	fp_json_push(u, array, fp_json_text(u, text));
}

static void add_line(struct fp_unit *u, void *buf, const char *text)
{
	(void)u;
	fp_buf_printf(buf, "NOT CHECKED: %s\n", text);
}

const char *fp_bundle_not_checked(struct fp_unit *u, const struct fp_ir *ir)
{
	struct fp_buf out;

	fp_buf_init(&out, &u->arena);
	each_open(u, ir, add_line, &out);
	return fp_buf_text(&out);
}

static bool has_dates(const struct fp_ir *ir)
{
	for (size_t i = 0; i < ir->rule_count; i++)
		if (ir->rules[i].until.year)
			return true;
	return ir->waiver_count > 0;
}

static void checks(struct fp_unit *u, json_t *root, const struct fp_ir *ir)
{
	json_t *o = child(u, root, "checks", json_object());
	json_int_t tests = 0;

	for (size_t i = 0; i < ir->assertion_count; i++)
		tests += ir->assertions[i].outcome == FP_HOLDS;
	fp_json_set(u, o, "testsThatHold", json_integer(tests));
	each_open(u, ir, push_text, child(u, o, "NOT CHECKED", json_array()));
	const struct fp_date d = u->options.today;
	const char *dates = !has_dates(ir) ? "none" : "NOT CHECKED";
	if (d.year)
		dates = fp_arena_printf(&u->arena, "%04u-%02u-%02u", d.year, d.month, d.day);
	fp_json_set(u, o, "dates", fp_json_text(u, dates));
}

void fp_bundle_manifest(struct fp_unit *u, struct fp_bundle *b)
{
	json_t *root = fp_json_own(u, json_object());
	json_t *compiler = child(u, root, "compiler", json_object());
	const struct fp_ir *ir = b->ir;
	struct fp_buf out;

	fp_json_set(u, root, "$schema", fp_json_text(u, "manifest.schema.json"));
	fp_json_set(u, root, "policy", fp_json_text(u, ir->name));
	fp_json_set(u, root, "version", fp_json_text(u, ir->version));
	fp_json_set(u, root, "owner", fp_json_text(u, ir->owner));
	fp_json_set(u, root, "tier", fp_json_text(u, fp_tier_name(ir->tier)));
	fp_json_set(u, compiler, "version", fp_json_text(u, FP_VERSION));
	fp_json_set(u, compiler, "language", json_integer(1));
	fp_json_set(u, compiler, "tables", fp_json_text(u, fp_sys_table_version()));
	json_t *open = child(u, root, "openParameters", json_array());
	for (size_t i = 0; i < ir->open_param_count; i++)
		fp_json_push(u, open, fp_json_text(u, ir->open_params[i]));
	sources(u, root);
	places(u, root, ir);
	targets(u, root, b);
	artifacts(u, root, b);
	checks(u, root, ir);
	fp_buf_init(&out, &u->arena);
	fp_json_write(u, root, &out);
	fp_bundle_add(u, b, "manifest.json", &out);
}
