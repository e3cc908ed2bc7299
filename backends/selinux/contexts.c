/* SPDX-License-Identifier: MIT */
/* file_contexts: which path gets which type, in the job's root and in the host directories bound
 * into it. */
#include "backends/selinux/selinux.h"

#include <string.h>

static void put_spec(struct se_writer *w, const char *regex, const char *type)
{
	se_line(w, "%s\tsystem_u:object_r:%s.%s:s0", regex, w->plan->block, type);
}

static void mark_pattern(struct se_writer *w, size_t begin, uint32_t at)
{
	const struct se_pattern *one = &w->plan->paths.patterns.at[at];

	for (size_t i = 0; i < one->rules.n; i++)
		se_mark(w, begin, one->rules.at[i]);
}

const char *se_kernel_tree(const struct se_pattern *one)
{
	static const char *const trees[] = { "/proc", "/sys" };

	for (size_t i = 0; i < 2; i++) {
		size_t len = strlen(trees[i]);
		if (one->prefix >= len && !strncmp(one->regex, trees[i], len) &&
		    (one->prefix == len || one->regex[len] == '/'))
			return trees[i];
	}
	return NULL;
}

static const char *regex_of(struct fp_unit *u, const char *path)
{
	const struct fp_glob_item *items;
	struct se_pattern one = { 0 };

	one.n = se_items_of(u, path, &items);
	one.items = items;
	se_regex_fill(u, &one);
	return one.regex;
}

void se_places_plan(struct fp_unit *u, struct se_plan *plan)
{
	fp_ir_each (plan->ir, FP_KIND_MOUNT, r) {
		struct se_place at = { .rule = r, .on = regex_of(u, r->u.mount.on) };
		at.len = (uint32_t)strlen(at.on);
		if (r->u.mount.type == FP_MOUNT_BIND && !se_is_host_dir(r->u.mount.source))
			at.source = regex_of(u, r->u.mount.source);
		fp_vec_push(&u->arena, &plan->places, at);
	}
}

/*
 * New file systems take the type of their root from the mount, not from this file. The kernel makes
 * the one of message queues with its namespace, and refuses a label for it later.
 */
const char *se_root_label(struct fp_unit *u, const struct se_plan *plan,
			  const struct fp_rule *mount)
{
	const struct se_paths *p = &plan->paths;
	enum fp_mount_type type = mount->u.mount.type;

	if (type != FP_MOUNT_TMPFS && type != FP_MOUNT_DEVTMPFS_LIKE && type != FP_MOUNT_DEVPTS)
		return NULL;
	for (size_t i = 0; i < plan->places.n; i++) {
		const struct se_place *place = &plan->places.at[i];
		uint32_t at = place->rule == mount ? se_paths_find(p, place->on) : SE_NONE;
		if (at != SE_NONE)
			return fp_arena_printf(&u->arena, "system_u:object_r:%s.%s:s0", plan->block,
					       p->types.at[p->patterns.at[at].type].name);
	}
	return NULL;
}

static void write_mount_note(struct se_writer *w, const struct fp_rule *r)
{
	const char *label = se_root_label(w->plan->paths.u, w->plan, r);
	size_t begin = w->buf.len;

	if (!label)
		return;
	se_line(w, "# %s on %s: mount with rootcontext=%s", fp_mount_type_names[r->u.mount.type],
		r->u.mount.on, label);
	se_mark(w, begin, r->id);
}

/* Specifications in their order: crossings stand after the patterns that begin as their `b` does.
 */
static void write_specs(struct se_writer *w, void (*pattern)(struct se_writer *w, uint32_t at),
			void (*crossing)(struct se_writer *w, const struct se_crossing *x))
{
	const struct se_paths *p = &w->plan->paths;
	size_t x = 0;

	for (size_t i = 0; i < p->patterns.n; i++) {
		uint32_t prefix = p->patterns.at[p->order[i]].prefix;
		while (x < p->crossings.n && p->crossings.at[x].prefix < prefix)
			crossing(w, &p->crossings.at[x++]);
		pattern(w, p->order[i]);
	}
	while (x < p->crossings.n)
		crossing(w, &p->crossings.at[x++]);
}

static void write_pattern(struct se_writer *w, uint32_t at)
{
	const struct se_pattern *one = &w->plan->paths.patterns.at[at];
	size_t begin = w->buf.len;

	if (!one->is_emitted || se_kernel_tree(one))
		return;
	put_spec(w, one->spec, w->plan->paths.types.at[one->type].name);
	mark_pattern(w, begin, at);
}

static void write_crossing(struct se_writer *w, const struct se_crossing *x)
{
	size_t begin = w->buf.len;

	put_spec(w, x->spec, w->plan->paths.types.at[x->type].name);
	mark_pattern(w, begin, x->a);
	mark_pattern(w, begin, x->b);
}

void se_write_contexts(struct se_writer *w)
{
	se_line(w, "# Paths in the job's root: setfiles -F -r ROOT file_contexts ROOT");
	for (size_t i = 0; i < w->plan->places.n; i++)
		write_mount_note(w, w->plan->places.at[i].rule);
	write_specs(w, write_pattern, write_crossing);
}

/* ---- host paths of bind mounts ---- */

/*
 * The mount a pattern's paths lie in: the one with the longest place that begins them. Patterns
 * that only reach into a mount have none.
 */
const struct se_place *se_place_of(const struct se_plan *plan, const struct se_pattern *one)
{
	const struct se_place *best = NULL;

	for (size_t i = 0; i < plan->places.n; i++) {
		const struct se_place *at = &plan->places.at[i];
		char next = at->len <= one->prefix ? one->regex[at->len] : 'x';
		if (at->len > one->prefix || (best && at->len < best->len) ||
		    strncmp(one->regex, at->on, at->len) != 0)
			continue;
		if (at->len > 1 && next && next != '/' && !(one->is_tree && one->prefix == at->len))
			continue;
		best = at;
	}
	return best;
}

static void put_host_spec(struct se_writer *w, const struct se_place *place, const char *spec,
			  uint32_t type)
{
	struct fp_buf text;

	fp_buf_init(&text, w->buf.arena);
	fp_buf_puts(&text, place->source);
	if (place->len > 1)
		fp_buf_puts(&text, spec + place->len);
	else if (!strcmp(spec, "/.*"))
		fp_buf_puts(&text, "(/.*)?"); /* the root's own directory has no name of its own */
	else if (spec[1])
		fp_buf_puts(&text, spec);
	put_spec(w, fp_buf_text(&text), w->plan->paths.types.at[type].name);
}

static void write_host_pattern(struct se_writer *w, uint32_t at)
{
	const struct se_pattern *one = &w->plan->paths.patterns.at[at];
	const struct se_place *place = se_place_of(w->plan, one);
	size_t begin = w->buf.len;

	if (!place || !place->source || !(one->is_emitted || one->is_mount))
		return;
	put_host_spec(w, place, one->spec, one->type);
	mark_pattern(w, begin, at);
	se_mark(w, begin, place->rule->id);
}

static void write_host_crossing(struct se_writer *w, const struct se_crossing *x)
{
	const struct se_place *place = se_place_of(w->plan, &w->plan->paths.patterns.at[x->b]);
	size_t begin = w->buf.len;

	if (!place || !place->source)
		return;
	put_host_spec(w, place, x->spec, x->type);
	mark_pattern(w, begin, x->a);
	mark_pattern(w, begin, x->b);
	se_mark(w, begin, place->rule->id);
}

void se_write_host_contexts(struct se_writer *w)
{
	se_line(w, "# Host directories bound into the job's root: restorecon -F -R on each, after");
	se_line(w, "# adding these to the host's file_contexts.local");
	fp_ir_each (w->plan->ir, FP_KIND_MOUNT, r) {
		size_t begin = w->buf.len;
		if (r->u.mount.type != FP_MOUNT_BIND || !se_is_host_dir(r->u.mount.source))
			continue;
		se_line(w, "# %s belongs to the host and keeps its labels", r->u.mount.source);
		se_mark(w, begin, r->id);
	}
	write_specs(w, write_host_pattern, write_host_crossing);
}
