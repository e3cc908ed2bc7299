/* SPDX-License-Identifier: MIT */
/* Reads the text form of an AppArmor feature set. */
#include "target/target_text.h"

#include <string.h>

#define MAX_DEPTH 16u

enum token {
	TOK_END,
	TOK_WORD,
	TOK_OPEN,
	TOK_CLOSE
};

struct reader {
	const char *at, *end;
	const char *word;
	size_t word_len;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t';
}

static enum token next_token(struct reader *r)
{
	while (r->at < r->end && is_blank(*r->at))
		r->at++;
	if (r->at == r->end)
		return TOK_END;
	if (*r->at == '{' || *r->at == '}')
		return *r->at++ == '{' ? TOK_OPEN : TOK_CLOSE;
	r->word = r->at;
	while (r->at < r->end && !is_blank(*r->at) && *r->at != '{' && *r->at != '}')
		r->at++;
	r->word_len = (size_t)(r->at - r->word);
	return TOK_WORD;
}

static bool is_printable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] != '\n' && (text[i] < ' ' || text[i] > '~'))
			return false;
	return true;
}

bool fp_features_valid(const char *text, size_t len)
{
	struct reader r = { .at = text, .end = text + len };
	enum token t, before = TOK_END;
	unsigned depth = 0;

	if (!len || !is_printable(text, len))
		return false;
	while ((t = next_token(&r)) != TOK_END) {
		if (t == TOK_OPEN && (before != TOK_WORD || ++depth > MAX_DEPTH))
			return false;
		if (t == TOK_CLOSE && depth-- == 0)
			return false;
		if (t == TOK_WORD && !depth && before == TOK_WORD)
			return false;
		before = t;
	}
	return !depth && before == TOK_CLOSE;
}

/* The n-th part of a/b/c; false past the last. */
static bool path_part(const char *path, unsigned n, const char **part, size_t *len, bool *is_last)
{
	while (n--) {
		path = strchr(path, '/');
		if (!path)
			return false;
		path++;
	}
	*part = path;
	*len = strcspn(path, "/");
	*is_last = path[*len] == '\0';
	return *len > 0;
}

/*
 * `matched` parts of the path name the innermost directories we are in. A word that is the last
 * part is a hit whether or not a `{` follows; another part counts only if one does.
 */
bool fp_features_has(const char *text, size_t len, const char *path)
{
	struct reader r = { .at = text, .end = text + len };
	unsigned depth = 0, matched = 0;
	bool is_hit = false;
	enum token t;

	while ((t = next_token(&r)) != TOK_END) {
		if (t == TOK_WORD) {
			const char *part;
			size_t part_len;
			bool is_last;
			is_hit = depth == matched &&
				 path_part(path, matched, &part, &part_len, &is_last) &&
				 part_len == r.word_len && !memcmp(part, r.word, part_len);
			if (is_hit && is_last)
				return true;
		} else if (t == TOK_OPEN) {
			depth++;
			if (is_hit)
				matched++;
			is_hit = false;
		} else {
			depth -= depth > 0;
			if (matched > depth)
				matched = depth;
			is_hit = false;
		}
	}
	return false;
}
