# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What suites in a guest share. The folder /t holds the compiled policy and what was made for it.
set -u
. /t/conf # profile context user lsm native
cgroups=/sys/fs/cgroup

# A file goes to the host with its length in lines, so that one that was cut off is seen.
send() { # name file
	[ -s "$2" ] && [ -n "$(tail -c 1 "$2")" ] && echo >>"$2"
	{
		echo "@@file $1 $(wc -l <"$2")"
		cat "$2"
		echo "@@end $1"
	} >&3
}

note() { # to the host and the console
	echo "@@note $*" >&3
	echo "$*"
}

# Seconds since the start; busybox has no better clock in a shell.
now() { cut -d ' ' -f 1 /proc/uptime; }

# Whether a suite's part that no security module bears on is tried in this guest.
is_base() { # suite
	case " $base " in *" $1 "*) return 0 ;; esac
	return 1
}

# The first process of a control group, once it runs under a filter: $pid.
filtered() { # control group
	tries=0 pid=
	until [ -n "$pid" ] && grep -q '^Seccomp:.*2' "/proc/$pid/status" || [ $tries -gt 250 ]; do
		usleep 20000
		tries=$((tries + 1))
		pid=$(head -n 1 "$cgroups/$1/cgroup.procs" 2>/dev/null)
	done
}

load_modules() {
	while read -r module; do
		insmod "/lab/modules/$module.ko" || note "module $module was refused"
	done </lab/modules/order
}

all_controllers() {
	# shellcheck disable=SC2013 # words
	for c in $(cat $cgroups/cgroup.controllers); do
		echo "+$c" >$cgroups/cgroup.subtree_control
	done
}

in_net() { # namespace command...
	ns=$1
	shift
	nsenter --net="/run/netns/$ns" -- "$@"
}

new_net() { # name
	touch "/run/netns/$1"
	unshare --net="/run/netns/$1" true
	in_net "$1" ip link set lo up
}

drop_net() { # name
	umount "/run/netns/$1" && rm "/run/netns/$1"
}

# A pair of interfaces: one here, one called eth0 in a namespace that a process has.
# busybox calls the far end veth0, whatever is asked for. The process may still be on its way there.
pair() { # name pid
	until [ "$(readlink "/proc/$2/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do usleep 1000; done
	ip link del veth0 2>/dev/null # of a job whose start failed
	ip link add "$1" type veth && netmove veth0 "$2"
	nsenter --net="/proc/$2/ns/net" -- ip link set veth0 name eth0
	for at in "" "nsenter --net=/proc/$2/ns/net --"; do
		$at sh -c 'for f in /proc/sys/net/ipv6/conf/*/accept_dad; do echo 0 >$f; done'
	done
}

# The rest of the network, behind this guest's forwarding: every address that has no other route is its own.
make_world() {
	[ ! -e /run/netns/world ] || return 0
	echo 1 >/proc/sys/net/ipv4/ip_forward
	echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
	new_net world
	nsenter --net=/run/netns/world -- sleep 100000 &
	holder=$!
	pair w0 $holder
	ip addr add 10.98.0.1/24 dev w0 && ip addr add fd98::1/64 dev w0 && ip link set w0 up
	in_net world sh -c '
		ip addr add 10.98.0.2/24 dev eth0; ip addr add fd98::2/64 dev eth0; ip link set eth0 up
		ip route add 10.99.0.0/24 via 10.98.0.1; ip route add fd99::/64 via fd98::1
		ip route add local 0.0.0.0/0 dev lo table main; ip -6 route add local ::/0 dev lo table main'
	ip route add default via 10.98.0.2
	ip -6 route add default via fd98::2
	serve world --serve
}

# A server of the table's ports in a namespace, which listens when this returns; $server is its number.
serve() { # namespace option
	: >/run/serving
	nsenter --net="/run/netns/$1" -- probe "$2" /t/probes.tsv >/run/serving &
	server=$!
	until grep -q serving /run/serving; do usleep 5000; done
}

# Gives the network namespace of a process the interface of a job.
connect_job() { # pid
	pair fpol-job "$1"
	ip addr add 10.99.0.1/24 dev fpol-job && ip addr add fd99::1/64 dev fpol-job && ip link set fpol-job up
	nsenter --net="/proc/$1/ns/net" -- sh -c '
		ip link set lo up; echo "0 2147483647" >/proc/sys/net/ipv4/ping_group_range
		ip addr add 10.99.0.2/24 dev eth0; ip addr add fd99::2/64 dev eth0; ip link set eth0 up
		ip route add default via 10.99.0.1; ip -6 route add default via fd99::1'
}

new_job_net() {
	new_net job
	nsenter --net=/run/netns/job -- sleep 100000 &
	job_holder=$!
	connect_job $job_holder
}

drop_job_net() {
	kill "$job_holder"
	wait "$job_holder" 2>/dev/null
	drop_net job
	ip link del fpol-job 2>/dev/null
}

# The kernel takes a profile, or a policy, in one write only.
load_apparmor() { # file
	dd if="$1" of=/sys/kernel/security/apparmor/.replace bs=16M 2>/dev/null || note "the AppArmor profile $1 was refused"
}

load_selinux() { # file
	dd if="$1" of=/sys/fs/selinux/load bs=16M 2>/dev/null || note "the SELinux policy $1 was refused"
}

load_lsm() {
	case $lsm in
	apparmor) load_apparmor /t/profile ;;
	selinux)
		load_selinux /t/policy.33
		echo 1 >/sys/fs/selinux/enforce
		;;
	esac
}

# A command's output through a pipe that a confined job may write to: one of the lowest level.
piped() {
	if [ "$lsm" = selinux ]; then
		# shellcheck disable=SC2016 # the inner shell's
		cell -l system_u:system_r:kernel_t:s0 -- /bin/sh -c '"$@" 2>&1 | cat' sh "$@"
	else
		"$@" 2>&1 | cat
	fi
}
