/* SPDX-License-Identifier: MIT */
/* What a run of probes saw, held against what the layers claim. */
#include "analysis/probes.h"

#include "base/json.h"
#include "base/num.h"

#include <string.h>

#define NO_RULE UINT32_MAX

/* In the order of the claims: the words of claims.json. */
enum claim {
	EXACT,
	NARROWER,
	WIDER,
	NONE,
	CLAIMS
};

static const char *const claim_words[CLAIMS] = { "exact", "narrower", "wider", "none" };

enum seen {
	NOT_RUN,
	SUCCEEDED,
	FAILED,
	BEGUN, /* no answer after it: the prober was ended */
	UNABLE,
	SKIPPED
};

struct result {
	enum seen seen;
	enum fp_probe_how how;
	uint16_t data;
};

/* A question asks what is so already, and a limit how much: no layer refuses the asking. */
enum kind {
	TRIAL,
	CALL,
	QUESTION,
	LIMIT
};

struct row {
	uint8_t layers;
	enum kind kind;
	uint32_t rule, by, also;
	struct fp_probe_outcome expect;
	const char *what; /* action and arguments */
	const char *why;
};

struct claims {
	const char *rule;
	enum claim of[FP_LAYER_N];
};

struct check {
	struct fp_unit *u;
	FP_VEC(struct row) rows;
	FP_VEC(struct claims) claims;
	FP_VEC(uint32_t) unprobed; /* rules that have a side which no probe shows */
	const char *policy, *target;
	struct result *results, *baseline; /* by id */
	uint8_t layers;                    /* in force */
	const char *layer_text, *kernel;
	struct fp_buf *out;
	size_t findings, expected, vacuous, filtered;
	bool failed;
};

static void refuse(struct check *c, const char *what, size_t line)
{
	fp_diag(c->u, FP_E_USAGE, (struct fp_span){ 0, 0 }, line ? "%s, line %zu" : "%s", what,
		line);
	c->failed = true;
}

/* ---- lines and fields ---- */

#define MAX_FIELDS 16

struct line {
	const char *field[MAX_FIELDS]; /* NUL-terminated copies */
	size_t n, number;
	const char *rest; /* of a note: the text behind "# "; else NULL */
};

/* False at the end of the text. */
static bool next_line(struct check *c, const char **at, struct line *l)
{
	const char *from = *at;

	if (!*from)
		return false;
	size_t len = strcspn(from, "\n");
	*at = from + len + (from[len] == '\n');
	char *copy = fp_arena_text(&c->u->arena, from, len);
	l->number++;
	l->n = 0;
	l->rest = copy[0] == '#' && copy[1] == ' ' ? copy + 2 : NULL;
	while (l->n < MAX_FIELDS) {
		l->field[l->n++] = copy;
		copy = strchr(copy, '\t');
		if (!copy)
			break;
		*copy++ = '\0';
	}
	return true;
}

static bool number_of(const char *text, uint64_t max, uint64_t *out)
{
	return fp_num_parse_base(text, strlen(text), 10, out) && *out <= max;
}

/* "succeed", "fail", "fail:13", "fail:kill", "fail:trap:3". */
static bool parse_outcome(const char *text, struct fp_probe_outcome *o)
{
	uint64_t n;

	*o = (struct fp_probe_outcome){ .succeeds = !strcmp(text, "succeed") };
	if (o->succeeds || !strcmp(text, "fail"))
		return true;
	if (strncmp(text, "fail:", 5))
		return false;
	text += 5;
	bool trap = !strncmp(text, "trap:", 5);
	if (!strcmp(text, "kill") || !strcmp(text, "kill-thread")) {
		o->how = text[4] ? FP_HOW_KILL_THREAD : FP_HOW_KILL;
		return true;
	}
	o->how = trap ? FP_HOW_TRAP : FP_HOW_ERRNO;
	if (!number_of(text + (trap ? 5 : 0), UINT16_MAX, &n))
		return false;
	o->data = (uint16_t)n;
	return true;
}

static bool parse_layers(const char *text, uint8_t *out)
{
	*out = 0;
	while (*text) {
		size_t len = strcspn(text, ",");
		unsigned l = 0;
		while (l < FP_LAYER_N &&
		       (strncmp(fp_layer_names[l], text, len) || fp_layer_names[l][len]))
			l++;
		if (l == FP_LAYER_N)
			return false;
		*out |= (uint8_t)(1u << l);
		text += len + (text[len] == ',');
	}
	return true;
}

/* ---- the table ---- */

static bool parse_rule(const char *text, uint32_t *out)
{
	uint64_t n = NO_RULE;

	if (strcmp(text, "-") && !number_of(text, NO_RULE - 1, &n))
		return false;
	*out = (uint32_t)n;
	return true;
}

/* "56", "-", or "56,35": what decides, and what a success rests on besides. */
static bool parse_deciders(const char *text, struct row *r)
{
	const char *comma = strchr(text, ',');
	char first[16];
	size_t n = comma ? (size_t)(comma - text) : strlen(text);

	r->also = NO_RULE;
	if (n >= sizeof(first) || (comma && !parse_rule(comma + 1, &r->also)))
		return false;
	memcpy(first, text, n);
	first[n] = '\0';
	return parse_rule(first, &r->by);
}

static enum kind kind_of(const char *word)
{
	static const enum fp_probe_action questions[] = {
		FP_PROBE_MASKED,    FP_PROBE_MOUNT, FP_PROBE_FSTYPE, FP_PROBE_CAPABILITY,
		FP_PROBE_NAMESPACE, FP_PROBE_USER,  FP_PROBE_GROUP,  FP_PROBE_GROUPS,
		FP_PROBE_CWD,       FP_PROBE_IDMAP, FP_PROBE_UMASK,  FP_PROBE_NO_NEW_PRIVILEGES,
	};

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
		if (!strcmp(word, fp_probe_word(questions[i])))
			return QUESTION;
	if (!strcmp(word, fp_probe_word(FP_PROBE_RLIMIT)) ||
	    !strcmp(word, fp_probe_word(FP_PROBE_KNOB)))
		return LIMIT;
	return strcmp(word, fp_probe_word(FP_PROBE_CALL)) ? TRIAL : CALL;
}

static bool parse_row(struct check *c, const struct line *l)
{
	struct row r = { .why = l->field[5] };
	struct fp_buf what;
	uint64_t id;

	if (l->n < 7 || !number_of(l->field[0], UINT32_MAX, &id) || id != c->rows.n ||
	    !parse_layers(l->field[1], &r.layers) || !parse_rule(l->field[2], &r.rule) ||
	    !parse_deciders(l->field[3], &r) || !parse_outcome(l->field[4], &r.expect))
		return false;
	fp_buf_init(&what, &c->u->arena);
	for (size_t i = 6; i < l->n; i++)
		fp_buf_printf(&what, "%s%s", i > 6 ? " " : "", l->field[i]);
	r.what = fp_buf_text(&what);
	r.kind = kind_of(l->field[6]);
	fp_vec_push(&c->u->arena, &c->rows, r);
	return true;
}

/* "policy NAME", "unprobed 28 the quota is the file system's", ... */
static bool parse_note(struct check *c, const char *note)
{
	char digits[16];
	uint64_t rule;

	if (!strncmp(note, "policy ", 7))
		c->policy = note + 7;
	else if (!strncmp(note, "target ", 7))
		c->target = note + 7;
	if (strncmp(note, "unprobed ", 9))
		return !strncmp(note, "done ", 5);
	size_t n = strcspn(note + 9, " ");
	if (n < sizeof(digits)) {
		memcpy(digits, note + 9, n);
		digits[n] = '\0';
		if (number_of(digits, NO_RULE - 1, &rule))
			fp_vec_push(&c->u->arena, &c->unprobed, (uint32_t)rule);
	}
	return false;
}

static void parse_table(struct check *c, const char *text)
{
	struct line l = { .number = 0 };
	bool is_done = false;

	if (strncmp(text, "# fpolicy-probes 1\n", 19))
		refuse(c, "not a table of probes", 0);
	while (!c->failed && next_line(c, &text, &l)) {
		if (!l.rest && (is_done || !parse_row(c, &l)))
			refuse(c, "not a row of a table of probes", l.number);
		else if (l.rest)
			is_done |= parse_note(c, l.rest);
	}
	if (!c->failed && (!is_done || !c->policy || !c->target))
		refuse(c, "the table of probes was cut off", 0);
}

/* ---- results ---- */

static bool parse_result(struct check *c, const struct line *l, struct result *all)
{
	struct fp_probe_outcome o;
	uint64_t id;

	if (l->n != 2 || !number_of(l->field[0], UINT32_MAX, &id) || id >= c->rows.n)
		return false;
	struct result *r = &all[id];
	if (r->seen != NOT_RUN && r->seen != BEGUN)
		return false;
	*r = (struct result){ .seen = NOT_RUN };
	if (!strcmp(l->field[1], "begin"))
		r->seen = BEGUN;
	else if (!strncmp(l->field[1], "unable:", 7))
		r->seen = UNABLE;
	else if (!strncmp(l->field[1], "skip:", 5))
		r->seen = SKIPPED;
	else if (parse_outcome(l->field[1], &o))
		*r = (struct result){ o.succeeds ? SUCCEEDED : FAILED, o.how, o.data };
	return r->seen != NOT_RUN;
}

static struct result *parse_results(struct check *c, const char *text, uint8_t *layers,
				    const char **layer_text)
{
	struct result *all = FP_NEW_ARRAY(&c->u->arena, c->rows.n + 1, struct result);
	struct line l = { .number = 0 };
	bool is_done = false, has_layers = false, begun = false;

	if (strncmp(text, "# fpolicy-results 1\n", 20))
		refuse(c, "not results of probes", 0);
	while (!c->failed && next_line(c, &text, &l)) {
		if (!l.rest) {
			begun = l.n == 2 && !strcmp(l.field[1], "begin");
			if (is_done || !parse_result(c, &l, all))
				refuse(c, "not a result of a probe", l.number);
		} else if (!strncmp(l.rest, "layers ", 7)) {
			*layer_text = l.rest + 7;
			has_layers =
				!strcmp(*layer_text, "none") || parse_layers(*layer_text, layers);
		} else if (!strncmp(l.rest, "kernel ", 7)) {
			c->kernel = l.rest + 7;
		} else if (!strncmp(l.rest, "done ", 5)) {
			is_done = true;
		}
	}
	if (!c->failed && !has_layers)
		refuse(c, "the results do not say which layers were in force", 0);
	if (!c->failed && !is_done && !begun)
		refuse(c, "the results were cut off", 0);
	for (size_t i = 0; i < c->rows.n; i++)
		if (all[i].seen == BEGUN)
			all[i] = (struct result){ FAILED, FP_HOW_KILL, 0 };
	return all;
}

/* ---- claims ---- */

static bool parse_claim(struct check *c, json_t *entry)
{
	json_t *of = json_object_get(entry, "claims");
	struct claims one = { .rule = json_string_value(json_object_get(entry, "rule")) };

	if (!one.rule ||
	    json_integer_value(json_object_get(entry, "id")) != (json_int_t)c->claims.n)
		return false;
	one.rule = fp_arena_text(&c->u->arena, one.rule, strlen(one.rule));
	for (unsigned l = 0; l < FP_LAYER_N; l++) {
		const char *word = json_string_value(json_object_get(of, fp_layer_names[l]));
		unsigned k = 0;
		while (word && k < CLAIMS && strcmp(word, claim_words[k]))
			k++;
		if (!word || k == CLAIMS)
			return false;
		one.of[l] = (enum claim)k;
	}
	fp_vec_push(&c->u->arena, &c->claims, one);
	return true;
}

static bool is_named(const json_t *root, const char *key, const char *name)
{
	const char *text = json_string_value(json_object_get(root, key));

	return text && !strcmp(text, name);
}

static void parse_claims(struct check *c, const char *text)
{
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	size_t i;
	json_t *entry;

	if (!root) {
		refuse(c, "the claims are no JSON", 0);
		return;
	}
	fp_json_own(c->u, root);
	if (!is_named(root, "policy", c->policy) || !is_named(root, "target", c->target))
		refuse(c, "the claims are of another policy or target than the probes", 0);
	json_array_foreach(json_object_get(root, "rules"), i, entry)
	{
		if (!parse_claim(c, entry)) {
			refuse(c, "the claims are not as claims.json has them", 0);
			return;
		}
	}
	for (i = 0; i < c->rows.n && !c->failed; i++) {
		const struct row *r = &c->rows.at[i];
		if ((r->rule != NO_RULE && r->rule >= c->claims.n) ||
		    (r->by != NO_RULE && r->by >= c->claims.n) ||
		    (r->also != NO_RULE && r->also >= c->claims.n))
			refuse(c, "the claims have fewer rules than the probes", 0);
	}
}

/* ---- the comparison ---- */

static enum claim claim_of(const struct check *c, uint32_t rule, unsigned layer)
{
	return rule == NO_RULE ? NONE : c->claims.at[rule].of[layer];
}

static bool is_held(enum claim claim)
{
	return claim == EXACT || claim == NARROWER;
}

/* What the layer says of the rule that decides, or else of the other one it rests on. */
static enum claim held_by(const struct check *c, uint32_t by, uint32_t also, unsigned layer)
{
	enum claim claim = claim_of(c, by, layer);

	return is_held(claim) || also == NO_RULE ? claim : claim_of(c, also, layer);
}

static void found(struct check *c, const char *what, uint32_t rule, size_t id, unsigned layer,
		  const char *got)
{
	const struct row *r = &c->rows.at[id];

	c->findings++;
	fp_buf_printf(c->out, "%s: rule %d \"%s\", layer %s", what, (int)rule,
		      rule == NO_RULE ? r->why : c->claims.at[rule].rule,
		      layer < FP_LAYER_N ? fp_layer_names[layer] : c->layer_text);
	if (layer < FP_LAYER_N)
		fp_buf_printf(
			c->out, " (%s)",
			claim_words[held_by(c, r->by == NO_RULE ? rule : r->by, r->also, layer)]);
	fp_buf_printf(c->out, ", probe %zu (%s): %s: %s\n", id, r->why, r->what, got);
}

/* The layer whose word was that this cannot happen: it holds a rule that refuses it, and does not
 * say that it permits more than the rule the probe lies beside. */
static unsigned broken_by(const struct check *c, const struct row *r)
{
	for (unsigned l = 0; l < FP_LAYER_N; l++) {
		if (c->layers >> l & 1 && is_held(held_by(c, r->by, r->also, l)) &&
		    claim_of(c, r->rule, l) != WIDER)
			return l;
	}
	return FP_LAYER_N;
}

static bool may_refuse_more(const struct check *c, const struct row *r)
{
	for (unsigned l = 0; l < FP_LAYER_N; l++)
		if (c->layers >> l & 1 &&
		    (claim_of(c, r->by, l) == NARROWER || claim_of(c, r->also, l) == NARROWER ||
		     claim_of(c, r->rule, l) == NARROWER))
			return true;
	return false;
}

static const char *text_of(struct check *c, const struct result *r)
{
	static const char *const words[] = { "fail", "fail", "fail:kill", "fail:kill-thread",
					     "fail" };

	if (r->seen == SUCCEEDED)
		return "succeeded";
	if (r->how == FP_HOW_ERRNO)
		return fp_arena_printf(&c->u->arena, "fail:%u", r->data);
	if (r->how == FP_HOW_TRAP)
		return fp_arena_printf(&c->u->arena, "fail:trap:%u", r->data);
	return words[r->how];
}

static const char *expected_text(struct check *c, const struct row *r, const struct result *got)
{
	const struct result want = { r->expect.succeeds ? SUCCEEDED : FAILED, r->expect.how,
				     r->expect.data };

	return fp_arena_printf(&c->u->arena, "expected %s, got %s",
			       r->expect.succeeds ? "success" : text_of(c, &want), text_of(c, got));
}

/* Refused, but not as it should be: the thread ended in place of the process. */
static bool is_other_way(const struct row *r, const struct result *got)
{
	return got->seen == FAILED && r->kind == CALL && r->expect.how != FP_HOW_ANY &&
	       (got->how != r->expect.how || got->data != r->expect.data);
}

static uint32_t subject(const struct row *r)
{
	return r->rule != NO_RULE ? r->rule : r->by;
}

static void must_fail(struct check *c, const struct row *r, size_t id)
{
	const struct result *got = &c->results[id];
	unsigned layer = broken_by(c, r);

	if (c->baseline && c->baseline[id].seen == FAILED) {
		c->vacuous++;
		return;
	}
	bool other_way =
		is_other_way(r, got) && layer < FP_LAYER_N && claim_of(c, r->by, layer) == EXACT;
	if ((got->seen == SUCCEEDED && layer < FP_LAYER_N) || other_way)
		found(c, "contradicted", subject(r), id, layer, expected_text(c, r, got));
	else
		c->expected++;
}

/* What a layer answers for must be so, and was not before it: the run without any says nothing. A
 * limit may be a lower one. */
static void must_be(struct check *c, const struct row *r, size_t id)
{
	const struct result *got = &c->results[id];
	unsigned layer = broken_by(c, r);

	if (got->seen == SUCCEEDED || layer == FP_LAYER_N || !(r->layers >> layer & 1) ||
	    (r->kind == LIMIT && may_refuse_more(c, r)))
		c->expected++;
	else
		found(c, "contradicted", subject(r), id, layer, expected_text(c, r, got));
}

static void must_succeed(struct check *c, const struct row *r, size_t id)
{
	const struct result *got = &c->results[id];

	if (c->baseline && c->baseline[id].seen == FAILED)
		c->vacuous++;
	else if (got->seen == SUCCEEDED || may_refuse_more(c, r))
		c->expected++;
	else if (c->layers & 1u << FP_LAYER_SECCOMP && !(r->layers & 1u << FP_LAYER_SECCOMP))
		c->filtered++;
	else
		found(c, "contradicted", subject(r), id, FP_LAYER_N, expected_text(c, r, got));
}

/* Decided by the rule; or made for it, and not by one that the layer holds better. */
static bool is_about(const struct check *c, const struct row *r, uint32_t rule, unsigned layer)
{
	return r->by == rule || (r->rule == rule && !is_held(held_by(c, r->by, r->also, layer)));
}

static bool is_unprobed(const struct check *c, uint32_t rule)
{
	for (size_t i = 0; i < c->unprobed.n; i++)
		if (c->unprobed.at[i] == rule)
			return true;
	return false;
}

/* A layer alone that says it permits more must be seen to, where there are probes to see it by. */
static void not_wider(struct check *c, unsigned layer)
{
	for (uint32_t rule = 0; rule < c->claims.n; rule++) {
		size_t tried = 0, last = 0;
		bool shown = false;
		if (claim_of(c, rule, layer) != WIDER || is_unprobed(c, rule))
			continue;
		for (size_t i = 0; i < c->rows.n; i++) {
			const struct row *r = &c->rows.at[i];
			enum seen seen = c->results[i].seen;
			if (!is_about(c, r, rule, layer) || r->expect.succeeds ||
			    !(r->layers >> layer & 1) || (seen != SUCCEEDED && seen != FAILED) ||
			    (c->baseline && c->baseline[i].seen == FAILED))
				continue;
			shown |= seen == SUCCEEDED || is_other_way(r, &c->results[i]);
			tried++;
			last = i;
		}
		if (tried && !shown)
			found(c, "not wider", rule, last, layer,
			      fp_arena_printf(&c->u->arena, "none of %zu probes got through",
					      tried));
	}
}

static size_t count(const struct check *c, enum seen seen)
{
	size_t n = 0;

	for (size_t i = 0; i < c->rows.n; i++)
		n += c->results[i].seen == seen;
	return n;
}

static void compare(struct check *c)
{
	for (size_t i = 0; i < c->rows.n && c->layers; i++) {
		const struct row *r = &c->rows.at[i];
		enum seen seen = c->results[i].seen;
		if ((seen != SUCCEEDED && seen != FAILED) ||
		    (r->kind == CALL && !(r->layers & c->layers)))
			continue;
		if (r->expect.succeeds && (r->kind == QUESTION || r->kind == LIMIT))
			must_be(c, r, i);
		else if (r->expect.succeeds)
			must_succeed(c, r, i);
		else
			must_fail(c, r, i);
	}
	for (unsigned l = 0; l < FP_LAYER_N; l++)
		if (c->layers == 1u << l)
			not_wider(c, l);
}

static void summary(struct check *c)
{
	fp_buf_printf(c->out,
		      "measured: %zu probes on Linux %s under %s: %zu as claimed, %zu findings, "
		      "%zu vacuous, %zu filtered, %zu unable, %zu skipped, %zu not run\n",
		      count(c, SUCCEEDED) + count(c, FAILED), c->kernel ? c->kernel : "?",
		      c->layer_text, c->expected, c->findings, c->vacuous, c->filtered,
		      count(c, UNABLE), count(c, SKIPPED), count(c, NOT_RUN));
}

size_t fp_probes_check(struct fp_unit *u, const struct fp_probe_texts *texts, struct fp_buf *out)
{
	struct check c = { .u = u, .out = out };
	const char *unused = "";
	uint8_t none = 0;

	parse_table(&c, texts->table);
	if (!c.failed && texts->baseline)
		c.baseline = parse_results(&c, texts->baseline, &none, &unused);
	if (!c.failed && none)
		refuse(&c, "a baseline is a run under `none`", 0);
	if (!c.failed)
		c.results = parse_results(&c, texts->results, &c.layers, &c.layer_text);
	if (!c.failed)
		parse_claims(&c, texts->claims);
	if (c.failed)
		return 0;
	compare(&c);
	summary(&c);
	return c.findings;
}
