/* SPDX-License-Identifier: MIT */
/* Parts of the benchmark of filters: libseccomp's, the least tree, and time on this kernel. */
#ifndef FP_TESTS_BENCH_FILTERS_H
#define FP_TESTS_BENCH_FILTERS_H

#include "unit/seccomp_vm.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>

#define BENCH_NUMBERS 1024u /* above all that x86_64 assigns */

/* `message`, to standard error; never returns. */
void bench_fail(const char *message) __attribute__((noreturn));

/* What libseccomp makes of an OCI list for x86_64, added rule by rule as runc does. */
void bench_libseccomp(json_t *list, unsigned optimize, struct vm_filter *out);

/*
 * The cost of the filter's tree over numbers, by weights of each, as graph.h counts it; and the
 * least that any tree of its kind over the filter's intervals has. Both from the bytes alone.
 */
struct bench_costs {
	uint64_t own, least;
};

struct bench_costs bench_costs(const struct vm_filter *f, const uint32_t weight[BENCH_NUMBERS]);

/* Nanoseconds of a call in a child with the filter attached so many times. */
struct bench_time {
	double cached, asked; /* getppid, personality(0xffffffff); 0: could not be measured */
};

struct bench_time bench_time(const struct vm_filter *f, unsigned times);

#endif
