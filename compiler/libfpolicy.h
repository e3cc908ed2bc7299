/* SPDX-License-Identifier: MIT */
/* libfpolicy: compile a policy to the artifacts of its targets. The one public header. */
#ifndef LIBFPOLICY_H
#define LIBFPOLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#ifdef __cplusplus
}
#endif

#endif

/*
 * One handle is one compilation. It owns all it returns: strings, bytes and rows are valid until
 * fpolicy_free(). The library reads no file, writes none, never exits and has no global state:
 * different handles may be used by different threads. Calls on a NULL handle return the failure
 * value.
 *
 * Life cycle: new, set options, add targets, compile once, read the results, free. A second policy
 * for the same handle is FPOLICY_INPUT, and what was compiled can no longer be read.
 */
struct fpolicy;

enum fpolicy_status {
	FPOLICY_OK = 0,       /* artifacts may be read; there may be warnings */
	FPOLICY_FINDINGS = 1, /* a run contradicts a claim; a policy differs more than it may */
	FPOLICY_INPUT = 2,    /* errors in the policy, a target or an option: see the diagnostics */
	FPOLICY_UNDECIDED = 3, /* the only errors are proofs larger than their budget */
	FPOLICY_INTERNAL = 4,  /* a self-check failed: a bug, nothing can be trusted */
	FPOLICY_MEMORY = 5,    /* the memory limit was reached, or the system's */
};

/*
 * Brings the text of an import or a target file. Returns false with a reason in `why`. `data`,
 * `resolved` (the name to print and to compare for cycles) and `why` must live until the next call.
 */
struct fpolicy_source {
	const char *data, *resolved, *why;
	size_t len;
};

typedef bool (*fpolicy_loader)(void *context, const char *name, struct fpolicy_source *out);

/* `memory_limit` in bytes, 0 for the default of 1 GiB. NULL: no memory for the handle itself. */
struct fpolicy *fpolicy_new(size_t memory_limit);
void fpolicy_free(struct fpolicy *p);

void fpolicy_set_loader(struct fpolicy *p, fpolicy_loader load, void *context);
enum fpolicy_status fpolicy_define(struct fpolicy *p, const char *name, const char *value);
enum fpolicy_status fpolicy_set_today(struct fpolicy *p, const char *date); /* YYYY-MM-DD */
enum fpolicy_status fpolicy_set_epoch(struct fpolicy *p,
				      const char *seconds); /* SOURCE_DATE_EPOCH */
void fpolicy_today(const struct fpolicy *p, char out[11]);  /* YYYY-MM-DD; "": none was set */
enum fpolicy_status fpolicy_set_policy(struct fpolicy *p, const char *name);

/*
 * What is proved of filters at a compile: "all" (unless said otherwise), or "filters" for those
 * that are written as code alone: lists that a runtime gives to libseccomp are NOT CHECKED then.
 * For these a child process is forked, which does nothing but run libseccomp.
 */
enum fpolicy_status fpolicy_set_proof(struct fpolicy *p, const char *what);

/* A target by the name of a built-in one, or by its text. None added: those the policy names. */
enum fpolicy_status fpolicy_add_target(struct fpolicy *p, const char *name);
enum fpolicy_status fpolicy_add_target_text(struct fpolicy *p, const char *name, const char *data,
					    size_t len);

/*
 * How often the calls are made, in lines of a name and a weight (docs/filters.md): filters are then
 * fastest for what is called most. What they mean does not change. Faults are diagnostics of the
 * compilation.
 */
enum fpolicy_status fpolicy_set_profile(struct fpolicy *p, const char *name, const char *data,
					size_t len);

/* Compiles the policy in `data` for all targets. On any status but OK there are no artifacts. */
enum fpolicy_status fpolicy_compile(struct fpolicy *p, const char *name, const char *data,
				    size_t len);

/* Runs the front end only and prints a phase: "tokens", "ast", "ir", "plan:BACKEND". */
enum fpolicy_status fpolicy_dump(struct fpolicy *p, const char *name, const char *data, size_t len,
				 const char *phase, const char **text, size_t *text_len);

/* Prints about what would be written: "filter", what filters cost. */
enum fpolicy_status fpolicy_report(struct fpolicy *p, const char *name, const char *data,
				   size_t len, const char *what, const char **text,
				   size_t *text_len);

/* What was written: paths are relative, '/'-separated, sorted by bytes. */
size_t fpolicy_artifact_count(const struct fpolicy *p);
const char *fpolicy_artifact_path(const struct fpolicy *p, size_t n);
const void *fpolicy_artifact_data(const struct fpolicy *p, size_t n, size_t *len);

/* Files that were read, in order: the root, its imports. For dependency files. */
size_t fpolicy_source_count(const struct fpolicy *p);
const char *fpolicy_source_name(const struct fpolicy *p, size_t n);

const char *fpolicy_policy_name(const struct fpolicy *p); /* "" before a compile succeeded */
size_t fpolicy_error_count(const struct fpolicy *p);
size_t fpolicy_warning_count(const struct fpolicy *p);
const char *fpolicy_diagnostics(struct fpolicy *p, bool colour); /* text, by place; "" if none */

/* Rules that no layer holds on some target, and those that only best-effort layers hold there. */
size_t fpolicy_accepted_count(const struct fpolicy *p);
size_t fpolicy_best_effort_count(const struct fpolicy *p);

/* Parameters without a value: "OPEN: ${job}: ...", one line, or "". */
const char *fpolicy_open_parameters(const struct fpolicy *p);

/* Which claims of the policy were proved: "PROVED: 3 never, within b", or "". */
const char *fpolicy_proved(const struct fpolicy *p);

/* What the policy claims and nothing checks: one line each, or "". */
const char *fpolicy_not_checked(const struct fpolicy *p);

struct fpolicy_text {
	const char *name, *data;
	size_t len;
};

/*
 * Why the policy in `data` permits one thing or not: `text` is a subject as it stands in `test`
 * (socket(AF_PACKET, SOCK_RAW, 0), write "/etc/passwd", connect tcp to 1.2.3.4 port 443).
 */
struct fpolicy_query {
	const char *text;
	const char *abi;    /* NULL: every open one */
	bool wants_program; /* a C program that shows it, in place of the explanation */
};

enum fpolicy_status fpolicy_explain(struct fpolicy *p, const char *name, const char *data,
				    size_t len, const struct fpolicy_query *query,
				    struct fpolicy_text *out);

/*
 * A finding of the lint, or a diagnostic of the compiler: what is said, where, and by which rule.
 * Lines and columns count from 1, columns in code points; the end is behind the last one. `line` is
 * 0 only for what has no place at all (an option).
 */
enum fpolicy_level {
	FPOLICY_NOTE,
	FPOLICY_WARNING,
	FPOLICY_ERROR,
};

struct fpolicy_place {
	const char *file; /* as it was named; NULL: none */
	unsigned line, column, end_line, end_column;
};

struct fpolicy_note {
	struct fpolicy_place place; /* file NULL: none of its own */
	const char *text;
	bool is_help; /* a way out */
};

struct fpolicy_finding {
	const char *rule, *name; /* "FPS001" and "io-uring"; of a diagnostic "E0201" twice */
	enum fpolicy_level level;
	struct fpolicy_place place;
	const char *text;
	const char *example; /* a call, path or packet that shows it; or NULL */
	const char *print;   /* 32 hexadecimal digits that outlive moved lines */
	const struct fpolicy_note *notes;
	size_t note_count;
	const char *waived_because, *waived_by; /* NULL: not waived */
};

/*
 * Rules of the lint, by id. `page` is the whole page of docs/lint, Markdown.
 */
struct fpolicy_rule {
	const char *id, *name, *section, *summary, *page;
	enum fpolicy_level level;
};

size_t fpolicy_rule_count(void);
bool fpolicy_rule_at(size_t n, struct fpolicy_rule *out);
bool fpolicy_rule_find(const char *name, struct fpolicy_rule *out); /* by id or name */

/*
 * What follows -W: "all", "NAME", "no-NAME", "error", "error=NAME"; names are of rules. Notes are
 * off until they are asked for. False: no such rule.
 */
bool fpolicy_lint_option(struct fpolicy *p, const char *word);

/*
 * Compiles the policy, writes nothing, and judges it. FPOLICY_OK whatever is found: the caller
 * decides what fails. After an error of the compiler there are its diagnostics and nothing else.
 */
enum fpolicy_status fpolicy_lint(struct fpolicy *p, const char *name, const char *data, size_t len,
				 bool ignore_waivers);
size_t fpolicy_finding_count(const struct fpolicy *p);
const struct fpolicy_finding *fpolicy_finding_at(const struct fpolicy *p, size_t n);

/* Findings of the lint that are not waived, as fpolicy_diagnostics() prints what the compiler says.
 */
const char *fpolicy_findings(struct fpolicy *p, bool colour);

/* The policy in `data` laid out the one way; its imports are not read. `out` has no name. */
enum fpolicy_status fpolicy_format(struct fpolicy *p, const char *name, const char *data,
				   size_t len, struct fpolicy_text *out);

/*
 * Folds compiled OCI fragments into a runtime's own config.json, which may only become narrower.
 * `fragments[0]` is oci/config.json of a target; others are patches to it, such as
 * oci/selinux.json. The merged text and the notes (what was left out of the base, one sentence
 * each) live in the handle. Conflicts are diagnostics that name both values.
 */
struct fpolicy_merged {
	const char *data;
	size_t len;
	const char *const *notes;
	size_t note_count;
};

enum fpolicy_status fpolicy_merge(struct fpolicy *p, const struct fpolicy_text *config,
				  const struct fpolicy_text *fragments, size_t fragment_count,
				  struct fpolicy_merged *out);

/*
 * Comparisons. Each side is a handle with its own options that loaded one policy: the front end and
 * the proofs of its claims, without artifacts.
 */
enum fpolicy_status fpolicy_load(struct fpolicy *p, const char *name, const char *data, size_t len);

/* What the new one is to the old one. The order of the words never changes. */
enum fpolicy_verdict {
	FPOLICY_IDENTICAL,
	FPOLICY_SAME_ACCESS, /* it differs, and permits neither more nor less */
	FPOLICY_NARROWER,
	FPOLICY_WIDER,
	FPOLICY_INCOMPARABLE,
	FPOLICY_NOT_DECIDED, /* the budget was spent */
};

/* What a comparison must come to: else the status is FPOLICY_FINDINGS, or FPOLICY_UNDECIDED. */
enum fpolicy_require {
	FPOLICY_REQUIRE_NOTHING,
	FPOLICY_REQUIRE_NARROWER, /* or the same */
	FPOLICY_REQUIRE_SAME,
};

enum fpolicy_format {
	FPOLICY_TEXT,
	FPOLICY_JSON, /* diff.schema.json */
};

struct fpolicy_question {
	enum fpolicy_require require;
	enum fpolicy_format format;
	bool with_layers; /* also layer by layer, on the targets that both policies have */
};

struct fpolicy_comparison {
	enum fpolicy_verdict verdict;
	const char *text; /* lives in the new handle */
	size_t len;
};

enum fpolicy_status fpolicy_diff(struct fpolicy *old, struct fpolicy *new_policy,
				 const struct fpolicy_question *q, struct fpolicy_comparison *out);

/*
 * What the owner of the old policy signs to let through what the new one permits beyond it; `until`
 * is YYYY-MM-DD or NULL. `text` is NULL where there is nothing to approve. Only equal changes have
 * equal texts: whoever verifies a signature compares the text first.
 */
struct fpolicy_approval {
	const char *owner, *text;
	size_t len;
	bool has_ended;   /* `until` is past, by the date of the new handle */
	bool needs_today; /* there is an `until`, and that handle has no date */
};

#define FPOLICY_APPROVAL_NAMESPACE "fpolicy-approval@v1" /* of ssh-keygen -Y */

enum fpolicy_status fpolicy_approve(struct fpolicy *old, struct fpolicy *new_policy,
				    const char *until, struct fpolicy_approval *out);

/*
 * Probes of a policy on the one target that is set (docs/probes.md). Without a run, `text` becomes
 * the table of the policy in `data`. With one, `data` may also be a table that was printed before,
 * and `text` becomes what its results contradict in the claims, a line each: FPOLICY_FINDINGS if
 * there is any.
 */
struct fpolicy_probe_run {
	struct fpolicy_text results, claims; /* of the prober; claims.json of the target */
	struct fpolicy_text baseline;        /* a run without layers; empty: none */
};

enum fpolicy_status fpolicy_probes(struct fpolicy *p, const char *name, const char *data,
				   size_t len, const struct fpolicy_probe_run *run,
				   const char **text, size_t *text_len);

/*
 * The policy in `data`, on the one target that is set, against filters of anybody: code as the
 * kernel takes it, or JSON as a runtime or Docker does. They are installed in this order. `arch` is
 * the machine ("x86_64"); `wanted` is "same", or "narrower" (no call goes farther than the policy
 * lets it), or "wider". FPOLICY_OK: proved; FPOLICY_FINDINGS: `text` has a call that differs;
 * FPOLICY_UNDECIDED: what is not known is in the diagnostics.
 */
struct fpolicy_filters {
	const struct fpolicy_text *at;
	size_t n;
	const char *arch, *wanted;
};

enum fpolicy_status fpolicy_verify(struct fpolicy *p, const char *name, const char *data,
				   size_t len, const struct fpolicy_filters *filters,
				   const char **text);

/*
 * A filter for reading. `map` and `claims` are srcmap.tsv and claims.json of the folder of its
 * target, and tell the rule of each instruction; empty: none. `artifact` is its name there,
 * "seccomp/x86_64.bpf".
 */
struct fpolicy_origin {
	const char *artifact;
	struct fpolicy_text map, claims;
};

enum fpolicy_status fpolicy_disassemble(struct fpolicy *p, const struct fpolicy_text *filter,
					const struct fpolicy_origin *origin, const char **text);

size_t fpolicy_target_count(void); /* built-in targets, by name */
const char *fpolicy_target_name(size_t n);
const char *fpolicy_version(void);

#ifdef __cplusplus
}
#endif

#endif
