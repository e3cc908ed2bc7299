#!/bin/sh
# SPDX-License-Identifier: MIT
# Order never shows: random policies, each in ten orders of its statements, list members and operands, give one output.
# usage: tests/cli/shuffle.sh FPOLICYC [POLICIES [FIRST-SEED]]
set -u
. tests/lib/tap.sh
fpolicyc=$(realpath "$1") count=${2:-20} first=${3:-1}
generator=$PWD/tests/prop/policy.awk
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2

seed=$first compiled=0
while [ "$seed" -lt $((first + count)) ]; do
	said='' differs=0
	for order in 0 1 2 3 4 5 6 7 8 9 10; do
		awk -v seed="$seed" -v order=$order -f "$generator" >p.policy
		rm -rf "out-$order"
		"$fpolicyc" p.policy -q -o "out-$order" >log 2>&1
		said="$said $?"
		[ $order -eq 0 ] && cp log first.log
		[ $order -eq 0 ] || diff -r -x manifest.json out-0 "out-$order" >diff.log 2>&1 || differs=$((differs + 1))
	done
	case $said in *" 0"*) compiled=$((compiled + 1)) ;; esac
	# A policy that contradicts itself does so in any order.
	same=$(echo "$said" | tr ' ' '\n' | sort -u | grep -c .)
	is "$same" 1 "policy $seed is judged alike in any order"
	case $said in *" 0"*)
		is "$differs" 0 "policy $seed compiles to the same bytes in any order"
		[ "$differs" -eq 0 ] || head -n 10 diff.log | sed 's/^/# /'
		;;
	esac
	grep ': error' first.log | sed 's/^/# /' | head -n 3
	seed=$((seed + 1))
done
[ $((compiled * 2)) -ge "$count" ]
ok $? "most of $count policies compile: $compiled"
done_testing
