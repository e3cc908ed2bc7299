/* SPDX-License-Identifier: MIT */
/* Reading the two sides of a comparison. */
#include "cmd/pair.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Of each side, so that both together stay below 256 MiB. */
#define MEMORY_LIMIT ((size_t)104 << 20)

/* Of an output folder its specification; NULL: the word as it is. False without memory. */
static bool find_spec(const char *word, char **spec)
{
	struct stat st;

	*spec = NULL;
	if (stat(word, &st) || !S_ISDIR(st.st_mode))
		return true;
	return asprintf(spec, "%s/spec.json", word) >= 0 || (fp_cmd_error("out of memory"), false);
}

static int open_side(struct fp_pair *p, size_t side, const struct fp_input *in, const char *word)
{
	struct fp_loader *l = &p->loader[side];
	enum fpolicy_status status;

	if (!find_spec(word, &p->spec[side]))
		return FP_EXIT_INPUT;
	word = p->spec[side] ? p->spec[side] : word;
	p->policy[side] = fp_input_open_side(in, word, MEMORY_LIMIT, l, &status);
	if (!p->policy[side])
		return FP_EXIT_INPUT;
	if (status == FPOLICY_OK)
		status = fpolicy_load(p->policy[side], word, l->text.data, l->text.len);
	return status == FPOLICY_OK ? FP_EXIT_OK : fp_cmd_finish(p->policy[side], status);
}

int fp_pair_open(struct fp_pair *p, const struct fp_input *in, char **words)
{
	int worst = FP_EXIT_OK;

	*p = (struct fp_pair){ 0 };
	for (size_t side = 0; side < 2; side++) {
		int code = open_side(p, side, in, words[side]);
		worst = code > worst ? code : worst;
	}
	return worst;
}

void fp_pair_close(struct fp_pair *p)
{
	for (size_t side = 0; side < 2; side++) {
		fpolicy_free(p->policy[side]);
		fp_input_close(&p->loader[side]);
		free(p->spec[side]);
	}
}

struct given {
	struct fp_input in;
	bool help;
};

static bool take(const struct fp_pair_command *command, void *own, struct given *g, int c,
		 int before, char **argv)
{
	bool ok = true;

	if (c == FP_PAIR_OPT_HELP)
		return g->help = true;
	if (fp_input_take(&g->in, c, &ok) || command->take(own, c, &ok))
		return ok;
	return fp_cmd_bad_option(c, before, argv, command->name, command->options), false;
}

int fp_pair_main(const struct fp_pair_command *command, void *own, int argc, char **argv)
{
	struct given g = { 0 };
	struct fp_pair pair;
	int c, before = 1;

	optind = 1;
	while ((c = getopt_long(argc, argv, command->letters, command->options, NULL)) != -1) {
		if (!take(command, own, &g, c, before, argv))
			return FP_EXIT_INPUT;
		before = optind;
	}
	if (g.help) {
		fputs(command->usage, stdout);
		return FP_EXIT_OK;
	}
	if (argc - optind != 2)
		return fp_cmd_error("%s takes %s and NEW; try `fpolicyc %s --help`", command->name,
				    command->first, command->name);
	c = fp_pair_open(&pair, &g.in, argv + optind);
	if (c == FP_EXIT_OK)
		c = command->run(own, &pair);
	fp_pair_close(&pair);
	return c;
}

bool fp_pair_format(const char *word, enum fpolicy_format *out)
{
	if (strcmp(word, "text") && strcmp(word, "json"))
		return fp_cmd_error("--format is text or json, not '%s'", word), false;
	*out = word[0] == 'j' ? FPOLICY_JSON : FPOLICY_TEXT;
	return true;
}
