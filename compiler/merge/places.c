/* SPDX-License-Identifier: MIT */
/* Where the job lives: its root, cgroup and namespaces, ids on the host, and annotations. */
#include "merge/internal.h"

#include <string.h>

static const struct {
	const char *prefix, *why;
} refused[] = {

#define REFUSED(prefix, why) { prefix, why },
#include "merge/refused.def"
#undef REFUSED
};

/* Engines keep notes of their own here; of crun's, one that is not refused may be newer than this.
 */
json_t *fp_merge_annotation(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	const char *key = strrchr(at, '/') + 1; /* a slash of its own is ~1 */

	if (!base || (ours && json_equal(base, ours)))
		return base ? base : ours;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (fp_merge_begins(key, refused[i].prefix)) {
			fp_merge_conflict(m, at, base, ours, refused[i].why);
			return ours;
		}
	if (!ours && fp_merge_begins(key, "run.oci."))
		return fp_merge_keep(m, at, base, "crun may act on it");
	return fp_merge_same(m, at, base, ours);
}

json_t *fp_merge_root(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	const char *path = base ? fp_merge_path(m, json_string_value(base)) : NULL;

	if (path && !strcmp(path, "/"))
		fp_merge_note(m, "kept: %s is /: the job's files are the host's own", at);
	return fp_merge_same(m, at, base, ours);
}

static bool climbs(const char *text)
{
	for (; text; text = strchr(text, '/'), text += text != NULL)
		if (!strncmp(text, "..", 2) && (!text[2] || text[2] == '/'))
			return true;
	return false;
}

/* "SLICE:PREFIX:NAME" where systemd makes it, else a path below the hierarchy's mount. */
json_t *fp_merge_cgroup(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	const char *text = base ? json_string_value(base) : "";
	const char *path = fp_merge_path(m, fp_merge_at(m, "/%s", text));

	if (*text && (climbs(text) || (path && !strcmp(path, "/"))))
		fp_merge_conflict(
			m, at, base, ours,
			"the root of the hierarchy has no limits, nor has what is outside of it");
	return fp_merge_same(m, at, base, ours);
}

/* Values of mount(8); of the rest a runtime may make what it likes. */
json_t *fp_merge_propagation(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	static const char *const apart[] = { "",       "private",    "rprivate",   "slave",
					     "rslave", "unbindable", "runbindable" };
	bool is_apart = false;

	for (size_t i = 0; base && i < sizeof(apart) / sizeof(apart[0]); i++)
		is_apart |= !strcmp(json_string_value(base), apart[i]);
	if (base && !is_apart)
		fp_merge_conflict(m, at, base, ours,
				  "what the job mounts would appear on the host");
	return fp_merge_same(m, at, base, ours);
}

/* ---- identities ---- */

/*
 * The policy's identity is one of the host's where it has no map. A map of the base's shows the
 * host another: never the host's root for what is not root in the job.
 */
static bool is_roots(const json_t *line)
{
	return !fp_merge_number_of(line, "hostID", 0) &&
	       fp_merge_number_of(line, "containerID", 0) && fp_merge_number_of(line, "size", 0);
}

static bool is_identity(const json_t *map)
{
	const json_t *line;
	size_t i;

	json_array_foreach(map, i,
			   line) if (fp_merge_number_of(line, "hostID", 0) !=
				     fp_merge_number_of(line, "containerID", 0)) return false;
	return true;
}

json_t *fp_merge_id_map(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	json_t *line;
	size_t i;

	if (ours)
		return fp_merge_same(m, at, base, ours);
	json_array_foreach(base, i, line) if (is_roots(line))
		fp_merge_conflict(m, fp_merge_at(m, "%s/%zu", at, i), line, NULL,
				  "what is not root in the job would be root's on the host");
	if (is_identity(base))
		return base;
	return fp_merge_keep(m, at, base, "on the host the job has other ids");
}

/* ---- namespaces ---- */

/* Where whoever makes network namespaces keeps them: ip-netns(8), CNI, engines. */
static bool is_made(const char *path)
{
	return fp_merge_begins(path, "/run/") || fp_merge_begins(path, "/var/run/");
}

/*
 * A path joins a namespace that somebody made: for the network that is how interfaces get there
 * (the rules of nftables are loaded into the same one); for the others it is a widening.
 */
static void check_joined(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	const char *text = fp_merge_text_of(base, "path"), *path = fp_merge_path(m, text);
	const char *type = fp_merge_text_of(base, "type");

	if (!*text)
		return;
	if (!path)
		fp_merge_conflict(m, at, base, ours, "a path begins with / and has no ..");
	else if (!strcmp(type, "user"))
		fp_merge_conflict(m, at, base, ours, "nobody knows whose ids its map has");
	else if (!ours)
		(void)fp_merge_keep(m, at, base, "the namespace is one that somebody made");
	else if (strcmp(type, "network"))
		fp_merge_conflict(m, at, base, ours, "the policy asks for a new namespace");
	else if (!is_made(path))
		fp_merge_conflict(m, at, base, ours,
				  "the policy asks for a new namespace, or one below /run");
	else
		fp_merge_note(m, "the network namespace is the one at %s: load nftables/ there",
			      path);
}

/* The same values without the path's detours: a runtime opens what was judged. */
static json_t *plain(struct fp_merge_state *m, json_t *value)
{
	const char *path = fp_merge_path(m, fp_merge_text_of(value, "path"));
	json_t *out = fp_merge_copy(m, value);

	if (path)
		fp_merge_set(m, out, "path", fp_merge_text(m, path));
	return out;
}

json_t *fp_merge_namespaces(struct fp_merge_state *m, const char *at, json_t *base, json_t *ours)
{
	json_t *out = fp_merge_new(m, json_array()), *value;
	size_t i;

	json_array_foreach(base, i, value)
	{
		const char *place = fp_merge_at(m, "%s/%zu", at, i);
		const char *type = fp_merge_text_of(value, "type");

		if (fp_merge_by_type(base, type) != value)
			fp_merge_conflict(m, place, value, fp_merge_by_type(base, type),
					  "the type stands twice");
		check_joined(m, place, value, fp_merge_by_type(ours, type));
		fp_merge_push(m, out, plain(m, value));
	}
	json_array_foreach(ours, i,
			   value) if (!fp_merge_by_type(base, fp_merge_text_of(value, "type")))
		fp_merge_push(m, out, value);
	return out;
}
