/* SPDX-License-Identifier: MIT */
/* The paths a policy speaks of, taken from its rules and grouped into patterns. */
#include "backends/selinux/selinux.h"

#include <stdlib.h>
#include <string.h>

/* Patterns that braces may make of one; past this the braces stay and count as "anything". */
#define BRACE_LIMIT 256u

struct list {
	FP_VEC(struct fp_glob_item) items;
};

static const struct fp_glob_item slash = { .op = FP_GLOB_BYTE, .byte = '/' };

static size_t alternatives(const struct fp_glob_item *items, size_t n)
{
	size_t count = 1;

	for (size_t i = 0; i < n && count <= BRACE_LIMIT; i++) {
		size_t sum = 0;
		if (items[i].op != FP_GLOB_ALT)
			continue;
		for (size_t k = 0; k < items[i].alt_count && sum <= BRACE_LIMIT; k++)
			sum += alternatives(items[i].alts[k], items[i].alt_lens[k]);
		count *= sum;
	}
	return count;
}

/* The `which`-th way through the braces of the items; returns what is left of `which`. */
static size_t pick(struct fp_unit *u, struct list *out, const struct fp_glob_item *items, size_t n,
		   size_t which)
{
	for (size_t i = 0; i < n; i++) {
		if (items[i].op != FP_GLOB_ALT) {
			fp_vec_push(&u->arena, &out->items, items[i]);
			continue;
		}
		size_t sum = 0;
		for (size_t k = 0; k < items[i].alt_count; k++)
			sum += alternatives(items[i].alts[k], items[i].alt_lens[k]);
		size_t mine = which % sum, k = 0, ways = 0;
		which /= sum;
		for (; mine >= (ways = alternatives(items[i].alts[k], items[i].alt_lens[k])); k++)
			mine -= ways;
		pick(u, out, items[i].alts[k], items[i].alt_lens[k], mine);
	}
	return which;
}

/* The last slash before `end`, or `end` where there is none. */
static size_t slash_before(const struct fp_glob_item *items, size_t end)
{
	for (size_t i = end; i-- > 0;)
		if (items[i].op == FP_GLOB_BYTE && items[i].byte == '/')
			return i;
	return end;
}

/* The first element that can match a slash, or n. */
static size_t first_deep(const struct fp_glob_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (items[i].op == FP_GLOB_STARSTAR || items[i].op == FP_GLOB_ALT)
			return i;
	return n;
}

/* The directories that can stand right above what the items match; false for the root. */
static bool above(const struct se_pattern *p, struct se_pattern *out)
{
	size_t at = slash_before(p->items, p->n), deep = first_deep(p->items, p->n);

	*out = (struct se_pattern){ .items = p->items };
	if (!p->n || at == p->n || (p->n == 1 && !p->is_tree))
		return false;
	if (deep < p->n) { /* somewhere below the last directory that is fixed */
		out->n = slash_before(p->items, deep);
		out->is_tree = true;
		return true;
	}
	out->n = at ? at : 1;
	return true;
}

static void add_one(struct se_paths *p, struct se_pattern one, const struct fp_rule *rule)
{
	struct fp_unit *u = p->u;
	struct se_pattern up;

	se_regex_fill(u, &one);
	if (above(&one, &up)) {
		se_regex_fill(u, &up);
		one.above = up.regex;
	}
	if (rule)
		fp_vec_push(&u->arena, &one.rules, rule->id);
	fp_vec_push(&u->arena, &p->patterns, one);
}

/* Every directory on the way must be passable for what is granted, and known for what is not. */
static void add_ways(struct se_paths *p, const struct se_pattern *one, bool is_granted)
{
	struct se_pattern at = *one, up;

	while (above(&at, &up)) {
		up.allow = is_granted ? SE_SEARCH : 0;
		up.is_emitted = is_granted;
		add_one(p, up, NULL);
		at = up;
		if (at.is_tree && at.n)
			at.is_tree = false;
		if (!at.n)
			return;
	}
}

/* Patterns come sorted: most have the directory of the one before them. */
static bool is_sibling(const struct se_paths *p, const struct se_pattern *one)
{
	struct se_pattern up;
	const struct se_pattern *last = p->patterns.n ? &p->patterns.at[p->patterns.n - 1] : NULL;

	if (!last || !last->above || !above(one, &up) || !one->allow != !last->allow)
		return false;
	se_regex_fill(p->u, &up);
	return !strcmp(up.regex, last->above);
}

void se_paths_add(struct se_paths *p, const struct fp_glob_item *items, size_t n, bool is_tree,
		  uint32_t allow, uint32_t deny, const struct fp_rule *rule)
{
	size_t ways = alternatives(items, n);

	for (size_t i = 0; i < (ways > BRACE_LIMIT ? 1 : ways); i++) {
		struct list flat = { 0 };
		struct se_pattern one = { .items = items,
					  .n = n,
					  .is_tree = is_tree,
					  .allow = allow,
					  .deny = deny,
					  .is_emitted = rule != NULL };
		if (ways > 1 && ways <= BRACE_LIMIT) {
			pick(p->u, &flat, items, n, i);
			one.items = flat.items.at;
			one.n = flat.items.n;
		}
		if (ways > BRACE_LIMIT) {
			one.over = ~allow;
			one.under = allow;
			one.over_why = one.under_why = "its braces have more than 256 ways";
		}
		if (!is_sibling(p, &one))
			add_ways(p, &one, allow != 0);
		add_one(p, one, rule);
	}
}

size_t se_items_of(struct fp_unit *u, const char *path, const struct fp_glob_item **out)
{
	struct list l = { 0 };

	for (const char *at = path; *at; at++) {
		struct fp_glob_item item = { .op = FP_GLOB_BYTE, .byte = (unsigned char)*at };
		const char *end = at[0] == '$' && at[1] == '{' ? strchr(at, '}') : NULL;
		if (end) {
			item = (struct fp_glob_item){ .op = FP_GLOB_PARAM };
			item.param = fp_intern(&u->names, at + 2, (size_t)(end - at - 2))->text;
			at = end;
		}
		fp_vec_push(&u->arena, &l.items, item);
	}
	*out = l.items.at;
	return l.items.n;
}

/* ---- from the rules ---- */

/* To write is also to append. */
static uint32_t whole(uint32_t rights)
{
	return rights & FP_RIGHT_WRITE ? rights | FP_RIGHT_APPEND : rights;
}

static void add_files(struct se_paths *p, const struct fp_ir *ir)
{
	fp_ir_each (ir, FP_KIND_FILE, r) {
		const struct fp_rule_file *f = &r->u.file;
		uint32_t rights = whole(f->rights);
		for (size_t i = 0; i < f->paths.n; i++)
			se_paths_add(p, f->paths.at[i]->items, f->paths.at[i]->n,
				     f->paths.at[i]->is_tree, f->effect == FP_ALLOW ? rights : 0,
				     f->effect == FP_DENY ? rights : 0, r);
	}
}

/* A mask or a read-only mount covers what is below, too. */
static void add_covers(struct se_paths *p, const struct fp_ir *ir, enum fp_kind kind,
		       uint32_t denied)
{
	fp_ir_each (ir, kind, r)
		for (size_t i = 0; i < r->u.file.paths.n; i++) {
			const struct fp_glob *g = r->u.file.paths.at[i];
			size_t n = g->n == 1 ? 0 : g->n;
			se_paths_add(p, g->items, n, true, 0, denied, r);
		}
}

static uint32_t device_rights(const struct fp_device *d, uint8_t rights)
{
	bool chr = d->type == 'c';
	uint32_t out = 0;

	if (rights & FP_DEV_READ)
		out |= chr ? SE_CHR_READ : SE_BLK_READ;
	if (rights & FP_DEV_WRITE)
		out |= chr ? SE_CHR_WRITE : SE_BLK_WRITE;
	if (rights & FP_DEV_MKNOD)
		out |= chr ? SE_CHR_MKNOD : SE_BLK_MKNOD;
	return out;
}

static void add_devices(struct se_paths *p, const struct fp_ir *ir)
{
	fp_ir_each (ir, FP_KIND_DEVICE, r) {
		bool allow = r->u.device.effect == FP_ALLOW;
		for (size_t i = 0; i < r->u.device.n; i++) {
			const struct fp_device *d = &r->u.device.at[i];
			const struct fp_glob_item *items;
			size_t n = se_items_of(p->u, d->path, &items);
			uint32_t rights = device_rights(d, r->u.device.rights);
			se_paths_add(p, items, n, false, allow ? rights : 0, allow ? 0 : rights, r);
		}
	}
}

/* The type of a mount's root must be known, whether a rule names it or not. */
static void add_mounts(struct se_paths *p, const struct fp_ir *ir)
{
	fp_ir_each (ir, FP_KIND_MOUNT, r) {
		const struct fp_glob_item *items;
		size_t n = se_items_of(p->u, r->u.mount.on, &items);
		bool is_root = n == 1;
		bool is_bind = r->u.mount.type == FP_MOUNT_BIND;
		se_paths_add(p, items, is_bind && is_root ? 0 : n, is_bind, 0, 0, NULL);
		p->patterns.at[p->patterns.n - 1].is_mount = is_bind;
	}
}

#define UNWRITABLE                                                            \
	(FP_RIGHT_WRITE | FP_RIGHT_CREATE | FP_RIGHT_DELETE | FP_RIGHT_LINK | \
	 FP_RIGHT_ATTRIBUTES | FP_RIGHT_APPEND)

void se_paths_plan(struct fp_unit *u, const struct fp_ir *ir, struct se_paths *p)
{
	const struct fp_rule *def = fp_ir_only(ir, FP_KIND_FILE_DEFAULT);
	bool is_open = def && def->u.effect == FP_ALLOW;

	p->u = u;
	se_paths_add(p, &slash, 0, true, is_open ? FP_RIGHT_ALL : 0, 0, def);
	p->patterns.at[p->patterns.n - 1].is_emitted = true;
	add_files(p, ir);
	add_covers(p, ir, FP_KIND_MASK, FP_RIGHT_ALL);
	add_covers(p, ir, FP_KIND_READONLY, UNWRITABLE);
	add_devices(p, ir);
	add_mounts(p, ir);
	se_paths_compare(p);
	se_paths_order(p);
	se_paths_label(p);
}
