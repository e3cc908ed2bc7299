#!/bin/sh
# SPDX-License-Identifier: MIT
# Profiles of calls and the report on filters. usage: tests/cli/filter.sh FPOLICYC
set -u
. tests/lib/tap.sh
fpolicyc=$(realpath "$1")
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
cp policies/examples/docker-default.policy "$tmp/p.policy"
cd "$tmp" || exit 2

# What a call runs, from the disassembly: instructions from the top to a return, all tests of arguments passed by.
executed() { # FILE NUMBER: of x86_64
	awk -v nr="$2" '
		function num(s) { return s ~ /^0x/ ? hex(substr(s, 3)) : s + 0 }
		function hex(s, i, v) { for (v = 0; s != ""; s = substr(s, 2)) v = 16 * v + index("0123456789abcdef", substr(s, 1, 1)) - 1; return v }
		function has(a, b) { return a < 1 || b < 1 ? 0 : a % 2 >= 1 && b % 2 >= 1 ? 1 : has(int(a / 2), int(b / 2)) }
		/^[> ]/ { sub(/^>/, " "); gsub(/,/, ""); at[$1] = $0 }
		END {
			for (pc = n = 0; ; n++) {
				split(at[pc], f, " ")
				if (f[2] == "ret") break
				if (f[2] == "ld") { pc++; continue }
				if (f[2] == "ja") { pc = f[3]; continue }
				v = f[3] == "arch" ? hex("c000003e") : f[3] == "nr" ? nr : 0
				k = num(f[4])
				yes = f[2] == "jeq" ? v == k : f[2] == "jge" ? v >= k : has(v, k)
				pc = yes ? f[5] : f[6]
			}
			print n + 1
		}' "$1/seccomp/x86_64.bpf.txt"
}

compile() { "$fpolicyc" p.policy -q -o "$1" --target="$2" ${3+"$3"}; }
printf '# comment\n\nread 1000 # more\n\twrite\t900\r\nfutex 800\ngetdents 0\n' >profile
compile plain debian-11 && compile fast debian-11 --profile=profile
is $? 0 "a profile is read"
slower=
for nr in 0 1 202; do
	[ "$(executed fast/debian-11 $nr)" -lt "$(executed plain/debian-11 $nr)" ] || slower="$slower $nr"
done
is "$slower" "" "its calls run fewer instructions on a kernel without a cache"
compile again debian-11 --profile=profile
diff -r fast again >/dev/null
ok $? "the same profile makes the same bytes"
is "$(grep -A1 -B1 '"name": "profile"' fast/manifest.json | grep -c sha256)" 1 "the manifest has its digest"
compile cached debian-12 && compile cached-fast debian-12 --profile=profile
is "$(cmp cached/debian-12/seccomp/aarch64.bpf cached-fast/debian-12/seccomp/aarch64.bpf && echo same)" same \
	"where the kernel caches all of them they change nothing"
"$fpolicyc" p.policy -q -o dep --target=debian-12 --profile=profile -MD
grep -q ' profile' dep.d
ok $? "it is a dependency"

bad() { # NAME LINES PATTERN
	printf '%b' "$2" >bad.profile
	run "$fpolicyc" p.policy -q -o refused --profile=bad.profile
	case $out in *"$3"*) matched=yes ;; *) matched=$out ;; esac
	is "$status $matched $(ls -d refused 2>/dev/null)" "2 yes " "$1"
}
bad "an unknown call" 'read 1\nwriet 2\n' "bad.profile:2:1: error: no system call is called 'wriet' [E0704]"
bad "the nearest name" 'raed 2\n' "did you mean 'read'?"
bad "a call twice" 'read 1\nread 2\n' "bad.profile:2:1: error: 'read' stands twice"
bad "no weight" 'read\n' "a line is the name of a call and its weight"
bad "too many words" 'read 1 2\n' "a line is the name of a call and its weight"
bad "a weight below 0" 'read -1\n' "bad.profile:1:6: error: a weight is a number from 0 to 4294967295"
bad "a weight above all" 'read 4294967296\n' "a weight is a number"
bad "nothing" '# nothing\nread 0\n' "no call has a weight"
bad "NUL bytes" 're\000ad 1\n' "no system call is called"
bad "no end of line" 'read 1\nfoo 2' "bad.profile:2:1"
head -c 300000 /dev/zero | tr '\0' '\n' >large.profile
run "$fpolicyc" p.policy -q -o refused --profile=large.profile
is "$status $(echo "$out" | grep -c 'at most 256 KiB')" "2 1" "a file that is too large"
run "$fpolicyc" p.policy -q -o refused --profile=missing
is "$status $(echo "$out" | grep -c 'missing: No such file')" "2 1" "no file"

# The report.
run "$fpolicyc" p.policy --report=filter --target=debian-11 --target=debian-12
is $status 0 "a report is printed"
is "$(ls -d out 2>/dev/null)" "" "and nothing written"
is "$(echo "$out" | sed -n '/^# debian-12/,$p' | grep -c '^  aarch64: 327 calls, 267 let through, 264 of them cached$')" 1 \
	"calls are counted"
is "$(echo "$out" | grep -c 'their arguments decide: clone, personality, socket$')" 8 "and named"
is "$(echo "$out" | sed -n '/^# debian-11/,/^# debian-12/p' | grep -c 'not cached, needs Linux 5.11')" 4 "with the reason"
is "$(echo "$out" | grep -c 'not cached, the cache has no numbers of x32')" 2 "also of x32"
n=$(echo "$out" | sed -n '/^# debian-12/,$s/^aarch64: \([0-9]*\) instructions$/\1/p')
is "$((8 * n))" "$(wc -c <cached/debian-12/seccomp/aarch64.bpf)" "instructions are those of the file"
run "$fpolicyc" p.policy --report=nothing
is "$status $(echo "$out" | grep -c "no report of 'nothing'")" "2 1" "no other report"
run "$fpolicyc" p.policy --report=filter --dump=ir
is $status 2 "one thing is printed"
done_testing
