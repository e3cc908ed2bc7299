# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Suite: the job through the release's own runtimes, by the configuration that merge wrote: first what the
# runtime itself does, then with the security module and the network's rules.
. /t/job.sh
bundle=/bundle
srv=/srv/lab/lab

begin=$(now)
step() { note "time runtimes/$1 $begin $(now)"; begin=$(now); }

# Fixtures lie where the job will see them: in the root, and in what is bound over it.
new_bundle() { # configuration layers
	umount -l $bundle 2>/dev/null
	mkdir -p $bundle $srv/in $srv/out
	mount -t tmpfs -o mode=755 bundle $bundle
	(
		mkdir -p $bundle/rootfs && cd $bundle/rootfs || exit
		mkdir -p dev etc in lab lib out proc sys tmp usr/bin
		chmod 1777 tmp
		cp /lab/bin/probe usr/bin/
		cp /usr/bin/busybox usr/bin/
		mount --bind $srv/in in && mount --bind $srv/out out
	)
	chmod 777 $srv/out
	host_ns=$(probe --prepare=$bundle/rootfs $table "--owner=$owner" | sed -n 's/^# host-ns //p')
	case $2 in
	oci) cp $table $srv/in/lab.tsv ;;
	*) quick_table >$srv/in/lab.tsv ;;
	esac
	umount $bundle/rootfs/in $bundle/rootfs/out
	if [ "$lsm" = selinux ]; then
		setfiles -F -r $bundle/rootfs /t/out/selinux/file_contexts $bundle/rootfs
		setfiles -F /t/out/selinux/file_contexts.host $srv
	fi
	sed -e "s/@layers@/--layers=$2/" -e "s/@host-ns@/--host-ns=$host_ns/" "/t/$1" >$bundle/config.json
}

# Other layers add nothing to what fills memory and file systems, which takes most of a run's time.
quick_table() {
	awk -F '\t' '!/^[0-9]/ || $7 !~ /^(fill|file-size|inodes|memory)$/' $table
}

run_job() { # result runtime configuration layers
	new_bundle "$3" "$4"
	piped "$2" run --bundle $bundle job >/run/result </dev/null
	[ ! -e "/run/$2/job" ] || "$2" delete --force job >/dev/null 2>&1
	send "runtimes/$1" /run/result
}

# Numbers of other machines' calls are one rule of the filter, and the kernel was asked about each of them under the
# filter of our own: every sixteenth.
thin_table() {
	awk -F '\t' -v native="$native" '$7 != "call" || $8 == native || $9 % 16 == 0' $table
}

# The filter that the runtime made of linux.seccomp, taken from a process that sleeps under it.
read_filter() { # runtime configuration
	new_bundle "$2" oci
	sed -i 's|"/usr/bin/probe".*|"/usr/bin/busybox", "sleep", "1000"|; /"--in-guest"/d; /"\/in\/lab.tsv"/d; /"--layers=/d; /"--host-ns=/d' \
		$bundle/config.json
	"$1" run --bundle $bundle job >/run/started 2>&1 </dev/null &
	tries=0 pid=
	until [ -n "$pid" ] && grep -q '^Seccomp:.*2' "/proc/$pid/status" || [ $tries -gt 250 ]; do
		usleep 20000
		tries=$((tries + 1))
		pid=$(head -n 1 $cgroups/lab/cgroup.procs 2>/dev/null)
	done
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
	if [ "$base" = yes ]; then
		rm -f /run/with-nftables
		run_job "$runtime-alone" $runtime "config-$runtime-oci.json" oci
		step "$runtime-alone"
		read_filter $runtime "config-$runtime-oci.json"
		step "$runtime-filter"
	fi
	: >/run/with-nftables
	run_job "$runtime-all" $runtime "config-$runtime-all.json" "seccomp,oci,$lsm,nftables"
	step "$runtime-all"
done
