/* SPDX-License-Identifier: MIT */
/*
 * Which system calls does this kernel have? Calls every number with arguments of -1 and prints "ABI
 * NUMBER" for each that does not answer ENOSYS. usage: calls --in-guest. It really makes the calls:
 * for a machine that is thrown away. With -1 nearly all of them end in EBADF, EFAULT or EINVAL;
 * those that end the process, fork or block show by that.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NUMBERS     600u
#define PATIENCE_MS 300

struct shared {
	volatile unsigned at; /* the number being called */
	volatile unsigned char lives[NUMBERS];
};

/* Nothing may be on the stack that a child of vfork could spoil: no function is called around
 * these. */
#define TRAP() __builtin_trap()
#if defined(__x86_64__)
#define NATIVE "x86_64"

static inline __attribute__((always_inline)) long call_native(unsigned nr)
{
	register long r10 __asm__("r10") = -1, r8 __asm__("r8") = -1, r9 __asm__("r9") = -1;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"((long)nr), "D"(-1L), "S"(-1L), "d"(-1L), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static inline __attribute__((always_inline)) long call_i386(unsigned nr)
{
	int ret;

	__asm__ volatile("mov %%rbp, %%r12; mov $-1, %%ebp; int $0x80; mov %%r12, %%rbp"
			 : "=a"(ret)
			 : "a"(nr), "b"(-1), "c"(-1), "d"(-1), "S"(-1), "D"(-1)
			 : "r8", "r9", "r10", "r11", "r12", "memory");
	return ret;
}

static inline __attribute__((always_inline)) long own_pid(void)
{
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "a"(39L) : "rcx", "r11", "memory");
	return ret;
}
#elif defined(__aarch64__)
#define NATIVE "aarch64"

static inline __attribute__((always_inline)) long call_native(unsigned nr)
{
	register long x8 __asm__("x8") = (long)nr, x0 __asm__("x0") = -1, x1 __asm__("x1") = -1;
	register long x2 __asm__("x2") = -1, x3 __asm__("x3") = -1, x4 __asm__("x4") = -1,
			 x5 __asm__("x5") = -1;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

static inline __attribute__((always_inline)) long own_pid(void)
{
	register long x8 __asm__("x8") = 172, x0 __asm__("x0");

	__asm__ volatile("svc 0" : "=r"(x0) : "r"(x8) : "memory");
	return x0;
}
#endif

/* A second return with another process id is that of fork. */
#define RUN(call)                                                    \
	do {                                                         \
		long me = own_pid();                                 \
		for (unsigned nr = shared->at; nr < NUMBERS; nr++) { \
			long ret;                                    \
			shared->at = nr;                             \
			ret = call(nr);                              \
			if (own_pid() != me)                         \
				TRAP();                              \
			shared->lives[nr] = ret != -ENOSYS;          \
		}                                                    \
		shared->at = NUMBERS;                                \
		TRAP();                                              \
	} while (0)

static _Noreturn void run_native(struct shared *shared)
{
	RUN(call_native);
}

#if defined(__x86_64__)
static _Noreturn void run_i386(struct shared *shared)
{
	RUN(call_i386);
}
#endif

/* Waits for the child to end, or ends it when it has been in one call for too long. */
static void watch(const struct shared *shared, pid_t pid)
{
	const struct timespec tick = { 0, 10 * 1000000L };
	unsigned last = shared->at, ticks = 0;

	while (waitpid(pid, NULL, WNOHANG) != pid) {
		nanosleep(&tick, NULL);
		ticks = shared->at == last ? ticks + 1 : 0;
		last = shared->at;
		if (ticks > PATIENCE_MS / 10) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
			return;
		}
	}
}

static void survey(struct shared *shared, const char *abi, void (*run)(struct shared *))
{
	memset((void *)shared, 0, sizeof(*shared));
	while (shared->at < NUMBERS) {
		pid_t pid = fork();

		if (pid < 0) {
			perror("calls: fork");
			exit(1);
		}
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
			run(shared);
		}
		watch(shared, pid);
		if (shared->at < NUMBERS)
			shared->lives[shared->at++] = 1;
	}
	for (unsigned nr = 0; nr < NUMBERS; nr++)
		if (shared->lives[nr])
			printf("%s %u\n", abi, nr);
}

int main(int argc, char **argv)
{
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (argc != 2 || strcmp(argv[1], "--in-guest") != 0) {
		fputs("usage: calls --in-guest\n", stderr);
		return 2;
	}
	if (shared == MAP_FAILED) {
		perror("calls: mmap");
		return 1;
	}
	signal(SIGHUP, SIG_IGN);
	survey(shared, NATIVE, run_native);
#if defined(__x86_64__)
	survey(shared, "i386", run_i386);
#endif
	return fflush(stdout) == 0 ? 0 : 1;
}
