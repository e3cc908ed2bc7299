/* SPDX-License-Identifier: MIT */
/* The OCI form of filters: compiled with libseccomp as runtimes do, against the IR's definition. */
#include "unit/seccomp_policy.h"

#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

static uint32_t scmp_action(const json_t *rule, const char *key, const char *errno_key)
{
	const char *name = json_string_value(json_object_get(rule, key));
	uint16_t data = (uint16_t)json_integer_value(json_object_get(rule, errno_key));

	if (!strcmp(name, "SCMP_ACT_KILL_PROCESS"))
		return SCMP_ACT_KILL_PROCESS;
	if (!strcmp(name, "SCMP_ACT_KILL"))
		return SCMP_ACT_KILL;
	if (!strcmp(name, "SCMP_ACT_TRAP"))
		return SCMP_ACT_TRAP;
	if (!strcmp(name, "SCMP_ACT_ERRNO"))
		return SCMP_ACT_ERRNO(data);
	if (!strcmp(name, "SCMP_ACT_TRACE"))
		return SCMP_ACT_TRACE(data);
	if (!strcmp(name, "SCMP_ACT_LOG"))
		return SCMP_ACT_LOG;
	assert_string_equal(name, "SCMP_ACT_ALLOW");
	return SCMP_ACT_ALLOW;
}

static struct scmp_arg_cmp scmp_arg(const json_t *arg)
{
	static const struct {
		const char *name;
		enum scmp_compare op;
	} ops[] = { { "SCMP_CMP_NE", SCMP_CMP_NE }, { "SCMP_CMP_LE", SCMP_CMP_LE },
		    { "SCMP_CMP_EQ", SCMP_CMP_EQ }, { "SCMP_CMP_GE", SCMP_CMP_GE },
		    { "SCMP_CMP_GT", SCMP_CMP_GT }, { "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ } };

	const char *name = json_string_value(json_object_get(arg, "op"));
	struct scmp_arg_cmp a = { 0 };

	for (size_t i = 0; i < 6; i++)
		if (!strcmp(ops[i].name, name))
			a.op = ops[i].op;
	assert_int_not_equal(a.op, 0);
	a.arg = (unsigned)json_integer_value(json_object_get(arg, "index"));
	a.datum_a = (scmp_datum_t)json_integer_value(json_object_get(arg, "value"));
	a.datum_b = (scmp_datum_t)json_integer_value(json_object_get(arg, "valueTwo"));
	return a;
}

static const uint32_t scmp_archs[FP_ABI_N] = {
	[FP_ABI_X86_64] = SCMP_ARCH_X86_64, [FP_ABI_I386] = SCMP_ARCH_X86,
	[FP_ABI_X32] = SCMP_ARCH_X32,       [FP_ABI_AARCH64] = SCMP_ARCH_AARCH64,
	[FP_ABI_ARM] = SCMP_ARCH_ARM,       [FP_ABI_RISCV64] = SCMP_ARCH_RISCV64
};

/*
 * ABIs, a bit each, on which the library has no number for the name: its rule is dropped there. A
 * call that socketcall or ipc carries is -101 to -299, and has its own number beside the carried.
 */
static uint8_t unnumbered(const char *name)
{
	uint8_t abis = 0;

	for (unsigned i = 0; i < FP_ABI_N; i++) {
		int nr = seccomp_syscall_resolve_name_arch(scmp_archs[i], name);
		if (nr == __NR_SCMP_ERROR || nr < -299)
			abis |= (uint8_t)(1u << i);
	}
	return abis;
}

/* The newest release of libseccomp that first numbers some call. */
static uint32_t newest_release(void)
{
	uint32_t newest = FP_RELEASE(2, 5, 0);

	for (size_t i = 0; i < fp_sys_count(); i++)
		for (unsigned abi = 0; abi < FP_ABI_N; abi++)
			if (fp_sys_at(i)->libseccomp[abi] > newest)
				newest = fp_sys_at(i)->libseccomp[abi];
	return newest;
}

/*
 * The release whose numbers the installed library has: distributions add those of later ones to the
 * release they ship. Every call that a release numbers, and no other, is numbered here.
 */
static uint32_t release_here(void)
{
	uint32_t lacking = UINT32_MAX, here = FP_RELEASE(2, 5, 0);

	for (unsigned pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < fp_sys_count(); i++) {
			const struct fp_sysdef *sys = fp_sys_at(i);
			uint8_t lacks = unnumbered(sys->name);
			for (unsigned abi = 0; abi < FP_ABI_N; abi++) {
				uint32_t first = sys->libseccomp[abi];
				if (sys->nr[abi] < 0)
					continue;
				if (!pass && (lacks >> abi & 1) && first < lacking)
					lacking = first;
				else if (pass && first < lacking && first > here)
					here = first;
				else if (pass && first >= lacking && !(lacks >> abi & 1))
					fail_msg("%s is numbered, others of %x or before are not",
						 sys->name, lacking);
			}
		}
	assert_true(lacking > FP_RELEASE(2, 5, 0));
	return here;
}

/* The target with the installed library in its runtimes. */
static const struct fp_target *target_here(struct fp_unit *u, const char *name)
{
	const struct fp_target *t = target(u, name);
	uint32_t release = release_here();
	struct fp_buf text;

	fp_buf_init(&text, &u->arena);
	for (size_t i = 0; i < t->n_rows; i++) {
		const struct fp_target_row *row = &t->rows[i];
		const char *colon = strchr(row->key, ':');
		fp_buf_printf(&text, "%s\t", row->key);
		if (colon && !strcmp(colon, ":libseccomp"))
			fp_buf_printf(&text, "%u.%u.%u", release >> 16, release >> 8 & 255,
				      release & 255);
		else
			fp_buf_puts(&text, row->value);
		fp_buf_puts(&text, "\ttest\n");
	}
	t = fp_target_parse(u, name, fp_buf_text(&text), text.len);
	assert_non_null(t);
	return t;
}

/* Adds one rule as runc and crun do. */
static void scmp_rule(scmp_filter_ctx ctx, const json_t *rule, uint32_t rest, uint8_t *dropped)
{
	uint32_t action = scmp_action(rule, "action", "errnoRet");
	const json_t *args = json_object_get(rule, "args"), *name;
	struct scmp_arg_cmp cmp[6];
	unsigned n = (unsigned)json_array_size(args);
	unsigned used = 0;
	size_t i;

	assert_int_not_equal(action, rest);
	for (unsigned k = 0; k < n; k++) {
		cmp[k] = scmp_arg(json_array_get(args, k));
		assert_false(used >> cmp[k].arg & 1);
		used |= 1u << cmp[k].arg;
	}
	json_array_foreach(json_object_get(rule, "names"), i, name)
	{
		int nr = seccomp_syscall_resolve_name(json_string_value(name));
		dropped[index_of(json_string_value(name))] = unnumbered(json_string_value(name));
		int rc =
			nr == __NR_SCMP_ERROR ? 0 : seccomp_rule_add_array(ctx, action, nr, n, cmp);
		if (rc)
			fail_msg("libseccomp refuses (%d): %s", rc, json_dumps(rule, 0));
	}
}

static bool json_cmp_holds(const json_t *arg, const uint64_t args[6], bool is_narrow)
{
	struct scmp_arg_cmp c = scmp_arg(arg);
	uint64_t v = args[c.arg], low = is_narrow ? UINT32_MAX : UINT64_MAX;
	uint64_t a = c.datum_a & low, b = c.datum_b & low;

	v &= low;
	switch (c.op) {
	case SCMP_CMP_NE:
		return v != a;
	case SCMP_CMP_LE:
		return v <= a;
	case SCMP_CMP_EQ:
		return v == a;
	case SCMP_CMP_GE:
		return v >= a;
	case SCMP_CMP_GT:
		return v > a;
	case SCMP_CMP_MASKED_EQ:
		return (v & a) == b;
	case SCMP_CMP_LT:
	case _SCMP_CMP_MIN:
	case _SCMP_CMP_MAX:
		break;
	}
	fail_msg("operator %d", c.op);
	return false;
}

#define NOT_LISTED UINT32_MAX

/*
 * What the list itself says, read as the OCI specification has it: at most one rule may hold, and
 * `which` is its place in the list.
 */
static uint32_t json_decides(const json_t *root, const json_t *rules, const uint64_t args[6],
			     bool is_narrow, uint32_t *which)
{
	uint32_t value = scmp_action(root, "defaultAction", "defaultErrnoRet");
	const json_t *rule, *arg;
	size_t i, k, held = 0;

	*which = NOT_LISTED;
	json_array_foreach(rules, i, rule)
	{
		bool holds = true;
		json_array_foreach(json_object_get(rule, "args"), k, arg) holds &=
			json_cmp_holds(arg, args, is_narrow);
		if (!holds)
			continue;
		held++;
		*which = (uint32_t)json_integer_value(json_object_get(rule, "place"));
		value = scmp_action(rule, "action", "errnoRet");
	}
	assert_true(held <= 1);
	return value;
}

/* The rules of the list by the name they give, each with its place. */
static json_t *by_name(const json_t *root)
{
	json_t *index = json_object(), *rule, *name;
	size_t i, k;

	json_array_foreach(json_object_get(root, "syscalls"), i, rule)
		json_object_set_new(rule, "place", json_integer((json_int_t)i));
	json_array_foreach(json_object_get(root, "syscalls"), i, rule)
		json_array_foreach(json_object_get(rule, "names"), k, name)
	{
		const char *text = json_string_value(name);
		if (!json_object_get(index, text))
			json_object_set_new(index, text, json_array());
		json_array_append(json_object_get(index, text), rule);
	}
	return index;
}

static void scmp_compile(const json_t *root, unsigned optimize, struct vm_filter *f,
			 uint8_t *dropped)
{
	uint32_t rest = scmp_action(root, "defaultAction", "defaultErrnoRet");
	scmp_filter_ctx ctx = seccomp_init(rest);
	const json_t *it;
	size_t i;

	assert_non_null(ctx);
	assert_int_equal(seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, optimize), 0);
	json_array_foreach(json_object_get(root, "architectures"), i, it)
	{
		uint32_t arch = seccomp_arch_resolve_name(
			!strcmp(json_string_value(it), "SCMP_ARCH_X86")   ? "x86"
			: !strcmp(json_string_value(it), "SCMP_ARCH_X32") ? "x32"
									  : "arm");
		assert_int_not_equal(arch, 0);
		int rc = seccomp_arch_add(ctx, arch);
		assert_true(rc == 0 || rc == -EEXIST);
	}
	json_array_foreach(json_object_get(root, "syscalls"), i, it)
		scmp_rule(ctx, it, rest, dropped);
	int fd = memfd_create("filter", 0);
	assert_true(fd >= 0);
	assert_int_equal(seccomp_export_bpf(ctx, fd), 0);
	seccomp_release(ctx);
	ssize_t len = pread(fd, f->at, sizeof(f->at), 0);
	assert_true(len > 0);
	f->n = (size_t)len / 8;
	close(fd);
}

/* A multiplexer's decisions rest on the rules of what it carries, and on the default. */
static enum fp_claim_kind claim_for(const struct fp_ir *ir, const struct fp_claim *claims,
				    const struct fp_sysdef *sys, enum fp_abi abi)
{
	enum fp_claim_kind worst = claim_of(ir, claims, sys);

	for (size_t i = 0; sys->flags & FP_SYS_MULTIPLEXER && i < fp_sys_count(); i++) {
		const struct fp_sysdef *mux;
		uint32_t sub;
		enum fp_claim_kind kind = claims[fp_ir_only(ir, FP_KIND_CALL_DEFAULT)->id].kind;
		if (fp_sys_multiplexed(fp_sys_at(i), abi, &mux, &sub) && mux == sys)
			kind = claim_of(ir, claims, fp_sys_at(i));
		worst = kind > worst ? kind : worst;
	}
	return worst;
}

/* Position in the order of strictness of a return value. */
static int rank(uint32_t value)
{
	return (int32_t)(value & SECCOMP_RET_ACTION_FULL) >> 16;
}

struct route {
	const struct policy *p;
	const struct fp_target *t;
	const struct fp_seccomp_oci *oci;
	const struct fp_claim *claims;
	const struct vm_filter *f;
	const uint8_t *dropped;
	json_t *json, *index;
	size_t exact, narrower, wider, wrong, traced, left_out;
};

/* libseccomp compares lower halves only there. */
static bool is_narrow_abi(enum fp_abi abi)
{
	return fp_abi(abi)->word_bits == 32 || abi == FP_ABI_X32;
}

/* Index in the call's plan; its length where no rule speaks. */
static size_t deciding_clause(const struct route *r, const struct fp_sysdef *sys, enum fp_abi abi,
			      const uint64_t args[6])
{
	const struct fp_call_plan *plan = &r->p->ir.calls[sys->index];
	size_t first = 0;

	while (first < plan->n && !(plan->at[first].rule->u.call.when[abi] &&
				    fp_pred_holds(plan->at[first].rule->u.call.when[abi], args)))
		first++;
	return first;
}

/* The map names the rule that decides, for each of the list that holds. */
static void trace_rule(struct route *r, const struct fp_sysdef *sys, enum fp_abi abi,
		       const uint64_t args[6], uint32_t which)
{
	const struct fp_call_plan *plan = &r->p->ir.calls[sys->index];
	size_t first = deciding_clause(r, sys, abi, args);

	if (first == plan->n || sys->flags & FP_SYS_MULTIPLEXER || which == NOT_LISTED)
		return;
	for (size_t i = 0; i < r->oci->entries.n; i++)
		if (r->oci->entries.at[i].index == which &&
		    r->oci->entries.at[i].rule == plan->at[first].rule->id) {
			r->traced++;
			return;
		}
	fail_msg("/syscalls/%u decides %s and is not mapped to rule %u", which, sys->name,
		 plan->at[first].rule->id);
}

/* Where the kernel lacks the call, it answers ENOSYS to what a filter lets through. */
static uint32_t met(const struct route *r, const struct fp_sysdef *sys, enum fp_abi abi,
		    uint32_t value)
{
	bool is_through = value == SECCOMP_RET_ALLOW || value == SECCOMP_RET_LOG;
	uint16_t kernel = FP_SINCE(r->t->kernel.major, r->t->kernel.minor);

	return is_through && sys->since[abi] > kernel ? SECCOMP_RET_ERRNO | ENOSYS : value;
}

/*
 * A name that the library left out: the claim of the rule that decides must say what the default
 * action makes of it.
 */
static void compare_dropped(struct route *r, const struct fp_sysdef *sys, enum fp_abi abi,
			    const uint64_t args[6], uint32_t want, uint32_t got)
{
	const struct fp_ir *ir = &r->p->ir;
	uint16_t kernel = FP_SINCE(r->t->kernel.major, r->t->kernel.minor);
	size_t clause = deciding_clause(r, sys, abi, args);
	const struct fp_rule *rule =
		clause < ir->calls[sys->index].n         ? ir->calls[sys->index].at[clause].rule
		: fp_ir_is_unknown(ir, sys, abi, kernel) ? fp_ir_only(ir, FP_KIND_CALL_UNKNOWN)
							 : fp_ir_only(ir, FP_KIND_CALL_DEFAULT);
	enum fp_claim_kind kind = r->claims[rule->id].kind;

	if (kind == FP_CLAIM_WIDER)
		return;
	want = met(r, sys, abi, want);
	got = met(r, sys, abi, got);
	bool is_right = kind == FP_CLAIM_EXACT ? got == want : rank(got) <= rank(want);

	r->left_out += got != want;
	if (!is_right && !r->wrong++)
		print_error("%s %s, left out: want %x got %x, claimed %s\n", fp_abi(abi)->name,
			    sys->name, want, got, fp_claim_names[kind]);
}

static void compare_route(struct route *r, const struct fp_sysdef *sys, enum fp_abi abi,
			  const struct seccomp_data *d)
{
	uint64_t args[6];

	for (unsigned i = 0; i < 6; i++)
		args[i] = d->args[i];
	uint32_t want = fp_decision_value(define(&r->p->ir, r->t, d->arch, (uint32_t)d->nr, args));
	struct vm_result got = vm_run(r->f, d);
	enum fp_claim_kind kind =
		sys ? claim_for(&r->p->ir, r->claims, sys, abi)
		    : r->claims[fp_ir_only(&r->p->ir, FP_KIND_CALL_UNKNOWN)->id].kind;
	assert_true(got.is_ok);
	if (sys && (r->dropped[sys->index] >> abi & 1)) {
		compare_dropped(r, sys, abi, args, want, got.value);
		return;
	}
	if (kind == FP_CLAIM_WIDER) {
		r->wider++;
		return;
	}
	uint32_t which = NOT_LISTED;
	uint32_t read = sys ? json_decides(r->json, json_object_get(r->index, sys->name), args,
					   is_narrow_abi(abi), &which)
			    : got.value;
	if (sys && kind == FP_CLAIM_EXACT)
		trace_rule(r, sys, abi, args, which);
	if (read != got.value && !r->wrong++)
		print_error(
			"%s %s(%" PRIx64 ", %" PRIx64 ", %" PRIx64 "): listed %x, compiled %x\n",
			fp_abi(abi)->name, sys->name, args[0], args[1], args[2], read, got.value);
	bool is_right = kind == FP_CLAIM_EXACT ? got.value == want : rank(got.value) <= rank(want);
	r->exact += kind == FP_CLAIM_EXACT;
	r->narrower += kind == FP_CLAIM_NARROWER;
	if (!is_right && !r->wrong++)
		print_error("%s %s(%" PRIx64 ", %" PRIx64 ", %" PRIx64
			    "): want %x got %x, claimed %s\n",
			    fp_abi(abi)->name, sys ? sys->name : "?", args[0], args[1], args[2],
			    want, got.value, fp_claim_names[kind]);
}

/* linux.seccomp as it is written. */
static json_t *read_list(struct fp_unit *u, const struct fp_seccomp_oci *oci)
{
	struct fp_json j;
	struct fp_buf b;

	fp_buf_init(&b, &u->arena);
	fp_json_begin(&j, u, &b);
	fp_seccomp_oci_tell(oci, &j);
	fp_json_end(&j);
	assert_int_equal(u->diags.errors, 0);
	json_t *root = json_loadb(b.data, b.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	assert_int_equal(json_array_size(json_object_get(root, "syscalls")), oci->rules);
	return root;
}

static void check_route(struct policy *p, const struct fp_target *t, unsigned optimize,
			unsigned rounds, size_t counts[5])
{
	struct vm_filter *f = malloc(sizeof(*f));
	uint8_t *dropped = calloc(fp_sys_count(), 1);
	const struct fp_seccomp_oci *oci = fp_seccomp_oci(p->u, &p->ir, t);
	struct route r = { .p = p,
			   .t = t,
			   .oci = oci,
			   .claims = oci->claims,
			   .f = f,
			   .dropped = dropped,
			   .json = read_list(p->u, oci) };
	struct seccomp_data d = { 0 };

	assert_non_null(f);
	assert_non_null(dropped);
	r.index = by_name(r.json);
	scmp_compile(r.json, optimize, f, dropped);
	assert_true(f->n <= oci->insns_max);
	for (unsigned abi = 0; abi < FP_ABI_N; abi++) {
		const struct fp_abi_def *def = fp_abi((enum fp_abi)abi);
		bool is_open = def->is_native || (p->ir.foreign_abis >> abi & 1);
		if (def->arch != FP_ARCH_X86_64 || !is_open)
			continue;
		d.arch = def->audit_arch;
		for (uint32_t nr = 0; nr < 600; nr++) {
			const struct fp_sysdef *sys = fp_sys_by_nr((enum fp_abi)abi, nr);
			unsigned n = sys && (p->ir.calls[sys->index].n ||
					     sys->flags & FP_SYS_MULTIPLEXER)
					     ? rounds
					     : 1;
			d.nr = (int)(nr | def->nr_bit);
			for (unsigned i = 0; i < n; i++) {
				for (unsigned k = 0; k < 6; k++) {
					d.args[k] = random_argument(p);
					if (def->word_bits == 32)
						d.args[k] &= UINT32_MAX;
				}
				compare_route(&r, sys, (enum fp_abi)abi, &d);
			}
		}
	}
	json_decref(r.index);
	json_decref(r.json);
	free(f);
	free(dropped);
	counts[0] += r.exact;
	counts[1] += r.narrower;
	counts[2] += r.wider;
	counts[3] += r.traced;
	counts[4] += r.left_out;
	assert_int_equal(r.wrong, 0);
}

static void oci_means_the_policy(void **state)
{
	struct test_state *s = *state;
	size_t counts[5] = { 0 };

	for (size_t i = 1; i < sizeof(targets) / sizeof(*targets); i++)
		for (unsigned foreign = 0; foreign < 3; foreign++) {
			struct policy p = { .u = &s->u };
			service(&p);
			seal(&p, eperm, enosys, foreign_sets[foreign]);
			check_route(&p, target_here(&s->u, targets[i]), 1 + foreign % 2, 300,
				    counts);
		}
	print_message("OCI route of a service: %zu exact, %zu narrower, %zu wider\n", counts[0],
		      counts[1], counts[2]);
	assert_true(counts[0] > 1000);
}

static void oci_means_random_policies(void **state)
{
	size_t counts[5] = { 0 };

	(void)state;
	for (unsigned round = 0; round < 64; round++) {
		struct test_state *s;
		assert_int_equal(set_up((void **)&s), 0);
		random_policy(&s->p, round % 3);
		seal(&s->p, round & 4 ? eperm : allow, round & 8 ? enosys : killed,
		     foreign_sets[round / 2 % 2]);
		check_route(&s->p, target_here(&s->u, "debian-sid"), 1 + round % 2, 150, counts);
		tear_down((void **)&s);
	}
	print_message("OCI route of 64 random policies: %zu exact, %zu narrower, %zu wider\n",
		      counts[0], counts[1], counts[2]);
	assert_true(counts[0] > 10000);
	assert_true(counts[3] > 1000);
	assert_true(counts[4] > 0 || release_here() == newest_release());
}

/* One value a rule: the list names them one by one, and each speaks for its own rule alone. */
static void each_value_is_mapped_to_its_rule(void **state)
{
	struct test_state *s = *state;
	struct policy p = { .u = &s->u };

	for (uint32_t i = 0; i < 50; i++)
		add_when(&p, allow, "ioctl", is32(&p, 1, 1000 + 2 * i));
	seal(&p, eperm, enosys, 0);
	const struct fp_seccomp_oci *oci = fp_seccomp_oci(&s->u, &p.ir, target(&s->u, "debian-13"));
	size_t of_calls = 0;
	for (size_t i = 0; i < oci->entries.n; i++)
		of_calls += p.ir.rules[oci->entries.at[i].rule].kind == FP_KIND_CALL;
	assert_int_equal(of_calls, 50);
}

/* By target: Linux 5.10 and libseccomp 2.5.1, 6.1 and 2.5.5, 6.12 and 2.6.0, 7.2 and 2.6.0. */
static void a_rule_that_is_left_out_is_told(void **state)
{
	static const struct {
		const char *target, *call;
		const struct fp_decision *said, *unknown;
		enum fp_claim_kind want;
	} rows[] = {
		{ "debian-sid", "file_getattr", &killed, &enosys, FP_CLAIM_WIDER },
		{ "debian-sid", "file_getattr", &eperm, &allow, FP_CLAIM_WIDER },
		{ "debian-sid", "file_getattr", &allow, &enosys, FP_CLAIM_NARROWER },
		{ "debian-sid", "file_getattr", &enosys, &enosys, FP_CLAIM_EXACT },
		{ "debian-sid", "setxattrat", &allow, &enosys, FP_CLAIM_EXACT },
		{ "debian-13", "file_getattr", &killed, &enosys, FP_CLAIM_WIDER },
		{ "debian-13", "file_getattr", &allow, &enosys,
		  FP_CLAIM_EXACT }, /* as the kernel */
		{ "debian-13", "mseal", &killed, &enosys, FP_CLAIM_EXACT },
		{ "debian-12", "cachestat", &killed, &enosys, FP_CLAIM_EXACT },
		{ "debian-12", "mseal", &killed, &enosys, FP_CLAIM_WIDER },
		{ "debian-11", "close_range", &allow, &eperm, FP_CLAIM_NARROWER },
		{ "debian-11", "close_range", &eperm, &allow, FP_CLAIM_WIDER },
		{ "debian-11", "futex_waitv", &eperm, &allow, FP_CLAIM_NARROWER },
		{ "debian-11", "openat2", &allow, &eperm, FP_CLAIM_EXACT },
	};
	struct test_state *s = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct policy p = { .u = &s->u };
		add_calls(&p, *rows[i].said, (const char *const[]){ rows[i].call, NULL });
		seal(&p, allow, *rows[i].unknown, 0);
		const struct fp_claim *claims =
			fp_seccomp_oci(&s->u, &p.ir, target(&s->u, rows[i].target))->claims;
		enum fp_claim_kind got = claim_of(&p.ir, claims, fp_sys_at(index_of(rows[i].call)));
		if (got != rows[i].want)
			fail_msg("%s on %s: %s", rows[i].call, rows[i].target, fp_claim_names[got]);
	}
}

/* Six values a call in three ABIs: libseccomp, which tests them one by one, passes the limit. */
static void a_list_too_long_is_told(void **state)
{
	extern const struct fp_backend fp_backend_seccomp;
	struct test_state *s = *state;
	struct policy p = { .u = &s->u };
	size_t counts[5] = { 0 };
	const struct fp_target *t = target_here(&s->u, "debian-12");

	for (size_t i = 0, n = 0; n < 80; i++) {
		const struct fp_pred *values[6];
		if (fp_sys_at(i)->nr[FP_ABI_X86_64] < 0 || fp_sys_at(i)->nr[FP_ABI_I386] < 0)
			continue;
		for (uint32_t k = 0; k < 6; k++)
			values[k] = is32(&p, 1, 1000 + 2 * k);
		add_when(&p, allow, fp_sys_at(i)->name,
			 fp_pred_join(&s->u.arena, FP_PRED_OR, values, 6));
		n++;
	}
	seal(&p, eperm, enosys, 1u << FP_ABI_I386 | 1u << FP_ABI_X32);
	const struct fp_seccomp_oci *oci = fp_seccomp_oci(&s->u, &p.ir, t);
	assert_true(oci->insns_max > FP_CBPF_MAX);
	for (size_t i = 0; i < p.ir.rule_count; i++)
		assert_int_not_equal(oci->claims[i].kind, FP_CLAIM_EXACT);
	fp_backend_seccomp.lower(&s->u, &p.ir, t);
	assert_int_equal(s->u.diags.warnings, 1);
	assert_int_equal(s->u.diags.list.at[0].id, FP_W_LONG_LIST);
	check_route(&p, t, 1, 20, counts); /* what it makes is no more than was said */
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(oci_means_the_policy),
		T(oci_means_random_policies),
		T(each_value_is_mapped_to_its_rule),
		T(a_rule_that_is_left_out_is_told),
		T(a_list_too_long_is_told),
	};

	return cmocka_run_group_tests_name("seccomp OCI form", tests, NULL, NULL);
}
