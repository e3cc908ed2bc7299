/* SPDX-License-Identifier: MIT */
/* A cBPF interpreter for tests. Kernel headers only: it shares nothing with what it judges. */
#ifndef FP_TESTS_SECCOMP_VM_H
#define FP_TESTS_SECCOMP_VM_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct vm_filter {
	struct sock_filter at[65536];
	size_t n;
};

struct vm_result {
	bool is_ok;       /* it ended in a return, by defined instructions only */
	bool is_constant; /* nothing was read but number and architecture (the kernel's cache) */
	uint32_t value;
	unsigned executed;
};

static inline bool vm_load(struct vm_filter *f, const void *data, size_t len)
{
	f->n = len / sizeof(struct sock_filter);
	if (!f->n || len % sizeof(struct sock_filter) || f->n > 65536)
		return false;
	memcpy(f->at, data, len);
	return true;
}

static inline bool vm_jump(const struct sock_filter *i, uint32_t a, bool *taken)
{
	switch (i->code) {
	case BPF_JMP | BPF_JEQ | BPF_K:
		*taken = a == i->k;
		return true;
	case BPF_JMP | BPF_JGT | BPF_K:
		*taken = a > i->k;
		return true;
	case BPF_JMP | BPF_JGE | BPF_K:
		*taken = a >= i->k;
		return true;
	case BPF_JMP | BPF_JSET | BPF_K:
		*taken = (a & i->k) != 0;
		return true;
	default:
		return false;
	}
}

static inline struct vm_result vm_run(const struct vm_filter *f, const struct seccomp_data *d)
{
	struct vm_result r = { .is_constant = true };
	uint32_t a = 0, word;
	bool taken;

	for (size_t pc = 0; pc < f->n; pc++) {
		const struct sock_filter *i = &f->at[pc];
		r.executed++;
		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (i->k % 4 || i->k >= sizeof(*d))
				return r;
			memcpy(&word, (const char *)d + i->k, 4);
			a = word;
			r.is_constant &= i->k < offsetof(struct seccomp_data, instruction_pointer);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			break;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			break;
		case BPF_RET | BPF_K:
			r.is_ok = true;
			r.value = i->k;
			return r;
		default:
			if (!vm_jump(i, a, &taken))
				return r;
			pc += taken ? i->jt : i->jf;
			break;
		}
	}
	return r;
}

#endif
