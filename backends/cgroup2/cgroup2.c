/* SPDX-License-Identifier: MIT */
/* The cgroup2 back end: one file a knob with just what is written to the kernel, and a drop-in. */
#include "backends/cgroup2/cgroup2.h"

#include <string.h>

void fp_cg_line_rule(struct fp_cg_plan *p, struct fp_cg_line *line, const struct fp_rule *rule)
{
	if (rule)
		fp_vec_push(p->arena, &line->rules, rule);
}

static struct fp_cg_line *add_line(struct fp_cg_plan *p, struct fp_cg_lines *to, const char *text,
				   const struct fp_rule *rule)
{
	struct fp_cg_line line = { .text = text };

	fp_cg_line_rule(p, &line, rule);
	fp_vec_push(p->arena, &to->v, line);
	return &to->v.at[to->v.n - 1];
}

struct fp_cg_line *fp_cg_file_line(struct fp_cg_plan *p, const char *file, const char *text,
				   const struct fp_rule *rule)
{
	struct fp_cg_file new = { .name = file };

	for (size_t i = 0; i < p->files.n; i++)
		if (!strcmp(p->files.at[i].name, file))
			return add_line(p, &p->files.at[i].lines, text, rule);
	fp_vec_push(p->arena, &p->files, new);
	return add_line(p, &p->files.at[p->files.n - 1].lines, text, rule);
}

struct fp_cg_line *fp_cg_dropin_line(struct fp_cg_plan *p, const char *text,
				     const struct fp_rule *rule)
{
	return add_line(p, &p->dropin, text, rule);
}

void fp_cg_claim(struct fp_cg_plan *p, const struct fp_rule *rule, enum fp_claim_kind kind,
		 const char *reason)
{
	p->claims[rule->id] = (struct fp_claim){ .kind = kind, .reason = reason };
}

static void claim_others(struct fp_cg_plan *p)
{
	for (size_t i = 0; i < p->ir->rule_count; i++) {
		const struct fp_rule *r = &p->ir->rules[i];
		bool is_tmpfs = r->kind == FP_KIND_MOUNT && r->u.mount.type == FP_MOUNT_TMPFS;
		fp_cg_claim(p, r, FP_CLAIM_NONE,
			    is_tmpfs ? "memory.max counts its pages, but does not bound it"
				     : "cgroups do not decide this");
	}
}

static const void *lower(struct fp_unit *u, const struct fp_ir *ir, const struct fp_target *t)
{
	struct fp_cg_plan *p = FP_NEW(&u->arena, struct fp_cg_plan);

	p->arena = &u->arena;
	p->ir = ir;
	p->target = t;
	p->has_files = fp_target_has(t, FP_FEAT_CGROUP_UNIFIED);
	p->has_dropin = t->systemd.text != NULL;
	p->claims = FP_NEW_ARRAY(&u->arena, ir->rule_count + 1, struct fp_claim);
	claim_others(p);
	fp_cg_lower_limits(p);
	fp_cg_lower_io(p);
	fp_cg_lower_devices(p);
	return p;
}

struct place {
	size_t begin, end;
	const struct fp_rule *rule;
};

/* Prints the lines and remembers where each rule's are. */
static void emit_lines(struct fp_emission *e, const char *name, const char *head,
		       const struct fp_cg_lines *lines)
{
	struct fp_arena *arena = &e->unit->arena;
	FP_VEC(struct place) places = { 0 };
	struct fp_buf b;

	fp_buf_init(&b, arena);
	fp_buf_puts(&b, head);
	for (size_t i = 0; i < lines->v.n; i++) {
		const struct fp_cg_line *line = &lines->v.at[i];
		size_t begin = b.len;
		fp_buf_printf(&b, "%s\n", line->text);
		for (size_t k = 0; k < line->rules.n; k++) {
			struct place place = { begin, b.len, line->rules.at[k] };
			fp_vec_push(arena, &places, place);
		}
	}
	struct fp_artifact *a = fp_emit_file(e, name, &b, false);
	for (size_t i = 0; i < places.n; i++)
		fp_emit_map(e, a, (uint32_t)places.at[i].begin, (uint32_t)places.at[i].end,
			    places.at[i].rule);
}

static void emit(struct fp_unit *u, const void *plan, struct fp_emission *e)
{
	const struct fp_cg_plan *p = plan;

	for (size_t i = 0; i < p->files.n; i++)
		emit_lines(e, fp_arena_printf(&u->arena, "cgroup2/%s", p->files.at[i].name), "",
			   &p->files.at[i].lines);
	if (p->has_dropin && p->dropin.v.n)
		emit_lines(
			e, "cgroup2/systemd.conf",
			"# Drop-in for the service that runs the job: <unit>.service.d/fpolicy.conf\n"
			"[Service]\n",
			&p->dropin);
	for (size_t i = 0; i < e->ir->rule_count; i++)
		fp_emit_claim(e, &e->ir->rules[i], p->claims[i].kind,
			      p->claims[i].reason ? "%s" : NULL, p->claims[i].reason);
}

static void dump(struct fp_unit *u, const void *plan, struct fp_buf *out)
{
	const struct fp_cg_plan *p = plan;

	(void)u;
	fp_buf_printf(out, "files %s\nsystemd %s\n", p->has_files ? "yes" : "no",
		      p->has_dropin ? "yes" : "no");
	for (size_t i = 0; i < p->files.n; i++)
		for (size_t k = 0; k < p->files.at[i].lines.v.n; k++)
			fp_buf_printf(out, "%s: %s\n", p->files.at[i].name,
				      p->files.at[i].lines.v.at[k].text);
	for (size_t i = 0; i < p->dropin.v.n; i++)
		fp_buf_printf(out, "systemd: %s\n", p->dropin.v.at[i].text);
}

static const enum fp_feat features[] = {
	FP_FEAT_CGROUP_UNIFIED,         FP_FEAT_CGROUP_CPUSET,
	FP_FEAT_CGROUP_MEMORY_SWAP_MAX, FP_FEAT_CGROUP_MEMORY_OOM_GROUP,
	FP_FEAT_CGROUP_IO_WEIGHT,       FP_FEAT_CGROUP_IO_MAX,
	FP_FEAT_CGROUP_HUGETLB,         FP_FEAT_SD_ALLOWED_CPUS,
	FP_FEAT_SD_OOM_POLICY,          FP_FEAT_N
};

const struct fp_backend fp_backend_cgroup2 = {
	.name = "cgroup2",
	.summary = "files of a cgroup v2, and a systemd drop-in",
	.layer = FP_LAYER_CGROUP2,
	.features = features,
	.lower = lower,
	.emit = emit,
	.dump = dump,
};
