/* SPDX-License-Identifier: MIT */
/* Attacks: more than the job's share; each stops by itself a little over the limit. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "escape.h"

#define MIB (1024UL * 1024)

/* lab.policy has 128 processes, 256 descriptors, 64 MiB a file and in /tmp, 512 MiB of memory. */
enum {
	TASKS = 200,
	DESCRIPTORS = 300,
	INODES = 100,
	STACK = 262144
};

enum {
	FILE_MIB = 65,
	TMP_MIB = 80,
	SHM_MIB = 2,
	MEMORY_MIB = 600,
	MEMORY_STEP = 8
};

int try_forks(const struct escape_scene *scene)
{
	(void)scene;
	for (int i = 0; i < TASKS; i++)
		if (escape_sleeper() < 0)
			return -1;
	return 0;
}

static void *sleep_on(void *unused)
{
	for (;;)
		pause();
	return unused;
}

int try_threads(const struct escape_scene *scene)
{
	pthread_attr_t attr;
	pthread_t thread;
	int error = 0;

	(void)scene;
	error = pthread_attr_init(&attr);
	if (error == 0)
		error = pthread_attr_setstacksize(&attr, STACK);
	for (int i = 0; i < TASKS && error == 0; i++)
		error = pthread_create(&thread, &attr, sleep_on, NULL);
	errno = error;
	return error == 0 ? 0 : -1;
}

int try_descriptors(const struct escape_scene *scene)
{
	(void)scene;
	for (int i = 0; i < DESCRIPTORS; i++)
		if (dup(STDOUT_FILENO) < 0)
			return -1;
	return 0;
}

/* Writes a file of so many MiB, and takes it away whatever came of it. */
static int fill(const char *path, unsigned int mib)
{
	static const char block[65536] = { 1 };
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600), error = 0;

	if (fd < 0)
		return -1;
	for (unsigned long done = 0; done < mib * MIB && error == 0; done += sizeof(block)) {
		ssize_t n = write(fd, block, sizeof(block));

		if (n != sizeof(block))
			error = n < 0 ? errno : ENOSPC;
	}
	unlink(path);
	errno = error;
	return error == 0 ? 0 : -1;
}

int try_filler(const struct escape_scene *scene)
{
	(void)scene;
	signal(SIGXFSZ, SIG_IGN);
	return fill("/out/filler", FILE_MIB);
}

/* Files of 1 MiB, since a single one would meet the limit of a file's size. */
int try_tmpfs(const struct escape_scene *scene)
{
	static const char block[65536] = { 1 };
	char path[32];
	int error = 0;

	(void)scene;
	for (unsigned int i = 0; i < TMP_MIB && error == 0; i++) {
		int fd;

		snprintf(path, sizeof(path), "/tmp/bomb%u", i);
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		for (size_t done = 0; done < MIB && fd >= 0 && error == 0; done += sizeof(block))
			error = write(fd, block, sizeof(block)) == sizeof(block) ? 0 : errno;
		error = fd < 0 ? errno : error;
		close(fd);
	}
	for (unsigned int i = 0; i < TMP_MIB; i++) {
		snprintf(path, sizeof(path), "/tmp/bomb%u", i);
		unlink(path);
	}
	errno = error;
	return error == 0 ? 0 : -1;
}

int try_shm_files(const struct escape_scene *scene)
{
	(void)scene;
	return fill("/dev/shm/filler", SHM_MIB);
}

int try_inodes(const struct escape_scene *scene)
{
	char path[32];

	(void)scene;
	for (int i = 0; i < INODES; i++) {
		int fd;

		snprintf(path, sizeof(path), "/dev/shm/f%d", i);
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			return -1;
		close(fd);
	}
	return 0;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Over memory.high a job is not ended, it is held up: a step of two seconds is one that was. */
int try_memory(const struct escape_scene *scene)
{
	unsigned char *all = mmap(NULL, MEMORY_MIB * MIB, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)scene;
	if (all == MAP_FAILED)
		return -1;
	madvise(all, MEMORY_MIB * MIB, MADV_HUGEPAGE);
	for (unsigned long step = 0; step < MEMORY_MIB * MIB; step += MEMORY_STEP * MIB) {
		double begin = seconds();

		for (unsigned long at = step; at < step + MEMORY_STEP * MIB; at += 4096)
			all[at] = 1;
		if (seconds() - begin > 2) {
			errno = ETIMEDOUT;
			return -1;
		}
	}
	return munmap(all, MEMORY_MIB * MIB);
}
