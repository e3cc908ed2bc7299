# SPDX-License-Identifier: MIT
# Compares a feature set as the parser reads it with the kernel's own tree.
# usage: awk -f apparmor.awk VARIES FEATURES TREE. VARIES names what stable updates brought to a kernel: its absence
# from a feature set is no difference. A line of TREE is "path/of/file its content".
function trimmed(text) {
	gsub(/^[ \n]+|[ \n]+$/, "", text)
	return text
}
function leaf(depth, text,   path, i) {
	if (text == "")
		return
	for (i = 1; i <= depth; i++)
		path = path (i > 1 ? "/" : "") name[i]
	want[path] = text
}
FNR == 1 { file++ }
file == 1 && !/^#/ { varies[$1] = 1 }
file == 2 { text = text $0 "\n" }
file == 3 {
	path = $1
	sub(/^[^ ]* */, "")
	got[path] = trimmed($0)
}
END {
	depth = 0
	n = split(text, part, /[{}]/)
	at = 0
	for (i = 1; i <= n; i++) {
		at += length(part[i]) + 1
		if (substr(text, at, 1) == "{") {
			name[++depth] = trimmed(part[i])
		} else if (depth > 0) {
			leaf(depth--, trimmed(part[i]))
		}
	}
	for (path in want) {
		checked++
		if (got[path] != want[path])
			print "AppArmor feature " path " is \"" want[path] "\" in the feature set and \"" got[path] "\" in the kernel"
	}
	for (path in got)
		if (!(path in want) && !(path in varies))
			print "AppArmor feature " path " is in the kernel, and not in the feature set"
	print "checked " checked
}
