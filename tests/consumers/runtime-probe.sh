#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC3045 # busybox knows these limits
# Runs inside the container as its first process: prints "what=what happened", one a line.
# What comes after the process limit is met may only use builtins.
PATH=/bin

read -r mode </in/mode
if [ "$mode" = memory ]; then
	exec dd if=/dev/zero of=/dev/null bs=80M count=1
fi

# The last part of a message: the words for an errno.
why() {
	line=$("$@" 2>&1)
	echo "${line##*: }"
}

write() {
	(: >"$1") 2>&1
}

echo "denied call=$(why mkdir /tmp/d)"
echo "write to /=$(why write /x)"
echo "write to /in=$(why write /in/x)"
read -r text </in/text
echo "read of /in=$text"
echo "write to /out=$(echo fine >/out/text && echo works)"
echo "write to /tmp=$(echo fine >/tmp/text && echo works)"
printf '#!/bin/sh\necho ran\n' >/tmp/script
chmod 700 /tmp/script
echo "execute in /tmp=$(why /tmp/script)"
(dd if=/dev/zero of=/tmp/long bs=1k count=65) 2>/dev/null
echo "file of 65 KiB ends with=$?"
rm -f /tmp/*
i=0
while [ $i -lt 99 ] && dd if=/dev/zero of=/tmp/$i bs=64k count=1 2>/out/why; do
	i=$((i + 1))
done
while read -r line; do
	case $line in *:*) echo "fill of /tmp=${line##*: } after $i of 64 KiB" ;; esac
done </out/why
rm -f /tmp/*
i=0
while [ $i -lt 99 ] && write /tmp/$i >/out/why; do
	i=$((i + 1))
done
echo "files in /tmp=$i"
rm -f /tmp/*
text=
read -r text </secret
echo "masked file=<$text>"
echo "masked directory=$(ls /hidden)"
echo "network devices=$(grep -c : /proc/net/dev)"
grep -E '^(Cap|NoNew|Seccomp:)' /proc/self/status | while read -r key value; do
	echo "$key$value"
done
echo "identity=$(id -u):$(id -g)"
echo "mapped to=$(while read -r inside outside count; do echo "$inside $outside $count"; done </proc/self/uid_map)"
echo "umask=$(umask)"
echo "directory=$(pwd)"
echo "open files=$(ulimit -n)"
echo "core=$(ulimit -c)"
for on in /proc/sys /sys /tmp /dev; do
	while read -r _ where _ options _; do
		case "$where,$options," in
		"$on",ro,*) echo "$on=ro" ;;
		"$on",*) echo "$on=rw" ;;
		esac
	done </proc/self/mounts
done
echo >/dev/null && echo "write to /dev/null=works"

# The limit is met by processes that stay: the shell that cannot fork says so and ends.
(
	n=0
	while [ $n -lt 40 ]; do
		sleep 5 &
		n=$((n + 1))
	done
) 2>/tmp/forks
read -r text </tmp/forks
echo "fork bomb=${text##*: }"
