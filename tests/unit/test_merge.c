/* SPDX-License-Identifier: MIT */
/* Merging a fragment into a configuration: every member's narrowing, every conflict, hostile input.
 */
#include "unit/merge_run.h"

MERGES(kept, {
	merges("{\"process\":{\"args\":[\"/x\"],\"env\":[\"A=1\"]},\"hostname\":\"h\","
	       "\"hooks\":{\"poststop\":[]},\"root\":{\"path\":\"rootfs\"}}",
	       "{\"root\":{\"readonly\":true}}",
	       "{\"process\":{\"args\":[\"/x\"],\"env\":[\"A=1\"]},\"hostname\":\"h\","
	       "\"hooks\":{\"poststop\":[]},\"root\":{\"path\":\"rootfs\",\"readonly\":true}}");
})

MERGES(flags, {
	merges("{\"process\":{\"noNewPrivileges\":false}}",
	       "{\"process\":{\"noNewPrivileges\":true}}",
	       "{\"process\":{\"noNewPrivileges\":true}}");
	merges("{\"process\":{\"noNewPrivileges\":true}}",
	       "{\"process\":{\"noNewPrivileges\":false}}",
	       "{\"process\":{\"noNewPrivileges\":true}}");
	refused("{\"process\":{\"noNewPrivileges\":\"yes\"}}",
		"{\"process\":{\"noNewPrivileges\":true}}", "\"yes\"", "true or false");
	refused("{\"root\":[]}", "{\"root\":{\"readonly\":true}}", "[]", "an object");
})

MERGES(versions, {
	merges("{\"ociVersion\":\"1.0.2-dev\"}", "{\"ociVersion\":\"1.1.0\"}",
	       "{\"ociVersion\":\"1.1.0\"}");
	merges("{\"ociVersion\":\"1.2.0\"}", "{\"ociVersion\":\"1.1.0\"}",
	       "{\"ociVersion\":\"1.2.0\"}");
})

MERGES(capabilities, {
	merges("{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_KILL\",\"CAP_CHOWN\"],"
	       "\"ambient\":[\"CAP_KILL\"]}}}",
	       "{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_KILL\",\"CAP_SYSLOG\"],"
	       "\"ambient\":[],\"effective\":[\"CAP_KILL\"]}}}",
	       "{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_KILL\"],\"ambient\":[],"
	       "\"effective\":[]}}}");
	merges("{\"process\":{\"capabilities\":{\"inheritable\":[\"CAP_KILL\"]}}}",
	       "{\"process\":{\"capabilities\":{\"bounding\":[]}}}",
	       "{\"process\":{\"capabilities\":{\"bounding\":[],\"inheritable\":[]}}}");
	/* runc spec: ambient without inheritable, which no kernel grants */
	merges("{\"process\":{\"capabilities\":{\"ambient\":[\"CAP_KILL\",\"CAP_CHOWN\"]}}}",
	       "{\"process\":{\"capabilities\":{\"ambient\":[\"CAP_KILL\"],"
	       "\"inheritable\":[\"CAP_KILL\"]}}}",
	       "{\"process\":{\"capabilities\":{\"ambient\":[\"CAP_KILL\"],"
	       "\"inheritable\":[\"CAP_KILL\"]}}}");
	merges("{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_KILL\"]}}}",
	       "{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_KILL\"],"
	       "\"ambient\":[\"CAP_KILL\"],\"inheritable\":[\"CAP_KILL\"]}}}",
	       "{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_KILL\"],"
	       "\"ambient\":[],\"inheritable\":[]}}}");
	merges("{}", "{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_KILL\"]}}}",
	       "{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_KILL\"]}}}");
	refused("{\"process\":{\"capabilities\":{\"bounding\":[1]}}}",
		"{\"process\":{\"capabilities\":{\"bounding\":[]}}}", "bounding/0", "a string");
})

MERGES(users, {
	merges("{\"process\":{\"user\":{\"uid\":0,\"gid\":0}}}",
	       "{\"process\":{\"user\":{\"uid\":7,\"gid\":8,\"umask\":18}}}",
	       "{\"process\":{\"user\":{\"uid\":7,\"gid\":8,\"umask\":18}}}");
	merges("{\"process\":{\"user\":{\"uid\":7,\"gid\":8,\"umask\":7}}}",
	       "{\"process\":{\"user\":{\"uid\":7,\"gid\":8,\"umask\":18}}}",
	       "{\"process\":{\"user\":{\"uid\":7,\"gid\":8,\"umask\":23}}}");
	refused("{\"process\":{\"user\":{\"uid\":1000,\"gid\":8}}}",
		"{\"process\":{\"user\":{\"uid\":7,\"gid\":8}}}",
		"config.json:1:27: error: /process/user/uid is 1000 here and 7 in policy.json",
		"one identity");
	refused("{\"process\":{\"user\":{\"uid\":7,\"gid\":8,\"additionalGids\":[4]}}}",
		"{\"process\":{\"user\":{\"uid\":7,\"gid\":8}}}", "[4]", "the policy has none");
	merges("{\"process\":{\"cwd\":\"/\"}}", "{\"process\":{\"cwd\":\"/lab\"}}",
	       "{\"process\":{\"cwd\":\"/lab\"}}");
	refused("{\"process\":{\"cwd\":\"/srv\"}}", "{\"process\":{\"cwd\":\"/lab\"}}", "\"/srv\"",
		"\"/lab\"");
	merges("{\"process\":{\"apparmorProfile\":\"unconfined\"}}",
	       "{\"process\":{\"apparmorProfile\":\"p\"}}",
	       "{\"process\":{\"apparmorProfile\":\"p\"}}");
	refused("{\"process\":{\"apparmorProfile\":\"docker-default\"}}",
		"{\"process\":{\"apparmorProfile\":\"p\"}}", "docker-default", "\"p\"");
})

MERGES(rlimits, {
	merges("{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":64,\"hard\":4096},"
	       "{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":2}]}}",
	       "{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":256,\"hard\":256}]}}",
	       "{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":2},"
	       "{\"type\":\"RLIMIT_NOFILE\",\"soft\":64,\"hard\":256}]}}");
	refused("{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"soft\":1,\"hard\":1},"
		"{\"type\":\"RLIMIT_AS\",\"soft\":9,\"hard\":9}]}}",
		"{\"process\":{\"rlimits\":[]}}", "rlimits/1", "stands twice");
	refused("{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"soft\":\"x\",\"hard\":1}]}}",
		"{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"soft\":1,\"hard\":1}]}}",
		"\"x\"", "an integer");
})

MERGES(namespaces, {
	merges("{\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"time\"}]}}",
	       "{\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"pid\"}]}}",
	       "{\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"time\"},"
	       "{\"type\":\"mount\"}]}}");
	merges("{\"linux\":{\"namespaces\":[{\"type\":\"network\",\"path\":\"/run/netns/j\"}]}}",
	       "{\"linux\":{\"namespaces\":[{\"type\":\"network\"}]}}",
	       "{\"linux\":{\"namespaces\":[{\"type\":\"network\",\"path\":\"/run/netns/j\"}]}}");
	refused("{\"linux\":{\"namespaces\":[{\"type\":\"network\",\"path\":\"/proc/1/ns/net\"}]}}",
		"{\"linux\":{\"namespaces\":[{\"type\":\"network\"}]}}", "/proc/1/ns/net", "new");
	refused("{\"linux\":{\"namespaces\":[{\"type\":\"ipc\",\"path\":\"/x\"}]}}",
		"{\"linux\":{\"namespaces\":[{\"type\":\"ipc\"}]}}", "\"/x\"", "policy.json");
	refused("{}", "{\"linux\":{\"namespaces\":[{\"type\":\"user\"}]}}", "uidMappings",
		"both maps");
	merges("{\"linux\":{\"uidMappings\":[{\"size\":1}],\"gidMappings\":[{\"size\":1}]}}",
	       "{\"linux\":{\"namespaces\":[{\"type\":\"user\"}]}}",
	       "{\"linux\":{\"namespaces\":[{\"type\":\"user\"}],\"uidMappings\":[{\"size\":1}],"
	       "\"gidMappings\":[{\"size\":1}]}}");
	refused("{\"linux\":{\"uidMappings\":[{\"size\":1}]}}",
		"{\"linux\":{\"uidMappings\":[{\"size\":2}]}}", "{\"size\":1}", "{\"size\":2}");
})

MERGES(paths, {
	merges("{\"linux\":{\"maskedPaths\":[\"/b\",\"/z\"],\"readonlyPaths\":[]}}",
	       "{\"linux\":{\"maskedPaths\":[\"/a\",\"/z\"],\"readonlyPaths\":[\"/r\"]}}",
	       "{\"linux\":{\"maskedPaths\":[\"/a\",\"/b\",\"/z\"],\"readonlyPaths\":[\"/r\"]}}");
})

MERGES(filters, {
	merges("{}", "{\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\"}}}",
	       "{\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\"}}}");
	refused("{\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"}}}",
		"{\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\"}}}",
		"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO");
	refused("{\"annotations\":{\"run.oci.seccomp_bpf_data\":\"AAAA\"}}",
		"{\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\"}}}", "AAAA",
		"instead of linux.seccomp");
	merges("{\"annotations\":{\"run.oci.seccomp_bpf_data\":\"AAAA\",\"a\":\"b\"}}",
	       "{\"annotations\":{\"run.oci.seccomp_bpf_data\":\"AAAA\"}}",
	       "{\"annotations\":{\"run.oci.seccomp_bpf_data\":\"AAAA\",\"a\":\"b\"}}");
	refused("{\"annotations\":{\"org.systemd.property.MemoryMax\":\"uint64 1\"}}", "{}",
		"org.systemd.property.MemoryMax", "systemd");
	refused("{\"linux\":{\"rootfsPropagation\":\"rshared\"}}", "{}", "rshared", "host");
})

MERGES(mount_options, {
	merges(MOUNTS(MOUNT("/tmp/", "tmpfs", "t", "\"rw\",\"size=8m\",\"mode=1777\"")),
	       MOUNTS(MOUNT("/tmp", "tmpfs", "tmpfs",
			    "\"ro\",\"nosuid\",\"size=65536k\",\"mode=1755\"")),
	       MOUNTS(MOUNT("/tmp", "tmpfs", "tmpfs",
			    "\"ro\",\"nosuid\",\"size=8m\",\"mode=1755\"")));
	merges(MOUNTS(MOUNT("/a", "bind", "/s", "\"rbind\",\"ro\",\"rshared\"")),
	       MOUNTS(MOUNT("/a", "bind", "/s", "\"bind\",\"private\"")),
	       MOUNTS(MOUNT("/a", "bind", "/s", "\"ro\",\"bind\",\"private\"")));
	merges(MOUNTS(MOUNT("/dev/pts", "devpts", "devpts", "\"gid=5\",\"ptmxmode=0666\"")),
	       MOUNTS(MOUNT("/dev/pts", "devpts", "devpts", "\"ptmxmode=0600\"")),
	       MOUNTS(MOUNT("/dev/pts", "devpts", "devpts", "\"ptmxmode=0600\"")));
	merges(MOUNTS(MOUNT("/t", "tmpfs", "t", "\"size=0\"")),
	       MOUNTS(MOUNT("/t", "tmpfs", "t", "\"size=9\"")),
	       MOUNTS(MOUNT("/t", "tmpfs", "t", "\"size=9\"")));
	refused(MOUNTS(MOUNT("/t", "tmpfs", "t", "\"size=50%\"")),
		MOUNTS(MOUNT("/t", "tmpfs", "t", "\"size=9\"")), "size=50%", "size=9");
	refused(MOUNTS(MOUNT("/t", "tmpfs", "t", "\"mode=9\"")),
		MOUNTS(MOUNT("/t", "tmpfs", "t", "\"mode=7\"")), "mode=9", "octal");
	merges(MOUNTS(MOUNT("/t", "tmpfs", "t", "\"ro\"")),
	       MOUNTS(MOUNT("/t", "tmpfs", "t", "\"rootcontext=u:r:t:s0\"")),
	       MOUNTS(MOUNT("/t", "tmpfs", "t", "\"ro\",\"rootcontext=u:r:t:s0\"")));
	refused(MOUNTS(MOUNT("/t", "tmpfs", "t", "\"rootcontext=u:r:x:s0\"")),
		MOUNTS(MOUNT("/t", "tmpfs", "t", "\"rootcontext=u:r:t:s0\"")), "u:r:x:s0",
		"u:r:t:s0");
	refused(MOUNTS(MOUNT("/t", "tmpfs", "t", "\"uid=1\"")),
		MOUNTS(MOUNT("/t", "tmpfs", "t", "\"uid=2\"")), "uid=1", "uid=2");
})

MERGES(mount_places, {
	refused(MOUNTS(MOUNT("/etc", "bind", "/etc", "\"bind\"")), MOUNTS(""), "/etc",
		"the policy has none");
	refused(MOUNTS(MOUNT("/x", "none", "/etc", "\"rbind\"")), MOUNTS(""), "/etc",
		"the policy has none");
	refused(MOUNTS(MOUNT("/a/../etc", "tmpfs", "t", "")), MOUNTS(""), "/a/../etc",
		"without ..");
	refused(MOUNTS(MOUNT("/a", "tmpfs", "t", "") "," MOUNT("//a/.", "tmpfs", "t", "")),
		MOUNTS(""), "//a/.", "one mount");
	refused(MOUNTS(MOUNT("/a", "bind", "/x", "\"bind\"")),
		MOUNTS(MOUNT("/a", "bind", "/y", "\"bind\"")), "\"/x\"", "\"/y\"");
	refused(MOUNTS(MOUNT("/a", "tmpfs", "t", "")),
		MOUNTS(MOUNT("/a", "bind", "/y", "\"bind\"")), "tmpfs", "\"/y\"");
	refused(MOUNTS(MOUNT("/a", "bind", "/x", "\"bind\",\"idmap\"")),
		MOUNTS(MOUNT("/a", "bind", "/x", "\"bind\"")), "idmap", "what they are");
	refused(MOUNTS("7"), MOUNTS(""), "/mounts/0 is 7", "an object");
	merges(MOUNTS(MOUNT("/sys/fs/cgroup", "cgroup", "c", "")), MOUNTS(""), MOUNTS(""));
})

static void what_is_left_out_is_told(void **state)
{
	struct run r;

	(void)state;
	run(&r, MOUNTS(MOUNT("/sys/fs/cgroup", "cgroup", "c", "")), MOUNTS(""));
	assert_true(r.ok);
	assert_int_equal(r.result.notes.n, 1);
	assert_non_null(strstr(r.result.notes.at[0], "/sys/fs/cgroup"));
	end(&r);
}

MERGES(memory, {
	merges(RES("\"memory\":{\"limit\":100,\"kernel\":5}"),
	       RES("\"memory\":{\"limit\":300,\"swap\":300}"),
	       RES("\"memory\":{\"limit\":100,\"swap\":100,\"kernel\":5}"));
	merges(RES("\"memory\":{\"limit\":-1}"), RES("\"memory\":{\"limit\":300,\"swap\":310}"),
	       RES("\"memory\":{\"limit\":300,\"swap\":310}"));
	merges(RES("\"memory\":{\"limit\":200,\"swap\":205}"),
	       RES("\"memory\":{\"limit\":100,\"swap\":110}"),
	       RES("\"memory\":{\"limit\":100,\"swap\":105}"));
	refused(RES("\"memory\":{\"limit\":\"9\"}"), RES("\"memory\":{\"limit\":1}"), "\"9\"",
		"an integer");
	refused(RES("\"memory\":{\"limit\":99999999999999999999}"), RES("\"memory\":{\"limit\":1}"),
		"config.json:1:", "beyond 64 bits");
})

MERGES(processors, {
	merges(RES("\"cpu\":{\"quota\":10000,\"period\":20000,\"cpus\":\"0-3,8\"}"),
	       RES("\"cpu\":{\"quota\":200000,\"period\":100000,\"cpus\":\"2-9\"}"),
	       RES("\"cpu\":{\"quota\":10000,\"period\":20000,\"cpus\":\"2-3,8\"}"));
	merges(RES("\"cpu\":{\"quota\":-1}"), RES("\"cpu\":{\"quota\":5,\"period\":7}"),
	       RES("\"cpu\":{\"quota\":5,\"period\":7}"));
	refused(RES("\"cpu\":{\"cpus\":\"0\"}"), RES("\"cpu\":{\"cpus\":\"1\"}"), "\"0\"", "\"1\"");
	refused(RES("\"cpu\":{\"cpus\":\"0-99999999999\"}"), RES("\"cpu\":{\"cpus\":\"1\"}"),
		"99999", "in common");
	merges(RES("\"pids\":{\"limit\":0}"), RES("\"pids\":{\"limit\":9}"),
	       RES("\"pids\":{\"limit\":9}"));
	merges(RES("\"pids\":{\"limit\":3}"), RES("\"pids\":{\"limit\":9}"),
	       RES("\"pids\":{\"limit\":3}"));
})

MERGES(files, {
	merges(RES("\"unified\":{\"memory.max\":\"max\",\"cpu.max\":\"10000 20000\"}"),
	       RES("\"unified\":{\"memory.max\":\"100\",\"cpu.max\":\"200000 100000\","
		   "\"memory.oom.group\":\"1\"}"),
	       RES("\"unified\":{\"memory.max\":\"100\",\"cpu.max\":\"10000 20000\","
		   "\"memory.oom.group\":\"1\"}"));
	/* A typed limit of the base must not be undone by the file, which is written last. */
	merges(RES("\"memory\":{\"limit\":50,\"swap\":60},\"pids\":{\"limit\":4},"
		   "\"cpu\":{\"quota\":1000,\"period\":9000}"),
	       RES("\"unified\":{\"memory.max\":\"100\",\"memory.swap.max\":\"20\",\"pids.max\":\"8\","
		   "\"cpu.max\":\"200000 100000\"}"),
	       RES("\"memory\":{\"limit\":50,\"swap\":60},\"pids\":{\"limit\":4},"
		   "\"cpu\":{\"quota\":1000,\"period\":9000},"
		   "\"unified\":{\"memory.max\":\"50\",\"memory.swap.max\":\"10\",\"pids.max\":\"4\","
		   "\"cpu.max\":\"1000 9000\"}"));
	refused(RES("\"unified\":{\"io.max\":\"8:0 rbps=1\"}"),
		RES("\"unified\":{\"io.max\":\"8:0 rbps=2\"}"), "rbps=1", "rbps=2");
	refused(RES("\"unified\":{\"memory.max\":\"1e3\"}"),
		RES("\"unified\":{\"memory.max\":\"5\"}"), "1e3", "compared");
	refused(RES("\"unified\":{\"memory.max\":7}"), RES("\"unified\":{\"memory.max\":\"5\"}"),
		"7", "a string");
	refused(RES("\"unified\":{\"cpu.idle\":\"1\"}"), RES("\"unified\":{\"cpu.weight\":\"5\"}"),
		"cpu.idle", "cpu.weight");
})

MERGES(devices, {
	merges(RES("\"devices\":[{\"allow\":false,\"access\":\"rwm\"},"
		   "{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":229,\"access\":\"rwm\"},"
		   "{\"allow\":false,\"type\":\"c\",\"major\":1,\"minor\":3,\"access\":\"w\"}]"),
	       RES("\"devices\":[{\"allow\":false,\"access\":\"rwm\"},"
		   "{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":3,\"access\":\"rw\"}]"),
	       RES("\"devices\":[{\"allow\":false,\"access\":\"rwm\"},"
		   "{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":3,\"access\":\"rw\"},"
		   "{\"allow\":false,\"type\":\"c\",\"major\":1,\"minor\":3,\"access\":\"w\"}]"));
	merges(RES("\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":5},"
		   "{\"major\":8,\"minor\":1,\"rate\":1}]}"),
	       RES("\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":9}]}"),
	       RES("\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":1,\"rate\":1},"
		   "{\"major\":8,\"minor\":0,\"rate\":5}]}"));
	refused("{\"linux\":{\"devices\":[{\"path\":\"/dev/x\",\"major\":1}]}}",
		"{\"linux\":{\"devices\":[{\"path\":\"/dev/x\",\"major\":2}]}}", "\"major\":1",
		"\"major\":2");
})

MERGES(misspelt, {
	refused("{\"process\":{\"noNewPriviledges\":true}}", "{}", "/process/noNewPriviledges",
		"write \"noNewPrivileges\"");
	refused("{\"Process\":{}}", "{}", "/Process", "write \"process\"");
	refused("{\"proce\xc5\xbfs\":{}}", "{}", "is no member", "write \"process\"");
	refused("{\"linux\":{\"maskedPath\":[]}}", "{}", "/linux/maskedPath",
		"write \"maskedPaths\"");
	refused("{\"linux\":{\"namespaces\":[{\"tpye\":\"pid\"}]}}", "{}",
		"/linux/namespaces/0/tpye", "write \"type\"");
	refused("{\"linux\":{\"resources\":{\"memory\":{\"limits\":1}}}}", "{}",
		"config.json:1:43: error: /linux/resources/memory/limits", "write \"limit\"");
})

MERGES(open_parameters, {
	refused("{}", MOUNTS(MOUNT("/in", "bind", "/srv/${job}/in", "\"bind\"")),
		"/mounts/0/source", "-D job=VALUE");
})

MERGES(unreadable, {
	refused("", "{}", "config.json", "not a JSON");
	refused("{\n  \"a\": tru\n}", "{}", "config.json:2:", "not a JSON");
	refused("{\"a\":1,\"a\":2}", "{}", "config.json:1:", "stands twice");
	refused("[]", "{}", "config.json:1:1", "an object");
	refused("{}", "{\"a\":\xff}", "policy.json:1:", "not a JSON");
	refused("{\"a\":\"\\u0000\"}", "{}", "config.json:1:", "\\u0000");
	refused("{} x", "{}", "config.json:1:", "behind its end");
})

/* 100,000 levels, a million values: refused, in bounded memory. */
static void huge(void **state)
{
	enum {
		N = 3300001
	};
	struct fp_merge_text base = { .name = "config.json", .len = N };
	struct fp_merge_text ours = text_of("policy.json", "{}");
	char *text = malloc(N + 1);
	struct run r;

	(void)state;
	assert_non_null(text);
	memset(text, '[', N);
	text[N] = 0;
	base.data = text;
	base.len = 100000;
	run_texts(&r, base, &ours, 1, FP_MEMORY_LIMIT);
	assert_false(r.ok);
	assert_non_null(strstr(r.errors, "64 levels"));
	end(&r);
	for (size_t i = 1; i + 1 < N; i += 3)
		memcpy(text + i, "[],", 3);
	base.len = N;
	run_texts(&r, base, &ours, 1, FP_MEMORY_LIMIT);
	assert_false(r.ok);
	assert_non_null(strstr(r.errors, "values"));
	end(&r);
	base.len = FP_MERGE_LIMIT + 1; /* refused before a byte is read */
	run_texts(&r, base, &ours, 1, FP_MEMORY_LIMIT);
	assert_false(r.ok);
	assert_non_null(strstr(r.errors, "larger than 64 MiB"));
	end(&r);
	free(text);
}

static void patches(void **state)
{
	struct fp_merge_text ours[2] = {
		text_of("oci/config.json",
			"{\"process\":{\"apparmorProfile\":\"p\",\"cwd\":\"/\"}}"),
		text_of("oci/selinux.json",
			"{\"process\":{\"apparmorProfile\":null,\"selinuxLabel\":\"l\"}}"),
	};
	struct run r;

	(void)state;
	run_texts(&r, text_of("config.json", "{}"), ours, 2, FP_MEMORY_LIMIT);
	assert_true(r.ok);
	assert_string_equal(fp_buf_text(&r.result.text),
			    "{\n  \"process\": {\n    \"cwd\": \"/\",\n    \"selinuxLabel\": "
			    "\"l\"\n  }\n}\n");
	end(&r);
}

/* Every amount of memory ends in a result or in the jump; the sanitizer sees what leaks. */
static void out_of_memory(void **state)
{
	const char *base = MOUNTS(MOUNT("/tmp", "tmpfs", "t", "\"size=8m\""));
	struct fp_merge_text ours =
		text_of("policy.json", MOUNTS(MOUNT("/tmp", "tmpfs", "t", "\"size=9m\",\"ro\"")));
	bool has_passed = false;

	(void)state;
	for (size_t memory = 0; memory < (1u << 20) && !has_passed; memory += 4096) {
		struct run r;

		run_texts(&r, text_of("config.json", base), &ours, 1, memory);
		has_passed = r.ok && !r.ran_out;
		end(&r);
	}
	assert_true(has_passed);
}

static const char whole[] =
	"{\"process\":{\"user\":{\"uid\":0},\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"soft\":1,\"hard\":2}],"
	"\"capabilities\":{\"bounding\":[\"CAP_KILL\"]}},\"mounts\":[{\"destination\":\"/tmp\","
	"\"type\":\"tmpfs\",\"options\":[\"size=1\",\"mode=7\"]}],\"linux\":{\"namespaces\":[{\"type\":"
	"\"pid\"}],\"maskedPaths\":[\"/a\"],\"devices\":[{\"path\":\"/d\"}],\"resources\":{\"memory\":"
	"{\"limit\":5,\"swap\":6},\"cpu\":{\"quota\":5,\"cpus\":\"0-3\"},\"devices\":[{\"allow\":"
	"false}],\"pids\":{\"limit\":3},\"unified\":{\"cpu.max\":\"5 100000\",\"pids.max\":\"3\"}}}}";

static void try_altered(const char *altered, size_t len, bool is_base)
{
	struct fp_merge_text one = { .name = "altered.json", .data = altered, .len = len };
	struct fp_merge_text other = text_of("whole.json", whole);
	struct run r;

	run_texts(&r, is_base ? one : other, is_base ? &other : &one, 1, FP_MEMORY_LIMIT);
	assert_false(r.ran_out);
	assert_true(r.ok || *r.errors);
	end(&r);
}

/* Cut and altered configurations and fragments: an answer, never a crash. */
static void damaged(void **state)
{
	static const char bytes[] = "\"[]{},:0-n\\\xff";
	char text[sizeof(whole)];

	(void)state;
	merges(whole, whole, whole);
	for (size_t i = 0; i < sizeof(whole) - 1; i++) {
		try_altered(whole, i, true);
		try_altered(whole, i, false);
		for (size_t k = 0; k < sizeof(bytes) - 1; k++) {
			memcpy(text, whole, sizeof(whole));
			text[i] = bytes[k];
			try_altered(text, sizeof(text) - 1, true);
			try_altered(text, sizeof(text) - 1, false);
		}
	}
}

/* Every value in turn is another kind of value. */
static void other_kinds(void **state)
{
	static const char *const kinds[] = { "null", "7",  "-1",   "1.5",  "\"x\"", "[]",
					     "[[]]", "{}", "true", "[{}]", "[7]",   "[null]" };
	char text[2 * sizeof(whole)];

	(void)state;
	for (size_t i = 1; i < sizeof(whole) - 1; i++) {
		if (whole[i - 1] != ':' && whole[i - 1] != '[')
			continue;
		size_t depth = 0, end_at = i;

		do { /* past the value; strings here hold no brackets */
			depth += whole[end_at] == '{' || whole[end_at] == '[';
			depth -= whole[end_at] == '}' || whole[end_at] == ']';
			end_at++;
		} while (depth || !strchr(",]}", whole[end_at]));
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			int n = snprintf(text, sizeof(text), "%.*s%s%s", (int)i, whole, kinds[k],
					 whole + end_at);

			try_altered(text, (size_t)n, true);
			try_altered(text, (size_t)n, false);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept),         cmocka_unit_test(flags),
		cmocka_unit_test(versions),     cmocka_unit_test(capabilities),
		cmocka_unit_test(users),        cmocka_unit_test(rlimits),
		cmocka_unit_test(namespaces),   cmocka_unit_test(paths),
		cmocka_unit_test(filters),      cmocka_unit_test(mount_options),
		cmocka_unit_test(mount_places), cmocka_unit_test(what_is_left_out_is_told),
		cmocka_unit_test(memory),       cmocka_unit_test(processors),
		cmocka_unit_test(files),        cmocka_unit_test(devices),
		cmocka_unit_test(misspelt),     cmocka_unit_test(open_parameters),
		cmocka_unit_test(unreadable),   cmocka_unit_test(huge),
		cmocka_unit_test(patches),      cmocka_unit_test(out_of_memory),
		cmocka_unit_test(damaged),      cmocka_unit_test(other_kinds),
	};

	return cmocka_run_group_tests_name("merge", tests, NULL, NULL);
}
