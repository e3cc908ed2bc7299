/* SPDX-License-Identifier: MIT */
/* manifest.json: what was read, what was written, with what, and what was not checked. */
#include "base/digest.h"
#include "base/json.h"
#include "bundle/bundle.h"

static const char *digest(struct fp_unit *u, const char *data, size_t len)
{
	return fp_digest(data, len, fp_arena_alloc(&u->arena, FP_DIGEST_TEXT));
}

static void sources(struct fp_unit *u, struct fp_json *j)
{
	fp_json_open_array(j, "sources");
	for (size_t i = 0; i < u->sources.files.n; i++) {
		const struct fp_source *s = u->sources.files.at[i];
		if (s->is_target)
			continue;
		fp_json_open_object(j, NULL);
		fp_json_put_text(j, "digest", digest(u, s->data, s->len));
		fp_json_put_text(j, "name", s->label);
		fp_json_close(j);
	}
	fp_json_close(j);
}

static void exception(struct fp_unit *u, struct fp_json *j, const char *what, const char *because,
		      struct fp_date until)
{
	if (!because && !until.year)
		return;
	fp_json_open_object(j, NULL);
	fp_json_put_text(j, "because", because);
	if (until.year)
		fp_json_put_text(j, "until",
				 fp_arena_printf(&u->arena, "%04u-%02u-%02u", until.year,
						 until.month, until.day));
	fp_json_put_text(j, "what", what);
	fp_json_close(j);
}

/* Everything that says why or until when: what a reviewer looks at first. */
static void exceptions(struct fp_unit *u, struct fp_json *j, const struct fp_ir *ir)
{
	fp_json_open_array(j, "exceptions");
	for (size_t i = 0; i < ir->rule_count; i++)
		exception(u, j, ir->rules[i].text, ir->rules[i].because, ir->rules[i].until);
	for (size_t i = 0; i < ir->assertion_count; i++)
		exception(u, j, ir->assertions[i].text, ir->assertions[i].reason,
			  ir->assertions[i].until);
	for (enum fp_layer l = 0; l < FP_LAYER_N; l++)
		exception(u, j,
			  fp_arena_printf(&u->arena, "layer %s best-effort", fp_layer_names[l]),
			  ir->best_effort_because[l], ir->best_effort_until[l]);
	for (size_t i = 0; i < ir->waiver_count; i++)
		exception(u, j, fp_arena_printf(&u->arena, "waive %s", ir->waivers[i].lint),
			  ir->waivers[i].reason, ir->waivers[i].until);
	fp_json_close(j);
}

/* Where each rule was written. Only here do lines appear: artifacts do not change when rules move.
 */
static void places(struct fp_unit *u, struct fp_json *j, const struct fp_ir *ir)
{
	struct fp_buf b;

	fp_buf_init(&b, &u->arena);
	fp_json_open_array(j, "places");
	for (size_t i = 0; i < ir->rule_count; i++) {
		struct fp_place at;
		if (!fp_source_place(&u->sources, ir->rules[i].span.begin, &at))
			continue;
		b.len = 0;
		fp_buf_printf(&b, "%zu %s:%u:%u", i, at.source->label, at.line, at.column);
		fp_json_put_text(j, NULL, fp_buf_text(&b));
	}
	fp_json_close(j);
}

static void artifacts(struct fp_unit *u, struct fp_json *j, const struct fp_bundle *b)
{
	fp_json_open_array(j, "artifacts");
	for (size_t i = 0; i < b->files.n; i++) {
		const struct fp_file *f = &b->files.at[i];
		fp_json_open_object(j, NULL);
		fp_json_put_text(j, "digest", digest(u, f->data, f->len));
		fp_json_put_text(j, "path", f->path);
		fp_json_put_number(j, "size", f->len);
		fp_json_close(j);
	}
	fp_json_close(j);
}

static void layer_counts(struct fp_json *j, const struct fp_bundle *b,
			 const struct fp_bundle_target *t, enum fp_layer l)
{
	size_t n[4] = { 0 };
	uint8_t order[4];

	for (size_t i = 0; i < b->ir->rule_count; i++)
		n[t->layers[l].claims[i].kind]++;
	fp_json_open_object(j, fp_layer_names[l]);
	fp_json_put_flag(j, "bestEffort", b->ir->best_effort[l]);
	fp_json_put_flag(j, "counted", t->counts[l]);
	fp_bundle_sort_names(fp_claim_names, 4, order);
	for (size_t k = 0; k < 4; k++)
		fp_json_put_number(j, fp_claim_names[order[k]], n[order[k]]);
	fp_json_close(j);
}

/* A rule that nobody holds, or that only best-effort layers do. */
static bool is_weak(const struct fp_bundle *b, const struct fp_bundle_target *t, size_t rule,
		    bool by_best_effort)
{
	bool best_effort;
	bool held = fp_bundle_is_held(b, t, &b->ir->rules[rule], &best_effort);

	return by_best_effort ? best_effort : !held;
}

static void rules_held(struct fp_json *j, const struct fp_bundle *b,
		       const struct fp_bundle_target *t, bool by_best_effort)
{
	fp_json_open_array(j, by_best_effort ? "heldByBestEffortOnly" : "acceptedUnenforced");
	for (size_t i = 0; i < b->ir->rule_count; i++)
		if (is_weak(b, t, i, by_best_effort))
			fp_json_put_number(j, NULL, i);
	fp_json_close(j);
}

size_t fp_bundle_count(const struct fp_bundle *b, bool by_best_effort)
{
	size_t n = 0;

	for (size_t i = 0; i < b->ir->rule_count; i++) {
		bool is_one = false;
		for (size_t t = 0; t < b->target_count; t++)
			is_one |= is_weak(b, &b->targets[t], i, by_best_effort);
		n += is_one;
	}
	return n;
}

const char *fp_bundle_open(struct fp_unit *u, const struct fp_ir *ir)
{
	struct fp_buf b;

	fp_buf_init(&b, &u->arena);
	for (size_t i = 0; i < ir->open_param_count; i++)
		fp_buf_printf(&b, "%s${%s}", i ? ", " : "OPEN: ", ir->open_params[i]);
	if (ir->open_param_count)
		fp_buf_puts(&b, ": artifacts are templates until -D gives a value\n");
	return fp_buf_text(&b);
}

static void target(struct fp_unit *u, struct fp_json *j, const struct fp_bundle *b,
		   const struct fp_bundle_target *t)
{
	uint8_t order[FP_LAYER_N];

	fp_bundle_sort_names(fp_layer_names, FP_LAYER_N, order);
	fp_json_open_object(j, NULL);
	rules_held(j, b, t, false);
	fp_json_open_object(j, "claims");
	for (size_t l = 0; l < FP_LAYER_N; l++)
		layer_counts(j, b, t, order[l]);
	fp_json_close(j);
	fp_json_put_text(j, "digest", digest(u, t->target->digest_input, t->target->digest_len));
	rules_held(j, b, t, true);
	fp_json_put_text(j, "name", t->target->name);
	fp_json_close(j);
}

static void targets(struct fp_unit *u, struct fp_json *j, const struct fp_bundle *b)
{
	fp_json_open_array(j, "targets");
	for (size_t i = 0; i < b->target_count; i++)
		target(u, j, b, &b->targets[i]);
	fp_json_close(j);
}

static const char *const relations[] = { "within", "extends" };

/* A set said once is told once, not once a call. */
static bool is_told(const struct fp_ir *ir, size_t n)
{
	const struct fp_assertion *a = &ir->assertions[n];

	for (size_t i = 0; i < n && a->group; i++)
		if (ir->assertions[i].kind == a->kind && ir->assertions[i].group &&
		    !strcmp(ir->assertions[i].group, a->group))
			return true;
	return false;
}

static const char *const kinds[] = { "never", "expect" };

/* Calls back with all that nothing decides. */
static void each_open(struct fp_unit *u, const struct fp_bundle *b,
		      void (*take)(struct fp_unit *, void *, const char *), void *context)
{
	for (size_t i = 0; i < b->proofs.n; i++)
		if (b->proofs.at[i].open)
			take(u, context,
			     fp_arena_printf(&u->arena, "%s: %s", b->proofs.at[i].path,
					     b->proofs.at[i].open));
}

static size_t proved(const struct fp_ir *ir, enum fp_assertion_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < ir->assertion_count; i++)
		n += ir->assertions[i].kind == kind && ir->assertions[i].outcome == FP_HOLDS &&
		     !is_told(ir, i);
	return n;
}

static void put_open(struct fp_unit *u, void *json, const char *text)
{
	(void)u;
	fp_json_put_text(json, NULL, text);
}

static void add_line(struct fp_unit *u, void *buf, const char *text)
{
	(void)u;
	fp_buf_printf(buf, "NOT CHECKED: %s\n", text);
}

const char *fp_bundle_not_checked(struct fp_unit *u, const struct fp_bundle *b)
{
	struct fp_buf out;

	fp_buf_init(&out, &u->arena);
	each_open(u, b, add_line, &out);
	return fp_buf_text(&out);
}

/* Critical nevers that more than one layer stops on every target. */
static size_t deep(struct fp_unit *u, const struct fp_bundle *b)
{
	size_t n = 0;

	for (size_t i = 0; b->target_count && i < b->ir->assertion_count; i++)
		n += b->ir->assertions[i].kind == FP_ASSERT_NEVER &&
		     b->ir->assertions[i].is_critical && !is_told(b->ir, i) &&
		     !fp_bundle_shallow(u, b, i);
	return n;
}

static const char *const artifacts_of[] = { "filters", "lists" };

static size_t proved_artifacts(const struct fp_bundle *b, bool is_list)
{
	size_t n = 0;

	for (size_t i = 0; i < b->proofs.n; i++)
		n += !b->proofs.at[i].open && b->proofs.at[i].is_list == is_list;
	return n;
}

/* "PROVED: 3 never, 2 expect, within untrusted-ceiling, 4 filters, 2 lists". */
const char *fp_bundle_proved(struct fp_unit *u, const struct fp_bundle *b)
{
	const struct fp_ir *ir = b->ir;
	struct fp_buf out;

	fp_buf_init(&out, &u->arena);
	for (enum fp_assertion_kind k = FP_ASSERT_NEVER; k < FP_ASSERT_TEST; k++) {
		if (proved(ir, k))
			fp_buf_printf(&out, "%s%zu %s", out.len ? ", " : "PROVED: ", proved(ir, k),
				      kinds[k]);
		if (k == FP_ASSERT_NEVER && deep(u, b))
			fp_buf_printf(&out, " (%zu by several layers)", deep(u, b));
	}
	for (size_t i = 0; i < ir->bound_count; i++)
		if (ir->bounds[i].outcome == FP_HOLDS)
			fp_buf_printf(&out, "%s%s %s",
				      out.len ? ", " : "PROVED: ", relations[ir->bounds[i].is_base],
				      ir->bounds[i].name);
	for (unsigned is_list = 0; is_list < 2; is_list++) {
		size_t n = proved_artifacts(b, is_list);
		if (n)
			fp_buf_printf(&out, "%s%zu %s%s", out.len ? ", " : "PROVED: ", n,
				      is_list ? "list" : "filter", n > 1 ? "s" : "");
	}
	fp_buf_puts(&out, out.len ? "\n" : "");
	return fp_buf_text(&out);
}

static void put_proved(struct fp_unit *u, struct fp_json *j, const struct fp_bundle *b)
{
	const struct fp_ir *ir = b->ir;

	fp_json_open_object(j, "proved");
	fp_json_open_array(j, "bounds");
	for (size_t i = 0; i < ir->bound_count; i++)
		if (ir->bounds[i].outcome == FP_HOLDS)
			fp_json_put_text(j, NULL,
					 fp_arena_printf(&u->arena, "%s %s",
							 relations[ir->bounds[i].is_base],
							 ir->bounds[i].name));
	fp_json_close(j);
	fp_json_put_number(j, "expect", proved(ir, FP_ASSERT_EXPECT));
	for (unsigned is_list = 0; is_list < 2; is_list++) {
		fp_json_open_array(j, artifacts_of[is_list]);
		for (size_t i = 0; i < b->proofs.n; i++)
			if (!b->proofs.at[i].open && b->proofs.at[i].is_list == is_list)
				fp_json_put_text(j, NULL, b->proofs.at[i].path);
		fp_json_close(j);
	}
	fp_json_put_number(j, "never", proved(ir, FP_ASSERT_NEVER));
	fp_json_close(j);
}

/* Which layers stop it, each alone, where. */
static void critical(struct fp_json *j, const struct fp_bundle *b)
{
	fp_json_open_array(j, "critical");
	for (size_t i = 0; i < b->ir->assertion_count; i++) {
		const struct fp_assertion *a = &b->ir->assertions[i];
		if (a->kind != FP_ASSERT_NEVER || !a->is_critical)
			continue;
		fp_json_open_object(j, NULL);
		fp_json_open_object(j, "layers");
		for (size_t t = 0; t < b->target_count; t++) {
			fp_json_open_array(j, b->targets[t].target->name);
			for (enum fp_layer l = 0; l < FP_LAYER_N; l++)
				if (b->targets[t].stops[i] >> l & 1)
					fp_json_put_text(j, NULL, fp_layer_names[l]);
			fp_json_close(j);
		}
		fp_json_close(j);
		fp_json_put_text(j, "never", a->text);
		fp_json_close(j);
	}
	fp_json_close(j);
}

static bool has_dates(const struct fp_ir *ir)
{
	for (size_t i = 0; i < ir->rule_count; i++)
		if (ir->rules[i].until.year)
			return true;
	return ir->waiver_count > 0;
}

static void checks(struct fp_unit *u, struct fp_json *j, const struct fp_bundle *b)
{
	const struct fp_ir *ir = b->ir;
	const struct fp_date d = u->options.today;
	const char *dates = !has_dates(ir) ? "none" : "NOT CHECKED";

	if (d.year)
		dates = fp_arena_printf(&u->arena, "%04u-%02u-%02u", d.year, d.month, d.day);
	fp_json_open_object(j, "checks");
	fp_json_open_array(j, "NOT CHECKED");
	each_open(u, b, put_open, j);
	fp_json_close(j);
	critical(j, b);
	fp_json_put_text(j, "dates", dates);
	put_proved(u, j, b);
	fp_json_put_number(j, "testsThatHold", proved(ir, FP_ASSERT_TEST));
	fp_json_close(j);
}

static void compiler(struct fp_json *j)
{
	fp_json_open_object(j, "compiler");
	fp_json_put_number(j, "language", 1);
	fp_json_put_text(j, "tables", fp_sys_table_version());
	fp_json_put_text(j, "version", FP_VERSION);
	fp_json_close(j);
}

void fp_bundle_manifest(struct fp_unit *u, struct fp_bundle *b)
{
	const struct fp_ir *ir = b->ir;
	struct fp_json j;
	struct fp_buf out;

	fp_buf_init(&out, &u->arena);
	fp_json_begin(&j, u, &out);
	fp_json_put_text(&j, "$schema", "manifest.schema.json");
	artifacts(u, &j, b);
	checks(u, &j, b);
	compiler(&j);
	exceptions(u, &j, ir);
	fp_json_open_array(&j, "openParameters");
	for (size_t i = 0; i < ir->open_param_count; i++)
		fp_json_put_text(&j, NULL, ir->open_params[i]);
	fp_json_close(&j);
	fp_json_put_text(&j, "owner", ir->owner);
	places(u, &j, ir);
	fp_json_put_text(&j, "policy", ir->name);
	sources(u, &j);
	targets(u, &j, b);
	fp_json_put_text(&j, "tier", fp_tier_name(ir->tier));
	fp_json_put_text(&j, "version", ir->version);
	fp_json_end(&j);
	fp_bundle_add(u, b, "manifest.json", &out);
}
