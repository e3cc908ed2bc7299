/* SPDX-License-Identifier: MIT */
/* Looks at the machine for `fpolicyc targets --probe`. */
#ifndef FP_CMD_PROBE_H
#define FP_CMD_PROBE_H

#include "target/probe.h"

/*
 * Fills `out` from /proc, /sys, /etc and the --version of a few programs in the system's folders
 * for programs. Nothing is changed on the machine; what cannot be read is left unknown. Text lives
 * in the unit's arena. False for a machine type that no target can describe.
 */
bool fp_cmd_probe(struct fp_unit *u, struct fp_probe *out);

/*
 * Runs argv[0], an absolute path, without a shell, with no input, an environment of its own, and
 * 5 seconds. False where it does not end with exit 0 and fewer than `cap` - 1 bytes of output.
 * `out` is NUL-terminated when true.
 */
bool fp_cmd_capture(char *const argv[], char *out, size_t cap);

/* The regular contents of a file of /proc, /sys or /etc, at most `cap` - 1 bytes; false if
 * unreadable. */
bool fp_cmd_read_text(const char *path, char *out, size_t cap);

/* Answers that come from files and system calls of the kernel, for fp_cmd_probe(). */
void fp_cmd_probe_kernel(struct fp_seen seen[]);

/* The tree /sys/kernel/security/apparmor/features as text; NULL where there is none. */
const char *fp_cmd_probe_apparmor(struct fp_unit *u);

/* Answers in the output of `runc features` and `crun features`: only what it says is there counts.
 */
void fp_cmd_probe_features(const char *json, struct fp_seen seen[]);
#endif
