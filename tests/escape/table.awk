# SPDX-License-Identifier: MIT
# usage: awk -f table.awk LIST EXCEPTIONS OUTCOMES: the tables of docs/escape-tests.md, in Markdown.
# Columns of OUTCOMES: release, LSM, run, attack, "passes" or how it was refused; sorted by release.
BEGIN {
	FS = "\t"
	runs = split("none seccomp apparmor selinux oci cgroup2 nftables all", run, " ")
}
FNR == 1 { file++ }
file == 1 { id[++n] = $1; must[$1] = $2; from[$1] = $3; what[$1] = $4; next }
file == 2 { if (!/^#/) lack[++lacks] = $0; next }
{
	if (!($1 in seen)) { seen[$1] = 1; release[++releases] = $1 }
	guest = $1 " " $2
	if (!(guest in seen)) { seen[guest] = 1; guests[++g] = guest }
	r = $3
	sub(/^all-.*/, "all", r)
	tried[guest] += r == "none"
	free[guest] += r == "none" && $5 == "passes"
	out[guest] += r == "all" && $5 == "passes"
	runs_of[guest, $3] = 1
	# One word for every release; the LSMs and both runtimes of one must agree to share it.
	put(r, $4, $1, $5 == "passes" ? "passes" : $5)
}
function put(r, a, rel, how,   k) {
	k = r SUBSEP a
	if (!((k, rel, how) in had)) {
		had[k, rel, how] = 1
		cell[k, rel] = cell[k, rel] (cell[k, rel] == "" ? "" : "/") how
	}
}
# Equal on all releases: one word. Else each word with its releases.
function show(r, a,   i, k, word, words, first, text, list, at) {
	k = r SUBSEP a
	split("", at)
	words = 0
	for (i = 1; i <= releases; i++) {
		word = cell[k, release[i]]
		if (word == "")
			continue
		if (!(word in at))
			list[++words] = word
		at[word] = at[word] (at[word] == "" ? "" : ", ") release[i]
	}
	if (words == 0)
		return "-"
	if (words == 1)
		return list[1]
	for (i = 1; i <= words; i++)
		text = text (i > 1 ? "; " : "") list[i] " (" at[list[i]] ")"
	return text
}
END {
	print "### Guests\n"
	print "| kernel, LSM | attacks | succeed without the policy | succeed under it, in crun and runc |"
	print "|---|---|---|---|"
	for (i = 1; i <= g; i++)
		printf "| %s | %d | %d | %d |\n", guests[i], tried[guests[i]], free[guests[i]], out[guests[i]]
	print "\n### Attacks\n"
	print "| attack | what is tried | reference | must be stopped by each of |"
	print "|---|---|---|---|"
	for (i = 1; i <= n; i++) {
		gsub(/,/, ", ", must[id[i]])
		printf "| `%s` | %s | %s | %s |\n", id[i], what[id[i]], from[id[i]], must[id[i]]
	}
	print "\n### How they end\n"
	printf "| attack |"
	for (j = 1; j <= runs; j++)
		printf " %s |", run[j] == "none" ? "no layer" : run[j] == "all" ? "all layers" : run[j]
	print "\n|---|---|---|---|---|---|---|---|---|"
	for (i = 1; i <= n; i++) {
		printf "| `%s` |", id[i]
		for (j = 1; j <= runs; j++)
			printf " %s |", show(run[j], id[i])
		print ""
	}
	print "\n### What a kernel has not\n"
	print "| guests | run | attack | ends with | why |"
	print "|---|---|---|---|---|"
	for (i = 1; i <= lacks; i++) {
		split(lack[i], f, "\t")
		gsub(/\|/, "\\|", f[1])
		printf "| %s | %s | `%s` | %s | %s |\n", f[1], f[2], f[3], f[4], f[5]
	}
}
