/* SPDX-License-Identifier: MIT */
/* --dump=ir: the sealed IR as text, one rule a line, stable. */
#ifndef FP_IR_DUMP_H
#define FP_IR_DUMP_H

#include "ir/ir.h"

void fp_ir_dump(const struct fp_ir *ir, struct fp_buf *out);

#endif
