/* SPDX-License-Identifier: MIT */
/* Which sockets a job may make, asked of the call rules; and what that means for peers. */
#include "backends/apparmor/apparmor.h"

#include <string.h>

/* Types that network rules have a word for, with the constant of include/linux/net.h. */
static const struct {
	const char *word, *constant;
} types[] = {
	{ "dgram", "SOCK_DGRAM" }, { "packet", "SOCK_PACKET" },       { "raw", "SOCK_RAW" },
	{ "rdm", "SOCK_RDM" },     { "seqpacket", "SOCK_SEQPACKET" }, { "stream", "SOCK_STREAM" },
};

#define TYPES (sizeof(types) / sizeof(types[0]))

static bool constant(const char *name, enum fp_abi abi, uint32_t *out)
{
	const struct fp_const *c = fp_const_find(name, strlen(name));

	if (!c || !(c->present & 1u << abi))
		return false;
	*out = (uint32_t)c->value[abi];
	return true;
}

/*
 * AppArmor sees the family and the type of a socket, not the flags beside the type and not the
 * protocol. So conditions are asked in three values: what hangs on the unseen is MAYBE.
 */
enum answer {
	NO,
	MAYBE,
	YES
};

struct question {
	uint32_t family, type, unseen; /* bits of the second argument that only carry flags */
	uint32_t types[TYPES]; /* values of the types that have a word; UINT32_MAX: none here */
};

static enum answer ask_test(const struct fp_test *t, const struct question *q)
{
	uint64_t args[6] = { q->family, q->type };
	const struct fp_pred whole = { .op = FP_PRED_TEST, .test = *t };
	uint64_t unseen = t->lo < 2 ? 0 : t->lo == 2 ? q->unseen : UINT64_MAX;

	unseen &= t->mask;
	if (!unseen)
		return fp_pred_holds(&whole, args) ? YES : NO;
	if (t->min == t->max && t->lo == 2 && ((q->type ^ t->min) & t->mask & ~unseen))
		return t->is_negated ? YES : NO; /* whatever the flags, the type differs */
	return MAYBE;
}

static enum answer ask(const struct fp_pred *pred, const struct question *q)
{
	bool is_or = pred->op == FP_PRED_OR;
	enum answer all = is_or ? NO : YES;

	switch (pred->op) {
	case FP_PRED_FALSE:
		return NO;
	case FP_PRED_TRUE:
		return YES;
	case FP_PRED_TEST:
		return ask_test(&pred->test, q);
	case FP_PRED_AND:
	case FP_PRED_OR:
		break;
	}
	for (size_t i = 0; i < pred->n && all != (is_or ? YES : NO); i++) {
		enum answer one = ask(pred->kids[i], q);
		if (is_or ? one > all : one < all)
			all = one;
	}
	return all;
}

bool fp_aa_abi_is_open(const struct fp_aa_plan *p, enum fp_abi abi)
{
	const struct fp_abi_def *def = fp_abi(abi);

	return p->target->archs[def->arch] && (def->is_native || p->ir->foreign_abis >> abi & 1);
}

static bool lets_through(struct fp_decision d)
{
	return d.action >= FP_ACT_NOTIFY; /* a supervisor or tracer may go on with it */
}

/* Clauses are asked in order until one that always holds; what none of them decides is the
 * default's. */
static bool is_open_on(const struct fp_aa_plan *p, const struct fp_sysdef *sys, enum fp_abi abi)
{
	const struct fp_call_plan *plan = &p->ir->calls[sys->index];
	uint16_t kernel = FP_SINCE(p->target->kernel.major, p->target->kernel.minor);

	for (size_t i = 0; i < plan->n; i++) {
		const struct fp_pred *when = plan->at[i].rule->u.call.when[abi];
		if (!when || when->op == FP_PRED_FALSE)
			continue;
		if (lets_through(plan->at[i].decision))
			return true;
		if (when->op == FP_PRED_TRUE)
			return false;
	}
	return lets_through(fp_ir_is_unknown(p->ir, sys, abi, kernel) ? p->ir->call_unknown
								      : p->ir->call_default);
}

bool fp_aa_call_is_open(const struct fp_aa_plan *p, const char *call)
{
	const struct fp_sysdef *sys = fp_sys_find(call, strlen(call));

	for (unsigned abi = 0; sys && abi < FP_ABI_N; abi++)
		if (sys->nr[abi] >= 0 && fp_aa_abi_is_open(p, (enum fp_abi)abi) &&
		    is_open_on(p, sys, (enum fp_abi)abi))
			return true;
	return false;
}

static const char *const makers[] = { "socket", "socketpair" };

static struct question make_question(enum fp_abi abi)
{
	struct question q = { 0 };
	uint32_t cloexec = 0, nonblock = 0;

	constant("SOCK_CLOEXEC", abi, &cloexec);
	constant("SOCK_NONBLOCK", abi, &nonblock);
	q.unseen = cloexec | nonblock;
	for (size_t t = 0; t < TYPES; t++)
		if (!constant(types[t].constant, abi, &q.types[t]))
			q.types[t] = UINT32_MAX;
	return q;
}

/* Whether some call passes that makes such a socket: a refusal that only may hold stops nothing. */
static bool passes(const struct fp_aa_plan *p, const struct fp_sysdef *sys, enum fp_abi abi,
		   const struct question *q)
{
	const struct fp_call_plan *plan = &p->ir->calls[sys->index];

	for (size_t i = 0; i < plan->n; i++) {
		const struct fp_pred *when = plan->at[i].rule->u.call.when[abi];
		enum answer holds = when ? ask(when, q) : NO;
		if (holds != NO && lets_through(plan->at[i].decision))
			return true;
		if (holds == YES)
			return false;
	}
	return lets_through(p->ir->call_default);
}

/* Types of a family that the call rules let through on an ABI. */
static uint32_t find_types(const struct fp_aa_plan *p, struct question *q, enum fp_abi abi)
{
	uint32_t found = 0;

	for (size_t t = 0; t < TYPES; t++) {
		q->type = q->types[t];
		if (q->type == UINT32_MAX)
			continue;
		if (passes(p, p->makers[0], abi, q) || passes(p, p->makers[1], abi, q))
			found |= 1u << q->type;
	}
	return found;
}

/* Every family of include/linux/socket.h has a smaller number. */
#define FAMILIES 64u

/* One more than the largest number of a family with a name. */
static uint32_t past_families(void)
{
	uint32_t past = 0;

	for (size_t i = 0; i < fp_const_count(); i++) {
		const struct fp_const *c = fp_const_at(i);
		uint64_t number = (uint64_t)c->value[FP_ABI_X86_64];
		if (!strncmp(c->name, "AF_", 3) && number < FAMILIES && number >= past)
			past = (uint32_t)number + 1;
	}
	return past;
}

struct sockets {
	uint32_t types[FP_ABI_N][FAMILIES];
};

/* The answers hang on the call rules alone: one asking serves all targets. */
static const struct sockets *ask_all(const struct fp_aa_plan *p)
{
	static const char what[] = "sockets that pass";
	const struct sockets *kept = fp_unit_recall(p->unit, what, p->ir->calls, NULL);

	if (kept)
		return kept;
	struct sockets *all = FP_NEW(&p->unit->arena, struct sockets);
	uint32_t past = past_families();
	for (unsigned abi = 0; abi < FP_ABI_N; abi++) {
		struct question q = make_question((enum fp_abi)abi);
		if (!fp_abi((enum fp_abi)abi)->is_native && !(p->ir->foreign_abis >> abi & 1))
			continue;
		for (q.family = 0; q.family < past; q.family++)
			all->types[abi][q.family] = find_types(p, &q, (enum fp_abi)abi);
	}
	fp_unit_keep(p->unit, what, p->ir->calls, NULL, all);
	return all;
}

/*
 * Families by the names the target's kernel gives them (af_mask of its features: AF_x in small
 * letters). Their numbers are not the positions there, for the kernel leaves some out.
 */
static void find_families(struct fp_aa_plan *p)
{
	const char *at = strstr(p->target->apparmor.features, "af_mask {");

	for (at = at ? at + strlen("af_mask {") : ""; *at && *at != '\n' && *at != '}';) {
		size_t len = strcspn(at, " \n}");
		char *name = fp_arena_printf(&p->unit->arena, "AF_%.*s", (int)len, at);
		const struct fp_const *c;
		for (char *n = name; *n; n++)
			*n = *n >= 'a' && *n <= 'z' ? (char)(*n - 'a' + 'A') : *n;
		c = fp_const_find(name, strlen(name));
		if (c && c->present && (uint64_t)c->value[FP_ABI_X86_64] < FAMILIES) {
			struct fp_aa_family f = { .number = (uint32_t)c->value[FP_ABI_X86_64] };
			f.word = fp_arena_text(&p->unit->arena, at, len);
			fp_vec_push(&p->unit->arena, &p->families, f);
		}
		at += len + (at[len] == ' ');
	}
}

static bool has_word(const struct fp_aa_plan *p, uint32_t family)
{
	for (size_t i = 0; i < p->families.n; i++)
		if (p->families.at[i].number == family)
			return true;
	return false;
}

/* Families that no network rule of the target can name (AF_DECnet), and so none can allow. */
static void find_wordless(struct fp_aa_plan *p)
{
	for (size_t i = 0; i < fp_const_count(); i++) {
		const struct fp_const *c = fp_const_at(i);
		uint32_t number = (uint32_t)c->value[FP_ABI_X86_64];
		if (!strncmp(c->name, "AF_", 3) && strcmp(c->name, "AF_MAX") && c->present &&
		    !has_word(p, number))
			fp_vec_push(&p->unit->arena, &p->wordless, number);
	}
}

static uint32_t every_type(const struct question *q)
{
	uint32_t all = 0;

	for (size_t t = 0; t < TYPES; t++)
		if (q->types[t] != UINT32_MAX)
			all |= 1u << q->types[t];
	return all;
}

/* Socket calls that a rule of the policy decides; a line of the profile leads back to them. */
static bool makes_sockets(const struct fp_aa_plan *p, const struct fp_rule *r)
{
	const struct fp_call_set *set = &r->u.call.calls;

	for (size_t i = 0; i < set->n; i++)
		for (size_t m = 0; m < 2; m++)
			if (set->at[i] == p->makers[m]->index)
				return true;
	return false;
}

static const struct fp_rule *rule_of(const struct fp_aa_plan *p, uint32_t family, uint32_t type)
{
	const uint64_t args[6] = { family, type };

	fp_ir_each (p->ir, FP_KIND_CALL, r) {
		if (!lets_through(r->u.call.decision) || !makes_sockets(p, r))
			continue;
		for (unsigned abi = 0; abi < FP_ABI_N; abi++)
			if (r->u.call.when[abi] && fp_pred_holds(r->u.call.when[abi], args))
				return r;
	}
	return NULL;
}

static void add_family(struct fp_aa_plan *p, const struct fp_aa_family *f, const struct question *q,
		       const char *rule, const char *type)
{
	for (size_t t = 0; t < TYPES; t++) {
		uint32_t value = q->types[t];
		if (value == UINT32_MAX || !(f->types >> value & 1))
			continue;
		const char *text = f->is_every ? rule
					       : fp_arena_printf(&p->unit->arena, "%s %s%s", rule,
								 type, types[t].word);
		fp_aa_add(p, FP_AA_NETWORK, text, rule_of(p, f->number, value));
		if (f->is_every)
			return;
	}
}

/*
 * Network rules are written even where the target does not enforce them: the parser's own settings
 * (policy-features= in parser.conf) may switch the class on, and then silence would refuse it all.
 * With fine mediation of AF_UNIX a network rule no longer speaks for it; a unix rule does.
 */
void fp_aa_network(struct fp_aa_plan *p)
{
	const struct question q = make_question(FP_ABI_X86_64);
	uint32_t every = every_type(&q);

	for (size_t m = 0; m < 2; m++)
		p->makers[m] = fp_sys_find(makers[m], strlen(makers[m]));
	const struct sockets *all = ask_all(p);
	find_families(p);
	find_wordless(p);
	for (unsigned abi = 0; abi < FP_ABI_N; abi++) {
		if (!fp_aa_abi_is_open(p, (enum fp_abi)abi))
			continue;
		for (size_t i = 0; i < p->families.n; i++)
			p->families.at[i].types |= all->types[abi][p->families.at[i].number];
	}
	for (size_t i = 0; i < p->families.n; i++) {
		struct fp_aa_family *f = &p->families.at[i];
		f->is_every = every && f->types == every;
		add_family(p, f, &q, fp_arena_printf(&p->unit->arena, "network %s", f->word), "");
		if (!strcmp(f->word, "unix") && fp_target_has(p->target, FP_FEAT_AA_UNIX))
			add_family(p, f, &q, "unix", "type=");
	}
}

static bool has_pair(const struct fp_aa_plan *p, uint32_t family, uint32_t type)
{
	for (size_t i = 0; i < p->families.n; i++)
		if (p->families.at[i].number == family)
			return p->families.at[i].types >> type & 1;
	return false;
}

/* Of the pairs a socket rule speaks of: which ones AppArmor sees only in part, opens, refuses. */
struct verdict {
	bool is_partial, has_open, has_closed, has_wordless;
};

static void judge(const struct fp_aa_plan *p, const struct fp_rule *r, enum fp_abi abi,
		  struct verdict *out)
{
	struct question q = make_question(abi);

	for (size_t i = 0; i < p->families.n; i++)
		for (size_t t = 0; t < TYPES; t++) {
			q.family = p->families.at[i].number;
			q.type = q.types[t];
			if (q.type == UINT32_MAX)
				continue;
			enum answer holds = ask(r->u.call.when[abi], &q);
			if (holds == NO)
				continue;
			out->is_partial |= holds == MAYBE;
			if (has_pair(p, q.family, q.type))
				out->has_open = true;
			else
				out->has_closed = true;
		}
	constant("SOCK_STREAM", abi, &q.type);
	for (size_t i = 0; i < p->wordless.n; i++) {
		q.family = p->wordless.at[i];
		out->has_wordless |= ask(r->u.call.when[abi], &q) != NO;
	}
}

static struct verdict judge_all(const struct fp_aa_plan *p, const struct fp_rule *r)
{
	struct verdict v = { 0 };

	for (unsigned abi = 0; abi < FP_ABI_N; abi++)
		if (fp_aa_abi_is_open(p, (enum fp_abi)abi) && r->u.call.when[abi])
			judge(p, r, (enum fp_abi)abi, &v);
	return v;
}

void fp_aa_claim_socket(const struct fp_aa_plan *p, struct fp_emission *out,
			const struct fp_rule *r)
{
	struct verdict v = judge_all(p, r);
	const char *why = fp_target_why(p->target, FP_FEAT_AA_NETWORK);
	bool is_allow = lets_through(r->u.call.decision);

	if (why)
		fp_emit_claim(out, r, FP_CLAIM_NONE, "%s", why);
	else if (is_allow && v.is_partial)
		fp_emit_claim(out, r, FP_CLAIM_WIDER,
			      "network rules see family and type, not the protocol or the flags");
	else if (is_allow && v.has_closed)
		fp_emit_claim(out, r, FP_CLAIM_NARROWER,
			      "some of these sockets are refused by stricter rules");
	else if (is_allow && v.has_wordless)
		fp_emit_claim(out, r, FP_CLAIM_NARROWER,
			      "families that network rules have no word for are refused");
	else if (!is_allow && v.has_open)
		fp_emit_claim(
			out, r, FP_CLAIM_WIDER,
			"network rules see family and type alone, and other rules allow them");
	else
		fp_emit_claim(out, r, FP_CLAIM_EXACT, NULL);
}

/* Types of sockets that carry a protocol over IP. */
static uint32_t carriers(enum fp_proto proto)
{
	static const char *const names[][3] = {
		[FP_PROTO_ANY] = { NULL },
		[FP_PROTO_TCP] = { "SOCK_STREAM" },
		[FP_PROTO_UDP] = { "SOCK_DGRAM" },
		[FP_PROTO_SCTP] = { "SOCK_STREAM", "SOCK_SEQPACKET" },
		[FP_PROTO_ICMP] = { "SOCK_RAW", "SOCK_DGRAM" },
	};
	uint32_t set = 0, value;

	if (proto == FP_PROTO_ANY)
		return UINT32_MAX;
	for (size_t i = 0; i < 3 && names[proto][i]; i++)
		if (constant(names[proto][i], FP_ABI_X86_64, &value))
			set |= 1u << value;
	return set;
}

static bool ip_is_open(const struct fp_aa_plan *p, enum fp_family family, enum fp_proto proto)
{
	for (size_t i = 0; i < p->families.n; i++)
		if (!strcmp(p->families.at[i].word, family == FP_IPV4 ? "inet" : "inet6"))
			return p->families.at[i].types & carriers(proto);
	return false;
}

static bool net_is_open(const struct fp_aa_plan *p, const struct fp_rule_net *net)
{
	bool open = false;

	if (!net->prefix_count)
		return ip_is_open(p, FP_IPV4, net->proto) || ip_is_open(p, FP_IPV6, net->proto);
	for (size_t i = 0; i < net->prefix_count; i++)
		open |= ip_is_open(p, net->prefixes[i].family, net->proto);
	return open;
}

/* Addresses and ports are never written: a parser drops them without a word where the kernel lacks
 * them. */
void fp_aa_claim_net(const struct fp_aa_plan *p, struct fp_emission *out, const struct fp_rule *r)
{
	const char *why = fp_target_why(p->target, FP_FEAT_AA_NETWORK);
	bool open = net_is_open(p, &r->u.net);

	if (why)
		fp_emit_claim(out, r, FP_CLAIM_NONE, "%s", why);
	else if (r->u.net.effect == FP_DENY && !open)
		fp_emit_claim(out, r, FP_CLAIM_EXACT, "no socket that could reach it may be made");
	else if (r->u.net.effect == FP_DENY)
		fp_emit_claim(out, r, FP_CLAIM_NONE,
			      "network rules of the target name no address and no port");
	else if (!open)
		fp_emit_claim(out, r, FP_CLAIM_NARROWER,
			      "no call rule lets the socket be made that this needs");
	else
		fp_emit_claim(out, r, FP_CLAIM_WIDER,
			      "network rules of the target name no address and no port: the family "
			      "and type of the socket are open to any peer");
}

void fp_aa_claim_net_default(const struct fp_aa_plan *p, struct fp_emission *out,
			     const struct fp_rule *r)
{
	const char *why = fp_target_why(p->target, FP_FEAT_AA_NETWORK);
	bool open = ip_is_open(p, FP_IPV4, FP_PROTO_ANY) || ip_is_open(p, FP_IPV6, FP_PROTO_ANY);

	if (why)
		fp_emit_claim(out, r, FP_CLAIM_NONE, "%s", why);
	else if (r->u.effect == FP_DENY && open)
		fp_emit_claim(out, r, FP_CLAIM_WIDER,
			      "the sockets that the call rules allow are open to any peer");
	else if (r->u.effect == FP_DENY)
		fp_emit_claim(out, r, FP_CLAIM_EXACT, "no internet socket may be made");
	else if (open)
		fp_emit_claim(out, r, FP_CLAIM_EXACT, NULL);
	else
		fp_emit_claim(out, r, FP_CLAIM_NARROWER, "no internet socket may be made");
}
