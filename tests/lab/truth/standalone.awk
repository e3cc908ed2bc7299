# SPDX-License-Identifier: MIT
# The claims of SELinux as they are for standalone.cil: it has no distribution's base, which is why some rules are
# claimed wider. usage: awk -f standalone.awk claims.json
function flush_rule(   i) {
	for (i = 1; i <= n; i++) {
		if (by_base)
			sub(/"selinux": "wider"/, "\"selinux\": \"exact\"", line[i])
		print line[i]
	}
	n = 0
	by_base = 0
}
{ line[++n] = $0 }
/"selinux": ".* base[ ,"]/ || /"selinux": ".*distribution's base/ { by_base = 1 }
/^    },?$/ { flush_rule() }
END { flush_rule() }
