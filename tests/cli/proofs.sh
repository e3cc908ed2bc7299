#!/bin/sh
# SPDX-License-Identifier: MIT
# What the terminal and the manifest say of proofs, and a proof that is larger than its budget. usage: tests/cli/proofs.sh FPOLICYC
set -u
. tests/lib/tap.sh
fpolicyc=$1
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
policy() { printf 'language 1;\n%s\npolicy p %s { owner "o"; targets debian-11;\n%s\n}\n' "$1" "$2" "$3" >"$tmp/p.policy"; }
checks() { python3 -c 'import json, sys; print(json.dumps(json.load(open(sys.argv[1]))["checks"], sort_keys=True))' "$tmp/out/manifest.json"; }

policy 'use "std/tiers.policy"; use "std/syscalls.policy";' 'extends untrusted-base within untrusted-ceiling' \
	'never ptrace, @kernel-module, egress to any critical; expect read "/usr/bin/env";'
run "$fpolicyc" "$tmp/p.policy" -o "$tmp/out"
is $status 0 "what holds is compiled"
# The base has nine more claims of its own; ptrace is among them.
is "$(echo "$out" | grep '^PROVED')" "PROVED: 11 never (1 by several layers), 1 expect, extends untrusted-base, within untrusted-ceiling, 2 filters, 1 list" "the terminal says what was proved"
checks >"$tmp/checks"
grep -q '"expect": 1, "filters": \["debian-11/seccomp/aarch64.bpf", "debian-11/seccomp/x86_64.bpf"\], "lists": \["debian-11/seccomp/seccomp.json"\], "never": 11}' "$tmp/checks"
ok $? "the manifest says it, too"

ok "$(grep -q '{"layers": {"debian-11": \["oci", "nftables"\]}, "never": "egress any to any"}' "$tmp/checks"; echo $?)" \
	"and which layers stop what is critical"
is "$(echo "$out" | grep -c 'W0702')" 2 "what one layer alone stops is a warning, a set's calls are one"

# libseccomp drops upper halves on x32: a large offset meets the rule in place of the default.
policy '' '' 'syscalls { default deny errno EPERM; abi x32; allow ftruncate(length) where length < 4096; } test { deny mount; }'
run "$fpolicyc" "$tmp/p.policy" -q -o "$tmp/x32"
is $status 0 "a list that libseccomp widens on x32 is compiled"
is "$(grep -c 'oci *wider *libseccomp compares lower halves' "$tmp/x32/debian-11/claims.txt")" 2 "and claimed so, for the rule and the default"
policy '' '' 'syscalls { default notify; abi x32; allow ftruncate(length) where length < 4096; } test { deny capability sys_boot; }'
run "$fpolicyc" "$tmp/p.policy" -q -o "$tmp/notify"
is $status 0 "though the default is claimed narrower for another reason"

# Of 2^20 states no budget has room for: both letters would have to stand in one place.
policy '' '' 'files { allow read "/**a????????????????????"; } never read "/**b????????????????????";'
run "$fpolicyc" "$tmp/p.policy" -o "$tmp/none"
is $status 3 "undecided: exit code 3"
ok "$(echo "$out" | grep -q 'is undecided: the budget was spent \[E0604\]'; echo $?)" "E0604 says so"
[ ! -e "$tmp/none" ]; ok $? "nothing was written"
policy '' '' 'files { allow read "/**a????????????????????"; } never read "/**b????????????????????"; expect read "/a";'
run "$fpolicyc" "$tmp/p.policy" -o "$tmp/none"
is $status 2 "a claim that fails beside one that is undecided: exit code 2"
done_testing
