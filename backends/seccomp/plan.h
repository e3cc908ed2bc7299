/* SPDX-License-Identifier: MIT */
/* What the seccomp back end decided, and the steps that decide it. */
#ifndef FP_BACKENDS_SECCOMP_PLAN_H
#define FP_BACKENDS_SECCOMP_PLAN_H

#include "backends/backend.h"
#include "backends/seccomp/code.h"
#include "backends/seccomp/diagram.h"
#include "backends/seccomp/seccomp.h"
#include "ir/eval.h"

/* Meaning of one call on one ABI. */
struct fp_call_abi {
	bool is_there;   /* the ABI is open on the target and numbers the call */
	bool is_unknown; /* `unknown` decides in place of `default` */
	bool is_plain;   /* no argument matters */
	struct fp_decision plain;
	uint32_t root; /* in the context's diagram, unless plain or the diagram is spent */
};

/* The call a context speaks of; the next fp_call_load() overwrites it. */
struct fp_call_context {
	struct fp_unit *unit;
	const struct fp_ir *ir;
	const struct fp_target *target;
	uint8_t open;     /* bit per ABI: native ones of the target, foreign ones of the policy */
	uint8_t carrying; /* those of them that have a multiplexer */
	const struct fp_sysdef *sys;
	struct fp_call_abi abi[FP_ABI_N];
	struct fp_diagram diagram;
	struct fp_tree_table *table;
	const struct fp_claim *claims; /* fp_seccomp_claims(), once asked for */
};

void fp_call_context_init(struct fp_call_context *c, struct fp_unit *u, const struct fp_ir *ir,
			  const struct fp_target *t);

/* Decides the call on every open ABI. */
void fp_call_load(struct fp_call_context *c, const struct fp_sysdef *sys);

/* Whether the kernel answers the call that is loaded without the filter, once it was attached. */
bool fp_call_is_cached(const struct fp_call_context *c, enum fp_abi abi);

/* Tests of one call from which on the shorter form is looked for. */
#ifndef FP_CALL_LARGE
#define FP_CALL_LARGE 24u
#endif

/* Its arguments as tests. Also where the diagram is spent: then clause by clause. */
uint32_t fp_call_graph(struct fp_call_context *c, enum fp_abi abi, struct fp_graph *g);

/* The strictest that can happen to the call, whatever its arguments are and carry. */
struct fp_decision fp_call_bound(const struct fp_call_context *c, const struct fp_sysdef *sys,
				 enum fp_abi abi);

/* What a multiplexer of an open ABI does to rules that test arguments which it hides. */
enum fp_hidden {
	FP_HIDDEN_NOT,  /* it carries the call nowhere, or lets it through nowhere */
	FP_HIDDEN_OPEN, /* a rule on the multiplexer lets the call through, whatever they are */
	FP_HIDDEN_STRICTEST, /* that way the call meets the strictest of its rules */
};

/* `abi` and `by`, the multiplexer, say where. */
enum fp_hidden fp_call_hidden(const struct fp_call_context *c, const struct fp_sysdef *sys,
			      const char **abi, const char **by);

/* Which bits of argument 0 select the carried call: those of the parameter's type. */
uint32_t fp_mux_mask(const struct fp_sysdef *mux);

/* Return value of a filter: SECCOMP_RET_* (include/uapi/linux/seccomp.h). */
uint32_t fp_decision_value(struct fp_decision d);

/* A call's code in a filter. Plain decisions have none. */
struct fp_call_code {
	const struct fp_sysdef *sys;
	enum fp_abi abi;
	uint32_t node;
};

struct fp_filter {
	enum fp_arch arch;
	bool is_wanted; /* the target has the architecture */
	bool is_too_long;
	struct fp_graph graph;
	FP_VEC(struct fp_call_code) calls;
	struct fp_code code;
};

struct fp_seccomp_plan {
	struct fp_call_context context;
	struct fp_filter filter[FP_ARCH_N];
	const struct fp_claim *claims; /* by rule: what the blobs do */
	const struct fp_seccomp_oci *oci;
	bool is_logging;   /* audit { denied; } */
	bool is_notifying; /* an action needs a listener */
};

void fp_filter_build(struct fp_call_context *c, struct fp_seccomp_plan *plan);

/* All that is decided for a target: made once, for each layer that asks. Reports nothing. */
const struct fp_seccomp_plan *fp_seccomp_plan(struct fp_unit *u, const struct fp_ir *ir,
					      const struct fp_target *t);

/* Claims about the blobs, by rule. */
const struct fp_claim *fp_seccomp_claims(struct fp_call_context *c);

/* Why a filter says nothing about rules of the kind; NULL for the kinds it decides. */
const char *fp_seccomp_silence(enum fp_kind kind);

/* Gives the artifact its map: which rules each instruction comes from. */
void fp_filter_map(const struct fp_call_context *c, const struct fp_filter *f,
		   struct fp_emission *out, struct fp_artifact *artifact);

const struct fp_seccomp_oci *fp_seccomp_oci_with(struct fp_call_context *c);

#endif
