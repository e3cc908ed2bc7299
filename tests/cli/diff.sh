#!/bin/sh
# SPDX-License-Identifier: MIT
# fpolicyc diff: verdicts and exact examples for every domain, what never shows, revisions, garbage. usage: tests/cli/diff.sh FPOLICYC
set -u
. tests/lib/tap.sh
fpolicyc=$(realpath "$1")
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
validate=$(realpath tests/cli/validate.py) schema=$(realpath schemas/json/diff.schema.json)
example=$(realpath policies/examples/lab.policy) docker=$(realpath policies/examples/docker-default.policy)
cd "$tmp" || exit 2
policy() { # file header body
	printf 'language 1;\nuse "std/syscalls.policy";\npolicy p %s { owner "o"; targets debian-12; test { deny capability sys_boot; }\n%s\n}\n' "$2" "$3" >"$1"
}

# The verdict, and the findings as "rule: example", of two bodies.
compare() {
	policy old.policy "" "$1"
	policy new.policy "" "$2"
	run "$fpolicyc" diff old.policy new.policy
	verdict=${out##*: }
	found=$(echo "$out" | sed -nE 's/.* \[([a-z]+-[a-z]+)\]$/\1/p; s/^  for example: /= /p' | tr '\n' ' ' | sed 's/ = / = /g; s/ $//')
}
case_is() { # domain old new verdict findings
	compare "$2" "$3"
	is "$verdict: $found" "$4: $5" "$1: $2 -> $3"
	compare "$3" "$2"
	case $4 in wider) back=narrower ;; narrower) back=wider ;; *) back=$4 ;; esac
	is "$verdict" "$back" "$1: the other way round it is $back"
}
case_is calls 'syscalls { allow read; }' 'syscalls { allow read; allow socket; }' wider \
	'calls-wider = socket(domain 0, type 0, protocol 0) on x86_64'
case_is calls 'syscalls { allow socket(domain) where domain == AF_UNIX; }' 'syscalls { allow socket(domain) where domain in { AF_UNIX, AF_ALG }; }' wider \
	'calls-wider = socket(domain AF_ALG, type 0, protocol 0) on x86_64'
case_is calls 'syscalls { deny socket(type) where type & 15 == 3; default allow; }' 'syscalls { deny socket(type) where type & 15 == 2; default allow; }' incomparable \
	'calls-wider = socket(domain 0, type SOCK_RAW, protocol 0) on x86_64 calls-narrower = socket(domain 0, type SOCK_DGRAM, protocol 0) on x86_64'
case_is calls 'syscalls { default deny errno EPERM; }' 'syscalls { default deny errno EPERM; kill ptrace; }' same-access \
	'calls-changed = ptrace(request 0, pid 0, addr 0, data 0) on x86_64'
case_is calls 'syscalls { abi i386; deny socketcall errno ENOSYS; deny ipc errno ENOSYS; unknown allow; }' 'syscalls { unknown allow; }' narrower \
	"calls-narrower = call number 472 on i386 calls-changed = ipc(call 0, first 0, second 0, third 0, ptr 0, fifth 0) on i386 calls-changed = socketcall(call 0, args 0) on i386"
case_is capabilities 'capabilities { allow kill; }' 'capabilities { allow kill, net_raw, chown; }' wider \
	'capabilities-wider = capability chown capabilities-wider = capability net_raw'
case_is process 'process { user 1000:1000; }' 'process { user 0:1000 groups 0, 7; new-privileges; }' wider \
	'process-wider = being in group 0, root'"'"'s process-wider = being in group 7 process-wider = being user 0, root process-wider = new privileges by execve'
case_is process 'process { umask 077; }' 'process { umask 022; working-directory "/w"; }' same-access 'process-changed process-changed'
case_is namespaces 'namespaces { new network, time; }' 'namespaces { host network; }' wider \
	"namespaces-wider = the host's network namespace namespaces-wider = the host's time namespace"
# What was there before is hidden: its flags count, too.
case_is mounts '' 'mounts { bind "/srv" on "/s" readonly, nosuid; }' incomparable \
	'mounts-wider = "/srv" of the host on "/s" mounts-narrower = setuid programs on "/s"'
case_is mounts 'mounts { tmpfs on "/t" nosuid, nodev, size 1MiB; }' 'mounts { tmpfs on "/t" size 2MiB; }' wider \
	'mounts-wider = a larger file system on "/t" mounts-wider = device nodes on "/t" mounts-wider = setuid programs on "/t"'
case_is paths 'files { allow read "/a/**"; }' 'files { allow read "/a/**", "/b", "/c/*.d"; }' wider \
	'paths-wider = read "/b" paths-wider = read "/c/.d"'
case_is paths 'mounts { root writable; } files { allow read, write "/a/**"; }' 'mounts { root writable; } files { allow read, write "/a/**"; deny write "/a/k*"; }' narrower \
	'paths-narrower = write, append "/a/k"'
case_is paths 'files { allow write "/a"; }' 'files { allow write "/a", "/b"; }' identical '' # nothing is written on a root that is readonly
case_is paths 'files { allow read "/{a,b}"; }' 'files { allow read "/a"; allow read "/b"; allow read "/[ab]"; }' identical ''
case_is mounts 'mounts { root readonly; } files { allow write "/w"; }' 'mounts { root writable; } files { allow write "/w"; }' wider \
	'paths-wider = write, append "/w"'
case_is egress 'egress { allow tcp to 10.0.0.0/8 port 443; }' 'egress { allow tcp to 10.0.0.0/8 port 443; allow udp to 10.1.0.0/16 port 53; allow tcp to 2001:db8::/32; }' wider \
	'egress-wider = tcp to 2001:db8:: port 1 egress-wider = udp to 10.1.0.0 port 53'
case_is egress 'egress { allow tcp to 10.0.0.0/8; }' 'egress { allow tcp to 10.0.0.0/9; allow tcp to 10.128.0.0/9; }' identical ''
case_is ingress 'ingress { default allow; }' 'ingress { default allow; deny tcp port 22; }' narrower 'ingress-narrower = tcp from 0.0.0.0 port 22'
case_is devices 'devices { allow read /dev/null; }' 'devices { allow read, write /dev/null; }' wider 'devices-wider = write of device /dev/null'
case_is limits 'limits { memory 64MiB; pids 9; }' 'limits { memory 128MiB; pids 8; }' incomparable \
	'limits-wider = memory 128MiB limits-narrower = pids 9'
case_is audit 'syscalls { allow read; } audit { denied; allowed read; }' 'syscalls { allow read; }' wider \
	'audit-wider audit-wider = read(fd 0, buf 0, count 0) on x86_64'
case_is audit 'syscalls { log read; }' 'syscalls { allow read; }' wider 'audit-wider = read(fd 0, buf 0, count 0) on x86_64'
case_is tier 'tier untrusted;' 'tier standard;' wider tier-wider
case_is assertions 'never ptrace, egress to any;' 'never egress to any;' wider assertions-wider
case_is assertions 'never ptrace critical;' 'never ptrace;' incomparable 'assertions-wider assertions-narrower'
case_is exceptions 'files { allow read "/a" until 2030-01-01; }' 'files { allow read "/a" until 2031-01-01; }' wider exceptions-wider
case_is exceptions 'files { allow read "/a" until 2030-01-01; }' 'files { allow read "/a"; }' wider exceptions-wider
case_is exceptions '' 'layer oci best-effort; waive x on y because "z" by "w" until 2030-01-01;' wider 'exceptions-wider exceptions-wider'

# The head of a policy.
top() { printf 'language 1;\n%s p %s { owner "%s"; targets %s; test { deny bpf; } }\n%s\n' "$2" "$5" "$3" "$4" "${6-}" >"$1"; }
top old.policy 'locked policy' a debian-12 ""
top new.policy policy b 'debian-12, debian-13' ""
run "$fpolicyc" diff old.policy new.policy
is "$(echo "$out" | grep -v '^  ' | cut -d: -f4-)" ' warning: target debian-13 is said now [targets-wider]
 warning: locked is not said any more [owner-wider]
 warning: the owner is "b", before "a" [owner-wider]' "targets, lock and owner"
roof='policy roof { owner "o"; targets debian-12; syscalls { allow read%s; } test { deny bpf; } }'
# shellcheck disable=SC2059
top old.policy policy o debian-12 'within roof' "$(printf "$roof" '')"
# shellcheck disable=SC2059
top new.policy policy o debian-12 'within ceiling' "$(printf "$roof" ', write' | sed 's/roof/ceiling/')"
run "$fpolicyc" diff old.policy new.policy
is "${out##*: }" wider "a bound that permits more is wider"
sed 's/roof/other/' old.policy >new.policy
run "$fpolicyc" diff old.policy new.policy
is "${out##*: }" identical "the name of a bound does not show"

# What never shows.
cat >old.policy <<'P'
language 1;
use "std/syscalls.policy";
const PAGE = 1;
set @few of calls { read, write }
policy one {
	version "1"; owner "o"; tier untrusted; targets debian-12, debian-13; # comment
	syscalls { allow @few, close because "why"; allow socket(domain) where domain == PAGE or domain == 2; default deny errno EPERM; }
	files { allow read, write "/a/**"; allow read "/b"; }
	egress { allow tcp to 10.0.0.0/8 port 1..10; allow udp to any port 53; }
	capabilities { allow chown, kill; }
	test { deny bpf; }
	never ptrace, mount;
}
P
cat >new.policy <<'P'
language 1; set @others of calls { write, close }
policy two {
	never mount because "new"; never ptrace; test { deny bpf; deny mount; }
	capabilities { allow kill; allow chown; }
	targets debian-13, debian-12; tier untrusted; owner "o";
	egress { allow udp to any port 53; allow tcp to 10.0.0.0/8 port 1..5, 6..10; }
	files { allow read "/b"; allow write "/a/**"; allow read "/a/**"; }
	syscalls { default deny errno EPERM; allow @others; allow read; allow socket(domain) where domain in { 1..2 }; }
}
P
run "$fpolicyc" diff old.policy new.policy --require=same
is "$status $out" "0 old.policy to new.policy: identical" "order, names, comments, reasons, tests and layout never show"
run "$fpolicyc" diff --format=json old.policy new.policy
is "$(echo "$out" | grep -c '"digest"') $(echo "$out" | grep '"digest"' | sort -u | wc -l)" "2 1" "one digest"
printf '%s' "$out" >same.json
run python3 "$validate" "$schema" same.json
is "$status $out" "0 " "its JSON follows the schema"
sed -i 's/"\/b"/"\/c"/' new.policy
run "$fpolicyc" diff --format=json old.policy new.policy
printf '%s' "$out" >diff.json
is "$(echo "$out" | grep '"digest"' | sort -u | wc -l)" 2 "another meaning has another digest"
run python3 "$validate" "$schema" diff.json
is "$status $out" "0 " "the JSON of findings follows the schema"
is "$(python3 -c 'import json
d = json.load(open("diff.json"))
print(d["verdict"], [(f["rule"], f["severity"], f["witness"], [(p["role"], p["file"], p["line"]) for p in f["places"]]) for f in d["findings"]])')" \
	"incomparable [('paths-wider', 'warning', 'read \"/c\"', [('old', 'std/implied.policy', 31), ('new', 'new.policy', 7)]), ('paths-narrower', 'note', 'read \"/b\"', [('old', 'old.policy', 8), ('new', 'std/implied.policy', 31)])]" \
	"a finding has example and both places"

# Requirements.
policy less.policy "" 'syscalls { allow read; }'
policy more.policy "" 'syscalls { allow read, write; }'
policy other.policy "" 'syscalls { allow read; default deny errno EACCES; }'
while read -r require old new want; do
	run "$fpolicyc" diff --require="$require" "$old.policy" "$new.policy"
	is $status "$want" "--require=$require, $old to $new: exit code $want"
done <<'T'
narrower less less 0
narrower more less 0
narrower less more 1
narrower less other 0
same less less 0
same less other 0
same more less 1
same less more 1
T

# Layers: who holds it, on which target; what nobody holds makes no difference together.
layers() { # old new: verdicts on debian-12
	policy old.policy "" "$1"
	policy new.policy "" "$2"
	run "$fpolicyc" diff --layers old.policy new.policy
	layers=$(echo "$out" | sed -n 's/^on debian-12: //p')
	verdict=${out##*: }
}
layers 'syscalls { allow read; }' 'syscalls { allow read, write; }'
is "$verdict: $layers" 'wider: seccomp wider, apparmor identical, (selinux) identical, oci identical, cgroup2 identical, nftables identical, together wider' \
	"layers of a call: the runtime's list does not hold the default"
layers 'egress { allow tcp to 10.0.0.0/8 port 443; }' 'egress { allow tcp to 10.0.0.0/9 port 443; }'
is "$verdict: ${layers#*oci identical, }" 'narrower: cgroup2 identical, nftables narrower, together narrower' "layers of a packet"
layers 'limits { pids 5; }' 'limits { pids 6; }'
is "$verdict: $layers" 'wider: seccomp identical, apparmor identical, (selinux) identical, oci wider, cgroup2 wider, nftables identical, together wider' \
	"layers of a limit"
quota='mounts { bind "/s" on "/s" nosuid, nodev, quota %s accept unenforced because "so"; }'
# shellcheck disable=SC2059
layers "$(printf "$quota" 1GiB)" "$(printf "$quota" 2GiB)"
is "$verdict ${layers##*, }" 'wider together same-access' "what nobody enforces"
run "$fpolicyc" diff --layers --format=json old.policy new.policy
printf '%s' "$out" >layers.json
run python3 "$validate" "$schema" layers.json
is "$status $out" "0 " "the JSON of layers follows the schema"

# The layout of fmt keeps the digest.
for one in "${example%/*}"/*.policy; do
	tr -s '\t ' '  ' <"$one" >laid.policy
	cp laid.policy before.policy
	run "$fpolicyc" fmt laid.policy
	run "$fpolicyc" diff --format=json before.policy laid.policy
	is "$status $(echo "$out" | grep '"digest"' | sort -u | wc -l)" "0 1" "fmt keeps the digest of ${one##*/}"
done

# Output folders: what was compiled against what is written now.
for one in "${example%/*}"/*.policy; do
	name=${one##*/} name=${name%.policy}
	run "$fpolicyc" "$one" -q -o "out-$name"
	run "$fpolicyc" diff --require=same "out-$name" "$one"
	is "$status ${out##*: }" "0 identical" "the output of $name is its policy"
	run "$fpolicyc" diff --require=same "$one" "out-$name/spec.json"
	is "$status ${out##*: }" "0 identical" "and the other way round"
done
sed 's/port 53;/port 53; allow tcp to 192.168.1.0\/24 port 22;/; s/never  write/never  append/; s/memory 512MiB/memory 256MiB/; s/high 448MiB/high 200MiB/' \
	"$example" >new.policy
run "$fpolicyc" diff out-lab new.policy
is "$(echo "$out" | sed -nE 's/.* \[([a-z]+-[a-z]+)\]$/\1/p' | tr '\n' ' ')" \
	'egress-wider limits-narrower limits-narrower assertions-wider assertions-narrower ' "an output against a changed policy"
ok "$(echo "$out" | grep -qE '^  old: out-lab/spec.json:[0-9]+:[0-9]+: memory 512MiB$'; echo $?)" "places are lines of spec.json"
line=$(echo "$out" | sed -nE 's/^  old: out-lab\/spec.json:([0-9]+):.*: memory 512MiB$/\1/p')
ok "$(sed -n "${line}p" out-lab/spec.json | grep -q '"rule": "memory 512MiB"'; echo $?)" "of the rule"
sed 's/"inodes": 64/"inodes": 65/' out-lab/spec.json >spec.json
run "$fpolicyc" diff out-lab spec.json
is "${out##*: }" wider "two outputs"
for change in 's/"uid": 65534/"uid": -1/' 's/"action": "kill"/"action": "slay"/' 's/"on": "\/in"/"on": "in\/..\/.."/' 's/arg0.lo == 0x1 /arg9 == /' \
	's/"what": "one mount"/"what": "two mounts"/' 's/"bpf"/"bpf2"/' 's/"policy": "verification-runner",/"policy": 7,/'; do
	sed "$change" out-lab/spec.json >spec.json
	run "$fpolicyc" diff spec.json new.policy
	is "$status" 2 "refused: a specification with $change"
done
run "$fpolicyc" gate out-lab new.policy
is $status 2 "the gate takes no output"
run "$fpolicyc" diff --layers out-lab new.policy
is $status 2 "nor do layers"

# Revisions.
git init -q repo && cd repo || exit 2
git config user.name t && git config user.email t@example.org
commit() { git add -A && git commit -q -m "$1"; }
mkdir -p jobs lib
cp "$example" jobs/lab.policy
printf 'language 1;\nset @mine of calls { read }\n' >jobs/sets.policy
printf 'language 1;\nset @far of calls { close }\n' >lib/far.policy
printf 'language 1;\nuse "sets.policy"; use "far.policy";\npolicy p { owner "o"; targets debian-12; test { deny bpf; } syscalls { allow @mine, @far; } }\n' >jobs/use.policy
ln -s sets.policy jobs/link.policy
printf 'language 1;\nuse "link.policy";\npolicy p { owner "o"; targets debian-12; test { deny bpf; } }\n' >jobs/linked.policy
: >jobs/empty.policy
commit one
sed -i 's/read/read, write/' jobs/sets.policy
commit two
sed -i 's/write/write, mmap/' jobs/sets.policy
run "$fpolicyc" diff HEAD:jobs/lab.policy jobs/lab.policy
is "$status $out" "0 HEAD:jobs/lab.policy to jobs/lab.policy: identical" "a revision against the working tree"
run "$fpolicyc" diff -I lib HEAD~1:jobs/use.policy HEAD:jobs/use.policy
is "$(echo "$out" | sed -n '1p;3,4p')" 'HEAD:jobs/use.policy:3:72: warning: write on x86_64, aarch64, riscv64: allowed, before killed [calls-wider]
  old: std/implied.policy:6:20: default: kill
  new: HEAD:jobs/use.policy:3:72: allow: @far, @mine' "imports come from the same revision"
run "$fpolicyc" diff HEAD~1:jobs/use.policy HEAD:jobs/use.policy
is "$status" 2 "an import that the revision does not have below its roots"
run "$fpolicyc" diff -I /lib HEAD:jobs/use.policy HEAD:jobs/use.policy
is "$status $(echo "$out" | grep -c 'a folder outside of the revision')" "2 2" "a folder outside of the repository is told"
run "$fpolicyc" diff HEAD:jobs/linked.policy jobs/lab.policy
is "$status $(echo "$out" | grep -c 'symbolic links are not followed in a revision')" "2 1" "a symbolic link is not followed"
# A replaced object is not what was committed.
git replace "$(git rev-parse HEAD:jobs/lab.policy)" "$(git rev-parse HEAD:jobs/use.policy)"
run "$fpolicyc" diff HEAD:jobs/lab.policy jobs/lab.policy
is "$status" 0 "replaced objects are not read"
for word in none:jobs/lab.policy HEAD:jobs/none.policy HEAD:jobs HEAD:jobs/link.policy HEAD:../x HEAD:/x HEAD:jobs//lab.policy :jobs/lab.policy \
	--output=x:y HEAD: 'HEAD;touch x:jobs/lab.policy' "\$(touch x):jobs/lab.policy" HEAD:jobs/empty.policy; do
	run "$fpolicyc" diff jobs/lab.policy -- "$word"
	is "$status" 2 "refused: $word"
done
[ ! -e x ]; ok $? "no word became a command"
cd .. || exit 2

# Filters and profiles: calls alone are compared, from the bytes.
sed 's/kill  @kernel-module/kill  @kernel-module, personality/; /log   personality/d' "$example" >strict.policy
run "$fpolicyc" "$example" -q -o lab
run "$fpolicyc" strict.policy -q -o strict
for machine in x86_64 aarch64; do
	run "$fpolicyc" diff --require=same lab/debian-13/seccomp/$machine.bpf "$example"
	is $status 0 "the $machine filter is its policy"
	run "$fpolicyc" diff --require=narrower strict/debian-13/seccomp/$machine.bpf lab/debian-13/seccomp/$machine.bpf
	is "$status $(echo "$out" | sed -n 1,2p)" "1 error: personality on $machine: allowed and recorded, before killed [calls-wider]
  for example: personality(persona 0) on $machine" "the $machine filter of a wider policy, and by which call"
done
run "$fpolicyc" diff lab/debian-13/seccomp/x86_64.bpf lab/debian-13/seccomp/aarch64.bpf
is "$status $(echo "$out" | grep -c 'of different machines')" "3 1" "filters of two machines are not compared"
run "$fpolicyc" diff --require=narrower lab/debian-13/seccomp/seccomp.json "$example"
is $status 0 "the profile for runtimes is no narrower than the policy"
run "$fpolicyc" diff --format=json lab/debian-13/oci/config.json strict/debian-13/oci/config.json
printf '%s' "$out" >oci.json
is "$(python3 -c 'import json
d = json.load(open("oci.json"))
print(d["verdict"], [v["domain"] for v in d["domains"]], [f["witness"] for f in d["findings"]])')" \
	"narrower ['calls', 'audit'] ['personality(persona 0) on x86_64']" "profiles in OCI configurations"
run python3 "$validate" "$schema" oci.json
is "$status $out" "0 " "its JSON follows the schema, too"
# One instruction changed: told, or refused.
cp lab/debian-13/seccomp/x86_64.bpf mutant.bpf
told=0
for at in 4 12 40 80 160 320 404 640 1000 1204; do
	cp lab/debian-13/seccomp/x86_64.bpf mutant.bpf
	printf '\377' | dd of=mutant.bpf bs=1 seek=$at conv=notrunc 2>/dev/null
	run "$fpolicyc" diff --require=same lab/debian-13/seccomp/x86_64.bpf mutant.bpf
	cmp -s lab/debian-13/seccomp/x86_64.bpf mutant.bpf || [ $status -eq 0 ] || told=$((told + 1))
done
[ $told -ge 8 ]; ok $? "mutants of a filter are told ($told of 10)"
head -c 4000 /dev/urandom >garbage.bpf
head -c 801 lab/debian-13/seccomp/x86_64.bpf >cut.bpf
printf '{"defaultAction": "SCMP_ACT_MAYBE"}' >action.json
printf '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 9, "op": "SCMP_CMP_EQ", "value": 1}]}]}' >argument.json
printf '{"some": "json"}' >other.json
for word in garbage.bpf cut.bpf action.json argument.json other.json; do
	run "$fpolicyc" diff "$word" "$example"
	is "$status $(echo "$out" | grep -c 'E0901')" "2 1" "$word: E0901"
done
run "$fpolicyc" gate lab/debian-13/seccomp/x86_64.bpf strict.policy
[ $status -eq 2 ]; ok $? "the gate takes policies"

# Garbage on either side, in little time and memory.
head -c 100000 /dev/urandom >garbage
printf 'not json' >x.json
yes 'policy p { owner "o"; }' | head -c 50000000 >large.policy
for word in garbage /dev/null none.policy x.json large.policy .; do
	for side in new old; do
		start=$(date +%s%N)
		if [ $side = old ]; then set -- "$word" less.policy; else set -- less.policy "$word"; fi
		run sh -c 'ulimit -v 600000; exec "$@"' sh "$fpolicyc" diff "$@"
		took=$((($(date +%s%N) - start) / 1000000))
		is $status 2 "$word as the $side one: exit code 2"
		[ $took -lt 5000 ]; ok $? "$word as the $side one: less than 5 s ($took ms)"
	done
done
run "$fpolicyc" diff less.policy
is $status 2 "one side is too few"
run "$fpolicyc" diff --require=wider less.policy more.policy
is $status 2 "no other requirement"
run "$fpolicyc" diff --format=xml less.policy more.policy
is $status 2 "no other format"

# Questions larger than any budget: 2^20 states, and masks on every argument.
policy old.policy "" 'files { allow read "/**a????????????????????"; }'
policy new.policy "" 'files { allow read "/**b????????????????????", "/**a????????????????????"; }'
# Pairs of bits of several arguments: no order of variables is good for all.
masks() { # seed
	awk -v seed="$1" 'BEGIN {
		srand(seed); split("length prot flags", p)
		for (i = 0; i < 64; i++) {
			for (k = 0; k < 2; k++) m[k] = sprintf("%d", 2 ^ int(rand() * 30) + 2 ^ int(30 * rand()))
			printf "%s %s & %s == %s and offset & %s == %s\n", i ? "or" : "", p[int(rand() * 3) + 1], m[0], m[0], m[1], m[1]
		}
	}'
}
run "$fpolicyc" diff --require=narrower old.policy new.policy
[ $status -ne 0 ]; ok $? "a hard question about paths is no pass: exit code $status"
policy old.policy "" "syscalls { allow mmap(length, prot, flags, offset) where $(masks 3); }"
policy new.policy "" "syscalls { allow mmap(length, prot, flags, offset) where $(masks 5); }"
start=$(date +%s%N)
run "$fpolicyc" diff --require=narrower old.policy new.policy
took=$((($(date +%s%N) - start) / 1000000))
[ $status -ne 0 ] && [ $took -lt 5000 ]; ok $? "masks: no pass (exit code $status) in less than 5 s ($took ms)"

# A profile larger than any work: 600 rules for each of 100 calls.
awk 'BEGIN {
	printf "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": ["
	n = split("read write open close stat fstat lstat poll lseek mmap mprotect munmap brk ioctl pread64 pwrite64 readv writev access pipe select mremap msync mincore madvise shmget", call)
	for (i = 0; i < 600; i++) {
		printf "%s{\"names\": [", i ? "," : ""
		for (k = 1; k <= n; k++) printf "%s\"%s\"", (k > 1 ? "," : ""), call[k]
		printf "], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": %d, \"op\": \"SCMP_CMP_EQ\", \"value\": %d}]}", i % 6, i
	}
	print "]}"
}' >large.json
start=$(date +%s%N)
run "$fpolicyc" diff --require=narrower lab/debian-13/oci/config.json large.json
took=$((($(date +%s%N) - start) / 1000000))
[ $status -eq 1 ] || [ $status -eq 3 ]; ok $? "a large profile is no pass: exit code $status"
[ $took -lt 5000 ]; ok $? "in less than 5 s ($took ms)"
yes '{"a": [1, 1, 1, 1]}' | head -c 50000000 >large.json
run "$fpolicyc" diff --require=narrower lab/debian-13/oci/config.json large.json
is "$status $(echo "$out" | grep -c E0901)" "2 1" "a profile of 50 MB"

run "$fpolicyc" diff "$docker" "$docker" --require=same
is $status 0 "docker's default is itself"
done_testing
