# SPDX-License-Identifier: MIT
# Compares the classes and permissions a kernel has with selinux-classes.tsv and the rows of a target.
# usage: awk -f selinux.awk selinux-classes.tsv TARGET VERSIONS KERNEL. A line of KERNEL is "Permission p in class c"
# or "Class c": what the kernel missed under a policy of all our classes without permissions. VERSIONS begins with
# the newest policy version, then come the policy capabilities.
BEGIN { FS = "\t" }
FNR == 1 { file++ }
/^#/ { next }
file == 1 && $1 ~ /^@/ { common[$1] = $2; next }
file == 1 && $1 != "class" {
	n = split($2, p, ",")
	for (i = 1; i <= n; i++) {
		if (p[i] in common) {
			m = split(common[p[i]], q, ",")
			for (j = 1; j <= m; j++)
				table[$1 " " q[j]] = $3
		} else {
			table[$1 " " p[i]] = $3
		}
	}
	class[$1] = $3
}
file == 2 && $1 ~ /^selinux\./ { effect[$1] = $2 }
file == 3 && FNR == 1 { version = $1 }
file == 3 && FNR > 1 { capability[$1] = 1 }
file == 4 {
	split($0, word, " ")
	if (word[1] == "Class") {
		if (!(word[2] in class))
			print "SELinux class " word[2] " is in the kernel, and not in selinux-classes.tsv"
		else
			unknown[word[2]] = 1
	} else {
		key = word[5] " " word[2]
		has[key] = 1
		checked++
		if (!(key in table))
			print "SELinux permission " word[5] ":" word[2] " is in the kernel, and not in selinux-classes.tsv"
	}
}
# A feature's permissions are there just where the target has the feature.
function check_feature(key,   f) {
	f = table[key]
	if (f == "-" || !(f in effect))
		return
	split(key, word, " ")
	checked++
	if ((key in has || word[1] in unknown) != (effect[f] == "yes"))
		print f " is " effect[f] " in the target, and " word[1] ":" word[2] " is " (key in has ? "" : "not ") "in the kernel"
}
function check_capability(name) {
	checked++
	if ((name in capability) != (effect["selinux." name] == "yes"))
		print "selinux." name " is " effect["selinux." name] " in the target, and " \
			(name in capability ? "" : "not ") "a policy capability of the kernel"
}
END {
	for (key in table)
		check_feature(key)
	check_capability("always_check_network")
	check_capability("netif_wildcard")
	check_capability("netlink_xperm")
	check_capability("nnp_nosuid_transition")
	check_capability("userspace_initial_context")
	checked++
	if ((version >= 34) != (effect["selinux.policyvers_34"] == "yes"))
		print "selinux.policyvers_34 is " effect["selinux.policyvers_34"] " in the target, and the kernel reads up to " version
	print "checked " checked
}
