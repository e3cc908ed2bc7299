/* SPDX-License-Identifier: MIT */
/* The sections `syscalls` and `audit`. */
#include "sema/sema.h"

#include <stdlib.h>
#include <string.h>

#define MAX_ERRNO 4095u /* include/linux/err.h: larger ones are clamped by the kernel */

static const struct {
	const char *word;
	struct fp_decision decision;
} verbs[] = {
	{ "allow", { FP_ACT_ALLOW, 0 } }, { "deny", { FP_ACT_ERRNO, 1 } },
	{ "kill", { FP_ACT_KILL, 0 } },   { "kill-thread", { FP_ACT_KILL_THREAD, 0 } },
	{ "log", { FP_ACT_LOG, 0 } },     { "notify", { FP_ACT_NOTIFY, 0 } },
	{ "trace", { FP_ACT_TRACE, 0 } }, { "trap", { FP_ACT_TRAP, 0 } },
};

static bool bad_errno(struct fp_sema *s, const struct fp_ast *e)
{
	struct fp_nearest near;

	fp_diag(s->u, FP_E_ACTION, e->span, "'%s' is no errno", e->name->text);
	fp_nearest_init(&near, e->name->text, e->name->len);
	for (uint16_t i = 1; i < 134; i++)
		if (fp_errno_name(i))
			fp_nearest_offer(&near, fp_errno_name(i));
	fp_diag_nearest(s->u, &near);
	if (!near.best)
		fp_diag_help(s->u, "the usual ones are EPERM, EACCES and ENOSYS; errno(3) has all, "
				   "and a number does too: `errno 1`");
	return false;
}

static bool read_errno(struct fp_sema *s, const struct fp_ast *node, struct fp_decision *d)
{
	const struct fp_ast *e = node->kids[0];

	if (d->action != FP_ACT_ERRNO && d->action != FP_ACT_TRAP && d->action != FP_ACT_TRACE) {
		fp_diag(s->u, FP_E_ACTION, node->span, "'%s' takes no number",
			fp_action_name(d->action));
		fp_diag_help(s->u, "`deny` has an errno, `trap` and `trace` have data");
		return false;
	}
	if (e->kind == FP_AST_NAME) {
		d->data = fp_errno_find(e->name->text, e->name->len);
		return d->data || bad_errno(s, e);
	}
	uint64_t max = d->action == FP_ACT_ERRNO ? MAX_ERRNO : UINT16_MAX;
	if (e->value > max || (d->action == FP_ACT_ERRNO && !e->value)) {
		fp_diag(s->u, FP_E_ACTION, e->span, "the number must be %u..%u",
			d->action == FP_ACT_ERRNO ? 1u : 0u, (unsigned)max);
		if (d->action == FP_ACT_ERRNO)
			fp_diag_help(s->u, "the kernel clamps an errno above %u without a word",
				     MAX_ERRNO);
		return false;
	}
	d->data = (uint16_t)e->value;
	return true;
}

bool fp_sema_decision(struct fp_sema *s, const struct fp_ast *node, struct fp_decision *out)
{
	const struct fp_ast *number = fp_ast_kid(node, FP_AST_ERRNO);

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(verbs[i].word, node->name->text)) {
			*out = verbs[i].decision;
			return !number || read_errno(s, number, out);
		}
	fp_diag(s->u, FP_E_ACTION, node->name_span, "'%s' is no action for system calls",
		node->name->text);
	return false;
}

static const char *decision_text(struct fp_sema *s, struct fp_decision d)
{
	const char *name = d.action == FP_ACT_ERRNO ? fp_errno_name(d.data) : NULL;

	if (d.action == FP_ACT_ERRNO)
		return name ? fp_arena_printf(&s->u->arena, "deny errno %s", name)
			    : fp_arena_printf(&s->u->arena, "deny errno %u", d.data);
	if (d.data)
		return fp_arena_printf(&s->u->arena, "%s data %u", fp_action_name(d.action),
				       d.data);
	return fp_action_name(d.action);
}

static const struct fp_sysdef *find_call(struct fp_sema *s, const struct fp_ast *n)
{
	const struct fp_sysdef *sys = fp_sys_find(n->name->text, n->name->len);
	struct fp_nearest near;

	if (sys)
		return sys;
	fp_diag(s->u, FP_E_UNKNOWN_CALL, n->name_span.begin ? n->name_span : n->span,
		"there is no system call '%s'", n->name->text);
	fp_nearest_init(&near, n->name->text, n->name->len);
	for (size_t i = 0; i < fp_sys_count(); i++)
		fp_nearest_offer(&near, fp_sys_at(i)->name);
	fp_diag_nearest(s->u, &near);
	if (!near.best)
		fp_diag_help(s->u, "the table holds the calls of Linux %s and earlier",
			     fp_sys_table_version());
	return NULL;
}

static bool wrong_set_kind(struct fp_sema *s, const struct fp_ast *ref, const struct fp_ast *leaf)
{
	fp_diag(s->u, FP_E_SET_KIND, ref->span, "'%s' is no set of calls", ref->name->text);
	fp_diag_note(s->u, leaf->span, "it holds this");
	return false;
}

static bool add_set(struct fp_sema *s, const struct fp_ast *ref, uint8_t *in, const char **text)
{
	const struct fp_set_def *set = fp_sema_members(s, ref, "calls");

	if (!set)
		return false;
	for (size_t i = 0; i < set->n; i++) {
		if (set->leaves[i]->kind != FP_AST_NAME)
			return wrong_set_kind(s, ref, set->leaves[i]);
		const struct fp_sysdef *sys = find_call(s, set->leaves[i]);
		if (!sys)
			return false;
		in[sys->index] = 1;
	}
	*text = fp_sema_set_text(s, set);
	return true;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *list_text(struct fp_sema *s, const char **texts, size_t n)
{
	struct fp_buf b;

	fp_buf_init(&b, &s->u->arena);
	if (n)
		qsort(texts, n, sizeof(*texts), by_bytes);
	for (size_t i = 0; i < n; i++) {
		if (i && !strcmp(texts[i], texts[i - 1]))
			continue;
		fp_buf_puts(&b, i ? ", " : "");
		fp_buf_puts(&b, texts[i]);
	}
	return fp_buf_text(&b);
}

bool fp_sema_call_set(struct fp_sema *s, const struct fp_ast *const *nodes, size_t n,
		      struct fp_call_set *out, const char **text)
{
	uint8_t *in = fp_arena_alloc(&s->u->arena, fp_sys_count());
	const char **texts = FP_NEW_ARRAY(&s->u->arena, n ? n : 1, const char *);
	uint16_t *at;
	bool ok = true;
	size_t k = 0, count = 0;

	for (size_t i = 0; i < n; i++) {
		if (nodes[i]->kind == FP_AST_SETREF) {
			ok &= add_set(s, nodes[i], in, &texts[k]);
		} else {
			const struct fp_sysdef *sys = find_call(s, nodes[i]);
			ok &= sys != NULL;
			if (sys)
				in[sys->index] = 1;
			texts[k] = sys ? sys->name : "";
		}
		k++;
	}
	if (!ok)
		return false;
	for (size_t i = 0; i < fp_sys_count(); i++)
		count += in[i];
	out->at = at = FP_NEW_ARRAY(&s->u->arena, count ? count : 1, uint16_t);
	out->n = count;
	for (uint16_t i = 0; i < fp_sys_count(); i++)
		if (in[i])
			*at++ = i;
	*text = list_text(s, texts, n);
	return true;
}

static void open_by_statements(struct fp_sema *s, const struct fp_ast *n)
{
	enum fp_abi abi;

	for (size_t i = 0; i < n->n; i++) {
		const struct fp_ast *kid = n->kids[i];
		if (kid->kind == FP_AST_WIDEN || kid->kind == FP_AST_SECTION ||
		    kid->kind == FP_AST_ABI)
			open_by_statements(s, kid);
		else if (n->kind == FP_AST_ABI && kid->kind == FP_AST_NAME &&
			 fp_abi_find(kid->name->text, kid->name->len, &abi))
			s->open_abis |= (uint8_t)(1u << abi);
	}
}

void fp_sema_open_abis(struct fp_sema *s)
{
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
		if (fp_abi(abi)->is_native)
			s->open_abis |= (uint8_t)(1u << abi);
	for (size_t i = 0; i < s->policies.n; i++)
		open_by_statements(s, s->policies.at[i]->node);
}

/* The predicate on every open ABI; errors are the same on all, so the first is enough. */
static bool conditions(struct fp_sema *s, const struct fp_ast *call, const struct fp_ast *where,
		       const struct fp_sysdef *sys, const struct fp_pred *when[FP_ABI_N])
{
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
		if (sys->nr[abi] < 0 || !(s->open_abis & 1u << abi))
			continue;
		when[abi] = fp_sema_condition(s, sys, abi, call, where->kids[0]);
		if (!when[abi])
			return false;
	}
	return true;
}

static bool is_never(const struct fp_pred *const when[FP_ABI_N])
{
	bool is_somewhere = false;

	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
		if (when[abi] && when[abi]->op != FP_PRED_FALSE)
			return false;
		is_somewhere |= when[abi] != NULL;
	}
	return is_somewhere;
}

static void always(struct fp_rule_call *c)
{
	for (size_t i = 0; i < c->calls.n; i++)
		for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
			if (fp_sys_at(c->calls.at[i])->nr[abi] >= 0)
				c->when[abi] = fp_pred_const(NULL, true);
}

static bool is_param(const struct fp_sysdef *sys, const struct fp_str *name)
{
	struct fp_param p;

	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
		if (fp_sys_param_find(sys, abi, name->text, name->len, &p))
			return true;
	return false;
}

const char *fp_sema_params_text(struct fp_sema *s, const struct fp_sysdef *sys, enum fp_abi abi)
{
	struct fp_param p;
	struct fp_buf b;

	fp_buf_init(&b, &s->u->arena);
	for (size_t i = 0; fp_sys_param(sys, abi, i, &p); i++)
		if (p.kind != FP_PARAM_UNUSED)
			fp_buf_printf(&b, "%s%s", b.len ? ", " : "", p.name);
	return fp_buf_text(&b);
}

static void unknown_param(struct fp_sema *s, const struct fp_sysdef *sys, const struct fp_ast *n)
{
	struct fp_nearest near;
	struct fp_param p;
	enum fp_abi abi = 0;

	while (abi < FP_ABI_N - 1 && sys->nr[abi] < 0)
		abi++;
	fp_diag(s->u, FP_E_CALL_PARAM, n->span, "%s has no parameter '%s'", sys->name,
		n->name->text);
	fp_nearest_init(&near, n->name->text, n->name->len);
	for (size_t i = 0; fp_sys_param(sys, abi, i, &p); i++)
		fp_nearest_offer(&near, p.name);
	fp_diag_nearest(s->u, &near);
	fp_diag_help(s->u, "it is called as %s(%s)", sys->name, fp_sema_params_text(s, sys, abi));
}

/* Every name in the parentheses is a parameter somewhere; which ABI has it is for conditions to
 * see. */
bool fp_sema_listed(struct fp_sema *s, const struct fp_ast *call)
{
	const struct fp_sysdef *sys = fp_sys_find(call->name->text, call->name->len);
	bool ok = true;

	for (size_t i = 0; sys && i < call->n && call->kids[i]->kind == FP_AST_NAME; i++) {
		if (is_param(sys, call->kids[i]->name))
			continue;
		ok = false;
		unknown_param(s, sys, call->kids[i]);
	}
	return ok;
}

static const char *call_text(struct fp_sema *s, const struct fp_ast *call)
{
	struct fp_buf b;

	fp_buf_init(&b, &s->u->arena);
	fp_buf_puts(&b, call->name->text);
	for (size_t i = 0; i < call->n; i++) {
		fp_buf_puts(&b, i ? ", " : "(");
		fp_buf_puts(&b, call->kids[i]->name->text);
	}
	fp_buf_puts(&b, call->n ? ")" : "");
	return fp_buf_text(&b);
}

static void calls(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *n)
{
	const struct fp_ast *where = fp_ast_kid(n, FP_AST_WHERE);
	struct fp_rule_call c = { 0 };
	const char *text;
	size_t count = 0;

	while (count < n->n &&
	       (n->kids[count]->kind == FP_AST_CALL || n->kids[count]->kind == FP_AST_SETREF))
		count++;
	if (!fp_sema_decision(s, n, &c.decision) ||
	    !fp_sema_call_set(s, (const struct fp_ast *const *)n->kids, count, &c.calls, &text))
		return;
	for (size_t i = 0; i < count; i++)
		if (n->kids[i]->kind == FP_AST_CALL && !fp_sema_listed(s, n->kids[i]))
			return;
	if (where && (count != 1 || n->kids[0]->kind != FP_AST_CALL)) {
		fp_diag(s->u, FP_E_CONDITION, where->span, "a condition needs exactly one call");
		fp_diag_help(s->u, "write one rule for each call that has this condition");
		return;
	}
	if (where && !conditions(s, n->kids[0], where, fp_sys_at(c.calls.at[0]), c.when))
		return;
	if (!where)
		always(&c);
	else if (is_never(c.when))
		fp_diag(s->u, FP_W_DEAD_RULE, where->span, "this condition can never hold");
	if (where)
		text = fp_arena_printf(&s->u->arena, "%s where %s", call_text(s, n->kids[0]),
				       fp_sema_condition_text(s, where->kids[0]));
	struct fp_draft_rule *r = fp_sema_rule(s, sc, FP_KIND_CALL, n, NULL, "%s: %s",
					       decision_text(s, c.decision), text);
	r->rule.u.call = c;
}

/* FP_SINCE of "6.12", or 0. */
static uint16_t version_of(const char *text)
{
	unsigned major = 0, minor = 0;

	for (; *text >= '0' && *text <= '9' && major < 100; text++)
		major = major * 10 + (unsigned)(*text - '0');
	if (*text++ != '.')
		return 0;
	for (; *text >= '0' && *text <= '9' && minor < 255; text++)
		minor = minor * 10 + (unsigned)(*text - '0');
	return *text || major > 99 || minor > 254 ? 0 : FP_SINCE(major, minor);
}

static void unknown(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *n)
{
	const struct fp_ast *after = fp_ast_kid(n, FP_AST_AFTER);
	struct fp_decision d;
	uint16_t since = after ? version_of(after->text->text) : 0;

	if (!fp_sema_decision(s, n, &d))
		return;
	if (after && !since) {
		fp_diag(s->u, FP_E_NUMBER, after->span, "'%s' is no kernel version",
			after->text->text);
		fp_diag_help(s->u, "write major.minor: `after linux 6.12`");
		return;
	}
	struct fp_draft_rule *r = after ? fp_sema_rule(s, sc, FP_KIND_CALL_UNKNOWN, n, "",
						       "unknown after linux %u.%u: %s", since >> 8,
						       since & 0xffu, decision_text(s, d))
					: fp_sema_rule(s, sc, FP_KIND_CALL_UNKNOWN, n, "",
						       "unknown: %s", decision_text(s, d));
	r->rule.u.unknown.decision = d;
	r->rule.u.unknown.reviewed = since;
}

static void abis(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *n)
{
	for (size_t i = 0; i < n->n && n->kids[i]->kind == FP_AST_NAME; i++) {
		const struct fp_ast *name = n->kids[i];
		enum fp_abi abi;
		if (!fp_abi_find(name->name->text, name->name->len, &abi)) {
			struct fp_nearest near;
			fp_diag(s->u, FP_E_ABI, name->span, "there is no ABI '%s'",
				name->name->text);
			fp_nearest_init(&near, name->name->text, name->name->len);
			for (enum fp_abi a = 0; a < FP_ABI_N; a++)
				if (!fp_abi(a)->is_native)
					fp_nearest_offer(&near, fp_abi(a)->name);
			fp_diag_nearest(s->u, &near);
			fp_diag_help(s->u, "`abi` opens foreign ABIs: i386, x32, arm");
		} else if (fp_abi(abi)->is_native) {
			fp_diag(s->u, FP_E_ABI, name->span, "'%s' is native: it is always open",
				name->name->text);
			fp_diag_help(s->u, "`abi` opens foreign ABIs: i386, x32, arm");
		} else {
			struct fp_draft_rule *r = fp_sema_rule(s, sc, FP_KIND_CALL_ABI, n, NULL,
							       "abi %s", fp_abi(abi)->name);
			r->rule.u.abis = (uint8_t)(1u << abi);
		}
	}
}

static void call_default(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *n)
{
	struct fp_decision d;

	if (!fp_sema_decision(s, n, &d))
		return;
	struct fp_draft_rule *r = fp_sema_rule(s, sc, FP_KIND_CALL_DEFAULT, n, "", "default: %s",
					       decision_text(s, d));
	r->rule.u.decision = d;
}

void fp_sema_syscalls(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *section)
{
	for (size_t i = 0; i < section->n; i++) {
		const struct fp_ast *n = section->kids[i];
		if (n->kind == FP_AST_DEFAULT)
			call_default(s, sc, n);
		else if (n->kind == FP_AST_UNKNOWN)
			unknown(s, sc, n);
		else if (n->kind == FP_AST_ABI)
			abis(s, sc, n);
		else
			calls(s, sc, n);
	}
}

void fp_sema_audit(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *section)
{
	for (size_t i = 0; i < section->n; i++) {
		const struct fp_ast *n = section->kids[i];
		struct fp_rule_audit a = { .denied = n->kind == FP_AST_AUDIT_DENIED };
		const char *text = "";
		size_t count = n->n && n->kids[n->n - 1]->kind == FP_AST_TAIL ? n->n - 1 : n->n;
		if (!a.denied && !fp_sema_call_set(s, (const struct fp_ast *const *)n->kids, count,
						   &a.allowed, &text))
			continue;
		struct fp_draft_rule *r =
			a.denied ? fp_sema_rule(s, sc, FP_KIND_AUDIT, n, NULL, "audit denied")
				 : fp_sema_rule(s, sc, FP_KIND_AUDIT, n, NULL, "audit allowed: %s",
						text);
		r->rule.u.audit = a;
	}
}
