/* SPDX-License-Identifier: MIT */
/* Target files: text to rows, rows to a target, with every fault reported at its place. */
#include "target/target_parse.h"

#include <stdlib.h>
#include <string.h>

/* A target file of 300 rows is 25 kB; inline features add 3 kB. */
#define MAX_TEXT     ((size_t)256 * 1024)
#define MAX_NAME     64
#define MAX_REPORTED 8 /* missing keys named one by one */

static const struct {
	const char *key;
	enum fp_feat_scope scope;
} metas[] = {

#define META(name, scope, key) { key, FP_FEAT_SCOPE_##scope },
	FP_META_ROWS(META)
#undef META
};

/* One number for every key without its runtime: first the meta rows, then the features. */
#define N_KEYS ((unsigned)FP_META_N + (unsigned)FP_FEAT_N)

const char *const fp_target_runtime_names[FP_TARGET_RUNTIMES] = { "crun", "runc" };

static const char *key_text(unsigned key)
{
	return key < FP_META_N ? metas[key].key : fp_feat((enum fp_feat)(key - FP_META_N))->key;
}

static enum fp_feat_scope key_scope(unsigned key)
{
	return key < FP_META_N ? metas[key].scope : fp_feat((enum fp_feat)(key - FP_META_N))->scope;
}

static struct fp_span span_at(const struct fp_target_parser *p, size_t begin, size_t end)
{
	return (struct fp_span){ p->source->base + (uint32_t)begin,
				 p->source->base + (uint32_t)end };
}

/* Keys */

#define NO_RUNTIME (FP_TARGET_RUNTIMES + 1) /* a prefix, but of no runtime we know */

static size_t find_runtime(const struct fp_cell *key, const char **rest)
{
	const char *colon = strchr(key->text, ':');

	*rest = colon ? colon + 1 : key->text;
	if (!colon)
		return FP_TARGET_HOST;
	for (size_t i = 0; i < FP_TARGET_RUNTIMES; i++)
		if (strlen(fp_target_runtime_names[i]) == (size_t)(colon - key->text) &&
		    !strncmp(fp_target_runtime_names[i], key->text,
			     strlen(fp_target_runtime_names[i])))
			return i;
	return NO_RUNTIME;
}

static bool find_key(struct fp_target_parser *p, const char *text, enum fp_feat_scope scope,
		     unsigned *out)
{
	for (unsigned i = 0; i < N_KEYS; i++) {
		unsigned key = (p->hint + i) % N_KEYS;
		if (key_scope(key) == scope && !strcmp(key_text(key), text)) {
			p->hint = key + 1;
			*out = key;
			return true;
		}
	}
	return false;
}

static void offer_keys(struct fp_arena *arena, struct fp_nearest *nearest)
{
	for (unsigned key = 0; key < N_KEYS; key++) {
		if (key_scope(key) == FP_FEAT_SCOPE_HOST) {
			fp_nearest_offer(nearest, key_text(key));
			continue;
		}
		for (size_t i = 0; i < FP_TARGET_RUNTIMES; i++)
			fp_nearest_offer(nearest,
					 fp_arena_printf(arena, "%s:%s", fp_target_runtime_names[i],
							 key_text(key)));
	}
}

static void report_unknown(struct fp_target_parser *p, const struct fp_cell *key)
{
	struct fp_nearest nearest;

	fp_target_fail(p, key->span, "no row of a target is called '%s'", key->text);
	fp_nearest_init(&nearest, key->text, key->len);
	offer_keys(&p->unit->arena, &nearest);
	fp_diag_nearest(p->unit, &nearest);
}

static void take_row(struct fp_target_parser *p, const struct fp_cell cells[3])
{
	const char *rest;
	size_t runtime = find_runtime(&cells[0], &rest);
	enum fp_feat_scope scope =
		runtime == FP_TARGET_HOST ? FP_FEAT_SCOPE_HOST : FP_FEAT_SCOPE_RUNTIME;
	unsigned key;

	if (runtime == NO_RUNTIME || !find_key(p, rest, scope, &key)) {
		report_unknown(p, &cells[0]);
		return;
	}
	if (p->seen[runtime][key]) {
		uint32_t at = p->seen[runtime][key];
		fp_target_fail(p, cells[0].span, "'%s' stands twice", cells[0].text);
		fp_diag_note(p->unit, (struct fp_span){ at, at + (uint32_t)cells[0].len },
			     "it stands here already");
		return;
	}
	p->seen[runtime][key] = cells[0].span.begin;
	if (key < FP_META_N)
		fp_target_set_meta(p, runtime, (enum fp_meta)key, &cells[1]);
	else
		fp_target_set_feature(p, runtime, (enum fp_feat)(key - FP_META_N), &cells[1]);
}

/* Lines */

static bool is_text(char c)
{
	return c == '\t' || (c >= ' ' && c <= '~');
}

static bool check_bytes(struct fp_target_parser *p, size_t begin, size_t end)
{
	const char *data = p->source->data;
	bool ok = true;

	for (size_t i = begin; i < end; i++)
		ok &= is_text(data[i]);
	for (size_t i = begin; !ok; i++)
		if (!is_text(data[i])) {
			fp_target_fail(p, span_at(p, i, i + 1),
				       "only printable ASCII may stand in a target file");
			return false;
		}
	return true;
}

static bool split_cells(struct fp_target_parser *p, size_t begin, size_t end,
			struct fp_cell cells[3])
{
	const char *data = p->source->data;
	size_t n = 0, at = begin;

	for (size_t i; at <= end; at = i + 1) {
		const char *tab = memchr(data + at, '\t', end - at);
		i = tab ? (size_t)(tab - data) : end;
		if (n == 3 || i == at) {
			fp_target_fail(p, span_at(p, at, n == 3 ? end : i), "%s",
				       n == 3 ? "a row has only three cells" : "an empty cell");
			return false;
		}
		cells[n++] = (struct fp_cell){ fp_arena_text(&p->unit->arena, data + at, i - at),
					       i - at, span_at(p, at, i) };
	}
	if (n == 3)
		return true;
	fp_target_fail(p, span_at(p, begin, end),
		       "a row is key, value and source, with a tab between");
	return false;
}

static void parse_line(struct fp_target_parser *p, size_t begin, size_t end, uint32_t line)
{
	struct fp_cell cells[3];

	if (begin == end || !check_bytes(p, begin, end) || p->source->data[begin] == '#')
		return;
	if (!split_cells(p, begin, end, cells))
		return;
	struct fp_target_row row = { cells[0].text, cells[1].text, cells[2].text, line };
	fp_vec_push(&p->unit->arena, &p->rows, row);
	take_row(p, cells);
}

static void parse_lines(struct fp_target_parser *p)
{
	uint32_t line = 1;

	for (size_t begin = 0; begin < p->source->len; line++) {
		const char *nl = memchr(p->source->data + begin, '\n', p->source->len - begin);
		size_t end = nl ? (size_t)(nl - p->source->data) : p->source->len;
		parse_line(p, begin, end, line);
		begin = end + 1;
	}
}

/* After the last line */

/* A file that lost its end must not pass for a machine without that runtime, nor the other way
 * round. */
static void check_unlisted(struct fp_target_parser *p, size_t runtime)
{
	for (unsigned key = 0; key < N_KEYS; key++) {
		uint32_t at = p->seen[runtime][key];
		if (!at)
			continue;
		fp_target_fail(p, ((struct fp_span){ at, at + 1 }),
			       "the row 'runtimes' does not list %s",
			       fp_target_runtime_names[runtime]);
		return;
	}
}

static void check_missing(struct fp_target_parser *p)
{
	size_t missing = 0;
	struct fp_span end = span_at(p, p->source->len, p->source->len);

	for (size_t slot = 0; slot <= FP_TARGET_HOST; slot++) {
		bool is_host = slot == FP_TARGET_HOST;
		if (!is_host && !p->has_runtime[slot]) {
			check_unlisted(p, slot);
			continue;
		}
		for (unsigned key = 0; key < N_KEYS; key++) {
			if ((key_scope(key) == FP_FEAT_SCOPE_HOST) != is_host || p->seen[slot][key])
				continue;
			if (missing++ < MAX_REPORTED)
				fp_target_fail(p, end, "the row '%s%s%s' is missing",
					       is_host ? "" : fp_target_runtime_names[slot],
					       is_host ? "" : ":", key_text(key));
		}
	}
	if (missing > MAX_REPORTED)
		fp_diag_help(p->unit, "%zu more rows are missing", missing - MAX_REPORTED);
}

/* What must agree between rows, so that back ends need not ask twice. */
static void check_whole(struct fp_target_parser *p)
{
	struct fp_target *t = p->target;
	struct fp_span end = span_at(p, p->source->len, p->source->len);
	bool has_arch = false;

	for (size_t i = 0; i < FP_ARCH_N; i++)
		has_arch |= t->archs[i];
	if (!has_arch)
		fp_target_fail(p, end, "the target has no architecture");
	for (size_t i = 0; i < t->n_lsm_enabled; i++)
		if (!fp_target_lsm_built(t, t->lsm_enabled[i]))
			fp_target_fail(p, end, "lsm.enabled has '%s' and lsm.built does not",
				       t->lsm_enabled[i]);
	if (fp_target_has(t, FP_FEAT_AA_ABI_RULE) != (t->apparmor.abi != NULL))
		fp_target_fail(p, end, "apparmor.abi and apparmor.abi_rule contradict each other");
}

static int compare_rows(const void *a, const void *b)
{
	const struct fp_target_row *const *x = a, *const *y = b;

	return strcmp((*x)->key, (*y)->key);
}

static void finish_rows(struct fp_target_parser *p)
{
	struct fp_target *t = p->target;
	struct fp_arena *arena = &p->unit->arena;
	struct fp_buf digest;

	t->rows = p->rows.at;
	t->n_rows = p->rows.n;
	t->sorted = FP_NEW_ARRAY(arena, t->n_rows, const struct fp_target_row *);
	for (size_t i = 0; i < t->n_rows; i++)
		t->sorted[i] = &t->rows[i];
	qsort(t->sorted, t->n_rows, sizeof(*t->sorted), compare_rows);
	fp_buf_init(&digest, arena);
	for (size_t i = 0; i < t->n_rows; i++)
		fp_buf_printf(&digest, "%s\t%s\n", t->sorted[i]->key, t->sorted[i]->value);
	fp_buf_add(&digest, t->apparmor.features, t->apparmor.features_len);
	t->digest_input = fp_buf_text(&digest);
	t->digest_len = digest.len;
}

/* The name becomes a folder of the output. */
static bool is_name(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t len = strlen(name);

	return len && len <= MAX_NAME && strspn(name, allowed) == len && name[0] != '.' &&
	       name[0] != '-';
}

/* "debian-12" of "debian-12" and of "dir/debian-12.target"; `file` is what diagnostics print. */
static const char *split_name(struct fp_arena *arena, const char *given, const char **file)
{
	static const char suffix[] = ".target";
	const char *slash = strrchr(given, '/');
	const char *base = slash ? slash + 1 : given;
	size_t len = strlen(base), cut = sizeof(suffix) - 1;
	bool is_file = len > cut && !strcmp(base + len - cut, suffix);

	*file = slash || is_file ? given : fp_arena_printf(arena, "%s%s", given, suffix);
	return fp_arena_text(arena, base, is_file ? len - cut : len);
}

static bool begin(struct fp_target_parser *p, const char *given, const char *text, size_t len)
{
	const char *file, *name = split_name(&p->unit->arena, given, &file);
	const struct fp_span none = { 0, 0 };

	if (!is_name(name)) {
		fp_target_fail(p, none,
			       "'%s' is no name for a target: letters, digits, '.', '_', '-'",
			       name);
		return false;
	}
	if (len > MAX_TEXT) {
		fp_target_fail(p, none, "%s: a target file has at most %zu KiB", file,
			       MAX_TEXT / 1024);
		return false;
	}
	p->source = fp_source_add(&p->unit->sources, file, text, len, none);
	if (!p->source) {
		fp_target_fail(p, none, "%s: too much text in one compilation", file);
		return false;
	}
	p->source->is_target = true;
	p->target->name = name;
	return true;
}

const struct fp_target *fp_target_parse(struct fp_unit *unit, const char *name, const char *text,
					size_t len)
{
	struct fp_target_parser *p = FP_NEW(&unit->arena, struct fp_target_parser);

	p->unit = unit;
	p->target = FP_NEW(&unit->arena, struct fp_target);
	if (!begin(p, name, text, len))
		return NULL;
	parse_lines(p);
	if (!p->failed)
		check_missing(p);
	if (p->failed)
		return NULL;
	fp_target_combine(p);
	check_whole(p);
	finish_rows(p);
	return p->failed ? NULL : p->target;
}
