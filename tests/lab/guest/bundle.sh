# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# The job through a runtime, by the configuration that merge wrote.
. /t/job.sh
bundle=/bundle
srv=/srv/lab/lab

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
	host_ns=$(probe --prepare=$bundle/rootfs "$table" "--owner=$owner" | sed -n 's/^# host-ns //p')
	case $2 in
	oci) cp "$table" $srv/in/lab.tsv ;;
	*) quick_table >$srv/in/lab.tsv ;;
	esac
	umount $bundle/rootfs/in $bundle/rootfs/out
	if [ "$lsm" = selinux ]; then
		setfiles -F -r $bundle/rootfs /t/out/selinux/file_contexts $bundle/rootfs
		setfiles -F /t/out/selinux/file_contexts.host $srv
	fi
	sed -e "s/@layers@/--layers=$2/" -e "s/@host-ns@/--host-ns=$host_ns/" "$1" >$bundle/config.json
}

# Other layers add nothing to what fills memory and file systems, which takes most of a run's time.
quick_table() {
	awk -F '\t' '!/^[0-9]/ || $7 !~ /^(fill|file-size|inodes|memory)$/' "$table"
}

run_job() { # result runtime configuration layers
	new_bundle "$3" "$4"
	piped "$2" run --bundle $bundle job >/run/result </dev/null
	[ ! -e "/run/$2/job" ] || "$2" delete --force job >/dev/null 2>&1
	send "$1" /run/result
}
