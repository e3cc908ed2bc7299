#!/bin/sh
# SPDX-License-Identifier: MIT
# spec.json, manifest.json and claims.json follow schemas/json, and the schemas refuse what they should.
# usage: tests/cli/schemas.sh FPOLICYC
set -u
. tests/lib/tap.sh
fpolicyc=$1
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC2317 # run calls it
validate() { python3 tests/cli/validate.py "schemas/json/$1.schema.json" "$2"; }

# Every kind of rule, assertion and tail there is; which the last test counts.
cat >"$tmp/sample.policy" <<'P'
language 1;
param job : name;
set @few of calls { read, write };
policy base { owner "security"; tier standard; syscalls { allow @few; } }
locked policy roof {
	owner "security"; tier standard; syscalls { default allow; deny bpf; abi i386; }
	capabilities { allow net_bind_service; } process { user 0:0 groups 5, 6; } mounts { root writable; }
	files { default allow; } egress { default allow; } ingress { default allow; } devices { default allow; }
	limits { cpu 2.0; } never bpf;
}
locked policy sample extends base within roof {
	version "1"; tier untrusted; targets debian-11, debian-13;
	widen {
		syscalls {
			default deny errno EPERM; unknown after linux 6.1 deny errno ENOSYS; abi i386;
			allow socket(domain) where domain in { AF_UNIX, AF_INET };
			deny socketcall errno ENOSYS; kill ptrace; trap personality data 7;
		}
		capabilities { allow net_bind_service; }
		process { user 1000:1000 groups 5, 6; no-new-privileges; umask 027; working-directory "/w"; }
		namespaces { new user; map users 0..65535 to 100000; map groups 0..65535 to 100000; }
		mounts {
			root readonly; bind "/srv/${job}" on "/w" nosuid, nodev, noexec;
			bind "/srv/q" on "/q" quota 1GiB accept unenforced because "the file system has that size";
			tmpfs on "/tmp" size 1MiB, inodes 100; mask "/proc/kcore"; readonly "/proc/sys";
		}
		files { default deny; allow read, execute "/usr/**"; deny read "/usr/share/*.{key,pem}"; }
		egress { default deny; allow tcp to 10.0.0.0/8, 2001:db8::/32 port 443, 8000..8080; deny icmp to any; }
		ingress { default deny; allow tcp port 80; }
		devices { default deny; allow read, write /dev/null, /dev/fuse char 10:229; }
		limits {
			cpu 1.5; cpu-weight 50; cpu-set "0-3,5"; memory 64MiB high 32MiB; swap 0; pids 10; oom kill-group;
			io "/dev/vda" block 254:0 read 1MiB/s write-ops 100; wall-clock 90s; stack unlimited;
		}
		audit { denied; allowed socket; }
	} because "a job of every kind" until 2999-12-31;
	never socket(domain) where domain == AF_ALG critical;
	expect read "/usr/lib/a";
	test { deny bpf; allow capability net_bind_service; deny egress tcp to 11.0.0.1 port 443; }
	layer seccomp best-effort because "for the sample";
	waive one-layer-only on egress because "the proxy is another" by "sec@example.org" until 2999-12-31;
}
P
for policy in "$tmp/sample.policy" policies/examples/*.policy; do
	[ -e "$policy" ] || continue
	name=${policy##*/} name=${name%.policy}
	run "$fpolicyc" "$policy" -q -o "$tmp/$name"
	is $status 0 "$name compiles"
	[ $status -eq 0 ] || { echo "$out" | sed 's/^/# /'; continue; }
	for document in "$tmp/$name/spec.json" "$tmp/$name/manifest.json" "$tmp/$name"/*/claims.json; do
		kind=${document##*/} kind=${kind%.json}
		run validate "$kind" "$document"
		is "$status $out" "0 " "$name: ${document#"$tmp/$name/"} follows its schema"
	done
done
printf 'language 1; policy other { owner "o"; targets debian-12; test { deny bpf; } }\n' >"$tmp/other.policy"
run "$fpolicyc" "$tmp/sample.policy" "$tmp/other.policy" -q -o "$tmp/both"
is $status 0 "two policies compile"
run validate manifest "$tmp/both/manifest.json"
is "$status $out" "0 " "the manifest of several policies follows its schema"

# One change each; the schema must see it.
refused() { # schema document what python-statement
	python3 - "$2" "$tmp/mutant.json" "$4" <<'P'
import json, sys
d = json.load(open(sys.argv[1], encoding="utf-8"))
exec(sys.argv[3])
json.dump(d, open(sys.argv[2], "w", encoding="utf-8"))
P
	ok $? "the mutant can be made: $3"
	run validate "$1" "$tmp/mutant.json"
	is $status 1 "refused: $1 with $3"
}
spec=$tmp/sample/spec.json manifest=$tmp/sample/manifest.json claims=$tmp/sample/debian-11/claims.json
rule='next(r for r in d["rules"] if r["what"] == "%s")'
refused spec "$spec" "an extra member" 'd["extra"] = 1'
refused spec "$spec" "an extra member of a rule" 'd["rules"][0]["extra"] = 1'
# shellcheck disable=SC2059
refused spec "$spec" "the detail of another kind" "$(printf "$rule" "one mount")[\"detail\"] = {\"on\": True}"
refused spec "$spec" "an action that is none" 'd["rules"][0]["detail"]["action"] = "ignore"'
refused spec "$spec" "an errno beyond 4095" 'd["rules"][0]["detail"]["errno"] = 4096'
refused spec "$spec" "a rule without its detail" 'del d["rules"][0]["detail"]'
refused spec "$spec" "an assertion that is true" 'd["assertions"][0]["outcome"] = "true"'
refused claims "$claims" "a claim that is none of the four" 'd["rules"][0]["claims"]["oci"] = "mostly"'
refused claims "$claims" "a layer left out" 'del d["rules"][0]["claims"]["oci"]'
refused claims "$claims" "a layer that is none" 'd["rules"][0]["claims"]["landlock"] = "exact"'
refused claims "$claims" "nothing done and no reason" \
	'r = next(r for r in d["rules"] if r["claims"]["oci"] == "none"); del r["reasons"]["oci"]'
refused manifest "$manifest" "an extra member" 'd["extra"] = 1'
refused manifest "$manifest" "a digest cut short" 'd["artifacts"][0]["digest"] = "sha256:00"'
refused manifest "$manifest" "a size below nothing" 'd["artifacts"][0]["size"] = -1'
refused manifest "$manifest" "no word on what was proved" 'del d["checks"]["proved"]'
refused manifest "$manifest" "a bound of another relation" 'd["checks"]["proved"]["bounds"] = ["below x"]'
refused manifest "$manifest" "no word on what was not checked" 'del d["checks"]["NOT CHECKED"]'
refused manifest "$manifest" "no word on what is critical" 'del d["checks"]["critical"]'

is "$(python3 -c 'import json, sys
print("\n".join(sorted({r["what"] for r in json.load(open(sys.argv[1], encoding="utf-8"))["rules"]})))' "$spec")" \
	"$(sed -n 's/^KIND([A-Z_]*, "[a-z]*", "\(.*\)")$/\1/p' compiler/ir/ir.def | LC_ALL=C sort)" \
	"the sample has every kind of rule"
done_testing
