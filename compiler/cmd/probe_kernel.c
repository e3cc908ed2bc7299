/* SPDX-License-Identifier: MIT */
/* What the running kernel shows of its features: files, and calls that cannot do anything. */
#include "cmd/probe.h"

#include "base/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#define CGROUP2_MAGIC     0x63677270 /* include/uapi/linux/magic.h */
#define MAX_CHILD_CGROUPS 256
#define MAX_FEATURE_TEXT  ((size_t)64 * 1024)
#define MAX_FEATURE_DEPTH 8

/* The file is there: yes. It is not, but what came long before it is: no. Else nothing is known. */
struct path_probe {
	enum fp_feat feat;
	const char *path, *base;
};

static const struct path_probe paths[] = {
	{ FP_FEAT_TIME_NS, "/proc/self/ns/time", "/proc/self/ns/pid" },
	{ FP_FEAT_IO_URING_DISABLED, "/proc/sys/kernel/io_uring_disabled",
	  "/proc/sys/kernel/ostype" },
	{ FP_FEAT_SE_ALWAYS_CHECK_NETWORK,
	  "/sys/fs/selinux/policy_capabilities/always_check_network",
	  "/sys/fs/selinux/policy_capabilities" },
	{ FP_FEAT_SE_NNP_NOSUID_TRANSITION,
	  "/sys/fs/selinux/policy_capabilities/nnp_nosuid_transition",
	  "/sys/fs/selinux/policy_capabilities" },
	{ FP_FEAT_SE_NETIF_WILDCARD, "/sys/fs/selinux/policy_capabilities/netif_wildcard",
	  "/sys/fs/selinux/policy_capabilities" },
	{ FP_FEAT_SE_NETLINK_XPERM, "/sys/fs/selinux/policy_capabilities/netlink_xperm",
	  "/sys/fs/selinux/policy_capabilities" },
	{ FP_FEAT_SE_USERSPACE_INITIAL_CONTEXT,
	  "/sys/fs/selinux/policy_capabilities/userspace_initial_context",
	  "/sys/fs/selinux/policy_capabilities" },
};

/* Files of a child cgroup; the base stands for the controller being on there. */
static const struct path_probe cgroup_files[] = {
	{ FP_FEAT_CGROUP_FREEZE, "cgroup.freeze", "cgroup.procs" },
	{ FP_FEAT_CGROUP_KILL, "cgroup.kill", "cgroup.procs" },
	{ FP_FEAT_CGROUP_PRESSURE, "cgroup.pressure", "cgroup.procs" },
	{ FP_FEAT_CGROUP_CPU_MAX_BURST, "cpu.max.burst", "cpu.max" },
	{ FP_FEAT_CGROUP_CPU_IDLE, "cpu.idle", "cpu.max" },
	{ FP_FEAT_CGROUP_CPU_UCLAMP, "cpu.uclamp.min", "cpu.max" },
	{ FP_FEAT_CGROUP_MEMORY_OOM_GROUP, "memory.oom.group", "memory.max" },
	{ FP_FEAT_CGROUP_MEMORY_PEAK, "memory.peak", "memory.max" },
	{ FP_FEAT_CGROUP_MEMORY_RECLAIM, "memory.reclaim", "memory.max" },
	{ FP_FEAT_CGROUP_MEMORY_SWAP_MAX, "memory.swap.max", "memory.max" },
	{ FP_FEAT_CGROUP_MEMORY_SWAP_HIGH, "memory.swap.high", "memory.max" },
	{ FP_FEAT_CGROUP_MEMORY_SWAP_PEAK, "memory.swap.peak", "memory.max" },
	{ FP_FEAT_CGROUP_MEMORY_ZSWAP_MAX, "memory.zswap.max", "memory.max" },
	{ FP_FEAT_CGROUP_MEMORY_ZSWAP_WRITEBACK, "memory.zswap.writeback", "memory.max" },
	{ FP_FEAT_CGROUP_IO_WEIGHT, "io.weight", "io.stat" },
	{ FP_FEAT_CGROUP_IO_MAX, "io.max", "io.stat" },
	{ FP_FEAT_CGROUP_IO_LATENCY, "io.latency", "io.stat" },
	{ FP_FEAT_CGROUP_IO_BFQ_WEIGHT, "io.bfq.weight", "io.stat" },
	{ FP_FEAT_CGROUP_IO_PRIO_CLASS, "io.prio.class", "io.stat" },
	{ FP_FEAT_CGROUP_PIDS_PEAK, "pids.peak", "pids.max" },
	{ FP_FEAT_CGROUP_PIDS_EVENTS_LOCAL, "pids.events.local", "pids.max" },
	{ FP_FEAT_CGROUP_CPUSET, "cpuset.cpus", "cpuset.cpus" },
	{ FP_FEAT_CGROUP_CPUSET_EXCLUSIVE, "cpuset.cpus.exclusive", "cpuset.cpus" },
	{ FP_FEAT_CGROUP_RDMA, "rdma.max", "rdma.max" },
	{ FP_FEAT_CGROUP_MISC, "misc.max", "misc.max" },
	{ FP_FEAT_CGROUP_DMEM, "dmem.max", "dmem.max" },
};

#define N_CGROUP_FILES (sizeof(cgroup_files) / sizeof(cgroup_files[0]))

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static void answer(struct fp_seen seen[], enum fp_feat feat, bool yes, const char *how)
{
	seen[feat] = (struct fp_seen){ yes ? FP_ANSWER_YES : FP_ANSWER_NO, how };
}

static void probe_paths(struct fp_seen seen[])
{
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (is_there(paths[i].path) || is_there(paths[i].base))
			answer(seen, paths[i].feat, is_there(paths[i].path), paths[i].path);
}

static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (; (text = strstr(text, word)) != NULL; text += len)
		if (text[len] == '\0' || text[len] == ' ' || text[len] == '\n')
			return true;
	return false;
}

static void probe_words(struct fp_seen seen[])
{
	static const char actions[] = "/proc/sys/kernel/seccomp/actions_avail";
	static const char features[] = "/sys/kernel/cgroup/features";
	char text[4096];

	if (fp_cmd_read_text(actions, text, sizeof(text))) {
		answer(seen, FP_FEAT_SECCOMP_KILL_PROCESS, has_word(text, "kill_process"), actions);
		answer(seen, FP_FEAT_SECCOMP_LOG, has_word(text, "log"), actions);
		answer(seen, FP_FEAT_SECCOMP_USER_NOTIF, has_word(text, "user_notif"), actions);
	}
	if (fp_cmd_read_text(features, text, sizeof(text)))
		answer(seen, FP_FEAT_CGROUP_MEMORY_HUGETLB,
		       has_word(text, "memory_hugetlb_accounting"), features);
}

/* Sizes of 0 and a bad descriptor: the calls can only fail, ENOSYS where they do not exist. */
static void probe_calls(struct fp_seen seen[])
{
	long abi;

	if (syscall(SYS_mount_setattr, -1, "", 0, NULL, (size_t)0) < 0)
		answer(seen, FP_FEAT_MOUNT_SETATTR, errno != ENOSYS, "called mount_setattr(2)");
	if (syscall(SYS_openat2, -1, "", NULL, (size_t)0) < 0)
		answer(seen, FP_FEAT_OPENAT2, errno != ENOSYS, "called openat2(2)");
	/* 1: LANDLOCK_CREATE_RULESET_VERSION, which makes nothing and returns the ABI. */
	abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, 1u);
	answer(seen, FP_FEAT_LANDLOCK, abi >= 1, "asked landlock_create_ruleset(2) for its ABI");
	answer(seen, FP_FEAT_LANDLOCK_NET, abi >= 4,
	       "asked landlock_create_ruleset(2) for its ABI");
}

static void note_child(const char *child, bool found[], bool has_base[])
{
	int dir = open(child, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return;
	for (size_t i = 0; i < N_CGROUP_FILES; i++) {
		found[i] |= faccessat(dir, cgroup_files[i].path, F_OK, 0) == 0;
		has_base[i] |= faccessat(dir, cgroup_files[i].base, F_OK, 0) == 0;
	}
	close(dir);
}

/* Files differ between children by their controllers: one child with the file is enough. */
static void probe_children(const char *root, struct fp_seen seen[])
{
	bool found[N_CGROUP_FILES] = { false }, has_base[N_CGROUP_FILES] = { false };
	DIR *dir = opendir(root);
	struct dirent *e;
	char child[512];
	int left = MAX_CHILD_CGROUPS;

	if (!dir)
		return;
	while (left > 0 && (e = readdir(dir)) != NULL) {
		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		left--;
		int n = snprintf(child, sizeof(child), "%s/%s", root, e->d_name);
		if (n > 0 && (size_t)n < sizeof(child))
			note_child(child, found, has_base);
	}
	closedir(dir);
	for (size_t i = 0; i < N_CGROUP_FILES; i++)
		if (found[i] || has_base[i])
			answer(seen, cgroup_files[i].feat, found[i], "files of the child cgroups");
}

static void probe_cgroups(struct fp_seen seen[])
{
	static const char root[] = "/sys/fs/cgroup", mixed[] = "/sys/fs/cgroup/unified";
	struct statfs fs;

	if (statfs(root, &fs))
		return;
	bool is_unified = fs.f_type == CGROUP2_MAGIC;
	bool is_hybrid = !is_unified && !statfs(mixed, &fs) && fs.f_type == CGROUP2_MAGIC;
	answer(seen, FP_FEAT_CGROUP_UNIFIED, is_unified,
	       is_unified  ? "/sys/fs/cgroup is cgroup2"
	       : is_hybrid ? "hybrid host: cgroup2 only on /sys/fs/cgroup/unified"
			   : "/sys/fs/cgroup is not cgroup2");
	if (is_unified || is_hybrid)
		probe_children(is_unified ? root : mixed, seen);
}

void fp_cmd_probe_kernel(struct fp_seen seen[])
{
	probe_paths(seen);
	probe_words(seen);
	probe_calls(seen);
	probe_cgroups(seen);
}

/* AppArmor */

static int compare_entries(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_feature_name(const struct dirent *e)
{
	return e->d_name[0] != '.' && !strpbrk(e->d_name, " \t\n{}");
}

static bool put_tree(struct fp_buf *out, const char *path, int depth);

/* `name {` and a file's text with one line end, or what is in a directory, and `}`. */
static bool put_entry(struct fp_buf *out, const char *folder, const char *name, int depth)
{
	char path[512], text[4096];
	struct stat st;
	int n = snprintf(path, sizeof(path), "%s/%s", folder, name);

	if (n < 0 || (size_t)n >= sizeof(path) || stat(path, &st))
		return false;
	fp_buf_printf(out, "%s {", name);
	if (S_ISDIR(st.st_mode)) {
		if (!put_tree(out, path, depth + 1))
			return false;
	} else {
		if (!fp_cmd_read_text(path, text, sizeof(text)))
			return false;
		fp_buf_printf(out, "%.*s\n", (int)strcspn(text, "\n"), text);
	}
	fp_buf_puts(out, "}\n");
	return out->len <= MAX_FEATURE_TEXT;
}

static bool put_tree(struct fp_buf *out, const char *path, int depth)
{
	struct dirent **list = NULL;
	bool ok = depth <= MAX_FEATURE_DEPTH;
	int n = ok ? scandir(path, &list, is_feature_name, compare_entries) : -1;

	for (int i = 0; i < n; i++) {
		ok = ok && put_entry(out, path, list[i]->d_name, depth);
		free(list[i]);
	}
	free(list);
	return ok && n >= 0;
}

const char *fp_cmd_probe_apparmor(struct fp_unit *u)
{
	struct fp_buf out;

	fp_buf_init(&out, &u->arena);
	if (!put_tree(&out, "/sys/kernel/security/apparmor/features", 0) || !out.len)
		return NULL;
	return fp_buf_text(&out);
}
