# SPDX-License-Identifier: MIT
# Compares the files of a child cgroup with the cgroup rows of a target.
# usage: awk -f cgroup.awk TARGET FILES
BEGIN {
	FS = "\t"
	file["cpuset"] = "cpuset.cpus"
	file["cpuset.exclusive"] = "cpuset.cpus.exclusive"
	file["cpu.uclamp"] = "cpu.uclamp.min"
	file["dmem"] = "dmem.max"
	file["freeze"] = "cgroup.freeze"
	file["hugetlb"] = "hugetlb.2MB.max"
	file["kill"] = "cgroup.kill"
	file["misc"] = "misc.max"
	file["pressure"] = "cgroup.pressure"
	file["rdma"] = "rdma.max"
	# No files: a property of the host, a mount option, a value of a file.
	other["cpuset.isolated"]; other["memory_hugetlb_accounting"]; other["unified"]
}
NR == FNR && $1 ~ /^cgroup\./ { effect[substr($1, 8)] = $2 }
NR != FNR { has[$1] = 1 }
END {
	for (row in effect) {
		if (row in other)
			continue
		name = row in file ? file[row] : row
		checked++
		if ((name in has) != (effect[row] == "yes"))
			print "cgroup." row " is " effect[row] " in the target, and " name " is " \
				(name in has ? "" : "not ") "in a child cgroup"
	}
	print "checked " checked
}
