/* SPDX-License-Identifier: MIT */
/* Look-ups in the tables that fp-gen writes from schemas/tables. */
#include <string.h>

#include "target/tables.h"

struct nr_high {
	int32_t nr;
	uint16_t index;
};

/* Calls of an ABI by number: an array of indexes (UINT16_MAX: none), and a list up to nr -1. */
struct nr_map {
	const uint16_t *low;
	const struct nr_high *high;
	uint32_t n_low;
	uint32_t max;
};

/* By call; a call has one route at most. */
struct route {
	uint16_t call, mux, subcall;
};

/* struct fp_param with offsets into `names` in place of pointers; family 0 is none. */
struct param {
	uint16_t name, family;
	uint8_t kind, bytes, is_signed, is_enum, lo, hi;
};

/* A run of `params`. */
struct signature {
	uint16_t first, n;
};

struct errno_row {
	const char *name;
	uint16_t number;
};

#include "tables.inc"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const arch_names[FP_ARCH_N] = {
	[FP_ARCH_X86_64] = "x86_64",
	[FP_ARCH_AARCH64] = "aarch64",
	[FP_ARCH_RISCV64] = "riscv64",
};

/* Byte order of a NUL-terminated row name and a name of known length. */
static int name_order(const char *row, const char *name, size_t len)
{
	const int order = strncmp(row, name, len);

	return order ? order : row[len] != '\0';
}

/* Binary search of `n` rows of `size` bytes that open with their name; NULL if there is none. */
static const void *row_find(const void *rows, size_t n, size_t size, const char *name, size_t len)
{
	size_t lo = 0;
	size_t hi = n;

	if (memchr(name, '\0', len))
		return NULL;
	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;
		const void *row = (const char *)rows + mid * size;
		const int order = name_order(*(const char *const *)row, name, len);

		if (order == 0)
			return row;
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const struct fp_abi_def *fp_abi(enum fp_abi abi)
{
	return &abis[abi];
}

bool fp_abi_find(const char *name, size_t len, enum fp_abi *out)
{
	for (size_t i = 0; i < FP_ABI_N; i++) {
		if (strlen(abis[i].name) == len && !memcmp(abis[i].name, name, len)) {
			*out = (enum fp_abi)i;
			return true;
		}
	}
	return false;
}

enum fp_abi fp_arch_native(enum fp_arch arch)
{
	size_t i = 0;

	while (i + 1 < FP_ABI_N && !(abis[i].arch == arch && abis[i].is_native))
		i++;
	return (enum fp_abi)i;
}

const char *fp_arch_name(enum fp_arch arch)
{
	return arch_names[arch];
}

bool fp_arch_find(const char *name, size_t len, enum fp_arch *out)
{
	for (size_t i = 0; i < FP_ARCH_N; i++) {
		if (strlen(arch_names[i]) == len && !memcmp(arch_names[i], name, len)) {
			*out = (enum fp_arch)i;
			return true;
		}
	}
	return false;
}

size_t fp_sys_count(void)
{
	return COUNT(calls);
}

const struct fp_sysdef *fp_sys_at(size_t index)
{
	return &calls[index];
}

const struct fp_sysdef *fp_sys_find(const char *name, size_t len)
{
	return row_find(calls, COUNT(calls), sizeof(calls[0]), name, len);
}

const struct fp_sysdef *fp_sys_by_nr(enum fp_abi abi, uint32_t nr)
{
	const struct nr_map *m = &nr_maps[abi];

	if (nr < m->n_low)
		return m->low[nr] == UINT16_MAX ? NULL : &calls[m->low[nr]];
	for (const struct nr_high *h = m->high; h->nr >= 0; h++) {
		if ((uint32_t)h->nr == nr)
			return &calls[h->index];
	}
	return NULL;
}

uint32_t fp_sys_max_nr(enum fp_abi abi)
{
	return nr_maps[abi].max;
}

const char *fp_sys_table_version(void)
{
	return table_version;
}

bool fp_sys_param(const struct fp_sysdef *sys, enum fp_abi abi, size_t n, struct fp_param *out)
{
	const struct signature *s = &signatures[sys->index][abi];
	const struct param *p;

	if (n >= s->n)
		return false;
	p = &params[s->first + n];
	*out = (struct fp_param){
		.name = names + p->name,
		.constants = p->family ? names + p->family : NULL,
		.kind = (enum fp_param_kind)p->kind,
		.bytes = p->bytes,
		.is_signed = p->is_signed,
		.is_enum = p->is_enum,
		.lo = p->lo,
		.hi = p->hi,
	};
	return true;
}

bool fp_sys_param_find(const struct fp_sysdef *sys, enum fp_abi abi, const char *name, size_t len,
		       struct fp_param *out)
{
	struct fp_param p;

	if (memchr(name, '\0', len))
		return false;
	for (size_t n = 0; fp_sys_param(sys, abi, n, &p); n++) {
		if (p.kind != FP_PARAM_UNUSED && !name_order(p.name, name, len)) {
			*out = p;
			return true;
		}
	}
	return false;
}

bool fp_sys_multiplexed(const struct fp_sysdef *sys, enum fp_abi abi, const struct fp_sysdef **mux,
			uint32_t *subcall)
{
	const struct route *r;

	if (!route_of[sys->index])
		return false;
	r = &routes[route_of[sys->index] - 1];
	if (calls[r->mux].nr[abi] < 0)
		return false;
	*mux = &calls[r->mux];
	*subcall = r->subcall;
	return true;
}

size_t fp_const_count(void)
{
	return COUNT(constants);
}

const struct fp_const *fp_const_at(size_t index)
{
	return &constants[index];
}

const struct fp_const *fp_const_find(const char *name, size_t len)
{
	return row_find(constants, COUNT(constants), sizeof(constants[0]), name, len);
}

size_t fp_cap_count(void)
{
	return COUNT(caps);
}

const struct fp_cap *fp_cap_at(size_t index)
{
	return &caps[index];
}

/* Whether a name in the headers' spelling (after CAP_) is the row's. */
static bool cap_is_upper(const char *row, const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const char c = row[i] >= 'a' && row[i] <= 'z' ? (char)(row[i] - 'a' + 'A') : row[i];

		if (!c || c != name[i])
			return false;
	}
	return !row[len];
}

const struct fp_cap *fp_cap_find(const char *name, size_t len)
{
	const bool is_upper = len > 4 && !memcmp(name, "CAP_", 4);

	for (size_t i = 0; i < COUNT(caps); i++) {
		if (is_upper ? cap_is_upper(caps[i].name, name + 4, len - 4)
			     : !name_order(caps[i].name, name, len))
			return &caps[i];
	}
	return NULL;
}

uint16_t fp_errno_find(const char *name, size_t len)
{
	const struct errno_row *row = row_find(errnos_by_name, COUNT(errnos_by_name),
					       sizeof(errnos_by_name[0]), name, len);

	return row ? row->number : 0;
}

const char *fp_errno_name(uint16_t number)
{
	return number < COUNT(errno_names) ? errno_names[number] : NULL;
}

const struct fp_devnode *fp_devnode_find(const char *path, size_t len)
{
	return row_find(devnodes, COUNT(devnodes), sizeof(devnodes[0]), path, len);
}

const struct fp_devnode *fp_devnode_at(size_t n)
{
	return n < COUNT(devnodes) ? &devnodes[n] : NULL;
}

const struct fp_pathcall *fp_pathcall_at(size_t n)
{
	return n < COUNT(pathcalls) ? &pathcalls[n] : NULL;
}
