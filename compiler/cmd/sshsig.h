/* SPDX-License-Identifier: MIT */
/* Detached OpenSSH signatures, verified by ssh-keygen. */
#ifndef FP_CMD_SSHSIG_H
#define FP_CMD_SSHSIG_H

#include "cmd/cmd.h"

/*
 * Whether `signer`, as a principal of the allowed signers (ssh-keygen(1)), signed the text in the
 * name space. `today` is YYYY-MM-DD, the day on which a key must be valid; NULL: the present.
 * NULL, or why not, in words that live in `why`.
 */
const char *fp_sshsig_verify(const struct fp_file_data *allowed, const char *signer,
			     const char *name_space, const struct fp_file_data *signature,
			     const struct fp_file_data *text, const char *today, char why[256]);

#endif
