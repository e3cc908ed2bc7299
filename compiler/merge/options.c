/* SPDX-License-Identifier: MIT */
/* Options of one mount: what the base takes away stays, and the policy's stand last. */
#include "merge/internal.h"

#include <string.h>

enum group {
	NONE,
	RO,
	SUID,
	DEV,
	EXEC,
	SYMFOLLOW,
	ATIME,
	DIRATIME,
	SYNC,
	BIND,
	PROPAGATION
};

enum rule {
	NO_VALUE,
	SIZE,
	MODE,
	OWNER,
	LABEL
};

enum how {
	IS_STRICT,
	IS_LOOSE,
	HAS_VALUE,
	IS_FORBIDDEN
};

struct option {
	const char *name;
	enum how how;
	enum group group;
	enum rule rule;
	const char *why;
};

static const struct option options[] = {

#define STRICT(name, group)  { name, IS_STRICT, group, NO_VALUE, NULL },
#define LOOSE(name, group)   { name, IS_LOOSE, group, NO_VALUE, NULL },
#define VALUE(name, rule)    { name, HAS_VALUE, NONE, rule, NULL },
#define FORBIDDEN(name, why) { name, IS_FORBIDDEN, NONE, NO_VALUE, why },
#include "merge/options.def"
#undef STRICT
#undef LOOSE
#undef VALUE
#undef FORBIDDEN
};

#define LIMIT 64 /* of one mount; both runtimes know fewer names */

struct entry {
	const char *text;
	const struct option *option;
	bool is_ours;
};

struct list {
	struct fp_merge_state *m;
	const char *at, *type;
	struct entry entries[LIMIT];
	size_t n;
	bool failed;
};

static const struct option *find(const char *text)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const struct option *o = &options[i];

		if (o->how == IS_STRICT || o->how == IS_LOOSE ? !strcmp(text, o->name)
							      : fp_merge_begins(text, o->name))
			return o;
	}
	return NULL;
}

static void conflict(struct list *l, const char *a, const char *b, const char *why)
{
	l->failed = true;
	fp_merge_conflict(l->m, fp_merge_at(l->m, "%s/options", l->at), fp_merge_text(l->m, a),
			  b ? fp_merge_text(l->m, b) : NULL, why);
}

/* ---- values ---- */

/* Bytes or a count, with the kernel's suffixes (lib/cmdline.c, memparse); false for "50%". */
static bool parse_size(const char *text, uint64_t *out)
{
	static const char suffixes[] = "kmgtpe";
	uint64_t value = 0;

	if (*text < '0' || *text > '9' || (*text == '0' && text[1])) /* octal to the kernel */
		return false;
	for (; *text >= '0' && *text <= '9'; text++)
		if (__builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
			return false;
	const char *s = *text ? strchr(suffixes, *text | 0x20) : NULL;
	if (s && *s) {
		unsigned shift = 10u * (unsigned)(s - suffixes + 1);

		if (value > UINT64_MAX >> shift)
			return false;
		value <<= shift;
		text++;
	}
	*out = value ? value : UINT64_MAX; /* size=0 is no limit (mm/shmem.c) */
	return !*text;
}

static bool parse_mode(const char *text, unsigned *out)
{
	*out = 0;
	if (!*text)
		return false;
	for (; *text >= '0' && *text <= '7' && *out <= 07777; text++)
		*out = *out * 8 + (unsigned)(*text - '0');
	return !*text && *out <= 07777;
}

/* Permissions that both give; the sticky bit if either does. */
static const char *join_modes(struct list *l, const char *key, const char *a, const char *b)
{
	size_t len = strlen(key);
	unsigned x, y;

	if (!parse_mode(a + len, &x) || !parse_mode(b + len, &y)) {
		conflict(l, a, b, "a mode is an octal number");
		return b;
	}
	return fp_merge_at(l->m, "%s%04o", key, (x & y & 06777) | ((x | y) & 01000));
}

static const char *join(struct list *l, const struct option *o, const char *a, const char *b)
{
	size_t len = strlen(o->name);
	uint64_t x, y;

	if (!strcmp(a, b))
		return b;
	if (o->rule == MODE)
		return join_modes(l, o->name, a, b);
	if (o->rule == SIZE && parse_size(a + len, &x) && parse_size(b + len, &y))
		return x < y ? a : b;
	conflict(l, a, b, o->rule == SIZE ? "they cannot be compared" : "they cannot both hold");
	return b;
}

/* A value of the base where the policy leaves the kernel's own. */
static const char *alone(struct list *l, const struct option *o, const char *text)
{
	const char *value = text + strlen(o->name);
	uint64_t size;

	switch (o->rule) {
	case NO_VALUE:
		break;
	case SIZE:
		if (!parse_size(value, &size) || size == UINT64_MAX)
			conflict(l, text, NULL, "the kernel's own bound may be less");
		else
			fp_merge_note(l->m,
				      "kept: %s of the mount at %s, on which the policy has "
				      "no word: the kernel's own bound may be less",
				      text, l->at);
		break;
	case MODE: /* a tmpfs is 1777 by itself, so nothing is wider */
		if (!strcmp(l->type, "tmpfs"))
			return join_modes(l, o->name, text, fp_merge_at(l->m, "%s1777", o->name));
		conflict(l, text, NULL, "the kernel's own mode may be narrower");
		break;
	case OWNER:
		if (strcmp(value, "0"))
			conflict(l, text, NULL, "its owner may change the mount's permissions");
		break;
	case LABEL:
		conflict(l, text, NULL, "merge with --lsm=selinux to have the policy's labels");
		break;
	}
	return text;
}

/* ---- the list ---- */

static void drop(struct list *l, size_t i)
{
	memmove(&l->entries[i], &l->entries[i + 1], (l->n - i - 1) * sizeof(l->entries[0]));
	l->n--;
}

static bool has_strict(const struct list *l, enum group group)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->entries[i].option->how == IS_STRICT && l->entries[i].option->group == group)
			return true;
	return false;
}

/* The policy's own loose options give way to strict ones, in whatever order they stand. */
static void drop_loose(struct list *l, enum group group)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->entries[i].option->how == IS_LOOSE && l->entries[i].option->group == group)
			drop(l, i--);
}

static bool is_unknown(struct list *l, const struct option *o, const char *text)
{
	if (o && o->how != IS_FORBIDDEN)
		return false;
	conflict(l, text, NULL,
		 o ? o->why : "a mount option that the merge does not know may do anything");
	return true;
}

static void add(struct list *l, const char *text, bool is_ours)
{
	const struct option *o = find(text);

	if (is_unknown(l, o, text))
		return;
	if (o->how == IS_LOOSE && (!is_ours || (o->group && has_strict(l, o->group))))
		return;
	if (o->how == IS_STRICT && o->group)
		drop_loose(l, o->group);
	for (size_t i = 0; i < l->n; i++) {
		if (l->entries[i].option != o)
			continue;
		if (o->how == HAS_VALUE)
			text = join(l, o, l->entries[i].text, text);
		is_ours |= l->entries[i].is_ours;
		drop(l, i--);
	}
	if (l->n == LIMIT)
		conflict(l, text, NULL, "a mount has too many options");
	else
		l->entries[l->n++] = (struct entry){ text, o, is_ours };
}

/* The group of a pts device must exist in the user namespace: only the policy knows. */
static bool is_dropped(const struct list *l, const char *text)
{
	return !strcmp(l->type, "devpts") && fp_merge_begins(text, "gid=");
}

json_t *fp_merge_options(struct fp_merge_state *m, const char *at, const char *type, json_t *base,
			 json_t *ours)
{
	struct list l = { .m = m, .at = at, .type = type };
	json_t *out = fp_merge_new(m, json_array()), *value;
	size_t i;

	json_array_foreach(base, i, value) if (!is_dropped(&l, json_string_value(value)))
		add(&l, json_string_value(value), false);
	json_array_foreach(ours, i, value) add(&l, json_string_value(value), true);
	for (i = 0; i < l.n; i++) {
		if (l.entries[i].option->how == HAS_VALUE && !l.entries[i].is_ours && !l.failed)
			l.entries[i].text = alone(&l, l.entries[i].option, l.entries[i].text);
		fp_merge_push(m, out, fp_merge_text(m, l.entries[i].text));
	}
	return l.failed ? NULL : out;
}
