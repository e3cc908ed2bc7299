/* SPDX-License-Identifier: MIT */
/* Profiles: text to weights, with every fault reported at its place. */
#include "target/profile.h"

#include "base/num.h"
#include "target/tables.h"

#include <string.h>

/* All calls of the tables, with names and numbers of the longest, are 20 kB. */
#define MAX_TEXT ((size_t)256 * 1024)

struct reader {
	struct fp_unit *u;
	const struct fp_source *source;
	uint32_t *weight, *seen; /* by call; `seen` is where it stands */
	uint64_t sum;
};

struct word {
	const char *at;
	size_t len;
};

static struct fp_span span_of(const struct reader *r, struct word w)
{
	uint32_t begin = r->source->base + (uint32_t)(w.at - r->source->data);

	return (struct fp_span){ begin, begin + (uint32_t)w.len };
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of the line that ends at `end`; none has no length. */
static struct word next_word(const char *at, const char *end)
{
	struct word w;

	while (at < end && is_blank(*at))
		at++;
	w.at = at;
	while (at < end && !is_blank(*at))
		at++;
	w.len = (size_t)(at - w.at);
	return w;
}

static void unknown_call(struct reader *r, struct word name)
{
	struct fp_nearest near;

	fp_diag(r->u, FP_E_PROFILE, span_of(r, name), "no system call is called '%.*s'",
		(int)(name.len < 64 ? name.len : 64), name.at);
	fp_nearest_init(&near, name.at, name.len);
	for (size_t i = 0; i < fp_sys_count(); i++)
		fp_nearest_offer(&near, fp_sys_at(i)->name);
	fp_diag_nearest(r->u, &near);
}

static void take(struct reader *r, struct word name, struct word number)
{
	const struct fp_sysdef *sys = fp_sys_find(name.at, name.len);
	uint64_t weight;

	if (!sys) {
		unknown_call(r, name);
	} else if (r->seen[sys->index]) {
		uint32_t at = r->seen[sys->index];
		fp_diag(r->u, FP_E_PROFILE, span_of(r, name), "'%s' stands twice", sys->name);
		fp_diag_note(r->u, (struct fp_span){ at, at + (uint32_t)name.len },
			     "it stands here already");
	} else if (!fp_num_parse_base(number.at, number.len, 10, &weight) || weight > UINT32_MAX) {
		fp_diag(r->u, FP_E_PROFILE, span_of(r, number),
			"a weight is a number from 0 to 4294967295");
	} else {
		r->seen[sys->index] = span_of(r, name).begin;
		r->weight[sys->index] = (uint32_t)weight;
		r->sum += weight;
	}
}

static void take_line(struct reader *r, const char *at, const char *end)
{
	const char *comment = memchr(at, '#', (size_t)(end - at));
	struct word line = { at, (size_t)(end - at) };

	end = comment ? comment : end;
	struct word name = next_word(at, end);
	struct word number = next_word(name.at + name.len, end);
	if (!name.len)
		return;
	if (number.len && !next_word(number.at + number.len, end).len)
		take(r, name, number);
	else
		fp_diag(r->u, FP_E_PROFILE, span_of(r, line),
			"a line is the name of a call and its weight");
}

const struct fp_profile *fp_profile_parse(struct fp_unit *u, const char *name, const char *data,
					  size_t len)
{
	static const struct fp_span nowhere;
	struct reader r = { .u = u };
	uint32_t errors = u->diags.errors;

	if (len > MAX_TEXT) {
		fp_diag(u, FP_E_PROFILE, nowhere, "%s: a profile has at most %zu KiB", name,
			MAX_TEXT / 1024);
		return NULL;
	}
	r.source = fp_source_add(&u->sources, name, data, len, nowhere);
	if (!r.source) {
		fp_diag(u, FP_E_PROFILE, nowhere, "%s: too much text in one compilation", name);
		return NULL;
	}
	r.weight = FP_NEW_ARRAY(&u->arena, fp_sys_count(), uint32_t);
	r.seen = FP_NEW_ARRAY(&u->arena, fp_sys_count(), uint32_t);
	for (const char *at = r.source->data, *end = at + len; at < end;) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));
		take_line(&r, at, nl ? nl : end);
		at = nl ? nl + 1 : end;
	}
	if (u->diags.errors == errors && !r.sum)
		fp_diag(u, FP_E_PROFILE, nowhere, "%s: no call has a weight", name);
	if (u->diags.errors != errors)
		return NULL;
	struct fp_profile *p = FP_NEW(&u->arena, struct fp_profile);
	*p = (struct fp_profile){ r.weight, r.sum };
	return p;
}
