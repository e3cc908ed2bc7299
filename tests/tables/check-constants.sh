#!/bin/sh
# SPDX-License-Identifier: MIT
# Compares constants.tsv with the kernel headers that a compiler sees, by static assertions.
#
# check-constants.sh TABLESDIR ABI COMPILER [FLAG...]
#
# Headers older than the table lack some names: those are counted, every other difference fails.
set -eu
LC_ALL=C
export LC_ALL
if [ $# -lt 3 ]; then
	echo "usage: $0 TABLESDIR ABI COMPILER [FLAG...]" >&2
	exit 2
fi
table=$1/constants.tsv
abi=$2
shift 2
if "$@" --version | grep -q clang; then
	set -- "$@" -ferror-limit=0 -fno-spell-checking # it would mend unknown names
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One file of assertions for each header: the value on the ABI, where the ABI has the constant.
awk -F '\t' -v abi="$abi" -v work="$work" '
	/^#/ || $1 == "name" { next }
	$7 !~ /^(linux|asm)\/[a-z0-9_\/-]+\.h$/ { next }
	$4 != "*" && ("," $4 ",") !~ ("," abi ",") { next }
	{
		value = $5
		n = split($6, pair, ",")
		for (i = 1; i <= n; i++)
			if (index(pair[i], abi "=") == 1)
				value = substr(pair[i], length(abi) + 2)
		file = $7
		gsub("/", "+", file)
		printf "_Static_assert((long long)(%s) == %s, \"%s\");\n", $1, value, $1 > (work "/" file)
	}' "$table"

same=0 unknown=0 differs=0 absent=0 lacking=
for rows in "$work"/*.h; do
	header=$(basename "$rows" | tr + /)
	total=$(wc -l <"$rows")
	for before in '#include <stddef.h>
#include <linux/types.h>
#include <asm/fcntl.h>
#include <linux/time.h>
#include <linux/ioctl.h>
#include <linux/socket.h>
#include <linux/in.h>
#include <linux/termios.h>
#include <asm/termbits.h>
#include <linux/fs.h>
#include <linux/fiemap.h>
#include <linux/filter.h>' '#include <linux/fcntl.h>' '#include <linux/types.h>'; do
		{
			printf '%s\n#include <%s>\n' "$before" "$header"
			printf '#line 1 "ROWS"\n'
			cat "$rows"
		} >"$work/unit.c"
		"$@" -w -fsyntax-only "$work/unit.c" >"$work/log" 2>&1 || true
		grep error: "$work/log" | grep -v '^ROWS:' >"$work/other" || true
		[ -s "$work/other" ] || break
	done
	if [ -s "$work/other" ]; then
		absent=$((absent + total))
		lacking="$lacking $header"
		continue
	fi
	grep 'static.* assertion failed\|static_assert failed' "$work/log" >"$work/bad" || true
	bad=$(wc -l <"$work/bad")
	lost=$(grep '^ROWS:.*error:' "$work/log" | grep -v 'assertion failed\|static_assert failed' |
		cut -d: -f2 | sort -u | wc -l)
	if [ "$bad" -gt 0 ]; then
		sed "s,^,$header ($abi): ," "$work/bad"
	fi
	differs=$((differs + bad))
	unknown=$((unknown + lost))
	same=$((same + total - bad - lost))
done
echo "constants on $abi: $same as the headers say, $differs differ, $unknown too new for these headers, $absent in headers not usable:${lacking:- none}"
[ "$differs" -eq 0 ] && [ "$same" -ge 900 ]
