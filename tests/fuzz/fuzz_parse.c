/* SPDX-License-Identifier: MIT */
/* libFuzzer: any bytes through the front end, tree and diagnostics printed, in 64 MiB. */
#include "front/ast.h"

#include <stdlib.h>

#define FUZZ_MEMORY ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fp_unit u;
	struct fp_buf out;

	fp_unit_init(&u, FUZZ_MEMORY);
	if (!setjmp(u.recover)) {
		const struct fp_source *src =
			fp_source_add(&u.sources, "fuzz.policy", (const char *)data, size,
				      (struct fp_span){ 0, 0 });
		fp_buf_init(&out, &u.arena);
		fp_ast_dump(fp_parse(&u, src), &out);
		fp_tokens_dump(&u, src, &out);
		fp_diag_render(&u, &out, true);
	}
	fp_unit_free(&u);
	return 0;
}
