/* SPDX-License-Identifier: MIT */
/* The filter's meaning as OCI linux.seccomp, in a form that libseccomp compiles to just that. */
#include "backends/seccomp/cubes.h"
#include "backends/seccomp/plan.h"
#include "base/json.h"

#include <errno.h>
#include <stdlib.h>

/* One rule for libseccomp: a call and a cube, or a call whatever its arguments. */
struct entry {
	struct fp_cube cube;
	const struct fp_sysdef *sys;
	bool is_first; /* must be given to libseccomp before the rest */
};

/* What became of a call: reasons, or NULL where the list says what the rules say. */
struct verdict {
	const char *narrower, *wider;
};

struct oci {
	struct fp_call_context *c;
	struct fp_unit *u;
	const struct fp_ir *ir;
	const struct fp_target *target;
	struct fp_decision rest; /* the default action */
	FP_VEC(struct entry) entries;
	struct verdict *verdicts; /* by call */
	struct fp_claim *claims;
	struct fp_seccomp_oci *result;
};

/*
 * Every libseccomp since 2.5.0 (2020) numbers the calls up to Linux 5.8. Runtimes leave out a
 * name that theirs does not number, without a word.
 */
#define NAMES_KNOWN FP_SINCE(5, 8)

#define CLOSED "socketcall and ipc are closed: libseccomp drops conditions there"

/* Runtimes with no SCMP_ACT_KILL_PROCESS take SCMP_ACT_KILL, which ends the thread. */
static bool has_kill(const struct oci *o)
{
	return fp_target_has(o->target, FP_FEAT_OCI_SECCOMP_KILL_PROCESS);
}

/* What a runtime of the target makes of a rule's decision. */
static struct fp_decision said(const struct oci *o, struct fp_decision d)
{
	switch (d.action) {
	case FP_ACT_KILL:
		if (!has_kill(o))
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

static const char *action_name(struct fp_decision d)
{
	switch (d.action) {
	case FP_ACT_KILL:
		return "SCMP_ACT_KILL_PROCESS";
	case FP_ACT_KILL_THREAD:
		return "SCMP_ACT_KILL";
	case FP_ACT_TRAP:
		return "SCMP_ACT_TRAP";
	case FP_ACT_ERRNO:
		return "SCMP_ACT_ERRNO";
	case FP_ACT_NOTIFY:
		return "SCMP_ACT_NOTIFY";
	case FP_ACT_TRACE:
		return "SCMP_ACT_TRACE";
	case FP_ACT_LOG:
		return "SCMP_ACT_LOG";
	case FP_ACT_ALLOW:
	case FP_ACT_N:
		break;
	}
	return "SCMP_ACT_ALLOW";
}

static bool is_default_sayable(const struct oci *o, struct fp_decision d)
{
	return d.action != FP_ACT_ERRNO || d.data == EPERM ||
	       fp_target_has(o->target, FP_FEAT_OCI_SECCOMP_DEFAULT_ERRNO_RET);
}

/*
 * `unknown` is the default action: numbers that no table has can be spoken of in no other way, and
 * names that a runtime leaves out are then answered as unknown. Known calls are listed, all of
 * them.
 */
static struct fp_decision choose_rest(const struct oci *o)
{
	struct fp_decision unknown = said(o, o->ir->call_unknown);
	struct fp_decision rest = said(o, o->ir->call_default);

	if (is_default_sayable(o, unknown))
		return unknown;
	if (is_default_sayable(o, rest) && rest.action <= FP_ACT_ERRNO)
		return rest;
	return (struct fp_decision){ .action = FP_ACT_ERRNO, .data = EPERM };
}

static void add(struct oci *o, const struct fp_sysdef *sys, const struct fp_cube *cube)
{
	struct entry e = { .cube = *cube, .sys = sys, .is_first = false };

	e.cube.decision = said(o, e.cube.decision);
	if (fp_decision_cmp(e.cube.decision, o->rest))
		fp_vec_push(&o->u->arena, &o->entries, e);
}

/* libseccomp treats x32 as a 32-bit ABI: conditions on upper halves are dropped there. */
static bool is_narrow(enum fp_abi abi)
{
	return fp_abi(abi)->word_bits == 32 || fp_abi(abi)->nr_bit;
}

static uint32_t as_diagram(struct oci *o, enum fp_abi abi)
{
	const struct fp_call_abi *a = &o->c->abi[abi];

	return a->is_plain ? fp_diagram_leaf(&o->c->diagram, a->plain) : a->root;
}

/* One list serves every ABI: the stricter of all, and a note where that is not what was asked. */
static uint32_t common(struct oci *o, struct verdict *v)
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

static bool is_narrow_open(const struct oci *o)
{
	for (unsigned i = 0; i < FP_ABI_N; i++)
		if (o->c->abi[i].is_there && is_narrow((enum fp_abi)i))
			return true;
	return false;
}

/* Conditions on upper halves mean something else where libseccomp drops them. */
static void judge_upper(const struct oci *o, const struct fp_cubes *q, struct verdict *v)
{
	bool is_x32 = o->c->abi[FP_ABI_X32].is_there;

	for (size_t i = 0; is_narrow_open(o) && i < q->at.n; i++)
		for (unsigned k = 0; k < 6; k++) {
			const struct fp_cmp *a = &q->at.at[i].arg[k];
			bool is_upper = (a->op == FP_CMP_MASKED && a->mask >> 32) ||
					a->op == FP_CMP_LE || a->op == FP_CMP_GE;
			if (is_upper && (is_x32 || a->value >> 32))
				v->wider = "libseccomp compares lower halves only on 32-bit ABIs "
					   "and x32";
		}
}

static void add_strictest(struct oci *o, const struct fp_diagram *d, uint32_t root,
			  struct verdict *v)
{
	struct fp_cube plain = { .decision = { .action = FP_ACT_KILL } };

	if (!d->is_spent)
		plain.decision = fp_diagram_strictest(d, root);
	for (unsigned i = 0; d->is_spent && i < FP_ABI_N; i++) {
		bool is_filtered;
		if (!o->c->abi[i].is_there)
			continue;
		struct fp_decision it =
			fp_call_bound(o->c, o->c->sys, (enum fp_abi)i, &is_filtered);
		if (!i || fp_decision_cmp(it, plain.decision) > 0)
			plain.decision = it;
	}
	v->narrower = "the condition needs more rules than libseccomp is given: its strictest "
		      "outcome is listed";
	add(o, o->c->sys, &plain);
}

/* Cubes that hold exactly if there are such, else those that leave error numbers to the default. */
static bool choose_cubes(struct oci *o, const struct fp_diagram *d, uint32_t root,
			 struct fp_cubes *best)
{
	bool is_found = false;

	for (unsigned pass = 0; pass < 2; pass++) {
		struct fp_cubes q = { .arena = &o->u->arena, .rest = o->rest };

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

static void add_cubes(struct oci *o, const struct fp_diagram *d, uint32_t root, struct verdict *v)
{
	struct fp_cubes q = { 0 };

	if (d->is_spent || !choose_cubes(o, d, root, &q)) {
		add_strictest(o, d, root, v);
		return;
	}
	for (size_t i = 0; i < q.at.n; i++)
		add(o, o->c->sys, &q.at.at[i]);
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
static bool is_closed(const struct oci *o, const struct fp_sysdef *mux)
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
				fp_call_bound(o->c, fp_sys_at(i), (enum fp_abi)abi, &is_any);
		}
	}
	return is_any;
}

/* The strictest that it can meet, in a form that is no default action, or it would be left out. */
static void close_multiplexer(struct oci *o, const struct fp_sysdef *mux)
{
	struct entry e = { .sys = mux, .is_first = true };
	struct fp_decision *d = &e.cube.decision;
	struct verdict *v = &o->verdicts[mux->index];

	d->action = FP_ACT_ALLOW;
	for (unsigned abi = 0; abi < FP_ABI_N; abi++) {
		if (!o->c->abi[abi].is_there)
			continue;
		struct fp_decision it = said(o, fp_mux_bound(o->c, mux, (enum fp_abi)abi));
		*d = fp_decision_cmp(it, *d) < 0 ? it : *d;
	}
	v->narrower = CLOSED;
	if (d->action == FP_ACT_ALLOW && o->rest.action == FP_ACT_ALLOW)
		return;
	if (!fp_decision_cmp(*d, o->rest)) {
		if (d->action < FP_ACT_ERRNO)
			v->wider =
				"answers ENOSYS: libseccomp takes no rule with the default action";
		bool is_enosys = d->action == FP_ACT_ERRNO && d->data == ENOSYS;
		*d = (struct fp_decision){ FP_ACT_ERRNO, is_enosys ? EPERM : ENOSYS };
	}
	fp_vec_push(&o->u->arena, &o->entries, e);
}

static void list_call(struct oci *o, const struct fp_sysdef *sys)
{
	struct fp_call_context *c = o->c;
	struct verdict *v = &o->verdicts[sys->index];
	struct fp_cube plain = { 0 };
	bool is_plain = true, is_there = false;

	fp_call_load(c, sys);
	for (unsigned i = 0; i < FP_ABI_N; i++) {
		const struct fp_call_abi *a = &c->abi[i];
		if (!a->is_there)
			continue;
		is_plain &=
			a->is_plain && (!is_there || !fp_decision_cmp(a->plain, plain.decision));
		plain.decision = a->plain;
		is_there = true;
	}
	if (!is_there)
		return;
	if (sys->flags & FP_SYS_MULTIPLEXER && is_closed(o, sys)) {
		close_multiplexer(o, sys);
		return;
	}
	if (is_plain) {
		add(o, sys, &plain);
		return;
	}
	if (!c->diagram.unique)
		fp_diagram_reset(&c->diagram, &c->unit->arena);
	uint32_t root = c->diagram.is_spent ? 0 : common(o, v);
	add_cubes(o, &c->diagram, root, v);
}

static int by_cube(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	int c = a->is_first != b->is_first ? (a->is_first ? -1 : 1)
					   : fp_cube_cmp(&a->cube, &b->cube);

	return c ? c : a->sys->index - b->sys->index;
}

static json_t *number(struct oci *o, uint64_t v)
{
	json_t *value = json_integer((json_int_t)v);

	if (!value)
		longjmp(o->u->recover, 1);
	return value;
}

static json_t *object(struct oci *o, json_t *array)
{
	json_t *value = json_object();

	if (!value)
		longjmp(o->u->recover, 1);
	fp_json_push(o->u, array, value);
	return value;
}

static json_t *array(struct oci *o, json_t *parent, const char *key)
{
	json_t *value = json_array();

	if (!value)
		longjmp(o->u->recover, 1);
	fp_json_set(o->u, parent, key, value);
	return value;
}

static void write_arg(struct oci *o, json_t *args, unsigned index, const struct fp_cmp *a)
{
	json_t *arg = object(o, args);
	const char *op = "SCMP_CMP_MASKED_EQ";
	uint64_t value = a->value;

	if (a->op == FP_CMP_LE)
		op = "SCMP_CMP_LE";
	else if (a->op == FP_CMP_GE && value == FP_CUBE_TOP)
		op = "SCMP_CMP_GT", value--;
	else if (a->op == FP_CMP_GE)
		op = "SCMP_CMP_GE";
	else if (a->mask == UINT64_MAX)
		op = "SCMP_CMP_EQ";
	bool is_masked = a->op == FP_CMP_MASKED && a->mask != UINT64_MAX;
	fp_json_set(o->u, arg, "index", number(o, index));
	fp_json_set(o->u, arg, "op", fp_json_text(o->u, op));
	fp_json_set(o->u, arg, "value", number(o, is_masked ? a->mask : value));
	if (is_masked)
		fp_json_set(o->u, arg, "valueTwo", number(o, value));
}

static void write_action(struct oci *o, json_t *rule, struct fp_decision d, const char *action,
			 const char *errno_ret)
{
	fp_json_set(o->u, rule, action, fp_json_text(o->u, action_name(d)));
	if (d.action == FP_ACT_ERRNO || d.action == FP_ACT_TRACE)
		fp_json_set(o->u, rule, errno_ret, number(o, d.data));
}

/* Entries from..to share their cube: one rule with all their names. */
static void write_rule(struct oci *o, json_t *rules, size_t from, size_t to)
{
	const struct fp_cube *q = &o->entries.at[from].cube;
	json_t *rule = object(o, rules), *names = array(o, rule, "names"), *args = NULL;

	for (size_t i = from; i < to; i++)
		fp_json_push(o->u, names, fp_json_text(o->u, o->entries.at[i].sys->name));
	write_action(o, rule, q->decision, "action", "errnoRet");
	for (unsigned i = 0; i < 6; i++) {
		if (q->arg[i].op == FP_CMP_ANY)
			continue;
		if (!args)
			args = array(o, rule, "args");
		write_arg(o, args, i, &q->arg[i]);
	}
}

static int by_entry(const void *x, const void *y)
{
	const struct fp_seccomp_entry *a = x, *b = y;

	if (a->index != b->index)
		return a->index < b->index ? -1 : 1;
	return (a->rule > b->rule) - (a->rule < b->rule);
}

/* Rule n of the list speaks for the rules whose decision its calls have. */
static void map_rule(struct oci *o, uint32_t n, size_t from, size_t to)
{
	size_t first = o->result->entries.n, kept = first;
	struct fp_decision d = o->entries.at[from].cube.decision;

	for (size_t i = from; i < to; i++) {
		const struct fp_call_plan *plan = &o->ir->calls[o->entries.at[i].sys->index];
		bool is_ruled = false;
		for (size_t k = 0; k < plan->n; k++) {
			if (fp_decision_cmp(said(o, plan->at[k].decision), d))
				continue;
			struct fp_seccomp_entry e = { n, plan->at[k].rule->id };
			fp_vec_push(&o->u->arena, &o->result->entries, e);
			is_ruled = true;
		}
		struct fp_seccomp_entry e = { n, fp_ir_only(o->ir, FP_KIND_CALL_DEFAULT)->id };
		if (!is_ruled)
			fp_vec_push(&o->u->arena, &o->result->entries, e);
	}
	qsort(o->result->entries.at + first, o->result->entries.n - first,
	      sizeof(*o->result->entries.at), by_entry);
	for (size_t i = first; i < o->result->entries.n; i++)
		if (i == first ||
		    by_entry(&o->result->entries.at[i], &o->result->entries.at[kept - 1]))
			o->result->entries.at[kept++] = o->result->entries.at[i];
	o->result->entries.n = kept;
}

static void write_rules(struct oci *o, json_t *root)
{
	json_t *rules = array(o, root, "syscalls");
	uint32_t n = 0;

	if (o->entries.n)
		qsort(o->entries.at, o->entries.n, sizeof(*o->entries.at), by_cube);
	for (size_t from = 0, to; from < o->entries.n; from = to) {
		for (to = from + 1; to < o->entries.n; to++)
			if (o->entries.at[from].is_first != o->entries.at[to].is_first ||
			    fp_cube_cmp(&o->entries.at[from].cube, &o->entries.at[to].cube))
				break;
		write_rule(o, rules, from, to);
		map_rule(o, n++, from, to);
	}
}

/*
 * A native ABI is in every filter anyhow. It is listed where the target is one machine, for the
 * reader; a list of several machines would make each compile filters for the others.
 */
static void write_architectures(struct oci *o, json_t *root)
{
	json_t *list = NULL;
	unsigned machines = 0;

	for (unsigned i = 0; i < FP_ARCH_N; i++)
		machines += o->target->archs[i];
	for (unsigned i = 0; i < FP_ABI_N; i++) {
		const struct fp_abi_def *abi = fp_abi((enum fp_abi)i);
		if (!(o->c->open >> i & 1) || (abi->is_native && machines != 1))
			continue;
		if (!list)
			list = array(o, root, "architectures");
		fp_json_push(o->u, list, fp_json_text(o->u, abi->scmp));
	}
}

static bool is_logging(const struct fp_ir *ir)
{
	fp_ir_each(ir, FP_KIND_AUDIT, r) if (r->u.audit.denied) return true;
	return false;
}

/* An empty list keeps a runtime from adding SECCOMP_FILTER_FLAG_SPEC_ALLOW by itself. */
static void write_flags(struct oci *o, json_t *root)
{
	if (!fp_target_has(o->target, FP_FEAT_OCI_SECCOMP_FLAGS))
		return;
	json_t *flags = array(o, root, "flags");
	if (is_logging(o->ir))
		fp_json_push(o->u, flags, fp_json_text(o->u, "SECCOMP_FILTER_FLAG_LOG"));
}

static void claim(struct oci *o, const struct fp_rule *r, enum fp_claim_kind kind,
		  const char *reason)
{
	o->claims[r->id] = (struct fp_claim){ .kind = kind, .reason = reason };
}

/* The newest a call of the set is, on kernels that the target can run. */
static const struct fp_sysdef *droppable(const struct oci *o, const struct fp_call_set *calls)
{
	uint16_t kernel = FP_SINCE(o->target->kernel.major, o->target->kernel.minor);

	for (size_t i = 0; i < calls->n; i++) {
		const struct fp_sysdef *sys = fp_sys_at(calls->at[i]);
		for (unsigned abi = 0; abi < FP_ABI_N; abi++)
			if ((o->c->open >> abi & 1) && sys->nr[abi] >= 0 &&
			    sys->since[abi] > NAMES_KNOWN && sys->since[abi] <= kernel)
				return sys;
	}
	return NULL;
}

/* What an action loses on the way through a runtime. */
static bool claim_action(struct oci *o, const struct fp_rule *r, struct fp_decision d)
{
	if (d.action == FP_ACT_KILL && !has_kill(o)) {
		claim(o, r, FP_CLAIM_WIDER,
		      fp_arena_printf(&o->u->arena, "ends the thread only: %s",
				      fp_target_why(o->target, FP_FEAT_OCI_SECCOMP_KILL_PROCESS)));
		return true;
	}
	if (d.action == FP_ACT_NOTIFY) {
		claim(o, r, FP_CLAIM_NARROWER,
		      "no listener is configured, so the call fails with ENOSYS");
		return true;
	}
	if (d.action == FP_ACT_ERRNO && d.data != EPERM &&
	    !fp_target_has(o->target, FP_FEAT_OCI_SECCOMP_ERRNO_RET)) {
		claim(o, r, FP_CLAIM_NARROWER,
		      fp_target_why(o->target, FP_FEAT_OCI_SECCOMP_ERRNO_RET));
		return true;
	}
	return false;
}

/* The multiplexer through which a call can also be made, if the list closes it; or NULL. */
static const struct fp_sysdef *closed_way(const struct oci *o, const struct fp_sysdef *sys)
{
	for (unsigned abi = 0; abi < FP_ABI_N; abi++) {
		const struct fp_sysdef *mux;
		uint32_t sub;

		if ((o->c->open >> abi & 1) &&
		    fp_sys_multiplexed(sys, (enum fp_abi)abi, &mux, &sub) && is_closed(o, mux))
			return mux;
	}
	return NULL;
}

static void claim_call(struct oci *o, const struct fp_rule *r)
{
	const struct fp_rule_call *call = &r->u.call;
	const char *narrower = NULL, *wider = NULL;

	for (size_t i = 0; i < call->calls.n; i++) {
		const struct verdict *v = &o->verdicts[call->calls.at[i]];
		narrower = narrower ? narrower : v->narrower;
		wider = wider ? wider : v->wider;
		const struct fp_sysdef *mux = closed_way(o, fp_sys_at(call->calls.at[i]));
		if (mux) {
			narrower = CLOSED;
			wider = wider ? wider : o->verdicts[mux->index].wider;
		}
	}
	const struct fp_claim *blob = &o->claims[r->id];
	if (blob->kind == FP_CLAIM_WIDER || blob->kind == FP_CLAIM_NONE)
		return;
	const struct fp_sysdef *sys = droppable(o, &call->calls);
	int order = fp_decision_cmp(said(o, call->decision), o->rest);
	if (wider)
		claim(o, r, FP_CLAIM_WIDER, wider);
	else if (claim_action(o, r, call->decision))
		return;
	else if (sys && order < 0 && call->decision.action < o->rest.action)
		claim(o, r, FP_CLAIM_WIDER,
		      fp_arena_printf(&o->u->arena, "a libseccomp that does not know %s drops it",
				      sys->name));
	else if (narrower)
		claim(o, r, FP_CLAIM_NARROWER, narrower);
	else if (sys && order)
		claim(o, r, FP_CLAIM_NARROWER,
		      fp_arena_printf(&o->u->arena, "a libseccomp that does not know %s drops it",
				      sys->name));
}

static void claim_default(struct oci *o)
{
	const struct fp_rule *r = fp_ir_only(o->ir, FP_KIND_CALL_DEFAULT);
	struct fp_decision d = said(o, o->ir->call_default);

	if (claim_action(o, r, o->ir->call_default))
		return;
	for (size_t i = 0; i < fp_sys_count(); i++) {
		const struct verdict *v = &o->verdicts[i];
		if (!(fp_sys_at(i)->flags & FP_SYS_MULTIPLEXER) || !v->narrower)
			continue;
		if (v->wider && d.action < FP_ACT_ERRNO)
			claim(o, r, FP_CLAIM_WIDER, v->wider);
		else if (d.action > FP_ACT_ERRNO)
			claim(o, r, FP_CLAIM_NARROWER, v->narrower);
	}
	if (fp_decision_cmp(d, o->rest) < 0 && d.action < o->rest.action)
		claim(o, r, FP_CLAIM_WIDER,
		      "calls whose names libseccomp does not know get the "
		      "answer of unknown ones");
	else if (!is_default_sayable(o, d))
		claim(o, r, FP_CLAIM_NARROWER,
		      "listed call by call; names that libseccomp does "
		      "not know get EPERM");
}

/* runc puts a test for large numbers in front unless the default answers ENOSYS or lets through. */
static void claim_unknown(struct oci *o)
{
	const struct fp_rule *r = fp_ir_only(o->ir, FP_KIND_CALL_UNKNOWN);
	struct fp_decision d = said(o, o->ir->call_unknown);
	bool is_enosys = d.action == FP_ACT_ERRNO && d.data == ENOSYS;

	if (claim_action(o, r, o->ir->call_unknown))
		return;
	if (fp_decision_cmp(d, o->rest)) {
		bool is_wider = d.action < o->rest.action;
		claim(o, r, is_wider ? FP_CLAIM_WIDER : FP_CLAIM_NARROWER,
		      fp_arena_printf(
			      &o->u->arena, "answered as the default action: %s",
			      fp_target_why(o->target, FP_FEAT_OCI_SECCOMP_DEFAULT_ERRNO_RET)));
	} else if (d.action < FP_ACT_ERRNO &&
		   !fp_target_has(o->target, FP_FEAT_OCI_SECCOMP_NO_PROLOGUE)) {
		claim(o, r, FP_CLAIM_WIDER,
		      "runc answers ENOSYS above the largest number that is listed");
	} else if (d.action == FP_ACT_ERRNO && !is_enosys &&
		   !fp_target_has(o->target, FP_FEAT_OCI_SECCOMP_NO_PROLOGUE)) {
		claim(o, r, FP_CLAIM_NARROWER,
		      "runc answers ENOSYS above the largest number that is listed");
	}
}

static void claim_rest(struct oci *o)
{
	claim(o, fp_ir_only(o->ir, FP_KIND_CALL_ABI), FP_CLAIM_WIDER,
	      "libseccomp ends the thread, not the process, on a foreign ABI");
	fp_ir_each(o->ir, FP_KIND_AUDIT,
		   r) if (r->u.audit.denied && !fp_target_has(o->target, FP_FEAT_OCI_SECCOMP_FLAGS))
		claim(o, r, FP_CLAIM_NONE, fp_target_why(o->target, FP_FEAT_OCI_SECCOMP_FLAGS));
}

const struct fp_seccomp_oci *fp_seccomp_oci_with(struct fp_call_context *c)
{
	struct oci o = { .c = c, .u = c->unit, .ir = c->ir, .target = c->target };
	size_t rules = c->ir->rule_count;

	o.result = FP_NEW(&c->unit->arena, struct fp_seccomp_oci);
	o.verdicts = FP_NEW_ARRAY(&c->unit->arena, fp_sys_count(), struct verdict);
	o.claims = FP_NEW_ARRAY(&c->unit->arena, rules, struct fp_claim);
	memcpy(o.claims, fp_seccomp_claims(c), rules * sizeof(*o.claims));
	o.rest = choose_rest(&o);
	o.result->seccomp = fp_json_own(o.u, json_object());
	write_action(&o, o.result->seccomp, o.rest, "defaultAction", "defaultErrnoRet");
	write_architectures(&o, o.result->seccomp);
	write_flags(&o, o.result->seccomp);
	for (size_t i = 0; i < fp_sys_count(); i++)
		list_call(&o, fp_sys_at(i));
	write_rules(&o, o.result->seccomp);
	fp_ir_each(c->ir, FP_KIND_CALL, r) claim_call(&o, r);
	claim_default(&o);
	claim_unknown(&o);
	claim_rest(&o);
	o.result->claims = o.claims;
	return o.result;
}

const struct fp_seccomp_oci *fp_seccomp_oci(struct fp_unit *u, const struct fp_ir *ir,
					    const struct fp_target *t)
{
	struct fp_call_context c;

	fp_call_context_init(&c, u, ir, t);
	return fp_seccomp_oci_with(&c);
}
