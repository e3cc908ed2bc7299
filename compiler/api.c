/* SPDX-License-Identifier: MIT */
/* The boundary: one recovery point a call, results kept in the handle. */
#include "analysis/probes.h"
#include "backends/seccomp/seccomp.h"
#include "base/num.h"
#include "front/fmt.h"
#include "handle.h"
#include "ir/dump.h"
#include "merge/merge.h"
#include "sema/sema.h"
#include "target/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct fp_span nowhere; /* for what has no place in a source */

struct fpolicy *fpolicy_new(size_t memory_limit)
{
	struct fpolicy *p = calloc(1, sizeof(*p));

	if (p)
		fp_unit_init(&p->unit, memory_limit ? memory_limit : FP_MEMORY_LIMIT);
	return p;
}

void fpolicy_free(struct fpolicy *p)
{
	if (!p)
		return;
	fp_unit_free(&p->unit);
	free(p);
}

enum fpolicy_status fp_handle_status(const struct fpolicy *p)
{
	const struct fp_diags *d = &p->unit.diags;
	size_t undecided = 0;

	for (size_t i = 0; i < d->list.n; i++) {
		if (d->list.at[i].id == FP_E_INTERNAL || d->list.at[i].id == FP_E_ARTIFACT)
			return FPOLICY_INTERNAL;
		undecided += d->list.at[i].id == FP_E_UNDECIDED;
	}
	if (d->errors && d->errors == undecided)
		return FPOLICY_UNDECIDED;
	return d->errors ? FPOLICY_INPUT : FPOLICY_OK;
}

static bool load(void *context, const char *name, struct fp_loaded *out)
{
	const struct fpolicy *p = context;
	struct fpolicy_source got = { 0 };

	if (!p->load) {
		out->why = "no import root was given";
		return false;
	}
	bool found = p->load(p->load_context, name, &got);
	*out = (struct fp_loaded){ .data = got.data,
				   .resolved = got.resolved ? got.resolved : name,
				   .why = got.why ? got.why : "not found",
				   .len = got.len };
	return found;
}

void fpolicy_set_loader(struct fpolicy *p, fpolicy_loader loader, void *context)
{
	if (!p)
		return;
	p->load = loader;
	p->load_context = context;
	p->unit.options.load = load;
	p->unit.options.load_context = p;
}

static const char *copy(struct fpolicy *p, const char *text)
{
	return fp_arena_text(&p->unit.arena, text, strlen(text));
}

enum fpolicy_status fpolicy_define(struct fpolicy *p, const char *name, const char *value)
{
	FP_HANDLE_GUARD(p);
	for (size_t i = 0; i < p->unit.options.defines.n; i++)
		if (!strcmp(p->unit.options.defines.at[i].name, name)) {
			fp_diag(&p->unit, FP_E_USAGE, nowhere, "-D %s is given twice", name);
			return FPOLICY_INPUT;
		}
	struct fp_define d = { .name = copy(p, name), .value = copy(p, value) };
	fp_vec_push(&p->unit.arena, &p->unit.options.defines, d);
	return FPOLICY_OK;
}

enum fpolicy_status fpolicy_set_today(struct fpolicy *p, const char *date)
{
	FP_HANDLE_GUARD(p);
	if (fp_date_parse(date, strlen(date), &p->unit.options.today))
		return FPOLICY_OK;
	fp_diag(&p->unit, FP_E_USAGE, nowhere, "'%s' is no date YYYY-MM-DD", date);
	return FPOLICY_INPUT;
}

enum fpolicy_status fpolicy_set_proof(struct fpolicy *p, const char *what)
{
	FP_HANDLE_GUARD(p);
	p->unit.options.without_lists = !strcmp(what, "filters");
	if (p->unit.options.without_lists || !strcmp(what, "all"))
		return FPOLICY_OK;
	fp_diag(&p->unit, FP_E_USAGE, nowhere, "'%s' is not what can be proved: all, filters",
		what);
	return FPOLICY_INPUT;
}

enum fpolicy_status fpolicy_set_epoch(struct fpolicy *p, const char *seconds)
{
	uint64_t n;

	FP_HANDLE_GUARD(p);
	if (fp_num_parse_base(seconds, strlen(seconds), 10, &n) &&
	    fp_date_from_epoch(n, &p->unit.options.today))
		return FPOLICY_OK;
	fp_diag(&p->unit, FP_E_USAGE, nowhere, "SOURCE_DATE_EPOCH '%s' is no number of seconds",
		seconds);
	return FPOLICY_INPUT;
}

void fpolicy_today(const struct fpolicy *p, char out[11])
{
	const struct fp_date *d = p ? &p->unit.options.today : NULL;

	out[0] = '\0';
	if (d && d->year)
		snprintf(out, 11, "%04u-%02u-%02u", d->year % 10000u, d->month % 100u,
			 d->day % 100u);
}

enum fpolicy_status fpolicy_set_policy(struct fpolicy *p, const char *name)
{
	FP_HANDLE_GUARD(p);
	p->policy = copy(p, name);
	return FPOLICY_OK;
}

static void add_target(struct fpolicy *p, const struct fp_target *t, struct fp_span span)
{
	if (!t)
		return;
	for (size_t i = 0; i < p->targets.n; i++)
		if (!strcmp(p->targets.at[i]->name, t->name)) {
			fp_diag(&p->unit, FP_E_TARGET, span, "the target '%s' is given twice",
				t->name);
			return;
		}
	fp_vec_push(&p->unit.arena, &p->targets, t);
}

static void unknown_target(struct fpolicy *p, const char *name, struct fp_span span)
{
	struct fp_nearest near;

	fp_diag(&p->unit, FP_E_TARGET, span, "there is no target '%s'", name);
	fp_nearest_init(&near, name, strlen(name));
	for (size_t i = 0; i < fp_target_builtin_count(); i++)
		fp_nearest_offer(&near, fp_target_builtin_name(i));
	fp_diag_nearest(&p->unit, &near);
	fp_diag_help(&p->unit, "`fpolicyc targets` lists them; --target=FILE reads one's own");
}

static void add_builtin(struct fpolicy *p, const char *name, struct fp_span span)
{
	for (size_t i = 0; i < fp_target_builtin_count(); i++)
		if (!strcmp(fp_target_builtin_name(i), name)) {
			add_target(p, fp_target_builtin(&p->unit, name), span);
			return;
		}
	unknown_target(p, name, span);
}

enum fpolicy_status fpolicy_add_target(struct fpolicy *p, const char *name)
{
	FP_HANDLE_GUARD(p);
	add_builtin(p, name, nowhere);
	return fp_handle_status(p);
}

enum fpolicy_status fpolicy_add_target_text(struct fpolicy *p, const char *name, const char *data,
					    size_t len)
{
	FP_HANDLE_GUARD(p);
	add_target(p, fp_target_parse(&p->unit, name, data, len), nowhere);
	return fp_handle_status(p);
}

void fp_handle_targets(struct fpolicy *p)
{
	const struct fp_ir *ir = p->ir;

	if (p->targets.n)
		return;
	for (size_t i = 0; i < ir->target_count; i++)
		add_builtin(p, ir->targets[i], ir->target_spans[i]);
	if (ir->target_count)
		return;
	fp_diag(&p->unit, FP_E_TARGET, ir->span, "the policy names no targets");
	fp_diag_help(&p->unit, "say `targets debian-12;` in it, or --target=NAME");
}

bool fp_handle_build(struct fpolicy *p)
{
	fp_handle_targets(p);
	if (!p->unit.diags.errors)
		fp_bundle_build(&p->unit, p->ir, p->targets.at, p->targets.n, &p->bundle);
	return !p->unit.diags.errors;
}

static struct fp_source *add_source(struct fpolicy *p, const char *name, const char *data,
				    size_t len)
{
	struct fp_source *src = fp_source_add(&p->unit.sources, name, data, len, nowhere);

	if (!src)
		fp_diag(&p->unit, FP_E_SOURCE_SIZE, nowhere, "%s: larger than 4 GiB", name);
	return src;
}

/* Sources, diagnostics and options of a second policy would mix with the first one's. */
struct fp_source *fp_handle_root(struct fpolicy *p, const char *name, const char *data, size_t len)
{
	if (p->is_given) {
		fp_diag(&p->unit, FP_E_USAGE, nowhere,
			"%s: a handle takes one policy, and has one already", name);
		return NULL;
	}
	p->is_given = true;
	return add_source(p, name, data, len);
}

enum fpolicy_status fpolicy_set_profile(struct fpolicy *p, const char *name, const char *data,
					size_t len)
{
	FP_HANDLE_GUARD(p);
	p->profile = (struct fpolicy_text){ .name = copy(p, name),
					    .data = fp_arena_text(&p->unit.arena, data, len),
					    .len = len };
	return FPOLICY_OK;
}

/* After the policy and its imports, so that the order of sources is the order of reading. */
static void take_profile(struct fpolicy *p)
{
	const struct fpolicy_text *t = &p->profile;

	if (t->name && !p->unit.options.profile)
		p->unit.options.profile = fp_profile_parse(&p->unit, t->name, t->data, t->len);
}

enum fpolicy_status fpolicy_compile(struct fpolicy *p, const char *name, const char *data,
				    size_t len)
{
	FP_HANDLE_GUARD(p);
	p->is_done = false;
	if (p->unit.diags.errors)
		return fp_handle_status(p);
	const struct fp_source *src = fp_handle_root(p, name, data, len);
	p->ir = src ? fp_resolve(&p->unit, src, p->policy) : NULL;
	if (!p->ir)
		return fp_handle_status(p);
	fp_handle_targets(p);
	take_profile(p);
	if (p->unit.diags.errors)
		return fp_handle_status(p);
	fp_bundle_build(&p->unit, p->ir, p->targets.at, p->targets.n, &p->bundle);
	p->accepted = fp_bundle_count(&p->bundle, false);
	p->best_effort = fp_bundle_count(&p->bundle, true);
	p->open = fp_bundle_open(&p->unit, p->ir);
	p->proved = fp_bundle_proved(&p->unit, &p->bundle);
	p->not_checked = fp_bundle_not_checked(&p->unit, &p->bundle);
	p->is_done = !p->unit.diags.errors;
	return fp_handle_status(p);
}

static void dump_plan(struct fpolicy *p, const char *backend, struct fp_buf *out)
{
	const struct fp_backend *b = fp_backend_find(backend);

	if (!b) {
		fp_diag(&p->unit, FP_E_USAGE, nowhere, "there is no back end '%s'", backend);
		fp_diag_help(&p->unit, "there are seccomp, apparmor, selinux, oci, cgroup2 and "
				       "nftables");
		return;
	}
	fp_handle_targets(p);
	take_profile(p);
	for (size_t i = 0; i < p->targets.n && !p->unit.diags.errors; i++) {
		fp_buf_printf(out, "# %s\n", p->targets.at[i]->name);
		const void *plan = b->lower(&p->unit, p->ir, p->targets.at[i]);
		if (!p->unit.diags.errors)
			b->dump(&p->unit, plan, out);
	}
}

enum fpolicy_status fpolicy_dump(struct fpolicy *p, const char *name, const char *data, size_t len,
				 const char *phase, const char **text, size_t *text_len)
{
	struct fp_buf *out;

	FP_HANDLE_GUARD(p);
	p->is_done = false;
	out = FP_NEW(&p->unit.arena, struct fp_buf);
	fp_buf_init(out, &p->unit.arena);
	const struct fp_source *src = fp_handle_root(p, name, data, len);
	if (!src)
		return fp_handle_status(p);
	if (!strcmp(phase, "tokens")) {
		fp_tokens_dump(&p->unit, src, out);
	} else if (!strcmp(phase, "ast")) {
		fp_ast_dump(fp_parse(&p->unit, src), out);
	} else if (!strcmp(phase, "ir") || !strncmp(phase, "plan:", 5)) {
		p->ir = fp_resolve(&p->unit, src, p->policy);
		if (p->ir && phase[0] == 'i')
			fp_ir_dump(p->ir, out);
		else if (p->ir)
			dump_plan(p, phase + 5, out);
	} else {
		fp_diag(&p->unit, FP_E_USAGE, nowhere, "there is no phase '%s'", phase);
		fp_diag_help(&p->unit, "phases are tokens, ast, ir and plan:BACKEND");
	}
	*text = fp_buf_text(out);
	*text_len = out->len;
	return fp_handle_status(p);
}

enum fpolicy_status fpolicy_report(struct fpolicy *p, const char *name, const char *data,
				   size_t len, const char *what, const char **text,
				   size_t *text_len)
{
	struct fp_buf *out;

	FP_HANDLE_GUARD(p);
	p->is_done = false;
	out = FP_NEW(&p->unit.arena, struct fp_buf);
	fp_buf_init(out, &p->unit.arena);
	if (strcmp(what, "filter")) {
		fp_diag(&p->unit, FP_E_USAGE, nowhere, "there is no report of '%s'", what);
		fp_diag_help(&p->unit, "there is one of filter");
		return fp_handle_status(p);
	}
	const struct fp_source *src = fp_handle_root(p, name, data, len);
	p->ir = src ? fp_resolve(&p->unit, src, p->policy) : NULL;
	if (!p->ir)
		return fp_handle_status(p);
	fp_handle_targets(p);
	take_profile(p);
	for (size_t i = 0; i < p->targets.n && !p->unit.diags.errors; i++) {
		fp_buf_printf(out, "# %s\n", p->targets.at[i]->name);
		fp_seccomp_report(&p->unit, p->ir, p->targets.at[i], out);
	}
	*text = fp_buf_text(out);
	*text_len = out->len;
	return fp_handle_status(p);
}

enum fpolicy_status fpolicy_format(struct fpolicy *p, const char *name, const char *data,
				   size_t len, struct fpolicy_text *out)
{
	struct fp_buf *text;

	FP_HANDLE_GUARD(p);
	text = FP_NEW(&p->unit.arena, struct fp_buf);
	fp_buf_init(text, &p->unit.arena);
	const struct fp_source *src = add_source(p, name, data, len);
	if (src && fp_fmt(&p->unit, src, text))
		*out = (struct fpolicy_text){ .data = fp_buf_text(text), .len = text->len };
	return fp_handle_status(p);
}

enum fpolicy_status fpolicy_merge(struct fpolicy *p, const struct fpolicy_text *config,
				  const struct fpolicy_text *fragments, size_t fragment_count,
				  struct fpolicy_merged *out)
{
	const struct fp_merge_text base = { config->name, config->data, config->len };
	struct fp_merge_result *result;
	struct fp_merge_text *patches;

	FP_HANDLE_GUARD(p);
	result = FP_NEW(&p->unit.arena, struct fp_merge_result);
	patches = FP_NEW_ARRAY(&p->unit.arena, fragment_count, struct fp_merge_text);
	for (size_t i = 0; i < fragment_count; i++)
		patches[i] = (struct fp_merge_text){ fragments[i].name, fragments[i].data,
						     fragments[i].len };
	if (!fp_merge(&p->unit, &base, patches, fragment_count, result))
		return fp_handle_status(p);
	*out = (struct fpolicy_merged){ .data = fp_buf_text(&result->text),
					.len = result->text.len,
					.notes = result->notes.at,
					.note_count = result->notes.n };
	return fp_handle_status(p);
}

/* The table of the policy in `data`; NULL after an error. */
static const char *probe_table(struct fpolicy *p, const char *name, const char *data, size_t len)
{
	struct fp_probes probes;
	struct fp_buf table;

	const struct fp_source *src = fp_handle_root(p, name, data, len);
	p->ir = src ? fp_resolve(&p->unit, src, p->policy) : NULL;
	if (!p->ir)
		return NULL;
	fp_handle_targets(p);
	if (!p->unit.diags.errors && p->targets.n != 1)
		fp_diag(&p->unit, FP_E_USAGE, p->ir->span,
			"probes are of one target, and there are %zu: --target=NAME", p->targets.n);
	if (p->unit.diags.errors)
		return NULL;
	fp_probes_make(&p->unit, p->ir, p->targets.at[0], &probes);
	fp_buf_init(&table, &p->unit.arena);
	fp_probes_print(&probes, &table);
	return p->unit.diags.errors ? NULL : fp_buf_text(&table);
}

/* Texts of a caller may lack their NUL. An empty one is none. */
static const char *terminated(struct fpolicy *p, const struct fpolicy_text *text)
{
	return text->data && text->len ? fp_arena_text(&p->unit.arena, text->data, text->len)
				       : NULL;
}

enum fpolicy_status fpolicy_probes(struct fpolicy *p, const char *name, const char *data,
				   size_t len, const struct fpolicy_probe_run *run,
				   const char **text, size_t *text_len)
{
	static const char mark[] = "# fpolicy-probes ";
	struct fp_probe_texts texts = { 0 };
	struct fp_buf *out;

	FP_HANDLE_GUARD(p);
	p->is_done = false;
	bool is_table = len >= sizeof(mark) - 1 && !memcmp(data, mark, sizeof(mark) - 1);
	texts.table = is_table ? fp_arena_text(&p->unit.arena, data, len)
			       : probe_table(p, name, data, len);
	if (!texts.table)
		return fp_handle_status(p);
	*text = texts.table;
	*text_len = strlen(texts.table);
	if (!run)
		return fp_handle_status(p);
	texts.results = fp_arena_text(&p->unit.arena, run->results.data, run->results.len);
	texts.claims = fp_arena_text(&p->unit.arena, run->claims.data, run->claims.len);
	texts.baseline = terminated(p, &run->baseline);
	out = FP_NEW(&p->unit.arena, struct fp_buf);
	fp_buf_init(out, &p->unit.arena);
	size_t findings = fp_probes_check(&p->unit, &texts, out);
	*text = fp_buf_text(out);
	*text_len = out->len;
	return p->unit.diags.errors || !findings ? fp_handle_status(p) : FPOLICY_FINDINGS;
}

size_t fpolicy_artifact_count(const struct fpolicy *p)
{
	return p && p->is_done ? p->bundle.files.n : 0;
}

const char *fpolicy_artifact_path(const struct fpolicy *p, size_t n)
{
	return n < fpolicy_artifact_count(p) ? p->bundle.files.at[n].path : NULL;
}

const void *fpolicy_artifact_data(const struct fpolicy *p, size_t n, size_t *len)
{
	if (n >= fpolicy_artifact_count(p))
		return NULL;
	*len = p->bundle.files.at[n].len;
	return p->bundle.files.at[n].data;
}

size_t fpolicy_source_count(const struct fpolicy *p)
{
	return p ? p->unit.sources.files.n : 0;
}

const char *fpolicy_source_name(const struct fpolicy *p, size_t n)
{
	return n < fpolicy_source_count(p) ? p->unit.sources.files.at[n]->name : NULL;
}

const char *fpolicy_policy_name(const struct fpolicy *p)
{
	return p && p->is_done ? p->ir->name : "";
}

size_t fpolicy_error_count(const struct fpolicy *p)
{
	return p ? p->unit.diags.errors : 0;
}

size_t fpolicy_warning_count(const struct fpolicy *p)
{
	return p ? p->unit.diags.warnings : 0;
}

const char *fpolicy_diagnostics(struct fpolicy *p, bool colour)
{
	struct fp_buf *out;

	if (!p)
		return "";
	if (p->is_broken || setjmp(p->unit.recover)) {
		p->is_broken = true;
		return "fpolicyc: error: out of memory: the limit of the compilation was reached "
		       "[E0003]\n";
	}
	out = FP_NEW(&p->unit.arena, struct fp_buf);
	fp_buf_init(out, &p->unit.arena);
	fp_diag_render(&p->unit, out, colour);
	return fp_buf_text(out);
}

size_t fpolicy_accepted_count(const struct fpolicy *p)
{
	return p && p->is_done ? p->accepted : 0;
}

size_t fpolicy_best_effort_count(const struct fpolicy *p)
{
	return p && p->is_done ? p->best_effort : 0;
}

const char *fpolicy_open_parameters(const struct fpolicy *p)
{
	return p && p->is_done ? p->open : "";
}

const char *fpolicy_proved(const struct fpolicy *p)
{
	return p && p->is_done ? p->proved : "";
}

const char *fpolicy_not_checked(const struct fpolicy *p)
{
	return p && p->is_done ? p->not_checked : "";
}

size_t fpolicy_target_count(void)
{
	return fp_target_builtin_count();
}

const char *fpolicy_target_name(size_t n)
{
	return n < fp_target_builtin_count() ? fp_target_builtin_name(n) : NULL;
}

const char *fpolicy_version(void)
{
	return FP_VERSION;
}
