/* SPDX-License-Identifier: MIT */
/* OCI linux.seccomp: what a runtime makes of it is decided too, within what is claimed of it. */
#include "bundle/bundle.h"
#include "verify/copies.h"
#include "verify/list.h"
#include "verify/symbolic.h"

#include <string.h>

static const struct fp_span nowhere;

/* Equal lists are compiled once a machine: the list, and what stands in for names. */
struct pair {
	const struct fp_artifact *source;
	enum fp_arch arch;
	struct fp_list *list;
	struct fp_stand_ins stand_ins;
	struct fp_compiled compiled;
	const char *why; /* not NULL: it could not be compiled */
};

/* One list on one machine of its target. */
struct item {
	const struct fp_bundle_target *t;
	const char *path;
	struct fp_machine machine;
	size_t pair, proof;
};

struct lists {
	struct fp_verifier *v;
	struct fp_unit *u;
	struct fp_bundle *b;
	FP_VEC(struct item) items;
	FP_VEC(struct pair) pairs;
};

static void wrong(const struct lists *l, const char *path, const char *why)
{
	fp_diag(l->u, FP_E_ARTIFACT, nowhere, "%s is no list that a runtime takes: %s", path, why);
}

static size_t pair_of(struct lists *l, const struct fp_artifact *a, json_t *root, enum fp_arch arch,
		      const char *path)
{
	const struct fp_list_host host = { .arch = arch };
	struct pair p = { .source = a, .arch = arch };

	for (size_t i = 0; i < l->pairs.n; i++)
		if (l->pairs.at[i].arch == arch && l->pairs.at[i].source->len == a->len &&
		    !memcmp(l->pairs.at[i].source->data, a->data, a->len))
			return i;
	p.list = FP_NEW(&l->u->arena, struct fp_list);
	const char *why = fp_list_read(l->u, root, &host, p.list);
	if (why)
		wrong(l, path, why);
	fp_list_stand_in(l->u, p.list, arch, &p.stand_ins);
	fp_vec_push(&l->u->arena, &l->pairs, p);
	return l->pairs.n - 1;
}

/* The configuration has the same list. */
static void check_copy(struct lists *l, const struct fp_bundle_target *t,
		       const struct fp_artifact *list, const json_t *root)
{
	const struct fp_emission *e = &t->layers[FP_LAYER_OCI];

	for (size_t i = 0; i < e->artifacts.n; i++) {
		const struct fp_artifact *a = e->artifacts.at[i];
		if (!strcmp(a->name, "oci/config.json") &&
		    !fp_copy_is_list(l->u, a->data, a->len, root))
			fp_diag(l->u, FP_E_ARTIFACT, nowhere, "%s/%s has another list than %s",
				t->target->name, a->name, list->name);
	}
}

static void add(struct lists *l, const struct fp_bundle_target *t, const struct fp_artifact *a)
{
	struct fp_proof proof = { .is_list = true };
	const struct fp_target *target = t->target;
	json_t *root;

	proof.path = fp_arena_printf(&l->u->arena, "%s/%s", target->name, a->name);
	if (l->u->options.without_lists)
		proof.open = "what libseccomp makes of it was not asked for";
	fp_vec_push(&l->u->arena, &l->b->proofs, proof);
	if (proof.open)
		return;
	const char *why = fp_list_parse(l->u, a->data, a->len, &root);
	if (why)
		wrong(l, proof.path, why);
	if (!why)
		check_copy(l, t, a, root);
	for (unsigned arch = 0; arch < FP_ARCH_N && !why; arch++) {
		struct item it = { .t = t, .path = proof.path, .proof = l->b->proofs.n - 1 };
		it.machine.arch = (enum fp_arch)arch;
		it.machine.kernel = FP_SINCE(target->kernel.major, target->kernel.minor);
		if (!target->archs[arch])
			continue;
		it.pair = pair_of(l, a, root, it.machine.arch, proof.path);
		fp_vec_push(&l->u->arena, &l->items, it);
	}
}

static const uint8_t *allowances(struct lists *l, const struct fp_bundle_target *t)
{
	static const uint8_t by_kind[] = { [FP_CLAIM_EXACT] = FP_MUST_BE_SAME,
					   [FP_CLAIM_NARROWER] = FP_MAY_BE_NARROWER,
					   [FP_CLAIM_WIDER] = FP_MAY_BE_WIDER,
					   [FP_CLAIM_NONE] = FP_MAY_BE_WIDER };
	uint8_t *out = FP_NEW_ARRAY(&l->u->arena, l->b->ir->rule_count, uint8_t);

	for (size_t i = 0; i < l->b->ir->rule_count; i++)
		out[i] = by_kind[t->layers[FP_LAYER_OCI].claims[i].kind];
	return out;
}

static void report(struct lists *l, const struct item *it, const struct fp_verdict *r,
		   const char *runtime)
{
	struct fp_arena *a = &l->u->arena;

	if (r->outcome == FP_UNDECIDED)
		fp_diag(l->u, FP_E_UNDECIDED, nowhere,
			"whether %s means what the policy says is undecided: %s", it->path, r->why);
	if (r->outcome != FP_FAILS)
		return;
	fp_diag(l->u, FP_E_ARTIFACT, nowhere,
		"%s, as %s takes it, answers %s with %s; the policy says %s, and no claim tells",
		it->path, runtime, r->example, fp_bpf_decision_text(a, r->got),
		fp_bpf_decision_text(a, r->wanted));
	fp_diag_note(l->u, nowhere, "for %s, compiled by %s", fp_arch_name(it->machine.arch),
		     fp_list_compiler(l->u));
}

/* What libseccomp made, read back. False where nothing can be said. */
static bool read_back(struct lists *l, const struct fp_list_job *job, uint32_t *node,
		      const char **why)
{
	struct fp_verifier *v = l->v;
	struct fp_bpf code;

	*why = job->why ? job->why : fp_verify_decode(v, job->code, job->len, &code);
	if (!*why)
		*why = fp_bpf_diagram(&v->dd, v->arena, &code, node);
	if (*why)
		*why = fp_arena_printf(&l->u->arena, "%s", *why);
	return !*why;
}

static void compile(struct lists *l)
{
	const size_t n = 2 * l->pairs.n;
	struct fp_list_job *jobs = FP_NEW_ARRAY(&l->u->arena, n, struct fp_list_job);

	for (size_t i = 0; i < n; i++) {
		const struct pair *p = &l->pairs.at[i / 2];
		jobs[i].list = i % 2 ? &p->stand_ins.list : p->list;
		jobs[i].arch = p->arch;
	}
	fp_list_compile(l->u, jobs, n);
	for (size_t i = 0; i < l->pairs.n; i++) {
		struct pair *p = &l->pairs.at[i];
		if (read_back(l, &jobs[2 * i], &p->compiled.list, &p->why))
			read_back(l, &jobs[2 * i + 1], &p->compiled.stand_ins, &p->why);
	}
}

/* By each runtime: crun loads what libseccomp made, runc puts its prologue before it. */
static void decide(struct lists *l, const struct item *it)
{
	const struct pair *p = &l->pairs.at[it->pair];
	const struct fp_target *t = it->t->target;
	struct fp_verifier *v = l->v;
	uint32_t wanted = fp_meaning(v, it->machine);
	uint32_t allowed = fp_meaning_by(v, it->machine, allowances(l, it->t));

	for (size_t i = 0; i < t->n_runtimes; i++) {
		const struct fp_target_runtime *rt = &t->runtimes[i];
		uint32_t got = fp_list_settle(v, p->list, p->arch, &p->stand_ins, rt, p->compiled);
		if (!fp_target_runtime_has(t, i, FP_FEAT_OCI_SECCOMP_NO_PROLOGUE))
			got = fp_list_prologue(v, p->list, p->arch, rt, got);
		struct fp_verdict r = fp_verify_claims(v, wanted, got, allowed);
		report(l, it, &r, rt->name);
	}
}

void fp_bundle_prove_lists(struct fp_verifier *verifier, struct fp_bundle *b)
{
	struct lists l = { .v = verifier, .u = verifier->u, .b = b };

	for (size_t i = 0; i < b->target_count; i++) {
		const struct fp_bundle_target *t = &b->targets[i];
		const struct fp_emission *e = &t->layers[FP_LAYER_SECCOMP];
		for (size_t k = 0; k < e->artifacts.n; k++)
			if (!strcmp(e->artifacts.at[k]->name, "seccomp/seccomp.json"))
				add(&l, t, e->artifacts.at[k]);
	}
	if (!l.items.n || l.u->diags.errors)
		return;
	compile(&l);
	for (size_t i = 0; i < l.items.n; i++) {
		const struct item *it = &l.items.at[i];
		const char *why = l.pairs.at[it->pair].why;
		if (why)
			b->proofs.at[it->proof].open = why;
		else
			decide(&l, it);
	}
}
