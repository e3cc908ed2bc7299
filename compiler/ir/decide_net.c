/* SPDX-License-Identifier: MIT */
/* Questions about packets. */
#include "ir/decide.h"
#include "ir/domain_net.h"
#include "ir/eval.h"

static const struct fp_rule *rule_of(const struct fp_ir *ir, bool egress, const struct fp_packet *p)
{
	return fp_eval_net(ir, egress, p->proto, &p->peer, p->port).rule;
}

struct fp_counter fp_decide_net(struct fp_prover *p, const struct fp_ir *ir,
				const struct fp_subject *s, bool is_never)
{
	bool egress = s->kind == FP_SUBJECT_EGRESS;
	struct fp_counter c = { .outcome = FP_HOLDS };
	uint32_t asked =
		fp_dd_and(&p->dd, fp_domain_packets(&p->dd), fp_domain_peers(&p->dd, &s->net));
	uint32_t permits = fp_domain_net(&p->dd, ir, egress);
	struct fp_packet packet;
	struct fp_dd_set bits;

	uint32_t bad = fp_dd_and(&p->dd, asked, is_never ? permits : fp_dd_not(&p->dd, permits));
	if (p->dd.is_spent)
		c.outcome = FP_UNDECIDED;
	if (p->dd.is_spent || bad == FP_DD_FALSE)
		return c;
	fp_dd_witness(&p->dd, bad, &bits);
	fp_domain_packet(&bits, &packet);
	c.outcome = FP_FAILS;
	c.example = fp_domain_packet_text(&p->u->arena, &packet, egress);
	c.rule = rule_of(ir, egress, &packet);
	return c;
}

/* What rules allow, whatever the default says. */
static uint32_t allowed_by_rules(struct fp_dd *d, const struct fp_ir *ir, bool egress)
{
	uint32_t allowed = FP_DD_FALSE;

	fp_ir_each (ir, egress ? FP_KIND_EGRESS : FP_KIND_INGRESS, r)
		if (r->u.net.effect == FP_ALLOW)
			allowed = fp_dd_or(d, allowed, fp_domain_peers(d, &r->u.net));
	return allowed;
}

void fp_refine_net(struct fp_prover *p, const struct fp_ir *a, const struct fp_ir *b, bool egress,
		   struct fp_excesses *out)
{
	uint32_t theirs = fp_domain_net(&p->dd, b, egress);
	uint32_t more =
		fp_dd_and(&p->dd, fp_domain_net(&p->dd, a, egress), fp_dd_not(&p->dd, theirs));
	struct fp_packet packet;
	struct fp_dd_set bits;

	while (!p->dd.is_spent && more != FP_DD_FALSE) {
		fp_dd_witness(&p->dd, more, &bits);
		fp_domain_packet(&bits, &packet);
		const struct fp_rule *allows = rule_of(a, egress, &packet);
		fp_excess_add(p, out,
			      (struct fp_excess){ .example = fp_domain_packet_text(&p->u->arena,
										   &packet, egress),
						  .allows = allows,
						  .denies = rule_of(b, egress, &packet) });
		if (!out->wants_all || !allows)
			break;
		/* The next one is by another rule. */
		bool by_default = allows->kind != (egress ? FP_KIND_EGRESS : FP_KIND_INGRESS);
		uint32_t others =
			by_default ? allowed_by_rules(&p->dd, a, egress)
				   : fp_dd_not(&p->dd, fp_domain_peers(&p->dd, &allows->u.net));
		more = fp_dd_and(&p->dd, more, others);
	}
	out->is_undecided |= p->dd.is_spent;
}
