/* SPDX-License-Identifier: MIT */
/* The filter's meaning as a list that libseccomp compiles to just that. */
#include "backends/seccomp/oci.h"

#include <errno.h>

/* Past this much of what a kernel takes, length goes before the exact error number. */
#define FP_SCMP_INSNS (FP_CBPF_MAX / 8 * 5)
#define FP_SCMP_FEW   8u
#define FP_SCMP_FRONT 64u /* tests of architectures, runc's ENOSYS prologue */

/* Runtimes with no SCMP_ACT_KILL_PROCESS take SCMP_ACT_KILL, which ends the thread. */
bool fp_scmp_has_kill(const struct fp_scmp *o)
{
	return fp_target_has(o->target, FP_FEAT_OCI_SECCOMP_KILL_PROCESS);
}

/* What a runtime of the target makes of a rule's decision. */
struct fp_decision fp_scmp_said(const struct fp_scmp *o, struct fp_decision d)
{
	switch (d.action) {
	case FP_ACT_KILL:
		if (!fp_scmp_has_kill(o))
			d.action = FP_ACT_KILL_THREAD;
		break;
	case FP_ACT_NOTIFY: /* no listener is configured: the kernel's answer then */
		return (struct fp_decision){ .action = FP_ACT_ERRNO, .data = ENOSYS };
	case FP_ACT_ERRNO:
		if (!fp_target_has(o->target, FP_FEAT_OCI_SECCOMP_ERRNO_RET))
			d.data = EPERM;
		break;
	case FP_ACT_TRAP:
		d.data = 0;
		break;
	case FP_ACT_KILL_THREAD:
	case FP_ACT_TRACE:
	case FP_ACT_LOG:
	case FP_ACT_ALLOW:
	case FP_ACT_N:
		break;
	}
	return d;
}

bool fp_scmp_is_default_sayable(const struct fp_scmp *o, struct fp_decision d)
{
	return d.action != FP_ACT_ERRNO || d.data == EPERM ||
	       fp_target_has(o->target, FP_FEAT_OCI_SECCOMP_DEFAULT_ERRNO_RET);
}

/*
 * `unknown` is the default action: numbers that no table has can be spoken of in no other way, and
 * names that a runtime leaves out are then answered as unknown. Known calls are listed, all of
 * them.
 */
static struct fp_decision choose_rest(const struct fp_scmp *o)
{
	struct fp_decision unknown = fp_scmp_said(o, o->ir->call_unknown);
	struct fp_decision rest = fp_scmp_said(o, o->ir->call_default);

	if (fp_scmp_is_default_sayable(o, unknown))
		return unknown;
	if (fp_scmp_is_default_sayable(o, rest) && rest.action <= FP_ACT_ERRNO)
		return rest;
	return (struct fp_decision){ .action = FP_ACT_ERRNO, .data = EPERM };
}

static void add(struct fp_scmp *o, const struct fp_sysdef *sys, struct fp_decision decision,
		const struct fp_cube *cube)
{
	struct fp_scmp_entry e = { .decision = fp_scmp_said(o, decision),
				   .cube = cube,
				   .sys = sys };

	if (fp_decision_cmp(e.decision, o->rest))
		fp_vec_push(&o->u->arena, &o->entries, e);
}

/* libseccomp treats x32 as a 32-bit ABI: conditions on upper halves are dropped there. */
static bool is_narrow(enum fp_abi abi)
{
	return fp_abi(abi)->word_bits == 32 || fp_abi(abi)->nr_bit;
}

static uint32_t as_diagram(struct fp_scmp *o, enum fp_abi abi)
{
	const struct fp_call_abi *a = &o->c->abi[abi];

	return a->is_plain ? fp_diagram_leaf(&o->c->diagram, a->plain) : a->root;
}

/* One list serves every ABI: the stricter of all, and a note where that is not what was asked. */
static uint32_t common(struct fp_scmp *o, struct fp_scmp_verdict *v)
{
	struct fp_diagram *d = &o->c->diagram;
	uint32_t base = 0;
	bool is_first = true;

	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i < FP_ABI_N; i++) {
			bool narrow = is_narrow((enum fp_abi)i);
			if (!o->c->abi[i].is_there || narrow != !!pass)
				continue;
			uint32_t root = as_diagram(o, (enum fp_abi)i);
			bool is_same =
				base == root || (narrow && fp_diagram_narrow(d, base) == root);
			if (!is_first && !is_same) {
				base = fp_diagram_min(d, base, root);
				v->narrower = "one list serves all ABIs, which differ here: the "
					      "strictest is listed";
			}
			if (is_first)
				base = root;
			is_first = false;
		}
	return base;
}

static bool is_narrow_open(const struct fp_scmp *o)
{
	for (unsigned i = 0; i < FP_ABI_N; i++)
		if (o->c->abi[i].is_there && is_narrow((enum fp_abi)i))
			return true;
	return false;
}

/* Conditions on upper halves mean something else where libseccomp drops them. */
static void judge_upper(const struct fp_scmp *o, const struct fp_cubes *q,
			struct fp_scmp_verdict *v)
{
	bool is_x32 = o->c->abi[FP_ABI_X32].is_there;

	for (size_t i = 0; is_narrow_open(o) && i < q->at.n; i++)
		for (unsigned k = 0; k < 6; k++) {
			const struct fp_cmp *a = &q->at.at[i].arg[k];
			bool is_upper = (a->op == FP_CMP_MASKED && a->mask >> 32) ||
					a->op == FP_CMP_LE || a->op == FP_CMP_GE;
			if (!is_upper || (!is_x32 && !(a->value >> 32)))
				continue;
			v->wider = "libseccomp compares lower halves only on 32-bit ABIs and x32";
			if (v->caught < q->at.at[i].decision.action)
				v->caught = q->at.at[i].decision.action;
		}
}

static void add_strictest(struct fp_scmp *o, const struct fp_diagram *d, uint32_t root,
			  struct fp_scmp_verdict *v)
{
	struct fp_decision plain = { .action = FP_ACT_KILL };
	bool is_any = false;

	if (!d->is_spent)
		plain = fp_diagram_strictest(d, root);
	for (unsigned i = 0; d->is_spent && i < FP_ABI_N; i++) {
		if (!o->c->abi[i].is_there)
			continue;
		struct fp_decision it = fp_call_bound(o->c, o->c->sys, (enum fp_abi)i);
		if (!is_any || fp_decision_cmp(it, plain) < 0)
			plain = it;
		is_any = true;
	}
	v->narrower = "the condition needs more rules than libseccomp is given: its strictest "
		      "outcome is listed";
	add(o, o->c->sys, plain, NULL);
}

/* Cubes that hold exactly if there are such, else those that leave error numbers to the default. */
static bool choose_cubes(struct fp_scmp *o, const struct fp_diagram *d, uint32_t root,
			 struct fp_cubes *best)
{
	bool is_found = false;

	for (unsigned pass = 0; pass < 2; pass++) {
		struct fp_cubes q = { .arena = &o->u->arena, .rest = o->rest, .max = o->cubes_max };

		q.is_errno_free = pass;
		fp_cubes_make(&q, d, root);
		if (q.is_spent || (is_found && q.is_wider && !best->is_wider))
			continue;
		*best = q;
		is_found = true;
		if (!q.is_wider && !q.is_narrower)
			break;
	}
	return is_found;
}

static void add_cubes(struct fp_scmp *o, const struct fp_diagram *d, uint32_t root,
		      struct fp_scmp_verdict *v)
{
	struct fp_cubes q = { 0 };

	if (d->is_spent || !choose_cubes(o, d, root, &q)) {
		add_strictest(o, d, root, v);
		return;
	}
	for (size_t i = 0; i < q.at.n; i++)
		add(o, o->c->sys, q.at.at[i].decision, &q.at.at[i]);
	if (q.is_narrower)
		v->narrower = "part of the condition is left to the default action, which refuses";
	if (q.is_wider)
		v->wider = "part of the condition cannot be said to libseccomp and is left to the "
			   "default action";
	judge_upper(o, &q, v);
}

/*
 * libseccomp gives a call that a multiplexer carries a second rule, for the selector, in which the
 * selector takes the place of the call's own first condition. Only a rule for the multiplexer
 * without conditions keeps such rules out, and it must come first.
 */
bool fp_scmp_is_closed(const struct fp_scmp *o, const struct fp_sysdef *mux)
{
	bool is_any = false;

	for (unsigned abi = 0; abi < FP_ABI_N; abi++) {
		if (!(o->c->open >> abi & 1) || mux->nr[abi] < 0)
			continue;
		is_any |= o->ir->calls[mux->index].n > 0;
		for (size_t i = 0; !is_any && i < fp_sys_count(); i++) {
			const struct fp_sysdef *it;
			uint32_t sub;
			if (fp_sys_multiplexed(fp_sys_at(i), (enum fp_abi)abi, &it, &sub) &&
			    it == mux)
				is_any = fp_eval_unseen(o->ir, fp_sys_at(i), (enum fp_abi)abi)
						 .is_tested;
		}
	}
	return is_any;
}

/* The strictest that it can meet, in a form that is no default action, or it would be left out. */
static void close_multiplexer(struct fp_scmp *o, const struct fp_sysdef *mux)
{
	struct fp_scmp_entry e = { .sys = mux, .is_first = true };
	struct fp_decision *d = &e.decision;
	struct fp_scmp_verdict *v = &o->verdicts[mux->index];
	bool is_plain = true;

	d->action = FP_ACT_ALLOW;
	for (unsigned abi = 0; abi < FP_ABI_N; abi++) {
		if (!o->c->abi[abi].is_there)
			continue;
		struct fp_decision it = fp_scmp_said(o, fp_call_bound(o->c, mux, (enum fp_abi)abi));
		*d = fp_decision_cmp(it, *d) < 0 ? it : *d;
		is_plain &= o->c->abi[abi].is_plain;
	}
	if (!is_plain)
		v->narrower = FP_SCMP_CLOSED;
	if (d->action == FP_ACT_ALLOW && o->rest.action == FP_ACT_ALLOW)
		return;
	if (!fp_decision_cmp(*d, o->rest)) {
		v->narrower = FP_SCMP_CLOSED;
		if (d->action < FP_ACT_ERRNO)
			v->wider =
				"answers ENOSYS: libseccomp takes no rule with the default action";
		bool is_enosys = d->action == FP_ACT_ERRNO && d->data == ENOSYS;
		*d = (struct fp_decision){ FP_ACT_ERRNO, is_enosys ? EPERM : ENOSYS };
	}
	fp_vec_push(&o->u->arena, &o->entries, e);
}

static void list_call(struct fp_scmp *o, const struct fp_sysdef *sys)
{
	struct fp_call_context *c = o->c;
	struct fp_scmp_verdict *v = &o->verdicts[sys->index];
	struct fp_decision plain = { .action = FP_ACT_ALLOW };
	bool is_plain = true, is_there = false;

	fp_call_load(c, sys);
	for (unsigned i = 0; i < FP_ABI_N; i++) {
		const struct fp_call_abi *a = &c->abi[i];
		if (!a->is_there)
			continue;
		is_plain &= a->is_plain && (!is_there || !fp_decision_cmp(a->plain, plain));
		plain = a->plain;
		is_there = true;
	}
	if (!is_there)
		return;
	if (sys->flags & FP_SYS_MULTIPLEXER && fp_scmp_is_closed(o, sys)) {
		close_multiplexer(o, sys);
		return;
	}
	if (is_plain) {
		add(o, sys, plain, NULL);
		return;
	}
	if (!c->diagram.unique)
		fp_diagram_reset(&c->diagram, &c->unit->arena);
	uint32_t root = c->diagram.is_spent ? 0 : common(o, v);
	add_cubes(o, &c->diagram, root, v);
}

/* What comes first, then by decision and condition: entries that compare equal are one rule. */
int fp_scmp_compare(const struct fp_scmp_entry *a, const struct fp_scmp_entry *b)
{
	if (a->is_first != b->is_first)
		return a->is_first ? -1 : 1;
	int c = fp_decision_cmp(a->decision, b->decision);
	if (c || a->cube == b->cube)
		return c;
	if (!a->cube || !b->cube)
		return a->cube ? 1 : -1;
	return fp_cube_cmp(a->cube, b->cube);
}

/* Loads, masks and jumps for both halves of an argument (libseccomp src/gen_bpf.c). */
static size_t insns_of(const struct fp_cmp *a)
{
	switch (a->op) {
	case FP_CMP_ANY:
		break;
	case FP_CMP_MASKED:
		return a->mask == UINT64_MAX ? 4 : 6;
	case FP_CMP_LE:
	case FP_CMP_GE:
		return 5;
	}
	return 0;
}

/*
 * Instructions libseccomp makes of the list for the largest machine, from above: at most a
 * comparison and a return for a name, its arguments, and what runtimes put in front.
 */
static size_t estimate(const struct fp_scmp *o)
{
	size_t most = 0;

	for (unsigned arch = 0; arch < FP_ARCH_N; arch++) {
		size_t n = FP_SCMP_FRONT;
		for (unsigned i = 0; i < FP_ABI_N; i++) {
			const struct fp_abi_def *abi = fp_abi((enum fp_abi)i);
			bool is_native = abi->is_native && abi->arch == (enum fp_arch)arch;
			if (!(o->c->open >> i & 1) || (abi->is_native && !is_native))
				continue;
			for (size_t k = 0; k < o->entries.n; k++) {
				const struct fp_cube *q = o->entries.at[k].cube;
				n += o->entries.at[k].sys->nr[i] < 0 ? 0 : 2;
				for (unsigned a = 0; q && a < 6; a++)
					n += insns_of(&q->arg[a]);
			}
		}
		most = n > most ? n : most;
	}
	return most;
}

static void list_all(struct fp_scmp *o)
{
	o->entries.n = 0;
	memset(o->verdicts, 0, fp_sys_count() * sizeof(*o->verdicts));
	for (size_t i = 0; i < fp_sys_count(); i++)
		list_call(o, fp_sys_at(i));
}

/*
 * A list that a kernel takes: exact if that is short enough; else with the default as the default
 * action, which makes refused values the rest of each condition; else with few rules a call.
 */
static void list_within(struct fp_scmp *o)
{
	struct fp_decision rest = fp_scmp_said(o, o->ir->call_default);
	bool is_other = fp_decision_cmp(rest, o->rest) && fp_scmp_is_default_sayable(o, rest) &&
			rest.action <= o->rest.action && rest.action <= FP_ACT_ERRNO;

	o->cubes_max = FP_CUBES_MAX;
	list_all(o);
	if (estimate(o) > FP_SCMP_INSNS && is_other) {
		o->rest = rest;
		o->is_short = true;
		list_all(o);
	}
	if (estimate(o) > FP_CBPF_MAX) {
		o->cubes_max = FP_SCMP_FEW;
		list_all(o);
	}
}

const struct fp_seccomp_oci *fp_seccomp_oci_with(struct fp_call_context *c)
{
	struct fp_scmp *o = FP_NEW(&c->unit->arena, struct fp_scmp);

	*o = (struct fp_scmp){ .c = c, .u = c->unit, .ir = c->ir, .target = c->target };
	o->result = FP_NEW(&c->unit->arena, struct fp_seccomp_oci);
	o->result->list = o;
	o->verdicts = FP_NEW_ARRAY(&c->unit->arena, fp_sys_count(), struct fp_scmp_verdict);
	o->rest = choose_rest(o);
	list_within(o);
	o->result->insns_max = estimate(o);
	fp_scmp_map(o);
	fp_scmp_claim(o);
	return o->result;
}

const struct fp_seccomp_oci *fp_seccomp_oci(struct fp_unit *u, const struct fp_ir *ir,
					    const struct fp_target *t)
{
	/* The list is told from it later. */
	struct fp_call_context *c = FP_NEW(&u->arena, struct fp_call_context);

	fp_call_context_init(c, u, ir, t);
	return fp_seccomp_oci_with(c);
}
