/* SPDX-License-Identifier: MIT */
/* The AppArmor back end: one profile, for the parser, the policy ABI and the kernel of the target.
 */
#include "backends/apparmor/apparmor.h"

#include <inttypes.h>
#include <string.h>

static const enum fp_feat features[] = { FP_FEAT_AA_ABI_RULE,
					 FP_FEAT_AA_FILE,
					 FP_FEAT_AA_CAPABILITY,
					 FP_FEAT_AA_RLIMIT,
					 FP_FEAT_AA_PTRACE,
					 FP_FEAT_AA_SIGNAL,
					 FP_FEAT_AA_MOUNT,
					 FP_FEAT_AA_MOUNT_NEW_API,
					 FP_FEAT_AA_NETWORK,
					 FP_FEAT_AA_UNIX,
					 FP_FEAT_AA_USERNS,
					 FP_FEAT_AA_IO_URING,
					 FP_FEAT_N };

void fp_aa_add(struct fp_aa_plan *p, enum fp_aa_section section, const char *text,
	       const struct fp_rule *rule)
{
	struct fp_aa_line line = { .text = text };

	if (rule) {
		line.rules = fp_arena_copy(&p->unit->arena, &rule, sizeof(rule));
		line.rule_count = 1;
	}
	fp_vec_push(&p->unit->arena, &p->sections[section].list, line);
}

/* Ceilings of setrlimit(2) in the parser's words. A process cannot raise them again, whatever it
 * holds. */
static const struct {
	enum fp_limit limit;
	const char *word;
} rlimits[] = {
	{ FP_LIM_OPEN_FILES, "nofile" }, { FP_LIM_FILE_SIZE, "fsize" }, { FP_LIM_CORE, "core" },
	{ FP_LIM_STACK, "stack" },       { FP_LIM_LOCKED, "memlock" },
};

void fp_aa_limits(struct fp_aa_plan *p)
{
	for (size_t i = 0; i < sizeof(rlimits) / sizeof(rlimits[0]); i++) {
		const struct fp_rule *r = fp_ir_limit(p->ir, rlimits[i].limit);
		if (!r || r->u.limit.value == UINT64_MAX) /* unlimited: no ceiling to write */
			continue;
		if (r->u.limit.value > INT64_MAX) { /* the parser reads with strtoll */
			p->coarse[r->id] |= FP_AA_LIMIT_LARGE;
			continue;
		}
		fp_aa_add(p, FP_AA_LIMITS,
			  fp_arena_printf(&p->unit->arena, "set rlimit %s <= %" PRIu64,
					  rlimits[i].word, r->u.limit.value),
			  r);
	}
}

static void add_capabilities(struct fp_aa_plan *p)
{
	for (size_t i = 0; i < fp_cap_count(); i++) {
		const struct fp_cap *cap = fp_cap_at(i);
		const struct fp_rule *from = NULL;
		if (!(p->ir->caps >> cap->bit & 1))
			continue;
		fp_ir_each (p->ir, FP_KIND_CAPABILITY, r) {
			if (!from && r->u.caps.set >> cap->bit & 1)
				from = r;
		}
		fp_aa_add(p, FP_AA_CAPABILITIES,
			  fp_arena_printf(&p->unit->arena, "capability %s", cap->name), from);
	}
}

/*
 * Who may stop the job: a runtime without a profile, or under one of the profiles that AppArmor 4
 * ships for runtimes (profiles/apparmor.d: crun, podman, runc). The job's own processes may signal
 * each other; reading each other's /proc is a ptrace permission, and tracing is granted only if
 * a call for it is open.
 */
void fp_aa_peers(struct fp_aa_plan *p)
{
	static const char *const runtimes[] = { "crun", "podman", "runc", "unconfined" };
	static const char *const tracers[] = { "pidfd_getfd", "process_vm_readv",
					       "process_vm_writev", "ptrace" };
	bool traces = false;

	for (size_t i = 0; i < sizeof(tracers) / sizeof(tracers[0]); i++)
		traces |= fp_aa_call_is_open(p, tracers[i]);
	fp_aa_add(p, FP_AA_PEERS,
		  fp_arena_printf(&p->unit->arena, "ptrace (%s) peer=%s",
				  traces ? "read, readby, trace, tracedby" : "read, readby",
				  p->name),
		  NULL);
	fp_aa_add(p, FP_AA_PEERS,
		  fp_arena_printf(&p->unit->arena, "signal (receive, send) peer=%s", p->name),
		  NULL);
	for (size_t i = 0; i < sizeof(runtimes) / sizeof(runtimes[0]); i++)
		fp_aa_add(p, FP_AA_PEERS,
			  fp_arena_printf(&p->unit->arena, "signal (receive) peer=%s", runtimes[i]),
			  NULL);
}

/* A profile's name must be no path (it would attach by itself) and hold no //, space or glob. */
static const char *profile_name(struct fp_unit *u, const char *policy)
{
	char *name = fp_arena_printf(&u->arena, "fpolicy.%s", policy);

	for (char *c = name; *c; c++)
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') &&
		    !(*c >= '0' && *c <= '9') && *c != '.' && *c != '-' && *c != '_')
			*c = '_';
	return name;
}

static const void *lower(struct fp_unit *u, const struct fp_ir *ir, const struct fp_target *t)
{
	struct fp_aa_plan *p = FP_NEW(&u->arena, struct fp_aa_plan);

	p->unit = u;
	p->ir = ir;
	p->target = t;
	p->name = profile_name(u, ir->name);
	p->coarse = FP_NEW_ARRAY(&u->arena, ir->rule_count ? ir->rule_count : 1, uint8_t);
	if (!t->apparmor.features_len || !fp_target_lsm_built(t, "apparmor"))
		p->missing = "the kernel has no AppArmor";
	else if (!fp_target_has(t, FP_FEAT_AA_FILE))
		p->unenforced = fp_target_why(t, FP_FEAT_AA_FILE);
	if (p->missing)
		return p;
	fp_ir_each (ir, FP_KIND_AUDIT, r) {
		p->is_audited |= r->u.audit.denied;
	}
	fp_aa_limits(p);
	add_capabilities(p);
	fp_aa_network(p);
	fp_aa_peers(p);
	fp_aa_files(p);
	return p;
}

static const char *const headings[FP_AA_SECTION_N] = {
	[FP_AA_LIMITS] = "ceilings of setrlimit(2)",
	[FP_AA_CAPABILITIES] = "capabilities",
	[FP_AA_NETWORK] = "sockets by family and type: a rule here names no peer",
	[FP_AA_PEERS] = "needed by the runtime and among the job's own processes",
	[FP_AA_FILES] = "paths as the job sees them",
	[FP_AA_LINKS] = "hard links: new name and target",
};

static void put_head(struct fp_buf *b, const struct fp_aa_plan *p)
{
	const struct fp_target *t = p->target;

	fp_buf_printf(b, "# %s, compiled for %s: AppArmor parser %s, features of Linux %s.\n",
		      p->name, t->name,
		      t->apparmor.parser.text ? t->apparmor.parser.text : "unknown",
		      t->kernel.text);
	if (fp_target_has(t, FP_FEAT_AA_ABI_RULE) && t->apparmor.abi)
		fp_buf_printf(b, "abi <abi/%s>,\n", t->apparmor.abi);
	else
		fp_buf_puts(b, "# The parser knows no abi rule: what it mediates is set by its own "
			       "parser.conf, and without\n"
			       "# policy-features= there every socket is open whatever the network "
			       "rules say.\n");
	/*
	 * attach_disconnected: descriptors that the runtime opened outside the job's root get a
	 * path at all. mediate_deleted: a file keeps its rules after its name is gone.
	 */
	fp_buf_printf(b, "\nprofile %s flags=(attach_disconnected,mediate_deleted) {\n", p->name);
}

/* A printed line and where it begins; it ends at the newline. */
struct place {
	const struct fp_aa_line *line;
	uint32_t begin, end;
};

struct places {
	FP_VEC(struct place) list;
};

static void put_sections(struct fp_buf *b, const struct fp_aa_plan *p, struct places *out)
{
	for (size_t s = 0; s < FP_AA_SECTION_N; s++) {
		if (p->sections[s].list.n)
			fp_buf_printf(b, "  # %s\n", headings[s]);
		for (size_t i = 0; i < p->sections[s].list.n; i++) {
			struct place at = { &p->sections[s].list.at[i], (uint32_t)b->len, 0 };
			fp_buf_puts(b, "  ");
			fp_buf_puts(b, at.line->text);
			fp_buf_puts(b, ",\n");
			at.end = (uint32_t)b->len;
			fp_vec_push(b->arena, &out->list, at);
		}
	}
}

static void emit(struct fp_unit *u, const void *plan, struct fp_emission *out)
{
	const struct fp_aa_plan *p = plan;
	struct places places = { 0 };
	struct fp_artifact *a;
	struct fp_buf b;

	fp_aa_claim(p, out);
	if (p->missing)
		return;
	fp_buf_init(&b, &u->arena);
	put_head(&b, p);
	put_sections(&b, p, &places);
	fp_buf_puts(&b, "}\n");
	a = fp_emit_file(out, fp_arena_printf(&u->arena, "apparmor/%s", p->name), &b, false);
	for (size_t i = 0; i < places.list.n; i++) {
		const struct place *at = &places.list.at[i];
		for (size_t r = 0; r < at->line->rule_count; r++)
			fp_emit_map(out, a, at->begin, at->end, at->line->rules[r]);
	}
}

static void dump(struct fp_unit *u, const void *plan, struct fp_buf *out)
{
	const struct fp_aa_plan *p = plan;

	(void)u;
	if (p->missing) {
		fp_buf_printf(out, "no profile: %s\n", p->missing);
		return;
	}
	fp_buf_printf(out, "profile %s%s\n", p->name, p->is_audited ? ", refusals recorded" : "");
	for (size_t s = 0; s < FP_AA_SECTION_N; s++)
		for (size_t i = 0; i < p->sections[s].list.n; i++) {
			const struct fp_aa_line *line = &p->sections[s].list.at[i];
			fp_buf_printf(out, "%s", line->text);
			for (size_t r = 0; r < line->rule_count; r++)
				fp_buf_printf(out, "%s%s", r ? "; " : "  <- ",
					      line->rules[r]->text);
			fp_buf_putc(out, '\n');
		}
}

const struct fp_backend fp_backend_apparmor = {
	.name = "apparmor",
	.summary = "an AppArmor profile",
	.layer = FP_LAYER_APPARMOR,
	.features = features,
	.lower = lower,
	.emit = emit,
	.dump = dump,
};
