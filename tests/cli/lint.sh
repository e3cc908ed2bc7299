#!/bin/sh
# SPDX-License-Identifier: MIT
# fpolicyc lint: forms of reports, levels, waivers and exit codes. usage: tests/cli/lint.sh FPOLICYC
set -u
. tests/lib/tap.sh
fpolicyc=$(realpath "$1")
root=$PWD
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC2317 # run calls it
validate() { python3 "$root/tests/cli/validate.py" "$1" "$2"; }
python() { python3 -c "import json, sys; d = json.load(open(sys.argv[1])); $2" "$1"; }
cd "$tmp" || exit 2

mkdir "a folder"
cat >"a folder/p,1.policy" <<'P'
language 1;
policy p {
    owner "o"; tier standard; targets debian-12;
    syscalls { default kill; unknown deny errno ENOSYS; allow read, setns, kcmp, execve, fanotify_init; }
    never bpf;
    test  { deny bpf(0); allow read(0); }
    waive setns on setns because "a \"runner\" <& it>" by "sec@example.org" until 2030-01-31;
}
P
p="a folder/p,1.policy"

# ---- levels and exit codes ----
run "$fpolicyc" lint "$p"
is "$status $(echo "$out" | grep -c '^a folder')" "0 2" "warnings alone exit 0"
is "$(echo "$out" | head -n 3)" \
	"$p:4:57: warning: kernel addresses are compared: kcmp(0, 0, 0, 0, 0) on x86_64 is permitted [FPS014 kcmp]
    4 |     syscalls { default kill; unknown deny errno ENOSYS; allow read, setns, kcmp, execve, fanotify_init; }
      |                                                         ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~" "gcc's form"
code() { # WANT NAME ARGS...
	want=$1 name=$2
	shift 2
	run "$fpolicyc" lint "$p" "$@"
	is "$status" "$want" "$name"
}
code 1 "--no-waivers: an error exits 1" --no-waivers
code 1 "--fail-on=warning" --fail-on=warning
code 0 "--fail-on=never" --no-waivers --fail-on=never
code 1 "-Werror" -Werror
code 1 "-Werror=RULE by name" -Werror=kcmp
code 1 "-Werror=RULE by id" -WFPS014 -Werror=FPS014
code 0 "-Werror=RULE of another rule" -Werror=ptrace
code 0 "-Wno-RULE" -Werror -Wno-kcmp -Wno-fanotify
code 1 "a later option wins" -Wno-kcmp -Werror=kcmp
code 2 "an unknown rule" -Wno-such-rule
is "$(echo "$out" | grep -c 'such-rule')" 1 "which is named"
code 2 "an unknown level" --fail-on=fatal
code 2 "an unknown form" --format=yaml
run "$fpolicyc" lint "$p" -Wall --fail-on=note
is "$status $(echo "$out" | grep -c 'note: .*\[FPG039 no-version\]$')" "1 1" "-Wall tells notes"
run "$fpolicyc" lint
is $status 2 "no file"
run "$fpolicyc" lint nothing.policy "$p"
is $status 2 "a file that is not there"
run "$fpolicyc" lint --explain=io-uring
is "$status $(echo "$out" | head -n 1)" "0 # FPS001 io-uring" "--explain by name"
run "$fpolicyc" lint --explain=FPS999
is $status 2 "--explain of no rule"
is "$("$fpolicyc" lint --explain=all | wc -l)" "$(grep -c '^LINT(' "$root/compiler/analysis/lint.def")" "--explain=all lists all"

# A policy with an error has its diagnostics in the report, too.
printf 'language 1;\npolicy q { owner "o"; targets debian-12; syscalls { allow raed; } }\n' >bad.policy
run "$fpolicyc" lint bad.policy --format=github -o bad.txt
is "$status $(cut -d: -f1-3 bad.txt)" "2 ::error file=bad.policy,line=2,endLine=2,col=59,endColumn=63,title=E0301 E0301" \
	"an error of the compiler is in the report"
run "$fpolicyc" lint bad.policy "$p" --format=json -o both.json
is "$status $(python both.json 'print(len({f["place"]["file"] for f in d["findings"]}))')" "2 2" "beside findings of others"

# ---- forms ----
for args in "" -Wall --no-waivers; do
	for file in "$p" bad.policy "$root/policies/examples/docker-default.policy" "$root/policies/examples/lab.policy"; do
		# shellcheck disable=SC2086
		"$fpolicyc" lint "$file" $args --format=sarif -o r.sarif 2>/dev/null
		run validate "$root/tests/schemas/sarif-used.schema.json" r.sarif
		is "$status $out" "0 " "$(basename "$file") $args: SARIF is valid"
		# shellcheck disable=SC2086
		"$fpolicyc" lint "$file" $args --format=json -o r.json 2>/dev/null
		run validate "$root/schemas/json/findings.schema.json" r.json
		is "$status $out" "0 " "$(basename "$file") $args: JSON is valid"
	done
done
"$fpolicyc" lint "$p" --format=sarif -o r.sarif
is "$(python r.sarif 'r = d["runs"][0]
print([(x["ruleId"], [s["justification"] for s in x["suppressions"]]) for x in r["results"]])')" \
	"[('FPS006', ['a \"runner\" <& it>']), ('FPS014', []), ('FPS059', [])]" "SARIF: suppressions with their justification"
is "$(python r.sarif 'print({x["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for x in d["runs"][0]["results"]})')" \
	"{'a%20folder/p,1.policy'}" "SARIF: paths are URIs"
is "$(python r.sarif 'r = d["runs"][0]
print({x["ruleId"] for x in r["results"]} - {x["id"] for x in r["tool"]["driver"]["rules"]}, len(r["tool"]["driver"]["rules"]))')" \
	"set() $(grep -c '^LINT(' "$root/compiler/analysis/lint.def")" "SARIF: every rule is described"
"$fpolicyc" lint "$p" --format=gitlab -o r.json
is "$(python r.json 'print(len(d), sorted(d[0]), sorted({x["severity"] for x in d}), d[0]["location"])')" \
	"2 ['check_name', 'description', 'fingerprint', 'location', 'severity'] ['minor'] {'lines': {'begin': 4}, 'path': 'a folder/p,1.policy'}" \
	"GitLab: what is not waived"
"$fpolicyc" lint "$p" --format=junit -o r.xml
is "$(python3 -c 'import sys, xml.etree.ElementTree as e
s = e.parse(sys.argv[1]).getroot()[0]
print(s.attrib["tests"], s.attrib["failures"], s.attrib["skipped"], [c[0].tag for c in s], s[0][0].attrib["message"])' r.xml)" \
	"3 2 1 ['skipped', 'failure', 'failure'] waived by sec@example.org: a \"runner\" <& it>" "JUnit: well formed, waived is skipped"
"$fpolicyc" lint "$p" --format=github -o r.txt
is "$(head -n 1 r.txt | cut -d: -f1-3)" \
	"::warning file=a folder/p%2C1.policy,line=4,endLine=4,col=57,endColumn=103,title=FPS014 kcmp" "GitHub: a comma is escaped"
is "$(grep -vcE '^::(notice|warning|error) file=[^:,]+,line=[0-9]+,endLine=[0-9]+,col=[0-9]+,endColumn=[0-9]+,title=[^:]+::.+$' r.txt)" 0 \
	"GitHub: every line is a command"
"$fpolicyc" lint "$p" --format=markdown -o r.md
is "$(sed -n '1p; 3,4p' r.md)" "### fpolicyc lint: 0 errors, 2 warnings, 0 notes, 1 waived
| | rule | place | finding |
|---|---|---|---|" "Markdown: a table"
is "$(grep -c '^| ' r.md)" 4 "Markdown: a row a finding"

# ---- fingerprints outlive what does not matter ----
prints() { "$fpolicyc" lint "$1" -Wall --format=json 2>/dev/null | python3 -c 'import json, sys
print(sorted((f["rule"], f["fingerprint"]) for f in json.load(sys.stdin)["findings"]))'; }
before=$(prints "$p")
{ printf '# moved\n\n\n'; sed 's/tier standard;/tier standard; version "2";/; s/allow read,/allow read, write,/' "$p"; } >moved.policy
is "$(prints moved.policy | sed "s/('FPG039'[^)]*), //")" "$(echo "$before" | sed "s/('FPG039'[^)]*), //")" "moved and changed around, a finding has its fingerprint"
sed 's/policy p /policy other /' "$p" >other.policy
is "$([ "$(prints other.policy)" != "$before" ]; echo $?)" 0 "another policy's is another"
cat >two.policy <<'P'
language 1;
policy p {
    owner "o"; tier standard; targets debian-12;
    mounts { bind "/srv/a" on "/a b" nosuid, nodev; bind "/srv/b" on "/b" nosuid, nodev; }
}
P
is "$(prints two.policy | grep -o "'FPF010', '[0-9a-f]*'" | sort -u | wc -l)" 2 "two mounts have two fingerprints"
is "$(prints "$p" | grep -oE '[0-9a-f]{32}' | sort | uniq -d)" "" "no two are equal"

# ---- the same bytes, and quickly ----
"$fpolicyc" lint "$root"/policies/examples/*.policy -Wall --format=sarif -o one.sarif
"$fpolicyc" lint "$root"/policies/examples/*.policy -Wall --format=sarif -o two.sarif
cmp -s one.sarif two.sarif
ok $? "two runs are one"
run timeout 5 "$fpolicyc" lint "$root/policies/examples/docker-default.policy"
is $status 1 "the largest example in no time"
run sh -c "ulimit -v 400000; '$fpolicyc' lint '$root/tests/lint/FPG006/fires.policy'"
is $status 3 "undecided is 3, in bounded memory"
done_testing
