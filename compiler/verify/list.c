/* SPDX-License-Identifier: MIT */
/* Profiles read: nothing of them is trusted. */
#include "verify/list.h"
#include "base/num.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

struct reader {
	struct fp_unit *u;
	const struct fp_list_host *host;
	struct fp_list *out;
	const char *why;
	bool is_docker; /* not of an OCI configuration */
};

static bool refuse(struct reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(struct reader *r, const char *format, ...)
{
	struct fp_buf b;
	va_list ap;

	fp_buf_init(&b, &r->u->arena);
	va_start(ap, format);
	fp_buf_vprintf(&b, format, ap);
	va_end(ap);
	r->why = fp_buf_text(&b);
	return false;
}

/*
 * What jansson cannot do: bound the nesting (it recurses), and read integers above INT64_MAX. Those
 * become texts with a mark before them.
 */
#define LARGE       "2^64:"
#define LARGE_BEGIN 19u /* digits */

static size_t digits_at(const char *text, size_t len, size_t i)
{
	size_t n = 0;

	while (i + n < len && text[i + n] >= '0' && text[i + n] <= '9')
		n++;
	return n;
}

/* Copies the token at text[i] that is no text; returns its length. */
static size_t copy_token(struct fp_buf *out, const char *text, size_t len, size_t i)
{
	size_t n = digits_at(text, len, i), end = i + n;
	bool is_part = i && strchr("+-.eE0123456789", text[i - 1]);
	bool goes_on = end < len && strchr(".eE", text[end]);

	if (n >= LARGE_BEGIN && !is_part && !goes_on) {
		fp_buf_puts(out, "\"" LARGE);
		fp_buf_add(out, text + i, n);
		fp_buf_putc(out, '"');
		return n;
	}
	fp_buf_add(out, text + i, n ? n : 1);
	return n ? n : 1;
}

/* False where it is nested too deeply, at byte `*at`. */
static bool prepare(struct fp_buf *out, const char *text, size_t len, size_t *at)
{
	unsigned depth = 0;
	bool in_text = false;
	size_t i = 0;

	while (i < len) {
		char c = text[i];
		*at = i;
		if (in_text && c == '\\' && i + 1 < len)
			fp_buf_putc(out, text[i++]);
		else if (c == '"')
			in_text = !in_text;
		else if (!in_text && (c == '[' || c == '{') && ++depth > FP_LIST_DEPTH)
			return false;
		else if (!in_text && (c == ']' || c == '}') && depth)
			depth--;
		if (in_text || c == '"')
			fp_buf_putc(out, text[i++]);
		else
			i += copy_token(out, text, len, i);
	}
	return true;
}

static size_t line_of(const char *text, size_t at)
{
	size_t line = 1;

	for (size_t i = 0; i < at; i++)
		line += text[i] == '\n';
	return line;
}

const char *fp_list_parse(struct fp_unit *u, const char *text, size_t len, json_t **root)
{
	struct fp_json_fault fault;
	struct fp_buf copy;
	size_t at = 0;

	fp_buf_init(&copy, &u->arena);
	if (len > FP_LIST_SIZE_MAX)
		return fp_arena_printf(&u->arena, "byte %zu: larger than 16 MiB", FP_LIST_SIZE_MAX);
	if (!prepare(&copy, text, len, &at))
		return fp_arena_printf(&u->arena, "byte %zu: nested too deeply", at);
	*root = fp_json_read(u, fp_buf_text(&copy), copy.len, &fault);
	return *root ? NULL
		     : fp_arena_printf(&u->arena, "line %zu: %s",
				       line_of(fp_buf_text(&copy), fault.at), fault.text);
}

/* ---- members ---- */

/* Spelled otherwise they are other members to crun, and the same to whatever is written in Go. */
static const char *const members[] = {
	"action",          "archMap",  "architecture", "architectures",
	"arches",          "args",     "caps",         "defaultAction",
	"defaultErrnoRet", "errnoRet", "excludes",     "includes",
	"index",           "linux",    "minKernel",    "name",
	"names",           "op",       "seccomp",      "subArchitectures",
	"syscalls",        "value",    "valueTwo",
};

static bool is_spelled(struct reader *r, const char *key)
{
	char folded[32], name[32];

	fp_json_fold(key, folded, sizeof(folded));
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		fp_json_fold(members[i], name, sizeof(name));
		if (!strcmp(folded, name) && strcmp(key, members[i]))
			return refuse(r, "'%s' is '%s' to some runtimes and not to others", key,
				      members[i]);
	}
	return true;
}

static bool are_spelled(struct reader *r, json_t *object)
{
	const char *key;
	json_t *it;

	json_object_foreach(object, key, it) if (!is_spelled(r, key)) return false;
	return true;
}

/* Also what is in it: prepare() has bounded the depth. */
static bool all_spelled(struct reader *r, json_t *value)
{
	const char *key;
	json_t *it;
	size_t i;

	json_array_foreach(value, i, it) if (!all_spelled(r, it)) return false;
	json_object_foreach(value, key, it) if (!all_spelled(r, it)) return false;
	return are_spelled(r, value);
}

/* What Docker makes rules from; runtimes read on as if it were not there. */
static bool is_docker(struct reader *r, const json_t *in, const char *key)
{
	return r->is_docker || !json_object_get(in, key) ||
	       refuse(r, "'%s' is of Docker's profiles: a runtime does not read it", key);
}

/* ---- words ---- */

struct word {
	const char *name;
	uint32_t value;
};

static const struct word actions[] = {
	{ "SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD },
	{ "SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS },
	{ "SCMP_ACT_TRAP", SECCOMP_RET_TRAP },
	{ "SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO },
	{ "SCMP_ACT_TRACE", SECCOMP_RET_TRACE },
	{ "SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW },
	{ "SCMP_ACT_LOG", SECCOMP_RET_LOG },
	{ "SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF },
	{ NULL, 0 },
};

static const struct word operators[] = {
	{ "SCMP_CMP_NE", FP_LIST_NE },
	{ "SCMP_CMP_LT", FP_LIST_LT },
	{ "SCMP_CMP_LE", FP_LIST_LE },
	{ "SCMP_CMP_EQ", FP_LIST_EQ },
	{ "SCMP_CMP_GE", FP_LIST_GE },
	{ "SCMP_CMP_GT", FP_LIST_GT },
	{ "SCMP_CMP_MASKED_EQ", FP_LIST_MASKED_EQ },
	{ NULL, 0 },
};

static bool find_word(const struct word *words, const json_t *value, uint32_t *out)
{
	const char *text = json_string_value(value);

	for (; text && words->name; words++)
		if (!strcmp(words->name, text)) {
			*out = words->value;
			return true;
		}
	return false;
}

static bool read_number(const json_t *value, uint64_t *out)
{
	const char *text = json_string_value(value);

	*out = (uint64_t)json_integer_value(value);
	if (text && !strncmp(text, LARGE, sizeof(LARGE) - 1))
		return fp_num_parse_base(text + sizeof(LARGE) - 1, strlen(text) + 1 - sizeof(LARGE),
					 10, out);
	return json_is_integer(value) && json_integer_value(value) >= 0;
}

/* An action with its error number; runtimes give EPERM where none is said. */
static bool read_action(struct reader *r, const json_t *in, const char *key, const char *errno_key,
			uint32_t *out)
{
	const json_t *number = json_object_get(in, errno_key);
	uint64_t data = EPERM;

	if (!find_word(actions, json_object_get(in, key), out))
		return refuse(r, "'%s' is no action", key);
	if (number && !json_is_null(number) && (!read_number(number, &data) || data > UINT16_MAX))
		return refuse(r, "'%s' is no error number", errno_key);
	if (*out == SECCOMP_RET_ERRNO || *out == SECCOMP_RET_TRACE)
		*out |= (uint32_t)data;
	return true;
}

/* ---- architectures ---- */

static void add_arch(struct reader *r, const char *name)
{
	for (enum fp_abi abi = 0; abi < FP_ABI_N; abi++)
		if (fp_abi(abi)->arch == r->host->arch && !strcmp(fp_abi(abi)->scmp, name))
			r->out->abis |= (uint8_t)(1u << abi);
}

static bool read_archs(struct reader *r, const json_t *list)
{
	const json_t *it;
	size_t i;

	if (!list || json_is_null(list))
		return true;
	if (!json_is_array(list))
		return refuse(r, "architectures are no list");
	json_array_foreach(list, i, it)
	{
		if (!json_is_string(it))
			return refuse(r, "architecture %zu is no text", i);
		add_arch(r, json_string_value(it));
	}
	return true;
}

/* Docker's: the row of the machine brings its other ABIs. */
static bool read_arch_map(struct reader *r, const json_t *map)
{
	const char *own = fp_abi(fp_arch_native(r->host->arch))->scmp;
	const json_t *it;
	size_t i;

	if (!map || json_is_null(map))
		return true;
	if (!json_is_array(map))
		return refuse(r, "archMap is no list");
	json_array_foreach(map, i, it)
	{
		const char *name = json_string_value(json_object_get(it, "architecture"));
		if (!name)
			return refuse(r, "archMap %zu names no architecture", i);
		if (!strcmp(name, own)) /* later rows of it are not looked at */
			return read_archs(r, json_object_get(it, "subArchitectures"));
	}
	return true;
}

/* ---- whom Docker's rules are for ---- */

/* As Docker spells them: GOARCH. */
static const char *go_arch(enum fp_arch arch)
{
	switch (arch) {
	case FP_ARCH_X86_64:
		return "amd64";
	case FP_ARCH_AARCH64:
		return "arm64";
	case FP_ARCH_RISCV64:
	case FP_ARCH_N:
		break;
	}
	return "riscv64";
}

static bool has_cap(const struct fp_list_host *host, const char *name)
{
	const struct fp_cap *c = name ? fp_cap_find(name, strlen(name)) : NULL;

	return c && host->caps >> c->bit & 1;
}

/* "4.8" */
static bool is_kernel(const json_t *value, uint16_t *out)
{
	unsigned part[2] = { 0 }, n = 0;
	const char *p = json_string_value(value);

	for (; p && *p && n < 2; p++)
		if (*p == '.')
			n++;
		else if (*p < '0' || *p > '9' || part[n] > 25)
			return false;
		else
			part[n] = part[n] * 10 + (unsigned)(*p - '0');
	*out = FP_SINCE(part[0], part[1]);
	return p && !*p && n == 1 && part[0] < 256 && part[1] < 256;
}

/* How many of the list hold; `of` is how many there are. */
static size_t count(const struct reader *r, const json_t *filter, const char *key, size_t *of)
{
	const json_t *list = json_object_get(filter, key), *it;
	size_t i, n = 0;

	*of = json_array_size(list);
	json_array_foreach(list, i, it)
	{
		const char *name = json_string_value(it);
		n += !strcmp(key, "caps") ? has_cap(r->host, name)
					  : name && !strcmp(name, go_arch(r->host->arch));
	}
	return n;
}

/* Docker's includes and excludes: daemon/pkg/oci, seccomp profiles. */
static bool is_for_host(struct reader *r, const json_t *rule, bool *out)
{
	const json_t *in = json_object_get(rule, "includes");
	const json_t *ex = json_object_get(rule, "excludes");
	uint16_t least = 0, end = UINT16_MAX;
	size_t of, there;

	*out = true;
	if (json_object_get(in, "minKernel") &&
	    !is_kernel(json_object_get(in, "minKernel"), &least))
		return refuse(r, "minKernel is no version");
	if (json_object_get(ex, "minKernel") && !is_kernel(json_object_get(ex, "minKernel"), &end))
		return refuse(r, "minKernel is no version");
	*out &= r->host->kernel >= least && r->host->kernel < end;
	there = count(r, in, "caps", &of);
	*out &= there == of;
	there = count(r, in, "arches", &of);
	*out &= there || !of;
	*out &= !count(r, ex, "caps", &of) && !count(r, ex, "arches", &of);
	return true;
}

/* ---- rules ---- */

static bool read_arg(struct reader *r, const json_t *in, struct fp_list_arg *out)
{
	const json_t *two = json_object_get(in, "valueTwo");
	uint64_t index;

	if (!read_number(json_object_get(in, "index"), &index) || index > 5)
		return refuse(r, "an index is not 0 to 5");
	if (!find_word(operators, json_object_get(in, "op"), &out->op))
		return refuse(r, "an operator is not known");
	out->index = (uint32_t)index;
	if (!read_number(json_object_get(in, "value"), &out->value) ||
	    (two && !read_number(two, &out->value_two)))
		return refuse(r, "a value is no number from 0 to 2^64 - 1");
	return true;
}

static bool read_args(struct reader *r, const json_t *list, struct fp_list_rule *out)
{
	size_t n = json_array_size(list);

	if (list && !json_is_null(list) && !json_is_array(list))
		return refuse(r, "args are no list");
	struct fp_list_arg *args = FP_NEW_ARRAY(&r->u->arena, n, struct fp_list_arg);
	for (size_t i = 0; i < n; i++)
		if (!read_arg(r, json_array_get(list, i), &args[i]))
			return false;
	out->args = args;
	out->arg_count = n;
	return true;
}

static bool read_names(struct reader *r, const json_t *rule, struct fp_list_rule *out)
{
	const json_t *list = json_object_get(rule, "names"), *one = json_object_get(rule, "name");
	size_t n = json_array_size(list);
	const char **names = FP_NEW_ARRAY(&r->u->arena, n + 1, const char *);

	if (json_is_string(one) && *json_string_value(one))
		names[out->name_count++] = json_string_value(one);
	for (size_t i = 0; i < n; i++) {
		names[out->name_count] = json_string_value(json_array_get(list, i));
		if (!names[out->name_count] || !*names[out->name_count])
			return refuse(r, "a name is no text");
		out->name_count++;
	}
	out->names = names;
	return out->name_count || refuse(r, "no names");
}

static bool read_rule(struct reader *r, const json_t *in)
{
	struct fp_list_rule rule = { 0 };
	bool is_for;

	if (!json_is_object(in))
		return refuse(r, "no object");
	if (!is_docker(r, in, "name") || !is_docker(r, in, "includes") ||
	    !is_docker(r, in, "excludes") || !is_for_host(r, in, &is_for) ||
	    !read_action(r, in, "action", "errnoRet", &rule.action) ||
	    !read_args(r, json_object_get(in, "args"), &rule) || !read_names(r, in, &rule))
		return false;
	if (!is_for)
		return true;
	r->out->call_count += rule.name_count;
	if (r->out->call_count > FP_LIST_CALLS)
		return refuse(r, "more than %u names", FP_LIST_CALLS);
	fp_vec_push(&r->u->arena, &r->out->rules, rule);
	return true;
}

const char *fp_list_read(struct fp_unit *u, json_t *root, const struct fp_list_host *host,
			 struct fp_list *out)
{
	struct reader r = { .u = u, .host = host, .out = out };
	json_t *linux_ = json_object_get(root, "linux"), *rule;
	size_t i;

	*out = (struct fp_list){ 0 };
	if (!are_spelled(&r, root) || !are_spelled(&r, linux_))
		return r.why;
	r.is_docker = !linux_;
	if (linux_)
		root = json_object_get(linux_, "seccomp");
	if (!json_is_object(root))
		return "there is no profile";
	if (!all_spelled(&r, root) || !is_docker(&r, root, "archMap"))
		return r.why;
	out->has_default_errno = json_is_integer(json_object_get(root, "defaultErrnoRet"));
	if (!read_action(&r, root, "defaultAction", "defaultErrnoRet", &out->default_action) ||
	    !read_archs(&r, json_object_get(root, "architectures")) ||
	    !read_arch_map(&r, json_object_get(root, "archMap")))
		return r.why;
	json_array_foreach(
		json_object_get(root, "syscalls"), i,
		rule) if (!read_rule(&r, rule)) return fp_arena_printf(&u->arena,
								       "/syscalls/%zu: %s", i,
								       r.why);
	return NULL;
}
