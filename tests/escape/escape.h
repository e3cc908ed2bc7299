/* SPDX-License-Identifier: MIT */
/* What the attacks share: the scene they find, helpers, and one function an attack. */
#ifndef ESCAPE_H
#define ESCAPE_H

#include <stddef.h>
#include <sys/types.h>

/* What stands outside the job, as `escape --neighbour` set it up. */
struct escape_scene {
	pid_t outsider; /* a process of the host's */
};

/* A descriptor of a folder outside the job's root that a careless runtime leaves open. */
#define ESCAPE_LEAKED_FD 9
/* What the neighbour has: a key of System V memory, a message queue, and names of sockets. */
#define ESCAPE_SHM_KEY  0x66706c
#define ESCAPE_QUEUE    "/fpolicy-escape"
#define ESCAPE_ABSTRACT "fpolicy-escape-shim"
#define ESCAPE_DAEMON   "/run/docker.sock"

/* Every attack: zero or more when the step worked, else -1 and errno. */
#define EXP(id, function, title, reference, layers) int function(const struct escape_scene *scene);
#include "escape.def"
#undef EXP

/* That a call got past everything that guards it shows in the error its own code gives. */
int escape_reached(long ret, int error);
/* Opens, reads one byte: an empty file or an empty folder in its place is a refusal (ENODATA). */
int escape_read_byte(const char *path);
/* Writes to a file of /proc/sys or the like just what it says already. */
int escape_rewrite(const char *path);
/* A process that does nothing; it ends with the attack's process group. */
pid_t escape_sleeper(void);
/* Waits for a process that exits with 0 or an errno. */
int escape_end_of(pid_t pid);
/* Sends a byte and has one come back within a second. */
int escape_echo(int fd);

/* The other side, for the same program: neighbour of a job, and the rest of the network. */
int escape_be_neighbour(const char *root);
int escape_be_world(void);

#endif
