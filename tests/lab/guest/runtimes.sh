# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Suite: the job through the release's own runtimes, by the configuration that merge wrote: first what the
# runtime itself does, then with the security module and the network's rules.
. /t/bundle.sh

begin=$(now)
step() { note "time runtimes/$1 $begin $(now)"; begin=$(now); }

# Numbers of other machines' calls are one rule of the filter, and the kernel was asked about each of them under the
# filter of our own: every sixteenth.
thin_table() {
	awk -F '\t' -v native="$native" '$7 != "call" || $8 == native || $9 % 16 == 0' "$table"
}

# The filter that the runtime made of linux.seccomp, taken from a process that sleeps under it.
read_filter() { # runtime configuration
	new_bundle "$2" oci
	sed -i 's|"/usr/bin/probe".*|"/usr/bin/busybox", "sleep", "1000"|; /"--in-guest"/d; /"\/in\/lab.tsv"/d; /"--layers=/d; /"--host-ns=/d' \
		$bundle/config.json
	"$1" run --bundle $bundle job >/run/started 2>&1 </dev/null &
	filtered lab
	thin_table >/run/thin
	filter "$pid" >/run/filter 2>/run/result && probe --decide /run/filter /run/thin 2>&1 |
		sed 's/^# layers seccomp$/# layers oci/' >/run/result
	kill -9 "$pid" 2>/dev/null
	wait $!
	"$1" delete --force job >/dev/null 2>&1
	send "runtimes/$1-filter" /run/result
}

load_lsm
make_world
for runtime in runc crun; do
	if is_base runtimes; then
		rm -f /run/with-nftables
		run_job "runtimes/$runtime-alone" $runtime "/t/config-$runtime-oci.json" oci
		step "$runtime-alone"
		read_filter $runtime "/t/config-$runtime-oci.json"
		step "$runtime-filter"
	fi
	: >/run/with-nftables
	run_job "runtimes/$runtime-all" $runtime "/t/config-$runtime-all.json" "seccomp,oci,$lsm,nftables"
	step "$runtime-all"
done
