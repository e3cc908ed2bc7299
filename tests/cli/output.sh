#!/bin/sh
# SPDX-License-Identifier: MIT
# Output appears whole or not at all. usage: tests/cli/output.sh FPOLICYC
# shellcheck disable=SC2015,SC2012 # names are our own
set -u
. tests/lib/tap.sh
fpolicyc=$(realpath "$1")
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2

policy() { # name statements
	cat <<END
language 1;
policy $1 {
	version "1"; owner "tests"; tier standard; targets debian-12;
	syscalls { default allow; }
	files    { default allow; }
	devices  { default allow; }
	$2
	test { allow getpid(); }
}
END
}
policy a '' >a.policy
policy a 'limits { pids 77; }' >b.policy
policy a 'limits { pids 0; }' >bad.policy
state() { find "$1" -mindepth 1 | sort | while read -r f; do [ -d "$f" ] && echo "$f" || cksum "$f"; done; }
stages() { find . -name '*fpolicyc-stage*' | sort; }

run "$fpolicyc" a.policy -o out
is $status 0 "a first output"
grep -q '^a: [0-9]* files in out$' <<END
$out
END
ok $? "and what was written is said"
before=$(state out)
run "$fpolicyc" a.policy -q -o out
is "$status$out" 0 "the same again"
is "$(state out)" "$before" "is the same, byte for byte"
run "$fpolicyc" b.policy -q -o out
is $status 0 "another policy replaces it"
grep -q 77 out/debian-12/cgroup2/pids.max
ok $? "by its own content"
run "$fpolicyc" a.policy -q -o out/
is "$(state out)" "$before" "a slash behind the name changes nothing"
run "$fpolicyc" bad.policy -q -o out
is $status 2 "an error is exit 2"
is "$(state out)" "$before" "and leaves what was there"
run "$fpolicyc" bad.policy -q -o new
[ ! -e new ]
ok $? "or leaves nothing where nothing was"
run "$fpolicyc" a.policy bad.policy -q -o out
is "$status $(state out)" "2 $before" "one bad policy of two writes neither"
mkdir empty
run "$fpolicyc" a.policy -q -o empty
is $status 0 "an empty folder is taken"
is "$(stages)" "" "no stage is left behind"

# Folders that are not ours.
mkdir theirs
echo '{"name": "an extension", "manifest_version": 3}' >theirs/manifest.json
echo keep >theirs/work
run "$fpolicyc" a.policy -q -o theirs
is "$status $(ls theirs | tr '\n' ' ')" "2 manifest.json work " "a manifest.json of somebody else protects its folder"
is "$(expr "$out" : '.*not ours.*nothing was written')" "${#out}" "and the error says why"
mkdir full
echo keep >full/work
run "$fpolicyc" a.policy -q -o full
is "$status $(cat full/work)" "2 keep" "a folder without a manifest is refused"
mkdir linked
ln -s "$tmp/out/manifest.json" linked/manifest.json
run "$fpolicyc" a.policy -q -o linked
is $status 2 "a link to a manifest of ours is no manifest of ours"
echo keep >file
run "$fpolicyc" a.policy -q -o file
is "$status $(cat file)" "2 keep" "a file is refused"
ln -s out link
run "$fpolicyc" b.policy -q -o link
is "$status $(state out)" "2 $before" "a link is not followed"
ln -s nowhere dangling
run "$fpolicyc" b.policy -q -o dangling
is "$status $([ -L dangling ] && [ ! -e nowhere ] && echo kept)" "2 kept" "a link to nowhere neither"
for name in '' . .. / out/. out/..; do
	run "$fpolicyc" a.policy -q -o "$name"
	is $status 2 "-o '$name' is refused"
done
is "$(state out)" "$before" "and changed nothing"
run "$fpolicyc" a.policy -q -o no/such/folder
is $status 2 "a missing parent is an error"
long=$(printf '%0250d' 0)
run "$fpolicyc" a.policy -q -o "$long"
is "$status $([ -e "$long/manifest.json" ] && echo made)" "0 made" "a name of 250 bytes"
run "$fpolicyc" a.policy -q -o "${long}000000"
is $status 2 "a name longer than the file system takes is an error"

# A parent that cannot be written; root can write anywhere but to a read-only mount.
mkdir locked
chmod 500 locked
if [ "$(id -u)" -ne 0 ]; then
	run "$fpolicyc" a.policy -q -o locked/out
	is "$status $(ls -A locked)" "2 " "an unwritable parent is an error"
elif unshare -m true 2>/dev/null; then
	run unshare -m sh -c "mount -t tmpfs -o ro,size=1m tmpfs locked && '$fpolicyc' a.policy -q -o locked/out"
	is "$status $(expr "$out" : '.*Read-only file system')" "2 $(expr "$out" : '.*Read-only file system')" \
		"a read-only parent is an error"
	[ "$(expr "$out" : '.*Read-only file system')" -gt 0 ]
	ok $? "with the system's reason"
else
	skip "an unwritable parent" "root, and no mount namespace to be had"
fi

# A full file system: the old output stays whole.
if unshare -rm true 2>/dev/null || unshare -m true 2>/dev/null; then
	ns="unshare -m"
	unshare -m true 2>/dev/null || ns="unshare -rm"
	mkdir small
	cat >full.sh <<-END
		mount -t tmpfs -o size=1200k tmpfs small || exit 9
		'$fpolicyc' a.policy -q -o small/out || exit 8
		cp -r small/out before
		room=\$(df --output=avail -k small | tail -n 1)
		dd if=/dev/zero of=small/ballast bs=1k count=\$((room - 40)) status=none
		'$fpolicyc' b.policy -q -o small/out
		echo "exit \$?"
		diff -r before small/out && echo intact
		echo \$(ls -A small)
		'$fpolicyc' b.policy -q -o small/new
		echo "exit \$?"
		[ -e small/new ] || echo "nothing new"
	END
	run $ns sh full.sh
	is "$(echo "$out" | grep -c 'No space left on device; nothing was written')" 2 "a full file system is an error that says so"
	is "$(echo "$out" | grep -v 'No space')" "exit 2
intact
ballast out
exit 2
nothing new" "the old output is intact, no stage is left"
else
	skip "a full file system" "no mount namespace to be had"
fi

export ASAN_OPTIONS=detect_leaks=0 # a traced process cannot look for leaks
# Killed at any system call that changes the file system: the old one or the new one, never a mixture.
if strace -o /dev/null true 2>/dev/null; then
	"$fpolicyc" a.policy -q -o kill && cp -r kill kill-a
	"$fpolicyc" b.policy -q -o kill-b
	bad='' seen=''
	for point in mkdirat:1 mkdirat:3 openat:20 write:1 write:15 flock:1 syncfs:1 renameat2:1 unlinkat:1 unlinkat:9; do
		"$fpolicyc" a.policy -q -o kill
		strace -f -o /dev/null -e trace="${point%:*}" -e inject="${point%:*}:signal=KILL:when=${point#*:}" \
			"$fpolicyc" b.policy -q -o kill >/dev/null 2>&1
		if diff -r kill kill-a >/dev/null; then
			seen="$seen old"
		elif diff -r kill kill-b >/dev/null; then
			seen="$seen new"
		else
			bad="$bad $point"
		fi
	done
	is "$bad" "" "a compile killed at ten places leaves the old output or the new one"
	case $seen in *old*new*) ok 0 "both were seen" ;; *) ok 1 "both were seen:$seen" ;; esac
	[ -n "$(stages)" ]
	ok $? "a killed compile leaves its stage"
	"$fpolicyc" a.policy -q -o kill
	is "$(stages)" "" "and the next one sweeps it"
	strace -o /dev/null -e trace=renameat2 -e inject=renameat2:error=EINVAL "$fpolicyc" b.policy -q -o kill
	diff -r kill kill-b >/dev/null
	ok $? "a file system that cannot exchange names gets the new output, too"
	strace -o /dev/null -e trace=renameat2 -e inject=renameat2:error=EIO "$fpolicyc" a.policy -q -o kill 2>err
	is "$? $(diff -r kill kill-b && cat err)" "2 fpolicyc: error: kill: Input/output error; nothing was written" \
		"a rename that fails leaves the old output"
	strace -o /dev/null -e trace=syncfs -e inject=syncfs:error=EIO "$fpolicyc" a.policy -q -o kill 2>err
	is "$? $(diff -r kill kill-b && stages)" "2 " "so does a sync that fails"
else
	skip "killed in the middle" "no strace"
fi

# Side by side: every run succeeds or says why, and the folder is whole.
for i in 1 2 3 4 5 6 7 8; do
	("$fpolicyc" a.policy -q -o "side-$i" >>side.log 2>&1 || echo "exit $?" >>side.log) &
	("$fpolicyc" a.policy -q -o side >>side.log 2>&1 || echo "exit $?" >>side.log) &
done
wait
is "$(grep -v 'File exists\|^exit 2$' side.log)" "" "sixteen compiles side by side"
is "$(for i in 1 2 3 4 5 6 7 8; do diff -r "side-$i" side-1; done; diff -r side side-1)" "" "write whole folders"
is "$(stages)" "" "and sweep no stage of another"

# One artifact on standard output.
"$fpolicyc" a.policy -q -o - --artifact=debian-12/seccomp/x86_64.bpf >one
cmp one out/debian-12/seccomp/x86_64.bpf
ok $? "-o - --artifact prints the bytes of the file"
run "$fpolicyc" a.policy -o - --artifact=debian-12/nothing
is "$status $(expr "$out" : '.*there is no artifact')" "2 $(expr "$out" : '.*there is no artifact')" "an unknown artifact is exit 2"
echo "$out" | grep -q '^  debian-12/claims.json$'
ok $? "and those there are get listed"
"$fpolicyc" a.policy -q -o - --artifact=spec.json >/dev/full 2>err
is "$? $(grep -c 'No space left' err)" "2 1" "a full device on standard output is an error"
(trap '' PIPE; "$fpolicyc" a.policy -q -o - --artifact=spec.json 2>err; echo $? >code) | :
is "$(cat code) $(grep -c 'Broken pipe' err)" "2 1" "so is a pipe that nobody reads"
("$fpolicyc" a.policy -o closed >&-) 2>err
is "$?" 2 "a closed standard output is an error"

# Files beside the folder: devices are written to, links and modes are kept.
if [ -c /dev/null ]; then
	run "$fpolicyc" a.policy -q -o out -MD -MF /dev/null
	is "$status $([ -c /dev/null ] && echo device)" "0 device" "-MF /dev/null leaves the device alone"
	run "$fpolicyc" targets --probe -o /dev/null
	is "$status $([ -c /dev/null ] && echo device)" "0 device" "so does targets --probe -o /dev/null"
fi
mkfifo pipe
cat pipe >from-pipe &
"$fpolicyc" a.policy -q -o out -MD -MF pipe
wait
grep -q '^out/manifest.json:' from-pipe
ok $? "-MF writes into a pipe"
echo old >private
chmod 600 private
ln -s private to-private
"$fpolicyc" a.policy -q -o out -MD -MF to-private
is "$(stat -c %a private) $([ -L to-private ] && echo link) $(grep -c '^out/manifest.json:' private)" "600 link 1" \
	"a link stays a link, a private file private"
done_testing
