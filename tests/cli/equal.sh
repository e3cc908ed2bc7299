#!/bin/sh
# SPDX-License-Identifier: MIT
# Pairs of texts that must compile to equal output, and pairs that must not: tests/equal/pairs.test.
# usage: tests/cli/equal.sh FPOLICYC
set -u
. tests/lib/tap.sh
fpolicyc=$(realpath "$1")
pairs=$PWD/tests/equal/pairs.test
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2

text() { # "[declarations || [extends X ||]] statements": a policy
	case $1 in
	*'||'*'||'*) declared=${1%%'||'*} rest=${1#*'||'} head=${rest%%'||'*} statements=${rest#*'||'} ;;
	*'||'*) declared=${1%%'||'*} head='' statements=${1#*'||'} ;;
	*) declared='' head='' statements=$1 ;;
	esac
	printf 'language 1;\n%s\npolicy p %s { owner "o"; tier standard; targets debian-12, debian-sid;\n' "$declared" "$head"
	printf '%s\n}\n' "$statements" | sed 's/ \\n /\n/g'
}
compile() { # a or b
	text "$2" >"$1.policy"
	rm -rf "$1"
	"$fpolicyc" "$1.policy" -q -o "$1" --policy=p >"$1.log" 2>&1
	ok $? "$name: $1 compiles"
	grep ': error: ' "$1.log" | sed 's/^/# /'
}
# What tells words and places apart from what is enforced.
words='-x spec.json -x claims.json -x claims.txt -x srcmap.tsv -x explain.json'

n=0
while IFS= read -r line; do
	case $line in
	'#'* | '') continue ;;
	[=~!]\ *) kind=${line%% *} name=${line#* } ;;
	a\ *) compile a "${line#a }" ;;
	b\ *)
		compile b "${line#b }"
		n=$((n + 1))
		case $kind in
		=) diff -r -x manifest.json a b >differs 2>&1 ;;
		*)
			# shellcheck disable=SC2086 # words
			diff -r -x manifest.json $words a b >differs 2>&1 ;;
		esac
		same=$?
		if [ "$kind" = '!' ]; then
			[ $same -eq 1 ]
			ok $? "$name: must differ"
		else
			ok $same "$name: must be equal"
			head -n 6 differs | sed 's/^/# /'
		fi
		;;
	*) ok 1 "no line of pairs.test looks like: $line" ;;
	esac
done <"$pairs"
is "$n" "$(grep -c '^b ' "$pairs")" "all pairs were compared"
done_testing
