/* SPDX-License-Identifier: MIT */
/* libFuzzer: any bytes as a filter; what is decoded runs as its diagram says, and can be printed.
 */
#include "ir/domain_calls.h"
#include "verify/disasm.h"
#include "verify/symbolic.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Calls made of the filter's own constants. */
static struct fp_bpf_data draw(const struct fp_bpf *b, uint32_t n)
{
	const uint32_t k[] = { b->at[n % b->n].k, b->at[(n * 7 + 1) % b->n].k,
			       b->at[(n * 13 + 2) % b->n].k };
	struct fp_bpf_data d = { .nr = k[0] + n % 2, .arch = k[1], .ip = k[2] };

	for (unsigned i = 0; i < 6; i++)
		d.args[i] = (uint64_t)k[(n + i) % 3] << 32 | (k[(n * i) % 3] - n % 3);
	return d;
}

static void put_word(struct fp_dd_set *s, unsigned var, uint32_t value)
{
	for (unsigned i = 0; i < 32; i++)
		if (value >> (31 - i) & 1)
			fp_dd_set_add(s, var + i);
}

static void compare(const struct fp_dd *dd, uint32_t node, const struct fp_bpf *b)
{
	for (uint32_t n = 0; n < 64; n++) {
		struct fp_bpf_data d = draw(b, n);
		struct fp_dd_set at;
		uint32_t value;
		if (!fp_bpf_run(b, &d, &value))
			continue;
		fp_domain_bits(d.args, &at);
		put_word(&at, FP_DOMAIN_ARCH, d.arch);
		put_word(&at, FP_DOMAIN_NR, d.nr);
		put_word(&at, FP_DOMAIN_IP, (uint32_t)(d.ip >> 32));
		put_word(&at, FP_DOMAIN_IP + 32, (uint32_t)d.ip);
		if (fp_dd_eval(dd, node, &at) != fp_domain_leaf(fp_bpf_decision(value)))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct fp_disasm_map none = { .artifact = "" };
	static struct fp_unit u;
	struct fp_bpf code;
	struct fp_buf out;
	struct fp_dd dd;
	uint32_t node;

	fp_unit_init(&u, (size_t)256 << 20);
	if (!setjmp(u.recover) && !fp_bpf_decode(&u.arena, data, size, &code)) {
		fp_dd_init(&dd, &u.arena, 50000);
		if (!fp_bpf_diagram(&dd, &u.arena, &code, &node))
			compare(&dd, node, &code);
		fp_buf_init(&out, &u.arena);
		fp_bpf_print(&u, &code, &none, &out);
	}
	fp_unit_free(&u);
	return 0;
}
