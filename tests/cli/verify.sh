#!/bin/sh
# SPDX-License-Identifier: MIT
# Filters of anybody: code, lists, profiles of Docker, stacks, running processes; what is refused. usage: verify.sh FPOLICYC
set -u
. tests/lib/tap.sh
fpolicyc=$(realpath "$1")
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
cat >p.policy <<'END'
language 1;
policy p {
	owner "tests"; targets debian-12; test { deny capability sys_boot; }
	capabilities { allow sys_time; }
	syscalls { default deny errno EPERM; unknown deny errno EPERM; allow read, write, clock_settime; allow lseek(whence) where whence <= 2; }
	files { default allow; } devices { default allow; }
}
END
sed 's/whence <= 2/whence <= 3/' p.policy >wider.policy
"$fpolicyc" p.policy -q -o out || exit 1
"$fpolicyc" wider.policy -q -o wider || exit 1
bpf=out/debian-12/seccomp/x86_64.bpf
verify() { run "$fpolicyc" verify p.policy --target=debian-12 "$@"; }
differs='lseek(0, 0, SEEK_DATA) on x86_64 is answered with ALLOW, and the policy says ERRNO(EPERM)
  rule: default: deny errno EPERM
  call: number 8, architecture 0xc000003e, arguments 0x0 0x0 0x3 0x0 0x0 0x0'

# Code.
verify --seccomp=$bpf
is "$status $out" "0 PROVED: $bpf decides every call as policy p on x86_64, debian-12" "the name tells the architecture"
verify --seccomp=wider/debian-12/seccomp/x86_64.bpf
is "$status $out" "1 wider/debian-12/seccomp/x86_64.bpf: $differs" "a call that differs"
verify --seccomp=wider/debian-12/seccomp/x86_64.bpf --against=narrower
is "$status" 1 "it is not narrower"
verify --seccomp=wider/debian-12/seccomp/x86_64.bpf --against=wider
is "$status" 0 "it is wider"
verify --seccomp=wider/debian-12/seccomp/x86_64.bpf --seccomp=$bpf
is "$status $out" "0 PROVED: wider/debian-12/seccomp/x86_64.bpf + $bpf decides every call as policy p on x86_64, debian-12" \
	"of a stack the strictest counts"
printf '\006\000\000\000\000\000\376\177' >unknown
verify --seccomp=unknown --arch=x86_64 --against=narrower
is "$status" 0 "an action that no kernel knows kills"
verify --seccomp=wider/debian-12/seccomp/x86_64.bpf --seccomp=unknown --arch=x86_64 --against=narrower
is "$status $out" "3 fpolicyc: error: undecided: unknown: byte 0: no action of the kernel, in a stack [E0604]" \
	"but gives way to SECCOMP_RET_LOG, a smaller number"
printf '\000\000\000\000\000\000\376\177\026\000\000\000\000\000\000\000' >computed
verify --seccomp=$bpf --seccomp=computed --against=narrower
is "$status" 3 "nor is a computed one believed"
verify --seccomp=$bpf --arch=aarch64
is "$status" 1 "a filter of another machine"

# Lists.
cat >list.json <<'END'
{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [
 {"names": ["read", "write", "clock_settime"], "action": "SCMP_ACT_ALLOW"},
 {"names": ["lseek"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 2, "op": "SCMP_CMP_MASKED_EQ", "value": 4294967295, "valueTwo": 2}]},
 {"names": ["lseek"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 2, "op": "SCMP_CMP_MASKED_EQ", "value": 4294967294, "valueTwo": 0}]}]}
END
printf '{"ociVersion": "1.1.0", "linux": {"seccomp": %s}}' "$(cat list.json)" >config.json
sed 's/"architectures": [^]]*\]/"archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": null}]/
	s/, "clock_settime"\(.*ALLOW"}\)/\1, {"names": ["clock_settime"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_TIME"], "minKernel": "4.8"}}, {"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_BPF"]}}, {"names": ["kexec_load"], "action": "SCMP_ACT_ALLOW", "excludes": {"arches": ["amd64"]}}/' \
	list.json >docker.json
grep -q CAP_BPF docker.json || exit 1
for f in list config docker; do
	verify --seccomp=$f.json --arch=x86_64 --against=narrower
	is "$status $out" "0 PROVED: $f.json permits no call more than policy p on x86_64, debian-12" "$f.json is within the policy"
	verify --seccomp=$f.json --arch=x86_64 --against=wider
	is "$status" 0 "and permits no less"
	verify --seccomp=$f.json --arch=x86_64
	case $out in "$f.json, as it is taken by crun: call number 1073741824 on x32 is answered with KILL_THREAD, and the policy says KILL_PROCESS"* | *" KILL_THREAD, and the policy says KILL_PROCESS"*) same=no ;; *) same=$out ;; esac
	is "$status $same" "1 no" "but ends the thread where another architecture is met"
done
sed 's/\("archMap": \[{[^}]*}\)/\1, {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}/' docker.json >map.json
verify --seccomp=map.json --arch=x86_64 --against=narrower
is "$status" 0 "Docker looks at one row for an architecture"
sed 's/"read", //' list.json >less.json
verify --seccomp=less.json --arch=x86_64
is "$status $(echo "$out" | head -n 1)" "1 less.json, as it is taken by crun: read(0, 0, 0) on x86_64 is answered with ERRNO(EPERM), and the policy says ALLOW" \
	"a call that is missing"
sed 's/"SCMP_CMP_MASKED_EQ", "value": 4294967295, "valueTwo": 2/"SCMP_CMP_MASKED_EQ", "value": 18446744073709551615, "valueTwo": 2/' list.json >mask.json
verify --seccomp=mask.json --arch=x86_64 --against=wider
is "$status $(echo "$out" | head -n 1)" "1 mask.json, as it is taken by crun: lseek(0, 0, SEEK_END) on x86_64 (argument 2 is 0x100000002) is answered with ERRNO(EPERM), and the policy says ALLOW" \
	"bits that the kernel drops are told"

# What is refused: E0705, with the place.
refused() { # name file pattern
	verify --seccomp="$2" --arch=x86_64
	case $status,$out in "2,fpolicyc: error: $2: $3"*'[E0705]'*) ok 0 "refused: $1" ;; *) is "$status $out" "2 $3" "refused: $1" ;; esac
}
: >empty
head -c 12 $bpf >half
head -c 40000 /dev/zero >long
printf '\006\000\000\000\000\000\377\177' >ret
printf '\025\000\000\007\000\000\000\000' | cat - ret >far
printf '\377\000\000\000\000\000\000\000' | cat - ret >opcode
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "{\"a\":"; }' >deep
sed 's/SCMP_ACT_ALLOW/SCMP_ACT_MAYBE/' list.json >action.json
sed 's/"index": 2/"index": 6/' list.json >index.json
sed 's/"defaultAction"/"defaultAction": "SCMP_ACT_KILL", "defaultAction"/' list.json >twice.json
sed 's/"defaultAction"/"DefaultAction": "SCMP_ACT_ALLOW", "defaultAction"/' list.json >case.json
sed 's/{"names": \["read"/{"name\xc5\xbf": ["mount"], "names": ["read"/' list.json >fold.json
sed 's/{"ociVersion"/{"Linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW"}}, "ociVersion"/' config.json >linux.json
printf '{"linux": {"seccomp": %s}}' "$(sed 's/"includes": {[^}]*}/"excludes": {"minKernel": "4.0"}/; s/"archMap": \[[^]]*\]/"architectures": []/' docker.json)" >excludes.json
printf '{"linux": {"seccomp": %s}}' "$(cat docker.json)" >archmap.json
refused "no code" empty 'byte 0: there is no instruction'
refused "half an instruction" half 'byte 8: the file ends inside an instruction'
refused "too much code" long 'byte 32768: more than 4096 instructions'
refused "a jump behind the end" far 'byte 0: jumps behind the end'
refused "an opcode" opcode 'byte 0: an opcode that seccomp does not take'
refused "deep JSON" deep 'byte 80: nested too deeply'
refused "an action" action.json "/syscalls/0: 'action' is no action"
refused "an index" index.json '/syscalls/1: an index is not 0 to 5'
refused "a member twice" twice.json 'line 1: the member defaultAction stands twice'
refused "a member that Go takes for another" case.json "'DefaultAction' is 'defaultAction' to some runtimes and not to others"
refused "by Unicode folding, too" fold.json "'nameſ' is 'names' to some runtimes and not to others"
refused "and around the profile" linux.json "'Linux' is 'linux' to some runtimes and not to others"
refused "a condition that only Docker reads" excludes.json "/syscalls/1: 'excludes' is of Docker's profiles: a runtime does not read it"
refused "architectures that only Docker reads" archmap.json "'archMap' is of Docker's profiles: a runtime does not read it"
printf '\000\000\000\000\007\000\000\000\004\000\000\000\000\000\000\000\007\000\000\000\000\000\000\000\040\000\000\000\020\000\000\000\074\000\000\000\000\000\000\000' | cat - ret >div
verify --seccomp=div --arch=x86_64
is "$status" 3 "a quotient that is not modelled is undecided"
verify --seccomp=ret
is $((status == 1 || status == 2)) 1 "without a name this machine is meant"
for bad in --arch=vax --against=more --seccomp=missing; do
	verify --seccomp=$bpf $bad
	is "$status" 2 "bad: $bad"
done
verify
is "$status" 2 "no filter"
verify --pid=0
is "$status" 2 "no process"
verify --pid=$$
case $status,$out in 2,*"has no filter"* | 2,*CAP_SYS_ADMIN* | 2,*"ermitted"*) ok 0 "a process without a filter" ;; 1,*"filter 1 of process"*) ok 0 "a process with a filter" ;; *) is "$out" "no filter" "a process" ;; esac

# For reading.
run "$fpolicyc" disasm $bpf
is "$status $(echo "$out" | grep -c ' ret   ALLOW  ; \[allow: ')" "0 1" "disasm tells the rules"
echo "$out" | grep -q '^ *[0-9]*  j[a-z]*  *nr, 8, [0-9]*, [0-9]*  ; x86_64 lseek'
ok $? "and the calls"
cp $bpf alone.bpf
run "$fpolicyc" disasm alone.bpf
is "$status $(echo "$out" | grep -c '\[')" "0 0" "without a map there are no rules"
run "$fpolicyc" disasm half
is "$status" 2 "disasm refuses what is no filter"
done_testing
