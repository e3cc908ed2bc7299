#!/bin/sh
# SPDX-License-Identifier: MIT
# Every filter of the examples, asked of the running kernel; and filters with one jump turned, which must be found out.
# usage: decisions.sh FPOLICYC OUT...   OUT is the output folder of an example, named like its policy.
set -u
. tests/lib/tap.sh
fpolicyc=$1
shift
machine=$(uname -m)
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
total=0 wrong=0

byte() { od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' '; }

# A copy of bundle $1 whose filter has the ways of the conditional jump at byte $2 exchanged.
turn() {
	rm -rf "$tmp/turned"
	mkdir -p "$tmp/turned/$(basename "$1")/seccomp"
	cp "$1/claims.json" "$tmp/turned/$(basename "$1")/"
	filter=$tmp/turned/$(basename "$1")/seccomp/$machine.bpf
	cp "$1/seccomp/$machine.bpf" "$filter"
	# shellcheck disable=SC2059
	printf "\\$(printf %03o "$(byte "$filter" $(($2 + 3)))")\\$(printf %03o "$(byte "$filter" $(($2 + 2)))")" >"$tmp/ways"
	dd if="$tmp/ways" of="$filter" bs=1 seek=$(($2 + 2)) conv=notrunc 2>/dev/null
}

# BPF_JEQ, JGT, JGE and JSET with a constant (linux/bpf_common.h), two ways that differ: every twentieth.
turned() { # policy bundle
	size=$(wc -c <"$2/seccomp/$machine.bpf") at=0 n=0 all=0 told=0
	while [ $at -lt "$size" ]; do
		code=$(byte "$2/seccomp/$machine.bpf" $at)
		case $code in
		21 | 37 | 53 | 69)
			n=$((n + 1))
			if [ $((n % 20)) -eq 1 ]; then
				turn "$2" $at
				run "$fpolicyc" probes "$1" --run="$tmp/turned/$(basename "$2")"
				all=$((all + 1))
				case $status,$out in 1,*"contradicted: rule "*", layer seccomp"*) told=$((told + 1)) ;; esac
			fi
			;;
		esac
		at=$((at + 8))
	done
	[ $all -gt 2 ]
	ok $? "filters with a jump turned were asked"
	is $told $all "each is contradicted, with the rule and the layer named"
}

for dir; do
	policy=policies/examples/$(basename "$dir").policy
	for bundle in "$dir"/*/; do
		bundle=${bundle%/}
		[ -e "$bundle/seccomp/$machine.bpf" ] || continue
		run "$fpolicyc" probes "$policy" --run="$bundle"
		is "$status" 0 "$(basename "$dir") on $(basename "$bundle"): the kernel decides as the policy says"
		[ "$status" -eq 0 ] || printf '%s\n' "$out" | sed 's/^/# /' | head -n 20
		measured=$(printf '%s\n' "$out" | sed -n 's/^measured: \([0-9]*\) decisions.* \([0-9]*\) wrong$/\1 \2/p')
		total=$((total + ${measured% *})) wrong=$((wrong + ${measured#* }))
		case $bundle in */lab/debian-12) turned "$policy" "$bundle" ;; esac
	done
done
[ $total -gt 0 ] || skip "filters on the running kernel" "no filter for $machine"
[ $total -eq 0 ] || echo "measured: $total decisions on Linux $(uname -r), $wrong wrong"
done_testing
