/* SPDX-License-Identifier: MIT */
/* OCI runtime configuration: the back end's struct, the plan's helpers and the order of its parts.
 */
#include "backends/oci/oci.h"

#include <stdarg.h>
#include <string.h>

static void push(struct fp_oci_plan *p, struct fp_oci_item item, const char *format, va_list ap)
	__attribute__((format(printf, 3, 0)));

static void push(struct fp_oci_plan *p, struct fp_oci_item item, const char *format, va_list ap)
{
	struct fp_buf pointer;

	fp_buf_init(&pointer, &p->u->arena);
	fp_buf_vprintf(&pointer, format, ap);
	item.pointer = fp_buf_text(&pointer);
	fp_vec_push(&p->u->arena, &p->items.list, item);
}

void fp_oci_text(struct fp_oci_plan *p, const struct fp_rule *r, const char *value,
		 const char *pointer, ...)
{
	va_list ap;

	va_start(ap, pointer);
	push(p, (struct fp_oci_item){ .type = FP_OCI_TEXT, .text = value, .rule = r }, pointer, ap);
	va_end(ap);
}

void fp_oci_number(struct fp_oci_plan *p, const struct fp_rule *r, uint64_t value,
		   const char *pointer, ...)
{
	struct fp_oci_item item = { .type = FP_OCI_NUMBER, .rule = r };
	va_list ap;

	item.number = value > INT64_MAX ? INT64_MAX : (int64_t)value;
	va_start(ap, pointer);
	push(p, item, pointer, ap);
	va_end(ap);
}

static void number(struct fp_oci_plan *p, const struct fp_rule *r, int64_t value,
		   const char *pointer)
{
	struct fp_oci_item item = { .type = FP_OCI_NUMBER, .number = value, .rule = r };

	item.pointer = pointer;
	fp_vec_push(&p->u->arena, &p->items.list, item);
}

void fp_oci_unlimited(struct fp_oci_plan *p, const struct fp_rule *r, const char *pointer)
{
	number(p, r, -1, pointer);
}

void fp_oci_flag(struct fp_oci_plan *p, const struct fp_rule *r, bool value, const char *pointer,
		 ...)
{
	va_list ap;

	va_start(ap, pointer);
	push(p, (struct fp_oci_item){ .type = FP_OCI_FLAG, .number = value, .rule = r }, pointer,
	     ap);
	va_end(ap);
}

void fp_oci_empty(struct fp_oci_plan *p, const struct fp_rule *r, const char *pointer)
{
	struct fp_oci_item item = { .type = FP_OCI_EMPTY, .rule = r, .pointer = pointer };

	fp_vec_push(&p->u->arena, &p->items.list, item);
}

void fp_oci_claim(struct fp_oci_plan *p, const struct fp_rule *r, enum fp_claim_kind kind,
		  const char *format, ...)
{
	struct fp_claim *c = &p->claims[r->id];
	va_list ap;

	c->kind = kind;
	c->reason = NULL;
	if (!format)
		return;
	va_start(ap, format);
	c->reason = fp_name_vprintf(p->u, format, ap)->text;
	va_end(ap);
}

const char *fp_oci_why(const struct fp_oci_plan *p, enum fp_feat feat)
{
	const char *why = fp_target_why(p->target, feat);

	return why ? why : fp_feat(feat)->needs;
}

bool fp_oci_is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strcmp(dir, "/") || (!strncmp(path, dir, n) && (!path[n] || path[n] == '/'));
}

/*
 * The lowest version that has the fields used, and no newer than every runtime takes: crun up to
 * 1.14.1 refuses versions it does not know, also where it knows the field.
 */
static void lower_version(struct fp_oci_plan *p)
{
	struct fp_version best = { 0, 0, 0, NULL };
	const char *text = p->needs_1_1 ? "1.1.0" : "1.0.2";

	(void)fp_version_parse(text, strlen(text), &best);
	for (size_t i = 0; i < p->target->n_runtimes; i++) {
		const char *max = p->target->runtimes[i].oci_version_max;
		struct fp_version v;

		if (!max || !fp_version_parse(max, strlen(max), &v))
			continue;
		if (fp_version_compare(&v, &best) < 0) {
			best = v;
			text = max;
		}
	}
	fp_oci_text(p, NULL, text, "/ociVersion");
}

static void claim_all(struct fp_oci_plan *p, const char *reason)
{
	for (size_t i = 0; i < p->ir->rule_count; i++)
		fp_oci_claim(p, &p->ir->rules[i], FP_CLAIM_NONE, "%s", reason);
}

static const void *lower(struct fp_unit *u, const struct fp_ir *ir, const struct fp_target *t)
{
	struct fp_oci_plan *p = FP_NEW(&u->arena, struct fp_oci_plan);

	p->u = u;
	p->ir = ir;
	p->target = t;
	p->claims = FP_NEW_ARRAY(&u->arena, ir->rule_count, struct fp_claim);
	claim_all(p, t->n_runtimes ? "config.json has no field for it"
				   : "the target has no container runtime");
	if (!t->n_runtimes)
		return p;
	p->has_user_ns = fp_oci_is_new(p, FP_NS_USER);
	fp_oci_lower_process(p);
	fp_oci_lower_namespaces(p);
	fp_oci_lower_mounts(p);
	fp_oci_lower_labels(p);
	fp_oci_lower_files(p);
	fp_oci_lower_devices(p);
	fp_oci_lower_limits(p);
	fp_oci_lower_calls(p);
	lower_version(p);
	return p;
}

static const enum fp_feat features[] = {
	FP_FEAT_OCI_VERSION_ANY,
	FP_FEAT_OCI_RRO,
	FP_FEAT_OCI_NOSYMFOLLOW,
	FP_FEAT_OCI_TMPFS_MODE,
	FP_FEAT_OCI_SECCOMP_RAW_BPF,
	FP_FEAT_OCI_UNIFIED,
	FP_FEAT_OCI_TIME_NS,
	FP_FEAT_OCI_UMASK,
	FP_FEAT_MOUNT_SETATTR,
	FP_FEAT_NOSYMFOLLOW,
	FP_FEAT_TIME_NS,
	FP_FEAT_CGROUP_UNIFIED,
	FP_FEAT_CGROUP_MEMORY_OOM_GROUP,
	FP_FEAT_CGROUP_MEMORY_SWAP_MAX,
	FP_FEAT_CGROUP_IO_WEIGHT,
	FP_FEAT_CGROUP_IO_MAX,
	FP_FEAT_CGROUP_CPUSET,
	FP_FEAT_CGROUP_HUGETLB,
	FP_FEAT_N,
};

extern const struct fp_backend fp_backend_oci;

const struct fp_backend fp_backend_oci = {
	.name = "oci",
	.summary = "a fragment of config.json for runc and crun",
	.layer = FP_LAYER_OCI,
	.features = features,
	.lower = lower,
	.emit = fp_oci_emit,
	.dump = fp_oci_dump,
};
