/* SPDX-License-Identifier: MIT */
/* OCI linux.seccomp as JSON. */
#include "backends/seccomp/oci.h"
#include "base/json.h"

#include <stdlib.h>

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

static int by_rule(const void *x, const void *y)
{
	const struct fp_scmp_entry *a = x, *b = y;
	int c = fp_scmp_compare(a, b);

	return c ? c : a->sys->index - b->sys->index;
}

static json_t *number(struct fp_scmp *o, uint64_t v)
{
	json_t *value = json_integer((json_int_t)v);

	if (!value)
		longjmp(o->u->recover, 1);
	return value;
}

static json_t *object(struct fp_scmp *o, json_t *array)
{
	json_t *value = json_object();

	if (!value)
		longjmp(o->u->recover, 1);
	fp_json_push(o->u, array, value);
	return value;
}

static json_t *array(struct fp_scmp *o, json_t *parent, const char *key)
{
	json_t *value = json_array();

	if (!value)
		longjmp(o->u->recover, 1);
	fp_json_set(o->u, parent, key, value);
	return value;
}

static void write_arg(struct fp_scmp *o, json_t *args, unsigned index, const struct fp_cmp *a)
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

static void write_action(struct fp_scmp *o, json_t *rule, struct fp_decision d, const char *action,
			 const char *errno_ret)
{
	fp_json_set(o->u, rule, action, fp_json_text(o->u, action_name(d)));
	if (d.action == FP_ACT_ERRNO || d.action == FP_ACT_TRACE)
		fp_json_set(o->u, rule, errno_ret, number(o, d.data));
}

/* Entries from..to share their cube: one rule with all their names. */
static void write_rule(struct fp_scmp *o, json_t *rules, size_t from, size_t to)
{
	const struct fp_scmp_entry *e = &o->entries.at[from];
	json_t *rule = object(o, rules), *names = array(o, rule, "names"), *args = NULL;

	for (size_t i = from; i < to; i++)
		fp_json_push(o->u, names, fp_json_text(o->u, o->entries.at[i].sys->name));
	write_action(o, rule, e->decision, "action", "errnoRet");
	for (unsigned i = 0; e->cube && i < 6; i++) {
		if (e->cube->arg[i].op == FP_CMP_ANY)
			continue;
		if (!args)
			args = array(o, rule, "args");
		write_arg(o, args, i, &e->cube->arg[i]);
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
static void map_rule(struct fp_scmp *o, uint32_t n, size_t from, size_t to)
{
	size_t first = o->result->entries.n, kept = first;
	struct fp_decision d = o->entries.at[from].decision;

	for (size_t i = from; i < to; i++) {
		const struct fp_call_plan *plan = &o->ir->calls[o->entries.at[i].sys->index];
		bool is_ruled = false;
		for (size_t k = 0; k < plan->n; k++) {
			if (fp_decision_cmp(fp_scmp_said(o, plan->at[k].decision), d))
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

static void write_rules(struct fp_scmp *o, json_t *root)
{
	json_t *rules = array(o, root, "syscalls");
	uint32_t n = 0;

	if (o->entries.n)
		qsort(o->entries.at, o->entries.n, sizeof(*o->entries.at), by_rule);
	for (size_t from = 0, to; from < o->entries.n; from = to) {
		for (to = from + 1; to < o->entries.n; to++)
			if (fp_scmp_compare(&o->entries.at[from], &o->entries.at[to]))
				break;
		write_rule(o, rules, from, to);
		map_rule(o, n++, from, to);
	}
}

/*
 * A native ABI is in every filter anyhow. It is listed where the target is one machine, for the
 * reader; a list of several machines would make each compile filters for the others.
 */
static void write_architectures(struct fp_scmp *o, json_t *root)
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
	fp_ir_each (ir, FP_KIND_AUDIT, r)
		if (r->u.audit.denied)
			return true;
	return false;
}

/* An empty list keeps a runtime from adding SECCOMP_FILTER_FLAG_SPEC_ALLOW by itself. */
static void write_flags(struct fp_scmp *o, json_t *root)
{
	if (!fp_target_has(o->target, FP_FEAT_OCI_SECCOMP_FLAGS))
		return;
	json_t *flags = array(o, root, "flags");
	if (is_logging(o->ir))
		fp_json_push(o->u, flags, fp_json_text(o->u, "SECCOMP_FILTER_FLAG_LOG"));
}

void fp_scmp_write(struct fp_scmp *o)
{
	json_t *root = fp_json_own(o->u, json_object());

	o->result->seccomp = root;
	write_action(o, root, o->rest, "defaultAction", "defaultErrnoRet");
	write_architectures(o, root);
	write_flags(o, root);
	write_rules(o, root);
}
