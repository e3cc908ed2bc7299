/* SPDX-License-Identifier: MIT */
/* How much of each resource can be had. */
#include "probe.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_TASKS 32768u

/* ---- files of the job's cgroup ---- */

bool read_small(const char *path, char *text, size_t cap)
{
	int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, cap - 1);
	int error = errno;

	if (fd >= 0)
		close(fd);
	errno = error;
	if (n < 0)
		return false;
	text[n] = '\0';
	return true;
}

/* Below the cgroup's own folder, or at the top where its namespace shows that as the root. */
static bool read_knob(const char *knob, char *text, size_t cap)
{
	char own[1024], path[2048];

	if (read_small("/proc/self/cgroup", own, sizeof(own)) && !strncmp(own, "0::/", 4)) {
		own[strcspn(own, "\n")] = '\0';
		snprintf(path, sizeof(path), "/sys/fs/cgroup%s/%s", own + 3, knob);
		if (read_small(path, text, cap))
			return true;
	}
	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", knob);
	return read_small(path, text, cap);
}

/* Whether a line has all the words, wherever they stand. */
static bool has_words(const char *line, const char *words)
{
	char copy[256], *rest;

	snprintf(copy, sizeof(copy), "%s", words);
	for (char *w = strtok_r(copy, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) {
		size_t n = strlen(w);
		const char *at = strstr(line, w);
		while (at && ((at > line && at[-1] != ' ') || (at[n] && at[n] != ' ')))
			at = strstr(at + 1, w);
		if (!at)
			return false;
	}
	return true;
}

void act_knob(char **arg, const struct options *o, struct outcome *out)
{
	char text[4096];

	(void)o;
	if (!read_knob(arg[0], text, sizeof(text))) {
		cannot_ask(out);
		return;
	}
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (has_words(line, arg[1])) {
			succeed_if(out, true);
			return;
		}
	succeed_if(out, false);
}

/* ---- tasks ---- */

/* Those of the job that live now: by the kernel's count, or the prober and this child. */
static uint64_t living(void)
{
	char text[32];
	uint64_t n = 2;

	if (read_knob("pids.current", text, sizeof(text))) {
		text[strcspn(text, "\n")] = '\0';
		fp_probe_number(text, &n);
	}
	return n;
}

static _Noreturn void stay(void)
{
	for (;;)
		pause();
}

/* A child that ends with its parent, whose time may end first: it holds the pipe of the results. */
static pid_t fork_bound(void)
{
	pid_t pid = fork();

	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	return pid;
}

void act_tasks(char **arg, const struct options *o, struct outcome *out)
{
	uint64_t want, now = living();
	int error = 0;

	(void)o;
	if (!fp_probe_number(arg[0], &want) || want > MAX_TASKS) {
		unable(out, "too many");
		return;
	}
	pid_t *pids = calloc(want + 1, sizeof(*pids));
	size_t n = 0;
	while (pids && !error && now + n < want) {
		pids[n] = fork_bound();
		if (!pids[n])
			stay();
		if (pids[n] < 0)
			error = errno;
		else
			n++;
	}
	for (size_t i = 0; i < n; i++)
		kill(pids[i], SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	if (error || !pids)
		failed(out, error);
	else
		succeed_if(out, now + n == want);
	free(pids);
}

/* ---- memory ---- */

/* Past memory.high the kernel makes a task sleep for what it takes (cgroup-v2.rst): many tasks
 * sleep side by side. Most of it in large pages, which are fewer; the rest in small ones, as a
 * sleep is as long as what was taken. */
#define PARTS 100u
#define LARGE ((uint64_t)2 << 20)

static bool touch(uint64_t bytes)
{
	char *at = mmap(NULL, bytes + LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);

	if (at == MAP_FAILED)
		return false;
	at += LARGE - (uintptr_t)at % LARGE;
	madvise(at, bytes / 8 * 7 / LARGE * LARGE, MADV_HUGEPAGE);
	for (uint64_t i = 0; i < bytes; i += 4096)
		((volatile char *)at)[i] = 1;
	return true;
}

/* Its part stays touched until the parent has seen all of them. */
static pid_t start_part(uint64_t bytes, volatile unsigned char *is_touched)
{
	pid_t pid = fork_bound();

	if (pid)
		return pid;
	if (!touch(bytes))
		_exit(1);
	*is_touched = 1;
	stay();
}

static bool wait_for_parts(const volatile unsigned char *touched, const pid_t *pids)
{
	const struct timespec nap = { .tv_nsec = 2000000 };

	for (size_t i = 0; i < PARTS; i++)
		while (pids[i] > 0 && !touched[i]) {
			if (waitpid(-1, NULL, WNOHANG) > 0)
				return false;
			nanosleep(&nap, NULL);
		}
	return true;
}

void act_memory(char **arg, const struct options *o, struct outcome *out)
{
	volatile unsigned char *touched =
		mmap(NULL, PARTS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[PARTS];
	struct sysinfo si;
	uint64_t bytes;
	bool ok = true;

	(void)o;
	if (!fp_probe_number(arg[0], &bytes) || touched == MAP_FAILED || sysinfo(&si) ||
	    (uint64_t)si.freeram * si.mem_unit < bytes + bytes / 8) {
		unable(out, "memory");
		return;
	}
	alarm(4 * SECONDS);
	for (uint64_t i = 0; i < PARTS; i++) {
		uint64_t part = bytes * (i + 1) / PARTS - bytes * i / PARTS;
		pids[i] = start_part(part, &touched[i]);
		ok = ok && (pids[i] > 0 || touch(part));
	}
	ok = ok && wait_for_parts(touched, pids);
	for (size_t i = 0; i < PARTS; i++)
		if (pids[i] > 0)
			kill(pids[i], SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	if (ok)
		succeed_if(out, true);
	else
		failed(out, ENOMEM);
}

/* ---- limits of a process ---- */

void act_open_files(char **arg, const struct options *o, struct outcome *out)
{
	struct rlimit r;
	uint64_t n;

	(void)o;
	if (!fp_probe_number(arg[0], &n) || n < 1 || n > INT_MAX) {
		unable(out, "number");
		return;
	}
	if (!getrlimit(RLIMIT_NOFILE, &r)) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
	if (n <= 3 || dup3(STDERR_FILENO, (int)n - 1, O_CLOEXEC) >= 0)
		succeed_if(out, true);
	else
		failed(out, errno);
}

void act_rlimit(char **arg, const struct options *o, struct outcome *out)
{
	static const struct {
		const char *word;
		__rlimit_resource_t which;
	} all[] = {
		{ "core", RLIMIT_CORE },       { "stack", RLIMIT_STACK },
		{ "locked", RLIMIT_MEMLOCK },  { "open-files", RLIMIT_NOFILE },
		{ "file-size", RLIMIT_FSIZE },
	};

	uint64_t want = RLIM_INFINITY;
	struct rlimit r;

	(void)o;
	if (strcmp(arg[1], "max") && !fp_probe_number(arg[1], &want)) {
		unable(out, "number");
		return;
	}
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(all[i].word, arg[0]))
			continue;
		if (getrlimit(all[i].which, &r))
			cannot_ask(out);
		else
			succeed_if(out, r.rlim_cur == want && r.rlim_max == want);
		return;
	}
	unable(out, "unknown limit");
}
