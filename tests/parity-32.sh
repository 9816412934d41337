#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A 32-bit program reads a 64-bit process whole: parity-32.c built with -m32 says of a process
# what the 64-bit one says.
# usage: parity-32.sh PROGRAM PROGRAM-32
set -euo pipefail

native=$1 small=$2
tmp=$(mktemp -d)
# The target ends by itself when its end of the pipe is closed.
trap 'exec 3>&-; rm -rf "$tmp"' EXIT

# ELF class, the fifth byte: 2 is 64 bits, 1 is 32.
[ "$(od -An -tu1 -j4 -N1 "$native")" -eq 2 ]
[ "$(od -An -tu1 -j4 -N1 "$small")" -eq 1 ]

# It says that it is up, so that its list no longer grows, and then waits.
mkfifo "$tmp/in" "$tmp/out"
sh -c 'echo up; read -r line' <"$tmp/in" >"$tmp/out" &
target=$!
exec 3>"$tmp/in"
read -r line <"$tmp/out"
[ "$line" = up ]

compared=0
# Source (0 auto, 1 map_files, 2 PROCMAP_QUERY, 3 maps) and flags (1 all, 2 stream, 4 stat).
for options in "0 0" "0 1" "0 2" "0 4" "0 5" "1 0" "1 4" "2 0" "2 5" "3 0" "3 5"; do
	# shellcheck disable=SC2086 # options are words
	if ! "$native" "$target" $options >"$tmp/native" 2>"$tmp/error"; then
		echo "SKIP: parity-32: source and flags $options: $(cat "$tmp/error")"
		continue
	fi
	# shellcheck disable=SC2086
	"$small" "$target" $options >"$tmp/small"
	grep -q '^0x7' "$tmp/native" # an address that needs more than 32 bits
	diff -u "$tmp/native" "$tmp/small"
	compared=$((compared + 1))
done
# These need nothing that a kernel may lack.
[ "$compared" -ge 7 ]
echo "$compared lists are equal"
