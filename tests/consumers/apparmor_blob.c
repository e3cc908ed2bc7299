/* SPDX-License-Identifier: MIT */
/* Reads what apparmor_parser hands to the kernel: unpacking, then the kernel's matcher. */
#include "tests/consumers/apparmor_blob.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

enum tag {
	TAG_U8,
	TAG_U16,
	TAG_U32,
	TAG_U64,
	TAG_NAME,
	TAG_STRING,
	TAG_BLOB,
	TAG_STRUCT,
	TAG_STRUCT_END,
	TAG_LIST,
	TAG_LIST_END,
	TAG_ARRAY,
	TAG_ARRAY_END
};

#define NESTING_MAX 16u
#define PERM_WORDS  14u
#define STATES_MAX  (1u << 24)

struct reader {
	const uint8_t *begin, *at, *end;
	const char **why;
	jmp_buf bad;
};

static void refuse(struct reader *r, const char *why)
{
	*r->why = why;
	longjmp(r->bad, 1);
}

static const uint8_t *take(struct reader *r, size_t n)
{
	const uint8_t *at = r->at;

	if ((size_t)(r->end - r->at) < n)
		refuse(r, "it ends early");
	r->at += n;
	return at;
}

static uint64_t little(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | p[n];
	return v;
}

static uint32_t big(const uint8_t *p, unsigned n)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

/* Consumes name and tag of the next element if both are as asked; name NULL: an element without
 * one. */
static bool meet(struct reader *r, enum tag tag, const char *name)
{
	const uint8_t *back = r->at;

	if (r->at == r->end)
		return false;
	if (*r->at == TAG_NAME) {
		size_t n = (size_t)little(take(r, 3) + 1, 2);
		const char *text = (const char *)take(r, n);
		if (!n || text[n - 1])
			refuse(r, "a name has no end");
		if (!name || strcmp(name, text) || r->at == r->end) {
			r->at = back;
			return false;
		}
	} else if (name) {
		return false;
	}
	if (*r->at != tag) {
		r->at = back;
		return false;
	}
	r->at++;
	return true;
}

static bool meet_u32(struct reader *r, const char *name, uint32_t *out)
{
	if (!meet(r, TAG_U32, name))
		return false;
	*out = (uint32_t)little(take(r, 4), 4);
	return true;
}

static uint32_t need_u32(struct reader *r)
{
	uint32_t v = 0;

	if (!meet_u32(r, NULL, &v))
		refuse(r, "a number is missing");
	return v;
}

static const char *meet_string(struct reader *r, const char *name)
{
	if (!meet(r, TAG_STRING, name))
		return NULL;
	size_t n = (size_t)little(take(r, 2), 2);
	const char *text = (const char *)take(r, n);
	if (!n || text[n - 1])
		refuse(r, "a string has no end");
	return text;
}

static void need_end(struct reader *r, enum tag tag)
{
	if (!meet(r, tag, NULL))
		refuse(r, "a list or structure does not end where it should");
}

static void skip(struct reader *r, unsigned depth)
{
	unsigned tag, end;

	if (depth > NESTING_MAX)
		refuse(r, "elements nest too deeply");
	if (r->at < r->end && *r->at == TAG_NAME)
		take(r, (size_t)little(take(r, 3) + 1, 2));
	tag = *take(r, 1);
	end = tag + 1;
	if (tag <= TAG_U64) {
		take(r, (size_t)1 << tag);
	} else if (tag == TAG_STRING) {
		take(r, (size_t)little(take(r, 2), 2));
	} else if (tag == TAG_BLOB) {
		take(r, (size_t)little(take(r, 4), 4));
	} else if (tag == TAG_STRUCT || tag == TAG_LIST || tag == TAG_ARRAY) {
		if (tag == TAG_ARRAY)
			take(r, 2);
		while (r->at < r->end && *r->at != end)
			skip(r, depth + 1);
		take(r, 1);
	} else {
		refuse(r, "an element has an unknown tag");
	}
}

static void *numbers(struct reader *r, size_t n, size_t size)
{
	void *at = calloc(n ? n : 1, size);

	if (!at)
		refuse(r, "memory is short");
	return at;
}

/* ---- the tables of one automaton ---- */

enum table {
	T_ACCEPT = 1,
	T_BASE,
	T_CHECK,
	T_DEFAULT,
	T_EC,
	T_ACCEPT2 = 7,
	T_NEXT,
	T_N
};

static void keep_table(struct reader *r, struct aab_dfa *d, unsigned id, uint32_t *t, uint32_t n,
		       uint32_t lens[T_N])
{
	uint32_t **const where[T_N] = {
		[T_ACCEPT] = &d->accept, [T_BASE] = &d->base,       [T_CHECK] = &d->check,
		[T_DEFAULT] = &d->def,   [T_ACCEPT2] = &d->accept2, [T_NEXT] = &d->next
	};

	if (id >= T_N || (id != T_EC && !where[id]) || lens[id]) {
		free(t);
		refuse(r, "an unknown or repeated table");
	}
	lens[id] = n;
	if (id != T_EC) {
		*where[id] = t;
		return;
	}
	for (uint32_t i = 0; i < n && i < 256; i++)
		d->equivalent[i] = (uint8_t)t[i];
	free(t);
}

static void read_table(struct reader *r, struct aab_dfa *d, const uint8_t **at, const uint8_t *end,
		       uint32_t lens[T_N])
{
	unsigned id = big(*at, 2), width = big(*at + 2, 2);
	uint32_t n = big(*at + 8, 4);
	size_t size, left = (size_t)(end - *at);

	if (width != 1 && width != 2 && width != 4)
		refuse(r, "a table has a strange width");
	if (!n || n > STATES_MAX || n > (left - 12) / width)
		refuse(r, "a table is longer than its blob");
	uint32_t *t = numbers(r, n, sizeof(*t));
	for (uint32_t i = 0; i < n; i++)
		t[i] = big(*at + 12 + (size_t)i * width, width);
	keep_table(r, d, id, t, n, lens);
	size = (12 + (size_t)n * width + 7) & ~(size_t)7;
	*at += size < left ? size : left;
}

#define DIFF_ENCODED 0x80000000u
#define BASE_INDEX   0x00ffffffu

/* After this no step can leave the tables or go round for ever. */
static void check_tables(struct reader *r, struct aab_dfa *d, const uint32_t lens[T_N])
{
	d->states = lens[T_BASE];
	d->slots = lens[T_CHECK];
	if (d->states < 2 || lens[T_ACCEPT] != d->states || lens[T_DEFAULT] != d->states ||
	    (lens[T_ACCEPT2] && lens[T_ACCEPT2] != d->states))
		refuse(r, "the tables of states differ in length");
	if (!d->slots || lens[T_NEXT] != d->slots)
		refuse(r, "the tables of transitions differ in length");
	for (uint32_t i = 0; i < d->states; i++)
		if (d->def[i] >= d->states)
			refuse(r, "a default leads nowhere");
	for (uint32_t i = 0; i < d->slots; i++)
		if (d->next[i] >= d->states || d->check[i] >= d->states)
			refuse(r, "a transition leads nowhere");
	for (uint32_t i = 0; i < d->states; i++) {
		uint32_t s = i, hops = 0;
		while (d->base[s] & DIFF_ENCODED && hops++ <= d->states)
			s = d->def[s];
		if (hops > d->states)
			refuse(r, "a chain of differences has no end");
	}
}

static void read_tables(struct reader *r, struct aab_dfa *d, const uint8_t *at, const uint8_t *end)
{
	uint32_t lens[T_N] = { 0 };
	size_t len = (size_t)(end - at);

	if (len < 16 || big(at, 4) != 0x1b5e783du || big(at + 4, 4) > len)
		refuse(r, "an automaton has no head");
	for (unsigned i = 0; i < 256; i++)
		d->equivalent[i] = (uint8_t)i;
	at += big(at + 4, 4);
	while (end - at >= 12)
		read_table(r, d, &at, end, lens);
	check_tables(r, d, lens);
}

static void read_perms(struct reader *r, struct aab_dfa *d)
{
	uint32_t version;

	if (!meet(r, TAG_STRUCT, "perms"))
		return;
	if (!meet_u32(r, "version", &version) || version != 1 || !meet(r, TAG_ARRAY, NULL))
		refuse(r, "a permission table of an unknown version");
	d->perms_count = (uint32_t)little(take(r, 2), 2);
	d->perms = numbers(r, d->perms_count, sizeof(*d->perms));
	for (uint32_t i = 0; i < d->perms_count; i++) {
		uint32_t w[PERM_WORDS];
		for (unsigned j = 0; j < PERM_WORDS; j++)
			w[j] = need_u32(r);
		d->perms[i] = (struct aab_perms){ .allow = w[1], .deny = w[2], .xindex = w[11] };
	}
	need_end(r, TAG_ARRAY_END);
	need_end(r, TAG_STRUCT_END);
	meet_u32(r, "permsv", &d->perms_version);
}

static void check_accepts(struct reader *r, const struct aab_dfa *d)
{
	for (uint32_t i = 0; d->perms && i < d->states; i++)
		if (d->accept[i] + (d->accept2 ? d->accept2[i] & 1 : 0) >= d->perms_count)
			refuse(r, "a state has no permissions");
}

static bool read_dfa(struct reader *r, struct aab_dfa *d)
{
	read_perms(r, d);
	if (!meet(r, TAG_BLOB, "aadfa"))
		return false;
	size_t n = (size_t)little(take(r, 4), 4);
	const uint8_t *at = take(r, n);
	size_t pad = (8 - ((size_t)(at - r->begin) & 7)) & 7; /* aligned from the stream's start */
	if (pad > n)
		refuse(r, "an automaton is all padding");
	read_tables(r, d, at + pad, at + n);
	check_accepts(r, d);
	d->start = 1;
	meet_u32(r, "start", &d->start);
	meet_u32(r, "dfa_start", &d->start);
	if (d->start >= d->states)
		refuse(r, "the first state does not exist");
	if (meet(r, TAG_STRUCT, "xtable")) {
		while (r->at < r->end && *r->at != TAG_STRUCT_END)
			skip(r, 0);
		need_end(r, TAG_STRUCT_END);
	}
	return true;
}

static void read_rlimits(struct reader *r, struct aab *a)
{
	a->rlimit_mask = need_u32(r);
	if (!meet(r, TAG_ARRAY, NULL) || little(take(r, 2), 2) > 16)
		refuse(r, "a strange number of limits");
	for (unsigned i = 0; r->at < r->end && *r->at == TAG_U64; i++) {
		take(r, 1);
		a->rlimits[i & 15] = little(take(r, 8), 8);
	}
	need_end(r, TAG_ARRAY_END);
	need_end(r, TAG_STRUCT_END);
}

static void read_member(struct reader *r, struct aab *a, unsigned *plain)
{
	const uint8_t *before = r->at;
	uint32_t v = 0;

	if (meet(r, TAG_STRUCT, "flags")) {
		need_u32(r);
		a->mode = need_u32(r);
		need_u32(r);
		need_end(r, TAG_STRUCT_END);
	} else if (meet_u32(r, "path_flags", &a->path_flags)) {
		return;
	} else if (meet(r, TAG_STRUCT, "caps64")) {
		a->caps |= (uint64_t)need_u32(r) << 32;
		while (r->at < r->end && *r->at != TAG_STRUCT_END)
			skip(r, 0);
		need_end(r, TAG_STRUCT_END);
	} else if (meet(r, TAG_STRUCT, "rlimits")) {
		read_rlimits(r, a);
	} else if (meet(r, TAG_STRUCT, "policydb")) {
		a->has_policy = read_dfa(r, &a->policy);
		need_end(r, TAG_STRUCT_END);
	} else if (meet_u32(r, NULL, &v)) {
		a->caps |= (*plain)++ ? 0 : v; /* allowed, then audited, quiet, unused */
	} else if (!a->has_files && read_dfa(r, &a->files)) {
		a->has_files = true;
	} else if (r->at == before) {
		skip(r, 0);
	}
}

static void read_profile(struct reader *r, struct aab *a)
{
	unsigned plain = 0;
	uint32_t version;

	if (!meet_u32(r, "version", &version))
		refuse(r, "there is no version");
	meet_string(r, "namespace");
	if (!meet(r, TAG_STRUCT, "profile"))
		refuse(r, "there is no profile");
	const char *name = meet_string(r, NULL);
	if (!name || strlen(name) >= sizeof(a->name))
		refuse(r, "the profile has no name, or a long one");
	memcpy(a->name, name, strlen(name) + 1);
	meet_string(r, "rename");
	meet_string(r, "attach");
	while (r->at < r->end && *r->at != TAG_STRUCT_END)
		read_member(r, a, &plain);
	need_end(r, TAG_STRUCT_END);
}

static void free_dfa(struct aab_dfa *d)
{
	free(d->accept);
	free(d->accept2);
	free(d->base);
	free(d->def);
	free(d->next);
	free(d->check);
	free(d->perms);
}

void aab_free(struct aab *a)
{
	if (!a)
		return;
	free_dfa(&a->policy);
	free_dfa(&a->files);
	free(a);
}

static bool unpack(struct reader *r, struct aab *a)
{
	if (setjmp(r->bad))
		return false;
	read_profile(r, a);
	return true;
}

struct aab *aab_open(const uint8_t *data, size_t len, const char **why)
{
	struct reader r = { .begin = data, .at = data, .end = data + len, .why = why };
	struct aab *a = calloc(1, sizeof(*a));

	*why = "memory is short";
	if (!a || unpack(&r, a))
		return a;
	aab_free(a);
	return NULL;
}

/* ---- match.c of the kernel ---- */

uint32_t aab_step(const struct aab_dfa *d, uint32_t state, uint8_t byte)
{
	for (;;) {
		uint32_t base = d->base[state];
		uint64_t slot = (uint64_t)(base & BASE_INDEX) + d->equivalent[byte];
		if (slot < d->slots && d->check[slot] == state)
			return d->next[slot];
		state = d->def[state];
		if (!(base & DIFF_ENCODED))
			return state;
	}
}

uint32_t aab_walk(const struct aab_dfa *d, uint32_t state, const void *data, size_t len)
{
	const uint8_t *at = data;

	for (size_t i = 0; i < len && state; i++)
		state = aab_step(d, state, at[i]);
	return state;
}

/* map_old_perms() of policy_compat.c: seven bits, then seven for the way of executing. */
static uint32_t old_file(uint32_t bits)
{
	uint32_t p = bits & (AAB_EXEC | AAB_WRITE | AAB_READ | AAB_APPEND);

	if (bits & AAB_WRITE)
		p |= AAB_CREATE | AAB_DELETE | AAB_CHMOD;
	if (bits & 0x10)
		p |= AAB_LINK;
	if (bits & 0x20)
		p |= AAB_LOCK;
	if (bits & 0x40)
		p |= AAB_MMAP;
	return p;
}

uint32_t aab_file(const struct aab_dfa *d, uint32_t state, bool is_owner)
{
	if (!state)
		return 0;
	if (!d->perms)
		return old_file(d->accept[state] >> (is_owner ? 0 : 14));
	bool is_pair = d->accept2 && d->accept2[state] & 1;
	const struct aab_perms *p = &d->perms[d->accept[state] + (!is_owner && is_pair)];
	return p->allow & ~p->deny;
}

bool aab_mediates(const struct aab *a, enum aab_class class)
{
	return a->has_policy && aab_step(&a->policy, a->policy.start, (uint8_t) class);
}

uint32_t aab_query(const struct aab *a, enum aab_class class, const void *data, size_t len)
{
	const struct aab_dfa *d = &a->policy;

	if (!aab_mediates(a, class))
		return UINT32_MAX;
	uint32_t s = aab_walk(d, aab_step(d, d->start, (uint8_t) class), data, len);
	if (!s)
		return 0;
	if (d->perms)
		return d->perms[d->accept[s]].allow & ~d->perms[d->accept[s]].deny;
	return d->accept[s] & 0x7f;
}
