/* SPDX-License-Identifier: MIT */
/* fpolicyc targets: lists the built-in targets, prints one, writes one for this machine. */
#include "cmd/cmd.h"
#include "cmd/probe.h"

#include "base/unit.h"
#include "target/target.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"usage: fpolicyc targets                    list the built-in targets\n"
	"       fpolicyc targets NAME|FILE          print one: key, value and source of every row\n"
	"       fpolicyc targets --probe [-o FILE]  write a target file for this machine\n"
	"\n"
	"What the second and third form print is a target file again: for --target=FILE, or to start\n"
	"one's own. A file is known by a '/' or by the end '.target'.\n";

struct options {
	const char *show, *out;
	bool probe, help;
};

/* Work in a unit of its own; what it reports goes to stderr whatever the work returns. */
typedef int (*fp_unit_work)(struct fp_unit *u, const struct options *o);

static int in_unit(fp_unit_work work, const struct options *o)
{
	struct fp_unit u;
	struct fp_buf text;
	int code;

	fp_unit_init(&u, FP_MEMORY_LIMIT);
	if (setjmp(u.recover)) {
		fp_unit_free(&u);
		return fp_cmd_error("out of memory");
	}
	code = work(&u, o);
	fp_buf_init(&text, &u.arena);
	fp_diag_render(&u, &text, fp_cmd_wants_color(STDERR_FILENO));
	fputs(fp_buf_text(&text), stderr);
	fp_unit_free(&u);
	return code;
}

/* ---- list ---- */

static void put_words(struct fp_buf *out, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fp_buf_printf(out, "%s%s", i ? " " : "", words[i]);
	fp_buf_puts(out, n ? "\n" : "none\n");
}

static void put_target(struct fp_buf *out, const struct fp_target *t)
{
	fp_buf_printf(out, "%s\n  kernel    Linux %s on", t->name, t->kernel.text);
	for (unsigned i = 0; i < FP_ARCH_N; i++)
		if (t->archs[i])
			fp_buf_printf(out, " %s", fp_arch_name((enum fp_arch)i));
	fp_buf_puts(out, "\n  runtimes ");
	for (size_t i = 0; i < t->n_runtimes; i++)
		fp_buf_printf(out, "%s %s %s", i ? "," : "", t->runtimes[i].name,
			      t->runtimes[i].version.text);
	fp_buf_printf(out, "%s\n  AppArmor  ", t->n_runtimes ? "" : " none");
	if (t->apparmor.parser.text)
		fp_buf_printf(out, "parser %s, ", t->apparmor.parser.text);
	if (t->apparmor.abi)
		fp_buf_printf(out, "abi/%s\n", t->apparmor.abi);
	else
		fp_buf_puts(out, "no abi rule\n");
	fp_buf_puts(out, "  LSMs      ");
	put_words(out, t->lsm_built, t->n_lsm_built);
	fp_buf_puts(out, "  running   ");
	put_words(out, t->lsm_enabled, t->n_lsm_enabled);
}

static int list(struct fp_unit *u, const struct options *o)
{
	struct fp_buf out;

	(void)o;
	fp_buf_init(&out, &u->arena);
	for (size_t i = 0; i < fp_target_builtin_count(); i++) {
		const struct fp_target *t = fp_target_builtin(u, fp_target_builtin_name(i));
		if (!t)
			return FP_EXIT_INTERNAL;
		if (i)
			fp_buf_putc(&out, '\n');
		put_target(&out, t);
	}
	fputs(fp_buf_text(&out), stdout);
	return FP_EXIT_OK;
}

/* ---- show ---- */

static bool is_file_name(const char *name)
{
	static const char suffix[] = ".target";
	size_t len = strlen(name), cut = sizeof(suffix) - 1;

	return strchr(name, '/') || (len > cut && !strcmp(name + len - cut, suffix));
}

static const struct fp_target *load_file(struct fp_unit *u, const char *path)
{
	struct fp_file_data file;

	if (!fp_fs_read(path, &file))
		return NULL;
	fp_arena_own(&u->arena, free, file.data);
	return fp_target_parse(u, path, file.data, file.len);
}

static const struct fp_target *load_builtin(struct fp_unit *u, const char *name)
{
	const struct fp_target *t = fp_target_builtin(u, name);
	struct fp_nearest nearest;

	if (t || u->diags.errors)
		return t;
	fp_diag(u, FP_E_TARGET, (struct fp_span){ 0, 0 }, "no built-in target is called '%s'",
		name);
	fp_nearest_init(&nearest, name, strlen(name));
	for (size_t i = 0; i < fp_target_builtin_count(); i++)
		fp_nearest_offer(&nearest, fp_target_builtin_name(i));
	fp_diag_nearest(u, &nearest);
	return NULL;
}

static int show(struct fp_unit *u, const struct options *o)
{
	const struct fp_target *t =
		is_file_name(o->show) ? load_file(u, o->show) : load_builtin(u, o->show);

	if (!t)
		return FP_EXIT_INPUT;
	for (size_t i = 0; i < t->n_rows; i++)
		printf("%s\t%s\t%s\n", t->rows[i].key, t->rows[i].value, t->rows[i].source);
	return FP_EXIT_OK;
}

/* ---- probe ---- */

static int probe(struct fp_unit *u, const struct options *o)
{
	struct fp_probe *seen = FP_NEW(&u->arena, struct fp_probe);
	struct fp_buf text;

	if (!fp_cmd_probe(u, seen))
		return fp_cmd_error("this machine is of no kind that a target can describe");
	fp_buf_init(&text, &u->arena);
	fp_probe_render(u, seen, &text);
	/* What we write we must be able to read. */
	if (!fp_target_parse(u, "this-machine", fp_buf_text(&text), text.len))
		return FP_EXIT_INTERNAL;
	return fp_fs_write_file(o->out ? o->out : "-", text.data, text.len) ? FP_EXIT_OK
									    : FP_EXIT_INPUT;
}

/* ---- command line ---- */

enum {
	OPT_PROBE = 256,
	OPT_HELP
};

static const struct option long_options[] = {
	{ "probe", no_argument, NULL, OPT_PROBE },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static bool take_option(struct options *o, int c, int before, char **argv)
{
	switch (c) {
	case 'o':
		o->out = optarg;
		return true;
	case OPT_PROBE:
		o->probe = true;
		return true;
	case OPT_HELP:
		o->help = true;
		return true;
	default:
		return fp_cmd_bad_option(c, before, argv, "targets", long_options), false;
	}
}

static bool check_options(struct options *o, int argc, char **argv)
{
	int names = argc - optind;

	if (names > 1 || (names && o->probe)) {
		fp_cmd_error(o->probe ? "--probe takes no name" : "one target at a time");
		return false;
	}
	if (o->out && !o->probe) {
		fp_cmd_error("-o goes with --probe");
		return false;
	}
	o->show = names ? argv[optind] : NULL;
	return true;
}

int fp_cmd_targets(int argc, char **argv)
{
	struct options o = { 0 };
	int c, before = 1;

	optind = 1;
	while ((c = getopt_long(argc, argv, ":o:", long_options, NULL)) != -1) {
		if (!take_option(&o, c, before, argv))
			return FP_EXIT_INPUT;
		before = optind;
	}
	if (o.help) {
		fputs(usage, stdout);
		return FP_EXIT_OK;
	}
	if (!check_options(&o, argc, argv))
		return FP_EXIT_INPUT;
	return in_unit(o.probe ? probe : o.show ? show : list, &o);
}
