/* SPDX-License-Identifier: MIT */
/* Questions to a target, and the targets that are compiled in. */
#include "target/target.h"

#include "base/unit.h"
#include "target/target_text.h"

#include <string.h>

static const struct fp_feat_def feats[] = {
#define FEAT(name, scope, key, what, needs) { key, what, needs, FP_FEAT_SCOPE_##scope },
#include "target/features.def"
#undef FEAT
};

_Static_assert(sizeof(feats) / sizeof(feats[0]) == FP_FEAT_N, "a row per feature");

static const struct fp_embedded embedded[] = {
#include "targets.inc"
};

#define N_EMBEDDED (sizeof(embedded) / sizeof(embedded[0]))

const struct fp_feat_def *fp_feat(enum fp_feat feat)
{
	return &feats[feat];
}

static const char *const effect_names[FP_EFFECT_N] = {
	[FP_EFFECT_YES] = "yes",           [FP_EFFECT_NO] = "no",
	[FP_EFFECT_IGNORED] = "ignored",   [FP_EFFECT_REFUSED] = "refused",
	[FP_EFFECT_OPPOSITE] = "opposite",
};

/* What does the opposite, or nothing, is worse than what says no. */
static const unsigned char harm[FP_EFFECT_N] = {
	[FP_EFFECT_YES] = 0,     [FP_EFFECT_REFUSED] = 1,  [FP_EFFECT_NO] = 2,
	[FP_EFFECT_IGNORED] = 3, [FP_EFFECT_OPPOSITE] = 4,
};

const char *fp_effect_name(enum fp_effect effect)
{
	return effect_names[effect];
}

enum fp_effect fp_effect_worst(enum fp_effect a, enum fp_effect b)
{
	return harm[a] > harm[b] ? a : b;
}

bool fp_target_has(const struct fp_target *target, enum fp_feat feat)
{
	return target->effect[feat] == FP_EFFECT_YES;
}

const char *fp_target_why(const struct fp_target *target, enum fp_feat feat)
{
	return target->why[feat];
}

bool fp_target_runtime_has(const struct fp_target *target, size_t n, enum fp_feat feat)
{
	if (feats[feat].scope == FP_FEAT_SCOPE_HOST)
		return fp_target_has(target, feat);
	return target->runtimes[n].effect[feat] == FP_EFFECT_YES;
}

const char *fp_target_runtime_why(const struct fp_target *target, size_t n, enum fp_feat feat)
{
	if (feats[feat].scope == FP_FEAT_SCOPE_HOST)
		return fp_target_why(target, feat);
	return target->runtimes[n].why[feat];
}

const struct fp_target_runtime *fp_target_runtime(const struct fp_target *target, const char *name)
{
	for (size_t i = 0; i < target->n_runtimes; i++)
		if (!strcmp(target->runtimes[i].name, name))
			return &target->runtimes[i];
	return NULL;
}

const struct fp_target_row *fp_target_row(const struct fp_target *target, const char *key)
{
	size_t lo = 0, hi = target->n_rows;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = strcmp(key, target->sorted[mid]->key);
		if (!order)
			return target->sorted[mid];
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static bool list_has(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i], name))
			return true;
	return false;
}

bool fp_target_lsm_built(const struct fp_target *target, const char *lsm)
{
	return list_has(target->lsm_built, target->n_lsm_built, lsm);
}

bool fp_target_lsm_enabled(const struct fp_target *target, const char *lsm)
{
	return list_has(target->lsm_enabled, target->n_lsm_enabled, lsm);
}

bool fp_target_aa_supports(const struct fp_target *target, const char *path)
{
	return fp_features_has(target->apparmor.features, target->apparmor.features_len, path);
}

bool fp_target_runtime_knows(const struct fp_target_runtime *rt, const struct fp_sysdef *sys,
			     enum fp_abi abi)
{
	const struct fp_version *v = &rt->libseccomp;
	uint32_t patch = v->patch > 255 ? 255 : v->patch;
	uint32_t has = (uint32_t)v->major << 16 | (v->minor > 255 ? 255u : v->minor) << 8 | patch;

	/* the tables begin with 2.5.0: of an older one nothing is known */
	return has >= FP_RELEASE(2, 5, 0) && has >= sys->libseccomp[abi];
}

const struct fp_target_runtime *fp_target_scmp_lacks(const struct fp_target *target,
						     const struct fp_sysdef *sys, enum fp_abi abi)
{
	for (size_t i = 0; i < target->n_runtimes; i++)
		if (!fp_target_runtime_knows(&target->runtimes[i], sys, abi))
			return &target->runtimes[i];
	return NULL;
}

int fp_version_compare(const struct fp_version *a, const struct fp_version *b)
{
	if (a->major != b->major)
		return a->major < b->major ? -1 : 1;
	if (a->minor != b->minor)
		return a->minor < b->minor ? -1 : 1;
	return (a->patch > b->patch) - (a->patch < b->patch);
}

/* One number of at most 65535; advances past it. */
static bool take_number(const char **p, const char *end, uint16_t *out)
{
	uint32_t n = 0;
	const char *start = *p;

	while (*p < end && **p >= '0' && **p <= '9') {
		n = n * 10 + (uint32_t)(**p - '0');
		if (n > UINT16_MAX)
			return false;
		(*p)++;
	}
	*out = (uint16_t)n;
	return *p > start;
}

bool fp_version_parse(const char *text, size_t len, struct fp_version *out)
{
	const char *end = text + len;
	uint16_t *parts[] = { &out->major, &out->minor, &out->patch };

	out->major = out->minor = out->patch = 0;
	if (!take_number(&text, end, parts[0]))
		return false;
	for (size_t i = 1; i < 3; i++) {
		if (end - text < 2 || *text != '.' || text[1] < '0' || text[1] > '9')
			return true;
		text++;
		if (!take_number(&text, end, parts[i]))
			return false;
	}
	return true;
}

/* schemas/targets: "NAME" is a target, "apparmor/NAME.features" a feature set of a kernel. */
static const struct fp_embedded *nth_target(size_t n)
{
	for (size_t i = 0; i < N_EMBEDDED; i++)
		if (!strchr(embedded[i].name, '/') && n-- == 0)
			return &embedded[i];
	return NULL;
}

size_t fp_target_builtin_count(void)
{
	size_t n = 0;

	while (nth_target(n))
		n++;
	return n;
}

const char *fp_target_builtin_name(size_t n)
{
	const struct fp_embedded *e = nth_target(n);

	return e ? e->name : NULL;
}

const char *fp_target_builtin_text(size_t n, size_t *len)
{
	const struct fp_embedded *e = nth_target(n);

	*len = e ? e->len : 0;
	return e ? e->text : NULL;
}

const struct fp_target *fp_target_builtin(struct fp_unit *unit, const char *name)
{
	const struct fp_embedded *e;

	for (size_t i = 0; (e = nth_target(i)) != NULL; i++)
		if (!strcmp(e->name, name))
			return fp_target_parse(unit, name, e->text, e->len);
	return NULL;
}

const struct fp_embedded *fp_target_features_file(const char *name, size_t len)
{
	static const char folder[] = "apparmor/";
	const size_t skip = sizeof(folder) - 1;

	for (size_t i = 0; i < N_EMBEDDED; i++)
		if (!strncmp(embedded[i].name, folder, skip) &&
		    strlen(embedded[i].name + skip) == len &&
		    !memcmp(embedded[i].name + skip, name, len))
			return &embedded[i];
	return NULL;
}
