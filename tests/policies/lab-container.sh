#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs busybox under lab.policy in a container of each installed runtime, and compares what a shell and its tools
# meet with what the policy says. usage: tests/policies/lab-container.sh FPOLICYC
set -u
. tests/lib/tap.sh
fpolicyc=$1
dir=

clean_up() {
	[ -n "$dir" ] || return 0
	runtime delete --force "${dir##*/}" >/dev/null 2>&1
	rm -rf "$dir"
	dir=
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

# A host whose cgroup v2 has no memory controller runs containers with the old hierarchies.
is_unified() {
	grep -qw memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null
}

# crun 1.8.1 refuses a hybrid host; in a mount namespace of its own the unified mount can go.
runtime() {
	if [ "$name" = crun ] && ! is_unified && grep -q ' /sys/fs/cgroup/unified ' /proc/self/mounts; then
		unshare -m sh -c 'umount /sys/fs/cgroup/unified && exec "$@"' sh crun "$@"
	else
		"$name" "$@"
	fi
}

prepare() {
	# Not below /tmp: hosts keep sockets there, and a bind of it is claimed otherwise.
	dir=$(mktemp -d -p /var/tmp) || return 1
	chmod 755 "$dir"
	mkdir "$dir/in" "$dir/rootfs" && mkdir -m 777 "$dir/out" || return 1
	for d in usr/bin dev in lab out proc sys tmp; do
		mkdir -p "$dir/rootfs/$d" || return 1
	done
	chmod 1777 "$dir/rootfs/tmp"
	ln -s usr/bin "$dir/rootfs/bin"
	cp "$busybox" "$dir/rootfs/usr/bin/busybox" || return 1
	for applet in cat chmod date find grep id ls mkdir mount nc ping rm rmdir sh sleep stat sync touch tr; do
		ln -s busybox "$dir/rootfs/usr/bin/$applet"
	done
	echo 'int main(void) { return 0; }' >"$dir/in/a.c"
	cp tests/policies/lab-probe.sh "$dir/in/probe"
}

# lab.policy binds from /srv/lab: the same policy with another folder there, and nothing else changed.
compile() {
	sed "s|/srv/lab/|${dir%/*}/|" policies/examples/lab.policy >"$dir/lab.policy"
	"$fpolicyc" "$dir/lab.policy" --target=debian-12 -D "job=${dir##*/}" -q -o "$dir/policy" &&
		(cd "$dir" && "$name" spec) &&
		sed -i 's/"terminal": true/"terminal": false/; s|"sh"|"/bin/sh", "/in/probe"|' "$dir/config.json" &&
		"$fpolicyc" merge "$dir/config.json" "$dir/policy/debian-12" -o "$dir/merged.json"
}

# What the kernel of this host lacks of the target is taken out, and said.
fit() {
	LSM=$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)
	is_unified && cgroups=v2 || cgroups=v1
	python3 - "$dir/merged.json" "$dir/config.json" "$cgroups" "$LSM" <<'END' || return 1
import json, sys
config = json.load(open(sys.argv[1]))
if sys.argv[3] != "v2":
    print("no unified cgroups here: linux.resources.unified was taken out")
    config["linux"]["resources"].pop("unified", None)
if sys.argv[4] != "Y":
    print("no AppArmor here: process.apparmorProfile was taken out")
    config["process"].pop("apparmorProfile", None)
json.dump(config, open(sys.argv[2], "w"))
END
	[ "$LSM" != Y ] || apparmor_parser -r "$dir"/policy/debian-12/apparmor/*
}

job() {
	compile && fit && runtime run --bundle "$dir" "${dir##*/}" </dev/null >"$dir/got"
}

try() {
	prepare || { ok 1 "a folder for $name below /var/tmp"; return; }
	log=$(job 2>&1)
	ok $? "lab.policy is compiled, merged and run by $name, and the job ends well"
	echo "$log" | sed 's/^/# /'
	is "$(cat "$dir/got")" "$(cat tests/policies/lab-probe.txt)" "$name: a shell and its tools meet what lab.policy says"
	is "$(cat "$dir/out/made/result" 2>&1)" "passed" "$name: the result is outside"
	clean_up
}

[ "$(id -u)" = 0 ] || { skip "containers under lab.policy" "not root"; done_testing; }
busybox=$(command -v busybox) || { skip "containers under lab.policy" "no busybox"; done_testing; }
for name in runc crun; do
	if command -v "$name" >/dev/null; then try; else skip "lab.policy under $name" "not installed"; fi
done
done_testing
