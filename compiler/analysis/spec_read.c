/* SPDX-License-Identifier: MIT */
/* Reading spec.json (schemas/json/spec.schema.json): the reverse of bundle/spec.c. */
#include "analysis/spec_read.h"
#include "base/json.h"
#include "ir/glob.h"

#include <stdio.h>
#include <string.h>

struct spec {
	struct fp_unit *u;
	const struct fp_source *src;
	struct fp_span top;
	const char *at; /* in the text: behind the last rule whose place was found */
	bool failed;
};

static void fail(struct spec *s, const char *what, const char *value)
{
	if (!s->failed)
		fp_diag(s->u, FP_E_SIDE, s->top, "this is no specification: %s%s%s", what,
			value ? ": " : "", value ? value : "");
	s->failed = true;
}

/* ---- members ---- */

static const char *text_or_none(struct spec *s, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? fp_arena_text(&s->u->arena, text, strlen(text)) : NULL;
}

static const char *text(struct spec *s, const json_t *object, const char *key)
{
	const char *found = text_or_none(s, object, key);

	if (!found)
		fail(s, "a text is missing", key);
	return found ? found : "";
}

static uint64_t number(struct spec *s, const json_t *object, const char *key, uint64_t most)
{
	uint64_t value = 0;

	if (!fp_json_count_of(json_object_get(object, key), &value) || value > most)
		fail(s, "a number is missing or too large", key);
	return value;
}

static uint64_t number_or(struct spec *s, const json_t *object, const char *key, uint64_t none)
{
	return json_object_get(object, key) ? number(s, object, key, UINT64_MAX) : none;
}

static bool flag(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

/* The place of a word in a list of names. */
static size_t place_of(struct spec *s, const char *word, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], word))
			return i;
	fail(s, "an unknown word", word);
	return 0;
}

static struct fp_date date(struct spec *s, const json_t *object)
{
	const char *word = json_string_value(json_object_get(object, "until"));
	struct fp_date d = { 0 };

	if (word && !fp_date_parse(word, strlen(word), &d))
		fail(s, "no date", word);
	return d;
}

static const char *const *texts(struct spec *s, const json_t *array, size_t *n)
{
	const char **out = FP_NEW_ARRAY(&s->u->arena, json_array_size(array) + 1, const char *);

	*n = json_array_size(array);
	for (size_t i = 0; i < *n; i++) {
		const char *word = json_string_value(json_array_get(array, i));
		if (!word)
			fail(s, "a list of texts has something else", NULL);
		out[i] = fp_arena_text(&s->u->arena, word ? word : "", word ? strlen(word) : 0);
	}
	return out;
}

/* ---- details, a kind each ---- */

static struct fp_decision decision(struct spec *s, const json_t *d)
{
	const char *names[FP_ACT_N];
	struct fp_decision out;

	for (enum fp_action a = 0; a < FP_ACT_N; a++)
		names[a] = fp_action_name(a);
	out.action = (enum fp_action)place_of(s, text(s, d, "action"), names, FP_ACT_N);
	out.data = (uint16_t)(out.action == FP_ACT_ERRNO ? number(s, d, "errno", 4095)
							 : number_or(s, d, "data", 0) & UINT16_MAX);
	return out;
}

static struct fp_rule_unknown unknown(struct spec *s, const json_t *d)
{
	const char *after = json_string_value(json_object_get(d, "after"));
	struct fp_rule_unknown out = { .decision = decision(s, d) };
	unsigned major = 0, minor = 0;

	if (!after)
		return out;
	if (sscanf(after, "%3u.%3u", &major, &minor) != 2 || major > 255 || minor > 255)
		fail(s, "no kernel", after);
	out.reviewed = FP_SINCE(major, minor);
	return out;
}

static uint8_t abis(struct spec *s, const json_t *d)
{
	const json_t *list = json_object_get(d, "abis");
	uint8_t set = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		enum fp_abi abi;
		if (name && fp_abi_find(name, strlen(name), &abi))
			set |= (uint8_t)(1u << abi);
		else
			fail(s, "no ABI", name);
	}
	return set;
}

static struct fp_call_set call_set(struct spec *s, const json_t *list)
{
	uint16_t *at = FP_NEW_ARRAY(&s->u->arena, json_array_size(list) + 1, uint16_t);
	struct fp_call_set out = { .at = at, .n = json_array_size(list) };

	for (size_t i = 0; i < out.n; i++) {
		const char *name = json_string_value(json_array_get(list, i));
		const struct fp_sysdef *sys = name ? fp_sys_find(name, strlen(name)) : NULL;
		if (!sys)
			fail(s, "no system call", name);
		else if (i && at[i - 1] >= sys->index)
			fail(s, "calls are not in order", name);
		at[i] = sys ? sys->index : 0;
	}
	return out;
}

static bool is_there(const struct fp_call_set *calls, enum fp_abi abi)
{
	for (size_t i = 0; i < calls->n; i++)
		if (fp_sys_at(calls->at[i])->nr[abi] >= 0)
			return true;
	return false;
}

static struct fp_rule_call call(struct spec *s, const json_t *d, const char *sentence)
{
	static const char audit[] = "log where allowed: ";
	const json_t *when = json_object_get(d, "when");
	struct fp_rule_call out = { .decision = decision(s, d),
				    .calls = call_set(s, json_object_get(d, "calls")),
				    .is_audit = !strncmp(sentence, audit, sizeof(audit) - 1) };

	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++) {
		const char *said = json_string_value(json_object_get(when, fp_abi(abi)->name));
		if (said)
			out.when[abi] = fp_pred_parse(&s->u->arena, said);
		else if (!when && is_there(&out.calls, abi))
			out.when[abi] = fp_pred_const(&s->u->arena, true);
		if (said && !out.when[abi])
			fail(s, "no condition", said);
	}
	return out;
}

static uint64_t caps(struct spec *s, const json_t *d)
{
	const json_t *list = json_object_get(d, "capabilities");
	uint64_t set = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		const struct fp_cap *cap = name ? fp_cap_find(name, strlen(name)) : NULL;
		if (cap)
			set |= (uint64_t)1 << cap->bit;
		else
			fail(s, "no capability", name);
	}
	return set;
}

static struct fp_rule_user user(struct spec *s, const json_t *d)
{
	const json_t *list = json_object_get(d, "groups");
	uint32_t *groups = FP_NEW_ARRAY(&s->u->arena, json_array_size(list) + 1, uint32_t);
	struct fp_rule_user out = { .uid = (uint32_t)number(s, d, "uid", UINT32_MAX),
				    .gid = (uint32_t)number(s, d, "gid", UINT32_MAX),
				    .groups = groups,
				    .group_count = json_array_size(list) };

	for (size_t i = 0; i < out.group_count; i++) {
		uint64_t gid = 0;
		if (!fp_json_count_of(json_array_get(list, i), &gid) || gid > UINT32_MAX)
			fail(s, "no group", NULL);
		groups[i] = (uint32_t)gid;
	}
	return out;
}

static struct fp_rule_idmap idmap(struct spec *s, const json_t *d)
{
	return (struct fp_rule_idmap){ .is_group = !strcmp(text(s, d, "of"), "groups"),
				       .inside = (uint32_t)number(s, d, "inside", UINT32_MAX),
				       .outside = (uint32_t)number(s, d, "outside", UINT32_MAX),
				       .count = (uint32_t)number(s, d, "count", UINT32_MAX) };
}

/* Canonical, absolute, no pattern: what walks it relies on that. */
static const char *path(struct spec *s, const json_t *d, const char *key)
{
	const char *said = text(s, d, key);
	const struct fp_glob *g = fp_glob_parse(s->u, said, strlen(said), s->top);

	s->failed |= !g; /* reported */
	if (g && !g->path)
		fail(s, "a pattern where one path is needed", said);
	return g && g->path ? g->path : "/";
}

static struct fp_rule_mount mount(struct spec *s, const json_t *d)
{
	static const char *const options[] = { "readonly",  "nosuid",      "nodev",  "noexec",
					       "recursive", "nosymfollow", "noatime" };
	const json_t *list = json_object_get(d, "options");
	struct fp_rule_mount m = { .type = (enum fp_mount_type)place_of(s, text(s, d, "type"),
									fp_mount_type_names,
									FP_MOUNT_CGROUP + 1),
				   .source = text_or_none(s, d, "source"),
				   .on = path(s, d, "on"),
				   .size = number_or(s, d, "size", 0),
				   .inodes = number_or(s, d, "inodes", 0),
				   .quota = number_or(s, d, "quota", 0),
				   .mode = (uint16_t)(number_or(s, d, "mode", 0) & 07777) };

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *word = json_string_value(json_array_get(list, i));
		m.flags |= 1u << place_of(s, word ? word : "", options, 7);
	}
	return m;
}

static enum fp_grant effect(struct spec *s, const json_t *d)
{
	static const char *const names[] = { [FP_DENY] = "deny", [FP_ALLOW] = "allow" };

	return (enum fp_grant)place_of(s, text(s, d, "effect"), names, 2);
}

static uint16_t rights(struct spec *s, const json_t *d)
{
	const json_t *list = json_object_get(d, "rights");
	uint16_t set = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *word = json_string_value(json_array_get(list, i));
		const struct fp_right_name *r = fp_right_names;
		while (r->name && strcmp(r->name, word ? word : ""))
			r++;
		if (!r->name)
			fail(s, "no right", word);
		set |= r->bit;
	}
	return set;
}

static struct fp_rule_file file(struct spec *s, const json_t *d)
{
	const json_t *list = json_object_get(d, "paths");
	const struct fp_glob **at =
		FP_NEW_ARRAY(&s->u->arena, json_array_size(list) + 1, const struct fp_glob *);
	struct fp_rule_file f = { .effect = effect(s, d),
				  .rights = rights(s, d),
				  .paths = { at, json_array_size(list) } };

	for (size_t i = 0; i < f.paths.n; i++) {
		const char *glob = json_string_value(json_array_get(list, i));
		at[i] = glob ? fp_glob_parse(s->u, glob, strlen(glob), s->top) : NULL;
		s->failed |= glob && !at[i]; /* reported */
		if (!glob)
			fail(s, "a path is no text", NULL);
	}
	return f;
}

/* What is read from one path alone must be one. */
static struct fp_rule_file hidden(struct spec *s, const json_t *d)
{
	struct fp_rule_file f = file(s, d);

	if (!s->failed && (f.paths.n != 1 || !f.paths.at[0]->path))
		fail(s, "one path is needed", NULL);
	return f;
}

static struct fp_rule_net net(struct spec *s, const json_t *d)
{
	const json_t *prefixes = json_object_get(d, "prefixes"),
		     *pairs = json_object_get(d, "ports");
	struct fp_prefix *to =
		FP_NEW_ARRAY(&s->u->arena, json_array_size(prefixes) + 1, struct fp_prefix);
	struct fp_ports *ports =
		FP_NEW_ARRAY(&s->u->arena, json_array_size(pairs) + 1, struct fp_ports);
	struct fp_rule_net n = { .effect = effect(s, d),
				 .proto = (enum fp_proto)place_of(s, text(s, d, "protocol"),
								  fp_proto_names, 5),
				 .prefixes = to,
				 .prefix_count = json_array_size(prefixes),
				 .ports = ports,
				 .port_count = json_array_size(pairs) };

	for (size_t i = 0; i < n.prefix_count; i++) {
		const char *word = json_string_value(json_array_get(prefixes, i));
		if (!word || fp_prefix_parse(word, strlen(word), &to[i]) != FP_PREFIX_OK)
			fail(s, "no prefix", word);
	}
	for (size_t i = 0; i < n.port_count; i++) {
		uint64_t first = 0, last = 0;
		const json_t *pair = json_array_get(pairs, i);
		if (!fp_json_count_of(json_array_get(pair, 0), &first) ||
		    !fp_json_count_of(json_array_get(pair, 1), &last) || last > UINT16_MAX ||
		    first > last)
			fail(s, "no ports", NULL);
		ports[i] = (struct fp_ports){ (uint16_t)first, (uint16_t)last };
	}
	return n;
}

static struct fp_rule_device device(struct spec *s, const json_t *d)
{
	static const char *const words[] = { "read", "write", "mknod" };
	const json_t *list = json_object_get(d, "devices"), *may = json_object_get(d, "rights");
	struct fp_device *at =
		FP_NEW_ARRAY(&s->u->arena, json_array_size(list) + 1, struct fp_device);
	struct fp_rule_device out = { .effect = effect(s, d),
				      .at = at,
				      .n = json_array_size(list) };

	for (size_t i = 0; i < out.n; i++) {
		const json_t *it = json_array_get(list, i);
		at[i] = (struct fp_device){ .path = text(s, it, "path"),
					    .type = !strcmp(text(s, it, "type"), "block") ? 'b'
											  : 'c',
					    .major = (uint32_t)number(s, it, "major", UINT32_MAX),
					    .minor = (uint32_t)number(s, it, "minor", UINT32_MAX) };
	}
	for (size_t i = 0; i < json_array_size(may); i++) {
		const char *word = json_string_value(json_array_get(may, i));
		out.rights |= (uint8_t)(1u << place_of(s, word ? word : "", words, 3));
	}
	return out;
}

static struct fp_rule_limit limit(struct spec *s, const json_t *d)
{
	const char *pair = json_string_value(json_object_get(d, "number"));
	struct fp_rule_limit l = { .limit = (enum fp_limit)place_of(s, text(s, d, "limit"),
								    fp_limit_names, FP_LIM_N),
				   .device = text_or_none(s, d, "device"),
				   .text = text_or_none(s, d, "list"),
				   .has_number = pair != NULL };
	bool is_io = !strncmp(fp_limit_names[l.limit], "io ", 3);

	if (json_is_string(json_object_get(d, "value")) &&
	    !strcmp(json_string_value(json_object_get(d, "value")), "unlimited"))
		l.value = UINT64_MAX;
	else if (!l.text)
		l.value = number(s, d, "value", UINT64_MAX);
	if (pair && sscanf(pair, "%9u:%9u", &l.major, &l.minor) != 2)
		fail(s, "no device number", pair);
	if (is_io != (l.device != NULL) || (l.limit == FP_LIM_CPU_SET) != (l.text != NULL))
		fail(s, "a limit lacks what it is of", fp_limit_names[l.limit]);
	return l;
}

static void detail(struct spec *s, const json_t *d, struct fp_rule *r)
{
	switch (r->kind) {
	case FP_KIND_CALL_DEFAULT:
		r->u.decision = decision(s, d);
		return;
	case FP_KIND_CALL_UNKNOWN:
		r->u.unknown = unknown(s, d);
		return;
	case FP_KIND_CALL_ABI:
		r->u.abis = abis(s, d);
		return;
	case FP_KIND_CALL:
		r->u.call = call(s, d, r->text);
		return;
	case FP_KIND_CAPABILITY:
		r->u.caps.set = caps(s, d);
		return;
	case FP_KIND_USER:
		r->u.user = user(s, d);
		return;
	case FP_KIND_NO_NEW_PRIVILEGES:
		r->u.flag = flag(d, "on");
		return;
	case FP_KIND_UMASK:
		r->u.number = (uint32_t)number(s, d, "mask", 0777);
		return;
	case FP_KIND_WORKDIR:
		r->u.path = path(s, d, "path");
		return;
	case FP_KIND_NAMESPACE:
		r->u.ns.ns = (enum fp_namespace)place_of(s, text(s, d, "namespace"),
							 fp_namespace_names, FP_NS_N);
		r->u.ns.is_new = flag(d, "new");
		return;
	case FP_KIND_ID_MAP:
		r->u.idmap = idmap(s, d);
		return;
	case FP_KIND_ROOT:
		r->u.root.is_readonly = flag(d, "readonly");
		return;
	case FP_KIND_MOUNT:
		r->u.mount = mount(s, d);
		return;
	case FP_KIND_MASK:
	case FP_KIND_READONLY:
		r->u.file = hidden(s, d);
		return;
	case FP_KIND_FILE:
		r->u.file = file(s, d);
		return;
	case FP_KIND_FILE_DEFAULT:
	case FP_KIND_EGRESS_DEFAULT:
	case FP_KIND_INGRESS_DEFAULT:
	case FP_KIND_DEVICE_DEFAULT:
		r->u.effect = effect(s, d);
		return;
	case FP_KIND_EGRESS:
	case FP_KIND_INGRESS:
		r->u.net = net(s, d);
		return;
	case FP_KIND_DEVICE:
		r->u.device = device(s, d);
		return;
	case FP_KIND_LIMIT:
		r->u.limit = limit(s, d);
		return;
	case FP_KIND_AUDIT:
		r->u.audit.denied = flag(d, "denied");
		r->u.audit.allowed = call_set(s, json_object_get(d, "calls"));
		return;
	case FP_KIND_N:
		return;
	}
}

/* ---- rules ---- */

static enum fp_kind kind_of(struct spec *s, const json_t *rule)
{
	const char *what = text(s, rule, "what"), *section = text(s, rule, "section");

	for (enum fp_kind k = 0; k < FP_KIND_N; k++)
		if (!strcmp(fp_kind_what(k), what) && !strcmp(fp_kind_section(k), section))
			return k;
	fail(s, "an unknown kind of rule", what);
	return FP_KIND_AUDIT;
}

/* Rules are told in order, a line for each sentence: a quotation mark in a text has a backslash. */
static struct fp_span next_place(struct spec *s)
{
	static const char mark[] = "\"rule\": \"";
	const char *found = strstr(s->at, mark);

	if (!found)
		return s->top;
	s->at = found + sizeof(mark) - 1;
	uint32_t begin = s->src->base + (uint32_t)(found - s->src->data);
	return (struct fp_span){ begin, begin + (uint32_t)sizeof(mark) - 1 };
}

static void read_rules(struct spec *s, const json_t *list, struct fp_ir *ir)
{
	struct fp_rule *rules =
		FP_NEW_ARRAY(&s->u->arena, json_array_size(list) + 1, struct fp_rule);
	size_t n = json_array_size(list);

	for (size_t i = 0; i < n && !s->failed; i++) {
		const json_t *from = json_array_get(list, i);
		struct fp_rule *r = &rules[i];
		*r = (struct fp_rule){ .kind = kind_of(s, from),
				       .id = (uint32_t)i,
				       .text = text(s, from, "rule"),
				       .is_implied = flag(from, "implied"),
				       .is_widening = flag(from, "widening"),
				       .because = text_or_none(s, from, "because"),
				       .until = date(s, from),
				       .accepted = text_or_none(s, from, "accepted"),
				       .span = next_place(s) };
		if (i && (r->kind < rules[i - 1].kind))
			fail(s, "rules are not in order", r->text);
		detail(s, json_object_get(from, "detail"), r);
	}
	ir->rules = rules;
	ir->rule_count = n;
	for (size_t i = 0, k = 0; k <= FP_KIND_N; k++) {
		while (i < n && rules[i].kind < k)
			i++;
		ir->first[k] = (uint32_t)i;
	}
}

/* Of these a policy has one each, written or implied: what reads it relies on it. */
static void need_single_rules(struct spec *s, const struct fp_ir *ir)
{
	static const enum fp_kind kinds[] = {
		FP_KIND_CALL_DEFAULT,   FP_KIND_CALL_UNKNOWN,      FP_KIND_USER,
		FP_KIND_UMASK,          FP_KIND_NO_NEW_PRIVILEGES, FP_KIND_ROOT,
		FP_KIND_FILE_DEFAULT,   FP_KIND_EGRESS_DEFAULT,    FP_KIND_INGRESS_DEFAULT,
		FP_KIND_DEVICE_DEFAULT,
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (ir->first[kinds[i] + 1] - ir->first[kinds[i]] != 1)
			fail(s, "it has not one rule that says", fp_kind_what(kinds[i]));
}

static void sum_up(struct spec *s, struct fp_ir *ir)
{
	need_single_rules(s, ir);
	if (s->failed)
		return;
	ir->call_default = fp_ir_only(ir, FP_KIND_CALL_DEFAULT)->u.decision;
	ir->call_unknown = fp_ir_only(ir, FP_KIND_CALL_UNKNOWN)->u.unknown.decision;
	ir->reviewed = fp_ir_only(ir, FP_KIND_CALL_UNKNOWN)->u.unknown.reviewed;
	fp_ir_each (ir, FP_KIND_CALL_ABI, r)
		ir->foreign_abis |= r->u.abis;
	fp_ir_each (ir, FP_KIND_CAPABILITY, r)
		ir->caps |= r->u.caps.set;
	ir->calls = fp_ir_plan_calls(&s->u->arena, ir);
}

/* ---- what is no rule ---- */

static void read_assertions(struct spec *s, const json_t *list, struct fp_ir *ir)
{
	static const char *const kinds[] = { "never", "expect", "test" };
	size_t n = json_array_size(list);

	ir->assertions = FP_NEW_ARRAY(&s->u->arena, n + 1, struct fp_assertion);
	ir->assertion_count = n;
	for (size_t i = 0; i < n; i++) {
		const json_t *from = json_array_get(list, i);
		ir->assertions[i] = (struct fp_assertion){
			.kind = (enum fp_assertion_kind)place_of(s, text(s, from, "kind"), kinds,
								 3),
			.is_critical = flag(from, "critical"),
			.text = text(s, from, "subject"),
			.subject = { .kind = FP_SUBJECT_PATH }, /* nobody asks it: `from_spec` */
			.span = s->top
		};
	}
}

static void read_bounds(struct spec *s, const json_t *list, struct fp_ir *ir)
{
	size_t n = json_array_size(list);

	ir->bounds = FP_NEW_ARRAY(&s->u->arena, n + 1, struct fp_bound);
	ir->bound_count = n;
	for (size_t i = 0; i < n; i++) {
		const json_t *from = json_array_get(list, i);
		ir->bounds[i] =
			(struct fp_bound){ .name = text(s, from, "policy"),
					   .is_base = !strcmp(text(s, from, "relation"), "extends"),
					   .is_locked = flag(from, "locked"),
					   .span = s->top };
	}
}

static void read_waivers(struct spec *s, const json_t *list, struct fp_ir *ir)
{
	size_t n = json_array_size(list);
	struct fp_waiver *out = FP_NEW_ARRAY(&s->u->arena, n + 1, struct fp_waiver);

	for (size_t i = 0; i < n; i++) {
		const json_t *from = json_array_get(list, i);
		out[i] = (struct fp_waiver){ .lint = text(s, from, "lint"),
					     .place = text(s, from, "place"),
					     .reason = text(s, from, "reason"),
					     .by = text(s, from, "by"),
					     .until = date(s, from),
					     .span = s->top };
	}
	ir->waivers = out;
	ir->waiver_count = n;
}

static void read_best_effort(struct spec *s, const json_t *list, struct fp_ir *ir)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *layer = text(s, json_array_get(list, i), "layer");
		ir->best_effort[place_of(s, layer, fp_layer_names, FP_LAYER_N)] = true;
	}
}

static void read_head(struct spec *s, const json_t *root, struct fp_ir *ir)
{
	static const char *const tiers[] = { "standard", "untrusted", "hostile" };
	struct fp_span *spans;

	ir->name = text(s, root, "policy");
	ir->version = text(s, root, "version");
	ir->owner = text(s, root, "owner");
	ir->tier = (enum fp_tier)place_of(s, text(s, root, "tier"), tiers, 3);
	ir->is_locked = flag(root, "locked");
	ir->span = s->top;
	ir->from_spec = true;
	ir->targets = texts(s, json_object_get(root, "targets"), &ir->target_count);
	ir->open_params = texts(s, json_object_get(root, "openParameters"), &ir->open_param_count);
	spans = FP_NEW_ARRAY(&s->u->arena, ir->target_count + 1, struct fp_span);
	for (size_t i = 0; i < ir->target_count; i++)
		spans[i] = s->top;
	ir->target_spans = spans;
}

const struct fp_ir *fp_spec_read(struct fp_unit *u, const json_t *root, const struct fp_source *src)
{
	struct spec s = { .u = u, .src = src, .at = src->data };
	struct fp_ir *ir = FP_NEW(&u->arena, struct fp_ir);

	s.top = (struct fp_span){ src->base, src->base + 1 };
	read_head(&s, root, ir);
	read_assertions(&s, json_object_get(root, "assertions"), ir);
	read_bounds(&s, json_object_get(root, "bounds"), ir);
	read_waivers(&s, json_object_get(root, "waivers"), ir);
	read_best_effort(&s, json_object_get(root, "bestEffort"), ir);
	read_rules(&s, json_object_get(root, "rules"), ir);
	if (!s.failed)
		sum_up(&s, ir);
	return s.failed ? NULL : ir;
}
