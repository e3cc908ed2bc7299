# SPDX-License-Identifier: MIT
# A random policy: -v seed=N chooses what it says, -v order=M in which order, in lists too. `order=0` is as chosen.
function pick(n) { return 1 + int(rand() * n) }
function word(list, parts, n) { n = split(list, parts, " "); return parts[pick(n)] }

# A list with "@,@" between its members, put into an order later.
function list(words, n, i, out) {
	for (i = 0; i < n; i++)
		out = out (i ? "@,@" : "") word(words)
	return out
}

function term(p) {
	p = word("domain type protocol")
	if (rand() < .4)
		return p " " word("== != < <= > >=") " " int(rand() * 40)
	if (rand() < .5)
		return p " " "in" " { " list("1 2 3 5..9 12..20 30 0x20 AF_UNIX AF_INET AF_ALG", 3) " }"
	return "type & 0xf " word("== !=") " " int(rand() * 16)
}
function condition(depth, op, n, i, out) {
	if (!depth || rand() < .3)
		return term()
	op = word("and or")
	n = 1 + pick(2)
	for (i = 0; i < n; i++)
		out = out (i ? "@" op "@" : "") "(" condition(depth - 1) ")"
	return "[" out "]"
}

function call() {
	return list("read write openat close mmap ptrace bpf socket connect clone3 mount unshare @one @two@1", pick(4))
}
function path() { return "\"/" word("usr lib srv opt") word("/* /** /a/** /{a,b}/c /x?y /[a-c]z /plain") "\"" }
function because() { return rand() < .3 ? " because \"" word("x y z") "\"" (rand() < .5 ? " until 202" (7 + int(rand() * 3)) "-01-01" : "") : "" }
function peer() { return word("10.0.0.0/8 10.1.0.0/16 192.0.2.1 any 2001:db8::/32 198.51.100.0/24") }

function statement(kind) {
	kind = pick(12)
	if (kind <= 2)
		return "syscalls { " word("allow deny kill log trap") " " call() because() "; }"
	if (kind <= 4)
		return "syscalls { " word("allow deny kill") " socket(domain, type, protocol) where " condition(2) because() "; }"
	if (kind == 5)
		return "files { " word("allow deny") " " list("read execute write", 2) " " list(path() " " path() " " path(), 2) tail() "; }"
	if (kind == 6)
		return "egress { " word("allow deny") " " word("tcp udp any") " to " list(peer() " " peer() " " peer(), 2) " port " list("1 53 80..90 443 85..95", 2) because() tail() "; }"
	if (kind == 7)
		return "ingress { " word("allow deny") " tcp from " peer() " port " list("22 80 443 8000..9000", 2) because() tail() "; }"
	if (kind == 8)
		return "mounts { mask " list("\"/a\" \"/b\" \"/proc/kcore\" \"/c\"", 2) "; }"
	if (kind == 9)
		return "devices { allow " list("read write", 2) " " list("/dev/null /dev/zero /dev/full", 2) because() "; }"
	if (kind == 10)
		return "capabilities { allow " list("chown kill sys_nice setuid", 2) because() "; }"
	if (kind == 11)
		return (rand() < .5 ? "never init_module" : "expect getpid") because() ";"
	return "audit { allowed " list("socket openat connect", 2) because() "; }"
}
function tail() { return " accept unenforced because \"" word("x y") "\"" }

# Once a policy: two of them could contradict each other.
function fixed() {
	return "limits { pids " pick(99) "; }\nlimits { cpu " pick(9) ".5; }\nmounts { tmpfs on \"/t\" size " pick(9) "MiB, nosuid@,@nodev@,@noexec; }\n" \
		"mounts { bind \"/h\" on \"/m\" readonly@,@nodev@,@nosuid; }\nprocess { umask 02" pick(7) "; }\nsyscalls { default " word("allow deny kill") "; kill init_module; allow getpid; }\n" \
		"files { default " word("allow deny") "; }\nwaive one-layer-only because \"r\" by \"b\" until 2027-01-01;"
}

function shuffle(a, n, i, j, t) {
	for (i = n; i > 1 && order; i--) {
		j = pick(i)
		t = a[i]; a[i] = a[j]; a[j] = t
	}
}
function reordered(text, by, parts, n, i, out) {
	n = split(text, parts, "@" by "@")
	shuffle(parts, n)
	for (i = 1; i <= n; i++)
		out = out (i > 1 ? " " by " " : "") parts[i]
	return by == "," ? out : "(" out ")"
}
# Innermost first: [a@and@b], then runs of a@,@b.
function settle(text, s, e, inner, op) {
	while (match(text, /\[[^][]*@(and|or)@[^][]*\]/)) {
		inner = substr(text, RSTART + 1, RLENGTH - 2)
		s = substr(text, 1, RSTART - 1); e = substr(text, RSTART + RLENGTH)
		op = inner ~ /@and@/ ? "and" : "or"
		text = s reordered(inner, op) e
	}
	while (match(text, /[^ ]+(@,@[^ ;]+)+/)) {
		inner = substr(text, RSTART, RLENGTH)
		s = substr(text, 1, RSTART - 1); e = substr(text, RSTART + RLENGTH)
		text = s reordered(inner, ",") e
	}
	return text
}

BEGIN {
	srand(seed)
	n = 8 + pick(16)
	for (i = 1; i <= n; i++)
		said[i] = statement()
	k = split(fixed(), more, "\n")
	for (i = 1; i <= k; i++)
		said[++n] = more[i]
	top[1] = "set @one { open, stat, lstat }"
	top[2] = "set @two@1 { " list("fork vfork kill tkill", 3) " }"
	top[3] = "set @two@2 { execve }"
	srand(order)
	shuffle(said, n)
	shuffle(top, 3)
	print "language 1;"
	for (i = 1; i <= 3; i++)
		print settle(top[i])
	print "policy p { owner \"o\"; tier standard; targets debian-12, debian-sid;"
	for (i = 1; i <= n; i++)
		print settle(said[i])
	print "}"
}
