/* SPDX-License-Identifier: MIT */
/* Shared inside compiler/target: embedded files and the text form of AppArmor feature sets. */
#ifndef FP_TARGET_TARGET_TEXT_H
#define FP_TARGET_TARGET_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A row that schemas/gen/embed.c prints. */
struct fp_embedded {
	const char *name, *text;
	size_t len;
};

/* The feature set "linux-6.1.features" of schemas/targets/apparmor; NULL if there is none. */
const struct fp_embedded *fp_target_features_file(const char *name, size_t len);

/*
 * The text form that `apparmor_parser -M` reads: a directory or file of securityfs is `name {` with
 * its contents and `}`. Well formed: printable, balanced, at most 16 deep, not empty.
 */
bool fp_features_valid(const char *text, size_t len);

/* "network_v8/af_unix": a directory, a file, or as last part a word in a file. */
bool fp_features_has(const char *text, size_t len, const char *path);
#endif
