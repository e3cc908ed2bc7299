/* SPDX-License-Identifier: MIT */
/* What SELinux, where it runs, does about every rule, by module or standalone policy: the weaker.
 */
#include "backends/selinux/selinux.h"

#include <string.h>

struct verdict {
	enum fp_claim_kind kind;
	const char *why;
};

static const struct verdict exact = { FP_CLAIM_EXACT, NULL };

static int weakness(enum fp_claim_kind kind)
{
	switch (kind) {
	case FP_CLAIM_EXACT:
		return 0;
	case FP_CLAIM_NARROWER:
		return 1;
	case FP_CLAIM_WIDER:
		return 2;
	case FP_CLAIM_NONE:
		return 3;
	}
	return 3;
}

static void worsen(struct verdict *v, enum fp_claim_kind kind, const char *why)
{
	if (weakness(kind) > weakness(v->kind))
		*v = (struct verdict){ kind, why };
}

/* ---- files ---- */

struct files {
	struct fp_unit *u;
	const struct se_plan *plan;
	struct verdict *by_rule;
};

static uint32_t rights_of(const struct fp_rule *r, const struct se_pattern *one)
{
	if (r->kind == FP_KIND_FILE)
		return r->u.file.rights & FP_RIGHT_WRITE ? r->u.file.rights | FP_RIGHT_APPEND
							 : r->u.file.rights;
	return one->allow | one->deny;
}

/* Of the rules that name paths: the rest of them masks. */
static bool denies(const struct fp_rule *r)
{
	if (r->kind == FP_KIND_FILE)
		return r->u.file.effect == FP_DENY;
	if (r->kind == FP_KIND_DEVICE)
		return r->u.device.effect == FP_DENY;
	return r->kind != FP_KIND_FILE_DEFAULT || r->u.effect == FP_DENY;
}

/* The part of a tree that file_contexts cannot label, or NULL. */
static const char *foreign(const struct files *f, const struct se_pattern *one)
{
	const struct se_place *place = se_place_of(f->plan, one);

	if (se_kernel_tree(one))
		return se_kernel_tree(one);
	if (place && place->rule->u.mount.type == FP_MOUNT_BIND && !place->source)
		return place->rule->u.mount.source;
	return NULL;
}

static void judge_foreign(struct files *f, const struct fp_rule *r, const struct se_pattern *one,
			  struct verdict *v)
{
	const char *where = foreign(f, one);
	uint32_t rights = rights_of(r, one);

	if (!where)
		return;
	if (denies(r) && rights & (FP_RIGHT_READ | FP_RIGHT_EXECUTE))
		worsen(v, FP_CLAIM_WIDER,
		       fp_arena_printf(
			       &f->u->arena,
			       "%s has the labels of the base, which lets every domain read "
			       "some of them",
			       where));
	else if (!denies(r))
		worsen(v, FP_CLAIM_NARROWER,
		       fp_arena_printf(
			       &f->u->arena,
			       "%s has the labels of the base; nothing there but the job's own "
			       "entries is granted",
			       where));
}

/* A pattern that begins above a bind mount, without holding all of it, and reaches into it. */
static bool crosses_mount(const struct files *f, const struct se_pattern *one)
{
	const struct se_paths *p = &f->plan->paths;

	for (size_t i = 0; i < one->partial.n; i++)
		if (p->patterns.at[one->partial.at[i]].is_mount)
			return true;
	return false;
}

/* Whether the tree is that of a mount: its top is there as long as the job. */
static bool is_place(const struct se_plan *plan, const struct se_pattern *one)
{
	const struct se_place *place = se_place_of(plan, one);

	return !one->n || (place && place->len == one->prefix);
}

static void judge(struct files *f, const struct fp_rule *r, const struct se_pattern *one)
{
	struct verdict *v = &f->by_rule[r->id];
	uint32_t rights = rights_of(r, one);

	judge_foreign(f, r, one, v);
	if (crosses_mount(f, one))
		worsen(v, FP_CLAIM_WIDER,
		       "files of a bind mount get their labels on the host, where a pattern that only "
		       "reaches into the mount has no place");
	if (denies(r)) {
		if (one->over & rights)
			worsen(v, FP_CLAIM_WIDER, one->over_why);
		return;
	}
	if (one->over & ~one->all_deny)
		worsen(v, FP_CLAIM_WIDER, one->over_why);
	if (one->under & rights)
		worsen(v, FP_CLAIM_NARROWER, one->under_why);
	if (one->is_tree && !is_place(f->plan, one) && rights & (FP_RIGHT_CREATE | FP_RIGHT_DELETE))
		worsen(v, FP_CLAIM_NARROWER,
		       "the top of a tree is not the job's to make or remove");
	if (r->kind == FP_KIND_DEVICE)
		worsen(v, FP_CLAIM_NARROWER,
		       "a node that the runtime makes has the label of its file system, not this one");
}

static void judge_files(struct files *f)
{
	const struct se_paths *p = &f->plan->paths;

	for (size_t i = 0; i < p->patterns.n; i++)
		for (size_t k = 0; k < p->patterns.at[i].rules.n; k++)
			judge(f, &f->plan->ir->rules[p->patterns.at[i].rules.at[k]],
			      &p->patterns.at[i]);
}

/* ---- network ---- */

static const char blind[] =
	"module.cil names no hosts; standalone.cil lets every allowed host be reached on every "
	"allowed port";
static const char portless[] = "SELinux checks the peer's port of TCP and SCTP alone";
static const char ephemeral[] =
	"ports of the range that the kernel hands out are bound without a check of their label";

static bool is_full(const struct fp_rule_net *n)
{
	return n->port_count == 1 && n->ports[0].first <= 1 && n->ports[0].last == 65535;
}

static bool speaks(const struct fp_rule_net *n, enum fp_proto proto)
{
	return n->proto == proto || n->proto == FP_PROTO_ANY;
}

/* Whether the job can reach, or be reached at, some port of the rule. */
static bool is_reached(const struct se_net *net, const struct fp_rule_net *n, bool egress)
{
	const bool *some = egress ? net->connects : net->binds;
	const bool *all = egress ? net->connects_all : net->binds_all;

	for (unsigned p = FP_PROTO_TCP; p <= FP_PROTO_ICMP; p++) {
		if (!speaks(n, (enum fp_proto)p) || !some[p])
			continue;
		if (all[p] || p == FP_PROTO_ICMP || (egress && p == FP_PROTO_UDP))
			return true;
		for (size_t i = 0; i < net->ports.n; i++)
			for (size_t k = 0; k < n->port_count; k++) {
				const struct se_ports *r = &net->ports.at[i];
				if (r->proto == p && (egress ? r->may_connect : r->may_bind) &&
				    r->first <= n->ports[k].last && n->ports[k].first <= r->last)
					return true;
			}
	}
	return false;
}

static const struct se_base_port *wider_base(const struct se_net *net, const struct fp_rule_net *n,
					     bool egress)
{
	for (size_t i = 0; i < net->base.n; i++) {
		const struct se_base_port *b = &net->base.at[i];
		if (!(egress ? b->connects_wider : b->binds_wider) || !speaks(n, b->row->proto))
			continue;
		for (size_t k = 0; k < n->port_count; k++)
			if (b->row->first <= n->ports[k].last && n->ports[k].first <= b->row->last)
				return b;
	}
	return NULL;
}

static bool has_class(const struct se_plan *plan, enum fp_proto proto)
{
	static const char *const names[] = { NULL, "tcp_socket", "udp_socket", "sctp_socket",
					     NULL };

	for (size_t i = 0; i < plan->sockets.n; i++) {
		const char *cls = plan->sockets.at[i];
		if (names[proto] ? !strcmp(cls, names[proto])
				 : !strcmp(cls, "icmp_socket") || !strcmp(cls, "rawip_socket"))
			return true;
	}
	return false;
}

static struct verdict judge_allowed(struct fp_unit *u, const struct se_plan *plan,
				    const struct fp_rule_net *n, bool egress)
{
	struct verdict v = exact;
	const struct se_base_port *base = wider_base(&plan->net, n, egress);

	if (n->proto == FP_PROTO_ANY)
		worsen(&v, FP_CLAIM_NARROWER,
		       "only TCP, UDP, SCTP and ICMP sockets are ever granted");
	else if (!has_class(plan, n->proto))
		return (struct verdict){ FP_CLAIM_NARROWER,
					 "the system call rules let no such socket be made" };
	if (!plan->net.is_known_base && !is_full(n))
		worsen(&v, FP_CLAIM_NARROWER,
		       "where the base labels one of the ports itself, its label wins");
	if (base)
		worsen(&v, FP_CLAIM_WIDER,
		       fp_arena_printf(&u->arena, "the base labels port %u %s, with others",
				       base->row->first, base->row->type));
	if (egress && (speaks(n, FP_PROTO_UDP)) && !is_full(n))
		worsen(&v, FP_CLAIM_WIDER, portless);
	if (!egress && !is_full(n))
		worsen(&v, FP_CLAIM_WIDER, ephemeral);
	if (n->prefix_count) /* says more than the others */
		v = (struct verdict){ FP_CLAIM_WIDER, blind };
	return v;
}

static struct verdict judge_denied(const struct se_plan *plan, const struct fp_rule_net *n,
				   bool egress)
{
	if (!egress) {
		for (unsigned p = FP_PROTO_TCP; p <= FP_PROTO_SCTP; p++)
			if (speaks(n, (enum fp_proto)p) && plan->net.binds[p])
				return (struct verdict){ n->prefix_count ? FP_CLAIM_NONE
									 : FP_CLAIM_WIDER,
							 n->prefix_count ? blind : ephemeral };
		return exact;
	}
	if (is_reached(&plan->net, n, egress))
		return (struct verdict){ FP_CLAIM_NONE, n->prefix_count ? blind : portless };
	if (wider_base(&plan->net, n, true))
		return (struct verdict){
			FP_CLAIM_WIDER, "a port type of the base that is granted has the port, too"
		};
	return exact;
}

/* The default: exact where no rule that opens something opens more than it says. */
static struct verdict judge_default(struct fp_unit *u, const struct se_plan *plan,
				    enum fp_kind kind, bool egress)
{
	fp_ir_each (plan->ir, kind, r) {
		if (r->u.net.effect != FP_ALLOW)
			continue;
		struct verdict v = judge_allowed(u, plan, &r->u.net, egress);
		if (v.kind == FP_CLAIM_WIDER)
			return v;
	}
	return exact;
}

/* ---- everything ---- */

static struct verdict judge_rule(struct fp_unit *u, const struct files *f, const struct fp_rule *r)
{
	static const char runtime[] = "set by whoever starts the job, before the policy holds it";
	static const char inherited[] =
		"a distribution's base gives every domain some rights on its own types";
	const struct se_plan *plan = f->plan;
	struct verdict v = f->by_rule[r->id];

	switch (r->kind) {
	case FP_KIND_CALL_DEFAULT:
	case FP_KIND_CALL_UNKNOWN:
	case FP_KIND_CALL_ABI:
	case FP_KIND_CALL:
		return (struct verdict){
			FP_CLAIM_NONE, "SELinux knows objects and permissions, not system calls"
		};
	case FP_KIND_USER:
	case FP_KIND_NO_NEW_PRIVILEGES:
	case FP_KIND_UMASK:
	case FP_KIND_WORKDIR:
	case FP_KIND_NAMESPACE:
	case FP_KIND_ID_MAP:
	case FP_KIND_ROOT:
	case FP_KIND_MOUNT:
		return (struct verdict){ FP_CLAIM_NONE, runtime };
	case FP_KIND_LIMIT:
		return (struct verdict){ FP_CLAIM_NONE, "SELinux limits no amounts" };
	case FP_KIND_AUDIT:
		return (struct verdict){ FP_CLAIM_NONE,
					 "the kernel records denials of its own accord" };
	case FP_KIND_FILE_DEFAULT:
	case FP_KIND_DEVICE_DEFAULT:
		if (r->u.effect == FP_DENY)
			worsen(&v, FP_CLAIM_WIDER, inherited);
		else if (r->kind == FP_KIND_DEVICE_DEFAULT)
			worsen(&v, FP_CLAIM_NARROWER, "only devices that rules name get a type");
		return v;
	case FP_KIND_CAPABILITY:
	case FP_KIND_FILE:
	case FP_KIND_MASK:
	case FP_KIND_READONLY:
	case FP_KIND_DEVICE:
		return v;
	case FP_KIND_EGRESS_DEFAULT:
		return r->u.effect == FP_DENY ? judge_default(u, plan, FP_KIND_EGRESS, true)
					      : exact;
	case FP_KIND_INGRESS_DEFAULT:
		return r->u.effect == FP_DENY ? judge_default(u, plan, FP_KIND_INGRESS, false)
					      : exact;
	case FP_KIND_EGRESS:
		return r->u.net.effect == FP_ALLOW ? judge_allowed(u, plan, &r->u.net, true)
						   : judge_denied(plan, &r->u.net, true);
	case FP_KIND_INGRESS:
		return r->u.net.effect == FP_ALLOW ? judge_allowed(u, plan, &r->u.net, false)
						   : judge_denied(plan, &r->u.net, false);
	case FP_KIND_N:
		break;
	}
	return exact;
}

void se_claim_all(struct fp_unit *u, const struct se_plan *plan, struct fp_emission *out)
{
	struct files f = { .u = u,
			   .plan = plan,
			   .by_rule =
				   FP_NEW_ARRAY(&u->arena, plan->ir->rule_count, struct verdict) };

	judge_files(&f);
	for (size_t i = 0; i < plan->ir->rule_count; i++) {
		struct verdict v = judge_rule(u, &f, &plan->ir->rules[i]);
		fp_emit_claim(out, &plan->ir->rules[i], v.kind, v.why ? "%s" : NULL,
			      v.why ? v.why : "");
	}
}
