/* SPDX-License-Identifier: MIT */
/* A sealed IR by hand: rules are added in any order, sorted and numbered by ir_seal(). */
#ifndef FP_TESTS_OCI_IR_H
#define FP_TESTS_OCI_IR_H

#include "backends/backend.h"
#include "ir/glob.h"

#include <stdlib.h>
#include <string.h>

struct ir_builder {
	struct fp_unit *u;
	struct fp_ir ir;
	FP_VEC(struct fp_rule) rules;
};

/* The new rule; fill its union before the next one is added. */
static struct fp_rule *ir_add(struct ir_builder *b, enum fp_kind kind, const char *text)
{
	struct fp_rule r = { .kind = kind, .text = text };

	fp_vec_push(&b->u->arena, &b->rules, r);
	return &b->rules.at[b->rules.n - 1];
}

static int ir_order(const void *a, const void *b)
{
	const struct fp_rule *x = a, *y = b;

	return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->text, y->text);
}

/* What every policy has, written or implied, and back ends rely on. */
static void ir_imply(struct ir_builder *b)
{
	static const enum fp_kind kinds[] = { FP_KIND_CALL_DEFAULT, FP_KIND_CALL_UNKNOWN,
					      FP_KIND_CALL_ABI };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		bool is_there = false;

		for (size_t k = 0; k < b->rules.n; k++)
			is_there |= b->rules.at[k].kind == kinds[i];
		if (!is_there)
			ir_add(b, kinds[i], "implied")->u.decision.action = FP_ACT_ALLOW;
	}
	for (size_t i = 0; i < b->rules.n; i++)
		if (b->rules.at[i].kind == FP_KIND_CALL_ABI)
			b->rules.at[i].u.abis = 0;
}

static const struct fp_ir *ir_seal(struct ir_builder *b)
{
	ir_imply(b);
	if (b->rules.n)
		qsort(b->rules.at, b->rules.n, sizeof(b->rules.at[0]), ir_order);
	for (size_t i = 0; i < b->rules.n; i++)
		b->rules.at[i].id = (uint32_t)i;
	for (size_t kind = 0, i = 0; kind <= FP_KIND_N; kind++) {
		while (i < b->rules.n && b->rules.at[i].kind < kind)
			i++;
		b->ir.first[kind] = (uint32_t)i;
	}
	b->ir.rules = b->rules.at;
	b->ir.rule_count = b->rules.n;
	b->ir.calls = FP_NEW_ARRAY(&b->u->arena, fp_sys_count(), struct fp_call_plan);
	b->ir.call_default.action = FP_ACT_ALLOW;
	b->ir.call_unknown.action = FP_ACT_ALLOW;
	if (!b->ir.name)
		b->ir.name = "job";
	return &b->ir;
}

static inline void ir_limit(struct ir_builder *b, enum fp_limit limit, uint64_t value)
{
	ir_add(b, FP_KIND_LIMIT, fp_limit_names[limit])->u.limit =
		(struct fp_rule_limit){ .limit = limit, .value = value };
}

static inline void ir_namespace(struct ir_builder *b, enum fp_namespace ns, bool is_new)
{
	ir_add(b, FP_KIND_NAMESPACE, fp_namespace_names[ns])->u.ns =
		(struct fp_rule_namespace){ ns, is_new };
}

static inline struct fp_rule_mount *ir_mount(struct ir_builder *b, enum fp_mount_type type,
					     const char *source, const char *on, uint32_t flags)
{
	struct fp_rule *r = ir_add(b, FP_KIND_MOUNT, on);

	r->u.mount =
		(struct fp_rule_mount){ .type = type, .source = source, .on = on, .flags = flags };
	return &r->u.mount;
}

static inline struct fp_rule *ir_paths(struct ir_builder *b, enum fp_kind kind,
				       enum fp_grant effect, uint16_t rights, const char *path)
{
	const struct fp_glob **g = FP_NEW(&b->u->arena, const struct fp_glob *);
	struct fp_rule *r;

	*g = fp_glob_parse(b->u, path, strlen(path), (struct fp_span){ 0, 0 });
	r = ir_add(b, kind,
		   fp_arena_printf(&b->u->arena, "%s %x %s", effect == FP_DENY ? "deny" : "allow",
				   rights, path));
	r->u.file = (struct fp_rule_file){ .effect = effect, .rights = rights, .paths = { g, 1 } };
	return r;
}

static inline void ir_device(struct ir_builder *b, enum fp_grant effect, uint8_t rights,
			     const char *path, uint32_t major, uint32_t minor)
{
	struct fp_device *d = FP_NEW(&b->u->arena, struct fp_device);

	*d = (struct fp_device){ .path = path, .type = 'c', .major = major, .minor = minor };
	ir_add(b, FP_KIND_DEVICE, path)->u.device =
		(struct fp_rule_device){ .effect = effect, .rights = rights, .at = d, .n = 1 };
}

static inline void ir_map(struct ir_builder *b, bool is_group, uint32_t inside, uint32_t outside,
			  uint32_t count)
{
	ir_add(b, FP_KIND_ID_MAP,
	       fp_arena_printf(&b->u->arena, "%d %u %u", is_group, inside, outside))
		->u.idmap = (struct fp_rule_idmap){ is_group, inside, outside, count };
}

#endif
