/* SPDX-License-Identifier: MIT */
/* libFuzzer: any text as a profile for a runtime or for Docker. */
#include "verify/list.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What libseccomp is given must be within its bounds. */
static void check(const struct fp_list *list)
{
	size_t calls = 0;

	for (size_t i = 0; i < list->rules.n; i++) {
		const struct fp_list_rule *r = &list->rules.at[i];
		calls += r->name_count;
		if (!r->name_count)
			abort();
		for (size_t k = 0; k < r->arg_count; k++)
			if (r->args[k].index > 5 || r->args[k].op < FP_LIST_NE ||
			    r->args[k].op > FP_LIST_MASKED_EQ)
				abort();
	}
	if (calls != list->call_count || calls > FP_LIST_CALLS)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fp_unit u;

	fp_unit_init(&u, (size_t)256 << 20);
	if (!setjmp(u.recover)) {
		json_t *root;
		if (!fp_list_parse(&u, (const char *)data, size, &root))
			for (enum fp_arch arch = 0; arch < FP_ARCH_N; arch++) {
				const struct fp_list_host host = { arch, FP_SINCE(6, 1), 0x1ff };
				struct fp_stand_ins s;
				struct fp_list list;
				if (fp_list_read(&u, root, &host, &list))
					continue;
				check(&list);
				fp_list_stand_in(&u, &list, arch, &s);
			}
	}
	fp_unit_free(&u);
	return 0;
}
