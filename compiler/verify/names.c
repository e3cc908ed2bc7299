/* SPDX-License-Identifier: MIT */
/*
 * Which names a libseccomp knows. A runtime's may know more than the one that is built in, or less.
 * What it knows more stands in the list under other names, and is moved to its own numbers
 * afterwards; what it knows less is as if it were not listed: libseccomp treats all calls alike but
 * those that a multiplexer carries.
 */
#include "ir/domain_calls.h"
#include "verify/list.h"
#include "verify/runs.h"

#include <seccomp.h>
#include <string.h>

static bool is_listed(const struct fp_list *p, enum fp_arch arch, enum fp_abi abi)
{
	return fp_abi(abi)->arch == arch && (fp_abi(abi)->is_native || p->abis >> abi & 1);
}

/* The libseccomp that is built in. */
static bool knows(const struct fp_sysdef *sys, enum fp_abi abi)
{
	uint32_t token = fp_abi(abi)->nr_bit ? SCMP_ARCH_X32 : fp_abi(abi)->audit_arch;

	return seccomp_syscall_resolve_name_arch(token, sys->name) >= 0;
}

static bool is_to_stand_in(const struct fp_list *p, enum fp_arch arch, const struct fp_sysdef *sys)
{
	for (enum fp_abi abi = 0; sys && abi < FP_ABI_N; abi++)
		if (is_listed(p, arch, abi) && sys->nr[abi] >= 0 && !knows(sys, abi))
			return true;
	return false;
}

/* The next call that every ABI and every libseccomp numbers, and nothing carries. */
static const struct fp_sysdef *next_ordinary(size_t *at)
{
	for (; *at < fp_sys_count(); ++*at) {
		const struct fp_sysdef *sys = fp_sys_at(*at), *mux;
		bool is_ordinary = !sys->flags;
		uint32_t sub;
		for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
			is_ordinary &= sys->nr[abi] >= 0 && !sys->libseccomp[abi] &&
				       !fp_sys_multiplexed(sys, abi, &mux, &sub);
		if (is_ordinary)
			return fp_sys_at((*at)++);
	}
	return NULL;
}

static const struct fp_sysdef *stand_in(struct fp_unit *u, struct fp_stand_ins *s, size_t *next,
					const struct fp_sysdef *sys)
{
	struct fp_stand_in it = { .sys = sys };

	for (size_t i = 0; i < s->names.n; i++)
		if (s->names.at[i].sys == sys)
			return s->names.at[i].by;
	it.by = next_ordinary(next);
	if (it.by)
		fp_vec_push(&u->arena, &s->names, it);
	return it.by;
}

void fp_list_stand_in(struct fp_unit *u, const struct fp_list *p, enum fp_arch arch,
		      struct fp_stand_ins *out)
{
	size_t next = 0;

	*out = (struct fp_stand_ins){ .list = { .default_action = p->default_action,
						.abis = p->abis } };
	for (size_t i = 0; i < p->rules.n; i++) {
		struct fp_list_rule rule = p->rules.at[i];
		const char **names = FP_NEW_ARRAY(&u->arena, rule.name_count, const char *);
		size_t n = 0;
		for (size_t k = 0; k < rule.name_count; k++) {
			const char *name = rule.names[k];
			const struct fp_sysdef *sys = fp_sys_find(name, strlen(name)), *by = NULL;
			if (is_to_stand_in(p, arch, sys))
				by = stand_in(u, out, &next, sys);
			if (by)
				names[n++] = by->name;
		}
		rule.names = names;
		rule.name_count = n;
		if (n)
			fp_vec_push(&u->arena, &out->list.rules, rule);
		out->list.call_count += n;
	}
}

static uint32_t at_call(const struct fp_verifier *v, uint32_t node, enum fp_abi abi, uint32_t nr)
{
	struct fp_dd_set at = { 0 };

	for (unsigned i = 0; i < 32; i++) {
		if (fp_abi(abi)->audit_arch >> (31 - i) & 1)
			fp_dd_set_add(&at, FP_DOMAIN_ARCH + i);
		if (nr >> (31 - i) & 1)
			fp_dd_set_add(&at, FP_DOMAIN_NR + i);
	}
	return fp_dd_restrict(&v->dd, node, &at, FP_DOMAIN_ARGS);
}

static const struct fp_sysdef *standing_in(const struct fp_stand_ins *s,
					   const struct fp_sysdef *sys)
{
	for (size_t i = 0; i < s->names.n; i++)
		if (s->names.at[i].sys == sys)
			return s->names.at[i].by;
	return NULL;
}

/* What the call meets where the library of the runtime is another one. */
static uint32_t settle(struct fp_verifier *v, const struct fp_list *p, const struct fp_stand_ins *s,
		       const struct fp_target_runtime *rt, const struct fp_sysdef *sys,
		       enum fp_abi abi, struct fp_compiled c)
{
	uint32_t bit = fp_abi(abi)->nr_bit, meets;
	const struct fp_sysdef *by = standing_in(s, sys);

	if (!fp_target_runtime_knows(rt, sys, abi))
		meets = fp_dd_leaf(&v->dd, fp_domain_leaf(fp_bpf_decision(p->default_action)));
	else if (by && !knows(sys, abi))
		meets = at_call(v, c.stand_ins, abi, (uint32_t)by->nr[abi] | bit);
	else
		return c.list;
	return fp_dd_if(&v->dd, fp_verify_call(v, abi, (uint32_t)sys->nr[abi] | bit), meets,
			c.list);
}

uint32_t fp_list_settle(struct fp_verifier *v, const struct fp_list *p, enum fp_arch arch,
			const struct fp_stand_ins *s, const struct fp_target_runtime *rt,
			struct fp_compiled c)
{
	for (size_t i = 0; i < p->rules.n; i++)
		for (size_t k = 0; k < p->rules.at[i].name_count; k++) {
			const char *name = p->rules.at[i].names[k];
			const struct fp_sysdef *sys = fp_sys_find(name, strlen(name));
			for (enum fp_abi abi = 0; sys && abi < FP_ABI_N; abi++)
				if (is_listed(p, arch, abi) && sys->nr[abi] >= 0)
					c.list = settle(v, p, s, rt, sys, abi, c);
		}
	return c.list;
}
