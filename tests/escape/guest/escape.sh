# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Suite: every attack without the policy, under each layer alone, and under the whole policy in both runtimes.
. /t/common.sh
job=/job
folder=/srv/lab/lab

# What a job finds, and what a careless host would have left in it: programs that are root's, devices to make.
escape_root() {
	umount -l $job 2>/dev/null
	mkdir -p $job $folder/in $folder/out
	mount -t tmpfs -o mode=755 job $job
	(
		cd $job || exit
		mkdir -p dev/pts dev/shm in lab lib out proc run sys tmp usr/bin
		chmod 1777 tmp
		cp /lab/bin/escape usr/bin/escape
		cp /lab/bin/escape usr/bin/escape-setuid
		chmod 4755 usr/bin/escape-setuid
		mknod -m 666 dev/null c 1 3
		mknod -m 666 dev/zero c 1 5
		mknod -m 666 dev/urandom c 1 9
		mknod -m 666 dev/ptmx c 5 2
	)
	for out in $job/out $folder/out; do
		rm -f $out/.verdict
		(umask 077 && : >$out/.verdict)
		chmod 777 $out
	done
	if [ "$lsm" = selinux ]; then
		setfiles -F -r $job /t/out/selinux/file_contexts $job
		setfiles -F /t/out/selinux/file_contexts.host $folder
	fi
	mount -t tmpfs shm $job/dev/shm
	mount -t devpts devpts $job/dev/pts
}

# All addresses that are nobody's here: behind this guest, with a server that answers on a few ports.
escape_world() {
	echo 1 >/proc/sys/net/ipv4/ip_forward
	echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
	ip link del w0 2>/dev/null # the way to the world of other suites
	new_net elsewhere
	nsenter --net=/run/netns/elsewhere -- escape --world &
	pair e0 $!
	ip addr add 10.97.0.1/24 dev e0 && ip addr add fd97::1/64 dev e0 && ip link set e0 up
	in_net elsewhere sh -c '
		ip addr add 10.97.0.2/24 dev eth0; ip addr add fd97::2/64 dev eth0; ip link set eth0 up
		ip route add 10.99.0.0/24 via 10.97.0.1; ip route add fd99::/64 via fd97::1
		ip route add local 0.0.0.0/0 dev lo table main; ip -6 route add local ::/0 dev lo table main'
	ip route replace default via 10.97.0.2
	ip -6 route replace default via fd97::2
}

# The neighbour has a cell's network namespace; containers have one of their own.
try_under() { # how [namespace]
	since=$(now)
	escape_root
	nsenter --net="${2:-/proc/self/ns/net}" -- escape --neighbour $job &
	outsider=$!
	sleep 0.2
	piped sh /t/escape/try "$1" $outsider memory-bomb >/run/escape/fatal
	piped sh /t/escape/try "$1" $outsider >/run/escape/result
	sed '/^done$/d' /run/escape/fatal | cat - /run/escape/result >/run/escape/both
	send "escape/$1" /run/escape/both
	kill $outsider
	note "time escape/$1 $since $(now)"
}

mkdir -p /run/escape
escape --list >/run/escape/list
send escape/list /run/escape/list
load_lsm
escape_world
exec 9</ # what a careless runtime leaves open
try_under none
try_under seccomp
try_under "$lsm"
try_under oci
try_under cgroup2
new_job_net
sh /t/escape/rules /run/netns/job || note "the rules were refused"
try_under nftables /run/netns/job
drop_job_net
: >/run/escape/rules
for runtime in crun runc; do try_under all-$runtime; done
exec 9<&-
dmesg | grep -E 'apparmor="DENIED"|avc:  denied' | tail -n 400 >/run/escape/denials
send escape/denials /run/escape/denials
