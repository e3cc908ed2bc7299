/* SPDX-License-Identifier: MIT */
/* C programs that show what an explanation says. */
#include "bundle/explain.h"

#include "ir/eval.h"

#include <inttypes.h>
#include <string.h>

static const char head[] =
	"#define _GNU_SOURCE\n"
	"#include <arpa/inet.h>\n#include <errno.h>\n#include <fcntl.h>\n#include <netinet/in.h>\n"
	"#include <signal.h>\n#include <stdio.h>\n#include <string.h>\n#include <sys/prctl.h>\n"
	"#include <sys/socket.h>\n#include <sys/wait.h>\n#include <unistd.h>\n\n";

/* The child does it: a kill must not end who tells of it. */
static const char tail[] =
	"\nint main(void)\n{\n"
	"\tint status;\n"
	"\tpid_t child = fork();\n\n"
	"\tif (!child) {\n"
	"\t\terrno = 0;\n"
	"\t\t_exit(act() < 0 ? errno : 0);\n"
	"\t}\n"
	"\tif (child < 0 || waitpid(child, &status, 0) < 0)\n"
	"\t\treturn perror(\"fork\"), 2;\n"
	"\tif (WIFSIGNALED(status))\n"
	"\t\tprintf(\"killed: %s\\n\", strsignal(WTERMSIG(status)));\n"
	"\telse\n"
	"\t\tprintf(\"%s\\n\", WEXITSTATUS(status) ? strerror(WEXITSTATUS(status)) : \"done\");\n"
	"\treturn !is_expected(status);\n"
	"}\n";

static void put_string(struct fp_buf *out, const char *text)
{
	fp_buf_putc(out, '"');
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == '"' || *text == '\\' || *text == '?')
			fp_buf_printf(out, "\\%03o", (unsigned char)*text);
		else
			fp_buf_putc(out, *text);
	fp_buf_putc(out, '"');
}

/* Nothing in the text ends the comment. */
static void put_comment(struct fp_buf *out, const char *text)
{
	for (; *text; text++)
		fp_buf_printf(out, text[0] == '*' && text[1] == '/' ? "%c " : "%c", *text);
}

/* Registers in order; a path stands where the signature has one. */
static void put_call(struct fp_buf *out, const struct fp_subject *s, enum fp_abi abi)
{
	unsigned path = 6;
	struct fp_param p;

	for (size_t i = 0; s->path && fp_sys_param(s->call, abi, i, &p); i++)
		if (p.kind == FP_PARAM_PATH && path == 6)
			path = p.lo / 2u;
	fp_buf_printf(
		out, "/* %s; build it for %s */\nstatic long act(void)\n{\n\treturn syscall(0x%x",
		s->call->name, fp_abi(abi)->name, (uint32_t)s->call->nr[abi] | fp_abi(abi)->nr_bit);
	for (unsigned i = 0; i < 6; i++) {
		fp_buf_puts(out, ", ");
		if (i == path)
			put_string(out, s->path->path);
		else
			fp_buf_printf(out, "0x%" PRIx64 "L", s->args[abi][i]);
	}
	fp_buf_puts(out, ");\n}\n");
}

static void put_path(struct fp_buf *out, const struct fp_subject *s)
{
	const char *path = s->path->path;

	fp_buf_puts(out, "static const char path[] = ");
	put_string(out, path);
	fp_buf_puts(out, ";\n\nstatic long act(void)\n{\n\treturn ");
	if (s->rights & (FP_RIGHT_WRITE | FP_RIGHT_APPEND))
		fp_buf_puts(out, "open(path, O_WRONLY | O_APPEND)");
	else if (s->rights & FP_RIGHT_CREATE)
		fp_buf_puts(out, "open(path, O_WRONLY | O_CREAT | O_EXCL, 0600)");
	else if (s->rights & FP_RIGHT_DELETE)
		fp_buf_puts(out, "unlink(path)");
	else if (s->rights & FP_RIGHT_EXECUTE)
		fp_buf_puts(out, "execl(path, path, (char *)0)");
	else
		fp_buf_puts(out, "open(path, O_RDONLY)");
	fp_buf_puts(out, ";\n}\n");
}

static void put_peer(struct fp_unit *u, struct fp_buf *out, const struct fp_subject *s)
{
	const char *six = s->net.prefixes[0].family == FP_IPV6 ? "6" : "";
	const char *family = *six ? "AF_INET6" : "AF_INET", *socket = "SOCK_STREAM, 0";
	struct fp_buf peer;

	if (s->net.proto == FP_PROTO_UDP)
		socket = "SOCK_DGRAM, 0";
	else if (s->net.proto == FP_PROTO_ICMP)
		socket = *six ? "SOCK_DGRAM, IPPROTO_ICMPV6" : "SOCK_DGRAM, IPPROTO_ICMP";
	else if (s->net.proto == FP_PROTO_SCTP)
		socket = "SOCK_STREAM, IPPROTO_SCTP";
	fp_buf_init(&peer, &u->arena);
	fp_prefix_print(&peer, &s->net.prefixes[0]);
	fp_buf_printf(
		out,
		"static long act(void)\n{\n"
		"\tstruct sockaddr_in%s to = { .sin%s_family = %s, .sin%s_port = htons(%u) };\n"
		"\tint fd = socket(%s, %s);\n\n",
		six, six, family, six, s->net.ports[0].first, family, socket);
	fp_buf_printf(out,
		      "\tif (fd < 0)\n\t\treturn fd;\n\tinet_pton(%s, \"%s\", &to.sin%s_addr);\n"
		      "\treturn connect(fd, (struct sockaddr *)&to, sizeof(to));\n}\n",
		      family, fp_buf_text(&peer), six);
}

/* Of what is let through anything but the refusal may come: the kernel has its own reasons. */
static void put_expected(struct fp_buf *out, const struct fp_answer *a, bool is_call)
{
	struct fp_decision d = a->decision;

	fp_buf_puts(out, "\nstatic int is_expected(int status)\n{\n\treturn ");
	if (a->effect == FP_ALLOW)
		fp_buf_puts(out, "WIFEXITED(status) && WEXITSTATUS(status) != EPERM && "
				 "WEXITSTATUS(status) != EACCES && WEXITSTATUS(status) != ENOSYS");
	else if (!is_call)
		fp_buf_puts(out, "WIFSIGNALED(status) || WEXITSTATUS(status)");
	else if (d.action == FP_ACT_ERRNO)
		fp_buf_printf(out, "WIFEXITED(status) && WEXITSTATUS(status) == %u", d.data);
	else
		fp_buf_puts(out, "WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS");
	fp_buf_puts(out, ";\n}\n");
}

void fp_explain_repro(struct fp_unit *u, const struct fp_ir *ir, enum fp_abi abi,
		      struct fp_buf *out)
{
	const struct fp_assertion *a = ir->assertions;

	while (!a->is_query)
		a++;
	const struct fp_subject *s = &a->subject;
	struct fp_verdict_of v = fp_explain_ask(ir, s, abi);
	fp_buf_puts(out, "/* ");
	put_comment(out, a->text);
	fp_buf_printf(out, " of policy %s is %s. Exit code 0: so it is. */\n", ir->name,
		      (v.has_path ? v.path : v.answer).effect == FP_ALLOW ? "allowed" : "denied");
	fp_buf_puts(out, head);
	switch (s->kind) {
	case FP_SUBJECT_CALL:
		put_call(out, s, abi);
		break;
	case FP_SUBJECT_PATH:
		put_path(out, s);
		break;
	case FP_SUBJECT_EGRESS:
		put_peer(u, out, s);
		break;
	case FP_SUBJECT_CAPABILITY:
		fp_buf_printf(out,
			      "static long act(void)\n{\n\tif (prctl(PR_CAPBSET_READ, %u, 0, 0, "
			      "0) == 1)\n\t\treturn 0;\n\terrno = EPERM;\n\treturn -1;\n}\n",
			      s->cap);
		break;
	case FP_SUBJECT_INGRESS:
		fp_diag(u, FP_E_USAGE, a->span,
			"a client from elsewhere is no program of this machine");
		break;
	}
	put_expected(out, v.has_path ? &v.path : &v.answer,
		     s->kind == FP_SUBJECT_CALL && !v.has_path);
	fp_buf_puts(out, tail);
}
