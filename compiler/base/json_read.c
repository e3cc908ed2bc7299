/* SPDX-License-Identifier: MIT */
/*
 * RFC 8259, strictly, to a tree. jansson's own reader takes some failed allocations for a syntax
 * error or drops a byte after them, and ends at INT64_MAX: limits of 2^64-1 are common.
 */
#include "base/json.h"
#include "base/num.h"
#include "base/utf8.h"

#include <string.h>

/* The specification nests eight levels; values are what a tree costs memory for. */
#define DEPTH_LIMIT 64u
#define VALUE_LIMIT ((size_t)1 << 20)

struct reader {
	struct fp_unit *u;
	struct fp_json_fault *fault;
	const char *begin, *at, *end; /* the text has a NUL at its end */
	json_t *root;
	unsigned depth;
	size_t values;
};

__attribute__((format(printf, 3, 4))) static bool fail(struct reader *r, size_t len,
						       const char *format, ...)
{
	struct fp_json_fault *f = r->fault;
	size_t left = (size_t)(r->end - r->at);
	va_list ap;

	f->at = (size_t)(r->at - r->begin);
	f->len = len < left ? len : left;
	va_start(ap, format);
	vsnprintf(f->text, sizeof(f->text), format, ap);
	va_end(ap);
	return false;
}

/* The same with what to write instead. */
static bool fail_help(struct reader *r, size_t len, const char *text, const char *help)
{
	r->fault->help = help;
	return fail(r, len, "%s", text);
}

/* Gives the value to its parent before it is filled: nothing is loose when memory runs out. */
static bool attach(struct reader *r, json_t *parent, const char *key, json_t *value)
{
	if (!value)
		longjmp(r->u->recover, 1);
	if (!parent)
		r->root = fp_json_own(r->u, value);
	else if (key)
		fp_json_set(r->u, parent, key, value);
	else
		fp_json_push(r->u, parent, value);
	if (r->values++ < VALUE_LIMIT)
		return true;
	return fail(r, 1, "it holds more than %zu values", VALUE_LIMIT);
}

static void skip_space(struct reader *r)
{
	r->at += strspn(r->at, " \t\r\n");
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Four hexadecimal digits behind \u. */
static bool read_unit(struct reader *r, uint32_t *out)
{
	uint64_t value;

	if (r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u' ||
	    !fp_num_parse_base(r->at + 2, 4, 16, &value))
		return fail(r, 2, "a backslash begins no escape that JSON knows");
	*out = (uint32_t)value;
	r->at += 6;
	return true;
}

static void put_point(struct fp_buf *out, uint32_t c)
{
	if (c < 0x80) {
		fp_buf_putc(out, (char)c);
		return;
	}
	if (c < 0x800) {
		fp_buf_putc(out, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			fp_buf_putc(out, (char)(0xe0 | c >> 12));
		} else {
			fp_buf_putc(out, (char)(0xf0 | c >> 18));
			fp_buf_putc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		fp_buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	fp_buf_putc(out, (char)(0x80 | (c & 0x3f)));
}

static bool read_point(struct reader *r, struct fp_buf *out)
{
	uint32_t high, low;

	if (!read_unit(r, &high))
		return false;
	if (!high)
		return fail(r, 1, "\\u0000 ends a text early wherever C reads it");
	if (high >= 0xdc00 && high < 0xe000)
		return fail(r, 1, "half of a surrogate pair");
	if (high >= 0xd800 && high < 0xdc00) {
		if (!read_unit(r, &low))
			return false;
		if (low < 0xdc00 || low >= 0xe000)
			return fail(r, 1, "half of a surrogate pair");
		high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	}
	put_point(out, high);
	return true;
}

static bool read_escape(struct reader *r, struct fp_buf *out)
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *at = r->at[1] ? strchr(letters, r->at[1]) : NULL;

	if (!at)
		return read_point(r, out);
	fp_buf_putc(out, meant[at - letters]);
	r->at += 2;
	return true;
}

/* At the opening quote. */
static bool read_string(struct reader *r, struct fp_buf *out)
{
	uint32_t point;

	fp_buf_init(out, &r->u->arena);
	for (r->at++; *r->at != '"';) {
		if (*r->at == '\\') {
			if (!read_escape(r, out))
				return false;
			continue;
		}
		if (r->at == r->end)
			return fail(r, 0, "the end of the file within a text");
		if ((unsigned char)*r->at < 0x20)
			return fail(r, 1, "a control byte within a text");
		size_t n = fp_utf8_length(r->at, (size_t)(r->end - r->at), &point);
		if (!n)
			return fail(r, 1, "a byte that is not UTF-8");
		fp_buf_add(out, r->at, n);
		r->at += n;
	}
	r->at++;
	return true;
}

static bool check_number(struct reader *r, size_t len)
{
	size_t digits = strspn(r->at + (*r->at == '-'), "0123456789");
	const char *first = r->at + (*r->at == '-');

	if (!digits || (digits > 1 && *first == '0'))
		return fail(r, len, "no number begins so");
	if (first[digits] == '.' || (first[digits] | 0x20) == 'e') {
		return fail_help(r, len, "a fraction or an exponent",
				 "write the digits: every number of the specification is whole");
	}
	if (first + digits != r->at + len)
		return fail(r, len, "no number goes on so");
	return true;
}

static bool read_number(struct reader *r, json_t *parent, const char *key)
{
	size_t len = strspn(r->at, "-+.0123456789eE");
	bool is_negative = *r->at == '-';
	uint64_t value;

	if (!check_number(r, len))
		return false;
	if (!fp_num_parse_base(r->at + is_negative, len - is_negative, 10, &value) ||
	    (is_negative && value > (uint64_t)INT64_MAX)) {
		return fail_help(r, len, "a number beyond 64 bits",
				 "\"no limit\" is 18446744073709551615 in rlimits, -1 in memory, "
				 "cpu and pids");
	}
	if (!attach(r, parent, key,
		    is_negative ? json_integer(-(json_int_t)value) : fp_json_count(value)))
		return false;
	r->at += len;
	return true;
}

static bool read_word(struct reader *r, json_t *parent, const char *key)
{
	static const char *const words[] = { "true", "false", "null" };
	size_t len = strspn(r->at, "abcdefghijklmnopqrstuvwxyz");

	for (size_t i = 0; i < 3; i++) {
		if (len != strlen(words[i]) || memcmp(r->at, words[i], len))
			continue;
		r->at += len;
		return attach(r, parent, key, i == 2 ? json_null() : json_boolean(i == 0));
	}
	if (r->at == r->end)
		return fail(r, 0, "the end of the file where a value should be");
	return fail(r, len ? len : 1, "no value begins so");
}

static bool read_value(struct reader *r, json_t *parent, const char *key);

/* After an element: true if another one follows. */
static bool has_more(struct reader *r, char bracket, bool *ok)
{
	skip_space(r);
	*ok = true;
	if (*r->at == bracket) {
		r->at++;
		return false;
	}
	*ok = *r->at == ',' || fail(r, 1, "neither , nor %c after a value", bracket);
	r->at += *ok;
	skip_space(r);
	return *ok;
}

static bool read_member(struct reader *r, json_t *object)
{
	const char *begin = r->at;
	struct fp_buf key;

	if (*r->at != '"')
		return fail(r, 1, "no member begins so");
	if (!read_string(r, &key))
		return false;
	if (json_object_get(object, fp_buf_text(&key))) {
		r->at = begin;
		fail(r, key.len + 2, "the member %.80s stands twice", fp_buf_text(&key));
		r->fault->help = "leave one of them: runtimes disagree on which one counts";
		return false;
	}
	skip_space(r);
	if (*r->at != ':')
		return fail(r, 1, "no : after the name of a member");
	r->at++;
	return read_value(r, object, fp_buf_text(&key));
}

static bool read_container(struct reader *r, json_t *parent, const char *key)
{
	char bracket = *r->at == '{' ? '}' : ']';
	json_t *value = bracket == '}' ? json_object() : json_array();
	bool ok = true, more;

	if (!attach(r, parent, key, value))
		return false;
	if (++r->depth > DEPTH_LIMIT)
		return fail(r, 1, "more than %u levels", DEPTH_LIMIT);
	r->at++;
	skip_space(r);
	more = *r->at != bracket;
	r->at += !more;
	while (more) {
		if (!(bracket == '}' ? read_member(r, value) : read_value(r, value, NULL)))
			return false;
		more = has_more(r, bracket, &ok);
	}
	r->depth--;
	return ok;
}

static bool read_value(struct reader *r, json_t *parent, const char *key)
{
	struct fp_buf text;

	skip_space(r);
	if (*r->at == '{' || *r->at == '[')
		return read_container(r, parent, key);
	if (*r->at == '-' || is_digit(*r->at))
		return read_number(r, parent, key);
	if (*r->at != '"')
		return read_word(r, parent, key);
	return read_string(r, &text) &&
	       attach(r, parent, key, json_stringn_nocheck(fp_buf_text(&text), text.len));
}

json_t *fp_json_read(struct fp_unit *u, const char *text, size_t len, struct fp_json_fault *fault)
{
	struct reader r = { .u = u, .fault = fault, .begin = text, .at = text, .end = text + len };

	*fault = (struct fp_json_fault){ 0 };
	if (!read_value(&r, NULL, NULL))
		return NULL;
	skip_space(&r);
	if (r.at != r.end)
		return fail(&r, 1, "something stands behind its end"), NULL;
	return r.root;
}

size_t fp_json_fold(const char *text, char *out, size_t room)
{
	size_t n = 0;

	for (const char *c = text; *c && n + 1 < room; c++) {
		if (!strncmp(c, "\xc5\xbf", 2)) {
			out[n++] = 's';
			c++;
		} else if (!strncmp(c, "\xe2\x84\xaa", 3)) {
			out[n++] = 'k';
			c += 2;
		} else {
			out[n++] = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
		}
	}
	out[n] = 0;
	return n;
}
