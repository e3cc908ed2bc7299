# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Suite: each layer alone, in cells made by hand: nothing but the layer refuses anything.
. /t/job.sh

begin=$(now)
step() { note "time layers/$1 $begin $(now)"; begin=$(now); }

# Seconds that a cgroup's process takes for 3 MiB of the disk, without io.max and with that of a policy whose device has
# its number; tests/lab/io.policy lets 2 MiB pass a second.
limit_io() {
	mkdir -p $cgroups/io
	: >/run/io
	for limit in none io.max; do
		[ $limit = none ] || cat /t/io.max >$cgroups/io/io.max || note "io.max was refused"
		echo 3 >/proc/sys/vm/drop_caches
		from=$(now)
		cell -c $cgroups/io -- /usr/bin/busybox dd if=/dev/vda of=/dev/null bs=64k count=48 2>/dev/null
		echo "$limit $from $(now)" >>/run/io
	done
	send io /run/io
}

make_world
load_lsm

new_job_net
run_cell layers/none none -n /run/netns/job
step none
case $lsm in
apparmor) run_cell layers/apparmor apparmor -n /run/netns/job -a "$profile" ;;
selinux) run_cell layers/selinux selinux -n /run/netns/job -l "$context" ;;
esac
step "$lsm"

# The rest is the same under any module.
if is_base layers; then
	run_ingress layers/none none
	probe --decide "/t/out/seccomp/$native.bpf" "$table" >/run/result 2>&1
	send layers/seccomp /run/result
	step seccomp
	new_cgroup
	run_cell layers/cgroup2 cgroup2 -c $cgroups/job
	step cgroup2

	limit_io
	step io

	in_net job nft -f /t/out/nftables/egress.nft || note "egress.nft was refused"
	run_cell layers/nftables nftables -n /run/netns/job
	run_ingress layers/nftables nftables
	step nftables
	drop_job_net

	if [ -e /t/out/nftables/l2.nft ]; then
		new_job_net
		in_net job nft -f /t/out/nftables/l2.nft || note "l2.nft was refused"
		run_cell layers/nftables-frames nftables -n /run/netns/job
		drop_job_net
		step nftables-frames
	fi

	new_job_net
	nft -f /t/out/nftables/host.nft || note "host.nft was refused"
	run_cell layers/nftables-host nftables -n /run/netns/job
	run_ingress layers/nftables-host nftables
	nft flush ruleset
	step nftables-host
fi
drop_job_net
