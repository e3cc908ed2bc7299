/* SPDX-License-Identifier: MIT */
/* Target files from what a probe saw; the builtin targets are the table of known versions. */
#include "target/probe.h"

#include "base/unit.h"
#include "target/target_parse.h"
#include "target/target_text.h"

#include <string.h>

/* The builtin targets next to a version: `low` at or below it, `high` above where `low` is below.
 */
struct neighbours {
	const struct fp_target *low, *high;
	struct fp_version version;
};

struct guess {
	enum fp_effect effect;
	const char *from;
};

struct renderer {
	struct fp_unit *unit;
	const struct fp_probe *probe;
	struct fp_buf *out;
	const struct fp_target **known; /* the builtin targets */
	size_t n_known;
	struct neighbours kernel, parser, systemd, nft, runtimes[FP_TARGET_RUNTIMES];
};

typedef const struct fp_version *(*fp_version_getter)(const struct fp_target *, const char *name);

/* Kernels are compared by series: a stable release changes no facts. */
static int compare_series(const struct fp_version *a, const struct fp_version *b)
{
	struct fp_version x = *a, y = *b;

	x.patch = y.patch = 0;
	return fp_version_compare(&x, &y);
}

/* systemd: the second number is a stable release of the first. */
static int compare_major(const struct fp_version *a, const struct fp_version *b)
{
	return (a->major > b->major) - (a->major < b->major);
}

static const struct fp_version *kernel_of(const struct fp_target *t, const char *name)
{
	(void)name;
	return &t->kernel;
}

static const struct fp_version *parser_of(const struct fp_target *t, const char *name)
{
	(void)name;
	return &t->apparmor.parser;
}

static const struct fp_version *systemd_of(const struct fp_target *t, const char *name)
{
	(void)name;
	return &t->systemd;
}

static const struct fp_version *nft_of(const struct fp_target *t, const char *name)
{
	(void)name;
	return &t->nft;
}

static const struct fp_version *runtime_of(const struct fp_target *t, const char *name)
{
	const struct fp_target_runtime *rt = fp_target_runtime(t, name);

	return rt ? &rt->version : NULL;
}

static void find_neighbours(struct renderer *r, const char *text, fp_version_getter get,
			    int (*compare)(const struct fp_version *, const struct fp_version *),
			    const char *name, struct neighbours *n)
{
	if (!text || !fp_version_parse(text, strlen(text), &n->version))
		return;
	n->version.text = text;
	for (size_t i = 0; i < r->n_known; i++) {
		const struct fp_target *t = r->known[i];
		const struct fp_version *v = get(t, name);
		if (!v || !v->text)
			continue;
		if (compare(v, &n->version) <= 0) {
			if (!n->low || compare(v, get(n->low, name)) > 0)
				n->low = t;
		} else if (!n->high || compare(v, get(n->high, name)) < 0) {
			n->high = t;
		}
	}
	if (n->low && !compare(get(n->low, name), &n->version))
		n->high = NULL;
}

/* The feature on a neighbour; a runtime's feature asks that runtime alone. */
static enum fp_effect effect_on(const struct fp_target *t, const char *runtime, enum fp_feat feat)
{
	return runtime ? fp_target_runtime(t, runtime)->effect[feat] : t->effect[feat];
}

static struct guess guess_between(struct renderer *r, const struct neighbours *n, const char *what,
				  const char *runtime, enum fp_feat feat)
{
	struct fp_arena *arena = &r->unit->arena;

	if (!n->version.text)
		return (struct guess){ FP_EFFECT_NO, fp_arena_printf(arena, "no %s found", what) };
	if (!n->low)
		return (struct guess){ FP_EFFECT_NO,
				       fp_arena_printf(arena, "%s %s is older than every known one",
						       what, n->version.text) };
	enum fp_effect low = effect_on(n->low, runtime, feat);
	if (!n->high)
		return (struct guess){ low, fp_arena_printf(arena, "%s %s; not tried, as on %s",
							    what, n->version.text, n->low->name) };
	return (struct guess){ fp_effect_worst(low, effect_on(n->high, runtime, feat)),
			       fp_arena_printf(arena, "%s %s; not tried, the worse of %s and %s",
					       what, n->version.text, n->low->name,
					       n->high->name) };
}

static struct guess worse_guess(struct guess a, struct guess b)
{
	return fp_effect_worst(a.effect, b.effect) == a.effect ? a : b;
}

static struct guess guess_host(struct renderer *r, enum fp_feat feat)
{
	const char *key = fp_feat(feat)->key;
	struct guess kernel = guess_between(r, &r->kernel, "Linux", NULL, feat);

	if (!strncmp(key, "systemd.", 8))
		return guess_between(r, &r->systemd, "systemd", NULL, feat);
	if (!strncmp(key, "nft.", 4))
		return worse_guess(guess_between(r, &r->nft, "nft", NULL, feat), kernel);
	if (!strncmp(key, "apparmor.", 9)) {
		if (!r->probe->aa_features)
			return (struct guess){ FP_EFFECT_NO, "no AppArmor in this kernel" };
		return worse_guess(guess_between(r, &r->parser, "AppArmor parser", NULL, feat),
				   kernel);
	}
	if (feat == FP_FEAT_SE_CIL_DENY)
		return (struct guess){ FP_EFFECT_NO, "secilc does not tell its version" };
	return kernel;
}

/* Only printable ASCII gets into the file, whatever a program printed. */
static void put_clean(struct fp_buf *out, const char *text)
{
	for (; *text; text++)
		fp_buf_putc(out, *text >= ' ' && *text <= '~' ? *text : '?');
}

static void put_row(struct renderer *r, const char *prefix, const char *key, const char *value,
		    const char *source)
{
	fp_buf_printf(r->out, "%s%s\t", prefix, key);
	put_clean(r->out, value && *value ? value : "none");
	fp_buf_puts(r->out, "\tprobed: ");
	put_clean(r->out, source);
	fp_buf_putc(r->out, '\n');
}

static void put_feature(struct renderer *r, const char *prefix, enum fp_feat feat,
			const struct fp_seen *seen, struct guess guess)
{
	const char *key = fp_feat(feat)->key;

	switch (seen->answer) {
	case FP_ANSWER_YES:
		put_row(r, prefix, key, "yes", seen->how);
		break;
	case FP_ANSWER_NO:
		put_row(r, prefix, key, "no", seen->how);
		break;
	case FP_ANSWER_UNKNOWN:
		put_row(r, prefix, key, fp_effect_name(guess.effect), guess.from);
		break;
	}
}

/* "a,b,c" as "a b c". */
static const char *words_of(struct renderer *r, const char *commas)
{
	char *text = fp_arena_text(&r->unit->arena, commas, strlen(commas));

	for (char *p = text; *p; p++)
		if (*p == ',')
			*p = ' ';
	return text;
}

static void put_lsms(struct renderer *r)
{
	const char *path = "/sys/kernel/security/lsm";
	const char *lsms = r->probe->lsms ? words_of(r, r->probe->lsms) : NULL;

	put_row(r, "", "lsm.built", lsms,
		lsms ? "/sys/kernel/security/lsm; others may be built in and off"
		     : "/sys/kernel/security/lsm cannot be read");
	put_row(r, "", "lsm.enabled", lsms,
		lsms ? path : "/sys/kernel/security/lsm cannot be read");
}

static const char *inline_features(struct renderer *r)
{
	struct fp_buf text;
	const char *at = r->probe->aa_features;

	if (!at || !fp_features_valid(at, strlen(at)))
		return NULL;
	fp_buf_init(&text, &r->unit->arena);
	fp_buf_puts(&text, "inline:");
	for (; *at; at++) {
		if (*at == '\n')
			fp_buf_puts(&text, "\\n");
		else if (*at == '\\')
			fp_buf_puts(&text, "\\\\");
		else
			fp_buf_putc(&text, *at);
	}
	return fp_buf_text(&text);
}

/* An abi rule may be written only where both the parser and the abi file are there. */
static bool has_abi(const struct renderer *r)
{
	const struct fp_version *v = &r->parser.version;

	return v->text && v->major >= 3 && r->probe->aa_abi && r->probe->aa_features;
}

static void put_apparmor(struct renderer *r)
{
	const struct fp_probe *p = r->probe;

	put_row(r, "", "apparmor.parser", r->parser.version.text, "apparmor_parser --version");
	put_row(r, "", "apparmor.abi", has_abi(r) ? p->aa_abi : NULL,
		"newest file of /etc/apparmor.d/abi");
	put_row(r, "", "apparmor.features", inline_features(r),
		"/sys/kernel/security/apparmor/features");
}

static void put_selinux(struct renderer *r)
{
	const struct fp_probe *p = r->probe;
	/* 33 is what every supported kernel reads; an older kernel's own version otherwise. */
	uint32_t version =
		p->selinux_policyvers && p->selinux_policyvers < 33 ? p->selinux_policyvers : 33;

	put_row(r, "", "selinux.policyvers",
		fp_arena_printf(&r->unit->arena, "%u", (unsigned)version),
		p->selinux_policyvers ? "/sys/fs/selinux/policyvers"
				      : "no selinuxfs; 33 as on Linux 5.10 to 7.2");
	put_row(r, "", "selinux.base", p->selinux_base, "SELINUXTYPE in /etc/selinux/config");
	put_row(r, "", "selinux.userspace", NULL, "secilc does not tell its version");
}

/* Only those whose version could be read: the others get no rows. */
static const char *found_runtimes(struct renderer *r)
{
	struct fp_buf list;

	fp_buf_init(&list, &r->unit->arena);
	for (size_t i = 0; i < FP_TARGET_RUNTIMES; i++)
		if (r->runtimes[i].version.text)
			fp_buf_printf(&list, "%s%s", list.len ? " " : "",
				      fp_target_runtime_names[i]);
	return fp_buf_text(&list);
}

static void put_meta(struct renderer *r)
{
	const struct fp_probe *p = r->probe;

	put_row(r, "", "summary",
		fp_arena_printf(&r->unit->arena, "this machine: Linux %s on %s", p->release,
				fp_arch_name(p->arch)),
		"uname");
	put_row(r, "", "kernel.version", p->release, "uname");
	put_row(r, "", "arch", fp_arch_name(p->arch), "uname");
	put_lsms(r);
	put_apparmor(r);
	put_selinux(r);
	put_row(r, "", "systemd.version", r->systemd.version.text, "systemctl --version");
	put_row(r, "", "nft.version", r->nft.version.text, "nft --version");
	put_row(r, "", "runtimes", found_runtimes(r), "--version of crun and runc");
}

static void put_host_features(struct renderer *r)
{
	for (unsigned i = 0; i < FP_FEAT_N; i++) {
		enum fp_feat feat = (enum fp_feat)i;
		struct fp_seen seen = r->probe->host[feat];
		if (fp_feat(feat)->scope != FP_FEAT_SCOPE_HOST)
			continue;
		if (feat == FP_FEAT_AA_ABI_RULE)
			seen = (struct fp_seen){ has_abi(r) ? FP_ANSWER_YES : FP_ANSWER_NO,
						 "apparmor_parser --version and "
						 "/etc/apparmor.d/abi" };
		put_feature(r, "", feat, &seen, guess_host(r, feat));
	}
}

/* The first release of the tables where nothing tells: what is not known is not promised. */
static void put_libseccomp(struct renderer *r, size_t i, const struct fp_target *known)
{
	struct fp_arena *arena = &r->unit->arena;
	const char *name = fp_target_runtime_names[i];
	const char *prefix = fp_arena_printf(arena, "%s:", name);

	if (!strcmp(name, "runc") && r->probe->libseccomp)
		put_row(r, prefix, "libseccomp", r->probe->libseccomp, "runc --version");
	else if (known && r->runtimes[i].low)
		put_row(r, prefix, "libseccomp", fp_target_runtime(known, name)->libseccomp.text,
			fp_arena_printf(arena, "not told, as on %s", known->name));
	else
		put_row(r, prefix, "libseccomp", "2.5.0", "not told, the first known release");
}

static void put_runtime(struct renderer *r, size_t i)
{
	const char *name = fp_target_runtime_names[i];
	const struct neighbours *n = &r->runtimes[i];
	struct fp_arena *arena = &r->unit->arena;
	const char *prefix = fp_arena_printf(arena, "%s:", name);

	if (!n->version.text)
		return;
	const struct fp_target *known = n->low ? n->low : n->high;
	const char *max = known ? fp_target_runtime(known, name)->oci_version_max : "1.0.2";
	put_row(r, prefix, "version", n->version.text,
		fp_arena_printf(arena, "%s --version", name));
	put_libseccomp(r, i, known);
	put_row(r, prefix, "oci.version_max", max ? max : "any",
		known ? fp_arena_printf(arena, "not tried, as on %s", known->name)
		      : "no known version");
	for (unsigned f = 0; f < FP_FEAT_N; f++) {
		enum fp_feat feat = (enum fp_feat)f;
		if (fp_feat(feat)->scope == FP_FEAT_SCOPE_RUNTIME)
			put_feature(r, prefix, feat, &r->probe->runtime[i][feat],
				    guess_between(r, n, name, name, feat));
	}
}

static void load_known(struct renderer *r)
{
	size_t n = fp_target_builtin_count();

	r->known = FP_NEW_ARRAY(&r->unit->arena, n, const struct fp_target *);
	for (size_t i = 0; i < n; i++) {
		const struct fp_target *t = fp_target_builtin(r->unit, fp_target_builtin_name(i));
		if (t)
			r->known[r->n_known++] = t;
	}
}

void fp_probe_render(struct fp_unit *unit, const struct fp_probe *probe, struct fp_buf *out)
{
	struct renderer *r = FP_NEW(&unit->arena, struct renderer);

	r->unit = unit;
	r->probe = probe;
	r->out = out;
	load_known(r);
	find_neighbours(r, probe->release, kernel_of, compare_series, NULL, &r->kernel);
	find_neighbours(r, probe->aa_parser, parser_of, compare_series, NULL, &r->parser);
	find_neighbours(r, probe->systemd, systemd_of, compare_major, NULL, &r->systemd);
	find_neighbours(r, probe->nft, nft_of, fp_version_compare, NULL, &r->nft);
	for (size_t i = 0; i < FP_TARGET_RUNTIMES; i++)
		find_neighbours(r, probe->runtimes[i], runtime_of, fp_version_compare,
				fp_target_runtime_names[i], &r->runtimes[i]);
	fp_buf_puts(out, "# A target file for one machine, written by `fpolicyc targets --probe`.\n"
			 "# key<TAB>value<TAB>source\n");
	put_meta(r);
	put_host_features(r);
	for (size_t i = 0; i < FP_TARGET_RUNTIMES; i++)
		put_runtime(r, i);
}
