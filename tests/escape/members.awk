# SPDX-License-Identifier: MIT
# Takes members out of JSON as fpolicyc prints it: one a line, closed at the depth it was opened at.
# -v drop=NAME,...: all but these. -v only=NAME: this one alone, with a comma behind it.
BEGIN {
	n = split(drop only, names, ",")
	for (i = 1; i <= n; i++)
		want[names[i]] = 1
}
function emit(line) {
	if (line ~ /^ *[\]}]/)
		sub(/,$/, "", held)
	if (has)
		print held
	held = line
	has = 1
}
inside {
	if (only != "" && !found) {
		if ($0 ~ "^" indent "[]}]") {
			print indent "},"
			found = 1
		} else
			print
	}
	if ($0 ~ "^" indent "[]}]")
		inside = 0
	next
}
match($0, /^ *"[A-Za-z]+":/) {
	name = substr($0, 1, RLENGTH)
	gsub(/[ ":]/, "", name)
	if (name in want) {
		match($0, /^ */)
		indent = substr($0, 1, RLENGTH)
		inside = $0 ~ /[\[{]$/
		if (only != "" && !found)
			print
		next
	}
}
only == "" { emit($0) }
END { if (only == "") print held }
