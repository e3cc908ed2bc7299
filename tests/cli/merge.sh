#!/bin/sh
# SPDX-License-Identifier: MIT
# fpolicyc merge as a user meets it: narrows, or refuses with the place and both values and writes nothing.
# usage: tests/cli/merge.sh FPOLICYC
set -u
. tests/lib/tap.sh
fpolicyc=$(realpath "$1")
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT

cat >"$tmp/p.policy" <<'POLICY'
language 1;
param job : name;
policy p {
	owner "o"; tier standard; targets debian-12;
	syscalls { default deny errno EPERM; allow read, write; }
	mounts { bind "/srv/${job}" on "/in" readonly, nosuid, nodev, noexec; }
	process { user 1000:1000; }
	never bpf;
}
POLICY
"$fpolicyc" "$tmp/p.policy" -q -o "$tmp/open" && "$fpolicyc" "$tmp/p.policy" -q -o "$tmp/out" -D job=7
ok $? "the policy compiles, open and filled"

config() { # members of process, other members
	printf '{"ociVersion":"1.0.2","process":{"args":["sh"],"cwd":"/"%s},"root":{"path":"rootfs"}%s}\n' "$1" "$2" \
		>"$tmp/config.json"
}
refused() { # code name
	rm -f "$tmp/merged.json"
	run "$fpolicyc" merge "$tmp/config.json" "$dir/debian-12" -o "$tmp/merged.json"
	is "$status" 2 "$2: exit code 2"
	case $out in *"[$1]"*) ok 0 "$2: $1" ;; *) is "$out" "[$1]" "$2: $1" ;; esac
	[ ! -e "$tmp/merged.json" ]
	ok $? "$2: nothing is written"
}

dir=$tmp/out
config '' ''
run "$fpolicyc" merge "$tmp/config.json" "$dir/debian-12" -o "$tmp/merged.json"
is "$status" 0 "a bare configuration takes the fragment"
run "$fpolicyc" merge "$tmp/merged.json" "$dir/debian-12" -o "$tmp/again.json"
is "$status" 0 "the result takes it again"
is "$(cat "$tmp/again.json")" "$(cat "$tmp/merged.json")" "and does not change"
is "$(grep -c '"noNewPrivileges": true' "$tmp/merged.json")" 1 "no new privileges"
is "$(grep -c '"sh"' "$tmp/merged.json")" 1 "what to run stays the runtime's"

config ',"capabilities":{"bounding":["CAP_SYS_ADMIN","CAP_KILL"]}' ''
run "$fpolicyc" merge "$tmp/config.json" "$dir/debian-12" -o "$tmp/merged.json"
is "$status" 0 "capabilities beyond the policy's give way"
is "$(grep -c CAP_ "$tmp/merged.json")" 0 "and none is left"

config '' ',"mounts":[{"destination":"/in","type":"bind","source":"/srv/7","options":["bind","rrw","rsuid","rdev","rexec"]}]'
run "$fpolicyc" merge "$tmp/config.json" "$dir/debian-12" -o "$tmp/merged.json"
is "$status" 0 "recursive loose options of a mount give way"
is "$(grep -cE '"(rrw|rsuid|rdev|rexec)"' "$tmp/merged.json")" 0 "and none is left to undo the strict ones"

config ',"user":{"uid":5,"gid":5}' ''
refused E0802 "another identity"
case $out in *5*1000* | *1000*5*) ok 0 "both identities are named" ;; *) is "$out" "5 and 1000" "both identities are named" ;; esac
config ',"noNewPriviledges":true' ''
refused E0803 "a misspelt member"
printf '{"ociVersion": ' >"$tmp/config.json"
refused E0801 "half a document"
printf '{"a":1,"a":2}' >"$tmp/config.json"
refused E0801 "a member twice"
head -c 100000 /dev/zero | tr '\0' '[' >"$tmp/config.json"
refused E0801 "a hundred thousand brackets"
printf '{"process":{"env":["A=%05000d"],"cwd":"/srv"}}\n' 0 >"$tmp/config.json"
refused E0802 "one line of five thousand bytes"
is "$(printf '%s\n' "$out" | sed -n '1s/: error.*//p')" "$tmp/config.json:1:5032" "the column is told"
is "$(printf '%s\n' "$out" | awk 'length > 160' | sed 1d)" "" "a window of the line is shown"
printf '%s\n' "$out" | sed -n 3p | grep -q '\^~~~~~$'
ok $? "with the caret in it"
is "$(printf '%s\n' "$out" | sed -n 2p | cut -c"$(printf '%s\n' "$out" | sed -n 3p | sed 's/^\( *|[^^]*\)^.*/\1/' | wc -c)"- | cut -c1-6)" '"/srv"' "below the value"
config ',"oomScoreAdj":-1000' ''
refused E0802 "a job that others are killed for"
case $out in *'help: remove it here'*) ok 0 "with a way out" ;; *) is "$out" "help: remove it here" "with a way out" ;; esac
config ',"rlimits":[{"type":"RLIMIT_AS","soft":18446744073709551615,"hard":18446744073709551615}]' ''
run "$fpolicyc" merge "$tmp/config.json" "$dir/debian-12" -o "$tmp/merged.json"
is "$status" 0 "RLIM_INFINITY is a number"
is "$(grep -c '"hard": 18446744073709551615' "$tmp/merged.json")" 1 "and stays the same one"
case $out in *'note: kept: /process/rlimits/0'*) ok 0 "the limit is told" ;; *) is "$out" "note: kept" "the limit is told" ;; esac
config '' ',"linux":{"resources":{"memory":{"limit":18446744073709551615}}}'
refused E0805 "a limit that the specification cannot say"

slip() { # name, what help says, arguments
	name=$1 want=$2
	shift 2
	run "$fpolicyc" merge "$@"
	is "$status" 2 "$name: exit code 2"
	case $out in *"fpolicyc: help: "*"$want"*) ok 0 "$name: help" ;; *) is "$out" "help: $want" "$name: help" ;; esac
}
config '' ''
slip "no folder" "OUT/TARGET" "$tmp/config.json"
slip "a folder that is not there" "OUT/TARGET" "$tmp/config.json" "$tmp/nowhere"
slip "the folder of all targets" "(debian-12)" "$tmp/config.json" "$tmp/out"
slip "another architecture" "compiled for: aarch64, x86_64" "$tmp/config.json" "$tmp/out/debian-12" --arch=riscv64

dir=$tmp/open
config '' ''
refused E0804 "an open parameter"
done_testing
