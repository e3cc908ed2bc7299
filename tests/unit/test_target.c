/* SPDX-License-Identifier: MIT */
/* Targets: every builtin parses and decides everything, measured facts hold, bad files are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/unit.h"
#include "target/probe.h"
#include "target/target.h"

static int set_up(void **state)
{
	struct fp_unit *u = calloc(1, sizeof(*u));

	if (!u)
		return -1;
	fp_unit_init(u, FP_MEMORY_LIMIT);
	if (setjmp(u->recover))
		abort();
	*state = u;
	return 0;
}

static int tear_down(void **state)
{
	fp_unit_free(*state);
	free(*state);
	return 0;
}

static const struct fp_target *builtin(struct fp_unit *u, const char *name)
{
	const struct fp_target *t = fp_target_builtin(u, name);

	assert_non_null(t);
	return t;
}

static const char *const names[] = { "debian-11", "debian-12", "debian-13", "debian-sid" };

#define N_NAMES (sizeof(names) / sizeof(names[0]))

static void every_builtin_parses(void **state)
{
	assert_int_equal(fp_target_builtin_count(), N_NAMES);
	for (size_t i = 0; i < N_NAMES; i++) {
		size_t len = 0;
		assert_string_equal(fp_target_builtin_name(i), names[i]);
		assert_non_null(fp_target_builtin_text(i, &len));
		assert_true(len > 1000);
		assert_string_equal(builtin(*state, names[i])->name, names[i]);
	}
	assert_null(fp_target_builtin_name(N_NAMES));
	assert_null(fp_target_builtin(*state, "debian-10"));
	assert_int_equal(((struct fp_unit *)*state)->diags.errors, 0);
}

static void every_feature_is_decided(void **state)
{
	for (size_t i = 0; i < N_NAMES; i++) {
		const struct fp_target *t = builtin(*state, names[i]);
		for (unsigned f = 0; f < FP_FEAT_N; f++) {
			enum fp_feat feat = (enum fp_feat)f;
			const char *why = fp_target_why(t, feat);
			if (fp_target_has(t, feat)) {
				assert_null(why);
				continue;
			}
			assert_non_null(why);
			assert_non_null(strstr(why, fp_feat(feat)->what));
			assert_non_null(strstr(why, fp_feat(feat)->needs));
		}
	}
}

static void every_row_has_a_source(void **state)
{
	for (size_t i = 0; i < N_NAMES; i++) {
		const struct fp_target *t = builtin(*state, names[i]);
		for (size_t r = 0; r < t->n_rows; r++) {
			assert_true(strlen(t->rows[r].source) > 3);
			assert_ptr_equal(fp_target_row(t, t->rows[r].key), &t->rows[r]);
			if (r)
				assert_true(strcmp(t->sorted[r - 1]->key, t->sorted[r]->key) < 0);
		}
		assert_null(fp_target_row(t, "no.such.row"));
	}
}

/* The versions that issue 2 names. */
static void versions_are_the_promised_ones(void **state)
{
	static const struct {
		const char *kernel, *runc, *crun, *parser, *abi;
	} want[N_NAMES] = {
		{ "5.10.", "1.0.0-rc93", "0.17", "2.13.6", NULL },
		{ "6.1.", "1.1.5", "1.8.1", "3.0.8", "3.0" },
		{ "6.12.", "1.1.15", "1.21", "4.1.0", "4.0" },
		{ "7.2.", "1.3.6", "1.28", "5.0.2", "5.0" },
	};

	for (size_t i = 0; i < N_NAMES; i++) {
		const struct fp_target *t = builtin(*state, names[i]);
		assert_memory_equal(t->kernel.text, want[i].kernel, strlen(want[i].kernel));
		assert_int_equal(t->n_runtimes, 2);
		assert_string_equal(t->runtimes[0].name, "crun");
		assert_string_equal(fp_target_runtime(t, "runc")->version.text, want[i].runc);
		assert_string_equal(fp_target_runtime(t, "crun")->version.text, want[i].crun);
		assert_string_equal(t->apparmor.parser.text, want[i].parser);
		if (want[i].abi)
			assert_string_equal(t->apparmor.abi, want[i].abi);
		else
			assert_null(t->apparmor.abi);
		assert_int_equal(t->selinux.policyvers, 33);
		assert_true(t->archs[FP_ARCH_X86_64] && t->archs[FP_ARCH_AARCH64]);
		assert_int_equal(t->archs[FP_ARCH_RISCV64], i >= 2);
		assert_true(fp_target_lsm_built(t, "selinux"));
		assert_false(fp_target_lsm_enabled(t, "selinux"));
		assert_true(fp_target_lsm_enabled(t, "apparmor"));
	}
	assert_null(fp_target_runtime(builtin(*state, "debian-12"), "youki"));
}

/* One letter a target: y(es) n(o) i(gnored) r(efused) o(pposite). */
static enum fp_effect effect_of(char c)
{
	switch (c) {
	case 'y':
		return FP_EFFECT_YES;
	case 'n':
		return FP_EFFECT_NO;
	case 'i':
		return FP_EFFECT_IGNORED;
	case 'r':
		return FP_EFFECT_REFUSED;
	default:
		assert_int_equal(c, 'o');
		return FP_EFFECT_OPPOSITE;
	}
}

/* Typed in from the measurements, not from the target files: runs on 5.10, 6.1, 6.12 and 7.2. */
static void measured_host_facts_hold(void **state)
{
	static const struct {
		enum fp_feat feat;
		const char *effects;
	} facts[] = {
		{ FP_FEAT_CGROUP_KILL, "nyyy" },
		{ FP_FEAT_CGROUP_PRESSURE, "nyyy" },
		{ FP_FEAT_CGROUP_FREEZE, "yyyy" },
		{ FP_FEAT_CGROUP_CPU_MAX_BURST, "nyyy" },
		{ FP_FEAT_CGROUP_CPU_IDLE, "nyyy" },
		{ FP_FEAT_CGROUP_CPU_UCLAMP, "nnny" },
		{ FP_FEAT_CGROUP_MEMORY_OOM_GROUP, "yyyy" },
		{ FP_FEAT_CGROUP_MEMORY_PEAK, "nyyy" },
		{ FP_FEAT_CGROUP_MEMORY_RECLAIM, "nyyy" },
		{ FP_FEAT_CGROUP_MEMORY_SWAP_MAX, "yyyy" },
		{ FP_FEAT_CGROUP_MEMORY_SWAP_PEAK, "nnyy" },
		{ FP_FEAT_CGROUP_MEMORY_ZSWAP_MAX, "nnny" },
		{ FP_FEAT_CGROUP_IO_MAX, "yyyy" },
		{ FP_FEAT_CGROUP_IO_LATENCY, "nnnn" },
		{ FP_FEAT_CGROUP_IO_PRIO_CLASS, "nnnn" },
		{ FP_FEAT_CGROUP_PIDS_PEAK, "nyyy" },
		{ FP_FEAT_CGROUP_PIDS_EVENTS_LOCAL, "nnyy" },
		{ FP_FEAT_CGROUP_CPUSET_EXCLUSIVE, "nnyy" },
		{ FP_FEAT_CGROUP_MISC, "nyyy" },
		{ FP_FEAT_CGROUP_DMEM, "nnnn" },
		{ FP_FEAT_NFT_CONCAT_INTERVALS, "yyyy" },
		{ FP_FEAT_NFT_NETDEV_EGRESS, "nyyy" },
		{ FP_FEAT_NFT_SOCKET_CGROUPV2, "ryyy" },
		{ FP_FEAT_SECCOMP_CONST_CACHE, "nyyy" },
		{ FP_FEAT_SECCOMP_KILL_PROCESS, "yyyy" },
		{ FP_FEAT_SECCOMP_SEES_URETPROBE, "yynn" },
		{ FP_FEAT_SECCOMP_SEES_UPROBE, "yyyn" },
		{ FP_FEAT_IA32_OFF, "iiyy" },
		{ FP_FEAT_MOUNT_SETATTR, "nyyy" },
		{ FP_FEAT_AA_ABI_RULE, "nyyy" },
		{ FP_FEAT_AA_NETWORK, "iyyy" },
		{ FP_FEAT_AA_NETWORK_PERMS, "rryy" },
		{ FP_FEAT_AA_NETWORK_PEER, "rrii" },
		{ FP_FEAT_AA_UNIX, "iiiy" },
		{ FP_FEAT_AA_USERNS, "rryy" },
		{ FP_FEAT_AA_IO_URING, "rriy" },
		{ FP_FEAT_AA_MQUEUE, "rrii" },
		{ FP_FEAT_AA_DBUS, "iiiy" },
		{ FP_FEAT_AA_PRIORITY, "rryy" },
		{ FP_FEAT_AA_ALL, "rryy" },
		{ FP_FEAT_AA_FLAG_KILL, "ryyy" },
		{ FP_FEAT_AA_DISCONNECTED_PATH, "rryy" },
		{ FP_FEAT_AA_MOUNT, "yyyy" },
		{ FP_FEAT_AA_MOUNT_NEW_API, "nnyy" },
		{ FP_FEAT_AA_PTRACE, "yyyy" },
		{ FP_FEAT_AA_SIGNAL, "yyyy" },
		{ FP_FEAT_SE_ALWAYS_CHECK_NETWORK, "yyyy" },
		{ FP_FEAT_SE_POLICYVERS_34, "nnny" },
		{ FP_FEAT_SE_IO_URING_CMD, "nyyy" },
		{ FP_FEAT_SE_IO_URING_ALLOWED, "nnny" },
		{ FP_FEAT_SE_USER_NAMESPACE, "nyyy" },
		{ FP_FEAT_SE_CIL_DENY, "rryy" },
		{ FP_FEAT_SD_MEMORY_ZSWAP_MAX, "iiyy" },
		{ FP_FEAT_SD_CPU_WEIGHT_IDLE, "iyyy" },
		{ FP_FEAT_SD_RESTRICT_INTERFACES, "iyyy" },
		{ FP_FEAT_CGROUP_MEMORY_SWAP_HIGH, "yyyy" },
		{ FP_FEAT_CGROUP_MEMORY_ZSWAP_WRITEBACK, "nnny" },
		{ FP_FEAT_CGROUP_IO_WEIGHT, "yyyy" },
		{ FP_FEAT_CGROUP_IO_BFQ_WEIGHT, "nnnn" },
		{ FP_FEAT_CGROUP_CPUSET, "yyyy" },
		{ FP_FEAT_CGROUP_HUGETLB, "yyyy" },
		{ FP_FEAT_CGROUP_RDMA, "yyyy" },
		{ FP_FEAT_AA_ABI_KERNEL, "nrry" },
		{ FP_FEAT_AA_DEFAULT_ALLOW, "rryy" },
		{ FP_FEAT_AA_WARN_UNENFORCED, "yyyy" },
		{ FP_FEAT_AA_FILE, "yyyy" },
		{ FP_FEAT_AA_ATTR_DIR, "yyyy" },
		{ FP_FEAT_SE_IO_URING, "nyyy" },
		{ FP_FEAT_SE_MEMFD_FILE, "nnny" },
		{ FP_FEAT_SE_NETIF_WILDCARD, "nnny" },
		{ FP_FEAT_SE_NETLINK_XPERM, "nnny" },
		{ FP_FEAT_SE_USERSPACE_INITIAL_CONTEXT, "nnyy" },
		{ FP_FEAT_SD_ALLOWED_CPUS, "yyyy" },
		{ FP_FEAT_SD_MANAGED_OOM, "yyyy" },
		{ FP_FEAT_SD_SOCKET_BIND, "iyyy" },
		{ FP_FEAT_SD_BPF_PROGRAM, "iyyy" },
		{ FP_FEAT_SD_DELEGATE_SUBGROUP, "iiyy" },
		{ FP_FEAT_SD_NFT_SET, "iiyy" },
		{ FP_FEAT_SD_MEMORY_ZSWAP_WRITEBACK, "iiyy" },
		{ FP_FEAT_LANDLOCK_NET, "nnyy" },
	};

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		for (size_t n = 0; n < N_NAMES; n++)
			if (builtin(*state, names[n])->effect[facts[i].feat] !=
			    effect_of(facts[i].effects[n]))
				fail_msg("%s on %s", fp_feat(facts[i].feat)->key, names[n]);
}

/* Runs of runc 1.0.0-rc93, 1.1.5, 1.1.15, 1.3.6 and crun 0.17, 1.8.1, 1.21, 1.28. */
static void measured_runtime_facts_hold(void **state)
{
	static const struct {
		enum fp_feat feat;
		const char *runc, *crun;
	} facts[] = {
		{ FP_FEAT_OCI_FEATURES, "nyyy", "nnyy" },
		{ FP_FEAT_OCI_VERSION_ANY, "yyyy", "rryy" },
		{ FP_FEAT_OCI_RRO, "iyyy", "iyyy" },
		{ FP_FEAT_OCI_NOSYMFOLLOW, "nyyy", "nnnn" },
		{ FP_FEAT_OCI_IDMAP, "iiiy", "iyyy" },
		{ FP_FEAT_OCI_TMPFS_MODE, "iiyy", "yyyy" },
		{ FP_FEAT_OCI_SECCOMP_FLAGS, "rrry", "yyyy" },
		{ FP_FEAT_OCI_SECCOMP_KILL_PROCESS, "ryyy", "yyyy" },
		{ FP_FEAT_OCI_SECCOMP_DEFAULT_ERRNO_RET, "yyyy", "iyyy" },
		{ FP_FEAT_OCI_SECCOMP_ERRNO_RET, "yyyy", "yyyy" },
		{ FP_FEAT_OCI_SECCOMP_NOTIFY, "ryyy", "iyyy" },
		{ FP_FEAT_OCI_SECCOMP_NO_PROLOGUE, "nnnn", "yyyy" },
		{ FP_FEAT_OCI_SECCOMP_RAW_BPF, "iiii", "iyyy" },
		{ FP_FEAT_OCI_SECCOMP_WAIT_KILLABLE, "rrrr", "ryyy" },
		{ FP_FEAT_OCI_UNIFIED, "yyyy", "yyyy" },
		{ FP_FEAT_OCI_CPU_BURST, "iiiy", "iiyy" },
		{ FP_FEAT_OCI_CPU_IDLE, "iiiy", "iyyy" },
		{ FP_FEAT_OCI_CPU_IDLE_SHARES, "iiir", "iyyy" },
		{ FP_FEAT_OCI_CPU_SHARES_QUADRATIC, "nnny", "nnny" },
		{ FP_FEAT_OCI_SWAP_ZERO, "oooo", "rryy" },
		{ FP_FEAT_OCI_PIDS_ZERO, "oooo", "oooo" },
		{ FP_FEAT_OCI_TIME_NS, "rrry", "rryy" },
		{ FP_FEAT_OCI_IO_PRIORITY, "iiiy", "iiyy" },
		{ FP_FEAT_OCI_SCHEDULER, "iiiy", "iiyy" },
		{ FP_FEAT_OCI_UMASK, "yyyy", "yyyy" },
		{ FP_FEAT_OCI_HYBRID_HOST, "yyyy", "rrrr" },
		{ FP_FEAT_OCI_SELINUX_LABEL_CHECKED, "yyyy", "nyyy" },
		{ FP_FEAT_OCI_SYSCTL_CHECKED, "yyyy", "nyyy" },
		{ FP_FEAT_OCI_CAP_UNKNOWN_DROPPED, "ryyy", "ryyy" },
		{ FP_FEAT_OCI_NET_DEVICES, "iiii", "iiiy" },
		{ FP_FEAT_OCI_MEMORY_POLICY, "iiii", "iiiy" },
	};

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		enum fp_feat feat = facts[i].feat;
		for (size_t n = 0; n < N_NAMES; n++) {
			const struct fp_target *t = builtin(*state, names[n]);
			enum fp_effect runc = effect_of(facts[i].runc[n]);
			enum fp_effect crun = effect_of(facts[i].crun[n]);
			if (fp_target_runtime(t, "runc")->effect[feat] != runc ||
			    fp_target_runtime(t, "crun")->effect[feat] != crun)
				fail_msg("%s on %s", fp_feat(feat)->key, names[n]);
			assert_int_equal(t->effect[feat], fp_effect_worst(runc, crun));
			assert_int_equal(fp_target_has(t, feat),
					 runc == FP_EFFECT_YES && crun == FP_EFFECT_YES);
		}
	}
}

static void reasons_name_who_and_what(void **state)
{
	const struct fp_target *old = builtin(*state, "debian-11");
	const struct fp_target *t = builtin(*state, "debian-12");

	assert_string_equal(fp_target_why(old, FP_FEAT_CGROUP_KILL),
			    "needs Linux 5.14 (cgroup.kill)");
	assert_non_null(strstr(fp_target_why(old, FP_FEAT_OCI_RRO), "crun 0.17 ignores rro"));
	assert_non_null(
		strstr(fp_target_why(old, FP_FEAT_OCI_RRO), "; runc 1.0.0-rc93 ignores rro"));
	assert_non_null(strstr(fp_target_why(t, FP_FEAT_SD_MEMORY_ZSWAP_MAX),
			       "systemd 252.39 ignores MemoryZSwapMax="));
	assert_non_null(strstr(fp_target_why(t, FP_FEAT_AA_UNIX),
			       "AppArmor parser 3.0.8 with abi/3.0 on Linux 6.1"));
	/* crun 1.8.1 alone has it: the target has not, and only runc is blamed. */
	assert_false(fp_target_has(t, FP_FEAT_OCI_SECCOMP_RAW_BPF));
	assert_true(fp_target_runtime_has(t, 0, FP_FEAT_OCI_SECCOMP_RAW_BPF));
	assert_false(fp_target_runtime_has(t, 1, FP_FEAT_OCI_SECCOMP_RAW_BPF));
	assert_null(strstr(fp_target_why(t, FP_FEAT_OCI_SECCOMP_RAW_BPF), "crun 1.8.1"));
	assert_null(fp_target_runtime_why(t, 0, FP_FEAT_OCI_SECCOMP_RAW_BPF));
	assert_non_null(fp_target_runtime_why(t, 1, FP_FEAT_OCI_SECCOMP_RAW_BPF));
	assert_string_equal(fp_target_runtime(t, "crun")->oci_version_max, "1.1.0");
	assert_null(fp_target_runtime(t, "runc")->oci_version_max);
	assert_true(fp_target_runtime_has(t, 1, FP_FEAT_CGROUP_KILL));
}

static void feature_sets_answer_paths(void **state)
{
	const struct fp_target *a = builtin(*state, "debian-11");
	const struct fp_target *b = builtin(*state, "debian-13");
	const struct fp_target *c = builtin(*state, "debian-sid");

	assert_true(fp_target_aa_supports(a, "network_v8"));
	assert_true(fp_target_aa_supports(a, "mount/mask/pivot_root"));
	assert_true(fp_target_aa_supports(b, "namespaces/mask/userns_create"));
	assert_true(fp_target_aa_supports(c, "network_v9/af_unix"));
	assert_true(fp_target_aa_supports(c, "policy/permstable32_version/0x000003"));
	assert_false(fp_target_aa_supports(a, "namespaces/mask/userns_create"));
	assert_false(fp_target_aa_supports(b, "network_v9"));
	assert_false(fp_target_aa_supports(c, "network_v8/af_inet"));
	assert_false(fp_target_aa_supports(c, "network_v8/af_unix")); /* v9 has it, v8 has not */
	assert_false(fp_target_aa_supports(c, "pivot_root"));         /* not at the top */
	assert_false(fp_target_aa_supports(c, "mount/move_mount/pivot_root"));
	assert_false(fp_target_aa_supports(c, "moun"));
	assert_false(fp_target_aa_supports(c, ""));
	assert_false(fp_target_aa_supports(c, "mount/"));
}

static void versions_parse(void **state)
{
	struct fp_version a, b;

	(void)state;
	assert_true(fp_version_parse("1.0.0-rc93", 10, &a));
	assert_int_equal(a.major, 1);
	assert_int_equal(a.patch, 0);
	assert_true(fp_version_parse("6.18.44-fc", 10, &b));
	assert_int_equal(b.minor, 18);
	assert_int_equal(b.patch, 44);
	assert_int_equal(fp_version_compare(&a, &b), -1);
	assert_int_equal(fp_version_compare(&b, &a), 1);
	assert_int_equal(fp_version_compare(&b, &b), 0);
	assert_true(fp_version_parse("0.17", 4, &a));
	assert_int_equal(a.minor, 17);
	assert_true(fp_version_parse("65535", 5, &a));
	assert_false(fp_version_parse("65536", 5, &a));
	assert_false(fp_version_parse("1.99999", 7, &a));
	assert_false(fp_version_parse("99999999999999999999", 20, &a));
	assert_false(fp_version_parse("v1", 2, &a));
	assert_false(fp_version_parse("-1", 2, &a));
	assert_false(fp_version_parse("", 0, &a));
	/* The length rules, not the NUL. */
	assert_true(fp_version_parse("12345", 2, &a));
	assert_int_equal(a.major, 12);
}

/* Bad files: a builtin with one change each. */

static const char *replaced(struct fp_unit *u, const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	assert_non_null(at);
	return fp_arena_printf(&u->arena, "%.*s%s%s", (int)(at - text), text, to,
			       at + strlen(from));
}

/* The first diagnostic: its text, and the column of the line that holds `from` (0: end of file). */
static void check_error(struct fp_unit *u, const char *good, const char *from, uint32_t column,
			const char *text)
{
	struct fp_place place = { NULL, 0, 0 };
	const char *end = column ? strstr(good, from) : good + strlen(good);
	uint32_t line = 1;

	for (const char *p = good; p < end; p++)
		line += *p == '\n';
	line += column && *from == '\n';
	assert_true(u->diags.list.n > 0);
	const struct fp_diag *d = &u->diags.list.at[0];
	assert_int_equal(d->id, FP_E_TARGET);
	assert_true(fp_source_place(&u->sources, d->span.begin, &place));
	if (place.line != line || place.column != (column ? column : 1) || !strstr(d->text, text))
		fail_msg("want %u:%u %s, got %u:%u %s", line, column, text, place.line,
			 place.column, d->text);
}

static void bad_rows_are_refused_with_place(void **state)
{
	struct fp_unit *u = *state;

	static const struct {
		const char *from, *to;
		uint32_t column; /* in the changed line; 0: at the end of the file */
		const char *error;
	} cases[] = {
		{ "arch\tx86_64", "arhc\tx86_64", 1, "no row of a target is called 'arhc'" },
		{ "arch\tx86_64", "youki:version\t1", 1, "no row of a target is called" },
		{ "arch\tx86_64", "runc:arch\tx", 1, "no row of a target is called" },
		{ "arch\tx86_64", "oci.rro\tx", 1, "no row of a target is called 'oci.rro'" },
		{ "arch\tx86_64 ", "arch\tx86_46 ", 6, "'x86_46' is no architecture" },
		{ "arch\tx86_64 ", "arch\tx86_64  ", 13, "words of a list" },
		{ "arch\tx86_64 aarch64", "arch\tx86_64 x86_64", 13, "'x86_64' stands twice" },
		{ "arch\tx86_64 aarch64", "arch\tnone", 0, "the target has no architecture" },
		{ "arch\t", "arch\t\t", 6, "an empty cell" },
		{ "arch\t", "arch ", 1, "a row is key, value and source" },
		{ "arch\t", "arch\tx86_64\tx\t", 15, "a row has only three cells" },
		{ "arch\t", "arch\r\t", 5, "only printable ASCII" },
		{ "arch\tx",
		  "arch\t\xe2\x80\xae"
		  "x",
		  6, "only printable ASCII" },
		{ "kernel.version\t6.1", "kernel.version\tsix", 16, "'six.176' is no version" },
		{ "kernel.version\t6.1.", "kernel.version\t70000.", 16,
		  "'70000.176' is no version" },
		{ "policyvers\t33", "policyvers\t-33", 20, "'-33' is no SELinux policy version" },
		{ "policyvers\t33", "policyvers\t33x", 20, "'33x' is no SELinux policy version" },
		{ "apparmor.abi\t3.0", "apparmor.abi\t3.0>,x", 14, "'3.0>,x' is no policy abi" },
		{ "linux-6.1.features", "linux-6.2.features", 19, "no AppArmor feature set" },
		{ "linux-6.1.features", "inline:a {b", 19, "this is no AppArmor feature set" },
		{ "linux-6.1.features", "inline:a {b\\t}", 19, "only \\n and \\\\ may follow" },
		{ "lsm.enabled\tapparmor", "lsm.enabled\tsmack", 0,
		  "lsm.enabled has 'smack' and lsm.built does not" },
		{ "lsm.built\tapparmor", "lsm.built\tbpf", 15, "'bpf' stands twice" },
		{ "cgroup.kill\tyes", "cgroup.kill\tmaybe", 13,
		  "'maybe' is not yes, no, ignored, refused or opposite" },
		{ "cgroup.kill\tyes", "cgroup.freeze\tyes", 1, "'cgroup.freeze' stands twice" },
		{ "cgroup.kill\t", "#cgroup.kill\t", 0, "the row 'cgroup.kill' is missing" },
		{ "runtimes\tcrun runc", "runtimes\tcrun youki", 15, "'youki' is no runtime" },
		{ "runtimes\tcrun runc", "runtimes\tcrun crun", 15, "'crun' stands twice" },
		{ "\nrunc:version\t", "\n#runc:version\t", 0, "the row 'runc:version' is missing" },
		{ "abi\t3.0", "abi\tnone", 0, "apparmor.abi and apparmor.abi_rule contradict" },
	};

	size_t len;

	assert_string_equal(fp_target_builtin_name(1), "debian-12");
	const char *good = fp_target_builtin_text(1, &len);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *bad = replaced(u, good, cases[i].from, cases[i].to);
		u->diags.list.n = 0;
		if (fp_target_parse(u, "bad", bad, strlen(bad)))
			fail_msg("accepted: %s", cases[i].to);
		check_error(u, good, cases[i].from, cases[i].column, cases[i].error);
	}
}

static void rows_of_unlisted_runtimes_are_refused(void **state)
{
	struct fp_unit *u = *state;
	size_t len;
	const char *good = fp_target_builtin_text(1, &len);
	const char *bad = replaced(u, good, "runtimes\tcrun runc", "runtimes\tcrun");

	assert_null(fp_target_parse(u, "bad", bad, strlen(bad)));
	check_error(u, good, "\nrunc:version", 1, "the row 'runtimes' does not list runc");
}

static void near_keys_are_offered(void **state)
{
	struct fp_unit *u = *state;
	struct fp_buf out;
	size_t len;
	const char *bad =
		replaced(u, fp_target_builtin_text(1, &len), "runc:oci.rro", "runc:oci.ror");

	assert_null(fp_target_parse(u, "dir/mine.target", bad, strlen(bad)));
	fp_buf_init(&out, &u->arena);
	fp_diag_render(u, &out, false);
	assert_non_null(strstr(fp_buf_text(&out), "dir/mine.target:"));
	assert_non_null(strstr(fp_buf_text(&out), "'runc:oci.rro'"));
}

static void other_faults_are_refused(void **state)
{
	struct fp_unit *u = *state;
	static const char *const bad_names[] = { "", "..", "a b", "-x", ".hidden", "dir/", "x\ny" };
	size_t len, most = 256 * 1024;
	const char *good = fp_target_builtin_text(0, &len);

	for (size_t i = 0; i < sizeof(bad_names) / sizeof(bad_names[0]); i++)
		assert_null(fp_target_parse(u, bad_names[i], good, len));
	char *long_name = fp_arena_alloc(&u->arena, 80);
	memset(long_name, 'a', 79);
	assert_null(fp_target_parse(u, long_name, good, len));
	char *many = fp_arena_alloc(&u->arena, most + 1);
	memset(many, '\n', most + 1);
	memcpy(many, good, len);
	assert_non_null(fp_target_parse(u, "x", many, most));
	assert_null(fp_target_parse(u, "x", many, most + 1));
	assert_null(fp_target_parse(u, "x", "", 0));
	assert_null(fp_target_parse(u, "x", "summary\tx\0y\tz\n", 14));
	assert_string_equal(fp_target_parse(u, "dir/mine.target", good, len)->name, "mine");
}

/* A file cut anywhere before its last source is refused, and not read past its end. */
static void cut_files_are_refused(void **state)
{
	struct fp_unit *u = *state;
	size_t len;
	const char *good = fp_target_builtin_text(2, &len);

	size_t last = (size_t)(strrchr(good, '\t') - good);
	for (size_t n = 0; n <= last; n += 97) {
		char *cut = malloc(n ? n : 1);
		assert_non_null(cut);
		memcpy(cut, good, n);
		assert_null(fp_target_parse(u, "cut", cut, n));
		free(cut);
	}
	assert_non_null(fp_target_parse(u, "whole", good, len));
	assert_non_null(fp_target_parse(u, "whole", good, len - 1)); /* without the last newline */
}

static void row_order_and_comments_do_not_count(void **state)
{
	struct fp_unit *u = *state;
	size_t len;
	const char *text = fp_target_builtin_text(1, &len);
	const struct fp_target *a = builtin(u, "debian-12");
	const char *cut = strstr(text, "\nlsm.built") + 1;
	const char *turned =
		fp_arena_printf(&u->arena, "# other\n%s%.*s", cut, (int)(cut - text), text);
	const struct fp_target *b = fp_target_parse(u, "turned", turned, strlen(turned));

	assert_non_null(b);
	assert_int_equal(a->digest_len, b->digest_len);
	assert_memory_equal(a->digest_input, b->digest_input, a->digest_len);
	turned = replaced(u, text, "cgroup.kill\tyes", "cgroup.kill\tno");
	b = fp_target_parse(u, "other", turned, strlen(turned));
	assert_non_null(b);
	assert_true(a->digest_len != b->digest_len);
}

/* Probes */

static const struct fp_target *render(struct fp_unit *u, const struct fp_probe *probe,
				      const char **text)
{
	struct fp_buf out;

	fp_buf_init(&out, &u->arena);
	fp_probe_render(u, probe, &out);
	*text = fp_buf_text(&out);
	return fp_target_parse(u, "probed", *text, out.len);
}

static struct fp_probe *debian_12_probe(struct fp_unit *u)
{
	struct fp_probe *p = FP_NEW(&u->arena, struct fp_probe);

	p->release = "6.1.0-32-amd64";
	p->arch = FP_ARCH_X86_64;
	p->lsms = "lockdown,capability,landlock,yama,apparmor,tomoyo,bpf";
	p->aa_features = builtin(u, "debian-12")->apparmor.features;
	p->aa_parser = "3.0.8";
	p->aa_abi = "3.0";
	p->systemd = "252";
	p->nft = "1.0.6";
	p->runtimes[0] = "1.8.1";
	p->runtimes[1] = "1.1.5+ds1";
	p->libseccomp = "2.5.4";
	return p;
}

static void a_probe_of_a_known_machine_is_that_target(void **state)
{
	struct fp_unit *u = *state;
	const struct fp_target *want = builtin(u, "debian-12");
	const char *text;
	const struct fp_target *t = render(u, debian_12_probe(u), &text);

	assert_non_null(t);
	for (unsigned f = 0; f < FP_FEAT_N; f++)
		if (f != FP_FEAT_SE_CIL_DENY && t->effect[f] != want->effect[f])
			fail_msg("%s", fp_feat((enum fp_feat)f)->key);
	assert_int_equal(t->apparmor.features_len, want->apparmor.features_len);
	assert_memory_equal(t->apparmor.features, want->apparmor.features,
			    want->apparmor.features_len);
	assert_string_equal(t->apparmor.abi, "3.0");
	assert_string_equal(fp_target_runtime(t, "runc")->version.text, "1.1.5+ds1");
	assert_string_equal(fp_target_runtime(t, "crun")->oci_version_max, "1.1.0");
	assert_string_equal(fp_target_runtime(t, "runc")->libseccomp.text, "2.5.4");
	assert_string_equal(fp_target_runtime(t, "crun")->libseccomp.text, "2.5.5");
	for (size_t i = 0; i < t->n_rows; i++)
		assert_memory_equal(t->rows[i].source, "probed: ", 8);
}

/* runc's knows futex_waitv (2.5.4), not futex_wait (2.5.5); of one before 2.5.0 nothing is known.
 */
static void the_least_libseccomp_counts(void **state)
{
	struct fp_unit *u = *state;
	struct fp_probe *p = debian_12_probe(u);
	const struct fp_sysdef *waitv = fp_sys_find("futex_waitv", strlen("futex_waitv"));
	const struct fp_sysdef *wait = fp_sys_find("futex_wait", strlen("futex_wait"));
	const char *text;

	const struct fp_target *t = render(u, p, &text);
	assert_null(fp_target_scmp_lacks(t, waitv, FP_ABI_X86_64));
	assert_string_equal(fp_target_scmp_lacks(t, wait, FP_ABI_X86_64)->name, "runc");
	p->libseccomp = "2.4.4";
	t = render(u, p, &text);
	assert_non_null(fp_target_scmp_lacks(t, fp_sys_find("read", 4), FP_ABI_X86_64));
	p->libseccomp = NULL;
	p->runtimes[1] = "0.9"; /* older than every known one */
	t = render(u, p, &text);
	assert_string_equal(fp_target_runtime(t, "runc")->libseccomp.text, "2.5.0");
}

static void what_was_seen_wins(void **state)
{
	struct fp_unit *u = *state;
	struct fp_probe *p = debian_12_probe(u);
	const char *text;

	p->host[FP_FEAT_CGROUP_KILL] = (struct fp_seen){ FP_ANSWER_NO, "not there" };
	p->host[FP_FEAT_CGROUP_DMEM] = (struct fp_seen){ FP_ANSWER_YES, "dmem.max is there" };
	p->runtime[0][FP_FEAT_OCI_TIME_NS] = (struct fp_seen){ FP_ANSWER_YES, "crun features" };
	const struct fp_target *t = render(u, p, &text);
	assert_non_null(t);
	assert_false(fp_target_has(t, FP_FEAT_CGROUP_KILL));
	assert_true(fp_target_has(t, FP_FEAT_CGROUP_DMEM));
	assert_true(fp_target_runtime_has(t, 0, FP_FEAT_OCI_TIME_NS));
	assert_false(fp_target_runtime_has(t, 1, FP_FEAT_OCI_TIME_NS));
	assert_string_equal(fp_target_row(t, "cgroup.dmem")->source, "probed: dmem.max is there");
}

static void between_two_known_versions_the_worse_counts(void **state)
{
	struct fp_unit *u = *state;
	struct fp_probe *p = debian_12_probe(u);
	const char *text;

	p->release = "6.6.1";     /* between 6.1 and 6.12 */
	p->runtimes[1] = "1.2.0"; /* between 1.1.15 and 1.3.6 */
	const struct fp_target *t = render(u, p, &text);
	assert_non_null(t);
	assert_false(fp_target_has(t, FP_FEAT_CGROUP_PIDS_EVENTS_LOCAL));
	assert_false(fp_target_has(t, FP_FEAT_SECCOMP_SEES_URETPROBE)); /* lost on the way up */
	assert_true(fp_target_has(t, FP_FEAT_CGROUP_KILL));
	const struct fp_target_runtime *runc = fp_target_runtime(t, "runc");
	assert_int_equal(runc->effect[FP_FEAT_OCI_CPU_IDLE_SHARES], FP_EFFECT_IGNORED);
	assert_int_equal(runc->effect[FP_FEAT_OCI_RRO], FP_EFFECT_YES);
	assert_non_null(strstr(fp_target_row(t, "runc:oci.time_ns")->source,
			       "the worse of debian-13 and debian-sid"));
}

static void bare_machines_have_little(void **state)
{
	struct fp_unit *u = *state;
	struct fp_probe *p = FP_NEW(&u->arena, struct fp_probe);
	const char *text;

	p->release = "4.19.0\tx\n\xff";
	p->arch = FP_ARCH_AARCH64;
	const struct fp_target *t = render(u, p, &text);
	assert_non_null(t);
	assert_string_equal(t->kernel.text, "4.19.0?x??");
	assert_int_equal(t->n_runtimes, 0);
	assert_null(t->apparmor.parser.text);
	assert_null(t->systemd.text);
	assert_false(
		fp_target_has(t, FP_FEAT_SECCOMP_LOG)); /* older than all we know: no promise */
	assert_false(fp_target_has(t, FP_FEAT_AA_FILE));
	assert_string_equal(fp_target_why(t, FP_FEAT_OCI_RRO),
			    "the target has no container runtime");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_builtin_parses),
		CASE(every_feature_is_decided),
		CASE(every_row_has_a_source),
		CASE(versions_are_the_promised_ones),
		CASE(measured_host_facts_hold),
		CASE(measured_runtime_facts_hold),
		CASE(reasons_name_who_and_what),
		CASE(feature_sets_answer_paths),
		CASE(versions_parse),
		CASE(bad_rows_are_refused_with_place),
		CASE(rows_of_unlisted_runtimes_are_refused),
		CASE(near_keys_are_offered),
		CASE(other_faults_are_refused),
		CASE(cut_files_are_refused),
		CASE(row_order_and_comments_do_not_count),
		CASE(a_probe_of_a_known_machine_is_that_target),
		CASE(what_was_seen_wins),
		CASE(the_least_libseccomp_counts),
		CASE(between_two_known_versions_the_worse_counts),
		CASE(bare_machines_have_little),
	};

	return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
