# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Suite: artifacts with one line changed by hand, each under its own layer, with the probes about the rule that the line
# holds. /t/mutants has a folder for each: kind, table and what was made of the artifact.
. /t/bundle.sh

under_rules() { # file of rules, how to get to their namespace...
	rules=$1
	shift
	"$@" nft -f "$rules" || note "$rules was refused"
	run_cell "$result" nftables -n /run/netns/job
	! grep -q '	ingress	' "$table" || run_ingress "$result" nftables
	"$@" nft flush ruleset
}

# Only what is changed differs from what the suite layers loads.
try_mutant() { # mutant kind
	case $2 in
	apparmor)
		load_apparmor "$1/artifact"
		run_cell "$result" apparmor -n /run/netns/job -a "$profile"
		;;
	selinux)
		[ ! -e "$1/artifact" ] || load_selinux "$1/artifact"
		[ ! -e "$1/contexts" ] || contexts=$1/contexts
		run_cell "$result" selinux -n /run/netns/job -l "$context"
		contexts=/t/out/selinux/file_contexts
		load_selinux /t/policy.33
		;;
	egress | l2) under_rules "$1/artifact" in_net job ;;
	host) under_rules "$1/artifact" env ;;
	oci)
		rm -f /run/with-nftables
		run_job "$result" crun "$1/artifact" oci
		;;
	*)
		new_cgroup
		cat "$1/artifact" >"$cgroups/job/$2"
		run_cell "$result" cgroup2 -c $cgroups/job
		;;
	esac
}

begin=$(now)
load_lsm
make_world
new_job_net
# Runtimes come last: their jobs take the name of the interface over.
for mutant in $(grep -L oci /t/mutants/*/kind) $(grep -l oci /t/mutants/*/kind); do
	mutant=${mutant%/kind}
	table=$mutant/table result=mutants/${mutant##*/}
	try_mutant "$mutant" "$(cat "$mutant/kind")"
done
drop_job_net
table=/t/probes.tsv
load_lsm
note "time mutants/all $begin $(now)"
