/* SPDX-License-Identifier: MIT */
/* Filters printed: what the accumulator holds, which ABIs can be there, and whose rule it is. */
#include "verify/disasm.h"
#include "base/num.h"

#include <inttypes.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>

#define X32_BIT 0x40000000u

/* What is known where an instruction begins, on every way there. */
struct known {
	uint8_t abis;   /* bit per ABI that the call may have; 0: nothing leads here */
	uint8_t offset; /* of the word that A is, whole or masked */
	bool is_word;
};

struct rules { /* of one instruction */
	FP_VEC(const char *) text;
};

struct printer {
	struct fp_unit *u;
	const struct fp_bpf *b;
	struct known *at;
	struct rules *rules; /* by instruction */
	struct fp_buf *out;
};

/* Rules that are told of one instruction; of others there is a count. */
#define RULES_TOLD 2u
#define RULE_CUT   60

static const char *const mnemonics[] = {
	[FP_BPF_LD] = "ld",     [FP_BPF_LD_IMM] = "ld",   [FP_BPF_LDX_IMM] = "ldx",
	[FP_BPF_LD_MEM] = "ld", [FP_BPF_LDX_MEM] = "ldx", [FP_BPF_ST] = "st",
	[FP_BPF_STX] = "stx",   [FP_BPF_TAX] = "tax",     [FP_BPF_TXA] = "txa",
	[FP_BPF_ADD] = "add",   [FP_BPF_SUB] = "sub",     [FP_BPF_MUL] = "mul",
	[FP_BPF_DIV] = "div",   [FP_BPF_AND] = "and",     [FP_BPF_OR] = "or",
	[FP_BPF_XOR] = "xor",   [FP_BPF_LSH] = "lsh",     [FP_BPF_RSH] = "rsh",
	[FP_BPF_NEG] = "neg",   [FP_BPF_JA] = "ja",       [FP_BPF_JEQ] = "jeq",
	[FP_BPF_JGT] = "jgt",   [FP_BPF_JGE] = "jge",     [FP_BPF_JSET] = "jset",
	[FP_BPF_RET] = "ret",   [FP_BPF_RET_A] = "ret",
};

#define OFFSET_NR   offsetof(struct seccomp_data, nr)
#define OFFSET_ARCH offsetof(struct seccomp_data, arch)
#define OFFSET_IP   offsetof(struct seccomp_data, instruction_pointer)
#define OFFSET_ARGS offsetof(struct seccomp_data, args)

/* ---- what is known ---- */

static uint8_t of_arch(uint32_t audit)
{
	uint8_t set = 0;

	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
		if (fp_abi(abi)->audit_arch == audit)
			set |= (uint8_t)(1u << abi);
	return set;
}

static void meet(struct known *k, struct known with)
{
	if (k->abis && (k->is_word != with.is_word || k->offset != with.offset))
		k->is_word = false;
	else if (!k->abis)
		*k = with;
	k->abis |= with.abis;
}

static bool is_jump(const struct fp_bpf_insn *i)
{
	return i->op >= FP_BPF_JA && i->op <= FP_BPF_JSET;
}

static void spread_jump(struct printer *p, const struct fp_bpf_insn *i, struct known k)
{
	struct known yes = k, no = k;

	if (i->op == FP_BPF_JEQ && !i->is_x && k.is_word && k.offset == OFFSET_ARCH) {
		yes.abis &= of_arch(i->k);
		no.abis &= (uint8_t)~of_arch(i->k);
	}
	if (yes.abis)
		meet(&p->at[i->to[1]], yes);
	if (no.abis)
		meet(&p->at[i->to[0]], no);
}

static void spread(struct printer *p)
{
	const uint8_t all = (uint8_t)((1u << FP_ABI_N) - 1);

	p->at[0].abis = all;
	for (uint32_t pc = 0; pc < p->b->n; pc++) {
		const struct fp_bpf_insn *i = &p->b->at[pc];
		struct known k = p->at[pc];
		if (i->op == FP_BPF_LD)
			k = (struct known){ k.abis, (uint8_t)i->k, true };
		else if (i->op < FP_BPF_JA && i->op != FP_BPF_AND && i->op != FP_BPF_ST &&
			 i->op != FP_BPF_STX && i->op != FP_BPF_TAX && i->op != FP_BPF_LDX_IMM &&
			 i->op != FP_BPF_LDX_MEM)
			k.is_word = false;
		if (!k.abis)
			continue;
		if (is_jump(i))
			spread_jump(p, i, k);
		else if (i->op < FP_BPF_JA)
			meet(&p->at[pc + 1], k);
	}
}

/* ---- words ---- */

static void put_word(struct fp_buf *out, uint32_t offset)
{
	if (offset == OFFSET_NR)
		fp_buf_puts(out, "nr");
	else if (offset == OFFSET_ARCH)
		fp_buf_puts(out, "arch");
	else if (offset < OFFSET_ARGS)
		fp_buf_puts(out, offset == OFFSET_IP ? "ip.lo" : "ip.hi");
	else
		fp_buf_printf(out, "arg%zu.%s", (offset - OFFSET_ARGS) / 8,
			      offset % 8 ? "hi" : "lo");
}

static void put_operand(struct fp_buf *out, const struct fp_bpf_insn *i, bool is_nr)
{
	if (i->is_x)
		fp_buf_puts(out, "x");
	else
		fp_buf_printf(out, is_nr ? "%" PRIu32 : "0x%" PRIx32, i->k);
}

static void put_code(struct printer *p, const struct fp_bpf_insn *i, const struct known *k)
{
	struct fp_buf *out = p->out;
	bool is_nr = k->is_word && k->offset == OFFSET_NR && !(i->k & X32_BIT);

	fp_buf_printf(out, "%-5s", mnemonics[i->op]);
	if (i->op == FP_BPF_LD) {
		fp_buf_putc(out, ' ');
		put_word(out, i->k);
	} else if (i->op == FP_BPF_JA) {
		fp_buf_printf(out, " %u", i->to[0]);
	} else if (is_jump(i)) {
		fp_buf_putc(out, ' ');
		if (k->is_word)
			put_word(out, k->offset);
		else
			fp_buf_putc(out, 'a');
		fp_buf_puts(out, ", ");
		put_operand(out, i, is_nr);
		fp_buf_printf(out, ", %u, %u", i->to[1], i->to[0]);
	} else if (i->op == FP_BPF_RET) {
		fp_buf_printf(out, " %s",
			      fp_bpf_decision_text(&p->u->arena, fp_bpf_decision(i->k)));
	} else if (i->op == FP_BPF_RET_A) {
		fp_buf_puts(out, " a");
	} else if (i->op == FP_BPF_LD_MEM || i->op == FP_BPF_LDX_MEM || i->op == FP_BPF_ST ||
		   i->op == FP_BPF_STX) {
		fp_buf_printf(out, " m[%" PRIu32 "]", i->k);
	} else if (i->op != FP_BPF_TAX && i->op != FP_BPF_TXA && i->op != FP_BPF_NEG) {
		fp_buf_putc(out, ' ');
		put_operand(out, i, false);
	}
}

/* "socket", or with the ABI where several are possible and they differ. */
static void put_calls(struct printer *p, uint32_t nr, uint8_t abis)
{
	const struct fp_sysdef *first = NULL;
	const char *separator = "";

	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
		bool is_x86 = fp_abi(abi)->audit_arch == fp_abi(FP_ABI_X86_64)->audit_arch;
		uint32_t bit = is_x86 ? nr & X32_BIT : 0;
		const struct fp_sysdef *sys = fp_sys_by_nr(abi, nr & ~bit);
		if (!(abis >> abi & 1) || bit != fp_abi(abi)->nr_bit || !sys || sys == first)
			continue;
		fp_buf_printf(p->out, "%s%s %s", separator, fp_abi(abi)->name, sys->name);
		separator = ", ";
		first = sys;
	}
}

static void put_archs(struct printer *p, uint32_t audit)
{
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
		if (of_arch(audit) >> abi & 1 && !fp_abi(abi)->nr_bit)
			fp_buf_puts(p->out, fp_abi(abi)->name);
}

static void put_comment(struct printer *p, uint32_t pc)
{
	const struct fp_bpf_insn *i = &p->b->at[pc];
	const struct known *k = &p->at[pc];
	size_t before, mark = p->out->len;

	fp_buf_puts(p->out, "  ; ");
	before = p->out->len;
	if (!k->abis)
		fp_buf_puts(p->out, "never reached");
	else if (i->op >= FP_BPF_JEQ && i->op <= FP_BPF_JGE && !i->is_x && k->is_word) {
		if (k->offset == OFFSET_NR)
			put_calls(p, i->k, k->abis);
		else if (k->offset == OFFSET_ARCH)
			put_archs(p, i->k);
	}
	const struct rules *r = &p->rules[pc];
	for (size_t n = 0; n < r->text.n && n < RULES_TOLD; n++)
		fp_buf_printf(p->out, "%s[%.*s%s]", p->out->len > before ? " " : "", RULE_CUT,
			      r->text.at[n], strlen(r->text.at[n]) > RULE_CUT ? "..." : "");
	if (r->text.n > RULES_TOLD)
		fp_buf_printf(p->out, " and %zu more", r->text.n - RULES_TOLD);
	if (p->out->len == before) {
		p->out->len = mark;
		p->out->data[mark] = '\0';
	}
}

/* ---- rules ---- */

/* The number up to the next tab or line end; false where there is none. */
static bool take_number(const char **p, uint64_t *out)
{
	size_t len = strcspn(*p, "\t\n");
	bool ok = fp_num_parse_base(*p, len, 10, out);

	*p += len;
	*p += **p == '\t';
	return ok;
}

/* "seccomp/x86_64.bpf <tab> first byte <tab> byte after <tab> rule", at `line`. */
static void read_line(struct printer *p, const struct fp_disasm_map *m, const char *line)
{
	size_t len = strlen(m->artifact);
	uint64_t begin, end, rule;

	if (strncmp(line, m->artifact, len) || line[len] != '\t')
		return;
	line += len + 1;
	if (!take_number(&line, &begin) || !take_number(&line, &end) || !take_number(&line, &rule))
		return;
	const json_t *row = json_array_get(json_object_get(m->claims, "rules"), rule);
	const char *text = json_string_value(json_object_get(row, "rule"));
	for (uint64_t pc = begin / 8; text && pc < end / 8 && pc < p->b->n; pc++)
		fp_vec_push(&p->u->arena, &p->rules[pc].text, text);
}

static void read_map(struct printer *p, const struct fp_disasm_map *m)
{
	const char *line = m->map;

	while (line && *line) {
		const char *end = strchr(line, '\n');
		read_line(p, m, line);
		line = end ? end + 1 : NULL;
	}
}

void fp_bpf_print(struct fp_unit *u, const struct fp_bpf *b, const struct fp_disasm_map *map,
		  struct fp_buf *out)
{
	struct printer p = { .u = u, .b = b, .out = out };

	p.at = FP_NEW_ARRAY(&u->arena, b->n, struct known);
	p.rules = FP_NEW_ARRAY(&u->arena, b->n, struct rules);
	spread(&p);
	read_map(&p, map);
	fp_buf_printf(out,
		      "; %" PRIu32 " instructions. A jump names where it goes if so, if not.\n",
		      b->n);
	for (uint32_t pc = 0; pc < b->n; pc++) {
		fp_buf_printf(out, "%6" PRIu32 "  ", pc);
		put_code(&p, &b->at[pc], &p.at[pc]);
		put_comment(&p, pc);
		fp_buf_putc(out, '\n');
	}
}
