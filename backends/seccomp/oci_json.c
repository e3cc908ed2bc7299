/* SPDX-License-Identifier: MIT */
/* OCI linux.seccomp as JSON, and which policy rules each of its rules speaks for. */
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

static void tell_arg(struct fp_json *j, unsigned index, const struct fp_cmp *a)
{
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
	fp_json_open_object(j, NULL);
	fp_json_put_number(j, "index", index);
	fp_json_put_text(j, "op", op);
	fp_json_put_number(j, "value", is_masked ? a->mask : value);
	if (is_masked)
		fp_json_put_number(j, "valueTwo", value);
	fp_json_close(j);
}

static void tell_args(struct fp_json *j, const struct fp_cube *cube)
{
	bool is_any = false;

	for (unsigned i = 0; cube && i < 6; i++) {
		if (cube->arg[i].op == FP_CMP_ANY)
			continue;
		if (!is_any)
			fp_json_open_array(j, "args");
		is_any = true;
		tell_arg(j, i, &cube->arg[i]);
	}
	if (is_any)
		fp_json_close(j);
}

static void tell_errno(struct fp_json *j, struct fp_decision d, const char *key)
{
	if (d.action == FP_ACT_ERRNO || d.action == FP_ACT_TRACE)
		fp_json_put_number(j, key, d.data);
}

/* Entries from..to share their cube: one rule with all their names. */
static void tell_rule(const struct fp_scmp *o, struct fp_json *j, size_t from, size_t to)
{
	const struct fp_scmp_entry *e = &o->entries.at[from];

	fp_json_open_object(j, NULL);
	fp_json_put_text(j, "action", action_name(e->decision));
	tell_args(j, e->cube);
	tell_errno(j, e->decision, "errnoRet");
	fp_json_open_array(j, "names");
	for (size_t i = from; i < to; i++)
		fp_json_put_text(j, NULL, o->entries.at[i].sys->name);
	fp_json_close(j);
	fp_json_close(j);
}

/* Past the last entry of the rule that begins with entry `from`. */
static size_t rule_end(const struct fp_scmp *o, size_t from)
{
	size_t to = from + 1;

	while (to < o->entries.n && !fp_scmp_compare(&o->entries.at[from], &o->entries.at[to]))
		to++;
	return to;
}

static void tell_rules(const struct fp_scmp *o, struct fp_json *j)
{
	fp_json_open_array(j, "syscalls");
	for (size_t from = 0, to; from < o->entries.n; from = to) {
		to = rule_end(o, from);
		tell_rule(o, j, from, to);
	}
	fp_json_close(j);
}

/*
 * A native ABI is in every filter anyhow. It is listed where the target is one machine, for the
 * reader; a list of several machines would make each compile filters for the others.
 */
static void tell_architectures(const struct fp_scmp *o, struct fp_json *j)
{
	unsigned machines = 0;
	bool is_any = false;

	for (unsigned i = 0; i < FP_ARCH_N; i++)
		machines += o->target->archs[i];
	for (unsigned i = 0; i < FP_ABI_N; i++) {
		const struct fp_abi_def *abi = fp_abi((enum fp_abi)i);
		if (!(o->c->open >> i & 1) || (abi->is_native && machines != 1))
			continue;
		if (!is_any)
			fp_json_open_array(j, "architectures");
		is_any = true;
		fp_json_put_text(j, NULL, abi->scmp);
	}
	if (is_any)
		fp_json_close(j);
}

static bool is_logging(const struct fp_ir *ir)
{
	fp_ir_each (ir, FP_KIND_AUDIT, r)
		if (r->u.audit.denied)
			return true;
	return false;
}

/* An empty list keeps a runtime from adding SECCOMP_FILTER_FLAG_SPEC_ALLOW by itself. */
static void tell_flags(const struct fp_scmp *o, struct fp_json *j)
{
	if (!fp_target_has(o->target, FP_FEAT_OCI_SECCOMP_FLAGS))
		return;
	fp_json_open_array(j, "flags");
	if (is_logging(o->ir))
		fp_json_put_text(j, NULL, "SECCOMP_FILTER_FLAG_LOG");
	fp_json_close(j);
}

void fp_seccomp_oci_tell(const struct fp_seccomp_oci *oci, struct fp_json *j)
{
	const struct fp_scmp *o = oci->list;

	tell_architectures(o, j);
	fp_json_put_text(j, "defaultAction", action_name(o->rest));
	tell_errno(j, o->rest, "defaultErrnoRet");
	tell_flags(o, j);
	tell_rules(o, j);
}

static int by_entry(const void *x, const void *y)
{
	const struct fp_seccomp_entry *a = x, *b = y;

	if (a->index != b->index)
		return a->index < b->index ? -1 : 1;
	return (a->rule > b->rule) - (a->rule < b->rule);
}

/* Whether the rule can be what decides where the cube holds. */
static bool can_decide(const struct fp_scmp *o, const struct fp_rule *r, const struct fp_cube *cube)
{
	const struct fp_pred *asked = NULL;

	for (unsigned abi = 0; cube && abi < FP_ABI_N; abi++) {
		const struct fp_pred *when = r->u.call.when[abi];
		if (!(o->c->open >> abi & 1) || !when || when == asked)
			continue;
		if (fp_cube_meets(cube, when))
			return true;
		asked = when;
	}
	return !cube;
}

static void map_call(struct fp_scmp *o, uint32_t n, const struct fp_scmp_entry *entry)
{
	const struct fp_call_plan *plan = &o->ir->calls[entry->sys->index];
	struct fp_seccomp_entry e = { n, fp_ir_only(o->ir, FP_KIND_CALL_DEFAULT)->id };
	bool is_ruled = false;

	for (size_t k = 0; k < plan->n; k++) {
		const struct fp_clause *clause = &plan->at[k];
		if (fp_decision_cmp(fp_scmp_said(o, clause->decision), entry->decision) ||
		    !can_decide(o, clause->rule, entry->cube))
			continue;
		struct fp_seccomp_entry ruled = { n, clause->rule->id };
		fp_vec_push(&o->u->arena, &o->result->entries, ruled);
		is_ruled = true;
	}
	if (!is_ruled)
		fp_vec_push(&o->u->arena, &o->result->entries, e);
}

/* Rule n of the list speaks for the rules that can have decided so for its calls. */
static void map_rule(struct fp_scmp *o, uint32_t n, size_t from, size_t to)
{
	size_t first = o->result->entries.n, kept = first;

	for (size_t i = from; i < to; i++)
		map_call(o, n, &o->entries.at[i]);
	qsort(o->result->entries.at + first, o->result->entries.n - first,
	      sizeof(*o->result->entries.at), by_entry);
	for (size_t i = first; i < o->result->entries.n; i++)
		if (i == first ||
		    by_entry(&o->result->entries.at[i], &o->result->entries.at[kept - 1]))
			o->result->entries.at[kept++] = o->result->entries.at[i];
	o->result->entries.n = kept;
}

void fp_scmp_map(struct fp_scmp *o)
{
	if (o->entries.n)
		qsort(o->entries.at, o->entries.n, sizeof(*o->entries.at), by_rule);
	for (size_t from = 0, to; from < o->entries.n; from = to) {
		to = rule_end(o, from);
		map_rule(o, o->result->rules++, from, to);
	}
}
