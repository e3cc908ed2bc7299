/* SPDX-License-Identifier: MIT */
/* spec.json: the whole resolved policy; its schema is schemas/json/spec.schema.json. */
#include "base/json.h"
#include "bundle/bundle.h"
#include "ir/glob.h"

#include <stdio.h>

static void set_text(struct fp_unit *u, json_t *o, const char *key, const char *text)
{
	if (text)
		fp_json_set(u, o, key, fp_json_text(u, text));
}

static void set_number(struct fp_unit *u, json_t *o, const char *key, uint64_t value)
{
	fp_json_set(u, o, key, json_integer((json_int_t)value));
}

static json_t *set_array(struct fp_unit *u, json_t *o, const char *key)
{
	json_t *a = json_array();

	fp_json_set(u, o, key, a);
	return a;
}

static json_t *set_object(struct fp_unit *u, json_t *o, const char *key)
{
	json_t *child = json_object();

	fp_json_set(u, o, key, child);
	return child;
}

static void set_date(struct fp_unit *u, json_t *o, struct fp_date d)
{
	if (d.year)
		set_text(u, o, "until",
			 fp_arena_printf(&u->arena, "%04u-%02u-%02u", d.year, d.month, d.day));
}

static void decision(struct fp_unit *u, json_t *o, struct fp_decision d)
{
	set_text(u, o, "action", fp_action_name(d.action));
	if (d.action == FP_ACT_ERRNO)
		set_number(u, o, "errno", d.data);
	else if (d.data)
		set_number(u, o, "data", d.data);
}

static void when(struct fp_unit *u, json_t *o, const struct fp_pred *const pred[FP_ABI_N])
{
	json_t *by_abi = set_object(u, o, "when");

	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
		struct fp_buf b;
		if (!pred[abi])
			continue;
		fp_buf_init(&b, &u->arena);
		fp_pred_print(&b, pred[abi]);
		set_text(u, by_abi, fp_abi(abi)->name, fp_buf_text(&b));
	}
}

static void call_names(struct fp_unit *u, json_t *o, const struct fp_call_set *calls)
{
	json_t *names = set_array(u, o, "calls");

	for (size_t i = 0; i < calls->n; i++)
		fp_json_push(u, names, fp_json_text(u, fp_sys_at(calls->at[i])->name));
}

static void call(struct fp_unit *u, json_t *o, const struct fp_rule_call *c)
{
	bool conditional = false;

	decision(u, o, c->decision);
	call_names(u, o, &c->calls);
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
		conditional |= c->when[abi] && c->when[abi]->op != FP_PRED_TRUE;
	if (conditional)
		when(u, o, c->when);
}

static void abi_names(struct fp_unit *u, json_t *o, uint8_t set)
{
	json_t *names = set_array(u, o, "abis");

	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
		if (set & 1u << abi)
			fp_json_push(u, names, fp_json_text(u, fp_abi(abi)->name));
}

static void caps(struct fp_unit *u, json_t *o, uint64_t set)
{
	json_t *names = set_array(u, o, "capabilities");

	for (size_t i = 0; i < fp_cap_count(); i++)
		if (set >> fp_cap_at(i)->bit & 1)
			fp_json_push(u, names, fp_json_text(u, fp_cap_at(i)->name));
}

static void user(struct fp_unit *u, json_t *o, const struct fp_rule_user *r)
{
	json_t *groups = set_array(u, o, "groups");

	set_number(u, o, "uid", r->uid);
	set_number(u, o, "gid", r->gid);
	for (size_t i = 0; i < r->group_count; i++)
		fp_json_push(u, groups, json_integer(r->groups[i]));
}

static void mount(struct fp_unit *u, json_t *o, const struct fp_rule_mount *m)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = { { FP_MNT_NOATIME, "noatime" },         { FP_MNT_NODEV, "nodev" },
		      { FP_MNT_NOEXEC, "noexec" },           { FP_MNT_NOSUID, "nosuid" },
		      { FP_MNT_NOSYMFOLLOW, "nosymfollow" }, { FP_MNT_READONLY, "readonly" },
		      { FP_MNT_RECURSIVE, "recursive" } };

	json_t *flags = set_array(u, o, "options");

	set_text(u, o, "type", fp_mount_type_names[m->type]);
	set_text(u, o, "source", m->source);
	set_text(u, o, "on", m->on);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (m->flags & names[i].flag)
			fp_json_push(u, flags, fp_json_text(u, names[i].name));
	if (m->size)
		set_number(u, o, "size", m->size);
	if (m->inodes)
		set_number(u, o, "inodes", m->inodes);
	if (m->quota)
		set_number(u, o, "quota", m->quota);
	if (m->mode)
		set_number(u, o, "mode", m->mode);
}

static void effect(struct fp_unit *u, json_t *o, enum fp_grant e)
{
	set_text(u, o, "effect", e == FP_ALLOW ? "allow" : "deny");
}

static void file(struct fp_unit *u, json_t *o, const struct fp_rule_file *f)
{
	json_t *rights = set_array(u, o, "rights"), *paths = set_array(u, o, "paths");

	effect(u, o, f->effect);
	for (const struct fp_right_name *r = fp_right_names; r->name; r++)
		if (f->rights & r->bit)
			fp_json_push(u, rights, fp_json_text(u, r->name));
	for (size_t i = 0; i < f->paths.n; i++)
		fp_json_push(u, paths, fp_json_text(u, f->paths.at[i]->text));
}

static void net(struct fp_unit *u, json_t *o, const struct fp_rule_net *n)
{
	json_t *prefixes = set_array(u, o, "prefixes"), *ports = set_array(u, o, "ports");

	effect(u, o, n->effect);
	set_text(u, o, "protocol", fp_proto_names[n->proto]);
	for (size_t i = 0; i < n->prefix_count; i++) {
		struct fp_buf b;
		fp_buf_init(&b, &u->arena);
		fp_prefix_print(&b, &n->prefixes[i]);
		fp_json_push(u, prefixes, fp_json_text(u, fp_buf_text(&b)));
	}
	for (size_t i = 0; i < n->port_count; i++) {
		json_t *range = json_array();
		fp_json_push(u, ports, range);
		fp_json_push(u, range, json_integer(n->ports[i].first));
		fp_json_push(u, range, json_integer(n->ports[i].last));
	}
}

static void device(struct fp_unit *u, json_t *o, const struct fp_rule_device *d)
{
	json_t *rights = set_array(u, o, "rights"), *devices = set_array(u, o, "devices");

	effect(u, o, d->effect);
	if (d->rights & FP_DEV_READ)
		fp_json_push(u, rights, fp_json_text(u, "read"));
	if (d->rights & FP_DEV_WRITE)
		fp_json_push(u, rights, fp_json_text(u, "write"));
	if (d->rights & FP_DEV_MKNOD)
		fp_json_push(u, rights, fp_json_text(u, "mknod"));
	for (size_t i = 0; i < d->n; i++) {
		json_t *one = json_object();
		fp_json_push(u, devices, one);
		set_text(u, one, "path", d->at[i].path);
		set_text(u, one, "type", d->at[i].type == 'b' ? "block" : "char");
		set_number(u, one, "major", d->at[i].major);
		set_number(u, one, "minor", d->at[i].minor);
	}
}

static void limit(struct fp_unit *u, json_t *o, const struct fp_rule_limit *l)
{
	set_text(u, o, "limit", fp_limit_names[l->limit]);
	set_text(u, o, "device", l->device);
	set_text(u, o, "list", l->text);
	if (l->has_number)
		set_text(u, o, "number", fp_arena_printf(&u->arena, "%u:%u", l->major, l->minor));
	if (l->value == UINT64_MAX)
		set_text(u, o, "value", "unlimited");
	else if (!l->text)
		set_number(u, o, "value", l->value);
}

static void idmap(struct fp_unit *u, json_t *o, const struct fp_rule_idmap *m)
{
	set_text(u, o, "of", m->is_group ? "groups" : "users");
	set_number(u, o, "inside", m->inside);
	set_number(u, o, "outside", m->outside);
	set_number(u, o, "count", m->count);
}

static void audit(struct fp_unit *u, json_t *o, const struct fp_rule_audit *a)
{
	fp_json_set(u, o, "denied", json_boolean(a->denied));
	call_names(u, o, &a->allowed);
}

static void detail(struct fp_unit *u, json_t *o, const struct fp_rule *r)
{
	switch (r->kind) {
	case FP_KIND_CALL_DEFAULT:
		decision(u, o, r->u.decision);
		return;
	case FP_KIND_CALL_UNKNOWN:
		decision(u, o, r->u.unknown.decision);
		if (r->u.unknown.reviewed)
			set_text(u, o, "after",
				 fp_arena_printf(&u->arena, "%u.%u", r->u.unknown.reviewed >> 8,
						 r->u.unknown.reviewed & 0xffu));
		return;
	case FP_KIND_CALL_ABI:
		abi_names(u, o, r->u.abis);
		return;
	case FP_KIND_CALL:
		call(u, o, &r->u.call);
		return;
	case FP_KIND_CAPABILITY:
		caps(u, o, r->u.caps.set);
		return;
	case FP_KIND_USER:
		user(u, o, &r->u.user);
		return;
	case FP_KIND_NO_NEW_PRIVILEGES:
		fp_json_set(u, o, "on", json_boolean(r->u.flag));
		return;
	case FP_KIND_UMASK:
		set_number(u, o, "mask", r->u.number);
		return;
	case FP_KIND_WORKDIR:
		set_text(u, o, "path", r->u.path);
		return;
	case FP_KIND_NAMESPACE:
		set_text(u, o, "namespace", fp_namespace_names[r->u.ns.ns]);
		fp_json_set(u, o, "new", json_boolean(r->u.ns.is_new));
		return;
	case FP_KIND_ID_MAP:
		idmap(u, o, &r->u.idmap);
		return;
	case FP_KIND_ROOT:
		fp_json_set(u, o, "readonly", json_boolean(r->u.root.is_readonly));
		return;
	case FP_KIND_MOUNT:
		mount(u, o, &r->u.mount);
		return;
	case FP_KIND_MASK:
	case FP_KIND_READONLY:
	case FP_KIND_FILE:
		file(u, o, &r->u.file);
		return;
	case FP_KIND_FILE_DEFAULT:
	case FP_KIND_EGRESS_DEFAULT:
	case FP_KIND_INGRESS_DEFAULT:
	case FP_KIND_DEVICE_DEFAULT:
		effect(u, o, r->u.effect);
		return;
	case FP_KIND_EGRESS:
	case FP_KIND_INGRESS:
		net(u, o, &r->u.net);
		return;
	case FP_KIND_DEVICE:
		device(u, o, &r->u.device);
		return;
	case FP_KIND_LIMIT:
		limit(u, o, &r->u.limit);
		return;
	case FP_KIND_AUDIT:
		audit(u, o, &r->u.audit);
		return;
	case FP_KIND_N:
		return;
	}
}

static void rule(struct fp_unit *u, json_t *o, const struct fp_rule *r)
{
	json_t *from = set_array(u, o, "from");

	set_number(u, o, "id", r->id);
	set_text(u, o, "section", fp_kind_section(r->kind));
	set_text(u, o, "what", fp_kind_what(r->kind));
	set_text(u, o, "rule", r->text);
	set_text(u, o, "because", r->because);
	set_text(u, o, "accepted", r->accepted);
	set_date(u, o, r->until);
	fp_json_set(u, o, "implied", json_boolean(r->is_implied));
	fp_json_set(u, o, "widening", json_boolean(r->is_widening));
	for (const struct fp_origin *p = r->origin; p; p = p->next)
		fp_json_push(u, from, fp_json_text(u, p->what));
	detail(u, set_object(u, o, "detail"), r);
}

static const char *const outcomes[] = { "NOT CHECKED", "holds", "fails" };
static const char *const assertion_names[] = { "never", "expect", "test" };

static void assertions(struct fp_unit *u, json_t *root, const struct fp_ir *ir)
{
	json_t *all = set_array(u, root, "assertions");

	for (size_t i = 0; i < ir->assertion_count; i++) {
		const struct fp_assertion *a = &ir->assertions[i];
		json_t *o = json_object();
		fp_json_push(u, all, o);
		set_text(u, o, "kind", assertion_names[a->kind]);
		set_text(u, o, "subject", a->text);
		set_text(u, o, "outcome", outcomes[a->outcome]);
		fp_json_set(u, o, "critical", json_boolean(a->is_critical));
		if (a->kind == FP_ASSERT_TEST)
			effect(u, o, a->wanted);
	}
}

static void bounds(struct fp_unit *u, json_t *root, const struct fp_ir *ir)
{
	json_t *all = set_array(u, root, "bounds");

	for (size_t i = 0; i < ir->bound_count; i++) {
		json_t *o = json_object();
		fp_json_push(u, all, o);
		set_text(u, o, "policy", ir->bounds[i].name);
		set_text(u, o, "relation", ir->bounds[i].is_base ? "extends" : "within");
		set_text(u, o, "outcome", outcomes[ir->bounds[i].outcome]);
		fp_json_set(u, o, "locked", json_boolean(ir->bounds[i].is_locked));
	}
}

static void waivers(struct fp_unit *u, json_t *root, const struct fp_ir *ir)
{
	json_t *all = set_array(u, root, "waivers");

	for (size_t i = 0; i < ir->waiver_count; i++) {
		json_t *o = json_object();
		fp_json_push(u, all, o);
		set_text(u, o, "lint", ir->waivers[i].lint);
		set_text(u, o, "place", ir->waivers[i].place);
		set_text(u, o, "reason", ir->waivers[i].reason);
		set_text(u, o, "by", ir->waivers[i].by);
		set_date(u, o, ir->waivers[i].until);
	}
}

static void texts(struct fp_unit *u, json_t *root, const char *key, const char *const *at, size_t n)
{
	json_t *all = set_array(u, root, key);

	for (size_t i = 0; i < n; i++)
		fp_json_push(u, all, fp_json_text(u, at[i]));
}

void fp_bundle_spec(struct fp_unit *u, struct fp_bundle *b)
{
	json_t *root = fp_json_own(u, json_object()), *rules = set_array(u, root, "rules");
	const struct fp_ir *ir = b->ir;
	struct fp_buf out;

	set_text(u, root, "$schema", "spec.schema.json");
	set_text(u, root, "policy", ir->name);
	set_text(u, root, "version", ir->version);
	set_text(u, root, "owner", ir->owner);
	set_text(u, root, "tier", fp_tier_name(ir->tier));
	fp_json_set(u, root, "locked", json_boolean(ir->is_locked));
	texts(u, root, "targets", ir->targets, ir->target_count);
	texts(u, root, "openParameters", ir->open_params, ir->open_param_count);
	for (size_t i = 0; i < ir->rule_count; i++) {
		json_t *o = json_object();
		fp_json_push(u, rules, o);
		rule(u, o, &ir->rules[i]);
	}
	assertions(u, root, ir);
	bounds(u, root, ir);
	waivers(u, root, ir);
	json_t *layers = set_array(u, root, "bestEffort");
	for (enum fp_layer l = 0; l < FP_LAYER_N; l++)
		if (ir->best_effort[l])
			fp_json_push(u, layers, fp_json_text(u, fp_layer_names[l]));
	fp_buf_init(&out, &u->arena);
	fp_json_write(u, root, &out);
	fp_bundle_add(u, b, "spec.json", &out);
}
