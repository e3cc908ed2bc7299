# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Suite: each layer alone, in cells made by hand: nothing but the layer refuses anything.
. /t/job.sh

begin=$(now)
step() { note "time layers/$1 $begin $(now)"; begin=$(now); }

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
