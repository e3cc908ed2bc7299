# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Suite: what the release's runtimes do with one field of config.json at a time, for the rows of targets/.
# A line of the result is: runtime, row without "oci.", what was seen (yes, refused, ignored, opposite).
is_base layers || return 0
bundle=/bundle
case $native in x86_64) arch='"SCMP_ARCH_X86_64"' ;; aarch64) arch='"SCMP_ARCH_AARCH64"' ;; esac
mkdir -p $bundle/rootfs /run/source/sub
(cd $bundle/rootfs && mkdir -p bin dev m proc sys/fs/cgroup t && chmod 755 t && cp /usr/bin/busybox bin/ &&
	for a in cat grep ionice ls mkdir sh stat touch; do ln -s busybox bin/$a; done)
mount -t tmpfs sub /run/source/sub
# A file system whose owners can be mapped on every release: tmpfs is one since Linux 6.3.
mke2fs /dev/vda >/dev/null 2>&1 && mkdir -p /run/disk && mount -t ext4 /dev/vda /run/disk || note "no disk"
: >/run/fields

# One configuration, but for the members a case puts in.
reset() {
	version=1.0.2 process='"terminal": false' user='"uid": 0, "gid": 0' linux='' resources='' mounts='' annotations='' namespaces=''
	capabilities=''
}

config() { # script
	cat <<-END
		{ "ociVersion": "$version", "root": { "path": "rootfs" },
		  "process": { "user": { $user }, "cwd": "/", "env": [ "PATH=/bin" ], "args": [ "/bin/sh", "-c", "$1" ],
		    $process, "capabilities": { "bounding": [ $capabilities ] } },
		  "mounts": [ { "destination": "/proc", "type": "proc", "source": "proc" },
		    { "destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": [ "mode=755" ] },
		    { "destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": [ "ro" ] } $mounts ],
		  "annotations": { $annotations },
		  "linux": { "cgroupsPath": "/fields", $linux "resources": { $resources },
		    "namespaces": [ { "type": "pid" }, { "type": "mount" }, { "type": "cgroup" }, { "type": "network" } $namespaces ] } }
	END
}

start() { # script: leaves $status and $seen
	config "$1" >$bundle/config.json
	seen=$("$runtime" run --bundle $bundle fields 2>/run/error </dev/null)
	status=$?
	[ ! -e "/run/$runtime/fields" ] || "$runtime" delete --force fields 2>/dev/null
	seen=$(echo "$seen" | tr '\n' ' ' | sed 's/ *$//')
}

say() { # row effect
	echo "$runtime $1 $2 $seen $(head -n 1 /run/error | sed 's/.*msg=//' | tail -c 160)" >>/run/fields
}

# A run whose script says GOOD has the feature, one that says BAD does the contrary.
field() { # row script good [bad]
	start "$2"
	if [ $status -ne 0 ]; then
		say "$1" refused
	elif [ "$seen" = "$3" ]; then
		say "$1" yes
	elif [ $# -eq 4 ] && [ "$seen" = "$4" ]; then
		say "$1" opposite
	else
		say "$1" ignored
	fi
	reset
}

# Where a refusal is what is wanted.
refuses() { # row
	start true
	[ $status -eq 0 ] && say "$1" ignored || say "$1" yes
	reset
}

versions() {
	best=none
	for version in 1.0.2 1.1.0 1.2.0 1.2.1 1.3.0; do
		start true
		[ $status -eq 0 ] && best=$version
	done
	version=2.0.0
	start true
	[ $status -eq 0 ] && best=any
	say version_max "$best"
	reset
	version=1.3.0
	field version_any "echo ran" ran
}

mount_fields() {
	mapping='[ { "containerID": 0, "hostID": 1000, "size": 1 } ]'
	mounts=", { \"destination\": \"/m\", \"type\": \"bind\", \"source\": \"/run/disk\", \"options\": [ \"bind\", \"idmap\" ],
		\"uidMappings\": $mapping, \"gidMappings\": $mapping }"
	field idmap "stat -c %u /m" 1000
	bind='"destination": "/m", "type": "bind", "source": "/run/source"'
	mounts=", { $bind, \"options\": [ \"rbind\", \"rro\" ] }"
	field rro "touch /m/x || touch /m/sub/x || echo kept" kept
	mounts=", { $bind, \"options\": [ \"bind\", \"nosymfollow\" ] }"
	field nosymfollow "grep -c ' /m .*nosymfollow' /proc/self/mountinfo || :" 1
	mounts=', { "destination": "/t", "type": "tmpfs", "source": "tmpfs", "options": [ "mode=1777" ] }'
	field tmpfs_mode "stat -c %a /t" 1777
}

filter() { # members beside, rule of mkdir
	linux="\"seccomp\": { \"defaultAction\": \"SCMP_ACT_ALLOW\", $1 \"architectures\": [ $arch ],
		\"syscalls\": [ { \"names\": [ \"mkdir\", \"mkdirat\" ], $2 } ] },"
}

seccomp_fields() {
	filter '"flags": [ "SECCOMP_FILTER_FLAG_LOG" ],' '"action": "SCMP_ACT_ERRNO"'
	field seccomp.flags "mkdir /t/d || echo on" on
	filter '"flags": [ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" ],' '"action": "SCMP_ACT_ERRNO"'
	field seccomp.wait_killable "mkdir /t/d || echo on" on
	filter '' '"action": "SCMP_ACT_KILL_PROCESS"'
	field seccomp.kill_process "(mkdir /t/d); echo \$?" 159
	filter '' '"action": "SCMP_ACT_ERRNO", "errnoRet": 18'
	field seccomp.errno_ret "mkdir /t/d 2>&1 | grep -c 'cross-device' || :" 1
	filter '"listenerPath": "/run/listener",' '"action": "SCMP_ACT_NOTIFY"'
	listen /run/listener 18 2>/dev/null &
	listener=$!
	until [ -S /run/listener ]; do usleep 5000; done
	field seccomp.notify "mkdir /t/d 2>&1 | grep -c 'cross-device' || :" 1
	kill $listener
	rm -f /run/listener
	# Everything but mkdir by name, so that the default action is what it meets.
	linux="\"seccomp\": { \"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 18, \"architectures\": [ $arch ],
		\"syscalls\": [ { \"names\": [ $(cat /t/calls) ], \"action\": \"SCMP_ACT_ALLOW\" } ] },"
	field seccomp.default_errno_ret "mkdir /t/d 2>&1 | grep -c 'cross-device' || :" 1
	prologue
	# One instruction: allow.
	annotations='"run.oci.seccomp_bpf_data": "BgAAAAAA/38="'
	field seccomp.raw_bpf "grep -c '^Seccomp:.*2' /proc/self/status || :" 1
}

# A number that nobody has met yet: the filter's default, or what a runtime put before the filter.
prologue() {
	linux="\"seccomp\": { \"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [ $arch ],
		\"syscalls\": [ { \"names\": [ $(cat /t/calls) ], \"action\": \"SCMP_ACT_ALLOW\" } ] },"
	config "sleep 1000" >$bundle/config.json
	"$runtime" run --bundle $bundle fields >/dev/null 2>/run/error </dev/null &
	filtered fields
	printf '0\tseccomp\t-\t-\tfail\tnobody\tcall\t%s\t1000\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\n' "$native" >/run/nobody
	/lab/bin/filter "$pid" >/run/filter 2>/run/error && seen=$(probe --decide /run/filter /run/nobody 2>/run/error | sed -n 's/^0\t//p')
	kill -9 "$pid" 2>/dev/null
	wait $!
	"$runtime" delete --force fields >/dev/null 2>&1
	case $seen in fail:1) say seccomp.no_prologue yes ;; fail:38) say seccomp.no_prologue ignored ;; *) say seccomp.no_prologue unknown ;; esac
	reset
}

cgroup_fields() {
	at=/sys/fs/cgroup
	resources='"memory": { "limit": 67108864 }, "unified": { "memory.max": "33554432" }'
	field unified "cat $at/memory.max" 33554432
	resources='"cpu": { "quota": 50000, "period": 100000, "burst": 10000 }'
	field cpu.burst "cat $at/cpu.max.burst || :" 10000
	resources='"cpu": { "idle": 1 }'
	field cpu.idle "cat $at/cpu.idle || :" 1
	resources='"cpu": { "idle": 1, "shares": 512 }'
	field cpu.idle_shares "cat $at/cpu.idle || :" 1
	resources='"cpu": { "shares": 1024 }'
	field cpu.shares_quadratic "cat $at/cpu.weight" 100
	resources='"memory": { "limit": 67108864, "swap": 0 }'
	field memory.swap_zero "cat $at/memory.swap.max" 0 max
	resources='"pids": { "limit": 0 }'
	field pids.limit_zero "cat $at/pids.max" 0 max
}

process_fields() {
	user='"uid": 0, "gid": 0, "umask": 23'
	field umask umask 0027
	process='"ioPriority": { "class": "IOPRIO_CLASS_IDLE", "priority": 0 }'
	field io_priority "ionice -p \$\$ | grep -o idle || :" idle
	process='"scheduler": { "policy": "SCHED_BATCH" }'
	field scheduler "grep -c '^policy *: *3' /proc/self/sched || :" 1
	namespaces=', { "type": "time" }'
	field time_ns "echo ran" ran
	linux='"memoryPolicy": { "mode": "MPOL_BIND", "nodes": "0" },'
	field memory_policy "grep -m 1 -o 'bind:0' /proc/self/numa_maps || :" bind:0
	ip link add lab0 type veth
	linux='"netDevices": { "lab0": { "name": "lab1" } },'
	field net_devices "grep -o lab1 /proc/net/dev || :" lab1
	ip link del lab0 2>/dev/null
	# Where SELinux runs, the kernel refuses a label that no policy has.
	process='"selinuxLabel": "system_u:system_r:x_t:s0"'
	[ "$lsm" = selinux ] || refuses selinux_label_checked
	reset
	linux='"sysctl": { "kernel.panic": "1" },'
	refuses sysctl_checked
	capabilities='"CAP_LAB_NONE"'
	field cap_unknown_dropped "echo ran" ran
}

# A host with both kinds of control groups; the version-1 ones are given back at once.
hybrid() {
	for c in $(cat $cgroups/cgroup.subtree_control); do echo "-$c" >$cgroups/cgroup.subtree_control; done
	mount -t tmpfs hybrid $cgroups || return
	for v1 in devices freezer pids; do
		mkdir $cgroups/$v1 && mount -t cgroup -o $v1 $v1 $cgroups/$v1 || note "no $v1 of version 1"
	done
	mkdir $cgroups/unified && mount -t cgroup2 unified $cgroups/unified
	reset
	for runtime in runc crun; do
		field hybrid_host "echo ran" ran
	done
	umount $cgroups/unified
	for v1 in devices freezer pids; do
		find $cgroups/$v1 -mindepth 1 -depth -type d -exec rmdir {} \;
		umount $cgroups/$v1
	done
	umount $cgroups
	all_controllers
}

for runtime in runc crun; do
	begin=$(now)
	reset
	"$runtime" features >/run/features 2>/run/error && seen='' && say features yes || { seen='' && say features no; }
	versions
	mount_fields
	seccomp_fields
	cgroup_fields
	process_fields
	note "time fields/$runtime $begin $(now)"
done
hybrid
umount /run/disk
send fields /run/fields
