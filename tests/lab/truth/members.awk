# SPDX-License-Identifier: MIT
# Does a fragment of config.json rest on a field that a runtime was seen to ignore, refuse or turn round?
# usage: awk -f members.awk MEMBERS FIELDS FRAGMENT
FNR == 1 { file++ }
file == 1 && !/^#/ { split($0, cell, "\t"); pattern[cell[1]] = cell[2] }
file == 2 && $3 != "yes" && ($2 in pattern) { weak[$1 " " $2] = pattern[$2]; how[$1 " " $2] = $3 }
file == 3 { text = text $0 }
END {
	for (key in weak) {
		checked++
		split(key, part, " ")
		if (text ~ weak[key])
			print "oci/config.json has " pattern[part[2]] ", which " part[1] " was seen to be: " how[key]
	}
	print "checked " checked
}
