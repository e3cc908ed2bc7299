/* SPDX-License-Identifier: MIT */
/* Seccomp profiles: JSON to rules, rules to diagrams. */
#include "analysis/profile.h"
#include "base/json.h"
#include "ir/domain_calls.h"

#include <string.h>

#define ARGS_MAX 32u     /* conditions of a rule; there are six arguments */
#define WORK_MAX 200000u /* rules of a call on an ABI, each with all before it */

struct names {
	FP_VEC(const char *) list;
};

struct condition {
	unsigned index;
	struct fp_test test; /* for a register of 64 bits */
	bool is_never;
};

/* Includes must all be there, or one of the machines; excludes none. */
struct filter {
	uint64_t caps, no_caps;
	uint8_t machines, no_machines; /* bit per fp_arch; `machines` 0: all */
};

struct rule {
	struct fp_decision decision;
	FP_VEC(uint16_t) calls;
	struct condition conditions[ARGS_MAX];
	size_t n;
	bool is_any; /* two conditions on one argument: each is a rule of its own */
	struct filter filter;
};

struct numbers {
	FP_VEC(size_t) list; /* ascending */
};

struct profile {
	struct fp_unit *u;
	struct fp_span span;
	struct fp_decision rest;
	uint8_t open; /* bit per ABI */
	FP_VEC(struct rule) rules;
	struct numbers *of_call; /* by call: its rules */
	size_t work;
	struct fp_call_source source;
	bool failed;
};

/* ---- reading ---- */

static void fail(struct profile *p, const char *what, const char *value)
{
	if (!p->failed)
		fp_diag(p->u, FP_E_SIDE, p->span, "this is no seccomp profile: %s%s%s", what,
			value ? ": " : "", value ? value : "");
	p->failed = true;
}

static bool read_action(struct profile *p, const json_t *action, const json_t *number,
			struct fp_decision *out)
{
	static const struct {
		const char *name;
		enum fp_action action;
	} names[] = {
		{ "SCMP_ACT_KILL", FP_ACT_KILL_THREAD },
		{ "SCMP_ACT_KILL_THREAD", FP_ACT_KILL_THREAD },
		{ "SCMP_ACT_KILL_PROCESS", FP_ACT_KILL },
		{ "SCMP_ACT_TRAP", FP_ACT_TRAP },
		{ "SCMP_ACT_ERRNO", FP_ACT_ERRNO },
		{ "SCMP_ACT_NOTIFY", FP_ACT_NOTIFY },
		{ "SCMP_ACT_TRACE", FP_ACT_TRACE },
		{ "SCMP_ACT_LOG", FP_ACT_LOG },
		{ "SCMP_ACT_ALLOW", FP_ACT_ALLOW },
	};

	const char *word = json_string_value(action);
	uint64_t data = 1; /* EPERM, as runtimes have it */
	size_t i = 0, n = sizeof(names) / sizeof(names[0]);

	while (i < n && (!word || strcmp(names[i].name, word)))
		i++;
	if (i == n)
		return fail(p, "no action", word ? word : "nothing"), false;
	if (number && !json_is_null(number) && !fp_json_count_of(number, &data))
		return fail(p, "no errno", NULL), false;
	*out = (struct fp_decision){ .action = names[i].action };
	/* 4095 is the most that a filter can return (kernel/seccomp.c, MAX_ERRNO). */
	if (out->action == FP_ACT_ERRNO || (out->action == FP_ACT_TRACE && number))
		out->data = (uint16_t)(data > 4095 ? 4095 : data);
	return true;
}

/* A comparison of libseccomp, seccomp_rule_add(3), as a test of a masked range. */
static bool read_operator(const char *op, uint64_t value, uint64_t two, struct condition *c)
{
	struct fp_test *t = &c->test;

	*t = (struct fp_test){ .mask = UINT64_MAX, .max = UINT64_MAX };
	if (!strcmp(op, "SCMP_CMP_EQ") || !strcmp(op, "SCMP_CMP_NE")) {
		t->min = t->max = value;
		t->is_negated = op[9] == 'N';
	} else if (!strcmp(op, "SCMP_CMP_MASKED_EQ")) {
		t->mask = value;
		t->min = t->max = two;
	} else if (!strcmp(op, "SCMP_CMP_GE")) {
		t->min = value;
	} else if (!strcmp(op, "SCMP_CMP_LE")) {
		t->max = value;
	} else if (!strcmp(op, "SCMP_CMP_GT")) {
		c->is_never = value == UINT64_MAX;
		t->min = value + 1;
	} else if (!strcmp(op, "SCMP_CMP_LT")) {
		c->is_never = !value;
		t->max = value - 1;
	} else {
		return false;
	}
	return true;
}

static void read_conditions(struct profile *p, const json_t *args, struct rule *r)
{
	const json_t *arg;
	size_t i;

	json_array_foreach(args, i, arg)
	{
		uint64_t index = 6, value = 0, two = 0;
		const char *op = json_string_value(json_object_get(arg, "op"));
		struct condition *c = &r->conditions[r->n];
		fp_json_count_of(json_object_get(arg, "index"), &index);
		fp_json_count_of(json_object_get(arg, "value"), &value);
		fp_json_count_of(json_object_get(arg, "valueTwo"), &two);
		if (r->n == ARGS_MAX || index > 5 || !op || !read_operator(op, value, two, c)) {
			fail(p, "no condition", op);
			return;
		}
		c->index = (unsigned)index;
		for (size_t k = 0; k < r->n; k++)
			r->is_any |= r->conditions[k].index == c->index;
		r->n++;
	}
}

static uint8_t machine_bit(const char *name)
{
	static const char *const names[FP_ARCH_N] = { [FP_ARCH_X86_64] = "amd64",
						      [FP_ARCH_AARCH64] = "arm64",
						      [FP_ARCH_RISCV64] = "riscv64" };

	for (enum fp_arch a = 0; a < FP_ARCH_N; a++)
		if (!strcmp(names[a], name))
			return (uint8_t)(1u << a);
	return 1u << FP_ARCH_N; /* a machine that nobody compiles for */
}

static void read_filter(struct profile *p, const json_t *from, uint64_t *caps, uint8_t *machines)
{
	const json_t *word;
	size_t i;

	json_array_foreach(json_object_get(from, "arches"), i, word) *machines |=
		machine_bit(json_is_string(word) ? json_string_value(word) : "");
	json_array_foreach(json_object_get(from, "caps"), i, word)
	{
		const char *name = json_is_string(word) ? json_string_value(word) : "";
		const struct fp_cap *cap = fp_cap_find(name, strlen(name));
		if (cap)
			*caps |= (uint64_t)1 << cap->bit;
		else
			fail(p, "no capability", name);
	}
}

static void add_name(struct profile *p, const json_t *name, struct rule *r)
{
	const char *text = json_is_string(name) ? json_string_value(name) : NULL;
	const struct fp_sysdef *sys = text ? fp_sys_find(text, strlen(text)) : NULL;

	if (!text)
		fail(p, "a name that is no text", NULL);
	else if (sys)
		fp_vec_push(&p->u->arena, &r->calls, sys->index);
}

static void read_rule(struct profile *p, const json_t *from)
{
	const json_t *names = json_object_get(from, "names"), *name;
	struct rule r = { 0 };
	size_t i;

	if (!read_action(p, json_object_get(from, "action"), json_object_get(from, "errnoRet"),
			 &r.decision))
		return;
	if (json_object_get(from, "name"))
		add_name(p, json_object_get(from, "name"), &r);
	json_array_foreach(names, i, name) add_name(p, name, &r);
	read_conditions(p, json_object_get(from, "args"), &r);
	read_filter(p, json_object_get(from, "includes"), &r.filter.caps, &r.filter.machines);
	read_filter(p, json_object_get(from, "excludes"), &r.filter.no_caps, &r.filter.no_machines);
	fp_vec_push(&p->u->arena, &p->rules, r);
	for (i = 0; i < r.calls.n; i++) {
		struct numbers *of = &p->of_call[r.calls.at[i]];
		if (!of->list.n || of->list.at[of->list.n - 1] != p->rules.n - 1)
			fp_vec_push(&p->u->arena, &of->list, p->rules.n - 1);
	}
}

static void open_abi(struct profile *p, const json_t *name)
{
	const char *text = json_is_string(name) ? json_string_value(name) : "";

	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
		if (!strcmp(fp_abi(abi)->scmp, text))
			p->open |= (uint8_t)(1u << abi);
}

/* The machine's own ABI is always open: libseccomp begins with it. */
static void read_architectures(struct profile *p, const json_t *root)
{
	const json_t *it, *sub;
	size_t i, k;

	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
		if (fp_abi(abi)->is_native)
			p->open |= (uint8_t)(1u << abi);
	json_array_foreach(json_object_get(root, "architectures"), i, it) open_abi(p, it);
	json_array_foreach(json_object_get(root, "archMap"), i, it)
	{
		open_abi(p, json_object_get(it, "architecture"));
		json_array_foreach(json_object_get(it, "subArchitectures"), k, sub)
			open_abi(p, sub);
	}
}

/* ---- deciding ---- */

static uint32_t holds(struct fp_dd *d, uint64_t caps, bool all)
{
	uint32_t r = FP_DD_TRUE;

	for (unsigned bit = 64; bit > 0; bit--) {
		if (!(caps >> (bit - 1) & 1))
			continue;
		unsigned var = FP_DIFF_CAPABILITY + bit - 1;
		r = all ? fp_dd_node(d, var, FP_DD_FALSE, r) : fp_dd_node(d, var, r, FP_DD_FALSE);
	}
	return r;
}

/* Where the rule counts on a machine: over the capabilities that are held. */
static uint32_t counts(struct fp_dd *d, const struct filter *f, enum fp_abi abi)
{
	uint8_t machine = (uint8_t)(1u << fp_abi(abi)->arch);

	if ((f->machines && !(f->machines & machine)) || f->no_machines & machine)
		return FP_DD_FALSE;
	return fp_dd_and(d, holds(d, f->caps, true), holds(d, f->no_caps, false));
}

/* libseccomp compares whole registers: bits that the kernel drops, too. */
static uint32_t condition(struct fp_dd *d, const struct condition *c, enum fp_abi abi)
{
	struct fp_pred p = { .op = c->is_never ? FP_PRED_FALSE : FP_PRED_TEST, .test = c->test };

	p.test.lo = (uint8_t)(2 * c->index);
	p.test.hi = (uint8_t)(2 * c->index + 1);
	if (fp_abi(abi)->word_bits == 32) {
		p.test.hi = FP_WORD_NONE;
		p.test.mask &= UINT32_MAX;
		p.test.min &= UINT32_MAX;
		p.test.max &= UINT32_MAX;
	}
	return fp_domain_pred(d, &p);
}

static uint32_t speaks(struct fp_dd *d, const struct rule *r, enum fp_abi abi)
{
	uint32_t all = r->is_any ? FP_DD_FALSE : FP_DD_TRUE;

	for (size_t i = 0; i < r->n; i++) {
		uint32_t one = condition(d, &r->conditions[i], abi);
		all = r->is_any ? fp_dd_or(d, all, one) : fp_dd_and(d, all, one);
	}
	return fp_dd_and(d, counts(d, &r->filter, abi), all);
}

static bool is_same(struct fp_decision a, struct fp_decision b)
{
	return a.action == b.action && a.data == b.data;
}

/* Conditions on several arguments at once. */
static bool is_many(const struct rule *r)
{
	return r->n > 1 && !r->is_any;
}

static bool is_equality(const struct fp_test *t)
{
	return t->min == t->max && !t->is_negated;
}

/*
 * libseccomp keeps the rules of a call as trees of conditions and does not go back where a branch
 * fails. That does no harm where rules part at conditions on one argument that exclude each other.
 */
static bool part_ways(const struct rule *a, const struct rule *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++) {
		const struct fp_test *x = &a->conditions[i].test, *y = &b->conditions[i].test;
		if (a->conditions[i].index != b->conditions[i].index || !is_equality(x) ||
		    !is_equality(y))
			return false;
		if ((x->min ^ y->min) & x->mask & y->mask)
			return true;
		if (x->mask != y->mask)
			return false;
	}
	return false;
}

#define BESIDE_MAX 2000u /* rules of a call: each pair is looked at */

static bool are_trees(const struct rule *const *rules, size_t n)
{
	bool has_many = false;

	for (size_t i = 0; i < n; i++)
		has_many |= is_many(rules[i]);
	for (size_t i = 0; has_many && i < n && n <= BESIDE_MAX; i++)
		for (size_t k = 0; k < i; k++)
			if (!part_ways(rules[k], rules[i]))
				return false;
	return !has_many || n <= BESIDE_MAX;
}

static void doubt(struct profile *p, const struct fp_sysdef *sys, const char *with)
{
	p->source.why = fp_arena_printf(&p->u->arena,
					"rules of %s with %s: what libseccomp makes of them is "
					"not what they say",
					sys->name, with);
}

/* What rules of one kind, with arguments or without, say over what speaks where none does. */
static uint32_t decide(struct profile *p, struct fp_dd *d, const struct fp_sysdef *sys,
		       enum fp_abi abi, bool with_args, uint32_t rest)
{
	uint32_t told[FP_ACT_N] = { 0 }, any = FP_DD_FALSE;
	FP_VEC(const struct rule *) beside = { 0 };

	for (size_t i = 0; i < p->of_call[sys->index].list.n; i++) {
		const struct rule *r = &p->rules.at[p->of_call[sys->index].list.at[i]];
		if (is_same(r->decision, p->rest) || (r->n > 0) != with_args ||
		    counts(d, &r->filter, abi) == FP_DD_FALSE)
			continue;
		p->work += r->n ? i : 0;
		if (p->work > WORK_MAX) {
			p->source.why = "there are more rules than can be looked at";
			return rest;
		}
		uint32_t where = speaks(d, r, abi);
		uint32_t others = fp_dd_and(d, any, fp_dd_not(d, told[r->decision.action]));
		if (fp_dd_and(d, where, others) != FP_DD_FALSE)
			doubt(p, sys, "different actions overlap");
		fp_vec_push(&p->u->arena, &beside, r);
		told[r->decision.action] = fp_dd_or(d, told[r->decision.action], where);
		any = fp_dd_or(d, any, where);
		rest = fp_dd_if(d, where, fp_dd_leaf(d, fp_domain_leaf(r->decision)), rest);
	}
	if (with_args && !are_trees(beside.at, beside.n))
		doubt(p, sys, "several arguments stand beside others");
	return rest;
}

static uint32_t killed(struct fp_dd *d)
{
	return fp_dd_leaf(d, fp_domain_leaf((struct fp_decision){ .action = FP_ACT_KILL }));
}

static uint32_t call(void *context, struct fp_dd *d, const struct fp_sysdef *sys, enum fp_abi abi)
{
	struct profile *p = context;
	uint32_t rest = fp_dd_leaf(d, fp_domain_leaf(p->rest));

	if (!(p->open >> abi & 1))
		return killed(d);
	return decide(p, d, sys, abi, false, decide(p, d, sys, abi, true, rest));
}

/*
 * libseccomp (gen_bpf.c) takes numbers from x32's bit on for x32's, the higher ones, too, but for
 * -1: that is what a tracer makes of a call that it skips.
 */
static uint32_t number(void *context, struct fp_dd *d, enum fp_abi abi)
{
	const struct profile *p = context;
	uint32_t rest = fp_dd_leaf(d, fp_domain_leaf(p->rest));
	bool is_open = p->open >> abi & 1, has_x32 = p->open >> FP_ABI_X32 & 1;
	const uint32_t top = 1u << 31;

	if (abi == FP_ABI_X86_64 && is_open && !has_x32)
		return fp_dd_if(d, fp_diff_word(d, FP_DOMAIN_NR, top, top), killed(d), rest);
	if (abi == FP_ABI_X32 && !is_open)
		return fp_dd_if(d, fp_diff_word(d, FP_DOMAIN_NR, UINT32_MAX, UINT32_MAX), rest,
				killed(d));
	return is_open ? rest : killed(d);
}

const struct fp_call_source *fp_profile_read(struct fp_unit *u, const json_t *root,
					     struct fp_span span)
{
	struct profile *p = FP_NEW(&u->arena, struct profile);
	const json_t *in_config = json_object_get(json_object_get(root, "linux"), "seccomp"), *rule;
	size_t i;

	*p = (struct profile){ .u = u, .span = span };
	p->of_call = FP_NEW_ARRAY(&u->arena, fp_sys_count(), struct numbers);
	root = in_config ? in_config : root;
	if (!json_is_string(json_object_get(root, "defaultAction")))
		fail(p, "it has no defaultAction", NULL);
	else
		read_action(p, json_object_get(root, "defaultAction"),
			    json_object_get(root, "defaultErrnoRet"), &p->rest);
	read_architectures(p, root);
	json_array_foreach(json_object_get(root, "syscalls"), i, rule) read_rule(p, rule);
	p->source = (struct fp_call_source){ .context = p,
					     .abis = (uint8_t)((1u << FP_ABI_N) - 1),
					     .has_capabilities = true,
					     .call = call,
					     .number = number };
	return p->failed ? NULL : &p->source;
}
