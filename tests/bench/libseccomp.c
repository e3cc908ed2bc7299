/* SPDX-License-Identifier: MIT */
/* OCI lists by libseccomp. */
#include "bench/filters.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

static uint32_t action_of(json_t *rule, const char *key, const char *data_key)
{
	const char *name = json_string_value(json_object_get(rule, key));
	json_t *data = json_object_get(rule, data_key);

	if (!strcmp(name, "SCMP_ACT_ALLOW"))
		return SCMP_ACT_ALLOW;
	if (!strcmp(name, "SCMP_ACT_KILL_PROCESS"))
		return SCMP_ACT_KILL_PROCESS;
	if (!strcmp(name, "SCMP_ACT_ERRNO"))
		return SCMP_ACT_ERRNO((uint32_t)(data ? json_integer_value(data) : EPERM));
	bench_fail("an action that the benchmark does not use");
}

static enum scmp_compare operator_of(const char *name)
{
	static const char *const names[] = { [SCMP_CMP_NE] = "NE",
					     [SCMP_CMP_LT] = "LT",
					     [SCMP_CMP_LE] = "LE",
					     [SCMP_CMP_EQ] = "EQ",
					     [SCMP_CMP_GE] = "GE",
					     [SCMP_CMP_GT] = "GT",
					     [SCMP_CMP_MASKED_EQ] = "MASKED_EQ" };

	for (unsigned op = SCMP_CMP_NE; op < sizeof(names) / sizeof(*names); op++)
		if (!strcmp(name + strlen("SCMP_CMP_"), names[op]))
			return (enum scmp_compare)op;
	bench_fail("an operator that libseccomp does not have");
}

static void add_rule(scmp_filter_ctx ctx, json_t *rule, uint32_t rest)
{
	uint32_t action = action_of(rule, "action", "errnoRet");
	struct scmp_arg_cmp args[6];
	json_t *it;
	size_t i, n = json_array_size(json_object_get(rule, "args"));

	if (action == rest || n > 6)
		return;
	json_array_foreach(json_object_get(rule, "args"), i, it) args[i] = (struct scmp_arg_cmp){
		.arg = (unsigned)json_integer_value(json_object_get(it, "index")),
		.op = operator_of(json_string_value(json_object_get(it, "op"))),
		.datum_a = (scmp_datum_t)json_integer_value(json_object_get(it, "value")),
		.datum_b = (scmp_datum_t)json_integer_value(json_object_get(it, "valueTwo"))
	};
	json_array_foreach(json_object_get(rule, "names"), i, it)
	{
		int nr = seccomp_syscall_resolve_name(json_string_value(it));
		if (nr != __NR_SCMP_ERROR &&
		    seccomp_rule_add_array(ctx, action, nr, (unsigned)n, args))
			bench_fail("libseccomp refuses a rule");
	}
}

void bench_libseccomp(json_t *list, unsigned optimize, struct vm_filter *out)
{
	uint32_t rest = action_of(list, "defaultAction", "defaultErrnoRet");
	scmp_filter_ctx ctx = seccomp_init(rest);
	int fd = memfd_create("filter", 0);
	json_t *rule;
	size_t i;

	if (!ctx || fd < 0 || seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, optimize))
		bench_fail("libseccomp does not begin");
	json_array_foreach(json_object_get(list, "syscalls"), i, rule) add_rule(ctx, rule, rest);
	if (seccomp_export_bpf(ctx, fd))
		bench_fail("libseccomp exports nothing");
	ssize_t len = pread(fd, out->at, sizeof(out->at), 0);
	out->n = len > 0 ? (size_t)len / sizeof(out->at[0]) : 0;
	close(fd);
	seccomp_release(ctx);
}
