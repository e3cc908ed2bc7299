/* SPDX-License-Identifier: MIT */
/* fpolicyc: picks the subcommand. */
#include "base/diag.h"
#include "base/utf8.h"
#include "cmd/cmd.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CMD(name, function, summary) { name, summary, function },
static const struct fp_cmd commands[] = {
#include "cmd/cmd.def"
};
#undef CMD

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* Arguments are text from outside: a terminal gets nothing from them but what can be read. */
int fp_cmd_error(const char *format, ...)
{
	char text[8192], shown[5];
	va_list ap;

	va_start(ap, format);
	int n = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	size_t len = n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;
	fputs("fpolicyc: error: ", stderr);
	for (size_t i = 0; i < len;) {
		i += fp_utf8_visible(text + i, len - i, shown);
		fputs(shown, stderr);
	}
	fputs((size_t)n > len ? "...\n" : "\n", stderr);
	return FP_EXIT_INPUT;
}

/* A word that is no file and does not look like one was meant as a command. */
static bool is_command(const char *word)
{
	return word[0] != '-' && !strpbrk(word, "./") && access(word, F_OK) != 0;
}

static int unknown_command(const char *word)
{
	struct fp_nearest near;

	fp_nearest_init(&near, word, strlen(word));
	for (size_t i = 0; i < COMMANDS; i++)
		fp_nearest_offer(&near, commands[i].name);
	fp_cmd_error("there is no command and no file '%.64s'", word);
	if (near.best)
		fprintf(stderr, "fpolicyc: help: did you mean '%s'?\n", near.best);
	else if (!strcmp(word, "help") || !strcmp(word, "version"))
		fprintf(stderr, "fpolicyc: help: that is the option '--%s'\n", word);
	fputs("fpolicyc: help: commands are", stderr);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(stderr, "%s %s", i ? "," : "", commands[i].name);
	fputc('\n', stderr);
	return FP_EXIT_INPUT;
}

/* `--tday=2026-01-01` -> `--today` */
static void help_option(const char *word, const struct option *known)
{
	struct fp_nearest near;

	if (strncmp(word, "--", 2))
		return;
	fp_nearest_init(&near, word + 2, strcspn(word + 2, "="));
	for (; known->name; known++)
		fp_nearest_offer(&near, known->name);
	if (near.best)
		fprintf(stderr, "fpolicyc: help: did you mean '--%s'?\n", near.best);
}

/* Inside a bundle (-qz) optind does not move, and the word before it is another one. */
int fp_cmd_bad_option(int c, int before, char **argv, const char *command,
		      const struct option *known)
{
	const char *word = argv[optind - 1];
	char letter[] = { '-', (char)optopt, '\0' };

	if (optind == before || strncmp(word, "--", 2))
		word = letter;
	if (c == ':')
		return fp_cmd_error("%s needs a value", word);
	fp_cmd_error("unknown option %s; try `fpolicyc %s --help`", word, command);
	help_option(word, known);
	return FP_EXIT_INPUT;
}

int fp_cmd_finish(struct fpolicy *p, enum fpolicy_status status)
{
	fputs(fpolicy_diagnostics(p, fp_cmd_wants_color(STDERR_FILENO)), stderr);
	if (!p)
		return fp_cmd_error("out of memory");
	switch (status) {
	case FPOLICY_OK:
		return FP_EXIT_OK;
	case FPOLICY_FINDINGS:
		return FP_EXIT_FINDINGS;
	case FPOLICY_UNDECIDED:
		return FP_EXIT_UNDECIDED;
	case FPOLICY_INTERNAL:
		return FP_EXIT_INTERNAL;
	case FPOLICY_INPUT:
	case FPOLICY_MEMORY:
		break;
	}
	return FP_EXIT_INPUT;
}

static int help(void)
{
	puts("usage: fpolicyc FILE.policy... -o DIR [options]\n"
	     "       fpolicyc COMMAND [arguments]\n\ncommands:");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-8s  %s\n", commands[i].name, commands[i].summary);
	puts("\n`fpolicyc COMMAND --help` tells the options; fpolicyc(1) and fpolicy(5) tell all.\n"
	     "--color=always|never|auto, for every command, is about what it prints.\n"
	     "exit codes: 0 clean, 1 findings, 2 usage or input, 3 undecided, 4 internal error");
	return FP_EXIT_OK;
}

/* A full disk or a closed pipe must not look like success. */
static int flushed(int code)
{
	if ((fflush(stdout) || ferror(stdout)) && code == FP_EXIT_OK)
		return fp_cmd_error("standard output: write failed");
	return code;
}

int main(int argc, char **argv)
{
	/* Options may follow files, whatever the environment says. */
	unsetenv("POSIXLY_CORRECT");
	if (!fp_cmd_take_color(&argc, argv))
		return FP_EXIT_INPUT;
	if (argc < 2)
		return fp_cmd_error("nothing to do; try `fpolicyc --help`");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return flushed(help());
	if (!strcmp(argv[1], "--version")) {
		printf("fpolicyc %s\n", fpolicy_version());
		return flushed(FP_EXIT_OK);
	}
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return flushed(commands[i].run(argc - 1, argv + 1));
	if (is_command(argv[1]))
		return unknown_command(argv[1]);
	return flushed(fp_cmd_compile(argc, argv));
}
