/* SPDX-License-Identifier: MIT */
/* spec.json: the whole resolved policy; its schema is schemas/json/spec.schema.json. */
#include "base/json.h"
#include "bundle/bundle.h"
#include "ir/glob.h"

static void date(struct fp_unit *u, struct fp_json *j, struct fp_date d)
{
	if (d.year)
		fp_json_put_text(
			j, "until",
			fp_arena_printf(&u->arena, "%04u-%02u-%02u", d.year, d.month, d.day));
}

static void decision(struct fp_json *j, struct fp_decision d)
{
	fp_json_put_text(j, "action", fp_action_name(d.action));
}

static void decision_data(struct fp_json *j, struct fp_decision d)
{
	if (d.action == FP_ACT_ERRNO)
		fp_json_put_number(j, "errno", d.data);
	else if (d.data)
		fp_json_put_number(j, "data", d.data);
}

static void when(struct fp_unit *u, struct fp_json *j, const struct fp_pred *const pred[FP_ABI_N])
{
	const char *names[FP_ABI_N];
	uint8_t order[FP_ABI_N];

	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
		names[abi] = fp_abi(abi)->name;
	fp_bundle_sort_names(names, FP_ABI_N, order);
	fp_json_open_object(j, "when");
	for (size_t i = 0; i < FP_ABI_N; i++) {
		struct fp_buf b;
		if (!pred[order[i]])
			continue;
		fp_buf_init(&b, &u->arena);
		fp_pred_print(&b, pred[order[i]]);
		fp_json_put_text(j, names[order[i]], fp_buf_text(&b));
	}
	fp_json_close(j);
}

static void call_names(struct fp_json *j, const struct fp_call_set *calls)
{
	fp_json_open_array(j, "calls");
	for (size_t i = 0; i < calls->n; i++)
		fp_json_put_text(j, NULL, fp_sys_at(calls->at[i])->name);
	fp_json_close(j);
}

static void call(struct fp_unit *u, struct fp_json *j, const struct fp_rule_call *c)
{
	bool conditional = false;

	decision(j, c->decision);
	call_names(j, &c->calls);
	decision_data(j, c->decision);
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
		conditional |= c->when[abi] && c->when[abi]->op != FP_PRED_TRUE;
	if (conditional)
		when(u, j, c->when);
}

static void unknown(struct fp_unit *u, struct fp_json *j, const struct fp_rule *r)
{
	uint32_t after = r->u.unknown.reviewed;

	decision(j, r->u.unknown.decision);
	if (after)
		fp_json_put_text(j, "after",
				 fp_arena_printf(&u->arena, "%u.%u", after >> 8, after & 0xffu));
	decision_data(j, r->u.unknown.decision);
}

static void abi_names(struct fp_json *j, uint8_t set)
{
	fp_json_open_array(j, "abis");
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
		if (set & 1u << abi)
			fp_json_put_text(j, NULL, fp_abi(abi)->name);
	fp_json_close(j);
}

static void caps(struct fp_json *j, uint64_t set)
{
	fp_json_open_array(j, "capabilities");
	for (size_t i = 0; i < fp_cap_count(); i++)
		if (set >> fp_cap_at(i)->bit & 1)
			fp_json_put_text(j, NULL, fp_cap_at(i)->name);
	fp_json_close(j);
}

static void user(struct fp_json *j, const struct fp_rule_user *r)
{
	fp_json_put_number(j, "gid", r->gid);
	fp_json_open_array(j, "groups");
	for (size_t i = 0; i < r->group_count; i++)
		fp_json_put_number(j, NULL, r->groups[i]);
	fp_json_close(j);
	fp_json_put_number(j, "uid", r->uid);
}

static void mount_options(struct fp_json *j, uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = { { FP_MNT_NOATIME, "noatime" },         { FP_MNT_NODEV, "nodev" },
		      { FP_MNT_NOEXEC, "noexec" },           { FP_MNT_NOSUID, "nosuid" },
		      { FP_MNT_NOSYMFOLLOW, "nosymfollow" }, { FP_MNT_READONLY, "readonly" },
		      { FP_MNT_RECURSIVE, "recursive" } };

	fp_json_open_array(j, "options");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (flags & names[i].flag)
			fp_json_put_text(j, NULL, names[i].name);
	fp_json_close(j);
}

static void mount(struct fp_json *j, const struct fp_rule_mount *m)
{
	if (m->inodes)
		fp_json_put_number(j, "inodes", m->inodes);
	if (m->mode)
		fp_json_put_number(j, "mode", m->mode);
	fp_json_put_text(j, "on", m->on);
	mount_options(j, m->flags);
	if (m->quota)
		fp_json_put_number(j, "quota", m->quota);
	if (m->size)
		fp_json_put_number(j, "size", m->size);
	fp_json_put_text(j, "source", m->source);
	fp_json_put_text(j, "type", fp_mount_type_names[m->type]);
}

static void effect(struct fp_json *j, enum fp_grant e)
{
	fp_json_put_text(j, "effect", e == FP_ALLOW ? "allow" : "deny");
}

static void file(struct fp_json *j, const struct fp_rule_file *f)
{
	effect(j, f->effect);
	fp_json_open_array(j, "paths");
	for (size_t i = 0; i < f->paths.n; i++)
		fp_json_put_text(j, NULL, f->paths.at[i]->text);
	fp_json_close(j);
	fp_json_open_array(j, "rights");
	for (const struct fp_right_name *r = fp_right_names; r->name; r++)
		if (f->rights & r->bit)
			fp_json_put_text(j, NULL, r->name);
	fp_json_close(j);
}

static void ports(struct fp_json *j, const struct fp_rule_net *n)
{
	fp_json_open_array(j, "ports");
	for (size_t i = 0; i < n->port_count; i++) {
		fp_json_open_array(j, NULL);
		fp_json_put_number(j, NULL, n->ports[i].first);
		fp_json_put_number(j, NULL, n->ports[i].last);
		fp_json_close(j);
	}
	fp_json_close(j);
}

static void net(struct fp_unit *u, struct fp_json *j, const struct fp_rule_net *n)
{
	effect(j, n->effect);
	ports(j, n);
	fp_json_open_array(j, "prefixes");
	for (size_t i = 0; i < n->prefix_count; i++) {
		struct fp_buf b;
		fp_buf_init(&b, &u->arena);
		fp_prefix_print(&b, &n->prefixes[i]);
		fp_json_put_text(j, NULL, fp_buf_text(&b));
	}
	fp_json_close(j);
	fp_json_put_text(j, "protocol", fp_proto_names[n->proto]);
}

static void device(struct fp_json *j, const struct fp_rule_device *d)
{
	fp_json_open_array(j, "devices");
	for (size_t i = 0; i < d->n; i++) {
		fp_json_open_object(j, NULL);
		fp_json_put_number(j, "major", d->at[i].major);
		fp_json_put_number(j, "minor", d->at[i].minor);
		fp_json_put_text(j, "path", d->at[i].path);
		fp_json_put_text(j, "type", d->at[i].type == 'b' ? "block" : "char");
		fp_json_close(j);
	}
	fp_json_close(j);
	effect(j, d->effect);
	fp_json_open_array(j, "rights");
	if (d->rights & FP_DEV_READ)
		fp_json_put_text(j, NULL, "read");
	if (d->rights & FP_DEV_WRITE)
		fp_json_put_text(j, NULL, "write");
	if (d->rights & FP_DEV_MKNOD)
		fp_json_put_text(j, NULL, "mknod");
	fp_json_close(j);
}

static void limit(struct fp_unit *u, struct fp_json *j, const struct fp_rule_limit *l)
{
	fp_json_put_text(j, "device", l->device);
	fp_json_put_text(j, "limit", fp_limit_names[l->limit]);
	fp_json_put_text(j, "list", l->text);
	if (l->has_number)
		fp_json_put_text(j, "number",
				 fp_arena_printf(&u->arena, "%u:%u", l->major, l->minor));
	if (l->value == UINT64_MAX)
		fp_json_put_text(j, "value", "unlimited");
	else if (!l->text)
		fp_json_put_number(j, "value", l->value);
}

static void idmap(struct fp_json *j, const struct fp_rule_idmap *m)
{
	fp_json_put_number(j, "count", m->count);
	fp_json_put_number(j, "inside", m->inside);
	fp_json_put_text(j, "of", m->is_group ? "groups" : "users");
	fp_json_put_number(j, "outside", m->outside);
}

static void audit(struct fp_json *j, const struct fp_rule_audit *a)
{
	call_names(j, &a->allowed);
	fp_json_put_flag(j, "denied", a->denied);
}

static void detail(struct fp_unit *u, struct fp_json *j, const struct fp_rule *r)
{
	switch (r->kind) {
	case FP_KIND_CALL_DEFAULT:
		decision(j, r->u.decision);
		decision_data(j, r->u.decision);
		return;
	case FP_KIND_CALL_UNKNOWN:
		unknown(u, j, r);
		return;
	case FP_KIND_CALL_ABI:
		abi_names(j, r->u.abis);
		return;
	case FP_KIND_CALL:
		call(u, j, &r->u.call);
		return;
	case FP_KIND_CAPABILITY:
		caps(j, r->u.caps.set);
		return;
	case FP_KIND_USER:
		user(j, &r->u.user);
		return;
	case FP_KIND_NO_NEW_PRIVILEGES:
		fp_json_put_flag(j, "on", r->u.flag);
		return;
	case FP_KIND_UMASK:
		fp_json_put_number(j, "mask", r->u.number);
		return;
	case FP_KIND_WORKDIR:
		fp_json_put_text(j, "path", r->u.path);
		return;
	case FP_KIND_NAMESPACE:
		fp_json_put_text(j, "namespace", fp_namespace_names[r->u.ns.ns]);
		fp_json_put_flag(j, "new", r->u.ns.is_new);
		return;
	case FP_KIND_ID_MAP:
		idmap(j, &r->u.idmap);
		return;
	case FP_KIND_ROOT:
		fp_json_put_flag(j, "readonly", r->u.root.is_readonly);
		return;
	case FP_KIND_MOUNT:
		mount(j, &r->u.mount);
		return;
	case FP_KIND_MASK:
	case FP_KIND_READONLY:
	case FP_KIND_FILE:
		file(j, &r->u.file);
		return;
	case FP_KIND_FILE_DEFAULT:
	case FP_KIND_EGRESS_DEFAULT:
	case FP_KIND_INGRESS_DEFAULT:
	case FP_KIND_DEVICE_DEFAULT:
		effect(j, r->u.effect);
		return;
	case FP_KIND_EGRESS:
	case FP_KIND_INGRESS:
		net(u, j, &r->u.net);
		return;
	case FP_KIND_DEVICE:
		device(j, &r->u.device);
		return;
	case FP_KIND_LIMIT:
		limit(u, j, &r->u.limit);
		return;
	case FP_KIND_AUDIT:
		audit(j, &r->u.audit);
		return;
	case FP_KIND_N:
		return;
	}
}

static void rule(struct fp_unit *u, struct fp_json *j, const struct fp_rule *r)
{
	fp_json_open_object(j, NULL);
	fp_json_put_text(j, "accepted", r->accepted);
	fp_json_put_text(j, "because", r->because);
	fp_json_open_object(j, "detail");
	detail(u, j, r);
	fp_json_close(j);
	fp_json_open_array(j, "from");
	for (const struct fp_origin *p = r->origin; p; p = p->next)
		fp_json_put_text(j, NULL, p->what);
	fp_json_close(j);
	fp_json_put_number(j, "id", r->id);
	fp_json_put_flag(j, "implied", r->is_implied);
	fp_json_put_text(j, "rule", r->text);
	fp_json_put_text(j, "section", fp_kind_section(r->kind));
	date(u, j, r->until);
	fp_json_put_text(j, "what", fp_kind_what(r->kind));
	fp_json_put_flag(j, "widening", r->is_widening);
	fp_json_close(j);
}

static const char *const outcomes[] = { "NOT CHECKED", "holds", "fails", "undecided" };
static const char *const assertion_names[] = { "never", "expect", "test" };

static void assertions(struct fp_unit *u, struct fp_json *j, const struct fp_ir *ir)
{
	fp_json_open_array(j, "assertions");
	for (size_t i = 0; i < ir->assertion_count; i++) {
		const struct fp_assertion *a = &ir->assertions[i];
		fp_json_open_object(j, NULL);
		fp_json_put_text(j, "because", a->reason);
		fp_json_put_flag(j, "critical", a->is_critical);
		if (a->kind == FP_ASSERT_TEST)
			effect(j, a->wanted);
		fp_json_put_text(j, "kind", assertion_names[a->kind]);
		fp_json_put_text(j, "outcome", outcomes[a->outcome]);
		fp_json_put_text(j, "subject", a->text);
		date(u, j, a->until);
		fp_json_close(j);
	}
	fp_json_close(j);
}

static void bounds(struct fp_json *j, const struct fp_ir *ir)
{
	fp_json_open_array(j, "bounds");
	for (size_t i = 0; i < ir->bound_count; i++) {
		fp_json_open_object(j, NULL);
		fp_json_put_flag(j, "locked", ir->bounds[i].is_locked);
		fp_json_put_text(j, "outcome", outcomes[ir->bounds[i].outcome]);
		fp_json_put_text(j, "policy", ir->bounds[i].name);
		fp_json_put_text(j, "relation", ir->bounds[i].is_base ? "extends" : "within");
		fp_json_close(j);
	}
	fp_json_close(j);
}

static void waivers(struct fp_unit *u, struct fp_json *j, const struct fp_ir *ir)
{
	fp_json_open_array(j, "waivers");
	for (size_t i = 0; i < ir->waiver_count; i++) {
		fp_json_open_object(j, NULL);
		fp_json_put_text(j, "by", ir->waivers[i].by);
		fp_json_put_text(j, "lint", ir->waivers[i].lint);
		fp_json_put_text(j, "place", ir->waivers[i].place);
		fp_json_put_text(j, "reason", ir->waivers[i].reason);
		date(u, j, ir->waivers[i].until);
		fp_json_close(j);
	}
	fp_json_close(j);
}

static void texts(struct fp_json *j, const char *key, const char *const *at, size_t n)
{
	fp_json_open_array(j, key);
	for (size_t i = 0; i < n; i++)
		fp_json_put_text(j, NULL, at[i]);
	fp_json_close(j);
}

static void best_effort(struct fp_unit *u, struct fp_json *j, const struct fp_ir *ir)
{
	fp_json_open_array(j, "bestEffort");
	for (enum fp_layer l = 0; l < FP_LAYER_N; l++) {
		if (!ir->best_effort[l])
			continue;
		fp_json_open_object(j, NULL);
		fp_json_put_text(j, "because", ir->best_effort_because[l]);
		fp_json_put_text(j, "layer", fp_layer_names[l]);
		date(u, j, ir->best_effort_until[l]);
		fp_json_close(j);
	}
	fp_json_close(j);
}

static void rules(struct fp_unit *u, struct fp_json *j, const struct fp_ir *ir)
{
	fp_json_open_array(j, "rules");
	for (size_t i = 0; i < ir->rule_count; i++)
		rule(u, j, &ir->rules[i]);
	fp_json_close(j);
}

void fp_bundle_spec(struct fp_unit *u, struct fp_bundle *b)
{
	const struct fp_ir *ir = b->ir;
	struct fp_json j;
	struct fp_buf out;

	fp_buf_init(&out, &u->arena);
	fp_json_begin(&j, u, &out);
	fp_json_put_text(&j, "$schema", "spec.schema.json");
	assertions(u, &j, ir);
	best_effort(u, &j, ir);
	bounds(&j, ir);
	fp_json_put_flag(&j, "locked", ir->is_locked);
	texts(&j, "openParameters", ir->open_params, ir->open_param_count);
	fp_json_put_text(&j, "owner", ir->owner);
	fp_json_put_text(&j, "policy", ir->name);
	rules(u, &j, ir);
	texts(&j, "targets", ir->targets, ir->target_count);
	fp_json_put_text(&j, "tier", fp_tier_name(ir->tier));
	fp_json_put_text(&j, "version", ir->version);
	waivers(u, &j, ir);
	fp_json_end(&j);
	fp_bundle_add(u, b, "spec.json", &out);
}
