# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Suite: each layer alone, in cells made by hand: nothing but the layer refuses anything.
. /t/job.sh

begin=$(now)
step() { note "time layers/$1 $begin $(now)"; begin=$(now); }

# What reaches the job: its server is not confined, so that only the packets' way is probed.
run_ingress() { # name
	serve job --serve=ingress
	in_net world probe --ingress=10.99.0.2 $table "--layers=${1%-host}" >/run/ipv4 2>&1 &
	other=$!
	in_net world probe --ingress=fd99::2 $table "--layers=${1%-host}" >/run/ipv6 2>&1
	wait $other
	send "layers/$1-ingress-10.99.0.2" /run/ipv4
	send "layers/$1-ingress-fd99::2" /run/ipv6
	kill $server
	wait $server 2>/dev/null
}

make_world
load_lsm

new_job_net
run_cell none none -n /run/netns/job
step none
case $lsm in
apparmor) run_cell apparmor apparmor -n /run/netns/job -a "$profile" ;;
selinux) run_cell selinux selinux -n /run/netns/job -l "$context" ;;
esac
step "$lsm"

# The rest is the same under any module.
if [ "$base" = yes ]; then
	run_ingress none
	probe --decide "/t/out/seccomp/$native.bpf" $table >/run/result 2>&1
	send layers/seccomp /run/result
	step seccomp
	new_cgroup
	run_cell cgroup2 cgroup2 -c $cgroups/job
	step cgroup2

	in_net job nft -f /t/out/nftables/egress.nft || note "egress.nft was refused"
	run_cell nftables nftables -n /run/netns/job
	run_ingress nftables
	step nftables
	drop_job_net

	if [ -e /t/out/nftables/l2.nft ]; then
		new_job_net
		in_net job nft -f /t/out/nftables/l2.nft || note "l2.nft was refused"
		run_cell nftables-frames nftables -n /run/netns/job
		drop_job_net
		step nftables-frames
	fi

	new_job_net
	nft -f /t/out/nftables/host.nft || note "host.nft was refused"
	run_cell nftables-host nftables -n /run/netns/job
	run_ingress nftables-host
	nft flush ruleset
	step nftables-host
fi
drop_job_net
