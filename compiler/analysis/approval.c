/* SPDX-License-Identifier: MIT */
/* What an owner signs: the two meanings by their digests, and all that the new one permits beyond.
 */
#include "analysis/diff.h"

static size_t put_items(const struct fp_diff *diff, struct fp_buf *out)
{
	size_t n = 0;

	for (size_t i = 0; i < diff->changes.n; i++) {
		const struct fp_change *c = &diff->changes.at[i];
		if (c->kind != FP_CHANGE_WIDER)
			continue;
		fp_buf_printf(out, "%s: ", fp_domain_name(c->domain));
		fp_diff_put(out, c->sentence);
		if (c->witness) {
			fp_buf_puts(out, "\n  for example: ");
			fp_diff_put(out, c->witness);
		}
		fp_buf_putc(out, '\n');
		n++;
	}
	return n;
}

bool fp_approval_print(const struct fp_diff *diff, struct fp_date until, struct fp_buf *out)
{
	if (!diff->old || !diff->new || !diff->old_digest[0] || !diff->new_digest[0] ||
	    diff->whole.may_be_wider)
		return false;
	fp_buf_puts(out, "fpolicy-approval 1\nowner: ");
	fp_diff_put(out, diff->old->owner);
	fp_buf_printf(out, "\nbase: %s\nnew: %s\n", diff->old_digest, diff->new_digest);
	if (until.year)
		fp_buf_printf(out, "until: %04u-%02u-%02u\n", until.year, until.month, until.day);
	fp_buf_puts(out, "\nThe new policy permits what the base does not:\n\n");
	return put_items(diff, out) > 0;
}
