#!/bin/sh
# SPDX-License-Identifier: MIT
# The same policy gives the same bytes, wherever, whenever and by whomever it is compiled. usage: tests/cli/same.sh FPOLICYC
set -u
. tests/lib/tap.sh
fpolicyc=$(realpath "$1")
root=$PWD
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT

mkdir "$tmp/src"
cp policies/examples/*.policy "$tmp/src"
cd "$tmp" || exit 2
for policy in src/*.policy; do
	"$fpolicyc" "$policy" -q -o "first-$(basename "$policy" .policy)" >/dev/null 2>&1
	ok $? "$policy compiles"
done
lab=src/lab.policy

same() { # name command...: its output is ./again, which must equal first-lab
	name=$1
	shift
	rm -rf again
	"$@" >log 2>&1
	ok $? "$name: compiles"
	diff -r first-lab again >differs 2>&1
	ok $? "$name: the same bytes"
	head -n 5 differs | sed 's/^/# /'
}
same "again" "$fpolicyc" $lab -q -o again
mkdir elsewhere
cp -r src elsewhere/other
same "from another folder" sh -c "cd elsewhere/other && '$fpolicyc' lab.policy -q -o ../../again"
same "by an absolute name" "$fpolicyc" "$tmp/$lab" -q -o "$tmp/again"
for locale in C POSIX C.UTF-8 de_DE.UTF-8 tr_TR.UTF-8; do
	same "LC_ALL=$locale" env LC_ALL=$locale LANG=$locale LANGUAGE=tr "$fpolicyc" $lab -q -o again
done
same "another time zone" env TZ=Pacific/Kiritimati "$fpolicyc" $lab -q -o again
same "no environment" env -i "$fpolicyc" $lab -q -o again
same "another home, user and terminal" env HOME=/nonexistent USER=nobody TERM=xterm COLUMNS=20 "$fpolicyc" $lab -q -o again
same "a umask of 077" sh -c "umask 077; '$fpolicyc' $lab -q -o again"
same "a umask of 0" sh -c "umask 0; '$fpolicyc' $lab -q -o again"
same "a small stack" sh -c "ulimit -s 512; '$fpolicyc' $lab -q -o again"
if setarch -R true 2>/dev/null; then
	same "addresses as they are linked" setarch -R "$fpolicyc" $lab -q -o again
else
	skip "addresses as they are linked" "no setarch -R"
fi
same "another allocator's holes" env MALLOC_PERTURB_=171 MALLOC_TOP_PAD_=1 "$fpolicyc" $lab -q -o again
if [ "$(id -u)" -eq 0 ] && setpriv --reuid 65534 --regid 65534 --clear-groups true 2>/dev/null; then
	chmod 755 "$tmp" && mkdir "$tmp/theirs" && chown 65534 "$tmp/theirs"
	cp "$fpolicyc" "$tmp/fpolicyc"
	same "another user" sh -c "setpriv --reuid 65534 --regid 65534 --clear-groups ./fpolicyc $lab -q -o theirs/again && cp -r theirs/again again"
else
	skip "another user" "not root, or no setpriv"
fi
# A day does not show, unless it is asked for.
"$fpolicyc" $lab -q -o dated --today=2026-11-01 2>/dev/null
SOURCE_DATE_EPOCH=1793491200 "$fpolicyc" $lab -q -o epoch 2>/dev/null
is "$(diff -r dated epoch)" "" "SOURCE_DATE_EPOCH is --today by seconds"
is "$(diff -rq dated first-lab | grep -v manifest.json)" "" "and shows in the manifest alone"

# Nothing of this machine stands in an artifact.
# A checkout in a folder that a policy itself names proves nothing about the machine.
grep -qF "\"$root/" src/*.policy && root=$tmp
here="$tmp|(^|[^A-Za-z0-9_./-])$root/|$(uname -n)\."
is "$(grep -rlE -e "$here" first-*)" "" "no path and no name of this machine is written"
# In one run, or one after the other.
"$fpolicyc" src/*.policy -q -o all >/dev/null 2>&1
ok $? "all examples in one run"
for policy in src/*.policy; do
	name=$(basename "$policy" .policy)
	is "$(diff -r "first-$name" "all/$(sed -n 's/^  "policy": "\(.*\)",$/\1/p' "first-$name/manifest.json")")" "" "$name: as if alone"
done
# Permissions are the umask's affair, never the policy's.
is "$(umask 022; "$fpolicyc" $lab -q -o again; find again -type f ! -perm 644; find again -type d ! -perm 755)" "" \
	"files are 0644 and folders 0755 less the umask"
done_testing
