# SPDX-License-Identifier: MIT
# 3 MiB of a disk at 2 MiB a second take a second and more, and much less without the limit.
# usage: awk -f io.awk IO; a line of IO is: none or io.max, seconds at the begin and at the end.
{ took[$1] = $3 - $2 }
END {
	if (!(took["io.max"] >= 1))
		print "3 MiB at 2 MiB/s took " took["io.max"] " s"
	if (!(took["none"] < took["io.max"] / 2))
		print "3 MiB without a limit took " took["none"] " s, with it " took["io.max"] " s: it shows nothing"
	print "checked 2"
}
