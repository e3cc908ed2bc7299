# SPDX-License-Identifier: MIT
# Compares the calls a kernel has with schemas/tables/syscalls.tsv.
# usage: awk -v kernel=6.1 -f calls.awk syscalls.tsv silent-calls CALLS; prints one difference a line.
BEGIN { FS = "\t" }
function is_later(a, b,   x, y) { # version a after version b
	split(a, x, ".")
	split(b, y, ".")
	return x[1] + 0 > y[1] + 0 || (x[1] + 0 == y[1] + 0 && x[2] + 0 > y[2] + 0)
}
/^#/ { next }
FILENAME ~ /syscalls\.tsv$/ && !header {
	for (i = 1; i <= NF; i++)
		column[$i] = i
	header = 1
	next
}
FILENAME ~ /syscalls\.tsv$/ {
	n = split("x86_64 i386 aarch64", abi, " ")
	for (i = 1; i <= n; i++)
		if ($column[abi[i]] != "-") {
			key = abi[i] " " $column[abi[i]]
			name[key] = $1
			since[key] = $column[abi[i] "_since"]
			never[key] = $column["flags"] ~ /NOSIG/
		}
	next
}
FILENAME ~ /silent-calls$/ { # name, from which kernel on it does not answer
	silent[$1] = $2
	next
}
{
	lives[$1] = 1
	split($1, part, " ")
	seen[part[1]] = 1
	if (!($1 in name))
		print "call " $1 " is there, and syscalls.tsv has no such number"
	else if (is_later(since[$1], kernel))
		print "call " name[$1] " (" $1 ") is there, and syscalls.tsv says since " since[$1]
	else if (never[$1])
		print "call " name[$1] " (" $1 ") is there, and syscalls.tsv says that no kernel has it"
	checked++
}
END {
	for (key in name) {
		split(key, part, " ")
		if (!(part[1] in seen) || key in lives || is_later(since[key], kernel) || never[key])
			continue
		checked++
		if (!(name[key] in silent) || is_later(silent[name[key]], kernel))
			print "call " name[key] " (" key ") is not there, and syscalls.tsv says since " since[key]
	}
	print "checked " checked
}
