#!/bin/sh
# SPDX-License-Identifier: MIT
# Each command's --help names just the options that fpolicyc(1) explains; the man pages are clean and name all functions.
# usage: tests/cli/help.sh FPOLICYC
set -u
. tests/lib/tap.sh
fpolicyc=$1

# Options of a usage text, whose prose stands at the margin: short ones without what is glued to them.
of_help() {
	"$fpolicyc" "$1" --help | grep -E '^(usage:| )' | grep -oE -- '(^|[ [,])(--[a-z][a-z-]*|-MD|-MF|-[A-Za-z])' | sed 's/^[ [,]*//' | LC_ALL=C sort -u
}

# Those that have an item in the command's part of the page: .It Fl x, .It Fl -long, and both in one line.
of_page() {
	awk -v want="$1" '
		/^\.Ss / { on = $2 == want }
		/^\.Sh / { on = 0 }
		on && /^\.It / { for (i = 2; i < NF; i++) if ($i == "Fl") print "-" $(i + 1) }' docs/fpolicyc.1 |
		LC_ALL=C sort -u
}

commands=$(sed -n 's/^CMD("\([a-z]*\)".*/\1/p' compiler/cmd/cmd.def)
for command in $commands; do
	run "$fpolicyc" "$command" --help
	is $status 0 "$command --help succeeds"
	is "$(of_help "$command")" "$(of_page "$command")" "fpolicyc(1) and $command --help have the same options"
	grep -q "^\.Ss $command\$" docs/fpolicyc.1
	ok $? "fpolicyc(1) has a part for $command"
done
is "$(sed -n 's/^\.Ss //p' docs/fpolicyc.1 | LC_ALL=C sort)" "$(echo "$commands" | LC_ALL=C sort)" \
	"fpolicyc(1) has a part for no other command"
run "$fpolicyc" --help
is $status 0 "--help succeeds"
for command in $commands; do
	case $out in *"  $command "*) ok 0 "--help names $command" ;; *) ok 1 "--help names $command" ;; esac
done

is "$(sed -n 's/^\.F[no] \(fpolicy_[a-z_]*\).*/\1/p' docs/libfpolicy.3 | LC_ALL=C sort -u)" \
	"$(grep -oE '\bfpolicy_[a-z_]+\(' compiler/libfpolicy.h | tr -d '(' | LC_ALL=C sort -u)" \
	"libfpolicy(3) and the header have the same functions"
if command -v mandoc >/dev/null; then
	for page in docs/*.[135]; do
		# What pages are installed here is no fault of ours.
		is "$(mandoc -Tlint -W warning "$page" 2>&1 | grep -v 'outdated mandoc.db')" "" "$page is clean"
	done
else
	skip "man pages are clean" "no mandoc"
fi
done_testing
