/* SPDX-License-Identifier: MIT */
/* The boundary, of explanations. */
#include "bundle/explain.h"
#include "handle.h"

#include <string.h>

static const struct fp_span nowhere; /* for what has no place in a source */

static bool find_abi(struct fpolicy *p, const char *name, enum fp_abi *out)
{
	struct fp_nearest near;

	*out = FP_ABI_N;
	if (!name || fp_abi_find(name, strlen(name), out))
		return true;
	fp_diag(&p->unit, FP_E_USAGE, nowhere, "there is no ABI '%s'", name);
	fp_nearest_init(&near, name, strlen(name));
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
		fp_nearest_offer(&near, fp_abi(abi)->name);
	fp_diag_nearest(&p->unit, &near);
	return false;
}

enum fpolicy_status fpolicy_explain(struct fpolicy *p, const char *name, const char *data,
				    size_t len, const struct fpolicy_query *query,
				    struct fpolicy_text *out)
{
	enum fp_abi abi;
	struct fp_buf *text;

	FP_HANDLE_GUARD(p);
	if (!find_abi(p, query->abi, &abi))
		return fp_handle_status(p);
	p->unit.options.query = fp_arena_text(&p->unit.arena, query->text, strlen(query->text));
	enum fpolicy_status status = fpolicy_compile(p, name, data, len);
	if (setjmp(p->unit.recover)) /* the frame of the compilation is gone */
		return p->is_broken = true, FPOLICY_MEMORY;
	if (status != FPOLICY_OK)
		return status;
	text = FP_NEW(&p->unit.arena, struct fp_buf);
	fp_buf_init(text, &p->unit.arena);
	if (query->wants_program)
		fp_explain_repro(&p->unit, p->ir, abi == FP_ABI_N ? FP_ABI_X86_64 : abi, text);
	else
		fp_explain(&p->unit, &p->bundle, abi, text);
	*out = (struct fpolicy_text){ .data = fp_buf_text(text), .len = text->len };
	return fp_handle_status(p);
}
