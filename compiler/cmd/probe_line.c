/* SPDX-License-Identifier: MIT */
/* Lines of tables of probes and of their results. */
#include "cmd/catcher.h"

#include <string.h>

static int hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* What fp_probes_print() escaped; anything else stays as it is. */
static void unescape(char *text)
{
	char *out = text;

	while (*text) {
		if (text[0] != '\\') {
			*out++ = *text++;
		} else if (text[1] == 'x' && hex(text[2]) >= 0 && hex(text[3]) >= 0) {
			*out++ = (char)(hex(text[2]) << 4 | hex(text[3]));
			text += 4;
		} else {
			*out++ = (char)(text[1] == 't' ? '\t' : text[1] == 'n' ? '\n' : '\\');
			text += text[1] ? 2 : 1;
		}
	}
	*out = '\0';
}

bool fp_probe_line(char **at, struct fp_probe_line *line)
{
	char *text = *at;

	while (*text == '#' || *text == '\n') {
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	size_t len = strcspn(text, "\n");
	if (!len)
		return false;
	*at = text + len + (text[len] == '\n');
	text[len] = '\0';
	line->n = 0;
	while (text && line->n < FP_PROBE_FIELDS) {
		char *tab = strchr(text, '\t');
		if (tab)
			*tab++ = '\0';
		unescape(text);
		line->field[line->n++] = text;
		text = tab;
	}
	return true;
}

bool fp_probe_number(const char *text, uint64_t *out)
{
	unsigned base = text[0] == '0' && text[1] == 'x' ? 16 : 10;
	uint64_t n = 0;

	text += base == 16 ? 2 : 0;
	if (!*text)
		return false;
	for (; *text; text++) {
		int digit = hex(*text);
		if (digit < 0 || (unsigned)digit >= base || __builtin_mul_overflow(n, base, &n) ||
		    __builtin_add_overflow(n, (uint64_t)digit, &n))
			return false;
	}
	*out = n;
	return true;
}
