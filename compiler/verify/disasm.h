/* SPDX-License-Identifier: MIT */
/* Filters for reading: an instruction a line, with what its numbers are. */
#ifndef FP_VERIFY_DISASM_H
#define FP_VERIFY_DISASM_H

#include "base/json.h"
#include "verify/bpf.h"

/* Where instructions come from: srcmap.tsv and claims.json of the target's folder. */
struct fp_disasm_map {
	const char *artifact; /* "seccomp/x86_64.bpf" */
	const char *map;      /* NUL-terminated; NULL: none is there */
	const json_t *claims;
};

void fp_bpf_print(struct fp_unit *u, const struct fp_bpf *b, const struct fp_disasm_map *map,
		  struct fp_buf *out);

#endif
