/* SPDX-License-Identifier: MIT */
/* The OCI back end: what each rule becomes on each builtin target, and what is claimed for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>

#include "tests/unit/oci_ir.h"

extern const struct fp_backend fp_backend_oci;

struct made {
	const struct fp_ir *ir;
	struct fp_emission out;
	json_t *root;
};

struct test {
	struct fp_unit unit;
	struct ir_builder b;
	json_t *roots[16];
	size_t root_count;
};

static int set_up(void **state)
{
	struct test *t = calloc(1, sizeof(*t));

	if (!t)
		return -1;
	fp_unit_init(&t->unit, FP_MEMORY_LIMIT);
	if (setjmp(t->unit.recover))
		abort();
	t->b.u = &t->unit;
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct test *t = *state;

	for (size_t i = 0; i < t->root_count; i++)
		json_decref(t->roots[i]);
	fp_unit_free(&t->unit);
	free(t);
	return 0;
}

static struct made make(struct test *t, const char *target)
{
	struct fp_unit *u = &t->unit;
	struct made m = { .ir = ir_seal(&t->b) };

	m.out = (struct fp_emission){ .unit = u, .ir = m.ir };
	m.out.target = fp_target_builtin(u, target);
	assert_non_null(m.out.target);
	m.out.claims = FP_NEW_ARRAY(&u->arena, m.ir->rule_count, struct fp_claim);
	m.out.is_claimed = FP_NEW_ARRAY(&u->arena, m.ir->rule_count, bool);
	fp_backend_oci.emit(u, fp_backend_oci.lower(u, m.ir, m.out.target), &m.out);
	assert_int_equal(u->diags.errors, 0);
	for (size_t i = 0; i < m.ir->rule_count; i++)
		assert_true(m.out.is_claimed[i]);
	assert_true(m.out.artifacts.n > 0);
	assert_string_equal(m.out.artifacts.at[0]->name, "oci/config.json");
	m.root = json_loadb(m.out.artifacts.at[0]->data, m.out.artifacts.at[0]->len,
			    JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(m.root);
	assert_true(t->root_count < 16);
	t->roots[t->root_count++] = m.root;
	return m;
}

/* The value at a pointer; NULL where there is none. */
static json_t *at(const struct made *m, const char *pointer)
{
	json_t *value = m->root;
	char token[64];

	while (value && *pointer) {
		size_t len = strcspn(++pointer, "/");

		assert_true(len < sizeof(token));
		memcpy(token, pointer, len);
		token[len] = 0;
		value = json_is_array(value) ? json_array_get(value, strtoul(token, NULL, 10))
					     : json_object_get(value, token);
		pointer += len;
	}
	return value;
}

static void is(const struct made *m, const char *pointer, const char *want)
{
	char *text = json_dumps(at(m, pointer), JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);

	if (strcmp(text ? text : "absent", want))
		fail_msg("%s is %s, not %s", pointer, text ? text : "absent", want);
	free(text);
}

static void claims(const struct made *m, enum fp_kind kind, const char *text,
		   enum fp_claim_kind want, const char *reason)
{
	fp_ir_each (m->ir, kind, r) {
		const struct fp_claim *c = &m->out.claims[r->id];

		if (text && strcmp(r->text, text))
			continue;
		if (c->kind != want)
			fail_msg("%s: %s (%s), not %s", r->text, fp_claim_names[c->kind],
				 c->reason ? c->reason : "", fp_claim_names[want]);
		if (reason && (!c->reason || !strstr(c->reason, reason)))
			fail_msg("%s: \"%s\" lacks \"%s\"", r->text, c->reason ? c->reason : "",
				 reason);
		return;
	}
	fail_msg("no rule %s", text ? text : "of the kind");
}

/* Every member is mapped to its rule by a pointer that leads to it. */
static void every_pointer_leads_somewhere(const struct made *m)
{
	const struct fp_artifact *a = m->out.artifacts.at[0];

	assert_true(a->map.n > 0);
	for (size_t i = 0; i < a->map.n; i++) {
		assert_true(a->map.at[i].rule < m->ir->rule_count);
		if (!at(m, a->map.at[i].pointer))
			fail_msg("%s leads nowhere", a->map.at[i].pointer);
	}
}

static void identity(void **state)
{
	struct test *t = *state;
	static const uint32_t groups[] = { 4, 9 };
	struct made m;

	ir_add(&t->b, FP_KIND_USER, "user")->u.user = (struct fp_rule_user){
		.uid = 65534, .gid = 65533, .groups = groups, .group_count = 2
	};
	ir_add(&t->b, FP_KIND_UMASK, "umask")->u.number = 077;
	ir_add(&t->b, FP_KIND_WORKDIR, "cwd")->u.path = "/lab/${job}";
	ir_add(&t->b, FP_KIND_NO_NEW_PRIVILEGES, "nnp")->u.flag = true;
	ir_add(&t->b, FP_KIND_CAPABILITY, "none")->u.caps.set = 0;
	m = make(t, "debian-12");
	is(&m, "/process/user",
	   "{\"additionalGids\":[4,9],\"gid\":65533,\"uid\":65534,\"umask\":63}");
	is(&m, "/process/cwd", "\"/lab/${job}\"");
	is(&m, "/process/noNewPrivileges", "true");
	is(&m, "/process/capabilities",
	   "{\"ambient\":[],\"bounding\":[],\"effective\":[],"
	   "\"inheritable\":[],\"permitted\":[]}");
	is(&m, "/process/apparmorProfile", "\"fpolicy.job\"");
	claims(&m, FP_KIND_UMASK, NULL, FP_CLAIM_EXACT, NULL);
	claims(&m, FP_KIND_CAPABILITY, NULL, FP_CLAIM_EXACT, NULL);
	every_pointer_leads_somewhere(&m);
}

/* After execve an identity other than 0 holds what is ambient, and nothing can be ambient that is
 * not inheritable and permitted; user 0 holds the bounding set. */
static void check_caps(struct test *t, uint32_t uid, const char *handed)
{
	static const char want[] = "[\"CAP_NET_RAW\"]";
	struct made m;

	ir_add(&t->b, FP_KIND_USER, "user")->u.user = (struct fp_rule_user){ .uid = uid };
	ir_add(&t->b, FP_KIND_CAPABILITY, "net_raw")->u.caps.set = UINT64_C(1) << 13;
	t->b.ir.caps = UINT64_C(1) << 13;
	m = make(t, "debian-13");
	is(&m, "/process/capabilities/bounding", want);
	is(&m, "/process/capabilities/effective", want);
	is(&m, "/process/capabilities/permitted", want);
	is(&m, "/process/capabilities/inheritable", handed);
	is(&m, "/process/capabilities/ambient", handed);
	claims(&m, FP_KIND_CAPABILITY, NULL, FP_CLAIM_EXACT, NULL);
}

static void capabilities_of_user_0(void **state)
{
	check_caps(*state, 0, "[]");
}

static void capabilities_of_others(void **state)
{
	check_caps(*state, 7, "[\"CAP_NET_RAW\"]");
}

static void versions(void **state)
{
	static const char *const names[] = { "debian-11", "debian-12", "debian-13", "debian-sid" };
	struct test *t = *state;

	for (size_t i = 0; i < 4; i++) {
		struct made m = make(t, names[i]);

		is(&m, "/ociVersion", "\"1.1.0\"");
	}
}

static void namespaces(void **state)
{
	struct test *t = *state;
	struct made m;

	ir_namespace(&t->b, FP_NS_PID, true);
	ir_namespace(&t->b, FP_NS_IPC, false);
	ir_namespace(&t->b, FP_NS_MOUNT, false);
	ir_namespace(&t->b, FP_NS_TIME, true);
	ir_namespace(&t->b, FP_NS_USER, true);
	ir_map(&t->b, false, 0, 100000, 65536);
	ir_map(&t->b, true, 0, 200000, 65536);
	ir_add(&t->b, FP_KIND_USER, "user")->u.user = (struct fp_rule_user){ .uid = 65536 };
	m = make(t, "debian-12");
	is(&m, "/linux/namespaces",
	   "[{\"type\":\"mount\"},{\"type\":\"pid\"},{\"type\":\"user\"}]");
	is(&m, "/linux/uidMappings", "[{\"containerID\":0,\"hostID\":100000,\"size\":65536}]");
	is(&m, "/linux/gidMappings", "[{\"containerID\":0,\"hostID\":200000,\"size\":65536}]");
	claims(&m, FP_KIND_NAMESPACE, "time", FP_CLAIM_NONE, "runc 1.1.5");
	claims(&m, FP_KIND_NAMESPACE, "mount", FP_CLAIM_NARROWER, "of its own");
	claims(&m, FP_KIND_USER, NULL, FP_CLAIM_NARROWER, "outside the map");
	m = make(t, "debian-sid");
	is(&m, "/linux/namespaces/2", "{\"type\":\"time\"}");
	claims(&m, FP_KIND_NAMESPACE, "time", FP_CLAIM_EXACT, NULL);
}

static void binds(void **state)
{
	struct test *t = *state;
	uint32_t flags = FP_MNT_READONLY | FP_MNT_NOSUID;
	struct made m;

	ir_mount(&t->b, FP_MOUNT_BIND, "/srv/${job}", "/in", flags);
	ir_mount(&t->b, FP_MOUNT_BIND, "/srv/out", "/in/out", FP_MNT_NODEV)->quota = 1 << 20;
	ir_mount(&t->b, FP_MOUNT_BIND, "/srv/tree", "/tree", flags | FP_MNT_RECURSIVE);
	ir_mount(&t->b, FP_MOUNT_BIND, "/srv/links", "/links", FP_MNT_NOSYMFOLLOW);
	m = make(t, "debian-12");
	is(&m, "/mounts/0",
	   "{\"destination\":\"/in\",\"options\":[\"bind\",\"private\",\"ro\","
	   "\"nosuid\"],\"source\":\"/srv/${job}\",\"type\":\"bind\"}");
	is(&m, "/mounts/1/destination", "\"/in/out\"");
	is(&m, "/mounts/3/options",
	   "[\"rbind\",\"rprivate\",\"ro\",\"rro\",\"nosuid\",\"rnosuid\"]");
	claims(&m, FP_KIND_MOUNT, "/in", FP_CLAIM_EXACT, NULL);
	claims(&m, FP_KIND_MOUNT, "/in/out", FP_CLAIM_WIDER, "bytes of a bind");
	claims(&m, FP_KIND_MOUNT, "/tree", FP_CLAIM_EXACT, NULL);
	claims(&m, FP_KIND_MOUNT, "/links", FP_CLAIM_WIDER, "nosymfollow");
	every_pointer_leads_somewhere(&m);
	/* runc 1.0.0-rc93 and crun 0.17 would mount it read-write, and say nothing. */
	m = make(t, "debian-11");
	claims(&m, FP_KIND_MOUNT, "/tree", FP_CLAIM_NONE, "left out");
	assert_int_equal(json_array_size(at(&m, "/mounts")), 3);
	is(&m, "/mounts/3", "absent");
}

static void file_systems(void **state)
{
	struct test *t = *state;
	uint32_t strict = FP_MNT_NOSUID | FP_MNT_NODEV | FP_MNT_NOEXEC;
	struct fp_rule_mount *tmp = ir_mount(&t->b, FP_MOUNT_TMPFS, NULL, "/tmp", strict);
	struct made m;

	tmp->size = 64 << 20;
	tmp->inodes = 1000;
	tmp->mode = 01777;
	ir_mount(&t->b, FP_MOUNT_PROC, NULL, "/proc", strict);
	ir_mount(&t->b, FP_MOUNT_SYSFS, NULL, "/sys", strict | FP_MNT_READONLY);
	ir_mount(&t->b, FP_MOUNT_DEVPTS, NULL, "/dev/pts", FP_MNT_NOSUID);
	ir_mount(&t->b, FP_MOUNT_DEVTMPFS_LIKE, NULL, "/dev", FP_MNT_NOSUID);
	m = make(t, "debian-13");
	is(&m, "/mounts/0",
	   "{\"destination\":\"/dev\",\"options\":[\"nosuid\",\"mode=0755\","
	   "\"size=65536\"],\"source\":\"tmpfs\",\"type\":\"tmpfs\"}");
	is(&m, "/mounts/1/options",
	   "[\"nosuid\",\"newinstance\",\"ptmxmode=0666\",\"mode=0620\",\"gid=5\"]");
	is(&m, "/mounts/2/type", "\"proc\"");
	is(&m, "/mounts/3/options", "[\"ro\",\"nosuid\",\"nodev\",\"noexec\"]");
	is(&m, "/mounts/4/options",
	   "[\"nosuid\",\"nodev\",\"noexec\",\"mode=1777\","
	   "\"size=67108864\",\"nr_inodes=1000\"]");
	claims(&m, FP_KIND_MOUNT, "/tmp", FP_CLAIM_EXACT, NULL);
	m = make(t, "debian-12");
	claims(&m, FP_KIND_MOUNT, "/tmp", FP_CLAIM_NARROWER, "runc 1.1.5");
	ir_namespace(&t->b, FP_NS_USER, true);
	ir_map(&t->b, true, 0, 1000, 5);
	ir_map(&t->b, false, 0, 1000, 5);
	m = make(t, "debian-13");
	is(&m, "/mounts/1/options", "[\"nosuid\",\"newinstance\",\"ptmxmode=0666\",\"mode=0620\"]");
	claims(&m, FP_KIND_MOUNT, "/sys", FP_CLAIM_NARROWER, "network namespace");
}

static void paths(void **state)
{
	struct test *t = *state;
	struct made m;

	ir_add(&t->b, FP_KIND_ROOT, "root")->u.root.is_readonly = true;
	ir_mount(&t->b, FP_MOUNT_BIND, "/o", "/out", 0);
	ir_mount(&t->b, FP_MOUNT_BIND, "/i", "/in", FP_MNT_READONLY | FP_MNT_NOEXEC);
	ir_mount(&t->b, FP_MOUNT_BIND, "/u", "/opt/${job}", 0);
	ir_paths(&t->b, FP_KIND_MASK, FP_DENY, 0, "/proc/kcore");
	ir_paths(&t->b, FP_KIND_MASK, FP_DENY, 0, "/proc/${job}");
	ir_paths(&t->b, FP_KIND_READONLY, FP_DENY, 0, "/proc/sys");
	ir_paths(&t->b, FP_KIND_READONLY, FP_DENY, 0, "/out");
	ir_add(&t->b, FP_KIND_FILE_DEFAULT, "default")->u.effect = FP_DENY;
	ir_paths(&t->b, FP_KIND_FILE, FP_DENY, FP_RIGHT_WRITE, "/in/**");
	ir_paths(&t->b, FP_KIND_FILE, FP_DENY, FP_RIGHT_WRITE, "/usr/**");
	ir_paths(&t->b, FP_KIND_FILE, FP_DENY, FP_RIGHT_WRITE, "/**");
	ir_paths(&t->b, FP_KIND_FILE, FP_DENY, FP_RIGHT_WRITE, "/o*/x");
	ir_paths(&t->b, FP_KIND_FILE, FP_DENY, FP_RIGHT_WRITE, "/opt/a/b");
	ir_paths(&t->b, FP_KIND_FILE, FP_DENY, FP_RIGHT_EXECUTE, "/in/a");
	ir_paths(&t->b, FP_KIND_FILE, FP_DENY, FP_RIGHT_EXECUTE, "/usr/a");
	ir_paths(&t->b, FP_KIND_FILE, FP_DENY, FP_RIGHT_READ, "/proc/kcore");
	ir_paths(&t->b, FP_KIND_FILE, FP_DENY, FP_RIGHT_READ, "/in/a");
	ir_paths(&t->b, FP_KIND_FILE, FP_ALLOW, FP_RIGHT_READ, "/proc/kcore");
	m = make(t, "debian-12");
	is(&m, "/root", "{\"readonly\":true}");
	is(&m, "/linux/maskedPaths", "[\"/proc/${job}\",\"/proc/kcore\"]");
	is(&m, "/linux/readonlyPaths", "[\"/out\",\"/proc/sys\"]");
	claims(&m, FP_KIND_READONLY, "deny 0 /out", FP_CLAIM_WIDER, "stays writable");
	claims(&m, FP_KIND_READONLY, "deny 0 /proc/sys", FP_CLAIM_EXACT, NULL);
	claims(&m, FP_KIND_FILE_DEFAULT, NULL, FP_CLAIM_NONE, NULL);
	claims(&m, FP_KIND_FILE, "deny 2 /in/**", FP_CLAIM_NARROWER, NULL);
	claims(&m, FP_KIND_FILE, "deny 2 /usr/**", FP_CLAIM_NARROWER, NULL);
	claims(&m, FP_KIND_FILE, "deny 2 /**", FP_CLAIM_NONE, NULL);
	claims(&m, FP_KIND_FILE, "deny 2 /o*/x", FP_CLAIM_NONE, NULL);
	claims(&m, FP_KIND_FILE, "deny 2 /opt/a/b", FP_CLAIM_NONE, NULL);
	claims(&m, FP_KIND_FILE, "deny 10 /in/a", FP_CLAIM_NARROWER, NULL);
	claims(&m, FP_KIND_FILE, "deny 10 /usr/a", FP_CLAIM_NONE, NULL);
	claims(&m, FP_KIND_FILE, "deny 1 /proc/kcore", FP_CLAIM_NARROWER, NULL);
	claims(&m, FP_KIND_FILE, "deny 1 /in/a", FP_CLAIM_NONE, NULL);
	claims(&m, FP_KIND_FILE, "allow 1 /proc/kcore", FP_CLAIM_NONE, NULL);
	every_pointer_leads_somewhere(&m);
}

static void devices(void **state)
{
	struct test *t = *state;
	struct made m;

	ir_add(&t->b, FP_KIND_DEVICE_DEFAULT, "default")->u.effect = FP_DENY;
	ir_device(&t->b, FP_DENY, FP_DEV_WRITE, "/dev/a", 10, 1);
	ir_device(&t->b, FP_ALLOW, FP_DEV_READ | FP_DEV_WRITE, "/dev/fuse", 10, 229);
	ir_device(&t->b, FP_ALLOW, FP_DEV_READ, "/dev/null", 1, 3);
	ir_device(&t->b, FP_DENY, FP_DEV_READ, "/dev/random", 1, 8);
	m = make(t, "debian-12");
	is(&m, "/linux/resources/devices/0", "{\"access\":\"rwm\",\"allow\":false}");
	is(&m, "/linux/resources/devices/1",
	   "{\"access\":\"rw\",\"allow\":true,\"major\":10,\"minor\":229,\"type\":\"c\"}");
	is(&m, "/linux/resources/devices/2/minor", "3");
	is(&m, "/linux/resources/devices/3/allow", "false");
	is(&m, "/linux/devices",
	   "[{\"fileMode\":438,\"major\":10,\"minor\":229,\"path\":\"/dev/fuse\","
	   "\"type\":\"c\"}]");
	claims(&m, FP_KIND_DEVICE_DEFAULT, NULL, FP_CLAIM_WIDER, "always open null");
	claims(&m, FP_KIND_DEVICE, "/dev/fuse", FP_CLAIM_EXACT, NULL);
	claims(&m, FP_KIND_DEVICE, "/dev/a", FP_CLAIM_EXACT, NULL);
	claims(&m, FP_KIND_DEVICE, "/dev/random", FP_CLAIM_WIDER, "after all denials");
}

static void limits(void **state)
{
	struct test *t = *state;
	struct made m;

	ir_limit(&t->b, FP_LIM_CPU, 1500);
	ir_limit(&t->b, FP_LIM_CPU_WEIGHT, 50);
	ir_limit(&t->b, FP_LIM_MEMORY, 512 << 20);
	ir_limit(&t->b, FP_LIM_MEMORY_HIGH, 448 << 20);
	ir_limit(&t->b, FP_LIM_SWAP, 0);
	ir_limit(&t->b, FP_LIM_PIDS, 128);
	ir_limit(&t->b, FP_LIM_OOM_GROUP, 1);
	ir_limit(&t->b, FP_LIM_OPEN_FILES, 256);
	ir_limit(&t->b, FP_LIM_CORE, 0);
	ir_limit(&t->b, FP_LIM_STACK, UINT64_MAX);
	ir_limit(&t->b, FP_LIM_WALL_CLOCK, 300000);
	ir_limit(&t->b, FP_LIM_HUGETLB, 2 << 20);
	m = make(t, "debian-12");
	is(&m, "/linux/resources/cpu", "{\"period\":100000,\"quota\":150000}");
	is(&m, "/linux/resources/memory", "{\"limit\":536870912,\"swap\":536870912}");
	is(&m, "/linux/resources/pids", "{\"limit\":128}");
	is(&m, "/linux/resources/hugepageLimits", "[{\"limit\":2097152,\"pageSize\":\"2MB\"}]");
	is(&m, "/linux/resources/unified",
	   "{\"cpu.max\":\"150000 100000\",\"cpu.weight\":\"50\",\"hugetlb.2MB.max\":\"2097152\","
	   "\"memory.high\":\"469762048\",\"memory.max\":\"536870912\",\"memory.oom.group\":\"1\","
	   "\"memory.swap.max\":\"0\",\"pids.max\":\"128\"}");
	is(&m, "/process/rlimits",
	   "[{\"hard\":0,\"soft\":0,\"type\":\"RLIMIT_CORE\"},"
	   "{\"hard\":256,\"soft\":256,\"type\":\"RLIMIT_NOFILE\"}]");
	claims(&m, FP_KIND_LIMIT, "stack", FP_CLAIM_NARROWER, "started with");
	claims(&m, FP_KIND_LIMIT, "wall-clock", FP_CLAIM_NONE, "wall-clock");
	claims(&m, FP_KIND_LIMIT, "swap", FP_CLAIM_EXACT, NULL);
	every_pointer_leads_somewhere(&m);
}

static void swap(void **state)
{
	static const struct {
		uint64_t memory, swap;
		const char *typed, *file;
	} rows[] = {
		{ 100, 0, "{\"limit\":100,\"swap\":100}", "\"0\"" },
		{ 100, 50, "{\"limit\":100,\"swap\":150}", "\"50\"" },
		{ 100, UINT64_MAX, "{\"limit\":100,\"swap\":-1}", "\"max\"" },
		{ UINT64_MAX, 50, "{\"limit\":-1}", "\"50\"" },
		{ INT64_MAX - 1, 50, "{\"limit\":9223372036854775806,\"swap\":-1}", "\"50\"" },
	};
	struct test *t = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct made m;

		t->b.rules.n = 0;
		ir_limit(&t->b, FP_LIM_MEMORY, rows[i].memory);
		ir_limit(&t->b, FP_LIM_SWAP, rows[i].swap);
		m = make(t, "debian-11");
		is(&m, "/linux/resources/memory", rows[i].typed);
		is(&m, "/linux/resources/unified/memory.swap.max", rows[i].file);
	}
	t->b.rules.n = 0;
	ir_limit(&t->b, FP_LIM_MEMORY, 100);
	struct made m = make(t, "debian-11");
	is(&m, "/linux/resources/memory", "{\"limit\":100,\"swap\":100}");
}

static void odd_limits(void **state)
{
	struct test *t = *state;
	struct fp_rule *r;
	struct made m;

	ir_limit(&t->b, FP_LIM_CPU, 1);
	ir_limit(&t->b, FP_LIM_PIDS, 0);
	r = ir_add(&t->b, FP_KIND_LIMIT, "io 1");
	r->u.limit =
		(struct fp_rule_limit){ .limit = FP_LIM_IO_READ, .value = 9, .device = "/dev/vda" };
	r = ir_add(&t->b, FP_KIND_LIMIT, "io 2");
	r->u.limit = (struct fp_rule_limit){ .limit = FP_LIM_IO_READ,
					     .value = 9,
					     .device = "/dev/a",
					     .has_number = true,
					     .major = 8,
					     .minor = 16 };
	r = ir_add(&t->b, FP_KIND_LIMIT, "cpus");
	r->u.limit = (struct fp_rule_limit){ .limit = FP_LIM_CPU_SET, .text = "0-3" };
	m = make(t, "debian-12");
	is(&m, "/linux/resources/cpu", "{\"cpus\":\"0-3\",\"period\":1000000,\"quota\":1000}");
	is(&m, "/linux/resources/unified",
	   "{\"cpu.max\":\"1000 1000000\",\"cpuset.cpus\":\"0-3\",\"pids.max\":\"0\"}");
	is(&m, "/linux/resources/pids", "absent");
	is(&m, "/linux/resources/blockIO",
	   "{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":16,"
	   "\"rate\":9}]}");
	claims(&m, FP_KIND_LIMIT, "io 1", FP_CLAIM_NONE, "MAJOR:MINOR");
	claims(&m, FP_KIND_LIMIT, "io 2", FP_CLAIM_EXACT, NULL);
}

/* A host with the old hierarchies: no file of cgroup v2 is named, and what has no other way is
 * told. */
static void old_hierarchies(void **state)
{
	struct test *t = *state;
	size_t len;
	const char *text = fp_target_builtin_text(1, &len);
	char *copy = fp_arena_text(&t->unit.arena, text, len);
	char *row = strstr(copy, "cgroup.unified\tyes");
	struct fp_emission out = { .unit = &t->unit };
	const struct fp_target *target;

	assert_non_null(row);
	row += strlen("cgroup.unified\t");
	memmove(row, "no", 2);
	memmove(row + 2, row + 3, strlen(row + 3) + 1);
	target = fp_target_parse(&t->unit, "hybrid", copy, len - 1);
	assert_non_null(target);
	ir_limit(&t->b, FP_LIM_MEMORY, 4096);
	ir_limit(&t->b, FP_LIM_MEMORY_HIGH, 4096);
	ir_limit(&t->b, FP_LIM_OOM_GROUP, 1);
	out.ir = ir_seal(&t->b);
	out.target = target;
	out.claims = FP_NEW_ARRAY(&t->unit.arena, out.ir->rule_count, struct fp_claim);
	out.is_claimed = FP_NEW_ARRAY(&t->unit.arena, out.ir->rule_count, bool);
	fp_backend_oci.emit(&t->unit, fp_backend_oci.lower(&t->unit, out.ir, target), &out);
	assert_null(strstr(out.artifacts.at[0]->data, "unified"));
	assert_non_null(strstr(out.artifacts.at[0]->data, "\"limit\": 4096"));
	fp_ir_each (out.ir, FP_KIND_LIMIT, r)
		assert_int_equal(out.claims[r->id].kind, r->u.limit.limit == FP_LIM_MEMORY
								 ? FP_CLAIM_EXACT
								 : FP_CLAIM_NONE);
}

static void peers(void **state)
{
	struct test *t = *state;
	struct made m;

	ir_namespace(&t->b, FP_NS_NETWORK, true);
	ir_add(&t->b, FP_KIND_EGRESS_DEFAULT, "default")->u.effect = FP_DENY;
	m = make(t, "debian-12");
	claims(&m, FP_KIND_EGRESS_DEFAULT, NULL, FP_CLAIM_EXACT, "nothing but lo");
	ir_add(&t->b, FP_KIND_EGRESS, "allow")->u.net = (struct fp_rule_net){ .effect = FP_ALLOW };
	m = make(t, "debian-12");
	claims(&m, FP_KIND_EGRESS_DEFAULT, NULL, FP_CLAIM_NONE, "names no peers");
	claims(&m, FP_KIND_EGRESS, NULL, FP_CLAIM_NONE, "names no peers");
}

static const struct fp_artifact *artifact(const struct made *m, const char *name)
{
	for (size_t i = 0; i < m->out.artifacts.n; i++)
		if (!strcmp(m->out.artifacts.at[i]->name, name))
			return m->out.artifacts.at[i];
	return NULL;
}

static void blobs(void **state)
{
	struct made m = make(*state, "debian-12");
	const struct fp_artifact *a = artifact(&m, "oci/crun-x86_64.json");

	assert_non_null(a);
	assert_non_null(artifact(&m, "oci/crun-aarch64.json"));
	/* ld [4]: the first word of any filter, the architecture, in base64. */
	assert_non_null(strstr(a->data, "\"run.oci.seccomp_bpf_data\": \"IAAAAAQAAAA"));
	is(&m, "/annotations", "absent");
	m = make(*state, "debian-11"); /* neither of its runtimes loads one */
	assert_null(artifact(&m, "oci/crun-x86_64.json"));
}

/* The profile and the type that are named are those that the other back ends make. */
static void profiles(void **state)
{
	struct test *t = *state;
	struct fp_emission other;
	struct made m;
	const char *const places[] = { "apparmor", "selinux" };
	const char *const texts[] = { "profile fpolicy.a-b ", "(block fpc_a-b\n" };

	t->b.ir.name = "a-b";
	m = make(t, "debian-12");
	is(&m, "/process/apparmorProfile", "\"fpolicy.a-b\"");
	is(&m, "/process/selinuxLabel", "absent");
	assert_string_equal(artifact(&m, "oci/selinux.json")->data,
			    "{\n  \"process\": {\n    \"apparmorProfile\": null,\n    "
			    "\"selinuxLabel\": \"system_u:system_r:fpc_a-b.process:s0\"\n  }\n}\n");
	for (size_t i = 0; i < 2; i++) {
		const struct fp_backend *b = fp_backend_find(places[i]);
		bool has_text = false;

		other = m.out;
		memset(&other.artifacts, 0, sizeof(other.artifacts));
		b->emit(&t->unit, b->lower(&t->unit, m.ir, m.out.target), &other);
		for (size_t k = 0; k < other.artifacts.n; k++)
			has_text |= strstr(other.artifacts.at[k]->data, texts[i]) != NULL;
		assert_true(has_text);
	}
}

/* The patch has every mount of config.json, and labels for those that begin empty. */
static void labelled_mounts(void **state)
{
	struct test *t = *state;
	struct made m;

	ir_mount(&t->b, FP_MOUNT_BIND, "/srv/in", "/in", FP_MNT_READONLY);
	ir_mount(&t->b, FP_MOUNT_MQUEUE, NULL, "/dev/mqueue", FP_MNT_NOSUID);
	ir_mount(&t->b, FP_MOUNT_TMPFS, NULL, "/tmp", FP_MNT_NOSUID);
	m = make(t, "debian-12");
	json_t *plain = at(&m, "/mounts");
	const struct fp_artifact *patch = artifact(&m, "oci/selinux.json");
	m.root = json_loadb(patch->data, patch->len, 0, NULL);
	t->roots[t->root_count++] = m.root;
	is(&m, "/mounts/2/options",
	   "[\"nosuid\",\"rootcontext=system_u:object_r:fpc_job.f_none:s0\"]");
	json_array_remove(at(&m, "/mounts/2/options"), 1);
	assert_true(json_equal(at(&m, "/mounts"), plain));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(identity),
		TEST(capabilities_of_user_0),
		TEST(capabilities_of_others),
		TEST(versions),
		TEST(namespaces),
		TEST(binds),
		TEST(file_systems),
		TEST(paths),
		TEST(devices),
		TEST(limits),
		TEST(swap),
		TEST(odd_limits),
		TEST(old_hierarchies),
		TEST(peers),
		TEST(blobs),
		TEST(profiles),
		TEST(labelled_mounts),
	};

	return cmocka_run_group_tests_name("oci", tests, NULL, NULL);
}
