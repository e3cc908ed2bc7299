#!/bin/sh
# SPDX-License-Identifier: MIT
# fpolicyc fmt: what it writes, what it leaves alone, and that a policy means what it meant. usage: tests/cli/fmt.sh FPOLICYC
set -u
. tests/lib/tap.sh
fpolicyc=$1
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT

# shellcheck disable=SC2046
run "$fpolicyc" fmt --check $(git ls-files 'policies/*.policy')
is "$status $out" "0 " "the policies of the tree are laid out"

for policy in policies/examples/*.policy; do
	name=${policy##*/}
	# As badly as one can without touching comments: no blank at a line's start, many within.
	sed 's/^ *//; /#/!s/;$/  ;/' "$policy" >"$tmp/$name"
	"$fpolicyc" --dump=ir "$tmp/$name" >"$tmp/before" 2>&1
	run "$fpolicyc" fmt "$tmp/$name"
	is "$status $out" "0 " "$name is laid out"
	"$fpolicyc" --dump=ir "$tmp/$name" >"$tmp/after" 2>&1
	cmp -s "$tmp/before" "$tmp/after" && [ -s "$tmp/after" ]
	ok $? "$name means what it meant"
	cmp -s "$tmp/$name" "$policy"
	ok $? "$name is as it was in the tree"
done

# A file with a mistake, and one that is laid out, are not touched.
printf 'language 1;\npolicy a  { owner ; }\n' >"$tmp/bad.policy"
cp "$tmp/bad.policy" "$tmp/kept"
run "$fpolicyc" fmt "$tmp/bad.policy"
is $status 2 "a syntax error is refused"
cmp -s "$tmp/bad.policy" "$tmp/kept"
ok $? "and the file is as it was"
cp policies/examples/lab.policy "$tmp/lab.policy"
touch -d @1000000000 "$tmp/lab.policy"
run "$fpolicyc" fmt "$tmp/lab.policy"
is "$(stat -c %Y "$tmp/lab.policy")" 1000000000 "what is laid out is not written again"

# --check names files and writes nothing.
printf 'policy a {owner "x";}\n' >"$tmp/b.policy"
run "$fpolicyc" fmt --check "$tmp/lab.policy" "$tmp/b.policy"
is "$status $out" "1 $tmp/b.policy" "--check names the file that would change"
is "$(cat "$tmp/b.policy")" 'policy a {owner "x";}' "and leaves it alone"
run "$fpolicyc" fmt --check "$tmp/b.policy" "$tmp/bad.policy"
is $status 2 "a mistake outweighs a layout"
chmod 640 "$tmp/b.policy"
ln -s b.policy "$tmp/link.policy"
run "$fpolicyc" fmt "$tmp/link.policy"
is "$(cat "$tmp/b.policy")" 'policy a { owner "x"; }' "a link's file is laid out"
is "$(stat -c %a "$tmp/b.policy") $(readlink "$tmp/link.policy")" "640 b.policy" "mode and link stay"
is "$(printf 'policy a {owner "x";}' | "$fpolicyc" fmt -)" 'policy a { owner "x"; }' "- is standard input to standard output"
is "$(printf 'policy a {owner "x";}' | "$fpolicyc" fmt --check -; echo $?)" "<stdin>
1" "--check of standard input"
run "$fpolicyc" fmt
is $status 2 "no file is a mistake"
run "$fpolicyc" fmt --tabs "$tmp/b.policy"
is $status 2 "there are no options"
done_testing
