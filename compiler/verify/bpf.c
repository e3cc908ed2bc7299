/* SPDX-License-Identifier: MIT */
/* Bytes to instructions, by the kernel's rules. */
#include "verify/bpf.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>

#define INSN_SIZE 8u

struct form { /* of an opcode that seccomp_check_filter() lets through */
	uint16_t code;
	enum fp_bpf_op op;
};

static const struct form forms[] = {
	{ BPF_LD | BPF_W | BPF_ABS, FP_BPF_LD },
	{ BPF_LD | BPF_W | BPF_LEN, FP_BPF_LD_IMM },
	{ BPF_LDX | BPF_W | BPF_LEN, FP_BPF_LDX_IMM },
	{ BPF_LD | BPF_IMM, FP_BPF_LD_IMM },
	{ BPF_LDX | BPF_IMM, FP_BPF_LDX_IMM },
	{ BPF_LD | BPF_MEM, FP_BPF_LD_MEM },
	{ BPF_LDX | BPF_MEM, FP_BPF_LDX_MEM },
	{ BPF_ST, FP_BPF_ST },
	{ BPF_STX, FP_BPF_STX },
	{ BPF_MISC | BPF_TAX, FP_BPF_TAX },
	{ BPF_MISC | BPF_TXA, FP_BPF_TXA },
	{ BPF_ALU | BPF_ADD, FP_BPF_ADD },
	{ BPF_ALU | BPF_SUB, FP_BPF_SUB },
	{ BPF_ALU | BPF_MUL, FP_BPF_MUL },
	{ BPF_ALU | BPF_DIV, FP_BPF_DIV },
	{ BPF_ALU | BPF_AND, FP_BPF_AND },
	{ BPF_ALU | BPF_OR, FP_BPF_OR },
	{ BPF_ALU | BPF_XOR, FP_BPF_XOR },
	{ BPF_ALU | BPF_LSH, FP_BPF_LSH },
	{ BPF_ALU | BPF_RSH, FP_BPF_RSH },
	{ BPF_ALU | BPF_NEG, FP_BPF_NEG },
	{ BPF_JMP | BPF_JA, FP_BPF_JA },
	{ BPF_JMP | BPF_JEQ, FP_BPF_JEQ },
	{ BPF_JMP | BPF_JGT, FP_BPF_JGT },
	{ BPF_JMP | BPF_JGE, FP_BPF_JGE },
	{ BPF_JMP | BPF_JSET, FP_BPF_JSET },
	{ BPF_RET | BPF_K, FP_BPF_RET },
	{ BPF_RET | BPF_A, FP_BPF_RET_A },
};

static bool has_operand(enum fp_bpf_op op)
{
	return (op >= FP_BPF_ADD && op < FP_BPF_NEG) || (op >= FP_BPF_JEQ && op <= FP_BPF_JSET);
}

static bool is_branch(enum fp_bpf_op op)
{
	return op >= FP_BPF_JEQ && op <= FP_BPF_JSET;
}

/* BPF_X is a bit of its own where there is an operand; elsewhere it is part of another opcode. */
static const struct form *form_of(uint16_t code)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (forms[i].code == code ||
		    (has_operand(forms[i].op) && (forms[i].code | BPF_X) == code))
			return &forms[i];
	return NULL;
}

static uint32_t word(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* What is wrong with an operand: bpf_check_classic(), seccomp_check_filter(). */
static const char *bad_operand(const struct fp_bpf_insn *i, bool is_len)
{
	bool is_cell = i->op == FP_BPF_LD_MEM || i->op == FP_BPF_LDX_MEM || i->op == FP_BPF_ST ||
		       i->op == FP_BPF_STX;

	if (i->op == FP_BPF_LD && !is_len && (i->k % 4 || i->k >= sizeof(struct seccomp_data)))
		return "loads what is no word of struct seccomp_data";
	if (is_cell && i->k >= FP_BPF_CELLS)
		return "there are 16 words of memory";
	if (i->op == FP_BPF_DIV && !i->is_x && !i->k)
		return "divides by 0";
	if ((i->op == FP_BPF_LSH || i->op == FP_BPF_RSH) && !i->is_x && i->k >= 32)
		return "shifts by 32 and more";
	return NULL;
}

static const char *decode_insn(const unsigned char *p, uint32_t pc, uint32_t n,
			       struct fp_bpf_insn *out)
{
	uint16_t code = (uint16_t)(p[0] | p[1] << 8);
	const struct form *f = form_of(code);
	uint32_t room = n - pc - 1; /* instructions behind this one */

	if (!f)
		return "an opcode that seccomp does not take";
	*out = (struct fp_bpf_insn){ .op = f->op, .k = word(p + 4) };
	out->is_x = has_operand(f->op) && code & BPF_X;
	bool is_len =
		f->code == (BPF_LD | BPF_W | BPF_LEN) || f->code == (BPF_LDX | BPF_W | BPF_LEN);
	if (is_len)
		out->k = sizeof(struct seccomp_data);
	if (is_branch(f->op) && (p[2] >= room || p[3] >= room))
		return "jumps behind the end";
	if (f->op == FP_BPF_JA && out->k >= room)
		return "jumps behind the end";
	if (is_branch(f->op)) {
		out->to[1] = (uint16_t)(pc + 1 + p[2]);
		out->to[0] = (uint16_t)(pc + 1 + p[3]);
	} else if (f->op == FP_BPF_JA) {
		out->to[0] = out->to[1] = (uint16_t)(pc + 1 + out->k);
	}
	return bad_operand(out, is_len);
}

/* Words of memory must be written on every way to where they are read: check_load_and_stores(). */
static bool reads_unwritten(struct fp_arena *a, const struct fp_bpf *b, uint32_t *at)
{
	uint16_t *not_written = FP_NEW_ARRAY(a, b->n, uint16_t), here = UINT16_MAX;

	for (uint32_t pc = 0; pc < b->n; pc++) {
		const struct fp_bpf_insn *i = &b->at[pc];
		bool is_jump = i->op == FP_BPF_JA || is_branch(i->op);
		here |= not_written[pc];
		if (i->op == FP_BPF_ST || i->op == FP_BPF_STX)
			here &= (uint16_t) ~(1u << i->k);
		if ((i->op == FP_BPF_LD_MEM || i->op == FP_BPF_LDX_MEM) && here >> i->k & 1) {
			*at = pc;
			return true;
		}
		if (!is_jump)
			continue;
		not_written[i->to[0]] |= here;
		not_written[i->to[1]] |= here;
		here = 0; /* nothing falls through; only jumps lead to the next one */
	}
	return false;
}

const char *fp_bpf_decode(struct fp_arena *a, const void *bytes, size_t len, struct fp_bpf *out)
{
	const unsigned char *p = bytes;
	uint32_t n = (uint32_t)(len / INSN_SIZE), bad;

	if (len > FP_BPF_MAX * INSN_SIZE)
		return fp_arena_printf(a, "byte %u: more than %u instructions",
				       FP_BPF_MAX * INSN_SIZE, FP_BPF_MAX);
	if (len % INSN_SIZE)
		return fp_arena_printf(a, "byte %u: the file ends inside an instruction",
				       n * INSN_SIZE);
	if (!n)
		return "byte 0: there is no instruction";
	struct fp_bpf_insn *at = FP_NEW_ARRAY(a, n, struct fp_bpf_insn);
	*out = (struct fp_bpf){ .at = at, .n = n };
	for (uint32_t pc = 0; pc < n; pc++) {
		const char *why = decode_insn(p + pc * INSN_SIZE, pc, n, &at[pc]);
		if (why)
			return fp_arena_printf(a, "byte %u: %s", pc * INSN_SIZE, why);
	}
	if (at[n - 1].op != FP_BPF_RET && at[n - 1].op != FP_BPF_RET_A)
		return fp_arena_printf(a, "byte %u: the last instruction does not return",
				       (n - 1) * INSN_SIZE);
	if (reads_unwritten(a, out, &bad))
		return fp_arena_printf(a, "byte %u: reads memory that was not written on every way",
				       bad * INSN_SIZE);
	return NULL;
}

/* ---- what a return value means ---- */

struct fp_decision fp_bpf_decision(uint32_t value)
{
	uint16_t data = value & SECCOMP_RET_DATA;

	switch (value & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_KILL_THREAD:
		return (struct fp_decision){ .action = FP_ACT_KILL_THREAD };
	case SECCOMP_RET_TRAP:
		return (struct fp_decision){ FP_ACT_TRAP, data };
	case SECCOMP_RET_ERRNO: /* MAX_ERRNO */
		return (struct fp_decision){ FP_ACT_ERRNO, data > 4095 ? 4095 : data };
	case SECCOMP_RET_USER_NOTIF:
		return (struct fp_decision){ .action = FP_ACT_NOTIFY };
	case SECCOMP_RET_TRACE:
		return (struct fp_decision){ FP_ACT_TRACE, data };
	case SECCOMP_RET_LOG:
		return (struct fp_decision){ .action = FP_ACT_LOG };
	case SECCOMP_RET_ALLOW:
		return (struct fp_decision){ .action = FP_ACT_ALLOW };
	default: /* SECCOMP_RET_KILL_PROCESS, and what the kernel does not know */
		return (struct fp_decision){ .action = FP_ACT_KILL };
	}
}

bool fp_bpf_is_action(uint32_t value)
{
	return fp_bpf_decision(value).action != FP_ACT_KILL ||
	       (value & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_KILL_PROCESS;
}

const char *fp_bpf_decision_text(struct fp_arena *a, struct fp_decision d)
{
	static const char *const names[FP_ACT_N] = {
		"KILL_PROCESS", "KILL_THREAD", "TRAP", "ERRNO",
		"USER_NOTIF",   "TRACE",       "LOG",  "ALLOW"
	};
	const char *number = d.action == FP_ACT_ERRNO ? fp_errno_name(d.data) : NULL;

	if (number)
		return fp_arena_printf(a, "ERRNO(%s)", number);
	if (d.action == FP_ACT_ERRNO || d.action == FP_ACT_TRACE || d.action == FP_ACT_TRAP)
		return fp_arena_printf(a, "%s(%u)", names[d.action], d.data);
	return names[d.action];
}
