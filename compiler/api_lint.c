/* SPDX-License-Identifier: MIT */
/* The boundary, of the lint: findings as a caller sees them. */
#include "handle.h"

#include <string.h>

static struct fpolicy_place place_of(struct fpolicy *p, struct fp_span span)
{
	struct fpolicy_place at = { 0 };
	struct fp_place begin, end;

	if (!fp_source_place(&p->unit.sources, span.begin, &begin))
		return at;
	if (!fp_source_place(&p->unit.sources, span.end, &end) || end.source != begin.source)
		end = begin;
	return (struct fpolicy_place){ .file = begin.source->name,
				       .line = begin.line,
				       .column = begin.column,
				       .end_line = end.line,
				       .end_column = end.column };
}

static void put_notes(struct fpolicy *p, struct fpolicy_finding *out, const struct fp_note *notes,
		      size_t n)
{
	struct fpolicy_note *made = FP_NEW_ARRAY(&p->unit.arena, n, struct fpolicy_note);

	for (size_t i = 0; i < n; i++)
		made[i] = (struct fpolicy_note){ place_of(p, notes[i].span), notes[i].text,
						 notes[i].is_help };
	out->notes = made;
	out->note_count = n;
}

static void report_diags(struct fpolicy *p)
{
	for (size_t i = 0; i < p->unit.diags.list.n; i++) {
		const struct fp_diag *d = &p->unit.diags.list.at[i];
		const struct fp_diag_row *row = fp_diag_row(d->id);
		const struct fp_lint_finding like = { .id = row->code, .subject = d->text };
		struct fpolicy_finding f = { .rule = row->code,
					     .name = row->code,
					     .level = row->severity == FP_SEV_ERROR
							      ? FPOLICY_ERROR
							      : FPOLICY_WARNING,
					     .place = place_of(p, d->span),
					     .text = d->text };
		f.print = fp_lint_finding_print(&p->unit, p->ir, &like);
		put_notes(p, &f, d->notes.at, d->notes.n);
		fp_vec_push(&p->unit.arena, &p->reported, f);
	}
}

static void report_findings(struct fpolicy *p)
{
	for (size_t i = 0; i < p->findings.list.n; i++) {
		const struct fp_lint_finding *it = &p->findings.list.at[i];
		struct fpolicy_finding f = { .rule = it->id,
					     .name = it->name,
					     .level = (enum fpolicy_level)it->level,
					     .place = place_of(p, it->span),
					     .text = it->text,
					     .example = it->example,
					     .print = fp_lint_finding_print(&p->unit, p->ir, it) };
		put_notes(p, &f, it->notes.at, it->notes.n);
		f.waived_because = it->waiver ? it->waiver->reason : NULL;
		f.waived_by = it->waiver ? it->waiver->by : NULL;
		fp_vec_push(&p->unit.arena, &p->reported, f);
	}
}

/* The claims of a bundle, as analyses see them. */
static struct fp_target_view *views_of(struct fpolicy *p)
{
	struct fp_target_view *views =
		FP_NEW_ARRAY(&p->unit.arena, p->bundle.target_count, struct fp_target_view);

	for (size_t i = 0; i < p->bundle.target_count; i++) {
		const struct fp_bundle_target *t = &p->bundle.targets[i];
		views[i].target = t->target;
		views[i].stops = t->stops;
		for (enum fp_layer l = 0; l < FP_LAYER_N; l++) {
			struct fp_layer_view *v = &views[i].layers[l];
			v->counts = t->counts[l];
			v->claims = fp_arena_array(&p->unit.arena, p->ir->rule_count,
						   sizeof(*v->claims));
			for (size_t r = 0; r < p->ir->rule_count; r++) {
				v->claims[r].how = (enum fp_hold)t->layers[l].claims[r].kind;
				v->claims[r].reason = t->layers[l].claims[r].reason;
			}
		}
	}
	return views;
}

_Static_assert((int)FP_HOLD_NONE == (int)FP_CLAIM_NONE && (int)FP_HOLD_EXACT == (int)FP_CLAIM_EXACT,
	       "holds are claims");

bool fpolicy_lint_option(struct fpolicy *p, const char *word)
{
	if (!p || p->is_broken || setjmp(p->unit.recover) || !fp_lint_option_is_known(word))
		return false;
	const char *mine = fp_arena_text(&p->unit.arena, word, strlen(word));
	fp_vec_push(&p->unit.arena, &p->lint_options, mine);
	return true;
}

enum fpolicy_status fpolicy_lint(struct fpolicy *p, const char *name, const char *data, size_t len,
				 bool ignore_waivers)
{
	struct fp_lint_input in = { .ignore_waivers = ignore_waivers };

	FP_HANDLE_GUARD(p);
	p->unit.options.is_lint = true;
	fpolicy_compile(p, name, data, len);
	if (setjmp(p->unit.recover)) /* the frame of the compilation is gone */
		return p->is_broken = true, FPOLICY_MEMORY;
	bool is_compiled = p->is_done;
	p->is_done = false;
	report_diags(p);
	if (!is_compiled)
		return fp_handle_status(p);
	in.ir = p->ir;
	in.targets = views_of(p);
	in.target_count = p->bundle.target_count;
	fp_lint(&p->unit, &in, &p->findings);
	fp_lint_choose(&p->findings, p->lint_options.at, p->lint_options.n);
	report_findings(p);
	if (p->unit.diags.errors)
		return fp_handle_status(p);
	return p->findings.is_undecided ? FPOLICY_UNDECIDED : FPOLICY_OK;
}

size_t fpolicy_finding_count(const struct fpolicy *p)
{
	return p ? p->reported.n : 0;
}

const struct fpolicy_finding *fpolicy_finding_at(const struct fpolicy *p, size_t n)
{
	return n < fpolicy_finding_count(p) ? &p->reported.at[n] : NULL;
}

const char *fpolicy_findings(struct fpolicy *p, bool colour)
{
	struct fp_buf *out;

	if (!p || p->is_broken)
		return "";
	if (setjmp(p->unit.recover))
		return p->is_broken = true, "";
	out = FP_NEW(&p->unit.arena, struct fp_buf);
	fp_buf_init(out, &p->unit.arena);
	fp_lint_findings_render(&p->unit, &p->findings, out, colour);
	return fp_buf_text(out);
}

static struct fpolicy_rule rule_of(const struct fp_lint_row *row)
{
	return (struct fpolicy_rule){ .id = row->id,
				      .name = row->name,
				      .section = row->section,
				      .summary = row->summary,
				      .page = fp_lint_page(row->id),
				      .level = (enum fpolicy_level)row->level };
}

size_t fpolicy_rule_count(void)
{
	size_t n = 0;

	while (fp_lint_row_at(n))
		n++;
	return n;
}

bool fpolicy_rule_at(size_t n, struct fpolicy_rule *out)
{
	const struct fp_lint_row *row = fp_lint_row_at(n);

	if (row)
		*out = rule_of(row);
	return row;
}

bool fpolicy_rule_find(const char *name, struct fpolicy_rule *out)
{
	const struct fp_lint_row *row = fp_lint_row_find(name);

	if (row)
		*out = rule_of(row);
	return row;
}
