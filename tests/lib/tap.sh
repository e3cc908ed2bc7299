# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# TAP for shell tests: source it, call ok/is/run, end with done_testing.
tap_n=0
tap_bad=0
ok() { # status name
	tap_n=$((tap_n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_n - $2"
	else
		tap_bad=$((tap_bad + 1))
		echo "not ok $tap_n - $2"
	fi
}
is() { # got want name
	if [ "$1" = "$2" ]; then ok 0 "$3"; else
		ok 1 "$3"
		echo "# got:  $1" | head -n 20
		echo "# want: $2" | head -n 20
	fi
}
skip() { tap_n=$((tap_n + 1)); echo "ok $tap_n - $1 # SKIP $2"; }
run() { # runs a command; leaves $status, $out (stdout and stderr together)
	out=$("$@" 2>&1 </dev/null)
	status=$?
}
done_testing() {
	echo "1..$tap_n"
	exit $((tap_bad > 0))
}
