/* SPDX-License-Identifier: MIT */
/* Builds sealed IRs by hand for the tests of the AppArmor back end. */
#ifndef FP_TESTS_CONSUMERS_APPARMOR_MAKE_H
#define FP_TESTS_CONSUMERS_APPARMOR_MAKE_H

#include "backends/backend.h"
#include "ir/glob.h"

#include <stdlib.h>
#include <string.h>

#define MK __attribute__((unused)) static

extern const struct fp_backend fp_backend_apparmor;

struct mk {
	struct fp_unit *u;
	FP_VEC(struct fp_rule) rules;
	struct fp_ir ir;
	struct fp_emission out;
};

MK void mk_init(struct mk *m, struct fp_unit *u, const char *name)
{
	*m = (struct mk){ .u = u };
	m->ir.name = name;
	m->ir.version = m->ir.owner = "";
	m->ir.call_default = (struct fp_decision){ FP_ACT_ERRNO, 1 };
	m->ir.call_unknown = (struct fp_decision){ FP_ACT_ERRNO, 38 };
}

MK struct fp_rule *mk_rule(struct mk *m, enum fp_kind kind, const char *text)
{
	struct fp_rule r = { .kind = kind, .text = text };

	fp_vec_push(&m->u->arena, &m->rules, r);
	return &m->rules.at[m->rules.n - 1];
}

MK const struct fp_glob *mk_glob(struct mk *m, const char *text)
{
	struct fp_span none = { 0, 0 };

	return fp_glob_parse(m->u, text, strlen(text), none);
}

/* FILE, MASK or READONLY over up to four patterns; NULL ends them. */
MK struct fp_rule *mk_paths(struct mk *m, enum fp_kind kind, enum fp_grant effect, uint16_t rights,
			    const char *const *paths)
{
	const struct fp_glob **at = FP_NEW_ARRAY(&m->u->arena, 4, const struct fp_glob *);
	size_t n = 0;

	for (; n < 4 && paths[n]; n++)
		at[n] = mk_glob(m, paths[n]);
	struct fp_rule *r =
		mk_rule(m, kind,
			fp_arena_printf(&m->u->arena, "%s %x \"%s\" %zu",
					effect == FP_DENY ? "deny" : "allow", (unsigned)rights,
					at[0] ? at[0]->text : "?", m->rules.n));
	r->u.file = (struct fp_rule_file){ effect, rights, { at, n } };
	return r;
}

#define mk_file(m, effect, rights, ...) \
	mk_paths(m, FP_KIND_FILE, effect, rights, (const char *const[]){ __VA_ARGS__, NULL, NULL })

MK struct fp_rule *mk_effect(struct mk *m, enum fp_kind kind, enum fp_grant effect)
{
	struct fp_rule *r = mk_rule(m, kind, effect == FP_DENY ? "default deny" : "default allow");

	r->u.effect = effect;
	return r;
}

MK uint64_t mk_const(const char *name)
{
	const struct fp_const *c = fp_const_find(name, strlen(name));

	return c ? (uint64_t)c->value[FP_ABI_X86_64] : UINT64_MAX;
}

/* argument in {names}, under a mask; all of the 32 bits where mask is 0. */
MK const struct fp_pred *mk_in(struct mk *m, unsigned arg, uint32_t mask, const char *const *names)
{
	const struct fp_pred *kids[8];
	size_t n = 0;

	for (; n < 8 && names[n]; n++) {
		struct fp_test t = { .lo = (uint8_t)(2 * arg),
				     .hi = FP_WORD_NONE,
				     .mask = mask ? mask : UINT32_MAX,
				     .min = mk_const(names[n]),
				     .max = mk_const(names[n]) };
		kids[n] = fp_pred_test(&m->u->arena, t);
	}
	return fp_pred_join(&m->u->arena, FP_PRED_OR, kids, n);
}

MK struct fp_rule *mk_call(struct mk *m, enum fp_action action, const struct fp_pred *when,
			   const char *const *calls)
{
	uint16_t *at = FP_NEW_ARRAY(&m->u->arena, 16, uint16_t);
	size_t n = 0;

	for (; n < 16 && calls[n]; n++)
		at[n] = fp_sys_find(calls[n], strlen(calls[n]))->index;
	struct fp_rule *r = mk_rule(m, FP_KIND_CALL,
				    fp_arena_printf(&m->u->arena, "%s %s %zu",
						    fp_action_name(action), calls[0], m->rules.n));
	r->u.call.decision.action = action;
	r->u.call.calls = (struct fp_call_set){ at, n };
	for (unsigned abi = 0; abi < FP_ABI_N; abi++)
		for (size_t i = 0; i < n; i++)
			if (fp_sys_at(at[i])->nr[abi] >= 0)
				r->u.call.when[abi] =
					when ? when : fp_pred_const(&m->u->arena, true);
	return r;
}

MK int mk_order(const void *a, const void *b)
{
	const struct fp_rule *x = a, *y = b;

	return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->text, y->text);
}

/* Adds the clauses of one strictness for one call. */
MK size_t mk_clauses(struct mk *m, size_t call, int action, struct fp_clause *at, size_t n)
{
	fp_ir_each (&m->ir, FP_KIND_CALL, r) {
		for (size_t i = 0; i < r->u.call.calls.n; i++)
			if (r->u.call.calls.at[i] == call &&
			    (int)r->u.call.decision.action == action)
				at[n++] = (struct fp_clause){ r, r->u.call.decision };
	}
	return n;
}

MK void mk_plans(struct mk *m)
{
	struct fp_call_plan *plans =
		FP_NEW_ARRAY(&m->u->arena, fp_sys_count(), struct fp_call_plan);
	size_t rules = m->ir.first[FP_KIND_CALL + 1] - m->ir.first[FP_KIND_CALL];

	for (size_t c = 0; rules && c < fp_sys_count(); c++) {
		struct fp_clause *at = FP_NEW_ARRAY(&m->u->arena, rules, struct fp_clause);
		size_t n = 0;
		for (int action = 0; action < FP_ACT_N; action++)
			n = mk_clauses(m, c, action, at, n);
		plans[c] = (struct fp_call_plan){ at, n };
	}
	m->ir.calls = plans;
}

MK void mk_seal(struct mk *m)
{
	if (!m->rules.n) /* a policy without a rule still has a place for them */
		m->rules.at = FP_NEW(&m->u->arena, struct fp_rule);
	qsort(m->rules.at, m->rules.n, sizeof(*m->rules.at), mk_order);
	m->ir.rules = m->rules.at;
	m->ir.rule_count = m->rules.n;
	for (uint32_t k = 0, i = 0; k <= FP_KIND_N; k++) {
		while (i < m->rules.n && m->rules.at[i].kind < k)
			i++;
		m->ir.first[k] = i;
	}
	for (size_t i = 0; i < m->rules.n; i++)
		m->rules.at[i].id = (uint32_t)i;
	mk_plans(m);
}

/* Lowers and emits; the profile, or NULL where there is none. */
MK const struct fp_artifact *mk_emit(struct mk *m, const struct fp_target *t)
{
	size_t n = m->ir.rule_count + 1;

	m->out = (struct fp_emission){ .unit = m->u, .ir = &m->ir, .target = t };
	m->out.claims = FP_NEW_ARRAY(&m->u->arena, n, struct fp_claim);
	m->out.is_claimed = FP_NEW_ARRAY(&m->u->arena, n, bool);
	fp_backend_apparmor.emit(m->u, fp_backend_apparmor.lower(m->u, &m->ir, t), &m->out);
	return m->out.artifacts.n ? m->out.artifacts.at[0] : NULL;
}

#endif
