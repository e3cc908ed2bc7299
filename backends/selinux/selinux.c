/* SPDX-License-Identifier: MIT */
/* The SELinux back end: a module for a distribution's policy, a policy of its own, and file
 * contexts. */
#include "backends/selinux/selinux.h"
#include "ir/eval.h"

#include <string.h>

/* Names of CIL hold letters, digits, '_' and '-'. */
static const char *block_name(struct fp_unit *u, const char *name)
{
	struct fp_buf b;

	fp_buf_init(&b, &u->arena);
	fp_buf_puts(&b, "fpc_");
	for (; *name; name++) {
		bool good = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
			    (*name >= '0' && *name <= '9') || *name == '_' || *name == '-';
		fp_buf_putc(&b, good ? *name : '_');
	}
	return fp_buf_text(&b);
}

/* A right on the entries that /proc has of the job itself. */
static bool has_own(const struct fp_ir *ir, uint16_t right)
{
	return fp_eval_path(ir, "/proc/self/status", right).effect == FP_ALLOW;
}

/* A class of sockets needs the call that makes one and, but for local ones, a peer. */
static bool has_use(const struct se_net *net, const char *cls)
{
	if (!strcmp(cls, "tcp_socket"))
		return net->connects[FP_PROTO_TCP] || net->binds[FP_PROTO_TCP];
	if (!strcmp(cls, "udp_socket"))
		return net->connects[FP_PROTO_UDP] || net->binds[FP_PROTO_UDP];
	if (!strcmp(cls, "sctp_socket"))
		return net->connects[FP_PROTO_SCTP] || net->binds[FP_PROTO_SCTP];
	if (!strcmp(cls, "rawip_socket") || !strcmp(cls, "icmp_socket"))
		return net->connects[FP_PROTO_ICMP];
	return true;
}

static void plan_sockets(struct fp_unit *u, struct se_plan *plan)
{
	const struct se_socket_row *row;
	const char *last = "";

	for (size_t i = 0; (row = se_socket_at(i)); i++) {
		if (!strcmp(last, row->cls))
			continue;
		last = row->cls;
		if (has_use(&plan->net, last) && se_socket_passes(plan->ir, plan->target, last))
			fp_vec_push(&u->arena, &plan->sockets, last);
	}
}

const struct se_plan *se_plan_of(struct fp_unit *u, const struct fp_ir *ir,
				 const struct fp_target *t)
{
	const struct se_plan *made = fp_unit_recall(u, "selinux plan", ir, t);
	struct se_plan *plan;

	if (made)
		return made;
	plan = FP_NEW(&u->arena, struct se_plan);
	plan->ir = ir;
	plan->target = t;
	plan->block = block_name(u, ir->name);
	se_paths_plan(u, ir, &plan->paths);
	se_places_plan(u, plan);
	se_net_plan(u, ir, t, &plan->net);
	plan_sockets(u, plan);
	plan->has_proc_read = has_own(ir, FP_RIGHT_READ);
	plan->has_proc_write = has_own(ir, FP_RIGHT_WRITE);
	fp_unit_keep(u, "selinux plan", ir, t, plan);
	return plan;
}

static const void *lower(struct fp_unit *u, const struct fp_ir *ir, const struct fp_target *t)
{
	return se_plan_of(u, ir, t);
}

static void emit_one(struct fp_unit *u, const struct se_plan *plan, struct fp_emission *out,
		     const char *name, void (*const *parts)(struct se_writer *w), size_t n)
{
	struct se_writer w = { .plan = plan };

	fp_buf_init(&w.buf, &u->arena);
	for (size_t i = 0; i < n; i++)
		parts[i](&w);
	struct fp_artifact *a = fp_emit_file(out, name, &w.buf, false);
	for (size_t i = 0; i < w.map.n; i++)
		fp_vec_push(&u->arena, &a->map, w.map.at[i]);
}

static void write_module(struct se_writer *w)
{
	se_line(w, "; policy %s on %s, target %s: semodule -i module.cil", w->plan->ir->name,
		w->plan->target->selinux.base ? w->plan->target->selinux.base : "any base",
		w->plan->target->name);
	se_write_block(w, true);
}

static void write_standalone(struct se_writer *w)
{
	se_line(w, "; policy %s, target %s: secilc -c 33 -U deny standalone.cil", w->plan->ir->name,
		w->plan->target->name);
	se_write_base(w);
	se_write_block(w, false);
	se_write_kernel_trees(w);
}

static void emit(struct fp_unit *u, const void *opaque, struct fp_emission *out)
{
	static void (*const module[])(struct se_writer *) = { write_module };
	static void (*const standalone[])(struct se_writer *) = { write_standalone };
	static void (*const contexts[])(struct se_writer *) = { se_write_contexts };
	static void (*const host[])(struct se_writer *) = { se_write_host_contexts };
	const struct se_plan *plan = opaque;

	emit_one(u, plan, out, "selinux/module.cil", module, 1);
	emit_one(u, plan, out, "selinux/standalone.cil", standalone, 1);
	emit_one(u, plan, out, "selinux/file_contexts", contexts, 1);
	emit_one(u, plan, out, "selinux/file_contexts.host", host, 1);
	se_claim_all(u, plan, out);
}

static void dump_net(const struct se_plan *plan, struct fp_buf *out)
{
	for (size_t i = 0; i < plan->sockets.n; i++)
		fp_buf_printf(out, "socket %s\n", plan->sockets.at[i]);
	for (size_t i = 0; i < plan->net.ports.n; i++) {
		const struct se_ports *r = &plan->net.ports.at[i];
		fp_buf_printf(out, "port %s %u-%u%s%s\n", fp_proto_names[r->proto], r->first,
			      r->last, r->may_connect ? " connect" : "",
			      r->may_bind ? " bind" : "");
	}
	for (size_t i = 0; i < plan->net.base.n; i++) {
		const struct se_base_port *b = &plan->net.base.at[i];
		fp_buf_printf(out, "base port %s%s\n", b->row->type,
			      b->connects_wider || b->binds_wider ? " wider" : "");
	}
	for (size_t i = 0; i < plan->net.nodes.n; i++) {
		fp_buf_puts(out, plan->net.nodes.at[i].is_peer ? "peer " : "node ");
		fp_prefix_print(out, &plan->net.nodes.at[i].prefix);
		fp_buf_putc(out, '\n');
	}
}

static void dump(struct fp_unit *u, const void *opaque, struct fp_buf *out)
{
	const struct se_plan *plan = opaque;
	const struct se_paths *p = &plan->paths;

	(void)u;
	fp_buf_printf(out, "block %s\n", plan->block);
	for (size_t i = 0; i < p->patterns.n; i++) {
		const struct se_pattern *one = &p->patterns.at[p->order[i]];
		fp_buf_printf(out, "%s %s%s\n", p->types.at[one->type].name, one->regex,
			      one->is_emitted ? "" : " (known, not labelled)");
	}
	for (size_t i = 0; i < p->crossings.n; i++)
		fp_buf_printf(out, "%s %s and %s\n", p->types.at[p->crossings.at[i].type].name,
			      p->patterns.at[p->crossings.at[i].a].regex,
			      p->patterns.at[p->crossings.at[i].b].regex);
	for (size_t i = 0; i < p->named.n; i++)
		fp_buf_printf(out, "new \"%s\" in %s is %s\n", p->named.at[i].name,
			      p->types.at[p->named.at[i].dir].name,
			      p->types.at[p->named.at[i].type].name);
	dump_net(plan, out);
}

static const enum fp_feat features[] = {
	FP_FEAT_SE_ALWAYS_CHECK_NETWORK,
	FP_FEAT_SE_NNP_NOSUID_TRANSITION,
	FP_FEAT_SE_IO_URING,
	FP_FEAT_SE_IO_URING_CMD,
	FP_FEAT_SE_IO_URING_ALLOWED,
	FP_FEAT_SE_USER_NAMESPACE,
	FP_FEAT_SE_MEMFD_FILE,
	FP_FEAT_N,
};

const struct fp_backend fp_backend_selinux = {
	.name = "selinux",
	.summary = "type enforcement: CIL module, standalone policy, file contexts",
	.layer = FP_LAYER_SELINUX,
	.features = features,
	.lower = lower,
	.emit = emit,
	.dump = dump,
};
