/* SPDX-License-Identifier: MIT */
/* The catcher protocol: two filters on one thread, of which the older answers what the newer lets
 * go. */
/*
 * Of all filters of a thread the kernel runs the newest first and takes the strictest action, the
 * newest on a tie (kernel/seccomp.c, seccomp_run_filters). The older one here is the catcher: one
 * instruction's calls fail with an errno that the filter in question never gives, all else passes.
 * So what the filter lets through ends in the catcher, what it refuses comes back as refused, and
 * what it kills is seen from outside. The thread needs no call of its own that the filter could
 * refuse: answers go through shared memory, and it ends by an instruction that traps.
 */
#include "cmd/catcher.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS   20 /* for one child: a million decisions take less */
#define X32_BIT   0x40000000u
#define MAX_ERRNO 4095 /* include/linux/err.h */

enum answer {
	NOT_ASKED,
	PASSED,
	REFUSED, /* data: errno */
	TRAPPED, /* data: si_errno */
	KILLED_THREAD,
	KILLED,
	OTHER /* data: what came back, or the signal */
};

enum how {
	NATIVE,
	X32,
	I386
};

struct call {
	enum how how;
	uint32_t nr;
	uint64_t args[6];
	const char *id;
};

/* Children at a time: a killed one costs the scheduler's latency, not the processor. */
#define SLICES 16

/* Shared with the children: each has every SLICES-th call, as those that kill stand together. */
struct slice {
	volatile size_t at;         /* the call being asked about */
	volatile bool is_installed; /* both filters are on */
	volatile int error;         /* errno of installing */
};

struct board {
	struct slice slices[SLICES];

	struct {
		enum answer answer;
		long data;
	} of[];
};

struct catcher {
	struct call *calls;
	size_t n;
	struct sock_fprog filter;
	long mark;
	struct board *board;
};

/* ---- one instruction a calling convention ---- */

/*
 * Global in the assembler, hidden from other objects: a local label may be taken for the start of
 * its section, and then the catcher would let through what it should stop.
 */
#define HIDDEN __attribute__((visibility("hidden")))

HIDDEN long fp_catch_fire(uint64_t nr, const uint64_t *args);
extern HIDDEN char fp_catch_ip[], fp_catch_i386_ip[];

#define LABELS                                                  \
	".pushsection .text\n"                                  \
	".globl fp_catch_fire, fp_catch_ip, fp_catch_i386_ip\n" \
	".hidden fp_catch_fire, fp_catch_ip, fp_catch_i386_ip\n"

#if defined(__x86_64__)
#define MACHINE "x86_64"
#define STOP()  __asm__ volatile("ud2")

HIDDEN long fp_catch_fire_i386(uint64_t nr, const uint64_t *args);

__asm__(LABELS "fp_catch_fire:\n"
	       "	mov %rdi, %rax\n"
	       "	mov 40(%rsi), %r9\n"
	       "	mov 32(%rsi), %r8\n"
	       "	mov 24(%rsi), %r10\n"
	       "	mov 16(%rsi), %rdx\n"
	       "	mov 0(%rsi), %rdi\n"
	       "	mov 8(%rsi), %rsi\n"
	       "	syscall\n"
	       "fp_catch_ip:\n"
	       "	ret\n"
	       ".globl fp_catch_fire_i386\n"
	       ".hidden fp_catch_fire_i386\n"
	       "fp_catch_fire_i386:\n"
	       "	push %rbx\n"
	       "	push %rbp\n"
	       "	mov %rdi, %rax\n"
	       "	mov 0(%rsi), %rbx\n"
	       "	mov 8(%rsi), %rcx\n"
	       "	mov 16(%rsi), %rdx\n"
	       "	mov 32(%rsi), %rdi\n"
	       "	mov 40(%rsi), %rbp\n"
	       "	mov 24(%rsi), %rsi\n"
	       "	int $0x80\n"
	       "fp_catch_i386_ip:\n"
	       "	pop %rbp\n"
	       "	pop %rbx\n"
	       "	movslq %eax, %rax\n"
	       "	ret\n"
	       ".popsection\n");

static long fire(const struct call *c)
{
	if (c->how == I386)
		return fp_catch_fire_i386(c->nr, c->args);
	return fp_catch_fire(c->how == X32 ? c->nr | X32_BIT : c->nr, c->args);
}
#elif defined(__aarch64__)
#define MACHINE "aarch64"
#define STOP()  __asm__ volatile("brk 0")

__asm__(LABELS "fp_catch_fire:\n"
	       "	mov x8, x0\n"
	       "	mov x9, x1\n"
	       "	ldp x0, x1, [x9]\n"
	       "	ldp x2, x3, [x9, 16]\n"
	       "	ldp x4, x5, [x9, 32]\n"
	       "	svc 0\n"
	       "fp_catch_ip:\n"
	       "fp_catch_i386_ip:\n"
	       "	ret\n"
	       ".popsection\n");

static long fire(const struct call *c)
{
	return fp_catch_fire(c->nr, c->args);
}
#elif defined(__riscv) && __riscv_xlen == 64
#define MACHINE "riscv64"
#define STOP()  __asm__ volatile("ebreak")

__asm__(LABELS "fp_catch_fire:\n"
	       "	mv a7, a0\n"
	       "	mv t0, a1\n"
	       "	ld a0, 0(t0)\n"
	       "	ld a1, 8(t0)\n"
	       "	ld a2, 16(t0)\n"
	       "	ld a3, 24(t0)\n"
	       "	ld a4, 32(t0)\n"
	       "	ld a5, 40(t0)\n"
	       "	ecall\n"
	       "fp_catch_ip:\n"
	       "fp_catch_i386_ip:\n"
	       "	ret\n"
	       ".popsection\n");

static long fire(const struct call *c)
{
	return fp_catch_fire(c->nr, c->args);
}
#endif

#ifndef MACHINE

const char *fp_catch_machine(void)
{
	return "";
}

const char *fp_catch_table(const void *blob, size_t len, char *table, FILE *out, size_t *decided)
{
	(void)blob;
	(void)len;
	(void)table;
	(void)out;
	*decided = 0;
	return "this machine has no catcher";
}

#else

const char *fp_catch_machine(void)
{
	return MACHINE;
}

/* ---- the thread that asks ---- */

/*
 * State of a child alone, which is one thread that asks and one that waits for it. In the data
 * segment because a handler and a new stack must find it; the parent never reads or writes it.
 */
static struct {
	void *resume[5];
	volatile int signal, trapped; /* of the last trap */
	volatile int tid;             /* cleared by the kernel when the thread is gone */
	volatile size_t i;
	const struct catcher *c;
	struct slice *slice;
	char stack[65536] __attribute__((aligned(16)));
} child;

static void on_trap(int number, siginfo_t *info, void *context)
{
	(void)context;
	child.signal = number;
	child.trapped = info->si_errno;
	/* No return from the handler: that would be a call, which the filter may refuse. */
	__builtin_longjmp(child.resume, 1);
}

static int install(const struct sock_fprog *filter)
{
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter) ? errno : 0;
}

/* getpid must not get through, or nothing may be asked: everything else would not either. */
static bool is_catching(const struct catcher *c)
{
	const struct call native = { .how = NATIVE, .nr = SYS_getpid };

	if (fire(&native) != -c->mark)
		return false;
#if defined(__x86_64__)
	const struct call old = { .how = I386,
				  .nr = 20 }; /* unistd_32.h; no kernel has to offer it */

	if (!__builtin_setjmp(child.resume))
		return fire(&old) == -c->mark;
#endif
	return true;
}

static int install_both(const struct catcher *c)
{
	const uint64_t a = (uintptr_t)fp_catch_ip, b = (uintptr_t)fp_catch_i386_ip;
	const uint32_t ip = offsetof(struct seccomp_data, instruction_pointer);
	/* The low half comes first: every machine here is little-endian. */
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ip + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(a >> 32), 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ip),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)a, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)b, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)c->mark),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog catcher = { sizeof(code) / sizeof(code[0]), code };

	if (a >> 32 != b >> 32)
		return ERANGE;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return errno;
	int error = install(&catcher);
	if (!error && !is_catching(c))
		error = ENOTSUP;
	return error ? error : install(&c->filter);
}

static void note(const struct catcher *c, size_t i, long back)
{
	bool is_error = back < 0 && back >= -MAX_ERRNO;

	c->board->of[i].answer = back == -c->mark ? PASSED : is_error ? REFUSED : OTHER;
	c->board->of[i].data = back == -c->mark ? 0 : is_error ? -back : back;
}

/* Once the filters are on, this calls nothing but what is asked about, and never returns. */
static int ask(void *unused)
{
	(void)unused;
	child.slice->error = install_both(child.c);
	if (child.slice->error)
		STOP();
	child.slice->is_installed = true;
	for (child.i = child.slice->at; child.i < child.c->n; child.i += SLICES) {
		child.slice->at = child.i;
		if (!__builtin_setjmp(child.resume)) {
			note(child.c, child.i, fire(&child.c->calls[child.i]));
		} else {
			bool trap = child.signal == SIGSYS;
			child.c->board->of[child.i].answer = trap ? TRAPPED : OTHER;
			child.c->board->of[child.i].data = trap ? child.trapped : child.signal;
		}
	}
	child.slice->at = child.c->n;
	STOP();
	return 0;
}

/* ---- the process around it ---- */

#define THREAD_DIED 77
#define NO_THREAD   78

/* Waits beside the thread: a thread killed alone leaves it, a process killed does not. */
static void lead(const struct catcher *c, struct slice *slice)
{
	const struct sigaction action = { .sa_sigaction = on_trap,
					  .sa_flags = SA_SIGINFO | SA_NODEFER };
	const struct rlimit none = { 0, 0 };
	const unsigned flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			       CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;

	signal(SIGILL, SIG_DFL);
	signal(SIGTRAP, SIG_DFL);
	signal(SIGALRM, SIG_DFL);
	sigaction(SIGSYS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL); /* int 0x80 where the kernel has none */
	alarm(SECONDS);
	/* Neither a core file nor a program of core_pattern, which takes no limit's word. */
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	child.tid = 1;
	child.c = c;
	child.slice = slice;
	if (clone(ask, child.stack + sizeof(child.stack), (int)flags, NULL, NULL, NULL,
		  &child.tid) < 0)
		_exit(NO_THREAD);
	while (child.tid)
		syscall(SYS_futex, &child.tid, FUTEX_WAIT, 1, NULL, NULL, 0);
	_exit(THREAD_DIED);
}

static void note_death(struct catcher *c, struct slice *slice, int status)
{
	size_t i = slice->at;

	c->board->of[i].data = 0;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
		c->board->of[i].answer = KILLED;
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == THREAD_DIED) {
		c->board->of[i].answer = KILLED_THREAD;
	} else {
		c->board->of[i].answer = OTHER;
		c->board->of[i].data = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	}
	slice->at = i + SLICES;
}

/* NULL, or why a child cannot have asked what it should. */
static const char *judge(struct catcher *c, struct slice *slice, int status)
{
	if (slice->error)
		return strerror(slice->error);
	if (slice->at >= c->n)
		return NULL;
	if (!slice->is_installed)
		return "the thread that asks could not be started";
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		return "the filter did not answer in time";
	note_death(c, slice, status);
	return NULL;
}

/* A child goes on until a call kills it; the next takes over behind that call. */
static const char *ask_all(struct catcher *c)
{
	const char *why = NULL;
	bool more = true;

	for (size_t s = 0; s < SLICES; s++)
		c->board->slices[s].at = s;
	while (more && !why) {
		pid_t pids[SLICES] = { 0 };
		more = false;
		for (size_t s = 0; s < SLICES; s++) {
			struct slice *slice = &c->board->slices[s];
			if (slice->at >= c->n)
				continue;
			slice->is_installed = false;
			pids[s] = fork();
			if (!pids[s])
				lead(c, slice);
			if (pids[s] < 0)
				why = strerror(errno);
		}
		/* All are waited for, also after a failure: none may be left behind. */
		for (size_t s = 0; s < SLICES; s++) {
			int status = 0;
			if (pids[s] <= 0)
				continue;
			more = true;
			const char *wrong = waitpid(pids[s], &status, 0) == pids[s]
						    ? judge(c, &c->board->slices[s], status)
						    : strerror(errno);
			why = why ? why : wrong;
		}
	}
	return why;
}

/* ---- input ---- */

static bool parse_call(struct fp_probe_line *l, struct call *c)
{
	static const struct {
		const char *abi;
		enum how how;
	} abis[] = {
		{ MACHINE, NATIVE },
#if defined(__x86_64__)
		{ "x32", X32 },
		{ "i386", I386 },
#endif
	};
	uint64_t nr;
	size_t k = 0;

	while (k < sizeof(abis) / sizeof(abis[0]) && strcmp(abis[k].abi, l->field[7]))
		k++;
	if (k == sizeof(abis) / sizeof(abis[0]) || !fp_probe_number(l->field[8], &nr) ||
	    nr > UINT32_MAX)
		return false;
	c->how = abis[k].how;
	c->nr = (uint32_t)nr;
	c->id = l->field[0];
	for (size_t i = 0; i < 6; i++)
		if (!fp_probe_number(l->field[9 + i], &c->args[i]))
			return false;
	return true;
}

static bool is_call(const struct fp_probe_line *l)
{
	return l->n == 15 && !strcmp(l->field[6], "call");
}

/* Calls of this machine's ABIs; what is left out says so at once. */
static const char *read_calls(struct catcher *c, char *table, FILE *out)
{
	struct fp_probe_line l;
	size_t cap = 0;

	while (fp_probe_line(&table, &l)) {
		if (!is_call(&l))
			continue;
		if (c->n == cap) {
			cap = cap ? cap * 2 : 1024;
			struct call *more = reallocarray(c->calls, cap, sizeof(*more));
			if (!more)
				return "out of memory";
			c->calls = more;
		}
		if (parse_call(&l, &c->calls[c->n]))
			c->n++;
		else
			fprintf(out, "%s\tskip:abi\n", l.field[0]);
	}
	return NULL;
}

/* An errno that the filter returns nowhere. */
static long choose_mark(const struct sock_fprog *filter)
{
	long mark = MAX_ERRNO;

	for (size_t i = 0; i < filter->len; i++)
		if (filter->filter[i].code == (BPF_RET | BPF_K) &&
		    filter->filter[i].k == (SECCOMP_RET_ERRNO | (uint32_t)mark)) {
			mark--;
			i = SIZE_MAX;
		}
	return mark;
}

static void report(const struct catcher *c, FILE *out)
{
	for (size_t i = 0; i < c->n; i++) {
		long data = c->board->of[i].data;
		fprintf(out, "%s\t", c->calls[i].id);
		switch (c->board->of[i].answer) {
		case NOT_ASKED:
			fputs("unable:not asked\n", out);
			break;
		case PASSED:
			fputs("succeed\n", out);
			break;
		case REFUSED:
			fprintf(out, "fail:%ld\n", data);
			break;
		case TRAPPED:
			fprintf(out, "fail:trap:%ld\n", data & 0xffff);
			break;
		case KILLED_THREAD:
			fputs("fail:kill-thread\n", out);
			break;
		case KILLED:
			fputs("fail:kill\n", out);
			break;
		case OTHER:
			fprintf(out, "unable:answered %ld\n", data);
			break;
		}
	}
}

const char *fp_catch_table(const void *blob, size_t len, char *table, FILE *out, size_t *decided)
{
	struct catcher c = { 0 };
	struct sock_filter *code = malloc(len ? len : 1);
	size_t size = sizeof(struct board);
	const char *why = NULL;

	*decided = 0;
	if (!code || !len || len % sizeof(*code) || len / sizeof(*code) > BPF_MAXINSNS)
		why = "not a filter";
	else
		memcpy(code, blob, len);
	c.filter = (struct sock_fprog){ (unsigned short)(len / sizeof(*code)), code };
	if (!why)
		why = read_calls(&c, table, out);
	size += c.n * sizeof(c.board->of[0]);
	c.board = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!why && c.board == MAP_FAILED)
		why = strerror(errno);
	if (!why) {
		fflush(out);
		c.mark = choose_mark(&c.filter);
		why = ask_all(&c);
	}
	if (!why) {
		report(&c, out);
		*decided = c.n;
	}
	if (c.board != MAP_FAILED)
		munmap(c.board, size);
	free(c.calls);
	free(code);
	return why;
}

#endif
