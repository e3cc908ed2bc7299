/* SPDX-License-Identifier: MIT */
/* Explanations: the policy's decision and its place, then each layer's part in it and where it
 * stands. */
#include "bundle/explain.h"

#include "ir/eval.h"
#include "verify/bpf.h"

#include <string.h>

struct explainer {
	struct fp_unit *u;
	const struct fp_bundle *b;
	enum fp_abi abi; /* FP_ABI_N: all */
	struct fp_buf *out;
};

/* ---- the policy ---- */

static const struct fp_pathcall *pathcall_of(const char *name)
{
	const struct fp_pathcall *p;

	for (size_t i = 0; (p = fp_pathcall_at(i)); i++)
		if (!strcmp(p->call, name))
			return p;
	return NULL;
}

static struct fp_answer held_cap(const struct fp_ir *ir, const struct fp_subject *s)
{
	struct fp_answer a = { .effect = ir->caps >> s->cap & 1 ? FP_ALLOW : FP_DENY,
			       .rule = fp_ir_only(ir, FP_KIND_CAPABILITY) };

	fp_ir_each (ir, FP_KIND_CAPABILITY, r)
		if (r->u.caps.set >> s->cap & 1)
			a.rule = r;
	return a;
}

struct fp_verdict_of fp_explain_ask(const struct fp_ir *ir, const struct fp_subject *s,
				    enum fp_abi abi)
{
	struct fp_verdict_of v = { 0 };
	const struct fp_pathcall *pc;

	switch (s->kind) {
	case FP_SUBJECT_CALL:
		v.answer =
			fp_eval_call(ir, abi, (uint32_t)s->call->nr[abi], s->args[abi], UINT16_MAX);
		pc = s->path ? pathcall_of(s->call->name) : NULL;
		v.has_path = pc && v.answer.effect == FP_ALLOW;
		if (v.has_path)
			v.path = fp_eval_path(ir, s->path->path,
					      pc->by_flags
						      ? fp_eval_open_rights(abi, s->open_flags[abi])
						      : pc->rights);
		break;
	case FP_SUBJECT_PATH:
		v.answer = fp_eval_path(ir, s->path->path, s->rights);
		break;
	case FP_SUBJECT_EGRESS:
	case FP_SUBJECT_INGRESS:
		v.answer =
			fp_eval_net(ir, s->kind == FP_SUBJECT_EGRESS, s->net.proto, s->net.prefixes,
				    s->net.proto == FP_PROTO_ICMP ? 0 : s->net.ports[0].first);
		break;
	case FP_SUBJECT_CAPABILITY:
		v.answer = held_cap(ir, s);
		break;
	}
	return v;
}

static const char *decision_text(struct explainer *x, struct fp_decision d)
{
	if (d.action != FP_ACT_ERRNO)
		return fp_action_name(d.action);
	return fp_arena_printf(&x->u->arena, "errno %s",
			       fp_errno_name(d.data) ? fp_errno_name(d.data) : "?");
}

static void put_place(struct explainer *x, const struct fp_rule *r)
{
	struct fp_place at;

	if (r->is_implied)
		fp_buf_puts(x->out,
			    "         nothing is said about it: this is what silence means\n");
	else if (fp_source_place(&x->u->sources, r->span.begin, &at))
		fp_buf_printf(x->out, "         %s:%u:%u\n", at.source->name, at.line, at.column);
	if (r->because)
		fp_buf_printf(x->out, "         because \"%s\"\n", r->because);
}

static void put_answer(struct explainer *x, const char *head, const struct fp_answer *a,
		       bool is_call)
{
	fp_buf_printf(x->out, "  %s%s", head, a->effect == FP_ALLOW ? "allowed" : "denied");
	if (is_call)
		fp_buf_printf(x->out, " (%s)", decision_text(x, a->decision));
	fp_buf_printf(x->out, " by: %s\n", a->rule ? a->rule->text : "the default of the language");
	if (a->rule)
		put_place(x, a->rule);
}

/* ---- where it stands in artifacts ---- */

static uint32_t line_of(const struct fp_artifact *a, uint32_t offset)
{
	uint32_t line = 1;

	for (uint32_t i = 0; i < offset && i < a->len; i++)
		line += a->data[i] == '\n';
	return line;
}

/* Of the same rule a layer may have many places; the first tells where to look. */
static void put_map(struct explainer *x, const struct fp_emission *e, const struct fp_rule *r)
{
	const struct fp_artifact *first = NULL;
	const struct fp_map *at = NULL;
	size_t n = 0;

	for (size_t i = 0; i < e->artifacts.n; i++)
		for (size_t k = 0; k < e->artifacts.at[i]->map.n; k++) {
			const struct fp_map *m = &e->artifacts.at[i]->map.at[k];
			if (m->rule != r->id)
				continue;
			if (!n++) {
				first = e->artifacts.at[i];
				at = m;
			}
		}
	if (!n)
		return;
	if (at->pointer)
		fp_buf_printf(x->out, "; %s, %s", first->name, at->pointer);
	else if (first->is_binary)
		fp_buf_printf(x->out, "; %s, instruction %u", first->name, at->begin / 8);
	else
		fp_buf_printf(x->out, "; %s:%u", first->name, line_of(first, at->begin));
	if (n > 1)
		fp_buf_printf(x->out, " and %zu more", n - 1);
}

/*
 * The instruction that answers: in a copy of the filter every return gives its own number instead,
 * and the copy is run.
 */
static bool find_return(struct explainer *x, const struct fp_bpf *filter,
			const struct fp_bpf_data *d, uint32_t *at)
{
	struct fp_bpf_insn *copy = FP_NEW_ARRAY(&x->u->arena, filter->n, struct fp_bpf_insn);
	const struct fp_bpf numbered = { copy, filter->n };

	for (uint32_t i = 0; i < filter->n; i++) {
		copy[i] = filter->at[i];
		if (copy[i].op == FP_BPF_RET)
			copy[i].k = i;
	}
	return fp_bpf_run(&numbered, d, at) && *at < filter->n && filter->at[*at].op == FP_BPF_RET;
}

static const struct fp_artifact *filter_of(const struct fp_emission *e, enum fp_abi abi)
{
	const char *arch = fp_arch_name(fp_abi(abi)->arch);

	for (size_t i = 0; i < e->artifacts.n; i++) {
		const char *name = e->artifacts.at[i]->name, *slash = strrchr(name, '/');
		if (e->artifacts.at[i]->is_binary && slash &&
		    !strncmp(slash + 1, arch, strlen(arch)) &&
		    !strcmp(slash + 1 + strlen(arch), ".bpf"))
			return e->artifacts.at[i];
	}
	return NULL;
}

static bool put_filter(struct explainer *x, const struct fp_emission *e, const struct fp_subject *s,
		       enum fp_abi abi)
{
	const struct fp_artifact *a = filter_of(e, abi);
	struct fp_bpf_data d = { .arch = fp_abi(abi)->audit_arch };
	struct fp_bpf filter;
	uint32_t at;

	d.nr = (uint32_t)s->call->nr[abi] | fp_abi(abi)->nr_bit;
	memcpy(d.args, s->args[abi], sizeof(d.args));
	if (!a || fp_bpf_decode(&x->u->arena, a->data, a->len, &filter) ||
	    !find_return(x, &filter, &d, &at))
		return false;
	fp_buf_printf(x->out, "; %s, instruction %u: %s", a->name, at,
		      fp_bpf_decision_text(&x->u->arena, fp_bpf_decision(filter.at[at].k)));
	return true;
}

/* ---- layers ---- */

static void put_layer(struct explainer *x, const struct fp_bundle_target *t, enum fp_layer layer,
		      const struct fp_rule *r, const struct fp_subject *s, enum fp_abi abi)
{
	const struct fp_emission *e = &t->layers[layer];
	const struct fp_claim *c = &e->claims[r->id];

	if (c->kind == FP_CLAIM_NONE && !c->reason)
		return;
	fp_buf_printf(x->out, "    %-8s %s%s", fp_layer_names[layer], fp_claim_names[c->kind],
		      t->counts[layer] ? "" : ", and the target does not run it");
	if (c->reason)
		fp_buf_printf(x->out, ": %s", c->reason);
	if (c->kind != FP_CLAIM_NONE &&
	    !(layer == FP_LAYER_SECCOMP && s->kind == FP_SUBJECT_CALL && put_filter(x, e, s, abi)))
		put_map(x, e, r);
	fp_buf_putc(x->out, '\n');
}

static void put_layers(struct explainer *x, const struct fp_rule *r, const struct fp_subject *s,
		       enum fp_abi abi)
{
	for (size_t i = 0; r && i < x->b->target_count; i++) {
		const struct fp_bundle_target *t = &x->b->targets[i];
		fp_buf_printf(x->out, "  %s\n", t->target->name);
		for (enum fp_layer l = 0; l < FP_LAYER_N; l++)
			put_layer(x, t, l, r, s, abi);
	}
}

/* ---- one query ---- */

static bool is_same(const struct fp_verdict_of *a, const struct fp_verdict_of *b)
{
	return a->answer.rule == b->answer.rule && a->answer.effect == b->answer.effect &&
	       !fp_decision_cmp(a->answer.decision, b->answer.decision) &&
	       a->has_path == b->has_path && a->path.rule == b->path.rule &&
	       a->path.effect == b->path.effect;
}

static bool is_asked(const struct explainer *x, const struct fp_subject *s, enum fp_abi abi)
{
	bool is_open = fp_abi(abi)->is_native || x->b->ir->foreign_abis & 1u << abi;

	return s->call->nr[abi] >= 0 && (x->abi == abi || (x->abi == FP_ABI_N && is_open));
}

static void put_verdict(struct explainer *x, const struct fp_subject *s, enum fp_abi abi,
			const char *abis)
{
	struct fp_verdict_of v = fp_explain_ask(x->b->ir, s, abi);
	bool is_call = s->kind == FP_SUBJECT_CALL;

	put_answer(x, is_call ? fp_arena_printf(&x->u->arena, "on %s: ", abis) : "", &v.answer,
		   is_call);
	put_layers(x, v.answer.rule, s, abi);
	if (!v.has_path)
		return;
	const struct fp_subject path = { .kind = FP_SUBJECT_PATH };
	put_answer(x, fp_arena_printf(&x->u->arena, "and the path \"%s\": ", s->path->path),
		   &v.path, false);
	put_layers(x, v.path.rule, &path, abi);
}

/* ABIs that decide alike are told together. */
static void explain_call(struct explainer *x, const struct fp_subject *s)
{
	bool told[FP_ABI_N] = { false }, any = false;

	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
		const char *names = fp_abi(abi)->name;
		struct fp_verdict_of v;
		if (told[abi] || !is_asked(x, s, abi))
			continue;
		any = true;
		v = fp_explain_ask(x->b->ir, s, abi);
		for (enum fp_abi other = abi + 1; other < FP_ABI_N; other++) {
			if (!is_asked(x, s, other))
				continue;
			struct fp_verdict_of w = fp_explain_ask(x->b->ir, s, other);
			if (!is_same(&v, &w))
				continue;
			told[other] = true;
			names = fp_arena_printf(&x->u->arena, "%s, %s", names, fp_abi(other)->name);
		}
		put_verdict(x, s, abi, names);
	}
	if (!any)
		fp_buf_puts(x->out, "  denied: no ABI that is asked for has the call\n");
}

void fp_explain(struct fp_unit *u, const struct fp_bundle *b, enum fp_abi abi, struct fp_buf *out)
{
	struct explainer x = { .u = u, .b = b, .abi = abi, .out = out };

	for (size_t i = 0; i < b->ir->assertion_count; i++) {
		const struct fp_assertion *a = &b->ir->assertions[i];
		if (!a->is_query)
			continue;
		fp_buf_printf(out, "%s\n", a->text);
		if (a->subject.kind == FP_SUBJECT_CALL)
			explain_call(&x, &a->subject);
		else
			put_verdict(&x, &a->subject, FP_ABI_X86_64, "");
	}
}
