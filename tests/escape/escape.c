/* SPDX-License-Identifier: MIT */
/*
 * Tries the first forbidden step of every known way out of a job, and says which were taken.
 *
 * usage: escape --in-guest OUTSIDER [ID...]  all attacks, or those named; prints one line each:
 *                                            "ID succeeded" or "ID refused WHY"
 *        escape --list                       id, layers, reference and title, parted by tabs
 *        escape --neighbour ROOT             the host's side: what a job must not reach
 *        escape --world                      the network's side: answers everywhere
 *        escape --am-i-root, --true          what programs that are run by an attack do
 *
 * Nothing here goes past the first step: what succeeds is closed or undone at once. Meant for a
 * guest that is thrown away.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "escape.h"

#define LIMIT_MS 20000 /* for one attack, on a machine that has others to do */

struct attack {
	const char *id;
	int (*run)(const struct escape_scene *scene);
	const char *title, *reference, *layers;
};

#define EXP(id, function, title, reference, layers) { id, function, title, reference, layers },
static const struct attack attacks[] = {
#include "escape.def"
};
#undef EXP

enum {
	N_ATTACKS = sizeof(attacks) / sizeof(attacks[0])
};

/* These may take the whole job with them: they are tried only when named. */
static int is_fatal(const struct attack *attack)
{
	return strcmp(attack->id, "memory-bomb") == 0;
}

static void nap(void)
{
	const struct timespec ms = { 0, 1000000 };

	nanosleep(&ms, NULL);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* All that an attack started is of its process group, and ends with it. */
static int wait_for(pid_t pid, int *status, int64_t limit)
{
	int64_t end = now_ms() + limit;
	pid_t got;

	while ((got = waitpid(pid, status, WNOHANG)) == 0 && now_ms() < end)
		nap();
	kill(-pid, SIGKILL);
	if (got == 0)
		waitpid(pid, status, 0);
	return got == pid;
}

static void say_refused(const char *id, int error)
{
	const char *name = strerrorname_np(error);

	printf("%s refused %s\n", id, name == NULL ? "error" : name);
}

/* In a child, which leaves nothing behind for the next attack. */
static void attempt(const struct attack *attack, const struct escape_scene *scene)
{
	int status = 0, pipe_of[2], error = 0, ended;
	pid_t pid;

	printf("%s begin\n", attack->id);
	fflush(stdout);
	if (pipe(pipe_of) != 0 || (pid = fork()) < 0) {
		printf("%s unable %s\n", attack->id, strerrorname_np(errno));
		return;
	}
	if (pid == 0) {
		setpgid(0, 0);
		error = attack->run(scene) >= 0 ? 0 : errno;
		_exit(write(pipe_of[1], &error, sizeof(error)) == sizeof(error) ? 0 : 1);
	}
	setpgid(pid, pid);
	close(pipe_of[1]);
	ended = wait_for(pid, &status, LIMIT_MS);
	if (!ended)
		printf("%s refused TIMEOUT\n", attack->id);
	else if (WIFSIGNALED(status))
		printf("%s refused SIG%s\n", attack->id, sigabbrev_np(WTERMSIG(status)));
	else if (read(pipe_of[0], &error, sizeof(error)) != sizeof(error))
		printf("%s unable EPIPE\n", attack->id);
	else if (error == 0)
		printf("%s succeeded\n", attack->id);
	else
		say_refused(attack->id, error);
	close(pipe_of[0]);
	fflush(stdout);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static int is_named(const struct attack *attack, int n, char **names)
{
	for (int i = 0; i < n; i++)
		if (strcmp(names[i], attack->id) == 0)
			return 1;
	return n == 0 && !is_fatal(attack);
}

static int attempt_all(const char *outsider, int n, char **names)
{
	char *end;
	long pid = strtol(outsider, &end, 10);
	struct escape_scene scene = { (pid_t)pid };

	if (*outsider == '\0' || *end != '\0' || pid <= 0 || pid > 1 << 22) {
		fputs("escape: the outsider is not the number of a process\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < N_ATTACKS; i++)
		if (is_named(&attacks[i], n, names))
			attempt(&attacks[i], &scene);
	puts("done");
	return fflush(stdout) == 0 ? 0 : 1;
}

static int list(void)
{
	for (size_t i = 0; i < N_ATTACKS; i++)
		printf("%s\t%s\t%s\t%s\n", attacks[i].id, attacks[i].layers, attacks[i].reference,
		       attacks[i].title);
	return fflush(stdout) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc >= 3 && strcmp(argv[1], "--in-guest") == 0)
		return attempt_all(argv[2], argc - 3, argv + 3);
	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return list();
	if (argc == 3 && strcmp(argv[1], "--neighbour") == 0)
		return escape_be_neighbour(argv[2]);
	if (argc == 2 && strcmp(argv[1], "--world") == 0)
		return escape_be_world();
	if (argc == 2 && strcmp(argv[1], "--am-i-root") == 0)
		return geteuid() == 0 ? 0 : 1;
	if (argc == 2 && strcmp(argv[1], "--true") == 0)
		return 0;
	fputs("usage: escape --in-guest OUTSIDER [ID...] | --list | --neighbour ROOT | --world\n",
	      stderr);
	return 2;
}
