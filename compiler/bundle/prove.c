/* SPDX-License-Identifier: MIT */
/* Filters are decided from the bytes that will be written. */
#include "bundle/bundle.h"
#include "verify/copies.h"
#include "verify/verify.h"

#include <stdlib.h>
#include <string.h>

static const struct fp_span nowhere;

/* The machine that "seccomp/x86_64.bpf" is for. */
static bool machine_of(const struct fp_artifact *a, const struct fp_target *t, struct fp_machine *m)
{
	static const char folder[] = "seccomp/", suffix[] = ".bpf";
	const size_t around = sizeof(folder) + sizeof(suffix) - 2;
	size_t len = strlen(a->name);

	m->kernel = FP_SINCE(t->kernel.major, t->kernel.minor);
	return a->is_binary && len > around &&
	       fp_arch_find(a->name + sizeof(folder) - 1, len - around, &m->arch);
}

static void report(struct fp_verifier *v, const char *path, const struct fp_verdict *r)
{
	if (r->outcome == FP_UNDECIDED) {
		fp_diag(v->u, FP_E_UNDECIDED, nowhere,
			"whether %s means what the policy says is undecided: %s", path, r->why);
		return;
	}
	fp_diag(v->u, FP_E_ARTIFACT, nowhere, "%s answers %s with %s, and the policy says %s", path,
		r->example, fp_bpf_decision_text(&v->u->arena, r->got),
		fp_bpf_decision_text(&v->u->arena, r->wanted));
	fp_diag_note(v->u, nowhere,
		     "nothing is written; please report it, with the policy and the target");
}

static const struct fp_artifact *find(const struct fp_emission *e, const char *name)
{
	for (size_t i = 0; i < e->artifacts.n; i++)
		if (!strcmp(e->artifacts.at[i]->name, name))
			return e->artifacts.at[i];
	return NULL;
}

/* crun is handed the same bytes inside a patch. */
static void check_copy(struct fp_verifier *v, const struct fp_bundle_target *t,
		       const struct fp_artifact *a, struct fp_machine m)
{
	const char *name = fp_arena_printf(v->arena, "oci/crun-%s.json", fp_arch_name(m.arch));
	const struct fp_artifact *copy = find(&t->layers[FP_LAYER_OCI], name);

	if (copy && !fp_copy_is_filter(v->u, copy->data, copy->len, a->data, a->len))
		fp_diag(v->u, FP_E_ARTIFACT, nowhere, "%s/%s does not hand on %s", t->target->name,
			name, a->name);
}

static void prove(struct fp_verifier *v, struct fp_bundle *b, const struct fp_target *t,
		  const struct fp_artifact *a, struct fp_machine m)
{
	struct fp_proof proof = { .path = fp_arena_printf(&v->u->arena, "%s/%s", t->name,
							  a->name) };
	struct fp_bpf code;

	const char *why = fp_verify_decode(v, a->data, a->len, &code);
	if (why) {
		fp_diag(v->u, FP_E_ARTIFACT, nowhere, "%s is no filter: %s", proof.path, why);
		return;
	}
	struct fp_verdict r = fp_verify_filter(v, m, &code);
	if (r.outcome == FP_HOLDS)
		fp_vec_push(&v->u->arena, &b->proofs, proof);
	else
		report(v, proof.path, &r);
}

static int by_path(const void *x, const void *y)
{
	return strcmp(((const struct fp_proof *)x)->path, ((const struct fp_proof *)y)->path);
}

void fp_bundle_prove(struct fp_unit *u, struct fp_bundle *b)
{
	struct fp_verifier v;
	struct fp_machine m;

	fp_verifier_begin(&v, u, b->ir);
	for (size_t i = 0; i < b->target_count; i++) {
		const struct fp_bundle_target *t = &b->targets[i];
		const struct fp_emission *e = &t->layers[FP_LAYER_SECCOMP];
		for (size_t k = 0; k < e->artifacts.n; k++)
			if (machine_of(e->artifacts.at[k], t->target, &m)) {
				prove(&v, b, t->target, e->artifacts.at[k], m);
				check_copy(&v, t, e->artifacts.at[k], m);
			}
	}
	if (!u->diags.errors)
		fp_bundle_prove_lists(&v, b);
	fp_verifier_end(&v);
	if (b->proofs.n)
		qsort(b->proofs.at, b->proofs.n, sizeof(b->proofs.at[0]), by_path);
}
