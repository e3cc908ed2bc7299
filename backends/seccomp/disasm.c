/* SPDX-License-Identifier: MIT */
/* Readable twin of a filter, made from its bytes alone. */
#include "backends/seccomp/code.h"
#include "target/tables.h"

#include <inttypes.h>
#include <linux/seccomp.h>

/* What is known on arrival at an instruction; jumps go forward, so one pass finds it. */
struct known {
	bool is_target, is_reached;
	uint8_t abis;  /* that can still be: bit per ABI */
	bool is_other; /* an audit architecture of none of them can still be */
	bool has_word;
	uint32_t word, mask;
	uint32_t low, high; /* the number is in between */
};

struct listing {
	struct fp_buf *out;
	const unsigned char *data;
	size_t n;
	struct known *at; /* n + 1 */
};

static struct sock_filter decode(const struct listing *l, size_t i)
{
	const unsigned char *b = l->data + 8 * i;
	struct sock_filter f = { .code = (uint16_t)(b[0] | b[1] << 8), .jt = b[2], .jf = b[3] };

	f.k = (uint32_t)b[4] | (uint32_t)b[5] << 8 | (uint32_t)b[6] << 16 | (uint32_t)b[7] << 24;
	return f;
}

static void arrive(struct listing *l, size_t to, const struct known *from, bool is_jump)
{
	if (to >= l->n)
		return;
	struct known *k = &l->at[to];
	bool is_target = k->is_target || is_jump;
	if (!k->is_reached) {
		*k = *from;
	} else {
		k->abis |= from->abis;
		k->is_other |= from->is_other;
		k->has_word &= from->has_word && k->word == from->word && k->mask == from->mask;
		k->low = from->low < k->low ? from->low : k->low;
		k->high = from->high > k->high ? from->high : k->high;
	}
	k->is_reached = true;
	k->is_target = is_target;
}

/* After a comparison of the architecture only those ABIs are left. */
static struct known narrowed(const struct known *from, uint32_t arch, bool is_equal)
{
	struct known k = *from;

	for (unsigned abi = 0; abi < FP_ABI_N; abi++)
		if ((fp_abi((enum fp_abi)abi)->audit_arch == arch) != is_equal)
			k.abis &= (uint8_t) ~(1u << abi);
	k.is_other = !is_equal;
	return k;
}

static bool is_on(const struct known *k, uint32_t word)
{
	return k->has_word && k->word == word && k->mask == UINT32_MAX;
}

static void flow_jump(struct listing *l, size_t i, const struct sock_filter *f, struct known k)
{
	bool is_arch = f->code == (BPF_JMP | BPF_JEQ | BPF_K) && is_on(&k, FP_DATA_ARCH);
	struct known yes = is_arch ? narrowed(&k, f->k, true) : k;
	struct known no = is_arch ? narrowed(&k, f->k, false) : k;

	if (f->code == (BPF_JMP | BPF_JGE | BPF_K) && is_on(&k, FP_DATA_NR)) {
		yes.low = f->k > k.low ? f->k : k.low;
		no.high = f->k && f->k - 1 < k.high ? f->k - 1 : k.high;
	}

	if (BPF_OP(f->code) == BPF_JA) {
		arrive(l, i + 1 + (size_t)f->k, &k, true);
		return;
	}
	arrive(l, i + 1 + f->jt, &yes, f->jt);
	arrive(l, i + 1 + f->jf, &no, f->jf);
}

static void flow(struct listing *l, size_t i)
{
	struct sock_filter f = decode(l, i);
	struct known k = l->at[i];

	k.is_target = false;
	switch (BPF_CLASS(f.code)) {
	case BPF_RET:
		return;
	case BPF_JMP:
		flow_jump(l, i, &f, k);
		return;
	case BPF_LD:
		k.has_word = f.code == (BPF_LD | BPF_W | BPF_ABS) && f.k % 4 == 0;
		k.word = f.k / 4;
		k.mask = UINT32_MAX;
		break;
	case BPF_ALU:
		k.has_word &= f.code == (BPF_ALU | BPF_AND | BPF_K);
		k.mask &= f.k;
		break;
	default: /* no other class is ours; what it loads is not known */
		k.has_word = false;
		break;
	}
	arrive(l, i + 1, &k, false);
}

static void print_word(struct fp_buf *out, uint32_t offset)
{
	static const char *const head[] = { "nr", "arch", "ip.lo", "ip.hi" };

	if (offset % 4 || offset >= 64)
		fp_buf_printf(out, "[%" PRIu32 "]", offset);
	else if (offset < 16)
		fp_buf_puts(out, head[offset / 4]);
	else
		fp_buf_printf(out, "arg%" PRIu32 ".%s", (offset - 16) / 8,
			      offset % 8 ? "hi" : "lo");
}

static void print_action(struct fp_buf *out, uint32_t value)
{
	uint32_t data = value & SECCOMP_RET_DATA;

	switch (value & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_KILL_PROCESS:
		fp_buf_puts(out, "kill process");
		return;
	case SECCOMP_RET_KILL_THREAD:
		fp_buf_puts(out, "kill thread");
		return;
	case SECCOMP_RET_TRAP:
		fp_buf_printf(out, "trap %" PRIu32, data);
		return;
	case SECCOMP_RET_ERRNO:
		if (data <= UINT16_MAX && fp_errno_name((uint16_t)data))
			fp_buf_printf(out, "errno %s", fp_errno_name((uint16_t)data));
		else
			fp_buf_printf(out, "errno %" PRIu32, data);
		return;
	case SECCOMP_RET_USER_NOTIF:
		fp_buf_puts(out, "notify");
		return;
	case SECCOMP_RET_TRACE:
		fp_buf_printf(out, "trace %" PRIu32, data);
		return;
	case SECCOMP_RET_LOG:
		fp_buf_puts(out, "log");
		return;
	case SECCOMP_RET_ALLOW:
		fp_buf_puts(out, "allow");
		return;
	default: /* a kernel kills for actions that it does not know */
		fp_buf_printf(out, "0x%08" PRIx32, value);
	}
}

/* The call that the number is on the ABI, if the ABI can be. */
static const struct fp_sysdef *call_of(const struct known *k, enum fp_abi abi, uint32_t nr)
{
	uint32_t bit = fp_abi(abi)->nr_bit;

	return k->abis >> abi & 1 && (nr & bit) == bit ? fp_sys_by_nr(abi, nr & ~bit) : NULL;
}

/* False where it is no call. */
static bool print_nr(struct fp_buf *out, const struct known *k, uint32_t nr, const char *sep)
{
	bool is_call = false;

	for (unsigned i = 0; i < FP_ABI_N; i++) {
		const struct fp_sysdef *sys = call_of(k, (enum fp_abi)i, nr);
		const struct fp_abi_def *abi = fp_abi((enum fp_abi)i);
		if (!sys)
			continue;
		fp_buf_puts(out, is_call ? ", " : sep);
		if (!abi->is_native)
			fp_buf_printf(out, "%s ", abi->name);
		fp_buf_puts(out, sys->name);
		is_call = true;
	}
	return is_call;
}

/* Numbers that a test of bits names, and how many are looked at. */
#define NAMED_MAX 6u
#define RANGE_MAX 600u

/* A comment on a test of bits: the calls that can be here and have one. */
static void print_having(struct listing *l, const struct known *k, uint32_t bits)
{
	unsigned n = 0;

	for (uint32_t nr = k->low; nr <= k->high && nr - k->low < RANGE_MAX; nr++) {
		if (!(nr & bits))
			continue;
		n += print_nr(l->out, k, nr, n ? ", " : "  ; ");
		if (n == NAMED_MAX) {
			fp_buf_puts(l->out, ", ...");
			return;
		}
	}
}

/* A comment on a comparison: the architecture or the call that its constant names. */
static void print_constant(struct listing *l, const struct known *k, uint32_t value)
{
	if (!k->has_word || k->mask != UINT32_MAX)
		return;
	if (k->word == FP_DATA_NR)
		print_nr(l->out, k, value, "  ; ");
	for (unsigned i = 0; k->word == FP_DATA_ARCH && i < FP_ABI_N; i++) {
		const struct fp_abi_def *abi = fp_abi((enum fp_abi)i);
		if (abi->audit_arch != value || abi->nr_bit)
			continue;
		fp_buf_puts(l->out, "  ; AUDIT_ARCH_");
		for (const char *c = abi->name; *c; c++)
			fp_buf_putc(l->out, *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c);
	}
}

static const char *jump_name(uint16_t code)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return "jeq ";
	case BPF_JGT:
		return "jgt ";
	case BPF_JGE:
		return "jge ";
	default: /* the last of the four with a constant */
		return "jset";
	}
}

/* What the comparison looks at, as the bytes left it in the accumulator. */
static void print_operand(struct listing *l, const struct known *k)
{
	if (!k->has_word) {
		fp_buf_puts(l->out, "A");
		return;
	}
	print_word(l->out, 4 * k->word);
	if (k->mask != UINT32_MAX)
		fp_buf_printf(l->out, "&0x%" PRIx32, k->mask);
}

static void print_jump(struct listing *l, size_t i, const struct sock_filter *f)
{
	const struct known *k = &l->at[i];
	bool is_small = k->has_word && k->word == FP_DATA_NR && f->k < 0x10000 &&
			BPF_OP(f->code) != BPF_JSET;

	if (BPF_OP(f->code) == BPF_JA) {
		fp_buf_printf(l->out, "ja    %zu", i + 1 + (size_t)f->k);
		return;
	}
	fp_buf_puts(l->out, jump_name(f->code));
	fp_buf_puts(l->out, "  ");
	print_operand(l, k);
	fp_buf_puts(l->out, ", ");
	if (is_small)
		fp_buf_number(l->out, f->k);
	else
		fp_buf_printf(l->out, "0x%" PRIx32, f->k);
	fp_buf_puts(l->out, ", ");
	fp_buf_number(l->out, i + 1 + f->jt);
	fp_buf_puts(l->out, ", ");
	fp_buf_number(l->out, i + 1 + f->jf);
	if (BPF_OP(f->code) != BPF_JSET)
		print_constant(l, k, f->k);
	else if (is_on(k, FP_DATA_NR))
		print_having(l, k, f->k);
}

static void print_insn(struct listing *l, size_t i)
{
	struct sock_filter f = decode(l, i);

	fp_buf_printf(l->out, "%c%5zu  ", l->at[i].is_target ? '>' : ' ', i);
	if (f.code == (BPF_LD | BPF_W | BPF_ABS)) {
		fp_buf_puts(l->out, "ld    ");
		print_word(l->out, f.k);
	} else if (f.code == (BPF_ALU | BPF_AND | BPF_K)) {
		fp_buf_printf(l->out, "and   0x%" PRIx32, f.k);
	} else if (f.code == (BPF_RET | BPF_K)) {
		fp_buf_puts(l->out, "ret   ");
		print_action(l->out, f.k);
	} else if (BPF_CLASS(f.code) == BPF_JMP && BPF_SRC(f.code) == BPF_K) {
		print_jump(l, i, &f);
	} else {
		fp_buf_printf(l->out, "0x%04x %u %u 0x%" PRIx32, f.code, f.jt, f.jf, f.k);
	}
	fp_buf_putc(l->out, '\n');
}

void fp_code_disassemble(const char *name, const char *data, size_t len, struct fp_buf *out)
{
	struct listing l = { .out = out, .data = (const unsigned char *)data, .n = len / 8 };

	l.at = FP_NEW_ARRAY(out->arena, l.n + 1, struct known);
	l.at[0] = (struct known){ .is_reached = true,
				  .is_other = true,
				  .high = UINT32_MAX,
				  .abis = (1u << FP_ABI_N) - 1u };
	for (size_t i = 0; i < l.n; i++)
		if (l.at[i].is_reached)
			flow(&l, i);
	fp_buf_printf(out, "; %s: %zu instructions. A jump names where it goes if so, if not.\n",
		      name, l.n);
	for (size_t i = 0; i < l.n; i++)
		print_insn(&l, i);
}
