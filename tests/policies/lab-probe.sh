#!/bin/sh
# SPDX-License-Identifier: MIT
# The job of lab-container.sh, inside: prints "what=what happened", one a line.
why() {
	line=$("$@" 2>&1) && echo works && return
	echo "${line##*: }"
}

echo "identity=$(id -u):$(id -g) in $(pwd), umask $(umask)"
echo "input=$(grep -v nothing /in/a.c | grep -c main)"
echo "list=$(ls /in)"
echo "make a folder=$(why mkdir /out/made)"
echo passed >/out/made/result
echo "write=$(cat /out/made/result)"
echo "modes=$(why chmod 755 /out/made) $(stat -c %a /out/made)"
echo "scratch=$(why touch /tmp/x) $(ls /tmp) $(why rm /tmp/x)"
echo "find=$(find /in -name '*.c')"
echo "time=$(why sleep 0.1) $([ "$(date +%s)" -gt 1700000000 ] && echo now)"
echo "disk=$(why sync)"
echo "signal=$(why kill -0 $$)"
echo "write to the input=$(why touch /in/b.c)"
echo "write to the root=$(why mkdir /usr/x)"
echo "mount=$(why mount -t tmpfs none /tmp)"
echo "raw socket=$(why ping -c 1 127.0.0.1)"
echo "tcp socket=$(why nc -w 1 127.0.0.1 9)"
echo "hidden=$(grep -c . /proc/keys) keys, firmware: $(ls /sys/firmware)"
printf '#!/bin/sh\n' >/out/made/p
chmod 700 /out/made/p
echo "core pattern=$(why sh -c 'echo x >/proc/sys/kernel/core_pattern')"
echo "execute what was written=$(why /out/made/p)"
grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status | while read -r key value; do
	echo "$key$value"
done
grep -E '^Max (open files|core file size|file size)' /proc/self/limits | tr -s ' '
