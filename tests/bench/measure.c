/* SPDX-License-Identifier: MIT */
/* Runs commands in turn and tells what each cost: CPU of user and kernel, wall time, memory. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

#define MAX_COMMANDS 16
#define MAX_ARGS     1100 /* a command may name a thousand policies */
#define MAX_RUNS     1000

struct command {
	char *argv[MAX_ARGS + 1];
	size_t argc;
	int64_t cpu[MAX_RUNS], wall[MAX_RUNS]; /* microseconds */
	int64_t rss;                           /* KiB, the most of all runs */
};

static int64_t microseconds(struct timeval t)
{
	return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int fail(const char *what)
{
	fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
	return 1;
}

/* `@` as a whole path component at the end is the number of the run: each writes a new folder. */
static char *number(char *arg, int run)
{
	size_t n = strlen(arg);
	char *copy;

	if (n < 2 || strcmp(arg + n - 2, "/@"))
		return arg;
	return asprintf(&copy, "%.*s%d", (int)(n - 1), arg, run) < 0 ? NULL : copy;
}

static int run(struct command *c, int n)
{
	char *argv[MAX_ARGS + 1] = { 0 };
	int64_t start = now();
	struct rusage used;
	int status;
	pid_t pid;

	for (size_t i = 0; i < c->argc; i++)
		argv[i] = number(c->argv[i], n);
	errno = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
	if (errno)
		return fail(argv[0]);
	while (wait4(pid, &status, 0, &used) < 0)
		if (errno != EINTR)
			return fail("wait4");
	c->wall[n] = now() - start;
	/* The sum is exact; how it is split the kernel only estimates. */
	c->cpu[n] = microseconds(used.ru_utime) + microseconds(used.ru_stime);
	c->rss = used.ru_maxrss > c->rss ? used.ru_maxrss : c->rss;
	for (size_t i = 0; i < c->argc; i++)
		if (argv[i] != c->argv[i])
			free(argv[i]);
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		fprintf(stderr, "measure: %s failed\n", c->argv[0]);
		return 1;
	}
	return 0;
}

static int by_value(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* One line a command: least, middle and most CPU, least wall time, KiB. */
static void tell(struct command *c, int runs)
{
	qsort(c->cpu, (size_t)runs, sizeof(c->cpu[0]), by_value);
	qsort(c->wall, (size_t)runs, sizeof(c->wall[0]), by_value);
	printf("%jd %jd %jd %jd %jd\n", (intmax_t)c->cpu[0], (intmax_t)c->cpu[runs / 2],
	       (intmax_t)c->cpu[runs - 1], (intmax_t)c->wall[0], (intmax_t)c->rss);
}

static size_t split(struct command *c, char **argv)
{
	size_t n = 1;

	for (; *argv; argv++) {
		if (!strcmp(*argv, "--")) {
			if (n == MAX_COMMANDS || !argv[1])
				return 0;
			n++;
		} else if (c[n - 1].argc == MAX_ARGS) {
			return 0;
		} else {
			c[n - 1].argv[c[n - 1].argc++] = *argv;
		}
	}
	return n;
}

int main(int argc, char **argv)
{
	static struct command commands[MAX_COMMANDS];
	char *end = NULL;
	long runs = argc > 2 ? strtol(argv[1], &end, 10) : 0;
	size_t n = runs > 0 && runs <= MAX_RUNS && !*end ? split(commands, argv + 2) : 0;

	if (!n || !commands[n - 1].argc) {
		fputs("usage: measure RUNS COMMAND... [-- COMMAND...]...\n", stderr);
		return 2;
	}
	/* In turn, so that a busy minute of the machine falls on all of them alike. */
	for (int i = 0; i < runs; i++)
		for (size_t k = 0; k < n; k++)
			if (run(&commands[k], i))
				return 1;
	for (size_t k = 0; k < n; k++)
		tell(&commands[k], (int)runs);
	return 0;
}
