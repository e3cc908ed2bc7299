/* SPDX-License-Identifier: MIT */
/* mounts: one a destination, the policy's; linux.devices: one a path. */
#include "merge/internal.h"

#include <stdlib.h>
#include <string.h>

static const char *type_of(json_t *mount)
{
	json_t *value;
	size_t i;

	json_array_foreach(json_object_get(mount, "options"), i,
			   value) if (!strcmp(json_string_value(value), "bind") ||
				      !strcmp(json_string_value(value), "rbind")) return "bind";
	return fp_merge_text_of(mount, "type");
}

/* A runtime takes a relative place as one of the root. */
static const char *destination(struct fp_merge_state *m, json_t *mount)
{
	struct fp_buf b;

	fp_buf_init(&b, &m->u->arena);
	fp_buf_putc(&b, '/');
	fp_buf_puts(&b, fp_merge_text_of(mount, "destination"));
	return json_object_get(mount, "destination") ? fp_merge_path(m, fp_buf_text(&b)) : NULL;
}

/* An identity map of a mount shows files as another's: the policy has none. */
static void check_idmap(struct fp_merge_state *m, const char *at, json_t *base)
{
	static const char *const names[] = { "uidMappings", "gidMappings" };

	for (size_t i = 0; i < 2; i++)
		if (json_array_size(json_object_get(base, names[i])))
			fp_merge_conflict(m, fp_merge_at(m, "%s/%s", at, names[i]),
					  json_object_get(base, names[i]), NULL,
					  "the policy shows files as what they are");
}

static json_t *merge_mount(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	const char *a = type_of(base), *b = type_of(ours);
	json_t *out = fp_merge_copy(m, ours);

	check_idmap(m, at, base);
	if (strcmp(a, b))
		fp_merge_conflict(m, at, base, ours, "one place holds one mount");
	else if (!strcmp(a, "bind") &&
		 strcmp(fp_merge_text_of(base, "source"), fp_merge_text_of(ours, "source")))
		fp_merge_conflict(m, fp_merge_at(m, "%s/source", at),
				  json_object_get(base, "source"), json_object_get(ours, "source"),
				  "one place holds one mount");
	else
		fp_merge_set(m, out, "options",
			     fp_merge_options(m, at, a, json_object_get(base, "options"),
					      json_object_get(ours, "options")));
	return out;
}

/* A mount of the base that the policy does not name. What only holds kernel state is left out. */
static void leave_out(struct fp_merge_state *m, const char *at, json_t *mount, const char *on)
{
	const char *type = type_of(mount);
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
		const char *on = destination(m, value);

		if (!on)
			fp_merge_conflict(m, place, value, NULL,
					  "a mount has a destination, without ..");
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
		const char *on = destination(m, value);
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

/*
 * Nodes. In a user namespace runtimes bind the host's file of that name, whatever it is, and what
 * resources.devices does not open is no use: only the policy's are made.
 */
json_t *fp_merge_nodes(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	json_t *old, *value;
	size_t i, k;

	json_array_foreach(base, i, old)
	{
		const char *place = fp_merge_at(m, "%s/%zu", at, i);
		bool is_ours = false;

		json_array_foreach(ours, k, value)
		{
			if (!json_equal(json_object_get(old, "path"),
					json_object_get(value, "path")))
				continue;
			is_ours = true;
			(void)fp_merge_same(m, place, old, value);
		}
		if (!is_ours)
			fp_merge_note(m, "left out: %s, %s, a node the policy does not name", place,
				      fp_merge_show(m->u, old));
	}
	return ours;
}
