#!/bin/sh
# SPDX-License-Identifier: MIT
# Breaks the tables in one place at a time and sees that the generator refuses, naming file and line.
#
# check-refusals.sh FP-GEN TABLESDIR
set -eu
LC_ALL=C
export LC_ALL
if [ $# -ne 2 ]; then
	echo "usage: $0 FP-GEN TABLESDIR" >&2
	exit 2
fi
gen=$1
tables=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ran=0

# refuse NAME FILE SED-PROGRAM MESSAGE: the generator must fail on FILE after the edit, with MESSAGE.
refuse() {
	rm -rf "$work/t"
	cp -r "$tables" "$work/t"
	sed "$3" "$tables/$2" >"$work/t/$2"
	if cmp -s "$tables/$2" "$work/t/$2"; then
		echo "refusals: $1: the edit changed nothing" >&2
		exit 1
	fi
	if "$gen" "$work/t" >/dev/null 2>"$work/log"; then
		echo "refusals: $1: accepted" >&2
		exit 1
	fi
	if ! grep -q "^[a-z]*\.tsv:[0-9]*: .*$4" "$work/log"; then
		echo "refusals: $1: other words: $(cat "$work/log")" >&2
		exit 1
	fi
	ran=$((ran + 1))
}

"$gen" "$tables" >"$work/one"
"$gen" "$tables" >"$work/two"
cmp "$work/one" "$work/two"

T=$(printf '\t')
refuse 'a call twice' syscalls.tsv '/^read\t/p' 'twice'
refuse 'calls not sorted' syscalls.tsv '/^access\t/{h;d};/^acct\t/G' 'not sorted'
refuse 'a number twice' syscalls.tsv "s/^read${T}-${T}-${T}0${T}/read${T}-${T}-${T}1${T}/" 'number given twice'
refuse 'a bad number' syscalls.tsv "s/^read${T}-${T}-${T}0${T}/read${T}-${T}-${T}0x${T}/" 'not a number'
refuse 'a negative number' syscalls.tsv "s/^read${T}-${T}-${T}0${T}/read${T}-${T}-${T}-2${T}/" 'not a number'
refuse 'a number without a kernel' syscalls.tsv "s/^read${T}-${T}-${T}0${T}3.0/read${T}-${T}-${T}0${T}-/" 'first kernel'
refuse 'a bad kernel' syscalls.tsv "s/^read${T}-${T}-${T}0${T}3.0/read${T}-${T}-${T}0${T}3/" 'not a kernel version'
refuse 'an unknown flag' syscalls.tsv "s/^read${T}-/read${T}FAST/" 'unknown flag'
refuse 'a missing cell' syscalls.tsv "s/^read${T}-/read/" 'too few cells'
refuse 'a surplus cell' caps.tsv "s/^chown/chown${T}x/" 'too many cells'
refuse 'an empty cell' caps.tsv "s/^chown${T}0/chown${T}/" 'empty cell'
refuse 'no source' caps.tsv "s/^\(chown${T}0${T}3.0${T}\).*/\1-/" 'no source'
refuse 'other columns' caps.tsv 's/^name/nom/' 'columns must be'
refuse 'a gap in capabilities' caps.tsv '/^chown/d' 'not a number in range'
refuse 'a lost signature' signatures.tsv '/^read\t/d' 'signature missing'
refuse 'two signatures' signatures.tsv '/^read\t/p' 'two signatures'
refuse 'a signature of nothing' signatures.tsv 's/^read\t/reae\t/' 'no such call'
refuse 'an unknown type' signatures.tsv '/^read\t/s/u32/u33/' 'not a type'
refuse 'an unknown family' signatures.tsv '/^socket\t/s/AF_/AG_/' 'no such family'
refuse 'seven parameters' signatures.tsv '/^mmap\tx86_64/s/fd u32,/fd u32, x u32,/' 'too many parameters'
refuse 'too many words' signatures.tsv '/^fallocate\t/s/mode i32/mode i64/' 'more arguments than registers'
refuse 'an unknown ABI' signatures.tsv '/^clone\tx86_64/s/x32/x33/' 'unknown ABI'
refuse 'a constant twice' constants.tsv '/^AF_UNIX\t/p' 'twice'
refuse 'a bad kind' constants.tsv "/^AF_UNIX${T}/s/enum/enumm/" 'neither enum'
refuse 'a value for an ABI without it' constants.tsv "/^ARCH_SET_FS${T}/s/${T}-${T}/${T}arm=1${T}/" 'of an ABI that has it'
refuse 'an overflow' constants.tsv "/^AF_UNIX${T}/s/${T}1${T}/${T}99999999999999999999${T}/" 'not a number'
refuse 'an error number twice' errnos.tsv "s/^2${T}ENOENT${T}name/1${T}ENOENT${T}name/" 'named twice'
refuse 'a sub-call of no multiplexer' multiplex.tsv "s/^ipc${T}1${T}/read${T}1${T}/" 'not flagged'
refuse 'a sub-call carried twice' multiplex.tsv "s/^ipc${T}1${T}semop/ipc${T}1${T}semget/" 'carried twice'
refuse 'a release of two numbers' libseccomp.tsv "/^mseal/s/2\.5\.6${T}/2.5${T}/" 'not a release'
refuse 'a release of four numbers' libseccomp.tsv "/^mseal/s/2\.5\.6${T}/2.5.6.1${T}/" 'not a release'
refuse 'two releases for an ABI' libseccomp.tsv '/^mseal/p' 'an ABI twice'
refuse 'a device of no type' devnodes.tsv "/^.dev.null${T}/s/${T}c${T}/${T}p${T}/" 'neither c nor b'
refuse 'a right of no name' pathcalls.tsv 's/execute/exec/' 'not a right'
refuse 'a table that does not end' versions.tsv 's/^kernel/cernel/' 'no row'
echo "refusals: $ran broken tables refused, each with its place"
