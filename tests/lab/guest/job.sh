# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# A job's root, its cgroup, and cells in it.
job=/job
table=/t/probes.tsv

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
	[ ! -e $table ] || prepare_table
	[ "$lsm" != selinux ] || setfiles -F -r $job /t/out/selinux/file_contexts $job
}

prepare_table() {
	host_ns=$(probe --prepare=$job $table | sed -n 's/^# host-ns //p')
	cp $table $job/in/lab.tsv
}

new_cgroup() {
	mkdir -p $cgroups/job
	for file in /t/out/cgroup2/*; do
		knob=${file##*/}
		[ -e "$cgroups/job/$knob" ] || continue
		cat "$file" >"$cgroups/job/$knob" || note "$knob refused $(cat "$file")"
	done
}

# Some layers together in a cell; the table has only what one of them could hold. What the run without any
# is compared with later is all there is to try in it.
run_cell() { # name layers options...
	name=$1 layers=$2
	shift 2
	new_job
	case $layers,$base in
	none,yes) ;;
	none,no) only_layers "$lsm" >$job/in/lab.tsv ;;
	*) only_layers "$layers" >$job/in/lab.tsv ;;
	esac
	piped cell "$@" -r $job -- /usr/bin/probe --in-guest /in/lab.tsv "--layers=$layers" "--host-ns=$host_ns" >/run/result
	send "layers/$name" /run/result
}

# Rules that only the drop-in for systemd holds are no matter of the cgroup's files: guests run no systemd.
only_layers() { # list
	awk -F '\t' -v list="$1" -v dropin="$dropin" '
		BEGIN { n = split(list, want, ",") }
		/^#/ { print; next }
		list == "cgroup2" && index(" " dropin " ", " " $3 " ") { next }
		{ for (i = 1; i <= n; i++) if (index("," $2 ",", "," want[i] ",")) { print; next } }' $table
}
