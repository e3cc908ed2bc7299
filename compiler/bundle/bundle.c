/* SPDX-License-Identifier: MIT */
/* Back ends run for each target; what nobody enforces is an error. */
#include "bundle/bundle.h"

#include <stdlib.h>
#include <string.h>

void fp_bundle_add(struct fp_unit *u, struct fp_bundle *b, const char *path, struct fp_buf *data)
{
	fp_buf_trim(data);
	struct fp_file f = { .path = path, .data = fp_buf_text(data), .len = data->len };

	fp_vec_push(&u->arena, &b->files, f);
}

void fp_bundle_sort_names(const char *const *names, size_t n, uint8_t *order)
{
	for (size_t i = 0; i < n; i++) {
		size_t at = i;
		for (; at && strcmp(names[order[at - 1]], names[i]) > 0; at--)
			order[at] = order[at - 1];
		order[at] = (uint8_t)i;
	}
}

/* An LSM that the target's kernel does not run enforces nothing there, whatever was emitted. */
static bool layer_counts(const struct fp_target *t, enum fp_layer layer)
{
	switch (layer) {
	case FP_LAYER_APPARMOR:
		return fp_target_lsm_enabled(t, "apparmor");
	case FP_LAYER_SELINUX:
		return fp_target_lsm_enabled(t, "selinux");
	case FP_LAYER_OCI:
		return t->n_runtimes > 0;
	case FP_LAYER_SECCOMP:
	case FP_LAYER_CGROUP2:
	case FP_LAYER_NFTABLES:
	case FP_LAYER_N:
		break;
	}
	return true;
}

static bool is_kept(const struct fp_claim *c)
{
	return c->kind == FP_CLAIM_EXACT || c->kind == FP_CLAIM_NARROWER;
}

bool fp_bundle_is_held(const struct fp_bundle *b, const struct fp_bundle_target *t,
		       const struct fp_rule *r, bool *only_best_effort)
{
	bool required = false, best_effort = false;

	for (enum fp_layer l = 0; l < FP_LAYER_N; l++) {
		if (!t->counts[l] || !is_kept(&t->layers[l].claims[r->id]))
			continue;
		if (b->ir->best_effort[l])
			best_effort = true;
		else
			required = true;
	}
	*only_best_effort = best_effort && !required;
	return required || best_effort;
}

static void check_claims(struct fp_unit *u, const struct fp_emission *e, const char *backend)
{
	for (size_t i = 0; i < e->ir->rule_count; i++)
		if (!e->is_claimed[i])
			fp_diag(u, FP_E_INTERNAL, e->ir->rules[i].span,
				"back end %s says nothing about '%s' on %s", backend,
				e->ir->rules[i].text, e->target->name);
}

static void run_layer(struct fp_unit *u, struct fp_bundle *b, struct fp_bundle_target *t,
		      enum fp_layer layer)
{
	const struct fp_backend *back = fp_backend_at(layer);
	struct fp_emission *e = &t->layers[layer];
	uint32_t before = u->diags.errors;

	*e = (struct fp_emission){ .unit = u, .ir = b->ir, .target = t->target };
	e->claims = FP_NEW_ARRAY(&u->arena, b->ir->rule_count, struct fp_claim);
	e->is_claimed = FP_NEW_ARRAY(&u->arena, b->ir->rule_count, bool);
	const void *plan = back->lower(u, b->ir, t->target);
	if (u->diags.errors > before)
		return;
	back->emit(u, plan, e);
	if (u->diags.errors == before)
		check_claims(u, e, back->name);
	for (size_t i = 0; i < e->artifacts.n; i++) {
		const struct fp_artifact *a = e->artifacts.at[i];
		struct fp_file f = { .path = fp_arena_printf(&u->arena, "%s/%s", t->target->name,
							     a->name),
				     .data = a->data,
				     .len = a->len };
		fp_vec_push(&u->arena, &b->files, f);
	}
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct fp_file *)a)->path, ((const struct fp_file *)b)->path);
}

static int by_target(const void *a, const void *b)
{
	return strcmp(((const struct fp_bundle_target *)a)->target->name,
		      ((const struct fp_bundle_target *)b)->target->name);
}

void fp_bundle_build(struct fp_unit *u, const struct fp_ir *ir,
		     const struct fp_target *const *targets, size_t n, struct fp_bundle *out)
{
	*out = (struct fp_bundle){ .ir = ir, .target_count = n };
	out->targets = FP_NEW_ARRAY(&u->arena, n, struct fp_bundle_target);
	for (size_t i = 0; i < n; i++)
		out->targets[i].target = targets[i];
	qsort(out->targets, n, sizeof(out->targets[0]), by_target);
	for (size_t i = 0; i < n; i++)
		for (enum fp_layer l = 0; l < FP_LAYER_N; l++) {
			out->targets[i].counts[l] = layer_counts(out->targets[i].target, l);
			run_layer(u, out, &out->targets[i], l);
		}
	if (u->diags.errors)
		return;
	for (size_t i = 0; i < ir->rule_count; i++)
		fp_bundle_check_held(u, out, &ir->rules[i]);
	/* The lint wants claims: it writes nothing that would have to be proved. */
	if (!u->diags.errors && !u->options.is_lint)
		fp_bundle_prove(u, out);
	if (u->diags.errors)
		return;
	fp_bundle_depth(u, out);
	if (u->options.is_lint)
		return;
	for (size_t i = 0; i < n; i++) {
		fp_bundle_claims(u, out, &out->targets[i]);
		fp_bundle_srcmap(u, out, &out->targets[i]);
	}
	fp_bundle_spec(u, out);
	qsort(out->files.at, out->files.n, sizeof(out->files.at[0]), by_path);
	fp_bundle_manifest(u, out);
	qsort(out->files.at, out->files.n, sizeof(out->files.at[0]), by_path);
}
