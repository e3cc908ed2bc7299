#!/bin/sh
# SPDX-License-Identifier: MIT
# Every filter of the examples, on the running kernel. usage: run.sh BUILD OUT...
# OUT is the output folder of an example, named like the policy in policies/examples.
set -eu
build=$1
shift
machine=$(uname -m)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0 count=0

# Every eleventh constant changed in its lowest byte: the kernel must tell most of the filters apart. A
# jump constant between two numbers that nobody uses, or a changed errno of none, changes nothing.
mutants() { # filter
	size=$(wc -c <"$1") at=4 told=0 all=0
	while [ $at -lt "$size" ]; do
		cp "$1" "$tmp/other.bpf"
		byte=$(od -An -tu1 -j $at -N 1 "$1" | tr -d ' ')
		# shellcheck disable=SC2059
		printf "\\$(printf %03o $((byte ^ 1)))" | dd of="$tmp/other.bpf" bs=1 seek=$at conv=notrunc 2>/dev/null
		"$build/tests/kernel/probe" "$tmp/other.bpf" "$tmp/expected" >/dev/null 2>&1 || told=$((told + 1))
		all=$((all + 1)) at=$((at + 88))
	done
	echo "measured: $told of $all changed constants are told by the kernel"
	if [ $told -lt $((all / 2)) ]; then
		echo "not ok - changed filters are not noticed"
		bad=1
	fi
}

for out; do
	policy=policies/examples/$(basename "$out").policy
	for filter in "$out"/*/seccomp/"$machine".bpf; do
		[ -e "$filter" ] || continue
		target=$(basename "$(dirname "$(dirname "$filter")")")
		count=$((count + 1))
		"$build/tests/kernel/expect" "$policy" "$target" "$machine" >"$tmp/expected"
		case $filter in */lab/debian-12/*) mutants "$filter" ;; esac # it lets little through
		if "$build/tests/kernel/probe" "$filter" "$tmp/expected" >"$tmp/log" 2>&1; then
			echo "ok $count - $(basename "$out") $target: $(tail -n 1 "$tmp/log")"
		else
			echo "not ok $count - $(basename "$out") $target"
			sed 's/^/  /' "$tmp/log"
			bad=1
		fi
	done
done
[ "$count" -gt 0 ] || echo "skip: no filter for $machine"
exit $bad
