/* SPDX-License-Identifier: MIT */
/* Words of functions, and the arithmetic on them. */
#include "verify/values.h"
#include "ir/domain_calls.h"

#include <linux/seccomp.h>
#include <stddef.h>

#define BITS_VARYING 12u /* of a returned value */
#define NOT_MODELLED UINT32_MAX

enum {
	KIND_CONST, /* k[1] */
	KIND_WORD,  /* k[1]: offset in seccomp_data */
	KIND_OP     /* + op: k[1] op k[2] */
};

static uint32_t number(struct fp_values *v, uint32_t kind, uint32_t a, uint32_t b)
{
	return fp_keys_number(v->arena, &v->keys, (struct fp_key){ { kind, a, b, 0 } });
}

uint32_t fp_value_const(struct fp_values *v, uint32_t k)
{
	uint32_t id = number(v, KIND_CONST, k, 0);
	struct fp_bits bits = { .same = id };

	if (id < v->bits.n)
		return id;
	for (unsigned i = 0; i < 32; i++)
		bits.at[i] = k >> i & 1 ? FP_DD_TRUE : FP_DD_FALSE;
	fp_vec_push(v->arena, &v->bits, bits);
	return id;
}

void fp_values_init(struct fp_values *v, struct fp_dd *d, struct fp_arena *a)
{
	*v = (struct fp_values){ .dd = d, .arena = a };
	fp_value_const(v, 0);
}

/* The variable of the word's highest bit. */
static unsigned first_var(uint32_t offset)
{
	const uint32_t args = offsetof(struct seccomp_data, args);

	if (offset == offsetof(struct seccomp_data, nr))
		return FP_DOMAIN_NR;
	if (offset == offsetof(struct seccomp_data, arch))
		return FP_DOMAIN_ARCH;
	unsigned half = offset % 8 ? 0 : 32; /* the high half is behind, and comes first */
	if (offset < args)
		return FP_DOMAIN_IP + half;
	return FP_DOMAIN_ARGS + (offset - args) / 8 * 64 + half;
}

uint32_t fp_value_load(struct fp_values *v, uint32_t offset)
{
	uint32_t id = number(v, KIND_WORD, offset, 0);
	struct fp_bits bits = { .same = id };

	if (id < v->bits.n)
		return id;
	for (unsigned i = 0; i < 32; i++)
		bits.at[i] = fp_dd_node(v->dd, first_var(offset) + 31 - i, FP_DD_FALSE, FP_DD_TRUE);
	fp_vec_push(v->arena, &v->bits, bits);
	return id;
}

bool fp_value_is_const(const struct fp_values *v, uint32_t value, uint32_t *k)
{
	*k = v->keys.list.at[value].k[1];
	return v->keys.list.at[value].k[0] == KIND_CONST;
}

bool fp_value_is_word(const struct fp_values *v, uint32_t value, uint32_t offset)
{
	return v->keys.list.at[value].k[0] == KIND_WORD && v->keys.list.at[value].k[1] == offset;
}

static uint32_t exclusive(struct fp_dd *d, uint32_t a, uint32_t b)
{
	return fp_dd_if(d, a, fp_dd_not(d, b), b);
}

static struct fp_bits sum(struct fp_dd *d, const struct fp_bits *a, const struct fp_bits *b,
			  uint32_t carry)
{
	struct fp_bits out;

	for (unsigned i = 0; i < 32; i++) {
		uint32_t either = exclusive(d, a->at[i], b->at[i]);
		out.at[i] = exclusive(d, either, carry);
		carry = fp_dd_if(d, either, carry, a->at[i]);
	}
	return out;
}

/* Left by `by`, or right by -`by`. */
static struct fp_bits shifted(const struct fp_bits *a, int by)
{
	struct fp_bits out;

	for (int i = 0; i < 32; i++)
		out.at[i] = i - by >= 0 && i - by < 32 ? a->at[i - by] : FP_DD_FALSE;
	return out;
}

static struct fp_bits complement(struct fp_dd *d, const struct fp_bits *a)
{
	struct fp_bits out;

	for (unsigned i = 0; i < 32; i++)
		out.at[i] = fp_dd_not(d, a->at[i]);
	return out;
}

static struct fp_bits bitwise(struct fp_dd *d, enum fp_bpf_op op, const struct fp_bits *a,
			      const struct fp_bits *b)
{
	struct fp_bits out;

	for (unsigned i = 0; i < 32; i++)
		out.at[i] = op == FP_BPF_AND  ? fp_dd_and(d, a->at[i], b->at[i])
			    : op == FP_BPF_OR ? fp_dd_or(d, a->at[i], b->at[i])
					      : exclusive(d, a->at[i], b->at[i]);
	return out;
}

static struct fp_bits product(struct fp_dd *d, const struct fp_bits *a, uint32_t k)
{
	struct fp_bits out = { .at = { FP_DD_FALSE } };

	for (int i = 0; i < 32; i++) {
		struct fp_bits part = shifted(a, i);
		if (k >> i & 1)
			out = sum(d, &out, &part, FP_DD_FALSE);
	}
	return out;
}

/* By the operation; `is_const`: `k` is what b is. */
static bool compute(struct fp_values *v, enum fp_bpf_op op, const struct fp_bits *a,
		    const struct fp_bits *b, bool is_const, uint32_t k, struct fp_bits *out)
{
	struct fp_bits other;

	if (op == FP_BPF_ADD) {
		*out = sum(v->dd, a, b, FP_DD_FALSE);
	} else if (op == FP_BPF_SUB) {
		other = complement(v->dd, b);
		*out = sum(v->dd, a, &other, FP_DD_TRUE);
	} else if (op == FP_BPF_AND || op == FP_BPF_OR || op == FP_BPF_XOR) {
		*out = bitwise(v->dd, op, a, b);
	} else if (!is_const) {
		return false;
	} else if (op == FP_BPF_MUL) {
		*out = product(v->dd, a, k);
	} else if (op == FP_BPF_DIV && k && !(k & (k - 1))) {
		*out = shifted(a, -__builtin_ctz(k));
	} else if ((op == FP_BPF_LSH || op == FP_BPF_RSH) && k < 32) {
		*out = shifted(a, op == FP_BPF_LSH ? (int)k : -(int)k);
	} else {
		return false;
	}
	return true;
}

static bool as_const(const struct fp_bits *b, uint32_t *k)
{
	*k = 0;
	for (unsigned i = 0; i < 32; i++) {
		if (b->at[i] != FP_DD_FALSE && b->at[i] != FP_DD_TRUE)
			return false;
		*k |= (uint32_t)(b->at[i] == FP_DD_TRUE) << i;
	}
	return true;
}

bool fp_value_compute(struct fp_values *v, enum fp_bpf_op op, uint32_t a, uint32_t b, uint32_t *out)
{
	struct fp_bits left = v->bits.at[a], right = v->bits.at[b], bits = { .same = NOT_MODELLED };
	uint32_t id = number(v, KIND_OP + (uint32_t)op, a, b), k;
	bool is_const = fp_value_is_const(v, b, &k);

	if (id < v->bits.n) {
		*out = v->bits.at[id].same;
		return *out != NOT_MODELLED;
	}
	if (compute(v, op, &left, &right, is_const, k, &bits))
		bits.same = id;
	fp_vec_push(v->arena, &v->bits, bits);
	if (bits.same == id && as_const(&bits, &k)) {
		uint32_t same = fp_value_const(v, k);
		v->bits.at[id].same = same;
	}
	*out = v->bits.at[id].same;
	return *out != NOT_MODELLED;
}

/* Bits of a word come in the order of their variables: what is built last is asked first. */
uint32_t fp_value_test(struct fp_values *v, enum fp_bpf_op op, uint32_t a, uint32_t b)
{
	uint32_t r = op == FP_BPF_JEQ || op == FP_BPF_JGE ? FP_DD_TRUE : FP_DD_FALSE;

	for (unsigned i = 0; i < 32; i++) {
		uint32_t x = v->bits.at[a].at[i], y = v->bits.at[b].at[i], if_set, if_clear;
		if (op == FP_BPF_JSET) {
			if_set = fp_dd_if(v->dd, y, FP_DD_TRUE, r);
			if_clear = r;
		} else if (op == FP_BPF_JEQ) {
			if_set = fp_dd_if(v->dd, y, r, FP_DD_FALSE);
			if_clear = fp_dd_if(v->dd, y, FP_DD_FALSE, r);
		} else {
			if_set = fp_dd_if(v->dd, y, r, FP_DD_TRUE);
			if_clear = fp_dd_if(v->dd, y, FP_DD_FALSE, r);
		}
		r = fp_dd_if(v->dd, x, if_set, if_clear);
	}
	return r;
}

static uint32_t decide(struct fp_values *v, const struct fp_bits *b, unsigned bit, uint32_t prefix)
{
	struct fp_decision d = fp_bpf_decision(prefix);

	if (!bit)
		return fp_dd_leaf(v->dd, fp_domain_leaf(d));
	uint32_t is_set = b->at[bit - 1], one = (uint32_t)1 << (bit - 1);
	if (is_set == FP_DD_FALSE)
		return decide(v, b, bit - 1, prefix);
	if (is_set == FP_DD_TRUE)
		return decide(v, b, bit - 1, prefix | one);
	uint32_t yes = decide(v, b, bit - 1, prefix | one);
	return fp_dd_if(v->dd, is_set, yes, decide(v, b, bit - 1, prefix));
}

bool fp_value_decision(struct fp_values *v, uint32_t value, uint32_t *node)
{
	struct fp_bits b = v->bits.at[value];
	unsigned varying = 0;

	for (unsigned i = 0; i < 32; i++)
		varying += b.at[i] != FP_DD_FALSE && b.at[i] != FP_DD_TRUE;
	if (varying > BITS_VARYING)
		return false;
	*node = decide(v, &b, 32, 0);
	return true;
}
