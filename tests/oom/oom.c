/* SPDX-License-Identifier: MIT */
/*
 * Every allocation fails once: no crash, no leak, the status says MEMORY and nothing is returned.
 * The linker wraps the library's allocations
 * (-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=aligned_alloc); jansson's go through the
 * same counter. usage: oom SECONDS|RUNSx POLICY... A build with chunks of 64 bytes makes each
 * allocation of the arena one of malloc.
 */
#include "libfpolicy.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);

static uint64_t count, fail_at; /* allocations so far; the one that fails, 0: none */

static bool fails(void)
{
	return ++count == fail_at;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

void *__wrap_aligned_alloc(size_t align, size_t size)
{
	return fails() ? NULL : __real_aligned_alloc(align, size);
}

/* ---- files, read with allocations that never fail ---- */

struct text {
	char *data;
	size_t len;
};

static struct text read_text(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct text t = { __real_malloc(1 << 20), 0 };

	if (f && t.data)
		t.len = fread(t.data, 1, (1 << 20) - 1, f);
	if (!f || !t.data || t.len == (1 << 20) - 1) {
		fprintf(stderr, "cannot read %s\n", path);
		exit(2);
	}
	fclose(f);
	t.data[t.len] = '\0';
	return t;
}

#define MAX_FILES 32

/* What the policy imports, kept over all its runs. */
struct imports {
	char folder[512];

	struct {
		char name[512];
		struct text text;
	} at[MAX_FILES];

	size_t n;
};

static bool load(void *context, const char *name, struct fpolicy_source *out)
{
	struct imports *all = context;
	char path[1200];
	size_t i = 0;

	while (i < all->n && strcmp(all->at[i].name, name))
		i++;
	if (i == all->n) {
		snprintf(path, sizeof(path), "%s/%s", all->folder, name);
		FILE *f = i < MAX_FILES && strlen(name) < 512 ? fopen(path, "rb") : NULL;
		if (!f) {
			out->why = "not there";
			return false;
		}
		fclose(f);
		snprintf(all->at[i].name, sizeof(all->at[i].name), "%s", name);
		all->at[i].text = read_text(path);
		all->n++;
	}
	*out = (struct fpolicy_source){ .data = all->at[i].text.data,
					.resolved = all->at[i].name,
					.len = all->at[i].text.len };
	return true;
}

/* ---- one case, run again and again ---- */

struct job {
	const char *path;
	struct text policy, config, fragment;
	struct imports imports;
	const char *phase; /* of a dump; NULL: a compile, or a merge if `config` is there */
};

static enum fpolicy_status work(struct job *j, struct fpolicy *p)
{
	const struct fpolicy_text config = { "config.json", j->config.data, j->config.len };
	const struct fpolicy_text fragment = { "fragment.json", j->fragment.data, j->fragment.len };
	struct fpolicy_merged merged;
	const char *text;
	size_t len;

	fpolicy_set_loader(p, load, &j->imports);
	if (j->config.data)
		return fpolicy_merge(p, &config, &fragment, 1, &merged);
	if (j->phase)
		return fpolicy_dump(p, j->path, j->policy.data, j->policy.len, j->phase, &text,
				    &len);
	/* A child process for each run of the largest would be most of the time. */
	if (strstr(j->path, "lab.policy") && fpolicy_set_proof(p, "filters") != FPOLICY_OK)
		return FPOLICY_MEMORY;
	return fpolicy_compile(p, j->path, j->policy.data, j->policy.len);
}

/* What must hold after running out. */
static const char *check_broken(struct fpolicy *p)
{
	size_t len;

	if (fpolicy_artifact_count(p) || fpolicy_artifact_path(p, 0) ||
	    fpolicy_artifact_data(p, 0, &len))
		return "artifacts after running out of memory";
	if (*fpolicy_policy_name(p) || *fpolicy_not_checked(p))
		return "a name after running out of memory";
	if (!strstr(fpolicy_diagnostics(p, false), "[E0003]"))
		return "no diagnostic says that memory ran out";
	if (fpolicy_compile(p, "x", "x", 1) != FPOLICY_MEMORY ||
	    fpolicy_define(p, "a", "b") != FPOLICY_MEMORY)
		return "a broken handle goes on";
	return NULL;
}

static const char *run(struct job *j, uint64_t at, size_t limit, enum fpolicy_status clean)
{
	count = 0;
	fail_at = at;
	struct fpolicy *p = fpolicy_new(limit);
	enum fpolicy_status status = p ? work(j, p) : FPOLICY_MEMORY;
	bool ran_out = (at && count >= at) || limit;
	const char *why = NULL;

	fail_at = 0;
	if (status == FPOLICY_MEMORY)
		why = p ? check_broken(p) : NULL;
	else if (ran_out && (at || status != clean))
		why = "an allocation failed, and the status is not MEMORY";
	/* Diagnostics of a sound handle are made on demand: they may be what runs out. */
	if (p && status != FPOLICY_MEMORY && *fpolicy_diagnostics(p, true) == '\0' &&
	    status == FPOLICY_INPUT)
		why = "an error without a diagnostic";
	fpolicy_free(p);
	return why;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned number, bad;
static unsigned fixed; /* runs a step, the same on every machine; 0: as time allows */

static void report(const char *why, const char *what, const struct job *j, uint64_t at,
		   unsigned runs, uint64_t total)
{
	number++;
	bad += why != NULL;
	printf("%sok %u - %s %s: %u of %llu allocations failed\n", why ? "not " : "", number,
	       j->path, what, runs, (unsigned long long)total);
	if (why)
		printf("# allocation %llu: %s\n", (unsigned long long)at, why);
	fflush(stdout);
}

/* The first ones one after the other, the rest spread evenly, as many as time or `fixed` allows. */
static void step(struct job *j, const char *what, double seconds)
{
	const char *why = NULL;
	double start = now();

	count = fail_at = 0;
	struct fpolicy *p = fpolicy_new(0);
	enum fpolicy_status clean = work(j, p);
	fpolicy_diagnostics(p, false);
	uint64_t total = count, at = 0;
	fpolicy_free(p);
	double once = now() - start, runs_in_time = seconds / (once > 1e-6 ? once : 1e-6);
	/* A run that fails early is short: on average it is half of a whole one. */
	uint64_t stride = (uint64_t)((double)total / (2 * runs_in_time)) + 1;
	uint64_t first = fixed ? fixed / 4 : 100;
	unsigned runs = 0;

	if (fixed)
		stride = total / fixed + 1;
	for (at = 1; at <= total && !why && (fixed || now() - start < 3 * seconds + 1);
	     at += at < first ? 1 : stride) {
		why = run(j, at, 0, clean);
		runs++;
	}
	report(why, what, j, at, runs, total);
}

/* The handle's own limit, from nothing up to more than enough. */
static void step_limit(struct job *j, double seconds)
{
	double start = now();
	const char *why = NULL;
	unsigned runs = 0;
	size_t limit = 1;

	struct fpolicy *p = fpolicy_new(0);
	enum fpolicy_status clean = work(j, p);
	fpolicy_free(p);
	for (; limit < (size_t)1 << 28 && !why && (fixed || now() - start < seconds);
	     limit += limit / (fixed ? 1 : 7) + 1) {
		why = run(j, 0, limit, clean);
		runs++;
	}
	report(why, "below a limit", j, limit, runs, runs);
}

static void policy(const char *path, double seconds, bool is_whole)
{
	static const char *const phases[] = { "tokens", "ast", "ir", "plan:seccomp",
					      "plan:selinux" };
	struct job j = { .path = path };
	const char *slash = strrchr(path, '/');

	j.policy = read_text(path);
	snprintf(j.imports.folder, sizeof(j.imports.folder), "%.*s",
		 slash ? (int)(slash - path) : 1, slash ? path : ".");
	step(&j, "compiled", seconds);
	step_limit(&j, seconds);
	for (size_t i = 0; is_whole && i < sizeof(phases) / sizeof(phases[0]); i++) {
		j.phase = phases[i];
		step(&j, phases[i], seconds / 4);
	}
	free(j.policy.data);
	for (size_t i = 0; i < j.imports.n; i++)
		free(j.imports.at[i].text.data);
}

/* A config.json of a runtime, and the fragment that the whole policy compiles to. */
static void merge(const char *path, double seconds)
{
	static char config[] =
		"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\","
		"\"user\":{\"uid\":0,\"gid\":0}},"
		"\"root\":{\"path\":\"root\\u0066s, whose name is longer than one chunk of a buffer\"},"
		"\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"}],"
		"\"linux\":{\"resources\":{\"memory\":{\"limit\":1073741824}},"
		"\"namespaces\":[{\"type\":\"pid\"}]}}";
	struct text text = read_text(path);
	struct fpolicy *p = fpolicy_new(0);
	struct job j = { .path = path, .config = { config, sizeof(config) - 1 } };
	size_t i = 0;

	fail_at = 0;
	if (fpolicy_compile(p, path, text.data, text.len) == FPOLICY_OK)
		while (i < fpolicy_artifact_count(p) &&
		       !strstr(fpolicy_artifact_path(p, i), "debian-12/oci/config.json"))
			i++;
	const void *data = fpolicy_artifact_data(p, i, &j.fragment.len);
	if (!data) {
		fprintf(stderr, "%s has no fragment for debian-12\n", path);
		exit(2);
	}
	j.fragment.data = (char *)(uintptr_t)data;
	step(&j, "merged", seconds);
	free(text.data);
	fpolicy_free(p);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	char *unit;
	double seconds = strtod(argv[1], &unit);

	fixed = *unit == 'x' ? (unsigned)seconds : 0;
	seconds /= argc + 6;

	json_set_alloc_funcs(__wrap_malloc, free);
	for (int i = 2; i < argc; i++)
		policy(argv[i], i == 2 ? 3 * seconds : seconds / 2, i == 2);
	merge(argv[2], 2 * seconds);
	printf("1..%u\n", number);
	return bad > 0;
}
