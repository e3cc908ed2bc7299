/* SPDX-License-Identifier: MIT */
/* Colours: --color, NO_COLOR, and what a terminal gets by itself. */
#include "cmd/cmd.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum {
	COLOR_AUTO,
	COLOR_NEVER,
	COLOR_ALWAYS
} color;

static bool set_color(const char *when)
{
	if (!strcmp(when, "auto"))
		color = COLOR_AUTO;
	else if (!strcmp(when, "never"))
		color = COLOR_NEVER;
	else if (!strcmp(when, "always"))
		color = COLOR_ALWAYS;
	else
		return false;
	return true;
}

bool fp_cmd_take_color(int *argc, char **argv)
{
	int kept = 0;
	bool is_option = true;

	for (int i = 0; i < *argc; i++) {
		const char *word = argv[i];
		is_option &= strcmp(word, "--") != 0;
		if (!is_option || (strcmp(word, "--color") && strncmp(word, "--color=", 8))) {
			argv[kept++] = argv[i];
			continue;
		}
		if (!set_color(word[7] ? word + 8 : "always")) {
			fp_cmd_error("--color=%s: it is auto, always or never", word + 8);
			return false;
		}
	}
	argv[kept] = NULL;
	*argc = kept;
	return true;
}

bool fp_cmd_wants_color(int fd)
{
	const char *no = getenv("NO_COLOR");

	if (color != COLOR_AUTO)
		return color == COLOR_ALWAYS;
	return isatty(fd) && !(no && no[0]);
}
