/* SPDX-License-Identifier: MIT */
/* The rules of lint.def, run one after the other. */
#include "analysis/lint.h"

#include <stdarg.h>
#include <string.h>

#define LINT(id, name, level, section, check, summary) \
	{ id, name, FP_LEVEL_##level, section, fp_lint_##check, summary },
static const struct fp_lint_row rows[] = {
#include "analysis/lint.def"
};
#undef LINT

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct {
	const char *name, *text;
	size_t len;
} pages[] = {

#include "lint.inc"
};

const struct fp_lint_row *fp_lint_row_at(size_t n)
{
	return n < ROWS ? &rows[n] : NULL;
}

const struct fp_lint_row *fp_lint_row_find(const char *name)
{
	for (size_t i = 0; i < ROWS; i++)
		if (!strcmp(rows[i].id, name) || !strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

const char *fp_lint_page(const char *id)
{
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (!strcmp(pages[i].name, id))
			return pages[i].text;
	return NULL;
}

/* ---- findings ---- */

static bool is_users(struct fp_lint *l, struct fp_span span)
{
	struct fp_place at;

	return fp_source_place(&l->u->sources, span.begin, &at) &&
	       strncmp(at.source->name, "std/", 4) != 0;
}

__attribute__((format(printf, 2, 0))) static const char *formatted(struct fp_lint *l,
								   const char *format, va_list ap)
{
	struct fp_buf b;

	fp_buf_init(&b, &l->u->arena);
	fp_buf_vprintf(&b, format, ap);
	return fp_buf_text(&b);
}

static void add(struct fp_lint *l, struct fp_span span, const char *section, const char *thing,
		const char *text)
{
	struct fp_lint_finding f = { .id = l->row->id,
				     .name = l->row->name,
				     .level = l->row->level,
				     .span = is_users(l, span) ? span : l->ir->span,
				     .text = text,
				     .subject = thing };

	f.places = fp_arena_printf(&l->u->arena, "%s %s %s", section, l->row->section, thing);
	fp_lint_finding_add(l->u, l->out, f);
}

void fp_lint_found(struct fp_lint *l, const struct fp_rule *at, const char *thing,
		   const char *format, ...)
{
	const char *section = at ? fp_kind_section(at->kind) : l->row->section;
	struct fp_span span = at ? at->span : l->ir->span;
	va_list ap;

	va_start(ap, format);
	add(l, span, section, thing, formatted(l, format, ap));
	va_end(ap);
	/* Two mounts are two findings; a list of calls is one thing, however long it grows. */
	if (at && at->kind > FP_KIND_CALL)
		l->out->list.at[l->out->list.n - 1].subject =
			fp_arena_printf(&l->u->arena, "%s\n%s", thing, at->text);
	if (at && !is_users(l, at->span) && !at->is_implied)
		fp_lint_finding_note(l->u, l->out, at->span, "here: %s", at->text);
	else if (at && at->is_implied)
		fp_lint_finding_note(l->u, l->out, (struct fp_span){ 0, 0 },
				     "nothing is said, which means: %s", at->text);
}

void fp_lint_found_at(struct fp_lint *l, struct fp_span span, const char *thing, const char *format,
		      ...)
{
	va_list ap;

	va_start(ap, format);
	add(l, span, l->row->section, thing, formatted(l, format, ap));
	va_end(ap);
}

void fp_lint_help(struct fp_lint *l, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fp_lint_finding_help(l->u, l->out, "%s", formatted(l, format, ap));
	va_end(ap);
}

/* ---- questions ---- */

struct fp_counter fp_lint_ask(struct fp_lint *l, const struct fp_subject *s)
{
	struct fp_counter c = fp_decide_subject(&l->prover, l->ir, s, true);

	l->out->is_undecided |= c.outcome == FP_UNDECIDED;
	return c;
}

static bool call_subject(struct fp_lint *l, const char *name, struct fp_subject *s)
{
	const struct fp_pred *always = fp_pred_const(&l->u->arena, true);

	*s = (struct fp_subject){ .kind = FP_SUBJECT_CALL,
				  .call = fp_sys_find(name, strlen(name)) };
	for (enum fp_abi abi = 0; s->call && abi < FP_ABI_N; abi++)
		if (s->call->nr[abi] >= 0)
			s->when[abi] = always;
	return s->call;
}

bool fp_lint_call(struct fp_lint *l, const char *name, struct fp_counter *out)
{
	struct fp_counter c = { .outcome = FP_HOLDS };
	struct fp_subject s;

	if (call_subject(l, name, &s))
		c = fp_lint_ask(l, &s);
	if (out)
		*out = c;
	return c.outcome == FP_FAILS;
}

bool fp_lint_call_is_free(struct fp_lint *l, const char *name)
{
	struct fp_subject s;

	return call_subject(l, name, &s) &&
	       fp_decide_calls(&l->prover, l->ir, &s, false).outcome == FP_HOLDS;
}

static struct fp_subject packets(bool egress, enum fp_proto proto, struct fp_prefix *prefix,
				 struct fp_ports *ports, const char *text)
{
	fp_prefix_parse(text, strlen(text), prefix);
	return (struct fp_subject){ .kind = egress ? FP_SUBJECT_EGRESS : FP_SUBJECT_INGRESS,
				    .net = { .effect = FP_ALLOW,
					     .proto = proto,
					     .prefixes = prefix,
					     .prefix_count = 1,
					     .ports = ports,
					     .port_count = 1 } };
}

bool fp_lint_net(struct fp_lint *l, bool egress, enum fp_proto proto, const char *prefix,
		 struct fp_ports ports, struct fp_counter *out)
{
	struct fp_prefix p;
	const struct fp_subject s = packets(egress, proto, &p, &ports, prefix);
	struct fp_counter c = fp_lint_ask(l, &s);

	if (out)
		*out = c;
	return c.outcome == FP_FAILS;
}

bool fp_lint_net_all(struct fp_lint *l, bool egress, enum fp_proto proto, const char *prefix,
		     struct fp_ports ports)
{
	struct fp_prefix p;
	const struct fp_subject s = packets(egress, proto, &p, &ports, prefix);

	return fp_decide_net(&l->prover, l->ir, &s, false).outcome == FP_HOLDS;
}

bool fp_lint_path(struct fp_lint *l, uint16_t rights, const char *pattern, struct fp_counter *out)
{
	const struct fp_span nowhere = { 0, 0 };
	const struct fp_subject s = { .kind = FP_SUBJECT_PATH,
				      .rights = rights,
				      .path = fp_glob_parse(l->u, pattern, strlen(pattern),
							    nowhere) };
	struct fp_counter c = { .outcome = FP_HOLDS };

	if (s.path)
		c = fp_lint_ask(l, &s);
	if (out)
		*out = c;
	return c.outcome == FP_FAILS;
}

bool fp_lint_holds_cap(const struct fp_lint *l, const char *name)
{
	const struct fp_cap *cap = fp_cap_find(name, strlen(name));

	return cap && l->ir->caps >> cap->bit & 1;
}

bool fp_lint_is_new(const struct fp_lint *l, enum fp_namespace ns)
{
	fp_ir_each (l->ir, FP_KIND_NAMESPACE, r)
		if (r->u.ns.ns == ns)
			return r->u.ns.is_new;
	return false;
}

/* ---- all rules ---- */

void fp_lint(struct fp_unit *u, const struct fp_lint_input *in, struct fp_lint_findings *out)
{
	struct fp_lint *l = FP_NEW(&u->arena, struct fp_lint);

	*l = (struct fp_lint){ .u = u, .in = in, .ir = in->ir, .out = out };
	fp_prover_init(&l->prover, u, NULL);
	fp_lint_read_subjects(l);
	for (size_t i = 0; i < ROWS; i++) {
		l->row = &rows[i];
		l->row->check(l);
	}
	fp_lint_finish(l);
	fp_arena_free(l->prover.paths);
	fp_lint_findings_sort(out);
}
