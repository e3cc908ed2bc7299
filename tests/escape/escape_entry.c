/* SPDX-License-Identifier: MIT */
/* Attacks: ways into the kernel beside the plain call, and calls that carry others. */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "escape.h"

#ifdef __x86_64__
#define I386_GETPID     20
#define I386_SOCKETCALL 102
#define X32_BIT         0x40000000L

static long int80(long nr, long a, long b)
{
	long ret;

	/* The kernel's 32-bit entry clears r8 to r11. */
	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(a), "c"(b)
			 : "r8", "r9", "r10", "r11", "memory");
	return ret;
}

/* A kernel without x32 says so itself: the call was in it all the same. */
int try_x32(const struct escape_scene *scene)
{
	(void)scene;
	return escape_reached(syscall(X32_BIT | SYS_getpid), ENOSYS);
}

int try_int80(const struct escape_scene *scene)
{
	long ret = int80(I386_GETPID, 0, 0);

	(void)scene;
	errno = ret < 0 ? (int)-ret : 0;
	return ret > 0 ? 0 : -1;
}

int try_socketcall(const struct escape_scene *scene)
{
	uint32_t *args = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long ret;

	(void)scene;
	if (args == MAP_FAILED)
		return -1;
	args[0] = AF_INET;
	args[1] = SOCK_STREAM;
	ret = int80(I386_SOCKETCALL, 1, (long)(uintptr_t)args);
	errno = ret < 0 ? (int)-ret : 0;
	return ret >= 0 ? 0 : -1;
}
#else
static int no_such_entry(void)
{
	errno = ENOSYS;
	return -1;
}

int try_x32(const struct escape_scene *scene)
{
	(void)scene;
	return no_such_entry();
}

int try_int80(const struct escape_scene *scene)
{
	(void)scene;
	return no_such_entry();
}

int try_socketcall(const struct escape_scene *scene)
{
	(void)scene;
	return no_such_entry();
}
#endif

struct ring {
	int fd;
	struct io_uring_params params;
	unsigned char *rings;
	struct io_uring_sqe *entries;
};

static int ring_make(struct ring *ring)
{
	size_t len;

	memset(&ring->params, 0, sizeof(ring->params));
	ring->fd = (int)syscall(SYS_io_uring_setup, 2, &ring->params);
	if (ring->fd < 0)
		return -1;
	/* Both queues lie in one mapping since Linux 5.4. */
	len = ring->params.cq_off.cqes + ring->params.cq_entries * sizeof(struct io_uring_cqe) +
	      ring->params.sq_off.array + ring->params.sq_entries * sizeof(uint32_t);
	ring->rings =
		mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQ_RING);
	ring->entries = mmap(NULL, ring->params.sq_entries * sizeof(struct io_uring_sqe),
			     PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQES);
	return ring->rings == MAP_FAILED || ring->entries == MAP_FAILED ? -1 : 0;
}

static uint32_t *ring_word(const struct ring *ring, uint32_t offset)
{
	return (uint32_t *)(void *)(ring->rings + offset);
}

/* One operation, and its result as a call would give it. */
static int ring_do(const struct io_uring_sqe *entry)
{
	struct ring ring;
	const struct io_uring_cqe *done;
	int result;

	if (ring_make(&ring) != 0)
		return -1;
	ring.entries[0] = *entry;
	*ring_word(&ring, ring.params.sq_off.array) = 0;
	__atomic_store_n(ring_word(&ring, ring.params.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring.fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		return -1;
	done = (const struct io_uring_cqe *)(const void *)(ring.rings + ring.params.cq_off.cqes);
	result = done->res;
	errno = result < 0 ? -result : 0;
	return result < 0 ? -1 : result;
}

int try_ring(const struct escape_scene *scene)
{
	struct io_uring_params params = { .flags = 0 };

	(void)scene;
	return (int)syscall(SYS_io_uring_setup, 1, &params);
}

int try_ring_open(const struct escape_scene *scene)
{
	const struct io_uring_sqe open_root = { .opcode = IORING_OP_OPENAT,
						.fd = AT_FDCWD,
						.addr = (uintptr_t) "/usr",
						.open_flags = O_RDONLY };

	(void)scene;
	return ring_do(&open_root);
}

/* 203.0.113.0/24 is nobody's (RFC 5737). */
int try_ring_connect(const struct escape_scene *scene)
{
	const struct sockaddr_in elsewhere = { .sin_family = AF_INET,
					       .sin_port = htons(80),
					       .sin_addr.s_addr = htonl(0xcb007107) };
	const struct io_uring_sqe connect_it = { .opcode = IORING_OP_CONNECT,
						 .fd = socket(AF_INET, SOCK_STREAM, 0),
						 .addr = (uintptr_t)&elsewhere,
						 .off = sizeof(elsewhere) };

	(void)scene;
	return connect_it.fd < 0 || ring_do(&connect_it) < 0 ? -1 : escape_echo(connect_it.fd);
}

int try_aio(const struct escape_scene *scene)
{
	unsigned long context = 0;

	(void)scene;
	return (int)syscall(SYS_io_setup, 1, &context);
}

/* The master's side, since it needs no further call to have a terminal. */
static int type_into(unsigned long request)
{
	char byte = ' ';
	int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);

	return fd < 0 ? -1 : (int)syscall(SYS_ioctl, fd, request, &byte);
}

int try_tiocsti(const struct escape_scene *scene)
{
	(void)scene;
	return type_into(TIOCSTI);
}

/* The kernel takes 32 bits of the request, a filter sees 64. */
int try_tiocsti_dirty(const struct escape_scene *scene)
{
	(void)scene;
	return type_into(TIOCSTI | 1UL << 32);
}

/* Only a console has it: any other terminal's code says that it does not. */
int try_tioclinux(const struct escape_scene *scene)
{
	(void)scene;
	return escape_reached(type_into(TIOCLINUX), ENOTTY);
}

static int with_new_users(long pid)
{
	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : 0;
}

int try_clone3_userns(const struct escape_scene *scene)
{
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };

	(void)scene;
	return with_new_users(syscall(SYS_clone3, &args, sizeof(args)));
}

int try_clone_user(const struct escape_scene *scene)
{
	(void)scene;
	return with_new_users(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0));
}

int try_execveat(const struct escape_scene *scene)
{
	char program[] = "escape", word[] = "--true";
	char *const argv[] = { program, word, NULL };
	int fd = open("/usr/bin/escape", O_PATH | O_CLOEXEC);
	pid_t pid;

	(void)scene;
	if (fd < 0)
		return -1;
	pid = vfork();
	if (pid == 0) {
		syscall(SYS_execveat, fd, "", argv, NULL, AT_EMPTY_PATH);
		_exit(errno);
	}
	return pid < 0 ? -1 : escape_end_of(pid);
}

int try_listener(const struct escape_scene *scene)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { 1, &allow };

	(void)scene;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			    &prog);
}
