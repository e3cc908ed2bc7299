/* SPDX-License-Identifier: MIT */
/* Assertions: `never`, `expect` and `test`, brought to subjects the IR can be asked about. */
#include "sema/sema.h"

#include <string.h>

#define AT_FDCWD ((uint64_t)-100) /* include/uapi/linux/fcntl.h */

static const struct fp_pathcall *path_call(const char *name)
{
	const struct fp_pathcall *p;

	for (size_t i = 0; (p = fp_pathcall_at(i)); i++)
		if (!strcmp(p->call, name))
			return p;
	return NULL;
}

/* One value of a test into the words of its parameter. */
static bool put_value(struct fp_sema *s, enum fp_abi abi, const struct fp_param *p,
		      const struct fp_ast *v, struct fp_subject *sub)
{
	bool is_enum = false, is_absent = false;
	int64_t value = 0;

	if (v->kind == FP_AST_TEXT)
		value = 1; /* some address: no filter may depend on it */
	else if (!fp_sema_value(s, abi, v, &value, &is_enum, &is_absent))
		return false;
	uint64_t bits = (uint64_t)value;
	if (p->kind == FP_PARAM_INT && p->bytes < 8)
		bits &= ((uint64_t)1 << (p->bytes * 8)) - 1;
	uint64_t *args = sub->args[abi];
	args[p->lo / 2] |= (bits & UINT32_MAX) << (p->lo % 2 ? 32 : 0);
	if (p->hi != FP_WORD_NONE)
		args[p->hi / 2] |= (bits >> 32) << (p->hi % 2 ? 32 : 0);
	const struct fp_pathcall *pc = path_call(sub->call->name);
	if (pc && pc->by_flags && !strcmp(pc->by_flags, p->name))
		sub->open_flags[abi] = bits;
	return true;
}

/* Values go to parameters in order; those before a path may be left out: openat("/in/a.c",
 * O_RDONLY). */
static bool put_values(struct fp_sema *s, enum fp_abi abi, const struct fp_ast *n,
		       struct fp_subject *sub)
{
	size_t param = 0;

	for (size_t i = 0; i < n->n; i++, param++) {
		struct fp_param p;
		bool found = fp_sys_param(sub->call, abi, param, &p);
		while (found && n->kids[i]->kind == FP_AST_TEXT && p.kind != FP_PARAM_PATH) {
			if (p.kind == FP_PARAM_INT && strstr(p.name, "fd"))
				sub->args[abi][p.lo / 2] |= AT_FDCWD & UINT32_MAX;
			found = fp_sys_param(sub->call, abi, ++param, &p);
		}
		while (found && p.kind == FP_PARAM_UNUSED)
			found = fp_sys_param(sub->call, abi, ++param, &p);
		if (!found) {
			fp_diag(s->u, FP_E_TEST_FORM, n->kids[i]->span,
				n->kids[i]->kind == FP_AST_TEXT ? "%s takes no path here"
								: "%s has fewer parameters",
				sub->call->name);
			fp_diag_help(s->u, "it is called as %s(%s)", sub->call->name,
				     fp_sema_params_text(s, sub->call, abi));
			return false;
		}
		if (!put_value(s, abi, &p, n->kids[i], sub))
			return false;
	}
	return true;
}

static bool test_file(struct fp_sema *s, const struct fp_ast *v, struct fp_subject *sub)
{
	sub->path = fp_sema_glob(s, v);
	if (!sub->path)
		return false;
	if (sub->path->path)
		return true;
	fp_diag(s->u, FP_E_TEST_FORM, v->span, "a test names one path");
	fp_diag_help(s->u, "patterns belong to `never` and `expect`");
	return false;
}

static bool test_call(struct fp_sema *s, const struct fp_ast *n, struct fp_subject *sub)
{
	for (size_t i = 0; i < n->n; i++) {
		const struct fp_ast *v = n->kids[i];
		if (v->kind == FP_AST_WHERE) {
			fp_diag(s->u, FP_E_TEST_FORM, v->span,
				"a test is one call with its values");
			fp_diag_help(s->u, "conditions belong to `never` and `expect`");
			return false;
		}
		if (v->kind == FP_AST_TEXT && !sub->path && !test_file(s, v, sub))
			return false;
	}
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
		if (sub->call->nr[abi] >= 0 && s->open_abis & 1u << abi &&
		    !put_values(s, abi, n, sub))
			return false;
	return true;
}

static bool claim_call(struct fp_sema *s, const struct fp_ast *n, struct fp_subject *sub)
{
	const struct fp_ast *where = fp_ast_kid(n, FP_AST_WHERE);

	if (!fp_sema_listed(s, n))
		return false;
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
		if (sub->call->nr[abi] < 0 || !(s->open_abis & 1u << abi))
			continue;
		sub->when[abi] = where ? fp_sema_condition(s, sub->call, abi, n, where->kids[0])
				       : fp_pred_const(&s->u->arena, true);
		if (!sub->when[abi])
			return false;
	}
	return true;
}

static const char *subject_text(struct fp_sema *s, const struct fp_ast *n)
{
	const struct fp_ast *where = fp_ast_kid(n, FP_AST_WHERE);
	struct fp_buf b;

	fp_buf_init(&b, &s->u->arena);
	fp_buf_puts(&b, n->name->text);
	size_t count = where ? n->n - 1 : n->n;
	for (size_t i = 0; i < count; i++) {
		const struct fp_ast *v = n->kids[i];
		fp_buf_puts(&b, i ? ", " : "(");
		if (v->kind == FP_AST_TEXT)
			fp_buf_printf(&b, "\"%s\"", v->text->text);
		else
			fp_buf_puts(&b, fp_sema_condition_text(s, v));
	}
	fp_buf_puts(&b, count ? ")" : "");
	if (where)
		fp_buf_printf(&b, " where %s", fp_sema_condition_text(s, where->kids[0]));
	return fp_buf_text(&b);
}

/* A test names a protocol and, where there are ports, a port; eval.c asks for the rest. */
static bool is_one_packet(struct fp_sema *s, const struct fp_ast *n, const struct fp_rule_net *net,
			  const char *text)
{
	const char *word = !strcmp(n->name->text, "egress") ? "connect" : n->name->text;

	if (net->proto == FP_PROTO_ANY) {
		fp_diag(s->u, FP_E_TEST_FORM, n->span, "a test names one protocol");
		fp_diag_help(s->u, "write `%s tcp %s`", word, strchr(text, ' ') + 1);
		return false;
	}
	if (net->proto == FP_PROTO_ICMP || fp_ast_kid(n, FP_AST_PORT))
		return true;
	fp_diag(s->u, FP_E_TEST_FORM, n->span, "a test names one port");
	fp_diag_help(s->u, "write `%s %s port 443`", word, text);
	return false;
}

static bool subject(struct fp_sema *s, const struct fp_ast *n, bool is_test, struct fp_subject *sub,
		    const char **text)
{
	bool egress;

	if (n->kind == FP_AST_SUBJECT_PATH) {
		sub->kind = FP_SUBJECT_PATH;
		sub->rights = fp_sema_right(s, n->name, n->name_span);
		sub->path = sub->rights ? fp_sema_glob(s, n->kids[0]) : NULL;
		if (sub->path)
			*text = fp_arena_printf(&s->u->arena, "%s \"%s\"", n->name->text,
						sub->path->text);
		return sub->path != NULL;
	}
	if (n->kind == FP_AST_SUBJECT_NET) {
		egress = !strcmp(n->name->text, "egress");
		sub->kind = egress ? FP_SUBJECT_EGRESS : FP_SUBJECT_INGRESS;
		if (!fp_sema_net_rule(s, n, egress, &sub->net, text) ||
		    (is_test && !is_one_packet(s, n, &sub->net, *text)))
			return false;
		*text = fp_arena_printf(&s->u->arena, "%s %s", n->name->text, *text);
		return true;
	}
	if (n->kind == FP_AST_SUBJECT_CAP) {
		const struct fp_cap *cap = fp_cap_find(n->name->text, n->name->len);
		if (!cap) {
			fp_sema_unknown_cap(s, n);
			return false;
		}
		sub->kind = FP_SUBJECT_CAPABILITY;
		sub->cap = cap->bit;
		*text = fp_arena_printf(&s->u->arena, "capability %s", cap->name);
		return true;
	}
	const struct fp_ast *one = n;
	struct fp_call_set set;
	const char *name;
	sub->kind = FP_SUBJECT_CALL;
	if (!fp_sema_call_set(s, &one, 1, &set, &name))
		return false;
	sub->call = fp_sys_at(set.at[0]);
	*text = subject_text(s, n);
	return is_test ? test_call(s, n, sub) : claim_call(s, n, sub);
}

/* A set stands for its calls: one assertion each. */
static void set_subjects(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *n,
			 const struct fp_assertion *like)
{
	struct fp_ast ref = *n;
	const struct fp_ast *one = &ref;
	struct fp_call_set set;
	const char *text;

	ref.kind = FP_AST_SETREF;
	if (!fp_sema_call_set(s, &one, 1, &set, &text))
		return;
	for (size_t i = 0; i < set.n; i++) {
		struct fp_assertion a = *like;
		a.subject.kind = FP_SUBJECT_CALL;
		a.subject.call = fp_sys_at(set.at[i]);
		for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
			if (a.subject.call->nr[abi] >= 0)
				a.subject.when[abi] = fp_pred_const(&s->u->arena, true);
		a.text = a.subject.call->name;
		a.group = text;
		fp_vec_push(&s->u->arena, &sc->draft->assertions, a);
	}
}

static void subjects(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *n,
		     struct fp_assertion like)
{
	for (size_t i = 0; i < n->n; i++) {
		struct fp_assertion a = like;
		if (n->kids[i]->kind == FP_AST_TAIL)
			continue;
		a.span = n->kids[i]->span;
		if (n->kids[i]->kind == FP_AST_SUBJECT_CALL && n->kids[i]->name->text[0] == '@')
			set_subjects(s, sc, n->kids[i], &a);
		else if (subject(s, n->kids[i], a.kind == FP_ASSERT_TEST, &a.subject, &a.text))
			fp_vec_push(&s->u->arena, &sc->draft->assertions, a);
	}
}

void fp_sema_assertion(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *node)
{
	struct fp_assertion like = { .kind = FP_ASSERT_TEST };
	struct fp_tail tail = { 0 };

	sc->draft->has_assertions = true;
	if (node->kind == FP_AST_TEST) {
		for (size_t i = 0; i < node->n; i++) {
			like.wanted = node->kids[i]->kind == FP_AST_TEST_ALLOW ? FP_ALLOW : FP_DENY;
			subjects(s, sc, node->kids[i], like);
		}
		return;
	}
	like.kind = node->kind == FP_AST_NEVER ? FP_ASSERT_NEVER : FP_ASSERT_EXPECT;
	like.is_critical = node->flags & FP_AST_FLAG_CRITICAL;
	fp_sema_read_reason(s, node, &tail);
	like.reason = tail.because;
	like.until = tail.until;
	subjects(s, sc, node, like);
}
