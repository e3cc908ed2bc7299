/* SPDX-License-Identifier: MIT */
/* Filters of anybody: read, combined as the kernel combines them, compared, told. */
#include "verify/question.h"
#include "ir/domain_calls.h"
#include "ir/eval.h"
#include "verify/list.h"
#include "verify/symbolic.h"

#include <inttypes.h>
#include <string.h>

static const struct fp_span nowhere;

enum {
	OP_STRICTEST = 32
};

/* One file of the stack. */
struct layer {
	const struct fp_foreign *file;
	bool is_list;
	struct fp_bpf code;
	uint32_t node; /* of code */
	struct fp_list list;
	struct fp_stand_ins stand_ins;
	struct fp_compiled compiled;
};

struct asker {
	struct fp_verifier v;
	const struct fp_question *q;
	struct layer *layers;
	struct fp_machine machine;
	struct fp_buf *out;
	const char *why; /* undecided */
};

/* ---- reading ---- */

static bool is_json(const struct fp_foreign *f)
{
	size_t i = 0;

	while (i < f->len && strchr(" \t\r\n", f->data[i]) && f->data[i])
		i++;
	return i < f->len && f->data[i] == '{';
}

static bool refuse(struct asker *a, const struct fp_foreign *f, const char *why)
{
	fp_diag(a->v.u, FP_E_FILTER, nowhere, "%s: %s", f->name, why);
	return false;
}

static bool undecided(struct asker *a, const struct fp_foreign *f, const char *why)
{
	a->why = fp_arena_printf(&a->v.u->arena, "%s: %s", f->name, why);
	return false;
}

/*
 * An action that no kernel knows kills, but it is not the strictest: of a stack the lowest number
 * counts, known or not. NULL where there is none.
 */
static const char *unknown_action(struct asker *a, const struct fp_bpf *b)
{
	for (uint32_t pc = 0; pc < b->n; pc++) {
		const struct fp_bpf_insn *i = &b->at[pc];
		bool is_known = i->op != FP_BPF_RET || fp_bpf_is_action(i->k);
		if (!is_known || i->op == FP_BPF_RET_A)
			return fp_arena_printf(a->v.arena, "byte %u: %s", pc * 8,
					       is_known ? "computes an action, in a stack"
							: "no action of the kernel, in a stack");
	}
	return NULL;
}

static bool read_code(struct asker *a, struct layer *l)
{
	const char *why = fp_verify_decode(&a->v, l->file->data, l->file->len, &l->code);

	if (why)
		return refuse(a, l->file, why);
	why = a->q->n > 1 ? unknown_action(a, &l->code) : NULL;
	if (!why)
		why = fp_bpf_diagram(&a->v.dd, a->v.arena, &l->code, &l->node);
	return !why || undecided(a, l->file, why);
}

static bool read_compiled(struct asker *a, const struct layer *l, const struct fp_list_job *job,
			  uint32_t *node)
{
	struct fp_bpf code;

	if (job->why)
		return undecided(a, l->file, job->why);
	const char *why = fp_verify_decode(&a->v, job->code, job->len, &code);
	if (!why)
		why = fp_bpf_diagram(&a->v.dd, a->v.arena, &code, node);
	return !why || undecided(a, l->file, why);
}

static bool read_list(struct asker *a, struct layer *l)
{
	const struct fp_list_host host = { a->q->arch, a->machine.kernel, a->q->ir->caps };
	struct fp_list_job jobs[2] = { { .arch = a->q->arch }, { .arch = a->q->arch } };
	struct fp_unit *u = a->v.u;
	json_t *root = NULL;

	const char *why = fp_list_parse(u, l->file->data, l->file->len, &root);
	if (!why)
		why = fp_list_read(u, root, &host, &l->list);
	if (why)
		return refuse(a, l->file, why);
	if (!a->q->target->n_runtimes)
		return refuse(a, l->file, "the target has no runtime that would compile it");
	fp_list_stand_in(u, &l->list, a->q->arch, &l->stand_ins);
	jobs[0].list = &l->list;
	jobs[1].list = &l->stand_ins.list;
	fp_list_compile(u, jobs, 2);
	return read_compiled(a, l, &jobs[0], &l->compiled.list) &&
	       read_compiled(a, l, &jobs[1], &l->compiled.stand_ins);
}

static bool read_all(struct asker *a)
{
	a->layers = FP_NEW_ARRAY(&a->v.u->arena, a->q->n, struct layer);
	for (size_t i = 0; i < a->q->n; i++) {
		struct layer *l = &a->layers[i];
		l->file = &a->q->filters[i];
		l->is_list = is_json(l->file);
		if (!(l->is_list ? read_list(a, l) : read_code(a, l)))
			return false;
	}
	return true;
}

/* ---- the stack ---- */

/* The strictest action; of equal ones the data of the newest filter: seccomp_run_filters(). */
static uint32_t strictest(uint32_t newer, uint32_t older)
{
	return older >> 16 < newer >> 16 ? older : newer;
}

static uint32_t node_of(struct asker *a, struct layer *l, size_t runtime)
{
	const struct fp_target_runtime *rt = &a->q->target->runtimes[runtime];

	if (!l->is_list)
		return l->node;
	uint32_t node = fp_list_settle(&a->v, &l->list, a->q->arch, &l->stand_ins, rt, l->compiled);
	if (fp_target_runtime_has(a->q->target, runtime, FP_FEAT_OCI_SECCOMP_NO_PROLOGUE))
		return node;
	return fp_list_prologue(&a->v, &l->list, a->q->arch, rt, node);
}

static uint32_t combine(struct asker *a, size_t runtime)
{
	static const struct fp_dd_op op = { OP_STRICTEST, strictest };
	uint32_t node = node_of(a, &a->layers[0], runtime);

	for (size_t i = 1; i < a->q->n; i++)
		node = fp_dd_apply(&a->v.dd, &op, node_of(a, &a->layers[i], runtime), node);
	return node;
}

/* Run the code of the stack on the call, where all of it is code. */
static void confirm(struct asker *a, const struct fp_verdict *r)
{
	uint32_t all = UINT32_MAX;

	for (size_t i = 0; i < a->q->n; i++) {
		uint32_t value;
		if (a->layers[i].is_list)
			return;
		if (!fp_bpf_run(&a->layers[i].code, &r->call, &value))
			break;
		uint32_t leaf = fp_domain_leaf(fp_bpf_decision(value));
		all = all == UINT32_MAX ? leaf : strictest(leaf, all);
	}
	if (all != fp_domain_leaf(r->got))
		fp_diag(a->v.u, FP_E_INTERNAL, nowhere, "the counterexample is not confirmed: %s",
			r->example);
}

/* ---- the answer ---- */

static const char *files(const struct asker *a)
{
	struct fp_buf b;

	fp_buf_init(&b, &a->v.u->arena);
	for (size_t i = 0; i < a->q->n; i++)
		fp_buf_printf(&b, "%s%s", i ? " + " : "", a->q->filters[i].name);
	return fp_buf_text(&b);
}

static void tell_call(struct asker *a, const struct fp_bpf_data *d)
{
	fp_buf_printf(a->out, "  call: number %" PRIu32 ", architecture 0x%" PRIx32 ", arguments",
		      d->nr, d->arch);
	for (unsigned i = 0; i < 6; i++)
		fp_buf_printf(a->out, " 0x%" PRIx64, d->args[i]);
	if (d->ip)
		fp_buf_printf(a->out, ", from 0x%" PRIx64, d->ip);
	fp_buf_putc(a->out, '\n');
}

static void tell(struct asker *a, const struct fp_verdict *r, const char *runtime)
{
	struct fp_arena *arena = &a->v.u->arena;
	struct fp_answer by = fp_verify_policy_says(&a->v, a->machine, &r->call);

	fp_buf_printf(a->out, "%s%s%s: %s is answered with %s, and the policy says %s\n", files(a),
		      runtime ? ", as it is taken by " : "", runtime ? runtime : "", r->example,
		      fp_bpf_decision_text(arena, r->got), fp_bpf_decision_text(arena, r->wanted));
	if (by.rule)
		fp_buf_printf(a->out, "  rule: %s\n", by.rule->text);
	tell_call(a, &r->call);
}

static void tell_proved(struct asker *a)
{
	static const char *const what[] = { "decides every call as", "permits no call more than",
					    "permits no call less than" };
	const struct fp_target *t = a->q->target;

	fp_buf_printf(a->out, "PROVED: %s %s policy %s on %s, %s\n", files(a), what[a->q->wanted],
		      a->q->ir->name, fp_arch_name(a->q->arch), t->name);
}

/* Calls that no filter sees make no difference. */
static uint32_t without_unseen(struct fp_verifier *v, uint32_t bad)
{
	for (size_t i = 0; i < fp_sys_count() && bad != FP_DD_FALSE; i++) {
		const struct fp_sysdef *sys = fp_sys_at(i);
		for (enum fp_abi abi = 0; sys->flags & FP_SYS_UNFILTERED && abi < FP_ABI_N; abi++)
			if (sys->nr[abi] >= 0)
				bad = fp_dd_if(&v->dd,
					       fp_verify_call(v, abi, (uint32_t)sys->nr[abi]),
					       FP_DD_FALSE, bad);
	}
	return bad;
}

static struct fp_verdict compare(struct asker *a, uint32_t wanted, uint32_t got)
{
	struct fp_dd *d = &a->v.dd;
	uint32_t bad = FP_DD_FALSE;

	switch (a->q->wanted) {
	case FP_WANTED_SAME:
		bad = fp_verify_differs(&a->v, wanted, got);
		break;
	case FP_WANTED_NARROWER:
		bad = fp_domain_wider(d, got, wanted);
		break;
	case FP_WANTED_WIDER:
		bad = fp_domain_wider(d, wanted, got);
		break;
	}
	return fp_verify_where(&a->v, wanted, got, without_unseen(&a->v, bad));
}

static enum fp_outcome ask(struct asker *a)
{
	bool has_list = false;

	for (size_t i = 0; i < a->q->n; i++)
		has_list |= a->layers[i].is_list;
	uint32_t wanted = fp_meaning(&a->v, a->machine);
	for (size_t i = 0; i < (has_list ? a->q->target->n_runtimes : 1); i++) {
		struct fp_verdict r = compare(a, wanted, combine(a, i));
		a->why = r.why;
		if (r.outcome == FP_FAILS) {
			confirm(a, &r);
			tell(a, &r, has_list ? a->q->target->runtimes[i].name : NULL);
		}
		if (r.outcome != FP_HOLDS)
			return r.outcome;
	}
	tell_proved(a);
	return FP_HOLDS;
}

enum fp_outcome fp_verify_question(struct fp_unit *u, const struct fp_question *q,
				   struct fp_buf *out)
{
	struct asker a = { .q = q, .out = out };
	enum fp_outcome outcome = FP_NOT_CHECKED;

	a.machine.arch = q->arch;
	a.machine.kernel = FP_SINCE(q->target->kernel.major, q->target->kernel.minor);
	fp_verifier_begin(&a.v, u, q->ir);
	if (read_all(&a))
		outcome = ask(&a);
	else if (a.why)
		outcome = FP_UNDECIDED;
	if (outcome == FP_UNDECIDED)
		fp_diag(u, FP_E_UNDECIDED, nowhere, "undecided: %s", a.why);
	fp_verifier_end(&a.v);
	return outcome;
}
