/* SPDX-License-Identifier: MIT */
/* Attacks: namespaces, roots and mounts. What is mounted is taken off at once. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/quota.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "escape.h"

#define CREATE_FS  6 /* FSCONFIG_CMD_CREATE of linux/mount.h, which sys/mount.h hides */
#define EMPTY_FROM 4 /* MOVE_MOUNT_F_EMPTY_PATH */

int try_unshare_user(const struct escape_scene *scene)
{
	(void)scene;
	return unshare(CLONE_NEWUSER);
}

int try_unshare_mount(const struct escape_scene *scene)
{
	(void)scene;
	return unshare(CLONE_NEWNS);
}

int try_unshare_net(const struct escape_scene *scene)
{
	(void)scene;
	return unshare(CLONE_NEWNET);
}

int try_setns(const struct escape_scene *scene)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)scene->outsider);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -1 : setns(fd, CLONE_NEWNS);
}

int try_hostname(const struct escape_scene *scene)
{
	struct utsname name;

	(void)scene;
	return uname(&name) != 0 ? -1 : sethostname(name.nodename, 3);
}

int try_chroot(const struct escape_scene *scene)
{
	(void)scene;
	return chroot("/usr");
}

/* The root itself cannot be put in its own place, and that is found out last. */
int try_pivot(const struct escape_scene *scene)
{
	(void)scene;
	return escape_reached(syscall(SYS_pivot_root, "/", "/"), EBUSY);
}

int try_setuid(const struct escape_scene *scene)
{
	(void)scene;
	return setresuid(0, 0, 0);
}

static int undo(int ret)
{
	if (ret == 0)
		umount2("/tmp", MNT_DETACH);
	return ret;
}

int try_mount_tmpfs(const struct escape_scene *scene)
{
	(void)scene;
	return undo(mount("tmpfs", "/tmp", "tmpfs", 0, NULL));
}

int try_mount_proc(const struct escape_scene *scene)
{
	(void)scene;
	return undo(mount("proc", "/tmp", "proc", 0, NULL));
}

int try_mount_bind(const struct escape_scene *scene)
{
	(void)scene;
	return undo(mount("/usr", "/tmp", NULL, MS_BIND, NULL));
}

int try_remount(const struct escape_scene *scene)
{
	(void)scene;
	return mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL);
}

int try_release_agent(const struct escape_scene *scene)
{
	int ret = mount("cgroup", "/tmp", "cgroup", 0, "none,name=escape");

	(void)scene;
	if (ret == 0)
		ret = open("/tmp/release_agent", O_WRONLY | O_CLOEXEC) < 0 ? -1 : 0;
	return undo(ret);
}

int try_fsopen(const struct escape_scene *scene)
{
	(void)scene;
	return (int)syscall(SYS_fsopen, "tmpfs", 0);
}

int try_new_mount(const struct escape_scene *scene)
{
	long fs = syscall(SYS_fsopen, "tmpfs", 0), made;

	(void)scene;
	if (fs < 0 || syscall(SYS_fsconfig, fs, CREATE_FS, NULL, NULL, 0) != 0)
		return -1;
	made = syscall(SYS_fsmount, fs, 0, 0);
	return made < 0
		       ? -1
		       : undo((int)syscall(SYS_move_mount, made, "", AT_FDCWD, "/tmp", EMPTY_FROM));
}

int try_open_tree(const struct escape_scene *scene)
{
	(void)scene;
	return (int)syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE);
}

int try_fspick(const struct escape_scene *scene)
{
	(void)scene;
	return (int)syscall(SYS_fspick, AT_FDCWD, "/", 0);
}

int try_setattr(const struct escape_scene *scene)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_NODIRATIME };

	(void)scene;
	return (int)syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, &attr, sizeof(attr));
}

/* A program is no swap file; who may not swap is told that first. */
int try_swapon(const struct escape_scene *scene)
{
	(void)scene;
	return escape_reached(syscall(SYS_swapon, "/usr/bin/escape-setuid", 0), EINVAL);
}

int try_quotactl(const struct escape_scene *scene)
{
	(void)scene;
	return (int)syscall(SYS_quotactl, QCMD(Q_SYNC, USRQUOTA), NULL, 0, NULL);
}

/* Every cell has this mount. */
int try_umount(const struct escape_scene *scene)
{
	(void)scene;
	return umount2("/dev/shm", MNT_DETACH);
}
