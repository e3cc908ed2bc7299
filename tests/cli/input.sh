#!/bin/sh
# SPDX-License-Identifier: MIT
# Hostile policies and imports: an error with a place, exit 2, in bounded time and memory. usage: tests/cli/input.sh FPOLICYC
# shellcheck disable=SC3045 # dash and bash have ulimit -v
set -u
. tests/lib/tap.sh
fpolicyc=$(realpath "$1")
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2

# A sanitizer reserves terabytes of addresses: there only time is bounded.
memory=$((300 * 1024))
sh -c "ulimit -v $memory; '$fpolicyc' --version" >/dev/null 2>&1 || memory=unlimited

fails() { # name pattern file [options]
	name=$1 pattern=$2 file=$3
	shift 3
	out=$(ulimit -v "$memory"; timeout 20 "$fpolicyc" "$file" -q -o out "$@" 2>&1 </dev/null)
	status=$?
	case $out in *"$pattern"*) matched=yes ;; *) matched=$(echo "$out" | cut -c1-200 | head -n 5) ;; esac
	is "$status $matched $(ls -d out 2>/dev/null)" "2 yes " "$name"
	rm -rf out
}
passes() { # name file [options]
	name=$1 file=$2
	shift 2
	out=$(ulimit -v "$memory"; timeout 20 "$fpolicyc" "$file" -q -o out "$@" 2>&1 </dev/null)
	is "$? $(echo "$out" | grep -v 'W[0-9]*\]$\|^ *[0-9]* |\|^ *|\|help: \|more warnings' | cut -c1-200 | head -n 5)" "0 " "$name"
	rm -rf out
}
policy() { # declarations statements
	cat <<END
language 1;
$1
policy p {
	owner "tests"; tier standard; targets debian-12;
	syscalls { default allow; }
	devices  { default allow; }
	$2
	test { allow getpid(); }
}
END
}
repeat() { # count format: every %d is the number
	awk -v n="$1" -v f="$2" 'BEGIN { for (i = 1; i <= n; i++) { s = f; gsub(/%d/, i, s); printf "%s", s } }'
}
many() { # count format declarations: the format, repeated, inside of statements
	policy "${3-}" "$(printf 'files { default allow; } ')$(repeat "$1" "$2")"
}

# Bytes.
printf 'language 1;\0' >nul.policy
fails "a NUL" "nul.policy:1:12: error: a NUL byte [E0105]" nul.policy
printf '\357\273\277language 1;' >bom.policy
fails "a byte order mark" "bom.policy:1:1: error" bom.policy
printf 'language 1; # \342\200\256 hidden\n' >bidi.policy
fails "a bidirectional control in a comment" "bidi.policy:1:15: error" bidi.policy
printf 'language 1; # \377\n' >latin.policy
fails "bytes that are not UTF-8" "latin.policy:1:15: error" latin.policy
printf 'language 1; # \355\240\200\n' >surrogate.policy
fails "a surrogate" "surrogate.policy:1:15: error" surrogate.policy
printf 'language 1; # \300\257\n' >overlong.policy
fails "an overlong form" "overlong.policy:1:15: error" overlong.policy
: >empty.policy
fails "an empty file" "empty.policy:1:1: error" empty.policy
head -c 65536 /dev/zero >zeros.policy
fails "64 KiB of NULs" "[E0105]" zeros.policy
head -c 200000 /dev/urandom >random.policy
fails "200,000 random bytes" "random.policy:" random.policy
policy '' 'version "\x1b[31m"; limits { pids "\x1b[2J"; }' >escape.policy
fails "a control in a string" "error" escape.policy
case $out in *"$(printf '\033')"*) ok 1 "does not reach the terminal" ;; *) ok 0 "does not reach the terminal" ;; esac
printf 'language 1;\r\npolicy p { owner "o"; }\r\n' >crlf.policy
fails "a DOS file is read like another" "names no targets" crlf.policy

# Size.
truncate -s 100M big.policy
fails "100 MiB of NULs" "larger than 64 MiB" big.policy
yes '# comment' | head -c 100000000 >long.policy
fails "100 MB of comments" "larger than 64 MiB" long.policy
yes '# comment' | head -c 17000000 >long.policy
fails "17 MB of comments" "[E0104]" long.policy
yes 'policy p { ' | head -c 16000000 >long.policy
fails "16 MB of open policies" "error" long.policy
rm -f big.policy long.policy
fails "an endless file" "larger than 64 MiB" /dev/zero
{ printf 'language 1; # '; head -c 1000000 /dev/zero | tr '\0' x; printf '\nnonsense'; } >line.policy
fails "a line of a million bytes" "line.policy:2:1: error" line.policy

# Braces that close too much: recovery must come to an end.
for text in 'set @s { } }' 'set @s { } } ' 'set @s { read } } set @t { write } }' 'policy p { widen { } } }' 'policy p { widen { limits { } } } x } }' \
	'policy p { syscalls { } } } }' 'set @s { ; } }' '} } }' 'set @s { } because "x"; }'; do
	printf 'language 1; %s' "$text" >brace.policy
	fails "'$text'" "brace.policy:1:" brace.policy
done

# Nesting.
policy '' "$(printf 'syscalls { deny socket(domain) where '; repeat 10000 '('; printf 'domain == 1'; repeat 10000 ')'; printf '; }')" >deep.policy
fails "10,000 parentheses" "[E0103]" deep.policy
policy '' "$(printf 'syscalls { deny socket(domain) where '; repeat 10000 'not '; printf 'domain == 1; }')" >deep.policy
fails "10,000 negations" "[E0103]" deep.policy
policy '' "$(printf 'syscalls { deny socket(domain) where domain == '; repeat 10000 '~'; printf '1; }')" >deep.policy
fails "10,000 inversions" "[E0103]" deep.policy
repeat 10000 '{' >deep.policy
fails "10,000 braces" "error" deep.policy
policy '' "files { deny read \"/$(repeat 2000 '{')$(repeat 2000 '}')\"; }" >deep.policy
fails "braces in a pattern" "nests braces too deeply" deep.policy
policy "$(awk 'BEGIN { for (i = 1; i < 10000; i++) printf "const k%d = k%d;\n", i, i + 1; print "const k10000 = 1;" }')" \
	'syscalls { deny socket(domain) where domain == k1; }' >deep.policy
fails "10,000 constants of constants" "nests too deeply" deep.policy
policy "const k0 = 1; $(awk 'BEGIN { for (i = 1; i < 60; i++) printf "const k%d = k%d | k%d;\n", i, i - 1, i - 1 }')" \
	'syscalls { deny socket(domain) where domain == k59; }' >double.policy
passes "constants that double the work each time" double.policy
policy "set @s0 { read } $(awk 'BEGIN { for (i = 1; i < 60; i++) printf "set @s%d { @s%d, @s%d }\n", i, i - 1, i - 1 }')" \
	'syscalls { deny @s59; }' >double.policy
passes "sets that do" double.policy
policy "$(awk 'BEGIN { for (i = 1; i < 10000; i++) printf "set @s%d { @s%d }\n", i, i + 1; print "set @s10000 { read }" }')" \
	'syscalls { deny @s1; }' >deep.policy
fails "10,000 sets of sets" "nests too deeply" deep.policy
{ echo 'language 1;'; awk 'BEGIN { for (i = 1; i < 10000; i++) printf "policy p%d within p%d { owner \"o\"; }\n", i, i + 1; print "policy p10000 { }" }'; } >deep.policy
fails "10,000 policies within policies" "nested more than 32 deep" deep.policy
sed 's/within/extends/' deep.policy >extends.policy
fails "10,000 bases of bases" "nests too deeply" extends.policy

# Numbers.
number() { # a limit, a pattern
	policy '' "files { default allow; } limits { $1; }" >number.policy
	fails "$1" "$2" number.policy
}
number 'pids 18446744073709551616' '[E0114]'
number 'pids 99999999999999999999999999999999999' '[E0114]'
number 'pids 0xffffffffffffffffff' '[E0114]'
number 'pids 18446744073709551615' '[E0401]'
number 'pids -1' '[E0101]'
number 'pids 0' '[E0401]'
number 'memory 17179869184GiB' '[E0114]'
number 'memory 9223372036854775808' '[E0401]'
number 'wall-clock 5124095576030432h' '[E0114]'
number 'cpu 18446744073709551.616' '[E0114]'
number 'cpu 1.0001' '[E0118]'
policy '' 'files { default allow; } egress { allow tcp to 10.0.0.0/8 port 1 until 2027-02-29; }' >date.policy
fails "a date that never was" "[E0115]" date.policy
policy '' 'files { default allow; } egress { allow tcp to 10.0.0.1/8 port 1; }' >prefix.policy
fails "a prefix with host bits" "[E0403]" prefix.policy
for name in 'tmpfs on "/t" size 18446744073709551615' 'tmpfs on "/t" inodes 9223372036854775808'; do
	policy '' "files { default allow; } mounts { $name; }" >mount.policy
	fails "$name" "[E0401]" mount.policy
done

# Numbers of things: near-linear, or refused.
repeat 200000 'const c%d = 1; ' >names
policy "$(cat names)" 'files { default allow; }' >many.policy
passes "200,000 constants" many.policy
policy "$(sed 's/const c\([0-9]*\) = 1;/set @s\1 { read }/g' names)" 'files { default allow; }' >many.policy
passes "200,000 sets" many.policy
policy "$(sed 's/const c\([0-9]*\) = 1;/param p\1 : name;/g' names)" 'files { default allow; }' >many.policy
passes "200,000 parameters" many.policy
{ echo 'language 1;'; repeat 100000 'policy p%d { } '; } >many.policy
fails "100,000 policies" "choose one" many.policy
many 100000 'syscalls { deny nosuch%d; } ' >many.policy
fails "100,000 unknown calls" "more errors are not shown" many.policy
many 10000 'files { deny read "/a/b%d"; } ' >many.policy
passes "10,000 paths on one line" many.policy
many 5000 'egress { allow tcp to 10.0.0.0/8 port %d; } ' >many.policy
passes "5,000 ports" many.policy
policy '' "files { default allow; } syscalls { deny socket(domain) where domain in { $(repeat 20000 '%d, ' | sed 's/\([0-9]\),/\1_000,/g') }; }" >many.policy
fails "a filter that no kernel takes" "error" many.policy
policy '' "files { default allow; deny read \"/$(repeat 600 '{a,b}*')\"; }" >wide.policy
out=$(ulimit -v "$memory"; timeout 20 "$fpolicyc" wide.policy -q -o out 2>&1)
[ $? -le 2 ]
ok $? "a pattern of 600 alternatives and stars"
rm -rf out

# Imports.
policy 'use "x.inc";' 'files { default allow; }' >use.policy
imports() { # name pattern
	fails "$1" "$2" use.policy
	rm -rf x.inc
}
imports "a missing import" 'use.policy:2:1: error: cannot import "x.inc": no such file below the import roots [E0202]'
mkdir outside
echo 'language 1;' >outside/x.inc
ln -s outside/x.inc x.inc
imports "a link" "symbolic links are not followed"
mkdir x.inc
imports "a folder" "not a regular file"
mkfifo x.inc
imports "a FIFO" "not a regular file"
truncate -s 100M x.inc
imports "a huge file" "larger than 64 MiB"
printf 'language 1; \377' >x.inc
imports "an import with an error" "x.inc:1:13: error"
for name in ../outside/x.inc /etc/passwd ./outside/x.inc outside//x.inc outside/../outside/x.inc outside/ '' .. std/../x std/nosuch "$(repeat 300 a)"; do
	policy "use \"$name\";" 'files { default allow; }' >use.policy
	fails "import of '$(echo "$name" | cut -c1-40)'" "[E0202]" use.policy
done
ln -s outside linked
policy 'use "linked/x.inc";' 'files { default allow; }' >use.policy
fails "an import through a link to a folder" "symbolic links are not followed" use.policy
policy 'use "x.inc";' 'files { default allow; }' >use.policy
passes "-I names a root" use.policy -I outside
passes "a root itself may be a link" use.policy -I linked
fails "a missing root has nothing" "no such file below" use.policy -I nosuch
printf 'language 1;\nuse "use.policy";' >x.inc
fails "a cycle" "[E0203]" use.policy
fails "a cycle, the root spelt otherwise" "use.policy:" "$tmp/use.policy"
printf 'language 1;\nuse "x.inc";' >x.inc
fails "an import of itself" "[E0203]" use.policy
rm x.inc
chain() { # files
	rm -f c*.inc
	awk -v n="$1" 'BEGIN { for (i = 1; i <= n; i++) { f = "c" i ".inc"; print "language 1;" > f; if (i < n) print "use \"c" i + 1 ".inc\";" > f; close(f) } }'
}
policy 'use "c1.inc";' 'files { default allow; }' >chain.policy
chain 32
passes "32 imports deep" chain.policy
chain 33
fails "33 imports deep" "nested more than 32 deep" chain.policy
rm -f c*.inc
awk 'BEGIN { for (i = 1; i <= 60; i++) { f = "c" i ".inc"; print "language 1; use \"d.inc\";" > f; close(f) } print "language 1;" > "d.inc" }'
policy "$(repeat 60 'use "c%d.inc"; ')" 'files { default allow; }' >diamond.policy
passes "one file from sixty others" diamond.policy
awk 'BEGIN { for (i = 61; i <= 70; i++) { f = "c" i ".inc"; print "language 1;" > f; close(f) } }'
policy "$(repeat 70 'use "c%d.inc"; ')" 'files { default allow; }' >wide.policy
fails "seventy files" "may import 64 files" wide.policy
done_testing
