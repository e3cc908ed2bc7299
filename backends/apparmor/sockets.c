/* SPDX-License-Identifier: MIT */
/* Refusals of paths that a job gets round by connecting to a socket there. */
#include "backends/apparmor/apparmor.h"

#include <string.h>

/* Where processes of a host put their sockets: hier(7); /dev/log; /tmp/.X11-unix. */
static const char *const socket_dirs[] = { "/dev", "/run", "/tmp", "/var/run" };

/* Calls that reach the socket of another process by its path. */
static const char *const connectors[] = { "connect", "sendto", "sendmsg", "sendmmsg" };

static bool may_connect(const struct fp_aa_plan *p)
{
	bool is_made = false, is_reached = false;

	for (size_t i = 0; i < p->families.n; i++)
		is_made |= !strcmp(p->families.at[i].word, "unix") && p->families.at[i].types;
	for (size_t i = 0; i < sizeof(connectors) / sizeof(connectors[0]); i++)
		is_reached |= fp_aa_call_is_open(p, connectors[i]);
	return is_made && is_reached;
}

/* Whether a path of the pattern may lie in the directory: what is literal of both agrees. */
static bool may_lie_in(const struct fp_glob *g, const char *dir)
{
	size_t literal = strcspn(g->text, "?*[{\\$"), len = strlen(dir);

	if (strncmp(g->text, dir, literal < len ? literal : len))
		return false;
	return literal <= len || g->text[len] == '/';
}

/* Whether one is the other or lies in it. */
static bool are_nested(const char *a, const char *b)
{
	size_t n = strlen(a) < strlen(b) ? strlen(a) : strlen(b);

	if (n == 1) /* the root */
		return true;
	return !strncmp(a, b, n) && (!a[n] || a[n] == '/') && (!b[n] || b[n] == '/');
}

static bool has_host_sockets(const char *source)
{
	for (size_t i = 0; i < sizeof(socket_dirs) / sizeof(socket_dirs[0]); i++)
		if (are_nested(source, socket_dirs[i]))
			return true;
	return false;
}

/* Before Linux 6.17 AppArmor has no hook that sees the path of a socket that a job connects to,
 * on a read-only mount or another (security/apparmor/af_unix.c). */
static bool is_blind(const struct fp_aa_plan *p)
{
	return !fp_target_has(p->target, FP_FEAT_AA_UNIX) && may_connect(p);
}

/* Where the host keeps sockets that a refusal of these paths (NULL: of all) does not reach. */
static const char *open_sockets(const struct fp_aa_plan *p, const struct fp_paths *paths)
{
	fp_ir_each (p->ir, FP_KIND_MOUNT, m) {
		if (m->u.mount.type != FP_MOUNT_BIND || !has_host_sockets(m->u.mount.source))
			continue;
		if (!paths)
			return m->u.mount.on;
		for (size_t i = 0; i < paths->n; i++)
			if (may_lie_in(paths->at[i], m->u.mount.on))
				return m->u.mount.on;
	}
	return NULL;
}

bool fp_aa_claim_sockets(const struct fp_aa_plan *p, struct fp_emission *out,
			 const struct fp_rule *r, const struct fp_paths *paths)
{
	const char *on = is_blind(p) ? open_sockets(p, paths) : NULL;

	if (!on)
		return false;
	fp_emit_claim(out, r, FP_CLAIM_WIDER,
		      "the job may connect to sockets of the host's processes below %s: %s", on,
		      fp_target_why(p->target, FP_FEAT_AA_UNIX));
	fp_emit_help(
		out, r,
		"leave AF_UNIX out of the domains that `socket` and `socketpair` may have, or bind "
		"no directory where the host keeps sockets");
	return true;
}

bool fp_aa_misses_sockets(const struct fp_aa_plan *p)
{
	fp_ir_each (p->ir, FP_KIND_MOUNT, m)
		if (m->u.mount.type == FP_MOUNT_BIND)
			return is_blind(p);
	return false;
}
