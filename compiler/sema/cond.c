/* SPDX-License-Identifier: MIT */
/* Conditions: typed by the call's signature, brought to tests on the words a filter sees, one ABI
 * at a time. */
#include "sema/sema.h"

#include <inttypes.h>
#include <string.h>

struct cond {
	struct fp_sema *s;
	const struct fp_sysdef *sys;
	enum fp_abi abi;
	const struct fp_ast *call; /* its kids are the parameters named */
	bool is_first;             /* of the ABIs asked for: warnings are said once */
};

/* The left side of a test: a parameter, maybe masked. */
struct field {
	struct fp_param param;
	uint64_t mask; /* within the parameter's width */
	bool is_masked;
};

static const struct fp_pred *condition(const struct cond *c, const struct fp_ast *n);

static uint64_t width_mask(const struct fp_param *p)
{
	return p->bytes == 8 ? UINT64_MAX : ((uint64_t)1 << (p->bytes * 8)) - 1;
}

/* ---- values ---- */

static bool set_value(struct fp_sema *s, enum fp_abi abi, const struct fp_ast *e, int64_t *out,
		      bool *is_enum, bool *is_absent)
{
	const struct fp_set_def *set = fp_sema_members(s, e, "constants");

	if (!set)
		return false;
	*out = 0;
	for (size_t i = 0; i < set->n; i++) {
		int64_t v;
		if (!fp_sema_value(s, abi, set->leaves[i], &v, is_enum, is_absent))
			return false;
		*out |= v;
	}
	return true;
}

/* Of letters, digits and '_', whatever the locale. */
static bool is_same_but_case(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && ((*a ^ *b) != 0x20 || (*a | 0x20) < 'a' || (*a | 0x20) > 'z'))
			return false;
	return *a == *b;
}

static bool unknown_const(struct fp_sema *s, const struct fp_ast *e)
{
	struct fp_nearest near;

	fp_diag(s->u, FP_E_UNKNOWN_CONST, e->span, "there is no constant '%s'", e->name->text);
	fp_nearest_init(&near, e->name->text, e->name->len);
	for (size_t i = 0; i < fp_const_count(); i++)
		fp_nearest_offer(&near, fp_const_at(i)->name);
	for (size_t i = 0; i < s->consts.n; i++)
		fp_nearest_offer(&near, s->consts.at[i]->node->name->text);
	for (size_t i = 0; !near.best && i < fp_const_count(); i++)
		if (is_same_but_case(e->name->text, fp_const_at(i)->name))
			near.best = fp_const_at(i)->name;
	fp_diag_nearest(s->u, &near);
	return false;
}

/* Found once an ABI: a constant may be used in many, and those in many more. */
static bool find_const(struct fp_sema *s, enum fp_abi abi, const struct fp_ast *e,
		       struct fp_const_def *d)
{
	bool is_enum = false, is_absent = false;

	if (d->open || s->const_depth == FP_CONST_DEPTH) {
		fp_diag(s->u, FP_E_SET_CYCLE, e->span, "the constant '%s' %s", e->name->text,
			d->open ? "is its own value" : "nests too deeply");
		return false;
	}
	d->open = true;
	s->const_depth++;
	bool ok = fp_sema_value(s, abi, d->node->kids[0], &d->value[abi], &is_enum, &is_absent);
	s->const_depth--;
	d->open = false;
	d->known |= (uint8_t)(1u << abi);
	d->is_enum |= (uint8_t)((unsigned)is_enum << abi);
	d->is_absent |= (uint8_t)((unsigned)is_absent << abi);
	return ok;
}

static bool const_value(struct fp_sema *s, enum fp_abi abi, const struct fp_ast *e,
			struct fp_const_def *d, int64_t *out, bool *is_enum, bool *is_absent)
{
	d->used = true;
	if (!d->is_bad && !(d->known & 1u << abi))
		d->is_bad = !find_const(s, abi, e, d);
	*out = d->value[abi];
	*is_enum |= d->is_enum >> abi & 1;
	*is_absent |= d->is_absent >> abi & 1;
	return !d->is_bad;
}

static bool named_value(struct fp_sema *s, enum fp_abi abi, const struct fp_ast *e, int64_t *out,
			bool *is_enum, bool *is_absent)
{
	struct fp_const_def *d = fp_sema_const(s, e->name);
	const struct fp_const *k = fp_const_find(e->name->text, e->name->len);

	if (d)
		return const_value(s, abi, e, d, out, is_enum, is_absent);
	if (fp_sema_param(s, e->name)) {
		uint64_t number;
		bool ok = fp_sema_number(s, e, "number", &number);
		*out = ok ? (int64_t)number : 0;
		return ok;
	}
	if (!k)
		return unknown_const(s, e);
	*is_enum |= k->is_enum;
	bool is_present = k->present & 1u << abi;
	*is_absent |= !is_present;
	*out = is_present ? k->value[abi] : 0;
	return true;
}

/* Past INT64_MAX a number is its bits; below INT64_MIN there is none. */
static bool number_value(struct fp_sema *s, const struct fp_ast *e, int64_t *out)
{
	bool negative = e->flags & FP_AST_FLAG_NEGATIVE;

	*out = (int64_t)(negative ? 0 - e->value : e->value);
	if (!negative || e->value <= (uint64_t)INT64_MAX + 1)
		return true;
	fp_diag(s->u, FP_E_CONST_RANGE, e->span, "a negative number has 63 bits at most");
	return false;
}

bool fp_sema_value(struct fp_sema *s, enum fp_abi abi, const struct fp_ast *e, int64_t *out,
		   bool *is_enum, bool *is_absent)
{
	int64_t a, b;

	if (e->kind == FP_AST_NUMBER || e->kind == FP_AST_SIZE)
		return number_value(s, e, out);
	if (e->kind == FP_AST_NAME && !strcmp(e->name->text, "NULL")) {
		*out = 0;
		return true;
	}
	if (e->kind == FP_AST_NAME)
		return named_value(s, abi, e, out, is_enum, is_absent);
	if (e->kind == FP_AST_SETREF)
		return set_value(s, abi, e, out, is_enum, is_absent);
	if (e->kind == FP_AST_BITNOT) {
		if (!fp_sema_value(s, abi, e->kids[0], &a, is_enum, is_absent))
			return false;
		*out = ~a;
		return true;
	}
	if (e->kind == FP_AST_BITOR || e->kind == FP_AST_BITAND) {
		if (!fp_sema_value(s, abi, e->kids[0], out, is_enum, is_absent))
			return false;
		for (size_t i = 1; i < e->n; i++) {
			if (!fp_sema_value(s, abi, e->kids[i], &b, is_enum, is_absent))
				return false;
			*out = e->kind == FP_AST_BITOR ? *out | b : *out & b;
		}
		return true;
	}
	fp_diag(s->u, FP_E_CONDITION, e->span, "a constant is needed here");
	return false;
}

/* ---- fields ---- */

static bool is_listed(const struct cond *c, const struct fp_str *name)
{
	for (size_t i = 0; i < c->call->n; i++)
		if (c->call->kids[i]->kind == FP_AST_NAME && c->call->kids[i]->name == name)
			return true;
	return false;
}

static bool names_param(const struct cond *c, const struct fp_ast *e)
{
	if (e->kind == FP_AST_BITAND)
		return names_param(c, e->kids[0]) || names_param(c, e->kids[1]);
	return e->kind == FP_AST_NAME && is_listed(c, e->name);
}

struct names {
	FP_VEC(const struct fp_ast *) list;
};

static bool has_name(const struct names *names, const struct fp_str *name)
{
	for (size_t i = 0; i < names->list.n; i++)
		if (names->list.at[i]->name == name)
			return true;
	return false;
}

/* Parameters that the condition names and the parentheses do not. */
static void find_unlisted(const struct cond *c, const struct fp_ast *n, struct names *out)
{
	struct fp_param p;

	for (size_t i = 0; i < n->n; i++)
		find_unlisted(c, n->kids[i], out);
	if (n->kind != FP_AST_NAME || is_listed(c, n->name) || has_name(out, n->name) ||
	    fp_sema_const(c->s, n->name) || fp_sema_param(c->s, n->name) ||
	    !fp_sys_param_find(c->sys, c->abi, n->name->text, n->name->len, &p))
		return;
	fp_vec_push(&c->s->u->arena, &out->list, n);
}

/* Said once for the whole condition: one pair of parentheses mends it. */
static bool check_listed(const struct cond *c, const struct fp_ast *condition)
{
	struct names missing = { 0 };
	struct fp_buf list;

	find_unlisted(c, condition, &missing);
	if (!missing.list.n)
		return true;
	fp_buf_init(&list, &c->s->u->arena);
	for (size_t i = 0; i < c->call->n && c->call->kids[i]->kind == FP_AST_NAME; i++)
		fp_buf_printf(&list, "%s%s", list.len ? ", " : "", c->call->kids[i]->name->text);
	for (size_t i = 0; i < missing.list.n; i++)
		fp_buf_printf(&list, "%s%s", list.len ? ", " : "", missing.list.at[i]->name->text);
	fp_diag(c->s->u, FP_E_CONDITION, missing.list.at[0]->span, "'%s' is not listed after %s",
		missing.list.at[0]->name->text, c->sys->name);
	fp_diag_help(c->s->u, "list it: `%s(%s)`", c->sys->name, fp_buf_text(&list));
	return false;
}

/* A test of nothing that the call takes; `e` is its left side. */
static void no_param(const struct cond *c, const struct fp_ast *n, const struct fp_ast *e,
		     const char *what)
{
	const char *list = fp_sema_params_text(c->s, c->sys, c->abi);
	struct fp_nearest near;
	struct fp_param p;

	while (e->kind == FP_AST_BITAND)
		e = e->kids[0];
	fp_nearest_init(&near, e->name ? e->name->text : "", e->name ? e->name->len : 0);
	for (size_t i = 0; fp_sys_param(c->sys, c->abi, i, &p); i++)
		fp_nearest_offer(&near, p.name);
	fp_diag(c->s->u, FP_E_CONDITION, n->span, "%s a parameter of %s", what, c->sys->name);
	fp_diag_nearest(c->s->u, &near);
	fp_diag_help(c->s->u,
		     list[0] ? "those that it tests are listed after the call: `%s(%s)`"
			     : "%s%s takes none",
		     c->sys->name, list);
}

static bool find_param(const struct cond *c, const struct fp_ast *e, struct field *f)
{
	if (!fp_sys_param_find(c->sys, c->abi, e->name->text, e->name->len, &f->param)) {
		fp_diag(c->s->u, FP_E_CALL_PARAM, e->span, "%s has no parameter '%s' on %s",
			c->sys->name, e->name->text, fp_abi(c->abi)->name);
		if (!fp_abi(c->abi)->is_native)
			fp_diag_help(c->s->u,
				     "it is passed in memory there: close the ABI, or rule "
				     "on the whole call");
		return false;
	}
	f->mask = width_mask(&f->param);
	f->is_masked = false;
	return true;
}

static bool field_of(const struct cond *c, const struct fp_ast *e, struct field *f)
{
	int64_t mask;
	bool is_enum = false, is_absent = false;

	if (e->kind == FP_AST_NAME)
		return find_param(c, e, f);
	const struct fp_ast *name = e->kids[0], *bits = e->kids[1];
	if (!names_param(c, name)) {
		name = e->kids[1];
		bits = e->kids[0];
	}
	if (names_param(c, bits)) {
		fp_diag(c->s->u, FP_E_CONDITION, e->span,
			"two parameters in one test: a filter compares with constants only");
		return false;
	}
	if (!field_of(c, name, f) ||
	    !fp_sema_value(c->s, c->abi, bits, &mask, &is_enum, &is_absent))
		return false;
	f->mask &= (uint64_t)mask;
	f->is_masked = true;
	return true;
}

static struct fp_test test_of(const struct field *f)
{
	return (struct fp_test){ .lo = f->param.lo, .hi = f->param.hi, .mask = f->mask };
}

static const struct fp_pred *range(const struct cond *c, const struct field *f, uint64_t min,
				   uint64_t max)
{
	struct fp_test t = test_of(f);

	t.min = min;
	t.max = max;
	return fp_pred_test(&c->s->u->arena, t);
}

/* Whether the parameter can hold the value, read as signed or as unsigned. */
static bool fits(const struct field *f, int64_t v)
{
	unsigned bits = f->param.bytes * 8u;

	if (bits == 64)
		return true;
	if (v < 0)
		return v >= -((int64_t)1 << (bits - 1));
	return (uint64_t)v <= width_mask(&f->param);
}

static bool operand(const struct cond *c, const struct field *f, const struct fp_ast *e,
		    int64_t *out, bool *is_enum, bool *is_absent)
{
	if (names_param(c, e)) {
		fp_diag(c->s->u, FP_E_CONDITION, e->span,
			"two parameters in one test: a filter compares with constants only");
		return false;
	}
	if (!fp_sema_value(c->s, c->abi, e, out, is_enum, is_absent))
		return false;
	if (*is_absent || fits(f, *out))
		return true;
	fp_diag(c->s->u, FP_E_CONST_RANGE, e->span,
		"'%s' of %s is %u bits wide on %s: 0x%" PRIx64 " can never be its value",
		f->param.name, c->sys->name, f->param.bytes * 8u, fp_abi(c->abi)->name,
		(uint64_t)*out);
	return false;
}

/* min..max in the parameter's own order: signed parameters wrap around in the filter's. */
static const struct fp_pred *ordered(const struct cond *c, const struct field *f, int64_t min,
				     int64_t max)
{
	uint64_t w = width_mask(&f->param);
	const struct fp_pred *two[2];

	if (min > max)
		return fp_pred_const(&c->s->u->arena, false);
	if (min >= 0 || max < 0)
		return range(c, f, (uint64_t)min & w, (uint64_t)max & w);
	two[0] = range(c, f, (uint64_t)min & w, w);
	two[1] = range(c, f, 0, (uint64_t)max);
	return fp_pred_join(&c->s->u->arena, FP_PRED_OR, two, 2);
}

static bool is_signed_order(const struct field *f)
{
	return f->param.is_signed && !f->is_masked;
}

static int64_t least(const struct field *f)
{
	return f->param.bytes == 8 ? INT64_MIN : -((int64_t)1 << (f->param.bytes * 8 - 1));
}

static int64_t greatest(const struct field *f)
{
	return f->param.bytes == 8 ? INT64_MAX : ((int64_t)1 << (f->param.bytes * 8 - 1)) - 1;
}

/* 0x80000000 written for an int is its least value. */
static int64_t as_signed(const struct field *f, int64_t v)
{
	return v > greatest(f) ? v - (int64_t)width_mask(&f->param) - 1 : v;
}

static const struct fp_pred *equal(const struct cond *c, const struct field *f, int64_t v)
{
	uint64_t u = (uint64_t)v & width_mask(&f->param);

	return (u & ~f->mask) ? fp_pred_const(&c->s->u->arena, false) : range(c, f, u, u);
}

static const struct fp_pred *below(const struct cond *c, const struct field *f, int64_t v,
				   bool or_equal)
{
	uint64_t u = (uint64_t)v & width_mask(&f->param);

	if (is_signed_order(f)) {
		v = as_signed(f, v);
		if (!or_equal && v == least(f))
			return fp_pred_const(&c->s->u->arena, false);
		return ordered(c, f, least(f), or_equal ? v : v - 1);
	}
	if (!or_equal && !u)
		return fp_pred_const(&c->s->u->arena, false);
	return range(c, f, 0, or_equal ? u : u - 1);
}

/* ---- tests ---- */

static bool check_pointer(const struct cond *c, const struct field *f, const struct fp_ast *n,
			  bool is_null_test)
{
	const char *name = f->param.name;

	if (f->param.kind == FP_PARAM_INT)
		return true;
	if (f->param.kind == FP_PARAM_MEMORY && !is_null_test) {
		fp_diag(c->s->u, FP_E_IN_MEMORY, n->span,
			"what '%s' of %s says lives in memory: a filter sees the address only",
			name, c->sys->name);
		fp_diag_help(c->s->u,
			     "deny the call (`deny %s errno ENOSYS;` makes libraries fall "
			     "back), or allow it whole",
			     c->sys->name);
		return false;
	}
	if (is_null_test)
		return true;
	fp_diag(c->s->u, FP_E_POINTER, n->span,
		"'%s' of %s is a pointer: only NULL can be compared", name, c->sys->name);
	fp_diag_help(c->s->u, "what it points to can be changed after the filter has looked; say "
			      "paths in `files`, peers in `egress`");
	return false;
}

/* What an ABI lacks is equal to nothing there; larger or smaller than nothing has no meaning. */
static const struct fp_pred *no_order(const struct cond *c, const struct fp_ast *e)
{
	fp_diag(c->s->u, FP_E_CONDITION, e->span, "%s has no such constant to order by",
		fp_abi(c->abi)->name);
	fp_diag_help(c->s->u,
		     "name the values with `in { ... }`; what an ABI lacks is none of them");
	return NULL;
}

/* A test without effect is a mistake of the reader's eye: an unsigned parameter is never below 0.
 */
static const struct fp_pred *spoken(const struct cond *c, const struct field *f,
				    const struct fp_ast *n, const struct fp_pred *p)
{
	if (!c->is_first || (p->op != FP_PRED_TRUE && p->op != FP_PRED_FALSE))
		return p;
	fp_diag(c->s->u, FP_W_DEAD_RULE, n->span,
		"this test %s holds: '%s' of %s is %s, %u bits wide",
		p->op == FP_PRED_TRUE ? "always" : "never", f->param.name, c->sys->name,
		f->param.is_signed ? "signed" : "unsigned", f->param.bytes * 8u);
	return p;
}

static const struct fp_pred *compare(const struct cond *c, const struct fp_ast *n)
{
	const struct fp_ast *left = n->kids[0], *right = n->kids[1];
	const char *op = n->name->text;
	bool is_enum = false, is_absent = false;
	struct field f;
	int64_t v;

	if (!names_param(c, left) && names_param(c, right)) {
		const struct fp_ast *t = left;
		left = right;
		right = t;
		op = op[0] == '<' ? (op[1] ? ">=" : ">") : op[0] == '>' ? (op[1] ? "<=" : "<") : op;
	}
	if (!names_param(c, left)) {
		no_param(c, n, left, "neither side is");
		return NULL;
	}
	if (!field_of(c, left, &f) || !operand(c, &f, right, &v, &is_enum, &is_absent))
		return NULL;
	bool equality = op[0] == '=' || op[0] == '!';
	if (!check_pointer(c, &f, n, equality && v == 0 && !f.is_masked))
		return NULL;
	struct fp_arena *a = &c->s->u->arena;
	const struct fp_pred *p;
	if (is_absent && !equality)
		return no_order(c, right);
	/* What the ABI does not know is equal to nothing, and neither above nor below anything. */
	if (is_absent)
		return fp_pred_const(a, op[0] == '!');
	if (equality)
		p = equal(c, &f, v);
	else
		p = below(c, &f, v, op[0] == '<' ? op[1] == '=' : op[1] != '=');
	if (op[0] == '!' || op[0] == '>')
		p = fp_pred_not(a, p);
	return spoken(c, &f, n, p);
}

/* Backwards in the parameter's own order it would hold nothing. */
static const struct fp_pred *in_range(const struct cond *c, const struct field *f,
				      const struct fp_ast *e, int64_t first, int64_t last)
{
	uint64_t w = width_mask(&f->param);
	bool is_signed = is_signed_order(f);

	if (is_signed ? as_signed(f, first) <= as_signed(f, last)
		      : ((uint64_t)first & w) <= ((uint64_t)last & w))
		return is_signed ? ordered(c, f, as_signed(f, first), as_signed(f, last))
				 : range(c, f, (uint64_t)first & w, (uint64_t)last & w);
	fp_diag(c->s->u, FP_E_CONST_RANGE, e->span,
		"the range runs backwards: '%s' of %s is %s, %u bits wide", f->param.name,
		c->sys->name, f->param.is_signed ? "signed" : "unsigned", f->param.bytes * 8u);
	return NULL;
}

static const struct fp_pred *in_item(const struct cond *c, const struct field *f,
				     const struct fp_ast *e)
{
	bool is_enum = false, is_absent = false;
	int64_t v, w;

	if (e->kind == FP_AST_RANGE) {
		if (!operand(c, f, e->kids[0], &v, &is_enum, &is_absent) ||
		    !operand(c, f, e->kids[1], &w, &is_enum, &is_absent))
			return NULL;
		if (is_absent)
			return no_order(c, e);
		return in_range(c, f, e, v, w);
	}
	if (!operand(c, f, e, &v, &is_enum, &is_absent))
		return NULL;
	return is_absent ? fp_pred_const(&c->s->u->arena, false) : equal(c, f, v);
}

static const struct fp_pred *in_list(const struct cond *c, const struct fp_ast *n)
{
	FP_VEC(const struct fp_pred *) any = { 0 };
	struct fp_arena *a = &c->s->u->arena;
	struct field f;

	if (!names_param(c, n->kids[0])) {
		no_param(c, n->kids[0], n->kids[0], "this is not");
		return NULL;
	}
	if (!field_of(c, n->kids[0], &f) || !check_pointer(c, &f, n, false))
		return NULL;
	for (size_t i = 1; i < n->n; i++) {
		const struct fp_ast *e = n->kids[i];
		const struct fp_ast *const *items = &e;
		size_t count = 1;
		if (e->kind == FP_AST_SETREF) {
			const struct fp_set_def *set = fp_sema_members(c->s, e, "constants");
			if (!set)
				return NULL;
			items = set->leaves;
			count = set->n;
		}
		for (size_t j = 0; j < count; j++) {
			const struct fp_pred *p = in_item(c, &f, items[j]);
			if (!p)
				return NULL;
			fp_vec_push(a, &any, p);
		}
	}
	const struct fp_pred *p = fp_pred_join(a, FP_PRED_OR, any.at, any.n);
	return n->flags & FP_AST_FLAG_NEGATED ? fp_pred_not(a, p) : p;
}

/*
 * has F: all of F set; lacks F: none of F set; only F: nothing but F set. A flag that the mask
 * takes away or the ABI does not know is never set.
 */
static const struct fp_pred *flag_test(const struct cond *c, struct field f, enum fp_ast_kind kind,
				       uint64_t wanted, bool is_absent)
{
	uint64_t bits = wanted & f.mask;

	if (kind == FP_AST_HAS && (bits != wanted || is_absent))
		return fp_pred_const(&c->s->u->arena, false);
	f.mask = kind == FP_AST_ONLY ? f.mask & ~bits : bits;
	if (!f.mask)
		return fp_pred_const(&c->s->u->arena, true);
	return kind == FP_AST_HAS ? range(c, &f, bits, bits) : range(c, &f, 0, 0);
}

static const struct fp_pred *flags(const struct cond *c, const struct fp_ast *n)
{
	bool is_enum = false, is_absent = false;
	struct field f;
	int64_t v;

	if (!names_param(c, n->kids[0])) {
		no_param(c, n->kids[0], n->kids[0], "this is not");
		return NULL;
	}
	if (!field_of(c, n->kids[0], &f) || !check_pointer(c, &f, n, false) ||
	    !operand(c, &f, n->kids[1], &v, &is_enum, &is_absent))
		return NULL;
	if (is_enum) {
		fp_diag(c->s->u, FP_E_NOT_FLAGS, n->span,
			"these constants enumerate: `%s` would read 1|2 as a third value",
			fp_ast_kind_name(n->kind));
		fp_diag_help(c->s->u,
			     "compare with `==` or `in { ... }`, masked if flags share the "
			     "word");
		return NULL;
	}
	const struct fp_pred *p =
		flag_test(c, f, n->kind, (uint64_t)v & width_mask(&f.param), is_absent);
	return is_absent ? p : spoken(c, &f, n, p);
}

static const struct fp_pred *junction(const struct cond *c, const struct fp_ast *n)
{
	struct fp_arena *a = &c->s->u->arena;
	const struct fp_pred **kids = FP_NEW_ARRAY(a, n->n, const struct fp_pred *);
	bool ok = true;

	for (size_t i = 0; i < n->n; i++) {
		kids[i] = condition(c, n->kids[i]);
		ok &= kids[i] != NULL;
	}
	return ok ? fp_pred_join(a, n->kind == FP_AST_AND ? FP_PRED_AND : FP_PRED_OR, kids, n->n)
		  : NULL;
}

/* Depth is the parser's: FP_PARSE_DEPTH. */
static const struct fp_pred *condition(const struct cond *c, const struct fp_ast *n)
{
	const struct fp_pred *p;

	if (n->kind == FP_AST_AND || n->kind == FP_AST_OR)
		return junction(c, n);
	if (n->kind == FP_AST_NOT) {
		p = condition(c, n->kids[0]);
		return p ? fp_pred_not(&c->s->u->arena, p) : NULL;
	}
	if (n->kind == FP_AST_COMPARE)
		return compare(c, n);
	if (n->kind == FP_AST_IN)
		return in_list(c, n);
	return flags(c, n);
}

const struct fp_pred *fp_sema_condition(struct fp_sema *s, const struct fp_sysdef *sys,
					enum fp_abi abi, const struct fp_ast *call,
					const struct fp_ast *cond)
{
	struct cond c = { .s = s, .sys = sys, .abi = abi, .call = call, .is_first = true };

	for (enum fp_abi a = 0; a < abi; a++)
		c.is_first &= sys->nr[a] < 0;

	return check_listed(&c, cond) ? condition(&c, cond) : NULL;
}
