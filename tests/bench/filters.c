/* SPDX-License-Identifier: MIT */
/* Filters of this compiler and of libseccomp, side by side: size, instructions that run, time. */
#include "bench/filters.h"

#include "backends/seccomp/plan.h"
#include "ir/decide.h"
#include "libfpolicy.h"
#include "sema/sema.h"
#include "target/profile.h"
#include "verify/verify.h"

#include <linux/audit.h>
#include <seccomp.h>
#include <stdio.h>
#include <time.h>

void bench_fail(const char *message)
{
	fprintf(stderr, "filters: %s\n", message);
	exit(2);
}

struct text {
	const char *name;
	char *data;
	size_t len;
};

/* The number of each call of x86_64, and whether it is among the hot ones. */
struct numbers {
	bool is_call[BENCH_NUMBERS], is_hot[BENCH_NUMBERS];
};

/* Means: instructions of a call with arguments 0. The worst: of all that were tried. */
struct counts {
	size_t instructions;
	double mean, hot, uncached;
	unsigned worst;
};

static bool is_bad;

/* As tests/bench/run prints them; a count that is over is no busy machine. */
static void figure(const char *name, double value, double bound, const char *unit, bool is_time)
{
	const char *verdict = value <= bound ? "ok" : value <= 1.5 * bound ? "over" : "OVER";

	printf("%-5s %-44s %9.2f %-8s at most %g\n", verdict, name, value, unit, bound);
	is_bad |= value > bound * 1.5 || (!is_time && value > bound);
}

static struct text read_text(const char *name)
{
	FILE *in = fopen(name, "r");
	struct text t = { .name = name };

	if (!in || !(t.data = malloc(1 << 18)))
		bench_fail(name);
	t.len = fread(t.data, 1, 1 << 18, in);
	fclose(in);
	return t;
}

/* ---- compiled ---- */

static const void *artifact(const struct fpolicy *p, const char *path, size_t *len)
{
	for (size_t i = 0; i < fpolicy_artifact_count(p); i++)
		if (!strcmp(fpolicy_artifact_path(p, i), path))
			return fpolicy_artifact_data(p, i, len);
	bench_fail(path);
}

/* For a kernel with a cache of constant results, or one without. */
static void compile(const struct text *policy, const char *target, const struct text *profile,
		    struct vm_filter *out, json_t **list)
{
	struct fpolicy *p = fpolicy_new(0);
	char path[64];
	size_t len;

	if (!p || fpolicy_add_target(p, target) ||
	    (profile && fpolicy_set_profile(p, profile->name, profile->data, profile->len)) ||
	    fpolicy_compile(p, policy->name, policy->data, policy->len))
		bench_fail(p ? fpolicy_diagnostics(p, false) : "no memory");
	snprintf(path, sizeof(path), "%s/seccomp/x86_64.bpf", target);
	const void *code = artifact(p, path, &len);
	if (!vm_load(out, code, len))
		bench_fail("no filter");
	snprintf(path, sizeof(path), "%s/seccomp/seccomp.json", target);
	const char *text = artifact(p, path, &len);
	if (list && !(*list = json_loadb(text, len, 0, NULL)))
		bench_fail("no list");
	fpolicy_free(p);
}

/* Our list says conditions so that no version of libseccomp can go wrong; people write them as
 * these. */
static json_t *as_written(json_t *list, const char *rules, const char *name)
{
	json_t *syscalls = json_object_get(list, "syscalls"),
	       *written = json_load_file(rules, 0, NULL);

	for (size_t i = json_array_size(syscalls); i-- > 0;)
		if (json_object_get(json_array_get(syscalls, i), "args"))
			json_array_remove(syscalls, i);
	if (!written || json_array_extend(syscalls, json_object_get(written, name)))
		bench_fail(rules);
	json_decref(written);
	return list;
}

/* ---- counted ---- */

static struct numbers find_numbers(const struct text *hot)
{
	struct numbers n = { 0 };
	struct fp_unit u;

	fp_unit_init(&u, FP_MEMORY_LIMIT);
	if (setjmp(u.recover))
		bench_fail("no memory");
	const struct fp_profile *p = fp_profile_parse(&u, hot->name, hot->data, hot->len);
	for (size_t i = 0; p && i < fp_sys_count(); i++) {
		int32_t nr = fp_sys_at(i)->nr[FP_ABI_X86_64];
		if (nr < 0 || nr >= (int32_t)BENCH_NUMBERS)
			continue;
		n.is_call[nr] = true;
		n.is_hot[nr] = p->weight[i];
	}
	fp_unit_free(&u);
	return n;
}

static struct vm_result run(const struct vm_filter *f, uint32_t nr, unsigned arg, uint64_t value)
{
	struct seccomp_data d = { .nr = (int)nr, .arch = AUDIT_ARCH_X86_64 };

	d.args[arg] = value;
	return vm_run(f, &d);
}

static bool is_cached(const struct vm_result *r)
{
	return r->is_constant && r->value == SECCOMP_RET_ALLOW;
}

/* All constants of the filter in each argument, in either half and beside. */
static unsigned worst_of(const struct vm_filter *f, uint32_t nr)
{
	unsigned worst = run(f, nr, 0, 0).executed;

	for (size_t i = 0; i < f->n; i++)
		for (unsigned k = 0; k < 6 * 6; k++) {
			uint64_t v = f->at[i].k + k / 6 % 3 - 1;
			struct vm_result r = run(f, nr, k % 6, k < 18 ? v : v << 32);
			worst = r.executed > worst ? r.executed : worst;
		}
	return worst;
}

static struct counts count(const struct vm_filter *f, const struct numbers *n)
{
	struct counts c = { .instructions = f->n };
	unsigned calls = 0, hot = 0, asked = 0;

	for (uint32_t nr = 0; nr < BENCH_NUMBERS; nr++) {
		struct vm_result r = run(f, nr, 0, 0);
		unsigned worst = n->is_call[nr] && !r.is_constant ? worst_of(f, nr) : r.executed;
		if (!n->is_call[nr])
			continue;
		calls++;
		c.mean += r.executed;
		hot += n->is_hot[nr];
		c.hot += n->is_hot[nr] ? r.executed : 0;
		asked += !is_cached(&r);
		c.uncached += is_cached(&r) ? 0 : r.executed;
		c.worst = worst > c.worst ? worst : c.worst;
	}
	c.mean /= calls;
	c.hot /= hot;
	c.uncached /= asked;
	return c;
}

static void row(const char *name, const struct counts *c, const struct counts *to)
{
	printf("  %-40s %5zu %6.2f %6.2f %6.2f %6u\n", name, c->instructions, c->mean, c->hot,
	       c->uncached, c->worst);
	if (to)
		printf("  %-40s %5.2f %6.2f %6.2f %6.2f %6.2f\n",
		       "  to that of libseccomp, optimize 2",
		       (double)c->instructions / (double)to->instructions, c->mean / to->mean,
		       c->hot / to->hot, c->uncached / to->uncached, (double)c->worst / to->worst);
}

static void distance(const struct vm_filter *f, const struct numbers *n, unsigned cached,
		     unsigned hot)
{
	uint32_t weight[BENCH_NUMBERS] = { 0 };

	for (uint32_t nr = 0; nr < BENCH_NUMBERS; nr++) {
		struct vm_result r = run(f, nr, 0, 0);
		if (n->is_call[nr])
			weight[nr] = (is_cached(&r) ? cached : 8) + (n->is_hot[nr] ? hot : 0);
	}
	struct bench_costs c = bench_costs(f, weight);
	printf("  %-40s %5u\n", "  cost above the least tree's", (unsigned)(c.own - c.least));
	is_bad |= c.own != c.least;
}

struct bounds {
	double instructions, mean, hot, uncached, worst;
};

/* Each column by the weights that it names. */
static void compare(const struct text *policy, const struct text *hot, const char *rules,
		    const struct bounds *b)
{
	static struct vm_filter f, plain;
	struct numbers n = find_numbers(hot);
	struct counts theirs[2], best;
	char name[64];
	json_t *list;

	compile(policy, "debian-sid", NULL, &plain, &list);
	as_written(list, rules, policy->name);
	printf("%s, x86_64\n  %-40s %5s %6s %6s %6s %6s\n", policy->name,
	       "instructions of the filter, run by a call", "size", "mean", "hot 20", "asked",
	       "worst");
	for (unsigned optimize = 1; optimize <= 2; optimize++) {
		const struct scmp_version *v = seccomp_version();
		bench_libseccomp(list, optimize, &f);
		theirs[optimize - 1] = count(&f, &n);
		snprintf(name, sizeof(name), "libseccomp %u.%u.%u, optimize %u", v->major, v->minor,
			 v->micro, optimize);
		row(name, &theirs[optimize - 1], NULL);
	}
	struct counts asked = count(&plain, &n);
	row("ours for a kernel that caches (5.11)", &asked, &theirs[1]);
	distance(&plain, &n, 0, 0);
	compile(policy, "debian-11", NULL, &f, NULL);
	struct counts uniform = count(&f, &n);
	row("ours for one that does not", &uniform, &theirs[1]);
	distance(&f, &n, 8, 0);
	compile(policy, "debian-11", hot, &f, NULL);
	best = count(&f, &n);
	row("the same with a profile", &best, &theirs[1]);
	distance(&f, &n, 8, 65536 / 20);
	figure("instructions", (double)asked.instructions, b->instructions, "", false);
	figure("run by a call, all alike", uniform.mean, b->mean, "", false);
	figure("run by a hot one, with a profile", best.hot, b->hot, "", false);
	figure("run by one that is not cached", asked.uncached, b->uncached, "", false);
	figure("run by the worst", asked.worst, b->worst, "", false);
	json_decref(list);
}

/* ---- what it takes ---- */

#define RUNS 15u

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Milliseconds: making the filters, proving assertions, proving one from its bytes. */
struct costs {
	double code, claims, bytes;
};

static void measure(struct fp_unit *u, const struct text *policy, struct costs *out)
{
	static const struct fp_span nowhere;
	struct fp_call_context c;
	struct fp_seccomp_plan plan = { 0 };
	struct fp_verifier v;
	struct fp_buf bytes;
	struct fp_bpf code;

	const struct fp_ir *ir = fp_resolve(
		u, fp_source_add(&u->sources, policy->name, policy->data, policy->len, nowhere),
		NULL);
	struct fp_target t = *fp_target_builtin(u, "debian-sid");
	if (!ir)
		bench_fail("the policy does not compile");
	for (unsigned i = 0; i < FP_ARCH_N; i++)
		t.archs[i] = i == FP_ARCH_X86_64;
	double at = cpu();
	fp_call_context_init(&c, u, ir, &t);
	fp_filter_build(&c, &plan);
	fp_buf_init(&bytes, &u->arena);
	fp_code_bytes(&plan.filter[FP_ARCH_X86_64].code, &bytes);
	out->code = cpu() - at;
	at = cpu();
	struct fp_ir again = *ir;
	fp_decide(u, &again, NULL);
	out->claims = cpu() - at;
	at = cpu();
	fp_verifier_begin(&v, u, ir);
	const char *why = fp_verify_decode(&v, fp_buf_text(&bytes), bytes.len, &code);
	struct fp_machine m = { .arch = FP_ARCH_X86_64,
				.kernel = FP_SINCE(t.kernel.major, t.kernel.minor) };
	if (why || fp_verify_filter(&v, m, &code).outcome != FP_HOLDS)
		bench_fail("the filter is not proved");
	fp_verifier_end(&v);
	out->bytes = cpu() - at;
}

static void measure_once(const struct text *policy, struct costs *out)
{
	struct fp_unit u;

	fp_unit_init(&u, FP_MEMORY_LIMIT);
	if (setjmp(u.recover))
		bench_fail("no memory");
	measure(&u, policy, out);
	fp_unit_free(&u);
}

/* The least of all runs: other work on the machine only adds. */
static void costs(const struct text *policy)
{
	struct costs least = { 1e9, 1e9, 1e9 }, it;

	for (unsigned i = 0; i < RUNS; i++) {
		measure_once(policy, &it);
		least.code = it.code < least.code ? it.code : least.code;
		least.claims = it.claims < least.claims ? it.claims : least.claims;
		least.bytes = it.bytes < least.bytes ? it.bytes : least.bytes;
	}
	printf("%s, one ABI, least CPU of %u\n", policy->name, RUNS);
	figure("making the filter", least.code, 1, "ms", true);
	figure("proving it from its bytes", least.bytes, 20, "ms", true);
	figure("proving never and expect", least.claims, 20, "ms", true);
}

#define FILTERS 5u
#define ROUNDS  7u

/* In turn, and the least of all rounds: a busy moment falls on all of them alike. */
static void times(const struct text *policy, const char *rules)
{
	static const char *const names[FILTERS] = { "no filter", "ours", "a stack of 10 of ours",
						    "libseccomp's, optimize 1",
						    "libseccomp's, optimize 2" };
	static const unsigned copies[FILTERS] = { 0, 1, 10, 1, 1 };
	static struct vm_filter f[FILTERS];
	struct bench_time least[FILTERS], it;
	json_t *list;

	compile(policy, "debian-sid", NULL, &f[0], &list);
	f[1] = f[2] = f[0];
	as_written(list, rules, policy->name);
	bench_libseccomp(list, 1, &f[3]);
	bench_libseccomp(list, 2, &f[4]);
	json_decref(list);
	printf("%s, ns a call on this kernel, medians, the least of %u\n  %-40s %8s %8s\n",
	       policy->name, ROUNDS, "", "cached", "asked");
	for (unsigned round = 0; round < ROUNDS; round++)
		for (unsigned i = 0; i < FILTERS; i++) {
			it = bench_time(&f[i], copies[i]);
			if (!round || it.cached < least[i].cached)
				least[i].cached = it.cached;
			if (!round || it.asked < least[i].asked)
				least[i].asked = it.asked;
		}
	for (unsigned i = 0; i < FILTERS; i++)
		if (least[i].asked > 0)
			printf("  %-40s %8.0f %8.0f\n", names[i], least[i].cached, least[i].asked);
		else
			printf("  %-40s cannot be attached here\n", names[i]);
}

int main(int argc, char **argv)
{
	static const struct bounds docker_at_most = { 79, 9.1, 6.2, 8.6, 18 },
				   service_at_most = { 150, 10.0, 8.2, 9.5, 18 };
	static struct vm_filter f;

	if (argc != 6)
		bench_fail(
			"usage: filters HOT.profile DOCKER.policy DOCKER-ABIS.policy SERVICE.policy RULES.json");
	struct text hot = read_text(argv[1]), docker = read_text(argv[2]),
		    abis = read_text(argv[3]), service = read_text(argv[4]);
	docker.name = "docker default";
	abis.name = "docker default, three ABIs";
	service.name = "service";
	compare(&docker, &hot, argv[5], &docker_at_most);
	compare(&service, &hot, argv[5], &service_at_most);
	compile(&abis, "debian-sid", NULL, &f, NULL);
	printf("%s\n", abis.name);
	figure("instructions", (double)f.n, 249, "", false);
	costs(&docker);
	times(&docker, argv[5]);
	free(hot.data);
	free(docker.data);
	free(abis.data);
	free(service.data);
	return is_bad;
}
