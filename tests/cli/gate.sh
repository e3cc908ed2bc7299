#!/bin/sh
# SPDX-License-Identifier: MIT
# fpolicyc gate and approve on merge requests of a repository: what passes, and whose signature lets the rest through.
# usage: tests/cli/gate.sh FPOLICYC
set -u
. tests/lib/tap.sh
fpolicyc=$(realpath "$1")
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
unset SOURCE_DATE_EPOCH
for who in owner other; do ssh-keygen -q -t ed25519 -N '' -C "" -f "$who"; done
key() { cut -d' ' -f1,2 "$tmp/$1.pub"; }
printf 'team %s\nmallory %s\n' "$(key owner)" "$(key other)" >signers

git init -q repo && cd repo || exit 2
git config user.name t && git config user.email t@example.org
cat >job.policy <<'P'
language 1;
use "std/syscalls.policy";
locked policy job {
	owner "team";
	targets debian-12;
	syscalls {
		default deny errno EPERM;
		allow read, write; # files
		allow close;
	}
	files { allow read "/in/**"; allow read "/lib/**"; }
	never ptrace;
	test { deny bpf; }
}
P
git add -A && git commit -q -m base
mkdir approvals
request() { # sed-program: the merge request
	git show HEAD:job.policy | sed "$1" >job.policy
}
gate() { run "$fpolicyc" gate HEAD:job.policy job.policy "$@"; }
signed() { gate -q --signatures=approvals --allowed-signers=../signers "$@"; }
approve() { run "$fpolicyc" approve HEAD:job.policy job.policy "$@"; }
sign() { rm -f "$2.sig"; ssh-keygen -q -Y sign -n "${3:-fpolicy-approval@v1}" -f "../$1" "$2" 2>/dev/null; }

# Two rules change places, a comment, a name.
request '/allow read, write/{h;d}; /allow close/{G; s/files/other words/}; s/locked policy job/locked policy work/'
gate
is "$status ${out##*: }" "0 identical" "two rules swapped: passes"
approve -o approvals/none.approval
is "$status $out" "0 there is nothing to approve: the new policy is no wider" "there is nothing to approve"
[ ! -e approvals/none.approval ]; ok $? "and nothing is written"
request '/allow close/d; s/allow read "\/in\/\*\*"; //'
gate
is "$status ${out##*: }" "0 narrower" "one that narrows: passes"
request 's/EPERM/EACCES/'
gate
is "$status ${out##*: }" "0 same-access" "one that changes an errno: passes"

request 's/allow close;/allow close; allow socket(domain) where domain == AF_INET;/'
gate
is "$status" 1 "allow socket(...): does not pass"
is "$(echo "$out" | sed -n '1,2p')" 'job.policy:9:16: error: socket with some arguments on x86_64, aarch64, riscv64: allowed, before refused with EPERM [calls-wider]
  for example: socket(domain AF_INET, type 0, protocol 0) on x86_64' "the exact call is told"
approve -o approvals/a.approval
is "$(echo "$out" | sed 's/[0-9a-f]\{64\}/D/')" 'fpolicy-approval 1
owner: team
base: sha256:D
new: sha256:D

The new policy permits what the base does not:

calls: socket with some arguments on x86_64, aarch64, riscv64: allowed, before refused with EPERM
  for example: socket(domain AF_INET, type 0, protocol 0) on x86_64
to approve it, team signs: ssh-keygen -Y sign -n fpolicy-approval@v1 -f KEY approvals/a.approval' "what is to be signed"
refused() { # why name
	is "$status" 1 "$2: does not pass"
	case $out in *"$1"*) ok 0 "$2: $1" ;; *) is "$out" "$1" "$2: the reason" ;; esac
}
signed
refused 'there is no signature beside it' "an approval that nobody signed"
sign other approvals/a.approval
signed
refused 'does not count: ssh-keygen does not accept it' "somebody else's signature"
sign owner approvals/a.approval git
signed
refused 'does not count: ' "the owner's signature of something else"
sign owner approvals/a.approval
gate --signatures=approvals --allowed-signers=../signers
is "$status $(echo "$out" | tail -n 1)" "0 approved by team: approvals/a.approval" "the owner's signature lets it through"
sed -i 's/# files/# reads, writes/; s/^\t//; s/allow read, write/allow write, read/' job.policy
signed
is $status 0 "formatting does not void it"
sed -i 's/AF_INET;/AF_INET6;/' job.policy
signed
refused 'of another change' "the same sentence with another meaning"
request 's/allow close;/allow close; allow socket(domain) where domain == AF_INET;/; s/"\/lib/"\/usr/'
signed
refused 'of another change' "one more change"
request 's/allow close;/allow socket(domain) where domain == AF_INET;/'
signed
refused 'of another change' "a change that permits less besides"

request 's/allow close;/allow close; allow socket(domain) where domain == AF_INET;/'
cp approvals/a.approval good; cp approvals/a.approval.sig good.sig
sed -i 's/AF_INET/AF_UNIX/' approvals/a.approval
signed
refused 'of another change' "a tampered text"
cp good approvals/a.approval
# One bit of the signature itself, in the middle of the base64.
awk 'NR == 4 { c = substr($0, 9, 1); $0 = substr($0, 1, 8) (c == "A" ? "B" : "A") substr($0, 10) } { print }' good.sig >approvals/a.approval.sig
signed
refused 'does not count: ' "a tampered signature"
head -c 3000 /dev/urandom >approvals/a.approval.sig
signed
refused 'does not count: ' "a signature of random bytes"
head -c 50000000 /dev/zero >approvals/a.approval.sig
signed
refused 'no signature beside it' "a signature of 50 MB"
mv good approvals/z.approval
mv good.sig approvals/z.approval.sig
head -c 100000 /dev/urandom >approvals/b.approval
mkdir approvals/c.approval
mkfifo approvals/d.approval
ln -s z.approval approvals/e.approval
ln -s z.approval.sig approvals/e.approval.sig
printf 'fpolicy-approval 1\nuntil: 2026-13-99\n\n' >approvals/f.approval
signed
is "$status $(echo "$out" | grep -c 'does not count')" "0 6" "a good one among garbage counts, and the garbage is told"
rm -rf approvals/?.approval*

# An end.
approve -o approvals/a.approval --until=2026-06-30
sign owner approvals/a.approval
signed --today=2026-06-30
is $status 0 "on the last day"
signed --today=2026-07-01
refused 'its end is past' "the day after"
signed
refused 'say --today' "without a date"
sed -i 's/2026-06-30/2099-06-30/' approvals/a.approval
signed --today=2026-07-01
is $status 1 "the end cannot be moved"
approve --until=2026-02-30
is $status 2 "no such day"
# Keys have an end, too.
approve -o approvals/a.approval
sign owner approvals/a.approval
printf 'team valid-before="20260701" %s\n' "$(key owner)" >../signers
signed --today=2026-06-01
is $status 0 "a key that is still valid"
signed --today=2026-08-01
is $status 1 "a key that is not any more"

# Who the owner is, the base says; a new owner needs the old one.
printf 'team %s\nmallory %s\n' "$(key owner)" "$(key other)" >../signers
request 's/owner "team"/owner "mallory"/; s/allow close;/allow close, socket;/'
approve -o approvals/a.approval
sign other approvals/a.approval
signed
is $status 1 "whoever makes himself the owner has not approved it"
sign owner approvals/a.approval
signed
is $status 0 "the owner of the base may give it away"
for change in 's/locked policy/policy/' 's/never ptrace;//' 's/debian-12/debian-12, debian-13/' 's/targets/tier standard; targets/'; do
	request "$change"
	gate -q
	is $status 1 "weakened: $change"
done
# What a policy says in its texts is not told as lines of ours.
request 's/allow read "\/in\/\*\*"/allow read "\/in\/**" until 2030-01-01/; s/never ptrace/layer oci best-effort; never ptrace/'
gate -q
is $status 1 "a best-effort layer"

gate --signatures=approvals
is $status 2 "--signatures without --allowed-signers"
gate --signatures=none --allowed-signers=../signers
is $status 2 "no such folder"
gate --signatures=approvals --allowed-signers=none
is $status 2 "no such signers"
run "$fpolicyc" gate none:job.policy job.policy
is $status 2 "no such revision"
: >job.policy
gate
is $status 2 "garbage does not pass"
printf 'language 1; policy p { owner "team"; targets debian-12; test { deny bpf; } files { allow read "/**b????????????????????", "/**a????????????????????"; } }\n' >hard.policy
printf 'language 1; policy p { owner "team"; targets debian-12; test { deny bpf; } files { allow read "/**a????????????????????", "/**c????????????????????"; } }\n' >harder.policy
run "$fpolicyc" gate hard.policy harder.policy -q
[ $status -eq 1 ] || [ $status -eq 3 ]; ok $? "a question without an answer does not pass: exit code $status"
run "$fpolicyc" approve hard.policy harder.policy
is $status 3 "and cannot be approved"
done_testing
