# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Suite: acts that the security module decides, without it and under the policy.
. /t/job.sh
sleep 1000 &
outsider=$!

run_acts() { # name options...
	name=$1
	shift
	new_job
	piped cell "$@" -r $job -- /usr/bin/acts --in-guest $outsider >/run/result
	send "acts/$name" /run/result
}

load_lsm
run_acts none
case $lsm in
apparmor) run_acts apparmor -a "$profile" ;;
selinux) run_acts selinux -l "$context" ;;
esac
kill $outsider

dmesg | grep -E 'apparmor="DENIED"|avc:  denied' >/run/denials
send acts/denials /run/denials
