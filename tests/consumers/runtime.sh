#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a container of each installed runtime from a merged config.json and compares what a probe
# meets inside with what runtime.policy says. Usage: runtime.sh FPOLICYC
set -u
fpolicyc=$1
here=$(cd "$(dirname "$0")" && pwd)
failed=0
ran=0
job=

say() {
	printf '  %-7s %s\n' "$1" "$2"
}

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

clean_up() {
	[ -n "$job" ] || return 0
	runtime delete --force "${job##*/}" >/dev/null 2>&1
	[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" != Y ] ||
		apparmor_parser -R "$job"/policy/here/apparmor/fpolicy.* >/dev/null 2>&1
	rm -rf "$job"
	job=
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

prepare() {
	job=$(mktemp -d -p /tmp) || return 1
	chmod 755 "$job"
	mkdir -m 777 "$job/out" && mkdir "$job/in" "$job/rootfs" || return 1
	for d in bin dev etc hidden in out proc sys tmp; do
		mkdir "$job/rootfs/$d" || return 1
	done
	chmod 1777 "$job/rootfs/tmp"
	cp "$busybox" "$job/rootfs/bin/busybox" || return 1
	for applet in cat chmod dd grep id ls mkdir rm sh sleep; do
		ln -s busybox "$job/rootfs/bin/$applet"
	done
	cp "$here/runtime-probe.sh" "$job/rootfs/probe"
	echo secret >"$job/rootfs/secret"
	echo secret >"$job/rootfs/hidden/secret"
	echo "from the host" >"$job/in/text"
	if is_unified; then
		"$fpolicyc" targets debian-12 >"$job/here.target"
	else
		"$fpolicyc" targets debian-12 | sed 's/^cgroup\.unified\tyes/cgroup.unified\tno/' \
			>"$job/here.target"
	fi
}

# A runtime hands the hook its state: the network namespace is that of the process in it.
write_hook() {
	cat >"$job/hook" <<-'END'
		#!/bin/sh
		pid=$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p')
		nsenter --net="/proc/$pid/ns/net" nft -f "$1/policy/here/nftables/egress.nft" &&
			nsenter --net="/proc/$pid/ns/net" nft list ruleset >"$1/ruleset"
	END
	chmod 755 "$job/hook"
}

# The runtime's own configuration with our program and hook in it, and nothing else changed.
configure() {
	(cd "$job" && "$name" spec) && write_hook || return 1
	sed -i 's/"terminal": true/"terminal": false/; s|"sh"|"/bin/sh", "/probe"|' "$job/config.json"
	command -v nft >/dev/null || return 0
	sed -i "1s|{|{ \"hooks\": { \"createRuntime\": [ { \"path\": \"$job/hook\", \"args\": [ \"hook\", \"$job\" ] } ] },|" \
		"$job/config.json"
}

# What a base may say and the policy must outlast; a limit of 2^64-1 bytes that stays is one that runtimes must read.
spoil() {
	python3 - "$job" "$(is_unified && echo yes)" <<-'END'
		import json, sys
		job, unified = sys.argv[1:]
		with open(f"{job}/config.json", encoding="utf-8") as f:
		    c = json.load(f)
		loose = ["rw", "suid", "dev", "exec", "strictatime"]
		c["root"]["readonly"] = False
		c["process"]["noNewPrivileges"] = False
		c["process"]["user"]["umask"] = 0
		c["process"]["oomScoreAdj"] = 500
		for names in c["process"]["capabilities"].values():
		    names += ["CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_MKNOD"]
		c["process"]["rlimits"] = [
		    {"type": f"RLIMIT_{t}", "soft": 2**64 - 1, "hard": 2**64 - 1} for t in ("NOFILE", "CORE", "FSIZE", "AS")
		]
		c["mounts"] += [
		    {"destination": "//tmp/./", "type": "tmpfs", "source": "t", "options": [*loose, "size=9g", "nr_inodes=0", "size=8g"]},
		    {"destination": "/in/", "type": "bind", "source": f"{job}/in", "options": ["rbind", *loose, "rslave", "rrw", "rexec"]},
		]
		c["linux"]["maskedPaths"] = c["linux"]["readonlyPaths"] = []
		c["linux"]["devices"] = [{"path": "/etc/passwd", "type": "c", "major": 1, "minor": 3}]
		resources = c["linux"]["resources"]
		resources["devices"] += [{"allow": True, "access": "rwm"}]
		resources.update(memory={"limit": -1, "swap": -1}, pids={"limit": 0}, cpu={"quota": -1, "cpus": "0"})
		if unified:
		    resources["unified"] = {"memory.max": "max", "memory.swap.max": "max", "pids.max": "max", "cpu.max": "max"}
		with open(f"{job}/config.json", "w", encoding="utf-8") as f:
		    json.dump(c, f)
	END
}

# Two arguments or more: options of the merge.
merge() {
	"$fpolicyc" merge -q "$job/config.json" "$@" -o "$job/merged.json" >"$job/log" 2>&1
}

compile() {
	"$fpolicyc" "$here/runtime.policy" --target="$job/here.target" -o "$job/open" >"$job/log" 2>&1 &&
		"$fpolicyc" "$here/runtime.policy" --target="$job/here.target" -D "job=${job##*/}" \
			-o "$job/policy" >"$job/log" 2>&1 && return 0
	cat "$job/log"
	return 1
}

# Without a value for ${job} nothing may be written.
refuse_open() {
	merge "$job/open/here"
	[ $? = 2 ] && grep -q -e '-D job=' "$job/log" && [ ! -e "$job/merged.json" ] && return 0
	echo "an open parameter was merged:"
	cat "$job/log"
	return 1
}

narrow() {
	merge "$job/policy/here" "$@" || { cat "$job/log"; return 1; }
	mv "$job/merged.json" "$job/config.json"
	if [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" != Y ]; then
		sed -i '/"apparmorProfile":/d' "$job/config.json"
	else
		apparmor_parser -r "$job"/policy/here/apparmor/fpolicy.*
	fi
}

expected() {
	bind=0000000000000400 # CAP_NET_BIND_SERVICE, of linux/capability.h
	cat <<-END
		denied call=Invalid cross-device link
		write to /=Read-only file system
		write to /in=Read-only file system
		read of /in=from the host
		write to /out=works
		write to /tmp=works
		execute in /tmp=Permission denied
		file of 65 KiB ends with=153
		fill of /tmp=No space left on device after 16 of 64 KiB
		files in /tmp=63
		masked file=<>
		masked directory=
		network devices=1
		CapInh:$bind
		CapPrm:$bind
		CapEff:$bind
		CapBnd:$bind
		CapAmb:$bind
		NoNewPrivs:1
		Seccomp:2
		identity=1000:1000
		mapped to=0 1000013824 65536
		umask=0077
		directory=/tmp
		open files=32
		core=0
		/proc/sys=ro
		/sys=ro
		/tmp=rw
		/dev=rw
		write to /dev/null=works
		fork bomb=Resource temporarily unavailable
	END
}

run_probe() {
	echo probe >"$job/in/mode"
	runtime run --bundle "$job" "${job##*/}" </dev/null >"$job/got" 2>"$job/errors"
	expected >"$job/want"
	if ! diff -u "$job/want" "$job/got"; then
		cat "$job/errors"
		return 1
	fi
	[ "$(cat "$job/out/text")" = fine ] || { echo "/out of the job is not $job/out"; return 1; }
	command -v nft >/dev/null || return 0
	grep -q 'policy drop' "$job/ruleset" || { echo "the hook's rules are not there"; return 1; }
}

run_memory() {
	echo memory >"$job/in/mode"
	runtime run --bundle "$job" "${job##*/}" </dev/null >"$job/got" 2>"$job/errors"
	status=$?
	[ $status = 137 ] && return 0
	echo "80 MiB of 64: the job ended with $status instead of 137"
	cat "$job/errors"
	return 1
}

# What crun 1.8.1 and newer take instead of linux.seccomp: the filter itself, for this machine.
arch=$(uname -m)

try() {
	version=$("$name" --version | sed -n '1s/.* version //p')
	how=$1
	shift
	if prepare && configure && { [ "$base" = plain ] || spoil; } && compile && refuse_open && narrow "$@" && run_probe && run_memory; then
		say ok "$name $version, $how: confined as $(expected | wc -l) expectations say"
	else
		say FAILED "$name $version, $how"
		failed=1
	fi
	ran=1
	clean_up
}

busybox=$(command -v busybox) || { say skip "no busybox: no container is run"; exit 0; }
[ "$(id -u)" = 0 ] || { say skip "not root: no container is run"; exit 0; }
[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] ||
	say note "no AppArmor on this kernel: process.apparmorProfile is taken out of every config.json"
for name in runc crun; do
	if ! command -v "$name" >/dev/null; then
		say skip "$name is not installed"
		continue
	fi
	base=plain
	try "linux.seccomp"
	if command -v python3 >/dev/null; then
		base=hostile
		try "linux.seccomp, a hostile base"
		base=plain
	else
		say skip "no python3: no base is made hostile"
	fi
	[ "$name" = runc ] || try "the filter itself" --arch="$arch"
done
[ $ran = 1 ] || say skip "no container runtime is installed"
exit $failed
