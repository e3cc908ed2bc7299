#!/bin/sh
# SPDX-License-Identifier: MIT
# README's example compiles to what it shows, and every file that a document names is there. usage: tests/cli/docs.sh FPOLICYC
set -u
. tests/lib/tap.sh
fpolicyc=$1
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT

block() { # language of the fence
	awk -v fence="\`\`\`$1" '$0 == fence { on = 1; next } /^```/ { on = 0 } on' README.md
}

block policy >"$tmp/job.policy"
run "$fpolicyc" "$tmp/job.policy" -o "$tmp/out"
is $status 0 "README's policy compiles"
is "$(echo "$out" | sed "s|$tmp/||")" "$(sed -n 's/^    \(fetcher: .*\)/\1/p; s/^    \(OPEN: .*\)/\1/p; s/^    \(PROVED: .*\)/\1/p; s/^    \(NOT CHECKED: .*\)/\1/p' README.md)" \
	"the terminal shows what README shows"
"$fpolicyc" fmt --check "$tmp/job.policy" >/dev/null
ok $? "README's policy is laid out as fmt does"
block claims >"$tmp/shown"
ok "$([ -s "$tmp/shown" ]; echo $?)" "README shows claims"
is "$(grep -vxFf "$tmp/out/debian-12/claims.txt" "$tmp/shown")" "" "README's claims are those of claims.txt"

# In the tables of README; upper case stands for any name.
# shellcheck disable=SC2016 # backquotes of Markdown
for path in $(grep '^| ' README.md | grep -oE '`[a-z][A-Za-z0-9_-]*/[A-Za-z0-9_./*-]*`' | tr -d '`' | LC_ALL=C sort -u); do
	case $path in *NAME*) continue ;; esac
	# shellcheck disable=SC2086 # a pattern
	ls -d $path >/dev/null 2>&1
	ok $? "README: $path is there"
done
for document in README.md docs/*.md grammar/*.md backends/*/*.md; do
	for link in $(grep -oE '\]\([A-Za-z0-9_./][A-Za-z0-9_./-]*[)#]' "$document" | tr -d ')#' | cut -c3- | LC_ALL=C sort -u); do
		[ -e "$(dirname "$document")/$link" ]
		ok $? "$document: $link is there"
	done
done
done_testing
