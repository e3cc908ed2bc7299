/* SPDX-License-Identifier: MIT */
/* Fixtures: whatever a probe is refused must have been there to be had. */
#include "probe.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* ---- a program that ends at once, without a library ---- */

#if defined(__x86_64__)
#define MACHINE EM_X86_64
/* xor edi, edi; mov eax, 231 (exit_group); syscall; ud2 */
static const unsigned char code[] = { 0x31, 0xff, 0xb8, 0xe7, 0x00, 0x00,
				      0x00, 0x0f, 0x05, 0x0f, 0x0b };
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
/* mov x0, 0; mov x8, 94 (exit_group); svc 0; brk 0 */
static const unsigned char code[] = { 0x00, 0x00, 0x80, 0xd2, 0xc8, 0x0b, 0x80, 0xd2,
				      0x01, 0x00, 0x00, 0xd4, 0x00, 0x00, 0x20, 0xd4 };
#else
#define MACHINE EM_RISCV
/* li a0, 0; li a7, 94 (exit_group); ecall; ebreak */
static const unsigned char code[] = { 0x13, 0x05, 0x00, 0x00, 0x93, 0x08, 0xe0, 0x05,
				      0x73, 0x00, 0x00, 0x00, 0x73, 0x00, 0x10, 0x00 };
#endif

#define LOAD_AT 0x400000u

struct program {
	Elf64_Ehdr head;
	Elf64_Phdr load;
	unsigned char text[sizeof(code)];
};

static void make_program(struct program *p)
{
	*p = (struct program){
		.head = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
				       EV_CURRENT },
			  .e_type = ET_EXEC,
			  .e_machine = MACHINE,
			  .e_version = EV_CURRENT,
			  .e_entry = LOAD_AT + offsetof(struct program, text),
			  .e_phoff = offsetof(struct program, load),
			  .e_ehsize = sizeof(Elf64_Ehdr),
			  .e_phentsize = sizeof(Elf64_Phdr),
			  .e_phnum = 1 },
		.load = { .p_type = PT_LOAD,
			  .p_flags = PF_R | PF_X,
			  .p_vaddr = LOAD_AT,
			  .p_paddr = LOAD_AT,
			  .p_filesz = sizeof(*p),
			  .p_memsz = sizeof(*p),
			  .p_align = 4096 },
	};
	memcpy(p->text, code, sizeof(code));
}

/* ---- files ---- */

static size_t complaints;

static void complain(const char *path)
{
	fprintf(stderr, "probe: %s: %s\n", path, strerror(errno));
	complaints++;
}

/* What is made is open to all, whatever the umask: no mode may refuse in a layer's place. */
static void give(const char *path, mode_t mode, const struct options *o)
{
	if (fchownat(AT_FDCWD, path, o->uid, o->gid, 0) || fchmodat(AT_FDCWD, path, mode, 0))
		complain(path);
}

/* The folders above the last part; `from` is the length of the root, which must be there. */
static bool make_parents(char *path, size_t from, const struct options *o)
{
	for (char *slash = strchr(path + from + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int made = mkdirat(AT_FDCWD, path, 0777);
		bool ok = !made || errno == EEXIST;
		if (!made)
			give(path, 0777, o);
		if (!ok)
			complain(path);
		*slash = '/';
		if (!ok)
			return false;
	}
	return true;
}

static void make_file(const char *path, bool is_program, const struct options *o)
{
	struct program p;
	int fd = openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0) {
		if (errno != EEXIST)
			complain(path);
		return;
	}
	make_program(&p);
	ssize_t want = is_program ? (ssize_t)sizeof(p) : 3;
	if (write(fd, is_program ? (const void *)&p : "fp\n", (size_t)want) != want)
		complain(path);
	close(fd);
	give(path, is_program ? 0777 : 0666, o);
}

static bool is_kernels(const char *path)
{
	return !strncmp(path, "/proc/", 6) || !strncmp(path, "/sys/", 5) ||
	       !strcmp(path, "/proc") || !strcmp(path, "/sys");
}

static bool below(char out[PATH_MAX], const char *root, const char *path)
{
	if (snprintf(out, PATH_MAX, "%s%s", root, path) < PATH_MAX)
		return true;
	errno = ENAMETOOLONG;
	complain(path);
	return false;
}

static void prepare_file(const struct fp_probe_line *l, const char *root, const struct options *o)
{
	const char *right = l->field[7], *path = l->field[8];
	char at[PATH_MAX];

	if (is_kernels(path) || !below(at, root, path) || !make_parents(at, strlen(root), o))
		return;
	if (strcmp(right, "create"))
		make_file(at, !strcmp(right, "execute"), o);
}

static void prepare_parent(const char *path, const char *root, const struct options *o)
{
	char at[PATH_MAX];

	if (below(at, root, path))
		make_parents(at, strlen(root), o);
}

static void prepare_node(struct fp_probe_line *l, const char *root, const struct options *o)
{
	const mode_t type = l->field[7][0] == 'b' ? S_IFBLK : S_IFCHR;
	uint64_t major, minor;
	char name[64], at[PATH_MAX];

	if (!fp_probe_number(l->field[8], &major) || !fp_probe_number(l->field[9], &minor))
		return;
	for (size_t i = 0; i < NODE_PLACES; i++) {
		node_name(name, node_places[i], &l->field[7]);
		if (!below(at, root, name) || !make_parents(at, strlen(root), o))
			return;
		if (!mknodat(AT_FDCWD, at, type | 0600, makedev((unsigned)major, (unsigned)minor)))
			give(at, 0666, o);
		else if (errno != EEXIST)
			complain(at);
	}
}

/* ---- namespaces of who prepares ---- */

static void print_namespaces(void)
{
	static const char *const names[][2] = {
		{ "pid", "pid" }, { "mount", "mnt" },     { "network", "net" }, { "ipc", "ipc" },
		{ "uts", "uts" }, { "cgroup", "cgroup" }, { "user", "user" },   { "time", "time" },
	};
	const char *comma = "";

	fputs("# host-ns ", stdout);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[64];
		struct stat st;
		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i][1]);
		if (fstatat(AT_FDCWD, path, &st, 0))
			continue;
		printf("%s%s:%llu", comma, names[i][0], (unsigned long long)st.st_ino);
		comma = ",";
	}
	putchar('\n');
}

int prepare(char *table, const char *root, const struct options *o)
{
	struct fp_probe_line l;

	while (fp_probe_line(&table, &l)) {
		if (l.n < 9)
			continue;
		if (!strcmp(l.field[6], "file"))
			prepare_file(&l, root, o);
		else if (!strcmp(l.field[6], "file-size"))
			prepare_parent(l.field[8], root, o);
		else if (l.n == 12 && !strcmp(l.field[6], "device"))
			prepare_node(&l, root, o);
	}
	print_namespaces();
	return complaints ? 1 : 0;
}
