/* SPDX-License-Identifier: MIT */
/* Which calls the policy lets through: SELinux permissions that only they could use are granted
 * with them. */
#include "backends/selinux/selinux.h"
#include "ir/eval.h"

#include <string.h>

static bool is_open(const struct fp_ir *ir, const struct fp_target *t, enum fp_abi abi)
{
	const struct fp_abi_def *def = fp_abi(abi);

	return t->archs[def->arch] && (def->is_native || ir->foreign_abis >> abi & 1);
}

bool se_call_passes(const struct fp_ir *ir, const struct fp_target *t, const char *call,
		    const uint64_t args[6])
{
	const struct fp_sysdef *sys = fp_sys_find(call, strlen(call));

	for (unsigned abi = 0; sys && abi < FP_ABI_N; abi++)
		if (sys->nr[abi] >= 0 && is_open(ir, t, (enum fp_abi)abi) &&
		    fp_eval_call(ir, (enum fp_abi)abi, (uint32_t)sys->nr[abi], args,
				 FP_SINCE(t->kernel.major, t->kernel.minor))
				    .effect == FP_ALLOW)
			return true;
	return false;
}

bool se_socket_passes(const struct fp_ir *ir, const struct fp_target *t, const char *cls)
{
	const struct se_socket_row *row;

	for (size_t i = 0; (row = se_socket_at(i)); i++) {
		const uint64_t args[6] = { row->family, row->type, row->protocol };
		if (strcmp(row->cls, cls))
			continue;
		if (se_call_passes(ir, t, "socket", args) ||
		    (row->family == 1 && se_call_passes(ir, t, "socketpair", args)))
			return true;
	}
	return false;
}
