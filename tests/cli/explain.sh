#!/bin/sh
# SPDX-License-Identifier: MIT
# fpolicyc explain: agrees with the tests of the examples, with filters, and with the kernel under them. usage: tests/cli/explain.sh FPOLICYC
set -u
. tests/lib/tap.sh
fpolicyc=$(realpath "$1")
machine=$(uname -m)
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
cd policies/examples || exit 2

# ---- every call, path and peer that an example tests ----
for policy in *.policy; do
	"$fpolicyc" --dump=ir "$policy" 2>/dev/null | sed -n 's/^test //p' >"$tmp/tests"
	asked=0 wrong=0
	while read -r want query; do
		case $query in *"\${"*) continue ;; esac
		asked=$((asked + 1))
		"$fpolicyc" explain "$policy" "$query" --target=debian-12 >"$tmp/text" 2>&1
		case $? in 0) ;; *) wrong=$((wrong + 1)) && sed 's/^/# /' "$tmp/text" | head -n 3 ;; esac
		case $want in allow) word=allowed ;; *) word=denied ;; esac
		# The last verdict is the one that counts: of the path, where there is one.
		if ! grep -E '^  (on .*: |and the path .*: |)(allowed|denied)' "$tmp/text" | tail -n 1 | grep -qE "(^ *|: )$word"; then
			wrong=$((wrong + 1))
			sed 's/^/# /' "$tmp/text" | head -n 3
		fi
	done <"$tmp/tests"
	is "$wrong" 0 "$policy: $asked tests are explained as they come out"
done

# ---- places ----
ask() { run "$fpolicyc" explain lab.policy "$@" --target=debian-12; }
has() { case $out in *"$1"*) ok 0 "$2" ;; *) is "$out" "$1" "$2" ;; esac; }
line() { grep -nF "$1" lab.policy | head -n 1 | cut -d: -f1; }
ask 'socket(AF_PACKET, SOCK_RAW, 0)'
has "denied (errno EPERM) by: default: deny errno EPERM" "a call: the decision and the rule"
has "lab.policy:$(line 'default deny errno EPERM'):" "the rule's place"
has ".bpf, instruction " "the instruction"
has ": ERRNO(EPERM)" "what it answers"
has "/linux/seccomp/syscalls/" "the place in the list of the runtime"
ask write /etc/passwd
has "denied by: root readonly" "a path that a mount takes away; quoted by us"
has "oci/config.json, /root/readonly" "its place in config.json"
ask connect tcp to 10.20.0.1 port 443
has "allowed by: allow tcp to 10.20.0.0/16 port 443" "a peer"
has 'because "artifact store"' "its reason"
"$fpolicyc" lab.policy -q -o "$tmp/out" --target=debian-12
file=$(echo "$out" | sed -n 's/^    nftables exact; \(.*\):\([0-9]*\) .*/\1/p') n=$(echo "$out" | sed -n 's/^    nftables exact; \(.*\):\([0-9]*\) .*/\2/p')
case $(sed -n "${n}p" "$tmp/out/debian-12/$file") in *10.20.0.0*) ok 0 "the line of the ruleset" ;; *) ok 1 "the line of the ruleset: $file:$n" ;; esac
ask 'openat("/in/a.c", O_RDONLY)'
has 'and the path "/in/a.c": allowed by: allow read "/in/**"' "a call with a path: both answers"
ask capability net_raw
has "denied by: none" "a capability"
ask 'read(0)' --abi=i386
has "on i386: denied (kill)" "an ABI that is closed"

# ---- mistakes ----
ask 'sockt(1)'
is "$status" 2 "an unknown call"
has "query:2:1: error: there is no system call 'sockt'" "with its place in the query"
ask 'read "/**"'
is "$status" 2 "a pattern is no query"
ask 'read(0); } } policy x { owner "o"'
is "$status" 2 "nor is more than a subject"
ask 'read(0)' --abi=vax
is "$status" 2 "an unknown ABI"
run "$fpolicyc" explain lab.policy
is $status 2 "no query"

# ---- programs, under the filter that was compiled ----
cat >"$tmp/load.c" <<'C'
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	static struct sock_filter code[4096];
	FILE *f = argc > 2 ? fopen(argv[1], "r") : NULL;
	struct sock_fprog prog = { 0, code };
	if (!f)
		return 3;
	prog.len = (unsigned short)fread(code, sizeof(code[0]), 4096, f);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		return 4;
	execv(argv[2], argv + 2);
	return 5;
}
C
if cc -o "$tmp/load" "$tmp/load.c" 2>/dev/null && [ -e "$tmp/out/debian-12/seccomp/$machine.bpf" ]; then
	while read -r want query; do
		"$fpolicyc" explain lab.policy "$query" --repro --abi="$machine" -o "$tmp/act.c"
		cc -std=gnu11 -Wall -Wextra -Werror -static -o "$tmp/act" "$tmp/act.c"
		ok $? "$query: the program is built without a warning"
		run "$tmp/load" "$tmp/out/debian-12/seccomp/$machine.bpf" "$tmp/act"
		is "$status" 0 "$query: under the filter it is as the policy says"
		case $out in *"$want"*) ok 0 "$query: $want" ;; *) is "$out" "$want" "$query" ;; esac
	done <<-Q
		permitted socket(AF_PACKET, SOCK_RAW, 0)
		implemented clone3()
		killed: ptrace(PTRACE_TRACEME)
		killed: bpf(0)
		done socket(AF_INET, SOCK_STREAM, 0)
		done getpid()
		permitted mount("/dev/vda", "/mnt")
		permitted capability sys_admin
	Q
	"$fpolicyc" explain lab.policy 'ptrace(PTRACE_TRACEME)' --repro --abi="$machine" -o "$tmp/act.c"
	cc -std=gnu11 -static -o "$tmp/act" "$tmp/act.c"
	run "$tmp/act"
	is "$status" 1 "without the filter the program says that it is not so"
else
	skip "programs under the filter" "no compiler, or no filter for $machine"
fi
for query in 'write "/etc/a*/b\"c"' 'execute "/usr/bin/true"' 'egress udp to 2001:db8::1 port 53' 'egress icmp to 192.0.2.1' 'delete "/out/x"'; do
	"$fpolicyc" explain lab.policy "$query" --repro -o "$tmp/act.c" 2>"$tmp/err"
	case $? in
	0)
		cc -std=gnu11 -Wall -Wextra -Werror -c -o "$tmp/act.o" "$tmp/act.c"
		ok $? "$query: compiles"
		;;
	*) is "$(grep -c 'a test names one' "$tmp/err")" 1 "$query: refused with a reason" ;;
	esac
done
done_testing
