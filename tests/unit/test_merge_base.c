/* SPDX-License-Identifier: MIT */
/* What a base may not add to a fragment: every way that was found to come out wider. */
#include "unit/merge_run.h"

#define PROCESS(list) "{\"process\":{" list "}}"
#define LINUX(list)   "{\"linux\":{" list "}}"
#define FILES(list)   RES("\"unified\":{" list "}")

/* ---- files of the cgroup, which runtimes write over typed members ---- */

MERGES(files_and_members, {
	merges(FILES("\"memory.max\":\"max\""), RES("\"memory\":{\"limit\":300,\"swap\":310}"),
	       RES("\"memory\":{\"limit\":300,\"swap\":310},\"unified\":{\"memory.max\":\"300\"}"));
	merges(FILES("\"memory.max\":\"200\""), RES("\"memory\":{\"limit\":300,\"swap\":310}"),
	       RES("\"memory\":{\"limit\":300,\"swap\":310},\"unified\":{\"memory.max\":\"200\"}"));
	merges(FILES("\"memory.swap.max\":\"max\""), RES("\"memory\":{\"limit\":300,\"swap\":310}"),
	       RES("\"memory\":{\"limit\":300,\"swap\":310},"
		   "\"unified\":{\"memory.swap.max\":\"10\"}"));
	merges(FILES("\"pids.max\":\"max\",\"cpu.max\":\"max 100000\",\"cpuset.cpus\":\"0-9\","
		     "\"cpuset.mems\":\"0-1\""),
	       RES("\"pids\":{\"limit\":9},\"cpu\":{\"quota\":5000,\"period\":10000,"
		   "\"cpus\":\"1-2\",\"mems\":\"1\"}"),
	       RES("\"pids\":{\"limit\":9},\"cpu\":{\"quota\":5000,\"period\":10000,"
		   "\"cpus\":\"1-2\",\"mems\":\"1\"},\"unified\":{\"pids.max\":\"9\","
		   "\"cpu.max\":\"5000 10000\",\"cpuset.cpus\":\"1-2\",\"cpuset.mems\":\"1\"}"));
	merges(FILES("\"hugetlb.2MB.max\":\"max\",\"hugetlb.2MB.rsvd.max\":\"max\""),
	       RES("\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":0}]"),
	       RES("\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":0}],\"unified\":{"
		   "\"hugetlb.2MB.max\":\"0\",\"hugetlb.2MB.rsvd.max\":\"0\"}"));
	merges(FILES("\"memory.high\":\"5\",\"memory.oom.group\":\"0\""),
	       FILES("\"memory.high\":\"9\",\"memory.oom.group\":\"1\""),
	       FILES("\"memory.high\":\"5\",\"memory.oom.group\":\"1\""));
	refused(FILES("\"cpuset.cpus\":\"0\""), RES("\"cpu\":{\"cpus\":\"1\"}"), "\"0\"", "\"1\"");
	refused(FILES("\"io.max\":\"8:0 rbps=max\""),
		RES("\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,"
		    "\"rate\":5}]}"),
		"8:0 rbps=max", "{\\\"major\\\":8,\\\"minor\\\":0,\\\"rate\\\":5}");
	refused(FILES("\"cpu.weight\":\"10000\""), RES("\"cpu\":{\"shares\":2}"), "10000",
		"shares 2");
	refused(FILES("\"io.bfq.weight\":\"1000\""), FILES("\"io.weight\":\"50\""), "\"1000\"",
		"io.weight 50");
})

MERGES(files_alone, {
	merges(FILES("\"memory.max\":\"5\",\"io.max\":\"8:0 rbps=1\""), "{}",
	       FILES("\"memory.max\":\"5\",\"io.max\":\"8:0 rbps=1\""));
	notes(FILES("\"memory.min\":\"5\""), "{}", "unified/memory.min");
	notes(FILES("\"cpu.weight\":\"10000\""), "{}", "unified/cpu.weight");
	refused(FILES("\"cpu.weight.nice\":\"-20\""), "{}", "-20", "another scale");
	refused(FILES("\"cpu.max.burst\":\"1\""), "{}", "cpu.max.burst", "beyond its quota");
	refused(FILES("\"cgroup.procs\":\"1\""), "{}", "cgroup.procs", "no such file");
	refused(FILES("\"cpuset.cpus.partition\":\"root\""), "{}", "partition", "from others");
	refused(FILES("\"../pids.max\":\"max\""), "{}", "..~1pids.max", "no such file");
	refused(FILES("\"hugetlb.2MB.x.max\":\"max\""), "{}", "2MB.x.max", "no such file");
})

/* ---- members that are not exactly the specification's ---- */

MERGES(spelling, {
	refused(RES("\"hugepageLimits\":[{\"pagesize\":\"2MB\",\"limit\":9}]"), "{}",
		"/linux/resources/hugepageLimits/0/pagesize", "write \"pageSize\"");
	refused(RES("\"blockIO\":{\"throttleReadBpsDevice\":[{\"Major\":8}]}"), "{}",
		"throttleReadBpsDevice/0/Major", "write \"major\"");
	refused(RES("\"blockIO\":{\"weightDevice\":[{\"Major\":8}]}"), "{}", "Major",
		"write \"major\"");
	refused(LINUX("\"devices\":[{\"path\":\"/dev/x\",\"PATH\":\"/etc\"}]"), "{}", "PATH",
		"write \"path\"");
	refused(LINUX("\"uidMappings\":[{\"hostId\":0}]"), "{}", "hostId", "write \"hostID\"");
	refused(PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"soft\":1,\"hard\":1,\"Hard\":9}]"),
		"{}", "rlimits/0/Hard", "write \"hard\"");
	refused("{\"mounts\":[{\"destination\":\"/a\",\"Options\":[]}]}", "{}", "mounts/0/Options",
		"write \"options\"");
	refused("{\"mounts\":[{\"destination\":\"/a\",\"uidMappings\":[{\"Size\":1}]}]}", "{}",
		"uidMappings/0/Size", "write \"size\"");
	refused(LINUX("\"seccomp\":{\"syscalls\":[{\"args\":[{\"Index\":0}]}]}"), "{}",
		"args/0/Index", "write \"index\"");
	refused("{\"hooks\":{\"prestart\":[{\"Path\":\"/x\"}]}}", "{}", "prestart/0/Path",
		"write \"path\"");
	refused("{\"unheard\":1}", "{}", "/unheard", "remove it");
	refused("{\"*\":1}", "{}", "/*", "remove it");
	refused(LINUX("\"*\":{}"), "{}", "/linux/*", "remove it");
	merges("{\"annotations\":{\"a/b\":\"1\",\"A/b\":\"2\"}}", "{}",
	       "{\"annotations\":{\"a/b\":\"1\",\"A/b\":\"2\"}}");
})

MERGES(types, {
	refused(PROCESS("\"user\":{\"uid\":4294967296}"), "{}", "4294967296", "to 4294967295");
	refused(PROCESS("\"user\":{\"uid\":-1}"), "{}", "is -1", "to 4294967295");
	refused(PROCESS("\"user\":{\"uid\":1.5}"), "{}", "fraction", "write the digits");
	refused(PROCESS("\"user\":{\"uid\":1e3}"), "{}", "exponent", "write the digits");
	refused(PROCESS("\"args\":[1]"), "{}", "/process/args/0 is 1", "a string");
	refused(LINUX("\"namespaces\":[null]"), "{}", "namespaces/0 is null", "an object");
	merges(PROCESS("\"cwd\":null"), "{}", "{\"process\":{}}");
	refused("{\"windows\":null,\"zos\":{\"x\":1}}", "{}", "/zos", "another platform");
})

/* 2^64-1 is "no limit" to setrlimit(2), and beyond what jansson holds. */
MERGES(whole_range, {
	merges(PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"soft\":18446744073709551615,"
		       "\"hard\":18446744073709551615}]"),
	       PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"soft\":5,\"hard\":6}]"),
	       PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"soft\":5,\"hard\":6}]"));
	struct run r;
	run(&r,
	    "{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"soft\":"
	    "18446744073709551615,\"hard\":9223372036854775808}]}}",
	    "{}");
	assert_true(r.ok);
	assert_non_null(strstr(fp_buf_text(&r.result.text), "\"soft\": 18446744073709551615,"));
	assert_non_null(strstr(fp_buf_text(&r.result.text), "\"hard\": 9223372036854775808,"));
	end(&r);
	run(&r, "{}",
	    "{\"linux\":{\"seccomp\":{\"syscalls\":[{\"args\":[{\"value\":"
	    "18446744073709551615}]}]}}}");
	assert_true(r.ok);
	assert_non_null(strstr(fp_buf_text(&r.result.text), "\"value\": 18446744073709551615"));
	end(&r);
	refused(RES("\"memory\":{\"limit\":18446744073709551615}"), "{}",
		"/linux/resources/memory/limit is 18446744073709551615", "is -1 here");
	refused(RES("\"memory\":{\"limit\":18446744073709551616}"), "{}",
		"config.json:1:42: error: not a JSON configuration: a number beyond 64 bits",
		"18446744073709551615 in rlimits");
	refused(RES("\"memory\":{\"limit\":-9223372036854775809}"), "{}", "beyond 64 bits", "");
	merges(RES("\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":18446744073709551615}]"),
	       RES("\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":7}]"),
	       RES("\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":7}]"));
})

/* ---- mounts ---- */

MERGES(sizes, {
	refused(MOUNTS(MOUNT("/t", "tmpfs", "t", "\"nr_blocks=9\"")),
		MOUNTS(MOUNT("/t", "tmpfs", "t", "\"size=9\"")), "nr_blocks=9", "write size=BYTES");
	refused(MOUNTS(MOUNT("/t", "tmpfs", "t", "\"mpol=bind:0\"")),
		MOUNTS(MOUNT("/t", "tmpfs", "t", "")), "mpol=bind:0", "cpuset.mems");
	refused(MOUNTS(MOUNT("/t", "tmpfs", "t", "\"huge=always\"")),
		MOUNTS(MOUNT("/t", "tmpfs", "t", "")), "huge=always", "huge pages");
	merges(MOUNTS(MOUNT("/t", "tmpfs", "t", "\"size=9m\",\"size=1k\",\"size=8m\"")),
	       MOUNTS(MOUNT("/t", "tmpfs", "t", "\"size=4m\",\"nosuid\"")),
	       MOUNTS(MOUNT("/t", "tmpfs", "t", "\"size=1k\",\"nosuid\"")));
	merges(MOUNTS(MOUNT("/t", "tmpfs", "t", "\"nr_inodes=0\"")),
	       MOUNTS(MOUNT("/t", "tmpfs", "t", "\"nr_inodes=7\"")),
	       MOUNTS(MOUNT("/t", "tmpfs", "t", "\"nr_inodes=7\"")));
	refused(MOUNTS(MOUNT("/t", "tmpfs", "t", "\"nr_inodes=0\"")),
		MOUNTS(MOUNT("/t", "tmpfs", "t", "\"size=4m\"")), "nr_inodes=0", "may be less");
	refused(MOUNTS(MOUNT("/t", "tmpfs", "t", "\"size=0x1000\"")),
		MOUNTS(MOUNT("/t", "tmpfs", "t", "\"size=4m\"")), "size=0x1000", "compared");
	refused(MOUNTS(MOUNT("/t", "tmpfs", "t", "\"size=4k,nr_blocks=0\"")),
		MOUNTS(MOUNT("/t", "tmpfs", "t", "\"size=4m\"")), "nr_blocks=0", "compared");
	notes(MOUNTS(MOUNT("/t", "tmpfs", "t", "\"size=4m\"")),
	      MOUNTS(MOUNT("/t", "tmpfs", "t", "")), "size=4m");
	merges(MOUNTS(MOUNT("/t", "tmpfs", "t", "\"mode=7777\"")),
	       MOUNTS(MOUNT("/t", "tmpfs", "t", "")),
	       MOUNTS(MOUNT("/t", "tmpfs", "t", "\"mode=1777\"")));
	refused(MOUNTS(MOUNT("/t", "devpts", "t", "\"mode=0666\"")),
		MOUNTS(MOUNT("/t", "devpts", "t", "")), "mode=0666", "narrower");
	refused(MOUNTS(MOUNT("/t", "tmpfs", "t", "\"uid=1000\"")),
		MOUNTS(MOUNT("/t", "tmpfs", "t", "\"mode=0755\"")), "uid=1000", "owner");
	refused(MOUNTS(MOUNT("/t", "tmpfs", "t", "\"rootcontext=u:r:t:s0\"")),
		MOUNTS(MOUNT("/t", "tmpfs", "t", "")), "rootcontext=", "--lsm=selinux");
})

MERGES(options, {
	static const char *const bad[] = { "idmap",
					   "ridmap=uids=0-0-1",
					   "idmap=uids=0-1000-1",
					   "remount",
					   "copy-symlink",
					   "tmpcopyup",
					   "RW",
					   "ro,rw",
					   "hidepid=0",
					   "context=x",
					   "lowerdir=/etc",
					   "dest-nofollow" };
	char base[256];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(base, sizeof(base), MOUNTS(MOUNT("/a", "bind", "/x", "\"bind\",\"%s\"")),
			 bad[i]);
		refused(base, MOUNTS(MOUNT("/a", "bind", "/x", "\"bind\"")), bad[i],
			"remove it here");
	}
	/* Explicit loose options undo what a bind inherits: none is taken. */
	merges(MOUNTS(MOUNT("/a", "bind", "/x",
			    "\"bind\",\"rw\",\"suid\",\"dev\",\"exec\",\"shared\",\"rexec\"")),
	       MOUNTS(MOUNT("/a", "bind", "/x", "\"bind\",\"private\"")),
	       MOUNTS(MOUNT("/a", "bind", "/x", "\"bind\",\"private\"")));
	merges(MOUNTS(MOUNT("/a", "bind", "/x", "\"bind\",\"ro\",\"nosuid\",\"rprivate\"")),
	       MOUNTS(MOUNT("/a", "bind", "/x", "\"rbind\",\"rw\",\"rsuid\",\"slave\",\"nodev\"")),
	       MOUNTS(MOUNT("/a", "bind", "/x",
			    "\"bind\",\"ro\",\"nosuid\",\"rprivate\",\"nodev\"")));
	merges(MOUNTS(MOUNT("/proc", "proc", "proc", "\"hidepid=2\"")),
	       MOUNTS(MOUNT("/proc", "proc", "proc", "\"nosuid\"")),
	       MOUNTS(MOUNT("/proc", "proc", "proc", "\"hidepid=2\",\"nosuid\"")));
	refused("{\"mounts\":[{\"destination\":\"/a\",\"type\":\"bind\",\"source\":\"/x\","
		"\"options\":[\"bind\"],\"uidMappings\":[{\"hostID\":0,\"size\":1}]}]}",
		MOUNTS(MOUNT("/a", "bind", "/x", "\"bind\"")), "uidMappings", "what they are");
})

/* ---- namespaces and places ---- */

#define JOINS(path)                                                                     \
	refused(LINUX("\"namespaces\":[{\"type\":\"network\",\"path\":\"" path "\"}]"), \
		LINUX("\"namespaces\":[{\"type\":\"network\"}]"), path, "policy.json")

MERGES(joined, {
	JOINS("//proc/1/ns/net");
	JOINS("/proc/./1/ns/net");
	JOINS("/./proc//1/ns/net");
	JOINS("/proc/1/../1/ns/net");
	JOINS("/run/../proc/1/ns/net");
	JOINS("proc/1/ns/net");
	JOINS("/dev/fd/3");
	JOINS("/run/netns/..");
	merges(LINUX("\"namespaces\":[{\"type\":\"network\",\"path\":\"//run/./netns//j/\"}]"),
	       LINUX("\"namespaces\":[{\"type\":\"network\"}]"),
	       LINUX("\"namespaces\":[{\"type\":\"network\",\"path\":\"/run/netns/j\"}]"));
	notes(LINUX("\"namespaces\":[{\"type\":\"ipc\",\"path\":\"/run/ipc\"}]"),
	      LINUX("\"namespaces\":[{\"type\":\"pid\"}]"), "/linux/namespaces/0");
	refused(LINUX("\"namespaces\":[{\"type\":\"user\",\"path\":\"/run/u\"}]"), "{}", "/run/u",
		"whose ids");
	refused(LINUX("\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"pid\",\"path\":\"/run/x\"}]"),
		LINUX("\"namespaces\":[{\"type\":\"pid\"}]"), "/run/x", "stands twice");
})

MERGES(places, {
	refused(LINUX("\"cgroupsPath\":\"/\""), "{}", "cgroupsPath", "has no limits");
	refused(LINUX("\"cgroupsPath\":\"a/../..\""), "{}", "a/../..", "outside of it");
	merges(LINUX("\"cgroupsPath\":\"system.slice:x:1..2\""), "{}",
	       LINUX("\"cgroupsPath\":\"system.slice:x:1..2\""));
	notes("{\"root\":{\"path\":\"//.\"}}", "{}", "the host's own");
	refused(LINUX("\"rootfsPropagation\":\"Shared\""), "{}", "Shared", "host");
	refused(LINUX("\"uidMappings\":[{\"containerID\":1000,\"hostID\":0,\"size\":1}]"), "{}",
		"uidMappings/0", "root's on the host");
	notes(LINUX("\"gidMappings\":[{\"containerID\":0,\"hostID\":9,\"size\":1}]"), "{}",
	      "/linux/gidMappings");
	merges(LINUX("\"devices\":[{\"path\":\"/etc\",\"type\":\"c\",\"major\":1,\"minor\":3}]"),
	       LINUX("\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":1,\"minor\":3}]"),
	       LINUX("\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":1,\"minor\":3}]"));
	notes(LINUX("\"devices\":[{\"path\":\"/etc\",\"type\":\"c\"}]"), "{}", "left out");
	merges(RES("\"devices\":[{\"allow\":false,\"type\":\"a\",\"major\":-1,\"access\":\"mrw\"}]"),
	       RES("\"devices\":[{\"allow\":false,\"access\":\"rwm\"},{\"allow\":true,"
		   "\"type\":\"c\",\"major\":1,\"minor\":3,\"access\":\"r\"}]"),
	       RES("\"devices\":[{\"allow\":false,\"access\":\"rwm\"},{\"allow\":true,"
		   "\"type\":\"c\",\"major\":1,\"minor\":3,\"access\":\"r\"}]"));
})

/* ---- members on which a policy has no word ---- */

MERGES(before_others, {
	refused(PROCESS("\"oomScoreAdj\":-1000"), "{}", "-1000", "in the job's place");
	merges(PROCESS("\"oomScoreAdj\":500"), "{}", PROCESS("\"oomScoreAdj\":500"));
	refused(PROCESS("\"scheduler\":{\"policy\":\"SCHED_FIFO\",\"priority\":1}"), "{}",
		"SCHED_FIFO", "before other programs");
	refused(PROCESS("\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"nice\":-5}"), "{}", "-5",
		"before other programs");
	refused(PROCESS("\"scheduler\":{\"policy\":\"sched_other\"}"), "{}", "sched_other",
		"before other programs");
	merges(PROCESS("\"scheduler\":{\"policy\":\"SCHED_IDLE\",\"nice\":5}"), "{}",
	       PROCESS("\"scheduler\":{\"policy\":\"SCHED_IDLE\",\"nice\":5}"));
	refused(PROCESS("\"ioPriority\":{\"class\":\"IOPRIO_CLASS_RT\",\"priority\":7}"), "{}",
		"CLASS_RT", "before other programs");
	refused(PROCESS("\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":0}"), "{}",
		"CLASS_BE", "before other programs");
	merges(PROCESS("\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":4}"), "{}",
	       PROCESS("\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":4}"));
	refused(RES("\"cpu\":{\"burst\":100000}"), RES("\"cpu\":{\"quota\":5}"), "burst",
		"beyond its quota");
	refused(RES("\"cpu\":{\"realtimeRuntime\":950000}"), "{}", "realtimeRuntime", "before");
	refused(RES("\"memory\":{\"disableOOMKiller\":true}"), RES("\"memory\":{\"limit\":5}"),
		"disableOOMKiller", "hang");
	refused(LINUX("\"personality\":{\"domain\":\"LINUX\",\"flags\":[\"READ_IMPLIES_EXEC\"]}"),
		"{}", "READ_IMPLIES_EXEC", "protections");
})

MERGES(told, {
	notes(PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_MEMLOCK\",\"soft\":1,\"hard\":1}]"), "{}",
	      "RLIMIT_MEMLOCK");
	notes(PROCESS("\"execCPUAffinity\":{\"initial\":\"0\"}"), "{}", "execCPUAffinity");
	notes(PROCESS("\"selinuxLabel\":\"u:r:t:s0\""), "{}", "--lsm=selinux");
	notes(LINUX("\"netDevices\":{\"eth0\":{\"name\":\"e\"}}"), "{}", "/linux/netDevices/eth0");
	notes(LINUX("\"intelRdt\":{\"closID\":\"x\"}"), "{}", "intelRdt");
	notes(LINUX("\"sysctl\":{\"net.ipv4.ip_unprivileged_port_start\":\"0\"}"), "{}",
	      "need a capability");
	notes("{\"hooks\":{\"createRuntime\":[{\"path\":\"/bin/x\"}]}}", "{}", "/bin/x");
	notes(RES("\"memory\":{\"reservation\":5}"), "{}", "reservation");
	notes(RES("\"cpu\":{\"shares\":5}"), "{}", "shares");
	notes(RES("\"cpu\":{\"shares\":5}"), FILES("\"cpu.weight\":\"7\""), "left out");
	notes(RES("\"blockIO\":{\"weight\":500}"), "{}", "blockIO/weight");
	notes(RES("\"blockIO\":{\"weight\":500}"), FILES("\"io.weight\":\"7\""), "left out");
	notes(RES("\"network\":{\"classID\":7}"), "{}", "traffic control");
	merges(LINUX("\"timeOffsets\":{\"boottime\":{\"secs\":5}},\"memoryPolicy\":{\"mode\":\"x\"}"),
	       "{}",
	       LINUX("\"timeOffsets\":{\"boottime\":{\"secs\":5}},\"memoryPolicy\":{\"mode\":"
		     "\"x\"}"));
	refused("{\"vm\":{}}", "{}", "/vm", "virtual machine");
	refused(PROCESS("\"commandLine\":\"x\""), "{}", "commandLine", "another platform");
	notes("{\"annotations\":{\"run.oci.newer\":\"1\"}}", "{}", "run.oci.newer");
	refused("{\"annotations\":{\"run.oci.hooks.stdout\":\"/etc/x\"}}", "{}", "/etc/x",
		"of the host");
})

/* Names of the base go to a terminal. */
static void notes_do_not_draw(void **state)
{
	struct run r;

	(void)state;
	run(&r, LINUX("\"sysctl\":{\"\\u001b[2J\":\"\\u001b[2J\"}"), "{}");
	assert_true(r.ok);
	assert_int_equal(r.result.notes.n, 1);
	assert_null(strchr(r.result.notes.at[0], '\033'));
	end(&r);
}

/* Nothing grows with the square of a base: a report has its place searched for at most 50 times. */
static void many(void **state)
{
	enum {
		N = 200000
	};
	struct fp_merge_text base = { .name = "config.json" };
	struct fp_merge_text ours = text_of("policy.json", "{}");
	char *text = malloc(N * 16);
	size_t len = 0;
	struct run r;

	(void)state;
	assert_non_null(text);
	text[len++] = '{';
	for (unsigned i = 0; i < N; i++)
		len += (size_t)snprintf(text + len, 16, "\"%x\":0,", i);
	text[len - 1] = '}';
	text[len] = '\0';
	base.data = text;
	base.len = len;
	run_texts(&r, base, &ours, 1, FP_MEMORY_LIMIT);
	assert_false(r.ok);
	assert_non_null(strstr(r.errors, "199950 more errors"));
	end(&r);
	len = (size_t)snprintf(text, 64, "{\"process\":{\"args\":[");
	for (unsigned i = 0; i < N; i++)
		len += (size_t)snprintf(text + len, 8, "\"\",");
	len += (size_t)snprintf(text + len - 1, 8, "]}}") - 1;
	base.len = len;
	run_texts(&r, base, &ours, 1, FP_MEMORY_LIMIT);
	assert_false(r.ok);
	assert_non_null(strstr(r.errors, "10000 elements"));
	end(&r);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_and_members),
		cmocka_unit_test(files_alone),
		cmocka_unit_test(spelling),
		cmocka_unit_test(types),
		cmocka_unit_test(whole_range),
		cmocka_unit_test(sizes),
		cmocka_unit_test(options),
		cmocka_unit_test(joined),
		cmocka_unit_test(places),
		cmocka_unit_test(before_others),
		cmocka_unit_test(told),
		cmocka_unit_test(notes_do_not_draw),
		cmocka_unit_test(many),
	};

	return cmocka_run_group_tests_name("merge_base", tests, NULL, NULL);
}
