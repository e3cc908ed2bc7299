/* SPDX-License-Identifier: MIT */
/* Probes: gathered from every section of the policy, ordered, printed. */
#include "analysis/probes.h"

#include <stdlib.h>
#include <string.h>

#define PROBE(id, word, args) { word, args },

static const struct {
	const char *word;
	size_t args;
} actions[] = {

#include "analysis/probes.def"
};

#undef PROBE

const char *fp_probe_word(enum fp_probe_action action)
{
	return actions[action].word;
}

size_t fp_probe_arg_count(enum fp_probe_action action)
{
	return actions[action].args;
}

struct fp_probe_outcome fp_probe_outcome_of(bool succeeds)
{
	return (struct fp_probe_outcome){ .succeeds = succeeds };
}

void fp_probes_add(struct fp_probes *p, const struct fp_probe *probe)
{
	for (size_t i = 0; i < fp_probe_arg_count(probe->action); i++)
		if (fp_text_is_template(probe->args[i])) {
			fp_probes_skip(p, probe->rule, "it waits for the value of a parameter");
			return;
		}
	fp_vec_push(&p->u->arena, &p->at, *probe);
}

void fp_probes_skip(struct fp_probes *p, const struct fp_rule *rule, const char *reason)
{
	const struct fp_unprobed one = { rule, reason };

	fp_vec_push(&p->u->arena, &p->unprobed, one);
}

/* ---- assertions ---- */

static void capability_subject(struct fp_probes *p, const struct fp_assertion *a)
{
	bool held = p->ir->caps >> a->subject.cap & 1;
	bool wanted = a->kind == FP_ASSERT_NEVER ? false : held;
	const struct fp_probe probe = {
		.layers = 1u << FP_LAYER_OCI,
		.by = fp_ir_only(p->ir, FP_KIND_CAPABILITY),
		.expect = fp_probe_outcome_of(wanted),
		.why = a->text,
		.action = FP_PROBE_CAPABILITY,
		.args = { fp_arena_printf(&p->u->arena, "%u", a->subject.cap),
			  fp_cap_at(a->subject.cap)->name },
	};

	fp_probes_add(p, &probe);
}

static void assertions(struct fp_probes *p)
{
	for (size_t i = 0; i < p->ir->assertion_count; i++) {
		const struct fp_assertion *a = &p->ir->assertions[i];
		switch (a->subject.kind) {
		case FP_SUBJECT_CALL:
			fp_probes_call_subject(p, a);
			break;
		case FP_SUBJECT_PATH:
			fp_probes_path_subject(p, a);
			break;
		case FP_SUBJECT_EGRESS:
		case FP_SUBJECT_INGRESS:
			fp_probes_net_subject(p, a);
			break;
		case FP_SUBJECT_CAPABILITY:
			capability_subject(p, a);
			break;
		}
	}
}

/* ---- order ---- */

/* What undoes others' ground comes after them; what may end the prober comes last. */
static int stage(const struct fp_probe *p)
{
	switch (p->action) {
	case FP_PROBE_FILE:
		return strcmp(p->args[0], "delete") ? 0 : 1;
	case FP_PROBE_FILL:
	case FP_PROBE_INODES:
	case FP_PROBE_FILE_SIZE:
		return 2;
	case FP_PROBE_TASKS:
		return 3;
	case FP_PROBE_MEMORY:
		return p->expect.succeeds ? 4 : 5;
	case FP_PROBE_CALL:
	case FP_PROBE_SEE:
	case FP_PROBE_MASKED:
	case FP_PROBE_MOUNT:
	case FP_PROBE_FSTYPE:
	case FP_PROBE_CAPABILITY:
	case FP_PROBE_USE_CAPABILITY:
	case FP_PROBE_NAMESPACE:
	case FP_PROBE_USER:
	case FP_PROBE_GROUP:
	case FP_PROBE_GROUPS:
	case FP_PROBE_NO_NEW_PRIVILEGES:
	case FP_PROBE_UMASK:
	case FP_PROBE_CWD:
	case FP_PROBE_IDMAP:
	case FP_PROBE_EGRESS:
	case FP_PROBE_INGRESS:
	case FP_PROBE_SOCKET:
	case FP_PROBE_DEVICE:
	case FP_PROBE_OPEN_FILES:
	case FP_PROBE_RLIMIT:
	case FP_PROBE_KNOB:
	case FP_PROBE_N:
		break;
	}
	return 0;
}

static int by_content(const void *a, const void *b)
{
	const struct fp_probe *x = a, *y = b;
	int c = stage(x) - stage(y);

	c = c ? c : (int)x->action - (int)y->action;
	uint32_t left = x->rule ? x->rule->id : UINT32_MAX;
	uint32_t right = y->rule ? y->rule->id : UINT32_MAX;
	c = c ? c : (left > right) - (left < right);
	for (size_t i = 0; !c && i < fp_probe_arg_count(x->action); i++)
		c = strcmp(x->args[i], y->args[i]);
	return c;
}

/* Words last, so that which of two equal probes stays does not depend on the sort. */
static int by_all(const void *a, const void *b)
{
	const struct fp_probe *x = a, *y = b;
	int c = by_content(a, b);

	return c ? c : strcmp(x->why, y->why);
}

/* ---- what the prober itself calls ---- */

#define ACT(word, first, call, a0, a1) { word, first, call, { a0, a1 } },

static const struct {
	const char *word, *first; /* action and first argument; NULL: any */
	const char *call;
	uint64_t args[2];
} acts[] = {

#include "analysis/acts.def"
};

#undef ACT

/* Whether the filter lets the probe's own calls through: else it could answer in a layer's place.
 */
static bool is_open(const struct fp_probes *p, const struct fp_probe *probe)
{
	const char *word = fp_probe_word(probe->action);

	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (strcmp(acts[i].word, word) ||
		    (acts[i].first && strcmp(acts[i].first, probe->args[0])))
			continue;
		const struct fp_sysdef *sys = fp_sys_find(acts[i].call, strlen(acts[i].call));
		const uint64_t args[6] = { acts[i].args[0], acts[i].args[1] };
		for (enum fp_arch arch = 0; arch < FP_ARCH_N; arch++) {
			enum fp_abi abi = fp_arch_native(arch);
			if (p->target->archs[arch] && sys->nr[abi] >= 0 &&
			    fp_eval_call(p->ir, abi, (uint32_t)sys->nr[abi], args, p->kernel)
					    .effect == FP_DENY)
				return false;
		}
	}
	return true;
}

static void tidy(struct fp_probes *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->at.n; i++)
		if (p->at.at[i].action != FP_PROBE_CALL && is_open(p, &p->at.at[i]))
			p->at.at[i].layers |= 1u << FP_LAYER_SECCOMP;

	if (!p->at.n)
		return;
	qsort(p->at.at, p->at.n, sizeof(p->at.at[0]), by_all);
	for (size_t i = 0; i < p->at.n; i++)
		if (!n || by_content(&p->at.at[n - 1], &p->at.at[i]))
			p->at.at[n++] = p->at.at[i];
	p->at.n = n;
}

/* Every rule is spoken of: by a probe, or by a reason for having none. */
static void account(struct fp_probes *p)
{
	bool *seen = FP_NEW_ARRAY(&p->u->arena, p->ir->rule_count + 1, bool);

	for (size_t i = 0; i < p->at.n; i++) {
		if (p->at.at[i].rule)
			seen[p->at.at[i].rule->id] = true;
		if (p->at.at[i].by)
			seen[p->at.at[i].by->id] = true;
	}
	for (size_t i = 0; i < p->unprobed.n; i++)
		if (p->unprobed.at[i].rule)
			seen[p->unprobed.at[i].rule->id] = true;
	for (size_t i = 0; i < p->ir->rule_count; i++)
		if (!seen[i])
			fp_probes_skip(p, &p->ir->rules[i], "other rules decide all that it could");
}

void fp_probes_make(struct fp_unit *u, const struct fp_ir *ir, const struct fp_target *target,
		    struct fp_probes *out)
{
	*out = (struct fp_probes){
		.u = u,
		.ir = ir,
		.target = target,
		.kernel = FP_SINCE(target->kernel.major, target->kernel.minor),
	};
	fp_probes_calls(out);
	fp_probes_process(out);
	fp_probes_mounts(out);
	fp_probes_files(out);
	fp_probes_net(out);
	fp_probes_sockets(out);
	fp_probes_devices(out);
	fp_probes_limits(out);
	assertions(out);
	tidy(out);
	account(out);
}

/* ---- printing ---- */

static void field(struct fp_buf *b, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '\\')
			fp_buf_puts(b, "\\\\");
		else if (c == '\t')
			fp_buf_puts(b, "\\t");
		else if (c == '\n')
			fp_buf_puts(b, "\\n");
		else if (c < 0x20 || c == 0x7f)
			fp_buf_printf(b, "\\x%02x", c);
		else
			fp_buf_putc(b, (char)c);
	}
}

static void layers(struct fp_buf *b, uint8_t set)
{
	const char *comma = "";

	for (unsigned l = 0; l < FP_LAYER_N; l++)
		if (set >> l & 1) {
			fp_buf_printf(b, "%s%s", comma, fp_layer_names[l]);
			comma = ",";
		}
}

static void number(struct fp_buf *b, const struct fp_rule *r)
{
	if (r)
		fp_buf_printf(b, "%u", r->id);
	else
		fp_buf_putc(b, '-');
}

static void outcome(struct fp_buf *b, const struct fp_probe_outcome *o)
{
	if (o->succeeds) {
		fp_buf_puts(b, "succeed");
		return;
	}
	fp_buf_puts(b, "fail");
	switch (o->how) {
	case FP_HOW_ANY:
		break;
	case FP_HOW_ERRNO:
		fp_buf_printf(b, ":%u", o->data);
		break;
	case FP_HOW_KILL:
		fp_buf_puts(b, ":kill");
		break;
	case FP_HOW_KILL_THREAD:
		fp_buf_puts(b, ":kill-thread");
		break;
	case FP_HOW_TRAP:
		fp_buf_printf(b, ":trap:%u", o->data);
		break;
	}
}

static void line(struct fp_buf *b, size_t id, const struct fp_probe *p)
{
	fp_buf_printf(b, "%zu\t", id);
	layers(b, p->layers);
	fp_buf_putc(b, '\t');
	number(b, p->rule);
	fp_buf_putc(b, '\t');
	number(b, p->by);
	if (p->also)
		fp_buf_printf(b, ",%u", p->also->id);
	fp_buf_putc(b, '\t');
	outcome(b, &p->expect);
	fp_buf_putc(b, '\t');
	field(b, p->why);
	fp_buf_printf(b, "\t%s", fp_probe_word(p->action));
	for (size_t i = 0; i < fp_probe_arg_count(p->action); i++) {
		fp_buf_putc(b, '\t');
		field(b, p->args[i]);
	}
	fp_buf_putc(b, '\n');
}

static int by_rule(const void *a, const void *b)
{
	const struct fp_unprobed *x = a, *y = b;
	uint32_t left = x->rule ? x->rule->id : UINT32_MAX;
	uint32_t right = y->rule ? y->rule->id : UINT32_MAX;
	int c = (left > right) - (left < right);

	return c ? c : strcmp(x->reason, y->reason);
}

void fp_probes_print(const struct fp_probes *p, struct fp_buf *out)
{
	fp_buf_printf(out, "# fpolicy-probes 1\n# policy %s\n# target %s\n# kernel %u.%u\n",
		      p->ir->name, p->target->name, p->target->kernel.major,
		      p->target->kernel.minor);
	if (p->unprobed.n)
		qsort(p->unprobed.at, p->unprobed.n, sizeof(p->unprobed.at[0]), by_rule);
	for (size_t i = 0; i < p->unprobed.n; i++) {
		if (i && !by_rule(&p->unprobed.at[i - 1], &p->unprobed.at[i]))
			continue;
		fp_buf_puts(out, "# unprobed ");
		number(out, p->unprobed.at[i].rule);
		fp_buf_putc(out, ' ');
		field(out, p->unprobed.at[i].reason);
		fp_buf_putc(out, '\n');
	}
	for (size_t i = 0; i < p->at.n; i++)
		line(out, i, &p->at.at[i]);
	fp_buf_printf(out, "# done %zu\n", p->at.n);
}
