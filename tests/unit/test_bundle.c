/* SPDX-License-Identifier: MIT */
/* Claims: told once a rule or an internal error (E0001); who holds a rule; that spans never reach
 * an artifact. */
#include "bundle/bundle.h"
#include "libfpolicy.h"
#include "sema/sema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char policy[] =
	"language 1;\n"
	"policy p {\n"
	"	owner \"o\"; tier standard; targets debian-12;\n"
	"	syscalls { default kill; allow read, write; }\n"
	"	layer oci best-effort because \"not every host has a runtime\";\n"
	"	never capability sys_boot;\n"
	"}\n";

struct fixture {
	struct fp_unit u;
	const struct fp_ir *ir;
	const struct fp_target *target;
};

static void begin(struct fixture *f, const char *text)
{
	fp_unit_init(&f->u, FP_MEMORY_LIMIT);
	assert_int_equal(setjmp(f->u.recover), 0);
	const struct fp_source *src = fp_source_add(&f->u.sources, "p.policy", text, strlen(text),
						    (struct fp_span){ 0, 0 });
	f->ir = fp_resolve(&f->u, src, NULL);
	f->target = fp_target_builtin(&f->u, "debian-12");
	assert_non_null(f->ir);
	assert_non_null(f->target);
}

static bool reported(const struct fp_unit *u, enum fp_diag_id id)
{
	for (size_t i = 0; i < u->diags.list.n; i++)
		if (u->diags.list.at[i].id == id)
			return true;
	return false;
}

static void claiming_twice_is_internal(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, policy);
	struct fp_emission e = { .unit = &f.u, .ir = f.ir, .target = f.target };
	e.claims = FP_NEW_ARRAY(&f.u.arena, f.ir->rule_count, struct fp_claim);
	e.is_claimed = FP_NEW_ARRAY(&f.u.arena, f.ir->rule_count, bool);
	fp_emit_claim(&e, &f.ir->rules[0], FP_CLAIM_EXACT, NULL);
	assert_false(reported(&f.u, FP_E_INTERNAL));
	fp_emit_claim(&e, &f.ir->rules[0], FP_CLAIM_NONE, "%s", "again");
	assert_true(reported(&f.u, FP_E_INTERNAL));
	assert_string_equal(fp_diag_row(FP_E_INTERNAL)->code, "E0001");
	fp_unit_free(&f.u);
}

/* Every back end claims every rule of every kind on every target: the driver's promise. */
static void every_rule_is_claimed(void **state)
{
	struct fixture f;
	struct fp_bundle b;

	(void)state;
	begin(&f, policy);
	for (size_t t = 0; t < fp_target_builtin_count(); t++) {
		const struct fp_target *target = fp_target_builtin(&f.u, fp_target_builtin_name(t));
		fp_bundle_build(&f.u, f.ir, &target, 1, &b);
		assert_false(reported(&f.u, FP_E_INTERNAL));
		for (enum fp_layer l = 0; l < FP_LAYER_N; l++)
			for (size_t r = 0; r < f.ir->rule_count; r++)
				assert_true(b.targets[0].layers[l].is_claimed[r]);
	}
	fp_unit_free(&f.u);
}

static void holding(struct fp_bundle_target *t, enum fp_layer layer, enum fp_claim_kind kind)
{
	for (enum fp_layer l = 0; l < FP_LAYER_N; l++)
		t->layers[l].claims[0].kind = FP_CLAIM_NONE;
	t->layers[layer].claims[0].kind = kind;
}

static void only_exact_and_narrower_hold(void **state)
{
	struct fixture f;
	struct fp_bundle b;
	bool best_effort;

	(void)state;
	begin(&f, policy);
	fp_bundle_build(&f.u, f.ir, &f.target, 1, &b);
	struct fp_bundle_target *t = &b.targets[0];
	const struct fp_rule *r = &f.ir->rules[0];
	const bool holds[] = { true, true, false, false };
	for (size_t k = 0; k < 4; k++) {
		holding(t, FP_LAYER_SECCOMP, (enum fp_claim_kind)k);
		assert_int_equal(fp_bundle_is_held(&b, t, r, &best_effort), holds[k]);
		assert_false(best_effort);
	}
	/* A best-effort layer holds, and it is said; one the target does not run never does. */
	holding(t, FP_LAYER_OCI, FP_CLAIM_EXACT);
	assert_true(fp_bundle_is_held(&b, t, r, &best_effort));
	assert_true(best_effort);
	holding(t, FP_LAYER_SELINUX, FP_CLAIM_EXACT);
	assert_false(t->counts[FP_LAYER_SELINUX]);
	assert_false(fp_bundle_is_held(&b, t, r, &best_effort));
	fp_unit_free(&f.u);
}

/* Moving every rule down by lines changes the manifest and nothing else. */
static void places_reach_the_manifest_only(void **state)
{
	struct fixture f, g;
	struct fp_bundle b, c;
	char moved[sizeof(policy) + 64];
	unsigned changed = 0;

	(void)state;
	snprintf(moved, sizeof(moved), "# a comment\n\n\n%s", policy);
	begin(&f, policy);
	begin(&g, moved);
	fp_bundle_build(&f.u, f.ir, &f.target, 1, &b);
	fp_bundle_build(&g.u, g.ir, &g.target, 1, &c);
	assert_int_equal(b.files.n, c.files.n);
	assert_true(b.files.n > 20);
	for (size_t i = 0; i < b.files.n; i++) {
		assert_string_equal(b.files.at[i].path, c.files.at[i].path);
		if (b.files.at[i].len == c.files.at[i].len &&
		    !memcmp(b.files.at[i].data, c.files.at[i].data, b.files.at[i].len))
			continue;
		assert_string_equal(b.files.at[i].path, "manifest.json");
		changed++;
	}
	assert_int_equal(changed, 1);
	fp_unit_free(&f.u);
	fp_unit_free(&g.u);
}

static const char importing[] =
	"language 1;\nuse \"std/syscalls.policy\";\n"
	"policy q { owner \"o\"; tier standard; targets debian-12;\n"
	"	syscalls { default kill; allow @base@2026.1; } never bpf; }\n";

/* What the first one imported is imported again: the second has its own declarations. */
static void one_unit_resolves_twice(void **state)
{
	struct fixture f;
	struct fp_bundle b;
	size_t size[2] = { 0 };

	(void)state;
	begin(&f, importing);
	for (unsigned i = 0; i < 2; i++) {
		fp_bundle_build(&f.u, f.ir, &f.target, 1, &b);
		for (size_t k = 0; k < b.files.n; k++)
			if (strcmp(b.files.at[k].path, "manifest.json"))
				size[i] += b.files.at[k].len;
		const struct fp_source *src =
			fp_source_add(&f.u.sources, "p.policy", importing, strlen(importing),
				      (struct fp_span){ 0, 0 });
		f.ir = fp_resolve(&f.u, src, NULL);
		assert_non_null(f.ir);
	}
	assert_int_equal(size[0], size[1]);
	assert_int_equal(f.u.diags.errors, 0);
	fp_unit_free(&f.u);
}

static void one_handle_takes_one_policy(void **state)
{
	struct fpolicy *p = fpolicy_new(0);

	(void)state;
	assert_int_equal(fpolicy_compile(p, "q.policy", importing, strlen(importing)), FPOLICY_OK);
	assert_true(fpolicy_artifact_count(p) > 20);
	assert_int_equal(fpolicy_compile(p, "q.policy", importing, strlen(importing)),
			 FPOLICY_INPUT);
	assert_int_equal(fpolicy_artifact_count(p), 0);
	assert_non_null(strstr(fpolicy_diagnostics(p, false), "has one already [E0002]"));
	fpolicy_free(p);
}

static void text_is_cut_between_words(void **state)
{
	static const struct {
		const char *text;
		size_t max, cut;
	} rows[] = {
		{ "one two", 7, 7 },   { "one two", 8, 7 },          { "one two", 6, 3 },
		{ "one two", 3, 3 },   { "one two", 2, 2 },          { "", 4, 0 },
		{ "a\xc3\xa4", 2, 1 }, { "\xc3\xa4\xc3\xa4", 3, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(fp_bundle_cut(rows[i].text, rows[i].max), rows[i].cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(claiming_twice_is_internal),
		cmocka_unit_test(every_rule_is_claimed),
		cmocka_unit_test(only_exact_and_narrower_hold),
		cmocka_unit_test(places_reach_the_manifest_only),
		cmocka_unit_test(one_unit_resolves_twice),
		cmocka_unit_test(one_handle_takes_one_policy),
		cmocka_unit_test(text_is_cut_between_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
