/* SPDX-License-Identifier: MIT */
/* Filters, decoded and run on all calls at once (compiler/verify), as what they decide about calls.
 */
#include "api_filter.h"
#include "ir/domain_calls.h"
#include "verify/symbolic.h"

struct filter {
	struct fp_unit *u;
	struct fp_bpf bpf;
	uint32_t root; /* over all of seccomp_data */
	struct fp_call_source source;
};

/* What is left once the bits up to `end` are known: they stand before all others. */
static uint32_t cofactor(const struct fp_dd *d, uint32_t node, const struct fp_dd_set *known,
			 unsigned end)
{
	while (!fp_dd_is_leaf(d, node) && fp_dd_var(d, node) < end)
		node = fp_dd_branch(d, node, fp_dd_set_has(known, fp_dd_var(d, node)));
	return node;
}

static void put_word(struct fp_dd_set *s, unsigned first, uint32_t value)
{
	for (unsigned bit = 0; bit < 32; bit++)
		if (value >> bit & 1)
			fp_dd_set_add(s, first + 31 - bit);
}

static uint32_t number(void *context, struct fp_dd *d, enum fp_abi abi)
{
	const struct filter *f = context;
	struct fp_dd_set known = { 0 };

	put_word(&known, FP_DOMAIN_ARCH, fp_abi(abi)->audit_arch);
	return cofactor(d, f->root, &known, FP_DOMAIN_NR);
}

static uint32_t call(void *context, struct fp_dd *d, const struct fp_sysdef *sys, enum fp_abi abi)
{
	struct fp_dd_set known = { 0 };

	put_word(&known, FP_DOMAIN_NR, (uint32_t)sys->nr[abi] | fp_abi(abi)->nr_bit);
	return cofactor(d, number(context, d, abi), &known, FP_DOMAIN_ARGS);
}

/* A filter is for the machines whose own ABI it does not refuse as a whole; if none, for all. */
static uint8_t abis_of(struct filter *f, struct fp_dd *d)
{
	uint8_t machines = 0, abis = 0;

	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
		if (fp_abi(abi)->is_native && !fp_dd_is_leaf(d, number(f, d, abi)))
			machines |= (uint8_t)(1u << fp_abi(abi)->arch);
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
		if (!machines || machines >> fp_abi(abi)->arch & 1)
			abis |= (uint8_t)(1u << abi);
	return abis;
}

static const char *begin(void *context, struct fp_dd *d)
{
	struct filter *f = context;
	const char *why = fp_bpf_diagram(d, &f->u->arena, &f->bpf, &f->root);

	if (!why)
		f->source.abis = abis_of(f, d);
	return why;
}

const struct fp_call_source *fp_filter_read(struct fp_unit *u, const char *name, const void *bytes,
					    size_t len)
{
	struct filter *f = FP_NEW(&u->arena, struct filter);
	const char *why = fp_bpf_decode(&u->arena, bytes, len, &f->bpf);

	f->u = u;
	f->source = (struct fp_call_source){
		.context = f, .begin = begin, .call = call, .number = number
	};
	if (!why)
		return &f->source;
	fp_diag(u, FP_E_SIDE, (struct fp_span){ 0, 0 }, "%s is no seccomp filter: %s", name, why);
	return NULL;
}
