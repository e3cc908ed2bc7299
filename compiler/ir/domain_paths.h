/* SPDX-License-Identifier: MIT */
/* Sets of paths as automata: the shortest path on which patterns meet as asked, or that there is
 * none. */
#ifndef FP_IR_DOMAIN_PATHS_H
#define FP_IR_DOMAIN_PATHS_H

#include "base/buf.h"
#include "base/vec.h"
#include "ir/glob.h"

/*
 * A walk holds patterns, each with a tag. fp_walk_find() visits every state of the deterministic
 * automaton of all of them together, by the length of the paths that lead there, and asks whether
 * it is what is sought, given the tags of the patterns that match. Only canonical paths count:
 * absolute, no empty, `.` or `..` component, no slash at the end but for the root.
 *
 * An open parameter has any value without a slash. Walks read it in one of two ways, and a question
 * is settled when both agree: its value is met by every parameter alike (is_symbolic false: any
 * bytes but `/`, at least one), or is equal to nothing else that is written (true: a byte of its
 * own, which stars and sets match).
 */
struct fp_walk_step {
	uint8_t op; /* enum fp_glob_step_op */
	unsigned char byte;
	bool is_needed;
	bool is_forever; /* whatever follows, the pattern goes on matching */
	uint32_t next, other, tag;
	uint32_t tail; /* equal for steps from which equal paths lead to an end */
	const uint32_t *set;
};

struct fp_walk_tail {
	uint64_t head, rest;
	uint32_t number; /* 0: an empty place */
};

struct fp_walk {
	struct fp_arena *arena;
	FP_VEC(struct fp_walk_step) steps;
	FP_VEC(uint32_t) starts;
	FP_VEC(const char *) params; /* byte i + 1 stands for the i-th */
	FP_VEC(const uint32_t *) sets;
	struct fp_walk_tail *tails;
	uint32_t tail_count, tail_cap;
	bool is_symbolic, has_params;
	bool has_needed; /* paths that no needed pattern can match any more are not followed */
	uint32_t budget; /* states */
};

/* States unless the caller says otherwise. */
#define FP_WALK_BUDGET 200000u

void fp_walk_init(struct fp_walk *w, struct fp_arena *a, uint32_t budget, bool is_symbolic);
void fp_walk_add_glob(struct fp_walk *w, const struct fp_glob *g, uint32_t tag, bool is_needed);

/* A directory and all below it: plain text, with ${parameters}. */
void fp_walk_add_tree(struct fp_walk *w, const char *dir, uint32_t tag, bool is_needed);

/* A place in a pattern that was reached. From equal tails equal continuations lead to a match. */
struct fp_walk_live {
	uint32_t tail, tag;
	bool is_forever;
};

/* What is sought, and where to look. */
struct fp_walk_goal {
	void *context;
	/* Whether a path on which just these patterns match (by tag, ascending) is it. */
	bool (*is_sought)(void *context, const uint32_t *tags, size_t n);
	/*
	 * NULL, or whether no longer path can be it: given the patterns (by tail, some twice) that
	 * some continuation matches; where a pattern is there forever, every continuation does.
	 */
	bool (*is_hopeless)(void *context, const struct fp_walk_live *live, size_t n);
	/* NULL, or whether to look for others after this one. */
	bool (*goes_on)(void *context, const char *path);
};

enum fp_walk_result {
	FP_WALK_NONE,
	FP_WALK_FOUND,
	FP_WALK_UNDECIDED
};

/* The shortest such path goes to `path`; parameters in it are written ${name}. FP_WALK_NONE also
 * where the search went on after each. */
enum fp_walk_result fp_walk_find(struct fp_walk *w, const struct fp_walk_goal *goal,
				 struct fp_buf *path);

#endif
