# SPDX-License-Identifier: MIT
# Compares what runtimes did with a field with a target's rows.
# usage: awk -v lsm=MODULE -f fields.awk TARGET FIELDS; a line of FIELDS is: runtime, row without "oci.", what was seen.
# A feature that is not there and one that is ignored look the same from inside a container.
function class(effect) {
	return effect == "no" ? "ignored" : effect
}
NR == FNR && $1 ~ /^(runc|crun):oci\./ { effect[$1] = $2; next }
NR == FNR { next }
{
	key = $1 ":oci." $2
	checked++
	seen[key] = 1
	if (!(key in effect))
		print key " was seen to be " $3 ", and the target has no such row"
	else if (class($3) != class(effect[key]))
		print key " is " effect[key] " in the target, and was seen to be " $3
}
END {
	for (key in effect)
		if (!(key in seen) && !(lsm == "selinux" && key ~ /selinux_label_checked$/))
			print key " has no probe"
	print "checked " checked
}
