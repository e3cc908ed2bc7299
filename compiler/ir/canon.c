/* SPDX-License-Identifier: MIT */
/* The canonical text of a policy: sorted lines, and diagrams numbered from their ends. */
#include "ir/canon.h"
#include "ir/domain_calls.h"
#include "ir/domain_net.h"
#include "ir/glob.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct canon {
	struct fp_dd *d;
	const struct fp_ir *ir;
	struct fp_buf *out;
	uint32_t *numbers; /* by node: its number in the diagram that is printed, past `base` */
	uint32_t base, count;
};

/* ---- diagrams ---- */

static void put_nodes(struct canon *c, uint32_t node)
{
	if (fp_dd_is_leaf(c->d, node) || c->numbers[node] > c->base)
		return;
	put_nodes(c, fp_dd_branch(c->d, node, false));
	put_nodes(c, fp_dd_branch(c->d, node, true));
	c->numbers[node] = c->base + ++c->count;
	fp_buf_printf(c->out, " %u", fp_dd_var(c->d, node));
	for (int high = 0; high < 2; high++) {
		uint32_t to = fp_dd_branch(c->d, node, high);
		if (fp_dd_is_leaf(c->d, to))
			fp_buf_printf(c->out, "=%u", fp_dd_value(c->d, to));
		else
			fp_buf_printf(c->out, ":%u", c->numbers[to] - c->base);
	}
}

/* Each node after those that it leads to: " variable, low, high", a leaf as "=value". */
static void put_diagram(struct canon *c, uint32_t node)
{
	if (fp_dd_is_leaf(c->d, node))
		fp_buf_printf(c->out, " =%u", fp_dd_value(c->d, node));
	c->base += c->count;
	c->count = 0;
	put_nodes(c, node);
	fp_buf_putc(c->out, '\n');
}

/* ---- what stands for one thing ---- */

static void put_date(struct fp_buf *b, struct fp_date d)
{
	fp_buf_printf(b, "%04u-%02u-%02u", d.year, d.month, d.day);
}

static void put_calls(struct fp_buf *b, const struct fp_call_set *calls)
{
	for (size_t i = 0; i < calls->n; i++)
		fp_buf_printf(b, " %s", fp_sys_at(calls->at[i])->name);
}

static void put_when(struct fp_buf *b, const struct fp_pred *const when[FP_ABI_N])
{
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
		if (!when[abi] || when[abi]->op == FP_PRED_TRUE)
			continue;
		fp_buf_printf(b, " on %s ", fp_abi(abi)->name);
		fp_pred_print(b, when[abi]);
	}
}

void fp_canon_rule(const struct fp_rule *r, struct fp_buf *out)
{
	const struct fp_rule_call *c = &r->u.call;

	fp_buf_printf(out, "%s ", fp_kind_section(r->kind));
	if (r->kind == FP_KIND_AUDIT && !r->u.audit.denied) {
		fp_buf_puts(out, "allowed");
		put_calls(out, &r->u.audit.allowed);
	} else if (r->kind == FP_KIND_CALL) {
		fp_buf_printf(out, "%s %u", fp_action_name(c->decision.action), c->decision.data);
		put_calls(out, &c->calls);
		put_when(out, c->when);
	} else {
		fp_buf_puts(out, r->text);
	}
}

static void put_subject(struct fp_buf *b, const struct fp_assertion *a)
{
	if (a->subject.kind != FP_SUBJECT_CALL) {
		fp_buf_puts(b, a->text);
		return;
	}
	fp_buf_puts(b, a->subject.call->name);
	put_when(b, a->subject.when);
}

/* ---- lines that are sorted ---- */

struct lines {
	FP_VEC(const char *) list;
};

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_line(struct canon *c, struct lines *l, const struct fp_buf *text)
{
	fp_vec_push(c->out->arena, &l->list, fp_buf_text(text));
}

static void put_lines(struct canon *c, const char *word, struct lines *l)
{
	if (l->list.n)
		qsort(l->list.at, l->list.n, sizeof(l->list.at[0]), by_bytes);
	for (size_t i = 0; i < l->list.n; i++)
		if (!i || strcmp(l->list.at[i - 1], l->list.at[i]))
			fp_buf_printf(c->out, "%s %s\n", word, l->list.at[i]);
}

/* ---- sections ---- */

static void head(struct canon *c)
{
	const struct fp_ir *ir = c->ir;

	fp_buf_printf(c->out, "fpolicy-canonical 1\ntier %s\nowner %s\n", fp_tier_name(ir->tier),
		      ir->owner);
	if (ir->is_locked)
		fp_buf_puts(c->out, "locked\n");
	for (size_t i = 0; i < ir->target_count; i++)
		fp_buf_printf(c->out, "target %s\n", ir->targets[i]);
	for (size_t i = 0; i < ir->open_param_count; i++)
		fp_buf_printf(c->out, "parameter %s\n", ir->open_params[i]);
}

struct functions {
	uint32_t *call[FP_ABI_N]; /* by call; NULL: the ABI is closed */
	uint32_t net[2];
};

static void build(struct canon *c, struct functions *f)
{
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
		if (!fp_domain_is_open(c->ir, abi))
			continue;
		f->call[abi] = FP_NEW_ARRAY(c->out->arena, fp_sys_count(), uint32_t);
		for (size_t i = 0; i < fp_sys_count(); i++)
			if (fp_sys_at(i)->nr[abi] >= 0)
				f->call[abi][i] =
					fp_domain_call(c->d, c->ir, fp_sys_at(i), abi, UINT16_MAX);
	}
	f->net[0] = fp_domain_net(c->d, c->ir, true);
	f->net[1] = fp_domain_net(c->d, c->ir, false);
	c->numbers = FP_NEW_ARRAY(c->out->arena, c->d->n, uint32_t);
}

static void calls(struct canon *c, const struct functions *f)
{
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
		if (!f->call[abi])
			continue;
		fp_buf_printf(c->out, "abi %s unknown =%u\n", fp_abi(abi)->name,
			      fp_domain_leaf(c->ir->call_unknown));
		for (size_t i = 0; i < fp_sys_count(); i++) {
			const struct fp_sysdef *sys = fp_sys_at(i);
			if (sys->nr[abi] < 0 || sys->flags & FP_SYS_UNFILTERED)
				continue;
			fp_buf_printf(c->out, "call %s %s", fp_abi(abi)->name, sys->name);
			put_diagram(c, f->call[abi][i]);
		}
	}
}

static void net(struct canon *c, const struct functions *f)
{
	fp_buf_puts(c->out, "egress");
	put_diagram(c, f->net[0]);
	fp_buf_puts(c->out, "ingress");
	put_diagram(c, f->net[1]);
}

/* Rules that are one sentence for one thing. */
static void sentences(struct canon *c)
{
	static const enum fp_kind kinds[] = {
		FP_KIND_CAPABILITY,     FP_KIND_USER,     FP_KIND_NO_NEW_PRIVILEGES,
		FP_KIND_UMASK,          FP_KIND_WORKDIR,  FP_KIND_NAMESPACE,
		FP_KIND_ID_MAP,         FP_KIND_ROOT,     FP_KIND_MOUNT,
		FP_KIND_MASK,           FP_KIND_READONLY, FP_KIND_FILE_DEFAULT,
		FP_KIND_DEVICE_DEFAULT,
	};

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		fp_ir_each (c->ir, kinds[k], r)
			fp_buf_printf(c->out, "%s %s\n", fp_kind_section(r->kind), r->text);
	fp_ir_each (c->ir, FP_KIND_AUDIT, r)
		if (r->u.audit.denied)
			fp_buf_puts(c->out, "audit denied\n");
}

/* A line a thing and right: what is said twice, or in one rule or two, is one line. */
static void files(struct canon *c)
{
	struct lines l = { 0 };

	fp_ir_each (c->ir, FP_KIND_FILE, r)
		for (size_t i = 0; i < r->u.file.paths.n; i++)
			for (const struct fp_right_name *n = fp_right_names; n->name; n++) {
				bool allows = r->u.file.effect == FP_ALLOW;
				uint16_t rights = r->u.file.rights;
				struct fp_buf b;
				if (rights & FP_RIGHT_WRITE)
					rights |= FP_RIGHT_APPEND;
				if (!(rights & n->bit))
					continue;
				fp_buf_init(&b, c->out->arena);
				fp_buf_printf(&b, "%s %s \"%s\"", allows ? "allow" : "deny",
					      n->name, r->u.file.paths.at[i]->text);
				add_line(c, &l, &b);
			}
	put_lines(c, "files", &l);
}

static void devices(struct canon *c)
{
	struct lines l = { 0 };

	fp_ir_each (c->ir, FP_KIND_DEVICE, r)
		for (size_t i = 0; i < r->u.device.n; i++)
			for (uint8_t right = FP_DEV_READ; right <= FP_DEV_MKNOD; right *= 2) {
				const struct fp_device *d = &r->u.device.at[i];
				struct fp_buf b;
				if (!(r->u.device.rights & right))
					continue;
				fp_buf_init(&b, c->out->arena);
				fp_buf_printf(&b, "%s %u %c %u:%u %s",
					      r->u.device.effect == FP_ALLOW ? "allow" : "deny",
					      right, d->type, d->major, d->minor, d->path);
				add_line(c, &l, &b);
			}
	put_lines(c, "device", &l);
}

static void limits(struct canon *c)
{
	struct lines l = { 0 };

	fp_ir_each (c->ir, FP_KIND_LIMIT, r) {
		const struct fp_rule_limit *k = &r->u.limit;
		struct fp_buf b;
		fp_buf_init(&b, c->out->arena);
		fp_buf_printf(&b, "%s %" PRIu64, fp_limit_names[k->limit], k->value);
		if (k->has_number)
			fp_buf_printf(&b, " %u:%u", k->major, k->minor);
		fp_buf_printf(&b, " %s%s", k->device ? k->device : "", k->text ? k->text : "");
		add_line(c, &l, &b);
	}
	put_lines(c, "limit", &l);
}

static void assertions(struct canon *c)
{
	struct lines never = { 0 }, expect = { 0 };

	for (size_t i = 0; i < c->ir->assertion_count; i++) {
		const struct fp_assertion *a = &c->ir->assertions[i];
		struct fp_buf b;
		if (a->kind == FP_ASSERT_TEST)
			continue;
		fp_buf_init(&b, c->out->arena);
		put_subject(&b, a);
		if (a->is_critical)
			fp_buf_puts(&b, " critical");
		add_line(c, a->kind == FP_ASSERT_NEVER ? &never : &expect, &b);
	}
	put_lines(c, "never", &never);
	put_lines(c, "expect", &expect);
}

/* What holds only so long, or only so much. */
static void exceptions(struct canon *c)
{
	struct lines until = { 0 }, accepted = { 0 };

	for (size_t i = 0; i < c->ir->rule_count; i++) {
		const struct fp_rule *r = &c->ir->rules[i];
		struct fp_buf b;
		if (!r->until.year && !r->accepted)
			continue;
		fp_buf_init(&b, c->out->arena);
		fp_canon_rule(r, &b);
		if (r->accepted)
			add_line(c, &accepted, &b);
		if (!r->until.year)
			continue;
		fp_buf_init(&b, c->out->arena);
		put_date(&b, r->until);
		fp_buf_putc(&b, ' ');
		fp_canon_rule(r, &b);
		add_line(c, &until, &b);
	}
	put_lines(c, "until", &until);
	put_lines(c, "unenforced", &accepted);
	for (enum fp_layer l = 0; l < FP_LAYER_N; l++)
		if (c->ir->best_effort[l])
			fp_buf_printf(c->out, "best-effort %s\n", fp_layer_names[l]);
}

static void waivers(struct canon *c)
{
	struct lines l = { 0 };

	for (size_t i = 0; i < c->ir->waiver_count; i++) {
		const struct fp_waiver *w = &c->ir->waivers[i];
		struct fp_buf b;
		fp_buf_init(&b, c->out->arena);
		put_date(&b, w->until);
		fp_buf_printf(&b, " %s on %s by %s", w->lint, w->place, w->by);
		add_line(c, &l, &b);
	}
	put_lines(c, "waive", &l);
}

/* A bound is what it permits, whatever it is called. */
static bool bounds(struct canon *c)
{
	struct lines l = { 0 };

	for (size_t i = 0; i < c->ir->bound_count; i++) {
		char digest[FP_DIGEST_TEXT];
		struct fp_buf b;
		if (c->ir->bounds[i].is_base)
			continue;
		if (!c->ir->bounds[i].ir)
			return false; /* of a specification: its meaning is not known */
		if (!fp_canon_digest(c->d, c->ir->bounds[i].ir, digest))
			return false;
		fp_buf_init(&b, c->out->arena);
		fp_buf_puts(&b, digest);
		add_line(c, &l, &b);
	}
	put_lines(c, "within", &l);
	return true;
}

bool fp_canon_print(struct fp_dd *d, const struct fp_ir *ir, struct fp_buf *out)
{
	struct canon c = { .d = d, .ir = ir, .out = out };
	struct functions f = { 0 };

	build(&c, &f);
	if (d->is_spent)
		return false;
	head(&c);
	calls(&c, &f);
	sentences(&c);
	files(&c);
	net(&c, &f);
	devices(&c);
	limits(&c);
	assertions(&c);
	exceptions(&c);
	waivers(&c);
	return bounds(&c);
}

bool fp_canon_digest(struct fp_dd *d, const struct fp_ir *ir, char out[FP_DIGEST_TEXT])
{
	struct fp_buf text;

	fp_buf_init(&text, d->arena);
	bool ok = fp_canon_print(d, ir, &text);
	fp_digest(text.data, text.len, out);
	fp_buf_drop(&text);
	return ok;
}
