#!/bin/sh
# SPDX-License-Identifier: MIT
# What the documents show of the language is what the compiler takes: language.md and fpolicy(5) compile, and of each
# pair of lines in diagnostics.md the first is refused with the section's code and the second compiles.
# usage: tests/cli/examples.sh FPOLICYC
set -u
. tests/lib/tap.sh
fpolicyc=$(realpath "$1")
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT

# A line stands where its first word belongs; what is missing around it is put there.
policy() { # text
	declarations='use "std/syscalls.policy"; set @mirrors of prefixes { 192.0.2.1 }'
	statements='syscalls { default allow; } test { allow getpid(); }'
	case $1 in
	policy*)
		cat <<END
language 1; use "std/tiers.policy";
policy open-one { owner "o"; } locked policy locked-one { owner "o"; }
$(echo "$1" | sed 's/{/{ owner "o"; targets debian-12; never bpf;/')
END
		return
		;;
	allow\ read\ \"*) statements="files { $1 } $statements" ;;
	allow* | deny* | kill* | abi*) statements="syscalls { allow getpid; $1 } test { deny bpf(0); }" ;;
	where*) statements="syscalls { allow socket(domain) $1; } test { deny bpf(0); }" ;;
	until*) statements="syscalls { allow read $1 } test { deny bpf(0); }" ;;
	syscalls*default*) statements=$1 ;;
	map*) statements="namespaces { $1 } $statements" ;;
	bind*) statements="mounts { $1 } $statements" ;;
	read*) statements="files { allow $1 } $statements" ;;
	set*) declarations=$1 statements="syscalls { allow @a, getpid; } test { allow getpid(); }" ;;
	const* | param* | use*) declarations=$1 ;;
	*) statements="$1 $statements" ;;
	esac
	case $statements in owner*) ;; *) statements="owner \"tests\"; $statements" ;; esac
	case $statements in *targets*) ;; *) statements="targets debian-12; $statements" ;; esac
	printf 'language 1; %s\npolicy p { %s }\n' "$declarations" "$statements"
}

compiles() { # name
	run "$fpolicyc" "$tmp/p.policy" -q -o "$tmp/out" --policy=p
	is "$status $(echo "$out" | grep ': error: ')" "0 " "$1"
}

refused() { # code name
	run "$fpolicyc" "$tmp/p.policy" -q -o "$tmp/out" --policy=p
	is "$status $(echo "$out" | grep -o "\\[$1\\]" | sort -u)" "2 [$1]" "$2"
}

# language.md: blocks of statements below the heading of their section; a line may say that it is an error.
for section in syscalls files egress; do
	awk -v section="## $section" '/^## / { on = index($0, section) == 1 } on && /^    / { print substr($0, 5) }' docs/language.md >"$tmp/block"
	ok "$([ -s "$tmp/block" ]; echo $?)" "language.md shows $section"
	body=$(grep -v '# an error' "$tmp/block")
	case $section in
	syscalls) policy "syscalls { $body deny socketcall errno ENOSYS; } never bpf; #" ;;
	files) policy "files { $body }" ;;
	egress) policy "$body" ;;
	esac | tr '#' '\n' | sed '/^ *an error/d' >"$tmp/p.policy"
	compiles "language.md: $section compiles"
done
grep '# an error' docs/language.md | sed 's/ *# an error.*//' >"$tmp/errors"
while read -r line; do
	policy "$line" >"$tmp/p.policy"
	refused E0303 "language.md: an error is one: $line"
done <"$tmp/errors"

sed -n '/^\.Sh EXAMPLES/,/^\.Ed/{/^\./d; p}' docs/fpolicy.5 >"$tmp/p.policy"
run "$fpolicyc" "$tmp/p.policy" -q -o "$tmp/out"
is "$status$out" 0 "fpolicy(5): the example compiles"

# What a line cannot show is left out: which editions there are, what files grant, two languages in one line.
printf 'language 1;\nset @imported { read }\n' >"$tmp/sets.policy"
# diagnostics.md: code, first and second line of each block of two.
awk '/^## / { code = $2 }
	/^    / { block[++n] = substr($0, 5); next }
	{ if (n == 2) printf "%s\t%s\t%s\n", code, block[1], block[2]; n = 0 }' docs/diagnostics.md >"$tmp/pairs"
pairs=0
while IFS='	' read -r code bad good; do
	case $code in W* | E0208 | E0209 | E0603 | E0604 | E0704 | E08*) continue ;; esac
	case $bad$good in *...* | *fpolicyc*) continue ;; esac
	pairs=$((pairs + 1))
	policy "${bad%%#*}" >"$tmp/p.policy"
	refused "$code" "diagnostics.md: $code refuses: $bad"
	policy "${good%%#*}" >"$tmp/p.policy"
	compiles "diagnostics.md: $code takes: $good"
done <"$tmp/pairs"
[ "$pairs" -ge 40 ]
ok $? "diagnostics.md has pairs of lines: $pairs"
done_testing
