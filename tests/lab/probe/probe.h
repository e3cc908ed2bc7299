/* SPDX-License-Identifier: MIT */
/* The guest's prober: acts that a table of probes names, each in a child of its own. */
#ifndef LAB_PROBE_H
#define LAB_PROBE_H

#include "cmd/catcher.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* What an act came to; lies in memory shared with the child that tries it. */
enum state {
	NO_ANSWER,
	SUCCEEDED,
	FAILED, /* error: errno, 0 unknown */
	UNABLE, /* why */
	SKIPPED /* why */
};

struct outcome {
	volatile enum state state;
	int error;
	char why[48];
};

struct options {
	const char *layers, *host_ns, *nonce;
	const char *address; /* --ingress: the job's */
	uint32_t uid, gid;   /* --prepare: whose fixtures are */
	bool must_succeed;   /* what the probe expects */
};

/* `arg` are the action's arguments. */
typedef void (*act_fn)(char **arg, const struct options *o, struct outcome *out);

void act_file(char **arg, const struct options *o, struct outcome *out);
void act_see(char **arg, const struct options *o, struct outcome *out);
void act_masked(char **arg, const struct options *o, struct outcome *out);
void act_mount(char **arg, const struct options *o, struct outcome *out);
void act_fstype(char **arg, const struct options *o, struct outcome *out);
void act_fill(char **arg, const struct options *o, struct outcome *out);
void act_inodes(char **arg, const struct options *o, struct outcome *out);
void act_file_size(char **arg, const struct options *o, struct outcome *out);
void act_device(char **arg, const struct options *o, struct outcome *out);
void act_capability(char **arg, const struct options *o, struct outcome *out);
void act_use_capability(char **arg, const struct options *o, struct outcome *out);
void act_namespace(char **arg, const struct options *o, struct outcome *out);
void act_user(char **arg, const struct options *o, struct outcome *out);
void act_group(char **arg, const struct options *o, struct outcome *out);
void act_groups(char **arg, const struct options *o, struct outcome *out);
void act_no_new_privileges(char **arg, const struct options *o, struct outcome *out);
void act_umask(char **arg, const struct options *o, struct outcome *out);
void act_cwd(char **arg, const struct options *o, struct outcome *out);
void act_idmap(char **arg, const struct options *o, struct outcome *out);
void act_egress(char **arg, const struct options *o, struct outcome *out);
void act_socket(char **arg, const struct options *o, struct outcome *out);
void act_ingress(char **arg, const struct options *o, struct outcome *out);
void act_tasks(char **arg, const struct options *o, struct outcome *out);
void act_memory(char **arg, const struct options *o, struct outcome *out);
void act_open_files(char **arg, const struct options *o, struct outcome *out);
void act_rlimit(char **arg, const struct options *o, struct outcome *out);
void act_knob(char **arg, const struct options *o, struct outcome *out);

/* Outcomes. `failed` takes errno; what was not there to be refused is `unable`. */
void succeed_if(struct outcome *out, bool yes);
void failed(struct outcome *out, int error);
void failed_path(struct outcome *out, int error);
void unable(struct outcome *out, const char *why);

/* A question about the job's own state that was refused, by errno, is not answered with no. */
void cannot_ask(struct outcome *out);

/* Reads a small file of /proc or /sys, NUL-terminated; false with errno. */
bool read_small(const char *path, char *text, size_t cap);

/* The other modes: exit codes. */
int prepare(char *table, const char *root, const struct options *o);
int serve(char *table, bool ingress);

/* "c-1-3": where prepare() puts a node that has no path of its own, below NODES. */
#define NODES "/fp-dev"

/* And again where a job may write: a layer that goes by paths lets a node there through. */
#define NODE_PLACES 2
extern const char *const node_places[NODE_PLACES];
void node_name(char out[64], const char *place, char **arg);

/* An address and port; false where the text is none. */
bool parse_address(const char *text, const char *port, struct sockaddr_storage *out,
		   socklen_t *len);

#define SECONDS 5 /* of one probe */

#endif
