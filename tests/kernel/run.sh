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
for out; do
	policy=policies/examples/$(basename "$out").policy
	for filter in "$out"/*/seccomp/"$machine".bpf; do
		[ -e "$filter" ] || continue
		target=$(basename "$(dirname "$(dirname "$filter")")")
		count=$((count + 1))
		"$build/tests/kernel/expect" "$policy" "$target" "$machine" >"$tmp/expected"
		# The fourth instruction compares numbers: a filter with another constant there must be told.
		if [ "$count" -eq 1 ]; then
			cp "$filter" "$tmp/other.bpf"
			printf '\001' | dd of="$tmp/other.bpf" bs=1 seek=28 conv=notrunc 2>/dev/null
			if "$build/tests/kernel/probe" "$tmp/other.bpf" "$tmp/expected" >/dev/null 2>&1; then
				echo "not ok - a changed filter is not noticed"
				bad=1
			fi
		fi
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
