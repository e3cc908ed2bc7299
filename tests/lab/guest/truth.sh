# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Suite: what this kernel has, for the host to compare with schemas/.

if is_base layers; then
	calls --in-guest >/run/calls
	send truth/calls /run/calls

	mkdir "$cgroups/truth"
	ls "$cgroups/truth" >/run/cgroup
	rmdir "$cgroups/truth"
	send truth/cgroup /run/cgroup
fi

if [ "$lsm" = apparmor ]; then
	(cd /sys/kernel/security/apparmor/features && find . -type f | sort | while read -r f; do
		echo "${f#./} $(cat "$f")"
	done) >/run/features
	send truth/apparmor /run/features
else
	# Under a policy whose classes have no permission that a kernel knows, the kernel names all it misses.
	dmesg -c >/dev/null
	load_selinux /t/bare.33
	dmesg -c | sed -n 's/^.*SELinux:  *\(Permission .*\|Class .*\) not defined in policy.*/\1/p' >/run/classes
	send truth/selinux /run/classes
	echo "$(cat /sys/fs/selinux/policyvers)" >/run/policyvers
	ls /sys/fs/selinux/policy_capabilities >>/run/policyvers
	send truth/selinux-versions /run/policyvers
fi
