/* SPDX-License-Identifier: MIT */
/* --dump=ir. */
#include "ir/dump.h"

static void conditions(const struct fp_rule_call *c, struct fp_buf *out)
{
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
		if (!c->when[abi] || c->when[abi]->op == FP_PRED_TRUE)
			continue;
		fp_buf_printf(out, "      on %s: ", fp_abi(abi)->name);
		fp_pred_print(out, c->when[abi]);
		fp_buf_putc(out, '\n');
	}
}

static void calls(const struct fp_ir *ir, struct fp_buf *out)
{
	fp_buf_puts(out, "calls\n");
	for (size_t i = 0; i < fp_sys_count(); i++) {
		const struct fp_call_plan *p = &ir->calls[i];
		if (!p->n)
			continue;
		fp_buf_printf(out, "  %s:", fp_sys_at(i)->name);
		for (size_t j = 0; j < p->n; j++)
			fp_buf_printf(out, " %s/%u by %u", fp_action_name(p->at[j].decision.action),
				      p->at[j].decision.data, p->at[j].rule->id);
		fp_buf_putc(out, '\n');
	}
}

void fp_ir_dump(const struct fp_ir *ir, struct fp_buf *out)
{
	static const char *const kinds[] = { "never", "expect", "test" };

	fp_buf_printf(out, "policy %s version \"%s\" owner \"%s\" tier %s%s\n", ir->name,
		      ir->version, ir->owner, fp_tier_name(ir->tier),
		      ir->is_locked ? " locked" : "");
	for (size_t i = 0; i < ir->rule_count; i++) {
		const struct fp_rule *r = &ir->rules[i];
		fp_buf_printf(out, "%5u %s: %s%s%s\n", r->id, fp_kind_section(r->kind), r->text,
			      r->is_implied ? " [implied]" : "",
			      r->is_widening ? " [widening]" : "");
		if (r->kind == FP_KIND_CALL)
			conditions(&r->u.call, out);
	}
	calls(ir, out);
	for (size_t i = 0; i < ir->assertion_count; i++)
		fp_buf_printf(out, "%s%s %s\n", kinds[ir->assertions[i].kind],
			      ir->assertions[i].kind != FP_ASSERT_TEST ? ""
			      : ir->assertions[i].wanted == FP_ALLOW   ? " allow"
								       : " deny",
			      ir->assertions[i].text);
	for (size_t i = 0; i < ir->bound_count; i++)
		fp_buf_printf(out, "%s %s\n", ir->bounds[i].is_base ? "extends" : "within",
			      ir->bounds[i].name);
}
