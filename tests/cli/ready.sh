#!/bin/sh
# SPDX-License-Identifier: MIT
# What others call us by, run: completions, hooks, the matcher, the job template, the diff drivers. usage: tests/cli/ready.sh FPOLICYC
set -u
. tests/lib/tap.sh
fpolicyc=$(realpath "$1")
root=$PWD
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/bin" "$tmp/repo"
ln -s "$fpolicyc" "$tmp/bin/fpolicyc"
PATH=$tmp/bin:$PATH
cp policies/examples/lab.policy "$tmp/repo/"
cd "$tmp/repo" || exit 2

has() { # TEXT LINE NAME
	echo "$1" | grep -qxF -- "$2"
	ok $? "$3"
}
commands=$(sed -n 's/^CMD("\([a-z]*\)".*/\1/p' "$root/compiler/cmd/cmd.def")
# What the pages of the commands have; test of the completions of each shell.
long_of() { fpolicyc "$1" --help | grep -E '^(usage:| )' | grep -oE -- '--[a-z-]+=?' | LC_ALL=C sort -u; }

complete_in() { # NAME, with a function `ask WORDS...` that prints candidates of the last word
	got=$(ask fpolicyc '')
	missing=$(for c in $commands; do echo "$got" | grep -qxF "$c" || echo "$c"; done)
	is "$missing" "" "$1: every command"
	for c in $commands; do
		got=$(ask fpolicyc "$c" --)
		missing=$(for o in $(long_of "$c"); do echo "$got" | grep -qxF -- "$o" || echo "$o"; done)
		is "$missing" "" "$1: every long option of $c"
	done
}

# ---- bash ----
if command -v bash >/dev/null; then
	cat >"$tmp/ask.bash" <<'B'
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_fpolicyc 2>/dev/null
printf '%s\n' "${COMPREPLY[@]}"
B
	ask() { bash "$tmp/ask.bash" "$root/docs/completions/fpolicyc.bash" "$@"; }
	complete_in bash
	has "$(ask fpolicyc lint lab)" lab.policy "bash: policies"
	has "$(ask fpolicyc lint -W io)" io-uring "bash: rules"
	has "$(ask fpolicyc lint --explain = FPS00)" FPS001 "bash: rules after ="
	has "$(ask fpolicyc lint --fail-on = w)" warning "bash: levels"
	has "$(ask fpolicyc lint --format = sa)" sarif "bash: forms"
	has "$(ask fpolicyc lab.policy --target = debian-1)" debian-12 "bash: targets"
else
	skip "bash completes" "no bash"
fi

# ---- zsh: the function with what collects in place of the completion system ----
if command -v zsh >/dev/null; then
	cat >"$tmp/ask.zsh" <<'Z'
file=$1
shift
words=("$@")
CURRENT=$#
PREFIX=${words[-1]}
compadd() { local -a out; local name; while [[ $1 == -* && $1 != -a ]]; do [[ $1 == -S ]] && shift; shift; done
	if [[ $1 == -a ]]; then name=$2; print -rl -- ${(P)name}; else print -rl -- "$@"; fi }
compset() { return 0 }
_describe() { local name=$2; print -rl -- ${${(P)name}%%:*} }
_files() { print -rl -- *.policy }
source $file
Z
	ask() { zsh -f "$tmp/ask.zsh" "$root/docs/completions/_fpolicyc" "$@" 2>/dev/null; }
	complete_in zsh
	has "$(ask fpolicyc lint lab)" lab.policy "zsh: policies"
	has "$(ask fpolicyc lint -W io)" io-uring "zsh: rules"
	has "$(ask fpolicyc lab.policy --target=debian-1)" debian-12 "zsh: targets"
else
	skip "zsh completes" "no zsh"
fi

# ---- fish ----
if command -v fish >/dev/null; then
	ask() { HOME=$tmp fish --no-config -c "source $root/docs/completions/fpolicyc.fish; complete -C '$*'" 2>/dev/null | cut -f1; }
	complete_in fish
	has "$(ask fpolicyc lint -W io)" io-uring "fish: rules"
	has "$(ask fpolicyc lint --fail-on=w | sed 's/.*=//')" warning "fish: levels"
	has "$(ask fpolicyc lab.policy --target=debian-1 | sed 's/.*=//')" debian-12 "fish: targets"
else
	skip "fish completes" "no fish"
fi

# ---- hooks of pre-commit: their entries, as it would run them ----
cd "$root" || exit 2
python3 - "$root/.pre-commit-hooks.yaml" >"$tmp/hooks" <<'P'
import re, sys
for hook in re.split(r"(?m)^- ", open(sys.argv[1]).read())[1:]:
    d = dict(re.findall(r"(?m)^\s*(\w+): (.*)$", hook))
    assert set(d) == {"id", "name", "description", "entry", "language", "files"} and d["language"] == "system", d
    assert re.search(d["files"], "a/lab.policy") and not re.search(d["files"], "lab.policy.orig"), d
    print(d["id"], d["entry"])
P
ok $? "hooks have what pre-commit wants, and match policies"
is "$(cut -d' ' -f1 "$tmp/hooks" | tr '\n' ' ')" "fpolicyc-fmt fpolicyc-lint " "which hooks there are"
while read -r id entry; do
	printf 'language 1;\npolicy p {owner "o";\ntargets debian-12;syscalls{default kill;allow setns;}}\n' >"$tmp/repo/h.policy"
	# shellcheck disable=SC2086
	run $entry "$tmp/repo/h.policy"
	changed=$(grep -c '^policy p {$' "$tmp/repo/h.policy")
	case $id in
	fpolicyc-fmt) is "$status $changed" "0 1" "$id lays a policy out" ;;
	*) is "$status" 1 "$id fails on a finding" ;;
	esac
done <"$tmp/hooks"

# ---- the matcher of GitHub: every line that the compiler and the lint print ----
{
	fpolicyc lint policies/examples/docker-default.policy --fail-on=never
	for p in tests/ui/*/*.policy; do cat "${p%.policy}.stderr"; done
} >"$tmp/lines" 2>/dev/null
python3 - docs/ci/github-matcher.json "$tmp/lines" >"$tmp/match" <<'P'
import json, re, sys
pattern = json.load(open(sys.argv[1]))["problemMatcher"][0]["pattern"][0]
want = got = 0
for line in open(sys.argv[2], encoding="utf-8", errors="replace"):
    is_finding = re.match(r"[^ |][^:]*:\d+:\d+: (error|warning): ", line)
    m = re.match(pattern["regexp"], line.rstrip("\n"))
    want += bool(is_finding)
    got += bool(m)
    if bool(m) != bool(is_finding):
        print("differs:", line, end="")
    if m and not (m[pattern["file"]].endswith(".policy") or m[pattern["file"]].endswith(".target") or m[pattern["file"]].endswith(".inc")):
        print("file:", m[pattern["file"]])
print(want == got and want > 100)
P
is "$(cat "$tmp/match")" True "the matcher takes every error and warning, and nothing else"

# ---- the job of GitLab, in a repository with a base ----
python3 - docs/ci/gitlab.yml >"$tmp/job" <<'P'
import re, sys
text = open(sys.argv[1]).read()
script = re.search(r"(?ms)^  script:\n(.*?)^  \w", text).group(1)
for item in re.split(r"(?m)^    - ", script)[1:]:
    print(re.sub(r"(?m)^        ", "", item[2:]) if item.startswith("|\n") else item, end="")
P
job() { run env FPOLICY_FILES="policies/*.policy" FPOLICY_SIGNERS="" CI_MERGE_REQUEST_DIFF_BASE_SHA=HEAD sh -e "$tmp/job"; }
mkdir -p "$tmp/repo/policies"
cd "$tmp/repo" || exit 2
cat >policies/p.policy <<'P'
language 1;
policy p {
    owner "o"; version "1"; tier standard; targets debian-12;
    syscalls { default kill; unknown deny errno ENOSYS; allow read, getpid, execve; }
    never bpf;
    test  { deny bpf(0); allow read(0); }
}
P
fpolicyc fmt policies/p.policy
git init -q . && git add . && git -c user.name=t -c user.email=t@example.org commit -qm base
job
is "$status" 0 "the job passes what did not change"
[ -s gl-code-quality-report.json ] && [ -s fpolicyc-junit.xml ]
ok $? "and leaves its reports"
sed -i 's/allow read, getpid, execve;/allow read, execve;/' policies/p.policy
job
case $status in 0) ok 0 "a narrower policy passes" ;; *) is "$out" "" "a narrower policy passes" ;; esac
sed -i 's/allow read, execve;/allow read, execve, write;/' policies/p.policy
job
is "$status" 1 "a wider one fails"
case $out in *write*) ok 0 "and the call is named" ;; *) is "$out" "write" "and the call is named" ;; esac
sed -i 's/allow read, execve, write;/allow read,  execve, write;/' policies/p.policy
job
is "$status" 1 "a layout that is not ours fails"

# ---- drivers of git diff: the lines that docs/ci.md gives ----
echo '*.policy diff=fpolicy' >.gitattributes
sed -n 's/^    git config diff/git config diff/p' "$root/docs/ci.md" >"$tmp/config"
grep textconv "$tmp/config" | sh
fpolicyc fmt policies/p.policy
case $(git diff) in *"syscalls: allow: execve, read, write"*) ok 0 "git diff shows meaning" ;; *) is "$(git diff)" "" "git diff shows meaning" ;; esac
git config --unset diff.fpolicy.textconv
grep command "$tmp/config" | sh
case $(git diff 2>&1) in *wider* | *incomparable*) ok 0 "git diff gives the verdict" ;; *) is "$(git diff 2>&1)" "" "git diff gives the verdict" ;; esac
git config --unset diff.fpolicy.command
grep xfuncname "$tmp/config" | sh
for n in 1 2 3 4 5 6; do echo "# $n"; done >>policies/p.policy
case $(git diff -U0) in *'@@ policy p {'* | *'@@ '*'policy'*) ok 0 "hunks name the policy" ;; *) is "$(git diff -U0)" "" "hunks name the policy" ;; esac
done_testing
