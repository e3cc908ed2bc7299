# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# A job's root, its cgroup, and cells in it.
job=/job
table=/t/probes.tsv
contexts=/t/out/selinux/file_contexts

# Everything that a probe is about, where the policy has it. Labels come last: they are of names.
new_job() {
	umount -l $job 2>/dev/null
	mkdir -p $job
	mount -t tmpfs -o mode=755 job $job
	(
		cd $job || exit
		mkdir -p dev etc in lab lib out proc sys tmp usr/bin
		chmod 1777 tmp
		chmod 777 out
		cp /lab/bin/probe /lab/bin/acts usr/bin/
		mknod -m 666 dev/null c 1 3
		mknod -m 666 dev/zero c 1 5
		mknod -m 666 dev/urandom c 1 9
	)
	prepare_table
	[ "$lsm" != selinux ] || setfiles -F -r $job "$contexts" $job
}

prepare_table() {
	host_ns=$(probe --prepare=$job "$table" | sed -n 's/^# host-ns //p')
	cp "$table" $job/in/lab.tsv
}

new_cgroup() {
	mkdir -p $cgroups/job
	for file in /t/out/cgroup2/*; do
		knob=${file##*/}
		[ -e "$cgroups/job/$knob" ] || continue
		cat "$file" >"$cgroups/job/$knob" || note "$knob refused $(cat "$file")"
	done
}

# Some layers together in a cell; the table has only what one of them could hold.
run_cell() { # result layers options...
	name=$1 layers=$2
	shift 2
	new_job
	[ "$layers" = none ] || only_layers "$layers" >$job/in/lab.tsv
	piped cell "$@" -r $job -- /usr/bin/probe --in-guest /in/lab.tsv "--layers=$layers" "--host-ns=$host_ns" >/run/result
	send "$name" /run/result
}

# Rules that only the drop-in for systemd holds are no matter of the cgroup's files: guests run no systemd.
only_layers() { # list
	awk -F '\t' -v list="$1" -v dropin="$dropin" '
		BEGIN { n = split(list, want, ",") }
		/^#/ { print; next }
		list == "cgroup2" && index(" " dropin " ", " " $3 " ") { next }
		{ for (i = 1; i <= n; i++) if (index("," $2 ",", "," want[i] ",")) { print; next } }' "$table"
}

# What reaches the job: its server is not confined, so that only the packets' way is probed.
run_ingress() { # result layers
	serve job --serve=ingress
	in_net world probe --ingress=10.99.0.2 "$table" "--layers=$2" >/run/ipv4 2>&1 &
	other=$!
	in_net world probe --ingress=fd99::2 "$table" "--layers=$2" >/run/ipv6 2>&1
	wait $other
	send "$1-ingress-10.99.0.2" /run/ipv4
	send "$1-ingress-fd99::2" /run/ipv6
	kill "$server"
	wait "$server" 2>/dev/null
}
