/* SPDX-License-Identifier: MIT */
/* Value cells of a target file: versions, lists, feature sets, effects. */
#include "target/target_parse.h"
#include "target/target_text.h"

#include <string.h>

static bool is_none(const struct fp_cell *value)
{
	return !strcmp(value->text, "none");
}

static void set_version(struct fp_target_parser *p, const struct fp_cell *value,
			struct fp_version *out, bool may_be_none)
{
	if (may_be_none && is_none(value))
		return;
	if (!fp_version_parse(value->text, value->len, out)) {
		fp_target_fail(p, value->span,
			       "'%s' is no version: it must begin with a number below 65536",
			       value->text);
		return;
	}
	out->text = value->text;
}

/* Calls `take` for each word of a list separated by single spaces. */
static void each_word(struct fp_target_parser *p, const struct fp_cell *value,
		      void (*take)(struct fp_target_parser *, const char *word, size_t len,
				   struct fp_span))
{
	size_t at = 0;

	if (is_none(value))
		return;
	while (at <= value->len) {
		size_t len = strcspn(value->text + at, " ");
		struct fp_span span = { value->span.begin + (uint32_t)at,
					value->span.begin + (uint32_t)(at + len) };
		if (!len)
			fp_target_fail(p, span, "words of a list are separated by one space");
		else
			take(p, value->text + at, len, span);
		at += len + 1;
	}
}

static void take_arch(struct fp_target_parser *p, const char *word, size_t len, struct fp_span span)
{
	enum fp_arch arch;

	if (!fp_arch_find(word, len, &arch))
		fp_target_fail(p, span, "'%.*s' is no architecture", (int)len, word);
	else if (p->target->archs[arch])
		fp_target_fail(p, span, "'%.*s' stands twice", (int)len, word);
	else
		p->target->archs[arch] = true;
}

/* Keeps the list sorted; a machine has few LSMs. */
static void take_name(struct fp_target_parser *p, const char *word, size_t len, struct fp_span span,
		      const char **list, size_t *n)
{
	size_t at = *n;

	if (*n == FP_TARGET_LSMS) {
		fp_target_fail(p, span, "more than %d LSMs", FP_TARGET_LSMS);
		return;
	}
	const char *name = fp_arena_text(&p->unit->arena, word, len);
	while (at && strcmp(list[at - 1], name) > 0)
		at--;
	if (at && !strcmp(list[at - 1], name)) {
		fp_target_fail(p, span, "'%s' stands twice", name);
		return;
	}
	memmove(list + at + 1, list + at, (*n - at) * sizeof(*list));
	list[at] = name;
	(*n)++;
}

static void take_built(struct fp_target_parser *p, const char *word, size_t len,
		       struct fp_span span)
{
	take_name(p, word, len, span, p->target->lsm_built, &p->target->n_lsm_built);
}

static void take_enabled(struct fp_target_parser *p, const char *word, size_t len,
			 struct fp_span span)
{
	take_name(p, word, len, span, p->target->lsm_enabled, &p->target->n_lsm_enabled);
}

static void take_runtime(struct fp_target_parser *p, const char *word, size_t len,
			 struct fp_span span)
{
	for (size_t i = 0; i < FP_TARGET_RUNTIMES; i++) {
		const char *name = fp_target_runtime_names[i];
		if (strlen(name) != len || strncmp(name, word, len) != 0)
			continue;
		if (p->has_runtime[i])
			fp_target_fail(p, span, "'%s' stands twice", name);
		p->has_runtime[i] = true;
		return;
	}
	fp_target_fail(p, span, "'%.*s' is no runtime we know", (int)len, word);
}

/* "inline:" and the feature set with \n for a line end and \\ for a backslash. */
static void set_inline_features(struct fp_target_parser *p, const struct fp_cell *value,
				const char *text)
{
	size_t n = 0;
	char *out = fp_arena_alloc(&p->unit->arena, value->len + 1);

	for (; *text; text++) {
		if (*text != '\\') {
			out[n++] = *text;
		} else if (text[1] == 'n' || text[1] == '\\') {
			out[n++] = *++text == 'n' ? '\n' : '\\';
		} else {
			fp_target_fail(p, value->span, "only \\n and \\\\ may follow a backslash");
			return;
		}
	}
	if (!fp_features_valid(out, n)) {
		fp_target_fail(p, value->span, "this is no AppArmor feature set");
		return;
	}
	p->target->apparmor.features_name = "inline";
	p->target->apparmor.features = out;
	p->target->apparmor.features_len = n;
}

static void set_features(struct fp_target_parser *p, const struct fp_cell *value)
{
	static const char prefix[] = "inline:";

	p->target->apparmor.features_name = "none";
	p->target->apparmor.features = "";
	if (is_none(value))
		return;
	if (!strncmp(value->text, prefix, sizeof(prefix) - 1)) {
		set_inline_features(p, value, value->text + sizeof(prefix) - 1);
		return;
	}
	const struct fp_embedded *file = fp_target_features_file(value->text, value->len);
	if (!file) {
		fp_target_fail(p, value->span, "no AppArmor feature set '%s' is compiled in",
			       value->text);
		fp_diag_help(p->unit, "write 'inline:' and its text, with \\n for line ends");
		return;
	}
	p->target->apparmor.features_name = value->text;
	p->target->apparmor.features = file->text;
	p->target->apparmor.features_len = file->len;
}

/* The abi goes into profiles as it stands: `abi <abi/3.0>,`. */
static void set_abi(struct fp_target_parser *p, const struct fp_cell *value)
{
	if (is_none(value))
		return;
	if (strspn(value->text, "abcdefghijklmnopqrstuvwxyz0123456789.-") != value->len)
		fp_target_fail(p, value->span, "'%s' is no policy abi: a name such as 3.0",
			       value->text);
	else
		p->target->apparmor.abi = value->text;
}

static void set_policyvers(struct fp_target_parser *p, const struct fp_cell *value)
{
	struct fp_version v;

	/* 15 is the oldest that libsepol writes; there are no thousands of them. */
	if (!fp_version_parse(value->text, value->len, &v) || v.major < 15 || v.major > 999 ||
	    strspn(value->text, "0123456789") != value->len)
		fp_target_fail(p, value->span, "'%s' is no SELinux policy version", value->text);
	else
		p->target->selinux.policyvers = v.major;
}

static void set_runtime_meta(struct fp_target_parser *p, size_t runtime, enum fp_meta meta,
			     const struct fp_cell *value)
{
	struct fp_target_runtime *rt = &p->target->runtimes[runtime];
	struct fp_version v;

	if (meta == FP_META_RT_VERSION)
		set_version(p, value, &rt->version, false);
	else if (meta == FP_META_RT_LIBSECCOMP)
		set_version(p, value, &rt->libseccomp, false);
	else if (!strcmp(value->text, "any"))
		rt->oci_version_max = NULL;
	else if (!fp_version_parse(value->text, value->len, &v))
		fp_target_fail(p, value->span, "'%s' is no version and not 'any'", value->text);
	else
		rt->oci_version_max = value->text;
}

void fp_target_set_meta(struct fp_target_parser *p, size_t runtime, enum fp_meta meta,
			const struct fp_cell *value)
{
	struct fp_target *t = p->target;

	switch (meta) {
	case FP_META_SUMMARY:
		t->summary = value->text;
		break;
	case FP_META_KERNEL:
		set_version(p, value, &t->kernel, false);
		break;
	case FP_META_ARCH:
		each_word(p, value, take_arch);
		break;
	case FP_META_LSM_BUILT:
		each_word(p, value, take_built);
		break;
	case FP_META_LSM_ENABLED:
		each_word(p, value, take_enabled);
		break;
	case FP_META_AA_PARSER:
		set_version(p, value, &t->apparmor.parser, true);
		break;
	case FP_META_AA_ABI:
		set_abi(p, value);
		break;
	case FP_META_AA_FEATURES:
		set_features(p, value);
		break;
	case FP_META_SE_VERSION:
		set_policyvers(p, value);
		break;
	case FP_META_SE_BASE:
		t->selinux.base = value->text;
		break;
	case FP_META_SE_USERSPACE:
		set_version(p, value, &t->selinux.userspace, true);
		break;
	case FP_META_SYSTEMD:
		set_version(p, value, &t->systemd, true);
		break;
	case FP_META_NFT:
		set_version(p, value, &t->nft, true);
		break;
	case FP_META_RUNTIMES:
		each_word(p, value, take_runtime);
		break;
	case FP_META_RT_VERSION:
	case FP_META_RT_LIBSECCOMP:
	case FP_META_RT_OCI_MAX:
		set_runtime_meta(p, runtime, meta, value);
		break;
	case FP_META_N:
		break;
	}
}

void fp_target_set_feature(struct fp_target_parser *p, size_t runtime, enum fp_feat feat,
			   const struct fp_cell *value)
{
	struct fp_target *t = p->target;

	for (size_t i = 0; i < FP_EFFECT_N; i++) {
		if (strcmp(value->text, fp_effect_name((enum fp_effect)i)))
			continue;
		if (runtime == FP_TARGET_HOST)
			t->effect[feat] = (enum fp_effect)i;
		else
			t->runtimes[runtime].effect[feat] = (enum fp_effect)i;
		return;
	}
	fp_target_fail(p, value->span, "'%s' is not yes, no, ignored, refused or opposite",
		       value->text);
}
