/* SPDX-License-Identifier: MIT */
/* A comparison as findings, and those as text and JSON. */
#include "analysis/diff.h"
#include "base/json.h"
#include "base/utf8.h"

static const char *const words[] = { [FP_CHANGE_WIDER] = "wider",
				     [FP_CHANGE_NARROWER] = "narrower",
				     [FP_CHANGE_OTHER] = "changed" };

static const char *const severities[] = {
	[FP_FINDING_NOTE] = "note", [FP_FINDING_WARNING] = "warning", [FP_FINDING_ERROR] = "error"
};

/* ---- findings ---- */

static struct fp_finding_place place(const struct fp_diff_side *side, const char *role,
				     const struct fp_ir *ir, const struct fp_rule *r,
				     struct fp_span span)
{
	struct fp_finding_place p = { .role = role, .text = r ? r->text : NULL };
	struct fp_place at;

	if (!ir)
		return p;
	span = r && r->span.end ? r->span : span.end ? span : ir->span;
	if (side->sources && fp_source_place(side->sources, span.begin, &at)) {
		p.file = at.source->name;
		p.line = at.line;
		p.column = at.column;
	}
	return p;
}

static enum fp_finding_severity severity(enum fp_change_kind kind, enum fp_diff_require require)
{
	bool is_refused = (kind == FP_CHANGE_WIDER && require != FP_REQUIRE_NOTHING) ||
			  (kind == FP_CHANGE_NARROWER && require == FP_REQUIRE_SAME);

	if (is_refused)
		return FP_FINDING_ERROR;
	return kind == FP_CHANGE_WIDER ? FP_FINDING_WARNING : FP_FINDING_NOTE;
}

void fp_diff_findings(struct fp_unit *u, const struct fp_diff *diff,
		      const struct fp_diff_side sides[2], enum fp_diff_require require,
		      struct fp_findings *out)
{
	*out = (struct fp_findings){ 0 };
	for (size_t i = 0; i < diff->changes.n; i++) {
		const struct fp_change *c = &diff->changes.at[i];
		struct fp_finding f = { .severity = severity(c->kind, require),
					.sentence = c->sentence,
					.witness = c->witness,
					.place_count = 2 };
		f.rule = fp_arena_printf(&u->arena, "%s-%s", fp_domain_name(c->domain),
					 words[c->kind]);
		f.places[0] = place(&sides[0], "old", diff->old, c->old_rule, c->old_span);
		f.places[1] = place(&sides[1], "new", diff->new, c->new_rule, c->new_span);
		out->errors += f.severity == FP_FINDING_ERROR;
		fp_vec_push(&u->arena, &out->list, f);
	}
}

/* ---- text ---- */

void fp_diff_put(struct fp_buf *b, const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len;) {
		char shown[5];
		i += fp_utf8_visible(text + i, len - i, shown);
		fp_buf_puts(b, shown);
	}
}

static void put_place(struct fp_buf *b, const struct fp_finding_place *p)
{
	if (!p->file && !p->text)
		return;
	fp_buf_printf(b, "  %s:", p->role);
	if (p->file)
		fp_buf_printf(b, " %s:%u:%u%s", p->file, p->line, p->column, p->text ? ":" : "");
	fp_buf_puts(b, p->text ? " " : "");
	fp_diff_put(b, p->text ? p->text : "");
	fp_buf_putc(b, '\n');
}

static void put_finding(struct fp_buf *b, const struct fp_finding *f)
{
	const struct fp_finding_place *at = &f->places[f->places[1].file ? 1 : 0];

	if (at->file)
		fp_buf_printf(b, "%s:%u:%u: ", at->file, at->line, at->column);
	fp_buf_printf(b, "%s: ", severities[f->severity]);
	fp_diff_put(b, f->sentence);
	fp_buf_printf(b, " [%s]\n", f->rule);
	if (f->witness) {
		fp_buf_puts(b, "  for example: ");
		fp_diff_put(b, f->witness);
		fp_buf_putc(b, '\n');
	}
	for (size_t i = 0; i < f->place_count; i++)
		put_place(b, &f->places[i]);
}

static void put_layers(struct fp_buf *b, const struct fp_diff_target *t)
{
	fp_buf_printf(b, "on %s:", t->name);
	for (enum fp_layer l = 0; l < FP_LAYER_N; l++)
		fp_buf_printf(b, t->counts[l] ? " %s %s," : " (%s) %s,", fp_layer_names[l],
			      fp_verdict_name(t->layers[l]));
	fp_buf_printf(b, " together %s\n", fp_verdict_name(t->together));
}

void fp_diff_print(const struct fp_diff *diff, const struct fp_diff_side sides[2],
		   const struct fp_findings *findings, const struct fp_diff_targets *targets,
		   struct fp_buf *out)
{
	for (size_t i = 0; i < findings->list.n; i++)
		put_finding(out, &findings->list.at[i]);
	for (enum fp_domain d = 0; d < FP_DOMAIN_N; d++) {
		enum fp_diff_outcome v = fp_diff_verdict(&diff->domains[d]);
		if (v != FP_VERDICT_IDENTICAL)
			fp_buf_printf(out, "%s: %s\n", fp_domain_name(d), fp_verdict_name(v));
	}
	for (size_t i = 0; i < targets->list.n; i++)
		put_layers(out, &targets->list.at[i]);
	if (!diff->old || !diff->new)
		fp_buf_puts(out, "only calls were compared: a side is no policy\n");
	if (diff->why)
		fp_buf_printf(out, "calls: %s\n", diff->why);
	fp_buf_printf(out, "%s to %s: %s\n", sides[0].name, sides[1].name,
		      fp_verdict_name(fp_diff_verdict(&diff->whole)));
}

/* ---- JSON ---- */

static void json_place(struct fp_json *j, const struct fp_finding_place *p)
{
	fp_json_open_object(j, NULL);
	if (p->file) {
		fp_json_put_number(j, "column", p->column);
		fp_json_put_text(j, "file", p->file);
		fp_json_put_number(j, "line", p->line);
	}
	fp_json_put_text(j, "role", p->role);
	fp_json_put_text(j, "text", p->text);
	fp_json_close(j);
}

static void json_finding(struct fp_json *j, const struct fp_finding *f)
{
	fp_json_open_object(j, NULL);
	fp_json_open_array(j, "places");
	for (size_t i = 0; i < f->place_count; i++)
		json_place(j, &f->places[i]);
	fp_json_close(j);
	fp_json_put_text(j, "rule", f->rule);
	fp_json_put_text(j, "sentence", f->sentence);
	fp_json_put_text(j, "severity", severities[f->severity]);
	fp_json_put_text(j, "witness", f->witness);
	fp_json_close(j);
}

static void json_domains(struct fp_json *j, const struct fp_diff *diff)
{
	fp_json_open_array(j, "domains");
	for (enum fp_domain d = 0; d < FP_DOMAIN_N; d++) {
		if (!fp_diff_is_compared(diff, d))
			continue;
		fp_json_open_object(j, NULL);
		fp_json_put_text(j, "domain", fp_domain_name(d));
		fp_json_put_text(j, "verdict", fp_verdict_name(fp_diff_verdict(&diff->domains[d])));
		fp_json_close(j);
	}
	fp_json_close(j);
}

static void json_targets(struct fp_json *j, const struct fp_diff_targets *targets)
{
	if (!targets->list.n)
		return;
	fp_json_open_array(j, "targets");
	for (size_t i = 0; i < targets->list.n; i++) {
		const struct fp_diff_target *t = &targets->list.at[i];
		fp_json_open_object(j, NULL);
		fp_json_open_array(j, "layers");
		for (enum fp_layer l = 0; l < FP_LAYER_N; l++) {
			fp_json_open_object(j, NULL);
			fp_json_put_flag(j, "counted", t->counts[l]);
			fp_json_put_text(j, "layer", fp_layer_names[l]);
			fp_json_put_text(j, "verdict", fp_verdict_name(t->layers[l]));
			fp_json_close(j);
		}
		fp_json_close(j);
		fp_json_put_text(j, "target", t->name);
		fp_json_put_text(j, "together", fp_verdict_name(t->together));
		fp_json_close(j);
	}
	fp_json_close(j);
}

static void json_side(struct fp_json *j, const char *role, const struct fp_diff_side *side,
		      const char *digest)
{
	fp_json_open_object(j, role);
	fp_json_put_text(j, "digest", digest[0] ? digest : NULL);
	fp_json_put_text(j, "name", side->name);
	fp_json_close(j);
}

void fp_diff_json(struct fp_unit *u, const struct fp_diff *diff, const struct fp_diff_side sides[2],
		  const struct fp_findings *findings, const struct fp_diff_targets *targets,
		  struct fp_buf *out)
{
	struct fp_json j;

	fp_json_begin(&j, u, out);
	fp_json_put_text(&j, "$schema", "diff.schema.json");
	json_domains(&j, diff);
	fp_json_open_array(&j, "findings");
	for (size_t i = 0; i < findings->list.n; i++)
		json_finding(&j, &findings->list.at[i]);
	fp_json_close(&j);
	json_side(&j, "new", &sides[1], diff->new_digest);
	json_side(&j, "old", &sides[0], diff->old_digest);
	json_targets(&j, targets);
	fp_json_put_text(&j, "verdict", fp_verdict_name(fp_diff_verdict(&diff->whole)));
	fp_json_end(&j);
}
