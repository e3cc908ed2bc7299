/* SPDX-License-Identifier: MIT */
/* Compiles profiles with apparmor_parser and compares what the kernel would do with what the rules
 * say. */
#include "sema/sema.h"
#include "tests/consumers/apparmor_blob.h"
#include "tests/consumers/apparmor_make.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SKIPPED   77
#define AF_DECNET 12u /* the kernel's features leave it out, so that no rule can name it */
#define ROUNDS    10u /* random policies a target */
#define PATHS_MAX 4000u
#define W_RIGHTS  (FP_RIGHT_WRITE | FP_RIGHT_CREATE | FP_RIGHT_DELETE | FP_RIGHT_ATTRIBUTES)
#define NON_LINK  (FP_RIGHT_ALL & ~FP_RIGHT_LINK)

struct bench {
	struct fp_unit *u;
	const char *dir;
	uint64_t seed;
	unsigned long compared, wider, narrower, bad, profiles, mutants, given_up;
	size_t tests;
	bool is_quiet; /* a mutant: its disagreements are wanted */
};

/* ---- randomness that is the same everywhere: splitmix64 ---- */

static uint32_t draw(struct bench *b, uint32_t below)
{
	uint64_t z = b->seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (uint32_t)((z ^ z >> 31) % below);
}

/* ---- the parser, run as a target would ---- */

static char *in_dir(struct bench *b, const char *name)
{
	return fp_arena_printf(&b->u->arena, "%s/%s", b->dir, name);
}

static void write_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(data, 1, len, f) != len || fclose(f)) {
		fprintf(stderr, "apparmor-exact: cannot write %s: %s\n", path, strerror(errno));
		exit(2);
	}
}

static uint8_t *read_file(struct bench *b, const char *path, size_t *len)
{
	struct stat st;
	FILE *f = fopen(path, "rb");

	if (!f || fstat(fileno(f), &st) || st.st_size < 0) {
		fprintf(stderr, "apparmor-exact: cannot read %s: %s\n", path, strerror(errno));
		exit(2);
	}
	uint8_t *data = FP_NEW_ARRAY(&b->u->arena, (size_t)st.st_size + 1, uint8_t);
	*len = fread(data, 1, (size_t)st.st_size, f);
	fclose(f);
	return data;
}

/* posix_spawn() takes strings it does not change by a type that says it may. */
static int spawn(struct bench *b, const char *const *args, const char *errors)
{
	char *argv[24] = { NULL };
	posix_spawn_file_actions_t io;
	char *const env[] = { NULL };
	pid_t pid;
	int status;

	for (size_t i = 0; args[i] && i < 23; i++)
		argv[i] = fp_arena_text(&b->u->arena, args[i], strlen(args[i]));
	posix_spawn_file_actions_init(&io);
	posix_spawn_file_actions_addopen(&io, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int failed = posix_spawn(&pid, argv[0], &io, NULL, argv, env);
	posix_spawn_file_actions_destroy(&io);
	if (failed || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const char *parser_path(void)
{
	static const char *const known[] = { "/usr/sbin/apparmor_parser", "/sbin/apparmor_parser" };

	for (size_t i = 0; i < 2; i++)
		if (!access(known[i], X_OK))
			return known[i];
	return NULL;
}

/*
 * A target whose parser knows an abi rule is compiled with policy and kernel features alike (-M),
 * as the abi file it names would be. Without one the parser's built-in policy features hold, and
 * the kernel's are given alone: that is what opens the network there. NULL when the parser took
 * more than its time.
 */
static struct aab *compile(struct bench *b, const struct fp_target *t, const char *text, size_t len)
{
	const char *why;
	char *features = in_dir(b, "features"), *profile = in_dir(b, "profile");
	char *blob = in_dir(b, "blob"), *errors = in_dir(b, "errors");
	char *abi = fp_arena_printf(&b->u->arena, "%s/abi/%s", b->dir,
				    t->apparmor.abi ? t->apparmor.abi : "none");

	write_file(features, t->apparmor.features, t->apparmor.features_len);
	write_file(abi, t->apparmor.features, t->apparmor.features_len);
	write_file(profile, text, len);
	const char *const argv[] = { parser_path(),
				     "-Q",
				     "-K",
				     "-T",
				     "-q",
				     "--config-file",
				     in_dir(b, "empty.conf"),
				     "--base",
				     b->dir,
				     t->apparmor.abi ? "--features-file" : "--kernel-features",
				     features,
				     "-o",
				     blob,
				     profile,
				     NULL };
	if (spawn(b, argv, errors)) {
		const uint8_t *said = read_file(b, errors, &len);
		if (!len) /* it always says why, unless its child met the limit on CPU */
			return NULL;
		fprintf(stderr, "apparmor-exact: %s: the parser refuses the profile\n%s", t->name,
			(const char *)said);
		exit(1);
	}
	const uint8_t *data = read_file(b, blob, &len);
	struct aab *a = aab_open(data, len, &why);
	if (!a) {
		fprintf(stderr, "apparmor-exact: %s: the policy cannot be read: %s\n", t->name,
			why);
		exit(1);
	}
	b->profiles++;
	return a;
}

/* ---- what the rules say ---- */

struct view {                /* of one path */
	uint16_t rights;     /* that the policy grants */
	uint16_t may_widen;  /* more that claims admit */
	uint16_t may_narrow; /* less that claims admit */
};

/* A tree holds its root as a directory only; what a file named like the root may do is no tree's.
 */
static bool covers(struct bench *b, const struct fp_glob *g, const char *path, bool is_dir)
{
	size_t len = strlen(path);

	if (!fp_glob_match(g, path, len))
		return false;
	if (!g->is_tree || is_dir)
		return true;
	size_t n = strlen(g->text); /* ".../" and two stars: below it there is at least a byte */
	const char *below = fp_arena_printf(&b->u->arena, "%.*s?**", (int)(n - 2), g->text);
	struct fp_span none = { 0, 0 };
	return fp_glob_match(fp_glob_parse(b->u, below, strlen(below), none), path, len);
}

static bool is_below(const struct fp_glob *g, const char *path)
{
	for (size_t i = 0; i < g->n; i++)
		if ((unsigned char)path[i] != g->items[i].byte)
			return false;
	return !path[g->n] || path[g->n] == '/';
}

static uint16_t with_append(uint16_t rights)
{
	return rights & FP_RIGHT_WRITE ? rights | FP_RIGHT_APPEND : rights;
}

static void admit(struct view *v, const struct fp_claim *c, const struct fp_rule *r)
{
	uint16_t rights = r->u.file.rights;

	if (c->kind == FP_CLAIM_WIDER && rights & W_RIGHTS)
		v->may_widen |= W_RIGHTS | FP_RIGHT_APPEND;
	if (c->kind == FP_CLAIM_WIDER && rights & FP_RIGHT_EXECUTE)
		v->may_widen |= FP_RIGHT_READ;
	if (c->kind == FP_CLAIM_NARROWER && r->u.file.effect == FP_DENY && rights & W_RIGHTS)
		v->may_narrow |= W_RIGHTS | FP_RIGHT_APPEND;
	if (c->kind == FP_CLAIM_NARROWER && r->u.file.effect == FP_ALLOW)
		v->may_narrow |= rights & (FP_RIGHT_LINK | FP_RIGHT_DELETE);
}

static void weigh_files(struct bench *b, const struct mk *m, const char *path, bool is_dir,
			struct view *v, uint16_t *allowed, uint16_t *denied)
{
	fp_ir_each (&m->ir, FP_KIND_FILE, r) {
		uint16_t *to = r->u.file.effect == FP_DENY ? denied : allowed;
		for (size_t i = 0; i < r->u.file.paths.n; i++) {
			if (!covers(b, r->u.file.paths.at[i], path, is_dir))
				continue;
			*to |= with_append(r->u.file.rights);
			admit(v, &m->out.claims[r->id], r);
		}
	}
}

/* Device rules and a devpts mount grant paths of their own; their claims admit what w brings along.
 */
static void weigh_device(const struct fp_rule *r, const char *path, struct view *v, uint16_t *to)
{
	uint16_t rights = r->u.device.rights & FP_DEV_READ ? FP_RIGHT_READ : 0;

	if (r->u.device.rights & (FP_DEV_WRITE | FP_DEV_MKNOD))
		rights |= FP_RIGHT_WRITE | FP_RIGHT_APPEND;
	for (size_t i = 0; i < r->u.device.n; i++) {
		if (strcmp(r->u.device.at[i].path, path))
			continue;
		*to |= rights;
		if (rights & FP_RIGHT_WRITE)
			*(r->u.device.effect == FP_ALLOW ? &v->may_widen : &v->may_narrow) |=
				W_RIGHTS;
	}
}

static bool is_terminal(const struct fp_rule *r, const char *path)
{
	size_t n = strlen(r->u.mount.on);

	if (r->u.mount.type != FP_MOUNT_DEVPTS)
		return false;
	if (!strcmp(path, "/dev/console"))
		return true;
	return !strncmp(path, r->u.mount.on, n) && path[n] == '/' && path[n + 1] >= '0' &&
	       path[n + 1] <= '9' && !strchr(path + n + 1, '/');
}

static void weigh_devices(const struct mk *m, const char *path, struct view *v, uint16_t *allowed,
			  uint16_t *denied)
{
	fp_ir_each (&m->ir, FP_KIND_DEVICE, r) {
		weigh_device(r, path, v, r->u.device.effect == FP_ALLOW ? allowed : denied);
	}
	fp_ir_each (&m->ir, FP_KIND_MOUNT, r) {
		if (!is_terminal(r, path))
			continue;
		*allowed |= FP_RIGHT_READ | FP_RIGHT_WRITE | FP_RIGHT_APPEND;
		v->may_widen |= W_RIGHTS;
	}
}

static bool is_under(const struct fp_paths *paths, const char *path)
{
	for (size_t i = 0; i < paths->n; i++)
		if (is_below(paths->at[i], path))
			return true;
	return false;
}

static struct view weigh(struct bench *b, const struct mk *m, const char *path, bool is_dir)
{
	const struct fp_rule *otherwise = fp_ir_only(&m->ir, FP_KIND_FILE_DEFAULT);
	struct view v = { 0 };
	uint16_t allowed = otherwise && otherwise->u.effect == FP_ALLOW ? FP_RIGHT_ALL : 0;
	uint16_t denied = 0;

	weigh_files(b, m, path, is_dir, &v, &allowed, &denied);
	if (!is_dir)
		weigh_devices(m, path, &v, &allowed, &denied);
	fp_ir_each (&m->ir, FP_KIND_MASK, r) {
		if (is_under(&r->u.file.paths, path))
			denied |= FP_RIGHT_ALL;
	}
	fp_ir_each (&m->ir, FP_KIND_READONLY, r) {
		if (is_under(&r->u.file.paths, path))
			denied |= W_RIGHTS | FP_RIGHT_APPEND | FP_RIGHT_LINK;
	}
	v.rights = (uint16_t)(allowed & ~denied);
	return v;
}

/* ---- what the kernel would do ---- */

static uint16_t granted(const struct aab *a, const char *path, bool is_owner)
{
	uint32_t p = aab_file(&a->files, aab_walk(&a->files, a->files.start, path, strlen(path)),
			      is_owner);
	uint16_t r = 0;

	r |= p & AAB_READ ? FP_RIGHT_READ : 0;
	r |= p & AAB_WRITE ? FP_RIGHT_WRITE : 0;
	r |= p & AAB_APPEND ? FP_RIGHT_APPEND : 0;
	r |= p & AAB_CREATE ? FP_RIGHT_CREATE : 0;
	r |= p & AAB_DELETE ? FP_RIGHT_DELETE : 0;
	r |= p & AAB_CHMOD ? FP_RIGHT_ATTRIBUTES : 0;
	r |= p & AAB_LOCK ? FP_RIGHT_LOCK : 0;
	r |= (p & AAB_EXEC) && (p & AAB_MMAP) ? FP_RIGHT_EXECUTE : 0;
	return r;
}

static bool differ(struct bench *b, const char *what, const char *path, uint16_t rules,
		   uint16_t kernel, const struct view *v)
{
	uint16_t more = (uint16_t)(kernel & ~rules), less = (uint16_t)(rules & ~kernel);

	b->compared++;
	b->wider += more != 0;
	b->narrower += less != 0;
	if (!(more & ~v->may_widen) && !(less & ~v->may_narrow))
		return false;
	if (!b->is_quiet && b->bad < 20)
		printf("  DIFFERS %s %s: rules 0x%x, kernel 0x%x, claims admit +0x%x -0x%x\n", what,
		       path, rules, kernel, v->may_widen, v->may_narrow);
	b->bad++;
	return true;
}

static void compare_path(struct bench *b, const struct mk *m, const struct aab *a, const char *path)
{
	bool is_root = !path[1];

	for (int dir = is_root; dir < 2; dir++) {
		struct view v = weigh(b, m, path, dir);
		const char *seen =
			dir && !is_root ? fp_arena_printf(&b->u->arena, "%s/", path) : path;
		for (int owner = 0; owner < 2; owner++)
			differ(b, owner ? "owner" : "other", seen, v.rights & NON_LINK,
			       granted(a, seen, owner), &v);
	}
}

/* profile_path_link() of security/apparmor/file.c, up to the subset test that no pair of ours asks
 * for. */
static bool may_link(const struct aab *a, const char *name, const char *target, bool is_owner)
{
	uint32_t s = aab_walk(&a->files, a->files.start, name, strlen(name)), pair;

	if (!(aab_file(&a->files, s, is_owner) & AAB_LINK))
		return false;
	s = aab_walk(&a->files, aab_step(&a->files, s, 0), target, strlen(target));
	pair = aab_file(&a->files, s, is_owner);
	return pair & AAB_LINK && !(pair & AAB_LOCK);
}

static void compare_link(struct bench *b, const struct mk *m, const struct aab *a, const char *name,
			 const char *target)
{
	struct view n = weigh(b, m, name, false), t = weigh(b, m, target, false);
	bool wanted = n.rights & FP_RIGHT_CREATE && t.rights & FP_RIGHT_LINK;
	struct view v = { .may_widen = n.may_widen & FP_RIGHT_CREATE ? FP_RIGHT_LINK : 0,
			  .may_narrow =
				  n.may_narrow & FP_RIGHT_CREATE || t.may_narrow & FP_RIGHT_LINK
					  ? FP_RIGHT_LINK
					  : 0 };

	for (int owner = 0; owner < 2; owner++)
		differ(b, owner ? "owner's link" : "link",
		       fp_arena_printf(&b->u->arena, "%s -> %s", name, target),
		       wanted ? FP_RIGHT_LINK : 0,
		       may_link(a, name, target, owner) ? FP_RIGHT_LINK : 0, &v);
}

/* ---- paths worth asking about ---- */

struct paths {
	FP_VEC(const char *) list;
};

static bool is_canonical(const char *path)
{
	size_t n = strlen(path);

	if (path[0] != '/' || strstr(path, "//") || strstr(path, "/./") || strstr(path, "/../"))
		return false;
	if (n == 1)
		return true;
	const char *last = strrchr(path, '/') + 1;
	return path[n - 1] != '/' && strcmp(last, ".") && strcmp(last, "..");
}

static void keep(struct bench *b, struct paths *out, const char *path)
{
	if (out->list.n < PATHS_MAX && is_canonical(path))
		fp_vec_push(&b->u->arena, &out->list, path);
}

static const char *const words[] = { "a",        "b",   "ab",  ".x",     "a b", "x,y",    "q\"",
				     "w@{z}",    "@",   "[k]", "{m,n}",  "t*",  "n?",     "s\\",
				     "\xc3\xa9", "c^",  "-",   "a.b",    "$v",  "\x01\n", "#",
				     "%",        "a=b", "'",   "(r|s)+", "~",   "\x7f",   "\xff" };

#define WORDS (sizeof(words) / sizeof(words[0]))

static void sample_items(struct bench *b, struct fp_buf *out, const struct fp_glob_item *items,
			 size_t n);

static void sample_free(struct bench *b, struct fp_buf *out, bool slashes)
{
	for (uint32_t n = draw(b, 4); n; n--)
		fp_buf_puts(out, slashes && !draw(b, 3) ? "/" : words[draw(b, WORDS)]);
}

static void sample_item(struct bench *b, struct fp_buf *out, const struct fp_glob_item *item)
{
	uint32_t c = draw(b, 256), k;

	switch (item->op) {
	case FP_GLOB_BYTE:
		fp_buf_putc(out, (char)item->byte);
		return;
	case FP_GLOB_ANY1:
		fp_buf_putc(out, (char)(c && c != '/' ? c : 'z'));
		return;
	case FP_GLOB_STAR:
		sample_free(b, out, false);
		return;
	case FP_GLOB_STARSTAR:
		sample_free(b, out, true);
		return;
	case FP_GLOB_CLASS:
		for (k = 0; k < 256 && !(item->set[c >> 5] >> (c & 31) & 1); k++)
			c = (c + 1) & 255;
		fp_buf_putc(out, (char)(c ? c : 'z'));
		return;
	case FP_GLOB_ALT:
		k = draw(b, (uint32_t)item->alt_count);
		sample_items(b, out, item->alts[k], item->alt_lens[k]);
		return;
	case FP_GLOB_PARAM:
		fp_buf_puts(out, words[draw(b, WORDS)]);
		return;
	}
}

static void sample_items(struct bench *b, struct fp_buf *out, const struct fp_glob_item *items,
			 size_t n)
{
	for (size_t i = 0; i < n; i++)
		sample_item(b, out, &items[i]);
}

/* One byte more, less or other; one component more or less. */
static void neighbours(struct bench *b, struct paths *out, const char *path)
{
	size_t n = strlen(path), at = draw(b, (uint32_t)n);
	char *other = fp_arena_text(&b->u->arena, path, n);
	const char *last = strrchr(path, '/');

	keep(b, out, fp_arena_printf(&b->u->arena, "%.*s%s", (int)at, path, path + at + 1));
	keep(b, out, fp_arena_printf(&b->u->arena, "%.*sz%s", (int)at, path, path + at));
	other[at] = (char)(1 + draw(b, 255));
	keep(b, out, other);
	keep(b, out, fp_arena_printf(&b->u->arena, "%s/%s", path, words[draw(b, WORDS)]));
	keep(b, out, fp_arena_printf(&b->u->arena, "%s%s", path, words[draw(b, WORDS)]));
	keep(b, out, fp_arena_printf(&b->u->arena, "%.*s", (int)(last - path), path));
}

static void random_path(struct bench *b, struct paths *out)
{
	struct fp_buf p;

	fp_buf_init(&p, &b->u->arena);
	for (uint32_t n = 1 + draw(b, 4); n; n--) {
		fp_buf_printf(&p, "/%s", words[draw(b, 6)]);
		fp_buf_puts(&p, draw(b, 4) ? "" : words[draw(b, WORDS)]);
	}
	keep(b, out, fp_buf_text(&p));
}

static void paths_of(struct bench *b, struct paths *out, const struct fp_rule *r, unsigned rounds)
{
	for (size_t i = 0; i < r->u.file.paths.n; i++)
		for (unsigned k = 0; k < rounds; k++) {
			const struct fp_glob *g = r->u.file.paths.at[i];
			struct fp_buf p;
			fp_buf_init(&p, &b->u->arena);
			sample_items(b, &p, g->items, g->n);
			if (g->is_tree && draw(b, 4))
				fp_buf_printf(&p, "/%s", words[draw(b, WORDS)]);
			const char *text = fp_buf_text(&p);
			if (!is_canonical(text))
				continue;
			keep(b, out, text);
			neighbours(b, out, text);
		}
}

static void paths_of_kind(struct bench *b, struct paths *out, const struct mk *m, enum fp_kind kind)
{
	fp_ir_each (&m->ir, kind, r) {
		paths_of(b, out, r, 12);
	}
}

/* Where the plain policy and its mutations differ, whatever chance brings. */
static const char *const plain[] = { "/usr",    "/usr/a/b", "/in",      "/in/xy",        "/in/.x",
				     "/in/a/b", "/out/a",   "/out/b/c", "/out/.verdict", "/etc/b" };

#define PLAIN (sizeof(plain) / sizeof(plain[0]))

static void all_paths(struct bench *b, struct paths *out, const struct mk *m)
{
	keep(b, out, "/");
	keep(b, out, "/dev/console");
	keep(b, out, "/dev/pts/0");
	fp_ir_each (&m->ir, FP_KIND_DEVICE, r) {
		for (size_t i = 0; i < r->u.device.n; i++)
			keep(b, out, r->u.device.at[i].path);
	}
	for (size_t i = 0; i < PLAIN; i++)
		keep(b, out, plain[i]);
	paths_of_kind(b, out, m, FP_KIND_FILE);
	paths_of_kind(b, out, m, FP_KIND_MASK);
	paths_of_kind(b, out, m, FP_KIND_READONLY);
	for (unsigned i = 0; i < 200; i++)
		random_path(b, out);
}

static void compare_files(struct bench *b, const struct mk *m, const struct aab *a)
{
	struct paths paths = { 0 };

	all_paths(b, &paths, m);
	for (size_t i = 0; i < PLAIN; i++)
		for (size_t j = 0; j < PLAIN; j++)
			compare_link(b, m, a, plain[i], plain[j]);
	for (size_t i = 0; i < paths.list.n; i++) {
		compare_path(b, m, a, paths.list.at[i]);
		const char *to = paths.list.at[draw(b, (uint32_t)paths.list.n)];
		if (paths.list.at[i][1] && to[1])
			compare_link(b, m, a, paths.list.at[i], to);
	}
}

/* ---- sockets, capabilities, limits ---- */

static const char *const type_names[] = { "SOCK_STREAM", "SOCK_DGRAM",     "SOCK_RAW",
					  "SOCK_RDM",    "SOCK_SEQPACKET", "SOCK_PACKET" };

static bool call_lets(const struct mk *m, const char *call, const uint64_t args[6])
{
	const struct fp_call_plan *plan = &m->ir.calls[fp_sys_find(call, strlen(call))->index];

	for (size_t i = 0; i < plan->n; i++)
		if (fp_pred_holds(plan->at[i].rule->u.call.when[FP_ABI_X86_64], args))
			return plan->at[i].decision.action >= FP_ACT_NOTIFY;
	return m->ir.call_default.action >= FP_ACT_NOTIFY;
}

/* A socket is made by either call, and AppArmor sees no difference. */
static bool rules_let(const struct mk *m, uint64_t family, uint64_t type)
{
	const uint64_t args[6] = { family, type };

	return call_lets(m, "socket", args) || call_lets(m, "socketpair", args);
}

/* The class a socket of the family is asked about: version 9 where the policy mediates it. */
static void compare_sockets(struct bench *b, const struct fp_target *t, const struct mk *m,
			    const struct aab *a)
{
	enum aab_class class = aab_mediates(a, AAB_CLASS_NET9) ? AAB_CLASS_NET9 : AAB_CLASS_NET8;
	bool admits_sockets = false, admits_none = false;

	if (!fp_target_has(t, FP_FEAT_AA_NETWORK)) {
		/* The claim there is "none": the class must then be open indeed. */
		b->bad += aab_mediates(a, class);
		b->compared++;
		return;
	}
	b->bad += !aab_mediates(a, class);
	for (uint32_t i = m->ir.first[FP_KIND_CALL_DEFAULT]; i < m->ir.first[FP_KIND_CALL + 1];
	     i++) {
		admits_sockets |= m->out.claims[i].kind == FP_CLAIM_WIDER;
		admits_none |= m->out.claims[i].kind == FP_CLAIM_NARROWER;
	}
	for (uint32_t family = 0; family < 46; family++)
		for (size_t i = 0; i < 6; i++) {
			uint64_t type = mk_const(type_names[i]);
			uint8_t key[4] = { 0, (uint8_t)family, 0, (uint8_t)type };
			struct view v = { .may_widen = admits_sockets,
					  .may_narrow = admits_none && family == AF_DECNET };
			differ(b, "socket",
			       fp_arena_printf(&b->u->arena, "%u %s", family, type_names[i]),
			       rules_let(m, family, type),
			       (aab_query(a, class, key, 4) & 0x10 ? 1 : 0) |
				       (aab_query(a, class, key, 4) & 2 ? 1 : 0),
			       &v);
		}
}

static void compare_words(struct bench *b, const struct mk *m, const struct aab *a)
{
	struct view v = { 0 };
	const struct fp_rule *files = fp_ir_limit(&m->ir, FP_LIM_OPEN_FILES);

	for (unsigned bit = 0; bit < 64; bit++)
		differ(b, "capability", fp_arena_printf(&b->u->arena, "%u", bit),
		       m->ir.caps >> bit & 1, a->caps >> bit & 1, &v);
	differ(b, "limit", "nofile", files != NULL, a->rlimit_mask >> 7 & 1, &v);
	differ(b, "mode", "enforce", 0, a->mode != 0, &v);
	differ(b, "class", "mount", 1, aab_mediates(a, AAB_CLASS_MOUNT), &v);
	differ(b, "class", "ptrace", 1, aab_mediates(a, AAB_CLASS_PTRACE), &v);
	differ(b, "class", "signal", 1, aab_mediates(a, AAB_CLASS_SIGNAL), &v);
}

static unsigned long compare(struct bench *b, const struct fp_target *t, const struct mk *m,
			     const char *text, size_t len)
{
	unsigned long before = b->bad;
	struct aab *a = compile(b, t, text, len);

	if (!a) {
		b->given_up++;
		return 0;
	}
	compare_files(b, m, a);
	compare_sockets(b, t, m, a);
	compare_words(b, m, a);
	aab_free(a);
	return b->bad - before;
}

/* ---- policies ---- */

static void put_word(struct bench *b, struct fp_buf *p)
{
	for (const char *c = words[draw(b, WORDS)]; *c; c++)
		fp_buf_printf(p, strchr("*?[]{},\\$", *c) ? "\\%c" : "%c", *c);
}

static void put_part(struct bench *b, struct fp_buf *p, unsigned depth)
{
	static const char *const classes[] = { "[a-c]",  "[^a]",    "[]^-]",
					       "[!.-9]", "[,{}*?]", "[\\\"@]" };

	switch (draw(b, depth ? 10 : 8)) {
	case 0:
		fp_buf_putc(p, '?');
		return;
	case 1:
		fp_buf_putc(p, '*');
		return;
	case 2:
		fp_buf_puts(p, classes[draw(b, 6)]);
		return;
	case 3:
		fp_buf_puts(p, "${job}");
		return;
	case 4:
	case 5:
	case 6:
	case 7:
		put_word(b, p);
		return;
	default:
		fp_buf_putc(p, '{');
		for (uint32_t n = draw(b, 3), i = 0; i <= n; i++) {
			fp_buf_puts(p, i ? "," : "");
			for (uint32_t k = draw(b, 3); k; k--)
				put_part(b, p, depth - 1);
			fp_buf_puts(p, !draw(b, 5) ? "/" : "");
			fp_buf_puts(p, !draw(b, 4) ? words[draw(b, 4)] : "");
		}
		fp_buf_putc(p, '}');
		return;
	}
}

/* Mostly sensible patterns; what the language refuses is thrown away by the caller. */
static const char *random_pattern(struct bench *b)
{
	struct fp_buf p;

	fp_buf_init(&p, &b->u->arena);
	for (uint32_t n = 1 + draw(b, 3); n; n--) {
		fp_buf_putc(&p, '/');
		if (!draw(b, 24)) {
			fp_buf_puts(&p, "**");
			continue;
		}
		for (uint32_t k = 1 + draw(b, 2); k; k--)
			put_part(b, &p, 2);
	}
	fp_buf_puts(&p, draw(b, 3) ? "" : "/**");
	return fp_buf_text(&p);
}

static void random_rule(struct bench *b, struct mk *m)
{
	/* Links are rare, here as in life: pairs of wild patterns are what makes an automaton
	 * explode. */
	static const uint16_t likely[] = { FP_RIGHT_READ,
					   FP_RIGHT_READ | FP_RIGHT_EXECUTE,
					   FP_RIGHT_READ | W_RIGHTS,
					   FP_RIGHT_WRITE,
					   FP_RIGHT_EXECUTE,
					   FP_RIGHT_DELETE,
					   FP_RIGHT_APPEND };
	const char *text = random_pattern(b);
	uint16_t rights = draw(b, 4) ? likely[draw(b, 7)] : (uint16_t)(1 + draw(b, FP_RIGHT_ALL));
	if (draw(b, 4))
		rights &= NON_LINK;
	if (!rights)
		rights = FP_RIGHT_LOCK;
	uint32_t before = b->u->diags.errors;

	mk_glob(m, text);
	if (b->u->diags.errors != before)
		return;
	mk_file(m, draw(b, 4) ? FP_ALLOW : FP_DENY, rights, text);
}

static void add_calls(struct mk *m, bool all_types)
{
	const struct fp_pred *both[2] = {
		mk_in(m, 0, 0, (const char *const[]){ "AF_UNIX", "AF_INET", "AF_INET6", NULL }),
		mk_in(m, 1, 15, (const char *const[]){ "SOCK_STREAM", "SOCK_DGRAM", NULL })
	};

	mk_call(m, FP_ACT_ALLOW,
		all_types ? both[0] : fp_pred_join(&m->u->arena, FP_PRED_AND, both, 2),
		(const char *const[]){ "socket", NULL });
	mk_call(m, FP_ACT_KILL, mk_in(m, 0, 0, (const char *const[]){ "AF_INET6", NULL }),
		(const char *const[]){ "socket", NULL });
}

static void add_rest(struct bench *b, struct mk *m, uint64_t caps)
{
	struct fp_rule *r = mk_rule(m, FP_KIND_LIMIT, "open-files 256");

	r->u.limit = (struct fp_rule_limit){ .limit = FP_LIM_OPEN_FILES, .value = 256 };
	m->ir.caps = caps;
	mk_rule(m, FP_KIND_CAPABILITY, "some")->u.caps.set = m->ir.caps;
	if (draw(b, 3) == 0)
		mk_paths(m, FP_KIND_MASK, FP_DENY, FP_RIGHT_ALL,
			 (const char *const[]){ "/a/b", NULL });
	if (draw(b, 3) == 0)
		mk_paths(m, FP_KIND_READONLY, FP_DENY, W_RIGHTS,
			 (const char *const[]){ "/ab", NULL });
}

static void random_policy(struct bench *b, struct mk *m)
{
	mk_init(m, b->u, "random");
	for (uint32_t n = 2 + draw(b, 10); n; n--)
		random_rule(b, m);
	mk_effect(m, FP_KIND_FILE_DEFAULT, draw(b, 6) ? FP_DENY : FP_ALLOW);
	add_calls(m, draw(b, 2));
	add_rest(b, m, 1ull << draw(b, 41));
	mk_seal(m);
}

/* Every line of its profile can be seen from outside, so that no mutation may pass. */
static void plain_policy(struct bench *b, struct mk *m)
{
	mk_init(m, b->u, "plain");
	mk_file(m, FP_ALLOW, FP_RIGHT_READ | FP_RIGHT_EXECUTE, "/usr/**");
	mk_file(m, FP_ALLOW, FP_RIGHT_READ, "/in/*");
	mk_file(m, FP_ALLOW, FP_RIGHT_READ | W_RIGHTS | FP_RIGHT_LINK, "/out/**");
	mk_file(m, FP_DENY, W_RIGHTS | FP_RIGHT_LINK, "/out/.verdict");
	mk_effect(m, FP_KIND_FILE_DEFAULT, FP_DENY);
	add_calls(m, false);
	add_rest(b, m, 1);
	mk_seal(m);
}

/* ---- mutations ---- */

struct mutation {
	const char *find, *replace;
};

static const struct mutation mutations[] = {
	{ "\"/usr/{,**}\" rmix", "\"/usr/**\" rmix" },
	{ "\"/usr/{,**}\" rmix", "\"/usr/{,**}\" r" },
	{ "\"/usr/{,**}\" rmix", "\"/usr/{,**}\" rwmix" },
	{ "\"/usr/{,**}\" rmix", "\"/usr/{,*}\" rmix" },
	{ "\"/in/?*{,/}\" r", "\"/in/*{,/}\" r" },
	{ "\"/in/?*{,/}\" r", "\"/in/*\" r" },
	{ "\"/in/?*{,/}\" r", "\"/in/[^x]*{,/}\" r" },
	{ "  deny \"/out/.verdict{,/}\" wl,\n", "" },
	{ "deny \"/out/.verdict{,/}\" wl", "deny \"/out/.verdict\" wl" },
	{ "  deny link \"/{,**}\" -> \"/out/.verdict{,/}\",\n", "" },
	{ "\"/out/{,**}\" rw", "\"/out/{,**}\" ra" },
	{ "link \"/out/{,**}\" -> \"/out/{,**}\"", "link \"/out/{,**}\" -> \"/{,**}\"" },
	{ "link \"/out/{,**}\" -> \"/out/{,**}\"", "link subset \"/out/{,**}\" -> \"/out/{,**}\"" },
	{ "network inet stream", "network inet" },
	{ "  network inet dgram,\n", "" },
	{ "network inet stream", "network inet stream, network alg seqpacket" },
	{ "  set rlimit nofile <= 256,\n", "" },
	{ "flags=(attach_disconnected", "flags=(complain,attach_disconnected" },
	{ "  # capabilities\n", "  capability syslog,\n" },
};

static void mutate(struct bench *b, const struct fp_target *t, const struct mk *m,
		   const struct fp_artifact *a, const struct mutation *how)
{
	const char *at = strstr(a->data, how->find);
	unsigned long bad = b->bad;
	struct fp_buf text;

	if (!at) {
		printf("  MISSING the profile has no line %s\n", how->find);
		b->bad++;
		return;
	}
	fp_buf_init(&text, &b->u->arena);
	fp_buf_add(&text, a->data, (size_t)(at - a->data));
	fp_buf_puts(&text, how->replace);
	fp_buf_puts(&text, at + strlen(how->find));
	b->is_quiet = true;
	unsigned long seen = compare(b, t, m, fp_buf_text(&text), text.len);
	b->is_quiet = false;
	b->bad = bad + !seen;
	b->mutants++;
	if (!seen)
		printf("  UNSEEN mutation: %s -> %s\n", how->find, how->replace);
}

/* Damaged policy must be refused or read, never crash the reader. */
static void damage(struct bench *b)
{
	size_t len;
	uint8_t *data = read_file(b, in_dir(b, "blob"), &len);

	for (unsigned i = 0; i < 400; i++) {
		size_t at = draw(b, (uint32_t)len);
		uint8_t was = data[at];
		const char *why;
		data[at] ^= (uint8_t)(1 + draw(b, 255));
		struct aab *a = aab_open(data, i % 4 ? len : at, &why);
		if (a && a->has_files)
			aab_walk(&a->files, a->files.start, "/usr/bin/ls", 11);
		aab_free(a);
		data[at] = was;
	}
}

static void run_target(struct bench *b, const struct fp_target *t, unsigned rounds)
{
	struct mk m;

	plain_policy(b, &m);
	const struct fp_artifact *a = mk_emit(&m, t);
	compare(b, t, &m, a->data, a->len);
	damage(b);
	if (fp_target_has(t, FP_FEAT_AA_NETWORK))
		for (size_t i = 0; i < sizeof(mutations) / sizeof(mutations[0]); i++)
			mutate(b, t, &m, a, &mutations[i]);
	for (unsigned i = 0; i < rounds; i++) {
		random_policy(b, &m);
		a = mk_emit(&m, t);
		if (compare(b, t, &m, a->data, a->len) && b->bad < 20)
			printf("  of this profile:\n%s", a->data);
	}
}

/* A policy of the language, on a target that it names. */
static void run_policy(struct bench *b, const struct fp_ir *ir, const struct fp_target *t)
{
	struct mk m;

	mk_init(&m, b->u, ir->name);
	m.ir = *ir;
	const struct fp_artifact *a = mk_emit(&m, t);
	if (a && compare(b, t, &m, a->data, a->len))
		printf("  of this profile:\n%s", a->data);
}

static void report(struct bench *b, const struct bench *before, const char *what)
{
	printf("%sok %zu - apparmor %s: what the kernel runs is what the rules and claims say\n",
	       b->bad == before->bad ? "" : "not ", ++b->tests, what);
	printf("# %s: %lu profiles, %lu answers, %lu wider and %lu narrower as claimed, %lu mutations "
	       "seen, %lu given up, %lu disagreements\n",
	       what, b->profiles - before->profiles, b->compared - before->compared,
	       b->wider - before->wider, b->narrower - before->narrower,
	       b->mutants - before->mutants, b->given_up - before->given_up, b->bad - before->bad);
}

static void run_file(struct bench *b, const char *path)
{
	const struct fp_span nowhere = { 0, 0 };
	size_t len;
	const char *text = (const char *)read_file(b, path, &len);
	const struct fp_ir *ir =
		fp_resolve(b->u, fp_source_add(&b->u->sources, path, text, len, nowhere), NULL);
	struct fp_buf said;

	for (size_t i = 0; ir && i < ir->target_count; i++) {
		const struct fp_target *t = fp_target_builtin(b->u, ir->targets[i]);
		if (t && t->apparmor.features_len)
			run_policy(b, ir, t);
	}
	if (ir)
		return;
	fp_buf_init(&said, &b->u->arena);
	fp_diag_render(b->u, &said, false);
	printf("%s", fp_buf_text(&said));
	b->bad++;
}

/* A unit a policy: the random ones above leave diagnostics behind. */
static void run_alone(struct bench *b, const char *path)
{
	struct fp_unit *outer = b->u, *own = FP_NEW(&outer->arena, struct fp_unit);
	struct bench before = *b;

	fp_unit_init(own, FP_MEMORY_LIMIT);
	if (setjmp(own->recover)) {
		fprintf(stderr, "apparmor-exact: out of memory\n");
		exit(2);
	}
	b->u = own;
	run_file(b, path);
	b->u = outer;
	fp_unit_free(own);
	report(b, &before, path);
}

static void run(struct bench *b, char *const *files)
{
	const struct rlimit cpu = { 2, 60 }; /* seconds, of each process of its own */

	mkdir(in_dir(b, "abi"), 0700);
	write_file(in_dir(b, "empty.conf"), "", 0);
	setrlimit(RLIMIT_CPU, &cpu);
	for (size_t i = 0; i < fp_target_builtin_count(); i++) {
		const struct fp_target *t = fp_target_builtin(b->u, fp_target_builtin_name(i));
		struct bench before = *b;
		if (!t || !t->apparmor.features_len)
			continue;
		run_target(b, t, ROUNDS);
		report(b, &before, t->name);
	}
	for (; *files; files++)
		run_alone(b, *files);
}

int main(int argc, char **argv)
{
	struct fp_unit u;
	struct bench b = { .u = &u, .dir = argc > 1 ? argv[1] : NULL, .seed = 1 };

	if (!b.dir) {
		fprintf(stderr, "usage: apparmor_exact EXISTING-DIRECTORY [POLICY...]\n");
		return 2;
	}
	if (!parser_path()) {
		printf("skip: no apparmor_parser\n");
		return 0;
	}
	printf("consumer: apparmor_parser, with the features of every target\n");
	fp_unit_init(&u, FP_MEMORY_LIMIT);
	if (setjmp(u.recover)) {
		fprintf(stderr, "apparmor-exact: out of memory\n");
		return 2;
	}
	run(&b, argv + 2);
	fp_unit_free(&u);
	return b.bad != 0;
}
