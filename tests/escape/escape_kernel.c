/* SPDX-License-Identifier: MIT */
/* Attacks: parts of the kernel that no job needs, each by a call that changes nothing. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/ioprio.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/reboot.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "escape.h"

int try_bpf(const struct escape_scene *scene)
{
	union bpf_attr attr;

	(void)scene;
	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = 4;
	attr.max_entries = 1;
	return (int)syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

int try_perf(const struct escape_scene *scene)
{
	struct perf_event_attr attr;

	(void)scene;
	memset(&attr, 0, sizeof(attr));
	attr.size = sizeof(attr);
	attr.type = PERF_TYPE_SOFTWARE;
	attr.config = PERF_COUNT_SW_CPU_CLOCK;
	attr.disabled = 1;
	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

/* Faults of user space only are everybody's, since Linux 5.11. */
int try_userfaultfd(const struct escape_scene *scene)
{
	long fd = syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY);

	(void)scene;
	return (int)(fd < 0 && errno == EINVAL ? syscall(SYS_userfaultfd, 0) : fd);
}

int try_keyctl(const struct escape_scene *scene)
{
	(void)scene;
	return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ? -1 : 0;
}

int try_add_key(const struct escape_scene *scene)
{
	(void)scene;
	return syscall(SYS_add_key, "user", "fpolicy", "x", 1, KEY_SPEC_PROCESS_KEYRING) < 0 ? -1
											     : 0;
}

int try_request_key(const struct escape_scene *scene)
{
	(void)scene;
	return escape_reached(syscall(SYS_request_key, "user", "fpolicy-no-such", NULL, 0), ENOKEY);
}

/* No segments: what was loaded is unloaded, and nothing was. */
int try_kexec(const struct escape_scene *scene)
{
	(void)scene;
	return (int)syscall(SYS_kexec_load, 0, 0, NULL, 0);
}

int try_kexec_file(const struct escape_scene *scene)
{
	(void)scene;
	return escape_reached(syscall(SYS_kexec_file_load, -1, -1, 0, NULL, 0), EBADF);
}

int try_init_module(const struct escape_scene *scene)
{
	(void)scene;
	return escape_reached(syscall(SYS_init_module,
				      "no module at all, but of a header's length: "
				      "................................",
				      64, ""),
			      ENOEXEC);
}

int try_finit_module(const struct escape_scene *scene)
{
	(void)scene;
	return escape_reached(syscall(SYS_finit_module, -1, "", 0), EBADF);
}

int try_delete_module(const struct escape_scene *scene)
{
	(void)scene;
	return escape_reached(syscall(SYS_delete_module, "fpolicy_no_such_module", O_NONBLOCK),
			      ENOENT);
}

/* What Ctrl-Alt-Del does, on a machine that has no such keys. */
int try_reboot(const struct escape_scene *scene)
{
	(void)scene;
	return (int)syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
			    LINUX_REBOOT_CMD_CAD_OFF, NULL);
}

/* Accounting that is off is turned off. */
int try_acct(const struct escape_scene *scene)
{
	(void)scene;
	return (int)syscall(SYS_acct, NULL);
}

int try_clock(const struct escape_scene *scene)
{
	struct timespec now;

	(void)scene;
	return clock_gettime(CLOCK_REALTIME, &now) != 0 ? -1 : clock_settime(CLOCK_REALTIME, &now);
}

int try_syslog(const struct escape_scene *scene)
{
	char text[64];

	(void)scene;
	return (int)syscall(SYS_syslog, 3, text, sizeof(text)); /* SYSLOG_ACTION_READ_ALL */
}

int try_iopl(const struct escape_scene *scene)
{
	(void)scene;
#ifdef SYS_iopl
	return (int)syscall(SYS_iopl, 3);
#else
	errno = ENOSYS;
	return -1;
#endif
}

/* Reading the table needs no right either, but the call. */
int try_modify_ldt(const struct escape_scene *scene)
{
	(void)scene;
#ifdef SYS_modify_ldt
	unsigned char table[64];

	return (int)syscall(SYS_modify_ldt, 0, table, sizeof(table));
#else
	errno = ENOSYS;
	return -1;
#endif
}

int try_fanotify(const struct escape_scene *scene)
{
	int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY);

	(void)scene;
	return fd;
}

int try_realtime(const struct escape_scene *scene)
{
	const struct sched_param lowest = { .sched_priority = 1 };

	(void)scene;
	return (int)syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &lowest);
}

int try_nice(const struct escape_scene *scene)
{
	(void)scene;
	return setpriority(PRIO_PROCESS, 0, -1);
}

int try_ioprio(const struct escape_scene *scene)
{
	(void)scene;
	return (int)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
			    IOPRIO_PRIO_VALUE(IOPRIO_CLASS_RT, 4));
}

int try_raise_limit(const struct escape_scene *scene)
{
	struct rlimit limit;

	(void)scene;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return -1;
	limit.rlim_max++;
	return setrlimit(RLIMIT_NOFILE, &limit);
}
