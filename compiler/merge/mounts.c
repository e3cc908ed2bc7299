/* SPDX-License-Identifier: MIT */
/* mounts: one a destination, the stricter of the options; linux.devices: one a path. */
#include "merge/internal.h"

#include <stdlib.h>
#include <string.h>

#define OPTION_LIMIT 64 /* of one mount; both runtimes know fewer names */

struct options {
	struct fp_merge_state *m;
	const char *at;
	const char *list[OPTION_LIMIT];
	size_t n;
	bool failed;
};

/* The strict one of a pair stays whoever says it. */
static const struct {
	const char *strict, *loose;
} pairs[] = {
	{ "ro", "rw" },
	{ "nosuid", "suid" },
	{ "nodev", "dev" },
	{ "noexec", "exec" },
	{ "rro", "rrw" },
	{ "rnosuid", "rsuid" },
	{ "rnodev", "rdev" },
	{ "rnoexec", "rexec" },
	{ "ro", "rrw" },
	{ "nosuid", "rsuid" },
	{ "nodev", "rdev" },
	{ "noexec", "rexec" },
	{ "nosymfollow", "rsymfollow" },
	{ "noatime", "ratime" },
	{ "noatime", "rrelatime" },
	{ "noatime", "rstrictatime" },
	{ "bind", "rbind" },
	{ "nosymfollow", "symfollow" },
	{ "noatime", "relatime" },
	{ "noatime", "strictatime" },
	{ "private", "shared" },
	{ "private", "slave" },
	{ "private", "rprivate" },
	{ "private", "rshared" },
	{ "private", "rslave" },
	{ "rprivate", "rshared" },
	{ "rprivate", "rslave" },
	{ "rprivate", "shared" },
	{ "rprivate", "slave" },
	{ "slave", "shared" },
	{ "rslave", "rshared" },
};

static void drop(struct options *o, size_t i)
{
	memmove(&o->list[i], &o->list[i + 1], (o->n - i - 1) * sizeof(o->list[0]));
	o->n--;
}

static bool has(const struct options *o, const char *text)
{
	for (size_t i = 0; i < o->n; i++)
		if (!strcmp(o->list[i], text))
			return true;
	return false;
}

static void conflict(struct options *o, const char *a, const char *b, const char *why)
{
	o->failed = true;
	fp_merge_conflict(o->m, fp_merge_at(o->m, "%s/options", o->at),
			  fp_merge_new(o->m, json_string(a)), fp_merge_new(o->m, json_string(b)),
			  why);
}

/* Bytes or a count, with the kernel's suffixes (lib/cmdline.c, memparse); false for "50%". */
static bool parse_size(const char *text, uint64_t *out)
{
	static const char suffixes[] = "kmgtpe";
	uint64_t value = 0;

	if (*text < '0' || *text > '9')
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
	for (; *text >= '0' && *text <= '7' && *out <= 07777; text++)
		*out = *out * 8 + (unsigned)(*text - '0');
	return !*text && *out <= 07777;
}

/* Permissions that both give; the sticky bit if either does. */
static const char *join_modes(struct options *o, const char *key, size_t len, const char *a,
			      const char *b)
{
	unsigned x, y;

	if (!parse_mode(a + len, &x) || !parse_mode(b + len, &y)) {
		conflict(o, a, b, "a mode is an octal number");
		return a;
	}
	return fp_merge_at(o->m, "%.*s%04o", (int)len, key, (x & y & 06777) | ((x | y) & 01000));
}

static const char *join_sizes(struct options *o, size_t len, const char *a, const char *b)
{
	uint64_t x, y;

	if (!parse_size(a + len, &x) || !parse_size(b + len, &y)) {
		if (strcmp(a, b))
			conflict(o, a, b, "they cannot be compared");
		return a;
	}
	return x <= y ? a : b;
}

static bool begins(const char *text, const char *key)
{
	return !strncmp(text, key, strlen(key));
}

/* `key=value` against one of the same key. */
static const char *join_values(struct options *o, size_t len, const char *a, const char *b)
{
	if (begins(a, "mode=") || begins(a, "ptmxmode="))
		return join_modes(o, a, len, a, b);
	if (begins(a, "size=") || begins(a, "nr_inodes=") || begins(a, "nr_blocks="))
		return join_sizes(o, len, a, b);
	if (strcmp(a, b))
		conflict(o, a, b, "they cannot both hold");
	return a;
}

static void add(struct options *o, const char *text)
{
	size_t key = strcspn(text, "=");

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (!strcmp(text, pairs[i].loose) && has(o, pairs[i].strict))
			return;
		for (size_t k = 0; !strcmp(text, pairs[i].strict) && k < o->n; k++)
			if (!strcmp(o->list[k], pairs[i].loose))
				drop(o, k--);
	}
	for (size_t i = 0; i < o->n; i++) {
		if (!strcmp(o->list[i], text))
			return;
		if (text[key] && !strncmp(o->list[i], text, key + 1)) {
			o->list[i] = join_values(o, key + 1, o->list[i], text);
			return;
		}
	}
	if (o->n == OPTION_LIMIT)
		conflict(o, text, text, "a mount has too many options");
	else
		o->list[o->n++] = text;
}

/* The group of a pts device must exist in the user namespace: only the policy knows. */
static bool is_dropped(const char *type, const char *text)
{
	return !strcmp(type, "devpts") && begins(text, "gid=");
}

static bool read_options(struct options *o, json_t *mount, const char *skip_type)
{
	json_t *array = json_object_get(mount, "options"), *value;
	size_t i;

	if (array && !json_is_null(array) && !json_is_array(array)) {
		fp_merge_conflict(o->m, fp_merge_at(o->m, "%s/options", o->at), array, NULL,
				  "it must be an array");
		return false;
	}
	json_array_foreach(array, i, value)
	{
		if (!json_is_string(value)) {
			fp_merge_conflict(o->m, fp_merge_at(o->m, "%s/options/%zu", o->at, i),
					  value, NULL, "it must be a string");
			return false;
		}
		if (!skip_type || !is_dropped(skip_type, json_string_value(value)))
			add(o, json_string_value(value));
	}
	return true;
}

static bool has_option(json_t *mount, const char *text)
{
	json_t *value;
	size_t i;

	json_array_foreach(json_object_get(mount, "options"), i,
			   value) if (json_is_string(value) &&
				      !strcmp(json_string_value(value), text)) return true;
	return false;
}

static const char *type_of(struct fp_merge_state *m, const char *at, json_t *mount)
{
	if (has_option(mount, "bind") || has_option(mount, "rbind"))
		return "bind";
	return fp_merge_text_of(m, at, mount, "type");
}

/* Absolute, one slash between names, none at the end; NULL where it climbs. */
static const char *destination(struct fp_merge_state *m, const char *at, json_t *mount)
{
	const char *text = fp_merge_text_of(m, at, mount, "destination");
	struct fp_buf b;

	fp_buf_init(&b, &m->u->arena);
	while (*text) {
		size_t len = strcspn(text, "/");

		if (len == 2 && !memcmp(text, "..", 2))
			return NULL;
		if (len && !(len == 1 && *text == '.')) {
			fp_buf_putc(&b, '/');
			fp_buf_add(&b, text, len);
		}
		text += len + (text[len] == '/');
	}
	return b.len ? fp_buf_text(&b) : "/";
}

/* An identity map of a mount shows files as another's: the policy has none. */
static void check_idmap(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	static const char *const names[] = { "uidMappings", "gidMappings" };

	for (size_t i = 0; i < 2; i++)
		if (json_array_size(json_object_get(base, names[i])))
			fp_merge_conflict(m, fp_merge_at(m, "%s/%s", at, names[i]),
					  json_object_get(base, names[i]), NULL,
					  "the policy shows files as what they are");
	if (has_option(base, "idmap") || has_option(base, "ridmap"))
		fp_merge_conflict(m, at, base, ours, "the policy shows files as what they are");
}

static json_t *merge_mount(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	const char *a = type_of(m, at, base), *b = type_of(m, at, ours);
	json_t *out = fp_merge_copy(m, base), *options = fp_merge_new(m, json_array());
	struct options o = { .m = m, .at = at };
	static const char *const names[] = { "destination", "type", "source" };

	check_idmap(m, at, base, ours);
	if (strcmp(a, b))
		fp_merge_conflict(m, at, base, ours, "one place holds one mount");
	else if (!strcmp(a, "bind") && strcmp(fp_merge_text_of(m, at, base, "source"),
					      fp_merge_text_of(m, at, ours, "source")))
		fp_merge_conflict(m, fp_merge_at(m, "%s/source", at),
				  json_object_get(base, "source"), json_object_get(ours, "source"),
				  "one place holds one mount");
	if (!read_options(&o, base, a) || !read_options(&o, ours, NULL))
		return out;
	for (size_t i = 0; i < 3; i++)
		if (json_object_get(ours, names[i]))
			fp_merge_set(m, out, names[i], json_object_get(ours, names[i]));
	for (size_t i = 0; i < o.n; i++)
		fp_merge_push(m, options, fp_merge_new(m, json_string(o.list[i])));
	fp_merge_set(m, out, "options", options);
	return out;
}

/* A mount of the base that the policy does not name. What only holds kernel state is left out. */
static void leave_out(struct fp_merge_state *m, const char *at, json_t *mount, const char *on)
{
	const char *type = type_of(m, at, mount);
	static const char *const empty[] = { "proc",   "sysfs",  "cgroup", "cgroup2",
					     "mqueue", "devpts", "tmpfs" };

	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
		if (!strcmp(type, empty[i])) {
			fp_merge_note(m,
				      "left out: the mount of %s on %s, which the policy does "
				      "not name",
				      type, on);
			return;
		}
	fp_merge_conflict(m, at, mount, NULL, "name it in the policy's mounts, or remove it here");
}

struct place {
	const char *on;
	json_t *mount;
	size_t index;
	bool is_taken;
};

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = strcmp(x->on, y->on);

	return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* The base's mounts by destination; reports what climbs or stands twice. */
static struct place *read_places(struct fp_merge_state *m, const char *at, json_t *base, size_t *n)
{
	struct place *list = FP_NEW_ARRAY(&m->u->arena, json_array_size(base), struct place);
	json_t *value;
	size_t i;

	*n = 0;
	json_array_foreach(base, i, value)
	{
		const char *place = fp_merge_at(m, "%s/%zu", at, i);
		const char *on = json_is_object(value) ? destination(m, place, value) : NULL;

		if (!on)
			fp_merge_conflict(m, place, value, NULL,
					  "a mount is an object with a destination without ..");
		else
			list[(*n)++] = (struct place){ .on = on, .mount = value, .index = i };
	}
	if (*n)
		qsort(list, *n, sizeof(list[0]), by_place);
	for (i = 1; i < *n; i++)
		if (!strcmp(list[i].on, list[i - 1].on))
			fp_merge_conflict(m, fp_merge_at(m, "%s/%zu", at, list[i].index),
					  list[i].mount, list[i - 1].mount,
					  "one place holds one mount");
	return list;
}

static struct place *find_place(struct place *list, size_t n, const char *on)
{
	struct place key = { .on = on };
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (by_place(&list[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < n && !strcmp(list[low].on, on) ? &list[low] : NULL;
}

/* The order is the policy's: a directory before what is mounted in it. */
json_t *fp_merge_mounts(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	json_t *out = fp_merge_new(m, json_array()), *value;
	size_t n, i;
	struct place *list = read_places(m, at, base, &n);

	json_array_foreach(ours, i, value)
	{
		const char *on = destination(m, at, value);
		struct place *old = on ? find_place(list, n, on) : NULL;

		if (!old) {
			fp_merge_push(m, out, value);
			continue;
		}
		old->is_taken = true;
		fp_merge_push(m, out,
			      merge_mount(m, fp_merge_at(m, "%s/%zu", at, old->index), old->mount,
					  value));
	}
	for (i = 0; i < n; i++)
		if (!list[i].is_taken)
			leave_out(m, fp_merge_at(m, "%s/%zu", at, list[i].index), list[i].mount,
				  list[i].on);
	return out;
}

/* Nodes: those of the base stay, since resources.devices decides what opens. */
json_t *fp_merge_nodes(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	json_t *out = fp_merge_new(m, base ? json_copy(base) : json_array()), *value, *old;
	size_t i, k;

	json_array_foreach(ours, i, value)
	{
		bool is_there = false;

		json_array_foreach(base, k, old)
		{
			if (!json_equal(json_object_get(old, "path"),
					json_object_get(value, "path")))
				continue;
			is_there = true;
			(void)fp_merge_same(m, fp_merge_at(m, "%s/%zu", at, k), old, value);
		}
		if (!is_there)
			fp_merge_push(m, out, value);
	}
	return out;
}
