/* SPDX-License-Identifier: MIT */
/* The boundary, of filters: whether they mean what a policy says, and what they are. */
#include "handle.h"

#include "verify/disasm.h"
#include "verify/list.h"
#include "verify/question.h"

#include <string.h>

static const struct fp_span nowhere;

static bool find_wanted(struct fpolicy *p, const char *word, enum fp_wanted *out)
{
	static const char *const words[] = { "same", "narrower", "wider" };

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i], word)) {
			*out = (enum fp_wanted)i;
			return true;
		}
	fp_diag(&p->unit, FP_E_USAGE, nowhere,
		"'%s' is not how filters are compared: same, narrower, wider", word);
	return false;
}

static bool find_arch(struct fpolicy *p, const char *word, enum fp_arch *out)
{
	if (!fp_arch_find(word, strlen(word), out))
		fp_diag(&p->unit, FP_E_USAGE, nowhere, "there is no architecture '%s'", word);
	else if (!p->targets.at[0]->archs[*out])
		fp_diag(&p->unit, FP_E_USAGE, nowhere, "%s is no machine of %s", word,
			p->targets.at[0]->name);
	else
		return true;
	return false;
}

static void find_target(struct fpolicy *p)
{
	fp_handle_targets(p);
	if (!p->unit.diags.errors && p->targets.n != 1)
		fp_diag(&p->unit, FP_E_USAGE, p->ir->span,
			"filters are of one target, and there are %zu: --target=NAME",
			p->targets.n);
}

static struct fp_foreign *copy_filters(struct fpolicy *p, const struct fpolicy_filters *f)
{
	struct fp_foreign *out = FP_NEW_ARRAY(&p->unit.arena, f->n, struct fp_foreign);

	for (size_t i = 0; i < f->n; i++)
		out[i] = (struct fp_foreign){ f->at[i].name, f->at[i].data, f->at[i].len };
	return out;
}

enum fpolicy_status fpolicy_verify(struct fpolicy *p, const char *name, const char *data,
				   size_t len, const struct fpolicy_filters *filters,
				   const char **text)
{
	struct fp_question q = { .n = filters->n };
	enum fpolicy_status status = fpolicy_load(p, name, data, len);
	struct fp_buf *out;

	*text = "";
	if (status != FPOLICY_OK)
		return status;
	FP_HANDLE_GUARD(p);
	find_target(p);
	if (p->unit.diags.errors || !find_wanted(p, filters->wanted, &q.wanted) ||
	    !find_arch(p, filters->arch, &q.arch))
		return fp_handle_status(p);
	if (!q.n) {
		fp_diag(&p->unit, FP_E_USAGE, nowhere, "there is no filter to look at");
		return fp_handle_status(p);
	}
	q.ir = p->ir;
	q.target = p->targets.at[0];
	q.filters = copy_filters(p, filters);
	out = FP_NEW(&p->unit.arena, struct fp_buf);
	fp_buf_init(out, &p->unit.arena);
	enum fp_outcome outcome = fp_verify_question(&p->unit, &q, out);
	*text = fp_buf_text(out);
	return p->unit.diags.errors || outcome != FP_FAILS ? fp_handle_status(p) : FPOLICY_FINDINGS;
}

enum fpolicy_status fpolicy_disassemble(struct fpolicy *p, const struct fpolicy_text *filter,
					const struct fpolicy_origin *origin, const char **text)
{
	struct fp_disasm_map map = { .artifact = origin->artifact };
	json_t *claims = NULL;
	struct fp_bpf code;
	struct fp_buf *out;

	*text = "";
	FP_HANDLE_GUARD(p);
	const char *why = fp_bpf_decode(&p->unit.arena, filter->data, filter->len, &code);
	if (why)
		fp_diag(&p->unit, FP_E_FILTER, nowhere, "%s: %s", filter->name, why);
	if (!why && origin->claims.len) {
		why = fp_list_parse(&p->unit, origin->claims.data, origin->claims.len, &claims);
		if (why)
			fp_diag(&p->unit, FP_E_JSON, nowhere, "%s: %s", origin->claims.name, why);
	}
	if (why)
		return fp_handle_status(p);
	map.claims = claims;
	map.map = fp_arena_text(&p->unit.arena, origin->map.len ? origin->map.data : "",
				origin->map.len);
	out = FP_NEW(&p->unit.arena, struct fp_buf);
	fp_buf_init(out, &p->unit.arena);
	fp_bpf_print(&p->unit, &code, &map, out);
	*text = fp_buf_text(out);
	return fp_handle_status(p);
}
