/* SPDX-License-Identifier: MIT */
/* The sections `devices` and `limits`. */
#include "base/num.h"
#include "sema/sema.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_MAJOR 0xfffu /* include/linux/kdev_t.h: MINORBITS is 20 */
#define MAX_MINOR 0xfffffu

/* ---- devices ---- */

static const struct {
	const char *word;
	uint8_t bit;
} device_rights[] = { { "read", FP_DEV_READ },
		      { "write", FP_DEV_WRITE },
		      { "mknod", FP_DEV_MKNOD } };

#define DEVICE_RIGHTS (sizeof(device_rights) / sizeof(device_rights[0]))

static bool device_right(struct fp_sema *s, const struct fp_ast *n, uint8_t *out)
{
	for (size_t i = 0; i < DEVICE_RIGHTS; i++)
		if (!strcmp(device_rights[i].word, n->name->text)) {
			*out |= device_rights[i].bit;
			return true;
		}
	fp_diag(s->u, FP_E_UNKNOWN_WORD, n->span, "there is no right '%s' on devices",
		n->name->text);
	fp_diag_help(s->u, "rights are read, write and mknod");
	return false;
}

static bool device_number(struct fp_sema *s, const struct fp_ast *major, const struct fp_ast *minor,
			  struct fp_device *out)
{
	if (major->value > MAX_MAJOR || minor->value > MAX_MINOR) {
		fp_diag(s->u, FP_E_NUMBER, major->span, "a device number is at most %u:%u",
			MAX_MAJOR, MAX_MINOR);
		return false;
	}
	out->major = (uint32_t)major->value;
	out->minor = (uint32_t)minor->value;
	return true;
}

static void unknown_device(struct fp_sema *s, struct fp_span span, const char *path)
{
	const struct fp_devnode *known;
	struct fp_nearest near;

	fp_diag(s->u, FP_E_DEVICE, span, "the number of %s is not fixed", path);
	fp_nearest_init(&near, path, strlen(path));
	near.distance = 2; /* most of a path is "/dev/": names are short */
	for (size_t i = 0; (known = fp_devnode_at(i)); i++)
		fp_nearest_offer(&near, known->path);
	fp_diag_nearest(s->u, &near);
	fp_diag_help(s->u, "write it: `%s char MAJOR:MINOR`, or `block`", path);
}

static bool device(struct fp_sema *s, const struct fp_ast *n, struct fp_device *out)
{
	out->path = fp_sema_path(s, n);
	if (!out->path)
		return false;
	const struct fp_devnode *known = fp_devnode_find(out->path, strlen(out->path));
	if (n->n == 2) {
		out->type = !strcmp(n->name->text, "block") ? 'b' : 'c';
		return device_number(s, n->kids[0], n->kids[1], out);
	}
	if (!known) {
		unknown_device(s, n->span, out->path);
		return false;
	}
	out->type = known->type;
	out->major = known->major;
	out->minor = known->minor;
	return true;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct fp_device *)a)->path, ((const struct fp_device *)b)->path);
}

static void device_rule(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *n)
{
	struct fp_rule_device d = { .effect =
					    !strcmp(n->name->text, "allow") ? FP_ALLOW : FP_DENY };
	struct fp_device *at = FP_NEW_ARRAY(&s->u->arena, n->n, struct fp_device);
	struct fp_buf text;
	bool ok = true;

	for (size_t i = 0; i < n->n; i++) {
		if (n->kids[i]->kind == FP_AST_NAME)
			ok &= device_right(s, n->kids[i], &d.rights);
		else if (n->kids[i]->kind == FP_AST_DEVICE)
			ok &= device(s, n->kids[i], &at[d.n++]);
	}
	if (!ok)
		return;
	qsort(at, d.n, sizeof(*at), by_path);
	d.at = at;
	fp_buf_init(&text, &s->u->arena);
	for (size_t i = 0; i < DEVICE_RIGHTS; i++)
		if (d.rights & device_rights[i].bit)
			fp_buf_printf(&text, "%s%s", text.len ? ", " : "", device_rights[i].word);
	for (size_t i = 0; i < d.n; i++)
		fp_buf_printf(&text, "%s%s %s %u:%u", i ? ", " : " ", at[i].path,
			      at[i].type == 'b' ? "block" : "char", at[i].major, at[i].minor);
	struct fp_draft_rule *r = fp_sema_rule(s, sc, FP_KIND_DEVICE, n, NULL, "%s %s",
					       n->name->text, fp_buf_text(&text));
	r->rule.u.device = d;
}

void fp_sema_devices(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *section)
{
	for (size_t i = 0; i < section->n; i++) {
		const struct fp_ast *n = section->kids[i];
		if (n->kind != FP_AST_DEFAULT) {
			device_rule(s, sc, n);
			continue;
		}
		struct fp_draft_rule *r = fp_sema_rule(s, sc, FP_KIND_DEVICE_DEFAULT, n, "",
						       "default %s", n->name->text);
		r->rule.u.effect = !strcmp(n->name->text, "allow") ? FP_ALLOW : FP_DENY;
	}
}

/* ---- limits ---- */

enum unit {
	UNIT_COUNT,
	UNIT_BYTES,
	UNIT_MILLI,
	UNIT_TIME,
	UNIT_WORD,
	UNIT_TEXT
};

/* What each knob takes, and its range; UINT64_MAX / 2 keeps every value printable as signed. */
static const struct knob {
	enum unit unit;
	uint64_t min, max;
} knobs[FP_LIM_N] = {
	[FP_LIM_CPU] = { UNIT_MILLI, 10, 10 * 1000 * 1000 },
	[FP_LIM_CPU_WEIGHT] = { UNIT_COUNT, 1, 10000 },
	[FP_LIM_CPU_SET] = { UNIT_TEXT, 0, 0 },
	[FP_LIM_MEMORY] = { UNIT_BYTES, 1u << 20, UINT64_MAX / 2 },
	[FP_LIM_MEMORY_HIGH] = { UNIT_BYTES, 1u << 20, UINT64_MAX / 2 },
	[FP_LIM_MEMORY_LOW] = { UNIT_BYTES, 0, UINT64_MAX / 2 },
	[FP_LIM_SWAP] = { UNIT_BYTES, 0, UINT64_MAX / 2 },
	[FP_LIM_PIDS] = { UNIT_COUNT, 1, 4194304 },
	[FP_LIM_OOM_GROUP] = { UNIT_WORD, 0, 0 },
	[FP_LIM_IO_WEIGHT] = { UNIT_COUNT, 1, 10000 },
	[FP_LIM_IO_READ] = { UNIT_BYTES, 1, UINT64_MAX / 2 },
	[FP_LIM_IO_WRITE] = { UNIT_BYTES, 1, UINT64_MAX / 2 },
	[FP_LIM_IO_READ_OPS] = { UNIT_COUNT, 1, UINT32_MAX },
	[FP_LIM_IO_WRITE_OPS] = { UNIT_COUNT, 1, UINT32_MAX },
	[FP_LIM_OPEN_FILES] = { UNIT_COUNT, 3, 1u << 30 },
	[FP_LIM_FILE_SIZE] = { UNIT_BYTES, 0, UINT64_MAX / 2 },
	[FP_LIM_CORE] = { UNIT_BYTES, 0, UINT64_MAX / 2 },
	[FP_LIM_STACK] = { UNIT_BYTES, 64u << 10, UINT64_MAX / 2 },
	[FP_LIM_LOCKED] = { UNIT_BYTES, 0, UINT64_MAX / 2 },
	[FP_LIM_WALL_CLOCK] = { UNIT_TIME, 1, (uint64_t)1 << 40 },
	[FP_LIM_HUGETLB] = { UNIT_BYTES, 0, UINT64_MAX / 2 },
};

static bool unit_fits(enum unit unit, enum fp_ast_kind kind)
{
	bool plain = kind == FP_AST_NUMBER;

	switch (unit) {
	case UNIT_COUNT:
		return plain;
	case UNIT_BYTES:
		return plain || kind == FP_AST_SIZE || kind == FP_AST_RATE;
	case UNIT_MILLI:
		return plain || kind == FP_AST_DECIMAL;
	case UNIT_TIME:
		return kind == FP_AST_DURATION;
	case UNIT_TEXT:
		return kind == FP_AST_TEXT;
	case UNIT_WORD:
		return false;
	}
	return false;
}

static const char *const unit_words[] = { "a plain number",       "a size such as 64MiB",
					  "a number such as 1.5", "a time such as 300s",
					  "the word kill-group",  "a list such as \"0-3,5\"" };

static const char *value_text(struct fp_sema *s, enum fp_limit limit, uint64_t v);

static void out_of_range(struct fp_sema *s, enum fp_limit limit, const struct fp_ast *v,
			 uint64_t value)
{
	const struct knob *k = &knobs[limit];
	uint64_t mib;

	fp_diag(s->u, FP_E_NUMBER, v->span, "%s is %s: the %s is %s", fp_limit_names[limit],
		value_text(s, limit, value), value < k->min ? "least" : "most",
		value_text(s, limit, value < k->min ? k->min : k->max));
	if (k->unit == UNIT_BYTES && v->kind == FP_AST_NUMBER &&
	    !__builtin_mul_overflow(value, (uint64_t)1 << 20, &mib) && mib >= k->min)
		fp_diag_help(s->u, "a number without a unit is bytes: write %" PRIu64 "MiB", value);
	else if (value > k->max)
		fp_diag_help(s->u, "for no limit write `unlimited`");
}

/* UINT64_MAX for `unlimited`. */
static bool limit_value(struct fp_sema *s, enum fp_limit limit, const struct fp_ast *v,
			uint64_t *out)
{
	const struct knob *k = &knobs[limit];

	if (v->kind == FP_AST_NAME && !strcmp(v->name->text, "unlimited")) {
		*out = UINT64_MAX;
		return true;
	}
	if (v->kind == FP_AST_NAME && k->unit == UNIT_WORD) {
		*out = 1;
		return true;
	}
	if (v->kind == FP_AST_REFERENCE) {
		if (!fp_sema_number(s, v, k->unit == UNIT_BYTES ? "size" : "number", out))
			return false;
	} else if (!unit_fits(k->unit, v->kind)) {
		fp_diag(s->u, FP_E_NUMBER, v->span, "%s takes %s", fp_limit_names[limit],
			unit_words[k->unit]);
		return false;
	} else if (k->unit == UNIT_MILLI && v->kind == FP_AST_NUMBER) {
		*out = v->value > UINT64_MAX / 1000 ? UINT64_MAX - 1 : v->value * 1000;
	} else {
		*out = v->value;
	}
	if (k->unit != UNIT_TEXT && (*out < k->min || *out > k->max)) {
		out_of_range(s, limit, v, *out);
		return false;
	}
	return true;
}

static const char *value_text(struct fp_sema *s, enum fp_limit limit, uint64_t v)
{
	struct fp_arena *a = &s->u->arena;
	char size[32];

	if (v == UINT64_MAX)
		return "unlimited";
	switch (knobs[limit].unit) {
	case UNIT_BYTES:
		return fp_arena_printf(a, "%s%s", fp_num_size_text(v, size),
				       limit == FP_LIM_IO_READ || limit == FP_LIM_IO_WRITE ? "/s"
											   : "");
	case UNIT_MILLI:
		return fp_arena_printf(a, "%" PRIu64 ".%03" PRIu64, v / 1000, v % 1000);
	case UNIT_TIME:
		return v % 1000 ? fp_arena_printf(a, "%" PRIu64 "ms", v)
				: fp_arena_printf(a, "%" PRIu64 "s", v / 1000);
	case UNIT_WORD:
		return "kill-group";
	case UNIT_COUNT:
	case UNIT_TEXT:
		break;
	}
	return fp_arena_printf(a, "%" PRIu64, v);
}

static void io_limit(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *n)
{
	struct fp_device dev = { 0 };
	const char *path = fp_sema_path(s, n->kids[0]);
	bool numbered = n->n > 2 && n->kids[1]->kind == FP_AST_NUMBER;

	if (!path || (numbered && !device_number(s, n->kids[1], n->kids[2], &dev)))
		return;
	for (size_t i = 1; i < n->n; i++) {
		const struct fp_ast *o = n->kids[i];
		if (o->kind != FP_AST_OPTION)
			continue;
		const char *name = fp_arena_printf(&s->u->arena, "io %s", o->name->text);
		enum fp_limit limit = FP_LIM_IO_READ;
		while (strcmp(fp_limit_names[limit], name))
			limit++;
		struct fp_rule_limit l = { .limit = limit,
					   .device = path,
					   .has_number = numbered,
					   .major = dev.major,
					   .minor = dev.minor };
		if (!limit_value(s, limit, o->kids[0], &l.value))
			continue;
		/* Two paths of one number are one device: their limits contradict or replace each
		 * other. */
		const char *key = numbered ? fp_arena_printf(&s->u->arena, "%s %u:%u", name,
							     dev.major, dev.minor)
					   : fp_arena_printf(&s->u->arena, "%s %s", name, path);
		const char *number = numbered ? fp_arena_printf(&s->u->arena, " block %u:%u",
								dev.major, dev.minor)
					      : "";
		struct fp_draft_rule *r =
			fp_sema_rule(s, sc, FP_KIND_LIMIT, n, key, "io \"%s\"%s %s %s", path,
				     number, o->name->text, value_text(s, limit, l.value));
		r->rule.u.limit = l;
	}
}

#define MAX_CPU 8191u /* NR_CPUS, arch/x86/Kconfig: the largest that is built */

static bool read_cpu(const char **text, unsigned *out)
{
	const char *from = *text;

	for (*out = 0; **text >= '0' && **text <= '9' && *out <= MAX_CPU; (*text)++)
		*out = *out * 10 + (unsigned)(**text - '0');
	return *text > from && *out <= MAX_CPU;
}

/* What cpuset.cpus takes: numbers and ranges that do not run backwards (cgroup-v2.rst). */
static bool cpu_list(struct fp_sema *s, const struct fp_ast *v)
{
	const char *at = v->text->text, *item = at, *wrong = NULL;
	unsigned first, last;

	do {
		item = at;
		if (!read_cpu(&at, &first))
			wrong = first > MAX_CPU ? "is past the last CPU, 8191" : "is no number";
		else if (*at == '-' && (at++, !read_cpu(&at, &last) || last < first))
			wrong = "is no range FIRST-LAST";
		else if (*at && *at != ',')
			wrong = "is neither a number nor a range";
	} while (!wrong && *at++ == ',');
	if (!wrong)
		return true;
	size_t n = strcspn(item, ",");
	struct fp_span at_item = v->span;
	if (v->span.end - v->span.begin == v->text->len + 2) { /* no escapes: byte for byte */
		at_item.begin += 1 + (uint32_t)(item - v->text->text);
		at_item.end = at_item.begin + (uint32_t)n;
	}
	fp_diag(s->u, FP_E_NUMBER, at_item, "'%.*s' %s", (int)n, item, wrong);
	fp_diag_help(s->u, "cpu-set takes %s", unit_words[UNIT_TEXT]);
	return false;
}

static void limit(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *n)
{
	struct fp_rule_limit l = { 0 };

	while (l.limit < FP_LIM_N && strcmp(fp_limit_names[l.limit], n->name->text))
		l.limit++;
	if (l.limit == FP_LIM_N) {
		fp_diag(s->u, FP_E_INTERNAL, n->span, "no limit is called '%s'", n->name->text);
		return;
	}
	const struct fp_ast *v = n->kids[0];
	if (!limit_value(s, l.limit, v, &l.value))
		return;
	if (l.limit == FP_LIM_CPU_SET) {
		if (!cpu_list(s, v))
			return;
		l.text = v->text->text;
	}
	const char *text = l.text ? fp_arena_printf(&s->u->arena, "\"%s\"", l.text)
				  : value_text(s, l.limit, l.value);
	struct fp_draft_rule *r = fp_sema_rule(s, sc, FP_KIND_LIMIT, n, fp_limit_names[l.limit],
					       "%s %s", fp_limit_names[l.limit], text);
	r->rule.u.limit = l;
}

void fp_sema_limits(struct fp_sema *s, const struct fp_scope *sc, const struct fp_ast *section)
{
	for (size_t i = 0; i < section->n; i++) {
		if (section->kids[i]->kind == FP_AST_IO)
			io_limit(s, sc, section->kids[i]);
		else
			limit(s, sc, section->kids[i]);
	}
}
