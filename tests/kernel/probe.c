/* SPDX-License-Identifier: MIT */
/* Asks the running kernel what it decides by a filter, call by call, and executes none of them. */
/*
 * probe FILTER.bpf EXPECTED
 * EXPECTED: lines "ABI NR A0 A1 A2 A3 A4 A5 DECISION [DATA]"; ABI is native, x32 or i386; DECISION
 * is pass, errno, trap, kill-thread, kill, or any. Prints what differs and "N probed, M wrong".
 *
 * Two filters are stacked in one thread (seccomp(2)): the newest is run first, the strictest action
 * wins, the newest on a tie. The first turns the one probing instruction into ERRNO MARK and lets
 * all else through; the second is the one in question. So what it lets through fails with MARK,
 * what it answers comes back, and what it kills is seen by the parent. The thread needs no call of
 * its own: results go through shared memory, and it ends by an illegal instruction.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARK        4001 /* an errno that no call and no policy gives */
#define VECTORS_MAX 16384u
#define X32_BIT     0x40000000u

enum abi {
	ABI_NATIVE,
	ABI_X32,
	ABI_I386,
	ABI_N
};

static const char *const abi_names[ABI_N] = { "native", "x32", "i386" };

enum result {
	R_NONE,
	R_PASS,
	R_ERRNO,
	R_TRAP,
	R_KILL_THREAD,
	R_KILL,
	R_SIGNAL,
	R_ANY,
	R_N
};

static const char *const result_names[R_N] = { "none",        "pass", "errno",  "trap",
					       "kill-thread", "kill", "signal", "any" };

struct vector {
	enum abi abi;
	uint32_t nr;
	uint64_t args[6];
	enum result want;
	long want_data;
};

struct answer {
	enum result result;
	long data;
};

struct shared {
	volatile size_t at;         /* the vector being probed */
	volatile bool is_installed; /* both filters are on */
	volatile bool is_done;
	volatile int error; /* errno of installing */
	struct answer answers[VECTORS_MAX];
};

static struct vector *vectors;
static size_t vector_count;
static struct shared *shared;
static struct sock_fprog policy;

/* ---- one instruction a calling convention, with its address ---- */

long probe_native(uint64_t nr, const uint64_t *args);
extern char probe_native_ip[];

#if defined(__x86_64__)
long probe_i386(uint64_t nr, const uint64_t *args);
extern char probe_i386_ip[];

__asm__(".text\n"
	"probe_native:\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %r11\n"
	"	mov 40(%r11), %r9\n"
	"	mov 32(%r11), %r8\n"
	"	mov 24(%r11), %r10\n"
	"	mov 16(%r11), %rdx\n"
	"	mov 8(%r11), %rsi\n"
	"	mov (%r11), %rdi\n"
	"	syscall\n"
	"probe_native_ip:\n"
	"	ret\n"
	"probe_i386:\n"
	"	push %rbx\n"
	"	push %rbp\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %r11\n"
	"	mov (%r11), %rbx\n"
	"	mov 8(%r11), %rcx\n"
	"	mov 16(%r11), %rdx\n"
	"	mov 24(%r11), %rsi\n"
	"	mov 32(%r11), %rdi\n"
	"	mov 40(%r11), %rbp\n"
	"	int $0x80\n"
	"probe_i386_ip:\n"
	"	pop %rbp\n"
	"	pop %rbx\n"
	"	movslq %eax, %rax\n"
	"	ret\n");
#define STOP() __asm__ volatile("ud2")
#elif defined(__aarch64__)
__asm__(".text\n"
	".globl probe_native_ip\n" /* a local name would be taken for the section's start */
	"probe_native:\n"
	"	mov x8, x0\n"
	"	mov x9, x1\n"
	"	ldp x0, x1, [x9]\n"
	"	ldp x2, x3, [x9, 16]\n"
	"	ldp x4, x5, [x9, 32]\n"
	"	svc 0\n"
	"probe_native_ip:\n"
	"	ret\n");
#define STOP() __asm__ volatile("brk 0")
#elif defined(__riscv)
__asm__(".text\n"
	".globl probe_native_ip\n" /* a local name would be taken for the section's start */
	"probe_native:\n"
	"	mv a7, a0\n"
	"	mv t0, a1\n"
	"	ld a0, 0(t0)\n"
	"	ld a1, 8(t0)\n"
	"	ld a2, 16(t0)\n"
	"	ld a3, 24(t0)\n"
	"	ld a4, 32(t0)\n"
	"	ld a5, 40(t0)\n"
	"	ecall\n"
	"probe_native_ip:\n"
	"	ret\n");
#define STOP() __asm__ volatile("ebreak")
#endif

static long fire(const struct vector *v)
{
#if defined(__x86_64__)
	if (v->abi == ABI_I386)
		return probe_i386(v->nr, v->args);
	if (v->abi == ABI_X32)
		return probe_native(v->nr | X32_BIT, v->args);
#endif
	return probe_native(v->nr, v->args);
}

/* ---- the thread that probes ---- */

static void *resume[5];
static volatile int trap_data;

static void on_trap(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	trap_data = info->si_errno;
	__builtin_longjmp(resume, 1);
}

static const char *other_ip(void)
{
#if defined(__x86_64__)
	return probe_i386_ip;
#else
	return probe_native_ip;
#endif
}

/* The probing instructions end in the catcher; little endian, so the low half comes first. */
static int install_catcher(void)
{
	const uint64_t a = (uintptr_t)probe_native_ip, b = (uintptr_t)other_ip();
	const uint32_t ip = offsetof(struct seccomp_data, instruction_pointer);
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ip + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(a >> 32), 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ip),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)a, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)b, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | MARK),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(*code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return errno;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) ? errno : 0;
}

static void note(size_t i, long value)
{
	bool is_error = value < 0 && value > -4096;
	struct answer a = { R_ERRNO, -value };

	if (value == -MARK)
		a = (struct answer){ R_PASS, 0 };
	else if (!is_error)
		a = (struct answer){ R_SIGNAL, value };
	shared->answers[i] = a;
}

/* Never returns and, once the filters are on, calls nothing but what is probed. */
static int probe_all(void *unused)
{
	static volatile size_t i;

	(void)unused;
	shared->error = install_catcher();
	if (!shared->error && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &policy))
		shared->error = errno;
	if (shared->error)
		STOP();
	shared->is_installed = true;
	for (i = shared->at; i < vector_count; i++) {
		shared->at = i;
		if (!__builtin_setjmp(resume))
			note(i, fire(&vectors[i]));
		else
			shared->answers[i] = (struct answer){ R_TRAP, trap_data };
	}
	shared->at = vector_count;
	shared->is_done = true;
	STOP();
	return 0;
}

/* ---- the process around it ---- */

#define THREAD_FLAGS                                                                        \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | \
	 CLONE_CHILD_CLEARTID)

#define EXIT_THREAD_DIED 77
#define EXIT_NO_THREAD   78

/* The leader outlives a thread that is killed alone; its own exit tells that from the rest. */
static void lead(void)
{
	static int tid = 1;
	static char stack[65536] __attribute__((aligned(16)));
	struct sigaction action = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_NODEFER };
	const struct rlimit none = { 0, 0 };

	signal(SIGILL, SIG_DFL);
	signal(SIGTRAP, SIG_DFL);
	setrlimit(RLIMIT_CORE, &none);
	sigaction(SIGSYS, &action, NULL);
	if (clone(probe_all, stack + sizeof(stack), (int)THREAD_FLAGS, NULL, NULL, NULL, &tid) < 0)
		_exit(EXIT_NO_THREAD);
	while (*(volatile int *)&tid)
		syscall(SYS_futex, &tid, FUTEX_WAIT, 1, NULL, NULL, 0);
	_exit(EXIT_THREAD_DIED);
}

static struct answer answer_of(int status)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return (struct answer){ R_KILL, 0 };
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_THREAD_DIED)
		return (struct answer){ R_KILL_THREAD, 0 };
	return (struct answer){ R_SIGNAL, WIFSIGNALED(status) ? WTERMSIG(status) : 0 };
}

/* One child goes on until a probe kills it; the next takes over behind that one. */
static bool probe(void)
{
	while (!shared->is_done) {
		int status = 0;
		shared->is_installed = false;
		pid_t pid = fork();
		if (pid < 0)
			return false;
		if (!pid)
			lead();
		if (waitpid(pid, &status, 0) != pid)
			return false;
		if (shared->error || (!shared->is_installed && !shared->is_done)) {
			fprintf(stderr, "probe: the filters cannot be installed: %s\n",
				strerror(shared->error));
			return false;
		}
		if (shared->is_done)
			break;
		shared->answers[shared->at] = answer_of(status);
		if (++shared->at >= vector_count)
			break;
	}
	return true;
}

/* ---- input ---- */

static bool load_filter(const char *path)
{
	static struct sock_filter code[BPF_MAXINSNS + 1];
	FILE *f = fopen(path, "rb");

	if (!f)
		return false;
	size_t n = fread(code, 1, sizeof(code), f);
	fclose(f);
	if (!n || n % sizeof(*code) || n / sizeof(*code) > BPF_MAXINSNS)
		return false;
	policy.len = (unsigned short)(n / sizeof(*code));
	policy.filter = code;
	return true;
}

static int find(const char *const *names, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

static bool parse(const char *line, struct vector *v)
{
	char abi[16], want[16];
	uint64_t *a = v->args;

	v->want_data = 0;
	int n = sscanf(line,
		       "%15s %" SCNu32 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64
		       " %" SCNx64 " %15s %ld",
		       abi, &v->nr, &a[0], &a[1], &a[2], &a[3], &a[4], &a[5], want, &v->want_data);
	int which = find(abi_names, ABI_N, abi),
	    result = n < 9 ? -1 : find(result_names, R_N, want);
	if (which < 0 || result < 0)
		return false;
	v->abi = (enum abi)which;
	v->want = (enum result)result;
	return true;
}

static bool load_vectors(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[512];
	bool is_good = true;

	if (!f)
		return false;
	while (is_good && fgets(line, sizeof(line), f)) {
		is_good = vector_count < VECTORS_MAX && parse(line, &vectors[vector_count++]);
		if (!is_good)
			fprintf(stderr, "probe: cannot read: %s", line);
	}
	fclose(f);
	return is_good && vector_count;
}

static bool is_right(const struct vector *v, const struct answer *a)
{
	return v->want == R_ANY || (v->want == a->result && v->want_data == a->data);
}

static size_t report(void)
{
	size_t wrong = 0;

	for (size_t i = 0; i < vector_count; i++) {
		const struct vector *v = &vectors[i];
		const struct answer *a = &shared->answers[i];
		if (is_right(v, a))
			continue;
		if (++wrong <= 20)
			printf("%s %" PRIu32 " (%" PRIx64 ", %" PRIx64 ", %" PRIx64 ", %" PRIx64
			       ", %" PRIx64 ", %" PRIx64 "): want %s %ld, got %s %ld\n",
			       abi_names[v->abi], v->nr, v->args[0], v->args[1], v->args[2],
			       v->args[3], v->args[4], v->args[5], result_names[v->want],
			       v->want_data, result_names[a->result], a->data);
	}
	printf("%zu probed, %zu wrong\n", vector_count, wrong);
	return wrong;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: probe FILTER.bpf EXPECTED\n");
		return 2;
	}
	vectors = calloc(VECTORS_MAX + 1, sizeof(*vectors));
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (!vectors || shared == MAP_FAILED)
		return 2;
	if (!load_filter(argv[1]) || !load_vectors(argv[2])) {
		fprintf(stderr, "probe: cannot use %s and %s\n", argv[1], argv[2]);
		return 2;
	}
	if (!probe())
		return 2;
	return report() ? 1 : 0;
}
