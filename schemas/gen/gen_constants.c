/* SPDX-License-Identifier: MIT */
/* Named constants: constants.tsv, with the values of every ABI spelled out. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gen.h"

/* Reads "arm=0x4000,aarch64=0x4000" into the values that differ. */
static void differ(const struct tables *g, const struct tsv_row *r, unsigned present,
		   int64_t *value)
{
	const struct tsv *t = &g->constants;
	char *rest = r->cell[5];
	char *pair;

	if (!strcmp(rest, "-"))
		return;
	while ((pair = tsv_piece(&rest, ','))) {
		const char *name = tsv_piece(&pair, '=');
		const unsigned bit = gen_abi_set(g, t, r, name);

		if (!pair || !(bit & present) || !strcmp(name, "*"))
			tsv_fail(t, r, "not `abi=value` of an ABI that has it", name);
		for (size_t a = 0; a < g->abis.n; a++) {
			if (bit & 1u << a)
				value[a] = tsv_number(t, r, pair, INT64_MIN, INT64_MAX);
		}
	}
}

void gen_constants(const struct tables *g)
{
	const struct tsv *t = &g->constants;

	printf("static const struct fp_const constants[] = {\n");
	for (size_t i = 0; i < t->n; i++) {
		const struct tsv_row *r = &t->row[i];
		const unsigned present = gen_abi_set(g, t, r, r->cell[3]);
		const int64_t common = tsv_number(t, r, r->cell[4], INT64_MIN, INT64_MAX);
		const bool is_enum = !strcmp(r->cell[2], "enum");
		int64_t value[ABI_MAX];

		if (!is_enum && strcmp(r->cell[2], "flag") && strcmp(r->cell[2], "mask"))
			tsv_fail(t, r, "neither enum, flag nor mask", r->cell[2]);
		for (size_t a = 0; a < ABI_MAX; a++)
			value[a] = present & 1u << a ? common : 0;
		differ(g, r, present, value);
		printf("\t{ \"%s\", \"%s\", %s, {", r->cell[0], r->cell[1],
		       is_enum ? "true" : "false");
		for (size_t a = 0; a < g->abis.n; a++)
			printf(" INT64_C(%" PRId64 "),", value[a]);
		printf(" }, %u },\n", present);
	}
	printf("};\n");
}
