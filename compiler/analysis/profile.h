/* SPDX-License-Identifier: MIT */
/* Seccomp profiles of OCI runtimes and engines, as what they decide about calls. */
#ifndef FP_ANALYSIS_PROFILE_H
#define FP_ANALYSIS_PROFILE_H

#include "analysis/diff.h"

#include <jansson.h>

/*
 * `linux.seccomp` of an OCI configuration (opencontainers/runtime-spec, config-linux.md), or a
 * profile of Docker, Podman and others, with archMap, includes and excludes (containers/common,
 * pkg/seccomp): a rule counts by the machine, on a kernel that has what `minKernel` asks, and with
 * the capabilities that the job holds, which become variables of the diagrams.
 *
 * What libseccomp makes of the list: a rule without arguments decides before those with. Where
 * rules of one call with different actions overlap, or one with conditions on several arguments
 * stands beside another that does not exclude it by one argument, its trees need not do what the
 * list says: the comparison is undecided.
 * Names without a row in the tables are left out, as runtimes leave out what they do not know.
 *
 * NULL after an error was reported at `span`.
 */
const struct fp_call_source *fp_profile_read(struct fp_unit *u, const json_t *root,
					     struct fp_span span);

#endif
