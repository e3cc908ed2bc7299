/* SPDX-License-Identifier: MIT */
/* cgroup2: every file holds what the kernel takes, swap is never left open, claims name the place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/backend.h"

#define MAX_RULES 40
#define ALL       UINT64_MAX

extern const struct fp_backend fp_backend_cgroup2;

struct policy {
	struct fp_ir ir;
	struct fp_rule rules[MAX_RULES];
	size_t n;
	struct fp_target target;
	struct fp_emission e;
	struct fp_claim claims[MAX_RULES];
	bool is_claimed[MAX_RULES];
};

static struct policy policy; /* of the running test */

static int set_up(void **state)
{
	struct fp_unit *u = calloc(1, sizeof(*u));

	if (!u)
		return -1;
	fp_unit_init(u, FP_MEMORY_LIMIT);
	if (setjmp(u->recover))
		abort();
	memset(&policy, 0, sizeof(policy));
	for (unsigned f = 0; f < FP_FEAT_N; f++)
		policy.target.effect[f] = FP_EFFECT_YES;
	policy.target.systemd = (struct fp_version){ 252, 0, 0, "252" };
	*state = u;
	return 0;
}

static int tear_down(void **state)
{
	fp_unit_free(*state);
	free(*state);
	return 0;
}

static void add(const char *text, struct fp_rule rule)
{
	rule.text = text;
	policy.rules[policy.n++] = rule;
}

static void add_limit(const char *text, enum fp_limit limit, uint64_t value)
{
	struct fp_rule r = { .kind = FP_KIND_LIMIT };

	r.u.limit = (struct fp_rule_limit){ .limit = limit, .value = value };
	add(text, r);
}

static void add_rate(const char *text, enum fp_limit limit, uint64_t value, const char *device,
		     bool has_number, uint32_t minor)
{
	struct fp_rule r = { .kind = FP_KIND_LIMIT };

	r.u.limit = (struct fp_rule_limit){ .limit = limit,
					    .value = value,
					    .device = device,
					    .has_number = has_number,
					    .major = 254,
					    .minor = minor };
	add(text, r);
}

static int by_kind_and_text(const void *a, const void *b)
{
	const struct fp_rule *x = a, *y = b;

	return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->text, y->text);
}

static void compile(struct fp_unit *u)
{
	struct policy *p = &policy;

	qsort(p->rules, p->n, sizeof(*p->rules), by_kind_and_text);
	for (unsigned k = 0, i = 0; k <= FP_KIND_N; k++) {
		while (i < p->n && p->rules[i].kind < k) {
			p->rules[i].id = i;
			i++;
		}
		p->ir.first[k] = i;
	}
	p->ir.name = "lab";
	p->ir.rules = p->rules;
	p->ir.rule_count = p->n;
	memset(p->claims, 0, sizeof(p->claims));
	memset(p->is_claimed, 0, sizeof(p->is_claimed));
	p->e = (struct fp_emission){ .unit = u,
				     .ir = &p->ir,
				     .target = &p->target,
				     .claims = p->claims,
				     .is_claimed = p->is_claimed };
	fp_backend_cgroup2.emit(u, fp_backend_cgroup2.lower(u, &p->ir, &p->target), &p->e);
	for (size_t i = 0; i < p->n; i++) {
		assert_true(p->is_claimed[i]);
		if (p->claims[i].kind >= FP_CLAIM_WIDER)
			assert_non_null(p->claims[i].reason);
	}
	assert_int_equal(u->diags.errors, 0);
}

static const struct fp_artifact *artifact(const char *name)
{
	for (size_t i = 0; i < policy.e.artifacts.n; i++)
		if (!strcmp(policy.e.artifacts.at[i]->name + strlen("cgroup2/"), name))
			return policy.e.artifacts.at[i];
	return NULL;
}

static const char *contents(const char *name)
{
	const struct fp_artifact *a = artifact(name);

	return a ? a->data : NULL;
}

/* Whether the drop-in holds the line. */
static bool dropin(const char *line)
{
	const char *text = contents("systemd.conf");
	size_t len = strlen(line);

	for (const char *at = text; at && (at = strstr(at, line)); at++)
		if (at[len] == '\n' && at[-1] == '\n')
			return true;
	return false;
}

static const struct fp_claim *claim(const char *text)
{
	for (size_t i = 0; i < policy.n; i++)
		if (!strcmp(policy.rules[i].text, text))
			return &policy.claims[i];
	fail_msg("no rule %s", text);
	return NULL;
}

static void assert_claim(const char *text, enum fp_claim_kind kind, const char *reason)
{
	assert_int_equal(claim(text)->kind, kind);
	if (!strstr(claim(text)->reason, reason))
		fail_msg("%s: %s", text, claim(text)->reason);
}

/* What the kernel takes, from Documentation/admin-guide/cgroup-v2.rst; one row a file. */
static const struct {
	const char *file, *line;
} grammar[] = {
	{ "cpu.max", "^(max|[0-9]{4,}) ([1-9][0-9]{3,5}|1000000)$" },
	{ "cpu.weight", "^([1-9][0-9]{0,3}|10000)$" },
	{ "cpuset.cpus", "^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$" },
	{ "memory.max", "^(max|[0-9]+)$" },
	{ "memory.high", "^(max|[0-9]+)$" },
	{ "memory.low", "^(max|[0-9]+)$" },
	{ "memory.swap.max", "^(max|[0-9]+)$" },
	{ "memory.oom.group", "^[01]$" },
	{ "pids.max", "^(max|[0-9]+)$" },
	{ "io.weight", "^default ([1-9][0-9]{0,3}|10000)$" },
	{ "io.max",
	  "^[0-9]+:[0-9]+( [rw]bps=(max|[1-9][0-9]*)){2}( [rw]iops=(max|[1-9][0-9]*)){2}$" },
	{ "hugetlb.2MB.max", "^(max|[0-9]+)$" },
	{ "hugetlb.2MB.rsvd.max", "^(max|[0-9]+)$" },
	{ "systemd.conf", "^(#.*|\\[Service\\]|[A-Z][A-Za-z]+=[^\\\\\"' ]*( [^\\\\\"' ]+)?)$" },
};

static const char *grammar_of(const char *file)
{
	for (size_t i = 0; i < sizeof(grammar) / sizeof(grammar[0]); i++)
		if (!strcmp(grammar[i].file, file))
			return grammar[i].line;
	fail_msg("no such file in a cgroup: %s", file);
	return NULL;
}

static void check_grammar(const struct fp_artifact *a)
{
	const char *file = a->name + strlen("cgroup2/");
	size_t lines = 0;
	regex_t re;

	assert_int_equal(strncmp(a->name, "cgroup2/", 8), 0);
	assert_int_equal(regcomp(&re, grammar_of(file), REG_EXTENDED | REG_NOSUB), 0);
	for (const char *at = a->data; *at; lines++) {
		char line[256];
		size_t len = strcspn(at, "\n");
		assert_true(len < sizeof(line) && at[len] == '\n');
		memcpy(line, at, len);
		line[len] = '\0';
		if (regexec(&re, line, 0, NULL, 0))
			fail_msg("%s: not what the kernel takes: %s", a->name, line);
		at += len + 1;
	}
	regfree(&re);
	assert_true(lines == 1 || !strcmp(file, "io.max") || !strcmp(file, "systemd.conf"));
}

static const uint64_t values[] = { 0,
				   1,
				   5,
				   9,
				   10,
				   15,
				   99,
				   100,
				   4095,
				   4096,
				   4097,
				   10000,
				   1 << 21,
				   (1 << 21) + 1,
				   (uint64_t)1 << 40,
				   ALL };

static void files_are_what_the_kernel_takes(void **state)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		policy.n = 0;
		for (enum fp_limit limit = FP_LIM_CPU; limit < FP_LIM_N; limit++) {
			bool is_weight = limit == FP_LIM_CPU_WEIGHT || limit == FP_LIM_IO_WEIGHT;
			bool is_io = limit >= FP_LIM_IO_READ && limit <= FP_LIM_IO_WRITE_OPS;
			uint64_t value = values[i];
			if (is_weight)
				value = value ? (value - 1) % 10000 + 1 : 1; /* as sema bounds it */
			add_limit(fp_limit_names[limit], limit,
				  limit == FP_LIM_OOM_GROUP ? 1 : value);
			struct fp_rule_limit *l = &policy.rules[policy.n - 1].u.limit;
			l->text = limit == FP_LIM_CPU_SET ? "0-3,5" : NULL;
			if (is_io) {
				l->value = value ? value : 1; /* likewise */
				l->device = "/dev/vda";
				l->has_number = true;
				l->major = 254;
			}
		}
		compile(*state);
		assert_int_equal(policy.e.artifacts.n, sizeof(grammar) / sizeof(grammar[0]));
		for (size_t k = 0; k < policy.e.artifacts.n; k++)
			check_grammar(policy.e.artifacts.at[k]);
	}
}

static void lab_policy(void)
{
	add_limit("cpu 2.000", FP_LIM_CPU, 2000);
	add_limit("memory 512MiB", FP_LIM_MEMORY, (uint64_t)512 << 20);
	add_limit("memory high 448MiB", FP_LIM_MEMORY_HIGH, (uint64_t)448 << 20);
	add_limit("pids 128", FP_LIM_PIDS, 128);
	add_limit("oom kill-group", FP_LIM_OOM_GROUP, 1);
	add_rate("io read", FP_LIM_IO_READ, 50 << 20, "/dev/vda", true, 0);
	add_rate("io write", FP_LIM_IO_WRITE, 20 << 20, "/dev/vda", true, 0);
	add_limit("open-files 256", FP_LIM_OPEN_FILES, 256);
	add_limit("core 0", FP_LIM_CORE, 0);
	add_limit("wall-clock 300s", FP_LIM_WALL_CLOCK, 300000);
}

static void lab_values(void **state)
{
	lab_policy();
	compile(*state);
	assert_string_equal(contents("cpu.max"), "200000 100000\n");
	assert_string_equal(contents("memory.max"), "536870912\n");
	assert_string_equal(contents("memory.high"), "469762048\n");
	assert_string_equal(contents("pids.max"), "128\n");
	assert_string_equal(contents("memory.oom.group"), "1\n");
	assert_string_equal(contents("io.max"),
			    "254:0 rbps=52428800 wbps=20971520 riops=max wiops=max\n");
	assert_string_equal(
		contents("systemd.conf"),
		"# Drop-in for the service that runs the job: <unit>.service.d/fpolicy.conf\n"
		"[Service]\n"
		"CPUQuota=200%\n"
		"MemoryMax=536870912\n"
		"MemoryHigh=469762048\n"
		"MemorySwapMax=0\n"
		"TasksMax=128\n"
		"OOMPolicy=kill\n"
		"LimitNOFILE=256\n"
		"LimitCORE=0\n"
		"RuntimeMaxSec=300s\n"
		"KillMode=control-group\n"
		"KillSignal=SIGKILL\n"
		"IOReadBandwidthMax=/dev/vda 52428800\n"
		"IOWriteBandwidthMax=/dev/vda 20971520\n"
		"DevicePolicy=strict\n");
	assert_claim("memory 512MiB", FP_CLAIM_EXACT, "memory.max; MemoryMax= in the drop-in");
	assert_claim("memory high 448MiB", FP_CLAIM_EXACT, "stalls");
	assert_claim("open-files 256", FP_CLAIM_EXACT, "only LimitNOFILE= in the drop-in");
	assert_claim("wall-clock 300s", FP_CLAIM_EXACT, "only RuntimeMaxSec=");
}

static void swap_is_never_left_open(void **state)
{
	compile(*state);
	assert_string_equal(contents("memory.swap.max"), "0\n");
	assert_true(dropin("MemorySwapMax=0"));
	add_limit("swap 1MiB", FP_LIM_SWAP, 1 << 20);
	compile(*state);
	assert_string_equal(contents("memory.swap.max"), "1048576\n");
	policy.rules[0].u.limit.value = ALL;
	compile(*state);
	assert_string_equal(contents("memory.swap.max"), "max\n");
	assert_true(dropin("MemorySwapMax=infinity"));
}

static void quotas_are_long_enough(void **state)
{
	add_limit("cpu", FP_LIM_CPU, 10);
	compile(*state);
	assert_string_equal(contents("cpu.max"), "1000 100000\n");
	policy.rules[0].u.limit.value = 9;
	compile(*state);
	assert_string_equal(contents("cpu.max"), "9000 1000000\n");
	assert_true(dropin("CPUQuota=0.9%"));
	policy.rules[0].u.limit.value = 1250;
	compile(*state);
	assert_string_equal(contents("cpu.max"), "125000 100000\n");
	assert_true(dropin("CPUQuota=125%"));
	policy.rules[0].u.limit.value = ALL;
	compile(*state);
	assert_string_equal(contents("cpu.max"), "max 100000\n");
	assert_true(dropin("CPUQuota="));
}

static void bytes_are_whole_pages(void **state)
{
	add_limit("memory", FP_LIM_MEMORY, (1 << 20) + 4095);
	add_limit("hugetlb", FP_LIM_HUGETLB, (4 << 20) - 1);
	compile(*state);
	assert_string_equal(contents("memory.max"), "1048576\n");
	assert_true(dropin("MemoryMax=1048576"));
	assert_claim("memory", FP_CLAIM_NARROWER, "4096");
	assert_string_equal(contents("hugetlb.2MB.max"), "2097152\n");
	assert_string_equal(contents("hugetlb.2MB.rsvd.max"), "2097152\n");
	assert_claim("hugetlb", FP_CLAIM_NARROWER, "2097152");
}

static void rates_of_a_device_share_a_line(void **state)
{
	add_rate("a", FP_LIM_IO_WRITE_OPS, 7, "/dev/vdb", true, 16);
	add_rate("b", FP_LIM_IO_READ, 9, "/dev/vdb", true, 16);
	add_rate("c", FP_LIM_IO_READ, 8, "/dev/disk", true, 16); /* the same disk: the lower rate */
	add_rate("d", FP_LIM_IO_READ, 5, "/dev/vda", true, 0);
	add_rate("e", FP_LIM_IO_WRITE, 6, "/dev/by name", false, 0);
	add_rate("f", FP_LIM_IO_WRITE, 6, "/dev/vdc", false, 0);
	add_rate("g", FP_LIM_IO_READ, ALL, "/dev/vdc", false, 0);
	compile(*state);
	assert_string_equal(contents("io.max"), "254:0 rbps=5 wbps=max riops=max wiops=max\n"
						"254:16 rbps=8 wbps=max riops=max wiops=7\n");
	assert_true(dropin("IOWriteBandwidthMax=/dev/vdc 6"));
	assert_null(strstr(contents("systemd.conf"), "by name"));
	assert_claim("b", FP_CLAIM_EXACT, "io.max; IOReadBandwidthMax= in the drop-in");
	assert_claim("e", FP_CLAIM_NONE, "number");
	assert_claim("f", FP_CLAIM_EXACT, "only IOWriteBandwidthMax= in the drop-in");
	assert_int_equal(claim("g")->kind, FP_CLAIM_EXACT);
	const struct fp_artifact *a = artifact("io.max");
	size_t mapped = 0;
	for (size_t i = 0; i < a->map.n; i++)
		mapped += a->data[a->map.at[i].begin + 4] == '1'; /* 254:16 */
	assert_int_equal(mapped, 3);
}

static void devices_by_number(void **state)
{
	static const struct fp_device all[] = { { "/dev/zero", 'c', 1, 5 },
						{ "/dev/vda", 'b', 254, 0 },
						{ "/dev/null", 'c', 1, 3 } };
	struct fp_rule allow = { .kind = FP_KIND_DEVICE }, deny = { .kind = FP_KIND_DEVICE },
		       fallback = { .kind = FP_KIND_DEVICE_DEFAULT, .u.effect = FP_DENY };

	allow.u.device = (struct fp_rule_device){ FP_ALLOW, FP_DEV_READ | FP_DEV_WRITE, all, 3 };
	deny.u.device = (struct fp_rule_device){ FP_DENY, FP_DEV_WRITE, all + 1, 1 };
	add("default", fallback);
	add("allow", allow);
	add("deny", deny);
	compile(*state);
	assert_non_null(strstr(contents("systemd.conf"), "DevicePolicy=strict\n"
							 "DeviceAllow=/dev/char/1:3 rw\n"
							 "DeviceAllow=/dev/char/1:5 rw\n"
							 "DeviceAllow=/dev/block/254:0 r\n"));
	assert_claim("deny", FP_CLAIM_EXACT, "drop-in");
	policy.rules[0].u.effect = FP_ALLOW;
	compile(*state);
	assert_null(strstr(contents("systemd.conf"), "Device"));
	assert_claim("deny", FP_CLAIM_NONE, "DeviceAllow=");
}

static void targets_that_lack_something(void **state)
{
	lab_policy();
	add_limit("io-weight 50", FP_LIM_IO_WEIGHT, 50);
	policy.target.effect[FP_FEAT_CGROUP_IO_MAX] = FP_EFFECT_NO;
	policy.target.why[FP_FEAT_CGROUP_IO_MAX] = "needs io.max";
	policy.target.systemd.text = NULL;
	compile(*state);
	assert_null(artifact("io.max"));
	assert_null(artifact("systemd.conf"));
	assert_claim("io read", FP_CLAIM_NONE, "needs io.max");
	assert_claim("core 0", FP_CLAIM_NONE, "no systemd");
	assert_claim("io-weight 50", FP_CLAIM_WIDER, "io.cost.qos");
	policy.target.effect[FP_FEAT_CGROUP_UNIFIED] = FP_EFFECT_NO;
	policy.target.why[FP_FEAT_CGROUP_UNIFIED] = "needs a unified hierarchy";
	compile(*state);
	assert_int_equal(policy.e.artifacts.n, 0);
	assert_claim("pids 128", FP_CLAIM_NONE, "unified");
}

static void capabilities_lift_limits(void **state)
{
	lab_policy();
	policy.ir.caps = 1u << 23 | 1u << 24;
	compile(*state);
	assert_claim("cpu 2.000", FP_CLAIM_WIDER, "CAP_SYS_NICE");
	assert_claim("core 0", FP_CLAIM_WIDER, "CAP_SYS_RESOURCE");
	assert_claim("pids 128", FP_CLAIM_EXACT, "pids.max");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_are_what_the_kernel_takes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lab_values, set_up, tear_down),
		cmocka_unit_test_setup_teardown(swap_is_never_left_open, set_up, tear_down),
		cmocka_unit_test_setup_teardown(quotas_are_long_enough, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bytes_are_whole_pages, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rates_of_a_device_share_a_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(devices_by_number, set_up, tear_down),
		cmocka_unit_test_setup_teardown(targets_that_lack_something, set_up, tear_down),
		cmocka_unit_test_setup_teardown(capabilities_lift_limits, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
