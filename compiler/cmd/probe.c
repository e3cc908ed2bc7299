/* SPDX-License-Identifier: MIT */
/* Gathers what `fpolicyc targets --probe` writes down. */
#include "cmd/probe.h"

#include "base/unit.h"

#include <dirent.h>
#include <jansson.h>
#include <limits.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define MAX_VERSION_TEXT 4096
#define MAX_FEATURE_JSON ((size_t)256 * 1024)

/* Where programs of the system live; the user's PATH may lack sbin, or name anything. */
static const char *const folders[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
				       "/usr/bin",        "/sbin",          "/bin" };

static char *find_program(struct fp_unit *u, const char *name)
{
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char *path = fp_arena_printf(&u->arena, "%s/%s", folders[i], name);
		if (access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

/* The word after `before` in what `NAME --version` prints; NULL where there is none. */
static const char *version_of(struct fp_unit *u, const char *name, const char *before)
{
	char flag[] = "--version", text[MAX_VERSION_TEXT];
	char *argv[] = { find_program(u, name), flag, NULL };

	if (!argv[0] || !fp_cmd_capture(argv, text, sizeof(text)))
		return NULL;
	const char *at = strstr(text, before);
	if (!at)
		return NULL;
	at += strlen(before);
	size_t len = strcspn(at, " \t\r\n(");
	return len ? fp_arena_text(&u->arena, at, len) : NULL;
}

static void probe_runtime(struct fp_unit *u, const char *name, const char **version,
			  struct fp_seen seen[])
{
	char word[] = "features";
	char *argv[] = { find_program(u, name), word, NULL };
	char *json = fp_arena_alloc(&u->arena, MAX_FEATURE_JSON);

	*version = version_of(u, name, fp_arena_printf(&u->arena, "%s version ", name));
	if (!*version)
		return;
	if (fp_cmd_capture(argv, json, MAX_FEATURE_JSON))
		fp_cmd_probe_features(json, seen);
	else
		seen[FP_FEAT_OCI_FEATURES] =
			(struct fp_seen){ FP_ANSWER_NO, "the features command failed" };
}

static bool list_has(json_t *list, const char *word)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
	{
		const char *text = json_string_value(item);
		if (text && !strcmp(text, word))
			return true;
	}
	return false;
}

static void say_yes(struct fp_seen seen[], enum fp_feat feat, bool yes, const char *how)
{
	if (yes)
		seen[feat] = (struct fp_seen){ FP_ANSWER_YES, how };
}

/* runtime-spec features.md and features-linux.md. What is not listed may be there all the same. */
void fp_cmd_probe_features(const char *json, struct fp_seen seen[])
{
	json_t *root = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
	json_t *linux_part = json_object_get(root, "linux");
	json_t *seccomp = json_object_get(linux_part, "seccomp");
	json_t *mounts = json_object_get(root, "mountOptions");
	json_t *flags = json_object_get(seccomp, "supportedFlags");
	json_t *idmap = json_object_get(json_object_get(linux_part, "mountExtensions"), "idmap");

	say_yes(seen, FP_FEAT_OCI_FEATURES, json_is_object(root), "the features command ran");
	say_yes(seen, FP_FEAT_OCI_RRO, list_has(mounts, "rro"), "features: mountOptions");
	say_yes(seen, FP_FEAT_OCI_NOSYMFOLLOW, list_has(mounts, "nosymfollow"),
		"features: mountOptions");
	say_yes(seen, FP_FEAT_OCI_TIME_NS,
		list_has(json_object_get(linux_part, "namespaces"), "time"),
		"features: linux.namespaces");
	say_yes(seen, FP_FEAT_OCI_IDMAP, json_is_true(json_object_get(idmap, "enabled")),
		"features: linux.mountExtensions.idmap");
	say_yes(seen, FP_FEAT_OCI_SECCOMP_FLAGS, json_array_size(flags) > 0,
		"features: linux.seccomp.supportedFlags");
	say_yes(seen, FP_FEAT_OCI_SECCOMP_WAIT_KILLABLE,
		list_has(flags, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"),
		"features: linux.seccomp.supportedFlags");
	say_yes(seen, FP_FEAT_OCI_SECCOMP_KILL_PROCESS,
		list_has(json_object_get(seccomp, "actions"), "SCMP_ACT_KILL_PROCESS"),
		"features: linux.seccomp.actions");
	json_decref(root);
}

/* The highest N.N of /etc/apparmor.d/abi; names such as 4.0-ip are for other kernels. */
static const char *newest_abi(struct fp_unit *u)
{
	struct fp_version best = { 0, 0, 0, NULL }, v;
	char name[NAME_MAX + 1] = "";
	DIR *dir = opendir("/etc/apparmor.d/abi");
	struct dirent *e;

	if (!dir)
		return NULL;
	while ((e = readdir(dir)) != NULL) {
		size_t len = strlen(e->d_name);
		if (strspn(e->d_name, "0123456789.") != len || !strchr(e->d_name, '.') ||
		    !fp_version_parse(e->d_name, len, &v))
			continue;
		if (!*name || fp_version_compare(&v, &best) > 0) {
			best = v;
			memcpy(name, e->d_name, len + 1);
		}
	}
	closedir(dir);
	return *name ? fp_arena_text(&u->arena, name, strlen(name)) : NULL;
}

static const char *first_line_of(struct fp_unit *u, const char *path)
{
	char text[MAX_VERSION_TEXT];

	if (!fp_cmd_read_text(path, text, sizeof(text)) || text[0] == '\n' || !text[0])
		return NULL;
	return fp_arena_text(&u->arena, text, strcspn(text, "\n"));
}

static const char *selinux_base(struct fp_unit *u)
{
	static const char key[] = "\nSELINUXTYPE=";
	char text[MAX_VERSION_TEXT];

	text[0] = '\n';
	if (!fp_cmd_read_text("/etc/selinux/config", text + 1, sizeof(text) - 1))
		return NULL;
	const char *at = strstr(text, key);
	if (!at)
		return NULL;
	at += sizeof(key) - 1;
	return fp_arena_text(&u->arena, at, strcspn(at, " \t\n"));
}

static uint32_t selinux_policyvers(struct fp_unit *u)
{
	struct fp_version v;
	const char *text = first_line_of(u, "/sys/fs/selinux/policyvers");

	return text && fp_version_parse(text, strlen(text), &v) ? v.major : 0;
}

/* uname's word for a machine; the targets use the same words. */
static bool probe_uname(struct fp_unit *u, struct fp_probe *out)
{
	struct utsname name;

	if (uname(&name))
		return false;
	out->release = fp_arena_text(&u->arena, name.release, strlen(name.release));
	return fp_arch_find(name.machine, strlen(name.machine), &out->arch);
}

bool fp_cmd_probe(struct fp_unit *u, struct fp_probe *out)
{
	if (!probe_uname(u, out))
		return false;
	out->lsms = first_line_of(u, "/sys/kernel/security/lsm");
	out->aa_features = fp_cmd_probe_apparmor(u);
	out->aa_parser = version_of(u, "apparmor_parser", "parser version ");
	out->aa_abi = newest_abi(u);
	out->selinux_base = selinux_base(u);
	out->selinux_policyvers = selinux_policyvers(u);
	out->systemd = version_of(u, "systemctl", "systemd ");
	out->nft = version_of(u, "nft", "nftables v");
	probe_runtime(u, "crun", &out->runtimes[0], out->runtime[0]);
	probe_runtime(u, "runc", &out->runtimes[1], out->runtime[1]);
	out->libseccomp = version_of(u, "runc", "libseccomp: ");
	fp_cmd_probe_kernel(out->host);
	return true;
}
