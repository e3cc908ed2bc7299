/* SPDX-License-Identifier: MIT */
/* The boundary, of what compares two policies: results are kept in the handle of the new one. */
#include "analysis/profile.h"
#include "analysis/spec_read.h"
#include "api_filter.h"
#include "handle.h"
#include "merge/internal.h"
#include "sema/sema.h"

_Static_assert((int)FPOLICY_NOT_DECIDED == (int)FP_VERDICT_UNDECIDED, "verdicts are in one order");
_Static_assert((int)FPOLICY_REQUIRE_SAME == (int)FP_REQUIRE_SAME, "requirements, too");

/* Nodes of the proofs of a side, and of a comparison: seconds, and less than 256 MiB for all. */
#define SIDE_NODES 1000000u

static const struct fp_span nowhere; /* for what has no place in a source */

static bool has_end(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && !strcmp(name + n - m, end);
}

/* Bytes of JSON: a tree takes twenty times as much, and both sides may be one. */
#define JSON_MAX ((size_t)4 << 20)

static void load_json(struct fpolicy *p, const struct fp_source *src)
{
	if (src->len > JSON_MAX) {
		fp_diag(&p->unit, FP_E_SIDE, nowhere, "%s is larger than %zu MiB", p->name,
			JSON_MAX >> 20);
		return;
	}
	const struct fp_span top = { src->base, src->base };
	const json_t *root = fp_merge_parse(&p->unit, src);

	const char *schema = json_string_value(json_object_get(root, "$schema"));

	if (root && schema && !strcmp(schema, "spec.schema.json"))
		p->ir = fp_spec_read(&p->unit, root, src);
	else if (root)
		p->calls = fp_profile_read(&p->unit, root, top);
}

enum fpolicy_status fpolicy_load(struct fpolicy *p, const char *name, const char *data, size_t len)
{
	FP_HANDLE_GUARD(p);
	p->is_done = false;
	p->unit.options.proof_nodes = SIDE_NODES;
	if (p->unit.diags.errors)
		return fp_handle_status(p);
	p->name = fp_arena_text(&p->unit.arena, name, strlen(name));
	if (has_end(name, ".bpf")) {
		p->calls = fp_filter_read(&p->unit, p->name, data, len);
		return fp_handle_status(p);
	}
	const struct fp_source *src = fp_handle_root(p, name, data, len);
	if (src && has_end(name, ".json"))
		load_json(p, src);
	else if (src)
		p->ir = fp_resolve(&p->unit, src, p->policy);
	return fp_handle_status(p);
}

static enum fpolicy_status outcome(const struct fp_diff *d, enum fp_diff_require require,
				   const struct fp_findings *findings)
{
	const struct fp_relation_known *k = &d->whole;

	if (findings->errors)
		return FPOLICY_FINDINGS;
	if (require != FP_REQUIRE_NOTHING && k->may_be_wider)
		return FPOLICY_UNDECIDED;
	if (require != FP_REQUIRE_NARROWER && k->may_be_narrower)
		return FPOLICY_UNDECIDED;
	return fp_diff_verdict(k) == FP_VERDICT_UNDECIDED && require == FP_REQUIRE_NOTHING
		       ? FPOLICY_UNDECIDED
		       : FPOLICY_OK;
}

/* Compares once, whatever is asked about the pair. */
static const struct fp_diff *compared(const struct fpolicy *old, struct fpolicy *new_policy)
{
	struct fp_unit *u = &new_policy->unit;

	if (!new_policy->diff || new_policy->diff_of != old) {
		const struct fp_diff_input sides[] = { { old->ir, old->calls },
						       { new_policy->ir, new_policy->calls } };
		struct fp_diff *d = FP_NEW(&u->arena, struct fp_diff);
		fp_diff_inputs(u, sides, NULL, d);
		new_policy->diff = d;
		new_policy->diff_of = old;
	}
	return new_policy->diff;
}

enum fpolicy_status fpolicy_diff(struct fpolicy *old, struct fpolicy *new_policy,
				 const struct fpolicy_question *q, struct fpolicy_comparison *out)
{
	enum fp_diff_require require = (enum fp_diff_require)q->require;
	struct fp_diff_targets targets = { 0 };
	struct fp_findings findings;
	const struct fp_diff *d;
	struct fp_buf *text;

	FP_HANDLE_GUARD(old); /* its lines are counted */
	FP_HANDLE_GUARD(new_policy);
	if ((!old->ir && !old->calls) || (!new_policy->ir && !new_policy->calls))
		return FPOLICY_INPUT;
	struct fp_unit *u = &new_policy->unit;
	const struct fp_diff_side sides[] = { { &old->unit.sources, old->name },
					      { &u->sources, new_policy->name } };
	d = compared(old, new_policy);
	fp_diff_findings(u, d, sides, require, &findings);
	if (q->with_layers && d->old && d->new) {
		if (d->old->from_spec || d->new->from_spec) {
			fp_diag(u, FP_E_SIDE, nowhere,
				"layers are compared of policies, not of an output");
			return FPOLICY_INPUT;
		}
		if (!fp_handle_build(old) || !fp_handle_build(new_policy))
			return FPOLICY_INPUT;
		fp_handle_compare_layers(u, &old->bundle, &new_policy->bundle, &targets);
	}
	text = FP_NEW(&u->arena, struct fp_buf);
	fp_buf_init(text, &u->arena);
	if (q->format == FPOLICY_JSON)
		fp_diff_json(u, d, sides, &findings, &targets, text);
	else
		fp_diff_print(d, sides, &findings, &targets, text);
	*out = (struct fpolicy_comparison){ .verdict = (enum fpolicy_verdict)fp_diff_verdict(
						    &d->whole),
					    .text = fp_buf_text(text),
					    .len = text->len };
	return outcome(d, require, &findings);
}

enum fpolicy_status fpolicy_approve(struct fpolicy *old, struct fpolicy *new_policy,
				    const char *until, struct fpolicy_approval *out)
{
	const struct fp_diff *d;
	struct fp_date end = { 0 };
	struct fp_buf *text;

	FP_HANDLE_GUARD(old);
	FP_HANDLE_GUARD(new_policy);
	if (!old->ir || !new_policy->ir || old->ir->from_spec || new_policy->ir->from_spec) {
		fp_diag(&new_policy->unit, FP_E_SIDE, nowhere,
			"only policies are approved: no filter, no profile, no output");
		return FPOLICY_INPUT;
	}
	struct fp_unit *u = &new_policy->unit;
	const struct fp_date today = u->options.today;
	if (until && !fp_date_parse(until, strlen(until), &end)) {
		fp_diag(u, FP_E_USAGE, nowhere, "'%s' is no date YYYY-MM-DD", until);
		return FPOLICY_INPUT;
	}
	d = compared(old, new_policy);
	*out = (struct fpolicy_approval){ .owner = old->ir->owner };
	if (d->whole.may_be_wider || !d->old_digest[0] || !d->new_digest[0])
		return FPOLICY_UNDECIDED;
	text = FP_NEW(&u->arena, struct fp_buf);
	fp_buf_init(text, &u->arena);
	if (fp_approval_print(d, end, text)) {
		out->text = fp_buf_text(text);
		out->len = text->len;
	}
	out->has_ended = end.year && today.year && fp_date_cmp(today, end) > 0;
	out->needs_today = end.year && !today.year;
	return FPOLICY_OK;
}
