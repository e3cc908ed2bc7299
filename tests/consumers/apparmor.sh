#!/bin/sh
# SPDX-License-Identifier: MIT
# Gives every profile below OUT/<target>/apparmor to apparmor_parser, with the features of its target.
# Usage: apparmor.sh OUT... (each written by fpolicyc -o OUT). A warning is a failure, but for one that
# says what we mean: "network unix" is a rule of family and type.
set -u
here=$(cd "$(dirname "$0")" && pwd)
targets=$here/../../schemas/targets
parser=$(PATH=$PATH:/usr/sbin:/sbin command -v apparmor_parser) || {
	echo "skip: no apparmor_parser"
	exit 0
}
installed=$("$parser" --version | sed -n 's/.*version //p' | head -n 1)
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/abi" && : >"$dir/empty.conf"
n=0 failed=0

row() { # target key: the value of a row of the target file
	awk -F '\t' -v key="$2" '$1 == key { print $2 }' "$targets/$1.target"
}

result() { # ok? what
	n=$((n + 1))
	[ "$1" -eq 0 ] && echo "ok $n - $2" && return
	failed=1
	echo "not ok $n - $2"
	sed 's/^/  /' "$dir/errors"
}

# Where the parser is given the policy features of the target, its abi file holds the same.
check() { # target profile
	features=$targets/apparmor/$(row "$1" apparmor.features)
	cp "$features" "$dir/abi/$(row "$1" apparmor.abi)" || return 1
	"$parser" -Q -K -T --config-file "$dir/empty.conf" --base "$dir" -M "$features" \
		--warn=rule-not-enforced --warn=rule-downgraded -o "$dir/blob" "$2" 2>"$dir/errors" || return 1
	if grep -q '^  network unix\|^  network,' "$2"; then
		grep -v 'downgrading extended network unix socket rule to generic network rule$' \
			"$dir/errors" | sed '/^$/d' >"$dir/rest"
		mv "$dir/rest" "$dir/errors"
	fi
	[ ! -s "$dir/errors" ] && [ -s "$dir/blob" ]
}

# What the installed parser says nothing about because its own language or features end before.
note() { # target profile
	theirs=$(row "$1" apparmor.parser)
	[ "$theirs" = "$installed" ] && return
	echo "# $1 has parser $theirs, checked with $installed"
	if [ "$(row "$1" apparmor.unix)" = yes ] && grep -q '^  unix ' "$2"; then
		echo "# $installed writes \"unix\" rules as network rules; $theirs keeps them whole"
	fi
}

echo "consumer: apparmor_parser $installed"
for out; do
	for profile in "$out"/*/apparmor/*; do
		[ -f "$profile" ] || continue
		target=$(basename "$(dirname "$(dirname "$profile")")")
		[ -f "$targets/$target.target" ] || continue
		check "$target" "$profile"
		result $? "apparmor_parser takes $target/${profile##*/}"
		note "$target" "$profile"
	done
done
[ "$n" -gt 0 ] || { echo "not ok 1 - no profile was found"; exit 1; }
exit $failed
