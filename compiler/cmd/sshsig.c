/* SPDX-License-Identifier: MIT */
/* ssh-keygen -Y verify, on copies in memory: what was read once is what is verified. */
#include "cmd/sshsig.h"
#include "cmd/child.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A descriptor that the child inherits, at its beginning. */
static int in_memory(const struct fp_file_data *data)
{
	int fd = memfd_create("fpolicyc", 0);
	size_t done = 0;

	while (fd >= 0 && done < data->len) {
		ssize_t n = write(fd, data->data + done, data->len - done);
		if (n <= 0) {
			close(fd);
			return -1;
		}
		done += (size_t)n;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

/* "2026-11-24" as ssh-keygen spells a day: "20261124". */
static void day_option(const char *today, char option[32])
{
	snprintf(option, 32, "verify-time=%.4s%.2s%.2s", today, today + 5, today + 8);
}

static const char *run(int fds[3], const char *signer, const char *name_space, const char *today,
		       char why[256])
{
	char allowed[32], signature[32], day[32];
	const char *argv[] = { "ssh-keygen", "-Y",       "verify", "-f",      allowed, "-I", signer,
			       "-n",         name_space, "-s",     signature, NULL,    NULL, NULL };
	const struct fp_child child = { argv, fds[2], 4096 };
	struct fp_file_data out = { 0 };
	const char *reason;

	snprintf(allowed, sizeof(allowed), "/proc/self/fd/%d", fds[0]);
	snprintf(signature, sizeof(signature), "/proc/self/fd/%d", fds[1]);
	if (today) {
		day_option(today, day);
		argv[11] = "-O";
		argv[12] = day;
	}
	int code = fp_child_run(&child, &out, why, &reason);
	free(out.data);
	if (code < 0)
		snprintf(why, 256, "ssh-keygen: %s", reason);
	else if (code && !why[0])
		snprintf(why, 256, "ssh-keygen does not accept it");
	return code ? why : NULL;
}

const char *fp_sshsig_verify(const struct fp_file_data *allowed, const char *signer,
			     const char *name_space, const struct fp_file_data *signature,
			     const struct fp_file_data *text, const char *today, char why[256])
{
	int fds[3] = { in_memory(allowed), in_memory(signature), in_memory(text) };
	const char *reason = "no memory for its files";

	if (fds[0] >= 0 && fds[1] >= 0 && fds[2] >= 0)
		reason = run(fds, signer, name_space, today, why);
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return reason;
}
