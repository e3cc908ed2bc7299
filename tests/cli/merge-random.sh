#!/bin/sh
# SPDX-License-Identifier: MIT
# Random configurations merged, and judged by a model of the runtimes: none may grant more than the policy.
# usage: tests/cli/merge-random.sh FPOLICYC [COUNT [SEED]]
set -eu
fpolicyc=$(realpath "$1")
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT

# Every kind of limit, so that whatever a base says meets one of the policy's.
cat >"$tmp/full.policy" <<'POLICY'
language 1;
param job : name;
policy full {
	owner "o"; tier standard; targets debian-12;
	syscalls { default deny errno EPERM; allow read, write, execve; }
	capabilities { allow kill; }
	process { user 1000:1000; umask 022; no-new-privileges; }
	namespaces { new pid, mount, network, ipc, uts, cgroup; }
	mounts {
		root readonly;
		bind "/srv/lab/${job}/in" on "/in" readonly, nosuid, nodev, noexec;
		bind "/srv/lab/${job}/out" on "/out" nosuid, nodev;
		tmpfs on "/tmp" size 1MiB, inodes 64, mode 1755, nosuid, nodev, noexec accept unenforced because "runc 1.1.5";
		mask "/proc/kcore";
	}
	devices { allow read, write "/dev/null"; allow read "/dev/fuse"; }
	limits {
		cpu 2.0; cpu-weight 50; cpu-set "0-1"; memory 64MiB high 48MiB; swap 0; pids 16; oom kill-group;
		io "/dev/vda" block 8:0 read 1MiB/s write 1MiB/s;
		hugetlb 4MiB; io-weight 50 accept unenforced because "x"; open-files 32; file-size 1MiB; core 0;
	}
	never bpf;
}
POLICY
"$fpolicyc" "$tmp/full.policy" -q -o "$tmp/full" -D job=7
# The old hierarchies take no files by name: limits are typed.
"$fpolicyc" targets debian-12 | sed 's/^cgroup\.unified\tyes/cgroup.unified\tno/; s/^name\t.*/name\told/' >"$tmp/old.target"
sed 's/ high 48MiB//; s/oom kill-group/& accept unenforced because "old"/; s/devices {/& default deny accept unenforced because "old";/
	s/io-weight 50[^;]*;//' "$tmp/full.policy" >"$tmp/old.policy"
"$fpolicyc" "$tmp/old.policy" --target="$tmp/old.target" -q -o "$tmp/old" -D job=7
"$fpolicyc" policies/examples/lab.policy -q -o "$tmp/lab" -D job=7
python3 tests/cli/merge_model.py "$fpolicyc" "${2:-800}" "${3:-1}" "$tmp/full/debian-12" "$tmp/old/old" "$tmp/lab/debian-12"
