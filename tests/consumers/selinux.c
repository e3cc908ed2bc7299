/* SPDX-License-Identifier: MIT */
/*
 * libsepol, secilc, a distribution's policy and libselinux take the artifacts, and answer as the
 * policy says.
 *
 * Policies go through the whole compiler; each compiled policy is loaded by a child, because
 * libsepol may exit. Random path rules are labelled by libselinux and compared with the rules.
 */
#include <selinux/label.h>
#include <sepol/cil/cil.h>
#include <sepol/policydb.h>
#include <sepol/policydb/services.h>
#include <sepol/sepol.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "compiler/libfpolicy.h"
#include "tests/unit/oci_ir.h"

#define BASE_POLICY "/etc/selinux/default/policy/policy.33"

extern const struct fp_backend fp_backend_selinux;

/* Shared with the children that load policies. */
static struct {
	unsigned checks, failures;
} * tally;

static char folder[64];

__attribute__((format(printf, 2, 3))) static void report(bool is_ok, const char *format, ...)
{
	va_list ap;

	tally->checks++;
	tally->failures += !is_ok;
	printf("%sok %u - selinux: ", is_ok ? "" : "not ", tally->checks);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void put_file(const char *name, const char *data, size_t len)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "wb");
	if (!f || fwrite(data, 1, len, f) != len || fclose(f))
		exit(1);
}

static char *get_file(const char *path, size_t *len)
{
	size_t room = 1u << 24;
	char *data = malloc(room);
	FILE *f = fopen(path, "rb");

	if (!f || !data)
		exit(1);
	*len = fread(data, 1, room, f);
	fclose(f);
	return data;
}

/* Runs a program quietly in the folder; 127 where there is none. */
static int run(const char *command)
{
	char line[512];

	snprintf(line, sizeof(line), "cd %s && { %s; } >log 2>&1 </dev/null", folder, command);
	int status = system(line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

/* ---- the policy and what it promises ---- */

#define HEAD               \
	"language 1;\n"    \
	"policy probe {\n" \
	"	version \"1\"; owner \"tests\"; targets debian-12;\n"

static const char source[] = HEAD
	"	syscalls {\n"
	"		default deny errno EPERM;\n"
	"		allow read, write, openat, close, execve, mmap, kill, connect, bind, listen,\n"
	"			statfs;\n"
	"		allow clone(flags) where flags lacks CLONE_NEWUSER;\n"
	"		allow memfd_create, io_uring_setup, shmget;\n"
	"		allow socket(domain) where domain in { AF_UNIX, AF_INET, AF_INET6 };\n"
	"	}\n"
	"	capabilities { allow net_bind_service, bpf; }\n"
	"	namespaces   { new pid, mount, network, ipc, uts, cgroup; host user; }\n"
	"	mounts {\n"
	"		bind \"/srv/probe/in\" on \"/in\" readonly, nosuid, nodev;\n"
	"		bind \"/srv/probe/out\" on \"/out\" nosuid, nodev;\n"
	"	}\n"
	"	files {\n"
	"		allow read, execute       \"/usr/**\";\n"
	"		allow read                \"/in/**\", \"/etc/*.conf\", \"/proc/**\";\n"
	"		deny  read                \"/in/**/*.key\";\n"
	"		allow read, write, create \"/out/**\" accept unenforced because \"tests\";\n"
	"		deny  write               \"/out/.verdict\";\n"
	"		allow append, read        \"/log/job.log\" accept unenforced because \"tests\";\n"
	"	}\n"
	"	egress {\n"
	"		allow tcp to 10.20.0.0/16 port 443, 8443 accept unenforced because \"tests\";\n"
	"		deny  any to 10.20.9.0/24;\n"
	"	}\n"
	"	ingress { allow tcp from 10.30.0.0/16 port 8000 accept unenforced because \"tests\"; }\n"
	"	devices { allow read, write \"/dev/null\"; }\n"
	"	test    { deny socket(AF_PACKET, SOCK_RAW, 0); }\n"
	"}\n";

#define JOB           "system_u:system_r:fpc_probe.process:s0:c1,c2"
#define FILE_OF(type) "system_u:object_r:fpc_probe." type ":s0:c1,c2"
#define HOST          "system_u:system_r:kernel_t:s0"

struct question {
	const char *from, *to, *cls, *perms;
	bool is_allowed;
};

/* Promises and their neighbours, the same in both policies. */
static const struct question own[] = {
	{ JOB, FILE_OF("f_rx"), "file", "read open getattr map execute execute_no_trans entrypoint",
	  true },
	{ JOB, FILE_OF("f_rx"), "file", "write", false },
	{ JOB, FILE_OF("f_rx"), "dir", "search read open", true },
	{ JOB, FILE_OF("f_rx"), "dir", "add_name", false },
	{ JOB, FILE_OF("f_r"), "file", "read open getattr map", true },
	{ JOB, FILE_OF("f_r"), "file", "execute", false },
	{ JOB, FILE_OF("f_rwc"), "file", "read write open append create getattr", true },
	{ JOB, FILE_OF("f_rwc"), "file", "unlink", false },
	{ JOB, FILE_OF("f_rwc"), "file", "setattr", false },
	{ JOB, FILE_OF("f_rwc"), "file", "relabelfrom", false },
	{ JOB, FILE_OF("f_rwc"), "dir", "add_name search write", true },
	{ JOB, FILE_OF("f_rwc"), "dir", "remove_name", false },
	{ JOB, FILE_OF("f_rc"), "file", "read create", true },
	{ JOB, FILE_OF("f_rc"), "file", "write", false },
	{ JOB, FILE_OF("f_rc"), "file", "append", false },
	{ JOB, FILE_OF("f_ra"), "file", "read append open", true },
	{ JOB, FILE_OF("f_ra"), "file", "write", false },
	{ JOB, FILE_OF("f_none"), "file", "getattr", false },
	{ JOB, FILE_OF("f_none"), "dir", "search", false },
	{ JOB, FILE_OF("f_path"), "dir", "search", true },
	{ JOB, FILE_OF("f_path"), "dir", "read", false },
	{ JOB, FILE_OF("f_RW"), "chr_file", "read write open", true },
	{ JOB, FILE_OF("f_RW"), "chr_file", "setattr", false },
	{ JOB, FILE_OF("f_RW"), "blk_file", "read", false },
	{ JOB, FILE_OF("memory"), "file", "read write map", true },
	{ JOB, FILE_OF("memory"), "file", "execute", false },
	{ JOB, JOB, "tcp_socket", "create connect bind listen accept read write", true },
	{ JOB, JOB, "udp_socket", "create", false },
	{ JOB, JOB, "unix_stream_socket", "create connectto", true },
	{ JOB, JOB, "alg_socket", "create", false },
	{ JOB, JOB, "packet_socket", "create", false },
	{ JOB, JOB, "vsock_socket", "create", false },
	{ JOB, JOB, "rawip_socket", "create", false },
	{ JOB, JOB, "netlink_route_socket", "create", false },
	{ JOB, FILE_OF("port_c"), "tcp_socket", "name_connect", true },
	{ JOB, FILE_OF("port_c"), "tcp_socket", "name_bind", false },
	{ JOB, FILE_OF("port_b"), "tcp_socket", "name_bind", true },
	{ JOB, FILE_OF("port_b"), "tcp_socket", "name_connect", false },
	{ JOB, JOB, "capability", "net_bind_service", true },
	{ JOB, JOB, "capability", "net_admin", false },
	{ JOB, JOB, "capability2", "bpf", true },
	{ JOB, JOB, "cap_userns", "net_bind_service", false },
	{ JOB, JOB, "process", "fork signal sigkill sigchld execmem", true },
	{ JOB, JOB, "process", "ptrace", false },
	{ JOB, JOB, "process", "setexec", false },
	{ JOB, JOB, "process", "dyntransition", false },
	{ JOB, JOB, "shm", "create read write", true },
	{ JOB, JOB, "sem", "create", false },
	{ JOB, JOB, "io_uring", "sqpoll", true },
	{ JOB, JOB, "io_uring", "override_creds", false },
	{ JOB, JOB, "bpf", "prog_load", false },
	{ HOST, JOB, "process", "transition sigkill rlimitinh", true },
	{ HOST, JOB, "process2", "nnp_transition nosuid_transition", true },
	{ JOB, HOST, "process", "sigchld", true },
	{ JOB, HOST, "process", "signal", false },
	{ JOB, HOST, "fd", "use", true },
};

/* Categories keep jobs of one type apart; the base of the standalone policy is closed. */
#define BASE_FILE(type) "system_u:object_r:" type ":s0"

static const struct question alone[] = {
	{ JOB, BASE_FILE("fs_t"), "filesystem", "getattr", true }, /* statfs(2) */
	{ JOB, BASE_FILE("tmpfs_t"), "filesystem", "getattr", true },
	{ JOB, BASE_FILE("proc_t"), "filesystem", "getattr", true },
	{ JOB, BASE_FILE("tmpfs_t"), "filesystem", "remount", false },
	{ JOB, "system_u:object_r:fpc_probe.f_rwc:s0:c1", "file", "read", true },
	{ JOB, "system_u:object_r:fpc_probe.f_rwc:s0:c5", "file", "read", false },
	{ JOB, "system_u:system_r:fpc_probe.process:s0:c5", "process", "signal", false },
	{ JOB, "system_u:system_r:fpc_probe.process:s0:c1", "process", "signal", true },
	{ HOST, "system_u:object_r:fpc_probe.f_rwc:s0:c5", "file", "relabelto", true },
	{ JOB, "system_u:object_r:proc_t:s0", "dir", "search", true },
	{ JOB, "system_u:object_r:proc_t:s0", "file", "read", false },
	{ JOB, "system_u:object_r:sysfs_t:s0", "file", "read", false },
	{ JOB, "system_u:object_r:root_t:s0", "dir", "search", false },
	{ JOB, "system_u:object_r:device_t:s0", "chr_file", "read", false },
	{ JOB, "system_u:object_r:security_t:s0", "file", "write", false },
	{ JOB, "system_u:object_r:security_t:s0", "security", "load_policy", false },
	{ JOB, "system_u:object_r:peer_t:s0", "node", "sendto recvfrom", true },
	{ JOB, "system_u:object_r:node_t:s0", "node", "sendto", false },
	{ JOB, "system_u:object_r:node_t:s0", "tcp_socket", "node_bind", true },
	{ JOB, "system_u:object_r:port_t:s0", "tcp_socket", "name_connect", false },
	{ JOB, "system_u:object_r:port_t:s0", "tcp_socket", "name_bind", false },
	{ JOB, JOB, "user_namespace", "create", false },
	{ JOB, HOST, "system", "syslog_read", false },
};

/* On a distribution's base the job meets types that are not its own. */
static const struct question guest[] = {
	{ JOB, BASE_FILE("fs_t"), "filesystem", "getattr", true }, /* statfs(2) */
	{ JOB, BASE_FILE("tmpfs_t"), "filesystem", "getattr", true },
	{ JOB, BASE_FILE("proc_t"), "filesystem", "getattr", true },
	{ JOB, BASE_FILE("fs_t"), "filesystem", "mount", false },
	{ JOB, BASE_FILE("shadow_t"), "file", "read", false },
	{ JOB, BASE_FILE("etc_t"), "file", "read", false },
	{ JOB, BASE_FILE("user_home_t"), "file", "read", false },
	{ JOB, BASE_FILE("sshd_key_t"), "file", "read", false },
	{ JOB, BASE_FILE("bin_t"), "file", "execute", false },
	{ JOB, BASE_FILE("http_port_t"), "tcp_socket", "name_connect", true },
	{ JOB, BASE_FILE("http_port_t"), "tcp_socket", "name_bind", false },
	{ JOB, BASE_FILE("ssh_port_t"), "tcp_socket", "name_connect", false },
	{ JOB, BASE_FILE("unreserved_port_t"), "tcp_socket", "name_connect", false },
	{ JOB, BASE_FILE("security_t"), "security", "load_policy", false },
	{ JOB, "system_u:system_r:unconfined_t:s0", "process", "ptrace", false },
	{ JOB, "system_u:system_r:init_t:s0", "process", "signal", false },
	{ "system_u:system_r:unconfined_t:s0", JOB, "process", "transition", true },
	{ "system_u:system_r:unconfined_t:s0", FILE_OF("f_rx"), "dir", "mounton", true },
};

/* ---- asking libsepol ---- */

static sepol_policydb_t *loaded;

static bool load(const char *const *files, size_t n)
{
	cil_db_t *db;
	void *image;
	size_t len;

	cil_db_init(&db);
	cil_set_log_level(CIL_ERR);
	cil_set_mls(db, 1);
	cil_set_policy_version(db, 33);
	cil_set_handle_unknown(db, SEPOL_DENY_UNKNOWN);
	for (size_t i = 0; i < n; i++) {
		char path[128];
		snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		char *data = get_file(path, &len);
		if (cil_add_file(db, files[i], data, len))
			return false;
		free(data);
	}
	if (cil_compile(db) || cil_build_policydb(db, &loaded))
		return false;
	sepol_handle_t *h = sepol_handle_create();
	if (sepol_policydb_to_image(h, loaded, &image, &len))
		return false;
	FILE *f = fmemopen(image, len, "rb");
	return f && !sepol_set_policydb_from_file(f);
}

/* 1 all are allowed, 0 at least one is not, -1 the policy does not know the question. */
static int ask(const struct question *q)
{
	sepol_security_id_t from, to;
	sepol_security_class_t cls;
	sepol_access_vector_t wanted = 0, one;
	struct sepol_av_decision d;
	char perms[256], *rest = perms;

	if (sepol_context_to_sid(q->from, strlen(q->from) + 1, &from) ||
	    sepol_context_to_sid(q->to, strlen(q->to) + 1, &to) ||
	    sepol_string_to_security_class(q->cls, &cls))
		return -1;
	snprintf(perms, sizeof(perms), "%s", q->perms);
	for (char *perm; (perm = strsep(&rest, " "));) {
		if (sepol_string_to_av_perm(cls, perm, &one))
			return -1;
		wanted |= one;
	}
	if (sepol_compute_av(from, to, cls, wanted, &d))
		return -1;
	return (d.allowed & wanted) == wanted;
}

/* Classes that a kernel lacks cannot be asked of its policy: then nothing is granted either. */
static void ask_all(const char *name, const struct question *q, size_t n)
{
	unsigned wrong = 0, unknown = 0;

	for (size_t i = 0; i < n; i++) {
		int got = ask(&q[i]);
		bool may_lack =
			!strcmp(q[i].cls, "io_uring") || !strcmp(q[i].cls, "user_namespace");
		if (got < 0 && may_lack) {
			unknown++;
			continue;
		}
		if (got == q[i].is_allowed)
			continue;
		wrong++;
		printf("# %s: %s -> %s %s { %s } is %d\n", name, q[i].from, q[i].to, q[i].cls,
		       q[i].perms, got);
	}
	report(!wrong && unknown <= 2, "%s: %zu questions, %u of a class the kernel lacks", name, n,
	       unknown);
}

/* The type the kernel takes for a port: the first entry that holds it. */
static const char *port_type(unsigned proto, unsigned port)
{
	policydb_t *p = &loaded->p;

	for (ocontext_t *c = p->ocontexts[OCON_PORT]; c; c = c->next)
		if (c->u.port.protocol == proto && c->u.port.low_port <= port &&
		    port <= c->u.port.high_port)
			return p->p_type_val_to_name[c->context[0].type - 1];
	return "none";
}

static const char *node_type(unsigned a, unsigned b, unsigned c, unsigned d)
{
	policydb_t *p = &loaded->p;
	const uint8_t bytes[4] = { (uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d };
	uint32_t address;

	memcpy(&address, bytes, 4);
	for (ocontext_t *n = p->ocontexts[OCON_NODE]; n; n = n->next)
		if ((address & n->u.node.mask) == n->u.node.addr)
			return p->p_type_val_to_name[n->context[0].type - 1];
	return "none";
}

static void expect(const char *name, const char *what, const char *got, const char *wanted)
{
	report(!strcmp(got, wanted), "%s: %s is %s", name, what, got);
}

static void check_alone(const char *target)
{
	char file[64];
	const char *const files[] = { file };

	snprintf(file, sizeof(file), "%s.standalone.cil", target);
	double begin = now();
	bool is_good = load(files, 1);
	report(is_good, "%s: libsepol compiles standalone.cil in process", target);
	printf("measured: %s standalone.cil in process: %.0f ms\n", target, now() - begin);
	if (!is_good)
		return;
	ask_all(target, own, sizeof(own) / sizeof(own[0]));
	ask_all(target, alone, sizeof(alone) / sizeof(alone[0]));
	expect(target, "tcp 443", port_type(6, 443), "fpc_probe.port_c");
	expect(target, "tcp 8443", port_type(6, 8443), "fpc_probe.port_c");
	expect(target, "tcp 8000", port_type(6, 8000), "fpc_probe.port_b");
	expect(target, "tcp 442", port_type(6, 442), "none");
	expect(target, "udp 443", port_type(17, 443), "none");
	expect(target, "10.20.1.1", node_type(10, 20, 1, 1), "peer_t");
	expect(target, "10.20.9.1 (denied)", node_type(10, 20, 9, 1), "node_t");
	expect(target, "10.21.0.1", node_type(10, 21, 0, 1), "node_t");
	expect(target, "10.30.0.1 (a client)", node_type(10, 30, 0, 1), "peer_t");
}

/* The binary that secilc wrote, or, without secilc, the same in process. */
static bool load_module(void)
{
	static const char *const files[] = { "base.cil", "debian-12.module.cil" };
	char path[128];

	snprintf(path, sizeof(path), "%s/module.33", folder);
	if (access(path, R_OK))
		return load(files, 2);
	FILE *f = fopen(path, "rb");
	sepol_policy_file_t *file;
	if (!f || sepol_policy_file_create(&file) || sepol_policydb_create(&loaded))
		return false;
	sepol_policy_file_set_fp(file, f);
	if (sepol_policydb_read(loaded, file))
		return false;
	rewind(f);
	return !sepol_set_policydb_from_file(f);
}

static void check_module(const char *argument)
{
	bool is_good = load_module();

	report(is_good, "libsepol loads %s on the distribution's policy", argument);
	if (!is_good)
		return;
	ask_all("module", own, sizeof(own) / sizeof(own[0]));
	ask_all("base", guest, sizeof(guest) / sizeof(guest[0]));
	expect("module", "tcp 443, the base's entry", port_type(6, 443), "http_port_t");
	expect("module", "tcp 8443, the base's entry", port_type(6, 8443), "http_port_t");
	expect("module", "tcp 22", port_type(6, 22), "ssh_port_t");
}

/* libsepol may end the process: each policy is loaded by a child. */
static void in_child(void (*check)(const char *), const char *argument)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		check(argument);
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		report(false, "libsepol ended the process on %s", argument);
}

/* ---- file contexts ---- */

struct label {
	const char *path;
	mode_t mode;
	const char *type; /* "" where no specification matches */
};

static const struct label labels[] = {
	{ "/usr/bin/cc", S_IFREG, "f_rx" },
	{ "/usr", S_IFDIR, "f_rx" },
	{ "/usrlocal", S_IFDIR, "f_none" },
	{ "/in/a/b.c", S_IFREG, "f_r" },
	{ "/in/a/b.key", S_IFREG, "f_none" },
	{ "/in/.key", S_IFREG, "f_r" },
	{ "/in/a/key", S_IFREG, "f_r" },
	{ "/etc/a.conf", S_IFREG, "f_r" },
	{ "/etc/aXconf", S_IFREG, "f_none" },
	{ "/etc/d/a.conf", S_IFREG, "f_none" },
	{ "/etc", S_IFDIR, "f_path" },
	{ "/out", S_IFDIR, "f_rwc" },
	{ "/out/.verdict", S_IFREG, "f_rc" },
	{ "/out/xverdict", S_IFREG, "f_rwc" },
	{ "/out/d/.verdict", S_IFREG, "f_rwc" },
	{ "/log/job.log", S_IFREG, "f_ra" },
	{ "/log/job_log", S_IFREG, "f_none" },
	{ "/log", S_IFDIR, "f_path" },
	{ "/", S_IFDIR, "f_path" },
	{ "/root/x", S_IFREG, "f_none" },
	{ "/dev/null", S_IFCHR, "f_RW" },
};

static const struct label host_labels[] = {
	{ "/srv/probe/in/a", S_IFREG, "f_r" },
	{ "/srv/probe/in/a/k.key", S_IFREG, "f_none" },
	{ "/srv/probe/in", S_IFDIR, "f_r" },
	{ "/srv/probe/out/x", S_IFREG, "f_rwc" },
	{ "/srv/probe/out/.verdict", S_IFREG, "f_rc" },
	{ "/srv/probe", S_IFDIR, "" },
	{ "/usr/bin/cc", S_IFREG, "" },
	{ "/srv/probe/outside", S_IFREG, "" },
};

static struct selabel_handle *open_labels(const char *name)
{
	char path[128];
	struct selinux_opt opt = { SELABEL_OPT_PATH, path };

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return selabel_open(SELABEL_CTX_FILE, &opt, 1);
}

/* The type's name past the block; "" for none. */
static void type_of(struct selabel_handle *h, const char *path, mode_t mode, char out[64])
{
	char *context = NULL;

	out[0] = '\0';
	if (selabel_lookup_raw(h, &context, path, (int)mode))
		return;
	char *dot = strchr(context, '.');
	if (dot)
		snprintf(out, 64, "%.*s", (int)strcspn(dot + 1, ":"), dot + 1);
	freecon(context);
}

static void check_labels(const char *name, const struct label *rows, size_t n)
{
	struct selabel_handle *h = open_labels(name);
	unsigned wrong = 0;

	for (size_t i = 0; h && i < n; i++) {
		char got[64];
		type_of(h, rows[i].path, rows[i].mode, got);
		if (strcmp(got, rows[i].type)) {
			printf("# %s: %s is %s, not %s\n", name, rows[i].path, got, rows[i].type);
			wrong++;
		}
	}
	report(h && !wrong, "%s: libselinux labels %zu paths as the rules say", name, n);
	if (h)
		selabel_close(h);
}

/* ---- random rules, every path, two ways to look specifications up ---- */

#define ORDERS 2

static uint64_t seed = 20220501;

static unsigned draw(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

static const char *const parts[] = { "a", "b",    "ab",     "a.b", "*",    "a*", "*b",
				     "?", "[ab]", "{a,ab}", "**",  "[^a]", "a?", "*.*" };
static const char *const names[] = { "a", "b", "ab", "ba", "a.b", ".", "c d" };

static const struct {
	char letter;
	uint16_t right;
} letters[] = { { 'r', FP_RIGHT_READ },       { 'w', FP_RIGHT_WRITE | FP_RIGHT_APPEND },
		{ 'a', FP_RIGHT_APPEND },     { 'c', FP_RIGHT_CREATE },
		{ 'd', FP_RIGHT_DELETE },     { 'x', FP_RIGHT_EXECUTE },
		{ 'l', FP_RIGHT_LINK },       { 'k', FP_RIGHT_LOCK },
		{ 'm', FP_RIGHT_ATTRIBUTES }, { 'o', FP_RIGHT_WRITE } };

static uint16_t rights_of(const char *type)
{
	uint16_t out = 0;

	if (!strcmp(type, "f_path") || !strcmp(type, "f_none") || !*type)
		return 0;
	for (const char *at = type + 2; *at; at++)
		for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
			if (*at == letters[i].letter)
				out |= letters[i].right;
	return out;
}

/* By the rules alone, from the pattern matcher. */
static uint16_t intended(const struct fp_ir *ir, const char *path)
{
	uint16_t allow = 0, deny = 0;

	fp_ir_each (ir, FP_KIND_FILE, r) {
		const struct fp_rule_file *f = &r->u.file;
		uint16_t rights =
			f->rights & FP_RIGHT_WRITE ? f->rights | FP_RIGHT_APPEND : f->rights;
		if (!fp_glob_match(f->paths.at[0], path, strlen(path)))
			continue;
		if (f->effect == FP_ALLOW)
			allow |= rights;
		else
			deny |= rights;
	}
	return allow & (uint16_t)~deny;
}

static enum fp_claim_kind weakest(const struct fp_emission *e, const char *path)
{
	enum fp_claim_kind worst = FP_CLAIM_EXACT;

	fp_ir_each (e->ir, FP_KIND_FILE, r)
		if (fp_glob_match(r->u.file.paths.at[0], path, strlen(path)) &&
		    e->claims[r->id].kind > worst)
			worst = e->claims[r->id].kind;
	return worst;
}

static void random_pattern(char out[128])
{
	size_t n = 0;
	unsigned depth = 1 + draw(3);

	for (unsigned i = 0; i < depth; i++)
		n += (size_t)snprintf(out + n, 128 - n, "/%s",
				      parts[draw(sizeof(parts) / sizeof(parts[0]))]);
}

/* The last slash before the first metacharacter. */
static size_t stem_of(const char *line)
{
	size_t stem = 0;

	for (size_t i = 0; line[i] && line[i] != '\t' && !strchr(".^$?*+|[({", line[i]); i++) {
		if (line[i] == '\\')
			i++;
		else if (line[i] == '/')
			stem = i;
	}
	return stem;
}

struct spec {
	const char *text;
	size_t len, stem, at;
};

/* libselinux since 3.8 looks into the deepest directory that a beginning fixes first; there the
 * later one wins. */
static int as_tree(const void *a, const void *b)
{
	const struct spec *x = a, *y = b;

	if (x->stem != y->stem)
		return x->stem < y->stem ? -1 : 1;
	return x->at < y->at ? -1 : 1;
}

static void reorder(const struct fp_artifact *a, const char *name)
{
	static struct spec specs[4096];
	static char out[1u << 20];
	size_t n = 0, len = 0;

	for (const char *at = a->data; *at && n < 4096;) {
		struct spec s = { .text = at, .len = strcspn(at, "\n") + 1, .at = n };
		s.stem = stem_of(at);
		if (*at == '/')
			specs[n++] = s;
		at += s.len;
	}
	qsort(specs, n, sizeof(specs[0]), as_tree);
	for (size_t i = 0; i < n; i++) {
		memcpy(out + len, specs[i].text, specs[i].len);
		len += specs[i].len;
	}
	put_file(name, out, len);
}

struct counts {
	unsigned paths, unlike, wrong, exact_rules, rules;
};

static void compare_path(struct selabel_handle *const h[ORDERS], const struct fp_emission *e,
			 const char *path, struct counts *c)
{
	uint16_t wanted = intended(e->ir, path);

	for (unsigned i = 0; i < ORDERS; i++) {
		char type[64];
		type_of(h[i], path, S_IFREG, type);
		uint16_t got = rights_of(type);
		c->paths++;
		if (got == wanted)
			continue;
		enum fp_claim_kind claim = weakest(e, path);
		c->unlike++;
		if (got & ~wanted ? claim >= FP_CLAIM_WIDER : claim >= FP_CLAIM_NARROWER)
			continue;
		c->wrong++;
		if (c->wrong > 5)
			continue;
		printf("# order %u: %s is %s (%x), rules say %x, claimed %s\n", i, path, type, got,
		       wanted, fp_claim_names[claim]);
		fp_ir_each (e->ir, FP_KIND_FILE, r)
			printf("#   %s\n", r->text);
	}
}

static void every_path(struct selabel_handle *const h[ORDERS], const struct fp_emission *e,
		       struct counts *c)
{
	size_t k = sizeof(names) / sizeof(names[0]);
	char path[64];

	for (size_t i = 0; i < k * (k + 1) * (k + 1); i++) {
		size_t a = i % k, b = i / k % (k + 1), d = i / k / (k + 1);
		size_t n = (size_t)snprintf(path, sizeof(path), "/%s", names[a]);
		if (b < k)
			n += (size_t)snprintf(path + n, sizeof(path) - n, "/%s", names[b]);
		if (b < k && d < k)
			snprintf(path + n, sizeof(path) - n, "/%s", names[d]);
		if (!strstr(path, "/./") && !strstr(path, "/.\0"))
			compare_path(h, e, path, c);
	}
}

static void random_round(const struct fp_target *target, struct counts *c)
{
	static struct fp_unit u;
	struct ir_builder b = { .u = &u };
	struct fp_emission e = { .unit = &u, .target = target };

	fp_unit_init(&u, FP_MEMORY_LIMIT);
	if (setjmp(u.recover))
		exit(1);
	unsigned n = 2 + draw(5);
	for (unsigned i = 0; i < n; i++) {
		static const uint16_t sets[] = { FP_RIGHT_READ, FP_RIGHT_READ | FP_RIGHT_EXECUTE,
						 FP_RIGHT_READ | FP_RIGHT_WRITE, FP_RIGHT_APPEND,
						 FP_RIGHT_LOCK };
		char pattern[128];
		random_pattern(pattern);
		ir_paths(&b, FP_KIND_FILE, draw(3) ? FP_ALLOW : FP_DENY, sets[draw(5)], pattern)
			->text = fp_arena_printf(&u.arena, "%u %s", i, pattern);
		struct fp_rule *r = &b.rules.at[b.rules.n - 1];
		r->text = fp_arena_printf(&u.arena, "%02u %s %x %s", i,
					  r->u.file.effect == FP_ALLOW ? "allow" : "deny",
					  r->u.file.rights, pattern);
	}
	e.ir = ir_seal(&b);
	e.claims = FP_NEW_ARRAY(&u.arena, e.ir->rule_count, struct fp_claim);
	e.is_claimed = FP_NEW_ARRAY(&u.arena, e.ir->rule_count, bool);
	fp_backend_selinux.emit(&u, fp_backend_selinux.lower(&u, e.ir, target), &e);
	const struct fp_artifact *a = e.artifacts.at[2];
	put_file("random", a->data, a->len);
	reorder(a, "random.tree");
	struct selabel_handle *h[ORDERS] = { open_labels("random"), open_labels("random.tree") };
	if (!h[0] || !h[1])
		report(false, "libselinux opens file_contexts of random rules");
	else
		every_path(h, &e, c);
	for (unsigned i = 0; i < ORDERS; i++)
		if (h[i])
			selabel_close(h[i]);
	fp_ir_each (e.ir, FP_KIND_FILE, r)
		c->exact_rules += e.claims[r->id].kind == FP_CLAIM_EXACT;
	c->rules += n;
	fp_unit_free(&u);
}

static void check_random(unsigned rounds)
{
	struct counts c = { 0 };
	struct fp_unit u;

	fp_unit_init(&u, FP_MEMORY_LIMIT);
	if (setjmp(u.recover))
		exit(1);
	const struct fp_target *target = fp_target_builtin(&u, "debian-12");
	for (unsigned i = 0; i < rounds; i++)
		random_round(target, &c);
	fp_unit_free(&u);
	report(!c.wrong,
	       "random rules: libselinux gives the type that the rules mean, or the claim says so");
	report(c.unlike * 100 <= c.paths,
	       "random rules: at most one label in a hundred is not the rules'");
	printf("measured: %u random policies, %u labels in two orders, %u unlike and claimed, "
	       "%u wrong; %u of %u rules exact\n",
	       rounds, c.paths, c.unlike - c.wrong, c.wrong, c.exact_rules, c.rules);
}

/* ---- ten thousand rules ---- */

static void check_scale(void)
{
	struct fp_unit u;
	struct ir_builder b = { .u = &u };

	fp_unit_init(&u, FP_MEMORY_LIMIT);
	if (setjmp(u.recover))
		exit(1);
	for (unsigned i = 0; i < 10000; i++) {
		char pattern[64];
		unsigned d = i % 500;
		switch (i % 4) {
		case 0:
			snprintf(pattern, sizeof(pattern), "/srv/d%u/f%u", d, i);
			break;
		case 1:
			snprintf(pattern, sizeof(pattern), "/srv/d%u/t%u/**", d, i);
			break;
		case 2:
			snprintf(pattern, sizeof(pattern), "/srv/d%u/*.e%u", d, i);
			break;
		default:
			snprintf(pattern, sizeof(pattern), "/opt/%u/x%u", d, i);
		}
		ir_paths(&b, FP_KIND_FILE, i % 7 ? FP_ALLOW : FP_DENY,
			 i % 3 ? FP_RIGHT_READ : FP_RIGHT_READ | FP_RIGHT_EXECUTE, pattern);
	}
	struct fp_emission e = { .unit = &u, .ir = ir_seal(&b) };
	e.target = fp_target_builtin(&u, "debian-12");
	e.claims = FP_NEW_ARRAY(&u.arena, e.ir->rule_count, struct fp_claim);
	e.is_claimed = FP_NEW_ARRAY(&u.arena, e.ir->rule_count, bool);
	double begin = now();
	fp_backend_selinux.emit(&u, fp_backend_selinux.lower(&u, e.ir, e.target), &e);
	double took = now() - begin;
	report(took < 2000, "10,000 path rules are lowered and emitted in time");
	printf("measured: 10,000 path rules: %.0f ms\n", took);
	fp_unit_free(&u);
}

/* ---- the compiler's artifacts ---- */

static bool compile(const char *target)
{
	struct fpolicy *p = fpolicy_new(0);

	if (fpolicy_add_target(p, target) ||
	    fpolicy_compile(p, "probe.policy", source, sizeof(source) - 1)) {
		report(false, "%s: the policy compiles", target);
		printf("%s", fpolicy_diagnostics(p, false));
		fpolicy_free(p);
		return false;
	}
	for (size_t i = 0; i < fpolicy_artifact_count(p); i++) {
		const char *path = fpolicy_artifact_path(p, i);
		const char *name = strstr(path, "/selinux/");
		char file[128];
		size_t len;
		const void *data = fpolicy_artifact_data(p, i, &len);
		if (!name)
			continue;
		snprintf(file, sizeof(file), "%s.%s", target, name + strlen("/selinux/"));
		put_file(file, data, len);
	}
	fpolicy_free(p);
	return true;
}

static void check_secilc(const char *command, const char *what)
{
	int status = run(command);

	if (status == 127) {
		printf("skip: secilc not installed\n");
		return;
	}
	report(!status, "secilc accepts %s", what);
}

/* What is never granted cannot be granted beside it: the policy stops compiling. */
static void check_refusal(void)
{
	static const char *const grants[] = { "self (alg_socket (create))",
					      "self (capability (sys_admin))",
					      "fpc_probe.f_rc (file (write))" };

	for (size_t i = 0; i < sizeof(grants) / sizeof(grants[0]); i++) {
		char command[256];
		snprintf(command, sizeof(command),
			 "{ cat debian-12.standalone.cil && echo '(allow fpc_probe.process %s)'; } "
			 ">bad.cil && secilc -c 33 -U deny -o bad.33 -f fc bad.cil",
			 grants[i]);
		int status = run(command);
		if (status == 127) {
			printf("skip: secilc not installed\n");
			return;
		}
		report(status, "neverallow refuses %s", grants[i]);
	}
}

static void check_base(void)
{
	if (access(BASE_POLICY, R_OK)) {
		printf("skip: selinux-policy-default not installed: module.cil is not tried on a base\n");
		return;
	}
	double begin = now();
	int status = run("checkpolicy -C -b -M -o base.cil " BASE_POLICY);
	if (status == 127) {
		printf("skip: checkpolicy not installed: module.cil is not tried on a base\n");
		return;
	}
	report(!status, "checkpolicy reads the distribution's policy");
	printf("measured: the distribution's policy as CIL: %.0f ms\n", now() - begin);
	begin = now();
	check_secilc("secilc -M true -c 33 -o module.33 -f fc base.cil debian-12.module.cil",
		     "module.cil on the distribution's policy");
	in_child(check_module, "module.cil");
	printf("measured: module.cil on the distribution's policy, compiled and asked: %.0f ms\n",
	       now() - begin);
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");

	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	snprintf(folder, sizeof(folder), "%.32s/fpolicy-selinux-XXXXXX",
		 tmp && *tmp ? tmp : "/tmp");
	if (tally == MAP_FAILED || !mkdtemp(folder))
		return 1;
	for (size_t i = 0; i < fpolicy_target_count(); i++) {
		const char *target = fpolicy_target_name(i);
		char command[256];
		if (!compile(target))
			continue;
		in_child(check_alone, target);
		snprintf(command, sizeof(command),
			 "secilc -c 33 -U deny -o policy.33 -f fc %s.standalone.cil", target);
		check_secilc(command, target);
	}
	check_refusal();
	check_labels("debian-12.file_contexts", labels, sizeof(labels) / sizeof(labels[0]));
	check_labels("debian-12.file_contexts.host", host_labels,
		     sizeof(host_labels) / sizeof(host_labels[0]));
	check_random(400);
	check_scale();
	check_base();
	run("rm -rf -- \"$PWD\"");
	printf("1..%u\n", tally->checks);
	return tally->failures ? 1 : 0;
}
