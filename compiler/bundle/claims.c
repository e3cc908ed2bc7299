/* SPDX-License-Identifier: MIT */
/* Claims of one target as a table for people, as JSON, and the source map. */
#include "base/json.h"
#include "bundle/bundle.h"

#include <stdlib.h>
#include <string.h>

static const char signs[] = { '=', '<', '>', '.' };

/* A sentence of the policy's author stays on its line: a row must not be able to look like another.
 */
static void put_sentence(struct fp_buf *b, const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			fp_buf_printf(b, "\\x%02x", (unsigned char)*text);
		else
			fp_buf_putc(b, *text);
}

static void header(struct fp_buf *b, const struct fp_bundle *bundle,
		   const struct fp_bundle_target *t)
{
	const struct fp_ir *ir = bundle->ir;

	fp_buf_printf(b, "Claims: policy %s%s", ir->name, ir->version[0] ? " " : "");
	put_sentence(b, ir->version);
	fp_buf_printf(b, " on %s (Linux %s)\n\n", t->target->name, t->target->kernel.text);
	fp_buf_puts(b, "  =  exact: the layer enforces just what the rule says\n"
		       "  <  narrower: it permits less   >  wider: it permits more   .  none\n");
	for (enum fp_layer l = 0; l < FP_LAYER_N; l++) {
		const char *why = ir->best_effort_because[l];
		if (!t->counts[l]) {
			fp_buf_printf(
				b,
				"  (%s) is emitted, and not counted: the target does not run it\n",
				fp_layer_names[l]);
		} else if (ir->best_effort[l]) {
			fp_buf_printf(b, "  %s is best effort%s", fp_layer_names[l],
				      why ? ": " : "");
			put_sentence(b, why ? why : "");
			fp_buf_putc(b, '\n');
		}
	}
	fp_buf_puts(b, "\n   rule ");
	for (enum fp_layer l = 0; l < FP_LAYER_N; l++)
		fp_buf_printf(b, t->counts[l] ? " %s" : " (%s)", fp_layer_names[l]);
	fp_buf_puts(b, "\n");
}

size_t fp_bundle_cut(const char *text, size_t max)
{
	size_t n = strlen(text), cut = max;

	if (n <= max)
		return n;
	while (cut && text[cut] != ' ')
		cut--;
	/* a word as long as that is cut between characters */
	for (n = max; !cut && n && ((unsigned char)text[n] & 0xc0) == 0x80;)
		n--;
	return cut ? cut : n;
}

/* In the middle of its column. */
static void put_sign(struct fp_buf *b, size_t width, char sign)
{
	char *at = fp_buf_room(b, width);

	memset(at, ' ', width);
	at[(width + 2) / 2 - 1] = sign;
	at[width] = '\0';
	b->len += width;
}

static void row(struct fp_buf *b, const struct fp_bundle *bundle, const struct fp_bundle_target *t,
		const struct fp_rule *r)
{
	bool best_effort;
	bool held = fp_bundle_is_held(bundle, t, r, &best_effort);

	fp_buf_printf(b, "%c%6u ", held ? (best_effort ? '~' : ' ') : '!', r->id);
	for (enum fp_layer l = 0; l < FP_LAYER_N; l++) {
		size_t width = strlen(fp_layer_names[l]) + (t->counts[l] ? 1 : 3);
		put_sign(b, width, signs[t->layers[l].claims[r->id].kind]);
	}
	int n = (int)fp_bundle_cut(r->text, 120);
	fp_buf_printf(b, "  %.*s%s%s\n", n, r->text, r->text[n] ? " ..." : "",
		      r->is_implied ? "   [implied]" : "");
}

static void reasons(struct fp_buf *b, const struct fp_bundle_target *t, const struct fp_rule *r)
{
	for (enum fp_layer l = 0; l < FP_LAYER_N; l++) {
		const struct fp_claim *c = &t->layers[l].claims[r->id];
		if (c->reason && c->kind != FP_CLAIM_NONE)
			fp_buf_printf(b, "%7u  %-8s %-8s  %s\n", r->id, fp_layer_names[l],
				      fp_claim_names[c->kind], c->reason);
	}
	if (!r->accepted)
		return;
	fp_buf_printf(b, "%7u  accepted unenforced: ", r->id);
	put_sentence(b, r->accepted);
	fp_buf_putc(b, '\n');
}

struct none {
	enum fp_layer layer;
	const char *reason;
	uint32_t rule;
};

static int by_reason(const void *a, const void *b)
{
	const struct none *x = a, *y = b;
	int c = (int)x->layer - (int)y->layer;

	c = c ? c : strcmp(x->reason, y->reason);
	return c ? c : (x->rule > y->rule) - (x->rule < y->rule);
}

/* What a layer does nothing about, once a reason: the rules as ranges of numbers. */
static void nothing(struct fp_unit *u, struct fp_buf *b, const struct fp_bundle *bundle,
		    const struct fp_bundle_target *t)
{
	FP_VEC(struct none) all = { 0 };

	for (enum fp_layer l = 0; l < FP_LAYER_N; l++)
		for (uint32_t i = 0; i < bundle->ir->rule_count; i++) {
			const struct fp_claim *c = &t->layers[l].claims[i];
			struct none n = { .layer = l,
					  .reason = c->reason ? c->reason : "",
					  .rule = i };
			if (c->kind == FP_CLAIM_NONE)
				fp_vec_push(&u->arena, &all, n);
		}
	if (all.n)
		qsort(all.at, all.n, sizeof(all.at[0]), by_reason);
	for (size_t i = 0; i < all.n;) {
		const struct none *n = &all.at[i];
		fp_buf_printf(b, "  %-8s  %s: ", fp_layer_names[n->layer], n->reason);
		const char *sep = "";
		while (i < all.n && all.at[i].layer == n->layer &&
		       !strcmp(all.at[i].reason, n->reason)) {
			uint32_t first = all.at[i].rule, last = first;
			for (i++;
			     i < all.n && all.at[i].rule == last + 1 &&
			     all.at[i].layer == n->layer && !strcmp(all.at[i].reason, n->reason);
			     i++)
				last++;
			fp_buf_printf(b, last > first ? "%s%u-%u" : "%s%u", sep, first, last);
			sep = ", ";
		}
		fp_buf_puts(b, "\n");
	}
}

static void text(struct fp_unit *u, struct fp_bundle *b, const struct fp_bundle_target *t)
{
	const char *section = "";
	struct fp_buf out;

	fp_buf_init(&out, &u->arena);
	header(&out, b, t);
	for (size_t i = 0; i < b->ir->rule_count; i++) {
		const struct fp_rule *r = &b->ir->rules[i];
		if (strcmp(section, fp_kind_section(r->kind)))
			fp_buf_printf(&out, "%s\n", section = fp_kind_section(r->kind));
		row(&out, b, t, r);
	}
	fp_buf_puts(&out,
		    "\n  ! nobody holds the rule exactly or more narrowly: the policy accepts it"
		    "\n  ~ only a best-effort layer does\n\nReasons\n");
	for (size_t i = 0; i < b->ir->rule_count; i++)
		reasons(&out, t, &b->ir->rules[i]);
	fp_buf_puts(&out, "\nNothing to do with\n");
	nothing(u, &out, b, t);
	fp_bundle_add(u, b, fp_arena_printf(&u->arena, "%s/claims.txt", t->target->name), &out);
}

static void json_rule(struct fp_json *j, const struct fp_bundle_target *t, const struct fp_rule *r,
		      const uint8_t order[FP_LAYER_N])
{
	fp_json_open_object(j, NULL);
	fp_json_put_text(j, "accepted", r->accepted);
	fp_json_open_object(j, "claims");
	for (size_t i = 0; i < FP_LAYER_N; i++)
		fp_json_put_text(j, fp_layer_names[order[i]],
				 fp_claim_names[t->layers[order[i]].claims[r->id].kind]);
	fp_json_close(j);
	fp_json_put_number(j, "id", r->id);
	fp_json_open_object(j, "reasons");
	for (size_t i = 0; i < FP_LAYER_N; i++)
		fp_json_put_text(j, fp_layer_names[order[i]],
				 t->layers[order[i]].claims[r->id].reason);
	fp_json_close(j);
	fp_json_put_text(j, "rule", r->text);
	fp_json_put_text(j, "section", fp_kind_section(r->kind));
	fp_json_close(j);
}

static void json(struct fp_unit *u, struct fp_bundle *b, const struct fp_bundle_target *t)
{
	uint8_t order[FP_LAYER_N];
	struct fp_json j;
	struct fp_buf out;

	fp_bundle_sort_names(fp_layer_names, FP_LAYER_N, order);
	fp_buf_init(&out, &u->arena);
	fp_json_begin(&j, u, &out);
	fp_json_put_text(&j, "$schema", "claims.schema.json");
	fp_json_open_array(&j, "counted");
	for (enum fp_layer l = 0; l < FP_LAYER_N; l++)
		if (t->counts[l])
			fp_json_put_text(&j, NULL, fp_layer_names[l]);
	fp_json_close(&j);
	fp_json_put_text(&j, "policy", b->ir->name);
	fp_json_open_array(&j, "rules");
	for (size_t i = 0; i < b->ir->rule_count; i++)
		json_rule(&j, t, &b->ir->rules[i], order);
	fp_json_close(&j);
	fp_json_put_text(&j, "target", t->target->name);
	fp_json_end(&j);
	fp_bundle_add(u, b, fp_arena_printf(&u->arena, "%s/claims.json", t->target->name), &out);
}

void fp_bundle_claims(struct fp_unit *u, struct fp_bundle *b, const struct fp_bundle_target *t)
{
	text(u, b, t);
	json(u, b, t);
}

static int by_range(const void *a, const void *b)
{
	const struct fp_map *x = a, *y = b;
	int c = 0;

	if (x->pointer != y->pointer)
		c = strcmp(x->pointer ? x->pointer : "", y->pointer ? y->pointer : "");
	c = c ? c : (x->begin > y->begin) - (x->begin < y->begin);
	c = c ? c : (x->end > y->end) - (x->end < y->end);
	return c ? c : (x->rule > y->rule) - (x->rule < y->rule);
}

/* Filters and profiles are mapped from their beginning on. */
static bool is_in_order(const struct fp_artifact *a)
{
	for (size_t i = 1; i < a->map.n; i++)
		if (by_range(&a->map.at[i - 1], &a->map.at[i]) > 0)
			return false;
	return true;
}

static void srcmap_line(struct fp_buf *b, const char *name, const struct fp_map *m)
{
	fp_buf_puts(b, name);
	fp_buf_putc(b, '\t');
	if (m->pointer)
		fp_buf_puts(b, m->pointer);
	else
		fp_buf_number(b, m->begin);
	fp_buf_putc(b, '\t');
	if (!m->pointer)
		fp_buf_number(b, m->end);
	fp_buf_putc(b, '\t');
	fp_buf_number(b, m->rule);
	fp_buf_putc(b, '\n');
}

void fp_bundle_srcmap(struct fp_unit *u, struct fp_bundle *b, const struct fp_bundle_target *t)
{
	struct fp_buf out;

	fp_buf_init(&out, &u->arena);
	fp_buf_puts(&out, "# artifact\tfirst byte, or JSON pointer\tbyte after\trule\n");
	for (enum fp_layer l = 0; l < FP_LAYER_N; l++)
		for (size_t i = 0; i < t->layers[l].artifacts.n; i++) {
			struct fp_artifact *a = t->layers[l].artifacts.at[i];
			if (!is_in_order(a))
				qsort(a->map.at, a->map.n, sizeof(a->map.at[0]), by_range);
			for (size_t j = 0; j < a->map.n; j++) {
				const struct fp_map *m = &a->map.at[j];
				if (!j || by_range(m, m - 1))
					srcmap_line(&out, a->name, m);
			}
		}
	fp_bundle_add(u, b, fp_arena_printf(&u->arena, "%s/srcmap.tsv", t->target->name), &out);
}
