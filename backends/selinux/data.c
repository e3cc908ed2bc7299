/* SPDX-License-Identifier: MIT */
/* The SELinux tables of schemas/tables. */
#include "backends/selinux/selinux.h"

#include <string.h>

#include "selinux.inc"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

const struct se_class_row *se_class_at(size_t n)
{
	return n < COUNT(class_rows) ? &class_rows[n] : NULL;
}

const struct se_sid_row *se_sid_at(size_t n)
{
	return n < COUNT(sid_rows) ? &sid_rows[n] : NULL;
}

const struct se_fs_row *se_fs_at(size_t n)
{
	return n < COUNT(fs_rows) ? &fs_rows[n] : NULL;
}

const struct se_socket_row *se_socket_at(size_t n)
{
	return n < COUNT(socket_rows) ? &socket_rows[n] : NULL;
}

const struct se_call_row *se_call_at(size_t n)
{
	return n < COUNT(call_rows) ? &call_rows[n] : NULL;
}

const struct se_port_row *se_port_at(size_t n)
{
	return n < COUNT(port_rows) ? &port_rows[n] : NULL;
}

const struct se_parent_row *se_parent_at(size_t n)
{
	return n < COUNT(parent_rows) ? &parent_rows[n] : NULL;
}

bool se_is_host_dir(const char *path)
{
	for (size_t i = 0; i < COUNT(hostdir_rows); i++) {
		size_t len = strlen(hostdir_rows[i].path);
		if (!strncmp(path, hostdir_rows[i].path, len) &&
		    (path[len] == '\0' || path[len] == '/'))
			return true;
	}
	return path[1] == '\0'; /* the host's root */
}

bool se_class_counts(const struct fp_target *t, const struct se_class_row *row)
{
	if (!strcmp(row->feature, "-"))
		return true;
	for (unsigned f = 0; f < FP_FEAT_N; f++)
		if (!strcmp(fp_feat((enum fp_feat)f)->key, row->feature))
			return fp_target_has(t, (enum fp_feat)f);
	return false;
}

static void put_perm(struct fp_buf *b, const char *text, size_t len)
{
	for (size_t i = 0; *text == '@' && i < COUNT(class_rows); i++) {
		if (strlen(class_rows[i].cls) == len && !memcmp(class_rows[i].cls, text, len)) {
			se_class_perms(b, &class_rows[i]);
			return;
		}
	}
	if (b->len && b->data[b->len - 1] != '(')
		fp_buf_putc(b, ' ');
	fp_buf_add(b, text, len);
}

void se_class_perms(struct fp_buf *b, const struct se_class_row *row)
{
	for (const char *at = row->perms;; at++) {
		size_t len = strcspn(at, ",");
		put_perm(b, at, len);
		at += len;
		if (!*at)
			return;
	}
}
