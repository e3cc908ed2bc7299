#!/bin/sh
# SPDX-License-Identifier: MIT
# make install into a DESTDIR, then a stranger's program finds the library through pkg-config, links both ways
# and compiles a policy. usage: tests/cli/install.sh FPOLICYC
set -u
. tests/lib/tap.sh
build=$(dirname "$1")
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT

make -s install B="$build" DESTDIR="$tmp/root" PREFIX=/usr >"$tmp/log" 2>&1
ok $? "make install DESTDIR="
sed 's/^/# /' "$tmp/log"
root=$tmp/root/usr
for f in bin/fpolicyc lib/libfpolicy.a lib/libfpolicy.so.0 lib/pkgconfig/libfpolicy.pc include/libfpolicy.h \
	share/man/man1/fpolicyc.1 share/man/man5/fpolicy.5 share/man/man3/libfpolicy.3 \
	share/bash-completion/completions/fpolicyc share/zsh/site-functions/_fpolicyc \
	share/fish/vendor_completions.d/fpolicyc.fish share/fpolicy/schemas/manifest.schema.json share/fpolicy/examples/lab.policy; do
	[ -s "$root/$f" ]
	ok $? "installs $f"
done
is "$(find "$tmp/root" -type f -path '*/root/*' ! -path "$root/*")" "" "nothing is installed outside PREFIX"

exports=$(nm -D --defined-only "$root/lib/libfpolicy.so.0" | awk '$3 !~ /^LIBFPOLICY/ {sub(/@.*/, "", $3); print $3}' | LC_ALL=C sort)
declared=$(sed -n 's/^[a-z].*[ *]\(fpolicy_[a-z_]*\)(.*/\1/p' compiler/libfpolicy.h | LC_ALL=C sort -u)
is "$exports" "$declared" "the library exports what its header declares"

cat >"$tmp/main.c" <<'C'
#include <libfpolicy.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	static const char text[] = "language 1; policy tiny { owner \"o\"; tier standard; "
				   "targets debian-12; syscalls { default kill; allow read; } never bpf; }";
	struct fpolicy *p = fpolicy_new(0);
	enum fpolicy_status s = fpolicy_compile(p, "tiny.policy", text, sizeof(text) - 1);
	size_t n = fpolicy_artifact_count(p), len = 0;

	fputs(fpolicy_diagnostics(p, false), stderr);
	for (size_t i = 0; i < n; i++)
		if (!strcmp(fpolicy_artifact_path(p, i), "debian-12/seccomp/x86_64.bpf"))
			fpolicy_artifact_data(p, i, &len);
	printf("%d %d %d\n", (int)s, n > 20, len > 0 && len % 8 == 0);
	fpolicy_free(p);
	return 0;
}
C
PKG_CONFIG_PATH=$root/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$tmp/root
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
# shellcheck disable=SC2046
cc -Wall -Werror -o "$tmp/shared" "$tmp/main.c" $(pkg-config --cflags --libs libfpolicy) 2>"$tmp/log"
ok $? "a program links with the shared library"
sed 's/^/# /' "$tmp/log"
is "$(LD_LIBRARY_PATH=$root/lib "$tmp/shared" 2>&1)" "0 1 1" "it compiles a policy"
# shellcheck disable=SC2046
cc -Wall -Werror -o "$tmp/static" "$tmp/main.c" $(pkg-config --cflags libfpolicy) "$root/lib/libfpolicy.a" -ljansson -lnettle -lseccomp 2>"$tmp/log"
ok $? "a program links with the static library"
is "$("$tmp/static" 2>&1)" "0 1 1" "it compiles a policy, too"
g++ -x c++ -fsyntax-only -Wall -Werror "$root/include/libfpolicy.h" 2>"$tmp/log"
if command -v g++ >/dev/null; then ok $? "the header is also C++"; else skip "the header is also C++" "g++ is not installed"; fi
done_testing
