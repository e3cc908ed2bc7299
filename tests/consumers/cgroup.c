/* SPDX-License-Identifier: MIT */
/*
 * systemd reads the drop-in, and the running kernel takes the files.
 *
 * Usage: cgroup [OUT/TARGET/cgroup2 ...]. Drop-ins are given to `systemd-analyze verify`; files are
 * written into a cgroup of its own, which goes again, as far as the host's cgroup2 has their
 * controllers for it. No controller is switched on or off. Prints what it ran and what it skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/backend.h"

#define MAX_PATH 1024

extern const struct fp_backend fp_backend_cgroup2;

static unsigned failures, checks;

/* TAP, a line a check. */
static void report(bool is_ok, const char *what, const char *detail)
{
	checks++;
	failures += !is_ok;
	printf("%sok %u - cgroup: %s%s%s\n", is_ok ? "" : "not ", checks, what, *detail ? ": " : "",
	       detail);
}

static bool run(const char *command)
{
	fflush(stdout);
	return system(command) == 0;
}

static bool write_file(const char *path, const char *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		return false;
	bool is_ok = write(fd, data, len) == (ssize_t)len;
	return !close(fd) && is_ok;
}

static char *read_file(const char *path, size_t *len)
{
	static char data[65536];
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return NULL;
	ssize_t n = read(fd, data, sizeof(data) - 1);
	close(fd);
	*len = n < 0 ? 0 : (size_t)n;
	data[*len] = '\0';
	return n < 0 ? NULL : data;
}

/* systemd-analyze warns and goes on, so any line about the drop-in is a failure. */
static void verify_dropin(const char *data, size_t len, const char *what)
{
	static const char unit[] = "[Service]\nExecStart=/bin/true\n";
	char dir[] = "/tmp/fpolicy-XXXXXX", path[MAX_PATH], command[MAX_PATH];

	if (!mkdtemp(dir)) {
		report(false, "mkdtemp", strerror(errno));
		return;
	}
	snprintf(path, sizeof(path), "%s/job.service.d", dir);
	bool is_ok = !mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/job.service", dir);
	is_ok &= write_file(path, unit, sizeof(unit) - 1);
	snprintf(path, sizeof(path), "%s/job.service.d/fpolicy.conf", dir);
	is_ok &= write_file(path, data, len);
	snprintf(command, sizeof(command),
		 "cd %s && systemd-analyze verify --man=no ./job.service >log 2>&1; "
		 "rc=$?; grep -F fpolicy.conf log && rc=1; rm -r %s; exit $rc",
		 dir, dir);
	report(is_ok && run(command), "systemd-analyze verify", what);
}

/* The mount point of the unified hierarchy, or false. */
static bool find_cgroup2(char *out, size_t size)
{
	FILE *f = fopen("/proc/self/mounts", "r");
	char line[MAX_PATH], dir[MAX_PATH / 2], type[64];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %511s %63s", dir, type) == 2 && !strcmp(type, "cgroup2")) {
			snprintf(out, size, "%s", dir);
			found = true;
		}
	if (f)
		fclose(f);
	return found;
}

/* One write a line, as the kernel wants it. */
static void write_lines(const char *path, const char *data, const char *name)
{
	int fd = open(path, O_WRONLY);

	report(fd >= 0, "open", path);
	for (const char *at = data; fd >= 0 && *at;) {
		size_t len = strcspn(at, "\n");
		bool is_ok = write(fd, at, len) == (ssize_t)len;
		report(is_ok, name, is_ok ? "" : strerror(errno));
		at += len + (at[len] == '\n');
	}
	if (fd >= 0)
		close(fd);
}

/* True when the kernel has the file in the cgroup. */
static bool try_file(const char *cgroup, const char *name, const char *data)
{
	char path[2 * MAX_PATH];
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", cgroup, name);
	if (access(path, W_OK))
		return false;
	write_lines(path, data, name);
	if (strcmp(name, "io.max") != 0 && strcmp(name, "io.weight") != 0) {
		const char *back = read_file(path, &len);
		report(back && !strcmp(back, data), "read back", name);
	}
	return true;
}

static void skip_files(const struct fp_emission *e, const bool *is_there)
{
	bool is_first = true;

	for (size_t i = 0; i < e->artifacts.n; i++) {
		const char *name = strchr(e->artifacts.at[i]->name, '/') + 1;
		if (is_there[i] || !strcmp(name, "systemd.conf"))
			continue;
		printf("%s%s", is_first ? "skip: cgroup: no controller here for " : ", ", name);
		is_first = false;
	}
	if (!is_first)
		printf("\n");
}

static void write_cgroup(const struct fp_emission *e)
{
	char mount[MAX_PATH / 2], cgroup[MAX_PATH];
	bool is_there[32] = { false };

	if (!find_cgroup2(mount, sizeof(mount))) {
		printf("skip: cgroup: no cgroup2 is mounted\n");
		return;
	}
	snprintf(cgroup, sizeof(cgroup), "%s/fpolicy-test-%d", mount, (int)getpid());
	if (mkdir(cgroup, 0755)) {
		printf("skip: cgroup: no cgroup of its own: %s\n", strerror(errno));
		return;
	}
	for (size_t i = 0; i < e->artifacts.n && i < 32; i++) {
		const struct fp_artifact *a = e->artifacts.at[i];
		is_there[i] = try_file(cgroup, strchr(a->name, '/') + 1, a->data);
	}
	skip_files(e, is_there);
	report(!rmdir(cgroup), "rmdir", cgroup);
}

/* Every knob but rates: which disks there are is the host's. */
static void compile(struct fp_unit *u, struct fp_emission *e)
{
	static struct fp_rule rules[FP_LIM_N + 2];
	static struct fp_claim claims[FP_LIM_N + 2];
	static bool is_claimed[FP_LIM_N + 2];
	static struct fp_target target;
	static struct fp_ir ir;
	static const struct fp_device devices[] = { { "/dev/null", 'c', 1, 3 },
						    { "/dev/loop0", 'b', 7, 0 } };
	size_t n = 0;

	rules[n].kind = FP_KIND_DEVICE_DEFAULT;
	rules[n++].u.effect = FP_DENY;
	rules[n].kind = FP_KIND_DEVICE;
	rules[n++].u.device =
		(struct fp_rule_device){ FP_ALLOW, FP_DEV_READ | FP_DEV_WRITE, devices, 2 };
	for (enum fp_limit limit = FP_LIM_CPU; limit < FP_LIM_N; limit++) {
		bool is_io = limit >= FP_LIM_IO_READ && limit <= FP_LIM_IO_WRITE_OPS;
		rules[n].kind = FP_KIND_LIMIT;
		rules[n++].u.limit = (struct fp_rule_limit){
			.limit = limit,
			.value = limit == FP_LIM_OOM_GROUP ? 1
				 : is_io                   ? 1 << 20
							   : 1 << 12,
			.text = "0",
			.device = "/dev/null",
		};
	}
	for (unsigned k = 0, i = 0; k <= FP_KIND_N; k++) {
		for (; i < n && rules[i].kind < k; i++)
			rules[i].text = "";
		ir.first[k] = i;
	}
	for (size_t i = 0; i < n; i++)
		rules[i].id = (uint32_t)i;
	ir.name = "consumer";
	ir.rules = rules;
	ir.rule_count = n;
	for (unsigned f = 0; f < FP_FEAT_N; f++)
		target.effect[f] = FP_EFFECT_YES;
	target.systemd = (struct fp_version){ 252, 0, 0, "252" };
	*e = (struct fp_emission){
		.unit = u, .ir = &ir, .target = &target, .claims = claims, .is_claimed = is_claimed
	};
	fp_backend_cgroup2.emit(u, fp_backend_cgroup2.lower(u, &ir, &target), e);
}

static void consume(struct fp_unit *u, char **dirs)
{
	bool has_systemd = run("systemd-analyze --version >/dev/null 2>&1");
	struct fp_emission e;
	char path[MAX_PATH];
	size_t len;

	compile(u, &e);
	if (has_systemd)
		run("printf 'consumer: '; systemd-analyze --version | head -n 1");
	else
		printf("skip: cgroup: systemd-analyze is not installed\n");
	for (size_t i = 0; has_systemd && i < e.artifacts.n; i++)
		if (strstr(e.artifacts.at[i]->name, "systemd.conf"))
			verify_dropin(e.artifacts.at[i]->data, e.artifacts.at[i]->len,
				      "every knob");
	for (; has_systemd && *dirs; dirs++) {
		snprintf(path, sizeof(path), "%s/systemd.conf", *dirs);
		const char *data = read_file(path, &len);
		report(data != NULL, "read", path);
		if (data)
			verify_dropin(data, len, path);
	}
	write_cgroup(&e);
}

int main(int argc, char **argv)
{
	static struct fp_unit u;

	(void)argc;
	fp_unit_init(&u, FP_MEMORY_LIMIT);
	if (setjmp(u.recover))
		abort();
	consume(&u, argv + 1);
	fp_unit_free(&u);
	printf("1..%u\n", checks);
	return failures != 0;
}
