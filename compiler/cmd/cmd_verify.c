/* SPDX-License-Identifier: MIT */
/* fpolicyc verify: filters of anybody, and of running processes, against a policy. */
#include "base/num.h"
#include "cmd/attached.h"
#include "cmd/cmd.h"
#include "cmd/input.h"
#include "target/tables.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

struct options {
	struct fp_input in;
	struct fp_words filters;
	const char *arch, *wanted, *pid;
	bool help;
};

static const char usage[] =
	"usage: fpolicyc verify FILE.policy --seccomp=FILTER... --target=T [options]\n"
	"       fpolicyc verify FILE.policy --pid=PID --target=T [options]\n"
	"\n"
	"  --seccomp=FILTER  a filter as the kernel takes it, or JSON: linux.seccomp of an OCI\n"
	"                    configuration, alone or in it, or a profile of Docker; several are\n"
	"                    installed one after the other\n"
	"  --pid=PID         the filters of a running process\n"
	"  --arch=ARCH       the machine (else by the name of the first filter, else this one)\n"
	"  --against=HOW     same (each call is decided as the policy does), narrower (none goes\n"
	"                    farther than the policy lets it) or wider\n"
	"  --target=T        a built-in target or a target file\n"
	"  -D NAME=VALUE     give a parameter its value\n"
	"  -I DIR            a root for imports, after the folder of the policy; repeatable\n"
	"  --policy=NAME     the policy to read, where a file holds several\n"
	"  --today=DATE      compare `until` dates with DATE\n"
	"\n"
	"exit codes: 0 proved, 1 a call differs, 2 usage or input, 3 undecided, 4 internal error\n";

enum {
	OPT_SECCOMP = FP_OPT_OWN,
	OPT_PID,
	OPT_ARCH,
	OPT_AGAINST,
	OPT_HELP
};

static const struct option long_options[] = {
	FP_INPUT_LONG,
	{ "seccomp", required_argument, NULL, OPT_SECCOMP },
	{ "pid", required_argument, NULL, OPT_PID },
	{ "arch", required_argument, NULL, OPT_ARCH },
	{ "against", required_argument, NULL, OPT_AGAINST },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static bool take_option(struct options *o, int c, int before, char **argv)
{
	bool ok;

	if (fp_input_take(&o->in, c, &ok))
		return ok;
	switch (c) {
	case OPT_SECCOMP:
		return fp_words_add(&o->filters, optarg);
	case OPT_PID:
		o->pid = optarg;
		return true;
	case OPT_ARCH:
		o->arch = optarg;
		return true;
	case OPT_AGAINST:
		o->wanted = optarg;
		return true;
	case OPT_HELP:
		o->help = true;
		return true;
	default:
		return fp_cmd_bad_option(c, before, argv, "verify", long_options), false;
	}
}

static bool check_options(const struct options *o, int files)
{
	if (files != 1)
		return fp_cmd_error("verify takes one policy; try `fpolicyc verify --help`"), false;
	if (!o->filters.n == !o->pid)
		return fp_cmd_error("say what to look at: --seccomp=FILTER or --pid=PID"), false;
	return true;
}

/* What is looked at. */
struct filters {
	struct fp_attached attached;
	struct fp_file_data files[FP_OPTION_MAX];
	struct fpolicy_text at[FP_OPTION_MAX];
	size_t n;
};

static void filters_free(struct filters *f)
{
	for (size_t i = 0; i < FP_OPTION_MAX; i++)
		free(f->files[i].data);
	fp_attached_free(&f->attached);
}

static bool read_files(const struct options *o, struct filters *f)
{
	for (; f->n < o->filters.n; f->n++) {
		struct fp_file_data *d = &f->files[f->n];
		if (!fp_fs_read(o->filters.at[f->n], d))
			return false;
		f->at[f->n] = (struct fpolicy_text){ o->filters.at[f->n], d->data, d->len };
	}
	return true;
}

static bool read_process(const char *word, struct filters *f)
{
	uint64_t pid;

	if (!fp_num_parse_base(word, strlen(word), 10, &pid) || !pid || pid > INT32_MAX)
		return fp_cmd_error("--pid=%s is no process", word), false;
	const char *why = fp_attached_read((int)pid, &f->attached);
	if (why)
		return fp_cmd_error("process %s: %s", word, why), false;
	for (; f->n < f->attached.n; f->n++)
		f->at[f->n] =
			(struct fpolicy_text){ f->attached.at[f->n].name, f->attached.at[f->n].code,
					       f->attached.at[f->n].len };
	return true;
}

/* "x86_64" of out/debian-12/seccomp/x86_64.bpf, if that is an architecture; else this machine's. */
static const char *guess_arch(const struct options *o, char *out, size_t size)
{
	const char *name = o->filters.n ? o->filters.at[0] : "";
	const char *slash = strrchr(name, '/');
	struct utsname host;
	enum fp_arch arch;

	name = slash ? slash + 1 : name;
	size_t len = strcspn(name, ".");
	if (uname(&host))
		host.machine[0] = '\0';
	if (fp_arch_find(name, len, &arch))
		return fp_arch_name(arch);
	snprintf(out, size, "%s", host.machine);
	return out;
}

static int verify(const struct options *o, const char *file)
{
	struct filters f = { .n = 0 };
	enum fpolicy_status status;
	struct fp_loader l;
	const char *text = "";
	char machine[65];
	struct fpolicy *p = fp_input_open(&o->in, file, &l, &status);
	bool ok = p && (o->pid ? read_process(o->pid, &f) : read_files(o, &f));
	const struct fpolicy_filters q = { f.at, f.n,
					   o->arch ? o->arch
						   : guess_arch(o, machine, sizeof(machine)),
					   o->wanted ? o->wanted : "same" };

	if (ok && status == FPOLICY_OK)
		status = fpolicy_verify(p, file, l.text.data, l.text.len, &q, &text);
	int code = ok ? fp_cmd_finish(p, status) : FP_EXIT_INPUT;
	if (code <= FP_EXIT_FINDINGS)
		fputs(text, stdout);
	fpolicy_free(p);
	fp_input_close(&l);
	filters_free(&f);
	return code;
}

int fp_cmd_verify(int argc, char **argv)
{
	struct options o = { 0 };
	int c, before = 1;

	optind = 1;
	while ((c = getopt_long(argc, argv, ":D:I:", long_options, NULL)) != -1) {
		if (!take_option(&o, c, before, argv))
			return FP_EXIT_INPUT;
		before = optind;
	}
	if (o.help) {
		fputs(usage, stdout);
		return FP_EXIT_OK;
	}
	if (!check_options(&o, argc - optind))
		return FP_EXIT_INPUT;
	return verify(&o, argv[optind]);
}
