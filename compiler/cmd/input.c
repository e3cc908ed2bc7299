/* SPDX-License-Identifier: MIT */
/* A policy, its imports and its options, for every subcommand that reads one. */
#include "cmd/input.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

bool fp_words_add(struct fp_words *w, const char *word)
{
	if (w->n == FP_OPTION_MAX)
		return fp_cmd_error("more than %d of one option", FP_OPTION_MAX), false;
	w->at[w->n++] = word;
	return true;
}

/* Takes `name` over; the one that stays, since a file may be asked for many times. NULL: too many.
 */
static const char *note_opened(struct fp_loader *l, char *name)
{
	for (size_t i = 0; i < l->opened.n; i++)
		if (!strcmp(l->opened.at[i], name)) {
			free(name);
			return l->opened.at[i];
		}
	if (l->opened.n == FP_IMPORT_MAX) {
		free(name);
		return NULL;
	}
	return l->opened.at[l->opened.n++] = name;
}

static bool load(void *context, const char *name, struct fpolicy_source *out)
{
	struct fp_loader *l = context;
	char *path = NULL;

	free(l->last.data);
	l->last = (struct fp_file_data){ 0 };
	out->why = l->is_revision ? fp_revision_read_below(&l->revision, l->roots, l->n, name,
							   &l->last, &path)
				  : fp_fs_read_below(l->roots, l->n, name, &l->last, &path);
	if (out->why)
		return false;
	const char *resolved = note_opened(l, path);
	if (!resolved) {
		out->why = "a policy may import 64 files";
		return false;
	}
	*out = (struct fpolicy_source){ .data = l->last.data,
					.resolved = resolved,
					.len = l->last.len };
	return true;
}

bool fp_input_is_target_file(const char *target)
{
	return strchr(target, '/') || strstr(target, ".target");
}

static enum fpolicy_status add_target(struct fpolicy *p, const char *target)
{
	struct fp_file_data text;

	for (size_t i = 0; i < fpolicy_target_count(); i++)
		if (!strcmp(fpolicy_target_name(i), target))
			return fpolicy_add_target(p, target);
	if (!fp_input_is_target_file(target))
		return fpolicy_add_target(p, target);
	if (!fp_fs_read(target, &text))
		return FPOLICY_INPUT;
	enum fpolicy_status status = fpolicy_add_target_text(p, target, text.data, text.len);
	free(text.data);
	return status;
}

static enum fpolicy_status define(struct fpolicy *p, const char *word)
{
	const char *eq = strchr(word, '=');
	char name[128];

	if (!eq || eq == word || (size_t)(eq - word) >= sizeof(name)) {
		fp_cmd_error("-D %.64s: write NAME=VALUE, the name of at most %zu bytes", word,
			     sizeof(name) - 1);
		return FPOLICY_INPUT;
	}
	memcpy(name, word, (size_t)(eq - word));
	name[eq - word] = '\0';
	return fpolicy_define(p, name, eq + 1);
}

/* Seconds since 1970 as a date, by the library's own calendar: the clock is never read. */
static enum fpolicy_status set_today(struct fpolicy *p, const struct fp_input *in)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");

	if (in->today)
		return fpolicy_set_today(p, in->today);
	if (!epoch || !epoch[0])
		return FPOLICY_OK;
	return fpolicy_set_epoch(p, epoch);
}

static enum fpolicy_status configure(struct fpolicy *p, const struct fp_input *in)
{
	enum fpolicy_status status = set_today(p, in);

	for (size_t i = 0; i < in->defines.n && status == FPOLICY_OK; i++)
		status = define(p, in->defines.at[i]);
	for (size_t i = 0; i < in->targets.n && status == FPOLICY_OK; i++)
		status = add_target(p, in->targets.at[i]);
	if (in->policy && status == FPOLICY_OK)
		status = fpolicy_set_policy(p, in->policy);
	return status;
}

static bool find_folder(const struct fp_input *in, const char *file, struct fp_loader *l)
{
	const char *slash = strrchr(file, '/');

	l->folder = slash ? strndup(file, slash == file ? 1 : (size_t)(slash - file)) : strdup(".");
	if (!l->folder)
		return fp_cmd_error("out of memory"), false;
	l->roots[l->n++] = l->folder;
	for (size_t i = 0; i < in->roots.n; i++)
		l->roots[l->n++] = in->roots.at[i];
	return true;
}

static bool find_text(const struct fp_input *in, const char *word, struct fp_loader *l)
{
	if (!l->is_revision)
		return fp_fs_read(word, &l->text) && find_folder(in, word, l);
	for (size_t i = 0; i < in->roots.n; i++)
		l->roots[l->n++] = in->roots.at[i];
	return fp_revision_open(&l->revision, word, &l->text);
}

static struct fpolicy *open_text(const struct fp_input *in, const char *word, size_t memory_limit,
				 struct fp_loader *l, enum fpolicy_status *status)
{
	if (!find_text(in, word, l))
		return NULL;
	struct fpolicy *p = fpolicy_new(memory_limit);
	if (!p)
		return fp_cmd_error("out of memory"), NULL;
	fpolicy_set_loader(p, load, l);
	*status = configure(p, in);
	return p;
}

struct fpolicy *fp_input_open(const struct fp_input *in, const char *file, struct fp_loader *l,
			      enum fpolicy_status *status)
{
	*l = (struct fp_loader){ 0 };
	return open_text(in, file, 0, l, status);
}

struct fpolicy *fp_input_open_side(const struct fp_input *in, const char *word, size_t memory_limit,
				   struct fp_loader *l, enum fpolicy_status *status)
{
	*l = (struct fp_loader){ .is_revision = fp_revision_is_meant(word) };
	return open_text(in, word, memory_limit, l, status);
}

void fp_input_close(struct fp_loader *l)
{
	for (size_t i = 0; i < l->opened.n; i++)
		free((char *)(uintptr_t)l->opened.at[i]);
	free(l->last.data);
	free(l->text.data);
	free(l->folder);
	fp_revision_close(&l->revision);
}

bool fp_input_take(struct fp_input *in, int c, bool *ok)
{
	*ok = true;
	switch (c) {
	case 'D':
		*ok = fp_words_add(&in->defines, optarg);
		return true;
	case 'I':
		*ok = fp_words_add(&in->roots, optarg);
		return true;
	case FP_OPT_TARGET:
		*ok = fp_words_add(&in->targets, optarg);
		return true;
	case FP_OPT_TODAY:
		in->today = optarg;
		return true;
	case FP_OPT_POLICY:
		in->policy = optarg;
		return true;
	default:
		return false;
	}
}
