/* SPDX-License-Identifier: MIT */
/* For tests of proofs: one unit for the questions, and one for each policy, as a compilation has
 * one. */
#ifndef TESTS_UNIT_PROVER_UNIT_H
#define TESTS_UNIT_PROVER_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ir/decide.h"
#include "sema/sema.h"

#define POLICIES 6u

static struct fp_unit u, policies[POLICIES];
static size_t policy_count;
static struct fp_prover prover;

static inline void open_unit(struct fp_unit *unit)
{
	fp_unit_init(unit, (size_t)512 << 20);
	if (setjmp(unit->recover))
		abort();
}

static inline void begin(void)
{
	open_unit(&u);
	fp_prover_init(&prover, &u, NULL);
}

static inline void end(void)
{
	while (policy_count)
		fp_unit_free(&policies[--policy_count]);
	fp_unit_free(&u);
}

/* A policy of these statements that has no other; it must be without an error. */
static inline const struct fp_ir *resolve(const char *statements)
{
	assert_true(policy_count < POLICIES);
	struct fp_unit *own = &policies[policy_count++];
	const char *text =
		fp_arena_printf(&u.arena,
				"language 1;\npolicy p { owner \"o\"; targets debian-12;\n"
				"test { deny capability sys_boot; }\n%s\n}\n",
				statements);
	struct fp_buf out;

	open_unit(own);
	const struct fp_source *src = fp_source_add(&own->sources, "t.policy", text, strlen(text),
						    (struct fp_span){ 0, 0 });
	const struct fp_ir *ir = fp_resolve(own, src, NULL);
	fp_buf_init(&out, &own->arena);
	fp_diag_render(own, &out, false);
	if (!ir)
		fail_msg("%s\n%s", text, fp_buf_text(&out));
	return ir;
}

#endif
