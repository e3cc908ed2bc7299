# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Suite: each layer alone, then all of them, in cells made by hand: nothing but the layer refuses anything.
. /t/job.sh

begin=$(now)
step() { note "time layers/$1 $begin $(now)"; begin=$(now); }

make_world
in_net world probe --serve $table &
load_lsm

new_job_net
run_cell none none -n /run/netns/job
step none
run_cell seccomp seccomp -s "/t/out/seccomp/$native.bpf"
step seccomp
case $lsm in
apparmor) run_cell apparmor apparmor -a "$profile" ;;
selinux) run_cell selinux selinux -n /run/netns/job -l "$context" ;;
esac
step "$lsm"
new_cgroup
run_cell cgroup2 cgroup2 -c $cgroups/job
step cgroup2

in_net job nft -f /t/out/nftables/egress.nft || note "egress.nft was refused"
run_cell nftables nftables -n /run/netns/job
step nftables
drop_job_net

new_job_net
nft -f /t/out/nftables/host.nft || note "host.nft was refused"
run_cell nftables-host nftables -n /run/netns/job
nft flush ruleset
step nftables-host
drop_job_net
