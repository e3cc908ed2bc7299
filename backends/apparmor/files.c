/* SPDX-License-Identifier: MIT */
/* File, link and device rules: rights on paths in the words r w a m ix k l. */
#include "backends/apparmor/apparmor.h"

#include <stdlib.h>
#include <string.h>

/* One path of one rule, spelled for AppArmor. Uses of one pattern and effect become one line. */
struct use {
	const char *pattern;
	const struct fp_rule *rule;
	uint16_t rights;
	bool is_deny, has_param;
};

struct uses {
	FP_VEC(struct use) list;
};

static void use_glob(struct fp_aa_plan *p, struct uses *uses, const struct fp_rule *r,
		     const struct fp_glob *g, uint16_t rights, bool is_deny)
{
	struct fp_aa_patterns patterns = { 0 };

	fp_aa_patterns(p->unit, g, &patterns);
	for (size_t i = 0; i < patterns.list.n; i++) {
		struct use one = { patterns.list.at[i], r, rights, is_deny, g->has_param };
		fp_vec_push(&p->unit->arena, &uses->list, one);
	}
}

/* A mask and a read-only path cover what is below a directory, too. */
static void use_below(struct fp_aa_plan *p, struct uses *uses, const struct fp_rule *r,
		      uint16_t rights)
{
	for (size_t i = 0; i < r->u.file.paths.n; i++) {
		const struct fp_glob *g = r->u.file.paths.at[i];
		struct fp_buf path;
		fp_buf_init(&path, &p->unit->arena);
		for (size_t j = 0; j < g->n; j++)
			fp_buf_putc(&path, (char)g->items[j].byte);
		struct use one = { fp_aa_literal(p->unit, fp_buf_text(&path), "{,/**}"), r, rights,
				   true, false };
		fp_vec_push(&p->unit->arena, &uses->list, one);
	}
}

static void use_path(struct fp_aa_plan *p, struct uses *uses, const struct fp_rule *r,
		     const char *pattern, uint16_t rights, bool is_deny)
{
	struct use one = { pattern, r, rights, is_deny, false };

	if (rights)
		fp_vec_push(&p->unit->arena, &uses->list, one);
}

/* A device is granted by the path it has in the job's /dev; making the node is w there. */
static void use_devices(struct fp_aa_plan *p, struct uses *uses, const struct fp_rule *r)
{
	uint16_t rights = 0;

	if (r->u.device.rights & FP_DEV_READ)
		rights |= FP_RIGHT_READ;
	if (r->u.device.rights & FP_DEV_WRITE)
		rights |= FP_RIGHT_WRITE;
	if (r->u.device.rights & FP_DEV_MKNOD)
		rights |= FP_RIGHT_CREATE;
	for (size_t i = 0; i < r->u.device.n; i++)
		use_path(p, uses, r, fp_aa_literal(p->unit, r->u.device.at[i].path, ""), rights,
			 r->u.device.effect == FP_DENY);
}

/*
 * A policy that mounts devpts wants a terminal. The runtime opens it before the profile holds, and
 * execve re-checks every inherited descriptor by its path (aa_inherit_files): without these two
 * lines the job would get /dev/null for its terminal.
 */
static void use_terminal(struct fp_aa_plan *p, struct uses *uses, const struct fp_rule *r)
{
	const uint16_t rights = FP_RIGHT_READ | FP_RIGHT_WRITE;

	if (r->u.mount.type != FP_MOUNT_DEVPTS || fp_text_is_template(r->u.mount.on))
		return;
	use_path(p, uses, r, fp_aa_literal(p->unit, r->u.mount.on, "/[0-9]*"), rights, false);
	use_path(p, uses, r, fp_aa_literal(p->unit, "/dev/console", ""), rights, false);
}

static void collect(struct fp_aa_plan *p, struct uses *uses)
{
	const uint16_t write = FP_AA_W | FP_RIGHT_APPEND | FP_RIGHT_LINK;

	fp_ir_each (p->ir, FP_KIND_FILE, r) {
		bool is_deny = r->u.file.effect == FP_DENY;
		for (size_t i = 0; i < r->u.file.paths.n; i++)
			use_glob(p, uses, r, r->u.file.paths.at[i], r->u.file.rights, is_deny);
	}
	fp_ir_each (p->ir, FP_KIND_FILE_DEFAULT, r) {
		if (r->u.effect == FP_ALLOW)
			use_path(p, uses, r, "/{,**}", FP_RIGHT_ALL, false);
	}
	fp_ir_each (p->ir, FP_KIND_MASK, r) {
		use_below(p, uses, r, FP_RIGHT_ALL);
	}
	fp_ir_each (p->ir, FP_KIND_READONLY, r) {
		use_below(p, uses, r, write);
	}
	fp_ir_each (p->ir, FP_KIND_DEVICE, r) {
		use_devices(p, uses, r);
	}
	fp_ir_each (p->ir, FP_KIND_MOUNT, r) {
		use_terminal(p, uses, r);
	}
}

static int by_pattern(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	int c = strcmp(x->pattern, y->pattern);

	c = c ? c : x->is_deny - y->is_deny;
	return c ? c : (x->rule->id > y->rule->id) - (x->rule->id < y->rule->id);
}

/* Rights of all uses of one line, noted by rule where AppArmor's words say more or less. */
static uint16_t merge(struct fp_aa_plan *p, const struct use *at, size_t n)
{
	uint16_t rights = 0;

	for (size_t i = 0; i < n; i++)
		rights |= at[i].rights;
	for (size_t i = 0; i < n; i++) {
		uint8_t *coarse = &p->coarse[at[i].rule->id];
		if (at[i].has_param)
			*coarse |= FP_AA_OPEN_PARAM;
		if (at[i].rights & FP_AA_W && (rights & FP_AA_W) != FP_AA_W)
			*coarse |= FP_AA_COARSE_W;
		if (at[i].is_deny)
			continue;
		if (at[i].rights & FP_RIGHT_EXECUTE && !(rights & FP_RIGHT_READ))
			*coarse |= FP_AA_EXEC_READS;
		if (at[i].rights & FP_RIGHT_DELETE && !(rights & FP_RIGHT_READ))
			*coarse |= FP_AA_RENAME;
	}
	return rights;
}

/*
 * Executing takes m and r beside ix: the kernel maps what it runs under the new profile. ix alone
 * of the transitions is used: the others need an exception from no-new-privileges. A deny of x
 * names no transition, and a name that may not be made may not be linked either.
 */
static void put_words(struct fp_buf *b, uint16_t rights, bool is_deny)
{
	bool exec = rights & FP_RIGHT_EXECUTE;

	if (rights & FP_RIGHT_READ || (exec && !is_deny))
		fp_buf_putc(b, 'r');
	if (rights & FP_AA_W)
		fp_buf_putc(b, 'w');
	else if (rights & FP_RIGHT_APPEND)
		fp_buf_putc(b, 'a');
	if (exec)
		fp_buf_puts(b, is_deny ? "mx" : "mix");
	if (rights & FP_RIGHT_LOCK)
		fp_buf_putc(b, 'k');
	if (is_deny && rights & FP_RIGHT_CREATE)
		fp_buf_putc(b, 'l');
}

static void add_line(struct fp_aa_plan *p, enum fp_aa_section section, const char *text,
		     const struct use *at, size_t n)
{
	const struct fp_rule **rules = FP_NEW_ARRAY(&p->unit->arena, n, const struct fp_rule *);
	struct fp_aa_line line = { .text = text, .rules = rules };

	for (size_t i = 0; i < n; i++)
		if (!i || at[i].rule != at[i - 1].rule)
			rules[line.rule_count++] = at[i].rule;
	fp_vec_push(&p->unit->arena, &p->sections[section].list, line);
}

static const char *deny_word(const struct fp_aa_plan *p)
{
	return p->is_audited ? "audit deny " : "deny ";
}

static void add_files(struct fp_aa_plan *p, struct uses *uses)
{
	for (size_t i = 0, n; i < uses->list.n; i += n) {
		const struct use *at = &uses->list.at[i];
		struct fp_buf words;
		n = 1;
		while (i + n < uses->list.n && at[n].is_deny == at->is_deny &&
		       !strcmp(at[n].pattern, at->pattern))
			n++;
		fp_buf_init(&words, &p->unit->arena);
		put_words(&words, merge(p, at, n), at->is_deny);
		if (words.len)
			add_line(p, FP_AA_FILES,
				 fp_arena_printf(&p->unit->arena, "%s\"%s\" %s",
						 at->is_deny ? deny_word(p) : "", at->pattern,
						 fp_buf_text(&words)),
				 at, n);
	}
}

/* Patterns of an effect that carry the right, once each, in order. */
static void select_uses(struct fp_aa_plan *p, const struct uses *from, uint16_t right, bool is_deny,
			struct uses *out)
{
	for (size_t i = 0; i < from->list.n; i++) {
		const struct use *u = &from->list.at[i];
		size_t last = out->list.n;
		if (u->is_deny != is_deny || !(u->rights & right))
			continue;
		if (!last || strcmp(out->list.at[last - 1].pattern, u->pattern))
			fp_vec_push(&p->unit->arena, &out->list, *u);
	}
}

/*
 * To AppArmor a link is a pair. The policy grants the new name (create) and the target (link)
 * apart, so every pair of the two is a line. l on the name alone would let it lead to any target.
 * A refusal is written only where something is granted.
 */
static void add_links(struct fp_aa_plan *p, const struct uses *uses)
{
	struct uses names = { 0 }, targets = { 0 }, denied = { 0 };

	select_uses(p, uses, FP_RIGHT_CREATE, false, &names);
	select_uses(p, uses, FP_RIGHT_LINK, false, &targets);
	select_uses(p, uses, FP_RIGHT_LINK, true, &denied);
	if (names.list.n && targets.list.n > FP_AA_LINKS_MAX / names.list.n) {
		for (size_t t = 0; t < targets.list.n; t++)
			p->coarse[targets.list.at[t].rule->id] |= FP_AA_LINKS_LOST;
		targets.list.n = 0;
	}
	for (size_t t = 0; t < targets.list.n; t++)
		for (size_t i = 0; i < names.list.n; i++)
			add_line(p, FP_AA_LINKS,
				 fp_arena_printf(&p->unit->arena, "link \"%s\" -> \"%s\"",
						 names.list.at[i].pattern,
						 targets.list.at[t].pattern),
				 &targets.list.at[t], 1);
	for (size_t t = 0; targets.list.n && t < denied.list.n; t++)
		add_line(p, FP_AA_LINKS,
			 fp_arena_printf(&p->unit->arena, "%slink \"/{,**}\" -> \"%s\"",
					 deny_word(p), denied.list.at[t].pattern),
			 &denied.list.at[t], 1);
}

void fp_aa_files(struct fp_aa_plan *p)
{
	struct uses uses = { 0 };

	collect(p, &uses);
	if (uses.list.n)
		qsort(uses.list.at, uses.list.n, sizeof(uses.list.at[0]), by_pattern);
	add_files(p, &uses);
	add_links(p, &uses);
}
