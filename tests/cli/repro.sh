#!/bin/sh
# SPDX-License-Identifier: MIT
# Two builds of the compiler (-O0 by gcc, -O2 by clang) write the same bytes for all policies there are.
# usage: tests/cli/repro.sh FPOLICYC1 FPOLICYC2
set -u
. tests/lib/tap.sh
one=$(realpath "$1") two=$(realpath "$2")
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT

both() { # policy options...
	name=$1
	shift
	dir=${name%/*} file=${name##*/}
	(cd "$dir" && "$one" "$file" -o "$tmp/one" "$@") >"$tmp/said-1" 2>&1
	echo "exit $?" >>"$tmp/said-1"
	(cd "$dir" && "$two" "$file" -o "$tmp/two" "$@") >"$tmp/said-2" 2>&1
	echo "exit $?" >>"$tmp/said-2"
	sed -i "s|$tmp/one|OUT|g" "$tmp/said-1"
	sed -i "s|$tmp/two|OUT|g" "$tmp/said-2"
	is "$(cat "$tmp/said-2")" "$(cat "$tmp/said-1")" "$name: they say the same"
	if [ -e "$tmp/one" ] || [ -e "$tmp/two" ]; then
		diff -r "$tmp/one" "$tmp/two" >"$tmp/diff" 2>&1
		ok $? "$name: they write the same"
		head -n 5 "$tmp/diff" | sed 's/^/# /'
	fi
	rm -rf "$tmp/one" "$tmp/two"
}
for policy in policies/examples/*.policy; do
	both "$policy"
	both "$policy" --target=debian-11 --target=debian-12 --target=debian-13 --target=debian-sid
	for phase in tokens ast ir; do
		both "$policy" --dump=$phase
	done
done
for policy in tests/ui/*/*.policy tests/equal/*/*.policy tests/lang/*.policy tests/consumers/*.policy; do
	[ -e "$policy" ] && both "$policy"
done
for target in debian-11 debian-12 debian-13 debian-sid; do
	is "$("$two" targets $target)" "$("$one" targets $target)" "targets $target"
done
is "$("$two" targets)" "$("$one" targets)" "targets"
done_testing
