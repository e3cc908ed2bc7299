/* SPDX-License-Identifier: MIT */
/* The tables against independent oracles: libseccomp, the host's headers, and kernel facts. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/keyctl.h>
#include <linux/kvm.h>
#include <linux/loop.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "ir/ir.h"
#include "target/tables.h"

#define ABIS(a) for (enum fp_abi a = 0; a < FP_ABI_N; a++)

static const struct fp_sysdef *call(const char *name)
{
	const struct fp_sysdef *sys = fp_sys_find(name, strlen(name));

	if (!sys)
		fail_msg("no call %s", name);
	return sys;
}

static struct fp_param param(const char *name, enum fp_abi abi, const char *parameter)
{
	struct fp_param p;

	if (!fp_sys_param_find(call(name), abi, parameter, strlen(parameter), &p))
		fail_msg("%s has no %s on %s", name, parameter, fp_abi(abi)->name);
	return p;
}

static void words_are(const char *name, enum fp_abi abi, const char *parameter, unsigned lo,
		      unsigned hi)
{
	const struct fp_param p = param(name, abi, parameter);

	if (p.lo != lo || p.hi != hi)
		fail_msg("%s(%s) on %s: words %u %u, not %u %u", name, parameter, fp_abi(abi)->name,
			 p.lo, p.hi, lo, hi);
}

/* What libseccomp calls our ABIs. */
static uint32_t scmp_arch(enum fp_abi abi)
{
	static const uint32_t arch[FP_ABI_N] = {
		[FP_ABI_X86_64] = SCMP_ARCH_X86_64, [FP_ABI_I386] = SCMP_ARCH_X86,
		[FP_ABI_X32] = SCMP_ARCH_X32,       [FP_ABI_AARCH64] = SCMP_ARCH_AARCH64,
		[FP_ABI_ARM] = SCMP_ARCH_ARM,       [FP_ABI_RISCV64] = SCMP_ARCH_RISCV64,
	};

	return arch[abi];
}

/*
 * Every number libseccomp gives for a name of ours must be ours. A negative answer is either an
 * unknown name (-1) or a call that the ABI lacks; the first is counted, for libseccomp is older.
 */
static void test_numbers_by_name(void **state)
{
	(void)state;
	ABIS(a)
	{
		unsigned same = 0;
		unsigned unknown = 0;

		for (size_t i = 0; i < fp_sys_count(); i++) {
			const struct fp_sysdef *sys = fp_sys_at(i);
			const int nr = seccomp_syscall_resolve_name_arch(scmp_arch(a), sys->name);

			if (nr == __NR_SCMP_ERROR) {
				unknown += sys->nr[a] >= 0;
			} else if (nr >= 0) {
				if ((nr & ~0x40000000) != sys->nr[a])
					fail_msg("%s on %s is %d, not %d", sys->name,
						 fp_abi(a)->name, nr, sys->nr[a]);
				same++;
			} else if (sys->nr[a] >= 0) {
				unknown++;
			}
		}
		print_message("%-8s %3u numbers as libseccomp has them, %2u it does not know\n",
			      fp_abi(a)->name, same, unknown);
		assert_true(same >= 280);
	}
}

/* And the other way: whatever name libseccomp knows for a number is the name of ours. */
static void test_names_by_number(void **state)
{
	(void)state;
	ABIS(a)
	{
		unsigned same = 0;

		for (uint32_t nr = 0; nr < 600; nr++) {
			char *name = seccomp_syscall_resolve_num_arch(
				scmp_arch(a), (int)(nr | fp_abi(a)->nr_bit));
			const struct fp_sysdef *sys = fp_sys_by_nr(a, nr);

			if (name && (!sys || strcmp(sys->name, name) != 0))
				fail_msg("%u on %s is %s", nr, fp_abi(a)->name, name);
			same += name != NULL;
			free(name);
		}
		assert_true(same >= 280);
	}
}

static void test_every_row_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < fp_sys_count(); i++) {
		const struct fp_sysdef *sys = fp_sys_at(i);

		assert_int_equal(sys->index, i);
		assert_ptr_equal(fp_sys_find(sys->name, strlen(sys->name)), sys);
		if (i)
			assert_true(strcmp(fp_sys_at(i - 1)->name, sys->name) < 0);
		ABIS(a)
		{
			if (sys->nr[a] < 0)
				continue;
			assert_ptr_equal(fp_sys_by_nr(a, (uint32_t)sys->nr[a]), sys);
			assert_true((uint32_t)sys->nr[a] <= fp_sys_max_nr(a));
		}
	}
	for (size_t i = 0; i < fp_const_count(); i++) {
		const struct fp_const *c = fp_const_at(i);

		assert_ptr_equal(fp_const_find(c->name, strlen(c->name)), c);
		assert_int_not_equal(c->present, 0);
	}
}

static void test_misses(void **state)
{
	static const char *const names[] = { "", "a", "zzz", "rea", "readd", "READ", "socket " };
	enum fp_abi abi;
	enum fp_arch arch;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const size_t len = strlen(names[i]);

		assert_null(fp_sys_find(names[i], len));
		assert_null(fp_const_find(names[i], len));
		assert_null(fp_cap_find(names[i], len));
		assert_null(fp_devnode_find(names[i], len));
		assert_int_equal(fp_errno_find(names[i], len), 0);
		assert_false(fp_abi_find(names[i], len, &abi));
		assert_false(fp_arch_find(names[i], len, &arch));
	}
	assert_null(fp_sys_find("read\0", 5));
	assert_null(fp_const_find("AF_UNIX\0", 8));
	assert_non_null(fp_sys_find("readv", 4)); /* the length counts, not the NUL */
	ABIS(a)
	{
		assert_null(fp_sys_by_nr(a, fp_sys_max_nr(a) + 1));
		assert_null(fp_sys_by_nr(a, UINT32_MAX));
	}
	assert_null(fp_sys_by_nr(FP_ABI_X86_64, 400));
	assert_null(fp_errno_name(0));
	assert_null(fp_errno_name(41));
	assert_null(fp_errno_name(134));
	assert_null(fp_cap_find("CAP_net_raw", 11));
	assert_null(fp_cap_find("NET_RAW", 7));
}

static void test_abis(void **state)
{
	(void)state;
	ABIS(a)
	{
		const struct fp_abi_def *def = fp_abi(a);
		enum fp_abi found;

		assert_true(fp_abi_find(def->name, strlen(def->name), &found));
		assert_int_equal(found, a);
		assert_int_equal(fp_abi(fp_arch_native(def->arch))->arch, def->arch);
		assert_true(fp_abi(fp_arch_native(def->arch))->is_native);
		assert_int_equal(def->nr_bit, a == FP_ABI_X32 ? 0x40000000 : 0);
		if (a != FP_ABI_X32)
			assert_int_equal(def->audit_arch, scmp_arch(a));
	}
	assert_int_equal(fp_abi(FP_ABI_X32)->audit_arch, fp_abi(FP_ABI_X86_64)->audit_arch);
	assert_string_equal(fp_arch_name(FP_ARCH_RISCV64), "riscv64");
	assert_string_equal(fp_sys_table_version(), "7.1");
}

/* No call is older than its ABI, none is newer than the table, and known ones have their kernel. */
static void test_first_kernels(void **state)
{
	(void)state;
	for (size_t i = 0; i < fp_sys_count(); i++) {
		const struct fp_sysdef *sys = fp_sys_at(i);

		ABIS(a)
		{
			const uint16_t oldest = a == FP_ABI_X32       ? FP_SINCE(3, 4)
						: a == FP_ABI_AARCH64 ? FP_SINCE(3, 7)
						: a == FP_ABI_RISCV64 ? FP_SINCE(4, 15)
								      : FP_SINCE(3, 0);

			if (sys->nr[a] < 0)
				assert_int_equal(sys->since[a], 0);
			else if (!(sys->flags & FP_SYS_NOSIG))
				assert_in_range(sys->since[a], oldest, FP_SINCE(7, 1));
		}
	}
	assert_int_equal(call("openat2")->since[FP_ABI_X86_64], FP_SINCE(5, 6));
	assert_int_equal(call("memfd_secret")->since[FP_ABI_RISCV64], FP_SINCE(5, 19));
	assert_int_equal(call("socket")->since[FP_ABI_I386], FP_SINCE(4, 3));
	assert_int_equal(call("socket")->since[FP_ABI_X86_64], FP_SINCE(3, 0));
	assert_int_equal(call("semget")->since[FP_ABI_I386], FP_SINCE(5, 1));
	assert_int_equal(call("rseq_slice_yield")->since[FP_ABI_ARM], FP_SINCE(7, 0));
	/* From 424 (5.1) on, a call of one number is wired everywhere; numbers grow with kernels.
	 */
	for (uint32_t nr = 425; nr < 471; nr++) {
		const struct fp_sysdef *sys = fp_sys_by_nr(FP_ABI_X86_64, nr);

		assert_non_null(sys);
		assert_in_range(sys->since[FP_ABI_X86_64], FP_SINCE(5, 1), FP_SINCE(6, 19));
		assert_int_equal(sys->nr[FP_ABI_AARCH64], nr);
	}
}

static void test_flags(void **state)
{
	(void)state;
	for (size_t i = 0; i < fp_sys_count(); i++) {
		const struct fp_sysdef *sys = fp_sys_at(i);
		const bool is_mux = !strcmp(sys->name, "socketcall") || !strcmp(sys->name, "ipc");
		const bool is_free =
			!strcmp(sys->name, "uprobe") || !strcmp(sys->name, "uretprobe");

		assert_int_equal(!!(sys->flags & FP_SYS_MULTIPLEXER), is_mux);
		assert_int_equal(!!(sys->flags & FP_SYS_UNFILTERED), is_free);
		assert_int_equal(sys->filterable_note != NULL, is_free);
	}
	assert_true(call("vserver")->flags & FP_SYS_NOSIG);
	assert_false(call("ptrace")->flags & FP_SYS_NOSIG);
}

/* Parameters fill words from the first on, in order, without overlap and within six arguments. */
static void check_words(const struct fp_sysdef *sys, enum fp_abi a)
{
	const bool is_wide = fp_abi(a)->word_bits == 64;
	struct fp_param p;
	unsigned next = 0;

	for (size_t n = 0; fp_sys_param(sys, a, n, &p); n++) {
		const bool is_split = p.bytes == 8 && !is_wide;

		assert_int_equal(p.lo, next);
		assert_int_equal(p.hi, p.bytes <= 4 ? FP_WORD_NONE : next + (is_split ? 2 : 1));
		assert_true(p.bytes == 1 || p.bytes == 2 || p.bytes == 4 || p.bytes == 8);
		assert_int_equal(p.kind == FP_PARAM_UNUSED, !strcmp(p.name, "-"));
		next += is_split ? 4 : 2;
	}
	assert_true(next <= 12);
}

/* The calls of x86_64 without arguments: their empty signatures look like missing ones. */
static bool is_nullary(const char *name)
{
	static const char *const names[] = {
		"fork",
		"getegid",
		"geteuid",
		"getgid",
		"getpgrp",
		"getpid",
		"getppid",
		"gettid",
		"getuid",
		"inotify_init",
		"munlockall",
		"pause",
		"restart_syscall",
		"rseq_slice_yield",
		"rt_sigreturn",
		"sched_yield",
		"setsid",
		"sync",
		"uprobe",
		"uretprobe",
		"vfork",
		"vhangup",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(names[i], name))
			return true;
	}
	return false;
}

static void test_every_call_has_a_signature(void **state)
{
	unsigned n = 0;

	(void)state;
	for (size_t i = 0; i < fp_sys_count(); i++) {
		const struct fp_sysdef *sys = fp_sys_at(i);

		ABIS(a)
		{
			struct fp_param p;
			const bool has_first = fp_sys_param(sys, a, 0, &p);

			check_words(sys, a);
			if (sys->nr[a] < 0 || sys->flags & FP_SYS_NOSIG) {
				assert_false(has_first);
			} else if (a == FP_ABI_X86_64) {
				if (has_first == is_nullary(sys->name))
					fail_msg("%s: signature missing or not empty", sys->name);
				n++;
			}
		}
	}
	assert_int_equal(n, 385 - 8); /* x86_64 has eight numbers without a call behind */
}

static void test_widths(void **state)
{
	struct fp_param p;

	(void)state;
	ABIS(a)
	{
		p = param("socket", a, "domain");
		assert_int_equal(p.bytes, 4);
		assert_true(p.is_signed);
		assert_true(p.is_enum);
		assert_string_equal(p.constants, "AF_");
		words_are("socket", a, "domain", 0, FP_WORD_NONE);
		p = param("ioctl", a, "request");
		assert_int_equal(p.bytes, 4);
		assert_false(p.is_signed);
		words_are("ioctl", a, "request", 2, FP_WORD_NONE);
		assert_int_equal(param("fchmodat", a, "mode").bytes, 2);
		assert_int_equal(param("openat", a, "mode").bytes, 2);
		assert_int_equal(param("openat", a, "pathname").kind, FP_PARAM_PATH);
		assert_int_equal(param("openat2", a, "how").kind, FP_PARAM_MEMORY);
		assert_int_equal(param("clone3", a, "cl_args").kind, FP_PARAM_MEMORY);
		assert_int_equal(param("mount_setattr", a, "attr").kind, FP_PARAM_MEMORY);
		assert_int_equal(param("sendmsg", a, "msg").kind, FP_PARAM_MEMORY);
		assert_int_equal(param("read", a, "buf").kind, FP_PARAM_POINTER);
		assert_int_equal(param("personality", a, "persona").bytes, 4);
		assert_int_equal(param("prctl", a, "option").bytes, 4);
		assert_true(param("prctl", a, "option").is_signed);
		assert_false(param("socket", a, "type").is_enum); /* flags and enumerators */
		/* kernel/fork.c: lower_32_bits(clone_flags) */
		assert_int_equal(param("clone", a, "flags").bytes, 4);
		words_are("clone", a, "flags", 0, FP_WORD_NONE);
	}
	assert_int_equal(param("chmod", FP_ABI_X86_64, "mode").bytes, 2);
	assert_int_equal(param("mbind", FP_ABI_X86_64, "mode").bytes, 4); /* int lmode = mode */
	assert_int_equal(param("readv", FP_ABI_X86_64, "fd").bytes, 4);   /* fdget(unsigned int) */
	assert_int_equal(param("prctl", FP_ABI_X86_64, "arg2").bytes, 8);
	assert_int_equal(param("prctl", FP_ABI_ARM, "arg2").bytes, 4);
	assert_int_equal(param("ioctl", FP_ABI_X86_64, "argp").bytes, 8);
	assert_int_equal(param("ioctl", FP_ABI_X32, "argp").bytes, 4); /* compat_sys_ioctl */
	assert_int_equal(param("setuid", FP_ABI_X86_64, "uid").bytes, 4);
	assert_int_equal(param("setuid", FP_ABI_I386, "uid").bytes, 2); /* setuid16 */
	assert_int_equal(param("mmap", FP_ABI_I386, "arg").kind, FP_PARAM_MEMORY);
	assert_int_equal(param("socketcall", FP_ABI_I386, "args").kind, FP_PARAM_MEMORY);
	assert_false(fp_sys_param_find(call("mmap"), FP_ABI_I386, "prot", 4, &p));
	assert_false(fp_sys_param_find(call("chmod"), FP_ABI_AARCH64, "mode", 4, &p));
	assert_false(fp_sys_param_find(call("pread64"), FP_ABI_ARM, "-", 1, &p));
}

static void test_words(void **state)
{
	(void)state;
	words_are("pread64", FP_ABI_X86_64, "offset", 6, 7);
	words_are("pread64", FP_ABI_I386, "offset", 6, 8);
	words_are("pread64", FP_ABI_ARM, "offset", 8, 10); /* an even register */
	words_are("preadv", FP_ABI_ARM, "offset", 6, 8);   /* two words of their own */
	words_are("preadv2", FP_ABI_X86_64, "flags", 10, FP_WORD_NONE);
	words_are("preadv2", FP_ABI_X32, "flags", 8, FP_WORD_NONE); /* compat_sys_preadv64v2 */
	words_are("preadv2", FP_ABI_I386, "flags", 10, FP_WORD_NONE);
	words_are("truncate64", FP_ABI_I386, "length", 2, 4);
	words_are("truncate64", FP_ABI_ARM, "length", 4, 6);
	words_are("fallocate", FP_ABI_AARCH64, "len", 6, 7);
	words_are("fallocate", FP_ABI_ARM, "len", 8, 10);
	words_are("fanotify_mark", FP_ABI_X86_64, "pathname", 8, 9);
	words_are("fanotify_mark", FP_ABI_I386, "mask", 4, 6);
	words_are("fanotify_mark", FP_ABI_I386, "pathname", 10, FP_WORD_NONE);
	words_are("arm_fadvise64_64", FP_ABI_ARM, "advice", 2, FP_WORD_NONE);
	words_are("fadvise64_64", FP_ABI_I386, "advice", 10, FP_WORD_NONE);
	words_are("readahead", FP_ABI_ARM, "count", 8, FP_WORD_NONE);
	words_are("lookup_dcookie", FP_ABI_I386, "buffer", 4, FP_WORD_NONE);
	words_are("clone", FP_ABI_X86_64, "tls", 8, 9);
	words_are("clone", FP_ABI_AARCH64, "tls", 6, 7);
	words_are("clone", FP_ABI_RISCV64, "child_tid", 8, 9);
	words_are("clone", FP_ABI_I386, "tls", 6, FP_WORD_NONE);
	words_are("clone", FP_ABI_ARM, "child_tid", 8, FP_WORD_NONE);
	words_are("sigsuspend", FP_ABI_I386, "mask", 4, FP_WORD_NONE);
}

static void test_multiplexed(void **state)
{
	const struct fp_sysdef *mux;
	uint32_t n;

	(void)state;
	assert_true(fp_sys_multiplexed(call("socket"), FP_ABI_I386, &mux, &n));
	assert_ptr_equal(mux, call("socketcall"));
	assert_int_equal(n, 1);
	assert_true(fp_sys_multiplexed(call("sendmmsg"), FP_ABI_I386, &mux, &n));
	assert_int_equal(n, 20);
	assert_true(fp_sys_multiplexed(call("semop"), FP_ABI_I386, &mux, &n));
	assert_ptr_equal(mux, call("ipc"));
	assert_int_equal(param("ipc", FP_ABI_I386, "call").bytes, 2); /* call &= 0xffff */
	assert_true(fp_sys_multiplexed(call("shmctl"), FP_ABI_I386, &mux, &n));
	assert_int_equal(n, 24);
	assert_false(fp_sys_multiplexed(call("socket"), FP_ABI_ARM, &mux, &n));
	assert_false(fp_sys_multiplexed(call("socket"), FP_ABI_X86_64, &mux, &n));
	assert_false(fp_sys_multiplexed(call("read"), FP_ABI_I386, &mux, &n));
}

struct oracle {
	const char *name;
	int64_t value;
};

#define ROW(name)                      \
	{                              \
#name, (int64_t)(name) \
	}

static const struct oracle host[] = {
	ROW(AF_UNIX),
	ROW(AF_INET),
	ROW(AF_INET6),
	ROW(AF_ALG),
	ROW(AF_VSOCK),
	ROW(AF_PACKET),
	ROW(PF_NETLINK),
	ROW(SOCK_STREAM),
	ROW(SOCK_DGRAM),
	ROW(SOCK_RAW),
	ROW(SOCK_SEQPACKET),
	ROW(SOCK_CLOEXEC),
	ROW(SOCK_NONBLOCK),
	ROW(SOL_SOCKET),
	ROW(SOL_ALG),
	ROW(SO_PEERCRED),
	ROW(SO_REUSEPORT),
	ROW(MSG_OOB),
	ROW(MSG_NOSIGNAL),
	ROW(MSG_FASTOPEN),
	ROW(SHUT_RDWR),
	ROW(IPPROTO_TCP),
	ROW(IPPROTO_UDP),
	ROW(IPPROTO_RAW),
	ROW(IPPROTO_IPV6),
	ROW(O_RDONLY),
	ROW(O_WRONLY),
	ROW(O_RDWR),
	ROW(O_ACCMODE),
	ROW(O_CREAT),
	ROW(O_TRUNC),
	ROW(O_APPEND),
	ROW(O_EXCL),
	ROW(O_CLOEXEC),
	ROW(O_DIRECTORY),
	ROW(O_NOFOLLOW),
	ROW(O_PATH),
	ROW(O_TMPFILE),
	ROW(O_DIRECT),
	ROW(O_SYNC),
	ROW(AT_FDCWD),
	ROW(AT_SYMLINK_NOFOLLOW),
	ROW(AT_REMOVEDIR),
	ROW(AT_EMPTY_PATH),
	ROW(F_DUPFD),
	ROW(F_SETFL),
	ROW(F_SETOWN),
	ROW(F_DUPFD_CLOEXEC),
	ROW(F_ADD_SEALS),
	ROW(F_OFD_SETLK),
	ROW(CLONE_NEWUSER),
	ROW(CLONE_NEWNET),
	ROW(CLONE_NEWNS),
	ROW(CLONE_NEWCGROUP),
	ROW(CLONE_NEWTIME),
	ROW(CLONE_VM),
	ROW(CLONE_IO),
	ROW(CSIGNAL),
	ROW(PROT_READ),
	ROW(PROT_EXEC),
	ROW(MAP_SHARED),
	ROW(MAP_PRIVATE),
	ROW(MAP_ANONYMOUS),
	ROW(MAP_FIXED),
	ROW(MAP_FIXED_NOREPLACE),
	ROW(MAP_LOCKED),
	ROW(MAP_TYPE),
	ROW(MADV_DONTNEED),
	ROW(MADV_HWPOISON),
	ROW(MREMAP_FIXED),
	ROW(PR_SET_NAME),
	ROW(PR_SET_NO_NEW_PRIVS),
	ROW(PR_SET_SECCOMP),
	ROW(PR_CAPBSET_DROP),
	ROW(PR_SET_MM),
	ROW(PR_CAP_AMBIENT),
	ROW(PR_SET_VMA),
	ROW(PTRACE_TRACEME),
	ROW(PTRACE_ATTACH),
	ROW(PTRACE_SEIZE),
	ROW(PTRACE_O_TRACECLONE),
	ROW(FUTEX_WAIT),
	ROW(FUTEX_PRIVATE_FLAG),
	ROW(FUTEX_LOCK_PI2),
	ROW(KEYCTL_READ),
	ROW(KEYCTL_JOIN_SESSION_KEYRING),
	ROW(SECCOMP_SET_MODE_FILTER),
	ROW(SECCOMP_FILTER_FLAG_NEW_LISTENER),
	ROW(BPF_PROG_LOAD),
	ROW(BPF_MAP_CREATE),
	ROW(BPF_LINK_CREATE),
	ROW(TIOCSTI),
	ROW(TIOCLINUX),
	ROW(TCGETS),
	ROW(FIONREAD),
	ROW(FIONBIO),
	ROW(FIOCLEX),
	ROW(TIOCGWINSZ),
	ROW(TIOCSCTTY),
	ROW(TIOCGPTN),
	ROW(KVM_CREATE_VM),
	ROW(KVM_RUN),
	ROW(KVM_SET_REGS),
	ROW(KVM_GET_DIRTY_LOG),
	ROW(LOOP_SET_FD),
	ROW(LOOP_CONFIGURE),
	ROW(LOOP_CTL_GET_FREE),
	ROW(FS_IOC_SETFLAGS),
	ROW(FS_IOC_GETVERSION),
	ROW(FICLONE),
	ROW(BLKGETSIZE64),
	ROW(BLKDISCARD),
	ROW(MS_BIND),
	ROW(MS_RDONLY),
	ROW(MS_MOVE),
	ROW(MS_SHARED),
	ROW(SIGHUP),
	ROW(SIGKILL),
	ROW(SIGSYS),
	ROW(SIGCHLD),
	ROW(RLIMIT_NPROC),
	ROW(RLIMIT_NOFILE),
	ROW(RLIMIT_RTTIME),
	ROW(SCHED_FIFO),
	ROW(SCHED_DEADLINE),
	ROW(CLOCK_MONOTONIC),
	ROW(CLOCK_BOOTTIME),
	ROW(CLOCK_REALTIME_ALARM),
	ROW(EPOLL_CTL_ADD),
	ROW(EPOLL_CLOEXEC),
	ROW(EFD_SEMAPHORE),
	ROW(GRND_RANDOM),
	ROW(MFD_CLOEXEC),
	ROW(MFD_HUGETLB),
	ROW(RB_AUTOBOOT),
	ROW(RB_POWER_OFF),
	ROW(RB_DISABLE_CAD),
	ROW(SWAP_FLAG_PREFER),
	ROW(WNOHANG),
	ROW(WEXITED),
	ROW(P_PIDFD),
	ROW(SPLICE_F_MOVE),
	ROW(SPLICE_F_GIFT),
	ROW(RWF_NOWAIT),
	ROW(RWF_APPEND),
	ROW(RENAME_EXCHANGE),
	ROW(STATX_BTIME),
	ROW(S_ISUID),
	ROW(S_IFMT),
	ROW(R_OK),
	ROW(X_OK),
	ROW(LOCK_EX),
	ROW(SEEK_DATA),
	ROW(PRIO_USER),
	ROW(RUSAGE_THREAD),
	ROW(FALLOC_FL_PUNCH_HOLE),
	ROW(POSIX_FADV_DONTNEED),
	ROW(SYNC_FILE_RANGE_WRITE),
};

static const struct fp_const *constant(const char *name)
{
	const struct fp_const *c = fp_const_find(name, strlen(name));

	if (!c)
		fail_msg("no constant %s", name);
	return c;
}

static void test_constants_of_the_host(void **state)
{
	(void)state;
	assert_true(fp_const_count() >= 900);
#ifdef __x86_64__
	for (size_t i = 0; i < sizeof(host) / sizeof(host[0]); i++) {
		const int64_t value = constant(host[i].name)->value[FP_ABI_X86_64];

		if (value != host[i].value)
			fail_msg("%s is %lld here, %lld in the table", host[i].name,
				 (long long)host[i].value, (long long)value);
	}
#endif
}

static void value_is(const char *name, enum fp_abi abi, int64_t value)
{
	const struct fp_const *c = constant(name);

	assert_true(c->present & 1u << abi);
	if (c->value[abi] != value)
		fail_msg("%s on %s is %lld, not %lld", name, fp_abi(abi)->name,
			 (long long)c->value[abi], (long long)value);
}

static void test_constants_that_differ(void **state)
{
	(void)state;
	/* arch/arm64/include/uapi/asm/fcntl.h, arch/arm/include/uapi/asm/fcntl.h */
	value_is("O_DIRECTORY", FP_ABI_X86_64, 0200000);
	value_is("O_DIRECTORY", FP_ABI_AARCH64, 040000);
	value_is("O_DIRECTORY", FP_ABI_ARM, 040000);
	value_is("O_DIRECTORY", FP_ABI_RISCV64, 0200000);
	value_is("FIOQSIZE", FP_ABI_X86_64, 0x5460);
	value_is("FIOQSIZE", FP_ABI_ARM, 0x545e);
	/* the size of a long is part of the request */
	value_is("FS_IOC_GETFLAGS", FP_ABI_X86_64, 0x80086601);
	value_is("FS_IOC_GETFLAGS", FP_ABI_I386, 0x80046601);
	value_is("FS_IOC_GETFLAGS", FP_ABI_X32, 0x80046601);
	value_is("BLKGETSIZE64", FP_ABI_AARCH64, 0x80081272);
	value_is("BLKGETSIZE64", FP_ABI_ARM, 0x80041272);
	value_is("AT_FDCWD", FP_ABI_ARM, -100);
	value_is("CLONE_IO", FP_ABI_RISCV64, 0x80000000);
	assert_int_equal(constant("ARCH_SET_FS")->present,
			 1u << FP_ABI_X86_64 | 1u << FP_ABI_I386 | 1u << FP_ABI_X32);
}

static void test_kinds_of_constants(void **state)
{
	(void)state;
	assert_true(constant("SOCK_STREAM")->is_enum);
	assert_false(constant("SOCK_CLOEXEC")->is_enum);
	assert_false(constant("SOCK_TYPE_MASK")->is_enum);
	assert_string_equal(constant("SOCK_STREAM")->family, "SOCK_");
	assert_string_equal(constant("SOCK_TYPE_MASK")->family, "SOCK_");
	assert_true(constant("AF_INET")->is_enum);
	assert_true(constant("O_WRONLY")->is_enum);
	assert_false(constant("O_CREAT")->is_enum);
	assert_true(constant("TIOCSTI")->is_enum);
	assert_string_equal(constant("TIOCSTI")->family, "ioctl");
	assert_false(constant("CLONE_NEWUSER")->is_enum);
	assert_true(constant("MAP_PRIVATE")->is_enum);
	assert_true(constant("SIGKILL")->is_enum);
}

static void test_caps(void **state)
{
	(void)state;
	assert_int_equal(fp_cap_count(), 41);
	assert_int_equal(fp_cap_count() - 1, CAP_LAST_CAP);
	for (size_t i = 0; i < fp_cap_count(); i++) {
		const struct fp_cap *cap = fp_cap_at(i);

		assert_int_equal(cap->bit, i);
		assert_ptr_equal(fp_cap_find(cap->name, strlen(cap->name)), cap);
	}
	assert_int_equal(fp_cap_find("CAP_NET_RAW", 11)->bit, CAP_NET_RAW);
	assert_int_equal(fp_cap_find("net_raw", 7)->bit, CAP_NET_RAW);
	assert_int_equal(fp_cap_find("sys_admin", 9)->bit, CAP_SYS_ADMIN);
	assert_int_equal(fp_cap_find("CAP_CHECKPOINT_RESTORE", 22)->bit, CAP_CHECKPOINT_RESTORE);
	assert_int_equal(fp_cap_find("dac_read_search", 15)->bit, CAP_DAC_READ_SEARCH);
	assert_int_equal(fp_cap_find("mac_admin", 9)->bit, CAP_MAC_ADMIN);
	assert_int_equal(fp_cap_find("bpf", 3)->since, FP_SINCE(5, 8));
}

static void test_errnos(void **state)
{
	unsigned n = 0;

	(void)state;
	for (uint16_t i = 1; i <= 133; i++) {
		const char *name = fp_errno_name(i);

		if (!name)
			continue;
		n++;
		assert_int_equal(fp_errno_find(name, strlen(name)), i);
#ifdef __x86_64__
		assert_string_equal(name, strerrorname_np(i));
#endif
	}
	assert_int_equal(n, 131);
	assert_int_equal(fp_errno_find("EWOULDBLOCK", 11), EAGAIN);
	assert_int_equal(fp_errno_find("ENOTSUP", 7), EOPNOTSUPP);
}

static void test_devnodes(void **state)
{
	const struct fp_devnode *d = fp_devnode_find("/dev/net/tun", 12);

	(void)state;
	assert_non_null(d);
	assert_int_equal(d->type, 'c');
	assert_int_equal(d->major, 10);
	assert_int_equal(d->minor, 200);
	d = fp_devnode_find("/dev/sdb1", 9);
	assert_int_equal(d->type, 'b');
	assert_int_equal(d->major, 8);
	assert_int_equal(d->minor, 17);
	assert_non_null(fp_devnode_find("/dev/urandom", 12));
}

static void test_pathcalls(void **state)
{
	const struct fp_pathcall *p;
	size_t n = 0;

	(void)state;
	for (; (p = fp_pathcall_at(n)); n++) {
		struct fp_param q;
		bool is_found = false;

		if (n)
			assert_true(strcmp(fp_pathcall_at(n - 1)->call, p->call) <= 0);
		ABIS(a)
		{
			if (fp_sys_param_find(call(p->call), a, p->param, strlen(p->param), &q)) {
				is_found = true;
				assert_int_equal(q.kind, FP_PARAM_PATH);
				if (p->by_flags)
					param(p->call, a, p->by_flags);
			}
		}
		if (!is_found)
			fail_msg("%s has no %s", p->call, p->param);
		assert_int_equal(p->rights & ~FP_RIGHT_ALL, 0);
		if (!strcmp(p->call, "execve"))
			assert_int_equal(p->rights, FP_RIGHT_EXECUTE);
		if (!strcmp(p->call, "openat"))
			assert_int_equal(p->rights, FP_RIGHT_READ | FP_RIGHT_WRITE |
							    FP_RIGHT_CREATE | FP_RIGHT_APPEND);
		if (!strcmp(p->call, "unlink"))
			assert_int_equal(p->rights, FP_RIGHT_DELETE);
		if (!strcmp(p->call, "chmod"))
			assert_int_equal(p->rights, FP_RIGHT_ATTRIBUTES);
		if (!strcmp(p->call, "link") && !strcmp(p->param, "oldpath"))
			assert_int_equal(p->rights, FP_RIGHT_LINK);
	}
	assert_true(n >= 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_by_name),
		cmocka_unit_test(test_names_by_number),
		cmocka_unit_test(test_every_row_is_found),
		cmocka_unit_test(test_misses),
		cmocka_unit_test(test_abis),
		cmocka_unit_test(test_first_kernels),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_every_call_has_a_signature),
		cmocka_unit_test(test_widths),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_multiplexed),
		cmocka_unit_test(test_constants_of_the_host),
		cmocka_unit_test(test_constants_that_differ),
		cmocka_unit_test(test_kinds_of_constants),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_errnos),
		cmocka_unit_test(test_devnodes),
		cmocka_unit_test(test_pathcalls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
