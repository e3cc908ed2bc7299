#!/bin/sh
# SPDX-License-Identifier: MIT
# A filter with one jump turned: verify names a call, and the kernel answers it as verify says, by both filters.
# usage: witness.sh FPOLICYC WITNESS
set -u
. tests/lib/tap.sh
fpolicyc=$(realpath "$1") witness=$(realpath "$2")
machine=$(uname -m)
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
cat >"$tmp/p.policy" <<'END'
language 1;
policy p {
	owner "tests"; targets debian-12; test { deny capability sys_boot; }
	syscalls {
		default deny errno EPERM;
		allow exit_group, getpid;
		allow lseek(whence) where whence <= 2;
		deny personality errno ENOENT;
		kill getppid;
	}
	files { default allow; } devices { default allow; }
}
END
"$fpolicyc" "$tmp/p.policy" -q -o "$tmp/out" || exit 1
good=$tmp/out/debian-12/seccomp/$machine.bpf
if [ ! -e "$good" ]; then
	skip "witnesses on the running kernel" "no filter for $machine"
	done_testing
fi
verify() { run "$fpolicyc" verify "$tmp/p.policy" --target=debian-12 --arch="$machine" --seccomp="$1"; }
verify "$good"
is "$status $out" "0 PROVED: $good decides every call as policy p on $machine, debian-12" "the filter is proved"
if ! "$witness" "$good" 39 0 0 0 0 0 0 >/dev/null 2>&1; then
	skip "witnesses on the running kernel" "no filter can be installed here"
	done_testing
fi

byte() { od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' '; }
# shellcheck disable=SC2059 # the format is one octal byte
put() { printf "\\$(printf %03o "$2")" | dd of="$1" bs=1 seek="$3" conv=notrunc 2>/dev/null; }

# What the kernel does for an answer of verify: "ERRNO(EPERM)" -> "errno 1".
meaning() {
	case $1 in
	ALLOW) echo "not killed" ;;
	'ERRNO(EPERM)') echo 'errno 1' ;;
	'ERRNO(ENOENT)') echo 'errno 2' ;;
	'ERRNO(ENOSYS)') echo 'errno 38' ;;
	KILL_*) echo killed ;;
	esac
}
# An allowed call may fail by itself: what matters is that the filter did not answer in place of it.
seen() { # filter answer number arguments...
	filter=$1 answer=$2
	shift 2
	result=$("$witness" "$filter" "$@")
	[ "$answer" = ALLOW ] && [ "$result" != killed ] && [ "$result" != 'errno 1' ] && [ "$result" != 'errno 2' ] && result='not killed'
	echo "$result"
}

size=$(wc -c <"$good") at=0 n=0 confirmed=0
while [ $at -lt "$size" ]; do
	case $(byte "$good" $at) in
	21 | 37 | 53 | 69) # JEQ, JGT, JGE, JSET with a constant: linux/bpf_common.h
		cp "$good" "$tmp/turned.bpf"
		put "$tmp/turned.bpf" "$(byte "$good" $((at + 3)))" $((at + 2))
		put "$tmp/turned.bpf" "$(byte "$good" $((at + 2)))" $((at + 3))
		verify "$tmp/turned.bpf"
		call=$(echo "$out" | sed -n "s/^  call: number \([0-9]*\), architecture 0x[0-9a-f]*, arguments \(.*\)/\1 \2/p")
		got=$(echo "$out" | sed -n 's/.* is answered with \([A-Z_()]*\), and .*/\1/p')
		want=$(echo "$out" | sed -n 's/.* and the policy says \([A-Z_()]*\)$/\1/p')
		n=$((n + 1))
		# shellcheck disable=SC2086
		if [ "$status" -eq 1 ] && [ "$(seen "$tmp/turned.bpf" "$got" $call)" = "$(meaning "$got")" ] &&
			[ "$(seen "$good" "$want" $call)" = "$(meaning "$want")" ]; then
			confirmed=$((confirmed + 1))
		else
			echo "# byte $at: $status $out"
		fi
		;;
	esac
	at=$((at + 8))
done
[ $n -gt 4 ]
ok $? "jumps were turned"
is $confirmed $n "each is told by a call that the kernel answers as told, by both filters"
echo "measured: $n filters with one jump turned, $confirmed witnesses confirmed by Linux $(uname -r)"
done_testing
