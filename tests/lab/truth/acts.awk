# SPDX-License-Identifier: MIT
# Compares what a job could do under a security module with what it may, and with what it could do without.
# usage: awk -v lsm=apparmor -f acts.awk TARGET ACTS WITHOUT UNDER
BEGIN { FS = "\t" }
FNR == 1 { file++ }
/^#/ { next }
file == 1 { effect[$1] = $2 }
file == 2 && $1 == lsm {
	want[$2] = $3
	if ($4 != "-" && effect[$4] != "yes")
		want[$2] = "ok"
	why[$2] = $5 ($4 != "-" ? "; " $4 " is " effect[$4] " in the target" : "")
}
file == 3 { split($0, word, " "); without[word[1]] = word[2] }
file == 4 { split($0, word, " "); under[word[1]] = word[2] }
END {
	for (act in want) {
		checked++
		if (!(act in under) || !(act in without))
			print act " was not tried: " why[act]
		else if (without[act] != "ok")
			print act " fails without the module too (" without[act] "): it shows nothing"
		else if ((under[act] == "ok") != (want[act] == "ok"))
			print act ": " under[act] ", and it must be " want[act] ": " why[act]
	}
	print "checked " checked
}
