# SPDX-License-Identifier: MIT
# usage: awk -v kernel=NAME -f judge.awk EXCEPTIONS LIST none LAYER...
# An attack proves something where it succeeds without the policy. Every layer the table names must stop it
# alone, and the whole policy must. An exception that is none any more is a difference too. The file counts gets
# a line a run: its name, attacks tried, succeeded without the policy, succeeded, to be stopped, not stopped.
function bad(words) { print words; wrong++ }
FNR == 1 { run = FILENAME; file++; if (file > 2) runs[++n] = run }
file <= 2 && /^#/ { next }
file == 1 {
	split($0, f, "\t")
	if (kernel ~ "^(" f[1] ")$") {
		except[f[2], f[3]] = f[4]
		why[f[2], f[3]] = f[5]
	}
	next
}
file == 2 { split($0, f, "\t"); ids[++attacks] = f[1]; layers[f[1]] = "," f[2] ","; next }
$1 == "done" { done[run] = 1; next }
$2 == "begin" { got[run, $1] = "refused"; how[run, $1] = "KILLED"; next }
$2 == "succeeded" || $2 == "refused" { got[run, $1] = $2; how[run, $1] = $3; next }
{ bad(run ": " $0) }
function judge(run, id) {
	seen = got[run, id]
	expected = except[run, id]
	passed[run] += seen == "succeeded"
	if (seen == "") {
		if (!untried[run]++)
			first[run] = id
	} else if (run == "none") {
		if (seen == "succeeded" && expected != "")
			bad(id " succeeds without the policy; it is said to end with " expected)
		else if (seen == "refused" && how[run, id] != expected)
			bad(id " proves nothing: without the policy it ends with " how[run, id])
	} else if (run ~ /^all-/) {
		named[run]++
		missed[run] += seen == "succeeded"
		if (seen == "succeeded")
			bad(run ": ESCAPE: " id)
	} else if (index(layers[id], "," run ",") && expected != "passes") {
		named[run]++
		missed[run] += seen == "succeeded"
		if (seen == "succeeded")
			bad(id " must be stopped by " run " alone, and is not")
	} else if (expected == "passes" && seen == "refused") {
		bad(id " is said to pass " run ", and is stopped: " how[run, id])
	}
}
END {
	for (i = 1; i <= n; i++) {
		if (!(runs[i] in done))
			bad(runs[i] " ended before its last attack")
		for (j = 1; j <= attacks; j++)
			judge(runs[i], ids[j])
		if (untried[runs[i]])
			bad(runs[i] ": not tried are " untried[runs[i]] " attacks, the first " first[runs[i]])
		if (runs[i] != "none")
			print runs[i], attacks - untried[runs[i]], passed["none"] + 0, passed[runs[i]] + 0, named[runs[i]] + 0,
				missed[runs[i]] + 0 >"counts"
	}
	if (attacks < 60 || n < 2)
		bad("there are " attacks + 0 " attacks and " n + 0 " runs")
	print "checked " attacks * n
}
