#!/bin/sh
# SPDX-License-Identifier: MIT
# Options, dependency files, several policies in one run, and exit codes. usage: tests/cli/options.sh FPOLICYC
# shellcheck disable=SC2016,SC1003 # ${name} is the language's own
set -u
. tests/lib/tap.sh
fpolicyc=$(realpath "$1")
root=$PWD
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2

policy() { # name declarations statements
	cat <<END
language 1;
$2
policy $1 {
	version "1"; owner "tests"; tier standard; targets debian-12;
	syscalls { default allow; }
	files    { default allow; }
	devices  { default allow; }
	$3
	test { allow getpid(); }
}
END
}
policy a '' '' >a.policy
policy b '' '' >b.policy
policy typed 'param n : number = 7; param p : port; param s : size = 64MiB; param d : path = "/d"; param j : name; param w : prefix = 10.0.0.0/8;' \
	'limits { pids ${n}; memory ${s}; } egress { allow tcp to ${w} port ${p}; }
	mounts { bind "/srv/${j}" on "${d}" readonly; }' >typed.policy
policy warned 'set @never { read }' '' >warned.policy
(policy one '' '' && policy two '' '' | sed 1d) >pair.policy

fails() { # name pattern arguments...: exit 2, the pattern on stderr, nothing written
	name=$1 pattern=$2
	shift 2
	run "$fpolicyc" "$@"
	case $out in *"$pattern"*) matched=yes ;; *) matched=$out ;; esac
	is "$status $matched $(ls -d refused* 2>/dev/null)" "2 yes " "$name"
	rm -rf refused*
}

# What a file is called or holds cannot draw on a terminal.
odd=$(printf 'odd\033[31m\342\200\256')
printf 'language 1;\npolicy p { owner "\302\233\342\200\256"; }\n' >"$odd.policy"
run "$fpolicyc" "$odd.policy" -o refused
is "$status $(echo "$out" | LC_ALL=C tr -d '\n' | LC_ALL=C grep -c '[^ -~]')" "2 0" "names and lines are shown without controls"

# Colours: none in a pipe, and --color has the last word, before and after the command and its files.
escapes() { # arguments...: how many lines of a warning begin a colour
	"$fpolicyc" "$@" 2>&1 </dev/null | grep -c "$(printf '\033')"
}
is "$(escapes warned.policy -o out)" 0 "a pipe has no colours"
ok "$([ "$(NO_COLOR=1 escapes --color=always warned.policy -o out)" -gt 0 ]; echo $?)" \
	"--color=always is coloured, whatever NO_COLOR says"
ok "$([ "$(escapes warned.policy -o out --color)" -gt 0 ]; echo $?)" "--color alone is always"
ok "$([ "$(escapes lint warned.policy --color=always)" -gt 0 ]; echo $?)" "of other commands, too"
is "$(escapes warned.policy -o out --color=always --color=never)" 0 "the last one counts"
fails "a colour that is none" "--color=red: it is auto, always or never" a.policy -o refused --color=red
fails "no option behind --" "--color: No such file" -o refused -- --color

# Exit codes.
run "$fpolicyc" a.policy -o out
is $status 0 "clean is 0"
run "$fpolicyc" warned.policy -o out
is "$status $(echo "$out" | grep -c 'warning: .*\[W0201\]')" "0 1" "warnings are 0"
echo "$out" | grep -q '^warned: [0-9]* files in out, 1 warning$'
ok $? "and counted"
run "$fpolicyc" a.policy -q -o out
is "$status$out" 0 "--quiet is quiet"
fails "no arguments" "nothing to do"
fails "a misspelt command" "did you mean 'compile'?" comiple a.policy -o refused
fails "a command that is none" "help: commands are compile, " frobnicate
fails "a word with control bytes" "no file '\\x1b[31m\\xff'" "$(printf '\033[31m\377')"
fails "no policy" "no policy was given" -o refused
fails "no output" "say where to write" a.policy
fails "no such file" "missing.policy: No such file" missing.policy -o refused
fails "a folder for a policy" ": Is a directory" . -o refused
fails "an unknown long option" "unknown option --nonsense" a.policy --nonsense -o refused
fails "a misspelt long option" "did you mean '--today'?" a.policy --tday=2026-01-01 -o refused
fails "an option without its dashes" "that is the option '--help'" help
fails "an unknown short option" "unknown option -z" a.policy -z -o refused
fails "an unknown letter among known ones" "unknown option -z" a.policy -zq -o refused
fails "an option without its value" "needs a value" a.policy -o
fails "-o - without --artifact" "name it with --artifact=PATH" a.policy -o -
fails "a misspelt artifact" "did you mean 'debian-12/oci/config.json'?" a.policy -o - --artifact=debian-12/oci/confg.json
fails "--artifact without -o -" "--artifact goes with -o -" a.policy -o refused --artifact=spec.json
fails "--policy with two files" "take one policy" a.policy b.policy -o refused --policy=a
fails "-MD with two files" "take one policy" a.policy b.policy -o refused -MD
fails "-MD with --dump" "-MD goes with -o DIR" a.policy --dump=ast -MD
fails "-MF without -MD" "-MF goes with -MD" a.policy -o refused -MF refused.d
fails "-MX" "unknown option -MX" a.policy -o refused -MX
fails "an unknown phase" "there is no phase 'nonsense'" a.policy --dump=nonsense
fails "an unknown back end" "there is no back end 'nonsense'" a.policy --dump=plan:nonsense
fails "a bad --today" "'2027-02-30' is no date" a.policy -o refused --today=2027-02-30
SOURCE_DATE_EPOCH=soon fails "a bad SOURCE_DATE_EPOCH" "SOURCE_DATE_EPOCH 'soon'" a.policy -o refused
SOURCE_DATE_EPOCH=99999999999999999999 fails "an epoch past 64 bits" "is no number of seconds" a.policy -o refused
run env SOURCE_DATE_EPOCH= "$fpolicyc" a.policy -q -o out
is $status 0 "an empty SOURCE_DATE_EPOCH is none"
for phase in tokens ast ir plan:seccomp plan:apparmor plan:selinux plan:oci plan:cgroup2 plan:nftables; do
	run "$fpolicyc" a.policy --dump=$phase
	is "$status $([ -n "$out" ] && echo text)" "0 text" "--dump=$phase prints"
done
run env POSIXLY_CORRECT=1 "$fpolicyc" a.policy -q -o out
is $status 0 "options follow files, whatever the environment says"
run "$fpolicyc" compile -o out -q -- a.policy
is $status 0 "compile may be written out, and -- ends options"
"$fpolicyc" - -q -o from-stdin <a.policy
is "$? $(cmp from-stdin/spec.json out/spec.json)" "0 " "a policy may come from standard input"
"$fpolicyc" - -q -o refused </dev/null 2>err
is "$? $(grep -c '^-:1:1: error' err)" "2 2" "and its errors have a place"

# What is weaker than it looks is counted.
policy weak '' 'layer seccomp best-effort; mounts { bind "/a" on "/b" quota 1GiB accept unenforced because "x"; }
	syscalls { deny ptrace; }' >weak.policy
run "$fpolicyc" weak.policy -o out
echo "$out" | grep -q '^weak: [0-9]* files in out, 1 accepted unenforced, [0-9]* held by best effort only$'
ok $? "rules that are accepted or held by best effort are counted"

# -D
run "$fpolicyc" typed.policy -q -o out -D p=443 -D n=9 -Dj=job-1
is "$status$out" 0 "-D, apart and glued"
is "$(cat out/debian-12/cgroup2/pids.max)" 9 "its value is compiled in"
grep -q '"/srv/job-1"' out/debian-12/oci/config.json
ok $? "and stands in strings"
run "$fpolicyc" typed.policy -q -o out -D p=443
grep -q 'srv/${j}' out/debian-12/oci/config.json
ok $? "a name without a value stays open"
echo "$out" | grep -q '^typed: '
ok $((! $?)) "and is quiet with -q"
run "$fpolicyc" typed.policy -o out -D p=443
echo "$out" | grep -qxF 'OPEN: ${j}: artifacts are templates until -D gives a value'
ok $? "and is told"
fails "a port without a value" "[E0211]" typed.policy -o refused
for bad in p=0 p=65536 p=-1 p=http p= n=18446744073709551616 n=1.5 n=0x s=64 s=64MB s=17179869184GiB s=-1MiB d=relative d=/../x d=/a//b \
	d=/a/ j=../x j=a/b j=-x j=.x j= 'j=a b' 'j=a"b' w=10.0.0.1/8 w=10.0.0.0/33 w=::/129 w=10.0.0; do
	[ "$bad" = s=64 ] && continue # bytes
	case $bad in p*) set -- ;; *) set -- -D p=1 ;; esac
	fails "-D $bad" "[E0211]" typed.policy -o refused "$@" -D "$bad"
done
long=$(head -c 5000 /dev/zero | tr '\0' a)
for bad in "$(printf 'j=\377\376')" "$(printf 'j=\033[31m')" "$(printf 'd=/\342\200\256')" "j=$long" "d=/$long" "$(printf '\377z=1')" "$long=1" "$long"; do
	run "$fpolicyc" typed.policy -q -o refused -D p=1 -D "$bad"
	is "$status $(echo "$out" | grep -c ': error: ') $(echo "$out" | LC_ALL=C tr -d '\n' | LC_ALL=C grep -c '[^ -~]')" "2 1 0" \
		"odd bytes and long words of -D are one error that can be read"
	is "$(echo "$out" | awk 'length > 400' | wc -l)" 0 "and a short one"
done
fails "-D without =" "write NAME=VALUE" a.policy -o refused -D job
fails "-D without a name" "write NAME=VALUE" a.policy -o refused -D =5
fails "-D of what is not declared" "declares no such parameter" a.policy -o refused -D job=1
fails "-D twice" "-D p is given twice" typed.policy -o refused -D p=1 -D p=2
# shellcheck disable=SC2046 # sixty-five words
fails "sixty-five -D" "more than 64" a.policy -o refused $(seq -f '-Dx%.0f=1' 65)

# --target
"$fpolicyc" targets debian-13 >my.target
run "$fpolicyc" a.policy -q -o out --target=my.target
is "$status $(ls out)" "0 manifest.json
my
spec.json" "--target=FILE is called by the name of its file"
run "$fpolicyc" a.policy -q -o out --target=debian-11 --target debian-12
is "$status $(ls out)" "0 debian-11
debian-12
manifest.json
spec.json" "--target twice overrides the policy"
cp -r out out-1
run "$fpolicyc" a.policy -q -o out --target=debian-12 --target=debian-11
is "$(diff -r out out-1)" "" "in any order"
fails "an unknown target" "there is no target 'debian-99'" a.policy -o refused --target=debian-99
fails "a target twice" "the target 'debian-12' is given twice" a.policy -o refused --target=debian-12 --target=debian-12
cp my.target debian-13.target
fails "a target by name and by file" "given twice" a.policy -o refused --target=debian-13 --target=debian-13.target
for name in '..' '...' 'a b' ''; do
	cp my.target "./$name.target"
	fails "a target called '$name'" "is no name for a target" a.policy -o refused "--target=./$name.target"
done
fails "a missing target file" "./no.target: No such file" a.policy -o refused --target=./no.target
echo nonsense >bad.target
fails "a target file that is none" "bad.target:1:1: error" a.policy -o refused --target=bad.target

# --policy, and several policies
fails "two policies in a file" "choose one: --policy=" pair.policy -o refused
run "$fpolicyc" pair.policy -q -o out --policy=two
is "$status $(grep -c '"policy": "two"' out/spec.json)" "0 1" "--policy chooses"
fails "an unknown --policy" "there is no policy 'three'" pair.policy -o refused --policy=three
run "$fpolicyc" a.policy b.policy -o many
echo "$out" | grep -q '^b: [0-9]* files in many/b$'
ok $? "each with its folder"
is "$status $(ls many)" "0 a
b
manifest.json" "two files are two folders"
"$fpolicyc" b.policy -q -o alone
is "$(diff -r alone many/b)" "" "each as if alone"
run "$fpolicyc" b.policy a.policy -q -o many
is $status 0 "and replaced together"
fails "one policy from two files" "two policies write" a.policy ./a.policy -o refused

# -MD: what make reads.
mkdir 'inc dir'
printf 'language 1;\nset @s { read }\n' >'inc dir/s.inc'
policy dep 'use "s.inc";' 'syscalls { deny @s; }' >dep.policy
run "$fpolicyc" dep.policy -q -o dep.out -MD -I 'inc dir' --target=./my.target
is "$status$out" 0 "-MD"
is "$(cat dep.out.d)" 'dep.out/manifest.json: \
  dep.policy \
  inc\ dir/s.inc \
  ./my.target' "names the policy, its imports and target files, beside the folder"
run "$fpolicyc" dep.policy -q -o dep.out/ -MD -MF given.d -I 'inc dir' --target=./my.target
cmp given.d dep.out.d
ok $? "-MF names the file"
run "$fpolicyc" dep.policy -q -o dep.out -MD -MFglued.d -I 'inc dir' --target=./my.target
cmp glued.d dep.out.d
ok $? "glued, too"
rm -f given.d
fails "a bad policy" "error" dep.policy -q -o refused -MD -MF given.d
[ ! -e given.d ]
ok $? "has no dependency file"
fails "-MF below no folder" "no/such.d: No such file" a.policy -q -o refused -MD -MF no/such.d
cp -r dep.out dep.before
"$fpolicyc" a.policy -q -o dep.out -MD -MF inc\ dir 2>err
is "$? $(cat err) $(diff -r dep.out dep.before)" "2 fpolicyc: error: inc dir: Is a directory; nothing was written " \
	"-MF on a folder writes nothing at all"
if command -v make >/dev/null; then
	for name in 'a b' 'a#b' 'a$b' 'a:b' 'a%b' 'a\b' 'a\ b' 'a\\#b' 'a*b' 'a?b' 'a[b]' '~a' "a'b" 'a"b' 'a|b' 'a&b' 'é'; do
		cp a.policy "$name.policy"
		"$fpolicyc" "./$name.policy" -q -o "out-$name" -MD -MF odd.d
		printf '\t@echo again\n' >>odd.d
		touch -d '2020-01-02' "out-$name/manifest.json"
		touch -d '2020-01-01' "$name.policy"
		fresh=$(make -s -f odd.d "out-$name/manifest.json" 2>&1)
		touch -d '2020-01-03' "$name.policy"
		is "$fresh$(make -s -f odd.d "out-$name/manifest.json" 2>&1)" again "make understands $name"
	done
else
	skip "make reads odd names" "no make"
fi
for name in 'a;b' 'a=b' 'a
b' 'a\'; do
	cp a.policy "$name"
	fails "make has no spelling for this name" "make has no spelling" "./$name" -q -o refused -MD
done
# A rule that silence means: the message is about the policy, not about the library's file.
"$fpolicyc" targets debian-12 | sed 's/^\(lsm.enabled\t\)[^\t]*/\1capability yama/' >bare.target
echo 'language 1; policy p { owner "o"; tier standard; never bpf; files { } }' >silent.policy
run "$fpolicyc" silent.policy --target=bare.target -o refused
is "$status $(echo "$out" | grep -c '^silent.policy:1:.*nothing enforces .default deny. of files on bare')" "2 1" \
	"an unenforced rule that silence means is shown in the policy"
is "$(echo "$out" | grep -c 'implied.policy')" 0 "and not in the standard library"
is "$(echo "$out" | grep -c 'note: apparmor would hold it, and bare does not run it')" 1 "with the layer that would hold it"
is "$(echo "$out" | grep -c 'help: .*files { default deny accept unenforced')" 1 "and what to say"
is "$(echo "$out" | grep -c 'targets bare')" 0 "no built-in target is told of that is not there"

# What a base says is accepted where it is repeated; a statement that is several rules is accepted for all of them.
"$fpolicyc" targets debian-12 | sed 's/^\(cgroup.unified\t\)yes/\1no/' >old.target
limits() { # of the base, of the policy
	echo "language 1; policy b { owner \"o\"; targets debian-12; limits { $1 } never bpf; }
		policy p extends b { devices { default deny accept unenforced because \"r\"; } limits { oom kill-group accept unenforced because \"r\"; $2 } }" >limits.policy
	run "$fpolicyc" limits.policy --target=old.target -o limits
}
limits 'memory 8MiB high 4MiB;' ''
is "$status $(echo "$out" | grep -c "help: it is a base's: .*repeat it in the policy")" "2 1" "a base's rule: repeat it"
limits 'memory 8MiB high 4MiB;' 'memory 8MiB high 4MiB accept unenforced because "r";'
is "$status $(echo "$out" | grep -c W0201)" "0 0" "repeated, and accepted for high alone"
run "$fpolicyc" limits.policy --target=debian-12 -o limits
is "$status $(echo "$out" | grep -c "'memory.*there is nothing to accept")" "0 1" "where both are enforced it is told once"

cd "$root" || exit 2
done_testing
