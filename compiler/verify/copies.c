/* SPDX-License-Identifier: MIT */
/* Copies inside configurations, compared. */
#include "verify/copies.h"
#include "verify/list.h"

#include <nettle/base64.h>

bool fp_copy_is_list(struct fp_unit *u, const char *text, size_t len, const json_t *list)
{
	json_t *root;

	if (fp_list_parse(u, text, len, &root))
		return false;
	return json_equal(json_object_get(json_object_get(root, "linux"), "seccomp"), list);
}

bool fp_copy_is_filter(struct fp_unit *u, const char *text, size_t len, const void *filter,
		       size_t filter_len)
{
	struct base64_decode_ctx ctx;
	json_t *root;

	if (fp_list_parse(u, text, len, &root))
		return false;
	const json_t *value =
		json_object_get(json_object_get(root, "annotations"), "run.oci.seccomp_bpf_data");
	size_t n = json_string_length(value), out_len = BASE64_DECODE_LENGTH(n);
	uint8_t *out = FP_NEW_ARRAY(&u->arena, out_len, uint8_t);
	base64_decode_init(&ctx);
	return value && base64_decode_update(&ctx, &out_len, out, n, json_string_value(value)) &&
	       base64_decode_final(&ctx) && out_len == filter_len &&
	       !memcmp(out, filter, filter_len);
}
